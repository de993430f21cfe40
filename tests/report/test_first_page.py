"""The first page: five questions before all details, a miss said at the top, nothing claimed that was not computed."""

import re
from dataclasses import replace

import pytest

from epitropy.report import brief, page
from epitropy.report.sheet import grams

QUESTIONS = ["What to weigh", "What you get", "What it gains", "How sure", "What to measure"]


@pytest.fixture(scope="module")
def pages(full, nominal, study, uncoated):
    return {"full": page.html(full, study), "nominal": page.html(nominal, study), "uncoated": page.html(*uncoated)}


def first(text: str) -> str:
    """The answer page alone, as text."""
    return re.sub(r"<[^>]+>", " ", text[text.index('class="answer-page"') : text.index("<nav>")])


@pytest.mark.parametrize("kind", ["full", "nominal", "uncoated"])
def test_five_questions_in_order_before_the_details(pages, kind):
    headings = re.findall(r"<h2>([^<]+)</h2>", pages[kind])
    assert headings[:5] == QUESTIONS
    assert headings[5] == "Headline"
    assert pages[kind].index("<nav>") > pages[kind].index("What to measure</h2>")
    assert re.search(r"\.answer-page \{ break-after: page; \}", pages[kind])


def test_a_miss_is_said_before_anything_else(pages, full, study):
    assert brief.verdict(full, study)[:2] == ("miss", "Misses 2 of 3")
    said = first(pages["full"])
    assert said.index("Misses 2 of 3") < said.index("What to weigh")
    assert said.index("Cycle-1 gain not predicted") < said.index("What to weigh")


def test_a_hit_is_called_one(full, study):
    near = {n: replace(getattr(full.headline.cells["coated"], n), low=0.0, high=1e9) for n in ("first", "last")}
    coated = replace(full.headline.cells["coated"], **near)
    told = replace(full, headline=replace(full.headline, cells={**full.headline.cells, "coated": coated}))
    assert brief.verdict(told, study)[:2] == ("hit", "Hits all 3")


def test_masses_are_those_of_the_batch(pages, full):
    rows = dict(re.findall(r'<th scope="row">(\w+)</th><td>([^<]+)</td>', pages["full"]))
    for line in full.cells["coated"].coating.batch:
        assert rows[line.precursor] == grams(0.1 * line.weighed)
    assert sum(float(rows[p].split()[0]) for p in ("Nb12WO33", "ZrO2")) == pytest.approx(1.0, abs=1e-3)


def test_gain_is_the_difference_of_the_medians(full, study):
    cells = full.headline.cells
    points = 100 * (cells["coated"].retention.value - cells["bare"].retention.value)
    note = brief.gains(full, study).notes[0]
    assert f"{points:+.1f} points of retention" in note
    assert "Reported: +17.0 points" in note


def test_baseline_and_the_placebo_that_gains_as_much_stand_in_one_line(full, study):
    line = brief.gains(full, study).notes[1]
    assert "coated = bare 79.0 %" in line and "misaligned +15.0" in line and "misaligned gains as much" in line


def test_at_the_medians_nothing_is_hit_missed_or_advised(pages):
    said = first(pages["nominal"])
    assert "No intervals yet" in said and "run the study with draws" in said
    assert not re.search(r"\b(hit|miss|Hits|Misses)\b:? \d", said)
    assert "Gain of" not in said
    assert "Nb12WO33" in said  # the recipe does not wait for draws


def test_an_uncoated_study_weighs_nothing(pages, uncoated):
    said = first(pages["uncoated"])
    assert "Nothing: no cell is coated" in said
    assert "per mole of metal sites" in said and "coverage" not in said
    assert brief.weigh(*uncoated).rows == ()


def test_the_layer_is_told_as_the_cell_takes_it(full, study):
    rows = dict(brief.get(full, study).rows)
    crystal = full.cells["coated"].crystal
    assert rows["alignment"].startswith(crystal.name)
    none = replace(full.cells["coated"], matches=())
    assert dict(brief.get(replace(full, cells={**full.cells, "coated": none}), study).rows)["alignment"] == (
        "no coherent match found"
    )


def test_three_guesses_and_the_assumed_share(full, study):
    said = " ".join(brief.sure(full, study).notes)
    for influence in full.headline.influences[:3]:
        assert influence.label in said
    assert full.headline.influences[3].label not in said
    assert "85 % of the interval comes from them" in said  # of the four, all but the derived one
    assert "24 of" in said and "left out" in said


def test_three_measurements_with_the_advice(full, study):
    plan = full.headline.measurements
    block = brief.measure(full)
    assert [row[0] for row in block.rows] == [m.name for m in plan.measurements[:3]]
    assert "interval after / points" in block.header and block.rows[0][3] == "8.0"
    assert block.notes[0].startswith("Measure first: skin by TEM, on the coated cell")
    known = replace(full.headline, measurements=replace(plan, retention_reported=True))
    assert "interval after / points" not in brief.measure(replace(full, headline=known)).header
