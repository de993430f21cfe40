"""Maps: what window, rate or any other input does to the lives of bare and coated cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product

from ..calibrate.ensemble import prepare
from ..calibrate.scales import build, tolerance_of
from ..calibrate.workers import mapped
from ..cycling.parameters import Tables
from ..cycling.program import Kind, program
from ..errors import EpitropyError, InputError
from ..pipeline import Formed
from ..records.cycling import CycleMap, LifeReading, MapPoint
from ..records.process import Axis
from ..records.scenario import Scales, Scenario
from ..records.sourced import Sourced
from ..study import CellStudy, Study, check_window
from .engines import Candidate, Engine, batch
from .reading import reading

MOST_LIVES = 20_000
RATE = "protocol.rate"
OWN_RATES = ("charge_rate", "discharge_rate")  # follow the rate unless stated
FORMING = ("protocol.temperature", "protocol.upper_voltage")  # of the protocol, what the formed cell depends on

Progress = Callable[[int, int], None]
Ready = tuple[Formed, Tables]
Place = tuple[float, ...]


def cycle_map(
    study: Study,
    cells: Sequence[str],
    axes: Sequence[Axis],
    scenario: Scenario,
    scales: Scales,
    engine: Engine,
    progress: Progress = lambda done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> CycleMap:
    """Readings of ``cells`` at every combination of the axes' values, at scales that stay the same.

    A point that a cell cannot follow keeps the reason in place of the reading. ``protocol.rate`` sets charge and
    discharge alike, also where the study states one of them, unless that one is varied as well.
    """
    if len({a.name for a in axes}) < len(axes):
        raise InputError("--vary", "one input given twice", "each input once")
    places = list(product(*(a.values for a in axes)))
    if len(places) * len(cells) > MOST_LIVES:
        raise InputError("--vary", f"{len(places)} combinations of {len(cells)} cells", f"at most {MOST_LIVES} lives")
    names = tuple(a.name for a in axes)
    jobs = [(place, cell) for place in places for cell in cells]
    forms = list(dict.fromkeys((_forming(names, place), cell) for place, cell in jobs))
    total = len(forms) + len(jobs)
    work = partial(_form, study=study, names=tuple(n for n in names if _forms(n)))
    formed = dict(zip(forms, mapped(work, forms, lambda done, _: progress(done, total), pool)))
    made = [_candidate(study, names, place, cell, formed, scenario, scales) for place, cell in jobs]
    lives = batch(
        [c for c, _ in (m for m in made if not isinstance(m, str))],
        engine=engine,
        progress=lambda done, _: progress(len(forms) + done, total),
        pool=pool,
    )
    found = {}
    for job, one in zip(jobs, made):
        found[job] = one if isinstance(one, str) else reading(one[0].model, next(lives), one[1])
    progress(total, total)
    points = tuple(_point(place, {cell: found[place, cell] for cell in cells}) for place in places)
    return CycleMap(scenario=scenario.name, axes=tuple(axes), points=points)


def _point(place: Place, found: Mapping[str, LifeReading | str]) -> MapPoint:
    return MapPoint(
        at=place,
        cells={n: None if isinstance(r, str) else r for n, r in found.items()},
        reasons={n: r for n, r in found.items() if isinstance(r, str)},
    )


def _forms(name: str) -> bool:
    """Whether an input acts on the formed cell, and not on its cycling alone."""
    return "protocol." not in name or name.endswith(FORMING)


def _forming(names: Sequence[str], place: Place) -> Place:
    return tuple(v for n, v in zip(names, place) if _forms(n))


def _form(key: tuple[Place, str], study: Study, names: Sequence[str]) -> Ready | str:
    place, cell = key
    try:
        return prepare(set_to(study, names, place).cells[cell])
    except EpitropyError as error:
        return f"{error.where}: {error.given}"


def _candidate(
    study: Study,
    names: Sequence[str],
    place: Place,
    cell: str,
    formed: Mapping[tuple[Place, str], Ready | str],
    scenario: Scenario,
    scales: Scales,
) -> tuple[Candidate, tuple[Kind, ...]] | str:
    """What the engine reads at one point, or why there is none."""
    ready = formed[_forming(names, place), cell]
    if isinstance(ready, str):
        return ready
    try:
        here = set_to(study, names, place).cells[cell]
        check_window(here)
        rows, kinds = program(here.protocol)
        m = build(here, ready[0], scenario, scales)
    except EpitropyError as error:
        return f"{error.where}: {error.given}"
    return Candidate(m, ready[1], rows, tolerance_of(here.protocol)), kinds


def set_to(study: Study, names: Sequence[str], place: Place) -> Study:
    """The study with named inputs set to values (SI); a setting has no spread.

    >>> from epitropy.study import load_study
    >>> faster = set_to(load_study("zhao2024"), ["protocol.rate"], (2.0,))
    >>> faster.cells["coated"].protocol.charge.value
    2.0
    """
    follow = [key for key in OWN_RATES if not any(name.endswith(f"protocol.{key}") for name in names)]
    for name, value in zip(names, place):
        before, study = study, study.changed(name, partial(Sourced.set_to, value=value, source="--vary"))
        if name.endswith(RATE):
            study = replace(study, cells={n: _freed(before.cells[n], c, follow) for n, c in study.cells.items()})
    return study


def _freed(before: CellStudy, cell: CellStudy, follow: Sequence[str]) -> CellStudy:
    """A cell whose rate was set, with those of its own rates given up that are to follow it."""
    if cell.protocol.rate is before.protocol.rate:
        return cell
    return replace(cell, protocol=replace(cell.protocol, **dict.fromkeys(follow)))
