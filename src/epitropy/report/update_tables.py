"""What a predicted cell's own data say of the scenarios: weights in words and rows, what to expect, the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..calibrate.update import reading_errors
from .facts import joined
from .markup import Html, details, headed, join, paragraphs, safe
from .numbers import CAPACITY, fixed, shown, written

if TYPE_CHECKING:
    from ..records.headline import Update
    from ..records.result import StudyResult
    from ..records.scenario import Scenario
    from ..study import Study

Row = tuple[str, ...]


def update_texts(update: Update, cycles: int) -> list[str]:
    """What the predicted cell's own data say: which scenarios are left, what to expect, how the prediction scored."""
    ranked = sorted((w for w in update.weights if w.nearest is not None), key=lambda w: -w.after)
    leading = [f"{w.scenario} ({100 * w.after:.0f} %)" for w in ranked[:3] if w.after >= 0.01]
    before = 100 / max(len(ranked), 1)
    if not update.explained:
        said = [
            f"No scenario explains the data of {update.cell}: the closest draw lies {update.nearest:.1f} errors "
            f"of replicates away. The weights ({joined(leading)}) rank which fails least."
        ]
    else:
        said = [
            f"After the data of {update.cell} the scenarios weigh {joined(leading)}, from {before:.0f} % each before; "
            f"the closest draw lies {update.nearest:.1f} errors of replicates away."
        ]
    if update.retention is None:
        said.append(
            f"The weight rests on {update.carrying:.1f} draws' worth of the ensemble, too few to say what to expect of "
            "another such cell; more draws would tell."
        )
    else:
        last = written(*(float(shown(getattr(update.last, k), CAPACITY)) for k in ("value", "low", "high")))
        kept = written(*(100 * getattr(update.retention, k) for k in ("value", "low", "high")))
        said.append(f"Of another such cell one may expect {last} mAh/g at cycle {cycles} and a retention of {kept} %.")
    if update.scores:
        first, *others = update.scores
        models = {w.scenario for w in update.weights}
        guesses = [f"{s.name} {100 * s.crps:.1f}" for s in others if s.name not in models]
        verdict = ""
        points = [s.crps for s in others if s.name not in models]
        if points:
            verdict = (
                " The prediction beats them."
                if first.crps < min(points)
                else " A guess without a model does as well or better."
            )
        said.append(
            f"Score of the retention predicted (CRPS in points, smaller is better): {100 * first.crps:.1f}; "
            f"guesses: {joined(guesses) if guesses else 'none'}.{verdict}"
        )
    return said


def weight_rows(update: Update, scenarios: tuple[Scenario, ...]) -> tuple[Row, ...]:
    """Each scenario before and after, how near it comes, what it needs and what would refute it."""
    known = {s.name: s for s in scenarios}
    rows: list[Row] = [
        ("scenario", "before / %", "after / %", "closest draw / errors", "needs to be true", "would be refuted by")
    ]
    for w in update.weights:
        s = known[w.scenario]
        near = "no draw solved" if w.nearest is None else fixed(w.nearest, 1)
        rows.append((w.scenario, fixed(100 * w.before, 0), fixed(100 * w.after, 0), near, s.needs, s.refuted_by))
    return tuple(rows)


def score_rows(update: Update) -> tuple[Row, ...]:
    """CRPS of the mixture, of guesses without a model and of each scenario, in points of retention."""
    return (
        ("forecast of the retention", "CRPS / points"),
        *((s.name, fixed(100 * s.crps, 1)) for s in update.scores),
    )


def section(result: StudyResult, study: Study) -> Html:
    """After the predicted cell's reported numbers; nothing where none are given."""
    if result.headline is None or result.headline.update is None:
        return Html("")
    found = result.headline.update
    cycles = study.cells[found.cell].protocol.cycles
    level, kept = reading_errors()
    note = (
        "Each scenario is weighed by how likely its draws make the reported numbers, with the scatter of replicates "
        f"({100 * level:g} % of capacity, {100 * kept:g} % of retention, assumed); as draws are few, each stands for "
        "its neighbourhood, a share of their spread. All that could be solved weighed the same before. The prediction "
        "above never used these numbers. Weightiest of those declared; that does not make it right."
    )
    parts = [
        Html(f"<h3>Which mechanism, after the numbers of {safe(found.cell)}</h3>"),
        paragraphs(update_texts(found, cycles)),
        headed(weight_rows(found, result.scenarios)),
        paragraphs([note], "meta"),
    ]
    if found.scores:
        parts.append(details("Scores of each forecast", headed(score_rows(found), kind="numbers")))
    return join(parts)
