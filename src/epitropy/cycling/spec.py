"""The user's dials for the cathode powder, the half-cell, the protocol and the ageing priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import FRACTION, NOT_NEGATIVE, POSITIVE, Unit, Within

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
    particle_diameter: Annotated[Sourced, Unit("m", show="um"), Within(1e-8, 1e-3)]
    grain_size: Annotated[Sourced, Unit("m", show="um"), Within(1e-9, 1e-3)]
    wetted_area: Annotated[Sourced, Unit("m2/kg", show="m2/g"), POSITIVE]
    roughness: Annotated[Sourced, Unit("1"), POSITIVE]
    residual_lithium: Annotated[Sourced, Unit("mol/kg"), NOT_NEGATIVE]
    surface_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    inactive_share: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_high=True)]
    ocv_shift: Annotated[Sourced, Unit("V", show="mV")]
    young_modulus: Annotated[Sourced, Unit("Pa", show="GPa"), POSITIVE]
    poisson_ratio: Annotated[Sourced, Unit("1"), Within(-1.0, 0.5, open_low=True)]
    boundary_toughness: Annotated[Sourced, Unit("J/m2"), POSITIVE]
    breathing: Annotated[Sourced, Unit("1"), NOT_NEGATIVE]
    apparent_radius: Annotated[Sourced, Unit("m", show="um"), POSITIVE]
    uncracked_transport: Annotated[Sourced, Unit("1", show="%"), FRACTION]
    exchange_current: Annotated[Sourced, Unit("A/m2"), POSITIVE]

    def __post_init__(self) -> None:
        known = _ncm90()
        for name in set(self.composition) - set(known):
            raise InputError(f"composition.{name}", "no sublattice of a layered host", ", ".join(known))
        if "M" not in self.composition:
            raise InputError("composition", f"sublattices {', '.join(self.composition)}", "M, the metal site")
        object.__setattr__(self, "composition", {**known, **self.composition})
        for name, occupancy in self.composition.items():
            if not all(0 <= y <= 1 for y in occupancy.values()):
                raise InputError(f"composition.{name}", f"{dict(occupancy)}", "fractions between 0 and 1")
            total = sum(occupancy.values())
            if abs(total - 1) > 1e-6:
                raise InputError(f"composition.{name}", f"fractions sum to {total:g}", "a sum of 1")


@dials("cell")
class Cell:
    """A Li half-cell, coin or pouch."""

    format: Literal["coin", "pouch"] = "coin"
    electrolyte: str = "1 M LiPF6 in EC:EMC"
    area: Annotated[Sourced, Unit("m2", show="cm2"), POSITIVE]
    loading: Annotated[Sourced, Unit("kg/m2", show="mg/cm2"), POSITIVE]
    series_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    lithium_resistance_growth: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]


@dials("protocol")
class Protocol:
    """Galvanostatic cycling between two cut-offs after a slow formation."""

    one_c: Annotated[Sourced, Unit("A/kg", show="mA/g"), POSITIVE]
    upper_voltage: Annotated[Sourced, Unit("V")]
    lower_voltage: Annotated[Sourced, Unit("V")]
    charge_rate: Annotated[Sourced, Unit("1"), POSITIVE]
    discharge_rate: Annotated[Sourced, Unit("1"), POSITIVE]
    formation_rate: Annotated[Sourced, Unit("1"), POSITIVE]
    formation_cycles: Annotated[int, Unit("1")] = 2
    cycles: Annotated[int, Unit("1")] = 200
    temperature: Annotated[Sourced, Unit("K", show="degC"), POSITIVE]
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
        if not 2 <= self.cycles <= 100_000:
            raise InputError("cycles", f"{self.cycles}", "2 to 100000")
        if not 1 <= self.formation_cycles <= 100:
            raise InputError("formation_cycles", f"{self.formation_cycles}", "1 to 100")


@dials("degradation")
class Degradation:
    """Priors of the ageing laws (see ``cycling/laws.py``)."""

    skin_thickness_200: Annotated[Sourced, Unit("m", show="nm"), POSITIVE]
    skin_transport_share: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True, open_high=True)]
    fresh_skin: Annotated[Sourced, Unit("m", show="nm"), NOT_NEGATIVE]
    threshold: Annotated[Sourced, Unit("1"), FRACTION]
    threshold_width: Annotated[Sourced, Unit("1"), POSITIVE]
    skin_resistivity: Annotated[Sourced, Unit("ohm m"), POSITIVE]
    dead_volume_ratio: Annotated[Sourced, Unit("1"), NOT_NEGATIVE]
    cracked_share: Annotated[Sourced, Unit("1", show="%"), FRACTION]
    wetted_area_200: Annotated[Sourced, Unit("m2/kg", show="m2/g"), POSITIVE]
    deep_charge_share: Annotated[Sourced, Unit("1", show="%"), FRACTION]
    crosstalk_growth: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    pinned_share_200: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_high=True)]
    pinning_limit: Annotated[Sourced, Unit("1"), FRACTION]
    coherency: Annotated[Sourced, Unit("1", show="%"), FRACTION]
