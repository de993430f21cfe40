"""The compiled law for many compositions is the law for one."""

import numpy as np
import pytest

from epitropy.entropy.arrays import entropy_and_class
from epitropy.entropy.classify import is_high_entropy
from epitropy.entropy.stage import profile_high_entropy
from epitropy.errors import InputError
from epitropy.laws import site_entropy

METALS = ["Ni", "Co", "Mn", "Nb", "W", "Zr"]


def many(n=5000):
    y = np.random.default_rng(4).dirichlet(np.full(6, 2.0), size=n)
    y[::7, 0] = 0.0
    y /= y.sum(axis=1, keepdims=True)
    y[:3] = [[1, 0, 0, 0, 0, 0], [0.2] * 5 + [0], [0.35, 0.3, 0.2, 0.1, 0.05, 0]]
    return y


def test_entropy_and_class_agree_with_the_single_laws():
    y = many()
    entropy, high = entropy_and_class(y)
    np.testing.assert_allclose(entropy, site_entropy(y), rtol=1e-13, atol=1e-13)
    expected = [is_high_entropy(dict(zip(METALS, row)), s) for row, s in zip(y, entropy)]
    assert high.tolist() == expected and 0 < sum(expected) < len(y)


def test_states_of_one_element_count_once_and_vacancies_never():
    species = ["Mn2+", "Mn3+", "Va", "Nb", "W", "Zr"]
    y = many()
    entropy, high = entropy_and_class(y, species)
    np.testing.assert_allclose(entropy, site_entropy(y), rtol=1e-13, atol=1e-13)
    assert high.tolist() == profile_high_entropy(species, y.T).tolist() == [False] * len(y)
    assert entropy_and_class(y, METALS)[1].tolist() == profile_high_entropy(METALS, y.T).tolist()


def test_no_rows_and_wrong_shapes():
    assert entropy_and_class(np.empty((0, 3)))[0].shape == (0,)
    for wrong in (np.ones(3), np.ones((2, 3, 4))):
        with pytest.raises(InputError, match="n, species"):
            entropy_and_class(wrong)
    with pytest.raises(InputError, match="one name a column"):
        entropy_and_class(np.ones((2, 3)), ["Ni", "Co"])
