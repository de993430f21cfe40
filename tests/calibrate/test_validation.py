"""Predicted beside reported: scores, baselines, which rows may count, and the page that ships."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from epitropy.calibrate.ensemble import run_ensemble
from epitropy.calibrate.headline import baselines, published_coatings
from epitropy.calibrate.scores import crps
from epitropy.calibrate.validation import (
    MODEL,
    Asked,
    case_study,
    cases,
    predict,
    published_pairs,
    reported_retention,
    scores,
    user_pairs,
    validate,
)
from epitropy.errors import InputError
from epitropy.records.headline import Retention
from epitropy.records.scenario import Scales
from epitropy.records.sourced import Sourced
from epitropy.records.study import Reported
from epitropy.records.validation import Guess, Pair
from epitropy.report.validation_page import files, fixed_sections, pair_rows, sentences
from epitropy.study import load_study

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
RELATIVE = {"rel": 1e-12, "abs": 0}


# scores ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value, observed", [(0.8, 0.96), (0.96, 0.8), (0.5, 0.5)])
def test_a_point_scores_its_error(value, observed):
    assert crps(np.array([value]), observed) == pytest.approx(abs(value - observed), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("observed", [0.2, 0.8, 1.5])
def test_crps_of_a_normal_sample_is_the_analytic_one(observed):
    """Quantiles of a normal distribution against its closed form, and that against the integral that defines it."""
    mean, width = 0.8, 0.1
    z = (observed - mean) / width
    exact = width * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    integral, _ = quad(lambda x: (norm.cdf(x, mean, width) - (x >= observed)) ** 2, -1, 3, points=[observed], limit=200)
    assert integral == pytest.approx(exact, rel=1e-6, abs=0)
    sample = norm.ppf((np.arange(2000) + 0.5) / 2000, mean, width)
    assert crps(sample, observed) == pytest.approx(exact, rel=5e-3, abs=0)


def test_a_weight_of_two_scores_as_the_value_given_twice():
    assert crps(np.array([0.7, 0.9]), 0.8, np.array([2.0, 1.0])) == pytest.approx(
        crps(np.array([0.7, 0.7, 0.9]), 0.8), **RELATIVE
    )


def made_up(name, error, *, solved=True, origin="published"):
    def guess(kind, off):
        r = Retention(value=0.9 + off, low=0.9 + off - 0.02, high=0.9 + off + 0.02)
        return Guess(name=kind, meaning="", retention=r, error=off, crps=abs(off), inside=r.low <= 0.9 <= r.high)

    own = [guess(MODEL, error)] if solved else []
    return Pair(
        name=name,
        title="",
        cell="coated",
        origin=origin,
        note="",
        source="",
        cycles=100,
        priors="0",
        bare=0.8,
        reported=0.9,
        guesses=(*own, guess("coated = bare", -0.1), guess("mean published coating", 0.05)),
        solved_share=float(solved),
        reasons_unsolved={} if solved else {"cycle 100 out of reach": 12},
        scenarios=(),
    )


def test_scores_are_means_over_pairs():
    own, same, _ = scores([made_up("a", 0.01), made_up("b", -0.05)])
    assert (own.count, own.inside) == (2, 1)
    assert own.mean_error == pytest.approx(-0.02, **RELATIVE) and own.mean_size == pytest.approx(0.03, **RELATIVE)
    assert same.mean_size == pytest.approx(0.1, **RELATIVE)


def test_a_pair_that_cannot_be_solved_is_told_and_counts_for_no_guess():
    pairs = [made_up("a", 0.01), made_up("b", 0.0, solved=False)]
    assert [s.count for s in scores(pairs)] == [1, 1, 1]
    assert scores(pairs[1:]) == ()


# baselines ---------------------------------------------------------------------------------------------------------


def test_a_baseline_leaves_its_own_pair_out():
    counted = [case for case in cases() if case.standing == "inside"]
    for case in counted:
        cuts = [(1 - c.coated) / (1 - c.uncoated) for c in counted if c is not case]
        mean = baselines(case.uncoated, case.study)[1]
        expected = 1 - (1 - case.uncoated) * np.prod(cuts) ** (1 / len(cuts))
        assert mean.retention == pytest.approx(expected, **RELATIVE)
        assert len(published_coatings(case.study)) == len(counted) - 1
    # a study that is none of them sees all
    assert len(published_coatings("mine")) == len(counted)


def test_another_reading_of_a_pair_sees_neither_reading():
    for asked in published_pairs():
        assert all(
            row["source"].split(";")[0] != asked.source.split(";")[0] for row in published_coatings(asked.leave_out)
        )


# rows --------------------------------------------------------------------------------------------------------------


def test_every_published_row_stands_somewhere_and_recalled_ones_outside():
    told = cases()
    assert len({case.name for case in told}) == len(told)
    assert len([case for case in told if case.standing != "reading"]) == 16
    assert [sum(case.standing == s for case in told) for s in ("inside", "reading", "outside")] == [3, 1, 13]
    assert all(case.why and case.source for case in told)
    for case in told:
        if case.basis == "memory":
            assert case.standing == "outside" and "recalled" in case.why and not case.study
        if case.standing != "outside":
            assert 0 < case.uncoated < case.coated < 1


@pytest.mark.parametrize("case", [c for c in cases() if c.standing != "outside"], ids=lambda c: c.study)
def test_the_study_of_a_pair_states_what_its_row_states(case):
    study = case_study(case.study)
    (asked,) = (one for one in published_pairs() if one.name == case.name)
    data = study.calibration
    assert data.last / data.first == pytest.approx(case.uncoated, rel=2e-4, abs=0)
    assert reported_retention(study, asked.cell) == pytest.approx(case.coated, **RELATIVE)
    assert study.cells[asked.cell].protocol.cycles == case.cycles
    assert study.cells[data.cell].coating is None and study.cells[asked.cell].coating is not None


def test_the_readings_of_a_pair_differ_in_the_bare_cell_only():
    points, relative = case_study("nb2o5-ncm811"), case_study("nb2o5-ncm811-relative")
    assert points.cells == relative.cells and points.reported == relative.reported
    assert points.calibration.capacity[1] == relative.calibration.capacity[1]
    assert points.calibration.last < relative.calibration.last


# data with a spread ------------------------------------------------------------------------------------------------


def test_the_level_moves_both_capacities_and_the_retention_level_the_last():
    data = case_study("zro2-ncm622").at({"calibration.capacity_level": 0.9}).calibration
    plain = case_study("zro2-ncm622").calibration
    assert data.first == pytest.approx(plain.first * np.exp(0.05 * norm.ppf(0.9)), rel=1e-9, abs=0)
    assert data.last / data.first == pytest.approx(plain.last / plain.first, **RELATIVE)
    kept = load_study("zhao2024").at({"calibration.retention_level": 0.9}).calibration
    assert kept.first == load_study("zhao2024").calibration.first
    assert kept.last / kept.first == pytest.approx(138 / 174.7 * np.exp(0.01 * norm.ppf(0.9)), rel=1e-9, abs=0)


def test_a_spread_of_a_capacity_itself_is_refused():
    data = load_study("zhao2024").calibration
    wide = Sourced(value=data.capacity[200].value, unit="C/kg", distribution="normal", spread=(3600.0,))
    with pytest.raises(InputError, match="retention_level"):
        replace(data, capacity={**data.capacity, 200: wide})


# pairs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uncoated():
    """The ZrO2 pair with a coating of no mass, in a few draws."""
    study = case_study("zro2-ncm622")
    cell = study.cells["coated"]
    zero = Sourced(value=0.0, source="test")
    blank = replace(cell, coating=replace(cell.coating, dose=zero), anneal=study.cells["bare"].anneal)
    return replace(study, cells={**study.cells, "coated": blank})


def test_a_pair_without_coating_mass_is_the_bare_cell(uncoated):
    """To the bit in every draw; and with the bare number reported, the error is that of the calibration alone."""
    draws = run_ensemble(uncoated, draws=3)
    solved = [(d, s) for d in draws for s, v in d.scales.items() if isinstance(v, Scales)]
    assert solved
    for d, s in solved:
        np.testing.assert_array_equal(d.lives["coated", s], d.lives["bare", s])
    bare = uncoated.calibration.last / uncoated.calibration.first
    own = {"coated": Reported(retention={100: Sourced(value=bare, source="test")})}
    pair = predict(Asked(replace(uncoated, reported=own), "coated", "user", "blank", "", "blank"), 3)
    found = pair.guesses[0]
    assert found.name == MODEL and abs(found.error) < 1e-3  # 0.1 mAh/g at either end
    assert pair.guesses[1].error == 0 and pair.guesses[1].crps == 0


def test_what_is_reported_does_not_move_what_is_predicted(uncoated):
    told = [
        predict(
            Asked(
                replace(uncoated, reported={"coated": Reported(retention={100: Sourced(value=v, source="test")})}),
                "coated",
                "user",
                "blank",
                "",
                "blank",
            ),
            2,
        )
        for v in (0.1, 0.99)
    ]
    assert told[0].guesses[0].retention == told[1].guesses[0].retention


def test_capacities_stand_for_a_retention():
    study = load_study("zhao2024")
    told = study.reported["coated"]
    without = replace(study, reported={"coated": replace(told, retention={})})
    assert reported_retention(without, "coated") == pytest.approx(187 / 194.8, rel=1e-9, abs=0)
    early = replace(study, reported={"coated": Reported(retention={100: told.retention[200]})})
    assert reported_retention(early, "coated") is None


# faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cut, said",
    [
        ("calibration", "no calibration; allowed: a study with capacities of the bare cell"),
        ("reported", "no reported retention of a cell other than 'bare'; allowed: under 'reported'"),
    ],
)
def test_a_study_that_is_no_pair_is_refused(tmp_path, cut, said):
    import yaml

    from epitropy.study import study_text

    raw = yaml.safe_load(study_text("zhao2024"))
    del raw[cut]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(ValueError) as fault:
        user_pairs(str(file))
    assert said in str(fault.value) and "\n" not in str(fault.value)


def test_the_same_study_twice_and_an_unknown_file_are_refused():
    with pytest.raises(ValueError, match="'zhao2024' is given twice"):
        validate(["zhao2024", "zhao2024"], draws=1)
    with pytest.raises(ValueError, match="neither a file nor a bundled study"):
        validate(["nowhere.yaml"], draws=1)


# pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answer():
    """Made of made-up pairs: the pages are tested, not the model."""
    pairs = [made_up("a", 0.01), made_up("b", 0.0, solved=False), made_up("c", 0.3, origin="user")]
    shell = validate(["zhao2024"], draws=1, only_mine=True)
    return replace(
        shell,
        pairs=tuple(pairs),
        scores=scores(pairs[:2]),
        own_scores=scores(pairs[2:]),
        outside=tuple(c for c in cases() if c.standing == "outside"),
    )


def test_the_pages_name_every_pair_and_row_and_mark_the_users(answer):
    made = files(answer)
    assert {"validation.html", "validation.md", "validation.csv", "answer.json"} <= set(made)
    for name in ("validation.html", "validation.md"):
        assert all(case.name in made[name] for case in answer.outside)
        assert "c (yours)" in made[name] and "not solved" in made[name] and "cycle 100 out of reach" in made[name]
    assert made["validation.csv"].splitlines()[0].startswith("pair,counted,cycles,bare_percent")
    assert [row[0] for row in pair_rows(answer)[1:]] == ["a", "b", "c (yours)"]


def test_a_loss_to_a_baseline_and_the_tiny_number_are_said(answer):
    said = " ".join(sentences(answer))
    assert "n = 1 is tiny" in said and "b: not predicted" in said
    assert "By CRPS epitropy is ahead of both baselines." in said  # the published pair
    assert "By CRPS epitropy loses to: coated = bare, mean published coating." in said  # the user's


def test_the_shipped_page_lists_every_row_and_says_who_wins():
    page = PAGE.read_text(encoding="utf-8")
    for part in fixed_sections(tuple(case for case in cases() if case.standing == "outside")):
        assert part in page, "run: python docs/validation.py"
    for case in cases():
        assert case.name in page, "run: python docs/validation.py"
    assert "By CRPS epitropy" in page


def test_the_shipped_page_holds_the_numbers_of_a_fresh_run():
    """The ZrO2 pair moves least from draw to draw: eight draws are within half a point of the page's sixty-four."""
    (asked,) = (one for one in published_pairs() if one.study.name == "zro2-ncm622")
    line = next(x for x in PAGE.read_text(encoding="utf-8").splitlines() if x.startswith(f"| {asked.name} | 100 |"))
    told = [float(x) for x in re.search(r"\| ([\d.]+) \(([\d.]+) to ([\d.]+)\) \|", line).groups()]
    r = predict(asked, 8).guesses[0].retention
    assert 100 * r.value == pytest.approx(told[0], rel=0, abs=0.7), "python docs/validation.py"
    assert [100 * r.low, 100 * r.high] == pytest.approx(told[1:], rel=0, abs=1.2), "python docs/validation.py"
