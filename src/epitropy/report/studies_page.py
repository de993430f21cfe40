"""Several results on one page that needs nothing beside it, and as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..jsonio import to_json
from . import brief, studies
from .figures import Drawing, csv_text
from .markup import Html, badge, details, headed, join, paragraphs, safe
from .page import whole_page
from .sections import figure
from .studies import Told
from .studies_figures import capacity_overlay, retention_forest


def files(told: Sequence[Told]) -> dict[str, str]:
    """Name -> text of every file of a comparison."""
    drawings = _drawings(told)
    return {
        "answer.json": json.dumps(data(told), indent=1),
        "comparison.html": html(told, drawings),
        "comparison.csv": _csv(studies.data_rows(told)),
        **{f"{d.name}.csv": csv_text(d) for d in drawings},
    }


def _drawings(told: Sequence[Told]) -> list[Drawing]:
    return [d for d in (retention_forest(told), capacity_overlay(told)) if d is not None]


def data(told: Sequence[Told]) -> dict[str, Any]:
    """The comparison as plain data: headline numbers in the field's units, inputs in SI."""
    head, *rows = studies.data_rows(told)
    choice_head, *choice_rows = studies.choice_rows(told)
    return {
        "epitropy_version": __version__,
        "studies": {
            t.name: {"study": t.result.study, "study_hash": t.result.hash, "priors_hash": t.result.priors}
            | {"epitropy_version": t.result.version, "remark": t.remark}
            for t in told
        },
        "headline": [dict(zip(head, row)) for row in rows],
        "inputs_that_differ": {
            name: {t.name: to_json(v) for t, v in zip(told, numbers)}
            for name, numbers in studies.differing_inputs(told).items()
        },
        "choices_that_differ": {row[0]: dict(zip(choice_head[1:], row[1:])) for row in choice_rows},
    }


def _csv(rows: Sequence[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([["" if v is None else f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in rows])
    return buffer.getvalue()


def html(told: Sequence[Told], drawings: Sequence[Drawing]) -> str:
    """Verdicts and numbers first, then what differs, recipes, layers, scenarios."""
    salt = "-".join(t.result.hash[:8] for t in told)
    title = f"{len(told)} studies compared"
    head = f'<h1>{title}</h1>\n<p class="meta">epitropy {safe(__version__)}</p>'
    shown = [figure(d, i, salt) for i, d in enumerate(drawings, 1)]
    bodies = "\n".join(
        f'<section id="{name}"><h2>{safe(heading)}</h2>\n{body}\n</section>'
        for name, heading, body in _sections(told, shown)
    )
    return whole_page(title, f"{head}\n{_lead(told)}\n{bodies}")


def _lead(told: Sequence[Told]) -> Html:
    """How each prediction fared, a miss as plainly as a hit."""
    said = []
    for t in told:
        kind, count, sentences = brief.verdict(t.result, t.study)
        mark = badge(kind, count) if kind else safe(count)
        said.append(Html(f'<p class="lead">{mark} · <b>{safe(t.name)}</b>: {safe(sentences[0])}</p>'))
    return join(said)


def _sections(told: Sequence[Told], figures: Sequence[Html]) -> list[tuple[str, str, Html]]:
    """(id, title, HTML) in reading order."""
    remarks = paragraphs([f"{t.name}: {t.remark}" for t in told if t.remark])
    inputs, others = studies.input_rows(told, shared=True), studies.choice_rows(told)
    lacking = studies.input_rows(told, shared=False)
    differs = [
        paragraphs([studies.opening(told)]),
        _or_none(inputs, "differing", "No graded input that all have differs."),
        _or_none(others, "differing", "No other choice differs."),
        details(f"{len(lacking) - 1} inputs that not every study has", headed(lacking, kind="differing"))
        if len(lacking) > 1
        else Html(""),
        paragraphs([DIFFER_NOTE], "meta"),
    ]
    marked = [tuple(_marked(cell) for cell in row) for row in studies.headline_rows(told)]
    notes = join([paragraphs(filter(None, [studies.draws_text(told)])), paragraphs([GAIN_NOTE], "meta")])
    return [
        ("headline", "What each predicts", join([headed(marked, kind="numbers"), notes])),
        ("figures", "Figures", join(figures)),
        ("differ", "What differs", join(differs)),
        ("recipe", "What to weigh", headed(studies.block_rows(told, brief.weigh), kind="differing")),
        ("layer", "What one gets", headed(studies.block_rows(told, brief.get), kind="differing")),
        (
            "scenarios",
            "Which scenario leads",
            join([paragraphs(studies.leading_texts(told)), headed(studies.scenario_rows(told), kind="differing")]),
        ),
        ("studies", "The studies", join([remarks, headed(studies.study_rows(told))])),
    ]


def _or_none(rows: Sequence[Sequence[object]], kind: str, none: str) -> Html:
    return headed(rows, kind=kind) if len(rows) > 1 else paragraphs([none])


def _marked(cell: str) -> Html:
    """A verdict in colour."""
    for kind in ("hit", "miss"):
        if f": {kind}" in cell:
            number, _, words = cell.partition(": ")
            return Html(f"{safe(number)} {badge(kind, words)}")
    return safe(cell)


GAIN_NOTE = (
    "Gain: median retention of the predicted cell less that of the calibrated one, or of the first. Medians and 80 % "
    "intervals; without draws the middle and the range of the scenarios, which is no interval."
)
DIFFER_NOTE = (
    "Value, 80 % range and grade as stored with each result. Sources and labels do not count as a difference. A name "
    "that begins with a cell's is that cell's alone. –: the study has no such input or choice."
)
