"""A crystal: precursor, host, layer candidate or prototype."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit
from .sourced import GRADES, Sourced

Length = Annotated[float, Unit("m", show="angstrom")]
Angle = Annotated[float, Unit("rad", show="deg")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCell:
    """Conventional cell: edges in metres, angles in radians."""

    a: Length
    b: Length
    c: Length
    alpha: Angle = math.pi / 2
    beta: Angle = math.pi / 2
    gamma: Angle = math.pi / 2

    def __post_init__(self) -> None:
        if min(self.a, self.b, self.c) <= 0:
            raise InputError("cell", f"edges {self.a}, {self.b}, {self.c} m", "positive lengths")
        if not all(0 < x < math.pi for x in (self.alpha, self.beta, self.gamma)) or self._shape() <= 0:
            raise InputError("cell", "angles that close no cell", "alpha + beta > gamma and so on, each in 0..180 deg")

    def _shape(self) -> float:
        ca, cb, cg = math.cos(self.alpha), math.cos(self.beta), math.cos(self.gamma)
        return 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg

    @property
    def volume(self) -> float:
        """Cell volume in m3: abc sqrt(1 - cos2a - cos2b - cos2g + 2 cosa cosb cosg)."""
        return self.a * self.b * self.c * math.sqrt(self._shape())

    @property
    def matrix(self) -> np.ndarray:
        """Rows are the cell vectors in metres, a along x and b in the xy plane; shape (3, 3)."""
        ca, cb, cg, sg = math.cos(self.alpha), math.cos(self.beta), math.cos(self.gamma), math.sin(self.gamma)
        return np.array(
            [
                [self.a, 0.0, 0.0],
                [self.b * cg, self.b * sg, 0.0],
                [self.c * cb, self.c * (ca - cb * cg) / sg, self.c * math.sqrt(self._shape()) / sg],
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One Wyckoff position: a representative in the phase's own setting, and who sits there.

    position: fractional coordinates. elements: element, or ``Va`` for vacancies, to its share of the sites.
    """

    label: str
    position: Annotated[tuple[float, float, float], Unit("1")]
    elements: Annotated[Mapping[str, float], Unit("1")]

    def __post_init__(self) -> None:
        if len(self.position) != 3 or not all(map(math.isfinite, self.position)):
            raise InputError(f"{self.label}.position", f"{self.position}", "three fractional coordinates")
        shares = self.elements.values()
        if not self.elements or min(shares) < 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise InputError(f"{self.label}.elements", f"{dict(self.elements)}", "shares of 0 to 1 that add up to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One crystal with what the rooms need of it; each number sourced and graded.

    A precursor needs no more than formula and density; what a layer is made of needs cell, structure and stiffness
    as well. Mass and cations follow from the formula, never from the name, so that polymorphs may be told apart.
    """

    name: str
    formula: str
    names: tuple[str, ...] = ()  # other names that mean this phase
    structure: str = "not stated"  # the family: layered, rock salt, spinel, fluorite, wadsley-roth, ...
    space_group: str = ""
    cell: UnitCell | None = None
    formula_units: Annotated[float, Unit("1")] = 0.0  # per conventional cell
    density: Annotated[Sourced, Unit("kg/m3", show="g/cm3")]
    cell_source: str = ""
    cell_grade: str = "assumed"
    sites: tuple[Site, ...] = ()  # one a Wyckoff position; atoms of the whole cell: crystals.library.structure_of
    sites_source: str = ""
    sites_grade: str = "assumed"
    young_modulus: Annotated[Sourced, Unit("Pa", show="GPa")] | None = None
    poisson_ratio: Annotated[Sourced, Unit("1")] | None = None
    becomes: str = ""  # the phase that is left after firing, of a precursor that loses gas
    wets: bool | None = None  # spreads over the host on annealing; not stated: taken not to
    # Li bound per cation where it is not what ``coating.lithium_per_cation`` says of that element
    lithium_per_cation: Annotated[Mapping[str, Sourced], Unit("1")] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        for key in ("cell_grade", "sites_grade"):
            if getattr(self, key) not in GRADES:
                raise InputError(key, f"'{getattr(self, key)}'", ", ".join(GRADES))
        if self.density.value <= 0:
            raise InputError("density", f"{self.density.value:g} kg/m3", "a positive number")
        if self.formula_units < 0:
            raise InputError("formula_units", f"{self.formula_units:g}", "a positive number")
