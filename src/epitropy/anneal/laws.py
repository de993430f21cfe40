"""Equations of the anneal: reaction with the gas, dissolution of inclusions, paths along boundaries."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ..constants import GAS_CONSTANT

STANDARD_PRESSURE = 101325.0  # Pa; oxygen activities are relative to 1 atm
AIR_OXYGEN_PRESSURE = 0.21 * STANDARD_PRESSURE


def decomposition_entropy(enthalpy: float, temperature: float, oxygen_pressure: float) -> float:
    """Entropy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2 from the temperature at which it is in equilibrium.

    dS = dH/T + (R/4) ln(pO2/p0), J/(mol K); dH in J/mol, T in K, pO2 in Pa.

    >>> round(decomposition_entropy(54350.0, 1023.15, 0.21 * 101325), 2)
    49.88
    """
    return enthalpy / temperature + GAS_CONSTANT / 4 * math.log(oxygen_pressure / STANDARD_PRESSURE)


def decomposition_energy(enthalpy: float, entropy: float, temperature: float, oxygen_pressure: float) -> float:
    """dG = dH - T dS + (RT/4) ln(pO2/p0) of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2, J per mole of Ni.

    dH and dS at constant heat capacity difference zero. Positive: the layered oxide is stable.

    >>> round(decomposition_energy(54350.0, 49.88, 973.15, 101325.0))
    5809
    """
    return enthalpy - temperature * (entropy - GAS_CONSTANT / 4 * math.log(oxygen_pressure / STANDARD_PRESSURE))


def reduced_share(energy: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """Share of the surface's Ni that is Ni2+ in equilibrium, 1 / (1 + exp(dG/RT)).

    Two states that mix ideally: a measure of the drive, not a thickness. dG in J/mol, T in K.

    >>> float(reduced_share(0.0, 1000.0)), float(reduced_share(5809.0, 973.15).round(2))
    (0.5, 0.33)
    """
    reduced = np.asarray(energy) / (2 * GAS_CONSTANT * np.asarray(temperature))
    return 0.5 * (1 - np.tanh(reduced))  # the same, without overflow


def undissolved_share(thermal_time: ArrayLike) -> np.ndarray:
    """Share of a precursor still there after the thermal time q = integral of k(T) dt, exp(-q).

    >>> float(undissolved_share(0.0))
    1.0
    """
    return np.exp(-np.asarray(thermal_time))


def hart_diffusivity(lattice: ArrayLike, boundary: ArrayLike, grain_size: float, width: float) -> np.ndarray:
    """Effective diffusivity of a fine-grained body, (1 - f) D_l + f D_gb with f = 3 delta/d, in m2/s.

    Holds where the diffusion length exceeds the grain size. E. W. Hart, Acta Metall. 5 (1957) 597.

    >>> float(hart_diffusivity(1e-22, 1e-17, 30e-9, 1e-9).round(22))
    1.0001e-18
    """
    share = min(1.0, 3 * width / grain_size)
    return (1 - share) * np.asarray(lattice) + share * np.asarray(boundary)


def boundary_depth(lattice: ArrayLike, boundary: ArrayLike, width: float, time: float) -> np.ndarray:
    """Depth to which a cation runs along grain boundaries, sqrt(delta D_gb) / (4 D_l / (pi t))^(1/4), in m.

    The 1/e depth of a boundary that loses to the grains on both sides. J. C. Fisher, J. Appl. Phys. 22 (1951)
    74, 10.1063/1.1699825. ``lattice`` and ``boundary`` in m2/s, ``width`` delta in m, ``time`` in s.

    >>> float(boundary_depth(1e-19, 3.2e-15, 1e-9, 18000.0).round(9))
    1.097e-06
    """
    held = (math.pi * time / (4 * np.asarray(lattice))) ** 0.25
    return np.sqrt(width * np.asarray(boundary)) * held


def diffusion_length(diffusivity: ArrayLike, time: ArrayLike) -> np.ndarray:
    """sqrt(D t) in m.

    >>> float(diffusion_length(1.41e-19, 18000.0).round(10))
    5.04e-08
    """
    return np.sqrt(np.asarray(diffusivity) * np.asarray(time))
