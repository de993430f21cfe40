"""One verb: a study and a laboratory's cells in; parameters, what is loose, and predictions out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import NormalDist

import numpy as np

from .. import __version__
from ..calibrate.scenarios import declared_scenarios, named_scenario
from ..records.fit import (
    Chain,
    Extrapolation,
    FitAnswer,
    FitParameter,
    FittedCell,
    Identified,
    ProfileCurve,
)
from ..records.measured import CellData, Readings
from ..records.scenario import Scenario
from ..study import Study, priors_hash, study_hash
from .chain import SCATTER, Walked, walk
from .checks import check_count, check_data, check_worth
from .extrapolate import extrapolated, held_back
from .model import FitModel
from .noise import cell_factor, whitened
from .optimum import Each, Objective, Optimum, correlations, ends, first_guess, optimum, profile
from .parameters import Free, free_parameters, usual
from .predict import predicted_cells

SEED = 20247
STARTS = 4
STEPS = 8000  # most that a chain takes in one run
PREDICTIVE = 100  # samples behind a posterior predictive curve
BETTER = 0.3  # of chi-square by which a profile may pass below the best fit
BY_DATA, IN_PART = 0.9, 0.4  # share of the prior's variance taken away

Progress = Callable[[str, int, int], None]


def quiet(stage: str, done: int, total: int) -> None:
    """No progress shown."""


def fit_study(
    study: Study,
    data: Sequence[CellData],
    *,
    scenario: str | None = None,
    free: Sequence[str] = (),
    steps: int = STEPS,
    starts: int = STARTS,
    seed: int = SEED,
    draws: int = 0,
    to: int = 0,
    folder: Path | None = None,
    progress: Progress = quiet,
    threads: ThreadPoolExecutor | None = None,
    pool: Executor | None = None,
) -> FitAnswer:
    """Fit one scenario of the ageing model to measured cells, jointly.

    Least squares from several starts, profile likelihood, then (``steps`` > 0) the posterior by an ensemble of
    walkers, kept in ``folder``. ``free`` names the parameters (default: those that such data usually tell). With
    ``draws`` the other cells of the study are predicted in every scenario from the calibration cell's data alone, and
    compared with their own data where those are given. ``to`` extrapolates. Raises `InputError` where there are more
    free parameters than (independent) readings.
    """
    check_data(study, data, to)
    chosen = declared_scenarios(study)[0] if scenario is None else named_scenario(study, scenario)
    parameters = free_parameters(study, free or usual(study, data, chosen))
    each: Each = threads.map if threads else map
    check_count(parameters, data)
    centre = study.at({})
    objective = Objective(FitModel(centre, chosen, data, parameters), each)
    best, same = optimum(objective, count=starts, seed=seed, progress=partial(progress, "least squares"))
    worth = check_worth(parameters, data, best)
    profiles = []
    for i in range(len(parameters)):
        progress("profile likelihood", i, len(parameters))
        profiles.append(profile(objective, best, i))
    progress("profile likelihood", len(parameters), len(parameters))
    walked = None
    if steps:
        key = _key(study, data, chosen, parameters, seed, best)
        sampling = partial(progress, "posterior (emcee)")
        walked = walk(objective, best, steps=steps, seed=seed, each=each, folder=folder, key=key, progress=sampling)
    samples = _samples(objective, best, walked, seed)
    cells = _cells(objective, best, samples, seed, each)
    predicted, updates, notes = predicted_cells(study, data, free, chosen, draws, starts, seed, progress, pool, each)
    better = min(float(rise.min()) for _, rise in profiles)
    if better < -BETTER:
        notes.append(
            f"A profile found chi-square {-better:.1f} lower than the best fit: another valley. Give more --starts."
        )
    return FitAnswer(
        study=study.name,
        title=study.title,
        hash=study_hash(study),
        priors=priors_hash(study),
        version=__version__,
        seed=seed,
        scenario=chosen,
        readings=sum(d.count for d in data),
        independent=worth,
        scatter=best.noise.scatter,
        scatter_measured=best.measured,
        persistence=best.noise.persistence,
        chi_square=best.chi_square,
        starts=starts,
        same_optimum=same,
        parameters=tuple(_parameter(p, i, best, profiles[i], walked) for i, p in enumerate(parameters)),
        correlations=correlations(best.covariance),
        profiles=tuple(
            ProfileCurve(name=p.name, at=np.array([p.value(a) for a in at]), rise=rise)
            for p, (at, rise) in zip(parameters, profiles)
        ),
        chain=_chain(parameters, walked, best) if walked else None,
        cells=cells,
        extrapolations=_extrapolations(objective, best, samples, to, seed, each),
        predicted=predicted,
        updates=updates,
        notes=tuple(notes),
    )


def _key(
    study: Study, data: Sequence[CellData], scenario: Scenario, free: Sequence[Free], seed: int, best: Optimum
) -> str:
    """Content hash of all that decides a chain."""
    digest = hashlib.sha256(repr((study_hash(study), priors_hash(study), scenario, seed)).encode())
    digest.update(repr([f.name for f in free]).encode())
    for one in data:
        for quantity, readings in sorted(one.readings.items()):
            digest.update(f"{one.cell} {quantity}".encode())
            digest.update(np.concatenate([readings.cycle, readings.value, np.nan_to_num(readings.rate)]).tobytes())
    digest.update(best.point.tobytes())
    return digest.hexdigest()


def _samples(objective: Objective, best: Optimum, walked: Walked | None, seed: int) -> np.ndarray | None:
    """Points of the posterior for predictive curves; None without a chain that has converged."""
    if walked is None or not walked.converged:
        return None
    every = walked.samples()
    rng = np.random.default_rng(seed)
    return every[rng.choice(len(every), min(PREDICTIVE, len(every)), replace=False), : best.point.size]


def _parameter(
    free: Free, index: int, best: Optimum, curve: tuple[np.ndarray, np.ndarray], walked: Walked | None
) -> FitParameter:
    low, high = ends(*curve, free.low, free.high)
    inside = (None, None)
    variance = ((high - low) / (2 * NormalDist().inv_cdf(0.9))) ** 2
    if walked is not None and walked.converged:
        column = walked.samples()[:, index]
        inside = tuple(free.value(float(q)) for q in np.quantile(column, [0.1, 0.9]))
        variance = float(np.var(column))
    whole = 1.0 if free.prior is not None else (free.high - free.low) ** 2 / 12
    informed = max(0.0, 1 - variance / whole)
    return FitParameter(
        name=free.name,
        label=free.label,
        unit=free.unit,
        prior=free.prior,
        value=free.value(float(best.point[index])),
        profile_low=free.value(low),
        profile_high=free.value(high),
        low=inside[0],
        high=inside[1],
        informed=informed,
        identified=_identified(free, informed, math.sqrt(variance)),
    )


def _identified(free: Free, informed: float, spread: float) -> Identified:
    """A scale is told by the data if known within some 20 %, in part within a factor of e."""
    if free.prior is None:
        return "by the data" if spread < 0.2 else "in part" if spread < 1 else "loose"
    return "by the data" if informed >= BY_DATA else "in part" if informed >= IN_PART else "loose"


def _chain(free: Sequence[Free], walked: Walked, best: Optimum) -> Chain:
    samples: dict[str, np.ndarray] = {}
    if walked.converged:
        kept = walked.samples()
        kept = kept[:: max(1, len(kept) // 2000)]
        samples = {f.name: np.array([f.value(v) for v in kept[:, i]]) for i, f in enumerate(free)}
        if SCATTER in walked.names:
            samples[SCATTER] = best.noise.scatter * np.exp(kept[:, -1])
    return Chain(
        walkers=walked.positions.shape[1],
        steps=len(walked.positions),
        burn_in=walked.burn_in,
        autocorrelation=walked.autocorrelation,
        split_r_hat=walked.r_hat,
        acceptance=walked.acceptance,
        converged=walked.converged,
        reason=walked.reason,
        samples=samples,
    )


def _cells(
    objective: Objective, best: Optimum, samples: np.ndarray | None, seed: int, each: Each
) -> tuple[FittedCell, ...]:
    model = objective.model
    lives = model.lives(best.point)
    many = [one for one in each(model.lives, samples) if one] if samples is not None else []
    read = [model.read(one) for one in many]
    rng = np.random.default_rng([seed, 3])
    found = []
    for n, (data, values) in enumerate(zip(model.data, model.read(lives))):
        curve = lives[data.cell].columns["capacity"]
        cycle = np.arange(1.0, curve.size + 1)
        own = whitened(data, values, best.noise).shared if "capacity" in data.readings else np.zeros(2)
        band = None
        if many:
            rows = [
                _padded(one[data.cell].columns.get("capacity", np.zeros(1)), curve.size)
                * cell_factor(_own(data, told[n], best, rng), cycle)
                for one, told in zip(many, read)
            ]
            band = np.quantile(np.array(rows), [0.1, 0.9], axis=0)
        fitted = dict(values)
        if "capacity" in values:
            fitted["capacity"] = values["capacity"] * cell_factor(own, data.readings["capacity"].cycle)
        first, last = cell_factor(own, cycle[[0, -1]])
        found.append(
            FittedCell(
                data=data,
                level=float(first),
                kept=float(last / first),
                fitted=fitted,
                curve_cycle=cycle,
                curve=curve * cell_factor(own, cycle),
                curve_low=None if band is None else band[0],
                curve_high=None if band is None else band[1],
            )
        )
    return tuple(found)


def _own(data: CellData, values: Mapping[str, np.ndarray], best: Optimum, rng: np.random.Generator) -> np.ndarray:
    """Level and fade of a cell's own as one sample of the model leaves them: they make up for what that misses."""
    if "capacity" not in data.readings:
        return rng.normal(size=2)
    found = whitened(data, values, best.noise)
    return found.shared + found.root @ rng.normal(size=2)


def _padded(curve: np.ndarray, size: int) -> np.ndarray:
    """A life that ended early delivers nothing afterwards."""
    return np.concatenate([curve[:size], np.zeros(max(0, size - curve.size))])


def _extrapolations(
    objective: Objective, best: Optimum, samples: np.ndarray | None, to: int, seed: int, each: Each
) -> tuple[Extrapolation, ...]:
    """One a physical cell with capacities; the ageing model is fitted once more without what is held back."""
    if not to:
        return ()
    model, found = objective.model, []
    points = samples if samples is not None else _gaussian(objective, best, seed)
    lives = [one for one in each(lambda p: model.lives(p, to), points) if one]
    read = [model.read(one) for one in lives]
    rng, cycles = np.random.default_rng([seed, 4]), np.arange(1.0, to + 1)
    for n, data in enumerate(model.data):
        if "capacity" not in data.readings:
            continue
        readings = data.readings["capacity"]
        ageing = ~np.isfinite(readings.rate)
        cycle, capacity = readings.cycle[ageing], readings.value[ageing]
        curves = [
            _padded(one[data.cell].columns.get("capacity", np.zeros(1)), to)
            * cell_factor(_own(data, told[n], best, rng), cycles)
            for one, told in zip(lives, read)
        ]
        held = _held_back(model, best, data, cycle, capacity, each)
        found.append(
            extrapolated(
                data.name,
                cycle,
                capacity,
                to,
                best.noise.scatter,
                persistence=best.noise.persistence,
                seed=seed,
                model=(held, np.array(curves)),
            )
        )
    return tuple(found)


def _held_back(
    model: FitModel, best: Optimum, data: CellData, cycle: np.ndarray, capacity: np.ndarray, each: Each
) -> np.ndarray:
    """What the ageing model, fitted to the readings before, tells of those that are held back."""
    back = held_back(cycle.size)
    readings = Readings(cycle=cycle[:back], value=capacity[:back], rate=np.full(back, np.nan))
    early = replace(data, readings={"capacity": readings})
    part = FitModel(model.study, model.scenario, [early], model.free, ready=model.ready)
    point, _ = Objective(part, each).fit(first_guess(part), best.noise)
    life = part.lives(point, int(cycle[-1]))
    if not life or not life[data.cell].columns:
        return np.zeros(cycle.size - back)
    own = whitened(early, part.read(life)[0], best.noise).shared
    late = cycle[back:]
    told = _padded(life[data.cell].columns["capacity"], int(cycle[-1]))
    return told[late.astype(int) - 1] * cell_factor(own, late)


def _gaussian(objective: Objective, best: Optimum, seed: int) -> np.ndarray:
    """Points of the Gaussian at the optimum, where no chain has converged."""
    rng = np.random.default_rng([seed, 7])
    root = np.linalg.cholesky(best.covariance + 1e-12 * np.eye(best.point.size))
    return np.clip(best.point + rng.normal(size=(PREDICTIVE, best.point.size)) @ root.T, objective.low, objective.high)
