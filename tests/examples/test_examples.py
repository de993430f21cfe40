"""Every example runs, and one number of each agrees with a named source."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"

# example -> (expected, relative tolerance, source)
EXPECTED = {
    "fit_a_cell": (1.25, 0.08, "the kinetic scale with which the synthetic cell was made"),
    "interface": (7.57, 5e-3, "net of NiO (111), sqrt(3)/4 a^2 with a = 4.18 angstrom"),
    "pathways": (0.410, 0.03, "bvlain 0.25.1, the same softBV parameters: 0.4102 eV, olivine along b"),
    "strain": (0.103, 0.08, "energy of a coherent rock-salt film on (003), published table; smoothed lattice"),
    "structures": (1.94, 0.02, "Shannon radii of Ni3+ (low spin) and O2-, 10.1107/S0567739476001551"),
    "layer_entropy": (6, 0, "W, Nb, Zr, Co, Ni and Mn in one layer: Schweidler et al., Nature Energy 9 (2024) 240"),
    "interdiffusion": (50, 0.02, "Atkinson & Taylor, J. Mater. Sci. 13 (1978) 427, 10.1007/BF00647789"),
    "high_entropy_oxide": (1.61, 2e-3, "Rost et al., Nat. Commun. 6 (2015) 8485, 10.1038/ncomms9485"),
    "multi_doping": (0.725, 1e-3, "composition of Zhang et al., Nature 610 (2022) 67, 10.1038/s41586-022-05115-z"),
    "other_materials": (1.61, 2e-3, "equimolar Prussian blue Na2Mn0.2Fe0.2Co0.2Ni0.2Cu0.2Fe(CN)6, published 1.61 R"),
    "plain_pybamm": (
        174.7,
        1e-3,
        "first cycle of the bare cell, calibrated: Schweidler et al., Nature Energy 9 (2024) 240",
    ),
    "precursors": (4.76, 5e-3, "density of Nb12WO33 from the cell of Roth & Wadsley, Acta Cryst. 19 (1965) 32"),
    "recipe": (7.0, 0.01, "mass balance: 1 wt% at 4.76 g/cm3 on 0.3 m2/g"),
    "which_structure": (-1.10, 5e-3, "Reuter & Scheffler, Phys. Rev. B 65 (2001) 035406, table I, 1000 K"),
    "wadsley_roth": (4.76, 0.03, "cell of Roth & Wadsley, Acta Cryst. 19 (1965) 32"),
}


def test_every_example_is_tested():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_agrees_with_its_source(name, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", [name])
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    expected, tolerance, source = EXPECTED[name]
    assert module.main() == pytest.approx(expected, rel=tolerance, abs=0), source
    assert capsys.readouterr().out.strip()  # it tells what it found
