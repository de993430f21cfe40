"""``epitropy compare``: the kernel and PyBaMM on the same record, cycle by cycle and voltage by voltage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .. import __version__
from ..calibrate.ensemble import calibration_cell, prepare
from ..calibrate.scales import build, tolerance_of
from ..cycling import ageing, kernel
from ..cycling.mesh import Resolution, mesh_of
from ..cycling.parameters import COLUMNS, INTERPHASES, SKINS, Model, Row, Tables
from ..cycling.program import program
from ..cycling.stage import REASONS, Life, capacity_by_cycle, simulate
from ..errors import InputError, NumericsError
from ..records.comparison import CellDistance, Comparison, CurveDistance, EngineLife, EngineReading
from ..study import Study, check_window, study_hash
from .cycle import chosen_cells, chosen_scenarios, solved_scales

LIMITS = {
    "voltage_rmse_mV": 0.5,
    "capacity_error": 5e-4,
    "fade_error": 1e-3,
    "salt_imbalance": 1e-10,
    "lithium_imbalance": 1e-10,
}
ERRORS = ("voltage_rmse_mV", "capacity_error", "fade_error")
IMBALANCES = ("salt_imbalance", "lithium_imbalance")
FADE_FLOOR = 0.01  # a fade of less is not divided by: a cell that hardly fades has no relative error of fade
POINTS = 2000  # of charge, a half-cycle

Progress = Callable[[str, int, int], None]


class Half(NamedTuple):
    """Charge passed, as a change of mean lithium, and voltage of a half-cycle."""

    passed: np.ndarray
    voltage: np.ndarray


def compare_study(
    study: Study,
    *,
    cells: Sequence[str] = (),
    scenario: str | None = None,
    cycles: Sequence[int] = (),
    progress: Progress = lambda stage, done, total: None,
) -> Comparison:
    """Both engines on ``cells`` (default: all) in one scenario (default: the first that can be solved), at the medians.

    ``cycles`` are the ageing cycles whose voltages are compared; first, middle and last by default. Both engines skip
    cycles as the study says.
    """
    try:
        from ..cycling import pybamm_life
    except ModuleNotFoundError as error:
        if error.name != "pybamm":
            raise
        raise InputError("compare", "PyBaMM is not installed", "", "pip install 'epitropy[pybamm]'") from None
    chosen, tried = chosen_cells(study, cells), chosen_scenarios(study, scenario)
    if len(tried) > 1 and scenario is not None:
        raise InputError("--scenario", scenario, "one scenario")
    centre = study.at({})
    last = min(centre.cells[name].protocol.cycles for name in chosen)
    for cycle in cycles:
        if not 1 <= cycle <= last:
            raise InputError("--cycles", f"{cycle}", f"ageing cycles 1 to {last}")
    wanted = sorted(set(cycles)) or sorted({1, (1 + last) // 2, last})
    ready = {}
    for name in dict.fromkeys([calibration_cell(centre), *chosen]):
        ready[name] = prepare(centre.cells[name])
        check_window(centre.cells[name])
    ((one, scales),) = solved_scales(centre, ready, tried, False, progress)[0].items()
    found = {}
    for name in chosen:
        cell, (formed, tables) = centre.cells[name], ready[name]
        stage = f"cycling {name} with PyBaMM"
        found[name] = compare_cell(
            build(cell, formed, one, scales),
            tables,
            *program(cell.protocol),
            tolerance=tolerance_of(cell.protocol),
            cycles=wanted,
            pybamm_life=pybamm_life,
            progress=lambda done, total, stage=stage: progress(stage, done, total),
        )
    errors = {name: _worst(getattr(cell, name) for cell in found.values()) for name in ERRORS}
    engines = {name: _reading([getattr(cell, name) for cell in found.values()]) for name in ("kernel", "pybamm")}
    lost = {name: max(getattr(engine, name) for engine in engines.values()) for name in IMBALANCES}
    return Comparison(
        study=study.name,
        title=study.title,
        hash=study_hash(study),
        version=__version__,
        scenario=one.name,
        skip_tolerance=max(tolerance_of(centre.cells[name].protocol) for name in chosen),
        **errors,
        **engines,
        limits=LIMITS,
        met={name: value is not None and value <= LIMITS[name] for name, value in (errors | lost).items()},
        cells=found,
        resolution={
            "kernel": kernel.RESOLUTION._asdict(),
            "pybamm": {"shells": pybamm_life.FINE["radial"], "rtol": pybamm_life.FINE["rtol"]},
        },
    )


def _worst(values) -> float | None:
    """The largest; None if one is missing."""
    values = list(values)
    return None if None in values else max(values)


def _reading(lives: Sequence[EngineLife]) -> EngineReading:
    return EngineReading(
        salt_imbalance=max(life.salt_imbalance for life in lives),
        lithium_imbalance=max(life.lithium_imbalance for life in lives),
        seconds=sum(life.seconds for life in lives),
    )


def compare_cell(
    m: Model,
    t: Tables,
    rows: np.ndarray,
    kinds: Sequence[str],
    *,
    tolerance: float,
    cycles: Sequence[int],
    pybamm_life,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CellDistance:
    """Both lives of one cell; ``pybamm_life`` is the module ``cycling.pybamm_life``."""
    start = time.perf_counter()
    own = simulate(m, t, rows, tolerance)
    between = time.perf_counter()
    engine = pybamm_life.engine_of(m, t)
    other = pybamm_life.simulate(m, t, rows, tolerance, engine=engine, progress=progress)
    end = time.perf_counter()
    capacity = [capacity_by_cycle(life, kinds) for life in (own, other)]
    lives = [_life(*each) for each in zip((own, other), capacity, (between - start, end - between))]
    told = dict(zip(("kernel", "pybamm"), lives))
    last = min(life.last_cycle for life in lives)
    if last == 0:
        reasons = {REASONS[life.state] for life, told in zip((own, other), lives) if told.last_cycle == 0}
        reason = f"no first cycle: {'; '.join(sorted(reasons))}"
        return CellDistance(**dict.fromkeys(ERRORS), curves=(), **told, reason=reason)
    reached = [cycle for cycle in cycles if cycle <= last] or [last]
    curves = tuple(_distance(m, t, rows, kinds, (own, other), engine, cycle) for cycle in reached)
    dead = last < len(capacity[0])
    return CellDistance(
        voltage_rmse_mV=max(curve.voltage_rmse_mV for curve in curves),
        capacity_error=capacity_error((own, other), capacity, kinds),
        fade_error=fade_error(*(found[:last] for found in capacity)),
        curves=curves,
        **told,
        reason=f"dead after cycle {last}: {REASONS[own.state]}" if dead else "",
    )


def _life(life: Life, capacity: np.ndarray, seconds: float) -> EngineLife:
    delivered = int(np.count_nonzero(capacity))
    return EngineLife(
        salt_imbalance=float(life.salt_imbalance),
        lithium_imbalance=float(life.lithium_imbalance),
        seconds=seconds,
        simulated=int(np.isfinite(life.rows[:, 0]).sum()),
        last_cycle=delivered,
        first_capacity=float(capacity[0]) if delivered else None,
        last_capacity=float(capacity[delivered - 1]) if delivered else None,
    )


def capacity_error(lives: Sequence[Life], capacity: Sequence[np.ndarray], kinds: Sequence[str]) -> float:
    """Largest relative difference of capacity over all cycles that either engine has simulated.

    Where only one of them has simulated an ageing cycle, the other's is what it tells of that cycle.
    """
    simulated = np.array([np.isfinite(life.rows[:, 0]) for life in lives])
    ageing_rows = np.array(kinds) == "ageing"
    told = [found[simulated.any(axis=0)[ageing_rows]] for found in capacity]
    side = simulated.all(axis=0) & ~ageing_rows
    own, other = (np.concatenate([found, life.rows[side, 0]]) for found, life in zip(told, lives))
    delivered = (own > 0) | (other > 0)  # both dead: nothing to compare
    return float(np.max(np.abs(own - other)[delivered] / np.maximum(own, other)[delivered]))


def fade_error(own: np.ndarray, other: np.ndarray) -> float:
    """Relative difference of 1 - C_last/C_first; below a fade of ``FADE_FLOOR`` over that.

    >>> round(fade_error(np.array([200.0, 150.0]), np.array([200.0, 160.0])), 3)
    0.25
    """
    found, expected = (1 - capacity[-1] / capacity[0] for capacity in (own, other))
    return float(abs(found - expected) / max(abs(expected), FADE_FLOOR))


def _distance(m, t, rows, kinds, lives: Sequence[Life], engine, cycle: int) -> CurveDistance:
    """Voltages of an ageing cycle: each engine with its own slow state there, as the second of two such cycles."""
    row = int(np.flatnonzero(np.array(kinds) == "ageing")[cycle - 1])
    own = by_kernel(m, t, surfaces_at(m, lives[0], row), Row(*rows[row]))
    other = by_pybamm(engine, surfaces_at(m, lives[1], row), rows[row])
    gaps = [gap(*halves) for halves in zip(own, other)]
    rmse = [float(np.sqrt(np.mean(each**2))) for each in (*gaps, np.concatenate(gaps))]
    return CurveDistance(
        cycle=cycle,
        charge_rmse_mV=rmse[0],
        discharge_rmse_mV=rmse[1],
        voltage_rmse_mV=rmse[2],
        largest_mV=float(max(np.abs(each).max() for each in gaps)),
    )


def surfaces_at(m: Model, life: Life, row: int) -> ageing.Surfaces:
    """What a row of the program sees of a life's slow state, on straight lines between simulated cycles."""
    known = np.flatnonzero(np.isfinite(life.rows[:, 0]))
    at = dict(zip(COLUMNS, (np.interp(row, known, column[known]) for column in life.rows.T)))
    skin, interphase = (np.array([at[name] for name in names]) for names in (SKINS, INTERPHASES))
    return ageing.surfaces(m, skin, interphase, at["crack_area"], at["lithium_resistance"])


def by_kernel(
    m: Model, t: Tables, s: ageing.Surfaces, row: Row, resolution: Resolution = kernel.RESOLUTION
) -> tuple[Half, Half]:
    """Charge and discharge of the second of two cycles with a frozen slow state."""
    mesh = mesh_of(m, resolution)
    profiles = kernel.rested(m, mesh)
    kernel.one_cycle(m, t, s, mesh, profiles, row, resolution.steps, kernel.untraced())
    start = float(mesh.volume @ profiles.lithium)
    trace = np.zeros((400 * resolution.steps, len(kernel.TRACE)))
    _, _, lines = kernel.one_cycle(m, t, s, mesh, profiles, row, resolution.steps, trace)
    return halves(trace[:lines], start)


def by_pybamm(engine, s: ageing.Surfaces, row: np.ndarray) -> tuple[Half, Half]:
    """The same by PyBaMM."""
    from ..cycling.pybamm_cell import CycleFailed

    try:
        state = engine.simulate_cycle(row, s, engine.fresh()).state
        trace = engine.simulate_cycle(row, s, state, trace=True).trace
    except CycleFailed as error:
        raise NumericsError("PyBaMM", str(error), "a window and rate that it can follow") from None
    return halves(trace, engine.content(state)[0])


def halves(trace: np.ndarray, start: float) -> tuple[Half, Half]:
    """Charge (hold included) and discharge of a trace of one cycle that began at a mean lithium content."""
    found = []
    for sign in (1, -1):
        part = trace[trace[:, 1] * sign > 0]
        passed = np.abs(part[:, 3] - start)
        rising = np.r_[True, np.diff(np.maximum.accumulate(passed)) > 0]
        found.append(Half(passed[rising], part[rising, 2]))
        start = part[-1, 3] if len(part) else start
    return found[0], found[1]


def gap(own: Half, other: Half) -> np.ndarray:
    """Difference of two voltages in mV at even steps of the charge that both have passed."""
    from scipy.interpolate import PchipInterpolator

    at = np.linspace(max(own.passed[0], other.passed[0]), min(own.passed[-1], other.passed[-1]), POINTS)
    first, second = (PchipInterpolator(*half)(at) for half in (own, other))
    return 1e3 * (first - second)
