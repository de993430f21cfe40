"""Figures of the cells: capacity over cycles, scenarios, losses and what moves the prediction."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from .cycle_tables import LOSSES
from .facts import at_medians, chosen_scenario, known_cell, treated_cell
from .figures import (
    BLACK,
    BLUE,
    CELL_COLOURS,
    GREY,
    ORANGE,
    RED,
    Drawing,
    canvas,
    columns,
    legend_above,
    wrapped,
)
from .numbers import CAPACITY, field, fixed, shown
from .text import losses_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.headline import Influence
    from ..records.result import StudyResult
    from ..study import Study

CARRIER_LOOK = {"series": (BLUE, "o"), "inactive": (ORANGE, "s")}


def capacity_curves(result: StudyResult, study: Study) -> Drawing | None:
    """Capacity over cycles: the mixture's band, or at the medians one line a scenario; None without any life."""
    if not result.headline and not any(cell.cycling for cell in result.cells.values()):
        return None
    figure, (axes,) = canvas(result, 4.4)
    draw = _bands if result.headline else _median_lines
    header, arrays = draw(axes, result, study)
    marks = _reported_marks(axes, study)
    axes.set(xlabel="cycle number", ylabel="discharge capacity / (mAh/g)")
    axes.margins(x=0.02)
    legend_above(axes)
    cycle = arrays[0]
    for name, points in marks.items():
        header.append(f"{name}_reported_mAh_g")
        arrays.append([points.get(int(c)) for c in cycle])
    return Drawing(
        name="capacity",
        title="Capacity over cycles",
        caption=_capacity_caption(result, study),
        figure=figure,
        header=tuple(header),
        rows=columns(*arrays),
    )


def capacity_at_a_glance(result: StudyResult, study: Study) -> Drawing | None:
    """The same curves, small enough for the first page and labelled in few words."""
    if not result.headline and not any(cell.cycling for cell in result.cells.values()):
        return None
    figure, (axes,) = canvas(result, 2.4, 3.3)
    header, arrays = (_bands if result.headline else _median_lines)(axes, result, study)
    _reported_marks(axes, study)
    for line in axes.lines:
        line.set_markersize(4.5)
    axes.set(xlabel="cycle number", ylabel="capacity / (mAh/g)")
    axes.margins(x=0.02)
    for name, colour in zip(study.cells, CELL_COLOURS):
        axes.plot([], [], color=colour, label=f"{name}  ")
    handles, labels = axes.get_legend_handles_labels()
    short = dict(zip(labels[-len(study.cells) :], handles[-len(study.cells) :]))
    axes.figure.legend(
        list(short.values()), list(short), loc="outside upper left", ncols=4, fontsize=8.5, frameon=False
    )
    marks = " Diamonds: reported; filled where fitted." if study.reported or study.calibration else ""
    kind = "Medians and 80 % bands." if result.headline else "One line a scenario, inputs at their medians."
    return Drawing(
        name="glance",
        title="Capacity over cycles, at a glance",
        caption=f"{kind}{marks}",
        figure=figure,
        header=tuple(header),
        rows=columns(*arrays),
    )


def _bands(axes: Axes, result: StudyResult, study: Study) -> tuple[list[str], list]:
    header, arrays = ["cycle"], []
    for (name, found), colour in zip(result.headline.cells.items(), CELL_COLOURS):
        band = found.band
        cycle, low, median, high = (field(band, n) for n in ("cycle", "low", "median", "high"))
        axes.fill_between(cycle, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(cycle, median, color=colour, linewidth=1.8, label=f"{name}, {found.basis}: median and 80 % band")
        arrays = arrays or [cycle]
        arrays += [low, median, high]
        header += [f"{name}_{n}_mAh_g" for n in ("low", "median", "high")]
    return header, arrays


def _median_lines(axes: Axes, result: StudyResult, study: Study) -> tuple[list[str], list]:
    header, arrays = ["cycle"], []
    for (name, cell), colour in zip(result.cells.items(), CELL_COLOURS):
        label = f"{name}: one line a scenario, inputs at their medians"
        for scenario, series in cell.cycling.items():
            arrays = arrays or [field(series, "cycle")]
            capacity = field(series, "capacity")
            axes.plot(arrays[0], capacity, color=colour, linewidth=1.0, alpha=0.8, label=label)
            arrays.append(capacity)
            header.append(f"{name}_{scenario}_mAh_g")
            label = None
    return header, arrays


def _reported_marks(axes: Axes, study: Study) -> dict[str, dict[int, float]]:
    """Points of papers: filled where the model was fitted to them, open where it was only compared."""
    from ..study import as_read

    found: dict[str, dict[int, float]] = {}
    for name, colour in zip(study.cells, CELL_COLOURS):
        calibrated = study.calibration is not None and study.calibration.cell == name and as_read(study)
        fitted = study.calibration.capacity if calibrated else {}
        reported = study.reported[name].capacity if name in study.reported else {}
        points = {c: float(shown(v.value, CAPACITY)) for c, v in sorted({**reported, **fitted}.items())}
        if points:
            look = {"markerfacecolor": colour if fitted else "white", "markeredgecolor": BLACK if fitted else colour}
            label = f"{name}, reported and fitted" if fitted else f"{name}, reported, not fitted"
            axes.plot(
                list(points),
                list(points.values()),
                "D",
                markersize=7,
                markeredgewidth=1.6,
                label=label,
                zorder=5,
                **look,
            )
            found[name] = points
    return found


def _capacity_caption(result: StudyResult, study: Study) -> str:
    from ..study import as_read

    known, treated = known_cell(study), treated_cell(study)
    if result.headline is None:
        return "Discharge capacity of each cell in every scenario, all inputs at their medians; no interval."
    through = (
        "passes through its data because two scalars were solved for it in every draw; between them its band opens. "
    )
    fitted = f"The cell {known} {through}" if study.calibration and as_read(study) else ""
    band = result.headline.cells[treated].band
    first, last = (fixed(float(shown(band.high[i] - band.low[i], CAPACITY)), 0) for i in (0, -1))
    return (
        f"Discharge capacity, all scenarios weighted equally. {fitted}"
        f"The band of {treated} is {first} mAh/g wide at cycle 1 and {last} mAh/g at cycle {band.cycle.size}."
    )


def scenario_forest(result: StudyResult, study: Study) -> Drawing:
    """Retention per scenario with its interval, the reported value and the baselines as lines."""
    cell = treated_cell(study)
    groups = list(dict.fromkeys(s.title for s in result.scenarios))
    figure, (axes,) = canvas(result, 1.5 + 0.52 * (len(groups) + (result.headline is not None)))
    rows = _forest_rows(result, cell)
    limit = _forest_limit(rows, study, cell)
    for scenario in result.scenarios:
        y = groups.index(scenario.title) + (-0.16 if scenario.gap_carrier == "series" else 0.16)
        _forest_point(axes, rows[scenario.name], y, limit, *CARRIER_LOOK[scenario.gap_carrier])
    if "all" in rows:
        _forest_point(axes, rows["all"], len(groups), limit, BLACK, "D")
        groups.append("all scenarios, weighted equally")
    _forest_lines(axes, result, study, cell)
    _forest_axes(axes, groups, limit, study.cells[cell].protocol.cycles)
    return Drawing(
        name="scenarios",
        title=f"Predicted retention of {cell}, scenario by scenario",
        caption=_forest_caption(result, study, limit, rows),
        figure=figure,
        header=("scenario", "low_percent", "median_percent", "high_percent"),
        rows=tuple((n, *(r if r else (None, None, None))) for n, r in rows.items()),
    )


def _forest_axes(axes: Axes, labels: list[str], limit: float, cycles: int) -> None:
    axes.set_yticks(range(len(labels)), [wrapped(t, 34) for t in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlim(right=limit)
    axes.set_xlabel(f"retention after {cycles} cycles / %")
    axes.grid(axis="y", visible=False)
    for name, (colour, marker) in CARRIER_LOOK.items():
        words = {"series": "cycle-1 gap by surface resistance", "inactive": "cycle-1 gap by an inactive share"}[name]
        axes.plot([], [], marker, color=colour, label=words)
    legend_above(axes)


def _forest_rows(result: StudyResult, cell: str) -> dict[str, tuple[float, float, float] | None]:
    """Scenario -> (low, median, high) in per cent, None where nothing could be solved; ``all`` for the mixture."""
    if result.headline is None:
        middle = at_medians(result, cell)
        return {s.name: (middle[s.name][2],) * 3 if s.name in middle else None for s in result.scenarios}
    found = result.headline.cells[cell]
    kept = {p.scenario: p.retention for p in found.scenarios} | {"all": found.retention}
    return {name: (100 * r.low, 100 * r.value, 100 * r.high) if r else None for name, r in kept.items()}


def _forest_limit(rows: dict, study: Study, cell: str) -> float:
    """Right end of the axis: everything, unless single intervals run far beyond the rest."""
    highs = [r[2] for r in rows.values() if r] or [100.0]
    medians = [r[1] for r in rows.values() if r] or [100.0]
    return float(min(max(max(highs), 100.0) + 3, max(130.0, max(medians) + 12, 1.12 * float(np.median(highs)))))


def _forest_point(
    axes: Axes, row: tuple[float, float, float] | None, y: float, limit: float, colour: str, marker: str
) -> None:
    if row is None:
        axes.text(
            0.01,
            y,
            "not solved",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.5,
            color=GREY,
        )
        return
    low, middle, high = row
    axes.plot([low, min(high, limit)], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
    axes.plot(middle, y, marker, color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.6)
    if high > limit:
        axes.annotate(
            f"to {fixed(high, 0)} % ▸",
            (limit, y),
            xytext=(-2, 6),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7.5,
            color=colour,
        )


def _forest_lines(axes: Axes, result: StudyResult, study: Study, cell: str) -> None:
    aim = study.reported[cell].retention.get(study.cells[cell].protocol.cycles) if cell in study.reported else None
    if aim is not None:
        axes.axvline(100 * aim.value, color=RED, linewidth=1.8, label=f"reported, {100 * aim.value:.3g} %")
    dashes = ((0, (5, 3)), (0, (1, 2)))
    for baseline, dash in zip(result.headline.baselines if result.headline else (), dashes):
        label = f"baseline: {baseline.name}, {fixed(100 * baseline.retention, 1)} %"
        axes.axvline(100 * baseline.retention, color=BLACK, linewidth=1.3, linestyle=dash, label=label)


def _forest_caption(result: StudyResult, study: Study, limit: float, rows: dict) -> str:
    if result.headline is None:
        return "Retention in each declared scenario with all inputs at their medians; no intervals."
    text = (
        "Median and 80 % interval over the draws that the calibration allows; scenarios are declared, none is fitted "
        f"to {treated_cell(study)}."
    )
    beyond = [n for n, r in rows.items() if r and r[2] > limit]
    return f"{text} Intervals that leave the axis end in their number." if beyond else text


def losses(result: StudyResult, study: Study) -> Drawing | None:
    """Capacity lost by mechanism in the chosen scenario, every cell, at the medians."""
    scenario = chosen_scenario(result)
    if scenario is None:
        return None
    budgets = {name: cell.cycling[scenario.name].losses for name, cell in result.cells.items()}
    values = {name: [float(field(b, f.name)) for f in fields(b)] for name, b in budgets.items()}
    names = [f.name for f in fields(next(iter(budgets.values())))]
    figure, (axes,) = canvas(result, 4.6)
    _loss_bars(axes, values, names)
    cycles = study.cells[treated_cell(study)].protocol.cycles
    axes.set_xlabel(f"capacity lost between cycle 1 and {cycles} / (mAh/g); a gain is negative")
    legend_above(axes, len(values))
    return Drawing(
        name="losses",
        title="What the capacity is lost to",
        caption=(
            f"Scenario {losses_of(result)}; all inputs at their medians, so without an interval. "
            "Bars of one cell add up to its total."
        ),
        figure=figure,
        header=("mechanism", *(f"{name}_mAh_g" for name in values)),
        rows=columns(names, *values.values()),
    )


def _loss_bars(axes: Axes, values: dict[str, list[float]], names: list[str]) -> None:
    height = 0.76 / len(values)
    spread = max(max(map(abs, v)) for v in values.values())
    for i, ((name, numbers), colour) in enumerate(zip(values.items(), CELL_COLOURS)):
        y = np.arange(len(names)) + (i - (len(values) - 1) / 2) * height
        axes.barh(y, numbers, height * 0.92, color=colour, label=name)
        for at, number in zip(y, numbers):
            side = -1 if number < 0 else 1
            axes.text(
                number + side * 0.012 * spread,
                at,
                fixed(number, 1),
                ha="right" if side < 0 else "left",
                va="center",
                fontsize=7.5,
            )
    axes.set_yticks(range(len(names)), [LOSSES.get(n, n.replace("_", " ")) for n in names])
    axes.axhline(len(names) - 1.5, color="#444444", linewidth=0.8)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.margins(x=0.1)
    axes.grid(axis="y", visible=False)


def tornado(result: StudyResult, study: Study, most: int = 10) -> Drawing | None:
    """The inputs that move the predicted retention most."""
    rows = [i for i in result.headline.influences if i.largest > 0][:most] if result.headline else []
    if not rows:
        return None
    figure, (axes,) = canvas(result, 1.3 + 0.42 * len(rows))
    _tornado_bars(axes, rows)
    axes.set_xlabel("change of retention / percentage points")
    legend_above(axes)
    return Drawing(
        name="influence",
        title="Which inputs move the prediction",
        caption=(
            f"The {len(rows)} inputs with the largest share of the variance of the predicted retention of "
            f"{treated_cell(study)}, each moved alone to the ends of its 80 % range; bars are means over the "
            "scenarios. "
            "The share counts the size of the move in every scenario, so moves that cancel in the mean still count."
        ),
        figure=figure,
        header=("input", "grade", "low_end_points", "high_end_points", "share_percent"),
        rows=tuple((i.name, i.grade, 100 * i.low, 100 * i.high, 100 * i.share) for i in rows),
    )


def _tornado_bars(axes: Axes, rows: list[Influence]) -> None:
    """Two bars an input, its share beside them."""
    y = np.arange(len(rows))
    axes.barh(y - 0.19, [100 * i.low for i in rows], 0.36, color=ORANGE, label="input at low end of its 80 % range")
    axes.barh(y + 0.19, [100 * i.high for i in rows], 0.36, color=BLUE, label="at its high end")
    axes.set_yticks(y, [wrapped(f"{i.label} · {i.grade}", 44) for i in rows], fontsize=8.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.margins(x=0.06)
    axes.grid(axis="y", visible=False)
    beside = {"ha": "right", "fontsize": 8.5}
    axes.text(1.06, 1.0, "share", transform=axes.transAxes, va="bottom", **beside)
    for at, i in zip(y, rows):
        share = f"{100 * i.share:.0f} %"
        axes.text(1.06, at, share, transform=axes.get_yaxis_transform(), va="center", **beside)
