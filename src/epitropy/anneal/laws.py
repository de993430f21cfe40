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


def mixing_enthalpy(fraction: ArrayLike, pairs: ArrayLike) -> np.ndarray:
    """Regular solution, H = sum_(i<j) Omega_ij x_i x_j, in the unit of ``pairs`` per mole of sites.

    ``fraction`` (..., species), ``pairs`` (species, species) symmetric with zero diagonal.

    >>> float(mixing_enthalpy([0.5, 0.5], [[0.0, 8000.0], [8000.0, 0.0]]))
    2000.0
    """
    x = np.asarray(fraction, dtype=float)
    return np.einsum("...i,ij,...j->...", x, np.asarray(pairs, dtype=float), x) / 2


def hart_diffusivity(lattice: ArrayLike, boundary: ArrayLike, grain_size: float, width: float) -> np.ndarray:
    """Effective diffusivity of a fine-grained body, (1 - f) D_l + f D_gb with f = 3 delta/d, in m2/s.

    Holds where the diffusion length exceeds the grain size. E. W. Hart, Acta Metall. 5 (1957) 597.

    >>> float(hart_diffusivity(1e-22, 1e-17, 30e-9, 1e-9).round(22))
    1.0001e-18
    """
    share = min(1.0, 3 * width / grain_size)
    return (1 - share) * np.asarray(lattice) + share * np.asarray(boundary)


def diffusion_length(diffusivity: ArrayLike, time: ArrayLike) -> np.ndarray:
    """sqrt(D t) in m.

    >>> float(diffusion_length(1.41e-19, 18000.0).round(10))
    5.04e-08
    """
    return np.sqrt(np.asarray(diffusivity) * np.asarray(time))


def kinetic_regime(lattice_length: float, grain_size: float, width: float, segregation: float = 1.0) -> str:
    """Harrison's regime of a polycrystal: A, B or C, from how far the lattice alone carries a cation.

    A: sqrt(D_l t) > d, boundaries and grains share one profile, Hart's D holds.
    B: between, each boundary feeds the grains beside it on its own.
    C: sqrt(D_l t) < s delta, the boundaries alone.

    Lengths in m; ``segregation`` s is the ratio of concentrations in boundary and adjoining lattice. The limits
    are scales, not edges: B is clean for s delta < sqrt(D_l t)/5, C for s delta > 10 sqrt(D_l t), A for
    sqrt(D_l t) > 2.5 d (I. V. Belova and G. E. Murch, Defect Diffus. Forum 194-199 (2001) 1223; 297-301 (2010)
    1226). L. G. Harrison, Trans. Faraday Soc. 57 (1961) 1191.

    >>> [kinetic_regime(length, 400e-9, 1e-9) for length in (1e-6, 50e-9, 0.1e-9)]
    ['A', 'B', 'C']
    """
    if lattice_length > grain_size:
        return "A"
    return "C" if lattice_length < segregation * width else "B"


def boundary_spacing(grain_size: float) -> float:
    """Spacing in m of parallel boundaries that cross a surface as often as the walls of cubic grains do, d/2.

    Two of a cube's three families of walls run inwards, so 2/d metres of boundary cross a square metre; the
    third lies across and is left out. Grains of another shape differ by tens of per cent (random sections through
    grains of mean intercept d: pi/(2 d)). ``grain_size`` d in m.

    >>> boundary_spacing(400e-9)
    2e-07
    """
    return grain_size / 2
