"""The sentences of the report; the first three also open what the command line prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import (
    Compared,
    chosen_scenario,
    compared_cell,
    grade_counts,
    joined,
    known_cell,
    leading_weight,
    rising,
    treated_cell,
)
from .numbers import CAPACITY, fixed, pretty, shown, significant

if TYPE_CHECKING:
    from ..records.headline import Headline, Influence
    from ..records.result import StudyResult
    from ..records.sourced import Sourced
    from ..study import CellStudy, Study

OXYGENS = 2.0  # per formula unit of a layered host


def opening(result: StudyResult, study: Study) -> tuple[str, str, str]:
    """What was given, how much of it is borrowed or guessed, and which guesses make most of the interval."""
    return given(study), graded(result), guessed(result)


def given(study: Study) -> str:
    """Host, coating, anneal, cell, protocol and calibration data in one sentence."""
    return f"Given: {made_and_cycled(study)}; {calibrated_on(study)}."


def made_and_cycled(study: Study) -> str:
    """Host, coating, anneal, cell and protocol."""
    return "; ".join([_hosts(study), _treatment(study), _cycled(study.cells[treated_cell(study)])])


def formula(cell: CellStudy) -> str:
    """The host's formula.

    >>> from epitropy.study import load_study
    >>> formula(load_study("zhao2024").cells["bare"])
    'LiNi0.9Co0.05Mn0.05O2'
    """
    multiplicity = {"Li": 1.0, "M": 1.0, "O": OXYGENS}
    amounts: dict[str, float] = {}
    for site, occupancy in cell.cathode.composition.items():
        for species, share in occupancy.items():
            if species != "Va":
                amounts[species] = amounts.get(species, 0.0) + share * multiplicity.get(site, 1.0)
    return "".join(f"{e}{'' if abs(n - 1) < 1e-9 else f'{n:.3g}'}" for e, n in amounts.items())


def _hosts(study: Study) -> str:
    names = {name: formula(cell) for name, cell in study.cells.items()}
    if len(set(names.values())) == 1:
        return f"{next(iter(names.values()))} in the cells {joined(list(names))}"
    return "cells " + joined([f"{name} ({host})" for name, host in names.items()])


def _treatment(study: Study) -> str:
    cell = study.cells[treated_cell(study)]
    if cell.coating is None:
        return "no coating" if cell.anneal is None else f"no coating, {_annealed(cell)}"
    shares = joined([f"{with_unit(v, '1', 'wt%')} {name}" for name, v in cell.coating.precursors.items()])
    dose = f"{with_unit(cell.coating.dose, '1', 'wt%')} of the {cell.coating.dose_basis}"
    return f"{treated_cell(study)} with {shares}, {dose} in all, {_annealed(cell)}"


def _annealed(cell: CellStudy) -> str:
    hold, temperature = with_unit(cell.anneal.time, "s", "h"), with_unit(cell.anneal.temperature, "K", "degC")
    return f"annealed at {temperature} for {hold} in {cell.anneal.gas}"


def _cycled(cell: CellStudy) -> str:
    protocol = cell.protocol
    rates = dict.fromkeys(with_unit(r, "1", "1") + "C" for r in (protocol.charge, protocol.discharge))
    window = f"{significant(protocol.lower_voltage.value)}-{significant(protocol.upper_voltage.value)} V"
    one_c = with_unit(protocol.one_c, "A/kg", "mA/g")
    return f"{cell.cell.format} half-cells, {protocol.cycles} cycles at {'/'.join(rates)} (1C: {one_c}), {window}"


def with_unit(number: Sourced, unit: str, show: str) -> str:
    """A number in a unit that people read."""
    from ..units import Unit

    return f"{significant(shown(number.value, Unit(unit, show=show)))} {pretty(show)}".strip()


def calibrated_on(study: Study) -> str:
    """Which data fixed the two scales."""
    if study.calibration is None:
        return "no capacities to calibrate on, so everything follows from the priors"
    data = [
        f"{significant(float(shown(v.value, CAPACITY)), 4)} mAh/g at cycle {cycle} ({v.grade})"
        for cycle, v in sorted(study.calibration.capacity.items())
    ]
    from ..study import as_read

    by = "" if as_read(study) else ", read by another protocol than this"
    return f"calibrated on the {study.calibration.cell} cell's {joined(data)}{by}"


def graded(result: StudyResult) -> str:
    """How many inputs are borrowed or guessed, and how much of the interval they carry."""
    counts = grade_counts(result)
    total = sum(counts.values())
    listed = joined([f"{n} {'is' if n == 1 else 'are'} {g}" for g, n in counts.items()])
    sentence = (
        f"Of {total} graded inputs {listed} (assumed: borrowed from another material or cell, recalled or guessed)"
    )
    if result.headline is None:
        return f"{sentence}; everything here is computed at their medians, without an interval."
    share = assumed_share(result.headline.influences)
    return f"{sentence}; {share} of the interval comes from assumed inputs, moved one at a time."


def assumed_share(influences: tuple[Influence, ...]) -> str:
    """Share of the variance that comes from assumed inputs."""
    return percent(sum(i.share for i in influences if i.grade == "assumed"))


def guessed(result: StudyResult) -> str:
    """The three inputs that make most of the interval, and what lies between the scenarios."""
    if result.headline is None:
        return "Which guesses make most of the interval is known only after drawing all inputs from their spreads."
    top = result.headline.influences[:3]
    if not top:
        return "No input with a spread moves the predicted retention."
    named = joined([f"{i.label} ({percent(i.share)})" for i in top])
    kind = "guesses" if all(i.grade == "assumed" for i in top) else "inputs"
    total = percent(sum(i.share for i in top))
    between = percent(result.headline.between_scenarios)
    return (
        f"The {_NUMBER[len(top)]} {kind} that make most of it ({total} of it together) are {named}; "
        f"apart from the inputs, {between} of the variance of the predicted retention lies between the mechanism "
        "scenarios."
    )


_NUMBER = {1: "one", 2: "two", 3: "three"}


def calibrated_sentence(study: Study) -> str:
    """Which data fixed the two scales, as a sentence.

    >>> from epitropy.study import load_study
    >>> calibrated_sentence(load_study("zhang2022"))
    'No capacities to calibrate on, so everything follows from the priors.'
    """
    said = calibrated_on(study)
    return f"{said[0].upper()}{said[1:]}."


def percent(share: float) -> str:
    """A share in per cent; the few per cent that differ are not hidden by rounding to all or nothing.

    >>> percent(0.358), percent(0.997), percent(0.004), percent(1.0)
    ('36 %', 'over 99 %', 'under 1 %', '100 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1 - 1e-9:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def verdict(result: StudyResult, study: Study) -> list[str]:
    """The predicted cell beside the article, in words."""
    if result.headline is None:
        return [
            "These numbers hold every input at its median, scenario by scenario. They carry no interval, so nothing "
            "can be called a hit or a miss yet."
        ]
    cell = treated_cell(study)
    rows = compared_cell(result.headline.cells[cell], study, cell)
    said = [_predicted(cell, rows), *_together(rows)]
    return [*said, *cycle_one_gain(rows, study)]


def _predicted(cell: str, rows: tuple[Compared, ...]) -> str:
    """How many of the reported numbers were hit, and the retention, which is what most people ask for."""
    hits, kept = [r.quantity for r in rows if r.inside], rows[-1]
    known = [r for r in rows if r.inside is not None]
    found = f"{kept.quantity}: {kept.text} {kept.unit}"
    if not known:
        return f"Predicted for {cell}: {found} (median and 80 % interval). No reported number to compare it with."
    count = (
        f"{len(hits)} of the {len(known)} reported numbers ({joined(hits)})"
        if hits
        else f"none of the {len(known)} reported numbers"
    )
    against = f" against {significant(kept.reported, 4)} {kept.unit} reported" if kept.reported is not None else ""
    return f"The prediction for {cell} hits {count}; {found}{against} (median and 80 % interval)."


def _together(rows: tuple[Compared, ...]) -> list[str]:
    """Retention is a ratio: hitting it with capacities that miss is no success."""
    first, last, kept = rows
    if kept.inside and (first.inside is False or last.inside is False):
        return [
            "The retention is a ratio: that it falls inside while a capacity does not means the right ratio of "
            "the wrong "
            "capacities, not a success."
        ]
    if kept.inside and kept.high - kept.low > 20:
        return [f"An interval {fixed(kept.high - kept.low, 0)} points wide is easy to hit; it is weak evidence."]
    return []


def cycle_one_gain(rows: tuple[Compared, ...], study: Study) -> list[str]:
    """Whether the gain at cycle 1 is among what was predicted."""
    first = rows[0]
    if first.inside is None or study.calibration is None:
        return []
    bare = float(shown(study.calibration.first, CAPACITY))
    gain = fixed(first.reported - bare, 1)
    if first.inside:
        return [f"The gain at cycle 1 ({gain} mAh/g over {known_cell(study)}) lies inside the predicted interval."]
    return [
        f"Cycle-1 gain not predicted: the reported {significant(first.reported, 4)} mAh/g ({gain} mAh/g over "
        f"{known_cell(study)}) lies outside {first.text} mAh/g."
    ]


def basis(result: StudyResult, study: Study) -> str:
    """Which numbers were fitted and which were not."""
    predicted = joined([n for n in study.cells if study.calibration is None or n != known_cell(study)])
    if study.calibration is None:
        return f"Nothing is calibrated: {predicted} are predicted from the priors alone."
    data = calibrated_on(study)[len("calibrated on ") :]
    draws = "in every draw" if result.headline else "at the medians"
    return (
        f"Calibrated, on {data}: two scalars {draws}, a kinetic scale from the first and a fade-rate scale from "
        "the last. "
        f"Predicted: {predicted}; no number of it was fitted."
    )


def unsolved(headline: Headline) -> str:
    """Draws that the calibration data rule out."""
    if not headline.reasons_unsolved:
        return f"{headline.draws} draws of all inputs; each could be run in every scenario."
    pairs = headline.draws * len(headline.solved_by_scenario)
    lost = sum(headline.reasons_unsolved.values())
    reasons = joined([f"{why}: {n}" for why, n in headline.reasons_unsolved.items()])
    return (
        f"{headline.draws} draws of all inputs in {len(headline.solved_by_scenario)} scenarios: {lost} of {pairs} "
        "could not be "
        f"solved for the calibration data ({reasons}) and are left out. A scenario weighs the same however few "
        "draws it keeps."
    )


def unsolved_short(headline: Headline) -> str:
    """How many draws in scenarios could be solved."""
    pairs = headline.draws * len(headline.solved_by_scenario)
    lost = sum(headline.reasons_unsolved.values())
    if not lost:
        return f"All {headline.draws} draws could be solved in each of {len(headline.solved_by_scenario)} scenarios."
    return f"{lost} of {pairs} pairs of a draw and a scenario could not be solved for the data and are left out."


def baselines(result: StudyResult, study: Study) -> list[str]:
    """Whether a guess without a model lies closer to what is reported."""
    cell = treated_cell(study)
    kept = compared_cell(result.headline.cells[cell], study, cell)[-1]
    if kept.reported is None:
        return []
    miss = abs(kept.value - kept.reported)
    closer = [b for b in result.headline.baselines if abs(100 * b.retention - kept.reported) < miss]
    if not closer:
        return ["No baseline lies closer to the reported retention than the prediction."]
    named = joined([f"{b.name} ({fixed(100 * b.retention, 1)} %)" for b in closer])
    return [
        f"Closer to the reported {significant(kept.reported, 3)} % than the prediction's median: the baseline {named}."
    ]


def placebos(headline: Headline) -> list[str]:
    """Whether a treatment that should not help gains as much as the coating."""
    said = []
    gaining = [p.name for p in headline.placebos if p.gains_as_much]
    if gaining:
        said.append(
            f"A placebo gains as much as the coating ({joined(gaining)}): what the coating gains in this model is "
            "then no "
            "evidence for what the placebo leaves out."
        )
    elif headline.placebos:
        said.append("No placebo gains as much as the coating.")
    nothing = next((p for p in headline.placebos if p.name == "no coverage"), None)
    if nothing is not None and abs(nothing.gain) > 1e-12:
        said.append(
            f"The placebo without coverage differs from the bare cell by {100 * nothing.gain:.2g} points: a fault."
        )
    return said


def above_one(result: StudyResult, study: Study) -> str:
    """Why a retention may exceed one; empty if none does."""
    found = rising(result, study)
    if not found:
        return ""
    named = joined(
        [f"{s.name} ({fixed(kept, 0)} %, from {fixed(first, 0)} mAh/g at cycle 1)" for s, first, kept in found]
    )
    return (
        f"Above 100 %: {named}. Cracks that open during cycling let electrolyte in and shorten the way of lithium "
        "through "
        "the particle; where that gains more than skin and dead mass cost, the capacity rises. Such a cell pays "
        "for it at "
        "cycle 1, before the cracks are there."
    )


def coincide(result: StudyResult) -> str:
    """Why scenarios may give the same numbers."""
    if any(cell.coating is not None for cell in result.cells.values()):
        return ""
    return "No cell is coated, so scenarios that differ only in the layer give the same numbers."


def losses_of(result: StudyResult) -> str:
    """Which scenario the loss figure shows and why."""
    scenario, weight = chosen_scenario(result), leading_weight(result)
    if weight is None or scenario.name != weight.scenario:
        return f"{scenario.name}, the first that could be solved"
    return f"{scenario.name}, with {100 * weight.after:.0f} % the weightiest after the reported numbers"


LIMITS = (
    "Which scenario is true. They are declared, not fitted, and weighted equally; the weights are no "
    "probabilities, and a "
    "mechanism that nobody declared is not in the interval.",
    "Which structure the layer takes, closer than the errors of computed energies. The verdict is one of equilibrium; "
    "the cell keeps the structure that the study names, and its lattice, stiffness and conductivity are stand-ins.",
    "More than its inputs. An 80 % interval holds the graded spreads of the inputs within the declared scenarios. "
    "It does not "
    "hold an error of the model's form.",
    "How inputs act together on the interval: influences move one input at a time.",
    "How sure the stage results are: profile, strain, orientation and layer are shown at the medians, without a band.",
    "What fewer cracks do to rate. Most of the diffusion rate goes with the square of the wetted area, so particles "
    "without "
    "cracks come out slow: capacity at cycle 1 is punished, and retention may exceed one.",
    "How well the layer holds oxygen, conducts lithium and electrons, and sticks. All are wide, assumed priors.",
    "Whether the lithium electrode or the cathode limits an aged half-cell. A full cell may age otherwise; full "
    "cells, gas "
    "and thermal runaway are outside the model.",
)
