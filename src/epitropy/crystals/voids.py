"""Room between the ions: the widest ways through a periodic structure, and the directions in which they run.

Purely geometric: the path that keeps farthest from all ion centres follows the edges of their Voronoi cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

import numpy as np

from ..records.structure import Structure
from ..units import Unit
from .neighbours import images

_MARGIN = 9e-10  # m: holes of these oxides are below 4 angstrom wide, so cells in the middle do not feel the cut
_SAME = 1e-4  # fractional coordinates of Voronoi corners that are one
_EQUAL = 1e-14  # m: clearances that are one by symmetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A clearance at which paths come to run in one more independent direction.

    clearance: distance [m] from the narrowest place of the path to the nearest ion centres. nearest: the same by
    sublattice, at one of the narrowest places. dimensions: independent directions open from here on. directions:
    lattice vectors [uvw] that span them, shape (dimensions, 3). networks: separate ways per cell that run so.
    """

    clearance: Annotated[float, Unit("m", show="angstrom")]
    nearest: Annotated[Mapping[str, float], Unit("m", show="angstrom")]
    dimensions: int
    directions: tuple[tuple[int, int, int], ...]
    networks: int


@dataclass(frozen=True, slots=True)
class _Edge:
    """From corner i of the home cell to corner j, ``shift`` cells away; its narrowest place and width [m]."""

    i: int
    j: int
    shift: tuple[int, int, int]
    place: np.ndarray
    width: float

    @property
    def rank(self) -> int:
        return round(self.width / _EQUAL)


def openings(structure: Structure) -> tuple[Opening, ...]:
    """The widest paths through a crystal in one, two and three directions, the widest first.

    Edges of the Voronoi cells are taken in order of their narrowest place. An edge within a network that closes a loop
    over a lattice vector lets that network run along it; the rank of such vectors is its dimension.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> [(o.dimensions, round(o.clearance * 1e10, 2)) for o in openings(model("TiNb2O7").structure)]
    [(1, 2.05), (3, 1.64)]
    """
    ways = _Networks()
    found: list[Opening] = []
    widest_first = sorted(_edges(structure), key=lambda edge: -edge.rank)
    for _, tied in groupby(widest_first, key=lambda edge: edge.rank):
        known, narrow = ways.dimensions, None
        for edge in tied:
            before = ways.dimensions
            ways.join(edge)
            narrow = edge if ways.dimensions > before else narrow
        if ways.dimensions > known:
            found.append(_opening(structure, ways, narrow))
        if ways.dimensions == 3:
            break
    return tuple(found)


def networks(structure: Structure, clearance: float) -> tuple[int, ...]:
    """Dimensions of every separate way through the crystal that keeps the clearance [m] from all ion centres.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> networks(model("TiNb2O7").structure, 2.0e-10)  # a column each
    (1, 1, 1, 1, 1, 1, 1, 1)
    >>> networks(model("TiNb2O7").structure, 1.8e-10)  # a block each
    (1, 1)
    """
    ways = _Networks()
    for edge in _edges(structure):
        if edge.width >= clearance:
            ways.join(edge)
    return tuple(sorted(map(len, ways.loops.values())))


def _opening(structure: Structure, ways: _Networks, narrow: _Edge) -> Opening:
    widest = [loops for loops in ways.loops.values() if len(loops) == ways.dimensions]
    points, atom = images(structure, _MARGIN)
    labels = np.array(structure.labels)[atom]
    distance = np.linalg.norm(points - narrow.place, axis=1)
    return Opening(
        clearance=narrow.width,
        nearest={str(label): float(distance[labels == label].min()) for label in np.unique(labels)},
        dimensions=ways.dimensions,
        directions=tuple(tuple(int(i) for i in loop) for loop in widest[0]),
        networks=len(widest),
    )


def _edges(structure: Structure) -> Iterator[_Edge]:
    """Edges of the Voronoi cells that start in the home cell."""
    from scipy.spatial import Voronoi

    points, _ = images(structure, _MARGIN)
    cells = Voronoi(points * 1e10)  # angstrom: its tolerances are absolute
    corners = cells.vertices * 1e-10
    fractional = corners @ np.linalg.inv(structure.cell.matrix)
    shift = np.floor(fractional + _SAME / 10).astype(int)
    numbers: dict[tuple[int, ...], int] = {}
    keys = np.rint((fractional - shift) / _SAME).astype(int)
    node = [numbers.setdefault(tuple(key), len(numbers)) for key in keys.tolist()]
    for (ion, _), ring in zip(cells.ridge_points, cells.ridge_vertices):
        if -1 in ring:
            continue  # at the cut, far from the cell
        for first, second in zip(ring, [*ring[1:], ring[0]]):
            for i, j in ((first, second), (second, first)):
                if not shift[i].any():
                    place = _nearest_on(corners[i], corners[j], points[ion])
                    width = float(np.linalg.norm(place - points[ion]))
                    yield _Edge(node[i], node[j], tuple(shift[j].tolist()), place, width)


def _nearest_on(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The place nearest to a point on a straight piece between two others."""
    along = end - start
    length = float(along @ along)
    share = min(max(float((point - start) @ along) / length, 0.0), 1.0) if length else 0.0
    return start + share * along


class _Networks:
    """Corners joined by edges, each with the lattice vector from its network's first corner to itself."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._offset: dict[int, np.ndarray] = {}
        self.loops: dict[int, list[np.ndarray]] = {}  # first corner -> independent lattice vectors it runs along

    @property
    def dimensions(self) -> int:
        return max(map(len, self.loops.values()), default=0)

    def join(self, edge: _Edge) -> None:
        (first, to_i), (other, to_j) = self._root(edge.i), self._root(edge.j)
        vector = to_i + edge.shift - to_j
        if first != other:
            self._parent[other], self._offset[other] = first, vector
            for loop in self.loops.pop(other, []):
                self._add(first, loop)
        elif vector.any():
            self._add(first, vector)

    def _add(self, first: int, vector: np.ndarray) -> None:
        loops = self.loops.setdefault(first, [])
        if np.linalg.matrix_rank(np.array([*loops, vector])) > len(loops):
            loops.append(vector)

    def _root(self, i: int) -> tuple[int, np.ndarray]:
        offset = np.zeros(3, dtype=int)
        while i in self._parent:
            offset = offset + self._offset[i]
            i = self._parent[i]
        return i, offset
