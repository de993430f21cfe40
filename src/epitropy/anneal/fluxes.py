"""Fluxes of the cations between cells of a graded film on its host, and their exact derivatives.

    J_i = -C [x_i D_i grad(mu_i/RT) - x_i sum_j x_j D_j grad(mu_j/RT)],   sum_i J_i = 0

on one cation sublattice, mu_i/RT = ln x_i + e_i with e_i = (omega x)_i - x.omega.x/2 from pair enthalpies
omega = Omega/RT (regular solution; Gibbs-Duhem holds). Between two cells

    J_i ~ D_i (dx_i + X_i de_i) - X_i v,   v = sum_j D_j (dx_j + X_j de_j) / sum_j X_j

with the carried fraction X_i = x_mean (1 - phi theta^3), theta = dx_i / (sum of both x_i), phi = P |P| / (4 + P^2), and
P the ratio of the drift to the diffusion of i. Where both cells hold a like amount, X is the mean and the order two;
where one is nearly empty and the drift outruns D_i, X leans to the side it comes from. So an empty cell gives nothing
away: for ideal mixing its flux inwards is D x_out (1 - 2P / ((4 + P^2) sum X)), and 2P/(4 + P^2) <= 1/2 <= sum X.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..constants import GAS_CONSTANT

Array = NDArray[np.float64]

kernel = partial(compiled, error_model="numpy")  # a division by zero gives inf; the step control rejects it


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
    interaction: Array  # (species, species) Omega/RT, symmetric, zero diagonal
    ideal: bool  # all of it zero


def medium_of(
    *,
    face_area: Array,
    cell_area: Array,
    diffusivity: Array,
    activation: Array,
    film_boost: Array,
    film_start: int,
    weights: Array,
    offset: float,
    molar_volume: Array,
    reference_temperature: float,
    dissolution: Array,
    interaction: Array,
) -> Medium:
    """A `Medium` from SI numbers.

    diffusivity     (2, species) m2/s in host and film at the reference temperature
    activation      (2, species) J/mol
    film_boost      (species,) factor on D between film cells, which start at ``film_start`` (boundaries)
    molar_volume    (2,) m3 per mole of sites in host and film
    dissolution     (species, 2) rate constant at the reference temperature, 1/s, and activation energy, J/mol
    interaction     (species, species) pair enthalpies over RT, symmetric with zero diagonal
    """
    log_d = np.log(diffusivity)
    return Medium(
        face_area=face_area,
        cell_area=cell_area,
        log_d=np.stack([log_d[0], log_d[1] - log_d[0]]),
        slope=np.stack([activation[0], activation[1] - activation[0]]) / GAS_CONSTANT,
        boost=film_boost,
        film_start=int(film_start),
        weights=weights,
        offset=float(offset),
        volume=np.array([molar_volume[0], molar_volume[1] - molar_volume[0]]),
        reference=float(reference_temperature),
        dissolution=dissolution / (1.0, GAS_CONSTANT),
        interaction=interaction,
        ideal=not interaction.any(),
    )


def reordered(medium: Medium, order: NDArray[np.intp]) -> Medium:
    """The same with its species in another order."""
    return medium._replace(
        log_d=np.ascontiguousarray(medium.log_d[:, order]),
        slope=np.ascontiguousarray(medium.slope[:, order]),
        boost=medium.boost[order],
        weights=medium.weights[order],
        dissolution=medium.dissolution[order],
        interaction=np.ascontiguousarray(medium.interaction[np.ix_(order, order)]),
    )


class Cells(NamedTuple):
    """Per cell: fractions, sites, medium, omega x, and excess potential e (the last two zero where ideal)."""

    x: Array  # (cells, species)
    sites: Array  # (cells,) mol/m2
    share: Array  # (cells,)
    pull: Array  # (cells, species)
    excess: Array  # (cells, species)


class Faces(NamedTuple):
    """Per face k between cells k and k + 1; differences are outer minus inner cell."""

    d: Array  # (cells, species) D, m2/s
    step: Array  # (cells, species) dx
    force: Array  # (cells, species) de
    carried: Array  # (cells, species) X
    conductance: Array  # (cells,) area over (volume^2 x distance in sites)
    estimate: Array  # (cells,) the drift v with X at the mean
    drift: Array  # (cells,) v
    total: Array  # (cells,) sum of X


class Slopes(NamedTuple):
    """Derivatives at each face; ``estimate`` as in `Faces`, ``pushed`` v sum X, ``total`` sum X."""

    inner: Array  # (cells, species) dX/dx of the inner cell
    outer: Array  # (cells, species) dX/dx of the outer cell
    lean: Array  # (cells, species) dX/dP, with P the Peclet number
    by_medium: Array  # (cells, species) dJ/ds over the conductance, at given v
    by_estimate: Array  # (cells, species) the same by the estimate
    estimate_s: Array  # (cells,) by the medium s
    pushed_s: Array
    total_s: Array
    pushed_e: Array  # (cells,) by the estimate
    total_e: Array


class Room(NamedTuple):
    """Space to work in."""

    cells: Cells
    faces: Faces
    slopes: Slopes
    pull: Array  # (species,)


def room_for(cells: int, species: int) -> Room:
    """A `Room` for so many cells and species; made here because numba takes seconds to compile an allocation."""
    wide, thin = np.zeros((12, cells, species)), np.zeros((11, cells))
    return Room(
        Cells(wide[0], thin[0], thin[1], wide[1], wide[2]),
        Faces(*wide[3:7], *thin[2:6]),
        Slopes(*wide[7:12], *thin[6:11]),
        np.zeros(species),
    )


@kernel
def _describe(n, medium, cells):
    """Fill ``cells`` from the amounts n (cells, species) in mol/m2."""
    species = n.shape[1]
    for k in range(n.shape[0]):
        sites, weighted = 0.0, 0.0
        for i in range(species):
            sites += n[k, i]
            weighted += medium.weights[i] * n[k, i]
        for i in range(species):
            cells.x[k, i] = n[k, i] / sites
        cells.sites[k] = sites
        cells.share[k] = medium.offset + weighted / sites


@kernel
def _attract(interaction, cells):
    """Excess potentials of every cell."""
    species = interaction.shape[0]
    for k in range(cells.sites.size):
        half = 0.0
        for i in range(species):
            total = 0.0
            for j in range(species):
                total += interaction[i, j] * cells.x[k, j]
            cells.pull[k, i] = total
            half += 0.5 * total * cells.x[k, i]
        for i in range(species):
            cells.excess[k, i] = cells.pull[k, i] - half


@kernel
def _drive(inverse, medium, cells, faces):
    """Conductance, D, dx and de at every face, and the first estimate of the drift."""
    species = cells.x.shape[1]
    for k in range(cells.sites.size - 1):
        share = 0.5 * (cells.share[k] + cells.share[k + 1])
        volume = medium.volume[0] + share * medium.volume[1]
        gap = 0.5 * (cells.sites[k] / medium.cell_area[k] + cells.sites[k + 1] / medium.cell_area[k + 1])
        faces.conductance[k] = medium.face_area[k + 1] / (volume * volume * gap)
        estimate = 0.0
        for i in range(species):
            exponent = medium.log_d[0, i] + share * medium.log_d[1, i]
            d = np.exp(exponent - inverse * (medium.slope[0, i] + share * medium.slope[1, i]))
            if k >= medium.film_start:
                d *= medium.boost[i]
            step, force = cells.x[k + 1, i] - cells.x[k, i], cells.excess[k + 1, i] - cells.excess[k, i]
            estimate += d * (step + force * 0.5 * (cells.x[k, i] + cells.x[k + 1, i]))
            faces.d[k, i], faces.step[k, i], faces.force[k, i] = d, step, force
        faces.estimate[k] = estimate


@kernel
def _carry(cells, faces):
    """Carried fractions X, their sum, and the drift."""
    for k in range(cells.sites.size - 1):
        total, pushed, estimate = 0.0, 0.0, faces.estimate[k]
        for i in range(cells.x.shape[1]):
            d, step, force = faces.d[k, i], faces.step[k, i], faces.force[k, i]
            both = cells.x[k, i] + cells.x[k + 1, i]
            theta = step / max(both, abs(step)) if step != 0 else 0.0  # between -1 and 1 below zero, too
            outrun = estimate - d * force  # P = outrun / d
            phi = outrun * abs(outrun) / (4 * d * d + outrun * outrun)
            x = 0.5 * both * (1 - phi * theta * theta * theta)
            faces.carried[k, i] = x
            total += x
            pushed += d * (step + force * x)
        faces.total[k] = total
        faces.drift[k] = pushed / total


@kernel
def fluxes(n, temperature, medium, room, out):
    """mol/(m2 s) through the outer face of every cell, counted inwards: dn/dt = out[k] - out[k-1]."""
    cells, faces = room.cells, room.faces
    _describe(n, medium, cells)
    if not medium.ideal:
        _attract(medium.interaction, cells)
    _drive(1 / temperature - 1 / medium.reference, medium, cells, faces)
    _carry(cells, faces)
    count, species = n.shape
    for i in range(species):
        out[count - 1, i] = 0.0
    for k in range(count - 1):
        for i in range(species):
            d, x = faces.d[k, i], faces.carried[k, i]
            out[k, i] = faces.conductance[k] * (d * (faces.step[k, i] + faces.force[k, i] * x) - faces.drift[k] * x)


@kernel
def jacobian(temperature, medium, room, low, mid, up):
    """Derivative of dn/dt by all species but the last, which makes up for them; at the state of the last `fluxes`.

    As blocks: low[k] = d(rate k)/d(n k-1), mid[k] = d(rate k)/d(n k), up[k] = d(rate k)/d(n k+1).
    """
    _differentiate(1 / temperature - 1 / medium.reference, medium, room.cells, room.faces, room.slopes)
    cells, last, _ = mid.shape
    for i in range(last):
        for j in range(last):
            mid[0, i, j] = 0.0
    for side in range(2):
        _blocks(side, medium, room, up)
        for k in range(cells - 1):
            for i in range(last):
                for j in range(last):
                    if side == 0:
                        mid[k, i, j] += up[k, i, j]
                        low[k + 1, i, j] = -up[k, i, j]
                        mid[k + 1, i, j] = 0.0
                    else:
                        mid[k + 1, i, j] -= up[k, i, j]


@kernel
def _differentiate(inverse, medium, cells, faces, slopes):
    """Fill ``slopes``."""
    for k in range(cells.sites.size - 1):
        share, estimate, drift = 0.5 * (cells.share[k] + cells.share[k + 1]), faces.estimate[k], faces.drift[k]
        stretch = -2 * medium.volume[1] / (medium.volume[0] + share * medium.volume[1])
        estimate_s, pushed_s, total_s, pushed_e, total_e = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(cells.x.shape[1]):
            d, x, step, force = faces.d[k, i], faces.carried[k, i], faces.step[k, i], faces.force[k, i]
            steep = medium.log_d[1, i] - inverse * medium.slope[1, i]  # d ln D / ds
            both = cells.x[k, i] + cells.x[k + 1, i]
            theta = step / max(both, abs(step)) if step != 0 else 0.0
            outrun = estimate - d * force
            part = 1 / (4 * d * d + outrun * outrun)
            bent = 0.5 * outrun * abs(outrun) * part * theta * theta
            slopes.inner[k, i] = 0.5 + bent * (3 + 2 * theta)
            slopes.outer[k, i] = 0.5 - bent * (3 - 2 * theta)
            lean_e = -4 * abs(outrun) * d * d * part * part * theta * theta * step
            lean_s = -lean_e * steep * estimate
            diffused, net = d * (step + force * x), d * force - drift
            slopes.lean[k, i] = lean_e * d
            slopes.by_medium[k, i] = steep * diffused + net * lean_s + stretch * (diffused - drift * x)
            slopes.by_estimate[k, i] = net * lean_e
            estimate_s += d * steep * (step + 0.5 * force * both)
            pushed_s += steep * diffused + d * force * lean_s
            pushed_e += d * force * lean_e
            total_s += lean_s
            total_e += lean_e
        slopes.estimate_s[k], slopes.pushed_s[k], slopes.total_s[k] = estimate_s, pushed_s, total_s
        slopes.pushed_e[k], slopes.total_e[k] = pushed_e, total_e


@kernel
def _blocks(side, medium, room, out):
    """out[k, i, j]: change of J_i at face k as n_j of its inner (``side`` 0) or outer cell (1) displaces the last."""
    cells, faces, slopes, pull = room.cells, room.faces, room.slopes, room.pull
    last = out.shape[1]
    sign, own = 2.0 * side - 1.0, slopes.outer if side == 1 else slopes.inner
    for k in range(cells.sites.size - 1):
        scale = faces.conductance[k] / cells.sites[k + side]
        for j in range(last):
            medium_j = 0.5 * (medium.weights[j] - medium.weights[last])
            faster = sign * (faces.d[k, j] - faces.d[k, last])
            estimate = faster + slopes.estimate_s[k] * medium_j
            pushed = faster + slopes.pushed_s[k] * medium_j
            summed = own[k, j] - own[k, last] + slopes.total_s[k] * medium_j
            if not medium.ideal:
                pushed_j = faces.d[k, j] * faces.force[k, j]
                pushed_last = faces.d[k, last] * faces.force[k, last]
                estimate += 0.5 * (pushed_j - pushed_last)
                pushed += pushed_j * own[k, j] - pushed_last * own[k, last]
                shift = cells.pull[k + side, last] - cells.pull[k + side, j]
                for i in range(last + 1):
                    pull[i] = sign * (medium.interaction[i, j] - medium.interaction[i, last] + shift)
                    estimate += 0.5 * faces.d[k, i] * (cells.x[k, i] + cells.x[k + 1, i]) * pull[i]
                    pushed += faces.d[k, i] * (faces.carried[k, i] - faces.force[k, i] * slopes.lean[k, i]) * pull[i]
                    summed -= slopes.lean[k, i] * pull[i]
            pushed += slopes.pushed_e[k] * estimate
            summed += slopes.total_e[k] * estimate
            change = (pushed - faces.drift[k] * summed) / faces.total[k]
            for i in range(last):
                value = slopes.by_medium[k, i] * medium_j + slopes.by_estimate[k, i] * estimate
                out[k, i, j] = scale * (value - faces.carried[k, i] * change)
            net = faces.d[k, j] * faces.force[k, j] - faces.drift[k]
            out[k, j, j] += scale * (sign * faces.d[k, j] + net * own[k, j])
            if not medium.ideal:
                for i in range(last):
                    net = faces.d[k, i] * faces.force[k, i] - faces.drift[k]
                    value = faces.d[k, i] * faces.carried[k, i] - net * slopes.lean[k, i]
                    out[k, i, j] += scale * value * pull[i]
