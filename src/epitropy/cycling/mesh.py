"""Where the half-cell's finite volumes lie: shells of a sphere, and cells through separator and cathode."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .parameters import Model

GRADING = 1.8  # shells get thinner towards the surface: faces at 1 - (1 - s)^GRADING of the radius


class Resolution(NamedTuple):
    """How finely a life is computed; ``steps`` per full swing of lithium at constant current."""

    shells: int = 40
    separator: int = 5
    cathode: int = 8
    steps: int = 200


class Mesh(NamedTuple):
    """Shells of the unit sphere by their share of its volume, cells of the electrolyte by their width [m]."""

    volume: np.ndarray  # (shells,) sums to 1
    link: np.ndarray  # (shells - 1,) 3 r^2 of the face over the distance of the centroids
    depth: float  # of the outer shell's centroid
    outer_gap: float  # distance of the outer two centroids
    outer_weight: float  # place of the outer centroid within its shell
    width: np.ndarray  # (cells,) from the lithium metal to the collector
    porosity: np.ndarray
    transport: np.ndarray  # effective over bulk transport
    path: np.ndarray  # m, width times the mean share of the current, over the transport factor
    separator: int  # cells of the separator; the others are the cathode's


def mesh_of(m: Model, resolution: Resolution) -> Mesh:
    """The mesh of a cell.

    The current in the electrolyte is whole in the separator and falls linearly through the cathode; weighed with the
    potential it adds there, the share is (1 - s)^2 with s the place in the cathode, integrated exactly by cell.
    """
    separator = (m.separator_thickness, m.separator_porosity, m.separator_transport)
    return _mesh(resolution, separator, (m.electrode_thickness, m.electrode_porosity, m.electrode_transport))


@lru_cache(maxsize=32)  # a calibration asks for the same one a hundred times
def _mesh(resolution: Resolution, separator: tuple[float, ...], cathode: tuple[float, ...]) -> Mesh:
    """Thickness, porosity and transport factor of either part."""
    face = 1 - (1 - np.linspace(0, 1, resolution.shells + 1)) ** GRADING
    cubes = np.diff(face**3)
    centroid = 0.75 * np.diff(face**4) / cubes
    parts = ((resolution.separator, separator), (resolution.cathode, cathode))
    width, porosity, transport = (
        np.concatenate([np.full(cells, part[i] / (cells if i == 0 else 1)) for cells, part in parts]) for i in range(3)
    )
    left = 1 - np.arange(resolution.cathode + 1) / resolution.cathode
    share = np.concatenate([np.ones(resolution.separator), resolution.cathode * -np.diff(left**3) / 3])
    return Mesh(
        volume=cubes,
        link=3 * face[1:-1] ** 2 / np.diff(centroid),
        depth=1 - centroid[-1],
        outer_gap=centroid[-1] - centroid[-2],
        outer_weight=(centroid[-1] - face[-2]) / (1 - face[-2]),
        width=width,
        porosity=porosity,
        transport=transport,
        path=width * share / transport,
        separator=resolution.separator,
    )
