"""``epitropy anneal``: the annealed profile with bands, maps over settings, measured scans."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app, progress_bar


@app.command()
def anneal(
    study: StudyArgument,
    cell: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cell to anneal; the last coated one by default.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FROM:TO:STEP",
            help="Map an input, e.g. anneal.temperature=600:800:25 or anneal.time=1h,5h; give it twice for two axes.",
        ),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(min=0, help="Draws of all graded inputs [128, and 16 at each point of a map]; 0: medians alone."),
    ] = None,
    scan: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Draw a measured line scan: depth_nm and at.% per element.")
    ] = None,
    fit_scan: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Draw a scan and fit the diffusivities to it, with intervals.")
    ] = None,
    resolution: Annotated[
        str, typer.Option(metavar="LENGTH", help="Broadening of the scan's probe (standard deviation).")
    ] = "1 nm",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for the result.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as JSON; write files only with -o.")
    ] = False,
) -> None:
    """Anneal a coated cell: cations and entropy over depth with intervals, without each element, over settings."""
    from .. import store
    from ..errors import InputError
    from ..jsonio import to_json
    from ..process.anneal import anneal_study
    from ..process.draws import LEAST_DRAWS
    from ..process.front import coated_cell, only, profile_cations
    from ..process.scan import read_scan
    from ..process.vary import axis
    from ..report.anneal_page import files
    from ..study import load_study, study_hash
    from ..units import parse

    loaded = load_study(study)
    if scan and fit_scan:
        raise InputError("--scan", "both --scan and --fit-scan", "one of them", "--fit-scan draws the scan as well.")
    name = coated_cell(loaded, cell)
    axes = [axis(text, only(loaded, name)) for text in vary or ()]
    try:
        broadening = parse(resolution, "m", "nm")
    except InputError as error:
        raise InputError("--resolution", error.given, error.allowed, error.remedy) from None
    if broadening < 0:
        raise InputError("--resolution", resolution, "zero or more, e.g. '1 nm'")
    if draws is not None and 0 < draws < LEAST_DRAWS:
        raise InputError("--draws", f"{draws}", f"0 for the medians alone, or at least {LEAST_DRAWS}")
    asked = store.fingerprint(study_hash(loaded), name, vary, draws, scan, fit_scan, resolution)
    folder = output or (None if as_json else store.default_folder(f"{loaded.name}-anneal", asked))
    if folder:
        store.check_folder(folder)
    measured = scan or fit_scan
    # threads: the compiled march lets go of the interpreter lock
    with ThreadPoolExecutor(os.cpu_count()) as pool, progress_bar() as progress:
        found = anneal_study(
            loaded,
            cell=name,
            draws=draws,
            axes=axes,
            scan=read_scan(measured, profile_cations(loaded.cells[name])) if measured else None,
            fit=fit_scan is not None,
            resolution=broadening,
            progress=progress,
            pool=pool,
        )
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found)
    if folder:
        written = store.save_files(files(found), folder)
        if not as_json:
            typer.echo(f"Report: {written / 'anneal.html'}")


def _show(answer) -> None:
    """The map first where one was asked for; then readings, cations, each element's part, what the spread is from."""
    from rich.console import Console

    from ..report import anneal_tables as rows
    from ..report.anneal_page import BOUNDARY_NOTE, fit_text, ions_text

    console = Console(highlight=False)
    if answer.map:
        _show_map(console, answer.map)
    _table(console, f"{answer.cell}: the annealed layer", rows.reading_rows(answer))
    _table(console, "Cation by cation", rows.cation_rows(answer))
    console.print(BOUNDARY_NOTE, markup=False)
    if answer.fit:
        console.print()
        for sentence in fit_text(answer):
            console.print(sentence, markup=False)
        _table(console, "", rows.fit_rows(answer))
    found = rows.left_out_rows(answer)
    _table(console, "Without one element: entropy", [row[:5] for row in found])
    _table(console, "Without one element: zone and mismatch", [(row[0], *row[5:]) for row in found])
    console.print(ions_text(answer), markup=False)
    if answer.bands:
        _table(console, "What the spread comes from", rows.driver_rows(answer))
        for reason, count in answer.bands.failed.items():
            console.print(f"{count} of {answer.bands.draws} draws gave no profile: {reason}", markup=False)


def _show_map(console, found) -> None:
    """Two axes as sheets, anything else as a list."""
    from ..report import anneal_tables as rows

    if len(found.axes) != 2 or len(found.axes[0].values) > _WIDEST_SHEET:
        _table(console, "Map", rows.map_rows(found))
        return
    for name in ("zone_width", "mean_entropy"):
        _table(
            console, f"{rows.HEADS[name]}, over {rows.axis_head(found.axes[0])} (across)", rows.sheet_rows(found, name)
        )
    for sentence in rows.failure_texts(found):
        console.print(sentence, markup=False)


_WIDEST_SHEET = 12  # columns that a terminal holds


def _table(console, title: str, rows) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    console.print()
    console.print(table)
