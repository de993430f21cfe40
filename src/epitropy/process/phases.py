"""Which structure a coated cell's layer takes: in full, by two potentials, over gas and temperature, over settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from ..anneal.stage import decomposition_energy_at
from ..chemistry import formal_charges
from ..constants import ATMOSPHERE
from ..errors import EpitropyError, InputError
from ..phases.energies import DEFAULT, SECOND, energy_set
from ..phases.entries import entries_verdict
from ..phases.pricing import Conditions, decided, outcome, price
from ..phases.verdict import DRAWS, verdict
from ..pipeline import host_metals, layer_cations, lithium_window, phase_conditions
from ..records.phases import GasWindow, PhaseNode, PhasesAnswer
from ..records.process import Axis
from ..records.sourced import Sourced
from ..study import CellStudy, Study
from .front import ROUGH, TOLERANCE, front
from .vary import MOST_NODES, SOURCE

Progress = Callable[[str, int, int], None]
TEMPERATURES = np.linspace(773.15, 1073.15, 13)
PRESSURES = ATMOSPHERE * np.logspace(-5, 0.5, 12)
ACTING = ("coating", "anneal", "cathode", "stability", "layer")


def phases_answer(
    study: Study,
    cell: str,
    *,
    axes: Sequence[Axis] = (),
    entries: str | Path | None = None,
    draws: int = DRAWS,
    progress: Progress = lambda *_: None,
) -> PhasesAnswer:
    """The verdict on one coated cell's layer at the medians, with intervals over the errors of the energies."""
    centre = study.at({}).cells[cell]
    progress("annealing", 0, 1)
    composition = layer_cations(front(centre, TOLERANCE).profile)
    progress("annealing", 1, 1)
    host, at, potential = host_metals(centre), phase_conditions(centre), centre.stability.potential
    other = SECOND if potential != SECOND else DEFAULT
    reason = decided(energy_set(potential), composition, host, at)
    ask = partial(verdict, composition, host, at, windows=partial(lithium_window, centre), draws=draws)
    steps = 3 + len(axes)
    found = []
    for i, name in enumerate((potential, other)):
        progress("pricing structures", i, steps)
        found.append(ask(potential=name))
    progress("pricing structures", 2, steps)
    window = gas_window(centre, composition) if found[0] else None
    progress("pricing structures", steps, steps)
    if found[0] is None and not reason:
        reason = "no candidate structure can hold this composition"
    return PhasesAnswer(
        study=study.name,
        cell=cell,
        verdict=found[0],
        second=found[1],
        reason=reason,
        window=window,
        axes=tuple(axes),
        nodes=_nodes(study, cell, axes, progress) if axes else (),
        entries=entries_verdict(entries, composition, host, at) if entries else None,
    )


def gas_window(cell: CellStudy, composition: dict[str, float]) -> GasWindow:
    """Driving force, structure and charge of nickel over temperature and oxygen pressure."""
    energies, host, spec = energy_set(cell.stability.potential), host_metals(cell), cell.anneal
    force, nickel, energy = (np.full((len(TEMPERATURES), len(PRESSURES)), np.nan) for _ in range(3))
    structures = []
    for i, temperature in enumerate(TEMPERATURES):
        row = []
        for j, pressure in enumerate(PRESSURES):
            energy[i, j] = decomposition_energy_at(spec, temperature, pressure)
            at = _at(cell, temperature, pressure, energy[i, j])
            priced = price(energies, host, composition, at)
            one = outcome(priced)
            row.append(one.host)
            force[i, j] = one.driving_force
            nickel[i, j] = nickel_charge(composition, one.host, priced.own[one.host][1], cell.stability.potential)
        structures.append(tuple(row))
    return GasWindow(
        temperature=TEMPERATURES,
        oxygen_pressure=PRESSURES,
        driving_force=force,
        structure=tuple(structures),
        nickel=nickel,
        host_energy=energy,
    )


def _at(cell: CellStudy, temperature: float, pressure: float, window: float) -> Conditions:
    from ..phases.stage import conditions

    return conditions(cell.stability, temperature=temperature, oxygen_pressure=pressure, window=window)


def nickel_charge(composition: dict[str, float], structure: str, lithium: float, potential: str) -> float:
    """Mean charge of nickel beside the other cations and so much lithium, by the redox ladder; nan without."""
    if not composition.get("Ni"):
        return float("nan")
    mixtures = energy_set(potential).mixtures[structure]
    # on M beside one mole of other cations lies y, and the structure's own lithium comes with every mole of M
    sites = (lithium + 1) / (1 + mixtures.lithium)
    amounts = {**{e: n for e, n in composition.items() if n > 0}, "Li": lithium, "O": mixtures.oxygen * sites}
    return formal_charges({e: n for e, n in amounts.items() if n > 0})["Ni"]


def _nodes(study: Study, cell: str, axes: Sequence[Axis], progress: Progress) -> tuple[PhaseNode, ...]:
    for one in axes:
        if not one.name.removeprefix(f"{cell}.").startswith(ACTING):
            raise InputError(
                "--vary", f"'{one.name}' has no effect on the phases", f"inputs that start with {', '.join(ACTING)}"
            )
    places = list(product(*(a.values for a in axes)))
    if len(places) > MOST_NODES:
        raise InputError("--vary", f"{len(places)} combinations", f"at most {MOST_NODES}")
    found = []
    for i, place in enumerate(places):
        progress("settings", i, len(places))
        found.append(_node(study, cell, axes, place))
    progress("settings", len(places), len(places))
    return tuple(found)


def _node(study: Study, name: str, axes: Sequence[Axis], place: tuple[float, ...]) -> PhaseNode:
    changed = study.at({})
    for axis, value in zip(axes, place):
        changed = changed.changed(axis.name, partial(Sourced.set_to, value=value, source=SOURCE))
    cell = changed.cells[name]
    try:
        made = front(cell, ROUGH)
        composition, energies = layer_cations(made.profile), energy_set(cell.stability.potential)
        host, at = host_metals(cell), phase_conditions(cell)
        if reason := decided(energies, composition, host, at):
            return PhaseNode(at=place, failure=reason)
        priced = price(energies, host, composition, at)
    except EpitropyError as error:
        return PhaseNode(at=place, failure=f"{error.where}: {error.given}")
    one = outcome(priced)
    if one is None:
        return PhaseNode(at=place, failure="no candidate structure can hold this composition")
    beside = 0.0 if one.single else one.second_share
    return PhaseNode(
        at=place,
        host=one.host,
        driving_force=one.driving_force,
        splitting=one.splitting,
        runner_up=one.runner_up,
        runner_gap=one.runner_gap,
        lithium=priced.own[one.host][1],
        boundary_fraction=min(made.layer.inclusion_volume_share + cell.layer.second_phase.value + beside, 1.0),
    )
