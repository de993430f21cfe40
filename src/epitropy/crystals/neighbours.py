"""Distances in a periodic structure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..records.structure import Structure

NEAREST = 4e-10  # m: beyond the first neighbours of every pair of sites


def images(structure: Structure, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Cartesian positions [m] of all atoms within the margin of the cell, and which atom each is; (k, 3), (k,).

    The atoms of the cell itself come first, in their order.
    """
    matrix = structure.cell.matrix
    reach = margin * np.linalg.norm(np.linalg.inv(matrix), axis=0)
    spans = [np.arange(-k, k + 1) for k in np.ceil(reach).astype(int) + 1]
    shifts = np.stack(np.meshgrid(*spans, indexing="ij"), -1).reshape(-1, 3)
    shifts = shifts[np.argsort(np.abs(shifts).sum(1), kind="stable")]  # the cell itself first
    found = (shifts[:, None] + structure.positions).reshape(-1, 3)
    home = np.arange(len(found)) < len(structure.labels)
    near = home | ((found > -reach) & (found < 1 + reach)).all(1)
    return found[near] @ matrix, np.flatnonzero(near) % len(structure.labels)


def neighbours(structure: Structure, cutoff: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of atoms i, j closer than the cutoff [m], each image its own pair, and their distances [m]."""
    from scipy.spatial import cKDTree

    everywhere, index = images(structure, cutoff)
    here = cKDTree(everywhere[: len(structure.labels)])
    pairs = here.sparse_distance_matrix(cKDTree(everywhere), cutoff, output_type="ndarray")
    pairs = pairs[pairs["i"] != pairs["j"]]
    return pairs["i"], index[pairs["j"]], pairs["v"]


def shortest_distances(structure: Structure, cutoff: float = NEAREST) -> dict[str, float]:
    """Shortest distance [m] of every pair of sublattices that comes closer than the cutoff.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> {pair: round(d * 1e10, 2) for pair, d in shortest_distances(model("TiNb2O7").structure).items()}
    {'M-M': 2.81, 'M-O': 1.91, 'O-O': 2.81}
    """
    i, j, distance = neighbours(structure, cutoff)
    found: dict[str, float] = {}
    for k in np.argsort(distance):
        pair = "-".join(sorted((structure.labels[i[k]], structure.labels[j[k]])))
        found.setdefault(pair, float(distance[k]))
    return dict(sorted(found.items()))


def coordination(structure: Structure, of: str, by: str, cutoff: float) -> np.ndarray:
    """Neighbours on sublattice ``by`` within the cutoff [m], for every atom of sublattice ``of``; shape (atoms,)."""
    i, j, _ = neighbours(structure, cutoff)
    labels = np.array(structure.labels)
    counts = np.bincount(i[labels[j] == by], minlength=len(labels))
    return counts[labels == of]


def supercell(structure: Structure, along: tuple[int, int, int]) -> Structure:
    """The same crystal with a cell repeated along a, b, c."""
    if len(along) != 3 or any(int(k) != k or k < 1 for k in along):
        raise InputError("supercell", f"{along}", "three whole numbers of 1 or more")
    shifts = np.stack(np.meshgrid(*map(np.arange, along), indexing="ij"), -1).reshape(-1, 3)
    cell = structure.cell
    return replace(
        structure,
        cell=replace(cell, a=cell.a * along[0], b=cell.b * along[1], c=cell.c * along[2]),
        labels=structure.labels * len(shifts),
        positions=(shifts[:, None] + structure.positions).reshape(-1, 3) / np.array(along),
        formula_units=structure.formula_units * len(shifts),
    )
