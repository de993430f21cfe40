"""Equations of phase stability; floats and arrays in and out, SI."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..constants import ATMOSPHERE, GAS_CONSTANT

REFERENCE = 298.15  # K


def shomate(temperature: float, coefficients: Sequence[float]) -> tuple[float, float]:
    """H(T) - H(298) in J/mol and S(T) in J/(mol K) of a gas, from Shomate's A ... H.

    >>> from epitropy.sources import table
    >>> enthalpy, entropy = shomate(298.15, table("thermochemistry.toml")["oxygen"]["coefficients"][0])
    >>> round(enthalpy), round(entropy, 2)
    (0, 205.15)
    """
    a, b, c, d, e, f, g, h = coefficients
    t = temperature / 1000
    enthalpy = a * t + b * t**2 / 2 + c * t**3 / 3 + d * t**4 / 4 - e / t + f - h
    entropy = a * math.log(t) + b * t + c * t**2 / 2 + d * t**3 / 3 - e / (2 * t**2) + g
    return 1e3 * enthalpy, entropy


def oxygen_potential(temperature: float, pressure: float) -> float:
    """Chemical potential of O2 over its enthalpy at 298 K, H(T) - H(298) - T S(T) + RT ln(p/p0), in J/mol.

    Half of it counts for one oxygen. p in Pa, p0 one atmosphere. Over 0 K and one atmosphere at 1000 K it is
    -1.10 eV an atom: Reuter and Scheffler, Phys. Rev. B 65 (2001) 035406.

    >>> round(oxygen_potential(1000.0, 101325.0) / 2 / 96485, 2)  # over 298 K, 0.05 eV lower
    -1.14
    """
    from ..sources import table

    rows = table("thermochemistry.toml")["oxygen"]
    low, middle, high = rows["ranges"]
    t = min(max(temperature, low), high)
    enthalpy, entropy = shomate(t, rows["coefficients"][0 if t < middle else 1])
    return enthalpy - temperature * entropy + GAS_CONSTANT * temperature * math.log(pressure / ATMOSPHERE)


def grand_energy(
    energy: ArrayLike, lithium: ArrayLike, oxygen: ArrayLike, potentials: tuple[float, float]
) -> np.ndarray:
    """E - n_Li mu_Li - n_O mu_O of a phase that exchanges lithium and oxygen; energies and potentials in J/mol.

    >>> float(grand_energy(-100.0, 1.0, 2.0, (-10.0, -20.0)))
    -50.0
    """
    return np.asarray(energy) - np.asarray(lithium) * potentials[0] - np.asarray(oxygen) * potentials[1]


def lithium_potential(host: float, reduced: float, oxygen: float, window: float, position: float) -> float:
    """Chemical potential of lithium in a layered host, J/mol: E(LiNiO2) - E(NiO) - mu_O + (1 - position) x window.

    ``position`` 1 is where the host gives up lithium and turns to NiO, 0 is saturation with Li2O. The window between
    them is the measured free energy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2; tied to the host's own end of it, so that a
    host that is stable in the furnace is stable here.

    >>> lithium_potential(-1000.0, -500.0, -200.0, 6.0, 0.5)
    -297.0
    """
    return host - reduced - oxygen + (1 - position) * window


def pair_features(fractions: ArrayLike) -> np.ndarray:
    """x_i and all products x_i x_j with i < j of compositions (..., k): shape (..., k + k (k - 1)/2).

    >>> pair_features([0.5, 0.25, 0.25]).tolist()
    [0.5, 0.25, 0.25, 0.125, 0.125, 0.0625]
    """
    x = np.asarray(fractions, dtype=float)
    i, j = np.triu_indices(x.shape[-1], 1)
    return np.concatenate([x, x[..., i] * x[..., j]], axis=-1)


def driving_force(energy: float, competing: float) -> float:
    """What a mole of cations gains by being one phase and not the best of all others, J/mol; positive: it forms."""
    return competing - energy
