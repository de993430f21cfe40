"""Draws of all graded inputs, each solved on the calibration cell and run for every cell and scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..constants import AVOGADRO, FARADAY
from ..cycling.kernel import SCREENING
from ..cycling.mesh import Resolution
from ..cycling.parameters import Tables
from ..cycling.program import program
from ..cycling.stage import tables
from ..errors import InputError, NumericsError
from ..pipeline import Formed, form
from ..records.scenario import Scales, Scenario
from ..strain.laws import stress_potential
from ..strain.stage import energy_slope
from ..study import CellStudy, Study, as_read, cell_as_read
from .scales import build, capacities, reference_scales, rough_scales, solve_scales
from .scenarios import declared_scenarios
from .workers import mapped

SEED = 20241
DRAWS = 64


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: per scenario the scales (or why there are none) and per cell the life."""

    scales: Mapping[str, Scales | str]
    lives: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)


def quantiles(names: Iterable[str], draws: int, seed: int = SEED) -> list[dict[str, float]]:
    """Latin hypercube of quantiles, one dictionary a draw; adding an input does not move the others' draws.

    >>> sorted(round(q["a"], 3) // 0.25 for q in quantiles(["a"], 4))
    [0.0, 1.0, 2.0, 3.0]
    """
    columns = {name: _stratified(name, draws, seed) for name in names}
    return [{name: float(column[i]) for name, column in columns.items()} for i in range(draws)]


def _stratified(name: str, draws: int, seed: int) -> np.ndarray:
    """A permuted, jittered stratification of 0..1 from a stream of the input's own name."""
    rng = np.random.default_rng([seed, *name.encode()])
    return (rng.permutation(draws) + rng.random(draws)) / draws


def prepare(cell: CellStudy) -> tuple[Formed, Tables]:
    """A cell formed, and the tables its cycling looks up."""
    formed = form(cell)
    molar_volume = formed.host.cell_volume / 3 * AVOGADRO
    looked_up = tables(
        cell.cathode,
        formed.host,
        formed.electrolyte,
        cell.protocol.temperature.value,
        skin=formed.skin_strain,
        layer=formed.layer_strain,
        grains=formed.grain_strain,
        stress_skin=stress_potential(energy_slope(formed.skin_strain), molar_volume, FARADAY),
        stress_layer=stress_potential(energy_slope(formed.layer_strain), molar_volume, FARADAY),
    )
    return formed, looked_up


@dataclass(frozen=True, slots=True)
class Solved:
    """Scales by scenario with all that they depend on, for reuse where that is the same, or as a start."""

    fingerprints: Mapping[str, bytes]
    scales: Mapping[str, Scales | str]


def run_draw(
    study: Study,
    point: Mapping[str, float],
    scenarios: tuple[Scenario, ...],
    *,
    known: Solved | None = None,
    scales: Mapping[str, Scales | str] | None = None,
    only: str | None = None,
) -> Draw:
    """All cells (or ``only`` one) and scenarios of one draw; ``scales`` if they are known already."""
    drawn = study.at(point)
    wanted = [only] if only else list(drawn.cells)
    needed = wanted if scales else {*wanted, calibration_cell(drawn)}
    ready = {name: prepare(drawn.cells[name]) for name in needed}
    scales = scales or calibrated(drawn, ready, scenarios, known).scales
    lives = {
        (name, s.name): capacities(drawn.cells[name], *ready[name], s, scales[s.name])
        for s in scenarios
        if isinstance(scales[s.name], Scales)
        for name in wanted
    }
    return Draw(scales=scales, lives=lives)


def calibration_cell(study: Study) -> str:
    """The cell whose data fix the scales; without data, the first, whose priors set the rates."""
    return study.calibration.cell if study.calibration else next(iter(study.cells))


def calibrated(
    study: Study,
    ready: Mapping[str, tuple[Formed, Tables]],
    scenarios: tuple[Scenario, ...],
    known: Solved | None = None,
    resolution: Resolution = SCREENING,
) -> Solved:
    """Scales by scenario. Scenarios that differ only in the coating share the bare cell's solution."""
    name = calibration_cell(study)
    cell = study.cells[name]
    formed, looked_up = ready[name]
    if not as_read(study):  # the data fix the scales under the protocol that they were read by
        cell = cell_as_read(study)
        formed, looked_up = prepare(cell)
    prints = {s.name: _fingerprint(cell, formed, looked_up, s) for s in scenarios}
    solved: dict[tuple[str, str], Scales | str] = {}
    for scenario in scenarios:
        key = (scenario.fade_carrier, scenario.gap_carrier)
        if key in solved:
            continue
        before = known.scales.get(scenario.name) if known else None
        if known and before is not None and known.fingerprints[scenario.name] == prints[scenario.name]:
            solved[key] = before
            continue
        near = before if isinstance(before, Scales) else None
        solved[key] = _solve(study, cell, formed, looked_up, scenario, near, resolution)
    return Solved(prints, {s.name: solved[s.fade_carrier, s.gap_carrier] for s in scenarios})


def _fingerprint(cell: CellStudy, formed: Formed, looked_up: Tables, scenario: Scenario) -> bytes:
    """All that the calibration cell's solution in a scenario depends on."""
    unaged = build(cell, formed, scenario, rough_scales(cell, formed, 1.0))
    ageing = cell.degradation
    rows, _ = program(cell.protocol)
    priors = (
        ageing.skin_thickness_200,
        ageing.skin_transport_share,
        ageing.cracked_share,
        ageing.wetted_area_200,
        ageing.deep_charge_share,
    )
    numbers = np.concatenate([unaged, *looked_up, rows.ravel(), [p.value for p in priors]])
    return hashlib.sha256(numbers.tobytes()).digest()


def _solve(
    study: Study,
    cell: CellStudy,
    formed: Formed,
    looked_up: Tables,
    scenario: Scenario,
    near: Scales | None,
    resolution: Resolution,
) -> Scales | str:
    if study.calibration is None:  # no data: both scales stay at one, everything is prior
        return reference_scales(cell, formed, looked_up, scenario, 1.0, resolution) or "no first cycle"
    data = study.calibration
    return solve_scales(cell, formed, looked_up, scenario, data.first, data.last, near, resolution)


def run_ensemble(
    study: Study,
    *,
    draws: int = DRAWS,
    scenarios: tuple[Scenario, ...] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
    names: Iterable[str] | None = None,
    solved: Sequence[Mapping[str, Scales | str]] | None = None,
    only: str | None = None,
) -> list[Draw]:
    """Every draw, in order; the processes of ``pool`` share them.

    ``names`` sets which inputs are drawn (default: the study's own); ``solved`` gives the scales of each draw, as
    from an ensemble whose calibration cell is the same; ``only`` restricts the lives to one cell.
    """
    names = sorted(n for n, v in study.inputs().items() if v.uncertain) if names is None else sorted(names)
    points = list(zip(quantiles(names, draws), solved or [None] * draws))
    work = partial(_safe_draw, study=study, scenarios=scenarios or declared_scenarios(study), only=only)
    return list(mapped(work, points, progress, pool))


def _safe_draw(
    item: tuple[Mapping[str, float], Mapping[str, Scales | str] | None],
    study: Study,
    scenarios: tuple[Scenario, ...],
    only: str | None,
) -> Draw:
    """A draw whose inputs the numerics cannot follow is counted, not fatal."""
    point, scales = item
    try:
        return run_draw(study, point, scenarios, scales=scales, only=only)
    except NumericsError as error:
        return Draw(scales={s.name: error.given for s in scenarios})
    except InputError as error:  # a wide spread reaches beyond what is allowed
        return Draw(scales={s.name: f"{error.where} drawn outside its range" for s in scenarios})
