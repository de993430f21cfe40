"""``epitropy export``: a cell for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app

TARGETS = ("pybamm",)


@app.command()
def export(
    study: StudyArgument,
    to: Annotated[str, typer.Option(metavar="pybamm", help="For which tool.")],
    cell: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cell to export; the last coated one by default.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Declared scenario; the first that can be solved by default.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="File to write [STUDY-CELL-pybamm.py].")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a cell, calibrated, as a script that runs in plain PyBaMM: model, ageing, numbers and their sources."""
    from ..errors import InputError
    from ..halfcell.export import cell_numbers, script
    from ..study import load_study

    if to not in TARGETS:
        raise InputError("--to", f"unknown tool '{to}'", ", ".join(TARGETS))
    loaded = load_study(study)
    if output:
        _check(output, force)
    numbers = cell_numbers(loaded, cell, scenario)
    target = output or Path(f"{loaded.name}-{numbers.name}-pybamm.py")
    _check(target, force)
    text = script(loaded, numbers)
    with open(target, "w" if force else "x", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"Script: {target}; it needs PyBaMM and numpy: pip install 'pybamm>=26.9,<26.11'")


def _check(target: Path, force: bool) -> None:
    from ..errors import InputError

    if target.is_dir():
        raise InputError("-o", f"'{target}' is a folder", "a file to write")
    if target.exists() and not force:
        raise InputError("-o", f"'{target}' exists", "a new file", "Give --force to replace it.")
