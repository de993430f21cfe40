"""Which inputs move the prediction: one at a time from the medians to the ends of their 80 % ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ..errors import NumericsError
from ..records.headline import Influence
from ..records.scenario import Scenario
from ..study import Study
from .ensemble import Solved, calibrated, calibration_cell, mapped, prepare, run_draw

ENDS = (0.1, 0.9)
NOTHING = 1e-9  # a change of retention below this is no effect


def retentions(
    point: Mapping[str, float], study: Study, scenarios: tuple[Scenario, ...], cell: str, known: Solved | None
) -> dict[str, float]:
    """Retention of a cell in every scenario that can be solved."""
    try:
        draw = run_draw(study, point, scenarios, known=known, only=cell)
    except NumericsError:
        return {}
    found = {s: life for (c, s), life in draw.lives.items() if c == cell}
    return {s: float(life[-1] / life[0]) for s, life in found.items() if life[0] > 0}


def influences(
    study: Study,
    cell: str,
    scenarios: tuple[Scenario, ...],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[tuple[Influence, ...], tuple[str, ...]]:
    """Inputs by their share of the variance, largest first; and the names of those without any effect.

    For each input the variance is estimated from the two ends as (high - low)^2, averaged over the scenarios that
    can be solved at both; shares are of the sum over inputs, so they leave out what inputs do only together.
    """
    inputs = {n: v for n, v in study.inputs().items() if v.uncertain}
    names = sorted(inputs)
    points = [{n: q} for n in names for q in ENDS]
    known = _solved(study, scenarios)
    work = partial(retentions, study=study, scenarios=scenarios, cell=cell, known=known)
    nominal = work({})
    results = list(mapped(work, points, progress))
    effects = {n: _effect(nominal, results[2 * i], results[2 * i + 1]) for i, n in enumerate(names)}
    total = sum(e[3] for e in effects.values()) or 1.0
    found = tuple(
        Influence(
            name=n,
            label=inputs[n].label or n,
            grade=inputs[n].grade,
            share=e[3] / total,
            low=e[0],
            high=e[1],
            largest=e[2],
        )
        for n, e in sorted(effects.items(), key=lambda item: -item[1][3])
    )
    return found, tuple(sorted(n for n, e in effects.items() if e[2] < NOTHING))


def _solved(study: Study, scenarios: tuple[Scenario, ...]) -> Solved:
    """The calibration at the medians, from which the others start."""
    centre = study.at({})
    name = calibration_cell(centre)
    return calibrated(centre, {name: prepare(centre.cells[name])}, scenarios)


def _effect(nominal: Mapping[str, float], low: Mapping[str, float], high: Mapping[str, float]) -> tuple[float, float, float, float]:
    """(mean change at the low end, at the high end, largest change, mean squared span)."""
    at_low = [low[s] - nominal[s] for s in nominal if s in low]
    at_high = [high[s] - nominal[s] for s in nominal if s in high]
    span = [(high[s] - low[s]) ** 2 for s in nominal if s in low and s in high]
    largest = max((abs(c) for c in at_low + at_high), default=0.0)
    mean = lambda values: float(np.mean(values)) if values else 0.0  # noqa: E731
    return mean(at_low), mean(at_high), largest, mean(span)
