"""The sections of the page; each gives its HTML, or nothing where it does not apply to the study."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ..constants import GAS_CONSTANT
from . import attribution, brief, cell_figures, measurement_tables, phase_tables, tables, text, update_tables
from .facts import Compared, coated_cell, grade_counts, treated_cell
from .figures import Drawing, csv_link, svg
from .markup import Html, badge, bullets, details, join, linked, paragraphs, safe, table
from .match_tables import facet_rows
from .numbers import field_text, fixed, significant
from .strain_figures import cracking_effect

if TYPE_CHECKING:
    from ..records.result import StudyResult
    from ..study import Study


def first_page(result: StudyResult, study: Study) -> Html:
    """One page of answer: the verdict, then the five questions with the capacity over cycles among them."""
    kind, count, said = brief.verdict(result, study)
    mark = badge(kind, count) if kind else Html(f"<b>{safe(count)}.</b>")
    glance = cell_figures.capacity_at_a_glance(result, study)
    drawn = figure(glance, None, result.hash) if glance is not None else Html("")
    parts = [_block(b, drawn if b.name == "gains" else Html("")) for b in brief.blocks(result, study)]
    lead = Html(f'<p class="lead">{mark} {safe(" ".join(said))}</p>')
    return join([lead, Html('<div class="blocks">'), *parts, Html("</div>")])


def _block(block: brief.Block, drawn: Html) -> Html:
    """A question, its rows and notes; what is drawn stands beside them."""
    rows = [tuple(_verdict(cell) for cell in row) for row in block.rows]
    kind = "answer" if block.header else "answer pairs"
    told = table(block.header, rows, kind=kind) if rows else Html("")
    notes = bullets(block.notes) if len(block.notes) > 2 else paragraphs(block.notes)
    inside = join([told, notes])
    inside = Html(f'<div class="beside"><div>{inside}</div>{drawn}</div>') if drawn else inside
    return Html(f'<section class="block" id="{block.name}"><h2>{safe(block.title)}</h2>\n{inside}\n</section>')


def headline(result: StudyResult, study: Study) -> Html:
    """Prediction beside the reported numbers, baselines, placebos, scenarios, measurements."""
    parts = [paragraphs([*text.opening(result, study), *text.verdict(result, study)])]
    if result.headline is not None:
        parts.append(_comparison(result, study))
    parts.append(paragraphs([text.basis(result, study)]))
    if result.headline is not None:
        parts += [paragraphs([text.unsolved(result.headline)]), _beside(result, study)]
    after = update_tables.section(result, study)
    return join([*parts, _scenarios(result, study), after, measurement_tables.section(result.headline)])


def _comparison(result: StudyResult, study: Study) -> Html:
    """Computed beside reported; without reported numbers the computed ones alone."""
    header = ("cell", "quantity", "median and 80 % interval", "reported (grade)", "verdict")
    rows = [(*row[:4], _verdict(row[4])) for row in tables.comparison_rows(result, study)]
    width = 5 if study.reported else 3
    return table(header[:width], [row[:width] for row in rows])


def _verdict(words: str) -> Html:
    kind = words.partition(":")[0]
    return badge(kind, words) if kind in ("hit", "miss") else safe(words)


def _beside(result: StudyResult, study: Study) -> Html:
    """Baselines and placebos; nothing for a cell without coating."""
    rows = tables.beside_rows(result, study)
    if not rows:
        return Html("")
    header = ("", "what it is", "retention", "last capacity", "gain / points", "")
    marked = [(*row[:5], badge("miss", row[5]) if "as much" in row[5] else row[5]) for row in rows]
    title = Html("<h3>Baselines and placebos</h3>")
    note = (
        "Gain: median retention over that of the calibrated cell. A placebo gains as much if its gain is not "
        "0.05 points below the prediction's."
    )
    said = paragraphs([*text.baselines(result, study), *text.placebos(result.headline)])
    return join([title, said, table(header, marked, kind="numbers"), paragraphs([note], "meta")])


def _scenarios(result: StudyResult, study: Study) -> Html:
    cell, cycles = treated_cell(study), study.cells[treated_cell(study)].protocol.cycles
    unsolved = ("draws unsolved",) if result.headline is not None else ()
    header = (
        "scenario",
        "cycle-1 gap by",
        "cycle 1 / (mAh/g)",
        f"cycle {cycles} / (mAh/g)",
        "retention / %",
        *unsolved,
    )
    rows = []
    for title, group in groupby(tables.scenario_rows(result, study), key=lambda r: r[0]):
        for i, (_, gap, first, last, kept, lost) in enumerate(group):
            shown = title if i == 0 else ""
            rows.append((shown, gap, _number(first), _number(last), _number(kept), *((lost,) if unsolved else ())))
    said = [t for t in (text.above_one(result, study), text.coincide(result)) if t]
    return join([Html(f"<h3>Scenarios for {safe(cell)}</h3>"), table(header, rows, kind="numbers"), paragraphs(said)])


def _number(row: Compared | None) -> Html:
    """A scenario's number, marked where a reported one can be compared."""
    if row is None:
        return Html('<span class="soft">not solved</span>')
    if row.inside is None:
        return safe(row.text)
    return Html(f"{safe(row.text)} {badge('hit', 'hit') if row.inside else badge('miss', 'miss')}")


def figures(drawings: list[Drawing], result: StudyResult, study: Study) -> Html:
    """All figures, and the table of orientation relationships after the strain."""
    return join(
        [
            *(figure(d, number, result.hash) for number, d in enumerate(drawings, 1)),
            attribution.section(result),
            _cracking(result, study),
            _facets(result, study),
            _layer_on_facets(result, study),
            _matches(result, study),
        ]
    )


def figure(drawing: Drawing, number: int | None, salt: str) -> Html:
    """A figure with its caption and its data; without a number it needs no title of its own."""
    link = f'<a class="csv" download="{drawing.name}-{salt}.csv" href="{csv_link(drawing)}">data as CSV</a>'
    counted = f"<b>Figure {number}.</b> " if number else ""
    caption = f"<figcaption>{counted}{safe(drawing.caption)} {link}</figcaption>"
    head = f"<h3>{safe(drawing.title)}</h3>" if number else ""
    return Html(
        f'<figure id="figure-{drawing.name}">{head}<div class="plot">{svg(drawing, salt)}</div>{caption}</figure>'
    )


def _cracking(result: StudyResult, study: Study) -> Html:
    """What the mismatch of grains does to each cell, where cells differ in it."""
    if len({cell.cathode.breathing.value for cell in study.cells.values()}) < 2:
        return Html("")
    header, rows = cracking_effect(result, study)
    note = (
        "Only the mismatch between grains differs by the lattice: surface phases are followed on the host's table in "
        "every cell. Cracks open ways for the electrolyte, so fewer cracks may deliver less at first."
    )
    title = Html("<h3>Grain mismatch, cracking and fade</h3>")
    return join([title, paragraphs([note]), table(header, rows, kind="numbers")])


def _facets(result: StudyResult, study: Study) -> Html:
    found = result.cells[treated_cell(study)].facets
    low, middle, high = (fixed(100 * x, 0) for x in (found.open_low, found.open_share, found.open_high))
    note = (
        f"Shares of the particle's surface, from surface energies or as stated. {middle} % of it ({low} to {high}) "
        "lets lithium pass; (003) does not. Strains and resistances of the layer are weighed with these shares."
    )
    header = ("facet", "share of the surface", "passes lithium", "grade", "source")
    rows = tables.facet_rows(result, study)
    return join([Html("<h3>Facets that count</h3>"), paragraphs([note]), table(header, rows)])


def _layer_on_facets(result: StudyResult, study: Study) -> Html:
    """How the layer that the study takes lies on each facet; nothing without a coating."""
    cell = coated_cell(result, study)
    if cell is None:
        return Html("")
    layer, crystal = study.cells[cell].layer, result.cells[cell].crystal
    found = result.cells[cell].layer_on_facets
    header, *rows = facet_rows(found, layer.interface_toughness.value)
    lying = sum(v.facet.share for v in found if v.best is not None)
    note = (
        f"The layer is {phase_tables.crystal_text(crystal, result.cells[cell].phases)} On {fixed(100 * lying, 0)} % of "
        "the surface it finds a match up to 400 Å² and 4 %; elsewhere it counts as incoherent and unstrained. Worst: "
        "largest energy over charge in J/m²/nm, of the smallest common cell and of the softest match there. 'Charged' "
        "is for a sharp film as thick as the layer that keeps all its misfit and gives off no lithium, the worst case; "
        "in the cell dislocations relieve it, and a layered one is graded into the host. Where the layer blocks, only "
        "its leak conducts; where its ways are not known it counts as open."
    )
    title = Html("<h3>The layer on the particle's facets</h3>")
    return join([title, paragraphs([note]), table(header, rows, kind="numbers")])


def _matches(result: StudyResult, study: Study) -> Html:
    rows = tables.match_rows(result, study)
    if not rows:
        return Html("")
    header = (
        "rank",
        "film",
        "host (plane)[direction] || film",
        "area / Å²",
        "principal strains / %",
        "energy / (J/m²/nm)",
        "largest over charge",
        "critical thickness / nm",
        "oxygen layers run on",
    )
    note = (
        "Coherent films on the host, ranked by the area of the common cell and the largest energy while the host "
        "breathes; strain, energy and critical thickness at x = 1. Strains are imposed on the film (negative: "
        "compression), the area is the unstrained film's. The candidate films stand beside the layer that the "
        "study takes; 'Which structure' says which is likelier."
    )
    title = Html("<h3>Best orientation relationships</h3>")
    return join([title, paragraphs([note]), table(header, rows, kind="numbers")])


def layer(result: StudyResult, study: Study) -> Html:
    """The layer in numbers; nothing without a coating."""
    cell = coated_cell(result, study)
    if cell is None:
        return Html("")
    found = result.cells[cell]
    note = "Every input at its median; these numbers carry no interval here."
    header = ("host or layer", "S per mole of metal sites", "S per mole of cation sites, Li included", "class", "why")
    return join(
        [
            paragraphs([note]),
            table(("quantity", "value", "basis"), tables.layer_rows(result, study)),
            Html("<h3>Entropy and class</h3>"),
            table(header, tables.entropy_rows(result)),
            Html("<h3>Which structure</h3>"),
            paragraphs(_phase(found)),
            *(_standings(v) for v in found.verdicts),
            _rests(found),
        ]
    )


def hosts(result: StudyResult, study: Study) -> Html:
    """Entropy of the hosts, where there is no layer to show."""
    if coated_cell(result, study) is not None:
        return Html("")
    header = ("host", "S per mole of metal sites", "S per mole of cation sites, Li included", "class", "why")
    return table(header, tables.entropy_rows(result))


def _phase(found) -> list[str]:
    """The verdict in sentences; what can be said without energies where there is none."""
    phases, said = found.phases, []
    if found.verdicts:
        first, *others = found.verdicts
        said += [*phase_tables.verdict_text(first), *(phase_tables.second_text(first, other) for other in others)]
    else:
        said.append(f"{phases.host[0].upper()}{phases.host[1:]}: {phases.reason.replace('degC', '°C')}.")
    most = 1.5 * phases.entropy_term / found.layer_entropy.by_site["M"] * GAS_CONSTANT / 1e3
    said.append(
        f"Even 1.5 R would pay for {significant(most)} kJ per mole of cation sites only. Boundaries of a second phase "
        f"or of inclusions: {field_text(phases, 'boundary_fraction')} of the layer."
    )
    return said


def _standings(verdict) -> Html:
    """Structures at the layer's composition by one potential, computed, with spread."""
    head, *rows = phase_tables.standing_rows(verdict)
    title = Html(f"<h4>Structures by {safe(verdict.potential)}, kJ per mole of cations</h4>")
    return join([title, table(head, rows, kind="numbers")])


def _rests(found) -> Html:
    """What the first verdict rests on, weakest link first."""
    if not found.verdicts:
        return Html("")
    head, *rows = phase_tables.rest_rows(found.verdicts[0])
    out_head, *out_rows = phase_tables.left_out_rows(found.verdicts[0])
    parts = [Html("<h4>What the verdict rests on</h4>"), table(head, rows, kind="numbers")]
    parts += [table(out_head, out_rows, kind="numbers")] if out_rows else []
    return join([*parts, paragraphs([phase_tables.READING], "meta")])


def inputs(result: StudyResult, study: Study) -> Html:
    """Inputs by grade, those without effect, limits, references, versions."""
    return join(
        [_by_grade(result, study), _no_effect(result, study), _limits(), _references(result), _versions(result)]
    )


def _by_grade(result: StudyResult, study: Study) -> Html:
    header = ("input", "what it is", "value", "80 % range", "source")
    return join(
        details(
            f"{grade}: {count} inputs" if count > 1 else f"{grade}: 1 input",
            _input_table(result, study, grade, header),
            f"inputs-{grade}",
        )
        for grade, count in grade_counts(result).items()
    )


def _input_table(result: StudyResult, study: Study, grade: str, header: tuple[str, ...]) -> Html:
    rows = tables.input_rows(result, study, grade)
    return table(
        header, [(name.replace(".", ".\u200b"), *rest, linked(source)) for name, *rest, source in rows], kind="inputs"
    )


def _no_effect(result: StudyResult, study: Study) -> Html:
    rows = tables.no_effect_rows(result)
    if not rows:
        return Html("")
    note = (
        "Moved alone, to the ends of its range, by 2 % where it is held fixed, or to another value of a choice, "
        "none of these "
        f"changes the retention of {treated_cell(study)} in any scenario. Some shape what is shown of the layer, "
        "others wait for "
        "a model that uses them."
    )
    title = Html('<h3 id="no-effect">No effect in this model</h3>')
    return join([title, paragraphs([note]), bullets((f"{label} ({name})" for name, label in rows), "columns")])


def _limits() -> Html:
    return join([Html('<h3 id="limits">What this model cannot say</h3>'), bullets(text.LIMITS)])


def _references(result: StudyResult) -> Html:
    kinds = (
        "naming a paper or page, often for another material",
        "recalled, unchecked: never evidence",
        "estimates, conventions and derivations",
    )
    groups = [
        details(f"{kind} ({len(found)})", bullets(linked(r) for r in found))
        for kind, found in zip(kinds, tables.references(result))
        if found
    ]
    return join([Html('<h3 id="references">Sources used in this run</h3>'), *groups])


def _versions(result: StudyResult) -> Html:
    libraries = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    return paragraphs(
        [
            f"epitropy {result.version} with {libraries}. Study {result.study}, content hash {result.hash}, hash of "
            f"the priors {result.priors}."
        ],
        "meta",
    )


def draws_text(result: StudyResult) -> str:
    """How many draws stand behind the page."""
    if result.headline is None:
        return "inputs at their medians, no intervals"
    return f"{significant(float(result.headline.draws))} draws, 80 % intervals"
