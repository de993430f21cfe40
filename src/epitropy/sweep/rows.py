"""Points to rows: what the recipe decides for whole blocks at once, then layer and cell one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..calibrate.ensemble import calibrated, calibration_cell, prepare
from ..calibrate.scales import capacities
from ..calibrate.scenarios import named_scenario
from ..coating.stage import precursor_shares
from ..errors import EpitropyError, InputError
from ..pipeline import form
from ..records.scenario import Scales, Scenario
from ..study import CellStudy, Study
from ..units import convert
from .axes import MAPPING, Axis, Field
from .quantities import CELL, FRACTION, RECIPE, Tier, of_cell, of_coatings, of_hosts, of_layer, of_recipe
from .spec import Sweep, cells_needed

DONE, EXCLUDED, FAILED = "done", "excluded", "failed"
INDEX, KEY, STATUS, STAGE, MESSAGE = "index", "key", "status", "stage", "message"
LONGEST_MESSAGE = 300
REMEMBERED = 32  # cells whose formation a process keeps
Columns = dict[str, list]


@dataclass(slots=True)
class Made:
    """Rows of a block in the grid's order, column by column, and how many points each condition took out beforehand."""

    columns: Columns
    rows: int
    failed: int
    left_out: dict[str, int] = field(default_factory=dict)


def columns_of(sweep: Sweep) -> dict[str, str]:
    """Column -> kind (``number``, ``text``, ``whole``), in the order of the table; units stand in the names."""
    found = {INDEX: "whole", KEY: "text"}
    for f in sweep.grid.fields:
        if f.kind == MAPPING:
            found |= {_titled(f"{f.name}.{n}", f.unit): "number" for n in _names(sweep, f)}
        else:
            found[_titled(f.name, f.unit)] = "number" if f.unit else "text"
    for name in sweep.told:
        unit = sweep.known[name].unit
        found[_titled(name, unit)] = "number" if unit else "text"
    return found | {STATUS: "text", STAGE: "text", MESSAGE: "text"}


def _titled(name: str, unit: Any) -> str:
    """Name with the unit that people read: ``coating.dose [wt%]``."""
    return name if unit is None or unit.shown == "1" else f"{name} [{unit.shown}]"


def titled(sweep: Sweep, name: str) -> str:
    """The column of a derived quantity."""
    return _titled(name, sweep.known[name].unit)


_known_names: dict[tuple[str, str], list[str]] = {}  # of this process, by sweep and field


def _names(sweep: Sweep, found: Field) -> list[str]:
    """All names that a varied mapping gives shares of."""
    key = (sweep.hash, found.name)
    if key not in _known_names:
        values = next(v for axis in sweep.grid.axes for f, v in zip(axis.fields, axis.values) if f == found)
        _known_names[key] = list(dict.fromkeys(name for value in values for name in value))
    return _known_names[key]


def rows_of(sweep: Sweep, first: int, last: int) -> Made:
    """Rows of the points ``first`` to ``last`` (exclusive) that the conditions leave."""
    index = np.arange(first, last)
    steps = sweep.grid.steps(index)
    values = recipe_values(sweep, steps, len(index), whole=sweep.tier == Tier.RECIPE and _at_once(sweep))
    left, left_out = kept(sweep, values, len(index))
    index, steps = index[left], tuple(s[left] for s in steps)
    values = {name: column[left] for name, column in values.items()}
    told: list[Mapping[str, Any]] = [{} for _ in index]
    status, stage, message = [DONE] * len(index), [""] * len(index), [""] * len(index)
    later = sweep.tier > Tier.RECIPE or not _at_once(sweep)
    if later:
        for row, i in enumerate(index):
            told[row], status[row], stage[row], message[row] = _row(sweep, int(i))
    columns: Columns = {INDEX: index.tolist(), KEY: keys(sweep, index)}
    columns |= _varied(sweep, steps)
    for name in sweep.told:
        unit = sweep.known[name].unit
        at_once = [] if later else (values[name] * _factor(unit)).tolist()
        absent = 0.0 if name.startswith(FRACTION) else None  # an element that a coating does not hold
        rows = [_shown(row.get(name, absent if row else None), unit) for row in told]
        columns[_titled(name, unit)] = rows if later else at_once
    columns |= {STATUS: status, STAGE: stage, MESSAGE: message}
    return Made(columns, len(index), status.count(FAILED), left_out)


def recipe_values(sweep: Sweep, steps: Sequence[np.ndarray], count: int, whole: bool = False) -> dict[str, np.ndarray]:
    """Inputs and recipe quantities that conditions name, or the table too (``whole``), as arrays over points, in SI."""
    found: dict[str, np.ndarray] = {}
    for axis, step in zip(sweep.grid.axes, steps):
        every = np.unique(step)
        for f, values in zip(axis.fields, axis.values):
            if f.kind != MAPPING:
                found[f.name] = _taken([_chosen(values[k]) for k in every], every, step)
    wanted = {n for c in sweep.conditions for n in c.names} | (set(sweep.told) if whole else set())
    inputs = sweep.study.at({}).inputs()
    for name in wanted & set(inputs) - set(found):
        found[name] = np.full(count, inputs[name].value)
    names = {n for n in wanted if n in RECIPE or n.startswith(FRACTION)}
    if not names:
        return found
    rows = _recipes(sweep, steps) if _at_once(sweep) else _recipes_one_by_one(sweep, steps, count)
    zero = np.zeros(count)
    return found | {name: np.broadcast_to(rows.get(name, zero), (count,)) for name in names}


def _moves_recipe(sweep: Sweep) -> list[Field]:
    """Varied fields on which recipe quantities depend."""
    return [
        f
        for f in sweep.grid.fields
        if f.name.partition(".")[0] not in set(sweep.study.cells) - {sweep.subject}
        and _path(sweep, f.name).startswith(("coating.precursors", "coating.dose", "cathode.composition"))
    ]


def _path(sweep: Sweep, name: str) -> str:
    first, _, rest = name.partition(".")
    return rest if first in sweep.study.cells else name


def _at_once(sweep: Sweep) -> bool:
    """Whether recipe quantities follow from one array a field; otherwise a study is read for each point."""
    paths = [_path(sweep, f.name) for f in _moves_recipe(sweep)]
    whole = ("coating.precursors", "coating.dose", "cathode.composition.M")
    subject = sweep.study.cells[sweep.subject]
    return subject.coating is not None and len(set(paths)) == len(paths) and all(p in whole for p in paths)


def _recipes(sweep: Sweep, steps: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Recipe quantities over points, worked out once for each value of an axis."""
    cell = sweep.study.at({}).cells[sweep.subject]
    constant = of_recipe(cell)
    dose: Any = _per_host(cell, cell.coating.dose.value)
    per_mass: Any = of_coatings([precursor_shares(cell.coating)], cell.phases)["coating.cost"][0]
    found: dict[str, Any] = dict(constant)
    moving = _moves_recipe(sweep)
    for axis, step in zip(sweep.grid.axes, steps):
        for f, values in zip(axis.fields, axis.values):
            path = _path(sweep, f.name) if f in moving else ""
            if path == "coating.precursors":
                rows = _axis_coatings(sweep, axis, values, cell)
                per_mass = rows["coating.cost"][step]
                found = {n: v for n, v in found.items() if not n.startswith(FRACTION)}
                found |= {name: column[step] for name, column in rows.items()}
            elif path == "coating.dose":
                dose = _per_host(cell, np.asarray(values))[step]
            elif path == "cathode.composition.M":
                found |= {name: column[step] for name, column in of_hosts(values).items()}
    found["coating.cost"] = per_mass * dose
    return found


_coatings: dict[tuple[str, int], dict[str, np.ndarray]] = {}  # of this process, by sweep and axis


def _axis_coatings(sweep: Sweep, axis: Axis, values: Sequence[Any], cell: CellStudy) -> dict[str, np.ndarray]:
    key = (sweep.hash, sweep.grid.axes.index(axis))
    if key not in _coatings:
        _coatings.clear()
        _coatings[key] = of_coatings(values, cell.phases)
    return _coatings[key]


def _per_host(cell: CellStudy, dose: Any) -> Any:
    return dose if cell.coating.dose_basis == "host" else dose / (1 - dose)


def _recipes_one_by_one(sweep: Sweep, steps: Sequence[np.ndarray], count: int) -> dict[str, np.ndarray]:
    """The same from a study read for each point that differs in what the recipe depends on."""
    moving = [k for k, axis in enumerate(sweep.grid.axes) if set(axis.fields) & set(_moves_recipe(sweep))]
    known: dict[tuple[int, ...], dict[str, float]] = {}
    rows = []
    for n in range(count):
        point = tuple(int(steps[k][n]) for k in moving)
        if point not in known:
            full = [int(s[n]) for s in steps]
            index = int(np.ravel_multi_index(full, [len(a) for a in sweep.grid.axes]))
            try:
                known[point] = of_recipe(sweep.study_at(index).at({}).cells[sweep.subject])
            except InputError:  # told when its row is computed
                known[point] = {}
        rows.append(known[point])
    names = dict.fromkeys(n for row in rows for n in row)
    return {name: np.array([row.get(name, 0.0 if row else np.nan) for row in rows]) for name in names}


def kept(sweep: Sweep, values: Mapping[str, np.ndarray], count: int) -> tuple[np.ndarray, dict[str, int]]:
    """Points that every condition on inputs and recipes leaves, and how many each one takes out."""
    left, left_out = np.ones(count, dtype=bool), {}
    for rule in sweep.conditions:
        if all(n in values for n in rule.names):
            holds = np.broadcast_to(np.asarray(rule.holds(values), dtype=bool), (count,))
            left_out[rule.text] = int((left & ~holds).sum())
            left &= holds
    return left, left_out


def _row(sweep: Sweep, index: int) -> tuple[dict[str, Any], str, str, str]:
    """(quantities in SI, status, stage, message) of one point; a fault is told, never raised."""
    told: dict[str, Any] = {}
    stage = "study"
    try:
        study = sweep.study_at(index).at({})
        stage = "recipe"
        told |= of_recipe(study.cells[sweep.subject])
        if sweep.tier >= Tier.LAYER:
            stage = "layer"
            told |= _layers(sweep, study)
            if rule := _broken(sweep, told, study, index, Tier.LAYER):
                return told, EXCLUDED, stage, rule
        if sweep.tier >= Tier.CELL:
            stage = "cell"
            told |= _lives(sweep, study)
            if rule := _broken(sweep, told, study, index, Tier.CELL):
                return told, EXCLUDED, stage, rule
    except EpitropyError as error:
        return told, FAILED, stage, str(error)[:LONGEST_MESSAGE]
    except Exception as error:  # one point never stops the others
        return told, FAILED, stage, f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE]
    return told, DONE, "", ""


def _broken(sweep: Sweep, told: Mapping[str, Any], study: Study, index: int, reached: Tier) -> str:
    """The first condition of this tier that does not hold; what has no value there (no layer) does not hold."""
    values: dict[str, Any] = {}
    for rule in sweep.conditions:
        tiers = [sweep.known[n].tier for n in rule.names if n in sweep.known]
        if max(tiers, default=Tier.RECIPE) != reached:
            continue
        if not values:
            point = {n: _chosen(v) for n, v in sweep.grid.at(index).items() if not isinstance(v, Mapping)}
            values = {**{n: v.value for n, v in study.inputs().items()}, **point, **told}
        values = {**{n: 0.0 for n in rule.names if n.startswith(FRACTION)}, **values}
        if any(n not in values for n in rule.names) or not bool(rule.holds(values)):
            return rule.text
    return ""


def _chosen(value: Any) -> Any:
    """A choice as conditions and tables have it: flags as YAML writes them."""
    return str(value).lower() if isinstance(value, bool) else value


def _taken(values: Sequence[Any], every: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Values that stand for the sorted steps ``every``, over all steps."""
    return np.asarray(values)[np.searchsorted(every, step)]


_formed: dict[str, Any] = {}  # of this process: what the last cells became, by all that they depend on


def _prepared(cell: CellStudy) -> Any:
    """`prepare`, remembered: a cell that a point leaves as it was is not formed again."""
    key = _fingerprint(cell)
    if key not in _formed:
        if len(_formed) >= REMEMBERED:
            del _formed[next(iter(_formed))]
        _formed[key] = prepare(cell)
    return _formed[key]


def _fingerprint(cell: CellStudy) -> str:
    """Digest of a cell but for what only its cycling reads."""
    from dataclasses import replace

    protocol = cell.protocol
    kept = (protocol.temperature, protocol.upper_voltage)
    forming = replace(
        cell, protocol=type(protocol)(), cell=replace(type(cell.cell)(), electrolyte=cell.cell.electrolyte)
    )
    return hashlib.sha256(repr((forming, kept)).encode()).hexdigest()


def _layers(sweep: Sweep, study: Study) -> dict[str, Any]:
    found = {}
    wanted = {n.partition(".")[0] for n in (*sweep.told, *(n for c in sweep.conditions for n in c.names))}
    for name, cell in study.cells.items():
        if cell.coating is not None and name in wanted:
            formed = _prepared(cell)[0] if sweep.tier >= Tier.CELL else form(cell)
            found |= {f"{name}.{what}": v for what, v in of_layer(cell, formed).items()}
    return found


_solved: dict[str, Scales | str] = {}  # of this process, by sweep


def _scales(sweep: Sweep, scenario: Scenario) -> Scales:
    """Scales of the calibration cell of the study as given: what is varied is a design, its data are those they are."""
    if sweep.hash not in _solved:
        base = sweep.study.at({})
        name = calibration_cell(base)
        _solved.clear()
        _solved[sweep.hash] = calibrated(base, {name: _prepared(base.cells[name])}, (scenario,)).scales[scenario.name]
    found = _solved[sweep.hash]
    if not isinstance(found, Scales):
        raise InputError("calibration", str(found), "a scenario that can be solved for the study's data")
    return found


def _lives(sweep: Sweep, study: Study) -> dict[str, Any]:
    scenario = named_scenario(study, sweep.scenario)
    scales = _scales(sweep, scenario)
    asked = (*sweep.told, *(n for c in sweep.conditions for n in c.names))
    lives = {
        name: capacities(study.cells[name], *_prepared(study.cells[name]), scenario, scales)
        for name in cells_needed(asked)
    }
    found = {}
    for name in dict.fromkeys(asked):
        match = CELL.fullmatch(name)
        if match and int(match["cycle"]) <= len(lives[match["cell"]]):  # a shorter life has no such cycle
            found[name] = of_cell(lives[match["cell"]], match["what"], int(match["cycle"]))
    return found


def keys(sweep: Sweep, index: np.ndarray) -> list[str]:
    """A name for each row that follows from all that decides it, whatever process or machine computes it."""
    base = sweep.hash.encode()
    return [hashlib.blake2b(b"%s %d" % (base, i), digest_size=8).hexdigest() for i in index.tolist()]


def _varied(sweep: Sweep, steps: Sequence[np.ndarray]) -> Columns:
    """What was varied, in the units that people read; only values that occur are looked at, as an axis may be long."""
    found: Columns = {}
    for axis, step in zip(sweep.grid.axes, steps):
        every = np.unique(step)
        for f, values in zip(axis.fields, axis.values):
            if f.kind == MAPPING:
                for name in _names(sweep, f):
                    shares = [values[k].get(name, 0.0) * _factor(f.unit) for k in every]
                    found[_titled(f"{f.name}.{name}", f.unit)] = _taken(shares, every, step).tolist()
            elif f.unit:
                shown = [convert(values[k], f.unit.si, f.unit.shown) for k in every]
                found[_titled(f.name, f.unit)] = _taken(shown, every, step).tolist()
            else:
                found[f.name] = [str(_chosen(values[k])) for k in step]
    return found


def _factor(unit: Any) -> float:
    return 1.0 if unit is None else convert(1.0, unit.si, unit.shown)


def _shown(value: Any, unit: Any) -> Any:
    if value is None or unit is None:
        return value
    return float(convert(float(value), unit.si, unit.shown)) if unit.shown != unit.si else float(value)
