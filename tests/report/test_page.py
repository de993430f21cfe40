"""The page as a file: whole in itself, well formed, saying what the result says."""

import base64
import csv
import io
import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest

from epitropy.report import cell_figures, layer_figures, page
from epitropy.report.figures import csv_text, svg
from epitropy.report.text import LIMITS

VOID = {"meta", "br", "wbr", "link", "img", "hr"}


class Reader(HTMLParser):
    """Ids, references and text of a page; open tags must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.loads: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        address = given.get("href") or given.get("xlink:href") or ""
        self.targets += [address[1:]] if address.startswith("#") else []
        self.targets += re.findall(r"url\(#([^)]+)\)", " ".join(filter(None, given.values())))
        if tag in ("link", "script", "img", "iframe", "object", "embed", "source", "image", "base"):
            self.loads.append(tag)
        self.loads += [given["src"]] if "src" in given else []

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


@pytest.fixture(scope="session")
def pages(full, nominal, study, uncoated):
    return {
        "full": page.html(full, study),
        "nominal": page.html(nominal, study),
        "uncoated": page.html(*uncoated),
    }


@pytest.fixture(scope="session")
def readers(pages):
    return {name: Reader(text) for name, text in pages.items()}


@pytest.mark.parametrize("kind", ["full", "nominal", "uncoated"])
def test_page_needs_nothing_beside_it(pages, readers, kind):
    assert readers[kind].loads == []
    assert not re.search(r"@import|url\((?!#)", pages[kind])
    assert readers[kind].open == []


@pytest.mark.parametrize("kind", ["full", "nominal", "uncoated"])
def test_ids_are_unique_and_every_target_exists(readers, kind):
    repeated = [name for name, n in Counter(readers[kind].ids).items() if n > 1]
    assert repeated == []
    assert set(readers[kind].targets) <= set(readers[kind].ids)


@pytest.mark.parametrize("kind", ["full", "nominal", "uncoated"])
def test_nothing_missing_shows_through(readers, kind):
    text = " ".join(readers[kind].text)
    assert not re.search(r"\b(None|nan|inf|NaN)\b|\{\w*\}|np\.float", text)


@pytest.mark.parametrize("kind", ["full", "nominal"])
def test_same_result_same_page(pages, full, nominal, study, kind):
    assert page.html({"full": full, "nominal": nominal}[kind], study) == pages[kind]


def test_sections_that_do_not_apply_are_left_out(readers):
    assert {"headline", "figures", "layer", "inputs", "no-effect", "figure-influence"} <= set(readers["full"].ids)
    assert not {"no-effect", "figure-influence"} & set(readers["nominal"].ids)
    assert not {"layer", "figure-depth"} & set(readers["uncoated"].ids)
    assert "Baselines" not in " ".join(readers["uncoated"].text)


def test_page_tells_facets_matches_and_what_gets_through(readers):
    text = " ".join(readers["full"].text)
    for said in (
        "Facets that count",
        "(104)",
        "lets lithium pass",
        "largest over charge",
        "80 % interval from its",
        "oxygen permeance",
    ):
        assert said in text, said
    assert "(003)[100] || (003)[100]" in text  # the layered layer continues its host
    assert "Grain mismatch, cracking and fade" not in text


def test_a_zero_strain_lattice_is_shown_beside_its_reference(readers):
    text = " ".join(readers["uncoated"].text)
    assert "Grain mismatch, cracking and fade" in text and "drive for cracks" in text
    assert {"figure-stress"} <= set(readers["uncoated"].ids)


def test_page_says_what_missed_and_what_gained_as_much(readers):
    text = " ".join(readers["full"].text)
    assert "hits 1 of the 3 reported numbers (retention at cycle 200)" in text
    assert "Cycle-1 gain not predicted: the reported 194.8 mAh/g (20.1 mAh/g over bare) lies outside 176.0" in text
    assert "A placebo gains as much as the coating (misaligned)" in text
    assert "not solved" in text
    assert all(limit.split(".")[0] in text for limit in LIMITS)


def test_every_figure_links_its_data(pages):
    for kind, count in (("full", 9), ("nominal", 7), ("uncoated", 5)):
        links = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', pages[kind])
        assert len(links) == count == pages[kind].count("<figure ")
        for link in links:
            rows = list(csv.reader(io.StringIO(base64.b64decode(link).decode())))
            assert len(rows) > 3 and len({len(r) for r in rows}) == 1


def test_figures_name_quantity_and_unit_on_each_axis(full, study):
    for drawing in page.drawings(full, study):
        if drawing.name == "figure-one":  # a picture with scale bars
            continue
        for axes in drawing.figure.axes:
            shared = axes.get_shared_x_axes().get_siblings(axes)
            labels = [a.get_xlabel() for a in shared]
            numeric = drawing.name not in ("scenarios", "losses", "influence", "measurements")
            labels_y = [axes.get_ylabel()] if numeric else []
            for label in [max(labels, key=len), *labels_y]:
                assert "/" in label or label.startswith(("cycle number", "lithium content x")), drawing.name


def test_figures_carry_hash_and_version(full, study):
    for drawing in page.drawings(full, study):
        footer = " ".join(t.get_text() for t in drawing.figure.texts)
        assert full.hash in footer and full.version in footer
        assert full.hash in svg(drawing, full.hash)


def test_capacity_data_are_those_of_the_band(full, study):
    drawing = cell_figures.capacity_curves(full, study)
    rows = list(csv.DictReader(io.StringIO(csv_text(drawing))))
    band = full.headline.cells["coated"].band
    np.testing.assert_allclose([float(r["coated_low_mAh_g"]) for r in rows], band.low / 3600, rtol=1e-5)
    assert {r["cycle"]: r["coated_reported_mAh_g"] for r in rows if r["coated_reported_mAh_g"]} == {
        "1": "194.8",
        "200": "187",
    }


def test_depth_data_are_those_of_the_profile(full, study):
    drawing = layer_figures.depth_profile(full, study)
    rows = list(csv.DictReader(io.StringIO(csv_text(drawing))))
    profile = full.cells["coated"].anneal
    np.testing.assert_allclose([float(r["depth_nm"]) for r in rows], 1e9 * profile.depth, rtol=1e-5)
    total = [sum(float(r[f"{s}_at_percent"]) for s in profile.species) for r in rows]
    np.testing.assert_allclose(total, 100.0, rtol=1e-4)


def test_losses_add_up_to_their_total(full, study):
    *parts, total = cell_figures.losses(full, study).rows
    for column in (1, 2):
        np.testing.assert_allclose(sum(row[column] for row in parts), total[column], rtol=1e-6)


def test_scenarios_that_were_not_solved_have_no_numbers(full, study):
    rows = {row[0]: row[1:] for row in cell_figures.scenario_forest(full, study).rows}
    assert rows[full.scenarios[-1].name] == (None, None, None)
    np.testing.assert_allclose(rows["all"], (86.0, 94.0, 102.0), rtol=1e-12)
