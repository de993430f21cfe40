"""The user's choices for the anneal: programme, gas, and the kinetics with their grades."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ..constants import ZERO_CELSIUS
from ..errors import InputError
from ..records.sourced import Sourced
from ..sources import dials
from ..units import Unit, convert, units_of

AMBIENT_TEMPERATURE = 298.15  # K, where heating starts and cooling ends
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
    geometry: Literal["plane", "sphere"] = "plane"  # of the host under the layer
    oxygen_pressure: Annotated[Mapping[str, Sourced], Unit("Pa", show="atm")]  # by gas
    diffusivity_host: Diffusivities  # at 700 degC, by cation
    diffusivity_film: Diffusivities
    activation_energy_host: Energies
    activation_energy_film: Energies
    dissolution_rate: Annotated[Sourced, Unit("1/s", show="1/h")]  # at 700 degC, of precursors that do not wet
    dissolution_activation_energy: Annotated[Sourced, Unit("J/mol", show="kJ/mol")]
    mixing_enthalpy: Energies  # by pair, Ni-Nb: H of mixing = sum Omega x_i x_j per mole of sites; none: ideal
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
        temperature = self.temperature.value
        if not AMBIENT_TEMPERATURE < temperature <= 2273.15:
            given = f"{temperature - ZERO_CELSIUS:.6g} degC"
            raise InputError("anneal.temperature", given, "above 25 and up to 2000 degC")
        for name in _POSITIVE:
            self._check(name, getattr(self, name).value, lambda v: v > 0, "a positive value")
        for name in ("time", "dissolution_rate", "dissolution_activation_energy"):
            self._check(name, getattr(self, name).value, lambda v: v >= 0, "zero or a positive value")
        for name in ("diffusivity_host", "diffusivity_film", "oxygen_pressure"):
            for species, number in getattr(self, name).items():
                self._check(name, number.value, lambda v: v > 0, "a positive value", species)
        pairs_of(self.mixing_enthalpy)

    def _check(self, name: str, value: float, fits: Callable[[float], bool], allowed: str, species: str = "") -> None:
        if not (math.isfinite(value) and fits(value)):
            unit = units_of(type(self))[name]
            given = f"{convert(value, unit.si, unit.shown):.6g} {unit.shown}".removesuffix(" 1")
            raise InputError(f"anneal.{name}.{species}".rstrip("."), given, allowed)


_POSITIVE = (
    "ramp_rate",
    "cool_rate",
    "boundary_enhancement",
    "boundary_energy_ratio",
    "boundary_width",
    "film_grain_size",
    "decomposition_temperature",
)


def pairs_of(enthalpies: Mapping[str, Sourced]) -> dict[frozenset[str], float]:
    """Pair enthalpies (J/mol) by the set of two cations; Ni-Nb and Nb-Ni are the same.

    >>> pairs_of({"Nb-Ni": Sourced(value=5e3)}) == {frozenset({"Ni", "Nb"}): 5e3}
    True
    """
    pairs: dict[frozenset[str], float] = {}
    for name, number in enthalpies.items():
        pair = frozenset(part.strip() for part in name.split("-"))
        where = f"anneal.mixing_enthalpy.{name}"
        if len(pair) != 2 or name.count("-") != 1 or not all(part.isalpha() for part in pair):
            raise InputError(where, f"'{name}'", "two different cations, like Ni-Nb")
        if not math.isfinite(number.value):
            raise InputError(where, f"{number.value}", "a finite energy")
        if pair in pairs:
            raise InputError(where, "the same pair twice", "one value for each pair", "The order does not matter.")
        pairs[pair] = number.value
    return pairs


def pair_matrix(enthalpies: Mapping[str, Sourced], species: Sequence[str]) -> NDArray[np.float64]:
    """Pair enthalpies (species, species) in J/mol, symmetric; 0 where none is given.

    >>> pair_matrix({"Ni-Nb": Sourced(value=5e3)}, ("Nb", "Mn", "Ni")).tolist()
    [[0.0, 0.0, 5000.0], [0.0, 0.0, 0.0], [5000.0, 0.0, 0.0]]
    """
    pairs = pairs_of(enthalpies)
    return np.array([[pairs.get(frozenset({a, b}), 0.0) for b in species] for a in species])


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
