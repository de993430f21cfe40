"""What the front half of a study answers: profiles with bands, maps over settings, scans, leave-one-out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit
from .anneal import DepthProfile
from .boundary import BoundaryInfiltration
from .entropy import SiteEntropy
from .sourced import Sourced

Length = Annotated[float, Unit("m", show="nm")]
Share = Annotated[float, Unit("1", show="%")]
MolarEntropy = Annotated[float, Unit("J/(mol K)", show="R")]
Lengths = Annotated[np.ndarray, Unit("m", show="nm")]
Shares = Annotated[np.ndarray, Unit("1", show="%")]
MolarEntropies = Annotated[np.ndarray, Unit("J/(mol K)", show="R")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReading:
    """What is read off one annealed profile."""

    layer_thickness: Length  # outward of the original host surface
    zone_width: Length  # from 90 to 10 % of the film's cations
    multi_cation_width: Length  # at least five cations with 5 % each
    trace_cation_width: Length  # at least five cations with 1 % each
    mean_entropy: MolarEntropy  # per mole of cation sites, over the layer and the zone that it mixed into
    coverage: Share  # of the area that mixing reaches
    undissolved_share: Share  # of the precursors that do not wet
    reduced_share: Share  # of the surface's Ni, in equilibrium with the gas
    host_lithium_taken: Share  # of the host's lithium, bound by the coating once residual lithium is used up
    boundary_share: Share  # of the dissolved coating that would run into the host's grain boundaries
    boundary_thickness: Length  # of coating material, mean over all boundaries of the particle
    penetration: Annotated[Mapping[str, float], Unit("m", show="nm")]  # into the host's grains, by cation


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One input and how much of a reading's spread goes with it."""

    name: str
    label: str
    grade: str
    rank_correlation: Annotated[float, Unit("1")]  # Spearman's, over all draws
    share: Share  # its square


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileBands:
    """Profiles of all draws on common depths: low, median and high along the first axis of each array.

    At depths outside the layer of a draw that draw does not count; depths that fewer than half of the draws
    reach are left out.
    """

    species: tuple[str, ...]
    level: Annotated[float, Unit("1")] = 0.8
    depth: Lengths  # (x,)
    fraction: Shares  # (3, species, x)
    entropy: MolarEntropies  # (3, x)
    band_share: Shares  # (3, x) of draws whose entropy is low, medium, high there
    high_entropy_share: Shares  # (x,) of draws that meet the five-element rule there
    low: ProfileReading
    median: ProfileReading
    high: ProfileReading
    drivers: Mapping[str, tuple[Driver, ...]]  # by reading
    draws: Annotated[int, Unit("1")]
    failed: Annotated[Mapping[str, int], Unit("1")]  # reason -> draws that gave no profile


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The layer made without one element; the whole recipe where ``element`` is empty."""

    element: str
    brought_by: str  # precursor, or "host"
    layer_entropy: SiteEntropy  # of the layer's mean composition
    mean_entropy: MolarEntropy
    trace_cation_width: Length
    counted: tuple[str, ...]  # elements within 5 to 35 %
    mean_radius: Annotated[float, Unit("m", show="angstrom")]
    size_mismatch: Share
    valence_mismatch: Annotated[float, Unit("1")]
    radii: Annotated[Mapping[str, float], Unit("m", show="angstrom")]  # of the ions that were taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One input that is varied; ``values`` in SI."""

    name: str
    label: str
    si: str
    unit: str  # as shown
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One point of a map: its settings (SI, one per axis), and its readings, or why there are none."""

    at: tuple[float, ...]
    low: ProfileReading | None = None
    median: ProfileReading | None = None
    high: ProfileReading | None = None
    failed: Annotated[int, Unit("1")] = 0  # draws that gave no profile here
    failure: str = ""  # why the last of them did not


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealMap:
    """Readings over one or more varied inputs, the last axis running fastest."""

    axes: tuple[Axis, ...]
    nodes: tuple[Node, ...]
    draws: Annotated[int, Unit("1")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineScan:
    """A measured scan: fractions among the cations of the model, over depth below the outer surface."""

    name: str
    species: tuple[str, ...]
    depth: Lengths  # (x,) from the outer surface inwards
    fraction: Shares  # (species, x)
    ignored: tuple[str, ...]  # columns that are no atomic shares of the model's cations
    outside: Annotated[int, Unit("1")] = 0  # points left out because the beam was off the particle


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One number before and after the scan."""

    name: str
    label: str
    prior: Sourced
    value: float  # SI, as the prior's unit
    low: float
    high: float
    deviation: Annotated[float, Unit("1")]  # from the prior, in its standard deviations
    informed: Share  # 1 - variance after over variance before, on the scale of the prior


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFit:
    """Diffusivities that a scan supports, with 80 % intervals; the priors are the study's graded spreads."""

    scan: str
    numbers: tuple[Fitted, ...]
    origin_shift: Length  # of the scan's zero, outwards
    noise: Share  # standard deviation of one measured fraction, from the residuals
    resolution: Length
    points: Annotated[int, Unit("1")]
    profile: DepthProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealAnswer:
    """All that ``epitropy anneal`` found for one cell."""

    study: str
    title: str
    hash: str
    version: str
    cell: str
    profile: DepthProfile
    entropy: MolarEntropies  # S(z) of the profile
    reading: ProfileReading
    boundaries: BoundaryInfiltration
    bands: ProfileBands | None = None
    left_out: tuple[LeftOut, ...] = ()
    map: AnnealMap | None = None
    scan: LineScan | None = None
    fit: ScanFit | None = None
