"""``epitropy app``: the local app in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import app as cli


@cli.command("app")
def web(
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1024, max=65535, help="Port on 127.0.0.1; the first free one from 8765 by default."
        ),
    ] = None,
    sweeps: Annotated[
        Path,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Folder whose sweeps and designs are listed."),
    ] = Path("."),
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Look at a study in the browser: move a slider, see recipe, layer, interface and fade. For this machine alone."""
    from ..errors import InputError

    try:
        from ..web.serve import serve
    except ModuleNotFoundError as error:
        raise InputError(
            "app", f"the package '{error.name}' is missing", "the extra 'app'", "pip install 'epitropy[app]'"
        ) from None
    serve(port, not no_browser, sweeps)
