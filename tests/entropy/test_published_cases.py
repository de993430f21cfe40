"""Entropies of published compositions, per formula unit in units of R, to three digits."""

import pytest

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.stage import site_entropy_of
from epitropy.records.entropy import Composition, Sublattice

CASES = {
    "(Mg,Co,Ni,Cu,Zn)O": (1.609, [(1, {"Mg": 0.2, "Co": 0.2, "Ni": 0.2, "Cu": 0.2, "Zn": 0.2})]),
    "NCM90": (0.394, [(1, {"Ni": 0.9, "Co": 0.05, "Mn": 0.05})]),
    "NCM811": (0.639, [(1, {"Ni": 0.8, "Co": 0.1, "Mn": 0.1})]),
    "NCM111": (1.099, [(1, {"Ni": 1 / 3, "Co": 1 / 3, "Mn": 1 / 3})]),
    "Zhang 2022": (0.725, [(1, {"Ni": 0.8, "Mn": 0.13, "Ti": 0.02, "Mg": 0.02, "Nb": 0.01, "Mo": 0.02})]),
    "five-element layered": (1.609, [(1, {"Ni": 0.2, "Co": 0.2, "Mn": 0.2, "Fe": 0.2, "Al": 0.2})]),
    "P2 with Ru": (1.609, [(1, {"Ti": 0.2, "Mn": 0.2, "Co": 0.2, "Ni": 0.2, "Ru": 0.2})]),
    "O3 equimolar": (1.609, [(1, {"Ti": 0.2, "Mn": 0.2, "Fe": 0.2, "Ni": 0.2, "Co": 0.2})]),
    "O3 as measured": (1.608, [(1, {"Ti": 0.18, "Mn": 0.20, "Fe": 0.20, "Ni": 0.21, "Co": 0.21})]),
    "Prussian blue": (1.609, [(1, {"Mn": 0.2, "Fe": 0.2, "Co": 0.2, "Ni": 0.2, "Cu": 0.2})]),
    "disordered rock salt TM4": (
        3.087,
        [(2, {"Li": 0.65, "Mn2+": 0.1, "Mn3+": 0.1, "Ti": 0.05, "Nb": 0.1}), (2, {"O": 0.85, "F": 0.15})],
    ),
    "Li-rich layered": (
        2.412,
        [
            (2, {"Li": 1.15, "Na": 0.05, "Ni": 0.19, "Mn": 0.56, "Fe": 0.02, "Mg": 0.02, "Al": 0.02}),
            (2, {"O": 1.97, "F": 0.03}),
        ],
    ),
    "NASICON": (2.773, [(2, {"Ti": 0.25, "Zr": 0.25, "Sn": 0.25, "Hf": 0.25})]),
    "argyrodite-like": (
        7.131,
        [(3.18, {"Si": 1.044, "Ge": 0.696, "P": 1.44}), (12, {"S": 11.1, "Br": 0.3, "O": 0.6})],
    ),
}


def composition_of(sites):
    """Sublattices from amounts per formula unit or fractions, normalised on each site."""
    return Composition(
        sublattices=tuple(
            Sublattice(
                label=f"site {k}",
                multiplicity=m,
                occupancies={s: y / sum(row.values()) for s, y in row.items()},
            )
            for k, (m, row) in enumerate(sites)
        )
    )


@pytest.mark.parametrize("name", CASES)
def test_entropy_per_formula_unit(name):
    published, sites = CASES[name]
    result = site_entropy_of(composition_of(sites))
    assert result.per_formula_unit / GAS_CONSTANT == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(
    "name, expected",
    {
        "(Mg,Co,Ni,Cu,Zn)O": True,
        "O3 as measured": True,
        "NCM90": False,
        "Zhang 2022": False,
        "NASICON": False,
        "disordered rock salt TM4": False,
    }.items(),
)
def test_which_cases_are_high_entropy(name, expected):
    assert site_entropy_of(composition_of(CASES[name][1])).high_entropy is expected


def test_the_doped_cathode_says_why_it_is_not():
    reasons = site_entropy_of(composition_of(CASES["Zhang 2022"][1])).reasons
    assert reasons[0] == "1 of at least 5 elements lie within 5-35 %: Mn 13 %"
    assert "Ni 80 %" in reasons[1] and "Ti 2 %" in reasons[1]
    assert reasons[2] == "S = 0.725 R is 0.775 R below 1.5 R"
