"""Cut crystals: atoms conserved, planes and dipoles by hand, terminations against pymatgen."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.catalogue import phase
from epitropy.crystals.files import to_pymatgen
from epitropy.crystals.library import structure_of
from epitropy.crystals.neighbours import supercell
from epitropy.epitaxy.interface_charges import formal_charges, label_charges
from epitropy.epitaxy.slabs import (
    ELEMENTARY_CHARGE,
    cut,
    distances,
    row_basis,
    slab,
    termination,
    terminations,
    unit_cell,
)
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell
from epitropy.records.structure import Structure


def atoms(name: str) -> Structure:
    return structure_of(phase(name))


def silicon() -> Structure:
    corners = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    return Structure(
        name="Si",
        cell=UnitCell(a=5.431e-10, b=5.431e-10, c=5.431e-10),
        labels=("Si",) * 8,
        positions=np.concatenate([corners, corners + 0.25]),
        occupancy={"Si": {"Si": 1.0}},
        formula_units=8,
    )


def summary(structure: Structure, plane, **options) -> Counter:
    """What does not depend on the choice of cell: planes, charges, types and dipoles of the distinct cuts."""
    crystal = cut(structure, plane, **options)
    return Counter(
        (frozenset((t.below.formula, t.above.formula)), t.tasker, round(abs(t.polarisation), 6), round(t.spacing, 15))
        for t in terminations(crystal)
    )


@pytest.mark.parametrize(
    ("name", "plane", "types"),
    [
        ("NiO", (0, 0, 1), {"NiO|NiO": 1}),
        ("NiO", (1, 1, 0), {"NiO|NiO": 1}),
        ("NiO", (1, 1, 1), {"Ni|O": 3}),
        ("ZrO2 cubic", (1, 1, 1), {"O|O": 2, "Zr|O": 3}),
        ("ZrO2 cubic", (0, 0, 1), {"Zr|O": 3}),
        ("LiNiO2", (0, 0, 3), {"Ni|O": 3, "O|Li": 3}),
        ("LiNiO2", (1, 0, 4), {"LiNiO2|LiNiO2": 1}),
    ],
)
def test_tasker_types(name, plane, types):
    assert {t.name: t.tasker for t in terminations(cut(atoms(name), plane))} == types


def test_polarisation_by_hand():
    """Rock salt (111): 2+ half a repeat above 2-, one charge per net cell; LiNiO2 (003): -1/2 and 3/2."""
    for name, plane, expected in (
        ("NiO", (1, 1, 1), {"Ni|O": 1.0}),
        ("LiNiO2", (0, 0, 1), {"O|Li": -0.5, "Ni|O": 1.5}),
        ("ZrO2 cubic", (1, 1, 1), {"O|O": 0.0, "Zr|O": 2.0}),
    ):
        crystal = cut(atoms(name), plane)
        found = {t.name: t.polarisation * crystal.area / ELEMENTARY_CHARGE for t in terminations(crystal)}
        assert found == pytest.approx(expected, abs=1e-9)


def test_both_sides_of_the_layered_cuts_are_named():
    """Li|O|Ni|O: four cuts, two of them the others upside down."""
    crystal = cut(atoms("LiNiO2"), (0, 0, 3))
    assert len(crystal.cuts) == 4
    found = {t.name: t for t in terminations(crystal)}
    assert {name: [termination(crystal, k).name for k in t.turned] for name, t in found.items()} == {
        "Ni|O": ["O|Ni"],
        "O|Li": ["Li|O"],
    }
    assert all(t.copies == (t.index,) for t in found.values())


ORACLE = [
    ("NiO", [(0, 0, 1), (1, 1, 0), (1, 1, 1), (2, 1, 1)]),
    ("ZrO2 cubic", [(0, 0, 1), (1, 1, 0), (1, 1, 1), (2, 1, 0)]),
    ("LiCoO2", [(0, 0, 3), (1, 0, 4), (1, 0, 1), (0, 1, 2), (1, 1, 0)]),
    ("ZrO2 tetragonal", [(0, 0, 1), (1, 0, 1), (1, 1, 1)]),
    ("TiO2 rutile", [(1, 1, 0), (1, 0, 1), (0, 0, 1)]),
    ("spinel", [(1, 1, 1), (0, 0, 1), (1, 1, 0)]),
]


@pytest.mark.parametrize(("name", "plane"), [(name, plane) for name, planes in ORACLE for plane in planes])
def test_as_many_terminations_as_pymatgen_finds(name, plane):
    from pymatgen.core.surface import SlabGenerator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = SlabGenerator(to_pymatgen(atoms(name)), plane, 5, 10, primitive=True).get_slabs(ftol=0.1)
    assert len(terminations(cut(atoms(name), plane, tolerance=1e-11))) == len(theirs)


def test_equal_names_are_not_equal_cuts():
    """pymatgen #3854, #4572: Si (111) ends with three bonds or one; interfaces kept by label lose one."""
    found = terminations(cut(silicon(), (1, 1, 1)))
    assert [t.name for t in found] == ["Si|Si", "Si|Si"]
    assert found[0].spacing / found[1].spacing in (pytest.approx(3), pytest.approx(1 / 3))
    many = terminations(cut(atoms("Nb12WO33"), (0, 0, 1)))
    assert len({t.name for t in many}) < len(many)


@pytest.mark.parametrize("name", ["NiO", "LiNiO2", "ZrO2 cubic", "ZrO2", "LiNbO3", "spinel", "Nb12WO33"])
@pytest.mark.parametrize("plane", [(0, 0, 1), (1, 1, 1), (1, 0, -2), (2, 1, 0)])
def test_every_atom_once(name, plane):
    """Cells hold a whole multiple of the primitive atoms; density, distances and composition are the crystal's."""
    bulk = atoms(name)
    crystal = cut(bulk, plane, tolerance=1e-12)
    made = slab(crystal, 0, repeats=3)
    for structure in (crystal.structure, made.structure):
        per_volume = len(structure.labels) / structure.cell.volume
        assert per_volume == pytest.approx(len(bulk.labels) / bulk.cell.volume, rel=1e-9, abs=0)
        assert structure.multiplicities == pytest.approx(bulk.multiplicities, rel=1e-9)
        assert distances(structure) == pytest.approx(distances(bulk), rel=1e-6, abs=0)
    assert len(made.structure.labels) == 3 * len(crystal.structure.labels)
    assert made.formal_charge == pytest.approx(0, abs=1e-6)
    assert sum(len(np.flatnonzero(crystal.plane_of == k)) for k in range(len(crystal.planes))) == len(
        crystal.structure.labels
    )


def test_vacuum_ends_the_slab_at_the_cut():
    crystal = cut(atoms("LiNiO2"), (0, 0, 1))
    for t in terminations(crystal):
        made = slab(crystal, t.index, thickness=2e-9, vacuum=1e-9).structure
        height = made.positions[:, 2] * np.linalg.inv(made.cell.matrix)[2, 2] ** -1
        top, bottom = (made.labels[k] for k in (height.argmax(), height.argmin()))
        assert (top, bottom) == (t.below.formula, t.above.formula)
        assert distances(made) == pytest.approx(distances(atoms("LiNiO2")), rel=1e-9, abs=0)


def test_edges_of_a_match_are_kept():
    """A 2 x sqrt(3) cell of hexagonal (003), counter-clockwise; area and frame as given."""
    bulk = atoms("LiNiO2")
    crystal = cut(bulk, (0, 0, 1), [[2, 0, 0], [1, 2, 0]])
    a = bulk.cell.a
    assert crystal.edges == pytest.approx(np.array([[2 * a, 0], [0, np.sqrt(3) * a]]), rel=1e-9, abs=1e-19)
    assert len(crystal.structure.labels) == 4 * len(bulk.labels) // 3
    assert round(np.linalg.det(crystal.net_cells)) == 4


ELEMENTARY = st.tuples(st.permutations(range(3)), st.sampled_from((-1, 1)))


@settings(max_examples=15, deadline=None)
@given(st.lists(ELEMENTARY, max_size=4), st.sampled_from([("NiO", (1, 1, 1)), ("LiNiO2", (0, 0, 1))]))
def test_choice_of_cell_changes_nothing(changes, crystal):
    """Any unimodular change of axes, with another origin, keeps the distinct terminations."""
    name, plane = crystal
    bulk = atoms(name)
    axes = np.eye(3)
    for (i, j, _), sign in changes:
        axes[i] += sign * axes[j]
    moved = Structure(
        name=name,
        cell=unit_cell(np.linalg.cholesky(axes @ bulk.cell.matrix @ bulk.cell.matrix.T @ axes.T)),
        labels=bulk.labels,
        positions=((bulk.positions + [0.1, 0.2, 0.3]) @ np.linalg.inv(axes)) % 1,
        occupancy=bulk.occupancy,
        formula_units=bulk.formula_units,
    )
    assert summary(moved, tuple(np.rint(axes @ np.array(plane)).astype(int))) == summary(bulk, plane)


@pytest.mark.parametrize(("name", "plane"), [("NiO", (1, 1, 1)), ("ZrO2 tetragonal", (1, 0, 1)), ("LiNbO3", (0, 0, 1))])
def test_supercells_change_nothing(name, plane):
    """Indices are those of the larger cell; its own translations are found from the atoms."""
    larger = supercell(atoms(name), (1, 2, 3))
    assert summary(larger, tuple(k * n for k, n in zip(plane, (1, 2, 3)))) == summary(atoms(name), plane)


@pytest.mark.parametrize(
    ("edges", "told"),
    [
        ([[1, 0, 0], [2, 0, 0]], "parallel"),
        ([[0, 1, 0], [1, 0, 0]], "left-handed"),
        ([[1, 0, 0], [0, 1, 1]], "in the plane"),
        ([[0.5, 0, 0], [0, 1, 0]], "lattice vectors of the atoms"),
        ([[1, 0], [0, 1]], "conventional coordinates"),
    ],
)
def test_edges_that_make_no_cell_are_refused(edges, told):
    """Among them the singular and mirrored transforms of pymatgen #4651."""
    with pytest.raises(InputError, match=told):
        cut(atoms("LiNiO2"), (0, 0, 1), edges)


@pytest.mark.parametrize(
    "broken",
    [
        lambda c: cut(atoms("NiO"), (0, 0, 0)),
        lambda c: cut(atoms("NiO"), (1, 0, 0), tolerance=1.0),
        lambda c: slab(c, 5, repeats=1),
        lambda c: slab(c, 0),
        lambda c: slab(c, 0, thickness=10.0),
        lambda c: slab(c, 0, repeats=0),
        lambda c: slab(c, 0, repeats=1, vacuum=-1.0),
        lambda c: label_charges(atoms("NiO"), {"Ni": "two"}),
        lambda c: row_basis(np.zeros((2, 3), dtype=int)),
    ],
)
def test_bad_input_is_told(broken):
    with pytest.raises(InputError):
        broken(cut(atoms("NiO"), (1, 0, 0)))


@pytest.mark.parametrize(
    ("name", "element", "charge"),
    [("LiNiO2", "Ni", 3), ("LiMn2O4", "Mn", 3.5), ("NCM90", "Ni", 2.65 / 0.9), ("LiNbO3", "Nb", 5), ("NiO", "Ni", 2)],
)
def test_charges_balance(name, element, charge):
    structure = atoms(name)
    charges = formal_charges(structure)
    assert charges[element] == pytest.approx(charge)
    assert sum(n * charges[e] for e, n in structure.element_counts.items()) == pytest.approx(0, abs=1e-9)


def test_elements_alone_have_no_charge_and_given_ones_stay():
    assert formal_charges(silicon()) == {"Si": 0.0}
    assert label_charges(atoms("LiNiO2"), {"Ni": 3, "Li": 1, "O": -2}) == {"Ni": 3.0, "Li": 1.0, "O": -2.0}
    with pytest.raises(InputError, match="Give the charges"):
        formal_charges(atoms("NiO"), {"Ni": 3})
