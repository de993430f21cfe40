"""Writes docs/parameters.md: every number of the cell's model with value, spread, grade and source.

``python docs/parameters.py`` from the project's root; a test keeps the page up to date.
"""

from __future__ import annotations

from pathlib import Path

from epitropy.cycling.spec import MECHANISMS, Calibration, Cathode, Cell, Degradation, Protocol
from epitropy.phases.spec import Stability
from epitropy.records.sourced import Sourced
from epitropy.report.numbers import pretty, significant
from epitropy.sources import table
from epitropy.study import load_study
from epitropy.transport.spec import Layer
from epitropy.units import convert, unit_of

BLOCKS = {"cathode": Cathode, "cell": Cell, "protocol": Protocol, "degradation": Degradation, "layer": Layer}
BLOCKS |= {"stability": Stability, "calibration": Calibration}
HEAD = """# Parameters of the cell

All numbers that the half-cell model reads, at their defaults; a study may state its own. Spread: sd of ln for
lognormal, of the logit for logitnormal. Made by `python docs/parameters.py`.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for name, block in BLOCKS.items():
        dials = load_study("zhao2024").calibration if block is Calibration else block()
        parts.append(
            f"\n## {name}\n\n| dial | meaning | value | spread | grade | source |\n|---|---|---|---|---|---|\n"
        )
        for key in block.__dataclass_fields__:
            number = getattr(dials, key)
            if isinstance(number, Sourced):
                parts.append(_row(key, number, unit_of(block, key)))
    parts.append("\n## Host curves and electrolytes\n\n| table | source | grade |\n|---|---|---|\n")
    for host in ("ncm90", "nmc811"):
        for key, rows in table(f"cathodes/{host}.toml").items():
            if "source" in rows:
                parts.append(f"| {host} {key} | {rows['source']} | {rows.get('grade', 'assumed')} |\n")
    for name, rows in table("electrolytes.toml").items():
        parts.append(f"| {name} | {rows['source']} | {rows['grade']} |\n")
    parts.append("\n## Mechanisms that `degradation.without` switches off\n\n")
    parts += [f"- `{name}`: {meaning}\n" for name, meaning in MECHANISMS.items()]
    return "".join(parts)


def _row(key: str, number: Sourced, unit) -> str:
    shown = unit.shown if unit else "1"
    value = f"{significant(float(convert(number.value, unit.si, shown)))} {pretty(shown)}".strip()
    return (
        f"| `{key}` | {number.label} | {value} | {_spread(number, unit, shown)} | {number.grade} | {number.source} |\n"
    )


def _spread(number: Sourced, unit, shown: str) -> str:
    if not number.uncertain:
        return "-"
    if number.distribution == "uniform":
        low, high = (significant(float(convert(s, unit.si, shown))) for s in number.spread)
        return f"{low} to {high}"
    if number.distribution == "normal":
        zero = float(convert(0.0, unit.si, shown))
        return f"sd {significant(float(convert(number.spread[0], unit.si, shown)) - zero)}"
    return f"{number.distribution} {', '.join(significant(s) for s in number.spread)}"


if __name__ == "__main__":
    Path(__file__).with_name("parameters.md").write_text(page(), encoding="utf-8")
