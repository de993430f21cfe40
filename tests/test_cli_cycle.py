"""``epitropy cycle`` from outside."""

import csv
import json
import os
import subprocess
import sys

import pytest


def epitropy(*arguments, cwd=None, columns="80"):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": columns},
    )


def refuse(constant):
    raise AssertionError(f"{constant} in JSON")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The map of window and rate, with files."""
    folder = tmp_path_factory.mktemp("cycle") / "out"
    vary = ("--vary", "protocol.upper_voltage=4.2:4.4:0.1", "--vary", "protocol.rate=0.5,1")
    done = epitropy("cycle", "zhao2024", *vary, "-o", str(folder), "--curves", "100")
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_cells_are_told_with_their_units(written):
    _, printed = written
    for said in ("174.7 → 138.", "mAh/cm²", "retention", "Ω cm²", "crack area", "dead mass", "lithium imbalance"):
        assert said in printed
    assert "outer/series" in printed and "not the headline" in printed
    assert "bare: 200 cycles done." in printed and "formation 1" in printed
    assert "across: upper cut-off / V" in printed


def test_files_hold_series_curves_and_figures_with_units(written):
    folder, _ = written
    with open(folder / "series-bare.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200 and float(rows[0]["capacity_mAh_g"]) == pytest.approx(174.7, rel=1e-3)
    assert float(rows[0]["areal_capacity_mAh_cm2"]) == pytest.approx(1.747, rel=1e-3)
    with open(folder / "voltage.csv", encoding="utf-8") as file:
        curves = list(csv.DictReader(file))
    assert {(r["cell"], r["cycle"], r["rate_C"]) for r in curves} == {
        (cell, cycle, rate) for cell in ("bare", "coated") for cycle in ("1", "100", "200") for rate in ("1", "0.05")
    }
    with open(folder / "map.csv", encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    assert len(points) == 12 and all(r["ended_by"] == "200 cycles done" for r in points)
    page = (folder / "cycle.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 6 and "http" not in page.split("<body>")[0]
    for name in ("fade", "losses", "voltage", "dqdv", "ageing", "map"):
        assert (folder / f"{name}.svg").stat().st_size > 5000 and (folder / f"{name}.csv").stat().st_size > 500


def test_json_is_whole_and_without_nan(tmp_path):
    done = epitropy("cycle", "zhao2024", "--json", "--cell", "coated", cwd=tmp_path)
    answer = json.loads(done.stdout, parse_constant=refuse)
    (told,) = answer["lives"].values()
    cell = told["cells"]["coated"]
    assert answer["engine"] == "kernel" and list(told["cells"]) == ["coated"]
    first = cell["series"]["capacity_C_per_kg"][0]
    assert cell["summary"]["first_capacity_mAh_g"] == pytest.approx(first / 3600, rel=1e-6)
    assert cell["reading"]["skin_m"] == pytest.approx(cell["summary"]["skin_nm"] * 1e-9, rel=1e-6)
    assert cell["series"]["lithium_imbalance"] < 1e-10 and cell["series"]["salt_imbalance"] < 1e-10
    assert None not in cell["series"]["capacity_C_per_kg"]
    assert not list(tmp_path.iterdir())


def test_every_scenario_in_one_table():
    done = epitropy("cycle", "zhao2024", "--scenario", "all")
    assert "fewer-cracks/inactive" in done.stdout and "out of reach" in done.stdout


def test_narrow_terminals_fold_and_cut_nothing():
    done = epitropy("cycle", "zhao2024", "--vary", "protocol.upper_voltage=4.2:4.6:0.1", columns="60")
    assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 60
    assert "…" not in done.stdout and "crack area" in done.stdout


def test_a_study_without_data_says_so(tmp_path):
    protocol = "protocol: {cycles: 5, charge_mode: CC-CV}\n"
    (tmp_path / "mine.yaml").write_text(f"name: mine\n{protocol}", encoding="utf-8")
    done = epitropy("cycle", "mine.yaml", "--without", "skin", "--no-skip", cwd=tmp_path)
    assert "no capacities to calibrate on" in done.stdout
    assert "Switched off" in done.stdout and "growth of the rock-salt skin" in done.stdout.replace("\n", " ")
    assert "charge held at the cut-off" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cell", "none"], "bare, coated"),
        (["--scenario", "none"], "outer/series"),
        (["--engine", "none"], "kernel, pybamm"),
        (["--without", "none"], "formation_cracks"),
        (["--curves", "x"], "cycle numbers"),
        (["--vary", "protocol.rate=0.1:1"], "START:STOP:STEP"),
        (["--vary", "protocol.rte=1"], "Did you mean"),
        (["--vary", "protocol.rate=1", "--scenario", "all"], "one scenario"),
        (["-o", "file"], "is a file"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, said):
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = epitropy("cycle", "zhao2024", *arguments, cwd=tmp_path)
    faults = [line for line in done.stderr.splitlines() if not line.endswith("...")]
    assert done.returncode == 2 and len(faults) == 1
    assert said in faults[0] and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ("upper_voltage: {value: 4.9 V, source: x}", "open-circuit curve"),
        ("rate: {value: 45, source: x}", "no first cycle"),
    ],
)
def test_what_the_cell_cannot_follow_is_one_line(tmp_path, protocol, said):
    (tmp_path / "mine.yaml").write_text(f"name: mine\nprotocol:\n  {protocol}\n", encoding="utf-8")
    done = epitropy("cycle", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
