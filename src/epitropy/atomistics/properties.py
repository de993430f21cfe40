"""Lithium hops and stiffness of layer candidates: what transport and strain take, as rows that ship."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import NumericsError
from ..sources import lines_of
from .atoms import ANGSTROM, ELECTRONVOLT
from .cache import find_row, keep_row, key_of
from .elastic import stiffness
from .hop import hop, lithium_hops, passed
from .mixing import decoration, host_cell, host_of
from .potentials import potential_of
from .tables import provenance
from .work import Job, Progress, on_processor, one_each, relaxed

Rows = list[dict[str, Any]]
STIFFNESS, HOP = "stiffness", "hop"
TASK = "property 1"  # raised when the procedure changes, so that old answers are not taken for new ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One property of one relaxed arrangement; ``past``: the cation that a hop passes, empty for stiffness."""

    kind: str
    label: Mapping[str, Any]
    job: Job
    potential: str
    past: str = ""

    @property
    def key(self) -> str:
        """Hash of all that decides the answer."""
        job = self.chain
        asked = [key_of(job.structure, potential_of(p), job.seed, job.settings) for p in job.potentials]
        return hashlib.sha256(json.dumps([TASK, self.kind, self.past, *asked]).encode()).hexdigest()[:24]

    @property
    def chain(self) -> Job:
        """The job up to the potential asked: each starts where the one before it arrived."""
        return replace(self.job, potentials=self.job.potentials[: self.job.potentials.index(self.potential) + 1])


def property_tasks(rows: Mapping[str, Any]) -> list[Task]:
    """Tasks of the bundled plan, `epitropy.atomistics.tables.plan`, in its order."""
    potentials, found = tuple(rows["potentials"]), []
    for row in rows["properties"]:
        cell = host_cell(host_of(row["host"], rows["hosts"][row["host"]]))
        atoms = {e: n for e, n in zip(rows["cations"], row["sites"]) if n}
        job = Job(structure=decoration(cell, atoms, row["decoration"]), potentials=potentials, seed=row["decoration"])
        label = {"host": row["host"], "sites": atoms, "decoration": row["decoration"]}
        for potential in potentials:
            shared = {"label": label, "job": job, "potential": potential}
            found += [Task(kind=HOP, past=element, **shared) for element in row["past"]]
            found += [Task(kind=STIFFNESS, **shared)] if row["stiffness"] else []
    return found


def answered(task: Task) -> dict[str, Any]:
    """The row of a task, from what ships or from the cache where it is there."""
    row = known(task)
    if row is None:
        row = _row(task)
        keep_row(task.key, row)
    return row


def known(task: Task) -> dict[str, Any] | None:
    """The shipped row of a task, else the kept one, else None."""
    shipped = {row["job"]: row for row in lines_of("atoms/properties.jsonl")}
    return shipped.get(task.key) or find_row(task.key)


def _row(task: Task) -> dict[str, Any]:
    start = relaxed(task.chain)[-1]
    made = {"potential": start.potential.name, **provenance(start.potential)}
    row = {"set": task.kind, **task.label, "job": task.key, **made}
    if not start.usable:
        return {**row, "refused": start.reason}
    loaded = on_processor(task.potential)
    if task.kind == STIFFNESS:
        try:
            one = stiffness(start, loaded)
        except NumericsError as error:  # a strained cell that does not settle is refused, as any relaxation
            return {**row, "refused": error.given}
        constants = [[round(float(v) / 1e9, 2) for v in line] for line in one.constants]
        moduli = {"young_GPa": round(one.young / 1e9, 2), "bulk_GPa": round(one.bulk / 1e9, 2)}
        return {
            **row,
            **moduli,
            "poisson_ratio": round(one.poisson_ratio, 4),
            "constants_GPa": constants,
            "refused": "",
        }
    moves = [m for m in lithium_hops(start.structure) if passed(start.structure, m) == task.past]
    row = {**row, "past": task.past}
    if not moves:
        return {**row, "refused": f"no hop past {task.past}"}
    found = hop(start.structure, moves[0], loaded)
    return {
        **row,
        "around": found.near,
        "barrier_eV": round(found.barrier / ELECTRONVOLT, 4),
        "band_eV": [round(float(e) / ELECTRONVOLT, 4) for e in found.energies],
        "force_eV_per_angstrom": round(found.largest_force / ELECTRONVOLT * ANGSTROM, 4),
        "refused": "" if found.converged else f"not converged in {found.steps} steps",
    }


def compute_properties(
    tasks: Sequence[Task], *, workers: int = 0, progress: Progress = lambda *_: None, only_done: bool = False
) -> Rows:
    """Rows of all tasks in their order, on one process a core; what is done is kept."""
    if only_done:
        return [row for row in map(known, tasks) if row is not None]
    found: dict[int, dict[str, Any]] = {}
    progress("hops and stiffness", 0, len(tasks))
    for i, row in one_each(answered, tasks, workers or os.cpu_count() or 1):
        found[i] = row
        progress("hops and stiffness", len(found), len(tasks))
    return [found[i] for i in range(len(tasks))]
