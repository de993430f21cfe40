"""Misfit and stored energy over state of charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class StrainPath:
    """A coherent surface phase on a breathing host, or grain against grain, over lithium content x (rising)."""

    name: str
    lithium: Annotated[np.ndarray, Unit("1")]
    misfit: Annotated[
        np.ndarray, Unit("1", show="%")
    ]  # mean in-plane strain imposed on the phase; negative: compression
    energy_density: Annotated[np.ndarray, Unit("J/m3", show="J/m2/nm")]
    energy_release: Annotated[np.ndarray, Unit("J/m2")]

    @property
    def largest_release(self) -> float:
        return float(np.max(self.energy_release))
