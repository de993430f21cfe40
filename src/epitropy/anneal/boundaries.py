"""Two paths into the host: along its grain boundaries, and from them into the grains.

Parallel boundaries of width delta stand a spacing apart. They carry a cation inwards (depth z) and lose it to the
grains on both sides (distance y), which meet half-way, L = (spacing - delta)/2. A film of finite dose, even at all
times, feeds the mouths and the tops of the grains. As site fractions, x in the film, c in the boundary, g in the grain:

    delta dc/dt = delta D_gb lap_z c + 2 D_l dg/dy at y = 0        boundary; c = x at z = 0
    dg/dt = D_l (d2g/dy2 + lap_z g)                                grain; g = c at y = 0, dg/dy = 0 at y = L
    h dx/dt = -flux into mouths and tops                           film, h metres of host sites

In lattice time q = int D_l dt, with one ratio rho = int D_gb dt / int D_l dt, the Laplace transform (q -> p) is closed
in every regime, for a sphere as for a half-space. With G = 2 tanh(L sqrt p)/sqrt p, the m2 of host sites at fraction c
that the grains beside a boundary hold per metre:

    kappa^2 = p (delta + G) / (rho delta + G)
    c / x   = (R/r) sinh(kappa r) / sinh(kappa R), or exp(-kappa z)
    h / x   = h p + mouths + tops
    mouths  = (rho delta + G) (kappa coth(kappa R) - 1/R) / spacing
    tops    = sqrt(p) (2 L - G) / spacing

Approximate: across a grain the profile is that beside a boundary which varies slowly with z, off by 1/(2 beta), where
beta = (D_gb/D_l) delta / (2 sqrt q); what enters through the tops does not reach the boundaries; rho is a mean over the
temperature programme. Exact where boundaries and grains share one profile (Hart) and for boundaries alone. All poles
lie on the negative axis, so Talbot's contour inverts to rounding with twenty evaluations: no grid, no time steps.

J. C. Fisher, J. Appl. Phys. 22 (1951) 74, 10.1063/1.1699825. R. T. P. Whipple, Phil. Mag. 45 (1954) 1225. E. W. Hart,
Acta Metall. 5 (1957) 597, 10.1016/0001-6160(57)90127-X. Inversion: J. Abate and P. P. Valko, Int. J. Numer. Meth. Eng.
60 (2004) 979, 10.1002/nme.995.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from ..errors import InputError
from ..records.boundary import BoundaryInfiltration
from . import laws
from .programme import segments, thermal_time
from .spec import Anneal, of_species

Array = NDArray[np.float64]

_SPAN = 6.0  # a profile is drawn to this many decay depths, or to the centre
_POINTS = 60


def _talbot(nodes: int) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Nodes and weights of the fixed Talbot contour, the weights scaled so that 1/p gives exactly 1."""
    angle = np.arange(1, nodes) * math.pi / nodes
    cot = 1 / np.tan(angle)
    node = 0.4 * nodes * np.concatenate([[1.0], angle * (cot + 1j)])
    slope = np.concatenate([[0.5], 1 + 1j * angle * (1 + cot**2) - 1j * cot])
    weight = slope * np.exp(node)
    return node, weight / (weight / node).sum().real


_NODE, _WEIGHT = _talbot(20)  # truncation and rounding balance near 1e-12


class Paths(NamedTuple):
    """One cation on its way in. Lengths in m; thermal times int D dt in m2, of lattice and boundary."""

    lattice: float
    boundary: float
    width: float  # delta of a boundary
    spacing: float  # of boundaries, centre to centre
    film: float = math.inf  # h, metres of host sites; inf: a source never used up
    radius: float | None = None  # of the particle; None: a half-space


def film_fraction(paths: Paths) -> float:
    """Site fraction left in the film, over that at the start.

    >>> round(film_fraction(Paths(lattice=1e-16, boundary=1e-12, width=1e-9, spacing=2e-7, film=5e-9)), 3)
    0.066
    """
    if paths.lattice <= 0 or math.isinf(paths.film):
        return 1.0
    return float(_invert(lambda p: _film(p, paths), paths.lattice))


def boundary_fraction(paths: Paths, depth: ArrayLike) -> Array:
    """Site fraction in the boundaries at ``depth`` (m), over that of the film at the start; shape of ``depth``.

    >>> paths = Paths(lattice=1e-16, boundary=1e-12, width=1e-9, spacing=2e-7)
    >>> boundary_fraction(paths, [0.0, 0.2e-6, 20e-6]).round(2).tolist()
    [1.0, 0.46, 0.0]
    """
    return _profile(paths, depth, lambda p: 1.0)


def stored(paths: Paths, depth: ArrayLike) -> Array:
    """What a boundary and the grains beside it hold at ``depth``, delta c + 2 int_0^L g dy, in m of host sites.

    Per area of boundary, the film's fraction at the start as unit, without what came through the grains' tops.

    >>> paths = Paths(lattice=1e-16, boundary=1e-12, width=1e-9, spacing=2e-7)
    >>> float((stored(paths, 0.0) * 1e9).round(2))  # delta + 4 sqrt(q/pi)
    23.57
    """
    return _profile(paths, depth, lambda p: paths.width + _grains(p, paths))


def entered(paths: Paths) -> tuple[float, float, float]:
    """Amounts within the boundaries, in the grains beside them, and in the grains through their tops.

    Per outer area, in m of host sites at the film's fraction at the start; together they are what the film has lost.

    >>> paths = Paths(lattice=1e-16, boundary=1e-12, width=1e-9, spacing=2e-7, film=5e-9)
    >>> [round(v * 1e9, 3) for v in (*entered(paths), 5e-9 * film_fraction(paths))]
    [0.118, 3.362, 1.188, 0.332]
    """
    if paths.lattice <= 0:
        return 0.0, 0.0, 0.0

    def parts(p: Array) -> Array:
        in_film = _film(p, paths) / p
        grains = _grains(p, paths)
        run = _mouths(p, paths) * in_film / (paths.width + grains)
        return np.stack([run * paths.width, run * grains, _tops(p, paths) * in_film])

    within, beside, below = _invert(parts, paths.lattice)
    return float(within), float(beside), float(below)


def decay_depth(paths: Paths) -> float:
    """Depth in m at which the boundaries hold 1/e of what their mouths hold; the radius where all hold more.

    >>> paths = Paths(lattice=1e-16, boundary=1e-12, width=1e-9, spacing=2e-7)
    >>> round(decay_depth(paths) * 1e6, 3)
    0.253
    """
    if paths.lattice <= 0:
        return 0.0
    least = film_fraction(paths) / math.e

    def excess(depth: float) -> float:
        return float(boundary_fraction(paths, depth)) - least

    end = math.inf if paths.radius is None else paths.radius
    below = min(end, 1 / abs(_decay(1 / paths.lattice, paths)))
    while excess(below) > 0:
        if below == end:
            return end
        below = min(2 * below, end)
    return brentq(excess, 0.0, below, xtol=1e-9 * below)


def _invert(transform: Callable, time: float) -> Array:
    """Function of time from its Laplace transform; nodes along the last axis."""
    return (_WEIGHT * transform(_NODE / time)).sum(axis=-1).real / time


def _grains(p: ArrayLike, paths: Paths) -> Array:
    """G, m: what the two grains beside a boundary hold over the boundary's fraction."""
    root = np.sqrt(p)
    return 2 * np.tanh((paths.spacing - paths.width) / 2 * root) / root


def _conductance(p: ArrayLike, paths: Paths) -> Array:
    """rho delta + G, m: inwards along a boundary and the grains that follow it, over D_l."""
    return paths.boundary / paths.lattice * paths.width + _grains(p, paths)


def _decay(p: ArrayLike, paths: Paths) -> Array:
    """kappa, 1/m: how fast the boundary's transform falls with depth."""
    return np.sqrt(p * (paths.width + _grains(p, paths)) / _conductance(p, paths))


def _mouths(p: Array, paths: Paths) -> Array:
    """Flux through all mouths per outer area, over the film's fraction."""
    kappa = _decay(p, paths)
    along = _conductance(p, paths) / paths.spacing
    if paths.radius is None:
        return along * kappa
    x = kappa * paths.radius
    small = np.abs(x) < 1e-2  # there x coth(x) - 1 would lose its digits
    curved = np.where(small, x * x / 3 * (1 - x * x / 15), x / np.tanh(np.where(small, 1.0, x)) - 1)
    return along * curved / paths.radius


def _tops(p: Array, paths: Paths) -> Array:
    """Flux through the tops of the grains: a half-space, for the part that boundaries have not filled."""
    return np.sqrt(p) * (paths.spacing - paths.width - _grains(p, paths)) / paths.spacing


def _film(p: Array, paths: Paths) -> Array:
    return 1 / (p + (_mouths(p, paths) + _tops(p, paths)) / paths.film)


def _along(p: Array, paths: Paths, depth: Array) -> Array:
    """Boundary over film at a depth, written so that nothing overflows."""
    kappa = _decay(p, paths)
    fall = np.exp(-kappa * depth)
    if paths.radius is None:
        return fall
    r = np.maximum(paths.radius - depth, 1e-7 * paths.radius)  # the centre is a limit
    return fall * paths.radius / r * np.expm1(-2 * kappa * r) / np.expm1(-2 * kappa * paths.radius)


def _profile(paths: Paths, depth: ArrayLike, weight: Callable) -> Array:
    z = np.asarray(depth, dtype=float)[..., None]
    if paths.lattice <= 0:
        return np.zeros(z.shape[:-1])
    found = _invert(lambda p: weight(p) * _film(p, paths) * _along(p, paths, z), paths.lattice)
    return np.maximum(found, 0.0)  # far ahead of the front rounding leaves 1e-13 of either sign


def infiltrate(
    spec: Anneal,
    *,
    film_cations: Mapping[str, float],
    grain_size: float,
    particle_radius: float | None,
    host_site_density: float,
    film_site_density: float,
) -> BoundaryInfiltration:
    """How much of a film runs into the host's grain boundaries during the anneal, and how deep.

    film_cations        mol/m2 of outer area, all of it free to move from the start
    grain_size          m, of the host: cubic grains, of which 2/d metres of boundary cross a square metre
    particle_radius     m; None: boundaries without end
    host_site_density   mol/m3 of cation sites in the host, and ``film_site_density`` in the film

    Each cation on its own (trace limit), the same site fraction in film and mouth (segregation factor 1), the film
    even at all times. Equations, sources: this module. Raises `InputError` for amounts, lengths or densities that
    make no sense.

    >>> found = infiltrate(
    ...     Anneal(), film_cations={"Nb": 2.2e-4, "W": 1.8e-5}, grain_size=400e-9, particle_radius=5e-6,
    ...     host_site_density=49.0e3, film_site_density=33.9e3)
    >>> found.regime["Nb"], round(found.share["Nb"], 2), round(found.decay_depth["Nb"] * 1e6, 2)
    ('B', 0.77, 0.74)
    """
    _check(film_cations, grain_size, particle_radius, host_site_density, film_site_density)
    dose = {s: float(amount) for s, amount in film_cations.items() if amount > 0}
    film = sum(dose.values()) / host_site_density
    paths = [_paths(spec, s, film, grain_size, particle_radius) for s in dose]
    return _record(dose, paths, grain_size, particle_radius, host_site_density, film_site_density)


def _record(
    by_species: Mapping[str, float],
    paths: list[Paths],
    grain_size: float,
    radius: float | None,
    host_site_density: float,
    film_site_density: float,
) -> BoundaryInfiltration:
    """Shares, depths and thicknesses of all cations, each with its own paths."""
    dose = np.array(list(by_species.values()))
    start = dose / (dose.sum() or 1.0)
    parts = np.array([(*entered(p), p.film * film_fraction(p)) for p in paths]).reshape(-1, 4)
    within, beside, below, left = parts.T / (dose.sum() / host_site_density or 1.0)
    reach = [decay_depth(p) for p in paths]
    depth = _depths(reach, radius)
    fraction = [x * boundary_fraction(p, depth) for x, p in zip(start, paths)]
    held = sum((x * stored(p, depth) for x, p in zip(start, paths)), np.zeros(depth.size))
    volume = dose * (within + beside) / film_site_density  # of coating, m per outer area
    reached = np.array([boundary_area(z, grain_size, radius) for z in reach])
    area = None if radius is None else boundary_area(radius, grain_size, radius)

    def named(values: Iterable) -> Mapping:
        return MappingProxyType(dict(zip(by_species, np.asarray(values).tolist())))

    return BoundaryInfiltration(
        species=tuple(by_species),
        regime=named([laws.kinetic_regime(math.sqrt(p.lattice), grain_size, p.width) for p in paths]),
        diffusion_length=named([math.sqrt(p.lattice) for p in paths]),
        infiltrated=named(dose * (within + beside)),
        share=named(within + beside),
        share_within=named(within / (within + beside)),
        share_below=named(below),
        decay_depth=named(reach),
        thickness=named(volume / reached),
        mean_thickness=None if area is None else named(volume / area),
        boundary_area=area,
        depth=depth,
        fraction=np.array(fraction).reshape(-1, depth.size),
        profile=held * host_site_density / film_site_density,
        balance_error=float(np.abs(within + beside + below + left - 1).max(initial=0.0)),
    )


def boundary_area(depth: float, grain_size: float, radius: float | None) -> float:
    """Area of the boundaries down to a depth over the outer area: z/spacing, on a sphere (R^3 - r^3)/(3 R^2 spacing).

    >>> round(boundary_area(5e-6, 400e-9, 5e-6), 2), round(boundary_area(1e-6, 400e-9, None), 2)
    (8.33, 5.0)
    """
    spacing = laws.boundary_spacing(grain_size)
    if radius is None:
        return depth / spacing
    return (
        radius / 3 * -math.expm1(3 * math.log1p(-depth / radius)) / spacing if depth < radius else radius / 3 / spacing
    )


def _paths(spec: Anneal, species: str, film: float, grain_size: float, radius: float | None) -> Paths:
    """Thermal times of a cation through the programme, and the geometry."""
    diffusivity = of_species(spec.diffusivity_host, species, "anneal.diffusivity_host")
    energy = of_species(spec.activation_energy_host, species, "anneal.activation_energy_host")
    values = diffusivity * np.array([1.0, spec.boundary_enhancement.value])
    energies = energy * np.array([1.0, spec.boundary_energy_ratio.value])
    width, spacing = spec.boundary_width.value, laws.boundary_spacing(grain_size)
    if not spacing > width:
        allowed = f"more than {2e9 * width:.3g} nm, twice the boundary width"
        raise InputError("grain_size", f"{1e9 * grain_size:.3g} nm", allowed, "Finer grains are all boundary.")
    lattice, boundary = thermal_time(segments(spec), values, energies)
    return Paths(
        lattice=float(lattice),
        boundary=float(boundary),
        width=width,
        spacing=spacing,
        film=film,
        radius=radius,
    )


def _check(amounts: Mapping[str, float], grain_size: float, radius: float | None, *densities: float) -> None:
    lengths = {"grain_size": grain_size, "particle_radius": radius}
    positive = lengths | dict(zip(("host_site_density", "film_site_density"), densities))
    for name, value in positive.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError(name, f"{value}", "a positive number")
    for species, amount in amounts.items():
        if not (math.isfinite(amount) and amount >= 0):
            raise InputError(f"film_cations.{species}", f"{amount} mol/m2", "zero or a positive amount")


def _depths(reach: list[float], radius: float | None) -> Array:
    """Depths (z,) from the surface to well beyond the deepest reach, finer near the mouths."""
    end = _SPAN * max(reach, default=0.0)
    end = end if radius is None else min(end, radius)
    return end * np.linspace(0.0, 1.0, _POINTS) ** 2
