"""Host curves and a surface phase in, misfit, stress and energy over state of charge out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..records.host import HostCurves
from ..records.phase import Phase
from ..records.strain import StrainPath
from . import laws


def breathe(host: HostCurves, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Lattice a(x), c(x) in m, its change from x = 1 scaled by ``factor`` (1: as tabulated, 0: zero strain)."""
    return tuple(edge[-1] + factor * (edge - edge[-1]) for edge in (host.a, host.c))


CONTINUING = ("layered", "rock salt", "spinel")  # structures whose oxygen layers run on from a layered host


def continues(layer: Phase) -> bool:
    """Whether a layer takes over the host's oxygen stacking on every facet, and so needs no search.

    >>> from epitropy.catalogue import phase
    >>> continues(phase("NiO")), continues(phase("Nb12WO33"))
    (True, False)
    """
    return layer.structure in CONTINUING


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


def path_of_strains(
    name: str,
    lithium: np.ndarray,
    strains: np.ndarray,
    *,
    thickness: float,
    young_modulus: float,
    poisson_ratio: float,
    held: float = math.inf,
) -> StrainPath:
    """A film of ``thickness`` [m] under principal in-plane ``strains`` (n, 2) over rising lithium content (n,).

    The columns follow the film's two axes. ``held``: the largest strain h that is left at x = 1, dislocations took up
    the rest at the synthesis. While the host breathes the strain is (1 + e)/(1 + e(1)) (1 + h) - 1. Infinite: coherent,
    the strains as given; 0: relaxed.

    >>> path = path_of_strains("film", np.array([0.5, 1.0]), np.array([[-0.02, -0.02], [0.01, 0.01]]),
    ...                        thickness=5e-9, young_modulus=150e9, poisson_ratio=0.25)
    >>> [str(mode) for mode in path.failure_mode], path.stress / 1e9
    (['debonding or buckling', 'channel cracking'], array([-4.,  2.]))
    """
    lithium, strains = np.asarray(lithium, float), np.asarray(strains, float)
    _check(lithium, strains, thickness, young_modulus, poisson_ratio, held)
    strains = (1 + strains) / (1 + strains[-1]) * (1 + np.clip(strains[-1], -held, held)) - 1
    e1, e2 = strains.T
    s1, s2 = laws.principal_stresses(e1, e2, young_modulus, poisson_ratio)
    crack, debonding = laws.releases(s1, s2, young_modulus, poisson_ratio)
    largest = np.maximum(crack, debonding)
    return StrainPath(
        name=name,
        lithium=lithium,
        misfit=(e1 + e2) / 2,
        stress=laws.plane_stress(e1, e2, young_modulus, poisson_ratio),
        principal_stress=np.stack([s1, s2]),
        energy_density=laws.plane_stress_energy(e1, e2, young_modulus, poisson_ratio),
        energy_release=largest * thickness,
        release_density=largest,
        thickness=thickness,
        cracking_share=(crack > debonding).astype(float),
        tension="channel cracking",
    )


def _check(
    lithium: np.ndarray, strains: np.ndarray, thickness: float, modulus: float, ratio: float, held: float
) -> None:
    if lithium.ndim != 1 or strains.shape != (lithium.size, 2) or lithium.size == 0:
        raise InputError("strains", f"shape {strains.shape} over {lithium.shape} lithium contents", "(n, 2) over (n,)")
    if not (np.isfinite(lithium).all() and np.isfinite(strains).all() and (strains > -1).all()):
        raise InputError("strains", "a value that is no number, or below -100 %", "finite strains above -1")
    if not (np.diff(lithium) > 0).all():
        raise InputError("lithium", "contents that do not rise", "rising values up to the lithiated host")
    if not 0 <= thickness < math.inf:
        raise InputError("thickness", f"{thickness:g} m", "zero or more")
    if not 0 < modulus < math.inf:
        raise InputError("young_modulus", f"{modulus:g} Pa", "a positive number")
    if not -1 < ratio < 0.5:
        raise InputError("poisson_ratio", f"{ratio:g}", "above -1 and below 0.5")
    if not held >= 0:
        raise InputError("held", f"{held:g}", "zero (relaxed) to infinite (coherent)")


def facet_strains(host: HostCurves, phase: Phase, facet: str, *, breathing: float = 1.0) -> np.ndarray:
    """Principal strains (n, 2) that a facet (hkl) of the host imposes on a ``phase`` that continues its lattice."""
    film = laws.facet_spacings(*pseudo_hexagonal(phase), facet)
    return np.stack(laws.facet_spacings(*breathe(host, breathing), facet), axis=1) / np.array(film) - 1


def facet_path(
    name: str,
    host: HostCurves,
    phase: Phase,
    *,
    shares: Mapping[str, float],
    thickness: float,
    breathing: float = 1.0,
    modulus_scale: float = 1.0,
    held: float = math.inf,
) -> StrainPath:
    """A ``phase`` of ``thickness`` [m] that continues the host's lattice, on facets weighed with ``shares``."""
    total = sum(shares.values())
    if not shares or min(shares.values()) < 0 or not math.isclose(total, 1, rel_tol=1e-9):
        raise InputError("shares", f"{dict(shares)} sum to {total:g}", "shares of 0 to 1 that sum to 1")
    scale = {"breathing": breathing, "modulus_scale": modulus_scale, "held": held}
    paths = facet_paths(name, host, phase, facets=shares, thickness=thickness, **scale)
    return weighed(list(paths.values()), tuple(shares.values()))


def facet_paths(
    name: str,
    host: HostCurves,
    phase: Phase,
    *,
    facets: Iterable[str],
    thickness: float,
    breathing: float = 1.0,
    modulus_scale: float = 1.0,
    held: float = math.inf,
) -> dict[str, StrainPath]:
    """The same on each facet apart."""
    return {
        facet: path_of_strains(
            name,
            host.lithium,
            facet_strains(host, phase, facet, breathing=breathing),
            thickness=thickness,
            young_modulus=phase.young_modulus.value * modulus_scale,
            poisson_ratio=phase.poisson_ratio.value,
            held=held,
        )
        for facet in facets
    }


def weighed(paths: Sequence[StrainPath], shares: Sequence[float]) -> StrainPath:
    """Means of paths over facets; shares that sum to less than 1 leave the rest of the surface unstrained."""

    def mean(key: str) -> np.ndarray:
        return sum(share * getattr(path, key) for share, path in zip(shares, paths))

    columns = ("misfit", "stress", "principal_stress", "energy_density", "energy_release", "release_density")
    means = {key: mean(key) for key in columns}
    cracking = sum(share * path.release_density * path.cracking_share for share, path in zip(shares, paths))
    released = means["release_density"]
    part = np.divide(cracking, released, out=np.zeros_like(cracking), where=released > 0)
    return replace(paths[0], **means, cracking_share=part)


def grain_path(
    host: HostCurves, *, grain_size: float, breathing: float, young_modulus: float, poisson_ratio: float
) -> StrainPath:
    """Neighbouring grains whose a and c change differently by eps: G = Z E eps^2 d.

    Either sign opens boundaries: of two neighbours that share the mismatch one is pulled along each direction, by
    E/(1 + nu) |eps|/2, and the other pushed. The stress told is that tension.
    """
    a, c = breathe(host, breathing)
    anisotropy = (c / c[-1] - 1) - (a / a[-1] - 1)
    density = laws.GRAIN_MISMATCH * young_modulus * anisotropy**2
    pull, push = laws.principal_stresses(np.abs(anisotropy) / 2, -np.abs(anisotropy) / 2, young_modulus, poisson_ratio)
    return StrainPath(
        name="grain against grain",
        lithium=host.lithium,
        misfit=anisotropy,
        stress=pull,
        principal_stress=np.stack([pull, push]),
        energy_density=laws.plane_stress_energy(anisotropy / 2, -anisotropy / 2, young_modulus, poisson_ratio),
        energy_release=density * grain_size,
        release_density=density,
        thickness=grain_size,
        cracking_share=np.ones(anisotropy.size),
        tension="boundary cracking",
    )


def best_inactive_edge(host: HostCurves, lowest: float = 0.1) -> float:
    """Edge a [m] of the layered film whose largest energy on (003) over x = 1 ... ``lowest`` is least.

    Both strains are a(x)/a - 1, so the extremes of a(x) must strain it alike: a = (a_max + a_min)/2.

    >>> from epitropy.hosts import host_curves
    >>> round(best_inactive_edge(host_curves("ncm90", "ncm90")) * 1e10, 3)
    2.845
    """
    a = host.a[host.lithium >= lowest]
    return float(a.max() + a.min()) / 2


def energy_slope(path: StrainPath) -> np.ndarray:
    """dw/dx in J/m3 per lithium."""
    return np.gradient(path.energy_density, path.lithium)
