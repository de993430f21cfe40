"""A sweep from its file to its folder: estimate, chunks, intervals of the best; can be stopped and gone on with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import engines
from .folder import BEST, FILE, ROWS, SHARDS, STUDY, Folder, Part, open_folder
from .intervals import columns_of as interval_columns
from .intervals import intervals_of, told_of
from .pareto import best
from .quantities import CELL, Tier
from .rows import (
    DONE,
    FAILED,
    INDEX,
    KEY,
    MESSAGE,
    STAGE,
    STATUS,
    Made,
    columns_of,
    kept,
    keys,
    recipe_values,
    rows_of,
    titled,
)
from .sensitivity import FIRST as FIRST_SAMPLES
from .sensitivity import (
    OWN,
    SAMPLES,
    SCREEN,
    Plan,
    as_text,
    foremost,
    indices,
    inputs_at,
    sample_columns,
    sampled,
    unsolved,
)
from .spec import Sweep

Progress = Callable[[str, int, int], None]
CHUNK = {Tier.RECIPE: 20_000, Tier.LAYER: 48, Tier.CELL: 24}  # points that are left, in a chunk
COUNTED = 2_000_000  # points whose conditions are decided beforehand; of more, a sample
SAMPLE, TIMED = 20_000, 6
ASK_HOURS, ASK_BYTES, ASK_POINTS = 6.0, 2e9, 100_000_000
ROW_BYTES = 120.0
INDICES = "indices"  # the word by which a folder keeps them
SAMPLE_SECONDS, SOLVED = 0.35, 0.5  # of one sample of the sensitivities; share of base samples that go on
INTERVAL_SECONDS = 0.5  # of one draw of one of the best points, over all scenarios


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep will take, from a few points of it."""

    points: int
    left: float  # share that the conditions on inputs and recipes leave
    left_out: Mapping[str, int]
    hours: float
    bytes: float
    exact: bool

    @property
    def large(self) -> bool:
        return self.hours > ASK_HOURS or self.bytes > ASK_BYTES or self.points > ASK_POINTS


def estimate(sweep: Sweep, processes: int) -> Estimate:
    """How many points are left, and how long and large it gets; refused where conditions leave none."""
    points = len(sweep.grid)
    exact = points <= COUNTED
    left_out: dict[str, int] = {}
    left = 0
    index = np.arange(points) if exact else np.random.default_rng(0).integers(0, points, SAMPLE)
    for block in np.array_split(index, max(1, len(index) // 50_000)):
        steps = sweep.grid.steps(block)
        found, out = kept(sweep, recipe_values(sweep, steps, len(block)), len(block))
        left += int(found.sum())
        for rule, count in out.items():
            left_out[rule] = left_out.get(rule, 0) + count
    if not left and (exact or sweep.budget):
        taken = "; ".join(f"'{rule}' takes out {n:,}" for rule, n in left_out.items() if n)
        raise InputError("where", f"no point of {len(index):,} is left: {taken}", "conditions that leave some")
    share = left / len(index)
    computed = sweep.budget.points if sweep.budget else points * share
    best = min(sweep.best, computed) if sweep.goals and told_of(sweep) else 0
    seconds = _seconds(sweep, points) * computed + INTERVAL_SECONDS * best * sweep.draws
    factors = len(sweep.grid.axes) + OWN + 2
    seconds += SAMPLE_SECONDS * (
        SOLVED * factors * sweep.sensitivity + SOLVED * FIRST_SAMPLES * 100 * bool(sweep.sensitivity)
    )
    seconds /= max(processes, 1)
    return Estimate(points, share, left_out, seconds / 3600, computed * ROW_BYTES, exact)


def _seconds(sweep: Sweep, points: int) -> float:
    """Time of a point, from a few spread over the grid; the first, which compiles, does not count."""
    if points <= 50 or sweep.tier == Tier.RECIPE:
        return 3e-5 if sweep.tier == Tier.RECIPE else 0.15
    at = [n * (points - 1) // TIMED for n in range(TIMED + 1)]
    free = replace(sweep, where=())
    began = 0.0
    for n, i in enumerate(at):
        rows_of(free, i, i + 1)
        if n == 0:
            began = time.perf_counter()
    return (time.perf_counter() - began) / TIMED


def chunk_size(sweep: Sweep, left: float) -> int:
    """Points of the grid in a chunk, so that about as many are left as keep a worker busy for some seconds."""
    return int(min(CHUNK[sweep.tier] / max(left, 1e-4), len(sweep.grid), 5_000_000)) or 1


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several runs that share a sweep: chunk c belongs to shard c mod count + 1."""

    number: int
    count: int

    def folder(self, path: Path) -> Path:
        return path / SHARDS / f"{self.number}-of-{self.count}"

    def has(self, chunk: int) -> bool:
        return chunk % self.count == self.number - 1


WHOLE = Shard(1, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left: whether it is whole, rows and failures, and parts that were set aside."""

    folder: Path
    whole: bool
    rows: int
    failed: int
    aside: tuple[str, ...]


def run_sweep(
    sweep: Sweep,
    path: Path,
    texts: Mapping[str, str],
    *,
    left: float = 1.0,
    progress: Progress = lambda stage, done, total: None,
    stop: Callable[[], bool] = lambda: False,
    shard: Shard = WHOLE,
    dask: str = "",
    processes: int | None = None,
    chunk: int | None = None,
    retry: bool = False,
) -> Outcome:
    """Compute what the folder does not hold yet. ``texts`` are the files that go with it."""
    folder = Folder(path if shard == WHOLE else shard.folder(path))
    folder.check(sweep)
    with folder.alone():
        folder.begin(sweep, texts, chunk or chunk_size(sweep, left))
        if retry:
            folder.forget_failed()
        good, aside = folder.sound()
        _compute(sweep, folder, good, progress, stop, shard, dask, processes)
        done = folder.parts()
        whole = len(done) == len(list(_chunks(folder, sweep, shard)))
        if whole and shard == WHOLE and not stop():
            whole = best_intervals(sweep, folder, progress, stop, dask, processes)
            whole = whole and best_sensitivity(sweep, folder, progress, stop, dask, processes)
        return Outcome(folder.path, whole, sum(p.rows for p in done), sum(p.failed for p in done), tuple(aside))


def _chunks(folder: Folder, sweep: Sweep, shard: Shard) -> Iterator[engines.Chunk]:
    size, points = folder.chunk_size(), len(sweep.grid)
    for number in range(-(-points // size)):
        if shard.has(number):
            yield number, number * size, min((number + 1) * size, points)


def _compute(
    sweep: Sweep,
    folder: Folder,
    good: Sequence[Part],
    progress: Progress,
    stop: Callable[[], bool],
    shard: Shard,
    dask: str,
    processes: int | None,
) -> None:
    there = {p.chunk for p in good}
    todo = [c for c in _chunks(folder, sweep, shard) if c[0] not in there]
    total = sum(last - first for _, first, last in _chunks(folder, sweep, shard))
    done = total - sum(last - first for _, first, last in todo)
    kinds = columns_of(sweep)
    progress("points", done, total)
    if not todo:
        return
    for (number, first, last), made in engine(rows_of, sweep, iter(todo), stop, dask, _busy(processes, len(todo))):
        folder.add(ROWS, number, first, last, made or lost(sweep, first, last), kinds)
        done += last - first
        progress("points", done, total)


def engine(
    work: engines.Work,
    common: object,
    todo: Iterator[engines.Chunk],
    stop: Callable[[], bool],
    dask: str,
    processes: int,
) -> Iterator[tuple[engines.Chunk, object]]:
    """Chunks to Dask where its address is given, else to processes of this machine."""
    return engines.dask(work, common, todo, stop, dask) if dask else engines.local(work, common, todo, stop, processes)


def _busy(processes: int | None, chunks: int) -> int:
    """Processes that have something to do."""
    return max(min(processes or os.cpu_count() or 1, chunks), 1)


def lost(sweep: Sweep, first: int, last: int) -> Made:
    """Rows of a chunk on which processes die, as failures: what is known of them without computing."""
    known = tuple(n for n in sweep.told if sweep.known[n].tier == Tier.RECIPE)
    made = rows_of(replace(sweep, tier=Tier.RECIPE, told=known), first, last)
    count = made.rows
    made.columns[KEY] = keys(sweep, np.array(made.columns[INDEX], dtype=np.int64))
    kinds = columns_of(sweep)
    columns = {name: made.columns.get(name, [None] * count) for name in kinds}
    columns |= {STATUS: [FAILED] * count, STAGE: ["process"] * count}
    columns[MESSAGE] = ["the process that computed it died each time"] * count
    return Made(columns, count, count, made.left_out)


def chosen(sweep: Sweep, folder: Folder) -> list[int]:
    """The best points by the objectives, which are shown and get intervals."""
    if not sweep.goals or not sweep.best:
        return []
    names = [titled(sweep, name) for name, _ in sweep.goals]
    index, values = [], []
    for rows in folder.batches():
        done = np.array(rows[STATUS].to_pylist()) == DONE
        index.append(np.array(rows[INDEX].to_pylist())[done])
        values.append(np.column_stack([rows[n].to_numpy(zero_copy_only=False)[done] for n in names]))
    if not index:
        return []
    found = best(np.vstack(values), [more for _, more in sweep.goals], sweep.best)
    return np.concatenate(index)[found].tolist()


def best_intervals(
    sweep: Sweep, folder: Folder, progress: Progress, stop: Callable[[], bool], dask: str, processes: int | None
) -> bool:
    """Intervals of the best points; true once all are there."""
    points = sorted(chosen(sweep, folder)) if told_of(sweep) and sweep.draws else []
    if folder.meta().get("draws") != str(sweep.draws):
        folder.forget(BEST)
        folder.note("draws", str(sweep.draws))
    folder.keep(BEST, points)  # others may be among the best by now
    there = {p.first for p in folder.sound(BEST)[0]}
    todo = [(i, i, i + 1) for i in points if i not in there]
    done = len(points) - len(todo)
    if points:
        progress("intervals of the best", done, len(points))
    if not todo:
        return True
    for (number, first, last), made in engine(intervals_of, sweep, iter(todo), stop, dask, _busy(processes, len(todo))):
        if made is not None:
            folder.add(BEST, number, first, last, made, interval_columns(sweep))
        done += 1
        progress("intervals of the best", done, len(points))
    return done == len(points)


def best_sensitivity(
    sweep: Sweep, folder: Folder, progress: Progress, stop: Callable[[], bool], dask: str, processes: int | None
) -> bool:
    """Sobol indices around the best point by the first objective that is of a cell; true once they are there."""
    if not sweep.sensitivity:
        folder.note(INDICES, "")
        return True
    goal, more = next((name, more) for name, more in sweep.goals if CELL.fullmatch(name))
    point = _first(sweep, folder, goal, more)
    if point is None:
        return True
    plan = Plan(sweep, goal, point, FIRST_SAMPLES, tuple(inputs_at(sweep, point)))
    found = _sampled(plan, SCREEN, folder, "what matters", progress, stop, dask, processes)
    if found is None:
        return False
    plan = replace(plan, count=sweep.sensitivity, own=foremost(plan, found))
    found = _sampled(plan, SAMPLES, folder, "sensitivity", progress, stop, dask, processes)
    if found is None:
        return False
    folder.note(INDICES, as_text(plan, *indices(plan, found)))
    return True


def _first(sweep: Sweep, folder: Folder, goal: str, more: bool) -> int | None:
    """The point that is best in one objective."""
    name = titled(sweep, goal)
    found = [
        (value if more else -value, -index)
        for rows in folder.batches()
        for index, status, value in zip(*(rows[n].to_pylist() for n in (INDEX, STATUS, name)))
        if status == DONE and value is not None
    ]
    return -max(found)[1] if found else None


def _sampled(
    plan: Plan,
    kind: str,
    folder: Folder,
    title: str,
    progress: Progress,
    stop: Callable[[], bool],
    dask: str,
    processes: int | None,
) -> np.ndarray | None:
    """Values of a plan's samples, computed as far as the folder lacks them; None if it was stopped."""
    if folder.meta().get(kind) != plan.told():
        folder.forget(kind)
        folder.note(INDICES, "")  # those of an earlier best point
        folder.note(kind, plan.told())
    there = {p.chunk for p in folder.sound(kind)[0]}
    todo = [(n, n, n + 1) for n in range(plan.count) if n not in there]
    progress(title, len(there), plan.count)
    for (number, first, last), made in (
        engine(sampled, plan, iter(todo), stop, dask, _busy(processes, len(todo))) if todo else ()
    ):
        folder.add(kind, number, first, last, made or unsolved(plan, first), sample_columns(plan))
        there.add(number)
        progress(title, len(there), plan.count)
    if len(there) < plan.count:
        return None
    return np.array(folder.table(kind).to_pydict()[titled(plan.sweep, plan.goal)], dtype=float)


def merge(path: Path, progress: Progress = lambda stage, done, total: None) -> Outcome:
    """Bring the parts of all shards below a folder into one table."""
    folders = [open_folder(p) for p in sorted((path / SHARDS).glob("*-of-*")) if Folder(p).exists]
    if not folders:
        raise InputError(str(path), "no shards", "a folder that 'epitropy sweep --shard' wrote")
    for key, what in (("hash", "sweeps"), ("chunk", "chunk sizes")):
        if len({f.meta()[key] for f in folders}) > 1:
            raise InputError(str(path / SHARDS), f"shards of different {what}", "shards of one sweep, begun alike")
    return _merged(Folder(path), folders, progress)


def _merged(target: Folder, folders: Sequence[Folder], progress: Progress) -> Outcome:
    first = folders[0]
    meta = first.meta()
    with target.alone():
        if not target.exists:
            target.adopt(meta, {n: (first.path / n).read_text(encoding="utf-8") for n in (FILE, STUDY)})
        elif any(target.meta()[key] != meta[key] for key in ("hash", "chunk")):
            raise InputError(str(target.path), "holds another sweep", "shards of the same one, or a new folder")
        good, aside = target.sound()
        there = {p.chunk: p.sha256 for p in good}
        for n, folder in enumerate(folders):
            good, bad = folder.sound()
            aside += bad
            for part in good:
                if there.get(part.chunk) != part.sha256:  # new, or computed again since
                    target.take(part, folder.path)
                    there[part.chunk] = part.sha256
            progress("merging", n + 1, len(folders))
        parts = target.parts()
        expected = -(-int(meta["points"]) // int(meta["chunk"]))
        failed = sum(p.failed for p in parts)
        return Outcome(target.path, len(parts) == expected, sum(p.rows for p in parts), failed, tuple(aside))
