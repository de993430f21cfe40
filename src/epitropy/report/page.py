"""The whole report as one HTML file that needs nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from . import (
    attribution_figures,
    cell_figures,
    figure_one,
    layer_figures,
    measurement_figures,
    methods,
    sections,
    strain_figures,
)
from .facts import coated_cell
from .figures import Drawing
from .markup import Html, paragraphs, safe
from .scene import scene

if TYPE_CHECKING:
    from ..records.result import StudyResult
    from ..study import Study


def html(result: StudyResult, study: Study, remark: str = "") -> str:
    """The report of a result, nominal or with its headline; the same text for the same result.

    One page answers, the details come after it. ``remark``: what else to know about how the page came about.
    """
    parts = [(name, title, body) for name, title, body in _sections(result, study) if body.strip()]
    links = "".join(f'<a href="#{name}">{safe(title)}</a>' for name, title, _ in parts)
    links += '<a href="#limits">What this model cannot say</a>'
    bodies = "\n".join(
        f'<section id="{name}"><h2>{safe(title)}</h2>\n{body}\n</section>' for name, title, body in parts
    )
    answer = f'<div class="answer-page">{_head(result, study, remark)}\n{sections.first_page(result, study)}</div>'
    return whole_page(result.title or result.study, f"{answer}\n<nav>Details: {links}</nav>\n{bodies}")


def _sections(result: StudyResult, study: Study) -> list[tuple[str, str, Html]]:
    """(id, title, HTML) in reading order; an empty body is left out."""
    return [
        ("headline", "Headline", sections.headline(result, study)),
        ("figures", "Figures", sections.figures(drawings(result, study), result, study)),
        ("layer", "The layer in numbers", sections.layer(result, study)),
        ("hosts", "Entropy of the hosts", sections.hosts(result, study)),
        ("inputs", "Inputs, limits and sources", sections.inputs(result, study)),
        ("methods", "Methods, to paste", methods.section(result, study)),
    ]


def drawings(result: StudyResult, study: Study) -> list[Drawing]:
    """Every figure that applies to the study."""
    draw = (
        cell_figures.capacity_curves,
        cell_figures.scenario_forest,
        attribution_figures.shares,
        _three_stages,
        layer_figures.depth_profile,
        cell_figures.losses,
        cell_figures.tornado,
        measurement_figures.measurement_bits,
        strain_figures.strain_over_charge,
    )
    return [d for d in (one(result, study) for one in draw) if d is not None]


def _three_stages(result: StudyResult, study: Study) -> Drawing | None:
    """Figure 1 of the coated cell; nothing where nothing is coated."""
    cell = coated_cell(result, study)
    if cell is None:
        return None
    return figure_one.draw(replace(scene(study, cell), hash=result.hash, version=result.version))


def _head(result: StudyResult, study: Study, remark: str) -> str:
    """Title, which study and version, and the study's own note."""
    meta = (
        f"study <code>{safe(result.study)}</code> · hash <code>{result.hash}</code> · priors "
        f"<code>{result.priors}</code> · epitropy {safe(result.version)} · {sections.draws_text(result)}"
    )
    notes = paragraphs([n for n in (study.note, remark) if n], "meta")
    title = safe(result.title or result.study)
    return f'<h1>{title}</h1>\n<p class="meta">{meta}</p>\n{notes}'


def whole_page(title: str, body: str) -> str:
    """A page of its own: style inlined, nothing beside it."""
    style = files("epitropy.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" '
        'content="light dark">\n'
        f"<title>{safe(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
