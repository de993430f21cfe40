"""``epitropy report`` from outside."""

import json
import re
import shutil
import subprocess
import sys

import pytest


def epitropy(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Both bundled studies at the medians."""
    folder = tmp_path_factory.mktemp("results")
    for study, name in (("zhao2024", "warm"), ("zhang2022", "doped")):
        done = epitropy("run", study, "--draws", "0", "-o", name, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_two_results_beside_each_other(place):
    done = epitropy("report", "warm", "doped", "-o", "both", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "zhao2024" in done.stdout and "zhang2022" in done.stdout
    assert {f.name for f in (place / "both").iterdir()} == {
        "answer.json",
        "comparison.html",
        "comparison.csv",
        "overlay.csv",
        "retention.csv",
    }
    again = epitropy("report", "warm", "doped", "-o", "both", cwd=place)
    assert again.returncode == 0, again.stderr  # an earlier comparison may be replaced
    printed = epitropy("report", "warm", "doped", "--json", cwd=place)
    assert json.loads(printed.stdout) == json.loads((place / "both" / "answer.json").read_text())


def test_one_result_gets_its_page_anew(place):
    before = {f.name: f.read_bytes() for f in (place / "warm").iterdir()}
    (place / "warm" / "report.html").unlink()
    done = epitropy("report", "warm", cwd=place)
    assert done.returncode == 0, done.stderr
    after = {f.name: f.read_bytes() for f in (place / "warm").iterdir()}
    page = after.pop("report.html").decode()
    assert after == {n: b for n, b in before.items() if n != "report.html"}
    assert "Written anew from the stored answer" in page and re.search(r"<h2>What to weigh</h2>", page)


def test_folders_that_are_no_result_are_one_line(place, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "answer.json").write_text('{"study": ')
    shutil.copytree(place / "warm", tmp_path / "without")
    (tmp_path / "without" / "study.yaml").unlink()
    shutil.copytree(place / "warm", tmp_path / "newer")
    told = json.loads((tmp_path / "newer" / "answer.json").read_text()) | {"epitropy_version": "99.1"}
    (tmp_path / "newer" / "answer.json").write_text(json.dumps(told))
    for name, said in (
        ("nowhere", "no such folder"),
        ("empty", "no answer.json"),
        ("torn", "cannot be read"),
        ("without", "no study.yaml"),
        ("newer", "written by epitropy 99.1"),
    ):
        done = epitropy("report", str(place / "warm"), name, cwd=tmp_path)
        assert done.returncode == 2, name
        assert said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "epitropy-results").exists()


def test_results_are_not_written_over(place):
    for arguments in (("warm", "doped", "-o", "doped"), ("warm", "warm"), ("warm", "--json")):
        done = epitropy("report", *arguments, cwd=place)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, arguments
    (place / "notes").mkdir(exist_ok=True)
    (place / "notes" / "mine.txt").write_text("mine")
    done = epitropy("report", "warm", "doped", "-o", "notes", cwd=place)
    assert done.returncode == 2 and "holds other files" in done.stderr
    assert (place / "notes" / "mine.txt").read_text() == "mine"
