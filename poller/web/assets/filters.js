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

export async function filterForm(parameters) {
  const known = await get('forecast/filters');
  const apply = (event) => {
    event.preventDefault();
    choose(parameters, Object.fromEntries(filterNames.map((name) => [name, form.elements[name].value.trim()])));
  };
  const isFiltered = filterNames.some((name) => parameters.get(name));
  const form = element('form', { class: 'filters', onsubmit: apply, onchange: apply, 'aria-label': 'Filters' },
    filterNames.map((name) => element('div', {}, field(name, known[name], parameters.get(name)))),
    isFiltered ? element('button', { type: 'button', onclick: () => choose(parameters, Object.fromEntries(filterNames.map((name) => [name, '']))) }, 'Show all projects') : null);
  return form;
}
