"""Read a CSV the way laboratories write them: byte-order mark, semicolons or tabs, decimal commas."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

DELIMITERS = ";\t,"
_LONGEST = 50  # lines that one quoted cell may go over
_ALONE = "\x1f"  # a delimiter that no file holds: the whole line is one cell
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line of a table: its number in the file, and its cells by column name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A header and its rows; decimal commas of numbers have become points."""

    path: str
    header: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    encoding: str = "UTF-8"

    def numbers(self, column: str) -> list[float]:
        """A column as numbers; a cell that is none is named by its line."""
        return [as_number(row.cells[column], f"{self.path}, line {row.line}, column '{column}'") for row in self.rows]


def _refuse(fault: InputError) -> None:
    raise fault


def read_csv(path: str | Path, on_fault: Callable[[InputError], None] = _refuse) -> CsvTable:
    """A table with a header line. Lines that are empty or start with '#' are skipped.

    The delimiter is the one of semicolon, tab and comma (in this order) that the header holds; with none of them the
    file has one column. Where it is not the comma, the comma of a cell that is a number (``0,5``) is a decimal comma;
    names and formulas stay as written. Quoted cells may hold line breaks. A file that is no UTF-8 is read as
    Windows-1252, as German spreadsheets write it; ``encoding`` says which. Raises `InputError` for a file that cannot
    be read, has no rows or names a column twice. A row of another length than the header goes to ``on_fault``, which
    raises it; give a collector to leave such rows out instead.
    """
    where = str(path)
    text, encoding = _decoded(path)
    lines = text.splitlines()
    first = next((line for line in lines if _counts(line)), "")
    cells = list(_records(lines, next((d for d in DELIMITERS if d in first), _ALONE)))
    if len(cells) < 2:
        raise InputError(where, "no rows" if cells else "an empty file", "a header line and at least one row below it")
    header = tuple(cells[0][1])
    if len(set(header)) < len(header):
        raise InputError(f"{where}, line {cells[0][0]}", f"columns {', '.join(header)}", "each column named once")
    rows = []
    for line, row in cells[1:]:
        while len(row) > len(header) and not row[-1]:  # spreadsheets leave empty cells behind
            row = row[:-1]
        if len(row) == len(header):
            rows.append(CsvRow(line, dict(zip(header, row))))
        else:
            given = f"{len(row)} cells for {len(header)} columns"
            on_fault(InputError(f"{where}, line {line}", given, "one cell a column"))
    return CsvTable(where, header, tuple(rows), encoding)


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


def _decoded(path: str | Path) -> tuple[str, str]:
    """Text of a file, and in which encoding it is."""
    try:
        raw = Path(path).read_bytes()
        if b"\0" in raw:
            raise ValueError("binary")
        try:
            return raw.decode("utf-8-sig"), "UTF-8"
        except UnicodeDecodeError:
            return raw.decode("cp1252"), "Windows-1252"
    except (OSError, ValueError) as error:
        given = f"not a readable text file ({type(error).__name__})"
        raise InputError(str(path), given, "a CSV file in UTF-8 or Windows-1252") from None


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Number of its first line, and cells, of every record; a quoted cell may go on over further lines."""
    at = 0
    while at < len(lines):
        start, at = at, at + 1
        if _counts(lines[start]):
            cells = _split(lines[start], delimiter)
            for end in range(at + 1, min(at + _LONGEST, len(lines)) + 1) if _is_open(cells) else ():
                longer = _split("\n".join(lines[start:end]), delimiter)
                if not _is_open(longer):
                    cells, at = longer, end
                    break
            yield start + 1, _cleaned(cells, delimiter)


def _split(text: str, delimiter: str) -> list[str]:
    """Cells of a record; an open quote keeps the line break at its end."""
    text = text.rstrip(DELIMITERS + " ") if delimiter == _ALONE else text  # empty cells that spreadsheets leave behind
    try:
        return next(csv.reader((text + "\n").splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        given = f"a line that cannot be read ({error})"
        raise InputError("table", given, "a table of numbers, one row a line") from None


def _is_open(cells: list[str]) -> bool:
    return bool(cells) and cells[-1].endswith("\n")


def _cleaned(cells: list[str], delimiter: str) -> list[str]:
    cells = [c.strip() for c in cells]
    return cells if delimiter == "," else [c.replace(",", ".") if DECIMAL_COMMA.fullmatch(c) else c for c in cells]
