"""Recipe and powder in, layer out: `deposit`."""

from __future__ import annotations

from collections.abc import Mapping

from ..catalogue import NONE, Phases, phase
from ..chemistry import cations_of, element_counts, molar_mass
from ..errors import InputError
from ..records.coating import BatchLine, CoatingLayer, Particle
from ..records.phase import Phase
from ..records.sourced import Sourced
from ..sources import EVERYTHING_ELSE
from . import laws
from .spec import Coating

GONE = ("H", "C")  # leave as water and carbon dioxide


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
    bundled ones. Mass in equals mass out exactly.
    """
    mass_ratio = dose_per_host(coating)
    shares = precursor_shares(coating)
    found = {p: phase(p, phases) for p in shares}
    density = 1 / sum(s / found[p].density.value for p, s in shares.items())
    area = particle.outer_area if coating.area_basis == "outer" else particle.wetted_area
    mean = laws.mean_thickness(mass_ratio, density, area)
    wetting = sum(s for p, s in shares.items() if found[p].wets)
    mixed, spread = _coverages(coating, wetting, mean, spreading_time)
    reacted = {p: 1.0 if crystal.wets else dissolved_share for p, crystal in found.items()}
    amounts = {p: mass_ratio * s / molar_mass(found[p].formula) for p, s in shares.items()}
    cations = {p: {e: n * amounts[p] for e, n in metals(found[p].formula).items()} for p in shares}
    brought = sum(reacted[p] * element_counts(c.formula).get("Li", 0.0) * amounts[p] for p, c in found.items())
    bound = sum(reacted[p] * _bound(coating, found[p], c) for p, c in cations.items())
    demand = max(bound - brought, 0.0)
    from_host = max(demand - particle.residual_lithium, 0.0)
    return CoatingLayer(
        batch=tuple(_line(coating, found[p], p, mass_ratio * s) for p, s in shares.items()),
        mass_ratio=mass_ratio,
        wetting_share=wetting,
        density=density,
        area=area,
        mean_thickness=mean,
        coverage_mixed=mixed,
        coverage=spread,
        thickness=mean / spread if spread > 0 else 0.0,
        cations=_total(cations),
        cations_by_precursor=cations,
        dissolved_cations=_total({p: {e: n * reacted[p] for e, n in c.items()} for p, c in cations.items()}),
        inclusion_volume_share=sum(
            s * density / found[p].density.value * (1 - dissolved_share) for p, s in shares.items() if not found[p].wets
        ),
        lithium_bound=bound,
        lithium_brought=brought,
        lithium_demand=demand,
        residual_consumed=min(demand / particle.residual_lithium, 1.0) if particle.residual_lithium > 0 else 0.0,
        host_lithium_taken=from_host * particle.molar_mass,
    )


def dose_per_host(coating: Coating) -> float:
    """Dose as kg of coating per kg of host, whatever its stated basis."""
    dose = coating.dose.value
    return dose if coating.dose_basis == "host" else dose / (1 - dose)


def precursor_shares(coating: Coating) -> dict[str, float]:
    """Mass shares that sum to one (drawn shares are taken as a ratio)."""
    total = sum(s.value for s in coating.precursors.values())
    if total <= 0:
        raise InputError("coating.precursors", "no mass", "at least one share above zero")
    return {name: s.value / total for name, s in coating.precursors.items()}


def metals(formula: str) -> dict[str, float]:
    """Cations per formula unit that stay: lithium evens out with the host, hydrogen and carbon leave as gas.

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


def _line(coating: Coating, crystal: Phase, name: str, mass: float) -> BatchLine:
    """One precursor: dry mass, amount, and what to weigh for it."""
    weight = molar_mass(crystal.formula)
    water = of_precursor(coating.water, name).value * molar_mass("H2O")
    purity = of_precursor(coating.purity, name).value
    return BatchLine(
        precursor=name,
        mass=mass,
        amount=mass / weight,
        weighed=laws.weighed_mass(mass, weight, water, purity),
    )


def _coverages(coating: Coating, wetting: float, mean: float, time: float) -> tuple[float, float]:
    """Coverage as mixed and after spreading; only wetting precursors spread."""
    diameter = coating.agglomerate_diameter.value
    law = laws.random_coverage if coating.deposition == "random" else laws.exclusive_coverage
    footprint = laws.footprint(mean, diameter)
    growth = laws.spreading_factor(coating.spreading_diffusivity.value, time, diameter)
    spread = laws.random_coverage(footprint * (1 - wetting + wetting * growth))
    mixed = law(footprint)
    return mixed, max(spread, mixed)


def _bound(coating: Coating, crystal: Phase, cations: Mapping[str, float]) -> float:
    """Li in mol per kg of host in the products of one precursor, e.g. Li3NbO4, Li4WO5, Li2ZrO3."""
    return sum(lithium_bound(coating, crystal, e).value * n for e, n in cations.items())


def _total(cations: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in cations.values():
        for element, amount in amounts.items():
            total[element] = total.get(element, 0.0) + amount
    return total
