// Small helpers; text is always set as text, never as markup.

export function el(tag, given = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(given)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'class') node.className = value;
    else if (key in node && typeof value !== 'string' && key !== 'list') node[key] = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...inside.flat().filter(x => x !== null && x !== undefined && x !== false));
  return node;
}

export const byId = id => document.getElementById(id);

export function table(header, rows, given = {}) {
  const body = rows.map(row => {
    const [first, ...rest] = row;
    return el('tr', {}, el('th', { scope: 'row' }, first), rest.map(c => el('td', {}, c)));
  });
  return el('div', { class: 'wide' }, el('table', given,
    header?.length ? el('thead', {}, el('tr', {}, header.map(h => el('th', { scope: 'col' }, h)))) : null,
    el('tbody', {}, body)));
}

// What was typed into stays in hand when a part of the page is drawn anew.
export async function keeping(act) {
  const before = document.activeElement, id = before?.id;
  const range = before?.selectionStart === undefined ? null : [before.selectionStart, before.selectionEnd];
  const made = await act();
  const after = id && document.activeElement === document.body ? byId(id) : null;
  after?.focus();
  if (after && range && range[0] !== null) after.setSelectionRange(...range);
  return made;
}

export function say(text, fault = false) {
  const status = byId('status');
  status.replaceChildren(text ?? '');
  status.className = fault ? 'fault' : 'soft';
}

// As people write it and the study file reads it: 0.25, 1.41e-15.
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return '–';
  const rounded = Number(value.toPrecision(digits)), size = Math.abs(rounded);
  return rounded !== 0 && (size < 1e-4 || size >= 1e7) ? rounded.toExponential().replace('e+', 'e') : String(rounded);
}
