"""Interface models of one match, from names or files to files for other programs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..catalogue import NONE, Phases
from ..crystals.files import library_or_file
from ..crystals.library import structure_of
from ..epitaxy.interface import interface_models, write_models
from ..errors import InputError
from ..records.alignment import MatchAnswer
from ..records.interface import InterfaceModel
from ..records.structure import Structure
from ..units import Unit
from .answer import Progress, quiet
from .search import quantity

SIDES = ("film", "shared", "host")
_OPTIONS = ("supercell", "gap", "shift")  # what interface_models may refuse, named alike here
_MOST_CELLS = 12  # along either edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How models of a match are built, see `epitaxy.interface.interface_models`.

    vacuum: None for a periodic model, the film between two hosts. gap: None for the smallest that the crystals allow.
    """

    rank: Annotated[int, Unit("1")] = 1
    strain_on: str = "film"
    slab: Annotated[float, Unit("m", show="angstrom")] = 8e-10
    vacuum: Annotated[float, Unit("m", show="angstrom")] | None = 15e-10
    supercell: Annotated[str | tuple[int, int], Unit("1")] = "auto"
    gap: Annotated[float, Unit("m", show="angstrom")] | None = None
    shift: Annotated[str | tuple[float, float], Unit("1")] = "nested"


def read_recipe(
    *,
    rank: int,
    strain_on: str,
    slab: str,
    vacuum: str,
    supercell: str = "auto",
    gap: str | None = None,
    shift: str = "nested",
) -> Recipe:
    """A recipe from text, each fault named by its option.

    >>> made = read_recipe(rank=1, strain_on="film", slab="8 A", vacuum="0 A", supercell="2x1", shift="1/4,0.5")
    >>> made.vacuum is None, made.supercell, made.shift
    (True, (2, 1), (0.25, 0.5))
    """
    if strain_on not in SIDES:
        raise InputError("--strain-on", f"'{strain_on}'", ", ".join(SIDES))
    height = quantity("--slab", slab, "m", "angstrom")
    if not 0 < height <= 2e-8:
        raise InputError("--slab", slab, "above 0, up to 200 A", "8 A holds two or three layers of metal.")
    room = quantity("--vacuum", vacuum, "m", "angstrom")
    if not 0 <= room <= 1e-8:
        raise InputError("--vacuum", vacuum, "0 to 100 A", "'0 A' stands for a periodic model without vacuum.")
    return Recipe(
        rank=rank,
        strain_on=strain_on,
        slab=height,
        vacuum=room or None,
        supercell=_supercell(supercell),
        gap=_gap(gap),
        shift=_shift(shift),
    )


def _supercell(text: str) -> str | tuple[int, int]:
    if text.strip() == "auto":
        return "auto"
    found = re.fullmatch(r"\s*([0-9]{1,2})\s*[xX]\s*([0-9]{1,2})\s*", text)
    cells = tuple(map(int, found.groups())) if found else (0, 0)
    if not all(1 <= k <= _MOST_CELLS for k in cells):
        raise InputError("--supercell", f"'{text}'", f"auto, or 1x1 to {_MOST_CELLS}x{_MOST_CELLS}, e.g. 2x1")
    return cells


def _gap(text: str | None) -> float | None:
    if text is None:
        return None
    height = quantity("--gap", text, "m", "angstrom")
    if not 0 < height <= 1e-9:
        raise InputError("--gap", text, "above 0, up to 10 A", "Left out: as near as in the crystals.")
    return height


def _shift(text: str) -> str | tuple[float, float]:
    if text.strip() == "nested":
        return "nested"
    try:
        u, v = (float(above) / float(below or 1) for above, _, below in (t.partition("/") for t in text.split(",")))
    except (ValueError, ZeroDivisionError):
        u = v = float("nan")
    if not (abs(u) <= 1 and abs(v) <= 1):
        raise InputError("--shift", f"'{text}'", "nested, or two parts of the match's edges, e.g. 0.5,0 or 1/3,2/3")
    return u, v


def write_interfaces(
    host: str,
    film: str,
    answer: MatchAnswer,
    recipe: Recipe,
    folder: Path,
    *,
    own: Phases = NONE,
    progress: Progress = quiet,
) -> tuple[InterfaceModel, ...]:
    """Every pair of terminations of one match as CIF, POSCAR and extended XYZ, with an index; unrelaxed."""
    chosen = next((m.match for m in answer.matches if m.rank == recipe.rank), None)
    if chosen is None:
        raise InputError("--rank", f"{recipe.rank}", f"1 to {answer.number}" if answer.number else "a match", _REMEDY)
    progress("building interface models", 0, 1)
    below, above = (_atoms(text, own) for text in (host, film))
    moduli = {
        f"{side}_{key}": number.value
        for side, phase in (("host", answer.host), ("film", answer.film))
        for key, number in (("modulus", phase.young_modulus), ("poisson", phase.poisson_ratio))
        if number is not None
    }
    try:
        models = interface_models(
            below,
            above,
            chosen,
            host_thickness=recipe.slab,
            film_thickness=recipe.slab,
            strain_on=recipe.strain_on,
            vacuum=recipe.vacuum,
            supercell=recipe.supercell,
            gap=recipe.gap,
            shift=recipe.shift,
            **moduli,
        )
    except InputError as error:
        where = f"--{error.where}" if error.where in _OPTIONS else error.where
        raise InputError(where, error.given, error.allowed, error.remedy) from None
    _clear(folder)
    write_models(models, folder)
    progress("building interface models", 1, 1)
    return models


def _clear(folder: Path) -> None:
    """Take away the models of an earlier run, which its index names, and nothing else."""
    try:
        listed = json.loads((folder / "index.json").read_text(encoding="utf-8"))["models"]
        old = [folder / name for row in listed for name in row["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for path in old:
        if path.parent == folder:
            path.unlink(missing_ok=True)


_REMEDY = "The table ranks the matches; wider limits find more."


def _atoms(text: str, own: Phases) -> Structure:
    phase, structure = library_or_file(text, own)
    return structure_of(phase) if structure is None else structure
