"""From grams to nanometres: 1 wt% of Nb12WO33 on a cathode powder, by the area that the coating reaches.

The mass balance t = w/(rho a): 0.01 kg/kg over 4760 kg/m3 and 0.3 m2/g is 7.0 nm. The same gram on the smooth outer
surface of 10 um particles, 0.126 m2/g, is 16.7 nm. Which of the two a coating reaches is the first thing to measure.
`python examples/recipe.py coating.png` draws the picture of docs/rooms/coating.md.
"""

import sys
from dataclasses import replace

import numpy as np

from epitropy.coating import laws
from epitropy.pipeline import coat, powder
from epitropy.process.sheet import batch_sheet
from epitropy.records.sourced import Sourced
from epitropy.study import read_study

STUDY = {
    "name": "one-percent",
    "cathode": {"wetted_area": "0.3 m2/g"},
    "coating": {"precursors": {"Nb12WO33": 1}, "dose": "1 wt%", "area_basis": "wetted"},
    "cells": {"coated": {"anneal": {}}},
}


def main() -> float:
    """Mean thickness of 1 wt% Nb12WO33 on 0.3 m2/g [nm]."""
    sheet = batch_sheet(read_study(STUDY), 0.1, draws=0)
    (line,) = sheet.precursors
    print(f"weigh {line.weighed.value * 1e3:.4f} g of {line.precursor} for 100 g of powder")
    for row in sheet.over_area:
        print(f"{row.name:24} {row.area / 1e3:.3f} m2/g  {row.mean_thickness * 1e9:5.1f} nm")
    return sheet.layer.mean_thickness.value * 1e9


def draw(path: str) -> None:
    """Thickness over area, and coverage over agglomerate size before and after the anneal."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    area = np.geomspace(0.08, 1.0, 200)
    for dose, style in ((0.005, ":"), (0.01, "-"), (0.02, "--")):
        left.loglog(area, laws.mean_thickness(dose, 4760.0, area * 1e3) * 1e9, style, color="#0072B2")
        left.annotate(f"{100 * dose:g} wt%", (1.04, laws.mean_thickness(dose, 4760.0, 1e3) * 1e9), va="center")
    for x, name in ((0.126, "smooth 10 µm spheres"), (0.3, "BET 0.3 m²/g")):
        thickness = laws.mean_thickness(0.01, 4760.0, x * 1e3) * 1e9
        left.plot(x, thickness, "o", color="#D55E00")
        box = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        left.annotate(
            f"{name}: {thickness:.1f} nm",
            (x, thickness),
            (8, 2),
            textcoords="offset points",
            fontsize=8,
            bbox=box,
            zorder=3,
        )
    left.set(
        xlabel="area that the coating reaches, m²/g",
        ylabel="mean thickness, nm",
        title="Nb12WO33, by dose",
        xlim=(0.08, 1.8),
    )
    ticks = ([0.1, 0.2, 0.5, 1], [2, 5, 10, 20, 50])
    left.set_xticks(ticks[0], [f"{t:g}" for t in ticks[0]])
    left.set_yticks(ticks[1], [f"{t:g}" for t in ticks[1]])
    left.minorticks_off()
    cell = read_study({"name": "default", "cells": {"coated": {"coating": {}, "anneal": {}}}}).at({}).cells["coated"]
    sizes = np.geomspace(10, 500, 60)
    made = [coat(_with_agglomerates(cell, size * 1e-9), powder(cell)) for size in sizes]
    right.semilogx(sizes, [100 * m.coverage_mixed for m in made], "--", color="#0072B2", label="as mixed")
    right.semilogx(sizes, [100 * m.coverage for m in made], color="#D55E00", label="after 5 h at 700 °C")
    right.set(
        xlabel="agglomerate size, nm", ylabel="coverage, %", title="1 wt% of Nb12WO33 and ZrO2, 4:1", ylim=(0, 105)
    )
    right.set_xticks([10, 20, 50, 100, 200, 500], ["10", "20", "50", "100", "200", "500"])
    right.minorticks_off()
    right.legend(frameon=False)
    figure.savefig(path, dpi=110)


def _with_agglomerates(cell, diameter: float):
    return replace(cell, coating=replace(cell.coating, agglomerate_diameter=Sourced(value=diameter, unit="m")))


if __name__ == "__main__":
    main()
    if len(sys.argv) > 1:
        draw(sys.argv[1])
