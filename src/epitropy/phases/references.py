"""What ties a potential's energies to oxygen gas, and what they are good for: measured enthalpies of reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..chemistry import element_counts
from ..errors import InputError
from ..sources import table
from ..units import Unit
from .energies import EnergySet, Mixtures

KJ = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One measured reaction beside the computed one. ``value``: what it says, J/mol; its meaning is its group's."""

    text: str
    element: str
    measured: Annotated[float, Unit("J/mol", show="kJ/mol")]
    computed: Annotated[float, Unit("J/mol", show="kJ/mol")]
    value: Annotated[float, Unit("J/mol", show="kJ/mol")]


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The energy that O2 has beside a set's oxides, and the error of compounds against each other.

    oxygen: J per mole of O2, its enthalpy at 298 K. oxygen_error: scatter among the host's redox cations.
    compound_error: root mean square over reactions without oxygen gas, per mole of cations other than lithium.
    """

    oxygen: Annotated[float, Unit("J/mol", show="kJ/mol")]
    oxygen_error: Annotated[float, Unit("J/mol", show="kJ/mol")]
    compound_error: Annotated[float, Unit("J/mol", show="kJ/mol")]
    oxidations: tuple[Reaction, ...]
    combinations: tuple[Reaction, ...]


def references(energies: EnergySet, host: Mapping[str, float]) -> References:
    """Oxygen from oxidations, weighed with the host's shares of the cations that are oxidised.

    Oxidation enthalpies of different cations ask for different energies of O2, because exchange errors of d electrons
    differ: a set cannot be right for all. The host's own cations count, and their scatter is the error.
    """
    rows = table("thermochemistry.toml")
    oxidations = _known(energies, rows["oxidations"]["of"])
    combinations = _known(energies, rows["combinations"]["of"])
    by_element = {
        e: [r.value for r in oxidations if r.element == e] for e in dict.fromkeys(r.element for r in oxidations)
    }
    means = {e: float(np.mean(v)) for e, v in by_element.items()}
    weights = {e: host.get(e, 0.0) for e in means}
    if not sum(weights.values()):
        weights = dict.fromkeys(means, 1.0)
    total = sum(weights.values())
    value = sum(weights[e] * means[e] for e in means) / total
    error = np.sqrt(sum(weights[e] * (means[e] - value) ** 2 for e in means) / total)
    return References(
        oxygen=value,
        oxygen_error=float(error),
        compound_error=float(np.sqrt(np.mean([r.value**2 for r in combinations]))) if combinations else float("nan"),
        oxidations=oxidations,
        combinations=combinations,
    )


def _known(energies: EnergySet, reactions: list[Mapping[str, Any]]) -> tuple[Reaction, ...]:
    """The reactions whose compounds the set holds."""
    return tuple(_reaction(energies, r) for r in reactions if {*r["from"], *r["to"]} <= set(energies.compounds))


def _reaction(energies: EnergySet, row: Mapping[str, Any]) -> Reaction:
    enthalpy = table("thermochemistry.toml")["formation_enthalpy"]["values"]
    sides = [(n, name) for name, n in row["to"].items()] + [(-n, name) for name, n in row["from"].items()]
    computed = sum(n * energy_per_formula(energies, name) for n, name in sides)
    measured = KJ * sum(n * enthalpy[name]["value"] for n, name in sides)
    oxygen = sum(n * element_counts(name).get("O", 0.0) for n, name in sides)
    product = next(iter(row["to"]))
    cations = sum(v for e, v in element_counts(product).items() if e not in ("Li", "O")) * row["to"][product]
    metal = next(e for e in element_counts(product) if e not in ("Li", "O"))
    # with gas: E(O2) such that computed - n_O2 E(O2) = measured; without: the error per mole of cations
    value = (computed - measured) / (oxygen / 2) if abs(oxygen) > 1e-9 else (computed - measured) / cations
    text = " + ".join(_term(n, name) for name, n in row["from"].items())
    text += (f" + {oxygen / 2:g} O2" if oxygen > 1e-9 else "") + f" -> {_term(row['to'][product], product)}"
    return Reaction(text=text, element=metal, measured=measured, computed=computed, value=float(value))


def _term(n: float, name: str) -> str:
    return name if n == 1 else f"{n:g} {name}"


def energy_per_formula(energies: EnergySet, formula: str) -> float:
    """Energy [J] of a mole of formula units of a compound."""
    compound, counts = energies.compounds[formula], element_counts(formula)
    return compound.energy / sum(compound.atoms.values()) * sum(counts.values())


def levels(energies: EnergySet, mixtures: Mixtures) -> np.ndarray:
    """Energy [J] of a mole of M of each species alone, as its oxide would have it: what mixing is counted from.

    The oxide of the cation, lithium oxide for the structure's other lithium, and oxygen gas for what these lack.
    """
    gas = references(energies, {}).oxygen / 2
    lithia = energy_per_formula(energies, "Li2O") / 2  # LiO0.5
    found = []
    for species in mixtures.species:
        energy, oxygen = (lithia, 0.5) if species == "Li" else _oxide(energies, species, lithia)
        lacking = mixtures.oxygen - oxygen - mixtures.lithium / 2
        found.append(energy + mixtures.lithium * lithia + lacking * gas)
    return np.array(found)


def _oxide(energies: EnergySet, element: str, lithia: float) -> tuple[float, float]:
    """Energy and oxygens per cation of the element's oxide with the least oxygen, else of its lithium compound."""
    own = [c for c in energies.compounds.values() if set(c.cations) == {element}]
    if not own:
        raise InputError("energies", f"no compound of {element} alone", "a reference of every mixed cation")
    plain = [c for c in own if "Li" not in c.atoms] or own
    best = min(plain, key=lambda c: c.atoms["O"] / c.atoms[element])
    lithium, oxygen = (best.atoms.get(e, 0.0) / best.atoms[element] for e in ("Li", "O"))
    return best.energy / best.atoms[element] - lithium * lithia, oxygen - lithium / 2
