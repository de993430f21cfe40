"""Many relaxations: from the cache, on one process a core, or all cells in one graph on a GPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from typing import Annotated, TypeVar

from ..errors import InputError
from ..records.atoms import Relaxed
from ..records.structure import Structure
from ..units import Unit
from .cache import find, keep, key_of
from .potentials import Loaded, device_of, load, potential_of
from .relax import Settings, relax
from .together import in_step

Progress = Callable[[str, int, int], None]
T, R = TypeVar("T"), TypeVar("R")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One cell through one or more potentials.

    The first starts from the structure, each other from where the one before it arrived, rattled anew: two potentials
    are then compared in the same basin, and the second needs half the steps.
    """

    structure: Structure
    potentials: tuple[str, ...]
    seed: Annotated[int, Unit("1")] = 1
    settings: Settings = field(default_factory=Settings)


Answer = tuple[Relaxed, ...]  # one a potential, in their order


def on_processor(name: str) -> Loaded:
    """A potential on the processor."""
    return load(name, "cpu")


def relaxed(job: Job, loader: Callable[[str], Loaded] = on_processor) -> Answer:
    """The answers to a job, those that are kept already taken from the cache."""
    structure, settings, found = job.structure, job.settings, []
    for name in job.potentials:
        key = key_of(structure, potential_of(name), job.seed, settings)
        one = find(key)
        if one is None:
            one = relax(structure, loader(name), seed=job.seed, settings=settings)
            keep(key, one)
        found.append(replace(one, name=job.structure.name))
        structure = one.structure if one.usable else job.structure
    return tuple(found)


def kept(job: Job) -> Answer:
    """The answers to a job if the cache holds all of them, else none."""
    structure, found = job.structure, []
    for name in job.potentials:
        one = find(key_of(structure, potential_of(name), job.seed, job.settings))
        if one is None:
            return ()
        found.append(replace(one, name=job.structure.name))
        structure = one.structure if one.usable else job.structure
    return tuple(found)


def relax_all(
    jobs: Sequence[Job],
    *,
    workers: int = 0,
    device: str = "cpu",
    progress: Progress = lambda stage, done, total: None,
) -> list[Answer]:
    """Answers in the order of the jobs; what is done is kept, so that a stopped run goes on where it was.

    workers: processes of one thread each; 0 takes one a core. On a GPU all run in one process and one graph.
    """
    if workers < 0:
        raise InputError("workers", f"{workers}", "0 (one a core) or more")
    for name in {name for job in jobs for name in job.potentials}:
        potential_of(name)  # a missing extra is told before any work
    if device != "cpu" and device_of(device) == "cuda":
        tasks = [partial(relaxed, job) for job in jobs]
        return in_step(tasks, device, done=lambda finished: progress("relaxing", finished, len(jobs)))
    return _in_processes(jobs, workers or os.cpu_count() or 1, progress)


def _in_processes(jobs: Sequence[Job], workers: int, progress: Progress) -> list[Answer]:
    found: dict[int, Answer] = {}
    progress("relaxing", 0, len(jobs))
    for i, answer in one_each(relaxed, jobs, workers):
        found[i] = answer
        progress("relaxing", len(found), len(jobs))
    return [found[i] for i in range(len(jobs))]


def one_each(answer: Callable[[T], R], asked: Sequence[T], workers: int) -> Iterator[tuple[int, R]]:
    """Answers as they come, each with its place, from processes of one thread; one worker needs no process."""
    workers = min(workers, len(asked))
    if workers <= 1:
        with _one_thread():
            yield from ((i, answer(one)) for i, one in enumerate(asked))
        return
    with _one_thread(), ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_settle) as pool:
        waiting = {pool.submit(answer, one): i for i, one in enumerate(asked)}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _settle() -> None:
    """A worker keeps to one thread."""
    import torch

    torch.set_num_threads(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started here inherit one thread a process; twice the threads are half the speed."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
