"""One way in which a film lies coherently on a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit

Indices = Annotated[tuple[int, int, int], Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatticeMatch:
    """A coincidence of two plane nets, film strained onto host.

    The two outward normals are parallel, and so are the two directions. ``deformation_gradient`` maps the
    film net onto the host net; both frames have x along the direction and y at a right angle to it,
    counter-clockwise about the normal, so it is upper triangular. Areas are those of the unstrained common
    cells. ``host_cell`` and ``film_cell`` are the two edges of the common cell in conventional coordinates,
    shape (2, 3), row on row; the first lies along the direction. Elastic numbers are None where the film's
    constants are unknown.
    """

    rank: Annotated[int, Unit("1")]
    host: str
    film: str
    host_plane: Indices  # Miller indices of the conventional cell without common divisor
    film_plane: Indices
    host_label: str  # the first order that diffracts: (003) for the plane (001) of R-3m
    film_label: str
    host_direction: Indices  # [uvw] of the conventional cell
    film_direction: Indices
    host_cell: Annotated[np.ndarray, Unit("1")]
    film_cell: Annotated[np.ndarray, Unit("1")]
    area: Annotated[float, Unit("m2", show="angstrom2")]
    host_area: Annotated[float, Unit("m2", show="angstrom2")]
    film_vectors: Annotated[np.ndarray, Unit("m", show="angstrom")]  # film_cell unstrained, x along the first, (2, 2)
    deformation_gradient: Annotated[np.ndarray, Unit("1")]
    principal_strain: Annotated[np.ndarray, Unit("1", show="%")]  # of the film, larger first, shape (2,)
    normal_strain: Annotated[float, Unit("1", show="%")] | None
    von_mises_strain: Annotated[float, Unit("1", show="%")] | None
    energy_per_thickness: Annotated[float, Unit("J/m3", show="J/m2/nm")] | None
    critical_thickness: Annotated[float, Unit("m", show="nm")] | None
    critical_thickness_below: Annotated[float, Unit("m", show="nm")] | None  # where the model gives only a bound
    critical_thickness_note: str  # why there is no number; empty where there is one
    slip_system: str
    burgers_length: Annotated[float, Unit("m", show="angstrom")] | None
    dislocation_spacing: Annotated[float, Unit("m", show="nm")] | None
    variants: Annotated[int, Unit("1")]  # that the host's symmetry makes of this one, same side up
    continuation: bool  # the close-packed oxygen layers of host and film run on
    half_turn: bool  # the film turned by 180 degrees about the normal, where that was asked to be told apart

    def __post_init__(self) -> None:
        if not (self.area > 0 and self.host_area > 0 and np.linalg.det(self.deformation_gradient) > 0):
            raise InputError("match", f"area {self.area} m2, host {self.host_area} m2", "counter-clockwise cells")

    @property
    def misfit(self) -> np.ndarray:
        """(film - host)/host [1] along the principal axes, shape (2,); positive: the film is larger."""
        return -self.principal_strain / (1 + self.principal_strain)

    @property
    def relation(self) -> str:
        """The name of a relationship that has one: ``shared-oxygen continuation``; else empty."""
        return "shared-oxygen continuation" if self.continuation else ""

    @property
    def orientation(self) -> str:
        """The orientation relationship, host first: ``(003)[100] || (111)[1-10]``."""
        host, film = _bracketed(self.host_direction), _bracketed(self.film_direction)
        return f"{self.host_label}{host} || {self.film_label}{film}"


def _bracketed(direction: tuple[int, int, int]) -> str:
    return f"[{indices_text(direction)}]"


def indices_text(indices: tuple[int, int, int]) -> str:
    """Indices run together where they have one digit each, e.g. ``1-10``.

    >>> indices_text((1, -1, 0)), indices_text((0, 1, 14))
    ('1-10', '0 1 14')
    """
    return ("" if max(map(abs, indices)) < 10 else " ").join(map(str, indices))
