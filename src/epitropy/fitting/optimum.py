"""Best fit: least squares from several starts; and along each parameter, with the others fitted again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from ..calibrate.scales import solve_scales
from ..records.scenario import Scales
from .model import FitModel
from .noise import Noise, capacity_misses, estimated, reading_error, whitened
from .parameters import FADE, KINETIC

STEP = 0.05  # of a coordinate, wide against the 0.001 mAh/g by which steps of a cycle make a life rough
ROUNDS = 3
REFITS, ENOUGH = 12, 0.03  # steps of a refit, and of chi-square what one must gain to go on
COARSE, FINE = 1e-3, 1e-5  # share of chi-square at which a search, or the last polish, ends
RISE_80 = NormalDist().inv_cdf(0.9) ** 2  # of chi-square at the ends of an 80 % interval of one parameter, 1.642
SAME = 4.0  # of chi-square within which two searches have found one optimum
Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best point, its covariance (J^T J)^-1, chi-square with priors, and the noise it was found with."""

    point: np.ndarray
    covariance: np.ndarray
    slope: np.ndarray  # of the whitened residuals
    chi_square: float
    noise: Noise
    measured: bool  # the noise is that of the data


class Objective:
    """Whitened residuals with the priors of inputs below them; scales have a flat prior in ln within their range.

    ``centre`` is where the priors stand, zero unless a draw moves them.
    """

    def __init__(self, model: FitModel, each: Each = map, centre: np.ndarray | None = None) -> None:
        self.model, self.each = model, each
        self.centre = np.zeros(len(model.free)) if centre is None else centre
        self.low = np.array([f.low for f in model.free])
        self.high = np.array([f.high for f in model.free])
        self.graded = np.array([f.prior is not None for f in model.free])

    def residual(self, point: np.ndarray, noise: Noise) -> np.ndarray:
        found = [whitened(d, p, noise).residual for d, p in zip(self.model.data, self.model.predicted(point))]
        return np.concatenate([*found, (point - self.centre)[self.graded]])

    def slope(self, point: np.ndarray, noise: Noise, each: Each | None = None) -> np.ndarray:
        """Central differences, one-sided where a step would leave the range."""
        steps = STEP * np.eye(point.size)
        ends = [np.clip(point + sign * step, self.low, self.high) for step in steps for sign in (1.0, -1.0)]
        found = list((each or self.each)(lambda p: self.residual(p, noise), ends))
        width = [(ends[2 * i] - ends[2 * i + 1])[i] for i in range(point.size)]
        return np.column_stack([(found[2 * i] - found[2 * i + 1]) / w for i, w in enumerate(width)])

    def fit(self, start: np.ndarray, noise: Noise, tolerance: float = COARSE) -> tuple[np.ndarray, float]:
        """(point, chi-square) of a local optimum."""
        found = least_squares(
            lambda point: self.residual(point, noise),
            np.clip(start, self.low + 1e-9, self.high - 1e-9),
            jac=lambda point: self.slope(point, noise),
            bounds=(self.low, self.high),
            ftol=tolerance,
            xtol=tolerance,
            gtol=1e-8,
            max_nfev=40,
        )
        return found.x, float(2 * found.cost)


def first_guess(model: FitModel) -> np.ndarray:
    """Scales that meet first and last capacity of the calibration cell's first curve; inputs at their medians."""
    point = np.zeros(len(model.free))
    names = [f.name for f in model.free]
    curve = next(
        (d.readings["capacity"] for d in model.data if d.cell == model.known and "capacity" in d.readings), None
    )
    if curve is None:
        return point
    value = curve.value[~np.isfinite(curve.rate)]
    if value.size < 2:
        return point
    near = max(1, value.size // 40)
    first, last = float(np.median(value[:near])), float(np.median(value[-near:]))
    cell = model.cells[model.known]
    found = solve_scales(cell, *model.ready[model.known], model.scenario, first, last, resolution=model.resolution)
    if isinstance(found, Scales):
        for name, scale in ((KINETIC, found.kinetic), (FADE, found.fade)):
            if name in names:
                point[names.index(name)] = math.log(scale)
    return point


def starts(objective: Objective, centre: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """``centre`` and a Sobol sequence around it: inputs over their priors, scales within a factor of e."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    if count < 2:
        return [centre]
    unit = qmc.Sobol(centre.size, seed=seed).random_base2(max(1, math.ceil(math.log2(count))))[: count - 1]
    normal = ndtri(np.clip(unit, 0.02, 0.98))
    points = np.where(objective.graded, normal, centre + normal / 2)
    return [centre, *np.clip(points, objective.low + 0.01, objective.high - 0.01)]


def optimum(
    objective: Objective, *, count: int, seed: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> tuple[Optimum, int]:
    """The best of several local optima, and how many starts led to it.

    The scatter is that which the fit leaves, so fit and scatter take turns until both stand; with too few readings to
    tell, it is that of ``data/readings.toml``.
    """
    noise, measured = Noise(reading_error("capacity")), False
    points = starts(objective, first_guess(objective.model), count, seed)
    total = len(points) + ROUNDS + 1
    point = points[0]
    for turn in range(ROUNDS):
        progress(turn, total)
        point, _ = objective.fit(point, noise)
        before, now = noise, left(objective, point)
        if now is None:
            break
        noise, measured = now, True
        if _alike(noise, before):
            break
    found = []
    for i, start in enumerate([point, *points[1:]]):
        progress(ROUNDS + i, total)
        found.append(objective.fit(start, noise))
    best = min(found, key=lambda f: f[1])
    same = sum(f[1] - best[1] < SAME for f in found)
    progress(total - 1, total)
    point, chi = objective.fit(best[0], noise, FINE)
    if measured and not _alike(now := left(objective, point) or noise, noise):
        noise = now
        point, chi = objective.fit(point, noise, FINE)
    progress(total, total)
    slope = objective.slope(point, noise)
    covariance = np.linalg.pinv(slope.T @ slope)
    return Optimum(point, covariance, slope, chi, noise, measured), same


def _alike(one: Noise, other: Noise) -> bool:
    return abs(one.scatter / other.scatter - 1) < 0.03 and abs(one.persistence - other.persistence) < 0.05


def left(objective: Objective, point: np.ndarray) -> Noise | None:
    """The noise that the fit at ``point`` leaves."""
    predicted = objective.model.predicted(point)
    flat = Noise(reading_error("capacity"))
    misses = []
    for data, values in zip(objective.model.data, predicted):
        misses.append(capacity_misses(data, values, whitened(data, values, flat).shared))
    return estimated(misses, point.size)


def profile(objective: Objective, best: Optimum, index: int) -> tuple[np.ndarray, np.ndarray]:
    """(coordinate, rise of chi-square) along one parameter, from below to above the optimum, others fitted again.

    Points are set by the curvature at the optimum and go on outwards until the rise passes that of an 80 % interval
    or the range ends. A rise below zero means that a better optimum lies elsewhere.
    """
    spread = math.sqrt(best.covariance[index, index])

    def side(sign: float) -> list[tuple[float, float]]:
        found, point, slope, far, step = [], best.point, best.slope, 0.0, 0.75 * spread
        limit = (objective.high if sign > 0 else objective.low)[index]
        for _ in range(12):
            far += step
            at = best.point[index] + sign * far
            at = min(at, limit) if sign > 0 else max(at, limit)
            # the others give way along the valley, from where the last point left them
            start = point + best.covariance[:, index] / spread**2 * (at - point[index])
            start = np.clip(start, objective.low, objective.high)
            start[index] = at
            point, chi, slope = refined(objective, start, slope, best.noise, index)
            found.append((at, chi - best.chi_square))
            if found[-1][1] > 1.8 * RISE_80 or at == limit:
                break
            if found[-1][1] < 0.3 * RISE_80 and len(found) > 1:
                step *= 1.6
        return found

    below, above = objective.each(side, (-1.0, 1.0))
    points = [*reversed(below), (best.point[index], 0.0), *above]
    return np.array([p for p, _ in points]), np.array([r for _, r in points])


def refined(
    objective: Objective, start: np.ndarray, slope: np.ndarray, noise: Noise, held: int | None = None
) -> tuple[np.ndarray, float, np.ndarray]:
    """(point, chi-square, slope) by Gauss-Newton steps from nearby with a slope known from there; ``held`` stays.

    The slope follows the steps by Broyden's rank-one update. A step that does not lower chi-square is shortened; then
    a new slope is taken. It ends when even that gains next to nothing: an unfinished refit would make a profile too
    steep and its interval too narrow.
    """
    moving = np.arange(start.size) != (-1 if held is None else held)
    point = np.clip(start, objective.low, objective.high)
    r = objective.residual(point, noise)
    chi, fresh = float(r @ r), False
    if not moving.any():
        return point, chi, slope
    for _ in range(REFITS):
        step = np.zeros(point.size)
        step[moving] = -np.linalg.pinv(slope[:, moving]) @ r
        gained = 0.0
        for length in (1.0, 0.3, 0.1):
            trial = np.clip(point + length * step, objective.low, objective.high)
            after = objective.residual(trial, noise)
            way = trial - point
            if way @ way > 0:
                slope = slope + np.outer(after - r - slope @ way, way) / (way @ way)
            if float(after @ after) < chi:
                gained = chi - float(after @ after)
                point, r, chi = trial, after, float(after @ after)
                break
        if gained < ENOUGH:
            if fresh:
                break
            slope, fresh = objective.slope(point, noise, map), True  # a worker must not wait for workers
        elif fresh and gained > 10 * ENOUGH:
            fresh = False  # moved on: look again before giving up
    return point, chi, slope


def ends(at: np.ndarray, rise: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """10 and 90 % quantiles of the density exp(-rise/2) along a parameter, within its range ``low`` to ``high``.

    The other parameters have given way, so this is the marginal posterior where its conditional width does not change
    (Laplace); of a parabola the quantiles are where the rise is 1.642. Where the data stop telling on one side, as at
    a saturation, a threshold alone would end the interval too early. Between points and beyond them the signed root
    of the rise is taken as straight.

    >>> x = np.linspace(-3, 3, 7)
    >>> [round(v, 2) for v in ends(x, x**2, -9.0, 9.0)]
    [-1.28, 1.28]
    """
    x, order = np.unique(at, return_index=True)
    if x.size < 2:
        return float(x[0]), float(x[0])
    best = int(np.argmin(rise[order]))
    root = np.sqrt(rise[order] - rise[order][best]) * np.where(np.arange(x.size) < best, -1.0, 1.0)
    root = np.maximum.accumulate(root)  # noise of the fits must not fold it
    first, last = (root[1] - root[0]) / (x[1] - x[0]), (root[-1] - root[-2]) / (x[-1] - x[-2])
    reach = [6.0 / max(slope, 6.0 / (high - low)) for slope in (first, last)]
    grid = np.linspace(max(low, x[0] - reach[0]), min(high, x[-1] + reach[1]), 4001)
    told = np.interp(grid, x, root)
    told += np.minimum(grid - x[0], 0.0) * first + np.maximum(grid - x[-1], 0.0) * last
    mass = np.cumsum(np.exp(-0.5 * told**2))
    below, above = np.interp([0.1, 0.9], mass / mass[-1], grid)
    return float(below), float(above)


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Correlation matrix of a covariance."""
    spread = np.sqrt(np.diag(covariance))
    return covariance / np.outer(spread, spread)
