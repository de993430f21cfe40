"""How far readings may lie from the model: scatter that persists from cycle to cycle, and one level per cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..calibrate.update import reading_errors
from ..records.measured import QUANTITIES, CellData
from ..sources import sourced, table

LEAST_SCATTER = 36.0  # C/kg, 0.01 mAh/g: cyclers print no more digits
MOST_PERSISTENT = 0.98


@dataclass(frozen=True, slots=True)
class Noise:
    """``scatter`` [C/kg] of capacities at the ageing rate, of which ``persistence`` passes on to the next cycle."""

    scatter: float
    persistence: float = 0.0


class Whitened(NamedTuple):
    """Residuals in standard deviations, all independent; ln of their scale; the cell's level over the model's."""

    residual: np.ndarray
    log_scale: float
    level: float


def reading_error(name: str) -> float:
    """Standard deviation of a reading in SI, from ``data/readings.toml``.

    >>> reading_error("skin_outer")
    2e-09
    """
    unit = QUANTITIES["capacity" if name == "rate" else name].unit.si
    return sourced(table("readings.toml")[name]["error"], unit, f"readings.{name}").value


def whitened(data: CellData, predicted: Mapping[str, np.ndarray], noise: Noise) -> Whitened:
    """Residuals of one cell made independent and of unit size.

    Capacities of one cell share a factor on their level, log-normal with the spread of replicates (mass, loading);
    what is left of them follows a first-order autoregression over the cycles. Both are taken out by the square root
    of the inverse covariance, sigma^2 R + (s m)(s m)^T, with R_ij = phi^|n_i - n_j| and m the model's capacities. (With
    the data in place of m a high level would shrink their noise and so be preferred.)
    """
    parts, levels, log_scale = [], [], 0.0
    others = []
    for quantity, readings in data.readings.items():
        miss = readings.value - predicted[quantity]
        if quantity != "capacity":
            error = reading_error(quantity)
            others.append(miss / error)
            log_scale += miss.size * math.log(error)
            continue
        ageing = ~np.isfinite(readings.rate)
        passed = noise.persistence ** np.diff(readings.cycle[ageing])
        for column, out in ((miss[ageing], parts), (predicted[quantity][ageing], levels)):
            out.append(_innovations(column, passed) / noise.scatter)
        log_scale += ageing.sum() * math.log(noise.scatter) + 0.5 * float(np.log1p(-(passed**2)).sum())
        error = math.hypot(reading_error("rate"), noise.scatter)
        parts.append(miss[~ageing] / error)
        levels.append(predicted[quantity][~ageing] / error)
        log_scale += (~ageing).sum() * math.log(error)
    found, level = np.concatenate([np.empty(0), *parts]), 1.0
    if found.size:
        shared = reading_errors()[0] * np.concatenate(levels)
        length = float(shared @ shared)
        along = float(shared @ found)
        level = 1 + reading_errors()[0] * along / (1 + length)  # most probable
        if length > 0:
            found = found - (1 - 1 / math.sqrt(1 + length)) * along / length * shared
        log_scale += 0.5 * math.log1p(length)
    return Whitened(np.concatenate([found, *others]), log_scale, level)


def _innovations(column: np.ndarray, passed: np.ndarray) -> np.ndarray:
    """What each cycle adds to what the cycle before passed on."""
    if column.size == 0:
        return column
    new = (column[1:] - passed * column[:-1]) / np.sqrt(1 - passed**2)
    return np.concatenate([column[:1], new])


def capacity_misses(data: CellData, predicted: Mapping[str, np.ndarray], level: float) -> tuple[np.ndarray, np.ndarray]:
    """(cycle, misfit) of the capacities at the ageing rate, the cell's level taken out."""
    if "capacity" not in data.readings:
        return np.empty(0), np.empty(0)
    readings = data.readings["capacity"]
    ageing = ~np.isfinite(readings.rate)
    return readings.cycle[ageing], readings.value[ageing] - level * predicted["capacity"][ageing]


def estimated(misses: Sequence[tuple[np.ndarray, np.ndarray]], fitted: int) -> Noise | None:
    """Scatter and persistence of what a fit of ``fitted`` numbers leaves; None with too few readings to tell.

    The persistence is that which makes the autoregression most likely.
    """
    from scipy.optimize import minimize_scalar

    count = sum(m.size for _, m in misses)
    if count < fitted + 5:
        return None

    def innovations(persistence: float) -> tuple[np.ndarray, float]:
        passed = [persistence ** np.diff(n) for n, _ in misses]
        found = np.concatenate([_innovations(m, p) for (_, m), p in zip(misses, passed)])
        return found, float(sum(np.log1p(-(p**2)).sum() for p in passed))

    def cost(persistence: float) -> float:
        found, spread = innovations(persistence)
        return count * math.log(max(float(found @ found), 1e-30)) + spread

    persistence = 0.0
    if count >= 10:
        best = minimize_scalar(cost, bounds=(0.0, MOST_PERSISTENT), method="bounded").x
        persistence = float(best) if cost(best) < cost(0.0) else 0.0
    found, _ = innovations(persistence)
    return Noise(max(math.sqrt(float(found @ found) / (count - fitted)), LEAST_SCATTER), persistence)


def independent(data: Sequence[CellData], persistence: float) -> float:
    """How many independent readings these are worth: a reading counts less the more the one before says it already.

    A first reading counts one, a further one (1 - a)/(1 + a), where a is the correlation with the reading before.
    """
    total = 0.0
    for one in data:
        for quantity, readings in one.readings.items():
            if quantity != "capacity":
                total += len(readings.cycle)
                continue
            ageing = ~np.isfinite(readings.rate)
            total += float((~ageing).sum())
            passed = persistence ** np.diff(readings.cycle[ageing])
            total += bool(ageing.any()) + float(((1 - passed) / (1 + passed)).sum())
    return total
