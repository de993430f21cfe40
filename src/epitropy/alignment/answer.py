"""Two crystals by name or file, laid on each other, asked as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import __version__
from ..catalogue import NONE, Phases, phase
from ..crystals.files import library_or_file
from ..crystals.library import has_structure, structure_of
from ..epitaxy.lattices import equivalent_planes, lattice, reduced
from ..epitaxy.limits import estimate, nearest_miss
from ..epitaxy.stage import best_matches
from ..errors import InputError
from ..hosts import host_curves
from ..records.alignment import FacetVerdict, Limits, MatchAnswer
from ..records.host import HostCurves
from ..records.phase import Phase
from ..records.sourced import Sourced
from ..sources import default
from ..strain.facets import shares
from .breathing import curves_of
from .charging import Followed, follow, host_planes, indices_of
from .particle import on_facets
from .search import Search

Progress = Callable[[str, int, int], None]


def quiet(stage: str, done: int, total: int) -> None:
    """No progress shown."""


def match_answer(
    host: str, film: str, search: Search, *, shown: int | None = None, own: Phases = NONE, progress: Progress = quiet
) -> MatchAnswer:
    """Every coherent match of a film on a host, ranked over the state of charge, and what lies on each facet.

    ``host``, ``film``: phases of the library or of ``own``, or files (CIF, POSCAR). ``shown``: so many matches are told
    in full; all by default.

    >>> found = match_answer("NCM90", "NiO", Search(max_index=1, max_area=1e-18), shown=3)
    >>> found.matches[0].match.orientation, found.matches[0].match.relation
    ('(003)[100] || (111)[1-10]', 'shared-oxygen continuation')
    """
    (below, _), (above, atoms) = (library_or_file(text, own) for text in (host, film))
    if atoms is None and has_structure(above):
        atoms = structure_of(above)
    if below.name == above.name:
        above = replace(above, name=f"{above.name} film")
    above = _with_stiffness(above, search)
    curves = _curves(below, search) if search.curves or _in_library(host, own) else None
    found = lay(below, above, search, curves=curves, progress=progress)
    progress("ranking", 0, 1)
    first = found.first(shown or len(found))
    nearest = None if len(found) else nearest_miss(below, above, **_limits(below, above, search))
    progress("ranking", 1, 1)
    progress("lithium through the film", 0, 1)
    facets = on_facets(found, shares(below.cell), atoms) if is_layered(below) else ()
    facets = tuple(v for v in facets if _searched(v.facet.facet, below, search))
    progress("lithium through the film", 1, 1)
    return MatchAnswer(
        host=below,
        film=above,
        limits=Limits(
            max_index=search.max_index,
            max_area=search.max_area,
            max_strain=search.max_strain,
            lowest_lithium=float(found.lithium[0]),
            thickness=search.thickness,
            toughness=toughness(),
        ),
        number=len(found),
        matches=first,
        facets=facets,
        nearest=nearest,
        notes=(*_notes(below, above, curves), *_unknown_ways(above, facets)),
        version=__version__,
    )


def lay(host: Phase, film: Phase, search: Search, *, curves: HostCurves | None, progress: Progress = quiet) -> Followed:
    """All matches within the limits, followed over lithium content; the particle's facets are among the planes."""
    limits = _limits(host, film, search)
    _check_time(host, film, search, limits)
    progress("matching", 0, 1)
    matches = best_matches(host, [film], **limits, twins=search.twins)
    progress("matching", 1, 1)
    return follow(matches, curves, thickness=search.thickness, facets=facet_names(host))


def _searched(facet: str, host: Phase, search: Search) -> bool:
    """Whether a facet is among the planes that were asked for; all are where none was named."""
    star = equivalent_planes(lattice(host.cell, host.space_group), reduced(indices_of(facet)))
    return not search.host_planes or any(reduced(plane) in star for plane in search.host_planes)


def _with_stiffness(film: Phase, search: Search) -> Phase:
    """The film with the elastic constants that were given in place of its own."""
    given = {
        key: Sourced(value=value, unit=unit, source="as given")
        for key, value, unit in (
            ("young_modulus", search.young_modulus, "Pa"),
            ("poisson_ratio", search.poisson_ratio, "1"),
        )
        if value is not None
    }
    return replace(film, **given)


def _curves(host: Phase, search: Search) -> HostCurves | None:
    if not search.curves:
        return curves_of(host)
    if not is_layered(host):
        raise InputError("--curves", f"{host.name} ({host.space_group})", "a layered R-3m host in hexagonal axes")
    return host_curves(search.curves, search.curves)


def _in_library(text: str, own: Phases) -> bool:
    """Whether a name means a phase; a file may be called NCM90.cif and hold anything."""
    try:
        return bool(phase(text, own))
    except InputError:
        return False


def _limits(host: Phase, film: Phase, search: Search) -> dict[str, Any]:
    return {
        "max_index": search.max_index,
        "max_area": search.max_area,
        "max_strain": search.max_strain,
        "host_planes": [reduced(p) for p in search.host_planes]
        or host_planes(host, search.max_index, facet_names(host)),
        "film_planes": {film.name: list(search.film_planes) or host_planes(film, search.max_index, facet_names(film))},
    }


def _check_time(host: Phase, film: Phase, search: Search, limits: Mapping[str, Any]) -> None:
    """Refuse a search that would take long, with one that would not."""
    seconds = estimate(host, [film], **limits).seconds
    if seconds <= search.longest:
        return
    smaller = search.max_area
    while smaller > 1e-19 and estimate(host, [film], **{**limits, "max_area": smaller}).seconds > search.longest:
        smaller *= 0.8
    given = f"index {search.max_index}, {search.max_area * 1e20:.4g} A2, {100 * search.max_strain:.3g} %"
    raise InputError(
        "search",
        f"{given}: some {duration(seconds)}",
        f"searches of up to {duration(search.longest)}",
        f"'--max-area {math.floor(smaller * 1e20 / 10) * 10}A2' would take less; or name planes, or lower --max-index.",
    )


def duration(seconds: float) -> str:
    """Seconds in words.

    >>> duration(45), duration(600), duration(9000)
    ('45 s', '10 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.2g} h"


def facet_names(host: Phase) -> tuple[str, ...]:
    """Facets that a particle of the host shows; none known but of layered hosts in hexagonal axes."""
    return tuple(f.facet for f in shares(host.cell).facets) if is_layered(host) else ()


def is_layered(host: Phase) -> bool:
    """Whether the host is layered with its cell in hexagonal axes."""
    return host.structure == "layered" and host.space_group.replace("_", "") == "R-3m" and host.cell.gamma > 2


def toughness() -> float:
    """Fracture energy of the interface that stands in where none is given [J/m2]."""
    return default("layer.interface_toughness", "J/m2").value


def _unknown_ways(film: Phase, facets: Sequence[FacetVerdict]) -> tuple[str, ...]:
    if not any(v.best for v in facets) or any(v.film_open is not None for v in facets):
        return ()
    return (f"Whether lithium crosses {film.name} is not known: no atoms here, or no bond-valence numbers for them.",)


def _notes(host: Phase, film: Phase, curves: HostCurves | None) -> tuple[str, ...]:
    said = []
    for crystal in (host, film):
        if crystal.cell_grade == "assumed":
            said.append(f"Cell of {crystal.name}: assumed ({crystal.cell_source}).")
        if crystal.note and "file" in crystal.cell_source:
            said.append(crystal.note)
    if film.young_modulus is None or film.poisson_ratio is None:
        said.append(f"No elastic constants of {film.name}: ranked by area and squared strain, no energies.")
    if curves is None:
        said.append(f"How {host.name} breathes is not known here: ranked at one lattice, that of its cell.")
    return tuple(said)
