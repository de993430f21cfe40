"""Numbers as people read them: the field's units, rounded to what the interval allows."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ..units import Unit, convert, unit_of

CAPACITY = Unit("C/kg", show="mAh/g")
SHARE = Unit("1", show="%")
_PRETTY = (
    ("angstrom", "Å"),
    ("degC", "°C"),
    ("ohm", "Ω"),
    ("um", "µm"),
    ("cm2", "cm²"),
    ("m2", "m²"),
    ("Å2", "Å²"),
    ("cm3", "cm³"),
    ("m3", "m³"),
)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimals(half_width: float, most: int = 1) -> int:
    """Decimals to which a number is written: two significant digits of the half-width decide, ``most`` caps them.

    >>> decimals(24.6), decimals(2.46), decimals(0.0996, 3), decimals(0.0), decimals(310.0)
    (0, 1, 2, 1, -1)
    """
    if not half_width > 0:
        return most
    return min(most, 1 - int(f"{half_width:.1e}".split("e")[1]))


def fixed(value: float, places: int) -> str:
    """A number with so many decimals; negative ones round to tens and hundreds; never "-0".

    >>> fixed(139.96, 0), fixed(1496.0, -1), fixed(-0.04, 1)
    ('140', '1500', '0.0')
    """
    return f"{round(value, places) + 0.0:.{max(places, 0)}f}"


def interval(value: float, low: float, high: float, most: int = 1) -> tuple[str, str, str]:
    """Value and ends, rounded alike.

    >>> interval(140.07, 111.3, 161.0), interval(80.18, 75.77, 125.08), interval(174.70, 174.69, 174.71)
    (('140', '111', '161'), ('80', '76', '125'), ('174.7', '174.7', '174.7'))
    """
    places = decimals((high - low) / 2, most)
    return fixed(value, places), fixed(low, places), fixed(high, places)


def written(value: float, low: float, high: float, join: str = " to ", most: int = 1) -> str:
    """A number with its interval, or alone where rounding leaves none.

    >>> written(140.07, 111.3, 161.0), written(174.70, 174.69, 174.71)
    ('140 (111 to 161)', '174.7')
    """
    middle, below, above = interval(value, low, high, most)
    return middle if below == above else f"{middle} ({below}{join}{above})"


def significant(value: float, digits: int = 3) -> str:
    """So many significant digits, powers of ten written out.

    >>> significant(0.00329797), significant(5e-15), significant(12345.0), significant(1.0), significant(0.0)
    ('0.0033', '5 × 10⁻¹⁵', '12300', '1', '0')
    """
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    head = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{head} × 10{str(power).translate(_SUPERSCRIPT)}"


def pretty(unit: str) -> str:
    """A unit as printed.

    >>> pretty("ohm cm2"), pretty("angstrom2"), pretty("degC"), pretty("1")
    ('Ω cm²', 'Å²', '°C', '')
    """
    if unit == "1":
        return ""
    for plain, printed in _PRETTY:
        unit = unit.replace(plain, printed)
    return unit


@cache
def _line(si: str, shown: str) -> tuple[float, float]:
    """Offset and slope from the SI unit to the shown one."""
    offset = convert(0.0, si, shown)
    return offset, convert(1.0, si, shown) - offset


def shown(value: Any, unit: Unit) -> Any:
    """A number or array in the unit in which people read it.

    >>> round(shown(496800.0, CAPACITY), 9), round(shown(973.15, Unit("K", show="degC")), 6)
    (138.0, 700.0)
    """
    if unit.si == unit.shown:
        return value
    offset, slope = _line(unit.si, unit.shown)
    return slope * value + offset


def field(record: Any, name: str) -> Any:
    """A record's number or array in its shown unit."""
    return shown(getattr(record, name), unit_of(type(record), name))


def field_text(record: Any, name: str, digits: int = 2) -> str:
    """A record's number in its shown unit, with that unit."""
    unit = unit_of(type(record), name)
    return f"{significant(float(shown(getattr(record, name), unit)), digits)} {pretty(unit.shown)}".strip()


def low_numbers(name: str) -> str:
    """A formula with its numbers set low; other names as they are.

    >>> low_numbers("Nb12WO33"), low_numbers("block oxide 2")
    ('Nb₁₂WO₃₃', 'block oxide 2')
    """
    if not re.match(r"^([A-Z][a-z]?\d*\.?\d*|[()])+( .*)?$", name):
        return name
    formula, space, rest = name.partition(" ")
    return formula.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) + space + rest
