// Figure 1 from computed results, and its stages cation by cation while the anneal goes on.

import { view } from '../api.js';
import { el, number } from '../dom.js';
import { plot } from '../plots.js';
import { among, state } from '../state.js';
import { choice } from './choice.js';

export const title = 'Figure';

const art = el('div', { class: 'art' });
const caption = el('p', { class: 'soft' });
const heated = el('div', { class: 'plot tall', id: 'heated', role: 'img', 'aria-label': 'Cations at the surface at this time' });
const grown = el('div', { class: 'plot tall', id: 'grown', role: 'img', 'aria-label': 'Columns of atoms of host and layer at this time' });
const about = el('p', { class: 'soft' });
const slider = el('input', { type: 'range', min: 0, max: 1, step: 0.02, value: '0.5', id: 'time', 'aria-label': 'Part of the anneal' });
const at = el('output', { for: 'time' });
const buttons = el('div', { class: 'tools' });
const tools = el('div', { class: 'tools' });
let drawn = ''; // the study, cell and time whose figure is shown

// Every cell has a figure; the last coated one is what a study is about.
const names = () => [...state.form.cells].sort((one, other) => one.coated - other.coated).map(c => c.name);

export async function show(root) {
  if (!root.contains(art)) {
    slider.oninput = () => root.dispatchEvent(new CustomEvent('again'));
    root.replaceChildren(art, caption, buttons, el('h2', {}, 'The same, followed through the anneal'),
      tools, about,
      el('div', { class: 'plots' }, el('div', {}, el('h2', {}, 'Cations at the surface'), heated),
        el('div', {}, el('h2', {}, 'Columns of atoms'), grown)));
  }
  const cells = JSON.stringify([names(), among(names())]);
  if (tools.dataset.of !== cells) {
    tools.dataset.of = cells;
    tools.replaceChildren(...[choice(root, names()), el('label', {}, 'Anneal ', slider), at].filter(Boolean));
  }
  const options = { cell: among(names()), share: Number(slider.value) };
  const study = JSON.stringify([state.raw, options]);
  const told = await view('stages', state.raw, options);
  at.textContent = told.celsius === null ? 'not heated' : `${number(told.hours)} h, ${number(told.celsius, 4)} °C`;
  about.textContent = `Hover for the element. Heights count from the original surface. Columns on the (${told.grown.facet}) facet`
    + (told.grown.structure ? `, layer: ${told.grown.structure}.` : '.')
    + (told.grown.strips_nm.length > 1 ? ' The middle of the layer is left out.' : '');
  await dots(heated, told.heated, told.colours, 6);
  await dots(grown, told.grown, told.colours, 9, told.grown.paths, [0, told.grown.width_nm]);
  if (drawn !== study) {
    drawn = study;
    whole(options);
  }
  return told;
}

// The whole figure takes a second: it follows when the study rests.
async function whole(options) {
  const study = drawn;
  await new Promise(rest => setTimeout(rest, 250));
  if (study !== drawn) return;
  art.classList.add('busy');
  try {
    const told = await view('figure', state.raw, options);
    if (study !== drawn) return;
    const source = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(told.svg)}`;
    art.replaceChildren(el('img', { id: 'figure1', src: source, alt: told.caption.join(' ') }));
    caption.textContent = told.caption.join(' ');
    buttons.replaceChildren(el('a', { href: source, download: `${state.form.name}-figure.svg` }, 'SVG'));
  } catch (fault) {
    art.replaceChildren(el('p', { class: 'fault' }, fault.message));
    drawn = '';
  } finally {
    art.classList.remove('busy');
  }
}

async function dots(node, found, colours, size, paths = [], range = null) {
  const ways = paths.map((p, i) => ({ x: p.x_nm, y: p.y_nm, mode: 'lines', name: p.open ? 'lithium passes' : 'lithium stops', legendgroup: p.open,
    showlegend: paths.findIndex(q => q.open === p.open) === i, hoverinfo: 'skip',
    line: { color: p.open ? '#8fb800' : '#d5e89a', width: 7 } }));
  const traces = Object.keys(colours).filter(e => found.element.includes(e)).map(e => {
    const of = found.element.map((x, i) => (x === e ? i : -1)).filter(i => i >= 0);
    const light = e === 'O' || e === 'Li';
    return { x: of.map(i => found.x_nm[i]), y: of.map(i => found.y_nm[i]), name: e, mode: 'markers', type: 'scatter',
      marker: { color: colours[e], size: light ? size * 0.6 : size, line: { width: 0.5, color: '#666' } },
      hovertemplate: `${e} at %{y:.2f} nm<extra></extra>` };
  });
  await plot(node, [...ways, ...traces], { x: 'along the surface / nm', y: 'height over the original surface / nm', xmore: { showgrid: false, ...(range ? { range } : {}) },
    ymore: { showgrid: false } });
}
