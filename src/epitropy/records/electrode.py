"""What a finished layer means to the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit
from .pathways import OxygenPermeance


@dataclass(frozen=True, slots=True, kw_only=True)
class CoatedElectrode:
    """The layer as the cell sees it, before a scenario says where it reaches."""

    thickness: Annotated[float, Unit("m", show="nm")]
    area: Annotated[float, Unit("m2/kg", show="m2/g")]  # that the recipe reaches; ``coverage_formed`` is of it
    coverage_formed: Annotated[float, Unit("1", show="%")]
    wetting_share: Annotated[float, Unit("1", show="%")]
    # largest energy release over interface toughness on each facet, at this thickness; and the facets' shares
    release_ratio: Annotated[Mapping[str, float], Unit("1")]
    facet_shares: Annotated[Mapping[str, float], Unit("1", show="%")]
    film_resistivity: Annotated[float, Unit("ohm m")]
    film_resistance: Annotated[float, Unit("ohm m2", show="ohm cm2")]  # per particle area
    open_share: Annotated[float, Unit("1", show="%")]  # of the surface, through which lithium passes
    electronic_conductivity: Annotated[float, Unit("S/m", show="S/cm")]
    oxygen_ratio: Annotated[float, Unit("1")]
    mass_ratio: Annotated[float, Unit("1", show="wt%")]
    host_share_lost: Annotated[float, Unit("1", show="%")]
    residual_consumed: Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permeation:
    """What a layer lets through, with 80 % intervals from the spread of its own coefficients; all else at its median.

    Oxygen is counted over that through the skin that the bare cell is taken to have after 200 cycles.
    """

    film_resistance: Annotated[float, Unit("ohm m2", show="ohm cm2")]  # per particle area
    film_resistance_low: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    film_resistance_high: Annotated[float, Unit("ohm m2", show="ohm cm2")]
    oxygen_permeance: OxygenPermeance
