"""Figure of the ways through one structure: site energy along the line of sight, and the barrier by facet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..crystals.wadsley_roth import edges, model, model_names, origin, steps
from ..records.pathways import Landscape, Pathways
from ..units import Unit
from .figures import BLUE, GREY, ORANGE, STYLE, Drawing
from .numbers import shown, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.structure import Structure

_EV = Unit("J", show="eV")
_WIDTH = 1.4  # nm that the map shows at least
_POINTS = 400  # of the map, each way
_AROUND = 8  # cells or blocks to each side, more than is seen
_MOST = 4.0  # eV above the lowest site, where the colours end
_WORDS = {1: "one direction", 2: "two directions", 3: "three directions"}
_STEPS = ((0, (1, 0)), (0, (4, 2)), (0, (1, 1.5)))


def pathway_figure(found: Pathways, energies: Landscape, structure: Structure | None = None) -> Drawing:
    """Left: the lowest site energy along each line of sight, down the network's first direction. Right: facets.

    The structure adds its cations as dots; a Wadsley-Roth model of that name adds the outlines of its blocks.
    """
    axis = _line_of_sight(found)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 4.3), layout="constrained", facecolor="white")
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        _map(left, found, energies, axis, structure)
        _bars(right, found)
    return Drawing(
        name="pathways",
        title=f"Ways of {found.ion} through {found.name}",
        caption=_caption(found, axis),
        figure=figure,
        header=("facet", "barrier_through_eV", "barrier_along_eV", "open"),
        rows=tuple((label, _ev(f.through), _ev(f.along), str(f.open)) for label, f in found.facets.items()),
    )


def _ev(energy: float) -> float:
    return float(shown(energy, _EV)) if math.isfinite(energy) else math.inf


def _line_of_sight(found: Pathways) -> int:
    """The axis next to the first direction of the easiest network; c where it runs everywhere."""
    if not found.ways or found.ways[0].dimensions == 3:
        return 2
    return int(np.abs(found.ways[0].directions[0]).argmax())


def _flat(energies: Landscape, axis: int) -> np.ndarray:
    """Projections [nm] of the other two edges on the plane across the line of sight, shape (2, 2), rows on rows."""
    matrix = energies.cell.matrix * 1e9
    first, second = (matrix[i] for i in range(3) if i != axis)
    sight = matrix[axis] / np.linalg.norm(matrix[axis])
    first, second = first - (first @ sight) * sight, second - (second @ sight) * sight
    x = first / np.linalg.norm(first)
    y = np.cross(sight, x)
    y = y if second @ y > 0 else -y
    return np.array([[first @ x, first @ y], [second @ x, second @ y]])


def _map(axes: Axes, found: Pathways, energies: Landscape, axis: int, structure: Structure | None) -> None:
    edge = _flat(energies, axis)
    x, y, value = _raster(energies, axis, edge)
    top = min(_MOST, 1.15 * max((_ev(w.threshold) for w in found.ways), default=_MOST))
    levels = np.linspace(0, top, 25)
    drawn = axes.contourf(x, y, np.minimum(value, top * 0.9999), levels=levels, cmap="cividis_r")
    for way, dash in zip(found.ways, _STEPS):
        if _ev(way.threshold) < top:
            axes.contour(x, y, value, levels=[_ev(way.threshold)], colors="#000000", linewidths=0.9, linestyles=[dash])
    _blocks(axes, energies, axis, edge)
    if structure is not None:
        _cations(axes, structure, axis, edge)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) @ edge
    axes.plot(*corners.T, color="#000000", linewidth=1.2, linestyle=(0, (5, 3)), zorder=5)
    ticks = np.arange(0, top + 0.01, 1.0 if top > 2.2 else 0.5 if top > 1 else 0.1)
    label = "lowest site energy on the line / eV"
    axes.figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.9, label=label, ticks=ticks)
    axes.set(aspect="equal", xlabel="nm", ylabel="nm", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.grid(False)
    axes.set_title(f"{found.name}, seen down {'abc'[axis]}", fontsize=10)


def _raster(energies: Landscape, axis: int, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lowest energy along the line of sight [eV] on an upright grid in nm that holds the cell."""
    from scipy.ndimage import map_coordinates

    least = energies.energy.min(axis) - energies.energy.min()
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ edge
    low, high = corners.min(0), corners.max(0)
    room = np.maximum(high - low, _WIDTH)
    high = low + np.maximum(room, 0.85 * room.max())
    x, y = (np.linspace(low[k], high[k], _POINTS) for k in (0, 1))
    fractional = np.stack(np.meshgrid(x, y), -1) @ np.linalg.inv(edge)
    places = np.moveaxis(fractional * least.shape, -1, 0)
    return x, y, shown(map_coordinates(least, places, order=1, mode="grid-wrap"), _EV)


def _blocks(axes: Axes, energies: Landscape, axis: int, edge: np.ndarray) -> None:
    """Outlines of the blocks of a Wadsley-Roth model, seen down b; none where the cell is in another setting."""
    if energies.name not in model_names() or axis != 1:
        return
    made = model(energies.name)
    if not np.allclose(energies.cell.matrix, made.structure.cell.matrix, rtol=0.05, atol=1e-10):
        return
    a, c = edges(*steps(made.m, made.n, made.tetrahedra))
    start = origin(made.m, made.n, made.tetrahedra)[:2]
    first, second = (s[:2] for s in steps(made.m, made.n, made.tetrahedra))
    wide, high = 2 * (2 * made.m - 1), 2 * (2 * made.n - 1)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high], [0, 0]]) - 1
    to_cell = np.linalg.inv(np.array([a, c], dtype=float))
    for i in range(-_AROUND, _AROUND + 1):
        for j in range(-_AROUND, _AROUND + 1):
            x, y = ((corners + i * first + j * second - start) @ to_cell @ edge).T
            axes.plot(x, y, color="#FFFFFF", linewidth=2.4, zorder=3)
            axes.plot(x, y, color="#D55E00", linewidth=1.3, zorder=3.1)


def _cations(axes: Axes, structure: Structure, axis: int, edge: np.ndarray) -> None:
    anions = ("O", "F", "S", "Cl", "Li")
    kept = [k for k, label in enumerate(structure.labels) if not set(structure.occupancy[label]) & set(anions)]
    flat = np.delete(structure.positions[kept] % 1, axis, axis=1)
    cells = np.stack(np.meshgrid(*[np.arange(-_AROUND, _AROUND + 1)] * 2), -1).reshape(-1, 2)
    x, y = ((flat[:, None] + cells).reshape(-1, 2) @ edge).T
    axes.scatter(x, y, s=7, color="#FFFFFF", edgecolor="#303030", linewidth=0.6, zorder=4)


def _bars(axes: Axes, found: Pathways) -> None:
    """Barrier through a film of each facet; a way that is none below the cap has an arrow."""
    rows = sorted(found.facets.items(), key=lambda item: (item[1].through, item[0]), reverse=True)
    finite = [_ev(f.through) for _, f in rows if math.isfinite(f.through)]
    most = max((*finite, *(_ev(w.barrier) for w in found.ways)), default=1.0)
    for k, (_, facet) in enumerate(rows):
        value = _ev(facet.through)
        style = {"color": BLUE} if facet.open else {"facecolor": "#F5D9A8", "edgecolor": ORANGE, "hatch": "///"}
        axes.barh(k, min(value, 1.1 * most), height=0.62, **style)
        word = f"{significant(value, 2)} eV" if math.isfinite(value) else "none below 10 eV"
        axes.text(min(value, 1.1 * most) + 0.02 * most, k, word, va="center", fontsize=8.5)
    for way, dash in zip(found.ways, _STEPS):
        axes.axvline(_ev(way.barrier), color=GREY, linewidth=1.0, linestyle=dash, label=_WORDS[way.dimensions])
    axes.set_yticks(range(len(rows)), [f"({label})" for label, _ in rows])
    axes.set(
        xlim=(0, (1.45 if len(finite) == len(rows) else 2.0) * most),
        xlabel="barrier through a film of this normal / eV",
    )
    axes.grid(axis="y", visible=False)
    _legend(axes, found)


def _legend(axes: Axes, found: Pathways) -> None:
    from matplotlib.patches import Patch

    handles, _ = axes.get_legend_handles_labels()
    handles = [Patch(color=BLUE, label="open"), *handles]
    if not all(f.open for f in found.facets.values()):
        handles.insert(1, Patch(facecolor="#F5D9A8", edgecolor=ORANGE, hatch="///", label="blocked"))
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.42, 1.0), ncols=2, fontsize=8.5, frameon=False)


def _caption(found: Pathways, axis: int) -> str:
    ways = "; ".join(f"{_WORDS[w.dimensions]} at {significant(_ev(w.barrier), 2)} eV" for w in found.ways)
    return (
        f"Lowest bond-valence site energy of {found.ion} along each line parallel to {'abc'[axis]}, above the lowest "
        f"site; lines where a network opens ({ways or 'none'}); dots: cations; dashed: the cell; orange outlines: "
        "blocks of a Wadsley-Roth structure. Right: barrier through a film by its normal, blue where it lets lithium "
        f"through. Framework rigid. {found.note[0].upper()}{found.note[1:]}."
    )
