"""Which measurement on the aged coated cell would tell the scenarios apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..records.cell import CycleSeries
from ..records.coating import Particle
from ..records.headline import Measurement
from ..records.result import StudyResult
from ..sources import sourced, table
from ..units import Unit, convert

# row of data/measurements.toml: what a simulated cell would show
READINGS: Mapping[str, tuple[Unit, Callable[[CycleSeries, Particle], float]]] = {
    "capacity_first": (Unit("C/kg", show="mAh/g"), lambda s, p: s.capacity[0]),
    "capacity_halfway": (Unit("C/kg", show="mAh/g"), lambda s, p: s.capacity[len(s.capacity) // 2]),
    "skin_on_cracks": (Unit("m", show="nm"), lambda s, p: _skin_on_cracks(s)),
    "wetted_area": (Unit("m2/kg", show="m2/g"), lambda s, p: s.crack_area[-1] + p.wetted_area),
    "lithium_resistance": (Unit("ohm m2", show="ohm cm2"), lambda s, p: s.lithium_resistance[-1]),
    "pinned_share": (Unit("1", show="%"), lambda s, p: s.pinned_share[-1]),
    "dead_share": (Unit("1", show="%"), lambda s, p: s.dead_share[-1]),
}


def _skin_on_cracks(series: CycleSeries) -> float:
    """Mean over crack faces, coated and bare ones by their share of the area."""
    coated = series.coverage_cracks
    return coated * series.skin_cracks_coated[-1] + (1 - coated) * series.skin_cracks_bare[-1]


def telling_measurements(nominal: StudyResult, cell: str) -> tuple[Measurement, ...]:
    """Candidates by separation: standard deviation of the scenarios' values over the measurement's error."""
    series, particle = nominal.cells[cell].cycling, nominal.cells[cell].particle
    if len(series) < 2:
        return ()
    found = (
        _measured(row, unit, {n: float(read(s, particle)) for n, s in series.items()})
        for row, (unit, read) in READINGS.items()
    )
    return tuple(sorted(found, key=lambda m: -m.separation))


def _measured(row: str, unit: Unit, values: Mapping[str, float]) -> Measurement:
    entry = table("measurements.toml")[row]
    error = sourced(entry["error"], unit.si, f"measurements.{row}").value
    return Measurement(
        name=entry["name"],
        expected={n: f"{convert(v, unit.si, unit.shown):.3g} {unit.shown}" for n, v in values.items()},
        separation=float(np.std(list(values.values())) / error),
    )
