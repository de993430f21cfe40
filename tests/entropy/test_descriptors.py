"""Mismatches: closed forms, and the radii that are used."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Species

from epitropy.entropy.assess import entropy_of
from epitropy.entropy.descriptors import site_descriptors
from epitropy.errors import InputError


def test_two_ions_by_hand():
    found = site_descriptors({"Ni2+": 0.25, "Mn4+": 0.75}, coordination=6)
    small, large = 0.53, 0.69
    mean = 0.75 * small + 0.25 * large
    assert found.mean_radius == pytest.approx(mean * 1e-10, rel=1e-9)
    assert found.size_mismatch == pytest.approx(math.sqrt(0.75 * 0.25) * (large - small) / mean, rel=1e-9)
    assert found.electronegativity_mismatch == pytest.approx(math.sqrt(0.75 * 0.25) * (1.91 - 1.55), rel=1e-9)
    assert found.valence_mismatch == pytest.approx(math.sqrt(0.75 * 0.25) * 2, rel=1e-9)


@pytest.mark.parametrize(
    ("ion", "charge", "neighbours", "spin"),
    [
        ("Mn", 2, 6, "High Spin"),
        ("Mn", 3, 6, "High Spin"),
        ("Co", 3, 6, "Low Spin"),
        ("Ni", 3, 6, "Low Spin"),
        ("Zr", 4, 8, ""),
    ],
)
def test_radii_are_shannons(ion, charge, neighbours, spin):
    numeral = {6: "VI", 8: "VIII"}[neighbours]
    expected = Species(ion, charge).get_shannon_radius(numeral, spin, "ionic")
    found = site_descriptors({ion: 1.0}, coordination=neighbours, charges={ion: charge})
    assert list(found.radii.values()) == pytest.approx([expected * 1e-10], rel=1e-9, abs=0)
    assert found.notes == () and found.spins == ({f"{ion}{charge}+": spin.lower()} if spin else {})


def test_a_mean_state_counts_as_two_ions():
    found = site_descriptors({"Mn": 1.0}, coordination=6, charges={"Mn": 3.5})
    assert set(found.radii) == {"Mn3+", "Mn4+"} and found.valence_mismatch == pytest.approx(0.5, rel=1e-9)


def test_a_radius_that_stands_in_says_so():
    found = site_descriptors({"W": 0.5, "Zr": 0.5}, coordination=8, charges={"W": 6, "Zr": 4})
    assert found.notes == ("W6+: radius of W6+ with 6 neighbours",)
    assert any("taken as" in n for n in site_descriptors({"Mn": 1.0}, coordination=6).notes)


def test_metals_take_metallic_radii():
    found = site_descriptors({"Fe": 0.5, "Ni": 0.5}, coordination=12, charges={"Fe": 0, "Ni": 0})
    assert found.radii == pytest.approx({"Fe": 1.26e-10, "Ni": 1.24e-10}, rel=1e-9, abs=0)
    assert found.valence_mismatch == 0


@given(st.floats(0.01, 0.99), st.floats(0.0, 0.5))
def test_vacancies_do_not_count_and_one_ion_has_no_mismatch(x, vacancy):
    mixed = {"Ni2+": x * (1 - vacancy), "Mn4+": (1 - x) * (1 - vacancy), "Va": vacancy}
    assert site_descriptors(mixed, coordination=6).size_mismatch == pytest.approx(
        site_descriptors({"Ni2+": x, "Mn4+": 1 - x}, coordination=6).size_mismatch, rel=1e-9
    )
    alone = site_descriptors({"Ni2+": x, "Va": 1 - x}, coordination=6)
    assert (alone.size_mismatch, alone.valence_mismatch) == (pytest.approx(0, abs=1e-12), 0)


def test_formulas_bring_their_own_states_and_neighbours():
    found = entropy_of("La0.6Sr0.4Co0.2Fe0.8O3", "perovskite").descriptors
    assert found["A"].coordination == 12 and found["B"].coordination == 6
    assert found["A"].radii == pytest.approx({"La3+": 1.36e-10, "Sr2+": 1.44e-10}, rel=1e-9, abs=0)
    assert any("assumed" in n for n in entropy_of("Li[Ni0.5Mn0.5]O2").descriptors["Ni,Mn"].notes)


def test_an_empty_site_is_refused():
    with pytest.raises(InputError):
        site_descriptors({"Va": 1.0}, coordination=6)
