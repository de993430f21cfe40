"""A crystal cut along a plane, its terminations and slabs, and two slabs joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..errors import InputError
from ..units import Unit
from .structure import Structure

Indices = Annotated[tuple[int, int, int], Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomicPlane:
    """Atoms of nearly one height. height: their mean along the normal; composition: atoms per area."""

    formula: str  # e.g. NiO, or Ni0.9Co0.1 on a shared site
    height: Annotated[float, Unit("m", show="angstrom")]
    composition: Annotated[Mapping[str, float], Unit("1/m2", show="1/nm2")]
    charge: Annotated[float, Unit("C/m2")]  # formal


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSymmetry:
    """A symmetry of the crystal that keeps a plane, seen along two edges and the step across.

    turned: whether it turns the crystal over. net: (u, v) -> (u, v) net, shape (2, 2). cuts: what becomes of every
    cut; shifts: the (u, v) that goes with it once the cut is brought back into the first repeat, shape (cuts, 2).
    """

    turned: bool
    net: Annotated[np.ndarray, Unit("1")]
    cuts: Annotated[tuple[int, ...], Unit("1")]
    shifts: Annotated[np.ndarray, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutCrystal:
    """A crystal re-cut so that two edges lie in a plane; endless, until `slab` ends it.

    ``structure``: edges a and b in the plane, counter-clockwise about the outward normal, c the shortest lattice
    vector across. ``net_cells``: a and b as integer rows on the primitive net, shape (2, 2). ``planes`` go up the
    normal, ``plane_of`` tells in which each atom lies, and cut i, at ``cuts[i]`` of c, runs above plane i.
    """

    plane: Indices
    structure: Structure
    net_cells: Annotated[np.ndarray, Unit("1")]
    charges: Annotated[Mapping[str, float], Unit("1")]  # mean formal charge of each label
    planes: tuple[AtomicPlane, ...]
    plane_of: Annotated[np.ndarray, Unit("1")]
    cuts: Annotated[np.ndarray, Unit("1")]
    symmetry: tuple[CutSymmetry, ...]

    @property
    def edges(self) -> np.ndarray:
        """The two edges [m], the first along x, shape (2, 2)."""
        return self.structure.cell.matrix[:2, :2]

    @property
    def area(self) -> float:
        """Area between the edges [m2]."""
        return float(np.linalg.det(self.edges))

    @property
    def spacing(self) -> float:
        """Height of one repeat [m]."""
        return float(self.structure.cell.matrix[2, 2])

    @property
    def slip(self) -> np.ndarray:
        """How far c leans, as (u, v) along the edges."""
        return self.structure.cell.matrix[2, :2] @ np.linalg.inv(self.edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """A cut between two atomic planes, and the cuts that the crystal's symmetry makes of it.

    ``below`` ends the crystal under the cut, ``above`` begins the one over it. ``copies``: equal cuts, this one
    first; ``turned``: cuts equal to it once the crystal is turned over. ``polarisation``: formal dipole per
    volume of the repeat unit that begins above the cut, along the outward normal; 0 ends in vacuum without a
    field. ``tasker``: 1, 2 or 3.
    """

    index: Annotated[int, Unit("1")]
    name: str
    below: AtomicPlane
    above: AtomicPlane
    spacing: Annotated[float, Unit("m", show="angstrom")]  # between the nearest atoms on either side
    tasker: Annotated[int, Unit("1")]
    polarisation: Annotated[float, Unit("C/m2")]
    copies: Annotated[tuple[int, ...], Unit("1")]
    turned: Annotated[tuple[int, ...], Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """Whole repeats of a cut crystal, both faces at the same cut, so of the crystal's own composition.

    The third edge of ``structure`` is ``repeats`` steps, with vacuum along the normal added.
    """

    structure: Structure
    termination: Termination
    repeats: Annotated[int, Unit("1")]
    thickness: Annotated[float, Unit("m", show="nm")]
    vacuum: Annotated[float, Unit("m", show="nm")]
    formal_charge: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceModel:
    """Film on host as atoms, before anything has relaxed.

    Host below, film above, the outward normal up. In the periodic model the film carries the next host (two
    interfaces), else vacuum does. ``boundary_charge``: formal charge per area that is left at each interface or
    surface; the bound charge of both sides less the ions left out. ``dipole``: formal, per area, with vacuum only.
    Terminations are named by the atoms that are there before any are left out: shared sites by the whole atoms drawn,
    which ``note`` tells. ``shortest_across``: of pairs with one atom in the host and one in the film.
    """

    name: str
    structure: Structure
    host: str
    film: str
    orientation: str
    host_termination: str  # planes below and above the cut, e.g. "O|Li": O ends the host
    film_termination: str
    host_tasker: Annotated[int, Unit("1")]
    film_tasker: Annotated[int, Unit("1")]
    host_repeats: Annotated[int, Unit("1")]
    film_repeats: Annotated[int, Unit("1")]
    supercell: Annotated[tuple[int, int], Unit("1")]  # of the match's common cell
    area: Annotated[float, Unit("m2", show="angstrom2")]
    gap: Annotated[float, Unit("m", show="angstrom")]
    back_gap: Annotated[float, Unit("m", show="angstrom")] | None
    vacuum: Annotated[float, Unit("m", show="nm")]
    shift: Annotated[tuple[float, float], Unit("1")]  # of the film, along the edges of the match
    host_strain: Annotated[np.ndarray, Unit("1", show="%")]  # principal, shape (2,)
    film_strain: Annotated[np.ndarray, Unit("1", show="%")]
    host_normal_strain: Annotated[float, Unit("1", show="%")]
    film_normal_strain: Annotated[float, Unit("1", show="%")]
    composition: Annotated[Mapping[str, int], Unit("1")]
    left_out: Annotated[Mapping[str, int], Unit("1")]  # ions missing from the faces
    formal_charge: Annotated[float, Unit("1")]  # of the whole cell
    boundary_charge: Annotated[Mapping[str, float], Unit("C/m2")]
    dipole: Annotated[float, Unit("C/m")] | None
    shortest_distances: Annotated[Mapping[str, float], Unit("m", show="angstrom")]
    shortest_across: Annotated[Mapping[str, float], Unit("m", show="angstrom")]
    bulk_distances: Annotated[Mapping[str, float], Unit("m", show="angstrom")]  # of the strained crystals
    relaxed: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if not self.area > 0 or any(len(self.structure.occupancy[k]) > 1 for k in self.structure.labels):
            raise InputError(self.name, "shared sites or no area", "whole atoms on a cell of positive area")

    @property
    def stoichiometric(self) -> bool:
        """Whether both slabs have the composition of their crystals."""
        return not self.left_out

    @property
    def atoms(self) -> int:
        return len(self.structure.labels)
