"""A crystal seen along one of its axes: columns of atoms in the plane of a drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import product

import numpy as np

from ..records.structure import Structure

SAME = 1e-12  # m
LITHIUM, METAL, OXYGEN = "Li", "M", "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of atoms: places [m], sublattice, the host layer (whole number) each is in, and who sits there."""

    x: np.ndarray
    y: np.ndarray
    site: np.ndarray
    slab: np.ndarray
    element: np.ndarray | None = None  # None: nobody yet

    def where(self, kept: np.ndarray) -> Columns:
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return Columns(**{k: None if v is None else v[kept] for k, v in parts.items()})


def zone_axis(facet: tuple[int, int, int]) -> tuple[int, int, int]:
    """Direction [uv0] of a hexagonal crystal that lies in a facet, u h + v k = 0; seen along it layers lean left.

    >>> zone_axis((1, 0, 4)), zone_axis((0, 1, 2)), zone_axis((1, 1, 0)), zone_axis((0, 0, 3))
    ((0, 1, 0), (-1, 0, 0), (-1, 1, 0), (0, 1, 0))
    """
    h, k, _ = facet
    if h == 0 and k == 0:
        return (0, 1, 0)
    common = math.gcd(h, k)
    return (-k // common, h // common, 0)


def shortest_in_plane(structure: Structure, plane: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shortest lattice vector [uvw] of small indices that lies in a plane."""
    steps = [s for s in product(range(-2, 3), repeat=3) if any(s) and not np.dot(s, plane)]
    return min(steps, key=lambda s: (round(float(np.linalg.norm(s @ structure.cell.matrix)) * 1e14), s))


def tilt_of_layers(structure: Structure, facet: tuple[int, int, int]) -> float:
    """Angle in rad between the basal planes of a crystal and a facet.

    >>> from ..catalogue import phase
    >>> from ..crystals.library import structure_of
    >>> round(math.degrees(tilt_of_layers(structure_of(phase("NCM90")), (1, 0, 4))), 1)
    55.0
    """
    normal, basal = (np.linalg.solve(structure.cell.matrix, np.array(p, dtype=float)) for p in (facet, (0, 0, 1)))
    cosine = normal @ basal / np.linalg.norm(normal) / np.linalg.norm(basal)
    return math.acos(min(1.0, abs(float(cosine))))


def columns(
    structure: Structure,
    plane: tuple[int, int, int],
    axis: tuple[int, int, int],
    width: float,
    low: float,
    high: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns of atoms with ``plane`` lying level and ``axis`` towards the eye: x, y [m], label, height of each atom.

    The origin of the cell, where a cation is, lies half a plane's spacing below height 0, so that no atom is cut. The
    last array is the atom's place along the cell's c axis in metres, which tells layers apart.
    """
    key = (structure.cell, structure.labels, structure.positions.tobytes(), structure.positions.shape)
    return _columns(*key, plane, axis, width, low, high)


@lru_cache(maxsize=32)
def _columns(cell, labels, positions, shape, plane, axis, width, low, high):
    matrix = cell.matrix
    atoms = np.frombuffer(positions).reshape(shape)
    up = np.linalg.solve(matrix, np.array(plane, dtype=float))
    spacing = 1 / np.linalg.norm(up)
    frame = _frame(up * spacing, np.array(axis) @ matrix)
    along = np.linalg.norm(np.array(axis) @ matrix)
    low_y, high_y = low + spacing / 2, high + spacing / 2
    corners = np.array(list(product((0.0, width), (low_y, high_y), (0.0, along)))) @ frame @ np.linalg.inv(matrix)
    ranges = [np.arange(math.floor(a) - 1, math.ceil(b) + 2) for a, b in zip(corners.min(0), corners.max(0))]
    cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    cells = cells[_near(cells @ matrix @ frame.T, (width, low_y, high_y, along), np.abs(matrix).sum())]
    fractional = (cells[:, None] + atoms).reshape(-1, 3)
    place = fractional @ matrix @ frame.T
    inside = (place[:, 2] > -SAME) & (place[:, 2] < along - SAME) & (place[:, 0] >= 0) & (place[:, 0] <= width)
    inside &= (place[:, 1] >= low_y) & (place[:, 1] <= high_y)
    label = np.tile(np.array(labels), len(cells))
    return place[inside, 0], place[inside, 1] - spacing / 2, label[inside], fractional[inside, 2] * cell.c


def _near(corner: np.ndarray, box: tuple[float, float, float, float], reach: float) -> np.ndarray:
    """Cells that may hold an atom of the box; most of a long thin box's are far away."""
    width, low, high, along = box
    x, y, z = corner.T
    level = (x > -reach) & (x < width + reach) & (y > low - reach) & (y < high + reach)
    return level & (z > -reach) & (z < along + reach)


def _frame(up: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """Rows: right, up, towards the eye."""
    eye = towards / np.linalg.norm(towards)
    return np.array([np.cross(up, eye), up, eye])
