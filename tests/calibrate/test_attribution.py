"""The gain split among features: exact on small games, and adding up on real cells."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from epitropy.calibrate.attribution import FEATURES, attribute, ends, layered, shapley, split, without, worths
from epitropy.calibrate.ensemble import capacities, prepare, run_ensemble
from epitropy.calibrate.scales import build
from epitropy.records.scenario import Scales
from epitropy.records.sourced import Sourced
from epitropy.sources import table
from epitropy.study import load_study

NAMES = list(FEATURES)
games = st.integers(1, 5).flatmap(lambda n: arrays(float, 1 << n, elements=st.floats(-100, 100)))


def members(m, n):
    return [i for i in range(n) if m >> i & 1]


# games -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=6), st.floats(-100, 100))
def test_players_who_only_add_get_what_they_add(terms, offset):
    worth = np.array([offset + sum(terms[i] for i in members(m, len(terms))) for m in range(1 << len(terms))])
    np.testing.assert_allclose(shapley(worth), terms, rtol=0, atol=1e-11)


def test_glove_game():
    """Two left gloves and one right; a pair is worth one. The right one gets 2/3, each left one 1/6."""
    left, right = (0, 1), 2
    worth = np.array([float(right in members(m, 3) and any(i in members(m, 3) for i in left)) for m in range(8)])
    np.testing.assert_allclose(shapley(worth), [1 / 6, 1 / 6, 2 / 3], rtol=0, atol=1e-15)


@given(games)
def test_shares_are_means_over_all_orders_of_coming(worth):
    n = len(worth).bit_length() - 1
    added = []
    for order in permutations(range(n)):
        there, mine = 0, np.zeros(n)
        for i in order:
            mine[i] = worth[there | 1 << i] - worth[there]
            there |= 1 << i
        added.append(mine)
    np.testing.assert_allclose(shapley(worth), np.mean(added, axis=0), rtol=0, atol=1e-10)


@given(games, st.floats(-100, 100))
def test_shares_and_rest_sum_to_the_gain(worth, bare):
    parts = split(worth[:, None], np.array([bare]))
    assert parts.shares.sum() + parts.rest[0] == pytest.approx(parts.total[0], rel=0, abs=1e-10)


@given(games)
def test_who_changes_nothing_gets_exactly_nothing(worth):
    assert shapley(np.concatenate([worth, worth]))[-1] == 0.0


@given(games, st.data())
def test_shares_follow_the_players_when_they_are_named_anew(worth, data):
    n = len(worth).bit_length() - 1
    new = data.draw(st.permutations(range(n)))
    renamed = np.empty_like(worth)
    for m in range(len(worth)):
        renamed[sum(1 << new[i] for i in members(m, n))] = worth[m]
    np.testing.assert_allclose(shapley(renamed)[new], shapley(worth), rtol=0, atol=1e-10)


# cells -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def coated(zhao):
    return layered(zhao.cells["coated"])


@pytest.fixture(scope="module")
def played(coated, scenarios, scales):
    """By scenario the worths, at the medians."""
    return {name: worths(coated, scenarios[name], scales[name]) for name in scales}


@pytest.fixture(scope="module")
def bare_ends(zhao, ready, scenarios, scales):
    return {n: ends(capacities(zhao.cells["bare"], *ready["bare"], scenarios[n], scales[n])) for n in scales}


def test_shares_and_rest_sum_to_the_gain_of_real_cells(played, bare_ends, zhao, ready, scenarios, scales):
    assert len(played) >= 9
    for name, worth in played.items():
        parts = split(worth, bare_ends[name])
        cell = ends(capacities(zhao.cells["coated"], *ready["coated"], scenarios[name], scales[name]))
        gained = parts.shares.sum(axis=0) + parts.rest
        np.testing.assert_allclose(gained, cell - bare_ends[name], rtol=0, atol=1e-9)


def stand_in(scenario, scales):
    """Scales for a scenario that the medians do not solve: those of the outer layer, its own fade."""
    return scales.get(scenario.name, scales["outer/series"])


def test_nothing_on_the_cell_is_the_bare_cell_to_the_bit(zhao, ready, scenarios, scales):
    """No dose and no anneal: whatever is then taken away changes no bit of the life."""
    cell = zhao.cells["coated"]
    dose = Sourced(value=0.0, source="no coating")
    nothing = layered(replace(cell, coating=replace(cell.coating, dose=dose), anneal=zhao.cells["bare"].anneal))
    for scenario in scenarios.values():
        known = stand_in(scenario, scales)
        bare = ends(capacities(zhao.cells["bare"], *ready["bare"], scenario, known))
        assert (worths(nothing, scenario, known) == bare).all()


def test_without_features_and_mass_a_layer_that_covers_is_the_bare_cell(coated, zhao, ready, scenarios, scales):
    """Every scenario, cross-talk and pinned grains too: no benefit of covering escapes the features."""
    mass_free = {}
    for name in ("whole", "parted"):
        formed, looked_up = getattr(coated, name)
        electrode = replace(formed.electrode, mass_ratio=0.0, host_share_lost=0.0)
        mass_free[name] = (replace(formed, electrode=electrode, fresh_skin_factor=1.0), looked_up)
    layer = replace(coated, **mass_free)
    for scenario in scenarios.values():
        known = stand_in(scenario, scales)
        m, _ = without(layer, scenario, known, NAMES)
        assert m.coverage_outer > 0.3
        bare = ends(capacities(zhao.cells["bare"], *ready["bare"], scenario, known))
        np.testing.assert_allclose(worths(layer, scenario, known)[0], bare, rtol=1e-7)


def test_a_feature_that_a_scenario_lacks_has_exactly_no_share(played, bare_ends, scenarios):
    i = NAMES.index("fewer cracks")
    for name, worth in played.items():
        parts = split(worth, bare_ends[name])
        cracks = (parts.shares[i], parts.taken_away[i], parts.added_alone[i])
        assert all((part == 0.0).all() for part in cracks) == (scenarios[name].crack_share == 1.0)


def test_a_single_phase_helps_only_what_holds_oxygen(played, bare_ends):
    i = NAMES.index("single phase")
    for name, worth in played.items():
        assert (split(worth, bare_ends[name]).added_alone[i] == 0.0).all()


def test_the_barriers_share_grows_with_the_barrier(coated, scenarios, scales):
    known = scales["boundaries/inactive"]
    found = []
    for barrier in (0.0, 1.0, 10.0, 100.0):
        scenario = replace(scenarios["boundaries/inactive"], barrier=barrier)
        found.append(shapley(worths(coated, scenario, known))[NAMES.index("oxygen barrier")])
    assert (found[0] == 0.0).all()
    assert (np.diff(found, axis=0) > 0).all()


def test_the_barrier_taken_away_is_the_mechanism_switched_off(played, bare_ends, zhao, scenarios, scales):
    cell = zhao.cells["coated"]
    off = replace(cell, degradation=replace(cell.degradation, without=("oxygen_barrier",)))
    formed = prepare(off)
    for name, worth in played.items():
        kept = ends(capacities(off, *formed, scenarios[name], scales[name]))
        lost = split(worth, bare_ends[name]).taken_away[NAMES.index("oxygen barrier")]
        np.testing.assert_allclose(lost, worth[-1] - kept, rtol=0, atol=1e-12)


def test_lithium_path_taken_away_is_its_two_mechanisms_switched_off(played, zhao, ready, scenarios, scales):
    cell = zhao.cells["coated"]
    off = replace(cell, degradation=replace(cell.degradation, without=("film_resistance", "electron_access")))
    everything = len(FEATURES)
    row = (1 << everything) - 1 - (1 << NAMES.index("lithium path"))
    for name, worth in played.items():
        kept = ends(capacities(off, *ready["coated"], scenarios[name], scales[name]))
        assert (worth[row] == kept).all()


def test_a_second_phase_taken_in_is_the_placebo(coated, zhao, played, scenarios, scales):
    cell = zhao.cells["coated"]
    half = Sourced(value=0.5, source="two phases")
    parted = replace(cell, layer=replace(cell.layer, second_phase=half))
    formed = prepare(parted)
    row = (1 << len(FEATURES)) - 1 - (1 << NAMES.index("single phase"))
    for name in ("barrier/series", "fewer-cracks/inactive"):
        kept = ends(capacities(parted, *formed, scenarios[name], scales[name]))
        assert (played[name][row] == kept).all()


def test_a_layer_of_two_phases_has_no_share_for_a_single_one(zhao, scenarios, scales):
    cell = zhao.cells["coated"]
    most = replace(cell, layer=replace(cell.layer, second_phase=Sourced(value=0.8, source="two phases")))
    worth = worths(layered(most), scenarios["barrier/series"], scales["barrier/series"])
    assert (shapley(worth)[NAMES.index("single phase")] == 0.0).all()


def test_clean_surface_is_what_the_surface_of_the_bare_cell_is(coated, scenarios, scales, zhao, ready):
    scenario, known = scenarios["cross-talk/series"], scales["cross-talk/series"]
    m, _ = without(coated, scenario, known, ["clean surface"])
    bare = build(zhao.cells["bare"], ready["bare"][0], scenario, known)
    assert (m.interphase_coated, m.dissolution_coated) == (1.0, 1.0)
    kept, _ = without(coated, scenario, known, ["clean surface", "lithium path"])
    # what is left of the difference is the thinner electrode of a powder that carries its coating
    per_thickness = 1 / (3 * zhao.cells["bare"].cell.electrode_conductivity.value)
    thinner = (bare.electrode_thickness - kept.electrode_thickness) * per_thickness
    assert kept.series_resistance + thinner == pytest.approx(bare.series_resistance, rel=1e-12, abs=0)


# ensembles ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(scenarios):
    study = load_study("zhao2024")
    chosen = (scenarios["barrier/inactive"], scenarios["outer/series"])
    draws = run_ensemble(study, draws=3, scenarios=chosen)
    return study, draws, chosen, attribute(study, "coated", draws, chosen)


def test_the_total_is_the_gain_of_the_ensemble(told):
    _, draws, chosen, found = told
    assert {a.scenario for a in found} <= {s.name for s in chosen}
    for a in found:
        lives = [d.lives for d in draws if isinstance(d.scales[a.scenario], Scales)]
        assert a.draws == len(lives)
        gains = [ends(one["coated", a.scenario]) - ends(one["bare", a.scenario]) for one in lives]
        middle = np.quantile(gains, 0.5, axis=0, method="hazen")
        np.testing.assert_allclose([a.total.retention.value, a.total.last.value], middle, rtol=1e-12)
        assert list(a.features) == NAMES
        assert sum(a.leads.values()) == a.draws and set(a.leads) <= {*NAMES, "the rest"}
        parts = [*(f.share for f in a.features.values()), a.rest]
        assert sum(e.mean_retention for e in parts) == pytest.approx(a.total.mean_retention, rel=0, abs=1e-12)
        assert sum(e.mean_last for e in parts) == pytest.approx(a.total.mean_last, rel=0, abs=1e-8)


def test_intervals_hold_their_medians(told):
    *_, found = told
    for a in found:
        parts = [e for f in a.features.values() for e in (f.share, f.taken_away, f.added_alone)]
        for effect in (*parts, a.rest, a.total):
            assert effect.retention.low <= effect.retention.value <= effect.retention.high
            assert effect.last.low <= effect.last.value <= effect.last.high


def test_fewer_draws_are_the_first_ones(told):
    study, draws, chosen, found = told
    first = attribute(study, "coated", draws, chosen, draws=1)
    assert all(a.draws == 1 for a in first)
    assert all(a.total.retention.low == a.total.retention.high for a in first)


def test_nothing_is_split_without_a_coating(scenarios):
    study = load_study("zhang2022")
    assert attribute(study, "doped", [], tuple(scenarios.values())) == ()


def test_published_scenarios_are_the_ones_tested(scenarios):
    assert len(scenarios) == 2 * len(table("scenarios.toml"))
