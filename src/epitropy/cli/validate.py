"""``epitropy validate``: predicted beside reported, for published pairs and one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import app, progress_bar


@app.command()
def validate(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY...]", help="Pairs of your own: studies with calibration and reported retention."
        ),
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws of all graded inputs for each pair.", min=1)] = 64,
    only_mine: Annotated[bool, typer.Option("--only-mine", help="Leave the published pairs out.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for page, table and answer.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Predict modified cells from their bare ones; what was reported and guesses without a model stand beside it."""
    from .. import store
    from ..calibrate.validation import asked_of, validate
    from ..calibrate.workers import worker_pool
    from ..errors import InputError
    from ..jsonio import to_json

    if only_mine and not studies:
        raise InputError("--only-mine", "no study", "one study or more beside it")
    asked_of(studies or ())  # refused before anything is computed
    if output:
        store.check_folder(output)
    with worker_pool() as pool, progress_bar() as progress:
        found = validate(studies or (), draws=draws, only_mine=only_mine, progress=progress, pool=pool)
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show(found)
    if output:
        from ..report.validation_page import files

        written = store.save_files(files(found), output)
        if not as_json:
            typer.echo(f"Report: {written / 'validation.html'}")


def _show(answer) -> None:
    """The pairs, the scores, what is outside, and what so few numbers say."""
    from rich.console import Console

    from ..report import validation_page as page

    console = Console(highlight=False)
    _table(console, "Retention / %: bare cell calibrated, modified cell predicted", page.pair_rows(answer))
    for scores, title in ((answer.scores, "Scores / points"), (answer.own_scores, "Scores of your pairs / points")):
        if scores:
            _table(console, title, page.score_rows(scores))
    if answer.outside:
        _table(console, "Published rows outside", [row[:3] for row in page.outside_rows(answer.outside)])
    console.print()
    for sentence in page.sentences(answer):
        console.print(sentence, markup=False)


def _table(console, title: str, rows) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    console.print()
    console.print(table)
