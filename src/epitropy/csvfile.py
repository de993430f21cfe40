"""Read a CSV the way laboratories write them: byte-order mark, semicolons or tabs, decimal commas."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

_DELIMITERS = ";\t,"
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line of a table: its number in the file, and its cells by column name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A header and its rows; decimal commas have become points."""

    path: str
    header: tuple[str, ...]
    rows: tuple[CsvRow, ...]

    def numbers(self, column: str) -> list[float]:
        """A column as numbers; a cell that is none is named by its line."""
        return [as_number(row.cells[column], f"{self.path}, line {row.line}, column '{column}'") for row in self.rows]


def _refuse(fault: InputError) -> None:
    raise fault


def read_csv(path: str | Path, on_fault: Callable[[InputError], None] = _refuse) -> CsvTable:
    """A table with a header line. Lines that are empty or start with '#' are skipped.

    The delimiter is the one of semicolon, tab and comma (in this order) that the header holds; where it is not the
    comma, a comma between digits is a decimal comma. Raises `InputError` for a file that cannot be read, has no
    rows or names a column twice. A row of another length than the header goes to ``on_fault``, which raises it;
    give a collector to leave such rows out instead.
    """
    where = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(where, f"not a readable text file ({type(error).__name__})", "a CSV file in UTF-8") from None
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise InputError(where, "no rows" if lines else "an empty file", "a header line and at least one row below it")
    delimiter = next((d for d in _DELIMITERS if d in lines[0][1]), ",")
    cells = [(n, _cells(line, delimiter)) for n, line in lines]
    header = tuple(cells[0][1])
    if len(set(header)) < len(header):
        raise InputError(f"{where}, line {lines[0][0]}", f"columns {', '.join(header)}", "each column named once")
    rows = []
    for line, row in cells[1:]:
        while len(row) > len(header) and not row[-1]:  # spreadsheets leave empty cells behind
            row = row[:-1]
        if len(row) == len(header):
            rows.append(CsvRow(line, dict(zip(header, row))))
        else:
            given = f"{len(row)} cells for {len(header)} columns"
            on_fault(InputError(f"{where}, line {line}", given, "one cell a column"))
    return CsvTable(where, header, tuple(rows))


def as_number(text: str, where: str) -> float:
    """A finite number.

    >>> as_number("0.5", "line 2")
    0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(where, f"'{text}'", "a number")
    return value


def _cells(line: str, delimiter: str) -> list[str]:
    cells = [c.strip() for c in next(csv.reader([line], delimiter=delimiter))]
    return cells if delimiter == "," else [_DECIMAL_COMMA.sub(".", c) for c in cells]
