"""Geometry of a coating: floats in and out, SI. Symbols: w mass ratio, rho density, a area per mass, t thickness."""

from __future__ import annotations

import math

JAMMING_COVERAGE = 0.547  # random sequential adsorption of discs (Hinrichsen et al., 10.1007/BF01011908)


def mean_thickness(mass_ratio: float, density: float, area: float) -> float:
    """t = w / (rho a) in m; ``mass_ratio`` kg/kg, ``density`` kg/m3, ``area`` m2/kg.

    >>> round(mean_thickness(0.01, 4760, 300) * 1e9, 1)  # 1 wt% Nb12WO33 on 0.3 m2/g
    7.0
    """
    return mass_ratio / (density * area)


def footprint(thickness: float, diameter: float) -> float:
    """Area covered by agglomerates if none overlapped, per area: N = n pi d^2/4 = 1.5 t/d for spheres.

    >>> round(footprint(10e-9, 50e-9), 12)
    0.3
    """
    return 1.5 * thickness / diameter


def random_coverage(footprints: float) -> float:
    """Coverage by randomly placed, overlapping discs: theta = 1 - exp(-N)."""
    return -math.expm1(-footprints)


def exclusive_coverage(footprints: float) -> float:
    """Coverage by discs that may not overlap: theta = min(N, 0.547), the jamming limit."""
    return min(footprints, JAMMING_COVERAGE)


def grown_coverage(start: float, growth: float) -> float:
    """Coverage by discs that lay side by side and whose footprints have grown ``growth``-fold.

    theta = 1 - (1 - theta0) exp(-theta0 (g - 1)/(1 - theta0)): of what the footprints gain, only that on free surface
    counts, d theta = theta0 dg (1 - theta)/(1 - theta0). No overlap at first, a closed film in the end: Avrami's
    impingement (10.1063/1.1750631) from a covered start. Discs that keep their distance cover up to 0.06 more.

    >>> grown_coverage(0.3, 1.0), round(grown_coverage(0.3, 1.001), 6), round(grown_coverage(0.3, 99.0), 6)
    (0.3, 0.3003, 1.0)
    """
    return start - (1 - start) * math.expm1(-start * (growth - 1) / (1 - start))


def spreading_factor(diffusivity: float, time: float, diameter: float) -> float:
    """Growth of a wetting agglomerate's footprint: (r0^2 + 4 D t)/r0^2 with r0 = d/2.

    >>> spreading_factor(0.0, 3600, 50e-9)
    1.0
    """
    return 1 + 4 * diffusivity * time / (diameter / 2) ** 2


def weighed_mass(dry_mass: float, molar_mass: float, water_mass: float, purity: float) -> float:
    """What to weigh for a dry, pure mass: m (M + n M_H2O)/M / purity, in the unit of ``dry_mass``.

    ``molar_mass`` kg/mol of the dry formula, ``water_mass`` n M_H2O of its hydrate, ``purity`` the share of the
    hydrate in what is weighed.

    >>> round(weighed_mass(1.0, 0.231838, 0.018015, 1.0), 4)  # WO3 . H2O for 1 g of WO3
    1.0777
    """
    return dry_mass * (molar_mass + water_mass) / molar_mass / purity
