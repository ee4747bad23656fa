// The first view: the months ahead, what moved them, and how good former forecasts were. What takes longer than the
// chart appears when it is there.
import { drawing, element, figures, folded, section, sentence, table } from './dom.js';
import { get } from './api.js';
import { accuracy } from './accuracy.js';
import { forecastChart } from './chart.js';
import { filterForm, filterNames } from './filters.js';
import { brief, cents, count, known, moment, money, month, projects } from './format.js';
import { stateInShort } from './operations.js';
import { problemSection } from './problem.js';
import { quality, scope } from './scope.js';
import { drift } from './waterfall.js';

function headline({ totals, currency }) {
  const exact = (value) => ({ title: cents(value) });
  const unit = currency ? ` ${currency}` : '';
  return figures([
    ['Expected', `${money(totals.expected_value)}${unit}`, { kind: 'expected', ...exact(totals.expected_value) }],
    ['Committed', `${money(totals.committed_value)}${unit}`, { kind: 'committed', ...exact(totals.committed_value) }],
    ['Worst case', `${money(totals.worst_case_value)}${unit}`, { kind: 'band', ...exact(totals.worst_case_value) }],
    ['Best case', `${money(totals.best_case_value)}${unit}`, { kind: 'band', ...exact(totals.best_case_value) }],
    ['Projects', count(totals.project_count),
      { note: totals.lost_project_count > 0 ? `${count(totals.lost_project_count)} of them lost` : null }]]);
}

function monthTable(rows) {
  const columns = [{ title: 'month' },
    ...['projects', 'committed', 'expected', 'worst case', 'best case', 'forecast earlier', 'invoiced'].map((title) => ({ title, number: true }))];
  const keys = ['committed_value', 'expected_value', 'worst_case_value', 'best_case_value', 'earlier_expected_value', 'actual_value'];
  return folded('The months as a table', table('Forecast by month', columns,
    rows.map((row) => [month(row.forecast_month), count(row.project_count), ...keys.map((key) => cents(row[key]))])));
}

/** Why something that the chart could show is not there. */
function missing(forecast, isFiltered) {
  const whose = isFiltered ? ' of these projects' : '';
  return [
    forecast.totals.project_count === 0
      ? (isFiltered ? 'No project that fits the filters is forecast for the twelve months ahead.'
        : 'No project is forecast for the twelve months ahead.') : null,
    known(forecast.earlier_snapshot_date) ? null
      : 'There is no snapshot of an earlier day yet: the forecast of a month ago shows as a dashed line once there is one.',
    forecast.months.some((row) => known(row.actual_value)) ? null
      : `Nothing${whose} was invoiced in the last six months: what is invoiced shows as dots.`,
  ].filter(known).map(sentence);
}

function months(forecast, form, isFiltered) {
  if (!known(forecast.as_of)) {
    return section('The twelve months ahead', {}, sentence(
      'No forecast has been computed yet. It comes with the next refresh, every 30 minutes, or at once with CALL refresh_pipeline_views().'));
  }
  return section('The twelve months ahead', { note: `as of ${moment(forecast.as_of)}` },
    form, headline(forecast), forecastChart(forecast), missing(forecast, isFiltered), monthTable(forecast.months));
}

function buckets({ buckets: rows, currency }) {
  const total = rows.reduce((sum, row) => sum + Math.max(row.contract_value, 0), 0);
  let left = 0;
  const parts = total === 0 ? null : rows.map((row) => {
    const width = Math.max(row.contract_value, 0) / total * 100;
    left += width;
    return drawing('rect', { class: `mark-${row.stage_bucket.toLowerCase()}`, x: left - width, width, height: 10 });
  });
  return section('Stage buckets', { note: ['by contract value', currency].filter(Boolean).join(' · ') },
    drawing('svg', { class: 'bar share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, parts),
    table('The same twelve months', [{ title: 'bucket' }, { title: 'projects', number: true }, { title: 'value', number: true }, { title: 'expected', number: true }],
      rows.map((row) => [element('span', { class: 'with-key' }, element('i', { class: `key bucket-${row.stage_bucket.toLowerCase()}` }), row.stage_bucket),
        count(row.project_count), element('span', { title: cents(row.contract_value) }, brief(row.contract_value)),
        element('span', { title: cents(row.expected_value) }, brief(row.expected_value))])),
    total === 0 ? sentence('There is nothing in these months yet.') : null);
}

/** A section that comes when its data is there; its place says so until then. */
function later(title, width, load) {
  const place = element('div', { class: 'later', 'aria-busy': 'true' },
    section(title, { width }, element('p', { class: 'waiting' }, 'Computing …')));
  load.catch((error) => problemSection(title, error, width)).then((ready) => {
    place.replaceChildren(ready);
    place.removeAttribute('aria-busy');
  });
  return place;
}

export async function overview(parameters) {
  const chosen = Object.fromEntries(filterNames.map((name) => [name, parameters.get(name)]));
  const summed = get('forecast/months', chosen);
  const moved = drift(parameters, summed);
  const judged = accuracy(parameters);
  const state = stateInShort();
  // They are handled where they are shown; until then nobody else has to.
  for (const load of [summed, moved, judged, state]) load.catch(() => {});
  const [form, forecast] = await Promise.all([filterForm(parameters), summed]);
  const isFiltered = Object.values(chosen).some(Boolean);
  document.title = isFiltered ? `${Object.values(chosen).filter(Boolean).join(', ')} · Pipeline forecast` : 'Pipeline forecast';
  return [
    element('h1', { class: 'hidden' }, isFiltered ? `Forecast of ${projects(forecast.totals.project_count)}` : 'Forecast of all projects'),
    months(forecast, form, isFiltered),
    scope(forecast),
    quality(forecast),
    later('What moved it', 'two-thirds', moved),
    element('div', { class: 'stack' }, buckets(forecast), later('Operations', null, state)),
    later('How good former forecasts were', null, judged),
  ].filter(known);
}
