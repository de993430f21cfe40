"""The user's choices for the anneal: programme, gas, and the kinetics with their grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from ..constants import ZERO_CELSIUS
from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import Unit

REFERENCE_TEMPERATURE = 973.15  # K, where diffusivities, rates and enhancements are stated
OTHER = "other"  # row for every cation without one of its own

Diffusivities = Annotated[Mapping[str, Sourced], Unit("m2/s", show="cm2/s")]
Energies = Annotated[Mapping[str, Sourced], Unit("J/mol", show="kJ/mol")]


@dials("anneal")
class Anneal:
    """Ramp, hold and cool in a gas, and how fast cations move and inclusions dissolve.

    >>> spec = Anneal()
    >>> spec.temperature.value, spec.time.value, spec.gas
    (973.15, 18000.0, 'O2')
    """

    temperature: Annotated[Sourced, Unit("K", show="degC")]
    time: Annotated[Sourced, Unit("s", show="h")]
    ramp_rate: Annotated[Sourced, Unit("K/s", show="K/min")]
    cool_rate: Annotated[Sourced, Unit("K/s", show="K/min")]
    gas: str = "O2"
    oxygen_pressure: Annotated[Mapping[str, Sourced], Unit("Pa", show="atm")]  # by gas
    diffusivity_host: Diffusivities  # at 700 degC, by cation
    diffusivity_film: Diffusivities
    activation_energy_host: Energies
    activation_energy_film: Energies
    dissolution_rate: Annotated[Sourced, Unit("1/s", show="1/h")]  # at 700 degC, of precursors that do not wet
    dissolution_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]
    boundary_enhancement: Annotated[Sourced, Unit("1")]  # D along boundaries over D in the lattice, at 700 degC
    boundary_energy_ratio: Annotated[Sourced, Unit("1")]  # activation energy along boundaries over lattice
    boundary_width: Annotated[Sourced, Unit("m", show="nm")]
    film_grain_size: Annotated[Sourced, Unit("m", show="nm")]
    decomposition_enthalpy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]  # LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2
    decomposition_temperature: Annotated[Sourced, Unit("K", show="degC")]  # where it is in equilibrium in air

    def __post_init__(self) -> None:
        if self.gas not in self.oxygen_pressure:
            raise InputError(
                "anneal.gas",
                f"'{self.gas}'",
                ", ".join(self.oxygen_pressure),
                "Or add its oxygen pressure to anneal.oxygen_pressure.",
            )
        for name in _POSITIVE:
            if not getattr(self, name).value > 0:
                raise InputError(f"anneal.{name}", f"{getattr(self, name).value}", "a positive value")
        if not 298.15 < self.temperature.value <= 2273.15:
            raise InputError(
                "anneal.temperature",
                f"{self.temperature.value - ZERO_CELSIUS:.0f} degC",
                "above 25 and up to 2000 degC",
            )
        for name in ("time", "dissolution_rate", "dissolution_activation_energy"):
            if getattr(self, name).value < 0:
                raise InputError(f"anneal.{name}", f"{getattr(self, name).value}", "zero or a positive value")
        for name in ("diffusivity_host", "diffusivity_film", "oxygen_pressure"):
            for species, number in getattr(self, name).items():
                if not number.value > 0:
                    raise InputError(f"anneal.{name}.{species}", f"{number.value}", "a positive value")


_POSITIVE = (
    "temperature",
    "ramp_rate",
    "cool_rate",
    "boundary_enhancement",
    "boundary_energy_ratio",
    "boundary_width",
    "film_grain_size",
    "decomposition_temperature",
)


def of_species(rows: Mapping[str, Sourced], species: str, where: str) -> float:
    """A cation's value, or that of the row ``other``.

    >>> of_species({"other": Sourced(value=2.0)}, "Hf", "anneal.diffusivity_host")
    2.0
    """
    row = rows.get(species, rows.get(OTHER))
    if row is None:
        raise InputError(
            f"{where}.{species}", "no value", f"one of {', '.join(rows)}", f"Add '{species}' or '{OTHER}'."
        )
    return row.value
