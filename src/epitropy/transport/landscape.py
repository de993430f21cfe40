"""Bond-valence site energies: what a lithium ion costs at every point of a rigid, periodic framework."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, sqrt

import numpy as np

from ..chemistry import formal_charges
from ..compiled import compiled
from ..errors import InputError
from ..records.pathways import Landscape
from ..records.structure import Structure
from ..sources import sourced, table
from ..units import parse
from . import laws

SPACING = 0.12e-10  # m
_CUTOFF = 8e-10  # m: beyond it an anion adds less than 1e-5 eV
_CORE = 0.4e-10  # m: nearer to a nucleus the energy stays as it is there, tens of eV
_STEP = 2e-13  # m, of the tables by distance
_SYMMETRIC = 12  # points come in multiples of it: the grid falls on itself under shifts by halves, thirds and quarters
_MOST = 40_000_000  # points
_NOBLE_GASES = (2, 10, 18, 36, 54, 86, 118)  # atomic numbers that close a period


def landscape(
    structure: Structure, *, ion: str = "Li", spacing: float = SPACING, charges: Mapping[str, float] | None = None
) -> Landscape:
    """Energy of one ion over the whole cell, without the structure's own ions of that kind.

    E(r) = sum over anions of D0/2 {[exp((R_min - R)/b) - 1]^2 - 1} + sum over cations of e^2/(4 pi eps0) q q'/R
    erfc(R/rho), every periodic image within 8 angstrom counted. Sites that elements share add by their shares. Charges
    are the formal ones of the whole compound unless given. Framework rigid, ions of the kind not seeing each other.

    Source: Chen, Wong and Adams, Acta Cryst. B 75 (2019) 18, 10.1107/S2052520618015718.
    """
    shape = grid_shape(structure, spacing)
    labels = sorted(set(structure.labels))
    profiles = np.array([_profile(structure, label, ion, charges or framework_charges(structure)) for label in labels])
    if not (profiles < 0).any():
        raise InputError(structure.name, "no anion that binds the ion", "oxides, fluorides, sulfides, chlorides")
    kinds = np.array([labels.index(label) for label in structure.labels])
    felt = profiles.any(1)[kinds]
    energy = np.zeros(shape)
    _add_atoms(energy, structure.positions[felt] % 1, kinds[felt], structure.cell.matrix, profiles, _STEP, _CUTOFF)
    return Landscape(name=structure.name, ion=ion, cell=structure.cell, energy=energy)


def framework_charges(structure: Structure) -> dict[str, float]:
    """Formal charges by element, vacancies left out."""
    amounts = {e: n for e, n in structure.element_counts.items() if e != "Va" and n > 0}
    return formal_charges(amounts, name=structure.name)


def grid_shape(structure: Structure, spacing: float) -> tuple[int, int, int]:
    """Points along a, b, c: steps of at most the spacing [m], in multiples of 12."""
    if not 2e-12 <= spacing <= 5e-11:
        raise InputError("spacing", f"{spacing * 1e10:g} angstrom", "0.02 to 0.5 angstrom")
    cell = structure.cell
    found = tuple(_SYMMETRIC * ceil(edge / spacing / _SYMMETRIC - 1e-9) for edge in (cell.a, cell.b, cell.c))
    points = int(np.prod(found))
    if points > _MOST:
        remedy = f"A spacing of {spacing * (points / _MOST) ** (1 / 3) * 1.1e10:.2g} angstrom fits."
        raise InputError("spacing", f"{points / 1e6:.0f} million points", f"at most {_MOST / 1e6:.0f} million", remedy)
    return found


def _profile(structure: Structure, label: str, ion: str, charges: Mapping[str, float]) -> np.ndarray:
    """Energy [J] beside an atom of a sublattice at multiples of the step, zero from the cutoff on."""
    distance = np.maximum(np.arange(round(_CUTOFF / _STEP) + 2) * _STEP, _CORE)
    energy = np.zeros_like(distance)
    for element, share in structure.occupancy[label].items():
        if element not in (ion, "Va") and share > 0:
            energy += share * _pair(distance, ion, element, charges[element])
    return np.where(distance < _CUTOFF, energy, 0.0)


def _pair(distance: np.ndarray, ion: str, element: str, charge: float) -> np.ndarray:
    """Energy [J] of the ion beside one neighbour."""
    data = table("bond_valence.toml")
    if ion not in data["attraction"] or ion in ("grade", "source"):
        raise InputError("ion", f"'{ion}'", ", ".join(e for e in data["attraction"] if e not in ("grade", "source")))
    if charge < 0:
        if element not in data["attraction"][ion]:
            raise InputError("landscape", f"anion {element}", ", ".join(data["attraction"][ion]), "No parameters yet.")
        row = data["attraction"][ion][element]
        depth, equilibrium = parse(row["depth"], "J"), parse(row["distance"], "m")
        return laws.morse_attraction(distance, depth, equilibrium, parse(row["softness"], "m"))
    if element not in data["covalent_radii"]:
        raise InputError("landscape", f"no covalent radius of {element}", "elements of data/bond_valence.toml")
    screening = sourced(data["repulsion"]["screening"], "1", "bond_valence.screening").value
    reach = screening * (data["covalent_radii"][ion] + data["covalent_radii"][element]) * 1e-10
    charges = 1.0 / sqrt(_period(ion)) * charge / sqrt(_period(element))
    return laws.screened_repulsion(distance, charges, reach)


def _period(element: str) -> int:
    """Principal quantum number of the outermost electrons.

    >>> _period("Li"), _period("Nb"), _period("La")
    (2, 5, 6)
    """
    from pymatgen.core import Element

    return int(np.searchsorted(_NOBLE_GASES, Element(element).Z)) + 1


@compiled
def _add_atoms(energy, positions, kinds, matrix, profiles, step, cutoff):
    """Add every atom and its images to all points within the cutoff."""
    shape = np.array(energy.shape)
    inverse = np.linalg.inv(matrix)
    reach = cutoff * np.sqrt((inverse**2).sum(0)) * shape
    edges = matrix / shape.reshape(3, 1)  # from point to point
    along = (edges[2] ** 2).sum()
    for atom in range(len(positions)):
        profile = profiles[kinds[atom]]
        place = positions[atom] * shape
        for i in range(ceil(place[0] - reach[0]), floor(place[0] + reach[0]) + 1):
            for j in range(ceil(place[1] - reach[1]), floor(place[1] + reach[1]) + 1):
                start = (i - place[0]) * edges[0] + (j - place[1]) * edges[1] - place[2] * edges[2]
                # points k of this row within the cutoff: |start + k edge| < cutoff
                middle = -(start * edges[2]).sum() / along
                room = middle**2 - ((start**2).sum() - cutoff**2) / along
                if room <= 0:
                    continue
                half = sqrt(room)
                row = energy[i % shape[0], j % shape[1]]
                nearest = (start**2).sum() - along * middle**2
                for k in range(ceil(middle - half), floor(middle + half) + 1):
                    at = sqrt(max(nearest + along * (k - middle) ** 2, 0.0)) / step
                    cell = int(at)
                    if cell + 1 < profile.size:
                        part = at - cell
                        row[k % shape[2]] += (1 - part) * profile[cell] + part * profile[cell + 1]
