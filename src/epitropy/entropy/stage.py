"""Composition record in, entropy record out; and the same law along a depth profile."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from ..constants import GAS_CONSTANT
from ..errors import InputError
from ..laws import site_entropy
from ..records.entropy import VACANCY, Composition, SiteEntropy, Sublattice, element_of
from . import classify


def site_entropy_of(composition: Composition) -> SiteEntropy:
    """Entropy of a composition on every basis, and the class of its most mixed site.

    Per mole of sites S_s = -R sum_i y_i ln y_i; per formula unit sum_s m_s S_s; per cation site the mean
    over the sites that hold no anions; per atom divided by the occupied sites. Published numbers differ by
    the basis.

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
    cations = [s for s in sites if not s.is_anion]
    atoms = sum(s.multiplicity * sum(s.elements.values()) for s in sites)
    chosen = _classified(sites, by_site)
    entropy = by_site[chosen.label]
    return SiteEntropy(
        by_site=MappingProxyType(by_site),
        per_formula_unit=per_formula_unit,
        per_cation_site=_total(cations, by_site) / sum(s.multiplicity for s in cations) if cations else 0.0,
        per_atom=per_formula_unit / atoms if atoms else 0.0,
        site=chosen.label,
        high_entropy=classify.is_high_entropy(chosen.elements, entropy),
        band=classify.entropy_band(entropy),
        reasons=classify.reasons_for(chosen.elements, entropy, "species" if chosen.molecular else "elements"),
    )


def profile_entropy(fractions: ArrayLike) -> np.ndarray:
    """S(z) in J/(mol K) per mole of sites, from fractions of shape (species, x); the result has shape (x,).

    >>> profile_entropy([[0.5, 1.0], [0.5, 0.0]]).round(3).tolist()
    [5.763, 0.0]
    """
    return site_entropy(np.moveaxis(np.asarray(fractions, dtype=float), 0, -1))


def profile_band(fractions: ArrayLike) -> np.ndarray:
    """Entropy band (low, medium, high) at each depth, from fractions of shape (species, x).

    >>> profile_band([[0.5, 0.9], [0.5, 0.1]]).tolist()
    ['low', 'low']
    """
    return classify.entropy_bands(profile_entropy(fractions))


def profile_high_entropy(species: Sequence[str], fractions: ArrayLike) -> np.ndarray:
    """Where a profile is high-entropy by the five-element rule; fractions of shape (species, x), result
    (x,) bool.

    >>> profile_high_entropy(["Mg", "Co", "Ni", "Cu", "Zn"], [[0.2, 0.6]] + [[0.2, 0.1]] * 4).tolist()
    [True, False]
    """
    y = np.asarray(fractions, dtype=float)
    if len(species) != len(y):
        raise InputError("species", f"{len(species)} names for {len(y)} rows", "one name a row")
    elements = sorted({element_of(s) for s in species} - {VACANCY})
    by_element = np.array([y[[element_of(s) == e for s in species]].sum(axis=0) for e in elements])
    counted = classify.within_range(by_element).sum(axis=0)
    enough = profile_entropy(y) / GAS_CONSTANT >= classify.HIGH_ENTROPY - 1e-9
    return (counted >= classify.LEAST_ELEMENTS) & enough


def _total(sites: Sequence[Sublattice], by_site: dict[str, float]) -> float:
    return sum(s.multiplicity * by_site[s.label] for s in sites)


def _classified(sites: Sequence[Sublattice], by_site: dict[str, float]) -> Sublattice:
    """The site to classify: a high-entropy one if there is any, else the one of highest entropy."""
    return max(sites, key=lambda s: (classify.is_high_entropy(s.elements, by_site[s.label]), by_site[s.label]))
