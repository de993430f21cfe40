"""Conduction of lithium through a layered layer from computed hops: what the bundled priors of the layer rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..constants import FARADAY
from ..sources import lines_of
from ..units import Unit
from . import laws

ROWS = "atoms/properties.jsonl"
ATTEMPTS = 1e13  # 1/s, assumed: frequency of an optical phonon
VACANCIES = 0.3  # of lithium's sites, assumed: a layer that lithium leaves and enters with the host
SITES = 49e3  # mol/m3 of lithium's sites, as in the host
DISTANCE = 2.89e-10  # m between lithium sites
Molar = Annotated[float, Unit("J/mol", show="kJ/mol")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerConduction:
    """What limits lithium in a layer: barriers by potential, their mean and spread, and the conductivity."""

    barriers: Annotated[Mapping[str, float], Unit("J/mol", show="kJ/mol")]
    barrier: Molar
    spread: Molar
    conductivity: Annotated[float, Unit("S/m", show="S/cm")]


def hop_barriers() -> dict[str, dict[str, float]]:
    """Mean barrier [J/mol] of hops past each cation in mixtures, by potential; the pure host's are left out."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in lines_of(ROWS):
        if row["set"] == "hop" and not row["refused"] and len(row["sites"]) > 1:
            found[row["potential"]][row["past"]].append(row["barrier_eV"] * FARADAY)
    return {p: {e: float(np.mean(values)) for e, values in by.items()} for p, by in found.items()}


def layer_conduction(composition: Mapping[str, float], temperature: float, accuracy: float) -> LayerConduction:
    """Barrier and conductivity of a layered layer with these shares of cations, at ``temperature`` [K].

    Of each potential the barrier that limits percolation; cations without a computed hop count as the dearest.
    ``accuracy`` [J/mol] of such barriers joins the difference of the potentials in the spread.

    >>> found = layer_conduction({"Ni": 0.75, "Nb": 0.2, "Zr": 0.05}, 298.15, 0.1 * 96485)
    >>> 0.2 < found.barrier / 96485 < 0.8 and found.spread >= 0.1 * 96485
    True
    """
    limits = {}
    for potential, by in hop_barriers().items():
        dearest = max(by.values())
        limits[potential] = laws.critical_barrier([by.get(e, dearest) for e in composition], list(composition.values()))
    values = np.array(list(limits.values()))
    barrier = float(values.mean())
    diffusivity = laws.hop_diffusivity(barrier, temperature, DISTANCE, ATTEMPTS, VACANCIES)
    return LayerConduction(
        barriers=limits,
        barrier=barrier,
        spread=float(np.hypot(values.std(), accuracy)),
        conductivity=laws.ion_conductivity(diffusivity, (1 - VACANCIES) * SITES, temperature),
    )
