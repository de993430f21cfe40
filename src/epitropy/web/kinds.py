"""Which commands may run as jobs, and how a request becomes their arguments; nothing else of a request reaches them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .calls import Fault
from .data import confirmed, stored


class Made(NamedTuple):
    """Title, arguments behind ``epitropy`` and files beside the study."""

    title: str
    arguments: list[str]
    files: dict[str, bytes] = {}


def _run(study: str, options: Mapping[str, Any], uploads: Path) -> Made:
    draws = _whole(options, "draws", 64, 2, 1000)
    return Made(f"{study}: prediction with intervals", ["run", f"{study}.yaml", "--draws", str(draws)])


def _fit(study: str, options: Mapping[str, Any], uploads: Path) -> Made:
    path = stored(uploads, str(options.get("token", "")))
    steps, draws = _whole(options, "steps", 8000, 0, 100_000), _whole(options, "draws", 32, 0, 500)
    arguments = ["fit", f"{study}.yaml", path.name, *confirmed(options), "--yes"]
    arguments += ["--steps", str(steps), "--draws", str(draws)]
    return Made(f"{study}: fit to {path.name}", arguments, {path.name: path.read_bytes()})


def _anneal(study: str, options: Mapping[str, Any], uploads: Path) -> Made:
    draws = _whole(options, "draws", 64, 0, 1000)
    return Made(f"{study}: depth profile with bands", ["anneal", f"{study}.yaml", "--draws", str(draws)])


def _scan(study: str, options: Mapping[str, Any], uploads: Path) -> Made:
    path = stored(uploads, str(options.get("token", "")))
    confirmed(options)
    cell = options.get("cell")
    if not isinstance(cell, str):
        raise Fault("cell: the name of a coated cell expected")
    arguments = ["anneal", f"{study}.yaml", f"--cell={cell}", f"--fit-scan={path.name}"]
    return Made(f"{study}: diffusivities from {path.name}", arguments, {path.name: path.read_bytes()})


def _whole(options: Mapping[str, Any], name: str, usual: int, least: int, most: int) -> int:
    given = options.get(name, usual)
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise Fault(f"{name}: {given!r}; allowed: a whole number from {least} to {most}")
    return given


KINDS: Mapping[str, Callable[[str, Mapping[str, Any], Path], Made]] = {
    "run": _run,
    "fit": _fit,
    "anneal": _anneal,
    "scan": _scan,
}
