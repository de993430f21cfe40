"""Places where a sweep could quietly tell something else than was asked."""

import numpy as np
import pandas
import pytest

from epitropy.errors import InputError
from epitropy.sweep import rows as room
from epitropy.sweep.folder import Folder
from epitropy.sweep.quantities import of_recipe
from epitropy.sweep.rows import rows_of
from epitropy.sweep.run import lost
from epitropy.sweep.spec import read_sweep

from .conftest import CHAIN, RECIPE

TWO = """
name: two
cells:
  bare: {coating: none, anneal: none}
  a: {coating: {dose: 1 wt%}}
  b: {coating: {dose: 1 wt%}}
"""
NOTHING = "name: nothing\ncoating: {dose: 0 wt%}\n"
OF_TOTAL = "name: total\ncoating: {dose: 1 wt%, dose_basis: total}\n"


def sweep_of(tmp_path, text, **raw):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    return read_sweep({"study": "study.yaml", "until": "recipe", **raw}, tmp_path)


@pytest.mark.parametrize(
    ("text", "vary"),
    [
        (TWO, {"a.coating.dose": ["1 wt%", "5 wt%"]}),
        (TWO, {"b.coating.dose": ["1 wt%", "5 wt%"]}),
        (TWO, {"coating.dose": ["1 wt%", "5 wt%"]}),
        (TWO, {"a.coating.precursors": [{"HfO2": "100 %"}, {"TiO2": "100 %"}]}),
        (NOTHING, {"coating.dose": ["0 wt%", "1 wt%", "5 wt%"]}),
        (OF_TOTAL, {"coating.dose": ["1 wt%", "5 wt%"]}),
        (OF_TOTAL, {"coating.dose": ["1 wt%", "5 wt%"], "coating.dose_basis": ["host", "total"]}),
        (TWO, {"cathode.composition.M": {"simplex": ["Ni", "Co"], "step": "50 %"}, "coating.dose": ["1 wt%"]}),
    ],
)
def test_blocks_say_what_single_studies_say(tmp_path, text, vary):
    sweep = sweep_of(tmp_path, text, vary=vary, report=["coating.cost", "cathode.cobalt_fraction"])
    found = rows_of(sweep, 0, len(sweep.grid)).columns
    for row, index in enumerate(found["index"]):
        told = of_recipe(sweep.study_at(index).at({}).cells[sweep.subject])
        assert found["coating.cost"][row] == pytest.approx(told["coating.cost"], rel=1e-9)
        assert found["cathode.cobalt_fraction [%]"][row] == pytest.approx(100 * told["cathode.cobalt_fraction"])


@pytest.mark.parametrize(
    ("vary", "where"),
    [
        ({"coating.dose": ["1 wt%", "2 wt%"]}, "coated.coating.dose < 1 wt%"),
        ({"coated.coating.dose": ["1 wt%", "2 wt%"]}, "coating.dose < 1 wt%"),
        ({"coating.precursors": [{"Nb2O5": "100 %"}]}, "coated.coating.precursors.ZrO2 < 30 %"),
    ],
)
def test_a_varied_input_is_not_judged_by_the_value_it_had(vary, where):
    with pytest.raises(InputError, match="which is varied as|no name of this study"):
        read_sweep({"study": "zhao2024", "vary": vary, "where": [where]})


@pytest.mark.parametrize(
    "vary",
    [
        {"coated.coating.dose": ["1 wt%"], "coating.dose": ["4 wt%"]},
        {"coating.precursors": [{"Nb2O5": "100 %"}], "coated.coating.precursors": [{"ZrO2": "100 %"}]},
    ],
)
def test_one_place_is_varied_once(vary):
    with pytest.raises(InputError, match="each place once"):
        read_sweep({"study": "zhao2024", "vary": vary})


def test_conditions_that_mix_tiers_hold_for_all_their_names():
    """An element that the coating lacks counts as zero, and a choice is known where the layer is judged."""
    cases = {
        "coated.layer_thickness < 1 nm and coating.fraction.Ti < 50 %": "excluded",
        "coated.layer_thickness < 1 nm or anneal.gas == 'N2'": "excluded",
        "coated.layer_thickness > 1 nm and anneal.gas == 'O2'": "done",
    }
    for text, status in cases.items():
        vary = {"anneal.gas": ["O2"], "coating.dose": ["1 wt%"]}
        sweep = read_sweep({"study": "zhao2024", "vary": vary, "where": [text], "until": "layer"})
        assert rows_of(sweep, 0, 1).columns["status"] == [status], text


def test_a_cell_without_a_layer_fulfils_no_condition_on_it(tmp_path):
    sweep = sweep_of(
        tmp_path, NOTHING, vary={"coating.dose": ["0 wt%"]}, where=["coated.layer_thickness > 1 nm"], until="layer"
    )
    assert rows_of(sweep, 0, 1).columns["status"] == ["excluded"]


def test_an_element_that_a_coating_lacks_is_zero_at_every_tier():
    for until in ("recipe", "layer"):
        raw = {"study": "zhao2024", "vary": {"coating.dose": ["1 wt%"]}, "report": ["coating.fraction.Ti"]}
        found = rows_of(read_sweep({**raw, "until": until}), 0, 1).columns
        assert found["coating.fraction.Ti [%]"] == [0.0]


def test_a_bad_mixture_far_down_a_list_is_refused():
    good = [{"Nb2O5": "50 %", "ZrO2": "50 %"}] * 300
    for bad, said in (({"ZrO2": "60 %", "HfO2": "60 %"}, "sum to 1.2"), ({"Foo": "100 %"}, "vary.coating.precursors")):
        with pytest.raises(InputError, match=said):
            read_sweep({"study": "zhao2024", "vary": {"coating.precursors": [*good, bad]}})


def test_rows_that_are_lost_keep_their_keys(chain):
    assert lost(chain, 0, 2).columns["key"] == rows_of(chain, 0, 2).columns["key"]
    assert list(lost(chain, 0, 2).columns) == list(rows_of(chain, 0, 2).columns)


def test_any_fault_of_one_point_is_a_row(chain, monkeypatch):
    def fails(cell):
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(room, "prepare", fails)
    room._formed.clear()
    assert rows_of(chain, 0, 1).columns["message"] == ["RuntimeError: not foreseen"]


def test_varied_cycles_keep_the_data_they_were_read_by():
    sweep = read_sweep({"study": "zhao2024", "vary": {"protocol.cycles": [5, 200]}, "report": ["coated.retention_5"]})
    found = rows_of(sweep, 0, 2).columns
    five, all_of_them = found["coated.retention_5 [%]"]
    assert five == pytest.approx(all_of_them, abs=0.3)
    assert found["status"] == ["done", "done"] and found["coated.retention_200 [%]"][0] is None


def test_whole_numbers_and_flags_are_compared_as_such():
    vary = {"protocol.cycles": [100, 200], "protocol.skip": [True, False]}
    for where, left in (("protocol.cycles > 150", 2), ("protocol.skip == 'true'", 2), ("protocol.cycles == 100", 2)):
        sweep = read_sweep({"study": "zhao2024", "vary": vary, "where": [where], "until": "recipe"})
        assert rows_of(sweep, 0, 4).rows == left


@pytest.mark.parametrize(
    "change",
    [
        {"until": []},
        {"until": {"a": 1}},
        {"where": ""},
        {"objectives": []},
        {"report": ""},
        {"intervals": []},
        {"vary": {"anneal.temperature": {"range": ["600 degC", "700 degC"], "step": "90 degF"}}},
        {"vary": {"coating.dose": {"range": ["1 wt%", "2 wt%"], "step": 1.0e-320}}},
        {"vary": {"coating.precursors": {"simplex": ["Nb2O5", "ZrO2"], "step": 1.0e-310}}},
        {"vary": {n: {"range": ["1 h", "2 h"], "n": 1_000_000} for n in ("anneal.time", "bare.anneal.time")}},
        {"vary": {"coating.precursors.ZrO2": ["10 %"]}},
        {"vary": {"cathode.composition.M.Co": [0.1]}},
        {"vary": {"coating.dose": [float("nan")]}},
    ],
)
def test_what_cannot_be_is_one_line(change):
    with pytest.raises(InputError) as told:
        read_sweep({**RECIPE, **change})
    assert "\n" not in str(told.value)


def test_more_points_than_can_be_counted_are_refused():
    names = ("coating.dose", "anneal.time", "anneal.temperature", "cathode.grain_size")
    ends = (["1 wt%", "2 wt%"], ["1 h", "2 h"], ["600 degC", "700 degC"], ["1 um", "2 um"])
    vary = {n: {"range": e, "n": 1_000_000} for n, e in zip(names, ends)}
    with pytest.raises(InputError, match="1e.24 points"):
        read_sweep({"study": "zhao2024", "vary": vary})


def test_a_long_sample_costs_a_chunk_no_more(written, tmp_path):
    raw = {"study": "zhao2024", "sobol": 65536, "until": "recipe"}
    raw["vary"] = {
        "coating.dose": {"range": ["1 wt%", "2 wt%"]},
        "anneal.temperature": {"range": ["600 degC", "700 degC"]},
    }
    found = rows_of(read_sweep(raw), 1000, 1003).columns
    assert all(1 <= v <= 2 for v in found["coating.dose [wt%]"]) and len(set(found["index"])) == 3


def test_shards_begun_differently_are_not_merged(written, epitropy):
    path = written({k: v for k, v in RECIPE.items() if k != "objectives"} | {"until": "recipe"})
    for shard, chunk in (("1/2", 10), ("2/2", 7)):
        assert epitropy("sweep", path, "-o", "m", "--shard", shard, "--chunk", chunk).returncode == 0
    made = epitropy("merge", "m")
    assert made.returncode == 2 and "chunk sizes" in made.stderr


def test_intervals_follow_what_is_asked_for(written, epitropy, tmp_path):
    """More of the best, then more draws, in the same folder: the same table as at once."""
    for best, draws in ((1, 1), (3, 1), (3, 2)):
        assert (
            epitropy("sweep", written({**CHAIN, "intervals": {"best": best, "draws": draws}}), "-o", "made").returncode
            == 0
        )
        parts = Folder(tmp_path / "made").parts("best")
        assert len(parts) == best and [p.chunk for p in parts] == [p.first for p in parts]
    assert epitropy("sweep", tmp_path / "sweep.yaml", "-o", "once").returncode == 0
    for folder in ("made", "once"):
        assert epitropy("show", folder, "--to", "csv").returncode == 0
    assert tmp_path.joinpath("made.csv").read_text() == tmp_path.joinpath("once.csv").read_text()
    assert "draws: 2" in tmp_path.joinpath("made", "sweep.yaml").read_text()


def test_a_folder_is_shown_from_within_and_goes_on_from_its_own_file(written, epitropy, tmp_path):
    path = written(RECIPE)
    assert epitropy("sweep", path, "-o", "made").returncode == 0
    import subprocess
    import sys

    inside = tmp_path / "made"
    for arguments in (["show", ".", "--to", "csv"], ["sweep", "sweep.yaml", "-o", "."]):
        made = subprocess.run(
            [sys.executable, "-m", "epitropy.cli", *arguments], cwd=inside, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
    assert len(pandas.read_csv(tmp_path / "made.csv")) == np.sum([p.rows for p in Folder(inside).parts()])


def test_a_broken_part_is_told_by_show(written, epitropy, tmp_path):
    assert epitropy("sweep", written(RECIPE), "-o", "made").returncode == 0
    part = next((tmp_path / "made" / "parts").glob("rows-*.parquet"))
    part.write_bytes(part.read_bytes()[:40])
    made = epitropy("show", "made")
    assert made.returncode == 2 and part.name in made.stderr and "Traceback" not in made.stderr


def test_a_place_that_holds_something_else_is_left_as_it_was(written, epitropy, tmp_path):
    path = written(RECIPE)
    tmp_path.joinpath("file").write_text("mine")
    tmp_path.joinpath("mine").mkdir()
    tmp_path.joinpath("mine", "thesis.tex").write_text("x")
    for place, said in (("file", "is a file"), ("mine", "other files")):
        made = epitropy("sweep", path, "-o", place)
        assert made.returncode == 2 and said in made.stderr
    assert [p.name for p in tmp_path.joinpath("mine").iterdir()] == ["thesis.tex"]


def test_what_a_killed_start_left_is_begun_anew(written, epitropy, tmp_path):
    made = tmp_path / "made"
    made.joinpath("parts").mkdir(parents=True)
    for name in ("lock", "sweep.yaml", "study.yaml", "journal.sqlite.tmp", "journal.sqlite.tmp-journal"):
        made.joinpath(name).write_text("")
    assert epitropy("sweep", written(RECIPE), "-o", "made").returncode == 0
