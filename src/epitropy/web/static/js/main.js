// The page: a study in, views out. What is shown follows from the study and the options alone.

import { get, latest, post, view } from './api.js';
import { byId, el, keeping, say } from './dom.js';
import * as form from './form.js';
import { recall } from './jobs.js';
import { forget } from './plots.js';
import { state } from './state.js';
import * as cell from './views/cell.js';
import * as data from './views/data.js';
import * as figure from './views/figure.js';
import * as layer from './views/layer.js';
import * as interfaces from './views/interface.js';
import * as recipe from './views/recipe.js';
import * as sources from './views/sources.js';
import * as sweeps from './views/sweeps.js';

const VIEWS = { recipe, layer, interface: interfaces, cell, figure, data, sweeps, sources };
const root = byId('view');
const COMPILES = 'computing … The first start after an installation compiles for a minute or two.';

const refresh = latest(async () => {
  const tab = state.tab;
  root.classList.add('busy');
  const slow = setTimeout(() => say('computing …'), 700);
  const slower = setTimeout(() => say(COMPILES), 8000);
  try {
    const told = await keeping(() => VIEWS[tab].show(root));
    if (tab !== state.tab) return;
    say('');
    root.classList.remove('stale');
    command(told?.command, told?.beside);
    root.dataset.view = tab;
    root.dataset.shown = `${tab} ${Number((root.dataset.shown ?? '').split(' ')[1] ?? 0) + 1}`;
  } catch (fault) {
    say(fault.message, true);
    command(null);
    if (root.dataset.view !== tab) root.replaceChildren();
    root.classList.add('stale'); // what stands there belongs to an earlier study or choice
  } finally {
    clearTimeout(slow);
    clearTimeout(slower);
    root.classList.remove('busy');
  }
});

let drawnFor = null; // the study whose form is drawn

const learn = latest(async () => {
  const raw = state.raw;
  try {
    const told = await view('form', raw);
    if (raw !== state.raw) return; // another study was taken meanwhile
    const names = f => f.groups.flatMap(g => g.fields.map(x => x.name)).join();
    const same = drawnFor === raw && names(told) === names(state.form);
    drawnFor = raw;
    if (same) {
      const now = new Map(told.groups.flatMap(g => g.fields).map(f => [f.name, f]));
      for (const field of state.form.groups.flatMap(g => g.fields)) {
        const { low, high } = field; // a slider keeps its ends as long as the value lies between them
        Object.assign(field, now.get(field.name));
        if (low <= field.value && field.value <= high) Object.assign(field, { low, high });
      }
      state.form = { ...told, groups: state.form.groups };
      form.refresh();
    } else {
      state.form = told;
      form.draw(changed, settled);
    }
    const edited = JSON.stringify(raw) !== JSON.stringify(state.opened);
    byId('title').textContent = (edited ? '(edited) ' : '') + (told.title || told.name);
    byId('reset').disabled = !edited;
    sessionStorage.setItem('study', JSON.stringify({ raw, opened: state.opened }));
    document.title = `${told.name} – epitropy`;
  } catch (fault) {
    say(fault.message, true);
  }
});

function changed() { refresh(); }

async function settled() { await learn(); refresh(); }

function command(text, beside = ', beside the downloaded study') {
  const box = byId('command');
  box.hidden = !text;
  box.querySelector('span').textContent = `The same on the command line${beside}:`;
  box.querySelector('code').textContent = text ?? '';
}

async function take(raw, opened = structuredClone(raw)) {
  state.raw = raw;
  state.opened = opened;
  const slow = setTimeout(() => say(COMPILES), 3000);
  await learn();
  clearTimeout(slow);
  if (state.form) refresh();
}

function tabs() {
  const bar = byId('tabs');
  const choose = name => {
    state.tab = name;
    for (const button of bar.children) {
      const on = button.dataset.tab === name;
      button.setAttribute('aria-selected', String(on));
      button.tabIndex = on ? 0 : -1;
    }
    forget(root);
    root.replaceChildren();
    location.hash = name;
    refresh();
  };
  bar.replaceChildren(...Object.entries(VIEWS).map(([name, { title }]) => el('button', {
    type: 'button', role: 'tab', id: `tab-${name}`, 'data-tab': name, 'aria-controls': 'view', 'aria-selected': String(name === state.tab),
    tabIndex: name === state.tab ? 0 : -1, onclick: () => choose(name) }, title)));
  bar.addEventListener('keydown', e => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const all = [...bar.children], next = all[(all.findIndex(b => b.dataset.tab === state.tab) + step + all.length) % all.length];
    next.focus();
    choose(next.dataset.tab);
  });
  return choose;
}

async function openFile(file) {
  try {
    if (/\.ya?ml$/i.test(file.name)) {
      const { raw } = await post('/api/read', { yaml: await file.text(), name: file.name });
      await take(raw);
      byId('studies').selectedIndex = -1;
    } else {
      await data.take(file);
      choose('data');
    }
  } catch (fault) {
    say(fault.message, true);
  }
}

function files() {
  byId('open').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', e => { if (e.target.files.length) openFile(e.target.files[0]); e.target.value = ''; });
  let inside = 0;
  const over = on => { byId('drop').hidden = !on; };
  addEventListener('dragenter', e => { e.preventDefault(); inside += 1; over(true); });
  addEventListener('dragleave', () => { inside -= 1; if (inside <= 0) over(false); });
  addEventListener('dragover', e => e.preventDefault());
  addEventListener('drop', e => { e.preventDefault(); inside = 0; over(false); if (e.dataTransfer.files.length) openFile(e.dataTransfer.files[0]); });
  byId('reset').addEventListener('click', () => take(structuredClone(state.opened)));
  byId('save').addEventListener('click', async () => {
    try {
      const text = await post('/api/yaml', { study: state.raw });
      const link = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'application/yaml' })), download: `${state.form.name}.yaml` });
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (fault) { say(fault.message, true); }
  });
}

function theme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const wanted = localStorage.getItem('theme') ?? 'system';
    document.documentElement.dataset.theme = wanted === 'system' ? (system.matches ? 'dark' : 'light') : wanted;
    byId('theme').textContent = `Theme: ${wanted}`;
  };
  byId('theme').addEventListener('click', () => {
    const order = ['system', 'light', 'dark'], now = order.indexOf(localStorage.getItem('theme') ?? 'system');
    localStorage.setItem('theme', order[(now + 1) % 3]);
    apply();
    if (state.form) refresh();
  });
  system.addEventListener('change', () => { apply(); if (state.form) refresh(); });
  apply();
}

theme();
files();
const asked = location.hash.slice(1);
if (Object.hasOwn(VIEWS, asked)) state.tab = asked;
const choose = tabs();
addEventListener('hashchange', () => {
  const wanted = location.hash.slice(1);
  if (Object.hasOwn(VIEWS, wanted) && wanted !== state.tab) choose(wanted);
});
root.addEventListener('again', () => refresh());
root.addEventListener('study', async e => { // a row of a sweep
  await take(e.detail.raw);
  byId('studies').selectedIndex = -1;
  choose(e.detail.tab);
  await refresh();
  if (e.detail.remark) say(e.detail.remark);
});
byId('find').addEventListener('input', e => form.find(e.target.value));
byId('command').querySelector('button').addEventListener('click', () => navigator.clipboard?.writeText(byId('command').querySelector('code').textContent));

const bundled = await get('/api/studies');
byId('studies').replaceChildren(...Object.entries(bundled).map(([name, title]) => el('option', { value: name, title }, name)));
byId('studies').addEventListener('change', async e => {
  try { await take((await get(`/api/studies/${e.target.value}`)).raw); } catch (fault) { say(fault.message, true); }
});
const kept = JSON.parse(sessionStorage.getItem('study') ?? 'null'); // of this tab, before a reload
if (kept?.raw) {
  await take(kept.raw, kept.opened);
  byId('studies').value = Object.hasOwn(bundled, kept.opened?.name) ? kept.opened.name : '';
}
if (!state.form) {
  byId('studies').value = 'zhao2024';
  await take((await get('/api/studies/zhao2024')).raw);
}
recall();
