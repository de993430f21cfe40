"""How pydantic reads a field that has a unit: text, number or a table with value, spread, grade and source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from .errors import InputError
from .records.sourced import Sourced
from .sources import sourced
from .units import Unit, parse

UNGRADED = "stated in the study without a grade"


def core_schema_for(unit: Unit, source: Any, handler: Any) -> Any:
    """Sourced numbers and mappings of them are read here; plain floats and ints parse text with a unit first."""
    from pydantic_core import core_schema

    if source is Sourced:
        return core_schema.no_info_plain_validator_function(
            lambda raw: read_sourced(raw, unit), metadata={"unit": "sourced"}
        )
    if Sourced in get_args(source):
        key = get_args(source)[0]
        return core_schema.no_info_plain_validator_function(
            lambda raw: read_mapping(raw, unit, key), metadata={"unit": "mapping"}
        )
    if source is float:
        return core_schema.no_info_before_validator_function(
            lambda raw: parse(raw, unit.si, unit.shown), handler(source)
        )
    return handler(source)


def read_sourced(raw: Any, unit: Unit) -> Sourced:
    """'12 nm', a bare number without dimension, or {value: 12 nm, spread: 0.3, grade: measured, source: ...}."""
    if isinstance(raw, Sourced):
        return raw
    if isinstance(raw, Mapping):
        return sourced(dict(raw), unit.si, "")
    return Sourced(value=parse(raw, unit.si, unit.shown), unit=unit.si, source=UNGRADED)


def read_mapping(raw: Any, unit: Unit, key: type) -> dict[Any, Sourced]:
    """Names (or cycles) to sourced numbers."""
    if not isinstance(raw, Mapping):
        raise InputError("value", repr(raw), f"names with numbers in {unit.shown}, one a line")
    found = {}
    for name, value in raw.items():
        try:
            found[key(name)] = read_sourced(value, unit)
        except (InputError, ValueError) as error:
            given, allowed = (
                (error.given, error.allowed) if isinstance(error, InputError) else (repr(name), key.__name__)
            )
            raise InputError(str(name), given, allowed, getattr(error, "remedy", "")) from None
    return found


def json_schema_for(unit: Unit, core: Any, handler: Any) -> dict[str, Any]:
    """What a study file may hold at this place."""
    kind = (core.get("metadata") or {}).get("unit")
    if kind is None:
        return {**handler(core), "unit": unit.shown}
    number = _number_schema(unit)
    return {"type": "object", "additionalProperties": number} if kind == "mapping" else number


def _number_schema(unit: Unit) -> dict[str, Any]:
    value = {
        "type": ["number", "string"] if unit.si == "1" else "string",
        "examples": [f"1 {unit.shown}"],
        "unit": unit.shown,
    }
    table = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": value,
            "distribution": {"enum": ["fixed", "lognormal", "normal", "logitnormal", "uniform", "beta"]},
            "spread": {"type": ["number", "string", "array"]},
            "grade": {"enum": ["measured", "calculated", "derived", "assumed"]},
            "source": {"type": "string"},
            "label": {"type": "string"},
        },
    }
    return {"anyOf": [value, table]}
