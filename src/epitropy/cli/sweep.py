"""Verbs about many coatings: sweep, design, show, merge."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from .app import app, progress_bar

INTERRUPTED = 130
PAGE = "sweep.html"
EXTRA = "pip install 'epitropy[sweep]'"


@app.command()
def sweep(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A sweep file, or a bundled sweep; without it, they are listed."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder of the sweep; run again to go on. NAME-sweep by default."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Begin however long the estimate says it takes.")] = False,
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, max=1024, help="Processes of this machine; one a core by default."),
    ] = None,
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Compute on Dask: a scheduler's address, 'local' or 'slurm'.")
    ] = "",
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Compute the I-th of N parts alone; 'merge' joins them.")
    ] = "",
    chunk: Annotated[
        int | None, typer.Option(min=1, max=5_000_000, help="Points computed and saved at a time, of a new folder.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Compute chunks with failed rows again.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how many points, how long, how large; compute none.")
    ] = False,
) -> None:
    """Compute many coatings: fields varied by list, range, Sobol sample or simplex; conditions, objectives, resume."""
    if file is None:
        _list()
        return
    _needs("pyarrow", "filelock")
    from ..errors import InputError
    from ..sweep import run as sweeps
    from ..sweep.spec import load_sweep, sweep_text

    with progress_bar() as progress:
        progress("reading the sweep (a first start compiles)", 0, 1)
        loaded = load_sweep(file)
        count = processes or os.cpu_count() or 1
        found = sweeps.estimate(loaded, count)
    typer.echo(_expected(loaded, found, count))
    if estimate:
        return
    if found.large and not yes:
        raise InputError(
            "sweep", "a large one", "--yes to begin it", "Or fewer points, or --shard on several machines."
        )
    path = output or Path(f"{loaded.name}-sweep")
    stopped = _Stopped()
    with progress_bar(rate=True) as progress:
        outcome = sweeps.run_sweep(
            loaded,
            path,
            {"sweep.yaml": _beside(sweep_text(file)[0]), "study.yaml": _study_text(loaded)},
            left=found.left,
            progress=progress,
            stop=stopped,
            shard=_shard(shard),
            dask=dask,
            processes=processes,
            chunk=chunk,
            retry=retry,
        )
    for name in outcome.aside:
        typer.echo(f"Set aside, as it cannot be read; its rows were computed again: {name}")
    failed = f", {outcome.failed:,} of them failed (see their column 'message')" if outcome.failed else ""
    typer.echo(f"{outcome.rows:,} rows{failed} in {outcome.folder}")
    if not outcome.whole:
        typer.echo(
            f"Stopped; what was computed is kept. To go on: epitropy sweep {file} -o {path}"
            + (f" --shard {shard}" if shard else "")
        )
        raise typer.Exit(INTERRUPTED)
    if shard:
        typer.echo(f"When all parts are done: epitropy merge {path}")
        return
    _say_best(loaded, outcome.folder)


@app.command()
def design(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A sweep file, or a bundled design; without it, those are listed."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder of the design; run again to go on. NAME-design by default."
        ),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Start from what a sweep of the same fields found.")
    ] = None,
    points: Annotated[int | None, typer.Option(help="Points to compute; raise it to go on with a search.")] = None,
    time: Annotated[str, typer.Option(metavar="TIME", help="Time to stop after, e.g. '30 min'.")] = "",
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, max=1024, help="Processes of this machine; one a core by default."),
    ] = None,
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Compute on Dask: a scheduler's address, 'local' or 'slurm'.")
    ] = "",
) -> None:
    """Search for the best coatings by several objectives at once, until a budget of points or time is used up."""
    if file is None:
        _list(designs=True)
        return
    _needs("pyarrow", "filelock", "optuna")
    from ..sweep.design import run_design
    from ..sweep.run import estimate
    from ..sweep.spec import load_design

    budget = ({} if points is None else {"points": points}) | ({"time": time} if time else {})
    count = processes or os.cpu_count() or 1
    with progress_bar() as progress:
        progress("reading the design (a first start compiles)", 0, 1)
        loaded, text = load_design(file, budget)
        typer.echo(_sought(loaded, estimate(loaded, count), count))
    path = output or Path(f"{loaded.name}-design")
    stopped = _Stopped()
    with progress_bar(rate=True) as progress:
        outcome = run_design(
            loaded,
            path,
            {"sweep.yaml": _beside(text), "study.yaml": _study_text(loaded)},
            warm=start,
            progress=progress,
            stop=stopped,
            dask=dask,
            processes=processes,
        )
    for name in outcome.aside:
        typer.echo(f"Set aside, as it cannot be read; other points were computed instead: {name}")
    failed = f", {outcome.failed:,} of them failed (see their column 'message')" if outcome.failed else ""
    typer.echo(f"{outcome.rows:,} rows{failed} in {outcome.folder}")
    if not outcome.whole:
        typer.echo(f"Stopped; what was computed is kept. To go on: epitropy design {file} -o {path}")
        raise typer.Exit(INTERRUPTED)
    _say_best(loaded, outcome.folder)


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")],
    to: Annotated[str, typer.Option(metavar="csv|parquet", help="Write all rows as DIR.csv or DIR.parquet.")] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="File to write, with --to or --row.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, max=1000, help="Rows to print.")] = 20,
    row: Annotated[
        int | None, typer.Option("--row", metavar="POINT", help="Write this row as a study that other verbs take.")
    ] = None,
) -> None:
    """Show a sweep or design: how far it is, its best rows with intervals; or write all rows, or one as a study."""
    _needs("pyarrow", "filelock")
    from ..sweep.export import export
    from ..sweep.folder import open_folder

    found = open_folder(folder)
    if row is not None:
        _write_row(found, row, output)
        return
    if to:
        path = export(found, to, output or folder.resolve().with_name(f"{folder.resolve().name}.{to}"))
        typer.echo(f"Written: {path}")
        return
    _print_state(found, rows)


@app.command()
def merge(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder whose shards are to be joined.")]) -> None:
    """Join the parts that 'epitropy sweep --shard' computed into one table."""
    _needs("pyarrow", "filelock")
    from ..sweep.run import merge as merged

    with progress_bar() as progress:
        outcome = merged(folder, progress)
    for name in outcome.aside:
        typer.echo(f"Set aside, as it cannot be read: {name}; run that shard again")
    failed = f", {outcome.failed:,} of them failed" if outcome.failed else ""
    typer.echo(f"{outcome.rows:,} rows{failed} in {outcome.folder}")
    if not outcome.whole:
        typer.echo("Some chunks are missing: run their shards to the end, then merge again.")
        raise typer.Exit(1)
    typer.echo(f"For figures and intervals of the best: epitropy sweep {folder / 'sweep.yaml'} -o {folder}")


def _write_row(folder, row: int, output: Path | None) -> None:
    import yaml

    from ..errors import InputError
    from ..sweep.export import sweep_of
    from ..sweep.folder import write_whole
    from ..sweep.opened import study_of_row

    raw, remark = study_of_row(folder, sweep_of(folder), row)
    path = output or Path(f"{raw['name']}.yaml")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError("-o", f"'{path}'", "a file in a folder that exists")
    write_whole(path, yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode())
    if remark:
        typer.echo(remark)
    typer.echo(f"Written: {path}; go on with: epitropy run {path}")


class _Stopped:
    """True after Ctrl-C: what is at work is finished first. A second one ends at once."""

    def __init__(self) -> None:
        self.asked = False
        self.before = signal.signal(signal.SIGINT, self._hear)

    def _hear(self, sig: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        typer.echo("\nstopping: the chunks at work are finished and saved (Ctrl-C again ends at once)", err=True)

    def __call__(self) -> bool:
        return self.asked


def _list(designs: bool = False) -> None:
    from ..sweep.spec import bundled_sweeps

    verb = "design" if designs else "sweep"
    for name, title in bundled_sweeps(designs).items():
        typer.echo(f"{name:24} {title}")
    typer.echo(f"\nepitropy {verb} NAME -o DIR runs one; epitropy {verb} FILE.yaml one of your own.")


def _needs(*packages: str) -> None:
    from importlib.util import find_spec

    from ..errors import InputError

    for name in packages:
        if find_spec(name) is None:
            raise InputError("sweep", f"the package '{name}' is missing", "the extra 'sweep'", EXTRA)


def _shard(text: str):
    import re

    from ..errors import InputError
    from ..sweep.run import WHOLE, Shard

    if not text:
        return WHOLE
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError("--shard", f"'{text}'", "I/N with I from 1 to N, e.g. 2/8")
    return Shard(int(match[1]), int(match[2]))


def _beside(text: str) -> str:
    """The sweep file as it lies beside its study."""
    import re

    moved, count = re.subn(r"(?m)^study:.*$", "study: study.yaml", text)
    return moved if count == 1 else text


def _study_text(loaded) -> str:
    import yaml

    return yaml.safe_dump(loaded.raw, sort_keys=False, allow_unicode=True)


def _expected(loaded, found, count: int) -> str:
    left = "" if found.left == 1 else f", {found.points * found.left:,.0f} of them left by the conditions"
    left = left if found.exact else left.replace(", ", ", about ", 1)
    hours = found.hours
    time = f"{3600 * hours:.0f} s" if hours < 1 / 60 else f"{60 * hours:.0f} min" if hours < 2 else f"{hours:,.0f} h"
    size = f", {found.bytes / 1e6:,.0f} MB" if found.bytes > 1e6 else ""
    text = f"{loaded.name}: {found.points:,} points{left}; some {time} on {count} processes{size}, to the "
    text += f"{loaded.tier.name.lower()}"
    if loaded.tier < 2:
        return text
    text += f", scenario {loaded.scenario}"
    return text + (
        f"; intervals of the best {loaded.best} by {loaded.draws} draws" if loaded.goals and loaded.best else ""
    )


def _sought(loaded, found, count: int) -> str:
    left = "" if found.left == 1 else f", about {100 * found.left:.2g} % of them left by the conditions"
    budget = loaded.budget
    within = f"{budget.points:,} points" + (f" or {budget.time / 60:.3g} min" if budget.time else "")
    text = f"{loaded.name}: a search among {found.points:.3g} points{left}; {within} on {count} processes"
    text += f", {budget.batch} at a time" + (f", scenario {loaded.scenario}" if loaded.tier == 2 else "")
    return text + (
        f"; intervals of the best {loaded.best} by {loaded.draws} draws" if loaded.tier and loaded.best else ""
    )


def _say_best(loaded, folder: Path) -> None:
    from ..report.sweep_page import html
    from ..sweep.folder import open_folder, write_whole

    found = open_folder(folder)
    if loaded.goals:
        _print_state(found, 10)
    write_whole(folder / PAGE, html(found).encode())
    typer.echo(f"Page: {folder / PAGE}")
    typer.echo(f"All rows: epitropy show {folder} --to csv")


def _print_state(folder, count: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..report.sweep_tables import best_rows, state

    console = Console(highlight=False)
    for line in state(folder):
        console.print(line, markup=False)
    title, head, rows = best_rows(folder, count)
    table = Table(title=title, title_justify="left", pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    if rows:
        console.print(table)
    elif count:
        console.print("No row was done: 'epitropy show DIR --to csv' writes them with stage and message", markup=False)
