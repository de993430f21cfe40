"""Draws, quantiles and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.calibrate.ensemble import Draw, calibrated, capacities, prepare, quantiles, run_draw
from epitropy.calibrate.headline import (
    baselines,
    between_scenarios,
    cell_headline,
    placebo_studies,
    published_coatings,
    reported_capacity,
    unsolved,
    weighted_quantiles,
)
from epitropy.calibrate.influence import influences
from epitropy.calibrate.scales import build
from epitropy.cycling.program import program
from epitropy.cycling.stage import live
from epitropy.records.headline import Retention
from epitropy.records.scenario import Scales, Scenario
from epitropy.study import load_study

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


# quantiles ---------------------------------------------------------------------------------------------------------


@given(values, st.floats(0, 1))
def test_equal_weights_give_the_quantiles_of_numpy(sample, at):
    found = weighted_quantiles(np.array(sample), np.ones(len(sample)), [at])[0]
    assert found == pytest.approx(np.quantile(sample, at, method="hazen"), rel=1e-9, abs=1e-6)


@given(values, st.integers(1, 4))
def test_a_weight_of_two_is_the_value_given_twice_at_the_median(sample, times):
    sample = np.array(sample)
    weights = np.full(sample.size, float(times))
    np.testing.assert_allclose(
        weighted_quantiles(sample, weights), weighted_quantiles(sample, np.ones(sample.size)), rtol=1e-12
    )


def test_weights_move_the_median_to_the_heavier_side():
    assert weighted_quantiles(np.array([0.0, 1.0]), np.array([1.0, 3.0]), [0.5])[0] > 0.5
    assert weighted_quantiles(np.array([0.0, 1.0, 2.0]), np.array([1e-9, 1.0, 1e-9]), [0.5])[0] == pytest.approx(
        1, abs=1e-6
    )


def test_columns_are_ranked_one_by_one():
    sample = np.array([[1.0, 30.0], [2.0, 20.0], [3.0, 10.0]])
    np.testing.assert_allclose(weighted_quantiles(sample, np.ones(3), [0.5]), [[2.0, 20.0]], rtol=1e-12)


@given(st.integers(1, 70))
def test_every_stratum_of_every_input_is_drawn_once(draws):
    points = quantiles(["a", "coating.dose"], draws)
    for name in ("a", "coating.dose"):
        strata = sorted(int(p[name] * draws) for p in points)
        assert strata == list(range(draws))


def test_another_input_moves_no_draw_of_the_others():
    few, more = quantiles(["a", "b"], 16), quantiles(["c", "b", "a"], 16)
    for one, other in zip(few, more):
        assert (one["a"], one["b"]) == (other["a"], other["b"])


def test_inputs_are_drawn_independently():
    points = quantiles([f"input.{i}" for i in range(8)], 256)
    table_ = np.array([list(p.values()) for p in points])
    correlation = np.corrcoef(table_.T) - np.eye(8)
    assert np.abs(correlation).max() < 0.25  # about four standard errors of 1/16


# headline ----------------------------------------------------------------------------------------------------------

ONE, TWO = Scenario(name="one", title=""), Scenario(name="two", title="")
SOLVED = Scales(
    reference_area=1.0, reference_exposure=1.0, exposure_200=1.0, skin_rate=1.0, skin_diffusivity=1.0, crack_rate=1.0
)


def draw(**retention):
    return Draw(
        scales=dict.fromkeys(retention, SOLVED)
        | dict.fromkeys({"one", "two"} - set(retention), "cycle 1 out of reach"),
        lives={("x", n): np.linspace(100.0, 100.0 * r, 5) for n, r in retention.items()},
    )


def test_scenarios_weigh_the_same_however_many_of_their_draws_were_solved():
    draws = [draw(one=0.6, two=0.9), *(draw(one=0.6) for _ in range(9))]
    found = cell_headline("x", "predicted", draws, [ONE, TWO], 5)
    assert found.retention.low == pytest.approx(0.6, rel=1e-9, abs=0)
    assert found.retention.high == pytest.approx(0.9, rel=1e-9, abs=0)
    one, two = found.scenarios
    assert (one.infeasible_share, two.infeasible_share) == pytest.approx((0.0, 0.9), abs=1e-12)
    assert two.retention == Retention(value=0.9, low=0.9, high=0.9)
    assert unsolved(draws) == {"cycle 1 out of reach": 9}


def test_a_cell_that_no_draw_could_solve_has_no_headline():
    assert cell_headline("x", "predicted", [draw()], [ONE, TWO], 5) is None


def test_the_share_between_scenarios_is_none_or_all_at_the_extremes():
    apart = [draw(one=0.6, two=0.9) for _ in range(3)]
    assert between_scenarios("x", apart, [ONE, TWO]) == pytest.approx(1, abs=1e-12)
    alike = [draw(one=r, two=r) for r in (0.5, 0.7, 0.9)]
    assert between_scenarios("x", alike, [ONE, TWO]) == pytest.approx(0, abs=1e-12)


def test_baselines_need_no_model():
    """Coated = bare, and the bare loss cut as other published coatings cut it."""
    rows = published_coatings()
    assert all(r["source"] and 0 < r["uncoated"] < r["coated"] < 1 for r in rows)
    assert not any("Zhao" in r["source"] or "Schweidler" in r["source"] for r in rows)  # the study itself is left out
    same, mean = baselines(0.79)
    assert same.retention == 0.79
    cut = np.prod([(1 - r["coated"]) / (1 - r["uncoated"]) for r in rows]) ** (1 / len(rows))
    assert mean.retention == pytest.approx(1 - 0.21 * cut, rel=1e-12, abs=0)
    assert mean.retention == pytest.approx(0.903, abs=5e-4)  # of the two that could be looked up
    assert 0.79 < mean.retention < 0.96


def test_reported_numbers_are_read_but_never_used_in_a_solution(zhao, ready, scenarios, scales):
    assert reported_capacity(zhao, "coated") == pytest.approx((194.8 * 3600, 187 * 3600), rel=1e-9, abs=0)
    silent = replace(zhao, reported={})
    assert reported_capacity(silent, "coated") == (None, None)
    again = calibrated(silent, ready, tuple(scenarios.values())).scales
    assert {n: s for n, s in again.items() if isinstance(s, Scales)} == scales


# placebos ----------------------------------------------------------------------------------------------------------


def test_no_coverage_is_the_bare_cell_to_the_bit(zhao, ready, scenarios, scales):
    _, placebo = placebo_studies(zhao, "coated", zhao.cells["bare"])["no coverage"]
    formed = prepare(placebo.cells["coated"])
    for name, scale in scales.items():
        np.testing.assert_array_equal(
            capacities(placebo.cells["coated"], *formed, scenarios[name], scale),
            capacities(zhao.cells["bare"], *ready["bare"], scenarios[name], scale),
        )


def test_the_placebos_change_what_they_say(zhao):
    studies = placebo_studies(zhao, "coated", zhao.cells["bare"])
    assert set(studies) == {"no coverage", "inert oxide", "two phases", "misaligned"}
    real = prepare(zhao.cells["coated"])[0]
    made = {n: prepare(s.cells["coated"])[0] for n, (_, s) in studies.items()}
    assert made["inert oxide"].coating.lithium_demand == 0
    assert made["inert oxide"].coating.mass_ratio == real.coating.mass_ratio
    assert made["inert oxide"].coating.coverage == made["inert oxide"].coating.coverage_mixed
    assert made["two phases"].electrode.oxygen_ratio > real.electrode.oxygen_ratio
    four_times = {facet: 4 * ratio for facet, ratio in real.electrode.release_ratio.items()}
    assert made["misaligned"].electrode.release_ratio == pytest.approx(four_times, rel=1e-9, abs=0)
    for _, study in studies.values():
        assert study.cells["bare"] == zhao.cells["bare"]


def test_two_phases_never_shield_better_than_one(zhao, ready, scenarios, scales):
    _, placebo = placebo_studies(zhao, "coated", zhao.cells["bare"])["two phases"]
    formed = prepare(placebo.cells["coated"])
    for name in ("barrier/series", "boundaries/inactive"):
        with_boundaries = capacities(placebo.cells["coated"], *formed, scenarios[name], scales[name])
        real = capacities(zhao.cells["coated"], *ready["coated"], scenarios[name], scales[name])
        assert with_boundaries[-1] <= real[-1]


# draws through the pipeline ----------------------------------------------------------------------------------------


def test_a_draw_solves_the_bare_cell_and_then_predicts_the_coated_one(scenarios):
    study = load_study("zhao2024")
    chosen = tuple(scenarios[n] for n in ("outer/series", "barrier/inactive"))
    point = {"cell.loading": 0.3, "coating.dose": 0.7}
    drawn = run_draw(study, point, chosen)
    assert set(drawn.lives) == {(c, s.name) for c in ("bare", "coated") for s in chosen}
    for s in chosen:
        life = drawn.lives["bare", s.name]
        assert (life[0], life[-1]) == pytest.approx((174.7 * 3600, 138 * 3600), abs=360)
    again = run_draw(study, point, chosen, scales=drawn.scales, only="coated")
    np.testing.assert_array_equal(again.lives["coated", "outer/series"], drawn.lives["coated", "outer/series"])


def test_a_study_without_data_keeps_its_priors():
    study = load_study("zhang2022").at({})
    ready = {n: prepare(c) for n, c in study.cells.items()}
    scenario = Scenario(name="outer/series", title="")
    scales = calibrated(study, ready, (scenario,)).scales["outer/series"]
    assert (scales.kinetic, scales.fade) == (1.0, 1.0)
    reference, doped = (
        live(build(study.cells[n], ready[n][0], scenario, scales), ready[n][1], *program(study.cells[n].protocol))
        for n in study.cells
    )
    # its lattice breathes less, so its grains pull less and crack less
    assert ready["doped"][0].grain_strain.largest_release < 0.1 * ready["reference"][0].grain_strain.largest_release
    assert doped.crack_area[-1] < reference.crack_area[-1]


def test_what_has_no_place_in_the_cell_is_listed_as_without_effect(scenarios):
    """What does not move the prediction is named, not left to look sampled."""
    study = load_study("zhao2024")
    moves, without = influences(study, "coated", (scenarios["outer/series"],))
    assert sum(m.share for m in moves) == pytest.approx(1, rel=1e-9, abs=0)
    assert [m.share for m in moves] == sorted((m.share for m in moves), reverse=True)
    assert {"cell.area", "cell.format"} <= set(without)
    felt = {"coating.dose", "coating.dose_basis", "anneal.time", "protocol.upper_voltage", "cell.electrolyte"}
    assert not felt & set(without)
    assert all(m.largest < 1e-4 for m in moves if m.name in without)
