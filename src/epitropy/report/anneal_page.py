"""The answer of the anneal as one page and as files beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..jsonio import to_json
from . import anneal_tables as rows
from .anneal_figures import map_figure, profile_figure
from .figures import Drawing, csv_link, csv_text, svg
from .markup import Html, details, headed, join, paragraphs, safe
from .page import whole_page

if TYPE_CHECKING:
    from ..records.process import AnnealAnswer


def files(answer: AnnealAnswer) -> dict[str, str]:
    """Name -> text of every file of the answer."""
    drawings = _drawings(answer)
    found = {"answer.json": json.dumps(to_json(answer), indent=1), "anneal.html": html(answer, drawings)}
    return found | {f"{d.name}.csv": csv_text(d) for d in drawings}


def _drawings(answer: AnnealAnswer) -> list[Drawing]:
    return [d for d in (map_figure(answer), profile_figure(answer)) if d is not None]


def html(answer: AnnealAnswer, drawings: list[Drawing]) -> str:
    """The page: map first where one was asked for, then profile, readings, leave-one-out, drivers, scan."""
    head = (
        f'<h1>{safe(answer.title or answer.study)}: the anneal</h1>\n<p class="meta">cell '
        f"<code>{safe(answer.cell)}</code> · study <code>{safe(answer.study)}</code> · hash "
        f"<code>{answer.hash}</code> · epitropy {safe(answer.version)}</p>"
    )
    sections = "\n".join(_section(title, join(parts)) for title, parts in _sections(answer, drawings))
    return whole_page(f"{answer.title or answer.study}: the anneal", f"{head}\n{sections}")


def _sections(answer: AnnealAnswer, drawings: list[Drawing]) -> list[tuple[str, list[object]]]:
    """(title, parts) in reading order; what was not asked for is left out."""
    found: list[tuple[str, list[object]]] = []
    if answer.map:
        points = details(f"All {len(answer.map.nodes)} points", headed(rows.map_rows(answer.map)))
        found.append(("Map", [*_figures(drawings, "map"), paragraphs(rows.failure_texts(answer.map)), points]))
    found.append(("Profile", [*_figures(drawings, "profile"), headed(rows.reading_rows(answer))]))
    found.append(("Cation by cation", [headed(rows.cation_rows(answer)), paragraphs([BOUNDARY_NOTE], "meta")]))
    if answer.fit:
        fitted = headed(_unbroken(rows.fit_rows(answer)))
        found.append(("What the scan says", [paragraphs(fit_text(answer)), fitted]))
    notes = paragraphs([LEFT_OUT_NOTE, ions_text(answer)])
    found.append(("Without one element", [notes, headed(rows.left_out_rows(answer))]))
    if answer.bands:
        found.append(("What the spread comes from", [paragraphs([DRIVER_NOTE]), headed(rows.driver_rows(answer))]))
    return found


LEFT_OUT_NOTE = (
    "Each row anneals the recipe again without one element: one of the coating is left out and not replaced, one of "
    "the host gives its sites to the host's main cation. S: mean over layer and mixed zone; the rest from the layer's "
    "mean composition. r: mean Shannon radius, δ(r) size mismatch, δ(z) valence mismatch: what misfit starts from."
)


def ions_text(answer: AnnealAnswer) -> str:
    """The ions whose radii were taken: host metals as in the lithiated host, coating cations in their usual states."""
    radii = ", ".join(f"{ion} {1e10 * r:.3f}" for ion, r in answer.left_out[0].radii.items())
    return f"Radii in Å, 6 neighbours, host metals charged as in the lithiated host: {radii}."


BOUNDARY_NOTE = (
    "Profile and grain boundaries are worked out apart, each with the whole dissolved coating: what runs into "
    "boundaries would be missing in the profile, which is then that of a thinner layer. Undissolved precursor is in "
    "neither."
)
DRIVER_NOTE = (
    "Squared rank correlations over all draws, of inputs that stand out from chance; the rest is put down to no single "
    "input: many small ones, or several together."
)


def fit_text(answer: AnnealAnswer) -> list[str]:
    """What was fitted, on what, and what the scan cannot tell."""
    fit, scan = answer.fit, answer.scan
    left = f" Columns left out: {', '.join(scan.ignored)}." if scan.ignored else ""
    left += f" {scan.outside} points outside the particle left out." if scan.outside else ""
    return [
        f"{fit.points} fractions of {', '.join(scan.species)} from {scan.name}; scatter left "
        f"{100 * fit.noise:.1f} at.%, probe {1e9 * fit.resolution:.1f} nm, zero moved by "
        f"{1e9 * fit.origin_shift:+.1f} nm.{left}",
        "Priors are the graded spreads of the study. A number that the scan does not inform keeps its prior; the "
        "amount of film at this spot and the scan's zero are fitted along.",
    ]


def _section(title: str, body: object) -> str:
    return f"<section><h2>{safe(title)}</h2>\n{body}\n</section>"


def _unbroken(found: tuple[rows.Row, ...]) -> tuple[rows.Row, ...]:
    """Exponents stay on the line of their number."""
    return tuple(tuple(cell.replace("e-", "e\u2011") for cell in row) for row in found)


def _figures(drawings: list[Drawing], name: str) -> list[Html]:
    return [
        Html(
            f'<figure>{svg(d, d.name)}<figcaption>{safe(d.caption)} <a href="{csv_link(d)}" '
            f'download="{d.name}.csv">numbers</a></figcaption></figure>'
        )
        for d in drawings
        if d.name == name
    ]
