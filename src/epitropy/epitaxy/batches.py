"""All matches of one plane on one plane: arrays, and the records made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..records.epitaxy import LatticeMatch, indices_text
from ..records.phase import Phase
from . import laws
from .coherency import elastic_energy, elastic_rows
from .lattices import SIXTH, Lattice, Plane, equivalent_planes, lattice, reflection
from .matching import Coincidences
from .nets import PlaneNet, determinant
from .orientation import aligned, along_first, lattice_direction, rows_continue

# Planes of close-packed oxygen, and oxygen rows in one vector of the plane's primitive net.
OXYGEN_LAYERS: dict[str, tuple[Plane, int]] = {
    "layered": ((0, 0, 1), 1),
    "rock salt": ((1, 1, 1), 1),
    "spinel": ((1, 1, 1), 2),
}


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Matches of one plane on one plane: cells (n, 2, 2) on the nets, direction first; F and its strains."""

    host: Crystal
    film: Crystal
    host_net: PlaneNet
    film_net: PlaneNet
    host_cells: np.ndarray
    film_cells: np.ndarray
    variants: np.ndarray
    gradient: np.ndarray
    strain: np.ndarray

    @classmethod
    def of(cls, host: Crystal, film: Crystal, host_net: PlaneNet, film_net: PlaneNet, found: Coincidences) -> Batch:
        host_cells, film_cells = aligned(host_net, film_net, found.host_cells, found.film_cells)
        film_vectors = along_first(film_cells @ film_net.basis)
        gradient = laws.deformation_gradient(film_vectors, along_first(host_cells @ host_net.basis))
        strain = laws.principal_strains(gradient)
        return cls(host, film, host_net, film_net, host_cells, film_cells, found.variants, gradient, strain)

    @property
    def area(self) -> np.ndarray:
        return determinant(self.film_cells) * self.film_net.area

    @property
    def energy(self) -> np.ndarray | None:
        return elastic_energy(self.film.phase, self.strain)


def records(batch: Batch, rank: np.ndarray) -> list[LatticeMatch]:
    """One `LatticeMatch` for each row of the batch, rank: shape (n,)."""
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


def _continues(batch: Batch) -> np.ndarray:
    """Whether each match sets the film's oxygen rows on the host's, layer on layer."""
    layers = [OXYGEN_LAYERS.get(crystal.phase.structure) for crystal in (batch.host, batch.film)]
    if None in layers:
        return np.zeros(len(batch.variants), dtype=bool)
    (host_plane, host_rows), (film_plane, film_rows) = layers
    parallel = host_plane in equivalent_planes(batch.host.lattice, batch.host_net.plane)
    parallel &= film_plane in equivalent_planes(batch.film.lattice, batch.film_net.plane)
    return parallel & rows_continue(batch.host_cells, batch.film_cells, host_rows, film_rows)
