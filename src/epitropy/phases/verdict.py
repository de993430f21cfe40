"""Layer composition in, verdict out in full: priced candidates, the cheapest assembly, and what both rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated

import numpy as np

from ..constants import GAS_CONSTANT
from ..errors import InputError
from ..laws import mixing_stability
from ..records.phases import NOT_DECIDED, LeftOut, PhaseVerdict, Rest, Standing
from ..units import Unit
from .candidates import Sampled, grid, interpolations, lowest_by_point, refusal, sample
from .energies import DEFAULT, EnergySet, energy_set
from .hull import Assembly, Columns, cheapest
from .lattice import lattice_ratio
from .laws import driving_force, grand_energy, lithium_potential, oxygen_potential
from .references import References, energy_per_formula, references

NEAR = 0.25  # sum of the differences of two compositions of one structure that count as one phase
SPLITTING = 250.0  # J/mol: a gain below this is no splitting
COMPETING = 60e3  # J/mol above the hull: such a candidate never comes into it within the errors
DRAWS = 200
SEED = 20242
ENDS = (0.1, 0.9)
COLDEST, HOTTEST = 300.0, 1600.0  # K, where a crossover is looked for
OTHER = "other"
CONTINUING = ("layered", "rock salt")  # structures that can be told in the host's axes
TIED = ("LiNiO2", "NiO")  # the host and what it becomes where it gives up lithium


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
    """All candidates at some conditions. ``own``: row of each structure at the asked composition."""

    columns: Columns
    hosts: tuple[str, ...]  # of every column, empty for a compound
    whole: Assembly
    own: Mapping[str, tuple[int, float, float]]  # structure -> column, lithium per cation, T S


def decided(energies: EnergySet, composition: Mapping[str, float]) -> str:
    """Why no verdict is possible; empty where the energies hold every cation."""
    missing = [e for e, n in composition.items() if n > 0 and e not in energies.cations]
    if missing:
        return f"no energies of mixtures with {', '.join(missing)}"
    if lacking := [name for name in TIED if name not in energies.compounds]:
        return f"no energy of {lacking[0]}, to which lithium is referred"
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
) -> Priced:
    """Compounds, structures on the grid and at the composition itself, and the cheapest assembly of them."""
    cations = energies.cations
    x = np.array([composition.get(e, 0.0) for e in cations])
    x = x / x.sum()
    tied = referred(energies, host)
    potentials = potentials_at(energies, tied, at)
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
        values.append(float(grand_energy(compound.energy / total, lithium, oxygen, potentials)) + error)
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
    return Priced(columns=columns, hosts=tuple(hosts), whole=cheapest(columns, x), own=own)


def _sampled(energies: EnergySet, x: np.ndarray) -> tuple[np.ndarray, list[Sampled]]:
    """Grid and composition as one list of points, the composition last, and every structure on them."""
    points, on_grid = grid(energies.potential)
    asked = _asked(energies.potential, x.tobytes())
    both = []
    for a, b in zip(on_grid, asked):
        joined = {
            key: np.concatenate([getattr(a, key), getattr(b, key)])
            for key in ("energy", "spread", "entropy", "lithium", "oxygen", "fractions")
        }
        both.append(replace(a, point=np.concatenate([a.point, b.point + len(points)]), **joined))
    return np.concatenate([points, x[None]]), both


@cache
def _asked(potential: str, x: bytes) -> tuple[Sampled, ...]:
    energies = energy_set(potential)
    point = np.frombuffer(x)[None]
    return tuple(sample(energies, f, energies.cations, point) for f in interpolations(potential).values())


def potentials_at(energies: EnergySet, tied: References, at: Conditions) -> tuple[float, float]:
    """Chemical potentials of lithium and of one oxygen, J/mol."""
    molecule = tied.oxygen + at.oxygen_error * tied.oxygen_error
    oxygen = (molecule + oxygen_potential(at.temperature, at.oxygen_pressure)) / 2
    host, reduced = (energy_per_formula(energies, name) for name in TIED)
    return lithium_potential(host, reduced, oxygen, at.window, at.position), oxygen


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
    competing: float
    second_share: float

    @property
    def single(self) -> bool:
        return self.driving_force > 0 and self.splitting < SPLITTING


def outcome(priced: Priced) -> Outcome | None:
    """The best structure at the composition against all that is not it; None if none can hold the composition."""
    if not priced.own:
        return None
    energy = priced.columns.energy
    ranked = sorted(priced.own, key=lambda h: energy[priced.own[h][0]])
    host = ranked[0]
    here = energy[priced.own[host][0]]
    x = priced.columns.fractions[priced.own[host][0]]
    others = np.array([h != host for h in priced.hosts])
    competing = cheapest(_part(priced.columns, others), x).energy
    return Outcome(
        host=host,
        driving_force=driving_force(here, competing),
        splitting=max(float(here - priced.whole.energy), 0.0),
        runner_up=ranked[1] if len(ranked) > 1 else "",
        runner_gap=float(energy[priced.own[ranked[1]][0]] - here) if len(ranked) > 1 else float("nan"),
        competing=competing,
        second_share=1 - max(shares_of(priced).values()),
    )


def _part(columns: Columns, kept: np.ndarray) -> Columns:
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


def verdict(
    composition: Mapping[str, float],
    host: Mapping[str, float],
    at: Conditions,
    *,
    potential: str = DEFAULT,
    windows=None,
    draws: int = DRAWS,
) -> PhaseVerdict | None:
    """The answer of one potential, with intervals over its errors; None where its energies hold no such layer.

    ``host`` are the host's own cations, whose oxidation ties the energy of oxygen. ``windows(T)`` gives the window of
    lithium potentials at other temperatures; without it that of ``at`` is kept.
    """
    energies = energy_set(potential)
    if decided(energies, composition):
        return None
    priced = price(energies, host, composition, at)
    middle = outcome(priced)
    if middle is None:
        return None
    drawn = _drawn(energies, host, composition, at, draws)
    force = np.array([o.driving_force if o.host == middle.host else -o.runner_gap for o in drawn])
    low, high = np.quantile(force, ENDS)
    own = priced.own[middle.host]
    return PhaseVerdict(
        potential=potential,
        composition=dict(composition),
        temperature=at.temperature,
        oxygen_pressure=at.oxygen_pressure,
        host=middle.host,
        driving_force=middle.driving_force,
        driving_low=float(low),
        driving_high=float(high),
        splitting=middle.splitting,
        single_phase=float(np.mean([o.single for o in drawn])),
        same_host=float(np.mean([o.host == middle.host for o in drawn])),
        runner_up=middle.runner_up,
        runner_gap=middle.runner_gap,
        enthalpy=own[2] - _against_compounds(priced, own[0]),
        entropy_term=own[2],
        crossover_temperature=_crossover(energies, host, composition, at, middle.host, windows),
        stability=_stability(potential, priced, middle.host, composition, at),
        assembly=shares_of(priced),
        standings=_standings(energies, host, composition, at, priced),
        rests=_rests(energies, host, composition, at, middle),
        left_out=_left_out(energies, host, composition, at, priced),
        oxygen_reference=referred(energies, host).oxygen,
        **_misfit(potential, middle.host, composition, own[1], host),
        refused=len(energies.refused),
    )


def _misfit(
    potential: str, structure: str, composition: Mapping[str, float], lithium: float, host: Mapping[str, float]
) -> dict[str, float]:
    """The structure's lattice over the host's, less one, where the two share their oxygen layers."""
    if structure not in CONTINUING:
        return dict.fromkeys(("misfit_a", "misfit_c", "misfit_error"), float("nan"))
    a, c, error = lattice_ratio(potential, structure, composition, lithium, host)
    return {"misfit_a": a - 1, "misfit_c": c - 1, "misfit_error": error}


def _against_compounds(priced: Priced, column: int) -> float:
    """What the single phase gains over compounds alone, its entropy counted."""
    compounds = np.array([h == "" for h in priced.hosts])
    x = priced.columns.fractions[column]
    return cheapest(_part(priced.columns, compounds), x).energy - float(priced.columns.energy[column])


def _drawn(
    energies: EnergySet, host: Mapping[str, float], composition: Mapping[str, float], at: Conditions, draws: int
) -> list[Outcome]:
    """Outcomes over independent normal errors and a uniform place in the window."""
    chance = np.random.default_rng(SEED)
    found = []
    for _ in range(draws):
        drawn = replace(
            at,
            mixture_error={h: float(chance.standard_normal()) for h in energies.mixtures},
            oxygen_error=float(chance.standard_normal()),
            compound_error=float(chance.standard_normal()),
            position=float(chance.random()),
        )
        if one := outcome(price(energies, host, composition, drawn)):
            found.append(one)
    return found


def _standings(
    energies: EnergySet, host: Mapping[str, float], composition: Mapping[str, float], at: Conditions, priced: Priced
) -> tuple[Standing, ...]:
    """Every structure at the composition, over the cheapest assembly, with one standard deviation either way."""
    nan = float("nan")
    x = np.array([composition.get(e, 0.0) for e in energies.cations])
    found = []
    for name in energies.mixtures:
        if name not in priced.own:
            fit = interpolations(energies.potential)[name]
            note = refusal(energies, fit, energies.cations, x / x.sum())
            found.append(Standing(host=name, above=nan, low=nan, high=nan, lithium=nan, entropy_term=nan, note=note))
            continue
        column, lithium, entropy = priced.own[name]
        above = float(priced.columns.energy[column] - priced.whole.energy)
        error = 1.2816 * _spread(energies, composition, name)
        found.append(
            Standing(
                host=name, above=above, low=above - error, high=above + error, lithium=lithium, entropy_term=entropy
            )
        )
    return tuple(sorted(found, key=lambda s: (np.isnan(s.above), s.above)))


def _spread(energies: EnergySet, composition: Mapping[str, float], name: str) -> float:
    """Stated error of a structure's energy at a composition, J/mol of cations; of its best share of lithium."""
    x = np.array([composition.get(e, 0.0) for e in energies.cations])
    rows = next(s for s in _asked(energies.potential, (x / x.sum()).tobytes()) if s.host == name)
    return float(rows.spread.min(initial=np.inf))


def _rests(
    energies: EnergySet,
    host: Mapping[str, float],
    composition: Mapping[str, float],
    at: Conditions,
    middle: Outcome,
) -> tuple[Rest, ...]:
    """Every source of error moved by one standard deviation, both ways: the larger change counts."""
    tied = referred(energies, host)
    moves: list[tuple[str, float, list[Conditions]]] = []
    for name in energies.mixtures:
        try:
            error = _spread(energies, composition, name)
        except StopIteration:
            continue
        if not np.isfinite(error):
            continue
        both = [replace(at, mixture_error={**at.mixture_error, name: z}) for z in (-1.0, 1.0)]
        moves.append((f"energies of {name} mixtures", error, both))
    ways = [replace(at, oxygen_error=z) for z in (-1.0, 1.0)]
    moves.append(("energy of oxygen beside this potential's oxides", tied.oxygen_error / 2, ways))
    ways = [replace(at, compound_error=z) for z in (-1.0, 1.0)]
    moves.append(("energies of the competing compounds", tied.compound_error, ways))
    ways = [replace(at, position=p) for p in (0.0, 1.0)]
    moves.append(("where in its window the host holds lithium", at.window / 2, ways))
    found = []
    for what, error, ways in moves:
        ends = [o for o in (outcome(price(energies, host, composition, w)) for w in ways) if o]
        changes = [_force(o, middle.host) - middle.driving_force for o in ends]
        largest = max(changes, key=abs, default=0.0)
        flips = any(o.host != middle.host or o.single != middle.single for o in ends)
        found.append(Rest(what=what, error=float(error), moves=float(largest), flips=flips))
    return tuple(sorted(found, key=lambda r: -abs(r.moves)))


def _force(one: Outcome, host: str) -> float:
    """The driving force for a structure: minus the gap where another comes first."""
    return one.driving_force if one.host == host else -one.runner_gap


def _left_out(
    energies: EnergySet, host: Mapping[str, float], composition: Mapping[str, float], at: Conditions, priced: Priced
) -> tuple[LeftOut, ...]:
    """The driving force without each compound that is in the cheapest assembly of what competes."""
    middle = outcome(priced)
    others = np.array([h != middle.host for h in priced.hosts])
    part = _part(priced.columns, others)
    used = cheapest(part, priced.columns.fractions[priced.own[middle.host][0]]).shares
    found = []
    for name, share in zip(part.names, used):
        if share > 0 and name in energies.compounds:
            one = outcome(price(energies, host, composition, at, without=name))
            found.append(LeftOut(compound=name, driving_force=one.driving_force, host=one.host))
    return tuple(sorted(found, key=lambda row: -abs(row.driving_force - middle.driving_force)))


def _crossover(
    energies: EnergySet,
    host: Mapping[str, float],
    composition: Mapping[str, float],
    at: Conditions,
    name: str,
    windows,
) -> float:
    """Temperature nearest to the hold at which the driving force for a structure changes sign; nan without one."""

    def force(temperature: float) -> float:
        window = windows(temperature) if windows else at.window
        one = outcome(price(energies, host, composition, replace(at, temperature=temperature, window=window)))
        return _force(one, name)

    temperatures = np.linspace(COLDEST, HOTTEST, 14)
    forces = np.array([force(t) for t in temperatures])
    change = np.flatnonzero(np.sign(forces[1:]) != np.sign(forces[:-1]))
    if not change.size:
        return float("nan")
    nearest = min(change, key=lambda i: abs((temperatures[i] + temperatures[i + 1]) / 2 - at.temperature))
    t, f = temperatures[nearest : nearest + 2], forces[nearest : nearest + 2]
    return float(t[0] - f[0] * (t[1] - t[0]) / (f[1] - f[0]))


def _stability(potential: str, priced: Priced, name: str, composition: Mapping[str, float], at: Conditions) -> float:
    """Lowest eigenvalue of the Hessian of G/RT on M among changes of composition, 1 for ideal mixing."""
    fit = interpolations(potential)[name]
    energies = energy_set(potential)
    x = np.array([composition.get(e, 0.0) for e in energies.cations])
    rows = next(s for s in _asked(potential, (x / x.sum()).tobytes()) if s.host == name)
    lithium = priced.own[name][1]
    fractions = rows.fractions[int(np.abs(rows.lithium - lithium).argmin())]
    kept = fractions > 1e-6
    pairs = fit.interactions()[np.ix_(kept, kept)] / (GAS_CONSTANT * at.temperature)
    return float(mixing_stability(fractions[kept], pairs))


def check_composition(composition: Mapping[str, float]) -> None:
    """Shares of cations, positive and with a sum."""
    if not composition or min(composition.values()) < 0 or not sum(composition.values()) > 0:
        raise InputError("composition", f"{dict(composition)}", "shares of cations, none negative")


__all__ = ["NOT_DECIDED", "Conditions", "decided", "outcome", "price", "verdict"]
