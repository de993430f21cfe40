"""The batch sheet: what is weighed is what the layer holds, and every number says how well it is known."""

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.chemistry import molar_mass
from epitropy.errors import InputError
from epitropy.pipeline import coat, powder
from epitropy.process.front import only
from epitropy.process.sheet import BEYOND, _read, batch_mass, batch_sheet, sheet_json
from epitropy.records.sheet import Told
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
    assert sheet.powder_out.value + sheet.gas_lost.value == pytest.approx(0.101, rel=1e-12)
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


def salts(precursors, water=None, residual="0 mol/kg", dose="2 wt%", **more):
    """A sheet for a kilogram with precursors that need not be oxides."""
    coating = {"precursors": precursors, "dose": dose, "water": water or {}}
    raw = {"name": "salts", "cathode": {"residual_lithium": residual}, "coating": coating, **more}
    return batch_sheet(read_study({**raw, "cells": {"coated": {"anneal": {}}}}), 1.0, draws=0)


@pytest.mark.parametrize(
    ("formula", "water", "oxide", "grams"),
    [
        ("WO3", 1, "WO3", 1.55),
        ("Zr(NO3)4", 0, "ZrO2", 12.7),
        ("Zr(NO3)4", 5, "ZrO2", 18.0),
        ("(NH4)10H2W12O42", 4, "W12O36", 2.30),
    ],
)
def test_what_is_weighed_leaves_as_gas_or_stays_as_oxide(formula, water, oxide, grams):
    becomes = {} if formula == oxide else {"becomes": "WO3" if oxide == "W12O36" else oxide}
    own = {"mine": {"formula": formula, "density": "3 g/cm3", **becomes}}
    page = salts({"mine": 1}, {"mine": water}, phases=own)
    assert 1e3 * page.gas_lost.value == pytest.approx(grams, rel=5e-3, abs=0)
    left = page.precursors[0].amount.value * molar_mass(oxide)
    assert page.gas_lost.value + left == pytest.approx(page.weighed.value, rel=1e-12, abs=0)
    assert page.precursors[0].left.value == pytest.approx(left, rel=1e-12, abs=0)
    assert page.powder_out.value == pytest.approx(1 + left, rel=1e-12, abs=0)


def test_the_layer_of_an_ethoxide_is_that_of_its_oxide():
    """Weighed as ethoxide or as the oxide that is in it: the same layer, lithium and powder out."""
    own = {"ethoxide": {"formula": "NbC10H25O5", "density": "1.26 g/cm3", "becomes": "Nb2O5"}}
    share = molar_mass("Nb2O5") / 2 / molar_mass("NbC10H25O5")
    wet = salts({"ethoxide": 1}, dose=0.02, phases=own)
    dry = salts({"Nb2O5": 1}, dose=0.02 * share)
    assert share == pytest.approx(0.4176, abs=1e-4)
    for key in ("mean_thickness", "coverage_mixed", "coverage", "thickness"):
        assert getattr(wet.layer, key).value == pytest.approx(getattr(dry.layer, key).value, rel=1e-12, abs=0)
    assert wet.lithium.bound.value == pytest.approx(dry.lithium.bound.value, rel=1e-12, abs=0)
    assert wet.powder_out.value == pytest.approx(dry.powder_out.value, rel=1e-12, abs=0)
    assert wet.dose_of_host.value == pytest.approx(0.02, rel=1e-12)
    notes = " ".join(parts(wet)[0].notes)
    assert "becomes 8.3533 g of Nb2O5" in notes and not any("becomes" in n for n in parts(dry)[0].notes)


def test_mass_in_is_mass_out(lot, sheet):
    for page in (lot, sheet):
        least, most = page.powder_out.low + page.gas_lost.high, page.powder_out.high + page.gas_lost.low
        assert (least, most) == pytest.approx([page.host_mass + page.weighed.value] * 2, rel=1e-12, abs=0)
    reacted = sheet.lithium.from_residual.value / 2
    assert sheet.gas_lost.low == pytest.approx(reacted * molar_mass("H2O"), rel=1e-12, abs=0)
    assert sheet.gas_lost.high == pytest.approx(reacted * molar_mass("CO2"), rel=1e-12, abs=0)
    wet = lot.precursors[1]
    assert wet.precursor == "WO3" and lot.gas_lost.low > wet.amount.value * molar_mass("H2O")


def test_a_host_with_more_lithium_gives_a_smaller_share():
    rich = {"Li": {"Li": 1.0}, "M": {"Li": 0.2, "Ni": 0.4, "Mn": 0.4}, "O": {"O": 1.0}}
    cathode = {"composition": rich, "residual_lithium": "0 mol/kg"}
    page = salts({"Nb12WO33": 1}, dose="5 wt%", cathode=cathode)
    mass = molar_mass("Li1.2Ni0.4Mn0.4O2")
    bound = 40 * 0.05 / molar_mass("Nb12WO33")  # mol/kg
    assert page.host == "Li1.2Ni0.4Mn0.4O2"
    assert page.lithium.host_share.value == pytest.approx(bound * mass / 1.2, rel=1e-9, abs=0)
    assert page.lithium.from_host.value == pytest.approx(bound, rel=1e-9, abs=0)


def test_more_lithium_than_the_host_has_is_said_and_not_hidden():
    page = salts({"Nb2O5": 1}, dose="49 wt%")
    assert page.lithium.host_share.value == pytest.approx(1.078, abs=0.01)
    notes = {p.title: " ".join(p.notes) for p in parts(page)}["Lithium in the batch"]
    assert "the host cannot give this" in notes and "108 %" in notes
    usual = {p.title: " ".join(p.notes) for p in parts(salts({"Nb2O5": 1}))}["Lithium in the batch"]
    assert "WARNING" not in usual


def test_lithium_that_is_asked_for_is_given_by_someone(lot, sheet):
    for book in (lot.lithium, sheet.lithium):
        given_by = book.brought.value + book.from_residual.value + book.from_host.value
        assert given_by == pytest.approx(book.bound.value, rel=1e-9, abs=0)
        assert book.from_residual.value == pytest.approx(book.residual_share.value * book.residual.value, rel=1e-12)
    assert lot.lithium.residual_share.value == 1 and lot.lithium.from_host.value > 0


def test_what_does_not_dissolve_is_told(sheet):
    """zhao2024: 0.8 g Nb12WO33 binds 40 Li per formula, 0.2 g ZrO2 two, of which a part dissolves."""
    nb, zr = (p.amount.value for p in sheet.precursors)
    share = sheet.lithium.dissolved.value
    assert sheet.lithium.bound_all.value == pytest.approx(40 * nb + 2 * zr, rel=1e-12, abs=0)
    assert sheet.lithium.bound.value == pytest.approx(40 * nb + 2 * zr * share, rel=1e-12, abs=0)
    assert [round(1e3 * n.value, 1) for n in (sheet.lithium.bound, sheet.lithium.bound_all)] == [18.8, 20.8]
    found = next(p for p in parts(sheet) if p.title == "Lithium in the batch")
    assert ("if all dissolved", "20.8 mmol") in [row[:2] for row in found.rows]
    assert "does not wet (ZrO2)" in " ".join(found.notes)
    all_wet = parts(salts({"Nb12WO33": 1}))
    assert "dissolve" not in " ".join(n for p in all_wet for n in (*p.notes, *(c for r in p.rows for c in r)))


@pytest.mark.parametrize(("wets", "stated"), [({}, False), ({"wets": False}, True)])
def test_that_a_phase_was_not_said_to_wet_is_told(wets, stated):
    page = salts({"mine": 1}, phases={"mine": {"formula": "Nb18W8O69", "density": "5 g/cm3", **wets}})
    text = " ".join(n for p in parts(page) for n in p.notes)
    assert "Taken not to wet" in text and page.precursors[0].wets_stated == stated
    assert ("mine (not stated)" in text and "wets: true" in text) != stated


def test_a_plain_dose_has_no_row_for_any_dose(sheet):
    coating = {"precursors": {"Nb12WO33": 1}, "dose": "1 wt%"}
    page = batch_sheet(read_study({"name": "plain", "coating": coating, "cells": {"coated": {}}}), 0.1, draws=16)
    assert page.layer.mean_thickness.low < page.layer.mean_thickness.high
    for found, there in ((page, False), (sheet, True)):
        expected = next(p for p in parts(found) if p.title.startswith("4"))
        assert ("any dose" in " ".join([*(r[0] for r in expected.rows), *expected.notes])) == there
        assert ("mean_thickness_any_dose_m" in sheet_json(found)["layer"]) == there


def numbered_keys(node, key=""):
    """Keys of all plain numbers and graded values."""
    if isinstance(node, dict) and not {"value", "grade"} <= node.keys():
        for name, value in node.items():
            yield from numbered_keys(
                value, key if key.endswith("_mol") else name
            )  # the cations' unit is on their table
    elif isinstance(node, list):
        for value in node:
            yield from numbered_keys(value, key)
    elif not isinstance(node, (str, bool)):
        yield key


def test_every_number_of_the_json_carries_its_unit_or_is_a_share_or_count(sheet):
    units = ("_kg", "_g", "_mol", "_m", "_s", "_K", "_K_per_s", "_rad_per_s", "_m2_per_kg")
    plain = {k for k in numbered_keys(sheet_json(sheet)) if not k.endswith(units)}
    shares = {"dose", "dose_of_host", "dose_of_total", "purity", "water", "dissolved", "residual_share", "host_share"}
    assert plain <= shares | {"coverage_mixed", "coverage", "draws"}
    masses = {k for k in numbered_keys(sheet_json(sheet)) if k.endswith("_kg") and "_per_" not in k}
    assert {"weighed_kg", "dry_kg", "left_kg", "powder_out_kg", "gas_lost_kg", "host_mass_kg"} <= masses
    assert {k.removesuffix("_kg") + "_g" for k in masses} <= set(numbered_keys(sheet_json(sheet)))


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


def test_what_is_left_out_of_the_draws_does_not_move_the_geometry():
    study = only(read_study(LOT), "coated")
    names = [n for n in study.inputs() if n.removeprefix("coated.").startswith(BEYOND)]
    assert len(names) > 20
    geometry = [_read(coat(c, powder(c))) for c in _cells(study, names)]
    assert all(found == geometry[0] for found in geometry)


def _cells(study, names):
    for quantile in (0.5, 0.05, 0.95):
        yield study.at(dict.fromkeys(names, quantile)).cells["coated"]


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
    for text in ("0.8000 g", "700 °C", "Anneal bare powder", "assumed", "In: 101.00 g"):
        assert text in page


def test_names_are_escaped_on_the_page(sheet):
    assert "<b>" not in html(replace(sheet, title="<b>bold</b>"))


def test_the_tables_are_as_wide_as_their_header(sheet, lot):
    for part in (*parts(sheet), *parts(lot)):
        assert all(len(row) == len(part.header) for row in part.rows), part.title
