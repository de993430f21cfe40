"""``epitropy validate`` from outside."""

import json
import os
import subprocess
import sys

import pytest


def epitropy(*arguments, columns="80"):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": columns},
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("validate") / "out"
    done = epitropy("validate", "zhao2024", "--only-mine", "--draws", "2", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_ones_own_pair_is_marked_and_scored(written):
    _, printed = written
    assert "zhao2024 (yours)" in printed and "Scores of your pairs" in printed
    assert all(len(line) <= 80 for line in printed.splitlines() if not line.startswith("Report"))
    assert "Published rows outside" not in printed


def test_files_are_written_and_json_is_plain(written):
    folder, _ = written
    names = {"answer.json", "validation.html", "validation.md", "validation.csv", "validation.svg"}
    assert {f.name for f in folder.iterdir()} == names
    (pair,) = json.loads((folder / "answer.json").read_text(encoding="utf-8"))["pairs"]
    assert pair["origin"] == "user" and pair["reported"] == 0.96
    assert [g["name"] for g in pair["guesses"]][-2:] == ["coated = bare", "mean published coating"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("nowhere.yaml",), "neither a file nor a bundled study"),
        (("zhang2022",), "zhang2022: no calibration; allowed: a study with capacities of the bare cell"),
        (("--only-mine",), "--only-mine: no study; allowed: one study or more beside it"),
    ],
)
def test_faults_are_one_line_and_exit_2(arguments, said):
    done = epitropy("validate", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("epitropy: ") and said in line
