"""``epitropy match`` from outside."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest

from epitropy.alignment.models import read_recipe
from epitropy.errors import InputError


def epitropy(*arguments, cwd=None, columns="80"):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": columns},
    )


def refused(*arguments, cwd=None):
    """The one line of a refusal."""
    done = epitropy("match", *arguments, cwd=cwd)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("epitropy:")]
    assert len(lines) == 1
    return lines[0]


def refuse(constant):
    raise AssertionError(f"{constant} in JSON")


@pytest.fixture(scope="module")
def nickel_oxide():
    done = epitropy("match", "NCM90", "NiO", "--json", "--max-area", "100A2")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_constant=refuse)


KEYS = (
    "host_plane",
    "film_plane",
    "host_direction",
    "film_direction",
    "area_A2",
    "principal_strain",
    "von_mises_strain",
    "energy_J_m2_per_nm",
    "critical_thickness_nm",
    "dislocation_spacing_nm",
    "variants",
)


def test_nickel_oxide_continues_the_oxygen_layers(nickel_oxide):
    best = nickel_oxide["matches"][0]
    assert best["relation"] == "shared-oxygen continuation"
    assert (best["host_plane"], best["host_label"], best["film_plane"]) == ([0, 0, 1], "(003)", [1, 1, 1])
    assert best["area_A2"] == pytest.approx(7.6, abs=0.06)
    assert best["principal_strain"] == pytest.approx([-0.027, -0.027], abs=5e-4)


def test_every_match_has_the_stated_keys_and_rank(nickel_oxide):
    rows = nickel_oxide["matches"]
    assert len(rows) == nickel_oxide["number"] > 50
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert set(KEYS) <= set(row)
        for key in KEYS[:4]:
            assert len(row[key]) == 3 and all(isinstance(i, int) for i in row[key])
        assert max(map(abs, row["principal_strain"])) <= 0.04 + 1e-9
        assert row["area_A2"] <= 100 * (1 + 1e-9)
        assert row["largest_energy_J_m2_per_nm"] >= row["energy_J_m2_per_nm"] * (1 - 1e-9)


def test_the_first_matches_carry_what_charging_does(nickel_oxide):
    """G = Gamma at the critical thickness, and x goes down from 1 until G reaches the toughness."""
    limits, best = nickel_oxide["limits"], nickel_oxide["matches"][0]
    path = best["over_charge"]
    assert path["lithium"][0] == 0.1 and path["lithium"][-1] == 1
    for released, lasting in zip(path["energy_release_J_m2"], path["critical_thickness_nm"]):
        per_thickness = released / limits["film_thickness_nm"]
        assert per_thickness * lasting == pytest.approx(limits["interface_toughness_J_m2"], rel=1e-6)
    assert best["lasting_thickness_nm"] == min(path["critical_thickness_nm"])
    assert best["critical_lithium"] == 1  # 5 nm of NiO let go at once
    assert set(path["failure_mode"]) == {"debonding or buckling"}
    assert all(row["over_charge"] for row in nickel_oxide["matches"][:12])
    assert "over_charge" not in nickel_oxide["matches"][12]


def test_facets_have_shares_that_add_up(nickel_oxide):
    shares = {f["facet"]: f["share"] for f in nickel_oxide["facets"]}
    assert set(shares) == {"003", "104", "012", "101", "110"}
    assert sum(shares.values()) == pytest.approx(1)
    passing = {f["facet"]: f["host_passes_lithium"] for f in nickel_oxide["facets"]}
    assert not passing["003"] and all(passing[f] for f in passing if f != "003")


def test_the_terminal_ranks_and_fits():
    done = epitropy("match", "NCM90", "Nb12WO33", "-n", "4")
    assert done.returncode == 0, done.stderr
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for said in ("coherent matches", "||", "(104)", "film blocks", "none leaves", "at x", "assumed", "softest", "80 %"):
        assert said in done.stdout, said


def test_the_multi_cation_layer_continues_its_host():
    done = epitropy("match", "NCM90", "layered layer", "--max-area", "40A2", "--json")
    best = json.loads(done.stdout)["matches"][0]
    assert best["relation"] == "shared-oxygen continuation"
    assert (best["host_label"], best["film_label"]) == ("(003)", "(003)")
    assert best["principal_strain"][0] == pytest.approx(2.875 / 2.89 - 1, abs=1e-6)


def test_a_folder_holds_page_figures_and_all_matches(tmp_path):
    folder = tmp_path / "out"
    done = epitropy("match", "NCM90", "NiO", "--max-area", "60A2", "-o", str(folder), "-n", "2")
    assert done.returncode == 0, done.stderr
    assert {"match.html", "matches.csv", "cost.svg", "cost.csv", "charge.svg", "charge.csv", "answer.json"} <= {
        p.name for p in folder.iterdir()
    }
    number = json.loads((folder / "answer.json").read_text())["number"]
    page = (folder / "match.html").read_text()
    assert page.count("<svg") == page.count("<figure>") == 2 and "&lt;section" not in page
    rows = list(csv.DictReader(io.StringIO((folder / "matches.csv").read_text())))
    assert len(rows) == number > 2
    assert {"host_plane", "principal_strain", "critical_thickness_nm", "variants"} <= set(rows[0])
    assert rows[0]["orientation"] == "(003)[100] || (111)[1-10]"


def test_interface_models_are_written_for_any_match(tmp_path):
    from pymatgen.core import Structure

    folder = tmp_path / "models"
    given = ("--max-area", "20A2", "--structures", str(folder), "--rank", "2", "--strain-on", "shared")
    done = epitropy("match", "NCM90", "NiO", *given)
    assert done.returncode == 0, done.stderr
    index = json.loads((folder / "index.json").read_text())["models"]
    assert index
    for row in index:
        cif, poscar, xyz = (folder / name for name in row["files"])
        assert "unrelaxed" in cif.read_text() and "unrelaxed" in poscar.read_text() and "unrelaxed" in xyz.read_text()
        assert len(Structure.from_file(cif)) == len(Structure.from_file(poscar)) == int(xyz.read_text().split()[0])


def test_models_of_polar_pairs_get_the_cell_that_can_be_thinned(tmp_path):
    """1x1 cells hold one ion a face; by default larger ones are taken, and the table tells the interface's charge."""
    folder, given = tmp_path / "models", ("--max-area", "20A2", "--max-index", "1", "-n", "1")
    done = epitropy("match", "NCM90", "NiO", *given, "--structures", str(folder), columns="160")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads((folder / "index.json").read_text())["models"]}
    thinned = [row for row in rows.values() if row["left_out"]]
    assert thinned and {tuple(row["supercell"]) for row in thinned} == {(2, 2)}
    for name, row in rows.items():
        cuts = " ".join(re.findall(r"_(c\d+)", name))  # as the table names it
        shown = next(line for line in done.stdout.splitlines() if line.startswith(cuts)).split()
        assert float(shown[-3]) == pytest.approx(row["boundary_charge_C_per_m2"]["interface"] / 0.1602177, abs=0.06)
        pair, apart = min(row["shortest_across_m"].items(), key=lambda item: item[1])
        assert float(shown[-1]) == pytest.approx(1e10 * apart, abs=0.006)
        assert apart == pytest.approx(row["shortest_across_m"][shown[-2]], rel=1e-6, abs=0)


def test_cell_gap_and_shift_of_the_models_may_be_given(tmp_path):
    folder = tmp_path / "models"
    given = ("--supercell", "2x1", "--gap", "2.5 A", "--shift", "1/2,-0.25")
    done = epitropy("match", "NCM90", "NiO", "--max-area", "20A2", "--structures", str(folder), *given)
    assert done.returncode == 0, done.stderr
    for row in json.loads((folder / "index.json").read_text())["models"]:
        assert (row["supercell"], row["shift"]) == ([2, 1], [0.5, -0.25])
        assert row["gap_m"] == pytest.approx(2.5e-10, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--supercell", ("", "2", "0x1", "2x", "99x99", "many", "2x2x2")),
        ("--gap", ("0 A", "-1 A", "2 nm", "1 s", "wide")),
        ("--shift", ("", "0.5", "0.5,0,0", "a,b", "nan,0", "1/0,0", "2,0", "deep")),
    ],
)
def test_a_recipe_with_a_fault_names_its_option(option, values, tmp_path):
    for value in values:
        with pytest.raises(InputError, match=f"^{option}: ") as caught:
            read_recipe(rank=1, strain_on="film", slab="8 A", vacuum="0 A", **{option[2:]: value})
        assert "\n" not in str(caught.value)
    assert option in refused("NCM90", "NiO", "--structures", str(tmp_path / "m"), option, values[-1])


def test_a_supercell_of_too_many_atoms_is_refused(tmp_path):
    given = ("--max-area", "20A2", "--slab", "80 A", "--supercell", "12x12", "--structures", str(tmp_path / "m"))
    line = refused("NCM90", "NiO", *given)
    assert "--supercell" in line and "5000" in line


def test_models_of_an_earlier_run_make_room_and_other_files_stay(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mine.cif").write_text("data_mine")
    for rank in ("1", "2"):
        given = ("--max-area", "20A2", "--structures", str(folder), "--rank", rank, "--supercell", "1x1")
        assert epitropy("match", "NCM90", "NiO", *given).returncode == 0
    listed = {name for row in json.loads((folder / "index.json").read_text())["models"] for name in row["files"]}
    assert {p.name for p in folder.iterdir()} == listed | {"index.json", "mine.cif"}


def test_no_match_is_a_value_with_the_nearest_miss():
    done = epitropy("match", "NCM90", "NiO", "--max-strain", "0.1 %", "--max-area", "20A2", "--host-plane", "003")
    assert done.returncode == 0
    assert "No match" in done.stdout and "nearest miss: (003)[100] || (111)[1-10]" in done.stdout.replace("\n", "")


def test_a_search_that_would_take_long_is_told_and_a_smaller_one_offered():
    line = refused("NCM90", "Nb12WO33", "--max-area", "9000A2", "--max-index", "4")
    assert "--max-area" in line and "min" in line or " h" in line


CELL = """data_x
_cell_length_a 4.18
_cell_length_b 4.18
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{group}'
loop_
_space_group_symop_operation_xyz
{operations}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{atoms}
"""
IDENTITY, WHOLE = "'x, y, z'", "Ni1 Ni 0 0 0 1\nO1 O 0.5 0.5 0.5 1"


def cif(folder, *, c="4.18", group="P 1", operations=IDENTITY, atoms=WHOLE):
    path = folder / "film.cif"
    path.write_text(CELL.format(c=c, group=group, operations=operations, atoms=atoms))
    return path


def test_a_cif_with_shared_sites_is_matched_and_told(tmp_path):
    path = cif(tmp_path, atoms="Ni1 Ni 0 0 0 0.5\nCo1 Co 0 0 0 0.5\nO1 O 0.5 0.5 0.5 1")
    done = epitropy("match", "NCM90", str(path), "--max-area", "60A2", "--max-index", "1")
    assert done.returncode == 0, done.stderr
    assert "shared" in done.stdout or "partial" in done.stdout


def test_a_cif_without_symmetry_is_matched_by_the_symmetry_found(tmp_path):
    path = cif(tmp_path, atoms="Ni1 Ni 0 0 0 1\nO1 O 0.47 0.5 0.52 1\nO2 O 0.1 0.4 0.65 1")
    done = epitropy("match", "NCM90", str(path), "--max-area", "60A2", "--max-index", "1")
    assert done.returncode == 0, done.stderr
    assert "(P1)" in done.stdout


def test_overlapping_atoms_are_refused_with_their_names(tmp_path):
    path = cif(tmp_path, atoms=WHOLE + "\nO2 O 0.5 0.5 0.55 1")
    line = refused("NCM90", str(path))
    assert "film.cif" in line and "angstrom" in line


def test_a_cell_that_contradicts_its_space_group_is_refused(tmp_path):
    path = cif(tmp_path, c="5.6", group="F m -3 m")
    assert "film.cif" in refused("NCM90", str(path))


def test_files_that_are_none(tmp_path):
    assert "nope.cif" in refused("NCM90", "nope.cif", cwd=tmp_path)
    (tmp_path / "empty.cif").write_text("")
    assert "empty.cif" in refused("NCM90", "empty.cif", cwd=tmp_path)
    (tmp_path / "POSCAR").write_text("not\na\nstructure\n")
    assert "POSCAR" in refused("NCM90", "POSCAR", cwd=tmp_path)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--max-area", "400 kg"),
        ("--max-strain", "4"),
        ("--host-plane", "000"),
        ("--film-plane", "1 2"),
        ("--max-index", "9"),
    ],
)
def test_a_fault_names_its_option(option, value):
    assert option in refused("NCM90", "NiO", option, value)


def test_a_phase_that_is_unknown_is_refused():
    assert "nonsense" in refused("NCM90", "nonsense")


def test_a_rank_that_is_none_is_refused(tmp_path):
    line = refused("NCM90", "NiO", "--max-area", "20A2", "--structures", str(tmp_path / "m"), "--rank", "999")
    assert "--rank" in line


def test_a_file_gets_energies_with_elastic_constants_and_breathes_with_curves(tmp_path):
    host, film = tmp_path / "mine.cif", tmp_path / "film.cif"
    for name, path in (("NCM90", host), ("NiO", film)):
        assert epitropy("structure", name, "-o", str(path)).returncode == 0
    given = ("--max-area", "20A2", "--max-index", "1", "--json")
    stiff = ("--young", "210 GPa", "--poisson", "0.3", "--curves", "ncm90")
    plain, full = (json.loads(epitropy("match", str(host), str(film), *given, *more).stdout) for more in ((), stiff))
    assert plain["matches"][0]["energy_J_m2_per_nm"] is None and plain["matches"][0]["over_charge"] is None
    assert full["matches"][0]["largest_energy_J_m2_per_nm"] > full["matches"][0]["energy_J_m2_per_nm"] > 0


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rank", "2"), ("--slab", "9 A"), ("--young", "5 m"), ("--poisson", "0.7"), ("--curves", "x")],
)
def test_options_that_cannot_act_are_refused(option, value):
    assert option in refused("NCM90", "NiO", option, value)
