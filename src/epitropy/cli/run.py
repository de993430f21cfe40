"""``epitropy run``: the whole chain, as table and report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app, progress_bar


@app.command()
def run(
    study: StudyArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for the result.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON; write files only with -o.")
    ] = False,
    draws: Annotated[int, typer.Option(help="Draws of all graded inputs; 0 for the nominal answer alone.", min=0)] = 64,
) -> None:
    """Run a study: recipe, layer, alignment, cell; then its prediction with intervals, as table and report."""
    from .. import store
    from ..calibrate.workers import worker_pool
    from ..report.page import html
    from ..run import run_nominal, run_study
    from ..study import load_study, study_hash, study_text

    loaded = load_study(study)
    folder = output or (None if as_json else store.default_folder(loaded.name, study_hash(loaded)))
    if folder:
        store.check_folder(folder)
    with progress_bar() as progress:
        result = run_nominal(loaded, progress)
    if not as_json:
        _show(result, loaded)
    if draws:
        with worker_pool() as pool, progress_bar() as progress:
            result = run_study(loaded, progress, draws=draws, nominal=result, pool=pool)
        if not as_json:
            _show(result, loaded)
    if folder:
        written = store.save(result, folder, page=html(result, loaded), study_text=study_text(study))
    if as_json:
        from ..answer import answer

        print(json.dumps(answer(result), indent=1))
    else:
        typer.echo(f"Report: {written / 'report.html'}")


def _show(result, study) -> None:
    """Three sentences, the table and what to measure next."""
    from rich.console import Console
    from rich.table import Table

    from ..report.measurement_tables import advice
    from ..report.tables import headline_rows
    from ..report.text import opening
    from ..report.update_tables import update_texts

    console = Console(highlight=False)
    head, *rows = headline_rows(result, study)
    table = Table(pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print()
    for sentence in opening(result, study):
        console.print(sentence, markup=False)
    console.print(table)
    if result.headline is not None:
        after = result.headline.update
        if after is not None:
            for sentence in update_texts(after, study.cells[after.cell].protocol.cycles):
                console.print(sentence, markup=False)
        if said := advice(result.headline):
            console.print(said, markup=False)
    if not any(cell.cycling for cell in result.cells.values()):
        console.print(
            "No scenario reaches the calibration data, or a first cycle, with the inputs at their medians. Check the "
            "capacities and their unit, the window, 1C, loading and area."
        )
