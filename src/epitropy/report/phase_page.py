"""The answer of ``epitropy phases STUDY`` as one page and as files beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .. import __version__
from ..jsonio import to_json
from . import phase_tables as rows
from .figures import Drawing, csv_link, csv_text, svg
from .markup import Html, headed, join, paragraphs, safe
from .page import whole_page
from .phase_figures import drawings

if TYPE_CHECKING:
    from ..records.phases import PhasesAnswer, PhaseVerdict


def files(answer: PhasesAnswer) -> dict[str, str]:
    """Name -> text of every file: the page, each figure with its numbers, the answer as JSON."""
    drawn = drawings(answer)
    found = {"answer.json": json.dumps(to_json(answer), indent=1), "phases.html": _page(answer, drawn)}
    for one in drawn:
        found |= {f"{one.name}.svg": svg(one, "phases"), f"{one.name}.csv": csv_text(one)}
    return found


def _page(answer: PhasesAnswer, drawn: list[Drawing]) -> str:
    title = f"Which structure: {answer.study}, {answer.cell}"
    parts: list[object] = [
        Html(f'<h1>{safe(title)}</h1>\n<p class="meta">epitropy {safe(__version__)}</p>'),
        paragraphs(opening(answer)),
    ]
    parts += [_figure(one) for one in drawn]
    for verdict in (answer.verdict, answer.second):
        if verdict is not None:
            parts.append(_details(verdict))
    if answer.nodes:
        parts.append(_section("Over settings", [headed(rows.node_rows(answer))]))
    if answer.entries:
        parts.append(
            _section("Your entries", [*map(headed, rows.entries_rows(answer.entries)), paragraphs([rows.ENTRIES_NOTE])])
        )
    parts.append(paragraphs([rows.READING], "meta"))
    return whole_page(title, f"{join(parts)}")


def opening(answer: PhasesAnswer) -> list[str]:
    """The verdict and the second opinion, or why there is none."""
    if answer.verdict is None:
        return [f"Not decided: {answer.reason}."]
    return [*rows.verdict_text(answer.verdict), rows.second_text(answer.verdict, answer.second)]


def _details(verdict: PhaseVerdict) -> Html:
    found = [rows.standing_rows(verdict), rows.assembly_rows(verdict), rows.rest_rows(verdict)]
    found += [rows.left_out_rows(verdict)] if verdict.left_out else []
    return _section(f"By {verdict.potential}", [headed(one) for one in found])


def _figure(drawing: Drawing) -> Html:
    return Html(
        f"<figure>{svg(drawing, drawing.name)}<figcaption>{safe(drawing.caption)} "
        f'<a href="{csv_link(drawing)}" download="{drawing.name}.csv">numbers</a></figcaption></figure>'
    )


def _section(title: str, body: list[object]) -> Html:
    return Html(f"<section><h2>{safe(title)}</h2>\n{join(body)}\n</section>")
