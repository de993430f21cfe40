"""A block structure seen down its columns: octahedra, tetrahedra, shear planes and open columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..records.structure import Block
from .wadsley_roth import edges, origin, sites_of, steps, windows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which stays distinct for all common kinds of colour vision
_LEVELS = ("#A6D8F0", "#0072B2")  # octahedra at height 0 and b/2
_TETRAHEDRON, _WALL, _COLUMN, _CELL = "#E69F00", "#D55E00", "#F0E442", "#000000"
_AROUND = np.array([[2, 0], [0, 2], [-2, 0], [0, -2]])  # oxygens around a metal, grid points
_REACH = 3  # steps to each side, more than is seen


def picture(block: Block) -> Figure:
    """Look down b: octahedra at 0 light and at b/2 dark, walls between blocks, open columns, one cell dashed; in nm."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    scale = _scale(block)
    for i in range(-_REACH, _REACH + 1):
        for j in range(-_REACH, _REACH + 1):
            _draw_block(axes, block, (i, j), scale)
    _draw_cell(axes, block, scale)
    middle = scale * 2 * np.array([block.m - 1, block.n - 1])
    half = scale * 1.45 * (2 * max(block.m, block.n) - 1) * 2
    axes.set(xlim=middle[0] + np.array([-half, half]), ylim=middle[1] + np.array([-half, half]), aspect="equal")
    axes.set(xlabel="nm", ylabel="nm", title=f"{block.structure.name}, {block.m} x {block.n} blocks, seen along b")
    _legend(figure, block.tetrahedra)
    return figure


def _scale(block: Block) -> float:
    """nm per grid point, from the cell's area."""
    a, c = edges(*steps(block.m, block.n, block.tetrahedra))
    area = block.structure.cell.volume / block.structure.cell.b
    return math.sqrt(area / abs(int(a[0] * c[1] - a[1] * c[0]))) * 1e9


def _draw_block(axes: Axes, block: Block, place: tuple[int, int], scale: float) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Rectangle

    m, n = block.m, block.n
    first, second = steps(m, n, block.tetrahedra)
    shift = (place[0] * first + place[1] * second)[:2]
    level = sum(place) % 2
    sites = sites_of(m, n, block.tetrahedra)
    octahedra = (sites["M"][:, None, :2] + _AROUND + shift) * scale
    style = {"edgecolor": "#303030", "linewidth": 0.4, "zorder": 1 + level}
    axes.add_collection(PolyCollection(octahedra, facecolor=_LEVELS[level], alpha=0.85, **style))
    for x, z, _ in sites.get("T", ()):
        corner = (np.array([x - 1, z - 1]) + shift) * scale
        axes.add_patch(Rectangle(corner, 2 * scale, 2 * scale, facecolor=_TETRAHEDRON, edgecolor="#303030", zorder=4))
    wall = (np.array([-1, -1]) + shift) * scale  # the middle of the sheared layer
    size = (2 * (2 * m - 1) * scale, 2 * (2 * n - 1) * scale)
    axes.add_patch(Rectangle(wall, *size, fill=False, edgecolor=_WALL, linewidth=1.6, zorder=3))
    columns = (windows_of(m, n)[:, :2] + shift) * scale
    axes.scatter(*columns.T, s=55, facecolor=_COLUMN, edgecolor="#000000", linewidth=1.1, zorder=5)


def _draw_cell(axes: Axes, block: Block, scale: float) -> None:
    a, c = edges(*steps(block.m, block.n, block.tetrahedra))
    corners = origin(block.m, block.n, block.tetrahedra)[:2] + np.array([0 * a, a, a + c, c, 0 * a])
    x, z = (corners * scale).T
    axes.plot(x, z, color=_CELL, linestyle=(0, (5, 3)), linewidth=1.4, zorder=6)


def _legend(figure: Figure, tetrahedra: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries = [Patch(color=_LEVELS[0], label="octahedra at 0"), Patch(color=_LEVELS[1], label="octahedra at b/2")]
    entries += [Patch(color=_TETRAHEDRON, label="tetrahedral site")] if tetrahedra else []
    round_mark = {"marker": "o", "markersize": 7, "markerfacecolor": _COLUMN, "markeredgecolor": "#000000"}
    entries += [
        Line2D([], [], linestyle="none", label="open column along b", **round_mark),
        Line2D([], [], color=_WALL, linewidth=1.6, label="shear plane"),
        Line2D([], [], color=_CELL, linestyle=(0, (5, 3)), linewidth=1.4, label="conventional cell"),
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=3, frameon=False)
