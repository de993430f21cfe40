"""Share independent pieces of work among processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import Any

Progress = Callable[[int, int], None]


def worker_pool(count: int | None = None) -> ProcessPoolExecutor:
    """A pool of fresh processes, one a core by default.

    Fresh (not forked) because a forked copy of a process with threads, such as one that draws a progress bar, may
    hang. A script that makes one needs ``if __name__ == "__main__":``.
    """
    return ProcessPoolExecutor(
        count or os.cpu_count(), mp_context=multiprocessing.get_context("spawn"), initializer=leave_with_parent
    )


def leave_with_parent() -> None:
    """End this worker when the process that started it has ended, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def mapped(
    work: Callable[[Any], Any], items: Sequence[Any], progress: Progress, pool: Executor | None = None
) -> Iterator[Any]:
    """``map`` in order with progress, in this process or over a pool.

    >>> list(mapped(abs, [-1, 2], lambda done, total: None))
    [1, 2]
    """
    results = pool.map(work, items) if pool else map(work, items)
    for done, result in enumerate(results, 1):
        progress(done, len(items))
        yield result
