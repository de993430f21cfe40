"""Figures of the annealed profile: with bands and a measured scan, and as a map over settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..constants import GAS_CONSTANT
from ..process.scan import over_scan
from .anneal_tables import HEADS, axis_head, axis_values, in_shown, map_csv
from .figures import BLACK, BLUE, GREY, ORANGE, RED, SKY, Drawing, canvas, columns, legend_above
from .layer_figures import LEAST_SHOWN, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.process import AnnealAnswer, AnnealMap

SHOWN = ("zone_width", "mean_entropy", "undissolved_share", "reduced_share")
BAND_COLOURS = {"low": "#e8e8e8", "medium": SKY, "high": BLUE}


def profile_figure(answer: AnnealAnswer) -> Drawing:
    """Cations over depth with their 80 % bands, the entropy of the site, and the class that the draws give it."""
    bands = answer.bands
    ratios = [2.6, 1, 0.6] if bands else [2.6, 1]
    figure, axes = canvas(
        answer, 6.6 if bands else 5.4, nrows=len(ratios), sharex=True, gridspec_kw={"height_ratios": ratios}
    )
    depth = 1e9 * answer.profile.depth
    _cations(axes[0], answer, depth)
    _entropy(axes[1], answer, depth)
    if bands:
        _classes(axes[2], answer)
    right = 1e9 * max(answer.profile.layer_thickness, answer.profile.depth[-1], bands.depth[-1] if bands else 0.0)
    for one in axes:
        one.axvspan(0, right, color="#f3ead2", zorder=0, linewidth=0)
    axes[-1].set_xlim(*_limits(answer, right))
    axes[-1].set_xlabel("depth from the original host surface / nm   (left: host, right: layer)")
    return Drawing(
        name="profile",
        title="Cations and entropy through the layer after the anneal",
        caption=_profile_caption(answer),
        figure=figure,
        header=("depth_nm", *(f"{s}_at_percent" for s in answer.profile.species), "entropy_R"),
        rows=columns(depth, *(100 * answer.profile.fraction), answer.entropy / GAS_CONSTANT),
    )


def _limits(answer: AnnealAnswer, right: float) -> tuple[float, float]:
    """As deep as the film's cations go, or as the scan does."""
    deep = 1.3 * answer.reading.zone_width
    if answer.bands:
        deep = max(deep, 1.1 * answer.bands.high.zone_width)
    if answer.scan:
        deep = max(deep, answer.scan.depth[-1] - answer.profile.layer_thickness)
    return -1e9 * max(deep, 5e-9), right


def _cations(axes: Axes, answer: AnnealAnswer, depth: np.ndarray) -> None:
    profile, bands, least = answer.profile, answer.bands, LEAST_SHOWN / 10
    axes.axhspan(5, 35, color="#dfe9f2", zorder=0.5, linewidth=0, label="5 to 35 at.%")
    for i, ((colour, dash), name) in enumerate(zip(LINES, profile.species)):
        if bands:
            low, _, high = np.maximum(100 * bands.fraction[:, i], least)
            axes.fill_between(1e9 * bands.depth, low, high, color=colour, alpha=0.13, linewidth=0)
        row = np.maximum(100 * profile.fraction[i], least)
        axes.plot(depth, row, color=colour, linestyle=dash, linewidth=1.7, label=name)
    if answer.scan:
        _scan(axes, answer)
    axes.set_yscale("log")
    axes.set_ylim(LEAST_SHOWN, 110)
    axes.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.set_ylabel("share of the cations / at.%")
    legend_above(axes, 8, order=[*range(1, len(profile.species) + 1), 0])


def _scan(axes: Axes, answer: AnnealAnswer) -> None:
    """Measured points; the fitted profile as thin lines."""
    scan, fit = answer.scan, answer.fit
    profile = fit.profile if fit else answer.profile
    place = 1e9 * (profile.layer_thickness - scan.depth + (fit.origin_shift if fit else 0.0))
    for name, row in zip(scan.species, scan.fraction):
        i = answer.profile.species.index(name)
        axes.plot(place, 100 * row, "o", color=LINES[i][0], markersize=3, alpha=0.75)
    if fit:
        model = over_scan(profile, scan, shift=fit.origin_shift, resolution=fit.resolution)
        for name, row in zip(scan.species, model):
            i = answer.profile.species.index(name)
            axes.plot(place, 100 * row, color=LINES[i][0], linewidth=0.9)


def _entropy(axes: Axes, answer: AnnealAnswer, depth: np.ndarray) -> None:
    bands = answer.bands
    if bands:
        low, _, high = bands.entropy / GAS_CONSTANT
        axes.fill_between(1e9 * bands.depth, low, high, color=GREY, alpha=0.25, linewidth=0)
    axes.plot(depth, answer.entropy / GAS_CONSTANT, color=BLACK, linewidth=1.7)
    for level, word in ((1.0, "1 R: medium"), (1.5, "1.5 R: high")):
        axes.axhline(level, color=RED, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.text(0.005, level + 0.04, word, transform=axes.get_yaxis_transform(), fontsize=8, color=RED)
    axes.set_ylim(0, 1.95)
    axes.set_ylabel("S of the site / R")


def _classes(axes: Axes, answer: AnnealAnswer) -> None:
    bands = answer.bands
    shares = 100 * bands.band_share
    axes.stackplot(
        1e9 * bands.depth, shares, colors=list(BAND_COLOURS.values()), labels=list(BAND_COLOURS), linewidth=0
    )
    axes.plot(1e9 * bands.depth, 100 * (1 - bands.high_entropy_share), color=ORANGE, linewidth=1.4)
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 50, 100])
    axes.set_ylabel("draws / %")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        labels,
        loc="lower left",
        ncols=3,
        fontsize=7.5,
        frameon=True,
        framealpha=0.9,
        title="entropy band",
        title_fontsize=7.5,
    )


def _profile_caption(answer: AnnealAnswer) -> str:
    bands = answer.bands
    text = "Lines: all inputs at their medians. "
    if bands:
        text += (
            f"Shaded: the middle 80 % of {bands.draws - sum(bands.failed.values())} draws of all graded inputs, where "
            "at least half of the draws have material. Bottom: the share of draws in which the site is of low, medium "
            "or high entropy there; below the orange line, draws that do not meet the five-element rule. "
        )
    if answer.scan:
        text += f"Points: {answer.scan.name}, normalised to the cations shown; those at 0.1 at.% or less are not seen. "
    if answer.fit:
        text += "Thin lines: the fitted profile, broadened by the probe. "
    return text + "Tinted: the layer, outward of the old surface. Undissolved precursor is not in the profile."


def map_figure(answer: AnnealAnswer) -> Drawing | None:
    """Readings over one or two varied inputs; None for more, which only a table can hold."""
    found = answer.map
    if found is None or len(found.axes) > 2 or not any(n.median for n in found.nodes):
        return None
    header, rows = map_csv(found)
    draw = _lines if len(found.axes) == 1 else _sheets
    return Drawing(
        name="map",
        title="What the settings do to the layer",
        caption=_map_caption(found),
        figure=draw(answer),
        header=header,
        rows=tuple(rows),
    )


def _grid(found: AnnealMap, name: str, which: str = "median") -> np.ndarray:
    """Readings in shown units, nan where a node failed; shape of the axes."""
    readings = [getattr(n, which) for n in found.nodes]
    numbers = [np.nan if r is None else in_shown(r, name) for r in readings]
    return np.array(numbers).reshape([len(a.values) for a in found.axes])


def _lines(answer: AnnealAnswer):
    found = answer.map
    figure, axes = canvas(answer, 5.2, nrows=2, ncols=2, sharex=True)
    along = axis_values(found.axes[0])
    for one, name in zip(axes, SHOWN):
        one.plot(along, _grid(found, name), "o-", color=BLUE, linewidth=1.6, markersize=3.5)
        if found.draws:
            one.fill_between(
                along, _grid(found, name, "low"), _grid(found, name, "high"), color=BLUE, alpha=0.15, linewidth=0
            )
        one.set_ylabel(HEADS[name])
        one.set_ylim(bottom=0)
    for one in axes[2:]:
        one.set_xlabel(axis_head(found.axes[0]))
    return figure


def _sheets(answer: AnnealAnswer):
    """One sheet a reading, numbers written into the fields where they fit."""
    found = answer.map
    figure, axes = canvas(answer, 6.4, nrows=2, ncols=2, sharex=True, sharey=True)
    across, up = (axis_values(a) for a in found.axes)
    for one, name in zip(axes, SHOWN):
        values = _grid(found, name).T  # first axis across
        image = one.imshow(values, origin="lower", aspect="auto", cmap="cividis")
        one.grid(False)
        one.set_title(HEADS[name], fontsize=9.5)
        if values.size <= 150:
            _write(one, values, image)
    for one in axes[2:]:
        one.set_xlabel(axis_head(found.axes[0]))
        one.set_xticks(*_ticks(across), rotation=90 if len(across) > 6 else 0)
    for one in axes[::2]:
        one.set_ylabel(axis_head(found.axes[1]))
        one.set_yticks(*_ticks(up))
    return figure


def _ticks(values: list[float], most: int = 12) -> tuple[list[int], list[str]]:
    step = -(-len(values) // most)
    places = list(range(0, len(values), step))
    return places, [f"{values[i]:g}" for i in places]


def _write(axes: Axes, values: np.ndarray, image) -> None:
    top = np.nanmax(values)
    places = 2 if top < 3 else 0
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        dark = image.norm(value) < 0.55
        axes.text(
            column,
            row,
            f"{value:.{places}f}",
            ha="center",
            va="center",
            fontsize=6.5,
            color="white" if dark else "black",
        )


def _map_caption(found: AnnealMap) -> str:
    if found.draws:
        spread = f"Medians of {found.draws} draws of all other graded inputs, the same at every point" + (
            "; shaded: the middle 80 % of them. " if len(found.axes) == 1 else "; the intervals are in the table. "
        )
        if found.draws < 64:
            spread += "With so few draws the ends of an interval move by some 15 % from one set to another. "
    else:
        spread = "All other inputs at their medians. "
    return (
        spread
        + "Mixed zone: where the film's cations fall from 90 to 10 %. S: mean over layer and mixed zone, per mole "
        "of cation sites. Undissolved: of the precursor that does not wet. Ni²⁺: share at the surface in equilibrium "
        "with the gas, the drive towards rock salt."
    )
