// Every number, its grade and where it came from.

import { view } from '../api.js';
import { el } from '../dom.js';
import { state } from '../state.js';

export const title = 'Sources';

export async function show(root) {
  const options = (state.options.sources ??= { grade: '', text: '' });
  const told = await view('sources', state.raw, {});
  const body = el('tbody');
  const count = el('span', { class: 'soft', id: 'count' });
  const fill = () => {
    const words = options.text.toLowerCase();
    const rows = told.rows.filter(r => (!options.grade || r.grade === options.grade) &&
      (!words || `${r.name} ${r.label} ${r.source}`.toLowerCase().includes(words)));
    count.textContent = `${rows.length} of ${told.rows.length}`;
    body.replaceChildren(...rows.map(r => el('tr', {}, el('th', { scope: 'row' }, r.name, el('div', { class: 'soft' }, r.label)),
      el('td', { class: 'tight' }, r.value), el('td', { class: 'tight' }, r.range), el('td', {}, el('span', { class: `grade ${r.grade}` }, r.grade)), el('td', {}, r.source || 'not told'))));
  };
  const grades = ['', 'measured', 'calculated', 'derived', 'assumed'];
  root.replaceChildren(el('div', { class: 'tools' },
    el('label', {}, 'Grade ', el('select', { id: 'grade', onchange: e => { options.grade = e.target.value; fill(); } },
      grades.map(g => el('option', { value: g, selected: g === options.grade }, g || 'all')))),
    el('label', {}, 'Find ', el('input', { type: 'search', value: options.text, oninput: e => { options.text = e.target.value; fill(); } })), count),
  el('div', { class: 'wide' }, el('table', { class: 'whole' }, el('thead', {}, el('tr', {}, ['input', 'value', '80 % range', 'grade', 'source'].map(h => el('th', { scope: 'col' }, h)))), body)));
  fill();
  return told;
}
