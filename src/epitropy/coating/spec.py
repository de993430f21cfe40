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
    """What is weighed and mixed onto the cathode particles.

    Shares and dose are those of the dry, pure precursors; ``purity`` and ``water`` (H2O per formula unit of a hydrate)
    say what has to be weighed for them, by precursor, the row ``other`` for all that are not named. ``mixer``, mixing
    time and speed and the sieve are printed on the batch sheet; no law here uses them.
    """

    precursors: Annotated[Mapping[str, Sourced], Unit("1", show="%"), FRACTION]
    dose: Annotated[Sourced, Unit("1", show="wt%"), Within(0.0, 0.5, open_high=True)]
    dose_basis: Literal["host", "total"] = "host"
    area_basis: Literal["outer", "wetted"] = "outer"
    agglomerate_diameter: Annotated[Sourced, Unit("m", show="nm"), POSITIVE]
    deposition: Literal["random", "exclusive"] = "random"
    purity: Annotated[Mapping[str, Sourced], Unit("1", show="%"), Within(0.0, 1.0, open_low=True)]
    water: Annotated[Mapping[str, Sourced], Unit("1"), NOT_NEGATIVE]
    lithium_per_cation: Annotated[Mapping[str, Sourced], Unit("1"), NOT_NEGATIVE]
    mixer: str = "high-speed mixer"
    mixing_time: Annotated[Sourced, Unit("s", show="min"), NOT_NEGATIVE]
    mixing_speed: Annotated[Sourced, Unit("rad/s", show="rpm"), NOT_NEGATIVE]
    sieve_opening: Annotated[Sourced, Unit("m", show="um"), POSITIVE]
    spreading_diffusivity: Annotated[Sourced, Unit("m2/s"), NOT_NEGATIVE]
    spreading_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]

    def __post_init__(self) -> None:
        if not self.precursors:
            raise InputError("precursors", "none", "at least one precursor, or 'coating: none'")
