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


def test_nickel_is_charged_as_in_the_host(rows, made):
    """Mean radius by hand: Ni 5.6 % Ni2+ (0.69) and the rest Ni3+ (0.56), Shannon's low spin."""
    radii = rows[""].radii
    assert radii["Ni3+"] == pytest.approx(0.56e-10) and radii["Ni2+"] == pytest.approx(0.69e-10)
    shares = made.profile.layer_composition
    by_hand = {"Co": 0.545, "Mn": 0.53, "Nb": 0.64, "W": 0.60, "Zr": 0.72, "Ni": 0.56 + 0.13 * 0.05 / 0.9}
    mean = sum(by_hand[e] * y for e, y in shares.items()) * 1e-10
    assert rows[""].mean_radius == pytest.approx(mean, rel=2e-3, abs=0)
