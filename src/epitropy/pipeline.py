"""One cell from what is weighed to what its layer means for cycling; reads like the methods paragraph of a paper.

Rooms do not know each other: what crosses from one to the next is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np

from .alignment.charging import Followed, follow, host_planes
from .alignment.particle import MAX_AREA, MAX_INDEX, MAX_STRAIN, Place, on_facets, open_share, placed_paths, places
from .anneal import laws as anneal_laws
from .anneal.boundaries import infiltrate
from .anneal.programme import cut, segments, thermal_time
from .anneal.spec import REFERENCE_TEMPERATURE, Anneal
from .anneal.stage import TOLERANCE, anneal_profile, decomposition_energy_at, reduced_share_at
from .catalogue import phase
from .chemistry import atomic_mass
from .coating.stage import deposit
from .constants import ATMOSPHERE
from .crystals.library import has_structure, structure_of
from .cycling.stage import particle_of
from .electrolytes import electrolyte_curves
from .entropy.stage import profile_entropy, site_entropy_of
from .epitaxy.laws import held_strain
from .epitaxy.stage import best_matches
from .hosts import host_curves
from .phases.layer import layer_crystal
from .phases.pricing import Conditions
from .phases.stage import assess, conditions
from .phases.verdict import verdict
from .records.alignment import AlignedMatch, FacetVerdict
from .records.anneal import DepthProfile
from .records.boundary import BoundaryInfiltration
from .records.coating import CoatingLayer, Particle
from .records.electrode import CoatedElectrode
from .records.electrolyte import ElectrolyteCurves
from .records.entropy import Composition, SiteEntropy, Sublattice
from .records.facets import FacetShares
from .records.host import HostCurves
from .records.phase import Phase, UnitCell
from .records.phases import PhaseAssessment, PhaseVerdict
from .records.sourced import Sourced
from .records.strain import StrainPath
from .strain.facets import shares, stated_shares, stated_weights, wulff_shares
from .strain.stage import continues, facet_path, facet_paths, grain_path, path_of_strains, weighed
from .study import CellStudy
from .transport.spec import COMPUTED
from .transport.stage import coated_electrode
from .units import Unit

SKIN = "rock salt layer"  # what bare surfaces reconstruct to
MULTIPLICITY = {"layered": {"Li": 1.0, "M": 1.0, "O": 2.0}}
VERDICT_DRAWS = 100
LAYER = "layer on its host"
TRACE = 1e-6  # share of foreign cations below which there is no layer
FILMS = ("layered layer", "rock salt layer", "spinel", "LiNbO3", "Nb12WO33")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A cell ready to be cycled: every stage's record, the layer's None for a cell without one."""

    host: HostCurves
    electrolyte: ElectrolyteCurves
    particle: Particle
    host_entropy: SiteEntropy
    coating: CoatingLayer | None = None
    profile: DepthProfile | None = None
    entropy_profile: Annotated[np.ndarray, Unit("J/(mol K)")] | None = None
    layer_entropy: SiteEntropy | None = None
    phases: PhaseAssessment | None = None
    crystal: Phase | None = None  # of the layer
    skin_strain: StrainPath
    layer_strain: StrainPath
    grain_strain: StrainPath
    strained_thickness: Annotated[float, Unit("m", show="nm")] = 0.0
    electrode: CoatedElectrode | None = None
    fresh_skin_factor: Annotated[float, Unit("1")] = 1.0


def form(cell: CellStudy, progress: Callable[[str], None] = lambda stage: None) -> Formed:
    """Host, coating, anneal, entropy, phases, strain and transport of one cell.

    >>> from epitropy.study import load_study
    >>> formed = form(load_study("zhao2024").cells["coated"])
    >>> formed.profile.balance_error < 1e-11 and 0 < formed.electrode.coverage_formed < 1
    True
    """
    progress("host")
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    composition = host_composition(cell)
    particle = powder(cell)
    host_entropy = site_entropy_of(composition)
    grains = grain_path(
        host,
        grain_size=particle.grain_size,
        breathing=cell.cathode.breathing.value,
        young_modulus=cell.cathode.young_modulus.value,
        poisson_ratio=cell.cathode.poisson_ratio.value,
    )
    weights = facet_weights(cell, host)
    skin = skin_path(cell, host, weights)
    factor = fresh_skin_factor(cell.anneal) if cell.anneal else 1.0
    known = {
        "host": host,
        "electrolyte": electrolyte_curves(cell.cell.electrolyte, cell.protocol.temperature.value),
        "particle": particle,
        "host_entropy": host_entropy,
        "grain_strain": grains,
        "skin_strain": skin,
        "fresh_skin_factor": factor,
    }
    if cell.coating is None or cell.coating.dose.value == 0:
        return Formed(**known, layer_strain=no_layer(cell, host))
    progress("coating")
    layer = coat(cell, particle)
    progress("anneal")
    profile = heat(cell, particle, layer)
    progress("phases and strain")
    entropies = profile_entropy(profile.fraction)
    mixed = _layer_entropy(profile)
    assessed = assess(
        cell.stability,
        layer_cations(profile),
        host_metals(cell),
        phase_conditions(cell),
        entropy=mixed.by_site["M"],
        inclusion_share=layer.inclusion_volume_share,
        second_phase=cell.layer.second_phase.value,
    )
    crystal = layer_of(cell, profile, assessed)
    by_facet = layer_paths(cell, profile, crystal, weights)
    layer_strain = weighed(list(by_facet.values()), list(weights.values()))
    release = {facet: largest_release(path, cell) for facet, path in by_facet.items()}
    return Formed(
        **known,
        coating=layer,
        profile=profile,
        entropy_profile=entropies,
        layer_entropy=mixed,
        phases=assessed,
        crystal=crystal,
        layer_strain=layer_strain,
        strained_thickness=layer_strain.thickness,
        electrode=coated_electrode(
            layer,
            cell.layer,
            energy_release=release,
            facet_shares=weights,
            boundary_fraction=assessed.boundary_fraction,
            temperature=cell.protocol.temperature.value,
            open_share=open_share(
                crystal,
                places_on_facets(cell, crystal, weights),
                weights,
                cell.layer.leak_share.value,
            ),
        ),
    )


def powder(cell: CellStudy) -> Particle:
    """The host as geometry and chemistry."""
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    composition = host_composition(cell)
    lithium = sum(s.multiplicity * s.elements.get("Li", 0.0) for s in composition.sublattices)
    metals = 1 - cell.cathode.composition["M"].get("Li", 0.0)
    return particle_of(cell.cathode, host, _molar_mass(composition), lithium=lithium, metals=metals)


def host_metals(cell: CellStudy) -> dict[str, float]:
    """The host's cations that interdiffuse, sum 1: lithium on their sites is left out, it evens out at once."""
    metals = {e: y for e, y in cell.cathode.composition["M"].items() if e != "Li"}
    total = sum(metals.values())
    return {e: y / total for e, y in metals.items()}


def host_composition(cell: CellStudy) -> Composition:
    """The host's sublattices with their sites per formula unit."""
    sites = MULTIPLICITY[cell.cathode.structure]
    return Composition(
        sublattices=tuple(
            Sublattice(label=k, multiplicity=sites[k], occupancies=dict(v)) for k, v in cell.cathode.composition.items()
        )
    )


def _molar_mass(composition: Composition) -> float:
    return sum(s.multiplicity * y * atomic_mass(e) for s in composition.sublattices for e, y in s.elements.items())


def coat(cell: CellStudy, particle: Particle, until: float | None = None) -> CoatingLayer:
    """The recipe as a layer, spread and dissolved as far as the programme takes it in ``until`` seconds, or in all."""
    programme = segments(cell.anneal) if until is None else cut(segments(cell.anneal), until)
    spreading = thermal_time(programme, 1.0, cell.coating.spreading_activation_energy.value)
    dissolving = thermal_time(
        programme, cell.anneal.dissolution_rate.value, cell.anneal.dissolution_activation_energy.value
    )
    return deposit(
        cell.coating,
        particle,
        spreading_time=float(spreading),
        dissolved_share=1 - float(anneal_laws.undissolved_share(dissolving)),
        phases=cell.phases,
    )


def heat(
    cell: CellStudy,
    particle: Particle,
    layer: CoatingLayer,
    tolerance: float = TOLERANCE,
    until: float | None = None,
) -> DepthProfile:
    """Interdiffusion under the covered area: the recipe's cations per area, wetting ones first.

    ``until`` [s] stops the programme part of the way; ``layer`` is then the one of that time (`coat`).
    """
    area = layer.area * layer.coverage
    wetting: dict[str, float] = {}
    rest: dict[str, float] = {}
    for line in layer.batch:
        source = phase(line.precursor, cell.phases)
        into = wetting if source.wets else rest
        for element, amount in layer.cations_by_precursor[line.precursor].items():
            into[element] = into.get(element, 0.0) + amount / area
    return anneal_profile(
        cell.anneal,
        film_cations=wetting,
        inclusions=rest,
        host_cations=host_metals(cell),
        host_site_density=particle.cation_site_density,
        film_site_density=film_site_density(layer),
        particle_radius=particle.diameter / 2 if cell.anneal.geometry == "sphere" else None,
        tolerance=tolerance,
        until=until,
    )


def along_boundaries(cell: CellStudy, particle: Particle, layer: CoatingLayer) -> BoundaryInfiltration:
    """What of the dissolved coating runs into the host's grain boundaries, under the covered area."""
    area = layer.area * layer.coverage
    return infiltrate(
        cell.anneal,
        film_cations={e: n / area for e, n in layer.dissolved_cations.items()},
        grain_size=particle.grain_size,
        particle_radius=particle.diameter / 2,
        host_site_density=particle.cation_site_density,
        film_site_density=film_site_density(layer),
    )


def film_site_density(layer: CoatingLayer) -> float:
    """Cation sites per volume of the coating once fired, mol/m3."""
    return sum(layer.cations.values()) / (layer.mass_ratio / layer.density)


def layer_cations(profile: DepthProfile) -> dict[str, float]:
    """Shares of the layer's cations, sum 1."""
    total = sum(profile.layer_composition.values())
    return {e: y / total for e, y in profile.layer_composition.items()}


def _layer_entropy(profile: DepthProfile) -> SiteEntropy:
    """Entropy and class of the layer's mean composition on its cation site."""
    sites = Sublattice(label="M", multiplicity=1.0, occupancies=layer_cations(profile))
    return site_entropy_of(Composition(sublattices=(sites,)))


def phase_conditions(cell: CellStudy) -> Conditions:
    """Furnace and gas at the hold, and the host's window of lithium potentials there."""
    temperature = cell.anneal.temperature.value
    return conditions(
        cell.stability,
        temperature=temperature,
        oxygen_pressure=cell.anneal.oxygen_pressure[cell.anneal.gas].value,
        window=lithium_window(cell, temperature),
    )


def lithium_window(cell: CellStudy, temperature: float) -> float:
    """Free energy of LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2 in the anneal's gas, J/mol; below 0 the host decomposes."""
    spec = cell.anneal
    return decomposition_energy_at(spec, temperature, spec.oxygen_pressure[spec.gas].value)


def phase_verdict(
    cell: CellStudy, profile: DepthProfile, *, potential: str = "", draws: int = VERDICT_DRAWS
) -> PhaseVerdict | None:
    """In full, which structure an annealed layer takes by one potential; None where its energies hold no such one."""
    return verdict(
        layer_cations(profile),
        host_metals(cell),
        phase_conditions(cell),
        potential=potential or cell.stability.potential,
        windows=partial(lithium_window, cell),
        draws=draws,
    )


def facet_weights(cell: CellStudy, host: HostCurves) -> dict[str, float]:
    """Share of each facet in the particle's surface: as stated, else of the shape of least surface energy."""
    if stated := cell.cathode.facet_shares:
        return stated_weights(stated)
    return wulff_shares(host_cell(host), {facet: e.value for facet, e in cell.cathode.surface_energy.items()})


def facets_of(cell: CellStudy, host: HostCurves) -> FacetShares:
    """The facets with their intervals, from the spreads of the surface energies or of the stated shares."""
    if stated := cell.cathode.facet_shares:
        return stated_shares(stated)
    return shares(host_cell(host), cell.cathode.surface_energy)


def host_cell(host: HostCurves) -> UnitCell:
    """The lithiated host's hexagonal cell."""
    edge = float(host.a[-1])
    return UnitCell(a=edge, b=edge, c=float(host.c[-1]), gamma=2 * np.pi / 3)


def skin_path(cell: CellStudy, host: HostCurves, weights: Mapping[str, float]) -> StrainPath:
    """Strain of the rock-salt skin on the bare host, at the thickness that it is taken to have after 200 cycles."""
    thickness = cell.degradation.skin_thickness_200.value
    return facet_path(
        "rock-salt skin on the bare host", host, phase(SKIN, cell.phases), shares=weights, thickness=thickness
    )


def layer_of(cell: CellStudy, profile: DepthProfile, assessed: PhaseAssessment) -> Phase:
    """The layer as a crystal: as the study names it, else as the energies find it."""
    if cell.layer.structure != COMPUTED:
        return phase(cell.layer.structure, cell.phases)
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    return layer_crystal(
        cell.stability,
        assessed,
        layer_cations(profile),
        host_metals(cell),
        host_cell(host),
        cell.cathode.young_modulus.value,
    )


def no_layer(cell: CellStudy, host: HostCurves) -> StrainPath:
    """What stands for the layer where there is none: the host on itself."""
    elastic = {"young_modulus": cell.cathode.young_modulus.value, "poisson_ratio": cell.cathode.poisson_ratio.value}
    return path_of_strains(LAYER, host.lithium, np.zeros((host.lithium.size, 2)), thickness=0.0, **elastic)


def layer_paths(
    cell: CellStudy, profile: DepthProfile, layer: Phase, weights: Mapping[str, float]
) -> dict[str, StrainPath]:
    """Strain of the layer on each of the host's facets: run on from it, or as its match there lays it.

    A layered one is graded into the host: by Vegard's rule its own lattice follows the host's over charge but for the
    share of foreign cations, and the same gradient goes on below the old surface. Any other ends there and keeps its
    lattice. Misfit beyond what a film of that thickness can hold went into dislocations at the anneal (Matthews and
    Blakeslee, 10.1016/S0022-0248(74)80055-2).
    """
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    graded = layer.structure == "layered"
    thickness = strained_thickness(profile) if graded else profile.layer_thickness
    held = held_strain(thickness, float(host.a[-1]), layer.poisson_ratio.value)
    if not continues(layer):
        return placed_paths(
            LAYER, layer, places_on_facets(cell, layer, weights), weights, host.lithium, thickness, held
        )
    breathing = profile.mean_foreign_share if graded else 1.0
    return facet_paths(LAYER, host, layer, facets=weights, thickness=thickness, breathing=breathing, held=held)


def places_on_facets(cell: CellStudy, layer: Phase, weights: Mapping[str, float]) -> Mapping[str, Place]:
    """How a layer that does not continue the host lies on its facets; empty for one that does."""
    if continues(layer):
        return {}
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    tables, ratio = (cell.cathode.lattice, cell.cathode.ocv), layer.poisson_ratio.value
    return places(host_cell(host), tables, layer.name, layer.cell, layer.space_group, ratio, tuple(weights))


def strained_thickness(profile: DepthProfile) -> float:
    """Thickness that stores the misfit of a graded layer, m: int (s/s_mean)^2 dz.

    s is the share of foreign cations and s_mean that of the layer's mean composition, at which its lattice is told. By
    Vegard's rule the local misfit goes with s and its energy with s^2, over the whole gradient into the host.
    """
    mean = profile.mean_foreign_share
    return float((profile.foreign_share / mean) ** 2 @ profile.cell_width) if mean > TRACE else 0.0


def largest_release(path: StrainPath, cell: CellStudy) -> float:
    """Largest energy release of the layer while the host breathes down to the upper cut-off, J/m2.

    The coherency is the share of the elastic energy that is stored, here as in the stress potential.
    """
    host = host_curves(cell.cathode.lattice, cell.cathode.ocv)
    lowest = host.lithium_at(cell.protocol.upper_voltage.value - cell.cathode.ocv_shift.value)
    return float(path.energy_release[path.lithium >= lowest].max() * cell.degradation.coherency.value)


def fresh_skin_factor(spec: Anneal) -> float:
    """Rock-salt skin that the anneal leaves, over that of the host as synthesised (700 degC in oxygen at 1 atm).

    Follows the share of Ni2+ in equilibrium at the hold, LiNiO2 -> NiO + 1/2 Li2O + 1/4 O2.
    """
    here = reduced_share_at(spec, spec.temperature.value, spec.oxygen_pressure[spec.gas].value)
    return here / reduced_share_at(spec, REFERENCE_TEMPERATURE, ATMOSPHERE)


def host_phase(cell: CellStudy, formed: Formed) -> Phase:
    """The lithiated host as a crystal."""
    source = "; ".join(formed.host.sources[:1])
    return Phase(
        name="host",
        formula="LiMO2",
        structure="layered",
        space_group="R-3m",
        cell=host_cell(formed.host),
        formula_units=3,
        density=Sourced(value=formed.particle.density, unit="kg/m3", grade="derived", source=source),
        cell_source=source,
        cell_grade="assumed",
        young_modulus=cell.cathode.young_modulus,
        poisson_ratio=cell.cathode.poisson_ratio,
    )


def align(
    cell: CellStudy, formed: Formed, *, max_area: float = 2e-18, max_strain: float = 0.04, count: int = 12
) -> tuple[AlignedMatch, ...]:
    """Best orientation relationships of the candidate layers on the host, ranked over its state of charge."""
    films = {f: phase(f, cell.phases) for f in FILMS} | {formed.crystal.name: formed.crystal}
    films = [film for film in films.values() if film.space_group]  # an own layer that continues the host needs none
    found = _laid(cell, formed, films, max_index=1, max_area=max_area, max_strain=max_strain)
    return found.first(count)


def layer_on_facets(cell: CellStudy, formed: Formed, facets: FacetShares) -> tuple[FacetVerdict, ...]:
    """The layer on each facet of the particle: how it lies, what charging does to it, whether lithium crosses it."""
    layer = formed.crystal
    if not layer.space_group:
        return tuple(FacetVerdict(facet=f, best=None) for f in facets.facets)
    found = _laid(cell, formed, [layer], max_index=MAX_INDEX, max_area=MAX_AREA, max_strain=MAX_STRAIN)
    return on_facets(found, facets, structure_of(layer) if has_structure(layer) else None)


def _laid(cell: CellStudy, formed: Formed, films: Sequence[Phase], *, max_index: int, **limits: float) -> Followed:
    """Films matched on the host's planes and its particle's facets, followed over charge."""
    host, facets = host_phase(cell, formed), tuple(facet_weights(cell, formed.host))
    on = {f.name: host_planes(f, max_index, facets if f.structure == "layered" else ()) for f in films}
    planes = host_planes(host, max_index, facets)
    found = best_matches(host, films, host_planes=planes, film_planes=on, max_index=max_index, **limits)
    return follow(found, formed.host, thickness=formed.profile.layer_thickness, facets=facets)
