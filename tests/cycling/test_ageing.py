"""A cell's life: the slow states by their laws, each mechanism alone and what it costs, the bare limit to the bit."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import PchipInterpolator

from epitropy.calibrate.ensemble import prepare
from epitropy.calibrate.scales import build
from epitropy.constants import AVOGADRO, FARADAY
from epitropy.cycling import ageing, kernel
from epitropy.cycling.laws import crack_drive, interphase_resistance, skin_thickness
from epitropy.cycling.life import age
from epitropy.cycling.mesh import mesh_of
from epitropy.cycling.parameters import COLUMNS, SKINS, Row
from epitropy.cycling.spec import MECHANISMS
from epitropy.cycling.stage import live, simulate
from epitropy.records.cell import LossBudget
from epitropy.records.scenario import Scenario

GRID = np.linspace(0, 1, 1001)
COLUMN = {name: k for k, name in enumerate(COLUMNS)}


def settled(m, t, s, rate=1.0):
    return kernel.settled_cycle(m, t, s, mesh_of(m, kernel.RESOLUTION), Row(rate, rate, 0.0, 0.0, 1.0), 140)[0]


@pytest.fixture(scope="session")
def life(schedule):
    """Every ageing cycle of a model's life."""
    return lambda m, t, **more: live(m, t, *schedule, **more)


@pytest.fixture(scope="session")
def rows(schedule):
    """Every cycle of a model's life, formation first, as the kernel gives them."""
    return lambda m, t: simulate(m, t, schedule[0]).rows


@pytest.fixture
def coated(zhao, ready, scenarios, scales):
    """Builds the coated cell in a scenario, with changes to its layer or its dials."""

    def made(scenario="barrier/series", *, degradation=None, cell=None, scales_of=None, **changes):
        study = cell or zhao.cells["coated"]
        if degradation:
            study = replace(study, degradation=replace(study.degradation, **degradation))
        formed, tables = ready["coated"]
        formed = replace(formed, electrode=replace(formed.electrode, **changes))
        scenario = scenarios[scenario] if isinstance(scenario, str) else scenario
        return build(study, formed, scenario, scales[scales_of or "outer/series"]), tables

    return made


# what every life obeys ---------------------------------------------------------------------------------------------


def test_no_life_loses_lithium_or_salt(lives):
    for key, (_, _, series) in lives.items():
        assert series.capacity.size == 200, key
        assert series.lithium_imbalance < 1e-10 and series.salt_imbalance < 1e-10, key


def test_losses_sum_to_what_the_cell_lost(lives):
    for _, _, series in lives.values():
        losses = [getattr(series.losses, f.name) for f in fields(LossBudget) if f.name != "total"]
        assert math.fsum(losses) == pytest.approx(series.losses.total, rel=1e-12, abs=1e-9)
        assert series.losses.total == pytest.approx(series.capacity[0] - series.capacity[-1], rel=1e-12, abs=1e-9)


def test_the_mechanisms_explain_the_loss_without_a_remainder(lives):
    """Frozen states cycled on their own deliver what the life delivers; cycle 1 alone starts where formation ended."""
    for _, _, series in lives.values():
        assert abs(series.losses.history) < 0.1 * 3600


def test_skins_cracks_and_resistances_only_grow(lives):
    growing = ("skin_outer_bare", "skin_outer_coated", "interphase_outer_bare", "interphase_outer_coated")
    for m, _, series in lives.values():
        for name in (*growing, "crack_area", "lithium_resistance", "pinned_share"):
            column = getattr(series, name)
            assert np.diff(column).min() >= -1e-12 * abs(column).max()
        assert series.crack_area.max() <= m.crack_area_max
        for kind in ("outer", "cracks"):
            bare, coated = (getattr(series, f"skin_{kind}_{c}") for c in ("bare", "coated"))
            assert np.all(coated <= bare * (1 + 1e-9))
        assert np.all(series.skin_cracks_bare <= series.skin_outer_bare * (1 + 1e-9))  # no face is older
        assert np.all(series.interphase_cracks_bare <= series.interphase_outer_bare * (1 + 1e-9))


# slow states by their laws -----------------------------------------------------------------------------------------


def clock_of(m, found):
    """Exposure before each cycle, formation included, times the fade-rate scale."""
    return m.fade_scale * np.concatenate([[0.0], np.cumsum(found[:-1, COLUMN["exposure"]])])


def test_outer_skin_and_interphase_are_the_laws_at_the_exposure_of_their_cycles(coated, rows):
    m, t = coated()
    found = rows(m, t)
    clock = clock_of(m, found)
    for name, path in (("skin_outer_bare", 0.0), ("skin_outer_coated", m.film_path_outer)):
        expected = [skin_thickness(c, m.skin_rate, m.skin_diffusivity, m.fresh_skin, path) for c in clock]
        np.testing.assert_allclose(found[:, COLUMN[name]], expected, rtol=1e-12)
    expected = [interphase_resistance(c, m.interphase_growth) for c in clock]
    np.testing.assert_allclose(found[:, COLUMN["interphase_outer_bare"]], expected, rtol=1e-12)
    np.testing.assert_allclose(
        found[:, COLUMN["interphase_outer_coated"]], m.interphase_coated * np.array(expected), rtol=1e-12
    )


def test_crack_faces_carry_the_mean_of_their_cohorts(coated, rows):
    """Every cycle's new faces start without skin or interphase; one age for all of them would be too much."""
    m, t = coated()
    found = rows(m, t)
    clock, area = clock_of(m, found), found[:, COLUMN["crack_area"]]
    assert area[0] == area[1] == area[2] == m.crack_area_start  # formation opens its cracks at its start
    added = np.diff(np.concatenate([[0.0], area]))
    for last in (3, 80, len(found) - 1):
        born = np.concatenate([[0.0], clock[1 : last + 1]])
        ages, weights = clock[last] - born, added[: last + 1] / area[last]

        def mean(law, ages=ages, weights=weights):
            return weights @ np.array([law(a) for a in ages])

        paths = {"bare": 0.0, "coated": m.film_path_cracks}
        for face, path in paths.items():
            skin = mean(lambda a, path=path: skin_thickness(a, m.skin_rate, m.skin_diffusivity, 0.0, path))
            assert found[last, COLUMN[f"skin_cracks_{face}"]] == pytest.approx(skin, rel=1e-9, abs=0)
        grown = mean(lambda a: interphase_resistance(a, m.interphase_growth))
        assert found[last, COLUMN["interphase_cracks_bare"]] == pytest.approx(grown, rel=1e-9, abs=0)
        assert found[last, COLUMN["interphase_cracks_coated"]] == pytest.approx(
            m.interphase_coated * grown, rel=1e-9, abs=0
        )
        alone = skin_thickness(clock[last], m.skin_rate, m.skin_diffusivity, 0.0, 0.0)
        assert last == 3 or found[last, COLUMN["skin_cracks_bare"]] < 0.99 * alone


def test_cracks_open_by_their_law_cycle_by_cycle(bare, life):
    m, t = bare
    series = life(m, t)
    area, charged = series.crack_area, series.charged_lithium
    drive = [crack_drive(x, np.interp(x, GRID, t.crack_ratio), m.deep_charge_share) for x in charged]
    np.testing.assert_allclose(np.diff(area), (m.crack_rate * (m.crack_area_max - area) * drive)[:-1], rtol=1e-9)


def test_cracks_never_open_beyond_what_the_grains_have(bare, life):
    m, t = bare
    series = life(m._replace(crack_rate=5.0, skin_rate=1e-30), t)
    assert series.crack_area.max() <= m.crack_area_max
    assert series.crack_area[-1] == pytest.approx(m.crack_area_max, rel=1e-9, abs=0)


def test_the_bare_cell_opens_to_the_area_that_was_asked_for(zhao, bare, life):
    """The rate is set at the first cycle's depth of charge; later cycles charge less deep and crack less."""
    m, t = bare
    late = life(m, t).crack_area[-1] + m.outer_area
    assert late == pytest.approx(zhao.cells["bare"].degradation.wetted_area_200.value, rel=0.15, abs=0)


@pytest.mark.parametrize(
    "key", [("bare", "outer/series"), ("coated", "fewer-cracks/series"), ("bare", "cross-talk/series")]
)
def test_steps_from_cycle_to_cycle_follow_the_continuous_laws(lives, rows, key):
    """Against scipy's integral of d/dN over the whole life at the same drives; freezing them costs below 0.3 %.

    Cracks, lithium's resistance and pinning go by Euler steps of one cycle; cohorts are then an integral over births.
    """
    m, t, _ = lives[key]
    m = m._replace(pinning_rate=1e-3)
    found = rows(m, t)[2:]  # formation moves the clock alone
    n = np.arange(len(found), dtype=float)
    exposure, charged = (PchipInterpolator(n, found[:, COLUMN[c]]) for c in ("exposure", "charged_lithium"))
    whole = lambda area: m.outer_area + area  # noqa: E731
    bare = lambda area: m.outer_area * (1 - m.coverage_outer) + area * (1 - m.coverage_cracks)  # noqa: E731
    read = lambda table, x: np.interp(x, GRID, table)  # noqa: E731

    def slope(k, y):
        x, area, pinned = charged(k), y[1], y[3]
        drive = crack_drive(float(x), float(read(t.crack_ratio, x)), m.deep_charge_share)
        talk = m.crosstalk_growth * bare(area) / m.reference_area * exposure(k) / m.reference_exposure
        free = (bare(area) + (whole(area) - bare(area)) * read(t.layer_relief, x)) / whole(area)
        opened = m.crack_rate * drive * (m.crack_area_max - area)
        return [m.fade_scale * exposure(k), opened, m.lithium_growth + talk, m.pinning_rate * (1 - pinned) * free]

    outer = found[0, COLUMN["skin_outer_bare"]] - m.fresh_skin  # what formation left on the clock
    start = (outer / m.skin_rate) * (1 + m.skin_rate * (m.fresh_skin + outer / 2) / m.skin_diffusivity)
    y0 = [start, m.crack_area_start, 0.0, 0.0]
    done = solve_ivp(slope, (0, n[-1]), y0, rtol=1e-9, atol=1e-12, dense_output=True, max_step=2.0)
    clock, area, lithium, pinned = done.y[:, -1]
    last = {name: found[-1, k] for name, k in COLUMN.items()}
    assert last["crack_area"] == pytest.approx(area, rel=3e-3, abs=0)
    assert last["lithium_resistance"] == pytest.approx(lithium, rel=3e-3, abs=1e-9)
    assert last["pinned_share"] == pytest.approx(pinned, rel=3e-3, abs=0)
    skin = lambda age, first: skin_thickness(age, m.skin_rate, m.skin_diffusivity, first, 0.0)  # noqa: E731
    assert last["skin_outer_bare"] == pytest.approx(skin(clock, m.fresh_skin), rel=3e-3, abs=0)
    births = np.linspace(0, n[-1], 2001)
    opened = np.gradient(done.sol(births)[1], births)
    cohorts = [skin(clock - c, 0.0) for c in done.sol(births)[0]]
    mean = (m.crack_area_start * skin(clock, 0.0) + np.trapezoid(opened * cohorts, births)) / area
    assert last["skin_cracks_bare"] == pytest.approx(mean, rel=3e-3, abs=0)


def test_dead_mass_is_the_volume_of_skin(lives):
    for m, _, series in lives.values():
        outer = m.outer_area * (
            (1 - m.coverage_outer) * series.skin_outer_bare + m.coverage_outer * series.skin_outer_coated
        )
        cracks = series.crack_area * (
            (1 - m.coverage_cracks) * series.skin_cracks_bare + m.coverage_cracks * series.skin_cracks_coated
        )
        dead = m.inert_share + m.dead_volume_ratio * m.density * (outer + cracks)
        np.testing.assert_allclose(series.dead_share, dead, rtol=1e-9)


def test_each_kind_of_face_has_its_area_and_resistance(bare):
    m = bare[0]._replace(
        coverage_outer=0.8, coverage_cracks=0.3, film_resistance_outer=0.02, film_resistance_cracks=0.05
    )
    skin, interphase = np.array([8e-9, 2e-9, 5e-9, 1e-9]), np.array([0.4, 0.2, 0.1, 0.05])
    s = ageing.surfaces(m, skin, interphase, 2000.0, 3e-4)
    np.testing.assert_allclose(s.area, [0.2 * m.outer_area, 0.8 * m.outer_area, 1400.0, 600.0], rtol=1e-12)
    film = np.array([0.0, 0.02, 0.0, 0.05])
    np.testing.assert_allclose(s.resistance, m.skin_resistivity * skin + interphase + film, rtol=1e-12)
    assert s.series == m.series_resistance + 3e-4
    wetted = (m.outer_area + 2000.0) / m.reference_area
    assert s.stretch == pytest.approx(m.uncracked_transport + (1 - m.uncracked_transport) * wetted**2, rel=1e-12)
    assert ageing.surfaces(m, skin, interphase, m.reference_area - m.outer_area, 0.0).stretch == pytest.approx(1)


def test_formation_moves_the_clock_alone(bare):
    m, t = bare
    m = m._replace(pinning_rate=0.01, crosstalk_growth=1e-5)
    before = ageing.fresh(m, 5)
    after = ageing.moved(m, t, before, 1000.0, 0.2, 0.0)
    assert after.clock == m.fade_scale * 1000.0
    assert after[1:5] == before[1:5]
    aged = ageing.moved(m, t, before, 1000.0, 0.2, 1.0)
    assert aged.clock == after.clock and aged.cohorts == 2
    assert aged.crack_area > before.crack_area and aged.pinned > 0 and aged.lithium_resistance > 0


# what mechanisms cost ----------------------------------------------------------------------------------------------

# fields of the model that a mechanism may change when it is left out, by the scenario in which it acts
LEFT_OUT = {
    "formation_cracks": ("barrier/series", {"crack_area_start"}),
    "cycling_cracks": ("barrier/series", {"crack_rate"}),
    "fresh_skin": ("barrier/series", {"fresh_skin"}),
    "skin": ("barrier/series", {"skin_rate"}),
    "oxygen_barrier": ("barrier/series", {"film_path_outer", "film_path_cracks"}),
    "dead_mass": ("barrier/series", {"dead_volume_ratio"}),
    "skin_resistance": ("barrier/series", {"skin_resistivity"}),
    "interphase": ("barrier/series", {"interphase_growth"}),
    "film_resistance": ("barrier/series", {"film_resistance_outer", "film_resistance_cracks"}),
    "electron_access": ("barrier/series", {"series_resistance"}),
    "stress_potential": ("barrier/series", {"coherency"}),
    "pinned_grains": ("pinned-grains/series", {"pinning_rate"}),
    "cross_talk": ("cross-talk/series", {"crosstalk_growth"}),
    "lithium_growth": ("barrier/series", {"lithium_growth"}),
    "surface_resistance": ("barrier/series", {"series_resistance"}),
    "inactive_share": ("barrier/inactive", {"inert_share"}),
}
# what its life then shows: losses and columns that are exactly none
NONE = {
    "cycling_cracks": ("losses.cracks_opening_transport",),
    "dead_mass": ("losses.dead_mass_outer", "losses.dead_mass_cracks", "dead_share"),
    "interphase": ("losses.interphase_resistance", "interphase_outer_bare", "interphase_cracks_coated"),
    "stress_potential": ("losses.stress_potential",),
    "pinned_grains": ("losses.pinned_grains", "pinned_share"),
    "cross_talk": ("losses.lithium_resistance", "lithium_resistance"),
    "lithium_growth": ("losses.lithium_resistance", "lithium_resistance"),
}


def test_every_mechanism_is_tried():
    assert set(LEFT_OUT) == set(MECHANISMS)


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_left_out_is_none_and_the_others_are_as_they_were(coated, life, name):
    scenario, touched = LEFT_OUT[name]
    with_it, t = coated(scenario)
    without, _ = coated(scenario, degradation={"without": (name,)})
    changed = {f for f in with_it._fields if getattr(with_it, f) != getattr(without, f)}
    assert changed == touched
    for field in changed - {"series_resistance", "inert_share"}:
        assert getattr(without, field) == 0.0, field
    for field in changed & {"series_resistance", "inert_share"}:
        assert 0 <= getattr(without, field) < getattr(with_it, field)
    if name in ("cross_talk", "lithium_growth"):  # the other of the two is left out as well
        without = without._replace(lithium_growth=0.0, crosstalk_growth=0.0)
    series = life(without, t)
    for path in NONE.get(name, ()):
        value = series
        for part in path.split("."):
            value = getattr(value, part)
        assert np.all(np.asarray(value) == (without.inert_share if path == "dead_share" else 0.0)), path
    assert np.abs(series.capacity / life(with_it, t).capacity - 1).max() > 1e-6  # and it did act


def test_without_skin_or_cracks_the_surface_stays_as_it_is(coated, life):
    m, t = coated(degradation={"without": ("skin", "cycling_cracks")})
    series = life(m, t)
    assert set(series.skin_outer_bare) == set(series.skin_outer_coated) == {m.fresh_skin}
    assert set(series.skin_cracks_bare) == {0.0} and set(series.crack_area) == {m.crack_area_start}
    assert series.losses.skin_resistance == pytest.approx(0, abs=1e-3)
    assert series.losses.cracks_opening_transport == series.losses.dead_mass_outer == 0.0
    none, _ = coated(degradation={"without": ("formation_cracks", "cycling_cracks")})
    assert set(life(none, t).crack_area) == {0.0}


def test_a_skin_that_conducts_costs_no_resistance(bare, life):
    m, t = bare
    assert life(m, t).losses.skin_resistance > 3600
    assert life(m._replace(skin_resistivity=0.0), t).losses.skin_resistance == pytest.approx(0, abs=1e-3)


def test_a_cell_that_does_not_age_keeps_its_capacity(bare, coated, life):
    """Bare and coated, to a millionth from the second cycle on: the first starts where formation ended."""
    for m, t in (bare, coated("boundaries/series")):
        frozen = m._replace(
            skin_rate=0.0, crack_rate=0.0, lithium_growth=0.0, crosstalk_growth=0.0, pinning_rate=0.0,
            interphase_growth=0.0,
        )  # fmt: skip
        for tolerance in (0.0, 1e-3):
            series = life(frozen, t, tolerance=tolerance)
            np.testing.assert_allclose(series.capacity[1:], series.capacity[-1], rtol=1e-6)
            assert series.retention == pytest.approx(1, abs=2e-6)
            assert set(series.crack_area) == {m.crack_area_start} and set(series.lithium_resistance) == {0.0}


def test_without_surface_phases_there_is_no_stress_potential(bare):
    m, _ = bare
    s = ageing.surfaces(m, np.zeros(4), np.zeros(4), 2000.0, 0.0)
    assert (s.stress_skin, s.stress_layer) == (0.0, 0.0)
    skinned = ageing.surfaces(m, np.full(4, 1e-8), np.zeros(4), 2000.0, 0.0)
    share = 1e-8 * (m.outer_area + 2000.0) * m.density
    assert skinned.stress_skin == pytest.approx(m.coherency * share / (1 + share), rel=1e-12, abs=0)
    assert skinned.stress_layer == 0.0


def test_a_phase_that_is_strained_more_by_charging_raises_the_potential(ready):
    """dU = -(V_m/F) dw/dx per volume of the phase: taking lithium out must pay for the energy that it stores."""
    formed, looked_up = ready["coated"]
    molar_volume = formed.host.cell_volume / 3 * AVOGADRO
    assert molar_volume == pytest.approx(2.04e-5, rel=0.01, abs=0)
    for shift, path in ((looked_up.stress_skin, formed.skin_strain), (looked_up.stress_layer, formed.layer_strain)):
        stored = np.cumsum(shift[::-1]) * (path.lithium[1] - path.lithium[0]) * FARADAY / molar_volume
        energy = path.energy_density[::-1] - path.energy_density[-1]
        np.testing.assert_allclose(stored, energy, rtol=0, atol=0.01 * path.energy_density.max())
        assert np.interp(0.35, path.lithium, shift) > 0


def test_pinned_grains_cost_what_lies_below_their_limit(bare, life):
    m, t = bare
    s = ageing.surfaces(m, np.zeros(4), np.zeros(4), 2000.0, 0.0)
    cost = ageing.pinned_loss(m, s.active, 0.15, 0.3)
    assert cost == pytest.approx(
        0.3 * (m.pinning_limit - 0.15) * m.capacity_full * s.active / m.mass_factor, rel=1e-12, abs=0
    )
    assert ageing.pinned_loss(m, s.active, m.pinning_limit + 0.01, 0.3) == 0
    on = life(m._replace(pinning_rate=0.002, skin_rate=0.0, interphase_growth=0.0, lithium_growth=0.0), t)
    assert on.pinned_share[-1] == pytest.approx(1 - (1 - 0.002) ** 199, rel=1e-3, abs=0)  # all faces bare
    assert on.losses.pinned_grains > 0


def test_the_lithium_electrode_grows_by_the_cycle(bare, life):
    m, t = bare
    shared = life(m._replace(lithium_growth=5e-6, crosstalk_growth=0.0), t)
    np.testing.assert_allclose(shared.lithium_resistance, 5e-6 * np.arange(200), rtol=1e-9)


def test_crosstalk_goes_with_bare_area_and_exposure(bare, life):
    m, t = bare
    m = m._replace(lithium_growth=0.0, crosstalk_growth=5e-6)
    series = life(m, t)
    # area after the cycle's cracks, exposure of the cycle
    step = 5e-6 * (m.outer_area + series.crack_area[1:]) / m.reference_area
    step *= series.exposure[:-1] / m.reference_exposure
    np.testing.assert_allclose(np.diff(series.lithium_resistance), step, rtol=1e-9)
    covered = life(m._replace(coverage_outer=1.0, coverage_cracks=1.0), t)
    assert np.all(covered.lithium_resistance == 0)


def test_a_resistance_of_the_lithium_electrode_costs_capacity_and_voltage(bare):
    """25 ohm cm2 at 2 mA/cm2 are 50 mV: as much as a cut-off 50 mV lower on charge and higher on discharge."""
    m, t = bare
    s = ageing.surfaces(m, np.array([2e-9, 0.0, 0.0, 0.0]), np.zeros(4), m.crack_area_start, 0.0)
    more = settled(m, t, s._replace(series=s.series + 25e-4))
    drop = 25e-4 * m.one_c * m.loading * m.mass_factor
    assert drop == pytest.approx(0.05, rel=1e-9)
    narrower = m._replace(upper_voltage=m.upper_voltage - drop, lower_voltage=m.lower_voltage + drop)
    assert more == pytest.approx(settled(narrower, t, s), rel=1e-5, abs=0)
    assert 5 < (settled(m, t, s) - more) / 3600 < 40


def test_an_inert_share_takes_its_share_of_a_slow_capacity(bare):
    m, t = bare
    slow = m._replace(coherency=0.0)
    whole, part = (
        settled(slow, t, ageing.surfaces(slow._replace(inert_share=i), np.zeros(4), np.zeros(4), 1000.0, 0.0), 0.01)
        for i in (0.0, 0.1)
    )
    assert part / whole == pytest.approx(0.9, abs=0.003)


# temperature -------------------------------------------------------------------------------------------------------


def heated(zhao, celsius, **energies):
    """The bare cell formed anew at a temperature, each activation energy times a factor."""
    cell = zhao.cells["bare"]
    protocol = replace(cell.protocol, temperature=replace(cell.protocol.temperature, value=celsius + 273.15))
    changed = {}
    for block in ("cathode", "cell", "degradation"):
        given = getattr(cell, block)
        names = [f.name for f in fields(given) if f.name.endswith("activation_energy")]
        assert names
        scaled = {n: replace(getattr(given, n), value=energies.get(n, 1.0) * getattr(given, n).value) for n in names}
        changed[block] = replace(given, **scaled)
    return replace(cell, protocol=protocol, **changed)


ENERGIES = (
    "diffusivity_activation_energy",
    "exchange_activation_energy",
    "lithium_activation_energy",
    "lithium_growth_activation_energy",
    "skin_activation_energy",
    "interphase_activation_energy",
    "conduction_activation_energy",
)


def test_at_25_degc_no_activation_energy_matters_to_the_bit(zhao, scenarios, scales):
    models = []
    for factor in (1.0, 3.0):
        cell = heated(zhao, 25.0, **dict.fromkeys(ENERGIES, factor))
        formed, tables = prepare(cell)
        models.append((build(cell, formed, scenarios["outer/series"], scales["outer/series"]), tables))
    assert models[0][0] == models[1][0]
    for one, other in zip(models[0][1], models[1][1]):
        np.testing.assert_array_equal(one, other)


def test_hotter_cells_age_faster_and_polarise_less(zhao, scenarios, scales, life):
    def at(celsius):
        cell = heated(zhao, celsius)
        formed, tables = prepare(cell)
        m = build(cell, formed, scenarios["outer/series"], scales["outer/series"])
        return m, tables, life(m, tables)

    (cold, t_cold, early), (hot, t_hot, late) = at(25.0), at(45.0)
    factor = lambda energy: math.exp(energy / 8.314462618 * (1 / 298.15 - 1 / 318.15))  # noqa: E731
    cell = zhao.cells["bare"]
    ageing_, cathode = cell.degradation, cell.cathode
    skin = factor(ageing_.skin_activation_energy.value)
    assert hot.skin_rate / cold.skin_rate == pytest.approx(skin, rel=1e-6)
    assert hot.skin_diffusivity / cold.skin_diffusivity == pytest.approx(skin, rel=1e-6)
    grown = math.sqrt(factor(ageing_.interphase_activation_energy.value))  # and what has grown conducts better
    assert hot.interphase_growth / cold.interphase_growth == pytest.approx(
        grown / factor(ageing_.conduction_activation_energy.value), rel=1e-6
    )
    assert cold.skin_resistivity / hot.skin_resistivity == pytest.approx(
        factor(ageing_.conduction_activation_energy.value), rel=1e-6
    )
    assert hot.lithium_exchange / cold.lithium_exchange == pytest.approx(
        factor(cell.cell.lithium_activation_energy.value), rel=1e-6
    )
    assert hot.lithium_growth / cold.lithium_growth == pytest.approx(
        factor(cell.cell.lithium_growth_activation_energy.value), rel=1e-6
    )
    np.testing.assert_allclose(
        t_hot.diffusivity / t_cold.diffusivity, factor(cathode.diffusivity_activation_energy.value), rtol=1e-6
    )
    np.testing.assert_allclose(
        t_hot.exchange / t_cold.exchange, factor(cathode.exchange_activation_energy.value), rtol=1e-6
    )
    assert hot.thermal_voltage / cold.thermal_voltage == pytest.approx(318.15 / 298.15, rel=1e-9)
    assert late.skin_outer_bare[-1] > 1.5 * early.skin_outer_bare[-1]
    gap = lambda series: series.mean_charge_voltage[0] - series.mean_voltage[0]  # noqa: E731
    assert gap(late) < 0.95 * gap(early)
    # the first cycle has skin from formation already; without it the hot cell gives more
    fresh = lambda m: ageing.seen(m, ageing.fresh(m, 1))  # noqa: E731
    assert settled(hot, t_hot, fresh(hot)) > 1.02 * settled(cold, t_cold, fresh(cold))
    assert late.retention < early.retention


# layers and their limits -------------------------------------------------------------------------------------------


def test_a_thicker_layer_resists_more_and_lets_less_oxygen_through(coated, ready, life):
    thickness = ready["coated"][0].electrode.thickness
    thin, thick = (coated("barrier/series", thickness=f * thickness, release_ratio={}) for f in (1.0, 2.0))
    for name in ("film_resistance_outer", "film_resistance_cracks", "film_path_outer", "film_path_cracks"):
        assert getattr(thick[0], name) == pytest.approx(2 * getattr(thin[0], name), rel=1e-12, abs=0)
    one, two = life(*thin), life(*thick)
    assert two.skin_outer_coated[-1] < one.skin_outer_coated[-1]
    assert two.skin_cracks_coated[-1] < one.skin_cracks_coated[-1]
    bare_below = {"without": ("skin", "fresh_skin")}  # the skin that a thin layer lets grow resists more than the layer
    thin, thick = (
        coated("barrier/series", thickness=f * thickness, release_ratio={}, degradation=bare_below) for f in (1.0, 2.0)
    )
    assert life(*thick).resistance[0] > life(*thin).resistance[0]


def test_a_perfect_barrier_everywhere_keeps_the_skin_fresh(bare, life):
    m, t = bare
    sealed = m._replace(coverage_outer=1.0, coverage_cracks=1.0, film_path_outer=1.0, film_path_cracks=1.0)
    series = life(sealed, t)
    assert series.skin_outer_coated[-1] == pytest.approx(m.fresh_skin, rel=1e-4, abs=0)
    assert series.skin_cracks_coated[-1] < 1e-3 * life(m, t).skin_cracks_bare[-1]


@pytest.mark.parametrize("tolerance", [0.0, 1e-3])
def test_zero_coverage_and_dose_is_the_bare_cell_to_the_bit(zhao, ready, scenarios, scales, coated, life, tolerance):
    """Whole lives, every column, in every scenario."""
    cell, (formed, tables) = zhao.cells["bare"], ready["bare"]
    nothing = replace(
        ready["coated"][0].electrode, coverage_formed=0.0, mass_ratio=0.0, host_share_lost=0.0, residual_consumed=0.0
    )
    for key, scale in scales.items():
        plain = build(cell, formed, scenarios[key], scale)
        covered = build(cell, replace(formed, electrode=nothing, strained_thickness=5e-9), scenarios[key], scale)
        assert covered == plain
        one, other = life(covered, tables, tolerance=tolerance), life(plain, tables, tolerance=tolerance)
        for column in ("capacity", "mean_voltage", "resistance", "crack_area", "exposure", *SKINS):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
        assert one.losses == other.losses


def test_coverage_by_a_film_without_properties_ages_as_the_bare_cell(bare, life):
    """Area that is covered by something that neither resists nor shields nor strains is bare area by another name."""
    m, t = bare
    plain = life(m, t)
    named = life(m._replace(coverage_outer=0.7, coverage_cracks=0.4, interphase_coated=1.0), t)
    np.testing.assert_allclose(named.capacity, plain.capacity, rtol=1e-7)


@pytest.mark.parametrize("wetting", [1.0, 0.8])
def test_the_dose_is_conserved_when_it_spreads_into_the_boundaries(ready, coated, wetting):
    particle = ready["coated"][0].particle
    outer, within = (
        coated(Scenario(name=r, title="", reach=r), release_ratio={}, wetting_share=wetting)[0]
        for r in ("outer", "boundaries")
    )
    # the path is the thickness times a constant
    on_outer = lambda m: particle.wetted_area * m.coverage_outer * m.film_path_outer  # noqa: E731
    in_cracks = lambda m: m.crack_area_max * m.coverage_cracks * m.film_path_cracks  # noqa: E731
    assert on_outer(within) + in_cracks(within) == pytest.approx(on_outer(outer), rel=1e-12, abs=0)
    assert in_cracks(outer) == 0 and in_cracks(within) > 0


def test_a_better_barrier_is_a_longer_path_and_a_thinner_skin(ready, coated, lives):
    def path(barrier, oxygen_ratio):
        return coated(Scenario(name="b", title="", barrier=barrier), oxygen_ratio=oxygen_ratio)[0].film_path_outer

    electrode = ready["coated"][0].electrode
    thicker = max(electrode.area / ready["coated"][0].particle.wetted_area, 1.0)
    assert path(1.0, 1.0) == pytest.approx(electrode.thickness * thicker, rel=1e-12)  # as skin of its thickness
    assert path(30.0, 1.0) == pytest.approx(30 * path(1.0, 1.0), rel=1e-12, abs=0)
    assert path(1.0, 10.0) == pytest.approx(path(1.0, 1.0) / 10, rel=1e-12, abs=0)
    tight, leaky = (lives["coated", f"{name}/series"][2] for name in ("barrier", "boundaries"))
    assert tight.skin_cracks_coated[-1] < leaky.skin_cracks_coated[-1]


def test_an_overloaded_layer_falls_off_and_one_at_the_limit_half(ready, coated):
    electrode, particle = ready["coated"][0].electrode, ready["coated"][0].particle
    assert electrode.area <= particle.wetted_area  # the recipe coats a part of what is wetted
    one_facet = {"facet_shares": {"104": 1.0}}

    def coverage(ratio):
        return coated("outer/series", release_ratio={"104": ratio}, **one_facet)[0].coverage_outer

    formed = electrode.coverage_formed * electrode.area / particle.wetted_area
    assert coverage(0.0) == pytest.approx(formed, rel=1e-12, abs=0)
    assert coverage(1.0) == pytest.approx(formed / 2, rel=1e-12, abs=0)
    assert coverage(100.0) == pytest.approx(0, abs=1e-6)


def test_a_layer_that_blocks_electrons_adds_to_the_series_resistance(ready, coated):
    conductivity = ready["coated"][0].electrode.electronic_conductivity
    found = [
        coated("outer/series", electronic_conductivity=conductivity * f)[0].series_resistance for f in (1e9, 1, 1e-3)
    ]
    none = coated("outer/series", degradation={"without": ("electron_access",)})[0].series_resistance
    assert found[0] == pytest.approx(none, rel=1e-6) and found[0] < found[1] < found[2]


# numerics ----------------------------------------------------------------------------------------------------------


def test_the_resolution_is_good_for_half_a_thousandth_of_capacity(lives, schedule):
    """Against three times the shells, twice the electrolyte's cells and four times the steps."""
    picked = [("bare", "outer/series"), ("coated", "fewer-cracks/series"), ("coated", "barrier/inactive")]
    for m, t, series in (lives[key] for key in picked):
        fine = kernel.Resolution(shells=120, separator=10, cathode=16, steps=560)
        found = age(m, t, mesh_of(m, fine), schedule[0][:60], 0.0, fine.steps)[0]
        np.testing.assert_allclose(series.capacity[:58], found[2:, 0], rtol=5e-4)


def test_a_dead_cell_ends_its_series(bare, life):
    m, t = bare
    for tolerance in (0.0, 1e-3):
        dying = life(m._replace(lithium_growth=2e-3), t, tolerance=tolerance)
        assert dying.ended_by.startswith("dead after cycle")
        assert 1 < dying.cycle.size < 200
        assert np.all(np.isfinite(dying.capacity)) and dying.capacity.min() > 0
