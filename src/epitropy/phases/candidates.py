"""Every structure at every composition that it can have, ready to be priced at any potentials of lithium and oxygen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np

from ..constants import GAS_CONSTANT
from ..laws import site_entropy
from ..sources import table
from ..units import Unit
from .energies import EnergySet, energy_set
from .hull import simplex
from .interpolation import Interpolation, interpolate
from .laws import grand_energy
from .references import levels

STEPS = 8  # of the grid of compositions on which phases may split
LITHIUM = np.linspace(0, 0.96, 25)  # share of M that lithium may take
TRUSTED = GAS_CONSTANT * 973.15  # J/mol of M: an energy that is less sure than kT of the usual hold decides nothing
ALONE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Compositions of one structure with some lithium on its mixed sites; rows beyond what it can hold are left out.

    point: which of the asked compositions each row belongs to. per_cation: moles of M per mole of cations other than
    lithium. energy, spread, entropy, lithium, oxygen: per mole of those cations.
    """

    host: str
    point: Annotated[np.ndarray, Unit("1")]
    energy: Annotated[np.ndarray, Unit("J/mol")]
    spread: Annotated[np.ndarray, Unit("J/mol")]
    entropy: Annotated[np.ndarray, Unit("J/(mol K)")]
    lithium: Annotated[np.ndarray, Unit("1")]
    oxygen: Annotated[np.ndarray, Unit("1")]
    fractions: Annotated[np.ndarray, Unit("1")]  # on M, (n, species)

    def priced(self, potentials: tuple[float, float], temperature: float, error: float) -> np.ndarray:
        """Free energy of every row [J/mol of cations], open to lithium and oxygen, ``error`` spreads off."""
        own = grand_energy(self.energy, self.lithium, self.oxygen, potentials)
        return own - temperature * self.entropy + error * self.spread


@cache
def interpolations(potential: str) -> Mapping[str, Interpolation]:
    """The fit of every structure of a potential.

    >>> "layered" in interpolations("7net-0")
    True
    """
    energies = energy_set(potential)
    return {host: interpolate(m, levels(energies, m)) for host, m in energies.mixtures.items()}


def sample(energies: EnergySet, fit: Interpolation, cations: Sequence[str], points: np.ndarray) -> Sampled:
    """The rows of one structure for compositions ``points`` (n, cations) with every share of lithium that fits."""
    mixtures = energies.mixtures[fit.host]
    point, share, fractions = _charged(energies, fit, cations, points)
    spread = fit.spread(fractions)
    trusted = spread <= TRUSTED
    point, share, fractions, spread = point[trusted], share[trusted], fractions[trusted], spread[trusted]
    cation = 1 - share
    return Sampled(
        host=fit.host,
        point=point,
        energy=fit.energy(fractions) / cation,
        spread=spread / cation,
        entropy=site_entropy(fractions) / cation,
        lithium=(mixtures.lithium + share) / cation,
        oxygen=mixtures.oxygen / cation,
        fractions=fractions,
    )


def _charged(
    energies: EnergySet, fit: Interpolation, cations: Sequence[str], points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(point, share of lithium, fractions on M) of every row whose cations can carry the charge of the anions."""
    species = list(fit.species)
    held = np.array([e in species for e in cations])
    possible = np.flatnonzero(points[:, ~held].sum(1) < ALONE)
    shares = _shares(energies, fit, cations, points[possible])
    point, share = np.repeat(possible, shares.shape[1]), shares.ravel()
    fractions = np.zeros((len(point), len(species)))
    for k, e in enumerate(cations):
        if e in species:
            fractions[:, species.index(e)] = points[point, k] * (1 - share)
    if "Li" in species:
        fractions[:, species.index("Li")] = share
    low, high = _charges(fit.host, species, fractions)
    needed = _needed(energies, fit.host)
    inside = (low <= needed + 1e-6) & (needed <= high + 1e-6)
    return point[inside], share[inside], fractions[inside]


def _shares(energies: EnergySet, fit: Interpolation, cations: Sequence[str], points: np.ndarray) -> np.ndarray:
    """Shares of lithium on M to look at, (n, k): a grid, and the most for which the cations can carry the charge."""
    if "Li" not in fit.species:
        return np.zeros((len(points), 1))
    _, high = _charges(fit.host, cations, points)
    spare, most = high - _needed(energies, fit.host), np.zeros(len(points))
    np.divide(spare, high - 1, out=most, where=(spare > 0) & (high > 1))
    return np.column_stack([np.tile(LITHIUM, (len(points), 1)), np.minimum(most, LITHIUM[-1])])


def _charges(host: str, species: Sequence[str], fractions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest mean charge of cations in a structure, of rows (n, species)."""
    plan = table("atoms/plan.toml")
    states = plan["states"] | plan["hosts"][host].get("states", {})
    low, high = (fractions @ np.array([states[e][k] for e in species], dtype=float) for k in (0, 1))
    return low, high


def _needed(energies: EnergySet, host: str) -> float:
    """Mean charge on M that the host's other ions leave."""
    return 2 * energies.mixtures[host].oxygen - energies.mixtures[host].lithium


def refusal(energies: EnergySet, fit: Interpolation, cations: Sequence[str], point: np.ndarray) -> str:
    """Why a structure has no energy at one composition (cations,); empty if it has."""
    low, high = _charges(fit.host, cations, point[None])
    lowest = min(low[0], 1.0) if "Li" in fit.species else low[0]
    if not lowest - 1e-6 <= _needed(energies, fit.host) <= high[0] + 1e-6:
        return "its cations cannot carry the charge"
    strange = [e for e, x in zip(cations, point) if x > ALONE and e not in fit.species]
    if strange:
        return f"not computed with {', '.join(strange)}"
    _, _, fractions = _charged(energies, fit, cations, point[None])
    if not len(fractions):
        return "its cations cannot carry the charge"
    best = float(fit.spread(fractions).min())
    return f"energy known to {best / 1e3:.0f} only" if best > TRUSTED else ""


@cache
def grid(potential: str) -> tuple[np.ndarray, tuple[Sampled, ...]]:
    """The grid of compositions, and every structure on it."""
    energies = energy_set(potential)
    points = simplex(len(energies.cations), STEPS)
    return points, tuple(sample(energies, f, energies.cations, points) for f in interpolations(potential).values())


def lowest_by_point(values: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Row of the lowest value of every point that has any; rows are indices into ``values``.

    >>> lowest_by_point(np.array([3.0, 1.0, 2.0]), np.array([0, 0, 4])).tolist()
    [1, 2]
    """
    order = np.lexsort((values, point))
    first = np.ones(len(order), dtype=bool)
    first[1:] = point[order][1:] != point[order][:-1]
    return order[first]
