"""A design from its file to its folder: batches that a search proposes, until the budget is used up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..study import study_hash
from . import engines
from .axes import CHOICE, MAPPING
from .export import sweep_of
from .folder import ROWS, WARM, Folder, open_folder
from .pareto import best
from .rows import DONE, INDEX, STATUS, Made, columns_of, rows_of, titled
from .run import Outcome, Progress, best_intervals, best_sensitivity, engine, lost
from .search import Dimension, Known, allowed, propose
from .spec import Budget, Sweep

TAKEN_BEST, TAKEN_OTHERS = 300, 700  # rows of a sweep that a design starts from
NEAR = 0.1  # shares that far apart, summed over names, are the same mixture to a search
SPENT, ENDED, FROM = "seconds", "ended", "from"
BY_POINTS, BY_TIME, BY_GRID = "points", "time", "grid"


def run_design(
    sweep: Sweep,
    path: Path,
    texts: Mapping[str, str],
    *,
    warm: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
    stop: Callable[[], bool] = lambda: False,
    dask: str = "",
    processes: int | None = None,
) -> Outcome:
    """Go on with a search until its budget is used up, then give the best their intervals.

    What comes out follows from file, seed and the sweep it starts from (``warm``), not from processes or interruptions;
    only where time ends it does the number of batches depend on the machine.
    """
    folder = Folder(path)
    folder.check(sweep)
    start = None if warm is None else _start(sweep, folder, open_folder(warm))
    with folder.alone():
        folder.begin(sweep, texts, sweep.budget.batch)
        if start is not None:
            folder.add(WARM, 0, 0, start.rows, start, warm_columns(sweep))
            folder.note(FROM, open_folder(warm).meta()["hash"])
        aside = [name for kind in (WARM, ROWS) for name in folder.sound(kind)[1]]
        _search(sweep, folder, progress, stop, dask, processes or os.cpu_count() or 1)
        whole = bool(folder.meta().get(ENDED)) and not stop()
        whole = whole and best_intervals(sweep, folder, progress, stop, dask, processes)
        whole = whole and best_sensitivity(sweep, folder, progress, stop, dask, processes)
        done = folder.parts()
        return Outcome(folder.path, whole, sum(p.rows for p in done), sum(p.failed for p in done), tuple(aside))


def _search(
    sweep: Sweep, folder: Folder, progress: Progress, stop: Callable[[], bool], dask: str, processes: int
) -> None:
    """Batch after batch; each is kept as a whole before the next is proposed."""
    known = _known(sweep, folder)
    folder.note(ENDED, "")
    while not folder.meta()[ENDED] and not stop():  # once, but for processes that die
        batches = _Batches(sweep, folder, known, stop)
        for (number, index, _), made in engine(rows_of, sweep, iter(batches), lambda: False, dask, processes):
            batches.take(number, index, made or lost(sweep, index, index + 1))
            progress("points", len(batches.seen()) + len(batches.made), sweep.budget.points)


class _Batches:
    """Chunks for an engine: the points of a batch, then the next batch once all of them have come back."""

    def __init__(self, sweep: Sweep, folder: Folder, known: list[Known], stop: Callable[[], bool]) -> None:
        self.sweep, self.folder, self.known, self.stop = sweep, folder, known, stop
        self.open: list[int] = []
        self.made: dict[int, Made] = {}
        self.number = _next(folder)
        self.since = time.perf_counter()

    def seen(self) -> list[Known]:
        return [k for k in self.known if k.here]

    def __iter__(self) -> Iterator[engines.Chunk | None]:
        while not self.stop() and not self._ended():
            left = self.sweep.budget.points - len(self.seen())
            self.open = self._first() if self.number == 0 else []
            self.open = (self.open or propose(self.sweep, self.known, self.number, self.sweep.budget.batch))[:left]
            if not self.open:
                self.folder.note(ENDED, BY_GRID)
                return
            yield from ((self.number, index, index + 1) for index in self.open)
            while self.open:
                yield None  # nothing to give out before something comes back

    def take(self, number: int, index: int, made: Made) -> None:
        """One point came back; the last one of a batch closes it."""
        self.made[index] = made
        if set(self.made) < set(self.open):
            return
        rows = _joined([self.made[i] for i in self.open])
        self.folder.add(ROWS, number, min(self.open), max(self.open) + 1, rows, columns_of(self.sweep))
        self.known += _known_of(self.sweep, rows.columns)
        spent = float(self.folder.meta().get(SPENT, 0.0)) + time.perf_counter() - self.since
        self.folder.note(SPENT, repr(spent))
        self.open, self.made, self.number, self.since = [], {}, _next(self.folder), time.perf_counter()

    def _first(self) -> list[int]:
        """A design that starts from a sweep computes that one's best first."""
        given = [k for k in self.known if not k.here and k.values]
        if not given:
            return []
        values = np.array([k.values for k in given])
        order = best(values, [more for _, more in self.sweep.goals], self.sweep.budget.batch)
        return [i for i in dict.fromkeys(given[n].index for n in order) if allowed(self.sweep, i)]

    def _ended(self) -> bool:
        budget: Budget = self.sweep.budget
        spent = float(self.folder.meta().get(SPENT, 0.0))
        why = BY_POINTS if len(self.seen()) >= budget.points else ""
        why = why or (BY_TIME if budget.time is not None and spent >= budget.time else "")
        if why:
            self.folder.note(ENDED, why)
        return bool(why)


def _next(folder: Folder) -> int:
    """The first batch that the folder lacks; one in the middle where a part was set aside."""
    there = {p.chunk for p in folder.parts()}
    return next(n for n in range(len(there) + 1) if n not in there)


def _joined(made: Sequence[Made]) -> Made:
    columns = {name: [value for m in made for value in m.columns[name]] for name in made[0].columns}
    return Made(columns, sum(m.rows for m in made), sum(m.failed for m in made))


def _known(sweep: Sweep, folder: Folder) -> list[Known]:
    """All that the folder holds, what it started from first."""
    found = [k for rows in folder.batches(WARM) for k in _known_of(sweep, rows.to_pydict(), here=False)]
    return found + [k for rows in folder.batches(ROWS) for k in _known_of(sweep, rows.to_pydict())]


def _known_of(sweep: Sweep, columns: Mapping[str, Sequence], here: bool = True) -> list[Known]:
    goals = [columns[titled(sweep, name)] for name, _ in sweep.goals]
    found = []
    for index, status, *values in zip(columns[INDEX], columns[STATUS], *goals):
        solved = status == DONE and all(v is not None and np.isfinite(v) for v in values)
        found.append(Known(index, tuple(values) if solved else None, here))
    return found


def warm_columns(sweep: Sweep) -> dict[str, str]:
    """Column -> kind of the rows that a design starts from."""
    return {INDEX: "whole"} | {titled(sweep, n): "number" for n, _ in sweep.goals} | {STATUS: "text"}


def _start(sweep: Sweep, folder: Folder, other: Folder) -> Made | None:
    """Rows of a sweep that say something about this search, on its grid; None where the folder has them already."""
    given = other.meta()
    if folder.exists and folder.meta().get(FROM) == given["hash"]:
        return None
    if folder.exists and folder.parts():
        raise InputError("--from", "a design that has begun without it", "a new folder")
    theirs = sweep_of(other)
    asked = {name for name, _ in sweep.goals}
    faults = {
        "of another study": study_hash(theirs.study) != study_hash(sweep.study),
        f"in the scenario {theirs.scenario}, not {sweep.scenario}": theirs.scenario != sweep.scenario,
        f"without {', '.join(sorted(asked - set(theirs.told)))}": not asked <= set(theirs.told),
        f"that varies {', '.join(f.name for f in theirs.grid.fields)}": {f.name for f in theirs.grid.fields}
        != {f.name for f in sweep.grid.fields},
    }
    for fault, found in faults.items():
        if found:
            allowed = "a sweep of the same study, scenario, varied fields and objectives"
            raise InputError("--from", f"a sweep {fault}", allowed)
    return _taken(sweep, other, theirs)


def _taken(sweep: Sweep, other: Folder, theirs: Sweep) -> Made:
    """The best rows and some of the others, each at the nearest point of this grid."""
    table = other.table()
    if not table.num_columns:
        raise InputError("--from", f"'{other.path}' has no rows yet", "a sweep that was run")
    names = [titled(sweep, name) for name, _ in sweep.goals]
    values = np.column_stack([np.array(table[n].to_pylist(), dtype=float) for n in names])
    done = np.flatnonzero((np.array(table[STATUS].to_pylist()) == DONE) & np.isfinite(values).all(axis=1))
    order = best(values[done], [more for _, more in sweep.goals], TAKEN_BEST)
    others = np.setdiff1d(np.arange(len(done)), order)
    spread = others[:: max(1, -(-len(others) // TAKEN_OTHERS))]
    columns: dict[str, list] = {name: [] for name in warm_columns(sweep)}
    for row in done[[*order, *spread]]:
        index = _nearest(sweep, theirs.grid.at(table[INDEX][int(row)].as_py()))
        if index is not None:
            columns[INDEX].append(index)
            columns[STATUS].append(DONE)
            for name, value in zip(names, values[row]):
                columns[name].append(float(value))
    if not columns[INDEX]:
        raise InputError("--from", "a sweep with no row inside these ranges", "one that overlaps with them")
    return Made(columns, len(columns[INDEX]), 0)


def _nearest(sweep: Sweep, point: Mapping[str, object]) -> int | None:
    """The point of the grid that is nearest to a sweep's; None of one that lies outside."""
    steps = []
    for axis in sweep.grid.axes:
        value, values = point[axis.fields[0].name], axis.values[0]
        kind = axis.fields[0].kind
        if kind == CHOICE:
            apart = np.array([0.0 if v == value else np.inf for v in values])
        elif kind == MAPPING:
            names = Dimension(axis).parts
            shares = np.array([value.get(n, 0.0) for n in names])
            apart = np.abs(Dimension(axis).shares - shares).sum(axis=1) + (1 - shares.sum())
            apart = np.where(apart < NEAR, apart, np.inf)
        else:
            inside = min(values) * (1 - 1e-9) <= value <= max(values) * (1 + 1e-9)
            apart = np.abs(np.asarray(values) - value) if inside else np.full(len(values), np.inf)
        if not np.isfinite(apart.min()):
            return None
        steps.append(int(apart.argmin()))
    return sweep.grid.index(steps)
