"""The next points of a design, from those that are known: optuna's Parzen estimator on the axes of a grid."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .axes import CHOICE, MAPPING, Axis
from .rows import kept, recipe_values
from .spec import Sweep

if TYPE_CHECKING:
    import optuna

STARTUP = 32  # points at random before the estimator begins
TRIES = 50  # proposals for each point wanted, where known ones and conditions are in the way
LISTED = 12  # mixtures up to which a list is searched one by one; a longer one, or a simplex, by shares


@dataclass(frozen=True, slots=True)
class Known:
    """A point that was computed, here or by the sweep a design starts from; without values if it cannot be."""

    index: int
    values: tuple[float, ...] | None
    here: bool = True


@dataclass(frozen=True)
class Dimension:
    """One axis as the sampler sees it: a step among ordered ones, one of several choices, or shares.

    A share is -ln of a number between 0 and 1, over the sum of all: where the numbers are uniform, mixtures are uniform
    too, so that corners, which are often best, are as near as the middle.
    """

    axis: Axis

    @property
    def name(self) -> str:
        return self.axis.fields[0].name

    @cached_property
    def kind(self) -> str:
        kind = self.axis.fields[0].kind
        values = self.axis.values[0]
        if kind == MAPPING and len(values) <= LISTED or kind != MAPPING and list(values) != sorted(values, key=_order):
            return CHOICE
        return kind

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for value in self.axis.values[0] for name in value))

    @cached_property
    def shares(self) -> np.ndarray:
        """(mixtures, names)."""
        return np.array([[value.get(name, 0.0) for name in self.parts] for value in self.axis.values[0]])

    def distributions(self) -> dict[str, optuna.distributions.BaseDistribution]:
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.kind == MAPPING:
            return {f"{self.name}.{part}": FloatDistribution(0.0, 1.0) for part in self.parts}
        if self.kind == CHOICE:
            return {self.name: CategoricalDistribution(range(len(self.axis)))}
        return {self.name: IntDistribution(0, len(self.axis) - 1)}

    def params(self, step: int) -> dict[str, Any]:
        if self.kind != MAPPING:
            return {self.name: step}
        row = np.exp(-len(self.parts) * self.shares[step])
        return {f"{self.name}.{part}": float(share) for part, share in zip(self.parts, row)}

    def step(self, params: dict[str, Any]) -> int:
        """The step that is meant, of mixtures the nearest.

        >>> from epitropy.sweep.axes import NUMBER, Field
        >>> Dimension(Axis((Field("coating.dose", NUMBER),), ([0.1, 0.2],), "")).step({"coating.dose": 1})
        1
        """
        if self.kind != MAPPING:
            return int(params[self.name])
        weights = -np.log([max(params[f"{self.name}.{part}"], 1e-12) for part in self.parts])
        wanted = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
        return int(np.abs(self.shares - wanted).sum(axis=1).argmin())


def _order(value: Any) -> tuple[bool, Any]:
    """Numbers in order; texts and flags never count as ordered."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (number, value if number else 0)


def propose(sweep: Sweep, known: Sequence[Known], number: int, count: int) -> list[int]:
    """``count`` points, none known yet, that conditions on inputs and recipes leave; fewer where no more are found.

    Tree-structured Parzen estimator for several objectives, Ozaki et al. 2022 (10.1613/jair.1.13188). What comes out
    depends on ``known``, in its order, the sweep's seed and the batch's ``number`` alone, so that a search that was
    killed goes on as if it had not been.
    """
    dimensions = [Dimension(axis) for axis in sweep.grid.axes]
    distributions = {name: d for dimension in dimensions for name, d in dimension.distributions().items()}
    seed = int(np.random.SeedSequence([sweep.seed, number]).generate_state(1)[0])
    taken = {k.index for k in known if k.here}
    found: list[int] = []

    def is_free(index: int) -> bool:
        return index not in taken and allowed(sweep, index)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = _study(sweep, dimensions, distributions, known, seed)
        for _ in range(TRIES * count):
            if len(found) == count:
                return found
            trial = study.ask(distributions)
            index = sweep.grid.index([d.step(trial.params) for d in dimensions])
            if is_free(index):
                found.append(index)  # its trial stays open, so that the next ones keep off it
                taken.add(index)
            else:
                _refuse(study, trial, len(sweep.goals))
    rng = np.random.default_rng([sweep.seed, number])
    for _ in range(TRIES * count):  # a search that sees the same points again looks elsewhere
        index = sweep.grid.index([rng.integers(len(axis)) for axis in sweep.grid.axes])
        if len(found) < count and is_free(index):
            found.append(index)
            taken.add(index)
    return found


def _study(
    sweep: Sweep,
    dimensions: Sequence[Dimension],
    distributions: dict[str, Any],
    known: Sequence[Known],
    seed: int,
) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP, multivariate=True, constant_liar=True, seed=seed)
    directions = ["maximize" if more else "minimize" for _, more in sweep.goals]
    study = optuna.create_study(directions=directions, sampler=sampler)
    trials = []
    for point in known:
        steps = sweep.grid.steps(np.asarray(point.index))
        params = {n: v for d, step in zip(dimensions, steps) for n, v in d.params(int(step)).items()}
        values = point.values or (0.0,) * len(directions)  # not looked at where a constraint is broken
        broken = {"where": 0.0 if point.values else 1.0}
        trials.append(
            optuna.trial.create_trial(params=params, distributions=distributions, values=values, constraints=broken)
        )
    study.add_trials(trials)
    return study


def _refuse(study: optuna.Study, trial: optuna.Trial, goals: int) -> None:
    trial.set_constraint("where", 1.0)
    study.tell(trial, [0.0] * goals)


def allowed(sweep: Sweep, index: int) -> bool:
    """Whether conditions on inputs and recipes leave a point."""
    if not sweep.conditions:
        return True
    steps = sweep.grid.steps(np.array([index]))
    return bool(kept(sweep, recipe_values(sweep, steps, 1), 1)[0][0])
