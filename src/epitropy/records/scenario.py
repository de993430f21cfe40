"""A declared hypothesis about what ages the cell and where the layer helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One mechanism scenario; each predicts, none is fitted to a coated cell.

    ``fade_carrier`` is what the fade-rate scale multiplies; ``gap_carrier`` what sets bare and coated apart at cycle 1.
    """

    name: str
    title: str
    reach: Literal["outer", "boundaries"] = "outer"
    barrier: Annotated[float, Unit("1")] = 1.0
    crack_share: Annotated[float, Unit("1")] = 1.0  # cracks where the layer reaches, over those of the bare cell
    fade_carrier: Literal["skin", "crosstalk", "pinned"] = "skin"
    gap_carrier: Literal["series", "inactive"] = "series"
    needs: str = ""
    refuted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What the bare cell fixed in one draw: two free scalars, and the rates that follow from the priors."""

    kinetic: Annotated[float, Unit("1")] = 1.0
    fade: Annotated[float, Unit("1")] = 1.0
    reference_area: Annotated[float, Unit("m2/kg")]
    reference_exposure: Annotated[float, Unit("s")]  # of the bare cell's first ageing cycle
    exposure_200: Annotated[float, Unit("s")]  # of formation and 200 such cycles, to which the priors of growth refer
    skin_rate: Annotated[float, Unit("m/s")]
    skin_diffusivity: Annotated[float, Unit("m2/s")]
    crack_rate: Annotated[float, Unit("1")]
