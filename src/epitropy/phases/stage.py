"""Layer composition in, verdict on its structure out, as briefly as the cell needs it; in full: ``verdict.py``."""

from __future__ import annotations

from collections.abc import Mapping

from ..constants import ZERO_CELSIUS
from ..records.phases import NOT_DECIDED, PhaseAssessment
from .energies import energy_set
from .pricing import OTHER, Conditions, decided, outcome, price
from .spec import Stability

CANDIDATES = ("layered", "disordered rock salt", "spinel", "Wadsley-Roth", "fluorite", "LiNbO3 type", "columbite")


def conditions(spec: Stability, *, temperature: float, oxygen_pressure: float, window: float) -> Conditions:
    """Furnace, gas and host's window with the drawn errors of the energies."""
    errors = {host: z.value for host, z in spec.mixture_error.items()}
    return Conditions(
        temperature=temperature,
        oxygen_pressure=oxygen_pressure,
        window=window,
        position=spec.lithium_position.value,
        mixture_error={host: errors.get(host, errors[OTHER]) for host in energy_set(spec.potential).mixtures},
        oxygen_error=spec.oxygen_error.value,
        compound_error=spec.compound_error.value,
    )


def assess(
    spec: Stability,
    composition: Mapping[str, float],
    host: Mapping[str, float],
    at: Conditions,
    *,
    entropy: float,
    inclusion_share: float,
    second_phase: float = 0.0,
) -> PhaseAssessment:
    """Which structure the layer takes, and the share of boundaries that another one beside it makes.

    ``composition`` and ``host`` are shares of the layer's and the host's cations, lithium aside; ``entropy`` is S of
    the layer in J/(mol K) of cation sites. ``inclusion_share`` is the volume share of undissolved precursor, whose rim
    counts as phase boundary, ``second_phase`` any further one assumed. "Not decided" is a value.
    """
    gained = at.temperature * entropy
    beside, name, reason = 0.0, NOT_DECIDED, decided(energy_set(spec.potential), composition, host, at)
    priced = None if reason else price(energy_set(spec.potential), host, composition, at)
    found = priced and outcome(priced)
    if found is None:
        reason = reason or "no candidate structure can hold this composition"
        reason += (
            f"; mixing entropy pays for at most {gained / 1e3:.1f} kJ per mole of cation sites at "
            f"{at.temperature - ZERO_CELSIUS:.0f} °C"
        )
    else:
        name = found.host
        beside = 0.0 if found.single else found.second_share
        kind = "gains" if found.driving_force > 0 else "loses"
        reason = (
            f"as one phase it {kind} {abs(found.driving_force) / 1e3:.1f} kJ per mole of cations on the best assembly "
            "of others"
        )
    coupled = beside if spec.coupled else 0.0
    return PhaseAssessment(
        host=name,
        reason=reason,
        candidates=CANDIDATES,
        entropy_term=gained,
        boundary_fraction=min(inclusion_share + second_phase + coupled, 1.0),
        second_share=beside,
        lithium={name: lithium for name, (_, lithium, _) in priced.own.items()} if priced else {},
    )
