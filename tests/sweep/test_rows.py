"""Rows: the same by every way, in every order, and as the other verbs say it."""

import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from epitropy.calibrate.ensemble import prepare
from epitropy.errors import InputError
from epitropy.records.sourced import Sourced
from epitropy.run import run_nominal
from epitropy.study import leaves, load_study
from epitropy.sweep import rows as room
from epitropy.sweep.quantities import of_coatings, of_recipe, quantities
from epitropy.sweep.rows import columns_of, rows_of
from epitropy.sweep.spec import read_sweep

from .conftest import CHAIN, RECIPE


def test_a_block_at_once_is_what_each_study_says(recipe):
    """Arrays over a simplex and doses against a study read for every point."""
    found = rows_of(recipe, 0, len(recipe.grid)).columns
    for row, index in enumerate(found["index"]):
        told = of_recipe(recipe.study_at(index).at({}).cells["coated"])
        assert found["coating.cost"][row] == pytest.approx(told["coating.cost"], rel=1e-9)
        assert found["coating.entropy"][row] == pytest.approx(told["coating.entropy"], rel=1e-9, abs=1e-9)
        share = found["coating.critical_element_share [%]"][row]
        assert share == pytest.approx(100 * told["coating.critical_element_share"], rel=1e-9)


def test_entropy_of_equal_cations_is_the_logarithm_of_their_number():
    from epitropy.chemistry import molar_mass

    names = ("NiO", "CoO", "MgO", "ZrO2")  # one cation each
    found = of_coatings([{n: molar_mass(n) for n in names}], {})
    assert found["coating.entropy"][0] == pytest.approx(math.log(4), rel=1e-12)
    assert found["coating.cobalt_fraction"][0] == pytest.approx(0.25, rel=1e-12)
    assert found["coating.elements_within_range"][0] == 4
    assert found["coating.critical_element_share"][0] == pytest.approx(0.75, rel=1e-12)  # zirconium is not on the list


def test_cost_is_metal_times_price():
    from epitropy.chemistry import atomic_mass, molar_mass
    from epitropy.sources import table

    price = table("supply.toml")["price"]["Zr"]["value"]
    found = of_coatings([{"ZrO2": 1.0}], {})
    assert found["coating.cost"][0] == pytest.approx(price * atomic_mass("Zr") / molar_mass("ZrO2"), rel=1e-12)
    cell = load_study("zhao2024").at({}).cells["coated"]
    twice = replace(cell, coating=replace(cell.coating, dose=replace(cell.coating.dose, value=0.02)))
    assert of_recipe(twice)["coating.cost"] == pytest.approx(2 * of_recipe(cell)["coating.cost"], rel=1e-12)


def test_a_sweep_says_what_a_run_says(chain):
    """Capacity and retention of the study's own point as `epitropy run` tells them, at a finer resolution."""
    at = next(
        i for i in range(len(chain.grid)) if chain.grid.at(i) == {"coating.dose": 0.01, "anneal.temperature": 973.15}
    )
    found = rows_of(chain, at, at + 1).columns
    result = run_nominal(load_study("zhao2024"))
    series = result.cells["coated"].cycling[chain.scenario]
    assert found["coated.retention_200 [%]"][0] == pytest.approx(100 * series.retention, abs=0.3)
    assert found["coated.capacity_1 [mAh/g]"][0] == pytest.approx(series.capacity[0] / 3600, rel=3e-3)
    assert found["coated.layer_thickness [nm]"][0] == pytest.approx(
        1e9 * result.cells["coated"].anneal.layer_thickness, rel=1e-9
    )


def test_rows_do_not_depend_on_order_or_on_what_was_computed_before(chain):
    forward = [rows_of(chain, i, i + 1).columns for i in range(len(chain.grid))]
    for memory in (room._formed, room._solved, room._coatings):
        memory.clear()
    backward = [rows_of(chain, i, i + 1).columns for i in reversed(range(len(chain.grid)))]
    assert forward == backward[::-1]
    whole = rows_of(chain, 0, len(chain.grid)).columns
    assert {name: [row[name][0] for row in forward] for name in whole} == whole


def test_what_a_cell_becomes_depends_only_on_what_its_fingerprint_holds():
    """Every number that the fingerprint leaves out is moved; the formed cell and its tables stay as they are."""
    cell = load_study("zhao2024").at({}).cells["coated"]
    before, mark = prepare(cell), room._fingerprint(cell)
    left_out = 0
    for path, number in leaves(cell):
        moved = _moved(cell, path.split("."), number)
        if moved is None or room._fingerprint(moved) != mark:
            continue
        left_out += 1
        assert _same(prepare(moved), before), path
    assert left_out > 20


def _moved(cell, parts, number):
    """The cell with one number a little off; None where that is not allowed."""
    for factor in (1.01, 0.99):
        try:
            return _replaced(cell, parts, replace(number, value=number.value * factor if number.value else 1e-6))
        except InputError:
            continue
    return None


def _replaced(node, parts, value):
    if not parts:
        return value
    first, rest = parts[0], parts[1:]
    if is_dataclass(node):
        return replace(node, **{first: _replaced(getattr(node, first), rest, value)})
    if first not in node:  # a key with a full stop in it
        first, rest = ".".join(parts), []
    return {**node, first: _replaced(node[first], rest, value)}


def _same(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if isinstance(one, (Sourced, str, int, bool)) or one is None:
        return one == other
    if isinstance(one, float):
        return one == other or math.isnan(one) and math.isnan(other)
    if is_dataclass(one):
        return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(v, other[k]) for k, v in one.items())
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def test_conditions_on_the_layer_leave_a_row_that_says_so():
    sweep = read_sweep({**CHAIN, "where": ["coated.layer_thickness < 10 nm"]})
    found = rows_of(sweep, 0, len(sweep.grid))
    thick = [v >= 10 for v in found.columns["coated.layer_thickness [nm]"]]
    assert any(thick) and not all(thick)
    for far, status, stage, message, capacity in zip(
        thick, *(found.columns[n] for n in ("status", "stage", "message", "coated.capacity_1 [mAh/g]"))
    ):
        assert (status, stage) == (("excluded", "layer") if far else ("done", ""))
        assert message == ("coated.layer_thickness < 10 nm" if far else "")
        assert (capacity is None) == far  # what is left out is not cycled


def test_conditions_on_the_recipe_leave_no_row(recipe):
    found = rows_of(recipe, 0, len(recipe.grid))
    assert all(v < 90 for v in found.columns["coating.critical_element_share [%]"])
    assert found.rows + sum(found.left_out.values()) == len(recipe.grid)


def test_a_failure_is_a_row_with_its_stage(chain, monkeypatch):
    def fails(cell):
        raise InputError("anneal", "a profile that cannot be", "another")

    monkeypatch.setattr(room, "prepare", fails)
    room._formed.clear()
    found = rows_of(chain, 0, 2)
    assert found.failed == 2 and found.columns["stage"] == ["layer"] * 2
    assert all("profile that cannot be" in m for m in found.columns["message"])
    assert found.columns["coating.cost"][0] > 0  # what was known before it


def test_every_row_has_every_column(chain, recipe):
    for sweep in (chain, recipe):
        made = rows_of(sweep, 0, 4)
        assert list(made.columns) == list(columns_of(sweep))
        assert {len(c) for c in made.columns.values()} == {made.rows}


def test_keys_follow_from_content():
    one, same, other = (read_sweep({**RECIPE, "where": w}) for w in ([], [], ["coating.cost < 1"]))
    assert rows_of(one, 0, 9).columns["key"] == rows_of(same, 0, 9).columns["key"]
    assert not set(rows_of(one, 0, 9).columns["key"]) & set(rows_of(other, 0, 9).columns["key"])


def test_every_quantity_has_a_meaning_and_a_unit_or_is_a_text():
    found = quantities(load_study("zhao2024"))
    assert all(q.meaning for q in found.values())
    assert [n for n, q in found.items() if q.unit is None] == ["coated.structure"]
