"""Maps: readings of the annealed profile over inputs that a user varies."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product

from ..calibrate.ensemble import quantiles
from ..calibrate.workers import mapped
from ..errors import EpitropyError, InputError
from ..records.process import AnnealMap, Axis, Node
from ..records.sourced import Sourced
from ..study import Study, input_unit
from ..units import parse
from .draws import ACTING, drawn_inputs, summary
from .front import ROUGH, TOLERANCE, front, reading

MOST_NODES = 10_000
SOURCE = "--vary"

Progress = Callable[[int, int], None]


def axis(text: str, study: Study) -> Axis:
    """``name=start:stop:step`` or ``name=a,b,c``; a number without a unit is in the unit that people use for the input.

    >>> from epitropy.study import load_study
    >>> temperature = axis("anneal.temperature=600:800:100", load_study("zhao2024"))
    >>> temperature.unit, temperature.values
    ('degC', (873.15, 973.15, 1073.15))
    """
    name, equals, span = text.partition("=")
    name = name.strip()
    if not equals or not span.strip():
        raise InputError(
            "--vary", f"'{text}'", "NAME=START:STOP:STEP or NAME=A,B,C", "e.g. --vary anneal.temperature=600:800:25"
        )
    inputs = study.inputs()
    if name not in inputs:
        raise _unknown(name, inputs)
    unit = input_unit(study, name)
    ends = [p.strip() for p in span.split(":")]
    if len(ends) == 1:
        values = [_number(p.strip(), unit, name) for p in span.split(",")]
    elif len(ends) == 3:
        values = _range(*(_number(p, unit, name) for p in ends[:2]), _step(ends[2], unit, name), name)
    else:
        raise InputError(f"--vary {name}", f"'{span}'", "START:STOP:STEP or A,B,C")
    for value in values:
        _check(study, name, value)
    return Axis(name=name, label=inputs[name].label or name, si=unit.si, unit=unit.shown, values=tuple(values))


def _unknown(name: str, inputs: Mapping[str, Sourced]) -> InputError:
    import difflib

    close = difflib.get_close_matches(name, inputs, 2)
    remedy = f"Did you mean {' or '.join(close)}?" if close else "'epitropy schema --names' lists all."
    return InputError("--vary", f"'{name}' is no input of this study", "the dotted name of a number", remedy)


def _number(text: str, unit, name: str) -> float:
    """A bare number is in the shown unit."""
    try:
        float(text)
    except ValueError:
        pass
    else:
        text = f"{text} {unit.shown}" if unit.si != "1" or unit.shown != "1" else text
    try:
        return parse(text, unit.si, unit.shown)
    except InputError as error:
        raise InputError(f"--vary {name}", error.given, error.allowed, error.remedy) from None


def _check(study: Study, name: str, value: float) -> None:
    """A setting that no cell may have is refused before anything is computed."""
    try:
        study.changed(name, partial(Sourced.set_to, value=value, source=SOURCE))
    except InputError as error:
        raise InputError(f"--vary {name}", error.given, error.allowed, error.remedy) from None


def _step(text: str, unit, name: str) -> float:
    """A step is a difference: 25 degC are 25 K."""
    if unit.si == "K":
        text = text.replace("degC", "").replace("°C", "").replace("C", "").replace("K", "").strip()
        try:
            return float(text)
        except ValueError:
            raise InputError(f"--vary {name}", f"step '{text}'", "a number of kelvins") from None
    return _number(text, unit, name)


def _range(start: float, stop: float, step: float, name: str) -> list[float]:
    """Inclusive of the stop where the steps meet it."""
    if not step or (stop - start) / step < 0:
        raise InputError(f"--vary {name}", "a step that does not lead from start to stop", "a step towards the stop")
    count = math.floor((stop - start) / step * (1 + 1e-9) + 1e-9) + 1
    if count > MOST_NODES:
        raise InputError(f"--vary {name}", f"{count} values", f"at most {MOST_NODES}")
    return [float(f"{start + i * step:.12g}") for i in range(count)]


def anneal_map(
    study: Study,
    axes: Sequence[Axis],
    draws: int = 0,
    progress: Progress = lambda done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> AnnealMap:
    """Readings at every combination of the axes' values; ``study`` holds one cell.

    Each node is told at the medians of all other inputs, or with 80 % intervals over ``draws`` that are the same
    at every node, so that differences between nodes are not those of chance. A node keeps count of the draws that
    gave no profile there, and has no readings where more than half did not.
    """
    (name,) = study.cells
    for one in axes:
        if not one.name.removeprefix(f"{name}.").startswith(ACTING):
            raise InputError(
                "--vary", f"'{one.name}' has no effect on the anneal", f"inputs that start with {', '.join(ACTING)}"
            )
    if len({a.name for a in axes}) < len(axes):
        raise InputError("--vary", "one input given twice", "each input once")
    places = list(product(*(a.values for a in axes)))
    if len(places) > MOST_NODES:
        raise InputError("--vary", f"{len(places)} combinations", f"at most {MOST_NODES}")
    points = quantiles(sorted(drawn_inputs(study)), draws) if draws else [{}]
    work = partial(_node, study=study, names=tuple(a.name for a in axes), points=points)
    return AnnealMap(axes=tuple(axes), nodes=tuple(mapped(work, places, progress, pool)), draws=draws)


def _node(
    place: tuple[float, ...], study: Study, names: tuple[str, ...], points: Sequence[Mapping[str, float]]
) -> Node:
    found, failure = [], ""
    for point in points:
        try:
            found.append(reading(front(_at(study, point, names, place), ROUGH if point else TOLERANCE)))
        except EpitropyError as error:
            failure = f"{error.where}: {error.given}"
    failed = len(points) - len(found)
    if len(found) < max(1, len(points) / 2):
        return Node(at=place, failed=failed, failure=failure)
    low, median, high = summary(found)
    return Node(at=place, low=low, median=median, high=high, failed=failed, failure=failure)


def _at(study: Study, point: Mapping[str, float], names: tuple[str, ...], place: tuple[float, ...]):
    """The only cell with its inputs drawn and the varied ones set: a setting has no spread."""
    drawn = study.at(point)
    for name, value in zip(names, place):
        drawn = drawn.changed(name, partial(Sourced.set_to, value=value, source=SOURCE))
    (cell,) = drawn.cells.values()
    return cell
