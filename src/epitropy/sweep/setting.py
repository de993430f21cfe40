"""A point of the grid written into a study's plain data, where a user would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..study import BLOCKS
from .axes import MAPPING, NUMBER, SOURCE, Field

Raw = Mapping[str, Any]
NONE = "none"


def with_point(raw: Raw, fields: tuple[Field, ...], point: Mapping[str, Any]) -> dict[str, Any]:
    """The study's plain data with every varied field at its value; ``raw`` stays as it is.

    >>> dose = Field("coating.dose", NUMBER)
    >>> found = with_point({"name": "x", "coating": {"dose": 0.01}}, (dose,), {"coating.dose": 0.02})
    >>> found["coating"]["dose"]["value"]
    0.02
    """
    found = dict(raw)
    for field in fields:
        value = plain(field, point[field.name])
        placed = False
        for place in places(raw, field.name):
            found = put(found, place, value)
            placed = True
        if not placed:
            raise InputError(f"vary.{field.name}", "no cell that has it", "a field of a cell with that block")
    return found


def plain(field: Field, value: Any) -> Any:
    """A value as a study file states it, without spread: it is set, not believed."""
    if field.kind == NUMBER:
        si = field.unit.si if field.unit else "1"
        text = value if si == "1" else f"{value!r} {si}"
        return {"value": text, "grade": "assumed", "source": SOURCE}
    if field.kind == MAPPING and field.name.endswith("precursors"):
        return {name: {"value": share, "grade": "assumed", "source": SOURCE} for name, share in value.items()}
    return dict(value) if isinstance(value, Mapping) else value


def places(raw: Raw, name: str) -> list[tuple[str, ...]]:
    """Paths of keys: of one cell where the name says so, else what is shared and each cell that states its own."""
    parts = tuple(name.split("."))
    cells = raw.get("cells") or {}
    if parts[0] not in BLOCKS:
        own = (cells.get(parts[0]) or {}).get(parts[1], {})
        return [] if own == NONE else [("cells", *parts)]
    found = [] if raw.get(parts[0]) == NONE else [parts]
    return found + [("cells", cell, *parts) for cell, own in cells.items() if states(own or {}, parts)]


def states(node: Any, parts: tuple[str, ...]) -> bool:
    """Whether plain data state what lies at a path, or something below it."""
    for part in parts:
        if not isinstance(node, Mapping) or part not in node:
            return False
        node = node[part]
    return True


def put(node: Any, place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Plain data with a value at a path; what is given stays as it is."""
    first, *rest = place
    below = dict(node) if isinstance(node, Mapping) else {}
    below[first] = put(below.get(first), tuple(rest), value) if rest else value
    return below
