"""One cell to its nearest minimum: rattled first, checked after."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from ..errors import InputError
from ..records.atoms import Relaxed
from ..records.structure import Structure
from ..units import Unit
from .atoms import ANGSTROM, ELECTRONVOLT, calculator, check_cell, like
from .potentials import Loaded

if TYPE_CHECKING:
    from ase import Atoms

PASCAL = ELECTRONVOLT / ANGSTROM**3  # Pa in an eV/angstrom3


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a cell is relaxed. Rattling frees it from saddles: symmetry alone would keep it there.

    rattle: standard deviation of every coordinate before the start; strain: of every component of a small strain.
    """

    rattle: Annotated[float, Unit("m", show="angstrom")] = 0.05e-10
    strain: Annotated[float, Unit("1", show="%")] = 0.005
    force: Annotated[float, Unit("N", show="eV/angstrom")] = 0.03 * ELECTRONVOLT / ANGSTROM
    stress: Annotated[float, Unit("Pa", show="GPa")] = 0.2e9
    steps: Annotated[int, Unit("1")] = 500
    cell: bool = True  # relax the cell as well

    def __post_init__(self) -> None:
        for name in ("force", "stress"):
            if not getattr(self, name) > 0:
                raise InputError(name, f"{getattr(self, name):g}", "a positive number")
        if self.steps < 1 or self.rattle < 0 or self.strain < 0:
            raise InputError("settings", f"{self}", "steps of 1 or more, no negative rattling")


DISPLACED = 0.5  # of the shortest cation-oxygen distance: farther from its site, an atom has left it
STRAINED = 0.15  # principal stretch beyond which the cell is another one


def relax(structure: Structure, loaded: Loaded, *, seed: int = 1, settings: Settings | None = None) -> Relaxed:
    """Positions and cell from a rattled start to forces and stresses below the limits of ``settings``.

    BFGS over positions and the logarithm of the deformation (ASE's FrechetCellFilter). The result says whether it
    converged and whether it is still the structure it began as: `Relaxed.usable`.
    """
    settings = settings or Settings()
    start = check_cell(structure, loaded)
    atoms = shaken(start, seed, settings)
    atoms.calc = calculator(loaded)
    steps, converged = settle(atoms, settings)
    forces, stress = atoms.get_forces(), atoms.get_stress(voigt=False)
    return Relaxed(
        name=structure.name,
        potential=loaded.potential,
        structure=like(structure, atoms),
        energy=atoms.get_potential_energy() * ELECTRONVOLT,
        site_energies=np.asarray(atoms.calc.results["energies"]) * ELECTRONVOLT,
        largest_force=_longest(forces) * ELECTRONVOLT / ANGSTROM,
        largest_stress=float(np.abs(stress).max()) * PASCAL,
        steps=steps,
        seed=seed,
        converged=converged,
        lost=lost(start, atoms),
    )


def shaken(atoms: Atoms, seed: int, settings: Settings) -> Atoms:
    """A rattled and slightly strained copy; the same seed gives the same one."""
    chance = np.random.default_rng(seed)
    moved = atoms.copy()
    bend = settings.strain * chance.standard_normal((3, 3)) if settings.cell else np.zeros((3, 3))
    moved.set_cell(atoms.cell.array @ (np.eye(3) + (bend + bend.T) / 2), scale_atoms=True)
    moved.positions += settings.rattle / ANGSTROM * chance.standard_normal((len(atoms), 3))
    return moved


def settle(atoms: Atoms, settings: Settings) -> tuple[int, bool]:
    """Steps taken, and whether both limits were met."""
    from ase.filters import FrechetCellFilter
    from ase.optimize import BFGS

    force = settings.force * ANGSTROM / ELECTRONVOLT

    def arrived() -> bool:
        calm = not settings.cell or np.abs(atoms.get_stress(voigt=False)).max() * PASCAL <= settings.stress
        return bool(calm) and _longest(atoms.get_forces()) <= force

    optimizer = BFGS(FrechetCellFilter(atoms) if settings.cell else atoms, logfile=None)
    with warnings.catch_warnings():
        # scipy doubts the logarithm of a deformation at 1e-13
        warnings.filterwarnings("ignore", message="logm result may be inaccurate", category=RuntimeWarning)
        for _ in optimizer.irun(fmax=1e-9, steps=settings.steps):
            if arrived():
                return optimizer.nsteps, True
            if not np.isfinite(atoms.get_potential_energy()):
                break
    return optimizer.nsteps, arrived()


def _longest(forces: np.ndarray) -> float:
    return float(np.linalg.norm(forces, axis=1).max())


def lost(start: Atoms, end: Atoms) -> str:
    """Why the relaxed cell is another structure than it began as; empty if every atom kept to its site.

    The homogeneous strain is taken out: no principal stretch may exceed 15 %, and no atom may be farther from its site
    than half the shortest cation-anion distance, the drift of the whole aside.
    """
    deformation = np.linalg.solve(start.cell.array, end.cell.array)
    stretch = np.linalg.svd(deformation, compute_uv=False)
    if np.abs(stretch - 1).max() > STRAINED:
        return f"the cell stretched by {100 * np.abs(stretch - 1).max():.0f} %"
    moved = end.get_scaled_positions(wrap=False) - start.get_scaled_positions(wrap=False)
    moved -= moved.mean(0)
    distance = np.linalg.norm((moved - np.rint(moved)) @ end.cell.array, axis=1)
    limit = DISPLACED * _shortest_bond(start)
    if distance.max() > limit:
        worst = int(distance.argmax())
        return f"{start.symbols[worst]} left its site by {distance[worst]:.2f} angstrom"
    return ""


def _shortest_bond(atoms: Atoms) -> float:
    """Shortest distance between unlike elements [angstrom]."""
    from ase.neighborlist import neighbor_list

    i, j, d = neighbor_list("ijd", atoms, 3.0)
    unlike = d[atoms.numbers[i] != atoms.numbers[j]]
    return float(unlike.min()) if len(unlike) else float(d.min(initial=3.0))
