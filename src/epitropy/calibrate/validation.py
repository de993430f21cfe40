"""Published pairs and the user's own: the bare cell calibrates, the modified one is predicted, never fitted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from .. import __version__
from ..errors import InputError
from ..records.headline import CellHeadline, Retention
from ..records.scenario import Scales
from ..records.validation import Case, Guess, Pair, Score, Validation
from ..sources import table
from ..study import Study, bundled_studies, load_study, priors_hash, study_hash
from .ensemble import DRAWS, run_ensemble
from .headline import LEVEL, baselines, cell_headline, mixture, retentions, solved_lives, unsolved
from .scenarios import declared_scenarios
from .scores import crps, scattered
from .update import reading_errors

MODEL = "epitropy"
Progress = Callable[[str, int, int], None]


class Asked(NamedTuple):
    """A cell of a study that is to be predicted, and what is said of the pair."""

    study: Study
    cell: str
    origin: str
    name: str
    source: str
    leave_out: str  # published pair that is no "other coating" here


def cases() -> tuple[Case, ...]:
    """Every published row, inside or outside.

    >>> [case.study for case in cases() if case.standing == "inside"]
    ['zhao2024', 'nb2o5-ncm811', 'zro2-ncm622']
    """
    return tuple(Case(**row) for row in table("cycling_cases.toml")["case"])


def published_pairs() -> list[Asked]:
    """The pairs that count and other readings of them; recalled rows never."""
    return [_asked_case(case) for case in cases() if case.standing != "outside"]


def _asked_case(case: Case) -> Asked:
    study = case_study(case.study)
    (cell,) = _predicted(study)
    origin = "published" if case.standing == "inside" else "reading"
    return Asked(study, cell, origin, case.name, case.source, case.reading_of or case.study)


def case_study(name: str) -> Study:
    """The study that tells a published pair: a bundled one, or one that serves this comparison only."""
    if name in bundled_studies():
        return load_study(name)
    return load_study(str(files("epitropy").joinpath("data", "validation", f"{name}.yaml")))


def user_pairs(source: str) -> list[Asked]:
    """Every cell of a user's study that is predicted and whose retention is reported."""
    study = load_study(source)
    if study.calibration is None:
        raise InputError(source, "no calibration", "a study with capacities of the bare cell at cycle 1 and the last")
    cells = _predicted(study)
    if not cells:
        last = study.calibration.last_cycle
        raise InputError(
            source,
            f"no reported retention of a cell other than '{study.calibration.cell}'",
            "under 'reported' a retention at the last cycle of the protocol, or capacities at cycle 1 and there",
            f"For example 'reported: {{coated: {{retention: {{{last}: 90 %}}}}}}'.",
        )
    names = [study.name if len(cells) == 1 else f"{study.name}: {cell}" for cell in cells]
    return [Asked(study, cell, "user", name, source, study.name) for cell, name in zip(cells, names)]


def _predicted(study: Study) -> list[str]:
    return [n for n in study.cells if n != study.calibration.cell and reported_retention(study, n) is not None]


def reported_retention(study: Study, cell: str) -> float | None:
    """As stated for the last cycle, else from the two capacities.

    >>> round(reported_retention(load_study("zhao2024"), "coated"), 3)
    0.96
    """
    if cell not in study.reported:
        return None
    told, last = study.reported[cell], study.cells[cell].protocol.cycles
    if last in told.retention:
        return told.retention[last].value
    if 1 in told.capacity and last in told.capacity:
        return told.capacity[last].value / told.capacity[1].value
    return None


def validate(
    sources: Sequence[str] = (),
    *,
    draws: int = DRAWS,
    only_mine: bool = False,
    progress: Progress = lambda *_: None,
    pool: Executor | None = None,
) -> Validation:
    """Every published pair, unless ``only_mine``, and those of the studies in ``sources``, scored."""
    asked = [*([] if only_mine else published_pairs()), *asked_of(sources)]
    pairs = tuple(predict(one, draws, progress, pool) for one in asked)
    return Validation(
        study="validation",
        hash=_digest(asked, draws),
        version=__version__,
        draws=draws,
        level=LEVEL,
        pairs=pairs,
        scores=scores([p for p in pairs if p.origin == "published"]),
        own_scores=scores([p for p in pairs if p.origin == "user"]),
        outside=() if only_mine else tuple(case for case in cases() if case.standing == "outside"),
    )


def asked_of(sources: Sequence[str]) -> list[Asked]:
    """The user's pairs, each study once."""
    found = [one for source in sources for one in user_pairs(source)]
    names = [one.name for one in found]
    for one in found:
        if names.count(one.name) > 1:
            raise InputError(one.source, f"'{one.name}' is given twice", "studies with names of their own")
    return found


def _digest(asked: Sequence[Asked], draws: int) -> str:
    text = repr([(study_hash(one.study), one.cell) for one in asked] + [draws])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def predict(asked: Asked, draws: int, progress: Progress = lambda *_: None, pool: Executor | None = None) -> Pair:
    """One pair, with the draws and the mixture of the headline."""
    stage = f"draws of {asked.name}"
    study, cell = asked.study, asked.cell
    ensemble = run_ensemble(study, draws=draws, progress=lambda done, n: progress(stage, done, n), pool=pool)
    scenarios = declared_scenarios(study)
    cycles = study.cells[cell].protocol.cycles
    found = cell_headline(cell, "predicted", ensemble, scenarios, cycles)
    bare = study.calibration.last / study.calibration.first
    reported = reported_retention(study, cell)
    own = [_own_guess(found, solved_lives(cell, ensemble, scenarios), reported)] if found else []
    return Pair(
        name=asked.name,
        title=study.title,
        cell=cell,
        origin=asked.origin,
        note=study.note,
        source=asked.source,
        cycles=cycles,
        priors=priors_hash(study),
        bare=bare,
        reported=reported,
        guesses=(*own, *(_point(b.name, b.meaning, b.retention, reported) for b in baselines(bare, asked.leave_out))),
        solved_share=float(np.mean([isinstance(s, Scales) for d in ensemble for s in d.scales.values()])),
        reasons_unsolved=unsolved(ensemble),
        scenarios=found.scenarios if found else (),
    )


def _own_guess(found: CellHeadline, lives: Mapping[str, np.ndarray], reported: float) -> Guess:
    """The score counts the scatter of replicates, as what is reported is a reading."""
    rows, weights = mixture(lives.values())
    meaning = "median and 80 % interval of all scenarios, weighted equally, over all draws that could be solved"
    readings = scattered(retentions(rows), reading_errors()[1])
    score = crps(readings, reported, np.repeat(weights, len(readings) // len(rows)))
    return _guess(MODEL, meaning, found.retention, score, reported)


def _point(name: str, meaning: str, value: float, reported: float) -> Guess:
    return _guess(name, meaning, Retention(value=value, low=value, high=value), abs(value - reported), reported)


def _guess(name: str, meaning: str, retention: Retention, score: float, reported: float) -> Guess:
    return Guess(
        name=name,
        meaning=meaning,
        retention=retention,
        error=retention.value - reported,
        crps=score,
        inside=bool(retention.low <= reported <= retention.high),
    )


def scores(pairs: Sequence[Pair]) -> tuple[Score, ...]:
    """Each way of guessing over the pairs that epitropy could predict, so that all are judged on the same ones."""
    told = [p for p in pairs if p.guesses[0].name == MODEL]
    columns = zip(*(p.guesses for p in told))
    return tuple(_score(guesses) for guesses in columns)


def _score(guesses: Sequence[Guess]) -> Score:
    errors = [g.error for g in guesses]
    return Score(
        name=guesses[0].name,
        count=len(guesses),
        mean_error=float(np.mean(errors)),
        mean_size=float(np.mean(np.abs(errors))),
        crps=float(np.mean([g.crps for g in guesses])),
        inside=sum(g.inside for g in guesses),
    )
