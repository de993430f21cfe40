"""The powder and what the recipe puts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Particle:
    """The host powder as geometry and chemistry."""

    diameter: Annotated[float, Unit("m", show="um")]
    grain_size: Annotated[float, Unit("m", show="um")]
    density: Annotated[float, Unit("kg/m3", show="g/cm3")]
    roughness: Annotated[float, Unit("1")]
    wetted_area: Annotated[float, Unit("m2/kg", show="m2/g")]
    molar_mass: Annotated[float, Unit("kg/mol", show="g/mol")]
    lithium: Annotated[float, Unit("1")] = 1.0  # per formula unit of the host
    residual_lithium: Annotated[float, Unit("mol/kg")]
    cation_site_density: Annotated[float, Unit("mol/m3")]  # of cations that stay: without lithium

    @property
    def outer_area(self) -> float:
        """Area per mass that dry-mixed particles reach, m2/kg: roughness x 6/(rho d32)."""
        return self.roughness * 6 / (self.density * self.diameter)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One row of the batch sheet, per kilogram of host."""

    precursor: str
    mass: Annotated[float, Unit("kg/kg", show="g/kg")]  # of the dry, pure precursor
    mass_left: Annotated[float, Unit("kg/kg", show="g/kg")]  # of the oxide that it becomes
    amount: Annotated[float, Unit("mol/kg", show="mmol/kg")]
    weighed: Annotated[float, Unit("kg/kg", show="g/kg")]  # with the lot's water and impurities


@dataclass(frozen=True, slots=True, kw_only=True)
class CoatingLayer:
    """The recipe as a layer: mass, thickness, coverage and the lithium it takes."""

    batch: tuple[BatchLine, ...]
    mass_ratio: Annotated[float, Unit("kg/kg", show="wt%")]  # of what is left after firing, as are volumes
    wetting_share: Annotated[float, Unit("1", show="%")]  # of the volume, in precursors that spread
    density: Annotated[float, Unit("kg/m3", show="g/cm3")]
    area: Annotated[float, Unit("m2/kg", show="m2/g")]
    mean_thickness: Annotated[float, Unit("m", show="nm")]
    coverage_mixed: Annotated[float, Unit("1", show="%")]
    coverage: Annotated[float, Unit("1", show="%")]
    thickness: Annotated[float, Unit("m", show="nm")]
    cations: Annotated[Mapping[str, float], Unit("mol/kg")]
    cations_by_precursor: Annotated[Mapping[str, Mapping[str, float]], Unit("mol/kg")]
    dissolved_cations: Annotated[Mapping[str, float], Unit("mol/kg")]
    inclusion_volume_share: Annotated[float, Unit("1", show="%")]
    dissolved_share: Annotated[float, Unit("1", show="%")]  # of the precursors that do not wet
    lithium_bound: Annotated[float, Unit("mol/kg")]  # in the products
    lithium_bound_all: Annotated[float, Unit("mol/kg")]  # if every precursor dissolved
    lithium_brought: Annotated[float, Unit("mol/kg")]  # by the precursors that reacted
    lithium_demand: Annotated[float, Unit("mol/kg")]  # that residual lithium and the host have to give
    residual_consumed: Annotated[float, Unit("1", show="%")]
    host_lithium_taken: Annotated[float, Unit("1", show="%")]  # of the host's; above one it cannot give it
