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
from .headline import interval, reported_capacity, solved_lives
from .scores import crps, scattered

EXPLAINED = 3.0  # standard deviations from the data within which a draw counts as an explanation
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


def misses(lives: np.ndarray, seen: Mapping[str, float]) -> np.ndarray:
    """Distance of lives (draws, cycles) from the data in standard deviations, (draws, data).

    Replicates differ in ln(capacity) by mass and loading and in ln(retention); the two are independent, so the last
    capacity carries both. Where both are seen, the level is compared through the first cycle that they imply.
    """
    level, kept = reading_errors()
    retention = np.log(lives[:, -1] / lives[:, 0])
    columns = []
    if "retention" in seen:
        columns.append((np.log(seen["retention"]) - retention) / kept)
        if "last" in seen:
            columns.append((np.log(seen["last"] / seen["retention"]) - np.log(lives[:, 0])) / level)
    elif "last" in seen:
        columns.append((np.log(seen["last"]) - np.log(lives[:, -1])) / np.hypot(level, kept))
    return np.column_stack(columns)


def update(
    draws: Sequence[Draw],
    scenarios: Sequence[Scenario],
    cell: str,
    seen: Mapping[str, float],
    points: Mapping[str, float],
) -> Update | None:
    """Scenarios after the data, from equal weights before; None without data or without a life to compare.

    p(data | scenario) is the mean over the scenario's solved draws of the likelihood with the errors of replicates.
    What to expect of another such cell is the mixture with those weights; it is not told where fewer than a few draws
    carry them. Scores are of the prediction as it stood before: CRPS of the mixture, replicates' scatter included, and
    of ``points``, guesses of the retention that need no model.
    """
    lives = solved_lives(cell, draws, scenarios)
    alive = {n: rows[(rows[:, 0] > 0) & (rows[:, -1] > 0)] for n, rows in lives.items() if len(rows)}
    alive = {n: rows for n, rows in alive.items() if len(rows)}
    if not seen or not alive:
        return None
    away = {n: np.sum(misses(rows, seen) ** 2, axis=1) for n, rows in alive.items()}
    best = min(a.min() for a in away.values())
    # a draw that died counts with likelihood zero
    each = {n: np.exp(-0.5 * (a - best)) / len(lives[n]) for n, a in away.items()}
    total = sum(e.sum() for e in each.values())
    weights = np.concatenate(list(each.values())) / total
    rows = np.vstack(list(alive.values()))
    carrying = float(1 / np.sum(weights**2))
    explained = bool(np.sqrt(best) <= EXPLAINED and carrying >= FEWEST)
    return Update(
        cell=cell,
        weights=tuple(
            Weight(
                scenario=s.name,
                before=1 / len(alive) if s.name in alive else 0.0,
                after=float(each[s.name].sum() / total) if s.name in each else 0.0,
                nearest=float(np.sqrt(away[s.name].min())) if s.name in away else None,
            )
            for s in scenarios
        ),
        nearest=float(np.sqrt(best)),
        carrying=carrying,
        explained=explained,
        retention=interval(Retention, rows[:, -1] / rows[:, 0], weights) if explained else None,
        last=interval(Capacity, rows[:, -1], weights) if explained else None,
        scores=_scores(alive, seen, points),
    )


def _scores(
    alive: Mapping[str, np.ndarray], seen: Mapping[str, float], points: Mapping[str, float]
) -> tuple[Score, ...]:
    """CRPS of the retention: the mixture of all scenarios, each scenario, and guesses; none without a retention."""
    if "retention" not in seen:
        return ()
    kept = {n: rows[:, -1] / rows[:, 0] for n, rows in alive.items()}
    spread = {n: scattered(v, reading_errors()[1]) for n, v in kept.items()}
    weights = np.concatenate([np.full(v.size, 1 / v.size) for v in spread.values()])
    found = [("prediction", crps(np.concatenate(list(spread.values())), seen["retention"], weights))]
    found += [(n, crps(v, seen["retention"])) for n, v in points.items()]
    found += [(n, crps(v, seen["retention"])) for n, v in spread.items()]
    return tuple(Score(name=name, crps=value) for name, value in found)
