"""A film on the facets of a particle: how it is strained there, and whether lithium crosses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated

import numpy as np

from ..catalogue import bundled_names, phase
from ..crystals.library import has_structure, structure_of
from ..epitaxy.lattices import reduced
from ..epitaxy.stage import best_matches
from ..errors import InputError
from ..hosts import host_curves
from ..records.alignment import AlignedMatch, FacetVerdict
from ..records.epitaxy import LatticeMatch, indices_text
from ..records.facets import FacetShare, FacetShares
from ..records.pathways import Pathways
from ..records.phase import Phase, UnitCell
from ..records.sourced import Sourced
from ..records.strain import StrainPath
from ..records.structure import Structure
from ..strain.facets import passes_lithium
from ..strain.stage import continues, path_of_strains
from ..transport.film import conducting_share, rock_salt_share
from ..transport.pathways import pathways
from ..units import Unit
from .breathing import cells_over
from .charging import Followed, follow, indices_of

MAX_AREA = 4e-18  # m2
MAX_STRAIN = 0.04
MAX_INDEX = 2


def on_facets(found: Followed, shares: FacetShares, structure: Structure | None) -> tuple[FacetVerdict, ...]:
    """The film on every facet of a particle, and whether lithium crosses it along its normal there.

    The film is taken to lie with the smallest common cell, whose bonds repeat most often: films keep such orientations
    and relax by dislocations rather than turn to a large cell that fits better. structure: the film's atoms, None
    where they are not known.
    """
    best = {f.facet: found.smallest_on(f.facet) for f in shares.facets}
    planes = tuple(dict.fromkeys(b.match.film_plane for b in best.values() if b is not None))
    ways = _ways_or_none(structure, planes)
    return tuple(_verdict(f, best[f.facet], found.softest_on(f.facet), ways) for f in shares.facets)


def _ways_or_none(structure: Structure | None, planes: tuple[tuple[int, int, int], ...]) -> Pathways | None:
    """None where the atoms are not known, or are such that nothing is known of lithium among them."""
    if structure is None or not planes:
        return None
    try:
        return pathways(structure, facets=planes)
    except InputError:  # metals, nitrides: no bond-valence numbers; the matches stand without them
        return None


def _verdict(
    facet: FacetShare, best: AlignedMatch | None, softest: AlignedMatch | None, ways: Pathways | None
) -> FacetVerdict:
    if best is None or ways is None:
        return FacetVerdict(facet=facet, best=best, softest=softest)
    way = ways.facets[indices_text(best.match.film_plane)]
    return FacetVerdict(facet=facet, best=best, softest=softest, film_barrier=way.through, film_open=way.open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A layer on one facet of the host: the match, and its principal strains (n, 2) over the host's lithium content."""

    match: LatticeMatch
    strains: Annotated[np.ndarray, Unit("1", show="%")]


@lru_cache(maxsize=64)
def places(
    host_cell: UnitCell,
    curves: tuple[str, str],
    film: str,
    film_cell: UnitCell,
    space_group: str,
    ratio: float,
    facets: tuple[str, ...],
) -> Mapping[str, Place]:
    """Best match of a film on each facet of a layered host where there is one, by facet.

    ``curves`` names the host's tables of lattice and voltage. Young's modulus scales all energies alike, so the rank
    needs the Poisson ratio alone.
    """
    host, top = _crystal("host", host_cell, "R-3m", 0.25), _crystal(film, film_cell, space_group, ratio)
    known = host_curves(*curves)
    found = best_matches(
        host,
        [top],
        max_index=MAX_INDEX,
        max_area=MAX_AREA,
        max_strain=MAX_STRAIN,
        host_planes=[reduced(indices_of(f)) for f in facets],
    )
    followed = follow(found, known, thickness=1e-9, facets=facets)
    cells = cells_over(host, known, known.lithium)
    placed = {}
    for facet in facets:
        if len(one := followed.column_on(facet)):
            placed[facet] = Place(match=one[0], strains=one.strains_at(cells)[:, 0])
    return placed


def _crystal(name: str, cell: UnitCell, space_group: str, ratio: float) -> Phase:
    """A lattice with just enough beside it to be matched and ranked."""
    return Phase(
        name=name,
        formula="",
        space_group=space_group,
        cell=cell,
        density=Sourced(value=1.0, unit="kg/m3"),
        young_modulus=Sourced(value=1.0, unit="Pa"),
        poisson_ratio=Sourced(value=ratio),
    )


def placed_paths(
    name: str,
    layer: Phase,
    on: Mapping[str, Place],
    facets: Iterable[str],
    lithium: np.ndarray,
    thickness: float,
    held: float,
) -> dict[str, StrainPath]:
    """Strain of a layer on each facet, ``held`` of it left at x = 1; where it finds no match it is unstrained."""
    elastic = {"young_modulus": layer.young_modulus.value, "poisson_ratio": layer.poisson_ratio.value, "held": held}
    nowhere = np.zeros((lithium.size, 2))
    return {
        f: path_of_strains(name, lithium, on[f].strains if f in on else nowhere, thickness=thickness, **elastic)
        for f in facets
    }


def open_share(layer: Phase, on: Mapping[str, Place], weights: Mapping[str, float], leak: float) -> float:
    """Share of a particle's surface on which lithium leaves the host and crosses the layer, each facet as it conducts.

    A layered layer that continues the host is open where the host is; a rock salt on all facets alike where it holds
    enough lithium (`epitropy.transport.film.rock_salt_share`); a spinel has its own ways on all facets. Any other
    conducts as it lies (``on``). Where that is not known, no atoms or no match, it counts as open. ``leak``: what is
    left where the layer lies across its ways or has none.
    """
    conducting = {facet: _conducting(layer, on, facet, leak) for facet in weights}
    return sum(share * conducting[facet] for facet, share in weights.items() if passes_lithium(facet))


def _conducting(layer: Phase, on: Mapping[str, Place], facet: str, leak: float) -> float:
    if layer.structure == "rock salt" and layer.sites:
        return max(rock_salt_share(max(site.elements.get("Li", 0.0) for site in layer.sites)), leak)
    if continues(layer):
        plane = None if layer.structure == "layered" else (1, 0, 0)
        planes = () if plane is None else (plane,)
    else:
        plane = on[facet].match.film_plane if facet in on else None
        planes = tuple(dict.fromkeys(place.match.film_plane for place in on.values()))
    ways = ways_of(layer, planes)
    return 1.0 if ways is None or plane is None else conducting_share(ways.facets[indices_text(plane)], leak)


_KNOWN: dict[str, Pathways | None] = {}  # site energies take seconds, and each draw of a study asks again


def ways_of(layer: Phase, planes: tuple[tuple[int, int, int], ...]) -> Pathways | None:
    """Ways of lithium through films of a phase; None where its atoms are not known or no plane is asked for."""
    if not planes or not has_structure(layer):
        return None
    if layer.cell_grade == "calculated" and layer.name in bundled_names():
        # a little different in every draw; ways only rank, so the catalogue's cell will do for all of them alike
        layer = replace(layer, cell=phase(layer.name).cell)
    key = repr((layer.name, layer.formula, layer.cell, layer.space_group, layer.sites, planes))
    if key not in _KNOWN:
        _KNOWN[key] = _ways_or_none(structure_of(layer), planes)
    return _KNOWN[key]
