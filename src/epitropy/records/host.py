"""The host's curves over lithium content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCurves:
    """Lattice, open-circuit voltage and apparent diffusivity on one uniform grid over x = 0..1 (rising).

    The exchange current goes as x^p (1 - x)^q with ``exchange_exponents`` (p, q), and as a power of the salt
    concentration over that of the fresh electrolyte. Diffusivity and exchange current hold at 25 degC.
    """

    lithium: Annotated[np.ndarray, Unit("1")]
    a: Annotated[np.ndarray, Unit("m", show="angstrom")]
    c: Annotated[np.ndarray, Unit("m", show="angstrom")]
    voltage: Annotated[np.ndarray, Unit("V")]
    diffusivity: Annotated[np.ndarray, Unit("m2/s")]
    exchange_exponents: Annotated[tuple[float, float], Unit("1")]
    exchange_salt_exponent: Annotated[float, Unit("1")]
    sources: tuple[str, ...]

    @property
    def cell_volume(self) -> float:
        """Hexagonal cell of the lithiated host, m3: sqrt(3)/2 a^2 c."""
        return float(3**0.5 / 2 * self.a[-1] ** 2 * self.c[-1])

    def lithium_at(self, voltage: float) -> float:
        """Lithium content in equilibrium with a voltage."""
        return float(np.interp(-voltage, -self.voltage, self.lithium))
