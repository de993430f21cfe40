"""Limits of a search: what it would cost, and what lies just beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..records.epitaxy import LatticeMatch
from ..records.phase import Phase
from .cost import Cost, cost
from .lattices import Plane
from .matches import Crystal
from .matching import check_limits
from .nets import plane_nets
from .stage import best_matches, both_faces, listed_planes

WIDEST = 0.199  # principal strain; beyond it nothing is a coherent film
_LONGEST = 20.0  # s that a wider search may take by estimate


def estimate(
    host: Phase,
    films: Sequence[Phase],
    *,
    max_index: int = 1,
    max_area: float = 2e-18,
    max_strain: float = 0.04,
    host_planes: Sequence[Plane] | None = None,
    film_planes: Mapping[str, Sequence[Plane]] | None = None,
) -> Cost:
    """What `best_matches` of the same arguments would look at and take, from the nets alone.

    Averages over all sublattices (`cost`); the seconds are rather too many.

    >>> from epitropy.catalogue import phase
    >>> host, film = phase("NCM90"), phase("NiO")
    >>> estimate(host, [film]).seconds < 1, estimate(host, [film], max_index=4, max_area=4e-17).seconds > 60
    (True, True)
    """
    check_limits(max_area, max_strain)
    below = Crystal.of(host)
    hosts = plane_nets(below.lattice, listed_planes(below, max_index, host_planes))
    parts = []
    for film in films:
        above = Crystal.of(film)
        nets, _ = both_faces(above, listed_planes(above, max_index, (film_planes or {}).get(film.name)))
        parts.append(cost(hosts, nets, max_area, max_strain))
    return Cost(**{name: sum(getattr(p, name) for p in parts) for name in ("candidates", "matches", "seconds")})


def nearest_miss(
    host: Phase,
    film: Phase,
    *,
    max_index: int = 1,
    max_area: float = 2e-18,
    max_strain: float = 0.04,
    host_planes: Sequence[Plane] | None = None,
    film_planes: Mapping[str, Sequence[Plane]] | None = None,
) -> LatticeMatch | None:
    """Where nothing matches within the limits, what needs the least strain beyond them; None if nothing does.

    First the strain is widened, up to 0.2, then the area, up to eight times. If something matches within the
    limits, it is the least strained of that.

    >>> from epitropy.catalogue import phase
    >>> miss = nearest_miss(phase("NCM90"), phase("NiO"), max_area=8e-20, max_strain=0.01)
    >>> miss.orientation, bool(abs(miss.principal_strain).max() > 0.01)
    ('(003)[100] || (111)[1-10]', True)
    """
    check_limits(max_area, max_strain)
    rest = {"max_index": max_index, "host_planes": host_planes, "film_planes": film_planes}
    for area, strain in _wider(max_area, max_strain):
        limits = {"max_area": area, "max_strain": strain, **rest}
        if estimate(host, [film], **limits).seconds > _LONGEST:
            return None
        found = best_matches(host, [film], **limits)
        if len(found):
            largest = np.abs(found.strain).max(1)
            return replace(found[int(np.lexsort((found.area, largest.round(9)))[0])], rank=1)
    return None


def _wider(max_area: float, max_strain: float) -> Iterator[tuple[float, float]]:
    while max_strain < WIDEST:
        yield max_area, max_strain
        max_strain *= 1.5
    for times in (1, 2, 4, 8):
        yield times * max_area, WIDEST
