// The study of this tab as plain data, and what follows from it.

export const state = {
  raw: null, // the study's plain data
  opened: null, // as it was opened, for a reset
  form: null, // what the server says of it: fields, cells, scenarios
  tab: 'recipe',
  cell: null, // the one that Recipe, Layer, Interface and Figure show, where it was chosen
  options: {}, // by view
  bands: {}, // by study hash: bands of a finished ensemble
  attribution: {}, // and what the gain is made of
};

export const SOURCE = 'set in the app';

// Spreads that go with the value; the others are ranges of their own, which a value set by hand leaves.
const MOVING = ['lognormal', 'normal', 'logitnormal'];

const isNumber = node => node !== null && typeof node === 'object' && 'value' in node;

function nodeAt(place, make) {
  let node = state.raw;
  for (const key of place.slice(0, -1)) {
    if (node[key] === null || typeof node[key] !== 'object') {
      if (!make) return undefined;
      node[key] = {};
    }
    node = node[key];
  }
  return node;
}

// The data of a calibration were read by the protocol as it was: it stays with them when the cells are cycled by another.
function keepProtocol(field) {
  const given = state.raw.calibration;
  if (!given || given.protocol || !field.place.includes('protocol')) return;
  given.protocol = structuredClone({ ...state.raw.protocol, ...state.raw.cells?.[given.cell]?.protocol });
}

function write(field, value) {
  keepProtocol(field);
  const parent = nodeAt(field.place, true), key = field.place.at(-1);
  if (field.kind !== 'number') { parent[key] = value; return; }
  const text = field.unit ? `${value} ${field.unit}` : value;
  const before = isNumber(parent[key]) ? parent[key] : { label: field.label };
  const { distribution, spread, ...kept } = { ...before, ...field.spread };
  const moves = MOVING.includes(distribution) && !(distribution === 'logitnormal' && (value <= 0 || value >= 100));
  parent[key] = { ...kept, value: text, ...(moves ? { distribution, spread } : {}), grade: 'assumed', source: SOURCE };
  field.value = value;
}

// A changed value goes into the plain data; shares of a recipe keep their sum.
export function change(field, value) {
  write(field, value);
  const shares = '.precursors.';
  if (!field.name.includes(shares)) return [field];
  const others = allFields().filter(f => f !== field && f.name.includes(shares) &&
    f.place.slice(0, -1).join() === field.place.slice(0, -1).join());
  const rest = others.reduce((sum, f) => sum + f.value, 0);
  for (const other of others) {
    const share = rest > 0 ? other.value / rest : 1 / others.length;
    write(other, Number(((100 - value) * share).toPrecision(8)));
  }
  return [field, ...others];
}

export const allFields = () => state.form.groups.flatMap(g => g.fields);

// The chosen cell where it can be shown, else the last that can; a study's last cell is usually its subject.
export const among = names => (names.includes(state.cell) ? state.cell : names.at(-1));

export const coated = () => state.form.cells.filter(c => c.coated).map(c => c.name);
