"""Cations mixed over the sites of a host: cells to relax, and what the relaxed ones say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from ..catalogue import phase
from ..crystals.library import structure_of
from ..crystals.neighbours import supercell
from ..crystals.ordering import decorated
from ..crystals.symmetry import primitive
from ..errors import InputError
from ..records.atoms import Mixture, Relaxed
from ..records.structure import Structure
from ..units import Unit
from .relax import Settings
from .work import Job, Progress, relax_all

MIXED = "M"
LEAST_DECORATIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A structure whose cations mix: the phase that shows it, the sites that become one sublattice M, the cell."""

    name: str
    title: str
    phase: str
    mixed: tuple[str, ...]
    primitive: bool
    supercell: Annotated[tuple[int, int, int], Unit("1")]


def host_of(name: str, row: Mapping[str, object]) -> Host:
    """A host from its table in ``data/atoms/plan.toml``."""
    return Host(
        name=name,
        title=row["title"],
        phase=row["phase"],
        mixed=tuple(row["mixed"]),
        primitive=row["cell"] == "primitive",
        supercell=tuple(row["supercell"]),
    )


def host_cell(host: Host) -> Structure:
    """The host's cell with its mixing sites as one sublattice M."""
    made = structure_of(phase(host.phase))
    if host.primitive:
        made = primitive(made)
    if missing := set(host.mixed) - set(made.labels):
        raise InputError(f"{host.name}.mixed", f"no site {sorted(missing)[0]} in {host.phase}", ", ".join(made.labels))
    labels = tuple(MIXED if label in host.mixed else label for label in made.labels)
    occupancy = {k: v for k, v in made.occupancy.items() if k not in host.mixed} | {MIXED: {"Ni": 1.0}}
    return supercell(replace(made, name=host.name, labels=labels, occupancy=occupancy), host.supercell)


def decoration(cell: Structure, atoms: Mapping[str, int], seed: int) -> Structure:
    """One quasirandom arrangement of whole atoms over M.

    >>> from epitropy.sources import table
    >>> host = host_of("layered", table("atoms/plan.toml")["hosts"]["layered"])
    >>> made = decoration(host_cell(host), {"Ni": 7, "Co": 1, "Mn": 1, "Nb": 1, "W": 1, "Zr": 1}, seed=1)
    >>> made.labels.count("M.Ni"), made.labels.count("Li"), made.name
    (7, 12, 'layered Ni7 Co1 Mn1 Nb1 W1 Zr1')
    """
    sites = cell.labels.count(MIXED)
    if sum(atoms.values()) != sites:
        raise InputError(cell.name, f"{sum(atoms.values())} atoms for {sites} sites", f"{sites} atoms")
    shares = {element: n / sites for element, n in atoms.items() if n}
    name = " ".join([cell.name, *(f"{element}{n}" for element, n in atoms.items() if n)])
    if len(shares) == 1:
        element = next(iter(shares))
        labels = tuple(f"{MIXED}.{element}" if label == MIXED else label for label in cell.labels)
        occupancy = {k: v for k, v in cell.occupancy.items() if k != MIXED} | {f"{MIXED}.{element}": {element: 1.0}}
        return replace(cell, name=name, labels=labels, occupancy=occupancy)
    return replace(decorated(cell, MIXED, shares, seed).structure, name=name)


def whole_atoms(cell: Structure, shares: Mapping[str, float]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Shares of M as whole atoms of a cell, by largest remainder, and what that changed.

    >>> from epitropy.sources import table
    >>> cell = host_cell(host_of("layered", table("atoms/plan.toml")["hosts"]["layered"]))
    >>> whole_atoms(cell, {"Ni": 0.75, "Nb": 0.2, "Zr": 0.05})
    ({'Ni': 9, 'Nb': 2, 'Zr': 1}, ('Nb 0.2 -> 0.167, Zr 0.05 -> 0.0833 on 12 sites',))
    """
    total = sum(shares.values())
    if not shares or min(shares.values()) < 0 or not total > 0:
        raise InputError("composition", f"{dict(shares)}", "shares of elements, e.g. Ni=0.7,Nb=0.3")
    sites = cell.labels.count(MIXED)
    exact = {e: sites * x / total for e, x in shares.items() if x > 0}
    atoms = {e: int(x + 1e-9) for e, x in exact.items()}
    for e in sorted(exact, key=lambda e: atoms[e] - exact[e])[: sites - sum(atoms.values())]:
        atoms[e] += 1
    changed = [f"{e} {exact[e] / sites:.3g} -> {n / sites:.3g}" for e, n in atoms.items() if abs(n - exact[e]) > 1e-6]
    told = (f"{', '.join(changed)} on {sites} sites",) if changed else ()
    return {e: n for e, n in atoms.items() if n}, told


def mix(
    hosts: Sequence[tuple[Host, Mapping[str, int]]],
    potentials: Sequence[str],
    *,
    decorations: int = LEAST_DECORATIONS,
    settings: Settings | None = None,
    workers: int = 0,
    device: str = "cpu",
    progress: Progress = lambda *_: None,
) -> list[Mixture]:
    """Each host with its atoms on M, relaxed in several arrangements by every potential on its own.

    Unconverged and lost arrangements are refused and told, not averaged; with fewer than two left the host has no
    energy (nan). Differences are between hosts that hold the same atoms.
    """
    if decorations < 1:
        raise InputError("decorations", f"{decorations}", "1 or more; 3 say how far they scatter")
    jobs, belongs = [], []
    for k, (host, atoms) in enumerate(hosts):
        cell = host_cell(host)
        alone = 1 if len(atoms) == 1 else decorations
        for seed in range(1, alone + 1):
            job = Job(structure=decoration(cell, atoms, seed), potentials=tuple(potentials), seed=seed)
            jobs.append(replace(job, settings=settings) if settings else job)
            belongs.append(k)
    answers = relax_all(jobs, workers=workers, device=device, progress=progress)
    found = []
    for p, potential in enumerate(potentials):
        first: dict[tuple, float] = {}
        for k, (host, atoms) in enumerate(hosts):
            one = _mixture(host, atoms, potential, [a[p] for a, b in zip(answers, belongs) if b == k])
            size = sum(one.atoms.values())
            ratio = tuple(sorted((e, round(n / size, 6)) for e, n in one.atoms.items()))
            cations = sum(n for e, n in one.atoms.items() if e != "O")
            each = one.energy * sum(one.sites.values()) / cations  # per cation of any kind, the same for all hosts
            base = first.setdefault(ratio, each)
            found.append(replace(one, difference=each - base if len(hosts) > 1 else float("nan")))
    return found


def _mixture(host: Host, atoms: Mapping[str, int], potential: str, relaxed: Sequence[Relaxed]) -> Mixture:
    sites = sum(atoms.values())
    usable = [r for r in relaxed if r.usable]
    energies = np.array([r.energy for r in usable]) / sites
    enough = len(usable) >= min(2, len(relaxed))
    elements = [next(iter(relaxed[0].structure.occupancy[k])) for k in relaxed[0].structure.labels]
    return Mixture(
        host=host.name,
        potential=potential,
        sites=dict(atoms),
        atoms={e: elements.count(e) for e in dict.fromkeys(elements)},
        decorations=len(usable),
        energy=float(energies.mean()) if enough else float("nan"),
        spread=float(energies.std(ddof=1)) if len(usable) > 1 else float("nan"),
        cation_spread=float(np.mean([cation_spread(r) for r in usable])) if usable else float("nan"),
        difference=float("nan"),
        refused=tuple(f"arrangement {r.seed}: {r.reason}" for r in relaxed if not r.usable),
    )


def cation_spread(relaxed: Relaxed) -> float:
    """Standard deviation of single-cation energies within each element, averaged over elements [J]."""
    elements = np.array([next(iter(relaxed.structure.occupancy[k])) for k in relaxed.structure.labels])
    mixed = np.array([k.startswith(MIXED) for k in relaxed.structure.labels])
    kinds = list(dict.fromkeys(elements[mixed].tolist()))
    return float(np.mean([relaxed.site_energies[mixed & (elements == e)].std() for e in kinds]))
