"""Interface models of one match, from names or files to files for other programs."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How models of a match are built. vacuum: None for a periodic model, the film between two hosts."""

    rank: Annotated[int, Unit("1")] = 1
    strain_on: str = "film"
    slab: Annotated[float, Unit("m", show="angstrom")] = 8e-10
    vacuum: Annotated[float, Unit("m", show="angstrom")] | None = 15e-10


def read_recipe(*, rank: int, strain_on: str, slab: str, vacuum: str) -> Recipe:
    """A recipe from text, each fault named by its option.

    >>> read_recipe(rank=1, strain_on="film", slab="8 A", vacuum="0 A").vacuum is None
    True
    """
    if strain_on not in SIDES:
        raise InputError("--strain-on", f"'{strain_on}'", ", ".join(SIDES))
    height = quantity("--slab", slab, "m", "angstrom")
    if not 0 < height <= 2e-8:
        raise InputError("--slab", slab, "above 0, up to 200 A", "8 A holds two or three layers of metal.")
    room = quantity("--vacuum", vacuum, "m", "angstrom")
    if not 0 <= room <= 1e-8:
        raise InputError("--vacuum", vacuum, "0 to 100 A", "'0 A' stands for a periodic model without vacuum.")
    return Recipe(rank=rank, strain_on=strain_on, slab=height, vacuum=room or None)


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
    models = interface_models(
        below,
        above,
        chosen,
        host_thickness=recipe.slab,
        film_thickness=recipe.slab,
        strain_on=recipe.strain_on,
        vacuum=recipe.vacuum,
        **moduli,
    )
    write_models(models, folder)
    progress("building interface models", 1, 1)
    return models


_REMEDY = "The table ranks the matches; wider limits find more."


def _atoms(text: str, own: Phases) -> Structure:
    phase, structure = library_or_file(text, own)
    return structure_of(phase) if structure is None else structure
