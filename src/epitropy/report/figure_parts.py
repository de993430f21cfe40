"""What the three stages of Figure 1 share: tones, spheres, scale bars, the axis of heights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Circle, Ellipse

if TYPE_CHECKING:
    from matplotlib.axes import Axes


NM = 1e9
INK, SOFT, LINE, BEAM = "#1f2730", "#5b6672", "#9aa5b1", "#f0f2f4"
HOST, HOST_DARK, HOST_EDGE = "#dfe5ec", "#c3ccd8", "#8b98a8"
FILM, LIQUID, DEEP = "#fbf1dd", "#e6ebfa", "#4a5a9a"
WAY = "#c8e04a"  # lithium's ways
WAY_EDGE, STOP, FAINT = "#5f7a00", "#a33b2a", 0.45
LITHIUM_ARROW = {
    "arrowstyle": "-|>,head_width=0.32,head_length=0.5",
    "color": WAY_EDGE,
    "lw": 1.6,
    "shrinkA": 0,
    "shrinkB": 0,
}
LOOK = math.radians(38)  # from the horizon, at stage 1


def darker(colour: str, by: float = 0.62) -> str:

    return to_hex([by * v for v in to_rgb(colour)])


def fit(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Limits that show all of x and y at one scale, what is over going to the right and above."""
    position, size = axes.get_position(), axes.figure.get_size_inches()
    wide, high = position.width * size[0], position.height * size[1]
    scale = min(wide / (x[1] - x[0]), high / (y[1] - y[0]))
    axes.set_xlim(x[0], x[0] + wide / scale)
    axes.set_ylim(y[0], y[0] + high / scale)


def scale_of(axes: Axes) -> float:
    """Points on paper for each unit of the axes."""
    position, size = axes.get_position(), axes.figure.get_size_inches()
    low, high = axes.get_xlim()
    return 72 * position.width * size[0] / (high - low)


def bar(axes: Axes, x: float, y: float, length: float, text: str, colour: str = INK) -> None:
    axes.plot([x, x + length], [y, y], color=colour, linewidth=2.6, solid_capstyle="butt", zorder=31)
    place = {"xy": (x + length / 2, y), "xytext": (0, 3), "textcoords": "offset points", "zorder": 31}
    axes.annotate(text, **place, ha="center", va="bottom", fontsize=9, color=colour)


def nice(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a length.

    >>> nice(370.0), nice(0.3)
    (200.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return max(m * power for m in (1, 2, 5) if m * power <= most)


def between(one: str, other: str, share: float) -> str:

    return to_hex([(1 - share) * a + share * b for a, b in zip(to_rgb(one), to_rgb(other))])


def ball(
    axes: Axes, place: tuple[float, float], radius: float, colour: str, zorder: float, shadow: bool = True
) -> None:
    """A sphere lit from the upper left, with its shadow."""
    x, y = place
    low = y - radius * math.cos(LOOK)
    if shadow:
        axes.add_artist(
            Ellipse(
                (x + 0.25 * radius, low),
                2.1 * radius,
                1.2 * radius,
                color="#2b3644",
                alpha=0.18,
                lw=0,
                zorder=zorder - 0.5,
            )
        )
    axes.add_artist(
        Circle(
            place,
            radius,
            facecolor=darker(colour, 0.78),
            edgecolor=darker(colour, 0.5),
            linewidth=0.35,
            zorder=zorder,
        )
    )
    for shift, size, share in ((0.10, 0.84, 0.0), (0.22, 0.56, 0.28), (0.33, 0.26, 0.7)):
        tone = between(colour, "#ffffff", share)
        axes.add_artist(
            Circle((x - shift * radius, y + shift * radius), size * radius, color=tone, lw=0, zorder=zorder)
        )


def length_text(nanometres: float) -> str:
    return f"{nanometres / 1000:g} µm" if nanometres >= 1000 else f"{nanometres:g} nm"


def depth_axis(axes: Axes, pieces: list[tuple[float, float, float]]) -> None:
    """Ticks left of a panel; ``pieces``: lowest and highest height shown, and how much their drawing is shifted."""
    span = sum(high - low for low, high, _ in pieces)
    step = nice(span / 4.5)
    left = axes.get_xlim()[0]
    scale = scale_of(axes)
    for low, high, shift in pieces:
        axes.plot([left, left], [low + shift, high + shift], color=SOFT, linewidth=1, clip_on=False, zorder=20)
        for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
            y = k * step + shift
            axes.plot([left - 4 / scale, left], [y, y], color=SOFT, linewidth=1, clip_on=False, zorder=20)
            axes.text(
                left - 7 / scale,
                y,
                f"{k * step:g}".replace("-", "−"),
                fontsize=8.5,
                ha="right",
                va="center",
                color=SOFT,
            )
    middle = (pieces[0][0] + pieces[0][2] + pieces[-1][1] + pieces[-1][2]) / 2
    axes.text(
        left - 31 / scale,
        middle,
        "height over the original surface / nm",
        fontsize=9,
        rotation=90,
        ha="center",
        va="center",
        color=SOFT,
    )
