"""Which facets a particle of the host shows, and how much of its surface each takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ..units import Unit

Share = Annotated[float, Unit("1", show="%")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetShare:
    """One family of facets: its share of the surface at the medians, and the ends of its 80 % interval."""

    facet: str  # hexagonal indices (hkl) run together
    share: Share
    low: Share
    high: Share
    passes_lithium: bool
    source: str  # of the surface energy
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetShares:
    """All families of facets of one shape, and the share of the surface through which lithium passes."""

    facets: tuple[FacetShare, ...]
    open_share: Share
    open_low: Share
    open_high: Share

    @property
    def weights(self) -> Mapping[str, float]:
        """Share by facet; they sum to one."""
        return {f.facet: f.share for f in self.facets}
