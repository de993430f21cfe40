"""Formal charges of whole crystals, each element with one mean state; ions left out of charged faces."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ..chemistry import formal_charges as by_ladder
from ..errors import InputError
from ..records.structure import VACANCY, Structure

_NEUTRAL = 1e-6


def formal_charges(structure: Structure, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Formal charge of every element of a crystal, adding up to zero, by the redox ladder (`chemistry`).

    ``given``: states that must stay; where all are given they need not add up. Raises `InputError` where the others
    cannot close the balance.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> formal_charges(model("TiNb2O7").structure)
    {'Nb': 5.0, 'O': -2.0, 'Ti': 4.0}
    """
    counts = {e: n for e, n in sorted(structure.element_counts.items()) if e != VACANCY and n > 0}
    fixed = {e: float(z) for e, z in (given or {}).items() if e in counts}
    states = by_ladder(counts, fixed, f"charges of {structure.name}")
    excess = sum(n * states[e] for e, n in counts.items())
    if abs(excess) > _NEUTRAL * sum(counts.values()) and len(fixed) < len(counts):
        said = ", ".join(f"{e} {z:+g}" for e, z in states.items())
        raise InputError(
            f"charges of {structure.name}", f"{said} leave {excess:+.3g}", "a neutral crystal", "Give the charges."
        )
    return states


def label_charges(structure: Structure, charges: Mapping[str, float] | None = None) -> dict[str, float]:
    """Mean formal charge of every sublattice; ``charges`` by element, or by label where sites differ.

    >>> from epitropy.crystals.wadsley_roth import model
    >>> label_charges(model("TiNb2O7").structure)["O"]
    -2.0
    """
    if bad := [k for k, z in (charges or {}).items() if isinstance(z, bool) or not isinstance(z, int | float)]:
        raise InputError("charges", f"{bad[0]}: {charges[bad[0]]!r}", "a number for every element")
    by_label = {k: float(z) for k, z in (charges or {}).items() if k in structure.occupancy}
    labels = sorted(set(structure.labels))
    if set(labels) <= set(by_label):
        return {k: by_label[k] for k in labels}
    by_element = formal_charges(structure, charges)
    return {
        k: by_label.get(k, sum(x * by_element.get(e, 0.0) for e, x in structure.occupancy[k].items())) for k in labels
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """Where a crystal ends: the charge left there [e per cell], and the ions that lie open.

    open_ions: (side, element) -> (charge of one [e], how many).
    """

    name: str
    charge: float
    open_ions: Mapping[tuple[str, str], tuple[float, int]]


LeftOut = tuple[str, str, int]  # side, element, how many


def ions_to_leave_out(boundaries: Sequence[Boundary], total: float) -> tuple[LeftOut | None, ...]:
    """Which ions to leave out at every boundary, one element each or none.

    Of all choices: first the one whose whole cell, of charge ``total`` [e] before, is nearest to neutral, then with
    the least squared charge left at the boundaries, then with the fewest ions missing. Never a whole plane.

    >>> faces = [Boundary(name=n, charge=z, open_ions={("film", e): (q, 2)}) for n, z, e, q in
    ...     (("interface", 2.0, "Ni", 2.0), ("film surface", -2.0, "O", -2.0))]
    >>> ions_to_leave_out(faces, 0.0)
    (('film', 'Ni', 1), ('film', 'O', 1))
    """
    *first, last = map(_choices, boundaries)
    charges = [q for _, q in last]

    def cost(chosen: tuple[_Choice, ...]) -> tuple[float, float, int]:
        whole = abs(total - sum(q for _, q in chosen))
        left = sum((b.charge - q) ** 2 for b, (_, q) in zip(boundaries, chosen))
        return round(whole, 6), round(left, 6), sum(one[2] for one, _ in chosen if one)

    def tried() -> Iterator[tuple[_Choice, ...]]:
        """What the last boundary needs follows from the others: the two charges next to the rest."""
        for chosen in product(*first):
            k = bisect(charges, total - sum(q for _, q in chosen))
            for one in last[max(k - 1, 0) : k + 1]:
                yield *chosen, one

    return tuple(one for one, _ in min(tried(), key=cost))


_Choice = tuple[LeftOut | None, float]


def _choices(boundary: Boundary) -> list[_Choice]:
    """None, and of every open element each number up to the first that takes the whole charge, never all of them.

    With the charge that goes, in its order; of equal charges the one with the fewest ions.
    """
    found: dict[float, _Choice] = {0.0: (None, 0.0)}
    for (side, element), (charge, count) in boundary.open_ions.items():
        wanted = math.ceil(boundary.charge / charge - 1e-9) if abs(charge) > _NEUTRAL else 0
        for n in range(1, min(wanted, count - 1) + 1):
            known, _ = found.get(round(n * charge, 6), (None, 0.0))
            if known is None or n < known[2]:
                found[round(n * charge, 6)] = (side, element, n), n * charge
    return sorted(found.values(), key=lambda choice: choice[1])
