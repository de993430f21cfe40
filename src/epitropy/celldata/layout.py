"""A text export as it lies on the disk: encoding, lines before the header, delimiter, decimal sign; its columns."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..csvfile import DECIMAL_COMMA, DELIMITERS
from ..errors import InputError

_HEAD = 200_000  # bytes in which the header must begin
_MOST_PREAMBLE = 400  # lines
_SAMPLE = 50  # rows that show how numbers are written
_ZIPPED, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_COUNTED = re.compile(r"Nb header lines\s*:\s*(\d+)")  # EC-Lab
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_DURATION = re.compile(r"(?:(\d+)\s*d\w*[\s-]*)?(\d+):(\d+):(\d+(?:[.,]\d+)?)")


@dataclass(frozen=True)
class Layout:
    """Where the table of a file begins and how it is written; ``body`` are the bytes below the header."""

    path: str
    encoding: str
    delimiter: str
    decimal: str
    header: tuple[str, ...]
    header_line: int
    preamble: tuple[str, ...]
    body: bytes

    @cached_property
    def rows(self) -> bytes:
        """The body without remarks."""
        if not (self.body.startswith(b"#") or b"\n#" in self.body):
            return self.body
        return b"\n".join(line for line in self.body.split(b"\n") if not line.startswith(b"#"))

    def line(self, row: int) -> int:
        """Number in the file of a row of the table; slow, for messages."""
        at = -1
        for number, text in enumerate(self.body.split(b"\n"), self.header_line + 1):
            at += bool(text.strip()) and not text.startswith(b"#")
            if at == row:
                return number
        return self.header_line

    def where(self, row: int, header: str = "") -> str:
        """Place of a cell, for messages."""
        return f"{self.path}, line {self.line(row)}" + (f", column '{header}'" if header else "")


def read_layout(path: str | Path, score: Callable[[Sequence[str]], int]) -> Layout:
    """Find the table in a file: the header is the line whose cells ``score`` best, within the first lines.

    Raises `InputError` for a file that is missing, empty, a workbook or binary, or without a header.
    """
    raw, encoding = _bytes(path)
    lines = re.split("\r\n|\n|\r", raw[:_HEAD].decode(encoding, "replace"))[:_MOST_PREAMBLE]
    if not any(line.strip() for line in lines):
        raise InputError(str(path), "an empty file", "a header line and rows below it")
    at = _header_at(lines, score, str(path))
    delimiter = _delimiter(lines[at])
    header = tuple(c.strip().lstrip("~#").strip() for c in _cells(lines[at], delimiter))
    while header and not header[-1]:  # spreadsheets and EC-Lab leave empty cells behind
        header = header[:-1]
    body = _below(raw, at + 1)
    sample = [_cells(line, delimiter) for line in lines[at + 1 :] if line.strip() and not line.startswith("#")][
        :_SAMPLE
    ]
    if not body.strip():
        raise InputError(str(path), "a header and no rows", "at least one row below the header")
    found = Layout(
        path=str(path),
        encoding=encoding,
        delimiter=delimiter,
        decimal=_decimal(sample, delimiter),
        header=header,
        header_line=at + 1,
        preamble=tuple(lines[:at]),
        body=body,
    )
    for number, row in enumerate(sample):
        if any(cell.strip() for cell in row[len(header) :]):
            given = f"{len(row)} cells for {len(header)} columns"
            commas = "Decimal commas need semicolons or tabs between the columns." if delimiter == "," else ""
            raise InputError(found.where(number), given, "one cell a column", commas)
    return found


def _bytes(path: str | Path) -> tuple[bytes, str]:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror or 'no file'})", "a text file") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # some Windows programs write UTF-16
        with contextlib.suppress(UnicodeDecodeError):
            raw = raw.decode("utf-16").encode()
    if raw.startswith((_ZIPPED, _OLE)):
        remedy = "Open it and save the sheet as CSV, or export text from the cycler's program."
        raise InputError(str(path), "a workbook (xlsx or xls)", "a text file", remedy)
    if b"\0" in raw[:_HEAD]:
        remedy = "Export CSV or text from the cycler's program (BioLogic: .mpt, Neware: CSV)."
        raise InputError(str(path), "a binary file", "a text file", remedy)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    if raw.isascii():
        return raw, "utf-8"
    try:
        raw.decode("utf-8")
        return raw, "utf-8"
    except UnicodeDecodeError:
        return raw, "latin-1"  # as EC-Lab and Basytec write it: no byte fails


def _header_at(lines: Sequence[str], score: Callable[[Sequence[str]], int], path: str) -> int:
    counted = next((m for line in lines[:10] if (m := _COUNTED.search(line))), None)
    if counted and 0 < int(counted.group(1)) <= len(lines):
        return int(counted.group(1)) - 1
    best, at = 0, -1
    for number, line in enumerate(lines):
        cells = [c.strip().lstrip("~#").strip() for c in _cells(line, _delimiter(line))] if line.strip() else []
        if cells and not _is_data(cells) and (found := score(cells)) > best:
            best, at = found, number
    if at < 0:
        first = next((line for line in lines if line.strip() and not line.startswith(("#", "~"))), "")
        names = ", ".join(c.strip() for c in _cells(first, _delimiter(first)) if c.strip())
        remedy = "Name the columns: --column cycle=HEADER --column capacity='HEADER [mAh/g]'."
        raise InputError(path, f"no columns that are known in '{_short(names)}'", "cycle and capacity_mAh_g", remedy)
    return at


def _short(text: str, most: int = 100) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _is_data(cells: Sequence[str]) -> bool:
    return sum(bool(_NUMBER.fullmatch(c)) for c in cells) * 2 > len(cells)


def _delimiter(line: str) -> str:
    return next((d for d in DELIMITERS if d in line), ",")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell longer than any table's
        return [line]


def _decimal(sample: Sequence[Sequence[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    return "," if any(DECIMAL_COMMA.fullmatch(c.strip()) for row in sample for c in row) else "."


def _below(raw: bytes, lines: int) -> bytes:
    at = 0
    for _ in range(lines):
        end = raw.find(b"\n", at)
        if end < 0:
            return b""
        at = end + 1
    return raw[at:]


def read_columns(layout: Layout, numbers: Sequence[int], texts: Sequence[int]) -> dict[int, np.ndarray]:
    """Columns by position: numbers as floats (nan where a cell is empty), texts as objects.

    Rows without a single cell are kept as nan, so that row k is row k of the file. Raises `InputError` with the line of
    the first cell that is no finite number.
    """
    import pandas  # a third of a second

    beyond = len(layout.header)  # where a row has more cells than the header
    widest = (layout.delimiter * beyond + "\n").encode()  # a first row of that width: pandas drops the cells else
    try:
        frame = pandas.read_csv(
            io.BytesIO(widest + layout.rows),
            sep=layout.delimiter,
            header=None,
            names=list(range(beyond + 1)),
            index_col=False,
            usecols=sorted({*numbers, *texts, beyond}),
            dtype=dict.fromkeys(texts, "str"),
            decimal=layout.decimal,
            encoding=layout.encoding,
            na_values=[""],
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            engine="c",
        )
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
        raise InputError(layout.path, f"no table ({error})", "rows with one cell a column") from None
    frame = frame.iloc[1:]
    if frame[beyond].notna().any():
        row = int(np.argmax(frame[beyond].notna().to_numpy()))
        raise InputError(layout.where(row), "more cells than columns", "one cell a column")
    found = {at: _floats(layout, at, frame[at]) for at in numbers}
    for at in texts:
        found[at] = frame[at].fillna("").astype(str).str.strip().to_numpy(dtype=object)
    return found


def _floats(layout: Layout, at: int, series) -> np.ndarray:
    """A column as floats; text that was taken for numbers too late (a decimal comma far below) has a second chance."""
    import pandas

    if pandas.api.types.is_numeric_dtype(series) and series.dtype != bool:
        values = series.to_numpy(dtype=float)
        faulty = np.isinf(values)
        texts = series
    else:
        texts = series.astype("str").where(series.notna(), "").str.strip()
        empty = (texts == "").to_numpy()
        if _DURATION.fullmatch(next((t for t in texts if t), "")):
            values = _seconds(texts)
            faulty = np.isnan(values) & ~empty
        else:
            plain = texts if layout.delimiter == "," else texts.str.replace(",", ".", regex=False)
            values = pandas.to_numeric(plain, errors="coerce").to_numpy(dtype=float, copy=True)
            faulty = ~np.isfinite(values) & ~empty
    if faulty.any():
        row = int(np.argmax(faulty))
        raise InputError(layout.where(row, layout.header[at]), f"'{texts.iloc[row]}'", "a number")
    return values


def _seconds(texts) -> np.ndarray:
    """Durations such as 27:10:00.5 or 1d 03:10:00.5 in seconds; nan for what is none."""
    lines = "\n".join(texts.tolist()).replace(",", ".")
    if not re.search(r"[^0-9:.\n]|\n\n|^\n|\n$", lines) and lines.count(":") == 2 * len(texts):
        with contextlib.suppress(ValueError):  # all alike, as they mostly are: read as plain numbers
            hours, minutes, seconds = np.array(lines.replace(":", "\n").split("\n"), dtype=float).reshape(-1, 3).T
            return hours * 3600 + minutes * 60 + seconds
    parts = texts.str.extract(_DURATION.pattern + "$")
    days, hours, minutes, seconds = (
        parts[k].str.replace(",", ".").astype(float).to_numpy(dtype=float) for k in range(4)
    )
    return np.nan_to_num(days) * 86400 + hours * 3600 + minutes * 60 + seconds
