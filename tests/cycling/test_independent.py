"""The same cell solved by other means: even cells, the method of lines, scipy's BDF; nothing shared with the kernel."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.sparse import lil_matrix

from epitropy.constants import FARADAY
from epitropy.cycling import kernel
from epitropy.cycling.ageing import surfaces
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import SALT_LIMIT, Row

CELLS, SEPARATOR, CATHODE = 160, 20, 30


class Twin:
    """Lithium on even shells, then salt on even cells, as one vector of unknowns."""

    def __init__(self, m, t, s):
        self.m, self.t, self.s = m, t, s
        self.one_c = m.one_c * m.mass_factor
        wetted = (m.outer_area + s.area[2:].sum()) / m.reference_area
        stretch = m.uncracked_transport + (1 - m.uncracked_transport) * wetted**2
        self.scale = m.kinetic_scale * stretch / m.apparent_radius**2
        self.edges = np.linspace(0, 1, CELLS + 1)
        self.volume = np.diff(self.edges**3)
        cells = [(m.separator_thickness, SEPARATOR, m.separator_porosity, m.separator_transport)]
        cells.append((m.electrode_thickness, CATHODE, m.electrode_porosity, m.electrode_transport))
        self.width, self.porosity, self.transport = (
            np.concatenate([np.full(n, value) for n, value in zip((SEPARATOR, CATHODE), values)])
            for values in zip(*((thick / n, eps, b) for thick, n, eps, b in cells))
        )
        self.source = np.zeros(SEPARATOR + CATHODE)
        self.source[0] = -1
        self.source[SEPARATOR:] = 1 / CATHODE
        place = (np.arange(CATHODE) + 0.5) / CATHODE
        carried = np.concatenate([np.ones(SEPARATOR), (1 - place) ** 2 + 1 / (12 * CATHODE**2)])
        self.path = self.width * carried / self.transport

    def fresh(self):
        start = np.full(CELLS, kernel.FRESH_LITHIUM), np.full(SEPARATOR + CATHODE, self.m.salt_concentration)
        return np.concatenate(start)

    def mean(self, y):
        return self.volume @ y[:CELLS]

    def read(self, table, x):
        return np.interp(x, np.linspace(0, 1, table.size), table)

    def of_salt(self, table, c):
        return np.interp(c, np.linspace(0, SALT_LIMIT, table.size), table)

    def speed(self, j):
        return -j / (self.s.active * self.m.capacity_full)

    def slope(self, y, j):
        x, c = y[:CELLS], y[CELLS:]
        mobility = self.scale * self.read(self.t.diffusivity, (x[1:] + x[:-1]) / 2)
        flow = 3 * self.edges[1:-1] ** 2 * mobility * np.diff(x) * CELLS
        lithium = np.diff(np.concatenate([[0.0], flow, [self.speed(j)]])) / self.volume
        resistance = self.width / (self.transport * self.of_salt(self.t.salt_diffusivity, c)) / 2
        entering = np.concatenate([[0.0], np.diff(c) / (resistance[1:] + resistance[:-1]), [0.0]])
        source = (1 - self.m.transference) * j * self.m.loading / FARADAY * self.source
        return np.concatenate([lithium, (np.diff(entering) + source) / (self.porosity * self.width)])

    def surface(self, y, j):
        x, gradient = y[CELLS - 1], self.speed(j) / 3 / self.scale
        guess = x
        for _ in range(4):  # half a cell outwards
            guess = x + gradient / self.read(self.t.diffusivity, (guess + x) / 2) / CELLS / 2
        return guess

    def voltage(self, y, j):
        m, t, s, c = self.m, self.t, self.s, y[CELLS:]
        x = self.surface(y, j)
        current = j * m.loading
        bulk = self.transport[0] * self.of_salt(t.salt_diffusivity, c[0])
        metal = c[0] - (1 - m.transference) * current / FARADAY / bulk * self.width[0] / 2
        inside = c[SEPARATOR:]
        rate = self.read(t.exchange, x) * (inside.mean() / m.salt_concentration) ** m.exchange_salt_exponent
        rate *= m.kinetic_scale * 3 / (m.density * m.apparent_radius * m.reference_area)
        lithium = m.lithium_exchange * (metal / m.salt_concentration) ** m.lithium_salt_exponent
        thermal = 2 * m.thermal_voltage
        return (
            self.read(t.voltage, x)
            + s.stress_skin * self.read(t.stress_skin, x)
            + s.stress_layer * self.read(t.stress_layer, x)
            + math.copysign(1, j) * overpotential(abs(j), s.area, s.resistance, rate, thermal)
            + thermal * math.asinh(current / (2 * lithium))
            + current * (self.path @ (1 / self.of_salt(t.salt_conductivity, c)) + s.series)
            + thermal * (1 - m.transference) * m.thermodynamic_factor * (np.log(inside).mean() - math.log(metal))
        )

    def held(self, y, volt, guess):
        """Current at which the voltage is ``volt``: secant."""
        before, at_before = guess * 0.97, self.voltage(y, guess * 0.97) - volt
        for _ in range(20):
            miss = self.voltage(y, guess) - volt
            if abs(miss) < 1e-10:
                break
            before, at_before, guess = guess, miss, guess - miss * (guess - before) / (miss - at_before)
        return guess

    def run(self, y, slope, span, event=None):
        pattern = lil_matrix((y.size, y.size))
        for k in (-1, 0, 1):
            pattern.setdiag(1, k)
        pattern[CELLS - 1 :, CELLS - 1 :] = 1  # through the current of a hold
        if event:
            event.terminal = True
        more = {"method": "BDF", "rtol": 1e-6, "atol": np.where(np.arange(y.size) < CELLS, 1e-8, 1e-4)}
        return solve_ivp(slope, (0, span), y, events=event, jac_sparsity=pattern, dense_output=True, **more)

    def constant(self, y, rate, end):
        j = rate * self.one_c
        longest = 1.5 * self.m.capacity_full / abs(j)
        event = lambda _, y: (self.voltage(y, j) - end) * math.copysign(1, j)  # noqa: E731
        found = self.run(y, lambda _, y: self.slope(y, j), longest, event)
        assert found.status == 1
        return found

    def hold(self, y, volt, rate, last):
        last *= self.one_c
        known = [rate * self.one_c]

        def current(y):
            known[0] = self.held(y, volt, known[0])
            return known[0]

        found = self.run(y, lambda _, y: self.slope(y, current(y)), 1e5, lambda _, y: current(y) - last)
        assert found.status == 1
        return found

    def rest(self, y, span):
        return self.run(y, lambda _, y: self.slope(y, 0.0), span)


def overpotential(total, area, resistance, exchange, thermal):
    """sum_k A_k i_k = total: root over the common overpotential, Newton for each i_k = 2 i0 sinh(u)."""
    faces = [(a, 2 * r * exchange) for a, r in zip(area, resistance) if a > 0]

    def share(eta, drop):
        u = eta / thermal if drop == 0 else min(eta / thermal, math.asinh(eta / drop))
        for _ in range(50 if drop else 0):
            step = (drop * math.sinh(u) + thermal * u - eta) / (drop * math.cosh(u) + thermal)
            u -= step
            if abs(step) < 1e-13:
                break
        return 2 * exchange * math.sinh(u)

    if total == 0:
        return 0.0
    most = thermal * math.asinh(total / sum(a for a, _ in faces) / 2 / exchange)
    most += max(r for r in resistance) * total / sum(a for a, _ in faces) + 1e-9
    return brentq(lambda eta: sum(a * share(eta, d) for a, d in faces) - total, 0, most, xtol=1e-12)


def aged(m):
    """A partly coated cell late in life: skins, films, cracks, interphase, series resistance, stress."""
    m = m._replace(coverage_outer=0.8, coverage_cracks=0.5, film_resistance_outer=4e-3, film_resistance_cracks=1e-3)
    m = m._replace(layer_thickness=6e-9, inert_share=0.02)
    return m, surfaces(m, np.array([15e-9, 6e-9, 12e-9, 4e-9]), np.array([0.05, 0.02, 0.03, 0.01]), 2600.0, 5e-4)


def fresh(m):
    return m, surfaces(m, np.array([2e-9, 2e-9, 0.0, 0.0]), np.zeros(4), m.crack_area_start, 0.0)


def passed(lithium, m, s):
    return abs(lithium) * m.capacity_full * s.active / m.mass_factor


@pytest.mark.parametrize(
    ("state", "row"),
    [
        (fresh, Row(0.5, 0.5, 0.0, 0.0, 1.0)),
        (aged, Row(1.0, 2.0, 0.05, 900.0, 1.0)),
        (fresh, Row(2.0, 1.0, 0.1, 0.0, 1.0)),
    ],
    ids=["0.5C fresh", "1C held, rested, 2C aged", "2C held, 1C fresh"],
)
def test_a_whole_cycle_agrees_with_an_independent_solution(bare, state, row):
    """Capacities to 0.015 %, voltages to 0.25 mV, lithium where phases end, and exposure, as the kernel is used."""
    model, t = bare
    m, s = state(model)
    mesh = mesh_of(m, kernel.RESOLUTION)
    trace = np.zeros((5000, len(kernel.TRACE)))
    found, ended, lines = kernel.one_cycle(m, t, s, mesh, kernel.rested(m, mesh), row, kernel.RESOLUTION.steps, trace)
    assert ended == kernel.ENDED
    trace = trace[:lines]

    twin = Twin(m, t, s)
    phases = [(twin.constant(twin.fresh(), row.charge_rate, m.upper_voltage), row.charge_rate)]
    if row.hold_rate:
        phases.append((twin.hold(phases[-1][0].y[:, -1], m.upper_voltage, row.charge_rate, row.hold_rate), None))
    if row.rest:
        phases.append((twin.rest(phases[-1][0].y[:, -1], row.rest), 0.0))
    top = phases[-1][0].y[:, -1]
    phases.append((twin.constant(top, -row.discharge_rate, m.lower_voltage), -row.discharge_rate))
    bottom = phases[-1][0].y[:, -1]
    if row.rest:
        phases.append((twin.rest(bottom, row.rest), 0.0))

    assert found[1] == pytest.approx(passed(kernel.FRESH_LITHIUM - twin.mean(top), m, s), rel=1.5e-4, abs=0)
    assert found[0] == pytest.approx(passed(twin.mean(top) - twin.mean(bottom), m, s), rel=1.5e-4, abs=0)
    assert found[5:7] == pytest.approx((twin.mean(top), twin.mean(bottom)), rel=0, abs=2e-4)

    exposure = 0.0
    starts = np.flatnonzero(np.diff(np.concatenate([[np.inf], trace[:, 0]])) < 0)  # each phase counts its own time
    assert starts.size == len(phases)
    for (solution, rate), lines in zip(phases, np.split(trace, starts[1:])):
        end = solution.t[-1]
        time = np.linspace(0, end, 400)
        states = [solution.sol(at) for at in time]
        current = [
            twin.held(y, m.upper_voltage, 0.5 * twin.one_c) if rate is None else rate * twin.one_c for y in states
        ]
        lithium = np.array([twin.surface(y, j) for y, j in zip(states, current)])
        drive = 1 / (1 + np.exp((lithium - m.threshold) / m.threshold_width))
        exposure += np.trapezoid(drive, time)
        assert lines[-1, 0] == pytest.approx(end, rel=1e-3 if rate is None else 5e-4, abs=0)
        inner = (lines[:, 0] > 0.01 * end) & (
            lines[:, 0] < 0.97 * end
        )  # the fall to the cut-off is the capacity's matter
        ours, at = lines[inner], lines[inner, 0]
        if rate is None:  # a hold: its voltage is given, its current is found
            theirs = np.interp(at, time, current)
            np.testing.assert_allclose(ours[:, 1], theirs, rtol=0, atol=2e-3 * row.charge_rate * twin.one_c)
            continue
        theirs = np.array([twin.voltage(solution.sol(a), rate * twin.one_c) for a in at])
        rmse = math.sqrt(np.trapezoid((ours[:, 2] - theirs) ** 2, at) / np.ptp(at))
        assert rmse < 2.5e-4, f"{1e3 * rmse:.2f} mV at {rate:g}C"
    assert found[4] == pytest.approx(exposure, rel=1e-3, abs=0)
