"""What a laboratory would read on a cell of the model, fresh and after its last cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

import numpy as np

from ..cycling import kernel
from ..cycling.ageing import Surfaces, pinned_loss, surfaces
from ..cycling.mesh import mesh_of
from ..cycling.parameters import INTERPHASES, SKINS, Model, Row, Tables
from ..cycling.program import program
from ..cycling.stage import live, simulate, voltage_curve
from ..errors import InputError, NumericsError
from ..pipeline import Formed
from ..records.cell import CycleSeries, VoltageCurve
from ..records.host import HostCurves
from ..records.scenario import Scales, Scenario
from ..study import CellStudy, Study
from ..units import Unit
from .ensemble import Draw, prepare, quantiles
from .scales import build, tolerance_of
from .workers import Progress, mapped

SLOW = 0.05  # of 1C
FAST = 5.0
ENGINE = partial(simulate, resolution=kernel.SCREENING)  # as fine as the scales of draws are solved
PEAK = (4.05, 4.35)  # V, where the last peak of dQ/dV of layered nickel oxides lies


class Aged(NamedTuple):
    """A cell of the model with its life and its slow cycles; ``capacity`` is that of the ensemble, C/kg."""

    m: Model
    t: Tables
    host: HostCurves
    series: CycleSeries
    capacity: np.ndarray
    charge_rate: float
    hold_rate: float
    slow: Mapping[int, VoltageCurve]  # of the first and of the last cycle


# row of data/measurements.toml -> unit, and how it is read
READINGS: Mapping[str, tuple[Unit, Callable[[Aged], float]]] = {
    "capacity_first": (Unit("C/kg", show="mAh/g"), lambda a: float(a.capacity[0])),
    "capacity_halfway": (Unit("C/kg", show="mAh/g"), lambda a: float(a.capacity[len(a.capacity) // 2])),
    "capacity_last": (Unit("C/kg", show="mAh/g"), lambda a: float(a.capacity[-1])),
    "slow_capacity_first": (Unit("C/kg", show="mAh/g"), lambda a: slow_capacity(a, 0)),
    "slow_capacity_last": (Unit("C/kg", show="mAh/g"), lambda a: slow_capacity(a, -1)),
    "peak_charge": (Unit("V", show="mV"), lambda a: _peak_shift(a, "charge")),
    "peak_discharge": (Unit("V", show="mV"), lambda a: _peak_shift(a, "discharge")),
    "c_charged": (Unit("m", show="angstrom"), lambda a: _c_charged(a)),
    "wetted_area": (Unit("m2/kg", show="m2/g"), lambda a: float(a.series.crack_area[-1] + a.m.outer_area)),
    "skin_cracks": (Unit("m", show="nm"), lambda a: _skin(a, "cracks")),
    "skin_outer": (Unit("m", show="nm"), lambda a: _skin(a, "outer")),
    "resistance": (Unit("ohm m2", show="ohm cm2"), lambda a: float(a.series.resistance[-1])),
    "hold_share": (Unit("1", show="%"), lambda a: float(_cycle(a, -1, _held(a))[7])),
    "lithium_resistance": (Unit("ohm m2", show="ohm cm2"), lambda a: float(a.series.lithium_resistance[-1])),
    "rate_ratio": (Unit("1", show="%"), lambda a: _rate_ratio(a)),
    "lagging_share": (Unit("1", show="%"), lambda a: float(a.series.pinned_share[-1])),
}


def aged_cell(
    cell: CellStudy, formed: Formed, tables: Tables, scenario: Scenario, scales: Scales, capacity: np.ndarray
) -> Aged:
    """The cell's life in full, and one slow cycle at either end of it that does not age it."""
    m = build(cell, formed, scenario, scales)
    rows, kinds = program(cell.protocol)
    series = live(m, tables, rows, kinds, tolerance=tolerance_of(cell.protocol), engine=ENGINE)
    ends = (int(series.cycle[0]), int(series.cycle[-1]))
    slow = {n: voltage_curve(m, tables, series, cycle, SLOW) for n, cycle in zip((0, -1), ends)}
    charge, hold = cell.protocol.charge.value, cell.protocol.hold_rate.value
    return Aged(m, tables, formed.host, series, capacity, charge, hold, slow)


def _state(a: Aged, n: int) -> Surfaces:
    skin, interphase = (np.array([getattr(a.series, k)[n] for k in names]) for names in (SKINS, INTERPHASES))
    return surfaces(a.m, skin, interphase, float(a.series.crack_area[n]), float(a.series.lithium_resistance[n]))


def _cycle(a: Aged, n: int, row: Row) -> np.ndarray:
    """What the second of two equal cycles shows in the state of cycle n, see `cycling.kernel.one_cycle`."""
    s, resolution = _state(a, n), kernel.RESOLUTION
    mesh = mesh_of(a.m, resolution)
    profiles = kernel.rested(a.m, mesh)
    kernel.one_cycle(a.m, a.t, s, mesh, profiles, row, resolution.steps, kernel.untraced())
    found, _, _ = kernel.one_cycle(a.m, a.t, s, mesh, profiles, row, resolution.steps, kernel.untraced())
    return found


def _pinned(a: Aged, n: int, charged: float) -> float:
    """Capacity that lagging grains withhold from a cycle with this lithium content at the top of charge, C/kg."""
    return pinned_loss(a.m, _state(a, n).active, charged, float(a.series.pinned_share[n]))


def slow_capacity(a: Aged, n: int) -> float:
    """Capacity at C/20 between the study's cut-offs, without what lagging grains withhold.

    Settled cycles give the same on charge and on discharge, so the two are one reading.
    """
    found = float(a.slow[n].discharge_capacity[-1])
    if a.series.pinned_share[n] == 0:
        return found
    return found - _pinned(a, n, float(_cycle(a, n, Row(SLOW, SLOW, 0.0, 0.0, 0.0))[5]))


def _peak_shift(a: Aged, half: str) -> float:
    """Shift of the peak of dQ/dV near 4.2 V at C/20, aged against fresh."""
    fresh, aged = (peak_voltage(a.slow[n].voltage, getattr(a.slow[n], f"{half}_slope")) for n in (0, -1))
    return aged - fresh


def peak_voltage(voltage: np.ndarray, slope: np.ndarray) -> float:
    """Voltage of the highest dQ/dV in ``PEAK``, by a parabola through its three points; an end where none is inside.

    >>> v = np.arange(3.9, 4.4, 0.005)
    >>> round(peak_voltage(v, 1 - (v - 4.1832) ** 2), 4)
    4.1832
    """
    inside = np.flatnonzero((voltage >= PEAK[0]) & (voltage <= PEAK[1]))
    if inside.size == 0:
        return float(np.clip(voltage[np.argmax(slope)], *PEAK))
    i = int(inside[np.argmax(slope[inside])])
    if i in (inside[0], inside[-1]):
        return float(voltage[i])
    left, middle, right = slope[i - 1 : i + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(voltage[i] + shift * (voltage[i + 1] - voltage[i]))


def _c_charged(a: Aged) -> float:
    """The host's c at the lithium content that the last charge reaches, that of the grains that still move."""
    return float(np.interp(a.series.charged_lithium[-1], a.host.lithium, a.host.c))


def _skin(a: Aged, face: str) -> float:
    """Mean skin over one kind of face, coated and bare ones by their share of the area."""
    coated = a.m.coverage_cracks if face == "cracks" else a.m.coverage_outer
    bare, under = (getattr(a.series, f"skin_{face}_{k}")[-1] for k in ("bare", "coated"))
    return float((1 - coated) * bare + coated * under)


def _held(a: Aged) -> Row:
    """An ageing cycle charged with a hold at the upper cut-off, whatever the study's charge mode."""
    return Row(a.charge_rate, a.charge_rate, min(a.hold_rate, 0.5 * a.charge_rate), 0.0, 0.0)


def _rate_ratio(a: Aged) -> float:
    """Discharge capacity at 5C over that at 1C after equal charges, aged."""
    fast, usual = (_cycle(a, -1, Row(a.charge_rate, rate, 0.0, 0.0, 0.0)) for rate in (FAST, 1.0))
    lost = _pinned(a, -1, float(usual[5]))
    return float(max(fast[0] - lost, 0.0) / max(usual[0] - lost, 1.0))


Readings = Mapping[tuple[str, str], Mapping[str, float]]  # (cell, scenario) -> reading -> SI


def simulated_readings(
    study: Study,
    ensemble: Sequence[Draw],
    scenarios: tuple[Scenario, ...],
    cells: Sequence[str],
    *,
    most: int | None = None,
    progress: Progress = lambda done, total: None,
    pool: Executor | None = None,
) -> list[Readings]:
    """All readings of ``cells`` in every solved scenario of each draw of an ensemble, or of its first ``most``.

    A cell that cannot be read (it dies before its first cycle, or has no slow cycle) is missing.
    """
    names = sorted(n for n, v in study.inputs().items() if v.uncertain)
    items = list(zip(quantiles(names, len(ensemble)), ensemble))[:most]
    work = partial(_read_draw, study=study, scenarios=scenarios, cells=tuple(cells))
    return list(mapped(work, items, progress, pool))


def _read_draw(
    item: tuple[Mapping[str, float], Draw], study: Study, scenarios: tuple[Scenario, ...], cells: tuple[str, ...]
) -> Readings:
    """Cells that do not differ in two scenarios, such as a bare one where only the layer does, are read once."""
    point, draw = item
    if not draw.lives:
        return {}
    drawn = study.at(point)
    found: dict[tuple[str, str], Mapping[str, float]] = {}
    for name in cells:
        cell = drawn.cells[name]
        formed, tables = prepare(cell)
        known: dict[Model, Mapping[str, float] | None] = {}
        for scenario in scenarios:
            capacity = draw.lives.get((name, scenario.name))
            if capacity is None:
                continue
            scales = draw.scales[scenario.name]
            m = build(cell, formed, scenario, scales)
            if m not in known:
                known[m] = _read(cell, formed, tables, scenario, scales, capacity)
            if (read := known[m]) is not None:
                found[name, scenario.name] = read
    return found


def _read(
    cell: CellStudy, formed: Formed, tables: Tables, scenario: Scenario, scales: Scales, capacity: np.ndarray
) -> dict[str, float] | None:
    try:
        aged = aged_cell(cell, formed, tables, scenario, scales, capacity)
        return {name: read(aged) for name, (_, read) in READINGS.items()}
    except (NumericsError, InputError):
        return None
