"""Whole atoms on sites that elements share: at random, or as close to random as a small cell can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from ..errors import InputError
from ..records.structure import VACANCY, Decoration, Structure
from .neighbours import neighbours

SHELLS = 4  # of neighbours on a sublattice
STEPS = 400  # of annealing
_TRIED = 48  # swaps looked at in one step
_REACH = 12e-10  # m: where shells are looked for
_SHELL = 0.02  # relative gap in distance between two shells
_MOST_CELLS = 200
_SPARE = 1.2  # more cells than asked for, if they make a better shape
_SUM = 2e-3  # shares such as 0.333 are rounded


def ordered(structure: Structure, seed: int) -> Structure:
    """One random arrangement of the elements over each mixed sublattice, shares kept exactly.

    Every sublattice is split, M into M.Nb and M.W; vacancies are left out. A share that is no whole number of atoms
    raises `InputError`: take a supercell. Programs that need whole atoms want several arrangements; the same seed gives
    the same one.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> sorted(set(ordered(model("Nb14W3O44").structure, seed=1).labels))
    ['M.Nb', 'M.W', 'O', 'T']
    """
    chance = np.random.default_rng(seed)
    return _arranged(structure, {label: chance.permutation(_atoms(structure, label)) for label in _mixed(structure)})


def special_quasirandom(structure: Structure, seed: int, steps: int = STEPS, shells: int = SHELLS) -> Decoration:
    """The arrangement whose pair correlations come closest to those of random mixing, shares kept exactly.

    Correlations are those of `pair_correlations` within every mixed sublattice, 0 for random mixing; the sum of their
    squares, a shell counting less the farther out it is, is annealed by swaps of two atoms: Zunger et al., Phys. Rev.
    Lett. 65 (1990) 353. Vacancies count as an element. Pairs between two sublattices and clusters of three atoms are
    not looked at; sqsgenerator and icet, optional programs of others, do. The largest correlation left is told.
    Without steps the arrangement is random.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.crystals.neighbours import supercell
    >>> cell = supercell(structure_of(phase("LiNi0.5Mn1.5O4")), (1, 1, 1))
    >>> special_quasirandom(cell, seed=1).deviation < 0.2
    True
    """
    chance = np.random.default_rng(seed)
    kinds, deviation = {}, 0.0
    for label in _mixed(structure):
        atoms = _atoms(structure, label)
        species, numbers = np.unique(atoms, return_inverse=True)
        table, _ = shell_table(structure, label, shells)
        best = _annealed(table, chance.permutation(numbers), steps, chance)
        kinds[label] = species[best]
        left = _correlations(_counts(table, np.eye(len(species))[best]), np.bincount(best))
        deviation = max(deviation, float(np.abs(left).max(initial=0.0)))
    return Decoration(structure=_arranged(structure, kinds), deviation=deviation)


def decorated(
    structure: Structure,
    sublattice: str,
    composition: Mapping[str, float],
    seed: int,
    quasirandom: bool = True,
    steps: int = STEPS,
) -> Decoration:
    """A composition on one sublattice of a (super)cell, in whole atoms.

    Shares are rounded to whole atoms by largest remainder, on this and on any other shared sublattice; what that
    changed is told. Then the atoms are placed quasirandomly or at random. ``Va`` stands for vacancies.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> from epitropy.crystals.neighbours import supercell
    >>> cell = supercell(structure_of(phase("NiO")), (2, 2, 1))
    >>> made = decorated(cell, "Ni", {"Ni": 0.5, "Nb": 0.3, "Zr": 0.2}, seed=1)
    >>> {e: made.structure.labels.count(f"Ni.{e}") for e in ("Ni", "Nb", "Zr")}, made.told
    ({'Ni': 8, 'Nb': 5, 'Zr': 3}, ('Ni: Nb 0.3 -> 0.3125, Zr 0.2 -> 0.1875 on 16 sites',))
    """
    if sublattice not in structure.occupancy:
        known = ", ".join(sorted(set(structure.labels)))
        raise InputError("decorate", f"no sublattice '{sublattice}' in {structure.name}", known)
    total = math.fsum(composition.values())
    if not composition or min(composition.values()) < 0 or abs(total - 1) > _SUM:
        raise InputError("decorate", f"shares {dict(composition)}", "shares of 0 to 1 that add up to 1")
    shares = {element: share / total for element, share in composition.items() if share > 0}
    whole, told = in_whole_atoms(replace(structure, occupancy={**structure.occupancy, sublattice: shares}))
    return replace(special_quasirandom(whole, seed, steps if quasirandom else 0), told=told)


def in_whole_atoms(structure: Structure) -> tuple[Structure, tuple[str, ...]]:
    """Shares rounded to whole atoms by largest remainder, and what that changed.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> in_whole_atoms(structure_of(phase("LiNi0.5Mn1.5O4")))[1]
    ()
    """
    occupancy, told = dict(structure.occupancy), []
    for label in _mixed(structure):
        sites, shares = structure.labels.count(label), structure.occupancy[label]
        exact = np.array(list(shares.values())) * sites
        atoms = np.floor(exact + 1e-9).astype(int)
        remainders = np.argsort(atoms - exact, kind="stable")
        atoms[remainders[: sites - int(atoms.sum())]] += 1
        occupancy[label] = {e: int(n) / sites for e, n in zip(shares, atoms) if n}
        changed = [(e, x / sites, n / sites) for e, x, n in zip(shares, exact, atoms) if abs(n - x) > 1e-6]
        moved = [f"{element} {before:.4g} -> {after:.4g}" for element, before, after in changed]
        told += [f"{label}: {', '.join(moved)} on {sites} sites"] if moved else []
    return replace(structure, occupancy=occupancy), tuple(told)


def supercell_for(structure: Structure, atoms: int) -> tuple[int, int, int]:
    """The most cube-like repetition with so many atoms, or up to a fifth more, and every share in whole atoms.

    Where shares need more cells than that, the fewest that hold them.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> supercell_for(structure_of(phase("NCM90")), 100)
    (5, 4, 1)
    """
    least = max(1, math.ceil(atoms / len(structure.labels)))
    sites = {label: structure.labels.count(label) for label in _mixed(structure)}
    exact = [n * s for label, n in sites.items() for s in structure.occupancy[label].values()]
    whole = [n for n in range(least, least + _MOST_CELLS) if all(abs(n * x - round(n * x)) < 1e-6 for x in exact)]
    edges = np.array([structure.cell.a, structure.cell.b, structure.cell.c])
    if whole:
        ways = [way for n in whole if n <= max(_SPARE * least, whole[0]) for way in _repetitions(n)]
        return min(ways, key=lambda way: (round(float(np.ptp(np.log(edges * way))), 9), math.prod(way), way[::-1]))
    raise InputError(
        f"{structure.name}, supercell",
        "shares that no supercell holds in whole atoms",
        f"whole atoms in {least} to {least + _MOST_CELLS} cells",
        "decorated() rounds to whole atoms and says so.",
    )


def _repetitions(cells: int) -> list[tuple[int, int, int]]:
    """All ways to repeat a cell so many times."""
    divisors = [k for k in range(1, cells + 1) if cells % k == 0]
    return [way for way in product(divisors, repeat=3) if math.prod(way) == cells]


def pair_correlations(structure: Structure, labels: tuple[str, ...], shells: int = SHELLS) -> np.ndarray:
    """How often two kinds are neighbours beyond chance, by shell: shape (shells, kinds, kinds).

    (P_ab - x_a x_b) / sqrt(x_a (1 - x_a) x_b (1 - x_b)) with P_ab the share of pairs a-b in the shell: the correlation
    of who sits where. 0 at random, +1 for a with a when alike stay together, -1 for a with a on a checkerboard. In a
    short cell an atom meets its own image, which no arrangement undoes; where sites have unlike numbers of neighbours
    in a shell the value may pass 1.
    ``labels``: the kinds, all the sublattices among which they are spread.
    """
    kept = [i for i, label in enumerate(structure.labels) if label in labels]
    one = replace(
        structure,
        labels=("M",) * len(kept),
        positions=structure.positions[kept],
        occupancy={"M": {"H": 1.0}},
    )
    table, _ = shell_table(one, "M", shells)
    numbers = np.array([labels.index(structure.labels[i]) for i in kept])
    return _correlations(_counts(table, np.eye(len(labels))[numbers]), np.bincount(numbers, minlength=len(labels)))


def shell_table(structure: Structure, label: str, shells: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs on a sublattice by shell, images counted: shape (shells, n, n); and the shells' distances [m]."""
    kept = np.flatnonzero(np.array(structure.labels) == label)
    only = replace(structure, labels=(label,) * len(kept), positions=structure.positions[kept])
    i, j, distance = neighbours(only, _REACH)
    steps = np.flatnonzero(np.diff(np.sort(distance)) > _SHELL * np.sort(distance)[:-1])
    edges = np.sort(distance)[steps]
    shell = np.searchsorted(edges, distance)
    found = min(shells, len(edges))
    table = np.zeros((found, len(kept), len(kept)))
    near = shell < found
    np.add.at(table, (shell[near], i[near], j[near]), 1.0)
    return table, np.array([distance[shell == k].mean() for k in range(found)])


def _mixed(structure: Structure) -> list[str]:
    """Sublattices that elements or vacancies share, or that are empty."""
    kept = {k: {e for e, s in structure.occupancy[k].items() if s > 0} for k in set(structure.labels)}
    return sorted(label for label, elements in kept.items() if len(elements) > 1 or elements == {VACANCY})


def _atoms(structure: Structure, label: str) -> np.ndarray:
    """The elements of a mixed sublattice, one entry a site."""
    sites = structure.labels.count(label)
    shares = {e: s for e, s in structure.occupancy[label].items() if s > 0}
    atoms = {element: round(share * sites) for element, share in shares.items()}
    if any(abs(atoms[e] - share * sites) > 1e-6 for e, share in shares.items()):
        given = ", ".join(f"{share * sites:g} {e}" for e, share in shares.items())
        raise InputError(f"{structure.name}.{label}", f"{given} on {sites} sites", "whole numbers", "Take a supercell.")
    return np.array([e for e, n in atoms.items() for _ in range(n)])


def _arranged(structure: Structure, kinds: Mapping[str, np.ndarray]) -> Structure:
    """The structure with an element on every site of the mixed sublattices; vacancies left out."""
    labels = np.array(structure.labels, dtype=object)
    occupancy = {label: dict(structure.occupancy[label]) for label in set(structure.labels) if label not in kinds}
    for label, elements in kinds.items():
        labels[labels == label] = [f"{label}.{e}" for e in elements]
        occupancy |= {f"{label}.{e}": {str(e): 1.0} for e in dict.fromkeys(elements.tolist())}
    filled = [i for i, label in enumerate(labels) if VACANCY not in occupancy[label]]
    return replace(
        structure,
        labels=tuple(labels[filled].tolist()),
        positions=structure.positions[filled],
        occupancy={label: on for label, on in sorted(occupancy.items()) if VACANCY not in on},
    )


def _counts(table: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Pairs of kinds by shell: table (shells, n, n), where (n, kinds) -> (shells, kinds, kinds)."""
    return np.swapaxes(where, 0, 1) @ table @ where


def _correlations(counts: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """Counts of pairs (..., kinds, kinds) and atoms of every kind to correlations; a kind without atoms has none."""
    shares = atoms / atoms.sum()
    width = np.sqrt(shares * (1 - shares))
    pairs = counts.sum((-2, -1), keepdims=True)
    scale = np.outer(width, width)
    off = counts / np.where(pairs > 0, pairs, 1) - np.outer(shares, shares) * (pairs > 0)
    return np.divide(off, scale, out=np.zeros_like(off), where=scale > 0)


def _annealed(table: np.ndarray, kinds: np.ndarray, steps: int, chance: np.random.Generator) -> np.ndarray:
    """Kinds on the sites after annealing; every step takes the best of some swaps, or by chance a worse one."""
    atoms = np.bincount(kinds)
    weights = 1 / (1 + np.arange(len(table)))[:, None, None]
    basis = np.eye(len(atoms))

    def cost(counts: np.ndarray) -> np.ndarray:
        return (weights * _correlations(counts, atoms) ** 2).sum((-3, -2, -1))

    kinds, field = kinds.copy(), table @ basis[kinds]  # field: neighbours of every kind, (shells, n, kinds)
    counts = _counts(table, basis[kinds])
    best, now = kinds.copy(), float(cost(counts))
    least, hot = now, max(now, 1e-12) / 10
    for step in range(steps):
        i, j = chance.integers(len(kinds), size=(2, _TRIED))
        differ = kinds[i] != kinds[j]
        if not differ.any():
            continue
        i, j = i[differ], j[differ]
        change = basis[kinds[j]] - basis[kinds[i]]  # of site i; site j gets the opposite
        seen = np.moveaxis(field[:, i] - field[:, j], 1, 0)
        self_ = (table[:, i, i] + table[:, j, j] - 2 * table[:, i, j]).T[:, :, None, None]
        cross = change[:, None, :, None] * seen[:, :, None, :]
        after = counts + cross + np.swapaxes(cross, -1, -2) + self_ * (change[:, :, None] * change[:, None, :])[:, None]
        costs = cost(after)
        k = int(costs.argmin())
        if costs[k] < now or chance.random() < math.exp(-(costs[k] - now) / (hot * 0.98**step + 1e-300)):
            kinds[i[k]], kinds[j[k]] = kinds[j[k]], kinds[i[k]]
            field += (table[:, :, i[k]] - table[:, :, j[k]])[:, :, None] * change[k]
            counts, now = after[k], float(costs[k])
        if now < least - 1e-15:
            best, least = kinds.copy(), now
    return best
