"""From fitted cells to those that were not measured: every draw of what data cannot fix is fitted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from ..calibrate.ensemble import Draw, calibration_cell, quantiles
from ..calibrate.headline import baselines, cell_headline
from ..calibrate.scales import capacities
from ..calibrate.scenarios import declared_scenarios
from ..calibrate.update import update
from ..calibrate.workers import mapped
from ..errors import InputError, NumericsError
from ..records.headline import CellHeadline, Update
from ..records.measured import CellData, Readings
from ..records.scenario import Scales, Scenario
from ..study import Study
from .checks import check_count, check_worth
from .extrapolate import FARTHEST
from .model import FitModel
from .noise import Noise, cell_factor, reading_error
from .optimum import Each, Objective, first_guess, optimum, refined
from .parameters import Free, free_parameters, usual

Progress = Callable[[str, int, int], None]

POOR = 3.0  # chi-square per reading above which a draw has not found the data


def predicted_cells(
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
        check_count(parameters, base)
        alone = Objective(FitModel(study.at({}), chosen, base, parameters), each)
        check_worth(parameters, base, optimum(alone, count=starts, seed=seed)[0])
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
