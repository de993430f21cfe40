"""A time series of 10^6 rows in Battery Data Format read and summarised: ``python -m benchmarks.celldata [rows]``.

Against a plain loop over the ``csv`` module that integrates the same current, side by side in one run; CPU seconds of
this process, memory of the whole of it, and the largest difference between the capacities.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from epitropy.celldata import read_cells

MASS = 12e-6  # kg
A_CYCLE = 2000  # rows


def make(path: Path, rows: int) -> None:
    """Constant-current cycles between 3 and 4.3 V, a row every few seconds."""
    phase = np.arange(rows) % A_CYCLE / A_CYCLE
    cycle = np.arange(rows) // A_CYCLE + 1
    charging = phase < 0.5
    voltage = np.where(charging, 3.0 + 2.6 * phase, 4.3 - 2.6 * (phase - 0.5))
    current = np.where(charging, 1.0, -1.0) * 2.4e-3 * (1.0 - 1e-4 * cycle)
    with path.open("w") as file:
        file.write("Test Time / s,Voltage / V,Current / A,Cycle Count / 1\n")
        for row in zip((np.arange(rows) * 3.5).tolist(), voltage.tolist(), current.tolist(), cycle.tolist()):
            file.write("{:.3f},{:.5f},{:.9f},{}\n".format(*row))


def plain(path: Path) -> dict[int, float]:
    """Discharge capacity by cycle in mAh/g, as a first script does it."""
    found: dict[int, float] = {}
    before = None
    with path.open() as file:
        for row in csv.DictReader(file):
            now = float(row["Test Time / s"]), max(-float(row["Current / A"]), 0.0), int(row["Cycle Count / 1"])
            if before:
                half = 0.5 * (now[0] - before[0]) / 3600.0 * 1e3 / (MASS * 1e3)
                for _, current, cycle in (before, now):
                    found[cycle] = found.get(cycle, 0.0) + half * current
            before = now
    return found


def cpu(work: Callable, repeats: int = 1) -> tuple[float, object]:
    seconds, result = [], None
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.bdf.csv"
        make(path, rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        first, _ = cpu(lambda: read_cells(path, mass=MASS))
        ours, (cell,) = cpu(lambda: read_cells(path, mass=MASS), 2)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        theirs, judge = cpu(lambda: plain(path))
        size = path.stat().st_size / 1e6
    found = cell.readings["capacity"]
    values = np.array([judge[c] for c in found.cycle.tolist()])
    print(f"{rows} rows of BDF, {size:.0f} MB, {len(found.cycle)} cycles: CPU seconds")
    print(f"{'epitropy, first call (imports)':34} {first:7.2f}")
    print(f"{'epitropy':34} {ours:7.2f}   peak {memory:.0f} MB, {before:.0f} MB before")
    print(f"{'loop over the csv module':34} {theirs:7.2f}   {theirs / ours:.1f} x")
    print(f"largest difference of any capacity: {np.abs(found.value / 3600.0 / values - 1).max():.0e}")


if __name__ == "__main__":
    main()
