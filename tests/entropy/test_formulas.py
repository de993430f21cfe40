"""Formulas: what is read, what is refused, and the published entropies from their formulas as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.chemistry import element_counts
from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.assess import entropy_of
from epitropy.entropy.formula import read_formula
from epitropy.errors import InputError
from epitropy.records.entropy import element_of

PUBLISHED = [  # formula, structure, site or None for the formula unit, S/R
    ("(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O", "", None, 1.609),
    ("(Mg,Co,Ni,Cu,Zn)O", "rock salt", None, 1.609),
    ("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O", "rock_salt", "M", 1.609),
    ("Li[Ni0.9Co0.05Mn0.05]O2", "", None, 0.394),
    ("LiNi0.9Co0.05Mn0.05O2", "layered", "M", 0.394),
    ("LiNi0,9Co0,05Mn0,05O2", "O3", "M", 0.394),
    ("LiNi₀.₈Co₀.₁Mn₀.₁O₂", "layered", None, 0.639),
    ("LiNi1/3Co1/3Mn1/3O2", "layered", None, 1.099),
    ("LiNi0.8Mn0.13Ti0.02Mg0.02Nb0.01Mo0.02O2", "layered", None, 0.725),
    ("LiNi0.2Co0.2Mn0.2Fe0.2Al0.2O2", "layered", None, 1.609),
    ("P2-Na0.6(Ti0.2Mn0.2Co0.2Ni0.2Ru0.2)O2", "", None, 1.609),
    ("P2-Na0.6Ti0.2Mn0.2Co0.2Ni0.2Ru0.2O2", "", "M", 1.609),
    ("O3-NaTi0.2Mn0.2Fe0.2Ni0.2Co0.2O2", "", None, 1.609),
    ("O3-Na0.94(Ti0.18Mn0.20Fe0.20Ni0.21Co0.21)O2", "", None, 1.608),
    ("Na2Mn0.2Fe0.2Co0.2Ni0.2Cu0.2Fe(CN)6", "Prussian blue", None, 1.609),
    ("Na2[Mn0.2Fe0.2Co0.2Ni0.2Cu0.2][Fe(CN)6]", "", None, 1.609),
    ("Li1.3Mn2+0.2Mn3+0.2Ti0.1Nb0.2O1.7F0.3", "disordered rock salt", None, 3.087),
    ("[Li1.3Mn2+0.2Mn3+0.2Ti0.1Nb0.2][O1.7F0.3]", "", None, 3.087),
    ("Li1.15Na0.05Ni0.19Mn0.56Fe0.02Mg0.02Al0.02O1.97F0.03", "disordered rock salt", None, 2.412),
    ("Li(Ti0.25Zr0.25Sn0.25Hf0.25)2(PO4)3", "", None, 2.773),
    ("LiTi0.5Zr0.5Sn0.5Hf0.5(PO4)3", "NASICON", None, 2.773),
    ("Li9.54[Si0.6Ge0.4]1.74P1.44S11.1Br0.3O0.6", "LGPS", None, 7.131),
]


@pytest.mark.parametrize(("formula", "structure", "site", "published"), PUBLISHED)
def test_published_entropies_from_formulas(formula, structure, site, published):
    entropy = entropy_of(formula, structure).entropy
    found = entropy.by_site[site] if site else entropy.per_formula_unit
    assert found / GAS_CONSTANT == pytest.approx(published, rel=0, abs=6e-4)


def test_brackets_are_sublattices_and_units_are_not():
    sites = {s.label: s for s in read_formula("Li(Ti0.5Zr0.5)2(PO4)3").composition.sublattices}
    assert {k: s.multiplicity for k, s in sites.items()} == {"Li": 1, "Ti,Zr": 2, "P": 3, "O": 12}
    assert read_formula("Li2([P0.5Si0.5]O4)3").composition.sublattices[1].occupancies == {"P": 0.5, "Si": 0.5}


def test_brackets_within_a_sublattice_are_one_site():
    site = read_formula("Li[Ni0.8(Co0.5Mn0.5)0.2]O2").composition.sublattices[1]
    assert site.multiplicity == 1
    assert site.occupancies == pytest.approx({"Ni": 0.8, "Co": 0.1, "Mn": 0.1}, rel=1e-12, abs=0)


def test_vacancies_fill_a_bracket():
    lithium = read_formula("[Li0.9Va0.1][Ni0.5Mn0.5]O2").composition.sublattices[0]
    assert (lithium.multiplicity, dict(lithium.occupancies)) == (1.0, {"Li": 0.9, "Va": 0.1})


def test_oxidation_states_stay_apart_on_a_site():
    found = entropy_of("Li1.3[Mn2+0.2Mn3+0.2Ti0.1Nb0.2][O1.7F0.3]")
    metals = found.composition.sublattices[1]
    assert metals.multiplicity == pytest.approx(0.7, rel=1e-12)
    expected = -sum(y * math.log(y) for y in (2 / 7, 2 / 7, 1 / 7, 2 / 7))
    assert found.entropy.by_site[metals.label] / GAS_CONSTANT == pytest.approx(expected, rel=1e-12)
    assert metals.elements["Mn"] == pytest.approx(4 / 7, rel=1e-12)


def test_nothing_mixes_without_brackets_and_the_result_says_so():
    found = entropy_of("LiNi0.9Co0.05Mn0.05O2")
    assert found.entropy.per_formula_unit == 0
    assert "--structure" in found.notes[0] and "nothing mixes" in found.notes[0]


@pytest.mark.parametrize(("formula", "count"), [("Li[Ni0.8Co0.1]O2", "Ni,Co 0.9"), ("Li[Ni0.5Mn0.3]O2", "Ni,Mn 0.8")])
def test_a_bracket_below_one_site_is_said(formula, count):
    assert any(count in n and "without vacancies" in n and "Va" in n for n in entropy_of(formula).notes)
    assert not any("vacancies" in n for n in entropy_of("Li[Ni0.8Co0.1Va0.1]O2").notes)


ANIONS = [  # formula, S per cation site in R
    ("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)C", math.log(5)),
    ("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)N", math.log(5)),
    ("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)(C0.5N0.5)", math.log(5)),
    ("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)(N0.5C0.5)", math.log(5)),
    ("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)B2", math.log(5)),
    ("(Mo0.2W0.2Nb0.2Ta0.2Ti0.2)Si2", math.log(5)),
    ("(Fe0.5Co0.5)2P", math.log(2)),
    ("[Ti0.5Fe0.5][Si0.5P0.5]", math.log(2)),
    ("[Fe0.25Co0.25Si0.25P0.25]", math.log(4)),  # an alloy: all on one site
    ("(Ti0.5Zr0.5)SiO4", math.log(2) / 2),  # Si is a cation of an oxide
    ("Li(Fe0.5Mn0.5)PO4", math.log(2) / 3),
    ("(Fe0.5Mn0.5)BO3", math.log(2) / 2),
]


@pytest.mark.parametrize(("formula", "expected"), ANIONS)
def test_who_is_an_anion_depends_on_the_company(formula, expected):
    found = entropy_of(formula).entropy.per_cation_site / GAS_CONSTANT
    assert found == pytest.approx(expected, rel=1e-9, abs=0)


def test_a_carbide_sits_on_rock_salt():
    found = entropy_of("(Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2)C", "rock_salt").entropy
    assert found.by_site == pytest.approx({"M": GAS_CONSTANT * math.log(5), "O": 0}, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("formula", ["Li[Ni0.33Mn0.33Co0.33]O2", "Li[Ni0.9Co0.05Mn0.06]O2", "Li(Ni0.33Mn0.33Co0.33)O2"])
def test_digits_are_rounded_by_half_of_the_last(formula):
    found = read_formula(formula)
    assert found.composition.sublattices[1].multiplicity == 1 and "rounded" in found.notes[0]


def test_metals_without_brackets_are_one_site():
    found = entropy_of("Al0.3CoCrFeNi")
    assert found.entropy.per_formula_unit / GAS_CONSTANT == pytest.approx(
        0.3 * math.log(4.3 / 0.3) + 4 * math.log(4.3), rel=1e-9
    )
    assert found.entropy.high_entropy and any("metals only" in n for n in found.notes)


def test_without_sublattices_the_reasons_say_so_first():
    assert entropy_of("LiNi0.9Co0.05Mn0.05O2").entropy.reasons[0] == "no sublattice given"
    assert "no sublattice" not in entropy_of("Li[Ni0.9Co0.1]O2").entropy.reasons[0]


def test_spaces_do_not_matter():
    assert read_formula("Li [Ni0.9 Co0.1] O2").amounts == read_formula("Li[Ni0.9Co0.1]O2").amounts
    assert read_formula("CuSO4 · 5H2O").amounts["O"] == 9 and read_formula("Li+2O").amounts == {"Li+": 2, "O": 1}


def test_a_solution_without_spaces():
    tight, spaced = (entropy_of(t).entropy for t in ("0.15LiFSI+0.85DME", "0.15 LiFSI + 0.85 DME"))
    assert tight.per_formula_unit == spaced.per_formula_unit > 0


def test_rounded_digits_are_one_site_and_said():
    found = read_formula("Li[Ni0.33Co0.33Mn0.335]O2")
    assert found.composition.sublattices[1].multiplicity == 1
    assert "0.995" in found.notes[0]


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        ("Li[Ni0.9Co0.1O2", "never closed"),
        ("LiNi0.9]O2", "closes nothing"),
        ("Li[Ni0.9)O2", r"closed by '\)'"),
        ("Xx2O3", "'Xx' at character 1 is no element"),
        ("LiNiO2-x", "no element"),
        ("Li1-xNiO2", "'x' at character 5"),
        ("Li[]O2", "holds no element"),
        ("Li[Va]O2", "holds no element"),
        ("Li0.9Va0.1O2", "Va outside brackets"),
        ("Li[Ni0.9Co0.2]O2", "add up to 1.1"),
        ("Li[Ni1.2Co0.1]O2", "add up to 1.3"),
        ("Li(Ni0.9Co0.3)2O4", "add up to 1.2"),
        ("LiNi0.5/0O2", "an amount"),
        ("Li" + "9" * 400 + "O", "amounts up to"),
        ("Mn9+O2", "oxidation state"),
        ("LiNi0.95Mn-0.05O2", "'Mn-': a negative amount"),
        ("Ni0O0", "no elements"),
        ("", "empty"),
        ("12", "no element"),
        ("(" * 5000, "brackets within"),
        ("NaCl2", "charge -1"),
        ("LiAlO3", "charge -2"),
        ("Mn2+O2-2", "charge -2"),
        ("CaF", r"charge \+1"),
        ("XeF2", "no oxidation states of Xe"),
        ("ZrOCl2.8H2O", "full stop"),
        ("BaCoO3-δ", "Write the number that δ"),
        ("BaCoO2-d", "Write the number that d"),
        ("Ni+2O", r"'Ni2\+'"),
        ("NiO CoO", "several formulas"),
        ("NiO\nCoO", "several formulas"),
        ("P3-Na0.6Mn0.5Ni0.5O2", "prefix P3-"),
    ],
)
def test_what_is_no_formula_is_refused_in_one_line(formula, word):
    with pytest.raises(InputError, match=word) as caught:
        entropy_of(formula)
    assert "\n" not in str(caught.value) and "allowed" in str(caught.value)


ELEMENTS = st.sampled_from(
    ["Li", "Na", "Ni", "Co", "Mn", "Ti", "Nb", "W", "O", "F", "S", "P", "C", "Va", "V", "Sn", "N"]
)
AMOUNT = st.sampled_from(["", "2", "3", "0.5", "0.25", "12", ".5"])


@st.composite
def formulas(draw, depth=2):
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        if depth and draw(st.booleans()) and draw(st.booleans()):
            pieces.append("(" + draw(formulas(depth=depth - 1)) + ")" + draw(st.sampled_from(["", "2", "3"])))
        else:
            pieces.append(draw(ELEMENTS.filter(lambda e: e != "Va")) + draw(AMOUNT))
    return "".join(pieces)


@given(formulas())
def test_element_totals_agree_with_pymatgen(formula):
    """An independent reader: whatever the brackets mean, the atoms are the same."""
    try:
        found = read_formula(formula)
    except InputError:
        return  # a bracket that adds up to no number of sites
    if any("taken as rounded" in n for n in found.notes):
        return
    totals = {}
    for species, amount in found.amounts.items():
        totals[element_of(species)] = totals.get(element_of(species), 0.0) + amount
    assert totals == pytest.approx(element_counts(formula), rel=1e-9)


@given(st.text(alphabet="LiNiOMnVa[](){}0.9/+-,2 ·", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        found = read_formula(text)
    except InputError:
        return
    assert all(amount > 0 for amount in found.amounts.values())


shares = st.lists(st.integers(1, 20), min_size=2, max_size=6)
METALS = ["Ni", "Co", "Mn", "V", "Ti", "Fe"]  # all from 2+ to 4+: no vacancies are needed


def layered(parts, lithium="Li", oxygen="O2"):
    total = sum(parts)
    return lithium + "[" + "".join(f"{e}{n}/{total}" for e, n in zip(METALS, parts)) + "]" + oxygen


@given(shares, st.randoms())
def test_order_of_elements_changes_nothing(parts, random):
    pieces = [f"{e}{n}/{sum(parts)}" for e, n in zip(METALS, parts)]
    random.shuffle(pieces)
    one, other = (entropy_of(f, strict=False).entropy for f in (layered(parts), f"Li[{''.join(pieces)}]O2"))
    assert other.per_formula_unit == pytest.approx(one.per_formula_unit, rel=1e-12, abs=0)


@given(shares, st.integers(2, 5))
def test_a_multiple_of_a_formula_has_the_same_sites_and_more_of_them(parts, copies):
    total = sum(parts)
    metals = "".join(f"{e}{copies * n}/{total}" for e, n in zip(METALS, parts))
    one = entropy_of(layered(parts), "layered", strict=False).entropy
    many = entropy_of(f"Li{copies}{metals}O{2 * copies}", "layered", strict=False).entropy
    assert many.by_site["M"] == pytest.approx(one.by_site["M"], rel=1e-9, abs=1e-9)
    assert many.per_formula_unit == pytest.approx(copies * one.per_formula_unit, rel=1e-9, abs=1e-9)
    assert many.per_atom == pytest.approx(one.per_atom, rel=1e-9, abs=1e-9)


@given(shares, st.integers(1, 9))
def test_sublattices_add_up(parts, fluorine):
    both = entropy_of(layered(parts, oxygen=f"[O{20 - fluorine}/20F{fluorine}/20]2"), strict=False).entropy
    metals = entropy_of(layered(parts), strict=False).entropy.per_formula_unit
    x = fluorine / 20
    anions = -2 * GAS_CONSTANT * (x * math.log(x) + (1 - x) * math.log(1 - x))
    assert both.per_formula_unit == pytest.approx(metals + anions, rel=1e-9)


@given(shares)
def test_the_sign_is_right_and_mixing_raises_it(parts):
    """matminer's configurational entropy has the wrong sign (its issue 962): ours is never below zero."""
    one = entropy_of(layered(parts), strict=False).entropy.per_formula_unit
    assert one > 0
    doubled = "".join(f"{e}{n / 2}/{sum(parts)}" for e, n in zip(METALS, parts))
    zinc = entropy_of(f"Li[{doubled}Zn0.5]O2", strict=False).entropy.per_formula_unit
    assert zinc == pytest.approx(0.5 * one + GAS_CONSTANT * math.log(2), rel=1e-9)
    assert entropy_of("LiNiO2").entropy.per_formula_unit == 0


def test_solutions_count_species():
    found = entropy_of("0.1 LiPF6 + 0.3 EC + 0.6 DMC")
    expected = -sum(x * math.log(x) for x in (0.1, 0.3, 0.6))
    assert found.entropy.per_formula_unit / GAS_CONSTANT == pytest.approx(expected, rel=1e-12)
    assert "2 of at least 5 species" in found.entropy.reasons[0]
    assert math.isnan(found.entropy.per_cation_site) and math.isnan(found.entropy.per_atom)
    assert set(entropy_of("0.3 1,3-dioxolane + 0,7 DME").entropy.by_site) == {"solution"}
    five = entropy_of("1 LiPF6 + 1 LiFSI + 1 LiTFSI + 1 EC + 1 DMC")
    assert five.entropy.high_entropy and "divided" in five.notes[1]


@pytest.mark.parametrize("text", ["0.1 LiPF6 + EC", "0.1 A + 0.2 A", "0 A + 0 B", "0.1 + 0.2", "-1 A + 2 B"])
def test_what_is_no_solution_is_refused(text):
    with pytest.raises(InputError, match="solution"):
        entropy_of(text)
