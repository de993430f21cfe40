"""Which inputs move the prediction: one at a time from the medians to the ends of their 80 % ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ..electrolytes import electrolyte_names
from ..errors import InputError, NumericsError
from ..records.headline import Influence
from ..records.scenario import Scenario
from ..study import CellStudy, Study
from .ensemble import Solved, calibrated, calibration_cell, prepare, run_draw
from .workers import mapped

ENDS = (0.1, 0.9)
NOTHING = 1e-9  # a change of retention below this is no effect
UNRESOLVED = 1e-4  # what the two scales are good for: a smaller change after solving them again may be noise


class Outcome(NamedTuple):
    """Retention in every scenario that can be solved, and the scenarios whose scales were solved again."""

    retention: Mapping[str, float]
    resolved: frozenset[str]


def _outcome(
    job: tuple[Mapping[str, float], Study], scenarios: tuple[Scenario, ...], cell: str, known: Solved
) -> Outcome:
    point, study = job
    try:
        draw = run_draw(study, point, scenarios, known=known, only=cell)
    except (NumericsError, InputError):  # a wide spread may reach beyond what is allowed
        return Outcome({}, frozenset())
    found = {s: life for (c, s), life in draw.lives.items() if c == cell}
    again = frozenset(s for s, scales in draw.scales.items() if scales != known.scales[s])
    return Outcome({s: float(life[-1] / life[0]) for s, life in found.items() if life[0] > 0}, again)


def influences(
    study: Study,
    cell: str,
    scenarios: tuple[Scenario, ...],
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
) -> tuple[tuple[Influence, ...], tuple[str, ...]]:
    """Inputs by their share of the variance, largest first; and the names of all dials without any effect.

    For each uncertain input the variance is estimated from the two ends as (high - low)^2, averaged over the
    scenarios that can be solved at both; shares are of the sum over inputs, so they leave out what inputs do only
    together. Inputs without a spread are moved by 2 %, and choices to another value, to see whether they matter.
    """
    inputs = {n: v for n, v in study.inputs().items() if v.uncertain}
    names = sorted(inputs)
    others = {**moved_settings(study), **other_choices(study)}
    jobs = [({n: q}, study) for n in names for q in ENDS] + [({}, other) for other in others.values()]
    work = partial(_outcome, scenarios=scenarios, cell=cell, known=_solved(study, scenarios))
    nominal = work(({}, study))
    results = list(mapped(work, jobs, progress, pool))
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
    largest = {n: e[2] for n, e in effects.items()}
    largest |= {n: _largest_change(nominal, r) for n, r in zip(others, results[2 * len(names) :])}
    return found, tuple(sorted(n for n, change in largest.items() if change == 0.0))


def moved_settings(study: Study) -> dict[str, Study]:
    """The study with each input that has no spread moved by 2 %, by dotted name; zeros are moved to 0.02."""
    fixed = [n for n, v in study.inputs().items() if not v.uncertain]
    moved = {}
    for name in fixed:
        try:
            moved[name] = study.changed(name, lambda v: replace(v, value=v.value * 1.02 if v.value else 0.02))
        except InputError:  # at the end of what is allowed
            moved[name] = study.changed(name, lambda v: replace(v, value=v.value * 0.98))
    return moved


CHOICES = {
    "anneal": {"gas": ("O2", "air"), "geometry": ("plane", "sphere")},
    "coating": {
        "dose_basis": ("host", "total"),
        "area_basis": ("outer", "wetted"),
        "deposition": ("random", "exclusive"),
    },
    "cell": {"format": ("coin", "pouch"), "electrolyte": electrolyte_names()[:2]},
    "protocol": {"mass_basis": ("coated powder", "host"), "charge_mode": ("CC", "CC-CV")},
    "layer": {"structure": ("layered layer", "rock salt layer")},
}


def other_choices(study: Study) -> dict[str, Study]:
    """The study with each choice that is not a number set to another value, in all cells that have it."""
    found = {}
    for block, choices in CHOICES.items():
        for key, values in choices.items():
            cells = {n: _chosen(cell, block, key, values) for n, cell in study.cells.items()}
            found[f"{block}.{key}"] = replace(study, cells=cells)
    return found


def _chosen(cell: CellStudy, block: str, key: str, values: tuple[str, str]) -> CellStudy:
    part = getattr(cell, block)
    if part is None:
        return cell
    other = values[1] if getattr(part, key) == values[0] else values[0]
    return replace(cell, **{block: replace(part, **{key: other})})


def _largest_change(nominal: Outcome, *others: Outcome) -> float:
    """Largest change of retention that is more than noise; 1 if a scenario starts or stops to be solvable."""
    changes = [0.0]
    for other in others:
        if set(nominal.retention) != set(other.retention):
            return 1.0
        for s, value in nominal.retention.items():
            change = abs(other.retention[s] - value)
            changes.append(change if change > (UNRESOLVED if s in other.resolved else NOTHING) else 0.0)
    return max(changes)


def _solved(study: Study, scenarios: tuple[Scenario, ...]) -> Solved:
    """The calibration at the medians, from which the others start."""
    centre = study.at({})
    name = calibration_cell(centre)
    return calibrated(centre, {name: prepare(centre.cells[name])}, scenarios)


def _effect(nominal: Outcome, low: Outcome, high: Outcome) -> tuple[float, float, float, float]:
    """(mean change at the low end, at the high end, largest change, mean squared span)."""
    common = [s for s in nominal.retention if s in low.retention and s in high.retention]
    at_low = [low.retention[s] - nominal.retention[s] for s in common]
    at_high = [high.retention[s] - nominal.retention[s] for s in common]
    span = [(h - l) ** 2 for l, h in zip(at_low, at_high)]
    largest = _largest_change(nominal, low, high)
    seen = max((abs(c) for c in at_low + at_high), default=0.0)
    return _mean(at_low), _mean(at_high), min(largest, max(seen, UNRESOLVED)), _mean(span) if largest else 0.0


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0
