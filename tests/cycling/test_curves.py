"""What is told of a life: losses, voltage curves, dQ/dV, resistance, capacities of cells."""

import math
from dataclasses import fields

import numpy as np
import pytest

from epitropy.cycling import ageing, kernel
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import COLUMNS, INTERPHASES, SKINS
from epitropy.cycling.stage import HALF_CHARGED, differential_capacity, live, voltage_curve
from epitropy.errors import NumericsError
from epitropy.records.cell import LossBudget


@pytest.fixture(scope="module")
def told(lives):
    """A coated cell in mid-life detail."""
    return lives["coated", "barrier/series"]


def parts(losses):
    return [getattr(losses, f.name) for f in fields(LossBudget) if f.name != "total"]


def test_losses_at_milestones_sum_to_what_was_lost_by_then(told, schedule):
    m, t, _ = told
    series = live(m, t, *schedule, milestones=4)
    assert list(series.losses_by_cycle) == [51, 101, 150]
    for cycle, losses in series.losses_by_cycle.items():
        lost = series.capacity[0] - series.capacity[cycle - 1]
        assert math.fsum(parts(losses)) == pytest.approx(losses.total, rel=1e-12, abs=1e-9)
        assert losses.total == pytest.approx(lost, rel=1e-12, abs=1e-9)
        assert abs(losses.history) < 360
    dead = [v.dead_mass_cracks for v in (*series.losses_by_cycle.values(), series.losses)]
    assert dead == sorted(dead)


def test_resistance_is_the_small_signal_slope_of_the_terminal_voltage(told):
    """dV/dI at half charge from an even profile: both signs of a small current, whatever they do to salt and skin."""
    m, t, series = told
    mesh = mesh_of(m, kernel.RESOLUTION)
    even = np.full(mesh.width.size, m.salt_concentration)
    for n in (0, 100, 199):
        column = {name: float(getattr(series, name)[n]) for name in COLUMNS}
        skin = np.array([column[k] for k in SKINS])
        interphase = np.array([column[k] for k in INTERPHASES])
        s = ageing.surfaces(m, skin, interphase, column["crack_area"], column["lithium_resistance"])
        small = 1e-3 * m.one_c
        # without the salt that a current moves at the metal: an impedance is read before it does
        still = m._replace(transference=1.0)
        volt = [
            kernel.terminal_voltage(still, t, s, mesh, HALF_CHARGED, even, sign * small, np.full((3, 4), sign * 1e-6))
            for sign in (1.0, -1.0)
        ]
        assert series.resistance[n] == pytest.approx((volt[0] - volt[1]) / (2 * small * m.loading), rel=1e-4, abs=0)


def test_a_voltage_curve_passes_between_the_cut_offs_what_the_cell_holds(told):
    m, t, series = told
    curve = voltage_curve(m, t, series, 1, 0.05)
    assert (curve.cycle, curve.rate) == (1, 0.05)
    for name, first, last in (
        ("charge", m.lower_voltage, m.upper_voltage),
        ("discharge", m.upper_voltage, m.lower_voltage),
    ):
        passed, volt = getattr(curve, f"{name}_capacity"), getattr(curve, f"{name}_voltage")
        assert 0 < passed[0] < 1e-3 * passed[-1] and np.all(np.diff(passed) > 0)  # from the end of the first step on
        assert volt[-1] == pytest.approx(last, abs=1e-6)
        assert np.all(np.diff(volt) * np.sign(last - first) > 0)
    # two slow half cycles in a row pass the same
    assert curve.charge_capacity[-1] == pytest.approx(curve.discharge_capacity[-1], rel=2e-3, abs=0)
    assert 200 * 3600 < curve.discharge_capacity[-1] < 240 * 3600


def test_an_aged_cell_gives_less_at_any_rate(told):
    m, t, series = told
    gives = lambda cycle, rate: voltage_curve(m, t, series, cycle, rate).discharge_capacity[-1]  # noqa: E731
    assert gives(200, 1.0) < gives(100, 1.0) < gives(1, 1.0) < gives(1, 0.05)
    assert gives(1, 1.0) == pytest.approx(series.capacity[0], rel=2e-3, abs=0)  # told as it was cycled
    assert gives(200, 1.0) == pytest.approx(series.capacity[-1], rel=2e-3, abs=0)


@pytest.mark.parametrize("rate", [0.05, 1.0])
def test_the_whole_capacity_lies_under_dq_dv(told, rate):
    m, t, series = told
    curve = voltage_curve(m, t, series, 1, rate)
    for name in ("charge", "discharge"):
        slope, passed = getattr(curve, f"{name}_slope"), getattr(curve, f"{name}_capacity")
        volt = getattr(curve, f"{name}_voltage")
        inside = (curve.voltage >= volt.min()) & (curve.voltage <= volt.max())
        within = np.ptp(
            np.interp(curve.voltage[inside], *((volt, passed) if name == "charge" else (volt[::-1], passed[::-1])))
        )
        area = np.trapezoid(slope[inside], curve.voltage[inside])
        assert area == pytest.approx(within, rel=2e-3, abs=0)
        assert area == pytest.approx(passed[-1], rel=0.03, abs=0)  # but for the jump of the first current
        assert slope.min() >= 0


def test_dq_dv_of_a_known_curve_is_its_derivative():
    volt = np.linspace(3.0, 4.2, 4001)
    q = 1000 * (volt - 3.0) + 50 * np.tanh((volt - 3.7) / 0.02)
    grid = np.arange(3.0, 4.2, 5e-3)
    found = differential_capacity(q, volt, grid)
    exact = 1000 + 50 / 0.02 / np.cosh((grid - 3.7) / 0.02) ** 2
    np.testing.assert_allclose(found[2:-2], exact[2:-2], rtol=0.03)
    np.testing.assert_allclose(differential_capacity(-q[::-1], volt[::-1], grid), found, rtol=1e-9)  # a discharge
    wide = differential_capacity(q, volt, np.arange(2.8, 4.4, 5e-3))
    assert wide[0] == wide[-1] == 0.0


def test_a_slow_dq_dv_peaks_where_the_open_circuit_curve_is_flat(told):
    m, t, series = told
    m = m._replace(coherency=0.0)
    curve = voltage_curve(m, t, series, 1, 0.01)
    x = np.linspace(0, 1, t.voltage.size)
    inside = (curve.voltage > 3.6) & (curve.voltage < 4.28)
    flat = np.interp(curve.voltage, t.voltage[::-1], np.abs(np.gradient(x, t.voltage))[::-1])
    scale = m.capacity_full * (1 - series.dead_share[0]) / m.mass_factor
    middle = (curve.charge_slope + curve.discharge_slope) / 2
    assert np.corrcoef(middle[inside], flat[inside])[0, 1] > 0.95
    assert np.trapezoid(middle[inside], curve.voltage[inside]) == pytest.approx(
        scale * np.trapezoid(flat[inside], curve.voltage[inside]), rel=0.02
    )


def test_a_rate_that_cannot_be_delivered_is_an_error_of_numerics(told):
    m, t, series = told
    with pytest.raises(NumericsError, match="voltage curve"):
        voltage_curve(m._replace(upper_voltage=30.0), t, series, 1, 40.0)


def test_capacity_of_face_and_cell_follow_from_that_of_the_mass(told, schedule):
    m, t, _ = told
    series = live(m, t, *schedule, tolerance=1e-3, area=2.5e-4)
    np.testing.assert_allclose(series.areal_capacity, series.capacity * m.loading * m.mass_factor, rtol=1e-12)
    np.testing.assert_allclose(series.cell_capacity, series.areal_capacity * 2.5e-4, rtol=1e-12)
    assert series.retention == series.capacity[-1] / series.capacity[0]


def test_mean_voltages_charge_and_depth_fit_the_capacity(told):
    """Efficiency below one only in what differs from cycle to cycle; charge above, discharge below the rest curve."""
    m, t, series = told
    per_swing = m.capacity_full * (1 - series.dead_share) / m.mass_factor
    lithium = (series.discharged_lithium - series.charged_lithium) * per_swing
    np.testing.assert_allclose(series.capacity, lithium, rtol=1e-9)
    np.testing.assert_allclose(series.charge_capacity[1:], series.capacity[:-1], rtol=5e-3)
    assert np.all(series.mean_charge_voltage > series.mean_voltage)
    assert np.all((series.mean_voltage > m.lower_voltage) & (series.mean_charge_voltage < m.upper_voltage))
    assert np.all(series.hold_share == 0)


def test_a_cell_without_a_first_cycle_is_told_why(told, schedule):
    m, t, _ = told
    with pytest.raises(NumericsError, match="no first cycle at 1C / 1C: no capacity left"):
        live(m._replace(series_resistance=1.0), t, *schedule)
    with pytest.raises(NumericsError, match="drains the electrolyte"):
        live(m._replace(series_resistance=0.0, upper_voltage=40.0, loading=3.0), t, *schedule)
