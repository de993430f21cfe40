"""All sublattices of nets up to an area, one of each symmetry orbit, with what keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .nets import Nets, adjugate, determinant, shortest_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Sublattices:
    """Sublattices of some nets, one of each orbit, net after net.

    nets: whose sublattices these are. net: the number of that net, shape (n,). cells: reduced,
    counter-clockwise bases as integer rows on the net, shape (n, 2, 2). keeps: which operation of the net's
    half-group maps the sublattice onto itself, shape (n, 6). changes: the integer U with U cells = cells g
    where it does, shape (n, 6, 2, 2). Half-group: of each pair g, -g one, since -1 changes no sublattice.
    """

    nets: Nets
    net: np.ndarray
    cells: np.ndarray
    keeps: np.ndarray
    changes: np.ndarray


def hermite_cells(max_index: int) -> np.ndarray:
    """All Hermite forms [[a, b], [0, d]], 0 <= b < d, of index a d <= max_index, by index; shape (n, 2, 2).

    Their number at index m is the sum of the divisors of m: 1, 3, 4, 7, 6, 12, ...

    >>> [int((determinant(hermite_cells(6)) == m).sum()) for m in range(1, 7)]
    [1, 3, 4, 7, 6, 12]
    """
    a, d = np.divmod(np.arange(max_index**2), max(max_index, 1))
    a, d = a + 1, d + 1
    a, d = a[a * d <= max_index], d[a * d <= max_index]
    order = np.argsort(a * d, kind="stable")
    owner, b = ranges(np.zeros_like(d), d[order])
    a, d = a[order][owner], d[order][owner]
    return np.stack([a, b, np.zeros_like(b), d], 1).reshape(-1, 2, 2)


def ranges(start: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concatenated start .. start + count - 1 with the row each comes from.

    >>> [part.tolist() for part in ranges(np.array([5, 0, 8]), np.array([2, 0, 1]))]
    [[0, 0, 2], [5, 6, 8]]
    """
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - start, count)


def hermite_form(cells: np.ndarray) -> np.ndarray:
    """The one Hermite form of each sublattice, whatever basis it is given in; shape (..., 2, 2).

    >>> hermite_form(np.array([[2, 1], [1, 2]])).tolist()
    [[1, 2], [0, 3]]
    """
    p, q, r, s = (cells[..., i, j] for i in (0, 1) for j in (0, 1))
    while (left := r != 0).any():
        quotient = np.where(left, p // np.where(left, r, 1), 0)
        p, q, r, s = (
            np.where(left, r, p),
            np.where(left, s, q),
            np.where(left, p - quotient * r, r),
            np.where(left, q - quotient * s, s),
        )
    sign, d = np.sign(p), np.abs(s)
    return np.stack([p * sign, q * sign % d, np.zeros_like(d), d], -1).reshape(cells.shape)


def sublattices(nets: Nets, max_area: float) -> Sublattices:
    """Sublattices of nets with cells up to max_area [m2], one of each orbit of the net's symmetry.

    >>> from epitropy.epitaxy.nets import net, single
    >>> len(sublattices(single(net(np.eye(2))), 2.0).cells)  # the net, its 1 x 2 cell, its 45 degree cell
    3
    """
    most = (max_area / nets.area * (1 + 1e-9)).astype(np.int64)
    every = hermite_cells(int(most.max(initial=0)))
    up_to = np.searchsorted(determinant(every), most, side="right")
    net, place = ranges(np.zeros_like(up_to), up_to)
    own = _key(every)[place]
    keys = _key(hermite_form(every[place][:, None] @ nets.half[net]))
    first = own == keys.min(1, initial=np.iinfo(np.int64).max)
    net, keeps = net[first], (keys == own[:, None])[first]
    keeps &= nets.exists[net]
    cells = shortest_pair(every[place[first]], nets.basis[net])
    cells[determinant(cells) < 0, 1] *= -1
    return Sublattices(nets=nets, net=net, cells=cells, keeps=keeps, changes=_changes(cells, nets.half[net], keeps))


def _key(forms: np.ndarray) -> np.ndarray:
    return (forms[..., 0, 0] << 40) + (forms[..., 0, 1] << 20) + forms[..., 1, 1]


def _changes(cells: np.ndarray, half: np.ndarray, keeps: np.ndarray) -> np.ndarray:
    """U = cells g cells^-1, exact in integers where the operation keeps the sublattice."""
    product = cells[:, None] @ half @ adjugate(cells)[:, None]
    return np.where(keeps[..., None, None], product // determinant(cells)[:, None, None, None], 0)
