"""The form of a study: every number and choice with its unit, grade, range and the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..hosts import host_names
from ..jsonio import to_json
from ..records.sourced import Sourced
from ..report.numbers import pretty, significant
from ..sources import EVERYTHING_ELSE
from ..study import BLOCKS, WHOLE, CellStudy, Study, input_unit, priors_hash, study_hash
from ..units import FRACTION, Unit, Within, convert, ranges_of

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


def form(study: Study, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the page needs to draw the form and to write a changed value back into ``raw``, the study's plain data.

    A field's ``place`` is the path of keys in that data: below the cell where the cell states its own, else shared.
    A field that cannot be changed alone is ``locked``, with the reason.
    """
    found = list(_fields(study, raw))
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


def _fields(study: Study, raw: Mapping[str, Any]) -> Iterator[Field]:
    """Fields of all cells; what cells share comes once."""
    seen: set[str] = set()
    known = study.inputs()
    for cell_name, cell in study.cells.items():
        for keys, number in _numbers(cell):
            path = ".".join(keys)
            name = study.name_of(cell_name, path)
            if name in known and name not in seen and keys[0] in BLOCKS:
                seen.add(name)
                place = _place(study, raw, cell_name, keys)
                within = _allowed(cell, keys)
                yield _number(study, name, path, place, number, within) | {"locked": _locked(cell, keys)}
        for path, hint, value in _choices(cell):
            name = study.name_of(cell_name, path)
            if name not in seen:
                seen.add(name)
                place = _place(study, raw, cell_name, tuple(path.split(".")))
                yield _choice(name, path, place, hint, value, cell) | {"locked": ""}


def _numbers(node: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Sourced]]:
    """All sourced numbers below a record, with the keys that lead to them; a key may hold a full stop."""
    if isinstance(node, Sourced):
        yield keys, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _numbers(value, (*keys, str(key)))
    elif is_dataclass(node):
        for f in fields(node):
            yield from _numbers(getattr(node, f.name), (*keys, f.name))


def _place(study: Study, raw: Mapping[str, Any], cell: str, keys: tuple[str, ...]) -> list[str]:
    """Below the cell where it states the number itself, or does not use what is shared."""
    block, own = keys[0], (raw.get("cells") or {}).get(cell) or {}
    mine = study.name_of(cell, ".".join(keys)) != ".".join(keys)
    mine = mine or raw.get(block) == "none" or any(isinstance(_at(own, keys[:n]), Mapping) for n in _whole_parts(keys))
    return ["cells", cell, *keys] if mine else list(keys)


def _whole_parts(keys: tuple[str, ...]) -> Iterator[int]:
    """Lengths of what leads to a mapping that is replaced as a whole."""
    return (n for n in range(1, len(keys) + 1) if keys[n - 1] in WHOLE)


def _at(node: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _locked(cell: CellStudy, keys: tuple[str, ...]) -> str:
    """A row that stands for all others does not go with those beside it."""
    if keys[-1] != EVERYTHING_ELSE:
        return ""
    beside: Any = cell
    for key in keys[:-1]:
        beside = beside[key] if isinstance(beside, Mapping) else getattr(beside, key)
    return "stands for all rows that are not listed; state it in the YAML" if len(beside) > 1 else ""


def _allowed(node: Any, keys: tuple[str, ...]) -> Within:
    """The range that a number of a record must keep to."""
    found = Within()
    for key in keys:
        if is_dataclass(node):
            found = ranges_of(type(node)).get(key, found)
            node = getattr(node, key)
        else:
            node = node[key]
    return found


def _number(study: Study, name: str, path: str, place: list[str], number: Sourced, within: Within) -> Field:
    unit = input_unit(study, name)
    shown = convert(number.value, unit.si, unit.shown)
    low, high = _slider(number, unit, within)
    return {
        "kind": "number",
        "name": name,
        "path": path,
        "place": place,
        "label": number.label or _words(path),
        "unit": "" if unit.shown == "1" else unit.shown,
        "unit_shown": "" if unit.shown == "1" else pretty(unit.shown),
        "value": float(f"{shown:.6g}"),
        "low": min(low, shown),
        "high": max(high, shown),
        "range": _range_text(number, unit),
        "spread": _spread(number, unit),
        "grade": number.grade,
        "source": number.source,
    }


def _spread(number: Sourced, unit: Unit) -> dict[str, Any]:
    """The spread as a study file states it; an absolute one with its unit, of a temperature in kelvin."""
    if not number.uncertain:
        return {}
    spread: list[Any] = list(number.spread)
    if number.distribution in ("normal", "uniform") and unit.si != "1":
        difference = number.distribution == "normal" and unit.si == "K"
        per = "K" if difference else unit.shown
        spread = [f"{convert(s, unit.si, per):.6g} {per}" for s in spread]
    return {"distribution": number.distribution, "spread": spread}


def _slider(number: Sourced, unit: Unit, within: Within) -> tuple[float, float]:
    """Ends of a slider in the shown unit: what the number may sensibly be, not what it is believed to be."""
    shown = convert(number.value, unit.si, unit.shown)
    if unit.shown == "degC":
        reach = KELVIN if shown > KELVIN else ROOM
        ends = shown - reach, shown + reach
    elif unit.shown == "%" and (within == FRACTION or shown > 100 / WIDE) and shown > 1:
        ends = 0.0, 100.0
    elif unit.shown == "V":
        ends = shown - VOLT, shown + VOLT
    elif shown == 0:
        values = [number.at(q).value for q in (0.01, 0.99)] if number.uncertain else [0.0, 1.0]
        ends = tuple(convert(v, unit.si, unit.shown) for v in values)
    else:
        ends = shown / WIDE, shown * WIDE
    low, high = (float(f"{end:.3g}") for end in sorted(ends))
    least, most = (convert(end, unit.si, unit.shown) for end in (within.low, within.high))
    if low < least or low == least and within.open_low:  # an end that is not allowed itself is kept away from
        low = least + (shown - least) / 100 if within.open_low else least
    if high > most or high == most and within.open_high:
        high = most - (most - shown) / 100 if within.open_high else most
    return low, high


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
