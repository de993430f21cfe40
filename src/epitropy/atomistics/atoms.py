"""The door to ASE: structures in metres there and back, and a calculator over a loaded potential."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..records.phase import UnitCell
from ..records.structure import Structure
from .potentials import Evaluation, Loaded

if TYPE_CHECKING:
    from ase import Atoms

ANGSTROM = 1e-10  # m
ELECTRONVOLT = 1.602176634e-19  # J
ARRANGE = "Arrange them first: epitropy structure NAME --supercell 40 --quasirandom -o arranged.cif."
CLOSEST = 0.7e-10  # m: below, no potential was trained; the shortest bonds of oxides with hydrogen are 0.95


def to_ase(structure: Structure) -> Atoms:
    """The structure as ASE atoms; every site must hold one element."""
    from ase import Atoms

    elements = []
    for label in structure.labels:
        shares = structure.occupancy[label]
        if len(shares) != 1:
            raise InputError(f"{structure.name}.{label}", "several elements on one site", "whole atoms", ARRANGE)
        elements.append(next(iter(shares)))
    return Atoms(elements, scaled_positions=structure.positions, cell=structure.cell.matrix / ANGSTROM, pbc=True)


def like(structure: Structure, atoms: Atoms) -> Structure:
    """The structure with the cell and positions of the atoms, in their order."""
    a, b, c, *angles = atoms.cell.cellpar()
    alpha, beta, gamma = np.radians(angles)
    cell = UnitCell(a=a * ANGSTROM, b=b * ANGSTROM, c=c * ANGSTROM, alpha=alpha, beta=beta, gamma=gamma)
    return replace(structure, cell=cell, positions=atoms.get_scaled_positions(wrap=False))


def check_cell(structure: Structure, loaded: Loaded) -> Atoms:
    """The atoms, if the potential can be asked about them; memory is estimated before it is used."""
    from ase.data import chemical_symbols

    atoms = to_ase(structure)
    where = structure.name or "structure"
    if len(atoms) < 2:
        raise InputError(where, "a cell of one atom", "two atoms or more", "Take a supercell.")
    strange = sorted({chemical_symbols[z] for z in atoms.numbers if z not in loaded.elements})
    if strange:
        raise InputError(
            where, f"{', '.join(strange)}, on which {loaded.potential.name} was not trained", "other elements"
        )
    if not atoms.cell.volume > 0:
        raise InputError(where, "a cell without volume", "three vectors that span a cell")
    closest = _closest(atoms)
    if closest * ANGSTROM < CLOSEST:
        raise InputError(where, f"two atoms {closest:.2f} angstrom apart", f"{CLOSEST / ANGSTROM:g} angstrom or more")
    needed, free = len(atoms) * loaded.bytes_per_atom, free_memory(loaded.device)
    if needed > free:
        most = int(free / loaded.bytes_per_atom)
        raise InputError(
            where,
            f"{len(atoms)} atoms, about {needed / 1e9:.1f} GB; {free / 1e9:.1f} GB are free",
            f"about {most} atoms here",
            "Take a smaller cell.",
        )
    return atoms


def free_memory(device: str) -> float:
    """Bytes that can still be used on a device; infinite where the system does not tell."""
    if device == "cuda":
        import torch

        return float(torch.cuda.mem_get_info()[0])
    import psutil

    return float(psutil.virtual_memory().available)


def _closest(atoms: Atoms) -> float:
    """Shortest distance [angstrom], images counted."""
    from ase.neighborlist import neighbor_list

    found = neighbor_list("d", atoms, 1.5)
    return float(found.min()) if len(found) else 1.5


def calculator(loaded: Loaded):
    """An ASE calculator that asks the potential about one cell at a time."""
    from ase.calculators.calculator import Calculator, all_changes

    class PotentialCalculator(Calculator):
        implemented_properties = ("energy", "free_energy", "energies", "forces", "stress")

        def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
            super().calculate(atoms, properties, system_changes)
            self.results = as_results(loaded.evaluate([self.atoms])[0])

    return PotentialCalculator()


def as_results(found: Evaluation) -> dict[str, object]:
    """An evaluation in ASE's own names; its stress runs xx, yy, zz, yz, xz, xy."""
    s = found.stress
    return {
        "energy": found.energy,
        "free_energy": found.energy,
        "energies": found.site_energies,
        "forces": found.forces,
        "stress": np.array([s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]]),
    }
