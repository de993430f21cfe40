"""A file of measured cells as the page shows it: what each column is taken for, confirmed before anything is fitted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..celldata import Shown, Source, parse_choices, read_file
from ..errors import InputError
from ..process.front import coated_cell, front, profile_cations
from ..process.scan import over_scan, read_scan
from ..study import read_study
from ..units import parse
from .calls import Fault

TEXTS = (".csv", ".txt", ".tsv", ".dat", ".mpt")
KEPT = 20  # files; a page that has lost its file is told to give it once more
MAH_G = 1 / 3600.0  # of C/kg
# option -> flag of the command line; each is what a user says of a file, and nothing stands for it
FLAGS = {
    "cell": "--cell",
    "mass": "--mass",
    "area": "--area",
    "first": "--first",
    "current_sign": "--current-sign",
    "one_c": "--one-c",
}


def safe_name(name: str) -> str:
    """The file's own name without any path, so that it can lie beside a study and on a command line."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = re.sub(r"[^A-Za-z0-9._ ()+-]", "_", last)[-120:].lstrip(".- ")
    if not cleaned.lower().endswith(TEXTS):
        raise Fault(f"'{last}' is not read here; allowed: text files ending in {', '.join(TEXTS)}", 415)
    return cleaned


def stored(uploads: Path, token: str) -> Path:
    """The file kept under a token; a token is a name, never a path."""
    folder = uploads / token
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,}", token) or not folder.is_dir():
        raise Fault("that file is no longer kept here; give it once more", 404)
    kept = next((p for p in folder.iterdir() if p.is_file()), None)
    if kept is None:
        raise Fault("that file was not kept; give it once more", 404)
    return kept


def forget_oldest(uploads: Path) -> None:
    """Keep the files given last, so that an app that stays open does not fill the disk."""
    folders = sorted(uploads.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def confirmed(options: Mapping[str, Any]) -> list[str]:
    """What the user said of a file, as arguments; only after the columns were confirmed."""
    if options.get("confirmed") is not True:
        raise Fault("the columns have not been confirmed; look at them and confirm first")
    found: list[str] = []
    for name, flag in FLAGS.items():
        if given := _text(options, name):
            found += [f"{flag}={given}"]
    return found + [f"--column={quantity}={header}" for quantity, header in _columns(options).items()]


def preview(path: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they would be read and, once they are confirmed, the cells and how many readings they hold."""
    seen: list[Shown] = []
    sure = options.get("confirmed") is True

    def confirm(shown: Shown) -> bool:
        seen.append(shown)
        return sure

    source = Source(
        cell=_text(options, "cell") or None,
        mass=_number(options, "mass", "kg", "mg"),
        area=_number(options, "area", "m2", "cm2"),
        first=_first(options),
        columns=_columns(options),
        current_sign=_text(options, "current_sign") or None,
        one_c=_number(options, "one_c", "A/kg", "mA/g"),
    )
    try:
        read = read_file(path, source, confirm)
    except InputError as error:
        if not seen:
            raise _named(error, path) from None
        told = _columns_told(seen[0])
        return told | ({"fault": str(_named(error, path))} if sure else {"ask": True})
    return _columns_told(read.shown) | {
        "kind": read.kind,
        "rows": read.rows,
        "notes": list(read.notes),
        "cells": [_cell(c) for c in read.cells],
    }


def scan_preview(path: str, raw: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """A line scan as it would be read, beside the study's computed profile as the scan would see it."""
    study = read_study(raw)
    name = coated_cell(study, _text(options, "cell") or None)
    cell = study.at({}).cells[name]
    try:
        scan = read_scan(path, profile_cations(cell))
    except InputError as error:
        raise _named(error, path) from None
    computed = over_scan(front(cell).profile, scan)
    return {
        "cell": name,
        "species": list(scan.species),
        "ignored": list(scan.ignored),
        "outside": scan.outside,
        "depth_nm": [1e9 * float(d) for d in scan.depth],
        "at_percent": [[100 * float(v) for v in row] for row in scan.fraction],
        "computed_at_percent": [[100 * float(v) for v in row] for row in computed],
    }


def _columns_told(shown: Shown) -> dict[str, Any]:
    return {
        "title": shown.title,
        "standard": shown.standard,
        "columns": [
            {"quantity": c.quantity, "header": c.header, "unit": c.unit, "first": list(c.first)} for c in shown.columns
        ],
        "left_out": list(shown.left_out),
        "shown_notes": list(shown.notes),
    }


def _cell(cell: Any) -> dict[str, Any]:
    readings = cell.readings.get("capacity")
    return {
        "name": cell.name,
        "cell": cell.cell,
        "quantities": {q: len(r.cycle) for q, r in cell.readings.items()},
        "cycle": [float(c) for c in readings.cycle] if readings else [],
        "capacity_mAh_g": [round(MAH_G * float(v), 4) for v in readings.value] if readings else [],
    }


def _named(error: InputError, path: str) -> InputError:
    """The fault with the file's own name in place of where it is kept."""
    return InputError(
        error.where.replace(path, Path(path).name),
        error.given.replace(path, Path(path).name),
        error.allowed,
        error.remedy,
    )


def _text(options: Mapping[str, Any], name: str) -> str:
    given = options.get(name, "")
    if not isinstance(given, (str, int, float)) or isinstance(given, bool):
        raise Fault(f"{name}: text expected")
    return str(given).strip()


def _number(options: Mapping[str, Any], name: str, si: str, habit: str) -> float | None:
    text = _text(options, name)
    if not text:
        return None
    value = parse(text, si, habit)
    if value <= 0:
        raise InputError(name, f"'{text}'", f"a positive number, e.g. 12 {habit}")
    return value


def _first(options: Mapping[str, Any]) -> int | None:
    text = _text(options, "first")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError("first", f"'{text}'", "the number of a cycle")
    return int(text) if text else None


def _columns(options: Mapping[str, Any]) -> dict[str, str]:
    given = options.get("columns") or {}
    if not isinstance(given, Mapping):
        raise Fault("columns: names with headers expected")
    return parse_choices([f"{q}={h}" for q, h in given.items() if h])
