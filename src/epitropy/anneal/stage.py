"""Anneal choices and a coated host in, depth profile out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..laws import arrhenius
from ..records.anneal import DepthProfile
from . import laws, measure
from .diffusion import diffuse
from .grid import areas, film_and_host_cells
from .programme import segments, thermal_time
from .spec import REFERENCE_TEMPERATURE, Anneal, of_species

Array = NDArray[np.float64]

_REACH = 10.0  # depth of host that is modelled, in diffusion lengths of its fastest cation
_FILM_REACH = 60.0  # and in film thicknesses, whichever is more
_WELL_MIXED = 1e3  # film thicknesses: a cation that runs further during the hold is even across the film
_UNDISTURBED = 1e-6  # largest change of a fraction at the deep end of the host
_SUM_TOLERANCE = 1e-6
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Cells before and after, deep host first."""

    before: Array  # (x, species) mol/m2
    after: Array
    dissolved: Array  # (species,) share of the inclusions
    host_cells: int
    depth: float  # of host, m


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
    tolerance: float = 2e-3,
) -> DepthProfile:
    """Cation fractions over depth after ramp, hold and cooling.

    film_cations        mol/m2 of each cation of the precursors that wet (taken as dissolved at once)
    inclusions          mol/m2 of each cation of those that do not: they dissolve at first order into the film
    host_cations        fractions of the host's cation site, sum 1, lithium left out
    host_site_density   mol/m3 of cation sites in the host, and ``film_site_density`` in the film
    particle_radius     m; the host is a sphere. None: a plane, as deep as the cations go
    points, tolerance   number of cells; largest error of a fraction in one time step

    J_i = -C (D_i grad x_i - x_i sum_j D_j grad x_j) (ideal mixing, no net site flux), D_i log-linear
    between its values in host and film by the local share of film-forming cations. Raises `InputError` for
    amounts or fractions that make no sense and `NumericsError` where the time steps collapse. Darken,
    Trans. AIME 175 (1948) 184.

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
    kinetics = _kinetics(spec, layers)
    run = _run_deep_enough(layers, kinetics, points, tolerance)
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


def _kinetics(spec: Anneal, layers: _Layers) -> _Kinetics:
    """Diffusivities and activation energies by species, and the programme."""
    media = ("host", "film")
    rate = (spec.dissolution_rate.value, spec.dissolution_activation_energy.value)
    return _Kinetics(
        diffusivity=np.array([[_row(spec, f"diffusivity_{m}", s) for s in layers.species] for m in media]),
        activation=np.array([[_row(spec, f"activation_energy_{m}", s) for s in layers.species] for m in media]),
        film_boost=np.array([_film_boost(spec, s, layers.thickness) for s in layers.species]),
        dissolution=np.array([rate] * len(layers.species)),
        programme=segments(spec),
    )


def _row(spec: Anneal, name: str, species: str) -> float:
    return of_species(getattr(spec, name), species, f"anneal.{name}")


def _lattice_and_boundary(spec: Anneal, medium: str, species: str) -> tuple[float, float]:
    """Diffusivities in the lattice and along grain boundaries at the hold temperature, m2/s."""
    reference, energy = (
        _row(spec, f"diffusivity_{medium}", species),
        _row(spec, f"activation_energy_{medium}", species),
    )
    values = np.array([reference, reference * spec.boundary_enhancement.value])
    energies = energy * np.array([1.0, spec.boundary_energy_ratio.value])
    lattice, boundary = arrhenius(values, energies, spec.temperature.value, REFERENCE_TEMPERATURE)
    return float(lattice), float(boundary)


def _film_boost(spec: Anneal, species: str, thickness: float) -> float:
    """Factor by which boundaries speed a cation up within the film, where it gets past a grain (Hart).

    Not beyond what keeps it even across the film anyway: more would only stiffen the equations.
    """
    lattice, boundary = _lattice_and_boundary(spec, "film", species)
    size = spec.film_grain_size.value
    effective = float(laws.hart_diffusivity(lattice, boundary, size, spec.boundary_width.value))
    if laws.diffusion_length(effective, spec.time.value) <= size:
        return 1.0
    enough = (_WELL_MIXED * thickness) ** 2 / spec.time.value
    return max(1.0, min(effective, enough) / lattice)


def _run_deep_enough(layers: _Layers, kinetics: _Kinetics, points: int, tolerance: float) -> _Run:
    """Run with more and more host until its deep end stays as it was."""
    lengths = np.sqrt(thermal_time(kinetics.programme, kinetics.diffusivity[0], kinetics.activation[0]))
    depth = _within(max(_REACH * lengths.max(), _FILM_REACH * layers.thickness, 1e-9), layers.radius)
    while True:
        run = _run(layers, kinetics, depth, points, tolerance)
        deepest = run.after[0] / run.after[0].sum()
        if np.abs(deepest - layers.host).max() < _UNDISTURBED or depth == layers.radius:
            return run
        depth = _within(4 * depth, layers.radius)


def _within(depth: float, radius: float | None) -> float:
    return depth if radius is None else min(depth, radius)


def _run(
    layers: _Layers,
    kinetics: _Kinetics,
    depth: float,
    points: int,
    tolerance: float,
    slope: float | None = None,
) -> _Run:
    """One march through the programme with a host of given depth (m)."""
    thickness = layers.thickness
    lengths = np.sqrt(thermal_time(kinetics.programme, kinetics.diffusivity[0], kinetics.activation[0]))
    film, host = film_and_host_cells(thickness, depth, points, slope or _slope(lengths, thickness, depth))
    widths = np.concatenate([host[::-1], film])
    face_area, cell_area = areas(widths, depth, layers.radius)
    before, sources = _amounts(layers, widths, cell_area, host.size)
    weights, offset = layers.medium
    after, dissolved = diffuse(
        before,
        sources,
        face_area=face_area,
        cell_area=cell_area,
        log_diffusivity=np.log(kinetics.diffusivity),
        activation=kinetics.activation,
        film_boost=kinetics.film_boost,
        film_start=host.size,
        share_weights=weights,
        share_offset=offset,
        molar_volume=layers.volume,
        dissolution=kinetics.dissolution,
        programme=kinetics.programme,
        reference_temperature=REFERENCE_TEMPERATURE,
        tolerance=tolerance,
    )[:2]
    return _Run(before=before, after=after, dissolved=dissolved, host_cells=host.size, depth=depth)


def _slope(lengths: Array, thickness: float, depth: float) -> float:
    """Slope of the grid at the interface: cells there are fine enough for the slowest cation, m."""
    return float(np.clip(4 * lengths.min(), 1e-9, max(thickness, depth / 10)))


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
    fraction = (run.after / sites[:, None]).T
    weights, offset = layers.medium
    share = offset + weights @ fraction
    faces = _faces(sites * (layers.volume[0] + share * np.diff(layers.volume)[0]), run.depth, layers.radius)
    depth = (faces[1:] + faces[:-1]) / 2
    outer = _part_outside(faces)
    boundary = _boundary_depths(spec, layers.species)
    by_species = zip(layers.species, fraction, layers.host)
    lengths = np.sqrt(thermal_time(kinetics.programme, kinetics.diffusivity[0], kinetics.activation[0]))
    energy, pressure = _gas_reaction(spec)
    return DepthProfile(
        species=layers.species,
        depth=depth,
        sites=sites,
        fraction=fraction,
        initial_fraction=np.where(depth > 0, layers.film_fraction[:, None], layers.host[:, None]),
        layer_thickness=float(max(0.0, faces[-1])),
        layer_composition=_named(layers.species, _mean(fraction, sites * outer)),
        multi_cation_width=measure.width_above(depth, fraction, least=0.05),
        trace_cation_width=measure.width_above(depth, fraction, least=0.01),
        zone_width=measure.zone_width(depth, share),
        penetration=MappingProxyType({s: measure.penetration(depth, x, bulk=b) for s, x, b in by_species}),
        diffusion_length=_named(layers.species, lengths),
        boundary_depth=boundary,
        boundary_share=None
        if layers.radius is None
        else MappingProxyType({s: min(1.0, d / layers.radius) for s, d in boundary.items()}),
        undissolved_share=_named(layers.species, 1 - run.dissolved, layers.inclusions > 0),
        oxygen_pressure=pressure,
        decomposition_energy=energy,
        reduced_share=float(laws.reduced_share(energy, spec.temperature.value)),
        entropy_share=None,
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


def _boundary_depths(spec: Anneal, species: tuple[str, ...]) -> Mapping[str, float]:
    """How far each cation runs along the host's grain boundaries during the hold (Fisher), m."""
    width, hold = spec.boundary_width.value, spec.time.value
    pairs = {s: _lattice_and_boundary(spec, "host", s) for s in species}
    return MappingProxyType({s: float(laws.boundary_depth(*pair, width, hold)) for s, pair in pairs.items()})


def _gas_reaction(spec: Anneal) -> tuple[float, float]:
    """Energy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2 at the hold (J/mol) and the gas's oxygen pressure (Pa)."""
    pressure = spec.oxygen_pressure[spec.gas].value
    return _decomposition_energy(spec, spec.temperature.value, pressure), pressure


def _decomposition_energy(spec: Anneal, temperature: float, pressure: float) -> float:
    enthalpy = spec.decomposition_enthalpy.value
    entropy = laws.decomposition_entropy(enthalpy, spec.decomposition_temperature.value, laws.AIR_OXYGEN_PRESSURE)
    return laws.decomposition_energy(enthalpy, entropy, temperature, pressure)


def reduced_share_at(spec: Anneal, temperature: float, oxygen_pressure: float) -> float:
    """Share of the surface's Ni that is Ni2+ in equilibrium at a temperature [K] and oxygen pressure [Pa]."""
    return float(laws.reduced_share(_decomposition_energy(spec, temperature, oxygen_pressure), temperature))


def _balance_error(layers: _Layers, run: _Run) -> float:
    """Largest relative error of a cation's amount, counting what its inclusions released."""
    expected = run.before.sum(axis=0) + run.dissolved * layers.inclusions
    error = np.abs(run.after.sum(axis=0) - expected)
    scale = np.maximum(expected, 1e-6 * expected.sum())  # a trace is not balanced to its own last digit
    return float(np.max(error / scale))
