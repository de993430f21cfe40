"""Widths and depths read off a profile; depths rise outwards, z = 0 at the original host surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def width_above(depth: Array, fraction: Array, *, least: float, count: int = 5) -> float:
    """Width in m over which at least ``count`` species hold at least ``least``; fraction (species, x).

    Between points the count-th largest fraction is taken as straight.

    >>> width_above(np.array([0.0, 1.0, 2.0]), np.array([[0.0, 0.2, 0.2]] * 5), least=0.1)
    1.5
    """
    if len(fraction) < count:
        return 0.0
    level = np.sort(fraction, axis=0)[-count] - least
    first, last = level[:-1], level[1:]
    part = np.where(np.maximum(first, last) < 0, 0.0, 1.0)
    crossing = (first < 0) != (last < 0)
    part[crossing] = np.maximum(first, last)[crossing] / np.abs(last - first)[crossing]
    return float(part @ np.diff(depth))


def zone_width(depth: Array, share: Array) -> float:
    """Distance in m over which the film's share falls from 90 to 10 % of its outermost value; 0 without a
    film.

    >>> zone_width(np.linspace(0, 1, 11), np.linspace(0, 1, 11)).__round__(9)
    0.8
    """
    if share[-1] <= 0:
        return 0.0
    return _outermost(depth, share, 0.9 * share[-1]) - _outermost(depth, share, 0.1 * share[-1])


def penetration(depth: Array, fraction: Array, *, bulk: float, least: float = 0.01) -> float:
    """How far below z = 0 a fraction (x,) differs from that of the bulk by ``least`` or more, in m.

    >>> penetration(np.array([-3.0, -2.0, -1.0, 0.0]), np.array([0.0, 0.0, 0.02, 0.5]), bulk=0.0)
    1.5
    """
    excess = np.abs(fraction - bulk) - least
    far = np.flatnonzero(excess >= 0)
    if far.size == 0:
        return 0.0
    k = far[0]
    if k == 0:
        return float(-depth[0])
    edge = depth[k] - (depth[k] - depth[k - 1]) * excess[k] / (excess[k] - excess[k - 1])
    return float(max(0.0, -edge))


def _outermost(depth: Array, values: Array, level: float) -> float:
    """Where ``values``, read from the outside, first fall to ``level``."""
    below = np.flatnonzero(values <= level)
    if below.size == 0:
        return float(depth[0])
    k = below[-1]
    return float(depth[k] + (level - values[k]) / (values[k + 1] - values[k]) * (depth[k + 1] - depth[k]))
