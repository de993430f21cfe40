"""The cheapest way to place cations: phases side by side, each open to lithium and oxygen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..errors import NumericsError
from ..units import Unit

TRACE = 1e-6  # share of the cations below which a phase is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Candidate phases: name, share of every cation (n, cations), grand energy (n,) [J/mol of cations]."""

    names: tuple[str, ...]
    fractions: Annotated[np.ndarray, Unit("1")]
    energy: Annotated[np.ndarray, Unit("J/mol")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The cheapest assembly: shares of the cations by column, its energy, and the potentials of the cations."""

    shares: Annotated[np.ndarray, Unit("1")]
    energy: Annotated[float, Unit("J/mol")]
    potentials: Annotated[np.ndarray, Unit("J/mol")]


def cheapest(columns: Columns, composition: Sequence[float]) -> Assembly:
    """min sum_k s_k G_k with sum_k s_k x_k = x and s >= 0, a linear programme (scipy's HiGHS).

    The dual gives the potential of every cation: a column's G_k less its own cations' potentials is what it lies above
    the hull, 0 for those that are there.

    >>> columns = Columns(names=("A", "B", "AB"), fractions=np.array([[1, 0], [0, 1], [0.5, 0.5]]),
    ...                   energy=np.array([0.0, 0.0, -4.0]))
    >>> found = cheapest(columns, [0.75, 0.25])
    >>> found.energy, found.shares.tolist()
    (-2.0, [0.5, 0.0, 0.5])
    """
    from scipy.optimize import linprog

    scale = max(float(np.abs(columns.energy).max(initial=1.0)), 1.0)
    middle = float(np.median(columns.energy))  # a common zero does not move the answer, but conditions it
    solved = linprog(
        (columns.energy - middle) / scale,
        A_eq=columns.fractions.T,
        b_eq=np.asarray(composition, dtype=float),
        bounds=(0, None),
        method="highs",
    )
    if not solved.success:
        raise NumericsError("phases", f"no assembly of phases holds this composition ({solved.message})", "")
    return Assembly(
        shares=np.where(solved.x > TRACE, solved.x, 0.0),
        energy=float(solved.fun * scale + middle * sum(composition)),
        potentials=np.asarray(solved.eqlin.marginals) * scale + middle,
    )


def above(columns: Columns, assembly: Assembly) -> np.ndarray:
    """How far each column lies above the hull, J/mol of its cations."""
    return columns.energy - columns.fractions @ assembly.potentials


def simplex(parts: int, steps: int) -> np.ndarray:
    """All compositions of ``parts`` in steps of 1/``steps``, shape (n, parts).

    >>> simplex(2, 2).tolist()
    [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    if parts == 1:
        return np.ones((1, 1))
    rows = [
        np.column_stack([np.full(len(rest), k / steps), rest * (steps - k) / steps])
        for k in range(steps + 1)
        for rest in [simplex(parts - 1, steps - k) if k < steps else np.zeros((1, parts - 1))]
    ]
    return np.concatenate(rows)
