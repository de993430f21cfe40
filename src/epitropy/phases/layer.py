"""The layer as a crystal: the structure that the energies find, with lattice and stiffness of its mixtures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from ..catalogue import phase
from ..records.phase import Phase, UnitCell
from ..records.phases import NOT_DECIDED, PhaseAssessment
from ..records.sourced import Sourced
from ..sources import lines_of, table
from .energies import Mixtures, energy_set
from .interpolation import Interpolation, interpolate
from .spec import Stability

_SCALE = 1e5  # J/mol for a relative change of one: brings lattices to the size of energies, on which priors are stated
OWN = {"layered": "layered layer", "rock salt": "rock salt layer", "spinel": "spinel"}
PAIRS = {"layered": 3, "rock salt": 2, "spinel": 16}  # O2 in the conventional cell, one each LiMO2


def stands_for(structure: str) -> str:
    """Name of the library's phase that stands for a structure of the verdict.

    >>> stands_for("layered"), stands_for("LiNbO3 type"), stands_for("not decided")
    ('layered layer', 'LiNbO3', 'layered layer')
    """
    if structure == NOT_DECIDED:
        return OWN["layered"]
    return OWN.get(structure) or table("atoms/plan.toml")["hosts"][structure]["phase"]


def every_layer() -> tuple[str, ...]:
    """Names of all phases that a computed layer may be."""
    return tuple(dict.fromkeys(map(stands_for, table("atoms/plan.toml")["hosts"])))


def layer_crystal(
    spec: Stability,
    found: PhaseAssessment,
    composition: Mapping[str, float],
    host: Mapping[str, float],
    host_cell: UnitCell,
    host_modulus: float,
) -> Phase:
    """The crystal of a layer with the verdict's structure.

    One that continues the host has the lattice of its own mixtures at its ``composition`` and lithium; any other that
    of the phase which stands for it; without a verdict it is layered with the host's own lattice. ``host``: shares of
    the host's cations, ``host_cell`` its measured cell, ``host_modulus`` its Young's modulus [Pa], which a layered
    layer's is told over, as its lattice is.
    """
    crystal = phase(stands_for(found.host))
    if found.host == NOT_DECIDED:
        source = f"that of the host: {found.reason}"
        return replace(crystal, cell=host_cell, cell_source=source, cell_grade="assumed")
    if found.host not in PAIRS:
        return crystal
    a, c, error = lattice_ratio(spec.potential, found.host, composition, found.lithium[found.host], host)
    scale = 1 + spec.lattice_error.value * error
    if found.host == "rock salt":
        crystal = _with_lithium(crystal, composition, found.lithium[found.host])
    if found.host == "layered":
        crystal = _as_stiff_as_mixtures(crystal, host_modulus, spec.stiffness_error.value)
    return replace(
        crystal,
        cell=_scaled(host_cell, found.host, a * scale, c * scale),
        cell_source=f"mixtures relaxed by {spec.potential}, over the host by the same and times the host's measured "
        f"lattice; {100 * error:.1f} % error of interpolation",
        cell_grade="calculated",
    )


def _as_stiff_as_mixtures(crystal: Phase, host: float, error: float) -> Phase:
    ratio, spread, poisson = stiffness_ratio()
    source = (
        f"that of the host times {ratio:.2f} (sd {spread:.2f}), from computed elastic constants of host and mixture"
    )
    modulus = Sourced(value=host * (ratio + error * spread), unit="Pa", grade="calculated", source=source)
    return replace(
        crystal, young_modulus=modulus, poisson_ratio=Sourced(value=poisson, grade="calculated", source=source)
    )


@cache
def stiffness_ratio() -> tuple[float, float, float]:
    """Young's modulus of layered mixtures over that of the host, its spread over potentials, and Poisson's ratio.

    Hill's means of computed elastic constants; potentials of this kind are too soft, which cancels in the ratio.

    >>> ratio, spread, poisson = stiffness_ratio()
    >>> 0.6 < ratio < 1.2 and spread < 0.3 and 0.2 < poisson < 0.35
    True
    """
    rows = [r for r in lines_of("atoms/properties.jsonl") if r["set"] == "stiffness" and not r["refused"]]
    host = {r["potential"]: r["young_GPa"] for r in rows if len(r["sites"]) == 1}
    mixed = [r for r in rows if len(r["sites"]) > 1]
    ratios = [r["young_GPa"] / host[r["potential"]] for r in mixed]
    return float(np.mean(ratios)), float(np.std(ratios)), float(np.mean([r["poisson_ratio"] for r in mixed]))


def _with_lithium(crystal: Phase, composition: Mapping[str, float], lithium: float) -> Phase:
    """A rock salt with the layer's own cations and lithium on its shared site."""
    total = sum(composition.values()) * (1 + lithium)
    shares = {e: round(x / total, 6) for e, x in composition.items() if x > 0}
    shares = {e: y for e, y in shares.items() if y > 0}
    if (rest := 1 - sum(shares.values())) > 1e-5:
        shares["Li"] = rest
    sites = tuple(replace(site, elements=shares) if "Li" in site.elements else site for site in crystal.sites)
    return replace(crystal, sites=sites, formula="".join(f"{e}{y:.6f}" for e, y in shares.items()) + "O")


def _scaled(host: UnitCell, structure: str, a: float, c: float) -> UnitCell:
    """The host's cell with its edges scaled; for a cubic structure the cube of as much volume for each oxygen."""
    if structure == "layered":
        return replace(host, a=a * host.a, b=a * host.b, c=c * host.c)
    volume = a**2 * c * host.volume / PAIRS["layered"] * PAIRS[structure]
    return UnitCell(a=volume ** (1 / 3), b=volume ** (1 / 3), c=volume ** (1 / 3))


def lattice_ratio(
    potential: str,
    structure: str,
    composition: Mapping[str, float],
    lithium: float,
    host: Mapping[str, float],
) -> tuple[float, float, float]:
    """(a/a_host, c/c_host, error) of a structure that continues a layered host, in the host's hexagonal axes.

    ``composition``: shares of its cations, lithium aside, with ``lithium`` per cation; ``host``: shares of the host's.
    Only ratios are taken: potentials of this kind have lattices that are too large by about one per cent throughout,
    and the host's measured constants carry the scale. The error is relative, of interpolation. Structures
    are compared for the same oxygen; a cubic one of close-packed oxygen has a = edge/sqrt(2), c = 2 sqrt(3) edge there,
    with the edge of a cell of four oxygens.
    """
    volume, volume_error = _for_each_oxygen(potential, structure, "volume", composition, lithium)
    host_volume, _ = _for_each_oxygen(potential, "layered", "volume", host, 1.0)
    host_area, _ = _for_each_oxygen(potential, "layered", "area", host, 1.0)
    if structure == "layered":
        area, area_error = _for_each_oxygen(potential, structure, "area", composition, lithium)
        edge, error = np.sqrt(area / host_area), area_error / 2
    else:  # six oxygens stand on sqrt(3)/2 a^2 of a layered host
        edge, error = (4 * volume) ** (1 / 3) / np.sqrt(2 * 4 * np.sqrt(3) * host_area), volume_error / 3
    return float(edge), float(volume / host_volume / edge**2), error


def _for_each_oxygen(
    potential: str, structure: str, size: str, composition: Mapping[str, float], lithium: float
) -> tuple[float, float]:
    """A size per oxygen at a composition, and its relative error of interpolation there."""
    data, fit, scale = _fitted(potential, structure, size)
    share = 1 - (1 + data.lithium) / (1 + lithium) if "Li" in data.species else 0.0  # of M that is lithium
    total = sum(composition.values())
    x = np.array([share if e == "Li" else (1 - share) * composition.get(e, 0.0) / total for e in data.species])
    relative = float(fit.energy(x)) / _SCALE
    return scale / data.oxygen * relative, float(fit.spread(x)) / _SCALE / relative


@cache
def _fitted(potential: str, structure: str, size: str) -> tuple[Mixtures, Interpolation, float]:
    """A structure's mixtures, a size of theirs interpolated like an energy around its mean, and that mean."""
    data = energy_set(potential).mixtures[structure]
    values = getattr(data, size)
    scale = float(values.mean())
    relative = replace(data, energy=_SCALE * values / scale, spread=np.zeros(len(values)))
    return data, interpolate(relative, np.full(len(data.species), _SCALE)), scale
