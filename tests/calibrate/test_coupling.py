"""Whatever is weighed, heated or cycled differently must change what the coated cell is predicted to retain."""

import copy
from functools import cache

import pytest
import yaml

from epitropy.calibrate.ensemble import run_draw
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.electrolytes import electrolyte_names
from epitropy.study import read_study, study_text

RECIPE = "cells.coated.coating"
CHANGES = {
    "dose": {f"{RECIPE}.dose": "2 wt%"},
    "dose basis": {f"{RECIPE}.dose_basis": "total"},
    "area basis": {f"{RECIPE}.area_basis": "wetted"},
    "size of the agglomerates": {f"{RECIPE}.agglomerate_diameter": "80 nm"},
    "ratio of Nb to Zr": {f"{RECIPE}.precursors": {"Nb12WO33": "60 %", "ZrO2": "40 %"}},
    "wetted area": {"cathode.wetted_area": "0.5 m2/g"},
    "particle size": {"cathode.particle_diameter": "7 um"},
    "grain size": {"cathode.grain_size": "0.5 um"},
    "temperature": {"anneal.temperature": "650 degC"},
    "time": {"anneal.time": "10 h"},
    "gas": {"anneal.gas": "N2"},
    "upper cut-off": {"protocol.upper_voltage": "4.4 V"},
    "lower cut-off": {"protocol.lower_voltage": "3.0 V"},
    "charge rate": {"protocol.charge_rate": 0.5},
    "discharge rate": {"protocol.discharge_rate": 0.5},
    "hold at the cut-off": {"protocol.charge_mode": "CC-CV"},
    "rest": {"protocol.rest": "30 min"},
    "temperature of the cell": {"protocol.temperature": "45 degC"},
    "loading": {"cell.loading": "15 mg/cm2"},
    "electrolyte": {"cell.electrolyte": sorted(set(electrolyte_names()) - {"1 M LiPF6 in EC:EMC"})[0]},
    "mass basis": {"protocol.mass_basis": "host"},
}
CAPACITY_ONLY = {"mass basis"}  # a factor on all cycles alike


def study_with(changes):
    raw = copy.deepcopy(yaml.safe_load(study_text("zhao2024")))
    for path, value in changes.items():
        node, *rest = raw, *path.split(".")
        for part in rest[:-1]:
            node = node.setdefault(part, {})
        node[rest[-1]] = value
    return read_study(raw).at({})


@cache
def lives(name=None):
    study = study_with(CHANGES[name] if name else {})
    found = run_draw(study, {}, declared_scenarios(), only="coated").lives
    return {scenario: life for (_, scenario), life in found.items()}


def largest_change(name, quantity):
    before, after = lives(), lives(name)
    return max(abs(quantity(after[s]) - quantity(before[s])) for s in sorted(set(before) & set(after)))


@pytest.mark.parametrize("name", [n for n in CHANGES if n not in CAPACITY_ONLY])
def test_a_change_of_the_recipe_the_anneal_or_the_protocol_moves_the_retention(name):
    assert largest_change(name, lambda life: life[-1] / life[0]) > 1e-4


def test_the_mass_basis_moves_capacities():
    assert largest_change("mass basis", lambda life: life[0]) > 100.0


def test_a_layer_without_dose_or_heat_is_told_by_its_thickness():
    """Twice the dose is twice the volume; a shorter anneal leaves less of it spread."""
    from epitropy.pipeline import form

    normal, double, short = (
        form(study_with(c).cells["coated"]).coating for c in ({}, CHANGES["dose"], {"anneal.time": "1 min"})
    )
    volume = lambda layer: layer.thickness * layer.coverage * layer.area  # noqa: E731
    assert volume(double) == pytest.approx(2 * volume(normal), rel=1e-9, abs=0)
    assert volume(short) == pytest.approx(volume(normal), rel=1e-9, abs=0)
    assert short.coverage < normal.coverage
