"""Equations of coherent films: strains, elastic energy, critical thickness.

Everywhere F maps the film net onto the host net, so a positive principal strain stretches the film.
"""

from __future__ import annotations

import numpy as np


def deformation_gradient(film_vectors: np.ndarray, host_vectors: np.ndarray) -> np.ndarray:
    """F with h_i = F f_i for two pairs of plane vectors.

    film_vectors, host_vectors: shape (..., 2, 2), rows are vectors [m]. Returns F [1], shape (..., 2, 2).

    >>> deformation_gradient(np.eye(2), np.array([[1.5, 0.0], [1.0, 1.0]]))
    array([[1.5, 1. ],
           [0. , 1. ]])
    """
    (a, b), (c, d) = np.moveaxis(film_vectors, (-2, -1), (0, 1))
    adjugate = np.stack([np.stack([d, -b], -1), np.stack([-c, a], -1)], -2)
    return np.swapaxes(adjugate @ host_vectors / (a * d - b * c)[..., None, None], -1, -2)


def principal_strains(gradient: np.ndarray) -> np.ndarray:
    """Singular values of F minus 1 [1], larger first.

    With F = [[a, b], [c, d]] and det F > 0 the singular values are (p + q)/2 and (p - q)/2,
    p = hypot(a + d, b - c), q = hypot(a - d, b + c): no difference of squares, so identity gives zero.
    gradient: shape (..., 2, 2); returns shape (..., 2).

    >>> principal_strains(np.array([[0.0, -1.02], [0.99, 0.0]])).round(12).tolist()
    [0.02, -0.01]
    """
    (a, b), (c, d) = np.moveaxis(gradient, (-2, -1), (0, 1))
    p, q = np.hypot(a + d, b - c), np.hypot(a - d, b + c)
    return np.stack([(p + q) / 2 - 1, (p - q) / 2 - 1], -1)


def strains_on(film_vectors: np.ndarray, host_edges: np.ndarray) -> np.ndarray:
    """Principal strains [1] of films that are clamped to a host, larger first, from the edges of common cells.

    The squares of the singular values of F are the eigenvalues of C = A^-1 H A^-T, A the film's vectors as rows and
    H = h_i . h_j; with C = [[p, q], [q, r]] they are (p + r)/2 +- hypot((p - r)/2, q).
    film_vectors: in the plane, rows [m], shape (..., 2, 2); host_edges: in space, rows [m], shape (..., 2, 3).

    >>> host = np.array([[0.0, 1.02, 0.0], [0.0, 0.0, 0.99]])
    >>> strains_on(np.eye(2), host).round(12).tolist()
    [0.02, -0.01]
    """
    (a, b), (c, d) = np.moveaxis(film_vectors, (-2, -1), (0, 1))
    inverse = np.stack([np.stack([d, -b], -1), np.stack([-c, a], -1)], -2) / (a * d - b * c)[..., None, None]
    edges = inverse @ host_edges
    first, second = edges[..., 0, :], edges[..., 1, :]
    p, q, r = (first**2).sum(-1), (first * second).sum(-1), (second**2).sum(-1)
    mean, half = (p + r) / 2, np.hypot((p - r) / 2, q)
    return np.sqrt(np.stack([mean + half, mean - half], -1)) - 1


def normal_strain(strain: np.ndarray, poisson_ratio: float) -> np.ndarray:
    """Strain along the normal of a film whose surface is free: e3 = -nu/(1 - nu) (e1 + e2) [1].

    strain: principal strains, shape (..., 2); returns shape (...).

    >>> round(float(normal_strain(np.array([0.01, 0.01]), 0.25)), 12)
    -0.006666666667
    """
    return -poisson_ratio / (1 - poisson_ratio) * strain.sum(-1)


def von_mises_strain(strain: np.ndarray, poisson_ratio: float) -> np.ndarray:
    """Equivalent strain sqrt(2/3 e':e') [1] of the film, e' the deviator of (e1, e2, e3).

    e3 is `normal_strain`, that of a free surface.
    strain: principal strains, shape (..., 2); returns shape (...).

    >>> round(float(von_mises_strain(np.array([0.01, 0.01]), 0.25)), 12)
    0.011111111111
    """
    full = np.concatenate([strain, normal_strain(strain, poisson_ratio)[..., None]], -1)
    deviator = full - full.mean(-1, keepdims=True)
    return np.sqrt(2 / 3 * (deviator**2).sum(-1))


def plane_stress(strain: np.ndarray, young_modulus: float, poisson_ratio: float) -> np.ndarray:
    """Principal stresses s1 = E/(1 - nu2) (e1 + nu e2) [Pa] of an isotropic film with a free surface.

    strain: shape (..., 2); young_modulus [Pa]; returns shape (..., 2).

    >>> plane_stress(np.array([0.01, 0.01]), 150e9, 0.25).round(-3).tolist()
    [2000000000.0, 2000000000.0]
    """
    return young_modulus / (1 - poisson_ratio**2) * (strain + poisson_ratio * strain[..., ::-1])


def plane_stress_energy(strain: np.ndarray, young_modulus: float, poisson_ratio: float) -> np.ndarray:
    """Elastic energy of a coherent film per interface area and per film thickness [J/m2 per m].

    w = E / (2 (1 - nu2)) (e1^2 + e2^2 + 2 nu e1 e2); strain: shape (..., 2); young_modulus [Pa].
    The surface is free: clamping the film along its normal as well would overstate w.

    >>> round(float(plane_stress_energy(np.array([0.02, 0.02]), 210e9, 0.3)) * 1e-9, 4)  # J/m2 per nm
    0.12
    """
    e1, e2 = strain[..., 0], strain[..., 1]
    return young_modulus / (2 * (1 - poisson_ratio**2)) * (e1**2 + e2**2 + 2 * poisson_ratio * e1 * e2)


def burgers_pull(strain: np.ndarray, burgers_vector: np.ndarray, poisson_ratio: float) -> np.ndarray:
    """Pull of the film stress on a misfit dislocation, as a strain: p_i = (e_i + nu e_j)/(1 + nu) b_i/|b|.

    The force on a threading line is sigma . b per film thickness and per length of misfit line across it;
    it is largest for a line at a right angle to p. With e1 = e2 = e, |p| = |e|. strain, burgers_vector (any
    unit): in the principal axes, shape (..., 2); returns shape (..., 2).

    >>> burgers_pull(np.array([0.02, 0.02]), np.array([0.0, 3e-10]), 0.3).round(12).tolist()
    [0.0, 0.02]
    """
    unit = burgers_vector / np.linalg.norm(burgers_vector, axis=-1, keepdims=True)
    return (strain + poisson_ratio * strain[..., ::-1]) / (1 + poisson_ratio) * unit


def critical_thickness_ratio(pull: np.ndarray, edge_share: np.ndarray, poisson_ratio: float) -> np.ndarray:
    """Critical thickness in lengths of the Burgers vector, y = h_c / b [1]; NaN where there is none.

    Matthews and Blakeslee balance the pull of the film stress on a threading dislocation with the tension
    of the misfit line that it lays down (10.1016/S0022-0248(74)80055-2). For one film with a free surface y
    = k (1 + ln y), k = (1 - nu cos2(theta)) / (8 pi (1 + nu) |p|), theta between line and Burgers vector,
    cos2(theta) = 1 - edge_share^2 for a Burgers vector in the interface, p of `burgers_pull`. y is the
    larger root. For k < 1 there is none: every film thicker than b relaxes (NaN). Without pull y is inf.

    pull: |p|, edge_share: edge part of b over b, both shape (...); returns shape (...).

    >>> y = critical_thickness_ratio(np.array(0.005), np.array(1.0), 0.25)
    >>> round(float(y), 2), round(float(y / (1 + np.log(y)) * 8 * np.pi * 1.25 * 0.005), 12)
    (27.45, 1.0)
    """
    with np.errstate(divide="ignore"):
        scale = (1 - poisson_ratio * (1 - edge_share**2)) / (8 * np.pi * (1 + poisson_ratio) * pull)
    return _larger_root(scale)


def held_strain(thickness: float, burgers_length: float, poisson_ratio: float) -> float:
    """Largest biaxial strain that a film of ``thickness`` [m] keeps without dislocations, the inverse of the above.

    e = (1 + ln y) / (8 pi (1 + nu) y), y = h/b, for a Burgers vector in the interface at a right angle to its line.
    Films thinner than the Burgers vector, ``burgers_length`` [m], keep any strain: inf.

    >>> round(held_strain(27.45 * 2.9e-10, 2.9e-10, 0.25), 5)
    0.005
    """
    y = thickness / burgers_length
    return float((1 + np.log(y)) / (8 * np.pi * (1 + poisson_ratio) * y)) if y > 1 else np.inf


def _larger_root(scale: np.ndarray) -> np.ndarray:
    """y >= scale with y = scale (1 + ln y), by Newton's method from above on a convex function."""
    k = np.where((scale >= 1) & np.isfinite(scale), scale, 1.0)
    y = 2 * k * (1 + np.log(k)) + 1
    for _ in range(60):
        y = y - (y - k * (1 + np.log(y))) / np.maximum(1 - k / y, 1e-12)
    return np.where(np.isinf(scale), np.inf, np.where(scale < 1, np.nan, y))


def dislocation_spacing(strain: np.ndarray, edge_part: np.ndarray) -> np.ndarray:
    """Spacing b_e / |e| [m] of misfit dislocations that take up the whole strain e; inf without strain.

    >>> round(float(dislocation_spacing(np.array(0.0277), np.array(2.956e-10))) * 1e9, 2)
    10.67
    """
    strain = np.abs(np.asarray(strain, dtype=float))
    return np.divide(np.abs(edge_part), strain, out=np.full(strain.shape, np.inf), where=strain > 0)
