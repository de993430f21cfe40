// What it does for the cell: fade, voltage, losses; bare, coated and placebo beside each other.

import { view } from '../api.js';
import { el, number, table } from '../dom.js';
import { start } from '../jobs.js';
import { colour, dash, plot } from '../plots.js';
import { state } from '../state.js';

export const title = 'Cell';

const fade = el('div', { class: 'plot tall', id: 'fade', role: 'img', 'aria-label': 'Capacity over cycles' });
const volts = el('div', { class: 'plot', role: 'img', 'aria-label': 'Voltage over capacity' });
const losses = el('div', { class: 'plot', role: 'img', 'aria-label': 'Capacity lost by mechanism' });
const numbers = el('div');
const gain = el('div', { class: 'plot short', id: 'gain', role: 'img', 'aria-label': 'What the gain is made of' });
const gained = el('div', { hidden: true }, el('h2', {}, 'What the gain over the bare cell is made of'), gain,
  el('p', { class: 'soft' }, 'Shapley shares of the retention after the last cycle in this scenario, means over the draws; they add up to the mean gain.'));
const tools = el('div', { class: 'tools' });
const off = el('details');
const about = el('p', { class: 'soft' });
let drawnFor = '';

export async function show(root) {
  const options = (state.options.cell ??= { scenario: state.form.scenarios[0].name, placebos: false, without: [] });
  if (!state.form.scenarios.some(s => s.name === options.scenario)) options.scenario = state.form.scenarios[0].name;
  const again = () => root.dispatchEvent(new CustomEvent('again'));
  const mark = JSON.stringify([state.form.scenarios.map(s => s.name), options.scenario]);
  if (!root.contains(fade) || drawnFor !== mark) {
    drawnFor = mark;
    controls(options, again);
    if (!root.contains(fade)) root.replaceChildren(tools, about, off, fade, numbers, gained, el('div', { class: 'plots' },
      el('div', {}, el('h2', {}, 'Voltage at 1C, first and last cycle'), volts),
      el('div', {}, el('h2', {}, 'Capacity lost between them, by mechanism'), losses)));
  }
  const told = await view('cell', state.raw, { scenario: options.scenario, placebos: options.placebos, without: options.without });
  await draw(told);
  return told;
}

function controls(options, again) {
  const scenario = state.form.scenarios.find(s => s.name === options.scenario);
  tools.replaceChildren(
    el('label', {}, 'Scenario ', el('select', { id: 'scenario', onchange: e => { options.scenario = e.target.value; again(); } },
      state.form.scenarios.map(s => el('option', { value: s.name, selected: s.name === options.scenario }, s.name)))),
    el('label', {}, el('input', { type: 'checkbox', id: 'placebos', checked: options.placebos,
      onchange: e => { options.placebos = e.target.checked; again(); } }), 'placebos'),
    el('button', { type: 'button', class: 'main', id: 'ensemble',
      title: 'All inputs drawn from their spreads, in every scenario; some minutes',
      onclick: () => start('run', {}) }, 'Predict with intervals'));
  about.textContent = `${scenario.title}. It needs: ${scenario.needs}. It would be refuted by: ${scenario.refuted_by}.`;
  off.replaceChildren(el('summary', {}, 'Switch mechanisms off'), el('div', { class: 'tools' },
    Object.entries(state.form.mechanisms).map(([name, meaning]) => el('label', { title: meaning }, el('input', { type: 'checkbox',
      checked: options.without.includes(name), onchange: e => {
        options.without = e.target.checked ? [...options.without, name] : options.without.filter(n => n !== name);
        again();
      } }), name.replaceAll('_', ' ')))));
}

const solved = told => Object.entries(told.cells).filter(([, c]) => c.cycle);

async function draw(told) {
  const cells = solved(told), traces = [];
  const bands = state.bands[state.form.hash];
  cells.forEach(([name, cell], i) => {
    const band = bands?.[name];
    if (band) {
      traces.push({ x: band.cycle, y: band.low, mode: 'lines', line: { width: 0 }, hoverinfo: 'skip', showlegend: false, legendgroup: name });
      traces.push({ x: band.cycle, y: band.high, mode: 'lines', line: { width: 0 }, fill: 'tonexty', fillcolor: `${colour(i)}22`,
        hoverinfo: 'skip', name: `${name}, 80 % over all scenarios`, legendgroup: name });
    }
    traces.push({ x: cell.cycle, y: cell.capacity_mAh_g, name, mode: 'lines', legendgroup: name,
      line: { color: colour(i), dash: cell.placebo ? 'dot' : dash(i), width: cell.placebo ? 1.6 : 2.6 },
      hovertemplate: `${name}: %{y:.1f} mAh/g at cycle %{x}<extra></extra>` });
    const reported = Object.entries((told.as_read ? state.form.reported?.[name]?.capacity_C_per_kg : null) ?? {}).map(([n, v]) => [n, v.value / 3600]);
    const points = Object.entries({ ...Object.fromEntries(reported), ...(told.known === name ? told.fitted_mAh_g : {}) });
    if (points.length) traces.push({ x: points.map(([n]) => Number(n)), y: points.map(([, v]) => v),
      name: `${name}, reported`, mode: 'markers', legendgroup: name,
      marker: { color: colour(i), size: 11, symbol: told.known === name ? 'diamond' : 'diamond-open', line: { width: 2, color: colour(i) } },
      hovertemplate: `${name}, reported: %{y:.1f} mAh/g<extra></extra>` });
  });
  await plot(fade, traces, { x: 'cycle number', y: 'discharge capacity / (mAh/g)' });
  summary(told);
  details(told, cells.filter(([, c]) => !c.placebo)); // the fade does not wait for them
}

// Only a finished ensemble tells it, and of the study that it was run for.
async function attributed(scenario) {
  const found = state.attribution[state.form.hash]?.find(a => a.scenario === scenario);
  gained.hidden = !found;
  if (!found) return;
  const parts = [...Object.entries(found.features).map(([name, f]) => [name, f.share.mean_retention]), ['the rest (mass, anneal)', found.rest.mean_retention],
    ['in all', found.total.mean_retention]];
  await plot(gain, [{ type: 'bar', orientation: 'h', y: parts.map(([name]) => name), x: parts.map(([, v]) => 100 * v), showlegend: false,
    marker: { color: parts.map(([name]) => (name === 'in all' ? '#7f7f7f' : colour(0))) }, hovertemplate: '%{x:.1f} points<extra></extra>' }],
  { x: `retention / points (${found.draws} draws)`, y: '', ymore: { autorange: 'reversed', title: { text: '' } } });
}

async function details(told, main) {
  await attributed(told.scenario);
  await plot(volts, main.flatMap(([name, cell], i) => cell.curves.filter((c, k, all) => k === 0 || k === all.length - 1).flatMap((c, k) => [
    { x: c.charge_mAh_g, y: c.charge_V }, { x: c.discharge_mAh_g, y: c.discharge_V }].map((xy, half) => ({ ...xy, mode: 'lines',
    name: `${name}, cycle ${c.cycle}`, showlegend: half === 0, legendgroup: `${name} ${c.cycle}`,
    line: { color: colour(i), dash: k ? 'dash' : 'solid', width: 2 }, hovertemplate: '%{y:.3f} V at %{x:.0f} mAh/g<extra></extra>' })))),
  { x: 'capacity / (mAh/g)', y: 'voltage against Li / V' });
  await plot(losses, main.map(([name, cell], i) => ({ type: 'bar', orientation: 'h', name, marker: { color: colour(i) },
    y: told.mechanisms.map(m => m.replaceAll('_', ' ')), x: told.mechanisms.map(m => cell.losses_mAh_g[m]),
    hovertemplate: `${name}: %{x:.1f} mAh/g<extra></extra>` })),
  { x: 'capacity lost / (mAh/g); a gain is negative', y: '', ymore: { autorange: 'reversed', title: { text: '' } }, layout: { barmode: 'group' } });
}

function summary(told) {
  const rows = Object.entries(told.cells).map(([name, c]) => c.cycle
    ? [name, number(c.first_mAh_g, 4), number(c.last_mAh_g, 4), number(c.retention_percent, 3), name === told.known && told.calibrated && told.as_read ? 'calibrated' : 'predicted', c.ended_by]
    : [name, '–', '–', '–', c.reason, '']);
  numbers.replaceChildren(...[table(['cell', 'cycle 1 / (mAh/g)', 'last / (mAh/g)', 'retention / %', '', 'ended by'], rows),
    told.as_read ? null : el('p', {}, 'Cycled by another protocol than the data were read by: the model stays solved for those data, and nothing reported is compared.'),
    el('p', { class: 'soft' }, 'All inputs at their medians, one scenario. Diamonds: reported; filled where the model was calibrated on them.')].filter(Boolean));
}
