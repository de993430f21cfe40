"""Layer composition in, verdict out in full, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from ..constants import GAS_CONSTANT
from ..laws import mixing_stability
from ..records.phases import LeftOut, PhaseVerdict, Rest, Standing
from .candidates import interpolations, refusal
from .energies import DEFAULT, EnergySet, energy_set
from .hull import cheapest
from .layer import PAIRS, lattice_ratio
from .pricing import Conditions, Priced, decided, force_for, outcome, part_of, price, referred, rows_at, shares_of

DRAWS = 200
SEED = 20242
ENDS = (0.1, 0.9)
COLDEST, HOTTEST = 300.0, 1600.0  # K, where a crossover is looked for

Windows = Callable[[float], float]  # temperature [K] to the host's window of lithium potentials [J/mol]


def verdict(
    composition: Mapping[str, float],
    host: Mapping[str, float],
    at: Conditions,
    *,
    potential: str = DEFAULT,
    windows: Windows | None = None,
    draws: int = DRAWS,
) -> PhaseVerdict | None:
    """The answer of one potential, with intervals over its errors; None where its energies hold no such layer.

    ``host`` are the host's own cations, whose oxidation ties the energy of oxygen. ``windows(T)`` gives the window of
    lithium potentials at other temperatures; without it that of ``at`` is kept.
    """
    energies = energy_set(potential)
    if decided(energies, composition, host, at):
        return None
    priced = price(energies, host, composition, at)
    middle = outcome(priced)
    if middle is None:
        return None
    priced_draws = _drawn(energies, host, composition, at, draws)
    drawn = [outcome(p) for p in priced_draws]
    force = np.array(
        [o.driving_force if o.host == middle.host else force_for(p, middle.host) for o, p in zip(drawn, priced_draws)]
    )
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
        blind=middle.blind,
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
        rests=_rests(energies, host, composition, at, priced),
        left_out=_left_out(energies, host, composition, at, priced),
        oxygen_reference=referred(energies, host).oxygen,
        **_misfit(potential, middle.host, composition, own[1], host),
        refused=len(energies.refused),
    )


def _misfit(
    potential: str, structure: str, composition: Mapping[str, float], lithium: float, host: Mapping[str, float]
) -> dict[str, float]:
    """The structure's lattice over the host's, less one, where the two share their oxygen layers."""
    if structure not in PAIRS:
        return dict.fromkeys(("misfit_a", "misfit_c", "misfit_error"), float("nan"))
    a, c, error = lattice_ratio(potential, structure, composition, lithium, host)
    return {"misfit_a": a - 1, "misfit_c": c - 1, "misfit_error": error}


def _against_compounds(priced: Priced, column: int) -> float:
    """What the single phase gains over compounds alone, its entropy counted."""
    compounds = np.array([h == "" for h in priced.hosts])
    x = priced.columns.fractions[column]
    return cheapest(part_of(priced.columns, compounds), x).energy - float(priced.columns.energy[column])


def _drawn(
    energies: EnergySet, host: Mapping[str, float], composition: Mapping[str, float], at: Conditions, draws: int
) -> list[Priced]:
    """Candidates priced over independent normal errors and a uniform place in the window."""
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
        found.append(price(energies, host, composition, drawn))
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
        error = 1.2816 * _spread(energies, composition, name, lithium)
        found.append(
            Standing(
                host=name, above=above, low=above - error, high=above + error, lithium=lithium, entropy_term=entropy
            )
        )
    return tuple(sorted(found, key=lambda s: (np.isnan(s.above), s.above)))


def _spread(energies: EnergySet, composition: Mapping[str, float], name: str, lithium: float) -> float:
    """Stated error of a structure's energy at a composition and lithium content, J/mol of cations."""
    x = np.array([composition.get(e, 0.0) for e in energies.cations])
    rows = next(s for s in rows_at(energies.potential, (x / x.sum()).tobytes()) if s.host == name)
    return float(rows.spread[int(np.abs(rows.lithium - lithium).argmin())])


def _rests(
    energies: EnergySet,
    host: Mapping[str, float],
    composition: Mapping[str, float],
    at: Conditions,
    priced: Priced,
) -> tuple[Rest, ...]:
    """Every source of error moved by one standard deviation, both ways: the larger change counts."""
    tied, middle = referred(energies, host), outcome(priced)
    moves: list[tuple[str, float, list[Conditions]]] = []
    for name, (_, lithium, _) in priced.own.items():
        error = _spread(energies, composition, name, lithium)
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
        ends = [price(energies, host, composition, w) for w in ways]
        changes = [force_for(p, middle.host) - middle.driving_force for p in ends]
        largest = max(changes, key=abs, default=0.0)
        flips = any(o.host != middle.host or o.single != middle.single for o in map(outcome, ends))
        found.append(Rest(what=what, error=float(error), moves=float(largest), flips=flips))
    return tuple(sorted(found, key=lambda r: -abs(r.moves)))


def _left_out(
    energies: EnergySet, host: Mapping[str, float], composition: Mapping[str, float], at: Conditions, priced: Priced
) -> tuple[LeftOut, ...]:
    """The driving force without each compound that is in the cheapest assembly of what competes."""
    middle = outcome(priced)
    others = np.array([h != middle.host for h in priced.hosts])
    part = part_of(priced.columns, others)
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
    windows: Windows | None,
) -> float:
    """Temperature nearest to the hold at which the driving force for a structure changes sign; nan without one."""

    def force(temperature: float) -> float:
        window = windows(temperature) if windows else at.window
        return force_for(price(energies, host, composition, replace(at, temperature=temperature, window=window)), name)

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
    rows = next(s for s in rows_at(potential, (x / x.sum()).tobytes()) if s.host == name)
    lithium = priced.own[name][1]
    fractions = rows.fractions[int(np.abs(rows.lithium - lithium).argmin())]
    kept = fractions > 1e-6
    pairs = fit.curvature(fractions)[np.ix_(kept, kept)] / (GAS_CONSTANT * at.temperature)
    return float(mixing_stability(fractions[kept], pairs))
