"""Laws that several rooms share: the entropy of mixing on a site and the Arrhenius law."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .constants import GAS_CONSTANT


def site_entropy(fractions: ArrayLike) -> np.ndarray:
    """Ideal entropy of mixing per mole of sites, S = -R sum_i y_i ln y_i, in J/(mol K).

    ``fractions`` has shape (..., species), each last axis summing to 1, vacancies included; the result has
    shape (...). An absent species adds nothing (0 ln 0 = 0). Valid for a random distribution on the site;
    the caller answers for the sum and the sign of the fractions.

    Source: J. W. Gibbs' mixing entropy, any textbook of statistical thermodynamics.

    >>> float(site_entropy([0.9, 0.05, 0.05]).round(3)), float(site_entropy([1.0, 0.0]))
    (3.279, 0.0)
    """
    y = np.asarray(fractions, dtype=float)
    logarithm = np.log(y, where=y > 0, out=np.zeros_like(y))
    return -GAS_CONSTANT * np.einsum("...i,...i->...", y, logarithm) + 0.0  # + 0.0 turns -0.0 into 0.0


def arrhenius(
    reference: ArrayLike, activation_energy: ArrayLike, temperature: ArrayLike, reference_temperature: float
) -> np.ndarray:
    """Rate or diffusivity k = k_ref exp[-(E/R)(1/T - 1/T_ref)], in the unit of ``reference``.

    ``activation_energy`` in J/mol, temperatures in K; the arguments broadcast. Anchored at a temperature
    where the value is known rather than at infinite temperature, so that value and slope can be drawn
    independently.

    >>> float(arrhenius(1.0, 242.7e3, 1073.15, 973.15).round(2))
    16.36
    """
    slope = np.asarray(activation_energy, dtype=float) / GAS_CONSTANT
    return np.asarray(reference) * np.exp(-slope * (1 / np.asarray(temperature) - 1 / reference_temperature))


def mixing_stability(fraction: ArrayLike, pairs_over_rt: ArrayLike) -> np.ndarray:
    """Smallest eigenvalue of the Hessian of G/RT among changes of composition, scaled to 1 for ideal mixing.

    G/RT = sum x ln x + sum_(i<j) omega_ij x_i x_j at sum x = 1; with v = sqrt(x) u the quadratic form is
    u.(1 + sqrt(x) omega sqrt(x)).u for u across sqrt(x). Above 0 the mixture is stable against small changes, below
    it splits (spinodal). In a binary it is the thermodynamic factor 1 - 2 omega x_1 x_2.

    ``fraction`` (..., species), ``pairs_over_rt`` (species, species) symmetric; result (...). J. W. Cahn, Acta Metall.
    9 (1961) 795, 10.1016/0001-6160(61)90182-1.

    >>> mixing_stability([[0.5, 0.5], [0.9, 0.1]], [[0.0, 2.0], [2.0, 0.0]]).round(12).tolist()
    [0.0, 0.64]
    """
    root = np.sqrt(np.asarray(fraction, dtype=float))
    root = root / np.linalg.norm(root, axis=-1, keepdims=True)
    identity = np.eye(root.shape[-1])
    along = root[..., :, None] * root[..., None, :]
    across = identity - along
    form = across @ (identity + along * np.asarray(pairs_over_rt, dtype=float)) @ across
    highest = 1 + np.abs(pairs_over_rt).sum()
    return np.linalg.eigvalsh(form + highest * along)[..., 0]
