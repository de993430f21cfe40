"""Read the declared scenarios."""

from __future__ import annotations

from functools import cache

from ..records.scenario import Scenario
from ..sources import table

CARRIERS = {
    "series": "gap carried by the resistance of residual lithium",
    "inactive": "gap carried by an inactive share",
}


@cache
def declared_scenarios() -> tuple[Scenario, ...]:
    """Every declared scenario with either carrier of the cycle-1 gap.

    >>> len(declared_scenarios())
    12
    """
    return tuple(
        Scenario(name=f"{name}/{carrier}", gap_carrier=carrier, **rows)
        for name, rows in table("scenarios.toml").items()
        for carrier in CARRIERS
    )
