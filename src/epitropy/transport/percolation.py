"""Networks of a periodic energy map: from which energy on they run through the crystal, and along which vectors.

Points join in rising energy. Every point knows the lattice vector from its network's first point; a link within a
network that closes a loop over a lattice vector w lets it run along w. Its loops and its lowest point at an energy are
read once all points up to that energy are joined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..compiled import compiled
from ..errors import InputError


@dataclass(frozen=True, slots=True)
class Event:
    """A network runs in more dimensions than any part of it did below this energy.

    loops: lattice vectors that span them, shape (dimensions, 3). site: flat index of its lowest point; saddle: of the
    first point that closed a loop.
    """

    energy: float
    loops: np.ndarray
    site: int
    saddle: int

    @property
    def dimensions(self) -> int:
        return len(self.loops)


def events(energy: np.ndarray, cap: float) -> list[Event]:
    """Every gain of dimensions, in rising energy, up to the first network that runs everywhere or to the cap.

    Of networks that open at one energy the one with the lowest site comes first.
    energy: periodic along all three axes, shape (n_a, n_b, n_c), any unit; the cap is counted from its lowest value.
    Points are neighbours if they share a face, an edge or a corner.

    >>> x = np.cos(2 * np.pi * np.arange(12) / 12)
    >>> found = events(x[:, None, None] + 2 * x[:, None] + 4 * x, 20.0)
    >>> [(e.energy, e.loops.tolist()[-1]) for e in found]  # each -4 + 2 - 1 and so on
    [(-5.0, [1, 0, 0]), (-3.0, [0, 1, 0]), (1.0, [0, 0, 1])]
    """
    if energy.ndim != 3 or min(energy.shape) < 3 or not np.isfinite(energy).all():
        raise InputError("energy", f"a map of shape {energy.shape}", "finite numbers, at least 3 points an axis")
    flat = np.ascontiguousarray(energy).ravel()
    low = np.flatnonzero(flat <= flat.min() + cap)
    order = low[np.argsort(flat[low], kind="stable")].astype(np.int32)
    gains = _grow(order, flat, np.array(energy.shape))
    found = [Event(float(flat[p]), loops[:rank].astype(int), int(site), int(p)) for rank, loops, site, p in gains]
    return sorted(found, key=lambda event: (event.energy, flat[event.site]))


@compiled
def _grow(order, energy, shape):
    """Join points in the given order: rank, loops, lowest point and closing point at every gain."""
    points = energy.size
    parent = np.full(points, -1, np.int32)  # -1: not yet there
    offset = np.zeros((points, 3), np.int16)  # cells from the parent's image to the one that it is joined to
    size = np.ones(points, np.int32)
    came = np.zeros(points, np.int32)  # a root's network: when its lowest point came
    rank = np.zeros(points, np.int8)
    told = np.zeros(points, np.int8)  # highest rank of its parts at lower energies
    loops = np.zeros((points, 3, 3), np.int16)
    gains = [(rank[0], loops[0].copy(), order[0], order[0])]
    closing = [order[0]]
    closing.clear()
    for step in range(order.size):
        p = order[step]
        parent[p], came[p] = p, step
        _join(p, shape, parent, offset, size, came, rank, told, loops)
        root = _root(parent, offset, p)
        if rank[root] > told[root]:
            closing.append(p)
        if step + 1 < order.size and energy[order[step + 1]] == energy[p]:
            continue
        everywhere = False
        for q in closing:
            root = _root(parent, offset, q)
            if rank[root] > told[root]:
                gains.append((rank[root], loops[root].copy(), order[came[root]], q))
                told[root] = rank[root]
                everywhere |= rank[root] == 3
        if everywhere:
            break
        closing.clear()
    return gains[1:]


@compiled
def _join(p, shape, parent, offset, size, came, rank, told, loops):
    """Link a point with its neighbours that are there."""
    vector = np.zeros(3, np.int16)
    i, j, k = p // (shape[1] * shape[2]), p // shape[2] % shape[1], p % shape[2]
    for code in range(27):
        x, y, z = i + code // 9 - 1, j + code // 3 % 3 - 1, k + code % 3 - 1
        q = (x % shape[0] * shape[1] + y % shape[1]) * shape[2] + z % shape[2]
        if q == p or parent[q] < 0:
            continue
        vector[0], vector[1], vector[2] = x // shape[0], y // shape[1], z // shape[2]
        a, b = _root(parent, offset, p), _root(parent, offset, q)
        vector += offset[p] - offset[q]  # cells from a to b by this link
        if a == b:
            _add(loops, rank, a, vector)
            continue
        if size[a] < size[b]:
            a, b = b, a
            vector *= -1
        parent[b] = a
        offset[b] = vector
        size[a] += size[b]
        came[a] = min(came[a], came[b])
        told[a] = max(told[a], told[b])
        for n in range(rank[b]):
            _add(loops, rank, a, loops[b, n])


@compiled
def _root(parent, offset, p):
    """The network's first point; p and what lies between then hang on it directly."""
    root = p
    total = np.zeros(3, np.int16)
    while parent[root] != root:
        total += offset[root]
        root = parent[root]
    while parent[p] != root and p != root:
        above, own = parent[p], offset[p].copy()
        parent[p] = root
        offset[p] = total
        total -= own
        p = above
    return root


@compiled
def _add(loops, rank, a, vector):
    """Keep a loop of network a if it is independent of those it has."""
    w = vector.astype(np.int64)
    known = loops[a].astype(np.int64)
    if rank[a] == 3 or not w.any():
        return
    if rank[a] == 1 and not np.cross(known[0], w).any():
        return
    if rank[a] == 2 and (np.cross(known[0], known[1]) * w).sum() == 0:
        return
    loops[a, rank[a]] = vector
    rank[a] += 1
