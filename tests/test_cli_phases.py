"""`epitropy phases STUDY` and `epitropy atoms` from outside: what they tell, and bad input in one line."""

import json
import re
import subprocess
import sys

import pytest

STUDY = """
name: mine
anneal: {temperature: 700 degC}
coating: {dose: 1 wt%, precursors: {Nb12WO33: 80 %, ZrO2: 20 %}}
"""


def epitropy(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def told():
    return epitropy("phases", "zhao2024", "--draws", "10")


def test_the_verdict_names_structure_runner_up_and_weakest_link(told):
    assert told.returncode == 0, told.stderr
    text = " ".join(told.stdout.split())
    for said in ("best single phase is", "Runner-up:", "Weakest link:", "Second opinion:", "above the hull"):
        assert said in text, said
    assert "Traceback" not in told.stderr


def test_json_and_files(tmp_path):
    done = epitropy("phases", "zhao2024", "--draws", "10", "--json", "-o", str(tmp_path / "out"))
    answer = json.loads(done.stdout)
    assert answer["verdict"]["potential"] != answer["second"]["potential"]
    assert set(answer["verdict"]["composition"]) == {"Ni", "Co", "Mn", "Nb", "W", "Zr"}
    names = {f.name for f in (tmp_path / "out").iterdir()}
    assert {"phases.html", "answer.json", "structures.csv", "gas_window.svg"} <= names
    page = (tmp_path / "out" / "phases.html").read_text(encoding="utf-8")
    assert "Weakest link" in page and not re.search(r">[^<]*\bnan\b", page)


def test_settings_are_varied_in_order():
    done = epitropy("phases", "zhao2024", "--draws", "10", "--vary", "anneal.temperature=650,750", "--json")
    nodes = json.loads(done.stdout)["nodes"]
    assert [round(n["at"][0] - 273.15) for n in nodes] == [650, 750]
    assert all(n["driving_force_J_per_mol"] is not None for n in nodes)


def test_a_cation_without_energies_is_not_decided(tmp_path):
    study = tmp_path / "mine.yaml"
    study.write_text(STUDY.replace("ZrO2: 20 %", "TiO2: 20 %"), encoding="utf-8")
    done = epitropy("phases", str(study), "--draws", "10")
    assert done.returncode == 0 and "Not decided: no energies of mixtures with Ti" in done.stdout


def test_the_library_is_still_there():
    assert "Zr" in epitropy("phases", "ZrO2").stdout
    assert "phases." in epitropy("phases", "--with", "Nb").stdout


def entries(tmp_path, rows):
    file = tmp_path / "mp.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    return str(file)


def shipped(potential="7net-0"):
    """The shipped compounds as a user's entries: their hull must give the same compounds as ours."""
    from epitropy.phases.energies import EV, energy_set

    found = energy_set(potential).compounds
    return [{"composition": dict(c.atoms), "energy": c.energy / EV, "entry_id": f"own-{n}"} for n, c in found.items()]


def test_own_entries_have_a_hull_of_their_own(tmp_path):
    done = epitropy("phases", "zhao2024", "--draws", "10", "--entries", entries(tmp_path, shipped()), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["entries"]
    assert sum(found["assembly"].values()) == pytest.approx(1, abs=1e-6)
    assert any("Nb" in name for name in found["assembly"])
    assert min(found["above_J_per_mol"].values()) >= 0
    assert not any(name.startswith(("layered ", "rock salt ")) for name in found["assembly"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("phases", "NiO", "--vary", "anneal.time=1h,5h"), "--vary: 'NiO' is no study"),
        (("phases", "--entries", "x.json"), "--entries: 'no name' is no study"),
        (("phases", "zhao2024", "--with", "Nb"), "--with: with a study"),
        (("phases", "zhao2024", "--cell", "bare"), "cell 'bare' has no coating"),
        (("phases", "zhao2024", "--vary", "protocol.rate=1,2"), "has no effect on the phases"),
        (("phases", "zhao2024", "--entries", "missing.json"), "cannot be read"),
        (("phases", "zhao2025"), "unknown phase 'zhao2025'"),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    done = epitropy(*arguments)
    assert done.returncode == 2 and said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("epitropy:")]) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no entries"),
        ([{"energy": 1.0}], "no composition and energy"),
        ([{"composition": {"Ni": 1, "O": 1}, "energy": float("inf")}], "not JSON|finite energy"),
        ([{"composition": {"Ni": 1, "O": 1}, "energy": -1.0}], "lacks LiNiO2"),
        ({"a": 1}, "no list of entries"),
    ],
)
def test_bad_entries_are_one_line(tmp_path, rows, said):
    done = epitropy("phases", "zhao2024", "--draws", "10", "--entries", entries(tmp_path, rows))
    assert done.returncode == 2 and re.search(said, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_atoms_says_what_to_install_where_the_extra_is_missing():
    hide = (
        "import importlib.util as u, sys; f = u.find_spec; "
        "u.find_spec = lambda n, *a: None if n in ('torch', 'sevenn') else f(n, *a); "
        "sys.argv = ['epitropy', 'atoms', 'relax', 'NiO']; import epitropy.cli as c; c.main()"
    )
    done = subprocess.run([sys.executable, "-c", hide], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "pip install 'epitropy[atomistics]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
