"""The batch sheet: what to weigh, mix and heat for a batch of host powder, and what should come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .. import __version__
from ..calibrate.ensemble import quantiles
from ..calibrate.headline import QUANTILES
from ..catalogue import phase
from ..chemistry import molar_mass
from ..coating.gas import fired
from ..coating.stage import dose_per_host, lithium_bound, metals, of_precursor
from ..errors import InputError
from ..jsonio import to_json
from ..pipeline import coat, host_composition, powder
from ..records.coating import CoatingLayer, Particle
from ..records.sheet import BatchSheet, Line, LithiumBook, Outcome, Settings, Told, Weighing
from ..records.sourced import Grade, Sourced
from ..study import CellStudy, Study, study_hash
from ..units import parse
from .draws import DRAWS
from .front import coated_cell, only

SIZES = (10e-9, 20e-9, 50e-9, 100e-9, 200e-9, 500e-9)  # m, agglomerates of the second table
RECIPE = ("coating.precursors.", "coating.dose", "coating.purity.", "coating.water.")  # what is set by weighing
GEOMETRY = ("cathode.", "coating.", "anneal.", "phases.")  # blocks that powder and film depend on
PROGRAMME = ("anneal.temperature", "anneal.time", "anneal.ramp_rate", "anneal.cool_rate")  # and at the furnace
# but not on how cations move in it, nor on what only the cell needs; left out for speed
BEYOND = (
    "anneal.diffusivity_",
    "anneal.activation_energy_",
    "anneal.boundary_",
    "anneal.decomposition_",
    "cathode.surface_energy.",
    "cathode.diffusivity_activation",
    "cathode.exchange_activation",
)
DISSOLVING = ("dissolution_rate", "dissolution_activation_energy", "temperature", "time")
WATER, CARBON_DIOXIDE = "H2O", "CO2"


def batch_mass(text: str) -> float:
    """``100g`` or ``0.5 kg`` of host powder, in kg.

    >>> batch_mass("100g"), batch_mass("0.5 kg")
    (0.1, 0.5)
    """
    try:
        mass = parse(text, "kg", "g")
    except InputError as error:
        raise InputError("--batch", error.given, "a mass of host powder with its unit, like 100g or '0.5 kg'") from None
    if mass <= 0:
        raise InputError("--batch", f"'{text}'", "a mass above zero, like 100g")
    return mass


def batch_sheet(study: Study, batch: float, cell: str | None = None, draws: int = DRAWS) -> BatchSheet:
    """The sheet of a coated cell (the last one if not named) for ``batch`` kg of host powder.

    Intervals are of 80 %, over draws of all graded spreads but those of what is set: masses and furnace programme.

    >>> from epitropy.study import load_study
    >>> sheet = batch_sheet(load_study("zhao2024"), 0.1, draws=0)
    >>> [(p.precursor, round(p.weighed.value * 1e3, 3)) for p in sheet.precursors]
    [('Nb12WO33', 0.8), ('ZrO2', 0.2)]
    """
    name = coated_cell(study, cell)
    chosen = study.at({}).cells[name]
    particle = powder(chosen)
    layer = coat(chosen, particle)
    recipe = chosen.coating
    told = _grades(chosen)
    dose = dose_per_host(recipe)
    weighings = tuple(_weighing(chosen, line, batch, told["mass"]) for line in layer.batch)
    weighed = sum(w.weighed.value for w in weighings)
    lost = _gas_lost(chosen, layer, particle, batch, told["gas"])
    return BatchSheet(
        study=study.name,
        title=study.title,
        study_hash=study_hash(study),
        epitropy_version=__version__,
        cell=name,
        host=host_name(chosen),
        host_mass=batch,
        dose=_given(recipe.dose),
        dose_basis=recipe.dose_basis,
        dose_of_host=Told(value=dose, grade=told["dose"]),
        dose_of_total=Told(value=dose / (1 + dose), grade=told["dose"]),
        precursors=weighings,
        weighed=Told(value=weighed, grade=told["mass"]),
        cations={e: Told(value=n * batch, grade=told["dry"]) for e, n in layer.cations.items()},
        lithium=_lithium(layer, particle, batch, told["lithium"], told["dissolved"]),
        settings=_settings(chosen),
        powder_out=_less(batch + weighed, lost, told["gas"]),
        gas_lost=lost,
        layer=_outcome(only(study, name), layer, told, draws),
        over_area=_over_area(chosen, particle),
        over_size=_over_size(chosen, particle),
        controls={n: c.anneal is not None for n, c in study.cells.items() if c.coating is None},
        draws=draws,
    )


def sheet_json(sheet: BatchSheet) -> dict[str, Any]:
    """The sheet in SI with the unit in the key, and each mass in grams beside."""
    return _with_grams(_without_gaps(to_json(sheet)))


def host_name(cell: CellStudy) -> str:
    """The host's formula.

    >>> from epitropy.study import load_study
    >>> host_name(load_study("zhao2024").cells["bare"])
    'LiNi0.9Co0.05Mn0.05O2'
    """
    amounts: dict[str, float] = {}
    for site in host_composition(cell).sublattices:
        for e, y in site.elements.items():
            amounts[e] = amounts.get(e, 0.0) + site.multiplicity * y
    return "".join(f"{e}{'' if abs(n - 1) < 1e-9 else f'{n:.6g}'}" for e, n in amounts.items() if n > 0)


def _without_gaps(node: Any) -> Any:
    """What does not apply is left out: ends of numbers without an interval, the row of a dose without a spread."""
    if isinstance(node, list):
        return [_without_gaps(v) for v in node]
    if not isinstance(node, dict):
        return node
    return {k: _without_gaps(v) for k, v in node.items() if v is not None}


def _with_grams(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_grams(v) for v in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, value in node.items():
        found[key] = _with_grams(value)
        if key.endswith("_kg") and "_per_" not in key:
            found[f"{key.removesuffix('_kg')}_g"] = _in_grams(value)
    return found


def _in_grams(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: v if k == "grade" else _in_grams(v) for k, v in value.items()}
    return float(f"{1e3 * value:.9g}")


# grades ------------------------------------------------------------------------------------------------------------


def _given(number: Sourced) -> Told:
    return Told(value=number.value, grade=number.grade)


def _computed(*numbers: Sourced) -> Grade:
    """``derived`` if nothing assumed enters, else ``assumed``."""
    return "assumed" if any(n.grade == "assumed" for n in numbers) else "derived"


def _grades(cell: CellStudy) -> dict[str, Grade]:
    """Grade of each kind of computed number, from the inputs that enter it."""
    recipe, host, heat = cell.coating, cell.cathode, cell.anneal
    crystals = {p: fired(phase(p, cell.phases), cell.phases) for p in recipe.precursors}
    dry = [recipe.dose, *recipe.precursors.values()]
    lots = [of_precursor(rows, p) for rows in (recipe.purity, recipe.water) for p in crystals]
    bound = [lithium_bound(recipe, c, e) for c in crystals.values() for e in metals(c.formula)]
    dissolved = dissolving = [getattr(heat, k) for k in DISSOLVING]
    if all(c.wets for c in crystals.values()):
        dissolved = []
    area = [host.wetted_area] if recipe.area_basis == "wetted" else [host.particle_diameter, host.roughness]
    thick = [*dry, *area, *(c.density for c in crystals.values())]
    cover = [*thick, recipe.agglomerate_diameter]
    spread = [*cover, recipe.spreading_diffusivity, recipe.spreading_activation_energy, heat.temperature, heat.time]
    return {
        "dose": _computed(recipe.dose),
        "dry": _computed(*dry),
        "mass": _computed(*dry, *lots),
        "lithium": _computed(*dry, *bound, *dissolved, host.residual_lithium),
        "gas": _computed(*dry, *lots, *bound, *dissolved, host.residual_lithium),
        "dissolved": _computed(*dissolving),
        "area": _computed(*area),
        "mean_thickness": _computed(*thick),
        "mixed": _computed(*cover),
        "spread": _computed(*spread),
    }


# parts -------------------------------------------------------------------------------------------------------------


def _weighing(cell: CellStudy, line: Any, batch: float, grade: Grade) -> Weighing:
    crystal, recipe = phase(line.precursor, cell.phases), cell.coating
    oxide = fired(crystal, cell.phases)
    dry = _computed(recipe.dose, *recipe.precursors.values())
    return Weighing(
        precursor=line.precursor,
        formula=crystal.formula,
        weighed=Told(value=line.weighed * batch, grade=grade),
        dry=Told(value=line.mass * batch, grade=dry),
        becomes=oxide.formula,
        left=Told(value=line.mass_left * batch, grade=dry),
        wets=bool(oxide.wets),
        wets_stated=oxide.wets is not None or crystal.name not in cell.phases,
        amount=Told(value=line.amount * batch, grade=dry),
        purity=_given(of_precursor(recipe.purity, line.precursor)),
        water=_given(of_precursor(recipe.water, line.precursor)),
        note=crystal.note,
    )


def _lithium(layer: CoatingLayer, particle: Particle, batch: float, grade: Grade, dissolved: Grade) -> LithiumBook:
    """The demand, residual lithium first, then the host."""
    residual = layer.residual_consumed * particle.residual_lithium
    numbers = {
        "bound": layer.lithium_bound * batch,
        "bound_all": layer.lithium_bound_all * batch,
        "brought": layer.lithium_brought * batch,
        "residual": particle.residual_lithium * batch,
        "from_residual": residual * batch,
        "residual_share": layer.residual_consumed,
        "from_host": layer.host_lithium_taken * particle.lithium / particle.molar_mass * batch,
        "host_share": layer.host_lithium_taken,
    }
    told = {k: Told(value=v, grade=grade) for k, v in numbers.items()}
    return LithiumBook(**told, dissolved=Told(value=layer.dissolved_share, grade=dissolved))


def _settings(cell: CellStudy) -> Settings:
    recipe, heat = cell.coating, cell.anneal
    return Settings(
        mixer=recipe.mixer,
        gas=heat.gas,
        **{k: _given(getattr(recipe, k)) for k in ("mixing_time", "mixing_speed", "sieve_opening")},
        **{k: _given(getattr(heat, k)) for k in ("ramp_rate", "temperature", "time", "cool_rate")},
    )


def _gas_lost(cell: CellStudy, layer: CoatingLayer, particle: Particle, batch: float, grade: Grade) -> Told:
    """What leaves as gas: water of the lots, all of the precursors that their oxides do not hold, of residual lithium.

    The residual lithium that reacts was LiOH at least, Li2CO3 at most.
    """
    own = 0.0
    for line in layer.batch:
        water = of_precursor(cell.coating.water, line.precursor).value * molar_mass(WATER)
        own += (line.amount * water + line.mass - line.mass_left) * batch
    reacted = layer.residual_consumed * particle.residual_lithium * batch
    least, most = (own + reacted / 2 * molar_mass(gas) for gas in (WATER, CARBON_DIOXIDE))
    return Told(value=(least + most) / 2, low=least, high=most, grade=grade)


def _less(whole: float, lost: Told, grade: Grade) -> Told:
    """What is left of a mass."""
    return Told(value=whole - lost.value, low=whole - lost.high, high=whole - lost.low, grade=grade)


def _outcome(study: Study, layer: CoatingLayer, told: Mapping[str, Grade], draws: int) -> Outcome:
    """Geometry at the medians, with intervals: what is set held, and once with dose and shares drawn as well."""
    grades = {"area": "area", "mean_thickness": "mean_thickness", "coverage_mixed": "mixed", "thickness_mixed": "mixed"}
    held = _drawn(study, draws, held=RECIPE + PROGRAMME)
    (cell,) = study.cells.values()
    uncertain = any(n.uncertain for n in (cell.coating.dose, *cell.coating.precursors.values()))
    free = _drawn(study, draws, held=PROGRAMME) if uncertain else {}
    numbers = _read(layer)

    def with_band(key: str, rows: Mapping[str, np.ndarray], grade: Grade) -> Told:
        low, high = (float(v) for v in np.quantile(rows[key], [QUANTILES[0], QUANTILES[-1]])) if rows else (None, None)
        return Told(value=numbers[key], low=low, high=high, grade=grade)

    return Outcome(
        **{k: with_band(k, held, told[grades.get(k, "spread")]) for k in numbers},
        mean_thickness_any_dose=with_band("mean_thickness", free, told["mean_thickness"]) if free else None,
    )


def _read(layer: CoatingLayer) -> dict[str, float]:
    mixed = layer.coverage_mixed
    return {
        "area": layer.area,
        "mean_thickness": layer.mean_thickness,
        "coverage_mixed": mixed,
        "thickness_mixed": layer.mean_thickness / mixed if mixed > 0 else 0.0,
        "coverage": layer.coverage,
        "thickness": layer.thickness,
    }


def _drawn(study: Study, draws: int, held: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Geometry over draws of the only cell's spreads, except of inputs whose names start as ``held``."""
    (cell,) = study.cells
    names = [n for n, v in study.inputs().items() if v.uncertain]
    paths = {n: n.removeprefix(f"{cell}.") for n in names}
    names = sorted(n for n, p in paths.items() if p.startswith(GEOMETRY) and not p.startswith((*BEYOND, *held)))
    rows = []
    for point in quantiles(names, draws):
        try:
            (drawn,) = study.at(point).cells.values()
            rows.append(_read(coat(drawn, powder(drawn))))
        except InputError:  # a wide spread reaches beyond what is allowed
            continue
    return {k: np.array([row[k] for row in rows]) for k in rows[0]} if rows else {}


def _over_area(cell: CellStudy, particle: Particle) -> tuple[Line, ...]:
    """The recipe on the areas that people mean: smooth outer, rough outer, wetted."""
    basis = cell.coating.area_basis
    smooth = replace(particle, roughness=1.0)
    cases = (
        ("outer, smooth spheres", smooth, "outer", basis == "outer" and particle.roughness == 1),
        (f"outer, rough x {particle.roughness:g}", particle, "outer", basis == "outer" and particle.roughness != 1),
        ("wetted (BET)", particle, "wetted", basis == "wetted"),
    )
    return tuple(_line(name, cell, powder_of, own, area_basis=b) for name, powder_of, b, own in cases)


def _over_size(cell: CellStudy, particle: Particle) -> tuple[Line, ...]:
    """The recipe with other agglomerates; its own size among them."""
    own = cell.coating.agglomerate_diameter
    sizes = sorted({*(s for s in SIZES if abs(s / own.value - 1) > 1e-6), own.value})
    return tuple(
        _line(f"{size * 1e9:.3g} nm", cell, particle, size == own.value, agglomerate_diameter=replace(own, value=size))
        for size in sizes
    )


def _line(name: str, cell: CellStudy, particle: Particle, own: bool, **changes: Any) -> Line:
    """The recipe with some choices changed."""
    recipe = replace(cell.coating, **changes)
    layer = coat(replace(cell, coating=recipe), particle)
    return Line(
        name=name,
        own=own,
        area=layer.area,
        diameter=recipe.agglomerate_diameter.value,
        mean_thickness=layer.mean_thickness,
        coverage_mixed=layer.coverage_mixed,
        coverage=layer.coverage,
        thickness=layer.thickness,
    )
