"""Which structure the layer takes, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from ..units import Unit
from .process import Axis

NOT_DECIDED = "not decided"
Molar = Annotated[float, Unit("J/mol", show="kJ/mol")]  # per mole of cations other than lithium


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseAssessment:
    """Verdict on the layer as the cell needs it; ``host`` is "not decided" where no energies hold its cations."""

    host: str
    reason: str
    candidates: tuple[str, ...]
    entropy_term: Molar  # T S per mole of cation sites
    boundary_fraction: Annotated[float, Unit("1", show="%")]
    second_share: Annotated[float, Unit("1", show="%")] = 0.0  # cations in phases beside the first
    # lithium per other cation that each structure takes at the host's potential; those that can hold the composition
    lithium: Annotated[Mapping[str, float], Unit("1")] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One structure with the layer's composition, beside the best of all."""

    host: str
    above: Molar  # the cheapest assembly of phases; nan where it cannot hold the composition
    low: Molar
    high: Molar
    lithium: Annotated[float, Unit("1")]  # per cation, as much as it takes at the host's potential
    entropy_term: Molar
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """One thing that the verdict rests on: its standard deviation, and how far it moves the driving force."""

    what: str
    error: Molar
    moves: Molar
    flips: bool  # whether moving it by one standard deviation against the verdict turns it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The driving force with one competing compound left out."""

    compound: str
    driving_force: Molar
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseVerdict:
    """One potential's answer to which structure a layer takes at a temperature, gas and lithium potential.

    driving_force: what the best single phase gains over every assembly of compounds and other structures; positive: it
    forms. splitting: what it would gain by splitting, its own structure at other compositions counted; blind: what the
    host itself, known to be one phase, would gain so by these energies. A splitting up to that means nothing.
    """

    potential: str
    composition: Annotated[Mapping[str, float], Unit("1")]
    temperature: Annotated[float, Unit("K", show="degC")]
    oxygen_pressure: Annotated[float, Unit("Pa", show="atm")]
    host: str
    driving_force: Molar
    driving_low: Molar
    driving_high: Molar
    splitting: Molar
    blind: Molar
    single_phase: Annotated[float, Unit("1", show="%")]  # share of draws in which it is one phase
    same_host: Annotated[float, Unit("1", show="%")]  # share of draws in which this structure comes first
    runner_up: str
    runner_gap: Molar
    enthalpy: Molar  # of the best single phase over the cheapest compounds, without entropy
    entropy_term: Molar
    crossover_temperature: Annotated[float, Unit("K", show="degC")]  # nan: none between 300 and 1600 K
    stability: Annotated[float, Unit("1")]  # lowest eigenvalue of the Hessian, 1 for ideal mixing, below 0: spinodal
    assembly: Annotated[Mapping[str, float], Unit("1", show="%")]  # the cheapest of all, shares of the cations
    standings: tuple[Standing, ...]
    rests: tuple[Rest, ...]
    left_out: tuple[LeftOut, ...]
    oxygen_reference: Annotated[float, Unit("J/mol", show="kJ/mol")]
    # misfit of the best structure's own lattice to the lithiated host's, in the host's axes; nan where it has none
    misfit_a: Annotated[float, Unit("1", show="%")]
    misfit_c: Annotated[float, Unit("1", show="%")]
    misfit_error: Annotated[float, Unit("1", show="%")]
    refused: Annotated[int, Unit("1")]  # relaxations that could not be used

    @property
    def weakest(self) -> Rest | None:
        """What the verdict leans on most: what can turn it, and of that what moves the driving force most."""
        return max(self.rests, key=lambda r: (r.flips, abs(r.moves)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GasWindow:
    """The verdict over temperature (n,) and oxygen pressure (m,): what chooses the gas of the anneal.

    driving_force: of the best single phase, (n, m). structure: which that is. nickel: its mean charge of nickel.
    host_energy: free energy at which the host itself gives up oxygen and lithium; below 0 it decomposes.
    """

    temperature: Annotated[np.ndarray, Unit("K", show="degC")]
    oxygen_pressure: Annotated[np.ndarray, Unit("Pa", show="atm")]
    driving_force: Annotated[np.ndarray, Unit("J/mol", show="kJ/mol")]
    structure: tuple[tuple[str, ...], ...]
    nickel: Annotated[np.ndarray, Unit("1")]
    host_energy: Annotated[np.ndarray, Unit("J/mol", show="kJ/mol")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseNode:
    """The verdict at one point of a map over settings; ``failure`` says why there is none."""

    at: Annotated[tuple[float, ...], Unit("1")]  # values of the axes in their SI units
    host: str = NOT_DECIDED
    driving_force: Molar = float("nan")
    splitting: Molar = float("nan")
    runner_up: str = ""
    runner_gap: Molar = float("nan")
    lithium: Annotated[float, Unit("1")] = float("nan")
    boundary_fraction: Annotated[float, Unit("1", show="%")] = float("nan")
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesVerdict:
    """What a user's own computed entries say: the cheapest compounds for the layer, and how far each other is.

    Compounds alone: mixtures of the shipped set have another zero of energy and never join this hull.
    """

    source: str
    entries: Annotated[int, Unit("1")]
    assembly: Annotated[Mapping[str, float], Unit("1", show="%")]
    above: Annotated[Mapping[str, float], Unit("J/mol", show="kJ/mol")]
    left_out: tuple[LeftOut, ...]
    oxygen_reference: Annotated[float, Unit("J/mol", show="kJ/mol")]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasesAnswer:
    """All that `epitropy phases STUDY` tells of one coated cell."""

    study: str
    cell: str
    verdict: PhaseVerdict | None
    second: PhaseVerdict | None  # another potential's, never on the same hull
    reason: str  # why there is no verdict
    window: GasWindow | None
    axes: tuple[Axis, ...] = ()
    nodes: tuple[PhaseNode, ...] = ()
    entries: EntriesVerdict | None = None
