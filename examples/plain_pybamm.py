"""A coated half-cell in plain PyBaMM: the script that `epitropy export` writes, loaded and run without epitropy.

The bare cell of the article's study is exported, its script loaded as a module, and the cell cycled twice: by the
script's own life loop, and in a `pybamm.Simulation` with an `Experiment`. The calibrated capacity of the first 1C cycle
is 174.7 mAh/g (Schweidler et al., Nature Energy 9 (2024) 240).

Run it to see the numbers; it needs the extra: pip install 'epitropy[pybamm]'.
"""

import importlib.util
import tempfile
from pathlib import Path

from epitropy.halfcell.export import cell_numbers, script
from epitropy.study import load_study


def main() -> float:
    """Capacity of the first cycle at 1C in mAh/g, by PyBaMM."""
    study = load_study("zhao2024")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bare.py"  # as by: epitropy export zhao2024 --to pybamm --cell bare -o bare.py
        path.write_text(script(study, cell_numbers(study, "bare")), encoding="utf-8")
        cell = loaded(path)
    capacity = cell.main(["3"])  # two formation cycles at C/10, then one at 1C

    solution = cell.experiment()  # any other pybamm.Experiment will do
    voltage, passed = (solution[name].entries for name in ("Voltage [V]", "Discharge capacity [A.h]"))
    mass = cell.MODEL.loading * cell.MODEL.mass_factor * cell.AREA * 1e3  # g
    print(f"In a pybamm.Simulation: {1e3 * (passed[-1] - passed.min()) / mass:.1f} mAh/g at C/10 when fresh,")
    print(f"between {voltage.min():.2f} and {voltage.max():.2f} V; {len(cell.SOURCES)} inputs, each with its source.")
    return capacity[3]


def loaded(path: Path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
