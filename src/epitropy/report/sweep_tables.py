"""A sweep as lines and rows for a terminal: how far it is, and its best points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..sweep.axes import MAPPING
from ..sweep.design import BY_GRID, BY_POINTS, BY_TIME, ENDED, SPENT
from ..sweep.export import sweep_of
from ..sweep.folder import BEST, Folder
from ..sweep.front import front_of
from ..sweep.intervals import ENDS
from ..sweep.rows import DONE, INDEX, STATUS, titled
from ..sweep.run import INDICES, chosen
from ..sweep.sensitivity import from_text
from ..sweep.spec import Sweep
from .numbers import significant

SAID = 3  # factors that the terminal names
WHY_ENDED = {
    BY_POINTS: "its budget of points is used up (--points MORE goes on)",
    BY_TIME: "its time is used up (--time MORE goes on)",
    BY_GRID: "no other point is left",
    "": "not at its end: run the design again to go on",
}


def state(folder: Folder) -> list[str]:
    """How far a sweep is, in lines."""
    meta, parts = folder.meta(), folder.parts()
    rows, failed = sum(p.rows for p in parts), sum(p.failed for p in parts)
    if ENDED in meta:
        among = f"{meta['name']}: {rows:,} points of a search among {float(meta['points']):.3g}, {failed:,} failed"
        minutes = float(meta.get(SPENT, 0)) / 60
        return [f"{among}; {minutes:.2g} min; {WHY_ENDED[meta[ENDED]]}", *_foremost(meta)]
    chunks = -(-int(meta["points"]) // int(meta["chunk"]))
    lines = [f"{meta['name']}: {int(meta['points']):,} points, {rows:,} rows, {failed:,} failed"]
    if len(parts) < chunks:
        lines.append(f"{len(parts):,} of {chunks:,} chunks are done; run the sweep again to go on")
    left_out: dict[str, int] = {}
    for part in parts:
        for rule, count in part.left_out.items():
            left_out[rule] = left_out.get(rule, 0) + count
    lines += [f"'{rule}' takes out {count:,}" for rule, count in left_out.items()]
    return lines + _foremost(meta)


def _foremost(meta: Mapping[str, str]) -> list[str]:
    """What the first objective depends on most, where Sobol indices were asked for."""
    told = from_text(meta[INDICES]) if meta.get(INDICES) else None
    if told is None:
        return []
    if not told["indices"]:
        share = f"{100 * told['solved']:.0f} % of {told['samples']} base samples"
        return [f"no sensitivities: the model can meet the data in {share} only; ask for more"]
    parts = [
        f"{i.name} {100 * i.total[0]:.0f} % ({100 * i.total[1]:.0f} to {100 * i.total[2]:.0f})" for i in told["indices"]
    ]
    return [f"{told['goal']} depends most on {', '.join(parts[:SAID])}: total Sobol indices"]


def best_rows(folder: Folder, count: int) -> tuple[str, list[str], list[list[str]]]:
    """(title, header, rows) of the best points, or of the first ones where nothing is sought."""
    sweep = sweep_of(folder)
    table = folder.table()
    if not table.num_columns:
        return "No rows.", [], []
    place = {i: n for n, i in enumerate(table[INDEX].to_pylist())}
    if sweep.goals:
        points = chosen(sweep, folder)[:count]
        points = sorted(points, key=lambda i: _rank(table, place[i], sweep))
        front = front_of(folder, sweep)
        title = "Best, front by front; in brackets 80 % over all scenarios"
        title += "; * : no other is surely better" if front else ""
    else:
        points = [i for i, s in zip(table[INDEX].to_pylist(), table[STATUS].to_pylist()) if s == DONE][:count]
        front, title = frozenset(), "First rows"
    found = folder.table(BEST)
    spread = {i: n for n, i in enumerate(found[INDEX].to_pylist())} if found.num_columns else {}
    names = [n for n in table.column_names if n not in (INDEX, "key", "status", "stage", "message")]
    asked = [titled(sweep, n) for n, _ in sweep.goals]
    told = {titled(sweep, t) for t in sweep.told}
    mixed = {f.name: [n for n in names if n.startswith(f"{f.name}.")] for f in sweep.grid.fields if f.kind == MAPPING}
    parts = {n for ns in mixed.values() for n in ns}
    varied = [*mixed, *(n for n in names if n not in told and n not in parts)]
    head = ["point", *_short([*varied, *asked])]
    rows = []
    for i in points:
        row = [f"{i} *" if i in front else str(i)]
        for n in [*varied, *asked]:
            at = place[i]
            if n in mixed:
                row.append(mixture({p.removeprefix(f"{n}."): table[p][at].as_py() for p in mixed[n]}))
            else:
                row.append(_text(table[n][at].as_py()))
        for k, (name, _) in enumerate(sweep.goals):
            if i in spread:
                row[1 + len(varied) + k] += _interval(found, spread[i], name, sweep)
        rows.append(row)
    return title, head, rows


def mixture(shares: Mapping[str, float]) -> str:
    """Shares above zero by name, as people say them.

    >>> mixture({"Nb12WO33 [%]": 80.0, "ZrO2 [%]": 20.0, "HfO2 [%]": 0.0})
    'Nb12WO33 80 %, ZrO2 20 %'
    """
    parts = ((name.split(" [")[0], "%" if "[%]" in name else "", v) for name, v in shares.items() if v)
    return ", ".join(f"{name} {significant(float(v))} {unit}".strip() for name, unit, v in parts)


def _short(names: list[str]) -> list[str]:
    """Column names without the cell or block before them, where that leaves them apart."""
    cut = [n.split(".", 1)[1] for n in names]
    return [c if cut.count(c) == 1 else n for n, c in zip(names, cut)]


def _rank(table: Any, row: int, sweep: Sweep) -> tuple[float, ...]:
    return tuple((-1.0 if more else 1.0) * table[titled(sweep, n)][row].as_py() for n, more in sweep.goals)


def _interval(found: Any, row: int, name: str, sweep: Sweep) -> str:
    unit = sweep.known[name].unit
    low, high = (f"{name} {end} [{unit.shown}]" for end in (ENDS[0], ENDS[2]))
    if low not in found.column_names or found[low][row].as_py() is None:
        return ""
    return f" ({_text(found[low][row].as_py())} to {_text(found[high][row].as_py())})"


def _text(value: Any) -> str:
    if value is None or isinstance(value, float) and math.isnan(value):
        return "-"
    return significant(value) if isinstance(value, float) else str(value)
