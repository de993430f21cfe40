"""The figure of what the gain is made of: stacked shares of the layer's features, a row a scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .attribution import REST, capacity, effects, points
from .facts import known_cell, treated_cell
from .figures import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, Drawing, canvas, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.headline import Attribution, Effect
    from ..records.result import StudyResult
    from ..study import Study

COLOURS = (BLUE, ORANGE, PURPLE, SKY, GREEN, RED)
PALE = "#bdbdbd"  # of the rest

Ends = Callable[["Effect"], tuple[float, float, float]]


def shares(result: StudyResult, study: Study) -> Drawing | None:
    """Median shares of every feature, in points of retention and in mAh/g; None where nothing was split."""
    split = result.headline.attribution if result.headline else ()
    if not split:
        return None
    figure, axes = canvas(result, 1.55 + 0.36 * len(split), ncols=2, sharey=True)
    cycles = study.cells[treated_cell(study)].protocol.cycles
    for one, of in zip(axes, (points, capacity)):
        _bars(one, split, of)
    axes[0].set_yticks(range(len(split)), [a.scenario for a in split], fontsize=8.5)
    axes[0].set_ylim(len(split) - 0.5, -0.5)
    axes[0].set_xlabel(f"change of retention\nafter {cycles} cycles / percentage points")
    axes[1].set_xlabel(f"change of capacity\nat cycle {cycles} / (mAh/g)")
    legend_above(axes[0], 4)
    header = ("scenario", "part", *(f"{q}_{end}" for q in ("points", "mAh_g") for end in ("low", "median", "high")))
    return Drawing(
        name="attribution",
        title="What the gain is made of",
        caption=_caption(split, study),
        figure=figure,
        header=header,
        rows=tuple(
            (a.scenario, name, *points(effect), *capacity(effect))
            for a in split
            for name, effect in {**effects(a), "gain": a.total}.items()
        ),
    )


def _bars(axes: Axes, split: Sequence[Attribution], of: Ends) -> None:
    """Helping parts stacked to the right, costing ones to the left, the whole gain with its interval below them."""
    rows = np.arange(len(split))
    right, left = np.zeros(len(split)), np.zeros(len(split))
    names = list(effects(split[0]))
    for name, colour in zip(names, (*COLOURS, PALE)):
        value = np.array([of(effects(a)[name])[1] for a in split])
        start = np.where(value >= 0, right, left)
        label = "the rest (mass, anneal)" if name == REST else name
        axes.barh(rows - 0.1, value, 0.5, left=start, color=colour, edgecolor="white", linewidth=0.4, label=label)
        right, left = right + np.maximum(value, 0), left + np.minimum(value, 0)
    low, middle, high = np.array([of(a.total) for a in split]).T
    axes.hlines(rows + 0.28, low, high, color=BLACK, linewidth=1.3)
    label = "gain: median and 80 % interval"
    axes.plot(middle, rows + 0.28, "D", color=BLACK, markersize=4, label=label, markeredgecolor="white")
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.04)


def _caption(split: Sequence[Attribution], study: Study) -> str:
    fewest, most = min(a.draws for a in split), max(a.draws for a in split)
    draws = f"{most}" if fewest == most else f"{fewest} to {most}"
    return (
        f"Gain of {treated_cell(study)} over {known_cell(study)} in each declared scenario, shared out among the "
        "layer's features by Shapley's value. Bars: medians of the shares over "
        f"{draws} draws, what helps to the right of zero, what costs to the left; intervals of the shares stand in "
        "the tables below. In each draw shares add up to the gain, their medians need not. A share of retention is no "
        "share of capacity: what lowers cycle 1 raises the retention."
    )
