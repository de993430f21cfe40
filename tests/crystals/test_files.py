"""Crystals from files and to files: the same crystal comes back, and what is no crystal is refused in one line."""

import math
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest

from epitropy.catalogue import phase, phase_names
from epitropy.crystals.files import library_or_file, read_crystal, to_pymatgen, write
from epitropy.crystals.library import has_structure, structure_of
from epitropy.crystals.neighbours import neighbours, supercell
from epitropy.crystals.ordering import in_whole_atoms, ordered
from epitropy.crystals.symmetry import density, space_group
from epitropy.errors import InputError

KNOWN = [n for n in phase_names() if has_structure(phase(n))]
SMALL = ["NCM90", "NiO", "LiMn2O4", "ZrO2", "WO3", "Nb12WO33", "SiO2", "LiFePO4"]


def distances(structure):
    return np.sort(neighbours(structure, 3.5e-10)[2])


@pytest.mark.parametrize("name", KNOWN)
def test_a_cif_is_read_back_with_formula_group_and_distances(tmp_path, name):
    from pymatgen.core import Structure

    made = structure_of(phase(name))
    write(made, tmp_path / "x.cif")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen rounds thirds
        theirs = Structure.from_file(tmp_path / "x.cif")
    assert theirs.composition.almost_equals(to_pymatgen(made).composition, 0, 1e-3)
    assert theirs.get_space_group_info(0.01)[0] == space_group(made)
    crystal, ours = read_crystal(tmp_path / "x.cif")
    assert crystal.space_group == space_group(made)
    assert density(ours) == pytest.approx(density(made), rel=1e-5, abs=0)
    assert distances(ours) == pytest.approx(distances(made), rel=0, abs=1e-14)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("file", ["POSCAR", "x.vasp", "x.cif"])
def test_whole_atoms_go_to_every_kind_of_file(tmp_path, name, file):
    made = ordered(in_whole_atoms(structure_of(phase(name)))[0], 1)
    write(made, tmp_path / "new" / file)
    _, back = read_crystal(tmp_path / "new" / file)
    assert distances(back) == pytest.approx(distances(made), rel=0, abs=1e-14)


def test_the_symmetry_stands_in_the_cif_and_a_supercell_is_written_atom_by_atom(tmp_path):
    made = structure_of(phase("NiO"))
    write(made, tmp_path / "x.cif", "unrelaxed=T")
    text = (tmp_path / "x.cif").read_text()
    assert "Fm-3m" in text and "# unrelaxed=T" in text
    write(supercell(made, (2, 1, 1)), tmp_path / "y.cif")
    assert re.search(r"H-M\s+'P 1'", (tmp_path / "y.cif").read_text())
    assert read_crystal(tmp_path / "y.cif")[0].space_group == "Fm-3m"


def test_extended_xyz_holds_lattice_atoms_and_keys(tmp_path):
    made = structure_of(phase("LiFePO4"))
    write(made, tmp_path / "x.extxyz", "unrelaxed=T gap=2.5")
    count, head, *rows = (tmp_path / "x.extxyz").read_text().splitlines()
    lattice = np.array(re.search(r'Lattice="([^"]+)"', head)[1].split(), float).reshape(3, 3)
    assert int(count) == len(rows) == 28
    assert 'pbc="T T T"' in head and "Properties=species:S:1:pos:R:3" in head and "unrelaxed=T gap=2.5" in head
    assert lattice == pytest.approx(made.cell.matrix * 1e10, rel=0, abs=1e-9)
    places = np.array([row.split()[1:] for row in rows], float)
    assert places == pytest.approx(made.positions @ made.cell.matrix * 1e10, rel=0, abs=1e-7)
    assert [row.split()[0] for row in rows].count("Fe") == 4
    write(made, tmp_path / "y.xyz", 'plain "words"')
    assert "comment=\"plain 'words'\"" in (tmp_path / "y.xyz").read_text()


def test_any_cell_and_axes_of_a_file_become_the_standard_cell(tmp_path):
    """Quartz with a and b exchanged, so left-handed vectors: the same crystal, its own handedness kept."""
    made = structure_of(phase("SiO2"))
    vectors = [" ".join(map(str, row)) for row in made.cell.matrix[[1, 0, 2]] * 1e10]
    places = [" ".join(map(str, row)) for row in made.positions[:, [1, 0, 2]]]
    (tmp_path / "x.vasp").write_text("\n".join(["quartz", "1.0", *vectors, "Si O", "3 6", "direct", *places]))
    crystal, back = read_crystal(tmp_path / "x.vasp")
    assert crystal.space_group == "P3_221" and crystal.formula == "SiO2" and crystal.formula_units == 3
    assert (back.cell.a, back.cell.c) == pytest.approx((made.cell.a, made.cell.c), rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("name", "family"),
    [("NCM90", "layered"), ("NiO", "rock salt"), ("Co3O4", "spinel"), ("CeO2", "fluorite"), ("ZrO2", "not stated")],
)
def test_family_density_and_formula_units_follow_from_the_atoms(tmp_path, name, family):
    crystal = phase(name)
    write(structure_of(crystal), tmp_path / "mine.cif")
    found, _ = read_crystal(tmp_path / "mine.cif")
    assert (found.name, found.structure, found.space_group) == ("mine", family, crystal.space_group)
    assert found.formula_units == crystal.formula_units and found.young_modulus is None
    assert found.density.value == pytest.approx(crystal.density.value, rel=0.02, abs=0)
    assert found.density.grade == "derived"


def test_shares_are_kept_and_told(tmp_path):
    half = replace(structure_of(phase("LiNiO2")))
    half = replace(half, occupancy={**half.occupancy, "Li": {"Li": 0.5, "Va": 0.5}})
    write(half, tmp_path / "x.cif")
    crystal, back = read_crystal(tmp_path / "x.cif")
    assert "partial occupancy of Li" in crystal.note
    assert back.element_counts["Li"] * back.formula_units == pytest.approx(1.5, rel=1e-9)
    assert {"Li": 0.5, "Va": 0.5} in list(back.occupancy.values())


def test_a_name_or_a_file(tmp_path):
    write(structure_of(phase("NiO")), tmp_path / "NiO.cif")
    assert library_or_file("NiO")[0] is phase("NiO")
    assert library_or_file("Nb2O5")[1] is None
    crystal, atoms = library_or_file(str(tmp_path / "NiO.cif"))
    assert crystal is not phase("NiO") and len(atoms.labels) == 8
    with pytest.raises(InputError, match="NiO.*CONTCAR"):
        library_or_file("NiOo")


CIF = """data_x
_symmetry_space_group_name_H-M '{group}'
_cell_length_a 4.0
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta {beta}
_cell_angle_gamma 90
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{atoms}
"""
ATOMS = "Ni1 Ni 0.1 0.2 0.3 1\nO1 O 0.5 0.6 0.9 1\nLi1 Li 0.3 0.8 0.1 1"
PLAIN = {"group": "P 1", "b": 4.1, "c": 4.3, "beta": 95, "atoms": ATOMS}


def cif(folder, **change):
    path = folder / "x.cif"
    path.write_text(CIF.format(**(PLAIN | change)))
    return path


def test_a_crystal_without_symmetry_is_taken_and_told(tmp_path):
    crystal, atoms = read_crystal(cif(tmp_path))
    assert crystal.space_group == "P1" and "no symmetry" in crystal.note
    assert atoms.cell.beta == pytest.approx(math.radians(95)) and len(atoms.labels) == 3


def test_another_symmetry_than_declared_is_told(tmp_path):
    crystal, _ = read_crystal(cif(tmp_path, group="Fm-3m", b=4.0, c=4.0, beta=90))
    assert crystal.note.startswith("declared Fm-3m, atoms have C")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"group": "Fm-3m", "beta": 90}, "declared Fm-3m, but the cell is a, b, c = 4.0000, 4.1000"),
        (
            {"atoms": ATOMS + "\nO2 O 0.51 0.61 0.9 1"},
            r"O at \(0.5, 0.6, 0.9\) and O at .* lie 0.06 angstrom apart",
        ),
        ({"atoms": ATOMS + "\nO2 O 0.5 0.6 0.9 1"}, "add up to more than 1"),
        ({"atoms": "Ni1 Ni 0.1 0.2 0.3 1.7"}, "add up to more than 1"),
        ({"atoms": "Xx1 Xx 0.1 0.2 0.3 1"}, "unknown element 'Xx'"),
        ({"atoms": ""}, "more or fewer values"),
        ({"beta": 1}, "its own image"),
        ({"beta": "wide"}, "_cell_angle_beta wide; allowed: an angle"),
        ({"beta": 200}, "_cell_angle_beta 200; allowed: an angle"),
        ({"b": -4.1}, "_cell_length_b -4.1; allowed: a length above 0"),
        ({"b": "0.000(1)"}, r"_cell_length_b 0.000\(1\); allowed: a length above 0"),
        ({"b": "?"}, r"_cell_length_b \?; allowed: a length above 0"),
        ({"atoms": "Ni1 Ni nan 0.2 0.3 1"}, "_atom_site_fract_x of Ni1 is 'nan'"),
        ({"atoms": "Ni1 Ni 0.1 ? 0.3 1"}, r"_atom_site_fract_y of Ni1 is '\?'"),
        ({"atoms": "Ni1 Ni 0.1 0.2 . 1"}, r"_atom_site_fract_z of Ni1 is '\.'"),
        ({"atoms": "Ni1 Ni 0.1 0.2 0.3 -1"}, "occupancy -1 of Ni1"),
        ({"atoms": "Ni1 Ni 0.1 0.2 0.3 0"}, "every occupancy is 0"),
        ({"atoms": ATOMS + " 7"}, "more or fewer values"),
        ({"atoms": ATOMS[:-2]}, "more or fewer values"),
    ],
)
def test_a_bad_cif_is_refused_in_one_line(tmp_path, change, says, recwarn):
    with pytest.raises(InputError, match=says) as caught:
        read_crystal(cif(tmp_path, **change))
    assert "\n" not in str(caught.value) and not recwarn.list


def test_operations_that_are_none_are_refused(tmp_path):
    path = cif(tmp_path)
    path.write_text(path.read_text().replace("'x, y, z'", "'x, q, z'"))
    with pytest.raises(InputError, match="symmetry operation 'x, q, z'"):
        read_crystal(path)


def test_the_first_of_several_crystals_is_read_and_the_others_are_told(tmp_path):
    """A block without atoms is no crystal; a broken first one does not let the second slip in."""
    text = cif(tmp_path).read_text()
    path = tmp_path / "two.cif"
    second = text.replace("data_x", "data_y").replace("_cell_length_a 4.0", "_cell_length_a 5.0")
    path.write_text("data_global\n_journal_year 1999\n" + text + second)
    crystal, _ = read_crystal(path)
    assert crystal.cell.a == pytest.approx(4e-10, rel=1e-9, abs=0)
    assert "first of 2 crystals in the file, 'x'" in crystal.note
    path.write_text(text.replace("_cell_length_a 4.0", "_cell_length_a -4.0") + second)
    with pytest.raises(InputError, match="_cell_length_a -4.0"):
        read_crystal(path)
    text = cif(tmp_path, group="Fm-3m", b=4.0, c=4.0, beta=90).read_text()
    path.write_text("data_global\n_journal_year 1999\n" + text)
    note = read_crystal(path)[0].note
    assert "crystals" not in note and note.startswith("declared Fm-3m, atoms have C")


def test_a_file_does_not_say_how_sure_it_is(tmp_path):
    crystal, atoms = read_crystal(cif(tmp_path))
    assert crystal.cell_grade == atoms.grade == "assumed"
    assert crystal.cell_source == "grade not known; as stated in file x.cif"
    assert atoms.source.endswith(crystal.cell_source)


POSCAR = "x\n1.0\n4 0 0\n0 4 0\n0 0 4\nNi O\n1 1\ndirect\n0 0 0\n.5 .5 .5\n"


@pytest.mark.parametrize("name", ["POSCAR_x", "x.POSCAR", "CONTCAR_1", "x.contcar", "POSCAR.001", "x.vasp"])
def test_common_names_of_poscars_are_known(tmp_path, name):
    (tmp_path / name).write_text(POSCAR)
    assert library_or_file(str(tmp_path / name))[0].formula == "NiO"
    made = ordered(structure_of(phase("NiO")), 1)
    write(made, tmp_path / name)
    assert len(read_crystal(tmp_path / name)[1].labels) == 8


def test_a_poscar_without_names_is_refused_unless_they_follow_the_atoms(tmp_path):
    """Not hydrogen and helium, what pymatgen makes of it."""
    (tmp_path / "POSCAR").write_text(POSCAR.replace("Ni O\n", ""))
    with pytest.raises(InputError, match="line 6 should name the elements, which are missing"):
        read_crystal(tmp_path / "POSCAR")
    atoms = "0 0 0 Ni\n.5 .5 .5 O\n"
    (tmp_path / "POSCAR").write_text(POSCAR.replace("Ni O\n", "").replace("0 0 0\n.5 .5 .5\n", atoms))
    assert read_crystal(tmp_path / "POSCAR")[0].formula == "NiO"


@pytest.mark.parametrize(
    "change",
    [
        ("Ni O\n1 1\n", "Ni\nO\n1\n1\n"),
        ("direct", "Selective dynamics\nDirect"),
        ("direct", "Fractional"),
        ("0 0 0\n.5", "0 0 0 T T F\n.5"),
        ("1.0", "-64"),
    ],
)
def test_what_vasp_allows_is_read(tmp_path, change):
    (tmp_path / "POSCAR").write_text(POSCAR.replace(*change, 1))
    crystal, atoms = read_crystal(tmp_path / "POSCAR")
    assert crystal.formula == "NiO" and atoms.cell.volume == pytest.approx(64e-30, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((".5 .5 .5\n", ""), "2 atoms by the numbers, 1 below"),
        (("1 1", "1"), "numbers of atoms '1'"),
        (("Ni O", "Ni"), r"1 element names \(Ni\), numbers of atoms '1 1'"),
        (("1 1", "1 b"), "numbers of atoms '1 b'"),
        (("direct\n", ""), "line 8 '0 0 0'; allowed: 'direct' or 'cartesian'"),
        (("0 0 0\n.5", "nan 0 0\n.5"), "line 9 'nan 0 0'; allowed: three coordinates"),
        ((".5 .5 .5", ".5 .5"), "line 10 '.5 .5'; allowed: three coordinates"),
        (("0 4 0", "0 4"), "line 4 '0 4'; allowed: three numbers"),
        (("0 0 4\n", "0 4 0\n"), "no volume"),
        (("1.0", "0"), "no volume"),
        (("1.0", "one"), "line 2 'one'; allowed: one number"),
        (("direct\n0 0 0\n.5 .5 .5\n", ""), "ends after line 7"),
    ],
)
def test_a_bad_poscar_is_refused_in_one_line(tmp_path, change, says, recwarn):
    (tmp_path / "POSCAR").write_text(POSCAR.replace(*change, 1))
    with pytest.raises(InputError, match=says) as caught:
        read_crystal(tmp_path / "POSCAR")
    assert "\n" not in str(caught.value) and not recwarn.list


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.cif", "", "no data block with atoms"),
        ("x.vasp", "", "an empty file"),
        ("x.pdb", "", "unknown kind of file"),
        ("x.cif", "x" * 10_000_001, "10 MB"),
        ("missing.cif", None, "No such file"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, name, text, says):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_crystal(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_folder_in_the_files_place_is_refused(tmp_path):
    (tmp_path / "x.cif").mkdir()
    with pytest.raises(InputError, match="directory"):
        read_crystal(tmp_path / "x.cif")
    with pytest.raises(InputError, match="cannot be written"):
        write(structure_of(phase("NiO")), tmp_path / "x.cif")
