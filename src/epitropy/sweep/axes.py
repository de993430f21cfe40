"""What a sweep varies: lists, ranges, Sobol samples and simplex grids of study fields, and the grid that they span."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ..catalogue import phase
from ..chemistry import molar_mass
from ..coating.stage import metals
from ..errors import InputError
from ..records.sourced import Sourced
from ..study import BLOCKS, CellStudy, Study
from ..units import Unit, convert, parse, ranges_of, unit_of

MOST_ON_AXIS = 5_000_000  # values of one axis, which are all held in memory
SEARCHED = 201  # values on a range without n, where a design searches
LARGEST_GRID = 2**62
SOURCE = "varied by the sweep"
SHAPES = "a list, {range: [A, B], n: N}, {log: [A, B], n: N}, or {simplex: [names], step: 5 %}"
PARTS = ("coating.precursors.", "cathode.composition.")  # shares, which are varied together
MASS, CATIONS = "mass", "cations"
NUMBER, CHOICE, MAPPING = "number", "choice", "mapping"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the study that is varied: a number with its unit, a choice, or a mapping of shares."""

    name: str
    kind: str
    unit: Unit | None = None
    of_cations: bool = False  # shares of a simplex are of cations, not of mass


@dataclass(frozen=True, slots=True)
class Axis:
    """Fields that move together, and the values of each at every step: SI numbers, texts, or mappings of shares."""

    fields: tuple[Field, ...]
    values: tuple[Sequence[Any], ...]
    text: str  # as the file states it, for messages

    def __len__(self) -> int:
        return len(self.values[0])


@dataclass(frozen=True, slots=True)
class Grid:
    """All combinations, the last axis fastest; a point is its index, so that no grid is held in memory."""

    axes: tuple[Axis, ...]

    def __len__(self) -> int:
        return math.prod(len(axis) for axis in self.axes)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(f for axis in self.axes for f in axis.fields)

    def steps(self, index: np.ndarray) -> tuple[np.ndarray, ...]:
        """Step on every axis of points by their index."""
        return np.unravel_index(index, [len(axis) for axis in self.axes]) if self.axes else ()

    def index(self, steps: Sequence[int]) -> int:
        """The point at a step on every axis."""
        return int(np.ravel_multi_index(tuple(steps), [len(axis) for axis in self.axes]))

    def at(self, index: int) -> dict[str, Any]:
        """Field name -> value of one point."""
        steps = self.steps(np.asarray(index))
        return {
            f.name: values[int(step)]
            for axis, step in zip(self.axes, steps)
            for f, values in zip(axis.fields, axis.values)
        }


def read_axes(vary: Any, sobol: Any, seed: Any, study: Study, searched: bool = False) -> Grid:
    """The ``vary`` and ``sobol`` entries of a sweep file; for a design, ranges without ``n`` have fine steps."""
    if not isinstance(vary, Mapping) or not vary:
        raise InputError("vary", repr(vary)[:60], f"dotted names, each with {SHAPES}")
    axes: list[Axis] = []
    open_ranges: list[tuple[Field, tuple[float, float], bool]] = []
    for name, given in vary.items():
        found = field_of(study, str(name))
        if isinstance(given, Mapping) and ("range" in given or "log" in given) and not {"n", "step"} & set(given):
            if searched:
                axes.append(_axis(found, {**given, "n": SEARCHED}, study))
                continue
            open_ranges.append((found, *_ends(found, given)))
        else:
            axes.append(_axis(found, given, study))
    if open_ranges:
        axes.append(_sobol(open_ranges, sobol, seed))
    elif sobol is not None:
        raise InputError("sobol", f"{sobol!r}", "ranges without n, from which the sample is drawn", "Leave out n.")
    points = math.prod(len(axis) for axis in axes)
    if points > LARGEST_GRID:
        raise InputError("vary", f"{points:.3g} points", f"at most {LARGEST_GRID:.3g}", "Give ranges a smaller n.")
    grid = Grid(tuple(axes))
    _apart(grid.fields, study)
    for axis in grid.axes:
        _check(axis, study)
    return grid


def field_of(study: Study, name: str) -> Field:
    """What a dotted name stands for in the study: ``coating.dose``, or ``coated.coating.dose`` of one cell alone."""
    first, _, rest = name.partition(".")
    one = first in study.cells
    path = rest if one else name
    if path.startswith(PARTS) or path == "cathode.composition":
        whole = "cathode.composition.M" if path.startswith("cathode.") else "coating.precursors"
        if path not in ("cathode.composition.M",):
            remedy = f"Vary {whole}: a list of mixtures, or a simplex."
            raise InputError(f"vary.{name}", "one of several shares that sum to one", "all of them together", remedy)
    cells = [study.cells[first]] if one else list(study.cells.values())
    if path.split(".")[0] not in BLOCKS:
        raise _unknown(study, name)
    for cell in reversed(cells):  # the coated one comes last
        if (found := _kind_at(cell, path.split("."))) is not None:
            return Field(name, *found)
    raise _unknown(study, name)


def _apart(fields: Sequence[Field], study: Study) -> None:
    """No two fields may reach the same place, or their order would decide."""
    seen: list[tuple[str, str, str]] = []
    for f in fields:
        first, _, rest = f.name.partition(".")
        cell, path = (first, rest) if first in study.cells else ("", f.name)
        for name, other, taken in seen:
            nested = path == taken or path.startswith(f"{taken}.") or taken.startswith(f"{path}.")
            if nested and (cell == other or not cell or not other):
                raise InputError(f"vary.{f.name}", f"it reaches what '{name}' varies", "each place once")
        seen.append((f.name, cell, path))


def _kind_at(cell: CellStudy, parts: Sequence[str]) -> tuple[str, Unit | None] | None:
    """(kind, unit) of what lies at a path of a cell; None where there is nothing."""
    node: Any = cell
    unit: Unit | None = None
    for part in parts:
        if is_dataclass(node) and part in {f.name for f in fields(node)}:
            unit = unit_of(type(node), part) or unit
            node = getattr(node, part)
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
        elif (
            isinstance(node, Mapping) and node and unit and part == parts[-1]
        ):  # a row that the study does not have yet
            return NUMBER, unit
        else:
            return None
    if isinstance(node, Sourced):
        return NUMBER, unit or Unit("1")
    if isinstance(node, Mapping):
        return MAPPING, unit or Unit("1", show="%")
    if isinstance(node, (str, bool, int)):
        return CHOICE, None
    if isinstance(node, float):
        return NUMBER, unit or Unit("1")
    return None


def _unknown(study: Study, name: str) -> InputError:
    import difflib

    near = difflib.get_close_matches(name, study.inputs(), 2)
    remedy = f"Did you mean {' or '.join(near)}?" if near else "'epitropy schema --names' lists all."
    return InputError(f"vary.{name}", "no field of this study", "the dotted name of an input", remedy)


def _axis(found: Field, given: Any, study: Study) -> Axis:
    where = f"vary.{found.name}"
    if isinstance(given, list):
        if not given:
            raise InputError(where, "an empty list", "at least one value")
        return Axis((found,), ([_value(found, v, where, study) for v in given],), f"{len(given)} values")
    if not isinstance(given, Mapping):
        return Axis((found,), ([_value(found, given, where, study)],), "one value")
    if "simplex" in given:
        return _simplex(found, given, study)
    if "range" in given or "log" in given:
        (low, high), log = _ends(found, given)
        count = _count(where, given, low, high, log, found.unit)
        values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
        return Axis((found,), ([float(f"{v:.12g}") for v in values],), f"{count} values")
    if found.kind == MAPPING:
        return Axis((found,), ([_value(found, given, where, study)],), "one value")
    raise InputError(where, f"keys {', '.join(map(str, given))}", SHAPES)


def _value(found: Field, given: Any, where: str, study: Study) -> Any:
    if found.kind == NUMBER:
        return _number(found, given, where)
    if found.kind == MAPPING:
        if not isinstance(given, Mapping) or not given:
            raise InputError(where, repr(given)[:60], "shares by name, e.g. {Nb12WO33: 80 %, ZrO2: 20 %}")
        part = Field(found.name, NUMBER, found.unit)
        shares = {str(k): _number(part, v, f"{where}.{k}") for k, v in given.items()}
        _check_shares(found, shares, where, study)
        return shares
    if not isinstance(given, (str, bool, int)):
        raise InputError(where, repr(given)[:60], "a name, a whole number, or true and false")
    return given


def _check_shares(found: Field, shares: Mapping[str, float], where: str, study: Study) -> None:
    """Shares of one, of things that are known."""
    total = sum(shares.values())
    if abs(total - 1) > 1e-6 or min(shares.values()) < 0:
        raise InputError(where, f"shares that sum to {total:g}", "shares from zero on that sum to 1")
    if found.name.endswith("precursors"):
        own = next((c.phases for c in study.cells.values() if c.phases), {})
        for name in shares:
            try:
                phase(name, own)
            except InputError as error:
                raise InputError(where, error.given, error.allowed, error.remedy) from None


def _number(found: Field, given: Any, where: str) -> float:
    unit = found.unit or Unit("1")
    try:
        return parse(given, unit.si, unit.shown)
    except InputError as error:
        raise InputError(where, error.given, error.allowed, error.remedy) from None


def _ends(found: Field, given: Mapping[str, Any]) -> tuple[tuple[float, float], bool]:
    where, log = f"vary.{found.name}", "log" in given
    _only(where, given, "log" if log else "range", "n", "step")
    if found.kind != NUMBER:
        raise InputError(where, f"a range of a {found.kind}", "a range of numbers, or a list")
    ends = given["log" if log else "range"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise InputError(where, repr(ends)[:60], "two ends, e.g. [0.2 wt%, 3 wt%]")
    low, high = (_number(found, end, where) for end in ends)
    if not low < high:
        raise InputError(where, f"ends {ends[0]} and {ends[1]}", "two rising ends")
    if log and low <= 0:
        raise InputError(where, f"a log range from {ends[0]}", "ends above zero")
    return (low, high), log


def _count(where: str, given: Mapping[str, Any], low: float, high: float, log: bool, unit: Unit | None) -> int:
    if "step" in given:
        if log or "n" in given:
            raise InputError(where, "a step", "n" if log else "either n or step")
        step = _step(where, given["step"], unit or Unit("1"))
        if (high - low) / step > MOST_ON_AXIS:
            raise InputError(f"{where}.step", f"{given['step']}", f"at most {MOST_ON_AXIS:,} steps")
        count = math.floor((high - low) / step * (1 + 1e-9) + 1e-9) + 1
        if abs(low + (count - 1) * step - high) > 1e-9 * abs(high - low):
            raise InputError(where, f"a step of {given['step']} that does not meet the upper end", "one that does")
    else:
        count = given["n"]
    return _whole(f"{where}.n", count, 2, MOST_ON_AXIS)


def _step(where: str, given: Any, unit: Unit) -> float:
    """A step is a difference: 25 degC are 25 K."""
    if unit.si == "K":
        match = re.fullmatch(r"\s*([-+.\deE]+)\s*(K|degC|°C|C)\s*", str(given))
        if not match:
            raise InputError(f"{where}.step", f"{given}", "a difference of temperatures, e.g. 25 K")
        given = f"{match[1]} K"
    step = _number(Field(where, NUMBER, unit), given, f"{where}.step")
    if step <= 0:
        raise InputError(f"{where}.step", f"{given}", "a step above zero")
    return step


def _whole(where: str, given: Any, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise InputError(where, repr(given)[:30], f"a whole number from {least} to {most}")
    return given


def _only(where: str, given: Mapping[str, Any], *allowed: str) -> None:
    for key in given:
        if key not in allowed:
            raise InputError(where, f"key '{key}'", ", ".join(allowed))


def _sobol(ranges: Sequence[tuple[Field, tuple[float, float], bool]], count: Any, seed: Any) -> Axis:
    """Scrambled Sobol points in the box of all ranges (10.1016/0041-5553(67)90144-9), by ``seed``."""
    from scipy.stats import qmc

    names = ", ".join(f.name for f, *_ in ranges)
    if count is None:
        raise InputError(f"vary.{ranges[0][0].name}", "a range without n", "n: N, or sobol: N for all such ranges")
    count = _whole("sobol", count, 2, MOST_ON_AXIS)
    rng = np.random.default_rng(_whole("seed", 0 if seed is None else seed, 0, 2**32 - 1))
    unit = qmc.Sobol(len(ranges), scramble=True, rng=rng).random_base2(math.ceil(math.log2(count)))[:count]
    columns = []
    for (_, (low, high), log), share in zip(ranges, unit.T):
        values = low * (high / low) ** share if log else low + (high - low) * share
        columns.append([float(f"{v:.12g}") for v in values])
    return Axis(tuple(f for f, *_ in ranges), tuple(columns), f"{count} Sobol points over {names}")


def _simplex(found: Field, given: Mapping[str, Any], study: Study) -> Axis:
    """All ways to share one among the names in whole steps: C(k + m - 1, m - 1) of m names at a step of 1/k."""
    where = f"vary.{found.name}"
    _only(where, given, "simplex", "step", "of")
    if found.kind != MAPPING:
        raise InputError(where, f"a simplex of a {found.kind}", "shares by name, such as coating.precursors")
    names = given["simplex"]
    if not isinstance(names, list) or not 2 <= len(names) <= 12 or len(set(map(str, names))) < len(names):
        raise InputError(f"{where}.simplex", repr(names)[:60], "2 to 12 different names")
    basis = given.get("of", MASS)
    if basis not in (MASS, CATIONS):
        raise InputError(f"{where}.of", repr(basis), f"{MASS} or {CATIONS}")
    step = _number(Field(where, NUMBER, Unit("1", show="%")), given.get("step", "10 %"), f"{where}.step")
    parts = round(1 / step) if 1e-4 <= step <= 1 else 0
    if not parts or abs(parts * step - 1) > 1e-9:
        raise InputError(f"{where}.step", f"{given.get('step')}", "a whole part of one, e.g. 5 % or 10 %")
    count = math.comb(parts + len(names) - 1, len(names) - 1)
    if count > MOST_ON_AXIS:
        raise InputError(where, f"{count:,} points of a simplex", f"at most {MOST_ON_AXIS:,}", "Take a larger step.")
    weights = [1.0] * len(names)
    if basis == CATIONS:
        weights = [_mass_per_cation(str(n), study, where) for n in names]
    rows = [_shares(names, [k / parts for k in point], weights) for point in simplex(len(names), parts)]
    moved = Field(found.name, MAPPING, found.unit, of_cations=basis == CATIONS)
    return Axis((moved,), (rows,), f"{count} points of a simplex of {len(names)}")


def simplex(names: int, parts: int) -> list[tuple[int, ...]]:
    """All tuples of whole numbers with this sum, in order.

    >>> simplex(3, 1)
    [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
    >>> len(simplex(5, 20))
    10626
    """
    found = []
    for bars in combinations(range(parts + names - 1), names - 1):
        edges = (-1, *bars, parts + names - 1)
        found.append(tuple(b - a - 1 for a, b in zip(edges, edges[1:])))
    return found


def _shares(names: Sequence[str], parts: Sequence[float], weights: Sequence[float]) -> dict[str, float]:
    """Shares above zero by name, of mass where ``weights`` are masses for each part."""
    masses = {str(n): p * w for n, p, w in zip(names, parts, weights) if p > 0}
    total = sum(masses.values())
    return {n: float(f"{m / total:.12g}") for n, m in masses.items()}


def _mass_per_cation(name: str, study: Study, where: str) -> float:
    """kg of a precursor for a mole of its cations."""
    own = next((c.phases for c in study.cells.values() if c.phases), {})
    try:
        found = phase(name, own)
        count = sum(metals(found.formula).values())
    except InputError as error:
        raise InputError(f"{where}.simplex", error.given, error.allowed, error.remedy) from None
    if not count:
        raise InputError(f"{where}.simplex", f"'{name}' brings no cation that stays", "precursors with metals")
    return molar_mass(found.formula) / count


def _check(axis: Axis, study: Study) -> None:
    """Numbers outside what a field may be are refused before anything is computed."""
    for found, values in zip(axis.fields, axis.values):
        if found.kind != NUMBER:
            continue
        within = _within(study, found.name)
        for value in (min(values), max(values)):
            if within and not within.allows(value):
                unit = found.unit or Unit("1")
                given = f"{convert(value, unit.si, unit.shown):.6g} {unit.shown}".removesuffix(" 1")
                raise InputError(f"vary.{found.name}", given, within.in_words(unit))


def _within(study: Study, name: str) -> Any:
    first, _, rest = name.partition(".")
    parts = (rest if first in study.cells else name).split(".")
    cells = [study.cells[first]] if first in study.cells else list(study.cells.values())
    for cell in cells:
        block = getattr(cell, parts[0], None)
        if block is not None and len(parts) > 1 and parts[1] in ranges_of(type(block)):
            return ranges_of(type(block))[parts[1]]
    return None
