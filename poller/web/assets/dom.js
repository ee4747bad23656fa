// Elements from data. Text only ever becomes a text node, so nothing that the database holds can become markup.
import { meaningOf } from './terms.js';

const svgNamespace = 'http://www.w3.org/2000/svg';

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

export const element = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
export const drawing = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(svgNamespace, tag), attributes, children);

const term = (name, meaning, attributes, text) =>
  element('a', { class: 'term', href: `#/glossary?${new URLSearchParams({ term: name.toLowerCase() })}`, title: meaning, ...attributes }, text);

/** A name with what it means behind it, where that is in the glossary. */
export function named(name) {
  const meaning = meaningOf(name);
  return meaning ? term(name, meaning, {}, name) : name;
}

/** A mark that leads to what a name means, for a name that does something else when it is pressed. */
export function meaningBehind(name) {
  const meaning = meaningOf(name);
  return meaning ? term(name, meaning, { class: 'term mark', 'aria-label': `what “${name}” means` }, '') : null;
}

let sections = 0;

/** A section with a heading. width: half, third, two-thirds, or nothing for the whole width. */
export function section(title, { note = null, width = null } = {}, ...children) {
  const id = `section-${++sections}`;
  const heading = element('h2', { id }, named(title), note ? element('small', {}, note) : null);
  return element('section', { class: width, 'aria-labelledby': id }, heading, ...children);
}

export const sentence = (text) => element('p', { class: 'empty' }, text);

/** A text in which days like 2026-11-24 stay in one piece. */
export const unbroken = (text) => text.split(/(\b\d{4}-\d{2}-\d{2}\b)/).map((part, index) => (index % 2 ? element('span', { class: 'piece' }, part) : part));

/** columns: {title, number?, long?}, long ones being of several words; rows: arrays of cells, each a text or an element. */
export function table(caption, columns, rows, whenEmpty) {
  if (rows.length === 0) return sentence(whenEmpty);
  const kind = (column) => (column.number ? 'number' : column.long ? 'long' : null);
  return scrolling(caption, element('table', {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {},
      columns.map((column) => element('th', { class: kind(column), scope: 'col' }, named(column.title))))),
    element('tbody', {}, rows.map((row) => element('tr', {}, row.map((cell, index) => (index === 0
      ? element('th', { scope: 'row', class: kind(columns[index]) }, cell)
      : element('td', { class: kind(columns[index]) }, cell))))))));
}

/** What may be wider than the screen scrolls by itself, with the keyboard too. */
export const scrolling = (label, content) => element('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label }, content);

export const folded = (summary, ...children) => element('details', {}, element('summary', {}, summary), ...children);

export function figures(entries, size = '') {
  return element('dl', { class: `figures ${size}`.trim() }, entries.map(([name, value, { kind = null, title = null, note = null } = {}]) =>
    element('div', { class: kind }, element('dt', {}, named(name)), element('dd', { title }, value, note ? element('small', {}, note) : null))));
}

/** Draws as wide as there is room, and again when that changes. draw(width) gives an element. */
export function responsive(draw) {
  const room = element('div', { class: 'chart' });
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width === drawn || width === 0) return;
    drawn = width;
    room.replaceChildren(draw(width));
  }).observe(room);
  return room;
}
