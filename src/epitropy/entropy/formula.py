"""Formula as text -> what sits where: brackets are sublattices unless a structure says otherwise.

formula  = [prefix] sequence { dot [number] sequence }        Li[Ni0.9Co0.05Mn0.05]O2, CuSO4·5H2O
sequence = { species [number] | bracket sequence bracket [number] }
species  = symbol [oxidation state] | Va                      Mn, Mn2+, O2-
number   = 2, 0.95, 0,95, 1/3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Annotated

from ..errors import InputError
from ..records.entropy import VACANCY, Composition, Sublattice, element_of, is_anion
from ..sources import table
from ..units import Unit

ROUNDING = 0.01  # amounts on a site may miss a whole number by this share: published digits are rounded
SAID = 1e-3  # smaller shares of rounding go without saying

_PREFIX = re.compile(r"(O3|P2|P3)-(?=[A-Z(\[{])")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_STATE = re.compile(r"(\d(?:\.\d+)?)?[+-]")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:/(\d+))?")
_DOT = re.compile(r"[·•*⋅]")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−–", "01234567890123456789+---")
_DEEPEST = 20  # brackets within brackets
_LARGEST_STATE = 8
_MOST = 1e6  # atoms per formula unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula that was read: amounts per formula unit, and the sublattices that its brackets state."""

    text: str
    prefix: str  # O3, P2 or empty: the structure it asks for
    amounts: Annotated[Mapping[str, float], Unit("1")]  # by species, vacancies left out
    composition: Composition
    bracketed: bool  # whether any bracket lets several species share a site
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Leaf:
    species: str
    amount: float


@dataclass(frozen=True, slots=True)
class _Group:
    text: str
    parts: tuple[_Leaf | _Group, ...]
    count: float


@dataclass(frozen=True, slots=True)
class _Site:
    """Species on one sublattice per formula unit; ``sites`` counts them."""

    amounts: Mapping[str, float]
    sites: float


def read_formula(text: str) -> Formula:
    """Read a formula; an `InputError` says at which character it stops making sense.

    >>> found = read_formula("Li[Ni0.9Co0.05Mn0.05]O2")
    >>> [(s.label, s.multiplicity) for s in found.composition.sublattices]
    [('Li', 1.0), ('Ni,Co,Mn', 1.0), ('O', 2.0)]
    >>> read_formula("Li(Ti0.5Zr0.5)2(PO4)3").amounts["O"]
    12.0
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("formula", "an empty text", "a formula like Li[Ni0.9Co0.05Mn0.05]O2")
    plain = re.sub(r"(?<=\d),(?=\d)", ".", text.translate(_SCRIPTS).replace("□", VACANCY))
    prefix = _PREFIX.match(plain.strip())
    body = "".join(plain.split()).removeprefix(prefix.group() if prefix else "")
    parts = _parts(text.strip(), body)
    notes: list[str] = []
    sites = _merged(_sites(text.strip(), parts, 1.0, notes))
    if not sites:
        raise InputError(_where(text), "no elements", "at least one element with an amount above zero")
    amounts: dict[str, float] = {}
    for site in sites:
        for species, amount in site.amounts.items():
            if species != VACANCY:
                amounts[species] = amounts.get(species, 0.0) + amount
    return Formula(
        text=text.strip(),
        prefix=prefix.group(1) if prefix else "",
        amounts=MappingProxyType(amounts),
        composition=_composition(sites),
        bracketed=any(len(s.amounts) > 1 for s in sites),
        notes=tuple(notes),
    )


def _where(text: str) -> str:
    return f"formula '{text.strip()}'"


# --- text to tree


class _Reader:
    """Position in a text, and what may come next."""

    def __init__(self, formula: str, text: str) -> None:
        self.formula, self.text, self.at = formula, text, 0

    def fault(self, given: str, allowed: str, remedy: str = "") -> InputError:
        return InputError(_where(self.formula), given, allowed, remedy)

    def take(self, pattern: re.Pattern) -> re.Match | None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match

    def number(self, missing: float = 1.0) -> float:
        match = self.take(_NUMBER)
        if match is None:
            return missing
        if match[2] is not None and int(match[2]) == 0:
            raise self.fault(f"'{match[0]}'", "an amount")
        value = float(match[1]) / float(match[2] or 1)
        if value > _MOST:
            raise self.fault(f"'{match[0]}'", f"amounts up to {_MOST:g}")
        return value

    def sequence(self, depth: int = 0) -> tuple[_Leaf | _Group, ...]:
        """Parts up to the end of the text or the bracket that closes."""
        parts: list[_Leaf | _Group] = []
        while self.at < len(self.text) and self.text[self.at] not in ")]}":
            if self.text[self.at] in _CLOSING:
                parts.append(self.group(depth + 1))
            elif depth and self.text[self.at] == "," and parts:
                self.at += 1
            else:
                parts.append(self.leaf())
        return tuple(parts)

    def group(self, depth: int) -> _Group:
        opening, start = self.text[self.at], self.at
        if depth > _DEEPEST:
            raise self.fault(f"more than {_DEEPEST} brackets within each other", "fewer")
        self.at += 1
        parts = self.sequence(depth)
        if self.at == len(self.text):
            raise self.fault(
                f"'{opening}' at character {start + 1} is never closed", f"a '{_CLOSING[opening]}' that closes it"
            )
        if self.text[self.at] != _CLOSING[opening]:
            given = f"'{opening}' at character {start + 1} is closed by '{self.text[self.at]}'"
            raise self.fault(given, f"'{_CLOSING[opening]}'")
        self.at += 1
        whole = self.text[start : self.at]
        if "," in whole and all(isinstance(p, _Leaf) and p.amount == 1 for p in parts):
            parts = tuple(replace(p, amount=1 / len(parts)) for p in parts)  # (Mg,Co,Ni)O: equal shares
        return _Group(whole, parts, self.number())

    def leaf(self) -> _Leaf:
        symbol = self.symbol()
        state = self.take(_STATE)
        if state and float(state[1] or 1) > _LARGEST_STATE:
            raise self.fault(f"oxidation state {state[0]} of {symbol}", f"at most {_LARGEST_STATE}")
        return _Leaf(symbol + (state[0] if state else ""), self.number())

    def symbol(self) -> str:
        match = _SYMBOL.match(self.text, self.at)
        known = [s for s in (match[0], match[0][0]) if s == VACANCY or s in _symbols()] if match else []
        if not known:
            given = f"'{match[0] if match else self.text[self.at]}' at character {self.at + 1} is no element"
            raise self.fault(given, "symbols of the periodic table, Va, numbers, brackets")
        self.at += len(known[0])
        return known[0]


def _parts(formula: str, body: str) -> tuple[_Leaf | _Group, ...]:
    """The tree of a formula; what follows a dot (crystal water) is a group with its number in front."""
    found: list[_Leaf | _Group] = []
    for k, piece in enumerate(_DOT.split(body)):
        reader = _Reader(formula, piece)
        count = reader.number() if k else 1.0
        parts = reader.sequence()
        if reader.at < len(piece):
            raise reader.fault(f"'{piece[reader.at]}' at character {reader.at + 1} closes nothing", "brackets in pairs")
        found += parts if k == 0 else [_Group(piece, parts, count)]
    return tuple(found)


@cache
def _symbols() -> frozenset[str]:
    from pymatgen.core.periodic_table import Element

    return frozenset(e.symbol for e in Element)


# --- tree to sublattices


def _sites(formula: str, parts: Sequence[_Leaf | _Group], factor: float, notes: list[str]) -> Iterator[_Site]:
    """Every species a site of its own, every bracket of only cations or only anions one shared site."""
    for part in _with_centres(parts):
        if isinstance(part, _Leaf):
            if part.species == VACANCY:
                raise InputError(
                    _where(formula), "Va outside brackets", "Va in the bracket of its site", "Like [Li0.9Va0.1]."
                )
            if part.amount > 0:
                yield _Site({part.species: factor * part.amount}, factor * part.amount)
        elif not part.parts or set(_flat(part.parts)) == {VACANCY}:
            raise InputError(_where(formula), f"'{part.text}' holds no element", "elements in every bracket")
        elif part.count > 0:
            if _is_mixture(part):
                yield _shared(formula, part, factor, notes)
            else:
                yield from _sites(formula, part.parts, factor * part.count, notes)


def _with_centres(parts: Sequence[_Leaf | _Group]) -> Iterator[_Leaf | _Group]:
    """S in SO4 is no anion, and C in a cyanide is not that of a carbonate: say so by their states."""
    yield from (_centre(part, after) for part, after in zip(parts, [*parts[1:], None]))


def _centre(part: _Leaf | _Group, after: _Leaf | _Group | None) -> _Leaf | _Group:
    if not isinstance(part, _Leaf) or not isinstance(after, _Leaf):
        return part
    if part.species == "C" and after.species == "N" and after.amount == part.amount:
        return replace(part, species="C2+")
    if part.amount == 1 and element_of(after.species) == "O":
        state = table("oxidation_states.toml")["polyanions"].get(f"{part.species}O{after.amount:g}")
        return replace(part, species=f"{part.species}{state}+") if state else part
    return part


def _is_mixture(group: _Group) -> bool:
    """Whether a bracket is one shared site: only cations or only anions, no polyanion, no hydrogen."""
    species = [s for s in _flat(group.parts) if s != VACANCY]
    return "H" not in map(element_of, species) and len({is_anion(s) for s in species}) == 1


def _flat(parts: Sequence[_Leaf | _Group], factor: float = 1.0) -> dict[str, float]:
    """Amounts by species, through all brackets."""
    found: dict[str, float] = {}
    for part in _with_centres(parts):
        inner = (
            {part.species: factor * part.amount} if isinstance(part, _Leaf) else _flat(part.parts, factor * part.count)
        )
        for species, amount in inner.items():
            found[species] = found.get(species, 0.0) + amount
    return found


def _shared(formula: str, group: _Group, factor: float, notes: list[str]) -> _Site:
    """A bracket as a sublattice: as many sites as its amounts add up to, times its count."""
    amounts = {s: y for s, y in _flat(group.parts).items() if y > 0}
    total = sum(amounts.values())
    sites = _site_count(total, is_anion(next(s for s in amounts if s != VACANCY)))
    if sites is None:
        raise InputError(
            _where(formula),
            f"the amounts in '{group.text}' add up to {total:.4g}",
            "1 site, or another whole number of sites",
            "Write shares that add up to 1 and the number of sites behind the bracket, or add Va for empty sites.",
        )
    if abs(total / sites - 1) > SAID:
        notes.append(f"the amounts in '{group.text}' add up to {total:.4g} and are taken as rounded from {sites:g}")
    scale = factor * group.count * sites / total
    return _Site({s: scale * y for s, y in amounts.items()}, factor * group.count * sites)


def _site_count(total: float, anions: bool) -> float | None:
    """How many sites a bracket means; None where its amounts exceed one site without filling several."""
    whole = max(1.0, float(round(total)))
    if abs(total / whole - 1) <= ROUNDING:
        return whole
    return total if total < 1 or anions else None


def _merged(sites: Iterator[_Site]) -> list[_Site]:
    """Sites of one species that occurs several times are one."""
    found: list[_Site] = []
    single: dict[str, int] = {}
    for site in sites:
        species = next(iter(site.amounts))
        if len(site.amounts) == 1 and species in single:
            k = single[species]
            total = found[k].sites + site.sites
            found[k] = _Site({species: total}, total)
        else:
            if len(site.amounts) == 1:
                single[species] = len(found)
            found.append(site)
    return found


def _composition(sites: Sequence[_Site]) -> Composition:
    labels = unique([",".join(s for s in site.amounts if s != VACANCY) for site in sites])
    return Composition(
        sublattices=tuple(
            Sublattice(
                label=label,
                multiplicity=site.sites,
                occupancies={s: y / sum(site.amounts.values()) for s, y in site.amounts.items()},
            )
            for label, site in zip(labels, sites)
        )
    )


def unique(labels: Sequence[str]) -> list[str]:
    """Labels with a number behind the second and later of their kind.

    >>> unique(["Li", "Ni,Co", "Li"])
    ['Li', 'Ni,Co', 'Li 2']
    """
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} {seen[label]}")
    return found
