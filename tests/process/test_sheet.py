"""The batch sheet: what is weighed is what the layer holds, and every number says how well it is known."""

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.chemistry import molar_mass
from epitropy.errors import InputError
from epitropy.process.sheet import Told, batch_mass, batch_sheet, sheet_json
from epitropy.records.sourced import GRADES
from epitropy.report.sheet import html, parts
from epitropy.study import load_study, read_study

LOT = {
    "name": "lot",
    "cathode": {"residual_lithium": "0.05 mol/kg"},
    "coating": {
        "precursors": {"Nb12WO33": 0.5, "WO3": 0.3, "t-ZrO2": 0.2},
        "dose": "2 wt%",
        "dose_basis": "total",
        "purity": {"Nb12WO33": {"value": "98 %", "grade": "measured", "source": "ICP"}},
        "water": {"WO3": 1},
    },
    "cells": {"bare": {"coating": "none", "anneal": {}}, "coated": {"anneal": {}}},
}


@pytest.fixture(scope="module")
def sheet():
    return batch_sheet(load_study("zhao2024"), 0.1, draws=48)


@pytest.fixture(scope="module")
def lot():
    return batch_sheet(read_study(LOT), 0.25, draws=0)


def told(node):
    """Every graded number of a record."""
    if isinstance(node, Told):
        yield node
    elif is_dataclass(node):
        for f in fields(node):
            yield from told(getattr(node, f.name))
    elif isinstance(node, (tuple, list)):
        for item in node:
            yield from told(item)
    elif isinstance(node, dict):
        yield from told(tuple(node.values()))


def test_a_tenth_of_a_kilogram_takes_one_gram_at_one_percent(sheet):
    assert {p.precursor: round(p.weighed.value * 1e3, 6) for p in sheet.precursors} == {"Nb12WO33": 0.8, "ZrO2": 0.2}
    assert sheet.powder_out.value == pytest.approx(0.101, rel=1e-12)
    assert sheet.settings.temperature.grade == "measured" and sheet.settings.time.grade == "assumed"
    assert sheet.controls == {"bare": False}


@given(st.floats(1e-5, 1e3))
@settings(max_examples=20, deadline=None)
def test_masses_grow_with_the_batch_and_percentages_do_not(batch):
    study = read_study(LOT)
    one, many = batch_sheet(study, 1.0, draws=0), batch_sheet(study, batch, draws=0)
    assert many.weighed.value == pytest.approx(batch * one.weighed.value, rel=1e-12, abs=0)
    assert many.lithium.from_host.value == pytest.approx(batch * one.lithium.from_host.value, rel=1e-12, abs=0)
    assert many.dose_of_host == one.dose_of_host and many.layer == one.layer


def test_moles_on_the_sheet_are_those_in_the_weighed_powders(lot):
    """Backwards from the balance: take purity and water off, divide by the molar mass, count the cations."""
    amounts = {
        p.precursor: p.weighed.value * p.purity.value / (molar_mass(p.formula) + p.water.value * molar_mass("H2O"))
        for p in lot.precursors
    }
    expected = {
        "Nb": 12 * amounts["Nb12WO33"],
        "W": amounts["Nb12WO33"] + amounts["WO3"],
        "Zr": amounts["t-ZrO2"],
    }
    found = {e: n.value for e, n in lot.cations.items()}
    assert found == pytest.approx(expected, rel=1e-12, abs=0)
    dry = sum(p.dry.value for p in lot.precursors)
    assert dry / (dry + lot.host_mass) == pytest.approx(0.02, rel=1e-12)  # of the total
    assert lot.dose_of_total.value == pytest.approx(0.02, rel=1e-12)
    assert lot.powder_out.value == pytest.approx(lot.host_mass + dry, rel=1e-12)


def test_lithium_that_is_asked_for_is_given_by_someone(lot, sheet):
    for book in (lot.lithium, sheet.lithium):
        given_by = book.brought.value + book.from_residual.value + book.from_host.value
        assert given_by == pytest.approx(book.bound.value, rel=1e-9, abs=0)
        assert book.from_residual.value == pytest.approx(book.residual_share.value * book.residual.value, rel=1e-12)
    assert lot.lithium.residual_share.value == 1 and lot.lithium.from_host.value > 0


def test_every_number_is_graded_and_none_is_better_than_what_it_is_made_of(sheet, lot):
    for page in (sheet, lot):
        assert {t.grade for t in told(page)} <= set(GRADES)
    assert {t.grade for t in told(sheet.precursors)} == {"assumed"}


def test_masses_are_derived_once_dose_shares_and_lot_are_known():
    known = {"grade": "measured", "source": "balance"}
    coating = {
        "precursors": {"Nb12WO33": {"value": 1, **known}},
        "dose": {"value": "1 wt%", **known},
        "purity": {"Nb12WO33": {"value": "99 %", **known}},
        "water": {"Nb12WO33": {"value": 0, **known}},
    }
    study = read_study({"name": "known", "coating": coating, "cells": {"coated": {"anneal": {}}}})
    page = batch_sheet(study, 0.1, draws=0)
    assert page.weighed.grade == page.cations["Nb"].grade == "derived"
    assert page.layer.mean_thickness.grade == page.lithium.bound.grade == "assumed"


def test_intervals_hold_the_value_and_an_unknown_dose_widens_them(sheet):
    layer = sheet.layer
    for key in ("area", "mean_thickness", "coverage_mixed", "coverage", "thickness"):
        number = getattr(layer, key)
        assert number.low < number.value < number.high, key
    any_dose = layer.mean_thickness_any_dose
    assert any_dose.high / any_dose.low > 1.5 * layer.mean_thickness.high / layer.mean_thickness.low


def test_tables_conserve_volume_and_hold_the_recipes_own_row(sheet):
    for line in (*sheet.over_area, *sheet.over_size):
        assert line.thickness * line.coverage == pytest.approx(line.mean_thickness, rel=1e-12, abs=0)
        assert line.coverage >= line.coverage_mixed
    for lines in (sheet.over_area, sheet.over_size):
        (own,) = [line for line in lines if line.own]
        assert own.thickness == sheet.layer.thickness.value
    volumes = [line.mean_thickness * line.area for line in sheet.over_area]
    assert volumes == pytest.approx([volumes[0]] * 3, rel=1e-12)
    assert [line.coverage for line in sheet.over_size] == sorted(
        (line.coverage for line in sheet.over_size), reverse=True
    )


def test_one_percent_on_a_smooth_ten_micron_powder_is_seventeen_nanometres():
    coating = {"precursors": {"Nb12WO33": 1}, "dose": "1 wt%"}
    study = read_study({"name": "smooth", "coating": coating, "cells": {"coated": {"anneal": {}}}})
    smooth = batch_sheet(study, 0.1, draws=0).over_area[0]
    assert smooth.area == pytest.approx(126, abs=1)
    assert smooth.mean_thickness == pytest.approx(16.7e-9, abs=0.15e-9)


def test_json_is_si_with_the_unit_in_the_key_and_grams_beside(sheet):
    answer = json.loads(json.dumps(sheet_json(sheet)))
    assert answer["host_mass_kg"] == 0.1 and answer["host_mass_g"] == 100
    first = answer["precursors"][0]
    assert first["weighed_kg"]["value"] == 8e-4 and first["weighed_g"] == {"value": 0.8, "grade": "assumed"}
    assert set(answer["layer"]["thickness_m"]) == {"value", "low", "high", "grade"}
    assert answer["settings"]["temperature_K"] == {"value": 973.15, "grade": "measured"}


@pytest.mark.parametrize(("text", "kilograms"), [("100g", 0.1), ("100 g", 0.1), ("0.5 kg", 0.5), ("250mg", 2.5e-4)])
def test_a_batch_is_a_mass_with_its_unit(text, kilograms):
    assert batch_mass(text) == pytest.approx(kilograms, rel=1e-12)


@pytest.mark.parametrize("text", ["100", "", "much", "-5 g", "0 g", "5 nm", "g"])
def test_what_is_no_batch_is_refused_in_one_line(text):
    with pytest.raises(InputError) as caught:
        batch_mass(text)
    assert str(caught.value).startswith("--batch:") and "100g" in str(caught.value)


def test_a_cell_without_coating_has_no_sheet():
    study = load_study("zhao2024")
    for name in ("bare", "nowhere"):
        with pytest.raises(InputError):
            batch_sheet(study, 0.1, name)
    with pytest.raises(InputError, match="coating"):
        batch_sheet(load_study("zhang2022"), 0.1)


# page --------------------------------------------------------------------------------------------------------------


def test_the_page_needs_nothing_beside_it_and_prints_on_a4(sheet):
    page = html(sheet)
    for foreign in ("http", "src=", "@import", "url(", "<script"):
        assert foreign not in page
    assert "size: A4" in page
    for text in ("0.8000 g", "700 °C", "Anneal bare powder", "assumed", "101.00 g"):
        assert text in page


def test_names_are_escaped_on_the_page(sheet):
    assert "<b>" not in html(replace(sheet, title="<b>bold</b>"))


def test_the_tables_are_as_wide_as_their_header(sheet, lot):
    for part in (*parts(sheet), *parts(lot)):
        assert all(len(row) == len(part.header) for row in part.rows), part.title
