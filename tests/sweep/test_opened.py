"""A row as a study of its own: the same numbers as the row, whatever was varied."""

import numpy as np
import pytest
import yaml

from epitropy.calibrate.ensemble import calibrated, calibration_cell, prepare
from epitropy.calibrate.scales import capacities
from epitropy.calibrate.scenarios import named_scenario
from epitropy.errors import InputError
from epitropy.study import read_study
from epitropy.sweep.folder import ROWS, Folder
from epitropy.sweep.opened import study_of_row
from epitropy.sweep.rows import columns_of, rows_of
from epitropy.sweep.spec import load_sweep, read_sweep

from .conftest import CHAIN

VARIED = {
    "the coating alone": {"coating.dose": ["1 wt%", "2 wt%"]},
    "what the measured cell has too": {"cathode.particle_diameter": ["3 um", "5 um"], "coating.dose": ["2 wt%"]},
    "what no file states": {"cell.electrode_porosity": ["25 %", "35 %"]},
    "a composition": {"cathode.composition.M": [{"Ni": 0.95, "Mn": 0.05}, {"Ni": 0.9, "Co": 0.1}]},
    "how it is cycled": {"protocol.upper_voltage": ["4.2 V", "4.4 V"], "coating.dose": ["1 wt%"]},
    "a choice": {"anneal.gas": ["air", "O2"]},
}


def stored(sweep, path):
    folder = Folder(path)
    folder.begin(sweep, {}, len(sweep.grid))
    folder.add(ROWS, 0, 0, len(sweep.grid), rows_of(sweep, 0, len(sweep.grid)), columns_of(sweep))
    return folder


@pytest.mark.parametrize("vary", VARIED.values(), ids=VARIED)
def test_a_row_opened_is_the_row(vary, tmp_path):
    sweep = read_sweep({**CHAIN, "vary": vary, "scenario": "barrier/inactive"})
    folder = stored(sweep, tmp_path / "x")
    raw, remark = study_of_row(folder, sweep, 1 if len(sweep.grid) > 1 else 0)
    study = read_study(yaml.safe_load(yaml.safe_dump(raw))).at({})
    name = calibration_cell(study)
    assert remark == "" and list(study.cells)[-1] == "coated"
    scenario = named_scenario(study, sweep.scenario)
    scales = calibrated(study, {name: prepare(study.cells[name])}, (scenario,)).scales[scenario.name]
    life = capacities(study.cells["coated"], *prepare(study.cells["coated"]), scenario, scales)
    row = folder.table().to_pylist()[1 if len(sweep.grid) > 1 else 0]
    assert life[199] / life[0] * 100 == pytest.approx(row["coated.retention_200 [%]"], abs=1e-6)
    assert np.isfinite(life).all()


def test_every_row_of_the_bundled_sweeps_keeps_the_data_with_their_cell(tmp_path):
    for name in ("cobalt-free", "thickness"):
        sweep = load_sweep(name)
        folder = Folder(tmp_path / name)
        folder.begin(sweep, {}, len(sweep.grid))
        from dataclasses import replace

        from epitropy.sweep.quantities import Tier

        brief = replace(sweep, tier=Tier.RECIPE, told=(), where=(), goals=())
        folder.add(ROWS, 0, 0, 3, rows_of(brief, 0, 3), columns_of(brief))
        raw, remark = study_of_row(folder, sweep, 2)
        assert remark == "" and read_study(raw).name == f"{sweep.name}-2"


def test_a_row_that_is_not_there_is_told(tmp_path):
    sweep = read_sweep({**CHAIN, "until": "recipe", "objectives": {}, "where": ["coating.dose > 1.5 wt%"]})
    folder = stored(sweep, tmp_path / "x")
    for index in (0, 99, -1):
        with pytest.raises(InputError, match="'index'"):
            study_of_row(folder, sweep, index)


def test_show_writes_a_row(written, epitropy, tmp_path):
    path = written({**CHAIN, "until": "recipe", "objectives": {}})
    assert epitropy("sweep", path, "-o", "made").returncode == 0
    made = epitropy("show", "made", "--row", 4)
    assert made.returncode == 0 and "epitropy run zhao2024-4.yaml" in made.stdout, made.stderr
    assert epitropy("recipe", "zhao2024-4.yaml").returncode == 0
    assert epitropy("show", "made", "--row", 40).returncode == 2
    assert epitropy("show", "made", "--row", 4, "-o", "none/x.yaml").returncode == 2
