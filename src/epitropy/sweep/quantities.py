"""What a sweep can decide by and tell of a point, beside its inputs: from the recipe, from the layer, from the cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np

from ..catalogue import Phases, phase
from ..chemistry import atomic_mass, molar_mass
from ..coating.stage import dose_per_host, metals, precursor_shares
from ..constants import GAS_CONSTANT
from ..entropy.classify import within_range
from ..entropy.stage import profile_entropy
from ..pipeline import Formed
from ..sources import table
from ..study import CellStudy, Study
from ..transport.film import oxygen_permeance_ratio
from ..units import Unit


class Tier(IntEnum):
    """How far a point has to be computed for a quantity."""

    RECIPE = 0
    LAYER = 1
    CELL = 2


@dataclass(frozen=True, slots=True)
class Quantity:
    """A name that conditions, objectives and tables use; ``unit`` is None of a text."""

    name: str
    unit: Unit | None
    tier: Tier
    meaning: str


PERCENT = Unit("1", show="%")
DOLLARS = "US dollars of metal per kg of host, at prices of 2024 (data/supply.toml)"
RECIPE: Mapping[str, tuple[Unit, str]] = {
    "coating.cobalt_fraction": (PERCENT, "cobalt among the cations of the coating as weighed"),
    "coating.critical_element_share": (
        PERCENT,
        "cations of the coating on the European list of critical raw materials",
    ),
    "coating.cost": (Unit("1"), DOLLARS),
    "coating.entropy": (Unit("1"), "S/R of the coating's cations as weighed, mixed on one site"),
    "coating.elements_within_range": (Unit("1"), "elements that hold 5 to 35 % of the coating's cations as weighed"),
    "cathode.cobalt_fraction": (PERCENT, "cobalt on the metal site of the host"),
    "cathode.nickel_fraction": (PERCENT, "nickel on the metal site of the host"),
}
FRACTION = "coating.fraction."
LAYER: Mapping[str, tuple[Unit | None, str]] = {
    "layer_thickness": (Unit("m", show="nm"), "thickness of the layer where it covers"),
    "coverage": (PERCENT, "share of the reached surface that the layer covers"),
    "layer_entropy": (Unit("1"), "S/R of the annealed layer's mean composition on its cation site"),
    "layer_cobalt_fraction": (PERCENT, "cobalt among the annealed layer's cations"),
    "structure": (None, "structure that the layer is taken to have"),
    "second_phases": (PERCENT, "cations in phases beside the first"),
    "misfit": (PERCENT, "mean in-plane strain of the layer on the lithiated host, facets weighed"),
    "release_ratio": (
        Unit("1"),
        "largest energy release while the host breathes over the interface toughness, any facet",
    ),
    "film_resistance": (
        Unit("ohm m2", show="ohm cm2"),
        "resistance of the layer to lithium, per covered particle area",
    ),
    "open_share": (PERCENT, "share of the covered surface through which lithium passes"),
    "oxygen_permeance": (Unit("1"), "oxygen through the layer over that through the aged bare cell's skin"),
}
CELL = re.compile(r"(?P<cell>[A-Za-z0-9][\w-]*)\.(?P<what>capacity|retention)_(?P<cycle>[1-9]\d*)")
CAPACITY = Unit("C/kg", show="mAh/g")


def quantities(study: Study) -> dict[str, Quantity]:
    """All derived quantities of a study's cells by name; capacities and retentions at any cycle of the protocol.

    >>> from epitropy.study import load_study
    >>> found = quantities(load_study("zhao2024"))
    >>> found["coated.retention_200"].unit.shown, found["coating.cost"].tier.name
    ('%', 'RECIPE')
    """
    found = {n: Quantity(n, unit, Tier.RECIPE, meaning) for n, (unit, meaning) in RECIPE.items()}
    for element in _elements():
        name = f"{FRACTION}{element}"
        found[name] = Quantity(name, PERCENT, Tier.RECIPE, f"{element} among the cations of the coating as weighed")
    for cell_name, cell in study.cells.items():
        for what, (unit, meaning) in LAYER.items() if cell.coating else ():
            found[f"{cell_name}.{what}"] = Quantity(f"{cell_name}.{what}", unit, Tier.LAYER, meaning)
        for n in range(1, cell.protocol.cycles + 1):
            name = f"{cell_name}.capacity_{n}"
            found[name] = Quantity(name, CAPACITY, Tier.CELL, f"discharge capacity of cycle {n}")
            name = f"{cell_name}.retention_{n}"
            found[name] = Quantity(name, PERCENT, Tier.CELL, f"capacity of cycle {n} over that of cycle 1")
    return found


@cache
def _elements() -> tuple[str, ...]:
    """Elements that a bundled precursor can bring."""
    from ..catalogue import phase_names

    return tuple(sorted({e for name in phase_names() for e in metals(phase(name).formula)}))


def of_recipe(cell: CellStudy) -> dict[str, float]:
    """All quantities of one recipe."""
    found = {name: float(rows[0]) for name, rows in of_hosts([cell.cathode.composition["M"]]).items()}
    if cell.coating is None:
        return found | {name: float("nan") for name in RECIPE if name not in found}
    shares = precursor_shares(cell.coating)
    rows = of_coatings([shares], cell.phases)
    found |= {name: float(values[0]) for name, values in rows.items()}
    found["coating.cost"] *= dose_per_host(cell.coating)
    return found


def of_hosts(occupancies: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """Host quantities, one entry for each composition of its metal site."""
    return {
        "cathode.cobalt_fraction": np.array([o.get("Co", 0.0) for o in occupancies]),
        "cathode.nickel_fraction": np.array([o.get("Ni", 0.0) for o in occupancies]),
    }


def of_coatings(shares: Sequence[Mapping[str, float]], phases: Phases) -> dict[str, np.ndarray]:
    """Coating quantities, one entry for each recipe of mass shares; the cost is for each kg of coating.

    S = -R sum x ln x over the cations x that stay after firing, lithium aside.
    """
    names = list(dict.fromkeys(n for row in shares for n in row))
    mass = np.array([[row.get(n, 0.0) for n in names] for row in shares])
    mass = mass / mass.sum(axis=1, keepdims=True)
    formulas = [phase(n, phases).formula for n in names]
    elements = list(dict.fromkeys(e for f in formulas for e in metals(f)))
    per_kg = np.array([[metals(f).get(e, 0.0) / molar_mass(f) for e in elements] for f in formulas])
    moles = mass @ per_kg
    total = moles.sum(axis=1)
    fraction = np.divide(moles, total[:, None], out=np.zeros_like(moles), where=total[:, None] > 0)
    supply = table("supply.toml")
    prices = np.array([supply["price"].get(e, {"value": np.nan})["value"] for e in elements])
    critical = np.array([e in supply["critical"]["elements"] for e in elements])
    weights = np.array([atomic_mass(e) for e in elements])
    paid = np.where(moles > 0, moles * weights * prices, 0.0)
    found = {
        "coating.cobalt_fraction": fraction @ np.array([e == "Co" for e in elements], dtype=float),
        "coating.critical_element_share": fraction @ critical.astype(float),
        "coating.cost": paid.sum(axis=1),
        "coating.entropy": profile_entropy(fraction.T) / GAS_CONSTANT,
        "coating.elements_within_range": within_range(fraction).sum(axis=1).astype(float),
    }
    return found | {f"{FRACTION}{e}": fraction[:, i] for i, e in enumerate(elements)}


def of_layer(cell: CellStudy, formed: Formed) -> dict[str, Any]:
    """Quantities of a finished layer."""
    if formed.profile is None or formed.electrode is None:
        return {}
    electrode, composition = formed.electrode, formed.profile.layer_composition
    leak = electrode.oxygen_ratio / cell.layer.oxygen_ratio.at(0.5).value
    permeance = oxygen_permeance_ratio(
        cell.layer.oxygen_ratio,
        layer_thickness=electrode.thickness,
        skin_thickness=cell.degradation.skin_thickness_200.value,
        leak=leak,
    )
    entropy = formed.layer_entropy
    return {
        "layer_thickness": formed.profile.layer_thickness,
        "coverage": electrode.coverage_formed,
        "layer_entropy": entropy.by_site[entropy.site] / GAS_CONSTANT,
        "layer_cobalt_fraction": composition.get("Co", 0.0) / sum(composition.values()),
        "structure": formed.crystal.structure,
        "second_phases": formed.phases.second_share,
        "misfit": float(formed.layer_strain.misfit[-1]),
        "release_ratio": max(electrode.release_ratio.values()),
        "film_resistance": electrode.film_resistance,
        "open_share": electrode.open_share,
        "oxygen_permeance": permeance.ratio,
    }


def of_cell(capacity: np.ndarray, what: str, cycle: int) -> float:
    """``capacity`` or ``retention`` at a cycle from capacities [C/kg] of all of them; a dead cell retains nothing."""
    if what == "capacity":
        return float(capacity[cycle - 1])
    return float(capacity[cycle - 1] / capacity[0]) if capacity[0] > 0 else 0.0
