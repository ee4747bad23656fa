// Whether all is in order: checks, scheduled jobs, queue, boards and flows, newest webhooks and failures.
import { element, section, table, unbroken } from './dom.js';
import { get } from './api.js';
import { age, count, known, moment, text, words } from './format.js';

const kinds = {
  succeeded: 'good', completed: 'good', processed: 'good', failed: 'bad', processed_with_warnings: 'warn', running: 'quiet',
  starting: 'quiet', sending: 'quiet', pending: 'quiet', ignored: 'quiet',
};
export const outcome = (value) => element('span', { class: kinds[value] ?? null }, words(value));
const bad = (number) => (number > 0 ? element('span', { class: 'bad' }, count(number)) : '0');
export const projectLink = (id) => element('a', { href: `#/project/${encodeURIComponent(id)}` }, id);

function checks(rows) {
  const names = {
    layout: 'Tables', writable: 'Writing', queue: 'Queue', waiting: 'Waiting work', boards: 'Boards', gates: 'Providers', webhooks: 'Webhooks', jobs: 'Jobs', job_types: 'Types of jobs',
    schedule: 'Schedule', flows: 'Flows', refresh: 'Refresh', snapshot: 'Snapshot', analyses: 'Analyses', clock: 'Clock',
  };
  const marks = { ok: ['badge good', '✓', ', in order: '], warn: ['badge warn', '?', ', worth a look: '], bad: ['badge bad', '!', ', not in order: '] };
  return element('ul', { class: 'checks' }, rows.map((row) => element('li', {},
    element('span', { class: marks[row.state][0], title: known(row.since) ? `since ${moment(row.since)}` : null }, marks[row.state][1]),
    element('span', {}, element('b', {}, names[row.name] ?? row.name),
      element('span', { class: 'hidden' }, marks[row.state][2]), ' ', unbroken(row.detail)))));
}

function jobState(row) {
  if (row.active === false) return element('span', { class: 'warn' }, 'paused, or gone from pg_cron');
  if (row.overdue) return element('span', { class: 'bad' }, 'overdue');
  return element('span', { title: row.last_message }, outcome(row.last_outcome));
}

const schedule = (rows) => table('Jobs of the database’s clock; schedules are UTC',
  [{ title: 'job' }, { title: 'schedule' }, { title: 'last run' }, { title: 'outcome' }, { title: 'next run' }],
  rows.map((row) => [words(row.job_name), element('code', {}, row.schedule), moment(row.last_run), jobState(row), moment(row.next_run)]),
  'Nothing is scheduled. SELECT schedule_pipeline_jobs() installs the jobs.');

const queue = (rows) => table('What waits and runs, and what ended within a day',
  [{ title: 'type of job' }, ...['queued', 'running', 'retried', 'done', 'failed', 'oldest waits'].map((title) => ({ title, number: true }))],
  rows.map((row) => [words(row.job_type), count(row.queued), count(row.running), count(row.retrying), count(row.completed_last_day),
    bad(row.failed_last_day), known(row.oldest_due_seconds) ? age(row.oldest_due_seconds) : '–']),
  'The queue is empty, and nothing ended within a day.');

const boards = (rows) => table('Up to when the changes of each board were read',
  [{ title: 'board' }, { title: 'kind' }, { title: 'read up to' }, { title: 'state' }],
  rows.map((row) => [row.board_name, row.role, moment(row.last_sync), row.overdue
    ? element('span', { class: 'bad' }, known(row.age_seconds) ? `${age(row.age_seconds)} behind` : 'never read')
    : element('span', { class: 'good' }, `${age(row.age_seconds)} ago`)]),
  'No board is configured: the data is imported, or comes with import_monday_boards().');

const flows = (rows) => table('Flows that bring data in; counters are those of a day',
  [{ title: 'flow' }, { title: 'board' }, { title: 'last run' }, { title: 'outcome' }, { title: 'items', number: true }, { title: 'refused', number: true }],
  rows.map((row) => [words(row.sync_type), text(row.board_name), moment(row.last_run), outcome(row.last_status), count(row.items_processed), count(row.items_rejected)]),
  'No flow has run yet.');

const webhooks = (rows) => table('The newest first',
  [{ title: 'received' }, { title: 'event' }, { title: 'item' }, { title: 'projects' }, { title: 'status' }],
  rows.map((row) => [moment(row.received_at), words(row.event_type), text(row.item_id),
    row.project_ids.length ? element('span', {}, row.project_ids.slice(0, 3).map((id, index) => [index ? ', ' : null, projectLink(id)]), row.project_ids.length > 3 ? ' …' : null) : '–',
    element('span', { title: row.error_message }, outcome(row.status))]),
  'No webhook has arrived yet. Boards send them to /webhooks/monday.');

const failures = (rows) => table('The newest first, of the last seven days',
  [{ title: 'when' }, { title: 'what' }, { title: 'project' }, { title: 'why', long: true }],
  rows.map((row) => [moment(row.failed_at), words(row.what), known(row.project_id) ? projectLink(row.project_id) : '–', text(row.detail)]),
  'Nothing failed in the last seven days.');

export async function operations() {
  const state = await get('status');
  document.title = 'Operations · Pipeline forecast';
  showHealth(state);
  return [
    element('h1', { class: 'hidden' }, 'Operations'),
    section(verdict(state).sentence, { note: `checked ${moment(state.checked_at)}` }, checks(state.checks)),
    section('Scheduled jobs', {}, schedule(state.schedule)),
    section('Queue', { width: 'half' }, queue(state.queue)),
    section('Boards', { width: 'half' }, boards(state.boards)),
    section('Flows', { width: 'half' }, flows(state.flows)),
    section('Newest webhooks', { width: 'half' }, webhooks(state.webhooks)),
    section('Newest failures', {}, failures(state.failures)),
  ];
}

/** The checks alone, for the first view. */
export async function stateInShort() {
  const state = await get('status');
  showHealth(state);
  return section('Operations', {}, checks(state.checks), element('a', { href: '#/operations' }, 'Jobs, boards, webhooks, failures'));
}

/** The worst of the checks in words, and those that are not in order. */
function verdict(state) {
  const rows = ['bad', 'warn'].flatMap((kind) => state.checks.filter((row) => row.state === kind));
  const bad = rows.filter((row) => row.state === 'bad').length;
  if (bad > 0) return { rows, badge: 'badge bad', sentence: 'Not all is in order', text: `${bad} of ${state.checks.length} checks failing` };
  if (rows.length > 0) return { rows, badge: 'badge warn', sentence: 'In order, with something worth a look', text: `In order, ${rows.length} worth a look` };
  return { rows, badge: 'badge good', sentence: 'All is in order', text: 'All in order' };
}

/** One line in the head of the page, which leads to the rest; and below it what readers have to know of the data. */
export function showHealth(state) {
  document.getElementById('notice').textContent = state.notice ?? '';
  const { text, badge, rows } = verdict(state);
  document.getElementById('health').replaceChildren(element('a', {
    href: '#/operations', class: badge, title: rows.map((row) => `${row.name}: ${row.detail}`).join('\n') || null,
  }, text));
}
