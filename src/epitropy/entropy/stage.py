"""Composition record in, entropy record out; and the same law along a depth profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from ..constants import GAS_CONSTANT
from ..errors import InputError
from ..laws import site_entropy
from ..records.entropy import VACANCY, Composition, SiteEntropy, Sublattice, element_of
from . import classify

_BLOCK = 8192  # columns that stay in the processor's cache
_SMALLEST = 1e-300  # stands in for 0 under the logarithm: 0 ln 0 = 0


def site_entropy_of(composition: Composition) -> SiteEntropy:
    """Entropy of a composition on every basis, and the class of its most mixed site.

    Per mole of sites S_s = -R sum_i y_i ln y_i; per formula unit sum_s m_s S_s; per cation site the mean
    over the sites that hold others than anions; per atom divided by the occupied sites. Published numbers differ by
    the basis. What does not apply is nan: the last two in a solution, per cation site without cations.

    >>> from epitropy.records.entropy import Composition, Sublattice
    >>> metals = Sublattice(label="M", multiplicity=1, occupancies={"Ni": 0.9, "Co": 0.05, "Mn": 0.05})
    >>> oxygen = Sublattice(label="O", multiplicity=2, occupancies={"O": 1.0})
    >>> result = site_entropy_of(Composition(sublattices=(metals, oxygen)))
    >>> round(result.by_site["M"], 3), round(result.per_atom, 3), result.band
    (3.279, 1.093, 'low')
    """
    sites = composition.sublattices
    by_site = {s.label: float(site_entropy(list(s.occupancies.values()))) for s in sites}
    per_formula_unit = _total(sites, by_site)
    cations = composition.cation_sites
    atoms = sum(s.multiplicity * sum(s.elements.values()) for s in sites if not s.molecular)
    chosen = _classified(sites, by_site)
    entropy = by_site[chosen.label]
    return SiteEntropy(
        by_site=MappingProxyType(by_site),
        per_formula_unit=per_formula_unit,
        per_cation_site=_total(cations, by_site) / sum(s.multiplicity for s in cations) if cations else math.nan,
        per_atom=per_formula_unit / atoms if atoms else math.nan,
        site=chosen.label,
        high_entropy=classify.is_high_entropy(chosen.elements, entropy),
        band=classify.entropy_band(entropy),
        reasons=classify.reasons_for(chosen.elements, entropy, "species" if chosen.molecular else "elements"),
    )


def profile_entropy(fractions: ArrayLike) -> np.ndarray:
    """S(z) in J/(mol K) per mole of sites, from fractions of shape (species, x); the result has shape (x,).

    The law of `laws.site_entropy`, block by block for very many compositions. The caller answers for signs and sums.

    >>> profile_entropy([[0.5, 1.0], [0.5, 0.0]]).round(3).tolist()
    [5.763, 0.0]
    """
    y = np.asarray(fractions, dtype=float)
    columns = y.reshape(len(y), -1)
    total = np.empty(columns.shape[1])
    logarithm = np.empty((len(y), min(_BLOCK, len(total))))
    for start in range(0, len(total), _BLOCK):
        block = columns[:, start : start + _BLOCK]
        ln = logarithm[:, : block.shape[1]]
        np.log(np.maximum(block, _SMALLEST, out=ln), out=ln)
        np.sum(np.multiply(ln, block, out=ln), axis=0, out=total[start : start + _BLOCK])
    return -GAS_CONSTANT * total.reshape(y.shape[1:]) + 0.0


def profile_band(fractions: ArrayLike) -> np.ndarray:
    """Entropy band (low, medium, high) at each depth, from fractions of shape (species, x).

    >>> profile_band([[0.5, 0.9], [0.5, 0.1]]).tolist()
    ['low', 'low']
    """
    return classify.entropy_bands(profile_entropy(fractions))


def profile_high_entropy(species: Sequence[str], fractions: ArrayLike, entropy: ArrayLike | None = None) -> np.ndarray:
    """Where a profile is high-entropy by the five-element rule; fractions of shape (species, x), result (x,) bool.

    Oxidation states of one element count once and ``Va`` never. Give the ``entropy`` (x,) where it is known already.

    >>> profile_high_entropy(["Mg", "Co", "Ni", "Cu", "Zn"], [[0.2, 0.6]] + [[0.2, 0.1]] * 4).tolist()
    [True, False]
    """
    y = np.asarray(fractions, dtype=float)
    if len(species) != len(y):
        raise InputError("species", f"{len(species)} names for {len(y)} rows", "one name a row")
    rows: dict[str, list[np.ndarray]] = {}
    for name, row in zip(species, y):
        rows.setdefault(element_of(name), []).append(row)
    rows.pop(VACANCY, None)
    elements = [sum(row[1:], row[0]) for row in rows.values()]
    return classify.high_entropy(elements, profile_entropy(y) if entropy is None else entropy)


def _total(sites: Sequence[Sublattice], by_site: dict[str, float]) -> float:
    return sum(s.multiplicity * by_site[s.label] for s in sites)


def _classified(sites: Sequence[Sublattice], by_site: dict[str, float]) -> Sublattice:
    """The site to classify: a high-entropy one if there is any, else the one of highest entropy."""

    def rank(site: Sublattice) -> tuple[bool, float, bool]:
        entropy = by_site[site.label]
        return classify.is_high_entropy(site.elements, entropy), entropy, bool(site.elements)

    return max(sites, key=rank)
