"""Conventional cell and space group to a lattice: primitive vectors, Laue group, distinct planes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from ..crystals.settings import settings_that_fit
from ..errors import InputError
from ..records.phase import UnitCell

Plane = tuple[int, int, int]

LARGEST_INDEX = 6  # of a list of planes: a monoclinic crystal has 549 up to it, a cubic one 48

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
    conventional coordinates, integers, shape (n, 3, 3). own: which of them the crystal's point group has.
    """

    matrix: np.ndarray
    primitive: np.ndarray
    operations: np.ndarray
    own: np.ndarray


def lattice(cell: UnitCell, space_group: str) -> Lattice:
    """The lattice of a conventional cell, in that setting of the space group whose symmetry the cell has.

    >>> made = lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m")
    >>> len(made.operations), round(float(abs(np.linalg.det(made.primitive))) / 6**3, 12)
    (48, 0.25)
    """
    setting = settings_that_fit(cell, space_group)[0]
    point_group = np.unique(setting.rotations, axis=0)
    laue_group = np.unique(np.concatenate([point_group, -point_group]), axis=0)
    own = (laue_group[:, None] == point_group).all((2, 3)).any(1)
    return Lattice(matrix=cell.matrix, primitive=np.array(_PRIMITIVE[setting.letter]), operations=laue_group, own=own)


def planes(crystal: Lattice, max_index: int) -> tuple[Plane, ...]:
    """One plane of every Laue-class orbit that has a member with all |h|, |k|, |l| <= max_index.

    Miller indices refer to the conventional cell and have no common divisor. The member named is the one with
    fewest minus signs, then the smallest sum of |index|, then the largest h, k, l.

    >>> planes(lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m"), 1)
    ((1, 0, 0), (1, 1, 0), (1, 1, 1))
    """
    if not 1 <= max_index <= LARGEST_INDEX or max_index != int(max_index):
        raise InputError(
            "max_index", f"{max_index}", f"a whole number of 1 to {LARGEST_INDEX}", "Name planes with larger indices."
        )
    span = range(-int(max_index), int(max_index) + 1)
    listed = np.array([p for p in product(span, repeat=3) if gcd(*p) == 1])
    listed = listed[np.lexsort(_preference(listed)[::-1])]
    _, first = np.unique(_packed(listed @ crystal.operations).min(0), return_index=True)
    chosen = listed[np.sort(first)]
    chosen = chosen[np.argsort(np.abs(chosen).sum(1), kind="stable")]
    return tuple((h, k, l) for h, k, l in chosen.tolist())


def _preference(listed: np.ndarray) -> np.ndarray:
    return np.stack([(listed < 0).sum(1), np.abs(listed).sum(1), *(-listed.T)])


def _packed(indices: np.ndarray) -> np.ndarray:
    """One integer for three, shape (..., 3) to (...)."""
    return indices @ np.array([1 << 40, 1 << 20, 1])


def equivalent_planes(crystal: Lattice, plane: Plane) -> frozenset[Plane]:
    """All planes that the Laue group makes of one; (hkl) and (-h-k-l) are both in it.

    >>> len(equivalent_planes(lattice(UnitCell(a=1e-10, b=1e-10, c=1e-10), "Fm-3m"), (1, 1, 1)))
    8
    """
    # the group holds every inverse, so h W runs over the same planes as h W^-1
    return frozenset(map(tuple, (np.array(plane) @ crystal.operations).tolist()))


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
