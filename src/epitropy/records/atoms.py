"""What potentials say of atoms: relaxed cells, with all that is needed to trust or repeat them."""

from __future__ import annotations

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
