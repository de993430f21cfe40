"""``epitropy export``: a cell as a script for plain PyBaMM, and the parameter set that PyBaMM lists.

The script is the package's own code, copied in: laws, slow state, PyBaMM model and life loop, then the numbers with
their sources. It needs PyBaMM and numpy only.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from textwrap import dedent, fill, indent, wrap

import numpy as np

from .. import __version__
from ..calibrate.ensemble import calibration_cell, prepare
from ..calibrate.scales import build
from ..catalogue import phase
from ..cycling import ageing, kernel
from ..cycling.parameters import Model, Tables
from ..cycling.program import program
from ..cycling.spec import Protocol
from ..errors import InputError
from ..pipeline import SKIN
from ..records.phase import Phase
from ..records.scenario import Scales, Scenario
from ..records.sourced import GRADES
from ..sources import table
from ..study import CellStudy, Study, leaves, load_study, study_hash
from .cycle import chosen_cells, chosen_scenarios, solved_scales

SET_STUDY, SET_CELL = "zhao2024", "bare"  # of the parameter set that PyBaMM lists
WIDTH = 120
Origin = tuple[object, str, str, str]  # value, unit, grade, source
CHOSEN = "chosen"  # in place of a grade, where a study chooses and no number is uncertain

HOST = ("cathode.composition", "table.lattice")
GRAINS = (*HOST, "cathode.grain_size")
AREAS = (*GRAINS, "cathode.wetted_area", "degradation.wetted_area_200", "degradation.cracked_share")
ELASTIC = (*HOST, "cathode.young_modulus", "cathode.poisson_ratio", "cathode.breathing")
FACETS = ("cathode.surface_energy.", "cathode.facet_shares.")
MISFIT = (*HOST, *FACETS, "table.skin", "degradation.skin_thickness_200")
CALIBRATION = ("calibration.", "scenario")
LOADING = ("cell.loading", "protocol.mass_basis")
THICKNESS = (*LOADING, *HOST, "cell.electrode_porosity", "cell.active_share")
WARM = "protocol.temperature"
SALT = ("table.electrolyte", WARM)
GROWTH = (
    "degradation.skin_thickness_200",
    "degradation.skin_transport_share",
    "degradation.skin_activation_energy",
    WARM,
)

ORIGIN: Mapping[str, tuple[str, tuple[str, ...]]] = {  # number: unit, what it comes from (a final dot: all below)
    "capacity_full": ("C/kg", ("cathode.composition",)),
    "density": ("kg/m3", HOST),
    "kinetic_scale": ("1", CALIBRATION),
    "reference_area": ("m2/kg", AREAS),
    "apparent_radius": ("m", ("cathode.apparent_radius",)),
    "uncracked_transport": ("1", ("cathode.uncracked_transport",)),
    "outer_area": ("m2/kg", ("cathode.wetted_area",)),
    "crack_area_start": ("m2/kg", AREAS),
    "crack_area_max": ("m2/kg", GRAINS),
    "crack_rate": ("1/cycle", (*AREAS, *CALIBRATION, "degradation.deep_charge_share")),
    "deep_charge_share": ("1", ("degradation.deep_charge_share",)),
    "coverage_outer": ("1", ()),
    "coverage_cracks": ("1", ()),
    "film_resistance_outer": ("ohm m2", ()),
    "film_resistance_cracks": ("ohm m2", ()),
    "film_path_outer": ("m", ()),
    "film_path_cracks": ("m", ()),
    "layer_thickness": ("m", ()),
    "fresh_skin": ("m", ("degradation.fresh_skin", "anneal.")),
    "skin_rate": ("m/s", (*GROWTH, *CALIBRATION)),
    "skin_diffusivity": ("m2/s", (*GROWTH, *CALIBRATION)),
    "fade_scale": ("1", CALIBRATION),
    "skin_resistivity": ("ohm m", ("degradation.skin_resistivity", "degradation.conduction_activation_energy", WARM)),
    "interphase_growth": (
        "ohm m2/s^0.5",
        ("degradation.interphase_resistance_200", "degradation.interphase_activation_energy", WARM, *CALIBRATION),
    ),
    "interphase_coated": ("1", ("degradation.interphase_coated",)),
    "dead_volume_ratio": ("1", ("degradation.dead_volume_ratio",)),
    "inert_share": ("1", ("cathode.inactive_share", "scenario")),
    "pinning_rate": ("1/cycle", ("degradation.pinned_share_200", *CALIBRATION)),
    "pinning_limit": ("1", ("degradation.pinning_limit",)),
    "threshold": ("1", ("degradation.threshold",)),
    "threshold_width": ("1", ("degradation.threshold_width",)),
    "coherency": ("1", ("degradation.coherency",)),
    "mass_factor": ("1", ("protocol.mass_basis",)),
    "loading": ("kg/m2", LOADING),
    "series_resistance": (
        "ohm m2",
        ("cell.series_resistance", "cell.contact_resistance", "cell.electrode_conductivity", "cell.contact_share")
        + ("cathode.surface_resistance", "scenario", *THICKNESS),
    ),
    "lithium_exchange": ("A/m2", ("cell.lithium_exchange", "cell.lithium_activation_energy", WARM)),
    "lithium_salt_exponent": ("1", ("cell.lithium_salt_exponent",)),
    "lithium_growth": (
        "ohm m2/cycle",
        ("cell.lithium_resistance_growth", "cell.lithium_growth_activation_energy", WARM),
    ),
    "crosstalk_growth": ("ohm m2/cycle", ("degradation.crosstalk_growth", *CALIBRATION)),
    "dissolution_coated": ("1", ("degradation.crosstalk_growth",)),  # none, by the law of cross-talk
    "reference_exposure": ("s/cycle", CALIBRATION),
    "salt_concentration": ("mol/m3", SALT),
    "transference": ("1", SALT),
    "thermodynamic_factor": ("1", SALT),
    "exchange_salt_exponent": ("1", ("table.exchange",)),
    "separator_thickness": ("m", ("cell.separator_thickness",)),
    "separator_porosity": ("1", ("cell.separator_porosity",)),
    "separator_transport": ("1", ("cell.separator_porosity", "cell.bruggeman")),
    "electrode_thickness": ("m", THICKNESS),
    "electrode_porosity": ("1", ("cell.electrode_porosity",)),
    "electrode_transport": ("1", ("cell.electrode_porosity", "cell.bruggeman")),
    "one_c": ("A/kg", ("protocol.one_c",)),
    "upper_voltage": ("V", ("protocol.upper_voltage",)),
    "lower_voltage": ("V", ("protocol.lower_voltage",)),
    "thermal_voltage": ("V", (WARM,)),
    # tables
    "voltage": ("V", ("table.ocv", "cathode.ocv_shift")),
    "diffusivity": ("m2/s", ("table.diffusivity", "cathode.diffusivity_activation_energy", WARM)),
    "exchange": (
        "A/m2",
        ("table.exchange", "cathode.exchange_current", "cathode.exchange_activation_energy", WARM),
    ),
    "stress_skin": ("V", MISFIT),
    "stress_layer": ("V", MISFIT),
    "crack_ratio": ("1", (*ELASTIC, *GRAINS, "cathode.boundary_toughness")),
    "layer_relief": ("1", MISFIT),
    "salt_diffusivity": ("m2/s", SALT),
    "salt_conductivity": ("S/m", SALT),
}

POWDER = tuple(f"cathode.{name}" for name in ("particle_diameter", "roughness", "wetted_area", "residual_lithium"))
LAYER = ("coating.", "anneal.", "layer.", "stability.", "scenario", "table.layer", *POWDER)
BONDED = (*LAYER, *ELASTIC, *FACETS, "cathode.ocv_shift", "protocol.upper_voltage", "degradation.coherency")
CONTACTS = ("cell.contact_resistance", "cell.contact_share", WARM)
BY_LAYER: Mapping[str, tuple[str, ...]] = {  # what a layer adds to that
    **dict.fromkeys(("coverage_outer", "coverage_cracks", "crack_area_start", "crack_rate"), BONDED),
    **dict.fromkeys(("film_resistance_outer", "film_resistance_cracks"), (*LAYER, *FACETS, WARM)),
    **dict.fromkeys(("film_path_outer", "film_path_cracks", "layer_thickness", "inert_share", "mass_factor"), LAYER),
    **dict.fromkeys(("loading", "electrode_thickness", "stress_layer", "layer_relief"), LAYER),
    "series_resistance": (*BONDED, *CONTACTS),
}


def origin(number: str, *, coated: bool) -> tuple[str, ...]:
    """Names of what a number of the model or a table comes from; a final dot stands for all below a name.

    >>> origin("outer_area", coated=True)
    ('cathode.wetted_area',)
    """
    return tuple(dict.fromkeys((*ORIGIN[number][1], *(BY_LAYER.get(number, ()) if coated else ()))))


@dataclass(frozen=True, slots=True)
class CellNumbers:
    """One cell, calibrated, in one scenario: all that a script is written from."""

    name: str
    cell: CellStudy
    scenario: Scenario
    scales: Scales
    crystal: Phase | None  # of the layer
    model: Model
    tables: Tables


def cell_numbers(study: Study, cell: str | None = None, scenario: str | None = None) -> CellNumbers:
    """A cell (default: the last coated one, or the last) at the medians, in a scenario (default: first that solves)."""
    name = cell or [n for n, c in study.cells.items() if c.coating or not _any_coated(study)][-1]
    chosen_cells(study, [name])
    tried = chosen_scenarios(study, scenario)
    if len(tried) > 1 and scenario is not None:
        raise InputError("--scenario", scenario, "one scenario")
    centre = study.at({})
    ready = {n: prepare(centre.cells[n]) for n in dict.fromkeys([calibration_cell(centre), name])}
    ((one, scales),) = solved_scales(centre, ready, tried, False, lambda stage, done, total: None)[0].items()
    formed, looked_up = ready[name]
    found = centre.cells[name]
    return CellNumbers(name, found, one, scales, formed.crystal, build(found, formed, one, scales), looked_up)


def _any_coated(study: Study) -> bool:
    return any(cell.coating for cell in study.cells.values())


def parameter_set() -> dict[str, object]:
    """A bare NCM90 half-cell at the medians of the study zhao2024, calibrated, in the first declared scenario, fresh.

    For PyBaMM's list of parameter sets: ``pybamm.ParameterValues("epitropy_NCM90_half_cell")``.
    """
    from ..cycling.pybamm_cell import parameters

    found = cell_numbers(load_study(SET_STUDY), SET_CELL)
    m = found.model
    return parameters(
        m._asdict(),
        found.tables._asdict(),
        ageing.seen(m, ageing.fresh(m, 0))._asdict(),
        area=found.cell.cell.area.value * found.cell.cell.coated_faces,
        initial_lithium=kernel.FRESH_LITHIUM,
    )


def origins(study: Study, numbers: CellNumbers) -> dict[str, Origin]:
    """All that a cell's numbers come from: value, unit, grade, source by dotted name."""
    known = study.inputs()  # without those of elements and phases that the study does not hold
    found = {
        path: (v.value, v.unit, v.grade, v.source)
        for path, v in leaves(numbers.cell)
        if path in known or f"{numbers.name}.{path}" in known
    }
    cell = numbers.cell
    elements = {site: dict(shares) for site, shares in cell.cathode.composition.items()}
    found["cathode.composition"] = (str(elements), "mole fractions by site", CHOSEN, "the study")
    found["protocol.mass_basis"] = (cell.protocol.mass_basis, "", CHOSEN, "the study")
    for name, section, file in (
        ("lattice", "lattice", cell.cathode.lattice),
        *((key, key, cell.cathode.ocv) for key in ("ocv", "diffusivity", "exchange")),
    ):
        rows = _curve(file, section)
        found[f"table.{name}"] = (file, "curve", rows["grade"], rows["source"])
    rows = table("electrolytes.toml")[cell.cell.electrolyte]
    found["table.electrolyte"] = (cell.cell.electrolyte, "curves", rows["grade"], rows["source"])
    phases = {"skin": phase(SKIN, cell.phases)} | ({"layer": numbers.crystal} if numbers.crystal else {})
    for name, crystal in phases.items():
        found[f"table.{name}"] = (crystal.name, "crystal", crystal.cell_grade, crystal.cell_source)
    if study.calibration:
        for cycle, given in study.calibration.capacity.items():
            where = f"{study.calibration.cell}, cycle {cycle}: {given.source}"
            found[f"calibration.capacity.{cycle}"] = (given.value, given.unit, given.grade, where)
    title = numbers.scenario.title or "declared scenario"
    return found | {"scenario": (numbers.scenario.name, "", "assumed", title)}


def _curve(file: str, section: str) -> Mapping[str, object]:
    rows = table(f"cathodes/{file}.toml")[section]
    return _curve(rows["same_as"], section) if "same_as" in rows else rows


def among(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether an input is one of those named; a name with a final dot stands for all below it.

    >>> among("coating.dose", ("coating.",)), among("cell.area", ("cell.loading",))
    (True, False)
    """
    return any(name.startswith(p) if p.endswith(".") else name == p for p in patterns)


def grade_of(patterns: tuple[str, ...], found: Mapping[str, Origin]) -> str:
    """The weakest grade among what a number comes from; without any, derived."""
    grades = [row[2] for name, row in found.items() if among(name, patterns) and row[2] != CHOSEN]
    return max(grades, key=GRADES.index, default="derived")


def script(study: Study, numbers: CellNumbers) -> str:
    """The text of the script."""
    found = origins(study, numbers)
    parts = [
        _head(study, numbers),
        IMPORTS,
        _section("Laws", _code("laws.py", keep=_laws())),
        _section("Records", _code("parameters.py")),
        _section("Slow state", _code("ageing.py")),
        _section("The model in PyBaMM", _code("pybamm_cell.py", drop=("PARAMETER_SET",))),
        _section(
            "A life, cycle by cycle",
            _constants(),
            _code("pybamm_life.py", drop=("simulate", "Life")),
        ),
        _section(
            "Where the numbers come from: value, unit, grade, source", _sources(found, numbers.cell.coating is not None)
        ),
        _section("The cell", _numbers(numbers, found), _tables(numbers, found), _program(numbers)),
        _section("Use", MAIN),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(study: Study, numbers: CellNumbers) -> str:
    title = f"Half-cell '{numbers.name}' of the study {study.name} in PyBaMM: {study.title}".rstrip(": ")
    lines = [
        *fill(title, WIDTH).splitlines(),
        "",
        f"Written by epitropy {__version__}, study hash {study_hash(study)}, scenario {numbers.scenario.name}",
        f"({numbers.scenario.title}), all inputs at their medians.",
        "Needs PyBaMM (written for 26.9 to 26.10) and numpy, nothing else.",
        "",
        "    python SCRIPT               the first cycles of the program, each simulated",
        "    python SCRIPT 50 --skip     50 of its cycles, those between which little changes skipped",
        "    python SCRIPT --experiment  the fresh cell in pybamm.Simulation with a pybamm.Experiment",
        "",
        _docstring("pybamm_cell.py").split("\n\n", 2)[2].strip(),
        "",
        "Between cycles the slow state moves: skins and interphases by a clock of exposure, cracks, lithium metal and",
        "pinned grains by the cycle (`moved`). MODEL, TABLES and PROGRAM hold the numbers, SOURCES their origin.",
    ]
    return '"""' + "\n".join(lines) + '\n"""'


IMPORTS = dedent(
    """
    from __future__ import annotations

    import argparse
    import math
    from collections.abc import Mapping, Sequence
    from types import SimpleNamespace
    from typing import Any, NamedTuple

    import numpy as np
    import pybamm
    """
)


def _section(title: str, *parts: str) -> str:
    return "\n\n\n".join([f"# {'-' * 8} {title} {'-' * 8}", *(part.strip("\n") for part in parts)])


def _source(file: str) -> str:
    return files("epitropy.cycling").joinpath(file).read_text(encoding="utf-8")


def _docstring(file: str) -> str:
    return ast.get_docstring(ast.parse(_source(file))) or ""


def _code(file: str, keep: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> str:
    """Top-level statements of a file of the engine, with the comments above them; neither imports nor decorators."""
    text = _source(file)
    lines, parts = text.splitlines(), []
    end = 0
    for node in ast.parse(text).body:
        start, end = end, node.end_lineno
        names = set(_names(node))
        left_out = (
            isinstance(node, (ast.Import, ast.ImportFrom)) or names & set(drop) or (keep and not names & set(keep))
        )
        if left_out or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        decorators = {d.lineno - 1 for d in getattr(node, "decorator_list", ())}
        parts += [line for k, line in enumerate(lines[start:end], start) if k not in decorators]
    return "\n".join(parts)


def _names(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    for target in getattr(node, "targets", ()):
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def _imported(file: str, module: str) -> list[str]:
    """Names that a file of the engine takes from another."""
    found = [n for n in ast.parse(_source(file)).body if isinstance(n, ast.ImportFrom) and n.module == module]
    return [alias.name for node in found for alias in node.names]


def _laws() -> tuple[str, ...]:
    """The laws that the slow state calls, and those that they call."""
    bodies = {name: node for node in ast.parse(_source("laws.py")).body for name in _names(node)}
    called, waiting = set(), _imported("ageing.py", "laws")
    while waiting:
        name = waiting.pop()
        called.add(name)
        below = {n.id for n in ast.walk(bodies[name]) if isinstance(n, ast.Name)}
        waiting += (below & set(bodies)) - called
    return tuple(called)


def _constants() -> str:
    """What the life takes from the kernel, as numbers."""
    found = {name: getattr(kernel, name) for name in _imported("pybamm_life.py", "kernel")}
    return "\n".join(f"{name} = {_listed(value)}" for name, value in found.items())


def _listed(value: object) -> str:
    if not isinstance(value, tuple):
        return repr(value)
    return "(\n" + "".join(f"    {_quoted(each)},\n" for each in value) + ")"


def _quoted(value: object) -> str:
    """A value as Python writes it, with double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _sources(found: Mapping[str, Origin], coated: bool) -> str:
    """Every input that a number comes from; the long sources in lines."""
    wanted = tuple(pattern for number in ORIGIN for pattern in origin(number, coated=coated))
    lines = ["SOURCES = {"]
    for name, (value, unit, grade, source) in sorted(found.items()):
        if not among(name, wanted):
            continue
        words = wrap(source, WIDTH - 20, drop_whitespace=False) or [""]
        lines += [f"    {_quoted(name)}: (", *(f"        {_quoted(v)}," for v in (value, unit, grade))]
        lines += [f"        {_quoted(part)}" for part in words]
        lines += ["    ),"]
    return "\n".join([*lines, "}"])


def _comment(number: str, found: Mapping[str, Origin], coated: bool) -> list[str]:
    """Unit, grade and origin of a number, as comments."""
    patterns = origin(number, coated=coated)
    here = [p for p in patterns if any(among(name, (p,)) for name in found)]
    told = ", ".join(f"{p}*" if p.endswith(".") else p for p in here) or "there is no layer"
    text = f"{ORIGIN[number][0]}, {grade_of(patterns, found)}: {told}"
    return fill(text, WIDTH, initial_indent="    # ", subsequent_indent="    # ").splitlines()


def _numbers(numbers: CellNumbers, found: Mapping[str, Origin]) -> str:
    lines = ["MODEL = Model("]
    for name, value in numbers.model._asdict().items():
        lines += _comment(name, found, numbers.cell.coating is not None)
        lines.append(f"    {name}={float(value)!r},")
    return "\n".join([*lines, ")"])


def _tables(numbers: CellNumbers, found: Mapping[str, Origin]) -> str:
    head = "# over lithium content 0..1; those of the salt over 0..SALT_LIMIT [mol/m3]; read by straight lines"
    lines = [head, "TABLES = Tables("]
    for name, values in numbers.tables._asdict().items():
        lines += _comment(name, found, numbers.cell.coating is not None)
        if np.all(values == values[0]):
            lines.append(f"    {name}=np.full({len(values)}, {float(values[0])!r}),")
            continue
        body = fill(", ".join(repr(float(v)) for v in values), WIDTH - 12, break_on_hyphens=False)
        lines.append(f"    {name}=np.array(\n        [\n{indent(body, ' ' * 12)}\n        ]\n    ),")
    return "\n".join([*lines, ")"])


def _program(numbers: CellNumbers) -> str:
    """The program, its equal rows told once."""
    rows, kinds = program(numbers.cell.protocol)
    runs: list[list] = []
    for row, kind in zip(rows.tolist(), kinds):
        if runs and runs[-1][0] == row and runs[-1][2] == kind:
            runs[-1][1] += 1
        else:
            runs.append([row, 1, kind])
    lines = ["# charge and discharge rate [C], rate that ends the hold [C] (0: none), rests [s], 1 if all ageing moves"]
    lines += ["PROGRAM = np.repeat(", "    ["]
    lines += [f"        {row!r},  # {count} x {kind}" for row, count, kind in runs]
    lines += ["    ],", f"    {[count for _, count, _ in runs]!r},", "    axis=0,", ")"]
    return "\n".join([*lines, *_choices(numbers.cell.protocol, numbers)])


def _choices(protocol: Protocol, numbers: CellNumbers) -> list[str]:
    cell = numbers.cell.cell
    return [
        f"SKIP_TOLERANCE = {protocol.skip_tolerance!r}  # of the capacity",
        f"AREA = {cell.area.value * cell.coated_faces!r}  # m2 of electrode in the cell",
        "PARAMETER_SET = parameters(  # of the fresh cell",
        "    MODEL._asdict(),",
        "    TABLES._asdict(),",
        "    seen(MODEL, fresh(MODEL, 0))._asdict(),",
        "    area=AREA,",
        "    initial_lithium=FRESH_LITHIUM,",
        ")",
    ]


MAIN = dedent(
    '''
    def experiment():
        """The fresh cell through one slow cycle in a plain pybamm.Simulation; ``solution.plot()`` shows it."""
        row = Row(*PROGRAM[0])
        up = [f"Charge at {row.charge_rate} C until {MODEL.upper_voltage} V"]
        if row.hold_rate > 0:
            up.append(f"Hold at {MODEL.upper_voltage} V until {row.hold_rate} C")
        steps = (*up, "Rest for 10 minutes", f"Discharge at {row.discharge_rate} C until {MODEL.lower_voltage} V")
        model = CoatedHalfCell()
        values = pybamm.ParameterValues(PARAMETER_SET)  # change numbers here, by name
        return pybamm.Simulation(model, parameter_values=values, experiment=pybamm.Experiment([steps])).solve()


    def main(arguments=None):
        """Capacities in mAh per g of the mass basis by cycle."""
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("cycles", nargs="?", type=int, default=4, help=f"of the program, 1 to {len(PROGRAM)}")
        parser.add_argument("--skip", action="store_true", help="skip cycles between which little changes")
        parser.add_argument("--experiment", action="store_true", help="one slow cycle in pybamm.Simulation instead")
        chosen = parser.parse_args(arguments)
        if not 1 <= chosen.cycles <= len(PROGRAM):
            parser.error(f"cycles: {chosen.cycles}; allowed: 1 to {len(PROGRAM)}")
        if chosen.experiment:
            solution = experiment()
            mass = MODEL.loading * MODEL.mass_factor * AREA  # kg
            passed = solution["Discharge capacity [A.h]"].entries / mass  # mAh/g
            print(f"charged {-passed.min():.3f} mAh/g, discharged {passed[-1] - passed.min():.3f} mAh/g")
            return None
        rows = PROGRAM[: chosen.cycles]
        tolerance = SKIP_TOLERANCE if chosen.skip else 0.0
        found, ended, last, lithium, salt = age(engine_of(MODEL, TABLES), MODEL, TABLES, rows, tolerance)
        capacity = dict(enumerate(found[:, COLUMNS.index("capacity")] / 3600, 1))
        for cycle, each in capacity.items():
            if math.isfinite(each):
                print(f"cycle {cycle:4d} {each:12.5f} mAh/g")
        if ended != ENDED or not math.isfinite(capacity[len(rows)]):
            print(f"the cell delivers no cycle {last + 1}")
        print(f"imbalance of lithium {lithium:.1e}, of salt {salt:.1e}")
        return capacity


    if __name__ == "__main__":
        main()
    '''
)
