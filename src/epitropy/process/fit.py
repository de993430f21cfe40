"""What a line scan says about the diffusivities: least squares with the study's graded spreads as priors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from scipy.optimize import least_squares

from ..errors import InputError
from ..pipeline import coat, heat, powder
from ..records.anneal import DepthProfile
from ..records.process import Fitted, LineScan, ScanFit
from ..records.sourced import Sourced
from ..study import Study
from .scan import brought, over_scan

FILM_AMOUNT, ORIGIN = "scan.film_amount", "scan.origin"
_Z = NormalDist().inv_cdf(0.9)  # half-width of an 80 % interval in standard deviations
_WIDEST = 4.0  # standard deviations that a fit may leave its prior by
_ROUNDS = 4
_FIRST_NOISE = 0.02
_STEP = 0.05  # of a deviation, wide against the noise of the march's own steps
_LONGEST = 4.0  # times what the curvature says, to which an end of an interval is followed

Progress = Callable[[int, int], None]


def fit_scan(
    study: Study,
    scan: LineScan,
    *,
    resolution: float,
    progress: Progress = lambda done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> ScanFit:
    """Diffusivities that reproduce a scan, starting from the study's graded spreads as priors; one cell.

    Minimises sum ((model - measured)/s)^2 + sum theta^2 over theta, each number's deviation from its prior in
    standard deviations of its own distribution: D in host and film of each scanned cation, the dissolution rate, the
    film amount at this spot and the scan's zero. The most abundant cation is not counted: it follows from the sum.
    s^2 is the squared misfit over the data less the numbers that they determine, at least (0.2 at.%)^2.

    An interval's ends lie where the sum has risen by 1.28^2 along the direction in which the other numbers give way,
    and no nearer than the curvature at the optimum says; a number on which the scan is silent keeps its prior. Raises
    `InputError` where there are fewer data than numbers to fit.
    """
    model = _Model(study, scan, resolution, pool)
    if model.data < len(model.names):
        rows = -(-len(model.names) // (len(scan.species) - 1))
        given = f"{scan.depth.size} points of {len(scan.species)} cations for {len(model.names)} numbers"
        raise InputError(f"--fit-scan {scan.name}", given, f"at least {rows} points", "--scan draws it without a fit.")
    theta, noise = np.zeros(len(model.names)), _FIRST_NOISE
    for attempt in range(_ROUNDS):  # the scatter sets the weight of the priors, and the other way round
        progress(attempt, _ROUNDS + 1)
        theta, covariance = _optimum(model, theta, noise)
        before, noise = noise, _scatter(model, theta, covariance)
        if abs(noise - before) < 0.05 * before:
            break
    progress(_ROUNDS, _ROUNDS + 1)
    ends = _ends(model, theta, noise, covariance)
    progress(_ROUNDS + 1, _ROUNDS + 1)
    return _record(model, theta, noise, covariance, ends)


class _Model:
    """The profile under the scan as a function of deviations from the priors."""

    def __init__(self, study: Study, scan: LineScan, resolution: float, pool: ThreadPoolExecutor | None) -> None:
        self.study, self.scan, self.resolution = study, scan, resolution
        self.each: Callable[[Callable, Iterable], Iterable] = pool.map if pool else map
        self.priors = _fitted_inputs(study, scan)
        self.priors |= {FILM_AMOUNT: brought("film_amount", "1"), ORIGIN: brought("origin", "m")}
        self.names = list(self.priors)
        self.counted = np.arange(len(scan.species)) != scan.fraction.mean(axis=1).argmax()

    @property
    def data(self) -> int:
        return int(self.counted.sum()) * self.scan.depth.size

    def at(self, theta: np.ndarray) -> dict[str, float]:
        """Every fitted number in SI."""
        return {n: _value(self.priors[n], t) for n, t in zip(self.names, theta)}

    def profile(self, theta: np.ndarray) -> DepthProfile:
        point = {n: NormalDist().cdf(t) for n, t in zip(self.names, theta)}
        (cell,) = self.study.at(point).cells.values()
        particle = powder(cell)
        layer = coat(cell, particle)
        return heat(cell, particle, replace(layer, coverage=layer.coverage / self.at(theta)[FILM_AMOUNT]))

    def misfit(self, theta: np.ndarray) -> np.ndarray:
        """Model less measured, most abundant cation left out: (cations - 1) x points, flat."""
        model = over_scan(self.profile(theta), self.scan, shift=self.at(theta)[ORIGIN], resolution=self.resolution)
        return (model - self.scan.fraction)[self.counted].ravel()

    def slope(self, theta: np.ndarray) -> np.ndarray:
        """Forward differences (data, theta), towards the prior, so that no step leaves the bounds."""
        steps = np.where(theta > 0, -_STEP, _STEP)
        base, *columns = self.each(
            self.misfit, [theta, *(theta + s * row for s, row in zip(steps, np.eye(theta.size)))]
        )
        return np.column_stack([(c - base) / s for c, s in zip(columns, steps)])


def _fitted_inputs(study: Study, scan: LineScan) -> dict[str, Sourced]:
    """Uncertain diffusivities of the scanned cations, and the dissolution rate."""
    wanted = [f"anneal.diffusivity_{medium}.{e}" for e in scan.species for medium in ("host", "film")]
    wanted.append("anneal.dissolution_rate")
    (cell,) = study.cells
    inputs = study.inputs()
    found = [n for w in wanted for n in (w, f"{cell}.{w}") if n in inputs and inputs[n].uncertain]
    if not found:
        raise InputError("--fit-scan", "no diffusivity with a spread", "a spread on the numbers to be fitted")
    return {n: inputs[n] for n in found}


def _value(prior: Sourced, deviation: float) -> float:
    return prior.at(NormalDist().cdf(deviation)).value


def _optimum(model: _Model, start: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """The most probable deviations and their covariance (J^T J + 1)^-1."""
    found = least_squares(
        lambda t: np.concatenate([model.misfit(t) / noise, t]),
        start,
        jac=lambda t: np.vstack([model.slope(t) / noise, np.eye(t.size)]),
        bounds=(-_WIDEST, _WIDEST),
        ftol=1e-3,
        max_nfev=15,
    )
    return found.x, np.linalg.inv(found.jac.T @ found.jac)


def _scatter(model: _Model, theta: np.ndarray, covariance: np.ndarray) -> float:
    """Standard deviation of a measured fraction: squared misfit over data less the numbers that they determine."""
    determined = float(np.sum(1 - np.diag(covariance)))
    free = max(model.data - determined, 1.0)
    least = brought("least_noise", "1").value
    return max(float(np.sqrt(np.sum(model.misfit(theta) ** 2) / free)), least)


def _ends(model: _Model, theta: np.ndarray, noise: float, covariance: np.ndarray) -> np.ndarray:
    """Deviations at the two ends of each interval, (2, theta)."""

    def total(t: np.ndarray) -> float:
        return float(np.sum((model.misfit(t) / noise) ** 2) + t @ t)

    lowest = total(theta)
    spread = np.sqrt(np.diag(covariance))

    def end(which: tuple[int, float]) -> float:
        i, sign = which
        way = sign * covariance[:, i] / spread[i]  # one standard deviation of number i, the others giving way
        length = _Z
        for _ in range(4):
            rise = total(np.clip(theta + length * way, -_WIDEST, _WIDEST)) - lowest
            if rise > 0.8 * _Z**2 or length >= _LONGEST * _Z:
                break
            length = min(length * min(2.0, _Z / np.sqrt(max(rise, 0.25 * _Z**2))), _LONGEST * _Z)
        return theta[i] + sign * min(length * spread[i], _Z)  # no wider than the prior

    wanted = [(i, sign) for sign in (-1.0, 1.0) for i in range(theta.size)]
    return np.array(list(model.each(end, wanted))).reshape(2, -1)


def _record(model: _Model, theta: np.ndarray, noise: float, covariance: np.ndarray, ends: np.ndarray) -> ScanFit:
    rows = zip(model.names, theta, *ends, np.diag(covariance))
    return ScanFit(
        scan=model.scan.name,
        numbers=tuple(
            Fitted(
                name=name,
                label=model.priors[name].label or name,
                prior=model.priors[name],
                value=_value(model.priors[name], t),
                low=_value(model.priors[name], low),
                high=_value(model.priors[name], high),
                deviation=float(t),
                informed=float(max(0.0, 1 - variance)),
            )
            for name, t, low, high, variance in rows
        ),
        origin_shift=model.at(theta)[ORIGIN],
        noise=noise,
        resolution=model.resolution,
        points=model.scan.fraction.size,
        profile=model.profile(theta),
    )
