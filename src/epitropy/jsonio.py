"""Records to JSON and to JSON Schema: SI numbers with the unit in the key (``thickness_m``)."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from .units import Unit, units_of

DIGITS = 9  # significant; beyond what any number here can claim
MOST_POINTS = 201  # longer curves over lithium content are thinned


def key_of(name: str, unit: Unit | None) -> str:
    """JSON key of a field.

    >>> key_of("thickness", Unit("m")), key_of("coverage", Unit("1"))
    ('thickness_m', 'coverage')
    """
    return f"{name}_{unit.suffix}" if unit and unit.suffix else name


def to_json(value: Any) -> Any:
    """Any record, array, mapping or number as plain JSON data; nan becomes null.

    >>> from epitropy.records.sourced import Sourced
    >>> to_json(Sourced(value=7e-9, unit="m", source="mass balance"))["value"]
    7e-09
    """
    if is_dataclass(value):
        units = units_of(type(value))
        return {key_of(f.name, units[f.name]): to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray):
        step = max(1, -(-(value.shape[-1] - 1) // (MOST_POINTS - 1))) if value.size else 1
        return [to_json(v) for v in value[..., ::step].tolist()]
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    if isinstance(value, (bool, np.bool_)) or value is None or isinstance(value, str):
        return bool(value) if isinstance(value, np.bool_) else value
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None


def schema_of(kind: Any) -> dict[str, Any]:
    """JSON Schema (2020-12) of what `to_json` makes of an annotation.

    >>> schema_of(float)
    {'type': ['number', 'null']}
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        unit = next((m for m in kind.__metadata__ if isinstance(m, Unit)), None)
        inner = schema_of(arguments[0])
        return {**inner, "unit": unit.si} if unit else inner
    if is_dataclass(kind):
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(a) for a in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if kind is np.ndarray or origin is np.ndarray:
        return {"type": "array", "items": {"type": ["number", "array", "null"]}}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    simple = {
        float: {"type": ["number", "null"]},
        int: {"type": "integer"},
        str: {"type": "string"},
        bool: {"type": "boolean"},
    }
    return simple.get(kind, {"type": "null"} if kind is type(None) else {})


def definitions(*kinds: type) -> dict[str, Any]:
    """``$defs`` for records and all records below them; no further keys are allowed in any."""
    found: dict[str, Any] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind.__name__ in found:
            continue
        found[kind.__name__] = _record_schema(kind)
        waiting += _records_in(kind)
    return dict(sorted(found.items()))


def _record_schema(kind: type) -> dict[str, Any]:
    hints, units = get_type_hints(kind, include_extras=True), units_of(kind)
    properties = {key_of(f.name, units[f.name]): schema_of(hints[f.name]) for f in fields(kind)}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@cache
def _records_in(kind: type) -> list[type]:
    """Record classes named in a record's annotations."""
    return [r for hint in get_type_hints(kind, include_extras=True).values() for r in _records(hint)]


def _records(hint: Any) -> list[type]:
    if is_dataclass(hint):
        return [hint] if isinstance(hint, type) else []  # metadata of Annotated is an instance
    return [r for a in get_args(hint) for r in _records(a)]


def from_json(kind: Any, data: Any) -> Any:
    """What `to_json` wrote, as it was; KeyError, TypeError or ValueError where the data are not of that kind.

    >>> from epitropy.records.headline import Retention
    >>> from_json(Retention, {"value": 0.9, "low": 0.8, "high": 0.95}).low
    0.8
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return from_json(arguments[0], data)
    if origin in (Union, types.UnionType):
        return _one_of(arguments, data)
    if is_dataclass(kind):
        return _record_from(kind, data)
    if kind is np.ndarray or origin is np.ndarray:
        return np.array(data, dtype=float)  # null becomes nan
    if origin is tuple:
        kinds = arguments[:1] * len(data) if arguments[-1] is Ellipsis else arguments
        return tuple(from_json(k, v) for k, v in zip(kinds, data, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        of_key, of_value = (arguments[0], arguments[1])
        of_key = get_args(of_key)[0] if get_origin(of_key) is Annotated else of_key
        return {of_key(k): from_json(of_value, v) for k, v in data.items()}
    if kind is float:
        return math.nan if data is None else float(data)
    return data


def _one_of(kinds: tuple[Any, ...], data: Any) -> Any:
    """Of a union with None or with a plain type; no record holds a union of two records."""
    if data is None and type(None) in kinds:
        return None
    return from_json(next(k for k in kinds if k is not type(None)), data)


def _record_from(kind: type, data: Mapping[str, Any]) -> Any:
    hints, units = get_type_hints(kind, include_extras=True), units_of(kind)
    names = {key_of(f.name, units[f.name]): f.name for f in fields(kind)}
    if set(names) != set(data):
        raise KeyError(f"{kind.__name__}: {', '.join(sorted(set(names) ^ set(data)))}")
    return kind(**{name: from_json(hints[name], data[key]) for key, name in names.items()})
