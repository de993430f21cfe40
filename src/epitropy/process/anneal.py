"""What ``epitropy anneal`` answers for one cell: profile with bands, leave-one-out, map, scan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .. import __version__
from ..entropy.stage import profile_entropy
from ..records.process import AnnealAnswer, Axis, LineScan
from ..study import Study, study_hash
from .draws import DRAWS, profile_bands
from .fit import fit_scan
from .front import coated_cell, front, only, reading
from .leave_out import leave_one_out
from .scan import brought
from .vary import anneal_map

MAP_DRAWS = 16  # at every node unless asked otherwise; common to all, so that nodes differ by their settings alone

Progress = Callable[[str, int, int], None]


def anneal_study(
    study: Study,
    *,
    cell: str | None = None,
    draws: int | None = None,
    axes: Sequence[Axis] = (),
    scan: LineScan | None = None,
    fit: bool = False,
    resolution: float | None = None,
    progress: Progress = lambda stage, done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> AnnealAnswer:
    """The annealed profile of a coated cell and all that was asked for beside it.

    ``draws`` of all graded inputs: 128 for the profile and 16 at each point of a map unless given, 0 for the medians.

    >>> from epitropy.study import load_study
    >>> answer = anneal_study(load_study("zhao2024"), draws=0)
    >>> answer.cell, answer.profile.species
    ('coated', ('Ni', 'Co', 'Mn', 'Nb', 'W', 'Zr'))
    """
    name = coated_cell(study, cell)
    alone = only(study, name)
    profile_draws, map_draws = (DRAWS, MAP_DRAWS) if draws is None else (draws, draws)
    progress("annealing (the first run compiles)", 0, 1)
    (centre,) = alone.at({}).cells.values()
    made = front(centre)
    progress("annealing (the first run compiles)", 1, 1)
    return AnnealAnswer(
        study=study.name,
        title=study.title,
        hash=study_hash(study),
        version=__version__,
        cell=name,
        profile=made.profile,
        entropy=profile_entropy(made.profile.fraction),
        reading=reading(made),
        boundaries=made.boundaries,
        bands=profile_bands(alone, profile_draws, partial(progress, "draws of all inputs"), pool)
        if profile_draws
        else None,
        left_out=leave_one_out(centre, made),
        map=anneal_map(alone, axes, map_draws, partial(progress, "map"), pool) if axes else None,
        scan=scan,
        fit=fit_scan(
            alone, scan, resolution=_probe(resolution), progress=partial(progress, "fitting the scan"), pool=pool
        )
        if scan and fit
        else None,
    )


def _probe(resolution: float | None) -> float:
    return brought("resolution", "m").value if resolution is None else resolution
