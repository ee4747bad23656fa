// Filters by account, type and category. Choices live in the address, so that a view can be bookmarked and sent.
import { element } from './dom.js';
import { get } from './api.js';

export const filterNames = ['account', 'type', 'category'];

/** Shows the same view with other choices; an empty one is taken away. */
export function choose(parameters, changes) {
  const query = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const choices = query.toString();
  location.hash = choices ? `#/?${choices}` : '#/';
}

const plural = { account: 'accounts', type: 'types', category: 'categories' };

/** Few values are chosen from a list, many are typed with suggestions. */
function field(name, values, chosen) {
  const id = `filter-${name}`;
  const label = element('label', { for: id }, name);
  if (values.length <= 30) {
    const texts = chosen && !values.includes(chosen) ? [chosen, ...values] : values;
    return [label, element('select', { id, name }, element('option', { value: '' }, `all ${plural[name]}`),
      texts.map((value) => element('option', { value, selected: value === chosen }, value)))];
  }
  return [label, element('input', { id, name, type: 'search', list: `${id}-known`, value: chosen ?? '', placeholder: `all ${plural[name]}`, autocomplete: 'off' }),
    element('datalist', { id: `${id}-known` }, values.map((value) => element('option', { value })))];
}

/** The values that were meant: what was typed if there is such a one, else the same in other letters, else those that contain it. */
async function meant(name, typed, known) {
  if (typed === '' || known[name].includes(typed)) return [typed];
  const found = (await get('forecast/filters', { q: typed }))[name];
  const same = found.filter((value) => value === typed || value.toLowerCase() === typed.toLowerCase());
  return same.length > 0 ? same.slice(0, 1) : found;
}

const mostOffered = 8;

export async function filterForm(parameters) {
  const known = await get('forecast/filters');
  const offer = element('p', { class: 'offer', role: 'status' });
  const apply = async (event) => {
    event.preventDefault();
    const choices = {};
    for (const name of filterNames) {
      const typed = form.elements[name].value.trim();
      const values = await meant(name, typed, known).catch(() => [typed]);
      if (values.length > 1) {
        const take = (value) => () => choose(parameters, { [name]: value });
        offer.replaceChildren(`“${typed}” fits several ${plural[name]}: `,
          ...values.slice(0, mostOffered).map((value) => element('button', { type: 'button', onclick: take(value) }, value)),
          values.length > mostOffered ? ` and ${values.length - mostOffered} more` : '');
        return;
      }
      choices[name] = values[0] ?? typed;
    }
    choose(parameters, choices);
  };
  const isFiltered = filterNames.some((name) => parameters.get(name));
  const form = element('form', { class: 'filters', onsubmit: apply, onchange: apply, 'aria-label': 'Filters' },
    filterNames.map((name) => element('div', {}, field(name, known[name], parameters.get(name)))),
    isFiltered ? element('button', { type: 'button', onclick: () => choose(parameters, Object.fromEntries(filterNames.map((name) => [name, '']))) }, 'Show all projects') : null, offer);
  return form;
}
