// What forms: cations over depth while the anneal goes on, entropy, class and structure.

import { view } from '../api.js';
import { el, number, table } from '../dom.js';
import { colour, dash, plot } from '../plots.js';
import { among, coated, state } from '../state.js';
import { choice } from './choice.js';

export const title = 'Layer';

const facts = el('dl');
const why = el('p', { class: 'soft' });
const verdict = el('div', { id: 'verdict' });
const tools = el('div', { class: 'tools' });
const depth = el('div', { class: 'plot tall', role: 'img', 'aria-label': 'Cations over depth' });
const entropy = el('div', { class: 'plot short', role: 'img', 'aria-label': 'Entropy of the cation site over depth' });
const slider = el('input', { type: 'range', min: 0, max: 1, step: 0.02, value: '1', id: 'share', 'aria-label': 'Part of the time at temperature' });
const at = el('output', { for: 'share' });

export async function show(root) {
  if (!coated().length) { root.replaceChildren(el('p', {}, 'No cell of this study is coated, so no layer forms.')); return {}; }
  const share = Number(slider.value);
  const told = await view('layer', state.raw, { cell: among(coated()), share });
  if (!root.contains(depth)) {
    slider.oninput = () => root.dispatchEvent(new CustomEvent('again'));
    root.replaceChildren(
      tools,
      el('h2', {}, 'Cations over depth'), depth, el('h2', {}, 'Configurational entropy of the cation site'), entropy,
      el('h2', {}, 'The layer'), facts, why, el('h2', {}, 'Which structure it takes'), verdict);
  }
  const cells = JSON.stringify([coated(), among(coated())]);
  if (tools.dataset.of !== cells) {
    tools.dataset.of = cells;
    tools.replaceChildren(...[choice(root, coated()), el('label', {}, 'Anneal ', slider), at].filter(Boolean));
  }
  at.textContent = `${number(told.hours)} h at ${number(told.celsius, 4)} °C` + (share < 1 ? ` (${Math.round(100 * share)} %)` : '');
  await draw(told);
  describe(told);
  judge(share);
  return told;
}

async function draw({ profile, thickness_nm }) {
  const left = Math.max(profile.depth_nm[0], -12 * Math.max(thickness_nm, 1), -120);
  const range = [left, profile.depth_nm.at(-1)];
  const band = (low, high, ref) => ({ type: 'rect', xref: ref, yref: 'y', x0: 0, x1: 1, y0: low, y1: high,
    fillcolor: 'rgba(86,180,233,0.16)', line: { width: 0 }, layer: 'below' });
  const film = { type: 'rect', xref: 'x', yref: 'paper', x0: 0, x1: range[1], y0: 0, y1: 1,
    fillcolor: 'rgba(230,159,0,0.14)', line: { width: 0 }, layer: 'below' };
  await plot(depth, profile.species.map((s, i) => ({
    x: profile.depth_nm, y: profile.at_percent[i].map(v => Math.max(v, 0.01)), name: s, mode: 'lines',
    line: { color: colour(i), dash: dash(i), width: 2 }, hovertemplate: `${s} %{y:.3g} at.% at %{x:.3g} nm<extra></extra>`,
  })), { x: 'depth from the old host surface / nm (left: host, right: layer)', y: 'share of the cations / at.%',
    xmore: { range }, ymore: { type: 'log', range: [-1, 2.05], dtick: 1 }, shapes: [band(5, 35, 'paper'), film] });
  await plot(entropy, [{ x: profile.depth_nm, y: profile.entropy_R, mode: 'lines', name: 'S', showlegend: false,
    line: { color: colour(0), width: 2 }, hovertemplate: '%{y:.3f} R at %{x:.3g} nm<extra></extra>' }],
  { x: 'depth / nm', y: 'S / R', xmore: { range }, ymore: { range: [0, 1.9] },
    shapes: [film, ...[1, 1.5].map(v => ({ type: 'line', xref: 'paper', x0: 0, x1: 1, y0: v, y1: v, line: { dash: 'dot', width: 1, color: '#888' } }))],
    layout: { annotations: [[1, 'medium from 1 R'], [1.5, 'high from 1.5 R']].map(([y, text]) => ({ xref: 'paper', x: 0.01, y, text,
      showarrow: false, xanchor: 'left', yanchor: 'bottom', font: { size: 11 } })) } });
}

function describe(told) {
  const rows = [['layer outward of the old surface, mixed in', `${number(told.thickness_nm)} nm where it covers`],
    ['coating as fired (as on the batch sheet)', `${number(told.fired_nm)} nm where it covers`], ['coverage', `${number(told.coverage_percent)} %`]];
  const left = Object.entries(told.undissolved_percent).map(([e, v]) => `${e} ${number(v, 2)} %`).join(', ');
  if (left) rows.push(['not dissolved', left]);
  if (told.structure) {
    rows.push(['cations', told.cations], ['entropy of the cation site', `${number(told.entropy_R)} R, ${told.band}`],
      ['high-entropy material', told.high_entropy ? 'yes' : 'no'], ['structure', told.structure]);
  } else rows.push(['class and structure', 'told at the end of the anneal']);
  facts.replaceChildren(...rows.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)]));
  why.textContent = told.reasons ? `Class: ${told.reasons.join('; ')}.` : '';
}

let judged = ''; // the study and cell whose structures are told

// Both potentials price every structure in a second or two: they follow when the study rests, at the end of the anneal.
async function judge(share) {
  const cell = among(coated()), wanted = JSON.stringify([state.raw, cell]);
  if (share < 1) { verdict.replaceChildren(el('p', { class: 'soft' }, 'Told at the end of the anneal.')); judged = ''; return; }
  if (judged === wanted) return;
  judged = wanted;
  verdict.classList.add('busy');
  await new Promise(rest => setTimeout(rest, 400));
  if (judged !== wanted) return;
  try {
    const told = await view('verdict', state.raw, { cell });
    if (judged !== wanted) return;
    verdict.replaceChildren(...told.potentials.flatMap(p => [el('h3', {}, p.title), table(p.rows[0], p.rows.slice(1)), ...p.says.map(line => el('p', {}, line))]),
      el('p', {}, told.second), el('p', { class: 'soft' }, told.note, ' In full: ', el('code', {}, told.command)));
  } catch (fault) {
    if (judged !== wanted) return;
    judged = '';
    verdict.replaceChildren(el('p', { class: 'fault' }, fault.message));
  } finally {
    if (judged === wanted || !judged) verdict.classList.remove('busy');
  }
}
