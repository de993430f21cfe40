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

from ..cycling.ageing import lookup
from ..cycling.kernel import SCREENING
from ..cycling.laws import crack_drive, skin_kinetics
from ..cycling.mesh import Resolution
from ..cycling.parameters import COLUMNS, Model, Tables
from ..cycling.program import program
from ..cycling.spec import Protocol
from ..cycling.stage import REFERENCE_CYCLES, Life, capacity_by_cycle, crack_areas, crack_rate, model, simulate
from ..pipeline import Formed
from ..records.scenario import Scales, Scenario
from ..study import CellStudy

KINETIC_RANGE = (math.log(0.02), math.log(200.0))
FADE_GRID = np.linspace(math.log(2e-3), math.log(50.0), 7)
TOLERANCE = 360.0  # C/kg, 0.1 mAh/g
FIRST = [COLUMNS.index(name) for name in ("capacity", "charged_lithium", "exposure")]
FAR = 1.5  # of ln(scale): beyond it secants are not trusted
XTOL = 5e-4  # of ln(scale): about 0.02 mAh/g


def build(cell: CellStudy, formed: Formed, scenario: Scenario, scales: Scales) -> Model:
    """The kernel's model of a formed cell under a scenario."""
    return model(
        cell.cathode,
        cell.cell,
        cell.protocol,
        cell.degradation,
        host=formed.host,
        electrolyte=formed.electrolyte,
        particle=formed.particle,
        scenario=scenario,
        scales=scales,
        electrode=formed.electrode,
        strained_thickness=formed.strained_thickness,
        fresh_skin_factor=formed.fresh_skin_factor,
    )


def reference_scales(
    cell: CellStudy,
    formed: Formed,
    looked_up: Tables,
    scenario: Scenario,
    kinetic: float,
    resolution: Resolution = SCREENING,
) -> Scales | None:
    """Rates that the priors give at the bare cell's own exposure; None if it delivers no first cycle.

    The skin reaches its prior thickness after formation and 200 cycles at the exposure of the first.
    """
    rough = rough_scales(cell, formed, kinetic)
    short = _short(cell, formed, looked_up, scenario, rough, resolution)
    capacity, charged, exposure = short.rows[-1, FIRST]
    if not capacity > 0:
        return None
    formation = float(short.rows[:-1, FIRST[2]].sum())
    ageing = cell.degradation
    exposed = formation + REFERENCE_CYCLES * float(exposure)
    share = ageing.skin_transport_share.value
    rate, diffusivity = skin_kinetics(ageing.skin_thickness_200.value, exposed, share)
    drive = crack_drive(charged, lookup(looked_up.crack_ratio, charged), ageing.deep_charge_share.value)
    return replace(
        rough,
        reference_exposure=float(exposure),
        exposure_200=exposed,
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
        reference_exposure=1e30,  # nothing moves with it
        exposure_200=1e30,
        skin_rate=1e-30,
        skin_diffusivity=1e-20,
        crack_rate=0.0,
    )


def solve_scales(
    cell: CellStudy,
    formed: Formed,
    looked_up: Tables,
    scenario: Scenario,
    first: float,
    last: float,
    near: Scales | None = None,
    resolution: Resolution = SCREENING,
) -> Scales | str:
    """Kinetic and fade-rate scale at which the cell delivers ``first`` and ``last`` [C/kg], or why there are none.

    For every fade-rate scale the kinetic scale is solved from the first cycle, so one unknown is left for the last.
    ``near`` is a solution of a similar cell, from which secants start.
    """

    def miss_first(logarithm: float, scales: Scales) -> float:
        tried = replace(scales, kinetic=math.exp(logarithm))
        short = _short(cell, formed, looked_up, scenario, tried, resolution)
        return float(np.nan_to_num(short.rows[-1, 0])) - first

    unaged = rough_scales(cell, formed, 1.0)
    start = _root_near(lambda k: miss_first(k, unaged), math.log(near.kinetic) if near else 0.0)
    if start is None:
        return "cycle 1 out of reach"
    guess = reference_scales(cell, formed, looked_up, scenario, math.exp(start), resolution)
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
        found = replace(scales, kinetic=math.exp(root))
        return float(capacities(cell, formed, looked_up, scenario, found, resolution)[-1]) - last

    fade = _by_secants(miss_last, math.log(near.fade)) if near else None
    fade = _nearest_root(miss_last, FADE_GRID) if fade is None else fade
    if fade is None or abs(miss_last(fade)) > TOLERANCE:  # the scan also finds the edge where the first is lost
        return f"cycle {cell.protocol.cycles} out of reach"
    return replace(guess, kinetic=math.exp(kinetics[fade]), fade=math.exp(fade))


def capacities(
    cell: CellStudy,
    formed: Formed,
    looked_up: Tables,
    scenario: Scenario,
    scales: Scales,
    resolution: Resolution = SCREENING,
) -> np.ndarray:
    """Capacity of every ageing cycle, C/kg, zero once the cell is dead."""
    rows, kinds = program(cell.protocol)
    m = build(cell, formed, scenario, scales)
    return capacity_by_cycle(simulate(m, looked_up, rows, tolerance_of(cell.protocol), resolution), kinds)


def tolerance_of(protocol: Protocol) -> float:
    """Tolerance of cycle skipping; 0 where every cycle is to be simulated."""
    return protocol.skip_tolerance if protocol.skip else 0.0


def _short(
    cell: CellStudy, formed: Formed, looked_up: Tables, scenario: Scenario, scales: Scales, resolution: Resolution
) -> Life:
    """All up to the first ageing cycle."""
    rows, kinds = program(cell.protocol)
    until = kinds.index("ageing") + 1
    return simulate(build(cell, formed, scenario, scales), looked_up, rows[:until], resolution=resolution)


def _nearest_root(miss: Callable[[float], float], grid: np.ndarray) -> float | None:
    """Root nearest to zero (a scale of one) among all sign changes on the grid; None without one."""
    from scipy.optimize import brentq

    values = [miss(g) for g in grid]
    changes = [i for i in range(len(grid) - 1) if values[i] * values[i + 1] <= 0 and values[i] != values[i + 1]]
    if not changes:
        return None
    i = min(changes, key=lambda j: abs(grid[j] + grid[j + 1]))
    return brentq(miss, grid[i], grid[i + 1], xtol=XTOL)


def _root_near(miss: Callable[[float], float], near: float) -> float | None:
    """Root of a rising function, first by secants, then bracketed outwards from ``near``; None outside the range."""
    from scipy.optimize import brentq

    found = _by_secants(miss, near)
    if found is not None and KINETIC_RANGE[0] <= found <= KINETIC_RANGE[1]:
        return found
    value = miss(near)
    direction = -1.0 if value > 0 else 1.0
    inner, step = near, 0.05
    while KINETIC_RANGE[0] <= inner <= KINETIC_RANGE[1]:
        outer = inner + direction * step
        if miss(outer) * direction >= 0:
            return brentq(miss, min(inner, outer), max(inner, outer), xtol=XTOL)
        inner, step = outer, 2 * step
    return None


def _by_secants(miss: Callable[[float], float], near: float) -> float | None:
    """Root within ``FAR`` of ``near``; None if a few secants do not settle on one."""
    before, at_before = near, miss(near)
    here = near + (0.05 if at_before < 0 else -0.05)
    for _ in range(6):
        at_here = miss(here)
        if at_here == at_before:
            return None
        there = here - at_here * (here - before) / (at_here - at_before)
        if not abs(there - near) < FAR:
            return None
        if abs(there - here) < XTOL:
            return there
        before, at_before, here = here, at_here, there
    return None
