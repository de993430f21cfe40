"""What a precursor is after firing: the oxide it names, with the mass of its cations' oxide."""

import pytest

from epitropy.catalogue import phase, read_phase
from epitropy.chemistry import molar_mass
from epitropy.coating.gas import fired, mass_left
from epitropy.errors import InputError


def mine(formula, becomes="", **more):
    return read_phase(
        "mine", {"formula": formula, "density": "1.26 g/cm3", **({"becomes": becomes} if becomes else {}), **more}
    )


@pytest.mark.parametrize(
    ("formula", "oxide", "units"),
    [
        ("NbC10H25O5", "Nb2O5", 0.5),  # the ethoxide
        ("H2WO4", "WO3", 1),
        ("WO3(H2O)2", "WO3", 1),
        ("Al(OH)3", "Al2O3", 0.5),
        ("Li2CO3", "Li2O", 1),
        ("Zr(NO3)4", "ZrO2", 1),
        ("ZrO(NO3)2(H2O)6", "ZrO2", 1),
        ("(NH4)10H2W12O42", "WO3", 12),
        ("(NH4)6Mo7O24", "MoO3", 7),
        ("NH4NbO(C2O4)2(H2O)", "Nb2O5", 0.5),
        ("Co(NO3)2", "Co3O4", 1 / 3),
        ("LiNbC12H30O6", "LiNbO3", 1),
    ],
)
def test_a_precursor_leaves_the_oxide_of_its_cations(formula, oxide, units):
    precursor = mine(formula, oxide)
    left = fired(precursor)
    assert left.formula == oxide and left.density == phase(oxide).density
    assert mass_left(precursor, left) == pytest.approx(
        units * molar_mass(oxide) / molar_mass(formula), rel=1e-12, abs=0
    )


def test_what_is_an_oxide_stays_as_it_is():
    assert fired(phase("Nb12WO33")) is phase("Nb12WO33")
    assert mass_left(phase("Nb12WO33"), phase("Nb12WO33")) == 1


def test_the_oxide_decides_whether_it_wets_unless_the_precursor_says():
    assert fired(mine("H2WO4", "WO3")).wets and not fired(mine("H2WO4", "WO3", wets=False)).wets
    assert fired(mine("H2WO4", "WO3", lithium_per_cation={"W": 2})).lithium_per_cation["W"].value == 2


@pytest.mark.parametrize(
    ("formula", "becomes", "says"),
    [
        ("NbC10H25O5", "", "becomes: Nb2O5"),
        ("Zr(NO3)4", "", "becomes: ZrO2"),
        ("NbC10H25O5", "ZrO2", "same cations"),
        ("NbC10H25O5", "Nb12WO33", "same ratio"),
        ("LiNbC12H30O6", "LiNb3O8", "same ratio"),
        ("LiNbC12H30O6", "Li2CO3", "does not stay as it is"),
    ],
)
def test_a_precursor_without_an_oxide_that_fits_is_refused(formula, becomes, says):
    with pytest.raises(InputError, match=says) as caught:
        fired(mine(formula, becomes))
    assert str(caught.value).startswith("phases.mine.becomes:")


@pytest.mark.parametrize(("formula", "element"), [("ZrOCl2(H2O)8", "Cl"), ("Ti(SO4)2", "S"), ("NH4F", "F")])
def test_what_may_stay_or_leave_is_refused(formula, element):
    with pytest.raises(InputError, match=f"its {element} leaves"):
        fired(mine(formula))
