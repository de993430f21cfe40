"""From fitted cells to those that were not measured: every draw of what data cannot fix is fitted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from ..calibrate.ensemble import Draw, quantiles
from ..calibrate.scales import capacities
from ..calibrate.workers import mapped
from ..errors import InputError, NumericsError
from ..records.measured import CellData, Readings
from ..records.scenario import Scales, Scenario
from ..study import Study
from .model import FitModel
from .noise import Noise, cell_factor, reading_error
from .optimum import Objective, first_guess, optimum, refined
from .parameters import Free

POOR = 3.0  # chi-square per reading above which a draw has not found the data


def fitted_draws(
    study: Study,
    data: Sequence[CellData],
    free: Sequence[Free],
    scenarios: Sequence[Scenario],
    *,
    draws: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
) -> list[Draw]:
    """Draws of all inputs that are not free, the free ones fitted to the data in each, and every cell's life.

    Each draw fits data with a scatter of their own added and priors moved at random, which makes draws of the
    posterior where the model is close to linear in the free parameters (randomised maximum likelihood; Bardsley et
    al., SIAM J. Sci. Comput. 36 (2014) A1895, 10.1137/140964023). Scenarios that differ only in the coating share
    the fit, and each fit is judged by the noise that it leaves at the medians of the other inputs. A draw whose fit
    stays far from the data is counted as unsolved, with its reason.
    """
    names = [n for n, v in study.inputs().items() if v.uncertain and n not in {f.name for f in free}]
    points = list(enumerate(quantiles(sorted(names), draws, seed)))
    carriers = {(s.fade_carrier, s.gap_carrier): s for s in scenarios}
    shared = {"data": tuple(data), "free": tuple(free)}
    middle = partial(_middle, study=study.at({}), **shared)
    starts = dict(zip(carriers, mapped(middle, list(carriers.values()), lambda done, total: None, pool)))
    work = partial(_fitted_draw, study=study, scenarios=tuple(scenarios), seed=seed, starts=starts, **shared)
    return list(mapped(work, points, progress, pool))


Start = tuple[np.ndarray, np.ndarray, Noise]  # point, slope there, and what the fit leaves


def _middle(scenario: Scenario, study: Study, data: tuple[CellData, ...], free: tuple[Free, ...]) -> Start:
    """The fit at the medians of all other inputs, from which draws start."""
    objective = Objective(FitModel(study, scenario, data, free))
    best, _ = optimum(objective, count=1, seed=0)
    return best.point, best.slope, best.noise


def _most(objective: Objective) -> float:
    """Chi-square above which a fit has not found the data."""
    return POOR * sum(d.count for d in objective.model.data) + 10


def _fitted_draw(
    item: tuple[int, Mapping[str, float]],
    study: Study,
    data: tuple[CellData, ...],
    free: tuple[Free, ...],
    scenarios: tuple[Scenario, ...],
    seed: int,
    starts: Mapping[tuple[str, str], Start],
) -> Draw:
    number, quantile = item
    rng = np.random.default_rng([seed, number])
    states = {key: np.random.default_rng([seed, number, 1]) for key in starts}  # the same scatter for each carrier
    seen = {key: tuple(scattered_cell(d, starts[key][2], states[key]) for d in data) for key in starts}
    centre = rng.normal(size=len(free))
    found: dict[tuple[str, str], tuple[np.ndarray, Scales] | str] = {}
    scales: dict[str, Scales | str] = {}
    lives = {}
    ready: dict = {}
    try:
        drawn = study.at(quantile)
        for s in scenarios:
            key = (s.fade_carrier, s.gap_carrier)
            model = FitModel(drawn, s, seen[key], free, ready=ready)
            ready |= model.ready
            if key not in found:
                found[key] = _fitted(Objective(model, centre=centre), *starts[key])
            fitted = found[key]
            scales[s.name] = fitted if isinstance(fitted, str) else fitted[1]
            if isinstance(fitted, str):
                continue
            for name in study.cells:
                cell = replace(model.cell(name, fitted[0]), protocol=drawn.cells[name].protocol)
                lives[name, s.name] = capacities(cell, *model.prepared(name, cell), s, fitted[1])
            ready |= model.ready
    except NumericsError as error:
        return Draw(scales={s.name: error.given for s in scenarios})
    except InputError as error:  # a wide spread reaches beyond what is allowed
        return Draw(scales={s.name: f"{error.where} drawn outside its range" for s in scenarios})
    return Draw(scales=scales, lives=lives)


def _fitted(
    objective: Objective, point: np.ndarray, slope: np.ndarray, noise: Noise
) -> tuple[np.ndarray, Scales] | str:
    """Point and scales of this draw's fit, from that at the medians or from afar; or why there are none."""
    point, chi, _ = refined(objective, point, slope, noise)
    if chi > _most(objective):
        point, chi = objective.fit(first_guess(objective.model), noise)
    if chi > _most(objective):
        return "data out of reach"
    scales = objective.model.scales(point)
    return "cycle 1 out of reach" if scales is None else (point, scales)


def scattered_cell(data: CellData, noise: Noise, rng: np.random.Generator) -> CellData:
    """The data with a scatter of their own kind added."""
    shared = rng.normal(size=2)
    found = {}
    for quantity, readings in data.readings.items():
        if quantity != "capacity":
            found[quantity] = replace(
                readings, value=readings.value + reading_error(quantity) * rng.normal(size=readings.value.size)
            )
            continue
        found[quantity] = _scattered_capacity(readings, noise, shared, rng)
    return replace(data, readings=found)


def _scattered_capacity(readings: Readings, noise: Noise, shared: np.ndarray, rng: np.random.Generator) -> Readings:
    ageing = ~np.isfinite(readings.rate)
    added = np.where(ageing, 0.0, reading_error("rate") * rng.normal(size=ageing.size))
    passed = noise.persistence ** np.diff(readings.cycle[ageing])
    walk, last = [], 0.0
    for n, new in enumerate(rng.normal(size=int(ageing.sum()))):
        last = new if n == 0 else passed[n - 1] * last + np.sqrt(1 - passed[n - 1] ** 2) * new
        walk.append(last)
    added[ageing] = noise.scatter * np.array(walk)
    return replace(readings, value=readings.value * cell_factor(shared, readings.cycle) + added)
