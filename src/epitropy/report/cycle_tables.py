"""Rows about cycled cells: plain text, for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import product
from typing import TYPE_CHECKING

from ..calibrate.scenarios import CARRIERS
from ..cycling.spec import MECHANISMS
from ..records.cell import LossBudget
from ..records.cycling import LifeReading
from ..units import unit_of
from .anneal_tables import axis_head, axis_values
from .numbers import field, fixed, pretty, shown, significant

if TYPE_CHECKING:
    import numpy as np

    from ..records.cycling import CycleAnswer, CycledCell, CycleMap, MapPoint, ScenarioLives

Row = tuple[str, ...]
NONE = "-"
C_PER_MAH = 3.6
C_PER_M2 = 36_000.0  # of 1 mAh/cm2

LOSSES = {
    "cracks_opening_transport": "cracks that open (they help transport)",
    "dead_mass_outer": "dead mass, outer surface",
    "dead_mass_cracks": "dead mass, crack faces",
    "skin_resistance": "resistance of the skin",
    "interphase_resistance": "resistance of the interphase",
    "lithium_resistance": "resistance of the Li metal",
    "stress_potential": "stress potential",
    "pinned_grains": "pinned grains",
    "history": "order of events (interplay)",
    "total": "total",
}
BEYOND = (
    "Skins grow with the time spent at high charge, so slow cycles age a cell far more than fast ones, formation and "
    "reference cycles too; more than usual cells show. Away from the window, rate and temperature that the study is "
    "calibrated at, ageing is an extrapolation."
)
RISING = "Retention above 100 %: cracks that open help transport by more than ageing takes."
MAPPED = {
    "first_capacity": "capacity of cycle 1 / (mAh/g)",
    "retention": "retention / %",
    "skin": "skin on the outer surface / nm",
    "crack_area": "crack area / (m²/g)",
}
PLACES = {"first_capacity": 0, "last_capacity": 0, "retention": 0, "skin": 1, "crack_area": 2, "dead_share": 1}
OVER_LIFE = (  # label, unit, field of the series, decimals: first and last cycle
    ("mean voltage, discharge", "V", "mean_voltage", 3),
    ("mean voltage, charge", "V", "mean_charge_voltage", 3),
    ("resistance without diffusion", "Ω cm²", "resistance", 1),
    ("  of it lithium's growth", "Ω cm²", "lithium_resistance", 1),
    ("skin, outer bare", "nm", "skin_outer_bare", 2),
    ("skin, outer coated", "nm", "skin_outer_coated", 2),
    ("skin, cracks bare", "nm", "skin_cracks_bare", 2),
    ("skin, cracks coated", "nm", "skin_cracks_coated", 2),
    ("crack area", "m²/g", "crack_area", 2),
    ("dead mass", "%", "dead_share", 1),
    ("charge held at the cut-off", "%", "hold_share", 1),
)


def life_rows(told: ScenarioLives) -> tuple[Row, ...]:
    """Header, then each property of each cell, at its first and at its last cycle."""
    cells = told.cells.values()

    def row(label: str, unit: str, text: Callable[[CycledCell], str]) -> Row:
        return label, unit, *(NONE if c.series is None else text(c) for c in cells)

    rows = [
        ("cycle 1 → last", "unit", *told.cells),
        row("last cycle", "", lambda c: f"{len(c.series.cycle)}"),
        row("discharge capacity", "mAh/g", lambda c: _arrow(field(c.series, "capacity"), 1)),
        row("  per electrode area", "mAh/cm²", lambda c: _arrow(c.series.areal_capacity / C_PER_M2, 2)),
        row("  of the whole cell", "mAh", lambda c: _arrow(c.series.cell_capacity / C_PER_MAH, 2)),
        row("  format", "", lambda c: c.format),
        row("retention", "%", lambda c: fixed(100 * c.reading.retention, 1)),
    ]
    for label, unit, name, places in OVER_LIFE:
        texts = [_arrow(field(c.series, name), places) if _shows(c, name) else NONE for c in cells]
        if any(t != NONE for t in texts):
            rows.append((label, unit, *texts))
    rows += [
        row("cycles simulated", "", lambda c: f"{c.series.simulated}"),
        row("lithium imbalance", "", lambda c: f"{c.series.lithium_imbalance:.0e}"),
        row("salt imbalance", "", lambda c: f"{c.series.salt_imbalance:.0e}"),
    ]
    return tuple(rows)


def _shows(cell: CycledCell, name: str) -> bool:
    """Whether a cell has this property: faces under the layer only where there is one, a hold only in CC-CV."""
    coverage = {"skin_outer_coated": cell.coverage, "skin_cracks_coated": cell.coverage_cracks}
    if cell.series is None or coverage.get(name, 1.0) == 0:
        return False
    return name != "hold_share" or bool(cell.series.hold_share.any())


def _arrow(values: np.ndarray, places: int) -> str:
    return f"{fixed(float(values[0]), places)} → {fixed(float(values[-1]), places)}"


def loss_rows(told: ScenarioLives) -> tuple[Row, ...]:
    """Header, then each mechanism's share of the capacity lost between first and last cycle, and the total."""
    cells = {n: c.series.losses for n, c in told.cells.items() if c.series}
    rows: list[Row] = [("lost to, mAh/g", *cells)]
    for f in fields(LossBudget):
        rows.append((LOSSES.get(f.name, f.name), *(fixed(float(field(b, f.name)), 1) for b in cells.values())))
    return tuple(rows)


def side_rows(told: ScenarioLives, most: int = 40) -> tuple[Row, ...]:
    """Header, then the cycles that are not ageing cycles; of many alike the first and the last few."""
    cells = {n: c.series.side_cycles for n, c in told.cells.items() if c.series}
    places = {}
    for sides in cells.values():
        for kind, side in sides.items():
            for k, (after, rate) in enumerate(zip(side.after, side.rate)):
                places.setdefault(kind, {})[k] = (int(after), float(rate))
    rows: list[Row] = [("cycle", "after", "rate", *(f"{n} / mAh/g" for n in cells))]
    for kind, found in places.items():
        order = sorted(found)
        order = order if len(order) <= most else order[: most // 2] + order[-most // 2 :]
        for k in order:
            after, rate = found[k]
            capacities = [_side(sides, kind, k) for sides in cells.values()]
            rows.append((f"{kind} {k + 1}", f"{after}", f"{significant(rate)}C", *capacities))
    return tuple(rows)


def _side(sides, kind: str, k: int) -> str:
    capacity = field(sides[kind], "capacity") if kind in sides else ()
    return fixed(float(capacity[k]), 1) if k < len(capacity) else NONE


def scenario_rows(answer: CycleAnswer) -> tuple[Row, ...]:
    """Header, then one row a scenario: capacities and retention of every cell."""
    cells = list(next(iter(answer.lives.values())).cells)
    rows: list[Row] = [("scenario", *(f"{n}: mAh/g, %" for n in cells))]
    for name, told in answer.lives.items():
        rows.append((name, *(_short(told.cells[n]) for n in cells)))
    rows += [(name, *("not solved" for _ in cells)) for name in answer.unsolved]
    return tuple(rows)


def _short(cell: CycledCell) -> str:
    if cell.reading is None:
        return NONE
    first, last = (fixed(float(field(cell.reading, f"{n}_capacity")), 1) for n in ("first", "last"))
    return f"{first} → {last}, {fixed(100 * cell.reading.retention, 1)}"


def opening(answer: CycleAnswer) -> list[str]:
    """What was cycled how, and what one scenario at the medians means."""
    several = len(answer.lives) > 1
    found = []
    if not several:
        (told,) = answer.lives.values()
        s = told.scenario
        found.append(f"Scenario {s.name}: {s.title}; {CARRIERS[s.gap_carrier]}.")
    found.append(
        f"{'Declared hypotheses' if several else 'One declared hypothesis'} of what ages the cell and where the layer "
        "helps, all inputs at their medians: no interval, and not the headline. "
        f"'epitropy run {answer.study}' weighs all scenarios over all inputs."
    )
    found.append(_scales_text(answer))
    if answer.unsolved and not several:
        passed = "; ".join(f"{n}: {why}" for n, why in answer.unsolved.items())
        found.append(f"Scenarios before it that cannot be solved at the medians: {passed}.")
    if several:
        found += [f"{name} is not solved: {why}." for name, why in answer.unsolved.items()]
    if answer.engine != "kernel":
        found.append(f"Lives by {answer.engine}; voltage curves, and the losses told apart, by the kernel.")
    if answer.without:
        off = "; ".join(f"{n} ({MECHANISMS[n]})" for n in answer.without)
        found.append(f"Switched off, at the scales of the study as given: {off}.")
    return found


def _scales_text(answer: CycleAnswer) -> str:
    if not answer.calibrated:
        return (
            "The study has no capacities to calibrate on: rates are those of the priors, taken as reached in formation "
            "and 200 cycles of the first cell at its own window, rate and temperature."
        )
    name = answer.calibration_cell
    if len(answer.lives) > 1:
        return f"In each, two scales are solved for the data of the cell {name} in the study as given."
    (told,) = answer.lives.values()
    kinetic, fade = (significant(v, 3) for v in (told.scales.kinetic, told.scales.fade))
    return (
        f"Two scales are solved for the data of the cell {name} in the study as given: kinetics × {kinetic}, "
        f"fade rate × {fade}."
    )


def closing(answer: CycleAnswer) -> list[str]:
    """How the lives ended, cell by cell, and what else is to be said of one."""
    found = []
    for scenario, told in answer.lives.items():
        for name, cell in told.cells.items():
            where = f"{name} ({scenario})" if len(answer.lives) > 1 else name
            if cell.reading is None:
                found.append(f"{where}: {cell.reason}.")
            elif len(answer.lives) == 1 or cell.reading.retention == 0:
                found.append(f"{where}: {cell.reading.ended_by}.")
            if len(answer.lives) == 1:
                found += [f"{where}: {note}" for note in cell.notes]
    told = [c for lives in answer.lives.values() for c in lives.cells.values() if c.reading]
    if any(c.reading.retention > 1 for c in told):
        found.append(RISING)
    if any("reference" in c.series.side_cycles for c in told if c.series):
        found.append(BEYOND)
    return found


def in_shown(reading: LifeReading, name: str) -> float:
    """A reading in the unit in which people read it."""
    return float(shown(getattr(reading, name), unit_of(LifeReading, name)))


def map_rows(found: CycleMap) -> tuple[Row, ...]:
    """Header, then one row a point: settings, then each reading of each cell."""
    cells = list(found.points[0].cells)
    head = (*(axis_head(a) for a in found.axes), *(f"{label}: {' | '.join(cells)}" for label in MAPPED.values()))
    rows: list[Row] = [head]
    for place, point in zip(_places(found), found.points):
        rows.append((*(significant(p, 4) for p in place), *(_beside(point, name) for name in MAPPED)))
    return tuple(rows)


def sheet_rows(found: CycleMap, name: str) -> tuple[Row, ...]:
    """One reading of a map with two axes as a sheet: first axis across, second down, the cells beside each other."""
    across, down = (axis_values(a) for a in found.axes)
    points = iter(found.points)
    columns = [[next(points) for _ in down] for _ in across]
    head = ("", *(significant(v, 4) for v in across))
    return head, *((significant(v, 4), *(_beside(c[i], name) for c in columns)) for i, v in enumerate(down))


def _places(found: CycleMap) -> list[tuple[float, ...]]:
    return list(product(*(axis_values(a) for a in found.axes)))


def _beside(point: MapPoint, name: str) -> str:
    return " | ".join(fixed(in_shown(r, name), PLACES[name]) if r else NONE for r in point.cells.values())


def failure_texts(found: CycleMap) -> list[str]:
    """Points that a cell could not follow, or where it died, and why; each reason once with its points."""
    said: dict[tuple[str, str], list[str]] = {}
    for place, point in zip(_places(found), found.points):
        where = ", ".join(f"{significant(p, 4)} {pretty(a.unit)}".strip() for a, p in zip(found.axes, place))
        for name, r in point.cells.items():
            reason = point.reasons.get(name) or (r.ended_by if r.retention == 0 else "")
            if reason:
                said.setdefault((name, reason), []).append(where)
    return [f"{name} at {'; '.join(at)}: {reason}." for (name, reason), at in said.items()]


def map_notes(found: CycleMap) -> list[str]:
    """What a reader of the map may stumble over."""
    readings = [r for p in found.points for r in p.cells.values() if r]
    notes = [BEYOND] if any(a.name.startswith("protocol.") for a in found.axes) else []
    return notes + ([RISING] if any(r.retention > 1 for r in readings) else [])


def map_csv(found: CycleMap) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """All readings of all points and cells, one row each."""
    names = [f.name for f in fields(LifeReading) if f.name not in ("last_cycle", "ended_by")]
    head = [a.name + f"_{a.unit}" * (a.unit != "1") for a in found.axes]
    rows: list[tuple[object, ...]] = []
    for place, point in zip(_places(found), found.points):
        for cell, r in point.cells.items():
            numbers = [in_shown(r, n) if r else None for n in names]
            ended = (float(r.last_cycle), r.ended_by) if r else (None, point.reasons[cell])
            rows.append((*place, cell, *numbers, *ended))
    return (*head, "cell", *(f"{n}_{_suffix(n)}" for n in names), "last_cycle", "ended_by"), rows


def _suffix(name: str) -> str:
    unit = unit_of(LifeReading, name).shown
    return {"%": "percent"}.get(unit, unit.replace("/", "_"))
