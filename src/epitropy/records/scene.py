"""Figure 1 as plain records: three stages of a coating, with every particle, cation, arrow and path that is drawn.

Heights are counted from the host's original surface, outward positive. Long rows are tuples, so that JSON holds all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit

Length = Annotated[float, Unit("m", show="nm")]
Places = Annotated[tuple[float, ...], Unit("m", show="nm")]
Share = Annotated[float, Unit("1", show="%")]
Shares = Annotated[Mapping[str, float], Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """Outline of one grain of the host, seen from above."""

    x: Places
    y: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Agglomerate:
    """A sphere of precursor: its centre, seen from above in stage 1 and from the side in stage 2."""

    x: Length
    y: Length
    radius: Length
    precursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Stage 1: a piece of a secondary particle's surface, ``width`` by ``depth``, with what was mixed onto it."""

    width: Length
    depth: Length
    particle_diameter: Length
    grain_size: Length
    grains: tuple[Grain, ...]
    agglomerates: tuple[Agglomerate, ...]
    volume_shares: Shares  # by precursor; of the agglomerates, which are alike in size, the shares of their number
    leading: Mapping[str, str]  # precursor -> the cation of which it holds most
    coverage: Share  # of the surface that lies under agglomerates, as computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cations:
    """Atoms in the plane of the drawing: places, elements, and the sublattice or body that each is on."""

    x: Places
    y: Places
    element: tuple[str, ...]
    site: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One element's way over the host's surface: mean height of what left and of where it is now."""

    element: str
    start: Length
    end: Length
    amount: Annotated[float, Unit("mol/m2")]  # that has crossed


@dataclass(frozen=True, slots=True, kw_only=True)
class Heated:
    """Stage 2: a cut through surface and film part of the way through the anneal; ``high`` is the top of the view.

    Film lies over 0 <= x < ``film_to``, which shows its edge and not how much of the surface it covers. Each dot of
    ``cations`` stands for the same number of them.
    """

    share_of_time: Share
    time: Annotated[float, Unit("s", show="h")]  # since the furnace was switched on
    temperature: Annotated[float, Unit("K", show="degC")]  # at that time; nan for a cell that is not heated
    gas: str  # empty for a cell that is not heated
    width: Length
    low: Length
    high: Length
    film_thickness: Length
    film_to: Length
    coverage: Share
    spacing: Length  # of the dots
    cations: Cations
    moves: tuple[Move, ...]
    left: tuple[Agglomerate, ...]  # one of each precursor that has not dissolved yet, as far as they fit in
    undissolved: Shares  # of each such precursor


@dataclass(frozen=True, slots=True, kw_only=True)
class LithiumPath:
    """Lithium's way outward along one lithium layer of the host; ``open`` where it reaches the electrolyte."""

    x: Places
    y: Places
    open: bool
    covered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Stage 3: columns of atoms of host and layer, seen along ``zone_axis`` of the host, on one facet of it.

    Layer lies over 0 <= x < ``covered_to``, bare host beside it. ``strips``: the heights that are shown; what lies
    between them is left out. One atom a column, drawn at random from the composition at its height.
    """

    facet: str
    facet_share: Share
    zone_axis: Annotated[tuple[int, int, int], Unit("1")]
    tilt: Annotated[float, Unit("rad", show="deg")]  # of the host's layers to its surface
    structure: str  # of the layer; empty without one
    decided: bool  # False: no energies hold the layer's cations, and it is drawn as the host runs on
    thickness: Length
    coverage: Share
    width: Length
    covered_to: Length
    strips: tuple[Annotated[tuple[float, float], Unit("m", show="nm")], ...]
    atoms: Cations
    paths: tuple[LithiumPath, ...]
    open_share: Share  # of the covered facet through which lithium passes; of the bare host 1 or 0
    misfit: Share  # of the layer's own lattice, in length, to the host's; not drawn along the surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Figure 1 of one cell: its three stages and what is written beside them."""

    study: str
    title: str
    cell: str
    hash: str
    version: str
    coated: bool
    elements: tuple[str, ...]  # that occur, cations first, lithium and oxygen last
    mixed: Mixed
    heated: Heated
    grown: Grown
    headings: tuple[str, str, str]
    notes: tuple[str, str, str]  # one below each heading
    caption: tuple[str, ...]  # what is computed, what is only drawn, on what it rests
