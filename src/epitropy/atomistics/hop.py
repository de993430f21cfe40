"""Lithium from site to site: barriers by the climbing-image nudged elastic band, end points relaxed and then frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np

from ..crystals.neighbours import images
from ..errors import InputError
from ..records.atoms import Hop
from ..records.structure import Structure
from ..units import Unit
from .atoms import ANGSTROM, ELECTRONVOLT, calculator, check_cell
from .potentials import Loaded
from .relax import Settings, settle

if TYPE_CHECKING:
    from ase import Atoms

IMAGES = 5  # between the end points
FORCE = 0.05  # eV/angstrom, across the band
STEPS = 200
FARTHEST, AROUND = 4e-10, 3.3e-10  # m: where neighbouring sites, and cations around a hop, are looked for
NEIGHBOUR = 1.15  # of the shortest distance: sites as near as that are neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One hop: the ion that moves, where to [fractional, its own image of the site], and the sites left empty."""

    ion: Annotated[int, Unit("1")]
    place: Annotated[np.ndarray, Unit("1")]
    empty: Annotated[tuple[int, ...], Unit("1")]


def lithium_hops(structure: Structure, *, divacancy: bool = True) -> list[Move]:
    """Hops between neighbouring lithium sites of a cell.

    With a divacancy the third corner of a triangle of lithium sites is empty too, so that the ion passes the
    tetrahedron above that triangle; with a single vacancy it must squeeze between two oxygens.
    """
    lithium = [i for i, label in enumerate(structure.labels) if set(structure.occupancy[label]) == {"Li"}]
    if len(lithium) < 3:
        raise InputError(structure.name, f"{len(lithium)} lithium sites", "three or more", "Take a supercell.")
    only = replace(structure, labels=("Li",) * len(lithium), positions=structure.positions[lithium])
    only = replace(only, occupancy={"Li": {"Li": 1.0}})
    everywhere, index = images(only, FARTHEST)
    home = everywhere[: len(lithium)]
    apart = np.linalg.norm(everywhere[None] - home[:, None], axis=-1)
    apart[apart < 1e-12] = np.inf
    near = apart < NEIGHBOUR * apart.min()
    into = np.linalg.inv(structure.cell.matrix)
    found = []
    for i, k in zip(*np.nonzero(near)):
        target = int(index[k])
        if target == i:
            continue  # its own image: the cell is too small along this way
        corners = {
            int(index[m]) for m in np.flatnonzero(near[i]) if 0 < _gap(everywhere, m, k) < NEIGHBOUR * apart.min()
        }
        corners -= {int(i), target}
        place = everywhere[k] @ into
        if not divacancy:
            found.append(Move(ion=lithium[i], place=place, empty=(lithium[target],)))
        else:
            found += [Move(ion=lithium[i], place=place, empty=(lithium[target], lithium[c])) for c in sorted(corners)]
    if not found:
        raise InputError(structure.name, "no two lithium sites side by side", "a larger cell", "Take a supercell.")
    return found


def _gap(points: np.ndarray, i: int, j: int) -> float:
    return float(np.linalg.norm(points[i] - points[j]))


def hop(
    structure: Structure,
    move: Move,
    loaded: Loaded,
    *,
    images: int = IMAGES,
    settings: Settings | None = None,
) -> Hop:
    """Barrier of one hop in the cell as it is given; relax that first.

    Both end points are relaxed at fixed cell and then held. The band starts on a line through them that keeps atoms
    apart (IDPP); the highest image climbs: Henkelman, Uberuaga and Jonsson, J. Chem. Phys. 113 (2000) 9901,
    10.1063/1.1329672.
    """
    from ase.mep import NEB
    from ase.optimize import FIRE

    if images < 3:
        raise InputError("images", f"{images}", "3 or more")
    start = _end(structure, move, structure.positions[move.ion], loaded, settings)
    end = _end(structure, move, move.place, loaded, settings)
    band = [start, *(start.copy() for _ in range(images)), end]
    for image in band:
        image.calc = calculator(loaded)
    neb = NEB(band, climb=False, method="improvedtangent")
    neb.interpolate(method="idpp", mic=True)
    optimizer = FIRE(neb, logfile=None)
    optimizer.run(fmax=4 * FORCE, steps=STEPS // 2)
    neb.climb = True
    arrived = bool(optimizer.run(fmax=FORCE, steps=STEPS))
    energies = np.array([image.get_potential_energy() for image in band]) * ELECTRONVOLT
    return Hop(
        name=structure.name,
        potential=loaded.potential,
        energies=energies - energies[0],
        near=surroundings(structure, move),
        divacancy=len(move.empty) > 1,
        steps=optimizer.nsteps,
        largest_force=float(np.sqrt((neb.get_forces() ** 2).sum(1).max())) * ELECTRONVOLT / ANGSTROM,
        converged=arrived,
    )


def _end(structure: Structure, move: Move, place: np.ndarray, loaded: Loaded, settings: Settings | None) -> Atoms:
    """The cell with the ion at a place and the empty sites left out, relaxed at fixed cell."""
    positions = structure.positions.copy()
    positions[move.ion] = place
    kept = [i for i in range(len(structure.labels)) if i not in move.empty]
    cut = replace(structure, labels=tuple(structure.labels[i] for i in kept), positions=positions[kept])
    atoms = check_cell(cut, loaded)
    atoms.calc = calculator(loaded)
    settle(atoms, replace(settings or Settings(), cell=False))
    return atoms


def passed(structure: Structure, move: Move) -> str:
    """Element of the cation that a hop by a divacancy passes: nearest to the triangle of its three lithium sites.

    The tetrahedron above that triangle, through which the ion goes, shares its last face with that cation's octahedron.
    """
    everywhere, index = images(structure, FARTHEST)
    ends = np.array([structure.positions[move.ion], move.place]) @ structure.cell.matrix
    corners = everywhere[index == move.empty[1]]
    corner = corners[np.linalg.norm(corners - ends.mean(0), axis=1).argmin()]
    centre = (ends.sum(0) + corner) / 3
    elements = np.array([next(iter(structure.occupancy[structure.labels[i]])) for i in index])
    others = np.flatnonzero(~np.isin(elements, ("Li", "O")))
    return str(elements[others[np.linalg.norm(everywhere[others] - centre, axis=1).argmin()]])


def surroundings(structure: Structure, move: Move) -> str:
    """Cations other than lithium around the middle of the hop."""
    middle = (structure.positions[move.ion] + move.place) / 2 @ structure.cell.matrix
    everywhere, index = images(structure, 2 * AROUND)
    close = index[np.linalg.norm(everywhere - middle, axis=1) < AROUND]
    elements = sorted(next(iter(structure.occupancy[structure.labels[i]])) for i in close)
    return " ".join(f"{e}{elements.count(e)}" for e in dict.fromkeys(elements) if e not in ("Li", "O"))
