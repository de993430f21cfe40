"""``epitropy compare``: the compiled kernel against PyBaMM."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .app import StudyArgument, app, cycle_numbers, progress_bar


@app.command()
def compare(
    study: StudyArgument,
    cell: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Cell to compare, may be given again; all by default.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Declared scenario; the first that can be solved by default.")
    ] = None,
    cycles: Annotated[
        str, typer.Option(metavar="CYCLES", help="Cycles whose voltages are compared [first, middle and last].")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Run kernel and PyBaMM on the same cells: differences of voltage, capacity and fade, conservation, time."""
    from ..halfcell.compare import compare_study
    from ..jsonio import to_json
    from ..study import load_study

    loaded, numbers = load_study(study), cycle_numbers("--cycles", cycles)
    with progress_bar() as progress:
        found = compare_study(loaded, cells=cell or (), scenario=scenario, cycles=numbers, progress=progress)
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found)


def _show(answer) -> None:
    """The verdict, each number beside its limit, and where the voltages differ."""
    from rich.console import Console
    from rich.table import Table

    from ..report import compare_tables as rows

    console = Console(highlight=False)
    for sentence in rows.opening(answer):
        console.print(sentence, markup=False)
    for title, (head, *body) in rows.sheets(answer).items():
        table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
        for name in head:
            table.add_column(name, overflow="fold")
        for row in body:
            table.add_row(*row)
        console.print()
        console.print(table)
    for sentence in rows.closing(answer):
        console.print(sentence, markup=False)
