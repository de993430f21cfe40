"""Thin verbs. Nothing heavy is imported until a verb needs it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from .errors import EpitropyError

INTERRUPTED = 130  # what a shell expects after Ctrl-C

app = typer.Typer(
    name="epitropy",
    help="From what is weighed onto a battery cathode to the coating that forms and what it does for the cell.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="A bundled study (see 'epitropy studies') or a YAML file.")
]


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
    from . import store
    from .calibrate.workers import worker_pool
    from .report.page import html
    from .run import run_nominal, run_study
    from .study import load_study, study_hash, study_text

    loaded = load_study(study)
    folder = output or (None if as_json else store.default_folder(loaded.name, study_hash(loaded)))
    if folder:
        store.check_folder(folder)
    with _progress() as progress:
        result = run_nominal(loaded, progress)
    if not as_json:
        _show(result, loaded)
    if draws:
        with worker_pool() as pool, _progress() as progress:
            result = run_study(loaded, progress, draws=draws, nominal=result, pool=pool)
        if not as_json:
            _show(result, loaded)
    if folder:
        written = store.save(result, folder, page=html(result, loaded), study_text=study_text(study))
    if as_json:
        from .answer import answer

        print(json.dumps(answer(result), indent=1))
    else:
        typer.echo(f"Report: {written / 'report.html'}")


@app.command()
def check(file: StudyArgument) -> None:
    """Read a study and say what it states, without running it."""
    from collections import Counter

    from .door import UNGRADED
    from .study import load_study

    study = load_study(file)
    inputs = study.inputs()
    grades = Counter(v.grade for v in inputs.values())
    typer.echo(f"{study.name}: {study.title or 'no title'}")
    typer.echo(
        "cells: " + ", ".join(f"{n} ({'coated' if c.coating else 'no coating'})" for n, c in study.cells.items())
    )
    typer.echo(f"{len(inputs)} numbers: " + ", ".join(f"{n} {g}" for g, n in grades.most_common()))
    for name in (n for n, v in inputs.items() if v.source == UNGRADED):
        typer.echo(f"  {name} has no grade; write {{value: ..., grade: measured, source: ...}} if you measured it")
    if study.calibration is None:
        typer.echo("no calibration: both cells will be predicted from priors alone")
    typer.echo("The study is in order.")


@app.command()
def studies() -> None:
    """List the bundled studies."""
    from .study import bundled_studies

    for name, title in bundled_studies().items():
        typer.echo(f"{name:12} {title}")


@app.command()
def schema(
    names: Annotated[bool, typer.Option("--names", help="List the dotted names of all inputs instead.")] = False,
) -> None:
    """Print the JSON Schema of an answer; its $defs hold that of a study file, its names all dotted names."""
    from .answer import RESULT_NAMES, input_names
    from .answer import schema as whole

    if not names:
        print(json.dumps(whole(), indent=1))
        return
    typer.echo(f"results: {', '.join(RESULT_NAMES)}; inputs:")
    for name, row in input_names().items():
        typer.echo(f"{name:42} {row['default']:>10} {row['unit']:10} {row['grade']:10} {row['label']}")


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the study; NAME.yaml is written here.")],
    host: Annotated[str | None, typer.Option(help="Metals and BET or d50, e.g. 'Ni0.9Co0.05Mn0.05, 0.4 m2/g'.")] = None,
    coating: Annotated[
        str | None, typer.Option(help="Precursors and dose, e.g. 'Nb12WO33 80 %, ZrO2 20 %, 1 wt%'.")
    ] = None,
    furnace: Annotated[str | None, typer.Option(help="e.g. '700 degC, 5 h, O2'.")] = None,
    cell: Annotated[str | None, typer.Option(help="CSV of the bare cell: cycle, capacity_mAh_g.")] = None,
) -> None:
    """Write a commented study after at most four questions; Enter keeps the assumed default."""
    from .errors import InputError
    from .new import QUESTIONS, Answers, study_from

    target = Path(f"{name}.yaml")
    if target.exists():
        raise InputError("NAME", f"'{target}' exists already", "a name that is free", "Nothing was overwritten.")
    given = {"host": host, "coating": coating, "furnace": furnace, "cell": cell}
    if all(v is None for v in given.values()):
        given = {k: _ask(*QUESTIONS[k]) for k in given}
    target.write_text(study_from(name, Answers(**{k: v or "" for k, v in given.items()})), encoding="utf-8")
    typer.echo(f"{target} written. Next: epitropy run {target}")


def _ask(question: str, example: str) -> str:
    """One question; Enter, or the end of piped input, keeps the default."""
    hint = f" (e.g. {example})" if example else " (Enter for none)"
    print(f"{question}{hint}: ", end="", flush=True)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        print()
    return line.strip()


def _show(result, study) -> None:
    """Three sentences and the table."""
    from rich.console import Console
    from rich.table import Table

    from .report.tables import headline_rows
    from .report.text import opening

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
    if not any(cell.cycling for cell in result.cells.values()):
        console.print(
            "No scenario reaches the calibration data, or a first cycle, with the inputs at their medians. Check the "
            "capacities and their unit, the window, 1C, loading and area."
        )


class _progress:
    """Progress per stage on the error stream: a bar on a terminal, one line a stage elsewhere."""

    def __enter__(self):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True)
        self.tasks: dict[str, int] = {}
        self.started = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=self.console, transient=True) if self.console.is_terminal else None
        if self.bar:
            self.bar.start()
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.bar is None:
            if stage not in self.tasks:
                self.tasks[stage] = 0
                self.console.print(f"{stage} ...", highlight=False)
            return
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=total)
        self.bar.update(self.tasks[stage], completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()


def main() -> None:
    """Run the command line; a fault of the input is one line and exit code 2."""
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            _stopped()
        sys.exit(code)
    except EpitropyError as error:
        print(f"epitropy: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:
        # faults of the command line itself: unknown verbs and options show their own usage
        if not hasattr(error, "show"):
            if type(error).__name__ == "Abort":
                _stopped()
            raise
        error.show()
        sys.exit(getattr(error, "exit_code", 2))


def _stopped() -> None:
    print("epitropy: stopped; nothing was written", file=sys.stderr)
    sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
