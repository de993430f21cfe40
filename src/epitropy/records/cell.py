"""What the half-cell model reads and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class LossBudget:
    """Capacity lost between cycle 1 and the last, by mechanism; a gain is negative. Sums to ``total``."""

    cracks_opening_transport: Annotated[float, Unit("C/kg", show="mAh/g")]
    dead_mass_outer: Annotated[float, Unit("C/kg", show="mAh/g")]
    dead_mass_cracks: Annotated[float, Unit("C/kg", show="mAh/g")]
    skin_resistance: Annotated[float, Unit("C/kg", show="mAh/g")]
    lithium_resistance: Annotated[float, Unit("C/kg", show="mAh/g")]
    stress_potential: Annotated[float, Unit("C/kg", show="mAh/g")]
    pinned_grains: Annotated[float, Unit("C/kg", show="mAh/g")]
    history: Annotated[float, Unit("C/kg", show="mAh/g")]
    total: Annotated[float, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSeries:
    """A cell's life, one row a cycle."""

    cycle: Annotated[np.ndarray, Unit("1")]
    capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    mean_voltage: Annotated[np.ndarray, Unit("V")]
    skin_outer_bare: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_outer_coated: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_cracks_bare: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_cracks_coated: Annotated[np.ndarray, Unit("m", show="nm")]
    crack_area: Annotated[np.ndarray, Unit("m2/kg", show="m2/g")]
    dead_share: Annotated[np.ndarray, Unit("1", show="%")]
    lithium_resistance: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    charged_lithium: Annotated[np.ndarray, Unit("1")]
    exposure: Annotated[np.ndarray, Unit("s")]
    pinned_share: Annotated[np.ndarray, Unit("1", show="%")]
    coverage_cracks: Annotated[float, Unit("1", show="%")]
    losses: LossBudget
    lithium_imbalance: Annotated[float, Unit("1")]
    ended_by: str

    @property
    def retention(self) -> float:
        """Last over first capacity."""
        return float(self.capacity[-1] / self.capacity[0])
