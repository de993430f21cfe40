"""What a search for coincidences will look at, before it is done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit
from .nets import Nets

# Seconds for each thing looked at, on one core: twice to five times what was measured.
_PER_SUBLATTICE, _PER_VECTOR, _PER_CELL, _AT_LEAST = 2e-5, 1e-6, 3e-6, 0.05
_TRIED = 4.0  # cells tried for one that the limits keep, or one for each vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a search is expected to look at, to find and to take, rather too much than too little.

    candidates: common cells tried one by one; matches: those within the limits, before the film's symmetry makes
    fewer of them.
    """

    candidates: Annotated[float, Unit("1")]
    matches: Annotated[float, Unit("1")]
    seconds: Annotated[float, Unit("s")]


def number_of_sublattices(hosts: Nets, max_area: float) -> np.ndarray:
    """Orbits of sublattices of nets up to an area [m2], (n,): pi^2/12 (A/a)^2 over the order of the half-group.

    sum_{m <= N} sigma(m) -> pi^2/12 N^2 for large N.
    """
    steps = max_area / hosts.area
    return np.where(steps < 1, 0.0, 1 + math.pi**2 / 12 * steps**2 / hosts.exists.sum(1))


def number_of_vectors(films: Nets, max_area: float, max_strain: float) -> np.ndarray:
    """Film vectors, up to sign, that may lie on the shortest one of a sublattice of area up to A; (n,).

    An annulus of area pi (q^2 - p^2) h^2, where the mean of h^2 = 3 ln 3/(2 pi) V for cells of area V, V = 2/3 A.
    """
    annulus = math.pi * (1 / (1 - max_strain) ** 2 - 1 / (1 + max_strain) ** 2)
    return annulus / 2 * 3 * math.log(3) / (2 * math.pi) * 2 / 3 * max_area / films.area


def number_of_matches(hosts: Nets, films: Nets, max_area: float, max_strain: float) -> np.ndarray:
    """Coincidences of each host net with each film net, up to sign and the host's symmetry, (n, m).

    The F whose singular values lie within e of 1 fill 16/3 pi^2 e^3 of the space of 2 x 2 matrices; a sublattice of
    area V meets V^2/a_f^2 of them, and sum sigma(m) m^2 -> pi^2/24 N^4.
    """
    filled = 16 / 3 * math.pi**2 * max_strain**3
    pairs = math.pi**2 / 24 * max_area**4 * filled / 2
    return pairs / (hosts.exists.sum(1) * hosts.area**2)[:, None] / films.area**2


def number_of_cells(hosts: Nets, films: Nets, max_area: float, max_strain: float) -> np.ndarray:
    """Common cells tried for each pair of nets, (n, m)."""
    first = number_of_sublattices(hosts, max_area)[:, None] * number_of_vectors(films, max_area, max_strain)
    return first + _TRIED * number_of_matches(hosts, films, max_area, max_strain)


def cost(hosts: Nets, films: Nets, max_area: float, max_strain: float) -> Cost:
    """Of a search that lays each net of the film on each net of the host.

    >>> from epitropy.epitaxy.nets import net, single
    >>> square = single(net(3e-10 * np.eye(2)))
    >>> cost(square, square, 4e-18, 0.04).seconds < 1 < cost(square, square, 4e-17, 0.04).seconds
    True
    """
    listed = number_of_sublattices(hosts, max_area)
    cells = float(number_of_cells(hosts, films, max_area, max_strain).sum())
    rows = listed.sum() * len(films)
    first = listed.sum() * number_of_vectors(films, max_area, max_strain).sum()
    seconds = _AT_LEAST + _PER_SUBLATTICE * listed.sum() + _PER_VECTOR * (rows + first) + _PER_CELL * cells
    matches = float(number_of_matches(hosts, films, max_area, max_strain).sum())
    return Cost(candidates=cells, matches=matches, seconds=float(seconds))
