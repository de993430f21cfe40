"""Host curves and a surface phase in, misfit and energy over state of charge out."""

from __future__ import annotations

import math

import numpy as np

from ..errors import InputError
from ..records.host import HostCurves
from ..records.phase import Phase
from ..records.strain import StrainPath
from . import laws

FACETS = ("003", "104")


def breathe(host: HostCurves, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Lattice a(x), c(x) in m, its change from x = 1 scaled by ``factor`` (1: as tabulated, 0: zero strain)."""
    return tuple(edge[-1] + factor * (edge - edge[-1]) for edge in (host.a, host.c))


def pseudo_hexagonal(phase: Phase) -> tuple[float, float]:
    """Hexagonal a and c [m] in which a close-packed-oxygen phase continues a layered host.

    Rock salt: a/sqrt(2), 2 sqrt(3) a; spinel the same of half its cell; layered as it is.
    """
    if phase.structure == "layered":
        return phase.cell.a, phase.cell.c
    edge = {"rock salt": phase.cell.a, "spinel": phase.cell.a / 2}.get(phase.structure)
    if edge is None:
        raise InputError(
            "layer.structure",
            f"{phase.name} ({phase.structure}) does not continue the host's oxygen stacking",
            "a layered, rock salt or spinel phase",
        )
    return edge / math.sqrt(2), 2 * math.sqrt(3) * edge


def surface_path(
    name: str,
    host: HostCurves,
    phase: Phase,
    *,
    thickness: float,
    breathing: float,
    basal_share: float,
    modulus_scale: float = 1.0,
) -> StrainPath:
    """A coherent ``phase`` of ``thickness`` [m] on the host; (003) weighs ``basal_share``, (104) the rest."""
    modulus, ratio = phase.young_modulus.value * modulus_scale, phase.poisson_ratio.value
    a, c = breathe(host, breathing)
    film_a, film_c = pseudo_hexagonal(phase)
    misfit = np.zeros_like(a)
    energy = np.zeros_like(a)
    release = np.zeros_like(a)
    for facet, share in zip(FACETS, (basal_share, 1 - basal_share)):
        host_1, host_2 = laws.facet_spacings(a, c, facet)
        film_1, film_2 = laws.facet_spacings(film_a, film_c, facet)
        e1, e2 = host_1 / film_1 - 1, host_2 / film_2 - 1
        misfit += share * (e1 + e2) / 2
        energy += share * laws.plane_stress_energy(e1, e2, modulus, ratio)
        release += share * laws.energy_release(laws.plane_stress(e1, e2, modulus, ratio), thickness, modulus, ratio)
    return StrainPath(name=name, lithium=host.lithium, misfit=misfit, energy_density=energy, energy_release=release)


def grain_path(
    host: HostCurves, *, grain_size: float, breathing: float, young_modulus: float, poisson_ratio: float
) -> StrainPath:
    """Neighbouring grains whose a and c change differently: G = Z E eps_aniso^2 d."""
    a, c = breathe(host, breathing)
    anisotropy = (c / c[-1] - 1) - (a / a[-1] - 1)
    energy = laws.plane_stress_energy(anisotropy / 2, anisotropy / 2, young_modulus, poisson_ratio)
    release = laws.GRAIN_MISMATCH * young_modulus * anisotropy**2 * grain_size
    return StrainPath(
        name="grain against grain",
        lithium=host.lithium,
        misfit=anisotropy,
        energy_density=energy,
        energy_release=release,
    )


def energy_slope(path: StrainPath) -> np.ndarray:
    """dw/dx in J/m3 per lithium."""
    return np.gradient(path.energy_density, path.lithium)
