"""Figure 1 drawn from its `Scene`: precursors mixed on, heated, the layer magnified; one wide figure for a slide."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

from .element_colours import colours_of
from .figure_atoms import draw_atoms
from .figure_parts import BEAM, FAINT, INK, LINE, LITHIUM_ARROW, NM, SOFT, STOP, WAY, darker
from .figure_section import draw_section
from .figure_surface import draw_surface
from .figures import STYLE, Drawing, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.scene import Scene

SIZE = (12.8, 5.5)  # in
PANELS = ((0.15, 3.2), (4.02, 3.02), (7.7, 3.98))  # left edge and width, in; names stand right of the last
FLOOR, CEILING = 1.06, 4.46  # of the panels, in
FORMATS = (".svg", ".png", ".pdf")
DPI = 200


def draw(scene: Scene) -> Drawing:
    """The figure with its numbers: one row for each agglomerate, cation and atom."""
    with matplotlib.rc_context({**STYLE, "axes.grid": False}):
        figure = Figure(figsize=SIZE, facecolor="white")
        axes = [_panel(figure, left, width) for left, width in PANELS]
        colours = colours_of(scene.elements)
        for one, letter, heading, note in zip(PANELS, "abc", scene.headings, scene.notes):
            _heading(figure, one[0], letter, heading, note)
        box = draw_surface(axes[0], scene.mixed, colours, scene.heated)
        lens = draw_section(axes[1], scene.heated, colours, scene.mixed.leading, scene.grown)
        draw_atoms(axes[2], scene.grown, colours)
        _zoom(figure, axes[0], box, axes[1])
        _zoom(figure, axes[1], lens, axes[2])
        _legend(figure, scene, colours)
        _footer(figure, scene)
    return Drawing(
        name="figure-one",
        title=f"{scene.headings[0]}, {scene.headings[1]}, {scene.headings[2]}: {scene.study}, {scene.cell}",
        caption=" ".join(scene.caption),
        figure=figure,
        header=("stage", "what", "site", "x_nm", "y_nm"),
        rows=tuple(_rows(scene)),
    )


def file_bytes(drawing: Drawing, suffix: str, salt: str, dpi: int = DPI) -> bytes:
    """The figure as an SVG, PNG or PDF file; the same bytes for the same scene."""
    if suffix == ".svg":
        return ('<?xml version="1.0" encoding="utf-8"?>\n' + svg(drawing, salt)).encode()
    buffer = io.BytesIO()
    blank = {"Software": None} if suffix == ".png" else {"CreationDate": None, "Producer": None, "Creator": None}
    with matplotlib.rc_context(STYLE):
        drawing.figure.savefig(buffer, format=suffix[1:], dpi=dpi, metadata=blank)
    return buffer.getvalue()


def _rows(scene: Scene):
    for a in scene.mixed.agglomerates:
        yield ("mixed", a.precursor, "surface", NM * a.x, NM * a.y)
    for stage, atoms in (("heated", scene.heated.cations), ("grown", scene.grown.atoms)):
        for x, y, element, site in zip(atoms.x, atoms.y, atoms.element, atoms.site):
            yield (stage, element, site, NM * x, NM * y)


def _panel(figure: Figure, left: float, width: float) -> Axes:
    axes = figure.add_axes((left / SIZE[0], FLOOR / SIZE[1], width / SIZE[0], (CEILING - FLOOR) / SIZE[1]))
    axes.set_axis_off()
    return axes


def _heading(figure: Figure, left: float, letter: str, heading: str, note: str) -> None:
    x = left / SIZE[0]
    figure.text(x, 5.13 / SIZE[1], letter, fontsize=15, fontweight="bold", color=INK)
    figure.text(x + 0.24 / SIZE[0], 5.13 / SIZE[1], heading, fontsize=13, fontweight="bold", color=INK)
    figure.text(x + 0.24 / SIZE[0], 5.01 / SIZE[1], note, fontsize=9, color=SOFT, va="top", linespacing=1.35)


def _legend(figure: Figure, scene: Scene, colours: dict[str, str]) -> None:
    axes = figure.add_axes((0, 0.56 / SIZE[1], 1, 0.34 / SIZE[1]))
    axes.set(xlim=(0, SIZE[0]), ylim=(-0.17, 0.17))
    axes.set_axis_off()
    x = PANELS[0][0] + 0.12
    for element in scene.elements:
        radius = {"Li": 0.065, "O": 0.05}.get(element, 0.085)
        edge = SOFT if element == "Li" else darker(colours[element])
        axes.add_artist(Circle((x, 0), radius, facecolor=colours[element], edgecolor=edge, linewidth=0.8))
        axes.text(x + 0.14, -0.005, element, fontsize=10.5, va="center", color=INK)
        x += 0.62
    x += 0.35
    for text, alpha, stop in (("lithium passes", 1.0, False), ("lithium stops", FAINT, True)):
        if all(path.open == stop for path in scene.grown.paths):
            continue
        axes.plot([x, x + 0.42], [0, 0], color=WAY, linewidth=7, solid_capstyle="butt", alpha=alpha)
        if stop:
            axes.plot([x + 0.42] * 2, [-0.09, 0.09], color=STOP, linewidth=2)
        else:
            axes.annotate("", (x + 0.56, 0), (x + 0.34, 0), arrowprops=LITHIUM_ARROW)
        axes.text(x + 0.64, -0.005, text, fontsize=10.5, va="center", color=INK)
        x += 1.95


def _footer(figure: Figure, scene: Scene) -> None:
    y = 0.46
    for line in scene.caption:
        figure.text(PANELS[0][0] / SIZE[0], y / SIZE[1], line, fontsize=7.4, color=SOFT, va="top")
        y -= 0.15
    mark = f"epitropy {scene.version}  ·  {scene.study}, {scene.cell}  ·  {scene.hash}"
    figure.text(1 - 0.15 / SIZE[0], 0.06 / SIZE[1], mark, fontsize=7, color=LINE, ha="right")


def _zoom(figure: Figure, one: Axes, box: tuple[float, float, float, float], other: Axes) -> None:
    """A beam from a box in one panel to the whole of the next."""
    x, y, width, height = box
    one.add_artist(Rectangle((x, y), width, height, fill=False, edgecolor=INK, linewidth=1.3, zorder=30))
    low, high = other.get_ylim()
    left = other.get_xlim()[0]
    corners = [one.transData.transform(p) for p in ((x + width, y), (x + width, y + height))]
    corners += [other.transData.transform(p) for p in ((left, high), (left, low))]
    places = figure.transFigure.inverted().transform(corners)
    beam = Polygon(places, transform=figure.transFigure, facecolor=BEAM, edgecolor="none", zorder=-5)
    figure.add_artist(beam)
