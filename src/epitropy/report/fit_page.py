"""The answer of ``epitropy fit`` as one page and as files beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..jsonio import to_json
from . import fit_tables as rows
from . import update_tables
from .figures import Drawing, csv_link, csv_text, svg
from .fit_figures import ahead_figure, curve_figure, other_figure, pair_figure, prediction_figure, profile_figure
from .markup import Html, bullets, details, headed, join, paragraphs, safe
from .page import whole_page

if TYPE_CHECKING:
    from ..records.fit import FitAnswer


def files(answer: FitAnswer) -> dict[str, str]:
    """Name -> text of every file: the page, each figure and its numbers, the answer as JSON."""
    drawn = {
        "fit": [curve_figure(answer), other_figure(answer)],
        "parameters": [profile_figure(answer), pair_figure(answer)],
        "prediction": [prediction_figure(answer)],
        "beyond": [ahead_figure(answer)],
    }
    figures = {place: [d for d in found if d is not None] for place, found in drawn.items()}
    texts = {"answer.json": json.dumps(to_json(answer), indent=1)}
    for d in (d for found in figures.values() for d in found):
        texts |= {f"{d.name}.svg": svg(d, answer.hash), f"{d.name}.csv": csv_text(d)}
    texts["fit.html"] = _page(answer, figures)
    return texts


def _page(answer: FitAnswer, figures: dict[str, list[Drawing]]) -> str:
    title = f"{answer.title or answer.study}: fitted to your cells"
    head = (
        f'<h1>{safe(title)}</h1>\n<p class="meta">study <code>{safe(answer.study)}</code> · hash '
        f"<code>{answer.hash}</code> · priors <code>{answer.priors}</code> · epitropy {safe(answer.version)} · seed "
        f"{answer.seed}</p>"
    )
    sections = [
        _section("What it says", [paragraphs(rows.opening(answer)), paragraphs(answer.notes)]),
        _section("Data and fit", [*_figures(figures["fit"], answer), headed(rows.cell_rows(answer))]),
        _section("Parameters", _parameters(answer, figures["parameters"])),
    ]
    if answer.predicted:
        said = [t for u in answer.updates for t in update_tables.update_texts(u, answer.predicted[u.cell].cycles)]
        parts = [paragraphs(said), *_figures(figures["prediction"], answer), headed(rows.prediction_rows(answer))]
        sections.append(_section("Cells that were predicted", parts))
    if answer.extrapolations:
        said = [t for e in answer.extrapolations for t in rows.extrapolation_texts(e)]
        parts = [paragraphs(said), *_figures(figures["beyond"], answer), paragraphs([rows.LITHIUM])]
        sections.append(_section("Beyond the data", parts))
    sections.append(_section("Files read", [bullets(_files(answer))]))
    return whole_page(title, head + "\n" + "\n".join(sections))


def _parameters(answer: FitAnswer, drawings: list[Drawing]) -> list[object]:
    """Table, profiles, pairs, correlations, chain."""
    note = (
        f"{answer.same_optimum} of {answer.starts} starts led to the same optimum. Ranges hold 80 %. Informed: "
        "share of the prior's variance that the data take away; of a scale, whose prior is flat, of its allowed range."
    )
    parts: list[object] = [headed(rows.parameter_rows(answer)), paragraphs([note]), *_figures(drawings, answer)]
    parts.append(details("What each parameter is", headed(rows.meaning_rows(answer))))
    if len(answer.parameters) > 1:
        parts.append(details("Correlations at the best fit", headed(rows.correlation_rows(answer))))
    if answer.chain is not None:
        parts += [paragraphs([rows.chain_text(answer)]), details("Convergence", headed(rows.chain_rows(answer)))]
    return parts


def _files(answer: FitAnswer) -> list[str]:
    told = [f"{c.data.source or c.data.name}: {'; '.join(c.data.notes) or 'read as it stands'}" for c in answer.cells]
    return list(dict.fromkeys(told))  # one file may hold several cells


def _figures(drawings: list[Drawing], answer: FitAnswer) -> list[Html]:
    return [
        Html(
            f'<figure>{svg(d, answer.hash)}<figcaption>{safe(d.caption)} <a href="{csv_link(d)}" '
            f'download="{d.name}.csv">numbers</a></figcaption></figure>'
        )
        for d in drawings
    ]


def _section(title: str, parts: list[object]) -> str:
    return f"<section><h2>{safe(title)}</h2>\n{join(parts)}\n</section>"
