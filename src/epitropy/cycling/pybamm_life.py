"""A cell's life in PyBaMM: the cycles by ``pybamm_cell.Engine``, the slow state between them by ``ageing``.

The same life as ``life.age`` tells, by the same rules and with the same columns, written out in plain Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..errors import NumericsError
from .ageing import (
    LEAST_CAPACITY,
    REFUSED,
    Slow,
    along,
    fresh,
    interphases,
    jump_error,
    moved,
    next_jump,
    pinned_loss,
    seen,
    skins,
)
from .kernel import DEPLETED_SALT, ENDED, FRESH_LITHIUM, STUCK
from .parameters import COLUMNS, SALT_LIMIT, Model, Tables
from .pybamm_cell import Cycle, CycleFailed, Engine, State
from .stage import Life

# shells and tolerances of PyBaMM's solver: capacities within 1e-5 of those with twice the shells and a tenth of both
FINE = {"radial": 240, "rtol": 2e-6, "atol": 2e-8}
LONGEST_SHARE = 12  # a jump is at most the program over this
DEAD = 1e9  # error of a jump to a cycle that is not delivered


def simulate(
    m: Model,
    t: Tables,
    rows: np.ndarray,
    tolerance: float = 0.0,
    *,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Life:
    """A life by PyBaMM, every cycle or (``tolerance`` > 0, of capacity) with skipping.

    Seconds a life, so ``progress(row, rows)`` is told before each cycle. Raises `NumericsError` where PyBaMM does not
    finish a cycle; a cell that delivers no more is a life that has ended.
    """
    engine = engine or engine_of(m, t)
    try:
        return Life(*age(engine, m, t, rows, float(tolerance), progress))
    except LifeFailed as error:
        raise NumericsError("cycling with PyBaMM", str(error), "a cycle that the solver can follow") from error


def engine_of(m: Model, t: Tables, **choices) -> Engine:
    """The engine of a cell, as fine as a life is told unless ``choices`` say otherwise."""
    return Engine(m._asdict(), t._asdict(), initial_lithium=FRESH_LITHIUM, salt_limit=SALT_LIMIT, **(FINE | choices))


class LifeFailed(RuntimeError):
    """A cycle that could not be computed; says which, why, and in which state the cell was."""


class Mark(NamedTuple):
    """A cell as a simulated cycle has left it, from which the next cycles are reached or jumped to."""

    row: int
    drives: np.ndarray  # exposure [s], lithium after charge, capacity [C/kg], lithium after discharge
    slow: Slow  # the state in which the cycle was run
    state: State
    ledger: Ledger


class Ledger(NamedTuple):
    """Where the lithium is, as mean content of a full host: what has died with some inside, and what came in."""

    active: float
    trapped: float
    came: float


def age(engine: Engine, m, t, rows, tolerance: float = 0.0, progress=lambda done, total: None):
    """A life by its program, rows of `Row`.

    With a ``tolerance`` > 0 (of capacity), runs of equal rows are skipped over: exposure and depth of charge of the
    cycles between are taken from the line through the last two simulated ones, the next cycle simulated tells the
    error, a jump that missed by more than ``REFUSED`` tolerances is taken back and shortened, and an accepted one is
    repeated with the line between its two ends. Lithium goes on at the pace of the last two simulated cycles.

    Returns an array (rows, len(COLUMNS)), nan where skipped or dead; what ended the life (ENDED, DEPLETED_SALT, STUCK);
    the row it ended at; and the largest imbalances of lithium and of salt. What came into the cell is counted from the
    current, and from the states where they are carried over a jump; the imbalance of lithium is what the states then
    hold, with what died inside, against that. Raises `LifeFailed`.
    """
    count = len(rows)
    result = np.full((count, len(COLUMNS)), np.nan)
    slow, state = fresh(m, count), engine.fresh()
    inventory, first_salt = engine.content(state)
    ledger = Ledger(1.0, 0.0, 0.0)
    before = now = None  # the last two simulated cycles of a run of equal rows
    jump, best, ended = 1, 0.0, ENDED
    worst_lithium = worst_salt = 0.0
    i = 0
    while i < count:
        progress(i, count)
        surfaces = seen(m, slow)
        mean = engine.content(state)[0]
        ledger = Ledger(surfaces.active, ledger.trapped + (ledger.active - surfaces.active) * mean, ledger.came)
        try:
            cycle = engine.simulate_cycle(rows[i], surfaces, state)
            ended = end_of(cycle)
        except CycleFailed as error:
            cycle = None
            ended = STUCK if error.what == "no cut-off was reached" else None
            if ended is None and jump == 1:
                raise LifeFailed(f"cycle {i + 1} of {count}, {error}; {in_words(slow, surfaces)}") from None
        capacity = 0.0
        if cycle is not None:
            capacity = cycle.capacity - pinned_loss(m, surfaces.active, cycle.charged_lithium, slow.pinned)
        alive = ended == ENDED and capacity > LEAST_CAPACITY * m.capacity_full / m.mass_factor
        drives = None
        if alive:
            drives = np.array([cycle.exposure, cycle.charged_lithium, capacity, cycle.discharged_lithium])
        error = 0.0
        if jump > 1:
            expected = now.drives + jump / (now.row - before.row) * (now.drives - before.drives)
            error = jump_error(drives, expected, jump, slow.clock / m.fade_scale, best) if alive else DEAD
            if error > REFUSED * tolerance:  # taken back for a shorter one
                jump = min(jump // 2, next_jump(jump, error, tolerance, jump))
                i = now.row + jump
                slow, state, ledger = onward(engine, m, t, before, now, rows, jump)
                continue
            slow = along(m, t, now.slow, rows, now.row, i, now.drives, drives, jump)
        if not alive:
            break
        per_lithium = m.capacity_full * surfaces.active / m.mass_factor
        came = surfaces.active * (cycle.capacity - cycle.charge_capacity) / per_lithium
        state, ledger = cycle.state, ledger._replace(came=ledger.came + came)
        lithium, salt = engine.content(state)
        missing = abs(ledger.active * lithium + ledger.trapped - inventory - ledger.came) / inventory
        worst_lithium = max(worst_lithium, cycle.lithium_imbalance, missing)
        worst_salt = max(worst_salt, abs(salt / first_salt - 1))
        result[i] = told(m, cycle, capacity, slow, surfaces)
        if not np.isfinite(result[i]).all():
            raise LifeFailed(f"cycle {i + 1} of {count}, not a number; {in_words(slow, surfaces)}")
        best = max(best, capacity)
        before = now if i and (rows[i] == rows[i - 1]).all() else None
        now = Mark(i, drives, slow, state, ledger)
        alike = next((k for k in range(i + 1, count) if (rows[k] != rows[i]).any()), count) - 1 - i
        if tolerance > 0 and before is not None and alike:
            jump = min(next_jump(jump, error, tolerance, max(count // LONGEST_SHARE, 1)), alike)
            slow, state, ledger = onward(engine, m, t, before, now, rows, jump)
        else:
            jump, slow = 1, moved(m, t, slow, drives[0], drives[1], rows[i][4])
        i += jump
    progress(count, count)
    return result, ended, min(i, count - 1), worst_lithium, worst_salt


def end_of(cycle: Cycle) -> int:
    """How a cycle ended: a surface that runs empty or full ends a half-cycle just as a cut-off does."""
    drained = any("Salt" in end for end in (cycle.charge_ended_by, cycle.discharge_ended_by))
    return DEPLETED_SALT if drained else ENDED


def in_words(slow: Slow, surfaces) -> str:
    """A slow state, for a message."""
    return f"crack area {slow.crack_area:.4g} m2/kg, active share {surfaces.active:.4g}, clock {slow.clock:.4g} s"


def onward(engine: Engine, m, t, before: Mark, now: Mark, rows, jump: int):
    """Slow state, profiles and ledger ``jump`` rows on, along the line through the last two simulated cycles."""
    span = now.row - before.row
    slow = along(m, t, now.slow, rows, now.row, now.row + jump, now.drives, 2 * now.drives - before.drives, span)
    lithium = now.state.lithium + (jump - 1) / span * (now.state.lithium - before.state.lithium)
    state = now.state._replace(lithium=np.clip(lithium, 1e-3, 1 - 1e-3))
    came = now.ledger.active * (engine.content(state)[0] - engine.content(now.state)[0])
    return slow, state, now.ledger._replace(came=now.ledger.came + came)


def told(m, cycle: Cycle, capacity: float, slow: Slow, surfaces) -> np.ndarray:
    """One row of a life, in the order of ``COLUMNS``."""
    head = (capacity, cycle.charge_capacity, cycle.mean_voltage, cycle.mean_charge_voltage)
    faces = (*skins(m, slow), *interphases(m, slow))
    dead = (slow.crack_area, 1 - surfaces.active, slow.lithium_resistance)
    cycled = (cycle.charged_lithium, cycle.discharged_lithium, cycle.exposure, cycle.hold_share)
    return np.array([*head, *faces, *dead, *cycled, slow.pinned])
