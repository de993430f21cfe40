"""A commented study from at most four answers, each graded measured because the user knows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .csvfile import read_csv
from .errors import InputError
from .study import read_study, read_yaml

SOURCE = "your answer to 'epitropy new'"
QUESTIONS = {
    "host": ("Host metals, and BET or d50", "Ni0.9Co0.05Mn0.05, 0.4 m2/g"),
    "coating": ("Precursors with mass shares, and dose", "Nb12WO33 80 %, ZrO2 20 %, 1 wt%"),
    "furnace": ("Furnace: temperature, hold, gas", "700 degC, 5 h, O2"),
    "cell": ("CSV of the bare cell (columns cycle, capacity_mAh_g)", ""),
}


GASES = {"oxygen": "O2", "nitrogen": "N2"}
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
    read_study(read_yaml(text, name), name)
    return text


def _known(value: str, note: str = "") -> str:
    return f'{{value: {value}, grade: measured, source: "{SOURCE}{note}"}}'


def _parts(answer: str) -> list[str]:
    """Pieces between commas or semicolons; a comma between digits is a decimal one where no point is used.

    >>> _parts("Ni0,9Co0,1, 0,4 m2/g"), _parts("Ni0.9Co0.1,0.4 m2/g")
    (['Ni0.9Co0.1', '0.4 m2/g'], ['Ni0.9Co0.1', '0.4 m2/g'])
    """
    if "." not in answer:
        answer = re.sub(r"(?<=\d),(?=\d)", ".", answer)
    return [p.strip() for p in re.split("[,;]", answer) if p.strip()]


def _host(answer: str) -> str:
    """``Ni0.9Co0.05Mn0.05, 0.4 m2/g`` or ``..., 10 um``; a whole formula such as LiNiO2 will do."""
    if not answer.strip():
        return "cathode: {}            # NCM90 by default\n"
    formula, *numbers = _parts(answer)
    shares = ", ".join(f"{e}: {y:.10g}" for e, y in _metals(formula).items())
    lines = [
        "cathode:",
        "  lattice: ncm90   # or nmc811: tables of lattice and voltage; take what is nearest to your host",
        "  ocv: ncm90",
        "  composition:",
        "    Li: {Li: 1.0}",
        f"    M: {{{shares}}}",
        "    O: {O: 1.0}",
    ]
    stated: set[str] = set()
    for number in numbers:
        key = "wetted_area" if re.search(r"m2/|m\^2/|m²/", number) else "particle_diameter"
        _once("host", key, number, stated, "one area (m2/g) and one diameter (um)")
        note = "; d50 taken as d32" if key == "particle_diameter" else ""
        lines.append(f"  {key}: {_known(number, note)}")
    return "\n".join(lines) + "\n"


def _metals(formula: str) -> dict[str, float]:
    """Fractions of the metals of a layered host, from its metals or its whole formula."""
    name = re.fullmatch(r"(NMC|NCM)-?(\d)(\d)(\d)", formula, re.IGNORECASE)
    if name:
        order = ("Ni", "Mn", "Co") if name.group(1).upper() == "NMC" else ("Ni", "Co", "Mn")
        found = {e: float(n) for e, n in zip(order, name.groups()[1:])}
    else:
        found = {e: float(n or 1) for e, n in re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", formula)}
        if not found or re.sub(r"[A-Z][a-z]?\d*\.?\d*", "", formula):
            raise InputError("host", f"'{formula}'", "metals with their fractions, like Ni0.9Co0.05Mn0.05, or NMC811")
        if "O" in found:  # a whole formula
            found = {e: n for e, n in found.items() if e not in ("Li", "O")}
    total = sum(found.values())
    if not name and abs(total - 1) > 0.02 or total <= 0:
        raise InputError("host", f"'{formula}' with metals that add up to {total:g}", "a sum of 1")
    return {e: n / total for e, n in found.items()}


def _once(where: str, key: str, given: str, stated: set[str], allowed: str) -> None:
    if key in stated:
        raise InputError(where, f"'{given}' after another of its kind", allowed, "Give each number its unit.")
    stated.add(key)


def _furnace(answer: str) -> str:
    """``700 degC, 5 h, O2``, in any order; the gas is what has no number."""
    if not answer.strip():
        return "anneal: {}             # 700 degC, 5 h, O2 by default\n"
    lines, stated = ["anneal:"], set()
    for part in _parts(answer):
        if re.match(r"[-+]?\d", part):
            key = "temperature" if re.search(r"(°C|degC|C|K)$", part) else "time"
            _once("furnace", key, part, stated, "one temperature (degC) and one time (h)")
            lines.append(f"  {key}: {_known(part)}")
        else:
            _once("furnace", "gas", part, stated, "one gas")
            lines.append(f"  gas: {GASES.get(part.lower(), part)}")
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
    for part in _parts(answer):
        match = re.fullmatch(r"([A-Za-z].*?)(?:\s+([\d.]+\s*%?))?", part)
        if match is None or "wt%" in part:
            named = re.fullmatch(r"(?:([A-Za-z].*?)\s+)?([\d.]+\s*wt%)", part)  # 'Nb2O5 1 wt%': alone, with its dose
            if named and named.group(1):
                shares.append(f"        {named.group(1)}: {_known('100 %')}")
            lines.append(f"      dose: {_known(named.group(2) if named else part)}")
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
    rows = read_csv(path)
    if not {"cycle", "capacity_mAh_g"} <= set(rows.header):
        raise InputError(
            where,
            f"columns {', '.join(rows.header)}",
            "columns cycle and capacity_mAh_g",
            "Rename the columns; the unit must be mAh per g of active material.",
        )
    cycles, capacities = rows.numbers("cycle"), rows.numbers("capacity_mAh_g")
    if any(c != int(c) for c in cycles):
        raise InputError(where, "a cycle that is no whole number", "1, 2, 3, ...")
    found = sorted((int(c), q) for c, q in zip(cycles, capacities))
    if found[0][0] != 1 or found[-1][0] < 2:
        raise InputError(where, f"cycles {found[0][0]} to {found[-1][0]}", "cycle 1 and later ones")
    return found
