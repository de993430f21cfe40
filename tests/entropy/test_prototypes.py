"""Structures: who sits where, and what is refused."""

import pytest

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
        ("Li0.95Ni1.05O2", "layered", "Li", {"Li": 0.95, "Ni": 0.05}),
        ("Li0.5CoO2", "layered", "Li", {"Li": 0.5, "Va": 0.5}),
        ("Li2MnO3", "layered", "M", {"Mn": round(2 / 3, 6), "Li": round(1 / 3, 6)}),
        ("CoFe2O4", "spinel", "8a", {"Fe": 1.0}),
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
