"""Recipe and powder in, layer out: `deposit`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..catalogue import NONE, Phases, phase
from ..chemistry import cations_of, element_counts, molar_mass
from ..errors import InputError
from ..records.coating import BatchLine, CoatingLayer, Particle
from ..records.phase import Phase
from ..records.sourced import Sourced
from ..sources import EVERYTHING_ELSE
from . import laws
from .gas import fired, mass_left
from .spec import Coating

GONE = ("H", "C", "N")  # leave as water, carbon dioxide, ammonia and nitrogen oxides


def deposit(
    coating: Coating,
    particle: Particle,
    *,
    spreading_time: float,
    dissolved_share: float,
    phases: Phases = NONE,
) -> CoatingLayer:
    """The layer that a recipe leaves on a powder after the anneal.

    ``spreading_time`` [s] is the time at the reference temperature (700 C) that spreads as far as the anneal
    does; ``dissolved_share`` of the non-wetting precursors has dissolved; ``phases`` are a study's own, beside the
    bundled ones. Mass ratio, density and thickness are those of what is left after firing (`fired`).
    """
    mass_ratio = dose_per_host(coating)
    shares = precursor_shares(coating)
    found = {p: phase(p, phases) for p in shares}
    left = {p: fired(crystal, phases) for p, crystal in found.items()}
    amounts = {p: mass_ratio * s / molar_mass(found[p].formula) for p, s in shares.items()}
    masses = {p: mass_ratio * s * mass_left(found[p], left[p]) for p, s in shares.items()}
    cations = {p: {e: n * amounts[p] for e, n in metals(found[p].formula).items()} for p in shares}
    reacted = {p: 1.0 if oxide.wets else dissolved_share for p, oxide in left.items()}
    bound = {p: _bound(coating, left[p], c) for p, c in cations.items()}
    brought = sum(reacted[p] * element_counts(c.formula).get("Li", 0.0) * amounts[p] for p, c in found.items())
    return CoatingLayer(
        batch=tuple(_line(coating, found[p], p, mass_ratio * s, masses[p]) for p, s in shares.items()),
        mass_ratio=sum(masses.values()),
        cations=_total(cations),
        cations_by_precursor=cations,
        dissolved_cations=_total({p: {e: n * reacted[p] for e, n in c.items()} for p, c in cations.items()}),
        dissolved_share=dissolved_share,
        lithium_bound_all=sum(bound.values()),
        **_geometry(coating, particle, left, masses, spreading_time, reacted),
        **_lithium_book(particle, sum(reacted[p] * n for p, n in bound.items()), brought),
    )


def _geometry(
    coating: Coating,
    particle: Particle,
    left: Mapping[str, Phase],
    masses: Mapping[str, float],
    time: float,
    reacted: Mapping[str, float],
) -> dict[str, float]:
    """Area, mean thickness, coverage: agglomerates count by volume, which alike in size is their number."""
    mass = sum(masses.values())
    shares = {p: m / mass for p, m in masses.items()} if mass > 0 else precursor_shares(coating)
    density = 1 / sum(s / left[p].density.value for p, s in shares.items())
    volumes = {p: s * density / left[p].density.value for p, s in shares.items()}
    area = particle.outer_area if coating.area_basis == "outer" else particle.wetted_area
    mean = laws.mean_thickness(mass, density, area)
    wetting = sum(v for p, v in volumes.items() if left[p].wets)
    mixed, spread = _coverages(coating, wetting, mean, time)
    return {
        "wetting_share": wetting,
        "density": density,
        "area": area,
        "mean_thickness": mean,
        "coverage_mixed": mixed,
        "coverage": spread,
        "thickness": mean / spread if spread > 0 else 0.0,
        "inclusion_volume_share": sum(v * (1 - reacted[p]) for p, v in volumes.items()),
    }


def _lithium_book(particle: Particle, bound: float, brought: float) -> dict[str, float]:
    """Lithium in mol per kg of host: precursors give first, then residual lithium, then the host.

    The share of the host's may exceed one: the recipe then asks for more than there is.
    """
    demand = max(bound - brought, 0.0)
    from_host = max(demand - particle.residual_lithium, 0.0)
    if from_host > 0 and particle.lithium <= 0:
        raise InputError("cathode.composition", "a host without lithium", "lithium for what the coating binds")
    return {
        "lithium_bound": bound,
        "lithium_brought": brought,
        "lithium_demand": demand,
        "residual_consumed": min(demand / particle.residual_lithium, 1.0) if particle.residual_lithium > 0 else 0.0,
        "host_lithium_taken": from_host * particle.molar_mass / particle.lithium if from_host > 0 else 0.0,
    }


def dose_per_host(coating: Coating) -> float:
    """Dose as kg of coating per kg of host, whatever its stated basis."""
    dose = coating.dose.value
    return dose if coating.dose_basis == "host" else dose / (1 - dose)


def precursor_shares(coating: Coating, settled: Collection[str] = ()) -> dict[str, float]:
    """Mass shares that sum to one, so that a share that is drawn or set is the share that is used.

    Three ranks: ``settled`` shares, then those with a spread, then the others. Those of the lowest rank that is there
    share what the higher ones leave, in their own ratio; the higher ones stand as they are, unless they leave less
    than nothing. If all are of one rank they are a ratio.

    >>> from ..records.sourced import Sourced
    >>> drawn = Sourced(value=0.9, distribution="logitnormal", spread=(0.5,))
    >>> rest = {"ZrO2": Sourced(value=0.15), "WO3": Sourced(value=0.05)}
    >>> shares = precursor_shares(Coating(precursors={"Nb12WO33": drawn, **rest}))
    >>> {p: round(s, 3) for p, s in shares.items()}
    {'Nb12WO33': 0.9, 'ZrO2': 0.075, 'WO3': 0.025}
    """
    given = coating.precursors
    if sum(s.value for s in given.values()) <= 0:
        raise InputError("coating.precursors", "no mass", "at least one share above zero")
    ranks = {p: 0 if p in settled else 1 if s.uncertain else 2 for p, s in given.items()}
    totals = {r: sum(s.value for p, s in given.items() if ranks[p] == r) for r in ranks.values()}
    lowest = max(r for r, total in totals.items() if total > 0)
    left, rank_share = 1.0, {}
    for rank in sorted(totals):
        rank_share[rank] = left if rank == lowest else min(totals[rank], left)
        left -= rank_share[rank]
    return {p: _rescaled(s.value, totals[ranks[p]], rank_share[ranks[p]]) for p, s in given.items()}


def _rescaled(part: float, total: float, wanted: float) -> float:
    """A part of a total that is made ``wanted``; exact where nothing changes, safe for a total that is next to none."""
    return part if total in (0.0, wanted) else part / total * wanted


def metals(formula: str) -> dict[str, float]:
    """Cations per formula unit that stay: lithium evens out with the host, hydrogen, carbon and nitrogen leave as gas.

    >>> metals("Nb12WO33"), metals("Li2CO3")
    ({'Nb': 12.0, 'W': 1.0}, {})
    """
    return {e: n for e, n in cations_of(formula).items() if e not in GONE}


def of_precursor(rows: Mapping[str, Sourced], name: str) -> Sourced:
    """A row of purity or water, by precursor; ``other`` where it has none of its own."""
    return rows.get(name, rows[EVERYTHING_ELSE])


def lithium_bound(coating: Coating, crystal: Phase, element: str) -> Sourced:
    """Lithium per cation in the product: the phase's own row, else the recipe's of that element."""
    rows = coating.lithium_per_cation
    return crystal.lithium_per_cation.get(element, rows.get(element, rows[EVERYTHING_ELSE]))


def _line(coating: Coating, crystal: Phase, name: str, mass: float, left: float) -> BatchLine:
    """One precursor: dry mass, what it leaves, amount, and what to weigh for it."""
    weight = molar_mass(crystal.formula)
    water = of_precursor(coating.water, name).value * molar_mass("H2O")
    purity = of_precursor(coating.purity, name).value
    return BatchLine(
        precursor=name,
        mass=mass,
        mass_left=left,
        amount=mass / weight,
        weighed=laws.weighed_mass(mass, weight, water, purity),
    )


def _coverages(coating: Coating, wetting: float, mean: float, time: float) -> tuple[float, float]:
    """Coverage as mixed and after spreading; only wetting precursors, a share of the volume, spread."""
    diameter = coating.agglomerate_diameter.value
    footprints = laws.footprint(mean, diameter)
    spreading = laws.spreading_factor(coating.spreading_diffusivity.value, time, diameter)
    growth = 1 - wetting + wetting * spreading
    if coating.deposition == "random":
        return laws.random_coverage(footprints), laws.random_coverage(footprints * growth)
    mixed = laws.exclusive_coverage(footprints)
    return mixed, laws.grown_coverage(mixed, growth)


def _bound(coating: Coating, crystal: Phase, cations: Mapping[str, float]) -> float:
    """Li in mol per kg of host in the products of one precursor, e.g. Li3NbO4, Li4WO5, Li2ZrO3."""
    return sum(lithium_bound(coating, crystal, e).value * n for e, n in cations.items())


def _total(cations: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in cations.values():
        for element, amount in amounts.items():
            total[element] = total.get(element, 0.0) + amount
    return total
