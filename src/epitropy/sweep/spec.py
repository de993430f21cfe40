"""A sweep file: which study, what is varied, which points count, what is sought."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from .. import __version__
from ..calibrate.scenarios import declared_scenarios, named_scenario
from ..errors import InputError
from ..study import Study, read_study, read_yaml, study_hash, study_text
from ..units import Unit, parse
from .axes import MAPPING, NUMBER, Grid, read_axes
from .quantities import CELL, LAYER, RECIPE, Quantity, Tier, quantities
from .setting import with_point
from .where import Condition, condition

KEYS = (
    "name",
    "title",
    "study",
    "vary",
    "sobol",
    "seed",
    "where",
    "objectives",
    "report",
    "scenario",
    "intervals",
    "until",
    "budget",
    "sensitivity",
)
GOALS = ("maximise", "minimise")
BEST, DRAWS = 100, 16
BATCH, DESIGN_POINTS, DESIGN_BEST = 16, 300, 40
MOST_POINTS = 20_000  # of a design; the search looks at all of them before each batch
Count = Annotated[int, Unit("1")]
MOST_TRIED = 200  # values of an axis that are tried before anything is computed


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a design may compute. ``batch`` points are proposed at a time, however many processes there are."""

    points: Count
    time: Annotated[float, Unit("s", show="min")] | None
    batch: Count


@dataclass(frozen=True)
class Sweep:
    """A sweep that can be run; goes to worker processes, so it holds plain data and records alone."""

    name: str
    title: str
    raw: Mapping[str, Any]  # the study's plain data
    study: Study
    grid: Grid
    where: tuple[str, ...]
    goals: tuple[tuple[str, bool], ...]  # name, and whether more is better
    told: tuple[str, ...]  # derived quantities in the table
    scenario: str
    tier: Tier
    best: Count
    draws: Count
    seed: Count
    sensitivity: Count = 0  # base samples of Sobol indices around the best point; a power of two
    budget: Budget | None = None  # of a design, which searches the grid

    def __getstate__(self) -> dict[str, Any]:
        """What follows from the rest is worked out anew where it goes."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def units(self) -> dict[str, Unit | None]:
        """Unit of every name that may be used; None of texts."""
        found = self.study.inputs()
        units: dict[str, Unit | None] = {name: Unit(v.unit) for name, v in found.items()}
        for axis in self.grid.axes:
            for field, values in zip(axis.fields, axis.values):
                if field.kind != MAPPING:
                    counted = field.unit is None and all(type(v) is int for v in values)
                    units[field.name] = Unit("1") if counted else field.unit
        return units | {name: q.unit for name, q in self.known.items()}

    @cached_property
    def known(self) -> dict[str, Quantity]:
        return quantities(self.study)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition(text, self.units) for text in self.where)

    @cached_property
    def subject(self) -> str:
        """The cell that recipe quantities tell of: the last coated one."""
        coated = [n for n, c in self.study.cells.items() if c.coating is not None]
        return coated[-1] if coated else list(self.study.cells)[-1]

    def study_at(self, index: int) -> Study:
        """The study of one point, as a user would have written it."""
        return read_study(with_point(self.raw, self.grid.fields, self.grid.at(index)))

    @cached_property
    def hash(self) -> str:
        """Content hash of all that decides the table: study, grid, conditions, quantities, scenario and version."""
        parts = [__version__, study_hash(self.study), self.where, self.goals, self.told, self.scenario, int(self.tier)]
        if self.budget:  # how long it goes on is not part of it
            parts += ["design", self.budget.batch, self.seed]
        digest = hashlib.sha256(json.dumps(parts, default=str).encode())
        for axis in self.grid.axes:
            for field, values in zip(axis.fields, axis.values):
                digest.update(json.dumps([field.name, field.kind, list(values)], default=str).encode())
        return digest.hexdigest()[:16]


def load_sweep(source: str) -> Sweep:
    """A sweep by bundled name or path; the study it names may lie beside it."""
    text, folder = sweep_text(source)
    raw = read_yaml(text, source)
    if isinstance(raw, Mapping) and raw.get("budget") is not None:
        raise InputError(source, "a budget, so it is a design", "a sweep", f"Run 'epitropy design {source}'.")
    return read_sweep(raw, folder)


def load_design(source: str, budget: Mapping[str, Any]) -> tuple[Sweep, str]:
    """A design, and its file's text; what ``budget`` states is taken instead of what the file does."""
    import yaml

    text, folder = sweep_text(source)
    raw = read_yaml(text, source)
    if not isinstance(raw, Mapping):
        return read_sweep(raw, folder), text
    given = _given(raw, "budget", {"points": DESIGN_POINTS})
    wanted = {**given, **budget} if isinstance(given, Mapping) else given
    changed = wanted != raw.get("budget")
    raw = {**raw, "budget": wanted}
    return read_sweep(raw, folder), yaml.safe_dump(raw, sort_keys=False, allow_unicode=True) if changed else text


def sweep_text(source: str) -> tuple[str, Path]:
    """Text of a sweep file and the folder that names in it are relative to."""
    from importlib.resources import files

    path = Path(source)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8"), path.parent
        except (UnicodeDecodeError, OSError) as error:
            raise InputError(
                source, f"not a readable text file ({type(error).__name__})", "a YAML file in UTF-8"
            ) from None
    if source in (names := [*bundled_sweeps(), *bundled_sweeps(designs=True)]):
        return files("epitropy").joinpath("sweeps", f"{source}.yaml").read_text(encoding="utf-8"), Path(".")
    bundled = ", ".join(names)
    raise InputError("FILE", f"'{source}' is neither a file nor a bundled sweep", f"a YAML file, or {bundled}")


def bundled_sweeps(designs: bool = False) -> dict[str, str]:
    """Names of bundled sweeps, or of bundled designs, and their titles."""
    from importlib.resources import files

    import yaml

    folder = files("epitropy").joinpath("sweeps")
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    raws = {f.name.removesuffix(".yaml"): yaml.safe_load(f.read_text(encoding="utf-8")) for f in found}
    return {name: raw["title"] for name, raw in raws.items() if ("budget" in raw) == designs}


def read_sweep(raw: Any, folder: Path = Path(".")) -> Sweep:
    """Plain data to a `Sweep`; every fault is named by its path."""
    if not isinstance(raw, Mapping):
        raise InputError("sweep", f"{type(raw).__name__} at top level", f"keys such as {', '.join(KEYS[2:5])}")
    for key in raw:
        if key not in KEYS:
            raise InputError(str(key), "no key of a sweep file", ", ".join(KEYS))
    plain, study = _study(raw.get("study"), folder)
    budget = _budget(raw)
    grid = read_axes(raw.get("vary"), raw.get("sobol"), raw.get("seed"), study, searched=budget is not None)
    plain, study = _keeping_protocol(plain, study, grid)
    _try(plain, grid)
    known = quantities(study)
    goals = _goals(_given(raw, "objectives", {}), known)
    if budget and not goals:
        raise InputError("objectives", "none", "what a design seeks, e.g. {maximise: [coated.retention_200]}")
    where = _texts("where", _given(raw, "where", []))
    report = _texts("report", _given(raw, "report", []))
    for name in report:
        _derived("report", name, known)
    scenario = _scenario(study, raw.get("scenario"))
    intervals = _given(raw, "intervals", {})
    if not isinstance(intervals, Mapping) or set(intervals) - {"best", "draws"}:
        raise InputError("intervals", repr(intervals)[:60], "{best: 100, draws: 16}")
    sweep = Sweep(
        name=_name(raw.get("name", study.name)),
        title=str(raw.get("title", "")),
        raw=plain,
        study=study,
        grid=grid,
        where=where,
        goals=goals,
        told=(),
        scenario=scenario,
        tier=Tier.CELL,
        best=_whole("intervals.best", intervals.get("best", DESIGN_BEST if budget else BEST), 0, 10_000),
        draws=_whole("intervals.draws", intervals.get("draws", DRAWS), 0, 1000),
        seed=_whole("seed", _given(raw, "seed", 0), 0, 2**32 - 1),
        sensitivity=_sensitivity(raw, goals),
        budget=budget,
    )
    for rule in sweep.conditions:
        _check_names(rule, sweep)
    asked = [n for c in sweep.conditions for n in c.names if n in known]
    asked = list(dict.fromkeys([*(n for n, _ in goals), *report, *asked]))
    tier = _tier(raw.get("until"), asked, known)
    told = [n for n in _usual(sweep, tier) if n not in asked] + asked
    return replace(sweep, told=tuple(told), tier=tier)


def _study(given: Any, folder: Path) -> tuple[Mapping[str, Any], Study]:
    if not isinstance(given, str):
        raise InputError("study", repr(given)[:60], "the name of a bundled study or of a YAML file")
    beside = folder / given
    source = str(beside) if beside.is_file() else given
    plain = read_yaml(study_text(source), source)
    return plain, read_study(plain, source)


def _given(raw: Mapping[str, Any], key: str, usual: Any) -> Any:
    """What stands at a key; nothing behind its colon is as if it were not there."""
    return usual if raw.get(key) is None else raw[key]


def _budget(raw: Mapping[str, Any]) -> Budget | None:
    """What makes a sweep file a design."""
    given = raw.get("budget")
    if given is None:
        return None
    if not isinstance(given, Mapping) or set(given) - {"points", "time", "batch"}:
        raise InputError("budget", repr(given)[:60], "{points: 300, time: 30 min, batch: 16}")
    if raw.get("sobol") is not None:
        raise InputError("sobol", "a sample in a design", "ranges, which a design searches", "Leave it out.")
    time = None
    if given.get("time") is not None:
        try:
            time = parse(given["time"], "s", "min")
        except InputError as error:
            raise InputError("budget.time", error.given, error.allowed, error.remedy) from None
        if not time > 0:
            raise InputError("budget.time", f"{given['time']}", "a time above zero, e.g. 30 min")
    points = _whole("budget.points", given.get("points", DESIGN_POINTS), 1, MOST_POINTS)
    return Budget(points, time, _whole("budget.batch", given.get("batch", BATCH), 1, 1000))


def _sensitivity(raw: Mapping[str, Any], goals: tuple[tuple[str, bool], ...]) -> int:
    given = _whole("sensitivity", _given(raw, "sensitivity", 0), 0, 65_536)
    if given & (given - 1):
        raise InputError("sensitivity", f"{given}", "a power of two, e.g. 64")
    if given and not any(CELL.fullmatch(name) for name, _ in goals):
        raise InputError(
            "sensitivity", "no capacity or retention among the objectives", "one, e.g. coated.retention_200"
        )
    return given


def _keeping_protocol(plain: Mapping[str, Any], study: Study, grid: Grid) -> tuple[Mapping[str, Any], Study]:
    """The data of a calibration keep the protocol they were read by, where cells are cycled by others."""
    varied = any("protocol" in f.name.split(".")[:2] for f in grid.fields)
    if not varied or study.calibration is None or study.calibration.protocol is not None:
        return plain, study
    own = ((plain.get("cells") or {}).get(study.calibration.cell) or {}).get("protocol") or {}
    given = {**plain["calibration"], "protocol": {**(plain.get("protocol") or {}), **own}}
    plain = {**plain, "calibration": given}
    return plain, read_study(plain)


def _check_names(rule: Condition, sweep: Sweep) -> None:
    """An input that is varied is named as it is varied, so that no condition judges by the value it had before."""
    exact = {f.name for f in sweep.grid.fields}
    for name in rule.names:
        if name in sweep.known or name in exact:
            continue
        path = _path(sweep.study, name)
        for f in sweep.grid.fields:
            other = _path(sweep.study, f.name)
            if path == other or path.startswith(f"{other}."):
                remedy = (
                    "Shares of a mixture are coating.fraction.ELEMENT." if f.kind == MAPPING else f"Write {f.name}."
                )
                raise InputError(
                    f"where: '{rule.text}'", f"'{name}', which is varied as '{f.name}'", "that name", remedy
                )


def _path(study: Study, name: str) -> str:
    first, _, rest = name.partition(".")
    return rest if first in study.cells else name


def _name(given: Any) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", given):
        raise InputError("name", repr(given)[:60], "letters, digits, '-' and '_'")
    return given


def _try(raw: Mapping[str, Any], grid: Grid) -> None:
    """Every value that is not between two others makes a study, or is refused before anything is computed."""
    for axis in grid.axes:
        for field, values in zip(axis.fields, axis.values):
            tried = [min(values), max(values)] if field.kind == NUMBER else list(values[:MOST_TRIED])
            for value in tried:
                try:
                    read_study(with_point(raw, (field,), {field.name: value}))
                except InputError as error:
                    raise InputError(f"vary.{field.name}", error.given, error.allowed, error.remedy) from None


def _goals(given: Any, known: Mapping[str, Quantity]) -> tuple[tuple[str, bool], ...]:
    if not isinstance(given, Mapping) or set(given) - set(GOALS):
        raise InputError("objectives", repr(given)[:60], "{maximise: [names], minimise: [names]}")
    found = []
    for goal in GOALS:
        for name in _texts(f"objectives.{goal}", given.get(goal) or []):
            if _derived(f"objectives.{goal}", name, known).unit is None:
                raise InputError(f"objectives.{goal}", f"'{name}' is a text", "a number")
            found.append((name, goal == "maximise"))
    names = [n for n, _ in found]
    if len(set(names)) < len(names):
        raise InputError("objectives", "a quantity twice", "each once")
    return tuple(found)


def _derived(where: str, name: str, known: Mapping[str, Quantity]) -> Quantity:
    if name not in known:
        import difflib

        near = difflib.get_close_matches(name, known, 3, 0.5)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "'epitropy schema --derived' lists all."
        raise InputError(where, f"'{name}' is no derived quantity of this study", "e.g. coated.retention_200", remedy)
    return known[name]


def _texts(where: str, given: Any) -> tuple[str, ...]:
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list) or not all(isinstance(g, str) for g in given):
        raise InputError(where, repr(given)[:60], "a list of texts")
    return tuple(given)


def _scenario(study: Study, given: Any) -> str:
    if given is None:
        return declared_scenarios(study)[0].name
    return named_scenario(study, str(given)).name


def _tier(until: Any, asked: list[str], known: Mapping[str, Quantity]) -> Tier:
    """As far as the names that are asked for need; to the end where none is."""
    needed = max((known[n].tier for n in asked), default=None)
    if until is None:
        return Tier.CELL if needed is None else needed
    names = {t.name.lower(): t for t in Tier}
    if not isinstance(until, str) or until not in names:
        raise InputError("until", repr(until), ", ".join(names))
    if needed is not None and needed > names[until]:
        missed = next(n for n in asked if known[n].tier > names[until])
        raise InputError("until", f"'{until}', but '{missed}' is asked for", f"{needed.name.lower()}, or without it")
    return names[until]


def _usual(sweep: Sweep, tier: Tier) -> list[str]:
    """What a table tells without being asked."""
    cell = sweep.study.cells[sweep.subject]
    varied = {f.name for f in sweep.grid.fields}
    found = [n for n in RECIPE if not n.startswith("cathode.") or "cathode.composition.M" in varied]
    found = found if cell.coating is not None else []
    if tier >= Tier.LAYER and cell.coating is not None:
        found += [f"{sweep.subject}.{what}" for what in LAYER]
    if tier >= Tier.CELL:
        last = cell.protocol.cycles
        found += [f"{sweep.subject}.{n}" for n in ("capacity_1", f"capacity_{last}", f"retention_{last}")]
    return found


def _whole(where: str, given: Any, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise InputError(where, repr(given)[:30], f"a whole number from {least} to {most}")
    return given


def cells_needed(names: tuple[str, ...]) -> tuple[str, ...]:
    """Cells whose lives a table tells."""
    return tuple(dict.fromkeys(m["cell"] for n in names if (m := CELL.fullmatch(n))))
