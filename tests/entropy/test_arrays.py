"""The law for many compositions is the law for one."""

import numpy as np
import pytest

from epitropy.entropy.classify import is_high_entropy
from epitropy.entropy.stage import profile_entropy, profile_high_entropy
from epitropy.errors import InputError
from epitropy.laws import site_entropy

METALS = ["Ni", "Co", "Mn", "Nb", "W", "Zr"]


def many(n=20_000):
    """Fractions (species, n): random, some zero, some at the limits of the rule; more than one block of them."""
    y = np.random.default_rng(4).dirichlet(np.full(6, 2.0), size=n)
    y[::7, 0] = 0.0
    y /= y.sum(axis=1, keepdims=True)
    y[:3] = [[1, 0, 0, 0, 0, 0], [0.2] * 5 + [0], [0.35, 0.3, 0.2, 0.1, 0.05, 0]]
    return y.T


def test_entropy_and_class_agree_with_the_single_laws():
    y = many()
    entropy = profile_entropy(y)
    np.testing.assert_allclose(entropy, site_entropy(y.T), rtol=1e-13, atol=1e-13)
    expected = [is_high_entropy(dict(zip(METALS, row)), s) for row, s in zip(y.T, entropy)]
    assert profile_high_entropy(METALS, y).tolist() == expected and 0 < sum(expected) < len(expected)
    assert profile_high_entropy(METALS, y, entropy).tolist() == expected


def test_states_of_one_element_count_once_and_vacancies_never():
    y = np.full((6, 1), 1 / 6)
    assert profile_high_entropy(METALS, y).all()
    assert profile_high_entropy(["Va", *METALS[1:]], y).all()  # five elements are left
    assert not profile_high_entropy(["Va", "Ni2+", "Ni3+", *METALS[3:]], y).any()  # four, Ni with a third


def test_shapes():
    assert profile_entropy(np.empty((3, 0))).shape == (0,)
    assert profile_entropy(np.full((2, 3, 4), 0.5)).shape == (3, 4)
    assert np.isnan(profile_entropy([[np.nan, 0.5], [0.1, 0.5]])).tolist() == [True, False]
    with pytest.raises(InputError, match="one name a row"):
        profile_high_entropy(["Ni", "Co"], np.ones((3, 2)))
