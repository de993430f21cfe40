"""An order for matches that weighs no area against an energy."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np


def fronts(area: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """0 for what nothing else beats in both area and energy, 1 for what only those beat, ...; shape (n,).

    One is beaten by another that is no worse in both and better in one; equals share a front.

    >>> fronts(np.array([1.0, 2.0, 2.0, 3.0]), np.array([5.0, 1.0, 6.0, 1.0])).tolist()
    [0, 0, 1, 1]
    """
    front = np.zeros(len(area), dtype=np.int64)
    lowest: list[float] = []  # of each front so far, rising
    before = None
    for i in np.lexsort((energy, area)).tolist():
        here = float(area[i]), float(energy[i])
        if before is not None and here == before[0]:
            front[i] = before[1]
            continue
        # a front with a lower or equal energy holds something that beats this one
        place = bisect_right(lowest, here[1])
        lowest[place : place + 1] = [here[1]]
        front[i], before = place, (here, place)
    return front


def best_first(area: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """Order by front, within a front by area, then energy; differences below 1e-9 do not count.

    >>> best_first(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 5.0])).tolist()
    [2, 1, 0]
    """
    area, energy = _rounded(area), _rounded(energy)
    return np.lexsort((energy, area, fronts(area, energy)))


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values / max(np.abs(values).max(initial=0.0), 1e-300), 9)
