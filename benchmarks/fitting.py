"""Time of a fit: one 200-cycle curve, the chain of the headline case, and coverage at the resolution of a fit.

``python -m benchmarks.fitting [--coverage]``; the last takes a quarter of an hour on two cores.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.calibrate.workers import worker_pool
from epitropy.celldata import read_cells
from epitropy.fitting.fit import fit_study
from epitropy.fitting.recovery import recovered
from epitropy.records.measured import CellData, Readings
from epitropy.study import load_study

EXAMPLE = Path(__file__).parents[1] / "examples" / "data" / "bare-cell.csv"
FREE = ("kinetic", "fade", "degradation.skin_transport_share", "degradation.wetted_area_200")


def two_numbers(study) -> CellData:
    """The article's two bare capacities as data."""
    values = np.array([study.calibration.first, study.calibration.last])
    capacity = Readings(cycle=np.array([1, 200]), value=values, rate=np.full(2, np.nan))
    return CellData(name="article", cell="bare", readings={"capacity": capacity})


def main() -> None:
    study = load_study("zhao2024")
    curve = [c for c in read_cells(EXAMPLE) if c.name == "cell-2"]
    headline = [two_numbers(study)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        fit_study(study, headline, steps=0, starts=1, threads=threads)  # compile
        for name, data, steps, goal in (
            ("least squares and profiles of one 200-cycle curve", curve, 0, 10),
            ("chain of the headline case, until it converges", headline, 4000, 120),
        ):
            start = time.perf_counter()
            answer = fit_study(study, data, steps=steps, threads=threads)
            took = time.perf_counter() - start
            print(f"{name}: {took:.1f} s (goal {goal} s); {len(answer.parameters)} parameters", end="")
            print(f"; {answer.chain.steps} steps, converged: {answer.chain.converged}" if answer.chain else "")
    if "--coverage" in sys.argv:
        coverage(study)


def coverage(study) -> None:
    """Share of 200 synthetic cells whose truth lies in the 80 % profile interval."""
    with worker_pool() as pool:
        found = recovered(
            study,
            declared_scenarios()[0],
            FREE,
            cell="bare",
            cycles=range(1, 201, 4),
            count=200,
            seed=7,
            scatter=0.5 * 3600,
            pool=pool,
        )
    inside = np.array([r.inside for r in found]).mean(axis=0)
    print("truth inside 80 %: " + ", ".join(f"{n} {100 * v:.0f} %" for n, v in zip(FREE, inside)))


if __name__ == "__main__":
    main()
