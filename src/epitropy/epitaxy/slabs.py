"""Crystals cut along a plane: atomic planes, terminations, Tasker types, slabs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product

import numpy as np

from ..constants import AVOGADRO, FARADAY
from ..errors import InputError
from ..records.entropy import anions_among
from ..records.interface import AtomicPlane, CutCrystal, CutSymmetry, Slab, Termination
from ..records.phase import UnitCell
from ..records.structure import VACANCY, Structure
from .interface_charges import label_charges
from .lattices import Plane, reduced
from .nets import shortest_pair

PLANES_APART = 2.5e-11  # m: atoms nearer in height make one plane; no surface is cut finer
SAME_PLACE = 1e-12  # m: positions of one site in files with four digits
ELEMENTARY_CHARGE = FARADAY / AVOGADRO  # C
_POLAR = 0.01  # elementary charges per primitive net cell: below it a plane or a dipole counts as none


def cut(
    structure: Structure,
    plane: Plane,
    edges: np.ndarray | Sequence[Sequence[float]] | None = None,
    *,
    charges: Mapping[str, float] | None = None,
    tolerance: float = PLANES_APART,
) -> CutCrystal:
    """The crystal re-cut along (hkl), with its atomic planes and where it can be parted.

    edges: two lattice vectors of the plane in conventional coordinates, shape (2, 3), counter-clockwise about the
    outward normal, like ``LatticeMatch.host_cell``; left out: the primitive net. All is integer arithmetic on the
    primitive lattice found from the atoms, so no atom is lost or doubled. Heights nearer than ``tolerance`` [m],
    in a chain, make one plane. charges: see `label_charges`; shared sites count with their mean.

    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.catalogue import phase
    >>> nickel_oxide = cut(structure_of(phase("NiO")), (1, 1, 1))
    >>> [plane.formula for plane in nickel_oxide.planes]
    ['Ni', 'O']
    """
    plane = reduced(plane)
    by_label = label_charges(structure, charges)
    kinds = _kinds(structure, by_label)
    primitive, order = _primitive(structure, kinds)
    across, net_cells, rows = _new_edges(structure, plane, primitive, order, edges)
    shape = np.linalg.cholesky(across @ _metric(structure) @ across.T)
    made = replace(
        structure,
        cell=unit_cell(shape),
        labels=(),
        positions=np.zeros((0, 3)),
        formula_units=structure.formula_units * abs(np.linalg.det(across)),
    )
    made = _filled(structure, made, kinds, primitive / order, rows)
    spacing = shape[2, 2]
    positions, plane_of, cuts = _planes(made.positions, spacing, tolerance)
    made = replace(made, positions=positions)
    return CutCrystal(
        plane=plane,
        structure=made,
        net_cells=net_cells,
        charges=by_label,
        planes=tuple(_plane(made, by_label, np.flatnonzero(plane_of == i)) for i in range(len(cuts))),
        plane_of=plane_of,
        cuts=cuts,
        symmetry=_symmetry(structure, kinds, plane, across, cuts),
    )


def terminations(crystal: CutCrystal) -> tuple[Termination, ...]:
    """Every distinct cut, upwards; cuts that a symmetry of the crystal maps onto each other are one.

    Both sides are named: of ``Li|O`` Li ends the crystal below and O begins the one above. Where the symmetry
    turns the crystal over, the cut with the sides exchanged is among ``turned``.

    Tasker's types (10.1088/0022-3719/12/22/036), for the repeat unit that this cut leaves: 1, every plane is
    neutral; 2, planes are charged but the unit has no dipole; 3, it has one. Planes that are neutral with a
    dipole inside count as 3.

    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.catalogue import phase
    >>> found = terminations(cut(structure_of(phase("NiO")), (1, 1, 1)))
    >>> [(t.name, t.tasker, t.turned) for t in found]
    [('Ni|O', 3, (1,))]
    """
    found, seen = [], set()
    for i in range(len(crystal.cuts)):
        if i not in seen:
            copies = sorted({op.cuts[i] for op in crystal.symmetry if not op.turned} - {i})
            turned = sorted({op.cuts[i] for op in crystal.symmetry if op.turned})
            seen |= {i, *copies, *turned}
            found.append(termination(crystal, i, (i, *copies), tuple(turned)))
    return tuple(found)


def termination(
    crystal: CutCrystal, index: int, copies: tuple[int, ...] | None = None, turned: tuple[int, ...] = ()
) -> Termination:
    """One cut by its number, from 0 upwards."""
    if not 0 <= index < len(crystal.cuts):
        raise InputError(f"cut of {crystal.structure.name}", f"{index}", f"0 to {len(crystal.cuts) - 1}")
    below, above = crystal.planes[index], crystal.planes[(index + 1) % len(crystal.planes)]
    heights = crystal.structure.positions[:, 2]
    after = heights > crystal.cuts[index]
    top = heights[~after].max(initial=heights.max() - 1)
    bottom = heights[after].min(initial=heights.min() + 1)
    polarisation = _polarisation(crystal, index)
    return Termination(
        index=index,
        name=f"{below.formula}|{above.formula}",
        below=below,
        above=above,
        spacing=float(bottom - top) * crystal.spacing,
        tasker=_tasker(crystal, polarisation),
        polarisation=polarisation,
        copies=copies or (index,),
        turned=turned,
    )


def slab(
    crystal: CutCrystal,
    index: int,
    *,
    thickness: float | None = None,
    repeats: int | None = None,
    vacuum: float = 0.0,
) -> Slab:
    """Whole repeats of the crystal above a cut: given in number, or as many as ``thickness`` [m] needs.

    Both faces lie at the cut, so the slab has the crystal's composition and no charge; a cut that leaves a
    dipole is told by its Tasker type. vacuum [m] is added along the normal; without it the slab is the endless
    crystal.

    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.catalogue import phase
    >>> made = slab(cut(structure_of(phase("NiO")), (1, 0, 0)), 0, thickness=1e-9, vacuum=1.5e-9)
    >>> made.repeats, len(made.structure.labels), round(made.thickness * 1e9, 3)
    (5, 10, 1.044)
    """
    ended = termination(crystal, index)
    repeats = repeats_of(crystal, thickness, repeats)
    if not (math.isfinite(vacuum) and vacuum >= 0):
        raise InputError("vacuum", f"{vacuum} m", "zero or more")
    in_plane, height = stacked(crystal, index, repeats)
    lean, tall = repeats * crystal.slip, repeats * crystal.spacing + vacuum
    labels = crystal.structure.labels * repeats
    made = arranged(crystal.structure, crystal.edges, lean, tall, labels, in_plane, height)
    return Slab(
        structure=replace(made, formula_units=crystal.structure.formula_units * repeats),
        termination=ended,
        repeats=repeats,
        thickness=repeats * crystal.spacing,
        vacuum=vacuum,
        formal_charge=float(sum(crystal.charges[k] for k in labels)),
    )


def stacked(crystal: CutCrystal, index: int, repeats: int) -> tuple[np.ndarray, np.ndarray]:
    """Atoms of repeats above a cut: (u, v) from the crystal's own origin, and height [m] above the cut."""
    positions, level = crystal.structure.positions, crystal.cuts[index]
    up = np.where(positions[:, 2] > level, positions[:, 2], positions[:, 2] + 1)
    up = (np.arange(repeats)[:, None] + up).ravel()
    return np.tile(positions[:, :2], (repeats, 1)) + up[:, None] * crystal.slip, (up - level) * crystal.spacing


def arranged(
    like: Structure,
    edges: np.ndarray,
    lean: np.ndarray,
    tall: float,
    labels: Sequence[str],
    in_plane: np.ndarray,
    height: np.ndarray,
    occupancy: Mapping[str, Mapping[str, float]] | None = None,
) -> Structure:
    """Atoms at (u, v) and height [m] in the cell of two edges and a third, ``tall`` [m] and leaning by (u, v)."""
    share = height / tall
    shape = np.array([[*edges[0], 0.0], [*edges[1], 0.0], [*(lean @ edges), tall]])
    positions = np.column_stack([in_plane - share[:, None] * lean, share])
    cell, on = unit_cell(shape), occupancy or like.occupancy
    return replace(like, cell=cell, labels=tuple(labels), positions=wrapped(positions), occupancy=on)


def wrapped(positions: np.ndarray) -> np.ndarray:
    """Fractional coordinates in 0 ... 1; what rounding left just under 1 is 0.

    >>> wrapped(np.array([[-1e-17, 1.25, 0.5]])).tolist()
    [[0.0, 0.25, 0.5]]
    """
    inside = positions % 1
    return np.where(inside > 1 - 1e-12, 0.0, inside)


def unit_cell(matrix: np.ndarray) -> UnitCell:
    """Edges and angles of three vectors [m], rows."""
    a, b, c = lengths = np.linalg.norm(matrix, axis=1)
    cosines = (matrix @ matrix.T) / np.outer(lengths, lengths)
    alpha, beta, gamma = (math.acos(cosines[i, j]) for i, j in ((1, 2), (0, 2), (0, 1)))
    return UnitCell(a=float(a), b=float(b), c=float(c), alpha=alpha, beta=beta, gamma=gamma)


def _metric(structure: Structure) -> np.ndarray:
    return structure.cell.matrix @ structure.cell.matrix.T


def _kinds(structure: Structure, charges: Mapping[str, float]) -> np.ndarray:
    """Which atoms are alike, as numbers: equal occupation and charge."""
    contents = {
        k: (tuple(sorted((e, round(x, 9)) for e, x in structure.occupancy[k].items() if x > 0)), round(z, 6))
        for k, z in charges.items()
    }
    known = sorted(set(contents.values()))
    return np.array([known.index(contents[k]) for k in structure.labels])


def _primitive(structure: Structure, kinds: np.ndarray) -> tuple[np.ndarray, int]:
    """Primitive lattice of the atoms: integer rows, and of how many parts of the conventional vectors.

    The translations modulo the cell form a group; N times each of its N members is an integer.
    """
    places = structure.positions[kinds == np.bincount(kinds).argmin()]
    moves = [t for t in (places - places[0]) % 1 if _same_atoms(structure, kinds, t)]
    order = len(moves)
    rows = [(order * np.eye(3)).astype(int), np.rint(np.array(moves) * order).astype(int)]
    return row_basis(np.concatenate(rows)), order


def _same_atoms(structure: Structure, kinds: np.ndarray, move: np.ndarray) -> bool:
    """Whether a translation puts every atom on one of its kind."""
    matrix = structure.cell.matrix
    for kind in set(kinds.tolist()):
        places = structure.positions[kinds == kind]
        apart = places[:, None] + move - places
        apart = np.linalg.norm((apart - np.rint(apart)) @ matrix, axis=2)
        if (apart.min(1) > SAME_PLACE).any():
            return False
    return True


def row_basis(rows: np.ndarray) -> np.ndarray:
    """Upper triangular integer basis of what integer rows span, by Euclid's algorithm; diagonal positive.

    >>> row_basis(np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2], [1, 1, 0]])).tolist()
    [[1, 1, 0], [0, 2, 0], [0, 0, 2]]
    """
    left, found = [list(map(int, row)) for row in rows], []
    for column in range(len(left[0])):
        while len(entries := [row for row in left if row[column]]) > 1:
            least = min(entries, key=lambda row: abs(row[column]))
            for row in entries:
                if row is not least:
                    times = row[column] // least[column]
                    row[:] = [x - times * y for x, y in zip(row, least)]
        if not entries:
            raise InputError("lattice", "rows that span no volume", "three independent vectors")
        left = [row for row in left if row is not entries[0]]
        found.append([x if entries[0][column] > 0 else -x for x in entries[0]])
    return np.array(found)


def _new_edges(
    structure: Structure, plane: Plane, primitive: np.ndarray, order: int, edges: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(edges and step in conventional coordinates, edges on the net, all three on the primitive lattice)."""
    indices = primitive @ np.array(plane)
    basis = _unimodular(indices // reduce(math.gcd, indices.tolist()))
    to_space = primitive / order @ structure.cell.matrix
    short = shortest_pair(np.eye(2, dtype=np.int64)[None], basis[:2] @ to_space)[0] @ basis[:2]
    if np.linalg.det(np.vstack([short, basis[2]]) @ to_space) < 0:
        short = short * np.array([[1], [-1]])
    step = _shortest_step(basis[2], short, to_space)
    net_cells = np.eye(2, dtype=np.int64) if edges is None else _on_net(edges, primitive / order, short, step)
    rows = np.vstack([net_cells @ short, step])
    return rows @ primitive / order, net_cells, rows


def _unimodular(indices: np.ndarray) -> np.ndarray:
    """Integer rows of determinant +-1: two with indices . u = 0 and one with 1, for coprime indices.

    >>> (_unimodular(np.array([2, 3, 5])) @ [2, 3, 5]).tolist()
    [0, 0, 1]
    """
    rows, values = np.eye(3, dtype=np.int64), indices.astype(np.int64).copy()
    while np.count_nonzero(values) > 1:
        least = min(np.flatnonzero(values), key=lambda i: abs(values[i]))
        times = values // values[least]
        times[least] = 0
        rows, values = rows - np.outer(times, rows[least]), values - times * values[least]
    last = int(np.flatnonzero(values)[0])
    rows[last] *= values[last]
    return rows[[i for i in range(3) if i != last] + [last]]


def _shortest_step(step: np.ndarray, short: np.ndarray, to_space: np.ndarray) -> np.ndarray:
    """The shortest lattice vector from one net to the next; of equals the first."""
    vectors = short @ to_space
    nearest = np.rint(np.linalg.lstsq(vectors.T, step @ to_space, rcond=None)[0]).astype(np.int64)
    around = np.array(list(product((0, 1, -1), repeat=2))) - nearest
    tried = step + around @ short
    lengths = np.linalg.norm(tried @ to_space, axis=1)
    return tried[np.flatnonzero(lengths < lengths.min() * (1 + 1e-9))[0]]


def _on_net(edges: np.ndarray, primitive: np.ndarray, short: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Edges in conventional coordinates as integer rows on the net."""
    edges = np.asarray(edges, dtype=float)
    if edges.shape != (2, 3) or not np.isfinite(edges).all():
        raise InputError("edges", f"shape {edges.shape}", "two vectors of three conventional coordinates")
    found = edges @ np.linalg.inv(np.vstack([short, step]) @ primitive)
    whole = np.rint(found).astype(np.int64)
    if np.abs(found - whole).max() > 1e-6:
        remedy = "The atoms do not have the cell's translations: a decorated cell, or another crystal."
        raise InputError("edges", f"{edges.round(4).tolist()}", "lattice vectors of the atoms", remedy)
    if whole[:, 2].any():
        raise InputError("edges", f"{edges.round(4).tolist()}", "vectors in the plane")
    cells = whole[:, :2]
    area = int(cells[0, 0] * cells[1, 1] - cells[0, 1] * cells[1, 0])
    if area <= 0:
        given = "parallel edges" if area == 0 else "a left-handed pair"
        raise InputError("edges", given, "counter-clockwise about the outward normal", "Exchange the two edges.")
    return cells


def _filled(
    structure: Structure, made: Structure, kinds: np.ndarray, primitive: np.ndarray, rows: np.ndarray
) -> Structure:
    """The atoms of the new cell: those of one primitive cell in every coset of its lattice."""
    ours = np.array(_one_of_each(structure, kinds, primitive))
    sizes = np.diag(row_basis(rows))
    offsets = np.array(list(product(*map(range, sizes))))
    points = (structure.positions[ours] @ np.linalg.inv(primitive))[:, None] + offsets
    positions = points.reshape(-1, 3) @ np.linalg.inv(rows)
    labels = tuple(structure.labels[i] for i in ours for _ in offsets)
    return replace(made, labels=labels, positions=wrapped(positions))


def _one_of_each(structure: Structure, kinds: np.ndarray, primitive: np.ndarray) -> list[int]:
    """One atom of every orbit of the translations."""
    to_primitive, back = np.linalg.inv(primitive), primitive @ structure.cell.matrix
    found: list[int] = []
    for i, place in enumerate(structure.positions @ to_primitive):
        apart = place - structure.positions[found] @ to_primitive
        near = np.linalg.norm((apart - np.rint(apart)) @ back, axis=1) < SAME_PLACE
        if not (near & (kinds[found] == kinds[i])).any():
            found.append(i)
    return found


def _planes(positions: np.ndarray, spacing: float, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Atoms by height: (positions with every plane in one piece, plane of each atom, cuts); cuts lie mid-way.

    Where no two heights are apart by the tolerance, the widest gap is the only cut.
    """
    if not 0 < tolerance < 2e-10:
        raise InputError("tolerance", f"{tolerance} m", "a height between 0 and 2e-10 m", "0.25 A is 2.5e-11 m.")
    order = np.argsort(positions[:, 2], kind="stable")
    heights = positions[order, 2]
    gaps = np.append(np.diff(heights), heights[0] + 1 - heights[-1])
    parted = np.flatnonzero(gaps * spacing > tolerance)
    parted = parted if len(parted) else np.array([gaps.argmax()])
    plane_of, positions = np.empty(len(order), dtype=np.int64), positions.copy()
    plane_of[order] = np.searchsorted(parted, np.arange(len(order))) % len(parted)
    if parted[-1] < len(order) - 1:  # the first plane reaches below height 0
        positions[order[parted[-1] + 1 :], 2] -= 1
    return positions, plane_of, heights[parted] + gaps[parted] / 2


def _plane(structure: Structure, charges: Mapping[str, float], atoms: np.ndarray) -> AtomicPlane:
    area = float(np.linalg.det(structure.cell.matrix[:2, :2]))
    labels = [structure.labels[i] for i in atoms]
    counts = _elements(structure, labels)
    divisor = reduce(math.gcd, (labels.count(k) for k in set(labels)))
    return AtomicPlane(
        formula=formula({e: n / divisor for e, n in counts.items()}) or "empty",
        height=float(structure.positions[atoms, 2].mean()) * float(structure.cell.matrix[2, 2]),
        composition={e: n / area for e, n in counts.items()},
        charge=sum(charges[k] for k in labels) * ELEMENTARY_CHARGE / area,
    )


def _elements(structure: Structure, labels: Sequence[str]) -> dict[str, float]:
    """Atoms of each element, cations before anions."""
    counts: dict[str, float] = {}
    for label in labels:
        for element, share in structure.occupancy[label].items():
            if element != VACANCY and share > 0:
                counts[element] = counts.get(element, 0.0) + share
    anions = anions_among(e for k in structure.occupancy.values() for e in k)
    return dict(sorted(counts.items(), key=lambda item: (item[0] in anions, item[0])))


def formula(counts: Mapping[str, float]) -> str:
    """Elements with their numbers, in the order given.

    >>> formula({"Ni": 0.9, "Co": 0.1, "O": 2})
    'Ni0.9Co0.1O2'
    """
    return "".join(e if abs(n - 1) < 1e-6 else f"{e}{n:.3g}" for e, n in counts.items())


def _polarisation(crystal: CutCrystal, index: int) -> float:
    """Formal dipole per volume [C/m2] of the repeat unit above a cut: sum of q z / (A d)."""
    up = crystal.structure.positions[:, 2]
    up = np.where(up > crystal.cuts[index], up, up + 1)
    charge = np.array([crystal.charges[k] for k in crystal.structure.labels])
    return float(charge @ (up - up.mean())) * ELEMENTARY_CHARGE / crystal.area


def _tasker(crystal: CutCrystal, polarisation: float) -> int:
    net = crystal.area / abs(round(np.linalg.det(crystal.net_cells)))
    least = _POLAR * ELEMENTARY_CHARGE / net
    if abs(polarisation) > least:
        return 3
    return 1 if all(abs(plane.charge) <= least for plane in crystal.planes) else 2


def repeats_of(crystal: CutCrystal, thickness: float | None, repeats: int | None = None) -> int:
    """How many repeats a thickness [m] needs, or the number given."""
    if (thickness is None) == (repeats is None):
        raise InputError("slab", f"thickness {thickness}, repeats {repeats}", "one of the two")
    if repeats is not None:
        if repeats < 1 or int(repeats) != repeats:
            raise InputError("repeats", f"{repeats}", "a whole number of 1 or more")
        return int(repeats)
    if not (math.isfinite(thickness) and 0 < thickness < 1e-6):
        raise InputError("thickness", f"{thickness} m", "a length between 0 and 1 um", "1 nm is 1e-9 m.")
    return max(1, math.ceil(thickness / crystal.spacing - 1e-9))


def _symmetry(
    structure: Structure, kinds: np.ndarray, plane: Plane, across: np.ndarray, cuts: np.ndarray
) -> tuple[CutSymmetry, ...]:
    """Operations of the crystal that keep the plane, on the edges, the step and the cuts."""
    import spglib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        cell = (structure.cell.matrix * 1e10, structure.positions, kinds)
        found = spglib.get_symmetry(cell, symprec=SAME_PLACE * 1e10)
    if found is None:
        raise InputError(structure.name, "atoms of which spglib finds no symmetry", "atoms apart from each other")
    rotations, translations = found["rotations"], found["translations"]
    back, slip = np.linalg.inv(across), _slip(structure, across)
    kept = []
    for rotation, translation in zip(rotations, translations):
        image = np.array(plane) @ rotation
        if tuple(image) in (tuple(plane), tuple(-i for i in plane)):
            turn = across @ rotation.T @ back
            kept.append(_cut_symmetry(turn, translation @ back, slip, cuts))
    return tuple(kept)


def _slip(structure: Structure, across: np.ndarray) -> np.ndarray:
    shape = np.linalg.cholesky(across @ _metric(structure) @ across.T)
    return shape[2, :2] @ np.linalg.inv(shape[:2, :2])


def _cut_symmetry(turn: np.ndarray, move: np.ndarray, slip: np.ndarray, cuts: np.ndarray) -> CutSymmetry:
    """turn: (edges, step) -> (edges, step); move: along them, shape (3,)."""
    levels = turn[2, 2] * cuts + move[2]
    apart = levels[:, None] - cuts
    images = np.abs(apart - np.rint(apart)).argmin(1)
    steps = np.rint(levels - cuts[images])
    shifts = move[:2] + move[2] * slip - steps[:, None] * slip
    return CutSymmetry(turned=bool(turn[2, 2] < 0), net=turn[:2, :2], cuts=tuple(images.tolist()), shifts=shifts)


def distances(structure: Structure, between: tuple[str, str] = ("", "")) -> dict[tuple[str, str], float]:
    """Shortest distance [m] of every pair of elements below `crystals.neighbours.NEAREST`; pairs sorted.

    between: only from atoms whose label starts with the first to atoms whose label starts with the second.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> round(distances(model("TiNb2O7").structure)["Nb", "O"] * 1e10, 2)
    1.91
    """
    from ..crystals.neighbours import NEAREST, neighbours

    i, j, apart = neighbours(structure, NEAREST)
    labels = sorted(set(structure.labels))
    code = np.array([labels.index(k) for k in structure.labels])
    nearest = np.full((len(labels), len(labels)), np.inf)
    np.minimum.at(nearest, (code[i], code[j]), apart)
    found: dict[tuple[str, str], float] = {}
    for (p, one), (q, other) in product(enumerate(labels), repeat=2):
        if np.isfinite(nearest[p, q]) and one.startswith(between[0]) and other.startswith(between[1]):
            for pair in product(_on_site(structure, one), _on_site(structure, other)):
                key = (min(pair), max(pair))
                found[key] = min(found.get(key, math.inf), float(nearest[p, q]))
    return found


def _on_site(structure: Structure, label: str) -> list[str]:
    return [e for e, x in structure.occupancy[label].items() if x > 0 and e != VACANCY]
