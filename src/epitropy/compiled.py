"""Compile a numeric function with numba and keep the machine code between runs.

numba renews its cache by the date of the one file a function stands in, so a changed law in another file would go
unnoticed. Here the cache folder is named after the content of the whole package.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numba


def compiled(function: Callable, *, error_model: str = "python") -> Callable:
    """numba.njit without the interpreter lock, cached by content.

    ``error_model="numpy"`` lets a division by zero give inf or nan in place of an exception.

    >>> compiled(lambda x: 2.0 * x)(1.5)
    3.0
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = before or _folder()
    try:
        return numba.njit(cache=True, nogil=True, error_model=error_model)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def _folder() -> str:
    """A folder of the user's cache for this very code; empty (numba's own choice) where none can be made."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "epitropy" / "compiled" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder)
