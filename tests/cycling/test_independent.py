"""The same particle solved by other means: uniform radial cells, scipy's BDF, nested roots for the overpotential."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.sparse import diags

from epitropy.cycling import kernel

GRID = np.linspace(0, 1, 1001)
CELLS = 160


def overpotential(total, area, resistance, exchange, thermal):
    """sum_j A_j i_j = total by nested bisection-type roots."""

    def current(eta, r):
        free = 2 * exchange * math.sinh(min(eta / (2 * thermal), 300))
        if r == 0:
            return free
        return brentq(
            lambda i: r * i + 2 * thermal * math.asinh(i / (2 * exchange)) - eta, 0, min(eta / r, free), xtol=1e-14
        )

    faces = [(a, r) for a, r in zip(area, resistance) if a > 0]
    return brentq(lambda eta: sum(a * current(eta, r) for a, r in faces) - total, 0, 3.0, xtol=1e-12)


class Particle:
    """dx/dt = (1/r^2) d/dr (M r^2 dx/dr) on the unit sphere, flux at the surface given; cells of equal width."""

    def __init__(self, m, t, s, rate, sign):
        self.m, self.t, self.s, self.sign = m, t, s, sign
        self.per_host = rate * m.one_c * m.mass_factor
        self.current = self.per_host / s.active
        self.flux = -sign * self.current / m.capacity_full / 3
        wetted = m.outer_area + s.area[2:].sum()
        cracked = (1 - m.uncracked_transport) * (wetted / m.reference_area) ** 2
        self.scale = m.kinetic_scale * (m.uncracked_transport + cracked) / m.apparent_radius**2
        self.edges = np.linspace(0, 1, CELLS + 1)
        self.volume = np.diff(self.edges**3) / 3
        self.width = 1 / CELLS

    def mobility(self, x):
        return self.scale * np.interp(x, GRID, self.t.diffusivity)

    def slope(self, _, x):
        flow = self.edges[1:-1] ** 2 * self.mobility((x[1:] + x[:-1]) / 2) * np.diff(x) / self.width
        return np.diff(np.concatenate([[0.0], flow, [self.flux]])) / self.volume

    def surface(self, x):
        """Half a cell outwards of the last centre with the imposed gradient."""
        guess = x[-1]
        for _ in range(4):
            guess = x[-1] + self.flux / self.mobility((guess + x[-1]) / 2) * self.width / 2
        return guess

    def voltage(self, x):
        m, t, s, surface = self.m, self.t, self.s, self.surface(x)
        read = lambda table: np.interp(surface, GRID, table)  # noqa: E731
        exchange = read(t.exchange) * m.kinetic_scale * 3 / (m.density * m.apparent_radius * m.reference_area)
        eta = overpotential(self.per_host, s.area, s.resistance, exchange, m.thermal_voltage)
        rest = read(t.voltage) + s.stress_skin * read(t.stress_skin) + s.stress_layer * read(t.stress_layer)
        return rest + self.sign * (eta + self.per_host * m.loading * s.series)

    def run(self, x):
        limit = self.m.upper_voltage if self.sign > 0 else self.m.lower_voltage
        event = lambda _, y: (self.voltage(y) - limit) * self.sign  # noqa: E731
        event.terminal = True
        pattern = diags([1.0, 1.0, 1.0], [-1, 0, 1], shape=(CELLS, CELLS))
        span = self.m.capacity_full / self.current
        return solve_ivp(
            self.slope,
            (0, span),
            x,
            method="BDF",
            rtol=1e-7,
            atol=1e-9,
            events=event,
            jac_sparsity=pattern,
            dense_output=True,
        )


def aged(m):
    """A partly coated cell late in life: skins, films, cracks, series resistance, stress."""
    m = m._replace(coverage_outer=0.8, coverage_cracks=0.5, film_resistance_outer=4e-3, film_resistance_cracks=1e-3)
    return m, kernel.surfaces(m, np.array([15e-9, 6e-9, 12e-9, 4e-9]), 2600.0, 1e-3)


def fresh(m):
    return m, kernel.surfaces(m, np.array([2e-9, 0.0, 0.0, 0.0]), m.crack_area_start, 0.0)


def compare(m, t, s, shells, steps):
    """Charge and discharge by both: relative errors of the charge passed, and rmse of the voltage [V]."""
    ours, theirs = np.full(shells, 0.9), np.full(CELLS, 0.9)
    capacity, voltage = [], []
    for sign in (1.0, -1.0):
        begin = ours.mean()
        trace = np.full((4 * steps, 2), np.nan)
        change, *_ = kernel.half_cycle(m, t, s, ours, sign, 1.0, steps, trace)
        trace = trace[~np.isnan(trace[:, 0])]
        particle = Particle(m, t, s, 1.0, sign)
        solution = particle.run(theirs)
        passed = 3 * particle.volume @ (solution.y[:, -1] - theirs)
        theirs = solution.y[:, -1]
        capacity.append(abs(change / passed - 1))
        charge = np.abs(trace[:, 0] - begin)
        inner = charge < 0.95 * min(abs(passed), abs(change))  # the fall to the cut-off is the capacity's matter
        rows = np.flatnonzero(inner)[:: max(1, steps // 160)]
        reference = [particle.voltage(solution.sol(charge[i] * m.capacity_full / particle.current)) for i in rows]
        voltage.append(float(np.sqrt(np.mean((trace[rows, 1] - reference) ** 2))))
    return max(capacity), max(voltage)


def _both(state, model, t):
    m, s = state(model)
    return m, t, s


@pytest.mark.parametrize("state", [fresh, aged])
def test_the_kernel_as_used_agrees_with_an_independent_solution(bare, state):
    model, t = bare
    capacity, voltage = compare(*_both(state, model, t), kernel.SHELLS, kernel.STEPS)
    assert capacity < 1e-3
    assert voltage < 1e-3


@pytest.mark.parametrize("state", [fresh, aged])
def test_the_kernel_converges_to_the_independent_solution(bare, state):
    model, t = bare
    capacity, voltage = compare(*_both(state, model, t), 4 * kernel.SHELLS, 8 * kernel.STEPS)
    assert capacity < 1e-4
    assert voltage < 2e-4  # of which the reference itself carries about half
