"""A commented study from at most four answers, each graded measured because the user knows it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .study import _yaml, read_study

SOURCE = "your answer to 'epitropy new'"
QUESTIONS = {
    "host": ("Host metals, and BET or d50", "Ni0.9Co0.05Mn0.05, 0.4 m2/g"),
    "coating": ("Precursors with mass shares, and dose", "Nb12WO33 80 %, ZrO2 20 %, 1 wt%"),
    "furnace": ("Furnace: temperature, hold, gas", "700 degC, 5 h, O2"),
    "cell": ("CSV of the bare cell (columns cycle, capacity_mAh_g)", ""),
}


NO_DATA = """\
# Two capacities of the bare cell calibrate the prediction:
# calibration: {cell: bare, capacity: {1: 195 mAh/g, 200: 160 mAh/g}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Raw answers; an empty one leaves epitropy's assumed default in place."""

    host: str = ""
    coating: str = ""
    furnace: str = ""
    cell: str = ""


def study_from(name: str, answers: Answers) -> str:
    """YAML text of a study, checked before it is handed back.

    >>> text = study_from("mine", Answers(furnace="650 degC, 4 h, O2"))
    >>> "temperature: {value: 650 degC, grade: measured" in text
    True
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise InputError("NAME", f"'{name}'", "letters, digits, '-', '_' and '.', e.g. my-coating")
    parts = [
        f"# A study of epitropy. Check it with 'epitropy check {name}.yaml', run it with 'epitropy run {name}.yaml'.",
        "# What is not stated takes a default that is graded 'assumed' and has a spread; 'epitropy schema' lists all.",
        "# A number may stand alone (12 nm) or carry its source: {value: 12 nm, grade: measured, source: TEM}",
        "# grade: measured, calculated, derived or assumed. spread: standard deviation of ln(value) unless said.",
        f"name: {name}",
        f"title: {name}",
        "",
        _host(answers.host),
        _furnace(answers.furnace),
        _protocol(answers.cell),
        _cells(answers.coating),
        _calibration(answers.cell),
    ]
    text = "\n".join(p for p in parts if p is not None)
    read_study(_yaml(text, name), name)
    return text


def _known(value: str, note: str = "") -> str:
    return f'{{value: {value}, grade: measured, source: "{SOURCE}{note}"}}'


def _host(answer: str) -> str:
    """``Ni0.9Co0.05Mn0.05, 0.4 m2/g`` or ``..., 10 um``."""
    if not answer.strip():
        return "cathode: {}            # NCM90 by default\n"
    formula, *numbers = (p.strip() for p in answer.split(","))
    metals = re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", formula)
    if not metals or "".join(e + n for e, n in metals) != formula:
        raise InputError("host", f"'{formula}'", "metals with their fractions, like Ni0.9Co0.05Mn0.05")
    shares = ", ".join(f"{e}: {n or '1'}" for e, n in metals)
    lines = [
        "cathode:",
        "  lattice: ncm90   # or nmc811: tables of lattice and voltage; take what is nearest to your host",
        "  ocv: ncm90",
        "  composition:",
        "    Li: {Li: 1.0}",
        f"    M: {{{shares}}}",
        "    O: {O: 1.0}",
    ]
    for number in numbers:
        key = "wetted_area" if re.search(r"m2/|m\^2/|m²/", number) else "particle_diameter"
        note = "; d50 taken as d32" if key == "particle_diameter" else ""
        lines.append(f"  {key}: {_known(number, note)}")
    return "\n".join(lines) + "\n"


def _furnace(answer: str) -> str:
    """``700 degC, 5 h, O2``, in any order; the gas is what has no number."""
    if not answer.strip():
        return "anneal: {}             # 700 degC, 5 h, O2 by default\n"
    lines = ["anneal:"]
    for part in (p.strip() for p in answer.split(",")):
        if re.match(r"[-+]?\d", part):
            key = "temperature" if re.search(r"(°C|degC|C|K)$", part) else "time"
            lines.append(f"  {key}: {_known(part)}")
        else:
            lines.append(f"  gas: {part}")
    return "\n".join(lines) + "\n"


def _cells(answer: str) -> str:
    """``Nb12WO33 80 %, ZrO2 20 %, 1 wt%``: names as 'epitropy phases' lists them with mass shares, and one dose."""
    lines = [
        "cells:",
        "  bare:",
        "    coating: none",
        "    anneal: none   # write 'anneal: {}' if the bare control was heated too",
        "  coated:",
    ]
    if not answer.strip():
        return "\n".join([*lines, "    coating: {}     # 1 wt% of Nb12WO33 and ZrO2, 4:1 by mass, by default", ""])
    lines.append("    coating:")
    shares = []
    for part in (p.strip() for p in answer.split(",")):
        match = re.fullmatch(r"([A-Za-z].*?)(?:\s+([\d.]+\s*%?))?", part)
        if match is None:
            lines.append(f"      dose: {_known(part)}")
        else:
            shares.append(f"        {match.group(1)}: {_known(match.group(2) or '100 %')}")
    if shares:
        lines += ["      precursors:", *shares]
    return "\n".join([*lines, ""])


def _protocol(cell_file: str) -> str | None:
    if not cell_file.strip():
        return None
    last, _ = _capacities(cell_file)[-1]
    return f"protocol:\n  cycles: {last}\n"


def _calibration(cell_file: str) -> str | None:
    """First and last cycle of the user's file."""
    if not cell_file.strip():
        return NO_DATA
    rows = _capacities(cell_file)
    source = f"{Path(cell_file).name}, {len(rows)} cycles"
    ends = [f'    {c}: {{value: {q:g} mAh/g, grade: measured, source: "{source}"}}' for c, q in (rows[0], rows[-1])]
    return "\n".join(["calibration:", "  cell: bare", "  capacity:", *ends, ""])


def _capacities(path: str) -> list[tuple[int, float]]:
    """Cycle and capacity rows of a CSV, by its own column names; nothing about unit or mass is guessed."""
    where = f"cell file '{path}'"
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(where, "not a readable text file", "a CSV with columns cycle and capacity_mAh_g") from None
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not {"cycle", "capacity_mAh_g"} <= set(rows[0]):
        raise InputError(
            where,
            f"columns {', '.join(rows[0]) if rows else 'none'}",
            "columns cycle and capacity_mAh_g",
            "Rename the columns; the unit must be mAh per g of active material.",
        )
    try:
        found = sorted((int(r["cycle"]), float(r["capacity_mAh_g"])) for r in rows)
    except (TypeError, ValueError):
        raise InputError(where, "a row that is no number", "numbers in cycle and capacity_mAh_g") from None
    if found[0][0] != 1 or found[-1][0] < 2:
        raise InputError(where, f"cycles {found[0][0]} to {found[-1][0]}", "cycle 1 and later ones")
    return found
