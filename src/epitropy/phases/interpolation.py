"""Energies of a host between the compositions that were relaxed, with the error of leaving each out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from ..units import Unit
from .energies import EV, Mixtures
from .laws import pair_features

LEVEL, FREE = 1.5 * EV, 1e3 * EV  # of the energy of a cation alone: oxides form from each other within an eV or so
LEAST_NOISE = 0.003 * EV  # what relaxations to 0.03 eV/angstrom leave


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of a host before any relaxation: widths of w_ij and of the rest [J/mol], reach of the rest."""

    pair: float
    rest: float
    reach: float


PRIORS = tuple(
    Prior(pair * EV, rest * EV, reach)
    for pair, (rest, reach) in product(
        (0.1, 0.2, 0.4, 0.8, 1.6), ((0.0, 1.0), *product((0.03, 0.06, 0.12, 0.25), (0.1, 0.2, 0.4)))
    )
)  # the one that predicts best is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolation:
    """E(x) = sum e_i x_i + sum_(i<j) w_ij x_i x_j + r(x) per mole of M, fitted to relaxed cells.

    A regular solution and, where relaxed cells depart from it, a smooth rest r: what no pair of cations tells, such as
    nickel that is 2+ beside niobium and 3+ alone. error: root mean square over all compositions of what the others
    predict of each, J/mol. scale: the same errors over the spreads that were predicted for them; the fit's own spread
    is stretched by it.
    """

    host: str
    species: tuple[str, ...]
    levels: Annotated[np.ndarray, Unit("J/mol")]
    points: Annotated[np.ndarray, Unit("1")]
    widths: Annotated[np.ndarray, Unit("J/mol")]  # of the terms of the regular solution
    prior: Prior
    weights: np.ndarray  # K^-1 y, mol/J
    precision: np.ndarray  # K^-1, (mol/J)^2
    error: Annotated[float, Unit("J/mol", show="kJ/mol")]
    scale: Annotated[float, Unit("1")]
    left_out: Annotated[np.ndarray, Unit("J/mol")]  # error at each composition when it is left out

    def energy(self, fractions: ArrayLike) -> np.ndarray:
        """Energy per mole of M of compositions (..., species), J/mol."""
        x = np.asarray(fractions, dtype=float)
        return x @ self.levels + _covariance(x, self.points, self.widths, self.prior) @ self.weights

    def spread(self, fractions: ArrayLike) -> np.ndarray:
        """Standard deviation of that energy: small near compositions that were relaxed, large far from them."""
        x = np.asarray(fractions, dtype=float)
        shared = _covariance(x, self.points, self.widths, self.prior)
        alone = ((pair_features(x) * self.widths) ** 2).sum(-1) + self.prior.rest**2
        known = ((shared @ self.precision) * shared).sum(-1)
        return self.scale * np.sqrt(np.maximum(alone - known, 0))

    def curvature(self, fractions: ArrayLike) -> np.ndarray:
        """Second derivatives of the energy at one composition, (species, species) in J/mol; of pairs alone w_ij."""
        n, x = len(self.species), np.asarray(fractions, dtype=float)
        terms = self.widths**2 * (pair_features(self.points).T @ self.weights)
        found = np.zeros((n, n))
        found[np.triu_indices(n, 1)] = terms[n:]
        found += found.T
        apart = x - self.points
        pull = self.weights * _rest(x[None], self.points, self.prior)[0]
        bent = np.einsum("k,ki,kj->ij", pull, apart, apart) / self.prior.reach**4
        return found + bent - pull.sum() / self.prior.reach**2 * np.eye(n)


def interpolate(data: Mixtures, levels: ArrayLike | None = None) -> Interpolation:
    """Gaussian-process regression with a regular solution as its mean's prior: each w_ij is normal around 0, each e_i
    around its level, 1.5 eV wide, and the rest r(x) has covariance s^2 exp(-|x - x'|^2 / 2 l^2).

    ``levels`` (species,) [J/mol]: what a mole of M of one cation alone would have if it mixed with nothing, as from
    `references.levels`; without them the terms e_i are free. Widths and reach are those of a few under which left-out
    compositions are likeliest; noise is the scatter of decorations, at least 3 meV. What a row's fellows say of it is
    exact: r = (K^-1 y)_i / (K^-1)_ii with variance 1/(K^-1)_ii (Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, 5.4.2). Where left-out errors are larger than these spreads, all spreads are stretched by their
    ratio.
    """
    known = levels is not None
    base = np.asarray(levels, dtype=float) if known else np.zeros(len(data.species))
    varied = data.spread[data.spread > 0]
    scatter = np.sqrt(np.mean(varied**2)) if varied.size else 0.0
    noise = np.maximum(scatter / np.sqrt(data.decorations), LEAST_NOISE)
    own = data.energy - data.fractions @ base
    widths = {p: _widths(data, p, LEVEL if known else FREE) for p in PRIORS}
    fits = {p: _fitted(data.fractions, own, noise, widths[p], p) for p in PRIORS}
    prior = min(PRIORS, key=lambda p: _surprise(*fits[p][2:]))
    weights, precision, left, expected = fits[prior]
    return Interpolation(
        host=data.host,
        species=data.species,
        levels=base,
        points=data.fractions,
        widths=widths[prior],
        prior=prior,
        weights=weights,
        precision=precision,
        error=float(np.sqrt(np.mean(left**2))),
        scale=max(1.0, float(np.sqrt(np.mean((left / expected) ** 2)))),
        left_out=left,
    )


def _widths(data: Mixtures, prior: Prior, level: float) -> np.ndarray:
    widths = np.full(pair_features(data.fractions).shape[1], prior.pair)
    widths[: len(data.species)] = level
    return widths


def _covariance(x: np.ndarray, points: np.ndarray, widths: np.ndarray, prior: Prior) -> np.ndarray:
    """Of the energies at compositions (..., species) and (n, species): (..., n)."""
    return (pair_features(x) * widths**2) @ pair_features(points).T + _rest(x, points, prior)


def _rest(x: np.ndarray, points: np.ndarray, prior: Prior) -> np.ndarray:
    squared = (x**2).sum(-1)[..., None] + (points**2).sum(-1) - 2 * x @ points.T
    return prior.rest**2 * np.exp(-np.maximum(squared, 0) / (2 * prior.reach**2))


def _fitted(
    points: np.ndarray, energy: np.ndarray, noise: np.ndarray, widths: np.ndarray, prior: Prior
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """K^-1 y, K^-1, the errors of leaving each row out, and the spreads predicted for those."""
    whole = _covariance(points, points, widths, prior) + np.diag(noise**2)
    size = np.sqrt(np.diag(whole))
    precision = np.linalg.inv(whole / np.outer(size, size)) / np.outer(size, size)
    weights = precision @ energy
    return weights, precision, weights / np.diag(precision), 1 / np.sqrt(np.diag(precision))


def _surprise(left: np.ndarray, expected: np.ndarray) -> float:
    """Minus the log likelihood of left-out errors under the spreads predicted for them."""
    return float(np.sum(np.log(expected) + (left / expected) ** 2 / 2))
