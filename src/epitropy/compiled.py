"""Compile a numeric function with numba and keep the machine code between runs.

numba renews its cache by the date of the one file a function stands in, so a changed law in another file would go
unnoticed. Here the cache folder is named after the content of the room, the records and the constants: compiled code
takes nothing from elsewhere.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numba


def compiled(function: Callable, *, error_model: str = "python", inline: bool = False) -> Callable:
    """numba.njit without the interpreter lock, cached by content.

    ``inline`` puts the function's code where it is called (`inlined`): for small ones in inner loops.
    ``error_model="numpy"`` lets a division by zero give inf or nan in place of an exception.

    >>> from epitropy.cycling.laws import overload  # a compiled law
    >>> overload(1.0)
    0.5
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = before or _folder(Path(inspect.getfile(function)).parent)
    try:
        return numba.njit(cache=True, nogil=True, error_model=error_model, forceinline=inline)(function)
    except RuntimeError:  # nowhere to keep machine code, e.g. a read-only install without a home
        return numba.njit(nogil=True, error_model=error_model, forceinline=inline)(function)
    finally:
        numba.config.CACHE_DIR = before


inlined = partial(compiled, inline=True)


@cache
def _folder(room: Path) -> str:
    """A folder of the user's cache for this very code and what it takes from outside its room.

    Empty (numba's own choice) where none can be made.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    package = Path(__file__).parent
    digest.update((package / "constants.py").read_bytes())
    for source in sorted((*room.glob("*.py"), *(package / "records").glob("*.py"))):
        text = source.read_bytes()
        kept = b"compiled" in text or b"(NamedTuple)" in text or source.parent != room
        if kept and b"pybamm" not in text:
            digest.update(text)  # compiled functions, the records that they take, limits of tables
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base) / "epitropy" / "compiled" / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return ""
    return str(folder)
