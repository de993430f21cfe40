"""What is assumed of the finished layer as a path for lithium, electrons and oxygen."""

from __future__ import annotations

from typing import Annotated

from ..records.sourced import Sourced
from ..sources import dials
from ..units import FRACTION, NOT_NEGATIVE, POSITIVE, Unit, Within

COMPUTED = "computed"


@dials("layer")
class Layer:
    """Properties of the layer; ``structure`` names the phase it is; "computed": that of the phase verdict."""

    structure: str = COMPUTED
    lithium_conductivity: Annotated[Sourced, Unit("S/m", show="S/cm"), POSITIVE]
    electronic_conductivity: Annotated[Sourced, Unit("S/m", show="S/cm"), POSITIVE]
    oxygen_ratio: Annotated[Sourced, Unit("1"), POSITIVE]
    second_phase: Annotated[Sourced, Unit("1", show="%"), FRACTION]
    boundary_leak: Annotated[Sourced, Unit("1"), NOT_NEGATIVE]
    leak_share: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True)]
    interface_toughness: Annotated[Sourced, Unit("J/m2"), POSITIVE]
    conduction_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol"), NOT_NEGATIVE]
