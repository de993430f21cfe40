"""Stage 2 of Figure 1 drawn: a cut through host and film, with an arrow an element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.patheffects import withStroke

from .figure_parts import FILM, HOST, INK, NM, SOFT, ball, between, darker, depth_axis, fit, scale_of
from .numbers import low_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.scene import Cations, Grown, Heated


def draw_section(axes: Axes, heated: Heated, colours, leading, grown: Grown) -> tuple[float, float, float, float]:
    """The cut at one time of the anneal; gives the box that stage 3 magnifies."""
    width, low, high = NM * heated.width, NM * heated.low, NM * heated.high
    film, film_to = NM * heated.film_thickness, NM * heated.film_to
    fit(axes, (0, width), (low, high))
    axes.add_artist(Rectangle((0, low), width, -low, color=between(HOST, "#ffffff", 0.35), lw=0, zorder=0))
    axes.add_artist(Rectangle((0, 0), film_to, film, color=FILM, lw=0, zorder=0))
    axes.plot([0, width], [0, 0], color=SOFT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=6)
    _dots(axes, heated.cations, colours, 0.66 * NM * heated.spacing)
    for one in heated.left:
        place = NM * one.x, NM * one.y
        ball(axes, place, NM * one.radius, colours[leading[one.precursor]], zorder=12, shadow=False)
        words = f"{low_numbers(one.precursor)}, {100 * heated.undissolved[one.precursor]:.0f} % left"
        axes.text(
            NM * one.x,
            NM * (one.y + 1.08 * one.radius),
            words,
            fontsize=9,
            color=INK,
            ha="center",
            va="bottom",
            zorder=13,
        )
    _arrows(axes, heated, colours, NM * heated.film_to - 1.35 * NM * grown.width)
    depth_axis(axes, [(low, high, 0.0)])
    halo = [withStroke(linewidth=3.5, foreground="white")]
    words = {
        "host": (0.985 * width, low + 4, SOFT, "bottom"),
        heated_gas(heated): (0.015 * width, 0.985 * high, SOFT, "top"),
    }
    for text, (x, y, colour, align) in words.items():
        side = "right" if x > width / 2 else "left"
        found = axes.text(x, y, text, fontsize=10.5, fontweight="bold", color=colour, ha=side, va=align, zorder=14)
        found.set_path_effects(halo)
    view = NM * grown.width
    x = 0.62 * width if not heated.film_to else max(0.0, film_to - 1.15 * view)
    bottom, top = NM * grown.strips[0][0], NM * grown.strips[-1][1]
    return x, bottom, view, top - bottom


def heated_gas(heated: Heated) -> str:
    """What is over the surface while it is hot."""
    return f"gas: {low_numbers(heated.gas)}" if heated.gas else ""


def _dots(axes: Axes, cations: Cations, colours, diameter: float) -> None:
    x, y = NM * np.array(cations.x), NM * np.array(cations.y)
    element = np.array(cations.element)
    size = (scale_of(axes) * diameter) ** 2
    for name in colours:
        mine = element == name
        if mine.any():
            axes.scatter(x[mine], y[mine], s=size, color=colours[name], linewidths=0, zorder=3)


def _arrows(axes: Axes, heated: Heated, colours, room: float) -> None:
    """One arrow an element, from where it left to where it is; its width goes with the root of the amount.

    ``room``: nm along the surface, beside what stage 3 magnifies.
    """
    if not heated.moves:
        return
    most = max(m.amount for m in heated.moves)
    step = room / len(heated.moves)
    size = min(9.5, 0.52 * step * scale_of(axes))  # of the letters, which must not touch
    low = NM * heated.low
    halo = [withStroke(linewidth=3, foreground="white")]
    for i, move in enumerate(heated.moves):
        x = step * (i + 0.6)
        start, end = max(NM * move.start, 0.9 * low), NM * move.end
        wide = 1.6 + 2.4 * math.sqrt(move.amount / most)
        arrow = FancyArrowPatch(
            (x, start),
            (x, end),
            arrowstyle="-|>,head_width=2.6,head_length=4.0",
            linewidth=wide,
            color=darker(colours[move.element], 0.85),
            shrinkA=0,
            shrinkB=0,
            mutation_scale=1.25,
            zorder=15,
            joinstyle="miter",
            capstyle="butt",
        )
        arrow.set_path_effects([withStroke(linewidth=wide + 2.4, foreground="white")])
        axes.add_artist(arrow)
        text = axes.text(
            x,
            NM * heated.film_thickness + 4,
            move.element,
            fontsize=size,
            fontweight="bold",
            ha="center",
            va="bottom",
            color=darker(colours[move.element], 0.85),
            zorder=16,
        )
        text.set_path_effects(halo)
