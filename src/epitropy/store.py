"""Results on disk: a folder is written aside and renamed, so that none is ever half-written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from . import __version__
from .answer import answer, read
from .errors import EpitropyError, InputError
from .records.result import StudyResult
from .study import Study, load_study, study_hash

MARK = "answer.json"  # a folder with this file is a result and may be replaced by a newer one
STUDY, PAGE = "study.yaml", "report.html"
C_PER_MAH_G = 3600.0
WRITES = "a folder that 'epitropy run -o' wrote"


def default_folder(result_name: str, study_hash: str) -> Path:
    """Where a run goes if nothing else is said: ``epitropy-results/<study>-<hash>``."""
    return Path("epitropy-results") / f"{result_name}-{study_hash[:8]}"


def fingerprint(*asked: object) -> str:
    """Digest of all that was asked for, so that one answer does not replace another."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def check_folder(folder: Path) -> None:
    """Refuse a target that holds something else, before anything is computed."""
    if folder.exists() and not folder.is_dir():
        raise InputError("-o", f"'{folder}' is a file", "a folder to make, or one with an earlier result")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InputError("-o", f"'{folder}' holds other files", "an empty or new folder, or one with an earlier result")
    parent = _existing_parent(folder)
    if not parent.is_dir():
        raise InputError("-o", f"'{parent}' is a file", "a folder inside a folder")
    if not os.access(parent, os.W_OK):
        raise InputError("-o", f"no permission to write in '{parent}'", "a folder that you may write to")


def _existing_parent(folder: Path) -> Path:
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    return parent


def save(result: StudyResult, folder: Path, *, page: str, study_text: str) -> Path:
    """Write answer, page, curves and the study's text; an earlier result there is replaced in one rename."""
    whole = {MARK: json.dumps(answer(result), indent=1), PAGE: page, STUDY: study_text}
    return save_files(whole | tables(result), folder)


def load(folder: Path) -> tuple[StudyResult, Study]:
    """A stored result with its study, whose numbers are those stored, whatever defaults say by now."""
    if not folder.is_dir():
        raise InputError(str(folder), "no such folder", WRITES)
    told = _stored_answer(folder)
    if not (folder / STUDY).is_file():
        raise InputError(str(folder), f"no {STUDY}", WRITES)
    try:
        result = read(told)
    except (KeyError, TypeError, ValueError, AttributeError, EpitropyError) as error:
        raise InputError(
            str(folder / MARK),
            f"not an answer as epitropy {__version__} writes it ({type(error).__name__}: {error})",
            "an answer of this version",
            "Run the study again.",
        ) from None
    study = load_study(str(folder / STUDY))
    if not _of_one_run(result, study):
        raise InputError(
            str(folder),
            f"{STUDY} names other cells, inputs or cycles than {MARK}",
            "both as one run wrote them",
            "Run the study again.",
        )
    return result, study.holding(result.inputs)


def _of_one_run(result: StudyResult, study: Study) -> bool:
    """Whether cells, names of inputs and numbers of cycles agree; values may have changed since."""
    told = result.headline.cells if result.headline else {}
    return (
        set(study.cells) == set(result.cells)
        and set(study.inputs()) == set(result.inputs)
        and all(cell.cycles == study.cells[name].protocol.cycles for name, cell in told.items())
    )


def changed_since(result: StudyResult, folder: Path) -> bool:
    """Whether the stored study would give another hash now: version, data or the file are not those of the run."""
    return study_hash(load_study(str(folder / STUDY))) != result.hash


def _stored_answer(folder: Path) -> dict:
    path = folder / MARK
    if not path.is_file():
        raise InputError(str(folder), f"no {MARK}", WRITES)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read ({type(error).__name__})", "a whole JSON file") from None
    if not isinstance(told, dict) or not {"study_hash", "stages", "epitropy_version"} <= set(told):
        raise InputError(str(path), "the answer of another command", "that of 'epitropy run'")
    if _release(told["epitropy_version"]) > _release(__version__):
        raise InputError(
            str(path), f"written by epitropy {told['epitropy_version']}", f"{__version__} or older", "Update epitropy."
        )
    return told


def _release(version: object) -> tuple[int, ...]:
    """Numbers of a version.

    >>> _release("0.10.1") > _release("0.9"), _release("1.0.dev3")
    (True, (1, 0, 3))
    """
    return tuple(int(n) for n in re.findall(r"\d+", str(version)))


def save_page(page: str, folder: Path) -> Path:
    """Put a new page in place of the folder's, in one rename; nothing else there changes."""
    handle, aside = tempfile.mkstemp(prefix=f".{PAGE}-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        os.chmod(aside, 0o644)
        os.replace(aside, folder / PAGE)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return folder


def save_files(texts: Mapping[str, str], folder: Path) -> Path:
    """Write files into a folder, all or none; ``answer.json`` among them marks it as a result."""
    check_folder(folder)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError("-o", f"'{folder}' cannot be made ({error.strerror})", "a folder that can be made") from None
    try:
        aside.chmod(0o755)
        for name, text in texts.items():
            (aside / name).write_text(text, encoding="utf-8")
        _replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _replace(aside: Path, folder: Path) -> None:
    """Put ``aside`` in place of ``folder``; the old one stays until the new one stands."""
    if not folder.exists():
        aside.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / folder.name)
    try:
        aside.rename(folder)
    except BaseException:  # also when interrupted: the old result goes back
        (old / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def tables(result: StudyResult) -> dict[str, str]:
    """Curves as CSV in the field's units: capacity over cycles, and each layer's depth profile."""
    found = {
        f"depth-profile-{name}.csv": _profile(cell) for name, cell in result.cells.items() if cell.anneal is not None
    }
    if result.headline is not None:
        found["capacity.csv"] = _capacity({n: c.band for n, c in result.headline.cells.items()})
    return found


def _profile(cell) -> str:
    rows = zip(cell.anneal.depth * 1e9, *cell.anneal.fraction, cell.entropy_profile)
    return _csv(["depth_nm", *cell.anneal.species, "entropy_J_per_mol_K"], rows)


def _capacity(bands: Mapping) -> str:
    cells = list(bands)
    head = ["cycle", *(f"{n}_{q}_mAh_g" for n in cells for q in ("low", "median", "high"))]
    columns = [getattr(bands[n], q) / C_PER_MAH_G for n in cells for q in ("low", "median", "high")]
    shortest = min(len(c) for c in columns)
    return _csv(head, zip(range(1, shortest + 1), *(c[:shortest] for c in columns)))


def _csv(head: list[str], rows) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([f"{v:.6g}" for v in row] for row in rows)
    return text.getvalue()
