"""The batch sheet as it is handed to whoever prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit
from .sourced import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A number with its grade and, where it follows from uncertain ones, the ends of its 80 % interval."""

    value: float
    grade: Grade
    low: float | None = None
    high: float | None = None


Mass = Annotated[Told, Unit("kg", show="g")]
Amount = Annotated[Told, Unit("mol", show="mmol")]
Share = Annotated[Told, Unit("1", show="%")]
Length = Annotated[Told, Unit("m", show="nm")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """One precursor of the batch."""

    precursor: str
    formula: str
    weighed: Mass  # what the balance shows
    dry: Mass  # dry, pure precursor in it
    becomes: str  # formula of what is left after firing
    left: Mass  # and how much of it
    wets: bool
    wets_stated: bool
    amount: Amount  # formula units
    purity: Share
    water: Annotated[Told, Unit("1")]  # H2O per formula unit
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LithiumBook:
    """Lithium that the products bind, and who gives it; in the batch."""

    bound: Amount
    bound_all: Amount  # if every precursor dissolved
    dissolved: Share  # of the precursors that do not wet
    brought: Amount  # by the precursors
    residual: Amount  # LiOH and Li2CO3 on the powder
    from_residual: Amount
    residual_share: Share
    from_host: Amount
    host_share: Share  # of the host's lithium


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Mixer, furnace and sieve."""

    mixer: str
    mixing_time: Annotated[Told, Unit("s", show="min")]
    mixing_speed: Annotated[Told, Unit("rad/s", show="rpm")]
    gas: str
    ramp_rate: Annotated[Told, Unit("K/s", show="K/min")]
    temperature: Annotated[Told, Unit("K", show="degC")]
    time: Annotated[Told, Unit("s", show="h")]
    cool_rate: Annotated[Told, Unit("K/s", show="K/min")]
    sieve_opening: Annotated[Told, Unit("m", show="um")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The layer that should form."""

    area: Annotated[Told, Unit("m2/kg", show="m2/g")]
    mean_thickness: Length  # if the coating were even
    coverage_mixed: Share
    thickness_mixed: Length  # where there is coating
    coverage: Share
    thickness: Length
    mean_thickness_any_dose: Length | None  # with dose and shares as uncertain as stated; None: they have no spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a table over area or agglomerate size; the recipe's own rows are marked."""

    name: str
    own: bool
    area: Annotated[float, Unit("m2/kg", show="m2/g")]
    diameter: Annotated[float, Unit("m", show="nm")]
    mean_thickness: Annotated[float, Unit("m", show="nm")]
    coverage_mixed: Annotated[float, Unit("1", show="%")]
    coverage: Annotated[float, Unit("1", show="%")]
    thickness: Annotated[float, Unit("m", show="nm")]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSheet:
    """All that is pinned to the wall."""

    study: str
    title: str
    study_hash: str
    epitropy_version: str
    cell: str
    host: str
    host_mass: Annotated[float, Unit("kg", show="g")]
    dose: Share
    dose_basis: str
    dose_of_host: Share
    dose_of_total: Share
    precursors: tuple[Weighing, ...]
    weighed: Mass
    cations: Mapping[str, Annotated[Told, Unit("mol")]]
    lithium: LithiumBook
    settings: Settings
    powder_out: Mass  # all that is weighed in, less the gas
    gas_lost: Mass  # what leaves as gas: least and most as the interval's ends
    layer: Outcome
    over_area: tuple[Line, ...]
    over_size: tuple[Line, ...]
    controls: Mapping[str, bool]  # cells without a coating -> heated in this study
    draws: Annotated[int, Unit("1")]
