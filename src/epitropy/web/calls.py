"""Fast answers, computed in a few processes that stay warm, so that no slider stalls the page and no crash ends it."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from ..errors import EpitropyError

WORKERS = 2
PATIENCE, COMPILING = 120.0, 600.0  # s to wait for an answer, and for the first of all, which may compile for minutes
STUDY = "zhao2024"  # what the page opens with


class Fault(Exception):
    """What the page is told instead of an answer; ``status`` is that of HTTP."""

    def __init__(self, said: str, status: int = 422) -> None:
        super().__init__(said)
        self.status = status


class Calls:
    """A pool that is made anew after one of its processes died."""

    def __init__(self, workers: int = WORKERS) -> None:
        self.workers = workers
        self.pool = self._pool()
        self.asked = asyncio.Event()

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_warm)

    async def run(self, work: Callable[..., Any], *given: Any) -> Any:
        """``work(*given)`` in one of the processes; faults of the input come back as `Fault`."""
        pool = self.pool
        patience = PATIENCE if self.asked.is_set() else COMPILING
        try:  # a pool that is known to be broken refuses the call at once
            call = asyncio.get_running_loop().run_in_executor(pool, _guarded, work, given)
            told, answer = await asyncio.wait_for(call, patience)
        except BrokenProcessPool:
            self._anew(pool)
            raise Fault("A process that computes has crashed; it was started again. Try once more.", 500) from None
        except TimeoutError:
            self._anew(pool)
            raise Fault(f"No answer within {patience:g} s; what computed it was ended.", 504) from None
        if told:
            raise Fault(answer)
        self.asked.set()
        return answer

    def _anew(self, pool: ProcessPoolExecutor) -> None:
        """Another pool in the place of one that died or hangs; the first to notice makes it."""
        if self.pool is pool:
            self.pool = self._pool()
            _kill(pool)

    async def warm(self) -> None:
        """Start all processes before anybody asks; what only later views need follows the first answer."""
        with contextlib.suppress(BrokenProcessPool):  # whoever asks next is told
            await self._everywhere(time.sleep, 0.2)
            await self.asked.wait()
            await self._everywhere(_show, "recipe", "layer", "cell")

    async def _everywhere(self, work: Callable[..., Any], *given: Any) -> None:
        """Once in each process, as long as one call lasts until the next is taken."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self.pool, work, *given) for _ in range(self.workers)))

    def close(self) -> None:
        _kill(self.pool)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End a pool at once, whatever its processes do."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)


def _guarded(work: Callable[..., Any], given: tuple[Any, ...]) -> tuple[bool, Any]:
    """(whether it is a fault, the answer or what is said of the fault); errors of the package may not pickle."""
    try:
        return False, work(*given)
    except EpitropyError as error:
        return True, str(error)


def _warm() -> None:
    """Load what the first answer, the form, would wait for; a parent that leaves takes its processes along."""
    from ..calibrate.workers import leave_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the app, which ends its processes itself
    leave_with_parent()
    _show("form")


def _show(*names: str) -> None:
    from ..study import study_text
    from . import plain, views

    raw = plain.read(study_text(STUDY), STUDY)
    for name in names:
        views.view(name, raw, {})
