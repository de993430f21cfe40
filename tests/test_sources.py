"""Every number from a paper: unit, label, source and grade; draws reproduce the stated spread."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from epitropy.anneal.spec import Anneal
from epitropy.catalogue import phase, phase_names
from epitropy.coating.spec import Coating
from epitropy.cycling.spec import Cathode, Cell, Degradation, Protocol
from epitropy.errors import InputError
from epitropy.hosts import host_curves, host_names
from epitropy.records.sourced import GRADES, Sourced
from epitropy.sources import default, sourced, table
from epitropy.study import leaves

ROOMS = (Cathode, Coating, Anneal, Cell, Protocol, Degradation)


def defaults():
    from epitropy.transport.spec import Layer

    return {f"{room.__name__}.{path}": value for room in (*ROOMS, Layer) for path, value in leaves(room())}


@pytest.mark.parametrize(("name", "number"), defaults().items(), ids=defaults())
def test_every_default_says_what_it_is_where_from_and_how_sure(name, number):
    assert number.label and number.source
    assert number.grade in GRADES
    assert math.isfinite(number.value)


@pytest.mark.parametrize(("name", "number"), defaults().items(), ids=defaults())
def test_every_default_is_its_own_median(name, number):
    """Nominal runs are then the runs at the medians."""
    assert number.at(0.5).value == pytest.approx(number.value, rel=2e-4, abs=0)


@pytest.mark.parametrize("number", [n for n in defaults().values() if n.uncertain])
def test_quantiles_rise_and_lognormal_ones_stay_positive(number):
    values = [number.at(q).value for q in (1e-6, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6)]
    assert np.all(np.diff(values) > 0)
    if number.distribution == "lognormal":
        assert min(values) > 0
    if number.distribution in ("logitnormal", "beta"):
        assert min(values) > 0 and max(values) < 1


CASES = [
    (Sourced(value=7e-9, unit="m", distribution="lognormal", spread=(0.6,)), stats.lognorm(0.6, scale=7e-9)),
    (Sourced(value=0.02, unit="V", distribution="normal", spread=(0.03,)), stats.norm(0.02, 0.03)),
    (Sourced(value=1.5, distribution="uniform", spread=(1.19, 1.86)), stats.uniform(1.19, 0.67)),
    (Sourced(value=0.69, distribution="beta", spread=(4.0, 2.0)), stats.beta(4, 2)),
]


@pytest.mark.parametrize(("number", "law"), CASES, ids=lambda c: getattr(c, "distribution", ""))
def test_quantiles_are_those_of_the_stated_distribution(number, law):
    quantiles = np.linspace(0.001, 0.999, 41)
    np.testing.assert_allclose([number.at(q).value for q in quantiles], law.ppf(quantiles), rtol=1e-9, atol=1e-12)


def test_a_logit_normal_is_normal_in_its_logit():
    number = Sourced(value=0.8, distribution="logitnormal", spread=(0.5,))
    quantiles = np.linspace(0.001, 0.999, 41)
    values = np.array([number.at(q).value for q in quantiles])
    expected = np.log(0.8 / 0.2) + 0.5 * stats.norm.ppf(quantiles)
    np.testing.assert_allclose(np.log(values / (1 - values)), expected, rtol=1e-9, atol=1e-9)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_held_number_keeps_unit_grade_and_source(first, second):
    number = Sourced(value=3.0, unit="m", distribution="normal", spread=(1.0,), grade="measured", source="x", label="y")
    held = number.at(first)
    assert (held.unit, held.grade, held.source, held.label) == ("m", "measured", "x", "y")
    assert (held.value < number.at(second).value) == (first < second)


def test_a_fixed_number_does_not_move():
    number = Sourced(value=3.0, unit="m")
    assert number.at(0.01) is number


@pytest.mark.parametrize(
    "row",
    [
        {"distribution": "lognormal", "spread": (0.5,), "value": -1.0},
        {"distribution": "lognormal", "spread": (-0.5,), "value": 1.0},
        {"distribution": "logitnormal", "spread": (0.5,), "value": 1.2},
        {"distribution": "uniform", "spread": (2.0, 1.0), "value": 1.5},
        {"distribution": "uniform", "spread": (1.0,), "value": 1.0},
        {"distribution": "beta", "spread": (1.0,), "value": 0.5},
        {"distribution": "gamma", "spread": (1.0,), "value": 0.5},
        {"grade": "guess", "value": 0.5},
        {"value": float("nan")},
        {"value": float("inf")},
    ],
)
def test_a_spread_that_cannot_be_is_refused(row):
    with pytest.raises(InputError):
        Sourced(**row)


def test_absolute_spreads_are_read_with_the_unit_of_the_value():
    assert sourced({"value": "54 kJ/mol", "distribution": "normal", "spread": "8 kJ/mol"}, "J/mol", "").spread == (8e3,)
    assert sourced({"value": "750 degC", "distribution": "normal", "spread": "25 K"}, "K", "").spread == (25.0,)
    assert sourced({"value": "750 degC", "distribution": "normal", "spread": "25 degC"}, "K", "").spread == (25.0,)
    ends = sourced({"value": "20 degC", "distribution": "uniform", "spread": ["0 degC", "40 degC"]}, "K", "").spread
    assert ends == (273.15, 313.15)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"value": "1 nm", "spred": 0.3},
        {"value": "1 s"},
        {"value": "1 nm", "spread": "wide"},
        {"value": "1 nm", "grade": "x"},
    ],
)
def test_a_faulty_row_is_refused_with_its_name(row):
    with pytest.raises(InputError, match="^coating.thing"):
        sourced(row, "m", "coating.thing")


def test_a_default_is_read_in_si():
    dose = default("coating.dose", "1")
    assert dose.value == pytest.approx(0.01, rel=1e-12, abs=0)
    assert table("defaults/coating.toml")["dose"]["value"] == "1 wt%"


@pytest.mark.parametrize("name", phase_names())
def test_every_crystal_is_complete_and_graded(name):
    crystal = phase(name)
    assert crystal.cell_source and crystal.cell_grade in GRADES
    for path, number in leaves(crystal):
        assert number.source and number.grade in GRADES, path


@pytest.mark.parametrize("name", [n for n in phase_names() if "from the recalled cell" in phase(n).density.source])
def test_a_derived_density_is_that_of_cell_and_formula(name):
    from epitropy.chemistry import molar_mass
    from epitropy.constants import AVOGADRO

    crystal = phase(name)
    exact = crystal.formula_units * molar_mass(crystal.formula) / (crystal.cell.volume * AVOGADRO)
    assert crystal.density.value == pytest.approx(exact, rel=3e-3, abs=0)  # given to three digits


@pytest.mark.parametrize("name", host_names())
def test_a_host_falls_in_voltage_and_keeps_its_numbers_in_bounds(name):
    curves = host_curves(name, name)
    assert np.all(np.diff(curves.voltage) < 0)
    assert curves.diffusivity.min() > 0
    assert all(curves.sources)
    assert curves.lithium_at(4.3) == pytest.approx(
        np.interp(4.3, curves.voltage[::-1], curves.lithium[::-1]), rel=1e-12
    )


def test_the_smoothed_lattice_stays_within_the_error_of_its_table():
    rows, curves = table("cathodes/ncm90.toml")["lattice"], host_curves("ncm90", "ncm90")
    a = np.interp(rows["x"], curves.lithium, curves.a) * 1e10
    c = np.interp(rows["x"], curves.lithium, curves.c) * 1e10
    # the bands that the table's source states: c to 0.10 angstrom where it collapses
    np.testing.assert_allclose(a, rows["a_angstrom"], rtol=0, atol=0.005)
    np.testing.assert_array_less(np.abs(c - rows["c_angstrom"]), np.where(np.array(rows["x"]) > 0.1, 0.03, 0.10))


def test_the_host_shrinks_by_about_eight_percent_when_charged_deep():
    curves = host_curves("ncm90", "ncm90")
    volume = curves.a**2 * curves.c
    assert np.interp(0.1, curves.lithium, volume) / volume[-1] - 1 == pytest.approx(-0.08, abs=0.01)
