"""Sweeps and designs in the folder of the app: which there are, their best rows, one of them as a study."""

from __future__ import annotations

import json
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import EpitropyError, InputError
from .calls import Fault

MOST, SHOWN = 200, 100  # stores that are listed, rows of one
PAGE = "sweep.html"
NEEDS = "Sweeps are read with the extra 'sweep': pip install 'epitropy[sweep]', then start the app again."


def stores(folder: str) -> dict[str, Any]:
    """Names and states of what lies directly in a folder."""
    if any(find_spec(name) is None for name in ("pyarrow", "filelock")):
        return {"folder": folder, "stores": [], "note": NEEDS}
    from ..report.sweep_tables import state
    from ..sweep.folder import JOURNAL, open_folder

    found = []
    for path in sorted(p for p in Path(folder).iterdir() if (p / JOURNAL).is_file())[:MOST]:
        try:
            told = {"state": state(open_folder(path))[0], "fault": ""}
        except EpitropyError as error:
            told = {"state": "", "fault": str(error)}
        found.append({"name": path.name, "page": (path / PAGE).is_file(), **told})
    return {"folder": folder, "stores": found, "note": ""}


def store(folder: str, name: str) -> dict[str, Any]:
    """The best rows of one store, with intervals where there are any."""
    from ..report.sweep_tables import best_rows, state
    from ..sweep.export import sweep_of

    found = _found(folder, name)
    sweep = sweep_of(found)
    title, header, rows = best_rows(found, SHOWN)
    return {
        "name": name,
        "title": sweep.title,
        "state": state(found),
        "best": title,
        "header": header,
        "rows": rows,
        "points": [int(row[0].split()[0]) for row in rows],
        "scenario": sweep.scenario,
        "command": f"epitropy show {shlex.quote(str(Path(folder) / name))}",
    }


def row(folder: str, name: str, index: int) -> dict[str, Any]:
    """The plain data of a row as a study, and what there is to say of it."""
    from ..sweep.export import sweep_of
    from ..sweep.opened import study_of_row

    found = _found(folder, name)
    raw, remark = study_of_row(found, sweep_of(found), index)
    return {"raw": json.loads(json.dumps(raw, default=str)), "remark": remark}


def page_of(folder: Path, name: str) -> Path:
    """The page of one store."""
    path = _within(folder, name) / PAGE
    if not path.is_file():
        raise Fault(f"'{name}' has no page yet: it is made when the sweep is done", 404)
    return path


def _found(folder: str, name: str) -> Any:
    from ..sweep.folder import open_folder

    return open_folder(_within(Path(folder), name))


def _within(folder: Path, name: str) -> Path:
    """A folder directly below; never a path, never a link that leads away."""
    path = folder / name
    if Path(name).name != name or name in ("", ".", "..") or path.resolve().parent != folder.resolve():
        raise InputError("sweep", f"'{name}'", "the name of a sweep in the app's folder")
    return path
