"""What is best where there are several objectives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLOCK = 512


def fronts(values: np.ndarray, wanted: int) -> list[np.ndarray]:
    """Indices of points by non-dominated fronts until ``wanted`` are found; more is better in every column.

    A point is dominated by one that is no worse in any column and better in one.

    >>> [f.tolist() for f in fronts(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [2.0, 0.0]]), 4)]
    [[1, 3], [0], [2]]
    """
    left = np.arange(len(values))
    found: list[np.ndarray] = []
    while len(left) and sum(map(len, found)) < wanted:
        front = left[_undominated(values[left])]
        found.append(front)
        left = np.setdiff1d(left, front, assume_unique=True)
    return found


def _undominated(values: np.ndarray) -> np.ndarray:
    """Positions of points that no other dominates; candidates are weeded out block by block."""
    order = np.lexsort(values.T[::-1])[::-1]  # whatever dominates a point comes before it
    front: list[int] = []
    kept = np.empty((0, values.shape[1]))
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        rows = values[block]
        free = ~_dominated(rows, kept)
        block, rows = block[free], rows[free]
        free = ~_dominated(rows, rows)
        front += block[free].tolist()
        kept = np.vstack([kept, rows[free]])
    return np.array(sorted(front), dtype=int)


def _dominated(rows: np.ndarray, by: np.ndarray) -> np.ndarray:
    if not len(by) or not len(rows):
        return np.zeros(len(rows), dtype=bool)
    no_worse = (by[None, :, :] >= rows[:, None, :]).all(axis=2)
    better = (by[None, :, :] > rows[:, None, :]).any(axis=2)
    return (no_worse & better).any(axis=1)


def best(values: np.ndarray, better: Sequence[bool], count: int) -> np.ndarray:
    """Indices of the best points, the first fronts first; within one the points that stand apart (crowding) come first.

    ``better`` says of each column whether more is better. Points with a value that is not a number are left out.

    >>> best(np.array([[3.0], [1.0], [2.0]]), [False], 2).tolist()
    [1, 2]
    """
    values = np.asarray(values, dtype=float) * np.where(better, 1.0, -1.0)
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    found: list[int] = []
    for front in fronts(values[known], count):
        rows = known[front]
        room = count - len(found)
        if len(rows) > room:
            rows = rows[np.argsort(-crowding(values[rows]), kind="stable")][:room]
        found += rows.tolist()
    return np.array(found, dtype=int)


def crowding(values: np.ndarray) -> np.ndarray:
    """Crowding distance of each point of a front, Deb et al. 2002 (10.1109/4235.996017): infinite at both ends.

    >>> crowding(np.array([[0.0, 3.0], [1.0, 2.0], [3.0, 0.0]])).tolist()
    [inf, 2.0, inf]
    """
    count, columns = values.shape
    found = np.zeros(count)
    for column in values.T:
        order = np.argsort(column, kind="stable")
        span = column[order[-1]] - column[order[0]]
        found[order[[0, -1]]] = np.inf
        if span > 0 and count > 2:
            found[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return found


def surely_dominated(draws: np.ndarray, weights: np.ndarray, share: float = 0.9) -> np.ndarray:
    """Which points another one dominates for sure, from common draws of all objectives; more is better in each.

    ``draws`` are (points, draws, objectives), ``weights`` (draws,). One point dominates another if in every objective
    it is no worse in ``share`` of the draws and in at least one it is better in as many: the 80 % interval of their
    difference lies on one side. What all points have in common cancels in that difference. Draws that one of the two
    lacks do not count for the pair.

    >>> apart = np.array([[[1.0], [2.0]], [[0.9], [1.9]], [[1.5], [1.5]]])
    >>> surely_dominated(apart, np.ones(2)).tolist()
    [False, True, False]
    """
    found = np.zeros(len(draws), dtype=bool)
    for n, own in enumerate(draws):
        apart = draws - own
        common = np.isfinite(apart).all(axis=2)
        mass = np.maximum((common * weights).sum(axis=1), 1e-300)[:, None]
        counted = (common * weights)[:, :, None]
        no_worse = (counted * (np.where(common[:, :, None], apart, 0.0) >= 0)).sum(axis=1) / mass
        better = (counted * (np.where(common[:, :, None], apart, 0.0) > 0)).sum(axis=1) / mass
        beats = (no_worse >= share - 1e-12).all(axis=1) & (better >= share - 1e-12).any(axis=1)
        found[n] = bool((beats & common.any(axis=1)).any())
    return found
