"""The command line from outside, as a user meets it."""

import json
import os
import subprocess
import sys

import jsonschema
import pytest


def epitropy(*arguments, cwd=None, given=""):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """One small ensemble of the article's study, with files and JSON."""
    folder = tmp_path_factory.mktemp("run") / "zhao"
    done = epitropy("run", "zhao2024", "--draws", "4", "--json", "-o", str(folder))
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_help_imports_nothing_heavy():
    code = (
        "import sys, epitropy.cli; "
        "heavy = {'numpy', 'scipy', 'numba', 'pymatgen', 'matplotlib', 'pydantic', 'pint'} & set(sys.modules); "
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_answer_obeys_the_printed_schema(whole_run):
    _, answer = whole_run
    schema = json.loads(epitropy("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer, schema)


def test_headline_has_the_promised_keys(whole_run):
    _, answer = whole_run
    coated = answer["headline"]["coated"]
    assert coated["basis"] == "predicted" and answer["headline"]["bare"]["basis"] == "calibrated"
    assert coated["level"] == 0.8
    assert coated["retention_200"]["low"] <= coated["retention_200"]["value"] <= coated["retention_200"]["high"]
    assert set(coated["capacity_mAh_g"]) == {"cycle_1", "cycle_200"}
    assert {"name", "retention_200", "capacity_mAh_g", "infeasible_share"} <= set(coated["scenarios"][0])
    assert len(coated["scenarios"]) == 12


def test_the_bare_cell_is_calibrated_on_the_articles_two_numbers(whole_run):
    _, answer = whole_run
    bare = answer["headline"]["bare"]["capacity_mAh_g"]
    assert bare["cycle_1"]["value"] == pytest.approx(174.7, abs=3)  # the level of replicates is drawn
    assert bare["cycle_200"]["value"] == pytest.approx(138.0, abs=4)


def test_a_placebo_without_coverage_equals_the_bare_cell_exactly(whole_run):
    _, answer = whole_run
    placebo = next(p for p in answer["ensemble"]["placebos"] if p["name"] == "no coverage")
    bare = answer["headline"]["bare"]["retention_200"]
    assert placebo["retention"] == bare
    assert placebo["gain"] == 0


def test_run_writes_a_whole_folder_and_replaces_only_its_own(whole_run, tmp_path):
    folder, _ = whole_run
    names = {p.name for p in folder.iterdir()}
    assert {"answer.json", "report.html", "study.yaml", "capacity.csv", "depth-profile-coated.csv"} <= names
    assert not [p for p in folder.parent.iterdir() if p.name.startswith(".")]
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    done = epitropy("run", "zhao2024", "--draws", "0", "-o", str(foreign))
    assert done.returncode == 2 and "holds other files" in done.stderr
    assert (foreign / "thesis.txt").read_text() == "years of work"


def test_the_same_study_gives_the_same_answer(whole_run, tmp_path):
    folder, answer = whole_run
    again = epitropy("run", str(folder / "study.yaml"), "--draws", "0", "--json")
    other = json.loads(again.stdout)
    assert other["study_hash"] == answer["study_hash"]
    assert other["nominal_retention"] == answer["nominal_retention"]


def test_new_writes_a_study_from_four_answers_that_checks(tmp_path):
    answers = "Ni0.83Co0.11Mn0.06, 10 um\nNb12WO33 70 %, ZrO2 30 %, 0.8 wt%\n650 degC, 4 h, air\n\n"
    done = epitropy("new", "mine", cwd=tmp_path, given=answers)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "mine.yaml").read_text()
    assert "grade: measured" in text and "0.8 wt%" in text
    checked = epitropy("check", "mine.yaml", cwd=tmp_path)
    assert checked.returncode == 0 and "6 measured" in checked.stdout
    kept = epitropy("new", "mine", cwd=tmp_path)
    assert kept.returncode == 2 and "exists already" in kept.stderr
    assert (tmp_path / "mine.yaml").read_text() == text


def test_new_takes_a_cell_file_and_calibrates_on_its_ends(tmp_path):
    (tmp_path / "bare.csv").write_text(
        "cycle,capacity_mAh_g\n" + "".join(f"{n},{200 - 0.2 * n}\n" for n in range(1, 101))
    )
    done = epitropy("new", "mine", "--cell", "bare.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "mine.yaml").read_text()
    assert "100: {value: 180 mAh/g" in text and "cycles: 100" in text
    assert epitropy("check", "mine.yaml", cwd=tmp_path).returncode == 0


GOOD = """
name: bad
cells:
  bare: {coating: none, anneal: none}
  coated: {coating: {}, anneal: {}}
"""
BAD = {
    "unknown key": ("cathod: {}", ["cathod", "Did you mean 'cathode'?"]),
    "unknown deep key": ("protocol: {cycle: 100}", ["protocol.cycle", "cycles"]),
    "wrong unit": ("protocol: {upper_voltage: 4.3 nm}", ["protocol.upper_voltage", "nm", "V"]),
    "no unit": ("cathode: {particle_diameter: 10}", ["cathode.particle_diameter", "no unit"]),
    "negative mass": ("coating: {dose: -1 wt%}", ["coating.dose", "-1 wt%", "below 50 wt%"]),
    "fractions": ("cathode: {composition: {M: {Ni: 0.9, Co: 0.05}}}", ["cathode.composition", "0.95", "sum of 1"]),
    "unknown element": ("cathode: {composition: {M: {Ni: 0.9, Qq: 0.1}}}", ["Qq", "unknown"]),
    "unknown phase": ("coating: {precursors: {Nb12WO3: 1}}", ["coating.precursors", "Nb12WO3", "Nb12WO33"]),
    "swapped cut-offs": ("protocol: {upper_voltage: 2.7 V, lower_voltage: 4.3 V}", ["protocol.upper_voltage", "Swap"]),
    "not YAML": ("a: [1, 2", ["line", "not YAML"]),
    "twice": ("name: again", ["name", "given twice"]),
    "wrong grade": ("anneal: {time: {value: 5 h, grade: sure}}", ["anneal.time", "sure", "measured"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line_with_its_path_and_exit_code_2(name, tmp_path):
    line, expected = BAD[name]
    (tmp_path / "bad.yaml").write_text(GOOD + line + "\n")
    for verb in ("check", "run"):
        done = epitropy(verb, "bad.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
        for part in expected:
            assert part in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "nowhere.yaml"], ["check", "."], ["run", "zhao2024", "--draws", "-1"], ["fly"], ["new", "a/b"]],
)
def test_bad_arguments_exit_with_2_and_no_traceback(arguments, tmp_path):
    done = epitropy(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.strip()


def test_a_binary_file_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_bytes(bytes(range(256)))
    done = epitropy("check", "x.yaml", cwd=tmp_path)
    assert done.returncode == 2 and "UTF-8" in done.stderr


def test_data_that_no_cell_can_reach_end_in_a_sentence(tmp_path):
    (tmp_path / "far.yaml").write_text(GOOD + "calibration: {cell: bare, capacity: {1: 300 mAh/g, 200: 250 mAh/g}}\n")
    done = epitropy("run", "far.yaml", "--draws", "2", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert "No scenario reaches the calibration data" in " ".join(done.stdout.split())
    assert (tmp_path / "out" / "report.html").is_file()


def test_narrow_terminals_show_whole_words(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "run", "zhao2024", "--draws", "0", "-o", str(tmp_path / "out")],
        env={**os.environ, "COLUMNS": "60"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "…" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if not line.startswith("Report:")) <= 60
