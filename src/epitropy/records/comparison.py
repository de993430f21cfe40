"""What ``epitropy compare`` answers: two engines on the same record, and how far they are apart.

Voltages here are in mV, as the limits are stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit

Share = Annotated[float, Unit("1")]
Capacity = Annotated[float | None, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReading:
    """One engine: what it lost of salt and lithium, relative to what the cell holds, and how long it took."""

    salt_imbalance: Share
    lithium_imbalance: Share
    seconds: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLife(EngineReading):
    """One engine on one cell; capacities None where the cell delivers no first cycle."""

    simulated: Annotated[int, Unit("1")]  # cycles that were not skipped
    last_cycle: Annotated[int, Unit("1")]  # of ageing that the cell delivered
    first_capacity: Capacity
    last_capacity: Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveDistance:
    """Voltages of one ageing cycle, charge and discharge, on a common axis of charge passed as far as both reach."""

    cycle: Annotated[int, Unit("1")]
    charge_rmse_mV: float
    discharge_rmse_mV: float
    voltage_rmse_mV: float  # over both, each half-cycle at equal distances of charge
    largest_mV: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDistance:
    """One cell. ``reason`` says why a distance is missing."""

    voltage_rmse_mV: float | None
    capacity_error: Share | None
    fade_error: Share | None
    curves: tuple[CurveDistance, ...]
    kernel: EngineLife
    pybamm: EngineLife
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both engines on every chosen cell of a study; each number is the worst of all cells, seconds their sum.

    ``capacity_error`` is the largest relative difference of the discharge capacity over all simulated cycles,
    ``fade_error`` that of 1 - C_last/C_first. ``limits`` has the limit of each number, ``met`` whether it is met.
    """

    study: str
    title: str
    hash: str
    version: str
    scenario: str
    skip_tolerance: Share  # 0: every cycle simulated
    voltage_rmse_mV: float | None
    capacity_error: Share | None
    fade_error: Share | None
    kernel: EngineReading
    pybamm: EngineReading
    limits: Mapping[str, float]
    met: Mapping[str, bool]
    cells: Mapping[str, CellDistance]
    resolution: Mapping[str, Mapping[str, float]]
