"""What potentials say of atoms: relaxed cells, with all that is needed to trust or repeat them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit
from .structure import Structure

Energy = Annotated[float, Unit("J", show="eV")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Potential:
    """An interatomic potential as it was used: name, package and version, checksum of its weights."""

    name: str
    package: str
    version: str
    checksum: str  # first 16 hex digits of the SHA-256 of the weights
    source: str = ""

    @property
    def label(self) -> str:
        return f"{self.name} ({self.package} {self.version}, weights {self.checksum})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """One relaxation: where it went, how far it converged, and whether it is still the structure it began as.

    ``energy`` is of the whole cell, in the potential's own convention: energies of two potentials have no common zero.
    ``site_energies`` are the potential's shares of it, in the order of the structure's atoms, shape (n,).
    """

    name: str
    potential: Potential
    structure: Structure
    energy: Energy
    site_energies: Annotated[np.ndarray, Unit("J", show="eV")]
    largest_force: Annotated[float, Unit("N", show="eV/angstrom")]
    largest_stress: Annotated[float, Unit("Pa", show="GPa")]
    steps: Annotated[int, Unit("1")]
    seed: Annotated[int, Unit("1")]
    converged: bool
    lost: str = ""  # why it is no longer the structure it began as; empty: it is

    @property
    def usable(self) -> bool:
        """Converged, and still its own structure; anything else is refused, never averaged."""
        return self.converged and not self.lost

    @property
    def reason(self) -> str:
        """Why it cannot be used; empty if it can."""
        return self.lost if self.lost else "" if self.converged else f"not converged in {self.steps} steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One lithium hop: energies along the band over its start, and what stands around it."""

    name: str
    potential: Potential
    energies: Annotated[np.ndarray, Unit("J", show="eV")]
    near: str  # cations other than lithium around the middle of the hop
    divacancy: bool
    steps: Annotated[int, Unit("1")]
    largest_force: Annotated[float, Unit("N", show="eV/angstrom")]
    converged: bool

    @property
    def barrier(self) -> float:
        """Highest energy along the band over its lower end [J]: what a hop costs whichever way it goes."""
        return float(self.energies.max() - min(self.energies[0], self.energies[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stiffness:
    """Elastic constants (6, 6) in Voigt's order, and the means of a polycrystal."""

    name: str
    potential: Potential
    constants: Annotated[np.ndarray, Unit("Pa", show="GPa")]
    asymmetry: Annotated[float, Unit("Pa", show="GPa")]
    bulk: Annotated[float, Unit("Pa", show="GPa")]
    shear: Annotated[float, Unit("Pa", show="GPa")]
    young: Annotated[float, Unit("Pa", show="GPa")]
    poisson_ratio: Annotated[float, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """One host with cations mixed over its sites, by one potential: the usable decorations and their scatter.

    energy: mean, per cation of the mixed sublattice and what comes with it. cation_spread: standard deviation of the
    energies of single cations of one element, averaged over the elements (Dicks et al., arXiv 2508.13389): small where
    any site is as good as any other. difference: over the first host of the same atoms; nan where they differ.
    """

    host: str
    potential: str
    sites: Annotated[Mapping[str, int], Unit("1")]
    atoms: Annotated[Mapping[str, int], Unit("1")]
    decorations: Annotated[int, Unit("1")]
    energy: Energy
    spread: Energy
    cation_spread: Energy
    difference: Energy
    refused: tuple[str, ...]
    told: tuple[str, ...] = ()
