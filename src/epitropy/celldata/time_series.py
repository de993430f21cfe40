"""A table of records -> one cell and its time series."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError
from ..records.measured import CellData, Readings
from . import checks
from .columns import Shown
from .layout import Layout
from .records import Cycles, Series, cycles, series
from .said import Source, capacity_column, check_first, in_words, is_specific, mass_told, need_mass, refuse_fall, whole

_NEEDED = ("time", "voltage", "current", "capacity", "charge_capacity", "step_capacity", "net_capacity")
_SAME_CURRENT = 0.1  # relative: further off, a cycle ran at another rate


def from_records(
    layout: Layout, shown: Shown, values: dict[str, np.ndarray], source: Source
) -> tuple[CellData, Series, list[str]]:
    path = layout.path
    said = _drop_torn_row(values)
    for quantity in _NEEDED:
        if quantity in values and np.isnan(values[quantity]).any():
            row = int(np.argmax(np.isnan(values[quantity])))
            where = layout.where(int(values["row"][row]), shown.column(quantity).header)
            raise InputError(where, "an empty cell", "a number in every row of a record")
    for quantity in ("cycle", "step_count"):
        if quantity in values:
            values[quantity] = whole(layout, shown, values, quantity)
    if "cycle" in values and (back := np.flatnonzero(np.diff(values["cycle"]) < 0)).size:
        refuse_fall(layout, shown, values, int(back[0]), int(back[0]) + 1)
    used, specific = capacity_column(shown), is_specific(shown)
    if (other := shown.column("charge_capacity")) and used and other.si != used.si:
        del values["charge_capacity"]
    sign = source.current_sign or shown.current_sign
    need_mass(shown, source, specific)
    kept, notes = series(values, path, sign, specific, "stated" if source.current_sign else "the standard has it")
    summary = cycles(kept)
    notes = said + notes
    notes += mass_told(shown, values, source)
    checks.check_voltage(summary.voltage_range, summary.mean_voltage, path)
    if not (summary.discharged > 0).any():
        remedy = "Check --current-sign, or the column of the discharge capacity."
        raise InputError(path, "no discharge in any cycle", "a record with discharges", remedy)
    per_mass = summary.discharged if specific else summary.discharged / source.mass
    keep, said = _kept_cycles(summary, source, path)
    notes += said
    rate, ageing, said = _rates(summary, keep, source)
    notes += said
    keep &= ageing
    checks.check_capacity(
        per_mass[keep], path, used.header if used else "HEADER", used.unit if used else "Ah", source.mass
    )
    current = None
    if summary.current is not None and source.mass is not None:
        current = summary.current[keep] / source.mass
    begin = source.first if source.first is not None else 1
    number = summary.cycle[keep] - begin + 1
    check_first(number, summary.cycle[keep], path)
    readings = {"capacity": Readings(cycle=number, value=per_mass[keep], rate=rate[keep])}
    found = CellData(
        name=Path(path).stem.removesuffix(".bdf"),
        cell=source.cell or "",
        readings=readings,
        source=path,
        notes=tuple(notes),
        voltage_range=summary.voltage_range,
        discharge_current=current,
    )
    return found, kept, notes


def _drop_torn_row(values: dict[str, np.ndarray]) -> list[str]:
    """A last row that the cycler did not write to its end is left out."""
    torn = [q for q in (*_NEEDED, "cycle") if q in values and np.isnan(values[q][-1]) and not np.isnan(values[q][0])]
    if not torn or len(values["row"]) < 2:
        return []
    for quantity in values:
        values[quantity] = values[quantity][:-1]
    return ["the last row is not complete; left out"]


def _kept_cycles(summary: Cycles, source: Source, path: str) -> tuple[np.ndarray, list[str]]:
    """Cycles that count, and what is said of those that do not."""
    notes = []
    keep = np.ones(len(summary.cycle), dtype=bool)
    if source.first is not None:
        keep = summary.cycle >= source.first
        if not keep.any():
            raise InputError(
                "--first", f"{source.first}", f"a cycle of {path}: {summary.cycle[0]} to {summary.cycle[-1]}"
            )
        if not keep.all():
            notes.append(f"{in_words(summary.cycle[~keep])} before --first {source.first}: left out")
    empty = keep & (summary.discharged <= 0)
    if summary.cut_off and keep[-1]:
        keep[-1] = False
        reason = "has no discharge" if summary.discharged[-1] <= 0 else "is cut off: the file ends within its discharge"
        notes.append(f"the last cycle, {summary.cycle[-1]}, {reason}; left out")
        empty[-1] = False
    if empty.any():
        notes.append(f"{in_words(summary.cycle[empty])} without discharge: left out")
    keep &= ~empty
    if not keep.any():
        raise InputError(path, "no complete cycle", "at least one cycle with a whole discharge")
    return keep, notes


def _rates(summary: Cycles, keep: np.ndarray, source: Source) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Rate of each cycle (nan: that of ageing), which cycles can be used, and what is said.

    Most cycles of a life run at one current, that of ageing. Those at another are readings at their own rate if
    the user says what 1C is, and cannot be used else.
    """
    rate, usable = np.full(len(keep), np.nan), np.ones(len(keep), dtype=bool)
    if summary.current is None:
        return rate, usable, []
    usual = float(np.median(summary.current[keep]))
    other = keep & (np.abs(summary.current / usual - 1) > _SAME_CURRENT)
    if not other.any():
        return rate, usable, []
    words = f"{in_words(summary.cycle[other])} at another discharge current than most"
    if source.one_c is None or source.mass is None:
        return rate, ~other, [f"{words}: left out; --one-c '200 mA/g' keeps them as readings at their rate"]
    rate[other] = np.round(summary.current[other] / source.mass / source.one_c, 3)
    return rate, usable, [f"{words}: read at their rate"]
