"""How two matched nets lie on each other: parallel directions, cells row on row, running oxygen layers."""

from __future__ import annotations

import numpy as np

from .nets import Nets, adjugate, determinant

# Changes of a reduced cell, of determinant 1, that bring each of its short vectors to the front.
_FRONT = np.array([[[1, 0], [0, 1]], [[0, 1], [-1, 0]], [[1, 1], [0, 1]], [[1, -1], [0, 1]]])


def aligned(hosts: Nets, films: Nets, host_cells: np.ndarray, film_cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same coincidence cells with the shortest common vector first, integers, shape (n, 2, 2) each.

    hosts, films: the nets of each of the n rows. Shortest by the product of its lengths in both crystals, so
    that neither is preferred. Of the directions that rotations of each net make of it, the one named is the one
    with the simplest indices.

    >>> from epitropy.epitaxy.nets import net, single
    >>> cells, square = np.array([[[0, -2], [1, 0]]]), single(net(np.eye(2)))
    >>> aligned(square, square, cells, cells)[0].tolist()
    [[[1, 0], [0, 2]]]
    """
    host_front, film_front = _FRONT @ host_cells[:, None], _FRONT @ film_cells[:, None]
    host_first, film_first = host_front[:, :, 0] @ hosts.basis, film_front[:, :, 0] @ films.basis
    product = (host_first**2).sum(2) * (film_first**2).sum(2)
    # the small ramp settles ties alike on every machine
    choice = (product * (1 + 2e-9 * np.arange(4))).argmin(1)
    rows = np.arange(len(choice))
    return _named(hosts, host_front[rows, choice]), _named(films, film_front[rows, choice])


def _named(nets: Nets, cells: np.ndarray) -> np.ndarray:
    """Of the images under each net's rotations, the one whose first vector has the simplest indices."""
    half = nets.rotations.half
    images = cells[:, None] @ np.concatenate([half, -half], 1)
    return images[np.arange(len(cells)), _simplicity(images[:, :, 0] @ nets.sixths).argmin(1)]


def _simplicity(indices: np.ndarray) -> np.ndarray:
    """Small for a small sum of |index|, then few minus signs, then large |u|, |v|, then a positive u, v."""
    size, minus = np.abs(indices), indices < 0
    key = (size.sum(-1) << 2) + minus.sum(-1)
    for digit in (0, 1):
        key = (key << 16) - size[..., digit]
    return (key << 2) + 2 * minus[..., 0] + minus[..., 1]


def along_first(vectors: np.ndarray) -> np.ndarray:
    """Pairs of plane vectors in the frame whose x axis lies along the first; shape (n, 2, 2), rows.

    >>> along_first(np.array([[[0.0, 2.0], [-3.0, 0.0]]])).tolist()
    [[[2.0, 0.0], [0.0, 3.0]]]
    """
    first, second = vectors[:, 0], vectors[:, 1]
    length = np.linalg.norm(first, axis=1)
    parts = np.stack([(first * second).sum(1), determinant(vectors)], 1) / length[:, None]
    return np.stack([np.stack([length, np.zeros_like(length)], 1), parts], 1)


def principal_angle(gradient: np.ndarray) -> np.ndarray:
    """Angle [rad] from x to the larger principal axis of F^T F; shape (n, 2, 2) to (n,).

    >>> principal_angle(np.array([[[1.0, 0.0], [0.0, 1.5]]])).round(4).tolist()
    [1.5708]
    """
    stretch = np.swapaxes(gradient, 1, 2) @ gradient
    return np.arctan2(2 * stretch[:, 0, 1], stretch[:, 0, 0] - stretch[:, 1, 1]) / 2


def turned(vectors: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Vectors seen from axes turned by an angle [rad]: (m, 2) or (n, m, 2), and (n,), to (n, m, 2).

    >>> turned(np.array([[0.0, 1.0]]), np.array([np.pi / 2])).round(12).tolist()
    [[[1.0, 0.0]]]
    """
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = vectors[..., 0], vectors[..., 1]
    return np.stack([cosine * x + sine * y, cosine * y - sine * x], 2)


def lattice_directions(sixths: np.ndarray) -> np.ndarray:
    """[uvw] without common divisor of vectors in sixths of the conventional axes, (n, 3).

    >>> lattice_directions(np.array([[3, -3, 0]])).tolist()
    [[1, -1, 0]]
    """
    return sixths // np.gcd.reduce(sixths, axis=1)[:, None]


def rows_continue(host_cells: np.ndarray, film_cells: np.ndarray, host_rows: int, film_rows: int) -> np.ndarray:
    """Whether close-packed rows fall on close-packed rows, spacing on spacing; shape (n,).

    host_rows, film_rows: into how many steps the oxygens divide each net vector. The oxygen nets o with o =
    net / rows then map by (rows_host / rows_film) film_cell^-1 host_cell, which must be integer with
    determinant 1.

    >>> rows_continue(np.array([[[2, 0], [0, 2]]]), np.array([[[1, 0], [0, 1]]]), 1, 2).tolist()
    [True]
    """
    index = determinant(film_cells)
    same_density = host_rows**2 * determinant(host_cells) == film_rows**2 * index
    return same_density & (
        host_rows * (adjugate(film_cells) @ host_cells) % (film_rows * index)[:, None, None] == 0
    ).all((1, 2))
