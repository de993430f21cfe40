"""Elastic laws of thin layers on a breathing host; arrays or floats, SI.

Symbols: e1, e2 principal in-plane strains imposed on the layer, E Young's modulus, nu Poisson ratio, h thickness.
"""

from __future__ import annotations

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


def energy_release(stress, thickness, young_modulus, poisson_ratio):
    """G = Z sigma^2 h (1-nu^2)/E, J/m2: a channel crack in tension, debonding in compression."""
    z = np.where(np.asarray(stress) > 0, CHANNEL_CRACK, DEBONDING)
    return z * stress**2 * thickness * (1 - poisson_ratio**2) / young_modulus


def facet_spacings(a, c, facet):
    """Two in-plane lengths of a layered host's facet: (003) a, a; (104) a and sqrt(4a^2/3 + c^2/9)."""
    if facet == "003":
        return a, a
    return a, np.sqrt(4 * a**2 / 3 + c**2 / 9)


def stress_potential(energy_slope, molar_volume, faraday):
    """Shift of the host's potential at full coherency and r/(1+r) = 1, V: dU = -(V_m/F) dw/dx."""
    return -molar_volume / faraday * energy_slope
