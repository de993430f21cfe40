"""Readings as a function of the free parameters: the ageing model run for every measured cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from ..calibrate.ensemble import calibration_cell, prepare
from ..calibrate.scales import build, reference_scales
from ..cycling.kernel import SCREENING
from ..cycling.mesh import Resolution
from ..cycling.parameters import Model, Row, Tables
from ..cycling.program import program
from ..cycling.stage import discharge_at, simulate, small_signal_resistance, told
from ..pipeline import Formed
from ..records.measured import CellData
from ..records.scenario import Scales, Scenario
from ..study import CellStudy, Study
from .parameters import FADE, FORMING, KINETIC, Free, put

SKIPPING = -0.25  # of a cycle: which cycles are simulated does not hang on the parameters, so that lives are smooth


@dataclass(frozen=True, slots=True)
class Lived:
    """One cell of the study at one point: its parameters and what it shows cycle by cycle; nothing if it is dead."""

    model: Model
    tables: Tables
    columns: dict[str, np.ndarray]


class FitModel:
    """A study in one scenario, prepared once; a point is the free parameters in their own coordinates.

    The study's numbers are taken as they stand, so give it at its medians (``study.at({})``) or at a draw. ``ready``
    are its cells where they are prepared already.
    """

    def __init__(
        self,
        study: Study,
        scenario: Scenario,
        data: Sequence[CellData],
        free: Sequence[Free],
        resolution: Resolution = SCREENING,
        ready: Mapping[str, tuple[Formed, Tables]] | None = None,
    ) -> None:
        self.study, self.scenario, self.data, self.free, self.resolution = study, scenario, data, free, resolution
        self.known = calibration_cell(study)
        self.names = tuple(dict.fromkeys(d.cell for d in data))
        self.lasting = {n: _last_cycle(n, data) for n in self.names}
        self.cells = {n: _lasting(c, self.lasting.get(n, c.protocol.cycles)) for n, c in study.cells.items()}
        self.ready = dict(ready or {})
        for name in (self.known, *self.names):
            self.ready.setdefault(name, prepare(self.cells[name]))
        self.reforms = any(f.name.endswith(FORMING) for f in free)

    def cell(self, name: str, point: np.ndarray) -> CellStudy:
        """A cell of the study with the free inputs at ``point``."""
        cell = self.cells[name]
        for free, coordinate in zip(self.free, point):
            first, _, rest = free.name.partition(".")
            path = rest if first in self.study.cells else free.name
            if free.prior is None or self.study.name_of(name, path) != free.name:
                continue  # a scale, or a number that this cell states for itself
            cell = put(cell, path, free.prior.at(NormalDist().cdf(coordinate)))
        return cell

    def prepared(self, name: str, cell: CellStudy) -> tuple[Formed, Tables]:
        """A cell formed; anew only where a free input takes part in that."""
        if name not in self.ready:
            self.ready[name] = prepare(self.cells[name])
        return prepare(cell) if self.reforms else self.ready[name]

    def scales(self, point: np.ndarray) -> Scales | None:
        """Rates from the priors at ``point`` and the two scales (one where not free); None without a first cycle."""
        at = {f.name: c for f, c in zip(self.free, point)}
        cell = self.cell(self.known, point)
        kinetic = math.exp(at.get(KINETIC, 0.0))
        found = reference_scales(cell, *self.prepared(self.known, cell), self.scenario, kinetic, self.resolution)
        return found and replace(found, fade=math.exp(at.get(FADE, 0.0)))

    def lives(self, point: np.ndarray, lasting: int = 0) -> dict[str, Lived] | None:
        """Every measured cell at ``point``, for at least ``lasting`` cycles; None without a first cycle."""
        scales = self.scales(point)
        return scales and {name: self._life(name, point, scales, lasting) for name in self.names}

    def _life(self, name: str, point: np.ndarray, scales: Scales, lasting: int) -> Lived:
        cell = self.cell(name, point)
        formed, tables = self.prepared(name, cell)
        rows, kinds = program(_lasting(cell, max(lasting, self.lasting[name])).protocol)
        model = build(cell, formed, self.scenario, scales)
        tolerance = SKIPPING if cell.protocol.skip else 0.0
        return Lived(model, tables, told(simulate(model, tables, rows, tolerance, self.resolution), kinds))

    def predicted(self, point: np.ndarray) -> list[dict[str, np.ndarray]]:
        """For every measured cell and quantity the model's values at the readings; zero capacity of a dead cell."""
        return self.read(self.lives(point))

    def read(self, lives: Mapping[str, Lived] | None) -> list[dict[str, np.ndarray]]:
        """For every measured cell and quantity what such lives show at the readings."""
        return [self._readings(d, lives and lives[d.cell]) for d in self.data]

    def _readings(self, data: CellData, life: Lived | None) -> dict[str, np.ndarray]:
        found = {}
        for quantity, readings in data.readings.items():
            if not life or not life.columns:
                found[quantity] = np.zeros(len(readings.cycle))
                continue
            last = len(life.columns["capacity"])
            values = []
            for cycle, rate in zip(readings.cycle, readings.rate):
                if quantity == "capacity" and not np.isfinite(rate):
                    values.append(life.columns["capacity"][int(cycle) - 1] if cycle <= last else 0.0)
                    continue
                row = _row(life.columns, min(int(cycle), last) - 1)
                if quantity == "capacity":
                    values.append(self._at_rate(data, life, row, cycle, rate))
                else:
                    values.append(READ[quantity](life, row))
            found[quantity] = np.array(values)
        return found

    def _at_rate(self, data: CellData, life: Lived, row: dict[str, float], cycle: float, rate: float) -> float:
        """A discharge at another rate; all of one rate test are charged at the slowest of its rates."""
        protocol = self.cells[data.cell].protocol
        readings = data.readings["capacity"]
        together = readings.rate[(readings.cycle == cycle) & np.isfinite(readings.rate)]
        charge = min(protocol.charge.value, float(together.min()))
        hold = protocol.hold_rate.value if protocol.charge_mode == "CC-CV" else 0.0
        asked = Row(charge, rate, hold if hold < charge else 0.0, protocol.rest.value, 1.0)
        return discharge_at(life.model, life.tables, row, asked, self.resolution)


READ = {
    "resistance": lambda life, row: small_signal_resistance(life.model, life.tables, row),
    "skin_outer": lambda life, row: _mixed(life.model.coverage_outer, row, "outer"),
    "skin_cracks": lambda life, row: _mixed(life.model.coverage_cracks, row, "cracks"),
    "wetted_area": lambda life, row: life.model.outer_area + row["crack_area"],
}


def _mixed(coverage: float, row: dict[str, float], where: str) -> float:
    """Mean skin over coated and bare faces."""
    return coverage * row[f"skin_{where}_coated"] + (1 - coverage) * row[f"skin_{where}_bare"]


def _row(columns: dict[str, np.ndarray], n: int) -> dict[str, float]:
    return {k: float(v[n]) for k, v in columns.items()}


def _last_cycle(name: str, data: Sequence[CellData]) -> int:
    return max(2, *(int(r.cycle.max()) for d in data if d.cell == name for r in d.readings.values()))


def _lasting(cell: CellStudy, cycles: int) -> CellStudy:
    return replace(cell, protocol=replace(cell.protocol, cycles=cycles))
