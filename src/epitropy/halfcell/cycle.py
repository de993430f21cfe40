"""What ``epitropy cycle`` answers: every cell of a study in one declared scenario, at the medians of all inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from .. import __version__
from ..calibrate.ensemble import calibrated, calibration_cell, prepare
from ..calibrate.scales import build, tolerance_of
from ..calibrate.scenarios import declared_scenarios, named_scenario
from ..cycling.kernel import RESOLUTION
from ..cycling.parameters import Model, Tables
from ..cycling.program import program
from ..cycling.spec import MECHANISMS
from ..cycling.stage import live, voltage_curve
from ..errors import InputError, NumericsError
from ..pipeline import Formed
from ..records.cell import CycleSeries, VoltageCurve
from ..records.cycling import CycleAnswer, CycledCell, ScenarioLives
from ..records.process import Axis
from ..records.scenario import Scales, Scenario
from ..study import CellStudy, Study, study_hash
from .engines import Engine, engine_of
from .maps import cycle_map
from .reading import series_reading, summary

ALL = "all"
CURVE_RATES = (1.0, 0.05)
MILESTONES = 20  # cycles at which the losses are told apart

Progress = Callable[[str, int, int], None]
Ready = tuple[Formed, Tables]


def cycle_study(
    study: Study,
    *,
    cells: Sequence[str] = (),
    scenario: str | None = None,
    engine: str = "kernel",
    without: Sequence[str] = (),
    skip: bool = True,
    curves: Sequence[int] = (),
    axes: Sequence[Axis] = (),
    progress: Progress = lambda stage, done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> CycleAnswer:
    """Lives of ``cells`` (default: all) in one scenario (default: the first that can be solved; ``"all"``: all).

    The scales are solved on the calibration cell of the study as given, whatever is then switched off (``without``,
    ``skip``) or varied (``axes``). ``curves`` are the cycles whose voltage curves are told beside first and last.

    >>> from epitropy.study import load_study
    >>> answer = cycle_study(load_study("zhao2024"), cells=["bare"])
    >>> round(answer.lives["outer/series"].cells["bare"].reading.retention, 2)
    0.79
    """
    chosen, run = chosen_cells(study, cells), engine_of(engine)
    tried = chosen_scenarios(study, scenario)
    if axes and scenario == ALL:
        raise InputError("--scenario", "all, with --vary", "one scenario", "A map is told in one scenario.")
    longest = max(study.cells[name].protocol.cycles for name in chosen)
    for cycle in curves:
        if not 1 <= cycle <= longest:
            raise InputError("--curves", f"cycle {cycle}", f"1 to {longest}")
    centre = study.at({})
    changed = what_if(centre, without, skip)
    known = calibration_cell(centre)
    ready = _formed(centre, [*dict.fromkeys([known, *chosen])], progress)
    scales, unsolved = solved_scales(centre, ready, tried, scenario == ALL, progress)
    total = len(scales) * len(chosen)
    lives = {}
    for i, (one, found) in enumerate(scales.items()):
        told = {}
        for k, name in enumerate(chosen):
            progress(_stage_name(engine), i * len(chosen) + k, total)
            told[name] = cycled_cell(changed.cells[name], ready[name], one, found, run, curves)
        lives[one.name] = ScenarioLives(scenario=one, scales=found, cells=told)
    progress(_stage_name(engine), total, total)
    answer = CycleAnswer(
        study=study.name,
        title=study.title,
        hash=study_hash(study),
        version=__version__,
        engine=engine,
        calibration_cell=known,
        calibrated=study.calibration is not None,
        without=tuple(without),
        skipping=skip,
        unsolved=unsolved,
        lives=lives,
    )
    if not axes:
        _check_any(answer)
        return answer
    ((one, found),) = scales.items()
    return replace(answer, map=cycle_map(changed, chosen, axes, one, found, run, partial(_counted, progress), pool))


def _stage_name(engine: str) -> str:
    return "cycling" if engine == "kernel" else f"cycling with {engine}"


def _counted(progress: Progress, done: int, total: int) -> None:
    progress("map", done, total)


def chosen_cells(study: Study, names: Iterable[str]) -> tuple[str, ...]:
    """Named cells in the order of the study, all if none is named."""
    names = set(names)
    for name in names - set(study.cells):
        raise InputError("--cell", f"'{name}' is no cell of this study", ", ".join(study.cells))
    return tuple(n for n in study.cells if not names or n in names)


def chosen_scenarios(study: Study, name: str | None) -> tuple[Scenario, ...]:
    """The scenarios to be tried, in their order."""
    return declared_scenarios(study) if name in (None, ALL) else (named_scenario(study, name, ALL),)


def what_if(study: Study, without: Sequence[str], skip: bool) -> Study:
    """The study with mechanisms switched off in every cell, beside those that it switches off itself."""
    for name in without:
        if name not in MECHANISMS:
            raise InputError("--without", f"unknown mechanism '{name}'", ", ".join(MECHANISMS))

    def changed(cell: CellStudy) -> CellStudy:
        off = tuple(dict.fromkeys([*cell.degradation.without, *without]))
        return replace(
            cell,
            degradation=replace(cell.degradation, without=off),
            protocol=replace(cell.protocol, skip=cell.protocol.skip and skip),
        )

    return replace(study, cells={name: changed(cell) for name, cell in study.cells.items()})


def _formed(study: Study, names: Sequence[str], progress: Progress) -> dict[str, Ready]:
    stage = "forming the cells (the first run compiles, about a minute)"
    ready = {}
    for i, name in enumerate(names):
        progress(stage, i, len(names))
        ready[name] = prepare(study.cells[name])
    progress(stage, len(names), len(names))
    return ready


def solved_scales(
    study: Study, ready: Mapping[str, Ready], tried: tuple[Scenario, ...], every: bool, progress: Progress
) -> tuple[dict[Scenario, Scales], dict[str, str]]:
    """Scales of the first scenario that can be solved, or of ``every`` one; and why the others could not."""
    name = calibration_cell(study)
    stage = f"solving the cell {name}"
    progress(stage, 0, 1)
    scales: dict[Scenario, Scales] = {}
    unsolved: dict[str, str] = {}
    for group in [tried] if every else [(s,) for s in tried]:
        found = calibrated(study, ready, group, resolution=RESOLUTION).scales
        scales |= {s: v for s in group if isinstance(v := found[s.name], Scales)}
        unsolved |= {n: v for n, v in found.items() if isinstance(v, str)}
        if scales:
            break
    progress(stage, 1, 1)
    if not scales:
        reasons = "; ".join(dict.fromkeys(unsolved.values()))
        what = "no scenario" if len(tried) > 1 else f"not the scenario {tried[0].name}"
        raise NumericsError(
            f"cell {name}",
            f"{what} can be solved at the medians: {reasons}",
            "a window, rate and data that the cell can follow",
        )
    return scales, unsolved


def cycled_cell(
    cell: CellStudy,
    ready: Ready,
    scenario: Scenario,
    scales: Scales,
    engine: Engine,
    curves: Sequence[int],
    milestones: int = MILESTONES,
) -> CycledCell:
    """One cell's life told in full; a cell that delivers no first cycle is a value with its reason."""
    formed, tables = ready
    m = build(cell, formed, scenario, scales)
    rows, kinds = program(cell.protocol)
    known = {"format": cell.cell.format, "coverage": m.coverage_outer, "coverage_cracks": m.coverage_cracks}
    try:
        series = live(
            m,
            tables,
            rows,
            kinds,
            tolerance=tolerance_of(cell.protocol),
            area=cell.cell.area.value * cell.cell.coated_faces,
            milestones=milestones,
            engine=engine,
        )
    except NumericsError as error:
        return CycledCell(**known, reading=None, summary={}, series=None, reason=error.given)
    told, missing = _curves(m, tables, series, curves)
    reading = series_reading(m, series, cell.protocol.cycles)
    return CycledCell(
        **known,
        reading=reading,
        summary=summary(series, reading),
        series=series,
        curves=told,
        notes=missing,
    )


def _curves(
    m: Model, tables: Tables, series: CycleSeries, cycles: Sequence[int]
) -> tuple[tuple[VoltageCurve, ...], tuple[str, ...]]:
    """Voltage curves of the first, the named and the last cycle at 1C and C/20, and which could not be had."""
    last = len(series.cycle)
    found, missing = [], []
    for cycle in sorted({1, last, *(c for c in cycles if c <= last)}):
        for rate in CURVE_RATES:
            try:
                found.append(voltage_curve(m, tables, series, cycle, rate))
            except NumericsError as error:
                missing.append(f"No voltage curve: {error.given}.")
    return tuple(found), tuple(missing)


def _check_any(answer: CycleAnswer) -> None:
    """Where no cell delivers a first cycle in any scenario there is nothing to tell."""
    cells = {n: c for told in answer.lives.values() for n, c in told.cells.items()}
    if not any(c.series for told in answer.lives.values() for c in told.cells.values()):
        name, cell = next(iter(cells.items()))
        raise NumericsError(f"cell {name}", cell.reason, "a window and rate that the cell can follow")
