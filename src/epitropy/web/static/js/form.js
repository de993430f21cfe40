// The form of a study, from what the server says of its fields.

import { byId, el, number, say } from './dom.js';
import { allFields, change, state } from './state.js';

const controls = new Map(); // field name -> its inputs

export function draw(changed, settled) {
  controls.clear();
  const form = byId('form'), open = new Set([...form.querySelectorAll('details[open]')].map(d => d.dataset.title));
  form.replaceChildren(...state.form.groups.map((group, i) => el('details',
    { open: open.size ? open.has(group.title) : i === 0, 'data-title': group.title },
    el('summary', {}, group.title), group.fields.map(field => one(field, changed, settled)))));
  find(byId('find').value);
}

// The same fields with new grades and values: nothing is drawn anew, so no slider loses its hand.
export function refresh() {
  for (const field of allFields()) show(field);
}

export function find(text) {
  const wanted = text.trim().toLowerCase();
  let found = false;
  for (const group of byId('form').querySelectorAll('details')) {
    let any = false;
    for (const field of group.querySelectorAll('.field')) {
      const fits = !wanted || field.dataset.search.includes(wanted);
      field.hidden = !fits;
      any ||= fits;
    }
    group.hidden = !any;
    found ||= any;
    if (wanted && any) group.open = true;
  }
  byId('none').hidden = found;
}

const believed = field => field.locked || (field.range ? `believed to lie within ${field.range} (80 %)` : '');

const ids = name => `f-${name.replace(/[^A-Za-z0-9]/g, '-')}`;

function one(field, changed, settled) {
  const id = ids(field.name);
  const grade = field.grade ? el('span', { class: `grade ${field.grade}`, title: field.source || '' }, field.grade) : null;
  const head = el('div', { class: 'name' }, el('label', { for: id, title: field.name }, field.label), grade);
  const row = el('div', { class: 'row' }, inputs(field, id, changed, settled));
  const says = el('div', { class: 'says' }, believed(field));
  return el('div', { class: 'field', 'data-name': field.name, 'data-search': `${field.name} ${field.label}`.toLowerCase() },
    head, row, says);
}

function inputs(field, id, changed, settled) {
  const set = value => { for (const f of change(field, value)) show(f); changed(); };
  if (field.kind === 'number') {
    const slider = el('input', { type: 'range', min: field.low, max: field.high, step: 'any', value: String(field.value), disabled: Boolean(field.locked),
      'aria-label': `${field.label}, slider`,
      oninput: e => set(Number(Number(e.target.value).toPrecision(4))), onchange: settled });
    const box = el('input', { id, class: 'number', type: 'text', inputmode: 'decimal', value: number(field.value, 6), disabled: Boolean(field.locked),
      onchange: e => {
        const text = e.target.value.trim(), value = Number(text.replace(',', '.'));
        const bad = text === '' || !Number.isFinite(value) || /,\d{3}$/.test(text); // 1,000: a thousand or one?
        e.target.closest('.field').classList.toggle('bad', bad);
        if (bad) say(`${field.label}: '${text}' is no number; the study keeps ${number(field.value, 6)} ${field.unit_shown}`.trim(), true);
        else { set(value); settled(); }
      } });
    controls.set(field.name, { slider, box });
    return [slider, box, el('span', { class: 'unit' }, field.unit_shown)];
  }
  const done = value => { set(value); settled(); };
  if (field.kind === 'choice') {
    return el('select', { id, class: 'wide', onchange: e => done(e.target.value) },
      field.options.map(o => el('option', { value: o, selected: o === field.value }, o)));
  }
  if (field.kind === 'flag') {
    return el('input', { id, type: 'checkbox', checked: field.value, onchange: e => done(e.target.checked) });
  }
  const whole = field.kind === 'whole';
  return el('input', { id, class: whole ? 'number' : 'wide', type: whole ? 'number' : 'text', value: String(field.value), disabled: Boolean(field.locked),
    onchange: e => done(whole ? Math.round(Number(e.target.value)) : e.target.value) });
}

function show(field) {
  const found = controls.get(field.name);
  if (!found) return;
  const { slider, box } = found;
  if (document.activeElement !== slider) {
    slider.min = Math.min(field.low, field.value);
    slider.max = Math.max(field.high, field.value);
    slider.value = field.value;
  }
  box.closest('.field').querySelector('.says').textContent = believed(field);
  if (document.activeElement !== box) box.value = number(field.value, 6);
  box.closest('.field').classList.remove('bad');
  const grade = box.closest('.field').querySelector('.grade');
  if (grade && field.grade) { grade.textContent = field.grade; grade.className = `grade ${field.grade}`; grade.title = field.source || ''; }
}
