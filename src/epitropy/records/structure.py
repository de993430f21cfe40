"""Atoms in a periodic cell, and the block structures built on an integer grid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit
from .phase import UnitCell

VACANCY = "Va"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Atoms of one conventional cell.

    labels: sublattice of every atom, length n. positions: fractional coordinates, shape (n, 3). occupancy: sublattice
    -> element, or ``Va`` for vacancies -> share of its sites, adding up to 1. formula_units: per cell. grade, source:
    who sits where.
    """

    name: str
    cell: UnitCell
    labels: tuple[str, ...]
    positions: Annotated[np.ndarray, Unit("1")]
    occupancy: Annotated[Mapping[str, Mapping[str, float]], Unit("1")]
    formula_units: Annotated[float, Unit("1")]
    grade: str = "assumed"
    source: str = ""

    def __post_init__(self) -> None:
        if self.positions.shape != (len(self.labels), 3) or not np.isfinite(self.positions).all():
            raise InputError(
                self.name, f"positions of shape {self.positions.shape}", "three coordinates for every atom"
            )
        if missing := set(self.labels) - set(self.occupancy):
            raise InputError(self.name, f"no elements for site {min(missing)}", "an element for every sublattice")
        for label, shares in self.occupancy.items():
            if not math.isclose(sum(shares.values()), 1, abs_tol=1e-9) or min(shares.values()) < 0:
                raise InputError(f"{self.name}.{label}", f"shares {dict(shares)}", "shares of 0 to 1 that add up to 1")

    @property
    def multiplicities(self) -> dict[str, float]:
        """Sites per formula unit of every sublattice."""
        return {label: self.labels.count(label) / self.formula_units for label in sorted(set(self.labels))}

    @property
    def element_counts(self) -> dict[str, float]:
        """Atoms per formula unit of every element; vacancies are none."""
        found: dict[str, float] = {}
        for label, sites in self.multiplicities.items():
            for element, share in self.occupancy[label].items():
                found[element] = found.get(element, 0.0) + sites * share
        return {element: atoms for element, atoms in found.items() if element != VACANCY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A Wadsley-Roth structure of m x n blocks, and the windows of its open columns.

    tetrahedra: whether blocks meet in a tetrahedral site or join to ribbons. windows: centres of the square windows,
    fractional, shape (k, 3): one column along b runs through each.
    """

    m: Annotated[int, Unit("1")]
    n: Annotated[int, Unit("1")]
    tetrahedra: bool
    structure: Structure
    windows: Annotated[np.ndarray, Unit("1")]

    @property
    def columns_per_formula_unit(self) -> float:
        return len(self.windows) / self.structure.formula_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoration:
    """One arrangement of whole atoms on shared sites.

    deviation: the largest pair correlation left, 0 for random mixing. told: what rounding to whole atoms changed.
    """

    structure: Structure
    deviation: Annotated[float, Unit("1")]
    told: tuple[str, ...] = ()
