"""The half-cell: kernel against PyBaMM on the same record, side by side in one run: ``python -m benchmarks.cycling``.

200 CC-CV cycles of the article's bare cell, with and without skipping; CPU seconds of this process, and the largest
difference of any capacity. Then 1,000 candidates on all cores, wall time. Needs the extra ``pybamm``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

from epitropy.calibrate.ensemble import calibrated, prepare
from epitropy.calibrate.scales import build
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.cycling import pybamm_life
from epitropy.cycling.kernel import RESOLUTION, SCREENING
from epitropy.cycling.program import program
from epitropy.cycling.stage import Life, capacity_by_cycle, simulate
from epitropy.halfcell.engines import Candidate, batch
from epitropy.study import load_study

TOLERANCE = 1e-3  # of skipping, the default of a study


def cpu(work: Callable[[], Life], repeats: int = 1) -> tuple[float, Life]:
    """CPU seconds of one call (the fastest of some), and what it returned."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


def main() -> None:
    study = load_study("zhao2024").at({})
    cell = study.cells["bare"]
    scenario = declared_scenarios()[0]
    formed, tables = prepare(cell)
    scales = calibrated(study, {"bare": (formed, tables)}, (scenario,), resolution=RESOLUTION).scales[scenario.name]
    held = replace(cell, protocol=replace(cell.protocol, charge_mode="CC-CV"))
    m = build(held, formed, scenario, scales)
    rows, kinds = program(held.protocol)
    short, _ = program(replace(held.protocol, cycles=2))
    simulate(m, tables, short)
    pybamm_life.simulate(m, tables, short)
    lives = {
        "kernel, every cycle": cpu(lambda: simulate(m, tables, rows), 5),
        "kernel, skipping": cpu(lambda: simulate(m, tables, rows, TOLERANCE), 15),
        "kernel, skipping, screening mesh": cpu(lambda: simulate(m, tables, rows, TOLERANCE, SCREENING), 15),
        "PyBaMM, every cycle": cpu(lambda: pybamm_life.simulate(m, tables, rows)),
        "PyBaMM, skipping": cpu(lambda: pybamm_life.simulate(m, tables, rows, TOLERANCE), 2),
    }
    judge = capacity_by_cycle(lives["PyBaMM, every cycle"][1], kinds)
    print("200 CC-CV cycles, bare NCM90 at 1C: CPU time, cycles run, largest difference of capacity to PyBaMM without")
    print("skipping, and what is lost of salt and lithium")
    for name, (seconds, life) in lives.items():
        run = int(np.isfinite(life.rows[:, 0]).sum())
        error = np.abs(capacity_by_cycle(life, kinds) / judge - 1).max()
        print(
            f"{name:36} {seconds * 1e3:7.1f}   {run:10}   {error:8.1e}   salt {life.salt_imbalance:.0e}, "
            f"lithium {life.lithium_imbalance:.0e}"
        )
    for how in ("every cycle", "skipping"):
        print(f"PyBaMM / kernel, {how}: {lives[f'PyBaMM, {how}'][0] / lives[f'kernel, {how}'][0]:.0f} x")
    rng = np.random.default_rng(1)
    candidates = [
        Candidate(m._replace(loading=m.loading * f, kinetic_scale=m.kinetic_scale * g), tables, rows, TOLERANCE)
        for f, g in rng.lognormal(0.0, 0.2, (1000, 2))
    ]
    started = time.perf_counter()
    done = sum(isinstance(life, Life) for life in batch(candidates))
    print(f"{done} candidates on {os.cpu_count()} cores: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
