"""What each feature of a layer contributes to the gain over the bare cell: on/off effects and Shapley shares.

A feature is something that can be taken away from the coated cell, so that its covered faces behave in this respect as
bare ones, or as those of an ideal layer where it only costs. All sets of features are cycled, at the scales that the
bare cell fixed; what the coated cell gains without any of them is the rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ..cycling.kernel import SCREENING
from ..cycling.parameters import Model, Tables
from ..cycling.program import program
from ..cycling.stage import capacity_by_cycle, simulate
from ..errors import InputError, NumericsError
from ..pipeline import Formed
from ..records.headline import Attribution, Capacity, Effect, FeatureEffect, Retention
from ..records.scenario import Scales, Scenario
from ..records.sourced import Sourced
from ..study import CellStudy, Study
from .ensemble import Draw, calibration_cell, prepare, quantiles
from .headline import interval
from .scales import build, tolerance_of
from .workers import mapped

DRAWS = 16
SECOND_PHASE = 0.5  # of a layer that is not a single phase, as in the placebo
AS_BARE = Sourced(value=1.0, source="covered faces as bare ones")

# feature -> the coated cell without it
FEATURES = {
    "oxygen barrier": "the layer holds no oxygen back",
    "lithium path": "the layer opposes neither lithium nor electrons",
    "misfit and stress": "no stress by the layer, nothing debonds, covered faces pin grains as bare ones",
    "single phase": "half of the layer is a second phase, whose boundaries leak oxygen",
    "fewer cracks": "formation and cycling crack the particles as in the bare cell",
    "clean surface": "residual lithium stays, and covered faces grow interphase and dissolve as bare ones",
}

REST = "the rest"


def shapley(worth: np.ndarray) -> np.ndarray:
    """Shares of n players in a game; ``worth[m]`` is what the players earn whose bits are set in m, 2^n rows.

    phi_i = sum over the sets S without i of |S|! (n - 1 - |S|)!/n! [v(S + i) - v(S)]: what i adds, averaged over all
    orders in which the players may come. Shares sum to v(all) - v(none).

    Source: L. S. Shapley (1953) "A value for n-person games", 10.1515/9781400881970-018.

    >>> shapley(np.array([0.0, 1.0, 2.0, 3.0]))  # nothing earned together
    array([1., 2.])
    >>> shapley(np.array([0.0, 0.0, 0.0, 1.0]))  # all earned together
    array([0.5, 0.5])
    """
    players = int(len(worth)).bit_length() - 1
    sets = np.arange(len(worth))
    size = np.array([int(s).bit_count() for s in sets])
    weight = np.array([1 / (players * math.comb(players - 1, k)) for k in range(players)])
    shares = []
    for i in range(players):
        others = sets[sets >> i & 1 == 0]
        shares.append(weight[size[others]] @ (worth[others | 1 << i] - worth[others]))
    return np.array(shares)


class Split(NamedTuple):
    """The gain of one draw in one scenario; every last axis is retention and capacity of the last cycle [C/kg]."""

    shares: np.ndarray  # (features, 2)
    taken_away: np.ndarray  # (features, 2), lost if the full layer loses this feature alone
    added_alone: np.ndarray  # (features, 2), gained if a layer without any gets this feature alone
    rest: np.ndarray  # gain of a layer without any
    total: np.ndarray


def split(worth: np.ndarray, bare: np.ndarray) -> Split:
    """The gain over the bare cell divided among the features; shares and rest sum to the total.

    >>> parts = split(np.array([[0.5, 1.0], [0.7, 3.0]]), np.array([0.4, 2.0]))
    >>> parts.shares.round(9).tolist(), parts.rest.round(9).tolist(), parts.total.round(9).tolist()
    ([[0.2, 2.0]], [0.1, -1.0], [0.3, 1.0])
    """
    everything = len(worth) - 1
    single = 1 << np.arange(everything.bit_count())
    return Split(
        shares=shapley(worth),
        taken_away=worth[everything] - worth[everything ^ single],
        added_alone=worth[single] - worth[0],
        rest=worth[0] - bare,
        total=worth[everything] - bare,
    )


@dataclass(frozen=True, slots=True)
class Layered:
    """A coated cell formed as it is, and with a layer of two phases."""

    cell: CellStudy
    whole: tuple[Formed, Tables]
    parted: tuple[Formed, Tables]


def layered(cell: CellStudy) -> Layered:
    """Both layers of a cell; one that is of two phases already is not made better."""
    share = max(cell.layer.second_phase.value, SECOND_PHASE)
    second = Sourced(value=share, source="a layer that is not a single phase")
    parted = replace(cell, layer=replace(cell.layer, second_phase=second))
    return Layered(cell=cell, whole=prepare(cell), parted=prepare(parted))


def without(layer: Layered, scenario: Scenario, scales: Scales, off: Collection[str]) -> tuple[Model, Tables]:
    """The kernel's model and tables of the coated cell with some features taken away."""
    cell = layer.cell
    formed, looked_up = layer.parted if "single phase" in off else layer.whole
    ageing, electrode = cell.degradation, formed.electrode
    if "oxygen barrier" in off:
        scenario = replace(scenario, barrier=0.0)
    if "lithium path" in off:
        ageing = replace(ageing, without=(*ageing.without, "film_resistance", "electron_access"))
    if "misfit and stress" in off:
        formed = replace(formed, strained_thickness=0.0)
        electrode = electrode and replace(electrode, release_ratio={})
        looked_up = looked_up._replace(layer_relief=np.ones_like(looked_up.layer_relief))
    if "fewer cracks" in off:
        scenario = replace(scenario, crack_share=1.0)
    if "clean surface" in off:
        ageing = replace(ageing, interphase_coated=AS_BARE)
        electrode = electrode and replace(electrode, residual_consumed=0.0)
    m = build(replace(cell, degradation=ageing), replace(formed, electrode=electrode), scenario, scales)
    return (m._replace(dissolution_coated=1.0) if "clean surface" in off else m), looked_up


def worths(layer: Layered, scenario: Scenario, scales: Scales) -> np.ndarray:
    """Retention and last capacity [C/kg] of the coated cell with every set of features, (2^features, 2).

    Feature i is there if bit i of the row's number is set. Sets that the kernel cannot tell apart share one life, so
    a feature that does nothing is worth exactly nothing.
    """
    rows, kinds = program(layer.cell.protocol)
    tolerance = tolerance_of(layer.cell.protocol)
    known: dict[tuple[bytes, bytes], np.ndarray] = {}
    found = []
    for there in range(1 << len(FEATURES)):
        off = {name for i, name in enumerate(FEATURES) if not there >> i & 1}
        m, t = without(layer, scenario, scales, off)
        key = np.array(m).tobytes(), np.concatenate(t).tobytes()
        if key not in known:
            known[key] = ends(capacity_by_cycle(simulate(m, t, rows, tolerance, SCREENING), kinds))
        found.append(known[key])
    return np.array(found)


def ends(life: np.ndarray) -> np.ndarray:
    """Retention and last capacity of a life; a cell that never delivered anything retains nothing.

    >>> ends(np.array([200.0, 180.0, 150.0])).tolist()
    [0.75, 150.0]
    """
    return np.array([life[-1] / life[0] if life[0] > 0 else 0.0, life[-1]])


def attribute(
    study: Study,
    cell: str,
    ensemble: Sequence[Draw],
    scenarios: tuple[Scenario, ...],
    *,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    pool: Executor | None = None,
) -> tuple[Attribution, ...]:
    """The gain of a coated cell over the calibration cell by features, one entry a scenario that could be solved.

    The first ``draws`` of an ensemble of this study are split, at the scales it solved. Empty without a coating.
    """
    known = calibration_cell(study)
    if cell == known or study.cells[cell].coating is None:
        return ()
    names = sorted(n for n, v in study.inputs().items() if v.uncertain)
    points = quantiles(names, len(ensemble))[:draws]
    solved = [{s: (d.scales[s], ends(life)) for (c, s), life in d.lives.items() if c == known} for d in ensemble]
    work = partial(_splits, study=study, cell=cell, scenarios=scenarios)
    splits = list(mapped(work, list(zip(points, solved)), progress, pool))
    by_scenario = {s.name: [d[s.name] for d in splits if s.name in d] for s in scenarios}
    return tuple(_told(name, found) for name, found in by_scenario.items() if found)


def _splits(
    item: tuple[Mapping[str, float], Mapping[str, tuple[Scales, np.ndarray]]],
    study: Study,
    cell: str,
    scenarios: tuple[Scenario, ...],
) -> dict[str, Split]:
    """One draw, by scenario; a draw that cannot be followed is left out and seen in the number of draws."""
    point, solved = item
    if not solved:
        return {}
    try:
        layer = layered(study.at(point).cells[cell])
        wanted = [s for s in scenarios if s.name in solved]
        return {s.name: split(worths(layer, s, solved[s.name][0]), solved[s.name][1]) for s in wanted}
    except (NumericsError, InputError):
        return {}


def _told(scenario: str, splits: Sequence[Split]) -> Attribution:
    """Medians, intervals and means over the draws; shares are skewed, and only their means add up."""
    parts = Split(*(np.array(part) for part in zip(*splits)))
    features = {
        name: FeatureEffect(
            without=meaning,
            share=_effect(parts.shares[:, i]),
            taken_away=_effect(parts.taken_away[:, i]),
            added_alone=_effect(parts.added_alone[:, i]),
        )
        for i, (name, meaning) in enumerate(FEATURES.items())
    }
    return Attribution(
        scenario=scenario,
        draws=len(splits),
        features=features,
        rest=_effect(parts.rest),
        total=_effect(parts.total),
        leads=_leads(np.column_stack([parts.shares[:, :, 0], parts.rest[:, 0]])),
    )


def _leads(retention: np.ndarray) -> dict[str, int]:
    """In how many draws each part's share of retention is the largest in size; those that never lead are left out."""
    names = [*FEATURES, REST]
    return dict(Counter(names[i] for i in np.abs(retention).argmax(axis=1)).most_common())


def _effect(values: np.ndarray) -> Effect:
    return Effect(
        retention=interval(Retention, values[:, 0]),
        last=interval(Capacity, values[:, 1]),
        mean_retention=float(values[:, 0].mean()),
        mean_last=float(values[:, 1].mean()),
    )
