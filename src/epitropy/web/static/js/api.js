// The server's doors. Every request carries the study, so nothing here remembers one.

export class Refused extends Error {}

async function answer(response) {
  const text = await response.text();
  let found = text;
  try { found = JSON.parse(text); } catch { /* not JSON: the text itself */ }
  if (!response.ok) throw new Refused(found?.error ?? `${response.status} ${response.statusText}`);
  return found;
}

export const get = async path => answer(await fetch(path));

export const post = async (path, body) => answer(await fetch(path, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-epitropy': '1' },
  body: JSON.stringify(body),
}));

export const view = (name, study, options = {}) => post(`/api/view/${name}`, { study, options });

export const upload = async file => answer(await fetch(`/api/upload?name=${encodeURIComponent(file.name)}`, {
  method: 'POST', headers: { 'x-epitropy': '1' }, body: file,
}));

// One call at a time; of those asked for meanwhile only the last is made, and all of them wait for it.
export function latest(work) {
  let running = null, waiting = null;
  return function run(...given) {
    if (!running) {
      running = (async () => { try { return await work(...given); } finally { running = null; } })();
      return running;
    }
    if (waiting) waiting.given = given;
    else {
      const next = { given };
      next.made = running.catch(() => {}).then(() => { waiting = null; return run(...next.given); });
      waiting = next;
    }
    return waiting.made;
  };
}
