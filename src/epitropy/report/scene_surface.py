"""Stage 1 of Figure 1: a piece of the particle's surface with the agglomerates that the recipe puts there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..catalogue import Phases, phase
from ..chemistry import cations_of
from ..coating.gas import fired
from ..records.coating import CoatingLayer, Particle
from ..records.scene import Agglomerate, Grain, Mixed

GRAINS_ACROSS = 3.2
DEPTH = 0.8  # of the piece, over its width
MOST = 500  # agglomerates; more are not told apart
RASTER = 220  # points across, on which the covered area is counted
SEED = 20240


def mixed(particle: Particle, layer: CoatingLayer | None, diameter: float, exclusive: bool, phases: Phases) -> Mixed:
    """The surface after mixing: agglomerates of ``diameter`` [m] land at random until the computed share is covered."""
    width = _width(particle, layer, diameter)
    shares, leading = ({}, {}) if layer is None else (volume_shares(layer, phases), leading_cations(layer, phases))
    coverage = layer.coverage_mixed if layer else 0.0
    landed = _landed(width, DEPTH * width, diameter / 2, coverage, exclusive) if layer else np.empty((0, 2))
    return Mixed(
        width=width,
        depth=DEPTH * width,
        particle_diameter=particle.diameter,
        grain_size=particle.grain_size,
        grains=_grains(width, DEPTH * width, particle.grain_size),
        agglomerates=tuple(
            Agglomerate(x=float(x), y=float(y), radius=diameter / 2, precursor=name)
            for (x, y), name in zip(landed, _dealt(shares, len(landed)), strict=True)
        ),
        volume_shares=shares,
        leading=leading,
        coverage=coverage,
    )


def _width(particle: Particle, layer: CoatingLayer | None, diameter: float) -> float:
    """A few grains across, less where more agglomerates than can be told apart would lie on it."""
    wide = GRAINS_ACROSS * particle.grain_size
    if layer is None or layer.coverage_mixed <= 0:
        return wide
    return min(wide, math.sqrt(MOST * math.pi / 4 * diameter**2 / (DEPTH * layer.coverage_mixed)))


def volume_shares(layer: CoatingLayer, phases: Phases) -> dict[str, float]:
    """Each precursor's share of the volume, once fired."""
    volumes = {b.precursor: b.mass_left / fired(phase(b.precursor, phases), phases).density.value for b in layer.batch}
    total = sum(volumes.values())
    return {p: v / total for p, v in volumes.items()}


def leading_cations(layer: CoatingLayer, phases: Phases) -> dict[str, str]:
    """The cation of which each precursor holds most."""
    found = {b.precursor: cations_of(phase(b.precursor, phases).formula) for b in layer.batch}
    return {p: max(cations, key=cations.get) for p, cations in found.items()}


def _landed(width: float, depth: float, radius: float, coverage: float, exclusive: bool) -> np.ndarray:
    """Centres (n, 2) of discs put down one by one until they cover a share of the piece.

    The piece is a part of a larger surface: discs lie over its rim, and what hangs out does not count.
    """
    rng = np.random.default_rng(SEED)
    step = width / RASTER
    points = np.stack(np.meshgrid(np.arange(step / 2, width, step), np.arange(step / 2, depth, step)), axis=-1)
    free = np.ones(points.shape[:2], dtype=bool)
    centres: list[np.ndarray] = []
    for _ in range(40 * MOST):  # exclusive discs jam; what they then cover is what there is
        if free.mean() <= 1 - coverage:
            break
        centre = rng.uniform((-radius, -radius), (width + radius, depth + radius))
        if exclusive and any(np.hypot(*(centre - c)) < 2 * radius for c in centres):
            continue
        centres.append(centre)
        free &= np.hypot(*np.moveaxis(points - centre, -1, 0)) > radius
    return np.array(centres).reshape(-1, 2)


def _dealt(shares: Mapping[str, float], count: int) -> list[str]:
    """Names in these shares, to the nearest whole number of each, in random order."""
    if not count:
        return []
    ends = np.cumsum(list(shares.values())) / sum(shares.values())
    found = np.searchsorted(ends, (np.arange(count) + 0.5) / count)
    names = np.array(list(shares))[np.minimum(found, len(shares) - 1)]
    return np.random.default_rng(SEED).permutation(names).tolist()


def _grains(width: float, depth: float, size: float) -> tuple[Grain, ...]:
    """Polygons of a Voronoi tessellation with as many grains as their size asks for."""
    from scipy.spatial import Voronoi

    count = max(1, round(width * depth / (math.pi / 4 * size**2)))
    box = np.array([width, depth])
    seeds = np.random.default_rng(SEED).uniform(0, 1, (count, 2)) * box
    for _ in range(3):  # even the grains out
        cells = _cells(Voronoi(_mirrored(seeds, box)), count)
        seeds = np.array([_centroid(c) for c in cells])
    return tuple(Grain(x=tuple(c[:, 0].tolist()), y=tuple(c[:, 1].tolist())) for c in cells)


def _mirrored(seeds: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Seeds and their images in the four sides, so that the sides are edges of cells."""
    images = [seeds]
    for axis in (0, 1):
        for wall in (0.0, box[axis]):
            image = seeds.copy()
            image[:, axis] = 2 * wall - image[:, axis]
            images.append(image)
    return np.concatenate(images)


def _cells(voronoi, count: int) -> list[np.ndarray]:
    return [voronoi.vertices[voronoi.regions[voronoi.point_region[i]]] for i in range(count)]


def _centroid(polygon: np.ndarray) -> np.ndarray:
    x, y = polygon.T
    u, v = np.roll(x, -1), np.roll(y, -1)
    cross = x * v - u * y
    return np.array([((x + u) * cross).sum(), ((y + v) * cross).sum()]) / (3 * cross.sum())
