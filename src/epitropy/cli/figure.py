"""``epitropy figure``: Figure 1 of a study, from precursors mixed on to the layer, drawn from computed results."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from .app import StudyArgument, app, progress_bar

STAGES = 4  # of `form` for a coated cell


@app.command()
def figure(
    study: StudyArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Figure to write, .svg, .png or .pdf; STUDY-figure.svg by default."
        ),
    ] = None,
    cell: Annotated[
        str | None, typer.Option(metavar="NAME", help="Cell to draw; the last coated one by default, else the last.")
    ] = None,
    time: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the anneal's time at which the middle picture is drawn.")
    ] = 0.5,
    dpi: Annotated[int, typer.Option(min=50, max=1200, help="Dots per inch of a .png.")] = 200,
) -> None:
    """Draw the coating in three stages: mixed on, heated with cations moving, the layer magnified to its atoms."""
    from ..errors import InputError
    from ..report.figure_one import FORMATS, draw, file_bytes
    from ..report.scene import scene, shown_cell
    from ..study import load_study

    loaded = load_study(study)
    name = shown_cell(loaded, cell)
    path = output or Path(f"{loaded.name}-figure.svg")
    if path.suffix.lower() not in FORMATS:
        raise InputError("--output", f"'{path}'", f"a file that ends in {', '.join(FORMATS)}")
    if not path.parent.is_dir() or path.is_dir():
        raise InputError("--output", f"'{path}'", "a file in a folder that exists")
    if not 0 <= time <= 1:
        raise InputError("--time", f"{time}", "0, before the anneal, to 1, after it")
    with progress_bar() as bar:
        stages = count()
        made = scene(
            loaded, name, share_of_time=time, progress=lambda stage: bar("computing the cell", next(stages), STAGES)
        )
        content = file_bytes(draw(made), path.suffix.lower(), made.hash, dpi)
    _write(path, content)
    typer.echo(f"Figure: {path}")


def _write(path: Path, content: bytes) -> None:
    from ..errors import InputError

    try:
        path.write_bytes(content)
    except OSError as error:
        given = f"'{path}' cannot be written ({error.strerror})"
        raise InputError("--output", given, "a file in a folder that exists") from None
