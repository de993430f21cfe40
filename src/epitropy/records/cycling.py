"""What ``epitropy cycle`` answers: lives of cells in declared scenarios, and maps over settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit
from .cell import CycleSeries, VoltageCurve
from .process import Axis
from .scenario import Scales, Scenario

Capacity = Annotated[float, Unit("C/kg", show="mAh/g")]
Share = Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeReading:
    """A life in a few numbers. What ages is told after ``last_cycle``, the last that the cell delivered.

    A cell that dies before its program is done has no capacity left, so ``last_capacity`` and ``retention`` are zero.
    """

    first_capacity: Capacity
    last_capacity: Capacity
    retention: Share
    skin: Annotated[float, Unit("m", show="nm")]  # mean over the outer surface, bare and coated
    crack_area: Annotated[float, Unit("m2/kg", show="m2/g")]
    dead_share: Share
    last_cycle: Annotated[int, Unit("1")]
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycledCell:
    """One cell in one scenario; ``series`` and ``reading`` None where not even a first cycle is delivered.

    ``summary`` repeats the main numbers in the field's units, which stand in its keys.
    """

    format: str
    coverage: Share  # of the outer surface by the layer
    coverage_cracks: Share
    reading: LifeReading | None
    summary: Mapping[str, float]
    series: CycleSeries | None
    curves: tuple[VoltageCurve, ...] = ()
    reason: str = ""  # why there is no series
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioLives:
    """All cells in one scenario, at the scales that the calibration cell of the study as given fixes."""

    scenario: Scenario
    scales: Scales
    cells: Mapping[str, CycledCell]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """One point of a map: its settings (SI, one an axis), and by cell the reading, or why there is none."""

    at: tuple[float, ...]
    cells: Mapping[str, LifeReading | None]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleMap:
    """Readings over one or more varied inputs, the last axis running fastest."""

    scenario: str
    axes: tuple[Axis, ...]
    points: tuple[MapPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleAnswer:
    """All that ``epitropy cycle`` found, at the medians of all inputs."""

    study: str
    title: str
    hash: str
    version: str
    engine: str
    calibration_cell: str
    calibrated: bool  # False: no data, both scales are one
    without: tuple[str, ...]  # mechanisms switched off beside those of the study
    skipping: bool
    unsolved: Mapping[str, str]  # scenarios that were tried in vain, and why
    lives: Mapping[str, ScenarioLives]
    map: CycleMap | None = None
