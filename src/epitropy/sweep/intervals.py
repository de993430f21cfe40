"""80 % intervals of single points: the same draws of all inputs for each, over all declared scenarios alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..calibrate.ensemble import calibrated, calibration_cell, prepare, quantiles
from ..calibrate.headline import weighted_quantiles
from ..calibrate.scales import capacities
from ..calibrate.scenarios import declared_scenarios
from ..errors import EpitropyError
from ..pipeline import form
from ..records.scenario import Scales, Scenario
from ..study import Study
from ..units import convert
from .quantities import CELL, Tier, of_cell, of_layer
from .rows import INDEX, KEY, Made, keys
from .spec import Sweep

SOLVED = "draws solved"
ENDS = ("low", "median", "high")


def told_of(sweep: Sweep) -> tuple[str, ...]:
    """Quantities that get intervals: numbers that are told of layers and cells."""
    return tuple(n for n in sweep.told if sweep.known[n].unit and sweep.known[n].tier > Tier.RECIPE)


def draws_column(sweep: Sweep, name: str) -> str:
    """The column of an objective's single draws: one number for each draw and scenario, in order."""
    return f"{name} draws [{sweep.known[name].unit.shown}]"


def columns_of(sweep: Sweep) -> dict[str, str]:
    """Column -> kind of the table of intervals."""
    found = {INDEX: "whole", KEY: "text"}
    for name in told_of(sweep):
        unit = sweep.known[name].unit
        found |= {f"{name} {end} [{unit.shown}]": "number" for end in ENDS}
    told = told_of(sweep)
    return found | {SOLVED: "number"} | {draws_column(sweep, n): "numbers" for n, _ in sweep.goals if n in told}


def intervals_of(sweep: Sweep, first: int, last: int) -> Made:
    """Intervals of the points ``first`` to ``last`` (exclusive); the draws are the same at each of them."""
    rows = [_interval(sweep, index) for index in range(first, last)]
    columns = {name: [row.get(name) for row in rows] for name in columns_of(sweep)}
    return Made(columns, len(rows), 0)


def _interval(sweep: Sweep, index: int) -> dict[str, object]:
    study = sweep.study_at(index)
    names = sorted(n for s in (study, sweep.study) for n, v in s.inputs().items() if v.uncertain)
    scenarios = declared_scenarios(study) if sweep.tier == Tier.CELL else declared_scenarios(study)[:1]
    told = told_of(sweep)
    drawn = {name: np.full((sweep.draws, len(scenarios)), np.nan) for name in told}
    for number, point in enumerate(quantiles(names, sweep.draws)):
        for name, values in _draw(sweep, study, number, point, scenarios).items():
            drawn[name][number] = values
    living = [values for name, values in drawn.items() if sweep.known[name].tier == sweep.tier]
    solved = float(np.mean([np.isfinite(values).mean() for values in living])) if living else 1.0
    row: dict[str, object] = {INDEX: index, KEY: keys(sweep, np.array([index]))[0], SOLVED: solved}
    for name, values in drawn.items():
        unit = sweep.known[name].unit
        values = convert(1.0, unit.si, unit.shown) * values
        if np.isfinite(values).any():
            ends = weighted_quantiles(values[np.isfinite(values)], scenario_weights(values))
            row |= {f"{name} {end} [{unit.shown}]": float(value) for end, value in zip(ENDS, ends)}
        row[draws_column(sweep, name)] = values.ravel().tolist()
    return row


def scenario_weights(values: np.ndarray) -> np.ndarray:
    """Weights of the finite ones of (draws, scenarios): every scenario that has any weighs alike.

    >>> scenario_weights(np.array([[1.0, 2.0], [3.0, np.nan]]))
    array([0.5, 1. , 0.5])
    """
    solved = np.isfinite(values)
    return (solved / np.maximum(solved.sum(axis=0), 1))[solved]


_scales: dict[tuple[str, int], Mapping[str, Scales | str]] = {}  # of this process, by sweep and draw


def _draw(
    sweep: Sweep, study: Study, number: int, point: Mapping[str, float], scenarios: tuple[Scenario, ...]
) -> dict[str, np.ndarray]:
    """One draw of a point: quantity -> value in SI in each scenario, NaN where there is none."""
    names = told_of(sweep)
    try:
        drawn = study.at(point)
        cells = {n: drawn.cells[n] for n in dict.fromkeys(name.partition(".")[0] for name in names)}
        if sweep.tier < Tier.CELL:
            return _of_layers(names, {n: (cell, form(cell)) for n, cell in cells.items()})
        ready = {n: prepare(cell) for n, cell in cells.items()}
        found = _of_layers(names, {n: (cells[n], formed) for n, (formed, _) in ready.items()})
        scales = _scales_in(sweep, number, point, scenarios)
        living = {m["cell"] for name in names if (m := CELL.fullmatch(name))}
        lives = {
            (n, s.name): capacities(cells[n], *ready[n], s, scales[s.name])
            for n in living
            for s in scenarios
            if isinstance(scales[s.name], Scales)
        }
    except EpitropyError:  # told as a draw that was not solved
        return {}
    for name in names:
        if match := CELL.fullmatch(name):
            cycle = int(match["cycle"])
            told = [lives.get((match["cell"], s.name), np.empty(0)) for s in scenarios]
            found[name] = np.array([of_cell(t, match["what"], cycle) if len(t) >= cycle else np.nan for t in told])
    return found


def _of_layers(names: tuple[str, ...], formed: Mapping[str, tuple]) -> dict[str, np.ndarray]:
    """Quantities of layers, the same in every scenario."""
    layers = {cell: of_layer(*pair) for cell, pair in formed.items()}
    told = {name: layers[cell].get(what, np.nan) for name in names for cell, _, what in [name.partition(".")]}
    return {name: np.array(told[name], dtype=float) for name in names if not CELL.fullmatch(name)}


def _scales_in(
    sweep: Sweep, number: int, point: Mapping[str, float], scenarios: tuple[Scenario, ...]
) -> Mapping[str, Scales | str]:
    """Scales of the study as given in a draw, whose data stay."""
    key = (sweep.hash, number)
    if key not in _scales:
        base = sweep.study.at(point)
        name = calibration_cell(base)
        _scales[key] = calibrated(base, {name: prepare(base.cells[name])}, scenarios).scales
    return _scales[key]
