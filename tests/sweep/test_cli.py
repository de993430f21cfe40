"""`epitropy sweep`, `show` and `merge` as a user types them."""

import subprocess
import sys

import pytest

from epitropy.sweep.spec import bundled_sweeps, load_sweep

from .conftest import CHAIN, RECIPE

BILLION = {
    "study": "zhao2024",
    "vary": {
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"], "n": 1000},
        "anneal.temperature": {"range": ["500 degC", "800 degC"], "n": 1000},
        "anneal.time": {"range": ["1 h", "10 h"], "n": 1000},
    },
    "objectives": {"maximise": ["coated.retention_200"]},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vary": {"coating.doze": ["1 wt%"]}}, "Did you mean coating.dose"),
        ({"where": ["coating.doze > 1 %"]}, "Did you mean coating.dose"),
        ({"where": ["__import__('os').system('touch smuggled')"]}, "where"),
        ({"where": ["coating.dose < 3"], "objectives": {"maximise": ["coated.retention_900"]}}, "no derived quantity"),
        ({"objectives": {"maximise": ["coated.structure"]}}, "is a text"),
        ({"objectives": {"maximize": ["coating.cost"]}}, "objectives"),
        ({"scenario": "magic"}, "magic"),
        ({"study": "nowhere"}, "nowhere"),
        ({"study": 3}, "study"),
        ({"until": "recipe", "objectives": {"maximise": ["coated.retention_200"]}}, "until"),
        ({"where": ["coating.cost > 1e9"]}, "'coating.cost > 1e9' takes out"),
        ({"where": ["coating.dose > 90 wt%", "coating.cost > 0"]}, "'coating.dose > 90 wt%' takes out 75"),
        ({"vary": {"anneal.temperature": ["700 degC", "9000 degC"]}}, "9000 degC"),
        ({"vary": {"coating.precursors": [{"Unobtainium": "100 %"}]}}, "Unobtainium"),
        ({"wary": {}}, "wary"),
        ({"intervals": {"best": -1}}, "intervals.best"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(written, epitropy, tmp_path, change, said):
    made = epitropy("sweep", written({**RECIPE, **change}), "-o", "made")
    lines = [line for line in made.stderr.splitlines() if line.startswith("epitropy:")]
    assert made.returncode == 2 and len(lines) == 1 and said in lines[0], made.stderr
    assert "Traceback" not in made.stderr
    assert not (tmp_path / "made").exists() and not (tmp_path / "smuggled").exists()


def test_a_billion_points_are_estimated_first_and_need_a_yes(written, epitropy, tmp_path):
    path = written(BILLION)
    made = epitropy("sweep", path, "-o", "made")
    assert made.returncode == 2 and "--yes" in made.stderr
    assert "1,000,000,000 points" in made.stdout and " h on " in made.stdout and "MB" in made.stdout
    assert not (tmp_path / "made").exists()
    begun = subprocess.Popen(
        [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", "made", "--yes"],
        cwd=tmp_path,
        stderr=-3,
        stdout=-3,
    )
    for _ in range(600):
        if list((tmp_path / "made" / "parts").glob("rows-*.parquet")):
            break
        try:
            begun.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    assert begun.poll() is None  # it works through them, without holding them
    begun.kill()
    begun.wait()
    state = epitropy("show", "made")
    assert state.returncode == 0 and "chunks are done; run the sweep again to go on" in state.stdout


def test_the_best_are_shown_with_what_was_varied_and_sought(written, epitropy):
    made = epitropy("sweep", written(CHAIN), "-o", "made")
    assert made.returncode == 0, made.stderr
    said = made.stdout
    assert "6 rows in made" in said and "front by front" in said
    assert " to " in said and "cost" in said and "retention_200" in said


def test_points_without_objectives_are_shown_as_they_come(written, epitropy):
    raw = {k: v for k, v in RECIPE.items() if k != "objectives"} | {"until": "recipe"}
    assert epitropy("sweep", written(raw), "-o", "made").returncode == 0
    shown = epitropy("show", "made", "--rows", 3)
    assert shown.returncode == 0 and "First rows" in shown.stdout and "takes out" in shown.stdout


def test_an_export_has_its_checks(written, epitropy, tmp_path):
    assert epitropy("sweep", written(RECIPE), "-o", "made").returncode == 0
    for arguments in (["--to", "xlsx"], ["--to", "csv", "-o", "no/such/place.csv"]):
        made = epitropy("show", "made", *arguments)
        assert made.returncode == 2 and "Traceback" not in made.stderr
    assert epitropy("show", tmp_path).returncode == 2


@pytest.mark.parametrize("text", ["0/3", "4/3", "one", "1/0"])
def test_a_shard_that_is_none_is_refused(written, epitropy, text):
    made = epitropy("sweep", written(RECIPE), "-o", "made", "--shard", text)
    assert made.returncode == 2 and "--shard" in made.stderr


@pytest.mark.parametrize("name", bundled_sweeps())
def test_bundled_sweeps_are_in_order_and_have_a_placebo(name):
    sweep = load_sweep(name)
    assert sweep.title and sweep.goals and 10 < len(sweep.grid) < 2000
    doses = next(v for axis in sweep.grid.axes for f, v in zip(axis.fields, axis.values) if f.name == "coating.dose")
    assert min(doses) <= 0.0002  # hardly any coating


def test_bundled_sweeps_are_listed(epitropy):
    made = epitropy("sweep")
    assert made.returncode == 0 and all(name in made.stdout for name in bundled_sweeps())


def test_derived_quantities_are_listed(epitropy):
    made = epitropy("schema", "--derived")
    assert made.returncode == 0 and "coating.critical_element_share" in made.stdout and "mAh/g" in made.stdout


def test_a_missing_extra_is_told(written, tmp_path):
    code = (
        "import sys, importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'pyarrow' else real(name, *a); "
        "sys.argv = ['epitropy', 'sweep', 'x.yaml']; from epitropy.cli import main; main()"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert made.returncode == 2 and "pip install 'epitropy[sweep]'" in made.stderr
