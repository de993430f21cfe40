"""``epitropy fit``: a laboratory's own cells against the ageing model of a study."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app, progress_bar
from .data import (
    AreaOption,
    CellOption,
    ColumnOption,
    FirstOption,
    MassOption,
    OneCOption,
    SignOption,
    YesOption,
    confirmation,
    sources,
)


@app.command()
def fit(
    study: StudyArgument,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...", help="CSV, Battery Data Format, or a cycler's text export; see 'epitropy data'."
        ),
    ],
    cell: CellOption = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Declared scenario in which to fit; the first by default.")
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A free parameter: kinetic, fade, or an input such as degradation.skin_transport_share; may be given "
            "again. By default those that such data usually tell.",
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=0, help="Most steps of the posterior's chain; 0 for the profile likelihood alone.")
    ] = 8000,
    starts: Annotated[int, typer.Option(min=1, max=64, help="Starts of the least squares.")] = 4,
    draws: Annotated[int, typer.Option(min=0, help="Draws for predicting the study's other cells; 0 for none.")] = 32,
    to: Annotated[
        int, typer.Option("--to", metavar="CYCLE", min=0, help="Extrapolate, to 2.5 times the measured cycles at most.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of starts, chain and draws.")] = 20247,
    mass: MassOption = None,
    area: AreaOption = None,
    first: FirstOption = None,
    column: ColumnOption = None,
    current_sign: SignOption = None,
    one_c: OneCOption = None,
    yes: YesOption = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for report and chain; a stopped run goes on there."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON; write files only with -o.")
    ] = False,
) -> None:
    """Fit the ageing model to your own cells: parameters, what stays loose, and what your coated cell will do.

    Least squares from several starts, profile likelihood, then the posterior by an ensemble of walkers. Data of the
    calibration cell (bare) predict the others before their own data are looked at.
    """
    from .. import store
    from ..calibrate.workers import worker_pool
    from ..celldata import read_file
    from ..fitting.fit import fit_study
    from ..jsonio import to_json
    from ..report.fit_page import files as pages
    from ..study import load_study, study_hash

    loaded = load_study(study)
    said = sources(
        files, mass=mass, area=area, cell=cell, first=first, column=column, current_sign=current_sign, one_c=one_c
    )
    ask = confirmation(yes)
    data = [c for path, source in zip(files, said) for c in read_file(path, source, ask).cells]
    data = [_of_a_cell(c, loaded) for c in data]
    asked = store.fingerprint(sorted(p.name for p in files), scenario, free)[:8]
    folder = output or (
        None if as_json else Path("epitropy-results") / f"fit-{loaded.name}-{study_hash(loaded)[:8]}-{asked}"
    )
    kept = folder and folder.absolute().parent / f".{folder.name}-chain"
    if folder:
        store.check_folder(folder)
    with ThreadPoolExecutor(os.cpu_count()) as threads, worker_pool() as pool, progress_bar() as progress:
        found = fit_study(
            loaded,
            data,
            scenario=scenario,
            free=free or (),
            steps=steps,
            starts=starts,
            seed=seed,
            draws=draws,
            to=to,
            folder=kept,
            progress=progress,
            threads=threads,
            pool=pool,
        )
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found)
    if folder:
        written = store.save_files(pages(found), folder)
        if found.chain is not None and found.chain.converged and kept:
            shutil.rmtree(kept, ignore_errors=True)
        if not as_json:
            typer.echo(f"Report: {written / 'fit.html'}")


def _of_a_cell(data, study):
    """A cell of the study: as the file or --cell says, or the only one there is."""
    from dataclasses import replace

    from ..errors import InputError

    if data.cell:
        return data
    if len(study.cells) == 1:
        return replace(data, cell=next(iter(study.cells)))
    names = ", ".join(study.cells)
    raise InputError(
        data.source or data.name,
        "a file that does not say which cell it is",
        f"one of {names}",
        f"Give --cell {next(iter(study.cells))}, or a column 'cell'.",
    )


def _show(answer) -> None:
    """Sentences, parameters, cells; then what was predicted and what lies ahead."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..report import fit_tables as rows
    from ..report.update_tables import update_texts

    console = Console(highlight=False)

    def told(sentences) -> None:
        for sentence in sentences:
            console.print(sentence, markup=False)

    def table(title: str, found) -> None:
        grid = Table(
            title=title, title_justify="left", title_style="bold", padding=(0, 1, 0, 0), pad_edge=False, box=None
        )
        shown = [
            [n.replace(".", ".\n"), *(cell.replace(" to ", "-").replace(" %", "\u00a0%") for cell in row)]
            for n, *row in found[1:]
        ]
        for i, column in enumerate(zip(found[0], *shown)):
            whole = i == 0 or not any(" " in text for text in column)
            grid.add_column(column[0], overflow="fold", no_wrap=whole)
        for row in shown:
            grid.add_row(*(Text(cell) for cell in row))
        console.print()
        console.print(grid)

    console.print()
    told(rows.opening(answer))
    table("Parameters, ranges of 80 %", rows.parameter_rows(answer))
    table("Cells", rows.cell_rows(answer))
    if answer.chain is not None:
        told(["", rows.chain_text(answer)])
    if answer.predicted:
        table("Predicted from the calibration cell alone", rows.prediction_rows(answer))
        console.print()
        for update in answer.updates:
            told(update_texts(update, answer.predicted[update.cell].cycles))
    for one in answer.extrapolations:
        told(["", *rows.extrapolation_texts(one)])
    if answer.extrapolations:
        told([rows.LITHIUM])
    told(answer.notes)
