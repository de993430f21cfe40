"""``epitropy match``: how a film can lie on a host, and what charging does to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import app, progress_bar

_SHOWN = 12  # rows that a terminal takes in at a glance
_LONG = 60.0  # s; a longer search is refused before it starts


@app.command()
def match(
    host: Annotated[str, typer.Argument(metavar="HOST", help="A phase ('epitropy phases'), a CIF or a POSCAR.")],
    film: Annotated[str, typer.Argument(metavar="FILM", help="The same, laid on the host.")],
    max_index: Annotated[int, typer.Option(metavar="N", help="Largest Miller index of the planes.")] = 2,
    max_area: Annotated[str, typer.Option(metavar="AREA", help="Largest common cell, unstrained.")] = "400A2",
    max_strain: Annotated[
        str, typer.Option(metavar="STRAIN", help="Largest principal strain: 0.04 or '4 %'.")
    ] = "0.04",
    host_plane: Annotated[
        list[str] | None,
        typer.Option(metavar="HKL", help="Only this plane of the host, e.g. 104 or '1 0 14'; may be given again."),
    ] = None,
    film_plane: Annotated[
        list[str] | None, typer.Option(metavar="HKL", help="Only this plane of the film; may be given again.")
    ] = None,
    thickness: Annotated[str, typer.Option(metavar="LENGTH", help="Of the film, for what tears it.")] = "5 nm",
    curves: Annotated[
        str, typer.Option(metavar="NAME", help="How the host breathes: ncm90, nmc811; by its name if not given.")
    ] = "",
    young: Annotated[str, typer.Option(metavar="MODULUS", help="Of the film, e.g. '180 GPa', for files.")] = "",
    poisson: Annotated[str, typer.Option(metavar="RATIO", help="Of the film, e.g. 0.25, for files.")] = "",
    twins: Annotated[bool, typer.Option("--twins", help="Tell half turns about the normal apart.")] = False,
    show: Annotated[int, typer.Option("-n", "--show", metavar="N", min=1, help="Rows to show.")] = _SHOWN,
    structures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write unrelaxed interface models of one match: CIF, POSCAR, extended XYZ."),
    ] = None,
    rank: Annotated[int, typer.Option(metavar="N", min=1, help="The match that --structures takes.")] = 1,
    strain_on: Annotated[
        str, typer.Option(metavar="film|shared|host", help="Which side of the models is strained.")
    ] = "film",
    slab: Annotated[str, typer.Option(metavar="LENGTH", help="Least thickness of either side of the models.")] = "8 A",
    vacuum: Annotated[
        str, typer.Option(metavar="LENGTH", help="Vacuum above the models; '0 A': none, the film touches two hosts.")
    ] = "15 A",
    supercell: Annotated[
        str,
        typer.Option(
            metavar="auto|NxM", help="Cells of the match in a model; auto: where ions left out end it least charged."
        ),
    ] = "auto",
    gap: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="Between the sides; left out: as near as in the crystals.")
    ] = None,
    shift: Annotated[
        str, typer.Option(metavar="U,V|nested", help="Of the film along the match's edges; nested: where it fits best.")
    ] = "nested",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for page, figures and tables.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all matches as JSON, units in the keys.")] = False,
) -> None:
    """Rank the ways a film can lie coherently on a host: planes, directions, strain, energy over charge, facets."""
    from .. import store
    from ..alignment.answer import match_answer
    from ..alignment.models import read_recipe, write_interfaces
    from ..alignment.search import read_search
    from ..errors import InputError
    from ..report import match_tables as rows

    search = read_search(
        max_index=max_index,
        max_area=max_area,
        max_strain=max_strain,
        host_planes=host_plane or (),
        film_planes=film_plane or (),
        thickness=thickness,
        twins=twins,
        curves=curves,
        young_modulus=young,
        poisson_ratio=poisson,
        longest=_LONG,
    )
    recipe = None
    changed = {
        "--rank": rank != 1,
        "--strain-on": strain_on != "film",
        "--slab": slab != "8 A",
        "--vacuum": vacuum != "15 A",
    }
    changed |= {"--supercell": supercell != "auto", "--gap": gap is not None, "--shift": shift != "nested"}
    if not structures and (idle := next((name for name, given in changed.items() if given), None)):
        raise InputError(idle, "without --structures it does nothing", "with --structures DIR")
    if structures:
        recipe = read_recipe(
            rank=rank, strain_on=strain_on, slab=slab, vacuum=vacuum, supercell=supercell, gap=gap, shift=shift
        )
    if output:
        store.check_folder(output)
    shown = None if as_json or output else max(show, rank)
    with progress_bar() as progress:
        found = match_answer(host, film, search, shown=shown, progress=progress)
        models = write_interfaces(host, film, found, recipe, structures, progress=progress) if recipe else ()
    if as_json:
        print(json.dumps(rows.as_json(found, show), indent=1))
    else:
        _show(found, show, models)
    if output:
        from ..report.match_page import files

        folder = store.save_files(files(found), output)
        if not as_json:
            typer.echo(f"Report: {folder / 'match.html'}")
    if models and not as_json:
        typer.echo(f"Interface models: {structures}")


def _show(answer, count: int, models) -> None:
    """What was laid on what, the ranked table, the particle's facets, the models, what to keep in mind."""
    from rich.console import Console

    from ..report import match_tables as rows

    console = Console(highlight=False)
    for sentence in rows.opening(answer, count):
        console.print(sentence, markup=False)
    if answer.matches:
        _table(console, "Best first", rows.match_rows(answer, count))
    if answer.facets and answer.matches:
        _table(console, "On the facets of a particle", rows.facet_rows(answer.facets, answer.limits.toughness))
    if models:
        _table(console, "Interface models, unrelaxed", rows.model_rows(models))
    console.print()
    for sentence in rows.closing(answer):
        console.print(sentence, markup=False)


def _table(console, title: str, rows) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False, box=None)
    for name in rows[0]:
        table.add_column(name, overflow="fold", no_wrap="||" in name)
    for row in rows[1:]:
        table.add_row(*row)
    console.print()
    console.print(table)
