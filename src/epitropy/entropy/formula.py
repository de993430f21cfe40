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

from ..chemistry import DOT, plain_formula
from ..errors import InputError
from ..records.entropy import ANIONS, VACANCY, WEAK_ANIONS, Composition, Sublattice, element_of, is_anion
from ..sources import table
from ..units import Unit

ROUNDING = 0.01  # amounts on a site may miss a whole number by this share: published digits are rounded
MOST_ROUNDING = 0.03  # or by half of the last digit for each of them, but by no more than this
SAID = 1e-3  # smaller shares of rounding go without saying

_PREFIX = re.compile(r"([OPT]\d)-(?=[A-Z(\[{])")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_STATE = re.compile(r"(\d(?:\.\d+)?)?[+-]")
_ENDS = re.compile(r"(?:O|F|S|Cl|N|Se|Br|Te|I)[\d.]*$|[)\]}]\d*$")  # how a whole formula ends
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:/(\d+))?")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 20  # brackets within brackets
_MAY_BE_NEGATIVE = ANIONS | WEAK_ANIONS | {"H"}
_LARGEST_STATE = 8
_MOST = 1e6  # atoms per formula unit
_FLOAT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula that was read: amounts per formula unit, and the sublattices that its brackets state."""

    text: str
    prefix: str  # O3, P2 or empty: the structure it asks for
    amounts: Annotated[Mapping[str, float], Unit("1")]  # by species, vacancies left out
    composition: Composition
    bracketed: bool  # whether any bracket lets several species share a site
    alloy: bool  # metals only, without brackets: all on one site
    last_digit: Annotated[float, Unit("1")]  # the smallest step of its decimals; 0 without decimals
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


def read_formula(
    text: str, cations: Mapping[str, str] = MappingProxyType({}), *, brackets_count: bool = True
) -> Formula:
    """Read a formula; an `InputError` says at which character it stops making sense.

    ``cations`` names species for elements that look like anions but are none, like Te: Te6+ in an oxide. Where a
    structure says who shares a site, ``brackets_count`` is False: then amounts in them may add up to anything.

    >>> found = read_formula("Li[Ni0.9Co0.05Mn0.05]O2")
    >>> [(s.label, s.multiplicity) for s in found.composition.sublattices]
    [('Li', 1.0), ('Ni,Co,Mn', 1.0), ('O', 2.0)]
    >>> read_formula("Li(Ti0.5Zr0.5)2(PO4)3").amounts["O"]
    12.0
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("formula", "an empty text", "a formula like Li[Ni0.9Co0.05Mn0.05]O2")
    plain = plain_formula(text.replace("□", VACANCY))
    _refuse_several(plain)
    prefix = _PREFIX.match(plain.strip())
    body = "".join(plain.split()).removeprefix(prefix.group() if prefix else "")
    step = _last_digit(body)
    parts = _parts(text.strip(), body, cations)
    notes: list[str] = []
    sites = _merged(_sites(text.strip(), parts, 1.0, notes, step if brackets_count else None))
    if not sites:
        raise InputError(_where(text), "no elements", "at least one element with an amount above zero")
    alloy = len(sites) > 1 and all(len(s.amounts) == 1 and _is_metal(*s.amounts) for s in sites)
    if alloy:
        sites = [_Site({k: n for s in sites for k, n in s.amounts.items()}, sum(s.sites for s in sites))]
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
        bracketed=not alloy and any(len(s.amounts) > 1 for s in sites),
        alloy=alloy,
        last_digit=step,
        notes=tuple(notes),
    )


def _where(text: str) -> str:
    return f"formula '{' '.join(text.split())}'"


def _refuse_several(plain: str) -> None:
    """Two formulas in one text would be read as one compound."""
    pieces = re.sub(r"\s*([·•*⋅])\s*", r"\1", plain.strip()).split()
    whole = [p for p in pieces if len(_SYMBOL.findall(p)) > 1 and _ENDS.search(p)]
    if len(whole) > 1 or len(plain.strip().splitlines()) > 1:
        raise InputError(_where(plain), "several formulas in one text", "one formula in each argument or cell")


def _last_digit(body: str) -> float:
    """The smallest step of the decimals in a text: 0.01 for two digits, 0 where there are none."""
    digits = max(map(len, re.findall(r"\.(\d+)", body)), default=0)
    return 10.0**-digits if digits else 0.0


def rounding(last_digit: float, terms: int) -> float:
    """How far rounded amounts may miss their sum: half of the last digit each, within limits.

    >>> rounding(0.01, 3), rounding(0.001, 3), rounding(0.1, 5)
    (0.015, 0.01, 0.03)
    """
    return max(ROUNDING, min(MOST_ROUNDING, terms * last_digit / 2))


@cache
def _is_metal(species: str) -> bool:
    from pymatgen.core.periodic_table import Element

    return species != VACANCY and species.isalpha() and Element(species).is_metal


# --- text to tree


class _Reader:
    """Position in a text, and what may come next."""

    def __init__(self, formula: str, text: str, cations: Mapping[str, str]) -> None:
        self.formula, self.text, self.cations, self.at = formula, text, cations, 0

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
        if state and state[0] == "+" and symbol not in _univalent():
            number = _NUMBER.match(self.text, self.at)
            if number:
                raise self.fault(f"'{symbol}+{number[0]}'", f"the number before the sign, '{symbol}{number[0]}+'")
        counted = _NUMBER.match(self.text, self.at)
        if state and state[0].endswith("-") and symbol not in _MAY_BE_NEGATIVE and counted:
            given = f"'{symbol}{state[0]}': a negative amount, or a metal as an anion"
            raise self.fault(given, "amounts of zero or more, and positive charges of metals")
        return _Leaf(symbol + state[0] if state else self.cations.get(symbol, symbol), self.number())

    def symbol(self) -> str:
        match = _SYMBOL.match(self.text, self.at)
        known = [s for s in (match[0], match[0][0]) if s == VACANCY or s in _symbols()] if match else []
        if not known:
            sign = match[0] if match else self.text[self.at]
            given = f"'{sign}' at character {self.at + 1} is no element"
            remedy = f"Write the number that {sign} stands for." if sign.islower() else ""
            raise self.fault(given, "symbols of the periodic table, Va, numbers, brackets", remedy)
        self.at += len(known[0])
        return known[0]


def _parts(formula: str, body: str, cations: Mapping[str, str]) -> tuple[_Leaf | _Group, ...]:
    """The tree of a formula; what follows a dot (crystal water) is a group with its number in front."""
    found: list[_Leaf | _Group] = []
    for k, piece in enumerate(DOT.split(body)):
        reader = _Reader(formula, piece, cations)
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


@cache
def _univalent() -> frozenset[str]:
    """Elements with a state of 1+: their ``+`` needs no number, as in Li+2O2-."""
    rows = table("oxidation_states.toml")
    climbing = frozenset(step.split()[0] for step in rows["ladder"] if step.split()[1] == "1")
    return climbing | frozenset(e for e, z in rows["fixed"].items() if z == 1)


# --- tree to sublattices


def _sites(
    formula: str, parts: Sequence[_Leaf | _Group], factor: float, notes: list[str], step: float | None
) -> Iterator[_Site]:
    """Every species a site of its own, every bracket of only cations or only anions one shared site.

    ``step`` is the last digit of the amounts, or None where brackets need not add up.
    """
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
                yield _shared(formula, part, factor, notes, step)
            else:
                yield from _sites(formula, part.parts, factor * part.count, notes, step)


def _with_centres(parts: Sequence[_Leaf | _Group]) -> Iterator[_Leaf | _Group]:
    """S in SO4 is no anion; C is another one in cyanides, carbonitrides, carbonates: say so by their states."""
    around = zip([None, *parts], parts, [*parts[1:], None])
    yield from (_centre(part, before, after) for before, part, after in around)


def _centre(part: _Leaf | _Group, before: _Leaf | _Group | None, after: _Leaf | _Group | None) -> _Leaf | _Group:
    if not isinstance(part, _Leaf):
        return part
    if (
        part.species == "C"
        and part.amount < 1
        and any(isinstance(n, _Leaf) and n.species == "N" for n in (before, after))
    ):
        return replace(part, species="C4-")  # shares the site of N; the C of a cyanide comes in whole numbers
    if not isinstance(after, _Leaf):
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


def _shared(formula: str, group: _Group, factor: float, notes: list[str], step: float | None) -> _Site:
    """A bracket as a sublattice: as many sites as its amounts add up to, times its count."""
    amounts = {s: y for s, y in _flat(group.parts).items() if y > 0}
    total = sum(amounts.values())
    if step is None:
        sites = total
    else:
        anions = is_anion(next(s for s in amounts if s != VACANCY))
        sites = _site_count(total, anions, rounding(step, len(amounts)))
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


def _site_count(total: float, anions: bool, miss: float) -> float | None:
    """How many sites a bracket means; None where its amounts exceed one site without filling several."""
    whole = max(1.0, float(round(total)))
    if abs(total / whole - 1) <= max(ROUNDING, miss / whole) + _FLOAT:
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
