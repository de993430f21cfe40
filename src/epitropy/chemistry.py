"""Formulas and atomic masses, from pymatgen's periodic table."""

from __future__ import annotations

from functools import cache

from .errors import InputError
from .records.entropy import ANIONS


@cache
def element_counts(formula: str) -> dict[str, float]:
    """Atoms per formula unit.

    >>> element_counts("Nb12WO33")
    {'Nb': 12.0, 'W': 1.0, 'O': 33.0}
    """
    from pymatgen.core import Composition

    try:
        composition = Composition(formula)
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
    return {e: n for e, n in element_counts(formula).items() if e not in ANIONS and e != "Li"}
