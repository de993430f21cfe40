"""Grids: how many points, which, in what order, and what is no axis."""

import math

import numpy as np
import pytest
from scipy.stats import qmc

from epitropy.coating.stage import metals, precursor_shares
from epitropy.errors import InputError
from epitropy.study import load_study, read_study, read_yaml, study_text
from epitropy.sweep.axes import read_axes, simplex
from epitropy.sweep.setting import with_point


@pytest.fixture(scope="module")
def study():
    return load_study("zhao2024")


@pytest.fixture(scope="module")
def raw():
    return read_yaml(study_text("zhao2024"), "zhao2024")


def grid(study, vary, sobol=None, seed=None):
    return read_axes(vary, sobol, seed, study)


def test_five_cations_at_five_percent_are_10626_points():
    rows = simplex(5, 20)
    assert len(rows) == math.comb(24, 4) == 10626
    assert len(set(rows)) == len(rows) and {sum(r) for r in rows} == {20}


def test_the_last_axis_is_the_fastest(study):
    found = grid(study, {"coating.dose": ["1 wt%", "2 wt%"], "anneal.gas": ["O2", "air"]})
    points = [found.at(i) for i in range(len(found))]
    assert [(p["coating.dose"], p["anneal.gas"]) for p in points] == [
        (0.01, "O2"),
        (0.01, "air"),
        (0.02, "O2"),
        (0.02, "air"),
    ]


def test_ranges_keep_both_ends(study):
    found = grid(
        study,
        {
            "anneal.temperature": {"range": ["600 degC", "800 degC"], "step": "50 degC"},
            "anneal.time": {"log": ["0.5 h", "50 h"], "n": 3},
        },
    )
    assert found.axes[0].values[0] == [873.15, 923.15, 973.15, 1023.15, 1073.15]
    assert found.axes[1].values[0] == pytest.approx([1800, 18000, 180000], rel=1e-12)


def test_a_sobol_sample_fills_its_box_evenly_and_comes_again(study):
    vary = {"coating.dose": {"range": ["1 wt%", "3 wt%"]}, "anneal.time": {"log": ["1 h", "10 h"]}}
    one, again, other = (grid(study, vary, 256, seed) for seed in (1, 1, 2))
    assert one.axes[0].values == again.axes[0].values != other.axes[0].values
    dose, time = (np.array(v) for v in one.axes[0].values)
    unit = np.column_stack([(dose - 0.01) / 0.02, np.log10(time / 3600)])
    assert unit.min() >= 0 and unit.max() <= 1
    random = np.random.default_rng(0).random((256, 2))
    assert qmc.discrepancy(unit) < 0.2 * qmc.discrepancy(random)


def test_shares_of_cations_become_masses_that_hold_them(study, raw):
    vary = {"coating.precursors": {"simplex": ["Nb12WO33", "ZrO2"], "step": "50 %", "of": "cations"}}
    found = grid(study, vary)
    made = read_study(with_point(raw, found.fields, found.at(1)))  # half and half
    shares = precursor_shares(made.cells["coated"].coating)
    from epitropy.chemistry import molar_mass

    moles = {p: s / molar_mass(p) * sum(metals(p).values()) for p, s in shares.items()}
    assert moles["Nb12WO33"] == pytest.approx(moles["ZrO2"], rel=1e-9)


def test_a_point_is_written_where_a_user_would_write_it(study, raw):
    """Shared fields reach each coated cell; one behind a cell's name reaches that alone; the study itself stays."""
    before = repr(raw)
    found = grid(study, {"coating.dose": ["2 wt%"], "anneal.time": ["7 h"]})
    made = read_study(with_point(raw, found.fields, found.at(0)))
    assert made.cells["coated"].coating.dose.value == 0.02 and made.cells["coated"].anneal.time.value == 7 * 3600
    assert made.cells["bare"].coating is None and made.cells["bare"].anneal is None
    assert not made.inputs()["coating.dose"].uncertain  # set, not believed
    one = grid(study, {"coated.protocol.upper_voltage": ["4.4 V"]})
    made = read_study(with_point(raw, one.fields, one.at(0)))
    assert [c.protocol.upper_voltage.value for c in made.cells.values()] == [4.3, 4.4]
    assert repr(raw) == before


def test_a_mapping_that_a_cell_states_is_replaced_as_a_whole(study, raw):
    found = grid(study, {"coating.precursors": [{"Nb2O5": "100 %"}]})
    made = read_study(with_point(raw, found.fields, found.at(0)))
    assert list(made.cells["coated"].coating.precursors) == ["Nb2O5"]


def test_the_hosts_metals_are_varied(study, raw):
    found = grid(study, {"cathode.composition.M": {"simplex": ["Ni", "Mn"], "step": "10 %"}})
    made = read_study(with_point(raw, found.fields, found.at(9)))
    assert made.cells["bare"].cathode.composition["M"] == {"Ni": 0.9, "Mn": 0.1}


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ({"coating.doze": ["1 wt%"]}, "Did you mean coating.dose"),
        ({"coating.dose": []}, "empty list"),
        ({"coating.dose": {"range": ["3 wt%", "1 wt%"], "n": 4}}, "rising"),
        ({"coating.dose": {"range": ["1 wt%", "3 h"], "n": 4}}, "dimension"),
        ({"coating.dose": {"range": ["1 wt%"], "n": 4}}, "two ends"),
        ({"coating.dose": {"range": ["1 wt%", "3 wt%"], "n": 1}}, "whole number"),
        ({"coating.dose": {"range": ["1 wt%", "3 wt%"], "n": 2, "m": 1}}, "key 'm'"),
        ({"coating.dose": {"range": ["1 wt%", "3 wt%"]}}, "sobol"),
        ({"coating.dose": {"log": ["0 wt%", "3 wt%"], "n": 3}}, "above zero"),
        ({"anneal.temperature": {"range": ["600 degC", "800 degC"], "step": "30 degC"}}, "does not meet"),
        ({"anneal.gas": {"range": [1, 2], "n": 2}}, "range of a choice"),
        ({"coating.precursors": {"simplex": ["Nb12WO33", "Foo"], "of": "cations"}}, "unknown phase"),
        ({"coating.precursors": {"simplex": ["A", "B"], "step": "7 %"}}, "whole part"),
        ({"coating.precursors": {"simplex": list("ABCDEFGH"), "step": "1 %"}}, "larger step"),
        ({"coating.dose": {"simplex": ["A", "B"]}}, "simplex of a number"),
        ({"bare.coating.dose": ["1 wt%"]}, "no field"),
        ({}, "vary"),
        ([1], "vary"),
    ],
)
def test_what_is_no_axis_is_told_in_one_line(study, vary, said):
    with pytest.raises(InputError, match=said) as told:
        grid(study, vary)
    assert "\n" not in str(told.value)


def test_a_sample_of_nothing_is_refused(study):
    with pytest.raises(InputError, match="sobol"):
        grid(study, {"coating.dose": ["1 wt%"]}, 64)
