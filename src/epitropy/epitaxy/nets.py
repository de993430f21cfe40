"""The primitive two-dimensional net of a lattice plane, with the symmetry that the crystal leaves it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from ..errors import InputError
from .lattices import Lattice, Plane, reduced


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneNet:
    """Translations within a plane, seen against its outward normal.

    plane: reduced Miller indices. basis: rows are two primitive net vectors [m] in a right-handed frame of
    the plane, shape (2, 2). sixths: the same vectors in sixths of the conventional axes, integers, shape
    (2, 3). operations: symmetry of the net as integer matrices g, row coordinates c -> c g, shape (n, 2,
    2); always with -1.
    """

    plane: Plane
    basis: np.ndarray
    sixths: np.ndarray
    operations: np.ndarray

    @property
    def area(self) -> float:
        """Area of the primitive net cell [m2]."""
        return float(np.linalg.det(self.basis))

    @property
    def mirrored(self) -> bool:
        """Whether the net equals its mirror image."""
        return bool((determinant(self.operations) < 0).any())

    @property
    def rotations(self) -> PlaneNet:
        """The same net without its mirror operations."""
        return replace(self, operations=self.operations[determinant(self.operations) > 0])


def plane_net(crystal: Lattice, plane: Plane) -> PlaneNet:
    """Primitive net of the plane (hkl), Miller indices of the conventional cell.

    Lattice vectors u with (hkl) . u = 0: the integer null space of h_p = P (hkl) on the primitive lattice P.
    The symmetry is that of the Laue group which keeps the plane, never more: equal edges of a cell that its
    space group does not equate do not count. A lattice plane holds -u with every u, so -1 is always among
    it, and orientations a half turn about the normal apart count as one.

    >>> from epitropy.records.phase import UnitCell
    >>> from epitropy.epitaxy.lattices import lattice
    >>> net = plane_net(lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m"), (1, 1, 1))
    >>> round(net.area * 1e20, 2), len(net.operations)
    (7.57, 12)
    """
    plane = reduced(plane)
    in_primitive = crystal.primitive @ np.array(plane)
    sixths = _null_space(in_primitive // gcd(*in_primitive.tolist())) @ crystal.primitive
    sixths = _shortest(sixths, _vectors(crystal, sixths), plane, crystal)
    vectors = _vectors(crystal, sixths)
    return PlaneNet(
        plane=plane, basis=_in_plane(vectors), sixths=sixths, operations=_operations(crystal, plane, sixths)
    )


def _vectors(crystal: Lattice, sixths: np.ndarray) -> np.ndarray:
    return sixths @ crystal.matrix / 6


def _null_space(normal: np.ndarray) -> np.ndarray:
    """Two integer rows that span every integer u with normal . u = 0, for coprime normal."""
    h, k, l = normal.tolist()
    divisor, u, v = _bezout(h, k)
    if divisor == 0:
        return np.array([[1, 0, 0], [0, 1, 0]])
    return np.array([[k // divisor, -h // divisor, 0], [-l * u, -l * v, divisor]])


def _bezout(h: int, k: int) -> tuple[int, int, int]:
    """(g, u, v) with u h + v k = g = gcd(h, k)."""
    (r, u, v), (r_next, u_next, v_next) = (h, 1, 0), (k, 0, 1)
    while r_next:
        q = r // r_next
        (r, u, v), (r_next, u_next, v_next) = (
            (r_next, u_next, v_next),
            (r - q * r_next, u - q * u_next, v - q * v_next),
        )
    return (r, u, v) if r >= 0 else (-r, -u, -v)


def _shortest(sixths: np.ndarray, vectors: np.ndarray, plane: Plane, crystal: Lattice) -> np.ndarray:
    """Reduced rows, counter-clockwise about the plane's normal."""
    sixths = shortest_pair(np.eye(2, dtype=np.int64)[None], _in_plane(vectors))[0] @ sixths
    normal = np.linalg.inv(crystal.matrix) @ np.array(plane)
    if np.cross(*_vectors(crystal, sixths)) @ normal < 0:
        sixths = sixths * np.array([[1], [-1]])
    return sixths


def _in_plane(vectors: np.ndarray) -> np.ndarray:
    """Two vectors in space to the plane's frame: the first along x, the second with positive y."""
    first, second = vectors
    length = np.linalg.norm(first)
    return np.array([[length, 0.0], [first @ second / length, np.linalg.norm(np.cross(first, second)) / length]])


def _operations(crystal: Lattice, plane: Plane, sixths: np.ndarray) -> np.ndarray:
    """Laue operations that keep the plane, as integer matrices on the net's row coordinates."""
    turned = np.array(plane) @ crystal.operations
    keeps = (turned == plane).all(1) | (turned == -np.array(plane)).all(1)
    images = sixths @ np.swapaxes(crystal.operations[keeps], 1, 2)
    gram = sixths @ sixths.T
    adjugate = np.array([[gram[1, 1], -gram[0, 1]], [-gram[1, 0], gram[0, 0]]])
    found = images @ sixths.T @ adjugate // (gram[0, 0] * gram[1, 1] - gram[0, 1] ** 2)
    return np.unique(np.concatenate([found, -found]), axis=0)


def net(basis: np.ndarray, rtol: float = 1e-6) -> PlaneNet:
    """A net from two plane vectors [m] alone, shape (2, 2), rows; its symmetry is read off the metric.

    >>> len(net(np.eye(2)).operations), len(net(np.array([[1, 0], [0.5, 0.75**0.5]])).operations)
    (8, 12)
    """
    basis = np.asarray(basis, dtype=float)
    if basis.shape != (2, 2) or abs(np.linalg.det(basis)) <= 1e-9 * (basis**2).sum():
        raise InputError("net", f"{basis.tolist()}", "two vectors of a plane that are not parallel")
    basis = shortest_pair(np.eye(2, dtype=np.int64)[None], basis)[0] @ basis
    if np.linalg.det(basis) < 0:
        basis = basis * np.array([[1], [-1]])
    basis = _in_plane(np.pad(basis, ((0, 0), (0, 1))))
    sixths = 6 * np.eye(2, 3, dtype=np.int64)
    return PlaneNet(plane=(0, 0, 1), basis=basis, sixths=sixths, operations=_metric_symmetry(basis, rtol))


def _metric_symmetry(basis: np.ndarray, rtol: float) -> np.ndarray:
    """Integer g with g G g^T = G; entries within -1..1 suffice for a reduced basis."""
    entries = np.stack(np.meshgrid(*[[-1, 0, 1]] * 4, indexing="ij"), -1).reshape(-1, 2, 2)
    metric = basis @ basis.T
    change = np.abs(entries @ metric @ np.swapaxes(entries, 1, 2) - metric).max((1, 2))
    return entries[(change <= rtol * metric.max()) & (np.abs(determinant(entries)) == 1)]


def determinant(cells: np.ndarray) -> np.ndarray:
    """Determinants of 2 x 2 matrices without leaving the integers; shape (..., 2, 2) to (...).

    >>> int(determinant(np.array([[2, 1], [0, 3]])))
    6
    """
    return cells[..., 0, 0] * cells[..., 1, 1] - cells[..., 0, 1] * cells[..., 1, 0]


def shortest_pair(cells: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Gauss-reduced bases of many sublattices of one net; integers, shape (n, 2, 2), rows.

    >>> shortest_pair(np.array([[[1, 7], [0, 1]]]), np.eye(2)).tolist()
    [[[0, 1], [1, 0]]]
    """
    metric = basis @ basis.T
    first, second = cells[:, 0], cells[:, 1]
    for _ in range(200):
        norm_1, norm_2 = _product(first, first, metric), _product(second, second, metric)
        # the margin keeps equal lengths from being exchanged for ever
        swap = norm_2 < norm_1 * (1 - 1e-12)
        first, second = np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)
        shift = np.rint(_product(first, second, metric) / _product(first, first, metric) * (1 - 1e-12))
        second = second - shift[:, None].astype(np.int64) * first
        if not (shift.any() or swap.any()):
            break
    return np.stack([first, second], 1)


def _product(left: np.ndarray, right: np.ndarray, metric: np.ndarray) -> np.ndarray:
    return np.einsum("ni,ij,nj->n", left, metric, right)
