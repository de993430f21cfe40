"""Mixing that is not ideal: where it has no single phase, and what share of the drive is entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..constants import GAS_CONSTANT, ZERO_CELSIUS
from ..errors import InputError
from ..laws import mixing_stability, site_entropy
from . import laws
from .spec import Anneal, pair_matrix

Array = NDArray[np.float64]


def refuse_unmixing(spec: Anneal, species: tuple[str, ...], compositions: Array) -> None:
    """Where a mixture (x, species) would split (spinodal) at the hold, there is no single lattice to diffuse in.

    The equations are then ill-posed, so this is an error that names the pair, not a profile.
    """
    pairs = pair_matrix(spec.mixing_enthalpy, species)
    if not pairs.any():
        return
    temperature = spec.temperature.value
    stability = mixing_stability(compositions, pairs / (GAS_CONSTANT * temperature))
    if stability.min() > 0:
        return
    x = compositions[stability.argmin()]
    a, b = np.unravel_index(np.argmax(pairs * np.outer(x, x)), pairs.shape)
    raise InputError(
        f"anneal.mixing_enthalpy.{species[min(a, b)]}-{species[max(a, b)]}",
        f"{pairs[a, b] / 1e3:.3g} kJ/mol splits the mixture of film and host at "
        f"{temperature - ZERO_CELSIUS:.0f} degC (spinodal, at "
        + ", ".join(f"{s} {share:.2f}" for s, share in zip(species, x) if share >= 0.005)
        + ")",
        "mixtures that are stable at the hold",
        "Two phases form and no profile follows: raise anneal.temperature or lower the enthalpy.",
    )


def entropy_share(spec: Anneal, species: tuple[str, ...], before: Array, after: Array) -> float | None:
    """Share T dS / (T dS - dH) of the drop in Gibbs energy of mixing at the hold; None for ideal mixing.

    Amounts (x, species) in mol/m2. Below 0 or above 1 where entropy and enthalpy pull in opposite directions; None
    without a drop. Before the anneal, cations of inclusions are by themselves, without entropy or enthalpy of mixing.
    """
    pairs = pair_matrix(spec.mixing_enthalpy, species)
    if not pairs.any():
        return None
    entropy, enthalpy = 0.0, 0.0
    for sign, amounts in ((1, after), (-1, before)):
        sites = amounts.sum(axis=1)
        fraction = amounts / sites[:, None]
        entropy += sign * float(site_entropy(fraction) @ sites)
        enthalpy += sign * float(laws.mixing_enthalpy(fraction, pairs) @ sites)
    gained = spec.temperature.value * entropy
    return gained / (gained - enthalpy) if gained > enthalpy else None
