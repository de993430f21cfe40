"""Conduction of lithium through a layered layer from computed hops: what the bundled priors of the layer rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..constants import AVOGADRO, FARADAY, GAS_CONSTANT
from ..errors import InputError
from ..records.host import HostCurves
from ..sources import lines_of
from ..units import Unit
from . import laws

ROWS = "atoms/properties.jsonl"
HALF_CHARGED = 0.6  # lithium content of the host whose conduction a layer's is told over
Molar = Annotated[float, Unit("J/mol", show="kJ/mol")]
Ways = Mapping[str, Mapping[str, tuple[float, float]]]  # potential -> cation passed -> the two barriers, J/mol


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerConduction:
    """What limits lithium in a layer: its barrier, what that is over the host's, and the conductivity that follows.

    Spreads are standard deviations over potentials and the two barriers of a hop.
    """

    barrier: Molar
    barrier_spread: Molar
    over_host: Molar
    over_host_spread: Molar
    conductivity: Annotated[float, Unit("S/m", show="S/cm")]
    conductivity_spread: Annotated[float, Unit("1")]  # of its logarithm


def hop_barriers() -> tuple[Ways, Ways]:
    """Mean barriers past each cation, in the host alone and in mixtures.

    Two for each hop, since its ends differ in a mixture: over the mean of both ends, which is what the saddle itself
    costs (Van der Ven et al., Phys. Rev. B 64 (2001) 184307, 10.1103/PhysRevB.64.184307), and over the lower end, from
    which the ion must come.

    >>> host, mixed = hop_barriers()
    >>> sorted(mixed["7net-0"]), all(low <= high for low, high in mixed["7net-0"].values())
    (['Nb', 'Ni', 'W', 'Zr'], True)
    """
    found: tuple[Any, Any] = tuple(defaultdict(lambda: defaultdict(list)) for _ in range(2))
    for row in lines_of(ROWS):
        if row["set"] == "hop" and not row["refused"]:
            band = FARADAY * np.array(row["band_eV"])
            both = band.max() - (band[0] + band[-1]) / 2, band.max() - min(band[0], band[-1])
            found[len(row["sites"]) > 1][row["potential"]][row["past"]].append(both)
    host, mixed = (
        {p: {e: tuple(np.mean(v, axis=0).tolist()) for e, v in by.items()} for p, by in one.items()} for one in found
    )
    return host, mixed


def host_conductivity(host: HostCurves, lithium: float = HALF_CHARGED) -> float:
    """Conductivity of lithium in the host from its diffusivity and open-circuit curve, c F D/(-dU/dx) in S/m.

    c are lithium's sites in mol/m3: the chemical diffusivity D less its thermodynamic factor, by Nernst and Einstein.

    >>> from epitropy.hosts import host_curves
    >>> 1e-6 < host_conductivity(host_curves("ncm90", "ncm90")) < 1e-3
    True
    """
    sites = 3 / (host.cell_volume * AVOGADRO)
    slope = np.interp(lithium, host.lithium, np.gradient(host.voltage, host.lithium))
    diffusivity = np.interp(lithium, host.lithium, host.diffusivity)
    return float(sites * FARADAY * diffusivity / -slope)


def layer_conduction(
    composition: Mapping[str, float], temperature: float, host: float, accuracy: float
) -> LayerConduction:
    """Barrier and conductivity of a layered layer with these shares of cations, at ``temperature`` [K].

    The barrier is the one that limits percolation; cations without a computed hop count as the dearest. Only its
    difference to the host's enters the conductivity, sigma = sigma_host exp(-dE/RT), with ``host`` in S/m, so that
    errors that both share cancel. ``accuracy`` [J/mol]: of a barrier, joined to its scatter.

    >>> rich, poor = (layer_conduction({"Ni": 1 - x, "Nb": x}, 298.15, 1e-4, 9.6e3) for x in (0.1, 0.3))
    >>> round(rich.barrier / 96485, 2), rich.barrier > poor.barrier  # a fifth of niobium opens ways past it
    (0.41, True)
    """
    alone, mixed = hop_barriers()
    if not mixed or set(alone) != set(mixed):
        raise InputError(ROWS, "no hops of host and mixtures by the same potentials", "rows of `epitropy atoms tables`")
    shares, limits, over = list(composition.values()), [], []
    for potential, by in mixed.items():
        dearest = tuple(np.max(list(by.values()), axis=0))
        (pure,) = alone[potential].values()
        for k in range(2):
            limits.append(laws.critical_barrier([by.get(e, dearest)[k] for e in composition], shares))
            over.append(limits[-1] - pure[k])
    change, scatter = float(np.mean(over)), float(np.std(over))
    return LayerConduction(
        barrier=float(np.mean(limits)),
        barrier_spread=float(np.hypot(np.std(limits), accuracy)),
        over_host=change,
        over_host_spread=scatter,
        conductivity=host * float(np.exp(-change / (GAS_CONSTANT * temperature))),
        conductivity_spread=scatter / (GAS_CONSTANT * temperature),
    )
