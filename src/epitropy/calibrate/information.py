"""What a reading would teach: bits about which scenario holds, and how much narrower the prediction's interval gets.

All rests on pairs of draw and scenario, each with simulated readings and a target. A noisy reading is made from one
pair; the pairs of all other draws say how likely it is. The draw that made it has no say in any scenario, so an
ensemble cannot recognise its own draws, and scenarios that coincide on a reading get exactly nothing from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

SEED = 20242
REPEATS = 3  # noisy readings made from each pair
# Draws are few, so each may stand for its neighbourhood: its readings are widened by this share of the spread within
# a scenario, or they are ignored. Whatever is chosen, the bits are an underestimate on average: the best is taken.
SMOOTHING = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)
ROUNDING = 1e-9
LEAST_EFFECTIVE = 10.0  # pairs that must carry an interval, as the median over readings
LEVEL = 0.8
TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class Pairs:
    """Draw and scenario of each pair, both counted from 0, and what is predicted there; scenarios weigh the same."""

    draw: np.ndarray
    scenario: np.ndarray
    target: np.ndarray

    @cached_property
    def member(self) -> np.ndarray:
        """(pairs, scenarios): one where a pair belongs to a scenario."""
        return np.eye(int(self.scenario.max()) + 1)[self.scenario]

    @cached_property
    def weight(self) -> np.ndarray:
        """Weight of each pair; they sum to one."""
        return 1 / (self.member.shape[1] * self.member.sum(axis=0)[self.scenario])

    @cached_property
    def maker(self) -> np.ndarray:
        """The pair that makes each noisy reading."""
        return np.tile(np.arange(self.draw.size), REPEATS)

    @cached_property
    def say(self) -> np.ndarray:
        """(readings, pairs): weight of a pair within its scenario when the maker's draw is left out."""
        others = (self.draw[self.maker][:, None] != self.draw[None, :]).astype(float)
        return others / np.maximum(others @ self.member, 1.0)[:, self.scenario]

    @cached_property
    def order(self) -> np.ndarray:
        """Pairs by rising target."""
        return np.argsort(self.target, kind="stable")


class Reading(NamedTuple):
    """A simulated reading: squared distance of every noisy one to every pair's, its error and the spread of draws."""

    squares: np.ndarray  # (readings, pairs)
    error: float
    spread: float


class Learned(NamedTuple):
    """What one measurement teaches."""

    bits: float  # about the scenario
    bits_error: float  # standard error of the Monte Carlo
    group_bits: float
    pair_bits: np.ndarray  # (scenarios, scenarios): of the one bit between two of them
    width: float  # expected width of the interval of the target
    width_before: float
    effective: float  # pairs that carry the interval, median over readings


def simulated_reading(pairs: Pairs, values: np.ndarray, error: float, name: str) -> Reading:
    """Noisy readings from ``values``, one a pair; the noise comes from a stream of the reading's own name."""
    rng = np.random.default_rng([SEED, *name.encode()])
    noisy = values[pairs.maker] + error * rng.standard_normal(pairs.maker.size)
    spread = np.sqrt(np.mean([_spread(values[m > 0]) ** 2 for m in pairs.member.T]))
    return Reading((noisy[:, None] - values[None, :]) ** 2, error, float(spread))


def _spread(values: np.ndarray) -> float:
    """Standard deviation by the quartiles, which single wild draws do not move."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349


def learned(pairs: Pairs, readings: Sequence[Reading], groups: np.ndarray | None = None) -> Learned:
    """Expected information and expected interval of one measurement with these independent readings.

    I(S;Y) = E log2 p(s|y)/p(s) over pairs and noise, s the scenario that made y; the same for ``groups``, one number a
    scenario. A scenario implies its group, so what is learned of groups counts for scenarios, where it is more. The
    interval is the central 80 % of the target by the weights p(y|pair); its width is taken where the interval score,
    which charges for what it leaves out, is best.
    """
    made = np.tile(pairs.weight, REPEATS) / REPEATS
    count = pairs.member.shape[1]
    kinds = np.arange(count) if groups is None else groups
    flat = _interval(pairs, pairs.say)
    best = grouped = (0.0, 0.0)
    pair_bits = np.zeros((count, count))
    told, lowest = (float(flat.width @ made), _effective(pairs.say)), float(flat.score @ made)
    for smoothing in SMOOTHING:
        weights = _weights(pairs, readings, smoothing)
        by_scenario = weights @ pairs.member
        gained, of_group = (_gained(pairs, by_scenario, k) for k in (np.arange(count), kinds))
        if gained @ made > best[0] + ROUNDING:
            best, pair_bits = (float(gained @ made), _error(pairs, gained)), _pairwise(pairs, by_scenario)
        if of_group @ made > grouped[0] + ROUNDING:
            grouped = (float(of_group @ made), _error(pairs, of_group))
        effective, between = _effective(weights), _interval(pairs, weights)
        if between.score @ made < lowest * (1 - ROUNDING) and effective >= LEAST_EFFECTIVE:
            lowest, told = float(between.score @ made), (float(between.width @ made), effective)
    bits, error = max(best, grouped)
    return Learned(bits, error, grouped[0], pair_bits, told[0], float(flat.width @ made), told[1])


def _weights(pairs: Pairs, readings: Sequence[Reading], smoothing: float) -> np.ndarray:
    """(readings, pairs): weight of each pair given a noisy reading, up to a factor a reading."""
    log = np.zeros_like(pairs.say)
    for r in readings:
        log -= 0.5 * r.squares / (r.error**2 + (smoothing * r.spread) ** 2)
    log = np.where(pairs.say > 0, log, -np.inf)
    return np.exp(log - log.max(axis=1, keepdims=True)) * pairs.say


def _gained(pairs: Pairs, by_scenario: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """log2 p(k|y)/p(k) of every noisy reading, k the kind of the scenario that made it."""
    same = (kinds[pairs.scenario[pairs.maker]][:, None] == kinds[None, :]).astype(float)
    share = (by_scenario * same).sum(axis=1) / by_scenario.sum(axis=1)
    return np.log2(np.maximum(share, 1e-300)) - np.log2(same.mean(axis=1))


def _error(pairs: Pairs, gained: np.ndarray) -> float:
    """Standard error of the mean over draws, which are what is independent."""
    worth = (gained * np.tile(pairs.weight, REPEATS) / REPEATS).reshape(REPEATS, -1).sum(axis=0)
    by_draw = np.bincount(pairs.draw, worth)
    by_draw = by_draw[np.bincount(pairs.draw) > 0]
    return float(by_draw.std(ddof=1) * np.sqrt(by_draw.size)) if by_draw.size > 1 else 0.0


def _pairwise(pairs: Pairs, by_scenario: np.ndarray) -> np.ndarray:
    """Bits between each two scenarios, were these two the only ones."""
    n = by_scenario.shape[1]
    share = pairs.member[pairs.maker] / pairs.member.sum(axis=0) / REPEATS  # weight of each reading in its scenario
    bits = np.zeros((n, n))
    for a in range(n):
        both = by_scenario[:, [a]] + by_scenario
        odds = np.divide(2 * by_scenario[:, [a]], both, out=np.ones_like(both), where=both > 0)
        bits[a] = share[:, a] @ np.log2(np.maximum(odds, 1e-300))
    return np.clip(0.5 * (bits + bits.T), 0.0, 1.0)


class _Interval(NamedTuple):
    width: np.ndarray
    score: np.ndarray  # width, and 2/(1 - level) times the distance by which the truth lies outside


def _interval(pairs: Pairs, weights: np.ndarray) -> _Interval:
    """The central interval of the target for every noisy reading, linear between mid-weights."""
    target = pairs.target[pairs.order]
    sorted_weights = weights[:, pairs.order]
    middle = np.cumsum(sorted_weights, axis=1) - 0.5 * sorted_weights
    middle /= sorted_weights.sum(axis=1, keepdims=True)
    low, high = (_crossing(middle, target, q) for q in (TAIL, 1 - TAIL))
    truth = pairs.target[pairs.maker]
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return _Interval(high - low, high - low + outside / TAIL)


def _crossing(rising: np.ndarray, values: np.ndarray, at: float) -> np.ndarray:
    """``np.interp(at, row, values)`` of every row at once."""
    rows = np.arange(len(rising))
    after = np.clip((rising < at).sum(axis=1), 1, values.size - 1)
    low, high = rising[rows, after - 1], rising[rows, after]
    part = np.divide(at - low, high - low, out=np.zeros(len(rising)), where=high > low)
    return values[after - 1] + np.clip(part, 0.0, 1.0) * (values[after] - values[after - 1])


def _effective(weights: np.ndarray) -> float:
    """Pairs that carry the weight, (sum w)^2 / sum w^2, median over readings."""
    return float(np.median(weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)))
