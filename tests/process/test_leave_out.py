"""Leave one element out."""

import pytest

from epitropy.process.front import mean_entropy
from epitropy.process.leave_out import leave_one_out


@pytest.fixture(scope="module")
def rows(alone, made):
    return {row.element: row for row in leave_one_out(alone.at({}).cells["coated"], made)}


def test_every_element_but_the_main_cation_is_left_out_once(rows):
    assert set(rows) == {"", "Co", "Mn", "Nb", "W", "Zr"}
    assert rows["W"].brought_by == "Nb12WO33" and rows["Zr"].brought_by == "ZrO2" and rows["Co"].brought_by == "host"


def test_the_first_row_is_the_whole_recipe(rows, made):
    assert rows[""].mean_entropy == mean_entropy(made.profile)


def test_what_is_left_out_is_not_there(rows):
    for element, row in rows.items():
        site = row.layer_entropy.reasons
        assert not element or not any(f"{element} " in line for line in site)


def test_each_element_of_this_recipe_adds_entropy(rows):
    assert all(row.mean_entropy < rows[""].mean_entropy for element, row in rows.items() if element)


def test_misfit_inputs_move_with_the_elements(rows):
    """Zr4+ (0.72 angstrom) is the largest cation here: without it the mean radius falls."""
    assert rows["Zr"].mean_radius < rows[""].mean_radius
    assert 0.4e-10 < rows[""].mean_radius < 0.9e-10
