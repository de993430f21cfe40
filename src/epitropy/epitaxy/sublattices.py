"""All sublattices of a net up to an area, one of each symmetry orbit, with what keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .nets import PlaneNet, determinant, shortest_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Sublattices:
    """Sublattices of one net, one of each orbit.

    net: whose sublattices these are. cells: reduced, counter-clockwise bases as integer rows on the net,
    shape (n, 2, 2). keeps: which half-group operation maps the sublattice onto itself, shape (n, g).
    changes: the integer U with U cells = cells g where it does, shape (n, g, 2, 2). Half-group: of each
    pair g, -g one, since -1 changes no sublattice.
    """

    net: PlaneNet
    cells: np.ndarray
    keeps: np.ndarray
    changes: np.ndarray


def hermite_cells(max_index: int) -> np.ndarray:
    """All Hermite forms [[a, b], [0, d]], 0 <= b < d, of index a d <= max_index; shape (n, 2, 2).

    Their number at index m is the sum of the divisors of m: 1, 3, 4, 7, 6, 12, ...

    >>> [int((determinant(hermite_cells(6)) == m).sum()) for m in range(1, 7)]
    [1, 3, 4, 7, 6, 12]
    """
    a, d = np.divmod(np.arange(max_index**2), max(max_index, 1))
    a, d = a + 1, d + 1
    a, d = a[a * d <= max_index], d[a * d <= max_index]
    owner = np.repeat(np.arange(len(d)), d)
    b = np.arange(len(owner)) - np.repeat(np.cumsum(d) - d, d)
    return np.stack([np.stack([a[owner], b], 1), np.stack([0 * b, d[owner]], 1)], 1)


def hermite_form(cells: np.ndarray) -> np.ndarray:
    """The one Hermite form of each sublattice, whatever basis it is given in; shape (..., 2, 2).

    >>> hermite_form(np.array([[2, 1], [1, 2]])).tolist()
    [[1, 2], [0, 3]]
    """
    first, second = cells[..., 0, :], cells[..., 1, :]
    while (second[..., 0] != 0).any():
        left = second[..., :1] != 0
        quotient = np.where(left, first[..., :1] // np.where(left, second[..., :1], 1), 0)
        first, second = np.where(left, second, first), np.where(left, first - quotient * second, second)
    first = first * np.sign(first[..., :1])
    d = np.abs(second[..., 1])
    b = first[..., 1] % d
    return np.stack([np.stack([first[..., 0], b], -1), np.stack([np.zeros_like(d), d], -1)], -2)


def sublattices(net: PlaneNet, max_area: float) -> Sublattices:
    """Sublattices of a net with cells up to max_area [m2], one of each orbit of the net's symmetry.

    >>> from epitropy.epitaxy.nets import net
    >>> len(sublattices(net(np.eye(2)), 2.0).cells)  # the net, its 1 x 2 cell, its 45 degree cell
    3
    """
    cells = hermite_cells(int(max_area / net.area * (1 + 1e-9)))
    group = half_group(net.operations)
    images = cells[:, None] @ group
    keys = _key(hermite_form(images))
    own = _key(cells)
    first = own == keys.min(1, initial=np.iinfo(np.int64).max)
    cells = shortest_pair(cells[first], net.basis)
    cells[determinant(cells) < 0, 1] *= -1
    keeps = keys[first] == own[first][:, None]
    return Sublattices(net=net, cells=cells, keeps=keeps, changes=_changes(cells, group, keeps))


def half_group(operations: np.ndarray) -> np.ndarray:
    """One of each pair g, -g: the one whose first entry that is not zero is positive.

    >>> half_group(np.array([np.eye(2, dtype=int), -np.eye(2, dtype=int)])).tolist()
    [[[1, 0], [0, 1]]]
    """
    flat = operations.reshape(len(operations), 4)
    leading = flat[np.arange(len(flat)), (flat != 0).argmax(1)]
    return operations[leading > 0]


def _key(forms: np.ndarray) -> np.ndarray:
    return (forms[..., 0, 0] << 40) + (forms[..., 0, 1] << 20) + forms[..., 1, 1]


def _changes(cells: np.ndarray, group: np.ndarray, keeps: np.ndarray) -> np.ndarray:
    """U = cells g cells^-1, exact in integers where the operation keeps the sublattice."""
    (a, b), (c, d) = np.moveaxis(cells, (1, 2), (0, 1))
    adjugate = np.stack([np.stack([d, -b], 1), np.stack([-c, a], 1)], 1)
    product = cells[:, None] @ group @ adjugate[:, None]
    return np.where(keeps[..., None, None], product // (a * d - b * c)[:, None, None, None], 0)
