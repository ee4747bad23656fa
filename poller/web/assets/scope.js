// What is in the twelve months and what is not, and what the forecast rests on.
import { element, named, section, table, unbroken } from './dom.js';
import { brief, cents, count, known, moment, percent } from './format.js';

const names = {
  committed: 'committed', open: 'open', lost: 'lost', past_due: 'past due', won_before: 'won before', lost_before: 'lost before',
  later: 'later', backlog: 'backlog', undated: 'undated',
};
const isCounted = (row) => (known(row.is_in_forecast) ? (row.is_in_forecast ? 'in' : 'not in') : 'of these');
const amount = (value) => (known(value) ? element('span', { title: cents(value) }, brief(value)) : '–');

/** Every active project in a line, those of the total first. */
export function scope({ scope: lines, currency }) {
  if (!known(lines)) return null;
  return section('In these months, and not', { note: currency, width: 'two-thirds' },
    table('All active projects, and what of them is past due or still to be invoiced',
      [{ title: 'projects that are' }, { title: 'the total' },
        ...['projects', 'value', 'expected', 'still to invoice'].map((title) => ({ title, number: true }))],
      lines.map((row) => [element('span', { title: row.about }, named(names[row.line] ?? row.line)), isCounted(row), count(row.project_count),
        amount(row.contract_value), amount(row.expected_value), amount(row.open_value)])));
}

const marks = { ok: ['badge good', '✓', 'in order'], warn: ['badge warn', '?', 'worth a look'], bad: ['badge bad', '!', 'not in order'] };

/** How much of the forecast is a guess, and why. */
export function quality({ quality: found }) {
  if (!known(found)) return null;
  const [kind, mark, meaning] = marks[found.state];
  return section('What it rests on', { note: `as of ${moment(found.refreshed_at)}`, width: 'third' },
    element('ul', { class: 'checks single' },
      element('li', {}, element('span', { class: kind }, mark),
        element('span', {}, element('span', { class: 'hidden' }, `${meaning}: `), element('b', {}, found.verdict),
          known(found.guessed_share) ? ` Guessed: ${percent(found.guessed_share)} of the expected value.` : null))),
    found.findings.length > 0 ? element('ul', { class: 'findings' }, found.findings.map((line) => element('li', {}, unbroken(line)))) : null);
}
