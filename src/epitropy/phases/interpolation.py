"""Energies of a host between the compositions that were relaxed, with the error of leaving each out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from ..units import Unit
from .energies import EV, Mixtures
from .laws import pair_features

PRIORS = (0.1 * EV, 0.2 * EV, 0.4 * EV, 0.8 * EV, 1.6 * EV)  # of a pair; the one that predicts best is taken
LEVEL, FREE = 1.5 * EV, 1e3 * EV  # of the energy of a cation alone: oxides form from each other within an eV or so
LEAST_NOISE = 0.003 * EV  # what relaxations to 0.03 eV/angstrom leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolation:
    """E(x) = sum e_i x_i + sum_(i<j) w_ij x_i x_j per mole of M, a regular solution fitted to relaxed cells.

    error: root mean square over all compositions of what the others predict of each, J/mol. prior: of w_ij.
    scale: the same errors over the spreads that were predicted for them; the fit's own spread is stretched by it.
    """

    host: str
    species: tuple[str, ...]
    coefficients: Annotated[np.ndarray, Unit("J/mol")]
    covariance: np.ndarray
    error: Annotated[float, Unit("J/mol", show="kJ/mol")]
    prior: Annotated[float, Unit("J/mol")]
    scale: Annotated[float, Unit("1")]
    left_out: Annotated[np.ndarray, Unit("J/mol")]  # error at each composition when it is left out

    def energy(self, fractions: ArrayLike) -> np.ndarray:
        """Energy per mole of M of compositions (..., species), J/mol."""
        return pair_features(fractions) @ self.coefficients

    def spread(self, fractions: ArrayLike) -> np.ndarray:
        """Standard deviation of that energy: small near compositions that were relaxed, large far from them."""
        features = pair_features(fractions)
        own = np.sqrt(np.maximum(np.einsum("...i,ij,...j->...", features, self.covariance, features), 0))
        return self.scale * own

    def interactions(self) -> np.ndarray:
        """w_ij as a symmetric matrix (species, species), J/mol."""
        n = len(self.species)
        found = np.zeros((n, n))
        found[np.triu_indices(n, 1)] = self.coefficients[n:]
        return found + found.T


def interpolate(data: Mixtures, levels: ArrayLike | None = None) -> Interpolation:
    """Bayesian least squares: each w_ij has a normal prior around 0, each e_i around its level, 1.5 eV wide.

    ``levels`` (species,) [J/mol]: what a mole of M of one cation alone would have if it mixed with nothing, as from
    `references.levels`; without them the terms e_i are free. The width of the prior of w_ij is the one of a few that
    predicts left-out compositions best; noise is the scatter of decorations, at least 3 meV. Predictions without a row
    follow from the leverage h: r/(1 - h), with spread noise/sqrt(1 - h). Where left-out errors are larger than these
    spreads, all spreads are stretched by their ratio.
    """
    features = pair_features(data.fractions)
    known = levels is not None
    base = np.zeros(features.shape[1])
    base[: len(data.species)] = np.asarray(levels, dtype=float) if known else 0.0
    width = LEVEL if known else FREE
    varied = data.spread[data.spread > 0]
    scatter = np.sqrt(np.mean(varied**2)) if varied.size else 0.0
    noise = np.maximum(scatter / np.sqrt(data.decorations), LEAST_NOISE)
    own = data.energy - features @ base
    fits = [_fitted(features, own, noise, len(data.species), prior, width) for prior in PRIORS]
    errors = [float(np.sqrt(np.mean(left**2))) for _, _, left, _ in fits]
    best = int(np.argmin(errors))
    coefficients, covariance, left, expected = fits[best]
    return Interpolation(
        host=data.host,
        species=data.species,
        coefficients=coefficients + base,
        covariance=covariance,
        error=errors[best],
        prior=PRIORS[best],
        scale=max(1.0, float(np.sqrt(np.mean((left / expected) ** 2)))),
        left_out=left,
    )


def _fitted(
    features: np.ndarray, energy: np.ndarray, noise: np.ndarray, species: int, prior: float, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, their covariance, the errors of leaving each row out, and the spreads predicted for those."""
    width = np.full(features.shape[1], prior)
    width[:species] = level
    scaled = features * width / noise[:, None]
    posterior = np.linalg.inv(scaled.T @ scaled + np.eye(len(width)))
    values = energy / noise
    solved = posterior @ (scaled.T @ values)
    leverage = np.einsum("ij,jk,ik->i", scaled, posterior, scaled)
    left = noise * (values - scaled @ solved) / np.maximum(1 - leverage, 1e-9)
    return width * solved, posterior * np.outer(width, width), left, noise / np.sqrt(np.maximum(1 - leverage, 1e-9))
