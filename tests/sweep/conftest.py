"""Small sweeps: one that takes milliseconds a point, one through the whole chain."""

import os
import subprocess
import sys

import pytest
import yaml

from epitropy.sweep.spec import read_sweep

RECIPE = {
    "study": "zhao2024",
    "vary": {
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"], "n": 5},
        "coating.precursors": {"simplex": ["Nb12WO33", "ZrO2", "HfO2"], "step": "25 %", "of": "cations"},
    },
    "where": ["coating.critical_element_share < 0.9"],
    "objectives": {"minimise": ["coating.cost"], "maximise": ["coating.entropy"]},
}
CHAIN = {
    "study": "zhao2024",
    "vary": {"coating.dose": ["0.5 wt%", "1 wt%", "2 wt%"], "anneal.temperature": ["650 degC", "700 degC"]},
    "objectives": {"maximise": ["coated.retention_200"], "minimise": ["coating.cost"]},
    "intervals": {"best": 2, "draws": 2},
}


@pytest.fixture(scope="session")
def recipe():
    return read_sweep(RECIPE)


@pytest.fixture(scope="session")
def chain():
    return read_sweep(CHAIN)


@pytest.fixture
def written(tmp_path):
    """Write a sweep file and give its path."""

    def write(raw, name="sweep.yaml"):
        path = tmp_path / name
        path.write_text(yaml.safe_dump(raw, sort_keys=False))
        return path

    return write


@pytest.fixture
def epitropy(tmp_path):
    """Run the command as a user does."""

    def run(*arguments, timeout=300, **more):
        command = [sys.executable, "-m", "epitropy.cli", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "100", **more}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, cwd=tmp_path, env=environment, check=False
        )

    return run
