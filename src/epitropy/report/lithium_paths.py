"""Lithium's ways in Figure 1: up the host's layers, and as many on through the layer as it lets pass."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..records.scene import LithiumPath
from .lattice_view import LITHIUM, OXYGEN, Columns

HOP = 0.31e-9  # m; neighbouring cation columns of close-packed oxygen are 0.25 to 0.30 nm apart in the drawing
DETOUR = 60.0  # hops that a way makes to get round one column that holds no lithium


def lithium_paths(
    host: Columns,
    layer: Columns,
    covered_to: float,
    thickness: float,
    share: float,
    whole: bool,
) -> tuple[LithiumPath, ...]:
    """Lithium's ways up the host's layers; of those below the layer a ``share`` goes on, at least one if it is not 0.

    ``whole``: whether the host's lithium layers go on in the layer.
    """
    slabs = [np.flatnonzero((host.site == LITHIUM) & (host.slab == s)) for s in np.unique(host.slab)]
    slabs = [s[np.argsort(host.y[s])] for s in slabs]
    slabs = [s for s in slabs if s.size > 1 and host.y[s[-1]] > host.y.max() - 2 * HOP]
    below = {k: s for k, s in enumerate(slabs) if host.x[s[-1]] >= 0 and _outlet(host, s) < covered_to}
    on = _ways_on(host, layer, below, thickness, whole)
    count = max(math.ceil(min(share, 1.0)), round(share * len(below)))
    chosen = set(sorted(on, key=lambda k: on[k][0])[:count])
    beside = share > 0.5  # whether those pass that come out beside the view
    paths = []
    for k, slab in enumerate(slabs):
        x, y, covered = host.x[slab], host.y[slab], thickness > 0 and _outlet(host, slab) < covered_to
        if covered and k in chosen:
            more = layer.where(np.array(on[k][1], dtype=int))
            x, y = np.append(x, more.x), np.append(y, more.y)
        is_open = k in chosen or not covered or (beside and k not in below)
        if is_open:
            x, y = _with_outlet(x, y)
        paths.append(_path(x, y, is_open, bool(covered)))
    if beside and whole:
        paths += _from_the_right(layer, set(host.slab[np.concatenate(slabs)].tolist()), thickness)
    return tuple(paths)


def _from_the_right(layer: Columns, known: set[int], thickness: float) -> list[LithiumPath]:
    """Lithium layers of a layered layer that enter the view from its right side."""
    found = []
    for slab in np.unique(layer.slab[layer.site == LITHIUM]):
        mine = layer.where((layer.site == LITHIUM) & (layer.slab == slab))
        if slab in known or mine.x.size < 2:
            continue
        mine = mine.where(np.argsort(mine.y))
        comes_out = mine.y[-1] > thickness - 2 * HOP
        places = _with_outlet(mine.x, mine.y) if comes_out else (mine.x, mine.y)
        found.append(_path(*places, True, True))
    return found


def _with_outlet(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same with a point in the electrolyte, one step beyond."""
    return np.append(x, 2 * x[-1] - x[-2]), np.append(y, y[-1] + abs(y[-1] - y[-2]))


def _outlet(host: Columns, slab: np.ndarray) -> float:
    """Where a layer of the host comes out, one lithium column beyond its last, m."""
    return float(2 * host.x[slab[-1]] - host.x[slab[-2]])


def _path(x: np.ndarray, y: np.ndarray, is_open: bool, covered: bool) -> LithiumPath:
    return LithiumPath(x=tuple(x.tolist()), y=tuple(y.tolist()), open=bool(is_open), covered=covered)


def _ways_on(
    host: Columns, layer: Columns, slabs: Mapping[int, np.ndarray], thickness: float, whole: bool
) -> dict[int, tuple[float, list[int]]]:
    """For each host layer its cheapest way through the layer's columns to the top: (cost, columns)."""
    if not layer.x.size:
        return {}
    if whole:
        found = {}
        for k, slab in slabs.items():
            same = np.flatnonzero((layer.site == LITHIUM) & (layer.slab == host.slab[slab[0]]))
            same = same[np.argsort(layer.y[same])]
            if same.size and layer.y[same[-1]] > thickness - 2 * HOP:
                found[k] = (abs(float(layer.x[same[-1]]) - layer.x.mean()), same.tolist())  # mid-view first
        return found
    return _cheapest(host, layer, slabs, thickness)


def _cheapest(
    host: Columns, layer: Columns, slabs: Mapping[int, np.ndarray], thickness: float
) -> dict[int, tuple[float, list[int]]]:
    """Shortest ways from column to column, where one that holds no lithium counts as a long detour."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra
    from scipy.spatial import cKDTree

    cations = np.flatnonzero(layer.site != OXYGEN)
    places = np.column_stack([layer.x[cations], layer.y[cations]])
    tree = cKDTree(places)
    reach = max(HOP, 1.2 * float(np.median(tree.query(places, 2)[0][:, 1])))
    pairs = tree.query_pairs(reach, output_type="ndarray")
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    cost = np.where(layer.element[cations][pairs[:, 1]] == LITHIUM, 1.0, DETOUR)
    graph = csr_matrix((cost, (pairs[:, 0], pairs[:, 1])), shape=(cations.size, cations.size))
    tops = np.array([[host.x[s[-1]], host.y[s[-1]]] for s in slabs.values()]).reshape(-1, 2)
    if not len(tops):
        return {}
    starts = tree.query(tops)[1]
    lengths, before = dijkstra(graph, indices=starts, return_predecessors=True)
    ends = np.flatnonzero(places[:, 1] > thickness - HOP)
    found = {}
    for k, start, row, last in zip(slabs, starts, lengths, before):
        end = int(ends[np.argmin(row[ends])]) if ends.size else -1
        if end < 0 or not np.isfinite(row[end]):
            continue
        way = [end]
        while way[-1] != start:
            way.append(int(last[way[-1]]))
        found[k] = (float(row[end]), cations[way[::-1]].tolist())
    return found
