"""Recipe and powder in, layer out: `deposit`."""

from __future__ import annotations

from collections.abc import Mapping

from ..catalogue import phase
from ..chemistry import cations_of, molar_mass
from ..errors import InputError
from ..records.coating import BatchLine, CoatingLayer, Particle
from . import laws
from .spec import Coating


def deposit(
    coating: Coating,
    particle: Particle,
    *,
    spreading_time: float,
    dissolved_share: float,
) -> CoatingLayer:
    """The layer that a recipe leaves on a powder after the anneal.

    ``spreading_time`` [s] is the time at the reference temperature (700 C) that spreads as far as the anneal
    does; ``dissolved_share`` of the non-wetting precursors has dissolved. Mass in equals mass out exactly.
    """
    mass_ratio = dose_per_host(coating)
    shares = precursor_shares(coating)
    density = 1 / sum(s / phase(p).density.value for p, s in shares.items())
    area = particle.outer_area if coating.area_basis == "outer" else particle.wetted_area
    mean = laws.mean_thickness(mass_ratio, density, area)
    mixed, spread = _coverages(coating, shares, mean, spreading_time)
    cations = {p: _cations(p, mass_ratio * s) for p, s in shares.items()}
    dissolved = _dissolved(cations, dissolved_share)
    demand = _lithium_demand(cations, dissolved_share)
    from_host = max(demand - particle.residual_lithium, 0.0)
    return CoatingLayer(
        batch=tuple(
            BatchLine(precursor=p, mass=mass_ratio * s, amount=mass_ratio * s / molar_mass(p))
            for p, s in shares.items()
        ),
        mass_ratio=mass_ratio,
        wetting_share=sum(s for p, s in shares.items() if phase(p).wets),
        density=density,
        area=area,
        mean_thickness=mean,
        coverage_mixed=mixed,
        coverage=spread,
        thickness=mean / spread if spread > 0 else 0.0,
        cations=_total(cations),
        cations_by_precursor=cations,
        dissolved_cations=dissolved,
        inclusion_volume_share=_inclusions(shares, density, dissolved_share),
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


def _coverages(coating: Coating, shares: Mapping[str, float], mean: float, time: float) -> tuple[float, float]:
    """Coverage as mixed and after spreading; only wetting precursors spread."""
    diameter = coating.agglomerate_diameter.value
    law = laws.random_coverage if coating.deposition == "random" else laws.exclusive_coverage
    footprint = laws.footprint(mean, diameter)
    growth = laws.spreading_factor(coating.spreading_diffusivity.value, time, diameter)
    wetting = sum(s for p, s in shares.items() if phase(p).wets)
    spread = laws.random_coverage(footprint * (1 - wetting + wetting * growth))
    mixed = law(footprint)
    return mixed, max(spread, mixed)


def _cations(precursor: str, mass: float) -> dict[str, float]:
    amount = mass / molar_mass(precursor)
    return {e: n * amount for e, n in cations_of(precursor).items()}


def _total(cations: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in cations.values():
        for element, amount in amounts.items():
            total[element] = total.get(element, 0.0) + amount
    return total


def _dissolved(cations: Mapping[str, Mapping[str, float]], share: float) -> dict[str, float]:
    """Cations that reach the layer: all of the wetting precursors, a share of the others."""
    return _total({p: {e: n * (1.0 if phase(p).wets else share) for e, n in c.items()} for p, c in cations.items()})


def _lithium_demand(cations: Mapping[str, Mapping[str, float]], share: float) -> float:
    """Li in mol per kg of host that the reaction products bind, e.g. Li3NbO4, Li4WO5, Li2ZrO3."""
    demand = 0.0
    for precursor, amounts in cations.items():
        bound = phase(precursor).lithium_per_cation or {}
        reacted = 1.0 if phase(precursor).wets else share
        demand += reacted * sum(bound.get(e, 0.0) * n for e, n in amounts.items())
    return demand


def _inclusions(shares: Mapping[str, float], density: float, dissolved: float) -> float:
    """Volume share of undissolved, non-wetting precursor in the layer."""
    return sum(s * density / phase(p).density.value * (1 - dissolved) for p, s in shares.items() if not phase(p).wets)
