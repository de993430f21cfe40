"""Read a number from ``data/``: it comes back with unit, spread, grade and source."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import Any, get_args, get_type_hints

from .errors import InputError
from .records.sourced import Sourced
from .units import Unit, Within, convert, parse


@cache
def table(name: str) -> dict[str, Any]:
    """One data file of the package, e.g. ``table("defaults/coating.toml")``."""
    return tomllib.loads(files("epitropy").joinpath("data", name).read_text(encoding="utf-8"))


def lines_of(name: str) -> list[dict[str, Any]]:
    """A data file with one JSON object a line, e.g. ``lines_of("atoms/energies.jsonl")``."""
    text = files("epitropy").joinpath("data", name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


def sourced(entry: dict[str, Any], unit: str, where: str) -> Sourced:
    """A data row to a `Sourced` in SI; the row's value and absolute spreads are text with a unit.

    A ``lognormal``, ``logitnormal`` or ``beta`` spread has no unit; that of ``normal`` and ``uniform`` has the
    value's.
    """
    row = dict(entry)
    unknown = set(row) - {"value", "distribution", "spread", "grade", "source", "label"}
    if unknown:
        raise InputError(
            where, f"unknown key '{sorted(unknown)[0]}'", "value, distribution, spread, grade, source, label"
        )
    if "value" not in row:
        raise InputError(where, "no value", "a key 'value'")
    try:
        value = parse(row["value"], unit)
        spread = row.get("spread", ())
        spread = tuple(spread) if isinstance(spread, (list, tuple)) else (spread,)
        distribution = row.get("distribution", "lognormal" if spread else "fixed")
        if distribution in ("normal", "uniform"):
            spread = tuple(_span(s, row["value"], unit, distribution) for s in spread)
        return Sourced(
            value=value,
            unit=unit,
            distribution=distribution,
            spread=tuple(float(s) for s in spread),
            grade=row.get("grade", "assumed"),
            source=row.get("source", ""),
            label=row.get("label", ""),
        )
    except InputError as error:
        raise InputError(f"{where}: {error.where}", error.given, error.allowed, error.remedy) from None
    except (TypeError, ValueError, OverflowError):
        raise InputError(where, f"spread {row.get('spread')!r}", "numbers, one or two") from None


def _span(text: str | float, value: str | float, unit: str, distribution: str) -> float:
    """A spread in the value's dimension; a temperature's standard deviation is a difference, not a temperature."""
    if distribution == "normal" and unit == "K":
        return parse(str(text).replace("degC", "K"), "K")
    return parse(text, unit)


@cache
def default(name: str, unit: str) -> Sourced:
    """The sourced default of an input by its dotted name, e.g. ``default("coating.dose", "1")``."""
    room, key = name.split(".")
    return sourced(table(f"defaults/{room}.toml")[key], unit, name)


EVERYTHING_ELSE = "other"


def dials(room: str, whole: tuple[str, ...] = ()) -> Callable[[type], type]:
    """Make a frozen record of user choices whose numbers default to ``data/defaults/<room>.toml``.

    Every field annotated ``Annotated[Sourced, Unit(...)]`` (or a mapping of species to `Sourced`) without a
    default of its own gets the file's row of the same name, so that each number enters once. A mapping that is given
    adds to the default rows, unless its name is in ``whole`` or it has a row ``other`` and so stands alone.
    """

    def decorate(cls: type) -> type:
        ranges: dict[str, tuple[Unit, Within]] = {}
        rows: dict[str, Callable[[], Mapping[str, Sourced]]] = {}
        for name, hint in get_type_hints(cls, include_extras=True).items():
            if not (annotation := _sourced_annotation(hint)):
                continue
            unit, is_mapping = annotation
            if within := next((m for m in hint.__metadata__ if isinstance(m, Within)), None):
                ranges[name] = (unit, within)
            if hasattr(cls, name):
                continue
            reader = _default_mapping if is_mapping else default
            setattr(cls, name, field(default_factory=partial(reader, f"{room}.{name}", unit.si)))
            if is_mapping and name not in whole:
                rows[name] = partial(_default_mapping, f"{room}.{name}", unit.si)
        cls.__pydantic_config__ = {"extra": "forbid"}
        cls.__post_init__ = _checked(ranges, rows, getattr(cls, "__post_init__", None))
        return dataclass(frozen=True, slots=True, kw_only=True)(cls)

    return decorate


def _checked(
    ranges: Mapping[str, tuple[Unit, Within]],
    rows: Mapping[str, Callable[[], Mapping[str, Sourced]]],
    after: Callable[[Any], None] | None,
) -> Callable[[Any], None]:
    """A ``__post_init__`` that adds default rows, checks every range, then what the class itself checks."""

    def check(self: Any) -> None:
        for name, defaults in rows.items():
            given = getattr(self, name)
            object.__setattr__(self, name, given if EVERYTHING_ELSE in given else {**defaults(), **given})
        for name, (unit, within) in ranges.items():
            number = getattr(self, name)
            for key, one in number.items() if isinstance(number, Mapping) else [("", number)]:
                if not within.allows(one.value):
                    given = f"{convert(one.value, unit.si, unit.shown):.6g} {unit.shown}".removesuffix(" 1")
                    raise InputError(f"{name}.{key}".rstrip("."), given, within.in_words(unit))
        if after:
            after(self)

    return check


def _sourced_annotation(hint: Any) -> tuple[Unit, bool] | None:
    """(unit, is it a mapping) for an annotation that holds sourced numbers, else None."""
    unit = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Unit)), None)
    if unit is None:
        return None
    inner = get_args(hint)[0]
    return unit, inner is not Sourced


def _default_mapping(name: str, unit: str) -> Mapping[str, Sourced]:
    """A new mapping each time, of numbers that are read once."""
    return dict(_default_rows(name, unit))


@cache
def _default_rows(name: str, unit: str) -> tuple[tuple[str, Sourced], ...]:
    room, key = name.split(".")
    rows = table(f"defaults/{room}.toml")[key]
    return tuple((k, sourced(row, unit, f"{name}.{k}")) for k, row in rows.items())
