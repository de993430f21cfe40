"""The answer of ``epitropy cycle`` as one page and as files beside it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from ..jsonio import to_json
from ..records.cell import CycleSeries
from ..units import unit_of
from . import cycle_tables as rows
from .cycle_figures import ageing_figure, fade_figure, losses_figure, map_figure, slope_figure, voltage_figure
from .figures import Drawing, csv_link, csv_text, svg
from .markup import Html, details, headed, join, paragraphs, safe
from .numbers import field
from .page import whole_page

if TYPE_CHECKING:
    from ..records.cycling import CycleAnswer, ScenarioLives

DRAW = (fade_figure, losses_figure, voltage_figure, slope_figure, ageing_figure)


def files(answer: CycleAnswer) -> dict[str, str]:
    """Name -> text of every file: the page, each figure and its numbers, every cell's series, the answer as JSON."""
    found = {"answer.json": json.dumps(to_json(answer), indent=1)}
    sections = []
    plan = map_figure(answer)
    if answer.map:
        header, lines = rows.map_csv(answer.map)
        found["map.csv"] = _csv(header, lines)
        if plan:
            found["map.svg"] = svg(plan, "map")
        points = details(f"All {len(answer.map.points)} points", headed(rows.map_rows(answer.map)))
        figures = [_figure(plan, "map")] if plan else []
        sections.append(_section("Map", [*figures, paragraphs(rows.failure_texts(answer.map)), points]))
    for name, told in answer.lives.items():
        mark = "" if len(answer.lives) == 1 else f"-{name.replace('/', '-')}"
        drawings = [d for one in DRAW if (d := _drawn(one, answer, told)) is not None]
        for d in drawings:
            found |= {f"{d.name}{mark}.svg": svg(d, f"{d.name}{mark}"), f"{d.name}{mark}.csv": csv_text(d)}
        for cell, lived in told.cells.items():
            if lived.series is not None:
                found[f"series-{cell}{mark}.csv"] = series_csv(lived.series)
        title = "The cells" if not mark else f"Scenario {name}: {told.scenario.title}"
        sections.append(_section(title, _told(told, drawings, mark)))
    found["cycle.html"] = _page(answer, "\n".join(sections))
    return found


def _drawn(draw, answer: CycleAnswer, told: ScenarioLives) -> Drawing | None:
    return draw(answer, told) if any(c.series is not None for c in told.cells.values()) else None


def _told(told: ScenarioLives, drawings: list[Drawing], mark: str) -> list[object]:
    parts: list[object] = [headed(rows.life_rows(told))]
    if drawings:
        parts += [_figure(d, f"{d.name}{mark}") for d in drawings]
        parts += [headed(rows.loss_rows(told)), details("Cycles apart from ageing", headed(rows.side_rows(told)))]
    return parts


def _page(answer: CycleAnswer, body: str) -> str:
    title = f"{answer.title or answer.study}: the cells"
    head = (
        f'<h1>{safe(title)}</h1>\n<p class="meta">study <code>{safe(answer.study)}</code> · hash '
        f"<code>{answer.hash}</code> · epitropy {safe(answer.version)} · engine {safe(answer.engine)}</p>"
    )
    said = paragraphs([*rows.opening(answer), *rows.closing(answer)])
    return whole_page(title, f"{head}\n{said}\n{body}")


def series_csv(series: CycleSeries) -> str:
    """A life cycle by cycle in the field's units, which stand in the header."""
    n = len(series.cycle)
    names = [f.name for f in fields(CycleSeries) if isinstance(getattr(series, f.name), np.ndarray)]
    header = [_column(name) for name in names]
    columns = [field(series, name) for name in names]
    header += ["areal_capacity_mAh_cm2", "cell_capacity_mAh"]
    columns += [series.areal_capacity / rows.C_PER_M2, series.cell_capacity / rows.C_PER_MAH]
    return _csv(header, ([float(c[i]) for c in columns] for i in range(n)))


def _column(name: str) -> str:
    unit = unit_of(CycleSeries, name).shown
    suffix = {"1": "", "%": "_percent"}.get(unit, "_" + unit.replace("/", "_").replace(" ", "_"))
    return name + suffix


def _csv(header, lines) -> str:
    return csv_text(Drawing(name="", title="", caption="", figure=None, header=tuple(header), rows=tuple(lines)))


def _section(title: str, parts: list[object]) -> str:
    return f"<section><h2>{safe(title)}</h2>\n{join(parts)}\n</section>"


def _figure(drawing: Drawing, name: str) -> Html:
    return Html(
        f'<figure>{svg(drawing, name)}<figcaption>{safe(drawing.caption)} <a href="{csv_link(drawing)}" '
        f'download="{name}.csv">numbers</a></figcaption></figure>'
    )
