"""Graded cells from the interface between film and host, and the areas of their faces on a sphere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

Array = NDArray[np.float64]

_HOST_SHARE = 0.7  # of all cells
_UNMOVED_SHARE = 0.3  # of all cells, that stay where they are when a grid is moved to where profiles bend
_FEWEST_FILM_CELLS = 8


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


def moved_to_bends(film: Array, host: Array, fraction: Array, cells: int) -> tuple[Array, Array]:
    """Widths of ``cells`` cells in film and host, m, dense where a profile on an earlier grid bends.

    ``film`` and ``host`` are that grid's widths, both from their interface, ``fraction`` (species, x) its profile,
    deep host first. Two-point differences err as h^2 |x''|, so cells go as sqrt(max_i |x_i''|); some stay, because
    the profile was sharper at the interface before.

    >>> film, host = film_and_host_cells(7e-9, 1e-6, 40, 2e-9)
    >>> step = np.where(np.arange(40) < 28, 0.0, 1.0)[None, :]
    >>> finer = moved_to_bends(film, host, step, 40)
    >>> bool(finer[1][0] < host[0]), float(finer[0].sum().round(15)), float(finer[1].sum().round(12))
    (True, 7e-09, 1e-06)
    """
    widths = np.concatenate([host[::-1], film])
    wanted = _cells_wanted(widths, fraction)
    inner, outer = wanted[: host.size][::-1], wanted[host.size :]
    if film.size == 0:
        return film, _spread(host, inner, cells)
    in_film = round(cells * float(np.clip(outer.sum(), _FEWEST_FILM_CELLS / cells, 0.5)))
    return _spread(film, outer, in_film), _spread(host, inner, cells - in_film)


def _cells_wanted(widths: Array, fraction: Array) -> Array:
    """Share of all cells (x,) that each cell of a grid should get."""
    centres = np.cumsum(widths) - widths / 2
    bend = np.zeros(widths.size)
    bend[1:-1] = np.abs(np.diff(np.diff(fraction) / np.diff(centres)) / widths[1:-1]).max(axis=0)
    density = np.sqrt(bend)
    for _ in range(2):
        density = np.convolve(np.pad(density, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    wanted = density * widths
    even = np.full(widths.size, 1 / widths.size)
    if wanted.sum() == 0:
        return even
    return _UNMOVED_SHARE * even + (1 - _UNMOVED_SHARE) * wanted / wanted.sum()


def _spread(widths: Array, wanted: Array, cells: int) -> Array:
    """Widths of ``cells`` cells over the same length, each with an equal share of ``wanted``."""
    count = np.concatenate([[0.0], np.cumsum(wanted)])
    faces = np.concatenate([[0.0], np.cumsum(widths)])
    inner = PchipInterpolator(count / count[-1], faces)(np.linspace(0, 1, cells + 1)[1:-1])
    return np.diff(np.concatenate([[0.0], inner, faces[-1:]]))


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
