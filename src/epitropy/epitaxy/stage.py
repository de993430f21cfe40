"""Host and films to ranked orientation relationships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..records.epitaxy import LatticeMatch
from ..records.phase import Phase
from . import laws
from .lattices import Plane, planes, reduced
from .matches import Crystal, Matches, film_energies
from .matching import Coincidences, Ground, all_coincidences, check_limits, merged
from .nets import Nets, determinant, joined, plane_nets


def best_matches(
    host: Phase,
    films: Sequence[Phase],
    *,
    max_index: int = 1,
    max_area: float = 2e-18,
    max_strain: float = 0.04,
    host_planes: Sequence[Plane] | None = None,
    film_planes: Mapping[str, Sequence[Plane]] | None = None,
    twins: bool = False,
) -> Matches:
    """Every coherent match of the films on the host, one of each symmetry orbit, best first.

    max_index: largest Miller index of the conventional cells; host_planes, and film_planes by name of the
    film, replace that list, e.g. [(1, 0, 4)]. max_area [m2] holds for the unstrained common cell of film
    and host, max_strain [1] for the principal strains imposed on the film. No match is an empty sequence.
    twins: the film turned by 180 degrees about the normal is listed as a match of its own, ``half_turn``, unless the
    crystals' own symmetry makes it the same. Nets alone, which all hold -u with every u, do not tell the two apart.

    Order: first all matches that no other beats in both area and elastic energy per thickness, then those
    that only the first beat, and so on; within such a front by area. If the elastic constants of any film
    are missing, the squared strain e1^2 + e2^2 stands in for the energy of all of them.

    >>> from epitropy.records.phase import UnitCell
    >>> from epitropy.records.sourced import Sourced
    >>> def cubic(name, a):
    ...     return Phase(name=name, formula=name, structure="rock salt", space_group="Fm-3m", formula_units=4,
    ...         cell=UnitCell(a=a, b=a, c=a), density=Sourced(value=6800.0, unit="kg/m3"),
    ...         cell_source="", cell_grade="assumed")
    >>> match = best_matches(cubic("MgO", 4.21e-10), [cubic("NiO", 4.18e-10)], max_area=8e-20)[0]
    >>> match.orientation, match.principal_strain.round(4).tolist()
    ('(111)[1-10] || (111)[1-10]', [0.0072, 0.0072])
    """
    check_limits(max_area, max_strain)
    chosen = _chosen_planes(films, film_planes)
    below, above = Crystal.of(host), tuple(map(Crystal.of, films))
    ground = Ground.of(plane_nets(below.lattice, listed_planes(below, max_index, host_planes)), max_area)
    nets = [both_faces(film, listed_planes(film, max_index, chosen.get(film.phase.name))) for film in above]
    found = [all_coincidences(ground, *sides, max_area=max_area, max_strain=max_strain) for sides in nets]
    return _ranked(below, above, ground.nets, [sides for sides, _ in nets], found, twins)


def shared_oxygen_continuation(matches: Sequence[LatticeMatch]) -> tuple[LatticeMatch, ...]:
    """The matches in which the close-packed oxygen layers run on from host to film, with their ``rank``.

    (003) of a layered oxide on (111) of rock salt or spinel, or on (003) of another layered oxide, oxygen
    row on oxygen row. Which crystals have such layers says `matches.OXYGEN_LAYERS`, by the structure that a
    phase names. Whether they rank first is a result: nothing here favours them.

    >>> shared_oxygen_continuation(())
    ()
    """
    if isinstance(matches, Matches):
        matches = matches.rows(matches.continuation)
    return tuple(m for m in matches if m.continuation)


def _chosen_planes(
    films: Sequence[Phase], film_planes: Mapping[str, Sequence[Plane]] | None
) -> Mapping[str, Sequence[Plane]]:
    names = {film.name for film in films}
    for name in film_planes or {}:
        if name not in names:
            raise InputError("film_planes", f"no film '{name}'", ", ".join(sorted(names)))
    return film_planes or {}


def listed_planes(crystal: Crystal, max_index: int, wanted: Sequence[Plane] | None) -> list[Plane]:
    """The planes asked for, or all distinct ones up to the index."""
    return list(planes(crystal.lattice, max_index)) if wanted is None else [reduced(p) for p in wanted]


def both_faces(film: Crystal, listed: Sequence[Plane]) -> tuple[Nets, int]:
    """Nets of the film's planes, those without a mirror then once more turned over, (-h-k-l); how many come first."""
    nets = plane_nets(film.lattice, listed)
    return joined([nets, plane_nets(film.lattice, -nets.planes[~nets.mirrored])]), len(nets)


def _ranked(
    host: Crystal,
    films: tuple[Crystal, ...],
    host_nets: Nets,
    film_nets: list[Nets],
    found: list[Coincidences],
    twins: bool,
) -> Matches:
    """The coincidences of all films as columns, best first."""
    nets = joined([host_nets[:0], *film_nets])
    first = np.cumsum([0, *map(len, film_nets)])
    film = np.repeat(np.arange(len(films)), [len(f.variants) for f in found])
    all_of = merged(found)
    film_net = all_of.film_net + first[film]
    row, half_turn, variants = _with_twins(all_of, nets.upright[film_net, 0, 1], twins)
    film, film_net = film[row], film_net[row]
    host_net, host_cells, film_cells = all_of.host_net[row], all_of.host_cells[row], all_of.film_cells[row]
    gradient = laws.deformation_gradient(film_cells @ nets.basis[film_net], host_cells @ host_nets.basis[host_net])
    strain = laws.principal_strains(gradient)
    energy = film_energies(films, film, strain)
    matches = Matches(
        host=host,
        films=films,
        host_nets=host_nets,
        film_nets=nets,
        film=film,
        host_net=host_net,
        film_net=film_net,
        host_cells=host_cells,
        film_cells=film_cells,
        variants=variants,
        half_turn=half_turn,
        area=determinant(film_cells) * nets.area[film_net],
        host_area=determinant(host_cells) * host_nets.area[host_net],
        strain=strain,
        energy=energy,
        rank=np.arange(len(film)),
    )
    return matches.ranked_by((strain**2).sum(1) if np.isnan(energy).any() else energy)


def _with_twins(found: Coincidences, film_turns: np.ndarray, twins: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, half turn, variants) of what is listed; film_turns: the film alone has the half turn.

    A half turn that only host and film together undo is one more variant, as the host lays it down.
    """
    rows = np.arange(len(found.variants))
    if not twins:
        return rows, np.zeros(len(rows), dtype=bool), found.variants
    variants = np.where(found.turned & ~film_turns, 2, 1) * found.variants
    more = rows[~found.turned]
    row = np.concatenate([rows, more])
    return row, np.arange(len(row)) >= len(rows), variants[row]
