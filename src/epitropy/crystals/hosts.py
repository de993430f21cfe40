"""Layered hosts at any lithium content."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..catalogue import phase
from ..errors import InputError
from ..records.host import HostCurves
from ..records.phase import Phase
from ..records.structure import VACANCY, Structure
from ..sources import sourced, table
from .library import structure_of, worse


def delithiated(host: Phase | Structure | str, lithium: float, curves: HostCurves) -> Structure:
    """A layered host with lithium content x in the lattice that the curves give it; empty lithium sites are ``Va``.

    The metal-oxygen bond d(x) = d(1) - (1 - x) 0.08 angstrom shrinks as nickel goes from 3+ to 4+ (assumed, see
    data/delithiation.toml). It and a(x) fix the height of oxygen over its metal layer, h = sqrt(d^2 - a^2/3): the
    MO2 slab gets thinner and the lithium slab takes the rest of c/3.

    >>> from epitropy.hosts import host_curves
    >>> half = delithiated("NCM90", 0.5, host_curves("ncm90", "ncm90"))
    >>> half.occupancy["Li"], round(half.element_counts["Li"], 3)
    ({'Li': 0.5, 'Va': 0.5}, 0.5)
    """
    if not 0 <= lithium <= 1:
        raise InputError("lithium", f"{lithium:g}", "a content of 0 to 1 per metal")
    found = phase(host) if isinstance(host, str) else host
    full = found if isinstance(found, Structure) else structure_of(found)
    metal, oxygen = _layers(full)
    a, c = (float(np.interp(lithium, curves.lithium, edge)) for edge in (curves.a, curves.c))
    positions = full.positions.copy()
    positions[oxygen, 2] = _heights(full, metal, oxygen, a, c, lithium)
    shares = {"Li": {k: s for k, s in (("Li", lithium), (VACANCY, 1 - lithium)) if s > 0}}
    return replace(
        full,
        name=f"{full.name}, lithium {lithium:g}",
        cell=replace(full.cell, a=a, b=a, c=c),
        positions=positions,
        occupancy={**full.occupancy, **shares},
        grade=worse(full.grade, _shortening().grade),
        source=f"lattice: {curves.sources[0]}; positions: {full.source}; metal-oxygen bond: {_shortening().source}",
    )


def slab_thicknesses(structure: Structure) -> tuple[float, float]:
    """Thickness [m] of the MO2 slab and of the lithium slab of a layered host, oxygen plane to oxygen plane.

    >>> [round(t * 1e10, 2) for t in slab_thicknesses(structure_of(phase("NCM90")))]
    [2.13, 2.61]
    """
    metal, oxygen = _layers(structure)
    up = _over_nearest_plane(structure.positions[oxygen, 2], structure.positions[metal, 2])[1]
    slab = 2 * float(np.abs(up).mean()) * structure.cell.c
    return slab, structure.cell.c / 3 - slab


def _shortening():
    return sourced(table("delithiation.toml")["metal_oxygen"]["shortening"], "m", "delithiation.shortening")


def _layers(structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Indices of metal and of oxygen atoms of a layered host of twelve sites."""
    labels = np.array(structure.labels)
    names = set(structure.labels)
    metal = names - {"Li", "O"}
    if len(metal) != 1 or not {"Li", "O"} < names or [int((labels == k).sum()) for k in ("Li", "O")] != [3, 6]:
        allowed = "layered phases of three formula units a cell: NCM90, NMC811, LiNiO2, ..."
        raise InputError(structure.name, "no layered host", allowed)
    return np.flatnonzero(labels == metal.pop()), np.flatnonzero(labels == "O")


def _over_nearest_plane(z: np.ndarray, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest metal plane of every height, and the signed distance to it; in fractions of c."""
    apart = z[:, None] - planes
    apart -= np.rint(apart)
    nearest = np.abs(apart).argmin(1)
    return planes[nearest], apart[np.arange(len(z)), nearest]


def _heights(full: Structure, metal: np.ndarray, oxygen: np.ndarray, a: float, c: float, lithium: float) -> np.ndarray:
    """Fractional heights of oxygen in the lattice a, c."""
    plane, up = _over_nearest_plane(full.positions[oxygen, 2], full.positions[metal, 2])
    bond = np.sqrt(full.cell.a**2 / 3 + (up * full.cell.c) ** 2) - (1 - lithium) * _shortening().value
    if math.sqrt(1 / 3) * a >= bond.min():
        raise InputError("lithium", f"{lithium:g}: the layer is wider than its bonds", "a lattice of this host")
    return (plane + np.sign(up) * np.sqrt(bond**2 - a**2 / 3) / c) % 1
