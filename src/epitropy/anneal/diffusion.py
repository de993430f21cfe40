"""Interdiffusion of film and host: finite volumes that follow the lattice, third-order Rosenbrock steps in time.

Cations jump on one cation sublattice with J_i = -C D_i grad x_i relative to the lattice (Darken 1948). Each cell
keeps the amounts n_i of its cations; its number of sites is their sum, so cells swell where fast cations arrive
(Kirkendall). Read at fixed number of sites from the deep host, this is exactly the interdiffusion without net
site flux, J_i = -C (D_i grad x_i - x_i sum_j D_j grad x_j), but without its drift term: each cation is conserved to
rounding, fractions stay positive and the mixing entropy cannot fall, however coarse the grid.

The step is RODAS3 (Sandu et al., Atmos. Environ. 31 (1997) 3459): L-stable, stiffly accurate, order 3(2), four
solves with one block-tridiagonal matrix.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..constants import GAS_CONSTANT
from ..errors import NumericsError

Array = NDArray[np.float64]

_COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": False}
_R = GAS_CONSTANT

# Gauss-Legendre nodes and weights on [0, 1] for the thermal time of the dissolution in one step.
_NODE, _WEIGHT = (a / 2 for a in np.polynomial.legendre.leggauss(6))
_NODE = _NODE + 0.5

_DONE, _TOO_MANY_STEPS, _STEP_TOO_SMALL = 0, 1, 2


def diffuse(
    amounts: Array,
    sources: Array,
    *,
    face_area: Array,
    cell_area: Array,
    log_diffusivity: Array,
    activation: Array,
    share_weights: Array,
    share_offset: float,
    molar_volume: Array,
    dissolution: Array,
    reference_temperature: float,
    programme: Array,
    tolerance: float = 1e-4,
    most_steps: int = 20_000,
) -> tuple[Array, Array, int]:
    """March the amounts of all cations through a temperature programme.

    amounts            (cells, species) mol/m2 at the start, deep host first
    sources            (cells, species) mol/m2 that enter a cell when all its inclusions have dissolved
    face_area          (cells + 1,) area of the faces over that of the host surface
    cell_area          (cells,) mean area of the cells over that of the host surface
    log_diffusivity    (2, species) ln(D / (m2/s)) in host and film at the reference temperature
    activation         (2, species) activation energies, J/mol
    share_weights      (species,) c_i and ``share_offset`` c_0: the medium is s = c_0 + sum_i c_i x_i, 0 host, 1 film
    molar_volume       (2,) m3 per mole of sites in host and film
    dissolution        (species, 2) rate constant at the reference temperature, 1/s, and activation energy, J/mol
    programme          (segments, 3) starting temperature K, rate K/s, duration s
    tolerance          largest error of a fraction per step

    Returns the amounts at the end (cells, species), the dissolved share of each species' inclusions, and the number
    of accepted steps. Raises `NumericsError` where the step size collapses.
    """
    log_d = np.stack([log_diffusivity[0], log_diffusivity[1] - log_diffusivity[0]])
    slope = np.stack([activation[0], activation[1] - activation[0]]) / _R
    end, exposure, steps, status = _march(
        np.ascontiguousarray(amounts, dtype=float), np.ascontiguousarray(sources, dtype=float),
        face_area, cell_area, log_d, slope, share_weights, share_offset, molar_volume,
        np.ascontiguousarray(dissolution, dtype=float), reference_temperature,
        np.ascontiguousarray(programme, dtype=float), tolerance, most_steps,
    )
    if status != _DONE:
        given = "more steps than allowed" if status == _TOO_MANY_STEPS else "a vanishing time step"
        raise NumericsError(
            "anneal", f"{given} ({steps} steps taken)", f"at most {most_steps} steps",
            "Check diffusivities and activation energies, or loosen the tolerance.",
        )
    return end, -np.expm1(-exposure), steps


@njit(**_COMPILED)
def _rates(n, temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume, out):
    """dn/dt for every cell and species, into ``out``; the flux counts towards the deep host."""
    cells, species = n.shape
    inverse = 1 / temperature - 1 / t_ref
    out[:] = 0.0
    left_sites, left_share = _sites_and_share(n, 0, weights, offset)
    for k in range(cells - 1):
        right_sites, right_share = _sites_and_share(n, k + 1, weights, offset)
        share = 0.5 * (left_share + right_share)
        v = volume[0] + share * (volume[1] - volume[0])
        gap = 0.5 * (left_sites / cell_area[k] + right_sites / cell_area[k + 1])
        conductance = face_area[k + 1] / (v * v * gap)
        for i in range(species):
            d = np.exp(log_d[0, i] + share * log_d[1, i] - inverse * (slope[0, i] + share * slope[1, i]))
            flux = conductance * d * (n[k + 1, i] / right_sites - n[k, i] / left_sites)
            out[k, i] += flux
            out[k + 1, i] -= flux
        left_sites, left_share = right_sites, right_share


@njit(**_COMPILED)
def _sites_and_share(n, k, weights, offset):
    """Number of sites in cell k (mol/m2), and its medium: 0 pristine host, 1 pristine film."""
    sites, weighted = 0.0, 0.0
    for i in range(n.shape[1]):
        sites += n[k, i]
        weighted += weights[i] * n[k, i]
    return sites, offset + weighted / sites


@njit(**_COMPILED)
def _jacobian(n, temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume, low, mid, up):
    """Exact derivative of `_rates` as blocks: low[k] = d(rate k)/d(n k-1), mid[k], up[k] = d(rate k)/d(n k+1)."""
    cells, species = n.shape
    inverse = 1 / temperature - 1 / t_ref
    mid[:] = 0.0
    left_sites, left_share = _sites_and_share(n, 0, weights, offset)
    for k in range(cells - 1):
        right_sites, right_share = _sites_and_share(n, k + 1, weights, offset)
        share = 0.5 * (left_share + right_share)
        v = volume[0] + share * (volume[1] - volume[0])
        gap = 0.5 * (left_sites / cell_area[k] + right_sites / cell_area[k + 1])
        conductance = face_area[k + 1] / (v * v * gap)
        stretch = (volume[1] - volume[0]) / v
        for i in range(species):
            d = np.exp(log_d[0, i] + share * log_d[1, i] - inverse * (slope[0, i] + share * slope[1, i]))
            left, right = n[k, i] / left_sites, n[k + 1, i] / right_sites
            flux = conductance * d * (right - left)
            blend = 0.5 * flux * (log_d[1, i] - inverse * slope[1, i] - 2 * stretch)
            # a cell's own sites enter through x = n/w, through the medium and through the distance
            to_left = conductance * d * left / left_sites - 0.5 * flux / (gap * cell_area[k])
            to_left -= blend * (left_share - offset) / left_sites
            to_right = -conductance * d * right / right_sites - 0.5 * flux / (gap * cell_area[k + 1])
            to_right -= blend * (right_share - offset) / right_sites
            for j in range(species):
                by_left = to_left + blend * weights[j] / left_sites
                by_right = to_right + blend * weights[j] / right_sites
                if i == j:
                    by_left -= conductance * d / left_sites
                    by_right += conductance * d / right_sites
                mid[k, i, j] += by_left
                up[k, i, j] = by_right
                low[k + 1, i, j] = -by_left
                mid[k + 1, i, j] -= by_right
        left_sites, left_share = right_sites, right_share


@njit(**_COMPILED)
def _factor(low, mid, up, diagonal):
    """LU of (diagonal - J) by blocks, in place: ``mid`` keeps the LU of each pivot, ``up`` pivot^-1 upper block.

    No pivoting: every column of (diagonal - J) sums to ``diagonal`` over all cells, J being a flux form.
    """
    cells, species, _ = mid.shape
    for k in range(cells):
        a = mid[k]
        for i in range(species):
            for j in range(species):
                a[i, j] = -a[i, j]
            a[i, i] += diagonal
        if k > 0:
            for i in range(species):
                for m in range(species):
                    factor = low[k, i, m]
                    for j in range(species):
                        a[i, j] += factor * up[k - 1, m, j]
        for p in range(species):
            a[p, p] = 1 / a[p, p]
            for i in range(p + 1, species):
                a[i, p] *= a[p, p]
                for j in range(p + 1, species):
                    a[i, j] -= a[i, p] * a[p, j]
        if k < cells - 1:
            b = up[k]
            for i in range(species):
                for m in range(i):
                    for j in range(species):
                        b[i, j] -= a[i, m] * b[m, j]
            for i in range(species - 1, -1, -1):
                for m in range(i + 1, species):
                    for j in range(species):
                        b[i, j] -= a[i, m] * b[m, j]
                for j in range(species):
                    b[i, j] *= a[i, i]


@njit(**_COMPILED)
def _solve(low, mid, up, x):
    """Solve with the blocks of `_factor`, overwriting the right-hand side ``x`` (cells, species)."""
    cells, species = x.shape
    for k in range(cells):
        if k > 0:
            for i in range(species):
                for m in range(species):
                    x[k, i] += low[k, i, m] * x[k - 1, m]
        for i in range(species):
            for m in range(i):
                x[k, i] -= mid[k, i, m] * x[k, m]
        for i in range(species - 1, -1, -1):
            for m in range(i + 1, species):
                x[k, i] -= mid[k, i, m] * x[k, m]
            x[k, i] *= mid[k, i, i]
    for k in range(cells - 2, -1, -1):
        for i in range(species):
            for m in range(species):
                x[k, i] += up[k, i, m] * x[k + 1, m]


@njit(**_COMPILED)
def _thermal_time(start, rate, duration, constant, energy, t_ref):
    """Integral of an Arrhenius rate over ``duration`` s from the temperature ``start``, changing at ``rate``."""
    total = 0.0
    for q in range(_NODE.size):
        temperature = start + rate * duration * _NODE[q]
        total += _WEIGHT[q] * np.exp(-energy / _R * (1 / temperature - 1 / t_ref))
    return constant * duration * total


@njit(**_COMPILED)
def _advance_exposure(exposure, start, rate, duration, dissolution, t_ref, out):
    for i in range(exposure.size):
        out[i] = exposure[i] + _thermal_time(start, rate, duration, dissolution[i, 0], dissolution[i, 1], t_ref)


@njit(**_COMPILED)
def _dissolve(n, sources, before, after, out):
    """Amounts after the inclusions have dissolved from exposure ``before`` to ``after``: share 1 - exp(-exposure)."""
    for k in range(n.shape[0]):
        for i in range(n.shape[1]):
            out[k, i] = n[k, i] + sources[k, i] * (np.exp(-before[i]) - np.exp(-after[i]))


@njit(**_COMPILED)
def _march(n, sources, face_area, cell_area, log_d, slope, weights, offset, volume, dissolution, t_ref, programme,
           tolerance, most_steps):
    cells, species = n.shape
    n = n.copy()
    low, mid, up = (np.zeros((cells, species, species)), np.zeros((cells, species, species)),
                    np.zeros((cells, species, species)))
    now, drift, first, fresh = np.empty_like(n), np.empty_like(n), np.empty_like(n), np.empty_like(n)
    k1, k2, k3, k4, trial = (np.empty_like(n), np.empty_like(n), np.empty_like(n), np.empty_like(n),
                             np.empty_like(n))
    exposure, later = np.zeros(species), np.zeros(species)
    steps = 0
    for segment in range(programme.shape[0]):
        start, rate, duration = programme[segment]
        time, h = 0.0, duration / 50
        widest = 40 / abs(rate) if rate != 0 else duration  # never leap over more than 40 K
        while time < duration:
            h = min(h, widest, duration - time)
            if duration - time - h < 1e-9 * duration:
                h = duration - time
            if h < 1e-14 * duration:
                return n, exposure, steps, _STEP_TOO_SMALL
            temperature, end_temperature = start + rate * time, start + rate * (time + h)
            _rates(n, temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume, first)
            # df/dt by a small forward difference: temperature and dissolution move
            small = 1e-6 * h
            _advance_exposure(exposure, temperature, rate, small, dissolution, t_ref, later)
            _dissolve(n, sources, exposure, later, now)
            _rates(now, temperature + rate * small, t_ref, face_area, cell_area, log_d, slope, weights, offset,
                   volume, drift)
            _jacobian(n, temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume,
                      low, mid, up)
            _factor(low, mid, up, 2 / h)
            for k in range(cells):
                for i in range(species):
                    drift[k, i] = h * (drift[k, i] - first[k, i]) / small
                    k1[k, i] = first[k, i] + 0.5 * drift[k, i]
            _solve(low, mid, up, k1)
            for k in range(cells):
                for i in range(species):
                    k2[k, i] = first[k, i] + 4 * k1[k, i] / h + 1.5 * drift[k, i]
            _solve(low, mid, up, k2)
            _advance_exposure(exposure, temperature, rate, h, dissolution, t_ref, later)
            for k in range(cells):
                for i in range(species):
                    trial[k, i] = n[k, i] + 2 * k1[k, i]
            _dissolve(trial, sources, exposure, later, now)
            _rates(now, end_temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume, fresh)
            for k in range(cells):
                for i in range(species):
                    k3[k, i] = fresh[k, i] + (k1[k, i] - k2[k, i]) / h
            _solve(low, mid, up, k3)
            for k in range(cells):
                for i in range(species):
                    trial[k, i] += k3[k, i]
            _dissolve(trial, sources, exposure, later, now)
            _rates(now, end_temperature, t_ref, face_area, cell_area, log_d, slope, weights, offset, volume, fresh)
            for k in range(cells):
                for i in range(species):
                    k4[k, i] = fresh[k, i] + (k1[k, i] - k2[k, i] - 8 / 3 * k3[k, i]) / h
            _solve(low, mid, up, k4)
            worst = 0.0
            for k in range(cells):
                sites = 0.0
                for i in range(species):
                    sites += n[k, i]
                for i in range(species):
                    worst = max(worst, abs(k4[k, i]) / sites)
                    trial[k, i] += k4[k, i]
            _dissolve(trial, sources, exposure, later, now)
            ratio = worst / tolerance
            if ratio <= 1:
                time += h
                steps += 1
                n[:] = now
                _keep_positive(n)
                exposure[:] = later
                if steps >= most_steps:
                    return n, exposure, steps, _TOO_MANY_STEPS
            grow = 0.9 * ratio ** (-1 / 3) if ratio > 0 else 6.0
            if not grow > 0:  # not a number: retry much smaller
                grow = 0.1
            h *= min(6.0, max(0.1, grow))
    return n, exposure, steps, _DONE


@njit(**_COMPILED)
def _keep_positive(n):
    """Set undershoots of the time step to zero and rescale that cation elsewhere, so that its total stays."""
    cells, species = n.shape
    for i in range(species):
        total, positive = 0.0, 0.0
        for k in range(cells):
            total += n[k, i]
            positive += max(n[k, i], 0.0)
        if positive > total:
            for k in range(cells):
                n[k, i] = max(n[k, i], 0.0) * (total / positive)
