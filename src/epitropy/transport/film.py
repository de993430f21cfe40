"""What pathways make of a film on a particle: resistance by facet, and oxygen through it, with spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..records.epitaxy import indices_text
from ..records.pathways import Face, FaceResistance, FacetWay, FilmResistances, OxygenPermeance, Pathways
from ..records.sourced import Sourced
from ..sources import default
from . import laws

_LEVELS = tuple((np.arange(99) + 0.5) / 99)  # quantiles that stand for a spread


def leak_share() -> Sourced:
    """Share of a blocked facet that still passes lithium; the layer's default, assumed."""
    return default("layer.leak_share", "1")


def film_resistances(
    found: Pathways,
    *,
    thickness: float,
    conductivity: Sourced,
    faces: Sequence[Face],
    leak: Sourced | None = None,
) -> FilmResistances:
    """Resistance of a film per particle area, 1/R = sum_i w_i f_i sigma_Li/h, facets side by side.

    thickness h in m; sigma_Li in S/m along the open directions of the film, with its spread. f is cos2 of the angle
    between the film's normal and those directions (`FacetWay.inclination`), at least the leak share l, which is all
    where the plane is blocked; 0 on host facets that pass none. Shares w are of the particle's area and need not add up
    to 1 (the rest is bare). Every film plane must be a facet of ``found``.

    The interval (10 to 90 %) holds the spreads of sigma_Li and l, but no error of the rank of the barriers.
    """
    if not (math.isfinite(thickness) and thickness > 0):
        raise InputError("thickness", f"{thickness:g} m", "a positive number")
    if sum(face.share for face in faces) > 1 + 1e-9:
        raise InputError("faces", f"shares that add up to {sum(f.share for f in faces):.3g}", "at most 1")
    leak = leak or leak_share()
    rows = tuple(_face(found, face, thickness, conductivity, leak) for face in faces)
    weights = np.array([face.share if face.host_open else 0.0 for face in faces])
    inclined = np.array([found.facets[indices_text(face.film_plane)].inclination for face in faces])
    low, middle, high = _resistance(thickness, weights, inclined, conductivity, leak)
    share = sum(row.share * row.conducting_share for row in rows)
    return FilmResistances(faces=rows, open_share=share, resistance=middle, low=low, high=high)


def _face(found: Pathways, face: Face, thickness: float, conductivity: Sourced, leak: Sourced) -> FaceResistance:
    label = indices_text(face.film_plane)
    if label not in found.facets:
        allowed = ", ".join(f"({known})" for known in found.facets)
        raise InputError(f"face {face.host_facet}", f"film plane ({label})", f"planes asked of pathways: {allowed}")
    way = found.facets[label]
    weight = np.array([float(face.host_open)])
    low, middle, high = _resistance(thickness, weight, np.array([way.inclination]), conductivity, leak)
    return FaceResistance(
        host_facet=face.host_facet,
        film_plane=face.film_plane,
        share=face.share,
        barrier=way.through,
        open=face.host_open and way.open,
        conducting_share=conducting_share(way, leak.value) if face.host_open else 0.0,
        resistance=middle,
        low=low,
        high=high,
    )


def rock_salt_share(lithium: float) -> float:
    """Conduction of a disordered rock salt with this share of lithium on its cation sites, over one of lithium alone.

    Ions hop through tetrahedra of which all four corners are lithium or empty. These form a network through
    Li_x M_(2-x) O2 from x = 1.09 on, 0.545 of the sites (Lee et al., Science 343 (2014) 519, 10.1126/science.1246432);
    above such a threshold conduction in three dimensions rises with the square of the distance to it.

    >>> rock_salt_share(0.3), round(rock_salt_share(0.6), 3), rock_salt_share(1.0)
    (0.0, 0.015, 1.0)
    """
    threshold = 1.09 / 2
    return max(lithium - threshold, 0.0) ** 2 / (1 - threshold) ** 2


def conducting_share(way: FacetWay, leak: float) -> float:
    """Conduction through a film over that along its open directions: cos2 of their tilt, and never below the leak."""
    return max(way.inclination, leak)


def _resistance(
    thickness: float, weights: np.ndarray, inclined: np.ndarray, conductivity: Sourced, leak: Sourced
) -> tuple[float, float, float]:
    """h/(sigma sum_i w_i max(f_i, l)) at 10, 50 and 90 %, over all pairs of quantiles of sigma and l; in ohm m2."""
    if not weights.any():
        return math.inf, math.inf, math.inf
    sigma, leaks = (np.array([number.at(q).value for q in _LEVELS]) for number in (conductivity, leak))
    share = np.maximum(inclined, np.minimum(leaks, 1.0)[:, None]) @ weights
    every = laws.film_resistivity(sigma[:, None], share) * thickness
    low, middle, high = np.quantile(every, (0.1, 0.5, 0.9))
    return float(low), float(middle), float(high)


def oxygen_permeance_ratio(
    oxygen_ratio: Sourced, *, layer_thickness: float, skin_thickness: float, leak: float = 1.0
) -> OxygenPermeance:
    """Oxygen permeance of the layer over that of the skin, (D_L K_L/h_L)/(D_s K_s/h_s) = (D_L K_L/D_s K_s) h_s/h_L.

    ``oxygen_ratio`` is the ratio of the transport coefficients D K, thicknesses in m, ``leak`` a factor for phase
    boundaries (`laws.leaky_ratio`). A prior, not a finding: nobody has measured either coefficient.

    >>> even = Sourced(value=1.0, distribution="lognormal", spread=(2.3,))
    >>> found = oxygen_permeance_ratio(even, layer_thickness=7e-9, skin_thickness=3.5e-9)
    >>> round(found.ratio, 3), round(found.low, 3), round(found.high, 2)
    (0.5, 0.026, 9.53)
    """
    if min(layer_thickness, skin_thickness) <= 0:
        raise InputError("thickness", f"{layer_thickness:g} and {skin_thickness:g} m", "positive numbers")
    low, middle, high = (
        laws.oxygen_permeance(oxygen_ratio.at(q).value * leak, 1.0, layer_thickness)
        / laws.oxygen_permeance(1.0, 1.0, skin_thickness)
        for q in (0.1, 0.5, 0.9)
    )
    return OxygenPermeance(ratio=middle, low=low, high=high)
