"""Two crystals joined along a match: atoms for a first-principles calculation, before anything has relaxed."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from ..crystals.ordering import in_whole_atoms, ordered
from ..errors import InputError
from ..records.entropy import anions_among
from ..records.epitaxy import LatticeMatch
from ..records.interface import CutCrystal, CutSymmetry, InterfaceModel
from ..records.structure import VACANCY, Structure
from . import laws
from .interface_charges import Boundary, formal_charges, ions_to_leave_out, label_charges
from .interface_contact import Face, allowed_distances, common_net, contact_gap, nested_shift
from .slabs import (
    ELEMENTARY_CHARGE,
    PLANES_APART,
    arranged,
    cut,
    distances,
    formula,
    repeats_of,
    slab,
    termination,
    unit_cell,
)

MOST_ATOMS = 5000
MOST_MODELS = 500
SAME_AREA = 1e-5  # relative: a match and the crystal that it was found for
AUTO = ((1, 1), (2, 1), (1, 2), (2, 2))  # supercells that "auto" tries
AUTO_AREA = 1.5e-18  # m2: of the largest of them
_TOO_CLOSE = 0.9  # of the crystals' own shortest distance: told in the note
_SAME_CHARGE = 2  # decimals of e per cell of the match: supercells that leave the same are equal
Shift = tuple[float, float]
Cells = tuple[int, int]
Distances = Mapping[tuple[str, str], float]


def interface_models(
    host: Structure,
    film: Structure,
    match: LatticeMatch,
    *,
    host_thickness: float,
    film_thickness: float,
    gap: float | None = None,
    shift: str | Shift | Sequence[Shift] = "nested",
    strain_on: str = "film",
    vacuum: float | None = None,
    host_modulus: float | None = None,
    film_modulus: float | None = None,
    host_poisson: float | None = None,
    film_poisson: float | None = None,
    host_charges: Mapping[str, float] | None = None,
    film_charges: Mapping[str, float] | None = None,
    terminations: str | Sequence[tuple[int, int]] = "all",
    leave_out: bool = True,
    supercell: str | Cells = (1, 1),
    tolerance: float = PLANES_APART,
    seed: int = 0,
) -> tuple[InterfaceModel, ...]:
    """The film on the host along a match, one model for every distinct pair of terminations; not relaxed.

    host, film: conventional cells of the phases that were matched. Slabs are whole repeats of at least
    host_thickness and film_thickness [m], so each has its crystal's composition. Of pairs (host cut, film cut) that
    symmetry of both crystals makes the same model one is made; ``terminations`` may list pairs instead of "all".
    Shared sites get whole atoms at random (seed), rounded to what the slab holds.

    **Strain.** On the "film", the "host", or "shared": with biaxial stiffness times thickness k = E h/(1 - nu),
    the common cell C = (1 - s) H + s F_0 lies between host edges H and film edges F_0, s = k_film/(k_film +
    k_host), which makes k_host e_host^2 + k_film e_film^2 least. Needs Young's moduli [Pa] and Poisson ratios.
    Along the normal e3 = -nu/(1 - nu)(e1 + e2) of either side; without nu its heights stay.

    **Gap** [m] between outermost atoms: given, or the smallest at which no pair of elements is nearer across the
    interface than in either crystal. **Shift** (u, v) along the edges of the match, one or several: (0, 0) lays the
    origin of one crystal on that of the other, so that a film of the host goes on as the host; "nested" takes the
    shift with the smallest gap and, of equals, the strongest attraction, at either interface of a periodic model; a
    shift given is that of the first, the second having none.

    **Charge.** Where polarisations meet, P_host - P_film is left per area. ``leave_out`` leaves out terminal ions,
    for instance every second, where that brings the faces nearer to neutral and keeps the whole so. What is
    left is told. ``supercell``: that many cells of the match along either edge; "auto" takes for every pair the one of
    1x1, 2x1, 1x2, 2x2, up to 150 angstrom2, that leaves the least charge at the interface, of equals the smallest.

    vacuum [m]: one interface and two surfaces; None: periodic, two interfaces. Raises `InputError` beyond 5000
    atoms, and where match and crystal do not belong together.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.epitaxy.stage import best_matches
    >>> oxide = phase("NiO")
    >>> match = best_matches(oxide, [oxide], max_area=8e-20, max_strain=1e-6)[0]
    >>> atoms = structure_of(oxide)
    >>> model = interface_models(atoms, atoms, match, host_thickness=1e-9, film_thickness=1e-9)[0]
    >>> model.composition, model.formal_charge
    ({'Ni': 10, 'O': 10}, 0.0)
    """
    _check(strain_on, gap, vacuum, supercell)
    thick, charges = (host_thickness, film_thickness), (host_charges, film_charges)
    elastic = tuple(zip((host_modulus, film_modulus), (host_poisson, film_poisson), thick))

    def job(cells: Cells) -> _Job:
        times = np.array(cells)[:, None]
        lower = _cut_side("host", host, match.host_plane, times * match.host_cell, host_charges, tolerance)
        upper = _cut_side("film", film, match.film_plane, times * match.film_cell, film_charges, tolerance)
        _check_areas(lower, upper, match, cells)
        numbers = [repeats_of(s, t) for s, t in zip((lower, upper), thick)]
        _check_size(lower, upper, numbers, cells)
        share = _film_share(strain_on, elastic)
        common = (1 - share) * lower.edges + share * upper.edges
        sides = [
            _strained(s, n, common, nu, seed, q)
            for s, n, (_, nu, _), q in zip((lower, upper), numbers, elastic, charges)
        ]
        return _Job(match=match, host=sides[0], film=sides[1], cells=cells, gap=gap, vacuum=vacuum, leave_out=leave_out)

    first = job((1, 1) if supercell == "auto" else supercell)
    jobs = [first] + [job(cells) for cells in AUTO[1:] if supercell == "auto" and _may_grow(first, cells)]
    shifts = _shifts(shift)
    pairs = _pairs(first, terminations, shifts)
    if len(pairs) > MOST_MODELS:
        raise InputError("terminations", f"{len(pairs)} models", f"at most {MOST_MODELS}", "List pairs of cuts.")
    bulk = tuple(distances(side.crystal.structure) for side in (first.host, first.film))
    return tuple(
        _model(_least_charged(jobs, i, j), i, j, s, f"_s{k}" if len(shifts) > 1 else "", bulk) for i, j, k, s in pairs
    )


def write_models(
    models: Sequence[InterfaceModel], folder: str | Path, formats: Sequence[str] = ("cif", "vasp", "extxyz")
) -> list[Path]:
    """Every model in every format, ``unrelaxed`` at the head of each file, and index.json that tells what each is."""
    from ..crystals.files import write

    folder, written, rows = Path(folder), [], []
    for model in models:
        paths = [folder / f"{model.name}.{ending.lstrip('.')}" for ending in formats]
        for path in paths:
            write(model.structure, path, comment=comment(model))
        written += paths
        rows.append({"files": [p.name for p in paths], **_index_row(model)})
    index = folder / "index.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        index.write_text(json.dumps({"models": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(index), f"cannot be written ({error.strerror})", "a place that can be written to"
        ) from None
    return [*written, index]


def comment(model: InterfaceModel) -> str:
    """What stands at the head of each file: never taken for a relaxed structure, nor a draw for the crystal."""
    ends, begins = model.host_termination.split("|")[0], model.film_termination.split("|")[1]
    missing = ", ".join(f"{n} {element}" for element, n in model.left_out.items())
    told = [
        "unrelaxed interface model",
        model.orientation,
        f"host ends with {ends}, film begins with {begins}",
        f"left out of the faces: {missing}" if missing else "",
        f"formal charge {model.formal_charge:g} e",
        model.note,
    ]
    return "; ".join(text for text in told if text)


def _index_row(model: InterfaceModel) -> dict:
    from ..jsonio import to_json

    row = to_json(model)
    return {k: v for k, v in row.items() if k != "structure"} | {"atoms": model.atoms}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A crystal with the common edges: its strains, and how its slabs get whole atoms."""

    crystal: CutCrystal
    repeats: int
    strain: np.ndarray
    normal_strain: float
    seed: int
    charges: Mapping[str, float] | None

    @property
    def lean(self) -> np.ndarray:
        """(u, v) from the lower cut of a slab to the upper one."""
        return self.repeats * self.crystal.slip

    def polarisation(self, index: int) -> float:
        """Formal charge per cell [e] at the upper end of a slab cut so."""
        return termination(self.crystal, index).polarisation * self.crystal.area / ELEMENTARY_CHARGE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    match: LatticeMatch
    host: _Side
    film: _Side
    cells: Cells
    gap: float | None
    vacuum: float | None
    leave_out: bool

    @property
    def common(self) -> np.ndarray:
        return self.host.crystal.edges

    @property
    def net(self) -> np.ndarray:
        return common_net(self.host.crystal.net_cells, self.film.crystal.net_cells, self.common)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """Whole atoms of a slab: (u, v) from the crystal's origin, heights above the lower cut; who lies open."""

    side: _Side
    labels: np.ndarray
    elements: np.ndarray
    charge: np.ndarray
    in_plane: np.ndarray
    height: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    occupancy: Mapping[str, Mapping[str, float]]
    note: str

    def without(self, gone: np.ndarray) -> _Layer:
        arrays = ("labels", "elements", "charge", "in_plane", "height", "top", "bottom")
        return replace(self, **{name: getattr(self, name)[~gone] for name in arrays})

    def open(self, up: bool) -> np.ndarray:
        return self.top if up else self.bottom

    def face(self, up: bool) -> Face:
        """Seen from outside; (u, v) of the upper face less the lean, so that both cuts are at the origin."""
        depth = self.height.max() - self.height if up else self.height - self.height.min()
        in_plane = self.in_plane - self.side.lean if up else self.in_plane
        return Face(elements=self.elements, charge=self.charge, in_plane=in_plane, depth=depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seam:
    """How one layer lies on another."""

    shift: np.ndarray
    gap: float


def _check(strain_on: str, gap: float | None, vacuum: float | None, supercell: str | Cells) -> None:
    if strain_on not in ("film", "host", "shared"):
        raise InputError("strain_on", f"'{strain_on}'", "film, host or shared")
    if gap is not None and not 0 < gap < 2e-9:
        raise InputError("gap", f"{gap} m", "a height between 0 and 2 nm", "2 A is 2e-10 m.")
    if vacuum is not None and not 0 < vacuum < 1e-7:
        raise InputError("vacuum", f"{vacuum} m", "a height between 0 and 100 nm", "15 A is 1.5e-9 m.")
    if isinstance(supercell, str):
        if supercell != "auto":
            raise InputError("supercell", f"'{supercell}'", "auto, or two whole numbers like (2, 1)")
    elif len(supercell) != 2 or any(int(k) != k or k < 1 for k in supercell):
        raise InputError("supercell", f"{supercell}", "two whole numbers of 1 or more")


def _cut_side(
    side: str,
    structure: Structure,
    plane: tuple[int, int, int],
    edges: np.ndarray,
    charges: Mapping[str, float] | None,
    tolerance: float,
) -> CutCrystal:
    try:
        return cut(structure, plane, edges, charges=charges, tolerance=tolerance)
    except InputError as error:
        where = f"{side} {structure.name}: {error.where}"
        raise InputError(where, error.given, error.allowed, error.remedy) from None


def _check_areas(lower: CutCrystal, upper: CutCrystal, match: LatticeMatch, supercell: Cells) -> None:
    cells = math.prod(supercell)
    for side, made, found in (("host", lower, match.host_area), ("film", upper, match.area)):
        if abs(made.area / (cells * found) - 1) > SAME_AREA:
            given = f"{made.area * 1e20 / cells:.4f} A2 of {made.structure.name}, {found * 1e20:.4f} A2 of the match"
            raise InputError(f"{side} cell", given, "the crystal that was matched, unstrained")


def _check_size(lower: CutCrystal, upper: CutCrystal, numbers: Sequence[int], cells: Cells) -> None:
    atoms = sum(n * len(s.structure.labels) for s, n in zip((lower, upper), numbers))
    if atoms > MOST_ATOMS:
        remedy = "Lower the thicknesses or the supercell, or take a match of smaller area."
        raise InputError("supercell", f"{cells[0]}x{cells[1]}: {atoms} atoms", f"at most {MOST_ATOMS}", remedy)


def _may_grow(job: _Job, cells: Cells) -> bool:
    """Whether a supercell stays a size that is worth calculating."""
    times = cells[0] * cells[1]
    atoms = sum(side.repeats * len(side.crystal.structure.labels) for side in (job.host, job.film))
    return times * job.host.crystal.area <= AUTO_AREA and times * atoms <= MOST_ATOMS


def _least_charged(jobs: Sequence[_Job], i: int, j: int) -> _Job:
    """The supercell whose interface keeps the least charge per area; of equals the first, which is the smallest."""
    if len(jobs) == 1:
        return jobs[0]

    def left(job: _Job) -> float:
        charged = _thinned(job, i, j, _layer(job.host, i), _layer(job.film, j))[2]
        return round(abs(charged["interface"]) / math.prod(job.cells), _SAME_CHARGE)

    return min(jobs, key=left)


def _film_share(strain_on: str, elastic: Sequence[tuple[float | None, float | None, float]]) -> float:
    """s: 0 where the film takes all the strain, 1 where the host does."""
    if strain_on != "shared":
        return float(strain_on == "host")
    if any(modulus is None or nu is None for modulus, nu, _ in elastic):
        raise InputError("strain_on", "shared, without elastic constants", "moduli and Poisson ratios of both sides")
    if any(not modulus > 0 or not -1 < nu < 0.5 for modulus, nu, _ in elastic):
        raise InputError("elastic constants", f"{elastic}", "moduli above 0, Poisson ratios of -1 to 0.5")
    host, film = (modulus / (1 - nu) * thickness for modulus, nu, thickness in elastic)
    return film / (film + host)


def _strained(
    crystal: CutCrystal,
    repeats: int,
    common: np.ndarray,
    poisson: float | None,
    seed: int,
    charges: Mapping[str, float] | None,
) -> _Side:
    """The crystal with the common edges and the height that its Poisson ratio gives it."""
    strain = laws.principal_strains(laws.deformation_gradient(crystal.edges, common))
    normal = 0.0 if poisson is None else float(laws.normal_strain(strain, poisson))
    tall = crystal.spacing * (1 + normal)
    shape = np.array([[*common[0], 0.0], [*common[1], 0.0], [*(crystal.slip @ common), tall]])
    made = replace(crystal, structure=replace(crystal.structure, cell=unit_cell(shape)))
    return _Side(crystal=made, repeats=repeats, strain=strain, normal_strain=normal, seed=seed, charges=charges)


def _shifts(shift: str | Shift | Sequence[Shift]) -> list[np.ndarray | None]:
    """None stands for nesting."""
    if isinstance(shift, str):
        if shift != "nested":
            raise InputError("shift", f"'{shift}'", "nested, one pair (u, v) or several")
        return [None]
    try:
        found = np.atleast_2d(np.asarray(shift, dtype=float))
    except ValueError:
        found = np.zeros((0, 0))
    if found.ndim != 2 or found.shape[1:] != (2,) or not len(found) or not np.isfinite(found).all():
        raise InputError("shift", f"{shift}", "nested, one pair (u, v) or several")
    return list(found)


def _pairs(
    job: _Job, wanted: str | Sequence[tuple[int, int]], shifts: Sequence[np.ndarray | None]
) -> list[tuple[int, int, int, np.ndarray | None]]:
    """(host cut, film cut, number of the shift, shift): one of every orbit of the joint symmetry."""
    lower, upper = job.host.crystal, job.film.crystal
    if isinstance(wanted, str):
        if wanted != "all":
            raise InputError("terminations", f"'{wanted}'", "all, or pairs of cuts like [(0, 1)]")
        wanted = list(product(range(len(lower.cuts)), range(len(upper.cuts))))
    for i, j in wanted:
        termination(lower, i), termination(upper, j)  # refuses numbers that do not exist
    joint, found = _joint(lower, upper), []
    for k, shift in enumerate(shifts):
        seen: set[tuple[int, int]] = set()
        for i, j in wanted:
            if (i, j) not in seen:
                seen |= _images(joint, i, j, None if shift is None else shift / job.cells, job)
                found.append((i, j, k, shift))
    return found


def _joint(lower: CutCrystal, upper: CutCrystal) -> list[tuple[CutSymmetry, CutSymmetry]]:
    """Pairs of operations, one of each crystal, that turn the common edges alike, both crystals over or neither."""
    return [
        (a, b)
        for a in lower.symmetry
        for b in upper.symmetry
        if a.turned == b.turned and np.abs(a.net - b.net).max() < 1e-6
    ]


def _images(
    joint: Sequence[tuple[CutSymmetry, CutSymmetry]], i: int, j: int, shift: np.ndarray | None, job: _Job
) -> set[tuple[int, int]]:
    """What becomes of a pair of cuts, itself among them.

    A given shift must stay the same but for what neither crystal notices. Turned over, the two interfaces of a
    periodic model change places, which leaves it the model of another pair where both have the same shift.
    """
    found = {(i, j)}
    exchanged = job.vacuum is None and (shift is None or not shift.any())
    for a, b in joint:
        if a.turned and not exchanged:
            continue
        if shift is not None:
            moved = (shift @ a.net + a.shifts[i] - b.shifts[j] - shift) @ np.linalg.inv(job.net)
            if np.abs(moved - np.rint(moved)).max() > 1e-4:
                continue
        found.add((a.cuts[i], b.cuts[j]))
    return found


def _model(
    job: _Job, i: int, j: int, shift: np.ndarray | None, suffix: str, bulk: tuple[Distances, Distances]
) -> InterfaceModel:
    whole = _layer(job.host, i), _layer(job.film, j)
    shift = None if shift is None else shift / job.cells
    (host, film), missing, charged = _thinned(job, i, j, *whole)
    nearest = allowed_distances(*bulk, {e: q for one in whole for e, q in zip(one.elements, one.charge)})
    front = _seam(job, host, film, nearest, shift)
    back = None if job.vacuum else _seam(job, film, host, nearest, None if shift is None else np.zeros(2))
    structure, dipole = _assembled(job, host, film, front, back)
    ends = termination(job.host.crystal, i), termination(job.film.crystal, j)
    found = distances(structure)
    name = "_".join(_word(text) for text in _name(job.match, i, j)) + suffix
    return InterfaceModel(
        name=name,
        structure=replace(structure, name=name),
        host_termination=_ends(ends[0].name, whole[0]),
        film_termination=_ends(ends[1].name, whole[1]),
        host_tasker=ends[0].tasker,
        film_tasker=ends[1].tasker,
        gap=front.gap,
        back_gap=back.gap if back else None,
        shift=(float(front.shift[0] * job.cells[0]), float(front.shift[1] * job.cells[1])),
        composition=dict(sorted(Counter([*host.elements, *film.elements]).items())),
        left_out=missing,
        formal_charge=_settled(host.charge.sum() + film.charge.sum()),
        boundary_charge={k: _settled(q) * ELEMENTARY_CHARGE / job.host.crystal.area for k, q in charged.items()},
        dipole=dipole,
        shortest_distances=_named(found),
        shortest_across=_named(distances(structure, between=("host.", "film."))),
        bulk_distances=_named({p: min(b.get(p, math.inf) for b in bulk) for p in {**bulk[0], **bulk[1]}}),
        note=_note(host, film, found, nearest),
        **_of_the_match(job),
    )


def _of_the_match(job: _Job) -> dict:
    """Fields that all models of a match share."""
    return {
        "host": job.match.host,
        "film": job.match.film,
        "orientation": job.match.orientation,
        "host_repeats": job.host.repeats,
        "film_repeats": job.film.repeats,
        "supercell": job.cells,
        "area": job.host.crystal.area,
        "vacuum": job.vacuum or 0.0,
        "host_strain": job.host.strain,
        "film_strain": job.film.strain,
        "host_normal_strain": job.host.normal_strain,
        "film_normal_strain": job.film.normal_strain,
    }


def _ends(name: str, layer: _Layer) -> str:
    """The atoms that are there: where shared sites were drawn, whole ones instead of the crystal's shares."""
    if not layer.note:
        return name
    return "|".join(_drawn(layer.elements[layer.open(up)]) for up in (True, False))


def _drawn(elements: np.ndarray) -> str:
    counts = Counter(sorted(elements.tolist()))
    divisor, anions = math.gcd(*counts.values()), anions_among(counts)
    return formula({e: n / divisor for e, n in sorted(counts.items(), key=lambda x: x[0] in anions)}) or "empty"


def _name(match: LatticeMatch, i: int, j: int) -> tuple[str, ...]:
    return match.host, match.host_label, f"c{i}", match.film, match.film_label, f"c{j}"


def _word(text: str) -> str:
    """What every file system takes."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", text).strip("-.") or "x"


def _layer(side: _Side, index: int) -> _Layer:
    """A slab above a cut, its shared sites filled with whole atoms."""
    made = slab(side.crystal, index, repeats=side.repeats).structure
    made, note = _whole(made, side.seed)
    charges = _charges(made, side)
    share = made.positions[:, 2]
    up = share * side.repeats
    cuts = side.crystal.cuts
    first, last = (cuts[index] - cuts[index - 1]) % 1 or 1.0, (cuts[(index + 1) % len(cuts)] - cuts[index]) % 1 or 1.0
    return _Layer(
        side=side,
        labels=np.array(made.labels, dtype=object),
        elements=np.array([max(made.occupancy[k].items(), key=lambda x: x[1])[0] for k in made.labels], dtype=object),
        charge=np.array([charges[k] for k in made.labels]),
        in_plane=made.positions[:, :2] + share[:, None] * side.lean,
        height=up * side.crystal.spacing,
        top=up > side.repeats - first,
        bottom=up < last,
        occupancy=made.occupancy,
        note=note,
    )


def _whole(structure: Structure, seed: int) -> tuple[Structure, str]:
    """Shared sites filled with whole atoms at random, vacancies left out; and what rounding changed."""
    if all(
        max(structure.occupancy[k].values()) == 1 and VACANCY not in structure.occupancy[k] for k in structure.labels
    ):
        return structure, ""
    rounded, told = in_whole_atoms(structure)
    counts = structure.element_counts
    anions = anions_among(counts)
    shares = formula(dict(sorted(counts.items(), key=lambda x: x[0] in anions)))
    note = f"{structure.name} of {shares}, whole atoms by random draw"
    return ordered(rounded, seed), f"{note}, rounded: {'; '.join(told)}" if told else note


def _charges(whole: Structure, side: _Side) -> dict[str, float]:
    """By label; where rounding left shares that no state closes, each element keeps that of the crystal."""
    try:
        return label_charges(whole, side.charges)
    except InputError:
        return label_charges(whole, formal_charges(side.crystal.structure, side.charges))


def _boundaries(job: _Job, i: int, j: int, host: _Layer, film: _Layer) -> list[tuple[Boundary, dict[str, bool]]]:
    """Where layers end, with the charge left there; and which face of which side that is, up or not."""
    below, above = job.host.polarisation(i), job.film.polarisation(j)
    ends = [("interface", below - above, {"host": True, "film": False})]
    if job.vacuum:
        ends += [("host surface", -below, {"host": False}), ("film surface", above, {"film": True})]
    else:
        ends += [("second interface", above - below, {"host": False, "film": True})]
    layers = {"host": host, "film": film}
    return [
        (Boundary(name=n, charge=q, open_ions=_open_ions({k: (layers[k], up) for k, up in f.items()})), f)
        for n, q, f in ends
    ]


def _open_ions(faces: Mapping[str, tuple[_Layer, bool]]) -> dict[tuple[str, str], tuple[float, int]]:
    found = {}
    for side, (layer, up) in faces.items():
        open_ = layer.open(up)
        for element, count in sorted(Counter(layer.elements[open_]).items()):
            found[side, element] = (float(layer.charge[open_ & (layer.elements == element)].mean()), count)
    return found


def _thinned(
    job: _Job, i: int, j: int, host: _Layer, film: _Layer
) -> tuple[tuple[_Layer, _Layer], dict[str, int], dict[str, float]]:
    """Layers without the ions left out; how many of each element; the charge [e] that stays at each boundary."""
    layers = {"host": host, "film": film}
    gone = {side: np.zeros(len(layer.labels), dtype=bool) for side, layer in layers.items()}
    boundaries = _boundaries(job, i, j, host, film)
    charged = {b.name: b.charge for b, _ in boundaries}
    total = float(host.charge.sum() + film.charge.sum())
    chosen = ions_to_leave_out([b for b, _ in boundaries], total) if job.leave_out else ()
    missing: Counter[str] = Counter()
    for (boundary, faces), one in zip(boundaries, chosen):
        if one:
            side, element, count = one
            layer = layers[side]
            open_ = np.flatnonzero(layer.open(faces[side]) & (layer.elements == element) & ~gone[side])
            taken = open_[_far_apart(layer.in_plane[open_], job.common, count)]
            gone[side][taken] = True
            charged[boundary.name] -= float(layer.charge[taken].sum())
            missing[element] += len(taken)
    return (host.without(gone["host"]), film.without(gone["film"])), dict(sorted(missing.items())), charged


def _far_apart(in_plane: np.ndarray, edges: np.ndarray, count: int) -> list[int]:
    """Points as far from each other as can be, one after the other."""
    chosen = [0]
    while len(chosen) < min(count, len(in_plane)):
        apart = in_plane[:, None] - in_plane[chosen]
        apart = np.linalg.norm((apart - np.rint(apart)) @ edges, axis=2).min(1)
        chosen.append(int(apart.round(14).argmax()))
    return chosen


def _seam(
    job: _Job, lower: _Layer, upper: _Layer, nearest: Mapping[tuple[str, str], float], shift: np.ndarray | None
) -> _Seam:
    down, up = lower.face(True), upper.face(False)
    if shift is None:
        shift = nested_shift(down, up, job.common, nearest, job.net)
    gap = job.gap if job.gap is not None else contact_gap(down, up, job.common, nearest, shift)
    return _Seam(shift=shift, gap=gap)


def _assembled(
    job: _Job, host: _Layer, film: _Layer, front: _Seam, back: _Seam | None
) -> tuple[Structure, float | None]:
    """All atoms in one cell, the host from height 0; and the dipole per area [C/m] where there is vacuum."""
    host_height = host.height - host.height.min()
    film_height = film.height - film.height.min() + host_height.max() + front.gap
    height = np.concatenate([host_height, film_height])
    lean = host.side.lean + film.side.lean + front.shift + back.shift if back else np.zeros(2)
    made = arranged(
        host.side.crystal.structure,
        job.common,
        lean - np.rint(lean),
        height.max() + (back.gap if back else job.vacuum),
        [f"{side}.{k}" for side, layer in (("host", host), ("film", film)) for k in layer.labels],
        np.concatenate([host.in_plane, film.in_plane + host.side.lean + front.shift]),
        height,
        occupancy={f"{s}.{k}": v for s, o in (("host", host), ("film", film)) for k, v in o.occupancy.items()},
    )
    made = replace(made, formula_units=1.0, grade="assumed", source="unrelaxed interface model")
    charge = np.concatenate([host.charge, film.charge])
    dipole = None if back else float(charge @ (height - height.mean())) * ELEMENTARY_CHARGE / job.host.crystal.area
    return made, dipole


def _named(found: Distances) -> dict[str, float]:
    return {"-".join(pair): apart for pair, apart in sorted(found.items())}


def _settled(charge: float) -> float:
    """Charges [e] without the dust of rounding."""
    return round(float(charge), 9) + 0.0


def _note(host: _Layer, film: _Layer, found: Distances, nearest: Distances) -> str:
    close = [f"{a}-{b} {d * 1e10:.2f} A" for (a, b), d in sorted(found.items()) if d < _TOO_CLOSE * nearest[a, b]]
    told = [host.note, film.note, f"closer than in the crystals: {', '.join(close)}" if close else ""]
    return "; ".join(text for text in told if text)
