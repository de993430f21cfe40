"""Stage 2 of Figure 1: a cut through host and film at one time of the anneal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..anneal.programme import cut, segments
from ..anneal.spec import AMBIENT_TEMPERATURE
from ..catalogue import phase
from ..coating.gas import fired
from ..pipeline import coat, heat
from ..process.front import ROUGH
from ..records.anneal import DepthProfile
from ..records.coating import CoatingLayer, Particle
from ..records.scene import Agglomerate, Cations, Heated, Move
from ..study import CellStudy

SEED = 20241
ROWS = 36  # of dots between the bottom and the top of the film
DEEPEST = 150e-9  # m, the view ends there
SHALLOWEST = 20e-9  # m
SEEN = 0.02  # share of foreign cations below which the view may end
WIDTH = 1.0  # of the view, over its height
LEAST_FILM = 0.55  # of the view's width that shows film, however little of the surface it covers
JITTER = 0.22  # of a dot's place, over the spacing


def snapshot(cell: CellStudy, particle: Particle, share_of_time: float) -> tuple[CoatingLayer, DepthProfile]:
    """Layer and profile at a share of the programme's time, ramp and cooling included; 1 is the finished one."""
    until = share_of_time * duration(cell)
    layer = coat(cell, particle, until)
    return layer, heat(cell, particle, layer, ROUGH, until)


def duration(cell: CellStudy) -> float:
    """Seconds from switching the furnace on to a cold powder."""
    return float(segments(cell.anneal)[:, 2].sum())


def temperature_at(cell: CellStudy, time: float) -> float:
    """K, ``time`` seconds into the programme."""
    rows = cut(segments(cell.anneal), time)
    if not len(rows):
        return AMBIENT_TEMPERATURE
    start, rate, lasting = rows[-1]
    return float(start + rate * lasting)


def heated(
    cell: CellStudy, layer: CoatingLayer, profile: DepthProfile, share_of_time: float, finished: DepthProfile
) -> Heated:
    """The cut at one time; the ``finished`` profile sets the view, so that it stays still over time."""
    low = -min(max(_reach(finished), SHALLOWEST), DEEPEST)
    left = _left(cell, layer)
    film = profile.layer_thickness
    tall = cell.coating.agglomerate_diameter.value + finished.layer_thickness if left else 0.0
    high = 1.15 * max(film, thickness_mixed(layer), tall)
    width = WIDTH * (high - low)
    film_to = (LEAST_FILM if left else max(layer.coverage, LEAST_FILM)) * width
    time = share_of_time * duration(cell)
    return Heated(
        share_of_time=share_of_time,
        time=time,
        temperature=temperature_at(cell, time),
        gas=cell.anneal.gas,
        width=width,
        low=low,
        high=high,
        film_thickness=film,
        film_to=film_to,
        coverage=layer.coverage,
        spacing=(high - low) / ROWS,
        cations=_dots(profile, width, film_to, low, high, film),
        moves=moves(profile),
        left=_side_by_side(left, film_to, film, width),
        undissolved={a.precursor: 1 - layer.dissolved_share for a in left},
    )


def thickness_mixed(layer: CoatingLayer) -> float:
    """Thickness of what wets, m, as long as it lies on no more area than when it was mixed on."""
    return layer.wetting_share * layer.mean_thickness / layer.coverage_mixed if layer.coverage_mixed > 0 else 0.0


def not_heated(shares: Mapping[str, float], width: float) -> Heated:
    """The cut through a host that nothing was mixed onto: its own cations, everywhere alike."""
    high = 0.35 * width
    low = high - width
    x, y = _grid(width, low, high, width / ROWS)
    inside = y < 0
    x, y = x[inside], y[inside]
    lots = np.random.default_rng(SEED).uniform(size=x.size)
    return Heated(
        share_of_time=0.0,
        time=0.0,
        temperature=math.nan,
        gas="",
        width=width,
        low=low,
        high=high,
        film_thickness=0.0,
        film_to=0.0,
        coverage=0.0,
        spacing=width / ROWS,
        cations=_cations(
            x, y, drawn(np.tile(list(shares.values()), (x.size, 1)), tuple(shares), lots), ["host"] * x.size
        ),
        moves=(),
        left=(),
        undissolved={},
    )


def _reach(profile: DepthProfile) -> float:
    """Depth of host in which foreign cations are seen, m, with a margin."""
    seen = profile.depth[profile.foreign_share > SEEN]
    return 1.15 * float(max(0.0, -seen.min())) if seen.size else 0.0


def _left(cell: CellStudy, layer: CoatingLayer) -> list[Agglomerate]:
    """One agglomerate, lying at the origin, of each precursor that dissolves slowly, shrunk to what is left of it."""
    radius = cell.coating.agglomerate_diameter.value / 2 * (1 - layer.dissolved_share) ** (1 / 3)
    slow = [b.precursor for b in layer.batch if not fired(phase(b.precursor, cell.phases), cell.phases).wets]
    return [Agglomerate(x=0.0, y=radius, radius=radius, precursor=p) for p in slow if layer.dissolved_share < 1]


def _side_by_side(left: list[Agglomerate], film_to: float, film: float, width: float) -> tuple[Agglomerate, ...]:
    """The first beside the film, or on its edge where there is no room; others behind it while they fit in."""
    placed: list[Agglomerate] = []
    for one in left:
        x = placed[-1].x + 2.4 * one.radius if placed else min(film_to + 1.2 * one.radius, width - 1.15 * one.radius)
        if not placed or x + one.radius <= width:
            beside = x - one.radius >= film_to
            placed.append(replace(one, x=x, y=one.radius + (0.0 if beside else film)))
    return tuple(placed)


def moves(profile: DepthProfile) -> tuple[Move, ...]:
    """By element, mean height of what left its side of the original surface and of where that is now.

    Amounts are n(z) dz = x(z) sites(z). Of the host's: end = mean z of all outward of the surface, start = mean z of
    what the host lacks. Of the film's: end = mean z of what the host holds beyond its own, start = middle of the film.
    """
    outside = profile.depth > 0
    found = []
    for name, now, own in zip(profile.species, profile.fraction * profile.sites, profile.initial_fraction[:, 0]):
        change = now - own * profile.sites
        if own > 0:
            end, amount = _mean_height(profile, np.where(outside, now, 0.0))
            start, _ = _mean_height(profile, np.where(outside, 0.0, -change))
        else:
            end, amount = _mean_height(profile, np.where(outside, 0.0, change))
            start = profile.layer_thickness / 2
        if amount > 0:
            found.append(Move(element=name, start=start, end=end, amount=amount))
    return tuple(found)


def _mean_height(profile: DepthProfile, amounts: np.ndarray) -> tuple[float, float]:
    """Mean height and sum of amounts, negative ones left out; (0, 0) of none."""
    kept = np.maximum(amounts, 0.0)
    total = float(kept.sum())
    return (float(kept @ profile.depth) / total, total) if total > 0 else (0.0, 0.0)


def shares_at(profile: DepthProfile, height: np.ndarray) -> np.ndarray:
    """Cation shares (n, species) at heights [m]."""
    columns = [np.interp(height, profile.depth, row) for row in profile.fraction]
    found = np.stack(columns, axis=-1)
    return found / found.sum(axis=-1, keepdims=True)


def drawn(shares: np.ndarray, names: tuple[str, ...], lots: np.ndarray) -> np.ndarray:
    """An element for each row of ``shares`` (n, species), by a lot of 0 to 1.

    >>> drawn(np.array([[0.9, 0.1], [0.9, 0.1]]), ("Ni", "Co"), np.array([0.3, 0.95])).tolist()
    ['Ni', 'Co']
    """
    chosen = (lots[:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    return np.array(names)[np.minimum(chosen, len(names) - 1)]


def _dots(profile: DepthProfile, width: float, film_to: float, low: float, high: float, film: float) -> Cations:
    """Dots on a shaken grid, those under the film by the profile, those beside it by the host."""
    x, y = _grid(width, low, high, (high - low) / ROWS)
    covered = x < film_to
    inside = (y < film) & covered | (y < 0)
    x, y, covered = x[inside], y[inside], covered[inside]
    shares = shares_at(profile, np.where(covered, y, profile.depth[0]))
    lots = np.random.default_rng(SEED).uniform(size=inside.size)[inside]
    element = drawn(shares, profile.species, lots)
    return _cations(x, y, element, np.where(y < 0, "host", "film").tolist())


def _grid(width: float, low: float, high: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Places in a rectangle, close to a triangular grid that is counted from height 0, none over the surface's line."""
    step = spacing * math.sqrt(3) / 2
    rows = np.arange(math.ceil(low / step - 0.5), math.floor(high / step - 0.5) + 1)
    columns = np.arange(math.floor(width / spacing))
    x = (columns[None, :] + 0.25 + 0.5 * (rows[:, None] % 2)) * spacing
    y = np.broadcast_to((rows[:, None] + 0.5) * step, x.shape)
    shaken = np.random.default_rng(SEED).uniform(-JITTER, JITTER, (2, *x.shape)) * spacing
    return (x + shaken[0]).ravel(), (y + shaken[1]).ravel()


def _cations(x: np.ndarray, y: np.ndarray, element: np.ndarray, site: list[str]) -> Cations:
    return Cations(x=tuple(x.tolist()), y=tuple(y.tolist()), element=tuple(element.tolist()), site=tuple(site))
