"""The verbs of the bench: ``recipe`` and ``phases``, as people call them."""

import json
import os
import subprocess
import sys

import pytest


def epitropy(*arguments, cwd, columns="80"):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": columns},
    )


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_sheet_fits_the_printer_and_a_narrow_terminal(columns, tmp_path):
    done = epitropy("recipe", "zhao2024", "--batch", "50 g", cwd=tmp_path, columns=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= min(int(columns), 80)
    for text in ("0.4000 g", "0.1000 g", "50.00 g", "wt%", "Anneal bare powder", "assumed", "80 %"):
        assert text in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_json_and_page(tmp_path):
    done = epitropy("recipe", "zhao2024", "--json", "-o", "sheet.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["weighed_g"]["value"] == 1.0
    assert (tmp_path / "sheet.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["recipe", "zhao2024", "--batch", "100"], "--batch"),
        (["recipe", "zhao2024", "--batch", "lots"], "--batch"),
        (["recipe", "zhao2024", "--cell", "bare"], "coating"),
        (["recipe", "zhao2024", "--cell", "none"], "coated"),
        (["recipe", "zhang2022"], "coating"),
        (["recipe", "zhao2024", "-o", "sheet.pdf"], ".html"),
        (["recipe", "zhao2024", "-o", "no/folder/sheet.html"], "folder"),
        (["recipe", "nowhere"], "STUDY"),
        (["phases", "Nb12WO3"], "Nb12WO33"),
        (["phases", "--with", "Xx"], "Xx"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, says, tmp_path):
    done = epitropy(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == "" and list(tmp_path.iterdir()) == []


def test_the_library_is_listed_and_one_phase_shown_with_its_sources(tmp_path):
    listed = epitropy("phases", cwd=tmp_path)
    assert listed.returncode == 0 and "ZrO2 tetragonal" in listed.stdout and "82 phases" in listed.stdout
    few = epitropy("phases", "--with", "Zr", cwd=tmp_path, columns="60")
    assert "Nb12WO33" not in few.stdout and max(map(len, few.stdout.splitlines())) <= 60
    one = epitropy("phases", "t-ZrO2", cwd=tmp_path).stdout
    for text in ("ZrO2 tetragonal", "P4_2/nmc", "6.1 g/cm3", "assumed:", "recalled"):
        assert text in one
    as_json = json.loads(epitropy("phases", "Nb12WO33", "--json", cwd=tmp_path).stdout)
    assert as_json[0]["density_kg_per_m3"]["value"] == 4760


OWN = """
name: own
phases:
  block oxide:
    formula: Nb18W8O69
    density: {value: 5.2 g/cm3, grade: measured, source: pycnometer}
    wets: true
coating:
  precursors: {block oxide: 0.7, TiO2: 0.3}
cells:
  coated: {anneal: {}}
"""


def test_a_phase_of_ones_own_is_weighed_and_listed(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN)
    done = epitropy("recipe", "own.yaml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["precursors"][0]["formula"] == "Nb18W8O69"
    listed = epitropy("phases", "--study", "own.yaml", cwd=tmp_path)
    assert listed.stdout.splitlines()[1].startswith("block oxide") and "83 phases" in listed.stdout


def test_new_takes_any_phase_of_the_library(tmp_path):
    given = "LiNbO3 55 %, ZrO2 tetragonal 20 %, LiNi0.5Mn1.5O4 25 %, 0.5 wt%"
    done = epitropy("new", "mine", "--coating", given, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sheet = json.loads(epitropy("recipe", "mine.yaml", "--json", cwd=tmp_path).stdout)
    assert {p["precursor"]: p["dry_g"]["value"] for p in sheet["precursors"]} == pytest.approx(
        {"LiNbO3": 0.275, "ZrO2 tetragonal": 0.1, "LiNi0.5Mn1.5O4": 0.125}
    )
    assert sheet["weighed_g"]["grade"] == "assumed"  # purity is not in the answer
