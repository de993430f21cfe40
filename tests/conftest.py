"""The article's study at the medians of all inputs, formed and calibrated once for all tests that read it."""

import pytest

from epitropy.calibrate.ensemble import calibrated, prepare
from epitropy.calibrate.scales import build
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.records.scenario import Scales
from epitropy.study import load_study


@pytest.fixture(scope="session")
def zhao():
    return load_study("zhao2024").at({})


@pytest.fixture(scope="session")
def scenarios():
    return {s.name: s for s in declared_scenarios()}


@pytest.fixture(scope="session")
def ready(zhao):
    """By cell: the formed cell, and the tables that its cycling looks up."""
    return {name: prepare(cell) for name, cell in zhao.cells.items()}


@pytest.fixture(scope="session")
def scales(zhao, ready, scenarios):
    """By scenario, those that can be solved at the medians."""
    found = calibrated(zhao, ready, tuple(scenarios.values())).scales
    return {name: s for name, s in found.items() if isinstance(s, Scales)}


@pytest.fixture(scope="session")
def bare(zhao, ready, scenarios, scales):
    """The kernel's model and tables of the calibrated bare cell."""
    formed, tables = ready["bare"]
    return build(zhao.cells["bare"], formed, scenarios["outer/series"], scales["outer/series"]), tables
