// What moved the forecast between two snapshots: a table whose rows are the bars of a waterfall, each with the projects
// that moved most.
import { element, meaningBehind, named, scrolling, section, sentence } from './dom.js';
import { get } from './api.js';
import { choose, filterNames } from './filters.js';
import { brief, cents, count, day, known, money, projects, signed } from './format.js';
import { aboutScale, axis, bar, scaleOf } from './waterfall_bars.js';

const names = {
  opening: 'opening', created: 'new projects', won: 'won', lost: 'lost', value_up: 'value up', value_down: 'value down',
  probability_up: 'probability up', probability_down: 'probability down', pulled_in: 'pulled in', pushed_out: 'pushed out',
  moved_earlier: 'moved earlier', moved_later: 'moved later', reassigned_in: 'reassigned in', reassigned_out: 'reassigned out',
  month_ended: 'month ended', removed: 'removed', closing: 'closing',
};
const mostMoved = 5;

/** Each bar with the levels between which it lies. */
function stepsOf(bars, measure) {
  const value = `${measure}_value`;
  let level = 0;
  return bars.map((found) => {
    const isTotal = found.bar === 'opening' || found.bar === 'closing';
    const from = isTotal ? 0 : level;
    level = isTotal ? found[value] : level + found[value];
    const moved = `moved_${value}`;
    const projects = found.projects.map((project) => ({ ...project, moved: project[moved], value: project[moved] ?? project[value] }))
      .filter((project) => project.value !== 0)
      .sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, mostMoved);
    return {
      bar: found.bar, isTotal, value: found[value], moved: found[moved], from, to: level, projects,
      // All projects of a snapshot, and of a step those of which this value changed.
      count: isTotal ? found.project_count : found[`${measure}_project_count`], invoicedCount: found.invoiced_count, invoicedValue: found.invoiced_value,
    };
  });
}

/** What a project did: moved within the months, or changed the value; where its month is over, whether it was invoiced. */
function said(project) {
  if (project.moved !== null) return ` ${money(project.value)}`;
  if (project.invoiced_value === null) return ` ${signed(project.value)}`;
  return ` ${signed(project.value)}, ${project.invoiced_value === 0 ? 'not invoiced' : `${money(project.invoiced_value)} invoiced`}`;
}

function moved(step) {
  return element('ul', {},
    step.bar === 'month_ended' ? element('li', { class: 'quiet' }, step.invoicedCount === 0 ? 'none of them was invoiced'
      : `${count(step.invoicedCount)} of them invoiced, ${money(step.invoicedValue)}`) : null,
    step.projects.map((project) => element('li', {},
      element('a', { href: `#/project/${encodeURIComponent(project.project_id)}` }, project.project_name ?? project.project_id), said(project))),
  step.count > step.projects.length ? element('li', { class: 'quiet' }, `and ${projects(step.count - step.projects.length)} more`) : null);
}

function rows(step, scale) {
  const id = `moved-${step.bar}`;
  const details = element('tr', { id, class: 'moved', hidden: true }, element('td', { colspan: 4 }, moved(step)));
  const toggle = (event) => {
    details.hidden = !details.hidden;
    event.currentTarget.setAttribute('aria-expanded', String(!details.hidden));
  };
  const shown = step.isTotal ? money(step.value) : step.moved ? `${money(step.moved)} moved` : step.value === 0 ? '–' : signed(step.value);
  const name = names[step.bar];
  const label = step.projects.length === 0 ? named(name)
    : [element('button', { class: 'plain', 'aria-expanded': 'false', 'aria-controls': id, onclick: toggle }, name), meaningBehind(name)];
  const line = element('tr', { class: step.isTotal ? 'total' : null },
    element('th', { scope: 'row' }, label),
    element('td', { class: 'picture' }, bar(step, scale)),
    element('td', { class: step.moved ? 'number quiet' : 'number', title: cents(step.value) }, shown),
    element('td', { class: 'number quiet' }, step.count === 0 ? '–' : count(step.count)));
  return step.projects.length === 0 ? [line] : [line, details];
}

function waterfall(bars, measure) {
  const steps = stepsOf(bars, measure);
  if (steps.every((step) => step.value === 0)) return sentence(`There is no ${measure} value in either snapshot, nor was there any between them.`);
  const scale = scaleOf(steps.map((step) => step.to));
  const caption = `Change of the ${measure} value; a name opens the projects that moved most`;
  return scrolling(caption, element('table', { class: 'waterfall' },
    element('caption', {}, caption, aboutScale(scale) ? [element('br'), aboutScale(scale)] : null),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'step'),
      element('td', { class: 'picture' }, axis(scale)), element('th', { scope: 'col', class: 'number' }, 'value'), element('th', { scope: 'col', class: 'number' }, 'projects'))),
    element('tbody', {}, steps.map((step) => rows(step, scale)))));
}

const outside = { past_due: 'past due', later: 'later', won_before: 'won before', lost_before: 'lost before' };

/** What neither snapshot counts, since it is dated outside of its twelve months, and what of it is still to be invoiced. */
function notCounted(lines) {
  const said = (line, name, value) => `${projects(line.project_count)} ${name} (${brief(value)})`;
  const found = lines.filter((line) => line.is_in_forecast === false && line.project_count > 0)
    .map((line) => said(line, outside[line.line] ?? line.line, line.contract_value));
  const backlog = lines.find((line) => line.line === 'backlog' && line.project_count > 0);
  return [
    found.length > 0 ? `Opening and closing count the twelve months of their day. Not in them today: ${found.join(', ')}.` : null,
    backlog ? ` Ordered and still to be invoiced, whatever its month: ${said(backlog, 'of the backlog', backlog.open_value)}.` : null,
  ].filter(known);
}

/** forecast: the months as they are now, with what lies outside of them. */
export async function drift(parameters, forecast) {
  const chosen = Object.fromEntries([...filterNames, 'since'].map((name) => [name, parameters.get(name)]));
  const found = await get('forecast/drift', chosen);
  if (found.bars.length === 0) {
    return section('What moved it', { width: 'two-thirds' }, sentence(found.to_snapshot
      ? `There is one snapshot so far, of ${day(found.to_snapshot)}. What moved the forecast shows from the second one on; the daily job takes it.`
      : 'There is no snapshot yet. The daily job takes the first one; then this compares any day with the newest.'));
  }
  const measure = parameters.get('measure') === 'committed' ? 'committed' : 'expected';
  const { scope } = await forecast;
  const form = element('form', { class: 'filters', 'aria-label': 'What is compared', onsubmit: (event) => event.preventDefault() },
    element('div', {}, element('label', { for: 'since' }, 'since'),
      element('input', {
        id: 'since', type: 'date', value: found.from_snapshot, min: found.first_snapshot_date, max: found.to_snapshot,
        onchange: (event) => choose(parameters, { since: event.target.value }),
      })),
    element('div', {}, element('label', { for: 'measure' }, 'value'),
      element('select', { id: 'measure', onchange: (event) => choose(parameters, { measure: event.target.value }) },
        element('option', { value: '' }, 'expected'), element('option', { value: 'committed', selected: measure === 'committed' }, 'committed'))));
  return section('What moved it', { note: [`snapshots of ${day(found.from_snapshot)} and ${day(found.to_snapshot)}`, found.currency].filter(Boolean).join(' · '), width: 'two-thirds' },
    form, waterfall(found.bars, measure), known(scope) ? element('p', { class: 'quiet' }, notCounted(scope)) : null);
}
