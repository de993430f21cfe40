"""A host's lattice over its lithium content, for matches and for what continues it."""

from __future__ import annotations

import numpy as np

from ..hosts import host_curves, host_names
from ..records.host import HostCurves
from ..records.phase import Phase

LOWEST = 0.1  # lithium content: below it the tables of the lattice end
STEPS = 46  # over lithium content; 0.02 apart


def curves_of(host: Phase) -> HostCurves | None:
    """Curves of a host of the library, by its name; None where there are none.

    >>> from epitropy.catalogue import phase
    >>> curves_of(phase("NCM90")) is None, curves_of(phase("NiO")) is None
    (False, True)
    """
    name = host.name.lower()
    return host_curves(name, name) if name in host_names() else None


def lithium_grid(lowest: float = LOWEST) -> np.ndarray:
    """Lithium contents from ``lowest`` up to 1, rising, shape (46,)."""
    return np.linspace(lowest, 1.0, STEPS)


def cells_over(host: Phase, curves: HostCurves, lithium: np.ndarray) -> np.ndarray:
    """Conventional cell of the host at each lithium content [m], rows are vectors; shape (n, 3, 3).

    The curves say by which factor a and c change from x = 1; the cell itself is the phase's own.

    >>> from epitropy.catalogue import phase
    >>> host = phase("NCM90")
    >>> bool(np.allclose(cells_over(host, curves_of(host), np.array([1.0]))[0], host.cell.matrix))
    True
    """
    factors = [np.interp(lithium, curves.lithium, edge) / edge[-1] for edge in (curves.a, curves.a, curves.c)]
    return host.cell.matrix * np.stack(factors, axis=1)[..., None]
