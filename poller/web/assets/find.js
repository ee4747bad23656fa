// Finding a project by its number, or by a part of its name, its account or whose it is.
import { element, section, table } from './dom.js';
import { get } from './api.js';
import { brief, cents, count, text } from './format.js';
import { projectLink } from './operations.js';

const addressOf = (id) => `#/project/${encodeURIComponent(id)}`;

/** Suggestions while somebody types, and where the form leads. */
export function attachSearch() {
  const input = document.getElementById('find-project');
  const list = document.getElementById('found-projects');
  let typed = 0;
  input.addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(async () => {
      const words = input.value.trim();
      if (words.length < 2) return;
      const { projects } = await get('projects', { q: words }).catch(() => ({ projects: [] }));
      list.replaceChildren(...projects.map((found) => element('option', { value: found.project_id }, [found.project_name, found.account].filter(Boolean).join(' · '))));
    }, 200);
  });
  document.getElementById('find').addEventListener('submit', (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (words !== '') location.hash = `#/find?${new URLSearchParams({ q: words })}`;
  });
}

export async function find(parameters) {
  const words = parameters.get('q') ?? '';
  const { projects, total } = await get('projects', { q: words });
  const exact = projects.find((found) => found.project_id === words) ?? (projects.length === 1 ? projects[0] : null);
  if (exact) {
    location.replace(addressOf(exact.project_id));
    return null;
  }
  document.title = `${words} · Pipeline forecast`;
  return [
    element('h1', { class: 'hidden' }, 'Projects'),
    section(`Projects for “${words}”`, {}, table('Open ones first, the largest of them first',
      [{ title: 'number' }, { title: 'name' }, { title: 'account' }, { title: 'owner' }, { title: 'stage' }, { title: 'state' }, { title: 'contract value', number: true }],
      projects.map((found) => [projectLink(found.project_id), found.project_name, text(found.account), text(found.sales_representative), text(found.pipeline_stage),
        found.state, element('span', { title: cents(found.contract_value) }, brief(found.contract_value))]),
      'No project has such a number, or such words in its name, account or owner.'),
    total > projects.length ? element('p', { class: 'quiet' }, `and ${count(total - projects.length)} more; a longer text narrows them down`) : null),
  ];
}
