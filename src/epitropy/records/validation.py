"""Published pairs, bare and modified: what was reported, what was predicted, and how good each guess was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from ..units import Unit
from .headline import Prediction, Retention

Standing = Literal["inside", "reading", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One published row: inside the comparison, another reading of such a row, or outside, and why."""

    name: str
    standing: Standing
    why: str
    study: str = ""  # the study that tells it, where there is one
    reading_of: str = ""  # the study of the row that this reads in another way
    coated: Annotated[float, Unit("1", show="%")] | None = None  # retention as reported
    uncoated: Annotated[float, Unit("1", show="%")] | None = None
    said: str = ""  # where the source has no single number
    cycles: Annotated[int, Unit("1")]
    basis: Literal["article", "lookup", "memory"]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One forecast of a reported retention; a guess without a spread has equal ends, and its CRPS is its error."""

    name: str
    meaning: str
    retention: Retention
    error: Annotated[float, Unit("1", show="%")]  # median less reported
    crps: Annotated[float, Unit("1", show="%")]
    inside: bool  # whether the reported value lies in the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A cell that was predicted beside what was reported of it; ``guesses`` begins with epitropy's if there is one."""

    name: str
    title: str
    cell: str
    origin: Literal["published", "reading", "user"]
    note: str
    source: str
    cycles: Annotated[int, Unit("1")]
    priors: str  # hash of what was believed before any data
    bare: Annotated[float, Unit("1", show="%")]  # of the calibration data
    reported: Annotated[float, Unit("1", show="%")]
    guesses: tuple[Guess, ...]
    solved_share: Annotated[float, Unit("1", show="%")]  # of draws times scenarios
    reasons_unsolved: Annotated[Mapping[str, int], Unit("1")]
    scenarios: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One way of guessing over all pairs that count."""

    name: str
    count: Annotated[int, Unit("1")]
    mean_error: Annotated[float, Unit("1", show="%")]
    mean_size: Annotated[float, Unit("1", show="%")]  # mean of the error without its sign
    crps: Annotated[float, Unit("1", show="%")]
    inside: Annotated[int, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What `epitropy validate` answers: pairs, scores of the published ones and of the user's own, rows outside."""

    study: str  # what stands at the foot of the figure
    hash: str
    version: str
    draws: Annotated[int, Unit("1")]
    level: Annotated[float, Unit("1", show="%")]
    pairs: tuple[Pair, ...]
    scores: tuple[Score, ...]
    own_scores: tuple[Score, ...]
    outside: tuple[Case, ...]
