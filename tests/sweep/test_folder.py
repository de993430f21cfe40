"""The folder: whole or not at all, whatever happens to it; read by others without epitropy."""

import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pandas
import pytest
import yaml

from .conftest import CHAIN, RECIPE

SMALL = {
    "study": "zhao2024",
    "vary": {
        "coating.dose": {"range": ["0.5 wt%", "3 wt%"], "n": 6},
        "anneal.temperature": {"range": ["600 degC", "800 degC"], "n": 10},
    },
    "until": "layer",
}
LONGER = {**SMALL, "vary": {**SMALL["vary"], "anneal.time": {"range": ["1 h", "9 h"], "n": 9}}}
QUICK = {
    "study": "zhao2024",
    "vary": {
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"], "n": 50},
        "coating.precursors": {"simplex": ["Nb2O5", "ZrO2", "HfO2"], "step": "12.5 %"},
    },
    "until": "recipe",
}
KILLS = 20


def table(epitropy, folder, name="out.csv"):
    made = epitropy("show", folder, "--to", "csv", "-o", name)
    assert made.returncode == 0, made.stderr
    return folder.parent.joinpath(name).read_text()


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """(folder of a run that nothing disturbs, its table)."""
    folder = tmp_path_factory.mktemp("once")
    folder.joinpath("sweep.yaml").write_text(yaml.safe_dump(SMALL, sort_keys=False))
    for arguments in (["sweep", "sweep.yaml", "-o", "whole", "--chunk", "2"], ["show", "whole", "--to", "csv"]):
        command = [sys.executable, "-m", "epitropy.cli", *arguments]
        made = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert made.returncode == 0, made.stderr
    text = folder.joinpath("whole.csv").read_text()
    assert len(text.splitlines()) == 61
    return folder / "whole", text


@pytest.fixture
def reference(once, written, tmp_path):
    """(path of the sweep file, its table), and a copy of the whole folder beside it."""
    shutil.copytree(once[0], tmp_path / "whole")
    return written(SMALL), once[1]


def test_it_is_read_by_others_without_epitropy(written, epitropy, tmp_path):
    path = written(RECIPE)
    assert epitropy("sweep", path, "-o", "made").returncode == 0
    assert epitropy("show", tmp_path / "made", "--to", "parquet").returncode == 0
    by_parts = pandas.concat([pandas.read_parquet(p) for p in sorted((tmp_path / "made" / "parts").glob("rows-*"))])
    at_once = pandas.read_parquet(tmp_path / "made.parquet")
    assert by_parts["index"].is_monotonic_increasing
    assert by_parts.reset_index(drop=True).equals(at_once[by_parts.columns])
    with closing(sqlite3.connect(tmp_path / "made" / "journal.sqlite")) as journal:
        rows = journal.execute("SELECT SUM(rows) FROM parts WHERE kind = 'rows'").fetchone()[0]
    assert rows == len(at_once)


def test_worker_count_and_chunks_do_not_change_the_table(reference, epitropy, tmp_path):
    path, text = reference
    for n, more in enumerate((["--processes", 1, "--chunk", 7], ["--processes", 3, "--chunk", 1])):
        assert epitropy("sweep", path, "-o", f"other{n}", *more).returncode == 0
        assert table(epitropy, tmp_path / f"other{n}") == text


def test_shards_merged_are_the_same_table(reference, epitropy, tmp_path):
    path, text = reference
    assert epitropy("merge", tmp_path / "parts").returncode == 2
    for i in (1, 2, 3):
        made = epitropy("sweep", path, "-o", "parts", "--shard", f"{i}/3", "--chunk", 2)
        assert made.returncode == 0 and "epitropy merge" in made.stdout
        if i == 2:
            assert epitropy("merge", tmp_path / "parts").returncode == 1  # told as unfinished
    made = epitropy("merge", tmp_path / "parts")
    assert made.returncode == 0, made.stderr
    assert table(epitropy, tmp_path / "parts") == text
    assert epitropy("sweep", path, "-o", "parts").returncode == 0  # goes on from it, with nothing left to do
    assert table(epitropy, tmp_path / "parts") == text


def test_a_driver_killed_at_random_moments_loses_nothing(reference, tmp_path, epitropy):
    path, text = reference
    lots = random.Random(1)
    command = [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", "killed", "--chunk", "2"]
    for _ in range(KILLS):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(lots.uniform(1.0, 4.5))
        process.kill()
        process.wait()
    _once_each(tmp_path / "killed")
    made = epitropy("sweep", path, "-o", "killed")
    assert made.returncode == 0, made.stderr
    assert table(epitropy, tmp_path / "killed") == text


def test_workers_killed_at_random_moments_lose_nothing(written, tmp_path, epitropy):
    path = written(LONGER)
    assert epitropy("sweep", path, "-o", "whole").returncode == 0
    text = table(epitropy, tmp_path / "whole")
    lots = random.Random(2)
    command = [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", "killed", "--chunk", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    kills, said = 0, []
    reading = threading.Thread(target=lambda: said.append(process.stderr.read()))
    reading.start()
    due = time.monotonic()
    while process.poll() is None:
        if kills < KILLS and time.monotonic() > due and (workers := _workers(process.pid)):
            os.kill(lots.choice(workers), signal.SIGKILL)
            kills += 1
            due = time.monotonic() + lots.uniform(0.5, 2.5)
        time.sleep(0.1)
    reading.join()
    assert process.returncode == 0, said
    assert kills == KILLS
    assert table(epitropy, tmp_path / "killed") == text


def _workers(parent):
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent)]
    rows = subprocess.run(command, capture_output=True, text=True).stdout
    return [int(row.split()[0]) for row in rows.splitlines() if "spawn_main" in row]


def _once_each(folder):
    """No point stands twice, none half."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal:
        rows = journal.execute("SELECT first, last, rows, file FROM parts WHERE kind = 'rows'").fetchall()
    points = [i for first, last, *_ in rows for i in range(first, last)]
    assert len(points) == len(set(points))
    for *_, count, file in rows:
        assert len(pandas.read_parquet(folder / "parts" / file)) == count


def test_a_full_disk_stops_it_and_loses_nothing(written, epitropy, tmp_path, small_disk):
    """A file system of a few hundred kB that grows a little after each fault."""
    path = written(QUICK)
    assert epitropy("sweep", path, "-o", "whole").returncode == 0
    text = table(epitropy, tmp_path / "whole")
    made, faults = small_disk.folder / "made", 0
    while (run := small_disk.run("sweep", path, "-o", made, "--chunk", 25)).returncode != 0:
        assert run.returncode == 2 and "Traceback" not in run.stderr, run.stderr
        assert "space" in run.stderr or "written to" in run.stderr
        faults += 1
        small_disk.grow()
    assert faults >= small_disk.least
    _once_each(made)
    shown = epitropy("show", made, "--to", "csv", "-o", tmp_path / "full.csv")
    assert shown.returncode == 0 and tmp_path.joinpath("full.csv").read_text() == text


class SmallDisk:
    """A file system of its own; where none may be mounted, files that must not get larger."""

    def __init__(self, folder, epitropy):
        self.folder, self.epitropy, self.size, self.least = folder, epitropy, 40, 15
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self.size}k", "tmpfs", str(folder)]
        self.mounted = shutil.which("mount") is not None and subprocess.run(mount, capture_output=True).returncode == 0
        if not self.mounted:
            self.size, self.least = 2, 5

    def run(self, *arguments):
        if self.mounted:
            return self.epitropy(*arguments)
        command = (
            f"ulimit -f {self.size}; exec {shlex.join([sys.executable, '-m', 'epitropy.cli', *map(str, arguments)])}"
        )
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=self.folder)

    def grow(self):
        self.size += 36 if self.mounted else 2
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={self.size}k", str(self.folder)], check=True)

    def end(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path, epitropy):
    found = SmallDisk(tmp_path / "disk", epitropy)
    yield found
    found.end()


def test_a_second_run_is_refused_while_one_is_at_work(reference, epitropy, tmp_path):
    path, text = reference
    command = [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", "shared", "--chunk", "2"]
    first = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "shared" / "journal.sqlite").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = epitropy("sweep", path, "-o", "shared")
    assert second.returncode == 2 and "another run is at work" in second.stderr
    assert first.wait(120) == 0
    assert table(epitropy, tmp_path / "shared") == text


def test_ctrl_c_finishes_what_is_at_work_and_says_how_to_go_on(reference, epitropy, tmp_path):
    path, text = reference
    command = [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", "stopped", "--chunk", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parts = tmp_path / "stopped" / "parts"
    while not list(parts.glob("*.parquet")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    assert "To go on: epitropy sweep" in said
    _once_each(tmp_path / "stopped")
    assert epitropy("sweep", path, "-o", "stopped").returncode == 0
    assert table(epitropy, tmp_path / "stopped") == text


def test_a_corrupt_part_is_named_set_aside_and_computed_again(reference, epitropy, tmp_path):
    path, text = reference
    part = sorted((tmp_path / "whole" / "parts").glob("rows-*.parquet"))[3]
    part.write_bytes(part.read_bytes()[:-9] + b"corrupted")
    made = epitropy("sweep", path, "-o", "whole")
    assert made.returncode == 0 and part.name in made.stdout
    assert part.with_suffix(".corrupt").exists()
    assert table(epitropy, tmp_path / "whole") == text


def test_a_store_of_a_newer_version_is_refused(reference, epitropy, tmp_path):
    path, _ = reference
    with sqlite3.connect(tmp_path / "whole" / "journal.sqlite") as journal:
        journal.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    for made in (epitropy("sweep", path, "-o", "whole"), epitropy("show", tmp_path / "whole")):
        assert made.returncode == 2 and "format 99" in made.stderr


def test_another_sweep_does_not_go_into_the_same_folder(reference, written, epitropy):
    other = written({**SMALL, "scenario": "barrier/series"}, "other.yaml")
    made = epitropy("sweep", other, "-o", "whole")
    assert made.returncode == 2 and "another sweep" in made.stderr


def test_a_folder_with_other_files_is_refused(written, epitropy, tmp_path):
    path = written(RECIPE)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    made = epitropy("sweep", path, "-o", "mine")
    assert made.returncode == 2 and "other files" in made.stderr
    assert [p.name for p in (tmp_path / "mine").iterdir() if p.name != "lock"] == ["thesis.tex"]


def test_a_journal_that_is_none_is_told(epitropy, tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "journal.sqlite").write_text("no database at all, but long enough to look like one" * 40)
    made = epitropy("show", tmp_path / "made")
    assert made.returncode == 2 and "journal" in made.stderr and "Traceback" not in made.stderr


def test_intervals_stand_beside_the_best_and_come_again(written, epitropy, tmp_path):
    path = written(CHAIN)
    assert epitropy("sweep", path, "-o", "made").returncode == 0
    found = pandas.read_csv(tmp_path / "made.csv") if table(epitropy, tmp_path / "made", "made.csv") else None
    told = found[found["draws solved"].notna()]
    assert len(told) == 2
    low, middle, high = (told[f"coated.retention_200 {end} [%]"] for end in ("low", "median", "high"))
    assert (low <= middle).all() and (middle <= high).all()
    assert epitropy("sweep", path, "-o", "again", "--processes", 1).returncode == 0
    assert table(epitropy, tmp_path / "again", "again.csv") == (tmp_path / "made.csv").read_text()


def test_meta_says_what_it_is(reference, tmp_path):
    with closing(sqlite3.connect(tmp_path / "whole" / "journal.sqlite")) as journal:
        meta = dict(journal.execute("SELECT key, value FROM meta"))
    assert meta["points"] == "60" and meta["chunk"] == "2" and len(meta["hash"]) == 16
    assert (tmp_path / "whole" / "sweep.yaml").read_text() and (tmp_path / "whole" / "study.yaml").read_text()
