// Files of measured cells: what each column is taken for, confirmed by a person, then the fit.

import { post, upload } from '../api.js';
import { el, keeping, say, table } from '../dom.js';
import { start } from '../jobs.js';
import { plot, colour } from '../plots.js';
import { among, coated, state } from '../state.js';
import { choice } from './choice.js';

export const title = 'Data';

let file = null; // token and name of the file at hand
let options = {};
let typed = {}; // what is being typed, by field; it counts once the field is left
let drawing = false;
let named = { quantity: '', header: '' }; // a column that is being named
const picture = el('div', { class: 'plot', id: 'read', role: 'img', 'aria-label': 'Capacities as read' });

export async function show(root) {
  if (!file) { ask(root); return {}; }
  if (options.scan) return scan(root);
  let told;
  try {
    told = await post('/api/preview', { token: file.token, options });
  } catch (fault) {
    const again = () => root.dispatchEvent(new CustomEvent('again'));
    await draw(root, about(root, again), el('p', { class: 'fault' }, fault.message), el('p', {}, 'Name the columns yourself: ', column(again)));
    return {};
  }
  await tell(root, told);
  return { command: command() };
}

export async function take(dropped) {
  file = await upload(dropped);
  typed = {};
  options = { cell: state.form.calibration ?? state.form.cells[0].name, confirmed: false };
}

function ask(root) {
  const input = el('input', { type: 'file', id: 'cells', accept: '.csv,.txt,.tsv,.dat,.mpt', onchange: async e => {
    if (!e.target.files.length) return;
    try {
      await take(e.target.files[0]);
      root.dispatchEvent(new CustomEvent('again'));
    } catch (fault) {
      say(fault.message, true);
      e.target.value = '';
    }
  } });
  root.replaceChildren(el('div', { class: 'drop' }, el('p', {}, 'Drop a file of cycled cells here, or choose one.'), input,
    el('p', { class: 'soft' }, 'CSV of epitropy, Battery Data Format, or the text export of a cycler. It stays on this machine. Neither mass, '
      + 'unit nor sign of the current is guessed: the columns are shown, and what a file does not say itself is asked.')));
}

const kind = again => el('label', {}, 'It holds ', el('select', { id: 'holds', onchange: e => {
  options = { cell: options.cell, scan: e.target.value === 'scan', confirmed: false };
  again();
} }, [['cells', 'cycled cells'], ['scan', 'a line scan across the layer']].map(([value, text]) =>
  el('option', { value, selected: (value === 'scan') === Boolean(options.scan) }, text))));

const another = again => el('button', { type: 'button', onclick: () => { file = null; again(); } }, 'Another file');

async function scan(root) {
  const again = () => root.dispatchEvent(new CustomEvent('again'));
  const cell = among(coated());
  const tools = el('div', { class: 'tools' }, el('b', {}, file.name), kind(again), choice(root, coated()), another(again));
  let told;
  try {
    told = await post('/api/preview', { token: file.token, study: state.raw, options: { ...options, cell } });
  } catch (fault) {
    root.replaceChildren(tools, el('p', { class: 'fault' }, fault.message));
    return {};
  }
  const rows = told.species.map((s, i) => [s, `${told.at_percent[i].length} points`, `${told.at_percent[i].slice(0, 3).map(v => v.toFixed(1)).join(', ')} …`]);
  root.replaceChildren(...[tools, el('h2', {}, 'Read as a line scan'),
    el('p', {}, `Depth inwards from the outer surface, ${told.depth_nm.at(0).toFixed(1)} to ${told.depth_nm.at(-1).toFixed(1)} nm. Shares among the `
      + 'cations of the model, at.%, normalised to 100 at every depth.'),
    table(['cation', 'readings', 'first values / at.%'], rows),
    told.ignored.length ? el('p', { class: 'soft' }, `Left out: ${told.ignored.join(', ')}.`) : null,
    told.outside ? el('p', { class: 'soft' }, `${told.outside} points lie outside the particle and are left out.`) : null,
    picture, el('div', { class: 'tools' }, el('button', { type: 'button', class: 'main', id: 'fit-scan',
      onclick: () => start('scan', { token: file.token, cell, confirmed: true }) }, 'These columns are right: fit the diffusivities'),
    el('span', { class: 'soft' }, 'Points: read. Lines: computed with the study as it is.'))].filter(Boolean));
  await plot(picture, told.species.flatMap((s, i) => [
    { x: told.depth_nm, y: told.at_percent[i], name: s, mode: 'markers', marker: { size: 6, color: colour(i) }, legendgroup: s },
    { x: told.depth_nm, y: told.computed_at_percent[i], name: s, mode: 'lines', line: { color: colour(i), width: 2 }, showlegend: false, legendgroup: s },
  ]), { x: 'depth below the outer surface / nm', y: 'share of the cations / at.%' });
  return { command: `epitropy anneal ${state.form.name}.yaml --cell=${quoted(cell)} --fit-scan '${file.name}' -o anneal` };
}

const sign = again => el('label', {}, 'Current ', el('select', { id: 'sign', onchange: e => {
  options = { ...options, current_sign: e.target.value, confirmed: false };
  again();
} }, [['', 'as the file says'], ['charge-positive', 'positive on charge'], ['discharge-positive', 'positive on discharge']].map(([value, text]) =>
  el('option', { value, selected: value === (options.current_sign ?? '') }, text))));

// What was typed counts once the field is left, also where the page drew the field anew meanwhile: its own change is lost then.
function field(label, name, hint, root) {
  const settle = () => {
    const text = typed[name];
    if (drawing || text === undefined || text === (options[name] ?? '')) return;
    options = { ...options, [name]: text, confirmed: false };
    root.dispatchEvent(new CustomEvent('again'));
  };
  return el('label', {}, `${label} `, el('input', { type: 'text', size: 12, id: `file-${name}`, placeholder: hint, value: typed[name] ?? options[name] ?? '',
    oninput: e => { typed[name] = e.target.value; }, onchange: settle, onblur: settle, onkeydown: e => { if (e.key === 'Enter') settle(); } }));
}

const draw = (root, ...parts) => keeping(() => {
  drawing = true; // a field that is taken away while it is typed into is not left
  try { root.replaceChildren(...parts); } finally { drawing = false; }
});

// What a person says of the file; also there to be mended when something of it was refused.
function about(root, again) {
  const cell = el('label', {}, 'It is the cell ', el('select', { id: 'of', onchange: e => { options = { ...options, cell: e.target.value }; again(); } },
    state.form.cells.map(c => el('option', { value: c.name, selected: c.name === options.cell }, c.name))));
  return el('div', { class: 'tools' }, el('b', {}, file.name), kind(again), cell, field('Active mass', 'mass', '12.3 mg', root),
    field('Electrode area', 'area', '1.13 cm2', root), field('Ageing starts at cycle', 'first', '', root), field('1C is', 'one_c', '200 mA/g', root),
    sign(again), another(again));
}

async function tell(root, told) {
  const again = () => root.dispatchEvent(new CustomEvent('again'));
  const parts = [
    about(root, again),
    el('h2', {}, `Read as ${told.title}`),
    table(['taken for', 'column', 'unit', 'first values'], told.columns.map(c => [c.quantity, c.header, c.unit || '–', c.first.every(v => v === '') ? '(empty)' : c.first.join(', ')])),
    told.left_out.length ? el('p', { class: 'soft' }, `Left out: ${told.left_out.join(', ')}.`) : null,
    ...told.shown_notes.map(n => el('p', {}, n)),
  ];
  if (told.fault) parts.push(el('p', { class: 'fault' }, told.fault), el('p', {}, 'Name a column yourself: ', column(again)));
  if (told.ask) {
    parts.push(el('p', {}, el('button', { type: 'button', class: 'main', id: 'confirm', onclick: () => { options = { ...options, confirmed: true }; again(); } },
      'Every column is what it is taken for'), ' or name a column yourself: ', column(again)));
  }
  if (told.cells) parts.push(...found(told));
  await draw(root, ...parts.filter(Boolean)); // before the next key is heard
  if (told.cells) await curves(told);
}

function column(again) {
  const box = (name, size, hint) => el('input', { type: 'text', id: `column-${name}`, size, placeholder: hint, 'aria-label': name,
    value: named[name], oninput: e => { named[name] = e.target.value; } });
  const quantity = box('quantity', 10, 'capacity'), header = box('header', 18, 'header [unit]');
  return el('span', {}, quantity, ' = ', header, ' ', el('button', { type: 'button', onclick: () => {
    options = { ...options, columns: { ...options.columns, [named.quantity.trim()]: named.header.trim() }, confirmed: false };
    named = { quantity: '', header: '' };
    again();
  } }, 'Set'));
}

function found(told) {
  const rows = told.cells.map(c => [c.name, c.cell ?? '–', Object.entries(c.quantities).map(([q, n]) => `${n} ${q.replaceAll('_', ' ')}`).join(', ')]);
  return [el('h2', {}, 'Cells in it'), table(['cell', 'of the study', 'readings'], rows), ...told.notes.map(n => el('p', { class: 'soft' }, n)), picture,
    el('div', { class: 'tools' },
      el('button', { type: 'button', class: 'main', id: 'fit', onclick: () => start('fit', { ...options, token: file.token, confirmed: true }) },
        'Fit the ageing model'),
      el('button', { type: 'button', id: 'quick', title: 'Profile likelihood alone, without posterior and prediction',
        onclick: () => start('fit', { ...options, token: file.token, confirmed: true, steps: 0, draws: 0 }) }, 'Quick fit'),
      el('span', { class: 'soft' }, 'The fit takes some ten minutes, the quick one a quarter of a minute.'))];
}

const curves = told => plot(picture, told.cells.map((c, i) => ({ x: c.cycle, y: c.capacity_mAh_g, name: c.name, mode: 'markers',
  marker: { size: 4, color: colour(i) } })), { x: 'cycle number', y: 'discharge capacity / (mAh/g)' });

const quoted = text => `'${String(text).replaceAll("'", "'\\''")}'`;

function command() {
  const said = ['cell', 'mass', 'area', 'first', 'current_sign', 'one_c'].filter(k => options[k]).map(k => `--${k.replace('_', '-')}=${quoted(options[k])}`);
  const columns = Object.entries(options.columns ?? {}).map(([q, h]) => `--column=${quoted(`${q}=${h}`)}`);
  const whole = ['epitropy fit', `${state.form.name}.yaml`, quoted(file.name), ...said, ...columns, '-o fit'].join(' ');
  return `${whole}\n${whole} --steps 0 --draws 0   # the quick one`;
}
