// Asks the server. A key, where the server wants one, lives in this tab only.
const storage = 'pipeline-key';

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function request(path) {
  const key = sessionStorage.getItem(storage);
  let answer;
  try {
    answer = await fetch(path, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
  } catch {
    throw new Refused(0, 'The server cannot be reached.');
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, body.detail || `The server answered with status ${answer.status}.`);
  return body;
}

let asking = null;

/** One dialog for all requests that were refused at the same time. Resolves to whether a key was given. */
function askForKey(problem) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('sign-in');
    const input = document.getElementById('key');
    document.getElementById('sign-in-problem').textContent = problem;
    dialog.returnValue = 'cancel';
    dialog.addEventListener('close', () => {
      const given = dialog.returnValue === 'use' && input.value.trim() !== '';
      if (given) sessionStorage.setItem(storage, input.value.trim());
      input.value = '';
      asking = null;
      resolve(given);
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

/** GET a path relative to the page; empty parameters are left out. Asks for a key where the server demands one. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const target = query.size === 0 ? path : `${path}?${query}`;
  while (true) {
    const tried = sessionStorage.getItem(storage);
    try {
      return await request(target);
    } catch (error) {
      if (error.status !== 401) throw error;
      // Another request may have been given a key meanwhile.
      if (sessionStorage.getItem(storage) === tried && !await askForKey(tried ? error.message : '')) throw error;
    }
  }
}
