"""A cell's life: each mechanism alone, what it costs, skipped cycles, resolution, and the bare limit to the bit."""

import math
from dataclasses import replace

import numpy as np
import pytest

from epitropy.calibrate.scales import build
from epitropy.constants import AVOGADRO, FARADAY
from epitropy.cycling import kernel
from epitropy.cycling.laws import crack_drive, skin_thickness
from epitropy.cycling.stage import live, model, schedule
from epitropy.records.scenario import Scenario

CYCLES, FORMATION = 200, 2


def life(m, t, **more):
    return live(m, t, CYCLES, FORMATION, **more)


@pytest.fixture(scope="session")
def lives(zhao, ready, scenarios, scales):
    """Model, tables and life of every cell in every scenario."""
    found = {}
    for name, formed in ready.items():
        for key, scale in scales.items():
            m = build(zhao.cells[name], formed[0], scenarios[key], scale)
            found[name, key] = (m, formed[1], life(m, formed[1]))
    return found


# what every life obeys ---------------------------------------------------------------------------------------------


def test_losses_sum_to_what_the_cell_lost(lives):
    for _, _, series in lives.values():
        losses = [getattr(series.losses, f) for f in series.losses.__dataclass_fields__ if f != "total"]
        assert math.fsum(losses) == pytest.approx(series.losses.total, rel=1e-12, abs=1e-9)
        assert series.losses.total == pytest.approx(series.capacity[0] - series.capacity[-1], rel=1e-12, abs=1e-9)


def test_the_mechanisms_explain_the_loss_without_a_remainder(lives):
    """Frozen states cycled on their own deliver what the life delivers; cycle 1 alone starts where formation ended."""
    for _, _, series in lives.values():
        assert abs(series.losses.history) < 0.5 * 3600


def test_skins_cracks_and_resistances_only_grow(lives):
    for m, _, series in lives.values():
        for column in (series.skin_outer_bare, series.skin_outer_coated, series.crack_area, series.lithium_resistance):
            assert np.diff(column).min() >= -1e-12 * abs(column).max()
        assert series.crack_area.max() <= m.crack_area_max
        assert np.all(series.skin_outer_coated <= series.skin_outer_bare * (1 + 1e-9))
        assert np.all(series.skin_cracks_bare <= series.skin_outer_bare * (1 + 1e-9))  # no face is older


def test_the_bare_skin_is_the_law_at_the_exposure_of_its_cycles(bare):
    m, t = bare
    rows, _, formation = kernel.age(m, t, np.arange(1, CYCLES + 1), CYCLES, FORMATION)
    clock = m.fade_scale * (formation + np.concatenate([[0.0], np.cumsum(rows[:-1, 10])]))
    expected = [skin_thickness(c, m.skin_rate, m.skin_diffusivity, m.fresh_skin, 0.0) for c in clock]
    np.testing.assert_allclose(rows[:, 2], expected, rtol=1e-12)


def test_crack_faces_carry_the_mean_skin_of_their_cohorts(bare):
    """Every cycle's new faces start without skin; one skin for all of them would be too thick."""
    m, t = bare
    rows, _, formation = kernel.age(m, t, np.arange(1, CYCLES + 1), CYCLES, FORMATION)
    clock = m.fade_scale * (formation + np.concatenate([[0.0], np.cumsum(rows[:-1, 10])]))
    born, area = np.concatenate([[0.0], clock[1:]]), np.diff(np.concatenate([[0.0], rows[:, 6]]))
    ages = clock[-1] - born
    skins = np.array([skin_thickness(a, m.skin_rate, m.skin_diffusivity, 0.0, 0.0) for a in ages])
    assert rows[-1, 4] == pytest.approx(area @ skins / area.sum(), rel=1e-9, abs=0)


def test_cracks_open_by_their_law_cycle_by_cycle(bare):
    m, t = bare
    series = life(m, t, every_cycle=True)
    area, charged = series.crack_area, series.charged_lithium
    drive = [
        crack_drive(x, np.interp(x, np.linspace(0, 1, t.crack_ratio.size), t.crack_ratio), m.deep_charge_share)
        for x in charged
    ]
    np.testing.assert_allclose(np.diff(area), (m.crack_rate * (m.crack_area_max - area) * drive)[:-1], rtol=1e-9)


def test_the_bare_cell_opens_to_the_area_that_was_asked_for(zhao, bare):
    """The rate is set at the first cycle's depth of charge; later cycles charge less deep and crack less."""
    m, t = bare
    late = life(m, t).crack_area[-1] + m.outer_area
    assert late == pytest.approx(zhao.cells["bare"].degradation.wetted_area_200.value, rel=0.15, abs=0)


def test_dead_mass_is_the_volume_of_skin(bare):
    m, t = bare
    series = life(m, t)
    outer = m.outer_area * (
        (1 - m.coverage_outer) * series.skin_outer_bare + m.coverage_outer * series.skin_outer_coated
    )
    cracks = series.crack_area * (
        (1 - m.coverage_cracks) * series.skin_cracks_bare + m.coverage_cracks * series.skin_cracks_coated
    )
    dead = m.inert_share + m.dead_volume_ratio * m.density * (outer + cracks)
    at = schedule(CYCLES) - 1
    np.testing.assert_allclose(series.dead_share[at], dead[at], rtol=1e-9)


# each mechanism is a switch ----------------------------------------------------------------------------------------


def test_without_coherency_there_is_no_stress_potential(bare):
    m, t = bare
    assert life(m, t).losses.stress_potential != 0
    off = life(m._replace(coherency=0.0), t)
    assert off.losses.stress_potential == 0
    s = kernel.surfaces(m._replace(coherency=0.0), np.full(4, 1e-8), 2000.0, 0.0)
    assert (s.stress_skin, s.stress_layer) == (0.0, 0.0)


def test_without_surface_phases_there_is_no_stress_potential(bare):
    m, _ = bare
    s = kernel.surfaces(m, np.zeros(4), 2000.0, 0.0)
    assert (s.stress_skin, s.stress_layer) == (0.0, 0.0)


def test_a_phase_that_is_strained_more_by_charging_raises_the_potential(zhao, ready):
    """dU = -(V_m/F) dw/dx per volume of the phase: taking lithium out must pay for the energy that it stores."""
    formed, looked_up = ready["coated"]
    molar_volume = formed.host.cell_volume / 3 * AVOGADRO
    assert molar_volume == pytest.approx(2.04e-5, rel=0.01, abs=0)
    for shift, path in ((looked_up.stress_skin, formed.skin_strain), (looked_up.stress_layer, formed.layer_strain)):
        stored = np.cumsum(shift[::-1]) * (path.lithium[1] - path.lithium[0]) * FARADAY / molar_volume
        energy = path.energy_density[::-1] - path.energy_density[-1]
        np.testing.assert_allclose(stored, energy, rtol=0, atol=0.01 * path.energy_density.max())
        assert np.interp(0.35, path.lithium, shift) > 0


def test_the_stress_potential_shifts_charge_and_discharge_alike(bare):
    """A shift of the rest potential, no resistance: the mean of both half cycles moves, their gap does not."""
    m, t = bare
    slow = m._replace(loading=1e-9)
    without = kernel.surfaces(slow, np.full(4, 1e-8), 2000.0, 0.0)._replace(stress_skin=0.0, stress_layer=0.0)
    with_stress = without._replace(stress_skin=0.05)
    x = np.full(24, 0.6)
    shift = []
    for sign in (1.0, -1.0):
        volts = []
        for s in (without, with_stress):
            trace = np.full((400, 2), np.nan)
            kernel.half_cycle(slow, t, s, x.copy(), sign, 0.02, 160, trace)
            trace = trace[~np.isnan(trace[:, 0])]
            volts.append(np.interp(0.55 if sign > 0 else 0.65, *(trace[:: int(-sign)].T)))
        shift.append(volts[1] - volts[0])
    at = lambda x: 0.05 * np.interp(x, np.linspace(0, 1, t.stress_skin.size), t.stress_skin)  # noqa: E731
    assert shift[0] == pytest.approx(at(0.55), rel=0.05, abs=0)
    assert shift[1] == pytest.approx(at(0.65), rel=0.05, abs=0)


def test_without_pinning_no_grain_is_pinned(bare):
    m, t = bare
    off = life(m._replace(pinning_rate=0.0), t)
    assert np.all(off.pinned_share == 0) and off.losses.pinned_grains == 0
    on = life(m._replace(pinning_rate=0.002), t)
    assert on.pinned_share[-1] == pytest.approx(1 - (1 - 0.002) ** (CYCLES - 1), rel=1e-3, abs=0)  # all faces bare
    assert on.losses.pinned_grains > 0


def test_pinned_grains_cost_what_lies_below_their_limit(bare):
    m, _ = bare
    s = kernel.surfaces(m, np.zeros(4), 2000.0, 0.0)
    cost = kernel.pinned_loss(m, s, 0.15, 0.3)
    assert cost == pytest.approx(
        0.3 * (m.pinning_limit - 0.15) * m.capacity_full * s.active / m.mass_factor, rel=1e-12, abs=0
    )
    assert kernel.pinned_loss(m, s, m.pinning_limit + 0.01, 0.3) == 0
    assert cost / 3600 == pytest.approx(275 * 0.3 * 0.1, rel=0.01, abs=0)


def test_without_growth_the_lithium_electrode_stays_as_it_is(bare):
    m, t = bare
    off = life(m._replace(lithium_growth=0.0, crosstalk_growth=0.0), t)
    assert np.all(off.lithium_resistance == 0) and off.losses.lithium_resistance == 0
    shared = life(m._replace(lithium_growth=5e-6, crosstalk_growth=0.0), t)
    np.testing.assert_allclose(shared.lithium_resistance, 5e-6 * np.arange(CYCLES), rtol=1e-9)


def test_crosstalk_goes_with_bare_area_and_exposure(bare):
    m, t = bare
    m = m._replace(lithium_growth=0.0, crosstalk_growth=5e-6)
    series = life(m, t, every_cycle=True)
    # area after the cycle's cracks, exposure of the cycle
    area = np.append(series.crack_area[1:], np.nan)
    step = 5e-6 * (m.outer_area + area) / m.reference_area * series.exposure / m.reference_exposure
    np.testing.assert_allclose(np.diff(series.lithium_resistance), step[:-1], rtol=1e-9)
    covered = life(m._replace(coverage_outer=1.0, coverage_cracks=1.0), t)
    assert np.all(covered.lithium_resistance == 0)


def test_twenty_five_ohm_on_the_lithium_side_cost_about_thirty_mah(bare):
    """The figure of the one-cause study of the published gap: 29 mAh/g at 1C."""
    m, t = bare
    s = kernel.surfaces(m, np.array([2e-9, 0.0, 0.0, 0.0]), m.crack_area_start, 0.0)
    whole, _ = kernel.settled_cycle(m, t, s)
    less, _ = kernel.settled_cycle(m, t, s._replace(series=s.series + 25e-4))
    assert (whole - less) / 3600 == pytest.approx(29, abs=8)


def test_without_dead_volume_no_mass_dies(bare):
    m, t = bare
    off = life(m._replace(dead_volume_ratio=0.0), t)
    np.testing.assert_allclose(off.dead_share, m.inert_share, rtol=0, atol=1e-15)
    assert off.losses.dead_mass_outer == 0 and off.losses.dead_mass_cracks == 0


def test_a_skin_that_conducts_costs_no_resistance(bare):
    m, t = bare
    assert life(m._replace(skin_resistivity=0.0), t).losses.skin_resistance == 0


def test_without_cracking_the_area_stays(bare):
    m, t = bare
    off = life(m._replace(crack_rate=0.0), t)
    assert set(off.crack_area) == {m.crack_area_start}
    assert off.losses.cracks_opening_transport == 0


def test_a_perfect_barrier_everywhere_keeps_the_skin_fresh(bare):
    m, t = bare
    sealed = m._replace(coverage_outer=1.0, coverage_cracks=1.0, film_path_outer=1.0, film_path_cracks=1.0)
    series = life(sealed, t)
    assert series.skin_outer_coated[-1] == pytest.approx(m.fresh_skin, rel=1e-4, abs=0)
    assert series.skin_cracks_coated[-1] < 1e-3 * life(m, t).skin_cracks_bare[-1]


def test_an_inert_share_takes_its_share_of_a_slow_capacity(bare):
    m, t = bare
    slow = m._replace(charge_rate=0.01, discharge_rate=0.01, coherency=0.0)
    whole, part = (
        kernel.settled_cycle(slow, t, kernel.surfaces(slow._replace(inert_share=i), np.zeros(4), 1000.0, 0.0))[0]
        for i in (0.0, 0.1)
    )
    assert part / whole == pytest.approx(0.9, abs=0.003)


# limits to the bit -------------------------------------------------------------------------------------------------


def test_zero_coverage_and_dose_is_the_bare_model_to_the_bit(zhao, ready, scenarios, scales):
    cell, (formed, tables) = zhao.cells["bare"], ready["bare"]
    nothing = replace(
        ready["coated"][0].electrode, coverage_formed=0.0, mass_ratio=0.0, host_share_lost=0.0, residual_consumed=0.0
    )
    for key, scale in scales.items():
        args = {"particle": formed.particle, "scenario": scenarios[key], "scales": scale}
        blocks = (cell.cathode, cell.cell, cell.protocol, cell.degradation)
        plain = model(*blocks, **args, electrode=None)
        covered_by_nothing = model(*blocks, **args, electrode=nothing, strained_thickness=5e-9)
        assert covered_by_nothing == plain
        np.testing.assert_array_equal(life(covered_by_nothing, tables).capacity, life(plain, tables).capacity)


def test_coverage_by_a_film_without_properties_ages_as_the_bare_cell(bare):
    """Area that is covered by something that neither resists nor shields nor strains is bare area by another name."""
    m, t = bare
    plain = life(m, t)
    named = life(m._replace(coverage_outer=0.7, coverage_cracks=0.4, coherency=m.coherency), t)
    np.testing.assert_allclose(named.capacity, plain.capacity, rtol=1e-9)


@pytest.mark.parametrize("wetting", [1.0, 0.8])
def test_the_dose_is_conserved_when_it_spreads_into_the_boundaries(zhao, ready, scales, wetting):
    cell, (formed, _) = zhao.cells["coated"], ready["coated"]
    blocks = (cell.cathode, cell.cell, cell.protocol, cell.degradation)
    scale = scales["outer/series"]
    electrode = replace(formed.electrode, release_ratio=0.0, wetting_share=wetting)
    outer, within = (
        model(
            *blocks,
            particle=formed.particle,
            scenario=Scenario(name=r, title="", reach=r),
            scales=scale,
            electrode=electrode,
        )
        for r in ("outer", "boundaries")
    )
    # the path is the thickness times a constant
    on_outer = lambda m: formed.particle.wetted_area * m.coverage_outer * m.film_path_outer  # noqa: E731
    in_cracks = lambda m: m.crack_area_max * m.coverage_cracks * m.film_path_cracks  # noqa: E731
    assert on_outer(within) + in_cracks(within) == pytest.approx(on_outer(outer), rel=1e-12, abs=0)
    assert in_cracks(outer) == 0 and in_cracks(within) > 0


def test_a_better_barrier_is_a_longer_path_and_a_thinner_skin(zhao, ready, scales, lives):
    cell, (formed, _) = zhao.cells["coated"], ready["coated"]
    blocks = (cell.cathode, cell.cell, cell.protocol, cell.degradation)

    def path(barrier, oxygen_ratio):
        scenario = Scenario(name="b", title="", barrier=barrier)
        electrode = replace(formed.electrode, oxygen_ratio=oxygen_ratio)
        made = model(
            *blocks, particle=formed.particle, scenario=scenario, scales=scales["outer/series"], electrode=electrode
        )
        return made.film_path_outer

    assert path(1.0, 1.0) == formed.electrode.thickness  # holds oxygen as well as skin of its thickness
    assert path(30.0, 1.0) == pytest.approx(30 * path(1.0, 1.0), rel=1e-12, abs=0)
    assert path(1.0, 10.0) == pytest.approx(path(1.0, 1.0) / 10, rel=1e-12, abs=0)
    tight, leaky = (lives["coated", f"{name}/series"][2] for name in ("barrier", "boundaries"))
    assert tight.skin_cracks_coated[-1] < leaky.skin_cracks_coated[-1]


def test_an_overloaded_layer_falls_off_and_one_at_the_limit_half(zhao, ready, scales):
    cell, (formed, _) = zhao.cells["coated"], ready["coated"]
    blocks = (cell.cathode, cell.cell, cell.protocol, cell.degradation)
    scenario = Scenario(name="outer", title="")

    def coverage(ratio):
        electrode = replace(formed.electrode, release_ratio=ratio)
        return model(
            *blocks, particle=formed.particle, scenario=scenario, scales=scales["outer/series"], electrode=electrode
        ).coverage_outer

    reached = formed.electrode.area / formed.particle.wetted_area  # the recipe coats a part of what is wetted
    formed_coverage = formed.electrode.coverage_formed * reached
    assert coverage(0.0) == pytest.approx(formed_coverage, rel=1e-12, abs=0)
    assert coverage(1.0) == pytest.approx(formed_coverage / 2, rel=1e-12, abs=0)
    assert coverage(100.0) == pytest.approx(0, abs=1e-6)


# numerics ----------------------------------------------------------------------------------------------------------


def test_skipped_cycles_change_no_capacity_by_a_thousandth(lives):
    for (name, key), (m, t, series) in lives.items():
        full = life(m, t, every_cycle=True)
        error = np.abs(series.capacity / full.capacity - 1).max()
        assert error < 1e-3, f"{name}, {key}: {error:.1e}"


def test_the_schedule_starts_ends_and_rises():
    for cycles in (2, 3, 10, 56, 57, 58, 100, 200, 500, 1000):
        plan = schedule(cycles)
        assert plan[0] == 1 and plan[-1] == cycles
        assert np.all(np.diff(plan) > 0)
    assert schedule(200).size < 30


def test_the_resolution_is_good_for_half_a_thousandth_of_capacity(lives, monkeypatch):
    """Against four times the shells and eight times the steps; less good where few cracks leave diffusion slow."""
    plan = schedule(CYCLES)
    used = {k: kernel.age(m, t, plan, CYCLES, FORMATION)[0][plan - 1, 0] for k, (m, t, _) in lives.items()}
    for name, factor in (("SHELLS", 4), ("STEPS", 8), ("FORMATION_STEPS", 8)):
        monkeypatch.setattr(kernel, name, factor * getattr(kernel, name))
    for (name, scenario), coarse in used.items():
        m, t, _ = lives[name, scenario]
        fine = kernel.age.py_func(m, t, plan, CYCLES, FORMATION)[0][plan - 1, 0]  # uncompiled, so it reads them anew
        slow = name == "coated" and scenario.startswith("fewer-cracks")
        np.testing.assert_allclose(coarse, fine, rtol=4e-3 if slow else 6e-4)
        np.testing.assert_allclose(coarse[-1], fine[-1], rtol=6e-4)


def test_a_dead_cell_ends_its_series(bare):
    m, t = bare
    dying = life(m._replace(lithium_growth=2e-3), t)
    assert dying.ended_by.startswith("dead after cycle")
    assert 1 < dying.cycle.size < CYCLES
    assert np.all(np.isfinite(dying.capacity)) and dying.capacity.min() > 0
