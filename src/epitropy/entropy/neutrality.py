"""Charge neutrality by a redox ladder: one fixed order in which electrons are taken, no search.

Every element without a stated oxidation state starts at the lowest of its ladder; then steps are oxidised in the order
of ``data/oxidation_states.toml``, the easiest first, each as far as needed. What remains is closed by vacancies of
lithium (sodium, potassium) or of oxygen, within limits, or stays as residual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..records.entropy import VACANCY, Composition, Neutrality, Sublattice, element_of, is_anion, state_of
from ..sources import table
from ..units import Unit

MOST_ALKALI_VACANT = 1 / 6  # of the alkali ions, a surplus of a fifth; beyond that the formula is wrong
MOST_OXYGEN_VACANT = 0.2  # of the oxygens; a fifth is a fluorite of trivalent ions but one
ALKALI = ("Li", "Na", "K")
_STRENGTH = ("F", "O", "Cl", "N", "Br", "I", "S", "Se", "Te")  # anions, the most electronegative first
_ROUNDING = 0.01  # residual charge per anion charge that the digits of a formula may leave
_TINY = 1e-9

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Balanced compositions; one row a composition, one column a species."""

    states: Annotated[Array, Unit("1")]  # (n, species) mean oxidation states
    residual: Annotated[Array, Unit("1")]  # (n,) charge that is left
    vacancies: Annotated[Array, Unit("1")]  # (n, species) amounts left out to close the charge


def balance(species: Sequence[str], amounts: ArrayLike, cations: frozenset[str] = frozenset()) -> Balance:
    """Oxidation states of many compositions at once: ``amounts`` (n, species) to states (n, species).

    With charge Q_0 of the lowest states and steps k of capacity c_k = amount (z_to - z_from) in their fixed order,
    step k is taken to min(max(-Q_0 - sum_{j<k} c_j, 0), c_k). A species that carries its state (``Mn2+``) keeps it. A
    positive rest leaves out alkali ions, a negative one oxygen, or stays in ``residual``. ``cations`` are elements such
    as S and Te that are no anions here. Raises `InputError` for an element without states.

    >>> found = balance(["Li", "Ni", "Co", "Mn", "O"], [[1, 0.9, 0.05, 0.05, 2], [1, 0.8, 0.1, 0.1, 2]])
    >>> found.states.round(3).tolist()
    [[1.0, 2.944, 3.0, 4.0, -2.0], [1.0, 2.875, 3.0, 4.0, -2.0]]
    """
    x = np.asarray(amounts, dtype=float)
    if x.ndim != 2 or x.shape[1] != len(species):
        raise InputError("amounts", f"an array of shape {x.shape}", f"(n, {len(species)}), one column a species")
    columns = np.ascontiguousarray(x.T)
    states = np.empty_like(columns)
    lowest, steps = _plan(tuple(species), cations)
    states[:] = lowest[:, None]
    need = -(lowest @ columns)
    for k, rise in steps:
        capacity = rise * columns[k]
        taken = np.clip(need, 0, capacity)
        need -= taken
        states[k] += np.divide(rise * taken, capacity, out=np.zeros_like(taken), where=capacity > 0)
    vacancies = np.zeros_like(columns)
    _leave_out(columns, vacancies, need, species, ALKALI, -1, MOST_ALKALI_VACANT)
    _leave_out(columns, vacancies, need, species, ("O",), 2, MOST_OXYGEN_VACANT)
    return Balance(states=states.T, residual=-need + 0.0, vacancies=vacancies.T)


def _leave_out(
    columns: Array,
    vacancies: Array,
    need: Array,
    species: Sequence[str],
    elements: Sequence[str],
    charge: int,
    most: float,
) -> None:
    """Leave out ions, each of which adds ``charge`` when missing, where that closes the charge within the limit."""
    rows = [k for e in elements for k, s in enumerate(species) if element_of(s) == e]
    wanted = np.maximum(need / charge, 0.0)
    present = sum((columns[k] for k in rows), np.zeros_like(need))
    wanted = np.where(wanted <= most * present + _TINY, wanted, 0.0)
    for k in rows:
        missing = np.minimum(wanted, columns[k])
        vacancies[k] += missing
        wanted -= missing
        need -= charge * missing


@cache
def _plan(species: tuple[str, ...], cations: frozenset[str]) -> tuple[Array, tuple[tuple[int, float], ...]]:
    """Lowest states by species, and the steps in order as (species, rise of the state)."""
    rows = table("oxidation_states.toml")
    known = {**rows["fixed"], **rows["anions"]}
    nitride = {element_of(s) for s in species if is_anion(s)} - cations <= {"C", "N"}
    written = (step.split() for step in [*(rows["nitrides"] if nitride else ()), *rows["ladder"]])
    ladder = [(e, float(low), float(high)) for e, low, high in written if e not in rows["anions"] or e in cations]
    if nitride:  # they have metallic bonds: no element is raised to 4+ before all have 3+
        ladder.sort(key=lambda step: step[1])
    for element, low, _ in reversed(ladder):
        known[element] = low
    free = {s: k for k, s in enumerate(species) if state_of(s) is None}
    unknown = [s for s in free if s not in known]
    if unknown:
        raise InputError(
            "neutrality", f"no oxidation states of {unknown[0]}", f"a state in the formula, like {unknown[0]}2+"
        )
    lowest = np.array([known[s] if s in free else state_of(s) for s in species], dtype=float)
    return lowest, tuple((free[e], high - low) for e, low, high in ladder if e in free)


def as_cations(species: Mapping[str, float]) -> dict[str, str]:
    """Names with states for elements that must be cations, as Te in Li3Nd3Te2O12; empty where none or nothing helps.

    Only what has a stronger anion beside it, and only where that alone closes the charge; the weakest anion first.

    >>> as_cations({"Li": 3, "Nd": 3, "Te": 2, "O": 12}), as_cations({"Li": 1, "Ni": 1, "O": 2})
    ({'Te': 'Te6+'}, {})
    """
    strongest = next((e for e in _STRENGTH if e in map(element_of, species)), None)
    weaker = [e for e in reversed(_STRENGTH) if e in species and e != strongest]
    for count in range(1, len(weaker) + 1):
        for chosen in combinations(weaker, count):
            found = balance(list(species), [list(species.values())], frozenset(chosen))
            if abs(found.residual[0]) < _TINY * sum(species.values()) and not found.vacancies.any():
                states = dict(zip(species, found.states[0]))
                return {e: f"{e}{states[e]:.9g}+" for e in chosen}
    return {}


def balanced(composition: Composition, where: str, *, strict: bool = True) -> tuple[Composition, Neutrality]:
    """A composition with the vacancies that close its charge, and the states that balance it.

    A composition without O, N, S, halogens and the like is a metal, a carbide, a boride; a solution holds molecules:
    none of these is asked. Raises `InputError` if the
    charge cannot be closed, unless ``strict`` is False or the digits of the formula explain it.
    """
    totals: dict[str, float] = {}
    for site in composition.sublattices:
        for species, y in site.occupancies.items():
            if species != VACANCY:
                totals[species] = totals.get(species, 0.0) + site.multiplicity * y
    if any(s.molecular for s in composition.sublattices) or not any(map(is_anion, totals)):
        return composition, Neutrality(asked=False)
    found = balance(_with_free_carbon(totals), [list(totals.values())])
    residual = float(found.residual[0])
    states = dict(zip(totals, found.states[0].tolist()))
    anionic = -sum(states[s] * n for s, n in totals.items() if states[s] < 0)
    if abs(residual) < _TINY * max(1.0, anionic):
        residual = 0.0
    if strict and abs(residual) > _ROUNDING * anionic:
        raise _not_neutral(where, residual, states)
    left_out = {s: float(v) for s, v in zip(totals, found.vacancies[0]) if v > _TINY}
    neutrality = Neutrality(asked=True, states=states, residual=residual, vacancies=left_out)
    return _without(composition, left_out), neutrality


def is_organic(species: Mapping[str, float]) -> bool:
    """Whether carbon has neighbours of carbon or hydrogen, as in acetates and oxalates; else it is C4+.

    >>> is_organic({"Ni": 1, "C": 4, "H": 6, "O": 4}), is_organic({"Li": 2, "C": 1, "O": 3})
    (True, False)
    """
    carbon, oxygen = species.get("C", 0.0), species.get("O", 0.0)
    return carbon > 0 and oxygen > 0 and ("H" in species or 2 * carbon <= oxygen < 3 * carbon)


def _with_free_carbon(totals: Mapping[str, float]) -> list[str]:
    """Species with the mean state of organic carbon that closes the charge while the metals keep their lowest."""
    if not is_organic(totals):
        return list(totals)
    highest = ["C4+" if s == "C" else s for s in totals]
    found = balance(highest, [list(totals.values())])
    surplus = max(float(found.residual[0] + found.vacancies[0] @ (found.states[0] > 0)), 0.0)
    state = max(4 - surplus / totals["C"], -4.0)
    return [f"C{abs(state):.12g}{'+' if state >= 0 else '-'}" if s == "C" else s for s in totals]


def _not_neutral(where: str, residual: float, states: dict[str, float]) -> InputError:
    given = f"charge {residual:+.3g} per formula unit with {', '.join(f'{s} {z:+.3g}' for s, z in states.items())}"
    closing = "alkali" if residual > 0 else "oxygen"
    most = MOST_ALKALI_VACANT if residual > 0 else MOST_OXYGEN_VACANT
    return InputError(
        where,
        given,
        f"a neutral formula, or one that vacancies on at most {100 * most:.0f} % of its {closing} sites make neutral",
        "Check the amounts, or write the oxidation states, like Mn2+.",
    )


def _without(composition: Composition, left_out: dict[str, float]) -> Composition:
    """Take ions out, of the site that holds most of them first."""
    sites = {s.label: dict(s.occupancies) for s in composition.sublattices}
    size = {s.label: s.multiplicity for s in composition.sublattices}
    for species, amount in left_out.items():
        for label in sorted(sites, key=lambda k: -size[k] * sites[k].get(species, 0.0)):
            missing = min(sites[label].get(species, 0.0), amount / size[label])
            if missing > 0:
                sites[label][species] -= missing
                sites[label][VACANCY] = sites[label].get(VACANCY, 0.0) + missing
                amount -= missing * size[label]
    return replace(composition, sublattices=tuple(_again(s, sites[s.label]) for s in composition.sublattices))


def _again(site: Sublattice, occupancies: dict[str, float]) -> Sublattice:
    return replace(site, occupancies={s: y for s, y in occupancies.items() if y > _TINY})
