"""A table with one row a cycle or a reading -> its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..records.measured import QUANTITIES, CellData, Readings
from . import checks
from .columns import SAID, Shown
from .layout import Layout
from .said import Source, check_first, in_words, mass_told, need_mass, refuse_fall, whole

_SHORT = 0.8  # of the capacity before: a last row that is worth a word


def from_cycles(
    layout: Layout, shown: Shown, values: dict[str, np.ndarray], source: Source
) -> tuple[tuple[CellData, ...], list[str]]:
    if "cycle" not in values:
        raise InputError(layout.path, "no column of cycles", "a column cycle", "Name it: --column cycle=HEADER.")
    values["cycle"] = whole(layout, shown, values, "cycle")
    notes: list[str] = []
    if "capacity" in values and not shown.standard:
        notes += _still_running(values)
    measured = {q: _in_si(layout, shown, values, source, q) for q in QUANTITIES if q in values}
    if not measured:
        raise _nothing_measured(layout, shown)
    if "capacity" in measured and _is_running(shown, values):
        measured["capacity"] = np.diff(measured["capacity"], prepend=0.0)
        notes.append("the discharge capacity never resets, as the standard has it: differences between rows")
    rate = (
        np.array([_rate(t, layout, int(r)) for t, r in zip(values["rate"], values["row"])])
        if "rate" in values
        else None
    )
    notes += mass_told(shown, values, source)
    if "discharge_voltage" in values:
        checks.check_voltage(None, float(np.nanmean(values["discharge_voltage"])), layout.path)
    groups = _groups(layout, values, source)
    cells = []
    begin = source.first if source.first is not None else 1
    late = values["cycle"] >= begin if source.first is not None else np.ones(len(values["cycle"]), dtype=bool)
    for (cell, replicate), rows in groups.items():
        readings = {}
        for quantity, column in measured.items():
            use = rows[~np.isnan(column[rows]) & late[rows]]
            if not use.size:
                continue
            _check_order(layout, shown, values, rate, use)
            number = values["cycle"][use] - begin + 1
            check_first(number, values["cycle"][use], layout.path)
            rates = np.full(len(use), np.nan) if rate is None else rate[use]
            order = np.lexsort((rates, number))
            readings[quantity] = Readings(cycle=number[order], value=column[use][order], rate=rates[order])
        if not readings:
            continue
        if "capacity" in readings:
            where = f"{layout.path}, {cell or replicate}" if len(groups) > 1 else layout.path
            checks.check_capacity(
                readings["capacity"].value,
                where,
                shown.column("capacity").header,
                shown.column("capacity").unit,
                source.mass,
            )
        stem = Path(layout.path).stem.removesuffix(".bdf")
        name = replicate or (f"{stem} {cell}" if len(groups) > 1 and cell else stem)
        cells.append(CellData(name=name, cell=cell, readings=readings, source=layout.path, notes=tuple(notes)))
    if not cells:
        last = values["cycle"].max()
        raise InputError("--first", f"{source.first}", f"a cycle of {layout.path} with readings, up to {last}")
    early = np.unique(values["cycle"][values["cycle"] < begin]) if source.first is not None else np.array([])
    if early.size:
        notes.append(f"{in_words(early)} before --first {source.first}: left out")
        cells = [replace(c, notes=tuple(notes)) for c in cells]
    return tuple(cells), notes


def _still_running(values: dict[str, np.ndarray]) -> list[str]:
    """The last row of a cycler may be a cycle that was not over: without discharge it counts as not measured."""
    cycle, capacity = values["cycle"][-1], values["capacity"]
    if len(capacity) > 1 and capacity[-1] == 0:
        values["capacity"] = np.append(capacity[:-1], np.nan)
        return [f"the last cycle, {cycle}, has no discharge; left out"]
    if len(capacity) > 1 and capacity[-1] < _SHORT * capacity[-2]:
        share = 100.0 * capacity[-1] / capacity[-2]
        return [f"the last cycle, {cycle}, has {share:.0f} % of the one before: if it was not over, delete its row"]
    return []


def _nothing_measured(layout: Layout, shown: Shown) -> InputError:
    column = shown.column("charge_capacity")
    if column:
        given = f"only a charge capacity ('{column.header}')"
        return InputError(
            layout.path, given, "a discharge capacity", "Export it, or name it: --column capacity='HEADER'."
        )
    allowed = "capacity_mAh_g, resistance_ohm_cm2, skin_outer_nm, skin_cracks_nm or wetted_area_m2_g"
    remedy = "Name it: --column capacity='HEADER [mAh/g]'."
    return InputError(layout.path, f"columns {', '.join(layout.header)}: nothing measured", allowed, remedy)


def _is_running(shown: Shown, values: Mapping[str, np.ndarray]) -> bool:
    """BDF's discharging_capacity_ah sums over the whole test, unless it falls somewhere."""
    column = shown.column("capacity")
    if not (shown.current_sign and re.match(r"discharging", column.header, re.IGNORECASE)):
        return False
    given = values["capacity"]
    return len(given) > 1 and bool((np.diff(given) >= 0).all())


def _in_si(layout: Layout, shown: Shown, values: Mapping[str, np.ndarray], source: Source, quantity: str) -> np.ndarray:
    """A column per kilogram or times the area, with what cannot be refused."""
    column, given = shown.column(quantity), values[quantity]
    if column.si == "C":
        need_mass(shown, source, specific=False)
        given = given / source.mass
    if column.si == "ohm":
        if source.area is None:
            remedy = "Give the area of the electrode: --area '1.54 cm2'."
            raise InputError(layout.path, f"resistance in {column.unit} and no area", "ohm cm2, or an area", remedy)
        given = given * source.area
    low = np.flatnonzero(given < 0 if quantity.startswith("skin") else given <= 0)
    if low.size:
        allowed = "zero or more" if quantity.startswith("skin") else "above zero; leave the cell empty if not measured"
        text = f"{values[quantity][low[0]] / column.factor:g} {column.unit}"
        label = SAID.get(quantity, quantity)
        raise InputError(layout.where(int(values["row"][low[0]]), column.header), f"{label} {text}", allowed)
    return given


def _rate(text: str, layout: Layout, row: int) -> float:
    """A rate in C: 0.5, 0.5C or C/2; nan where the cell is empty."""
    if not text:
        return np.nan
    plain = text.replace(",", ".").strip()
    if found := re.fullmatch(r"(\d*\.?\d+)?\s*C?(?:\s*/\s*(\d*\.?\d+))?", plain):
        value = float(found.group(1) or 1.0) / float(found.group(2) or 1.0) if float(found.group(2) or 1.0) else 0.0
        if value > 0:
            return value
    raise InputError(layout.where(row, "rate"), f"'{text}'", "a rate in C, e.g. 0.5 or C/2, or an empty cell")


def _groups(layout: Layout, values: Mapping[str, np.ndarray], source: Source) -> dict[tuple[str, str], np.ndarray]:
    """Rows by cell of the study and replicate, in the order of the file."""
    count = len(values["row"])
    blank = np.full(count, "", dtype=object)
    cells, replicates = values.get("cell", blank), values.get("replicate", blank)
    if "cell" in values and source.cell is not None:
        if source.cell not in set(cells.tolist()):
            there = ", ".join(dict.fromkeys(cells.tolist()))
            raise InputError("--cell", f"'{source.cell}'", f"cells of {layout.path}: {there}")
        chosen = np.flatnonzero(cells == source.cell)
    else:
        chosen = np.arange(count)
        cells = cells if "cell" in values else np.full(count, source.cell or "", dtype=object)
    found: dict[tuple[str, str], list[int]] = {}
    for k in chosen.tolist():
        found.setdefault((cells[k], replicates[k]), []).append(k)
    return {key: np.array(rows) for key, rows in found.items()}


def _check_order(
    layout: Layout, shown: Shown, values: Mapping[str, np.ndarray], rate: np.ndarray | None, use: np.ndarray
) -> None:
    """Cycles rise at each rate; a repeated one is named with both lines."""
    cycle = values["cycle"][use]
    rates = np.zeros(len(use)) if rate is None else np.nan_to_num(rate[use], nan=-1.0)
    for value in np.unique(rates):
        at = np.flatnonzero(rates == value)
        step = np.diff(cycle[at])
        for k in np.flatnonzero(step <= 0)[:1]:
            before, after = int(use[at[k]]), int(use[at[k + 1]])
            same = np.flatnonzero(cycle[at[: k + 1]] == cycle[at[k + 1]])
            if same.size:
                lines = [layout.line(int(values["row"][j])) for j in (int(use[at[same[0]]]), after)]
                given = f"cycle {cycle[at[k + 1]]} in line {lines[0]} and line {lines[1]}"
                remedy = "Several cells need a column replicate or cell, several rates a column rate."
                where = f"{layout.path}, column '{shown.column('cycle').header}'"
                raise InputError(where, given, "each cycle once", remedy)
            refuse_fall(layout, shown, values, before, after)
