"""Formal charges of the atoms of a structure, by the redox ladder of ``data/oxidation_states.toml``."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InputError
from ..sources import table


def formal_charges(amounts: Mapping[str, float], name: str = "charges") -> dict[str, float]:
    """Mean charge of every element; electrons are taken in the order of the ladder until the charges balance.

    >>> formal_charges({"Li": 1, "Ni": 1, "O": 2}), formal_charges({"Nb": 12, "W": 1, "O": 33})
    ({'Li': 1.0, 'Ni': 3.0, 'O': -2.0}, {'Nb': 5.0, 'W': 6.0, 'O': -2.0})
    """
    rows = table("oxidation_states.toml")
    ladder = [(e, float(low), float(high)) for e, low, high in map(str.split, rows["ladder"]) if e in amounts]
    ladder = [step for step in ladder if step[0] not in rows["anions"]]
    lowest = {e: low for e, low, _ in reversed(ladder)}
    charges = {**rows["fixed"], **rows["anions"], **lowest}
    if unknown := [e for e in amounts if e not in charges]:
        raise InputError(name, f"no oxidation state of {unknown[0]}", "elements of data/oxidation_states.toml")
    found = {e: float(charges[e]) for e in amounts}
    missing = -sum(n * found[e] for e, n in amounts.items())
    for element, low, high in ladder:
        taken = min(max(missing / amounts[element], 0.0), high - low)
        found[element] += taken
        missing -= taken * amounts[element]
    return found
