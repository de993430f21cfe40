"""A sweep's rows for other programs: one table with its intervals, as CSV or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..study import read_yaml
from .folder import BEST, FILE, STUDY, Folder
from .rows import INDEX
from .spec import Sweep, read_sweep

if TYPE_CHECKING:
    import pyarrow

FORMATS = ("csv", "parquet")


def sweep_of(folder: Folder) -> Sweep:
    """The sweep that a folder holds, with the study that lies in it."""
    text = (folder.path / FILE).read_text(encoding="utf-8")
    raw = read_yaml(text, FILE)
    return read_sweep(raw | {"study": STUDY}, folder.path)


def with_intervals(folder: Folder) -> pyarrow.Table:
    """All rows in the order of the grid; intervals beside those that have them."""
    import pyarrow

    rows, found = folder.table(), folder.table(BEST)
    if not found.num_columns or not rows.num_columns:
        return rows
    place = {index: n for n, index in enumerate(found[INDEX].to_pylist())}
    at = pyarrow.array([place.get(i) for i in rows[INDEX].to_pylist()], pyarrow.int64())
    for name in found.column_names:
        if name not in rows.column_names:
            rows = rows.append_column(name, found[name].take(at))
    return rows


def export(folder: Folder, to: str, path: Path) -> Path:
    """Write all rows as CSV or Parquet."""
    import pyarrow
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    if to not in FORMATS:
        raise InputError("--to", f"'{to}'", " or ".join(FORMATS))
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError("-o", f"'{path}'", "a file in a folder that exists")
    table = with_intervals(folder)
    if to == "csv":  # which has no lists: single draws are in the Parquet file
        table = table.drop_columns([f.name for f in table.schema if pyarrow.types.is_list(f.type)])
    aside = path.with_name(f"{path.name}.tmp")
    (csv.write_csv if to == "csv" else parquet.write_table)(table, aside)
    aside.replace(path)
    return path
