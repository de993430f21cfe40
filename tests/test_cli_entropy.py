"""``epitropy entropy`` from outside: what a person reads, what a script gets, what a bad table does."""

import csv
import json
import subprocess
import sys
import time

import pytest

KEYS = {"formula", "sites", "per_formula_unit_R", "per_cation_site_R", "high_entropy", "band", "reasons"}
SITE_KEYS = {"label", "multiplicity", "entropy_R", "elements"}


def epitropy(*arguments, cwd=None, columns="80"):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "entropy", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={"COLUMNS": columns, "PATH": "/usr/bin:/bin", "HOME": str(cwd or "/tmp"), "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv", encoding="utf-8"):
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write


def test_one_formula_names_every_basis():
    done = epitropy("LiNi0.9Co0.05Mn0.05O2", "--structure", "layered")
    assert done.returncode == 0 and done.stderr == ""
    for text in ("0.394", "3.28", "0.197", "formula units", "cation sites", "atoms", "J/(mol K)", "Ni 2.94+", "radii"):
        assert text in done.stdout
    assert "outside 5-35 %: Ni 90 %" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_narrow_terminal_folds():
    done = epitropy("Li1.3[Mn2+0.2Mn3+0.2Ti0.1Nb0.2][O1.7F0.3]", "NiO", columns="60")
    assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 60


def test_json_is_a_list_with_the_promised_keys():
    done = epitropy("(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O", "Li[Ni0.9Co0.05Mn0.05]O2", "--json")
    first, second = json.loads(done.stdout)
    assert set(first) >= KEYS and set(first["sites"][0]) >= SITE_KEYS
    assert first["per_formula_unit_R"] == pytest.approx(1.609, abs=5e-4) and first["high_entropy"] is True
    assert second["band"] == "low" and second["high_entropy"] is False
    assert second["oxidation_states"]["Ni"] == pytest.approx(2.944, abs=5e-4) and second["residual_charge"] == 0
    assert second["descriptors"]["Ni,Co,Mn"]["radii_m"]["Ni2+"] == pytest.approx(0.69e-10)


def test_a_solution():
    (found,) = json.loads(epitropy("0.1 LiPF6 + 0.3 EC + 0.6 DMC", "--json").stdout)
    assert found["per_formula_unit_R"] == pytest.approx(0.898, abs=5e-4) and not found["neutrality_asked"]
    bases = ["per_cation_site_R", "per_atom_R", "per_cation_site_J_per_mol_K", "per_atom_J_per_mol_K"]
    assert [found[b] for b in bases] == [None] * 4 and found["formula_unit"] == "mole of species"


def test_a_table_of_one_column(table, tmp_path):
    """Commas of a formula do not cut it, and a basis that does not apply is an empty cell."""
    file = table("formula\n(Mg,Co,Ni,Cu,Zn)O\n0.1 LiPF6 + 0.9 EC\n")
    assert epitropy("--file", file, "-o", tmp_path / "out.csv").returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        oxide, solution = csv.DictReader(stream)
    assert oxide["formula"] == "(Mg,Co,Ni,Cu,Zn)O" and oxide["per_cation_site_R"] == "1.60944"
    assert (solution["per_formula_unit_R"], solution["per_cation_site_R"], solution["per_atom_R"]) == (
        "0.325083",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["Li[Ni0.9"], "never closed"),
        (["Xx2O3"], "no element"),
        (["Li[Ni0.9Co0.2]O2"], "add up to 1.1"),
        (["Li[]O2"], "no element"),
        (["NaCl2"], "charge -1"),
        (["LiNiO2", "--structure", "nonsense"], "NASICON"),
        (["LiNiO2", "--structure", "none.yaml"], "cannot be read"),
        ([], "no formula"),
        (["--file", "none.csv"], "not a readable text file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, word, tmp_path):
    done = epitropy(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert word in done.stderr and "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_spreadsheet_of_a_laboratory(table, tmp_path):
    """Byte-order mark, semicolons, decimal commas, a structure a row, columns carried through."""
    file = table(
        "sample;formula;structure;mass\nA1;LiNi0,9Co0,05Mn0,05O2;layered;1,5\nB2;(Mg0,2Co0,2Ni0,2Cu0,2Zn0,2)O;;2,5\n",
        encoding="utf-8-sig",
    )
    done = epitropy("--file", file, "--output", tmp_path / "out.csv")
    assert done.returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["sample"], r["mass"], r["line"]) for r in rows] == [("A1", "1.5", "2"), ("B2", "2.5", "3")]
    assert [round(float(r["site_entropy_R"]), 3) for r in rows] == [0.394, 1.609]
    assert [r["high_entropy"] for r in rows] == ["false", "true"] and rows[0]["structure"] == "layered"


def test_a_german_windows_table(table):
    """Capital column name, Windows-1252, and text that only looks like numbers."""
    file = table("Formula;Tiefe [µm];batch\nLi1,2AlO2;0,5;1,2,3 of 4\n", encoding="cp1252")
    done = epitropy("--file", file, "--json")
    (found,) = json.loads(done.stdout)
    assert found["columns"] == {"Tiefe [µm]": "0.5", "batch": "1,2,3 of 4"} and "Windows-1252" in done.stderr
    assert any("left out to close the charge" in n for n in found["notes"])


def test_a_bad_row_among_many_is_named_and_the_rest_delivered(table):
    good = "Li[Ni0.8Co0.1Mn0.1]O2"
    rows = [good] * 10_000
    rows[1234] = "Li[Ni0.8"
    rows[4321] = f"{good},one cell too many"
    started = time.monotonic()
    done = epitropy("--file", table("formula\n" + "\n".join(rows)), "--json")
    assert time.monotonic() - started < 60
    assert done.returncode == 0 and len(json.loads(done.stdout)) == 9998
    assert "line 1236: formula" in done.stderr and "line 4323" in done.stderr
    assert "2 of 10000 rows left out, 9998 delivered" in done.stderr


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty file"),
        ("formula\n", "no rows"),
        ("composition,x\nNiO,1\n", "a column 'formula'"),
        ("formula\nLi[Ni\nXx\n", "none of 2 rows"),
        ("formula,formula\nNiO,NiO\n", "named once"),
    ],
)
def test_a_table_that_gives_nothing_ends_in_2(table, text, word):
    done = epitropy("--file", table(text))
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr


def test_the_table_that_is_read_is_not_overwritten(table):
    file = table("formula\nNiO\n")
    done = epitropy("--file", file, "-o", file)
    assert done.returncode == 2 and file.read_text() == "formula\nNiO\n"


def test_a_given_column_with_the_name_of_a_result_is_kept(table, tmp_path):
    epitropy("--file", table("formula,band\nNiO,mine\n"), "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["band (given)"] == "mine" and row["band"] == "low"
