"""``epitropy phases``: the library of crystals; of a study, which structure its layer takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import app, progress_bar


@app.command()
def phases(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|NAME",
            help="A study (bundled or YAML): which structure its layer takes. A phase: its table in full. None: all.",
        ),
    ] = None,
    cell: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a study: the coated cell; the last one by default.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FROM:TO:STEP",
            help="Of a study: map an input, e.g. anneal.temperature=600:900:50; twice at most.",
        ),
    ] = None,
    entries: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="Of a study: your computed entries (pymatgen JSON) in place of the shipped."),
    ] = None,
    draws: Annotated[int, typer.Option(min=10, help="Of a study: draws of the errors of the energies.")] = 200,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Of a study: folder for page and figures.")
    ] = None,
    holding: Annotated[
        str | None, typer.Option("--with", metavar="ELEMENT", help="Only phases that hold it, e.g. Nb.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="STUDY", help="Show the study's own phases beside the bundled ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, SI with the unit in the key.")] = False,
) -> None:
    """Which structure a study's layer takes, one phase or several; without a study, the library of crystals."""
    from ..errors import InputError
    from ..study import bundled_studies

    if name and (name in bundled_studies() or Path(name).suffix.lower() in (".yaml", ".yml")):
        if holding or study:
            raise InputError("--with" if holding else "--study", f"with a study, {name}", "with the library alone")
        _verdict(name, cell, vary or [], entries, draws, output, as_json)
        return
    given = {"--cell": cell, "--vary": vary, "--entries": entries, "--output": output}
    if idle := next((option for option, value in given.items() if value), None):
        remedy = "Name a study: epitropy phases zhao2024 ..."
        raise InputError(idle, f"'{name or 'no name'}' is no study", "with a bundled study or a YAML file", remedy)
    _library(name, holding, study, as_json)


def _verdict(
    name: str,
    cell: str | None,
    vary: list[str],
    entries: Path | None,
    draws: int,
    output: Path | None,
    as_json: bool,
) -> None:
    from .. import store
    from ..errors import InputError
    from ..jsonio import to_json
    from ..process.front import coated_cell, only
    from ..process.phases import phases_answer
    from ..process.vary import axis
    from ..report.phase_page import files
    from ..study import load_study

    loaded = load_study(name)
    chosen = coated_cell(loaded, cell)
    if len(vary) > 2:
        raise InputError("--vary", f"{len(vary)} inputs", "one or two")
    axes = [axis(text, only(loaded, chosen)) for text in vary]
    if output:
        store.check_folder(output)
    with progress_bar() as progress:
        found = phases_answer(only(loaded, chosen), chosen, axes=axes, entries=entries, draws=draws, progress=progress)
    if as_json:
        print(json.dumps(to_json(found), indent=1))
    else:
        _show_verdict(found)
    if output:
        folder = store.save_files(files(found), output)
        if not as_json:
            typer.echo(f"Report: {folder / 'phases.html'}")


def _show_verdict(answer) -> None:
    """Sentences first, then structures, what the verdict rests on, settings, the user's own entries."""
    from rich.console import Console

    from ..report import phase_tables as rows
    from ..report.phase_page import opening

    console = Console(highlight=False)
    for sentence in opening(answer):
        console.print(sentence, markup=False)
    if answer.verdict:
        for found in (rows.standing_rows, rows.assembly_rows, rows.rest_rows, rows.left_out_rows):
            _table(console, found(answer.verdict))
    if answer.nodes:
        _table(console, rows.node_rows(answer))
    if answer.entries:
        for found in rows.entries_rows(answer.entries):
            _table(console, found)
        console.print(f"{rows.ENTRIES_NOTE} {answer.entries.note[0].upper()}{answer.entries.note[1:]}.", markup=False)
    console.print()
    console.print(rows.READING, markup=False)


def _table(console, rows) -> None:
    from rich.table import Table

    table = Table(pad_edge=False, box=None)
    for head in rows[0]:
        table.add_column(head, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    console.print()
    console.print(table)


def _library(name: str | None, holding: str | None, study: str | None, as_json: bool) -> None:
    """The phases that a recipe or layer may name, or one with every number's grade and source."""
    from ..catalogue import phase, phase_names
    from ..chemistry import atomic_mass, element_counts
    from ..jsonio import to_json
    from ..study import load_study

    own = next(iter(load_study(study).cells.values())).phases if study else {}
    found = [phase(name, own)] if name else [phase(n, own) for n in (*own, *phase_names())]
    if holding:
        atomic_mass(holding)  # refuses what is no element
        found = [p for p in found if holding in element_counts(p.formula)]
    if as_json:
        print(json.dumps([to_json(p) for p in found], indent=1))
    elif name:
        _show(found[0])
    else:
        _list(found)


def _list(found) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("name", "formula", "structure", "g/cm3", "grade"):
        table.add_column(head, overflow="fold", no_wrap=head in ("g/cm3", "grade"))
    for p in found:
        formula = "" if p.formula == p.name else p.formula
        table.add_row(p.name, formula, p.structure, f"{p.density.value / 1e3:.2f}", p.density.grade)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{len(found)} phases. A formula that is not shown is the name. 'epitropy phases NAME' shows one.")


def _show(p) -> None:
    """One phase: what it is, its cell, its numbers with grade and source."""
    from rich.console import Console

    from ..catalogue import numbers_of
    from ..chemistry import molar_mass
    from ..report.numbers import shown, significant
    from ..units import Unit

    console = Console(highlight=False)
    units = {"density": "g/cm3", "young_modulus": "GPa"}
    lines = [p.name, f"formula: {p.formula}, {molar_mass(p.formula) * 1e3:.2f} g/mol"]
    lines += [f"also: {', '.join(p.names)}"] if p.names else []
    lines += [f"structure: {p.structure}" + (f", {p.space_group}" if p.space_group else "")]
    if p.cell:
        c = p.cell
        edges = " ".join(f"{k} {getattr(c, k) * 1e10:.5g}" for k in ("a", "b", "c"))
        angles = " ".join(f"{k} {getattr(c, k) * 180 / 3.141592653589793:.5g}" for k in ("alpha", "beta", "gamma"))
        lines += [f"cell: {edges} angstrom, {angles} deg, {p.formula_units:.4g} formula units"]
        lines += [f"  {p.cell_grade}: {p.cell_source}"]
    for key, number in numbers_of(p).items():
        unit = units.get(key, "1")
        value = significant(float(shown(number.value, Unit(number.unit, show=unit))), 4)
        lines += [f"{key.replace('_', ' ')}: {value} {unit}".removesuffix(" 1"), f"  {number.grade}: {number.source}"]
    lines += [f"becomes {p.becomes} in the anneal"] if p.becomes else []
    spreads = "spreads" if p.wets else "does not spread"
    lines += [f"{spreads} over the host on annealing" + (" (not stated)" if p.wets is None else "")]
    lines += [f"note: {p.note}"] if p.note else []
    for line in lines:
        console.print(line, markup=False)
