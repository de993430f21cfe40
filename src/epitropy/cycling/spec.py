"""The user's dials for the cathode powder, the half-cell, the protocol and the ageing priors.

Numbers hold at 25 degC; each activation energy carries its number to the temperature of the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from ..constants import ZERO_CELSIUS
from ..electrolytes import electrolyte_names
from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import FRACTION, NOT_NEGATIVE, POSITIVE, Unit, Within

Share = Annotated[float, Unit("1")]
Energy = Annotated[Sourced, Unit("J/mol", show="kJ/mol"), NOT_NEGATIVE]

REFERENCE_TEMPERATURE = ZERO_CELSIUS + 25.0  # K, of every number that has an activation energy
RATE = Within(0.0, 50.0, open_low=True)  # in units of 1C

# what `degradation.without` can switch off
MECHANISMS: Mapping[str, str] = {
    "formation_cracks": "cracks that open in formation",
    "cycling_cracks": "cracks that open cycle by cycle",
    "fresh_skin": "rock-salt skin on the outer surface before cycling",
    "skin": "growth of the rock-salt skin",
    "oxygen_barrier": "the layer's hold on oxygen, which slows the skin below it",
    "dead_mass": "host that the skin takes out of use",
    "skin_resistance": "resistance of the skin to lithium",
    "interphase": "growth of the electrolyte's interphase on the cathode",
    "film_resistance": "resistance of the layer to lithium",
    "electron_access": "resistance of the layer to electrons where carbon touches the particles",
    "stress_potential": "shift of the voltage by the misfit of skin and layer",
    "pinned_grains": "grains that stop giving lithium above 75 % state of charge",
    "cross_talk": "dissolved metals that age the lithium electrode",
    "lithium_growth": "growth of the lithium electrode's resistance",
    "surface_resistance": "resistance that residual lithium adds",
    "inactive_share": "host that stores no lithium from the start",
}


def _ncm90() -> dict[str, dict[str, float]]:
    return {"Li": {"Li": 1.0}, "M": {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}, "O": {"O": 1.0}}


@dials("cathode")
class Cathode:
    """The host powder: composition by sublattice, particle and grain size, areas, lattice and OCV tables.

    ``surface_energy`` by facet gives the shape of a crystal and the shares of its facets; ``facet_shares``, where they
    are known, stand in for it. ``breathing`` is a factor on the mismatch between the host's own grains.
    """

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
    surface_energy: Annotated[Mapping[str, Sourced], Unit("J/m2"), POSITIVE]
    facet_shares: Annotated[Mapping[str, Sourced], Unit("1", show="%"), FRACTION] = field(default_factory=dict)
    apparent_radius: Annotated[Sourced, Unit("m", show="um"), POSITIVE]
    uncracked_transport: Annotated[Sourced, Unit("1", show="%"), FRACTION]
    exchange_current: Annotated[Sourced, Unit("A/m2"), POSITIVE]
    diffusivity_activation_energy: Energy
    exchange_activation_energy: Energy

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
        _check_facets("surface_energy", self.surface_energy)
        _check_facets("facet_shares", self.facet_shares)
        total = sum(s.value for s in self.facet_shares.values())
        if self.facet_shares and abs(total - 1) > 1e-3:
            raise InputError("facet_shares", f"shares sum to {total:g}", "a sum of 1")


def _check_facets(where: str, given: Mapping[str, Sourced]) -> None:
    """Names of facets are three digits; YAML reads them as numbers unless they stand in quotes."""
    for name in given:
        if not re.fullmatch(r"\d{3}", name) or name == "000":
            remedy = "Write them in quotes: YAML takes 003 for the number 3."
            raise InputError(f"{where}.{name}", f"'{name}'", "three digits of hexagonal axes, like '104'", remedy)


@dials("cell")
class Cell:
    """A Li half-cell, coin or pouch. Area, loading and areal resistances are of one coated face.

    The electrode is loading/(density (1 - porosity) active_share) thick. Its series resistance is what electrolyte,
    lithium kinetics, electrode conductivity and ``contact_resistance`` leave: cell contacts and the film on lithium.
    """

    format: Literal["coin", "pouch"] = "coin"
    electrolyte: str = "1 M LiPF6 in EC:EMC"
    faces: Annotated[int, Unit("1")] | None = None
    area: Annotated[Sourced, Unit("m2", show="cm2"), POSITIVE]
    loading: Annotated[Sourced, Unit("kg/m2", show="mg/cm2"), POSITIVE]
    electrode_porosity: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True, open_high=True)]
    active_share: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True)]
    electrode_conductivity: Annotated[Sourced, Unit("S/m"), POSITIVE]
    separator_thickness: Annotated[Sourced, Unit("m", show="um"), POSITIVE]
    separator_porosity: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True)]
    bruggeman: Annotated[Sourced, Unit("1"), Within(1.0, 6.0)]
    lithium_exchange: Annotated[Sourced, Unit("A/m2"), POSITIVE]
    lithium_salt_exponent: Annotated[Sourced, Unit("1"), FRACTION]
    lithium_activation_energy: Energy
    series_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    contact_resistance: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    contact_share: Annotated[Sourced, Unit("1", show="%"), Within(0.0, 1.0, open_low=True)]
    lithium_resistance_growth: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    lithium_growth_activation_energy: Energy

    def __post_init__(self) -> None:
        if self.electrolyte not in electrolyte_names():
            raise InputError("electrolyte", f"unknown electrolyte '{self.electrolyte}'", ", ".join(electrolyte_names()))
        if self.faces is not None and not 1 <= self.faces <= 1000:
            raise InputError("faces", f"{self.faces}", "1 to 1000, or none for 1 in a coin and 2 in a pouch cell")

    @property
    def coated_faces(self) -> int:
        """Coated faces in the cell: one in a coin cell, two in a pouch cell, unless stated."""
        return self.faces or {"coin": 1, "pouch": 2}[self.format]


@dials("protocol")
class Protocol:
    """Cycling between two cut-offs after a slow formation, charged at constant current (CC) or held at the cut-off.

    Currents are in units of 1C. ``rate`` is that of ageing, charge and discharge, unless one of them has its own; the
    hold of CC-CV ends at ``hold_rate``. ``rate_steps`` are discharge rates tried between formation and ageing. A slow
    reference cycle follows every ``reference_interval`` ageing cycles (0: none). With ``skip`` the cycles between which
    little changes are interpolated, as long as the estimated error is below twice ``skip_tolerance`` of the capacity.
    """

    one_c: Annotated[Sourced, Unit("A/kg", show="mA/g"), POSITIVE]
    upper_voltage: Annotated[Sourced, Unit("V")]
    lower_voltage: Annotated[Sourced, Unit("V")]
    rate: Annotated[Sourced, Unit("1"), RATE]
    charge_rate: Annotated[Sourced, Unit("1")] | None = None
    discharge_rate: Annotated[Sourced, Unit("1")] | None = None
    charge_mode: Literal["CC", "CC-CV"] = "CC"
    hold_rate: Annotated[Sourced, Unit("1"), RATE]
    rest: Annotated[Sourced, Unit("s", show="min"), NOT_NEGATIVE]
    formation_rate: Annotated[Sourced, Unit("1"), RATE]
    formation_cycles: Annotated[int, Unit("1")] = 2
    rate_steps: Annotated[tuple[float, ...], Unit("1")] = ()
    rate_step_cycles: Annotated[int, Unit("1")] = 3
    cycles: Annotated[int, Unit("1")] = 200
    reference_interval: Annotated[int, Unit("1")] = 0
    reference_rate: Annotated[Sourced, Unit("1"), RATE]
    temperature: Annotated[Sourced, Unit("K", show="degC"), Within(233.15, 353.15)]
    mass_basis: Literal["coated powder", "host"] = "coated powder"
    skip: bool = True
    skip_tolerance: Annotated[float, Unit("1")] = 1e-3

    @property
    def charge(self) -> Sourced:
        """Charge current of an ageing cycle in units of 1C."""
        return self.charge_rate or self.rate

    @property
    def discharge(self) -> Sourced:
        """Discharge current of an ageing cycle in units of 1C."""
        return self.discharge_rate or self.rate

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
            name = "lower_voltage" if low < 1.5 else "upper_voltage"
            raise InputError(name, f"window {low:g}-{high:g} V", "cut-offs between 1.5 and 5 V")
        for name, given in (("charge_rate", self.charge.value), ("discharge_rate", self.discharge.value)):
            _check_rate(name, given)
        for given in self.rate_steps:
            _check_rate("rate_steps", given)
        if self.charge_mode == "CC-CV" and not self.hold_rate.value < self.charge.value:
            raise InputError(
                "hold_rate",
                f"{self.hold_rate.value:g} C with a charge at {self.charge.value:g} C",
                "a current below that of the charge",
                "The hold starts at the current of the charge and ends at hold_rate.",
            )
        for name, least, most in (
            ("cycles", 2, 100_000),
            ("formation_cycles", 1, 100),
            ("rate_step_cycles", 1, 100),
            ("reference_interval", 0, 100_000),
        ):
            if not least <= getattr(self, name) <= most:
                raise InputError(name, f"{getattr(self, name)}", f"{least} to {most}")
        if not 0 < self.skip_tolerance <= 0.05:
            raise InputError("skip_tolerance", f"{self.skip_tolerance:g}", "above 0 to 5 % of the capacity")


def _check_rate(name: str, rate: float) -> None:
    if not RATE.allows(rate):
        raise InputError(name, f"{rate:g}", RATE.in_words(Unit("1")))


@dials("degradation")
class Degradation:
    """Priors of the ageing laws (see ``cycling/laws.py``); ``without`` names mechanisms that are switched off."""

    without: tuple[str, ...] = ()
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
    interphase_resistance_200: Annotated[Sourced, Unit("ohm m2", show="ohm cm2"), NOT_NEGATIVE]
    interphase_coated: Annotated[Sourced, Unit("1", show="%"), NOT_NEGATIVE]
    skin_activation_energy: Energy
    interphase_activation_energy: Energy
    conduction_activation_energy: Energy

    def __post_init__(self) -> None:
        for name in self.without:
            if name not in MECHANISMS:
                raise InputError("without", f"unknown mechanism '{name}'", ", ".join(MECHANISMS))


@dials("calibration")
class Calibration:
    """Capacities of one cell, by cycle, that fix the kinetic scale (first) and the fade-rate scale (last).

    ``capacity_level`` and ``retention_level`` are what the cell truly has over what was read: errors of mass and
    loading shift all its capacities alike, replicates differ a little in what they keep. ``protocol`` is the one under
    which they were read, where the cells of the study are cycled by another.
    """

    cell: str
    capacity: Annotated[Mapping[int, Sourced], Unit("C/kg", show="mAh/g")] = field(default_factory=dict)
    protocol: Protocol | None = None
    capacity_level: Annotated[Sourced, Unit("1"), POSITIVE]
    retention_level: Annotated[Sourced, Unit("1"), POSITIVE]

    def __post_init__(self) -> None:
        cycles = sorted(self.capacity)
        if len(cycles) != 2 or cycles[0] != 1:
            raise InputError(
                "capacity", f"cycles {cycles}", "two cycles: 1 and a later one", "Give for example 1 and 200."
            )
        if min(c.value for c in self.capacity.values()) <= 0:
            raise InputError("capacity", "a capacity of zero or below", "positive capacities")
        if any(c.uncertain for c in self.capacity.values()):
            remedy = (
                "Give the spread to capacity_level (all cycles alike) or retention_level (the last over the first)."
            )
            raise InputError("capacity", "a capacity with a spread", "capacities as read", remedy)

    @property
    def first(self) -> float:
        """True capacity of cycle 1, C/kg."""
        return self.capacity[1].value * self.capacity_level.value

    @property
    def last(self) -> float:
        """True capacity of the last cycle, C/kg."""
        return self.capacity[self.last_cycle].value * self.capacity_level.value * self.retention_level.value

    @property
    def last_cycle(self) -> int:
        return max(self.capacity)
