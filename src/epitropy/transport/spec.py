"""What is assumed of the finished layer as a path for lithium, electrons and oxygen."""

from __future__ import annotations

from typing import Annotated

from ..records.sourced import Sourced
from ..sources import dials
from ..units import Unit


@dials("layer")
class Layer:
    """Properties of the layer; ``structure`` names the phase it is taken to be until energies decide."""

    structure: str = "layered layer"
    lithium_conductivity: Annotated[Sourced, Unit("S/m", show="S/cm")]
    electronic_conductivity: Annotated[Sourced, Unit("S/m", show="S/cm")]
    oxygen_ratio: Annotated[Sourced, Unit("1")]
    second_phase: Annotated[Sourced, Unit("1", show="%")]
    boundary_leak: Annotated[Sourced, Unit("1")]
    open_facet_share: Annotated[Sourced, Unit("1", show="%")]
    interface_toughness: Annotated[Sourced, Unit("J/m2")]
