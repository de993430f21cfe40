"""Compositions site by site, and their entropy with the basis named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from ..errors import InputError
from ..units import Unit

MolarEntropy = Annotated[float, Unit("J/(mol K)")]
Band = Literal["low", "medium", "high"]

VACANCY = "Va"
_ANIONS = frozenset(["N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"])
_SUM_TOLERANCE = 1e-9


def element_of(species: str) -> str:
    """Element of a species that may carry an oxidation state; a vacancy stays ``Va``.

    >>> element_of("Mn3+"), element_of("O2-"), element_of("Va")
    ('Mn', 'O', 'Va')
    """
    match = re.match(r"[A-Z][a-z]?", species)
    if match is None:
        raise InputError("species", f"'{species}'", "an element with or without oxidation state, like Mn or Mn3+")
    return match.group()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sublattice:
    """One crystallographic site: how many per formula unit, and who shares it (vacancy ``Va`` included)."""

    label: str
    multiplicity: Annotated[float, Unit("1")]  # sites per formula unit
    occupancies: Annotated[Mapping[str, float], Unit("1")]

    def __post_init__(self) -> None:
        where = f"sublattice '{self.label}'"
        if not self.multiplicity > 0:
            raise InputError(where, f"{self.multiplicity} sites per formula unit", "a positive number")
        if not self.occupancies or not all(0 <= y <= 1 for y in self.occupancies.values()):
            raise InputError(where, f"occupancies {dict(self.occupancies)}", "fractions between 0 and 1")
        if abs(sum(self.occupancies.values()) - 1) > _SUM_TOLERANCE:
            raise InputError(
                where,
                f"occupancies that sum to {sum(self.occupancies.values()):.9g}",
                "a sum of 1",
                f"Add vacancies as '{VACANCY}' or normalise.",
            )

    @property
    def elements(self) -> dict[str, float]:
        """Fraction of each element, oxidation states added up, without vacancies."""
        found: dict[str, float] = {}
        for species, fraction in self.occupancies.items():
            element = element_of(species)
            found[element] = found.get(element, 0.0) + fraction
        found.pop(VACANCY, None)
        return found

    @property
    def is_anion(self) -> bool:
        """Whether only anions sit here."""
        return bool(self.elements) and set(self.elements) <= _ANIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What sits on which site, per formula unit."""

    sublattices: tuple[Sublattice, ...]

    def __post_init__(self) -> None:
        labels = [s.label for s in self.sublattices]
        if not labels:
            raise InputError("composition", "no sublattice", "at least one")
        if len(set(labels)) < len(labels):
            raise InputError("composition", f"labels {labels}", "each sublattice named once")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntropy:
    """Ideal configurational entropy of a composition, every basis by its name, and its class with reasons."""

    by_site: Annotated[Mapping[str, float], Unit("J/(mol K)")]  # per mole of sites of each sublattice
    per_formula_unit: MolarEntropy
    per_cation_site: MolarEntropy
    per_atom: MolarEntropy
    site: str  # the sublattice that was classified
    high_entropy: bool
    band: Band
    reasons: tuple[str, ...]
