"""Which structure the layer takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseAssessment:
    """Verdict on the layer; ``host`` is "not decided" as long as no energies exist for the candidates."""

    host: str
    reason: str
    candidates: tuple[str, ...]
    entropy_term: Annotated[float, Unit("J/mol", show="kJ/mol")]  # T S per mole of cation sites
    boundary_fraction: Annotated[float, Unit("1", show="%")]
