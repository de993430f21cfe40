"""A row of a sweep as a study of its own, which any other verb and the app can go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from ..calibrate.ensemble import calibration_cell
from ..errors import InputError
from ..records.sourced import Sourced
from ..study import BLOCKS, WHOLE, Study, read_study
from .axes import Field
from .folder import Folder
from .rows import INDEX, KEY
from .setting import put, states, with_point
from .spec import Sweep

GIVEN = "as-given"  # added to the name of a cell whose data stay what they were


def study_of_row(folder: Folder, sweep: Sweep, index: int) -> tuple[dict[str, Any], str]:
    """(plain data of the study at a point of the table, a remark where its model is not the sweep's, else nothing).

    The model of a sweep stays solved for the study's own data. Where a varied field reaches the cell that was measured,
    that cell is added once more as it was, and the data are read from it.
    """
    row = next((r for rows in folder.batches() for r in _rows(rows, index)), None)
    if row is None:
        raise InputError("row", f"{index}", "a number in the column 'index' of the sweep's table")
    raw = with_point(sweep.raw, sweep.grid.fields, sweep.grid.at(index))
    point = "; ".join(f"{f.name} {_said(v)}" for f, v in zip(sweep.grid.fields, sweep.grid.at(index).values()))
    raw |= {"name": f"{sweep.name}-{index}", "note": f"Row {index} ({row[KEY]}) of the sweep {sweep.name}: {point}."}
    if sweep.study.calibration is None or _same(sweep.study, read_study(raw)):
        return raw, ""
    kept = _with_given(raw, sweep)
    if _same(sweep.study, read_study(kept)):
        return kept, ""
    return raw, "The cell whose data fix the model is varied too: as a study of its own it is solved for them anew."


def _rows(rows: Any, index: int) -> list[dict[str, Any]]:
    from pyarrow import compute

    return rows.select([INDEX, KEY]).filter(compute.equal(rows[INDEX], index)).to_pylist()


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {share:.4g}" for name, share in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _same(study: Study, other: Study) -> bool:
    """Whether the data that fix the model belong to the same cell in both."""
    return study.cells[calibration_cell(study)] == other.cells[calibration_cell(other)]


def _with_given(raw: Mapping[str, Any], sweep: Sweep) -> dict[str, Any]:
    """The study with its measured cell as it was beside the varied one."""
    name = sweep.study.calibration.cell
    given, shared = dict(sweep.raw["cells"].get(name) or {}), sweep.raw
    for block in BLOCKS:
        if given.get(block) != "none" and (shared.get(block) or given.get(block)):
            given[block] = _laid_over(shared.get(block), given.get(block))
    for field in sweep.grid.fields:  # a default that no file states would move with what is shared
        parts = tuple(field.name.split("."))
        if parts[0] in BLOCKS and given.get(parts[0]) != "none" and not states(given, parts):
            given = put(given, parts, _stated(_at(sweep.study.cells[name], parts), field))
    new = f"{name}-{GIVEN}"
    cells = {new: given, **raw["cells"]}  # the last cell stays a study's subject
    return {**raw, "cells": cells, "calibration": {**raw["calibration"], "cell": new}}


def _laid_over(shared: Any, own: Any, key: str = "") -> Any:
    """What a cell states over what is shared, as a study is read."""
    if not isinstance(own, Mapping) or not isinstance(shared, Mapping) or key in WHOLE:
        return shared if own is None else own
    return {**shared, **{k: _laid_over(shared.get(k), v, k) for k, v in own.items()}}


def _at(node: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        node = getattr(node, part, None) if is_dataclass(node) else (node or {}).get(part)
    return node


def _stated(value: Any, field: Field) -> Any:
    """A value with its spread as a study file states it."""
    if isinstance(value, Mapping):
        return {name: _stated(v, field) for name, v in value.items()}
    if not isinstance(value, Sourced):
        return value
    si = field.unit.si if field.unit else "1"

    def text(number: float) -> Any:
        return number if si == "1" else f"{number!r} {si}"

    told: dict[str, Any] = {"value": text(value.value), "grade": value.grade, "source": value.source}
    if value.label:
        told["label"] = value.label
    if value.uncertain:
        absolute = value.distribution in ("normal", "uniform")
        told |= {"distribution": value.distribution, "spread": [text(s) if absolute else s for s in value.spread]}
    return told
