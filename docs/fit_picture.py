"""Writes docs/pictures/fit.png from the example cell: ``python docs/fit_picture.py``, a quarter of a minute."""

from __future__ import annotations

from pathlib import Path

from epitropy.celldata import read_cells
from epitropy.fitting.fit import fit_study
from epitropy.report.fit_figures import curve_figure
from epitropy.study import load_study

HERE = Path(__file__).parent
CELL = HERE.parent / "examples" / "data" / "bare-cell.csv"

if __name__ == "__main__":
    answer = fit_study(load_study("zhao2024"), read_cells(CELL), steps=0)
    curve_figure(answer).figure.savefig(HERE / "pictures" / "fit.png", dpi=150, metadata={"Software": None})
