"""What the half-cell model reads and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
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
    interphase_resistance: Annotated[float, Unit("C/kg", show="mAh/g")]
    lithium_resistance: Annotated[float, Unit("C/kg", show="mAh/g")]
    stress_potential: Annotated[float, Unit("C/kg", show="mAh/g")]
    pinned_grains: Annotated[float, Unit("C/kg", show="mAh/g")]
    history: Annotated[float, Unit("C/kg", show="mAh/g")]
    total: Annotated[float, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCycles:
    """Formation, rate or reference cycles: how many ageing cycles lie before each, its rate and its capacity."""

    after: Annotated[np.ndarray, Unit("1")]
    rate: Annotated[np.ndarray, Unit("1")]  # of the discharge, in units of 1C
    capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSeries:
    """A cell's life, one row an ageing cycle; skins and interphases are means over their kind of face.

    ``capacity`` is that of the discharge; ``hold_share`` the share of the charge passed at constant voltage;
    ``resistance`` the small-signal one at half charge without diffusion; ``mass_per_area`` that of the mass basis on
    one electrode face and ``area`` all coated area of the cell; ``simulated`` the number of cycles not interpolated.
    """

    cycle: Annotated[np.ndarray, Unit("1")]
    capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    charge_capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    mean_voltage: Annotated[np.ndarray, Unit("V")]
    mean_charge_voltage: Annotated[np.ndarray, Unit("V")]
    hold_share: Annotated[np.ndarray, Unit("1", show="%")]
    resistance: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    skin_outer_bare: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_outer_coated: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_cracks_bare: Annotated[np.ndarray, Unit("m", show="nm")]
    skin_cracks_coated: Annotated[np.ndarray, Unit("m", show="nm")]
    interphase_outer_bare: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    interphase_outer_coated: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    interphase_cracks_bare: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    interphase_cracks_coated: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    crack_area: Annotated[np.ndarray, Unit("m2/kg", show="m2/g")]
    dead_share: Annotated[np.ndarray, Unit("1", show="%")]
    lithium_resistance: Annotated[np.ndarray, Unit("ohm m2", show="ohm cm2")]
    charged_lithium: Annotated[np.ndarray, Unit("1")]
    discharged_lithium: Annotated[np.ndarray, Unit("1")]
    exposure: Annotated[np.ndarray, Unit("s")]
    pinned_share: Annotated[np.ndarray, Unit("1", show="%")]
    coverage_cracks: Annotated[float, Unit("1", show="%")]
    mass_per_area: Annotated[float, Unit("kg/m2", show="mg/cm2")]
    area: Annotated[float, Unit("m2", show="cm2")]
    simulated: Annotated[int, Unit("1")]
    losses: LossBudget
    losses_by_cycle: Mapping[Annotated[int, Unit("1")], LossBudget]
    side_cycles: Mapping[str, SideCycles]
    lithium_imbalance: Annotated[float, Unit("1")]
    salt_imbalance: Annotated[float, Unit("1")]
    ended_by: str

    @property
    def retention(self) -> float:
        """Last over first capacity."""
        return float(self.capacity[-1] / self.capacity[0])

    @property
    def areal_capacity(self) -> np.ndarray:
        """Capacity per electrode face, C/m2."""
        return self.capacity * self.mass_per_area

    @property
    def cell_capacity(self) -> np.ndarray:
        """Capacity of the whole cell, C."""
        return self.areal_capacity * self.area


@dataclass(frozen=True, slots=True, kw_only=True)
class VoltageCurve:
    """One charge and one discharge at constant current, and dQ/dV on a common voltage grid."""

    cycle: Annotated[int, Unit("1")]
    rate: Annotated[float, Unit("1")]  # in units of 1C
    charge_capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    charge_voltage: Annotated[np.ndarray, Unit("V")]
    discharge_capacity: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    discharge_voltage: Annotated[np.ndarray, Unit("V")]
    voltage: Annotated[np.ndarray, Unit("V")]
    charge_slope: Annotated[np.ndarray, Unit("C/(kg V)", show="mAh/(g V)")]
    discharge_slope: Annotated[np.ndarray, Unit("C/(kg V)", show="mAh/(g V)")]
