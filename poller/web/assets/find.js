// Finding a project by its number or a part of its name.
import { element, section, table } from './dom.js';
import { get } from './api.js';
import { text } from './format.js';
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
      list.replaceChildren(...projects.map((found) => element('option', { value: found.project_id }, found.project_name)));
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
  const { projects } = await get('projects', { q: words });
  const exact = projects.find((found) => found.project_id === words) ?? (projects.length === 1 ? projects[0] : null);
  if (exact) {
    location.replace(addressOf(exact.project_id));
    return null;
  }
  document.title = `${words} · Pipeline forecast`;
  return [
    element('h1', { class: 'hidden' }, 'Projects'),
    section(`Projects for “${words}”`, {}, table('At most 20, those whose number begins so first',
      [{ title: 'number' }, { title: 'name' }, { title: 'account' }, { title: 'stage' }, { title: 'state' }],
      projects.map((found) => [projectLink(found.project_id), found.project_name, text(found.account), text(found.pipeline_stage), found.state]),
      'No project has such a number, or such words in its name.')),
  ];
}
