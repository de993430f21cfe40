"""The article's study cycled once for all tests that read it."""

import pytest

from epitropy.halfcell.cycle import cycle_study
from epitropy.study import load_study


@pytest.fixture(scope="session")
def article():
    return load_study("zhao2024")


@pytest.fixture(scope="session")
def answer(article):
    return cycle_study(article)


@pytest.fixture(scope="session")
def told(answer):
    """The cells in the scenario that was taken."""
    (lives,) = answer.lives.values()
    return lives.cells
