"""The phase verdict as sentences and rows, for the terminal and the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..constants import ATMOSPHERE, ZERO_CELSIUS
from ..phases.layer import stands_for
from ..records.phases import NOT_DECIDED
from .anneal_tables import axis_head, axis_values
from .numbers import field_text, fixed, significant, written

if TYPE_CHECKING:
    from ..records.phase import Phase
    from ..records.phases import EntriesVerdict, PhaseAssessment, PhasesAnswer, PhaseVerdict

Row = tuple[str, ...]
TITLES = {
    "layered": "layered",
    "rock salt": "disordered rock salt",
    "columbite": "columbite (α-PbO2)",
    "fluorite": "fluorite",
    "spinel": "spinel",
    "LiNbO3 type": "LiNbO3 type",
    "Wadsley-Roth": "Wadsley-Roth",
}
UNIT = "kJ per mole of cations, lithium aside"


def titled(host: str) -> str:
    """A structure by the name that people know."""
    return TITLES.get(host, host)


def kj(value: float, low: float | None = None, high: float | None = None) -> str:
    """Energy in kJ/mol, with its interval where there is one.

    >>> kj(12345.0), kj(5e3, 2e3, 9e3)
    ('12.3', '5.0 (2.0 to 9.0)')
    """
    if not math.isfinite(value):
        return "-"
    if low is None or high is None:
        return fixed(value / 1e3, 1)
    return written(value / 1e3, low / 1e3, high / 1e3)


def cations_text(composition: dict[str, float]) -> str:
    """Shares of cations, the largest first."""
    ranked = sorted(composition.items(), key=lambda item: -item[1])
    return ", ".join(f"{e} {fixed(100 * x, 1)} %" for e, x in ranked if x >= 5e-4)


def verdict_text(found: PhaseVerdict) -> list[str]:
    """The verdict in sentences: structure, one phase or several, runner-up, what it rests on."""
    degrees = f"{found.temperature - ZERO_CELSIUS:.0f} °C"
    gas = f"{significant(found.oxygen_pressure / ATMOSPHERE, 2)} atm of oxygen"
    one = titled(found.host)
    lines = [
        f"The layer ({cations_text(found.composition)}) at {degrees} in {gas}, open to lithium and oxygen: the best "
        f"single phase is {one}; this structure comes first in {fixed(100 * found.same_host, 0)} % of the draws."
    ]
    force = kj(found.driving_force, found.driving_low, found.driving_high)
    gains = "gains" if found.driving_force > 0 else "loses"
    if found.driving_force <= 0:
        force = kj(-found.driving_force, -found.driving_high, -found.driving_low)
    lines.append(f"As one phase it {gains} {force} {UNIT}, on the best assembly of compounds and other structures.")
    if found.splitting > 0:
        parts = ", ".join(f"{n} {fixed(100 * x, 0)} %" for n, x in found.assembly.items() if x >= 0.005)
        lines.append(
            f"With its own structure at other compositions counted too, it lies {kj(found.splitting)} above "
            f"the cheapest of all: {parts}. The host itself, known to be one phase, lies {kj(found.blind)} above "
            "its own by these energies: a gain up to that means nothing."
        )
    lines.append(f"It is a single phase in {fixed(100 * found.single_phase, 0)} % of the draws.")
    if found.runner_up:
        lines.append(f"Runner-up: {titled(found.runner_up)}, {kj(found.runner_gap)} above it.")
    lines.append(balance_text(found))
    if not math.isnan(found.misfit_a):
        lines.append(
            f"Its lattice, relaxed: a {100 * found.misfit_a:+.1f} %, c {100 * found.misfit_c:+.1f} % over the "
            f"lithiated host's (error {100 * found.misfit_error:.1f})."
        )
    lines.append(weakest_text(found))
    return lines


def balance_text(found: PhaseVerdict) -> str:
    """Enthalpy against entropy, where they cross, and the spinodal."""
    sign = "costs" if found.enthalpy > 0 else "gains"
    crossing = (
        "it keeps its sign between 27 and 1327 °C"
        if math.isnan(found.crossover_temperature)
        else f"it changes sign at {found.crossover_temperature - ZERO_CELSIUS:.0f} °C"
    )
    spinodal = "stable against small fluctuations" if found.stability > 0 else "inside the spinodal"
    return (
        f"Mixing {sign} {kj(abs(found.enthalpy))} of enthalpy against compounds alone and brings T S = "
        f"{kj(found.entropy_term)}; of the driving force {crossing}. The mixture is {spinodal} (lowest eigenvalue "
        f"{significant(found.stability, 2)}; 1 is ideal)."
    )


def crystal_text(crystal: Phase, found: PhaseAssessment) -> str:
    """The crystal that the cell's layer is taken to be, and whether the energies agree."""
    edges = f"a = {field_text(crystal.cell, 'a', 4)}"
    if not math.isclose(crystal.cell.c, crystal.cell.a):
        edges += f", c = {field_text(crystal.cell, 'c', 4)}"
    said = f"taken to be '{crystal.name}' ({crystal.structure}; {edges}, {crystal.cell_grade})"
    if found.host != NOT_DECIDED and stands_for(found.host) != crystal.name:
        return f"{said}, as the study says; the energies find {titled(found.host)}."
    return f"{said}."


def weakest_text(found: PhaseVerdict) -> str:
    """What the verdict leans on most."""
    weakest = found.weakest
    if weakest is None:
        return "Nothing with a known error moves the verdict."
    turns = "which turns the verdict" if weakest.flips else "which does not turn the verdict"
    missed = found.left_out[0] if found.left_out else None
    without = ""
    if missed is not None:
        without = (
            f" Without {missed.compound} among the competing compounds the driving force would be "
            f"{kj(missed.driving_force)}."
        )
    return (
        f"Weakest link: {weakest.what}. One standard deviation of it ({kj(weakest.error)}) moves the driving force by "
        f"{kj(abs(weakest.moves))}, {turns}.{without}"
    )


def second_text(first: PhaseVerdict, second: PhaseVerdict | None) -> str:
    """The other potential's opinion."""
    if second is None:
        return "No second potential's energies hold this layer."
    agree = "agrees on the structure" if second.host == first.host else f"prefers {titled(second.host)}"
    return (
        f"Second opinion: {second.potential} {agree}, driving force "
        f"{kj(second.driving_force, second.driving_low, second.driving_high)}; the two differ by "
        f"{kj(abs(second.driving_force - first.driving_force))}, which is the least that either is uncertain by. Their "
        "energies have no common zero and are never on one hull."
    )


def standing_rows(found: PhaseVerdict) -> tuple[Row, ...]:
    """Every structure at the layer's composition over the cheapest assembly of phases."""
    head = ("structure", "above the hull", "Li per cation", "T S", "")
    rows = [
        (
            titled(s.host),
            kj(s.above, s.low, s.high),
            "-" if math.isnan(s.lithium) else fixed(s.lithium, 2),
            kj(s.entropy_term),
            s.note,
        )
        for s in found.standings
    ]
    return (head, *rows)


def rest_rows(found: PhaseVerdict) -> tuple[Row, ...]:
    """What the verdict rests on."""
    head = ("what it rests on", "error", "moves the driving force by", "turns the verdict")
    rows = [(r.what, kj(r.error), f"{r.moves / 1e3:+.1f}", "yes" if r.flips else "no") for r in found.rests]
    return (head, *rows)


def left_out_rows(found: PhaseVerdict) -> tuple[Row, ...]:
    """The driving force without each compound."""
    head = ("compound left out", "driving force then", "structure then")
    return (head, *((r.compound, kj(r.driving_force), titled(r.host)) for r in found.left_out))


def assembly_rows(found: PhaseVerdict) -> tuple[Row, ...]:
    """The cheapest assembly of all phases."""
    return (
        ("cheapest of all", "share of the cations"),
        *((name, f"{fixed(100 * share, 1)} %") for name, share in found.assembly.items()),
    )


def node_rows(answer: PhasesAnswer) -> tuple[Row, ...]:
    """A map over settings, one line a point."""
    heads = tuple(axis_head(axis) for axis in answer.axes)
    columns = [axis_values(axis) for axis in answer.axes]
    lookup = [dict(zip(axis.values, values)) for axis, values in zip(answer.axes, columns)]
    head = (*heads, "structure", "driving force", "splitting", "runner-up", "gap", "Li per cation", "boundaries")
    rows = []
    for node in answer.nodes:
        at = tuple(str(names[value]) for names, value in zip(lookup, node.at))
        if node.failure:
            rows.append((*at, f"not decided: {node.failure}", *("-",) * 6))
            continue
        rows.append(
            (
                *at,
                titled(node.host),
                kj(node.driving_force),
                kj(node.splitting),
                titled(node.runner_up),
                kj(node.runner_gap),
                fixed(node.lithium, 2),
                f"{fixed(100 * node.boundary_fraction, 0)} %",
            )
        )
    return (head, *rows)


def entries_rows(found: EntriesVerdict) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """A user's own set: the cheapest compounds, and how far others lie above."""
    without = {row.compound: row.driving_force for row in found.left_out}
    first = [
        (name, f"{fixed(100 * share, 1)} %", "nothing holds its cations" if math.isinf(w := without[name]) else kj(w))
        for name, share in found.assembly.items()
    ]
    head = (f"cheapest compounds of {found.source}", "share of the cations", "dearer without it by")
    above = [(name, kj(value)) for name, value in found.above.items() if name not in found.assembly]
    return (head, *first), (("next nearest", "above the hull"), *above)


ENTRIES_NOTE = (
    "Compounds of your file alone, open to lithium and oxygen as above. The shipped mixtures have another zero of "
    "energy and are not on this hull, so it says what a layer in equilibrium would fall into, not whether it stays one "
    "phase."
)
READING = (
    f"Energies are in {UNIT}; intervals are 80 %. 'Above the hull': over the cheapest assembly of all compounds and "
    "structures. Solids are static lattices with ideal entropy of mixing; vibrations are taken to cancel."
)
