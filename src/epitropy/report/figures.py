"""A figure: drawn without any global state, written as SVG for the page, its numbers as CSV beside it."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.result import StudyResult

# Okabe and Ito's palette, which stays distinct for all common kinds of colour vision
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#B79F00",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
GREY = "#5a5a5a"
WIDTH = 7.6  # inches, of the page
CELL_COLOURS = (GREY, BLUE, ORANGE, GREEN)
STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the layout is the same everywhere
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "svg.fonttype": "none",  # text stays text: searchable, and sharp on paper
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One figure with what it shows: ``name`` is its id, ``header`` and ``rows`` are the numbers drawn."""

    name: str
    title: str
    caption: str
    figure: Figure
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def canvas(result: StudyResult, height: float, width: float = WIDTH, **grid) -> tuple[Figure, list[Axes]]:
    """An empty figure, as wide as the page by default, with the footer that says which study and version it is of."""
    return blank_canvas(f"epitropy {result.version}  ·  study {result.study}  ·  {result.hash}", height, width, **grid)


def blank_canvas(footer: str, height: float, width: float = WIDTH, **grid) -> tuple[Figure, list[Axes]]:
    """An empty figure with a footer, in inches."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        axes = figure.subplots(**{"nrows": 1, **grid}, squeeze=False)
        figure.get_layout_engine().set(rect=(0.0, 0.24 / height, 1.0, 1 - 0.24 / height))
        figure.text(
            0.995,
            0.05 / height,
            footer,
            ha="right",
            va="bottom",
            fontsize=7,
            color="#666666",
        )
    return figure, [a for row in axes for a in row]


def legend_above(axes: Axes, columns: int = 2, order: Sequence[int] | None = None) -> None:
    """A legend over the whole figure, where it covers no data."""
    handles, labels = axes.get_legend_handles_labels()
    chosen = range(len(labels)) if order is None else order
    axes.figure.legend(
        [handles[i] for i in chosen],
        [labels[i] for i in chosen],
        loc="outside upper left",
        ncols=columns,
        fontsize=8.5,
        frameon=False,
        handlelength=1.8,
        borderaxespad=0.3,
    )


def svg(drawing: Drawing, salt: str) -> str:
    """The figure as an SVG element; the same each time, with ids that no other figure of a page has."""
    buffer = io.StringIO()
    blank = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": salt}):
        drawing.figure.savefig(buffer, format="svg", metadata=blank)
    text = buffer.getvalue()
    text = _own_ids(_rounded(text[text.index("<svg") :]), drawing.name)
    text = text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    return text.replace("<svg ", f'<svg role="img" aria-label="{drawing.title}" ', 1)


def _rounded(text: str) -> str:
    """Coordinates to a thousandth of a point: a smaller file, and no trace of how the layout's solver rounds.

    >>> _rounded('d="M 12.345678 0.5"')
    'd="M 12.346 0.5"'
    """
    return re.sub(r"\d+\.\d{4,}", lambda number: f"{float(number.group()):.3f}".rstrip("0").rstrip("."), text)


def _own_ids(text: str, name: str) -> str:
    """Ids counted in order of appearance, with the figure's name before them.

    >>> _own_ids('<g id="x7"/><use xlink:href="#x7"/><g clip-path="url(#p)"/>', "depth")
    '<g id="depth-1"/><use xlink:href="#depth-1"/><g clip-path="url(#depth-2)"/>'
    """
    names: dict[str, str] = {}

    def renamed(found: re.Match) -> str:
        return found.group(1) + names.setdefault(found.group(2), f"{name}-{len(names) + 1}")

    return re.sub(r'(\bid="|href="#|url\(#)([^")]+)', renamed, text)


def csv_text(drawing: Drawing) -> str:
    """The drawn numbers, units in the header; a blank where a row has none."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(drawing.header)
    writer.writerows([_cell(v) for v in row] for row in drawing.rows)
    return buffer.getvalue()


def _cell(value: object) -> str:
    """Text as it is, a number to six significant digits, nothing for nothing.

    >>> _cell("Ni"), _cell(1 / 3), _cell(None)
    ('Ni', '0.333333', '')
    """
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{float(value):.6g}"


def csv_link(drawing: Drawing) -> str:
    """The CSV as a data link."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(csv_text(drawing).encode()).decode()


def wrapped(text: str, width: int) -> str:
    """Text on several lines, for labels beside an axis."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def columns(*arrays: Sequence[object]) -> tuple[tuple[object, ...], ...]:
    """Arrays of one length as rows."""
    return tuple(zip(*arrays, strict=True))
