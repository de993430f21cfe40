"""Strain over the state of charge: misfit, signed stress, the thickness that lasts; and what grains make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..cycling.laws import crack_drive
from ..records.sourced import Sourced
from ..records.strain import COMPRESSION, StrainPath
from .facts import chosen_scenario, treated_cell
from .figures import GREY, STYLE, Drawing, canvas, columns, legend_above
from .layer_figures import BEHIND, LINES
from .numbers import field, field_text, fixed, significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.result import StudyResult
    from ..study import Study

POINTS = 201
ENDS = (0.1, 0.9)
THICKNESSES = (0.1, 3000.0)  # nm, shown
LINE = 2.5  # ratio of thicknesses a line of words apart
EFFECT_HEADER = (
    "cell",
    "largest mismatch of grains / %",
    "G of grains / (J/m²)",
    "G / toughness",
    "drive for cracks",
    "crack area at cycle 1 / (m²/g)",
    "at the last cycle",
    "capacity at cycle 1 / (mAh/g)",
    "retention / %",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One path to be drawn, with the toughness [J/m2] of what it pulls at."""

    path: StrainPath
    toughness: Sourced


def strain_figure(tracks: Sequence[Track], *, reached: float | None = None) -> Figure:
    """Misfit, signed stress and critical thickness of any paths; ``reached`` marks the top of charge."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 7.6), layout="constrained", facecolor="white")
        draw(figure.subplots(nrows=3, sharex=True), tracks, reached)
    return figure


def strain_over_charge(result: StudyResult, study: Study) -> Drawing:
    """The paths of the treated cell: skin, grains and, if it is coated, the layer."""
    name = treated_cell(study)
    cell = study.cells[name]
    kinds = {"grain against grain": cell.cathode.boundary_toughness}
    tracks = [
        Track(path=p, toughness=kinds.get(p.name, cell.layer.interface_toughness)) for p in result.cells[name].strain
    ]
    scenario = chosen_scenario(result)
    reached = float(result.cells[name].cycling[scenario.name].charged_lithium[0]) if scenario else None
    figure, axes = canvas(result, 7.6, nrows=3, sharex=True)
    draw(axes, tracks, reached)
    header, arrays = numbers(tracks)
    return Drawing(
        name="stress",
        title="Misfit, stress and the thickness that lasts while the host breathes",
        caption=_caption(tracks) + _graded(result, name),
        figure=figure,
        header=header,
        rows=columns(*arrays),
    )


def _graded(result: StudyResult, cell: str) -> str:
    """Why the layer counts as thinner here than it is."""
    layer = result.cells[cell].coating
    if layer is None:
        return ""
    path = next(p for p in result.cells[cell].strain if p.name == "layer on its host")
    return (
        f" Of the film of {field_text(layer, 'thickness')} the part that stores the misfit counts, "
        f"{field_text(path, 'thickness')}: cations of the host run through the layer and bring it nearer to the host."
    )


def draw(axes: Sequence[Axes], tracks: Sequence[Track], reached: float | None) -> None:
    """Three panels over lithium content, charging to the right."""
    misfit, stress, height = axes
    for track, (colour, dash) in zip(tracks, LINES):
        style = {"color": colour, "linestyle": dash, "linewidth": 1.7}
        x, shown = _thinned(track.path.lithium), track.path
        misfit.plot(x, _thinned(field(shown, "misfit")), label=shown.name, **style)
        stress.plot(x, _thinned(field(shown, "stress")), **style)
        _draw_critical(height, track, style)
    _draw_thicknesses(height, tracks)
    misfit.axhline(0, color="#444444", linewidth=0.8)
    misfit.set(ylabel="mean strain imposed / %", xlim=(1.0, 0.0))
    _signs(stress)
    height.set(ylim=THICKNESSES, yscale="log", ylabel="thickness that lasts / nm")
    height.set_xlabel("lithium content x of the host   (charging runs to the right)")
    if reached is not None:
        for panel in axes:
            panel.axvline(reached, color=GREY, linewidth=1.2, linestyle=(0, (5, 3)))
        across = misfit.get_xaxis_transform()
        misfit.text(reached, 1.0, "top of charge", transform=across, ha="center", va="bottom", fontsize=8, color=GREY)
    legend_above(misfit, 3)


def _thinned(curve: np.ndarray) -> np.ndarray:
    return curve[np.linspace(0, curve.size - 1, min(POINTS, curve.size)).round().astype(int)]


def _signs(axes: Axes) -> None:
    """Tension above, compression below, told in words as well as by tint."""
    low, high = axes.get_ylim()
    low, high = min(1.25 * low, -1.0), max(1.25 * high, 1.0)  # room for the words
    for ends, tint, word, place, side in (
        ((0, high), "#fbeadc", "tension: cracks", 0.96, "top"),
        ((low, 0), "#dfe9f2", f"compression: {COMPRESSION}", 0.04, "bottom"),
    ):
        axes.axhspan(*ends, color=tint, zorder=0, linewidth=0)
        axes.text(
            0.985, place, word, transform=axes.transAxes, ha="right", va=side, fontsize=8, color=GREY, bbox=BEHIND
        )
    axes.axhline(0, color="#444444", linewidth=0.8)
    axes.set(ylim=(low, high), ylabel="in-plane stress / GPa")


def _draw_critical(axes: Axes, track: Track, style: Mapping[str, object]) -> None:
    """Critical thickness with its band, and marks where tension decides."""
    path = track.path
    x, colour = _thinned(path.lithium), style["color"]
    middle, low, high = (_thinned(1e9 * path.critical_thickness(q.value)) for q in _ends(track.toughness))
    clipped = [np.clip(h, THICKNESSES[0] / 10, 10 * THICKNESSES[1]) for h in (middle, low, high)]
    axes.plot(x, clipped[0], **style)
    axes.fill_between(x, clipped[1], clipped[2], color=colour, alpha=0.12, linewidth=0)
    pulled = _thinned(path.failure_mode) == path.tension
    axes.plot(x[pulled][::8], clipped[0][pulled][::8], "o", color=colour, markersize=3.5)


def _draw_thicknesses(axes: Axes, tracks: Sequence[Track]) -> None:
    """The thicknesses and grain sizes there are, one line for all paths of one."""
    found: dict[float, list[str]] = {}
    for track in tracks:
        found.setdefault(1e9 * track.path.thickness, []).append(track.path.name)
    words: list[tuple[float, str]] = []
    for height, names in sorted(found.items()):
        if height > 0:
            axes.axhline(height, color=GREY, linewidth=1.1, linestyle=(0, (1, 2)))
            what = "film" if len(found) == 1 else ", ".join(names)
            words.append((height, f"{significant(height, 2)} nm: {what}"))
    for near in _near(words):
        at, word = near[0][0], "; ".join(w for _, w in near)  # on one line, as they would overlap
        axes.text(0.985, at, word, ha="left", va="center", fontsize=7.5, color=GREY, bbox=BEHIND)


def _near(words: Sequence[tuple[float, str]]) -> list[list[tuple[float, str]]]:
    """Rising heights in groups of those closer than a line of words is high."""
    groups: list[list[tuple[float, str]]] = []
    for height, word in words:
        if groups and height < LINE * groups[-1][0][0]:
            groups[-1].append((height, word))
        else:
            groups.append([(height, word)])
    return groups


def _ends(toughness: Sourced) -> tuple[Sourced, Sourced, Sourced]:
    return toughness, *(toughness.at(q) for q in ENDS)


def numbers(tracks: Sequence[Track]) -> tuple[tuple[str, ...], list[Sequence[object]]]:
    """Header and columns of what is drawn."""
    header, arrays = ["lithium"], [_thinned(tracks[0].path.lithium)]
    for track in tracks:
        path = track.path
        names = ("misfit_percent", "stress_GPa", "critical_thickness_nm", "failure_mode")
        header += [f"{path.name} {name}" for name in names]
        arrays += [_thinned(field(path, "misfit")), _thinned(field(path, "stress"))]
        arrays += [_thinned(1e9 * path.critical_thickness(track.toughness.value)), _thinned(path.failure_mode).tolist()]
    return tuple(header), arrays


def _caption(tracks: Sequence[Track]) -> str:
    found = []
    for track in tracks:
        x = track.path.critical_lithium(track.toughness.value)
        when = "at no state of charge" if x is None else "already at x = 1" if x == 1 else f"from x = {fixed(x, 2)} on"
        found.append(f"{track.path.name}: {when}")
    return (
        "Top: mean in-plane strain imposed on each surface phase, and between grains the difference of their strains. "
        "Middle: its stress if it is coherent; of grains the tension in the one that is pulled. Below: the thickness "
        "at which the energy release reaches the toughness of its own interface (lines; bands: 80 % of the "
        "toughness; dots where tension decides, none where compression does). Dotted: the thicknesses there are. "
        f"Above its line a film or a boundary opens: {'; '.join(found)}. The skin is taken to hold like the layer; "
        "so thick a coherent skin is an upper bound."
    )


def cracking_effect(result: StudyResult, study: Study) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Grain mismatch, drive for cracks, crack area and fade of each cell at the medians: header and rows."""
    scenario = chosen_scenario(result)
    if scenario is None:
        return EFFECT_HEADER, ()
    centre = study.at({})
    return EFFECT_HEADER, tuple(_effect(name, result, centre, scenario.name) for name in study.cells)


def _effect(name: str, result: StudyResult, study: Study, scenario: str) -> tuple[str, ...]:
    cell, life = study.cells[name], result.cells[name].cycling[scenario]
    grains = next(p for p in result.cells[name].strain if p.name == "grain against grain")
    reached = float(life.charged_lithium[0])
    passed = grains.lithium >= reached
    largest = float(grains.energy_release[passed].max())
    ratio = largest / cell.cathode.boundary_toughness.value
    drive = crack_drive(reached, ratio, cell.degradation.deep_charge_share.value)
    area = field(life, "crack_area")
    return (
        name,
        fixed(100 * float(np.abs(grains.misfit[passed]).max()), 2),
        significant(largest, 2),
        significant(ratio, 2),
        fixed(drive, 3),
        fixed(area[0], 2),
        fixed(area[-1], 2),
        fixed(field(life, "capacity")[0], 1),
        fixed(100 * life.retention, 1),
    )
