"""Figures of the layer: cations over depth, and strain over the state of charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..constants import GAS_CONSTANT
from .facts import coated_cell
from .figures import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    YELLOW,
    Drawing,
    canvas,
    columns,
    legend_above,
)
from .numbers import field, fixed, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.anneal import DepthProfile
    from ..records.result import StudyResult
    from ..study import Study

LINES = (
    (BLACK, "-"),
    (BLUE, "-"),
    (SKY, "--"),
    (RED, "-"),
    (ORANGE, "--"),
    (GREEN, "-."),
    (PURPLE, ":"),
    (YELLOW, "-"),
    (GREY, "--"),
)
LEAST_SHOWN = 0.1  # at.%, below what a line scan sees
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def depth_profile(result: StudyResult, study: Study) -> Drawing | None:
    """Cation fractions over depth, and below them the entropy of the cation site in units of R."""
    cell = coated_cell(result, study)
    if cell is None or result.cells[cell].anneal is None:
        return None
    profile = result.cells[cell].anneal
    depth = field(profile, "depth")
    entropy = np.asarray(result.cells[cell].entropy_profile) / GAS_CONSTANT
    figure, (top, below) = canvas(result, 5.6, nrows=2, sharex=True, gridspec_kw={"height_ratios": [2.4, 1]})
    _fractions(top, profile, depth)
    _entropy(below, depth, entropy)
    for axes in (top, below):
        axes.axvspan(0, depth[-1], color="#f3ead2", zorder=0, linewidth=0)
    left = -1.25 * max(field(profile, "zone_width"), *(1e9 * p for p in profile.penetration.values()), 5.0)
    below.set_xlim(max(left, depth[0]), depth[-1])
    return Drawing(
        name="depth",
        title="Cations and entropy through the layer after the anneal",
        caption=_depth_caption(profile, depth, entropy),
        figure=figure,
        header=("depth_nm", *(f"{s}_at_percent" for s in profile.species), "entropy_R"),
        rows=columns(depth, *(100 * profile.fraction), entropy),
    )


def _fractions(axes: Axes, profile: DepthProfile, depth: np.ndarray) -> None:
    axes.axhspan(5, 35, color="#dfe9f2", zorder=0.5, linewidth=0, label="5 to 35 at.%")
    for (colour, dash), name, row in zip(LINES, profile.species, profile.fraction):
        axes.plot(
            depth, np.maximum(100 * row, LEAST_SHOWN / 10), color=colour, linestyle=dash, linewidth=1.7, label=name
        )
    axes.set_yscale("log")
    axes.set_ylim(LEAST_SHOWN, 110)
    axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.set_ylabel("share of the cations / at.%")
    legend_above(axes, 8, order=[*range(1, len(profile.species) + 1), 0])


def _entropy(axes: Axes, depth: np.ndarray, entropy: np.ndarray) -> None:
    axes.plot(depth, entropy, color=BLACK, linewidth=1.7)
    for level, word in ((1.0, "1 R: medium"), (1.5, "1.5 R: high")):
        axes.axhline(level, color=RED, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.text(0.005, level + 0.04, word, transform=axes.get_yaxis_transform(), fontsize=8, color=RED)
    axes.set_ylim(0, max(1.85, 1.1 * float(entropy.max())))
    axes.set(
        xlabel="depth from the original host surface / nm   (left: host, right: layer)", ylabel="S of the site / R"
    )


def _depth_caption(profile: DepthProfile, depth: np.ndarray, entropy: np.ndarray) -> str:
    layer = depth > 0
    most = entropy[layer].max() if layer.any() else entropy.max()
    seen = [s for s, row in zip(profile.species, profile.fraction) if row[layer].max(initial=0) >= 0.05]
    return (
        f"Tinted: the layer, {fixed(depth[-1], 0)} nm of covered area; blue: the 5 to 35 at.% within which an "
        "element counts as principal. "
        f"{len(seen)} of {len(profile.species)} cations reach 5 at.% in the layer ({', '.join(seen)}); the entropy "
        "there reaches "
        f"{significant(most, 2)} R per mole of cation sites. Undissolved precursor is not in the profile. At the "
        "medians, without a band."
    )
