"""The figure shows what the paths say, and the effect of a zero-strain lattice is told against its reference."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from epitropy.catalogue import phase
from epitropy.hosts import host_curves
from epitropy.records.sourced import Sourced
from epitropy.report.strain_figures import EFFECT_HEADER, Track, cracking_effect, numbers, strain_figure
from epitropy.strain.stage import facet_path, grain_path

HOST = host_curves("ncm90", "ncm90")
TOUGHNESS = Sourced(value=0.5, unit="J/m2", distribution="lognormal", spread=(1.2,))


def tracks():
    layer = facet_path("layer", HOST, phase("layered layer"), shares={"003": 0.3, "104": 0.7}, thickness=5e-9)
    grains = grain_path(HOST, grain_size=0.4e-6, breathing=1.0, young_modulus=175e9, poisson_ratio=0.25)
    return [Track(path=layer, toughness=TOUGHNESS), Track(path=grains, toughness=TOUGHNESS.set_to(0.13, "test"))]


def test_the_figure_draws_each_path_in_its_units():
    figure = strain_figure(tracks(), reached=0.2)
    misfit, stress, height = figure.axes
    layer = tracks()[0].path
    np.testing.assert_allclose(misfit.lines[0].get_ydata()[[0, -1]], 100 * layer.misfit[[0, -1]])
    np.testing.assert_allclose(stress.lines[0].get_ydata()[[0, -1]], 1e-9 * layer.stress[[0, -1]])
    np.testing.assert_allclose(height.lines[0].get_ydata()[-1], 1e9 * 5e-9 * 0.5 / layer.energy_release[-1])
    assert misfit.get_xlim() == (1.0, 0.0)
    words = " ".join(t.get_text() for panel in figure.axes for t in panel.texts)
    assert "5 nm: layer" in words and "400 nm: grain against grain" in words and "top of charge" in words


def test_the_numbers_drawn_are_told_with_their_failure():
    header, arrays = numbers(tracks())
    assert header[:5] == (
        "lithium",
        "layer misfit_percent",
        "layer stress_GPa",
        "layer critical_thickness_nm",
        "layer failure_mode",
    )
    assert {len(a) for a in arrays} == {201}
    assert set(arrays[4]) == {"debonding or buckling"} and "boundary cracking" in arrays[8]


def test_a_zero_strain_lattice_cracks_less_than_its_reference():
    """Its grains pull 0.06 of the mismatch, hence 0.06^2 of the energy; told beside drive, crack area and fade."""
    from epitropy.calibrate.ensemble import calibrated, prepare
    from epitropy.calibrate.scales import build
    from epitropy.cycling.program import program
    from epitropy.cycling.stage import live
    from epitropy.records.scenario import Scenario
    from epitropy.study import load_study

    study, scenario = load_study("zhang2022").at({}), Scenario(name="outer/series", title="")
    ready = {n: prepare(c) for n, c in study.cells.items()}
    scales = calibrated(study, ready, (scenario,)).scales[scenario.name]
    cells = {}
    for name, (formed, looked_up) in ready.items():
        cell = study.cells[name]
        life = live(build(cell, formed, scenario, scales), looked_up, *program(cell.protocol))
        cells[name] = SimpleNamespace(strain=(formed.grain_strain,), cycling={scenario.name: life})
    result = SimpleNamespace(scenarios=(scenario,), headline=None, cells=cells)
    header, rows = cracking_effect(result, study)
    assert header == EFFECT_HEADER and [r[0] for r in rows] == ["reference", "doped"]
    reference, doped = (dict(zip(header[1:], map(float, row[1:]))) for row in rows)
    breathing = study.cells["doped"].cathode.breathing.value
    ratio = doped["largest mismatch of grains / %"] / reference["largest mismatch of grains / %"]
    assert ratio == pytest.approx(breathing, rel=0.05)
    assert doped["G of grains / (J/m²)"] / reference["G of grains / (J/m²)"] == pytest.approx(breathing**2, rel=0.05)
    assert doped["drive for cracks"] < reference["drive for cracks"]
    assert doped["at the last cycle"] < reference["at the last cycle"]
    # only what a charge passes through counts
    shallow = replace(cells["reference"].cycling[scenario.name], charged_lithium=np.full(200, 0.8))
    cells["reference"].cycling[scenario.name] = shallow
    grains = ready["reference"][0].grain_strain
    found = float(cracking_effect(result, study)[1][0][1])
    assert found == pytest.approx(100 * np.interp(0.8, grains.lithium, grains.misfit), abs=0.01)


def test_without_a_solved_scenario_there_is_no_effect_to_tell():
    result = SimpleNamespace(scenarios=(), headline=None, cells={})
    assert cracking_effect(result, None) == (EFFECT_HEADER, ())
