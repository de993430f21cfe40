"""Structures as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError
from ..records.structure import Structure

_FORMATS = {".cif": "cif", "": "poscar", ".vasp": "poscar", ".poscar": "poscar"}


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
