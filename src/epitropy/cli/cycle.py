"""``epitropy cycle``: the lives of a study's cells in one scenario, and maps over settings."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app, cycle_numbers, progress_bar


@app.command()
def cycle(
    study: StudyArgument,
    cell: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Cell to cycle, may be given again; all by default.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Declared scenario; the first that can be solved by default; 'all' for all."),
    ] = None,
    engine: Annotated[str, typer.Option(metavar="kernel|pybamm", help="What solves the half-cell.")] = "kernel",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="MECHANISM", help="Switch a mechanism off, e.g. skin; may be given again."),
    ] = None,
    no_skip: Annotated[bool, typer.Option("--no-skip", help="Simulate every cycle, skip none.")] = False,
    curves: Annotated[
        str, typer.Option(metavar="CYCLES", help="Voltage curves beside first and last cycle, e.g. 50,100.")
    ] = "",
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FROM:TO:STEP",
            help="Map an input, e.g. protocol.upper_voltage=4.2:4.6:0.1 or protocol.rate=0.1,1,5; twice for two axes. "
            "protocol.rate sets charge and discharge alike, also where the study states a rate of their own.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for curves (CSV) and figures.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Cycle the cells of a study in one declared scenario: capacity, voltage, skins, cracks, losses; maps."""
    from .. import store
    from ..halfcell.cycle import cycle_study
    from ..jsonio import to_json
    from ..process.vary import axis
    from ..study import load_study

    loaded = load_study(study)
    axes = [axis(text, loaded) for text in vary or ()]
    if output:
        store.check_folder(output)
    # threads: the compiled kernel lets go of the interpreter lock
    with ThreadPoolExecutor(os.cpu_count()) as pool, progress_bar() as progress:
        found = cycle_study(
            loaded,
            cells=cell or (),
            scenario=scenario,
            engine=engine,
            without=without or (),
            skip=not no_skip,
            curves=cycle_numbers("--curves", curves),
            axes=axes,
            progress=progress,
            pool=pool,
        )
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found)
    if output:
        from ..report.cycle_page import files

        written = store.save_files(files(found), output)
        if not as_json:
            typer.echo(f"Report: {written / 'cycle.html'}")


def _show(answer) -> None:
    """The map first where one was asked for; then what was cycled, each cell, its losses, and how it ended."""
    from rich.console import Console

    from ..report import cycle_tables as rows

    console = Console(highlight=False)
    if answer.map:
        _show_map(console, answer.map)
        console.print()
    for sentence in rows.opening(answer):
        console.print(sentence, markup=False)
    if len(answer.lives) > 1:
        _table(console, "Capacity of cycle 1 → last, and retention", rows.scenario_rows(answer))
    else:
        (told,) = answer.lives.values()
        _table(console, "The cells", rows.life_rows(told))
        if any(c.series for c in told.cells.values()):
            _table(console, "Capacity lost between cycle 1 and the last, by mechanism", rows.loss_rows(told))
            _table(console, "Cycles apart from ageing", rows.side_rows(told))
    console.print()
    for sentence in rows.closing(answer):
        console.print(sentence, markup=False)


def _show_map(console, found) -> None:
    """Two axes as sheets, anything else as a list."""
    from ..report import cycle_tables as rows

    cells = " | ".join(found.points[0].cells)
    if len(found.axes) != 2 or len(found.axes[0].values) > _WIDEST_SHEET:
        _table(console, f"Map, {cells}", rows.map_rows(found))
    else:
        for name, head in rows.MAPPED.items():
            across, down = map(rows.axis_head, found.axes)
            _table(console, f"{head}, {cells}; across: {across}; down: {down}", rows.sheet_rows(found, name))
    console.print()
    for sentence in [*rows.failure_texts(found), *rows.map_notes(found)]:
        console.print(sentence, markup=False)


_WIDEST_SHEET = 8  # columns that a terminal holds


def _table(console, title: str, rows) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    console.print()
    console.print(table)
