"""Misfit, stress and stored energy over state of charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit

COMPRESSION = "debonding or buckling"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrainPath:
    """A coherent surface phase on a breathing host, or grain against grain, over lithium content x (rising).

    Tension is positive. Stresses are those of full coherency; where several facets are weighed, their means.
    """

    name: str
    lithium: Annotated[np.ndarray, Unit("1")]
    misfit: Annotated[
        np.ndarray, Unit("1", show="%")
    ]  # mean in-plane strain imposed on the phase; negative: compression
    stress: Annotated[np.ndarray, Unit("Pa", show="GPa")]  # in-plane mean
    principal_stress: Annotated[np.ndarray, Unit("Pa", show="GPa")]  # shape (2, n)
    energy_density: Annotated[np.ndarray, Unit("J/m3", show="J/m2/nm")]
    energy_release: Annotated[np.ndarray, Unit("J/m2")]
    release_density: Annotated[np.ndarray, Unit("J/m3", show="J/m2/nm")]  # energy release per thickness
    thickness: Annotated[float, Unit("m", show="nm")]  # of the phase, or size of the grains
    cracking_share: Annotated[np.ndarray, Unit("1", show="%")]  # of the release: cracking in tension, not debonding
    tension: str  # what tension leads to

    @property
    def largest_release(self) -> float:
        return float(np.max(self.energy_release))

    @property
    def failure_mode(self) -> np.ndarray:
        """What the larger release drives at each x: "none" where nothing is released."""
        return np.where(
            self.release_density > 0, np.where(self.cracking_share > 0.5, self.tension, COMPRESSION), "none"
        )

    def critical_thickness(self, toughness: float) -> np.ndarray:
        """Thickness [m] at which G reaches ``toughness`` [J/m2], over x: h_c = Gamma h/G; infinite without release."""
        with np.errstate(divide="ignore"):
            return toughness / self.release_density

    def critical_lithium(self, toughness: float, thickness: float | None = None) -> float | None:
        """First lithium content on a charge from x = 1 at which G reaches ``toughness`` [J/m2]; None: it never does.

        ``thickness`` [m] if it is another than the path's own.
        """
        height = self.thickness if thickness is None else thickness
        over = (self.release_density * height - toughness)[::-1]
        reached = np.flatnonzero(over >= 0)
        if reached.size == 0:
            return None
        i, x = int(reached[0]), self.lithium[::-1]
        if i == 0:
            return float(x[0])
        return float(x[i - 1] + (x[i] - x[i - 1]) * over[i - 1] / (over[i - 1] - over[i]))
