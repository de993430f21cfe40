"""When is a site "high-entropy": the field's convention, with reasons rather than a bare yes or no.

At least five elements with 5 to 35 % each on one crystallographic site and S >= 1.5 R. The threshold is
empirical and effects occur below it (Rost et al., 10.1038/ncomms9485; Sarkar et al., 10.1002/adma.201806236).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ..constants import GAS_CONSTANT
from ..records.entropy import Band

LEAST_ELEMENTS = 5
LEAST_FRACTION, MOST_FRACTION = 0.05, 0.35
MEDIUM_ENTROPY, HIGH_ENTROPY = 1.0, 1.5  # in units of R, per mole of sites
TOLERANCE = 1e-9  # the limits are inclusive


def entropy_band(entropy: float) -> Band:
    """Low below R, high from 1.5 R, medium between; ``entropy`` in J/(mol K) per mole of sites.

    >>> entropy_band(3.28), entropy_band(9.13), entropy_band(13.4)
    ('low', 'medium', 'high')
    """
    reduced = entropy / GAS_CONSTANT + TOLERANCE
    return "high" if reduced >= HIGH_ENTROPY else "medium" if reduced >= MEDIUM_ENTROPY else "low"


def entropy_bands(entropy: ArrayLike) -> np.ndarray:
    """`entropy_band` of an array of any shape, as an array of text."""
    reduced = np.asarray(entropy) / GAS_CONSTANT + TOLERANCE
    return np.array(["low", "medium", "high"])[(reduced >= MEDIUM_ENTROPY) + 1 * (reduced >= HIGH_ENTROPY)]


def within_range(fraction: ArrayLike) -> np.ndarray:
    """Whether an element's fraction counts towards the five, 0.05 <= y <= 0.35."""
    y = np.asarray(fraction)
    return (y >= LEAST_FRACTION - TOLERANCE) & (y <= MOST_FRACTION + TOLERANCE)


def high_entropy(elements: ArrayLike, entropy: ArrayLike) -> np.ndarray:
    """The five-element rule: ``elements`` (elements, ...) fractions, ``entropy`` (...) in J/(mol K) per mole of sites.

    Five elements or more within the range, and S >= 1.5 R; further elements outside it do not spoil that.

    >>> high_entropy([[0.2, 0.6]] + [[0.2, 0.1]] * 4, [13.38, 10.21]).tolist()
    [True, False]
    """
    counted = np.zeros(np.shape(entropy), dtype=np.int16)
    for fraction in elements:
        counted += within_range(fraction)
    return (counted >= LEAST_ELEMENTS) & (np.asarray(entropy) / GAS_CONSTANT + TOLERANCE >= HIGH_ENTROPY)


def is_high_entropy(elements: Mapping[str, float], entropy: float) -> bool:
    """`high_entropy` of one site, from the fraction of each element.

    >>> is_high_entropy(dict.fromkeys("Mg Co Ni Cu Zn".split(), 0.2), 13.38)
    True
    """
    return bool(high_entropy(elements.values(), entropy))


def reasons_for(elements: Mapping[str, float], entropy: float, counted_as: str = "elements") -> tuple[str, ...]:
    """Why a site is or is not high-entropy: who counts, who falls outside, how much entropy is missing.

    ``counted_as`` is what the keys are, elements or the species of a solution.

    >>> for line in reasons_for({"Ni": 0.9, "Co": 0.05, "Mn": 0.05}, 3.279): print(line)
    2 of at least 5 elements lie within 5-35 %: Co 5 %, Mn 5 %
    outside 5-35 %: Ni 90 %
    S = 0.394 R is 1.106 R below 1.5 R
    """
    counted = {e: y for e, y in elements.items() if within_range(y)}
    outside = {e: y for e, y in elements.items() if y > 0 and e not in counted}
    lines = [f"{len(counted)} of at least {LEAST_ELEMENTS} {counted_as} lie within 5-35 %" + _listed(counted, ": ")]
    if outside:
        lines.append("outside 5-35 %" + _listed(outside, ": "))
    reduced = entropy / GAS_CONSTANT
    gap = HIGH_ENTROPY - reduced
    verdict = f"is {gap:.3f} R below 1.5 R" if gap > TOLERANCE else "reaches 1.5 R"
    return (*lines, f"S = {reduced:.3f} R {verdict}")


def _listed(elements: Mapping[str, float], lead: str) -> str:
    text = ", ".join(f"{e} {100 * y:.3g} %" for e, y in sorted(elements.items(), key=lambda pair: -pair[1]))
    return lead + text if text else ""
