"""What follows from atoms in a cell: density, space group, standard cell and family."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from ..chemistry import atomic_mass
from ..constants import AVOGADRO
from ..records.phase import UnitCell
from ..records.structure import VACANCY, Structure

SECOND_ORIGIN = "2"


def density(structure: Structure) -> float:
    """Density [kg/m3]: Z M / (N_A V).

    >>> from epitropy.crystals.wadsley_roth import model
    >>> round(density(model("TiNb2O7").structure))
    4272
    """
    mass = sum(n * atomic_mass(element) for element, n in structure.element_counts.items())
    return structure.formula_units * mass / (AVOGADRO * structure.cell.volume)


def space_group(structure: Structure, tolerance: float = 1e-12) -> str:
    """Hermann-Mauguin symbol found by spglib, atoms with the same elements being equal; tolerance in m.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> space_group(model("Nb14W3O44").structure)
    'I-4'
    """
    return _dataset(structure, tolerance).international


def standardised(structure: Structure, tolerance: float = 1e-12) -> tuple[Structure, str]:
    """The crystal in its conventional standard cell, and its space group; every orbit of sites gets its own label.

    Labels are an element, or M for a mixed site, with a number where there are several. Without symmetry the cell
    stays as it is.
    """
    found = _dataset(structure, tolerance)
    kinds = _kinds(structure)
    if found.number > 1:
        found = _dataset(structure, tolerance, _hall(found.number))
        structure = replace(
            structure,
            cell=_unit_cell(found.std_lattice * 1e-10),
            labels=tuple(kinds[k] for k in found.std_types),
            positions=np.asarray(found.std_positions) % 1,
        )
        again = _dataset(structure, tolerance)
        plain = np.unique(structure.labels, return_inverse=True)[1]
        orbits = again.equivalent_atoms if again.number == found.number else plain
    else:
        orbits = np.arange(len(structure.labels))
    return _by_orbit(structure, np.asarray(orbits)), found.international


def primitive(structure: Structure, tolerance: float = 1e-12) -> Structure:
    """The same crystal in a smallest cell, right-handed; labels and shares are kept.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> len(primitive(structure_of(phase("LiMn2O4"))).labels)
    14
    """
    import spglib

    names = sorted(set(structure.labels))
    cell = (structure.cell.matrix * 1e10, structure.positions, [names.index(k) for k in structure.labels])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        lattice, positions, kinds = spglib.standardize_cell(cell, True, True, symprec=tolerance * 1e10)
    return replace(
        structure,
        cell=_unit_cell(lattice * 1e-10),
        labels=tuple(names[k] for k in kinds),
        positions=np.asarray(positions) % 1,
        formula_units=structure.formula_units * len(kinds) / len(structure.labels),
    )


def in_standard_setting(structure: Structure, tolerance: float = 1e-12) -> bool:
    """Whether the cell's vectors are those of its space group's standard setting, whatever the origin."""
    found = _dataset(structure, tolerance)
    turn = np.abs(found.transformation_matrix)
    return bool(np.allclose(turn, np.eye(3), atol=1e-3)) and found.number > 1


def family(structure: Structure, symbol: str) -> str:
    """The structure family of an oxide where cell and occupied sites show it, else 'not stated'.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> [family(structure_of(phase(n)), phase(n).space_group) for n in ("NCM90", "NiO", "LiMn2O4", "CeO2")]
    ['layered', 'rock salt', 'spinel', 'fluorite']
    """
    oxygen = sum(sum(structure.occupancy[label].get(e, 0) for e in "OS") for label in structure.labels)
    sites, cell = len(structure.labels), structure.cell
    if symbol == "R-3m" and sites == 12 and abs(oxygen - 6) < 0.01 and 4.5 < cell.c / cell.a < 5.5:
        return "layered"
    if symbol == "Fm-3m" and sites == 8 and abs(oxygen - 4) < 0.01:
        return "rock salt"
    if symbol == "Fm-3m" and sites == 12 and abs(oxygen - 8) < 0.01:
        return "fluorite"
    if symbol == "Fd-3m" and sites == 56 and abs(oxygen - 32) < 0.01:
        return "spinel"
    return "not stated"


def _kinds(structure: Structure) -> list[str]:
    """One label for every set of elements with its shares."""
    first: dict[tuple, str] = {}
    for label in structure.labels:
        first.setdefault(_contents(structure, label), label)
    return list(first.values())


def _contents(structure: Structure, label: str) -> tuple:
    return tuple(sorted((e, round(s, 6)) for e, s in structure.occupancy[label].items()))


def _dataset(structure: Structure, tolerance: float, hall: int = 0) -> Any:
    import spglib

    kinds = {_contents(structure, label): k for k, label in enumerate(_kinds(structure))}
    numbers = [kinds[_contents(structure, label)] for label in structure.labels]
    cell = (structure.cell.matrix * 1e10, structure.positions, numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        return spglib.get_symmetry_dataset(cell, symprec=tolerance * 1e10, hall_number=hall)


def _hall(number: int) -> int:
    """The standard setting of a space group, its second origin choice where it has two."""
    from .settings import tabulated

    found = [s for s in tabulated() if s.number == number]
    return next((s.hall for s in found if s.choice.startswith(SECOND_ORIGIN)), found[0].hall)


def _unit_cell(matrix: np.ndarray) -> UnitCell:
    a, b, c = (float(np.linalg.norm(v)) for v in matrix)
    cosines = [matrix[1] @ matrix[2] / (b * c), matrix[0] @ matrix[2] / (a * c), matrix[0] @ matrix[1] / (a * b)]
    alpha, beta, gamma = (math.acos(float(x)) for x in cosines)
    return UnitCell(a=a, b=b, c=c, alpha=alpha, beta=beta, gamma=gamma)


def _by_orbit(structure: Structure, orbits: np.ndarray) -> Structure:
    """Labels by orbit: O1, O2; atoms of one orbit together."""
    first = [int(np.flatnonzero(orbits == k)[0]) for k in dict.fromkeys(orbits.tolist())]
    roots = []
    for k in first:
        elements = [e for e in structure.occupancy[structure.labels[k]] if e != VACANCY]
        roots.append(elements[0] if len(elements) == 1 else "M")
    names = [r if roots.count(r) == 1 else f"{r}{roots[: n + 1].count(r)}" for n, r in enumerate(roots)]
    order = np.concatenate([np.flatnonzero(orbits == orbits[k]) for k in first])
    by = {orbits[k]: name for k, name in zip(first, names)}
    return replace(
        structure,
        labels=tuple(by[orbits[i]] for i in order),
        positions=structure.positions[order],
        occupancy={name: dict(structure.occupancy[structure.labels[k]]) for name, k in zip(names, first)},
    )
