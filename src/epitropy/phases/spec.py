"""The user's choices for the phase verdict: whose energies, and how their errors are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import FRACTION, Unit
from .energies import DEFAULT, energy_set


@dials("stability")
class Stability:
    """Which potential's energies decide, and how far off they are taken to be, in their own standard deviations.

    >>> Stability().potential
    '7net-0'
    """

    potential: str = DEFAULT
    coupled: bool = True  # whether a second phase that the energies ask for makes boundaries that leak
    mixture_error: Annotated[Mapping[str, Sourced], Unit("1")]
    oxygen_error: Annotated[Sourced, Unit("1")]
    compound_error: Annotated[Sourced, Unit("1")]
    lattice_error: Annotated[Sourced, Unit("1")]
    stiffness_error: Annotated[Sourced, Unit("1")]
    lithium_position: Annotated[Sourced, Unit("1"), FRACTION]

    def __post_init__(self) -> None:
        energy_set(self.potential)  # refuses one without shipped energies
        allowed = (*energy_set(self.potential).mixtures, "other")
        for host in self.mixture_error:
            if host not in allowed:
                raise InputError(f"stability.mixture_error.{host}", f"'{host}'", ", ".join(allowed))
