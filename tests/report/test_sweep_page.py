"""What is drawn and written of a sweep."""

import numpy as np
import pytest

from epitropy.report.sweep_figures import drawings
from epitropy.report.sweep_page import html
from epitropy.report.sweep_tables import best_rows
from epitropy.sweep.export import sweep_of
from epitropy.sweep.folder import open_folder
from epitropy.sweep.run import run_sweep
from epitropy.sweep.spec import read_sweep

RAW = {
    "study": "zhao2024",
    "vary": {
        "coating.precursors": {"simplex": ["Nb2O5", "ZrO2", "HfO2"], "step": "25 %", "of": "cations"},
        "coating.dose": {"log": ["0.1 wt%", "3 wt%"], "n": 4},
    },
    "objectives": {"maximise": ["coating.entropy"], "minimise": ["coating.cost"]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import yaml

    from epitropy.study import study_text

    path = tmp_path_factory.mktemp("sweep") / "made"
    texts = {"sweep.yaml": yaml.safe_dump(RAW, sort_keys=False), "study.yaml": study_text("zhao2024")}
    outcome = run_sweep(read_sweep(RAW), path, texts, processes=1)
    assert outcome.whole and outcome.rows == 60
    return open_folder(path)


def test_the_front_holds_what_nothing_beats(folder):
    front = next(d for d in drawings(folder, sweep_of(folder)) if d.name == "trade-off")
    table = folder.table().to_pandas()
    entropy, cost = table["coating.entropy"].to_numpy(), table["coating.cost"].to_numpy()
    assert len(front.rows) >= 2
    for s, c, at_medians, surely in front.rows:
        assert at_medians and not surely  # recipes have no draws
        assert not ((entropy >= s) & (cost <= c) & ((entropy > s) | (cost < c))).any()


def test_lines_tell_the_best_of_what_else_was_varied(folder):
    drawing = next(d for d in drawings(folder, sweep_of(folder)) if d.name.startswith("over-coating-cost"))
    table = folder.table().to_pandas()
    assert drawing.header[0] == "coating.dose [wt%]"
    dose, _, cost = min(drawing.rows, key=lambda row: row[2])
    assert cost == table["coating.cost"].min() and dose == table["coating.dose [wt%]"].min()


def test_the_triangle_has_every_mixture_once(folder):
    drawing = next(d for d in drawings(folder, sweep_of(folder)) if d.name.startswith("triangle"))
    shares = np.array([row[:3] for row in drawing.rows])
    assert len(shares) == 15 and np.allclose(shares.sum(axis=1), 100)
    assert len({tuple(s.round(6)) for s in shares}) == 15


def test_the_page_holds_it_all_and_needs_nothing_beside_it(folder):
    page = html(folder)
    assert page.count("<svg") == 4 and "http" not in page.replace("http://www.w3.org", "")
    assert "more coating.entropy" in page and "less coating.cost" in page
    assert "Nb2O5" in page and "download=" in page


def test_best_rows_name_mixtures_in_words(folder):
    _, head, rows = best_rows(folder, 5)
    assert head[:2] == ["point", "precursors"] and len(rows) == 5
    assert all("%" in row[1] for row in rows)
    table = folder.table().to_pandas().set_index("index")
    assert all(int(row[0]) in table.index for row in rows)
