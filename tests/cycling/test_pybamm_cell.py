"""The PyBaMM half-cell: conservation, limits with exact solutions, convergence, and no silent failure."""

import ast
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pybamm
import pytest

from epitropy.cycling import pybamm_cell
from epitropy.cycling.pybamm_cell import CoatedHalfCell, CycleFailed, Engine, parameters

FARADAY = 96485.33212


def example():
    """Numbers of a bare NCM90 half-cell at 25 C, plausible and not measured on one cell: (model, tables).

    Voltage: NMC811 curve (Sturm et al., J. Power Sources 412 (2019) 204) moved to NCM90 by estimate; diffusivity and
    exchange current: NMC811 (O'Regan 2022, 10.1016/j.electacta.2022.140700); electrolyte: 1 M LiPF6 in EC:EMC
    (Nyman 2008, 10.1016/j.electacta.2008.04.023); the rest is of the usual size, without a source.
    """
    x = np.linspace(0, 1, 1001)
    known = [0, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65]
    known += [0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.975, 1]
    volt = [4.7, 4.36, 4.3, 4.26, 4.22, 4.19, 4.17, 4.14, 4.09, 4.03, 3.98, 3.93, 3.87, 3.82, 3.78]
    volt += [3.75, 3.72, 3.7, 3.67, 3.63, 3.56, 3.5, 3.4, 3.0, 2.0]
    curve = pybamm.Interpolant(np.array(known), np.array(volt), pybamm.Vector(x), interpolator="pchip")
    inside = np.clip(x, 0.27, 0.92)
    bumps = ((0.9231, 0.3216, 0.002534), (0.4066, 0.4532, 0.003926), (0.993, 0.8098, 0.09924))
    exponent = -13.96 - sum(a * np.exp(-((inside - b) ** 2) / w) for a, b, w in bumps)
    c = np.linspace(0, 4, 401)  # mol/L
    nothing = np.zeros_like(x)
    tables = {
        "voltage": curve.evaluate().ravel(),
        "diffusivity": 2.7 * 10**exponent,
        "exchange": 5.028 * x**0.43 * (1 - x) ** 0.57,
        "stress_skin": nothing,
        "stress_layer": nothing,
        "salt_diffusivity": 8.794e-11 * c**2 - 3.972e-10 * c + 4.862e-10,
        "salt_conductivity": np.maximum(0.1297 * c**3 - 2.51 * c**1.5 + 3.329 * c, 1e-3),
    }
    model = {
        "capacity_full": 9.916e5,
        "density": 4770.0,
        "kinetic_scale": 1.0,
        "reference_area": 1000.0,
        "apparent_radius": 3.8e-6,
        "uncracked_transport": 0.3,
        "outer_area": 400.0,
        "crack_area_start": 600.0,
        "coverage_outer": 0.0,
        "coverage_cracks": 0.0,
        "film_resistance_outer": 0.0,
        "film_resistance_cracks": 0.0,
        "layer_thickness": 0.0,
        "fresh_skin": 1e-9,
        "skin_resistivity": 3e7,
        "dead_volume_ratio": 1.5,
        "inert_share": 0.0,
        "coherency": 0.0,
        "threshold": 0.2,
        "threshold_width": 0.1,
        "mass_factor": 1.0,
        "loading": 0.1,
        "series_resistance": 5e-4,
        "lithium_exchange": 70.6,
        "lithium_salt_exponent": 0.3,
        "salt_concentration": 1000.0,
        "transference": 0.2594,
        "thermodynamic_factor": 1.0,
        "exchange_salt_exponent": 0.5,
        "separator_thickness": 25e-6,
        "separator_porosity": 0.4,
        "separator_transport": 0.4**1.5,
        "electrode_thickness": 45e-6,
        "electrode_porosity": 0.35,
        "electrode_transport": 0.35**1.5,
        "one_c": 200.0,
        "upper_voltage": 4.3,
        "lower_voltage": 2.8,
        "thermal_voltage": 0.025693,
    }
    return model, tables


def fresh_surfaces(model):
    """What a cycle sees of a cell before formation: fresh skin on the outer faces, none in the cracks."""
    m = model
    outer, cracks = m["coverage_outer"], m["coverage_cracks"]
    area = np.array([1 - outer, outer, 0, 0]) * m["outer_area"]
    area += np.array([0, 0, 1 - cracks, cracks]) * m["crack_area_start"]
    skin = np.array([1.0, 1.0, 0.0, 0.0]) * m["fresh_skin"]
    film = np.array([0, m["film_resistance_outer"], 0, m["film_resistance_cracks"]])
    skins = float(area @ skin) * m["density"]
    layer = area[1] * m["layer_thickness"] * m["density"]
    wetted = (m["outer_area"] + m["crack_area_start"]) / m["reference_area"]
    return {
        "area": area,
        "resistance": m["skin_resistivity"] * skin + film,
        "stretch": m["uncracked_transport"] + (1 - m["uncracked_transport"]) * wetted**2,
        "series": m["series_resistance"],
        "active": 1 - m["inert_share"] - m["dead_volume_ratio"] * skins,
        "stress_skin": m["coherency"] * skins / (1 + skins + layer),
        "stress_layer": m["coherency"] * layer / (1 + skins + layer),
    }


def parameter_values(*given, **choices):
    return pybamm.ParameterValues(parameters(*given, **choices))


MODEL, TABLES = example()
COATED = MODEL | {
    "coverage_outer": 0.8,
    "coverage_cracks": 0.1,
    "film_resistance_outer": 5e-3,
    "film_resistance_cracks": 1e-3,
    "layer_thickness": 5e-9,
    "fresh_skin": 3e-9,
    "coherency": 0.5,
    "kinetic_scale": 0.8,
    "mass_factor": 1.02,
    "thermodynamic_factor": 1.7,
}
SLOPED = TABLES | {"stress_skin": np.linspace(-0.2, 0.2, 1001), "stress_layer": np.linspace(0.1, -0.1, 1001)}
ROW = (0.5, 0.5, 0.05, 0.0)


@pytest.fixture(scope="module")
def engine():
    return Engine(MODEL, TABLES)


def uniform(model, tables):
    """A cell whose electrolyte has constant transport."""
    constant = {"salt_diffusivity": np.full(401, 3e-10), "salt_conductivity": np.full(401, 0.9)}
    return model, tables | constant


def test_file_needs_pybamm_and_numpy_only():
    tree = ast.parse(Path(pybamm_cell.__file__).read_text())
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    others = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert others == {"numpy", "pybamm"}


def test_lithium_and_salt_are_conserved():
    engine = Engine(COATED, SLOPED)
    surfaces, state = fresh_surfaces(COATED), engine.fresh()
    salt, passed = engine.content(state)[1], 0.0
    lithium = engine.content(state)[0]
    for k in range(20):
        rest = 300.0 if k % 3 == 0 else 0.0
        cycle = engine.simulate_cycle((0.5 + 0.1 * k, 1.0, 0.1 * (k % 2), rest), surfaces, state)
        assert max(cycle.lithium_imbalance, cycle.salt_imbalance) < 1e-12
        swing = COATED["capacity_full"] * surfaces["active"] / COATED["mass_factor"]
        passed += (cycle.capacity - cycle.charge_capacity) / swing
        surfaces = surfaces | {"resistance": surfaces["resistance"] * 1.05, "active": surfaces["active"] * 0.998}
        state = cycle.state
    end = engine.content(state)
    assert end[1] == pytest.approx(salt, rel=1e-12)
    assert end[0] - lithium == pytest.approx(passed, rel=0, abs=1e-12)


def test_salt_inventory_counts_every_mole(engine):
    """The weights of the balance are the cell's own volumes."""
    model = MODEL["separator_thickness"] * MODEL["separator_porosity"]
    model += MODEL["electrode_thickness"] * MODEL["electrode_porosity"]
    lithium, salt = engine.content(engine.fresh())
    assert lithium == pytest.approx(0.95, rel=1e-14)
    assert salt == pytest.approx(1000 * model, rel=1e-14)


def test_slow_cycle_gives_the_open_circuit_curve():
    engine = Engine(MODEL, TABLES, radial=40)
    cycle = engine.simulate_cycle((0.01, 0.01, 0.0, 0.0), fresh_surfaces(MODEL), engine.fresh(), trace=True)
    _, current, voltage, lithium, _ = cycle.trace.T
    at = np.linspace(0.12, 0.9, 79)
    up, down = current > 0, current < 0
    charge = np.interp(at, lithium[up][::-1], voltage[up][::-1])
    discharge = np.interp(at, lithium[down], voltage[down])
    rest = np.interp(at, np.linspace(0, 1, 1001), TABLES["voltage"])
    assert np.all(charge > rest) and np.all(discharge < rest)
    assert np.max(charge - discharge) < 4e-3
    np.testing.assert_allclose((charge + discharge) / 2, rest, rtol=0, atol=5e-4)


def test_steady_salt_profile_is_the_exact_one():
    """Constant diffusivity: straight in the separator, a parabola in the cathode, salt as much as before."""
    model, tables = uniform(MODEL, TABLES)
    engine = Engine(model, tables, separator=20, electrode=20)
    state = engine._constant_current(
        "charge", 1.0, pybamm_cell.slow_values(fresh_surfaces(model)), engine.fresh(), False
    ).state
    current = model["one_c"] * model["loading"]
    slope = (1 - model["transference"]) * current / (FARADAY * 3e-10)
    length_s, length_p = model["separator_thickness"], model["electrode_thickness"]
    z = (np.arange(20) + 0.5) / 20
    separator = slope * length_s * z / model["separator_transport"]
    cathode = slope * (
        length_s / model["separator_transport"] + length_p * (z - z**2 / 2) / model["electrode_transport"]
    )
    exact = np.concatenate([separator, cathode])
    exact += (1000 * engine._cells.sum() - engine._cells @ exact) / engine._cells.sum()
    np.testing.assert_allclose(state.salt - 1000, exact - 1000, rtol=0, atol=2e-3 * np.ptp(exact))


def test_surface_runs_ahead_of_the_mean_as_in_a_sphere_of_constant_diffusivity():
    """x_s - <x> = R^2 v/(15 D k_s g) once the profile is a parabola, v = -j/(a Q)."""
    tables = TABLES | {"diffusivity": np.full(1001, 1e-15)}
    surfaces = fresh_surfaces(COATED) | {"stretch": 1.3, "active": 0.9}
    engine = Engine(COATED, tables)
    cycle = engine.simulate_cycle((0.5, 0.5, 0.0, 0.0), surfaces, engine.fresh(), trace=True)
    charge = cycle.trace[:, 1] > 0
    lithium, surface = cycle.trace[charge][-1, 3:]
    speed = -0.5 * COATED["one_c"] * COATED["mass_factor"] / (0.9 * COATED["capacity_full"])
    exact = COATED["apparent_radius"] ** 2 * speed / (15 * 1e-15 * 0.8 * 1.3)
    assert surface - lithium == pytest.approx(exact, rel=2e-3)
    passed = (lithium - engine.content(engine.fresh())[0]) / speed
    assert passed == pytest.approx(cycle.trace[charge][-1, 0], rel=1e-6)
    assert cycle.charge_capacity == pytest.approx(0.5 * COATED["one_c"] * passed, rel=1e-6)


def test_electrolyte_drop_and_currents_in_a_plain_simulation():
    """Ohm's law of separator and cathode plus the concentration term; surfaces share current and overpotential."""
    model, tables = uniform(COATED, SLOPED)
    values = parameter_values(model, tables, fresh_surfaces(model), area=2e-4)
    simulation = pybamm.Simulation(CoatedHalfCell(), parameter_values=values, C_rate=-0.5)
    solution = simulation.solve([0, 1800])
    current = 0.5 * model["one_c"] * model["mass_factor"] * model["loading"]
    assert solution["Current [A]"].entries[-1] == pytest.approx(-2e-4 * current, rel=1e-12)
    path = model["separator_thickness"] / model["separator_transport"]
    path += model["electrode_thickness"] / 3 / model["electrode_transport"]
    cathode = solution["Cathode salt concentration [mol.m-3]"].entries[:, -1]
    metal = solution["Salt concentration at the metal [mol.m-3]"].entries[-1]
    drop = current * path / 0.9
    factor = 2 * model["thermal_voltage"] * model["thermodynamic_factor"] * (1 - model["transference"])
    drop += factor * (np.log(cathode).mean() - math.log(metal))
    assert solution["Electrolyte voltage drop [V]"].entries[-1] == pytest.approx(drop, rel=1e-3)
    surfaces = fresh_surfaces(model)
    own = [solution[f"Current density of {face} faces [A.m-2]"].entries[-1] for face in pybamm_cell.FACES]
    assert surfaces["area"] @ own == pytest.approx(current / model["loading"], rel=1e-6)
    surface = solution["Surface lithium content"].entries[-1]
    scale = 3 / (model["density"] * model["apparent_radius"] * model["reference_area"])
    exchange = np.interp(surface, np.linspace(0, 1, 1001), tables["exchange"]) * scale * model["kinetic_scale"]
    exchange *= (cathode.mean() / 1000) ** model["exchange_salt_exponent"]
    eta = surfaces["resistance"] * own + 2 * model["thermal_voltage"] * np.arcsinh(np.array(own) / (2 * exchange))
    np.testing.assert_allclose(eta, solution["Cathode overpotential [V]"].entries[-1], rtol=1e-4, atol=0)


def test_terminal_voltage_is_the_sum_of_its_parts():
    values = parameter_values(COATED, SLOPED, fresh_surfaces(COATED))
    solution = pybamm.Simulation(CoatedHalfCell(), parameter_values=values, C_rate=-1).solve([0, 600])
    read = {name: solution[name].entries[-1] for name in solution.all_models[0].variables if name.endswith("[V]")}
    current = COATED["one_c"] * COATED["mass_factor"] * COATED["loading"]
    lithium = solution["Salt concentration at the metal [mol.m-3]"].entries[-1] / 1000
    exchange = COATED["lithium_exchange"] * lithium ** COATED["lithium_salt_exponent"]
    metal = 2 * COATED["thermal_voltage"] * math.asinh(current / (2 * exchange))
    assert read["Lithium metal overpotential [V]"] == pytest.approx(metal, rel=1e-6)
    surfaces = fresh_surfaces(COATED)
    at = solution["Surface lithium content"].entries[-1]
    stress = surfaces["stress_skin"] * (0.4 * at - 0.2) + surfaces["stress_layer"] * (0.1 - 0.2 * at)
    assert read["Stress voltage [V]"] == pytest.approx(stress, rel=1e-6)
    whole = sum(
        read[name]
        for name in (
            "Cathode open-circuit voltage [V]",
            "Stress voltage [V]",
            "Cathode overpotential [V]",
            "Lithium metal overpotential [V]",
            "Electrolyte voltage drop [V]",
        )
    )
    assert read["Voltage [V]"] == pytest.approx(whole + current * COATED["series_resistance"], rel=0, abs=1e-5)


def test_hold_keeps_the_voltage_and_ends_at_its_current(engine):
    cycle = engine.simulate_cycle((0.5, 0.5, 0.05, 600.0), fresh_surfaces(MODEL), engine.fresh(), trace=True)
    time, current, voltage, _, _ = cycle.trace.T
    one_c = MODEL["one_c"]
    hold = (current > 0) & (current < 0.499 * one_c)
    np.testing.assert_allclose(voltage[hold], 4.3, rtol=0, atol=1e-4)
    assert current[hold][-1] == pytest.approx(0.05 * one_c, rel=1e-3)
    assert cycle.charge_ended_by == "current" and cycle.discharge_ended_by == "voltage"
    rests = np.isclose(current, 0.0, rtol=0, atol=1e-9 * one_c)
    assert time[rests][-1] == time[-1] and np.all(np.diff(time) >= 0)
    shorter = engine.simulate_cycle((0.5, 0.5, 0.0, 0.0), fresh_surfaces(MODEL), engine.fresh())
    assert shorter.hold_share == 0 < cycle.hold_share
    assert shorter.charged_lithium > cycle.charged_lithium
    assert shorter.exposure < cycle.exposure


def test_exposure_is_the_integral_over_the_whole_cycle(engine):
    cycle = engine.simulate_cycle((0.5, 0.5, 0.05, 1800.0), fresh_surfaces(MODEL), engine.fresh(), trace=True)
    time, surface = cycle.trace[:, 0], cycle.trace[:, 4]
    drive = 1 / (1 + np.exp((surface - MODEL["threshold"]) / MODEL["threshold_width"]))
    assert cycle.exposure == pytest.approx(np.trapezoid(drive, time), rel=1e-3)


def test_converges_with_radial_cells():
    found = []
    for radial in (20, 40, 80):
        engine = Engine(MODEL, TABLES, radial=radial, rtol=3e-6, atol=3e-8)
        found.append(engine.simulate_cycle((2.0, 2.0, 0.0, 0.0), fresh_surfaces(MODEL), engine.fresh()).capacity)
    coarse, fine = np.abs(np.diff(found)) / found[-1]
    assert fine < 2e-4
    assert math.log2(coarse / fine) > 1.5  # second order


def test_converges_with_the_solver_tolerance():
    found = []
    for rtol in (1e-3, pybamm_cell.RTOL, 1e-6):
        engine = Engine(MODEL, TABLES, radial=40, rtol=rtol, atol=rtol / 100)
        cycle = engine.simulate_cycle(ROW, fresh_surfaces(MODEL), engine.fresh())
        found.append((cycle.capacity, cycle.mean_voltage, cycle.exposure))
    error = np.abs(np.array(found[:2]) / np.array(found[2]) - 1)
    assert np.all(error[1] < 5e-5)
    assert np.all(error[1] < error[0])


def test_agrees_with_a_plain_experiment(engine):
    steps = (
        "Charge at C/2 until 4.3 V",
        "Hold at 4.3 V until C/20",
        "Rest for 10 minutes",
        "Discharge at C/2 until 2.8 V",
    )
    simulation = pybamm.Simulation(
        CoatedHalfCell(),
        parameter_values=parameter_values(MODEL, TABLES, fresh_surfaces(MODEL)),
        experiment=pybamm.Experiment([(*steps, "Rest for 10 minutes")] * 2),
    )
    solution = simulation.solve()
    assert len(solution.cycles) == 2
    surfaces = fresh_surfaces(MODEL)
    cycle = engine.simulate_cycle((0.5, 0.5, 0.05, 600.0), surfaces, engine.fresh(), trace=True)
    cycle = engine.simulate_cycle((0.5, 0.5, 0.05, 600.0), surfaces, cycle.state, trace=True)
    second = solution.cycles[1]
    times = second["Time [s]"].entries
    charge = second["Discharge capacity [A.h]"].entries
    host = MODEL["loading"] * 1e-4
    assert np.ptp(charge) * 3600 / host == pytest.approx(cycle.capacity, rel=1e-5)
    exposure = second["Exposure [s]"].entries
    assert exposure[-1] - exposure[0] == pytest.approx(cycle.exposure, rel=5e-4)
    last = times[-1] - times[0]
    assert last == pytest.approx(cycle.trace[-1, 0], rel=1e-4)
    at = np.linspace(0.01, 0.42, 200) * last  # charge only: smooth, so that straight lines between steps will do
    plain = np.interp(at, times - times[0], second["Voltage [V]"].entries)
    own = np.interp(at, cycle.trace[:, 0], cycle.trace[:, 2])
    assert np.sqrt(np.mean((plain - own) ** 2)) < 1e-4


def test_slow_state_may_stay_an_input():
    values = parameter_values(MODEL, TABLES, fresh_surfaces(MODEL))
    values.update({pybamm_cell.SERIES: "[input]"})
    simulation = pybamm.Simulation(CoatedHalfCell(), parameter_values=values)
    low, high = (
        simulation.solve([0, 60], inputs={pybamm_cell.SERIES: r})["Voltage [V]"].entries[-1] for r in (0.0, 1e-3)
    )
    assert high - low == pytest.approx(1e-3 * MODEL["one_c"] * MODEL["loading"], rel=1e-3)


def test_truncated_step_is_caught():
    """A voltage that is missing half-way: IDA gives up there and PyBaMM returns what it has, without a word."""
    holed = np.where(np.linspace(0, 1, 1001) < 0.5, np.nan, TABLES["voltage"])
    engine = Engine(MODEL, TABLES | {"voltage": holed}, radial=20)
    with pytest.raises(CycleFailed, match="charge: the solver gave up") as caught:
        engine.simulate_cycle(ROW, fresh_surfaces(MODEL), engine.fresh())
    failed = pickle.loads(pickle.dumps(caught.value))
    assert failed.phase == "charge" and 1000 < failed.time < 8000 and 3.8 < failed.voltage < 4.1


def test_step_that_cannot_begin_is_caught():
    engine = Engine(MODEL, TABLES, radial=20, options={"dt_min": 1800.0})
    with pytest.raises(CycleFailed, match="^charge: "):
        engine.simulate_cycle(ROW, fresh_surfaces(MODEL), engine.fresh())


def test_phase_without_a_cut_off_is_caught(engine, monkeypatch):
    monkeypatch.setattr(Engine, "_full_swing", lambda self, rate, active: 100.0)
    with pytest.raises(CycleFailed, match="charge: no cut-off was reached after 200 s"):
        engine.simulate_cycle(ROW, fresh_surfaces(MODEL), engine.fresh())


@pytest.mark.parametrize(
    ("row", "ended"),
    [
        ((100.0, 100.0, 0.0, 0.0), ("voltage", "voltage")),  # met before it begins
        ((100.0, 100.0, 0.5, 60.0), ("current", "voltage")),
        ((0.5, 0.5, 0.6, 0.0), ("current", "voltage")),  # a hold that is over at once
        ((1.0, 30.0, 0.05, 60.0), ("current", "Salt used up in the cathode")),
    ],
)
def test_extreme_rates_end_properly(engine, row, ended):
    cycle = engine.simulate_cycle(row, fresh_surfaces(MODEL), engine.fresh(), trace=True)
    cycle = engine.simulate_cycle(row, fresh_surfaces(MODEL), cycle.state, trace=True)
    assert (cycle.charge_ended_by, cycle.discharge_ended_by) == ended
    assert np.isfinite([value for value in cycle if isinstance(value, float)]).all()
    assert np.isfinite(cycle.trace).all() and np.isfinite(cycle.state.lithium).all()
    assert cycle.capacity >= 0 and cycle.salt_imbalance < 1e-12


def test_surface_may_run_empty():
    engine = Engine(MODEL | {"upper_voltage": 6.0}, TABLES, radial=40)
    cycle = engine.simulate_cycle((1.0, 1.0, 0.0, 0.0), fresh_surfaces(MODEL), engine.fresh())
    assert cycle.charge_ended_by == "Surface empty of lithium"
