"""The numbers that a fit may move: the two scales, and graded inputs in standard deviations of their prior."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from ..calibrate.scales import FADE_GRID, KINETIC_RANGE
from ..errors import InputError
from ..records.measured import CellData
from ..records.scenario import Scenario
from ..records.sourced import Sourced
from ..study import CellStudy, Study, input_unit
from ..units import Unit

KINETIC, FADE = "kinetic", "fade"
SCALE_LABELS = {
    KINETIC: "factor on diffusivity and exchange current of the host",
    FADE: "factor on the rate of what ages the cell in this scenario",
}
WIDEST = 4.0  # standard deviations that a fit may leave its prior by
# inputs that act where the cell is put together
FITTABLE = (
    "degradation.",
    "cell.",
    "cathode.surface_resistance",
    "cathode.uncracked_transport",
    "cathode.inactive_share",
)
FORMING = ("degradation.skin_thickness_200", "degradation.coherency")  # of these, the ones that shape strain before


@dataclass(frozen=True, slots=True)
class Free:
    """One free parameter in its own coordinate: ln of a scale, or standard deviations from the prior's median."""

    name: str
    label: str
    unit: Unit
    prior: Sourced | None
    low: float
    high: float

    def value(self, coordinate: float) -> float:
        """In the parameter's own unit, SI."""
        if self.prior is None:
            return math.exp(coordinate)
        return self.prior.at(NormalDist().cdf(coordinate)).value


def free_parameters(study: Study, names: Sequence[str]) -> tuple[Free, ...]:
    """Free parameters by name; raises `InputError` for one that is unknown, held fixed, or acts before the cell.

    >>> from epitropy.study import load_study
    >>> [f.name for f in free_parameters(load_study("zhao2024"), ["kinetic", "degradation.skin_transport_share"])]
    ['kinetic', 'degradation.skin_transport_share']
    """
    inputs = study.inputs()
    return tuple(_free(study, inputs, name) for name in dict.fromkeys(names))


def _free(study: Study, inputs: Mapping[str, Sourced], name: str) -> Free:
    if name in SCALE_LABELS:
        low, high = KINETIC_RANGE if name == KINETIC else (float(FADE_GRID[0]), float(FADE_GRID[-1]))
        return Free(name, SCALE_LABELS[name], Unit("1"), None, low, high)
    allowed = ", ".join([*SCALE_LABELS, *fittable(study)])
    if name not in inputs:
        raise InputError("--free", f"'{name}' is no input of this study", allowed)
    if not inputs[name].uncertain:
        remedy = "Give it a spread in the study: {value: ..., spread: ...}."
        raise InputError("--free", f"'{name}' is held fixed: it has no spread to move in", allowed, remedy)
    if not _acts_in_the_cell(study, name):
        raise InputError("--free", f"'{name}' shapes powder, layer or protocol, not the ageing of a cell", allowed)
    return Free(name, inputs[name].label or name, input_unit(study, name), inputs[name], -WIDEST, WIDEST)


def fittable(study: Study) -> list[str]:
    """Inputs that may be free, in the order of the study."""
    return [n for n, v in study.inputs().items() if v.uncertain and _acts_in_the_cell(study, n)]


def _acts_in_the_cell(study: Study, name: str) -> bool:
    first, _, rest = name.partition(".")
    return (rest if first in study.cells else name).startswith(FITTABLE)


def usual(study: Study, data: Sequence[CellData], scenario: Scenario) -> tuple[str, ...]:
    """The parameters that such data can usually say something about, fewest first; no more than there are readings.

    Two capacities fix the two scales. A curve has a shape: how fast growth slows, how much cracks open. Resistance,
    areas and microscopy each bring the number that they measure. What the study holds fixed stays fixed; what the
    first measured cell states for itself is freed for that cell.
    """
    kinds = {q for d in data for q in d.readings}
    cycles = max(len(set(d.readings["capacity"].cycle)) for d in data if "capacity" in d.readings)
    names = [KINETIC, FADE]
    if cycles >= 10:
        names.append("degradation.skin_transport_share")
    if cycles >= 10 or "wetted_area" in kinds:
        names.append("degradation.wetted_area_200")
    if "wetted_area" in kinds and cycles >= 10:
        names.append("degradation.cracked_share")
    if "resistance" in kinds:
        names += ["degradation.interphase_resistance_200", "cell.series_resistance"]
    if {"skin_outer", "skin_cracks"} & kinds and scenario.fade_carrier == "skin":
        names.append("degradation.skin_thickness_200")
    allowed, cell = set(fittable(study)), data[0].cell
    names = [study.name_of(cell, n) if n not in SCALE_LABELS else n for n in names]
    names = [n for n in names if n in SCALE_LABELS or n in allowed]
    readings = sum(d.count for d in data)
    return tuple(names[: max(1, min(len(names), readings))])


def put(cell: CellStudy, path: str, number: Sourced) -> CellStudy:
    """A cell with one number of one block exchanged."""
    block, _, key = path.partition(".")
    return replace(cell, **{block: replace(getattr(cell, block), **{key: number})})
