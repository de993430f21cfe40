"""Formulas and masses."""

import pytest

from epitropy.catalogue import phase, phase_names
from epitropy.chemistry import atomic_mass, cations_of, element_counts, molar_mass
from epitropy.errors import InputError


@pytest.mark.parametrize(
    ("formula", "grams"),
    [("Nb12WO33", 1826.71), ("ZrO2", 123.22), ("NiO", 74.69), ("Al2O3", 101.96), ("LiNbO3", 147.85), ("LiNiO2", 97.63)],
)
def test_molar_masses_are_those_of_the_handbook(formula, grams):
    assert molar_mass(formula) * 1e3 == pytest.approx(grams, abs=0.02)


def test_mass_is_the_sum_of_its_atoms():
    assert molar_mass("Nb12WO33") == pytest.approx(
        12 * atomic_mass("Nb") + atomic_mass("W") + 33 * atomic_mass("O"), rel=1e-12
    )


def test_cations_leave_the_anions_out():
    assert cations_of("Nb12WO33") == {"Nb": 12.0, "W": 1.0}
    assert element_counts("LiNbO3")["O"] == 3.0
    assert cations_of("TiC") == {"Ti": 1.0} and set(cations_of("Li3PO4")) == {"P"}


@pytest.mark.parametrize("formula", ["Nb2O5·5H2O", "Nb₂O₅·5H₂O", "Nb2O5 * 5 H2O"])
def test_crystal_water_and_subscripts(formula):
    assert element_counts(formula) == {"Nb": 2.0, "O": 10.0, "H": 10.0}
    assert element_counts("MnO2·0.5H2O") == {"Mn": 1.0, "O": 2.5, "H": 1.0}


@pytest.mark.parametrize("formula", ["Nb2O5.5H2O", "LiOH.H2O", "V2O5.1.6H2O", "CaSO4.1/2H2O", "Nb₂O₅.5H₂O"])
def test_a_full_stop_before_water_is_refused(formula):
    with pytest.raises(InputError, match="write|·"):
        element_counts(formula)


@pytest.mark.parametrize("formula", ["Xx2O3", "", "12", "Nb12W)"])
def test_a_formula_that_is_none_is_refused(formula):
    with pytest.raises(InputError):
        element_counts(formula)


def test_an_unknown_element_is_refused():
    with pytest.raises(InputError, match="Xx"):
        atomic_mass("Xx")


@pytest.mark.parametrize("name", phase_names())
def test_lithium_is_bound_only_by_cations_of_the_precursor(name):
    assert set(phase(name).lithium_per_cation or {}) <= set(cations_of(phase(name).formula))


def test_an_unknown_phase_names_those_there_are():
    with pytest.raises(InputError, match="Nb12WO33"):
        phase("Nb99WO3")
