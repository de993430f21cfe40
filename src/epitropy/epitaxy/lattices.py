"""Conventional cell and space group to a lattice: primitive vectors, Laue group, distinct planes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import gcd
from typing import Any

import numpy as np

from ..errors import InputError
from ..records.phase import UnitCell

Plane = tuple[int, int, int]

SIXTH = 6  # lattice points are counted in sixths of the conventional vectors: halves and thirds stay integers

# Rows: primitive vectors in sixths of the conventional ones, right-handed; R in hexagonal axes, obverse.
_PRIMITIVE = {
    "P": ((6, 0, 0), (0, 6, 0), (0, 0, 6)),
    "A": ((6, 0, 0), (0, 3, 3), (0, -3, 3)),
    "B": ((3, 0, -3), (0, 6, 0), (3, 0, 3)),
    "C": ((3, 3, 0), (-3, 3, 0), (0, 0, 6)),
    "I": ((-3, 3, 3), (3, -3, 3), (3, 3, -3)),
    "F": ((0, 3, 3), (3, 0, 3), (3, 3, 0)),
    "R": ((4, 2, 2), (-2, 2, 2), (-2, -4, 2)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """A crystal's translations and the symmetry of its diffraction.

    matrix: rows are the conventional vectors [m], shape (3, 3). primitive: rows are primitive vectors in
    sixths of the conventional ones, integers, shape (3, 3). operations: the Laue group acting on columns of
    conventional coordinates, integers, shape (n, 3, 3).
    """

    matrix: np.ndarray
    primitive: np.ndarray
    operations: np.ndarray


def lattice(cell: UnitCell, space_group: str) -> Lattice:
    """The lattice of a conventional cell, in that setting of the space group whose symmetry the cell has.

    >>> made = lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m")
    >>> len(made.operations), round(float(abs(np.linalg.det(made.primitive))) / 6**3, 12)
    (48, 0.25)
    """
    for letter, operations in _settings(space_group):
        if _keeps_metric(cell.matrix, operations):
            return Lattice(matrix=cell.matrix, primitive=np.array(_PRIMITIVE[letter]), operations=operations)
    raise InputError(
        f"cell of {space_group}",
        f"a, b, c = {cell.a:.4g}, {cell.b:.4g}, {cell.c:.4g} m do not have its symmetry",
        "edges and angles that the space group keeps",
        "Groups with R take hexagonal axes (gamma = 120 deg) or rhombohedral ones.",
    )


@cache
def _settings(space_group: str) -> tuple[tuple[str, np.ndarray], ...]:
    """(centring letter, Laue group) of every tabulated setting of a space group symbol."""
    wanted = space_group.replace("_", "").replace(" ", "")
    found = tuple((letter, group) for names, letter, group in _tabulated() if wanted in names)
    if not found:
        raise InputError(
            "space_group", f"unknown symbol '{space_group}'", "a Hermann-Mauguin symbol like R-3m or P2_1/c"
        )
    return found


@cache
def _tabulated() -> tuple[tuple[frozenset[str], str, np.ndarray], ...]:
    """(symbols, centring letter, Laue group) of the 530 settings in spglib's database."""
    import spglib

    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        for hall in range(1, 531):
            kind = spglib.get_spacegroup_type(hall)
            letter = "P" if kind.choice == "R" else kind.international_full[0]
            rotations = spglib.get_symmetry_from_database(hall)["rotations"]
            rows.append((_symbols(kind), letter, _laue_group(rotations)))
    return tuple(rows)


def _symbols(kind: Any) -> frozenset[str]:
    """The spellings of one setting without blanks and underscores: C121, C2; none of another centring."""
    full = kind.international_full
    names = (full, "".join(part for part in full.split() if part != "1"), kind.international_short)
    return frozenset(n.replace(" ", "").replace("_", "") for n in names if n[0] == full[0])


def _laue_group(rotations: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate([rotations, -rotations]).astype(np.int64), axis=0)


def _keeps_metric(matrix: np.ndarray, operations: np.ndarray, rtol: float = 1e-4) -> bool:
    metric = matrix @ matrix.T
    turned = np.swapaxes(operations, 1, 2) @ metric @ operations
    return bool(np.abs(turned - metric).max() <= rtol * metric.max())


def planes(crystal: Lattice, max_index: int) -> tuple[Plane, ...]:
    """One plane of every Laue-class orbit that has a member with all |h|, |k|, |l| <= max_index.

    Miller indices refer to the conventional cell and have no common divisor. The member named is the one with
    fewest minus signs, then the smallest sum of |index|, then the largest h, k, l.

    >>> planes(lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m"), 1)
    ((1, 0, 0), (1, 1, 0), (1, 1, 1))
    """
    if max_index < 1:
        raise InputError("max_index", f"{max_index}", "a whole number >= 1")
    span = range(-max_index, max_index + 1)
    orbits = {_named(equivalent_planes(crystal, p), max_index) for p in product(span, repeat=3) if gcd(*p) == 1}
    return tuple(sorted(orbits, key=lambda p: (sum(map(abs, p)), _preference(p))))


def equivalent_planes(crystal: Lattice, plane: Plane) -> frozenset[Plane]:
    """All planes that the Laue group makes of one; (hkl) and (-h-k-l) are both in it.

    >>> len(equivalent_planes(lattice(UnitCell(a=1e-10, b=1e-10, c=1e-10), "Fm-3m"), (1, 1, 1)))
    8
    """
    # the group holds every inverse, so h W runs over the same planes as h W^-1
    return frozenset(map(tuple, (np.array(plane) @ crystal.operations).tolist()))


def _named(orbit: frozenset[Plane], max_index: int) -> Plane:
    return min((p for p in orbit if max(map(abs, p)) <= max_index), key=_preference)


def _preference(plane: Plane) -> tuple[int, ...]:
    return (sum(i < 0 for i in plane), sum(map(abs, plane)), *(-i for i in plane))


def reduced(plane: Plane, where: str = "plane") -> Plane:
    """Miller indices without a common divisor: (003) is the plane (001).

    >>> reduced((0, 0, 3))
    (0, 0, 1)
    """
    if len(plane) != 3 or not any(plane) or any(int(i) != i for i in plane):
        raise InputError(where, f"{plane!r}", "three whole numbers, not all zero")
    divisor = gcd(*(int(i) for i in plane))
    h, k, l = (int(i) // divisor for i in plane)
    return h, k, l


def reflection(crystal: Lattice, plane: Plane) -> Plane:
    """The first order of a plane that is a vector of the reciprocal lattice: (001) of R-3m is called (003).

    >>> hexagonal = UnitCell(a=2.876e-10, b=2.876e-10, c=14.19e-10, gamma=np.deg2rad(120))
    >>> reflection(lattice(hexagonal, "R-3m"), (0, 0, 1))
    (0, 0, 3)
    """
    sixths = crystal.primitive @ np.array(plane)
    order = SIXTH // gcd(SIXTH, *sixths.tolist())
    h, k, l = (order * i for i in plane)
    return h, k, l
