"""What each view of the page shows, from a study's plain data to plain data; run in a process of `calls`.

Everything here is computed at the medians of all inputs, as `epitropy.run.run_nominal` does. Curves are in the units
that people read, which stand in their names; tables come as the rows that the command line prints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ..calibrate.ensemble import Solved, calibrated, calibration_cell, prepare
from ..calibrate.headline import placebo_studies
from ..calibrate.scenarios import declared_scenarios, named_scenario
from ..catalogue import phase
from ..constants import GAS_CONSTANT, ZERO_CELSIUS
from ..crystals.files import text_of
from ..crystals.library import has_structure, structure_of
from ..cycling.kernel import RESOLUTION
from ..cycling.spec import MECHANISMS
from ..epitaxy.interface import comment, interface_models
from ..errors import InputError
from ..halfcell.cycle import cycled_cell, what_if
from ..halfcell.engines import engine_of
from ..phases.energies import DEFAULT, SECOND
from ..pipeline import VERDICT_DRAWS, align, facets_of, form, host_cell, layer_on_facets, phase_verdict
from ..process.front import coated_cell, front
from ..process.sheet import batch_mass, batch_sheet
from ..records.anneal import DepthProfile
from ..records.cell import LossBudget, VoltageCurve
from ..records.cycling import CycledCell
from ..records.scenario import Scales, Scenario
from ..records.scene import Cations
from ..records.strain import StrainPath
from ..records.structure import Structure
from ..report import figure_one, sheet
from ..report.element_colours import colours_of
from ..report.match_tables import critical, facet_rows, largest, strains
from ..report.phase_tables import UNIT, cations_text, crystal_text, second_text, standing_rows, titled, verdict_text
from ..report.scene import heated_scene, layer_scene, scene, shown_cell
from ..study import CellStudy, Study, as_read, read_study
from .forms import form as form_of
from .forms import sources as sources_of

Json = dict[str, Any]
MAH_G, NM = 1 / 3600.0, 1e9  # of C/kg, of m
ANGSTROM = 1e-10
STAND_IN = "Ni"  # of all cations in phases that stand for the layer
HOST_ATOMS = "NCM90"  # whose sites the host's own cell is filled with
SLAB, VACUUM = 8e-10, 1e-9  # m, of either side of a model, and above it
AREA = 2e-18  # m2, about that of a model
FACETS = (
    "facet",
    "share of the surface / %",
    "smallest common cell, host || film",
    "its area / Å²",
    "largest energy of any film; of the softest / (J/m²/nm)",
    "while lithium leaves (x: what is left)",
    "lithium",
)
POINTS = 201  # of a curve over lithium content


def view(name: str, raw: Any, options: Mapping[str, Any]) -> Json:
    """The answer of one view; an unknown view, like any fault of the study, is an `InputError`."""
    if name not in VIEWS:
        raise InputError("view", f"'{name}'", ", ".join(VIEWS))
    study = read_study(raw)
    told = VIEWS[name](study, options)
    return told | form_of(study, raw) if name == "form" else told


def _form(study: Study, options: Mapping[str, Any]) -> Json:
    """What the page has to know of a study beside its form."""
    scenarios = [
        {"name": s.name, "title": s.title, "needs": s.needs, "refuted_by": s.refuted_by}
        for s in declared_scenarios(study)
    ]
    return {"scenarios": scenarios, "mechanisms": dict(MECHANISMS)}


def _sources(study: Study, options: Mapping[str, Any]) -> Json:
    return {"rows": sources_of(study), "command": f"epitropy check {_file(study)}"}


def _recipe(study: Study, options: Mapping[str, Any]) -> Json:
    """The batch sheet, part by part, as `epitropy recipe` prints it."""
    batch = str(options.get("batch", "100g"))
    cell = coated_cell(study, _named_cell(options))
    made = batch_sheet(study, batch_mass(batch), cell)
    return {
        "heading": list(sheet.heading(made)),
        "parts": [
            {"title": p.title, "header": list(p.header), "rows": [list(r) for r in p.rows], "notes": list(p.notes)}
            for p in sheet.parts(made)
        ],
        "legend": sheet.LEGEND,
        "command": f"epitropy recipe {_file(study)} --cell {cell} --batch '{batch}'",
    }


def _layer(study: Study, options: Mapping[str, Any]) -> Json:
    """Depth profile after a share of the time at temperature, and what the finished layer is."""
    name = coated_cell(study, _named_cell(options))
    cell = study.at({}).cells[name]
    share = _share(options, 1.0)
    heated = replace(cell, anneal=replace(cell.anneal, time=_times(cell.anneal.time, share)))
    made = front(heated)
    told = {
        "cell": name,
        "share": share,
        "hours": cell.anneal.time.value * share / 3600,
        "celsius": cell.anneal.temperature.value - ZERO_CELSIUS,
        "profile": _profile(made.profile),
        "thickness_nm": 1e9 * made.profile.layer_thickness,
        "fired_nm": 1e9 * made.layer.thickness,
        "coverage_percent": 100 * made.layer.coverage,
        "undissolved_percent": {e: 100 * v for e, v in made.profile.undissolved_share.items()},
        "command": f"epitropy anneal {_file(study)} --cell {name}" if share == 1 else _stopped(study, name, share),
    }
    if share == 1:
        formed = form(cell)
        told["cations"] = cations_text(_shares(formed.profile.layer_composition))
        told["structure"] = crystal_text(formed.crystal, formed.phases)
        entropy = formed.layer_entropy
        told["entropy_R"] = entropy.by_site[entropy.site] / GAS_CONSTANT
        told["band"] = entropy.band
        told["high_entropy"] = entropy.high_entropy
        told["reasons"] = list(entropy.reasons)
    return told


def _stopped(study: Study, name: str, share: float) -> str:
    """The profile after a share of the time at temperature."""
    return _python(
        study,
        "from dataclasses import replace",
        "from epitropy.process.front import front",
        f"cell = study.at({{}}).cells['{name}']",
        f"hold = replace(cell.anneal.time, value={share:g} * cell.anneal.time.value, distribution='fixed', spread=())",
        "print(front(replace(cell, anneal=replace(cell.anneal, time=hold))).profile)",
    )


def _verdict(study: Study, options: Mapping[str, Any]) -> Json:
    """Which structure the layer takes by each potential: every structure's energy, and what is said of it."""
    name = coated_cell(study, _named_cell(options))
    cell = study.at({}).cells[name]
    profile = front(cell).profile
    potentials = dict.fromkeys((cell.stability.potential, DEFAULT, SECOND))
    found = [v for v in (phase_verdict(cell, profile, potential=p) for p in potentials) if v]
    if not found:
        raise InputError("stability", "no energies hold this layer", "cations that the tables know (epitropy phases)")
    return {
        "cell": name,
        "potentials": [
            {
                "title": f"By {v.potential}: {titled(v.host)}",
                "rows": [list(r) for r in standing_rows(v)],
                "says": verdict_text(v),
            }
            for v in found
        ],
        "second": second_text(found[0], found[1] if len(found) > 1 else None),
        "note": f"Energies in {UNIT}; 80 % ranges over {VERDICT_DRAWS} draws of the potentials' errors.",
        "command": f"epitropy phases {_file(study)} --cell {name}",
    }


def _profile(profile: DepthProfile) -> Json:
    from ..entropy.stage import profile_entropy

    return {
        "depth_nm": _list(1e9 * profile.depth),
        "species": list(profile.species),
        "at_percent": [_list(100 * row) for row in profile.fraction],
        "entropy_R": _list(profile_entropy(profile.fraction) / GAS_CONSTANT),
    }


def _interface(study: Study, options: Mapping[str, Any]) -> Json:
    """Ranked matches of candidate layers on the host, and strain over the state of charge."""
    name = coated_cell(study, _named_cell(options))
    cell = study.at({}).cells[name]
    formed = form(cell)
    matches = align(cell, formed)
    paths = (formed.skin_strain, formed.grain_strain, formed.layer_strain)
    return {
        "cell": name,
        "layer": formed.crystal.name,
        "matches": [
            {
                "rank": a.rank,
                "film": a.match.film,
                "orientation": a.match.orientation,
                "area_angstrom2": a.match.area / ANGSTROM**2,
                "strains_percent": strains(a.match),
                "largest": largest(a),
                "critical_nm": critical(a.match),
                "continuation": a.match.continuation,
                "path": _path(a.path) if a.path else None,
            }
            for a in matches
        ],
        "paths": [_path(p) for p in paths],
        "command": _python(
            study,
            "from epitropy.pipeline import align, form",
            f"cell = study.at({{}}).cells['{name}']",
            "print(*align(cell, form(cell)), sep='\\n')",
        )
        + "\n"
        + _python(
            study,
            "from epitropy.pipeline import facets_of, form, layer_on_facets",
            f"cell, spread = study.at({{}}).cells['{name}'], study.cells['{name}']",
            "formed = form(cell)",
            "print(*layer_on_facets(cell, formed, facets_of(spread, formed.host)), sep='\\n')",
        ),
    }


def _facets(study: Study, options: Mapping[str, Any]) -> Json:
    """The layer on each facet of the particle, which takes longer than the matches."""
    name = coated_cell(study, _named_cell(options))
    cell = study.at({}).cells[name]
    formed = form(cell)
    facets = layer_on_facets(cell, formed, facets_of(study.cells[name], formed.host))
    rows = facet_rows(facets, cell.layer.interface_toughness.value)[1:]
    return {"cell": name, "layer": formed.crystal.name, "header": list(FACETS), "rows": [list(r) for r in rows]}


def _path(path: StrainPath) -> Json:
    at = np.linspace(0, path.lithium.size - 1, min(POINTS, path.lithium.size)).round().astype(int)
    return {
        "name": path.name,
        "charge_percent": _list(100 * (1 - path.lithium[at])),
        "misfit_percent": _list(100 * path.misfit[at]),
        "release_J_m2": _list(path.energy_release[at]),
    }


def _model(study: Study, options: Mapping[str, Any]) -> Json:
    """Atoms of one match, unrelaxed, as extended XYZ for the 3D view."""
    name = coated_cell(study, _named_cell(options))
    cell = study.at({}).cells[name]
    formed = form(cell)
    rank = options.get("rank", 1)
    chosen = next((a.match for a in align(cell, formed) if a.rank == rank), None)
    if chosen is None:
        raise InputError("rank", f"{rank!r}", "the rank of a match in the table")
    film = formed.crystal if chosen.film == formed.crystal.name else phase(chosen.film, cell.phases)
    if not has_structure(film):
        raise InputError(
            "rank", f"{rank}: the atoms of '{film.name}' are not known", "a match of a phase with known atoms"
        )
    host = structure_of(replace(phase(HOST_ATOMS), cell=host_cell(formed.host)))
    times = max(1, round((AREA / chosen.area) ** 0.5))  # shared sites hold whole atoms: a wide cell mixes them
    models = interface_models(
        host,
        _with_cations(structure_of(film), _shares(formed.profile.layer_composition)),
        chosen,
        host_thickness=SLAB,
        film_thickness=SLAB,
        vacuum=VACUUM,
        supercell=(times, times),
    )
    model = min(models, key=lambda m: sum(map(abs, m.boundary_charge.values())))
    shown = model.structure
    return {
        "rank": rank,
        "film": film.name,
        "orientation": chosen.orientation,
        "xyz": text_of(shown, "extxyz"),
        "atoms": len(shown.labels),
        "note": comment(model),
    }


def _with_cations(film: Structure, shares: Mapping[str, float]) -> Structure:
    """A stand-in for the layer with the layer's own cations where it has nickel."""

    def mixed(on: Mapping[str, float]) -> Mapping[str, float]:
        nickel = on.get(STAND_IN, 0.0)
        found = {e: share for e, share in on.items() if e != STAND_IN}
        for element, share in shares.items() if nickel else ():
            found[element] = found.get(element, 0.0) + nickel * share
        return found

    return replace(film, occupancy={label: mixed(on) for label, on in film.occupancy.items()})


def _figure(study: Study, options: Mapping[str, Any]) -> Json:
    """Figure 1 as `epitropy figure` writes it."""
    share = _share(options, 0.5)
    made = scene(study, shown_cell(study, _named_cell(options)), share_of_time=share)
    return {
        "cell": made.cell,
        "svg": figure_one.file_bytes(figure_one.draw(made), ".svg", made.hash).decode("utf-8"),
        "caption": list(made.caption),
    }


def _stages(study: Study, options: Mapping[str, Any]) -> Json:
    """Stages 2 and 3 of Figure 1 after a share of the anneal, cation by cation, in nm."""
    share = _share(options, 0.5)
    made = study.at({})
    name = shown_cell(study, _named_cell(options))
    cell = made.cells[name]
    formed = form(cell)
    heated, grown = heated_scene(cell, formed, share), layer_scene(cell, formed, share)
    elements = dict.fromkeys([*heated.cations.element, *grown.atoms.element])
    return {
        "cell": name,
        "command": f"epitropy figure {_file(study)} --cell {name} --time {share:g} -o figure1.svg\n"
        + _python(
            study,
            "from epitropy.pipeline import form",
            "from epitropy.report.scene import layer_scene",
            f"cell = study.at({{}}).cells['{name}']",
            f"print(layer_scene(cell, form(cell), {share:g}))",
        ),
        "share": share,
        "hours": heated.time / 3600,
        "celsius": heated.temperature - ZERO_CELSIUS if math.isfinite(heated.temperature) else None,
        "colours": colours_of(tuple(elements)),
        "heated": _dots(heated.cations) | {"film_nm": NM * heated.film_thickness, "film_to_nm": NM * heated.film_to},
        "grown": _dots(grown.atoms)
        | {
            "covered_to_nm": NM * grown.covered_to,
            "width_nm": NM * grown.width,
            "strips_nm": [[NM * low, NM * high] for low, high in grown.strips],
            "paths": [
                {"x_nm": [NM * v for v in p.x], "y_nm": [NM * v for v in p.y], "open": p.open} for p in grown.paths
            ],
            "facet": grown.facet,
            "structure": grown.structure,
        },
    }


def _dots(found: Cations) -> Json:
    return {
        "x_nm": [round(NM * v, 3) for v in found.x],
        "y_nm": [round(NM * v, 3) for v in found.y],
        "element": list(found.element),
    }


def _cell(study: Study, options: Mapping[str, Any]) -> Json:
    """Lives of the study's cells and of placebos in one scenario: capacity, voltage, losses, how each ended."""
    centre = study.at({})
    scenario = _scenario(study, options.get("scenario"))
    given = options.get("without") or []
    without = [str(m) for m in given] if isinstance(given, list) else [str(given)]
    known = calibration_cell(centre)
    placebos = _placebos(centre, known) if options.get("placebos") else {}
    ready = {n: prepare(c) for n, c in centre.cells.items()}
    solved = _solved(centre, ready, (scenario,))
    scales = solved.scales[scenario.name]
    if not isinstance(scales, Scales):
        raise InputError(
            f"scenario {scenario.name}", f"not solved at the medians: {scales}", "another scenario, or other inputs"
        )
    lived = what_if(replace(centre, cells={**centre.cells, **placebos}), without, True)
    run = engine_of("kernel")
    lives = {
        n: cycled_cell(c, ready[n] if n in ready else prepare(placebos[n]), scenario, scales, run, (), milestones=1)
        for n, c in lived.cells.items()
    }
    off = "".join(f" --without {m}" for m in without)
    besides = f" && epitropy run {_file(study)}  # its table of placebos" if placebos else ""
    return {
        "scenario": scenario.name,
        "calibrated": study.calibration is not None,
        "as_read": as_read(study),
        "fitted_mAh_g": _fitted(study),
        "known": known,
        "cells": {n: _life(c, placebo=n in placebos) for n, c in lives.items()},
        "mechanisms": [f.name for f in fields(LossBudget) if f.name not in ("total", "history")],
        "command": f"epitropy cycle {_file(study)} --scenario {scenario.name}{off}{besides}",
    }


def _fitted(study: Study) -> dict[str, float]:
    """Capacities by cycle that the scales are solved for, where the cells are cycled as they were read."""
    if study.calibration is None or not as_read(study):
        return {}
    return {str(n): MAH_G * v.value for n, v in study.calibration.capacity.items()}


def _scenario(study: Study, name: str | None) -> Scenario:
    return named_scenario(study, str(name)) if name else declared_scenarios(study)[0]


_last: dict[str, Solved] = {}  # of this process: a change of the layer alone leaves the bare cell's scales as they were


def _solved(study: Study, ready: Mapping[str, Any], scenarios: tuple[Scenario, ...]) -> Solved:
    key = scenarios[0].name
    _last[key] = calibrated(study, ready, scenarios, known=_last.get(key), resolution=RESOLUTION)
    return _last[key]


def _placebos(study: Study, known: str) -> dict[str, CellStudy]:
    """Treatments that should not help, in the place of the last coated cell."""
    try:
        name = coated_cell(study)
    except InputError:
        return {}
    return {f"placebo: {n}": s.cells[name] for n, (_, s) in placebo_studies(study, name, study.cells[known]).items()}


def _life(cell: CycledCell, placebo: bool) -> Json:
    if cell.series is None or cell.reading is None:
        return {"placebo": placebo, "reason": cell.reason}
    series, read = cell.series, cell.reading
    return {
        "placebo": placebo,
        "cycle": _list(series.cycle),
        "capacity_mAh_g": _list(MAH_G * series.capacity),
        "resistance_ohm_cm2": _list(1e4 * series.resistance),
        "losses_mAh_g": {f.name: MAH_G * getattr(series.losses, f.name) for f in fields(LossBudget)},
        "first_mAh_g": MAH_G * read.first_capacity,
        "last_mAh_g": MAH_G * read.last_capacity,
        "retention_percent": 100 * read.retention,
        "ended_by": read.ended_by,
        "curves": [_curve(c) for c in cell.curves if c.rate == 1.0],
    }


def _curve(curve: VoltageCurve) -> Json:
    return {
        "cycle": int(curve.cycle),
        "charge_mAh_g": _list(MAH_G * curve.charge_capacity),
        "charge_V": _list(curve.charge_voltage),
        "discharge_mAh_g": _list(MAH_G * curve.discharge_capacity),
        "discharge_V": _list(curve.discharge_voltage),
    }


def _list(values: np.ndarray) -> list[float]:
    """Five digits are more than a screen shows."""
    return [float(f"{v:.5g}") for v in np.asarray(values, dtype=float)]


def _times(number: Any, factor: float) -> Any:
    return replace(number, value=number.value * factor, distribution="fixed", spread=())


def _shares(composition: Mapping[str, float]) -> dict[str, float]:
    total = sum(composition.values())
    return {e: v / total for e, v in composition.items()}


def _python(study: Study, *lines: str) -> str:
    """Lines of Python as one command."""
    start = f"from epitropy.study import load_study; study = load_study('{_file(study)}')"
    return f'python -c "{"; ".join([start, *lines])}"'


def _named_cell(options: Mapping[str, Any]) -> str | None:
    given = options.get("cell")
    return None if given is None else str(given)


def _share(options: Mapping[str, Any], usual: float) -> float:
    """What part of the anneal has passed."""
    given = options.get("share", usual)
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1:
        raise InputError("share", f"{given!r}", "a number from 0 to 1, the part of the anneal that has passed")
    return float(given)


def _file(study: Study) -> str:
    return f"{study.name}.yaml"


VIEWS: Mapping[str, Callable[[Study, Mapping[str, Any]], Json]] = {
    "form": _form,
    "sources": _sources,
    "recipe": _recipe,
    "layer": _layer,
    "verdict": _verdict,
    "interface": _interface,
    "facets": _facets,
    "model": _model,
    "cell": _cell,
    "figure": _figure,
    "stages": _stages,
}
