"""The posterior by an ensemble of walkers (emcee), kept on disk so that a stopped run goes on where it was."""

from __future__ import annotations

import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .noise import Noise, whitened
from .optimum import Each, Objective, Optimum

SCATTER = "scatter"
LONG_ENOUGH = 50.0  # autocorrelation times that a chain must hold; emcee's own advice
SETTLED = 1.02  # split R-hat below which halves and walkers agree
CHECK = 50  # steps between two looks at convergence, and two savings
FEWEST_WALKERS = 16

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Walked:
    """Positions (steps, walkers, parameters) and how far they are to be trusted."""

    names: tuple[str, ...]
    positions: np.ndarray
    acceptance: float
    burn_in: int
    autocorrelation: Mapping[str, float]
    r_hat: Mapping[str, float]
    converged: bool
    reason: str

    def samples(self) -> np.ndarray:
        """Positions after the burn-in, thinned to two a (shortest) autocorrelation time, (samples, parameters)."""
        thin = max(1, int(min((t for t in self.autocorrelation.values() if np.isfinite(t)), default=1.0) / 2))
        kept = self.positions[self.burn_in :: thin]
        return kept.reshape(-1, kept.shape[2])


def split_r_hat(positions: np.ndarray) -> np.ndarray:
    """Split R-hat of each parameter from (steps, walkers, parameters): each walker's halves count as chains.

    sqrt((W (n-1)/n + B/n) / W), W the mean variance within halves of n steps, B/n the variance of their means. Near
    one when all tell the same. Gelman et al., Bayesian Data Analysis, 3rd ed., 11.4.

    >>> rng = np.random.default_rng(0)
    >>> bool(split_r_hat(rng.normal(size=(1000, 8, 1)))[0] < 1.01)
    True
    """
    half = len(positions) // 2
    if half < 2:
        return np.full(positions.shape[2], np.inf)
    chains = np.concatenate([positions[:half], positions[half : 2 * half]], axis=1)
    within = chains.var(axis=0, ddof=1).mean(axis=0)
    between = chains.mean(axis=0).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt((within * (half - 1) / half + between) / within)


def walk(
    objective: Objective,
    best: Optimum,
    *,
    steps: int,
    seed: int,
    each: Each = map,
    folder: Path | None = None,
    key: str = "",
    progress: Progress = lambda done, total: None,
) -> Walked:
    """Sample the posterior until it has converged or ``steps`` are done, beside those that ``folder`` holds.

    Moves are differential evolution (Ter Braak & Vrugt 2008, 10.1007/s11222-008-9104-9), four in five plain, one a
    snooker. The scatter of capacities is sampled with a flat prior in its logarithm where the data told it, the
    persistence stays at its estimate. ``folder`` keeps the chain; one found there with the same ``key`` is continued,
    with the same result as if it had never stopped.
    """
    import emcee

    names = [f.name for f in objective.model.free] + ([SCATTER] if best.measured else [])
    posterior = _Posterior(objective, best)
    walkers = max(FEWEST_WALKERS, 2 * (len(names) + 1))
    walkers += walkers % 2
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(
        walkers, len(names), lambda points: np.array(list(each(posterior, points))), moves=moves, vectorize=True
    )
    kept = _load(folder, key)
    if kept is None:
        state = emcee.State(posterior.around(walkers, seed), random_state=np.random.RandomState(seed).get_state())
        done = 0
    else:
        state = _restored(sampler, kept)
        done = len(kept["chain"])
    limit = done + steps
    while True:
        seen = _seen(tuple(names), sampler) if done else None
        progress(done, limit)
        if done >= limit or (seen and seen.converged):
            break
        count = min(CHECK, limit - done)
        state = sampler.run_mcmc(state, count, skip_initial_state_check=True)
        done += count
        if folder:
            _save(folder, key, sampler, state)
    progress(limit, limit)
    return seen or _seen(tuple(names), sampler)


class _Posterior:
    """Log posterior of a point with ln(scatter) behind it, up to a constant."""

    def __init__(self, objective: Objective, best: Optimum) -> None:
        self.objective, self.best = objective, best

    def __call__(self, position: np.ndarray) -> float:
        size = len(self.objective.model.free)
        point, noise = position[:size], self.best.noise
        if np.any(point < self.objective.low) or np.any(point > self.objective.high):
            return -math.inf
        if self.best.measured:
            shift = position[size]
            if not abs(shift) < 5:
                return -math.inf
            noise = Noise(noise.scatter * math.exp(shift), noise.persistence)
        total = -0.5 * float(np.sum(point[self.objective.graded] ** 2))
        model = self.objective.model
        for data, predicted in zip(model.data, model.predicted(point)):
            found = whitened(data, predicted, noise)
            total -= 0.5 * float(found.residual @ found.residual) + found.log_scale
        return total

    def around(self, walkers: int, seed: int) -> np.ndarray:
        """Starting positions: the Gaussian of the optimum, inside the ranges."""
        rng = np.random.default_rng([seed, walkers])
        low, high = self.objective.low, self.objective.high
        spread = np.linalg.cholesky(self.best.covariance + 1e-12 * np.eye(low.size))
        points = self.best.point + rng.normal(size=(walkers, low.size)) @ spread.T
        inside = np.clip(points, low, high)
        points = np.where(points == inside, points, low + (high - low) * rng.uniform(0.01, 0.99, points.shape))
        if self.best.measured:
            points = np.column_stack([points, 0.1 * rng.normal(size=walkers)])
        return points


def _seen(names: tuple[str, ...], sampler) -> Walked:
    """How the chain stands: five autocorrelation times, a quarter at most, left out; then both tests on the rest."""
    from emcee.autocorr import integrated_time

    positions = sampler.get_chain()
    steps = len(positions)
    times = integrated_time(positions, quiet=True, tol=0) if steps > 10 else np.full(len(names), np.inf)
    longest = float(np.max(times)) if np.all(np.isfinite(times)) else math.inf
    burn_in = int(min(5 * longest if math.isfinite(longest) else steps, steps // 4))
    after = positions[burn_in:]
    times = integrated_time(after, quiet=True, tol=0) if len(after) > 10 else times
    r_hat = split_r_hat(after)
    reasons = []
    worst = int(np.argmax(np.where(np.isfinite(times), times, np.inf)))
    if not np.all(np.isfinite(times)) or len(after) < LONG_ENOUGH * times[worst]:
        need = LONG_ENOUGH * times[worst]
        told = f"{len(after)} steps after the burn-in are too few to tell an autocorrelation time"
        if np.isfinite(need):
            told = (
                f"{len(after)} steps after the burn-in are {len(after) / times[worst]:.0f} autocorrelation times of "
                f"{names[worst]}, {LONG_ENOUGH:.0f} are needed (about {need:.0f} steps)"
            )
        reasons.append(told)
    unsettled = [n for n, r in zip(names, r_hat) if not r < SETTLED]
    if unsettled:
        reasons.append(f"split R-hat of {', '.join(unsettled)} is not below {SETTLED}")
    return Walked(
        names=names,
        positions=positions,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
        burn_in=burn_in,
        autocorrelation=dict(zip(names, map(float, times))),
        r_hat=dict(zip(names, map(float, r_hat))),
        converged=not reasons,
        reason="; ".join(reasons),
    )


CHAIN = "chain.npz"


def _save(folder: Path, key: str, sampler, state) -> None:
    """The whole chain and the state of the random numbers, written aside and renamed."""
    kind, keys, at, has, cached = state.random_state
    folder.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".chain-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                key=np.array(key),
                chain=sampler.get_chain(),
                log_prob=sampler.get_log_prob(),
                accepted=sampler.backend.accepted,
                keys=keys,
                at=np.array([at, has]),
                cached=np.array(cached),
            )
        Path(aside).replace(folder / CHAIN)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _load(folder: Path | None, key: str) -> dict[str, np.ndarray] | None:
    """A chain of the same question; None where there is none, or one that cannot be read."""
    if folder is None or not (folder / CHAIN).is_file():
        return None
    try:
        with np.load(folder / CHAIN, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return kept if str(kept.get("key")) == key else None


def _restored(sampler, kept: Mapping[str, np.ndarray]):
    """The sampler as it was after the last saved step."""
    import emcee

    backend = sampler.backend
    backend.reset(*kept["chain"].shape[1:])
    backend.chain, backend.log_prob = kept["chain"], kept["log_prob"]
    backend.accepted, backend.iteration, backend.initialized = kept["accepted"], len(kept["chain"]), True
    at, has = (int(v) for v in kept["at"])
    random_state = ("MT19937", kept["keys"], at, has, float(kept["cached"]))
    return emcee.State(kept["chain"][-1], log_prob=kept["log_prob"][-1], random_state=random_state)
