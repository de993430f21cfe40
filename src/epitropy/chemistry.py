"""Formulas, atomic masses from pymatgen's periodic table, formal charges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from .errors import InputError
from .records.entropy import anions_among
from .sources import table

DOT = re.compile(r"[·•*⋅]")  # stands before crystal water
_SCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−–", "01234567890123456789+---")
_WATER = re.compile(r"(?<=[A-Za-z)\]}\d])\.\d*(?:\.\d+|/\d+)?(?:H2O|\(H2O\)\d*)$")
_DECIMAL = re.compile(r"[·•*⋅]\d*$")  # what makes a full stop before H2O a decimal point after all


def plain_formula(text: str) -> str:
    """A formula with plain digits and decimal points; refuses a full stop before crystal water.

    >>> plain_formula("Nb₂O₅·5H₂O"), plain_formula("LiNi0,5Mn0,5O2"), plain_formula("MnO2·0.5H2O")
    ('Nb2O5·5H2O', 'LiNi0.5Mn0.5O2', 'MnO2·0.5H2O')
    """
    plain = re.sub(r"(?<=\d),(?=\d)", ".", text.translate(_SCRIPTS))
    water = _WATER.search("".join(plain.split()))
    if water and not _DECIMAL.search("".join(plain.split())[: water.start()]):
        given = f"'{water.group()}' with a full stop, which is a decimal point"
        raise InputError(f"formula '{text.strip()}'", given, f"'·{water.group()[1:]}' or '*{water.group()[1:]}'")
    return plain


@cache
def element_counts(formula: str) -> dict[str, float]:
    """Atoms per formula unit.

    >>> element_counts("Nb12WO33")
    {'Nb': 12.0, 'W': 1.0, 'O': 33.0}
    >>> element_counts("Nb2O5·5H2O")
    {'Nb': 2.0, 'O': 10.0, 'H': 10.0}
    """
    from pymatgen.core import Composition

    first, *others = DOT.split("".join(plain_formula(formula).split()))
    try:
        composition = Composition(first)
        for piece in others:  # crystal water, its number in front
            count, rest = re.match(r"(\d*\.?\d*)(.*)", piece).groups()
            composition += Composition(rest) * float(count or 1)
    except (ValueError, KeyError):
        raise InputError(
            "formula", f"'{formula}' is not a formula", "element symbols with numbers, like Nb12WO33"
        ) from None
    if not composition.valid or len(composition) == 0:
        raise InputError("formula", f"'{formula}' has an unknown element", "symbols of the periodic table")
    return {str(e): float(n) for e, n in composition.items()}


@cache
def atomic_mass(element: str) -> float:
    """Standard atomic mass in kg/mol."""
    from pymatgen.core import Element

    try:
        return float(Element(element).atomic_mass) * 1e-3
    except ValueError:
        raise InputError(
            "element", f"'{element}' is unknown", "symbols of the periodic table, like Ni, Co, Mn"
        ) from None


@cache
def molar_mass(formula: str) -> float:
    """Molar mass in kg/mol.

    >>> round(molar_mass("Nb12WO33") * 1e3, 1)
    1826.7
    """
    return sum(n * atomic_mass(e) for e, n in element_counts(formula).items())


def cations_of(formula: str) -> dict[str, float]:
    """Metal cations per formula unit; lithium equilibrates with the host at once and is not counted.

    >>> cations_of("ZrO2")
    {'Zr': 1.0}
    """
    counts = element_counts(formula)
    return {e: n for e, n in counts.items() if e not in anions_among(counts) and e != "Li"}


def formal_charges(
    amounts: Mapping[str, float], given: Mapping[str, float] | None = None, name: str = "charges"
) -> dict[str, float]:
    """Mean formal charge of every element, by the redox ladder of ``data/oxidation_states.toml``.

    Every cation begins in its lowest state, and electrons are taken in the order of the ladder until the charges
    balance; what the ladder cannot balance stays. ``given``: states that are known. Without an anion all are 0.

    >>> formal_charges({"Li": 1, "Ni": 1, "O": 2}), formal_charges({"Nb": 12, "W": 1, "O": 33})
    ({'Li': 1.0, 'Ni': 3.0, 'O': -2.0}, {'Nb': 5.0, 'W': 6.0, 'O': -2.0})
    """
    rows, known = table("oxidation_states.toml"), dict(given or {})
    anions = anions_among(amounts)
    if not known and (not anions or len(anions) == len(amounts)):
        return dict.fromkeys(amounts, 0.0)
    ladder = [(e, float(low), float(high)) for e, low, high in map(str.split, rows["ladder"])]
    ladder = [step for step in ladder if step[0] in amounts and step[0] not in (*known, *anions)]
    lowest = {e: low for e, low, _ in reversed(ladder)}
    charges = {**rows["fixed"], **lowest, **{e: rows["anions"][e] for e in anions if e in rows["anions"]}, **known}
    if unknown := [e for e in amounts if e not in charges]:
        raise InputError(name, f"no oxidation state of {unknown[0]}", "elements of data/oxidation_states.toml")
    found = {e: float(charges[e]) for e in amounts}
    missing = -sum(n * found[e] for e, n in amounts.items())
    for element, low, high in ladder:
        taken = min(max(missing / amounts[element], 0.0), high - low)
        found[element] += taken
        missing -= taken * amounts[element]
    return found
