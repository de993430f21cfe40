"""What a measured cell says about the scenarios that predicted it: weights, what to expect next, and a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..records.headline import (
    Capacity,
    Retention,
    Score,
    Update,
    Weight,
)
from ..records.scenario import Scenario
from ..sources import default
from ..study import Study
from .ensemble import Draw
from .headline import interval, reported_capacity, retentions, solved_lives
from .scores import crps, scattered

EXPLAINED = 3.0  # standard deviations from the data within which a draw counts as an explanation
OWN_SPREAD = 5  # draws from which a scenario's own spread is taken, else that of all
FEWEST = 5.0  # draws' worth of weight below which nothing is said of what to expect


def reading_errors() -> tuple[float, float]:
    """Standard deviations of ln(capacity) and ln(retention) between replicates of one cell.

    >>> reading_errors()
    (0.015, 0.01)
    """
    return tuple(default(f"calibration.{level}", "1").spread[0] for level in ("capacity_level", "retention_level"))


def observed(study: Study, cell: str) -> dict[str, float]:
    """What is reported of a cell that was predicted: last capacity [C/kg] and retention, where given.

    A reported retention is taken as read; without one it follows from both capacities.
    """
    first, last = reported_capacity(study, cell)
    cycles = study.cells[cell].protocol.cycles
    kept = study.reported[cell].retention.get(cycles) if cell in study.reported else None
    found = {"last": last} if last else {}
    if kept is not None:
        found["retention"] = kept.value
    elif first and last:
        found["retention"] = last / first
    return found


def seen_numbers(
    lives: np.ndarray, seen: Mapping[str, float], replicates: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the lives (draws, cycles) show of what was seen: (draws, data), the data, and their errors; all in ln.

    Replicates differ in ln(capacity) by mass and loading and, independently, in ln(retention). Where both are seen,
    the level is compared through the first cycle that they imply, so that errors stay independent. The mean of several
    ``replicates`` is known better.
    """
    level, kept = (e / np.sqrt(replicates) for e in reading_errors())
    shown, data, errors = [], [], []
    if "retention" in seen:
        shown.append(np.log(lives[:, -1] / lives[:, 0]))
        data.append(np.log(seen["retention"]))
        errors.append(kept)
        if "last" in seen:
            shown.append(np.log(lives[:, 0]))
            data.append(np.log(seen["last"] / seen["retention"]))
            errors.append(level)
    elif "last" in seen:
        shown.append(np.log(lives[:, -1]))
        data.append(np.log(seen["last"]))
        errors.append(float(np.hypot(level, kept)))
    return np.column_stack(shown), np.array(data), np.array(errors)


def log_density(shown: np.ndarray, data: np.ndarray, errors: np.ndarray, spread: np.ndarray) -> float:
    """ln p(data) from draws (n, d) of what a scenario shows: a Gaussian about each, of the readings' errors and a
    share n^(-1/(d + 4)) of ``spread``, the covariance of the draws (Scott's rule), as few draws stand for many.

    >>> x = np.array([[0.0]])
    >>> bool(np.isclose(log_density(x, np.zeros(1), np.ones(1), np.zeros((1, 1))), -0.5 * np.log(2 * np.pi)))
    True
    """
    from scipy.special import logsumexp
    from scipy.stats import multivariate_normal

    count, size = shown.shape
    covariance = np.diag(errors**2) + count ** (-2 / (size + 4)) * spread
    each = multivariate_normal(np.zeros(size), covariance).logpdf(data - shown)
    return float(logsumexp(each) - np.log(count))


def update(
    draws: Sequence[Draw],
    scenarios: Sequence[Scenario],
    cell: str,
    seen: Mapping[str, float],
    points: Mapping[str, float],
    replicates: int = 1,
) -> Update | None:
    """Scenarios after the data, from equal weights before; None without data or without a life to compare.

    p(data | scenario) is the density of the scenario's draws at the data (`log_density`), times the share of its
    solved draws that live. What to expect of another such cell weighs each draw by the likelihood of the data with
    the errors of replicates; it is not told where fewer than a few draws carry that. Scores are of the prediction as
    it stood before: CRPS of the mixture, replicates' scatter included, and of ``points``, guesses of the retention
    that need no model.
    """
    lives = solved_lives(cell, draws, scenarios)
    solved = {n: rows for n, rows in lives.items() if len(rows)}
    alive = {n: rows[(rows[:, 0] > 0) & (rows[:, -1] > 0)] for n, rows in solved.items()}
    alive = {n: rows for n, rows in alive.items() if len(rows)}
    if not seen or not alive:
        return None
    shown = {n: seen_numbers(rows, seen, replicates) for n, rows in alive.items()}
    pooled = _pooled([x for x, _, _ in shown.values()])
    density = {
        n: log_density(x, data, errors, np.cov(x.T, ddof=1).reshape(pooled.shape) if len(x) >= OWN_SPREAD else pooled)
        + np.log(len(x) / len(lives[n]))
        for n, (x, data, errors) in shown.items()
    }
    after = {n: np.exp(d - max(density.values())) for n, d in density.items()}
    total = sum(after.values())
    away = {n: np.sum(((data - x) / errors) ** 2, axis=1) for n, (x, data, errors) in shown.items()}
    best = min(a.min() for a in away.values())
    weights = np.concatenate([np.exp(-0.5 * (a - best)) / len(lives[n]) for n, a in away.items()])
    weights /= weights.sum()
    rows = np.vstack(list(alive.values()))
    carrying = float(1 / np.sum(weights**2))
    explained = bool(np.sqrt(best) <= EXPLAINED)
    told = explained and carrying >= FEWEST
    level, kept = reading_errors()
    return Update(
        cell=cell,
        weights=tuple(
            Weight(
                scenario=s.name,
                before=1 / len(solved) if s.name in solved else 0.0,
                after=float(after[s.name] / total) if s.name in after else 0.0,
                nearest=float(np.sqrt(away[s.name].min())) if s.name in away else None,
            )
            for s in scenarios
        ),
        nearest=float(np.sqrt(best)),
        carrying=carrying,
        explained=explained,
        retention=_another(Retention, rows[:, -1] / rows[:, 0], weights, kept) if told else None,
        last=_another(Capacity, rows[:, -1], weights, float(np.hypot(level, kept))) if told else None,
        scores=_scores(solved, seen, points),
    )


def _another(kind: type, values: np.ndarray, weights: np.ndarray, error: float) -> Retention | Capacity:
    """What another cell may show: the draws with the scatter of replicates."""
    readings = scattered(values, error)
    return interval(kind, readings, np.repeat(weights, len(readings) // len(values)))


def _scores(
    solved: Mapping[str, np.ndarray], seen: Mapping[str, float], points: Mapping[str, float]
) -> tuple[Score, ...]:
    """CRPS of the retention: the mixture of all scenarios, each scenario, and guesses; none without a retention.

    A draw whose cell died keeps nothing, as in the headline.
    """
    if "retention" not in seen:
        return ()
    spread = {n: scattered(retentions(rows), reading_errors()[1]) for n, rows in solved.items()}
    weights = np.concatenate([np.full(v.size, 1 / v.size) for v in spread.values()])
    found = [("prediction", crps(np.concatenate(list(spread.values())), seen["retention"], weights))]
    found += [(n, crps(v, seen["retention"])) for n, v in points.items()]
    found += [(n, crps(v, seen["retention"])) for n, v in spread.items()]
    return tuple(Score(name=name, crps=value) for name, value in found)


def _pooled(shown: Sequence[np.ndarray]) -> np.ndarray:
    """Mean covariance within scenarios, (data, data); zero where none has two draws."""
    size = shown[0].shape[1]
    found = [np.cov(x.T, ddof=1).reshape(size, size) for x in shown if len(x) > 1]
    return np.mean(found, axis=0) if found else np.zeros((size, size))
