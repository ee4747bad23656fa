// Shows the view that the address names: #/ with filters, #/operations, #/glossary, #/find?q=WORDS, #/project/ID.
import { get } from './api.js';
import { attachSearch, find } from './find.js';
import { glossary } from './glossary.js';
import { operations, showHealth } from './operations.js';
import { overview } from './overview.js';
import { problemSection } from './problem.js';
import { project } from './project.js';

const content = document.getElementById('content');
let shown = 0;

function view(route, parameters) {
  if (route.startsWith('project/')) return project(decodeURIComponent(route.slice('project/'.length)));
  if (route === 'find') return find(parameters);
  if (route === 'operations') return operations();
  if (route === 'glossary') return glossary(parameters);
  return overview(parameters);
}

/** [route, query] of the address. */
const address = () => location.hash.replace(/^#\/?/, '').split('?');

async function show() {
  const turn = ++shown;
  const here = location.hash;
  const [route, query = ''] = address();
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${route}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  content.setAttribute('aria-busy', 'true');
  let sections;
  try {
    sections = await view(route, new URLSearchParams(query));
  } catch (error) {
    sections = [problemSection('This could not be shown', error)];
  }
  // A newer address may have been chosen meanwhile, or the view leads to another one.
  if (turn !== shown || sections === null) return;
  content.replaceChildren(...sections);
  content.removeAttribute('aria-busy');
  content.dataset.shows = here;
}

async function watchHealth() {
  if (document.visibilityState === 'visible') {
    // What cannot be asked now is asked again in a minute; the view itself says why.
    await get('status').then(showHealth).catch(() => document.getElementById('health').replaceChildren());
  }
  setTimeout(watchHealth, 60_000);
}

/** The focus follows to a new view, and stays where it is while filters of the same view change. */
let [place] = address();
addEventListener('hashchange', async () => {
  const former = place;
  [place] = address();
  const focused = document.activeElement?.id;
  await show();
  if (former !== place) {
    content.focus();
    scrollTo(0, 0);
  } else if (focused) document.getElementById(focused)?.focus();
});

// As an address, #content would be another view.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  content.focus();
});

attachSearch();
show();
watchHealth();
