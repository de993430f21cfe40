"""The headline may move, but never unnoticed: each move needs a line in docs/decisions/headline.md."""

import re
from pathlib import Path

import pytest

from epitropy.calibrate.ensemble import run_ensemble
from epitropy.calibrate.headline import cell_headline
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.calibrate.workers import worker_pool
from epitropy.study import load_study

LEDGER = Path(__file__).parents[1] / "docs" / "decisions" / "headline.md"
ALLOWED = 0.003


def last_line() -> tuple[float, float, float]:
    """Median, low and high of the coated retention in the ledger's last row."""
    rows = re.findall(r"^\|[^|]+\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|", LEDGER.read_text(), re.MULTILINE)
    return tuple(float(v) for v in rows[-1])


def test_the_headline_has_not_moved_without_a_line_in_the_ledger():
    study, scenarios = load_study("zhao2024"), declared_scenarios()
    with worker_pool() as pool:
        draws = run_ensemble(study, scenarios=scenarios, pool=pool)
    found = cell_headline("coated", "predicted", draws, scenarios, 200).retention
    assert (found.value, found.low, found.high) == pytest.approx(last_line(), abs=ALLOWED)
