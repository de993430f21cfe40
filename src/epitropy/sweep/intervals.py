"""80 % intervals of single points: the same draws of all inputs for each, over all declared scenarios alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..calibrate.ensemble import Draw, calibrated, calibration_cell, prepare, quantiles, run_draw
from ..calibrate.headline import weighted_quantiles
from ..calibrate.scenarios import declared_scenarios
from ..errors import EpitropyError
from ..records.scenario import Scales
from ..study import Study
from ..units import convert
from .quantities import CELL, of_cell
from .rows import INDEX, KEY, Made, keys
from .spec import Sweep, cells_needed

SOLVED = "draws solved"
ENDS = ("low", "median", "high")


def told_of(sweep: Sweep) -> tuple[str, ...]:
    """Quantities of the cells that get intervals."""
    return tuple(n for n in sweep.told if CELL.fullmatch(n))


def columns_of(sweep: Sweep) -> dict[str, str]:
    """Column -> kind of the table of intervals."""
    found = {INDEX: "whole", KEY: "text"}
    for name in told_of(sweep):
        unit = sweep.known[name].unit
        found |= {f"{name} {end} [{unit.shown}]": "number" for end in ENDS}
    return found | {SOLVED: "number"}


def intervals_of(sweep: Sweep, first: int, last: int) -> Made:
    """Intervals of the points ``first`` to ``last`` (exclusive); the draws are the same at each of them."""
    rows = [_interval(sweep, index) for index in range(first, last)]
    columns = {name: [row.get(name) for row in rows] for name in columns_of(sweep)}
    return Made(columns, len(rows), 0)


def _interval(sweep: Sweep, index: int) -> dict[str, object]:
    told: dict[str, object] = {INDEX: index, KEY: keys(sweep, np.array([index]))[0], SOLVED: 0.0}
    study = sweep.study_at(index)
    names = sorted(n for s in (study, sweep.study) for n, v in s.inputs().items() if v.uncertain)
    scenarios = declared_scenarios(study)
    lives: dict[str, list[tuple[np.ndarray, str]]] = {}
    asked = told_of(sweep)
    cells = cells_needed(asked)
    solved = 0
    only = cells[0] if len(cells) == 1 else None
    for number, point in enumerate(quantiles(names, sweep.draws)):
        drawn = _drawn(sweep, study, number, point, only)
        for (cell, scenario), life in drawn.lives.items():
            lives.setdefault(cell, []).append((life, scenario))
        solved += len({s for _, s in drawn.lives})
    told[SOLVED] = solved / max(len(scenarios) * sweep.draws, 1)
    for name in asked:
        match = CELL.fullmatch(name)
        found = [pair for pair in lives.get(match["cell"], []) if len(pair[0]) >= int(match["cycle"])]
        if not found:
            continue
        counts = {s: sum(other == s for _, other in found) for _, s in found}
        values = np.array([of_cell(life, match["what"], int(match["cycle"])) for life, _ in found])
        weights = np.array([1 / counts[s] for _, s in found])
        unit = sweep.known[name].unit
        for end, value in zip(ENDS, weighted_quantiles(values, weights)):
            told[f"{name} {end} [{unit.shown}]"] = convert(float(value), unit.si, unit.shown)
    return told


_scales: dict[tuple[str, int], Mapping[str, Scales | str]] = {}  # of this process, by sweep and draw


def _drawn(sweep: Sweep, study: Study, number: int, point: Mapping[str, float], only: str | None) -> Draw:
    """One draw of a point; its scales are those of the study as given in the same draw, whose data stay."""
    scenarios = declared_scenarios(study)
    key = (sweep.hash, number)
    try:
        if key not in _scales:
            base = sweep.study.at(point)
            name = calibration_cell(base)
            _scales[key] = calibrated(base, {name: prepare(base.cells[name])}, scenarios).scales
        return run_draw(study, point, scenarios, scales=_scales[key], only=only)
    except EpitropyError:  # told as a draw that was not solved
        return Draw(scales={})
