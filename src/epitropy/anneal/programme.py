"""The temperature programme as straight pieces, and thermal times along it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..laws import arrhenius
from .spec import AMBIENT_TEMPERATURE, REFERENCE_TEMPERATURE, Anneal

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def segments(spec: Anneal) -> NDArray[np.float64]:
    """Ramp, hold and cooling as rows (starting temperature K, rate K/s, duration s); empty pieces left out.

    >>> segments(Anneal()).round(3).tolist()
    [[298.15, 0.083, 8100.0], [973.15, 0.0, 18000.0], [973.15, -0.083, 8100.0]]
    """
    top = spec.temperature.value
    way = top - AMBIENT_TEMPERATURE
    up, down = np.sign(way) * spec.ramp_rate.value, -np.sign(way) * spec.cool_rate.value
    rows = [
        (AMBIENT_TEMPERATURE, up, abs(way) / spec.ramp_rate.value),
        (top, 0.0, spec.time.value),
        (top, down, abs(way) / spec.cool_rate.value),
    ]
    return np.array([row for row in rows if row[2] > 0]).reshape(-1, 3)


def cut(programme: NDArray[np.float64], until: float) -> NDArray[np.float64]:
    """The first ``until`` seconds of a programme, as if the powder were quenched then.

    >>> cut(segments(Anneal()), 10_000.0).round(3).tolist()
    [[298.15, 0.083, 8100.0], [973.15, 0.0, 1900.0]]
    """
    ends = np.cumsum(programme[:, 2])
    lasting = np.clip(until - (ends - programme[:, 2]), 0.0, programme[:, 2])
    kept = np.column_stack([programme[:, :2], lasting])
    return kept[lasting > 0]


def thermal_time(programme: NDArray[np.float64], reference: ArrayLike, activation_energy: ArrayLike) -> np.ndarray:
    """Integral of an Arrhenius rate over the programme, q = int k(T(t)) dt, in (unit of ``reference``) s.

    ``reference`` at the reference temperature and ``activation_energy`` (J/mol) broadcast against each other.

    >>> thermal_time(segments(Anneal()), 1.0, [0.0, 250e3]).round().tolist()
    [34200.0, 18711.0]
    """
    reference, energy = np.broadcast_arrays(np.asarray(reference, dtype=float), activation_energy)
    total = np.zeros(reference.shape)
    for start, rate, duration in programme:
        temperature = start + rate * duration * (_NODES + 1) / 2
        rates = arrhenius(reference[..., None], energy[..., None], temperature, REFERENCE_TEMPERATURE)
        total += duration / 2 * (rates @ _WEIGHTS)
    return total
