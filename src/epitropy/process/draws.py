"""Draws of every graded input of one cell: profiles with bands, and what their spread comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial

import numpy as np
from scipy.stats import norm, rankdata

from ..calibrate.ensemble import quantiles
from ..calibrate.headline import QUANTILES
from ..calibrate.workers import mapped
from ..entropy.classify import entropy_bands
from ..entropy.stage import profile_entropy, profile_high_entropy
from ..errors import InputError, NumericsError
from ..records.anneal import DepthProfile
from ..records.process import Driver, ProfileBands, ProfileReading
from ..records.sourced import Sourced
from ..study import Study
from .front import ROUGH, Front, front, reading

DRAWS = 128
LEAST_DRAWS = 8  # for an interval to mean anything
ACTING = ("cathode.", "coating.", "anneal.")  # blocks that act on the profile
DRIVEN = ("zone_width", "mean_entropy", "layer_thickness", "boundary_share")
_POINTS = 161  # of the common depths
_CHANCE = 0.01  # how rarely chance may let any input stand out

Progress = Callable[[int, int], None]


def drawn_inputs(study: Study) -> dict[str, Sourced]:
    """The graded inputs with a spread that act on the profile of a study's only cell."""
    (cell,) = study.cells
    rows = study.inputs().items()
    return {n: v for n, v in rows if v.uncertain and n.removeprefix(f"{cell}.").startswith(ACTING)}


def draw_fronts(
    study: Study, draws: int, progress: Progress = lambda done, total: None, pool: ThreadPoolExecutor | None = None
) -> tuple[list[dict[str, float]], list[Front | str]]:
    """Quantile points, and for each the annealed cell, or why there is none; ``study`` holds one cell.

    ``pool`` holds threads: the compiled march lets go of the interpreter lock.
    """
    points = quantiles(sorted(drawn_inputs(study)), draws)
    return points, list(mapped(partial(_front_at, study=study), points, progress, pool))


def _front_at(point: Mapping[str, float], study: Study) -> Front | str:
    """A draw that falls outside what a dial allows, or that the numerics refuse, is counted and not fatal."""
    try:
        (cell,) = study.at(point).cells.values()
        return front(cell, ROUGH)
    except InputError as error:
        own = error.where.startswith("anneal.mixing_enthalpy")  # inside a spinodal
        return f"{error.where}: {error.given}" if own else f"{error.where} drawn outside its range"
    except NumericsError as error:
        return error.given


def profile_bands(
    study: Study,
    draws: int = DRAWS,
    progress: Progress = lambda done, total: None,
    pool: ThreadPoolExecutor | None = None,
) -> ProfileBands:
    """Median and 80 % interval of fractions, entropy and readings over draws of all graded inputs.

    Raises `InputError` where fewer than half of the draws give a profile.
    """
    if draws < LEAST_DRAWS:
        raise InputError("draws", f"{draws}", f"at least {LEAST_DRAWS}, or 0 for the medians alone")
    points, found = draw_fronts(study, draws, progress, pool)
    kept = [i for i, f in enumerate(found) if isinstance(f, Front)]
    failed = Counter(f for f in found if isinstance(f, str))
    if len(kept) < draws / 2:
        reason, _ = failed.most_common(1)[0]
        raise InputError("draws", f"{draws - len(kept)} of {draws} gave no profile, most: {reason}", "half of them")
    fronts = [found[i] for i in kept]
    readings = [reading(f) for f in fronts]
    species = fronts[0].profile.species
    depth = common_depths([f.profile for f in fronts])
    fractions = np.array([on_depths(f.profile, depth) for f in fronts])  # (draws, species, x)
    inside = ~np.isnan(fractions[:, 0])
    depth, fractions, inside = (a[..., inside.mean(axis=0) >= 0.5] for a in (depth, fractions, inside))
    entropies = np.array([profile_entropy(x) for x in fractions])
    entropies[~inside] = np.nan
    low, median, high = summary(readings)
    return ProfileBands(
        species=species,
        depth=depth,
        fraction=np.nanquantile(fractions, QUANTILES, axis=0),
        entropy=np.nanquantile(entropies, QUANTILES, axis=0),
        band_share=_band_shares(entropies, inside),
        high_entropy_share=_high_entropy_share(species, fractions, inside),
        low=low,
        median=median,
        high=high,
        drivers=drivers(study, [points[i] for i in kept], readings),
        draws=draws,
        failed=dict(failed),
    )


def common_depths(profiles: Sequence[DepthProfile]) -> np.ndarray:
    """Depths (x,) that suit all draws: from where most of them are bulk to the thickest usual layer, dense at zero."""
    deep = np.quantile([max(p.zone_width, *p.penetration.values()) for p in profiles], 0.9)
    thick = np.quantile([p.layer_thickness for p in profiles], 0.9)
    u = np.linspace(-1, 1, _POINTS)
    return np.where(u < 0, -1.2 * deep * np.abs(u) ** 2, thick * u)


def on_depths(profile: DepthProfile, depth: np.ndarray) -> np.ndarray:
    """Fractions (species, x) at other depths, straight between cells; nan outside the outer surface."""
    rows = np.array([np.interp(depth, profile.depth, row) for row in profile.fraction])
    rows[:, depth > max(profile.layer_thickness, profile.depth[-1])] = np.nan
    return rows


def summary(readings: Sequence[ProfileReading]) -> tuple[ProfileReading, ProfileReading, ProfileReading]:
    """Low, median and high of each number by itself."""
    names = [f.name for f in fields(ProfileReading) if f.name != "penetration"]
    numbers = np.quantile([[getattr(r, n) for n in names] for r in readings], QUANTILES, axis=0)
    cations = readings[0].penetration.keys()
    depths = np.quantile([[r.penetration[s] for s in cations] for r in readings], QUANTILES, axis=0)
    low, median, high = (
        ProfileReading(**dict(zip(names, map(float, row))), penetration=dict(zip(cations, map(float, deep))))
        for row, deep in zip(numbers, depths)
    )
    return low, median, high


def _band_shares(entropies: np.ndarray, inside: np.ndarray) -> np.ndarray:
    bands = entropy_bands(np.nan_to_num(entropies))
    return np.array([((bands == b) & inside).sum(axis=0) for b in ("low", "medium", "high")]) / inside.sum(axis=0)


def _high_entropy_share(species: tuple[str, ...], fractions: np.ndarray, inside: np.ndarray) -> np.ndarray:
    met = np.array([profile_high_entropy(species, np.nan_to_num(x)) for x in fractions])
    return (met & inside).sum(axis=0) / inside.sum(axis=0)


def drivers(
    study: Study, points: Sequence[Mapping[str, float]], readings: Sequence[ProfileReading]
) -> dict[str, tuple[Driver, ...]]:
    """For each driven reading the inputs whose ranks go with its rank beyond chance, strongest first.

    Spearman's rho; the share is rho^2, of independent draws, so that shares add up to at most one and what is lacking
    is put down to no input. Beyond chance: a two-sided normal test of rho sqrt(n-1), at one in a hundred for all
    inputs together.
    """
    inputs = drawn_inputs(study)
    columns = {name: rankdata([p[name] for p in points]) for name in inputs}
    least = norm.isf(_CHANCE / 2 / max(len(inputs), 1)) / np.sqrt(max(len(readings) - 1, 1))
    found = {}
    for which in DRIVEN:
        ranks = rankdata([getattr(r, which) for r in readings])
        if np.ptp(ranks) == 0:
            continue
        rho = {n: float(np.corrcoef(column, ranks)[0, 1]) for n, column in columns.items()}
        strong = sorted((n for n in rho if abs(rho[n]) >= least), key=lambda n: -abs(rho[n]))
        found[which] = tuple(
            Driver(name=n, label=inputs[n].label, grade=inputs[n].grade, rank_correlation=rho[n], share=rho[n] ** 2)
            for n in strong
        )
    return found
