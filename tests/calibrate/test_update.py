"""Scenarios after the data: exact odds, the limit of many draws, scores, and what a study may declare of its own."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from scipy.stats import norm

from epitropy.calibrate.ensemble import Draw
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.calibrate.scores import crps, scattered
from epitropy.calibrate.update import log_density, observed, reading_errors, seen_numbers, update
from epitropy.errors import InputError
from epitropy.study import load_study, priors_hash, read_study, study_hash, study_text

LEVEL, KEPT = reading_errors()
TWO = declared_scenarios()[:2]


def draws(*retentions, first=6e5, spread=0.0, count=1, seed=0):
    """Draws of two scenarios that keep the given shares, scattered in ln by ``spread``."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        lives = {
            ("coated", s.name): np.array([first, first * r * np.exp(spread * rng.normal())])
            for s, r in zip(TWO, retentions)
        }
        found.append(Draw(scales={s.name: "-" for s in TWO}, lives=lives))
    return found


def after(found):
    return [w.after for w in found.weights]


def test_two_sharp_scenarios_get_the_odds_of_their_likelihoods():
    seen = {"retention": 0.9}
    found = update(draws(0.91, 0.93), TWO, "coated", seen, {})
    likelihood = norm(0, KEPT).pdf(np.log(0.9 / np.array([0.91, 0.93])))
    assert after(found) == pytest.approx(likelihood / likelihood.sum(), rel=1e-9)
    assert found.nearest == pytest.approx(np.log(0.91 / 0.9) / KEPT, rel=1e-9)


def test_broad_scenarios_get_the_odds_of_their_predictive_densities():
    """Many draws: the density at the data is that of spread and error together."""
    found = update(draws(0.85, 0.93, spread=0.03, count=4000), TWO, "coated", {"retention": 0.9}, {})
    exact = norm(0, np.hypot(0.03, KEPT)).pdf(np.log(0.9 / np.array([0.85, 0.93])))
    assert after(found) == pytest.approx(exact / exact.sum(), rel=0.06)
    assert found.retention.low < found.retention.value < found.retention.high


def test_a_scenario_without_reach_of_the_data_is_said_not_to_explain_them():
    found = update(draws(0.5, 0.6, spread=0.002, count=50), TWO, "coated", {"retention": 0.96}, {})
    assert not found.explained and found.retention is None and found.nearest > 3
    assert after(found)[1] > 0.99  # ranks all the same


def test_level_and_retention_are_independent_readings():
    lives = np.array([[6e5, 5.4e5]])
    shown, data, errors = seen_numbers(lives, {"last": 5.5e5, "retention": 0.92})
    assert ((data - shown) / errors)[0] == pytest.approx([np.log(0.92 / 0.9) / KEPT, np.log(5.5 / 0.92 / 6) / LEVEL])


def test_the_density_of_draws_integrates_to_one_and_knows_gaussians():
    rng = np.random.default_rng(1)
    x = rng.normal(0.0, 0.05, (2000, 1))
    grid = np.linspace(-0.4, 0.4, 801)
    density = np.exp([log_density(x, np.array([g]), np.array([0.01]), np.cov(x.T).reshape(1, 1)) for g in grid])
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-3)
    assert density[400] == pytest.approx(norm(0, np.hypot(0.05, 0.01)).pdf(0.0), rel=0.08)


def test_weights_do_not_hang_on_the_order_of_scenarios_and_dead_cells_count_against_one():
    seen = {"retention": 0.9}
    found = update(draws(0.9, 0.93, spread=0.01, count=30), TWO, "coated", seen, {})
    turned = update(draws(0.9, 0.93, spread=0.01, count=30), TWO[::-1], "coated", seen, {})
    assert after(found) == pytest.approx(after(turned)[::-1], rel=1e-12)
    dead = draws(0.9, 0.93, spread=0.01, count=30)
    lives = [
        {k: v * ([1, 0] if k[1] == TWO[0].name and i % 2 else [1, 1]) for k, v in d.lives.items()}
        for i, d in enumerate(dead)
    ]
    halved = update([replace(d, lives=v) for d, v in zip(dead, lives)], TWO, "coated", seen, {})
    assert after(halved)[0] < after(found)[0]


def test_nothing_reported_nothing_updated():
    assert update(draws(0.9, 0.9), TWO, "coated", {}, {}) is None
    study = load_study("zhao2024")
    assert observed(study, "coated") == pytest.approx({"last": 187 * 3600, "retention": 0.96})
    assert observed(replace(study, reported={}), "coated") == {}


def test_a_score_is_proper_and_a_point_scores_its_error():
    """The honest forecast scores best on average; so does the analytic one of a normal."""
    rng = np.random.default_rng(2)
    truth = rng.normal(0.9, 0.02, 400)
    honest, sure, vague = (rng.normal(0.9, s, 500) for s in (0.02, 0.004, 0.08))
    mean = [np.mean([crps(f, y) for y in truth]) for f in (honest, sure, vague)]
    assert mean[0] < mean[1] and mean[0] < mean[2]
    assert crps(0.79, 0.96) == pytest.approx(0.17)
    found = update(draws(0.9, 0.9), TWO, "coated", {"retention": 0.96}, {"coated = bare": 0.79})
    scores = {s.name: s.crps for s in found.scores}
    assert scores["coated = bare"] == pytest.approx(0.17)
    assert scores["prediction"] == pytest.approx(crps(scattered(np.array([0.9]), KEPT), 0.96), rel=1e-9)


# scenarios of a study's own ----------------------------------------------------------------------------------------

OWN = """
scenarios:
  tougher:
    title: boundaries that the layer toughens
    needs: a boundary phase with twice the toughness
    refuted_by: BET as large in coated as in bare cells
    reach: boundaries
    crack_share: 0.7
    gap_carriers: [series]
"""


def with_scenarios(text):
    return read_study(yaml.safe_load(study_text("zhao2024") + text))


def test_a_study_adds_a_scenario_and_every_hash_knows_it():
    study, plain = with_scenarios(OWN), load_study("zhao2024")
    (own,) = declared_scenarios(study)[len(declared_scenarios()) :]
    assert (own.name, own.crack_share, own.reach) == ("tougher/series", 0.7, "boundaries")
    assert study_hash(study) != study_hash(plain) and priors_hash(study) != priors_hash(plain)
    assert priors_hash(plain) == priors_hash(replace(plain, reported={}, calibration=plain.calibration))


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("reach: boundaries", "reach: everywhere", "reach"),
        ("crack_share: 0.7", "crack_share: 1.7", "0 .no cracks"),
        ("crack_share", "crack_shares", "Did you mean 'crack_share'"),
        ("    needs: a boundary phase with twice the toughness\n", "", "needs"),
        ("  tougher:", "  outer:", "'outer' is taken"),
        ("[series]", "[]", "series, inactive, or both"),
        ("title: boundaries that the layer toughens", "title: ''", "title"),
    ],
)
def test_a_scenario_that_is_no_hypothesis_is_refused(old, new, words):
    with pytest.raises(InputError, match=words):
        with_scenarios(OWN.replace(old, new))
