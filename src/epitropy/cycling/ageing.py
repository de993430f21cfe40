"""The slow state of a cell: skins, cracks, interphase, lithium metal, pinned grains.

Frozen in a cycle, moved between cycles. Both engines call these lines; they know nothing of voltage or time within a
cycle, only of its exposure and depth.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import compiled, inlined
from .laws import crack_drive, interphase_resistance, skin_thickness

FADE = 0.2  # share of the capacity that hangs on the clock of the surfaces, for the error of a jump
REFUSED = 2.0  # tolerances by which a jump may miss before it is taken back
LEAST_CAPACITY = 2e-3  # of the host's full capacity: a cell that delivers less is dead
LEAST_ACTIVE = 0.02  # share of the mass that is kept so that a dead cell can still be written down


class Slow(NamedTuple):
    """What ageing has done so far. Crack faces are cohorts by birth; the first ``cohorts`` entries count."""

    clock: float  # s of exposure, times the fade-rate scale
    crack_area: float  # m2/kg
    lithium_resistance: float  # ohm m2
    pinned: float
    cohorts: int
    births: np.ndarray  # clock at which the faces opened
    added: np.ndarray  # m2/kg


class Surfaces(NamedTuple):
    """What a cycle sees of the slow state: four kinds of face (outer, crack; each bare, coated)."""

    area: np.ndarray  # m2/kg
    resistance: np.ndarray  # ohm m2 of face
    stretch: float  # diffusion rate over that of the bare cell after formation
    series: float  # ohm m2 of electrode, lithium metal included
    active: float  # share of the host mass that stores lithium
    stress_skin: float
    stress_layer: float


@inlined
def lookup(table: np.ndarray, share: float) -> float:
    """Linear interpolation on a uniform grid; ``share`` 0..1 of its length, held constant outside."""
    n = table.shape[0] - 1
    s = share * n
    if s <= 0.0:
        return table[0]
    if s >= n:
        return table[n]
    i = int(s)
    return table[i] + (s - i) * (table[i + 1] - table[i])


@compiled
def fresh(m, rows: int):
    """The slow state before formation: cracks that formation opens are there from its start."""
    births = np.zeros(rows + 1)
    added = np.zeros(rows + 1)
    added[0] = m.crack_area_start
    return Slow(0.0, m.crack_area_start, 0.0, 0.0, 1, births, added)


@compiled
def skins(m, slow):
    """Skin on the four kinds of face [m]: law at the clock for the outer ones, mean over cohorts for cracks."""
    skin = np.zeros(4)
    skin[0] = skin_thickness(slow.clock, m.skin_rate, m.skin_diffusivity, m.fresh_skin, 0.0)
    skin[1] = skin_thickness(slow.clock, m.skin_rate, m.skin_diffusivity, m.fresh_skin, m.film_path_outer)
    area = 0.0
    for j in range(slow.cohorts):
        if slow.added[j] > 0.0:
            age = slow.clock - slow.births[j]
            skin[2] += slow.added[j] * skin_thickness(age, m.skin_rate, m.skin_diffusivity, 0.0, 0.0)
            if m.coverage_cracks > 0.0:
                skin[3] += slow.added[j] * skin_thickness(age, m.skin_rate, m.skin_diffusivity, 0.0, m.film_path_cracks)
            area += slow.added[j]
    if area > 0.0:
        skin[2] /= area
        skin[3] /= area
    return skin


@compiled
def interphases(m, slow):
    """Resistance of the interphase on the four kinds of face [ohm m2], cohorts averaged as for the skin."""
    growth = np.zeros(4)
    growth[0] = interphase_resistance(slow.clock, m.interphase_growth)
    growth[1] = m.interphase_coated * growth[0]
    if m.interphase_growth > 0.0:
        area = 0.0
        for j in range(slow.cohorts):
            growth[2] += slow.added[j] * interphase_resistance(slow.clock - slow.births[j], m.interphase_growth)
            area += slow.added[j]
        if area > 0.0:
            growth[2] /= area
        growth[3] = m.interphase_coated * growth[2]
    return growth


@compiled
def surfaces(m, skin, interphase, crack_area: float, lithium_resistance: float):
    """Areas, resistances, dead mass and stress amplitudes for a slow state."""
    area = np.empty(4)
    area[0] = m.outer_area * (1.0 - m.coverage_outer)
    area[1] = m.outer_area * m.coverage_outer
    area[2] = crack_area * (1.0 - m.coverage_cracks)
    area[3] = crack_area * m.coverage_cracks
    resistance = m.skin_resistivity * skin + interphase
    resistance[1] += m.film_resistance_outer
    resistance[3] += m.film_resistance_cracks
    skin_volume = (area * skin).sum() * m.density
    active = max(1.0 - m.inert_share - m.dead_volume_ratio * skin_volume, LEAST_ACTIVE)
    layer_volume = (area[1] + area[3]) * m.layer_thickness * m.density
    whole = 1.0 + skin_volume  # most of the graded layer lies within the host
    wetted = (m.outer_area + crack_area) / m.reference_area
    return Surfaces(
        area,
        resistance,
        m.uncracked_transport + (1.0 - m.uncracked_transport) * wetted * wetted,
        m.series_resistance + lithium_resistance,
        active,
        m.coherency * skin_volume / whole,
        m.coherency * layer_volume / whole,
    )


@compiled
def seen(m, slow):
    """The surfaces that a cycle sees in this slow state."""
    return surfaces(m, skins(m, slow), interphases(m, slow), slow.crack_area, slow.lithium_resistance)


@compiled
def moved(m, t, slow, exposure: float, charged: float, ages: float):
    """The slow state after one more cycle with this exposure [s] and lithium content at the end of charge.

    Formation (``ages`` 0) moves the clock only: what it cracks is in the starting area.
    """
    clock = slow.clock + m.fade_scale * exposure
    if ages == 0.0:
        return Slow(clock, slow.crack_area, slow.lithium_resistance, slow.pinned, slow.cohorts, slow.births, slow.added)
    drive = crack_drive(charged, lookup(t.crack_ratio, charged), m.deep_charge_share)
    room = max(m.crack_area_max - slow.crack_area, 0.0)
    growth = min(m.crack_rate * room * drive, room)
    slow.births[slow.cohorts] = clock
    slow.added[slow.cohorts] = growth
    crack_area = slow.crack_area + growth
    bare = m.outer_area * (1.0 - m.coverage_outer) + crack_area * (1.0 - m.coverage_cracks)
    whole = m.outer_area + crack_area
    dissolving = bare + m.dissolution_coated * (whole - bare)
    dissolved = m.crosstalk_growth * dissolving / m.reference_area * exposure / m.reference_exposure
    pinning = (bare + (whole - bare) * lookup(t.layer_relief, charged)) / whole
    return Slow(
        clock,
        crack_area,
        slow.lithium_resistance + m.lithium_growth + dissolved,
        slow.pinned + m.pinning_rate * (1.0 - slow.pinned) * pinning,
        slow.cohorts + 1,
        slow.births,
        slow.added,
    )


@compiled
def along(m, t, slow, program, start: int, upto: int, first, second, span: int):
    """The slow state moved over rows ``start`` to ``upto`` (not included) of a program.

    Exposure and charged lithium lie on the line through ``first``, those at ``start``, and ``second``, ``span`` later.
    """
    for i in range(start, upto):
        part = (i - start) / span
        exposure = max(first[0] + part * (second[0] - first[0]), 0.0)
        charged = min(max(first[1] + part * (second[1] - first[1]), 0.0), 1.0)
        slow = moved(m, t, slow, exposure, charged, program[i, 4])
    return slow


@compiled
def pinned_loss(m, active: float, charged: float, pinned: float) -> float:
    """Capacity that grains held at the pinning limit do not give, C/kg of the mass basis."""
    return pinned * max(0.0, m.pinning_limit - charged) * m.capacity_full * active / m.mass_factor


@compiled
def jump_error(found, expected, jump: int, exposed: float, best: float) -> float:
    """How far a jump over cycles missed, as a share of the ``best`` capacity.

    ``found`` and ``expected`` are exposure, lithium after charge, capacity and lithium after discharge of the cycle
    behind it; ``exposed`` is the exposure so far, on which the skins have grown.
    """
    off_clock = abs(found[0] - expected[0]) * jump / max(exposed, 1e-9)
    return max(abs(found[2] - expected[2]) / best, FADE * off_clock, abs(found[3] - expected[3]))


@compiled
def next_jump(jump: int, error: float, tolerance: float, longest: int) -> int:
    """Length of the next jump over cycles whose error goes with its square; it may at most double."""
    factor = 2.0 if error <= 0.0 else min(2.0, 0.9 * math.sqrt(tolerance / error))
    return max(1, min(int(jump * factor + 0.5), longest))
