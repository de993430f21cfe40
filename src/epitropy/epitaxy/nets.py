"""The primitive two-dimensional nets of lattice planes, with the symmetry that the crystal leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from ..errors import InputError
from .lattices import Lattice, Plane, reduced

MOST = 6  # operations of a net, one of each pair g, -g

# All 2 x 2 matrices of -1, 0, 1, whose place is their number to the base 3: those of a reduced net are among them.
_TERNARY = np.array(list(product((-1, 0, 1), repeat=4))).reshape(-1, 2, 2)
_DIGITS = np.array([27, 9, 3, 1])
_IDENTITY = 68
_POSITIVE = np.array([_IDENTITY, *(i for i in range(41, 81) if i != _IDENTITY)])  # one of each pair g, -g


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneNet:
    """Translations within a plane, seen against its outward normal.

    plane: reduced Miller indices. basis: rows are two primitive net vectors [m] in a right-handed frame of
    the plane, shape (2, 2). sixths: the same vectors in sixths of the conventional axes, integers, shape
    (2, 3). operations: symmetry of the net as integer matrices g, row coordinates c -> c g, shape (n, 2,
    2); always with -1. upright: which of them the crystal itself has with the normal kept, shape (n,).
    """

    plane: Plane
    basis: np.ndarray
    sixths: np.ndarray
    operations: np.ndarray
    upright: np.ndarray

    @property
    def area(self) -> float:
        """Area of the primitive net cell [m2]."""
        return float(determinant(self.basis))

    @property
    def mirrored(self) -> bool:
        """Whether the net equals its mirror image."""
        return bool((determinant(self.operations) < 0).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Nets:
    """The nets of n planes, each column as in `PlaneNet`.

    half: one of each pair g, -g of a net's operations, identity first and repeated up to six, shape (n, 6, 2, 2);
    exists: which are not such repetitions, (n, 6); upright: of +g and -g, (n, 6, 2).
    """

    planes: np.ndarray
    basis: np.ndarray
    sixths: np.ndarray
    half: np.ndarray
    exists: np.ndarray
    upright: np.ndarray

    def __len__(self) -> int:
        return len(self.planes)

    @property
    def area(self) -> np.ndarray:
        """Areas of the primitive net cells [m2], (n,)."""
        return determinant(self.basis)

    @property
    def handed(self) -> np.ndarray:
        """1 for rotations and -1 for mirrors, (n, 6)."""
        return determinant(self.half)

    @property
    def mirrored(self) -> np.ndarray:
        """Whether each net equals its mirror image, (n,)."""
        return (self.handed < 0).any(1)

    @property
    def rotations(self) -> Nets:
        """The same nets without their mirror operations."""
        proper = self.handed > 0
        half = np.where(proper[..., None, None], self.half, self.half[:, :1])
        return Nets(
            planes=self.planes,
            basis=self.basis,
            sixths=self.sixths,
            half=half,
            exists=self.exists & proper,
            upright=self.upright & proper[..., None],
        )

    def __getitem__(self, rows: np.ndarray | slice) -> Nets:
        return Nets(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def row(self, i: int) -> PlaneNet:
        """One net."""
        half, upright = self.half[i][self.exists[i]], self.upright[i][self.exists[i]]
        h, k, l = self.planes[i].tolist()
        return PlaneNet(
            plane=(h, k, l),
            basis=self.basis[i],
            sixths=self.sixths[i],
            operations=np.concatenate([half, -half]),
            upright=upright.T.ravel(),
        )


def joined(nets: Sequence[Nets]) -> Nets:
    """Several tables of nets as one."""
    return Nets(**{f.name: np.concatenate([getattr(n, f.name) for n in nets]) for f in fields(Nets)})


def single(net: PlaneNet) -> Nets:
    """A table of one net.

    >>> len(single(net(np.eye(2))).row(0).operations)
    8
    """
    have = np.zeros((2, 1, 81), dtype=bool)
    keys = (net.operations.reshape(-1, 4) + 1) @ _DIGITS
    have[0, 0, keys], have[1, 0, keys] = True, net.upright
    columns = _half_groups(*have)
    return Nets(planes=np.array([net.plane]), basis=net.basis[None], sixths=net.sixths[None], **columns)


def plane_net(crystal: Lattice, plane: Plane) -> PlaneNet:
    """Primitive net of the plane (hkl), Miller indices of the conventional cell; see `plane_nets`.

    >>> from epitropy.records.phase import UnitCell
    >>> from epitropy.epitaxy.lattices import lattice
    >>> net = plane_net(lattice(UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10), "Fm-3m"), (1, 1, 1))
    >>> round(net.area * 1e20, 2), len(net.operations)
    (7.57, 12)
    """
    return plane_nets(crystal, [reduced(plane)]).row(0)


def plane_nets(crystal: Lattice, planes: Sequence[Plane]) -> Nets:
    """Primitive nets of planes without a common divisor.

    Lattice vectors u with (hkl) . u = 0: the integer null space of h_p = P (hkl) on the primitive lattice P.
    The symmetry is that of the Laue group which keeps the plane, never more: equal edges of a cell that its
    space group does not equate do not count. A lattice plane holds -u with every u, so -1 is always among
    it, and orientations a half turn about the normal apart count as one.
    """
    listed = np.array(planes, dtype=np.int64).reshape(-1, 3)
    in_primitive = listed @ crystal.primitive.T
    null = _null_space(in_primitive // np.gcd.reduce(in_primitive, axis=1)[:, None])
    sixths = _shortest(null @ crystal.primitive, listed, crystal)
    basis = _in_plane(sixths @ crystal.matrix / 6)
    return Nets(planes=listed, basis=basis, sixths=sixths, **_operations(crystal, listed, sixths))


def _null_space(normals: np.ndarray) -> np.ndarray:
    """Two integer rows that span every integer u with normal . u = 0, for coprime normals; (n, 3) to (n, 2, 3)."""
    h, k, l = normals.T
    divisor, u, v = _bezout(h, k)
    flat = divisor == 0  # (001)
    safe, zero = np.where(flat, 1, divisor), np.zeros_like(h)
    first = np.stack([np.where(flat, 1, k // safe), -h // safe, zero], 1)
    second = np.stack([-l * u, np.where(flat, 1, -l * v), divisor], 1)
    return np.stack([first, second], 1)


def _bezout(h: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(g, u, v) with u h + v k = g = gcd(h, k) >= 0."""
    one, zero = np.ones_like(h), np.zeros_like(h)
    old, new = np.stack([h, one, zero]), np.stack([k, zero, one])
    while new[0].any():
        left = new[0] != 0
        quotient = old[0] // np.where(left, new[0], 1)
        old, new = np.where(left, new, old), np.where(left, old - quotient * new, new)
    sign = np.where(old[0] < 0, -1, 1)
    return old[0] * sign, old[1] * sign, old[2] * sign


def _shortest(sixths: np.ndarray, planes: np.ndarray, crystal: Lattice) -> np.ndarray:
    """Reduced rows, counter-clockwise about each plane's normal; (n, 2, 3)."""
    flat = _in_plane(sixths @ crystal.matrix)
    unit = np.broadcast_to(np.eye(2, dtype=np.int64), (len(planes), 2, 2))
    sixths = shortest_pair(unit, flat) @ sixths
    edges = sixths @ crystal.matrix
    up = (np.cross(edges[:, 0], edges[:, 1]) * (planes @ np.linalg.inv(crystal.matrix).T)).sum(1)
    return np.where((up < 0)[:, None, None], sixths * np.array([[1], [-1]]), sixths)


def _in_plane(vectors: np.ndarray) -> np.ndarray:
    """Pairs of vectors in space to the plane's frame, first along x, second with positive y; (n, 2, 3) to (n, 2, 2)."""
    first, second = vectors[:, 0], vectors[:, 1]
    length = np.linalg.norm(first, axis=1)
    height = np.linalg.norm(np.cross(first, second), axis=1)
    rows = np.stack([length, np.zeros_like(length), (first * second).sum(1) / length, height / length], 1)
    return rows.reshape(-1, 2, 2)


def _operations(crystal: Lattice, planes: np.ndarray, sixths: np.ndarray) -> dict[str, np.ndarray]:
    """Laue operations that keep each plane, as integer matrices on the net's row coordinates."""
    turned = np.swapaxes(planes @ crystal.operations, 0, 1)
    up, down = ((turned == sign * planes[:, None]).all(2) for sign in (1, -1))
    # u W in net coordinates: (u W) S^T (S S^T)^-1, exact in integers where the plane is kept
    across = np.swapaxes(sixths, 1, 2)
    gram = sixths @ across
    images = sixths[:, None] @ np.swapaxes(crystal.operations, 1, 2) @ (across @ adjugate(gram))[:, None]
    found = images // determinant(gram)[:, None, None, None]
    have = np.zeros((2, len(planes), 81), dtype=bool)
    for table, kept in zip(have, (up | down, up & crystal.own)):
        net, operation = np.nonzero(kept)
        table[net, (found[net, operation].reshape(-1, 4) + 1) @ _DIGITS] = True
    return _half_groups(*have)


def _half_groups(have: np.ndarray, upright: np.ndarray) -> dict[str, np.ndarray]:
    """The columns half, exists and upright of `Nets` from tables of what each net has, shape (n, 81)."""
    exists = have[:, _POSITIVE] | have[:, 80 - _POSITIVE]
    order = np.argsort(~exists, axis=1, kind="stable")[:, :MOST]
    exists = np.take_along_axis(exists, order, 1)
    half = _TERNARY[_POSITIVE[order]]
    both = np.stack([np.take_along_axis(upright[:, p], order, 1) for p in (_POSITIVE, 80 - _POSITIVE)], 2)
    half = np.where(exists[..., None, None], half, half[:, :1])
    return {"half": half, "exists": exists, "upright": both & exists[..., None]}


def net(basis: np.ndarray, rtol: float = 1e-6) -> PlaneNet:
    """A net from two plane vectors [m] alone, shape (2, 2), rows; its symmetry is read off the metric.

    >>> len(net(np.eye(2)).operations), len(net(np.array([[1, 0], [0.5, 0.75**0.5]])).operations)
    (8, 12)
    """
    basis = np.asarray(basis, dtype=float)
    if basis.shape != (2, 2) or not abs(np.linalg.det(basis)) > 1e-9 * (basis**2).sum():
        raise InputError("net", f"{basis.tolist()}", "two vectors of a plane that are not parallel")
    basis = shortest_pair(np.eye(2, dtype=np.int64)[None], basis)[0] @ basis
    if determinant(basis) < 0:
        basis = basis * np.array([[1], [-1]])
    basis = _in_plane(np.pad(basis, ((0, 0), (0, 1)))[None])[0]
    sixths = 6 * np.eye(2, 3, dtype=np.int64)
    operations = _metric_symmetry(basis, rtol)
    upright = np.ones(len(operations), dtype=bool)
    return PlaneNet(plane=(0, 0, 1), basis=basis, sixths=sixths, operations=operations, upright=upright)


def _metric_symmetry(basis: np.ndarray, rtol: float) -> np.ndarray:
    """Integer g with g G g^T = G; entries within -1..1 suffice for a reduced basis."""
    metric = basis @ basis.T
    change = np.abs(_TERNARY @ metric @ np.swapaxes(_TERNARY, 1, 2) - metric).max((1, 2))
    return _TERNARY[(change <= rtol * metric.max()) & (np.abs(determinant(_TERNARY)) == 1)]


def determinant(cells: np.ndarray) -> np.ndarray:
    """Determinants of 2 x 2 matrices without leaving the integers; shape (..., 2, 2) to (...).

    >>> int(determinant(np.array([[2, 1], [0, 3]])))
    6
    """
    return cells[..., 0, 0] * cells[..., 1, 1] - cells[..., 0, 1] * cells[..., 1, 0]


def adjugate(cells: np.ndarray) -> np.ndarray:
    """Matrices whose product with the given ones is the determinant times 1; shape (..., 2, 2).

    >>> adjugate(np.array([[1, 2], [3, 4]])).tolist()
    [[4, -2], [-3, 1]]
    """
    flat = np.stack([cells[..., 1, 1], -cells[..., 0, 1], -cells[..., 1, 0], cells[..., 0, 0]], -1)
    return flat.reshape(cells.shape)


def shortest_pair(cells: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Gauss-reduced bases of many sublattices, of one net or of as many; integers, shape (n, 2, 2), rows.

    >>> shortest_pair(np.array([[[1, 7], [0, 1]]]), np.eye(2)).tolist()
    [[[0, 1], [1, 0]]]
    """
    metric = basis @ np.swapaxes(basis, -1, -2)
    first, second = cells[:, 0], cells[:, 1]
    for _ in range(200):
        norm_1, norm_2 = _product(first, first, metric), _product(second, second, metric)
        # the margin keeps equal lengths from being exchanged for ever
        swap = norm_2 < norm_1 * (1 - 1e-12)
        first, second = np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)
        shift = np.rint(_product(first, second, metric) / np.where(swap, norm_2, norm_1) * (1 - 1e-12))
        second = second - shift[:, None].astype(np.int64) * first
        if not (shift.any() or swap.any()):
            break
    return np.stack([first, second], 1)


def _product(left: np.ndarray, right: np.ndarray, metric: np.ndarray) -> np.ndarray:
    (a, b), (c, d) = np.moveaxis(metric, (-2, -1), (0, 1))
    x, y = right.T
    return left[:, 0] * (a * x + b * y) + left[:, 1] * (c * x + d * y)
