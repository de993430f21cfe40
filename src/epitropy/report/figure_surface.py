"""Stage 1 of Figure 1 drawn: a piece of surface from the front and above."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Circle, Polygon, Rectangle

from .figure_parts import (
    HOST,
    HOST_DARK,
    HOST_EDGE,
    INK,
    LINE,
    LOOK,
    NM,
    SOFT,
    ball,
    bar,
    between,
    fit,
    length_text,
    nice,
)
from .numbers import low_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.scene import Heated, Mixed


SECTION = 330.0  # nm of the front that is shown in stage 1

Box = tuple[float, float, float, float]  # left, bottom, width, height
Colours = Mapping[str, str]


def draw_surface(
    axes: Axes, mixed: Mixed, colours: dict[str, str], heated: Heated
) -> tuple[float, float, float, float]:
    """The piece of surface from the front and above; gives the box that stage 2 magnifies."""
    width, depth = NM * mixed.width, NM * mixed.depth
    unit = width / 1280  # everything that is only drawn keeps its proportion to the piece
    flat, front = depth * math.sin(LOOK), SECTION * unit * math.cos(LOOK)
    fit(axes, (-12 * unit, width + 12 * unit), (-front - 20 * unit, flat + 455 * unit))
    rng = np.random.default_rng(1)
    _surface(axes, mixed, front, rng)
    for one in sorted(mixed.agglomerates, key=lambda a: -a.y):
        if 0 <= one.x <= mixed.width and 0 <= one.y <= mixed.depth:
            place = NM * one.x, NM * (one.y * math.sin(LOOK) + one.radius * math.cos(LOOK))
            ball(axes, place, NM * one.radius, colours[mixed.leading[one.precursor]], zorder=10)
    _whole_particle(axes, mixed, (175 * unit, flat + 225 * unit), 165 * unit, (0.42 * width, flat), rng)
    _precursors(axes, mixed, colours, (0.44 * width, flat + 300 * unit), unit)
    length = nice(0.25 * width)
    bar(axes, 30 * unit, -front + 30 * unit, length, length_text(length))
    seen = NM * heated.width
    return 0.72 * width, NM * heated.low * math.cos(LOOK), seen, NM * (heated.high - heated.low) * math.cos(LOOK)


def _surface(axes: Axes, mixed: Mixed, front: float, rng: np.random.Generator) -> None:
    for grain in mixed.grains:
        outline = np.column_stack([grain.x, np.array(grain.y) * math.sin(LOOK)]) * NM
        tone = between(HOST, "#eef2f6", rng.uniform())
        axes.add_artist(
            Polygon(outline, facecolor=tone, edgecolor=HOST_EDGE, linewidth=1.0, zorder=2, joinstyle="round")
        )
    edges = sorted({round(NM * x, 3) for g in mixed.grains for x, y in zip(g.x, g.y) if abs(y) < 1e-6 * mixed.depth})
    feet = [x + (0.16 * front * rng.uniform(-1, 1) if 0 < i < len(edges) - 1 else 0) for i, x in enumerate(edges)]
    for (left, right), (foot_left, foot_right) in zip(zip(edges, edges[1:]), zip(feet, feet[1:])):
        torn = np.linspace(foot_right, foot_left, 7)
        below = [(x, -front * (1 - 0.05 * ((i + 1) % 2))) for i, x in enumerate(torn)]
        tone = between(HOST_DARK, "#d3dae3", rng.uniform())
        corners = [(left, 0), (right, 0), *below]
        axes.add_artist(
            Polygon(corners, facecolor=tone, edgecolor=HOST_EDGE, linewidth=1.0, zorder=2, joinstyle="round")
        )


def _whole_particle(axes: Axes, mixed: Mixed, centre, radius: float, to: tuple[float, float], rng) -> None:
    """The secondary particle with its grains, at its own scale, and which piece of it is shown."""
    from scipy.spatial import Voronoi

    size = radius * mixed.grain_size / mixed.particle_diameter * 2
    count = min(600, max(12, round((2 * radius / size) ** 2)))
    seeds = rng.uniform(-1.15, 1.15, (count, 2)) * radius + centre
    rim = Circle(centre, radius, facecolor=HOST_DARK, edgecolor=HOST_EDGE, linewidth=1.2, zorder=5)
    axes.add_artist(rim)
    found = Voronoi(seeds)
    for region in (found.regions[i] for i in found.point_region):
        if region and -1 not in region:
            tone = between(HOST_DARK, "#eef2f6", rng.uniform())
            grain = Polygon(found.vertices[region], facecolor=tone, edgecolor=HOST_EDGE, linewidth=0.25, zorder=6)
            axes.add_artist(grain)
            grain.set_clip_path(rim)
    light = Circle((centre[0] - 0.3 * radius, centre[1] + 0.3 * radius), 0.55 * radius, color="white", alpha=0.22, lw=0)
    light.set_zorder(7)
    axes.add_artist(light)
    axes.add_artist(Circle(centre, radius, fill=False, edgecolor=HOST_EDGE, linewidth=1.2, zorder=8))
    side = 2 * radius * mixed.width / mixed.particle_diameter
    x, y = centre[0] + 0.35 * radius, centre[1] - 0.45 * radius
    axes.add_artist(Rectangle((x, y), side, side, fill=False, edgecolor=INK, linewidth=1.1, zorder=9))
    axes.plot([x, 0], [y, to[1]], color=LINE, linewidth=0.9, zorder=1)
    axes.plot([x + side, NM * mixed.width], [y, to[1]], color=LINE, linewidth=0.9, zorder=1)
    text = f"particle, {length_text(NM * mixed.particle_diameter)}"
    axes.text(centre[0] - radius, centre[1] + 1.12 * radius, text, fontsize=9, color=SOFT, va="bottom")


def _precursors(axes: Axes, mixed: Mixed, colours, place: tuple[float, float], unit: float) -> None:
    x, y = place
    for name, share in mixed.volume_shares.items():
        ball(axes, (x, y), 26 * unit, colours[mixed.leading[name]], zorder=12)
        axes.text(
            x + 48 * unit, y, f"{low_numbers(name)}, {100 * share:.0f} vol%", fontsize=9.5, color=INK, va="center"
        )
        y -= min(78, 240 / len(mixed.volume_shares)) * unit
