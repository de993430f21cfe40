"""What the anneal hands on: cation fractions over depth, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericsError
from ..units import Unit

Depths = Annotated[NDArray[np.float64], Unit("m", show="nm")]
Fractions = Annotated[NDArray[np.float64], Unit("1")]
Length = Annotated[float, Unit("m", show="nm")]
Share = Annotated[float, Unit("1")]
ByElement = Annotated[Mapping[str, float], Unit("m", show="nm")]

_SUM_TOLERANCE = 1e-8  # a stored profile is rounded to nine digits
_BALANCE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthProfile:
    """Cation fractions through layer and host after the anneal.

    ``depth`` rises from the deep host (negative) through the original host surface (zero) to the outer
    surface. Arrays over depth are cell means; ``sites`` are the cells' cation sites per host area, the
    weights of any mean.
    """

    species: tuple[str, ...]
    depth: Depths  # (x,)
    cell_width: Depths  # (x,)
    sites: Annotated[NDArray[np.float64], Unit("mol/m2")]  # (x,)
    fraction: Fractions  # (species, x)
    initial_fraction: Fractions  # (species, x)
    layer_thickness: Length  # of everything outward of the original host surface
    layer_composition: Annotated[Mapping[str, float], Unit("1")]
    multi_cation_width: Length  # where at least five cations hold at least 5 % each
    trace_cation_width: Length  # where at least five cations hold at least 1 % each
    zone_width: Length  # from 90 to 10 % of the film's cations
    penetration: ByElement  # into the host, to where a fraction is within 1 % of the bulk's
    diffusion_length: ByElement  # sqrt of the integral of D dt in the host lattice
    undissolved_share: Annotated[Mapping[str, float], Unit("1")]  # of each cation given as inclusions
    oxygen_pressure: Annotated[float, Unit("Pa", show="atm")]
    decomposition_energy: Annotated[float, Unit("J/mol", show="kJ/mol")]  # LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2
    reduced_share: Share  # of the surface's Ni that is Ni2+ in equilibrium at the hold
    entropy_share: Share | None  # of the drive to mix, T dS/(T dS - dH); None: not defined, the mixing is ideal
    duration: Annotated[float, Unit("s", show="h")]
    balance_error: Share  # largest relative error of a cation's balance

    def __post_init__(self) -> None:
        if self.fraction.shape != (len(self.species), self.depth.size):
            raise NumericsError("depth profile", f"fractions of shape {self.fraction.shape}", "(species, depth)")
        if not np.all(self.fraction >= 0) or np.abs(self.fraction.sum(axis=0) - 1).max() > _SUM_TOLERANCE:
            raise NumericsError("depth profile", "fractions that are negative or do not sum to 1", "")
        if not self.balance_error < _BALANCE_TOLERANCE:
            raise NumericsError("depth profile", f"cation balance off by {self.balance_error:.1e}", "less than 1e-9")

    @property
    def film_share(self) -> np.ndarray:
        """Share (x,) of the cations that the film brought, beyond what the host holds: 1 in fresh film, 0 in host."""
        start, end = self.initial_fraction[:, -1], self.initial_fraction[:, 0]
        brought = start > end
        fresh = (start - end)[brought].sum()
        excess = (self.fraction[brought] - end[brought, None]).sum(axis=0)
        return excess / fresh if fresh > 0 else np.zeros(self.depth.size)

    @property
    def foreign_share(self) -> np.ndarray:
        """Share (x,) of the cations beyond the host's, of those of which the layer holds more than the host does."""
        return np.maximum(self._foreign(self.fraction), 0.0)

    @property
    def mean_foreign_share(self) -> float:
        """The same of the layer's mean composition; 0 without a layer."""
        total = sum(self.layer_composition.values())
        return max(float(self._foreign(self._mean()[:, None])[0]), 0.0) if total > 0 else 0.0

    def _mean(self) -> np.ndarray:
        mean = np.array([self.layer_composition[s] for s in self.species])
        return mean / mean.sum() if mean.sum() > 0 else mean

    def _foreign(self, fraction: np.ndarray) -> np.ndarray:
        host = self.initial_fraction[:, 0]
        more = self._mean() > host
        return (fraction[more] - host[more, None]).sum(axis=0)
