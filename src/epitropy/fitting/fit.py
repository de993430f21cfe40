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
from ..calibrate.ensemble import calibration_cell
from ..calibrate.headline import baselines, cell_headline
from ..calibrate.scenarios import declared_scenarios
from ..calibrate.update import update
from ..constants import FARADAY
from ..errors import InputError
from ..records.fit import (
    Chain,
    Extrapolation,
    FitAnswer,
    FitParameter,
    FittedCell,
    Identified,
    ProfileCurve,
)
from ..records.headline import CellHeadline, Update
from ..records.measured import CellData, Readings
from ..records.scenario import Scenario
from ..study import Study, priors_hash, study_hash
from ..units import convert
from .chain import SCATTER, Walked, walk
from .extrapolate import FARTHEST, check_reach, extrapolated, held_back
from .model import FitModel
from .noise import cell_factor, independent, whitened
from .optimum import Each, Objective, Optimum, correlations, ends, first_guess, optimum, profile
from .parameters import Free, free_parameters, usual
from .predict import fitted_draws

SEED = 20247
STARTS = 4
STEPS = 4000  # most that a chain takes in one run
WINDOW, CURRENT = 0.15, 0.2  # V, and share, by which a file may differ from the study's protocol
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
    _check(study, data, to)
    chosen = _chosen(study, scenario)
    parameters = free_parameters(study, free or usual(study, data, chosen))
    each: Each = threads.map if threads else map
    _enough(parameters, data)
    centre = study.at({})
    objective = Objective(FitModel(centre, chosen, data, parameters), each)
    best, same = optimum(objective, count=starts, seed=seed, progress=partial(progress, "least squares"))
    worth = _worth(parameters, data, best)
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
    predicted, updates, notes = _predicted(study, data, free, chosen, draws, starts, seed, progress, pool, each)
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


def _chosen(study: Study, name: str | None) -> Scenario:
    declared = declared_scenarios(study)
    found = [s for s in declared if name in (None, s.name)]
    if not found:
        raise InputError("--scenario", f"unknown scenario '{name}'", ", ".join(s.name for s in declared))
    return found[0]


def _check(study: Study, data: Sequence[CellData], to: int) -> None:
    """Cells exist, capacities are possible for their host, and what is asked can be told from them."""
    if not data:
        raise InputError("DATA", "no file", "at least one file with capacities")
    for one in data:
        if one.cell not in study.cells:
            raise InputError(
                one.source or one.name,
                f"cell '{one.cell}'",
                f"a cell of {study.name}: {', '.join(study.cells)}",
                "Name it with --cell or in a column 'cell'.",
            )
        if "capacity" in one.readings:
            _possible(study, one)
        _as_in_the_study(study, one)
    if not any("capacity" in d.readings for d in data):
        raise InputError("DATA", "no capacities", "capacities of at least one cell; other readings come beside them")
    for one in data if to else ():
        if "capacity" in one.readings:
            readings = one.readings["capacity"]
            check_reach(one.name, to, readings.cycle[~np.isfinite(readings.rate)])


def _possible(study: Study, data: CellData) -> None:
    from ..pipeline import powder

    most = FARADAY / powder(study.at({}).cells[data.cell]).molar_mass
    worst = float(data.readings["capacity"].value.max())
    if worst > most:
        raise InputError(
            data.source or data.name,
            f"{convert(worst, 'C/kg', 'mAh/g'):.0f} mAh/g",
            f"at most {convert(most, 'C/kg', 'mAh/g'):.0f} mAh/g, all lithium of the host of '{data.cell}'",
            "Check mass, unit, and whether the file is of this cell.",
        )


def _as_in_the_study(study: Study, data: CellData) -> None:
    """Window and current of a file that tells them are those of the study's protocol."""
    protocol, where = study.cells[data.cell].protocol, data.source or data.name
    if data.voltage_range is not None:
        for found, key in zip(data.voltage_range, ("lower_voltage", "upper_voltage")):
            stated = getattr(protocol, key).value
            if abs(found - stated) > WINDOW:
                raise InputError(
                    where,
                    f"cycled to {found:.2f} V, where the study has protocol.{key} {stated:g} V",
                    f"the study's window within {WINDOW:g} V",
                    f"State protocol.{key} in the study, or check whether the file is of this cell.",
                )
    if data.discharge_current is not None and "capacity" in data.readings:
        ageing = ~np.isfinite(data.readings["capacity"].rate)
        stated = protocol.discharge.value * protocol.one_c.value
        found = float(np.median(data.discharge_current[ageing])) if ageing.any() else stated
        if abs(found / stated - 1) > CURRENT:
            raise InputError(
                where,
                f"discharged at {found:.0f} mA/g, where the study ages at {stated:.0f} mA/g",
                f"the study's current within {100 * CURRENT:.0f} %",
                "State protocol.one_c and protocol.rate in the study, or check the mass.",
            )


def _enough(free: Sequence[Free], data: Sequence[CellData]) -> None:
    readings = sum(d.count for d in data)
    if len(free) > readings:
        names = ", ".join(f.name for f in free)
        raise InputError(
            "--free",
            f"{readings} reading{'s' if readings > 1 else ''} for {len(free)} free parameters ({names})",
            f"at most {readings}",
            "Free fewer, or give more data.",
        )


def _worth(free: Sequence[Free], data: Sequence[CellData], best: Optimum) -> float:
    """Independent readings; refused where they are fewer than the free parameters."""
    worth = independent(data, best.noise.persistence)
    if len(free) > worth:
        raise InputError(
            "--free",
            f"{len(free)} free parameters; the {sum(d.count for d in data)} readings, whose misfit persists by "
            f"{best.noise.persistence:.2f} from one cycle to the next, are worth {worth:.1f} independent ones",
            f"at most {int(worth)}",
            f"Free fewer, e.g. {' '.join(f'--free {p.name}' for p in free[: max(1, int(worth))])}.",
        )
    return worth


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


def _predicted(
    study: Study,
    data: Sequence[CellData],
    free: Sequence[str],
    chosen: Scenario,
    draws: int,
    starts: int,
    seed: int,
    progress: Progress,
    pool: Executor | None,
    each: Each,
) -> tuple[Mapping[str, CellHeadline], tuple[Update, ...], list[str]]:
    """The other cells from the calibration cell's data alone, in every scenario; then their own data beside it.

    Nothing of the other cells' data reaches the prediction: parameters and noise are those of the calibration cell's.
    """
    known = calibration_cell(study)
    others = [n for n in study.cells if n != known]
    base = [d for d in data if d.cell == known and "capacity" in d.readings]
    if not draws or not others:
        return {}, (), []
    if not base:
        return {}, (), [f"Nothing is predicted: the data hold no capacities of {known}, which calibrates."]
    reach = max(int(d.readings["capacity"].cycle.max()) for d in base)
    far = max(study.cells[n].protocol.cycles for n in others)
    if far > FARTHEST * reach:
        note = (
            f"Nothing is predicted: the study asks for cycle {far}, and {reach} measured cycles of {known} carry no "
            f"farther than {int(FARTHEST * reach)}. State fewer protocol.cycles, or measure on."
        )
        return {}, (), [note]
    parameters = free_parameters(study, free or usual(study, base, chosen))
    if len(base) < len(data):  # else this was fitted, and checked, already
        _enough(parameters, base)
        alone = Objective(FitModel(study.at({}), chosen, base, parameters), each)
        _worth(parameters, base, optimum(alone, count=starts, seed=seed)[0])
    scenarios = declared_scenarios(study)
    predicting = partial(progress, "draws of all other inputs, fitted anew")
    found = fitted_draws(study, base, parameters, scenarios, draws=draws, seed=seed, progress=predicting, pool=pool)
    told, updates, notes = {}, [], []
    dropped = [s.name for s in scenarios if all(isinstance(d.scales[s.name], str) for d in found)]
    if dropped:
        notes.append(f"Not in the mixture, as no draw of theirs could be fitted to {known}: {', '.join(dropped)}.")
    bare = cell_headline(known, "calibrated", found, scenarios, study.cells[known].protocol.cycles)
    for name in others:
        cell = cell_headline(name, "predicted", found, scenarios, study.cells[name].protocol.cycles)
        if cell is None:
            notes.append(f"No draw could be fitted to the data of {known}, so {name} is not predicted.")
            continue
        told[name] = cell
        guesses = baselines(bare.retention.value, study.name) if study.cells[name].coating else ()
        own = [d for d in data if d.cell == name and "capacity" in d.readings]
        seen, why = _seen(own, study.cells[name].protocol.cycles)
        notes += [f"{name} was predicted, but its data are not compared: {why}"] if why else []
        points = {g.name: g.retention for g in guesses}
        after = update(found, scenarios, name, seen, points, replicates=max(len(own), 1))
        updates += [after] if after else []
    return told, tuple(updates), notes


def _seen(data: Sequence[CellData], cycles: int) -> tuple[dict[str, float], str]:
    """Mean last capacity and retention of replicates at the last cycle of the protocol; or why there are none."""
    last, kept, why = [], [], ""
    for one in data:
        readings = one.readings["capacity"]
        ageing = ~np.isfinite(readings.rate)
        value, cycle = readings.value[ageing], readings.cycle[ageing]
        if not value.size or cycle[0] != 1:
            why = f"{one.name} has no capacity of ageing cycle 1 (say where ageing starts with --first)."
        elif cycle[-1] < cycles:
            why = f"{one.name} ends at cycle {int(cycle[-1])}, the study at {cycles}."
        else:
            last.append(float(np.interp(cycles, cycle, value)))
            kept.append(last[-1] / float(value[0]))
    if not last:
        return {}, why
    return {"last": float(np.mean(last)), "retention": float(np.mean(kept))}, ""
