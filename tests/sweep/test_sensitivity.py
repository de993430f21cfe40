"""Sobol indices: exact ones, missing values, every input in a factor, the model's own value at the medians."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from SALib.analyze import sobol as salib
from SALib.sample import sobol as sampling

from epitropy.errors import InputError
from epitropy.report.sweep_figures import drawings
from epitropy.report.sweep_tables import state
from epitropy.sweep import run, sensitivity
from epitropy.sweep.folder import Folder
from epitropy.sweep.rows import rows_of
from epitropy.sweep.run import INDICES, run_sweep
from epitropy.sweep.sensitivity import OTHERS, SCENARIO, VARIED, Plan, from_text, indices, inputs_at
from epitropy.sweep.spec import read_sweep

from .conftest import CHAIN
from .test_design import here

NAMES = ["a", "b", "c"]
PROBLEM = {"num_vars": 3, "names": NAMES, "groups": NAMES, "bounds": [[-math.pi, math.pi]] * 3}
ISHIGAMI = {"a": (0.3139, 0.5576), "b": (0.4424, 0.4424), "c": (0.0, 0.2437)}  # of sin a + 7 sin^2 b + 0.1 c^4 sin a
GOAL = "coated.retention_200"


@pytest.fixture(scope="module")
def ishigami():
    rows = sampling.sample(PROBLEM, 4096, calc_second_order=False, seed=3)
    return np.sin(rows[:, 0]) + 7 * np.sin(rows[:, 1]) ** 2 + 0.1 * rows[:, 2] ** 4 * np.sin(rows[:, 0])


def of(values):
    found, solved = indices(SimpleNamespace(blocks=5, problem=PROBLEM), values)
    return {i.name: i for i in found}, solved


def test_indices_of_a_function_whose_own_are_known(ishigami):
    found, solved = of(ishigami)
    theirs = salib.analyze(PROBLEM, ishigami, calc_second_order=False, seed=1)
    assert solved == 1 and list(found) == ["a", "b", "c"]
    for n, (name, (first, total)) in enumerate(ISHIGAMI.items()):
        for index, exact, other in ((found[name].first, first, "S1"), (found[name].total, total, "ST")):
            assert index[0] == pytest.approx(exact, abs=0.02)
            assert index[1] < exact + 0.01 and exact - 0.01 < index[2]
            assert index[0] == pytest.approx(theirs[other][n], abs=0.003)


def test_values_that_are_missing_by_chance_move_no_index(ishigami):
    missing = ishigami.copy()
    missing[np.random.default_rng(0).random(len(missing)) < 0.4] = np.nan
    found, solved = of(missing)
    assert solved == pytest.approx(0.6, abs=0.03)
    for name, (first, total) in ISHIGAMI.items():
        assert found[name].first[0] == pytest.approx(first, abs=0.05)
        assert found[name].total[0] == pytest.approx(total, abs=0.05)


def test_what_does_not_vary_or_is_hardly_there_has_no_index(ishigami):
    assert of(np.ones(50)) == ({}, 1.0)
    few = np.full(50, np.nan)
    few[:5] = ishigami[:5]
    assert of(few) == ({}, 0.1)


@pytest.fixture(scope="module")
def asked():
    return read_sweep({**CHAIN, "scenario": "barrier/inactive", "sensitivity": 64, "intervals": {"best": 0}})


def test_every_uncertain_input_is_in_a_factor(asked):
    inputs = inputs_at(asked, 3)
    assert "coating.dose" in inputs and len(inputs) > 100
    for own in (tuple(inputs), ("layer.lithium_conductivity",), ()):
        plan = Plan(asked, GOAL, 3, 4, own)
        assert [n.removesuffix(VARIED) for n in plan.varied] == ["coating.dose", "anneal.temperature"]
        assert plan.problem["names"][3:] == inputs and plan.problem["names"][2] == SCENARIO
        assert (OTHERS in plan.problem["groups"]) == (len(own) < len(inputs))
        assert len(sensitivity._samples(4, json.dumps(plan.problem))) == 4 * plan.blocks  # none counts for two


def test_at_the_medians_it_is_the_row_of_the_sweep(asked):
    from epitropy.calibrate.scenarios import named_scenario

    row = rows_of(asked, 3, 4).columns[f"{GOAL} [%]"][0]
    plan = Plan(asked, GOAL, 3, 4, ())
    assert sensitivity._value(plan, 3, {}, named_scenario(asked.study, asked.scenario)) == pytest.approx(row, abs=1e-9)


def test_what_matters_is_found_and_the_rest_is_one_factor(asked, tmp_path, monkeypatch):
    """The whole way, with a model of which all indices are known."""
    inputs = inputs_at(asked, 0)
    large, small = inputs[7], inputs[50]

    def model(plan, index, quantiles, scenario):
        return 10 * quantiles[large] + quantiles[small] + 5 * asked.grid.steps(np.array(index))[1]

    monkeypatch.setattr(sensitivity, "_value", model)
    monkeypatch.setattr(run, "engine", here)
    monkeypatch.setattr(run, "rows_of", lambda *a: rows)
    rows = rows_of(asked, 0, len(asked.grid))
    texts = {"sweep.yaml": json.dumps({**CHAIN, "sensitivity": 64, "study": "zhao2024"}), "study.yaml": ""}
    stops = iter([False] * 30 + [True] * 500)
    first = run_sweep(asked, tmp_path / "x", texts, stop=lambda: next(stops))
    assert not first.whole and not Folder(tmp_path / "x").meta().get(INDICES)
    assert run_sweep(asked, tmp_path / "x", texts).whole
    told = from_text(Folder(tmp_path / "x").meta()[INDICES])
    found = {i.name: i.total[0] for i in told["indices"]}
    variance = {large: 100 / 12, small: 1 / 12, f"anneal.temperature{VARIED}": 25 / 4}
    exact = {name: v / sum(variance.values()) for name, v in variance.items()}
    for name, share in exact.items():
        assert found[name] == pytest.approx(share, abs=0.08), name
    assert list(found)[:2] == list(exact)[0:3:2] and found[OTHERS] == pytest.approx(0, abs=1e-9)
    assert f"depends most on {large}" in " ".join(state(Folder(tmp_path / "x")))
    figure = next(d for d in drawings(Folder(tmp_path / "x"), asked) if d.name == "sensitivity")
    assert len(figure.rows) == len(found)


@pytest.mark.parametrize(
    "change", [{"sensitivity": 60}, {"sensitivity": -1}, {"objectives": {"minimise": ["coating.cost"]}}]
)
def test_odd_sensitivities_are_refused(change):
    with pytest.raises(InputError, match="sensitivity"):
        read_sweep({**CHAIN, "sensitivity": 64, **change})
