// What could not be shown, and what can be done.
import { element, section } from './dom.js';

export function problemSection(title, error, width = null) {
  const again = element('button', { onclick: () => dispatchEvent(new HashChangeEvent('hashchange')) }, 'Try again');
  const problem = section(title, { width }, element('p', {}, error.message), again);
  problem.setAttribute('role', 'alert');
  return problem;
}
