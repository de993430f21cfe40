"""The phase library: complete, graded, and at one with itself: cell, symmetry, formula and density."""

import math
import re
import tomllib
import warnings
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from epitropy.catalogue import bundled_names, numbers_of, phase, phase_names, read_phase
from epitropy.chemistry import element_counts, molar_mass
from epitropy.constants import AVOGADRO
from epitropy.errors import InputError
from epitropy.records.sourced import GRADES

EVERY = pytest.mark.parametrize("name", phase_names())


def test_the_library_is_as_large_as_it_says():
    oxides = [n for n in phase_names() if "O" in element_counts(phase(n).formula)]
    assert len(oxides) >= 75
    held = {e for n in oxides for e in element_counts(phase(n).formula)}
    assert {"Nb", "W", "Zr", "Ti", "Al", "Mo", "Ta", "Sn", "Hf", "Mg", "Co", "Mn", "Ni", "Li"} <= held


@EVERY
def test_every_phase_is_complete_and_each_number_says_where_it_is_from(name):
    crystal = phase(name)
    assert element_counts(crystal.formula) and crystal.structure and crystal.space_group
    assert crystal.formula_units > 0 and crystal.cell_source and crystal.cell_grade in GRADES
    for key, number in numbers_of(crystal).items():
        assert number.source and number.label and number.grade in GRADES, key


@EVERY
def test_what_is_recalled_is_not_called_measured(name):
    crystal = phase(name)
    graded = [(crystal.cell_grade, crystal.cell_source), *((n.grade, n.source) for n in numbers_of(crystal).values())]
    for grade, source in graded:
        if grade in ("measured", "calculated"):
            assert "recalled" not in source and ("10." in source or "http" in source)


def graded_rows(node, where=""):
    """(place, grade, source) of every row of a table that has both; cells have theirs under names of their own."""
    if isinstance(node, dict):
        for grade, source in (("grade", "source"), ("cell_grade", "cell_source")):
            if grade in node and source in node:
                yield f"{where}.{source}", node[grade], node[source]
        for key, value in node.items():
            yield from graded_rows(value, f"{where}.{key}")
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from graded_rows(value, f"{where}[{i}]")


def test_no_number_of_any_data_file_is_graded_above_its_source():
    """A number that is recalled or estimated, or follows from such, is assumed."""
    folder = Path(str(files("epitropy").joinpath("data")))
    rows = [r for f in folder.rglob("*.toml") for r in graded_rows(tomllib.loads(f.read_text("utf-8")), f.name)]
    assert len(rows) > 300
    above = [
        place
        for place, grade, source in rows
        if grade != "assumed" and re.search(r"recalled|unchecked|estimate", source, re.IGNORECASE)
    ]
    assert above == []


@EVERY
def test_the_density_is_that_of_cell_formula_units_and_formula(name):
    """Catches a wrong number of formula units, a digit too many, another polymorph's cell; 2 % is what oxides vary."""
    crystal = phase(name)
    exact = crystal.formula_units * molar_mass(crystal.formula) / (crystal.cell.volume * AVOGADRO)
    assert crystal.density.value == pytest.approx(exact, rel=0.02, abs=0)


@EVERY
def test_the_cell_has_the_edges_and_angles_that_its_space_group_demands(name):
    crystal = phase(name)
    system = crystal_system(crystal.space_group)
    c = crystal.cell
    angles = [math.degrees(v) for v in (c.alpha, c.beta, c.gamma)]
    if system == "cubic":
        assert c.a == c.b == c.c
    if system in ("tetragonal", "trigonal", "hexagonal"):
        assert c.a == c.b
    expected = [90.0, angles[1] if system == "monoclinic" else 90.0, 120.0 if system in HEXAGONAL else 90.0]
    assert angles == pytest.approx(expected, abs=1e-6)


@EVERY
def test_an_independent_library_finds_cell_and_space_group_compatible(name):
    from pymatgen.core import Lattice
    from pymatgen.symmetry.groups import SpaceGroup

    crystal = phase(name)
    lattice = Lattice(crystal.cell.matrix * 1e10)
    assert SpaceGroup(STANDARD.get(crystal.space_group, crystal.space_group)).is_compatible(lattice)


HEXAGONAL = ("trigonal", "hexagonal")
STANDARD = {"A2/m": "C2/m", "P2_1/n": "P2_1/c", "P2_1/a": "P2_1/c", "Pbnm": "Pnma"}  # other settings


@cache
def settings():
    """Symbols of all settings that spglib tabulates, to the number of the space group."""
    import spglib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        groups = [spglib.get_spacegroup_type(hall) for hall in range(1, 531)]
    return {symbol: g.number for g in groups for symbol in _symbols(g)}


def crystal_system(symbol):
    """By the number of the space group."""
    number = settings()[symbol.replace("_", "")]
    ends = {2: "triclinic", 15: "monoclinic", 74: "orthorhombic", 142: "tetragonal", 167: "trigonal", 194: "hexagonal"}
    return next((system for last, system in ends.items() if number <= last), "cubic")


def _symbols(group):
    """Short symbol, and the full one without its ones: 'P 1 2_1/n 1' is P21/n."""
    full = [p.replace("_", "") for p in group.international_full.split(" ")]
    return {group.international_short.replace("_", ""), full[0] + "".join(p for p in full[1:] if p != "1")}


def test_every_name_means_one_phase():
    names = [n for p in phase_names() for n in (p, *phase(p).names)]
    assert len(names) == len(set(names)) == len(bundled_names())
    for alias, name in bundled_names().items():
        assert phase(alias).name == name


def test_polymorphs_differ_in_density_and_agree_in_mass():
    plain, tetragonal, cubic = (phase(n) for n in ("ZrO2", "ZrO2 tetragonal", "ZrO2 cubic"))
    assert plain is phase("ZrO2 monoclinic") and plain.space_group == "P2_1/c"
    assert plain.density.value < tetragonal.density.value < cubic.density.value
    assert len({molar_mass(p.formula) for p in (plain, tetragonal, cubic)}) == 1


def test_an_unknown_name_is_refused_with_the_nearest_ones():
    with pytest.raises(InputError, match="Nb12WO33"):
        phase("Nb12WO3")
    with pytest.raises(InputError, match="epitropy phases"):
        phase("unobtainium")


def test_capitals_may_be_wrong_where_one_phase_is_meant():
    assert phase("ncm90") is phase("NCM90") and phase("ANATASE").name == "TiO2"
    with pytest.raises(InputError, match="NMC811"):
        phase("nmc81")
    mine = {n: read_phase(n, MINE) for n in ("abc", "ABC", "nio")}
    assert phase("abc", mine) is mine["abc"] and phase("nio", mine) is mine["nio"]
    with pytest.raises(InputError, match="abc, ABC"):
        phase("Abc", mine)


# a table of one's own -----------------------------------------------------------------------------------------------

MINE = {"formula": "Nb18W8O69", "density": "5.0 g/cm3"}


def test_formula_and_density_are_enough():
    mine = read_phase("mine", MINE, "phases.mine")
    assert mine.density.value == pytest.approx(5000, rel=1e-12) and mine.density.grade == "assumed"
    assert mine.cell is None and not mine.wets


def test_a_full_table_is_read_as_the_library_is():
    full = read_phase(
        "mine",
        MINE
        | {
            "density": {"value": "5.0 g/cm3", "grade": "measured", "source": "pycnometer", "spread": 0.02},
            "cell": {"a": "26 angstrom", "c": "3.8 angstrom", "gamma": "90 deg"},
            "young_modulus": "150 GPa",
            "lithium_per_cation": {"Nb": 1},
            "wets": True,
            "names": ["eighteen"],
        },
    )
    assert full.cell.b == full.cell.a and full.cell.c == pytest.approx(3.8e-10, rel=1e-9, abs=0)
    assert full.density.grade == "measured" and full.density.uncertain
    assert full.lithium_per_cation["Nb"].value == 1 and full.young_modulus.value == pytest.approx(150e9)
    assert phase("eighteen", {"mine": full}) is full


FAULTS = [
    (["x"], "phases.mine", "formula"),
    ({"density": "5 g/cm3"}, "phases.mine.formula", "missing"),
    ({"formula": "NbO2"}, "phases.mine.density", "missing"),
    (MINE | {"densty": "5 g/cm3"}, "phases.mine.densty", "Did you mean 'density'?"),
    (MINE | {"density": "5 nm"}, "phases.mine.density", "dimension"),
    (MINE | {"density": 5}, "phases.mine.density", "no unit"),
    (MINE | {"density": "-5 g/cm3"}, "phases.mine.density", "positive"),
    (MINE | {"density": {"value": "5 g/cm3", "grade": "sure"}}, "phases.mine.density.grade", "sure"),
    (MINE | {"formula": 5}, "phases.mine.formula", "text"),
    (MINE | {"wets": "yes"}, "phases.mine.wets", "true or false"),
    (MINE | {"cell": {"b": "3 angstrom"}}, "phases.mine.cell", "edge a"),
    (MINE | {"cell": {"a": "3 angstrom", "d": "1 nm"}}, "phases.mine.cell.d", "unknown key"),
    (MINE | {"cell": {"a": "3 deg"}}, "phases.mine.cell.a", "dimension"),
    (MINE | {"cell": {"a": "3 angstrom", "gamma": "200 deg"}}, "phases.mine.cell", "angles"),
    (MINE | {"cell_grade": "sure"}, "phases.mine.cell_grade", "sure"),
    (MINE | {"lithium_per_cation": {"Nb": "3 nm"}}, "phases.mine.lithium_per_cation.Nb", "nm"),
    (MINE | {"lithium_per_cation": 3}, "phases.mine.lithium_per_cation", "names"),
]


@pytest.mark.parametrize(("rows", "path", "says"), FAULTS)
def test_a_fault_of_ones_own_phase_is_named_by_its_path(rows, path, says):
    with pytest.raises(InputError) as caught:
        read_phase("mine", rows, "phases.mine")
    assert str(caught.value).startswith(f"{path}:") and says in str(caught.value)
