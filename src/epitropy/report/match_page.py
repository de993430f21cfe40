"""The answer of ``epitropy match`` as one page and as files beside it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from . import match_tables as rows
from .figures import Drawing, csv_link, csv_text, svg
from .markup import Html, details, headed, join, paragraphs, safe, table
from .match_figures import charge_figure, cost_figure
from .page import whole_page

if TYPE_CHECKING:
    from ..records.alignment import MatchAnswer

_ON_PAGE = 40  # rows of the table before the rest is left to the CSV


def files(answer: MatchAnswer) -> dict[str, str]:
    """Name -> text of every file: the page, each figure with its numbers, all matches as CSV, the answer as JSON."""
    drawings = [d for d in (cost_figure(answer), charge_figure(answer)) if d is not None]
    found = {"answer.json": json.dumps(rows.as_json(answer), indent=1), "matches.csv": _matches_csv(answer)}
    for drawing in drawings:
        found |= {f"{drawing.name}.svg": svg(drawing, "match"), f"{drawing.name}.csv": csv_text(drawing)}
    found["match.html"] = _page(answer, drawings)
    return found


def _page(answer: MatchAnswer, drawings: list[Drawing]) -> str:
    title = f"{answer.film.name} on {answer.host.name}"
    head = f'<h1>{safe(title)}</h1>\n<p class="meta">epitropy {safe(answer.version)}</p>'
    said = paragraphs([*rows.opening(answer), *rows.closing(answer)])
    parts: list[object] = []
    if answer.facets and answer.matches:
        parts.append(
            _section("On the facets of a particle", [headed(rows.facet_rows(answer.facets, answer.limits.toughness))])
        )
    if answer.matches:
        head_row, *body = rows.match_rows(answer)
        ranked: list[object] = [table(head_row, body[:_ON_PAGE])]
        if len(body) > _ON_PAGE:
            ranked.append(paragraphs([f"{len(body) - _ON_PAGE} more in matches.csv."]))
        parts.append(_section("Ranked matches", [*map(_figure, drawings), *ranked]))
        parts.append(details("How to read an orientation relationship", paragraphs(HOW_TO_READ)))
    return whole_page(title, f"{head}\n{said}\n{join(parts)}")


HOW_TO_READ = (
    "(hkl)[uvw] || (hkl)[uvw], host first: the two planes lie on each other, their outward normals parallel, and "
    "within them the two directions are parallel. Indices are those of the conventional cells; (003) is the first "
    "order of the basal plane of a layered host that diffracts.",
    "Strain is what the film must take up to fit, along two directions at a right angle; it is imposed on the film. "
    "The area is that of the common cell: the smaller it is, the more often the same bonds repeat.",
)


def _matches_csv(answer: MatchAnswer) -> str:
    text = io.StringIO()
    plain = [rows.match_json(m, answer.limits) for m in answer.matches]
    names = [k for k in plain[0] if k not in ("host_cell", "film_cell", "deformation_gradient")] if plain else []
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in plain:
        writer.writerow({k: " ".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()})
    return text.getvalue()


def _section(title: str, parts: list[object]) -> Html:
    return Html(f"<section><h2>{safe(title)}</h2>\n{join(parts)}\n</section>")


def _figure(drawing: Drawing) -> Html:
    return Html(
        f'<figure>{svg(drawing, "match")}<figcaption>{safe(drawing.caption)} <a href="{csv_link(drawing)}" '
        f'download="{drawing.name}.csv">numbers</a></figcaption></figure>'
    )
