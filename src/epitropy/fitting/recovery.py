"""Are the intervals honest? Synthetic cells with known truth, fitted as if they were a laboratory's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..calibrate.workers import mapped
from ..cycling.kernel import SCREENING
from ..cycling.mesh import Resolution
from ..records.measured import CellData, Readings
from ..records.scenario import Scenario
from ..study import Study
from .chain import walk
from .model import FitModel
from .noise import Noise
from .optimum import Objective, ends, optimum, profile
from .parameters import FADE, KINETIC, Free, free_parameters
from .predict import scattered_cell

KINETIC_SPREAD, FADE_SPREAD = 0.3, 0.4  # of ln, about the middle of what bare cells calibrate to
KINETIC_MIDDLE = math.log(1.5)


@dataclass(frozen=True, slots=True)
class Recovered:
    """One synthetic cell: the truth of each parameter and the ends of its 80 % interval, in its own coordinate."""

    truth: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def inside(self) -> np.ndarray:
        return (self.low <= self.truth) & (self.truth <= self.high)


def recovered(
    study: Study,
    scenario: Scenario,
    names: Sequence[str],
    *,
    cell: str,
    cycles: Sequence[int],
    count: int,
    seed: int,
    scatter: float,
    persistence: float = 0.0,
    steps: int = 0,
    starts: int = 2,
    resolution: Resolution = SCREENING,
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
) -> list[Recovered]:
    """Fit ``count`` cells whose truth is drawn from the priors and whose readings scatter as a laboratory's do.

    ``scatter`` is in C/kg. Intervals are of the profile likelihood, or of the chain where ``steps`` are given and it
    converges; both truth and fit live on ``resolution``. A truth that delivers no first cycle is drawn again.
    """
    work = partial(
        _one,
        study=study,
        scenario=scenario,
        free=free_parameters(study, names),
        cell=cell,
        cycles=tuple(cycles),
        noise=Noise(scatter, persistence),
        seed=seed,
        steps=steps,
        starts=starts,
        resolution=resolution,
    )
    return list(mapped(work, range(count), progress, pool))


def _one(
    number: int,
    study: Study,
    scenario: Scenario,
    free: tuple[Free, ...],
    cell: str,
    cycles: tuple[int, ...],
    noise: Noise,
    seed: int,
    steps: int,
    starts: int,
    resolution: Resolution,
) -> Recovered:
    rng = np.random.default_rng([seed, number])
    at = np.array(cycles, dtype=float)
    blank = Readings(cycle=at, value=np.ones(at.size), rate=np.full(at.size, np.nan))
    empty = CellData(name="synthetic", cell=cell, readings={"capacity": blank})
    model = FitModel(study.at({}), scenario, [empty], free, resolution)
    truth, data = _synthetic(model, noise, rng)
    objective = Objective(FitModel(model.study, scenario, [data], free, resolution, model.ready))
    best, _ = optimum(objective, count=starts, seed=seed)
    walked = walk(objective, best, steps=steps, seed=seed) if steps else None
    if walked and walked.converged:
        low, high = np.quantile(walked.samples()[:, : truth.size], [0.1, 0.9], axis=0)
        return Recovered(truth, low, high)
    found = [ends(*profile(objective, best, i), f.low, f.high) for i, f in enumerate(free)]
    return Recovered(truth, *np.array(found).T)


def _synthetic(model: FitModel, noise: Noise, rng: np.random.Generator) -> tuple[np.ndarray, CellData]:
    """A truth and the readings of such a cell, with its own level."""
    while True:
        truth = np.array([_drawn(f, rng) for f in model.free])
        (values,) = model.predicted(truth)
        if values["capacity"].min() > 0:
            break
    (data,) = model.data
    readings = data.readings["capacity"]
    whole = Readings(cycle=readings.cycle, value=values["capacity"], rate=readings.rate)
    exact = CellData(name=data.name, cell=data.cell, readings={"capacity": whole})
    return truth, scattered_cell(exact, noise, rng)


def _drawn(free: Free, rng: np.random.Generator) -> float:
    if free.name == KINETIC:
        return KINETIC_MIDDLE + KINETIC_SPREAD * rng.normal()
    if free.name == FADE:
        return FADE_SPREAD * rng.normal()
    return float(rng.normal())
