"""The only statement of a unit: ``Annotated[float, Unit("m")]``; text like "12 nm" becomes SI at the door."""

from __future__ import annotations

import math
import re
import sys
import tokenize
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_args, get_type_hints

from .errors import InputError

HABITS = {"µ": "u", "\u03bc": "u", "Å": "angstrom", "·": " ", "²": "2", "³": "3", "Ω": "ohm", "\u2126": "ohm"}
_UNIT = r"[A-Za-zµ\u03bcÅ°Ω\u2126²³%·0-9^*/() .-]*?"
_NUMBER = re.compile(rf"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*({_UNIT})\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """SI unit of a field, and the unit in which people read it.

    >>> Unit("m", show="nm").suffix, Unit("J/(mol K)").suffix, Unit("1").suffix
    ('m', 'J_per_mol_K', '')
    """

    si: str
    show: str = ""

    @property
    def suffix(self) -> str:
        """What a JSON key carries, e.g. ``thickness_m``."""
        if self.si == "1":
            return ""
        text = self.si.replace("(", "").replace(")", "").replace(" ", "_").replace("/", "_per_")
        return text.replace("^", "").replace("-", "minus")

    @property
    def shown(self) -> str:
        return self.show or self.si

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Called by pydantic at the YAML door, nowhere else."""
        from .door import core_schema_for

        return core_schema_for(self, source, handler)

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        from .door import json_schema_for

        return json_schema_for(self, core, handler)


@dataclass(frozen=True, slots=True)
class Within:
    """Range of a field in SI, checked when a record of user choices is made.

    >>> POSITIVE.allows(0.0), FRACTION.allows(1.0)
    (False, True)
    """

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def allows(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def in_words(self, unit: Unit) -> str:
        """What is allowed, in the unit that people read."""
        if self == POSITIVE:
            return "a positive number"
        if self == NOT_NEGATIVE:
            return "zero or more"
        low, high = (
            f"{convert(v, unit.si, unit.shown):g} {unit.shown}".removesuffix(" 1") for v in (self.low, self.high)
        )
        return f"{'above ' if self.open_low else ''}{low} to {'below ' if self.open_high else ''}{high}"


LONGEST = 100  # characters of a quantity
_POWERS = re.compile(
    r"(?:\*\*|\^)\s*[-+]?\s*(?:\d{2}|\d+\s*(?:\*\*|\^)|[A-Za-z(])|\)\s*(?:\*\*|\^)|(?:^|[^A-Za-z0-9_)])\d+\s*(?:\*\*|\^)"
)
POSITIVE = Within(0.0, open_low=True)
NOT_NEGATIVE = Within(0.0)
FRACTION = Within(0.0, 1.0)


@cache
def _registry() -> Any:
    import pint

    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)
    registry.define("wt_percent = 0.01 = wt%")
    registry.define("mol_percent = 0.01")
    return registry


def _pint_name(unit: str) -> str:
    """Spell the field's habits (m2/g, ohm cm2, wt%) the way the unit registry reads them."""
    text = unit.strip()
    named = {
        "": "dimensionless",
        "1": "dimensionless",
        "wt%": "wt_percent",
        "mol%": "mol_percent",
        "%": "percent",
        "°C": "degC",
    }
    if text in named:
        return named[text]
    for habit, name in HABITS.items():
        text = text.replace(habit, name)
    return re.sub(r"([A-Za-z])\^?(-?\d)", r"\1**\2", text).replace(" ", "*")


def convert(value: float, unit: str, target: str) -> float:
    """Value in another unit of the same dimension.

    >>> convert(700, "degC", "K"), convert(1.0, "wt%", "1"), round(convert(1, "mAh/g", "C/kg"))
    (973.15, 0.01, 3600)
    """
    import pint

    if _POWERS.search(unit):  # the registry would work out 9**9**9
        raise InputError("unit", f"'{unit}' is not a unit", f"a unit of the dimension of {target}")
    try:
        quantity = _registry().Quantity(value, _pint_name(unit)).to(_pint_name(target))
    except (pint.UndefinedUnitError, AttributeError):
        raise InputError("unit", f"'{unit}' is not a unit", f"a unit of the dimension of {target}") from None
    except (
        pint.PintError,
        tokenize.TokenError,
        SyntaxError,
        AssertionError,
        ArithmeticError,
        TypeError,
        ValueError,
    ):  # what its parser lets out
        raise InputError("unit", f"'{unit}' has the wrong dimension", f"a unit of the dimension of {target}") from None
    return float(quantity.magnitude)


def parse(text: str | float | int, target: str, shown: str = "") -> float:
    """Text with a unit to a number in ``target``; a bare number only where the quantity has no dimension.

    ``shown`` is the unit that people use for the quantity, for the messages.

    >>> parse("12 nm", "m"), parse("4 h", "s"), parse(0.3, "1"), parse("90 %", "1")
    (1.2e-08, 14400.0, 0.3, 0.9)
    >>> parse("400A2", "m2"), parse("2.89 A", "m")
    (4e-18, 2.89e-10)
    """
    habit = shown or target
    example = f"a number with a unit, like '1 {habit}'" if target != "1" else "a number, like 0.5 or '50 %'"
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise InputError("value", f"{text!r} is not a quantity", example)
    if isinstance(text, (int, float)):
        if not abs(text) < math.inf or abs(text) > sys.float_info.max:  # whole numbers know no bounds
            raise InputError("value", f"{str(text)[:20]}", "a finite number")
        if target != "1":
            remedy = f"Write for example '{text} {habit}'."
            raise InputError("value", f"{text!r} has no unit", f"a unit of the dimension of {habit}", remedy)
        return float(text)
    if len(text) > LONGEST:
        raise InputError("value", f"'{text[:20]}…', {len(text)} characters", f"{example}, {LONGEST} characters at most")
    match = _NUMBER.match(text)
    if match is None:
        raise InputError("value", f"'{text}' is not a quantity", example)
    value, unit = float(match.group(1)), match.group(2)
    if unit == "C" and target == "K":  # everywhere else C is the coulomb
        unit = "degC"
    if target in ("m", "m2", "m3") and re.fullmatch(r"A\^?[23]?", unit):  # everywhere else A is the ampere
        unit = unit.replace("A", "angstrom")
    if not unit and target != "1":
        remedy = f"Write for example '{text} {habit}'."
        raise InputError("value", f"'{text}' has no unit", f"a unit of the dimension of {habit}", remedy)
    found = float(f"{convert(value, unit, target):.12g}")
    if not math.isfinite(found):
        raise InputError("value", f"'{text}'", "a finite number")
    return found


def unit_of(record: type, name: str) -> Unit | None:
    """The unit stated on a record's field, or None."""
    return units_of(record)[name]


@cache
def units_of(record: type) -> dict[str, Unit | None]:
    """Field name -> stated unit, for a record class."""
    hints = get_type_hints(record, include_extras=True)
    return {f.name: next((m for m in _metadata(hints[f.name]) if isinstance(m, Unit)), None) for f in fields(record)}


@cache
def ranges_of(record: type) -> dict[str, Within]:
    """Field name -> allowed range in SI, of the fields that state one."""
    hints = get_type_hints(record, include_extras=True)
    found = {f.name: [m for m in _metadata(hints[f.name]) if isinstance(m, Within)] for f in fields(record)}
    return {name: allowed[0] for name, allowed in found.items() if allowed}


def _metadata(hint: Any) -> list[Any]:
    """All metadata of an annotation, looking through ``X | None`` and containers."""
    found = list(getattr(hint, "__metadata__", ()))
    for inner in get_args(hint):
        if hasattr(inner, "__metadata__") or get_args(inner):
            found += _metadata(inner)
    return found
