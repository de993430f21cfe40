"""Read the declared scenarios: those of the package, and those that a study adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache

from ..errors import InputError
from ..records.scenario import Mechanism, Scenario
from ..sources import table
from ..study import Study

CARRIERS = {
    "series": "gap carried by the resistance of residual lithium",
    "inactive": "gap carried by an inactive share",
}


@cache
def bundled_mechanisms() -> Mapping[str, Mechanism]:
    """The mechanisms declared in ``data/scenarios.toml``, by name."""
    return {name: Mechanism(**rows) for name, rows in table("scenarios.toml").items()}


def declared_scenarios(study: Study | None = None) -> tuple[Scenario, ...]:
    """Every declared mechanism with each of its carriers of the cycle-1 gap; those of the study come last.

    >>> len(declared_scenarios())
    12
    """
    declared = {**bundled_mechanisms(), **(study.scenarios if study else {})}
    return tuple(_scenario(name, m, carrier) for name, m in declared.items() for carrier in m.gap_carriers)


def named_scenario(study: Study, name: str, *also: str) -> Scenario:
    """A declared scenario by name; ``also`` are other words that the option takes.

    >>> from epitropy.study import load_study
    >>> named_scenario(load_study("zhao2024"), "outer/series").reach
    'outer'
    """
    declared = {s.name: s for s in declared_scenarios(study)}
    if name not in declared:
        raise InputError("--scenario", f"unknown scenario '{name}'", ", ".join([*declared, *also]))
    return declared[name]


def _scenario(name: str, mechanism: Mechanism, carrier: str) -> Scenario:
    shared = {f.name: getattr(mechanism, f.name) for f in fields(mechanism) if f.name != "gap_carriers"}
    return Scenario(name=f"{name}/{carrier}", gap_carrier=carrier, **shared)
