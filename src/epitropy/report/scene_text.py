"""The words of Figure 1: heading and note of each stage, and the caption that says what is only drawn."""

from __future__ import annotations

from ..anneal.spec import AMBIENT_TEMPERATURE
from ..constants import ZERO_CELSIUS
from ..pipeline import Formed, host_metals
from ..records.coating import CoatingLayer, Particle
from ..records.scene import Grown, Heated
from ..study import CellStudy, Study
from .numbers import fixed, low_numbers, significant

STRUCTURES = {"rock salt": "disordered rock salt", "layered": "layered, as the host"}
UNDECIDED = "structure not decided"
LONGEST_RECIPE = 36  # letters that have room on a line; the picture names each precursor as well
SAME = 1e-6  # of two shares


def headings(coated: bool) -> tuple[str, str, str]:
    """One for each stage."""
    if coated:
        return "Precursors mixed on", "Heated: cations move", "Layer grown, magnified"
    return "No precursors", "Not coated: cations as made", "Host surface, magnified"


def notes(cell: CellStudy, formed: Formed, second: Heated, third: Grown) -> tuple[str, str, str]:
    """What holds of each stage, in numbers; at most two lines each."""
    if formed.coating is None:
        metals = ", ".join(f"{e} {fixed(100 * y, 0)}" for e, y in host_metals(cell).items())
        passing = ", lithium passes" if third.open_share else ", lithium does not pass"
        return (
            _powder(formed.particle),
            f"{metals} %\nof the metal sites, everywhere alike",
            f"({third.facet}) facet: the electrolyte touches the host\non all of it{passing}",
        )
    return _recipe(formed.coating), _furnace(cell, second), _layer(third)


def _powder(particle: Particle) -> str:
    return f"{fixed(1e6 * particle.diameter, 0)} µm particle, {fixed(1e9 * particle.grain_size, 0)} nm grains"


def _recipe(layer: CoatingLayer) -> str:
    dose = sum(b.mass for b in layer.batch)
    parts = [f"{fixed(100 * b.mass / dose, 0)} % {low_numbers(b.precursor)}" for b in layer.batch]
    few = " + ".join(parts) if len(parts) > 1 else low_numbers(layer.batch[0].precursor)
    recipe = few if len(few) < LONGEST_RECIPE else f"{len(parts)} precursors"
    covered = fixed(100 * layer.coverage_mixed, 0)
    return f"{significant(100 * dose, 2)} wt% of {recipe}:\n{covered} % of the surface under agglomerates"


def _furnace(cell: CellStudy, second: Heated) -> str:
    hours = cell.anneal.time.value / 3600
    into = min(max(0.0, second.time - heating_up(cell)) / 3600, hours)
    degrees, gas = fixed(second.temperature - ZERO_CELSIUS, 0), low_numbers(second.gas)
    film, covered = significant(1e9 * second.film_thickness, 2), fixed(100 * second.coverage, 0)
    return (
        f"{degrees} °C in {gas}, {significant(into, 2)} of {significant(hours, 2)} h at temperature:\n"
        f"film {film} nm on {covered} % of the surface"
    )


def heating_up(cell: CellStudy) -> float:
    """Seconds until the anneal is at temperature."""
    return abs(cell.anneal.temperature.value - AMBIENT_TEMPERATURE) / cell.anneal.ramp_rate.value


def _layer(third: Grown) -> str:
    kind = STRUCTURES.get(third.structure, low_numbers(third.structure)) if third.decided else UNDECIDED
    covered = fixed(100 * third.coverage, 0)
    return (
        f"{significant(1e9 * third.thickness, 2)} nm, {kind}, on {covered} % of the surface;\n"
        f"lithium passes on {significant(100 * third.open_share, 2)} % of it"
    )


def caption(study: Study, name: str, third: Grown) -> tuple[str, ...]:
    """What is computed, what is only drawn, and what it rests on; a line each."""
    if not third.structure:
        return (
            "Computed or given: shares of the cations on each site, lattice, facet and tilt of the layers. "
            "Each atom's element is drawn at random from these shares.",
            "Only drawn: outlines of grains, single places, molecules. "
            "This cell has no coating, so nothing keeps the electrolyte out.",
        )
    leak = study.cells[name].layer.leak_share
    leaks = abs(third.open_share - leak.value) < SAME
    rows = [v for n, v in study.inputs().items() if _of_making(n, name)]
    assumed = sum(v.grade == "assumed" for v in rows)
    return (
        "Computed at the medians of all inputs: area under agglomerates, film, cation shares at every depth (each "
        "cation's element is drawn at random from them), structure, tilt, coverage, share that passes lithium.",
        "Only drawn: outlines of grains, single places, round agglomerates, molecules; the bare strip beside the layer "
        "is as wide as the bare share of the surface.",
        f"{assumed} of {len(rows)} inputs of recipe and anneal are assumed, not measured."
        + (f" The layer blocks lithium but for a leak, {leak.grade} too." if leaks else ""),
    )


def _of_making(name: str, cell: str) -> bool:
    return name.removeprefix(f"{cell}.").startswith(("coating.", "anneal."))
