"""Compositions site by site, and their entropy with the basis named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Literal

from ..errors import InputError
from ..units import Unit

MolarEntropy = Annotated[float, Unit("J/(mol K)")]
Band = Literal["low", "medium", "high"]

VACANCY = "Va"
ANIONS = frozenset(["N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"])
WEAK_ANIONS = frozenset(["C", "B", "Si", "P", "As"])  # where no stronger anion takes their electrons
_SUM_TOLERANCE = 1e-9
_STATE = re.compile(r"(?P<size>\d+(?:\.\d+)?)?(?P<sign>[+-])$")


@lru_cache(maxsize=4096)
def element_of(species: str) -> str:
    """Element of a species that may carry an oxidation state; a vacancy stays ``Va``.

    >>> element_of("Mn3+"), element_of("O2-"), element_of("Va")
    ('Mn', 'O', 'Va')
    """
    match = re.match(r"[A-Z][a-z]?", species)
    if match is None:
        raise InputError("species", f"'{species}'", "an element with or without oxidation state, like Mn or Mn3+")
    return match.group()


@lru_cache(maxsize=4096)
def state_of(species: str) -> float | None:
    """Oxidation state that a species carries, or None.

    >>> state_of("Mn3+"), state_of("O2-"), state_of("Li+"), state_of("Mn")
    (3.0, -2.0, 1.0, None)
    """
    match = _STATE.search(species)
    if match is None:
        return None
    return float(match["size"] or 1) * (1 if match["sign"] == "+" else -1)


@lru_cache(maxsize=4096)
def is_anion(species: str) -> bool:
    """Whether a species is an anion: by its oxidation state if it carries one, else by its element.

    >>> is_anion("O"), is_anion("S6+"), is_anion("Ni")
    (True, False, False)
    """
    state = state_of(species)
    return element_of(species) in ANIONS if state is None else state < 0


def anions_among(species: Iterable[str]) -> frozenset[str]:
    """The anions of a composition: those of `is_anion`, else C, B, Si, P and As beside metals.

    >>> sorted(anions_among(["Ti", "C"])), sorted(anions_among(["Ti", "Si", "O"])), sorted(anions_among(["Si", "C"]))
    (['C'], ['O'], [])
    """
    present = frozenset(species) - {VACANCY}
    strong = frozenset(filter(is_anion, present))
    weak = frozenset(s for s in present - strong if s in WEAK_ANIONS)
    return strong if strong or weak == present else weak


@dataclass(frozen=True, slots=True, kw_only=True)
class Sublattice:
    """One crystallographic site: how many per formula unit, and who shares it (vacancy ``Va`` included).

    In a solution the one "site" holds molecules: there every species counts by its own name.
    """

    label: str
    multiplicity: Annotated[float, Unit("1")]  # sites per formula unit
    occupancies: Annotated[Mapping[str, float], Unit("1")]
    coordination: Annotated[int | None, Unit("1")] = None
    molecular: bool = False

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
        if self.molecular:
            return dict(self.occupancies)
        found: dict[str, float] = {}
        for species, fraction in self.occupancies.items():
            element = element_of(species)
            found[element] = found.get(element, 0.0) + fraction
        found.pop(VACANCY, None)
        return found

    @property
    def species(self) -> frozenset[str]:
        """Who sits here, without vacancies and without molecules."""
        return frozenset(s for s in self.occupancies if not self.molecular and s != VACANCY)


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

    @property
    def cation_sites(self) -> tuple[Sublattice, ...]:
        """The sites that hold others than anions, and those that are empty; none in a solution."""
        anions = anions_among(s for site in self.sublattices for s in site.species)
        return tuple(s for s in self.sublattices if not s.molecular and not (s.species and s.species <= anions))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntropy:
    """Ideal configurational entropy of a composition, every basis by its name, and its class with reasons.

    A basis that does not apply is nan: in a solution there are no cation sites and no atoms, and the formula unit is
    one mole of its species.
    """

    by_site: Annotated[Mapping[str, float], Unit("J/(mol K)")]  # per mole of sites of each sublattice
    per_formula_unit: MolarEntropy
    per_cation_site: MolarEntropy
    per_atom: MolarEntropy
    site: str  # the sublattice that was classified
    high_entropy: bool
    band: Band
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutrality:
    """Oxidation states that balance a composition, what had to be left out for it, and what charge remains."""

    asked: bool  # False for a metal or a solution
    states: Annotated[Mapping[str, float], Unit("1")] = field(default_factory=dict)  # mean state by species
    residual: Annotated[float, Unit("1")] = 0.0  # charge per formula unit that is left
    vacancies: Annotated[Mapping[str, float], Unit("1")] = field(default_factory=dict)  # introduced, per formula unit


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDescriptors:
    """How unlike the ions on one site are, with the radii that say so."""

    size_mismatch: Annotated[float, Unit("1", show="%")]
    mean_radius: Annotated[float, Unit("m", show="angstrom")]
    electronegativity_mismatch: Annotated[float | None, Unit("1")]  # Pauling's scale; None where it has no value
    valence_mismatch: Annotated[float, Unit("1")]
    coordination: Annotated[int, Unit("1")]
    radii: Annotated[Mapping[str, float], Unit("m", show="angstrom")]  # by ion
    spins: Mapping[str, str]  # by ion, where the radius depends on it
    notes: tuple[str, ...]  # radii that stand in for others


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionEntropy:
    """All that a formula says: its sites, their entropy and class, charges, and how unlike the ions are."""

    formula: str
    structure: str  # name of the prototype; empty if brackets or amounts say what shares a site
    composition: Composition
    entropy: SiteEntropy
    neutrality: Neutrality
    descriptors: Mapping[str, SiteDescriptors]  # by the label of each mixed site
    notes: tuple[str, ...]

    @property
    def is_solution(self) -> bool:
        """Whether molecules mix: then one formula unit is one mole of species."""
        return any(s.molecular for s in self.composition.sublattices)
