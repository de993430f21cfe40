"""A crystal: precursor, host, layer candidate or prototype."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit
from .sourced import Sourced

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
        if self._shape() <= 0:
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
class Phase:
    """One crystal with what the rooms need of it; each number sourced and graded."""

    name: str
    formula: str
    structure: str  # the family: layered, rock salt, spinel, fluorite, wadsley-roth, ...
    space_group: str
    cell: UnitCell
    formula_units: Annotated[float, Unit("1")]  # per conventional cell
    density: Annotated[Sourced, Unit("kg/m3", show="g/cm3")]
    cell_source: str
    cell_grade: str
    young_modulus: Annotated[Sourced, Unit("Pa", show="GPa")] | None = None
    poisson_ratio: Annotated[Sourced, Unit("1")] | None = None
    wets: bool = False  # spreads over the host on annealing
    lithium_per_cation: Annotated[Mapping[str, float], Unit("1")] | None = (
        None  # Li bound per cation on reaction with the host
    )
    note: str = ""
