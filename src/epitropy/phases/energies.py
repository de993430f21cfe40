"""The shipped energies: rows of relaxed cells to compounds and mixtures, one set a potential."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import numpy as np

from ..constants import AVOGADRO, GAS_CONSTANT
from ..errors import InputError
from ..records.phase import UnitCell
from ..sources import lines_of, table
from ..units import Unit

ROWS = "atoms/energies.jsonl"
EV = 1.602176634e-19 * AVOGADRO  # J/mol
DEFAULT, SECOND = "7net-0", "chgnet"
LEAST = 2  # usable decorations, below which a composition does not count; of one element one is enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A phase of fixed composition: atoms, energy and entropy of shared sites, of any amount of it."""

    name: str
    atoms: Annotated[Mapping[str, float], Unit("1")]
    energy: Annotated[float, Unit("J/mol")]
    entropy: Annotated[float, Unit("J/(mol K)")] = 0.0

    @property
    def cations(self) -> dict[str, float]:
        """All but lithium and oxygen, which it exchanges."""
        return {e: n for e, n in self.atoms.items() if e not in ("Li", "O")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixtures:
    """A host with cations mixed over its sublattice M; rows are compositions, columns ``species``.

    energy: mean over the usable decorations, per mole of M. spread: their standard deviation. volume, area: of the cell
    and of its face ab, per site of M, means over decorations. lithium, oxygen: of the other sites, per mole of M;
    lithium on M is one of the species.
    """

    host: str
    species: tuple[str, ...]
    fractions: Annotated[np.ndarray, Unit("1")]
    energy: Annotated[np.ndarray, Unit("J/mol")]
    spread: Annotated[np.ndarray, Unit("J/mol")]
    decorations: Annotated[np.ndarray, Unit("1")]
    volume: Annotated[np.ndarray, Unit("m3", show="angstrom3")]
    area: Annotated[np.ndarray, Unit("m2", show="angstrom2")]
    lithium: Annotated[float, Unit("1")]
    oxygen: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySet:
    """All energies of one potential. Two sets never meet on one hull: their zeros differ."""

    potential: str
    checksum: str
    compounds: Mapping[str, Compound]
    mixtures: Mapping[str, Mixtures]
    refused: tuple[str, ...]  # what was relaxed and could not be used, with the reason

    @property
    def cations(self) -> tuple[str, ...]:
        """Cations that some mixture holds, lithium aside."""
        return tuple(dict.fromkeys(e for m in self.mixtures.values() for e in m.species if e != "Li"))


def shipped_rows() -> list[dict[str, Any]]:
    """Every relaxation that ships, one row each."""
    return lines_of(ROWS)


@cache
def energy_set(potential: str = DEFAULT) -> EnergySet:
    """The shipped energies of a potential.

    >>> found = energy_set("7net-0")
    >>> "NiO" in found.compounds, "layered" in found.mixtures
    (True, True)
    """
    rows = shipped_rows()
    known = sorted({row["potential"] for row in rows})
    if potential not in known:
        raise InputError("stability.potential", f"'{potential}' has no shipped energies", ", ".join(known))
    return set_of([row for row in rows if row["potential"] == potential])


def set_of(rows: Iterable[Mapping[str, Any]]) -> EnergySet:
    """Rows of one potential and one file of weights to an `EnergySet`; refused ones do not count."""
    rows = list(rows)
    sources = {(row["potential"], row["checksum"]) for row in rows}
    if len(sources) != 1:
        given = ", ".join(f"{name} {weights}" for name, weights in sorted(sources)) or "none"
        raise InputError("energies", f"potentials {given}", "rows of one potential with one checksum")
    usable = [row for row in rows if not row["refused"]]
    mixing = defaultdict(lambda: defaultdict(list))
    for row in usable:
        if row["set"] == "mixing":
            mixing[row["host"]][tuple(sorted(row["sites"].items()))].append(row)
    mixtures = {host: _mixtures(host, found) for host, found in mixing.items()}
    ((potential, checksum),) = sources
    return EnergySet(
        potential=potential,
        checksum=checksum,
        compounds=_compounds(usable),
        mixtures=mixtures,
        refused=tuple(f"{_told(row)}: {row['refused']}" for row in rows if row["refused"]),
    )


def _told(row: Mapping[str, Any]) -> str:
    if row["set"] != "mixing":
        return row["phase"]
    return f"{row['host']} {' '.join(f'{e}{n}' for e, n in row['sites'].items())}"


def _compounds(rows: list[Mapping[str, Any]]) -> dict[str, Compound]:
    """The lowest of each reference's starts, with shared sites their mean; and the pure host LiNiO2, whose distortion
    needs the larger cell."""
    found: dict[str, Compound] = {}
    shared: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if "entropy_R" in row:
            shared[row["phase"]].append(row)
            continue
        name = row.get("phase") or _pure(row)
        if not name:
            continue
        energy, atoms = row["energy_eV"] * EV, row["atoms"]
        size = sum(atoms.values())
        before = found.get(name)
        if before is None or energy / size < before.energy / sum(before.atoms.values()):
            found[name] = Compound(name=name, atoms={e: float(n) for e, n in atoms.items()}, energy=energy)
    for name, ones in shared.items():
        found[name] = Compound(
            name=name,
            atoms={e: float(n) for e, n in ones[0]["atoms"].items()},
            energy=float(np.mean([row["energy_eV"] for row in ones])) * EV,
            entropy=GAS_CONSTANT * ones[0]["entropy_R"],
        )
    return found


def _pure(row: Mapping[str, Any]) -> str:
    sites = row.get("sites", {})
    alone = row.get("host") == "layered" and len(sites) == 1
    return f"Li{next(iter(sites))}O2" if alone else ""


def _mixtures(host: str, found: Mapping[tuple, list[Mapping[str, Any]]]) -> Mixtures:
    species = tuple(e for e in table("atoms/plan.toml")["cations"] if any(e in dict(key) for key in found))
    fractions, energy, spread, count, size = [], [], [], [], []
    lithium = oxygen = 0.0
    for key, rows in found.items():
        sites = dict(key)
        if len(rows) < (1 if len(sites) == 1 else LEAST):
            continue
        m = sum(sites.values())
        values = np.array([row["energy_eV"] for row in rows]) * EV / m
        fractions.append([sites.get(e, 0) / m for e in species])
        energy.append(values.mean())
        spread.append(values.std(ddof=1) if len(values) > 1 else 0.0)
        count.append(len(values))
        size.append(np.mean([_volume_and_area(row) for row in rows], axis=0) / m)
        lithium = (rows[0]["atoms"].get("Li", 0) - sites.get("Li", 0)) / m
        oxygen = rows[0]["atoms"]["O"] / m
    return Mixtures(
        host=host,
        species=species,
        fractions=np.array(fractions).reshape(-1, len(species)),
        energy=np.array(energy),
        spread=np.array(spread),
        decorations=np.array(count),
        volume=np.array([v for v, _ in size]),
        area=np.array([a for _, a in size]),
        lithium=lithium,
        oxygen=oxygen,
    )


def _volume_and_area(row: Mapping[str, Any]) -> tuple[float, float]:
    """Volume [m3] and area of the face ab [m2] of a row's cell."""
    a, b, c = (1e-10 * edge for edge in row["cell_angstrom"])
    alpha, beta, gamma = np.radians(row["cell_deg"])
    cell = UnitCell(a=a, b=b, c=c, alpha=float(alpha), beta=float(beta), gamma=float(gamma))
    return cell.volume, a * b * float(np.sin(gamma))
