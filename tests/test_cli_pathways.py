"""``epitropy pathways``: tables, JSON, figure, and one line for what cannot be."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def ran(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "epitropy.cli", "pathways", *words], capture_output=True, text=True)


def test_layered_host_as_a_table_and_a_figure(tmp_path):
    done = ran("LiNiO2", "--facets", "003,104", "--spacing", "0.3 angstrom", "--figure", str(tmp_path / "ways.png"))
    assert done.returncode == 0 and (tmp_path / "ways.png").exists()
    lines = done.stdout.splitlines()
    assert any("two directions" in line and "plane (001)" in line for line in lines)
    assert any(line.startswith("(003)") and "blocked" in line for line in lines)
    assert any(line.startswith("(104)") and "open" in line for line in lines)
    assert "no activation energies" in " ".join(done.stdout.split())


def test_json_holds_si_and_units_in_the_keys():
    done = ran("TiO2 rutile", "--facets", "001,1 0 0", "--spacing", "0.3 angstrom", "--json")
    data = json.loads(done.stdout)
    assert data["ways"][0]["directions"] == [[0, 0, 1]]
    assert 1e-20 < data["ways"][0]["barrier_J"] < 1e-19
    assert (data["facets"]["001"]["open"], data["facets"]["100"]["open"]) == (True, False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["NiO", "--facets", "000"], "three whole numbers"),
        (["NiO", "--facets", "10a"], "three whole numbers"),
        (["NiO", "--spacing", "2"], "angstrom"),
        (["NiO", "--spacing", "3 nm"], "0.02 to 0.5 angstrom"),
        (["NiO", "--figure", "ways.txt"], ".png"),
        (["NiO", "--figure", "/nowhere/at/all.png"], "a folder that exists"),
        (["Nb2O5"], "atomic positions"),
        (["no such crystal"], "no such crystal"),
    ],
)
def test_bad_input_is_one_line(words, told):
    done = ran(*words)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("epitropy: ") and len(done.stderr.splitlines()) == 1
    assert told in done.stderr
