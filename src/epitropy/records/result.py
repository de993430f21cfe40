"""All that one run of a study gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit
from .alignment import AlignedMatch, FacetVerdict
from .anneal import DepthProfile
from .boundary import BoundaryInfiltration
from .cell import CycleSeries
from .coating import CoatingLayer, Particle
from .electrode import CoatedElectrode, Permeation
from .entropy import SiteEntropy
from .facets import FacetShares
from .headline import Headline
from .phase import Phase
from .phases import PhaseAssessment, PhaseVerdict
from .scenario import Scales, Scenario
from .sourced import Sourced
from .strain import StrainPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStages:
    """Every stage's record of one cell at the medians of all inputs; None where the cell has no such stage."""

    particle: Particle
    host_entropy: SiteEntropy
    coating: CoatingLayer | None
    anneal: DepthProfile | None
    boundaries: BoundaryInfiltration | None
    entropy_profile: Annotated[np.ndarray, Unit("J/(mol K)")] | None
    layer_entropy: SiteEntropy | None
    phases: PhaseAssessment | None
    crystal: Phase | None  # of the layer
    verdicts: tuple[PhaseVerdict, ...]  # in full, one a potential, the study's own first; empty for a quick run
    facets: FacetShares
    matches: tuple[AlignedMatch, ...]
    layer_on_facets: tuple[FacetVerdict, ...]
    strain: tuple[StrainPath, ...]
    electrode: CoatedElectrode | None
    permeation: Permeation | None
    cycling: Mapping[str, CycleSeries]  # by scenario; those that cannot be solved at the medians are missing


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """The answer to a study, with what it rests on."""

    study: str
    title: str
    hash: str
    priors: str  # hash of what was believed before any data
    version: str
    versions: Mapping[str, str]
    inputs: Mapping[str, Sourced]
    cells: Mapping[str, CellStages]
    scenarios: tuple[Scenario, ...]
    scales: Mapping[str, Scales]  # by scenario, at the medians
    nominal: Annotated[Mapping[str, Mapping[str, float]], Unit("1")]  # retention at the medians, by cell and scenario
    headline: Headline | None  # None for a quick run at the medians
    references: tuple[str, ...]
