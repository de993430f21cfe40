"""What both kinds of tables need: what the user says, whole numbers, masses, the order of cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .columns import COMPARED, Column, Shown
from .layout import Layout

_SAME_MASS = 0.01  # relative
LARGEST_COUNT = 2**53  # beyond it neighbouring whole numbers are one to a float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the user says of a file; everything in SI, nothing with a default that stands for a measurement."""

    cell: str | None = None  # of the study
    mass: float | None = None  # kg of active material
    area: float | None = None  # m2 of electrode
    first: int | None = None  # the file's cycle at which ageing starts
    columns: Mapping[str, str] | None = None  # quantity -> header, or 'header [unit]'
    current_sign: str | None = None
    one_c: float | None = None  # A/kg


def whole(layout: Layout, shown: Shown, values: Mapping[str, np.ndarray], quantity: str) -> np.ndarray:
    column, given = shown.column(quantity), values[quantity]
    odd = np.flatnonzero(~(given == np.round(given)))
    if odd.size:
        text = "an empty cell" if np.isnan(given[odd[0]]) else f"{given[odd[0]]:g}"
        raise InputError(layout.where(int(values["row"][odd[0]]), column.header), text, "a whole number")
    if (huge := np.flatnonzero(np.abs(given) > LARGEST_COUNT)).size:
        first = huge[0]
        raise InputError(
            layout.where(int(values["row"][first]), column.header), f"{given[first]:g}", "a count or cycle"
        )
    return given.astype(np.int64)


def capacity_column(shown: Shown) -> Column | None:
    """The column that capacities of a record come from; None where the current is integrated."""
    return next((c for q in ("capacity", "step_capacity", "net_capacity") if (c := shown.column(q))), None)


def is_specific(shown: Shown) -> bool:
    column = capacity_column(shown)
    return column is not None and column.si == "C/kg"


def need_mass(shown: Shown, source: Source, specific: bool) -> None:
    if specific or source.mass is not None:
        return
    column = capacity_column(shown)
    what = f"capacity in {column.unit}" if column else "a current to integrate"
    remedy = "Give the mass of active material: --mass '12 mg'."
    raise InputError(shown.path, f"{what} and no mass", "capacity in mAh/g, or a mass", remedy)


def mass_told(shown: Shown, values: Mapping[str, np.ndarray], source: Source) -> list[str]:
    """The mass that a file with both capacities was made with, where it is not the one given."""
    first, second = shown.column("capacity"), shown.column(COMPARED)
    if first is None or second is None:
        return []
    per_cell, per_mass = (values[c.quantity] for c in sorted((first, second), key=lambda c: c.si == "C/kg"))
    large = per_mass > 0.5 * np.nanmax(per_mass)
    mass = float(np.nanmedian(per_cell[large] / per_mass[large])) if large.any() else 0.0
    if first.si == "C/kg":
        return [f"its capacity per mass is for {mass * 1e6:.4g} mg"]
    if abs(mass / source.mass - 1) > _SAME_MASS:
        return [f"its own capacity per mass is for {mass * 1e6:.4g} mg, not the {source.mass * 1e6:.4g} mg given"]
    return []


def in_words(numbers: np.ndarray) -> str:
    """Cycle numbers in words.

    >>> in_words(np.array([1, 2, 3, 7])), in_words(np.array([4]))
    ('cycles 1-3, 7', 'cycle 4')
    """
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    text = ", ".join(parts if len(parts) <= 6 else [*parts[:5], f"... {parts[-1]}"])
    return f"{'cycle' if len(numbers) == 1 else 'cycles'} {text}"


def check_first(number: np.ndarray, given: np.ndarray, path: str) -> None:
    if number.min() < 1:
        remedy = f"Ageing cycles count from 1: --first {given.min()} if ageing starts there."
        raise InputError(path, f"cycle {given.min()}", "1, 2, 3, ...", remedy)


def refuse_fall(layout: Layout, shown: Shown, values: Mapping[str, np.ndarray], before: int, after: int) -> None:
    lines = [layout.line(int(values["row"][k])) for k in (before, after)]
    cycle = values["cycle"]
    given = f"cycle {cycle[before]:g} in line {lines[0]}, then {cycle[after]:g} in line {lines[1]}"
    where = f"{layout.path}, column '{shown.column('cycle').header}'"
    raise InputError(where, given, "cycle numbers that rise", "Sort the rows, or give one file a test.")
