"""``epitropy data``: how files of cycled cells are read, and written out again. Options that other verbs share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .app import app

MassOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mass", metavar="MASS", help="Active material in the cell, e.g. '12.3 mg'; one, or one for each file."
    ),
]
AreaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--area", metavar="AREA", help="Electrode, e.g. '1.54 cm2', for a resistance in ohm; one, or one a file."
    ),
]
CellOption = Annotated[
    list[str] | None,
    typer.Option("--cell", metavar="NAME", help="Which cell of the study the file is; one, or one for each file."),
]
FirstOption = Annotated[
    int | None,
    typer.Option(
        "--first", metavar="CYCLE", min=0, help="The file's cycle at which ageing starts; it becomes cycle 1."
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="QUANTITY=HEADER",
        help="What a column is, e.g. capacity='Spec. Cap. Dis(mAh/g)' or 'capacity=Q [mAh]'; repeat it for more.",
    ),
]
SignOption = Annotated[
    str | None,
    typer.Option(
        "--current-sign", metavar="SIGN", help="charge-positive or discharge-positive, if the file is silent."
    ),
]
OneCOption = Annotated[
    str | None,
    typer.Option("--one-c", metavar="CURRENT", help="What 1C is, e.g. '200 mA/g', for cycles at other rates."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="The columns shown are right: do not ask.")]


def sources(
    files: list[Path],
    *,
    mass: list[str] | None,
    area: list[str] | None,
    cell: list[str] | None,
    first: int | None,
    column: list[str] | None,
    current_sign: str | None,
    one_c: str | None,
) -> list:
    """What the options say of each file, in SI."""
    from ..celldata import Source, parse_choices
    from ..errors import InputError

    masses = _each("--mass", mass, files, lambda text: _positive("--mass", text, "kg", "mg"))
    areas = _each("--area", area, files, lambda text: _positive("--area", text, "m2", "cm2"))
    cells = _each("--cell", cell, files, str)
    per_c = _positive("--one-c", one_c, "A/kg", "mA/g") if one_c else None
    if not files:
        raise InputError("FILE", "no file", "at least one file")
    return [
        Source(
            cell=c,
            mass=m,
            area=a,
            first=first,
            columns=parse_choices(column or []),
            current_sign=current_sign,
            one_c=per_c,
        )
        for c, m, a in zip(cells, masses, areas)
    ]


def _each(option: str, texts: list[str] | None, files: list[Path], read: Callable) -> list:
    from ..errors import InputError

    given = [read(text) for text in texts or []]
    if len(given) not in (0, 1, len(files)):
        raise InputError(option, f"{len(given)} for {len(files)} files", "one for all, or one for each file in order")
    return given if len(given) == len(files) else (given or [None]) * len(files)


def _positive(option: str, text: str, si: str, habit: str) -> float:
    from ..errors import InputError
    from ..units import parse

    try:
        value = parse(text, si, habit)
    except InputError as error:
        raise InputError(option, error.given, error.allowed, error.remedy) from None
    if value <= 0:
        raise InputError(option, f"'{text}'", "above zero")
    return value


def confirmation(yes: bool) -> Callable:
    """Shows a cycler's columns and asks on a terminal; elsewhere only ``--yes`` confirms."""

    def confirm(shown) -> bool:
        if yes:
            return True
        _show_columns(shown, error=True)
        if not sys.stdin.isatty():
            return False
        return typer.confirm("Is every column what it is taken for?", default=False, err=True)

    return confirm


@app.command()
def data(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV, Battery Data Format, or a cycler's text export.")
    ],
    mass: MassOption = None,
    area: AreaOption = None,
    cell: CellOption = None,
    first: FirstOption = None,
    column: ColumnOption = None,
    current_sign: SignOption = None,
    one_c: OneCOption = None,
    yes: YesOption = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the cells to a file.")
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="csv|bdf", help="What to write: epitropy's CSV, or Battery Data Format.")
    ] = "csv",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was read as JSON.")] = False,
) -> None:
    """Read files of cycled cells: what each column is taken for, cycles and capacities; write them out again.

    Nothing is guessed: neither mass nor unit nor the sign of the current. The columns of a cycler's export are shown
    and must be confirmed.
    """
    from ..celldata import read_file

    if to not in ("csv", "bdf"):
        from ..errors import InputError

        raise InputError("--to", f"'{to}'", "csv or bdf")
    said = sources(
        files,
        mass=mass,
        area=area,
        cell=cell,
        first=first,
        column=column,
        current_sign=current_sign,
        one_c=one_c,
    )
    if output:
        _check(output, force)
    ask = confirmation(yes)
    found = [read_file(path, source, ask) for path, source in zip(files, said)]
    if output:
        _write(found, said, output, to, force)
    if as_json:
        print(json.dumps([_as_json(f) for f in found], indent=1, allow_nan=False))
        return
    for one in found:
        _show(one)
    if output:
        typer.echo(f"Written: {output}")


def _check(target: Path, force: bool) -> None:
    from ..errors import InputError

    if target.is_dir():
        raise InputError("-o", f"'{target}' is a folder", "a file to write")
    if target.exists() and not force:
        raise InputError("-o", f"'{target}' exists", "a new file", "Give --force to replace it.")


def _write(found: list, said: list, target: Path, to: str, force: bool) -> None:
    """Into a file beside the target first, so that nothing half is left where something whole was."""
    from ..celldata import bdf_cycles, own_csv, write_bdf_series
    from ..errors import InputError

    cells = [c for f in found for c in f.cells]
    names = [(c.cell, c.name) for c in cells]
    aside = target.with_name(target.name + ".part")
    try:
        if to == "csv":
            if len(set(names)) < len(names):
                raise InputError(
                    "-o", f"two cells '{names[0][1]}'", "one name each", "Rename a file, or write them one by one."
                )
            aside.write_text(own_csv(cells), encoding="utf-8")
        elif len(cells) != 1:
            raise InputError(
                "--to bdf", f"{len(cells)} cells", "one cell a file, as BDF has it", "Choose it: --cell NAME."
            )
        elif found[0].series is None:
            aside.write_text(bdf_cycles(cells[0], said[0].mass), encoding="utf-8")
        else:
            write_bdf_series(found[0].series, aside, said[0].mass, found[0].specific)
        _check(target, force)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _as_json(found) -> dict:
    from ..celldata.writing import OWN
    from ..records.measured import QUANTITIES
    from ..units import convert

    def numbers(values) -> list:
        return [None if v != v else float(f"{v:.10g}") for v in values.tolist()]

    cells = []
    for cell in found.cells:
        readings = {}
        for quantity, r in cell.readings.items():
            name, unit = OWN[quantity]
            factor = convert(1.0, QUANTITIES[quantity].unit.si, unit)
            readings[name] = {"cycle": r.cycle.tolist(), "value": numbers(r.value * factor), "rate": numbers(r.rate)}
        cells.append(
            {
                "name": cell.name,
                "cell": cell.cell,
                "readings": readings,
                "voltage_range_V": cell.voltage_range,
                "discharge_current_mA_per_g": None
                if cell.discharge_current is None
                else numbers(cell.discharge_current),
            }
        )
    return {
        "file": found.shown.path,
        "read_as": found.shown.title,
        "kind": found.kind,
        "rows": found.rows,
        "columns": [
            {"quantity": c.quantity, "header": c.header, "unit": c.unit, "first": list(c.first)}
            for c in found.shown.columns
        ],
        "left_out": list(found.shown.left_out),
        "cells": cells,
        "notes": list(found.notes),
    }


def _console(error: bool = False):
    from rich.console import Console

    return Console(highlight=False, stderr=error)


def _show_columns(shown, error: bool = False) -> None:
    from rich.table import Table

    from ..celldata.columns import SAID

    console = _console(error)
    console.print()
    console.print(f"{shown.path}: read as {shown.title}", markup=False, style="bold")
    table = Table(pad_edge=False, box=None)
    for name in ("column", "taken for", "in", "first cells"):
        table.add_column(name, overflow="fold")
    for c in shown.columns:
        table.add_row(
            *(_plain(t) for t in (c.header, SAID.get(c.quantity, c.quantity), c.unit, "; ".join(map(_brief, c.first))))
        )
    console.print(table)
    if shown.left_out:
        console.print(f"Not used: {_few(shown.left_out)}", markup=False)


def _few(names: tuple[str, ...], most: int = 8) -> str:
    return ", ".join(names if len(names) <= most else [*names[:most], f"and {len(names) - most} more"])


def _brief(cell: str) -> str:
    """A cell as it stands, or in fewer digits where it has many."""
    try:
        return cell if len(cell) <= 9 else f"{float(cell.replace(',', '.')):.6g}"
    except ValueError:
        return cell


def _plain(text: str):
    from rich.text import Text

    return Text(text)


def _show(found) -> None:
    import numpy as np
    from rich.table import Table

    from ..celldata.writing import OWN
    from ..records.measured import QUANTITIES
    from ..units import convert

    _show_columns(found.shown)
    console = _console()
    console.print(f"{found.rows} rows, {found.kind}", markup=False)
    console.print()
    table = Table(pad_edge=False, box=None)
    for name in ("cell", "what", "cycles", "n", "first", "last", "in"):
        table.add_column(name, overflow="fold", justify="right" if name in ("n", "first", "last") else "left")
    for cell in found.cells:
        name = f"{cell.cell} ({cell.name})" if cell.cell else cell.name
        for quantity, r in cell.readings.items():
            unit = OWN[quantity][1]
            usual = np.flatnonzero(~np.isfinite(r.rate)) if (~np.isfinite(r.rate)).any() else np.arange(len(r.rate))
            ends = (r.value[usual[[0, -1]]] * convert(1.0, QUANTITIES[quantity].unit.si, unit)).tolist()
            span = f"{r.cycle[0]}-{r.cycle[-1]}" if r.cycle[0] < r.cycle[-1] else f"{r.cycle[0]}"
            row = (name, _what(quantity, r), span, str(len(r.cycle)), *(f"{v:.4g}" for v in ends), unit)
            table.add_row(*(_plain(t) for t in row))
            name = ""
    console.print(table)
    for cell in found.cells:
        if cell.voltage_range:
            low, high = cell.voltage_range
            console.print(f"Voltage under current: {low:.3f} to {high:.3f} V", markup=False)
    for note in found.notes:
        console.print(f"- {note}", markup=False)


def _what(quantity: str, readings) -> str:
    import numpy as np

    rates = int(len(np.unique(readings.rate[np.isfinite(readings.rate)])))
    name = {"capacity": "discharge capacity"}.get(quantity, quantity.replace("_", " "))
    return f"{name}, {rates} rates" if rates > 1 else f"{name}, also at another rate" if rates else name
