"""The page of a finished sweep: what was asked, the best points with intervals, figures with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sweep.export import sweep_of
from .figures import Drawing, csv_link, svg
from .markup import Html, headed, join, paragraphs, safe
from .page import whole_page
from .sweep_figures import drawings
from .sweep_tables import best_rows, state

if TYPE_CHECKING:
    from ..sweep.folder import Folder

SHOWN = 30


def html(folder: Folder) -> str:
    """A page that needs nothing beside it."""
    sweep, meta = sweep_of(folder), folder.meta()
    title = sweep.title or sweep.name
    kind = "design" if sweep.budget else "sweep"
    head = (
        f'<h1>{safe(title)}</h1>\n<p class="meta">{kind} <code>{safe(meta["name"])}</code> · study '
        f"<code>{safe(sweep.study.name)}</code> · hash <code>{meta['hash']}</code> · epitropy "
        f"{safe(meta['epitropy'])}</p>"
    )
    sought = [f"{'more' if more else 'less'} {name}" for name, more in sweep.goals]
    asked = [
        f"Varied: {'; '.join(f'{f.name} ({axis.text})' for axis in sweep.grid.axes for f in axis.fields)}.",
        f"Sought: {', '.join(sought)}." if sought else "Nothing was sought.",
        f"Computed at the medians of all other inputs, in the scenario {sweep.scenario}; the model is solved for the "
        "data of the study as given. A coating that is best here is best in this scenario: look at the bars.",
    ]
    name, header, rows = best_rows(folder, SHOWN)
    parts = [
        Html(head),
        _section("What was asked", [paragraphs([*asked, *state(folder)])]),
        _section(name, [headed((tuple(header), *map(tuple, rows)), "dense")]) if rows else Html(""),
        *(_section(d.title, [_figure(d)]) for d in drawings(folder, sweep)),
    ]
    return whole_page(title, join(parts))


def _section(title: str, parts: list[Html]) -> Html:
    return Html(f"<section>\n<h2>{safe(title)}</h2>\n{join(parts)}\n</section>")


def _figure(drawing: Drawing) -> Html:
    link = f'<a href="{csv_link(drawing)}" download="{drawing.name}.csv">numbers</a>'
    return Html(f"<figure>{svg(drawing, drawing.name)}<figcaption>{safe(drawing.caption)} {link}</figcaption></figure>")
