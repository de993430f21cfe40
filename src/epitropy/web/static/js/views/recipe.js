// What to weigh, mix and heat: the batch sheet.

import { view } from '../api.js';
import { el, table } from '../dom.js';
import { among, coated, state } from '../state.js';
import { choice } from './choice.js';

export const title = 'Recipe';

export async function show(root) {
  const options = (state.options.recipe ??= { batch: '100 g' });
  if (!coated().length) { root.replaceChildren(el('p', {}, 'No cell of this study is coated, so there is nothing to weigh.')); return {}; }
  const told = await view('recipe', state.raw, { cell: among(coated()), batch: options.batch.replace(/\s/g, '') });
  const batch = el('input', { type: 'text', value: options.batch, id: 'batch', size: 9,
    oninput: e => { options.batch = e.target.value; }, onchange: () => { root.dispatchEvent(new CustomEvent('again')); } });
  root.replaceChildren(
    el('div', { class: 'tools' }, choice(root, coated()), el('label', {}, 'Host powder ', batch)),
    el('p', { class: 'soft' }, told.heading.join(' · ')),
    ...told.parts.flatMap(part => [
      el('h2', {}, part.title), part.rows.length ? table(part.header, part.rows) : null, ...part.notes.map(n => el('p', {}, n)),
    ]).filter(Boolean),
    el('p', { class: 'soft' }, told.legend));
  return told;
}
