"""Where lithium runs through a structure: barriers by direction and by facet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..records.epitaxy import indices_text
from ..records.pathways import FacetWay, Landscape, Pathways, Way
from ..records.structure import Structure
from ..sources import sourced, table
from ..units import parse
from .landscape import SPACING, framework_charges, landscape
from .percolation import Event, events

Miller = tuple[int, int, int]
Progress = Callable[[str, int, int], None]

EV = parse("1 eV", "J")
CAP = 10 * EV  # above the lowest site; a way that costs more is none
TIED = 0.03 * EV  # what opens within it opens together: symmetry, blurred by the grid
_LEVEL = 1e-9  # cos2 below which a direction lies in the plane
LAYERED_FACETS = ((0, 0, 3), (1, 0, 4), (1, 0, 1), (0, 1, 2), (1, 1, 0))
LOW_INDEX = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1))
CAUTION = "bond-valence barriers rank the ways through one structure; they are no activation energies"


def pathways(
    structure: Structure,
    *,
    ion: str = "Li",
    facets: Sequence[Miller] | None = None,
    spacing: float = SPACING,
    charges: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Pathways:
    """Barriers of an ion through the rigid framework: in one, two and three directions, and through films of a facet.

    Points of the bond-valence site energy join in rising energy into networks; each knows the lattice vectors w that it
    runs along. A film whose normal is (hkl) is crossed by the first network that has a w with w . (hkl) not 0. Without
    facets, those of a layered host where the cell is hexagonal, else planes of low index. ``spacing`` in m.

    The barrier is that of an ion on the network: threshold minus the lowest site of this network, not of the map. Where
    a lower site lies apart, this holds once such sites are full. While ions are so few that they sit there, running
    costs the threshold above the lowest site of the map (`Way.threshold`), and the barrier is a lower bound. The first
    network is that of the lowest threshold; one that opens later, from higher sites, may have a lower barrier.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> found = pathways(model("TiNb2O7").structure, facets=[(0, 1, 0), (0, 0, 1)], spacing=0.2e-10)
    >>> found.ways[0].dimensions, found.ways[0].directions, [f.open for f in found.facets.values()]
    (1, ((0, 1, 0),), [True, False])
    """
    tell = progress or (lambda stage, done, total: None)
    tell("site energies", 0, 1)
    energies = landscape(structure, ion=ion, spacing=spacing, charges=charges)
    tell("site energies", 1, 1)
    return pathways_of(energies, facets=facets, charges=charges or framework_charges(structure), progress=tell)


def pathways_of(
    energies: Landscape,
    *,
    facets: Sequence[Miller] | None = None,
    charges: Mapping[str, float],
    progress: Progress | None = None,
) -> Pathways:
    """`pathways` of a landscape that is at hand."""
    planes = _checked(default_facets(energies) if facets is None else facets)
    if progress:
        progress("networks", 0, 1)
    gains = events(energies.energy, CAP)
    easy = _open_directions(energies, gains)
    if progress:
        progress("networks", 1, 1)
    return Pathways(
        name=energies.name,
        ion=energies.ion,
        ways=_ways(energies, gains),
        facets={indices_text(p): _facet(energies, gains, p, easy) for p in planes},
        grid=energies.energy.shape,
        spacing=energies.spacing,
        lowest_site=energies.lowest_site,
        charges=dict(charges),
        note=CAUTION,
    )


def default_facets(energies: Landscape) -> tuple[Miller, ...]:
    """Facets of a layered host where the cell is hexagonal, else planes of low index."""
    cell = energies.cell
    hexagonal = math.isclose(cell.a, cell.b, rel_tol=1e-4) and math.isclose(cell.gamma, 2 * math.pi / 3, rel_tol=1e-4)
    return LAYERED_FACETS if hexagonal else LOW_INDEX


def is_open(barrier: float, easiest: float) -> bool:
    """Whether a way lets lithium through: E <= 1.5 E_easiest + 0.05 eV and E <= 1.6 eV, all three `assumed`.

    >>> is_open(0.3 * EV, 0.2 * EV), is_open(2.8 * EV, 0.2 * EV), is_open(2.6 * EV, 2.6 * EV)
    (True, False, False)
    """
    rows = table("bond_valence.toml")["judgement"]
    ratio = sourced(rows["open_ratio"], "1", "bond_valence.open_ratio").value
    margin, most = (sourced(rows[key], "J", f"bond_valence.{key}").value for key in ("margin", "most"))
    return barrier <= min(ratio * easiest + margin, most)


def _checked(facets: Sequence[Miller]) -> tuple[Miller, ...]:
    for plane in facets:
        if len(plane) != 3 or not any(plane) or any(int(i) != i for i in plane):
            raise InputError("facets", f"{tuple(plane)}", "three whole numbers that are not all 0, e.g. (1, 0, 4)")
    return tuple(tuple(int(i) for i in plane) for plane in facets)


def _barrier(energies: Landscape, gain: Event) -> float:
    """Threshold above the lowest site that is joined at it; sites apart are traps, taken as full."""
    return gain.energy - float(energies.energy.flat[gain.site])


def _ways(energies: Landscape, gains: Sequence[Event]) -> tuple[Way, ...]:
    """The first networks in one, two and three directions; ties count as the one with the most directions."""
    first = [next((g for g in gains if g.dimensions == d), None) for d in (1, 2, 3)]
    first = [g for g in first if g is not None]
    kept = [g for g, after in zip(first, [*first[1:], None]) if after is None or after.energy - g.energy > TIED]
    return tuple(_way(energies, g) for g in kept)


def _way(energies: Landscape, gain: Event) -> Way:
    shape = energies.energy.shape
    site, saddle = (
        tuple(float(i / n) for i, n in zip(np.unravel_index(p, shape), shape)) for p in (gain.site, gain.saddle)
    )
    return Way(
        dimensions=gain.dimensions,
        threshold=gain.energy - float(energies.energy.min()),
        barrier=_barrier(energies, gain),
        directions=tuple(_primitive(w) for w in gain.loops),
        site=site,
        saddle=saddle,
    )


def _open_directions(energies: Landscape, gains: Sequence[Event]) -> np.ndarray:
    """Unit vectors, at right angles, that span the directions open to the ion; shape (dimensions, 3)."""
    easiest = _barrier(energies, gains[0]) if gains else math.inf
    loops = [g.loops for g in gains if is_open(_barrier(energies, g), easiest)]
    if not loops:
        return np.empty((0, 3))
    _, size, directions = np.linalg.svd(np.concatenate(loops) @ energies.cell.matrix, full_matrices=False)
    return directions[size > 1e-6 * size[0]]


def _facet(energies: Landscape, gains: Sequence[Event], plane: Miller, easy: np.ndarray) -> FacetWay:
    through = next((g for g in gains if (g.loops @ plane).any()), None)
    along = next((g for g in gains if g.dimensions > 1 or not (g.loops @ plane).any()), None)
    crossing = next((w for w in through.loops if w @ plane), None) if through else None
    normal = np.linalg.inv(energies.cell.matrix) @ plane
    inclined = float(((easy @ normal) ** 2).sum() / (normal @ normal))
    return FacetWay(
        through=_barrier(energies, through) if through else math.inf,
        along=_barrier(energies, along) if along else math.inf,
        direction=None if crossing is None else _primitive(crossing),
        open=inclined > _LEVEL,
        inclination=inclined if inclined > _LEVEL else 0.0,
    )


def _primitive(vector: np.ndarray) -> Miller:
    """The shortest lattice vector along it, its first index positive.

    >>> _primitive(np.array([0, -2, 2]))
    (0, 1, -1)
    """
    short = vector // np.gcd.reduce(vector)
    return tuple(int(i) for i in short * np.sign(short[np.flatnonzero(short)[0]]))
