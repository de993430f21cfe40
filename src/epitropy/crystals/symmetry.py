"""What follows from atoms in a cell: density and space group."""

from __future__ import annotations

import warnings

from ..chemistry import atomic_mass
from ..constants import AVOGADRO
from ..records.structure import Structure


def density(structure: Structure) -> float:
    """Density [kg/m3]: Z M / (N_A V).

    >>> from epitropy.crystals.wadsley_roth import model
    >>> round(density(model("TiNb2O7").structure))
    4312
    """
    mass = sum(n * atomic_mass(element) for element, n in structure.element_counts.items())
    return structure.formula_units * mass / (AVOGADRO * structure.cell.volume)


def space_group(structure: Structure, tolerance: float = 1e-12) -> str:
    """Hermann-Mauguin symbol found by spglib, atoms of one sublattice being equal; tolerance in m.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> space_group(model("Nb14W3O44").structure)
    'I-4'
    """
    import spglib

    kinds = sorted(set(structure.labels))
    cell = (structure.cell.matrix * 1e10, structure.positions, [kinds.index(k) for k in structure.labels])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        found = spglib.get_symmetry_dataset(cell, symprec=tolerance * 1e10)
    return found.international
