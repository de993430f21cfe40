"""Sentences and rows: counts that match the result, numbers rounded to their interval."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.records.sourced import Sourced
from epitropy.report import numbers, tables, text
from epitropy.report.facts import Compared, treated_cell
from epitropy.study import input_unit, load_study
from epitropy.units import Unit


def test_opening_counts_are_those_of_the_inputs(full, study):
    _, counted, guessed = text.opening(full, study)
    grades = [v.grade for v in study.inputs().values()]
    assert f"Of {len(grades)} graded inputs" in counted
    for grade in set(grades):
        assert f"{grades.count(grade)} are {grade}" in counted or f"{grades.count(grade)} is {grade}" in counted
    assert "85 % of the interval comes from assumed inputs" in counted
    assert "95 % of it together" in guessed and "41 % of the variance" in guessed
    assert "three inputs" in guessed  # one of them is derived, so they are not all guesses


def test_opening_says_what_was_given(full, study):
    first = text.opening(full, study)[0]
    for part in ("LiNi0.9Co0.05Mn0.05O2", "80 wt% Nb12WO33", "700 °C for 5 h in O2", "200 cycles", "174.7 mAh/g"):
        assert part in first


def test_opening_without_intervals(nominal, study, uncoated):
    for result, given_study in ((nominal, study), uncoated):
        sentences = text.opening(result, given_study)
        assert all(s.endswith(".") for s in sentences)
        assert "medians" in sentences[1] and "only after drawing" in sentences[2]
    assert "no capacities to calibrate on" in text.opening(*uncoated)[0]


def test_rows_for_the_terminal(full, nominal, study):
    head, *rows = tables.headline_rows(full, study)
    by_name = {row[0].strip(): row[1:] for row in rows if row[0].strip() != "reported"}
    assert by_name["coated (predicted)"] == ("176 (167-185)", "165 (153-177)", "94 (86-102)", "1 of 3")
    assert by_name["bare (calibrated)"] == ("174.7", "138.0", "79.0", "fitted")
    assert ("  reported", "194.8", "187", "96", "") in rows
    for result in (full, nominal):
        table = tables.headline_rows(result, study)
        assert {len(row) for row in table} == {len(head)}
        widths = [max(len(line) for row in table for line in row[i].split("\n")) for i in range(len(head))]
        assert sum(widths) + 3 * len(widths) - 1 <= 80  # with the rules and blanks between columns


def test_the_terminal_table_loads_no_plotting():
    code = "import sys, epitropy.report.tables, epitropy.report.text; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("low", "high", "reported", "words"),
    [
        (163.0, 191.0, 180.0, "hit: inside the interval"),
        (163.0, 191.0, 191.0, "hit: inside the interval"),
        (163.0, 191.0, 194.8, "miss: 4 mAh/g above the interval"),
        (163.0, 191.0, 150.0, "miss: 13 mAh/g below the interval"),
        (163.0, 191.0, None, ""),
    ],
)
def test_hit_or_miss_in_words(low, high, reported, words):
    row = Compared(quantity="capacity", unit="mAh/g", value=176.0, low=low, high=high, reported=reported)
    assert row.verdict == words
    if reported is not None:
        assert "calibrated" in replace(row, fitted=True).verdict


def test_retention_above_one_is_explained(nominal, study):
    said = text.above_one(nominal, study)
    above = [s for s, kept in nominal.nominal[treated_cell(study)].items() if kept > 1.0005]
    assert bool(above) <= bool(said)
    assert all(s in said for s in above)


@given(st.floats(1e-3, 1e4), st.floats(1e-3, 1e3))
def test_rounding_keeps_two_digits_of_the_half_width(value, half):
    shown = [float(t) for t in numbers.interval(value, value - half, value + half, most=9)]
    places = numbers.decimals(half, most=9)
    exact = [value, value - half, value + half]
    assert all(abs(s - e) <= 0.5000001 * 10.0**-places for s, e in zip(shown, exact))
    assert 9.5 <= half * 10.0**places <= 100


def test_inputs_are_shown_in_their_own_units(study):
    inputs = study.inputs()
    shown = {n: tables.input_texts(v, input_unit(study, n))[0] for n, v in inputs.items()}
    assert shown["coating.dose"] == "1 wt%"
    assert shown["anneal.temperature"] == "700 °C"
    assert shown["anneal.diffusivity_host.Ni"].endswith("cm²/s")
    assert all(input_unit(study, n).si == v.unit for n, v in inputs.items())


def test_inputs_of_one_cell_find_their_unit():
    study = load_study("zhang2022")
    assert all(input_unit(study, n).si == v.unit for n, v in study.inputs().items())


def test_temperature_spread_is_shown_as_a_range():
    number = Sourced(value=973.15, unit="K", distribution="normal", spread=(10.0,))
    assert tables.input_texts(number, Unit("K", show="degC")) == ("700 °C", "690 to 710 °C")


def test_references_fall_into_one_group_each(nominal):
    groups = tables.references(nominal)
    assert sorted(r for group in groups for r in group) == sorted(nominal.references)
    assert all("recalled" in r for r in groups[1])


def test_losses_are_those_of_the_weightiest_scenario_that_could_be_cycled(full, nominal, study):
    assert text.losses_of(full) == "barrier/series, with 90 % the weightiest after the reported numbers"
    coated = treated_cell(study)
    lost = replace(
        full.cells[coated],
        cycling={n: c for n, c in full.cells[coated].cycling.items() if n != "barrier/series"},
    )
    assert text.losses_of(replace(full, cells={**full.cells, coated: lost})).endswith("the first that could be solved")
    first = next(s.name for s in nominal.scenarios if all(s.name in c.cycling for c in nominal.cells.values()))
    assert text.losses_of(nominal) == f"{first}, the first that could be solved"
