"""The form of a study: every number and choice with its unit, grade, range and the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..hosts import host_names
from ..jsonio import to_json
from ..records.sourced import Sourced
from ..report.numbers import pretty, significant
from ..study import BLOCKS, CellStudy, Study, input_unit, leaves, priors_hash, study_hash
from ..units import Unit, convert

FIRST = (
    "coating.precursors.",
    "coating.dose",
    "anneal.temperature",
    "anneal.time",
    "anneal.gas",
    "protocol.upper_voltage",
    "protocol.rate",
    "protocol.cycles",
)  # what one changes first; the rest lies below, block by block
TITLES = {
    "cathode": "Cathode",
    "coating": "Coating",
    "layer": "Layer",
    "anneal": "Anneal",
    "stability": "Stability",
    "cell": "Cell",
    "protocol": "Protocol",
    "degradation": "Degradation",
}
WIDE = 4.0  # a slider runs from a quarter of the value to four times the value
KELVIN, ROOM, VOLT = 200.0, 30.0, 0.4  # and so far either way of a furnace, a cell, a cut-off
Field = dict[str, Any]


def form(study: Study) -> dict[str, Any]:
    """What the page needs to draw the form and to write a changed value back into the study's plain data.

    A field's ``place`` is the path of keys in that data: below the cell where the cell states its own, else shared.
    """
    found = list(_fields(study))
    first = [f for name in FIRST for f in found if f["path"] == name or name[-1] == "." and f["path"].startswith(name)]
    groups = [{"title": "First of all", "fields": first}]
    for block in BLOCKS:
        rows = [f for f in found if f["path"].startswith(f"{block}.") and f not in first]
        if rows:
            groups.append({"title": TITLES[block], "fields": rows})
    inputs = study.inputs()
    grades = [v.grade for v in inputs.values()]
    return {
        "name": study.name,
        "title": study.title,
        "note": study.note,
        "hash": study_hash(study),
        "priors": priors_hash(study),
        "cells": [{"name": n, "coated": c.coating is not None} for n, c in study.cells.items()],
        "calibration": study.calibration.cell if study.calibration else None,
        "reported": to_json(study.reported),
        "groups": groups,
        "grades": {g: grades.count(g) for g in dict.fromkeys(grades)},
    }


def sources(study: Study) -> list[dict[str, str]]:
    """Every number of a study by name: value with unit, grade, spread in words, where it came from."""
    rows = []
    for name, number in study.inputs().items():
        unit = input_unit(study, name)
        rows.append(
            {
                "name": name,
                "label": number.label,
                "value": _with_unit(number.value, unit),
                "range": _range_text(number, unit),
                "grade": number.grade,
                "source": number.source,
            }
        )
    return rows


def _fields(study: Study) -> Iterator[Field]:
    """Fields of all cells; what cells share comes once."""
    seen: set[str] = set()
    known = study.inputs()
    for cell_name, cell in study.cells.items():
        for path, number in leaves(cell):
            name = study.name_of(cell_name, path)
            if name in known and name not in seen and path.split(".")[0] in BLOCKS:
                seen.add(name)
                yield _number(study, name, path, _place(study, cell_name, path), number)
        for path, hint, value in _choices(cell):
            name = study.name_of(cell_name, path)
            if name not in seen:
                seen.add(name)
                yield _choice(name, path, _place(study, cell_name, path), hint, value, cell)


def _place(study: Study, cell: str, path: str) -> list[str]:
    own = study.name_of(cell, path) != path
    return ["cells", cell, *path.split(".")] if own else path.split(".")


def _number(study: Study, name: str, path: str, place: list[str], number: Sourced) -> Field:
    unit = input_unit(study, name)
    shown = convert(number.value, unit.si, unit.shown)
    low, high = _slider(number, unit)
    return {
        "kind": "number",
        "name": name,
        "path": path,
        "place": place,
        "label": number.label or _words(path),
        "unit": "" if unit.shown == "1" else unit.shown,
        "unit_shown": "" if unit.shown == "1" else pretty(unit.shown),
        "value": float(f"{shown:.6g}"),
        "low": low,
        "high": high,
        "range": _range_text(number, unit),
        "grade": number.grade,
        "source": number.source,
    }


def _slider(number: Sourced, unit: Unit) -> tuple[float, float]:
    """Ends of a slider in the shown unit: what the number may sensibly be, not what it is believed to be."""
    shown = convert(number.value, unit.si, unit.shown)
    if unit.shown == "degC":
        reach = KELVIN if shown > KELVIN else ROOM
        ends = shown - reach, shown + reach
    elif unit.shown == "%" and (number.distribution in ("logitnormal", "beta") or shown > 100 / WIDE):
        ends = 0.0, 100.0
    elif unit.shown == "V":
        ends = shown - VOLT, shown + VOLT
    elif shown == 0:
        values = [number.at(q).value for q in (0.01, 0.99)] if number.uncertain else [0.0, 1.0]
        ends = tuple(convert(v, unit.si, unit.shown) for v in values)
    else:
        ends = shown / WIDE, shown * WIDE
    return tuple(float(f"{end:.3g}") for end in sorted(ends))


def _range_text(number: Sourced, unit: Unit) -> str:
    """The 80 % range of a spread in the shown unit; empty without a spread."""
    if not number.uncertain:
        return ""
    low, high = (significant(convert(number.at(q).value, unit.si, unit.shown)) for q in (0.1, 0.9))
    return f"{low} to {high}"


def _with_unit(value: float, unit: Unit) -> str:
    named = pretty(unit.shown) if unit.shown != "1" else ""
    return f"{significant(convert(value, unit.si, unit.shown), 4)} {named}".strip()


def _words(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")


def _choices(cell: CellStudy) -> Iterator[tuple[str, Any, Any]]:
    """(path, type hint, value) of what is chosen rather than measured."""
    for block in BLOCKS:
        record = getattr(cell, block)
        if record is None or not is_dataclass(record):
            continue
        hints = get_type_hints(type(record))
        for f in fields(record):
            value = getattr(record, f.name)
            if isinstance(value, (str, bool, int)) and not isinstance(value, Sourced):
                yield f"{block}.{f.name}", hints[f.name], value


def _choice(name: str, path: str, place: list[str], hint: Any, value: Any, cell: CellStudy) -> Field:
    options = _options(path, hint, cell)
    kind = "flag" if isinstance(value, bool) else "whole" if isinstance(value, int) else "choice" if options else "text"
    return {
        "kind": kind,
        "name": name,
        "path": path,
        "place": place,
        "label": _words(path),
        "value": value,
        "options": options,
    }


def _options(path: str, hint: Any, cell: CellStudy) -> list[str]:
    if get_origin(hint) is Literal:
        return [str(a) for a in get_args(hint)]
    known: Mapping[str, Any] = {
        "anneal.gas": lambda: list(cell.anneal.oxygen_pressure),
        "cathode.lattice": lambda: list(host_names()),
        "cathode.ocv": lambda: list(host_names()),
    }
    return known[path]() if path in known else []
