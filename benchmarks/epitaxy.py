"""Lattice matching against pymatgen, side by side in one run: ``python -m benchmarks.epitaxy [largest index]``.

Eight films on NCM90, 400 A2; ours complete at 4 % with nets, planes, symmetry, energies and ranking, pymatgen's
SubstrateAnalyzer with its own tolerances. CPU seconds of this process, both warm: numba's compiling and spglib's tables
come before. Then pymatgen's own nets at index 1: are all of its matches found, with equal strains? Needs pymatgen,
which is more than pymatgen-core: ``pip install pymatgen``.
"""

from __future__ import annotations

import runpy
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from epitropy.epitaxy.stage import best_matches

warnings.simplefilter("ignore")
TESTS = Path(__file__).parents[1] / "tests" / "epitaxy"
STATES = 21  # of charge


def cpu(work: Callable, repeats: int = 1) -> tuple[float, object]:
    """CPU seconds of one call (the fastest of some), and what it returned."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


def crystals() -> tuple:
    """The host and the films of the tests."""
    made = runpy.run_path(str(TESTS / "conftest.py"))
    return made["host"].__wrapped__(), made["films"].__wrapped__()


def race(host, films, max_index: int, structures: dict | None) -> None:
    from_them = _pymatgen(max_index, structures, host) if structures else None
    print(f"\nindex {max_index}, 400 A2{'':14} ours              pymatgen           ratio")
    limits = {"max_index": max_index, "max_area": 4e-18}
    total = [0.0, 0.0, 0, 0]
    for name, film in films.items():
        seconds, found = cpu(partial(best_matches, host, [film], **limits), 3)
        theirs = from_them(name) if from_them else (np.nan, 0)
        total = [t + n for t, n in zip(total, (seconds, theirs[0], len(found), theirs[1]))]
        print(f"{name:26} {_row(seconds, theirs[0], len(found), theirs[1])}", flush=True)
    print(f"{'one after the other':26} {_row(*total)}")
    seconds, found = cpu(partial(best_matches, host, list(films.values()), **limits), 3)
    print(f"{'all films in one call':26} {_row(seconds, total[1], len(found), total[3])}")
    matrices = host.cell.matrix * np.linspace(1, 1.02, STATES)[:, None, None]
    again, _ = cpu(lambda: found.ranked_by(found.largest_energy(matrices)))
    print(f"{f'ranked anew over {STATES} states':26} {again:7.3f} s;  all records {cpu(lambda: tuple(found))[0]:.2f} s")


def _row(seconds: float, theirs: float, ours_found: int, their_found: int) -> str:
    return f"{seconds:7.3f} s {ours_found:6}   {theirs:8.2f} s {their_found:6}   {theirs / seconds:7.0f} x"


def _pymatgen(max_index: int, structures: dict, host) -> Callable:
    from pymatgen.analysis.interfaces.substrate_analyzer import SubstrateAnalyzer

    def search(name: str, **planes) -> tuple[float, int]:
        work = SubstrateAnalyzer(max_index, max_index).calculate(structures[name], structures[host.name], **planes)
        seconds, found = cpu(lambda: list(work))
        return seconds, len(found)

    search("NiO", film_millers=[(1, 1, 1)], substrate_millers=[(0, 0, 1)])  # compile once
    return search


def same_matches(films, host, structures: dict, compare: Callable) -> None:
    from pymatgen.analysis.interfaces.substrate_analyzer import SubstrateAnalyzer
    from pymatgen.core.surface import get_symmetrically_distinct_miller_indices as distinct

    table = []
    for name in films:
        both = [structures[n] for n in (name, host.name)]
        sets = SubstrateAnalyzer().generate_surface_vectors(*both, *(sorted(distinct(s, 1)) for s in both))
        table += [compare(film, ground) for film, ground, *_ in sets]
    number, lost, differ, strain = np.array(table).T
    print("\npymatgen's own nets, index 1, all films")
    print(
        f"its matches {number.sum():.0f}, not found here {lost.sum():.0f}, sublattice pairs accepted by only one ",
        end="",
    )
    print(f"{differ.sum():.0f}, largest difference of a strain {strain.max():.1e}")


def main() -> None:
    host, films = crystals()
    try:
        import pymatgen.analysis.interfaces  # noqa: F401

        theirs = runpy.run_path(str(TESTS / "test_pymatgen.py"))
        structures = {phase.name: theirs["pymatgen_structure"](phase) for phase in (host, *films.values())}
    except ModuleNotFoundError:
        print("pymatgen is not installed (pip install pymatgen): only our own times")
        structures = None
    best_matches(host, list(films.values()))
    for max_index in range(1, int(sys.argv[1]) + 1 if len(sys.argv) > 1 else 3):
        race(host, films, max_index, structures)
    if structures:
        same_matches(films, host, structures, theirs["compare"])


if __name__ == "__main__":
    main()
