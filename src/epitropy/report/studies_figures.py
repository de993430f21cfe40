"""Figures of several studies: retention beside each other, capacity curves over each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import __version__
from .facts import at_medians, treated_cell
from .figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, Drawing, blank_canvas, legend_above, wrapped
from .numbers import field

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .studies import Told

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY, BLACK)
DASHES = ("-", "--", "-.", ":")


def retention_forest(told: Sequence[Told]) -> Drawing | None:
    """Retention of every cell of every study: median and 80 % interval, or the range of scenarios at the medians."""
    rows = [(t, cell, *found) for t in told for cell in t.study.cells if (found := _kept(t, cell)) is not None]
    if not rows:
        return None
    figure, (axes,) = blank_canvas(_footer(told), 1.1 + 0.36 * len(rows))
    for y, (t, _, kind, low, middle, high, reported) in enumerate(rows):
        colour = COLOURS[told.index(t) % len(COLOURS)]
        axes.plot([low, high], [y, y], color=colour, linewidth=2.2, linestyle=":" if kind == "medians" else "-")
        axes.plot(middle, y, "s" if kind == "calibrated" else "o", color=colour, markeredgecolor="white", markersize=7)
        if reported is not None:
            axes.plot(reported, y, "D", markerfacecolor="white", markeredgecolor=BLACK, markersize=6.5, zorder=5)
    axes.plot([], [], "D", markerfacecolor="white", markeredgecolor=BLACK, label="reported")
    axes.plot([], [], "o", color=GREY, label="predicted")
    axes.plot([], [], "s", color=GREY, label="calibrated")
    axes.set_yticks(range(len(rows)), [wrapped(f"{t.name}, {cell}", 34) for t, cell, *_ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("retention at the last cycle / %")
    axes.grid(axis="y", visible=False)
    legend_above(axes, 3)
    return Drawing(
        name="retention",
        title="Retention, study by study",
        caption="Bars: median and 80 % interval; dotted, without draws: middle and range of the scenarios with every "
        "input at its median. Calibrated cells were fitted, so their agreement is no evidence.",
        figure=figure,
        header=("study", "cell", "basis", "low_percent", "median_percent", "high_percent", "reported_percent"),
        rows=tuple((t.name, cell, *numbers) for t, cell, *numbers in rows),
    )


def _kept(t: Told, cell: str) -> tuple[str, float, float, float, float | None] | None:
    """(basis, low, middle, high, reported) in per cent; None where nothing could be solved."""
    told = t.study.reported.get(cell)
    aim = told.retention.get(t.study.cells[cell].protocol.cycles) if told else None
    reported = 100 * aim.value if aim else None
    if t.result.headline is not None:
        found = t.result.headline.cells[cell]
        low, middle, high = (100 * getattr(found.retention, end) for end in ("low", "value", "high"))
        return found.basis, low, middle, high, reported
    kept = [life[2] for life in at_medians(t.result, cell).values()]
    return ("medians", min(kept), float(np.median(kept)), max(kept), reported) if kept else None


def capacity_overlay(told: Sequence[Told]) -> Drawing | None:
    """Predicted cells' capacity over cycles on common axes; studies without draws by one line a scenario."""
    figure, (axes,) = blank_canvas(_footer(told), 4.2)
    rows: list[tuple[object, ...]] = []
    for i, t in enumerate(told):
        look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i // len(COLOURS) % len(DASHES)]}
        rows += _band(axes, t, look) if t.result.headline is not None else _lines(axes, t, look)
    if not rows:
        return None
    axes.set(xlabel="cycle number", ylabel="discharge capacity / (mAh/g)")
    axes.margins(x=0.02)
    legend_above(axes, 2)
    return Drawing(
        name="overlay",
        title="Capacity of the predicted cells",
        caption="Median and 80 % band over draws, scenarios weighted equally; without draws one line a scenario.",
        figure=figure,
        header=("study", "cell", "scenario", "cycle", "low_mAh_g", "median_mAh_g", "high_mAh_g"),
        rows=tuple(rows),
    )


def _band(axes: Axes, t: Told, look: dict) -> list[tuple[object, ...]]:
    cell = treated_cell(t.study)
    band = t.result.headline.cells[cell].band
    cycle, low, median, high = (field(band, n) for n in ("cycle", "low", "median", "high"))
    axes.fill_between(cycle, low, high, color=look["color"], alpha=0.15, linewidth=0)
    axes.plot(cycle, median, linewidth=1.8, label=f"{t.name}, {cell}", **look)
    return [(t.name, cell, "all", *row) for row in zip(cycle, low, median, high)]


def _lines(axes: Axes, t: Told, look: dict) -> list[tuple[object, ...]]:
    cell, rows, label = treated_cell(t.study), [], f"{t.name}, {treated_cell(t.study)} (medians)"
    for scenario, life in t.result.cells[cell].cycling.items():
        cycle, capacity = field(life, "cycle"), field(life, "capacity")
        axes.plot(cycle, capacity, linewidth=0.9, alpha=0.8, label=label, **look)
        rows += [(t.name, cell, scenario, n, None, c, None) for n, c in zip(cycle, capacity)]
        label = None
    return rows


def _footer(told: Sequence[Told]) -> str:
    hashes = ", ".join(dict.fromkeys(t.result.hash[:8] for t in told))
    return f"epitropy {__version__}  ·  {hashes}"
