"""Which misfit dislocation relaxes a coherent film first, at which thickness and spacing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .laws import burgers_pull, critical_thickness_ratio, dislocation_spacing
from .orientation import turned

_SHORT = np.array([[1, 0], [0, 1], [1, 1], [1, -1]])  # the shortest vectors of a reduced net


@dataclass(frozen=True, slots=True, kw_only=True)
class Dislocations:
    """One dislocation for each match.

    ratio: critical thickness over Burgers length; NaN where it would be below 1, inf without strain.
    burgers: coordinates on the film net, shape (n, 2); length [m], ratio [1], spacing [m]: shape (n,).
    """

    burgers: np.ndarray
    length: np.ndarray
    ratio: np.ndarray
    spacing: np.ndarray


def first_dislocation(basis: np.ndarray, angle: np.ndarray, strain: np.ndarray, poisson_ratio: float) -> Dislocations:
    """Of the shortest vectors of the film's own net, the Burgers vector with the smallest critical thickness.

    It lies in the interface and its line at a right angle to the pull of the stress: the most effective
    slip there can be, so that real slip systems, inclined to the interface, let the film grow thicker.
    basis: film nets [m], rows, one or one of each match; angle [rad]: of the larger principal axis in the frame of
    the net, shape (n,); strain: principal strains, shape (n, 2).

    >>> square = first_dislocation(3e-10 * np.eye(2), np.zeros(1), np.array([[0.005, 0.005]]), 0.25)
    >>> square.burgers.tolist(), square.ratio.round(2).tolist(), square.spacing.round(12).tolist()
    ([[1, 0]], [27.45], [6e-08])
    """
    vectors = turned(_SHORT @ basis, angle)
    lengths = np.linalg.norm(vectors, axis=2)
    pull = burgers_pull(strain[:, None], vectors, poisson_ratio)
    strength = np.linalg.norm(pull, axis=2)
    line_normal = pull / np.where(strength > 0, strength, 1.0)[..., None]
    edge = np.abs((line_normal * vectors).sum(2))
    ratio = critical_thickness_ratio(strength, np.minimum(edge / lengths, 1.0), poisson_ratio)
    # the small ramp settles ties alike on every machine
    height = np.where(np.isnan(ratio), 1.0, ratio) * lengths * (1 + 1e-9 * np.arange(4))
    best = np.arange(len(angle)), height.argmin(1)
    relieved = np.sqrt((line_normal[best] ** 2 * strain**2).sum(1))  # opposite strains do not cancel
    return Dislocations(
        burgers=_SHORT[best[1]],
        length=lengths[best],
        ratio=ratio[best],
        spacing=dislocation_spacing(relieved, edge[best]),
    )
