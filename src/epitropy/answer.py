"""The answer of a run as one JSON document, and the schema that it obeys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, get_type_hints

from .jsonio import definitions, from_json, schema_of, to_json
from .records.headline import (
    Attribution,
    Band,
    Baseline,
    Capacity,
    CellHeadline,
    Headline,
    Influence,
    Placebo,
    Prediction,
    Retention,
    Update,
)
from .records.measurement import ExpectedReading, Measurement, MeasurementPair, MeasurementPlan
from .records.result import CellStages, StudyResult
from .records.scenario import Scales, Scenario
from .records.sourced import GRADES, Sourced
from .study import CellStudy, read_study, study_schema

MAH_PER_G = 1 / 3600  # of 1 C/kg, in mAh/g: 1/3600 Ah/kg
BESIDE = (  # what the draws say beside the headline; fields of `Headline`
    "draws",
    "solved_by_scenario",
    "reasons_unsolved",
    "between_scenarios",
    "baselines",
    "placebos",
    "influences",
    "no_effect",
    "measurements",
    "update",
    "attribution",
)


def answer(result: StudyResult) -> dict[str, Any]:
    """Headline in field units, stages in SI, grades, references and what the ensemble says beside."""
    told = result.headline
    return {
        "epitropy_version": result.version,
        "study": result.study,
        "title": result.title,
        "study_hash": result.hash,
        "priors_hash": result.priors,
        "headline": {name: _headline(cell) for name, cell in told.cells.items()} if told else None,
        "nominal_retention": to_json(result.nominal),
        "ensemble": _ensemble(result),
        "scenarios": to_json(result.scenarios),
        "scales": to_json(result.scales),
        "stages": to_json(result.cells),
        "grades": {g: Counter(v.grade for v in result.inputs.values())[g] for g in GRADES},
        "inputs": to_json(result.inputs),
        "references": list(result.references),
        "library_versions": dict(result.versions),
    }


def _headline(cell: CellHeadline) -> dict[str, Any]:
    """One cell: capacities in mAh/g, retention as a fraction, each as value, low and high."""
    return {
        "capacity_mAh_g": {"cycle_1": _capacity(cell.first), f"cycle_{cell.cycles}": _capacity(cell.last)},
        f"retention_{cell.cycles}": to_json(cell.retention),
        "level": cell.level,
        "basis": cell.basis,
        "scenarios": [_scenario(p, cell.cycles) for p in cell.scenarios],
    }


def _scenario(p: Prediction, cycles: int) -> dict[str, Any]:
    solved = p.retention is not None
    return {
        "name": p.scenario,
        f"retention_{cycles}": to_json(p.retention),
        "capacity_mAh_g": {"cycle_1": _capacity(p.first), f"cycle_{cycles}": _capacity(p.last)} if solved else None,
        "infeasible_share": p.infeasible_share,
    }


def _capacity(interval: Any) -> dict[str, float]:
    return {k: round(getattr(interval, k) * MAH_PER_G, 4) for k in ("value", "low", "high")}


def _ensemble(result: StudyResult) -> dict[str, Any] | None:
    """What the draws say beside the headline."""
    told = result.headline
    if told is None:
        return None
    return {name: to_json(getattr(told, name)) for name in BESIDE} | {
        "bands": {name: to_json(cell.band) for name, cell in told.cells.items()}
    }


def read(data: Mapping[str, Any]) -> StudyResult:
    """The result that `answer` told, to its digits; KeyError, TypeError or ValueError where it is no such answer.

    Curves longer than `jsonio.MOST_POINTS` come back thinned.
    """
    return StudyResult(
        study=data["study"],
        title=data["title"],
        hash=data["study_hash"],
        priors=data["priors_hash"],
        version=data["epitropy_version"],
        versions=dict(data["library_versions"]),
        inputs=from_json(Mapping[str, Sourced], data["inputs"]),
        cells=from_json(Mapping[str, CellStages], data["stages"]),
        scenarios=from_json(tuple[Scenario, ...], data["scenarios"]),
        scales=from_json(Mapping[str, Scales], data["scales"]),
        nominal=from_json(Mapping[str, Mapping[str, float]], data["nominal_retention"]),
        headline=_read_headline(data["headline"], data["ensemble"]) if data["headline"] is not None else None,
        references=tuple(data["references"]),
    )


def _read_headline(told: Mapping[str, Any], ensemble: Mapping[str, Any]) -> Headline:
    hints = get_type_hints(Headline, include_extras=True)
    beside = {name: from_json(hints[name], ensemble[name]) for name in BESIDE}
    cells = {name: _read_cell(cell, ensemble["bands"][name]) for name, cell in told.items()}
    return Headline(cells=cells, **beside)


def _read_cell(told: Mapping[str, Any], band: Mapping[str, Any]) -> CellHeadline:
    cycles = max(int(name.removeprefix("cycle_")) for name in told["capacity_mAh_g"])
    first, last = _read_capacities(told["capacity_mAh_g"], cycles)
    return CellHeadline(
        basis=told["basis"],
        level=told["level"],
        cycles=cycles,
        first=first,
        last=last,
        retention=from_json(Retention, told[f"retention_{cycles}"]),
        band=from_json(Band, band),
        scenarios=tuple(_read_scenario(s, cycles) for s in told["scenarios"]),
    )


def _read_scenario(told: Mapping[str, Any], cycles: int) -> Prediction:
    first, last = _read_capacities(told["capacity_mAh_g"], cycles) if told["capacity_mAh_g"] else (None, None)
    return Prediction(
        scenario=told["name"],
        first=first,
        last=last,
        retention=from_json(Retention | None, told[f"retention_{cycles}"]),
        infeasible_share=told["infeasible_share"],
    )


def _read_capacities(told: Mapping[str, Any], cycles: int) -> tuple[Capacity, Capacity]:
    first, last = (Capacity(**{end: v / MAH_PER_G for end, v in told[f"cycle_{n}"].items()}) for n in (1, cycles))
    return first, last


def schema() -> dict[str, Any]:
    """JSON Schema of an answer; ``$defs/Study`` is that of a study file, ``names`` lists every dotted name."""
    interval = {
        "type": "object",
        "properties": {k: {"type": "number"} for k in ("value", "low", "high")},
        "required": ["value", "low", "high"],
        "additionalProperties": False,
    }
    text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    told = (MeasurementPlan, Measurement, MeasurementPair, ExpectedReading)
    records = (CellStages, Scenario, Scales, Sourced, Baseline, Placebo, Influence, *told, Band, Update, Attribution)
    properties = {
        "epitropy_version": text,
        "study": text,
        "title": text,
        "study_hash": text,
        "priors_hash": text,
        "headline": {"anyOf": [{"type": "null"}, _map({"$ref": "#/$defs/CellHeadline"})]},
        "nominal_retention": _map(_map({"type": "number"})),
        "ensemble": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Ensemble"}]},
        "scenarios": schema_of(tuple[Scenario, ...]),
        "scales": _map({"$ref": "#/$defs/Scales"}),
        "stages": _map({"$ref": "#/$defs/CellStages"}),
        "grades": _record({g: {"type": "integer"} for g in GRADES}),
        "inputs": _map({"$ref": "#/$defs/Sourced"}),
        "references": texts,
        "library_versions": _map(text),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "epitropy answer",
        **_record(properties),
        "$defs": {
            "Interval": interval,
            **_headline_schema(),
            "Ensemble": _ensemble_schema(),
            **definitions(*records),
            "Study": study_schema(),
        },
        "names": {"inputs": input_names(), "results": list(RESULT_NAMES)},
    }


def _map(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def _record(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def _headline_schema() -> dict[str, Any]:
    """Cells and scenarios of the headline; the last cycle's number stands in the keys."""
    interval = {"$ref": "#/$defs/Interval"}
    maybe = {"anyOf": [{"type": "null"}, interval]}
    capacities = {
        "type": "object",
        "patternProperties": {"^cycle_[0-9]+$": interval},
        "additionalProperties": False,
        "required": ["cycle_1"],
    }
    share = {"type": "number", "minimum": 0, "maximum": 1}
    cell = {
        "type": "object",
        "properties": {
            "capacity_mAh_g": capacities,
            "level": share,
            "basis": {"enum": ["calibrated", "predicted"]},
            "scenarios": {"type": "array", "items": {"$ref": "#/$defs/ScenarioHeadline"}},
        },
        "patternProperties": {"^retention_[0-9]+$": interval},
        "required": ["capacity_mAh_g", "level", "basis", "scenarios"],
        "additionalProperties": False,
    }
    scenario = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "capacity_mAh_g": {"anyOf": [{"type": "null"}, capacities]},
            "infeasible_share": share,
        },
        "patternProperties": {"^retention_[0-9]+$": maybe},
        "required": ["name", "capacity_mAh_g", "infeasible_share"],
        "additionalProperties": False,
    }
    return {"CellHeadline": cell, "ScenarioHeadline": scenario}


def _ensemble_schema() -> dict[str, Any]:
    return _record(
        {
            "draws": {"type": "integer"},
            "solved_by_scenario": _map({"type": "number"}),
            "reasons_unsolved": _map({"type": "integer"}),
            "between_scenarios": {"type": "number"},
            "baselines": schema_of(tuple[Baseline, ...]),
            "placebos": schema_of(tuple[Placebo, ...]),
            "influences": schema_of(tuple[Influence, ...]),
            "no_effect": {"type": "array", "items": {"type": "string"}},
            "measurements": schema_of(MeasurementPlan | None),
            "update": schema_of(Update | None),
            "attribution": schema_of(tuple[Attribution, ...]),
            "bands": _map({"$ref": "#/$defs/Band"}),
        }
    )


RESULT_NAMES = ("CELL.capacity_1", "CELL.capacity_N", "CELL.retention_N")


def input_names() -> dict[str, dict[str, str]]:
    """Every dotted input of a coated and annealed cell: what it is, its unit, default and grade."""
    from .study import leaves
    from .units import convert

    study = read_study({"name": "defaults", "cells": {"coated": {"coating": {}, "anneal": {}}}})
    rows = {}
    for name, number in leaves(study.cells["coated"]):
        shown = shown_unit(name)
        rows[name] = {
            "label": number.label,
            "unit": shown,
            "default": f"{convert(number.value, number.unit, shown):.4g}",
            "grade": number.grade,
        }
    return rows


def shown_unit(name: str) -> str:
    """Unit in which people read a dotted input.

    >>> shown_unit("coating.dose"), shown_unit("anneal.diffusivity_host.Ni")
    ('wt%', 'cm2/s')
    """
    from typing import get_args, get_type_hints

    from .units import units_of

    block, key = name.split(".")[:2]
    hint = get_type_hints(CellStudy)[block]
    kind = next((a for a in get_args(hint) if a is not type(None)), hint)
    unit = units_of(kind)[key]
    return unit.shown if unit else "1"
