"""The user's dials for the coating recipe and for the layer that forms from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import Unit


@dials("coating")
class Coating:
    """What is weighed and mixed onto the cathode particles."""

    precursors: Annotated[Mapping[str, Sourced], Unit("1", show="%")]
    dose: Annotated[Sourced, Unit("1", show="wt%")]
    dose_basis: Literal["host", "total"] = "host"
    area_basis: Literal["outer", "wetted"] = "outer"
    agglomerate_diameter: Annotated[Sourced, Unit("m", show="nm")]
    deposition: Literal["random", "exclusive"] = "random"
    spreading_diffusivity: Annotated[Sourced, Unit("m2/s")]
    spreading_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]

    def __post_init__(self) -> None:
        if not self.precursors:
            raise InputError("precursors", "none", "at least one precursor, or 'coating: none'")
        shares = [s.value for s in self.precursors.values()]
        if min(shares) < 0 or max(shares) > 1:
            raise InputError("precursors", f"mass shares {shares}", "each between 0 and 1")
        if not 0 <= self.dose.value < 0.5:
            raise InputError("dose", f"{self.dose.value:g} kg/kg", "0 wt% or more, below 50 wt%")
        if self.agglomerate_diameter.value <= 0:
            raise InputError("agglomerate_diameter", f"{self.agglomerate_diameter.value:g} m", "a positive length")
