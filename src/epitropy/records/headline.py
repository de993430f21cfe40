"""What a study answers: capacities and retention with intervals, per cell and scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from ..units import Unit
from .measurement import MeasurementPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Median and 80 % interval of a retention."""

    value: Annotated[float, Unit("1", show="%")]
    low: Annotated[float, Unit("1", show="%")]
    high: Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Median and 80 % interval of a capacity."""

    value: Annotated[float, Unit("C/kg", show="mAh/g")]
    low: Annotated[float, Unit("C/kg", show="mAh/g")]
    high: Annotated[float, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One scenario's answer for one cell over all draws that the bare cell allowed."""

    scenario: str
    first: Capacity | None  # None: no draw could be solved
    last: Capacity | None
    retention: Retention | None
    infeasible_share: Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Capacity over cycles: quantiles of all draws, scenarios weighted equally."""

    cycle: Annotated[np.ndarray, Unit("1")]
    low: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    median: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]
    high: Annotated[np.ndarray, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellHeadline:
    """The equal-weight mixture of all scenarios for one cell, and each scenario beside it."""

    basis: Literal["calibrated", "predicted"]
    level: Annotated[float, Unit("1")] = 0.8
    cycles: Annotated[int, Unit("1")]
    first: Capacity
    last: Capacity
    retention: Retention
    band: Band
    scenarios: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo:
    """A treatment that should not help, through the same model."""

    name: str
    meaning: str
    retention: Retention
    last: Capacity
    gain: Annotated[float, Unit("1", show="%")]  # median retention over the calibrated cell's
    gains_as_much: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A guess that needs no model."""

    name: str
    meaning: str
    retention: Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What one input does to the predicted retention when moved to the ends of its 80 % range, the rest at medians."""

    name: str
    label: str
    grade: str
    share: Annotated[float, Unit("1", show="%")]  # of the variance explained one input at a time
    low: Annotated[float, Unit("1")]  # change of retention at the input's 10 % quantile, mean over scenarios
    high: Annotated[float, Unit("1")]
    largest: Annotated[float, Unit("1")]  # largest change in any scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A scenario before and after the predicted cell's own data; ``nearest``: its closest draw to them, in errors."""

    scenario: str
    before: Annotated[float, Unit("1", show="%")]
    after: Annotated[float, Unit("1", show="%")]
    nearest: Annotated[float, Unit("1")] | None  # None: no draw could be solved


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Continuous ranked probability score of a forecast of the retention; smaller is better."""

    name: str
    crps: Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What the predicted cell's own data say afterwards; the prediction itself never used them.

    ``explained`` says whether a draw at least lies within reach of the data; where not, weights rank failures. Of a
    further cell nothing is said unless a few draws carry the weight.
    """

    cell: str
    weights: tuple[Weight, ...]
    nearest: Annotated[float, Unit("1")]  # of all draws, in standard deviations of replicates
    carrying: Annotated[float, Unit("1")]  # effective number of draws behind the weights
    explained: bool
    retention: Retention | None  # of another such cell
    last: Capacity | None
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What something changes at the last cycle: retention, told in points, and capacity. Means over draws add up."""

    retention: Retention
    last: Capacity
    mean_retention: Annotated[float, Unit("1", show="%")]
    mean_last: Annotated[float, Unit("C/kg", show="mAh/g")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEffect:
    """What one feature of a layer does; positive where it helps."""

    without: str  # what the coated cell is like without it
    share: Effect  # Shapley share of the gain
    taken_away: Effect  # lost if the full layer loses it alone
    added_alone: Effect  # gained if a layer without any feature gets it alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The coated cell's gain over the bare one in a scenario; shares and rest sum to it in each draw and the mean."""

    scenario: str
    draws: Annotated[int, Unit("1")]
    features: Mapping[str, FeatureEffect]
    rest: Effect  # without any feature: the coating's mass, lithium taken from the host, the anneal's skin
    total: Effect
    leads: Annotated[Mapping[str, int], Unit("1")]  # draws in which a part's share of retention is the largest in size


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Everything the ensemble says."""

    cells: Mapping[str, CellHeadline]
    draws: Annotated[int, Unit("1")]
    solved_by_scenario: Annotated[Mapping[str, float], Unit("1")]
    reasons_unsolved: Annotated[Mapping[str, int], Unit("1")]
    between_scenarios: Annotated[float, Unit("1", show="%")]  # share of the variance of the predicted retention
    baselines: tuple[Baseline, ...]
    placebos: tuple[Placebo, ...]
    influences: tuple[Influence, ...]
    no_effect: tuple[str, ...]
    measurements: MeasurementPlan | None  # None where no scenario has enough draws
    update: Update | None = None  # None: nothing reported of the predicted cell
    attribution: tuple[Attribution, ...] = ()
