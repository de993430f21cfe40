"""The construction rule: blocks of m x n corner-sharing octahedra, sheared against each other by half an octahedron.

Points lie on an integer grid (x, z, y): x and z count halves of the grid unit u (quarters of an octahedron), y counts
quarters of the repeat b. Within a block one metal follows another every 4 points, along x, z and y.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from ..errors import InputError
from ..records.phase import UnitCell
from ..records.structure import Block, Structure
from ..sources import sourced, table

Shares = Mapping[str, Mapping[str, float]]

_AROUND_A_METAL = ((2, 0, 0), (-2, 0, 0), (0, 2, 0), (0, -2, 0), (0, 0, 2))  # (0, 0, -2) is the next one's (0, 0, 2)
_LEVEL = 2  # every step from block to block also climbs half the repeat


def grid_unit() -> float:
    """u, half an octahedron across the blocks [m]."""
    return sourced(table("wadsley_roth.toml")["grid"]["unit"], "m", "wadsley_roth.unit").value


def grid_repeat() -> float:
    """b, an octahedron along the columns [m]."""
    return sourced(table("wadsley_roth.toml")["grid"]["repeat"], "m", "wadsley_roth.repeat").value


def model_names() -> tuple[str, ...]:
    """Compounds with a bundled model.

    >>> model_names()
    ('Nb12WO33', 'Nb14W3O44', 'Nb16W5O55', 'TiNb2O7', 'Ti2Nb10O29')
    """
    return tuple(name for name in table("wadsley_roth.toml") if name != "grid")


@cache
def model(name: str) -> Block:
    """The block structure of a compound, its cations on their sites; on the ideal grid, not relaxed.

    >>> model("Nb12WO33").structure.element_counts
    {'Nb': 12.0, 'O': 33.0, 'W': 1.0}
    """
    if name not in model_names():
        raise InputError("model", f"'{name}' has none", ", ".join(model_names()), "Any other block: block(m, n, ...).")
    row = table("wadsley_roth.toml")[name]
    occupancy = {site: {e: n / sum(on.values()) for e, n in on.items()} for site, on in row["sites"].items()}
    made = block(
        row["m"],
        row["n"],
        tetrahedra=row["tetrahedra"],
        occupancy={**occupancy, "O": {"O": 1.0}},
        formula_units_per_block=row["formula_units_per_block"],
        name=name,
    )
    return replace(made, structure=replace(made.structure, grade=row["grade"], source=row["source"]))


def block(
    m: int,
    n: int,
    *,
    tetrahedra: bool,
    occupancy: Shares | None = None,
    formula_units_per_block: int = 1,
    unit: float | None = None,
    repeat: float | None = None,
    name: str = "",
) -> Block:
    """Periodic structure of blocks of m x n corner-sharing octahedra.

    With tetrahedra, blocks step by (2m - 1, 2) and (-2, 2n - 1) units and four of them leave a tetrahedral site:
    T M_mn O_(3mn - m - n + 4). Without, they step by (2m - 1, 2) and (0, 2n - 1), joined to endless ribbons:
    M_mn O_(3mn - m - n). Each step climbs half the repeat.

    The conventional cell is C-centred and holds two blocks: a is twice the shorter step, c the shorter of the steps'
    sum and difference, beta >= 90 deg. The origin lies on a tetrahedral site or in the middle of a block. Without an
    occupancy the elements are `balanced`. Raises `InputError` for blocks below 2 x 2 and for shares that do not add up
    to 1.

    unit, repeat: u and b [m]; the bundled ones fit real cells within 1.1 % an edge. The rule puts into numbers what
    Roth and Wadsley, Acta Cryst. 19 (1965) 26, tell of ribbons and of junctions with tetrahedra.

    >>> block(3, 3, tetrahedra=True).structure.element_counts
    {'Nb': 9.0, 'O': 25.0, 'P': 1.0}
    """
    if any(not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 2 for k in (m, n)):
        raise InputError("block", f"{m} x {n} octahedra", "two whole numbers of 2 or more")
    unit, repeat = unit or grid_unit(), repeat or grid_repeat()
    a, c = edges(*steps(m, n, tetrahedra))
    start = origin(m, n, tetrahedra)
    sites = sites_of(m, n, tetrahedra)
    atoms = {k: _in_cell(points - start, a, c) for k, points in sites.items()}
    labels = tuple(k for k, points in atoms.items() for _ in points)
    structure = Structure(
        name=name or f"{m} x {n} blocks {'with' if tetrahedra else 'without'} tetrahedra",
        cell=_cell(a, c, unit, repeat),
        labels=labels,
        positions=np.concatenate(list(atoms.values())),
        occupancy=occupancy or balanced(m, n, tetrahedra),
        formula_units=2 * formula_units_per_block,
        source="ideal grid, not relaxed: the rule of Roth and Wadsley, Acta Cryst. 19 (1965) 26",
    )
    windows = _in_cell(windows_of(m, n) - start, a, c)
    return Block(m=m, n=n, tetrahedra=tetrahedra, structure=structure, windows=windows)


def balanced(m: int, n: int, tetrahedra: bool) -> Shares:
    """Elements that balance the charge of a block: W on T, Nb on M, and W or Ti for so much of M as is asked.

    Oxygen asks of M, beside Nb5+, for (m-2)(n-2) - 2 charges with W6+ on T, for (m-2)(n-2) - 4 in ribbons: as many
    W6+ where that is positive, as many Ti4+ where it is negative. Where one charge is too many and there is a
    tetrahedron, P5+ takes it instead, as in PNb9O25. At random over M; all of it assumed.

    >>> balanced(4, 4, True)["M"], balanced(3, 3, True)["T"]
    ({'Nb': 0.875, 'W': 0.125}, {'P': 1.0})
    """
    asked = (m - 2) * (n - 2) - (2 if tetrahedra else 4)
    phosphorus = tetrahedra and asked == -1
    share = 0 if phosphorus else abs(asked) / (m * n)
    metals = {"Nb": 1 - share, "W" if asked > 0 else "Ti": share}
    return {
        **({"T": {"P" if phosphorus else "W": 1.0}} if tetrahedra else {}),
        "M": {element: s for element, s in metals.items() if s},
        "O": {"O": 1.0},
    }


def steps(m: int, n: int, tetrahedra: bool) -> tuple[np.ndarray, np.ndarray]:
    """The two steps from block to block, in grid points (x, z, y).

    >>> [s.tolist() for s in steps(3, 4, True)]
    [[10, 4, 2], [-4, 14, 2]]
    """
    return (
        np.array([2 * (2 * m - 1), 4, _LEVEL]),
        np.array([-4 if tetrahedra else 0, 2 * (2 * n - 1), _LEVEL]),
    )


def sites_of(m: int, n: int, tetrahedra: bool) -> dict[str, np.ndarray]:
    """Grid points of one block by sublattice; oxygens that blocks share are still listed by each."""
    metals = np.array([(4 * i, 4 * j, 0) for i in range(m) for j in range(n)])
    oxygens = (metals[:, None] + np.array(_AROUND_A_METAL)).reshape(-1, 3)
    return {**({"T": np.array([[1, -3, -1]])} if tetrahedra else {}), "M": metals, "O": oxygens}


def windows_of(m: int, n: int) -> np.ndarray:
    """Between every four neighbouring metals of a block, at their height."""
    return np.array([(4 * i + 2, 4 * j + 2, 0) for i in range(m - 1) for j in range(n - 1)])


def origin(m: int, n: int, tetrahedra: bool) -> np.ndarray:
    """Origin of the cell, counted from the first metal: a tetrahedral site, or the middle of the block."""
    return np.array([1, -3, 2]) if tetrahedra else np.array([2 * m - 2, 2 * n - 2, 0])


def edges(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """In-plane edges a and c: a/2 climbs half the repeat, c does not climb."""
    half = min(first, second, key=lambda s: int(s[:2] @ s[:2]))[:2]
    c = min(first - second, first + second, key=lambda s: int(s[:2] @ s[:2]))[:2]
    return 2 * half, -c if half @ c > 0 else c


def _in_cell(points: np.ndarray, a: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Fractional coordinates of the points and their images by the centring, each once, sorted.

    Integers throughout: x a* and x c* are numerators over the cell's determinant, so points merge exactly.
    """
    points = np.concatenate([points, points + [*(a // 2), _LEVEL]])
    area = int(a[0] * c[1] - a[1] * c[0])
    up = 1 if area > 0 else -1  # b points so that a, b, c are right-handed
    x, z, y = points.T
    found = np.stack([up * (x * c[1] - z * c[0]), up * y, up * (z * a[0] - x * a[1])], 1)
    denominators = np.array([abs(area), 4, abs(area)])
    return np.unique(found % denominators, axis=0) / denominators


def _cell(a: np.ndarray, c: np.ndarray, unit: float, repeat: float) -> UnitCell:
    edge_a, edge_c = math.hypot(*a), math.hypot(*c)
    beta = math.acos(int(a @ c) / (edge_a * edge_c))
    return UnitCell(a=edge_a * unit / 2, b=repeat, c=edge_c * unit / 2, beta=beta)
