"""Sobol indices of one objective around the best point: to what was varied, to every uncertain input, to the scenario.

A small sample with every input as a factor of its own tells which ones move the objective most. In the large one these,
every varied field and the scenario are factors of their own, all the other inputs one factor together, so that nothing
is left out.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from ..calibrate.ensemble import calibrated, calibration_cell, prepare
from ..calibrate.scales import capacities
from ..calibrate.scenarios import declared_scenarios
from ..errors import EpitropyError
from ..records.scenario import Scales, Scenario
from ..study import Study
from ..units import convert
from .quantities import CELL, of_cell
from .rows import Made, titled
from .spec import Sweep

OWN, FIRST = 10, 16  # inputs that are factors of their own; base samples that find them
ENDS = (0.1, 0.9)
SCENARIO, OTHERS, VARIED = "scenario", "all other inputs together", " (varied)"
SCREEN, SAMPLES = "screen", "sensitivity"  # kinds of parts
SAMPLE = "sample"
SEED = 20241
LEAST, RESAMPLED = 4, 200  # base samples from which indices are told, and resamples for their intervals


def inputs_at(sweep: Sweep, point: int) -> list[str]:
    """Uncertain inputs, of a point and of the study as given, whose data fix the model."""
    studies = (sweep.study_at(point), sweep.study)
    return sorted({n for s in studies for n, v in s.inputs().items() if v.uncertain})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sampled: an objective at a point, base samples, the inputs that are factors of their own."""

    sweep: Sweep
    goal: str
    point: int
    count: int
    own: tuple[str, ...]

    def told(self) -> str:
        """Text by which a folder knows whether its parts are of this plan."""
        return json.dumps([self.goal, self.point, self.count, list(self.own)])

    @property
    def inputs(self) -> list[str]:
        return inputs_at(self.sweep, self.point)

    @property
    def varied(self) -> list[str]:
        """Axes with more than one step, by names that no input has."""
        return [f"{', '.join(f.name for f in a.fields)}{VARIED}" for a in self.sweep.grid.axes if len(a) > 1]

    @property
    def problem(self) -> dict[str, object]:
        """Factors as SALib has them, each from 0 to 1: a step of an axis, a scenario, a quantile of an input."""
        names = [*self.varied, SCENARIO, *self.inputs]
        groups = [*self.varied, SCENARIO, *(n if n in self.own else OTHERS for n in self.inputs)]
        return {"num_vars": len(names), "names": names, "groups": groups, "bounds": [[0.0, 1.0]] * len(names)}

    @property
    def blocks(self) -> int:
        """Samples that one base sample makes."""
        return len(set(self.problem["groups"])) + 2


def sample_columns(plan: Plan) -> dict[str, str]:
    """Column -> kind of the sampled values."""
    return {SAMPLE: "whole", titled(plan.sweep, plan.goal): "number"}


def sampled(plan: Plan, first: int, last: int) -> Made:
    """The objective at all samples of the base samples ``first`` to ``last``; none around one that has no value."""
    rows = _samples(plan.count, json.dumps(plan.problem))
    numbers, values = [], []
    for base in range(first, last):
        start = base * plan.blocks
        own = _sample(plan, rows[start])
        around = [None if own is None else _sample(plan, rows[start + n]) for n in range(1, plan.blocks)]
        numbers += range(start, start + plan.blocks)
        values += [own, *around]
    return Made(dict(zip(sample_columns(plan), (numbers, values))), len(values), 0)


def unsolved(plan: Plan, base: int) -> Made:
    """A base sample on which processes die."""
    numbers = list(range(base * plan.blocks, (base + 1) * plan.blocks))
    return Made(dict(zip(sample_columns(plan), (numbers, [None] * len(numbers)))), len(numbers), 0)


@cache
def _samples(count: int, problem: str) -> np.ndarray:
    from SALib.sample import sobol

    return sobol.sample(json.loads(problem), count, calc_second_order=False, seed=SEED)


def _sample(plan: Plan, row: np.ndarray) -> float | None:
    """The objective at one sample."""
    axes = plan.sweep.grid.axes
    shares = iter(row)
    steps = [min(int(next(shares) * len(axis)), len(axis) - 1) if len(axis) > 1 else 0 for axis in axes]
    scenarios = declared_scenarios(plan.sweep.study)
    scenario = scenarios[min(int(next(shares) * len(scenarios)), len(scenarios) - 1)]
    quantiles = {name: float(np.clip(q, 1e-6, 1 - 1e-6)) for name, q in zip(plan.inputs, shares)}
    return _value(plan, plan.sweep.grid.index(steps), quantiles, scenario)


def _value(plan: Plan, index: int, quantiles: Mapping[str, float], scenario: Scenario) -> float | None:
    """The objective in the unit that people read; None where the model cannot follow."""
    match = CELL.fullmatch(plan.goal)
    try:
        cell = plan.sweep.study_at(index).at(quantiles).cells[match["cell"]]
        scales = _scales(plan.sweep.study.at(quantiles), scenario)
        life = capacities(cell, *prepare(cell), scenario, scales) if isinstance(scales, Scales) else []
    except EpitropyError:
        return None
    if len(life) < int(match["cycle"]):
        return None
    unit = plan.sweep.known[plan.goal].unit
    return convert(of_cell(life, match["what"], int(match["cycle"])), unit.si, unit.shown)


def _scales(base: Study, scenario: Scenario) -> Scales | str:
    name = calibration_cell(base)
    return calibrated(base, {name: prepare(base.cells[name])}, (scenario,)).scales[scenario.name]


def foremost(plan: Plan, values: np.ndarray) -> tuple[str, ...]:
    """Inputs that move the objective most on average, of a sample in which each is a factor of its own."""
    blocks = values.reshape(-1, plan.blocks)
    moved = np.abs(blocks[:, 1:-1] - blocks[:, :1])
    counted = np.isfinite(moved).sum(axis=0)
    mean = np.nansum(moved, axis=0) / np.maximum(counted, 1)
    names = list(dict.fromkeys(plan.problem["groups"]))
    ranked = sorted(zip(-mean, names))
    return tuple([name for change, name in ranked if change < 0 and name in plan.own][:OWN])


@dataclass(frozen=True, slots=True)
class Index:
    """Sobol indices of one factor, each with its 80 % interval: alone, and with what it does together with others."""

    name: str
    first: tuple[float, float, float]
    total: tuple[float, float, float]


def indices(plan: Plan, values: np.ndarray) -> tuple[list[Index], float]:
    """Indices by their total, largest first, and the share of base samples in which the model has a value.

    Martinez' estimators, which are correlations, on the samples of Saltelli et al. 2010 (10.1016/j.cpc.2009.09.018):
    with A and B two independent samples and C_i as A but for factor i, which is B's,

        S1_i = corr(f(B), f(C_i)),    ST_i = 1 - corr(f(A), f(C_i)).

    Each is over the pairs in which both have a value: where inputs rule the study's own data out, there is none.
    """
    blocks = values.reshape(-1, plan.blocks)
    solved = np.isfinite(blocks[:, 0])
    blocks = blocks[solved]
    names = list(dict.fromkeys(plan.problem["groups"]))
    if len(blocks) < LEAST or not np.nanvar(blocks[:, [0, -1]]) > 0:
        return [], float(solved.mean())
    rng = np.random.default_rng(SEED)
    again = rng.integers(len(blocks), size=(RESAMPLED, len(blocks)))
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a resample without a pair has no index
        found = _martinez(blocks)
        spread = np.nanquantile([_martinez(blocks[chosen]) for chosen in again], ENDS, axis=0)
    rows = [Index(n, *(tuple(map(float, v)) for v in np.transpose([found, *spread])[i])) for i, n in enumerate(names)]
    return sorted(rows, key=lambda i: -i.total[0]), float(solved.mean())


def _martinez(blocks: np.ndarray) -> np.ndarray:
    """(S1, ST) of each factor, of samples (bases, A and C_1.. and B)."""
    own, mixed, other = blocks[:, :1], blocks[:, 1:-1], blocks[:, -1:]
    return np.array([_correlation(other, mixed), 1 - _correlation(own, mixed)])


def _correlation(one: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Pearson's correlation of a column with each of many, over the pairs that are there."""
    both = np.isfinite(one) & np.isfinite(many)
    one, many = np.where(both, one, np.nan), np.where(both, many, np.nan)
    one, many = one - np.nanmean(one, axis=0), many - np.nanmean(many, axis=0)
    return np.nansum(one * many, axis=0) / np.sqrt(np.nansum(one**2, axis=0) * np.nansum(many**2, axis=0))


def as_text(plan: Plan, found: list[Index], solved: float) -> str:
    """Indices as a folder keeps them."""
    told = {"goal": plan.goal, "point": plan.point, "samples": plan.count, "solved": solved}
    return json.dumps(told | {"indices": [asdict(i) for i in found]})


def from_text(text: str) -> Mapping[str, Any]:
    """The same again; ``indices`` as `Index`."""
    told = json.loads(text)
    return told | {"indices": [Index(i["name"], tuple(i["first"]), tuple(i["total"])) for i in told["indices"]]}
