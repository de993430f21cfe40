"""Host and films to ranked orientation relationships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ..errors import InputError
from ..records.epitaxy import LatticeMatch, indices_text
from ..records.phase import Phase
from . import laws
from .coherency import elastic_energy, elastic_rows
from .lattices import SIXTH, Lattice, Plane, equivalent_planes, lattice, planes, reduced, reflection
from .matching import Coincidences, coincidences
from .nets import PlaneNet, determinant, plane_net
from .orientation import aligned, along_first, lattice_direction, rows_continue
from .ranking import best_first
from .sublattices import Sublattices, sublattices

# Planes of close-packed oxygen, and oxygen rows in one vector of the plane's primitive net.
OXYGEN_LAYERS: dict[str, tuple[Plane, int]] = {
    "layered": ((0, 0, 1), 1),
    "rock salt": ((1, 1, 1), 1),
    "spinel": ((1, 1, 1), 2),
}


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
    chosen = _chosen_planes(films, film_planes)
    ground = _Crystal.of(host)
    hosts = [_host_plane(net, max_area) for net in _nets(ground, max_index, host_planes)]
    found = []
    for film in films:
        top = _Crystal.of(film)
        for film_net in _nets(top, max_index, chosen.get(film.name)):
            for host_net, parts in hosts:
                for side in _sides(host_net, film_net, top):
                    common = coincidences(
                        parts[side.mirrored], side, max_area=max_area, max_strain=max_strain
                    )
                    found.append(_Batch.of(ground, top, host_net, side, common))
    return _ranked([batch for batch in found if len(batch.variants)])


def shared_oxygen_continuation(matches: Sequence[LatticeMatch]) -> tuple[LatticeMatch, ...]:
    """The matches in which the close-packed oxygen layers run on from host to film; their ``rank`` says
    where.

    (003) of a layered oxide on (111) of rock salt or spinel, or on (003) of another layered oxide, oxygen
    row on oxygen row. Which crystals have such layers is `OXYGEN_LAYERS`, by the structure a phase names.
    Whether they rank first is a result: nothing here favours them.

    >>> shared_oxygen_continuation(())
    ()
    """
    return tuple(m for m in matches if m.continuation)


@dataclass(frozen=True, slots=True)
class _Crystal:
    phase: Phase
    lattice: Lattice

    @classmethod
    def of(cls, phase: Phase) -> _Crystal:
        try:
            return cls(phase, lattice(phase.cell, phase.space_group))
        except InputError as error:
            raise InputError(
                f"{phase.name}: {error.where}", error.given, error.allowed, error.remedy
            ) from None


def _chosen_planes(
    films: Sequence[Phase], film_planes: Mapping[str, Sequence[Plane]] | None
) -> Mapping[str, Sequence[Plane]]:
    names = {film.name for film in films}
    for name in film_planes or {}:
        if name not in names:
            raise InputError("film_planes", f"no film '{name}'", ", ".join(sorted(names)))
    return film_planes or {}


def _nets(crystal: _Crystal, max_index: int, wanted: Sequence[Plane] | None) -> list[PlaneNet]:
    listed = planes(crystal.lattice, max_index) if wanted is None else [reduced(p) for p in wanted]
    return [plane_net(crystal.lattice, plane) for plane in listed]


def _host_plane(net: PlaneNet, max_area: float) -> tuple[PlaneNet, dict[bool, Sublattices]]:
    """A host net and its sublattices for films with and without mirrors, found once for all films."""
    turns = sublattices(net.rotations, max_area)
    return net, {True: sublattices(net, max_area) if net.mirrored else turns, False: turns}


def _sides(host: PlaneNet, film: PlaneNet, crystal: _Crystal) -> list[PlaneNet]:
    """The film as it is and, where no mirror of either net makes that the same, turned over: (-h-k-l)."""
    if host.mirrored or film.mirrored:
        return [film]
    h, k, l = film.plane
    return [film, plane_net(crystal.lattice, (-h, -k, -l))]


@dataclass(frozen=True, slots=True)
class _Batch:
    """All matches of one plane on one plane, as arrays."""

    host: _Crystal
    film: _Crystal
    host_net: PlaneNet
    film_net: PlaneNet
    host_cells: np.ndarray
    film_cells: np.ndarray
    variants: np.ndarray
    gradient: np.ndarray
    strain: np.ndarray

    @classmethod
    def of(
        cls, host: _Crystal, film: _Crystal, host_net: PlaneNet, film_net: PlaneNet, found: Coincidences
    ) -> _Batch:
        host_cells, film_cells = aligned(host_net, film_net, found.host_cells, found.film_cells)
        film_vectors, host_vectors = (
            along_first(film_cells @ film_net.basis),
            along_first(host_cells @ host_net.basis),
        )
        gradient = laws.deformation_gradient(film_vectors, host_vectors)
        strain = laws.principal_strains(gradient)
        return cls(host, film, host_net, film_net, host_cells, film_cells, found.variants, gradient, strain)

    @property
    def area(self) -> np.ndarray:
        return determinant(self.film_cells) * self.film_net.area

    @property
    def energy(self) -> np.ndarray | None:
        return elastic_energy(self.film.phase, self.strain)


def _ranked(batches: list[_Batch]) -> tuple[LatticeMatch, ...]:
    if not batches:
        return ()
    energies = [batch.energy for batch in batches]
    if any(energy is None for energy in energies):
        energies = [(batch.strain**2).sum(1) for batch in batches]
    order = best_first(np.concatenate([batch.area for batch in batches]), np.concatenate(energies))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    parts = np.split(rank, np.cumsum([len(batch.variants) for batch in batches])[:-1])
    return tuple(sorted(chain(*map(_records, batches, parts)), key=lambda match: match.rank))


def _records(batch: _Batch, rank: np.ndarray) -> list[LatticeMatch]:
    host, film, host_net, film_net = batch.host, batch.film, batch.host_net, batch.film_net
    host_sixths, film_sixths = batch.host_cells @ host_net.sixths, batch.film_cells @ film_net.sixths
    area, host_area = batch.area, determinant(batch.host_cells) * host_net.area
    host_label, film_label = _label(host.lattice, host_net.plane), _label(film.lattice, film_net.plane)
    running = _continues(batch)
    elastic = elastic_rows(film.phase, film_net, film_label, batch.film_cells, batch.gradient, batch.strain)
    return [
        LatticeMatch(
            rank=int(rank[i]),
            host=host.phase.name,
            film=film.phase.name,
            host_plane=host_net.plane,
            film_plane=film_net.plane,
            host_label=host_label,
            film_label=film_label,
            host_direction=lattice_direction(host_sixths[i, 0]),
            film_direction=lattice_direction(film_sixths[i, 0]),
            host_cell=host_sixths[i] / SIXTH,
            film_cell=film_sixths[i] / SIXTH,
            area=float(area[i]),
            host_area=float(host_area[i]),
            deformation_gradient=batch.gradient[i],
            principal_strain=batch.strain[i],
            variants=int(batch.variants[i]),
            continuation=bool(running[i]),
            **elastic[i],
        )
        for i in range(len(rank))
    ]


def _label(crystal: Lattice, plane: Plane) -> str:
    return f"({indices_text(reflection(crystal, plane))})"


def _continues(batch: _Batch) -> np.ndarray:
    """Whether each match sets the film's oxygen layers on the host's, see `shared_oxygen_continuation`."""
    layers = [OXYGEN_LAYERS.get(crystal.phase.structure) for crystal in (batch.host, batch.film)]
    if None in layers:
        return np.zeros(len(batch.variants), dtype=bool)
    (host_plane, host_rows), (film_plane, film_rows) = layers
    parallel = host_plane in equivalent_planes(batch.host.lattice, batch.host_net.plane)
    parallel &= film_plane in equivalent_planes(batch.film.lattice, batch.film_net.plane)
    return parallel & rows_continue(batch.host_cells, batch.film_cells, host_rows, film_rows)
