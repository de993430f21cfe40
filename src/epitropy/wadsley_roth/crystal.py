"""What follows from atoms in a cell: density, space group, an ordered cell, files for other programs."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..chemistry import atomic_mass
from ..constants import AVOGADRO
from ..errors import InputError
from ..records.structure import Structure

_FORMATS = {".cif": "cif", "": "poscar", ".vasp": "poscar", ".poscar": "poscar"}


def density(structure: Structure) -> float:
    """Density [kg/m3]: Z M / (N_A V).

    >>> from epitropy.wadsley_roth.blocks import model
    >>> round(density(model("TiNb2O7").structure))
    4312
    """
    mass = sum(n * atomic_mass(element) for element, n in structure.element_counts.items())
    return structure.formula_units * mass / (AVOGADRO * structure.cell.volume)


def space_group(structure: Structure, tolerance: float = 1e-12) -> str:
    """Hermann-Mauguin symbol found by spglib, atoms of one sublattice being equal; tolerance in m.

    >>> from epitropy.wadsley_roth.blocks import model
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


def ordered(structure: Structure, seed: int) -> Structure:
    """One random arrangement of the elements over each mixed sublattice, shares kept exactly.

    Every sublattice is split, M into M.Nb and M.W. A share that is no whole number of atoms raises `InputError`:
    take a supercell. Programs that need whole atoms want several arrangements; the same seed gives the same one.

    >>> from epitropy.wadsley_roth.blocks import model
    >>> sorted(set(ordered(model("Nb14W3O44").structure, seed=1).labels))
    ['M.Nb', 'M.W', 'O', 'T']
    """
    chance = np.random.default_rng(seed)
    labels = np.array(structure.labels, dtype=object)
    occupancy: dict[str, dict[str, float]] = {}
    for label in sorted(set(structure.labels)):
        shares = {e: s for e, s in structure.occupancy[label].items() if s > 0}
        if len(shares) == 1:
            occupancy[label] = dict(shares)
            continue
        atoms = _whole_atoms(structure, label, shares)
        labels[labels == label] = chance.permutation([f"{label}.{e}" for e, n in atoms.items() for _ in range(n)])
        occupancy |= {f"{label}.{element}": {element: 1.0} for element in atoms}
    return replace(structure, labels=tuple(labels.tolist()), occupancy=occupancy)


def _whole_atoms(structure: Structure, label: str, shares: dict[str, float]) -> dict[str, int]:
    sites = structure.labels.count(label)
    atoms = {element: round(share * sites) for element, share in shares.items()}
    if any(abs(atoms[e] - share * sites) > 1e-6 for e, share in shares.items()):
        given = ", ".join(f"{share * sites:g} {e}" for e, share in shares.items())
        raise InputError(f"{structure.name}.{label}", f"{given} on {sites} sites", "whole numbers", "Take a supercell.")
    return atoms


def to_pymatgen(structure: Structure) -> Any:
    """The same as a pymatgen structure, mixed sites as partial occupancies; lengths in angstrom."""
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    species = [dict(structure.occupancy[label]) for label in structure.labels]
    return PymatgenStructure(Lattice(structure.cell.matrix * 1e10), species, structure.positions)


def write(structure: Structure, path: str | Path) -> None:
    """Write a CIF (.cif) or a POSCAR (POSCAR, .vasp, .poscar); a POSCAR needs whole atoms, see `ordered`."""
    path = Path(path)
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(str(path), f"unknown kind of file '{path.suffix}'", ".cif, .vasp, .poscar or POSCAR")
    mixed = sorted({k for k in structure.labels if len(structure.occupancy[k]) > 1})
    if kind == "poscar" and mixed:
        remedy = "Pick one with ordered(structure, seed), or write a CIF."
        raise InputError(str(path), f"several elements share site {mixed[0]}", "one element a site", remedy)
    try:
        to_pymatgen(structure).get_sorted_structure().to(filename=str(path), fmt=kind)
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})", "a folder that exists") from None
