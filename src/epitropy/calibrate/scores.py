"""How good a forecast was: the continuous ranked probability score of a weighted sample."""

from __future__ import annotations

import numpy as np


def crps(values: np.ndarray, observed: float, weights: np.ndarray | None = None) -> float:
    """Continuous ranked probability score of a forecast, in the unit of the values; smaller is better.

    CRPS = E|X - y| - E|X - X'|/2 for X, X' from the weighted sample and y observed. Proper: honest odds score best
    on average. For a single value it is the absolute error, so a point forecast may be scored beside an interval.
    Gneiting & Raftery, J. Am. Stat. Assoc. 102 (2007) 359, 10.1198/016214506000001437.

    >>> crps(np.array([0.8]), 0.96)
    0.16
    >>> crps(np.array([0.9, 1.0]), 0.96)
    0.025
    """
    x = np.atleast_1d(np.asarray(values, dtype=float))
    w = np.full(x.size, 1 / x.size) if weights is None else np.asarray(weights, dtype=float) / np.sum(weights)
    order = np.argsort(x)
    x, w = x[order], w[order]
    below = np.cumsum(w) - 0.5 * w  # weight below the middle of each point
    # E|X - X'| = sum over pairs = 4 sum_i w_i x_i (below_i - 1/2), from the sorted sample
    spread = 4 * float(np.sum(w * x * (below - 0.5)))
    return round(float(np.sum(w * np.abs(x - observed))) - spread / 2, 12)


def scattered(values: np.ndarray, error: float, points: int = 15) -> np.ndarray:
    """Each value with a log-normal scatter of ``error``, as so many equally likely readings of it, value by value.

    >>> bool(abs(scattered(np.array([2.0]), 0.01).mean() - 2.0) < 1e-3)
    True
    """
    from scipy.special import ndtri

    return np.outer(values, np.exp(error * ndtri((np.arange(points) + 0.5) / points))).ravel()
