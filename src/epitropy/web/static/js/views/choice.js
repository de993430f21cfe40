// Which cell is shown, where there are several.

import { el } from '../dom.js';
import { among, state } from '../state.js';

export function choice(root, names) {
  if (names.length < 2) return null;
  const chosen = among(names);
  return el('label', {}, 'Cell ', el('select', { id: 'of-cell', onchange: e => { state.cell = e.target.value; root.dispatchEvent(new CustomEvent('again')); } },
    names.map(name => el('option', { value: name, selected: name === chosen }, name))));
}
