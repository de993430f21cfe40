"""Elastic laws of thin layers on a breathing host; arrays or floats, SI.

Symbols: e1, e2 principal in-plane strains imposed on the layer, s1, s2 the stresses along them, E Young's modulus,
nu Poisson ratio, h thickness. Tension is positive.
"""

from __future__ import annotations

from math import gcd

import numpy as np

CHANNEL_CRACK = (
    1.98  # Z of a channel crack in a film in tension (Beuth 1992; Hutchinson and Suo, 10.1016/S0065-2156(08)70164-9)
)
DEBONDING = 0.5  # Z of steady-state debonding of a film (Hutchinson and Suo 1991)
GRAIN_MISMATCH = 0.2  # Z of a facet between mismatched grains, assumed


def plane_stress_energy(e1, e2, young_modulus, poisson_ratio):
    """Energy per volume of a coherent isotropic layer, J/m3: w = E/(2(1-nu^2)) (e1^2 + e2^2 + 2 nu e1 e2).

    >>> round(plane_stress_energy(-0.02, -0.02, 187.5e9, 0.25) / 1e9, 3)
    0.1
    """
    return young_modulus / (2 * (1 - poisson_ratio**2)) * (e1**2 + e2**2 + 2 * poisson_ratio * e1 * e2)


def plane_stress(e1, e2, young_modulus, poisson_ratio):
    """Mean in-plane stress, Pa: sigma = E/(1-nu) (e1 + e2)/2; positive is tension."""
    return young_modulus / (1 - poisson_ratio) * (e1 + e2) / 2


def principal_stresses(e1, e2, young_modulus, poisson_ratio):
    """Hooke's law with no stress across the film, Pa: s1 = E/(1-nu^2) (e1 + nu e2), s2 alike.

    >>> [round(s / 1e9, 3) for s in principal_stresses(0.01, 0.0, 150e9, 0.25)]
    [1.6, 0.4]
    """
    stiffness = young_modulus / (1 - poisson_ratio**2)
    return stiffness * (e1 + poisson_ratio * e2), stiffness * (e2 + poisson_ratio * e1)


def crack_release(stress, young_modulus, poisson_ratio):
    """What a channel crack across a tension releases per thickness, J/m3: Z sigma^2/E', E' = E/(1-nu^2)."""
    return CHANNEL_CRACK * np.maximum(stress, 0) ** 2 * (1 - poisson_ratio**2) / young_modulus


def debonding_release(stress, young_modulus, poisson_ratio):
    """What a straight debonding front across a compression releases per thickness, J/m3: Z sigma^2/E'.

    The strain along the front stays. A patch that comes off whole releases all its energy w, 2/(1 + nu) times as much
    under equal stresses.
    """
    return DEBONDING * np.minimum(stress, 0) ** 2 * (1 - poisson_ratio**2) / young_modulus


def releases(s1, s2, young_modulus, poisson_ratio):
    """(cracking, debonding) per thickness, J/m3: a crack across the largest tension, a front across the largest
    compression. The same as of the mean stress where the two are equal.

    >>> crack, debonding = releases(1e9, -1e9, 150e9, 0.25)
    >>> bool(crack > debonding > 0)
    True
    """
    crack = crack_release(np.maximum(s1, s2), young_modulus, poisson_ratio)
    return crack, debonding_release(np.minimum(s1, s2), young_modulus, poisson_ratio)


def facet_spacings(a, c, facet):
    """Two lattice vectors at right angles in a plane (hkl) of R-3m, hexagonal axes; their lengths in the unit of a, c.

    One lies in the layers, a sqrt(h'^2 + h'k' + k'^2) with h', k' without common divisor, the other runs up the plane,
    sqrt(3 q l^2 a^2 + 4 q^2 c^2)/n with q = h^2 + hk + k^2 and the largest n that leaves a lattice vector:
    (003) a, a; (104) a and sqrt(4a^2/3 + c^2/9).

    >>> [round(float(length), 4) for length in facet_spacings(2.875, 14.19, "104")]
    [2.875, 5.7787]
    """
    h, k, l = (int(i) for i in facet)  # noqa: E741
    if h == k == 0:
        return a, a
    q, m = h * h + h * k + k * k, gcd(h, k)
    n = _divisor(l * (2 * h + k), l * (h + 2 * k), -2 * q)
    return a * np.sqrt(q) / m, np.sqrt(3 * q * l * l / n**2 * a**2 + (2 * q / n) ** 2 * c**2)


def _divisor(u: int, v: int, w: int) -> int:
    """How many times the shortest vector of the (obverse) rhombohedral lattice goes into [uvw]."""
    n = gcd(u, v, w)
    centred = (v - w) // n % 3 == 0 and (u - 2 * v) // n % 3 == 0
    return 3 * n if centred else n


def stress_potential(energy_slope, molar_volume, faraday):
    """Shift of the host's potential at full coherency and r/(1+r) = 1, V: dU = -(V_m/F) dw/dx."""
    return -molar_volume / faraday * energy_slope
