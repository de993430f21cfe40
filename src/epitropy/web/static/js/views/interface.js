// How the layer lies on the host: ranked matches, their atoms, and the misfit while the host breathes.

import { latest, view } from '../api.js';
import { el, keeping, number, say, table } from '../dom.js';
import { colour, dash, plot, script } from '../plots.js';
import { among, coated, state } from '../state.js';
import { choice } from './choice.js';

export const title = 'Interface';

const ATOMS = { Li: '#8fd18f', Ni: '#4d4d4d', Co: '#0072b2', Mn: '#cc79a7', Nb: '#d55e00', W: '#e69f00', Zr: '#009e73', O: '#d9d9d9',
  Ti: '#56b4e9', Mg: '#b8a800', Mo: '#7f3f00', Al: '#9aa6b2', Hf: '#5b3a8e', Ta: '#a0522d' };
const RADII = { O: 0.55, Li: 0.45 };

const matches = el('div');
const model = el('div', { class: 'model', id: 'model', role: 'img', 'aria-label': 'Atoms of the chosen match' });
const caption = el('p', { class: 'soft' });
const key = el('div', { class: 'legend' });
const misfit = el('div', { class: 'plot', role: 'img', 'aria-label': 'Misfit over state of charge' });
const facets = el('div');
const about = el('p', { class: 'soft' });
const tools = el('div', { class: 'tools' });
let viewer = null;
let shown = null; // study and rank of the atoms on the screen

export async function show(root) {
  if (!coated().length) { root.replaceChildren(el('p', {}, 'No cell of this study is coated, so there is no interface.')); return {}; }
  const options = (state.options.interface ??= { rank: null });
  const cell = among(coated());
  const told = await view('interface', state.raw, { cell });
  if (!root.contains(model)) {
    root.replaceChildren(tools, el('h2', {}, 'Orientation relationships, best first'), about, matches,
      el('h2', {}, 'Atoms of the chosen one'), key, model, caption,
      el('h2', {}, 'Misfit while the host breathes'), misfit, el('h2', {}, 'On the facets of a particle'), facets);
  }
  tools.replaceChildren(...[choice(root, coated())].filter(Boolean));
  if (!told.matches.some(m => m.rank === options.rank)) options.rank = (told.matches.find(m => m.film === told.layer) ?? told.matches[0])?.rank ?? 1;
  about.textContent = `Every film that may lie there is ranked; the layer of this study is taken to be '${told.layer}', whose best match is chosen at first. `
    + 'A film thicker than its critical thickness does not last a charge.';
  rank(root, told, options);
  await curves(told, options.rank);
  atoms(options.rank).then(() => laid(cell)); // neither holds up the curves
  return told;
}

const laid = latest(async cell => {
  try {
    const told = await view('facets', state.raw, { cell });
    facets.replaceChildren(table(told.header, told.rows));
  } catch (fault) {
    facets.replaceChildren(el('p', { class: 'fault' }, fault.message));
  }
});

function rank(root, told, options) {
  const pick = m => { options.rank = m.rank; keeping(() => rank(root, told, options)); curves(told, m.rank); atoms(m.rank); };
  const rows = told.matches.map(m => el('tr', { class: 'pick', id: `match-${m.rank}`, tabindex: '0', 'aria-selected': String(m.rank === options.rank),
    onclick: () => pick(m), onkeydown: e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); pick(m); } } },
  el('th', { scope: 'row' }, String(m.rank)), [m.film, m.orientation, number(m.area_angstrom2), m.strains_percent, m.largest, m.critical_nm,
    m.continuation ? 'yes' : 'no'].map(c => el('td', {}, c))));
  const head = ['rank', 'film', 'host (plane)[direction] || film', 'area / Å²', 'principal strains / %', 'largest energy / (J/m²/nm)',
    'critical thickness / nm', 'oxygen layers run on'];
  matches.replaceChildren(el('div', { class: 'wide' }, el('table', {}, el('thead', {}, el('tr', {}, head.map(h => el('th', { scope: 'col' }, h)))),
    el('tbody', {}, rows))));
}

async function curves(told, chosen) {
  const match = told.matches.find(m => m.rank === chosen)?.path;
  const paths = [...told.paths, ...(match ? [{ ...match, name: `match ${chosen}` }] : [])];
  await plot(misfit, paths.map((p, i) => ({ x: p.charge_percent, y: p.misfit_percent, name: p.name, mode: 'lines',
    line: { color: colour(i), dash: dash(i), width: 2 }, hovertemplate: '%{y:.2f} % at %{x:.0f} %<extra></extra>' })),
  { x: 'lithium taken from the host / %', y: 'mean in-plane strain / %' });
}

const atoms = latest(async chosen => {
  const cell = among(coated()), wanted = JSON.stringify([chosen, cell, state.raw]);
  if (shown === wanted) return;
  let told;
  try {
    told = await view('model', state.raw, { cell, rank: chosen });
  } catch (fault) {
    caption.textContent = fault.message;
    caption.className = 'fault';
    viewer?.clear();
    shown = null;
    return;
  }
  const $3Dmol = await script('/static/vendor/3Dmol-min.js', '$3Dmol');
  try {
    viewer ??= $3Dmol.createViewer(model, { backgroundColor: 'white', antialias: true });
  } catch {
    caption.textContent = 'This browser shows no 3D (WebGL is off); epitropy match with --structures writes models as files.';
    return;
  }
  viewer.clear();
  viewer.addModel(told.xyz, 'xyz');
  const elements = [...new Set(told.xyz.trim().split('\n').slice(2).map(line => line.trim().split(/\s+/)[0]))];
  for (const e of elements) {
    viewer.setStyle({ elem: e }, { sphere: { color: ATOMS[e] ?? '#888888', radius: RADII[e] ?? 0.75 } });
  }
  viewer.zoomTo();
  viewer.rotate(-80, 'x');
  viewer.rotate(8, 'y');
  viewer.zoom(1.25);
  viewer.render();
  model.dataset.atoms = told.atoms;
  shown = wanted;
  key.replaceChildren(...elements.map(e => el('span', {}, el('i', { style: `background:${ATOMS[e] ?? '#888888'}` }), e)));
  caption.className = 'soft';
  caption.textContent = `${told.orientation}; ${told.atoms} atoms, host below. ${told.note}`;
  say('');
});
