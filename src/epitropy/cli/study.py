"""Verbs about studies: check, studies, schema, new."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app


@app.command()
def check(file: StudyArgument) -> None:
    """Read a study and say what it states, without running it."""
    from collections import Counter

    from ..door import UNGRADED
    from ..study import load_study

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
    for name, wets in sorted({(p.name, p.wets) for c in study.cells.values() for p in c.phases.values()}):
        if wets is None:
            typer.echo(
                f"  phases.{name} does not say whether it wets the host on annealing; taken not to: write 'wets: ...'"
            )
    if study.calibration is None:
        typer.echo("no calibration: both cells will be predicted from priors alone")
    typer.echo("The study is in order.")


@app.command()
def studies() -> None:
    """List the bundled studies."""
    from ..study import bundled_studies

    for name, title in bundled_studies().items():
        typer.echo(f"{name:12} {title}")


@app.command()
def schema(
    names: Annotated[bool, typer.Option("--names", help="List the dotted names of all inputs instead.")] = False,
    derived: Annotated[bool, typer.Option("--derived", help="List what sweeps can decide by, beside inputs.")] = False,
) -> None:
    """Print the JSON Schema of an answer; its $defs hold that of a study file, its names all dotted names."""
    from ..answer import RESULT_NAMES, input_names
    from ..answer import schema as whole

    if derived:
        _derived()
        return
    if not names:
        print(json.dumps(whole(), indent=1))
        return
    typer.echo(f"results: {', '.join(RESULT_NAMES)}; inputs:")
    for name, row in input_names().items():
        typer.echo(f"{name:42} {row['default']:>10} {row['unit']:10} {row['grade']:10} {row['label']}")


def _derived() -> None:
    """Derived quantities of a bare and a coated cell; those of cycles for the first and the last."""
    from ..study import read_study
    from ..sweep.quantities import CELL, quantities

    study = read_study({"name": "names"})
    shown = ("1", str(study.cells["coated"].protocol.cycles))
    for name, found in quantities(study).items():
        if name.startswith("bare.") or (match := CELL.fullmatch(name)) and match["cycle"] not in shown:
            continue
        unit = "(text)" if found.unit is None else "" if found.unit.shown == "1" else found.unit.shown
        typer.echo(f"{name:34} {unit:8} {found.tier.name.lower():7} {found.meaning}")


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
    from ..errors import InputError
    from ..new import QUESTIONS, Answers, study_from

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
