"""Stored results read back, and beside each other."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from epitropy import store
from epitropy.answer import answer, read
from epitropy.errors import InputError
from epitropy.report import page, studies, studies_page
from epitropy.report.studies import Told
from epitropy.study import study_text


@pytest.fixture(scope="module")
def stored(full, study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "zhao"
    return store.save(full, folder, page=page.html(full, study), study_text=study_text("zhao2024"))


@pytest.fixture(scope="module")
def two(full, study):
    """The article's study beside itself with another dose, a better grade and another source."""
    dose = replace(full.inputs["coating.dose"], value=0.02)
    graded = replace(full.inputs["anneal.time"], grade="measured")
    said = replace(full.inputs["anneal.ramp_rate"], source="a notebook")
    own = {"coating.dose": dose, "anneal.time": graded, "anneal.ramp_rate": said}
    other = replace(full, hash="f" * 16, inputs={**full.inputs, **own})
    return (Told(name="a", result=full, study=study), Told(name="b", result=other, study=study.holding(other.inputs)))


def test_an_answer_read_back_tells_the_same(full, nominal, uncoated):
    for result in (full, nominal, uncoated[0]):
        told = json.loads(json.dumps(answer(result)))
        assert answer(read(told)) == told


def test_stored_result_gives_the_page_of_its_run(stored, full, study):
    result, own = store.load(stored)
    text = page.html(result, own)
    numbers = r"[-\d.]{4,}|base64,[^\"]+"  # stored to nine digits, so coordinates may differ in the last
    assert re.sub(numbers, "", text) == re.sub(numbers, "", page.html(full, study))
    assert not store.changed_since(result, stored)


def test_numbers_are_those_stored_whatever_the_defaults_say(stored, tmp_path):
    told = json.loads((stored / "answer.json").read_text())
    told["inputs"]["anneal.time"]["value"] = 3600.0
    told["study_hash"] = "0" * 16
    (tmp_path / "answer.json").write_text(json.dumps(told))
    (tmp_path / "study.yaml").write_text((stored / "study.yaml").read_text())
    result, own = store.load(tmp_path)
    assert own.cells["coated"].anneal.time.value == 3600.0
    assert store.changed_since(result, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(epitropy_version="99.0"), "written by epitropy 99.0"),
        (lambda d: d.pop("stages"), "another command"),
        (lambda d: d["stages"]["coated"]["coating"].pop("coverage"), "not an answer as"),
        (lambda d: d["stages"]["coated"].update(anneal=3), "not an answer as"),
        (lambda d: d["inputs"].pop("anneal.time"), "other cells, inputs or cycles"),
    ],
)
def test_answers_that_cannot_be_used_are_refused(stored, tmp_path, change, said):
    told = json.loads((stored / "answer.json").read_text())
    change(told)
    (tmp_path / "answer.json").write_text(json.dumps(told))
    (tmp_path / "study.yaml").write_text((stored / "study.yaml").read_text())
    with pytest.raises(InputError, match=said):
        store.load(tmp_path)


def test_a_study_of_other_cycles_is_not_taken_for_the_stored_one(stored, tmp_path):
    (tmp_path / "answer.json").write_text((stored / "answer.json").read_text())
    text = (stored / "study.yaml").read_text()
    (tmp_path / "study.yaml").write_text(text.replace("cycles: 200", "cycles: 300").replace(" 200: {", " 300: {"))
    with pytest.raises(InputError, match="inputs or cycles"):
        store.load(tmp_path)


def test_exactly_the_inputs_that_differ_are_listed(two):
    assert set(studies.differing_inputs(two)) == {"coating.dose", "anneal.time"}  # a source moves no answer
    rows = {r[0].replace("\u200b", ""): r[2:] for r in studies.input_rows(two, shared=True)[1:]}
    assert rows["coating.dose"][0].startswith("1 wt% (") and rows["coating.dose"][1].startswith("2 wt% (")
    assert [cell.rpartition(", ")[2] for cell in rows["anneal.time"]] == ["assumed", "measured"]
    assert len(studies.input_rows(two, shared=False)) == 1 and len(studies.choice_rows(two)) == 1


def test_inputs_and_choices_that_one_study_lacks(two, uncoated):
    result, study = uncoated
    told = (two[0], Told(name="z", result=result, study=study))
    lacking = {r[0].replace("\u200b", "") for r in studies.input_rows(told, shared=False)}
    assert "coating.dose" in lacking and "protocol.rate" not in lacking
    chosen = {r[0]: r[1:] for r in studies.choice_rows(told)}
    assert chosen["cathode.lattice"] == ("ncm90", "nmc811")
    assert chosen["calibration"][1] == "none"
    assert studies.draws_text(told).startswith("Draws differ (a 8 and z 0)")


def test_comparison_needs_nothing_beside_it_and_links_its_data(two, uncoated):
    told = (*two, Told(name="z", result=uncoated[0], study=uncoated[1]))
    files = studies_page.files(told)
    text = files["comparison.html"]
    assert not re.search(r"\bsrc=|<link|<script|@import|url\((?!#)", text)
    assert text.count("<figure ") == text.count("data:text/csv") == 2
    assert text.count("Misses 2 of 3") == 2 and "No intervals yet" in text
    assert not re.search(r"\b(None|nan|inf)\b", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S))
    assert "NaN" not in files["answer.json"]
    rows = list(csv.DictReader(io.StringIO(files["comparison.csv"])))
    assert len(rows) == 2 * 2 * 3  # two studies with draws, two cells, three numbers
    found = next(r for r in rows if r["study"] == "b" and r["cell"] == "coated" and r["unit"] == "%")
    assert (float(found["median"]), float(found["reported"])) == (94.0, 96.0)
    overlay = list(csv.DictReader(io.StringIO(files["overlay.csv"])))
    assert {r["study"] for r in overlay} == {"a", "b", "z"}


def test_leading_scenario_by_study(two, uncoated):
    told = (two[0], Told(name="z", result=uncoated[0], study=uncoated[1]))
    lines = studies.leading_texts(told)
    assert "barrier/series (90 %)" in lines[0] and "no draws" in lines[1]
