"""``epitropy data`` from outside: what it shows on a narrow terminal, asks, writes and refuses."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

FILES = Path(__file__).parent / "files"
ENVIRONMENT = {**os.environ, "COLUMNS": "60"}


def data(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "data", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
    )


def one_line(done):
    """The last line of a refusal; no other word on the error stream is a traceback."""
    assert done.returncode == 2 and "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("cycle,capacity_mAh_g\n1,195\n2,194.5\n")
    return path


def test_a_small_table_fits_a_narrow_terminal(own):
    done = data(own, "--cell", "bare")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.replace(str(own), "").splitlines())) <= 60
    assert "epitropy CSV" in done.stdout and "195" in done.stdout and "194.5" in done.stdout


def test_a_cyclers_columns_are_shown_and_must_be_confirmed():
    file = FILES / "neware_cycle.txt"
    done = data(file, "--mass", "12 mg")
    assert "not confirmed" in one_line(done) and "Cap_DChg(mAh)" in done.stderr and not done.stdout
    assert data(file, "--mass", "12 mg", "--yes").returncode == 0


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"\n", 2)])
def test_on_a_terminal_it_asks(answer, code):
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    command = [sys.executable, "-m", "epitropy.cli", "data", str(FILES / "landt_cycle.csv"), "--mass", "12 mg"]
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=120, env=ENVIRONMENT)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code and "Is every column what it is taken for?" in done.stderr
    assert ("195" in done.stdout) == (code == 0)


def test_it_writes_and_never_over_a_file(own, tmp_path):
    out = tmp_path / "out.csv"
    assert data(own, "-o", out).returncode == 0
    assert out.read_text() == own.read_text()
    assert "exists" in one_line(data(own, "-o", out))
    assert data(own, "-o", out, "--mass", "12 mg", "--to", "bdf", "--force").returncode == 0
    assert out.read_text().splitlines()[:2] == ["Cycle Count / 1,Cycle Discharging Capacity / Ah", "1,0.00234"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bare.csv", "out.csv"]
    assert "no mass" in one_line(data(own, "-o", tmp_path / "new.csv", "--to", "bdf"))
    assert not (tmp_path / "new.csv").exists()


def test_several_files_with_a_mass_each(tmp_path):
    out = tmp_path / "cells.csv"
    names = ["biologic_cycles.txt", "labels.bdf.csv"]
    done = data(*(FILES / n for n in names), "--yes", "--mass", "12 mg", "--mass", "12.5 mg", "-o", out)
    assert done.returncode == 0, done.stderr
    assert out.read_text().splitlines() == [
        "cycle,replicate,capacity_mAh_g",
        *(f"{c},biologic_cycles,{q}" for c, q in ((1, 195), (2, 193.5), (3, 192.5))),
        *(f"{c},labels,{q}" for c, q in ((1, 187.2), (2, 185.76), (3, 184.8))),
    ]
    three = data(*(FILES / n for n in names), "--mass", "1 mg", "--mass", "2 mg", "--mass", "3 mg")
    assert "3 for 2 files" in one_line(three)


def test_json_holds_all_cycles(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("cycle,capacity_mAh_g\n" + "".join(f"{c},{195 - c / 100:g}\n" for c in range(1, 501)))
    (found,) = json.loads(data(path, "--json").stdout)
    assert found["read_as"] == "epitropy CSV" and found["rows"] == 500
    readings = found["cells"][0]["readings"]["capacity_mAh_g"]
    assert readings["cycle"] == list(range(1, 501)) and readings["value"][-1] == 190.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mass", "12"], "--mass: '12' has no unit"),
        (["--mass", "12 nm"], "--mass: 'nm' has the wrong dimension"),
        (["--mass", "-1 mg"], "--mass: '-1 mg'; allowed: above zero"),
        (["--column", "capacity"], "QUANTITY=HEADER"),
        (["--column", "capacity=a", "--column", "capacity=b"], "'capacity' twice"),
        (["--current-sign", "up"], "charge-positive or discharge-positive"),
        (["--to", "xls"], "csv or bdf"),
        (["--first", "9"], "--first: 9; allowed: a cycle of"),
    ],
)
def test_options_that_cannot_be_meant(own, arguments, words):
    assert words in one_line(data(own, *arguments))
