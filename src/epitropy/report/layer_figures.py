"""Figures of the layer: cations over depth, and strain over the state of charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..constants import GAS_CONSTANT
from .facts import chosen_scenario, coated_cell, treated_cell
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
    from ..records.strain import StrainPath
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
STRAIN_POINTS = 201
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


def strain_paths(result: StudyResult, study: Study) -> Drawing:
    """Misfit and energy release over lithium content."""
    paths = _paths(result, study)
    figure, (top, below) = canvas(result, 5.4, nrows=2, sharex=True)
    every = np.linspace(0, next(iter(paths.values())).lithium.size - 1, STRAIN_POINTS).round().astype(int)
    lithium = next(iter(paths.values())).lithium[every]
    header, arrays = ["lithium"], [lithium]
    for (label, path), (colour, dash) in zip(paths.items(), LINES):
        misfit, release = field(path, "misfit")[every], field(path, "energy_release")[every]
        top.plot(lithium, misfit, color=colour, linestyle=dash, linewidth=1.7, label=label)
        below.plot(lithium, np.maximum(release, 1e-5), color=colour, linestyle=dash, linewidth=1.7)
        header += [f"{label} misfit_percent", f"{label} release_J_m2"]
        arrays += [misfit, release]
    _strain_axes(top, below, result, study, paths)
    return Drawing(
        name="strain",
        title="Misfit and energy release while the host breathes",
        caption=_strain_caption(result, study),
        figure=figure,
        header=tuple(header),
        rows=columns(*arrays),
    )


def _paths(result: StudyResult, study: Study) -> dict[str, StrainPath]:
    """Paths of the treated cell, and those of other cells that differ from them."""
    treated = treated_cell(study)
    found = {p.name: p for p in result.cells[treated].strain}
    for name in (n for n in study.cells if n != treated):
        for path in result.cells[name].strain:
            same = found.get(path.name)
            if same is not None and not np.array_equal(same.misfit, path.misfit):
                found[f"{path.name}, {treated}"] = found.pop(path.name)
                found[f"{path.name}, {name}"] = path
    return found


def _strain_axes(top: Axes, below: Axes, result: StudyResult, study: Study, paths: dict[str, StrainPath]) -> None:
    top.axhline(0, color="#444444", linewidth=0.8)
    top.set_ylabel("misfit / %")
    _toughness_lines(below, study, max(p.largest_release for p in paths.values()))
    below.set(xlabel="lithium content x of the host   (charging runs to the right)", ylabel="energy release / (J/m²)")
    top.set_xlim(1.0, 0.0)  # shared
    reached = _reached(result, study)
    if reached is not None:
        for axes in (top, below):
            axes.axvline(reached, color=RED, linewidth=1.2, linestyle=(0, (5, 3)))
        across = top.get_xaxis_transform()
        word = f"top of charge, {treated_cell(study)}"
        top.text(reached, 1.0, word, transform=across, ha="center", va="bottom", fontsize=8, color=RED)
    legend_above(top, 2 if len(paths) > 3 else 3)


def _toughness_lines(axes: Axes, study: Study, largest: float) -> None:
    """What it takes to open an interface, on the scale of what is released."""
    cell = study.cells[treated_cell(study)]
    toughness = {"grain boundaries": cell.cathode.boundary_toughness}
    if cell.coating is not None:
        toughness["layer on host"] = cell.layer.interface_toughness
    axes.set_yscale("log")
    axes.set_ylim(1e-4, 4 * max(largest, *(v.value for v in toughness.values())))
    for word, number in toughness.items():
        axes.axhline(number.value, color=GREY, linewidth=1.0, linestyle=(0, (1, 2)))
        text = f"toughness, {word}: {significant(number.value, 2)} J/m² ({number.grade})"
        axes.text(0.55, number.value, text, ha="center", va="center", fontsize=7.5, color=GREY, bbox=BEHIND)


def _reached(result: StudyResult, study: Study) -> float | None:
    """Lithium content at the top of the first charge in the chosen scenario."""
    scenario = chosen_scenario(result)
    if scenario is None:
        return None
    return float(result.cells[treated_cell(study)].cycling[scenario.name].charged_lithium[0])


def _strain_caption(result: StudyResult, study: Study) -> str:
    coated = study.cells[treated_cell(study)].coating is not None
    layer = (
        "The layer is thin and close to the host's lattice; the rock-salt skin is an upper bound, as it is taken "
        "as coherent. "
        if coated
        else ""
    )
    return (
        "Mean in-plane strain imposed on each surface phase (negative: compression), and between grains the "
        "difference of "
        f"their strains; below, the energy that a crack along it would release. {layer}"
        "Where a curve stays below the toughness of its own interface, it does not open by a single charge."
    )
