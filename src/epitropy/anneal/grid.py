"""Graded cells from the interface between film and host, and the areas of their faces on a sphere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]

_HOST_SHARE = 0.7  # of all cells


def cell_widths(length: float, cells: int, slope: float) -> Array:
    """Widths (cells,) that grow geometrically from an interface and add up to ``length``, in m.

    The faces follow z(u) = L (e^(bu) - 1)/(e^b - 1), u in 0..1, with dz/du(0) = ``slope``: doubling ``cells``
    halves every cell, so that the order of the method is kept. A slope of ``length`` or more gives equal
    cells.

    >>> cell_widths(1.0, 2, 0.5).round(3).tolist()
    [0.348, 0.652]
    """
    u = np.linspace(0.0, 1.0, cells + 1)
    if slope >= 0.999 * length:
        return np.diff(u) * length
    ratio = length / slope
    growth = brentq(lambda b: math.expm1(b) / b - ratio, 1e-9, 2 * math.log(ratio) + 10)
    return np.diff(np.expm1(growth * u)) * length / math.expm1(growth)


def film_and_host_cells(film: float, host: float, cells: int, slope: float) -> tuple[Array, Array]:
    """Widths of the cells in film and host, m, both from their interface; no film cells without a film.

    >>> film, host = film_and_host_cells(7e-9, 1e-6, 100, 2e-9)
    >>> film.size, host.size, float(film.sum().round(15)), float(host.sum().round(12))
    (30, 70, 7e-09, 1e-06)
    """
    inner = math.ceil(_HOST_SHARE * cells) if film > 0 else cells
    outer = cell_widths(film, cells - inner, slope) if film > 0 else np.empty(0)
    return outer, cell_widths(host, inner, slope)


def areas(widths: Array, surface: float, radius: float | None) -> tuple[Array, Array]:
    """Areas of the faces (cells + 1,) and mean areas of the cells (cells,), over that of the host surface.

    ``widths`` in m from the deep host outwards, ``surface`` the distance of the host surface from the
    innermost face. On a particle of ``radius`` the area goes as r^2; all ones on a plane (``radius`` None).

    >>> faces, cells = areas(np.array([1.0, 1.0]), 2.0, 2.0)
    >>> faces.tolist(), (3 * cells).tolist()
    ([0.0, 0.25, 1.0], [0.25, 1.75])
    """
    if radius is None:
        return np.ones(widths.size + 1), np.ones(widths.size)
    from_centre = np.concatenate([[0.0], np.cumsum(widths)]) + max(0.0, radius - surface)
    reduced = from_centre / radius
    inner, outer = reduced[:-1], reduced[1:]
    return reduced**2, (inner * inner + inner * outer + outer * outer) / 3
