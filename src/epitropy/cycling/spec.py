"""The user's dials for the cathode powder, the half-cell, the protocol and the ageing priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import Unit

Share = Annotated[float, Unit("1")]


def _ncm90() -> dict[str, dict[str, float]]:
    return {"Li": {"Li": 1.0}, "M": {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}, "O": {"O": 1.0}}


@dials("cathode")
class Cathode:
    """The host powder: composition by sublattice, particle and grain size, areas, lattice and OCV tables."""

    composition: Mapping[str, Mapping[str, Share]] = field(default_factory=_ncm90)
    structure: Literal["layered"] = "layered"
    lattice: str = "ncm90"
    ocv: str = "ncm90"
    particle_diameter: Annotated[Sourced, Unit("m", show="um")]
    grain_size: Annotated[Sourced, Unit("m", show="um")]
    wetted_area: Annotated[Sourced, Unit("m2/kg", show="m2/g")]
    roughness: Annotated[Sourced, Unit("1")]
    residual_lithium: Annotated[Sourced, Unit("mol/kg")]
    surface_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2")]
    inactive_share: Annotated[Sourced, Unit("1", show="%")]
    ocv_shift: Annotated[Sourced, Unit("V", show="mV")]
    young_modulus: Annotated[Sourced, Unit("Pa", show="GPa")]
    poisson_ratio: Annotated[Sourced, Unit("1")]
    boundary_toughness: Annotated[Sourced, Unit("J/m2")]
    breathing: Annotated[Sourced, Unit("1")]
    apparent_radius: Annotated[Sourced, Unit("m", show="um")]
    exchange_current: Annotated[Sourced, Unit("A/m2")]

    def __post_init__(self) -> None:
        for name, occupancy in self.composition.items():
            total = sum(occupancy.values())
            if abs(total - 1) > 1e-6:
                raise InputError(f"composition.{name}", f"fractions sum to {total:g}", "a sum of 1")
        _need_positive(self, "particle_diameter", "grain_size", "wetted_area", "roughness", "apparent_radius")


@dials("cell")
class Cell:
    """A Li half-cell, coin or pouch."""

    format: Literal["coin", "pouch"] = "coin"
    electrolyte: str = "1 M LiPF6 in EC:EMC"
    area: Annotated[Sourced, Unit("m2", show="cm2")]
    loading: Annotated[Sourced, Unit("kg/m2", show="mg/cm2")]
    series_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2")]
    lithium_resistance_growth: Annotated[Sourced, Unit("ohm m2", show="ohm cm2")]

    def __post_init__(self) -> None:
        _need_positive(self, "area", "loading")


@dials("protocol")
class Protocol:
    """Galvanostatic cycling between two cut-offs after a slow formation."""

    one_c: Annotated[Sourced, Unit("A/kg", show="mA/g")]
    upper_voltage: Annotated[Sourced, Unit("V")]
    lower_voltage: Annotated[Sourced, Unit("V")]
    charge_rate: Annotated[Sourced, Unit("1")]
    discharge_rate: Annotated[Sourced, Unit("1")]
    formation_rate: Annotated[Sourced, Unit("1")]
    formation_cycles: Annotated[int, Unit("1")] = 2
    cycles: Annotated[int, Unit("1")] = 200
    temperature: Annotated[Sourced, Unit("K", show="degC")]
    mass_basis: Literal["coated powder", "host"] = "coated powder"

    def __post_init__(self) -> None:
        low, high = self.lower_voltage.value, self.upper_voltage.value
        if not low < high:
            raise InputError(
                "upper_voltage",
                f"{high:g} V with lower_voltage {low:g} V",
                "an upper cut-off above the lower one",
                "Swap the two.",
            )
        if not low >= 1.5 or not high <= 5.0:
            raise InputError("upper_voltage", f"window {low:g}-{high:g} V", "cut-offs between 1.5 and 5 V")
        if self.cycles < 2 or self.formation_cycles < 1:
            raise InputError("cycles", f"{self.cycles} after {self.formation_cycles}", "2 or more after 1 or more")
        _need_positive(self, "one_c", "charge_rate", "discharge_rate", "formation_rate", "temperature")


@dials("degradation")
class Degradation:
    """Priors of the ageing laws (see ``cycling/laws.py``)."""

    skin_thickness_200: Annotated[Sourced, Unit("m", show="nm")]
    skin_transport_share: Annotated[Sourced, Unit("1", show="%")]
    fresh_skin: Annotated[Sourced, Unit("m", show="nm")]
    threshold: Annotated[Sourced, Unit("1")]
    threshold_width: Annotated[Sourced, Unit("1")]
    skin_resistivity: Annotated[Sourced, Unit("ohm m")]
    dead_volume_ratio: Annotated[Sourced, Unit("1")]
    cracked_share: Annotated[Sourced, Unit("1", show="%")]
    wetted_area_200: Annotated[Sourced, Unit("m2/kg", show="m2/g")]
    deep_charge_share: Annotated[Sourced, Unit("1", show="%")]
    crosstalk_growth: Annotated[Sourced, Unit("ohm m2", show="ohm cm2")]
    pinned_share_200: Annotated[Sourced, Unit("1", show="%")]
    pinning_limit: Annotated[Sourced, Unit("1")]
    coherency: Annotated[Sourced, Unit("1", show="%")]


def _need_positive(record: object, *names: str) -> None:
    for name in names:
        if (value := getattr(record, name)).value <= 0:
            raise InputError(name, f"{value.value:g} {value.unit}", "a positive number")
