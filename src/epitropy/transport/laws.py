"""Transport through a layer, and the energy of a lithium ion among others; floats and arrays in and out, SI."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..constants import AVOGADRO, FARADAY

_ELEMENTARY_CHARGE = FARADAY / AVOGADRO  # C
_VACUUM_PERMITTIVITY = 8.8541878128e-12  # F/m
COULOMB = _ELEMENTARY_CHARGE**2 / (4 * np.pi * _VACUUM_PERMITTIVITY)  # J m


def film_resistivity(lithium_conductivity: float, open_share: float) -> float:
    """Areal resistance to lithium per thickness, 1/(f sigma_Li) in ohm m; only the open facet share f passes lithium.

    >>> round(film_resistivity(1e-5, 0.5))
    200000
    """
    return 1 / (open_share * lithium_conductivity)


def critical_barrier(barriers: ArrayLike, shares: ArrayLike) -> float:
    """Barrier that limits conduction through a plane of hops of several kinds, in the unit of ``barriers``.

    Critical-path analysis (Ambegaokar, Halperin and Langer, Phys. Rev. B 4 (1971) 2612, 10.1103/PhysRevB.4.2612): kinds
    are taken in rising order until they percolate. Sites form a triangular lattice with two ways between neighbours,
    so that bonds with 1 - (1 - x)^2 of them open percolate from 2 sin(pi/18) = 0.347 on, shares x of 0.19.

    >>> critical_barrier([0.5, 0.3, 0.9], [0.3, 0.1, 0.6])
    0.5
    """
    barriers, shares = np.asarray(barriers, float), np.asarray(shares, float)
    order = np.argsort(barriers)
    open_ways = np.cumsum(shares[order]) / shares.sum()
    bonds = 1 - (1 - open_ways) ** 2
    return float(barriers[order][np.argmax(bonds >= 2 * np.sin(np.pi / 18))])


def leaky_ratio(oxygen_ratio: float, leak: float, boundary_fraction: float) -> float:
    """Oxygen transport coefficient of a layer with phase boundaries, over the skin's: D_L/D_s (1 + l f_b)."""
    return oxygen_ratio * (1 + leak * boundary_fraction)


def oxygen_permeance(diffusivity: float, solubility_ratio: float, thickness: float) -> float:
    """Oxygen permeance per area, P = D_O K_O/h in m/s.

    D_O in m2/s; K_O the concentration in the layer over that of what it borders on; h in m. Steady state, one
    dimension, both ends at equilibrium. Times a concentration difference it is a flux.

    >>> oxygen_permeance(1e-20, 0.5, 5e-9)
    1e-12
    """
    return diffusivity * solubility_ratio / thickness


def morse_attraction(distance: ArrayLike, depth: float, equilibrium: float, softness: float) -> np.ndarray:
    """Energy of a cation beside an anion, D0/2 {[exp((R_min - R)/b) - 1]^2 - 1}, in J.

    distance R, equilibrium R_min and softness b in m, depth D0 in J. The lowest value is -D0/2 at R_min.

    Source: Chen, Wong and Adams, Acta Cryst. B 75 (2019) 18, 10.1107/S2052520618015718.

    >>> float(morse_attraction(1.94e-10, 1.6e-19, 1.94e-10, 0.516e-10))
    -8e-20
    """
    rise = np.exp((equilibrium - np.asarray(distance)) / softness) - 1
    return depth / 2 * (rise**2 - 1)


def screened_repulsion(distance: ArrayLike, charges: float, reach: float) -> np.ndarray:
    """Energy of two cations, e^2/(4 pi eps0) q1 q2/R erfc(R/rho), in J.

    charges: q1 q2, each q = V/sqrt(n) with valence V and principal quantum number n. reach: rho = f (r1 + r2), the
    screened sum of covalent radii, in m.

    Source: Chen, Wong and Adams, Acta Cryst. B 75 (2019) 18, 10.1107/S2052520618015718.

    >>> from epitropy.transport.laws import COULOMB
    >>> round(float(screened_repulsion(2e-10, 1.0, 1e-6)) / float(COULOMB / 2e-10), 3)  # no screening within 1 um
    1.0
    """
    from scipy.special import erfc

    r = np.asarray(distance)
    return COULOMB * charges / r * erfc(r / reach)
