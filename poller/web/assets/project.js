// One project: its forecast and analysis with the steps that led to them, its history, and where its data came from.
import { element, figures, section, sentence, table, unbroken } from './dom.js';
import { get } from './api.js';
import { cents, day, days, known, moment, percent, text, unknown, words } from './format.js';

function head(project) {
  const about = [project.account, project.type, project.category, project.product_type].filter(Boolean).join(' · ');
  const forecast = project.forecast;
  const unit = project.currency ? ` ${project.currency}` : '';
  return section(project.project_name ?? project.project_id, { note: `project ${project.project_id}` },
    element('p', { class: 'quiet' }, [about, known(project.date_created) ? `created ${day(project.date_created)}` : null].filter(Boolean).join(' · ') || null),
    forecast ? figures([
      ['Expected', `${cents(forecast.expected_value)}${unit}`, { kind: 'expected', note: `of ${cents(forecast.contract_value)}` }],
      ['Probability', percent(forecast.probability), { note: words(forecast.probability_source) }],
      ['Worst to best', `${cents(forecast.worst_case_value)} – ${cents(forecast.best_case_value)}`, { kind: 'band' }],
      ['Stage', text(project.pipeline_stage), { kind: 'committed', note: forecast.stage_bucket }],
      ['Forecast for', day(forecast.forecast_date), { note: words(forecast.forecast_date_source) }],
      ['Rating', known(project.analysis?.rating_score) ? `${project.analysis.rating_score} of 100` : unknown]], 'small')
      : sentence(`This project is ${project.state} and is not forecast. Its history stays.`));
}

function inWords(analysis) {
  if (!analysis) return sentence('This project has not been analysed yet.');
  const told = [['Summary', analysis.summary], ['Duration', analysis.gestation_reason], ['Conversion', analysis.conversion_reason],
    ['Rating', analysis.rating_reason], ['Particular', analysis.special_factors]].filter(([, words]) => words);
  return [
    figures([
      ['Conversion', percent(analysis.expected_conversion_rate), { note: `confidence ${percent(analysis.conversion_confidence)}` }],
      ['Duration', days(analysis.expected_gestation_days), { note: `confidence ${percent(analysis.gestation_confidence)}` }],
      ['Analysed', moment(analysis.analysed_at)]]),
    told.length === 0 ? sentence('No language model has put the numbers into words.') : [
      told.map(([name, words]) => element('p', { class: 'told' }, element('b', {}, name), ' ', words)),
      element('p', { class: 'quiet' }, `Words by ${text(analysis.llm_model)}; the numbers are computed from comparable projects.`)],
  ];
}

const forecastSteps = (rows) => table('From the stage to the value, step by step',
  [{ title: 'step' }, { title: 'value', number: true }, { title: 'rule', long: true }, { title: 'input', long: true }],
  rows.map((row) => [words(row.step), text(row.value), text(row.rule), unbroken(text(row.input))]),
  'Only active projects are forecast.');

const analysisSteps = (rows, problem) => table('From comparable projects to the rating, step by step',
  [{ title: 'step' }, { title: 'value', number: true }, { title: 'detail', long: true }],
  rows.map((row) => [words(row.step), text(row.value), words(row.detail)]),
  problem ? `There is no analysis: ${problem}.` : 'There is no analysis.');

/** Each version beside the one before it; what changed stands out, and versions that changed nothing of this are left out. */
function history(versions) {
  const keys = [['pipeline_stage', text], ['contract_value', cents], ['probability', percent], ['expected_value', cents], ['forecast_date', day]];
  const differ = (row, before) => !before || row.is_forecast !== before.is_forecast || keys.some(([key]) => row[key] !== before[key]);
  const rows = versions.filter((row, index) => differ(row, versions[index + 1]));
  const lines = rows.map((row, index) => {
    const before = rows[index + 1];
    return [moment(row.valid_from), ...keys.map(([key, format]) => {
      const value = row.is_forecast ? format(row[key]) : unknown;
      return before && before[key] !== row[key] ? element('mark', {}, value) : value;
    })];
  });
  return table('The newest versions first; what changed is marked',
    [{ title: 'from' }, { title: 'stage' }, { title: 'contract value', number: true }, { title: 'probability', number: true },
      { title: 'expected', number: true }, { title: 'forecast for' }], lines, 'History knows nothing of this project.');
}

function lineage(found) {
  if (!found) return sentence('This project was removed; nothing more is known of where its data came from.');
  const stations = [
    ['changed on the board', found.monday_updated_at, null, null],
    ['last event', found.last_event_at, found.last_event_status, [words(found.last_event_type), found.last_event_error]],
    ['read', found.last_synced_at ?? found.last_sync_job_at, found.last_sync_job_status, [found.last_sync_job_detail]],
    ['analysed', found.analysed_at, null, null],
    ['written back', found.pushed_at, null, [found.push_error]],
    ['next job', found.next_job_due_at, found.next_job_status, [words(found.next_job_type), found.next_job_detail]],
    ['last failure', found.last_failed_at, null, [words(found.last_failed_job_type), found.last_failure]],
  ].filter(([, when]) => known(when));
  return [
    element('p', { class: found.finding ? 'warn' : 'good' }, found.finding ?? 'Everything about this project is in order.'),
    table('Stations of its data', [{ title: 'station' }, { title: 'when' }, { title: 'outcome' }, { title: 'detail', long: true }],
      stations.map(([name, when, status, detail]) => [name, moment(when), words(status), (detail ?? []).filter((part) => known(part) && part !== unknown).join(': ') || unknown]),
      'Its data was imported; no board, event or job is known.'),
  ];
}

export async function project(id) {
  const found = await get(`projects/${encodeURIComponent(id)}`);
  document.title = `${found.project_name ?? id} · Pipeline forecast`;
  return [
    element('h1', { class: 'hidden' }, `Project ${found.project_name ?? id}`),
    head(found),
    section('How the forecast comes about', {}, forecastSteps(found.forecast_steps)),
    section('Analysis', { width: 'half' }, inWords(found.analysis)),
    section('Lineage', { width: 'half' }, lineage(found.lineage)),
    section('How the analysis comes about', {}, analysisSteps(found.analysis_steps, found.analysis_problem)),
    section('History', {}, history(found.history)),
  ];
}
