"""Every coincidence of nets within an area and a strain limit, one of each symmetry orbit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..errors import InputError
from .cost import number_of_cells
from .laws import deformation_gradient, principal_strains
from .nets import MOST, Nets, PlaneNet, adjugate, determinant, joined, single
from .sublattices import Sublattices, ranges, sublattices

_BITS = 15  # four film coordinates share one 64-bit key
_HALF = 1 << (_BITS - 1)
_PLACES = 1 << _BITS * np.arange(3, -1, -1)
_NEGATIVE = 2 * _HALF * int(_PLACES.sum())  # less the key of a cell is the key of its negative
_MARGIN = 1e-9  # relative room for rounding at the limits
_BLOCK = 3e5  # cells tried in one go, for the memory's sake


@dataclass(frozen=True, slots=True, kw_only=True)
class Coincidences:
    """Common cells of two nets: row i of film_cells lies on row i of host_cells.

    host_cells, film_cells: integer rows on the two nets, shape (n, 2, 2), both counter-clockwise.
    variants: in how many ways the host's symmetry lays the film down, the same side up, shape (n,).
    turned: whether the crystals' own symmetry makes a half turn of the film about the normal the same, (n,).
    host_net, film_net: numbers of the nets among those that were matched, (n,).
    """

    host_net: np.ndarray
    film_net: np.ndarray
    host_cells: np.ndarray
    film_cells: np.ndarray
    variants: np.ndarray
    turned: np.ndarray


def coincidences(host: PlaneNet, film: PlaneNet, *, max_area: float, max_strain: float) -> Coincidences:
    """All primitive coincidence cells of two nets, one of each orbit of both symmetry groups, by area.

    For every sublattice (h1, h2) of the host and every film vector f1 that the limit lets lie on h1, the film
    vectors that may lie on h2 fill a small rectangle (`_rectangle`); all net points in it are tried and
    filtered exactly: |s - 1| <= max_strain for both singular values s of F (film -> host), and both
    unstrained cells, the film's and the host's, of at most max_area [m2]. A cell is primitive when no
    smaller one repeats the coincidence.

    >>> from epitropy.epitaxy.nets import net
    >>> square = net(np.eye(2))
    >>> found = coincidences(square, square, max_area=25.0, max_strain=1e-6)
    >>> determinant(found.film_cells).tolist()
    [1, 5, 13, 17, 25]
    """
    check_limits(max_area, max_strain)
    ground = Ground.of(single(host), max_area)
    found = all_coincidences(ground, single(film), max_area=max_area, max_strain=max_strain)
    order = np.argsort(determinant(found.film_cells), kind="stable")
    return Coincidences(**{f.name: getattr(found, f.name)[order] for f in fields(found)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The host's nets and their sublattices, found once for all films.

    A mirror maps the host onto itself but turns a film without mirrors over, which is another plane of the
    film. For such films the host's nets are there once more with their rotations only.
    with_mirrors, without: for each net of the host, which one among those of the sublattices.
    """

    nets: Nets
    sublattices: Sublattices
    with_mirrors: np.ndarray
    without: np.ndarray

    @classmethod
    def of(cls, nets: Nets, max_area: float) -> Ground:
        mirrored, number = nets.mirrored, np.arange(len(nets))
        added = np.cumsum(mirrored) - 1 + len(nets)
        every = joined([nets, nets.rotations[mirrored]])
        return cls(
            nets=nets,
            sublattices=sublattices(every, max_area),
            with_mirrors=number,
            without=np.where(mirrored, added, number),
        )

    def plane(self, net: np.ndarray) -> np.ndarray:
        """Which of the host's own nets these nets of the sublattices are."""
        names = np.concatenate([self.with_mirrors, np.flatnonzero(self.nets.mirrored)])
        return names[net]


def all_coincidences(
    ground: Ground, films: Nets, faces: int | None = None, *, max_area: float, max_strain: float
) -> Coincidences:
    """The coincidences of many nets of one film with all nets of the host, in no particular order.

    faces: how many of the film's nets are its planes as listed; those that follow are planes turned over,
    (-h-k-l), another match only where neither net has a mirror.
    """
    parts = [
        _block(ground, films, pairs, max_area, max_strain)
        for pairs in _pairs(ground, films, len(films) if faces is None else faces, max_area, max_strain)
    ]
    return merged(parts)


def merged(parts: Sequence[Coincidences]) -> Coincidences:
    """Several tables of coincidences as one."""
    cells, row = np.zeros((0, 2, 2), dtype=np.int64), np.zeros(0, dtype=np.int64)
    none = Coincidences(
        host_net=row, film_net=row, host_cells=cells, film_cells=cells, variants=row, turned=row.astype(bool)
    )
    return Coincidences(
        **{f.name: np.concatenate([getattr(p, f.name) for p in (none, *parts)]) for f in fields(Coincidences)}
    )


def _pairs(ground: Ground, films: Nets, faces: int, max_area: float, max_strain: float) -> Iterator[np.ndarray]:
    """Blocks of (net of the sublattices, net of the film), shape (n, 2)."""
    host, film = (part.ravel() for part in np.meshgrid(np.arange(len(ground.nets)), np.arange(len(films))))
    mirrored = films.mirrored[film]
    first = np.where(mirrored, ground.with_mirrors[host], ground.without[host])
    wanted = (film < faces) | ~(mirrored | ground.nets.mirrored[host])
    pairs = np.stack([first, film], 1)[wanted]
    size = number_of_cells(ground.sublattices.nets, films, max_area, max_strain)[pairs[:, 0], pairs[:, 1]]
    size += np.bincount(ground.sublattices.net, minlength=len(ground.sublattices.nets))[pairs[:, 0]]
    block = (np.cumsum(size) // _BLOCK).astype(np.int64)
    yield from np.split(pairs, np.flatnonzero(np.diff(block)) + 1)


def _block(ground: Ground, films: Nets, pairs: np.ndarray, max_area: float, max_strain: float) -> Coincidences:
    hosts = ground.sublattices
    start = np.searchsorted(hosts.net, pairs[:, 0])
    stop = np.searchsorted(hosts.net, pairs[:, 0], side="right")
    pair, owner = ranges(start, stop - start)
    film = pairs[pair, 1]
    row, cells = _candidates(hosts, films, owner, film, max_strain)
    owner, film = owner[row], film[row]
    keep = _allowed(hosts, films, owner, film, cells, max_area, max_strain)
    owner, film, cells = owner[keep], film[keep], cells[keep]
    keys, fixed, turned = _orbits(hosts, films, owner, film, cells)
    one = _first_of_each(owner, film, keys)
    owner, film = owner[one], film[one]
    net = hosts.net[owner]
    return Coincidences(
        host_net=ground.plane(net),
        film_net=film,
        host_cells=hosts.cells[owner],
        film_cells=_unpacked(keys[one]),
        variants=hosts.nets.exists.sum(1)[net] // fixed[one],
        turned=turned[one],
    )


def check_limits(max_area: float, max_strain: float) -> None:
    """Refuse limits in the wrong unit.

    >>> check_limits(2e-18, 0.04)
    """
    if not 0 < max_area < np.inf:
        raise InputError("max_area", f"{max_area} m2", "a positive area", "200 A2 is 2e-18 m2.")
    if not 0 < max_strain < 0.2:
        raise InputError("max_strain", f"{max_strain}", "a fraction between 0 and 0.2", "4 % is 0.04.")


def _candidates(
    hosts: Sublattices, films: Nets, owner: np.ndarray, film: np.ndarray, max_strain: float
) -> tuple[np.ndarray, np.ndarray]:
    """(row of owner and film, film cell) of all that may pass; f1 up to sign, -1 being a symmetry of the film."""
    # singular values of the inverse of F, host -> film
    low, high = (1 - _MARGIN) / (1 + max_strain), (1 + _MARGIN) / (1 - max_strain)
    vectors = hosts.cells @ hosts.nets.basis[hosts.net]
    length = np.hypot(*vectors[:, 0].T)
    coordinates, places = _short_vectors(films, length.max(initial=0.0) * high)
    # nets one after the other on one line, the vectors of each at its number plus their length
    unit = 2 * high * length.max(initial=0.0) or 1.0
    start = np.searchsorted(places, film + length[owner] * (low / unit))
    count = np.searchsorted(places, film + length[owner] * (high / unit), side="right") - start
    row, first = ranges(start, count)
    first = coordinates[first]
    centre, reach = _rectangle(vectors[owner[row]], _vectors(first, films.basis[film[row]]), low, high)
    pair, second = _points(films, film[row], centre, reach)
    return row[pair], np.stack([first[pair], second], 1)


def _vectors(coordinates: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Row coordinates times as many bases; (n, 2), (n, 2, 2) to (n, 2)."""
    return coordinates[:, :1] * basis[:, 0] + coordinates[:, 1:] * basis[:, 1]


def _short_vectors(nets: Nets, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Net vectors up to a length, one of each +-: coordinates (n, 2), sorted by net + length / (2 radius), (n,)."""
    reach = (radius * np.linalg.norm(np.linalg.inv(nets.basis), axis=1)).astype(np.int64) + 1
    net, grid = _grid(np.stack([np.zeros_like(reach[:, 0]), -reach[:, 1]], 1), reach)
    length = np.hypot(*_vectors(grid, nets.basis[net]).T)
    keep = ((grid[:, 0] > 0) | (grid[:, 1] > 0)) & (length <= radius)
    place = net[keep] + length[keep] / (2 * radius or 1.0)
    order = np.argsort(place, kind="stable")
    return grid[keep][order], place[order]


def _grid(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integer points in boxes with corners start and stop, (n, 2): (which box, coordinates (m, 2))."""
    count = np.maximum(stop - start + 1, 0)
    owner, place = ranges(np.zeros_like(count[:, 0]), count[:, 0] * count[:, 1])
    i, j = np.divmod(place, count[owner, 1])
    return owner, start[owner] + np.stack([i, j], 1)


def _rectangle(host_vectors: np.ndarray, first: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the second film vector may lie, given the first: centre (n, 2), half edges (n, 2, 2) as rows.

    In frames along h1 and f1 the inverse of F is [[l, x], [0, y]], l = |f1|/|h1|. Its singular values lie in
    [low, high] exactly if low <= y <= high, low^2 x^2 <= (l^2 - low^2)(y^2 - low^2) and
    high^2 x^2 <= (high^2 - l^2)(high^2 - y^2); the largest |x| of any y bounds the rectangle.
    """
    h1, h2 = host_vectors[:, 0], host_vectors[:, 1]
    squared, film_squared = (h1**2).sum(1), (first**2).sum(1)
    along, height = (h1 * h2).sum(1) / squared, determinant(host_vectors) / np.sqrt(squared)
    stretch = np.clip(film_squared / squared, low**2, high**2)
    span = high**2 - low**2
    shear = np.sqrt(span * np.minimum((stretch - low**2) / low**2, (high**2 - stretch) / high**2))
    unit = first / np.sqrt(film_squared)[:, None]
    normal = np.stack([-unit[:, 1], unit[:, 0]], 1)
    centre = along[:, None] * first + (height * (low + high) / 2)[:, None] * normal
    reach = np.stack([np.abs(height) * shear, np.abs(height) * (high - low) / 2], 1)
    return centre, reach[:, :, None] * np.stack([unit, normal], 1)


def _points(nets: Nets, net: np.ndarray, centre: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Net points in boxes around rectangles: (which rectangle, integer coordinates (n, 2))."""
    inverse = np.linalg.inv(nets.basis)[net]
    middle = _vectors(centre, inverse)
    half = np.abs(_vectors(reach[:, 0], inverse)) + np.abs(_vectors(reach[:, 1], inverse))
    half += _MARGIN * (1 + np.abs(middle))
    return _grid(np.ceil(middle - half).astype(np.int64), np.floor(middle + half).astype(np.int64))


def _allowed(
    hosts: Sublattices,
    films: Nets,
    owner: np.ndarray,
    film: np.ndarray,
    cells: np.ndarray,
    max_area: float,
    max_strain: float,
) -> np.ndarray:
    """The exact filter: orientation kept, areas and both principal strains within the limits, primitive; rows."""
    index = determinant(cells)
    # the host's cells are small enough already
    found = np.flatnonzero((index > 0) & (index * films.area[film] <= max_area * (1 + _MARGIN)))
    host_vectors = hosts.cells @ hosts.nets.basis[hosts.net]
    gradient = deformation_gradient(cells[found] @ films.basis[film[found]], host_vectors[owner[found]])
    found = found[(np.abs(principal_strains(gradient)) <= max_strain * (1 + _MARGIN)).all(1)]
    return found[_primitive(hosts.cells[owner[found]], cells[found])]


def _primitive(host_cells: np.ndarray, film_cells: np.ndarray) -> np.ndarray:
    """No finer common cell: the six 2 x 2 minors of [host | film] have no common divisor."""
    divisor = np.gcd(determinant(host_cells), determinant(film_cells))
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        minor = host_cells[:, 0, i] * film_cells[:, 1, j] - film_cells[:, 0, j] * host_cells[:, 1, i]
        divisor = np.gcd(divisor, minor)
    return divisor == 1


def _orbits(
    hosts: Sublattices, films: Nets, owner: np.ndarray, film: np.ndarray, cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(smallest key over the orbit, number of host operations that some film operation undoes, turned), each (n,).

    A host operation that keeps the sublattice, U H = H g, and a film operation k of the same handedness
    turn the film cell M into U^-1 M k over the same host cell. The half turn -M is the same film where the
    crystals' own upright operations make M of it: g and k, or with a half turn -g and -k, if that image is -M;
    g and -k, or -g and k, if it is M.
    """
    net = hosts.net[owner]
    same_hand = hosts.nets.handed[net][:, :, None] == films.handed[film][:, None]
    row, g, k = np.nonzero(hosts.keeps[owner][:, :, None] & same_hand & films.exists[film][:, None])
    # U^-1 = adj(U) det(U), and det(U) = det(g)
    change = adjugate(hosts.changes[owner[row], g]) * hosts.nets.handed[net[row], g][:, None, None]
    keys, own = _packed(change @ cells[row] @ films.half[film[row], k]), _packed(cells)
    smallest = np.full(len(owner), np.iinfo(np.int64).max)
    np.minimum.at(smallest, row, np.minimum(keys, _NEGATIVE - keys))
    same, opposite = keys == own[row], keys == _NEGATIVE - own[row]
    fixing = np.zeros((len(owner), MOST), dtype=bool)
    fixing[row[same | opposite], g[same | opposite]] = True
    below, above = hosts.nets.upright[net[row], g], films.upright[film[row], k]
    turns = np.where(same[:, None], above[:, ::-1], above) & below & (same | opposite)[:, None]
    turned = np.zeros(len(owner), dtype=bool)
    turned[row[turns.any(1)]] = True
    return smallest, fixing.sum(1), turned


def _first_of_each(*columns: np.ndarray) -> np.ndarray:
    """Rows that hold each combination of the columns once, sorted by the first, then the second, ..."""
    order = np.lexsort(columns[::-1])
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.logical_or.reduce([np.diff(column[order]) != 0 for column in columns])
    return order[new]


def _packed(cells: np.ndarray) -> np.ndarray:
    """Four integers in one, ordered like the tuple."""
    if cells.size and np.abs(cells).max() >= _HALF:
        raise InputError("max_area", f"cells of more than {_HALF} net vectors", "smaller areas")
    return (cells.reshape(*cells.shape[:-2], 4) + _HALF) @ _PLACES


def _unpacked(keys: np.ndarray) -> np.ndarray:
    return ((keys[:, None] >> _BITS * np.arange(3, -1, -1) & (2 * _HALF - 1)) - _HALF).reshape(-1, 2, 2)
