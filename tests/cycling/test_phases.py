"""The phases of a cycle: cut-offs, holds, rests, what is counted in them, and cells that no cell should be."""

import time

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from epitropy.cycling import kernel
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import Row
from epitropy.cycling.stage import simulate

GRID = np.linspace(0, 1, 1001)
TIME, CURRENT, VOLTAGE, LITHIUM, SURFACE = range(5)  # columns of a trace


@pytest.fixture
def charged(aged, run_phase):
    """Profiles at the upper cut-off after a charge at 1C."""
    m, t, s = aged
    return run_phase(m, t, s, kernel.CHARGE, m.one_c * m.mass_factor, m.upper_voltage, lithium=0.9)[2]


# cut-offs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.05, 1.0, 4.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_half_cycle_ends_at_its_cut_off(aged, run_phase, rate, sign):
    m, t, s = aged
    end = m.upper_voltage if sign > 0 else m.lower_voltage
    done, trace, _ = run_phase(m, t, s, kernel.CHARGE, sign * rate * m.one_c, end, lithium=0.6)
    assert done.state == kernel.ENDED
    assert trace[-1, VOLTAGE] == pytest.approx(end, abs=1e-6)
    assert np.all((end - trace[:-1, VOLTAGE]) * sign > -1e-6)
    assert np.all(np.diff(trace[:, TIME]) > 0) and set(trace[:, CURRENT]) == {sign * rate * m.one_c}
    assert done.energy == pytest.approx(np.trapezoid(trace[:, VOLTAGE], np.abs(trace[:, LITHIUM] - 0.6)), rel=0.02)


def test_a_cut_off_that_never_comes_is_told(aged, run_phase):
    m, t, s = aged
    flat = t._replace(voltage=np.full(GRID.size, 3.7))
    for sign, end in ((1.0, 9.0), (-1.0, -9.0)):
        done, trace, _ = run_phase(m, flat, s, kernel.CHARGE, sign * 0.1 * m.one_c, end, lithium=0.5)
        # lithium runs out (or in) at the surface: an end, and not one that hangs
        assert done.state in (kernel.ENDED, kernel.STUCK)
        assert 1e-5 < trace[-1, SURFACE] < 1 - 1e-5 and trace[-1, LITHIUM] * sign < 0.5 * sign


# holds -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.5, 0.2, 0.05])
def test_a_hold_ends_at_its_current_and_keeps_its_voltage(aged, charged, run_phase, rate):
    """Told apart by where the hold ends: the voltage there is worked out anew from profiles, surface and current."""
    m, t, s = aged
    end = rate * m.one_c * m.mass_factor
    done, trace, (x, c) = run_phase(m, t, s, kernel.HOLD, m.upper_voltage, end, profiles=charged)
    assert done.state == kernel.ENDED
    assert trace[-1, CURRENT] == done.current == pytest.approx(end, rel=1e-6, abs=0)
    assert np.all(np.diff(trace[:, CURRENT]) < 0) and trace[0, CURRENT] < 1.001 * m.one_c * m.mass_factor
    mesh = mesh_of(m, kernel.RESOLUTION)
    spread = np.full((3, 4), end / s.area.sum())
    volt = kernel.terminal_voltage(m, t, s, mesh, trace[-1, SURFACE], c, done.current, spread)
    assert volt == pytest.approx(m.upper_voltage, abs=1e-6)


def test_a_hold_takes_over_the_current_of_the_charge(aged, charged, run_phase):
    m, t, s = aged
    _, trace, _ = run_phase(m, t, s, kernel.HOLD, m.upper_voltage, 0.5 * m.one_c, profiles=charged)
    assert trace[0, CURRENT] == pytest.approx(m.one_c * m.mass_factor, rel=5e-3, abs=0)


def test_the_charge_of_a_hold_is_the_integral_of_its_current(aged, charged, run_phase, fine):
    m, t, s = aged
    done, trace, (x, _) = run_phase(
        m, t, s, kernel.HOLD, m.upper_voltage, 0.05 * m.one_c, profiles=charged, resolution=fine(steps=1000)
    )
    mesh = mesh_of(m, kernel.RESOLUTION)
    time, current = (np.concatenate([[first], trace[:, k]]) for first, k in ((0.0, TIME), (m.one_c, CURRENT)))
    whole = np.trapezoid(current, time) / (m.capacity_full * s.active)
    assert done.swing == pytest.approx(mesh.volume @ (x - charged.lithium), abs=1e-12)
    assert -done.swing == pytest.approx(whole, rel=5e-4, abs=0)
    assert done.energy == pytest.approx(m.upper_voltage * -done.swing, rel=1e-9, abs=0)


def test_a_hold_converges_with_its_steps(plain, run_phase, fine, still):
    """Second order at least in the charge of the hold, here with steady coefficients and a resistance."""
    m, t = plain
    m, s = m._replace(capacity_full=5e5), still._replace(series=2e-3)
    start = run_phase(m, t, s, kernel.CHARGE, m.one_c, 4.7, resolution=fine(steps=4000))[2]

    def swing(steps):
        return run_phase(m, t, s, kernel.HOLD, 4.7, 0.05 * m.one_c, profiles=start, resolution=fine(steps=steps))[
            0
        ].swing

    exact = swing(8000)
    steps = np.array([70, 140, 280, 560])
    errors = [abs(swing(int(n)) - exact) for n in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] < -1.9
    assert errors[1] < 1e-4


def test_a_hold_gives_more_and_slower_cycles_need_it_less(aged, run_cycle):
    m, t, s = aged
    without, with_hold = (run_cycle(m, t, s, Row(1.0, 1.0, hold, 0.0, 1.0))[0] for hold in (0.0, 0.05))
    assert with_hold["capacity"] > 1.02 * without["capacity"]
    assert without["held"] == 0 and 0.02 < with_hold["held"] < 0.6
    slower = run_cycle(m, t, s, Row(0.2, 0.2, 0.05, 0.0, 1.0))[0]
    assert slower["held"] < with_hold["held"]


# rests -------------------------------------------------------------------------------------------------------------


def test_a_long_rest_leaves_even_profiles_and_the_open_circuit_voltage(aged, charged, run_phase):
    m, t, s = aged
    done, trace, (x, c) = run_phase(m, t, s, kernel.REST, 0.0, 4e5, profiles=charged)
    mean = mesh_of(m, kernel.RESOLUTION).volume @ charged.lithium
    np.testing.assert_allclose(x, mean, rtol=0, atol=1e-9)
    np.testing.assert_allclose(c, m.salt_concentration, rtol=1e-9)
    at = lambda table: np.interp(mean, GRID, table)  # noqa: E731
    rest = at(t.voltage) + s.stress_skin * at(t.stress_skin) + s.stress_layer * at(t.stress_layer)
    assert trace[-1, VOLTAGE] == pytest.approx(rest, abs=1e-7)
    assert (done.swing, done.energy) == (0.0, 0.0)
    assert done.time == pytest.approx(4e5, rel=1e-9, abs=0)


@pytest.mark.parametrize("span", [1.0, 60.0, 3600.0, 90 * 86400.0])
def test_a_rest_takes_its_time_and_moves_no_charge(aged, charged, run_phase, span):
    m, t, s = aged
    done, trace, (x, _) = run_phase(m, t, s, kernel.REST, 0.0, span, profiles=charged)
    volume = mesh_of(m, kernel.RESOLUTION).volume
    assert done.time == trace[-1, TIME] == pytest.approx(span, rel=1e-9, abs=0)
    assert volume @ (x - charged.lithium) == pytest.approx(0, abs=2e-11)
    assert np.all(np.diff(trace[:, VOLTAGE]) < 1e-6) and trace[-1, VOLTAGE] < m.upper_voltage  # it falls after a charge
    assert set(trace[:, CURRENT]) == {0.0}


def test_a_rest_is_a_decaying_sphere(plain, still, run_phase, fine):
    """x = x0 + a sin(b r)/r exp(-M b^2 t) with tan b = b, an exact mode of a sealed sphere."""
    m, t = plain
    resolution = fine(shells=160, steps=1000)
    mesh = mesh_of(m, resolution)
    face = np.cbrt(np.concatenate([[0.0], np.cumsum(mesh.volume)]))
    b = 4.493409457909064
    inner = (np.sin(b * face) - b * face * np.cos(b * face)) / b**2  # integral of r sin(b r)
    mode = 3 * np.diff(inner) / mesh.volume
    rate = 1e-14 / m.apparent_radius**2 * b**2
    start = kernel.Profiles(0.5 + 0.1 * mode, np.full(mesh.width.size, m.salt_concentration))
    _, _, (x, _) = run_phase(m, t, still, kernel.REST, 0.0, 1 / rate, profiles=start, resolution=resolution)
    np.testing.assert_allclose(x, 0.5 + 0.1 * mode * np.exp(-1), rtol=0, atol=1e-4)  # of a tenth


# a cycle -----------------------------------------------------------------------------------------------------------


def test_a_cycle_counts_what_its_phases_pass(aged, run_cycle):
    """Capacities from the lithium moved, mean voltages and exposure from the trace, rests and hold included."""
    m, t, s = aged
    m = m._replace(mass_factor=1.03)
    row = Row(1.0, 0.5, 0.1, 1200.0, 1.0)
    resolution = kernel.RESOLUTION._replace(steps=600)
    found, state, trace, (x, _) = run_cycle(m, t, s, row, resolution=resolution)
    assert state == kernel.ENDED
    per_swing = m.capacity_full * s.active / m.mass_factor
    starts = np.flatnonzero(np.diff(np.concatenate([[np.inf], trace[:, TIME]])) < 0)
    charge, hold, first, discharge, last = np.split(trace, starts[1:])
    assert (first[-1, TIME], last[-1, TIME]) == pytest.approx((1200.0, 1200.0), rel=1e-9)
    assert charge[0, CURRENT] == 1.0 * m.one_c * 1.03 and discharge[0, CURRENT] == -0.5 * m.one_c * 1.03
    assert found["charge"] == pytest.approx((0.95 - hold[-1, LITHIUM]) * per_swing, rel=1e-9)
    assert found["capacity"] == pytest.approx((discharge[-1, LITHIUM] - hold[-1, LITHIUM]) * per_swing, rel=1e-9)
    assert found["charged"] == pytest.approx(first[-1, LITHIUM], abs=1e-12)
    assert found["discharged"] == pytest.approx(last[-1, LITHIUM], abs=1e-12)
    held = (charge[-1, LITHIUM] - hold[-1, LITHIUM]) / (0.95 - hold[-1, LITHIUM])
    assert found["held"] == pytest.approx(held, rel=1e-9)
    assert last[-1, LITHIUM] == pytest.approx(resolution_mean(m, resolution, x), abs=1e-12)
    passing = np.concatenate([charge, hold])
    mean = np.trapezoid(passing[:, VOLTAGE], -passing[:, LITHIUM]) / -np.ptp(passing[:, LITHIUM])
    assert found["charge_voltage"] == pytest.approx(abs(mean), abs=2e-3)
    mean = np.trapezoid(discharge[:, VOLTAGE], discharge[:, LITHIUM]) / np.ptp(discharge[:, LITHIUM])
    assert found["voltage"] == pytest.approx(mean, abs=2e-3)
    drive = lambda part: 1 / (1 + np.exp((part[:, SURFACE] - m.threshold) / m.threshold_width))  # noqa: E731
    exposure = sum(np.trapezoid(drive(p), p[:, TIME]) for p in (charge, hold, first, discharge, last))
    assert found["exposure"] == pytest.approx(exposure, rel=2e-3, abs=0)


def resolution_mean(m, resolution, x):
    return mesh_of(m, resolution).volume @ x


def test_no_rest_is_a_rest_of_no_time(aged, run_cycle):
    m, t, s = aged
    none, short = (run_cycle(m, t, s, Row(1.0, 1.0, 0.0, rest, 1.0))[0] for rest in (0.0, 1e-6))
    for key in ("capacity", "exposure", "charged", "charge"):
        assert short[key] == pytest.approx(none[key], rel=1e-6, abs=0)


def test_slower_and_wider_give_more(aged, run_cycle):
    m, t, s = aged
    capacity = [run_cycle(m, t, s, Row(r, r, 0.0, 0.0, 1.0))[0]["capacity"] for r in (0.1, 0.3, 1.0, 3.0)]
    assert np.all(np.diff(capacity) < 0)
    higher = [
        run_cycle(m._replace(upper_voltage=v), t, s, Row(0.5, 0.5, 0.0, 0.0, 1.0))[0] for v in (4.1, 4.2, 4.3, 4.4)
    ]
    assert np.all(np.diff([f["capacity"] for f in higher]) > 0)
    assert np.all(np.diff([f["exposure"] for f in higher]) > 0)


def test_formation_rows_run_as_any_other(aged, run_cycle):
    """What a row says of ageing is for the slow state alone."""
    m, t, s = aged
    one, other = (run_cycle(m, t, s, Row(0.1, 0.1, 0.0, 0.0, ages))[0] for ages in (0.0, 1.0))
    assert one == other


# cells of all sorts ------------------------------------------------------------------------------------------------


def log(low, high):
    return st.floats(np.log(low), np.log(high)).map(lambda x: float(np.exp(x)))


cells = st.fixed_dictionaries(
    {
        "kinetic_scale": log(0.02, 50),
        "apparent_radius": log(2e-6, 1e-5),
        "loading": log(0.005, 0.4),
        "separator_thickness": log(1e-5, 5e-5),
        "electrode_thickness": log(2e-5, 1e-4),
        "lithium_exchange": log(3, 100),
        "series_resistance": log(1e-5, 5e-3),
        "upper_voltage": st.floats(4.0, 4.6),
        "lower_voltage": st.floats(2.5, 3.6),
        "coverage_outer": st.sampled_from([0.0, 0.5, 1.0]),
        "film_resistance_outer": log(1e-4, 1),
        "uncracked_transport": st.floats(0.05, 1),
        "crack_area_start": st.floats(0, 2000),
        "lithium_growth": log(1e-7, 1e-3),
        "fade_scale": log(0.1, 10),
    }
)
DRAINED = {  # a hold that starts where the salt is nearly used up at the lithium metal
    "apparent_radius": 9.223555183302818e-06,
    "loading": 0.1353352832366127,
    "separator_thickness": 4.54e-5,
    "electrode_thickness": 4.54e-5,
    "lithium_exchange": 3.4903429574618414,
    "series_resistance": 4.54e-5,
    "upper_voltage": 4.0,
    "lower_voltage": 2.5,
    "film_resistance_outer": 1.0,
    "uncracked_transport": 0.5,
    "crack_area_start": 0.0,
    "lithium_growth": 9.1e-4,
}
STIFF = {"kinetic_scale": 0.04, "lithium_exchange": 50.0, "series_resistance": 1e-4, "loading": 0.02}


@settings(deadline=None, max_examples=100, phases=(Phase.explicit, Phase.generate))
@given(cells, log(0.02, 50), log(0.02, 50), st.sampled_from([0.0, 0.05, 0.5]), st.sampled_from([0.0, 600.0]))
@example(STIFF | {"apparent_radius": 8.9e-6, "uncracked_transport": 0.7}, 5.3, 5.8, 0.0, 0.0)
@example(DRAINED, 7.38905609893065, 1.0, 0.05, 0.0)
@example(STIFF | {"apparent_radius": 6.0e-6, "uncracked_transport": 0.5}, 7.0, 10.0, 0.3, 600.0)
def test_no_cell_makes_the_kernel_stumble(bare, changes, charge, discharge, hold, rest):
    """Finite where it is alive, balanced, told how it ended, in bounded time; with and without skipping."""
    m, t = bare
    rows = np.array([[0.1, 0.1, 0.0, 0.0, 0.0]] + 12 * [[charge, discharge, hold * charge, rest, 1.0]])
    simulate(m, t, rows[:1])  # compiled before the clock runs
    m = m._replace(**changes)
    for tolerance in (0.0, 1e-3):
        before = time.perf_counter()
        life = simulate(m, t, rows, tolerance)
        assert time.perf_counter() - before < 1.0
        told = np.isfinite(life.rows)
        assert np.array_equal(told.all(axis=1), told.any(axis=1))
        assert np.all(life.rows[told.all(axis=1), 0] > 0)
        assert life.state in (kernel.ENDED, kernel.DEPLETED_SALT, kernel.STUCK)
        assert life.lithium_imbalance < 1e-9 and life.salt_imbalance < 1e-9
        assert 0 <= life.ended < len(rows)
