"""The next measurement: candidates ranked by what they would teach for their effort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np

from ..records.measurement import ExpectedReading, Measurement, MeasurementPair, MeasurementPlan
from ..records.scenario import Scenario
from ..sources import sourced, table
from ..study import Study
from ..units import convert
from .ensemble import Draw, calibration_cell
from .headline import reported_capacity
from .information import Learned, Pairs, Reading, learned, simulated_reading
from .readings import READINGS, Readings, simulated_readings
from .update import observed
from .workers import Progress

MOST_DRAWS = 64  # read in full
LEAST_DRAWS = 3  # of a scenario, to be told from others
APART = 0.5  # bit, of the one between two scenarios
AT = ("first", "halfway", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One measurement on one cell of a study; efforts in person-days."""

    name: str
    cell: str
    readings: tuple[str, ...]  # of `READINGS`
    at: str  # the cycle to which the cell must be brought
    effort: float  # beside that of the cell
    instrument: str

    @property
    def full_name(self) -> str:
        return f"{self.name}, {self.cell}"


def candidates(known: str, treated: str) -> tuple[Candidate, ...]:
    """All of ``data/measurements.toml`` on the calibrated and on the predicted cell, which may be the same.

    >>> [c.name for c in candidates("bare", "coated") if c.readings == ("hold_share",) and c.cell == "coated"]
    ['hold at the upper cut-off, aged']
    """
    cells = {"known": known, "treated": treated}
    return tuple(
        Candidate(
            name=row["name"],
            cell=cell,
            readings=tuple(row["readings"]),
            at=row["at"],
            effort=_days(row["effort"], f"measurement.{key}"),
            instrument=row["instrument"],
        )
        for key, row in table("measurements.toml")["measurement"].items()
        for cell in dict.fromkeys(cells[c] for c in row["cells"])
    )


def effort(chosen: Sequence[Candidate]) -> float:
    """Person-days of several measurements; a cell is brought to its latest cycle once.

    >>> a, b = (c for c in candidates("bare", "coated") if c.cell == "bare" and c.effort < 0.2)
    >>> round(effort([a]), 3), round(effort([b]), 3), round(effort([a, b]), 3)
    (1.6, 2.6, 2.7)
    """
    rows = table("measurements.toml")["cell"]
    latest: dict[str, int] = {}
    for c in chosen:
        latest[c.cell] = max(latest.get(c.cell, 0), AT.index(c.at))
    return sum(c.effort for c in chosen) + sum(_days(rows[AT[i]], f"cell.{AT[i]}") for i in latest.values())


def _days(row: Mapping[str, str], where: str) -> float:
    return sourced(row, "d", f"measurements.{where}").value


def measurement_plan(
    study: Study,
    ensemble: Sequence[Draw],
    scenarios: tuple[Scenario, ...],
    target: str,
    *,
    progress: Progress = lambda done, total: None,
    pool: Executor | None = None,
) -> MeasurementPlan | None:
    """Candidates on the calibrated cell and on ``target``, whose retention is predicted; None without two scenarios."""
    known = calibration_cell(study)
    cells = tuple(dict.fromkeys((known, target)))
    found = simulated_readings(study, ensemble, scenarios, cells, most=MOST_DRAWS, progress=progress, pool=pool)
    done = reported_readings(study, target) if target != known else ()
    every = candidates(known, target)
    left = [c for c in every if c.cell != target or not set(c.readings) <= set(done)]
    told = target != known and "retention" in observed(study, target)
    ranked = plan(left, found, ensemble, [s.name for s in scenarios], target, retention_reported=told)
    return ranked and replace(ranked, reported=tuple(c.full_name for c in every if c not in left))


def reported_readings(study: Study, cell: str) -> tuple[str, ...]:
    """Readings of a cell that the study already reports.

    >>> from epitropy.study import load_study
    >>> reported_readings(load_study("zhao2024"), "coated")
    ('capacity_first', 'capacity_last')
    """
    numbers = dict(zip(("capacity_first", "capacity_last"), reported_capacity(study, cell)))
    return tuple(name for name, value in numbers.items() if value is not None)


def plan(
    chosen: Sequence[Candidate],
    found: Sequence[Readings],
    ensemble: Sequence[Draw],
    scenarios: Sequence[str],
    target: str,
    *,
    retention_reported: bool = False,
) -> MeasurementPlan | None:
    """Candidates ranked by bits a person-day, from the readings of each draw."""
    cells = {c.cell for c in chosen} | {target}
    rows = [
        (i, name) for name in scenarios for i, read in enumerate(found) if all((cell, name) in read for cell in cells)
    ]
    told = tuple(n for n in scenarios if sum(name == n for _, name in rows) >= LEAST_DRAWS)
    rows = [(i, name) for i, name in rows if name in told]
    if not told:
        return None
    lives = [ensemble[i].lives[target, name] for i, name in rows]
    pairs = Pairs(
        draw=np.array([i for i, _ in rows]),
        scenario=np.array([told.index(name) for _, name in rows]),
        target=np.array([life[-1] / life[0] if life[0] > 0 else 0.0 for life in lives]),
    )
    values = {
        (cell, reading): np.array([found[i][cell, name][reading] for i, name in rows])
        for cell, reading in {(c.cell, r) for c in chosen for r in c.readings}
    }
    simulated = {key: simulated_reading(pairs, v, _error(key[1]), "/".join(key)) for key, v in values.items()}
    mechanisms = list(dict.fromkeys(_mechanism(s) for s in told))
    groups = np.array([mechanisms.index(_mechanism(s)) for s in told])
    sample = _Sample(pairs, groups, simulated, narrows=not retention_reported)
    taught = {c: _taught(sample, [c]) for c in chosen}
    ranked = sorted((_measured(pairs, told, c, taught[c], values) for c in chosen), key=_rank)
    return MeasurementPlan(
        cell=target,
        scenarios=told,
        left_out=tuple(n for n in scenarios if n not in told),
        reported=(),
        retention_reported=retention_reported,
        draws=len({i for i, _ in rows}),
        interval_before=next(iter(taught.values())).width_before,
        measurements=tuple(ranked),
        pair=_best_pair(sample, chosen, ranked[0]),
    )


def _rank(m: Measurement) -> tuple[float, float, str, str]:
    return -m.value, m.effort_days, m.name, m.cell


def _error(reading: str) -> float:
    row = table("measurements.toml")["reading"][reading]
    return sourced(row["error"], READINGS[reading][0].si, f"measurements.{reading}").value


@dataclass(frozen=True)
class _Sample:
    """Pairs, groups of scenarios, simulated readings by cell and name, and what sets of them were found to teach.

    Where the retention is known (not ``narrows``) its interval stays as it is.
    """

    pairs: Pairs
    groups: np.ndarray
    simulated: Mapping[tuple[str, str], Reading]
    narrows: bool = True
    known: dict[frozenset, Learned] = field(default_factory=dict)

    def learned(self, keys: Iterable[tuple[str, str]]) -> Learned:
        key = frozenset(keys)
        if key not in self.known:
            found = learned(self.pairs, [self.simulated[k] for k in sorted(key)], self.groups)
            self.known[key] = found if self.narrows else found._replace(width=found.width_before)
        return self.known[key]


def _taught(sample: _Sample, chosen: Sequence[Candidate]) -> Learned:
    """What measurements teach together.

    More readings cannot teach less, but a joint sample is thinner: where a part is estimated higher, it counts.
    """
    sets = [[(c.cell, r) for r in c.readings] for c in chosen]
    every = [key for keys in sets for key in keys]
    found = [sample.learned(keys) for keys in [every, *sets, *([key] for key in every)]]
    told, narrowest = max(found, key=lambda f: f.bits), min(found, key=lambda f: f.width)
    return told._replace(
        group_bits=max(f.group_bits for f in found), width=narrowest.width, effective=narrowest.effective
    )


def _measured(
    pairs: Pairs,
    scenarios: tuple[str, ...],
    one: Candidate,
    found: Learned,
    values: Mapping[tuple[str, str], np.ndarray],
) -> Measurement:
    columns = [values[one.cell, r] for r in one.readings]
    days, narrower = effort([one]), _interval_bits(found)
    return Measurement(
        name=one.name,
        cell=one.cell,
        instrument=one.instrument,
        readings=tuple(_expected(pairs, scenarios, r, v) for r, v in zip(one.readings, columns)),
        scenario_bits=found.bits,
        scenario_bits_error=found.bits_error,
        most_bits=_most_bits(pairs, columns),
        mechanism_bits=found.group_bits,
        interval_after=found.width,
        interval_bits=narrower,
        effective=found.effective,
        apart=_apart(scenarios, found.pair_bits),
        effort_days=days,
        value=(found.bits + narrower) / days,
    )


def _apart(scenarios: tuple[str, ...], bits: np.ndarray) -> tuple[str, ...]:
    """Pairs of scenarios that are told apart, the clearest first."""
    found = [(bits[i, j], f"{a} | {b}") for i, a in enumerate(scenarios) for j, b in enumerate(scenarios) if i < j]
    return tuple(names for each, names in sorted(found, key=lambda f: -f[0]) if each >= APART)


def _mechanism(scenario: str) -> str:
    return scenario.rpartition("/")[0] or scenario


def _interval_bits(found: Learned) -> float:
    if not found.width_before > 0 or not found.width > 0:
        return 0.0
    return max(float(np.log2(found.width_before / found.width)), 0.0)


def _most_bits(pairs: Pairs, columns: Sequence[np.ndarray]) -> float:
    """Entropy of the scenarios where those with equal readings in every draw count as one."""
    seen: dict[tuple, int] = {}
    for k in range(pairs.member.shape[1]):
        mine = pairs.scenario == k
        key = (tuple(pairs.draw[mine]), *(tuple(c[mine]) for c in columns))
        seen[key] = seen.get(key, 0) + 1
    share = np.array(list(seen.values())) / pairs.member.shape[1]
    return float(-(share @ np.log2(share))) + 0.0


def _expected(pairs: Pairs, scenarios: tuple[str, ...], reading: str, values: np.ndarray) -> ExpectedReading:
    unit, row = READINGS[reading][0], table("measurements.toml")["reading"][reading]
    medians = {s: float(np.median(values[pairs.scenario == i])) for i, s in enumerate(scenarios)}
    error = _error(reading)
    digits = 4 if reading == "c_charged" else 3
    return ExpectedReading(
        name=row["name"],
        error=f"{convert(error, unit.si, unit.shown):.3g} {unit.shown}",
        expected={s: f"{convert(v, unit.si, unit.shown):.{digits}g} {unit.shown}" for s, v in medians.items()},
        separation=float(np.std(list(medians.values())) / error),
    )


def _best_pair(sample: _Sample, chosen: Sequence[Candidate], first: Measurement) -> MeasurementPair | None:
    """The best measurement and, of the others, the one that with it gives most for the effort of both."""
    start = next(c for c in chosen if (c.name, c.cell) == (first.name, first.cell))
    tried = []
    for other in chosen:
        if other == start:
            continue
        found, days = _taught(sample, [start, other]), effort([start, other])
        bits, narrower = found.bits, _interval_bits(found)
        if bits + narrower > first.scenario_bits + first.interval_bits:
            tried.append(
                MeasurementPair(
                    first=start.full_name,
                    second=other.full_name,
                    scenario_bits=bits,
                    interval_after=found.width,
                    interval_bits=narrower,
                    effort_days=days,
                    value=(bits + narrower) / days,
                )
            )
    return max(tried, key=lambda p: p.value, default=None)
