"""The engines that can live a cell's life, and many lives side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import NamedTuple

import numpy as np

from ..calibrate.workers import mapped
from ..cycling.parameters import Model, Tables
from ..cycling.stage import Life, simulate
from ..errors import InputError, NumericsError

Engine = Callable[[Model, Tables, np.ndarray, float], Life]
ENGINES = ("kernel", "pybamm")
_TURN = Lock()


class Candidate(NamedTuple):
    """All that an engine reads: numbers and tables of a cell, the rows of its program, the tolerance of skipping."""

    model: Model
    tables: Tables
    rows: np.ndarray
    tolerance: float = 0.0


def engine_of(name: str) -> Engine:
    """The engine of a name.

    >>> engine_of("kernel") is simulate
    True
    """
    if name not in ENGINES:
        raise InputError("--engine", f"unknown engine '{name}'", ", ".join(ENGINES))
    if name == "kernel":
        return simulate
    try:
        from ..cycling.pybamm_life import simulate as by_pybamm
    except ModuleNotFoundError as error:
        if error.name != "pybamm":
            raise
        raise InputError("--engine", "pybamm is not installed", "", "pip install 'epitropy[pybamm]'") from None

    def in_turn(m: Model, t: Tables, rows: np.ndarray, tolerance: float) -> Life:
        with _TURN:  # one life after another: PyBaMM is not meant for threads
            return by_pybamm(m, t, rows, tolerance)

    return in_turn


def batch(
    candidates: Sequence[Candidate],
    *,
    engine: Engine = simulate,
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
) -> Iterator[Life | str]:
    """The life of every candidate, or why the engine could not follow it, in order, as soon as it is there.

    The kernel lets go of the interpreter lock, so threads share the cores; without a ``pool`` one is made for all
    cores.
    """
    work = partial(_live, engine=engine)
    if pool is not None:
        yield from mapped(work, candidates, progress, pool)
        return
    with ThreadPoolExecutor(os.cpu_count()) as own:
        yield from mapped(work, candidates, progress, own)


def _live(candidate: Candidate, engine: Engine) -> Life | str:
    try:
        return engine(*candidate)
    except NumericsError as error:
        return f"{error.where}: {error.given}"
