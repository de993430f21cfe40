"""The user's dials for the coating recipe and for the layer that forms from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import FRACTION, NOT_NEGATIVE, POSITIVE, Unit, Within


@dials("coating", whole=("precursors",))
class Coating:
    """What is weighed and mixed onto the cathode particles."""

    precursors: Annotated[Mapping[str, Sourced], Unit("1", show="%"), FRACTION]
    dose: Annotated[Sourced, Unit("1", show="wt%"), Within(0.0, 0.5, open_high=True)]
    dose_basis: Literal["host", "total"] = "host"
    area_basis: Literal["outer", "wetted"] = "outer"
    agglomerate_diameter: Annotated[Sourced, Unit("m", show="nm"), POSITIVE]
    deposition: Literal["random", "exclusive"] = "random"
    spreading_diffusivity: Annotated[Sourced, Unit("m2/s"), NOT_NEGATIVE]
    spreading_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]

    def __post_init__(self) -> None:
        if not self.precursors:
            raise InputError("precursors", "none", "at least one precursor, or 'coating: none'")
