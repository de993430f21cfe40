"""Two crystals by name or file, laid on each other, asked as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import __version__
from ..catalogue import NONE, Phases
from ..crystals.files import library_or_file
from ..epitaxy.lattices import reduced
from ..epitaxy.stage import best_matches
from ..records.alignment import FacetVerdict, Limits, MatchAnswer
from ..records.host import HostCurves
from ..records.phase import Phase
from ..sources import sourced, table
from ..strain.facets import shares
from .breathing import curves_of
from .charging import Followed, follow, host_planes
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
    below, above = (library_or_file(text, own)[0] for text in (host, film))
    if below.name == above.name:
        above = replace(above, name=f"{above.name} film")
    curves = curves_of(below)
    found = lay(below, above, search, curves=curves, progress=progress)
    progress("ranking", 0, 1)
    first = found.first(shown or len(found))
    nearest = None if len(found) else _nearest(below, above, search)
    progress("ranking", 1, 1)
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
        facets=on_facets(below, found),
        nearest=nearest,
        notes=_notes(below, above, curves),
        version=__version__,
    )


def lay(host: Phase, film: Phase, search: Search, *, curves: HostCurves | None, progress: Progress = quiet) -> Followed:
    """All matches within the limits, followed over lithium content; the particle's facets are among the planes."""
    facets = facet_names(host)
    stated = [reduced(p) for p in search.host_planes]
    progress("matching", 0, 1)
    matches = best_matches(
        host,
        [film],
        max_index=search.max_index,
        max_area=search.max_area,
        max_strain=search.max_strain,
        host_planes=stated or host_planes(host, search.max_index, facets),
        film_planes={film.name: search.film_planes} if search.film_planes else None,
        twins=search.twins,
    )
    progress("matching", 1, 1)
    return follow(matches, curves, thickness=search.thickness, facets=facets)


def facet_names(host: Phase) -> tuple[str, ...]:
    """Facets that a particle of the host shows; none known but of layered hosts in hexagonal axes."""
    return tuple(f.facet for f in shares(host.cell).facets) if is_layered(host) else ()


def is_layered(host: Phase) -> bool:
    """Whether the host is layered with its cell in hexagonal axes."""
    return host.structure == "layered" and host.space_group.replace("_", "") == "R-3m" and host.cell.gamma > 2


def on_facets(host: Phase, found: Followed) -> tuple[FacetVerdict, ...]:
    """The film's best match on every facet of the particle, with the facet's share of the surface."""
    if not is_layered(host):
        return ()
    return tuple(FacetVerdict(facet=f, best=found.first_on(f.facet)) for f in shares(host.cell).facets)


def toughness() -> float:
    """Fracture energy of the interface that stands in where none is given [J/m2]."""
    return sourced(table("defaults/layer.toml")["interface_toughness"], "J/m2", "layer.interface_toughness").value


def _nearest(host: Phase, film: Phase, search: Search):
    return None


def _notes(host: Phase, film: Phase, curves: HostCurves | None) -> tuple[str, ...]:
    said = []
    for phase in (host, film):
        if phase.cell_grade == "assumed":
            said.append(f"Cell of {phase.name}: assumed ({phase.cell_source}).")
        if phase.note and phase.cell_source.endswith((".cif", "POSCAR", ".vasp", ".poscar")):
            said.append(phase.note)
    if film.young_modulus is None or film.poisson_ratio is None:
        said.append(f"No elastic constants of {film.name}: ranked by area and squared strain, no energies.")
    if curves is None:
        said.append(f"How {host.name} breathes is not known here: ranked at one lattice, that of its cell.")
    return tuple(said)
