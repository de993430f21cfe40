"""Several results beside each other, in words and rows: what differs, what each predicts, which scenario leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..records.sourced import Sourced
from ..study import input_unit
from . import attribution, brief, tables, update_tables
from .facts import coated_cell, compared_cell, joined, known_cell, treated_cell
from .numbers import CAPACITY, fixed, shown, significant, written

if TYPE_CHECKING:
    from ..records.headline import CellHeadline
    from ..records.result import StudyResult
    from ..study import Study

Row = tuple[str, ...]
BLANK = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One stored study under the name by which the comparison calls it; ``remark``: what makes it hard to compare."""

    name: str
    result: StudyResult
    study: Study
    remark: str = ""


def named(folders: Sequence[Path], results: Sequence[StudyResult]) -> list[str]:
    """The studies' names, with the folder's where two are alike, and its whole path where even that does not tell.

    >>> class R: study = "zhao2024"
    >>> named([Path("a/x"), Path("a/y")], [R, R]), named([Path("a/x"), Path("b/x")], [R, R])
    (['zhao2024 (x)', 'zhao2024 (y)'], ['zhao2024 (a/x)', 'zhao2024 (b/x)'])
    """
    own = [r.study for r in results]
    short = [n if own.count(n) == 1 else f"{n} ({f.resolve().name})" for n, f in zip(own, folders)]
    return [n if short.count(n) == 1 else f"{study} ({f})" for n, study, f in zip(short, own, folders)]


def study_rows(told: Sequence[Told]) -> tuple[Row, ...]:
    """(name, title, hash, priors, version, draws)."""
    return (
        ("study", "title", "hash", "priors", "epitropy", "draws"),
        *(
            (
                t.name,
                t.result.title or BLANK,
                t.result.hash,
                t.result.priors,
                t.result.version,
                str(t.result.headline.draws) if t.result.headline else "0, medians only",
            )
            for t in told
        ),
    )


# ---- what differs ------------------------------------------------------------------------------------------------


def differing_inputs(told: Sequence[Told]) -> dict[str, tuple[Sourced | None, ...]]:
    """Dotted name -> each study's number, of inputs that differ in value, spread or grade, or that one does not have.

    Sources and labels do not count: they do not move an answer.
    """
    names = dict.fromkeys(n for t in told for n in t.result.inputs)
    found = {n: tuple(t.result.inputs.get(n) for t in told) for n in names}
    return {n: numbers for n, numbers in found.items() if len({_essence(v) for v in numbers}) > 1}


def _essence(number: Sourced | None) -> tuple[object, ...]:
    return () if number is None else (number.value, number.unit, number.distribution, number.spread, number.grade)


def input_rows(told: Sequence[Told], *, shared: bool) -> tuple[Row, ...]:
    """(dotted name, what it is, then value, range and grade by study); the header first.

    ``shared``: of the inputs that differ those that every study has; else those that one lacks.
    """
    rows = [("input", "what it is", *(t.name for t in told))]
    for name, numbers in differing_inputs(told).items():
        if (None not in numbers) != shared:
            continue
        label = next(v.label for v in numbers if v is not None)
        rows.append((name.replace(".", ".\u200b"), label, *(_number(v, name, t.study) for v, t in zip(numbers, told))))
    return tuple(rows)


def _number(number: Sourced | None, name: str, study: Study) -> str:
    if number is None:
        return BLANK
    value, spread = tables.input_texts(number, input_unit(study, name))
    return f"{value} ({spread}), {number.grade}"


def choices(study: Study) -> dict[str, str]:
    """Dotted name -> each choice that is no graded number: lattices, gas, cycles, precursors' names, compositions.

    What is the same in all cells has no cell before it.

    >>> from epitropy.study import load_study
    >>> found = choices(load_study("zhao2024"))
    >>> found["coated.anneal.gas"], found["bare.coating"], found["cathode.lattice"]
    ('O2', 'none', 'ncm90')
    """
    own = {cell: dict(_chosen(tree)) for cell, tree in study.cells.items()}
    found = {}
    for path in dict.fromkeys(p for leaves in own.values() for p in leaves):
        values = [leaves.get(path) for leaves in own.values()]
        if len(set(values)) == 1:
            found[path] = values[0]
        else:
            found |= {f"{cell}.{path}": leaves[path] for cell, leaves in own.items() if path in leaves}
    return found


def _chosen(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of all leaves that are no `Sourced`; precursors and the study's own phases by their names."""
    if isinstance(node, Sourced):
        return
    if prefix in ("phases", "coating.precursors"):
        yield prefix, ", ".join(node) or "none"
        return
    if is_dataclass(node):
        for f in fields(node):
            yield from _chosen(getattr(node, f.name), f"{prefix}.{f.name}".lstrip("."))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _chosen(value, f"{prefix}.{key}")
    else:
        yield prefix, "none" if node is None else f"{node:g}" if isinstance(node, float) else str(node)


def choice_rows(told: Sequence[Told]) -> tuple[Row, ...]:
    """(dotted name, value by study) of the choices that differ; the header first."""
    own = [choices(t.study) | _data(t.study) for t in told]
    names = dict.fromkeys(n for c in own for n in c)
    rows = [(n, *(c.get(n, BLANK) for c in own)) for n in names]
    return (("choice", *(t.name for t in told)), *(r for r in rows if len(set(r[1:])) > 1))


def _data(study: Study) -> dict[str, str]:
    """Calibration data, as choices."""
    if study.calibration is None:
        return {"calibration": "none"}
    given = study.calibration
    data = ", ".join(
        f"{significant(float(shown(v.value, CAPACITY)), 4)} mAh/g at cycle {n} ({v.grade})"
        for n, v in sorted(given.capacity.items())
    )
    return {"calibration": f"{given.cell}: {data}"}


# ---- what each predicts ------------------------------------------------------------------------------------------

HEADER = ("study", "cell", "cycle 1 / (mAh/g)", "last cycle / (mAh/g)", "retention / %", "gain / points")


def headline_rows(told: Sequence[Told]) -> tuple[Row, ...]:
    """Each study's cells, calibrated one first, and below a cell what is reported of it; the header first."""
    rows: list[Row] = [HEADER]
    for t in told:
        known, treated = known_cell(t.study), treated_cell(t.study)
        for i, cell in enumerate(dict.fromkeys((known, *t.study.cells))):
            gain = _gain(t) if cell == treated != known else ""
            rows += [((t.name if i == 0 and j == 0 else ""), *r) for j, r in enumerate(_cell(t, cell, gain))]
    return tuple(rows)


def _cell(t: Told, cell: str, gain: str) -> list[Row]:
    if t.result.headline is None:
        own, *reported = [tables.cell_row(t.result, t.study, cell)[:4], *tables.reported_row(t.study, cell)]
        return [(*own, gain), *((*r[:4], "") for r in reported)]
    found = compared_cell(t.result.headline.cells[cell], t.study, cell)
    rows: list[Row] = [(f"{cell}, {t.result.headline.cells[cell].basis}", *(r.text for r in found), gain)]
    if any(r.inside is not None for r in found):
        rows.append(("reported", *(_reported(r) for r in found), ""))
    return rows


def _reported(row) -> str:
    if row.reported is None:
        return BLANK
    return f"{significant(row.reported, 4)}: {row.verdict.removesuffix(' the interval').removesuffix(': inside')}"


def _gain(t: Told) -> str:
    if t.result.headline is None:
        return BLANK
    kept = {n: t.result.headline.cells[n].retention.value for n in (known_cell(t.study), treated_cell(t.study))}
    return attribution.signed(100 * (kept[treated_cell(t.study)] - kept[known_cell(t.study)]))


def verdicts(told: Sequence[Told]) -> list[str]:
    """One sentence a study: how the prediction fared."""
    said = []
    for t in told:
        _, count, sentences = brief.verdict(t.result, t.study)
        said.append(f"{t.name}: {count}. {sentences[0]}")
    return said


def draws_text(told: Sequence[Told]) -> str:
    """A warning where intervals rest on different numbers of draws; nothing where they do not."""
    draws = [t.result.headline.draws if t.result.headline else 0 for t in told]
    if len(set(draws)) == 1:
        return ""
    counted = joined([f"{t.name} {n}" for t, n in zip(told, draws)])
    return f"Draws differ ({counted}): an interval of few draws is loose, and so is any difference from it."


# ---- recipe and layer --------------------------------------------------------------------------------------------


def block_rows(told: Sequence[Told], block: Callable[[StudyResult, Study], brief.Block]) -> tuple[Row, ...]:
    """Rows of a block of the first page, a column a study; the header first. Studies without a coating are blank."""
    own = [dict(block(t.result, t.study).rows) if coated_cell(t.result, t.study) else {} for t in told]
    names = dict.fromkeys(n for rows in own for n in rows)
    return (("", *(t.name for t in told)), *((n, *(rows.get(n, BLANK) for rows in own)) for n in names))


# ---- scenarios ---------------------------------------------------------------------------------------------------


def leading_texts(told: Sequence[Told]) -> list[str]:
    """What each study's own data say of the scenarios; said where nothing is reported."""
    said = []
    for t in told:
        after = t.result.headline.update if t.result.headline else None
        if after is None:
            why = "no draws" if t.result.headline is None else "nothing is reported of its predicted cell"
            said.append(f"{t.name}: {why}, so the scenarios weigh the same.")
        else:
            cycles = t.study.cells[after.cell].protocol.cycles
            said.append(f"{t.name}: {update_tables.update_texts(after, cycles)[0]}")
    return said


def scenario_rows(told: Sequence[Told]) -> tuple[Row, ...]:
    """(scenario, then retention of the predicted cell and weight by study); the header first."""
    names = dict.fromkeys(s.name for t in told for s in t.result.scenarios)
    head = [h for t in told for h in (f"{t.name}: retention / %", "weight / %")]
    return (("scenario", *head), *((n, *(v for t in told for v in _scenario(t, n))) for n in names))


def _scenario(t: Told, name: str) -> Row:
    cell = treated_cell(t.study)
    if t.result.headline is None:
        life = t.result.cells[cell].cycling.get(name)
        return (fixed(100 * life.retention, 1) if life else BLANK, BLANK)
    found = next((p for p in t.result.headline.cells[cell].scenarios if p.scenario == name), None)
    kept = BLANK if found is None or found.retention is None else _percent(found.retention)
    after = t.result.headline.update
    weights = {w.scenario: f"{100 * w.after:.0f}" for w in after.weights} if after else {}
    return (kept, weights.get(name, BLANK))


def _percent(retention) -> str:
    return written(*(100 * getattr(retention, end) for end in ("value", "low", "high")))


# ---- as data -----------------------------------------------------------------------------------------------------


def data_rows(told: Sequence[Told]) -> tuple[tuple[object, ...], ...]:
    """(study, hash, cell, basis, quantity, unit, median, low, high, reported) of each headline number; header first."""
    head = ("study", "hash", "cell", "basis", "quantity", "unit", "median", "low", "high", "reported")
    rows: list[tuple[object, ...]] = [head]
    for t in told:
        for cell, found in (t.result.headline.cells if t.result.headline else {}).items():
            rows += [(t.name, t.result.hash, *r) for r in _numbers(t.study, cell, found)]
    return tuple(rows)


def _numbers(study: Study, cell: str, found: CellHeadline) -> list[tuple[object, ...]]:
    return [
        (cell, found.basis, r.quantity, r.unit, r.value, r.low, r.high, r.reported)
        for r in compared_cell(found, study, cell)
    ]


def opening(told: Sequence[Told]) -> str:
    """What is compared, and how much of it differs."""
    inputs, other = len(differing_inputs(told)), len(choice_rows(told)) - 1
    names = joined([t.name for t in told])
    counted = "1 graded input differs" if inputs == 1 else f"{inputs} graded inputs differ"
    chosen = "1 other choice" if other == 1 else f"{other} other choices"
    return f"{names}: {counted} and {chosen}."
