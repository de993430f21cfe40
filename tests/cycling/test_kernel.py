"""The compiled half-cell against exact solutions, conservation, orders of convergence and limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from epitropy.cycling import kernel
from epitropy.cycling.stage import live

GRID = np.linspace(0, 1, 1001)
NO_TRACE = np.empty((0, 2))
# roots of tan(a) = a, for the series of a sphere under constant flux
ROOTS = np.array(
    [brentq(lambda a: math.sin(a) - a * math.cos(a), k * math.pi + 1e-9, (k + 0.5) * math.pi) for k in range(1, 400)]
)


def still(area=1000.0):
    """Surfaces without resistance or stress: one bare area."""
    return kernel.Surfaces(np.array([area, 0.0, 0.0, 0.0]), np.zeros(4), 0.0, 1.0, 0.0, 0.0)


@pytest.fixture
def plain(bare):
    """A particle whose voltage is 5 V minus its surface lithium, without kinetics, and a steady diffusivity."""
    m, t = bare
    model = m._replace(
        kinetic_scale=1.0, outer_area=1000.0, reference_area=1000.0, upper_voltage=4.9, lower_voltage=4.02
    )
    flat = t._replace(
        voltage=5 - GRID,
        diffusivity=np.full(GRID.size, 1e-15),
        exchange=np.full(GRID.size, 1e9),
        stress_skin=np.zeros(GRID.size),
        stress_layer=np.zeros(GRID.size),
    )
    return model, flat


def traced(m, t, s, x, sign, rate, steps):
    """Half cycle with its rows of (mean lithium, voltage)."""
    trace = np.full((4 * steps, 2), np.nan)
    result = kernel.half_cycle(m, t, s, x, sign, rate, steps, trace)
    return result, trace[~np.isnan(trace[:, 0])]


# diffusion ---------------------------------------------------------------------------------------------------------


def sphere_surface(start, speed, mobility, time):
    """Surface of a sphere whose mean changes at constant ``speed`` (Crank, The mathematics of diffusion, 6.45)."""
    squares = ROOTS**2
    series = np.sum(np.exp(-mobility * np.outer(time, squares)) / squares, axis=1)
    return start + speed / (3 * mobility) * (3 * mobility * time + 0.2 - 2 * series)


def surface_error(m, t, shells, steps=2000):
    x = np.full(shells, 0.9)
    _, trace = traced(m, t, still(), x, 1.0, 1.0, steps)
    rows = int(np.cumprod(np.isclose(np.diff(trace[:, 0]), -1 / steps, rtol=1e-6)).sum())
    time = np.arange(1, rows + 1) / steps * m.capacity_full / m.one_c
    exact = sphere_surface(0.9, -m.one_c / m.capacity_full, 1e-15 / m.apparent_radius**2, time)
    return np.abs(5 - trace[:rows, 1] - exact)[rows // 4 :].max()


def test_a_sphere_under_constant_current_follows_the_exact_series(plain):
    m, t = plain
    m = m._replace(mass_factor=1.0)
    assert surface_error(m, t, kernel.SHELLS) < 4e-4  # of lithium content, at the surface
    assert surface_error(m, t, 8 * kernel.SHELLS) < 1e-5


def test_shells_converge_with_second_order(plain):
    m, t = plain
    m = m._replace(mass_factor=1.0)
    shells = np.array([12, 24, 48, 96])
    slope = np.polyfit(np.log(shells), np.log([surface_error(m, t, n) for n in shells]), 1)[0]
    assert slope == pytest.approx(-2, abs=0.15)


@pytest.mark.parametrize("kind", ["constant", "rising", "measured"])
def test_time_converges_with_second_order(plain, bare, kind):
    """BDF2 after one Euler step, also where the diffusivity depends on the lithium content."""
    m, t = plain
    law = {"constant": np.full(GRID.size, 1e-15), "rising": 2e-15 * (0.5 + GRID**2), "measured": bare[1].diffusivity}
    t = t._replace(diffusivity=law[kind])
    places = np.arange(6, 16)  # in fortieths of a full swing, once the start is forgotten

    def voltages(steps):
        _, trace = traced(m, t, still(), np.full(24, 0.9), 1.0, 1.0, steps)
        return trace[places * (steps // 40) - 1, 1]

    exact = voltages(10240)
    steps = np.array([80, 160, 320, 640])
    errors = [np.abs(voltages(n) - exact).max() for n in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-2, abs=0.2)


def test_the_charge_passed_converges_with_second_order_too(bare):
    """The step that crosses the cut-off is repeated finer and interpolated."""
    m, t = bare
    s = kernel.surfaces(m, np.array([2e-9, 0.0, 5e-9, 0.0]), m.crack_area_start, 0.0)

    def passed(steps):
        return kernel.half_cycle(m, t, s, np.full(24, 0.9), 1.0, 1.0, steps, NO_TRACE)[0]

    exact = passed(20480)
    coarse, fine = (abs(passed(n) - exact) for n in (160, 2560))
    assert coarse < 5e-4
    assert fine < coarse / 30


# conservation ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.floats(0.3, 0.95), st.floats(0.05, 3), st.sampled_from([1.0, -1.0]), st.integers(20, 300), st.integers(3, 60))
def test_mean_lithium_moves_by_the_charge_of_each_step(bare, start, rate, sign, steps, shells):
    """Every step but those at the cut-off passes 1/steps of a full swing, no more and no less."""
    m, t = bare
    s = kernel.surfaces(m, np.array([2e-9, 0.0, 5e-9, 0.0]), m.crack_area_start, 0.0)
    x = np.full(shells, start)
    (change, *_), trace = traced(m, t, s, x, sign, rate, steps)
    moved = np.diff(np.concatenate([[start], trace[:, 0]]))
    whole = int(np.cumprod(np.abs(moved) > 0.5 / steps).sum())
    np.testing.assert_allclose(moved[:whole], -sign / steps, rtol=0, atol=1e-12)
    # then twentieths, and a part of one
    np.testing.assert_allclose(moved[whole:-1], -sign / steps / 20, rtol=0, atol=1e-12)
    assert change == pytest.approx(x.mean() - start, abs=1e-12)
    assert x.mean() == pytest.approx(trace[-1, 0] if trace.size else start, abs=1e-12)


@pytest.mark.parametrize("scenario", ["outer/series", "barrier/inactive", "pinned-grains/series"])
def test_two_hundred_cycles_lose_no_lithium(zhao, ready, scenarios, scales, scenario):
    from epitropy.calibrate.scales import build

    formed, tables = ready["coated"]
    m = build(zhao.cells["coated"], formed, scenarios[scenario], scales[scenario])
    assert live(m, tables, 200, 2, every_cycle=True).lithium_imbalance < 1e-10


def test_the_reported_imbalance_shows_a_leak(bare, monkeypatch):
    """The charge passed is counted apart from the lithium left, so a diffusion step that loses some is seen."""
    m, t = bare
    s = kernel.surfaces(m, np.array([2e-9, 0.0, 5e-9, 0.0]), m.crack_area_start, 0.0)
    diffuse = kernel._diffuse

    def leaky(old, older, x, *rest):
        diffuse(old, older, x, *rest)
        x *= 1 - 1e-8

    assert kernel.one_cycle(m, t, s, np.full(24, 0.9), 1.0, 1.0, 160)[4] < 1e-12
    monkeypatch.setattr(kernel, "_diffuse", leaky)
    monkeypatch.setattr(kernel, "half_cycle", kernel.half_cycle.py_func)
    assert kernel.one_cycle.py_func(m, t, s, np.full(24, 0.9), 1.0, 1.0, 160)[4] > 1e-8


# kinetics ----------------------------------------------------------------------------------------------------------


def direct_overpotential(total, area, resistance, exchange, thermal):
    """Nested root finding, nothing shared with the kernel."""

    def current(eta, r):
        free = 2 * exchange * math.sinh(min(eta / (2 * thermal), 300))
        if r == 0:
            return free
        drop = lambda i: r * i + 2 * thermal * math.asinh(i / (2 * exchange)) - eta  # noqa: E731
        return brentq(drop, 0, min(eta / r, free), xtol=1e-15)

    missing = lambda eta: sum(a * current(eta, r) for a, r in zip(area, resistance) if a > 0) - total  # noqa: E731
    top = 1e-3
    while missing(top) < 0:
        top *= 2
    return brentq(missing, 0, top, xtol=1e-13)


resistances = st.one_of(st.just(0.0), st.floats(-4, 2).map(lambda e: 10.0**e))
areas = st.one_of(st.just(0.0), st.floats(1.0, 1e4))


@settings(deadline=None, max_examples=60)
@given(
    st.floats(1, 600),
    st.lists(areas, min_size=4, max_size=4).filter(lambda a: sum(a) > 0),
    st.lists(resistances, min_size=4, max_size=4),
    st.floats(-3, 1).map(lambda e: 10.0**e),
)
def test_surfaces_in_parallel_share_one_overpotential(total, area, resistance, exchange):
    thermal = 0.025693
    area, resistance = np.array(area), np.array(resistance)
    current = np.full(4, total / area.sum())
    eta = kernel.overpotential(total, area, resistance, exchange, thermal, current)
    assert eta == pytest.approx(direct_overpotential(total, area, resistance, exchange, thermal), rel=1e-5, abs=1e-6)
    used = area > 0
    assert area[used] @ current[used] == pytest.approx(total, rel=1e-5, abs=0)
    drops = resistance[used] * current[used] + 2 * thermal * np.arcsinh(current[used] / (2 * exchange))
    np.testing.assert_allclose(drops, eta, rtol=0, atol=1e-5)  # V; currents trail the overpotential by one step


def test_a_partly_coated_surface_splits_the_current_as_the_law_says():
    """theta i(eta - i R) + (1 - theta) i(eta) = j: the bare patch carries more, and does not short the film."""
    theta, film, exchange, thermal, mean = 0.85, 0.01, 1.0, 0.0257, 2.0
    current = np.full(2, mean)
    eta = kernel.overpotential(mean, np.array([1 - theta, theta]), np.array([0.0, film]), exchange, thermal, current)
    butler_volmer = lambda e: 2 * exchange * math.sinh(e / (2 * thermal))  # noqa: E731
    assert current[0] == pytest.approx(butler_volmer(eta), rel=1e-6, abs=0)
    assert current[1] == pytest.approx(butler_volmer(eta - film * current[1]), rel=1e-6, abs=0)
    assert (1 - theta) * current[0] + theta * current[1] == pytest.approx(mean, rel=1e-6, abs=0)
    assert current[0] > mean > current[1]
    shorted = mean * film * (1 - theta)  # what resistors in parallel would say
    assert eta > butler_volmer_eta(mean, exchange, thermal) + shorted


def butler_volmer_eta(current, exchange, thermal):
    return 2 * thermal * math.asinh(current / (2 * exchange))


def test_no_coverage_or_no_film_resistance_is_the_bare_surface():
    exchange, thermal = 1.0, 0.0257
    for theta, film in ((0.0, 1.0), (0.4, 0.0), (1.0, 0.0)):
        current = np.full(2, 2.0)
        eta = kernel.overpotential(2.0, np.array([1 - theta, theta]), np.array([0.0, film]), exchange, thermal, current)
        assert eta == pytest.approx(butler_volmer_eta(2.0, exchange, thermal), rel=1e-9, abs=0)


# limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_slow_half_cycle_follows_the_open_circuit_curve(bare, sign):
    m, t = bare
    m = m._replace(coherency=0.0)
    s = kernel.surfaces(m, np.array([2e-9, 0.0, 5e-9, 0.0]), m.crack_area_start, 0.0)
    x = np.full(24, 0.94 if sign > 0 else 0.11)
    (_, _, _, reached), trace = traced(m, t, s, x, sign, 0.001, 160)
    assert reached
    rest = np.interp(trace[:, 0], GRID, t.voltage)
    away = (trace[:, 1] - rest) * sign
    # ends at the steep foot of the curve, where the surface leads: compare in lithium there
    inner = (trace[:, 0] > 0.12) & (trace[:, 0] < 0.92)
    assert away[inner].min() > 0 and away[inner].max() < 0.5e-3
    hundredth = traced(m, t, s, np.full(24, 0.94 if sign > 0 else 0.11), sign, 0.01, 160)[1]
    away = np.abs(hundredth[:, 1] - np.interp(hundredth[:, 0], GRID, t.voltage))
    assert np.median(away) < 5e-3


def test_a_slow_cell_delivers_what_lies_between_the_cut_offs(bare):
    m, t = bare
    m = m._replace(coherency=0.0)
    s = kernel.surfaces(m, np.zeros(4), m.crack_area_start, 0.0)
    x = np.full(24, 0.9)
    kernel.half_cycle(m, t, s, x, 1.0, 1e-4, 160, NO_TRACE)
    charged = x.mean()
    kernel.half_cycle(m, t, s, x, -1.0, 1e-4, 160, NO_TRACE)
    at = lambda volt: np.interp(-volt, -t.voltage, GRID)  # noqa: E731
    assert charged == pytest.approx(at(m.upper_voltage), abs=1e-3)
    assert x.mean() == pytest.approx(at(m.lower_voltage), abs=2e-3)


@pytest.mark.parametrize(("sign", "beyond"), [(1.0, 0.05), (-1.0, 0.99)])
def test_a_cell_beyond_its_cut_off_passes_no_charge(bare, sign, beyond):
    m, t = bare
    x = np.full(24, beyond)
    change, exposure, voltage, reached = kernel.half_cycle(m, t, still(), x, sign, 1.0, 160, NO_TRACE)
    assert (change, exposure, reached) == (0.0, 0.0, True)
    assert voltage == (m.upper_voltage if sign > 0 else m.lower_voltage)


def test_a_cell_that_does_not_age_keeps_its_capacity(bare):
    m, t = bare
    frozen = m._replace(skin_rate=1e-30, crack_rate=0.0, lithium_growth=0.0, crosstalk_growth=0.0, pinning_rate=0.0)
    series = live(frozen, t, 50, 2, every_cycle=True)
    np.testing.assert_allclose(series.capacity[1:], series.capacity[-1], rtol=1e-6)
    assert series.retention == pytest.approx(1, abs=1e-6)
    assert set(series.crack_area) == {m.crack_area_start} and set(series.lithium_resistance) == {0.0}


@given(st.floats(0, 1))
def test_tables_are_read_by_straight_lines(x):
    table = np.linspace(0, 1, 101) ** 2
    assert kernel.lookup(table, x) == pytest.approx(np.interp(x, np.linspace(0, 1, 101), table), rel=1e-12, abs=1e-15)


def test_tables_are_held_outside_their_range():
    table = np.array([3.0, 4.0, 5.0])
    assert kernel.lookup(table, -0.5) == 3.0
    assert kernel.lookup(table, 1.5) == 5.0
