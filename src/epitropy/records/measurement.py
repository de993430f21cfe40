"""Which measurement to make next, and what it would teach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedReading:
    """One reading of a measurement: what each scenario lets one expect, median over draws."""

    name: str
    error: str  # with unit
    expected: Mapping[str, str]  # scenario: value with unit
    separation: Annotated[float, Unit("1")]  # standard deviation of the scenarios' medians over the error


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A possible measurement: what it would teach, and what it costs.

    Bits of the scenario: expected information about which scenario holds, all equally likely before; ``most_bits``
    is what a reading without error or spread could give, less than log2 of their number where scenarios coincide on
    the cell. Bits of the interval: log2 of the width of the predicted retention's 80 % interval before over its
    expected width after; 0 where that retention is reported already. ``value`` is their sum a person-day.
    """

    name: str
    cell: str
    instrument: str
    readings: tuple[ExpectedReading, ...]
    scenario_bits: Annotated[float, Unit("1")]
    scenario_bits_error: Annotated[float, Unit("1")]  # of the Monte Carlo
    most_bits: Annotated[float, Unit("1")]
    mechanism_bits: Annotated[float, Unit("1")]  # the two carriers of the cycle-1 gap taken together
    interval_after: Annotated[float, Unit("1", show="%")]  # expected width
    interval_bits: Annotated[float, Unit("1")]
    effective: Annotated[float, Unit("1")]  # draws and scenarios that carry the interval after it, in the median
    apart: tuple[str, ...]  # "scenario | scenario" of which it gives at least half of the one bit between them
    effort_days: Annotated[float, Unit("1")]
    value: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementPair:
    """The best measurement and the best one to add to it; work on a shared cell counts once."""

    first: str
    second: str
    scenario_bits: Annotated[float, Unit("1")]
    interval_after: Annotated[float, Unit("1", show="%")]
    interval_bits: Annotated[float, Unit("1")]
    effort_days: Annotated[float, Unit("1")]
    value: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementPlan:
    """All candidates, best value first, and the best pair of two."""

    cell: str  # whose retention is predicted
    scenarios: tuple[str, ...]  # with enough solved draws to be told
    left_out: tuple[str, ...]  # without
    reported: tuple[str, ...]  # "measurement, cell" that the study already reports, so not ranked
    retention_reported: bool  # then its interval is no question, and only what tells scenarios apart counts
    draws: Annotated[int, Unit("1")]
    interval_before: Annotated[float, Unit("1", show="%")]  # width
    measurements: tuple[Measurement, ...]
    pair: MeasurementPair | None  # None where there is nothing to add
