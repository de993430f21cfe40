"""``epitropy anneal`` from outside."""

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


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """The plot wanted before booking a furnace, with files."""
    folder = tmp_path_factory.mktemp("anneal") / "out"
    done = epitropy(
        *("anneal", "zhao2024", "--draws", "8", "-o", str(folder)),
        *("--vary", "anneal.temperature=600:800:100", "--vary", "anneal.time=1h:10h:3h"),
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_map_is_a_table_and_a_figure(mapped):
    folder, printed = mapped
    with open(folder / "map.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert {(r["anneal.temperature_degC"], r["anneal.time_h"]) for r in rows} >= {("600", "1"), ("800", "10")}
    first, last = rows[0], rows[-1]
    assert float(last["zone_width_nm_median"]) > 2 * float(first["zone_width_nm_median"])
    assert float(first["zone_width_nm_low"]) < float(first["zone_width_nm_high"])
    assert "mixed zone / nm" in printed and "mean S / R" in printed
    page = (folder / "anneal.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2 and "http" not in page.split("<body>")[0]


def test_the_page_says_what_each_element_brings(mapped):
    folder, printed = mapped
    assert "Without one element" in printed and "ZrO2" in printed
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert [row["element"] for row in answer["left_out"]] == ["", "Co", "Mn", "Nb", "W", "Zr"]


def test_json_alone_writes_no_files(tmp_path):
    done = epitropy("anneal", "zhao2024", "--draws", "0", "--json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert answer["cell"] == "coated" and answer["bands"] is None
    assert answer["profile"]["species"] == ["Ni", "Co", "Mn", "Nb", "W", "Zr"]
    assert {"zone_width_m", "mean_entropy_J_per_mol_K", "undissolved_share"} <= set(answer["reading"])
    assert not list(tmp_path.iterdir())


def test_a_scan_is_drawn_and_fitted(tmp_path):
    rows = ["depth_nm;Ni;Co;Mn;Nb;W;Zr;O"]
    rows += [f"{d},5;{70 + d / 4};4,8;4,5;{max(20 - d / 2, 0)};1,5;{max(5 - d, 0)};60" for d in range(0, 60, 4)]
    (tmp_path / "scan.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    arguments = ("anneal", "zhao2024", "--draws", "0", "--fit-scan", "scan.csv", "-o", "out")
    done = epitropy(*arguments, cwd=tmp_path, columns="200")
    assert done.returncode == 0, done.stderr
    assert "niobium diffusivity in the host" in done.stdout and "Columns left out: O" in done.stdout
    answer = json.loads((tmp_path / "out" / "answer.json").read_text(encoding="utf-8"))
    fitted = {n["name"]: n for n in answer["fit"]["numbers"]}
    number = fitted["anneal.diffusivity_host.Nb"]
    assert number["low"] < number["value"] < number["high"]


def test_narrow_terminals_fold_and_cut_nothing(tmp_path):
    done = epitropy("anneal", "zhao2024", "--draws", "0", "-o", "out", cwd=tmp_path, columns="60")
    tables = done.stdout.split("Report:")[0].splitlines()
    assert done.returncode == 0 and max(map(len, tables)) <= 60
    assert "…" not in done.stdout and "Nb12WO33" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["zhang2022"], "no cell of 'zhang2022' has a coating"),
        (["zhao2024", "--cell", "bare"], "has no coating"),
        (["zhao2024", "--vary", "anneal.temperature=600:800"], "START:STOP:STEP"),
        (["zhao2024", "--vary", "anneal.temprature=600:800:50"], "Did you mean"),
        (["zhao2024", "--scan", "none.csv"], "none.csv"),
        (["zhao2024", "--scan", "empty.csv"], "empty"),
        (["zhao2024", "--scan", "empty.csv", "--fit-scan", "empty.csv"], "one of them"),
        (["zhao2024", "--resolution", "1 kg"], "dimension"),
        (["zhao2024", "--resolution", "-1 nm"], "zero or more"),
        (["zhao2024", "-o", "empty.csv"], "is a file"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, said):
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    done = epitropy("anneal", *arguments, "--draws", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0 or "annealing" in done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["empty.csv"]
