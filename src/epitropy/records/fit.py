"""What a fit to a laboratory's own cells says, and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from ..units import Unit
from .headline import CellHeadline, Update
from .measured import CellData
from .scenario import Scenario
from .sourced import Sourced

Identified = Literal["by the data", "in part", "loose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitParameter:
    """One free parameter: where it started, where the data put it, and how much they say about it.

    ``informed`` is the share of the prior's variance that the data take away; of the two scales, whose prior is flat
    in ln, the share of the allowed range. ``profile`` are the ends of the 80 % profile-likelihood interval, ``low`` and
    ``high`` those of the chain, None where it has not converged. Values are in the input's own unit.
    """

    name: str
    label: str
    unit: Unit
    prior: Sourced | None  # None: a scale, flat in ln
    value: float
    profile_low: float
    profile_high: float
    low: float | None
    high: float | None
    informed: Annotated[float, Unit("1", show="%")]
    identified: Identified


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCurve:
    """Rise of chi-square over the best fit along one parameter, the others fitted again at each point."""

    name: str
    at: np.ndarray  # in the parameter's own unit
    rise: Annotated[np.ndarray, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How the ensemble sampler went."""

    walkers: Annotated[int, Unit("1")]
    steps: Annotated[int, Unit("1")]
    burn_in: Annotated[int, Unit("1")]
    autocorrelation: Annotated[Mapping[str, float], Unit("1")]  # steps, by parameter
    split_r_hat: Annotated[Mapping[str, float], Unit("1")]
    acceptance: Annotated[float, Unit("1", show="%")]
    converged: bool
    reason: str  # why not
    samples: Mapping[str, np.ndarray]  # thinned, in each parameter's own unit; empty where not converged


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCell:
    """One physical cell beside the model: by quantity the readings, the fit and what the posterior lets one expect."""

    data: CellData
    level: Annotated[float, Unit("1")]  # of this cell's first capacity over the model's: mass and loading
    kept: Annotated[float, Unit("1")]  # and of the share that it keeps, at its last reading
    fitted: Mapping[str, np.ndarray]  # SI, at the readings, level and share included
    curve_cycle: Annotated[np.ndarray, Unit("1")]
    curve: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]  # best fit, level and share included
    curve_low: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")] | None
    curve_high: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FadeForm:
    """One form of the fade beyond the data, and its weight by how well it told the last part from the first."""

    name: str
    equation: str
    weight: Annotated[float, Unit("1", show="%")]
    last: Annotated[float, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrapolation:
    """Capacity beyond the last measured cycle, averaged over forms."""

    cell: str
    measured: Annotated[int, Unit("1")]
    cycle: Annotated[np.ndarray, Unit("1")]
    median: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    low: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    high: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    forms: tuple[FadeForm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitAnswer:
    """All that ``epitropy fit`` found in one scenario.

    ``predicted`` are the study's cells that the data do not hold, or held only afterwards; ``updates`` compares those
    with their own data, which the prediction did not use.
    """

    study: str
    title: str
    hash: str
    priors: str
    version: str
    seed: Annotated[int, Unit("1")]
    scenario: Scenario
    readings: Annotated[int, Unit("1")]
    independent: Annotated[float, Unit("1")]  # readings less what repeats itself from cycle to cycle
    scatter: Annotated[float, Unit("C/kg", show="mAh/g")]
    scatter_measured: bool  # False: taken from data/readings.toml, too few readings to tell
    persistence: Annotated[float, Unit("1")]  # correlation of the misfit from one cycle to the next
    chi_square: Annotated[float, Unit("1")]
    starts: Annotated[int, Unit("1")]
    same_optimum: Annotated[int, Unit("1")]  # of the starts
    parameters: tuple[FitParameter, ...]
    correlations: Annotated[np.ndarray, Unit("1")]  # (parameters, parameters)
    profiles: tuple[ProfileCurve, ...]
    chain: Chain | None
    cells: tuple[FittedCell, ...]
    extrapolations: tuple[Extrapolation, ...]
    predicted: Mapping[str, CellHeadline]
    updates: tuple[Update, ...]
    notes: tuple[str, ...]
