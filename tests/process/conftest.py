import pytest

from epitropy.process.front import front, only
from epitropy.study import load_study


@pytest.fixture(scope="session")
def alone():
    """The article's study with its coated cell alone."""
    return only(load_study("zhao2024"), "coated")


@pytest.fixture(scope="session")
def made(alone):
    """The coated cell annealed at the medians of all inputs."""
    return front(alone.at({}).cells["coated"])
