"""Compiled half-cell: diffusion in an equal-volume-shell sphere, four kinds of surface in parallel, ageing by cycle.

Lithium metal against one representative particle (single-particle model with lumped ohmic resistance). Space: finite
volumes on shells of equal volume, which conserve lithium exactly and are finest at the surface. Time: BDF2, second
order, after one implicit Euler step; the step in which a cut-off is crossed is repeated in twentieths.
The slow states move every cycle; only scheduled cycles are simulated and their drives extrapolated between.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import compiled
from .laws import butler_volmer_overpotential, crack_drive, exposure_rate, skin_thickness

SHELLS = 24
STEPS = 160  # per half cycle of a full lithium swing
FORMATION_STEPS = 80  # slow cycles stay close to equilibrium
COLUMNS = (
    "capacity",
    "mean_voltage",
    "skin_outer_bare",
    "skin_outer_coated",
    "skin_cracks_bare",
    "skin_cracks_coated",
    "crack_area",
    "dead_share",
    "lithium_resistance",
    "charged_lithium",
    "exposure",
    "pinned_share",
)


WIDTH = len(COLUMNS)


class Model(NamedTuple):
    """All numbers of one cell, SI, per kilogram of host unless said; built by ``cycling/stage.py`` alone."""

    capacity_full: float  # C/kg for one Li per formula unit
    density: float
    kinetic_scale: float
    reference_area: float  # m2/kg the apparent kinetics are mapped onto: bare cell after formation
    apparent_radius: float
    uncracked_transport: float  # share of the diffusion rate that needs no crack
    outer_area: float
    crack_area_start: float
    crack_area_max: float
    crack_rate: float  # 1/cycle
    deep_charge_share: float
    coverage_outer: float
    coverage_cracks: float
    film_resistance_outer: float  # ohm m2
    film_resistance_cracks: float
    film_path_outer: float  # m
    film_path_cracks: float
    fresh_skin: float
    skin_rate: float
    skin_diffusivity: float
    fade_scale: float  # multiplies the clock of the skin
    skin_resistivity: float
    dead_volume_ratio: float
    inert_share: float  # host mass that never stores lithium
    mass_factor: float  # kg of the stated mass basis per kg of host
    loading: float
    series_resistance: float
    lithium_growth: float  # ohm m2 per cycle
    crosstalk_growth: float  # ohm m2 per cycle at the bare cell's first exposure and area
    reference_exposure: float  # s per cycle
    pinning_rate: float  # 1/cycle
    pinning_limit: float
    threshold: float
    threshold_width: float
    coherency: float
    layer_thickness: float
    one_c: float  # A per kg of the stated mass basis
    charge_rate: float
    discharge_rate: float
    formation_rate: float
    upper_voltage: float
    lower_voltage: float
    thermal_voltage: float


class Tables(NamedTuple):
    """Functions of lithium content on one uniform grid over 0..1."""

    voltage: np.ndarray
    diffusivity: np.ndarray
    exchange: np.ndarray
    stress_skin: np.ndarray  # V at full coherency and r/(1+r) = 1
    stress_layer: np.ndarray
    crack_ratio: np.ndarray  # grain-mismatch energy release over toughness
    layer_relief: np.ndarray  # mismatch energy of the layer over that of the skin


class Surfaces(NamedTuple):
    """Areas [m2/kg] and areal resistances [ohm m2] of the four kinds of surface, and the series resistance."""

    area: np.ndarray
    resistance: np.ndarray
    series: float
    active: float
    stress_skin: float
    stress_layer: float


@compiled
def lookup(table: np.ndarray, x: float) -> float:
    """Linear interpolation on the uniform grid over 0..1, held constant outside."""
    n = table.shape[0] - 1
    s = x * n
    if s <= 0.0:
        return table[0]
    if s >= n:
        return table[n]
    i = int(s)
    return table[i] + (s - i) * (table[i + 1] - table[i])


@compiled
def _response(current: float, resistance: float, exchange: float, thermal_voltage: float):
    """Overpotential of one surface at a current, R i + 2 V_T asinh(i/2 i0), and its slope."""
    ratio = current / (2.0 * exchange)
    slope = resistance + thermal_voltage / (exchange * math.sqrt(1.0 + ratio * ratio))
    return resistance * current + butler_volmer_overpotential(current, exchange, thermal_voltage), slope


@compiled
def overpotential(total: float, area, resistance, exchange: float, thermal_voltage: float, current) -> float:
    """Common overpotential at which sum_j A_j i_j = total, each i_j solving eta = R_j i_j + 2 V_T asinh(i_j/2 i0).

    Newton on all surfaces at once; ``current`` (per surface, A/m2) is the start and is overwritten.
    """
    eta = 0.0
    for _ in range(60):
        numerator = total
        denominator = 0.0
        for j in range(area.shape[0]):
            if area[j] > 0.0:
                own, slope = _response(current[j], resistance[j], exchange, thermal_voltage)
                numerator -= area[j] * (current[j] - own / slope)
                denominator += area[j] / slope
        new = numerator / denominator
        for j in range(area.shape[0]):
            if area[j] > 0.0:
                own, slope = _response(current[j], resistance[j], exchange, thermal_voltage)
                current[j] -= (own - new) / slope
        if abs(new - eta) < 1e-7:
            return new
        eta = new
    return eta


@compiled
def _geometry(shells: int):
    """Face radii squared over centre distances, and the depth of the outer centre, on the unit sphere."""
    link = np.zeros(shells)
    centre = np.empty(shells)
    for i in range(shells):
        centre[i] = ((i + 0.5) / shells) ** (1.0 / 3.0)
    for i in range(shells - 1):
        face = ((i + 1.0) / shells) ** (1.0 / 3.0)
        link[i] = face * face / (centre[i + 1] - centre[i])
    return link, 1.0 - centre[shells - 1]


@compiled
def _diffuse(old, older, x, link, mobility, source: float, dt: float, order: int, work) -> None:
    """One implicit step of dx/dt = div(D/R^2 grad x) + surface source; mobility taken at the extrapolated state."""
    n = old.shape[0]
    volume = 1.0 / (3.0 * n)
    lead = 1.5 if order == 2 else 1.0
    # Thomas algorithm; work[0] holds the modified upper diagonal
    below = 0.0
    for i in range(n):
        above = dt * link[i] * 0.5 * (mobility[i] + mobility[i + 1]) / volume if i < n - 1 else 0.0
        right = 2.0 * old[i] - 0.5 * older[i] if order == 2 else old[i]
        if i == n - 1:
            right += dt * source * n
        diagonal = lead + below + above
        if i > 0:
            diagonal -= below * work[0, i - 1]
            right += below * work[1, i - 1]
        work[0, i] = above / diagonal
        work[1, i] = right / diagonal
        below = above
    x[n - 1] = work[1, n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = work[1, i] + work[0, i] * x[i + 1]


@compiled
def _terminal(m, t, s, x_surface: float, sign: float, host_current: float, current) -> float:
    """Terminal voltage; sign +1 charge, -1 discharge; host_current in A per kg of host, whose surfaces share it."""
    exchange = (
        lookup(t.exchange, x_surface) * m.kinetic_scale * (3.0 / (m.density * m.apparent_radius * m.reference_area))
    )
    eta = overpotential(host_current, s.area, s.resistance, exchange, m.thermal_voltage, current)
    rest = lookup(t.voltage, x_surface)
    rest += s.stress_skin * lookup(t.stress_skin, x_surface) + s.stress_layer * lookup(t.stress_layer, x_surface)
    return rest + sign * (eta + host_current * m.loading * s.series)


@compiled
def half_cycle(m, t, s, x, sign: float, rate: float, steps: int, trace):
    """Constant current to the cut-off from profile ``x`` (changed in place).

    Returns (charge passed as a change of mean lithium, exposure [s], mean terminal voltage [V], reached the cut-off).
    The charge is counted apart from the profile. ``trace`` takes rows of (mean lithium, voltage) as long as it has
    room; pass an empty one for none.
    """
    n = x.shape[0]
    link, depth = _geometry(n)
    host_current = rate * m.one_c * m.mass_factor
    current_mass = host_current / s.active
    speed = -sign * current_mass / m.capacity_full  # d(mean x)/dt, lithium leaves on charge
    dt = 1.0 / abs(speed) / steps
    limit = m.upper_voltage if sign > 0 else m.lower_voltage
    stretch = (m.outer_area + wetted_cracks(s)) / m.reference_area
    stretch = m.uncracked_transport + (1.0 - m.uncracked_transport) * stretch * stretch
    scale = m.kinetic_scale * stretch / (m.apparent_radius * m.apparent_radius)
    older, old, new = x.copy(), x.copy(), x.copy()
    mobility = np.empty(n)
    work = np.empty((2, n))
    current = np.full(s.area.shape[0], host_current / max(s.area.sum(), 1e-12))
    mobility_end = scale * lookup(t.diffusivity, old[n - 1])
    surface = old[n - 1] + speed / 3.0 * depth / mobility_end
    voltage = _terminal(m, t, s, surface, sign, host_current, current)
    exposure = 0.0
    energy = 0.0
    time = 0.0
    rows = 0
    order = 1
    fine = False
    fine_steps = 0
    reached = False
    longest = 2.0 / abs(speed)  # twice a full lithium swing: no cut-off will come
    if (voltage - limit) * sign >= 0.0:
        return 0.0, 0.0, limit, True
    while True:
        for i in range(n):
            guess = 2.0 * old[i] - older[i] if order == 2 else old[i]
            mobility[i] = scale * lookup(t.diffusivity, guess)
        _diffuse(old, older, new, link, mobility, speed, dt, order, work)
        new_surface = new[n - 1] + speed / 3.0 * depth / (scale * lookup(t.diffusivity, new[n - 1]))
        new_voltage = _terminal(m, t, s, new_surface, sign, host_current, current)
        crossed = (new_voltage - limit) * sign >= 0.0 or new_surface <= 1e-4 or new_surface >= 1.0 - 1e-4
        if crossed and not fine:
            fine = True  # repeat this step in twentieths
            dt /= 20.0
            order = 1
            continue
        part = 1.0
        if crossed:
            gap = new_voltage - voltage
            part = min(max((limit - voltage) / gap, 0.0), 1.0) if gap != 0.0 else 1.0
            for i in range(n):
                new[i] = old[i] + part * (new[i] - old[i])
            new_voltage = voltage + part * gap
            new_surface = surface + part * (new_surface - surface)
        f_old = exposure_rate(surface, m.threshold, m.threshold_width)
        f_new = exposure_rate(new_surface, m.threshold, m.threshold_width)
        exposure += 0.5 * (f_old + f_new) * part * dt
        energy += 0.5 * (voltage + new_voltage) * part * dt
        time += part * dt
        for i in range(n):
            older[i] = old[i]
            old[i] = new[i]
        surface, voltage = new_surface, new_voltage
        if rows < trace.shape[0]:
            trace[rows, 0] = old.mean()
            trace[rows, 1] = voltage
            rows += 1
        if crossed:
            reached = True
            break
        if fine:
            fine_steps += 1
            if fine_steps > 60:
                break
        elif time > longest:
            break
        else:
            order = 2
    for i in range(n):
        x[i] = old[i]
    return speed * time, exposure, energy / max(time, 1e-12), reached


@compiled
def wetted_cracks(s) -> float:
    """Wetted area of crack faces, bare and coated."""
    return s.area[2] + s.area[3]


@compiled
def _skins(m, clock: float, births, added, upto: int):
    """Skin on the four kinds of surface: (outer bare, outer coated, mean crack bare, mean crack coated) [m].

    Crack faces born at clock ``births[j]`` with area ``added[j]`` are cohorts, each with its own age.
    """
    skin = np.zeros(4)
    skin[0] = skin_thickness(clock, m.skin_rate, m.skin_diffusivity, m.fresh_skin, 0.0)
    skin[1] = skin_thickness(clock, m.skin_rate, m.skin_diffusivity, m.fresh_skin, m.film_path_outer)
    area = 0.0
    for j in range(upto):
        if added[j] > 0.0:
            age = clock - births[j]
            skin[2] += added[j] * skin_thickness(age, m.skin_rate, m.skin_diffusivity, 0.0, 0.0)
            skin[3] += added[j] * skin_thickness(age, m.skin_rate, m.skin_diffusivity, 0.0, m.film_path_cracks)
            area += added[j]
    if area > 0.0:
        skin[2] /= area
        skin[3] /= area
    return skin


@compiled
def surfaces(m, skin, crack_area: float, lithium_resistance: float):
    """Areas, resistances, dead mass and stress amplitudes for the present slow state."""
    area = np.empty(4)
    area[0] = m.outer_area * (1.0 - m.coverage_outer)
    area[1] = m.outer_area * m.coverage_outer
    area[2] = crack_area * (1.0 - m.coverage_cracks)
    area[3] = crack_area * m.coverage_cracks
    resistance = m.skin_resistivity * skin
    resistance[1] += m.film_resistance_outer
    resistance[3] += m.film_resistance_cracks
    skin_volume = (area * skin).sum() * m.density
    active = 1.0 - m.inert_share - m.dead_volume_ratio * skin_volume
    active = max(active, 0.02)
    layer_volume = area[1] * m.layer_thickness * m.density
    whole = 1.0 + skin_volume + layer_volume
    return Surfaces(
        area,
        resistance,
        m.series_resistance + lithium_resistance,
        active,
        m.coherency * skin_volume / whole,
        m.coherency * layer_volume / whole,
    )


@compiled
def one_cycle(m, t, s, x, charge_rate: float, discharge_rate: float, steps: int):
    """Charge, then discharge: (discharge capacity [C/kg basis], exposure, x charged, mean voltage, imbalance)."""
    empty = np.empty((0, 2))
    before = x.mean()
    out, exposure_up, _, ok_up = half_cycle(m, t, s, x, 1.0, charge_rate, steps, empty)
    charged = x.mean()
    back, exposure_down, voltage, ok_down = half_cycle(m, t, s, x, -1.0, discharge_rate, steps, empty)
    capacity = back * m.capacity_full * s.active / m.mass_factor
    imbalance = max(abs(before + out - charged), abs(charged + back - x.mean()))
    if not (ok_up and ok_down):
        capacity = math.nan
    return capacity, exposure_up + exposure_down, charged, voltage, imbalance


@compiled
def pinned_loss(m, s, charged: float, pinned: float) -> float:
    """Capacity that grains held at the pinning limit do not give, C/kg of the mass basis."""
    return pinned * max(0.0, m.pinning_limit - charged) * m.capacity_full * s.active / m.mass_factor


@compiled
def settled_cycle(m, t, s):
    """Capacity [C/kg] and charged lithium of the second of two cycles with frozen slow states."""
    x = np.full(SHELLS, 0.9)
    one_cycle(m, t, s, x, m.charge_rate, m.discharge_rate, STEPS)
    capacity, _, charged, _, _ = one_cycle(m, t, s, x, m.charge_rate, m.discharge_rate, STEPS)
    return capacity, charged


@compiled
def age(m, t, schedule, cycles: int, formation_cycles: int):
    """Formation, then ``cycles`` cycles; those in ``schedule`` (rising, from 1) are simulated.

    Returns an array (cycles, len(COLUMNS)), nan where skipped; the largest lithium imbalance; and the surface's
    exposure in formation [s], before the fade-rate scale.
    """
    result = np.full((cycles, WIDTH), np.nan)
    births = np.zeros(cycles + 1)
    added = np.zeros(cycles + 1)
    added[0] = m.crack_area_start
    crack_area = m.crack_area_start
    lithium_resistance = 0.0
    pinned = 0.0
    clock = 0.0
    worst = 0.0
    formation_exposure = 0.0
    x = np.full(SHELLS, 0.95)
    for _ in range(formation_cycles):
        s = surfaces(m, _skins(m, clock, births, added, 1), crack_area, 0.0)
        _, exposure, _, _, imbalance = one_cycle(m, t, s, x, m.formation_rate, m.formation_rate, FORMATION_STEPS)
        clock += m.fade_scale * exposure
        formation_exposure += exposure
        worst = max(worst, imbalance)
    last = np.zeros(3)  # exposure, charged lithium, cycle of the last simulated cycle
    slope = np.zeros(2)
    position = 0
    for cycle in range(1, cycles + 1):
        simulated = position < schedule.shape[0] and schedule[position] == cycle
        if simulated:
            position += 1
            skin = _skins(m, clock, births, added, cycle)
            s = surfaces(m, skin, crack_area, lithium_resistance)
            capacity, exposure, charged, voltage, imbalance = one_cycle(
                m, t, s, x, m.charge_rate, m.discharge_rate, STEPS
            )
            capacity -= pinned_loss(m, s, charged, pinned)
            worst = max(worst, imbalance)
            if last[2] > 0.0:
                slope[0] = (exposure - last[0]) / (cycle - last[2])
                slope[1] = (charged - last[1]) / (cycle - last[2])
            last[0], last[1], last[2] = exposure, charged, cycle
            result[cycle - 1, 0] = capacity
            result[cycle - 1, 1] = voltage
            result[cycle - 1, 2:6] = skin
            result[cycle - 1, 6] = crack_area
            result[cycle - 1, 7] = 1.0 - s.active
            result[cycle - 1, 8] = lithium_resistance
            result[cycle - 1, 9] = charged
            result[cycle - 1, 10] = exposure
            result[cycle - 1, 11] = pinned
            if not capacity > 0.0:
                break  # the cell is dead; the caller reads it off the missing rows
        ahead = cycle - last[2]
        exposure = max(last[0] + slope[0] * ahead, 0.0)
        charged = min(max(last[1] + slope[1] * ahead, 0.0), 1.0)
        clock += m.fade_scale * exposure
        growth = (
            m.crack_rate
            * (m.crack_area_max - crack_area)
            * crack_drive(charged, lookup(t.crack_ratio, charged), m.deep_charge_share)
        )
        growth = max(min(growth, m.crack_area_max - crack_area), 0.0)
        births[cycle] = clock
        added[cycle] = growth
        crack_area += growth
        bare = m.outer_area * (1.0 - m.coverage_outer) + crack_area * (1.0 - m.coverage_cracks)
        lithium_resistance += m.lithium_growth
        lithium_resistance += m.crosstalk_growth * bare / m.reference_area * exposure / m.reference_exposure
        relief = lookup(t.layer_relief, charged)
        whole = m.outer_area + crack_area
        pinning = (bare + (whole - bare) * relief) / whole
        pinned += m.pinning_rate * (1.0 - pinned) * pinning
    return result, worst, formation_exposure
