"""Where lithium runs through a rigid structure: site energies, barriers, and what they make of a film's facets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit
from .phase import UnitCell

Energy = Annotated[float, Unit("J", show="eV")]
Place = Annotated[tuple[float, float, float], Unit("1")]  # fractional
Indices = Annotated[tuple[int, int, int], Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """Energy of one ion at every point of a grid over the cell; point (i, j, k) lies at (i/n_a, j/n_b, k/n_c)."""

    name: str
    ion: str
    cell: UnitCell
    energy: Annotated[np.ndarray, Unit("J", show="eV")]  # shape (n_a, n_b, n_c)

    @property
    def spacing(self) -> float:
        """The widest step of the grid [m]."""
        return max(np.array([self.cell.a, self.cell.b, self.cell.c]) / self.energy.shape)

    @property
    def lowest_site(self) -> tuple[float, float, float]:
        """Fractional coordinates of the lowest point."""
        place = np.unravel_index(int(self.energy.argmin()), self.energy.shape)
        return tuple(float(i / n) for i, n in zip(place, self.energy.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The first network that runs in so many independent directions.

    threshold: energy at which it opens, above the lowest site of the whole map. barrier: the same above the lowest site
    of this network. directions: lattice vectors [uvw] that span it. site, saddle: its lowest point, and the point that
    opened it; fractional.
    """

    dimensions: Annotated[int, Unit("1")]
    threshold: Energy
    barrier: Energy
    directions: tuple[Indices, ...]
    site: Place
    saddle: Place

    @property
    def plane(self) -> tuple[int, int, int] | None:
        """The plane (hkl) that a two-dimensional network lies in."""
        if self.dimensions != 2:
            return None
        normal = np.cross(*np.array(self.directions))
        normal = normal // np.gcd.reduce(normal)
        first = normal[np.flatnonzero(normal)[0]]
        return tuple(int(i) for i in normal * np.sign(first))


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetWay:
    """Ways through a film whose normal is (hkl), and along it; infinite where there is none below the cap.

    inclination: cos2 of the angle between the normal and the open directions, 1 where they hold the normal. A film of
    conductivity sigma along them conducts sigma times it through its thickness; 0 where it is blocked.
    """

    through: Energy
    along: Energy
    direction: Indices | None  # of the way through; None where there is none
    open: bool
    inclination: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathways:
    """How an ion gets through one structure: by number of directions, and by facet.

    ``ways`` rise in dimensions; what opens at one energy is one way. Barriers rank directions of one structure; they
    are no activation energies.
    """

    name: str
    ion: str
    ways: tuple[Way, ...]
    facets: Mapping[str, FacetWay]  # by label, e.g. "104"
    grid: Indices
    spacing: Annotated[float, Unit("m", show="angstrom")]
    lowest_site: Place
    charges: Annotated[Mapping[str, float], Unit("1")]  # formal charges of the framework
    note: str = ""

    @property
    def barriers(self) -> tuple[float, float, float]:
        """Barriers [J] of the first networks that run in at least one, two and three directions."""
        found = (next((w.barrier for w in self.ways if w.dimensions >= d), math.inf) for d in (1, 2, 3))
        return tuple(found)

    @property
    def easiest(self) -> float:
        """Barrier [J] of the first network that runs anywhere."""
        return self.barriers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A share of the particle's area: the host's facet, and the plane of the film that lies on it."""

    host_facet: str
    film_plane: Indices
    share: Annotated[float, Unit("1", show="%")]
    host_open: bool = True  # False on (003) of a layered host, which passes no lithium whatever lies on it

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not any(self.film_plane):
            given = f"share {self.share:g}, plane {self.film_plane}"
            raise InputError(f"face {self.host_facet}", given, "a share of 0 to 1, a plane that is not (0, 0, 0)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceResistance:
    """Resistance of the film on one facet, per area of that facet: median and 80 % interval; infinite where shut."""

    host_facet: str
    film_plane: Indices
    share: Annotated[float, Unit("1", show="%")]
    barrier: Energy
    open: bool
    conducting_share: Annotated[float, Unit("1", show="%")]
    resistance: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    low: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    high: Annotated[float, Unit("ohm m2", show="ohm cm2")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmResistances:
    """Resistance of a film per particle area, its facets side by side; median and 80 % interval."""

    faces: tuple[FaceResistance, ...] = field(default=())
    open_share: Annotated[float, Unit("1", show="%")]  # of the particle's area, by what each facet conducts
    resistance: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    low: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    high: Annotated[float, Unit("ohm m2", show="ohm cm2")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OxygenPermeance:
    """Oxygen through a layer over that through the skin it replaces; median and 80 % interval."""

    ratio: Annotated[float, Unit("1")]
    low: Annotated[float, Unit("1")]
    high: Annotated[float, Unit("1")]
