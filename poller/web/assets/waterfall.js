// What moved the forecast between two snapshots: a table whose rows are the bars of a waterfall, each with the projects
// that moved most.
import { element, scrolling, section, sentence } from './dom.js';
import { get } from './api.js';
import { choose, filterNames } from './filters.js';
import { cents, count, day, money, projects, signed } from './format.js';
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
      count: found[`${measure}_project_count`], invoicedCount: found.invoiced_count, invoicedValue: found.invoiced_value,
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
  const label = step.projects.length === 0 ? names[step.bar]
    : element('button', { class: 'plain', 'aria-expanded': 'false', 'aria-controls': id, onclick: toggle }, names[step.bar]);
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

export async function drift(parameters) {
  const chosen = Object.fromEntries([...filterNames, 'since'].map((name) => [name, parameters.get(name)]));
  const found = await get('forecast/drift', chosen);
  if (found.bars.length === 0) {
    return section('What moved it', { width: 'two-thirds' }, sentence(found.to_snapshot
      ? `There is one snapshot so far, of ${day(found.to_snapshot)}. What moved the forecast shows from the second one on; the daily job takes it.`
      : 'There is no snapshot yet. The daily job takes the first one; then this compares any day with the newest.'));
  }
  const measure = parameters.get('measure') === 'committed' ? 'committed' : 'expected';
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
    form, waterfall(found.bars, measure));
}
