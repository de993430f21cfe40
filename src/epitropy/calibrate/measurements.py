"""Which measurement on the aged coated cell would tell the scenarios apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..records.cell import CycleSeries
from ..records.headline import Measurement
from ..records.result import StudyResult
from ..study import Study

# name, unit shown, factor from SI, error of the measurement in the shown unit (usual for the method, assumed)
CANDIDATES: tuple[tuple[str, str, float, float, Callable[[CycleSeries], float]], ...] = (
    ("1C capacity at cycle 1 beside the bare cell's", "mAh/g", 1 / 3600, 3.0, lambda s: s.capacity[0]),
    ("1C capacity at cycle 100", "mAh/g", 1 / 3600, 3.0, lambda s: s.capacity[min(99, len(s.capacity) - 1)]),
    ("skin on crack faces by TEM after cycling", "nm", 1e9, 2.0, lambda s: s.skin_cracks_coated[-1]),
    ("wetted area of the cycled powder (BET or capacitance)", "m2/g", 1e-3, 0.4, lambda s: s.crack_area[-1]),
    ("resistance of the cycled lithium electrode", "ohm cm2", 1e4, 4.0, lambda s: s.lithium_resistance[-1]),
    ("share of grains lagging at the top of charge (operando XRD)", "%", 100.0, 3.0, lambda s: s.pinned_share[-1]),
    ("inactive and dead share (C/20 capacity after cycling)", "%", 100.0, 1.5, lambda s: s.dead_share[-1]),
)


def telling_measurements(nominal: StudyResult, study: Study, cell: str) -> tuple[Measurement, ...]:
    """Candidates by separation: standard deviation of the scenarios' values over the measurement's error."""
    series: Mapping[str, CycleSeries] = nominal.cells[cell].cycling
    found = []
    for name, unit, factor, error, read in CANDIDATES:
        values = {s: float(read(c)) * factor for s, c in series.items()}
        if len(values) < 2:
            continue
        found.append(
            Measurement(
                name=name,
                expected={s: f"{v:.3g} {unit}" for s, v in values.items()},
                separation=float(np.std(list(values.values())) / error),
            )
        )
    return tuple(sorted(found, key=lambda m: -m.separation))
