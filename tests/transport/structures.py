"""Crystals by hand, expanded by pymatgen: independent of the phase library."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from epitropy.records.phase import UnitCell
from epitropy.records.structure import Structure


def crystal(name, group, cell, species, positions, formula_units=1.0) -> Structure:
    """One cell in angstrom and degrees."""
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    made = PymatgenStructure.from_spacegroup(group, Lattice.from_parameters(*cell), species, positions)
    labels = tuple(site.specie.symbol for site in made)
    return Structure(
        name=name,
        cell=unit_cell(*cell),
        labels=labels,
        positions=made.frac_coords % 1,
        occupancy={label: {label: 1.0} for label in labels},
        formula_units=formula_units,
    )


def unit_cell(a, b, c, alpha=90.0, beta=90.0, gamma=90.0) -> UnitCell:
    angles = dict(zip(("alpha", "beta", "gamma"), map(math.radians, (alpha, beta, gamma))))
    return UnitCell(a=a * 1e-10, b=b * 1e-10, c=c * 1e-10, **angles)


def layered() -> Structure:
    cell, z = (2.88, 2.88, 14.19, 90, 90, 120), 0.2585
    return crystal("LiNiO2", "R-3m", cell, ["Li", "Ni", "O"], [[0, 0, 0.5], [0, 0, 0], [0, 0, z]], 3)


def rock_salt() -> Structure:
    return crystal("NiO", "Fm-3m", (4.177, 4.177, 4.177, 90, 90, 90), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]], 4)


def spinel() -> Structure:
    places = [[0, 0, 0], [0.625] * 3, [0.3882] * 3]  # first origin choice
    return crystal("LiMn2O4", "Fd-3m", (8.24, 8.24, 8.24, 90, 90, 90), ["Li", "Mn", "O"], places, 8)


def olivine() -> Structure:
    places = [
        [0, 0, 0],
        [0.2822, 0.25, 0.9747],
        [0.0948, 0.25, 0.4182],
        [0.0968, 0.25, 0.7428],
        [0.4571, 0.25, 0.2060],
        [0.1656, 0.0465, 0.2848],
    ]
    return crystal("LiFePO4", "Pnma", (10.332, 6.010, 4.692, 90, 90, 90), ["Li", "Fe", "P", "O", "O", "O"], places, 4)


def anatase() -> Structure:
    cell = (3.785, 3.785, 9.514, 90, 90, 90)
    return crystal("anatase", "I4_1/amd", cell, ["Ti", "O"], [[0, 0, 0], [0, 0, 0.2081]], 4)


def rutile() -> Structure:
    cell = (4.594, 4.594, 2.959, 90, 90, 90)
    return crystal("rutile", "P4_2/mnm", cell, ["Ti", "O"], [[0, 0, 0], [0.3053, 0.3053, 0]], 2)


def shifted(structure: Structure, by) -> Structure:
    return replace(structure, positions=(structure.positions + by) % 1)


def in_cell(structure: Structure, rows) -> Structure:
    """The same crystal in a cell whose edges are these whole combinations of the old ones, of determinant 1."""
    rows = np.array(rows)
    edges = rows @ structure.cell.matrix
    a, b, c = np.linalg.norm(edges, axis=1)
    cosines = edges[1] @ edges[2] / b / c, edges[0] @ edges[2] / a / c, edges[0] @ edges[1] / a / b
    angles = np.degrees(np.arccos(cosines))
    return replace(
        structure,
        cell=unit_cell(a * 1e10, b * 1e10, c * 1e10, *angles),
        positions=structure.positions @ np.linalg.inv(rows) % 1,
    )
