"""Fit the ageing model to the bare cell that comes with these examples.

Run it to fit `examples/data/bare-cell.csv` (profile likelihood alone, ten seconds); `python examples/fit_a_cell.py
--make` writes that file anew. Its two replicates are synthetic: the model's own bare cell between the article's two
numbers, with the scatter of a laboratory's cells added, so that the truth is known.
"""

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.celldata import own_csv, read_cells
from epitropy.fitting.fit import fit_study
from epitropy.fitting.model import FitModel
from epitropy.fitting.noise import Noise
from epitropy.fitting.parameters import free_parameters
from epitropy.fitting.predict import scattered_cell
from epitropy.records.measured import CellData, Readings
from epitropy.study import load_study

FILE = Path(__file__).parent / "data" / "bare-cell.csv"
FREE = ("kinetic", "fade", "degradation.skin_transport_share", "degradation.wetted_area_200")
TRUTH = {"kinetic": 1.25, "fade": 0.9}  # scales; the two inputs at their medians
SCATTER = 0.4 * 3600  # C/kg


def make() -> None:
    """Two replicates over 200 cycles, and the wetted area of one of them after cycling."""
    study = load_study("zhao2024")
    cycle, rng = np.arange(1, 201), np.random.default_rng(2024)
    usual = np.full(cycle.size, np.nan)
    area = Readings(cycle=np.array([200]), value=np.ones(1), rate=np.array([np.nan]))
    blank = {"capacity": Readings(cycle=cycle, value=np.ones(cycle.size), rate=usual), "wetted_area": area}
    found = []
    for name, kinds in (("cell-1", ("capacity", "wetted_area")), ("cell-2", ("capacity",))):
        data = CellData(name=name, cell="bare", readings={k: blank[k] for k in kinds})
        model = FitModel(study.at({}), declared_scenarios()[0], [data], free_parameters(study, FREE))
        point = np.array([math.log(TRUTH["kinetic"]), math.log(TRUTH["fade"]), 0.0, 0.0])
        (values,) = model.predicted(point)
        exact = {k: replace(data.readings[k], value=values[k]) for k in kinds}
        found.append(_printed(scattered_cell(replace(data, readings=exact), Noise(SCATTER), rng)))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(own_csv(found), encoding="utf-8")


def _printed(data: CellData) -> CellData:
    """Capacities to 0.01 mAh/g and areas to 0.01 m2/g, as a laboratory would note them."""
    digit = {"capacity": 36.0, "wetted_area": 10.0}
    found = {k: replace(r, value=np.round(r.value / digit[k]) * digit[k]) for k, r in data.readings.items()}
    return replace(data, readings=found)


def main() -> float:
    """The kinetic scale found in the data that were made with 1.25."""
    answer = fit_study(load_study("zhao2024"), read_cells(FILE), free=FREE, steps=0, starts=2)
    for p in answer.parameters:
        print(f"{p.name:36} {p.value:.4g} ({p.profile_low:.4g} to {p.profile_high:.4g}), told {p.identified}")
    return answer.parameters[0].value


if __name__ == "__main__":
    make() if "--make" in sys.argv else main()
