"""How fast sweeps are: ``python -m benchmarks.sweep``, ten minutes; ``--quick`` leaves the 10,000 coatings out.

Goals on two cores: 10,000 coatings at nominal values below 10 min and 2 GB; 1,000,000 rows of entropy and recipe below
60 s; the folder below 2 ms a row; Dask at least 90 % of the local processes on 10,000 tasks of 10 ms.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from epitropy.sweep import engines
from epitropy.sweep.folder import ROWS, Folder
from epitropy.sweep.rows import columns_of, rows_of
from epitropy.sweep.spec import read_sweep

COATINGS = {
    "study": "zhao2024",
    "vary": {
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"], "n": 50},
        "anneal.temperature": {"range": ["600 degC", "800 degC"], "n": 20},
        "anneal.time": {"log": ["1 h", "20 h"], "n": 10},
    },
    "report": ["coated.retention_200"],
}
RECIPES = {
    "study": "zhao2024",
    "vary": {
        "coating.precursors": {"simplex": ["Nb2O5", "ZrO2", "HfO2", "TiO2", "WO3"], "step": "5 %", "of": "cations"},
        "coating.dose": {"range": ["0.2 wt%", "3 wt%"], "n": 95},
    },
    "until": "recipe",
}


def whole(raw: dict, name: str, folder: Path) -> None:
    """A sweep through the command line: time, rows a second, largest process."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "sweep", str(path), "-o", str(folder / name), "--yes"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    took = time.perf_counter() - began
    rows = sum(p.rows for p in Folder(folder / name).parts())
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"{name}: {rows:,} rows in {took:.0f} s, {rows / took:,.0f} a second; largest process {largest:.2f} GB")


def overhead(folder: Path) -> None:
    """What writing and entering a chunk adds, for rows that are there already."""
    sweep = read_sweep({**COATINGS, "until": "layer", "report": []})
    made, kinds = rows_of(sweep, 0, 24), columns_of(sweep)
    target = Folder(folder / "overhead")
    target.begin(sweep, {}, 24)
    began = time.perf_counter()
    for chunk in range(50):
        target.add(ROWS, chunk, 24 * chunk, 24 * chunk + 24, made, kinds)
    print(f"folder: {1e3 * (time.perf_counter() - began) / (50 * made.rows):.2f} ms a row")


def sleeping(common: float, first: int, last: int) -> int:
    """Tasks of ten milliseconds."""
    for _ in range(first, last):
        time.sleep(common)
    return last - first


def throughput(tasks: int = 10_000, each: float = 0.01, chunk: int = 25) -> None:
    """The same tasks by processes and by Dask, start-up left out."""
    rates = {}
    for name, engine in (("processes", engines.local), ("dask", engines.dask)):
        chunks = [(n, chunk * n, chunk * n + chunk) for n in range(tasks // chunk)]
        more = (2,) if name == "processes" else ("local",)
        began = done = 0.0
        for _, made in engine(sleeping, each, iter(chunks), lambda: False, *more):
            if not began:
                began = time.perf_counter()
                continue
            done += made
        rates[name] = done / (time.perf_counter() - began)
        print(f"{name}: {rates[name]:.0f} tasks of {1e3 * each:.0f} ms a second")
    print(f"dask over processes: {rates['dask'] / rates['processes']:.2f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        overhead(folder)
        throughput()
        whole(RECIPES, "recipes", folder)
        if "--quick" not in sys.argv:
            whole(COATINGS, "coatings", folder)


if __name__ == "__main__":
    main()
