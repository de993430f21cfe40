"""Host and films to ranked orientation relationships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from ..errors import InputError
from ..records.epitaxy import LatticeMatch
from ..records.phase import Phase
from .batches import Batch, Crystal, records
from .lattices import Plane, planes, reduced
from .matching import check_limits, coincidences
from .nets import PlaneNet, plane_net
from .ranking import best_first
from .sublattices import Sublattices, sublattices


def best_matches(
    host: Phase,
    films: Sequence[Phase],
    *,
    max_index: int = 1,
    max_area: float = 2e-18,
    max_strain: float = 0.04,
    host_planes: Sequence[Plane] | None = None,
    film_planes: Mapping[str, Sequence[Plane]] | None = None,
) -> tuple[LatticeMatch, ...]:
    """Every coherent match of the films on the host, one of each symmetry orbit, best first.

    max_index: largest Miller index of the conventional cells; host_planes, and film_planes by name of the
    film, replace that list, e.g. [(1, 0, 4)]. max_area [m2] holds for the unstrained common cell of film
    and host, max_strain [1] for the principal strains imposed on the film. No match is an empty tuple.

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
    ground = Crystal.of(host)
    hosts = [_host_plane(net, max_area) for net in _nets(ground, max_index, host_planes)]
    found = []
    for film in films:
        top = Crystal.of(film)
        for film_net in _nets(top, max_index, chosen.get(film.name)):
            for host_net, parts in hosts:
                for side in _sides(host_net, film_net, top):
                    common = coincidences(parts[side.mirrored], side, max_area=max_area, max_strain=max_strain)
                    found.append(Batch.of(ground, top, host_net, side, common))
    return _ranked([batch for batch in found if len(batch.variants)])


def shared_oxygen_continuation(matches: Sequence[LatticeMatch]) -> tuple[LatticeMatch, ...]:
    """The matches in which the close-packed oxygen layers run on from host to film, with their ``rank``.

    (003) of a layered oxide on (111) of rock salt or spinel, or on (003) of another layered oxide, oxygen
    row on oxygen row. Which crystals have such layers says `batches.OXYGEN_LAYERS`, by the structure that a
    phase names. Whether they rank first is a result: nothing here favours them.

    >>> shared_oxygen_continuation(())
    ()
    """
    return tuple(m for m in matches if m.continuation)


def _chosen_planes(
    films: Sequence[Phase], film_planes: Mapping[str, Sequence[Plane]] | None
) -> Mapping[str, Sequence[Plane]]:
    names = {film.name for film in films}
    for name in film_planes or {}:
        if name not in names:
            raise InputError("film_planes", f"no film '{name}'", ", ".join(sorted(names)))
    return film_planes or {}


def _nets(crystal: Crystal, max_index: int, wanted: Sequence[Plane] | None) -> list[PlaneNet]:
    listed = planes(crystal.lattice, max_index) if wanted is None else [reduced(p) for p in wanted]
    return [plane_net(crystal.lattice, plane) for plane in listed]


def _host_plane(net: PlaneNet, max_area: float) -> tuple[PlaneNet, dict[bool, Sublattices]]:
    """A host net and its sublattices for films with and without mirrors, found once for all films."""
    turns = sublattices(net.rotations, max_area)
    return net, {True: sublattices(net, max_area) if net.mirrored else turns, False: turns}


def _sides(host: PlaneNet, film: PlaneNet, crystal: Crystal) -> list[PlaneNet]:
    """The film as it is and, where no mirror of either net makes that the same, turned over: (-h-k-l)."""
    if host.mirrored or film.mirrored:
        return [film]
    h, k, l = film.plane
    return [film, plane_net(crystal.lattice, (-h, -k, -l))]


def _ranked(batches: list[Batch]) -> tuple[LatticeMatch, ...]:
    if not batches:
        return ()
    energies = [batch.energy for batch in batches]
    if any(energy is None for energy in energies):
        energies = [(batch.strain**2).sum(1) for batch in batches]
    order = best_first(np.concatenate([batch.area for batch in batches]), np.concatenate(energies))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    parts = np.split(rank, np.cumsum([len(batch.variants) for batch in batches])[:-1])
    return tuple(sorted(chain(*map(records, batches, parts)), key=lambda match: match.rank))
