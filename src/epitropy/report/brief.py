"""The first page in words and rows: what to weigh, what you get, what it gains, how sure, what to measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants import GAS_CONSTANT
from . import attribution, measurement_tables, phase_tables, tables, text, update_tables
from .facts import Compared, coated_cell, compared_cell, grade_counts, joined, known_cell, treated_cell
from .match_tables import NONE, critical, strains
from .numbers import CAPACITY, field_text, fixed, shown, significant
from .sheet import grams

if TYPE_CHECKING:
    from ..records.headline import Headline, Measurement
    from ..records.result import CellStages, StudyResult
    from ..records.sourced import Sourced
    from ..study import CellStudy, Study

Row = tuple[str, ...]
BATCH = 0.1  # kg of host powder to which the masses refer
MOST_CATIONS = 8  # named one by one
MOST_MEASUREMENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One question of the first page: its rows, and what else has to be said."""

    name: str
    title: str
    header: Row = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


def blocks(result: StudyResult, study: Study) -> tuple[Block, ...]:
    """The five questions in the order in which a laboratory asks them."""
    return (weigh(result, study), get(result, study), gains(result, study), sure(result, study), measure(result))


def verdict(result: StudyResult, study: Study) -> tuple[str, str, list[str]]:
    """('hit', 'miss' or nothing; the count in words; sentences) of the prediction."""
    said = text.verdict(result, study)
    if result.headline is None:
        return "", "No intervals yet", said
    cell = treated_cell(study)
    known = [r.inside for r in compared_cell(result.headline.cells[cell], study, cell) if r.inside is not None]
    if not known:
        return "", "Nothing reported to compare with", said
    missed = known.count(False)
    return ("miss", f"Misses {missed} of {len(known)}", said) if missed else ("hit", f"Hits all {len(known)}", said)


# ---- what to weigh -----------------------------------------------------------------------------------------------


def weigh(result: StudyResult, study: Study) -> Block:
    """Precursors, lithium, mixing and anneal of the coated cell; said plainly where nothing is coated."""
    cell = coated_cell(result, study)
    if cell is None:
        return Block(name="weigh", title="What to weigh", rows=_heated(study), notes=(_not_coated(study),))
    own, found = study.cells[cell], result.cells[cell]
    dose = own.coating.dose
    rows = [
        ("host", f"{grams(BATCH)} {text.formula(own)}"),
        *((line.precursor, f"{grams(BATCH * line.weighed)}") for line in found.coating.batch),
        ("dose", f"{_valued(dose, 'wt%')} of the {own.coating.dose_basis}"),
        ("lithium", _lithium(found)),
        ("mix", f"{own.coating.mixer}, {_valued(own.coating.mixing_time, 'min')}"),
        *_anneal_rows(own),
    ]
    notes = ("Anneal bare powder of the same lot beside it. 'epitropy recipe' prints the whole batch sheet.",)
    return Block(name="weigh", title="What to weigh", rows=tuple(rows), notes=(*_too_much(found), *notes))


def _valued(number: Sourced, show: str) -> str:
    """A number as set, with its grade."""
    return f"{text.with_unit(number, number.unit, show)} ({number.grade})"


def _anneal_rows(own: CellStudy) -> tuple[Row, ...]:
    a = own.anneal
    hold = f"{_valued(a.temperature, 'degC')} for {_valued(a.time, 'h')}"
    return (("anneal", hold), ("gas, ramp", f"flowing {a.gas}; {_valued(a.ramp_rate, 'K/min')}"))


def _heated(study: Study) -> tuple[Row, ...]:
    return tuple(
        (f"{name}, {key}", value)
        for name, cell in study.cells.items()
        if cell.anneal is not None
        for key, value in _anneal_rows(cell)
    )


def _not_coated(study: Study) -> str:
    hosts = joined([f"{name} ({text.formula(cell)})" for name, cell in study.cells.items()])
    return f"Nothing: no cell is coated. The study compares the cathodes {hosts}; how to make them is no part of it."


def _lithium(found: CellStages) -> str:
    """Who gives the lithium that the products bind, in the batch."""
    layer = found.coating
    bound = f"products bind {_mmol(layer.lithium_bound)}"
    brought = f", precursors bring {_mmol(layer.lithium_brought)}" if layer.lithium_brought > 0 else ", no salt to add"
    residual = layer.residual_consumed * found.particle.residual_lithium
    taken = f"{field_text(layer, 'host_lithium_taken')} of the host's" if layer.host_lithium_taken > 0 else "none"
    return f"{bound}{brought}; {_mmol(residual)} from residual lithium, from the host {taken}"


def _mmol(per_kilogram: float) -> str:
    return f"{significant(1e3 * BATCH * per_kilogram, 2)} mmol"


def _too_much(found: CellStages) -> Row:
    if found.coating.host_lithium_taken <= 1:
        return ()
    return ("The products ask for more lithium than the host has: this recipe cannot react to them.",)


# ---- what you get ------------------------------------------------------------------------------------------------


def get(result: StudyResult, study: Study) -> Block:
    """The layer, or without one the hosts."""
    cell = coated_cell(result, study)
    if cell is None:
        return Block(name="get", title="What you get", rows=_host_rows(result, study), notes=(HOSTS_NOTE,))
    found = result.cells[cell]
    layer = found.coating
    rows = (
        (
            "thickness",
            f"{field_text(layer, 'thickness')} where covered; {field_text(layer, 'mean_thickness')} over all",
        ),
        (
            "coverage",
            f"{field_text(layer, 'coverage')} after the anneal, {field_text(layer, 'coverage_mixed')} as mixed",
        ),
        ("cations", _cations(found)),
        ("entropy", _entropy(found.layer_entropy)),
        ("structure", _structure(found)),
        ("alignment", _alignment(found)),
    )
    return Block(name="get", title="What you get", rows=rows, notes=("All inputs at their medians.",))


HOSTS_NOTE = "All inputs at their medians. Breathing scales the change of the lattice over charge between grains."


def _host_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    return tuple(
        (
            name,
            f"{text.formula(study.cells[name])}: {_entropy(cell.host_entropy)}; "
            f"breathing {_valued(study.cells[name].cathode.breathing, '1')}",
        )
        for name, cell in result.cells.items()
    )


def _cations(found: CellStages) -> str:
    ranked = sorted(found.anneal.layer_composition.items(), key=lambda pair: -pair[1])
    named = ", ".join(f"{e} {fixed(100 * y, 1)}" for e, y in ranked[:MOST_CATIONS])
    return f"{named} at.% (lithium aside)"


def _entropy(entropy) -> str:
    """Per mole of metal sites, with the class."""
    site = significant(entropy.by_site[entropy.site] / GAS_CONSTANT, 3)
    kind = "high-entropy" if entropy.high_entropy else f"{entropy.band}, not a high-entropy material"
    return f"{site} R per mole of metal sites: {kind}"


def _structure(found: CellStages) -> str:
    if not found.verdicts:
        return f"{found.phases.host}: {found.phases.reason.replace('degC', '°C')}"
    first, *others = found.verdicts
    said = (
        f"{phase_tables.titled(first.host)}, first in {fixed(100 * first.same_host, 0)} % of draws; one phase in "
        f"{fixed(100 * first.single_phase, 0)} % ({first.potential})"
    )
    said += "".join(f"; {phase_tables.titled(o.host)} by {o.potential}" for o in others)
    taken = found.crystal.structure if found.crystal else ""
    return said if taken in ("", first.host, phase_tables.titled(first.host)) else f"{said}; the cell takes it {taken}"


def _alignment(found: CellStages) -> str:
    """How the layer that the cell takes lies best on the host; what would lie best of all where it lies on none."""
    if not found.matches:
        return "no coherent match found"
    own = [m.match for m in found.matches if m.match.film == found.crystal.name]
    best = own[0] if own else found.matches[0].match
    lasts = "" if critical(best) == NONE else f", critical thickness {critical(best)} nm"
    said = f"{best.film} on {best.orientation}, strain {strains(best)} %{lasts}"
    return said if own else f"{found.crystal.name}: no match listed; best of all {said}"


# ---- what it gains -----------------------------------------------------------------------------------------------


def gains(result: StudyResult, study: Study) -> Block:
    """Bare beside coated, what is reported and whether it was hit; baselines and placebos in a line each."""
    cell, known = treated_cell(study), known_cell(study)
    last = f"cycle {study.cells[cell].protocol.cycles}"
    header = ("cell", "cycle 1 / (mAh/g)", f"{last} / (mAh/g)", "retention / %")
    rows = [row for name in dict.fromkeys((known, cell, *study.cells)) for row in _cell_rows(result, study, name)]
    notes = _gain(result, study) if result.headline else (text.calibrated_sentence(study),)
    return Block(name="gains", title="What it gains", header=header, rows=tuple(rows), notes=notes)


def _cell_rows(result: StudyResult, study: Study, name: str) -> list[Row]:
    if result.headline is None:
        return [tables.cell_row(result, study, name)[:4], *(r[:4] for r in tables.reported_row(study, name))]
    found = result.headline.cells[name]
    rows = compared_cell(found, study, name)
    told = [(f"{name}, {found.basis}", *(r.text for r in rows))]
    if any(r.inside is not None for r in rows):
        told.append(("reported", *(significant(r.reported, 4) if r.reported is not None else "–" for r in rows)))
        told.append(("verdict", *(_short(r) for r in rows)))
    return told


def _short(row: Compared) -> str:
    return row.verdict.removesuffix(" the interval").removesuffix(": inside")


def _gain(result: StudyResult, study: Study) -> Row:
    cell, known = treated_cell(study), known_cell(study)
    if cell == known:
        return ("One cell only: nothing to gain over.",)
    told = result.headline
    first, last, kept = (
        getattr(told.cells[cell], n).value - getattr(told.cells[known], n).value for n in ("first", "last", "retention")
    )
    said = (
        f"Gain of {cell} over {known}, medians: {_signed(100 * kept)} points of retention, "
        f"{_signed(float(shown(last, CAPACITY)))} mAh/g at the last cycle, {_signed(float(shown(first, CAPACITY)))} at "
        f"the first.{_gain_reported(study)} Intervals hold 80 %."
    )
    return (said, *_beside(told, "".join(f" {s}" for s in text.baselines(result, study))))


def _signed(value: float) -> str:
    return attribution.signed(value)


def _gain_reported(study: Study) -> str:
    """The reported gain in points, where both cells' retentions are known."""
    cell, known = treated_cell(study), known_cell(study)
    cycles = study.cells[cell].protocol.cycles
    kept = [study.reported[n].retention.get(cycles) if n in study.reported else None for n in (cell, known)]
    if None in kept:
        return ""
    return f" Reported: {_signed(100 * (kept[0].value - kept[1].value))} points."


def _beside(told: Headline, closer: str) -> Row:
    """Baselines and placebos in one line; ``closer`` says which guess beats the prediction."""
    if not (told.baselines or told.placebos):
        return ()
    guesses = joined([f"{b.name} {fixed(100 * b.retention, 1)} %" for b in told.baselines])
    empty = ", ".join(f"{p.name} {_signed(100 * p.gain)}" for p in told.placebos)
    gaining = [p.name for p in told.placebos if p.gains_as_much]
    said = f"{joined(gaining)} gains as much as the coating" if gaining else "none gains as much as the coating"
    placebos = f" Placebos, points: {empty}; {said}." if told.placebos else ""
    return (f"Guesses without a model: {guesses}.{closer}{placebos}",)


# ---- how sure ----------------------------------------------------------------------------------------------------


def sure(result: StudyResult, study: Study) -> Block:
    """What the interval rests on, what could not be solved, which scenario leads, what the gain is made of."""
    said = [_borrowed(result), *_guesses(result)]
    told = result.headline
    if told is not None:
        said.append(text.unsolved_short(told))
        if told.update is not None:
            said.append(update_tables.update_texts(told.update, study.cells[told.update.cell].protocol.cycles)[0])
        said += attribution.told(result)[:1]
    return Block(name="sure", title="How sure", notes=tuple(said))


def _borrowed(result: StudyResult) -> str:
    """How many inputs are assumed, and how much of the interval they carry."""
    total, assumed = len(result.inputs), grade_counts(result).get("assumed", 0)
    said = f"{assumed} of {total} inputs are assumed: borrowed from another material or cell, recalled or guessed"
    if result.headline is None:
        return f"{said}. All stand at their medians, so nothing here has an interval."
    return f"{said}; {text.assumed_share(result.headline.influences)} of the interval comes from them."


def _guesses(result: StudyResult) -> Row:
    """The inputs that make most of the interval; nothing without draws."""
    told = result.headline
    if told is None:
        return ()
    top = told.influences[:3]
    named = joined([f"{i.label} ({text.percent(i.share)})" for i in top]) or "no input with a spread"
    between = f"{text.percent(told.between_scenarios)} of the variance lies between the mechanism scenarios"
    return (f"What moves it most, one at a time: {named}. {between}.",)


# ---- what to measure ---------------------------------------------------------------------------------------------


def measure(result: StudyResult) -> Block:
    """The advice, and the best candidates beside each other."""
    title = "What to measure"
    if result.headline is None:
        return Block(
            name="measure",
            title=title,
            notes=("Known only after drawing all inputs from their spreads: run the study with draws.",),
        )
    plan = result.headline.measurements
    if plan is None:
        return Block(name="measure", title=title, notes=("No candidate could be judged: too few draws were solved.",))
    header = ("measurement", "cell", "bits on the scenario", "interval after / points", "person-days")
    rows = [header, *(_candidate(m) for m in plan.measurements[:MOST_MEASUREMENTS])]
    if plan.retention_reported:  # then its interval is no question
        rows = [(*row[:3], row[4]) for row in rows]
    advice = measurement_tables.advice(result.headline)
    return Block(name="measure", title=title, header=rows[0], rows=tuple(rows[1:]), notes=(advice,))


def _candidate(m: Measurement) -> Row:
    bits = f"{fixed(m.scenario_bits, 2)} of {fixed(m.most_bits, 2)}"
    return (m.name, m.cell, bits, measurement_tables.points(m.interval_after), significant(m.effort_days, 2))
