"""The figure of what the gain is made of: stacked shares of the layer's features, a row a scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .attribution import FEWEST, GAIN, REST, capacity, effects, mean_capacity, mean_points, points
from .facts import known_cell, treated_cell
from .figures import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, Drawing, canvas, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.headline import Attribution, Effect
    from ..records.result import StudyResult
    from ..study import Study

COLOURS = (BLUE, ORANGE, PURPLE, SKY, GREEN, RED)
PALE = "#bdbdbd"  # of the rest


def shares(result: StudyResult, study: Study) -> Drawing | None:
    """Mean shares of every feature, in points of retention and in mAh/g; None where nothing was split."""
    split = result.headline.attribution if result.headline else ()
    if not split:
        return None
    figure, axes = canvas(result, 1.55 + 0.36 * len(split), ncols=2, sharey=True)
    cycles = study.cells[treated_cell(study)].protocol.cycles
    _bars(axes[0], split, mean_points, points)
    _bars(axes[1], split, mean_capacity, capacity)
    axes[0].set_yticks(
        range(len(split)), [f"{a.scenario}, {a.draws} draw{'s' if a.draws > 1 else ''}" for a in split], fontsize=8.5
    )
    axes[0].set_ylim(len(split) - 0.5, -0.5)
    axes[0].set_xlabel(f"change of retention\nafter {cycles} cycles / percentage points")
    axes[1].set_xlabel(f"change of capacity\nat cycle {cycles} / (mAh/g)")
    legend_above(axes[0], 4, order=(*range(1, len(effects(split[0])) + 1), 0))  # matplotlib puts lines before bars
    ends = ("mean", "low", "median", "high")
    header = ("scenario", "part", *(f"{end}_{unit}" for unit in ("points", "mAh_g") for end in ends))
    return Drawing(
        name="attribution",
        title="What the gain is made of",
        caption=_caption(split, study),
        figure=figure,
        header=header,
        rows=tuple(
            (a.scenario, name, mean_points(e), *points(e), mean_capacity(e), *capacity(e))
            for a in split
            for name, e in {**effects(a), GAIN: a.total}.items()
        ),
    )


def _bars(axes: Axes, split: Sequence[Attribution], mean: Callable[[Effect], float], of: Callable) -> None:
    """Helping parts stacked to the right, costing ones to the left, the whole gain with its interval below them."""
    rows = np.arange(len(split))
    right, left = np.zeros(len(split)), np.zeros(len(split))
    names = list(effects(split[0]))
    for name, colour in zip(names, (*COLOURS, PALE)):
        value = np.array([mean(effects(a)[name]) for a in split])
        start = np.where(value >= 0, right, left)
        label = "the rest (mass, anneal)" if name == REST else name
        axes.barh(rows - 0.12, value, 0.5, left=start, color=colour, edgecolor="white", linewidth=0.4, label=label)
        right, left = right + np.maximum(value, 0), left + np.minimum(value, 0)
    for row, found in zip(rows, split):
        if found.draws >= FEWEST:
            low, _, high = of(found.total)
            axes.hlines(row + 0.28, low, high, color=BLACK, linewidth=1.3)
    middle = [mean(a.total) for a in split]
    look = {"color": BLACK, "markersize": 4.5, "markeredgecolor": "white"}
    axes.plot(middle, rows + 0.28, "D", label="gain: mean, 80 % interval", **look)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.04)


def _caption(split: Sequence[Attribution], study: Study) -> str:
    return (
        f"Gain of {treated_cell(study)} over {known_cell(study)} in each declared scenario, shared out among the "
        "layer's features by Shapley's value. Bars: means of the shares over the draws, which add up to the mean gain; "
        f"what helps lies right of zero, what costs left; an interval is drawn from {FEWEST} draws on. Medians and "
        "intervals of the shares stand in the tables below. What lowers cycle 1 raises the retention: a share of one "
        "is no share of the other."
    )
