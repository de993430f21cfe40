"""Space group symbols to operations, in every tabulated setting: origins, axes and centrings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..errors import InputError
from ..records.phase import UnitCell

METRIC = 1e-4  # relative, of squared edges: cells of the library keep their symmetry exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One of the 530 settings in spglib's database.

    symbols: its spellings without blanks and underscores; the first is its own, the others may mean another setting
    too. choice: origin, axes or cell, as spglib says it. letter: centring. rotations (n, 3, 3), translations (n, 3).
    """

    hall: int
    number: int
    symbols: tuple[str, ...]
    choice: str
    letter: str
    rotations: np.ndarray
    translations: np.ndarray


def settings_of(space_group: str) -> tuple[Setting, ...]:
    """All settings that a Hermann-Mauguin symbol may mean, the likeliest first.

    A setting called exactly so goes before one that shares the short symbol (P2_1/c before P2_1/n), and the second
    origin choice, with the inversion centre at the origin, before the first.

    >>> [(s.hall, s.choice) for s in settings_of("Fd-3m")]
    [(526, '2'), (525, '1')]
    """
    wanted = space_group.replace("_", "").replace(" ", "")
    found = [s for s in tabulated() if wanted in s.symbols]
    if not found:
        raise InputError(
            "space_group", f"unknown symbol '{space_group}'", "a Hermann-Mauguin symbol like R-3m or P2_1/c"
        )
    return tuple(sorted(found, key=lambda s: (wanted not in s.symbols[:2], s.choice != "2", s.hall)))


def settings_that_fit(cell: UnitCell, space_group: str, rtol: float = METRIC) -> tuple[Setting, ...]:
    """The settings of a symbol whose operations keep the cell's metric, the likeliest first.

    >>> cubic = UnitCell(a=4.18e-10, b=4.18e-10, c=4.18e-10)
    >>> len(settings_that_fit(cubic, "Fm-3m")[0].rotations)
    192
    """
    found = tuple(s for s in settings_of(space_group) if keeps_metric(cell.matrix, s.rotations, rtol))
    if not found:
        raise InputError(
            f"cell of {space_group}",
            f"a, b, c = {cell.a:.4g}, {cell.b:.4g}, {cell.c:.4g} m do not have its symmetry",
            "edges and angles that the space group keeps",
            "Groups with R take hexagonal axes (gamma = 120 deg) or rhombohedral ones.",
        )
    return found


def keeps_metric(matrix: np.ndarray, rotations: np.ndarray, rtol: float = METRIC) -> bool:
    """Whether rotations of fractional coordinates leave all lengths and angles as they are."""
    metric = matrix @ matrix.T
    turned = np.swapaxes(rotations, 1, 2) @ metric @ rotations
    return bool(np.abs(turned - metric).max() <= rtol * metric.max())


@cache
def tabulated() -> tuple[Setting, ...]:
    """All settings of spglib's database."""
    import spglib

    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # spglib 2.7+ warns about its own default
        for hall in range(1, 531):
            kind, operations = spglib.get_spacegroup_type(hall), spglib.get_symmetry_from_database(hall)
            rows.append(
                Setting(
                    hall=hall,
                    number=kind.number,
                    symbols=_symbols(kind),
                    choice=kind.choice,
                    letter="P" if kind.choice == "R" else kind.international_full[0],
                    rotations=operations["rotations"].astype(np.int64),
                    translations=operations["translations"],
                )
            )
    return tuple(rows)


def _symbols(kind: Any) -> tuple[str, ...]:
    """The spellings of one setting without blanks and underscores: C2, C121; none of another centring."""
    full = kind.international_full
    names = ("".join(part for part in full.split() if part != "1"), full, kind.international_short)
    return tuple(n.replace(" ", "").replace("_", "") for n in names if n[0] == full[0])
