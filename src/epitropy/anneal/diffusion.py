"""Interdiffusion of film and host in time: third-order Rosenbrock steps over the fluxes of `fluxes`.

RODAS3 (Sandu et al., Atmos. Environ. 31 (1997) 3459): L-stable, stiffly accurate, order 3(2), four solves with one
block-tridiagonal matrix. Stages are kept as amounts moved through faces, so what leaves a cell enters its neighbour to
the last digit; the last species follows from the sum of sites.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericsError
from .blocktridiagonal import factor, solve
from .fluxes import Medium, Room, fluxes, jacobian, kernel, reordered, room_for

Array = NDArray[np.float64]

# RODAS3 without matrix products; stages 0 and 1 share their fluxes, 2 and 3 stand at the step's end. Each state adds to
# the one before: n + 2 U0, + U2, and the result + U3, which is also the estimate of the error.
_COUPLING = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [1.0, -1.0, 0.0], [1.0, -1.0, -8.0 / 3.0]])
_DRIFT = np.array([0.5, 1.5, 0.0, 0.0])
_GAMMA = 0.5

# Gauss-Legendre nodes and weights on [0, 1] for the thermal time of the dissolution in one step
_NODE, _WEIGHT = (a / 2 for a in np.polynomial.legendre.leggauss(6))
_NODE = _NODE + 0.5

_WIDEST = 60.0  # K, the most that one step may cross
_SHORTEST = 1e-20  # step over segment: below, the march is stuck


def diffuse(
    amounts: Array, sources: Array, medium: Medium, programme: Array, tolerance: float = 5e-4, most_steps: int = 20_000
) -> tuple[Array, Array, int]:
    """March the amounts of all cations through a temperature programme.

    amounts      (cells, species) mol/m2 at the start, deep host first
    sources      (cells, species) mol/m2 that enter a cell when all its inclusions have dissolved
    programme    (segments, 3) starting temperature K, rate K/s, duration s
    tolerance    largest error of a fraction per step (the error at the end is about a tenth)

    Returns the amounts at the end (cells, species), the dissolved share of each species' inclusions, and
    the number of accepted steps. Raises `NumericsError` where the step size collapses.
    """
    order = np.argsort(amounts[0], kind="stable")  # the host's main cation last: it follows from the sum
    back = np.argsort(order)
    n, desk = np.ascontiguousarray(amounts[:, order]), _desk_for(*amounts.shape)
    steps = _march(
        n, np.ascontiguousarray(sources[:, order]), reordered(medium, order), desk, programme, tolerance, most_steps
    )
    return n[:, back], -np.expm1(-desk.exposure[back]), steps


class _Desk(NamedTuple):
    """Space for one march, and the thermal time of the dissolution so far."""

    room: Room
    now: Array  # (cells, species) fluxes
    change: Array  # (cells, species) of the fluxes with time
    trial: Array  # (cells, species) amounts at the end of the step
    right: Array  # (cells, size) with size = species - 1
    x: Array  # (cells, size)
    low: Array  # (cells, size, size), and the other blocks
    mid: Array
    up: Array
    outside: Array  # ``up`` before it is factored
    moved: Array  # (4, cells, size) amounts through the outer face of each cell, by stage
    exposure: Array  # (species,)
    later: Array  # (species,) at the end of the step
    shortly: Array  # (species,) a little after its start


def _desk_for(cells: int, species: int) -> _Desk:
    size = species - 1
    blocks, moved = np.zeros((4, cells, size, size)), np.zeros((4, cells, size))
    rows = np.zeros((3, cells, species)), np.zeros((2, cells, size))
    return _Desk(room_for(cells, species), *rows[0], *rows[1], *blocks, moved, *np.zeros((3, species)))


def _march(
    n: Array, sources: Array, medium: Medium, desk: _Desk, programme: Array, tolerance: float, most_steps: int
) -> int:
    """All segments in place, with steps under error control; returns the number of accepted steps."""
    steps = 0
    for start, rate, duration in programme.tolist():
        widest = _WIDEST / abs(rate) if rate != 0 else duration
        time, h = 0.0, duration / 20
        while time < duration:
            h = min(h, widest)
            ends = time + 1.01 * h >= duration
            if ends:
                h = duration - time
            if h < _SHORTEST * duration or steps >= most_steps:
                raise NumericsError(
                    "anneal",
                    f"{'more steps than allowed' if steps >= most_steps else 'a vanishing time step'} ({steps} taken)",
                    f"at most {most_steps} steps",
                    "Check diffusivities and activation energies, or loosen the tolerance.",
                )
            ratio = _step(n, sources, start + rate * time, rate, h, medium, desk) / tolerance
            if ratio <= 1:
                time = duration if ends else time + h
                n[:] = desk.trial
                _keep_positive(n)
                desk.exposure[:] = desk.later
                steps += 1
            h *= min(6.0, max(0.1, 0.9 * ratio ** (-1 / 3))) if ratio > 0 else 6.0
    return steps


@kernel
def _copy(values, into):
    """into[:] = values, which takes numba seconds to compile."""
    source, target = values.ravel(), into.ravel()
    for i in range(source.size):
        target[i] = source[i]


@kernel
def _expose(exposure, temperature, rate, duration, medium, out):
    """Thermal time of the dissolution, q = int k(T) dt, ``duration`` s after ``temperature`` at ``rate``."""
    for i in range(exposure.size):
        total = 0.0
        if medium.dissolution[i, 0] > 0:
            for q in range(_NODE.size):
                t = temperature + rate * duration * _NODE[q]
                total += _WEIGHT[q] * np.exp(-medium.dissolution[i, 1] * (1 / t - 1 / medium.reference))
        out[i] = exposure[i] + medium.dissolution[i, 0] * duration * total


@kernel
def _dissolve(sources, before, after, n):
    """Add to n what the inclusions release between two exposures: the share 1 - exp(-q)."""
    for i in range(n.shape[1]):
        released = np.exp(-before[i]) - np.exp(-after[i])
        if released > 0:
            for c in range(n.shape[0]):
                n[c, i] += sources[c, i] * released


@kernel
def _move(n, moved, factor):
    """Add ``factor`` times the amounts moved through the faces; the last species makes room for the others."""
    cells, size = moved.shape
    for c in range(cells):
        total = 0.0
        for i in range(size):
            gained = moved[c, i] - (moved[c - 1, i] if c > 0 else 0.0)
            n[c, i] += factor * gained
            total += gained
        n[c, size] -= factor * total


@kernel
def _change_of_fluxes(n, sources, temperature, rate, small, medium, desk):
    """Derivative of the fluxes by time alone (temperature, dissolution), by a forward difference."""
    _expose(desk.exposure, temperature, rate, small, medium, desk.shortly)
    _copy(n, desk.trial)
    _dissolve(sources, desk.exposure, desk.shortly, desk.trial)
    fluxes(desk.trial, temperature + rate * small, medium, desk.room, desk.change)
    for c in range(n.shape[0]):
        for i in range(n.shape[1]):
            desk.change[c, i] = (desk.change[c, i] - desk.now[c, i]) / small


@kernel
def _stage(h, desk, moved):
    """Solve x/h - J x = div right, and book the result as amounts moved through each face."""
    right, x = desk.right, desk.x
    cells, size = x.shape
    for c in range(cells):
        for i in range(size):
            x[c, i] = right[c, i] - right[c - 1, i] if c > 0 else right[c, i]
    solve(desk.low, desk.mid, desk.up, x)
    for c in range(cells - 1):
        for i in range(size):
            flux = right[c, i]
            for j in range(size):
                flux += desk.outside[c, i, j] * x[c + 1, j] - desk.low[c + 1, i, j] * x[c, j]
            moved[c, i] = h * flux


@kernel
def _step(n, sources, temperature, rate, h, medium, desk):
    """One RODAS3 step of ``h`` s into ``desk.trial``; returns the largest error or undershoot of a fraction."""
    cells, size = desk.x.shape
    fluxes(n, temperature, medium, desk.room, desk.now)
    jacobian(temperature, medium, desk.room, desk.low, desk.mid, desk.up)
    _copy(desk.up, desk.outside)
    factor(desk.low, desk.mid, desk.up, 1 / (_GAMMA * h))
    _change_of_fluxes(n, sources, temperature, rate, 1e-3 * h, medium, desk)
    _expose(desk.exposure, temperature, rate, h, medium, desk.later)
    _copy(n, desk.trial)
    for s in range(4):
        if s == 2:
            _move(desk.trial, desk.moved[0], 2.0)
            _dissolve(sources, desk.exposure, desk.later, desk.trial)
        elif s == 3:
            _move(desk.trial, desk.moved[2], 1.0)
        if s >= 2:
            fluxes(desk.trial, temperature + rate * h, medium, desk.room, desk.now)
        for c in range(cells):
            for i in range(size):
                desk.right[c, i] = desk.now[c, i] + _DRIFT[s] * h * desk.change[c, i]
        for j in range(s):
            coupling = _COUPLING[s, j] / h
            if coupling != 0:
                for c in range(cells):
                    for i in range(size):
                        desk.right[c, i] += coupling * desk.moved[j, c, i]
        _stage(_GAMMA * h, desk, desk.moved[s])
    _move(desk.trial, desk.moved[3], 1.0)
    return max(_largest_error(n, desk.x), _deepest_undershoot(desk.trial))


@kernel
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


@kernel
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


@kernel
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
