"""Every coincidence of two nets within an area and a strain limit, one of each symmetry orbit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .laws import deformation_gradient, principal_strains
from .nets import PlaneNet, determinant
from .sublattices import Sublattices, half_group, sublattices

_BITS = 15  # four film coordinates share one 64-bit key
_MARGIN = 1e-9  # relative room for rounding at the limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Coincidences:
    """Common cells of two nets: row i of film_cells lies on row i of host_cells.

    host_cells, film_cells: integer rows on the two nets, shape (n, 2, 2), both counter-clockwise.
    variants: in how many ways the host's symmetry lays the film down, the same side up, shape (n,).
    """

    host_cells: np.ndarray
    film_cells: np.ndarray
    variants: np.ndarray


def coincidences(host: PlaneNet | Sublattices, film: PlaneNet, *, max_area: float, max_strain: float) -> Coincidences:
    """All primitive coincidence cells of two nets, one of each orbit of both symmetry groups.

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
    hosts = host if isinstance(host, Sublattices) else host_sublattices(host, film, max_area)
    host = hosts.net
    owner, film_cells = _candidates(host, film, hosts, max_strain)
    keep = _allowed(host, film, hosts.cells[owner], film_cells, max_area, max_strain)
    owner, film_cells = owner[keep], film_cells[keep]
    if not len(owner):
        empty = np.zeros((0, 2, 2), dtype=np.int64)
        return Coincidences(host_cells=empty, film_cells=empty, variants=np.zeros(0, dtype=np.int64))
    keys, _ = _images(host, film, hosts, owner, film_cells)
    owner, keys = np.unique(np.stack([owner, keys]), axis=1)
    film_cells = _unpacked(keys)
    _, fixed = _images(host, film, hosts, owner, film_cells)
    order = np.argsort(determinant(film_cells), kind="stable")
    variants = len(half_group(host.operations)) // fixed[order]
    return Coincidences(host_cells=hosts.cells[owner][order], film_cells=film_cells[order], variants=variants)


def host_sublattices(host: PlaneNet, film: PlaneNet, max_area: float) -> Sublattices:
    """Sublattices of the host to match with this film; a film without mirrors leaves only rotations.

    A mirror maps the host onto itself but turns such a film over, which is another plane of the film.
    """
    return sublattices(host if film.mirrored else host.rotations, max_area)


def check_limits(max_area: float, max_strain: float) -> None:
    """Refuse limits in the wrong unit.

    >>> check_limits(2e-18, 0.04)
    """
    if not max_area > 0:
        raise InputError("max_area", f"{max_area} m2", "a positive area", "200 A2 is 2e-18 m2.")
    if not 0 < max_strain < 0.2:
        raise InputError("max_strain", f"{max_strain}", "a fraction between 0 and 0.2", "4 % is 0.04.")


def _candidates(host: PlaneNet, film: PlaneNet, hosts: Sublattices, max_strain: float) -> tuple[np.ndarray, np.ndarray]:
    """(sublattice, film cell) of all pairs that may pass; f1 up to sign, -1 being a symmetry of the film."""
    # singular values of the inverse of F, host -> film
    low, high = (1 - _MARGIN) / (1 + max_strain), (1 + _MARGIN) / (1 - max_strain)
    vectors = hosts.cells @ host.basis
    length = np.linalg.norm(vectors[:, 0], axis=1)
    coordinates, film_length = _short_vectors(film, length.max(initial=0.0) * high)
    start = np.searchsorted(film_length, length * low)
    count = np.searchsorted(film_length, length * high, side="right") - start
    owner, first = _ranges(start, count)
    first_coordinates = coordinates[first]
    centre, reach = _rectangle(vectors[owner], first_coordinates @ film.basis, low, high)
    pair, second = _points(film, centre, reach)
    return owner[pair], np.stack([first_coordinates[pair], second], 1)


def _short_vectors(net: PlaneNet, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Net vectors up to a length, one of each +-, sorted by length: coordinates (n, 2) and lengths (n,)."""
    reach = radius * np.linalg.norm(np.linalg.inv(net.basis), axis=0)
    i, j = (np.arange(-int(r) - 1, int(r) + 2) for r in reach)
    grid = np.stack(np.meshgrid(i, j, indexing="ij"), -1).reshape(-1, 2)
    grid = grid[(grid[:, 0] > 0) | ((grid[:, 0] == 0) & (grid[:, 1] > 0))]
    length = np.linalg.norm(grid @ net.basis, axis=1)
    order = np.argsort(length, kind="stable")
    order = order[: np.searchsorted(length[order], radius, side="right")]
    return grid[order], length[order]


def _ranges(start: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concatenated start .. start + count - 1 with the row each comes from."""
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(count) - count - start, count)


def _rectangle(host_vectors: np.ndarray, first: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the second film vector may lie, given the first: centre (n, 2), half edges (n, 2, 2) as rows.

    In frames along h1 and f1 the inverse of F is [[l, x], [0, y]], l = |f1|/|h1|. Its singular values lie in
    [low, high] exactly if low <= y <= high, low^2 x^2 <= (l^2 - low^2)(y^2 - low^2) and
    high^2 x^2 <= (high^2 - l^2)(high^2 - y^2); the largest |x| of any y bounds the rectangle.
    """
    h1, h2 = host_vectors[:, 0], host_vectors[:, 1]
    squared = (h1**2).sum(1)
    along, height = (h1 * h2).sum(1) / squared, determinant(host_vectors) / np.sqrt(squared)
    stretch = np.clip((first**2).sum(1) / squared, low**2, high**2)
    span = high**2 - low**2
    shear = np.sqrt(span * np.minimum((stretch - low**2) / low**2, (high**2 - stretch) / high**2))
    unit = first / np.linalg.norm(first, axis=1, keepdims=True)
    normal = np.stack([-unit[:, 1], unit[:, 0]], 1)
    centre = along[:, None] * first + (height * (low + high) / 2)[:, None] * normal
    reach = np.stack([np.abs(height) * shear, np.abs(height) * (high - low) / 2], 1)
    return centre, reach[:, :, None] * np.stack([unit, normal], 1)


def _points(net: PlaneNet, centre: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Net points in boxes around rectangles: (which rectangle, integer coordinates (n, 2))."""
    inverse = np.linalg.inv(net.basis)
    middle = centre @ inverse
    half = np.abs(reach @ inverse).sum(1) + _MARGIN * (1 + np.abs(middle))
    start, stop = np.ceil(middle - half).astype(np.int64), np.floor(middle + half).astype(np.int64)
    count = np.maximum(stop - start + 1, 0)
    owner, place = _ranges(np.zeros(len(count), dtype=np.int64), count.prod(1))
    i, j = np.divmod(place, count[owner, 1])
    return owner, start[owner] + np.stack([i, j], 1)


def _allowed(
    host: PlaneNet,
    film: PlaneNet,
    host_cells: np.ndarray,
    film_cells: np.ndarray,
    max_area: float,
    max_strain: float,
) -> np.ndarray:
    """The exact filter: orientation kept, areas and both principal strains within the limits, primitive."""
    index = determinant(film_cells)
    keep = (index > 0) & (index * film.area <= max_area * (1 + _MARGIN))  # the host's cells are small enough already
    keep &= _primitive(host_cells, film_cells)
    found = np.flatnonzero(keep)
    gradient = deformation_gradient(film_cells[found] @ film.basis, host_cells[found] @ host.basis)
    strain = principal_strains(gradient)
    keep[found] = (np.abs(strain) <= max_strain * (1 + _MARGIN)).all(1)
    return keep


def _primitive(host_cells: np.ndarray, film_cells: np.ndarray) -> np.ndarray:
    """No finer common cell: the six 2 x 2 minors of [host | film] have no common divisor."""
    rows = np.concatenate([host_cells, film_cells], 2)
    i, j = np.triu_indices(4, 1)
    return np.gcd.reduce(rows[:, 0, i] * rows[:, 1, j] - rows[:, 0, j] * rows[:, 1, i], axis=1) == 1


def _images(
    host: PlaneNet, film: PlaneNet, hosts: Sublattices, owner: np.ndarray, film_cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(smallest key over the orbit, number of host operations that some film operation undoes), each (n,).

    A host operation that keeps the sublattice, U H = H g, and a film operation k of the same handedness
    turn the film cell M into U^-1 M k over the same host cell.
    """
    own = _packed(film_cells)
    handed = determinant(half_group(host.operations))
    match, operation = np.nonzero(hosts.keeps[owner])
    change = hosts.changes[owner[match], operation]
    # U^-1 = adj(U) det(U), and det(U) = det(g)
    (a, b), (c, d) = np.moveaxis(change, (1, 2), (0, 1))
    inverse = np.stack([np.stack([d, -b], 1), np.stack([-c, a], 1)], 1) * handed[operation][:, None, None]
    keys = _packed((inverse @ film_cells[match])[:, None] @ film.operations)
    same_hand = determinant(film.operations) == handed[operation][:, None]
    keys = np.where(same_hand, keys, np.iinfo(np.int64).max)
    best = np.full(len(owner), np.iinfo(np.int64).max)
    np.minimum.at(best, match, keys.min(1))
    fixed = np.bincount(match, (keys == own[match][:, None]).any(1), len(owner)).astype(np.int64)
    return best, fixed


def _packed(cells: np.ndarray) -> np.ndarray:
    """Four integers in one, ordered like the tuple."""
    half = 1 << (_BITS - 1)
    if cells.size and np.abs(cells).max() >= half:
        raise InputError("max_area", f"cells of more than {half} net vectors", "smaller areas")
    shifted = cells.reshape(*cells.shape[:-2], 4) + half
    return shifted @ (1 << _BITS * np.arange(3, -1, -1))


def _unpacked(keys: np.ndarray) -> np.ndarray:
    half, mask = 1 << (_BITS - 1), (1 << _BITS) - 1
    return ((keys[:, None] >> _BITS * np.arange(3, -1, -1) & mask) - half).reshape(-1, 2, 2)
