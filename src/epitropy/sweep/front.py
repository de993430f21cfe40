"""The front of a sweep or design as far as intervals can tell: points that no other is surely better than."""

from __future__ import annotations

import numpy as np

from .folder import BEST, Folder
from .intervals import draws_column, scenario_weights
from .pareto import surely_dominated
from .rows import INDEX, titled
from .spec import Sweep


def front_of(folder: Folder, sweep: Sweep) -> frozenset[int]:
    """Points with intervals that none of the others with intervals surely dominates; empty where there are none.

    An objective that has no draws, as a cost, is what it is.
    """
    found = folder.table(BEST)
    if not found.num_columns or not sweep.goals:
        return frozenset()
    index = np.array(found[INDEX].to_pylist())
    drawn = {n: draws_column(sweep, n) for n, _ in sweep.goals if draws_column(sweep, n) in found.column_names}
    if not drawn:
        return frozenset()
    samples = {n: np.array(found[column].to_pylist(), dtype=float) for n, column in drawn.items()}
    count = next(iter(samples.values())).shape[1]
    fixed = _fixed(folder, sweep, index)
    signed = [
        (samples[n] if n in samples else np.tile(fixed[n][:, None], count)) * (1 if m else -1) for n, m in sweep.goals
    ]
    draws = np.stack(signed, axis=2)
    solved = np.isfinite(draws).all(axis=2).any(axis=0).reshape(int(folder.meta()["draws"]), -1)
    weights = np.zeros(solved.shape)
    weights[solved] = scenario_weights(np.where(solved, 0.0, np.nan))
    return frozenset(index[~surely_dominated(draws, weights.ravel())].tolist())


def _fixed(folder: Folder, sweep: Sweep, index: np.ndarray) -> dict[str, np.ndarray]:
    """Objectives at the medians, in the order of ``index``."""
    import pyarrow
    from pyarrow import compute

    place = {int(i): n for n, i in enumerate(index)}
    found = {name: np.full(len(index), np.nan) for name, _ in sweep.goals}
    for rows in folder.batches():
        told = rows.filter(compute.is_in(rows[INDEX], pyarrow.array(index))).to_pydict()
        at = [place[i] for i in told[INDEX]]
        for name, column in found.items():
            column[at] = np.array(told[titled(sweep, name)], dtype=float)
    return found
