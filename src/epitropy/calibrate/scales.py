"""Two numbers of the bare cell fix two scalars of the model; the rest of its rates follow from the priors.

The kinetic scale multiplies diffusivity and exchange current of the host, the fade-rate scale what the scenario says.
Capacity is not monotone in either, so each is first scanned on a logarithmic grid, then both are polished together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..cycling import kernel
from ..cycling.laws import crack_drive, skin_kinetics
from ..cycling.stage import REFERENCE_CYCLES, crack_rate, crack_areas, model, schedule
from ..pipeline import Formed
from ..records.scenario import Scales, Scenario
from ..study import CellStudy

KINETIC_GRID = np.linspace(math.log(0.02), math.log(200.0), 12)
FADE_GRID = np.linspace(math.log(1e-3), math.log(30.0), 11)
TOLERANCE = 36.0  # C/kg, 0.01 mAh/g


def build(cell: CellStudy, formed: Formed, scenario: Scenario, scales: Scales) -> kernel.Model:
    """The kernel's model of a formed cell under a scenario."""
    return model(
        cell.cathode,
        cell.cell,
        cell.protocol,
        cell.degradation,
        particle=formed.particle,
        scenario=scenario,
        scales=scales,
        electrode=formed.electrode,
        strained_thickness=formed.strained_thickness,
        fresh_skin_factor=formed.fresh_skin_factor,
    )


def reference_scales(cell: CellStudy, formed: Formed, tables: kernel.Tables, scenario: Scenario, kinetic: float) -> Scales | None:
    """Rates that the priors give at the exposure of the bare cell's first cycle; None if it delivers nothing."""
    rough = rough_scales(cell, formed, kinetic)
    rows, _ = kernel.age(build(cell, formed, scenario, rough), tables, np.array([1]), 1, cell.protocol.formation_cycles)
    capacity, charged, exposure = rows[0, 0], rows[0, 9], rows[0, 10]
    if not capacity > 0:
        return None
    ageing = cell.degradation
    rate, diffusivity = skin_kinetics(
        ageing.skin_thickness_200.value, REFERENCE_CYCLES * exposure, ageing.skin_transport_share.value
    )
    drive = crack_drive(charged, kernel.lookup(tables.crack_ratio, charged), ageing.deep_charge_share.value)
    return replace(
        rough,
        reference_exposure=exposure,
        skin_rate=rate,
        skin_diffusivity=diffusivity,
        crack_rate=crack_rate(formed.particle, ageing, max(drive, 1e-6)),
    )


def rough_scales(cell: CellStudy, formed: Formed, kinetic: float) -> Scales:
    """A bare cell that does not age, to find its first cycle."""
    start, _, _ = crack_areas(formed.particle, cell.degradation)
    return Scales(
        kinetic=kinetic,
        fade=1.0,
        reference_area=formed.particle.wetted_area + start,
        reference_exposure=1.0,
        skin_rate=1e-30,
        skin_diffusivity=1e-20,
        crack_rate=0.0,
    )


def solve_scales(
    cell: CellStudy, formed: Formed, tables: kernel.Tables, scenario: Scenario, first: float, last: float
) -> Scales | str:
    """Kinetic and fade-rate scale at which the cell delivers ``first`` and ``last`` [C/kg], or why there are none."""
    start = _nearest_root(lambda k: _first(cell, formed, tables, scenario, rough_scales(cell, formed, math.exp(k))) - first, KINETIC_GRID)
    if start is None:
        return "cycle 1 out of reach"
    guess = reference_scales(cell, formed, tables, scenario, math.exp(start))
    if guess is None:
        return "no first cycle"

    def ends(kinetic: float, fade: float) -> np.ndarray:
        """Misses of the first and last capacity; rates are kept at the reference of the first solve."""
        scales = replace(guess, kinetic=math.exp(kinetic), fade=math.exp(fade))
        m = build(cell, formed, scenario, scales)
        cycles = cell.protocol.cycles
        rows, _ = kernel.age(m, tables, schedule(cycles), cycles, cell.protocol.formation_cycles)
        return np.nan_to_num(np.array([rows[0, 0] - first, rows[-1, 0] - last]), nan=-last)

    fade = _nearest_root(lambda g: ends(start, g)[1], FADE_GRID)
    if fade is None:
        return "cycle 200 out of reach"
    solved = _polish(ends, start, fade)
    if solved is None:
        return "no common solution"
    return replace(guess, kinetic=math.exp(solved[0]), fade=math.exp(solved[1]))


def _first(cell: CellStudy, formed: Formed, tables: kernel.Tables, scenario: Scenario, scales: Scales) -> float:
    rows, _ = kernel.age(build(cell, formed, scenario, scales), tables, np.array([1]), 1, cell.protocol.formation_cycles)
    return float(np.nan_to_num(rows[0, 0]))


def _nearest_root(miss: Callable[[float], float], grid: np.ndarray) -> float | None:
    """Root nearest to zero (a scale of one) among all sign changes on the grid; None without one."""
    from scipy.optimize import brentq

    values = [miss(g) for g in grid]
    changes = [i for i in range(len(grid) - 1) if values[i] * values[i + 1] <= 0 and values[i] != values[i + 1]]
    if not changes:
        return None
    i = min(changes, key=lambda j: abs(grid[j] + grid[j + 1]))
    return brentq(miss, grid[i], grid[i + 1], xtol=1e-3)


def _polish(ends: Callable[[float, float], np.ndarray], kinetic: float, fade: float) -> tuple[float, float] | None:
    """Newton with finite differences on both misses, steps bounded by a factor of e."""
    point = np.array([kinetic, fade])
    miss = ends(*point)
    for _ in range(12):
        if np.abs(miss).max() < TOLERANCE:
            return float(point[0]), float(point[1])
        step = 1e-3
        slope = np.column_stack([(ends(*(point + step * unit)) - miss) / step for unit in np.eye(2)])
        if abs(np.linalg.det(slope)) < 1e-9:
            return None
        move = np.clip(-np.linalg.solve(slope, miss), -1.0, 1.0)
        for _ in range(4):  # halve a step that makes matters worse
            new = ends(*(point + move))
            if np.abs(new).max() < np.abs(miss).max():
                break
            move /= 2
        point, miss = point + move, new
    return None
