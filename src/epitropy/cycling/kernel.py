"""Compiled half-cell cycle: graded sphere, electrolyte and four kinds of surface against lithium metal.

Space: finite volumes, which conserve lithium and salt to rounding. Time: BDF3 with steps that follow voltage, current
and the surface. Cut-offs are met by repeating the step that crosses them with the length that just reaches them; in a
hold the current is found on profiles that are linear in it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compiled import compiled, inlined
from ..constants import FARADAY
from .ageing import lookup
from .bdf import ahead, between, past, solve_lithium, solve_salt, surface_lithium
from .laws import butler_volmer_overpotential, exposure_rate
from .mesh import Resolution
from .parameters import SALT_LIMIT

RESOLUTION = Resolution()  # of what is told: 0.05 % of capacity, 0.5 mV
SCREENING = Resolution(shells=24, separator=4, cathode=5, steps=60)  # of draws and screens: 0.3 % of capacity
FRESH_LITHIUM = 0.95  # content of the particle before formation
EDGE = 1e-4  # lithium content of the surface that ends a half-cycle
DEPLETED = 1e-3  # of the nominal salt concentration: nothing moves any more
CHARGE, HOLD, REST = 0, 1, 2  # phases; a discharge is a charge with the other sign
ENDED, DEPLETED_SALT, STUCK = 0, 1, 2  # how a phase ends
TRACE = ("time", "current", "voltage", "lithium", "surface_lithium")


class Profiles(NamedTuple):
    """What a cell carries from phase to phase: lithium by shell, salt by cell [mol/m3]."""

    lithium: np.ndarray
    salt: np.ndarray


class Phase(NamedTuple):
    """What a phase has done."""

    swing: float  # change of mean lithium, counted from the current
    exposure: float  # s
    energy: float  # V, integral of voltage over the swing's size
    time: float  # s
    current: float  # A/kg of host at the end
    state: int
    rows: int  # of the trace


@inlined
def _response(current: float, resistance: float, exchange: float, thermal_voltage: float):
    """Overpotential of one surface at a current, R i + 2 V_T asinh(i/2 i0), and its slope."""
    ratio = current / (2.0 * exchange)
    slope = resistance + thermal_voltage / (exchange * math.sqrt(1.0 + ratio * ratio))
    return resistance * current + butler_volmer_overpotential(current, exchange, thermal_voltage), slope


@inlined
def overpotential(total: float, area, resistance, exchange: float, thermal_voltage: float, current) -> float:
    """Common overpotential at which sum_j A_j i_j = total, each i_j solving eta = R_j i_j + 2 V_T asinh(i_j/2 i0).

    Newton on all surfaces at once; the first row of ``current`` (3, surfaces) holds the i_j [A/m2], from which it
    starts and where it leaves them; the others are room for overpotential and slope.
    """
    eta = 0.0
    n = area.shape[0]
    for _ in range(60):
        numerator = total
        denominator = 0.0
        for j in range(n):
            if area[j] > 0.0:
                own, slope = _response(current[0, j], resistance[j], exchange, thermal_voltage)
                numerator -= area[j] * (current[0, j] - own / slope)
                denominator += area[j] / slope
                current[1, j], current[2, j] = own, slope
        new = numerator / denominator
        for j in range(n):
            if area[j] > 0.0:
                current[0, j] -= (current[1, j] - new) / current[2, j]
        if abs(new - eta) < 1e-8:
            return new
        eta = new
    return eta


@inlined
def salt_at_lithium(m, t, mesh, first: float, current: float) -> float:
    """Salt concentration at the lithium metal, by the flux that the current takes there; ``current`` A/m2."""
    diffusion = mesh.transport[0] * lookup(t.salt_diffusivity, first / SALT_LIMIT)
    return first - 0.5 * mesh.width[0] * (1.0 - m.transference) * current / (FARADAY * diffusion)


@inlined
def terminal_voltage(m, t, s, mesh, x_surface: float, salt, j: float, current) -> float:
    """Terminal voltage at the host current j [A/kg], positive on charge; ``current`` warms up the surfaces."""
    least = DEPLETED * m.salt_concentration
    total = 0.0
    logs = 0.0
    ohmic = 0.0
    n = salt.shape[0]
    for i in range(n):
        c = max(salt[i], least)
        ohmic += mesh.path[i] / lookup(t.salt_conductivity, c / SALT_LIMIT)
        if i >= mesh.separator:
            total += c
            logs += math.log(c)
    cells = n - mesh.separator
    at_cathode = total / cells / m.salt_concentration
    per_area = j * m.loading
    at_lithium = max(salt_at_lithium(m, t, mesh, salt[0], per_area), least)
    exchange = lookup(t.exchange, x_surface) * at_cathode**m.exchange_salt_exponent
    exchange *= m.kinetic_scale * 3.0 / (m.density * m.apparent_radius * m.reference_area)
    eta = overpotential(j, s.area, s.resistance, exchange, m.thermal_voltage, current)
    metal = m.lithium_exchange * (at_lithium / m.salt_concentration) ** m.lithium_salt_exponent
    rest = lookup(t.voltage, x_surface)
    rest += s.stress_skin * lookup(t.stress_skin, x_surface) + s.stress_layer * lookup(t.stress_layer, x_surface)
    return (
        rest
        + eta
        + butler_volmer_overpotential(per_area, metal, m.thermal_voltage)
        + per_area * (ohmic + s.series)
        + 2.0
        * m.thermal_voltage
        * (1.0 - m.transference)
        * m.thermodynamic_factor
        * (logs / cells - math.log(at_lithium))
    )


class Steps(NamedTuple):
    """The last three states of a phase, newest first, and room for the next one."""

    lithium: np.ndarray  # (3, shells)
    salt: np.ndarray  # (3, cells)
    surface: np.ndarray  # (3,)
    swing: np.ndarray  # (3,) mean lithium since the start, counted from the current
    next_lithium: np.ndarray
    next_salt: np.ndarray
    lithium_response: np.ndarray  # to the current alone
    salt_response: np.ndarray
    mobility: np.ndarray  # between shells
    diffusion: np.ndarray  # by cell
    spread: np.ndarray  # of the current over the surfaces, see `overpotential`
    work: np.ndarray


@compiled
def steps_from(m, t, s, mesh, profiles, j: float):
    """The start of a phase at host current ``j``: three times the same state."""
    x, c = profiles
    n, k = x.shape[0], c.shape[0]
    w = Steps(
        np.empty((3, n)),
        np.empty((3, k)),
        np.empty(3),
        np.zeros(3),
        x.copy(),
        c.copy(),
        np.zeros(n),
        np.zeros(k),
        np.empty(n),
        np.empty(k),
        np.full((3, s.area.shape[0]), j / max(s.area.sum(), 1e-12)),
        np.empty((4, max(n, k))),
    )
    for q in range(3):
        w.lithium[q], w.salt[q] = x, c
    w.mobility[n - 2] = _mobility(m, s) * between(t.diffusivity, x[n - 2], x[n - 1])
    w.surface[:] = _surface(m, t, s, mesh, w, j)
    return w


@inlined
def _mobility(m, s) -> float:
    """Diffusion rate on the unit sphere over the diffusivity, 1/m2."""
    return m.kinetic_scale * s.stretch / (m.apparent_radius * m.apparent_radius)


@inlined
def _speed(m, s, j: float) -> float:
    """Change of mean lithium per second at the host current j."""
    return -j / (s.active * m.capacity_full)


@inlined
def _surface(m, t, s, mesh, w, j: float) -> float:
    """Lithium content at the surface of the next profile, were its current j."""
    n = w.next_lithium.shape[0]
    outer = w.next_lithium[n - 1] + j * w.lithium_response[n - 1]
    inner = w.next_lithium[n - 2] + j * w.lithium_response[n - 2]
    return surface_lithium(mesh, t.diffusivity, _mobility(m, s), outer, inner, w.mobility[n - 2], _speed(m, s, j))


@inlined
def _coefficients(m, t, s, mesh, w, p) -> None:
    """Mobilities of the next step, at the extrapolated state."""
    n, k = w.mobility.shape[0], w.diffusion.shape[0]
    scale = _mobility(m, s)
    inner = ahead(p, w.lithium[0, 0], w.lithium[1, 0], w.lithium[2, 0])
    for i in range(n - 1):
        outer = ahead(p, w.lithium[0, i + 1], w.lithium[1, i + 1], w.lithium[2, i + 1])
        w.mobility[i] = scale * between(t.diffusivity, inner, outer)
        inner = outer
    for i in range(k):
        c = ahead(p, w.salt[0, i], w.salt[1, i], w.salt[2, i])
        w.diffusion[i] = mesh.transport[i] * lookup(t.salt_diffusivity, c / SALT_LIMIT)


@inlined
def _step(m, t, s, mesh, w, p, h: float, held: float, j: float):
    """The next profiles after ``h`` seconds: (host current, lithium at the surface, voltage).

    At the host current j, or, with ``held`` > 0, at that voltage: the profiles are linear in the current, so the
    current is found on them, starting from j.
    """
    _coefficients(m, t, s, mesh, w, p)
    per_current = (1.0 - m.transference) / FARADAY * m.loading  # salt set free, mol/(m2 s)
    if held == 0.0:
        solve_lithium(
            w.lithium,
            w.next_lithium,
            w.work,
            mesh,
            w.mobility,
            p,
            h,
            _speed(m, s, j),
            1.0,
        )
        solve_salt(w.salt, w.next_salt, w.work, mesh, w.diffusion, p, h, per_current * j, 1.0)
        n = w.next_lithium.shape[0]
        outer, inner = w.next_lithium[n - 1], w.next_lithium[n - 2]
        surface = surface_lithium(
            mesh, t.diffusivity, _mobility(m, s), outer, inner, w.mobility[n - 2], _speed(m, s, j)
        )
        return (
            j,
            surface,
            terminal_voltage(m, t, s, mesh, surface, w.next_salt, j, w.spread),
        )
    solve_lithium(w.lithium, w.next_lithium, w.work, mesh, w.mobility, p, h, 0.0, 1.0)
    solve_lithium(
        w.lithium,
        w.lithium_response,
        w.work,
        mesh,
        w.mobility,
        p,
        h,
        _speed(m, s, 1.0),
        0.0,
    )
    solve_salt(w.salt, w.next_salt, w.work, mesh, w.diffusion, p, h, 0.0, 1.0)
    solve_salt(w.salt, w.salt_response, w.work, mesh, w.diffusion, p, h, per_current, 0.0)
    j = _held_current(m, t, s, mesh, w, held, j)
    surface = _surface(m, t, s, mesh, w, j)
    w.next_lithium[:] += j * w.lithium_response
    w.next_salt[:] += j * w.salt_response
    return j, surface, held


@compiled
def _held_current(m, t, s, mesh, w, held: float, j: float) -> float:
    """Host current at which the next profiles give the held voltage; secant from j, kept within what brackets it.

    Where the salt is nearly used up the voltage bends so sharply in the current that secants alone jump to and fro.
    """
    before, at_before = 0.0, 0.0
    low, high = -math.inf, math.inf
    for tries in range(80):
        salt = w.next_salt + j * w.salt_response
        miss = terminal_voltage(m, t, s, mesh, _surface(m, t, s, mesh, w, j), salt, j, w.spread) - held
        if miss > 0.0:
            high = j
        else:
            low = j
        if abs(miss) < 1e-8 or high - low < 1e-12 * abs(j):
            return j
        first = tries == 0 or miss == at_before
        after = j * 0.98 + 1e-6 if first else j - miss * (j - before) / (miss - at_before)
        if math.isfinite(high - low) and (tries > 8 or not low < after < high):
            after = 0.5 * (low + high)
        before, at_before, j = j, miss, after
    return j


@inlined
def _accept(w, p, h: float, speed: float, surface: float) -> float:
    """Takes the next state as the newest; returns the size of the swing in it."""
    before = w.swing[0]
    swing = (p.weight[0] * w.swing[0] + p.weight[1] * w.swing[1] + p.weight[2] * w.swing[2] + h * speed) / p.lead
    for i in range(w.next_lithium.shape[0]):
        w.lithium[2, i], w.lithium[1, i], w.lithium[0, i] = (
            w.lithium[1, i],
            w.lithium[0, i],
            w.next_lithium[i],
        )
    for i in range(w.next_salt.shape[0]):
        w.salt[2, i], w.salt[1, i], w.salt[0, i] = (
            w.salt[1, i],
            w.salt[0, i],
            w.next_salt[i],
        )
    w.surface[2], w.surface[1], w.surface[0] = w.surface[1], w.surface[0], surface
    w.swing[2], w.swing[1], w.swing[0] = w.swing[1], w.swing[0], swing
    return abs(swing - before)


@inlined
def _drained(m, t, mesh, salt, j: float) -> bool:
    """Whether the salt is used up at an end of the cell."""
    least = DEPLETED * m.salt_concentration
    return min(salt[0], salt[-1]) < least or salt_at_lithium(m, t, mesh, salt[0], j * m.loading) < least


@compiled
def phase(
    m,
    t,
    s,
    mesh,
    profiles,
    kind: int,
    level: float,
    end: float,
    steps: int,
    trace,
    row: int,
):
    """One phase from ``profiles`` (changed in place): constant current, constant voltage or rest.

    CHARGE: ``level`` is the host current [A/kg, negative on discharge], ``end`` the cut-off [V]. HOLD: ``level`` the
    voltage, ``end`` the current at which it is over. REST: ``end`` the time [s]. The charge is counted apart from the
    profile. ``trace`` takes one line a step from ``row`` on while it has room; pass an empty one for none.

    A step is repeated shorter if voltage, current or the surface (against its extrapolation) change too much in it.
    """
    held = level if kind == HOLD else 0.0
    j = level if kind == CHARGE else 0.0
    w = steps_from(m, t, s, mesh, profiles, j)
    if kind == HOLD:  # the current that the voltage asks for at once
        w.lithium_response[:], w.salt_response[:] = 0.0, 0.0
        j = _held_current(m, t, s, mesh, w, held, 1.5 * end)
        w.surface[:] = _surface(m, t, s, mesh, w, j)
    voltage = held if kind == HOLD else terminal_voltage(m, t, s, mesh, w.surface[0], w.salt[0], j, w.spread)
    sign = -1.0 if level < 0.0 else 1.0
    pace = m.capacity_full / (abs(level) if kind == CHARGE else m.one_c * m.mass_factor)  # s for a full swing
    longest = max(pace / steps, 1e-3 * end) if kind == REST else pace / steps
    h = 0.02 * pace / steps
    one, two = 0.0, 0.0  # lengths of the last two steps; 0: none yet
    exposure, energy, time = 0.0, 0.0, 0.0
    rate, slope = exposure_rate(w.surface[0], m.threshold, m.threshold_width), 0.0
    low, high, at_low, at_high = (
        0.0,
        0.0,
        0.0,
        0.0,
    )  # bracket of the length that just reaches the end
    closing = 0
    state = STUCK
    if _beyond(kind, voltage, j, end, sign) >= 0.0 or (kind == REST and end <= 0.0):
        state = ENDED
    for _ in range(200 * steps):
        if state != STUCK or (kind == CHARGE and time > 2.0 * pace):  # twice a full swing: no cut-off will come
            break
        if kind == REST:
            h = min(h, end - time)
        p = past(h, one, two)
        expected = ahead(p, w.surface[0], w.surface[1], w.surface[2])
        new_j, surface, new_voltage = _step(m, t, s, mesh, w, p, h, held, j)
        change = 0.4 * abs(new_voltage - voltage) * steps  # 1 at 2.5 V over the number of steps
        if kind == HOLD:
            change = 0.02 * abs(new_j / j - 1.0) * steps
        if one > 0.0:
            change = max(change, (0.5 * steps * steps * abs(surface - expected)) ** (1.0 / 3.0))
        if closing == 0 and change > 3.0 and h > 1e-6 * longest:
            h *= 0.4
            continue
        beyond = _beyond(kind, new_voltage, new_j, end, sign)
        if beyond <= 0.0 and (_drained(m, t, mesh, w.next_salt, new_j) or not EDGE < surface < 1.0 - EDGE):
            if h > 1e-4 * longest and closing == 0:
                h *= 0.4
                continue
            state = DEPLETED_SALT if _drained(m, t, mesh, w.next_salt, new_j) else ENDED
        elif beyond > 0.0 or closing > 0:  # secant with bisection for the length at which the end is just reached
            if closing == 0:
                low, at_low, high, at_high = (
                    0.0,
                    _beyond(kind, voltage, j, end, sign),
                    h,
                    beyond,
                )
            elif beyond > 0.0:
                high, at_high = h, beyond
                at_low *= 0.5 if closing % 2 == 0 else 1.0
            else:
                low, at_low = h, beyond
                at_high *= 0.5 if closing % 2 == 0 else 1.0
            closing += 1
            if abs(beyond) > 1e-7 and high - low > 1e-9 * longest and closing < 40:
                h = low + (high - low) * min(max(-at_low / (at_high - at_low), 0.02), 0.98)
                continue
            state = ENDED
        elif kind == REST and time + h >= end * (1.0 - 1e-12):
            state = ENDED
        new_rate = exposure_rate(surface, m.threshold, m.threshold_width)
        new_slope = (new_rate - rate) / h
        exposure += 0.5 * (rate + new_rate) * h
        if one > 0.0:  # the curvature through the last three states
            exposure -= (new_slope - slope) / (h + one) * h * h * h / 6.0
        rate, slope = new_rate, new_slope
        energy += 0.5 * (voltage + new_voltage) * _accept(w, p, h, _speed(m, s, new_j), surface)
        time += h
        voltage, j = new_voltage, new_j
        if row < trace.shape[0]:
            trace[row, 0], trace[row, 1], trace[row, 2] = time, j, voltage
            trace[row, 3], trace[row, 4] = (mesh.volume * w.lithium[0]).sum(), surface
            row += 1
        one, two = h, one
        h = min(max(h * min(max(1.0 / max(change, 1e-9), 0.4), 1.5), 1e-9 * longest), longest)
    profiles.lithium[:], profiles.salt[:] = w.lithium[0], w.salt[0]
    return Phase(w.swing[0], exposure, energy, time, j, state, row)


@inlined
def _beyond(kind: int, voltage: float, j: float, end: float, sign: float) -> float:
    """How far beyond its end a phase is: in V, or as a share of the current; negative before it, and at rest."""
    if kind == CHARGE:
        return (voltage - end) * sign
    return 1.0 - abs(j) / end if kind == HOLD else -1.0


@compiled
def one_cycle(m, t, s, mesh, profiles, row, steps: int, trace):
    """Charge, hold, rest, discharge, rest: an array of what the cycle shows, how it ended, and the trace's lines.

    Array: capacity [C/kg of the mass basis], charge capacity, mean voltages of discharge and charge, exposure,
    lithium after charge and after discharge, share of the hold, largest imbalance of lithium and of salt.
    """
    x, c = profiles
    per_swing = m.capacity_full * s.active / m.mass_factor
    one_c = m.one_c * m.mass_factor
    found = np.zeros(10)
    salt = (c * mesh.width * mesh.porosity).sum()
    start = (x * mesh.volume).sum()
    up = phase(
        m,
        t,
        s,
        mesh,
        profiles,
        CHARGE,
        row.charge_rate * one_c,
        m.upper_voltage,
        steps,
        trace,
        0,
    )
    out, energy, exposure, rows, state = (
        up.swing,
        up.energy,
        up.exposure,
        up.rows,
        up.state,
    )
    held = 0.0
    if row.hold_rate > 0.0 and state == ENDED:
        hold = phase(
            m,
            t,
            s,
            mesh,
            profiles,
            HOLD,
            m.upper_voltage,
            row.hold_rate * one_c,
            steps,
            trace,
            rows,
        )
        held, out, energy = hold.swing, out + hold.swing, energy + hold.energy
        exposure, rows, state = exposure + hold.exposure, hold.rows, hold.state
    if row.rest > 0.0:
        pause = phase(m, t, s, mesh, profiles, REST, 0.0, row.rest, steps, trace, rows)
        exposure, rows = exposure + pause.exposure, pause.rows
    charged = (x * mesh.volume).sum()
    if state == ENDED:
        down = phase(
            m,
            t,
            s,
            mesh,
            profiles,
            CHARGE,
            -row.discharge_rate * one_c,
            m.lower_voltage,
            steps,
            trace,
            rows,
        )
        exposure, rows, state = exposure + down.exposure, down.rows, down.state
        found[0] = down.swing * per_swing
        found[2] = down.energy / max(abs(down.swing), 1e-12)
        found[8] = max(
            abs(start + out - charged),
            abs(charged + down.swing - (x * mesh.volume).sum()),
        )
    if row.rest > 0.0:
        pause = phase(m, t, s, mesh, profiles, REST, 0.0, row.rest, steps, trace, rows)
        exposure, rows = exposure + pause.exposure, pause.rows
    found[1] = -out * per_swing
    found[3] = energy / max(abs(out), 1e-12)
    found[4] = exposure
    found[5] = charged
    found[6] = (x * mesh.volume).sum()
    found[7] = held / min(out, -1e-12)
    found[9] = abs((c * mesh.width * mesh.porosity).sum() / salt - 1.0)
    return found, state, rows


@compiled
def untraced():
    """A trace without room."""
    return np.empty((0, 5))


@compiled
def rested(m, mesh):
    """Profiles before formation: even, nearly full of lithium."""
    return Profiles(
        np.full(mesh.volume.shape[0], FRESH_LITHIUM),
        np.full(mesh.width.shape[0], m.salt_concentration),
    )


@compiled
def settled_cycle(m, t, s, mesh, row, steps: int):
    """Capacity [C/kg] and charged lithium of the second of two cycles with frozen slow states."""
    profiles = rested(m, mesh)
    one_cycle(m, t, s, mesh, profiles, row, steps, untraced())
    found, _, _ = one_cycle(m, t, s, mesh, profiles, row, steps, untraced())
    return found[0], found[5]
