"""What an entropy of mixing must obey, whatever the numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.classify import entropy_band, entropy_bands, is_high_entropy
from epitropy.entropy.stage import profile_band, profile_entropy, profile_high_entropy, site_entropy_of
from epitropy.errors import InputError
from epitropy.laws import arrhenius, site_entropy
from epitropy.records.entropy import Composition, Sublattice

amounts = arrays(float, st.integers(2, 8), elements=st.floats(1e-6, 1.0))


def normal(values):
    return values / values.sum()


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_equal_fractions_give_r_ln_n(n):
    assert float(site_entropy(np.full(n, 1 / n))) == pytest.approx(GAS_CONSTANT * math.log(n), rel=1e-13, abs=0)


@given(amounts, st.randoms())
def test_relabelling_changes_nothing(values, random):
    y = normal(values)
    order = list(range(len(y)))
    random.shuffle(order)
    assert float(site_entropy(y[order])) == pytest.approx(float(site_entropy(y)), rel=1e-12, abs=0)


@given(amounts, st.integers(2, 7))
def test_a_supercell_has_the_same_entropy_per_site_and_more_per_formula_unit(values, copies):
    occupancies = {e: float(y) for e, y in zip(["Ni", "Co", "Mn", "Nb", "W", "Zr", "Al", "Ti"], normal(values))}
    one, many = (
        site_entropy_of(Composition(sublattices=(Sublattice(label="M", multiplicity=m, occupancies=occupancies),)))
        for m in (1, copies)
    )
    assert many.by_site["M"] == one.by_site["M"]
    assert many.per_atom == pytest.approx(one.per_atom, rel=1e-12, abs=0)
    assert many.per_formula_unit == pytest.approx(copies * one.per_formula_unit, rel=1e-12, abs=0)


@given(
    st.integers(2, 6).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=st.floats(1e-6, 1.0))] * 2)),
    st.floats(0, 1),
)
def test_mixing_is_concave(pair, share):
    first, second = normal(pair[0]), normal(pair[1])
    mixed = site_entropy(share * first + (1 - share) * second)
    assert mixed >= share * site_entropy(first) + (1 - share) * site_entropy(second) - 1e-12


@given(amounts)
def test_bounds(values):
    y = normal(values)
    assert 0 <= float(site_entropy(y)) <= GAS_CONSTANT * math.log(len(y)) * (1 + 1e-12)


def test_leading_axes_and_absent_species():
    y = np.random.default_rng(0).dirichlet(np.ones(5), size=(3, 4))
    padded = np.concatenate([y, np.zeros((3, 4, 2))], axis=-1)
    assert site_entropy(padded).shape == (3, 4)
    np.testing.assert_allclose(site_entropy(padded), [[site_entropy(v) for v in row] for row in y], rtol=1e-13)


def test_bands_at_their_limits():
    limits = GAS_CONSTANT * np.array([0, 1 - 1e-8, 1, 1.5 - 1e-8, 1.5 - 1e-10, 1.5, 2])
    expected = ["low", "low", "medium", "medium", "high", "high", "high"]
    assert entropy_bands(limits).tolist() == expected == [entropy_band(s) for s in limits]


def test_elements_count_not_oxidation_states():
    by_state = Sublattice(
        label="M",
        multiplicity=1,
        occupancies={"Mn2+": 0.15, "Mn3+": 0.15, "Ni2+": 0.2, "Co3+": 0.25, "Ti4+": 0.25},
    )
    result = site_entropy_of(Composition(sublattices=(by_state,)))
    assert result.band == "high" and not result.high_entropy
    assert result.reasons[0].startswith("4 of at least 5 elements")


def test_vacancies_mix_but_never_count():
    site = Sublattice(label="M", multiplicity=1, occupancies=dict.fromkeys(["Va", "Ni", "Co", "Mn", "Nb"], 0.2))
    result = site_entropy_of(Composition(sublattices=(site,)))
    assert result.by_site["M"] == pytest.approx(GAS_CONSTANT * math.log(5), rel=1e-12, abs=0)
    assert not result.high_entropy
    assert result.per_atom == pytest.approx(result.per_formula_unit / 0.8, rel=1e-12, abs=0)


def test_elements_outside_the_range_do_not_spoil():
    elements = {"Ni": 0.19, "Co": 0.19, "Mn": 0.19, "Fe": 0.19, "Al": 0.2, "W": 0.04}
    assert is_high_entropy(elements, float(site_entropy(list(elements.values()))))


def test_the_range_is_inclusive():
    elements = {"Ni": 0.35, "Co": 0.3, "Mn": 0.2, "Fe": 0.1, "Al": 0.05}
    assert is_high_entropy(elements, 1.5 * GAS_CONSTANT)
    assert not is_high_entropy({**elements, "Ni": 0.36, "Al": 0.04}, 1.5 * GAS_CONSTANT)


def test_every_basis():
    result = site_entropy_of(
        Composition(
            sublattices=(
                Sublattice(label="Li", multiplicity=1, occupancies={"Li": 0.9, "Ni": 0.1}),
                Sublattice(label="M", multiplicity=1, occupancies={"Ni": 0.5, "Mn": 0.5}),
                Sublattice(label="O", multiplicity=2, occupancies={"O": 0.9, "F": 0.1}),
            )
        )
    )
    mixed, half = -GAS_CONSTANT * (0.9 * math.log(0.9) + 0.1 * math.log(0.1)), GAS_CONSTANT * math.log(2)
    assert result.per_formula_unit == pytest.approx(3 * mixed + half, rel=1e-12, abs=0)
    assert result.per_cation_site == pytest.approx((mixed + half) / 2, rel=1e-12, abs=0)
    assert result.per_atom == pytest.approx((3 * mixed + half) / 4, rel=1e-12, abs=0)
    assert result.site == "M"


def test_profiles_agree_with_single_compositions():
    y = np.random.default_rng(1).dirichlet(np.ones(6), size=40).T
    np.testing.assert_allclose(profile_entropy(y), [site_entropy(v) for v in y.T], rtol=1e-13)
    names = ["Ni", "Co", "Mn2+", "Mn3+", "Nb", "W"]
    flags = [
        site_entropy_of(
            Composition(sublattices=(Sublattice(label="M", multiplicity=1, occupancies=dict(zip(names, v / v.sum()))),))
        )
        for v in y.T
    ]
    assert profile_high_entropy(names, y).tolist() == [f.high_entropy for f in flags]
    assert profile_band(y).tolist() == [f.band for f in flags]


@pytest.mark.parametrize("occupancies", [{"Ni": 0.9}, {"Ni": 1.2, "Co": -0.2}, {}, {"Ni": 0.5, "co": 0.5}])
def test_impossible_sites_are_refused(occupancies):
    with pytest.raises(InputError):
        site_entropy_of(Composition(sublattices=(Sublattice(label="M", multiplicity=1, occupancies=occupancies),)))


def test_arrhenius_at_its_reference_and_slope():
    assert float(arrhenius(3.0, 2e5, 973.15, 973.15)) == 3.0
    t = np.array([900.0, 1000.0])
    slope = np.diff(np.log(arrhenius(1.0, 2e5, t, 973.15))) / np.diff(1 / t)
    assert slope[0] * -GAS_CONSTANT == pytest.approx(2e5, rel=1e-10, abs=0)
