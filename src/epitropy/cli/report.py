"""``epitropy report``: stored results shown again, one alone or several beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import app

FolderArguments = Annotated[
    list[Path], typer.Argument(metavar="DIR", help="Folders that 'epitropy run -o' wrote; one: its page anew.")
]


@app.command()
def report(
    folders: FolderArguments,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for the result.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the comparison as JSON; write files only with -o.")
    ] = False,
) -> None:
    """Compare stored results on one page: predictions, what differs, layers, scenarios; one alone: write its page anew.

    Nothing is computed anew. (The two engines of the cell are compared by 'epitropy compare'.)
    """
    from .. import store
    from ..errors import InputError

    loaded = [store.load(folder) for folder in folders]
    remarks = [_remark(store.changed_since(result, f)) for f, (result, _) in zip(folders, loaded)]
    if len(folders) == 1:
        if as_json:
            raise InputError("--json", "one folder", "two or more to compare", "Its answer.json is there already.")
        _rebuild(folders[0], *loaded[0], remarks[0], output)
    else:
        _compare(folders, loaded, remarks, output, as_json)


def _remark(changed: bool) -> str:
    """What to know of a result whose study would not give its hash now."""
    if not changed:
        return ""
    return (
        "Stored by a run whose version, data or study file are not those of now; its graded inputs are shown as stored."
    )


def _rebuild(folder: Path, result, study, remark: str, output: Path | None) -> None:
    """The page from the stored answer: in its own folder, or the whole result in another."""
    from .. import __version__, store
    from ..report.page import html

    page = html(result, study, f"Written anew from the stored answer by epitropy {__version__}. {remark}".strip())
    if output is None or output.resolve() == folder.resolve():
        written = store.save_page(page, folder)
    else:
        text = (folder / store.STUDY).read_text(encoding="utf-8")
        written = store.save(result, output, page=page, study_text=text)
    typer.echo(f"Report: {written / store.PAGE}")


def _compare(folders: list[Path], loaded: list, remarks: list[str], output: Path | None, as_json: bool) -> None:
    from .. import store
    from ..errors import InputError
    from ..report.studies import Told, named
    from ..report.studies_page import data, files

    places = [f.resolve() for f in folders]
    if len(set(places)) < len(places):
        raise InputError("DIR", "the same folder twice", "folders of different results")
    if output is not None and output.resolve() in places:
        raise InputError("-o", f"'{output}' is one of the results compared", "another folder")
    names = named(folders, [result for result, _ in loaded])
    told = [Told(name=n, result=r, study=s, remark=m) for n, (r, s), m in zip(names, loaded, remarks)]
    hashes = store.fingerprint([str(p) for p in places], [t.result.hash for t in told])
    folder = output or (None if as_json else store.default_folder("comparison", hashes))
    written = store.save_files(files(told), folder) if folder else None
    if as_json:
        print(json.dumps(data(told), indent=1))
    else:
        _show(told)
        typer.echo(f"Comparison: {written / 'comparison.html'}")


def _show(told) -> None:
    """The numbers side by side, and how much differs."""
    from rich.console import Console
    from rich.table import Table

    from ..report import studies

    console = Console(highlight=False)
    for sentence in (studies.opening(told), *studies.verdicts(told)):
        console.print(sentence, markup=False)
    head, *rows = studies.headline_rows(told)
    table = Table(pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
