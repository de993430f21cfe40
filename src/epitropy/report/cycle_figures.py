"""Figures of cycled cells: fade, losses over cycles, voltage curves, dQ/dV, what ages, and maps over settings."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from ..records.cell import LossBudget
from .anneal_tables import axis_head, axis_values
from .cycle_tables import LOSSES, MAPPED, PLACES, in_shown, map_csv, map_notes
from .figures import (
    BLACK,
    BLUE,
    CELL_COLOURS,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    Drawing,
    canvas,
    legend_above,
    wrapped,
)
from .numbers import field, fixed, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..records.cycling import CycleAnswer, CycledCell, CycleMap, ScenarioLives

LOSS_COLOURS = (GREEN, RED, ORANGE, PURPLE, BLUE, SKY, YELLOW, "#884EA0", "#bbbbbb")
SIDE_MARKS = {"formation": "o", "rate": "^", "reference": "s"}
AGEING = (  # field of the series, axis label
    ("resistance", "resistance / (Ω cm²)"),
    ("skin", "skin on the outer surface / nm"),
    ("crack_area", "crack area / (m²/g)"),
    ("dead_share", "dead mass / %"),
)


def _lived(told: ScenarioLives) -> dict[str, CycledCell]:
    return {n: c for n, c in told.cells.items() if c.series is not None}


def _where(told: ScenarioLives) -> str:
    return f"Scenario {told.scenario.name}, all inputs at their medians, so without an interval. "


def fade_figure(answer: CycleAnswer, told: ScenarioLives) -> Drawing:
    """Capacity over cycles; cycles apart from ageing as marks."""
    figure, (axes,) = canvas(answer, 4.2)
    rows: list[tuple[object, ...]] = []
    lived = list(zip(_lived(told).items(), CELL_COLOURS))
    for (name, cell), colour in lived:
        series = cell.series
        capacity = field(series, "capacity")
        axes.plot(series.cycle, capacity, color=colour, linewidth=1.8, label=name)
        rows += [(name, "ageing", *pair) for pair in zip(series.cycle, capacity)]
        if cell.reading.retention == 0:
            axes.plot(series.cycle[-1], capacity[-1], "X", color=colour, markersize=9, zorder=5)
    for (name, cell), colour in lived:
        for kind, side in cell.series.side_cycles.items():
            values = field(side, "capacity")
            look = {"color": BLACK, "markerfacecolor": colour, "markersize": 5, "markeredgewidth": 0.6}
            axes.plot(side.after, values, SIDE_MARKS[kind], label=f"{name}, {kind} cycles", **look)
            rows += [(name, kind, *pair) for pair in zip(side.after, values)]
    axes.set(xlabel="ageing cycle", ylabel="discharge capacity / (mAh/g)")
    axes.margins(x=0.02)
    legend_above(axes, 4)
    return Drawing(
        name="fade",
        title="Capacity over cycles",
        caption=_where(told) + " ".join(_deaths(told)),
        figure=figure,
        header=("cell", "kind", "ageing_cycle", "capacity_mAh_g"),
        rows=tuple(rows),
    )


def _deaths(told: ScenarioLives) -> list[str]:
    return [f"{n}: {c.reading.ended_by} (cross)." for n, c in _lived(told).items() if c.reading.retention == 0]


def losses_figure(answer: CycleAnswer, told: ScenarioLives) -> Drawing:
    """Losses by mechanism over cycles, gains below zero, one panel a cell."""
    cells = _lived(told)
    names = [f.name for f in fields(LossBudget) if f.name != "total"]
    figure, panels = canvas(answer, 4.6, ncols=len(cells), sharey=True)
    rows: list[tuple[object, ...]] = []
    for axes, (cell_name, cell) in zip(panels, cells.items()):
        budgets = {1: None, **cell.series.losses_by_cycle, len(cell.series.cycle): cell.series.losses}
        cycles = list(budgets)
        lost = np.array([[float(field(b, n)) if b else 0.0 for b in budgets.values()] for n in names])
        _stack(axes, cycles, lost, names)
        axes.plot(cycles, lost.sum(axis=0), color=BLACK, linewidth=1.6, label="total")
        axes.set_title(cell_name, fontsize=9.5)
        axes.set_xlabel("ageing cycle")
        rows += [(cell_name, *row) for row in zip(map(float, cycles), *lost, lost.sum(axis=0))]
    panels[0].set_ylabel("capacity lost / (mAh/g); a gain is negative")
    legend_above(panels[0], 2)
    return Drawing(
        name="losses",
        title="What the capacity is lost to, over cycles",
        caption=_where(told) + "Against cycle 1; the parts add up to the total. Cracks that open are a gain.",
        figure=figure,
        header=("cell", "ageing_cycle", *(f"{n}_mAh_g" for n in names), "total_mAh_g"),
        rows=tuple(rows),
    )


def _stack(axes: Axes, cycles: list[int], lost: np.ndarray, names: list[str]) -> None:
    """Losses upwards, gains downwards; a mechanism that is never felt is left out."""
    up, down = np.zeros(len(cycles)), np.zeros(len(cycles))
    for row, name, colour in zip(lost, names, LOSS_COLOURS):
        if np.abs(row).max() < 0.05:
            continue
        above, below = np.maximum(row, 0), np.minimum(row, 0)
        axes.fill_between(cycles, up, up + above, color=colour, linewidth=0, alpha=0.85, label=LOSSES[name])
        axes.fill_between(cycles, down, down + below, color=colour, linewidth=0, alpha=0.85)
        up, down = up + above, down + below
    axes.axhline(0, color="#444444", linewidth=0.8)
    axes.margins(x=0)


def voltage_figure(answer: CycleAnswer, told: ScenarioLives) -> Drawing | None:
    """Voltage over capacity, one panel a rate."""
    cells = _lived(told)
    rates = _rates(cells)
    if not rates:
        return None
    figure, panels = canvas(answer, 4.4, ncols=len(rates), sharey=True)
    rows: list[tuple[object, ...]] = []
    for axes, rate in zip(panels, rates):
        for name, curve, look, label in _curves(cells, rate):
            for half in ("charge", "discharge"):
                capacity, voltage = field(curve, f"{half}_capacity"), field(curve, f"{half}_voltage")
                axes.plot(capacity, voltage, label=label if half == "charge" else None, **look)
                rows += [(name, float(curve.cycle), rate, half, *pair) for pair in zip(capacity, voltage)]
        axes.set_title(_rate_text(rate), fontsize=9.5)
        axes.set_xlabel("capacity passed / (mAh/g)")
    panels[0].set_ylabel("voltage against Li / V")
    _legend_of_most(panels)
    return Drawing(
        name="voltage",
        title="Charge and discharge curves",
        caption=_where(told) + "Each at constant current, of the cell as it is at that cycle." + _missing(cells),
        figure=figure,
        header=("cell", "cycle", "rate_C", "half", "capacity_mAh_g", "voltage_V"),
        rows=tuple(rows),
    )


def slope_figure(answer: CycleAnswer, told: ScenarioLives) -> Drawing | None:
    """dQ/dV over voltage, charge upwards and discharge downwards, one panel a rate."""
    cells = _lived(told)
    rates = _rates(cells)
    if not rates:
        return None
    figure, panels = canvas(answer, 4.4, ncols=len(rates))
    rows: list[tuple[object, ...]] = []
    for axes, rate in zip(panels, rates):
        for name, curve, look, label in _curves(cells, rate):
            voltage = field(curve, "voltage")
            up, down = field(curve, "charge_slope"), field(curve, "discharge_slope")
            axes.plot(voltage, np.where(up > 0, up, np.nan), label=label, **look)
            axes.plot(voltage, np.where(down > 0, -down, np.nan), **look)
            rows += [(name, float(curve.cycle), rate, *row) for row in zip(voltage, up, down)]
        axes.set_title(_rate_text(rate), fontsize=9.5)
        axes.set_xlabel("voltage against Li / V")
        axes.axhline(0, color="#444444", linewidth=0.8)
    panels[0].set_ylabel("dQ/dV / (mAh/(g V)); discharge negative")
    _legend_of_most(panels)
    return Drawing(
        name="dqdv",
        title="Differential capacity",
        caption=_where(told) + "From the curves above, in steps of 5 mV." + _missing(cells),
        figure=figure,
        header=("cell", "cycle", "rate_C", "voltage_V", "charge_mAh_g_V", "discharge_mAh_g_V"),
        rows=tuple(rows),
    )


def _missing(cells: dict[str, CycledCell]) -> str:
    notes = [f" {name}: {n}" for name, c in cells.items() for n in c.notes if n.startswith("No voltage curve")]
    return "".join(notes)


def _rates(cells: dict[str, CycledCell]) -> list[float]:
    return list(dict.fromkeys(c.rate for cell in cells.values() for c in cell.curves))


def _rate_text(rate: float) -> str:
    """A rate as people say it.

    >>> _rate_text(1.0), _rate_text(0.05)
    ('1C', 'C/20')
    """
    return f"{significant(rate)}C" if rate >= 1 else f"C/{significant(1 / rate)}"


def _curves(cells: dict[str, CycledCell], rate: float):
    """Cell, curve, look and label of every curve at a rate: colour tells the cell, dashes the cycle."""
    dashes = ("-", "--", ":", "-.")
    for (name, cell), colour in zip(cells.items(), CELL_COLOURS):
        cycles = sorted({c.cycle for c in cell.curves})
        for curve in (c for c in cell.curves if c.rate == rate):
            dash = dashes[cycles.index(curve.cycle) % len(dashes)]
            look = {"color": colour, "linestyle": dash, "linewidth": 1.5}
            yield name, curve, look, f"{name}, cycle {curve.cycle}"


def _legend_of_most(panels: list[Axes]) -> None:
    legend_above(max(panels, key=lambda a: len(a.get_legend_handles_labels()[1])), 4)


def ageing_figure(answer: CycleAnswer, told: ScenarioLives) -> Drawing:
    """Resistance, skin, crack area and dead mass over cycles."""
    cells = _lived(told)
    figure, panels = canvas(answer, 5.4, nrows=2, ncols=2, sharex=True)
    rows: list[tuple[object, ...]] = []
    for (name, cell), colour in zip(cells.items(), CELL_COLOURS):
        series = cell.series
        for axes, (which, _) in zip(panels, AGEING):
            if which == "skin":
                _skins(axes, cell, name, colour)
            else:
                axes.plot(series.cycle, field(series, which), color=colour, linewidth=1.6)
        skins = [field(series, f"skin_outer_{face}") for face in ("bare", "coated")]
        others = [field(series, which) for which in ("resistance", "crack_area", "dead_share")]
        rows += [(name, *row) for row in zip(series.cycle, others[0], *skins, *others[1:])]
    for axes, (_, label) in zip(panels, AGEING):
        axes.set_ylabel(label, fontsize=8.5)
        axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
        axes.margins(x=0.02)
    for axes in panels[2:]:
        axes.set_xlabel("ageing cycle")
    legend_above(panels[1], 3)
    return Drawing(
        name="ageing",
        title="What ages",
        caption=_where(told) + "Resistance: all but diffusion, of one electrode face, at half charge.",
        figure=figure,
        header=(
            *("cell", "ageing_cycle", "resistance_ohm_cm2", "skin_outer_bare_nm", "skin_outer_coated_nm"),
            *("crack_area_m2_g", "dead_mass_percent"),
        ),
        rows=tuple(rows),
    )


def _skins(axes: Axes, cell: CycledCell, name: str, colour: str) -> None:
    series = cell.series
    if cell.coverage < 1:
        label = f"{name}, bare faces" if cell.coverage else name
        axes.plot(series.cycle, field(series, "skin_outer_bare"), color=colour, linewidth=1.6, label=label)
    if cell.coverage > 0:
        under = {"color": colour, "linewidth": 1.6, "linestyle": "--", "label": f"{name}, under the layer"}
        axes.plot(series.cycle, field(series, "skin_outer_coated"), **under)


def map_figure(answer: CycleAnswer) -> Drawing | None:
    """Readings over one or two varied inputs; None for more, which only a table can hold."""
    found = answer.map
    if found is None or len(found.axes) > 2 or not any(r for p in found.points for r in p.cells.values()):
        return None
    header, rows = map_csv(found)
    return Drawing(
        name="map",
        title="What the settings do to the cells",
        caption=_map_caption(found),
        figure=(_lines if len(found.axes) == 1 else _sheets)(answer),
        header=header,
        rows=tuple(rows),
    )


def _grid(found: CycleMap, cell: str, name: str) -> np.ndarray:
    """Readings in shown units, nan where there are none; shape of the axes."""
    numbers = [in_shown(r, name) if (r := p.cells[cell]) else np.nan for p in found.points]
    return np.array(numbers).reshape([len(a.values) for a in found.axes])


def _lines(answer: CycleAnswer) -> Figure:
    found = answer.map
    figure, panels = canvas(answer, 5.4, nrows=2, ncols=2, sharex=True)
    along = axis_values(found.axes[0])
    for axes, (name, label) in zip(panels, MAPPED.items()):
        for cell, colour in zip(found.points[0].cells, CELL_COLOURS):
            axes.plot(along, _grid(found, cell, name), "o-", color=colour, linewidth=1.6, markersize=3.5, label=cell)
        axes.set_ylabel(label, fontsize=8.5)
        axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
        if max(along) > 8 * min(along) > 0:
            axes.set_xscale("log")
            axes.set_xticks(along, [f"{v:g}" for v in along], minor=False)
            axes.minorticks_off()
    for axes in panels[2:]:
        axes.set_xlabel(axis_head(found.axes[0]))
    legend_above(panels[0], 4)
    return figure


def _sheets(answer: CycleAnswer) -> Figure:
    """A row of sheets a reading: each cell on one scale, then the last minus the first; numbers where they fit."""
    found = answer.map
    cells = list(found.points[0].cells)
    across, up = (axis_values(a) for a in found.axes)
    columns = len(cells) + (len(cells) > 1)
    figure, panels = canvas(answer, 9.6, nrows=len(MAPPED), ncols=columns, sharex=True, sharey=True)
    for row, (name, label) in enumerate(MAPPED.items()):
        grids = {cell: _grid(found, cell, name).T for cell in cells}  # first axis across
        own = panels[row * columns : (row + 1) * columns]
        known = [v for g in grids.values() for v in g[~np.isnan(g)]]
        limits = {"vmin": min(known), "vmax": max(known)}
        for axes, (cell, grid) in zip(own, grids.items()):
            _sheet(axes, grid, PLACES[name], cmap="cividis", **limits)
            axes.set_title(cell if row == 0 else "", fontsize=9.5)
        if len(cells) > 1:
            change = grids[cells[-1]] - grids[cells[0]]
            most = float(np.nanmax(np.abs(change), initial=1e-12)) or 1e-12
            _sheet(own[-1], change, max(PLACES[name], 1), sign="+", cmap="PuOr_r", vmin=-most, vmax=most)
            own[-1].set_title(f"{cells[-1]} minus {cells[0]}" if row == 0 else "", fontsize=9.5)
        own[0].set_ylabel(f"{label}\n\n{wrapped(_short_head(found.axes[1]), 32)}", fontsize=8)
        own[0].set_yticks(*_ticks(up), fontsize=8)
    for axes in panels[-columns:]:
        axes.set_xlabel(wrapped(_short_head(found.axes[0]), 32), fontsize=8)
        axes.set_xticks(*_ticks(across), rotation=90 if len(across) > 6 else 0, fontsize=8)
    return figure


def _short_head(axis) -> str:
    head = axis_head(axis)
    return "rate / C" if axis.name.endswith("protocol.rate") else head


def _sheet(axes: Axes, values: np.ndarray, places: int, sign: str = "", **look) -> None:
    image = axes.imshow(values, origin="lower", aspect="auto", **look)
    axes.grid(False)
    if values.size > 80:
        return
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            axes.text(column, row, "–", ha="center", va="center", fontsize=6.5)
            continue
        red, green, blue, _ = image.cmap(image.norm(value))
        dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
        text = fixed(value, places)
        text = f"+{text}" if sign and value > 0 and float(text) else text.replace("-", "−")
        axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color="white" if dark else "black")


def _ticks(values: list[float], most: int = 12) -> tuple[list[int], list[str]]:
    step = -(-len(values) // most)
    places = list(range(0, len(values), step))
    return places, [f"{values[i]:g}" for i in places]


def _map_caption(found: CycleMap) -> str:
    cycles = max(r.last_cycle for p in found.points for r in p.cells.values() if r)
    text = (
        f"Scenario {found.scenario}, all other inputs at their medians, scales as solved on the study as given. "
        f"Retention, skin and cracks after {cycles} cycles; the skin is a mean over the outer surface, bare and "
        "coated. A cell that died has a retention of 0; a point without numbers delivers no first cycle."
    )
    return " ".join([text, *map_notes(found)])
