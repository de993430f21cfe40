"""Anneal choices and a coated host in, depth profile out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..constants import GAS_CONSTANT
from ..errors import InputError, NumericsError
from ..laws import arrhenius
from ..records.anneal import DepthProfile
from . import laws, measure
from .diffusion import diffuse
from .fluxes import Medium, medium_of
from .grid import areas, film_and_host_cells, moved_to_bends
from .mixing import entropy_share, refuse_unmixing
from .programme import cut, segments, thermal_time
from .spec import REFERENCE_TEMPERATURE, Anneal, of_species, pair_matrix

Array = NDArray[np.float64]

TOLERANCE = 5e-4  # largest error of a fraction in one time step
_REACH = 10.0  # depth of host that is modelled, in diffusion lengths of its fastest cation
_FILM_REACH = 60.0  # and in film thicknesses, whichever is more
_WELL_MIXED = 1e3  # film thicknesses: a cation that runs further during the hold is even across the film
_SHALLOWEST = 1e-9  # m
_COARSE = 1e-2  # largest error of a fraction per step in the run that finds the grid
_UNDISTURBED = 1e-6  # largest change of a fraction at the deep end of the host
_SUM_TOLERANCE = 1e-6
_CLOSED = 1e-9  # largest error of the sum of computed fractions
_FEWEST_POINTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """Film on host before the anneal, by species."""

    species: tuple[str, ...]
    film: Array  # (species,) mol/m2
    inclusions: Array  # (species,) mol/m2
    host: Array  # (species,) fractions
    volume: Array  # (2,) m3/mol of sites in host and film
    radius: float | None

    @property
    def thickness(self) -> float:
        """Of the film, m; a sphere's film is a little thinner than a plane's of the same amount."""
        flat = float(self.film.sum() * self.volume[1])
        if self.radius is None:
            return flat
        return float(self.radius * np.expm1(np.log1p(3 * flat / self.radius) / 3))

    @property
    def film_fraction(self) -> Array:
        """Fractions of the film, or of what dissolves into the host where there is no film."""
        brought = self.film if self.film.sum() > 0 else self.inclusions
        return brought / brought.sum() if brought.sum() > 0 else self.host

    @property
    def medium(self) -> tuple[Array, float]:
        """Weights c (species,) and offset c_0 of the share s = c_0 + sum c_i x_i of film-forming cations.

        A cation forms film if the coating holds more of it than the host; s is 0 in pristine host, 1 in
        pristine film.
        """
        brought = self.film + self.inclusions
        forms = (brought > self.host * brought.sum()).astype(float)
        in_host, in_film = forms @ self.host, forms @ self.film_fraction
        if in_film - in_host < _SUM_TOLERANCE:
            return np.zeros(len(forms)), 0.0
        return forms / (in_film - in_host), -in_host / (in_film - in_host)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kinetics:
    """Numbers of one run by species, at the reference temperature, and the programme."""

    diffusivity: Array  # (2, species) in host and film, m2/s
    activation: Array  # (2, species) J/mol
    film_boost: Array  # (species,) by grain boundaries within the film
    dissolution: Array  # (species, 2) 1/s and J/mol
    programme: Array  # (segments, 3)
    lengths: Array  # (species,) sqrt of the integral of D dt in the host, m
    interaction: Array  # (species, species) pair enthalpies over RT at the hold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Cells before and after, deep host first."""

    before: Array  # (x, species) mol/m2
    after: Array
    dissolved: Array  # (species,) share of the inclusions
    host_cells: int
    depth: float  # of host, m

    @property
    def fraction(self) -> Array:
        """(species, x)"""
        return (self.after / self.after.sum(axis=1, keepdims=True)).T


def anneal_profile(
    spec: Anneal,
    *,
    film_cations: Mapping[str, float],
    inclusions: Mapping[str, float],
    host_cations: Mapping[str, float],
    host_site_density: float,
    film_site_density: float,
    particle_radius: float | None = None,
    points: int = 80,
    tolerance: float = TOLERANCE,
    until: float | None = None,
) -> DepthProfile:
    """Cation fractions over depth after ramp, hold and cooling.

    film_cations        mol/m2 of each cation of the precursors that wet (taken as dissolved at once)
    inclusions          mol/m2 of each cation of those that do not: they dissolve at first order into the film
    host_cations        fractions of the host's cation site, sum 1, lithium left out
    host_site_density   mol/m3 of cation sites in the host, and ``film_site_density`` in the film
    particle_radius     m; the host is a sphere. None: a plane, as deep as the cations go
    points, tolerance   number of cells; largest error of a fraction in one time step
    until               s into the programme at which the powder is quenched. None: to its end

    J_i = -C (D_i x_i grad a_i - x_i sum_j D_j x_j grad a_j), a_i = mu_i/RT = ln x_i + excess from
    ``spec.mixing_enthalpy``; without any, x_i grad a_i = grad x_i (ideal). No net site flux; D_i log-linear between its
    values in host and film by the local share of film-forming cations. Raises `InputError` for amounts or fractions
    that make no sense and inside a spinodal, `NumericsError` where the time steps collapse. Darken, Trans. AIME 175
    (1948) 184.

    >>> profile = anneal_profile(
    ...     Anneal(), film_cations={"Nb": 2.2e-4, "W": 1.8e-5}, inclusions={"Zr": 1.2e-5},
    ...     host_cations={"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
    ...     host_site_density=49.0e3, film_site_density=33.9e3)
    >>> profile.species, profile.balance_error < 1e-12
    (('Ni', 'Co', 'Mn', 'Nb', 'W', 'Zr'), True)
    """
    _check_amounts(film_cations, "film_cations")
    _check_amounts(inclusions, "inclusions")
    _check_host(host_cations, host_site_density, film_site_density, particle_radius, points)
    layers = _layers(
        film_cations,
        inclusions,
        host_cations,
        (1 / host_site_density, 1 / film_site_density),
        particle_radius,
    )
    kinetics = _kinetics(spec, layers, until)
    refuse_unmixing(spec, layers.species, _way_in_between(layers))
    run = _run(layers, kinetics, points, tolerance)
    refuse_unmixing(spec, layers.species, run.fraction.T)
    return _profile(spec, layers, kinetics, run)


def _check_amounts(amounts: Mapping[str, float], name: str) -> None:
    for species, amount in amounts.items():
        if not (np.isfinite(amount) and amount >= 0):
            raise InputError(f"{name}.{species}", f"{amount} mol/m2", "zero or a positive amount")


def _check_host(
    fractions: Mapping[str, float],
    host_density: float,
    film_density: float,
    radius: float | None,
    points: int,
) -> None:
    _check_amounts(fractions, "host_cations")
    if abs(sum(fractions.values()) - 1) > _SUM_TOLERANCE:
        raise InputError(
            "host_cations",
            f"fractions that sum to {sum(fractions.values()):.6g}",
            "a sum of 1",
            "Leave lithium out.",
        )
    positive = {
        "host_site_density": host_density,
        "film_site_density": film_density,
        "particle_radius": radius,
    }
    for name, value in positive.items():
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(name, f"{value}", "a positive number")
    if points < _FEWEST_POINTS:
        raise InputError("points", f"{points}", f"at least {_FEWEST_POINTS}")


def _layers(
    film: Mapping[str, float],
    inclusions: Mapping[str, float],
    host: Mapping[str, float],
    volume: tuple[float, float],
    radius: float | None,
) -> _Layers:
    """Amounts as arrays over all cations that occur, host first."""
    species = tuple(dict.fromkeys(s for rows in (host, film, inclusions) for s, amount in rows.items() if amount > 0))
    film_, inclusions_, host_ = (np.array([rows.get(s, 0.0) for s in species]) for rows in (film, inclusions, host))
    return _Layers(
        species=species,
        film=film_,
        inclusions=inclusions_,
        host=host_ / host_.sum(),
        volume=np.array(volume),
        radius=radius,
    )


def _kinetics(spec: Anneal, layers: _Layers, until: float | None = None) -> _Kinetics:
    """Diffusivities and activation energies by species, and the programme."""
    media = ("host", "film")
    rate = (spec.dissolution_rate.value, spec.dissolution_activation_energy.value)
    diffusivity = np.array([[_row(spec, f"diffusivity_{m}", s) for s in layers.species] for m in media])
    activation = np.array([[_row(spec, f"activation_energy_{m}", s) for s in layers.species] for m in media])
    programme = segments(spec) if until is None else cut(segments(spec), until)
    return _Kinetics(
        diffusivity=diffusivity,
        activation=activation,
        film_boost=np.array([_film_boost(spec, s, layers.thickness) for s in layers.species]),
        dissolution=np.array([rate if brought else (0.0, 0.0) for brought in layers.inclusions > 0]),
        programme=programme,
        lengths=np.sqrt(thermal_time(programme, diffusivity[0], activation[0])),
        interaction=pair_matrix(spec.mixing_enthalpy, layers.species) / (GAS_CONSTANT * spec.temperature.value),
    )


def _row(spec: Anneal, name: str, species: str) -> float:
    return of_species(getattr(spec, name), species, f"anneal.{name}")


def _film_boost(spec: Anneal, species: str, thickness: float) -> float:
    """Factor by which boundaries speed a cation up within the film, where it gets past a grain (Hart).

    Not beyond what keeps it even across the film anyway: more would only stiffen the equations.
    """
    reference, energy = _row(spec, "diffusivity_film", species), _row(spec, "activation_energy_film", species)
    values = reference * np.array([1.0, spec.boundary_enhancement.value])
    energies = energy * np.array([1.0, spec.boundary_energy_ratio.value])
    lattice, boundary = arrhenius(values, energies, spec.temperature.value, REFERENCE_TEMPERATURE)
    size = spec.film_grain_size.value
    effective = float(laws.hart_diffusivity(lattice, boundary, size, spec.boundary_width.value))
    if laws.diffusion_length(effective, spec.time.value) <= size:
        return 1.0
    enough = (_WELL_MIXED * thickness) ** 2 / spec.time.value
    return max(1.0, min(effective, enough) / lattice)


def _run(layers: _Layers, kinetics: _Kinetics, points: int, tolerance: float) -> _Run:
    """March on a grid that suits the profile: a coarse run finds how deep the cations go and where they bend."""
    coarse = max(_FEWEST_POINTS, points // 2)
    depth = _within(max(_REACH * kinetics.lengths.max(), _FILM_REACH * layers.thickness, _SHALLOWEST), layers.radius)
    while True:
        film, host = film_and_host_cells(layers.thickness, depth, coarse, _slope(layers, kinetics, depth))
        pilot = _march(layers, kinetics, film, host, _COARSE)
        deepest = pilot.after[0] / pilot.after[0].sum()
        if np.abs(deepest - layers.host).max() < _UNDISTURBED or depth == layers.radius:
            break
        depth = _within(4 * depth, layers.radius)
    film, host = moved_to_bends(film, host, pilot.fraction, points)
    return _march(layers, kinetics, film, host, tolerance)


def _way_in_between(layers: _Layers) -> Array:
    """Compositions (x, species) on the straight ways from the host to what is brought onto it."""
    step = np.linspace(0, 1, 101)[:, None]
    ends = [brought for brought in (layers.film, layers.film + layers.inclusions) if brought.sum() > 0]
    return np.concatenate([layers.host[None], *((1 - step) * layers.host + step * e / e.sum() for e in ends)])


def _within(depth: float, radius: float | None) -> float:
    return depth if radius is None else min(depth, radius)


def _slope(layers: _Layers, kinetics: _Kinetics, depth: float) -> float:
    """Slope of the first grid at the interface: cells there are fine enough for the slowest cation, m."""
    return float(np.clip(4 * kinetics.lengths.min(), 1e-9, max(layers.thickness, depth / 10)))


def _march(layers: _Layers, kinetics: _Kinetics, film: Array, host: Array, tolerance: float) -> _Run:
    """One march through the programme on cells of given widths (m), both from the interface."""
    medium = _medium(layers, kinetics, film, host)
    before, sources = _amounts(layers, np.concatenate([host[::-1], film]), medium.cell_area, host.size)
    after, dissolved, _ = diffuse(before, sources, medium, kinetics.programme, tolerance)
    return _Run(before=before, after=after, dissolved=dissolved, host_cells=host.size, depth=float(host.sum()))


def _medium(layers: _Layers, kinetics: _Kinetics, film: Array, host: Array) -> Medium:
    """Grid and kinetics as the kernel wants them."""
    face_area, cell_area = areas(np.concatenate([host[::-1], film]), float(host.sum()), layers.radius)
    weights, offset = layers.medium
    return medium_of(
        face_area=face_area,
        cell_area=cell_area,
        diffusivity=kinetics.diffusivity,
        activation=kinetics.activation,
        film_boost=kinetics.film_boost,
        film_start=host.size,
        weights=weights,
        offset=offset,
        molar_volume=layers.volume,
        reference_temperature=REFERENCE_TEMPERATURE,
        dissolution=kinetics.dissolution,
        interaction=kinetics.interaction,
    )


def _amounts(layers: _Layers, widths: Array, cell_area: Array, host_cells: int) -> tuple[Array, Array]:
    """Cations in each cell at the start, and what its inclusions will release; both (x, species) mol/m2."""
    before = np.empty((widths.size, len(layers.species)))
    before[:host_cells] = np.outer(widths[:host_cells] * cell_area[:host_cells] / layers.volume[0], layers.host)
    sources = np.zeros_like(before)
    if widths.size > host_cells:
        share = widths[host_cells:] * cell_area[host_cells:]
        share /= share.sum()
        before[host_cells:] = np.outer(share, layers.film)
        sources[host_cells:] = np.outer(share, layers.inclusions)
    else:
        sources[-1] = layers.inclusions
    return before, sources


def _profile(spec: Anneal, layers: _Layers, kinetics: _Kinetics, run: _Run) -> DepthProfile:
    """Cells to metres, fractions, widths and depths."""
    sites = run.after.sum(axis=1)
    fraction = run.fraction
    if not np.abs(fraction.sum(axis=0) - 1).max() <= _CLOSED:  # the record allows for the rounding of a stored one
        raise NumericsError("depth profile", "fractions that do not sum to 1", "")
    weights, offset = layers.medium
    share = offset + weights @ fraction
    faces = _faces(sites * (layers.volume[0] + share * np.diff(layers.volume)[0]), run.depth, layers.radius)
    depth = (faces[1:] + faces[:-1]) / 2
    outer = _part_outside(faces)
    by_species = zip(layers.species, fraction, layers.host)
    energy, pressure = _gas_reaction(spec)
    return DepthProfile(
        species=layers.species,
        depth=depth,
        cell_width=np.diff(faces),
        sites=sites,
        fraction=fraction,
        initial_fraction=np.where(depth > 0, layers.film_fraction[:, None], layers.host[:, None]),
        layer_thickness=float(max(0.0, faces[-1])),
        layer_composition=_named(layers.species, _mean(fraction, sites * outer)),
        multi_cation_width=measure.width_above(depth, fraction, least=0.05),
        trace_cation_width=measure.width_above(depth, fraction, least=0.01),
        zone_width=measure.zone_width(depth, share),
        penetration=MappingProxyType({s: measure.penetration(depth, x, bulk=b) for s, x, b in by_species}),
        diffusion_length=_named(layers.species, kinetics.lengths),
        undissolved_share=_named(layers.species, 1 - run.dissolved, layers.inclusions > 0),
        oxygen_pressure=pressure,
        decomposition_energy=energy,
        reduced_share=float(laws.reduced_share(energy, spec.temperature.value)),
        entropy_share=entropy_share(spec, layers.species, run.before, run.after),
        duration=float(kinetics.programme[:, 2].sum()),
        balance_error=_balance_error(layers, run),
    )


def _faces(volumes: Array, depth: float, radius: float | None) -> Array:
    """Faces (x + 1,) in m outward of the original host surface, from cell volumes per host area (m)."""
    filled = np.concatenate([[0.0], np.cumsum(volumes)])
    if radius is None:
        return filled - depth
    return np.cbrt(max(0.0, radius - depth) ** 3 + 3 * radius**2 * filled) - radius


def _part_outside(faces: Array) -> Array:
    """Part of each cell that lies outward of the original host surface, 0 to 1."""
    return np.clip(faces[1:] / np.diff(faces), 0.0, 1.0)


def _mean(fraction: Array, weights: Array) -> Array:
    """Mean fractions; of the outermost cell where nothing lies outward of the host surface."""
    return fraction @ weights / weights.sum() if weights.sum() > 0 else fraction[:, -1]


def _named(species: tuple[str, ...], values: Array, chosen: Array | None = None) -> Mapping[str, float]:
    keep = np.ones(len(species), dtype=bool) if chosen is None else chosen
    return MappingProxyType({s: float(v) for s, v, k in zip(species, values, keep) if k})


def _gas_reaction(spec: Anneal) -> tuple[float, float]:
    """Energy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2 at the hold (J/mol) and the gas's oxygen pressure (Pa)."""
    pressure = spec.oxygen_pressure[spec.gas].value
    return decomposition_energy_at(spec, spec.temperature.value, pressure), pressure


def decomposition_energy_at(spec: Anneal, temperature: float, pressure: float) -> float:
    """Energy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2 at a temperature [K] and oxygen pressure [Pa], J/mol.

    >>> round(decomposition_energy_at(Anneal(), 973.15, 101325.0))
    5813
    """
    enthalpy = spec.decomposition_enthalpy.value
    entropy = laws.decomposition_entropy(enthalpy, spec.decomposition_temperature.value, laws.AIR_OXYGEN_PRESSURE)
    return laws.decomposition_energy(enthalpy, entropy, temperature, pressure)


def reduced_share_at(spec: Anneal, temperature: float, oxygen_pressure: float) -> float:
    """Share of the surface's Ni that is Ni2+ in equilibrium at a temperature [K] and oxygen pressure [Pa]."""
    return float(laws.reduced_share(decomposition_energy_at(spec, temperature, oxygen_pressure), temperature))


def _balance_error(layers: _Layers, run: _Run) -> float:
    """Largest error of a cation's amount over all of it that there is, whether dissolved or still in inclusions."""
    before = run.before.sum(axis=0)
    expected = before + run.dissolved * layers.inclusions
    error = np.abs(run.after.sum(axis=0) - expected)
    given = before + layers.inclusions
    return float(np.max(error / np.maximum(given, 1e-6 * given.sum())))  # a trace is not balanced to its last digit
