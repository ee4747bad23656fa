// All words that the page uses in a sense of its own. Each stands behind the word wherever it is used.
import { element, section } from './dom.js';
import { allTerms } from './terms.js';

export function glossary(parameters) {
  document.title = 'Glossary · Pipeline forecast';
  const wanted = parameters.get('term');
  return [
    element('h1', { class: 'hidden' }, 'Glossary'),
    section('What the words mean', {}, element('dl', { class: 'glossary' }, allTerms.map(([name, meaning]) =>
      element('div', { class: name === wanted ? 'wanted' : null }, element('dt', {}, name), element('dd', {}, meaning))))),
  ];
}
