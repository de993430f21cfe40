"""Two numbers of the bare cell fix two scalars of the model; the rest of its rates follow from the priors.

The kinetic scale multiplies diffusivity and exchange current of the host, the fade-rate scale what the scenario says.
Capacity is not monotone in either, so roots are scanned for on a logarithmic grid and the one nearest to a scale of
one is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from ..cycling import kernel
from ..cycling.laws import crack_drive, skin_kinetics
from ..cycling.stage import REFERENCE_CYCLES, crack_areas, crack_rate, model, schedule
from ..pipeline import Formed
from ..records.scenario import Scales, Scenario
from ..study import CellStudy

KINETIC_RANGE = (math.log(0.02), math.log(200.0))
FADE_GRID = np.linspace(math.log(2e-3), math.log(50.0), 7)
NEAR_GRID = np.array([-0.6, -0.2, 0.2, 0.6])
TOLERANCE = 360.0  # C/kg, 0.1 mAh/g
XTOL = 5e-4  # of ln(scale): about 0.02 mAh/g


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


def reference_scales(
    cell: CellStudy, formed: Formed, looked_up: kernel.Tables, scenario: Scenario, kinetic: float
) -> Scales | None:
    """Rates that the priors give at the bare cell's own exposure; None if it delivers no first cycle.

    The skin reaches its prior thickness after formation and 200 cycles at the exposure of the first.
    """
    rough = rough_scales(cell, formed, kinetic)
    rows, _, formation = _short(cell, formed, looked_up, scenario, rough)
    capacity, charged, exposure = rows[0, 0], rows[0, 9], rows[0, 10]
    if not capacity > 0:
        return None
    ageing = cell.degradation
    rate, diffusivity = skin_kinetics(
        ageing.skin_thickness_200.value, formation + REFERENCE_CYCLES * exposure, ageing.skin_transport_share.value
    )
    drive = crack_drive(charged, kernel.lookup(looked_up.crack_ratio, charged), ageing.deep_charge_share.value)
    return replace(
        rough,
        reference_exposure=float(exposure),
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
    cell: CellStudy,
    formed: Formed,
    looked_up: kernel.Tables,
    scenario: Scenario,
    first: float,
    last: float,
    near: Scales | None = None,
) -> Scales | str:
    """Kinetic and fade-rate scale at which the cell delivers ``first`` and ``last`` [C/kg], or why there are none.

    For every fade-rate scale the kinetic scale is solved from the first cycle, so one unknown is left for the last.
    ``near`` is a solution of a similar cell, around which the scan begins.
    """

    def miss_first(logarithm: float, scales: Scales) -> float:
        rows, _, _ = _short(cell, formed, looked_up, scenario, replace(scales, kinetic=math.exp(logarithm)))
        return float(np.nan_to_num(rows[0, 0])) - first

    unaged = rough_scales(cell, formed, 1.0)
    start = _root_near(lambda k: miss_first(k, unaged), math.log(near.kinetic) if near else 0.0)
    guess = reference_scales(cell, formed, looked_up, scenario, math.exp(start)) if start is not None else None
    if guess is None:
        return "cycle 1 out of reach"
    kinetics: dict[float, float] = {}

    @cache  # the inner root depends a little on where it started; the outer search must not see that
    def miss_last(fade: float) -> float:
        scales = replace(guess, fade=math.exp(fade))
        near = kinetics[min(kinetics, key=lambda f: abs(f - fade))] if kinetics else start
        root = _root_near(lambda k: miss_first(k, scales), near)
        if root is None:
            return -last  # aged so much that even the first cycle is lost
        kinetics[fade] = root
        cycles = cell.protocol.cycles
        m = build(cell, formed, scenario, replace(scales, kinetic=math.exp(root)))
        rows, _, _ = kernel.age(m, looked_up, schedule(cycles), cycles, cell.protocol.formation_cycles)
        return float(np.nan_to_num(rows[-1, 0])) - last

    fade = _nearest_root(miss_last, math.log(near.fade) + NEAR_GRID, math.log(near.fade)) if near else None
    fade = _nearest_root(miss_last, FADE_GRID) if fade is None else fade
    if fade is None or abs(miss_last(fade)) > TOLERANCE:  # the scan also finds the edge where the first is lost
        return f"cycle {cell.protocol.cycles} out of reach"
    return replace(guess, kinetic=math.exp(kinetics[fade]), fade=math.exp(fade))


def _short(cell: CellStudy, formed: Formed, looked_up: kernel.Tables, scenario: Scenario, scales: Scales):
    """Formation and the first cycle."""
    m = build(cell, formed, scenario, scales)
    return kernel.age(m, looked_up, np.array([1]), 1, cell.protocol.formation_cycles)


def _nearest_root(miss: Callable[[float], float], grid: np.ndarray, target: float = 0.0) -> float | None:
    """Root nearest to ``target`` (zero: a scale of one) among all sign changes on the grid; None without one."""
    from scipy.optimize import brentq

    values = [miss(g) for g in grid]
    changes = [i for i in range(len(grid) - 1) if values[i] * values[i + 1] <= 0 and values[i] != values[i + 1]]
    if not changes:
        return None
    i = min(changes, key=lambda j: abs(grid[j] + grid[j + 1] - 2 * target))
    return brentq(miss, grid[i], grid[i + 1], xtol=XTOL)


def _root_near(miss: Callable[[float], float], near: float) -> float | None:
    """Root of a rising function, bracketed outwards from ``near``; None if it lies outside the kinetic range."""
    from scipy.optimize import brentq

    value = miss(near)
    direction = -1.0 if value > 0 else 1.0
    inner, step = near, 0.05
    while KINETIC_RANGE[0] <= inner <= KINETIC_RANGE[1]:
        outer = inner + direction * step
        if miss(outer) * direction >= 0:
            return brentq(miss, min(inner, outer), max(inner, outer), xtol=XTOL)
        inner, step = outer, 2 * step
    return None
