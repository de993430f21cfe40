"""Stage 3 of Figure 1 drawn: columns of atoms, lithium's ways, the electrolyte."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from .figure_parts import (
    DEEP,
    FAINT,
    FILM,
    HOST,
    LIQUID,
    LITHIUM_ARROW,
    NM,
    SOFT,
    STOP,
    WAY,
    bar,
    between,
    darker,
    depth_axis,
    fit,
    scale_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.scene import Grown


GAP = 0.55  # nm of paper where heights are left out


def draw_atoms(axes: Axes, grown: Grown, colours) -> None:
    """Columns of atoms, strip by strip; what lies between two strips is a gap of paper."""
    shifts = _shifts(grown)
    width = NM * grown.width
    bottom = NM * grown.strips[0][0]
    top = NM * grown.strips[-1][1] + shifts[-1]
    fit(axes, (0, width), (bottom, top))
    covered, thick = NM * grown.covered_to, NM * grown.thickness
    pieces = []
    for (low, high), shift in zip(grown.strips, shifts):
        low, high = NM * low, NM * high
        pieces.append((low, high, shift))
        _background(axes, low, high, shift, width, covered, thick)
        _ways(axes, grown, low, high, shift)
        _ends(axes, grown, low, high, shift)
        _atoms(axes, grown, colours, low, high, shift)
    _molecules(axes, grown, shifts)
    _turned_back(axes, grown, shifts)
    _gaps(axes, grown, shifts)
    _names(axes, grown, shifts)
    depth_axis(axes, pieces)


def _shifts(grown: Grown) -> list[float]:
    """How far down each strip is drawn, nm."""
    found = [0.0]
    for (_, below), (above, _) in zip(grown.strips, grown.strips[1:]):
        found.append(found[-1] - NM * (above - below) + GAP)
    return found


def _background(axes: Axes, low: float, high: float, shift: float, width: float, covered: float, thick: float) -> None:
    def band(x: float, right: float, bottom: float, top: float, colour: str) -> None:
        bottom, top = max(bottom, low), min(top, high)
        if top > bottom and right > x:
            axes.add_artist(Rectangle((x, bottom + shift), right - x, top - bottom, color=colour, lw=0, zorder=0))

    band(0, width, -math.inf, 0, between(HOST, "#ffffff", 0.45))
    band(0, covered, 0, thick, FILM)
    band(0, covered, thick, math.inf, LIQUID)
    band(covered, width, 0, math.inf, LIQUID)


def _ways(axes: Axes, grown: Grown, low: float, high: float, shift: float) -> None:
    clip = Rectangle((0, low + shift), NM * grown.width, high - low, transform=axes.transData)
    for path in grown.paths:
        x, y = NM * np.array(path.x), NM * np.array(path.y) + shift
        wide = 0.2 * scale_of(axes)
        (band,) = axes.plot(
            x, y, color=WAY, linewidth=wide, solid_capstyle="round", alpha=1.0 if path.open else FAINT, zorder=1
        )
        band.set_clip_path(clip)


def _atoms(axes: Axes, grown: Grown, colours, low: float, high: float, shift: float) -> None:
    x, y = NM * np.array(grown.atoms.x), NM * np.array(grown.atoms.y)
    element = np.array(grown.atoms.element)
    inside = (y >= low - 1e-6) & (y <= high + 1e-6)
    scale = scale_of(axes)
    for name in reversed(colours):
        mine = inside & (element == name)
        diameter = {"O": 0.085, "Li": 0.125}.get(name, 0.2) * scale
        edge = SOFT if name == "Li" else darker(colours[name], 0.75)
        axes.scatter(
            x[mine],
            y[mine] + shift,
            s=diameter**2,
            color=colours[name],
            edgecolors=edge,
            linewidths=0.5 if name != "O" else 0.2,
            zorder={"O": 2, "Li": 3}.get(name, 4),
        )


def _ends(axes: Axes, grown: Grown, low: float, high: float, shift: float) -> None:
    """An arrow where lithium comes out, a bar where it stops."""
    for path in grown.paths:
        if len(path.x) < 2:
            continue
        (x0, x), (y0, y) = (NM * np.array(v[-2:]) for v in (path.x, path.y))
        if not (low <= y <= high and 0 <= x <= NM * grown.width) or not grown.tilt:
            continue
        along = np.array([x - x0, y - y0]) / math.hypot(x - x0, y - y0)
        if path.open:
            start, end = np.array([x, y + shift]) - 0.12 * along, np.array([x, y + shift]) + 0.25 * along
            axes.annotate("", end, start, arrowprops=LITHIUM_ARROW, zorder=8)
        else:
            across = 0.12 * np.array([-along[1], along[0]])
            end = np.array([x, y + shift]) + 0.14 * along
            axes.plot(*zip(end - across, end + across), color=STOP, linewidth=1.8, zorder=8)


def _molecules(axes: Axes, grown: Grown, shifts: list[float]) -> None:
    """Molecules of the electrolyte where it is: drawn, not computed."""
    rng = np.random.default_rng(3)
    top = NM * grown.strips[-1][1] + shifts[-1]
    scale_bar = [(x, top - 0.2) for x in NM * grown.width - np.arange(0, 1.6, 0.3)]
    arrows = [(x, NM * grown.thickness + shifts[-1] + 0.6) for x in _turns(grown)] + [(x, 0.8) for x in _entries(grown)]
    kept = [np.array(place) for place in scale_bar + arrows]  # room for what stands there
    for (low, high), shift in zip(grown.strips, shifts):
        for _ in range(600):
            x, y = rng.uniform(0.25, NM * grown.width - 0.25), rng.uniform(NM * low, NM * high - 0.2)
            floor = NM * grown.thickness if x < NM * grown.covered_to + 0.3 else 0.0
            place = np.array([x, y + shift])
            if y < floor + 0.38 or any(np.hypot(*(place - k)) < 0.62 for k in kept):
                continue
            kept.append(place)
            turn = rng.uniform(0, 2 * math.pi) + np.array([0, 2, 4]) * math.pi / 3
            for angle, tone in zip(turn, ("#8fa0d8", "#8fa0d8", "#c58fa9")):
                arm = place + 0.09 * np.array([math.cos(angle), math.sin(angle)])
                axes.add_artist(Circle(arm, 0.085, facecolor=tone, edgecolor="white", linewidth=0.4, zorder=5))


def _turns(grown: Grown) -> list[float]:
    """Where the electrolyte is drawn turned back, nm."""
    covered = NM * grown.covered_to
    return [0.36 * covered, 0.74 * covered] if covered > 3 else [0.5 * covered] if covered else []


def _entries(grown: Grown) -> list[float]:
    """Where it is drawn going down to the bare host, nm; only beside a layer, and where there is room."""
    covered, bare = NM * grown.covered_to, NM * (grown.width - grown.covered_to)
    return [covered + 0.62 * bare] if covered and bare > 0.8 else []


def _turned_back(axes: Axes, grown: Grown, shifts: list[float]) -> None:
    """Arrows of the electrolyte: turned back by the layer, down to the host where that is bare."""
    top = NM * grown.thickness + shifts[-1]
    style = {"arrowstyle": "-|>,head_width=2.6,head_length=4", "color": DEEP, "linewidth": 1.8, "zorder": 9}
    for x in _turns(grown):
        bounce = "arc3,rad=1.15"
        ends = (x - 0.28, top + 0.78), (x + 0.28, top + 0.78)
        axes.add_artist(
            FancyArrowPatch(*ends, connectionstyle=bounce, shrinkA=0, shrinkB=0, mutation_scale=1.2, **style)
        )
    for x in _entries(grown):
        ends = (x, 1.15), (x, 0.42)
        axes.add_artist(FancyArrowPatch(*ends, shrinkA=0, shrinkB=0, mutation_scale=1.2, **style))


def _gaps(axes: Axes, grown: Grown, shifts: list[float]) -> None:
    """A torn gap with what it leaves out."""
    width = NM * grown.width
    for (_, below), (above, _), shift in zip(grown.strips, grown.strips[1:], shifts):
        y = NM * below + shift
        x = np.linspace(0, width, 61)
        for edge, sign in ((y, 1), (y + GAP, -1)):
            teeth = edge + sign * 0.07 * (np.arange(61) % 2)
            axes.fill_between(x, teeth, edge - sign * 0.1, color="white", linewidth=0, zorder=7)
        axes.text(
            width / 2,
            y + GAP / 2,
            f"{NM * (above - below):.1f} nm of the layer left out",
            fontsize=8.5,
            style="italic",
            color=SOFT,
            ha="center",
            va="center",
            zorder=9,
        )


def _names(axes: Axes, grown: Grown, shifts: list[float]) -> None:
    """What is what, right of the atoms; a scale bar in the electrolyte."""
    width, thick = NM * grown.width, NM * grown.thickness
    low, high = NM * grown.strips[0][0], NM * grown.strips[-1][1] + shifts[-1]
    x = width + 0.2
    top = thick + shifts[-1]
    axes.text(x, (top + high) / 2 + 0.05, "electrolyte", fontsize=10.5, fontweight="bold", color=DEEP, va="bottom")
    words = f"kept off {100 * grown.coverage:.0f} %\nof the surface" if thick else "touches the host\neverywhere"
    axes.text(x, (top + high) / 2, words, fontsize=8.5, color=DEEP, va="top", linespacing=1.3)
    axes.text(x, low / 2 + 0.05, "host", fontsize=10.5, fontweight="bold", color=SOFT, va="bottom")
    axis = "".join(f"{abs(i)}" + "\u0305" * (i < 0) for i in grown.zone_axis)
    axes.text(
        x, low / 2, f"({grown.facet}) facet,\nalong [{axis}]", fontsize=8.5, color=SOFT, va="top", linespacing=1.3
    )
    if thick:
        axes.text(x, top / 2, "layer", fontsize=10.5, fontweight="bold", color="#a87b1e", va="center")
    bar(axes, width - 1.25, high - 0.35, 1.0, "1 nm")
