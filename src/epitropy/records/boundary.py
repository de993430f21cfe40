"""What runs into the host's grain boundaries during the anneal: how much, how deep, in which regime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericsError
from ..units import Unit

ByElement = Annotated[Mapping[str, float], Unit("m", show="nm")]
Shares = Annotated[Mapping[str, float], Unit("1", show="%")]

_BALANCE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryInfiltration:
    """Coating cations in the host's grain boundaries and in the grains beside them, after the anneal.

    Areas: ``boundary_area`` is that of all boundaries over that of the particle's outer surface, counting each
    boundary once. A thickness is the volume of coating material whose cations went in, over an area of boundary.
    """

    species: tuple[str, ...]
    regime: Mapping[str, str]  # Harrison: A, B or C
    diffusion_length: ByElement  # sqrt of the integral of D dt in the host lattice
    infiltrated: Annotated[Mapping[str, float], Unit("mol/m2")]  # per outer area
    share: Shares  # of the cation's dose that ran into boundaries, whether still there or in the grains beside
    share_within: Shares  # of what went in: still within the boundaries, the rest being in the grains
    share_below: Shares  # of the dose: straight into the grains under the film; the film keeps the rest
    decay_depth: ByElement  # where the boundaries hold 1/e of what their mouths hold
    thickness: ByElement  # over the boundaries down to the decay depth
    mean_thickness: ByElement | None  # over all boundaries of the particle; None: no radius was given
    boundary_area: Annotated[float, Unit("1")] | None  # of all boundaries over the outer area; None likewise
    depth: Annotated[NDArray[np.float64], Unit("m", show="um")]  # (z,) from the outer surface inwards
    fraction: Annotated[NDArray[np.float64], Unit("1")]  # (species, z) site fraction within the boundaries
    profile: Annotated[NDArray[np.float64], Unit("m", show="nm")]  # (z,) thickness of coating at each depth
    balance_error: Annotated[float, Unit("1")]  # largest relative error of a cation's balance

    def __post_init__(self) -> None:
        if self.fraction.shape != (len(self.species), self.depth.size):
            raise NumericsError("boundary infiltration", f"fractions of shape {self.fraction.shape}", "(species, z)")
        if not self.balance_error < _BALANCE_TOLERANCE:
            raise NumericsError("boundary infiltration", f"balance off by {self.balance_error:.1e}", "less than 1e-9")

    @property
    def coating_thickness(self) -> float | None:
        """Mean thickness of coating material over all boundaries of the particle, all cations together, m."""
        return None if self.mean_thickness is None else sum(self.mean_thickness.values())

    @property
    def total_share(self) -> float:
        """Share of all coating cations that ran into boundaries."""
        dose = {s: n / self.share[s] for s, n in self.infiltrated.items() if self.share[s] > 0}
        return sum(self.infiltrated.values()) / sum(dose.values()) if dose else 0.0
