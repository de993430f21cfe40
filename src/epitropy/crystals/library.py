"""Atoms of the phases in the catalogue: Wyckoff positions and operations to a whole conventional cell."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np

from ..chemistry import element_counts
from ..errors import InputError
from ..records.phase import Phase, UnitCell
from ..records.sourced import GRADES
from ..records.structure import Structure
from .settings import Setting, settings_that_fit
from .wadsley_roth import model, model_names

SAME = 1e-3  # fractional coordinates of images that are one; positions are given to 1e-4
FORMULA = 2e-3  # of an atom per formula unit: shares such as 0.3333 are rounded
_ALIKE = 0.03  # edges of a block model against the real cell, relative; angles in rad


def structure_of(phase: Phase) -> Structure:
    """Every atom of a phase in its conventional cell.

    Wyckoff positions are expanded by the operations of the space group, in that tabulated setting which the cell has
    and which gives the formula. Wadsley-Roth phases take the fractional coordinates of the block model in their own
    cell. The grade is the worse one of cell and positions. A phase without positions raises `InputError`.

    >>> from epitropy.catalogue import phase
    >>> made = structure_of(phase("NiO"))
    >>> len(made.labels), made.element_counts
    (8, {'Ni': 1.0, 'O': 1.0})
    """
    if not phase.sites and phase.structure == "wadsley-roth" and phase.name in model_names():
        return _in_own_cell(phase)
    if not phase.sites or phase.cell is None or not phase.formula_units:
        lacks = "atomic positions" if phase.cell else "cell"
        raise InputError(
            phase.name,
            f"the phase has no {lacks} here",
            "phases whose table has 'cell', 'formula_units' and 'sites'",
            "Give a CIF or POSCAR instead, or add 'sites' to a phase of your own (docs/crystals.md).",
        )
    found = [_expanded(phase, setting) for setting in settings_that_fit(phase.cell, phase.space_group)]
    fitting = [s for s in found if _off_formula(s, phase) < FORMULA]
    if not fitting:
        given = ", ".join(f"{element} {n:.4g}" for element, n in found[0].element_counts.items())
        remedy = "Check positions, formula_units and the setting of the space group."
        raise InputError(f"{phase.name}.sites", f"atoms per formula unit {given}", f"those of {phase.formula}", remedy)
    return fitting[0]


def has_structure(phase: Phase) -> bool:
    """Whether `structure_of` knows where the atoms are.

    >>> from epitropy.catalogue import phase
    >>> has_structure(phase("NiO")), has_structure(phase("Nb2O5"))
    (True, False)
    """
    return bool(phase.sites) or phase.structure == "wadsley-roth" and phase.name in model_names()


def worse(*grades: str) -> str:
    """The least sure of some grades.

    >>> worse("measured", "assumed", "derived")
    'assumed'
    """
    return max(grades, key=GRADES.index)


def orbit(position: np.ndarray, setting: Setting) -> np.ndarray:
    """All images of a position in one cell, each once, shape (k, 3).

    >>> from .settings import settings_of
    >>> len(orbit(np.array([0.25, 0.25, 0.25]), settings_of("Fm-3m")[0]))
    8
    """
    images = (setting.rotations @ position + setting.translations) % 1
    kept: list[np.ndarray] = []
    for image in images:
        if not any(np.abs(image - other - np.rint(image - other)).max() < SAME for other in kept):
            kept.append(image)
    return np.array(kept)


def _expanded(phase: Phase, setting: Setting) -> Structure:
    orbits = [orbit(np.array(site.position), setting) for site in phase.sites]
    return Structure(
        name=phase.name,
        cell=phase.cell,
        labels=tuple(site.label for site, atoms in zip(phase.sites, orbits) for _ in atoms),
        positions=np.concatenate(orbits),
        occupancy={site.label: dict(site.elements) for site in phase.sites},
        formula_units=phase.formula_units,
        grade=worse(phase.cell_grade, phase.sites_grade),
        source=f"cell: {phase.cell_source}; positions: {phase.sites_source}",
    )


def _off_formula(structure: Structure, phase: Phase) -> float:
    """Largest difference to the phase's formula, atoms per formula unit."""
    found, wanted = structure.element_counts, element_counts(phase.formula)
    return max(abs(found.get(e, 0.0) - wanted.get(e, 0.0)) for e in {*found, *wanted})


def _in_own_cell(phase: Phase) -> Structure:
    """A block model's fractional coordinates, in the phase's cell; another choice of cell vectors is looked for."""
    made = model(phase.name).structure
    turn = _vectors_alike(made, phase.cell)
    if turn is None:
        raise InputError(phase.name, "a cell that the block model has not", "a cell of its space group")
    labels, positions = _recut(made, turn)
    return replace(
        made,
        cell=phase.cell,
        labels=labels,
        positions=positions,
        formula_units=phase.formula_units,
        grade=worse(phase.cell_grade, made.grade),
        source=f"cell: {phase.cell_source}; positions: ideal block model, not relaxed; {made.source}",
    )


def _vectors_alike(structure: Structure, cell: UnitCell) -> np.ndarray | None:
    """Rows: lattice vectors [uvw] of a C-centred model that are most like the cell's, right-handed."""
    vectors = np.array(list(_centred_vectors()))
    lengths = np.linalg.norm(vectors @ structure.cell.matrix, axis=1)
    edges = [vectors[np.abs(lengths / edge - 1) < _ALIKE] for edge in (cell.a, cell.b, cell.c)]
    best, found = _ALIKE, None
    for turn in map(np.array, product(*edges)):
        made = turn @ structure.cell.matrix
        if np.linalg.det(made) <= 0:
            continue
        off = np.abs(_cosines(made) - _cosines(cell.matrix)).max()
        if off < best:
            best, found = off, turn
    return found


def _cosines(matrix: np.ndarray) -> np.ndarray:
    """Cosines of the angles between the edges."""
    lengths = np.linalg.norm(matrix, axis=1)
    return matrix @ matrix.T / np.outer(lengths, lengths)


@cache
def _centred_vectors() -> tuple[tuple[float, float, float], ...]:
    whole = list(product((-1, 0, 1), repeat=3))
    return tuple((u + s, v + s, w) for u, v, w in whole for s in (0, 0.5))


def _recut(structure: Structure, turn: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels and positions of the same crystal in other lattice vectors (rows, in those of its C-centred cell)."""
    everywhere = (structure.positions[:, None] + np.array(list(_centred_vectors()))).reshape(-1, 3)
    labels = np.repeat(np.array(structure.labels), len(_centred_vectors()))
    inside = np.rint((everywhere @ np.linalg.inv(turn)) % 1 * 1e9) / 1e9 % 1
    keys = np.rint(inside * 1e6).astype(int) % 1_000_000
    _, first = np.unique(keys, axis=0, return_index=True)
    first = np.sort(first)
    return tuple(labels[first].tolist()), inside[first]
