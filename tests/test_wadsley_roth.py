"""Blocks from the construction rule: formulas, bonds, cells, symmetry, distances, and the ways between the ions."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.chemistry import element_counts
from epitropy.crystals.block_picture import picture
from epitropy.crystals.files import to_pymatgen, write
from epitropy.crystals.neighbours import coordination, neighbours, shortest_distances, supercell
from epitropy.crystals.ordering import ordered
from epitropy.crystals.symmetry import density, space_group
from epitropy.crystals.voids import networks, openings
from epitropy.crystals.wadsley_roth import block, grid_repeat, grid_unit, model, model_names
from epitropy.csvfile import read_csv
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell
from epitropy.records.structure import Structure
from epitropy.sources import table

ANGSTROM = 1e-10
BOND = 2.2 * ANGSTROM  # above every M-O and T-O bond, below every other contact of a cation with oxygen
SIZES = [(m, n, tetrahedra) for m in (3, 4, 5) for n in (3, 4, 5) for tetrahedra in (True, False)]

# a, b, c in angstrom, beta in degrees, in the setting of the models
PUBLISHED = {
    "Nb12WO33": (22.37, 3.825, 17.87, 123.6),  # Roth and Wadsley 1965, recalled
    "Nb14W3O44": (20.9767 * math.sqrt(2), 3.82267, 20.9767, 135.0),  # COD 2405347, tetragonal
    "Nb16W5O55": (29.79, 3.82, 23.17, 126.5),  # recalled
    "TiNb2O7": (20.351, 3.801, 11.882, 120.19),
    "Ti2Nb10O29": (20.54, 3.814, 15.57, 113.7),  # A2/m, a and c exchanged
}

# TiNb2O7 relaxed with PBEsol in its measured cell, all atoms at y = 0 and (1/2, 1/2, 0) from there: TiNb2O7-JVAa6LNI,
# github.com/ml-evs/matador, commit e8506d0, tests/data/fix_cell_test
RELAXED_CELL = UnitCell(a=20.36988e-10, b=3.80200e-10, c=11.883e-10, beta=math.radians(120.1956))
RELAXED = """
O .501184 .997063  O .900199 .988666  O .100493 .013502  O .709809 .003249  O .290714 .996500  O .951976 .806869
O .050943 .202799  O .751805 .805784  O .247498 .192917  O .874866 .188717  O .123862 .804478  O .974319 .581254
O .026330 .418475  O .627414 .420375  O .373912 .582013  O .792013 .614221  O .208046 .387300  O .825885 .401261
O .172822 .596834  O .596214 .621528  O .403011 .378899  M .076924 .630421  M .109406 .373361  M .814090 .995351
M .923305 .362406  M .705488 .630944  M .289341 .364781  M .895078 .636239  M .000989 .014784  M .182069 .989013
"""


def relaxed() -> Structure:
    words = RELAXED.split()
    half = np.array([[float(x), 0.0, float(z)] for x, z in zip(words[1::3], words[2::3])])
    return Structure(
        name="TiNb2O7, relaxed",
        cell=RELAXED_CELL,
        labels=tuple(words[::3]) * 2,
        positions=np.concatenate([half, half + [0.5, 0.5, 0]]) % 1,
        occupancy={"M": {"Nb": 1.0}, "O": {"O": 1.0}},
        formula_units=6,
    )


def nearest(positions: np.ndarray, structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    """For every position the nearest atom and how far it is [m], in the structure's cell."""
    apart = positions[:, None] - structure.positions
    distance = np.linalg.norm((apart - np.rint(apart)) @ structure.cell.matrix, axis=2)
    return distance.argmin(1), distance.min(1)


def bonded_pairs(structure: Structure, cutoff: float, names=None) -> set[tuple[int, int]]:
    """Cations and oxygens closer than the cutoff, as pairs of atoms, by the names given to them."""
    i, j, _ = neighbours(structure, cutoff)
    labels = np.array(structure.labels)
    names = np.arange(len(labels)) if names is None else names
    bond = (labels[i] != "O") & (labels[j] == "O")
    return set(zip(names[i[bond]].tolist(), names[j[bond]].tolist()))


@pytest.mark.parametrize(("m", "n", "tetrahedra"), SIZES)
def test_formula_of_every_block(m, n, tetrahedra):
    counts = block(m, n, tetrahedra=tetrahedra).structure.multiplicities
    oxygens = 3 * m * n - m - n + (4 if tetrahedra else 0)
    assert counts == ({"T": 1} if tetrahedra else {}) | {"M": m * n, "O": oxygens}


@pytest.mark.parametrize(("m", "n", "tetrahedra"), SIZES)
def test_octahedra_tetrahedra_and_no_loose_oxygen(m, n, tetrahedra):
    structure = block(m, n, tetrahedra=tetrahedra).structure
    assert set(coordination(structure, "M", "O", BOND)) == {6}
    assert set(coordination(structure, "T", "O", BOND)) == ({4} if tetrahedra else set())
    bonds = coordination(structure, "O", "M", BOND) + coordination(structure, "O", "T", BOND)
    assert bonds.min() == 2
    found = shortest_distances(structure)
    assert found["M-O"] == pytest.approx(1.91 * ANGSTROM, rel=1e-9, abs=0)
    edge = math.hypot(grid_unit(), grid_repeat() / 2)  # of an octahedron
    assert found["M-M"] == pytest.approx(edge, rel=1e-9, abs=0)
    assert found["O-O"] == pytest.approx(edge, rel=1e-9, abs=0)
    if tetrahedra:
        assert found["O-T"] == pytest.approx(math.hypot(grid_unit() / math.sqrt(2), grid_repeat() / 4), rel=1e-9, abs=0)
        assert found["M-T"] > 3.3 * ANGSTROM


@pytest.mark.parametrize(
    ("name", "formula", "group"),
    [
        ("Nb12WO33", {"Nb": 12, "W": 1, "O": 33}, "C2"),
        ("Nb14W3O44", {"Nb": 14, "W": 3, "O": 44}, "I-4"),
        ("Nb16W5O55", {"Nb": 16, "W": 5, "O": 55}, "C2"),
        ("TiNb2O7", {"Ti": 1, "Nb": 2, "O": 7}, "C2/m"),
        ("Ti2Nb10O29", {"Ti": 2, "Nb": 10, "O": 29}, "C2/m"),
    ],
)
def test_models_have_the_compounds_formula_cell_and_symmetry(name, formula, group):
    structure = model(name).structure
    assert structure.element_counts == pytest.approx(formula, rel=1e-12, abs=0)
    assert space_group(structure) == group
    cell = structure.cell
    a, b, c, beta = PUBLISHED[name]
    assert np.array([cell.a, cell.b, cell.c]) / ANGSTROM == pytest.approx([a, b, c], rel=0.0111, abs=0)
    assert math.degrees(cell.beta) == pytest.approx(beta, rel=0, abs=1.0)
    volume = a * b * c * math.sin(math.radians(beta)) * ANGSTROM**3
    assert cell.volume == pytest.approx(volume, rel=0.023, abs=0)


@pytest.mark.parametrize("tetrahedra", [True, False])
@pytest.mark.parametrize(("m", "n"), [(m, n) for m in range(2, 8) for n in range(2, 8)])
def test_blocks_without_stated_elements_are_neutral(m, n, tetrahedra):
    charges = {"Nb": 5, "W": 6, "Ti": 4, "P": 5, "O": -2}
    counts = block(m, n, tetrahedra=tetrahedra).structure.element_counts
    assert sum(charges[e] * atoms for e, atoms in counts.items()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("m", "n", "tetrahedra", "formula"),
    [
        (3, 3, True, "PNb9O25"),
        (3, 4, True, "Nb12WO33"),
        (4, 4, True, "Nb14W3O44"),
        (4, 5, True, "Nb16W5O55"),
        (5, 5, True, "Nb18W8O69"),
        (3, 3, False, "Ti3Nb6O21"),
        (4, 3, False, "Ti2Nb10O29"),
        (5, 3, False, "TiNb14O37"),
        (4, 4, False, "Nb16O40"),
    ],
)
def test_neutral_blocks_are_the_known_compounds(m, n, tetrahedra, formula):
    counts = block(m, n, tetrahedra=tetrahedra).structure.element_counts
    assert counts == pytest.approx(element_counts(formula), rel=1e-12, abs=0)


@pytest.mark.parametrize("name", model_names())
def test_sublattices_are_those_the_entropy_prototypes_count(name):
    sites = table(f"prototypes/{name}.toml")["sites"]
    assert {s["label"]: s["multiplicity"] for s in sites if "multiplicity" in s} == model(name).structure.multiplicities


def test_grid_unit_makes_the_largest_error_of_an_edge_smallest():
    """Every in-plane edge asks for a u of its own; at the best u the smallest and the largest are missed alike."""
    asked = []
    for name in model_names():
        cell = model(name).structure.cell
        a, _, c, _ = PUBLISHED[name]
        asked += [grid_unit() * a * ANGSTROM / cell.a, grid_unit() * c * ANGSTROM / cell.c]
    best = 2 / (1 / min(asked) + 1 / max(asked))
    assert grid_unit() == pytest.approx(best, rel=1e-4, abs=0)
    assert max(abs(best / u - 1) for u in asked) == pytest.approx(0.011, rel=1e-3, abs=0)
    assert [min(asked) / ANGSTROM, max(asked) / ANGSTROM] == pytest.approx([2.032, 2.077], rel=0, abs=1e-3)
    assert grid_repeat() == pytest.approx(np.mean([c[1] for c in PUBLISHED.values()]) * ANGSTROM, rel=2e-3, abs=0)


@pytest.mark.parametrize("name", ["Nb12WO33", "Nb14W3O44", "Nb16W5O55"])
def test_atoms_are_those_of_another_programs_models(name):
    rows = [
        r.cells for r in read_csv(Path(__file__).parent / "wadsley_roth_models.csv").rows if r.cells["model"] == name
    ]
    structure = model(name).structure
    atom, distance = nearest(np.array([[float(r[k]) for k in "xyz"] for r in rows]), structure)
    assert sorted(atom) == list(range(len(structure.labels)))
    assert distance.max() < 3e-3 * ANGSTROM  # its four digits
    assert [structure.labels[i] for i in atom] == [r["site"] for r in rows]


def test_relaxed_tinb2o7_keeps_the_models_topology():
    ours, theirs = model("TiNb2O7").structure, relaxed()
    atom, distance = nearest(theirs.positions, ours)
    assert sorted(atom) == list(range(60))
    assert [ours.labels[i] for i in atom] == list(theirs.labels)
    assert distance.max() < 0.6 * ANGSTROM  # cations leave the middle of their octahedra
    assert distance.mean() < 0.3 * ANGSTROM
    assert bonded_pairs(theirs, 2.6 * ANGSTROM, names=atom) == bonded_pairs(ours, BOND)  # its longest bond is 2.41


def test_a_block_and_its_transpose_are_one_crystal_with_tetrahedra_and_two_without():
    def spectrum(m, n, tetrahedra):
        return np.sort(neighbours(block(m, n, tetrahedra=tetrahedra).structure, 6 * ANGSTROM)[2])

    assert np.allclose(spectrum(3, 4, True), spectrum(4, 3, True), rtol=1e-9, atol=0)
    assert block(3, 4, tetrahedra=False).structure.cell != block(4, 3, tetrahedra=False).structure.cell


@pytest.mark.parametrize("along", [(1, 3, 1), (1, 1, 2), (2, 2, 1)])
def test_distances_and_openings_do_not_depend_on_the_cell(along):
    small = model("TiNb2O7").structure
    large = supercell(small, along)
    times = math.prod(along)
    assert shortest_distances(large) == pytest.approx(shortest_distances(small), rel=1e-9, abs=0)
    assert large.element_counts == pytest.approx(small.element_counts, rel=1e-12, abs=0)
    assert density(large) == pytest.approx(density(small), rel=1e-12, abs=0)
    assert len(neighbours(large, BOND)[0]) == times * len(neighbours(small, BOND)[0])
    here, there = openings(small), openings(large)
    assert [o.clearance for o in there] == pytest.approx([o.clearance for o in here], rel=1e-6, abs=0)
    assert there[0].networks == here[0].networks * times // along[1]  # a column stays one, however long


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False), st.tuples(*[st.floats(0, 1)] * 3))
def test_order_of_atoms_and_origin_do_not_matter(chance, shift):
    structure = model("TiNb2O7").structure
    order = list(range(len(structure.labels)))
    chance.shuffle(order)
    other = replace(
        structure,
        labels=tuple(structure.labels[i] for i in order),
        positions=(structure.positions[order] + shift) % 1,
    )
    assert shortest_distances(other) == pytest.approx(shortest_distances(structure), rel=1e-9, abs=0)
    assert openings(other)[0].clearance == pytest.approx(openings(structure)[0].clearance, rel=1e-6, abs=0)
    assert openings(other)[0].networks == 8


@pytest.mark.parametrize(("m", "n", "tetrahedra"), [s for s in SIZES if s[0] + s[1] < 9])
def test_columns_run_along_b_within_blocks_and_nowhere_else(m, n, tetrahedra):
    """The Voronoi cells know nothing of blocks: they must find as many columns as the rule leaves open."""
    made = block(m, n, tetrahedra=tetrahedra)
    along, across = openings(made.structure)
    assert along.dimensions == 1 and {abs(i) for i in along.directions[0]} == {0, 1}
    assert along.directions[0][1] != 0
    assert along.networks == len(made.windows) == 2 * (m - 1) * (n - 1)
    assert along.clearance == pytest.approx(grid_unit(), rel=1e-9, abs=0)
    assert along.nearest["M"] == pytest.approx(math.sqrt(2) * grid_unit(), rel=1e-9, abs=0)
    assert (across.dimensions, across.networks) == (3, 1)
    assert across.clearance == pytest.approx(_circumradius(), rel=1e-9, abs=0)
    assert networks(made.structure, 1.8 * ANGSTROM) == (1, 1)  # columns of a block join, its walls are closed


def _circumradius() -> float:
    """Of a face of an octahedron with half diagonals u, u and b/2: sides sqrt2 u and twice sqrt(u2 + b2/4)."""
    base, side = math.sqrt(2) * grid_unit(), math.hypot(grid_unit(), grid_repeat() / 2)
    return side**2 / (2 * math.sqrt(side**2 - base**2 / 4))


@pytest.mark.parametrize("name", ["Nb12WO33", "TiNb2O7"])
def test_windows_are_squares_of_oxygen_with_nothing_in_the_column(name):
    made = model(name)
    structure = made.structure
    for window in made.windows:
        for height in np.linspace(0, 1, 9):
            apart = structure.positions - window - [0, height, 0]
            apart = (apart - np.rint(apart)) @ structure.cell.matrix
            distance = np.linalg.norm(apart, axis=1)
            assert distance.min() > 0.999 * grid_unit()
            if height == 0:
                around = np.argsort(distance)[:4]
                assert {structure.labels[i] for i in around} == {"O"}
                assert distance[around] == pytest.approx([grid_unit()] * 4, rel=1e-9, abs=0)
                assert np.abs(apart[around, 1]).max() < 1e-15


def test_columns_per_formula_unit():
    found = {name: model(name).columns_per_formula_unit for name in model_names()}
    assert found == {"Nb12WO33": 6, "Nb14W3O44": 9, "Nb16W5O55": 12, "TiNb2O7": pytest.approx(4 / 3), "Ti2Nb10O29": 6}


def test_relaxed_crystal_is_widest_along_b_too():
    found = openings(relaxed())
    assert [o.dimensions for o in found] == [1, 2, 3]
    assert tuple(map(abs, found[0].directions[0])) == (0, 1, 0)
    assert [o.clearance / ANGSTROM for o in found] == pytest.approx([1.933, 1.824, 1.730], rel=1e-3, abs=0)


def test_a_simple_cubic_lattice_opens_in_all_directions_at_once():
    """Paths between the corners of a cube of edge e pass the middle of its faces, e / sqrt2 from the corners."""
    cube = Structure(
        name="cube",
        cell=UnitCell(a=4e-10, b=4e-10, c=4e-10),
        labels=("O",),
        positions=np.zeros((1, 3)),
        occupancy={"O": {"O": 1.0}},
        formula_units=1,
    )
    (only,) = openings(cube)
    assert (only.dimensions, only.networks) == (3, 1)
    assert only.clearance == pytest.approx(4e-10 / math.sqrt(2), rel=1e-9, abs=0)


def test_density_against_the_measured_cell():
    assert density(model("Nb12WO33").structure) == pytest.approx(4760, rel=0.025, abs=0)
    a, b, c, beta = PUBLISHED["Nb12WO33"]
    measured = UnitCell(a=a * ANGSTROM, b=b * ANGSTROM, c=c * ANGSTROM, beta=math.radians(beta))
    assert density(replace(model("Nb12WO33").structure, cell=measured)) == pytest.approx(4760, rel=2e-3, abs=0)


def test_ordered_keeps_the_formula_and_repeats_itself():
    mixed = model("Nb14W3O44").structure
    one, again, other = ordered(mixed, 1), ordered(mixed, 1), ordered(mixed, 2)
    assert one.element_counts == pytest.approx(mixed.element_counts, rel=1e-12, abs=0)
    assert one.labels == again.labels != other.labels
    assert one.labels.count("M.W") == 4


def test_ordered_refuses_half_an_atom():
    odd = block(3, 4, tetrahedra=True, occupancy={"T": {"W": 1}, "M": {"Nb": 0.9, "W": 0.1}, "O": {"O": 1}})
    with pytest.raises(InputError, match="supercell"):
        ordered(odd.structure, 1)


@pytest.mark.filterwarnings("ignore:Issues encountered while parsing CIF")  # pymatgen rounds thirds
@pytest.mark.parametrize("name", ["Nb12WO33.cif", "Nb12WO33.vasp", "POSCAR"])
def test_written_files_hold_the_same_crystal(tmp_path, name):
    from pymatgen.core import Structure as PymatgenStructure

    structure = model("Nb12WO33").structure
    write(structure, tmp_path / name)
    back = PymatgenStructure.from_file(tmp_path / name)
    assert back.composition.reduced_formula == "Nb12WO33"
    assert back.volume * ANGSTROM**3 == pytest.approx(structure.cell.volume, rel=1e-6, abs=0)
    _, distance = nearest(back.frac_coords, structure)
    assert distance.max() < 1e-4 * ANGSTROM


def test_mixed_sites_go_to_cif_as_shares_and_not_to_poscar(tmp_path):
    mixed = model("TiNb2O7").structure
    write(mixed, tmp_path / "mixed.cif")
    assert "0.333" in (tmp_path / "mixed.cif").read_text()
    assert to_pymatgen(mixed).composition.reduced_formula == "TiNb2O7"
    with pytest.raises(InputError, match="ordered"):
        write(mixed, tmp_path / "POSCAR")
    write(ordered(mixed, 1), tmp_path / "POSCAR")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: block(1, 4, tetrahedra=True), "2 or more"),
        (lambda p: block(3.5, 4, tetrahedra=True), "whole numbers"),
        (lambda p: model("Nb2O5"), "Nb12WO33"),
        (lambda p: block(3, 4, tetrahedra=True, occupancy={"M": {"Nb": 1}, "O": {"O": 1}}), "site T"),
        (lambda p: block(3, 3, tetrahedra=False, occupancy={"M": {"Nb": 0.5}, "O": {"O": 1}}), "add up to 1"),
        (lambda p: block(3, 3, tetrahedra=False, unit=-1e-10), "positive"),
        (lambda p: supercell(model("TiNb2O7").structure, (0, 1, 1)), "1 or more"),
        (lambda p: write(model("TiNb2O7").structure, p / "x.pdb"), ".cif"),
        (lambda p: write(model("TiNb2O7").structure, p), "kind of file"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path, call, says):
    with pytest.raises(InputError, match=says) as caught:
        call(tmp_path)
    assert "\n" not in str(caught.value)


def test_picture_shows_every_kind_of_thing():
    figure = picture(model("Nb12WO33"))
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == [
        "octahedra at 0",
        "octahedra at b/2",
        "tetrahedral site",
        "open column along b",
        "shear plane",
        "conventional cell",
    ]
    assert "tetrahedral site" not in [t.get_text() for t in picture(model("TiNb2O7")).legends[0].get_texts()]
