"""Cations mixed over the sites of a host: cells to relax, and what the relaxed ones say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from ..catalogue import phase
from ..crystals.library import structure_of
from ..crystals.neighbours import supercell
from ..crystals.ordering import decorated
from ..crystals.symmetry import primitive
from ..errors import InputError
from ..records.structure import Structure
from ..units import Unit

MIXED = "M"


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


def decorations(cell: Structure, atoms: Mapping[str, int], seeds: Sequence[int]) -> list[Structure]:
    """One arrangement a seed."""
    return [decoration(cell, atoms, seed) for seed in seeds]
