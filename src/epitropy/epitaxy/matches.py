"""All matches of some films on one host: columns, and the records made of them when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np

from ..errors import InputError
from ..records.epitaxy import LatticeMatch, indices_text
from ..records.phase import Phase, UnitCell
from . import laws
from .coherency import elastic_energy, elastic_rows
from .lattices import SIXTH, Lattice, Plane, equivalent_planes, lattice, reflection
from .nets import Nets
from .orientation import aligned, along_first, lattice_directions, rows_continue
from .ranking import best_first

# Planes of close-packed oxygen, and oxygen rows in one vector of the plane's primitive net.
OXYGEN_LAYERS: dict[str, tuple[Plane, int]] = {
    "layered": ((0, 0, 1), 1),
    "rock salt": ((1, 1, 1), 1),
    "spinel": ((1, 1, 1), 2),
}

_COLUMNS = (
    "film",
    "host_net",
    "film_net",
    "host_cells",
    "film_cells",
    "variants",
    "half_turn",
    "area",
    "host_area",
    "strain",
    "energy",
    "rank",
)


@dataclass(frozen=True, slots=True)
class Crystal:
    """A phase and its lattice."""

    phase: Phase
    lattice: Lattice

    @classmethod
    def of(cls, phase: Phase) -> Crystal:
        try:
            return cls(phase, lattice(phase.cell, phase.space_group))
        except InputError as error:
            raise InputError(f"{phase.name}: {error.where}", error.given, error.allowed, error.remedy) from None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Matches(Sequence[LatticeMatch]):
    """Matches as columns of n rows, best first; an item is one `LatticeMatch`, made when it is asked for.

    film: number of the film; host_net, film_net: numbers of the nets; host_cells, film_cells: integer rows on them,
    (n, 2, 2); variants: as in `LatticeMatch`; half_turn: the film is turned about the normal against the match
    listed alike; area, host_area [m2]; strain: principal, (n, 2); energy [J/m3], nan where unknown; rank: 1, 2, ...
    """

    host: Crystal
    films: tuple[Crystal, ...]
    host_nets: Nets
    film_nets: Nets
    film: np.ndarray
    host_net: np.ndarray
    film_net: np.ndarray
    host_cells: np.ndarray
    film_cells: np.ndarray
    variants: np.ndarray
    half_turn: np.ndarray
    area: np.ndarray
    host_area: np.ndarray
    strain: np.ndarray
    energy: np.ndarray
    rank: np.ndarray

    def __len__(self) -> int:
        return len(self.rank)

    @overload
    def __getitem__(self, place: int) -> LatticeMatch: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[LatticeMatch, ...]: ...
    def __getitem__(self, place):
        if isinstance(place, slice):
            return tuple(_records(self.rows(place)))
        return _records(self.rows(np.array([range(len(self))[place]])))[0]

    def rows(self, which: slice | np.ndarray) -> Matches:
        """Some of the matches as columns, with their rank: a slice, a mask or row numbers."""
        return replace(self, **{name: getattr(self, name)[which] for name in _COLUMNS})

    def __repr__(self) -> str:
        return f"<{len(self)} matches of {', '.join(f.phase.name for f in self.films)} on {self.host.phase.name}>"

    def __iter__(self) -> Iterator[LatticeMatch]:
        return iter(_records(self))

    @property
    def host_planes(self) -> np.ndarray:
        """Miller indices without common divisor, (n, 3)."""
        return self.host_nets.planes[self.host_net]

    @property
    def film_planes(self) -> np.ndarray:
        """Miller indices without common divisor, (n, 3)."""
        return self.film_nets.planes[self.film_net]

    @property
    def continuation(self) -> np.ndarray:
        """Whether each match sets the film's oxygen rows on the host's, layer on layer; (n,)."""
        found = np.zeros(len(self), dtype=bool)
        below = OXYGEN_LAYERS.get(self.host.phase.structure)
        for i, film in enumerate(self.films):
            above = OXYGEN_LAYERS.get(film.phase.structure)
            if not (below and above):
                continue
            rows = np.flatnonzero(self.film == i)
            rows = rows[_on(self.host_planes[rows], self.host, below[0])]
            rows = rows[_on(self.film_planes[rows], film, above[0])]
            found[rows] = rows_continue(self.host_cells[rows], self.film_cells[rows], below[1], above[1])
        return found

    def strains_at(self, matrices: np.ndarray) -> np.ndarray:
        """Principal strains of the films when the host's cell has changed and they are clamped to it.

        matrices: one or more conventional cells of the host, rows a, b, c [m], (..., 3, 3); returns (..., n, 2).
        """
        edges = (self.host_cells @ self.host_nets.sixths[self.host_net]) / SIXTH @ np.asarray(matrices)[..., None, :, :]
        films = self.film_cells @ self.film_nets.basis[self.film_net]
        return laws.strains_on(films, edges)

    def largest_energy(self, matrices: np.ndarray) -> np.ndarray:
        """Largest elastic energy [J/m3] of each film over several cells of the host, (k, 3, 3) to (n,)."""
        return np.max([film_energies(self.films, self.film, self.strains_at(matrix)) for matrix in matrices], axis=0)

    def ranked_by(self, energy: np.ndarray) -> Matches:
        """Ranked anew by the area and another energy, e.g. the largest over the state of charge; (n,)."""
        order = best_first(self.area, energy)
        return replace(self.rows(order), rank=np.arange(1, len(order) + 1))


def misfit_over(match: LatticeMatch, host_cells: Sequence[UnitCell] | np.ndarray) -> np.ndarray:
    """Principal strains [1] of a film that stays clamped to its host while the host's cell changes, larger first.

    The edges of the common cell become ``host_cell @ matrix``; the film's own are unstrained as before.
    host_cells: conventional cells, or their matrices [m], rows a, b, c, shape (n, 3, 3); returns shape (n, 2).

    >>> from epitropy.catalogue import phase
    >>> from epitropy.epitaxy.stage import best_matches
    >>> host = phase("NCM90")
    >>> match = best_matches(host, [phase("NiO")])[0]
    >>> wider = 1.01 * host.cell.matrix
    >>> (misfit_over(match, np.array([host.cell.matrix, wider])) - match.principal_strain).round(4).tolist()
    [[0.0, 0.0], [0.0097, 0.0097]]
    """
    matrices = np.array([cell.matrix if isinstance(cell, UnitCell) else cell for cell in host_cells])
    return laws.strains_on(match.film_vectors, match.host_cell @ matrices)


def film_energies(films: Sequence[Crystal], film: np.ndarray, strain: np.ndarray) -> np.ndarray:
    """Energy per area and thickness [J/m3] of principal strains (n, 2); nan for films without E and nu."""
    energy = np.full(len(film), np.nan)
    for i, crystal in enumerate(films):
        rows = film == i
        known = elastic_energy(crystal.phase, strain[rows])
        if known is not None:
            energy[rows] = known
    return energy


def _on(planes: np.ndarray, crystal: Crystal, plane: Plane) -> np.ndarray:
    wanted = np.array(sorted(equivalent_planes(crystal.lattice, plane)))
    return (planes[:, None] == wanted).all(2).any(1)


def _records(matches: Matches) -> list[LatticeMatch]:
    """One `LatticeMatch` for each row, in order."""
    made: dict[int, LatticeMatch] = {}
    for i, film in enumerate(matches.films):
        rows = np.flatnonzero(matches.film == i)
        if len(rows):
            made.update(zip(rows.tolist(), _of_film(matches.rows(rows), film)))
    return [made[i] for i in range(len(matches))]


def _of_film(m: Matches, film: Crystal) -> list[LatticeMatch]:
    """The records of matches of one film."""
    host_nets, film_nets = m.host_nets[m.host_net], m.film_nets[m.film_net]
    host_cells, film_cells = aligned(host_nets, film_nets, m.host_cells, m.film_cells)
    film_cells = np.where(m.half_turn[:, None, None], -film_cells, film_cells)
    host_sixths, film_sixths = host_cells @ host_nets.sixths, film_cells @ film_nets.sixths
    host_vectors, film_vectors = along_first(host_cells @ host_nets.basis), along_first(film_cells @ film_nets.basis)
    gradient = laws.deformation_gradient(film_vectors, host_vectors)
    strain = laws.principal_strains(gradient)
    host_labels = _labels(m.host.lattice, m.host_nets, m.host_net)
    film_labels = _labels(film.lattice, m.film_nets, m.film_net)
    columns = {
        "rank": m.rank.tolist(),
        "host_plane": _triples(host_nets.planes),
        "film_plane": _triples(film_nets.planes),
        "host_label": host_labels,
        "film_label": film_labels,
        "host_direction": _triples(lattice_directions(host_sixths[:, 0])),
        "film_direction": _triples(lattice_directions(film_sixths[:, 0])),
        "host_cell": list(host_sixths / SIXTH),
        "film_cell": list(film_sixths / SIXTH),
        "area": m.area.tolist(),
        "host_area": m.host_area.tolist(),
        "film_vectors": list(film_vectors),
        "deformation_gradient": list(gradient),
        "principal_strain": list(strain),
        "variants": m.variants.tolist(),
        "half_turn": m.half_turn.tolist(),
        "continuation": m.continuation.tolist(),
    }
    elastic = elastic_rows(film.phase, film_nets, film_labels, film_cells, gradient, strain)
    names = {"host": m.host.phase.name, "film": film.phase.name}
    return [
        LatticeMatch(**names, **dict(zip(columns, values)), **row) for *values, row in zip(*columns.values(), elastic)
    ]


def _labels(crystal: Lattice, nets: Nets, net: np.ndarray) -> list[str]:
    listed = {i: f"({indices_text(reflection(crystal, tuple(nets.planes[i].tolist())))})" for i in set(net.tolist())}
    return [listed[i] for i in net.tolist()]


def _triples(rows: np.ndarray) -> list[tuple[int, ...]]:
    return list(map(tuple, rows.tolist()))
