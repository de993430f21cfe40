"""``epitropy phases``: the library of crystals, one line each or one in full."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from .app import app


@app.command()
def phases(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One phase, in full with its sources.")] = None,
    holding: Annotated[
        str | None, typer.Option("--with", metavar="ELEMENT", help="Only phases that hold it, e.g. Nb.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="STUDY", help="Show the study's own phases beside the bundled ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, SI with the unit in the key.")] = False,
) -> None:
    """List the phases that a recipe or layer may name, or show one with every number's grade and source."""
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
