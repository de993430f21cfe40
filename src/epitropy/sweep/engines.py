"""Chunks of a sweep to workers and back: the processes of this machine, or a Dask cluster. The table is the same."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from ..errors import InputError

WINDOW = 3  # chunks at a worker and before it
SHARED, TRIES = (
    2,
    3,
)  # deaths of a process that a chunk may see among others, and tries of it alone before it is told as failed
LEAVING = 5.0  # s for the thread of a pool that was ended
STARTS = 30  # of processes that die before they have begun
Chunk = tuple[int, int, int]  # number, first and last point
Work = Callable[..., Any]
Stop = Callable[[], bool]


def local(
    work: Work, common: Any, chunks: Iterator[Chunk], stop: Stop, processes: int | None = None
) -> Iterator[tuple[Chunk, Any]]:
    """``work(common, first, last)`` of every chunk in fresh processes; as they are done, not in order.

    A process that dies takes nothing along: its chunks are given out again; the answer is None where a process dies on
    a chunk each time. Once ``stop()`` is true nothing more is given out, and what is at work is waited for.
    """
    count = processes or os.cpu_count() or 1
    pool = _pool(count, common)
    waiting: dict[Future, Chunk] = {}
    again: list[Chunk] = []
    deaths: dict[Chunk, int] = {}
    suspects: list[Chunk] = []
    try:
        while True:
            broken = False
            try:
                while not stop() and len(waiting) < WINDOW * count:
                    chunk = again.pop(0) if again else next(chunks, None)
                    if chunk is None:
                        break
                    again.insert(0, chunk)  # until it is given out
                    waiting[pool.submit(_work, work, chunk[1], chunk[2])] = chunk
                    again.pop(0)
                if not waiting:
                    break
                for future in wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).done:
                    made = future.result()
                    yield waiting.pop(future), made
            except BrokenProcessPool:
                broken = True
            if broken:  # nobody knows whose chunk it was; what sees a second death is tried with no other beside it
                lost = sorted(waiting.values())
                waiting.clear()
                pool = _anew(pool, count, common)
                for chunk in lost:
                    deaths[chunk] = deaths.get(chunk, 0) + 1
                again += [c for c in lost if deaths[c] < SHARED]
                for chunk in [c for c in lost if deaths[c] >= SHARED]:
                    made, pool = _alone(pool, count, common, work, chunk)
                    if made is None:
                        suspects.append(chunk)
                    else:
                        yield chunk, made
        for chunk in suspects:  # once more at the end, when whatever killed processes may have passed
            if not stop():
                made, pool = _alone(pool, count, common, work, chunk)
                yield chunk, made
    finally:
        _end(pool)


def _alone(
    pool: ProcessPoolExecutor, count: int, common: Any, work: Work, chunk: Chunk
) -> tuple[Any, ProcessPoolExecutor]:
    """One chunk with no other at work, so that a death is its own."""
    tries = 0
    for _ in range(STARTS):
        if tries == TRIES:
            break
        try:
            pool.submit(_nothing).result()  # a process that dies before it has begun says nothing of the chunk
        except BrokenProcessPool:
            pool = _anew(pool, count, common)
            continue
        tries += 1
        try:
            return pool.submit(_work, work, chunk[1], chunk[2]).result(), pool
        except BrokenProcessPool:
            pool = _anew(pool, count, common)
    return None, pool


def _anew(pool: ProcessPoolExecutor, count: int, common: Any) -> ProcessPoolExecutor:
    _end(pool)
    return _pool(count, common)


def _pool(count: int, common: Any) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_ready, initargs=(common,)
    )


def _end(pool: ProcessPoolExecutor) -> None:
    manager = pool._executor_manager_thread
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)
    if manager is not None:  # as it may close what the interpreter, on leaving, writes to
        manager.join(LEAVING)


_common: Any = None  # of a worker process: what all its chunks share


def _ready(common: Any) -> None:
    global _common
    from ..calibrate.workers import leave_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which lets chunks end
    leave_with_parent()
    _common = common


def _nothing() -> None:
    """Done as soon as a process is ready."""


def _work(work: Work, first: int, last: int) -> Any:
    return work(_common, first, last)


def dask(work: Work, common: Any, chunks: Iterator[Chunk], stop: Stop, address: str) -> Iterator[tuple[Chunk, Any]]:
    """The same on a Dask cluster: a scheduler's address, ``local`` for one on this machine, or ``slurm``."""
    client, cluster = _client(address)
    try:
        from distributed import wait as finished

        # a task, not data that are sent once: it is run again where the worker that held its result has died
        shared = client.submit(pickle.loads, pickle.dumps(common), pure=False)
        waiting: dict[Any, Chunk] = {}
        suspects: list[Chunk] = []
        while True:
            room = WINDOW * max(sum(client.nthreads().values()), 1)
            while not stop() and len(waiting) < room:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                waiting[client.submit(work, shared, chunk[1], chunk[2], pure=False)] = chunk
            if not waiting:
                break
            for future in finished(list(waiting), return_when="FIRST_COMPLETED").done:
                chunk = waiting.pop(future)
                dead, made = _result(future)
                if dead:
                    suspects.append(chunk)
                else:
                    yield chunk, made
        for chunk in suspects:  # alone, so that a death is its own
            if not stop():
                yield chunk, _result(client.submit(work, shared, chunk[1], chunk[2], pure=False))[1]
    finally:
        with suppress(Exception):  # a cluster whose workers died may not close in peace; all answers are there by now
            client.close()
            if cluster is not None:
                cluster.close()


def _result(future: Any) -> tuple[bool, Any]:
    """(whether its workers died as often as Dask tries, what it gave)."""
    from distributed import KilledWorker

    try:
        return False, future.result()
    except KilledWorker:
        return True, None


def _client(address: str) -> tuple[Any, Any]:
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError as error:
        raise InputError(
            "--dask", f"the package '{error.name}' is missing", "the extra 'cluster'", "pip install 'epitropy[cluster]'"
        ) from None
    if address == "local":
        cluster = LocalCluster(threads_per_worker=1, dashboard_address=None, processes=True)
        return Client(cluster), cluster
    if address == "slurm":
        return _slurm()
    try:
        return Client(address, timeout="15s"), None
    except (OSError, TimeoutError, ValueError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(
            "--dask", f"no scheduler answers at '{address}' ({said})", "tcp://HOST:PORT, local or slurm"
        ) from None


def _slurm() -> tuple[Any, Any]:
    """Workers as jobs of SLURM, as the user's own dask-jobqueue configuration says."""
    import shutil

    try:
        from dask_jobqueue import SLURMCluster
        from distributed import Client
    except ModuleNotFoundError as error:
        raise InputError(
            "--dask", f"the package '{error.name}' is missing", "the extra 'cluster'", "pip install 'epitropy[cluster]'"
        ) from None
    if shutil.which("sbatch") is None:
        raise InputError("--dask slurm", "no 'sbatch' on this machine", "a machine that submits to SLURM")
    cluster = SLURMCluster()
    cluster.adapt(minimum_jobs=1, maximum_jobs=int(os.environ.get("EPITROPY_SLURM_JOBS", "10")))
    return Client(cluster), cluster
