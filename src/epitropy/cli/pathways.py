"""``epitropy pathways``: where lithium runs through a structure, by direction and by facet."""

from __future__ import annotations

import json
import math
import re
from contextlib import nullcontext
from typing import Annotated

import typer

from .app import app, progress_bar

QUICK = 300_000  # points of the grid that take less than two seconds
READING = (
    "Open: within 1.5 times the easiest barrier and 0.05 eV, and below 1.6 eV (all assumed). The number beside it is "
    "the share of the conductivity along the open directions that counts through the film, cos2 of their tilt."
)


@app.command()
def pathways(
    crystal: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="A phase of the library, a CIF or a POSCAR.")],
    facets: Annotated[
        str | None, typer.Option(metavar="HKL,...", help="Facets of the conventional cell, e.g. 003,104 or '1 0 -14'.")
    ] = None,
    spacing: Annotated[str, typer.Option(metavar="LENGTH", help="Step of the grid.")] = "0.12 angstrom",
    figure: Annotated[str | None, typer.Option(metavar="FILE", help="Draw map and facets (.png, .svg, .pdf).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, SI with the unit in the key.")] = False,
) -> None:
    """Lithium through a rigid framework: barriers by direction and by facet from bond-valence site energies.

    Barriers rank the ways through one structure; they are no activation energies.
    """
    from ..crystals.files import library_or_file
    from ..crystals.library import structure_of
    from ..jsonio import to_json
    from ..transport.landscape import framework_charges, grid_shape, landscape
    from ..transport.pathways import pathways_of
    from ..units import parse

    planes = None if facets is None else [indices(text) for text in facets.split(",")]
    step = parse(spacing, "m", "angstrom")
    if figure is not None:
        _drawable(figure)
    phase, structure = library_or_file(crystal)
    structure = structure or structure_of(phase)
    charges = framework_charges(structure)
    quick = math.prod(grid_shape(structure, step)) < QUICK
    with nullcontext(lambda *_: None) if quick else progress_bar() as progress:
        progress("site energies", 0, 2)
        energies = landscape(structure, spacing=step, charges=charges)
        progress("site energies", 1, 2)
        found = pathways_of(energies, facets=planes, charges=charges)
        progress("site energies", 2, 2)
    if figure is not None:
        from ..report.pathway_figures import pathway_figure

        pathway_figure(found, energies, structure).figure.savefig(figure, dpi=160)
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found, structure)


def indices(text: str) -> tuple[int, int, int]:
    """Miller indices as they are written: run together, or with blanks where one has two digits.

    >>> indices("1-10"), indices("0 1 14")
    ((1, -1, 0), (0, 1, 14))
    """
    from ..errors import InputError

    words = text.split() if " " in text.strip() else re.findall(r"-?\d", text)
    whole = "".join(words) == text.replace(" ", "") and all(re.fullmatch(r"-?\d+", w) for w in words)
    if len(words) != 3 or not whole or not any(map(int, words)):
        raise InputError("--facets", f"'{text}'", "three whole numbers that are not all 0, e.g. 104 or '1 0 -14'")
    return tuple(map(int, words))


def _drawable(path: str) -> None:
    from pathlib import Path

    from ..errors import InputError

    if Path(path).suffix.lower() not in (".png", ".svg", ".pdf"):
        raise InputError("--figure", f"'{path}'", "a name that ends in .png, .svg or .pdf")
    if not Path(path).absolute().parent.is_dir():
        raise InputError("--figure", f"'{path}'", "a folder that exists")


def _show(found, structure) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    grid = " x ".join(map(str, found.grid))
    console.print(f"{found.ion} through {found.name}, {len(structure.labels)} atoms, grid {grid}", markup=False)
    console.print(f"positions: {structure.grade}, {structure.source}" if structure.source else "", markup=False)
    table = Table(box=None, pad_edge=False)
    for head in ("runs in", "barrier / eV", "along"):
        table.add_column(head)
    words = {1: "one direction", 2: "two directions", 3: "three directions"}
    for way in found.ways:
        table.add_row(words[way.dimensions], _ev(way.barrier), _along(way))
    if not found.ways:
        table.add_row("no direction", "above 10", "")
    console.print(table)
    table = Table(box=None, pad_edge=False)
    for head in ("facet", "through / eV", "in plane / eV", "a film of it"):
        table.add_column(head)
    for label, facet in found.facets.items():
        word = f"open, {facet.inclination:.2f}" if facet.open else "blocked"
        table.add_row(f"({label})", _ev(facet.through), _ev(facet.along), word)
    console.print(table)
    console.print(f"{found.note[0].upper()}{found.note[1:]}.", markup=False)
    console.print(f"{READING}", markup=False)


def _ev(energy: float) -> str:
    return f"{energy / 1.602176634e-19:.2f}" if math.isfinite(energy) else "above 10"


def _along(way) -> str:
    from ..records.epitaxy import indices_text

    if way.dimensions == 3:
        return "everywhere"
    directions = " ".join(f"[{indices_text(d)}]" for d in way.directions)
    return f"{directions}, plane ({indices_text(way.plane)})" if way.plane else directions
