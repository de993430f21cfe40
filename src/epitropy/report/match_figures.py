"""Figures of ``epitropy match``: all matches as cost against common cell, and the best followed over charge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..records.sourced import Sourced
from .figures import BLUE, GREY, ORANGE, RED, STYLE, Drawing, columns, legend_above
from .match_tables import ENERGY
from .numbers import field, shown
from .strain_figures import Track, numbers, strain_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.alignment import AlignedMatch, MatchAnswer

_NAMED = 6  # matches whose orientation is written out
_FOLLOWED = 4  # and those that are followed over charge


def cost_figure(answer: MatchAnswer) -> Drawing | None:
    """Every match as largest energy (or strain) over the area of its common cell; the best named."""
    if not answer.matches:
        return None
    area = np.array([float(field(m.match, "area")) for m in answer.matches])
    named = "; ".join(f"{m.rank}: {m.match.orientation}" for m in answer.matches[:_NAMED])
    cost, label, unit = _cost(answer.matches)
    word = "energy" if "energy" in unit else "strain"
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 4.6), layout="constrained", facecolor="white")
        axes = figure.subplots()
        axes.plot(
            area, cost, "o", color=GREY, markersize=3, alpha=0.35, markeredgewidth=0, label="a match", rasterized=True
        )
        running = np.array([m.match.continuation for m in answer.matches])
        if running.any():
            axes.plot(
                area[running], cost[running], "*", color=RED, markersize=19, label="oxygen layers run on", zorder=4
            )
        _front(axes, area, cost)
        _number(axes, answer.matches[:_NAMED], area, cost)
        axes.set(xscale="log", yscale="log", xlabel="area of the common cell / Å²", ylabel=label)
        legend_above(axes, 3)
    return Drawing(
        name="cost",
        title="Cost of every match",
        caption=(
            f"{len(answer.matches)} of {answer.number} coherent matches of {answer.film.name} on {answer.host.name}. "
            "Low and left is better; on the line lie those that no other beats in both, numbered by rank. A small "
            f"cell repeats the bonds across the interface often, a low {word} lets the film grow thicker. {named}."
        ),
        figure=figure,
        header=("rank", "orientation", "area_A2", unit),
        rows=columns([m.rank for m in answer.matches], [m.match.orientation for m in answer.matches], area, cost),
    )


def _cost(matches: tuple[AlignedMatch, ...]) -> tuple[np.ndarray, str, str]:
    """What is drawn upwards: the largest energy, else the one energy, else the larger strain."""
    if all(m.largest_energy is not None for m in matches):
        found = np.array([float(shown(m.largest_energy, ENERGY)) for m in matches])
        return np.maximum(found, 1e-6), "largest energy over charge / (J/m²/nm)", "largest_energy_J_m2_per_nm"
    if all(m.match.energy_per_thickness is not None for m in matches):
        found = np.array([float(field(m.match, "energy_per_thickness")) for m in matches])
        return np.maximum(found, 1e-6), "energy / (J/m²/nm)", "energy_J_m2_per_nm"
    found = np.array([100 * float(np.hypot(*m.match.principal_strain)) for m in matches])
    return np.maximum(found, 1e-4), "root of the summed squared strains / %", "strain_percent"


def _front(axes: Axes, area: np.ndarray, cost: np.ndarray) -> None:
    order = np.lexsort((cost, area))
    best = np.minimum.accumulate(cost[order])
    keep = np.concatenate([[True], best[1:] < best[:-1]])
    axes.step(area[order][keep], cost[order][keep], where="post", color=BLUE, linewidth=1.3, label="not beaten in both")


def _number(axes: Axes, matches: tuple[AlignedMatch, ...], area: np.ndarray, cost: np.ndarray) -> None:
    for m, x, y in zip(matches, area, cost):
        axes.plot(x, y, "o", color=ORANGE, markersize=12, markeredgecolor="#444444", markeredgewidth=0.6, zorder=5)
        axes.annotate(f"{m.rank}", (x, y), ha="center", va="center_baseline", fontsize=8, zorder=6)


def charge_figure(answer: MatchAnswer) -> Drawing | None:
    """Misfit, signed stress and critical thickness of the first matches over lithium content."""
    followed = [m for m in answer.matches[:_FOLLOWED] if m.path is not None]
    if not followed:
        return None
    toughness = Sourced(value=answer.limits.toughness, unit="J/m2", grade="assumed", label="interface toughness")
    tracks = [
        Track(path=replace(m.path, name=f"{m.rank}  {m.match.orientation}"), toughness=toughness) for m in followed
    ]
    header, arrays = numbers(tracks)
    return Drawing(
        name="charge",
        title="The best matches while the host breathes",
        caption=(
            f"{answer.film.name} clamped to {answer.host.name} by its first {len(tracks)} matches, from x = 1 down to "
            f"{answer.limits.lowest_lithium:.2g}; critical thickness at an interface toughness of "
            f"{answer.limits.toughness:g} J/m² (assumed): a thicker film cracks or lets go."
        ),
        figure=strain_figure(tracks),
        header=header,
        rows=columns(*arrays),
    )
