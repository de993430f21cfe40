"""Entropy and class of very many compositions, as screens and depth profiles need them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..constants import GAS_CONSTANT
from ..errors import InputError
from ..records.entropy import VACANCY, element_of
from . import classify

_BLOCK = 2048  # rows that stay in the processor's cache
_SMALLEST = 1e-300  # stands in for 0 under the logarithm: 0 ln 0 = 0

LEAST, MOST = classify.LEAST_FRACTION - classify.TOLERANCE, classify.MOST_FRACTION + classify.TOLERANCE
FEWEST, ENOUGH = classify.LEAST_ELEMENTS, classify.HIGH_ENTROPY - classify.TOLERANCE

Array = NDArray[np.float64]


def entropy_and_class(fractions: ArrayLike, species: Sequence[str] | None = None) -> tuple[Array, NDArray[np.bool_]]:
    """S in J/(mol K) per mole of sites, and whether the site is high-entropy: both (n,), from fractions (n, species).

    The same law and rule as `site_entropy` and `is_high_entropy`, compiled. Without ``species`` every column is an
    element of its own; with it, oxidation states of one element count once and ``Va`` never. The caller answers for
    signs and sums.

    >>> entropy, high = entropy_and_class([[0.2] * 5, [0.6, 0.1, 0.1, 0.1, 0.1]])
    >>> entropy.round(2).tolist(), high.tolist()
    ([13.38, 10.21], [True, False])
    """
    y = np.ascontiguousarray(fractions, dtype=float)
    if y.ndim != 2 or (species is not None and len(species) != y.shape[1]):
        raise InputError("fractions", f"an array of shape {y.shape}", "(n, species), one name a column")
    counted = y if species is None else _by_element(y, tuple(species))
    entropy, high = np.empty(len(y)), np.empty(len(y), dtype=np.bool_)
    logarithm = np.empty((min(_BLOCK, len(y)), y.shape[1]))
    law = _compiled_law()
    for start in range(0, len(y), _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = y[rows]
        ln = logarithm[: len(block)]
        np.log(np.maximum(block, _SMALLEST, out=ln), out=ln)
        law(block, ln, counted[rows], entropy[rows], high[rows])
    return entropy, high


def _by_element(y: Array, species: tuple[str, ...]) -> Array:
    names = [element_of(s) for s in species]
    elements = sorted(set(names) - {VACANCY})
    if names == elements:
        return y
    return np.ascontiguousarray(y @ np.array([[float(n == e) for e in elements] for n in names]))


def _law(y: Array, ln: Array, counted: Array, entropy: Array, high: NDArray[np.bool_]) -> None:
    """S = -R sum_i y_i ln y_i and the five-element rule, row by row into ``entropy`` and ``high``."""
    for k in range(y.shape[0]):
        total = 0.0
        for i in range(y.shape[1]):
            total -= y[k, i] * ln[k, i]
        within = 0
        for i in range(counted.shape[1]):
            within += (counted[k, i] >= LEAST) & (counted[k, i] <= MOST)
        entropy[k] = GAS_CONSTANT * total + 0.0
        high[k] = (within >= FEWEST) & (total >= ENOUGH)


@cache
def _compiled_law():
    from ..compiled import compiled

    return compiled(_law)
