"""What a study asks for beside the cells' own dials: data to calibrate on and results to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ..errors import InputError
from ..units import Unit
from .sourced import Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Capacities of one cell, by cycle, that fix the kinetic scale (first) and the fade-rate scale (last).

    They are taken as exact unless they carry a spread: that of the first is one of the level and moves both, that of
    the last is one of the retention.
    """

    __pydantic_config__ = {"extra": "forbid"}
    cell: str
    capacity: Annotated[Mapping[int, Sourced], Unit("C/kg", show="mAh/g")]

    def __post_init__(self) -> None:
        cycles = sorted(self.capacity)
        if len(cycles) != 2 or cycles[0] != 1:
            raise InputError(
                "capacity", f"cycles {cycles}", "two cycles: 1 and a later one", "Give for example 1 and 200."
            )
        if min(c.value for c in self.capacity.values()) <= 0:
            raise InputError("capacity", "a capacity of zero or below", "positive capacities")

    @property
    def first(self) -> float:
        return self.capacity[1].value

    @property
    def last(self) -> float:
        return self.capacity[max(self.capacity)].value

    @property
    def last_cycle(self) -> int:
        return max(self.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a paper reports of a cell; compared with, never fitted."""

    __pydantic_config__ = {"extra": "forbid"}
    capacity: Annotated[Mapping[int, Sourced], Unit("C/kg", show="mAh/g")] = field(default_factory=dict)
    retention: Annotated[Mapping[int, Sourced], Unit("1", show="%")] = field(default_factory=dict)
