"""Interdiffusion of film and host: finite volumes in depth, third-order Rosenbrock steps in time.

J_i = -C (D_i grad x_i - x_i sum_j D_j grad x_j) on one cation sublattice, no net flux of sites. At a face the
fraction x_i that the common drift carries leans towards the cell it comes from as far as the drift outruns
D_i: X_i = x_mean - phi/2 (x_out - x_in), phi = P |P| / (4 + P^2), P = sum_j D_j (x_out - x_in)_j / D_i, and
the X_i are normalised to sum 1. So fractions sum to 1 and stay positive, each cation is conserved to
rounding, and the order is two wherever the grid resolves the profile (phi is of second order there).

The time step is RODAS3 (Sandu et al., Atmos. Environ. 31 (1997) 3459): L-stable, stiffly accurate, order
3(2), four solves with one block-tridiagonal matrix. The last species follows from the sum of sites.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..constants import GAS_CONSTANT
from ..errors import NumericsError

Array = NDArray[np.float64]

_compiled = partial(compiled, error_model="numpy")

# RODAS3 without matrix products; stages 0 and 1 share their fluxes, 2 and 3 stand at the step's end
_STAGE = np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0], [2.0, 0.0, 1.0, 0.0]])
_COUPLING = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [1.0, -1.0, 0.0], [1.0, -1.0, -8.0 / 3.0]])
_DRIFT = np.array([0.5, 1.5, 0.0, 0.0])
_RESULT = np.array([2.0, 0.0, 1.0, 1.0])
_GAMMA = 0.5

# Gauss-Legendre nodes and weights on [0, 1] for the thermal time of the dissolution in one step
_NODE, _WEIGHT = (a / 2 for a in np.polynomial.legendre.leggauss(6))
_NODE = _NODE + 0.5

_WIDEST = 60.0  # K, the most that one step may cross
_SHORTEST = 1e-20  # step over segment: below, the march is stuck
_DONE, _TOO_MANY_STEPS, _STEP_TOO_SMALL = 0, 1, 2


class Medium(NamedTuple):
    """What moves where: grid, and kinetics by species (``slope`` is Ea/R; second rows: film minus host)."""

    face_area: Array  # (cells + 1,) over the area of the host surface
    cell_area: Array  # (cells,) mean area of each cell, likewise
    log_d: Array  # (2, species) ln D at the reference temperature: host, film minus host
    slope: Array  # (2, species) Ea/R in K: host, film minus host
    boost: Array  # (species,) factor on D between film cells
    film_start: int  # first film cell
    weights: Array  # (species,) c_i, and
    offset: float  # c_0 of the medium s = c_0 + sum_i c_i x_i: 0 in host, 1 in film
    volume: Array  # (2,) m3 per mole of sites: host, film minus host
    reference: float  # K
    dissolution: Array  # (species, 2) 1/s at the reference temperature, and Ea/R in K


def diffuse(
    amounts: Array,
    sources: Array,
    *,
    face_area: Array,
    cell_area: Array,
    log_diffusivity: Array,
    activation: Array,
    film_boost: Array,
    film_start: int,
    share_weights: Array,
    share_offset: float,
    molar_volume: Array,
    dissolution: Array,
    reference_temperature: float,
    programme: Array,
    tolerance: float = 2e-3,
    most_steps: int = 20_000,
) -> tuple[Array, Array, int]:
    """March the amounts of all cations through a temperature programme.

    amounts            (cells, species) mol/m2 at the start, deep host first
    sources            (cells, species) mol/m2 that enter a cell when all its inclusions have dissolved
    face_area          (cells + 1,) area of the faces over that of the host surface
    cell_area          (cells,) mean area of the cells over that of the host surface
    log_diffusivity    (2, species) ln(D / (m2/s)) in host and film at the reference temperature
    activation         (2, species) activation energies, J/mol
    film_boost         (species,) factor on D between film cells, which start at cell ``film_start``
                       (boundaries)
    share_weights      (species,) c_i and ``share_offset`` c_0: the medium is s = c_0 + sum_i c_i x_i, 0
                       host, 1 film
    molar_volume       (2,) m3 per mole of sites in host and film
    dissolution        (species, 2) rate constant at the reference temperature, 1/s, and activation energy,
                       J/mol
    programme          (segments, 3) starting temperature K, rate K/s, duration s
    tolerance          largest error of a fraction per step (the error at the end is about a tenth)

    Returns the amounts at the end (cells, species), the dissolved share of each species' inclusions, and
    the number of accepted steps. Raises `NumericsError` where the step size collapses.
    """
    order = np.argsort(amounts[0], kind="stable")  # the host's main cation last: it follows from the sum
    medium = Medium(
        face_area=np.asarray(face_area, dtype=float),
        cell_area=np.asarray(cell_area, dtype=float),
        log_d=np.stack([log_diffusivity[0], log_diffusivity[1] - log_diffusivity[0]])[:, order],
        slope=np.stack([activation[0], activation[1] - activation[0]])[:, order] / GAS_CONSTANT,
        boost=np.asarray(film_boost, dtype=float)[order],
        film_start=int(film_start),
        weights=np.asarray(share_weights, dtype=float)[order],
        offset=float(share_offset),
        volume=np.array([molar_volume[0], molar_volume[1] - molar_volume[0]]),
        reference=float(reference_temperature),
        dissolution=np.asarray(dissolution, dtype=float)[order] / (1.0, GAS_CONSTANT),
    )
    n = np.ascontiguousarray(np.asarray(amounts, dtype=float)[:, order])
    end, exposure, steps, status = _march(
        n,
        np.ascontiguousarray(sources[:, order], dtype=float),
        _contiguous(medium),
        np.ascontiguousarray(programme, dtype=float),
        float(tolerance),
        int(most_steps),
    )
    _raise_unless_done(status, steps, most_steps)
    back = np.argsort(order)
    return end[:, back], -np.expm1(-exposure[back]), steps


def _contiguous(medium: Medium) -> Medium:
    return Medium(*(np.ascontiguousarray(v) if isinstance(v, np.ndarray) else v for v in medium))


def _raise_unless_done(status: int, steps: int, most_steps: int) -> None:
    if status != _DONE:
        given = "more steps than allowed" if status == _TOO_MANY_STEPS else "a vanishing time step"
        raise NumericsError(
            "anneal",
            f"{given} ({steps} steps taken)",
            f"at most {most_steps} steps",
            "Check diffusivities and activation energies, or loosen the tolerance.",
        )


@_compiled
def _sites_and_share(n, k, medium):
    """Number of sites in cell k (mol/m2), and its medium: 0 pristine host, 1 pristine film."""
    sites, weighted = 0.0, 0.0
    for i in range(n.shape[1]):
        sites += n[k, i]
        weighted += medium.weights[i] * n[k, i]
    return sites, medium.offset + weighted / sites


@_compiled
def _face(n, k, sites, sites_out, share, inverse, medium, d, step, carried, upwind):
    """Conductance, drift and sum of carried fractions at the face between cells k and k + 1.

    Fills per species: ``d`` diffusivity, ``step`` x_out - x_in, ``carried`` X_i not yet normalised,
    ``upwind`` phi.
    """
    species = d.size
    v = medium.volume[0] + share * medium.volume[1]
    gap = 0.5 * (sites / medium.cell_area[k] + sites_out / medium.cell_area[k + 1])
    drift = 0.0
    for i in range(species):
        exponent = medium.log_d[0, i] + share * medium.log_d[1, i]
        d[i] = np.exp(exponent - inverse * (medium.slope[0, i] + share * medium.slope[1, i]))
        if k >= medium.film_start:
            d[i] *= medium.boost[i]
        step[i] = n[k + 1, i] / sites_out - n[k, i] / sites
        drift += d[i] * step[i]
    total = 0.0
    for i in range(species):
        peclet = drift / d[i]
        upwind[i] = peclet * abs(peclet) / (4 + peclet * peclet)
        carried[i] = n[k, i] / sites + 0.5 * (1 - upwind[i]) * step[i]
        total += carried[i]
    return medium.face_area[k + 1] / (v * v * gap), drift, total


@_compiled
def _fluxes(n, temperature, medium, out):
    """mol/(m2 s) through the outer face of every cell, counted inwards: dn/dt = out[k] - out[k-1]."""
    cells, species = n.shape
    d, step, carried, upwind = np.empty(species), np.empty(species), np.empty(species), np.empty(species)
    inverse = 1 / temperature - 1 / medium.reference
    out[cells - 1] = 0.0
    sites, share = _sites_and_share(n, 0, medium)
    for k in range(cells - 1):
        sites_out, share_out = _sites_and_share(n, k + 1, medium)
        conductance, drift, total = _face(
            n, k, sites, sites_out, 0.5 * (share + share_out), inverse, medium, d, step, carried, upwind
        )
        for i in range(species):
            out[k, i] = conductance * (d[i] * step[i] - drift * carried[i] / total)
        sites, share = sites_out, share_out


@_compiled
def _jacobian(n, temperature, medium, low, mid, up, outside):
    """Derivative of dn/dt by all species but the last, which makes up for them, as blocks.

    low[k] = d(rate k)/d(n k-1), mid[k] = d(rate k)/d(n k), up[k] = outside[k] = d(rate k)/d(n k+1).
    """
    cells, species = n.shape
    last = species - 1
    d, step, carried, upwind = np.empty(species), np.empty(species), np.empty(species), np.empty(species)
    by_drift, by_share, steep = np.empty(species), np.empty(species), np.empty(species)
    inverse = 1 / temperature - 1 / medium.reference
    for i in range(species):
        steep[i] = medium.log_d[1, i] - inverse * medium.slope[1, i]  # d ln D / ds
    mid[:] = 0.0
    sites, share = _sites_and_share(n, 0, medium)
    for k in range(cells - 1):
        sites_out, share_out = _sites_and_share(n, k + 1, medium)
        middle = 0.5 * (share + share_out)
        conductance, drift, total = _face(n, k, sites, sites_out, middle, inverse, medium, d, step, carried, upwind)
        drift_by_share, sum_drift, sum_share = 0.0, 0.0, 0.0
        for i in range(species):
            drift_by_share += d[i] * steep[i] * step[i]
        for i in range(species):  # how the carried fraction changes through its upwind weight
            peclet = drift / d[i]
            bend = -4 * step[i] * abs(peclet) / (4 + peclet * peclet) ** 2
            by_drift[i] = bend / d[i]
            by_share[i] = 0.5 * bend * (drift_by_share / d[i] - peclet * steep[i])
            sum_drift += by_drift[i]
            sum_share += by_share[i]
        relative = drift / total
        stretch = medium.volume[1] / (medium.volume[0] + middle * medium.volume[1])
        for i in range(last):
            x = carried[i] / total
            flux = conductance * (d[i] * step[i] - drift * x)
            # changes with the drift (times d[j]), the medium (weights[j]) and the normalisation (upwind[j])
            drifting = -conductance * (x + relative * (by_drift[i] - x * sum_drift))
            blending = 0.5 * (d[i] * step[i] * steep[i] - x * drift_by_share)
            blending = conductance * (blending - relative * (by_share[i] - x * sum_share)) - flux * stretch
            leaning = 0.5 * conductance * relative * x
            for j in range(last):
                common = blending * (medium.weights[j] - medium.weights[last])
                apart = leaning * (upwind[j] - upwind[last]) - drifting * (d[j] - d[last])
                inner, outer = common + apart, common - apart
                if i == j:
                    inner -= conductance * (d[i] + 0.5 * relative * (1 + upwind[i]))
                    outer += conductance * (d[i] - 0.5 * relative * (1 - upwind[i]))
                inner /= sites
                outer /= sites_out
                mid[k, i, j] += inner
                up[k, i, j] = outer
                outside[k, i, j] = outer
                low[k + 1, i, j] = -inner
                mid[k + 1, i, j] -= outer
        sites, share = sites_out, share_out


@_compiled
def _factor(low, mid, up, diagonal):
    """LU of (diagonal - J) in place: ``mid`` keeps each pivot as LU, ``up`` pivot^-1 upper block."""
    cells, size, _ = mid.shape
    for k in range(cells):
        a = mid[k]
        for i in range(size):
            for j in range(size):
                a[i, j] = -a[i, j]
            a[i, i] += diagonal
        if k > 0:
            before = up[k - 1]
            for i in range(size):
                for m in range(size):
                    factor = low[k, i, m]
                    for j in range(size):
                        a[i, j] -= factor * before[m, j]
        _factor_block(a)
        if k < cells - 1:
            _solve_block(a, up[k])


@_compiled
def _factor_block(a):
    """LU of a small matrix in place, reciprocal pivots on the diagonal.

    No exchange of rows: (diagonal - J) of a flux form is dominated by its diagonal.
    """
    size = a.shape[0]
    for p in range(size):
        a[p, p] = 1 / a[p, p]
        for i in range(p + 1, size):
            a[i, p] *= a[p, p]
            for j in range(p + 1, size):
                a[i, j] -= a[i, p] * a[p, j]


@_compiled
def _solve_block(a, b):
    """b <- a^-1 b with the LU of `_factor_block`; b has several columns."""
    size = a.shape[0]
    for i in range(size):
        for m in range(i):
            for j in range(size):
                b[i, j] -= a[i, m] * b[m, j]
    for i in range(size - 1, -1, -1):
        for m in range(i + 1, size):
            for j in range(size):
                b[i, j] -= a[i, m] * b[m, j]
        for j in range(size):
            b[i, j] *= a[i, i]


@_compiled
def _solve(low, mid, up, x):
    """Solve with the blocks of `_factor`, overwriting the right-hand side ``x`` (cells, size)."""
    cells, size = x.shape
    for k in range(cells):
        if k > 0:
            for i in range(size):
                for m in range(size):
                    x[k, i] += low[k, i, m] * x[k - 1, m]
        for i in range(size):
            for m in range(i):
                x[k, i] -= mid[k, i, m] * x[k, m]
        for i in range(size - 1, -1, -1):
            for m in range(i + 1, size):
                x[k, i] -= mid[k, i, m] * x[k, m]
            x[k, i] *= mid[k, i, i]
    for k in range(cells - 2, -1, -1):
        for i in range(size):
            for m in range(size):
                x[k, i] += up[k, i, m] * x[k + 1, m]


@_compiled
def _expose(exposure, temperature, rate, duration, medium, out):
    """Thermal time of the dissolution, q = int k(T) dt, ``duration`` s after ``temperature`` at ``rate``."""
    for i in range(exposure.size):
        total = 0.0
        for q in range(_NODE.size):
            t = temperature + rate * duration * _NODE[q]
            total += _WEIGHT[q] * np.exp(-medium.dissolution[i, 1] * (1 / t - 1 / medium.reference))
        out[i] = exposure[i] + medium.dissolution[i, 0] * duration * total


@_compiled
def _combine(n, moved, factors, sources, before, after, out):
    """n plus sum_s factors[s] moved[s] through its faces, and what dissolves between two exposures."""
    cells, species = n.shape
    inward, outward = np.zeros(species), np.zeros(species)
    for c in range(cells):
        total = 0.0
        for i in range(species - 1):
            outward[i] = 0.0
            for s in range(4):
                if factors[s] != 0.0:  # a stage not yet reached may hold no number
                    outward[i] += factors[s] * moved[s, c, i]
            total -= outward[i]
        outward[species - 1] = total
        for i in range(species):
            out[c, i] = n[c, i] + (outward[i] - inward[i])
            inward[i] = outward[i]
    for i in range(species):
        released = np.exp(-before[i]) - np.exp(-after[i])  # the share 1 - exp(-q)
        if released > 0:
            for c in range(cells):
                out[c, i] += sources[c, i] * released


@_compiled
def _change_of_fluxes(n, sources, fluxes, temperature, rate, small, exposure, medium, moved, out):
    """Derivative of the fluxes by time alone (temperature, dissolution), by a forward difference."""
    later, shifted = np.empty_like(exposure), np.empty_like(n)
    _expose(exposure, temperature, rate, small, medium, later)
    _combine(n, moved, np.zeros(4), sources, exposure, later, shifted)
    _fluxes(shifted, temperature + rate * small, medium, out)
    for c in range(n.shape[0]):
        for i in range(n.shape[1]):
            out[c, i] = (out[c, i] - fluxes[c, i]) / small


@_compiled
def _stage(low, mid, up, outside, right, h, x, moved):
    """Solve x/h - J x = div right, and book the result as amounts moved through each face.

    Faces, not cells, carry the stages: what leaves a cell enters its neighbour to the last digit.
    """
    cells, size = x.shape
    for c in range(cells):
        for i in range(size):
            x[c, i] = right[c, i] - right[c - 1, i] if c > 0 else right[c, i]
    _solve(low, mid, up, x)
    for c in range(cells):
        for i in range(size):
            flux = right[c, i]
            if c < cells - 1:
                for j in range(size):
                    flux += outside[c, i, j] * x[c + 1, j] - low[c + 1, i, j] * x[c, j]
            moved[c, i] = h * flux


@_compiled
def _step(n, sources, temperature, rate, h, exposure, later, medium, blocks, moved, work):
    """One RODAS3 step of ``h`` s into ``work[2]``; returns the largest error or undershoot of a fraction."""
    low, mid, up, outside = blocks
    fluxes, drift, trial, right, x = work
    cells, size = x.shape
    _fluxes(n, temperature, medium, fluxes)
    _change_of_fluxes(n, sources, fluxes, temperature, rate, 1e-3 * h, exposure, medium, moved, drift)
    _jacobian(n, temperature, medium, low, mid, up, outside)
    _factor(low, mid, up, 1 / (_GAMMA * h))
    _expose(exposure, temperature, rate, h, medium, later)
    for s in range(4):
        if s >= 2:
            _combine(n, moved, _STAGE[s], sources, exposure, later, trial)
            _fluxes(trial, temperature + rate * h, medium, fluxes)
        for c in range(cells):
            for i in range(size):
                right[c, i] = fluxes[c, i] + _DRIFT[s] * h * drift[c, i]
                for j in range(s):
                    right[c, i] += _COUPLING[s, j] / h * moved[j, c, i]
        _stage(low, mid, up, outside, right, _GAMMA * h, x, moved[s])
    _combine(n, moved, _RESULT, sources, exposure, later, trial)
    return max(_largest_error(n, x), _deepest_undershoot(trial))


@_compiled
def _largest_error(n, difference):
    """Largest entry per site, of the last species too; infinite where one is not a number."""
    worst = 0.0
    for c in range(n.shape[0]):
        sites, total, largest = n[c, n.shape[1] - 1], 0.0, 0.0
        for i in range(difference.shape[1]):
            sites += n[c, i]
            total += difference[c, i]
            largest = max(largest, abs(difference[c, i]))
        error = max(abs(total), largest) / sites
        worst = max(worst, error) if error < np.inf else np.inf
    return worst


@_compiled
def _deepest_undershoot(n):
    """How far below zero a fraction lies."""
    worst = 0.0
    for c in range(n.shape[0]):
        lowest, sites = 0.0, 0.0
        for i in range(n.shape[1]):
            lowest = min(lowest, n[c, i])
            sites += n[c, i]
        worst = max(worst, -lowest / sites)
    return worst


@_compiled
def _march(n, sources, medium, programme, tolerance, most_steps):
    """All segments with steps under error control; returns amounts, exposure, accepted steps and a status."""
    cells, species = n.shape
    size = species - 1
    n = n.copy()
    shape = (cells, size, size)
    blocks = (np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    work = (
        np.empty_like(n),
        np.empty_like(n),
        np.empty_like(n),
        np.zeros((cells, size)),
        np.zeros((cells, size)),
    )
    moved, exposure, later = np.zeros((4, cells, size)), np.zeros(species), np.zeros(species)
    steps = 0
    for segment in range(programme.shape[0]):
        start, rate, duration = programme[segment]
        widest = _WIDEST / abs(rate) if rate != 0 else duration
        time, h = 0.0, duration / 20
        while time < duration:
            h = min(h, widest)
            ends = time + 1.01 * h >= duration
            if ends:
                h = duration - time
            if h < _SHORTEST * duration:
                return n, exposure, steps, _STEP_TOO_SMALL
            ratio = (
                _step(n, sources, start + rate * time, rate, h, exposure, later, medium, blocks, moved, work)
                / tolerance
            )
            if ratio <= 1:
                time = duration if ends else time + h
                n[:] = work[2]
                _keep_positive(n)
                exposure[:] = later
                steps += 1
                if steps >= most_steps:
                    return n, exposure, steps, _TOO_MANY_STEPS
            h *= min(6.0, max(0.1, 0.9 * ratio ** (-1 / 3))) if ratio > 0 else 6.0
    return n, exposure, steps, _DONE


@_compiled
def _keep_positive(n):
    """Undershoots of a time step to zero; that cation shrinks elsewhere, so that its total stays."""
    cells, species = n.shape
    for i in range(species):
        total, positive, lowest = 0.0, 0.0, 0.0
        for c in range(cells):
            total += n[c, i]
            positive += max(n[c, i], 0.0)
            lowest = min(lowest, n[c, i])
        if lowest < 0 < positive:
            for c in range(cells):
                n[c, i] = max(n[c, i], 0.0) * (max(total, 0.0) / positive)
