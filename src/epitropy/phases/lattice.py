"""Lattice of a layer over that of its host, with composition, from the relaxed mixtures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .energies import Mixtures, energy_set
from .interpolation import Interpolation, interpolate

_SCALE = 1e5  # J/mol for a relative change of one: brings lattices to the size of energies, on which priors are stated


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
    and the host's measured constants carry the scale. The error is relative, of leaving compositions out.

    Structures with one and two cation sublattices are both counted per oxygen pair, so a rock salt is told in the same
    axes: its a is a(cubic)/sqrt(2).
    """
    layer, base = (energy_set(potential).mixtures[name] for name in (structure, "layered"))
    area, area_error = _interpolated(layer, layer.area, composition, lithium)
    volume, _ = _interpolated(layer, layer.volume, composition, lithium)
    host_area, _ = _interpolated(base, base.area, host, 1.0)
    host_volume, _ = _interpolated(base, base.volume, host, 1.0)
    # per two oxygens: what one LiMO2 has
    pairs, host_pairs = 2 / layer.oxygen, 2 / base.oxygen
    area, volume, host_area, host_volume = (
        area * pairs,
        volume * pairs,
        host_area * host_pairs,
        host_volume * host_pairs,
    )
    edge = float(np.sqrt(area / host_area))
    return edge, float(volume / host_volume / edge**2), area_error / 2


def _interpolated(
    data: Mixtures, values: np.ndarray, composition: Mapping[str, float], lithium: float
) -> tuple[float, float]:
    """A size per site of M at a composition, and the relative error of leaving compositions out."""
    scale = float(values.mean())
    fit = _fit(data, values / scale)
    share = 1 - (1 + data.lithium) / (1 + lithium) if "Li" in data.species else 0.0  # of M that is lithium
    total = sum(composition.values())
    x = [share if e == "Li" else (1 - share) * composition.get(e, 0.0) / total for e in data.species]
    return scale * float(fit.energy(np.array(x))) / _SCALE, fit.error / _SCALE


def _fit(data: Mixtures, relative: np.ndarray) -> Interpolation:
    return interpolate(replace(data, energy=_SCALE * relative, spread=np.zeros(len(relative))))
