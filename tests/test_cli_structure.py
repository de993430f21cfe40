"""``epitropy structure``: what is printed and written, and what is refused."""

import json
from unittest.mock import patch

import pytest

from epitropy.cli import main
from epitropy.crystals.files import read_crystal


def run(capsys, *words):
    """Exit code, output in one line and errors."""
    with patch("sys.argv", ["epitropy", "structure", *map(str, words)]), pytest.raises(SystemExit) as stop:
        main()
    out, err = capsys.readouterr()
    return stop.value.code or 0, " ".join(out.split()), err


def test_a_phase_is_shown_with_grade_and_source(capsys):
    code, out, _ = run(capsys, "NCM90")
    assert code == 0 and "R-3m" in out and "12 atoms" in out and "assumed" in out and "recalled" in out


def test_json_holds_every_site(capsys):
    _, out, _ = run(capsys, "NiO", "--json")
    facts = json.loads(out)
    assert facts["space_group"] == "Fm-3m" and facts["atoms"] == len(facts["sites"]) == 8
    assert facts["cell"]["a_m"] == pytest.approx(4.177e-10, rel=1e-9, abs=0)
    assert facts["shortest_distances_m"]["Ni-O"] == pytest.approx(4.177e-10 / 2, rel=1e-6, abs=0)


def test_lithium_supercell_and_decoration_go_together(capsys, tmp_path):
    file = tmp_path / "new" / "layer.vasp"
    words = ("--lithium", 0.5, "--supercell", "4x3x1", "--decorate", "M: Ni 0.5, Nb 0.25, Zr 0.25", "-o", file)
    code, out, _ = run(capsys, "NCM90", *words, "--json")
    facts = json.loads(out)
    assert code == 0 and facts["atoms"] == 126
    assert sum(s["elements"] == {"Nb": 1.0} for s in facts["sites"]) == 9
    assert "unrelaxed=T" in file.read_text().splitlines()[0]
    assert len(read_crystal(file)[1].labels) == 126


def test_rounding_is_told(capsys):
    _, out, _ = run(capsys, "NiO", "--decorate", "Ni: Ni 0.4 Nb 0.6", "--random")
    assert "rounded to whole atoms" in out and "Nb 0.6 -> 0.5" in out


def test_blocks_are_built_and_read_back(capsys, tmp_path):
    code, out, _ = run(capsys, "--block", "3x4", "-o", tmp_path / "b.cif")
    assert code == 0 and "C2" in out and "92 atoms" in out and "not relaxed" in out
    code, out, _ = run(capsys, tmp_path / "b.cif")
    assert code == 0 and "92 atoms" in out
    _, out, _ = run(capsys, "--block", "3x3", "--ribbons", "--json")
    assert json.loads(out)["space_group"] == "C2/m"


def test_blocks_are_neutral_and_say_so_and_others_say_what_is_left(capsys):
    _, out, _ = run(capsys, "--block", "4x5")
    assert "Nb16W5O55" in out and "elements chosen so that charges balance" in out and "do not balance" not in out
    _, out, _ = run(capsys, "--block", "4x5", "--decorate", "M: Nb 1")
    assert "charges do not balance: -4 per formula unit" in out and "chosen" not in out


def test_vacancies_have_no_distances(capsys):
    _, out, _ = run(capsys, "NCM90", "--lithium", 0, "--json")
    assert set(json.loads(out)["shortest_distances_m"]) == {"M-M", "M-O", "O-O"}
    _, out, _ = run(capsys, "NCM90", "--lithium", 0.5, "--json")
    assert "Li-O" in json.loads(out)["shortest_distances_m"]


def test_the_lattice_without_lithium_is_that_of_the_tables_end(capsys):
    """The smoothing rounds the corner at x = 0.1, where c is 0.03 angstrom above the table: docs/crystals.md."""
    c = {x: json.loads(run(capsys, "NCM90", "--lithium", x, "--json")[1])["cell"]["c_m"] for x in (0, 0.04, 0.1)}
    assert c[0] == pytest.approx(13.65e-10, rel=1e-9, abs=0)
    assert c[0.04] - c[0] < 0.001e-10 and 0.02e-10 < c[0.1] - c[0] < 0.04e-10


@pytest.mark.parametrize("width", [30, 80])
def test_names_and_pairs_of_name_and_number_stay_together(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    with patch("sys.argv", ["epitropy", "structure", "NCM90", "--lithium", "0.5"]), pytest.raises(SystemExit):
        main()
    lines = capsys.readouterr().out.splitlines()
    for whole in ("Li0.5Ni0.9Co0.05Mn0.05O2,", "M-O 1.93,", "Co 0.05", "Li-Li 2.83,"):
        assert any(whole in line for line in lines), whole


def test_capitals_may_be_wrong(capsys):
    assert run(capsys, "ncm90") == run(capsys, "NCM90")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--block"),
        (("NCM90", "--ribbons"), "together with --block"),
        (("NCM90", "--seed", 5), "together with --quasirandom"),
        (("POSCAR_none",), "No such file"),
        (("NiO", "--block", "3x3"), "two crystals"),
        (("--block", "3"), "2 whole numbers"),
        (("--block", "1x3"), "2 or more"),
        (("Nb2O5",), "no atomic positions"),
        (("NiO", "--lithium", 0.5), "no layered host"),
        (("NCM90", "--lithium", 2), "0 to 1"),
        (("NiO", "--supercell", "2x2"), "3 whole numbers"),
        (("NiO", "--supercell", "99x99x99"), "at most"),
        (("NiO", "--supercell", "1000000000"), "at most"),
        (("NiO", "--decorate", "Ni 0.5"), "a site and shares"),
        (("NiO", "--decorate", "Ni: Ni half"), "a site and shares"),
        (("NiO", "--decorate", "X: Ni 1"), "no sublattice"),
        (("NiO", "--decorate", "Ni: Qq 1"), "unknown"),
        (("NCM90", "-o", "POSCAR"), "share site M"),
        (("NiO", "-o", "NiO.pdb"), "unknown kind of file"),
        (("none.cif",), "No such file"),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, words, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *words)
    assert code == 2 and says in err and err.strip().count("\n") == 0


def test_a_sublattice_takes_the_composition_of_the_layer_that_a_study_forms(capsys, zhao, ready):
    """Whole atoms by largest remainders, so no share is off by more than one atom."""
    code, out, _ = run(capsys, "layered layer", "--supercell", 150, "--decorate", "M: zhao2024", "--json")
    facts = json.loads(out)
    assert code == 0
    metals = [e for site in facts["sites"] for e in site["elements"] if e not in ("Li", "O")]
    layer = ready["coated"][0].profile.layer_composition
    total = sum(layer.values())
    for element, amount in layer.items():
        assert metals.count(element) == pytest.approx(len(metals) * amount / total, abs=1)
    code, _, err = run(capsys, "layered layer", "--decorate", "M: nonsense")
    assert code == 2 and "nonsense" in err
