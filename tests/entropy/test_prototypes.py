"""Structures: who sits where, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.entropy.assess import entropy_of
from epitropy.entropy.formula import read_formula
from epitropy.entropy.prototypes import place, prototype, prototype_names
from epitropy.errors import InputError
from epitropy.records.entropy import VACANCY

BLOCKS = {  # (m, n, tetrahedron, blocks per formula): T M_mn O_(3mn-m-n+4), or M_mn O_(3mn-m-n) in ribbons
    "Nb12WO33": (3, 4, True, 1),
    "Nb14W3O44": (4, 4, True, 1),
    "Nb16W5O55": (4, 5, True, 1),
    "PNb9O25": (3, 3, True, 1),
    "TiNb2O7": (3, 3, False, 3),
    "Ti2Nb10O29": (4, 3, False, 1),
}


def sites_of(formula, structure):
    placed, _ = place(read_formula(formula), prototype(structure))
    return {s.label: s for s in placed.sublattices}


def occupancies(formula, structure):
    return {
        label: {k: round(y, 6) for k, y in s.occupancies.items()} for label, s in sites_of(formula, structure).items()
    }


@pytest.mark.parametrize("name", prototype_names())
def test_every_example_fits_its_structure_and_keeps_its_atoms(name):
    read = read_formula(prototype(name).example)
    placed, _ = place(read, prototype(name))
    total = sum(s.multiplicity * y for s in placed.sublattices for k, y in s.occupancies.items() if k != VACANCY)
    assert total == pytest.approx(sum(read.amounts.values()), rel=1e-9)
    assert prototype(name).source and prototype(name).grade == "assumed"


@pytest.mark.parametrize("name", BLOCKS)
def test_wadsley_roth_sites_follow_from_the_block(name):
    m, n, tetrahedron, share = BLOCKS[name]
    sites = {s.label: s for s in prototype(name).sites}
    assert sites["M"].multiplicity * share == m * n
    assert sites["O"].multiplicity * share == 3 * m * n - m - n + (4 if tetrahedron else 0)
    assert ("T" in sites) is tetrahedron


@pytest.mark.parametrize(
    ("formula", "structure", "site", "expected"),
    [
        ("Li1.2Ni0.13Co0.13Mn0.54O2", "layered", "M", {"Ni": 0.13, "Co": 0.13, "Mn": 0.54, "Li": 0.2}),
        ("Li0.95Ni1.05O2", "layered", "alkali", {"Li": 0.95, "Ni": 0.05}),
        ("Li0.5CoO2", "layered", "alkali", {"Li": 0.5, "Va": 0.5}),
        ("Li2MnO3", "layered", "M", {"Mn": round(2 / 3, 6), "Li": round(1 / 3, 6)}),
        ("CoFe2O4", "spinel", "8a", {"Fe": 1.0}),
        ("CoMn2O4", "spinel", "8a", {"Co": 1.0}),
        ("MnFe2O4", "spinel", "8a", {"Mn": 1.0}),
        ("MgFe2O4", "spinel", "8a", {"Fe": 1.0}),
        ("ZnFe2O4", "spinel", "8a", {"Zn": 1.0}),
        ("NiAl2O4", "spinel", "8a", {"Al": 1.0}),
        ("LiAl0.1Mn1.9O4", "spinel", "8a", {"Li": 1.0}),
        ("Cr0.6Mn0.6Fe0.6Co0.6Ni0.6O4", "spinel", "8a", {"Fe": 0.6, "Co": 0.4}),
        ("Mn2O4", "spinel", "8a", {"Va": 1.0}),
        ("LiNi0.33Mn0.33Co0.33O2", "layered", "M", dict.fromkeys(["Ni", "Mn", "Co"], round(1 / 3, 6))),
        ("LiNi0.8Co0.1Mn0.08O2", "layered", "M", {"Ni": 0.8, "Co": 0.1, "Mn": 0.08, "Va": 0.02}),
        ("NaNi0.5Mn0.5O2", "layered", "alkali", {"Na": 1.0}),
        ("Fe4[Fe(CN)6]3", "Prussian blue", "M(C)", {"Fe": 0.75, "Va": 0.25}),
        ("Na1.5Mn[Fe(CN)6]0.75", "Prussian blue", "M(C)", {"Fe": 0.75, "Va": 0.25}),
        ("Fe4[Fe(CN)6]3", "Prussian blue", "N", {"N": 1.0}),
        ("Ba0.5Sr0.5Co0.8Fe0.2O2.5", "perovskite", "O", {"O": round(5 / 6, 6), "Va": round(1 / 6, 6)}),
        ("MgAl2O4", "spinel", "8a", {"Mg": 1.0}),
        ("LiNi0.5Mn1.5O4", "spinel", "16d", {"Ni": 0.25, "Mn": 0.75}),
        ("Li4Ti5O12", "spinel", "16d", {"Ti": round(5 / 6, 6), "Li": round(1 / 6, 6)}),
        ("Fe2O3", "spinel", "8a", {"Fe": round(2 / 3, 6), "Va": round(1 / 3, 6)}),
        ("La2Zr2O7", "fluorite", "O", {"O": 0.875, "Va": 0.125}),
        ("CsPbI3", "perovskite", "B", {"Pb": 1.0}),
        ("Nb14W3O44", "Nb14W3O44", "T", {"W": 1.0}),
        ("Nb14W3O44", "4x4", "M", {"Nb": 0.875, "W": 0.125}),
        ("Li5.5PS4.5Cl1.5", "argyrodite", "4d", {"S": 0.5, "Cl": 0.5}),
        ("Li6PS5Cl", "argyrodite", "4a", {"Cl": 1.0}),
        ("Na3Zr2Si2PO12", "NASICON", "T", {"Si": round(2 / 3, 6), "P": round(1 / 3, 6)}),
        ("Li3La3Te2O12", "garnet", "B", {"Te6+": 1.0}),
        ("Na2MnFe(CN)6", "Prussian blue", "M(C)", {"Fe": 1.0}),
        ("K1.8Fe[Fe(CN)6]0.9", "Prussian blue", "M(C)", {"Fe": 0.9, "Va": 0.1}),
        ("K1.8Fe[Fe(CN)6]0.9", "Prussian blue", "M(N)", {"Fe": 1.0}),
    ],
)
def test_who_sits_where(formula, structure, site, expected):
    assert occupancies(formula, structure)[site] == expected


MOVERS = [  # surplus metals for which no order is known
    ("layered", ["Li0.7", "Cr0.5", "Ti0.8", "O2"]),
    ("layered", ["Li0.6", "Ni0.4", "Al0.3", "V0.3", "Ti0.4", "O2"]),
    ("perovskite", ["Sr0.8", "Ti0.6", "Nb0.6", "O3"]),
    ("spinel", ["Zr0.5", "Sn0.5", "Ti1", "Mg1", "O4"]),
    ("Nb14W3O44", ["Ti1", "Zr1", "Nb15", "O44"]),
    ("rock_salt", ["Ti0.25", "Zr0.25", "Hf0.5", "C"]),
]


@given(st.sampled_from(MOVERS), st.randoms())
def test_the_order_of_a_formula_changes_nothing(case, random):
    structure, pieces = case
    shuffled = random.sample(pieces, len(pieces))
    one, other = (entropy_of("".join(p), structure, strict=False) for p in (pieces, shuffled))
    assert other.entropy.by_site == pytest.approx(one.entropy.by_site, rel=1e-9, abs=1e-9)
    assert other.neutrality.states == pytest.approx(one.neutrality.states, rel=1e-9, abs=1e-9)


def test_surplus_without_an_order_is_shared_in_proportion():
    lithium = occupancies("Li0.7Cr0.5Ti0.8O2", "layered")["alkali"]
    assert lithium == {"Li": 0.7, "Cr": round(0.3 * 5 / 13, 6), "Ti": round(0.3 * 8 / 13, 6)}
    assert occupancies("Li0.9Ni0.5Mn0.6O2", "layered")["alkali"] == {"Li": 0.9, "Ni": 0.1}  # where one is listed first


def test_a_vacancy_on_a_site_that_should_be_full_is_said():
    found = entropy_of("Li[Ni0.8Co0.1]O2", "layered")
    assert found.composition.sublattices[1].occupancies["Va"] == pytest.approx(0.1, rel=1e-9)
    assert "0.1 of 1 sites M are taken as vacant" in found.notes
    assert not any("vacant" in n for n in entropy_of("Li0.5CoO2", "layered").notes)


def test_no_lithium_is_the_limit_of_little():
    none, little = (entropy_of(f"{li}Ni0.9Co0.05Mn0.05O2", "layered").entropy for li in ("", "Li0.000001"))
    assert little.per_cation_site == pytest.approx(none.per_cation_site, rel=1e-3) and none.site == "M"
    assert none.per_cation_site / 8.314462618 == pytest.approx(0.394 / 2, rel=2e-3)


@pytest.mark.parametrize("formula", ["CoMn2O4", "MgFe2O4", "Cr0.6Mn0.6Fe0.6Co0.6Ni0.6O4"])
def test_a_guessed_spinel_says_so(formula):
    assert any("degree of inversion" in n for n in entropy_of(formula, "spinel").notes)
    assert not any("inversion" in n for n in entropy_of("LiNi0.5Mn1.5O4", "spinel").notes)


@pytest.mark.parametrize(("formula", "structure"), [("TiO2", "rock_salt"), ("La2Zr2O7", "fluorite")])
def test_vacancies_of_a_structure_are_said(formula, structure):
    assert any("taken as vacant" in n for n in entropy_of(formula, structure).notes)


def test_with_a_structure_brackets_need_not_add_up():
    found = entropy_of("Li10.35[Sn0.27Si1.08]P1.65S12", "LGPS").composition.sublattices[1]
    assert found.multiplicity == pytest.approx(3, rel=1e-9) and found.occupancies["Si"] == pytest.approx(0.36, rel=1e-9)


def test_the_formula_unit_stays_the_users():
    assert sites_of("Li2Ni2O4", "layered")["M"].multiplicity == 2
    assert sites_of("Mg0.5Ni0.5O", "rock_salt")["M"].multiplicity == 1


@pytest.mark.parametrize(
    ("formula", "structure", "word"),
    [
        ("LiNi0.9Co0.1Mn0.05O2", "layered", "1.05 ions for 1 sites M"),
        ("LiNi0.5O2", "layered", "a site that is filled"),
        ("La2NiO4", "perovskite", "about 3"),
        ("Nb12WO33", "Nb14W3O44", "33 on O"),
        ("LiNiO2", "Prussian blue", "no site takes O|0 on N"),
        ("Li2Ni0.2O", "DRX", "for 1 sites M"),
        ("NiO", "wurtzite", "argyrodite, fluorite"),
    ],
)
def test_what_does_not_fit_is_refused(formula, structure, word):
    with pytest.raises(InputError, match=word):
        sites_of(formula, structure)


OWN = """
title: delafossite
sites:
  - {label: A, multiplicity: 1, coordination: 2, first: [Cu, Ag]}
  - {label: B, multiplicity: 1, first: [cations]}
  - {label: O, multiplicity: 2, coordination: 4, first: [anions]}
"""


def test_a_structure_of_ones_own(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    sites = sites_of("CuFe0.5Al0.5O2", str(file))
    assert sites["B"].occupancies == {"Fe": 0.5, "Al": 0.5} and sites["A"].coordination == 2


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("sites:", "places:", "unknown key 'places'"),
        (
            "multiplicity: 1, coordination: 2",
            "multiplicity: -1, coordination: 2",
            r"sites\[0\] \(A\): multiplicity: -1",
        ),
        ("multiplicity: 1, coordination: 2,", "", r"\(A\): multiplicity: missing"),
        ("first: [Cu, Ag]", "first: [Cu, Xx]", r"\(A\): first: 'Xx'"),
        ("first: [Cu, Ag]", "first: Cu", r"\(A\): first: 'Cu'"),
        ("first: [Cu, Ag]", "firsts: [Cu]", "unknown key 'firsts'"),
        ("label: B", "label: A", "each label once"),
        ("first: [anions]", "first: [Zn]", "scale_by"),
        ("coordination: 4", "coordination: 4.5", r"\(O\): coordination"),
        ("title: delafossite", "title: [", "not valid YAML"),
        (OWN, "", "keys title"),
    ],
)
def test_a_fault_in_ones_own_structure_is_named(tmp_path, old, new, word):
    file = tmp_path / f"own{abs(hash((old, new)))}.yaml"
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=word):
        sites_of("CuFeO2", str(file))
