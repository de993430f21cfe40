"""From draws to what is said: per scenario and as equal-weight mixture, beside baselines and placebos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..records.headline import Band, Baseline, Capacity, CellHeadline, Placebo, Prediction, Retention
from ..records.scenario import Scenario
from ..records.sourced import Sourced
from ..sources import table
from ..study import CellStudy, Study
from .ensemble import Draw

LEVEL = 0.8
QUANTILES = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, at: Sequence[float] = QUANTILES) -> np.ndarray:
    """Quantiles of a weighted sample, linear between mid-weights; columns of a 2D sample one by one.

    >>> weighted_quantiles(np.array([1.0, 2.0, 3.0]), np.ones(3), [0.5])
    array([2.])
    """
    values = np.asarray(values, dtype=float)
    if values.ndim == 2:
        return np.column_stack([weighted_quantiles(column, weights, at) for column in values.T])
    order = np.argsort(values)
    middle = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(at, middle / weights.sum(), values[order])


def interval(kind: type, values: np.ndarray, weights: np.ndarray | None = None):
    """Median and 80 % interval as a `Retention` or `Capacity`."""
    low, value, high = weighted_quantiles(values, np.ones(len(values)) if weights is None else weights)
    return kind(value=float(value), low=float(low), high=float(high))


def cell_headline(
    cell: str, basis: str, draws: Sequence[Draw], scenarios: Sequence[Scenario], cycles: int
) -> CellHeadline | None:
    """All scenarios of one cell and their mixture; None if no draw could be solved in any."""
    lives = solved_lives(cell, draws, scenarios)
    predictions = tuple(_prediction(s.name, lives[s.name], len(draws)) for s in scenarios)
    mixed = mixture(lives.values())
    if mixed is None:
        return None
    everything, weights = mixed
    low, median, high = weighted_quantiles(everything, weights)
    return CellHeadline(
        basis=basis,
        level=LEVEL,
        cycles=cycles,
        first=interval(Capacity, everything[:, 0], weights),
        last=interval(Capacity, everything[:, -1], weights),
        retention=interval(Retention, retentions(everything), weights),
        band=Band(cycle=np.arange(1.0, cycles + 1), low=low, median=median, high=high),
        scenarios=predictions,
    )


def solved_lives(cell: str, draws: Sequence[Draw], scenarios: Sequence[Scenario]) -> dict[str, np.ndarray]:
    """By scenario, one row of capacities for each draw that could be solved."""
    return {s.name: np.array([d.lives[cell, s.name] for d in draws if (cell, s.name) in d.lives]) for s in scenarios}


def mixture(lives: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows of all scenarios with weights by which each scenario counts the same; None without any row."""
    solved = [rows for rows in lives if len(rows)]
    if not solved:
        return None
    return np.vstack(solved), np.concatenate([np.full(len(rows), 1 / len(rows)) for rows in solved])


def retentions(lives: np.ndarray) -> np.ndarray:
    """Last over first; a cell that never delivered anything retains nothing."""
    return np.divide(lives[:, -1], lives[:, 0], out=np.zeros(len(lives)), where=lives[:, 0] > 0)


def _prediction(name: str, lives: np.ndarray, draws: int) -> Prediction:
    if len(lives) == 0:
        return Prediction(scenario=name, first=None, last=None, retention=None, infeasible_share=1.0)
    return Prediction(
        scenario=name,
        first=interval(Capacity, lives[:, 0]),
        last=interval(Capacity, lives[:, -1]),
        retention=interval(Retention, retentions(lives)),
        infeasible_share=1 - len(lives) / draws,
    )


def unsolved(draws: Sequence[Draw]) -> dict[str, int]:
    """Why draws could not be solved, counted over draws and scenarios."""
    return dict(Counter(s for d in draws for s in d.scales.values() if isinstance(s, str)).most_common())


def between_scenarios(cell: str, draws: Sequence[Draw], scenarios: Sequence[Scenario]) -> float:
    """Share of the variance of the predicted retention that lies between scenarios rather than within them."""
    groups = []
    for scenario in scenarios:
        rows = np.array([d.lives[cell, scenario.name] for d in draws if (cell, scenario.name) in d.lives])
        if len(rows):
            groups.append(retentions(rows))
    if len(groups) < 2:
        return 0.0
    between = float(np.var([g.mean() for g in groups]))
    within = float(np.mean([g.var() for g in groups]))
    return between / (between + within) if between + within > 0 else 0.0


ARTICLE = "zhao2024"


def published_coatings(leave_out: str = ARTICLE) -> list[dict]:
    """Coatings of Ni-rich hosts with both retentions looked up, but for the one that is to be predicted."""
    rows = table("cycling_cases.toml")["case"]
    return [row for row in rows if row["standing"] == "inside" and row["study"] != leave_out]


def baselines(bare: float, leave_out: str = ARTICLE) -> tuple[Baseline, ...]:
    """Two guesses without a model: coated = bare, and the loss cut by what other published coatings cut it by.

    The second multiplies the bare loss with the geometric mean of (1 - coated)/(1 - uncoated) over published
    coatings on Ni-rich hosts whose two retentions could be looked up; the pair of the study ``leave_out`` is not
    among them.
    """
    rows = published_coatings(leave_out)
    ratios = [(1 - r["coated"]) / (1 - r["uncoated"]) for r in rows]
    factor = float(np.exp(np.mean(np.log(ratios))))
    return (
        Baseline(name="coated = bare", meaning="the coating does nothing", retention=bare),
        Baseline(
            name="mean published coating",
            meaning=f"loss times {factor:.2f}, the mean of {len(rows)} other coatings with both retentions looked up",
            retention=1 - (1 - bare) * factor,
        ),
    )


def placebo_studies(study: Study, cell: str, control: CellStudy) -> dict[str, tuple[str, Study]]:
    """The study with one cell's treatment exchanged for one that should not help; ``control`` is the bare cell."""
    one = study.cells[cell]
    zero = Sourced(value=0.0, source="placebo")

    def given(**blocks: object) -> Study:
        return replace(study, cells={**study.cells, cell: replace(one, **blocks)})

    weaker = replace(
        one.layer,
        interface_toughness=_times(one.layer.interface_toughness, 0.25),
        lithium_conductivity=_times(one.layer.lithium_conductivity, 0.1),
    )
    inert = replace(one.coating, precursors={"Al2O3": Sourced(value=1.0, source="placebo")})
    blocking = replace(one.layer, lithium_conductivity=_times(one.layer.lithium_conductivity, 1e-4))
    return {
        "no coverage": (
            "no coating mass; must equal the bare cell",
            given(coating=replace(one.coating, dose=zero), anneal=control.anneal),
        ),
        "inert oxide": (
            "Al2O3 of equal mass: it neither wets, reacts, dissolves nor conducts",
            given(
                coating=inert, layer=blocking, anneal=replace(one.anneal, dissolution_rate=replace(zero, unit="1/s"))
            ),
        ),
        "two phases": (
            "half the layer a second phase, whose boundaries leak oxygen",
            given(layer=replace(one.layer, second_phase=Sourced(value=0.5, source="placebo"))),
        ),
        "misaligned": (
            "layer without alignment: a quarter of the toughness, a tenth of the Li conductivity",
            given(layer=weaker),
        ),
    }


def _times(number: Sourced, factor: float) -> Sourced:
    return replace(number, value=number.value * factor)


def placebo_result(name: str, meaning: str, found: CellHeadline, real: CellHeadline, bare: float) -> Placebo:
    """A placebo beside the real treatment; it gains as much if its median gain is at least the real one's."""
    gain, real_gain = found.retention.value - bare, real.retention.value - bare
    return Placebo(
        name=name,
        meaning=meaning,
        retention=found.retention,
        last=found.last,
        gain=gain,
        gains_as_much=bool(gain >= real_gain - 0.0005),
    )


Progress = Callable[[str, int, int], None]


def reported_capacity(study: Study, cell: str) -> tuple[float | None, float | None]:
    """Reported first and last capacity of a cell, C/kg, where the study gives them."""
    rows: Mapping[int, Sourced] = study.reported[cell].capacity if cell in study.reported else {}
    last = study.cells[cell].protocol.cycles
    return (rows[1].value if 1 in rows else None), (rows[last].value if last in rows else None)
