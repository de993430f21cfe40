"""What the page says of the gain's split: honest where nothing is gained, features cancel or one exceeds the gain."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.calibrate.attribution import FEATURES
from epitropy.records.headline import Attribution, Capacity, Effect, FeatureEffect, Retention
from epitropy.report import attribution_figures, page
from epitropy.report.attribution import feature_rows, scenario_rows, sentence

NAMES = list(FEATURES)


def effect(points: float, last: float = 0.0, half: float = 0.0) -> Effect:
    """Points of retention and mAh/g in."""
    kept, capacity = points / 100, 3600 * last
    return Effect(
        retention=Retention(value=kept, low=kept - half / 100, high=kept + half / 100),
        last=Capacity(value=capacity, low=capacity, high=capacity),
        mean_retention=kept,
        mean_last=capacity,
    )


def split(
    shares: dict[str, tuple[float, float]], rest=(0.0, 0.0), half=0.0, draws=16, scenario="barrier/series", leads=None
):
    """An attribution whose total is the sum of its parts."""
    given = {name: shares.get(name, (0.0, 0.0)) for name in NAMES}
    features = {
        name: FeatureEffect(without=FEATURES[name], share=effect(*v), taken_away=effect(*v), added_alone=effect(*v))
        for name, v in given.items()
    }
    total = np.sum([*given.values(), rest], axis=0)
    size = {n: abs(v[0]) for n, v in {**given, "the rest": rest}.items()}
    return Attribution(
        scenario=scenario,
        draws=draws,
        features=features,
        rest=effect(*rest),
        total=effect(*total, half=half),
        leads=leads or {max(size, key=size.get): draws},
    )


def test_a_gain_is_told_by_what_makes_most_of_it():
    said = sentence(split({"oxygen barrier": (4.0, 8.0), "single phase": (2.0, 3.0), "lithium path": (-0.3, -1.0)}))
    assert "gains 5.7 points" in said and "+10.0 mAh/g" in said
    assert "Most of the gain: oxygen barrier (+4.0 points) and single phase (+2.0 points)." in said
    assert "Against it: lithium path (-0.3 points)." in said
    assert "sign is open" not in said


def test_no_gain_without_parts_and_with_parts_that_cancel():
    assert "less than 0.05 points (0.0 mAh/g at the last cycle): none of its features does more." in sentence(split({}))
    said = sentence(split({"oxygen barrier": (2.0, 1.0), "misfit and stress": (-2.01, -1.0)}))
    assert "less than 0.05 points" in said
    assert "oxygen barrier (+2.0 points) and misfit and stress (-2.0 points) cancel" in said


def test_a_share_above_the_whole_gain_is_told():
    said = sentence(split({"oxygen barrier": (3.0, 1.0), "misfit and stress": (-1.0, -1.0)}))
    assert "Oxygen barrier alone makes 150 % of the gain." in said


def test_a_loss_is_a_loss():
    said = sentence(split({"misfit and stress": (-3.0, -2.0), "oxygen barrier": (1.0, 1.0)}))
    assert "loses 2.0 points" in said and "Most of the loss: misfit and stress (-3.0 points)." in said
    assert "Against it: oxygen barrier (+1.0 points)." in said


def test_a_retention_that_rises_because_cycle_1_falls_is_called_so():
    said = sentence(split({"fewer cracks": (12.0, -6.0), "clean surface": (-2.0, 5.0)}))
    assert "Fewer cracks raises the retention by lowering cycle 1" in said and "-6.0 mAh/g" in said
    assert "Clean surface lowers the retention only by raising cycle 1 more" in said and "+5.0 mAh/g" in said


@pytest.mark.parametrize(
    ("draws", "half", "words"),
    [(16, 5.0, "so the sign is open"), (3, 5.0, "3 draws only, too few to tell a spread"), (1, 5.0, "1 draw only")],
)
def test_spread_of_the_gain(draws, half, words):
    assert words in sentence(split({"oxygen barrier": (3.0, 1.0)}, half=half, draws=draws))


def test_means_made_by_single_draws_are_called_so():
    shares = {"lithium path": (4.0, -1.0), "oxygen barrier": (1.0, 2.0)}
    said = sentence(split(shares, draws=9, leads={"oxygen barrier": 7, "lithium path": 2}))
    assert "Few draws make this mean: in 7 of 9 the largest share is that of oxygen barrier." in said
    assert "Few draws" not in sentence(split(shares))


def test_tables_hold_every_part_once_and_the_gain_last():
    found = split({"oxygen barrier": (3.0, 1.0)}, rest=(-0.5, -2.0))
    rows = feature_rows(found)
    assert [r[0] for r in rows] == [*NAMES, "the rest", "gain over the bare cell"]
    assert sum(float(r[1]) for r in rows[:-1]) == pytest.approx(float(rows[-1][1]), abs=0.05)
    (wide,) = scenario_rows([found])
    assert wide[:3] == ("barrier/series", "16", "+3.0") and wide[-1] == "+2.5"


@pytest.fixture(scope="module")
def told(full):
    found = (
        split({"oxygen barrier": (3.0, 8.0), "clean surface": (-1.0, 4.0)}, rest=(-0.5, -2.0), half=1.0),
        split({"fewer cracks": (12.0, -6.0)}, draws=1, scenario="fewer-cracks/series"),
    )
    return replace(full, headline=replace(full.headline, attribution=found))


def test_the_figure_names_units_and_holds_what_is_drawn(told, study):
    drawing = attribution_figures.shares(told, study)
    assert [a.get_xlabel().rpartition("/ ")[2] for a in drawing.figure.axes] == ["percentage points", "(mAh/g)"]
    by_part = {row[:2]: row[2:] for row in drawing.rows}
    parts = [by_part["barrier/series", name] for name in (*NAMES, "the rest")]
    np.testing.assert_allclose(
        np.sum([(p[0], p[4]) for p in parts], axis=0),
        np.take(by_part["barrier/series", "gain over the bare cell"], [0, 4]),
    )


def test_the_page_shows_the_split_or_nothing(told, full, study):
    text = page.html(told, study)
    assert 'id="figure-attribution"' in text and 'id="attribution"' in text
    assert "In scenario barrier/series the layer gains 1.5 points" in text
    assert "attribution" not in page.html(full, study)
