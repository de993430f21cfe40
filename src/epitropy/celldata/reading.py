"""A file -> cells: the one verb of this room."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..records.measured import CellData
from .columns import TEXT, Shown, find_columns, score
from .layout import Layout, read_columns, read_layout
from .one_row import from_cycles
from .records import SIGNS, Series
from .said import Source, is_specific
from .time_series import from_records

_STATED_MASS = re.compile(r"^\s*(Mass of active material|Characteristic mass)\s*:\s*(\S.*?)\s*$")
_TELLING = ("current", "voltage", "time")  # columns of a table of records


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it was read: its columns, its cells, and the time series if it is one."""

    shown: Shown
    layout: Layout
    kind: str  # "one row a cycle" or "records"
    rows: int
    cells: tuple[CellData, ...]
    series: Series | None = None
    specific: bool = False  # the counters of the series are per mass
    notes: tuple[str, ...] = ()


def read_cells(
    path: str | Path,
    *,
    cell: str | None = None,
    mass: float | None = None,
    area: float | None = None,
    first: int | None = None,
    columns: Mapping[str, str] | None = None,
    current_sign: str | None = None,
    one_c: float | None = None,
    confirm: Callable[[Shown], bool] = lambda shown: False,
) -> tuple[CellData, ...]:
    """Cells of a file: epitropy's own CSV, Battery Data Format, or a text export of a cycler.

    ``mass`` [kg], ``area`` [m2] and ``one_c`` [A/kg] are never guessed. ``confirm`` is asked about the columns of a
    cycler's export, whose names promise nothing; ``columns`` names them. Raises `InputError` for all that a file cannot
    mean.

    >>> import tempfile
    >>> file = tempfile.NamedTemporaryFile("w", suffix=".csv")
    >>> _ = file.write("cycle,capacity_mAh_g\\n1,195\\n2,194.5\\n"); file.flush()
    >>> (found,) = read_cells(file.name, cell="bare")
    >>> found.cell, found.readings["capacity"].cycle.tolist(), (found.readings["capacity"].value / 3600).tolist()
    ('bare', [1, 2], [195.0, 194.5])
    """
    source = Source(
        cell=cell, mass=mass, area=area, first=first, columns=columns, current_sign=current_sign, one_c=one_c
    )
    return read_file(path, source, confirm).cells


def read_file(
    path: str | Path, source: Source | None = None, confirm: Callable[[Shown], bool] = lambda shown: False
) -> File:
    """The same with all that was seen on the way."""
    source = source or Source()
    if source.current_sign and source.current_sign not in SIGNS:
        raise InputError("--current-sign", f"'{source.current_sign}'", " or ".join(SIGNS))
    chosen = dict(source.columns or {})
    layout = read_layout(path, lambda header: score(header) + 50 * _holds(chosen, header))
    shown = find_columns(layout, chosen, source.mass is not None, source.area is not None)
    if shown.column("cycle") is None and not any(shown.column(q) for q in _TELLING):
        names = ", ".join(layout.header)
        raise InputError(layout.path, f"no column of cycles in '{names}'", "a column cycle", "--column cycle=HEADER")
    shown = _with_first_cells(shown, layout)
    if not shown.standard and not confirm(shown):
        remedy = "Look at what each column is taken for; give --yes if it is right, --column if not."
        raise InputError(layout.path, f"columns read as {shown.title}, not confirmed", "", remedy)
    values = _values(layout, shown)
    rows = len(next(iter(values.values())))
    notes = [*shown.notes, *_stated_masses(layout)]
    if _is_records(shown, values):
        found, kept, said = from_records(layout, shown, values, source)
        return File(
            shown=shown,
            layout=layout,
            kind="records",
            rows=rows,
            cells=(found,),
            series=kept,
            specific=is_specific(shown),
            notes=(*notes, *said),
        )
    cells, said = from_cycles(layout, shown, values, source)
    return File(shown=shown, layout=layout, kind="one row a cycle", rows=rows, cells=cells, notes=(*notes, *said))


def _holds(chosen: Mapping[str, str], header: Sequence[str]) -> int:
    names = {name.strip().casefold() for name in header}
    bare = (re.sub(r"\s*\[[^\[\]]+\]$", "", text).casefold() for text in chosen.values())
    return sum(text.casefold() in names or name in names for text, name in zip(chosen.values(), bare))


def _with_first_cells(shown: Shown, layout: Layout) -> Shown:
    """The first cells of each column, as the file has them."""
    head = [line for line in layout.rows[:20_000].decode(layout.encoding, "replace").splitlines() if line.strip()][:3]
    rows = list(csv.reader(head, delimiter=layout.delimiter))
    return replace(
        shown,
        columns=tuple(
            replace(c, first=tuple(row[c.at].strip() for row in rows if c.at < len(row))) for c in shown.columns
        ),
    )


def _values(layout: Layout, shown: Shown) -> dict[str, np.ndarray]:
    """Columns by quantity in SI, rows without any of them dropped; ``row`` is the number of each in the file."""
    texts = [c.at for c in shown.columns if c.quantity in (*TEXT, "rate")]
    raw = read_columns(layout, [c.at for c in shown.columns if c.at not in texts], texts)
    found = {c.quantity: raw[c.at] * c.factor if c.at not in texts else raw[c.at] for c in shown.columns}
    empty = np.ones(len(next(iter(found.values()))), dtype=bool)
    for values in found.values():
        empty &= (values == "") if values.dtype == object else np.isnan(values)
    found["row"] = np.flatnonzero(~empty)
    if empty.any():
        found = {q: v if q == "row" else v[~empty] for q, v in found.items()}
    if not len(found["row"]):
        raise InputError(layout.path, "a header and no rows", "at least one row below the header")
    return found


def _stated_masses(layout: Layout) -> list[str]:
    """Masses in a preamble are told and not used: cyclers fill in what nobody changed."""
    found = (m for line in layout.preamble if (m := _STATED_MASS.match(line)))
    return [f"the file states '{m.group(1)}: {m.group(2)}'; not used" for m in found]


def _is_records(shown: Shown, values: Mapping[str, np.ndarray]) -> bool:
    """Records have several rows a cycle, or no cycles; summaries may carry a current and a voltage too."""
    if not any(shown.column(q) for q in _TELLING):
        return False
    cycle = values.get("cycle")
    return cycle is None or len(np.unique(cycle)) < len(cycle)
