"""The command line: thin verbs, one file per group. Nothing heavy is imported until a verb needs it."""

from __future__ import annotations

from . import (  # noqa: F401  each registers its verbs
    anneal,
    atoms,
    compare,
    cycle,
    data,
    entropy,
    export,
    figure,
    fit,
    match,
    pathways,
    phases,
    recipe,
    report,
    run,
    structure,
    study,
    sweep,
    validate,
    web,
)
from .app import app, main

__all__ = ["app", "main"]
