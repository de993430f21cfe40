"""The compiled half-cell against exact solutions, conservation, orders of convergence and limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from epitropy.constants import FARADAY
from epitropy.cycling import kernel
from epitropy.cycling import life as life_module
from epitropy.cycling.ageing import lookup
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import SALT_LIMIT, Row

GRID = np.linspace(0, 1, 1001)
TIME, CURRENT, VOLTAGE, LITHIUM, SURFACE = range(5)  # columns of a trace
# roots of tan(a) = a, for the series of a sphere under constant flux
ROOTS = np.array(
    [brentq(lambda a: math.sin(a) - a * math.cos(a), k * math.pi + 1e-9, (k + 0.5) * math.pi) for k in range(1, 400)]
)


# diffusion ---------------------------------------------------------------------------------------------------------


def sphere_surface(start, speed, mobility, time):
    """Surface of a sphere whose mean changes at constant ``speed`` (Crank, The mathematics of diffusion, 6.45)."""
    series = np.sum(np.exp(-mobility * np.outer(time, ROOTS**2)) / ROOTS**2, axis=1)
    return start + speed / (3 * mobility) * (3 * mobility * time + 0.2 - 2 * series)


@pytest.fixture
def surface_error(plain, still, run_phase, fine):
    """Largest error of the surface once the first fifth of a charge at 1C is over."""
    m, t = plain

    def error(**resolution):
        _, trace, _ = run_phase(m, t, still, kernel.CHARGE, m.one_c, 4.9, resolution=fine(**resolution))
        np.testing.assert_allclose(trace[:, VOLTAGE], 5 - trace[:, SURFACE], rtol=0, atol=1e-9)
        mobility = 1e-14 / m.apparent_radius**2
        exact = sphere_surface(0.9, -m.one_c / m.capacity_full, mobility, trace[:, TIME])
        late = trace[:, TIME] > 0.2 * trace[-1, TIME]
        return np.abs(trace[:, SURFACE] - exact)[late].max()

    return error


def test_a_sphere_under_constant_current_follows_the_exact_series(surface_error):
    assert surface_error() < 2e-5  # of lithium content, as used
    assert surface_error(shells=320, steps=560) < 5e-7


def test_shells_converge_with_second_order(surface_error):
    shells = np.array([12, 24, 48, 96])
    slope = np.polyfit(np.log(shells), np.log([surface_error(shells=int(n), steps=2000) for n in shells]), 1)[0]
    assert slope == pytest.approx(-2, abs=0.1)


@pytest.mark.parametrize("law", [np.full(GRID.size, 1e-14), 2e-14 * (0.5 + GRID**2)], ids=["constant", "rising"])
def test_time_converges_with_third_order(plain, still, run_phase, fine, law):
    """Also where the diffusivity, taken at the extrapolated state, depends on the lithium content."""
    m, t = plain
    t = t._replace(diffusivity=law)

    def trace(steps):
        return run_phase(m, t, still, kernel.CHARGE, m.one_c, 4.9, resolution=fine(shells=24, steps=steps))[1]

    exact = trace(8000)
    places = np.linspace(0.15, 0.9, 16) * exact[-1, TIME]
    surface = lambda found: CubicSpline(found[:, TIME], found[:, SURFACE])(places)  # noqa: E731
    steps = np.array([70, 140, 280, 560])
    errors = [np.abs(surface(trace(int(n))) - surface(exact)).max() for n in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] < -2.8
    assert errors[1] < 1e-5


def test_the_charge_passed_to_a_cut_off_converges(bare, still, run_phase, fine):
    """With the measured diffusivity, a table of straight lines, so that no order above two can be asked for."""
    m, t = bare

    def swing(steps):
        return run_phase(m, t, still, kernel.CHARGE, m.one_c, 4.3, resolution=fine(steps=steps))[0].swing

    exact = swing(9000)
    coarse, fine_ = (abs(swing(n) - exact) for n in (140, 1120))
    assert coarse < 5e-5
    assert fine_ < coarse / 30


def test_shells_are_cut_from_one_sphere(bare):
    """Volumes and centroids of the shells are those of shells; the electrolyte's cells fill separator and cathode."""
    mesh = mesh_of(bare[0], kernel.RESOLUTION)
    m = bare[0]
    face = np.cbrt(np.concatenate([[0.0], np.cumsum(mesh.volume)]))
    assert face[-1] == pytest.approx(1, abs=1e-12)
    middle = np.sqrt((face[1:] ** 2 + face[:-1] ** 2) / 2)  # of half the shell's area-weighted thickness, roughly
    assert np.all((middle > face[:-1]) & (middle < face[1:]))
    # linear lithium content x = r: the flux through a face is what the link says, the mean of r is the centroid
    centroid = 0.75 * np.diff(face**4) / np.diff(face**3)
    np.testing.assert_allclose(mesh.link * np.diff(centroid), 3 * face[1:-1] ** 2, rtol=1e-12)
    assert mesh.depth == pytest.approx(1 - centroid[-1], rel=1e-9, abs=0)
    n = mesh.separator
    assert mesh.width[:n].sum() == pytest.approx(m.separator_thickness, rel=1e-12, abs=0)
    assert mesh.width[n:].sum() == pytest.approx(m.electrode_thickness, rel=1e-12, abs=0)
    # a third of the cathode's resistance is felt: the integral of (1 - s)^2
    felt = (mesh.path[n:] * m.electrode_transport).sum()
    assert felt == pytest.approx(m.electrode_thickness / 3, rel=1e-12, abs=0)
    assert mesh.path[:n].sum() == pytest.approx(m.separator_thickness / m.separator_transport, rel=1e-12, abs=0)


# conservation ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    start=st.floats(0.3, 0.95),
    rate=st.floats(0.02, 4),
    sign=st.sampled_from([1.0, -1.0]),
    steps=st.integers(20, 300),
    shells=st.integers(3, 60),
)
def test_mean_lithium_moves_by_the_charge_that_flows(aged, run_phase, fine, start, rate, sign, steps, shells):
    """At every step, whatever its length; salt stays whole."""
    m, t, s = aged
    end = m.upper_voltage if sign > 0 else m.lower_voltage
    resolution = fine(steps=steps, shells=shells)
    level = sign * rate * m.one_c * m.mass_factor
    done, trace, (x, c) = run_phase(m, t, s, kernel.CHARGE, level, end, lithium=start, resolution=resolution)
    mesh = mesh_of(m, resolution)
    counted = start - level * trace[:, TIME] / (m.capacity_full * s.active)
    np.testing.assert_allclose(trace[:, LITHIUM], counted, rtol=0, atol=1e-11)
    assert done.swing == pytest.approx(mesh.volume @ x - start, abs=1e-11)
    room = mesh.width * mesh.porosity
    assert room @ c == pytest.approx(room.sum() * m.salt_concentration, rel=1e-12, abs=0)


@pytest.mark.parametrize("what", ["lithium", "salt"])
def test_the_reported_imbalance_shows_a_leak(aged, run_cycle, monkeypatch, what):
    """The charge passed is counted apart from the lithium left, so a diffusion step that loses some is seen."""
    m, t, s = aged
    row = Row(1.0, 1.0, 0.2, 600.0, 1.0)
    tight = run_cycle(m, t, s, row)[0]
    assert tight["lithium_imbalance"] < 1e-12 and tight["salt_imbalance"] < 1e-12
    solve = getattr(kernel, f"solve_{what}").py_func

    def leaky(old, out, *rest):
        solve(old, out, *rest)
        out *= 1 - 1e-8

    for name, function in list(vars(kernel).items()):  # uncompiled, so that the leak is met
        monkeypatch.setattr(kernel, name, getattr(function, "py_func", function))
    monkeypatch.setattr(kernel, f"solve_{what}", leaky)
    loose = run_cycle(m, t, s, row, resolution=kernel.RESOLUTION._replace(shells=4, steps=30))[0]
    assert loose[f"{what}_imbalance"] > 1e-8


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


def overpotential(total, area, resistance, exchange, thermal):
    """By the kernel, from an even share: overpotential and currents."""
    area, resistance = np.array(area), np.array(resistance)
    current = np.full((3, area.size), total / area.sum())
    return kernel.overpotential(total, area, resistance, exchange, thermal, current), current[0]


@settings(deadline=None, max_examples=60)
@given(
    st.floats(1, 600),
    st.lists(areas, min_size=4, max_size=4).filter(lambda a: sum(a) > 0),
    st.lists(resistances, min_size=4, max_size=4),
    st.floats(-3, 1).map(lambda e: 10.0**e),
    st.sampled_from([1.0, -1.0]),
)
def test_surfaces_in_parallel_share_one_overpotential(total, area, resistance, exchange, sign):
    thermal = 0.025693
    eta, current = overpotential(sign * total, area, resistance, exchange, thermal)
    direct = sign * direct_overpotential(total, area, resistance, exchange, thermal)
    assert eta == pytest.approx(direct, rel=1e-5, abs=1e-6)
    used = np.array(area) > 0
    area, resistance = np.array(area)[used], np.array(resistance)[used]
    assert area @ current[used] == pytest.approx(sign * total, rel=1e-5, abs=0)
    drops = resistance * current[used] + 2 * thermal * np.arcsinh(current[used] / (2 * exchange))
    np.testing.assert_allclose(drops, eta, rtol=0, atol=1e-5)  # V; currents trail the overpotential by one step


def test_a_partly_coated_surface_splits_the_current_as_the_law_says():
    """theta i(eta - i R) + (1 - theta) i(eta) = j: the bare patch carries more, and does not short the film."""
    theta, film, exchange, thermal, mean = 0.85, 0.01, 1.0, 0.0257, 2.0
    eta, current = overpotential(mean, [1 - theta, theta], [0.0, film], exchange, thermal)
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
        eta, _ = overpotential(2.0, [1 - theta, theta], [0.0, film], exchange, thermal)
        assert eta == pytest.approx(butler_volmer_eta(2.0, exchange, thermal), rel=1e-9, abs=0)


# terminal voltage --------------------------------------------------------------------------------------------------


def direct_terms(m, t, s, x, salt, j):
    """Every term of the terminal voltage, written from its law, in V."""
    mesh = mesh_of(m, kernel.RESOLUTION)
    n, read = mesh.separator, lambda table: np.interp(x, GRID, table)
    of_salt = lambda table, c: np.interp(c, np.linspace(0, SALT_LIMIT, table.size), table)  # noqa: E731
    current, thermal = j * m.loading, m.thermal_voltage
    slope = (1 - m.transference) * current / FARADAY / (m.separator_transport * of_salt(t.salt_diffusivity, salt[0]))
    metal = salt[0] - slope * mesh.width[0] / 2
    exchange = read(t.exchange) * m.kinetic_scale * 3 / (m.density * m.apparent_radius * m.reference_area)
    exchange *= (salt[n:].mean() / m.salt_concentration) ** m.exchange_salt_exponent
    lithium = m.lithium_exchange * (metal / m.salt_concentration) ** m.lithium_salt_exponent
    place = np.linspace(0, 1, 1001)  # through the cathode, its salt constant by cell
    cell = np.minimum((place * (salt.size - n)).astype(int), salt.size - n - 1)
    inside = np.trapezoid((1 - place) ** 2 / of_salt(t.salt_conductivity, salt[n:][cell]), place)
    return {
        "rest": read(t.voltage),
        "skin": s.stress_skin * read(t.stress_skin),
        "layer": s.stress_layer * read(t.stress_layer),
        "surface": math.copysign(1, j) * direct_overpotential(abs(j), s.area, s.resistance, exchange, thermal),
        "metal": 2 * thermal * math.asinh(current / (2 * lithium)),
        "separator": current * (mesh.width[:n] / m.separator_transport) @ (1 / of_salt(t.salt_conductivity, salt[:n])),
        "cathode": current * m.electrode_thickness / m.electrode_transport * inside,
        "salt": 2 * thermal * (1 - m.transference) * m.thermodynamic_factor * np.log(salt[n:] / metal).mean(),
        "series": current * s.series,
    }


@settings(deadline=None, max_examples=40)
@given(
    x=st.floats(0.1, 0.95),
    j=st.floats(2, 600),
    sign=st.sampled_from([1.0, -1.0]),
    tilt=st.floats(-0.6, 0.6),
    factor=st.floats(0.5, 4),
)
def test_the_terminal_voltage_is_the_sum_of_its_terms(aged, x, j, sign, tilt, factor):
    m, t, s = aged
    m = m._replace(thermodynamic_factor=factor)
    mesh = mesh_of(m, kernel.RESOLUTION)
    salt = m.salt_concentration * (1.2 + tilt * np.linspace(-1, 1, mesh.width.size) ** 3)
    terms = direct_terms(m, t, s, x, salt, sign * j)
    spread = np.full((3, 4), sign * j / s.area.sum())
    volt = kernel.terminal_voltage(m, t, s, mesh, x, salt, sign * j, spread)
    assert volt == pytest.approx(math.fsum(terms.values()), abs=2e-6)
    assert min(abs(v) for v in terms.values()) > 1e-7  # none of them is missing here


# limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_slow_half_cycle_follows_the_open_circuit_curve(bare, aged, run_phase, sign):
    m, t, s = aged
    s = s._replace(stress_skin=0.0, stress_layer=0.0)
    end = m.upper_voltage if sign > 0 else m.lower_voltage
    for rate, atol in ((0.01, 1e-2), (0.001, 1e-3)):
        level = sign * rate * m.one_c * m.mass_factor
        start = 0.9 if sign > 0 else 0.25
        done, trace, _ = run_phase(m, t, s, kernel.CHARGE, level, end, lithium=start)
        assert done.state == kernel.ENDED
        away = (trace[:, VOLTAGE] - np.interp(trace[:, LITHIUM], GRID, t.voltage)) * sign
        # at the steep foot of the curve the surface leads: compare in lithium there
        inner = (trace[:, LITHIUM] > 0.2) & (trace[:, LITHIUM] < 0.88) & (trace[:, TIME] > 0.02 * trace[-1, TIME])
        assert away[inner].min() > 0 and away[inner].max() < atol
        end_lithium = np.interp(-(end - sign * away[inner].mean()), -t.voltage, GRID)
        assert trace[-1, LITHIUM] == pytest.approx(end_lithium, abs=0.05 if rate == 0.01 else 6e-3)


def test_a_slow_cell_delivers_what_lies_between_the_cut_offs(bare, still, run_cycle):
    m, t = bare
    m = m._replace(series_resistance=0.0)
    found, state, *_ = run_cycle(m, t, still, Row(1e-4, 1e-4, 0.0, 0.0, 1.0))
    assert state == kernel.ENDED
    at = lambda volt: np.interp(-volt, -t.voltage, GRID)  # noqa: E731
    assert found["charged"] == pytest.approx(at(m.upper_voltage), abs=1e-3)
    assert found["discharged"] == pytest.approx(at(m.lower_voltage), abs=2e-3)


@pytest.mark.parametrize(("sign", "beyond"), [(1.0, 0.05), (-1.0, 0.99)])
def test_a_cell_beyond_its_cut_off_passes_no_charge(bare, still, run_phase, sign, beyond):
    m, t = bare
    end = m.upper_voltage if sign > 0 else m.lower_voltage
    done, trace, (x, _) = run_phase(m, t, still, kernel.CHARGE, sign * m.one_c, end, lithium=beyond)
    assert (done.swing, done.exposure, done.time, done.state) == (0.0, 0.0, 0.0, kernel.ENDED)
    assert trace.size == 0 and set(x) == {beyond}


@settings(deadline=None)
@given(st.floats(0, 1))
def test_tables_are_read_by_straight_lines(x):
    table = np.linspace(0, 1, 101) ** 2
    assert lookup(table, x) == pytest.approx(np.interp(x, np.linspace(0, 1, 101), table), rel=1e-12, abs=1e-15)


def test_tables_are_held_outside_their_range():
    table = np.array([3.0, 4.0, 5.0])
    assert lookup(table, -0.5) == 3.0
    assert lookup(table, 1.5) == 5.0


def test_a_small_leak_in_every_cycle_adds_up_on_the_ledger(bare, monkeypatch):
    """What came in is counted from the current, so lithium lost a little at a time is seen over the whole life."""
    m, t = bare
    leak, cycles = 1e-7, 12

    def leaky(m, t, s, mesh, profiles, row, steps, trace):
        found, state, lines = kernel.one_cycle(m, t, s, mesh, profiles, row, steps, trace)
        profiles.lithium[:] -= leak
        found[6] -= leak
        return found, state, lines

    rows = np.array([[1.0, 1.0, 0.0, 0.0, 1.0]] * cycles)
    resolution = kernel.SCREENING
    monkeypatch.setattr(life_module, "one_cycle", leaky)
    *_, lithium, _ = life_module.age.py_func(m, t, mesh_of(m, resolution), rows, 0.0, resolution.steps)
    assert lithium > 0.7 * cycles * leak
