"""Figures of a fit: data beside the model with what is left, profiles, pairs of parameters, what lies ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..fitting.optimum import RISE_80
from ..records.measured import QUANTITIES
from .figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW, Drawing, canvas, legend_above, wrapped
from .numbers import CAPACITY, pretty, shown

if TYPE_CHECKING:
    from ..records.fit import FitAnswer

COLOURS = (GREY, BLUE, ORANGE, GREEN, PURPLE, RED, SKY, YELLOW)


def curve_figure(answer: FitAnswer) -> Drawing:
    """Capacities with fit and posterior predictive band; below, what the fit leaves."""
    figure, (above, below) = canvas(answer, 5.4, nrows=2, sharex=True, height_ratios=(3, 1))
    rows: list[tuple[object, ...]] = []
    for cell, colour in zip(answer.cells, COLOURS * len(answer.cells)):
        if "capacity" not in cell.data.readings:
            continue
        readings = cell.data.readings["capacity"]
        value, fitted = (shown(v, CAPACITY) for v in (readings.value, cell.fitted["capacity"]))
        ageing = ~np.isfinite(readings.rate)
        curve = shown(cell.curve, CAPACITY)
        if cell.curve_low is not None:
            band = (shown(cell.curve_low, CAPACITY), shown(cell.curve_high, CAPACITY))
            above.fill_between(cell.curve_cycle, *band, color=colour, alpha=0.22, linewidth=0)
        above.plot(cell.curve_cycle, curve, color=colour, linewidth=1.6)
        above.plot(
            readings.cycle[ageing], value[ageing], ".", color=colour, markersize=3.5, alpha=0.8, label=cell.data.name
        )
        if (~ageing).any():
            above.plot(
                readings.cycle[~ageing],
                value[~ageing],
                "^",
                color=colour,
                markersize=6,
                label=f"{cell.data.name}, other rates",
            )
            above.plot(readings.cycle[~ageing], fitted[~ageing], "x", color=BLACK, markersize=6)
        below.plot(readings.cycle[ageing], (value - fitted)[ageing], ".", color=colour, markersize=3.5, alpha=0.8)
        rows += [
            (cell.data.name, float(n), None if not np.isfinite(r) else float(r), v, f)
            for n, r, v, f in zip(readings.cycle, readings.rate, value, fitted)
        ]
    below.axhline(0, color="#444444", linewidth=0.8)
    above.set_ylabel("discharge capacity / (mAh/g)")
    below.set(xlabel="ageing cycle", ylabel="left / (mAh/g)")
    legend_above(above, 3)
    band = (
        " Bands: 80 % of the posterior, without the scatter of readings."
        if any(c.curve_low is not None for c in answer.cells)
        else ""
    )
    return Drawing(
        name="fit",
        title="Data and fit",
        caption=(
            "Points: readings. Lines: best fit, with each cell's own level (mass, loading) and share of fade."
            f"{band} Below: reading less fit."
        ),
        figure=figure,
        header=("cell", "cycle", "rate_C", "capacity_mAh_g", "fitted_mAh_g"),
        rows=tuple(rows),
    )


def other_figure(answer: FitAnswer) -> Drawing | None:
    """Readings that are no capacities beside the fit, one panel a quantity; a single one stands in the table."""
    readings = [(q, len(r.cycle)) for c in answer.cells for q, r in c.data.readings.items()]
    kinds = list(dict.fromkeys(q for q, count in readings if q != "capacity" and count > 1))
    if not kinds:
        return None
    figure, panels = canvas(answer, 3.4, ncols=len(kinds))
    rows: list[tuple[object, ...]] = []
    for axes, kind in zip(panels, kinds):
        unit = QUANTITIES[kind].unit
        for cell, colour in zip(answer.cells, COLOURS * len(answer.cells)):
            if kind not in cell.data.readings:
                continue
            readings = cell.data.readings[kind]
            value, fitted = shown(readings.value, unit), shown(cell.fitted[kind], unit)
            axes.plot(readings.cycle, value, "o", color=colour, markersize=5, label=cell.data.name)
            axes.plot(readings.cycle, fitted, "x-", color=colour, markersize=6, linewidth=1.0)
            rows += [(cell.data.name, kind, *map(float, r)) for r in zip(readings.cycle, value, fitted)]
        axes.set(xlabel="ageing cycle", ylabel=wrapped(f"{QUANTITIES[kind].label} / ({pretty(unit.shown)})", 30))
        axes.set_ylim(bottom=0)
    legend_above(panels[0], 3)
    return Drawing(
        name="other-readings",
        title="Other readings and fit",
        caption="Circles: readings. Crosses: best fit.",
        figure=figure,
        header=("cell", "quantity", "cycle", "reading", "fitted"),
        rows=tuple(rows),
    )


def profile_figure(answer: FitAnswer) -> Drawing:
    """Rise of chi-square along each parameter: a flat one is not told by the data."""
    count = len(answer.profiles)
    columns = min(3, count)
    lines = -(-count // columns)
    figure, panels = canvas(answer, 0.5 + 2.5 * lines, nrows=lines, ncols=columns, sharey=True)
    rows: list[tuple[object, ...]] = []
    for axes, curve, p in zip(panels, answer.profiles, answer.parameters):
        at = shown(curve.at, p.unit)
        axes.plot(at, curve.rise, "o-", color=BLUE, markersize=3.5, linewidth=1.3)
        axes.axhline(RISE_80, color=RED, linewidth=0.9, linestyle="--")
        axes.axvline(float(shown(p.value, p.unit)), color=GREY, linewidth=0.8)
        if p.low is not None:
            axes.axvspan(*(float(shown(v, p.unit)) for v in (p.low, p.high)), color=SKY, alpha=0.25, linewidth=0)
        unit = f" / {pretty(p.unit.shown)}" if p.unit.shown != "1" else ""
        axes.set_xlabel(p.name.replace(".", ".\n") + unit, fontsize=8.5)
        axes.set_ylim(-0.15, 5)
        axes.tick_params(labelsize=8)
        rows += [(p.name, float(a), float(r)) for a, r in zip(at, curve.rise)]
    for axes in panels[count:]:
        axes.set_visible(False)
    for axes in panels[::columns]:
        axes.set_ylabel("rise of χ²")
    shade = " Shaded: the 80 % interval of the posterior." if any(p.low is not None for p in answer.parameters) else ""
    return Drawing(
        name="profiles",
        title="How sharply each parameter is told",
        caption=(
            "Profile likelihood with priors: the other parameters are fitted again at each point. Dashed: the rise at "
            f"the ends of a parabola's 80 % interval.{shade}"
        ),
        figure=figure,
        header=("parameter", "value", "rise_of_chi_square"),
        rows=tuple(rows),
    )


def pair_figure(answer: FitAnswer) -> Drawing | None:
    """The posterior in pairs of parameters; nothing where the chain has not converged."""
    if answer.chain is None or not answer.chain.samples or len(answer.parameters) < 2:
        return None
    params = answer.parameters
    size = len(params) - 1
    figure, panels = canvas(answer, 1.2 + 1.7 * size, nrows=size, ncols=size)
    samples = {p.name: shown(answer.chain.samples[p.name], p.unit) for p in params}
    for j in range(size):
        for i in range(size):
            axes = panels[j * size + i]
            if i > j:
                axes.set_visible(False)
                continue
            x, y = params[i], params[j + 1]
            axes.plot(samples[x.name], samples[y.name], ".", color=BLUE, markersize=1.6, alpha=0.25, rasterized=True)
            axes.plot(*(float(shown(p.value, p.unit)) for p in (x, y)), "+", color=RED, markersize=9)
            axes.tick_params(labelsize=7, rotation=30)
            if j == size - 1:
                axes.set_xlabel(_short(x), fontsize=8)
            else:
                axes.set_xticklabels([])
            if i == 0:
                axes.set_ylabel(_short(y), fontsize=8)
            else:
                axes.set_yticklabels([])
    return Drawing(
        name="pairs",
        title="The posterior in pairs",
        caption=("Samples of the chain; red: best fit. A narrow slanted cloud: two parameters are told only together."),
        figure=figure,
        header=tuple(p.name for p in params),
        rows=tuple(zip(*(map(float, samples[p.name]) for p in params))),
    )


def _short(p) -> str:
    unit = f" / {pretty(p.unit.shown)}" if p.unit.shown != "1" else ""
    return wrapped(f"{p.name.rpartition('.')[2].replace('_', ' ')}{unit}", 16)


def ahead_figure(answer: FitAnswer) -> Drawing | None:
    """Capacity beyond the data with bands."""
    if not answer.extrapolations:
        return None
    figure, (axes,) = canvas(answer, 4.0)
    rows: list[tuple[object, ...]] = []
    read = [c.data.readings["capacity"] for c in answer.cells if "capacity" in c.data.readings]
    for told, readings, colour in zip(answer.extrapolations, read, COLOURS * len(answer.extrapolations)):
        ageing = ~np.isfinite(readings.rate)
        axes.plot(
            readings.cycle[ageing],
            shown(readings.value[ageing], CAPACITY),
            ".",
            color=colour,
            markersize=3,
            label=f"{told.cell}, read",
        )
        median, low, high = (shown(v, CAPACITY) for v in (told.median, told.low, told.high))
        axes.fill_between(told.cycle, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(told.cycle, median, "--", color=colour, linewidth=1.6, label=f"{told.cell}, beyond")
        axes.axvline(told.measured, color="#888888", linewidth=0.8, linestyle=":")
        rows += [(told.cell, *map(float, r)) for r in zip(told.cycle, median, low, high)]
    axes.set(xlabel="ageing cycle", ylabel="discharge capacity / (mAh/g)")
    axes.set_ylim(bottom=0)
    legend_above(axes, 3)
    return Drawing(
        name="beyond",
        title="Beyond the data",
        caption=(
            "Averaged over forms of the fade, with 80 % bands of the truth. Dotted: the last measured cycle. Read the "
            "caution on lithium below."
        ),
        figure=figure,
        header=("cell", "cycle", "median_mAh_g", "low_mAh_g", "high_mAh_g"),
        rows=tuple(rows),
    )


def prediction_figure(answer: FitAnswer) -> Drawing | None:
    """Predicted retention by scenario, and what was then read."""
    rows: list[tuple[object, ...]] = []
    for name, cell in answer.predicted.items():
        rows.append((name, "all scenarios", *(100 * getattr(cell.retention, k) for k in ("value", "low", "high"))))
        rows += [
            (name, p.scenario, *(100 * getattr(p.retention, k) for k in ("value", "low", "high")))
            for p in cell.scenarios
            if p.retention is not None
        ]
    if not rows:
        return None
    figure, (axes,) = canvas(answer, 1.0 + 0.27 * len(rows))
    places = np.arange(len(rows))[::-1]
    for place, (_, scenario, value, low, high) in zip(places, rows):
        colour = BLACK if scenario == "all scenarios" else BLUE
        axes.plot([low, high], [place, place], color=colour, linewidth=2.4)
        axes.plot(value, place, "o", color=colour, markersize=6)
    for update in answer.updates:
        seen = _read(answer, update.cell)
        if seen:
            axes.axvline(
                seen, color=RED, linewidth=1.4, linestyle="--", label=f"{update.cell}, read afterwards: {seen:.0f} %"
            )
    axes.set_yticks(places, [f"{n}, {s}" if s == "all scenarios" else s for n, s, *_ in rows], fontsize=8.5)
    axes.set_xlabel("retention predicted from the calibration cell alone / %")
    if answer.updates:
        legend_above(axes, 2)
    return Drawing(
        name="prediction",
        title="Cells that were not fitted",
        caption="Median and 80 % interval over draws of all other inputs, the free parameters fitted anew in each.",
        figure=figure,
        header=("cell", "scenario", "median_percent", "low_percent", "high_percent"),
        rows=tuple(rows),
    )


def _read(answer: FitAnswer, name: str) -> float | None:
    """Mean retention read of a cell, in %."""
    kept = []
    for cell in answer.cells:
        if cell.data.cell == name and "capacity" in cell.data.readings:
            readings = cell.data.readings["capacity"]
            value = readings.value[~np.isfinite(readings.rate)]
            kept.append(100 * float(value[-1] / value[0]))
    return float(np.mean(kept)) if kept else None
