// How good former forecasts were, by how many months ahead they were made.
import { drawing, element, named, scrolling, section, sentence } from './dom.js';
import { get } from './api.js';
import { cents, count, known, moment, month, percent } from './format.js';

/** Accuracy is kept in total, by account and by category. */
function segmentOf(parameters) {
  if (parameters.get('account')) return { account: parameters.get('account') };
  if (parameters.get('category')) return { category: parameters.get('category') };
  return {};
}

/** As long as a share is of the largest one, or of 100 % where that is more. */
function bar(share, largest) {
  return drawing('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    known(share) ? drawing('rect', { class: 'mark-miss', width: share / largest * 100, height: 10 }) : null);
}

/** Below zero the number says no more than that: it has no lower end. */
function worth({ skill, skill_against_mean: againstMean }) {
  if (!known(skill)) return '–';
  if (skill > 0) return element('span', { class: 'good' }, percent(skill));
  const words = known(againstMean) && againstMean <= 0 ? 'worse than the mean' : 'worse than a naive line';
  return element('span', { class: 'bad', title: `skill ${percent(skill)}` }, words);
}

const header = (title) => element('th', { scope: 'col', class: 'number' }, named(title));

export async function accuracy(parameters) {
  const segment = segmentOf(parameters);
  const found = await get('forecast/accuracy', segment);
  const title = 'How good former forecasts were';
  if (found.horizons.length === 0) {
    return section(title, { width: null }, sentence(
      'No complete month has both a forecast that was made before it and something invoiced in it yet. The figures come by themselves once such a month is over.'));
  }
  const [name] = Object.values(segment);
  const wanted = ['account', 'type', 'category'].filter((filter) => parameters.get(filter));
  const largest = Math.max(1, ...found.horizons.map((row) => row.monthly_wape).filter(known));
  const whose = name ?? 'all projects';
  const caption = `${whose}, ${month(found.first_month)} to ${month(found.last_month)}, against what was invoiced`;
  return section(title, { note: `as of ${moment(found.refreshed_at)}` },
    wanted.length > (name ? 1 : 0)
      ? element('p', { class: 'quiet' }, 'Accuracy is kept for all projects, by account and by category; other filters do not apply here.') : null,
    scrolling(caption, element('table', { class: 'accuracy' },
      element('caption', {}, caption),
      element('thead', {}, element('tr', {},
        element('th', { scope: 'col' }, 'made'),
        header('missed'), element('td', { class: 'picture' }), header('bias'), header('months in the band'), header('foreseen'), header('skill'), header('months'))),
      element('tbody', {}, found.horizons.map((row) => element('tr', {},
        element('th', { scope: 'row' }, row.horizon === 1 ? 'just before the month' : `${row.horizon - 1} ${row.horizon === 2 ? 'month' : 'months'} earlier`),
        element('td', { class: 'number', title: `expected ${cents(row.expected_value)}, invoiced ${cents(row.actual_value)}` }, percent(row.monthly_wape)),
        element('td', { class: 'picture' }, bar(row.monthly_wape, largest)),
        element('td', { class: 'number' }, known(row.bias) && row.bias > 0 ? `+${percent(row.bias)}` : percent(row.bias)),
        element('td', { class: 'number' }, percent(row.month_coverage)),
        element('td', { class: 'number' }, percent(row.match_rate)),
        element('td', { class: 'number' }, worth(row)),
        element('td', { class: 'number quiet' }, count(row.month_count))))))),
    element('p', { class: 'quiet' }, 'Missed and skill are those of monthly totals. A skill above 0 says that the forecast was worth more than the best naive line: last month again, the same month last year, or the mean of twelve months.'));
}
