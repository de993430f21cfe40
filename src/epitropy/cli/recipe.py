"""``epitropy recipe``: the batch sheet of a coated cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app

WIDEST = 80  # columns that every printer has


@app.command()
def recipe(
    study: StudyArgument,
    batch: Annotated[str, typer.Option(metavar="MASS", help="Mass of host powder, e.g. 100g or '0.5 kg'.")] = "100g",
    cell: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cell to make; the last coated one by default.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write a printable page (.html) instead.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the sheet as JSON.")] = False,
) -> None:
    """Print the batch sheet: grams to weigh, mixing, anneal, sieve, and the layer that should form."""
    from ..errors import InputError
    from ..process.sheet import batch_mass, batch_sheet, sheet_json
    from ..report.sheet import html
    from ..study import load_study

    mass = batch_mass(batch)
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise InputError("--output", f"'{output}'", "a file that ends in .html")
    sheet = batch_sheet(load_study(study), mass, cell)
    if output is not None:
        _write(output, html(sheet))
    if as_json:
        print(json.dumps(sheet_json(sheet), indent=1))
    elif output is not None:
        typer.echo(f"Sheet: {output}")
    else:
        _show(sheet)


def _write(path: Path, text: str) -> None:
    from ..errors import InputError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "--output", f"'{path}' cannot be written ({error.strerror})", "a file in a folder that exists"
        ) from None


def _show(sheet) -> None:
    """Each part as a plain table with its notes below."""
    from rich.console import Console
    from rich.table import Table

    from ..report.sheet import LEGEND, heading, parts

    console = Console(highlight=False)
    console.width = min(console.width, WIDEST)
    for line in heading(sheet):
        console.print(line, markup=False)
    for part in parts(sheet):
        console.print(f"\n{part.title}", markup=False)
        if part.rows:
            table = Table(box=None, pad_edge=False, show_edge=False)
            for name in part.header:
                table.add_column(name, overflow="fold")
            for row in part.rows:
                table.add_row(*row)
            console.print(table)
        for note in part.notes:
            console.print(note, markup=False)
    console.print(f"\n{LEGEND}", markup=False)
