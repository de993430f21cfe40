"""A sweep on disk: Parquet parts, and a SQLite journal that says which of them count.

A part is written aside, flushed, renamed, and only then entered in the journal; whatever is not in the journal never
happened. So a run that is killed at any moment loses at most the chunks it was computing.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import InputError
from .rows import Made
from .spec import Sweep

if TYPE_CHECKING:
    import pyarrow

JOURNAL, PARTS, LOCK, FILE, STUDY, SHARDS = "journal.sqlite", "parts", "lock", "sweep.yaml", "study.yaml", "shards"
FORMAT = 1  # of the folder; a newer one is refused
ROWS, BEST, WARM = "rows", "best", "warm"  # kinds of parts
TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (
  kind TEXT NOT NULL, chunk INTEGER NOT NULL, file TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  rows INTEGER NOT NULL, failed INTEGER NOT NULL, left_out TEXT NOT NULL, sha256 TEXT NOT NULL,
  PRIMARY KEY (kind, chunk)
);
"""
WRITES = "a folder that 'epitropy sweep -o' wrote"


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the journal."""

    kind: str
    chunk: int
    file: str
    first: int
    last: int
    rows: int
    failed: int
    left_out: Mapping[str, int]
    sha256: str


class Folder:
    """The folder of one sweep."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return (self.path / JOURNAL).is_file()

    def meta(self) -> dict[str, str]:
        with self._journal() as journal:
            return dict(journal.execute("SELECT key, value FROM meta").fetchall())

    def parts(self, kind: str = ROWS) -> list[Part]:
        """What the journal holds, in the order of the grid."""
        with self._journal() as journal:
            rows = journal.execute("SELECT * FROM parts WHERE kind = ? ORDER BY chunk", (kind,)).fetchall()
        return [Part(*row[:7], json.loads(row[7]), row[8]) for row in rows]

    def begin(self, sweep: Sweep, texts: Mapping[str, str], chunk: int) -> None:
        """Make the folder, or check that it is this sweep's."""
        if self.exists:
            for name, text in texts.items():  # how many get intervals may have changed
                write_whole(self.path / name, text.encode())
            return
        told = {
            "format": str(FORMAT),
            "epitropy": __version__,
            "name": sweep.name,
            "hash": sweep.hash,
            "points": str(len(sweep.grid)),
            "chunk": str(chunk),
        }
        self.adopt(told, texts)

    def check(self, sweep: Sweep) -> None:
        """Refuse a place that holds something else, before anything is written."""
        if self.exists:
            self._check(sweep)
        elif self.path.exists() and not self.path.is_dir():
            raise InputError("-o", f"'{self.path}' is a file", "a folder")
        elif self.path.is_dir() and not _begun(self.path):
            raise InputError("-o", f"'{self.path}' holds other files", f"an empty or new folder, or {WRITES}")

    def note(self, key: str, value: str) -> None:
        """Keep a word about the sweep."""
        with self._journal() as journal, journal:
            journal.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def adopt(self, meta: Mapping[str, str], texts: Mapping[str, str]) -> None:
        """Make the folder; the journal comes last, and is the mark of a whole one."""
        (self.path / PARTS).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(self.path / name, text.encode())
        aside = self.path / f"{JOURNAL}.tmp"
        aside.unlink(missing_ok=True)
        with _opened(aside) as journal, journal:
            journal.executescript(TABLES)
            journal.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())
        aside.replace(self.path / JOURNAL)

    def _check(self, sweep: Sweep) -> None:
        meta = self.meta()
        check_format(self.path, meta)
        if meta.get("hash") != sweep.hash:
            written = meta.get("epitropy", "?")
            other = f"; it was begun by epitropy {written}, this is {__version__}" if written != __version__ else ""
            raise InputError(
                "-o", f"'{self.path}' holds another sweep, study or version{other}", "the same sweep, or a new folder"
            )

    def chunk_size(self) -> int:
        return int(self.meta()["chunk"])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for one run; a second one is refused, and a lock of a killed one is none."""
        from filelock import FileLock, Timeout

        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                "-o", f"another run is at work in '{self.path}'", "one run at a time", "Wait for it, or use --shard."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def sound(self, kind: str = ROWS) -> tuple[list[Part], list[str]]:
        """(parts that can be read, names of those set aside); those of the latter are to be computed again."""
        good, aside = [], []
        for part in self.parts(kind):
            path = self.path / PARTS / part.file
            if path.is_file() and _digest(path) == part.sha256:
                good.append(part)
                continue
            if path.is_file():
                path.replace(path.with_suffix(".corrupt"))
            with self._journal() as journal, journal:
                journal.execute("DELETE FROM parts WHERE kind = ? AND chunk = ?", (kind, part.chunk))
            aside.append(part.file)
        return good, aside

    def add(self, kind: str, chunk: int, first: int, last: int, made: Made, kinds: Mapping[str, str]) -> None:
        """Write a chunk's rows and enter them."""
        import pyarrow.parquet as parquet

        name = f"{kind}-{chunk:07d}.parquet"
        path = self.path / PARTS / name
        aside = path.with_suffix(".tmp")
        try:
            parquet.write_table(table_of(made.columns, kinds), aside, compression="zstd")
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            digest = _digest(aside)
            aside.replace(path)
        except BaseException:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise
        row = (kind, chunk, name, first, last, made.rows, made.failed, json.dumps(made.left_out), digest)
        with self._journal() as journal, journal:
            journal.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def take(self, part: Part, source: Path) -> None:
        """Copy a part of another folder of the same sweep and enter it."""
        write_whole(self.path / PARTS / part.file, (source / PARTS / part.file).read_bytes())
        row = (part.kind, part.chunk, part.file, part.first, part.last, part.rows, part.failed)
        with self._journal() as journal, journal:
            journal.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, json.dumps(part.left_out), part.sha256),
            )

    def forget(self, kind: str) -> None:
        """Leave out all parts of a kind, which something else than the grid has overtaken."""
        with self._journal() as journal, journal:
            journal.execute("DELETE FROM parts WHERE kind = ?", (kind,))

    def keep(self, kind: str, firsts: Sequence[int]) -> None:
        """Leave out parts of a kind that begin with none of these points."""
        kept = set(firsts)
        gone = [(kind, p.chunk) for p in self.parts(kind) if p.first not in kept]
        with self._journal() as journal, journal:
            journal.executemany("DELETE FROM parts WHERE kind = ? AND chunk = ?", gone)

    def forget_failed(self) -> None:
        """Leave out parts with failures, so that they are computed again."""
        with self._journal() as journal, journal:
            journal.execute("DELETE FROM parts WHERE failed > 0")

    def table(self, kind: str = ROWS) -> pyarrow.Table:
        """All rows in the order of the grid."""
        import pyarrow

        parts = list(self.batches(kind))
        return pyarrow.concat_tables(parts) if parts else pyarrow.table({})

    def batches(self, kind: str = ROWS) -> Iterator[pyarrow.Table]:
        """The same part by part, for tables that do not fit into memory."""
        import pyarrow.parquet as parquet

        for part in self.parts(kind):
            if not part.rows:
                continue
            try:
                yield parquet.read_table(self.path / PARTS / part.file)
            except (OSError, ValueError) as error:  # what its reader raises is a ValueError
                raise InputError(
                    str(self.path / PARTS / part.file),
                    f"cannot be read ({type(error).__name__})",
                    "a whole part",
                    "Run the sweep again: it is set aside and computed anew.",
                ) from None

    def _journal(self) -> AbstractContextManager[sqlite3.Connection]:
        return _opened(self.path / JOURNAL)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A journal; what SQLite says of a full disk is said as the system does."""
    try:
        with closing(sqlite3.connect(path, timeout=60)) as journal:
            journal.execute("PRAGMA synchronous = FULL")
            yield journal
    except sqlite3.OperationalError as error:
        if any(word in str(error) for word in ("full", "I/O", "unable to open")):
            raise OSError(errno.ENOSPC, f"No space left on the disk ({error})") from error
        raise
    except sqlite3.DatabaseError as error:
        raise InputError(str(path), f"cannot be read ({error})", "a whole journal") from None


def check_format(path: Path, meta: Mapping[str, str]) -> None:
    if int(meta.get("format", 0)) > FORMAT:
        raise InputError(
            str(path),
            f"a store of epitropy {meta.get('epitropy')}, format {meta['format']}",
            f"format {FORMAT} or older",
        )


def open_folder(path: Path) -> Folder:
    """A folder that a sweep wrote, or a fault."""
    folder = Folder(path)
    if not folder.exists:
        raise InputError(str(path), "no sweep", WRITES)
    check_format(path, folder.meta())
    return folder


def table_of(columns: Mapping[str, list], kinds: Mapping[str, str]) -> pyarrow.Table:
    """Rows as an Arrow table with the same columns whatever they hold."""
    import pyarrow

    types = {"number": pyarrow.float64(), "text": pyarrow.string(), "whole": pyarrow.int64()}
    types["numbers"] = pyarrow.list_(pyarrow.float64())
    schema = pyarrow.schema([(name, types[kind]) for name, kind in kinds.items()])
    return pyarrow.table(
        {name: pyarrow.array(columns[name], types[kind]) for name, kind in kinds.items()}, schema=schema
    )


def _begun(path: Path) -> bool:
    """Whether a folder holds nothing but what a run left that was killed before it began in earnest."""
    names = (LOCK, SHARDS, PARTS, FILE, STUDY)
    known = all(p.name.removesuffix("-journal").removesuffix(".tmp") in (*names, JOURNAL) for p in path.iterdir())
    return known and not (path / JOURNAL).exists() and not any((path / PARTS).glob("*.parquet"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    aside = path.with_suffix(path.suffix + ".tmp")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
