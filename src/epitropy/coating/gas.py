"""What a precursor is after firing, and what leaves it as gas."""

from __future__ import annotations

from dataclasses import replace

from ..catalogue import NONE, Phases, phase
from ..chemistry import element_counts, molar_mass
from ..errors import InputError
from ..records.phase import Phase
from ..sources import table

LEAVING = {"H", "C", "N"}  # as water, carbon dioxide, ammonia and nitrogen oxides
UNBOOKED = {"S", "Se", "Te", "Cl", "Br", "I"}  # may stay as a lithium salt or leave as an acid
RATIO = 1e-6  # relative difference between cation ratios that counts as none


def fired(precursor: Phase, phases: Phases = NONE) -> Phase:
    """What is on the powder after firing: the oxide that a precursor becomes, or the precursor itself.

    Density is the oxide's; ``wets`` and ``lithium_per_cation`` too where the precursor does not state its own. Raises
    `InputError` for a precursor with H, C or N that names no oxide, for an oxide with other cations, and for what may
    stay or leave.

    >>> fired(phase("Li2CO3")).formula, fired(phase("ZrO2")).formula
    ('Li2O', 'ZrO2')
    """
    where = f"phases.{precursor.name}.becomes"
    loses = loses_gas(precursor.formula)
    if not precursor.becomes:
        if loses:
            raise InputError(
                where,
                f"missing, and {precursor.formula} does not stay as it is on heating",
                f"the oxide that it leaves, e.g. 'becomes: {usual_oxide(precursor.formula)}'",
            )
        return precursor
    oxide = phase(precursor.becomes, phases)
    if oxide.becomes or loses_gas(oxide.formula):
        raise InputError(where, f"'{oxide.name}', which does not stay as it is either", "an oxide")
    _units(precursor, oxide)
    return replace(
        oxide,
        wets=oxide.wets if precursor.wets is None else precursor.wets,
        lithium_per_cation={**oxide.lithium_per_cation, **precursor.lithium_per_cation},
    )


def mass_left(precursor: Phase, oxide: Phase) -> float:
    """Mass of oxide per mass of dry precursor: n M_oxide/M, n formula units of oxide per one of precursor.

    The difference to one is what leaves as gas, net of oxygen taken up from the furnace gas.

    >>> round(mass_left(phase("Li2CO3"), phase("Li2O")), 4)
    0.4044
    """
    if precursor.formula == oxide.formula:
        return 1.0
    return _units(precursor, oxide) * molar_mass(oxide.formula) / molar_mass(precursor.formula)


def _units(precursor: Phase, oxide: Phase) -> float:
    """Formula units of oxide per one of precursor; their cations must be alike."""
    before, after = (cations(element_counts(p.formula)) for p in (precursor, oxide))
    ratios = [before[e] / after[e] for e in after if e in before]
    if before.keys() != after.keys() or not ratios or max(ratios) / min(ratios) - 1 > RATIO:
        raise InputError(
            f"phases.{precursor.name}.becomes",
            f"{oxide.formula} does not hold the cations of {precursor.formula}",
            "an oxide with the same cations in the same ratio",
        )
    return ratios[0]


def loses_gas(formula: str) -> bool:
    """Whether a precursor holds what leaves on heating; `InputError` for what may stay or leave.

    >>> [loses_gas(f) for f in ("Nb12WO33", "AlF3", "H2WO4", "Zr(NO3)4")]
    [False, False, True, True]
    """
    elements = element_counts(formula).keys()
    unclear = UNBOOKED & elements or ({"F"} & elements if LEAVING & elements else set())
    if unclear:
        raise InputError(
            f"coating.precursors, {formula}",
            f"whether its {min(unclear)} leaves as gas is not known here",
            "oxides, fluorides, hydroxides, carbonates, nitrates, ammonium and organic salts",
            "Name the oxide instead, and under 'purity' its share of what you weigh.",
        )
    return bool(LEAVING & elements)


def cations(counts: dict[str, float]) -> dict[str, float]:
    """Cations of any kind, lithium among them."""
    return {e: n for e, n in counts.items() if e not in LEAVING | {"O", "F"}}


def usual_oxide(formula: str) -> str:
    """The oxide of the first cation in the state it usually has after firing in air, for a message.

    >>> usual_oxide("NbC10H25O5"), usual_oxide("(NH4)6Mo7O24"), usual_oxide("Zr(NO3)4")
    ('Nb2O5', 'MoO3', 'ZrO2')
    """
    rows = table("oxidation_states.toml")
    element = next(iter(cations(element_counts(formula))), "Nb")
    state = int(rows["usual"].get(element, rows["fixed"].get(element, 4)))
    metal, oxygen = (1, state // 2) if state % 2 == 0 else (2, state)
    return f"{element}{'' if metal == 1 else metal}O{'' if oxygen == 1 else oxygen}"
