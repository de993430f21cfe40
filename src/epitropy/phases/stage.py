"""Layer composition in, verdict on its structure out."""

from __future__ import annotations

from ..constants import ZERO_CELSIUS
from ..records.phases import PhaseAssessment

CANDIDATES = ("layered", "disordered rock salt", "spinel", "Wadsley-Roth", "fluorite", "LiNbO3 type", "columbite")


def assess(*, entropy: float, temperature: float, inclusion_share: float, second_phase: float = 0.0) -> PhaseAssessment:
    """What can be said without energies: how much enthalpy the entropy could pay for, and the second phase seen.

    ``entropy`` is S of the layer in J/(mol K) of cation sites; ``inclusion_share`` the volume share of undissolved
    precursor, whose rim counts as phase boundary, ``second_phase`` any further one assumed. "Not decided" is a value.
    """
    gained = temperature * entropy
    return PhaseAssessment(
        host="not decided",
        reason=(
            f"no energies for the candidate structures; mixing entropy pays for at most {gained / 1e3:.1f} kJ per mole "
            f"of cation sites at {temperature - ZERO_CELSIUS:.0f} °C"
        ),
        candidates=CANDIDATES,
        entropy_term=gained,
        boundary_fraction=min(inclusion_share + second_phase, 1.0),
    )
