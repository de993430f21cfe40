"""What the default study needs, computed once: a plan, its jobs, and their results as rows that ship as data."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..catalogue import phase
from ..crystals.library import structure_of
from ..crystals.neighbours import supercell
from ..crystals.ordering import in_whole_atoms, special_quasirandom
from ..crystals.symmetry import primitive
from ..records.atoms import Potential, Relaxed
from ..records.structure import Structure
from ..sources import table
from .atoms import ANGSTROM, ELECTRONVOLT
from .cache import key_of
from .mixing import decoration, host_cell, host_of
from .potentials import potential_of
from .work import Answer, Job, Progress, kept, relax_all

LEAST = 2  # arrangements with which a composition can be used; those beyond come last

Rows = list[dict[str, Any]]
Labelled = tuple[dict[str, Any], Job]  # what the job is for, and the job


def plan() -> dict[str, Any]:
    """The bundled plan, ``data/atoms/plan.toml``."""
    return table("atoms/plan.toml")


def jobs_of(rows: Mapping[str, Any]) -> list[Labelled]:
    """References, then hosts side by side, their first compositions first: a run cut short can be used."""
    potentials = tuple(rows["potentials"])
    starts = range(1, rows["references"]["starts"] + 1)
    found = [
        (
            {"set": "reference", "phase": name, "start": seed},
            Job(structure=primitive(structure_of(phase(name))), potentials=potentials, seed=seed),
        )
        for name in rows["references"]["phases"]
        for seed in starts
    ]
    for name, times in rows["references"]["shared"].items():
        cell = supercell(primitive(structure_of(phase(name))), tuple(times))
        label = {"set": "reference", "phase": name, "entropy_R": round(shared_entropy(cell), 4)}
        for seed in starts:
            made = special_quasirandom(in_whole_atoms(cell)[0], seed).structure
            found.append(({**label, "start": seed}, Job(structure=made, potentials=potentials, seed=seed)))
    return found + _mixed(rows, potentials)


def shared_entropy(cell: Structure) -> float:
    """Ideal entropy of the sites that elements share, of the whole cell in units of R.

    >>> from epitropy.crystals.library import structure_of
    >>> cell = structure_of(phase("Li3Ni2NbO6"))
    >>> round(shared_entropy(cell) / 8, 2)  # per formula unit
    3.32
    """
    shares = (np.array(list(cell.occupancy[label].values())) for label in cell.labels)
    return float(-sum(y[y > 0] @ np.log(y[y > 0]) for y in shares))


def _mixed(rows: Mapping[str, Any], potentials: tuple[str, ...]) -> list[Labelled]:
    ranked = []
    for name, row in rows["hosts"].items():
        cell = host_cell(host_of(name, row))
        for rank, counts in enumerate(row["compositions"]):
            atoms = {e: n for e, n in zip(rows["cations"], counts) if n}
            for seed in range(1, 2 if len(atoms) == 1 else rows["decorations"] + 1):
                label = {"set": "mixing", "host": name, "sites": atoms, "decoration": seed}
                job = Job(structure=decoration(cell, atoms, seed), potentials=potentials, seed=seed)
                ranked.append(((seed > LEAST, rank, seed), label, job))
    ranked.sort(key=lambda item: item[0])
    return [(label, job) for _, label, job in ranked]


def job_hash(job: Job) -> str:
    """Hash of all that decides a job's answers: its start, its potentials' weights, seed and limits."""
    keys = [key_of(job.structure, potential_of(name), job.seed, job.settings) for name in job.potentials]
    return hashlib.sha256(" ".join(keys).encode()).hexdigest()[:16]


def row_of(label: Mapping[str, Any], job: str, found: Relaxed) -> dict[str, Any]:
    """A relaxation as a line of the shipped table, in the units its names tell."""
    cell, structure = found.structure.cell, found.structure
    elements = np.array([next(iter(structure.occupancy[k])) for k in structure.labels])
    shares = {
        str(e): [round(float(v), 5) for v in _mean_and_spread(found.site_energies[elements == e] / ELECTRONVOLT)]
        for e in dict.fromkeys(elements.tolist())
    }
    return {
        **label,
        "job": job,
        "potential": found.potential.name,
        **provenance(found.potential),
        "atoms": {e: int((elements == e).sum()) for e in shares},
        "energy_eV": round(found.energy / ELECTRONVOLT, 6),
        "cell_angstrom": [round(v / ANGSTROM, 5) for v in (cell.a, cell.b, cell.c)],
        "cell_deg": [round(float(np.degrees(v)), 4) for v in (cell.alpha, cell.beta, cell.gamma)],
        "site_energy_eV": shares,
        "steps": found.steps,
        "force_eV_per_angstrom": round(found.largest_force / ELECTRONVOLT * ANGSTROM, 4),
        "stress_GPa": round(found.largest_stress / 1e9, 4),
        "refused": found.reason,
    }


def provenance(potential: Potential) -> dict[str, str]:
    """What a row was made with: checksum of the weights, version of their package and of this one."""
    package = f"{potential.package} {potential.version}"
    return {"checksum": potential.checksum, "version": package, "code": f"epitropy {__version__}"}


def _mean_and_spread(values: np.ndarray) -> tuple[float, float]:
    return values.mean(), values.std()


def compute(
    labelled: Sequence[Labelled],
    *,
    known: Sequence[Mapping[str, Any]] = (),
    workers: int = 0,
    device: str = "cpu",
    progress: Progress = lambda *_: None,
) -> Rows:
    """Rows of all jobs, every potential's own; jobs that all rows of ``known`` answer are not run again."""
    answered = _answered(labelled, known)
    waiting = [(label, job) for label, job in labelled if job_hash(job) not in answered]
    answers: list[Answer] = (
        relax_all([job for _, job in waiting], workers=workers, device=device, progress=progress) if waiting else []
    )
    fresh = {job_hash(job): _rows(label, job, answer) for (label, job), answer in zip(waiting, answers)}
    return [row for _, job in labelled for row in {**answered, **fresh}[job_hash(job)]]


def _answered(labelled: Sequence[Labelled], known: Sequence[Mapping[str, Any]]) -> dict[str, Rows]:
    """Jobs of which every potential's row is there already, by their hash."""
    by = defaultdict(list)
    for row in known:
        by[row.get("job", "")].append(dict(row))
    asked = {job_hash(job): len(job.potentials) for _, job in labelled}
    return {key: rows for key, rows in by.items() if key in asked and len(rows) == asked[key]}


def _rows(label: Mapping[str, Any], job: Job, answer: Answer) -> Rows:
    return [row_of(label, job_hash(job), found) for found in answer]


def done_rows(labelled: Sequence[Labelled], known: Sequence[Mapping[str, Any]] = ()) -> Rows:
    """Rows of the jobs that ``known`` or the cache answer in full, in their order; nothing is relaxed."""
    answered, rows = _answered(labelled, known), []
    for label, job in labelled:
        rows += answered.get(job_hash(job)) or _rows(label, job, kept(job))
    return rows


def write_rows(rows: Rows, path: str | Path) -> None:
    """One JSON object a line, readable by pandas, polars and duckdb."""
    Path(path).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
