"""Salt and potential in the electrolyte against steady and transient solutions, conservation, order, depletion."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from epitropy.constants import FARADAY
from epitropy.cycling import bdf, kernel
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import SALT_LIMIT, Row

DIFFUSIVITY, CONDUCTIVITY = 3e-10, 0.9
TIME, CURRENT, VOLTAGE = 0, 1, 2  # columns of a trace


@pytest.fixture
def even(bare, still):
    """A cell whose salt diffusivity and conductivity do not depend on the salt, and whose particle never ends."""
    m, t = bare
    grid = np.linspace(0, SALT_LIMIT, t.salt_diffusivity.size)
    steady = t._replace(
        salt_diffusivity=np.full(grid.size, DIFFUSIVITY), salt_conductivity=np.full(grid.size, CONDUCTIVITY)
    )
    return m._replace(capacity_full=1e9, kinetic_scale=1e4, exchange_salt_exponent=0.0), steady, still


def steady_profile(m, current, z):
    """Salt over depth once nothing changes: a line in the separator, a parabola in the cathode, salt conserved.

    The flux (1 - t+) I/F that leaves at the metal and enters evenly in the cathode gives dc/dz = (1 - t+) I/(F T D),
    times the share of the current that is still in the electrolyte.
    """
    flux = (1 - m.transference) * current / FARADAY
    a, b = flux / (m.separator_transport * DIFFUSIVITY), flux / (m.electrode_transport * DIFFUSIVITY)
    long, thick = m.separator_thickness, m.electrode_thickness
    within = np.clip((z - long) / thick, 0, 1)
    shape = a * np.minimum(z, long) + b * thick * (within - within**2 / 2)
    held = m.separator_porosity * a * long**2 / 2
    held += m.electrode_porosity * thick * (a * long + b * thick / 3)
    room = m.separator_porosity * long + m.electrode_porosity * thick
    return m.salt_concentration + shape - held / room


def marched(m, t, mesh, current, times, steps):
    """Salt at given times by the kernel's own step, `solve_salt`, in equal steps of BDF3 from an even profile."""
    n = mesh.width.size
    c = np.full((3, n), m.salt_concentration)
    new, work = np.empty(n), np.empty((4, n))
    source = (1 - m.transference) * current / FARADAY
    diffusion = mesh.transport * DIFFUSIVITY
    found = []
    h = times[-1] / steps
    for step in range(1, steps + 1):
        weights = bdf.past(h, h if step > 1 else 0.0, h if step > 2 else 0.0)
        bdf.solve_salt(c, new, work, mesh, diffusion, weights, h, source, 1.0)
        c[2], c[1], c[0] = c[1], c[0], new
        if any(abs(step * h - at) < 1e-9 * h + 1e-12 for at in times):
            found.append(new.copy())
    return np.array(found)


def centres(mesh):
    return np.cumsum(mesh.width) - mesh.width / 2


@pytest.mark.parametrize("current", [20.0, -35.0])
def test_steady_salt_is_a_line_and_a_parabola(even, current):
    m, t, _ = even
    errors = []
    for cells in ((5, 8), (10, 16), (20, 32)):
        mesh = mesh_of(m, kernel.RESOLUTION._replace(separator=cells[0], cathode=cells[1]))
        found = marched(m, t, mesh, current, [1e5], 400)[-1]
        errors.append(np.abs(found - steady_profile(m, current, centres(mesh))).max())
        assert np.ptp(found) > 50
    assert errors[0] < 0.01 * np.ptp(found)
    assert np.polyfit([0, 1, 2], np.log2(errors), 1)[0] == pytest.approx(-2, abs=0.1)  # second order in the cells


def test_the_salt_moves_as_scipy_finds_it(even):
    """Transient from an even profile: a finer mesh, written apart, by scipy's Radau."""
    m, t, _ = even
    current, times = 20.0, np.array([10.0, 40.0, 160.0])
    n, k = 60, 90
    width = np.concatenate([np.full(n, m.separator_thickness / n), np.full(k, m.electrode_thickness / k)])
    room = width * np.concatenate([np.full(n, m.separator_porosity), np.full(k, m.electrode_porosity)])
    half = width / 2 / DIFFUSIVITY
    half /= np.concatenate([np.full(n, m.separator_transport), np.full(k, m.electrode_transport)])
    flux = (1 - m.transference) * current / FARADAY
    source = np.concatenate([[-flux], np.zeros(n - 1), np.full(k, flux / k)])

    def slope(_, c):
        entering = np.diff(c) / (half[1:] + half[:-1])
        return (np.append(entering, 0) - np.append(0, entering) + source) / room

    start = np.full(n + k, m.salt_concentration)
    direct = solve_ivp(slope, (0, 160), start, t_eval=times, method="Radau", rtol=1e-9, atol=1e-7).y.T
    mesh = mesh_of(m, kernel.RESOLUTION)
    found = marched(m, t, mesh, current, times, 1600)
    where = np.cumsum(width) - width / 2
    for ours, theirs in zip(found, direct):
        np.testing.assert_allclose(ours, np.interp(centres(mesh), where, theirs), rtol=0, atol=0.012 * np.ptp(theirs))
    # finer, it comes four times as near
    finer = mesh_of(m, kernel.RESOLUTION._replace(separator=10, cathode=16))
    at = centres(mesh)
    miss = np.abs(found[-1] - np.interp(at, where, direct[-1])).max()
    fine = marched(m, t, finer, current, times, 1600)[-1]
    assert np.abs(fine - np.interp(centres(finer), where, direct[-1])).max() < 0.35 * miss


def test_a_decaying_mode_decays_at_its_rate(even):
    """One medium throughout: c = c0 + a cos(pi z/L) exp(-D pi^2 t/L^2) without current, and third order in time."""
    m, t, _ = even
    m = m._replace(electrode_porosity=0.4, separator_porosity=0.4, electrode_transport=0.2, separator_transport=0.2)
    m = m._replace(separator_thickness=25e-6, electrode_thickness=40e-6)
    mesh = mesh_of(m, kernel.RESOLUTION._replace(separator=50, cathode=80))
    long, z = 65e-6, centres(mesh)
    rate = 0.5 * DIFFUSIVITY * (math.pi / long) ** 2
    span = 2 / rate
    mode = lambda time: np.cos(math.pi * z / long) * math.exp(-rate * time)  # noqa: E731

    def error(steps):
        h = span / steps
        c = np.array([1000 + 300 * mode(-k * h) for k in range(3)])
        new, work = np.empty(z.size), np.empty((4, z.size))
        weights = bdf.past(h, h, h)
        for _ in range(steps):
            bdf.solve_salt(c, new, work, mesh, mesh.transport * DIFFUSIVITY, weights, h, 0.0, 1.0)
            c = np.array([new, c[0], c[1]])
        return abs(np.dot(new - 1000, mode(0.0)) / np.dot(mode(0.0), mode(0.0)) / math.exp(-2) / 300 - 1)

    assert error(1000) < 5e-4  # of the cells
    space = error(4000)
    steps = np.array([10, 20, 40])
    assert np.polyfit(np.log(steps), np.log([abs(error(int(n)) - space) for n in steps]), 1)[0] < -2.7


@pytest.mark.parametrize("ratio", [(1.0, 1.0), (1.3, 0.7), (0.5, 1.5)])
def test_the_weights_of_a_step_are_exact_for_cubics(ratio):
    """Variable-step BDF of three old states: derivative and extrapolation of any polynomial they can carry."""
    h, one, two = 0.2, 0.2 * ratio[0], 0.2 * ratio[1]
    at = [0.0, -one, -one - two]
    for power in range(4):
        f, slope = (lambda x, n=power: (x + 2) ** n), (lambda x, n=power: n * (x + 2) ** (n - 1) if n else 0.0)
        p = bdf.past(h, one, two)
        assert p.lead * f(h) == pytest.approx(sum(w * f(x) for w, x in zip(p.weight, at)) + h * slope(h), rel=1e-12)
        if power < 3:
            assert sum(e * f(x) for e, x in zip(p.ahead, at)) == pytest.approx(f(h), rel=1e-12)
            p = bdf.past(h, one, 0.0)
            if power < 2:
                assert sum(e * f(x) for e, x in zip(p.ahead, at)) == pytest.approx(f(h), rel=1e-12)
            old = sum(w * f(x) for w, x in zip(p.weight, at))
            assert p.lead * f(h) == pytest.approx(old + h * slope(h), rel=1e-12)


def test_a_cycle_moves_the_salt_as_the_steady_solution_says(even, run_phase):
    """A long slow charge ends with the steady profile, and its voltage holds the ohmic and the concentration terms."""
    m, t, s = even
    j = m.one_c * m.mass_factor
    t = t._replace(voltage=5 - np.linspace(0, 1, 1001), exchange=np.full(1001, 1e9))
    m = m._replace(lithium_exchange=1e9, capacity_full=1e6, exchange_salt_exponent=0.0, lithium_salt_exponent=0.0)
    done, trace, (x, c) = run_phase(m, t, s, kernel.CHARGE, j, 4.9)
    mesh = mesh_of(m, kernel.RESOLUTION)
    current = j * m.loading
    np.testing.assert_allclose(c, steady_profile(m, current, centres(mesh)), rtol=0, atol=0.01 * np.ptp(c))
    ohmic = m.separator_thickness / m.separator_transport + m.electrode_thickness / m.electrode_transport / 3
    place = np.linspace(0, 1, 2001) * m.electrode_thickness + m.separator_thickness
    mean = np.log(steady_profile(m, current, place)).mean() - math.log(steady_profile(m, current, 0.0))
    added = 2 * m.thermal_voltage * (1 - m.transference) * m.thermodynamic_factor * mean
    added += current * ohmic / CONDUCTIVITY
    assert trace[-1, VOLTAGE] - (5 - trace[-1, 4]) == pytest.approx(added, abs=2e-5)


def test_salt_is_conserved_in_every_phase_of_a_cycle(aged, run_cycle):
    m, t, s = aged
    for row in (Row(1.0, 1.0, 0.05, 1800.0, 1.0), Row(3.0, 2.0, 0.0, 0.0, 1.0), Row(0.05, 0.05, 0.0, 60.0, 0.0)):
        found, state, _, (_, c) = run_cycle(m, t, s, row)
        mesh = mesh_of(m, kernel.RESOLUTION)
        room = mesh.width * mesh.porosity
        assert state == kernel.ENDED
        assert found["salt_imbalance"] < 1e-12
        assert room @ c == pytest.approx(room.sum() * m.salt_concentration, rel=1e-12, abs=0)
        assert row.rest or np.ptp(c) > 1.0


def test_one_lithium_transference_number_leaves_the_salt_alone(aged, run_cycle):
    m, t, s = aged
    _, _, _, (_, c) = run_cycle(m._replace(transference=1.0), t, s, Row(2.0, 2.0, 0.0, 0.0, 1.0))
    np.testing.assert_allclose(c, m.salt_concentration, rtol=1e-13)


# depletion ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sign", "where"), [(1.0, 0), (-1.0, -1)])
def test_an_absurd_current_drains_the_salt_and_says_so(bare, still, run_phase, sign, where):
    """On charge at the metal, on discharge at the collector; the particle and the voltage would let it go on."""
    m, t = bare
    end = 100.0 * sign
    done, trace, (x, c) = run_phase(m, t, still, kernel.CHARGE, sign * 20 * m.one_c, end, lithium=0.6)
    assert done.state == kernel.DEPLETED_SALT
    assert np.all(np.isfinite(trace)) and np.all(np.isfinite(x)) and np.all(np.isfinite(c))
    assert c.min() > -1e-3 * m.salt_concentration
    assert c[where] == c.min() and c.min() < 0.2 * m.salt_concentration


def test_a_cell_that_drains_its_salt_delivers_nothing(bare, still, run_cycle):
    m, t = bare
    m = m._replace(upper_voltage=20.0)
    found, state, _, (_, c) = run_cycle(m, t, still, Row(20.0, 1.0, 0.0, 0.0, 1.0))
    assert state == kernel.DEPLETED_SALT
    assert found["capacity"] == 0.0 and all(np.isfinite(v) for v in found.values())


def test_less_salt_is_a_smaller_limiting_current(even, run_phase):
    """Sand-like: the steady profile reaches zero at the metal at I = F c / (...); below it, the phase runs on."""
    m, t, s = even
    unit = m.salt_concentration - steady_profile(m, 1.0, 0.0)
    limit = m.salt_concentration / unit / m.loading  # A/kg
    t = t._replace(voltage=5 - np.linspace(0, 1, 1001), exchange=np.full(1001, 1e9), stress_skin=0 * t.stress_skin)
    m = m._replace(capacity_full=1e8, lithium_exchange=1e9, lithium_salt_exponent=0.0)
    below = run_phase(m, t, s, kernel.CHARGE, 0.97 * limit, 50.0)[0]
    above = run_phase(m, t, s, kernel.CHARGE, 1.03 * limit, 50.0)[0]
    assert above.state == kernel.DEPLETED_SALT
    assert below.state != kernel.DEPLETED_SALT
