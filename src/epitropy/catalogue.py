"""The one catalogue of crystals: ``data/phases/*.toml``, and a study's own, to `Phase` records."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from .door import UNGRADED, read_mapping, read_sourced
from .errors import InputError
from .records.phase import Phase, Site, UnitCell
from .records.sourced import Sourced
from .sources import table
from .units import parse, units_of

Phases = Mapping[str, Phase]
NONE: Phases = MappingProxyType({})
KEYS = tuple(f.name for f in fields(Phase) if f.name != "name")
TEXTS = (
    "formula",
    "structure",
    "space_group",
    "cell_source",
    "cell_grade",
    "sites_source",
    "sites_grade",
    "becomes",
    "note",
)
_ELEMENT = re.compile(r"[A-Z][a-z]?$")
_LABEL = re.compile(r"([A-Z][a-z]?)\d*$")  # a site called O2 holds oxygen
EDGES, ANGLES = ("a", "b", "c"), ("alpha", "beta", "gamma")


def phase_names() -> tuple[str, ...]:
    """Names of all bundled phases, sorted."""
    return tuple(sorted(_tables()))


def phase(name: str, own: Phases = NONE) -> Phase:
    """A phase by its name or another name that means it; ``own`` are those of a study, beside the bundled ones.

    Capitals may be wrong where only one phase can be meant.

    >>> phase("NiO").space_group, phase("ZrO2 monoclinic").name, phase("ncm90").name
    ('Fm-3m', 'ZrO2', 'NCM90')
    """
    if found := next((p for p in own.values() if name == p.name or name in p.names), None):
        return found
    if name in _known_names():
        return _bundled(_known_names()[name])
    alike = [known for known in (*_names(own), *_known_names()) if known.casefold() == name.casefold()]
    meant = {id(found): found for found in (phase(known, own) for known in alike)}
    if len(meant) == 1:
        return meant.popitem()[1]
    near = alike or _near(name, own)
    raise InputError(
        "phase",
        f"unknown phase '{name}'",
        f"{', '.join(near) or 'Nb12WO33, ZrO2'} and others",
        "'epitropy phases' lists all; your own go under 'phases:' in the study.",
    )


def _names(own: Phases) -> list[str]:
    return [name for p in own.values() for name in (p.name, *p.names)]


def _near(name: str, own: Phases) -> list[str]:
    """Names written much like this one, whatever their capitals."""
    plain = {known.casefold(): known for known in (*_known_names(), *_names(own))}
    return [plain[key] for key in difflib.get_close_matches(name.casefold(), plain, 3, 0.5)]


def bundled_names() -> Mapping[str, str]:
    """Every name that means a bundled phase, to the name it is listed under.

    >>> bundled_names()["anatase"]
    'TiO2'
    """
    return MappingProxyType(_known_names())


def read_phase(name: str, rows: Any, where: str = "") -> Phase:
    """A table of text and numbers, of the library or of a study, to a `Phase`; faults are named by their path.

    Numbers may stand alone (``density: 4.76 g/cm3``) or carry value, grade and source.

    >>> read_phase("mine", {"formula": "Nb12MoO33", "density": "4.5 g/cm3"}).density.value
    4500.0
    """
    place = where or name
    if not isinstance(rows, Mapping):
        raise InputError(place, repr(rows), "keys such as formula and density")
    _check_keys(place, rows)
    values: dict[str, Any] = {"name": name}
    values |= {f"{key}_source": UNGRADED for key in ("cell", "sites") if key in rows}
    for key, value in rows.items():
        values[key] = _labelled(_read(key, value, f"{place}.{key}"), f"{key.replace('_', ' ')} of {name}")
    try:
        return Phase(**values)
    except InputError as error:
        raise InputError(f"{place}.{error.where}", error.given, error.allowed, error.remedy) from None


def _check_keys(where: str, rows: Mapping[str, Any]) -> None:
    for key in rows:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, 1)
            remedy = f"Did you mean '{near[0]}'?" if near else ""
            raise InputError(f"{where}.{key}", f"unknown key '{key}'", ", ".join(KEYS), remedy)
    for key, example in (("formula", "e.g. Nb14W3O44"), ("density", "e.g. 4.76 g/cm3")):
        if key not in rows:
            raise InputError(f"{where}.{key}", "missing", example)


def _read(key: str, value: Any, where: str) -> Any:
    """One entry of a phase."""
    if key in TEXTS:
        return _text(value, where)
    if key == "cell":
        return _cell(value, where)
    if key == "sites":
        return _sites(value, where)
    if key == "names":
        return tuple(_text(v, where) for v in (value if isinstance(value, list) else [value]))
    if key == "wets":
        if not isinstance(value, bool):
            raise InputError(where, repr(value), "true or false")
        return value
    unit = units_of(Phase)[key]
    try:
        if key == "formula_units":
            return parse(value, unit.si)
        if key == "lithium_per_cation":
            return read_mapping(value, unit, str)
        return read_sourced(value, unit)
    except InputError as error:
        inner = error.where.strip(": ")
        path = where if inner in ("value", "unit", "") else f"{where}.{inner}"
        raise InputError(path, error.given, error.allowed, error.remedy) from None


def _labelled(value: Any, label: str) -> Any:
    if isinstance(value, dict):
        return {e: _labelled(v, f"{label}, {e}") for e, v in value.items()}
    return replace(value, label=label) if isinstance(value, Sourced) and not value.label else value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(where, repr(value), "text")
    return value


def _cell(rows: Any, where: str) -> UnitCell:
    """Cell with the edges that symmetry leaves out (b, c default to a; angles to 90 deg)."""
    if not isinstance(rows, Mapping) or "a" not in rows:
        raise InputError(where, repr(rows), "at least the edge a, e.g. {a: 4.18 angstrom}")
    given = {}
    for key, value in rows.items():
        if key not in (*EDGES, *ANGLES):
            raise InputError(f"{where}.{key}", f"unknown key '{key}'", ", ".join((*EDGES, *ANGLES)))
        try:
            given[key] = parse(value, *(("m", "angstrom") if key in EDGES else ("rad", "deg")))
        except InputError as error:
            raise InputError(f"{where}.{key}", error.given, error.allowed, error.remedy) from None
    try:
        return UnitCell(**{"b": given["a"], "c": given["a"], **given})
    except InputError as error:
        raise InputError(where, error.given, error.allowed) from None


def _sites(rows: Any, where: str) -> tuple[Site, ...]:
    """Wyckoff positions by label: ``{Ni: "0 0 1/2", M: {position: "0 0 0", elements: {Ni: 0.9, Co: 0.1}}}``."""
    if not isinstance(rows, Mapping) or not rows:
        raise InputError(where, repr(rows), 'a label and its position, e.g. {Ni: "0 0 1/2"}')
    return tuple(_site(str(label), row, f"{where}.{label}") for label, row in rows.items())


def _site(label: str, row: Any, where: str) -> Site:
    row = row if isinstance(row, Mapping) else {"position": row}
    if unknown := set(row) - {"position", "elements"}:
        raise InputError(f"{where}.{min(map(str, unknown))}", "unknown key", "position, elements")
    element = _LABEL.match(label)
    elements = row.get("elements", {element[1]: 1.0} if element else None)
    if not isinstance(elements, Mapping) or not all(isinstance(v, int | float) for v in elements.values()):
        raise InputError(f"{where}.elements", repr(elements), "shares of the elements, e.g. {Ni: 0.9, Co: 0.1}")
    if strange := [symbol for symbol in elements if not _ELEMENT.match(str(symbol))]:
        raise InputError(f"{where}.elements", f"'{strange[0]}'", "symbols of elements, or Va for vacancies")
    position = _position(row.get("position"), f"{where}.position")
    try:
        return Site(label=label, position=position, elements={str(k): float(v) for k, v in elements.items()})
    except InputError as error:
        raise InputError(f"{where}.{error.where.split('.')[-1]}", error.given, error.allowed) from None


def _position(given: Any, where: str) -> tuple[float, float, float]:
    """Three fractional coordinates, as "0 1/2 0.25" or a list."""
    words = given.split() if isinstance(given, str) else given
    try:
        x, y, z = (float(Fraction(str(word))) for word in words)
    except (TypeError, ValueError, ZeroDivisionError):
        raise InputError(where, repr(given), 'three fractional coordinates, e.g. "0 1/2 0.25"') from None
    return x, y, z


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """Tables of all files under ``data/phases``, by phase; a name given twice is a fault of the library."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(f.name for f in files("epitropy").joinpath("data", "phases").iterdir()):
        for name, rows in table(f"phases/{file}").items() if file.endswith(".toml") else ():
            if name in found:
                raise InputError(f"phases/{file}", f"'{name}' again", "each phase once")
            found[name] = rows
    return found


@cache
def _known_names() -> dict[str, str]:
    other = {alias: name for name, rows in _tables().items() for alias in rows.get("names", ())}
    return {**other, **{name: name for name in _tables()}}


@cache
def _bundled(name: str) -> Phase:
    return read_phase(name, _tables()[name])


def numbers_of(crystal: Phase) -> dict[str, Sourced]:
    """The sourced numbers of a phase, by key."""
    found = {k: getattr(crystal, k) for k in ("density", "young_modulus", "poisson_ratio")}
    found |= {f"lithium_per_cation.{e}": n for e, n in crystal.lithium_per_cation.items()}
    return {k: n for k, n in found.items() if n is not None}
