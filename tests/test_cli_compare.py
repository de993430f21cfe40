"""``epitropy compare`` from outside, and the measures it tells."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from epitropy.cycling.parameters import COLUMNS
from epitropy.cycling.stage import Life
from epitropy.halfcell import compare

ENVIRONMENT = {**os.environ, "PYBAMM_DISABLE_TELEMETRY": "true"}


def run(arguments, cwd, *, columns="80", code="from epitropy.cli import main; main()"):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={**ENVIRONMENT, "COLUMNS": columns},
    )


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    done = run(("compare", "zhao2024", "--json"), tmp_path_factory.mktemp("compare"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_json_tells_differences_and_conservation_of_all_cells(answer):
    assert list(answer["cells"]) == ["bare", "coated"]
    assert [c["cycle"] for c in answer["cells"]["bare"]["curves"]] == [1, 100, 200]
    for engine in ("kernel", "pybamm"):
        assert 0 < answer[engine]["lithium_imbalance"] < 1e-10 and 0 < answer[engine]["salt_imbalance"] < 1e-10
        assert answer[engine]["seconds"] > 0
    for name in ("voltage_rmse_mV", "capacity_error", "fade_error"):
        assert answer[name] == max(cell[name] for cell in answer["cells"].values())
    assert answer["resolution"]["pybamm"]["shells"] >= 80


def test_the_limits_are_met(answer):
    """0.5 mV, 0.05 %, 0.1 %, 1e-10, in the article's study."""
    assert answer["limits"] == compare.LIMITS
    assert all(answer["met"].values()), answer["met"]


def test_table_has_numbers_limits_and_verdict_and_fits_a_narrow_terminal(tmp_path):
    done = run(("compare", "zhao2024", "--cell", "bare", "--cycles", "2,3"), tmp_path, columns="60")
    assert done.returncode == 0, done.stderr
    assert "0.5 mV" in done.stdout and "0.05 %" in done.stdout and "1e-10" in done.stdout
    assert "All limits are met." in done.stdout or "NOT MET: " in done.stdout
    assert ("NOT MET" in done.stdout) == bool(re.search(r"\bNO\b", done.stdout.replace("NOT MET", "")))
    assert max(map(len, done.stdout.splitlines())) <= 60
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cycles", "500"), "--cycles: 500; allowed: ageing cycles 1 to 200"),
        (("--cycles", "x"), "--cycles: 'x'; allowed: cycle numbers"),
        (("--cell", "x"), "'x' is no cell of this study"),
        (("--scenario", "x"), "unknown scenario 'x'"),
        (("--scenario", "all"), "--scenario: all; allowed: one scenario"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, message):
    done = run(("compare", "zhao2024", *arguments), tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", [("compare",), ("cycle", "--engine", "pybamm")])
def test_without_pybamm_it_says_what_to_install(tmp_path, verb):
    code = "import sys; sys.modules['pybamm'] = None; from epitropy.cli import main; main()"
    done = run((verb[0], "zhao2024", *verb[1:]), tmp_path, code=code)
    assert done.returncode == 2
    assert "pip install 'epitropy[pybamm]'" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def told(capacity, known):
    """A life of which some rows are known."""
    rows = np.full((len(capacity), len(COLUMNS)), np.nan)
    rows[known] = 0.0
    rows[known, 0] = np.array(capacity)[known]
    return Life(rows, 0, len(capacity) - 1, 0.0, 0.0)


def test_capacity_error_is_the_largest_of_all_cycles_either_has_simulated():
    kinds = ("formation", *["ageing"] * 4)
    own, other = told([220, 200, 190, 180, 170], [0, 1, 2, 3, 4]), told([220, 200, 190, 180, 170], [0, 1, 4])
    found = [np.array([200, 190, 180, 170.0]), np.array([200, 190, 180, 170.0])]
    assert compare.capacity_error((own, other), found, kinds) == 0
    found[1] = np.array([200, 190, 171, 170.0])
    assert compare.capacity_error((own, other), found, kinds) == pytest.approx(0.05)
    other.rows[0, 0] = 198
    assert compare.capacity_error((own, other), found, kinds) == pytest.approx(0.1)


def test_a_fade_of_nothing_is_not_divided_by():
    assert compare.fade_error(np.array([200.0, 200.0]), np.array([200.0, 199.9998])) == pytest.approx(1e-4)


def test_gap_is_measured_on_a_common_axis_of_charge():
    half = compare.Half(np.linspace(0, 0.6, 50), np.linspace(4.0, 3.0, 50))
    longer = compare.Half(np.linspace(0.1, 0.7, 70), 2e-3 + np.linspace(4.0 - 1 / 6, 4.0 - 7 / 6, 70))
    np.testing.assert_allclose(compare.gap(longer, half), 2.0, atol=1e-9)


def test_a_cell_that_dies_is_compared_as_far_as_it_lives(bare):
    """Cracks without end: the lithium metal's resistance grows until nothing passes."""
    from epitropy.cycling import pybamm_life

    m, t = bare
    m = m._replace(lithium_growth=8e-3)
    rows = np.array([[0.1, 0.1, 0.0, 0.0, 0.0], *[[1.0, 1.0, 0.0, 0.0, 1.0]] * 12])
    kinds = ("formation", *["ageing"] * 12)
    found = compare.compare_cell(m, t, rows, kinds, tolerance=0.0, cycles=[1, 12], pybamm_life=pybamm_life)
    assert 1 < found.kernel.last_cycle == found.pybamm.last_cycle < 12
    assert found.reason.startswith(f"dead after cycle {found.kernel.last_cycle}: ")
    assert np.isfinite([found.voltage_rmse_mV, found.fade_error]).all()


def test_a_cell_without_a_first_cycle_has_a_reason(bare):
    from epitropy.cycling import pybamm_life

    m, t = bare
    rows = np.array([[0.1, 0.1, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0]])
    dead = m._replace(series_resistance=1.0)
    found = compare.compare_cell(
        dead, t, rows, ("formation", "ageing"), tolerance=0.0, cycles=[1], pybamm_life=pybamm_life
    )
    assert found.voltage_rmse_mV is None and found.capacity_error is None
    assert found.reason == "no first cycle: no capacity left between the cut-offs"
