"""Oxidation states: chemistry that is known, an independent code, and the balance itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymatgen.core import Composition as Pymatgen

from epitropy.entropy.assess import entropy_of
from epitropy.entropy.neutrality import MOST_OXYGEN_VACANT, balance
from epitropy.errors import InputError
from epitropy.sources import table

KNOWN = {
    "LiNi0.9Co0.05Mn0.05O2": {"Ni": 2.65 / 0.9, "Co": 3, "Mn": 4},
    "LiNi0.8Co0.1Mn0.1O2": {"Ni": 2.875, "Co": 3, "Mn": 4},
    "LiMn2O4": {"Mn": 3.5},
    "Li2MnO3": {"Mn": 4},
    "Nb12WO33": {"Nb": 5, "W": 6},
    "LiNbO3": {"Nb": 5},
    "LiNi0.8Mn0.13Ti0.02Mg0.02Nb0.01Mo0.02O2": {"Ni": 2.7375, "Mn": 4, "Ti": 4, "Nb": 5, "Mo": 6},
    "Li1.3Mn0.4Ti0.1Nb0.2O1.7F0.3": {"Mn": 2.5, "Ti": 4, "Nb": 5},
    "BaTiO3": {"Ti": 4},
    "BiFeO3": {"Bi": 3, "Fe": 3},
    "La2NiMnO6": {"Ni": 2, "Mn": 4},
    "YBa2Cu3O7": {"Cu": 7 / 3},
    "Li6PS5Cl": {"P": 5, "S": -2},
    "Li4P2S6": {"P": 4},
    "LiFePO4": {"Fe": 2, "P": 5},
    "Na3V2(PO4)3": {"V": 3},
    "Fe2(SO4)3": {"Fe": 3, "S6+": 6},
    "LiClO4": {"Cl7+": 7},
    "Li2CO3": {"C": 4},
    "Na2MnFe(CN)6": {"Mn": 2, "Fe": 2},
    "TiN": {"Ti": 3, "N": -3},
    "Li2.88PO3.73N0.14": {"P": 5},
    "FeNb2O6": {"Fe": 2, "Nb": 5},
    "Fe3O4": {"Fe": 8 / 3},
    "(Mg,Co,Ni,Cu,Zn)O": {"Co": 2, "Cu": 2},
    "EuTiO3": {"Eu": 2, "Ti": 4},
    "EuFeO3": {"Eu": 3, "Fe": 3},
    "Li3Nd3Te2O12": {"Te6+": 6},
    "LiNi0.94Co0.05Te0.01O2": {"Te6+": 6, "Ni": 2 + 0.91 / 0.94},
    "Bi2TeO5": {"Bi": 3, "Te4+": 4},
    "Bi2O2Te": {"Te": -2},
    "Te2V2O9": {"Te4+": 4, "V": 5},
    "Se2O4": {"Se4+": 4},
    "(Ti,Zr,Hf,Nb,Ta)N": {"Ti": 3, "Zr": 3, "Ta": 3},
    "Fe2+S-2": {"Fe2+": 2, "S-": -1},
    "Ni(CH3COO)2·4H2O": {"Ni": 2, "C": 0},
    "MnC2O4·2H2O": {"Mn": 2, "C": 3},
    "Li2C2O4": {"C": 3},
    "NaHCO3": {"C": 4},
    "Li2.5Nb12WO33": {"W": 5, "Nb": 58.5 / 12},
}


@pytest.mark.parametrize("formula", KNOWN)
def test_states_that_are_known(formula):
    found = entropy_of(formula).neutrality
    assert found.residual == 0 and not found.vacancies
    assert {k: found.states[k] for k in KNOWN[formula]} == pytest.approx(KNOWN[formula], rel=1e-9)


@pytest.mark.parametrize(
    "formula", ["LiNiO2", "Li2MnO3", "LiMn2O4", "Nb12WO33", "LiNbO3", "BaTiO3", "Li4Ti5O12", "LiFePO4"]
)
def test_an_independent_code_agrees_where_there_is_one_answer(formula):
    guess = Pymatgen(formula).oxi_state_guesses()[0]
    found = entropy_of(formula).neutrality.states
    assert found == pytest.approx(guess, rel=1e-9)


def test_states_in_the_formula_are_kept():
    found = entropy_of("Li1.3Mn2+0.2Mn3+0.2Ti0.1Nb0.2O1.7F0.3", "DRX").neutrality
    assert (found.states["Mn2+"], found.states["Mn3+"], found.residual) == (2, 3, 0)


def test_oxygen_vacancies_close_a_fluorite_and_mix():
    found = entropy_of("Zr0.8Y0.2O2", "fluorite")
    assert found.neutrality.vacancies == pytest.approx({"O": 0.1}, rel=1e-9)
    oxygen = found.composition.sublattices[1]
    assert oxygen.occupancies["Va"] == pytest.approx(0.05, rel=1e-9)
    assert found.entropy.by_site["O"] > 0


def test_lithium_vacancies_close_an_excess():
    found = entropy_of("Li1.2AlO2")
    assert found.neutrality.vacancies == pytest.approx({"Li": 0.2}, rel=1e-9)


def test_vacancies_that_close_the_charge_are_said():
    assert any("0.2 Li per formula unit left out" in n for n in entropy_of("Li1.2AlO2").notes)
    with pytest.raises(InputError, match="charge"):
        entropy_of("Li5O2")


@pytest.mark.parametrize(
    ("formula", "structure", "said"),
    [
        ("Li7La3Nb0.5Ta1.5O12", "garnet", "Nb 3+"),
        ("Nb10NiCoWO33", "", "Ni 4+"),
        ("Li0.1NiO2", "layered", ""),
        ("LaNiO3", "", ""),
        ("NbN", "", ""),
    ],
)
def test_states_that_few_would_accept_are_said(formula, structure, said):
    unusual = [n for n in entropy_of(formula, structure).notes if "unusual" in n]
    assert any(said in n for n in unusual) if said else not unusual


def test_metals_and_solutions_are_not_asked():
    assert not entropy_of("[Fe0.5Ni0.5]").neutrality.asked
    assert not entropy_of("0.5 EC + 0.5 DMC").neutrality.asked


def test_a_charge_that_cannot_be_closed_is_reported_on_request():
    assert entropy_of("NaCl2", strict=False).neutrality.residual == -1


@pytest.mark.parametrize(("formula", "said"), [("FeS2", True), ("NiSe2", True), ("Fe3S4", False), ("MoS2", False)])
def test_pairs_of_anions_are_said(formula, said):
    assert any("formal" in n for n in entropy_of(formula).notes) is said


def test_a_cation_among_the_anions_is_said():
    assert "Te6+ is taken as a cation" in entropy_of("Li3Nd3Te2O12").notes[-1]
    assert not any("cation" in n for n in entropy_of("Li6PS5Cl").notes)


def test_every_ladder_climbs_without_gaps():
    last = {}
    for element, low, high in (step.split() for step in table("oxidation_states.toml")["ladder"]):
        assert float(low) == last.get(element, float(low)) and float(high) > float(low)
        last[element] = float(high)
    assert not set(last) & set(table("oxidation_states.toml")["fixed"])


SPECIES = ["Li", "Ni", "Co", "Mn", "Nb", "W", "Fe2+", "O", "F"]


@given(arrays(float, st.tuples(st.integers(1, 5), st.just(len(SPECIES))), elements=st.floats(0, 3)))
def test_charges_add_up_to_the_residual(amounts):
    found = balance(SPECIES, amounts)
    charge = (found.states * (amounts - found.vacancies)).sum(axis=1)
    np.testing.assert_allclose(charge, found.residual, rtol=0, atol=1e-9)
    assert (found.vacancies >= 0).all() and (found.vacancies <= amounts + 1e-12).all()
    assert (found.vacancies[:, 7] <= MOST_OXYGEN_VACANT * amounts[:, 7] + 1e-8).all()
    assert ((found.states[:, 1] >= 2) & (found.states[:, 1] <= 4)).all() and (found.states[:, 6] == 2).all()


@given(st.permutations(range(len(SPECIES))), st.integers(0, 2**32 - 1))
def test_the_order_of_columns_changes_nothing(order, seed):
    amounts = np.random.default_rng(seed).uniform(0, 1, (4, len(SPECIES)))
    one = balance(SPECIES, amounts)
    other = balance([SPECIES[k] for k in order], amounts[:, order])
    np.testing.assert_allclose(other.residual, one.residual, rtol=0, atol=1e-9)
    np.testing.assert_allclose(other.states, one.states[:, order], rtol=0, atol=1e-9)


def test_less_lithium_never_lowers_a_state():
    lithium = np.linspace(1, 0, 50)
    amounts = np.column_stack([lithium, *[np.full(50, x) for x in (0.9, 0.05, 0.05, 2)]])
    found = balance(["Li", "Ni", "Co", "Mn", "O"], amounts)
    assert (np.diff(found.states[:, 1:4], axis=0) >= -1e-12).all()
    assert np.abs(found.residual).max() < 1e-12


def test_a_wrong_shape_is_refused():
    with pytest.raises(InputError, match="one column a species"):
        balance(["Li", "O"], [[1.0]])
