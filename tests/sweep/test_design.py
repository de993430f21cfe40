"""A design from file to folder: whatever interrupts it, the same search; budgets, warm starts, odd calls."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pandas
import pytest
import yaml

from epitropy.errors import InputError
from epitropy.report.sweep_page import html
from epitropy.report.sweep_tables import state
from epitropy.sweep import run
from epitropy.sweep.design import run_design
from epitropy.sweep.folder import BEST, ROWS, WARM, Folder
from epitropy.sweep.front import front_of
from epitropy.sweep.rows import rows_of
from epitropy.sweep.spec import read_sweep

from .conftest import CHAIN

VARY = {
    "coating.dose": {"log": ["0.3 wt%", "3 wt%"]},
    "anneal.temperature": {"range": ["600 degC", "800 degC"], "step": "10 K"},
}
LAYERS = {
    "study": "zhao2024",
    "budget": {"points": 40, "batch": 8},
    "vary": VARY,
    "objectives": {"maximise": ["coated.coverage"], "minimise": ["coated.layer_thickness", "coating.cost"]},
    "intervals": {"best": 4, "draws": 3},
}
TEXTS = {"study.yaml": ""}


def table(folder):
    return Folder(folder).table().to_pandas()


def here(work, common, chunks, stop, dask, processes):
    """An engine that computes at once, in this process."""
    while not stop():
        chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk, work(common, *chunk[1:])


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(run, "engine", here)
    monkeypatch.setattr("epitropy.sweep.design.engine", here)


@pytest.fixture(scope="module")
def layers():
    return read_sweep(LAYERS)


@pytest.fixture(scope="module")
def whole(layers, tmp_path_factory):
    """Folder of a design that nothing interrupts, in this process."""
    path = tmp_path_factory.mktemp("design") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "engine", here)
        patch.setattr("epitropy.sweep.design.engine", here)
        outcome = run_design(layers, path, TEXTS)
    assert outcome.whole and outcome.rows == 40 and not outcome.failed
    return path


def test_rows_are_those_of_the_grid(layers, whole):
    found = table(whole)
    assert found["index"].is_unique
    for i in (0, 17, 39):
        index = int(found["index"][i])
        alone = rows_of(layers, index, index + 1).columns
        assert {n: v[0] for n, v in alone.items()} == found.iloc[i].to_dict()


def test_processes_and_interruptions_change_nothing(layers, whole, tmp_path):
    asked = iter([False] * 4 + [True] * 100)
    outcome = run_design(layers, tmp_path / "other", TEXTS, processes=2, stop=lambda: next(asked))
    assert not outcome.whole and 0 < outcome.rows < 40
    assert run_design(layers, tmp_path / "other", TEXTS, processes=2).whole
    assert table(tmp_path / "other").equals(table(whole))
    for kind in (ROWS, BEST):
        assert Folder(tmp_path / "other").table(kind).equals(Folder(whole).table(kind))


def test_a_design_killed_at_random_moments_goes_on_as_if_it_had_not_been(written, whole, tmp_path):
    path = written(LAYERS)
    lots = random.Random(2)
    command = [sys.executable, "-m", "epitropy.cli", "design", str(path), "-o", "killed"]
    for _ in range(5):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(lots.uniform(3.0, 6.0))
        process.kill()
        process.wait()
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert table(tmp_path / "killed").equals(table(whole))
    assert "surely" in made.stdout and (tmp_path / "killed" / "sweep.html").is_file()


def test_a_larger_budget_goes_on_and_ends_as_one_of_that_size(layers, tmp_path, at_once):
    small = read_sweep({**LAYERS, "budget": {"points": 20, "batch": 8}})
    assert small.hash == layers.hash
    run_design(small, tmp_path / "grown", TEXTS)
    assert "budget of points is used up" in state_of(tmp_path / "grown")
    run_design(read_sweep({**LAYERS, "budget": {"points": 24, "batch": 8}}), tmp_path / "grown", TEXTS)
    assert len(table(tmp_path / "grown")) == 24


def state_of(path):
    return " ".join(state(Folder(path)))


def test_time_ends_a_search(tmp_path, at_once):
    brief = read_sweep({**LAYERS, "budget": {"points": 20_000, "batch": 8, "time": "1 s"}})
    assert run_design(brief, tmp_path / "brief", TEXTS).whole
    assert 8 <= len(table(tmp_path / "brief")) < 2000
    assert "time is used up" in state_of(tmp_path / "brief")


def test_a_small_grid_is_computed_whole(tmp_path, at_once):
    vary = {"coating.dose": ["1 wt%", "2 wt%"], "anneal.temperature": ["650 degC", "700 degC", "750 degC"]}
    small = read_sweep({**LAYERS, "vary": vary})
    assert run_design(small, tmp_path / "small", TEXTS).whole
    assert sorted(table(tmp_path / "small")["index"]) == list(range(6))
    assert "no other point is left" in state_of(tmp_path / "small")


def test_a_batch_that_cannot_be_read_is_set_aside_and_others_take_its_place(layers, whole, tmp_path, at_once):
    import shutil

    shutil.copytree(whole, tmp_path / "broken")
    part = next((tmp_path / "broken" / "parts").glob("rows-0000002.parquet"))
    part.write_bytes(part.read_bytes()[:-30])
    outcome = run_design(layers, tmp_path / "broken", TEXTS)
    assert outcome.aside == ("rows-0000002.parquet",) and outcome.whole
    found = table(tmp_path / "broken")
    assert len(found) == 40 and found["index"].is_unique


def test_the_front_holds_what_no_other_surely_beats(layers, whole):
    found, rows = front_of(Folder(whole), layers), table(whole).set_index("index")
    best = Folder(whole).table(BEST).to_pandas().set_index("index")
    assert found and found <= set(best.index)
    for index in best.index:
        cheaper = [
            o
            for o in best.index
            if rows["coating.cost"][o] < rows["coating.cost"][index]
            and (np.array(best["coated.coverage draws [%]"][o]) >= best["coated.coverage draws [%]"][index]).all()
            and (
                np.array(best["coated.layer_thickness draws [nm]"][o])
                <= best["coated.layer_thickness draws [nm]"][index]
            ).all()
        ]
        assert not (cheaper and index in found)


def test_the_page_shows_where_the_search_looked(layers, whole):
    whole.joinpath("sweep.yaml").write_text(yaml.safe_dump({**LAYERS, "study": "study.yaml"}, sort_keys=False))
    whole.joinpath("study.yaml").write_text(yaml.safe_dump(dict(layers.raw)))
    page = html(Folder(whole))
    assert "over what was searched" in page and "no other is surely better" in page and "40 points of a search" in page


class TestWarm:
    @pytest.fixture(scope="class")
    @classmethod
    def swept(cls, tmp_path_factory):
        path = tmp_path_factory.mktemp("swept")
        raw = {
            **{k: v for k, v in LAYERS.items() if k != "budget"},
            "vary": {
                "coating.dose": {"log": ["0.1 wt%", "3 wt%"], "n": 6},
                "anneal.temperature": {"range": ["600 degC", "800 degC"], "n": 3},
            },
            "intervals": {"best": 0},
        }
        path.joinpath("sweep.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
        command = [sys.executable, "-m", "epitropy.cli", "sweep", "sweep.yaml", "-o", "swept"]
        made = subprocess.run(command, cwd=path, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        return path / "swept"

    def test_the_best_of_the_sweep_come_first(self, layers, swept, tmp_path, at_once):
        outcome = run_design(layers, tmp_path / "warm", TEXTS, warm=swept)
        assert outcome.rows == 40
        known = Folder(tmp_path / "warm").table(WARM).to_pandas()
        doses = [layers.grid.at(i)["coating.dose"] for i in known["index"]]
        assert len(known) == 12 and min(doses) >= 0.003  # rows below the design's range say nothing of it
        first = table(tmp_path / "warm")[:8]
        assert set(first["index"]) <= set(known["index"])
        run_design(layers, tmp_path / "warm", TEXTS, warm=swept)  # the same call goes on
        assert len(table(tmp_path / "warm")) == 40

    @pytest.mark.parametrize(
        "change, said",
        [
            ({"scenario": "barrier/inactive"}, "in the scenario outer/series, not barrier/inactive"),
            ({"objectives": {"maximise": ["coated.misfit", "coated.capacity_7"]}}, "without coated.capacity_7"),
            ({"vary": {"coating.dose": VARY["coating.dose"]}}, "that varies coating.dose, anneal.temperature"),
            ({"vary": {**VARY, "coating.dose": {"range": ["4 wt%", "5 wt%"]}}}, "no row inside these ranges"),
        ],
    )
    def test_a_sweep_of_something_else_is_refused(self, change, said, swept, tmp_path):
        with pytest.raises(InputError) as told:
            run_design(read_sweep({**LAYERS, **change}), tmp_path / "warm", TEXTS, warm=swept)
        assert said in str(told.value) and not (tmp_path / "warm").exists()

    def test_a_sweep_of_another_study_is_refused(self, layers, swept, tmp_path):
        (tmp_path / "study.yaml").write_text(
            yaml.safe_dump({**layers.raw, "anneal": {**layers.raw["anneal"], "time": "3 h"}}, sort_keys=False)
        )
        other = read_sweep({**LAYERS, "study": "study.yaml"}, tmp_path)
        with pytest.raises(InputError, match="of another study"):
            run_design(other, tmp_path / "warm", TEXTS, warm=swept)

    def test_a_start_that_was_killed_may_be_taken_again(self, layers, swept, tmp_path, at_once):
        Folder(tmp_path / "warm").begin(layers, TEXTS, 8)  # and no more
        assert run_design(layers, tmp_path / "warm", TEXTS, warm=swept).whole
        assert Folder(tmp_path / "warm").parts(WARM)

    def test_a_design_that_has_begun_takes_no_start(self, layers, whole, swept):
        with pytest.raises(InputError, match="begun without it"):
            run_design(layers, whole, TEXTS, warm=swept)


def test_calls_that_cannot_be(written, epitropy, tmp_path):
    path = written(LAYERS)
    told = epitropy("sweep", path, "-o", "x")
    assert told.returncode == 2 and "epitropy design" in told.stderr and not (tmp_path / "x").exists()
    told = epitropy("design", path, "-o", "x", "--points", 0)
    assert told.returncode == 2 and "budget.points" in told.stderr
    told = epitropy("design", path, "-o", "x", "--from", tmp_path)
    assert told.returncode == 2 and "no sweep" in told.stderr and not (tmp_path / "x").exists()
    listed = epitropy("design")
    assert listed.returncode == 0 and "epitropy design NAME" in listed.stdout


def test_ctrl_c_keeps_the_batch_and_says_how_to_go_on(written, tmp_path):
    path = written({**LAYERS, "budget": {"points": 5000}})
    command = [sys.executable, "-m", "epitropy.cli", "design", str(path), "-o", "long"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.time() + 60
    while time.time() < until and not list((tmp_path / "long" / "parts").glob("rows-*")):
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "To go on: epitropy design" in said
    assert len(table(tmp_path / "long")) % 16 == 0


def test_intervals_are_drawn_for_layers_too():
    from epitropy.sweep.intervals import intervals_of

    sweep = read_sweep({**CHAIN, "report": ["coated.misfit"]})
    made = intervals_of(sweep, 0, 1).columns
    low, high = made["coated.misfit low [%]"][0], made["coated.misfit high [%]"][0]
    assert low < high and 0 < made["draws solved"][0] <= 1
    assert pandas.Series(made["coated.retention_200 draws [%]"][0]).count() == made["draws solved"][0] * 24
