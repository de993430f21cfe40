"""A cell's life by its programme, compiled: every cycle, or jumps over cycles with their error held.

The slow state moves every cycle; with a tolerance, cycles are skipped where exposure and depth of charge lie on a line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled
from .ageing import (
    LEAST_CAPACITY,
    REFUSED,
    Slow,
    along,
    fresh,
    interphases,
    jump_error,
    next_jump,
    pinned_loss,
    seen,
    skins,
)
from .kernel import ENDED, one_cycle, rested, untraced
from .parameters import WIDTH, Row


@compiled
def _row(program, i: int):
    return Row(program[i, 0], program[i, 1], program[i, 2], program[i, 3], program[i, 4])


@compiled
def _alike(program, i: int) -> int:
    """How many rows after row ``i`` are the same as it; -1 where it is unlike the one before, so a run starts."""
    if i == 0 or (program[i] != program[i - 1]).any():
        return -1
    count = 0
    while i + count + 1 < program.shape[0] and (program[i + count + 1] == program[i]).all():
        count += 1
    return count


class Anchor(NamedTuple):
    """The last simulated cycle, from which the life goes on."""

    row: int
    span: int  # rows since the simulated cycle before it
    drives_before: np.ndarray  # exposure, lithium after charge, capacity, lithium after discharge: of that one
    drives: np.ndarray
    lithium_before: np.ndarray
    lithium: np.ndarray
    salt: np.ndarray
    slow: Slow
    active: float
    trapped: float  # lithium in dead mass, per host
    entered: float  # lithium that the current has brought since the start, per host


@compiled
def _leap(m, t, mesh, program, anchor, jump: int, profiles):
    """Slow state and lithium entered ``jump`` rows after the anchor; the profiles go on at the pace of the last cycles.

    Skipped cycles go the way of the last two simulated ones; the next cycle (``jump`` 1) starts where the last ended.
    """
    beyond = 2.0 * anchor.drives - anchor.drives_before
    slow = along(m, t, anchor.slow, program, anchor.row, anchor.row + jump, anchor.drives, beyond, max(anchor.span, 1))
    part = (jump - 1.0) / max(anchor.span, 1)
    for i in range(profiles.lithium.shape[0]):
        ahead_of = anchor.lithium[i] + part * (anchor.lithium[i] - anchor.lithium_before[i])
        profiles.lithium[i] = min(max(ahead_of, 1e-3), 1.0 - 1e-3)
    profiles.salt[:] = anchor.salt
    return slow, anchor.entered + anchor.active * (mesh.volume * (profiles.lithium - anchor.lithium)).sum()


@compiled
def age(m, t, mesh, program, tolerance: float, steps: int):
    """A cell's life by its program, rows of `Row`.

    With a ``tolerance`` > 0 (of capacity), runs of equal rows are skipped over: exposure and depth of charge of the
    cycles between are taken from the line through the last two simulated ones, the next cycle simulated tells the
    error, a jump that missed by more than ``REFUSED`` tolerances is taken back and shortened, and an accepted one is
    repeated with the line between its two ends. Lithium goes on at the pace of the last two simulated cycles. With a
    negative one the cycles simulated are the same for every cell, each that share of its number after the one before:
    no error is looked after, but a life is smooth in the cell's parameters, as a fit needs it.

    Returns an array (rows, len(COLUMNS)), nan where skipped or dead; what ended the life (ENDED, DEPLETED_SALT, STUCK)
    and the row it ended at; and the largest imbalances of lithium, over the whole life with what died inside, and of
    salt.
    """
    rows = program.shape[0]
    result = np.full((rows, WIDTH), np.nan)
    slow = fresh(m, rows)
    profiles = rested(m, mesh)
    x, c = profiles
    inventory, salt = (mesh.volume * x).sum(), (mesh.width * mesh.porosity * c).sum()
    active, trapped, entered = 1.0, 0.0, 0.0  # lithium per host
    anchor = Anchor(
        0,
        0,
        np.zeros(4),
        np.zeros(4),
        x.copy(),
        x.copy(),
        c.copy(),
        slow,
        active,
        trapped,
        entered,
    )
    lithium_worst, salt_worst, best = 0.0, 0.0, 0.0
    i, jump, state = 0, 1, ENDED
    while i < rows:
        s = seen(m, slow)
        mean = (mesh.volume * x).sum()
        trapped += (active - s.active) * mean
        active = s.active
        found, state, _ = one_cycle(m, t, s, mesh, profiles, _row(program, i), steps, untraced())
        capacity = found[0] - pinned_loss(m, s.active, found[5], slow.pinned)
        alive = state == ENDED and capacity > LEAST_CAPACITY * m.capacity_full / m.mass_factor
        drives = np.array([found[4], found[5], capacity, found[6]])
        error = 0.0
        if jump > 1:
            expected = anchor.drives + (jump / anchor.span) * (anchor.drives - anchor.drives_before)
            error = jump_error(drives, expected, jump, slow.clock / m.fade_scale, best) if alive else 1e9
            if tolerance > 0.0 and error > REFUSED * tolerance:
                jump = min(jump // 2, next_jump(jump, error, tolerance, jump))
                slow, entered = _leap(m, t, mesh, program, anchor, jump, profiles)
                active, trapped, i = anchor.active, anchor.trapped, anchor.row + jump
                continue
            slow = along(m, t, anchor.slow, program, anchor.row, i, anchor.drives, drives, jump)
        entered += (found[0] - found[1]) * m.mass_factor / m.capacity_full  # from the current, not from the profile
        if not alive:
            break
        best = max(best, capacity)
        ledger = abs(active * (mesh.volume * x).sum() + trapped - inventory - entered) / inventory
        lithium_worst = max(lithium_worst, found[8], ledger)
        salt_worst = max(salt_worst, abs((mesh.width * mesh.porosity * c).sum() / salt - 1.0))
        result[i, 0] = capacity
        result[i, 1:4] = found[1:4]
        result[i, 4:8] = skins(m, slow)
        result[i, 8:12] = interphases(m, slow)
        result[i, 12], result[i, 13], result[i, 14] = (
            slow.crack_area,
            1.0 - active,
            slow.lithium_resistance,
        )
        result[i, 15:17] = found[5:7]
        result[i, 17], result[i, 18], result[i, 19] = found[4], found[7], slow.pinned
        anchor = Anchor(
            i,
            i - anchor.row,
            anchor.drives,
            drives,
            anchor.lithium,
            x.copy(),
            c.copy(),
            slow,
            active,
            trapped,
            entered,
        )
        alike = _alike(program, i)
        wanted = (
            next_jump(jump, error, tolerance, rows // 12) if tolerance > 0.0 else int(min(-tolerance * i, rows / 12))
        )
        jump = max(min(wanted, alike), 1)
        slow, entered = _leap(m, t, mesh, program, anchor, jump, profiles)
        i += jump
    return result, state, min(i, rows - 1), lithium_worst, salt_worst
