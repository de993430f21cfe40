"""Results by content: the same question to the same weights is asked once."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..records.atoms import Potential, Relaxed
from ..records.phase import UnitCell
from ..records.structure import Structure
from .relax import Settings

T = TypeVar("T")
TASK = "relax 1"  # raised when the procedure changes, so that old answers are not taken for new ones
_FRACTION, _DIGITS = 6, 9  # decimals of fractional coordinates and significant digits of the cell that count


def cache_folder() -> Path:
    """Where results are kept: $EPITROPY_CACHE, else the user's cache."""
    if chosen := os.environ.get("EPITROPY_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "epitropy" / "atoms"


def key_of(structure: Structure, potential: Potential, seed: int, settings: Settings) -> str:
    """Hash of all that decides a relaxation: atoms, cell, weights, start and limits; names do not count."""
    cell = [f"{v:.{_DIGITS}g}" for v in asdict(structure.cell).values()]
    elements = [sorted(structure.occupancy[label].items()) for label in structure.labels]
    positions = (np.round(structure.positions, _FRACTION) + 0.0).tolist()
    asked = [TASK, potential.checksum, potential.name, seed, asdict(settings), cell, elements, positions]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]


def find(key: str) -> Relaxed | None:
    """The kept relaxation, or None; a file that cannot be read is set aside."""
    return _read(key, _relaxed)


def keep(key: str, found: Relaxed) -> None:
    """Write a relaxation whole or not at all."""
    keep_row(key, _plain(found))


def find_row(key: str) -> dict[str, Any] | None:
    """A kept row, as `find`."""
    return _read(key, dict)


def _read(key: str, made: Callable[[Any], T]) -> T | None:
    path = _path(key)
    try:
        return made(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):
        path.replace(path.with_suffix(".unreadable"))
        return None


def keep_row(key: str, row: Mapping[str, Any]) -> None:
    """Write a row whole or not at all."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as file:
        json.dump(row, file)
    os.replace(file.name, path)


def _path(key: str) -> Path:
    return cache_folder() / key[:2] / f"{key}.json"


def _plain(found: Relaxed) -> dict[str, Any]:
    rows = asdict(found)
    rows["site_energies"] = found.site_energies.tolist()
    rows["structure"]["positions"] = found.structure.positions.tolist()
    return rows


def _relaxed(rows: Mapping[str, Any]) -> Relaxed:
    structure = dict(rows["structure"])
    structure |= {
        "cell": UnitCell(**structure["cell"]),
        "labels": tuple(structure["labels"]),
        "positions": np.array(structure["positions"]),
    }
    made = {
        "potential": Potential(**rows["potential"]),
        "structure": Structure(**structure),
        "site_energies": np.array(rows["site_energies"]),
    }
    return Relaxed(**{**rows, **made})
