"""One cell up to its annealed profile, and what is read off it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..anneal.stage import TOLERANCE
from ..entropy.stage import profile_entropy
from ..errors import InputError
from ..pipeline import along_boundaries, coat, film_site_density, heat, host_metals, powder
from ..records.anneal import DepthProfile
from ..records.boundary import BoundaryInfiltration
from ..records.coating import CoatingLayer, Particle
from ..records.process import ProfileReading
from ..study import CellStudy, Study, coating_cations

ROUGH = 2e-3  # tolerance of one draw among many: its error is far below the spread of the draws
_EDGE = 0.1  # share of film cations at which the mixed zone ends


class Front(NamedTuple):
    """A cell as far as the furnace takes it."""

    particle: Particle
    layer: CoatingLayer
    profile: DepthProfile
    boundaries: BoundaryInfiltration


def coated_cell(study: Study, name: str | None = None) -> str:
    """The cell asked for, or the last one with a coating; one without a coating is refused.

    >>> from epitropy.study import load_study
    >>> coated_cell(load_study("zhao2024"))
    'coated'
    """
    coated = [n for n, c in study.cells.items() if c.coating is not None and c.coating.dose.value > 0]
    if name is not None and name not in study.cells:
        raise InputError("--cell", f"'{name}'", ", ".join(study.cells))
    if not coated or name is not None and name not in coated:
        given = f"cell '{name}' has no coating" if name else f"no cell of '{study.name}' has a coating"
        raise InputError("STUDY", given, "a cell with a 'coating' block and a dose above zero")
    return name or coated[-1]


def only(study: Study, name: str) -> Study:
    """The study with one cell alone, so that nothing else is drawn."""
    return replace(study, cells={name: study.cells[name]}, own={name: study.own.get(name, frozenset())})


def profile_cations(cell: CellStudy) -> tuple[str, ...]:
    """Cations of a coated cell's profile, host first.

    >>> from epitropy.study import load_study
    >>> profile_cations(load_study("zhao2024").cells["coated"])
    ('Ni', 'Co', 'Mn', 'Nb', 'W', 'Zr')
    """
    return tuple(dict.fromkeys([*host_metals(cell), *coating_cations(cell)]))


def front(cell: CellStudy, tolerance: float = TOLERANCE) -> Front:
    """Powder, coating and annealed profile of one cell; ``tolerance`` of the profile's time steps.

    >>> from epitropy.study import load_study
    >>> front(load_study("zhao2024").cells["coated"]).profile.balance_error < 1e-11
    True
    """
    particle = powder(cell)
    layer = coat(cell, particle)
    return Front(particle, layer, heat(cell, particle, layer, tolerance), along_boundaries(cell, particle, layer))


def mean_entropy(profile: DepthProfile) -> float:
    """Site-weighted mean of S(z) from the outer surface to where a tenth of the film's cations is left, J/(mol K).

    sum_z n(z) S(z) / sum_z n(z) with n the cation sites per area.
    """
    share = profile.film_share
    below = np.flatnonzero(share < _EDGE * share[-1])
    first = below[-1] + 1 if below.size else 0
    zone = slice(min(first, share.size - 1), None)
    weights = profile.sites[zone]
    return float(profile_entropy(profile.fraction[:, zone]) @ weights / weights.sum())


def boundary_thickness(made: Front) -> float:
    """Volume of coating that ran into boundaries over all boundaries of the powder, m.

    t = f n / (c a r): share f of the dissolved cations n (mol/kg) at c (mol/m3), boundary area r per smooth outer area
    a = 6/(rho d) (m2/kg). Bare patches have boundaries too, so coverage and roughness are counted once, in n.
    """
    smooth = made.particle.outer_area / made.particle.roughness
    volume = sum(made.layer.dissolved_cations.values()) / film_site_density(made.layer)
    return made.boundaries.total_share * volume / (smooth * made.boundaries.boundary_area)


def reading(made: Front) -> ProfileReading:
    """The numbers of a profile that are compared, mapped and drawn."""
    profile, layer = made.profile, made.layer
    return ProfileReading(
        layer_thickness=profile.layer_thickness,
        zone_width=profile.zone_width,
        multi_cation_width=profile.multi_cation_width,
        trace_cation_width=profile.trace_cation_width,
        mean_entropy=mean_entropy(profile),
        coverage=layer.coverage,
        undissolved_share=max(profile.undissolved_share.values(), default=0.0),
        reduced_share=profile.reduced_share,
        host_lithium_taken=layer.host_lithium_taken,
        boundary_share=made.boundaries.total_share,
        boundary_thickness=boundary_thickness(made),
        penetration=MappingProxyType(dict(profile.penetration)),
    )
