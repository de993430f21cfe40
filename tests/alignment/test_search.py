"""Limits of a search as people write them."""

import pytest

from epitropy.alignment.models import read_recipe
from epitropy.alignment.search import read_plane, read_search
from epitropy.errors import InputError


def test_limits_are_read_with_their_units():
    found = read_search(max_area="4 nm2", max_strain="4 %", thickness="50 A", film_planes=["(1 -1 0)"])
    assert (found.max_area, found.max_strain, found.thickness) == pytest.approx((4e-18, 0.04, 5e-9), abs=0, rel=1e-12)
    assert found.film_planes == ((1, -1, 0),)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"max_index": 0}, "--max-index"),
        ({"max_index": 40}, "--max-index"),
        ({"max_area": "400"}, "--max-area"),
        ({"max_area": "4 kg"}, "--max-area"),
        ({"max_area": "0 A2"}, "--max-area"),
        ({"max_area": "1 m2"}, "--max-area"),
        ({"max_strain": 4}, "--max-strain"),
        ({"max_strain": "400 %"}, "--max-strain"),
        ({"max_strain": "some"}, "--max-strain"),
        ({"max_strain": -0.1}, "--max-strain"),
        ({"thickness": "0 nm"}, "--thickness"),
        ({"host_planes": ["000"]}, "--host-plane"),
        ({"host_planes": ["1 0"]}, "--host-plane"),
        ({"film_planes": ["1a0"]}, "--film-plane"),
        ({"film_planes": ["1.5 0 0"]}, "--film-plane"),
        ({"film_planes": [""]}, "--film-plane"),
    ],
)
def test_a_fault_names_its_option_in_one_line(given, option):
    with pytest.raises(InputError) as caught:
        read_search(**given)
    assert str(caught.value).startswith(option)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "plane"), [("104", (1, 0, 4)), ("-1-10", (-1, -1, 0)), ("(1,0,-14)", (1, 0, -14)), (" 0 0 3 ", (0, 0, 3))]
)
def test_planes(text, plane):
    assert read_plane("--host-plane", text) == plane


@pytest.mark.parametrize(
    ("change", "option"),
    [
        ({"strain_on": "both"}, "--strain-on"),
        ({"slab": "0 A"}, "--slab"),
        ({"slab": "1 m"}, "--slab"),
        ({"vacuum": "-1 A"}, "--vacuum"),
    ],
)
def test_a_recipe_with_a_fault_is_refused(change, option):
    with pytest.raises(InputError, match=option):
        read_recipe(**{"rank": 1, "strain_on": "film", "slab": "8 A", "vacuum": "15 A", **change})
