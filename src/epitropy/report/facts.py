"""What the sentences, tables and figures all ask of a result: which cell, which scenario, hit or miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .numbers import CAPACITY, SHARE, decimals, fixed, shown, written

if TYPE_CHECKING:
    from ..records.headline import Capacity, CellHeadline, Prediction, Retention, Weight
    from ..records.result import StudyResult
    from ..records.scenario import Scenario
    from ..records.sourced import Sourced
    from ..study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One number of a cell in the field's units beside what a paper reports of it, if it does."""

    quantity: str
    unit: str
    value: float
    low: float
    high: float
    reported: float | None = None
    grade: str = ""
    source: str = ""
    fitted: bool = False

    @property
    def text(self) -> str:
        return written(self.value, self.low, self.high)

    @property
    def inside(self) -> bool | None:
        """Whether the reported number lies in the interval; None without one, or if it was fitted."""
        if self.reported is None or self.fitted:
            return None
        return self.low <= self.reported <= self.high

    @property
    def verdict(self) -> str:
        """Hit or miss in words."""
        if self.reported is None:
            return ""
        if self.fitted:
            return "calibrated on it, so agreement is no evidence"
        if self.inside:
            return "hit: inside the interval"
        over = self.reported > self.high
        gap = self.reported - self.high if over else self.low - self.reported
        places = decimals((self.high - self.low) / 2)
        unit = "points" if self.unit == "%" else self.unit
        return f"miss: {fixed(gap, places)} {unit} {'above' if over else 'below'} the interval"


def known_cell(study: Study) -> str:
    """The calibration cell; without data, the first."""
    return study.calibration.cell if study.calibration else next(iter(study.cells))


def treated_cell(study: Study) -> str:
    """The cell that is predicted: the last that is not the calibration cell.

    >>> from epitropy.study import load_study
    >>> treated_cell(load_study("zhao2024")), treated_cell(load_study("zhang2022"))
    ('coated', 'doped')
    """
    others = [name for name in study.cells if name != known_cell(study)]
    return others[-1] if others else known_cell(study)


def coated_cell(result: StudyResult, study: Study) -> str | None:
    """The cell whose layer is told in numbers: the treated one if it is coated, else any coated one."""
    names = [treated_cell(study), *study.cells]
    return next((name for name in names if result.cells[name].coating is not None), None)


def leading_weight(result: StudyResult) -> Weight | None:
    """The scenario that weighs most after the predicted cell's numbers; None where none are reported."""
    told = result.headline.update if result.headline else None
    return max(told.weights, key=lambda w: w.after) if told else None


def chosen_scenario(result: StudyResult) -> Scenario | None:
    """The weightiest scenario that could be cycled at the medians; without weights, the first."""
    solved = [s for s in result.scenarios if all(s.name in c.cycling for c in result.cells.values())]
    told = result.headline.update if result.headline else None
    weights = {w.scenario: w.after for w in told.weights} if told else {}
    return max(solved, key=lambda s: weights.get(s.name, 0.0), default=None)


def compared(
    first: Capacity, last: Capacity, retention: Retention, *, study: Study, cell: str, fitted: bool = False
) -> tuple[Compared, Compared, Compared]:
    """Cycle 1, last cycle and retention beside the reported numbers."""
    cycles = study.cells[cell].protocol.cycles
    reported = study.reported.get(cell)
    capacity = reported.capacity if reported else {}
    kept = reported.retention if reported else {}
    rows = (
        ("capacity at cycle 1", first, CAPACITY, capacity.get(1)),
        (f"capacity at cycle {cycles}", last, CAPACITY, capacity.get(cycles)),
        (f"retention at cycle {cycles}", retention, SHARE, kept.get(cycles)),
    )
    return tuple(_compare(name, number, unit, aim, fitted) for name, number, unit, aim in rows)


def _compare(name: str, number: Capacity | Retention, unit, aim: Sourced | None, fitted: bool) -> Compared:
    given = {"reported": float(shown(aim.value, unit)), "grade": aim.grade, "source": aim.source} if aim else {}
    value, low, high = (float(shown(v, unit)) for v in (number.value, number.low, number.high))
    return Compared(quantity=name, unit=unit.shown, value=value, low=low, high=high, fitted=fitted, **given)


def compared_cell(found: CellHeadline, study: Study, cell: str) -> tuple[Compared, Compared, Compared]:
    """A cell of the headline beside its reported numbers."""
    fitted = found.basis == "calibrated"
    return compared(found.first, found.last, found.retention, study=study, cell=cell, fitted=fitted)


def compared_scenario(found: Prediction, study: Study, cell: str) -> tuple[Compared, ...]:
    """A scenario's answer beside the reported numbers; empty if no draw could be solved."""
    if found.first is None or found.last is None or found.retention is None:
        return ()
    return compared(found.first, found.last, found.retention, study=study, cell=cell)


def at_medians(result: StudyResult, cell: str) -> dict[str, tuple[float, float, float]]:
    """Scenario -> (cycle 1, last cycle [mAh/g], retention [%]) with every input at its median."""
    return {
        name: (
            float(shown(series.capacity[0], CAPACITY)),
            float(shown(series.capacity[-1], CAPACITY)),
            100 * series.retention,
        )
        for name, series in result.cells[cell].cycling.items()
    }


def rising(result: StudyResult, study: Study) -> list[tuple[Scenario, float, float]]:
    """Scenarios whose retention at the medians of the draws exceeds one: (scenario, cycle 1, retention) in "
    "mAh/g, %."""
    cell = treated_cell(study)
    if result.headline is None:
        middle = {name: (first, kept) for name, (first, _, kept) in at_medians(result, cell).items()}
    else:
        rows = [p for p in result.headline.cells[cell].scenarios if p.retention is not None]
        middle = {p.scenario: (float(shown(p.first.value, CAPACITY)), 100 * p.retention.value) for p in rows}
    return [(s, *middle[s.name]) for s in result.scenarios if s.name in middle and middle[s.name][1] > 100]


def grade_counts(result: StudyResult) -> dict[str, int]:
    """How many inputs carry each grade, best grade first; grades without any are left out."""
    from ..records.sourced import GRADES

    grades = [v.grade for v in result.inputs.values()]
    return {g: grades.count(g) for g in GRADES if g in grades}


def joined(words: Sequence[str]) -> str:
    """A list in prose.

    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
