"""Conditions on a sweep in a small grammar over dotted names; read by a parser of its own, never evaluated as code.

::

    condition  = either { "or" either }
    either     = one { "and" one }
    one        = "not" one | sum compare sum { compare sum } | "(" condition ")"
    compare    = "<" | "<=" | ">" | ">=" | "==" | "!="
    sum        = product { ("+" | "-") product }
    product    = factor { ("*" | "/") factor }
    factor     = [ "-" ] ( number [ unit ] | name | text | "(" sum ")" )

A number that is compared with, or added to, something with a dimension carries a unit, as everywhere.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..units import Unit, parse

LONGEST, DEEPEST = 500, 40  # characters of a condition, and parentheses in it
TEXT = "text"  # in the place of a unit, for names of structures, gases and the like
MIXED = "a product of dimensions"  # compared with bare SI numbers only
COMPARES: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
ALLOWED = "comparisons of dotted names, numbers with units and sums of them, joined by and, or, not"
_UNIT = r"(?:%|(?!(?:and|or|not)\b)[A-Za-z°µΩ]+%?\d*)"  # one part of a unit: wt%, cm2, degC
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?P<unit>\s*(?:1/)?{_UNIT}(?:(?:/| ){_UNIT})*)?"
    r"|(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)*)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign><=|>=|==|!=|[<>()+*/-]))"
)
_WORDS = ("and", "or", "not")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it was written, the names in it, and what decides it over numbers or arrays in SI."""

    text: str
    names: tuple[str, ...]
    holds: Callable[[Values], Any]


@dataclass(frozen=True, slots=True)
class _Term:
    """Something with a value; ``unit`` in SI. A literal waits for the unit of what it is compared with."""

    unit: str
    value: Callable[[Values], Any]
    literal: str = ""
    shown: str = ""  # the unit that people read, for messages


def condition(text: str, units: Mapping[str, Unit | None]) -> Condition:
    """Read a condition; ``units`` gives the unit of every name that may stand in it, None of one whose value is a text.

    >>> rule = condition("coating.dose <= 2 wt% and not coating.cobalt_fraction > 0.1",
    ...                  {"coating.dose": Unit("1", show="wt%"), "coating.cobalt_fraction": Unit("1")})
    >>> rule.holds({"coating.dose": np.array([0.01, 0.03]), "coating.cobalt_fraction": np.zeros(2)}).tolist()
    [True, False]
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("where", repr(text), "a condition as text, e.g. 'coating.dose < 2 wt%'")
    if len(text) > LONGEST:
        raise InputError("where", f"a condition of {len(text)} characters", f"at most {LONGEST}")
    reader = _Reader(text, units)
    holds = reader.either_or()
    if reader.at < len(reader.tokens):
        raise reader.fault(f"'{reader.tokens[reader.at][1]}' where nothing more was expected")
    return Condition(text.strip(), tuple(dict.fromkeys(reader.names)), holds)


class _Reader:
    def __init__(self, text: str, units: Mapping[str, Unit | None]) -> None:
        self.text, self.units = text, units
        self.tokens = self._tokens()
        self.at = self.depth = 0
        self.names: list[str] = []

    def fault(self, what: str, allowed: str = ALLOWED, remedy: str = "") -> InputError:
        return InputError(f"where: '{self.text.strip()[:80]}'", what, allowed, remedy)

    def _tokens(self) -> list[tuple[str, str]]:
        found, at = [], 0
        while at < len(self.text.rstrip()):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self.fault(f"'{self.text[at:].strip()[:12]}'")
            at = match.end()
            if match["number"]:
                found.append(("number", f"{match['number']} {(match['unit'] or '').strip()}".strip()))
            elif match["name"]:
                found.append(("word" if match["name"] in _WORDS else "name", match["name"]))
            elif match["text"]:
                found.append(("text", match["text"][1:-1]))
            else:
                found.append(("sign", match["sign"]))
        return found

    def _next(self, *wanted: str) -> str | None:
        """Take the next token if it is one of these signs or words."""
        if self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            if kind in ("sign", "word") and text in wanted:
                self.at += 1
                return text
        return None

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fault("nested too deep", f"at most {DEEPEST} parentheses and signs")

    def either_or(self) -> Callable[[Values], Any]:
        found = self._both()
        while self._next("or"):
            found = _joined(np.logical_or, found, self._both())
        return found

    def _both(self) -> Callable[[Values], Any]:
        found = self._one()
        while self._next("and"):
            found = _joined(np.logical_and, found, self._one())
        return found

    def _one(self) -> Callable[[Values], Any]:
        if self._next("not"):
            self._deeper()
            inner = self._one()
            return lambda values: np.logical_not(inner(values))
        start = self.at
        if self._next("("):  # of a condition, or of a sum
            self._deeper()
            try:
                found = self.either_or()
                if self._next(")") and not self._compares_next():
                    return found
            except InputError:
                pass
            self.at = start
        return self._comparison()

    def _compares_next(self) -> bool:
        following = self.tokens[self.at][1] if self.at < len(self.tokens) else ""
        return following in COMPARES or following in "+-*/" and following != ""

    def _comparison(self) -> Callable[[Values], Any]:
        left = self._sum()
        sign = self._next(*COMPARES)
        if not sign:
            raise self.fault("no comparison", ALLOWED, "E.g. coating.dose < 2 wt%")
        parts = []
        while sign:
            right = self._sum()
            one, other = self._alike(left, right)
            if one.unit == TEXT and sign not in ("==", "!="):
                raise self.fault(f"'{sign}' between names", "== or !=")
            parts.append(_joined(COMPARES[sign], one.value, other.value))
            left, sign = right, self._next(*COMPARES)
        found = parts[0]
        for part in parts[1:]:
            found = _joined(np.logical_and, found, part)
        return found

    def _sum(self) -> _Term:
        found = self._product()
        while sign := self._next("+", "-"):
            one, other = self._alike(found, self._product())
            if one.unit == TEXT:
                raise self.fault(f"'{sign}' with a name")
            act = operator.add if sign == "+" else operator.sub
            found = _Term(one.unit, _joined(act, one.value, other.value), shown=one.shown)
        return found

    def _product(self) -> _Term:
        found = self._factor()
        while sign := self._next("*", "/"):
            one, other = self._plain(found), self._plain(self._factor())
            if TEXT in (one.unit, other.unit):
                raise self.fault(f"'{sign}' with a name")
            if sign == "*":
                unit = one.unit if other.unit == "1" else other.unit if one.unit == "1" else MIXED
                found = _Term(unit, _joined(operator.mul, one.value, other.value))
            else:
                unit = one.unit if other.unit == "1" else "1" if one.unit == other.unit != MIXED else MIXED
                found = _Term(unit, _joined(_ratio, one.value, other.value))
        return found

    def _factor(self) -> _Term:
        if self._next("-"):
            self._deeper()
            inner = self._factor()
            if inner.literal:
                return self._literal(f"-{inner.literal}")
            if inner.unit == TEXT:
                raise self.fault("'-' before a name")
            return _Term(inner.unit, lambda values: -inner.value(values))
        if self._next("("):
            self._deeper()
            found = self._sum()
            if not self._next(")"):
                raise self.fault("a parenthesis that is not closed")
            return found
        if self.at >= len(self.tokens):
            raise self.fault("it ends where a name or a number was expected")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return self._literal(text)
        if kind == "text":
            return _Term(TEXT, lambda values: text)
        if kind == "name":
            if self.at < len(self.tokens) and self.tokens[self.at] == ("sign", "("):
                raise self.fault(f"'{text}(…)': nothing is called here")
            return self._named(text)
        raise self.fault(f"'{text}' where a name or a number was expected")

    def _named(self, name: str) -> _Term:
        if name not in self.units:
            import difflib

            near = difflib.get_close_matches(name, self.units, 3, 0.5)
            remedy = f"Did you mean {' or '.join(near)}?" if near else "'epitropy schema --names' lists all."
            raise self.fault(f"'{name}' is no name of this study", "inputs and derived quantities", remedy)
        self.names.append(name)
        unit = self.units[name]
        return _Term(unit.si if unit else TEXT, lambda values: values[name], shown=unit.shown if unit else "")

    def _literal(self, text: str) -> _Term:
        return _Term("1", lambda values: 0.0, literal=text)

    def _plain(self, term: _Term) -> _Term:
        """A literal that stands with nothing beside it that has a dimension."""
        return self._in_unit(term, "1", "") if term.literal else term

    def _alike(self, one: _Term, other: _Term) -> tuple[_Term, _Term]:
        """Both in one unit; literals take that of the other side."""
        known = other if one.literal else one
        one, other = (self._in_unit(t, known.unit, known.shown) if t.literal else t for t in (one, other))
        if one.unit != other.unit and not {one.unit, other.unit} <= {"1", MIXED}:
            raise self.fault(f"{_in_words(one.unit)} beside {_in_words(other.unit)}", "both of one dimension")
        return one, other

    def _in_unit(self, term: _Term, unit: str, shown: str) -> _Term:
        if unit == TEXT:
            raise self.fault(f"{term.literal} beside a name", "a name in quotes, e.g. 'rock salt'")
        try:
            value = parse(term.literal, "1" if unit == MIXED else unit, shown)
        except InputError as error:
            raise self.fault(error.given, error.allowed, error.remedy) from None
        return _Term(unit, lambda values: value, shown=shown)


def _in_words(unit: str) -> str:
    return "a number without unit" if unit == "1" else "a name" if unit == TEXT else unit


def _ratio(one: Any, other: Any) -> Any:
    """Division by zero gives inf or nan, and no warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(one, other)


def _joined(act: Callable[[Any, Any], Any], one: Callable, other: Callable) -> Callable[[Values], Any]:
    return lambda values: act(one(values), other(values))
