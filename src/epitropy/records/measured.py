"""What a laboratory measured on a cycled cell, in SI, whatever file it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A kind of reading: what it is, its unit, and the largest and smallest value that can be meant."""

    label: str
    unit: Unit


QUANTITIES: Mapping[str, Quantity] = {
    "capacity": Quantity(label="discharge capacity", unit=Unit("C/kg", show="mAh/g")),
    "resistance": Quantity(label="cell resistance at half charge", unit=Unit("ohm m2", show="ohm cm2")),
    "skin_outer": Quantity(label="skin on the outer surface (TEM)", unit=Unit("m", show="nm")),
    "skin_cracks": Quantity(label="skin on crack faces (TEM)", unit=Unit("m", show="nm")),
    "wetted_area": Quantity(label="wetted area (BET or capacitance)", unit=Unit("m2/kg", show="m2/g")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One quantity over ageing cycles, in SI; ``rate`` is that of the discharge in units of 1C, nan for the ageing one.

    ``cycle`` counts ageing cycles from 1 and rises; a rate test may hold several rates after one cycle.
    """

    cycle: Annotated[np.ndarray, Unit("1")]
    value: np.ndarray  # SI, see QUANTITIES
    rate: Annotated[np.ndarray, Unit("1")]

    def __post_init__(self) -> None:
        if not len(self.cycle) == len(self.value) == len(self.rate) > 0:
            raise InputError("readings", f"{len(self.cycle)} cycles, {len(self.value)} values", "one value a cycle")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellData:
    """One physical cell: its name, which cell of the study it is, and its readings by quantity (see QUANTITIES)."""

    name: str
    cell: str
    readings: Mapping[str, Readings]
    source: str = ""  # file
    notes: tuple[str, ...] = field(default=())
    voltage_range: Annotated[tuple[float, float] | None, Unit("V")] = None  # under current, where the file has it
    discharge_current: Annotated[np.ndarray | None, Unit("A/kg", show="mA/g")] = None  # mean, of each capacity

    @property
    def count(self) -> int:
        """Number of all readings."""
        return sum(len(r.cycle) for r in self.readings.values())
