"""How near two faces may come, and where on each other they nest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from .nets import shortest_pair
from .slabs import row_basis

_STEP = 0.3e-10  # m: registries are tried at least this close
_PARTS = (1, 2, 3, 4, 6, 12, 24)  # of a net vector: halves, thirds and sixths are where ions nest
_RANGE = 6e-10  # m: of the attraction that chooses between equal gaps
Pairs = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Ions near a face: element, charge [e], (u, v) along the common edges, depth below the face [m]."""

    elements: np.ndarray
    charge: np.ndarray
    in_plane: np.ndarray
    depth: np.ndarray


def contact_gap(lower: Face, upper: Face, edges: np.ndarray, nearest: Pairs, shift: np.ndarray) -> float:
    """Smallest height [m] between the outermost ions at which no pair is nearer than ``nearest`` [m] allows.

    A pair at r along the plane needs sqrt(d^2 - r^2) between its heights; the largest need of all pairs less
    their depths is the gap. edges: of the common cell [m], (2, 2); shift: (u, v) of the upper face.

    >>> one = Face(elements=np.array(["O"]), charge=np.zeros(1), in_plane=np.zeros((1, 2)), depth=np.zeros(1))
    >>> float(contact_gap(one, one, 4e-10 * np.eye(2), {("O", "O"): 2.5e-10}, np.array([0.5, 0.0]))) == 1.5e-10
    True
    """
    return _gaps(lower, upper, edges, nearest, shift[None])[0]


def nested_shift(lower: Face, upper: Face, edges: np.ndarray, nearest: Pairs, net: np.ndarray) -> np.ndarray:
    """The (u, v) of the upper face at which the faces come closest.

    Of equals the one where the ions attract each other most, by q_i q_j (1 - r/R)^2 / r up to R = 6 angstrom, then
    the smallest. net: rows (u, v) that change nothing, see `common_net`; a grid of its cell is tried, in halves,
    thirds and so on.
    """
    parts = [_parts(np.linalg.norm(row @ edges)) for row in net]
    grid = np.array([(i / parts[0], j / parts[1]) for i, j in product(*map(range, parts))])
    shifts = (grid - np.rint(grid - 1e-9)) @ net
    order = np.argsort(np.linalg.norm(shifts @ edges, axis=1).round(14), kind="stable")
    gaps = np.array(_gaps(lower, upper, edges, nearest, shifts[order]))
    best = shifts[order][gaps <= gaps.min() + 1e-14]
    if len(best) == 1:
        return best[0]
    energies = np.array([_attraction(lower, upper, edges, gaps.min(), shift) for shift in best])
    return best[np.flatnonzero(energies <= energies.min() + 1e-6 * np.abs(energies).max())[0]]


def _attraction(lower: Face, upper: Face, edges: np.ndarray, gap: float, shift: np.ndarray) -> float:
    from scipy.spatial import cKDTree

    under, over = lower.depth < _RANGE, upper.depth < _RANGE
    places, home = _spread(lower.in_plane[under], edges, _RANGE)
    tree = cKDTree(np.column_stack([places, -lower.depth[under][home]]))
    above = np.column_stack([(upper.in_plane[over] + shift) % 1 @ edges, gap + upper.depth[over]])
    pairs = cKDTree(above).sparse_distance_matrix(tree, _RANGE, output_type="ndarray")
    charges = upper.charge[over][pairs["i"]] * lower.charge[under][home][pairs["j"]]
    return float((charges * (1 - pairs["v"] / _RANGE) ** 2 / pairs["v"]).sum())


def common_net(host_cells: np.ndarray, film_cells: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Shifts (u, v) that the crystals do not notice: all that both nets span together; reduced rows.

    host_cells, film_cells: the common edges as integer rows on either net.

    >>> common_net(np.array([[2, 0], [0, 1]]), np.array([[3, 0], [0, 1]]), np.eye(2)).round(6).tolist()
    [[0.166667, 0.0], [0.0, 1.0]]
    """
    rows, parts = [], 1
    for cells in (host_cells, film_cells):
        (a, b), (c, d) = cells.tolist()
        rows.append((a * d - b * c, np.array([[d, -b], [-c, a]])))
        parts *= a * d - b * c
    spanned = row_basis(np.concatenate([adjugate * (parts // index) for index, adjugate in rows]))
    return shortest_pair(spanned[None], edges)[0] / parts


def allowed_distances(
    host: Mapping[tuple[str, str], float], film: Mapping[tuple[str, str], float], charges: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """How near every pair of elements may come across an interface [m].

    As near as in either crystal. A pair that neither knows: ions of one sign like the nearest ions of that sign,
    all others the mean of the nearest neighbours that each has at home.
    """
    pairs = [pair for pair in {**host, **film} if set(pair) <= set(charges)]
    known = {pair: min(host.get(pair, math.inf), film.get(pair, math.inf)) for pair in pairs}
    found: dict[tuple[str, str], float] = {}
    for one, other in product(sorted(charges), repeat=2):
        pair = (min(one, other), max(one, other))
        found[one, other] = known.get(pair) or _guessed(one, other, known, charges)
    return found


def _guessed(one: str, other: str, known: Pairs, charges: Mapping[str, float]) -> float:
    sign = np.sign(charges[one])
    if sign and sign == np.sign(charges[other]):
        alike = [d for (a, b), d in known.items() if np.sign(charges[a]) == np.sign(charges[b]) == sign]
        if alike:
            return min(alike)
    own = [min((d for pair, d in known.items() if e in pair), default=0.0) for e in (one, other)]
    return sum(own) / 2


def _parts(length: float) -> int:
    return next((k for k in _PARTS if length / k <= _STEP), _PARTS[-1])


def _gaps(lower: Face, upper: Face, edges: np.ndarray, nearest: Pairs, shifts: np.ndarray) -> list[float]:
    from scipy.spatial import cKDTree

    reach = max(nearest[a, b] for a in set(lower.elements.tolist()) for b in set(upper.elements.tolist()))
    under, over = lower.depth < reach, upper.depth < reach
    points, home = _spread(lower.in_plane[under], edges, reach)
    tree, names = cKDTree(points), lower.elements[under][home]
    limit = {b: np.array([nearest[a, b] for a in names.tolist()]) for b in set(upper.elements[over].tolist())}
    limits = np.array([limit[b] for b in upper.elements[over].tolist()])
    depth = lower.depth[under][home]
    gaps = []
    for shift in shifts:
        places = (upper.in_plane[over] + shift) % 1 @ edges
        pairs = cKDTree(places).sparse_distance_matrix(tree, reach, output_type="ndarray")
        i, j, apart = pairs["i"], pairs["j"], pairs["v"]
        needed = np.sqrt(np.maximum(limits[i, j] ** 2 - apart**2, 0)) - depth[j] - upper.depth[over][i]
        gaps.append(float(max(needed.max(initial=0.0), 0.0)))
    return gaps


def _spread(in_plane: np.ndarray, edges: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Points of the plane [m] within reach of the cell, and which ion each is."""
    heights = np.abs(np.linalg.det(edges)) / np.linalg.norm(edges[::-1], axis=1)
    spans = [range(-k, k + 1) for k in np.ceil(reach / heights).astype(int)]
    images = np.array(list(product(*spans)))
    return ((in_plane % 1)[None] + images[:, None]).reshape(-1, 2) @ edges, np.tile(
        np.arange(len(in_plane)), len(images)
    )
