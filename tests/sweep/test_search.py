"""What a design proposes: better than chance, never what conditions leave out, the same each time."""

import numpy as np
import pytest

from epitropy.errors import InputError
from epitropy.sweep.axes import CHOICE, MAPPING, NUMBER
from epitropy.sweep.pareto import fronts, surely_dominated
from epitropy.sweep.rows import rows_of, titled
from epitropy.sweep.search import Dimension, Known, propose
from epitropy.sweep.spec import read_sweep

MIXED = {
    "study": "zhao2024",
    "budget": {"points": 160},
    "vary": {
        "coating.precursors": {"simplex": ["Nb2O5", "ZrO2", "HfO2", "TiO2", "WO3"], "step": "10 %", "of": "cations"},
        "coating.dose": {"log": ["0.2 wt%", "3 wt%"], "n": 20},
    },
    "objectives": {"maximise": ["coating.entropy"], "minimise": ["coating.cost"]},
    "until": "recipe",
}


def values_of(sweep, index):
    made = rows_of(sweep, index, index + 1)
    return tuple(made.columns[titled(sweep, name)][0] for name, _ in sweep.goals)


def searched(sweep, points):
    known = []
    while len(known) < points:
        for index in propose(sweep, known, len(known) // 16, 16):
            known.append(Known(index, values_of(sweep, index)))
    return known


def area(values):
    """Area between a front and the worst corner, both objectives to be large."""
    front = values[fronts(values, 1)[0]]
    front = front[np.argsort(-front[:, 0])]
    steps = np.diff([0.0, *front[:, 1]]).clip(0)
    return float((front[:, 0] * steps).sum())


@pytest.fixture(scope="module")
def found():
    sweep = read_sweep(MIXED)
    made = rows_of(sweep, 0, len(sweep.grid))
    every = np.column_stack([made.columns[titled(sweep, n)] for n, _ in sweep.goals])
    return sweep, every, searched(sweep, 160)


def test_a_search_comes_near_the_front_of_the_whole_grid_and_chance_does_not(found):
    sweep, every, known = found
    assert len(sweep.grid) == len(every) == 20_020
    scale = every[:, 1].max()

    def reached(values):
        values = np.asarray(values)
        return area(np.column_stack([values[:, 0], np.log(scale / values[:, 1])]))

    best = reached(every)
    lots = np.random.default_rng(0)
    chance = [reached(every[lots.choice(len(every), 160, replace=False)]) for _ in range(20)]
    assert reached([k.values for k in known]) > max(np.max(chance), 0.9 * best)


def test_a_corner_of_the_mixtures_is_found(found):
    sweep, every, _ = found
    sweep = read_sweep({**MIXED, "objectives": {"minimise": ["coating.cost"]}})
    known = searched(sweep, 160)
    cheapest = min(known, key=lambda k: k.values)
    assert cheapest.values[0] < 1.2 * np.min(every[:, 1])
    assert max(sweep.grid.at(cheapest.index)["coating.precursors"].values()) > 0.8


def test_no_point_is_proposed_twice_and_the_same_come_again(found):
    sweep, _, known = found
    assert len({k.index for k in known}) == len(known)
    assert propose(sweep, known[:48], 3, 16) == [k.index for k in known[48:64]]
    assert propose(sweep, known[:48], 4, 16) != [k.index for k in known[48:64]]


def test_conditions_hold_in_all_that_is_proposed():
    sweep = read_sweep({**MIXED, "where": ["coating.fraction.Hf < 5 %", "coating.dose > 2 wt%"]})
    for k in searched(sweep, 48):
        point = sweep.grid.at(k.index)
        assert "HfO2" not in point["coating.precursors"] and point["coating.dose"] > 0.02


def test_a_grid_comes_to_its_end():
    sweep = read_sweep({**MIXED, "vary": {"coating.dose": ["0.5 wt%", "1 wt%", "2 wt%"]}})
    first = propose(sweep, [], 0, 16)
    assert sorted(first) == [0, 1, 2]
    assert propose(sweep, [Known(i, values_of(sweep, i)) for i in first], 1, 16) == []


def test_points_that_fail_are_not_proposed_again():
    sweep = read_sweep(MIXED)
    failed = [Known(i, None) for i in propose(sweep, [], 0, 40)]
    assert not set(propose(sweep, failed, 1, 40)) & {k.index for k in failed}


def test_every_step_of_every_axis_can_be_reached():
    vary = {
        "coating.precursors": {"simplex": ["Nb2O5", "ZrO2", "HfO2"], "step": "5 %", "of": "cations"},
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"]},
        "anneal.gas": ["O2", "air"],
        "anneal.temperature": ["700 degC", "650 degC"],
    }
    sweep = read_sweep({**MIXED, "vary": vary})
    dimensions = [Dimension(axis) for axis in sweep.grid.axes]
    assert [d.kind for d in dimensions] == [MAPPING, NUMBER, CHOICE, CHOICE]
    for d in dimensions:
        assert [d.step(d.params(step)) for step in range(len(d.axis))] == list(range(len(d.axis)))


@pytest.mark.parametrize(
    "change, said",
    [
        ({"objectives": {}}, "what a design seeks"),
        ({"budget": 300}, "{points: 300"),
        ({"budget": {"points": 0}}, "a whole number from 1"),
        ({"budget": {"points": 10, "cost": 3}}, "{points: 300"),
        ({"budget": {"time": "-3 min"}}, "a time above zero"),
        ({"budget": {"time": "3 wt%"}}, "budget.time"),
        ({"budget": {"time": 3}}, "a unit"),
        ({"sobol": 64}, "a sample in a design"),
        ({"vary": {f"layer.{n}": {"range": ["1e-9", "2e-9"]} for n in "ab"}}, "no field of this study"),
    ],
)
def test_odd_designs_are_refused(change, said):
    with pytest.raises(InputError) as told:
        read_sweep({**MIXED, **change})
    assert said in str(told.value)


def test_what_intervals_cannot_tell_apart_does_not_dominate():
    common = np.random.default_rng(1).normal(0, 10, 400)  # what all points share hides no difference
    apart = np.stack([common + 1, common, common + np.random.default_rng(2).normal(0, 3, 400)])[:, :, None]
    assert surely_dominated(apart, np.ones(400)).tolist() == [False, True, False]


def test_a_point_that_is_worse_in_everything_but_one_stays():
    draws = np.array([[[1.0, 1.0]] * 10, [[2.0, 0.5]] * 10, [[0.5, 0.4]] * 10])
    assert surely_dominated(draws, np.ones(10)).tolist() == [False, False, True]
    assert surely_dominated(draws[:2].repeat(2, axis=0), np.ones(10)).tolist() == [False] * 4  # equals do not


def test_nine_draws_of_ten_decide():
    one, other = np.zeros((10, 1)), np.ones((10, 1))
    other[0] = -1
    assert surely_dominated(np.stack([one, other]), np.ones(10)).tolist() == [True, False]
    other[1] = -1
    assert surely_dominated(np.stack([one, other]), np.ones(10)).tolist() == [False, False]
    assert surely_dominated(np.stack([one, other]), np.array([0.0, 0.0] + [1.0] * 8)).tolist() == [True, False]


def test_draws_that_one_of_two_lacks_do_not_count_for_them():
    one, other = np.zeros((10, 1)), np.ones((10, 1))
    other[:5] = np.nan
    assert surely_dominated(np.stack([one, other]), np.ones(10)).tolist() == [True, False]
    assert surely_dominated(np.stack([one, np.full((10, 1), np.nan)]), np.ones(10)).tolist() == [False, False]
