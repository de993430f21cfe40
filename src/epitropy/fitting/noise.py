"""How far readings may lie from the model: scatter that persists, and a level and a fade of each cell's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..calibrate.update import reading_errors
from ..cycling.stage import REFERENCE_CYCLES
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
    """Residuals in standard deviations, all independent; ln of their scale; what the cell shares in its readings.

    ``shared`` is the most probable (level, fade) of this cell against the model, in standard deviations of replicates,
    and ``root`` a square root of their covariance.
    """

    residual: np.ndarray
    log_scale: float
    shared: np.ndarray
    root: np.ndarray


def cell_factor(shared: np.ndarray, cycle: np.ndarray) -> np.ndarray:
    """Capacities of a physical cell over the model's at each cycle: its level, and a fade of its own.

    1 + s e_1 + k e_2 (n - 1)/(N - 1): s and k are the scatter of replicates in ln(capacity) and, after N = 200
    cycles, in ln(retention).

    >>> cell_factor(np.array([1.0, 1.0]), np.array([1.0, 200.0]))
    array([1.015, 1.025])
    """
    return 1 + _shares(np.asarray(cycle, dtype=float)) @ shared


def _shares(cycle: np.ndarray) -> np.ndarray:
    level, kept = reading_errors()
    return np.column_stack([np.full(cycle.size, level), kept * (cycle - 1) / (REFERENCE_CYCLES - 1)])


def reading_error(name: str) -> float:
    """Standard deviation of a reading in SI, from ``data/readings.toml``.

    >>> reading_error("skin_outer")
    2e-09
    """
    unit = QUANTITIES["capacity" if name == "rate" else name].unit.si
    return sourced(table("readings.toml")[name]["error"], unit, f"readings.{name}").value


def whitened(data: CellData, predicted: Mapping[str, np.ndarray], noise: Noise) -> Whitened:
    """Residuals of one cell made independent and of unit size.

    Capacities of one cell share a level (mass, loading) and a fade of their own, with the scatter of replicates
    (`cell_factor`); what is left of them follows a first-order autoregression over the cycles. All is taken out by
    the square root of the inverse covariance, sigma^2 R + U U^T, with R_ij = phi^|n_i - n_j| and U the two shared
    terms times the model's capacities. (With the data in their place a high level would shrink the data's noise and
    so be preferred.)
    """
    parts, columns, log_scale = [], [], 0.0
    others = []
    for quantity, readings in data.readings.items():
        miss = readings.value - predicted[quantity]
        if quantity != "capacity":
            error = reading_error(quantity)
            others.append(miss / error)
            log_scale += miss.size * math.log(error)
            continue
        shared = predicted[quantity][:, None] * _shares(readings.cycle)
        ageing = ~np.isfinite(readings.rate)
        passed = noise.persistence ** np.diff(readings.cycle[ageing])
        parts.append(_innovations(miss[ageing], passed) / noise.scatter)
        columns.append(np.column_stack([_innovations(c, passed) for c in shared[ageing].T]) / noise.scatter)
        log_scale += ageing.sum() * math.log(noise.scatter) + 0.5 * float(np.log1p(-(passed**2)).sum())
        error = math.hypot(reading_error("rate"), noise.scatter)
        parts.append(miss[~ageing] / error)
        columns.append(shared[~ageing] / error)
        log_scale += (~ageing).sum() * math.log(error)
    if not parts:
        return Whitened(np.concatenate(others), log_scale, np.zeros(2), np.eye(2))
    found, terms = np.concatenate(parts), np.concatenate(columns)
    values, vectors = np.linalg.eigh(terms.T @ terms)
    values = np.maximum(values, 1e-12)
    along = vectors.T @ (terms.T @ found)
    found = found - terms @ (vectors @ ((1 - 1 / np.sqrt(1 + values)) / values * along))
    log_scale += 0.5 * float(np.log1p(values).sum())
    shared = vectors @ (along / (1 + values))
    return Whitened(np.concatenate([found, *others]), log_scale, shared, vectors / np.sqrt(1 + values))


def _innovations(column: np.ndarray, passed: np.ndarray) -> np.ndarray:
    """What each cycle adds to what the cycle before passed on."""
    if column.size == 0:
        return column
    new = (column[1:] - passed * column[:-1]) / np.sqrt(1 - passed**2)
    return np.concatenate([column[:1], new])


def capacity_misses(
    data: CellData, predicted: Mapping[str, np.ndarray], shared: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(cycle, misfit) of the capacities at the ageing rate, what the cell shares in all of them taken out."""
    if "capacity" not in data.readings:
        return np.empty(0), np.empty(0)
    readings = data.readings["capacity"]
    ageing = ~np.isfinite(readings.rate)
    told = cell_factor(shared, readings.cycle) * predicted["capacity"]
    return readings.cycle[ageing], (readings.value - told)[ageing]


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
