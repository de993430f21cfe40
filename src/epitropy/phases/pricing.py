"""Candidates priced at some conditions: the cheapest assembly of phases, and the best single phase beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Annotated

import numpy as np

from ..units import Unit
from .candidates import Sampled, grid, interpolations, lowest_by_point, sample
from .energies import EnergySet, energy_set
from .hull import Assembly, Columns, cheapest
from .laws import driving_force, grand_energy, lithium_potential, oxygen_potential
from .references import References, energy_per_formula, references

NEAR = 0.25  # sum of the differences of two compositions of one structure that count as one phase
SPLITTING = 250.0  # J/mol: a gain below this is no splitting, however good the energies
OTHER = "other"
TIED = ("LiNiO2", "NiO")  # the host and what it becomes where it gives up lithium, as compounds
TURNS = ("layered", "rock salt")  # the same as structures
LITHIUM_LEFT = 0.6  # per cation, in a rock salt that counts as having lost lithium


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Furnace and host: temperature, gas, and the host's window of lithium potentials with its place in it.

    Errors are in standard deviations of what the tables state.
    """

    temperature: Annotated[float, Unit("K", show="degC")]
    oxygen_pressure: Annotated[float, Unit("Pa", show="atm")]
    window: Annotated[float, Unit("J/mol", show="kJ/mol")]
    position: Annotated[float, Unit("1")] = 0.5
    mixture_error: Annotated[Mapping[str, float], Unit("1")] = field(default_factory=dict)
    oxygen_error: Annotated[float, Unit("1")] = 0.0
    compound_error: Annotated[float, Unit("1")] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """All candidates at some conditions. ``own``: row of each structure at the asked composition.

    blind: gain of splitting below which it means nothing, J/mol. The host itself, known to be one phase, splits by so
    much in these energies.
    """

    columns: Columns
    hosts: tuple[str, ...]  # of every column, empty for a compound
    whole: Assembly
    own: Mapping[str, tuple[int, float, float]]  # structure -> column, lithium per cation, T S
    blind: Annotated[float, Unit("J/mol", show="kJ/mol")] = SPLITTING


def decided(energies: EnergySet, composition: Mapping[str, float], host: Mapping[str, float], at: Conditions) -> str:
    """Why no verdict is possible; empty where the energies hold every cation and know the host as layered."""
    missing = [e for e, n in composition.items() if n > 0 and e not in energies.cations]
    if missing:
        return f"no energies of mixtures with {', '.join(missing)}"
    if lacking := [name for name in TIED if name not in energies.compounds]:
        return f"no energy of {lacking[0]}, to which lithium is referred"
    own = _own(energies.potential, tuple(sorted(host.items())), _furnace(at)) if at.window > 0 else None
    if own is not None and own.host != TURNS[0]:
        return f"by these energies the host itself would be {own.host}"
    return ""


@cache
def _references(potential: str, host: tuple[tuple[str, float], ...]) -> References:
    return references(energy_set(potential), dict(host))


def referred(energies: EnergySet, host: Mapping[str, float]) -> References:
    """Oxygen and errors of a set beside a host; the bundled sets' are worked out once."""
    if energies is energy_set(energies.potential):
        return _references(energies.potential, tuple(sorted(host.items())))
    return references(energies, host)


def price(
    energies: EnergySet,
    host: Mapping[str, float],
    composition: Mapping[str, float],
    at: Conditions,
    without: str = "",
    within: bool = False,
) -> Priced:
    """Compounds, structures on the grid and at the composition itself, and the cheapest assembly of them.

    ``without`` leaves a compound out; ``within`` asks about the host itself and so for no comparison with it.
    """
    cations = energies.cations
    x = np.array([composition.get(e, 0.0) for e in cations])
    x = x / x.sum()
    tied = referred(energies, host)
    potentials = potentials_at(energies, host, at)
    names, hosts, fractions, values = [], [], [], []
    for compound in energies.compounds.values():
        amounts = np.array([compound.atoms.get(e, 0.0) for e in cations])
        total = amounts.sum()
        if total == 0 or compound.name == without or set(compound.cations) - set(cations):
            continue
        lithium, oxygen = compound.atoms.get("Li", 0.0) / total, compound.atoms.get("O", 0.0) / total
        names.append(compound.name)
        hosts.append("")
        fractions.append(amounts / total)
        error = at.compound_error * tied.compound_error
        free = compound.energy - at.temperature * compound.entropy
        values.append(float(grand_energy(free / total, lithium, oxygen, potentials)) + error)
    points, sampled = _sampled(energies, x)
    own: dict[str, tuple[int, float, float]] = {}
    for one in sampled:
        free = one.priced(potentials, at.temperature, at.mixture_error.get(one.host, at.mixture_error.get(OTHER, 0.0)))
        for row in lowest_by_point(free, one.point):
            k = int(one.point[row])
            if k == len(points) - 1:
                own[one.host] = (len(names), float(one.lithium[row]), float(at.temperature * one.entropy[row]))
            names.append(f"{one.host} {_text(cations, points[k])}")
            hosts.append(one.host)
            fractions.append(points[k])
            values.append(float(free[row]))
    columns = Columns(names=tuple(names), fractions=np.array(fractions), energy=np.array(values))
    blind = SPLITTING if within else _blind(energies.potential, tuple(sorted(host.items())), _furnace(at))
    return Priced(columns=columns, hosts=tuple(hosts), whole=cheapest(columns, x), own=own, blind=blind)


def _furnace(at: Conditions) -> tuple[float, float, float]:
    return at.temperature, at.oxygen_pressure, at.window


def _blind(potential: str, host: tuple[tuple[str, float], ...], furnace: tuple[float, float, float]) -> float:
    """What the host gains by splitting: a mistake of the energies, since it does not split."""
    found = _own(potential, host, furnace)
    return max(SPLITTING, found.splitting) if found else SPLITTING


@lru_cache(maxsize=512)
def _own(potential: str, host: tuple[tuple[str, float], ...], furnace: tuple[float, float, float]) -> Outcome | None:
    """The host by its own potential's energies, without errors; None where they do not hold its cations."""
    temperature, pressure, window = furnace
    at = Conditions(temperature=temperature, oxygen_pressure=pressure, window=window)
    energies = energy_set(potential)
    if any(n > 0 and e not in energies.cations for e, n in host):
        return None
    return outcome(price(energies, dict(host), dict(host), at, within=True))


def _sampled(energies: EnergySet, x: np.ndarray) -> tuple[np.ndarray, list[Sampled]]:
    """Grid and composition as one list of points, the composition last, and every structure on them."""
    points, on_grid = grid(energies.potential)
    asked = rows_at(energies.potential, x.tobytes())
    both = []
    for a, b in zip(on_grid, asked):
        joined = {
            key: np.concatenate([getattr(a, key), getattr(b, key)])
            for key in ("energy", "spread", "entropy", "lithium", "oxygen", "fractions")
        }
        both.append(replace(a, point=np.concatenate([a.point, b.point + len(points)]), **joined))
    return np.concatenate([points, x[None]]), both


@cache
def rows_at(potential: str, x: bytes) -> tuple[Sampled, ...]:
    energies = energy_set(potential)
    point = np.frombuffer(x)[None]
    return tuple(sample(energies, f, energies.cations, point) for f in interpolations(potential).values())


def potentials_at(energies: EnergySet, host: Mapping[str, float], at: Conditions) -> tuple[float, float]:
    """Chemical potentials of lithium and of one oxygen, J/mol; lithium's from where the host itself would lose it."""
    oxygen = oxygen_at(referred(energies, host), at)
    end = _host_end(energies.potential, tuple(sorted(host.items())), at.temperature, oxygen)
    if end is None:
        return compound_potentials(energies, referred(energies, host), at)
    return end + (1 - at.position) * at.window, oxygen


def compound_potentials(energies: EnergySet, tied: References, at: Conditions) -> tuple[float, float]:
    """The same for a set without mixtures, or without those of the host: its end is that of LiNiO2 beside NiO."""
    oxygen = oxygen_at(tied, at)
    host, reduced = (energy_per_formula(energies, name) for name in TIED)
    return lithium_potential(host, reduced, oxygen, at.window, at.position), oxygen


def oxygen_at(tied: References, at: Conditions) -> float:
    """Chemical potential of one oxygen, J/mol."""
    molecule = tied.oxygen + at.oxygen_error * tied.oxygen_error
    return (molecule + oxygen_potential(at.temperature, at.oxygen_pressure)) / 2


@lru_cache(maxsize=512)
def _host_end(potential: str, host: tuple[tuple[str, float], ...], temperature: float, oxygen: float) -> float | None:
    """Potential of lithium below which the layered host turns to a rock salt of its cations with less of it, J/mol.

    Measured decomposition ends at such rock salts, not at NiO alone, and their entropy counts; so a host that is
    stable in its furnace is stable here. None where either has no energies for these cations.
    """
    energies, shares = energy_set(potential), dict(host)
    x = np.array([shares.get(e, 0.0) for e in energies.cations])
    rows = {s.host: s for s in rows_at(potential, (x / x.sum()).tobytes())}
    if not all(name in rows and len(rows[name].lithium) for name in TURNS):
        return None
    layered, salt = (rows[name] for name in TURNS)
    full = int(np.abs(layered.lithium - 1).argmin())
    less = np.flatnonzero(salt.lithium <= LITHIUM_LEFT)
    if not less.size:
        return None
    whole = layered.energy[full] - layered.oxygen[full] * oxygen - temperature * layered.entropy[full]
    reduced = (salt.energy - salt.oxygen * oxygen - temperature * salt.entropy)[less]
    return float(((whole - reduced) / (layered.lithium[full] - salt.lithium[less])).max())


def _text(cations: tuple[str, ...], fractions: np.ndarray) -> str:
    return " ".join(f"{e}{share:.3g}" for e, share in zip(cations, fractions) if share > 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One pricing in few numbers; energies in J/mol of cations."""

    host: str
    driving_force: float
    splitting: float
    runner_up: str
    runner_gap: float
    second_share: float
    blind: float

    @property
    def single(self) -> bool:
        return self.splitting <= self.blind


def outcome(priced: Priced) -> Outcome | None:
    """The best structure at the composition against all that is not it; None if none can hold the composition."""
    if not priced.own:
        return None
    energy = priced.columns.energy
    ranked = sorted(priced.own, key=lambda h: energy[priced.own[h][0]])
    host = ranked[0]
    here = energy[priced.own[host][0]]
    return Outcome(
        host=host,
        driving_force=force_for(priced, host),
        splitting=max(float(here - priced.whole.energy), 0.0),
        runner_up=ranked[1] if len(ranked) > 1 else "",
        runner_gap=float(energy[priced.own[ranked[1]][0]] - here) if len(ranked) > 1 else float("nan"),
        second_share=1 - max(shares_of(priced).values()),
        blind=priced.blind,
    )


def force_for(priced: Priced, host: str) -> float:
    """What a structure at the asked composition gains over every assembly of all that is not it, J/mol."""
    column = priced.own[host][0]
    others = np.array([h != host for h in priced.hosts])
    competing = cheapest(part_of(priced.columns, others), priced.columns.fractions[column]).energy
    return driving_force(float(priced.columns.energy[column]), competing)


def part_of(columns: Columns, kept: np.ndarray) -> Columns:
    names = tuple(n for n, k in zip(columns.names, kept) if k)
    return Columns(names=names, fractions=columns.fractions[kept], energy=columns.energy[kept])


def shares_of(priced: Priced) -> dict[str, float]:
    """Phases of the cheapest assembly and their shares of the cations; near compositions of one structure are one."""
    found: list[tuple[str, str, np.ndarray, float]] = []
    for k in np.argsort(-priced.whole.shares):
        share = float(priced.whole.shares[k])
        if share <= 0:
            break
        name, host, x = priced.columns.names[k], priced.hosts[k], priced.columns.fractions[k]
        for i, (first, other, y, taken) in enumerate(found):
            if host and other == host and np.abs(x - y).sum() < NEAR:
                found[i] = (first, other, y, taken + share)
                break
        else:
            found.append((name, host, x, share))
    return {name: share for name, _, _, share in found}
