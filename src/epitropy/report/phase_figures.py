"""Figures of the phase verdict: structures beside each other, and the window of gas and temperature."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..constants import ATMOSPHERE, ZERO_CELSIUS
from .figures import BLACK, BLUE, GREY, ORANGE, Drawing, canvas
from .layer_figures import BEHIND
from .phase_tables import titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.phases import GasWindow, PhasesAnswer

MIDWAY = 2.5  # charge of nickel between its two states
GASES = {"O2": 1.0, "air": 0.21, "N2": 1e-5}  # atm, where the lines of the figure stand


class _Footer:
    """What the canvas prints below a figure."""

    def __init__(self, answer: PhasesAnswer) -> None:
        from .. import __version__

        self.version, self.study, self.hash = __version__, answer.study, answer.cell


def standings_figure(answer: PhasesAnswer) -> Drawing | None:
    """How far each structure lies above the cheapest assembly, by both potentials."""
    opinions = [v for v in (answer.verdict, answer.second) if v is not None]
    if not opinions:
        return None
    hosts = [s.host for s in opinions[0].standings if not math.isnan(s.above)]
    figure, (axes,) = canvas(_Footer(answer), 1.5 + 0.5 * len(hosts))
    rows = []
    for k, (one, colour) in enumerate(zip(opinions, (BLUE, ORANGE))):
        by = {s.host: s for s in one.standings}
        for i, host in enumerate(hosts):
            s = by.get(host)
            if s is None or math.isnan(s.above):
                continue
            y = i + 0.22 * (k - 0.5)
            axes.plot([s.low / 1e3, s.high / 1e3], [y, y], color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")
            axes.plot(s.above / 1e3, y, "o", color=colour, markersize=6, label=one.potential if i == 0 else None)
            rows.append((one.potential, host, s.above / 1e3, s.low / 1e3, s.high / 1e3))
    axes.set_yticks(range(len(hosts)), [titled(h) for h in hosts])
    axes.invert_yaxis()
    axes.axvline(0, color=BLACK, linewidth=0.9)
    axes.set_xlabel("above the cheapest assembly of phases / kJ per mole of cations")
    axes.legend(frameon=False, fontsize=8.5, loc="best")
    return Drawing(
        name="structures",
        title="Structures that the layer could take",
        caption=(
            "Each candidate structure with the layer's own cations, over the cheapest assembly of compounds and "
            "structures (0: it is that assembly). Bars: 80 % from the error of its interpolated energy alone. Two "
            "potentials side by side, each on its own hull. Structures that cannot hold the charge are left out."
        ),
        figure=figure,
        header=("potential", "structure", "above_kJ_per_mol", "low_kJ_per_mol", "high_kJ_per_mol"),
        rows=tuple(rows),
    )


def window_figure(answer: PhasesAnswer) -> Drawing | None:
    """Driving force over temperature and oxygen pressure, with nickel's charge and where the host gives up."""
    window, found = answer.window, answer.verdict
    if window is None or found is None:
        return None
    figure, (axes,) = canvas(_Footer(answer), 4.4)
    t, p = window.temperature - ZERO_CELSIUS, window.oxygen_pressure / ATMOSPHERE
    force = window.driving_force / 1e3
    reach = max(float(np.nanmax(np.abs(force))), 1e-3)
    shade = axes.pcolormesh(t, p, force.T, cmap="PuOr", vmin=-reach, vmax=reach, shading="gouraud", rasterized=True)
    figure.colorbar(shade, ax=axes, label="gain of being one phase / kJ per mole of cations")
    if np.nanmin(force) < 0 < np.nanmax(force):
        axes.contour(t, p, force.T, levels=[0], colors=[BLACK], linewidths=1.4)
    _regions(axes, window, t, p)
    charge = window.nickel
    if np.nanmin(charge) < MIDWAY < np.nanmax(charge):
        axes.contour(t, p, charge.T, levels=[MIDWAY], colors=[GREY], linewidths=1.0, linestyles="dashed")
    if window.host_energy.min() < 0 < window.host_energy.max():
        axes.contour(t, p, window.host_energy.T, levels=[0], colors=[BLUE], linewidths=1.8)
    for gas, pressure in GASES.items():
        axes.axhline(pressure, color=BLACK, linewidth=0.7, linestyle=":")
        axes.text(t[0] + 2, pressure * 1.12, gas, fontsize=8, color=BLACK)
    axes.plot(found.temperature - ZERO_CELSIUS, found.oxygen_pressure / ATMOSPHERE, "*", color=BLACK, markersize=12)
    axes.set_yscale("log")
    axes.set(xlabel="temperature / °C", ylabel="oxygen pressure / atm")
    axes.grid(False)
    rows = tuple(
        (float(t[i]), float(p[j]), float(force[i, j]), window.structure[i][j], float(charge[i, j]))
        for i in range(len(t))
        for j in range(len(p))
    )
    return Drawing(
        name="gas_window",
        title="Which gas, which temperature",
        caption=(
            "Colour: what the best single phase gains (violet) or loses (orange) against every assembly, for this "
            "layer's cations; black line: break-even. Dashed: nickel at 2.5+ in it. Blue line: above and left of "
            "it the host keeps its oxygen; below and right it turns to rock salt. Dotted: usual gases. Star: this "
            "anneal. Lithium follows the host."
        ),
        figure=figure,
        header=("temperature_degC", "oxygen_atm", "driving_force_kJ_per_mol", "structure", "nickel_charge"),
        rows=rows,
    )


def _regions(axes: Axes, window: GasWindow, t: np.ndarray, p: np.ndarray) -> None:
    """The name of the best structure in the middle of each region."""
    names = np.array(window.structure)
    for name in sorted(set(names.ravel().tolist())):
        rows, columns = np.nonzero(names == name)
        middle = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
        at = float(np.clip(t[rows[middle]], t[0] + 0.2 * np.ptp(t), t[-1] - 0.2 * np.ptp(t)))
        axes.text(at, p[columns[middle]], titled(name), fontsize=9, ha="center", va="center", bbox=BEHIND)


def drawings(answer: PhasesAnswer) -> list[Drawing]:
    """All figures of an answer."""
    return [d for d in (standings_figure(answer), window_figure(answer)) if d is not None]
