"""How a film lies on the faces of a particle while its host breathes: what ``epitropy match`` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..units import Unit
from .epitaxy import LatticeMatch
from .facets import FacetShare
from .phase import Phase
from .strain import StrainPath

Area = Annotated[float, Unit("m2", show="angstrom2")]
Share = Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What was searched. ``lowest_lithium``: down to where the host was followed; 1 if it has no curves."""

    max_index: Annotated[int, Unit("1")]
    max_area: Area
    max_strain: Annotated[float, Unit("1", show="%")]
    lowest_lithium: Annotated[float, Unit("1")]
    thickness: Annotated[float, Unit("m", show="nm")]
    toughness: Annotated[float, Unit("J/m2")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedMatch:
    """A match and what becomes of it over the state of charge; the path is None without curves or stiffness.

    ``rank`` counts by the common cell and the largest energy over the state of charge, where that is known.
    """

    rank: Annotated[int, Unit("1")]
    match: LatticeMatch
    facet: str  # the particle's facet that this plane is, e.g. "104"; empty if it is none
    path: StrainPath | None
    largest_energy: Annotated[float, Unit("J/m3", show="J/m2/nm")] | None
    largest_at: Annotated[float, Unit("1")] | None  # lithium content of the largest energy


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetVerdict:
    """One facet of the particle with the film on it: the match with the smallest common cell, and the softest.

    The softest has the least largest energy over charge; both are None where nothing matches within the limits.
    ``film_open``: whether lithium crosses the film along its normal there; None where that is not known.
    """

    facet: FacetShare
    best: AlignedMatch | None
    softest: AlignedMatch | None = None
    film_barrier: Annotated[float, Unit("J", show="eV")] | None = None
    film_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchAnswer:
    """All that was asked of two crystals: ``matches`` the first of ``number``, best first."""

    host: Phase
    film: Phase
    limits: Limits
    number: Annotated[int, Unit("1")]
    matches: tuple[AlignedMatch, ...]
    facets: tuple[FacetVerdict, ...]
    nearest: LatticeMatch | None  # the nearest miss, where nothing matches
    notes: tuple[str, ...]
    version: str
