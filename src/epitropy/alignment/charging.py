"""Matches followed while the host gives lithium off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..epitaxy.lattices import equivalent_planes, lattice, planes, reduced
from ..epitaxy.matches import Matches
from ..epitaxy.ranking import best_first
from ..records.alignment import AlignedMatch
from ..records.epitaxy import LatticeMatch
from ..records.host import HostCurves
from ..records.phase import Phase
from ..records.strain import StrainPath
from ..strain.stage import path_of_strains
from .breathing import cells_over, lithium_grid

ONLY_LITHIATED = np.ones(1)  # a host without curves is known at one lithium content


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """Matches of one film on one host, ranked by the largest energy over lithium content; best first."""

    matches: Matches
    lithium: np.ndarray
    cells: np.ndarray  # of the host, at each lithium content [m], shape (n, 3, 3)
    thickness: float  # of the film [m]
    cost: np.ndarray  # largest energy [J/m3] of each match over lithium content; squared strain where it has none
    facets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.matches)

    def first(self, count: int) -> tuple[AlignedMatch, ...]:
        """The first matches with their paths, best first."""
        return self._rows(np.arange(min(count, len(self))))

    def smallest_on(self, facet: str) -> AlignedMatch | None:
        """The match with the smallest common cell on a facet, of equal ones the one of least cost; None without any."""
        return next(iter(self._rows(self._ordered_on(facet, by_area=True)[:1])), None)

    def softest_on(self, facet: str) -> AlignedMatch | None:
        """The match of least cost on a facet, of equal ones the one with the smallest cell; None without any."""
        return next(iter(self._rows(self._ordered_on(facet, by_area=False)[:1])), None)

    def column_on(self, facet: str) -> Matches:
        """`smallest_on` as columns, of length one or none."""
        return self.matches.rows(self._ordered_on(facet, by_area=True)[:1])

    def _ordered_on(self, facet: str, *, by_area: bool) -> np.ndarray:
        """Matches on a facet, in an order that knows nothing of other facets; differences below 1e-9 do not count.

        Of the smallest cells, that of a film of the host's own structure which goes on as the host comes first.
        Cells are counted on the host: on one facet they are whole multiples of its net, so that equal ones are equal.
        """
        rows = np.flatnonzero(self._facet_of == facet)
        area, cost = (_rounded(values[rows]) for values in (self.matches.host_area, self.cost))
        if not by_area:
            return rows[np.lexsort((area, cost))]
        ordered = rows[np.lexsort((cost, area))]
        smallest = ordered[: int((area == area.min(initial=np.inf)).sum())]
        goes_on = [_same_crystal(m) for m in self.matches.rows(smallest)] if self._layered else []
        return np.concatenate([smallest[goes_on], ordered]) if any(goes_on) else ordered

    def _rows(self, which: np.ndarray) -> tuple[AlignedMatch, ...]:
        chosen = self.matches.rows(which)
        strains = chosen.strains_at(self.cells)
        paths = [self._path(chosen, i, strains[:, i]) for i in range(len(which))]
        return tuple(map(_aligned, chosen, self._facet_of[which], paths))

    def _path(self, chosen: Matches, i: int, strains: np.ndarray) -> StrainPath | None:
        film = chosen.films[int(chosen.film[i])].phase
        if self.lithium.size == 1 or film.young_modulus is None or film.poisson_ratio is None:
            return None
        return path_of_strains(
            f"match {chosen.rank[i]}",
            self.lithium,
            strains,
            thickness=self.thickness,
            young_modulus=film.young_modulus.value,
            poisson_ratio=film.poisson_ratio.value,
        )

    @property
    def _layered(self) -> bool:
        return {c.phase.structure for c in (self.matches.host, *self.matches.films)} == {"layered"}

    @cached_property
    def _facet_of(self) -> np.ndarray:
        """Facet of the particle on which each match lies, "" for a plane that is none."""
        planes = self.matches.host_planes
        found = np.full(len(planes), "", dtype="<U12")
        for facet in self.facets:
            star = np.array(sorted(equivalent_planes(self.matches.host.lattice, reduced(indices_of(facet)))))
            found[(planes[:, None] == star).all(2).any(1)] = facet
        return found


def _same_crystal(match: LatticeMatch) -> bool:
    """Whether film and host, both layered, lie with equal indices: the crystal goes on."""
    return match.host_plane == match.film_plane and np.allclose(match.host_cell, match.film_cell)


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.round(values / max(np.abs(values).max(initial=0.0), 1e-300), 9)


def _aligned(match: LatticeMatch, facet: str, path: StrainPath | None) -> AlignedMatch:
    if path is None:
        return AlignedMatch(
            rank=match.rank, match=match, facet=str(facet), path=None, largest_energy=None, largest_at=None
        )
    worst = int(np.argmax(path.energy_density))
    return AlignedMatch(
        rank=match.rank,
        match=match,
        facet=str(facet),
        path=path,
        largest_energy=float(path.energy_density[worst]),
        largest_at=float(path.lithium[worst]),
    )


def indices_of(facet: str) -> tuple[int, int, int]:
    """Miller indices of a facet's name.

    >>> indices_of("104")
    (1, 0, 4)
    """
    h, k, l = (int(i) for i in facet)
    return h, k, l


def host_planes(host: Phase, max_index: int, facets: Sequence[str]) -> list[tuple[int, int, int]]:
    """Planes of a host up to an index, and the facets of its particles beyond it."""
    below = lattice(host.cell, host.space_group)
    listed = list(planes(below, max_index))
    known = {p for plane in listed for p in equivalent_planes(below, plane)}
    return listed + [p for p in map(reduced, map(indices_of, facets)) if p not in known]


def follow(matches: Matches, curves: HostCurves | None, *, thickness: float, facets: tuple[str, ...] = ()) -> Followed:
    """Rank matches by the largest energy over lithium content, or leave their order where the host has no curves."""
    host = matches.host.phase
    lithium = ONLY_LITHIATED if curves is None else lithium_grid()
    cells = host.cell.matrix[None] if curves is None else cells_over(host, curves, lithium)
    if not len(matches):
        cost = np.zeros(0)
    elif all(f.phase.young_modulus and f.phase.poisson_ratio for f in matches.films):
        cost = matches.largest_energy(cells)
    else:
        cost = np.max([(matches.strains_at(cell) ** 2).sum(1) for cell in cells], axis=0)
    if curves is not None and len(matches):
        order = best_first(matches.area, cost)
        matches, cost = matches.ranked_by(cost), cost[order]
    return Followed(matches=matches, lithium=lithium, cells=cells, thickness=thickness, cost=cost, facets=facets)
