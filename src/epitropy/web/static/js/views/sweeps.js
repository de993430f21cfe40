// Sweeps and designs in the app's folder: their best rows, each of which opens as a study.

import { get } from '../api.js';
import { el, say } from '../dom.js';
import { state } from '../state.js';

export const title = 'Sweeps';

export async function show(root) {
  const options = (state.options.sweeps ??= { name: '' });
  const told = await get('/api/stores');
  const names = told.stores.map(s => s.name);
  if (!names.includes(options.name)) options.name = told.stores.find(s => !s.fault)?.name ?? '';
  const choose = el('select', { id: 'sweep', onchange: e => { options.name = e.target.value; again(root); } },
    told.stores.map(s => el('option', { value: s.name, selected: s.name === options.name, disabled: Boolean(s.fault), title: s.fault || s.state }, s.name)));
  if (!told.stores.length) {
    root.replaceChildren(el('p', {}, told.note || `No sweep lies in ${told.folder}.`), told.note ? null : el('p', { class: 'soft' },
      'A sweep computes many coatings, a design searches for the best: epitropy sweep partners -o partners. Then look here again.'));
    return { command: told.note ? '' : 'epitropy sweep', beside: '' };
  }
  const faults = told.stores.filter(s => s.fault).map(s => el('p', { class: 'soft' }, `${s.name} cannot be read: ${s.fault}`));
  const tools = el('div', { class: 'tools' }, el('label', {}, 'Sweep ', choose),
    told.stores.find(s => s.name === options.name)?.page
      ? el('a', { href: `/api/stores/${encodeURIComponent(options.name)}/page`, target: '_blank', rel: 'noopener' }, 'its page with figures') : null);
  if (!options.name) { root.replaceChildren(tools, ...faults); return { command: '' }; }
  const found = await get(`/api/stores/${encodeURIComponent(options.name)}`);
  const open = index => async () => {
    try {
      const { raw, remark } = await get(`/api/stores/${encodeURIComponent(options.name)}/rows/${index}`);
      state.options.cell = { placebos: false, without: [], ...state.options.cell, scenario: found.scenario }; // the one that the sweep was computed in
      root.dispatchEvent(new CustomEvent('study', { bubbles: true, detail: { raw, remark, tab: 'cell' } }));
    } catch (fault) { say(fault.message, true); }
  };
  root.replaceChildren(tools, ...faults,
    el('h2', {}, found.title || found.name), ...found.state.map(line => el('p', { class: 'soft' }, line)),
    found.rows.length ? el('h3', {}, found.best) : null,
    el('div', { class: 'wide' }, el('table', { id: 'best' },
      el('thead', {}, el('tr', {}, ['', ...found.header].map(h => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, found.rows.map((cells, n) => el('tr', {},
        el('td', {}, el('button', { type: 'button', 'data-point': String(found.points[n]), onclick: open(found.points[n]), title: 'Open this row as a study' }, 'Open')),
        cells.map(c => el('td', {}, c))))))));
  return { command: found.command, beside: '' };
}

const again = root => root.dispatchEvent(new CustomEvent('again'));
