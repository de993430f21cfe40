"""Whole atoms on sites that elements share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..records.structure import Structure


def ordered(structure: Structure, seed: int) -> Structure:
    """One random arrangement of the elements over each mixed sublattice, shares kept exactly.

    Every sublattice is split, M into M.Nb and M.W. A share that is no whole number of atoms raises `InputError`:
    take a supercell. Programs that need whole atoms want several arrangements; the same seed gives the same one.

    >>> from epitropy.crystals.wadsley_roth import model
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
