"""Many relaxations in step: every cell asks, one graph answers all. For a GPU, which one small cell leaves idle."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from .atoms import free_memory
from .potentials import Evaluation, Loaded, load

if TYPE_CHECKING:
    from ase import Atoms

SEATS = 64  # relaxations under way at a time
_SPARE = 0.5  # of the free memory that one graph may take


def in_step(
    tasks: Sequence[Callable[[Callable[[str], Loaded]], Any]],
    device: str = "auto",
    *,
    seats: int = SEATS,
    done: Callable[[int], None] = lambda finished: None,
) -> list[Any]:
    """What each task returns, in order. A task is called with a way to load potentials, and runs as if alone.

    Each runs in a thread of its own. Whenever all have asked their potential something, the questions to one potential
    go to it as one graph, as many at a time as memory allows. The first fault of a task is raised.
    """
    requests: SimpleQueue = SimpleQueue()
    waiting, found, active = deque(enumerate(tasks)), {}, 0

    def run(number: int, task: Callable) -> None:
        try:
            requests.put(("", number, task(lambda name: _asking(name, device, requests)), None))
        except BaseException as fault:  # handed to the caller
            requests.put(("", number, None, fault))

    while waiting or active:
        while waiting and active < seats:
            threading.Thread(target=run, args=waiting.popleft(), daemon=True).start()
            active += 1
        asked = defaultdict(list)
        while sum(map(len, asked.values())) < active:
            name, what, answer, fault = requests.get()
            if fault:
                raise fault
            if name:
                asked[name].append((what, answer))
            else:
                found[what] = answer
                active -= 1
                done(len(found))
        for name, questions in asked.items():
            _answer(load(name, device), questions)
    return [found[i] for i in range(len(tasks))]


def _asking(name: str, device: str, requests: SimpleQueue) -> Loaded:
    """The potential, but its evaluations are queued and answered together with those of others."""

    def evaluate(cells: Sequence[Atoms]) -> list[Evaluation]:
        answers = [SimpleQueue() for _ in cells]
        for cell, answer in zip(cells, answers):
            requests.put((name, cell, answer, None))
        found = [answer.get() for answer in answers]
        if faults := [one for one in found if isinstance(one, BaseException)]:
            raise faults[0]
        return found

    return replace(load(name, device), evaluate=evaluate)


def _answer(loaded: Loaded, questions: list[tuple[Atoms, SimpleQueue]]) -> None:
    for part in _parts(loaded, questions):
        try:
            found = loaded.evaluate([cell for cell, _ in part])
        except Exception as fault:  # each asker raises it, so none waits for ever
            found = [fault] * len(part)
        for (_, answer), one in zip(part, found):
            answer.put(one)


def _parts(loaded: Loaded, questions: list[tuple[Atoms, SimpleQueue]]) -> Iterator[list[tuple[Atoms, SimpleQueue]]]:
    """Questions in groups whose atoms fit the memory."""
    most = max(1.0, _SPARE * free_memory(loaded.device) / loaded.bytes_per_atom)
    part: list[tuple[Atoms, SimpleQueue]] = []
    atoms = 0
    for question in questions:
        if part and atoms + len(question[0]) > most:
            yield part
            part, atoms = [], 0
        part.append(question)
        atoms += len(question[0])
    yield part
