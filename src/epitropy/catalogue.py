"""The one catalogue of crystals: ``data/phases/*.toml`` to `Phase` records."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from .errors import InputError
from .records.phase import Phase, UnitCell
from .sources import sourced, table
from .units import parse, units_of


def phase_names() -> tuple[str, ...]:
    """Names of all bundled phases, sorted."""
    folder = files("epitropy").joinpath("data", "phases")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def phase(name: str) -> Phase:
    """A bundled phase by name.

    >>> phase("NiO").space_group
    'Fm-3m'
    """
    if name not in phase_names():
        raise InputError("phase", f"unknown phase '{name}'", ", ".join(phase_names()))
    return read_phase(name, table(f"phases/{name}.toml"))


def read_phase(name: str, rows: dict[str, Any]) -> Phase:
    """A table of text and numbers to a `Phase`."""
    values: dict[str, Any] = {"name": name, **rows, "cell": _cell(rows["cell"], name)}
    for key, unit in units_of(Phase).items():
        if unit is not None and isinstance(row := rows.get(key), dict) and "value" in row:
            values[key] = sourced(row, unit.si, f"{name}.{key}")
    return Phase(**values)


def _cell(rows: dict[str, str], name: str) -> UnitCell:
    """Cell with the edges that symmetry leaves out (b, c default to a; angles to 90 deg)."""
    given = {k: parse(v, "m" if k in "abc" else "rad") for k, v in rows.items()}
    if "a" not in given:
        raise InputError(f"{name}.cell", "no edge a", "at least a, with a unit")
    return UnitCell(**{"b": given["a"], "c": given["a"], **given})
