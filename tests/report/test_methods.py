"""The methods paragraph says what was done in this run and cites what this run used."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from epitropy.report import methods, page

DOI = re.compile(r"10\.\d{4,9}/[^\s;,)<\"]*[^\s;,).<\"]")


@pytest.mark.parametrize("kind", ["full", "uncoated"])
def test_only_papers_among_the_references_are_cited(full, study, uncoated, kind):
    result, of = (full, study) if kind == "full" else uncoated
    said, dois = methods.paragraph(result, of)
    named = {d for r in result.references if "recalled" not in r for d in DOI.findall(r)}
    assert dois and set(dois) == named
    numbers = {int(n) for group in re.findall(r"\[([\d, -]+)\]", said) for n in re.findall(r"\d+", group)}
    assert numbers <= set(range(1, len(dois) + 1))
    section = page.html(result, of).split('<section id="methods">')[1]
    assert set(DOI.findall(section)) == set(dois)


def test_a_source_recalled_without_a_check_is_not_cited(full, study):
    name = next(n for n, v in full.inputs.items() if "recalled" not in v.source)
    own = replace(full.inputs[name], source="recalled, unchecked: 10.1000/nowhere")
    told = replace(full, inputs={**full.inputs, name: own}, references=(*full.references, own.source))
    assert "10.1000/nowhere" not in methods.paragraph(told, study)[1]
    looked_up = replace(own, source="10.1000/nowhere")
    told = replace(told, inputs={**full.inputs, name: looked_up}, references=(*full.references, looked_up.source))
    assert "10.1000/nowhere" in methods.paragraph(told, study)[1]


def test_paragraph_follows_the_run(full, nominal, study, uncoated):
    whole, medians, bare = (methods.paragraph(*pair)[0] for pair in ((full, study), (nominal, study), uncoated))
    assert "8 Latin hypercube draws" in whole and "12 scenarios" in whole
    assert f"epitropy {full.version}" in whole and f"numpy {full.versions['numpy']}" in whole
    assert "placebos in place of the coating (misaligned)" in whole
    assert "Latin hypercube" not in medians and "no interval is given" in medians
    assert "interdiffusion" in medians and "interdiffusion" not in bare
    assert "Nothing is calibrated" in bare
    changed = replace(full, headline=replace(full.headline, draws=77))
    assert "77 Latin hypercube draws" in methods.paragraph(changed, study)[0]


def test_how_to_cite_is_that_of_the_citation_file(full):
    text = (Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8")
    authors, title = re.search(r"name: (.+)", text)[1], re.search(r"^title: (.+)$", text, re.M)[1]
    said = methods.cite(full)
    assert said.startswith(f"{authors}: {title}, version {full.version}")
    assert full.hash in said
