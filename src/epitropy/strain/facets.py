"""Surface energies in, the facets of the shape of least surface energy and their shares out (Wulff, -3m crystals)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from ..records.facets import FacetShare, FacetShares
from ..records.phase import UnitCell
from ..records.sourced import Sourced
from ..sources import sourced, table

DRAWS = 400
SEED = 20241
ENDS = (0.1, 0.9)


def surface_energies() -> dict[str, Sourced]:
    """Surface energies [J/m2] of a layered host by facet.

    >>> list(surface_energies())
    ['003', '104', '012', '101', '110']
    """
    rows = table("defaults/cathode.toml")["surface_energy"]
    return {facet: sourced(row, "J/m2", f"cathode.surface_energy.{facet}") for facet, row in rows.items()}


def passes_lithium(facet: str) -> bool:
    """Lithium layers run out on every plane but the basal one, (00l).

    >>> passes_lithium("003"), passes_lithium("104")
    (False, True)
    """
    return not set(facet[:2]) <= {"0"}


def shares(
    cell: UnitCell, energies: Mapping[str, Sourced] | None = None, *, draws: int = DRAWS, seed: int = SEED
) -> FacetShares:
    """Shares of the surface by facet at the medians, with the 80 % interval of the spreads of the energies.

    ``cell`` is hexagonal; ``energies`` [J/m2] by facet, (hkl) run together. Each facet lies at a distance from the
    centre that goes with its surface energy (Wulff); a facet of high energy is cut away and has a share of zero.

    >>> from epitropy.catalogue import phase
    >>> found = shares(phase("NCM90").cell)
    >>> round(sum(f.share for f in found.facets), 12), 0.5 < found.open_share < 1
    (1.0, True)
    """
    energies = surface_energies() if energies is None else energies
    _check(cell, energies)
    middle = wulff_shares(cell, {facet: e.value for facet, e in energies.items()})
    drawn = np.array([list(wulff_shares(cell, point).values()) for point in _draws(energies, draws, seed)])
    low, high = np.quantile(drawn, ENDS, axis=0)
    opens = np.array([passes_lithium(facet) for facet in energies])
    open_low, open_high = np.quantile(drawn @ opens, ENDS)
    rows = zip(energies.items(), low, high)
    return FacetShares(
        facets=tuple(
            FacetShare(
                facet=facet,
                share=middle[facet],
                low=float(least),
                high=float(most),
                passes_lithium=passes_lithium(facet),
                source=energy.source,
                grade=energy.grade,
            )
            for (facet, energy), least, most in rows
        ),
        open_share=float(sum(middle[facet] for facet in energies if passes_lithium(facet))),
        open_low=float(open_low),
        open_high=float(open_high),
    )


def stated_weights(stated: Mapping[str, Sourced]) -> dict[str, float]:
    """Shares as a user states them, brought to a sum of 1; some facet must pass lithium.

    >>> stated_weights({"003": Sourced(value=0.3), "104": Sourced(value=0.7)})
    {'003': 0.3, '104': 0.7}
    """
    total = sum(share.value for share in stated.values())
    if not any(share.value > 0 for facet, share in stated.items() if passes_lithium(facet)):
        given = ", ".join(f"({facet}) {100 * share.value:g} %" for facet, share in stated.items())
        raise InputError("cathode.facet_shares", given, "a share of some facet that passes lithium, like (104)")
    return {facet: share.value / total for facet, share in stated.items()}


def stated_shares(stated: Mapping[str, Sourced]) -> FacetShares:
    """Shares as a user states them, brought to a sum of 1, each with the interval of its own spread."""
    weights, total = stated_weights(stated), sum(share.value for share in stated.values())
    ends = {f: [min(share.at(q).value / total, 1.0) for q in (*ENDS,)] for f, share in stated.items()}
    closed = [f for f in stated if not passes_lithium(f)]
    shut = [sum(ends[f][i] for f in closed) for i in (0, 1)]
    return FacetShares(
        facets=tuple(
            FacetShare(
                facet=f,
                share=weights[f],
                low=ends[f][0],
                high=ends[f][1],
                passes_lithium=passes_lithium(f),
                source=share.source,
                grade=share.grade,
            )
            for f, share in stated.items()
        ),
        open_share=1 - sum(weights[f] for f in closed),
        open_low=max(1 - shut[1], 0.0),
        open_high=max(1 - shut[0], 0.0),
    )


def _draws(energies: Mapping[str, Sourced], draws: int, seed: int) -> list[dict[str, float]]:
    """A Latin hypercube of the energies, from the same seed each time."""
    rng = np.random.default_rng(seed)
    columns = [[e.at(float(q)).value for q in _strata(rng, draws)] for e in energies.values()]
    return [dict(zip(energies, row)) for row in zip(*columns)]


def _strata(rng: np.random.Generator, draws: int) -> np.ndarray:
    return (rng.permutation(draws) + rng.random(draws)) / draws


def wulff_shares(cell: UnitCell, energies: Mapping[str, float]) -> dict[str, float]:
    """Share of the surface of the Wulff shape by facet; energies on any scale."""
    from scipy.spatial import ConvexHull, HalfspaceIntersection

    facets = list(energies)
    stars = [normals(cell, facet) for facet in facets]
    planes = np.concatenate(stars)
    family = np.repeat(np.arange(len(facets)), [len(star) for star in stars])
    distance = np.array(list(energies.values()))[family]
    halfspaces = np.column_stack([planes, -distance / distance.min()])
    hull = ConvexHull(HalfspaceIntersection(halfspaces, np.zeros(3)).intersections)
    corners = hull.points[hull.simplices]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    nearest = np.argmax(hull.equations[:, :3] @ planes.T, axis=1)
    total = np.bincount(family[nearest], weights=area, minlength=len(facets))
    return dict(zip(facets, (total / total.sum()).tolist()))


def normals(cell: UnitCell, facet: str) -> np.ndarray:
    """Unit normals of all planes that the point group -3m makes of one, shape (n, 3)."""
    indices = np.array(star(facet)) @ np.linalg.inv(cell.matrix).T
    return indices / np.linalg.norm(indices, axis=1, keepdims=True)


def star(facet: str) -> list[tuple[int, int, int]]:
    """Planes (hkl) equivalent to one under -3m: the threefold axis, the twofold one along [110], and inversion.

    >>> star("003"), len(star("104")), len(star("110"))
    ([(0, 0, -3), (0, 0, 3)], 6, 6)
    """
    h, k, l = (int(i) for i in facet)  # noqa: E741
    turned = [(h, k, l), (k, -h - k, l), (-h - k, h, l)]
    turned += [(k, h, -l) for h, k, l in turned]
    return sorted({*turned, *((-h, -k, -l) for h, k, l in turned)})


def _check(cell: UnitCell, energies: Mapping[str, Sourced]) -> None:
    wrong = [facet for facet in energies if not (facet.isdecimal() and len(facet) == 3 and facet != "000")]
    if wrong:
        raise InputError("facet", f"'{wrong[0]}'", "three digits of hexagonal axes other than 000, like '104'")
    if any(e.value <= 0 for e in energies.values()):
        raise InputError("surface energy", "zero or less", "positive numbers")
    if not np.allclose([cell.b / cell.a, cell.alpha, cell.beta, cell.gamma], [1, np.pi / 2, np.pi / 2, 2 * np.pi / 3]):
        raise InputError("cell", "not hexagonal", "a = b, 90, 90 and 120 deg")
    steep = [facet for facet in energies if facet[2] != "0"]
    if not steep or all(not passes_lithium(facet) for facet in energies):
        raise InputError("facets", ", ".join(energies) or "none", "facets that close a shape, like (003) and (104)")
