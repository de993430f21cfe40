"""Whole atoms on shared sites: shares exact, correlations by hand, quasirandom closer to random than chance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.catalogue import phase
from epitropy.crystals.library import structure_of
from epitropy.crystals.neighbours import neighbours, supercell
from epitropy.crystals.ordering import (
    decorated,
    in_whole_atoms,
    ordered,
    pair_correlations,
    special_quasirandom,
    supercell_for,
)
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell
from epitropy.records.structure import Structure

LAYER = {"Ni": 0.4, "Nb": 0.2, "Zr": 0.2, "W": 0.1, "Co": 0.1}


def cubes(kinds: np.ndarray) -> Structure:
    """A simple cubic lattice with kind A or B on every point, shape (n, n, n)."""
    places = np.argwhere(np.ones_like(kinds)) / np.array(kinds.shape)
    a, b, c = (4e-10 * n for n in kinds.shape)
    return Structure(
        name="cubes",
        cell=UnitCell(a=a, b=b, c=c),
        labels=tuple("AB"[k] for k in kinds.ravel()),
        positions=places,
        occupancy={"A": {"Ni": 1.0}, "B": {"Nb": 1.0}},
        formula_units=1,
    )


def test_correlations_of_ordered_cells_by_hand():
    x, y, z = np.indices((4, 4, 4))
    board = pair_correlations(cubes((x + y + z) % 2), ("A", "B"), shells=3)
    # along an edge always unlike, across a face and through the body: always alike, always unlike
    assert board[:, 0, 0] == pytest.approx([-1, 1, -1], abs=1e-12)
    assert board[:, 0, 1] == pytest.approx([1, -1, 1], abs=1e-12)
    layers = pair_correlations(cubes(x % 2), ("A", "B"), shells=2)
    # 4 of 6 edges alike: 2/6 of correlation; 4 of 12 face diagonals alike: -1/3
    assert layers[:, 0, 0] == pytest.approx([1 / 3, -1 / 3], abs=1e-12)


def test_correlations_do_not_depend_on_the_cell():
    x, y, z = np.indices((4, 4, 2))
    small = cubes((x + 2 * y + z) % 4 // 2)
    assert pair_correlations(supercell(small, (1, 2, 3)), ("A", "B")) == pytest.approx(
        pair_correlations(small, ("A", "B")), abs=1e-12
    )


def test_quasirandom_is_nearer_to_random_than_chance():
    cell = supercell(structure_of(phase("NCM90")), (5, 4, 1))
    by_chance = [decorated(cell, "M", LAYER, seed, quasirandom=False).deviation for seed in range(8)]
    found = decorated(cell, "M", LAYER, 1)
    assert found.deviation < 0.5 * min(by_chance)
    kinds = tuple(f"M.{e}" for e in LAYER)
    assert np.abs(pair_correlations(found.structure, kinds)).max() == pytest.approx(found.deviation, rel=1e-9)


@pytest.mark.parametrize("quasirandom", [True, False])
def test_shares_are_exact_and_the_seed_repeats(quasirandom):
    cell = supercell(structure_of(phase("NCM90")), (5, 4, 1))
    one, again, other = (decorated(cell, "M", LAYER, seed, quasirandom) for seed in (1, 1, 2))
    assert {e: one.structure.labels.count(f"M.{e}") / 60 for e in LAYER} == pytest.approx(LAYER, abs=1e-12)
    assert one.structure.labels == again.structure.labels != other.structure.labels
    assert one.told == () and one.structure.labels.count("O") == 120
    assert np.array_equal(one.structure.positions, cell.positions)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=5), st.integers(0, 1000))
def test_rounding_to_whole_atoms_is_by_largest_remainder(parts, seed):
    shares = {e: n / sum(parts) for e, n in zip(("Ni", "Nb", "Zr", "W", "Co"), parts)}
    cell = supercell(structure_of(phase("NiO")), (2, 1, 2))
    made = decorated(cell, "Ni", shares, seed, quasirandom=False)
    atoms = {e: round(16 * made.structure.element_counts.get(e, 0)) for e in shares}
    assert sum(atoms.values()) == 16
    assert all(abs(atoms[e] - 16 * s) < 1 for e, s in shares.items())
    up = [16 * s % 1 for e, s in shares.items() if atoms[e] > 16 * s + 1e-9]
    down = [16 * s % 1 for e, s in shares.items() if atoms[e] < 16 * s - 1e-9]
    assert min(up, default=1) >= max(down, default=0) - 1e-9
    exact = all(abs(16 * s - round(16 * s)) < 1e-6 for s in shares.values())
    assert exact == (made.told == ())


def test_vacancies_are_left_out_and_counted():
    host = structure_of(phase("LiNiO2"))
    half = replace(host, occupancy={**host.occupancy, "Li": {"Li": 0.5, "Va": 0.5}})
    cell = supercell(half, (2, 2, 1))
    made = special_quasirandom(cell, seed=1)
    assert made.structure.labels.count("Li.Li") == 6 and len(made.structure.labels) == 42
    assert made.structure.element_counts == pytest.approx({"Li": 0.5, "Ni": 1, "O": 2}, rel=1e-12)
    empty = ordered(replace(host, occupancy={**host.occupancy, "Li": {"Va": 1.0}}), 1)
    assert len(empty.labels) == 9


def test_more_swaps_do_not_make_it_worse():
    cell = supercell(structure_of(phase("NiO")), (3, 2, 2))
    mixed = in_whole_atoms(replace(cell, occupancy={**cell.occupancy, "Ni": {"Ni": 0.5, "Nb": 0.25, "Zr": 0.25}}))[0]
    left = [np.mean([special_quasirandom(mixed, seed, steps).deviation for seed in range(4)]) for steps in (0, 20, 400)]
    assert left[0] > left[1] >= left[2]


@pytest.mark.parametrize(
    ("name", "atoms"), [("NCM90", 100), ("LiNi0.5Mn1.5O4", 50), ("rock salt layer", 200), ("NiO", 1)]
)
def test_a_supercell_holds_whole_atoms(name, atoms):
    made = structure_of(phase(name))
    cell = supercell(made, supercell_for(made, atoms))
    assert len(cell.labels) >= atoms
    assert ordered(cell, 1).element_counts == pytest.approx(cell.element_counts, rel=1e-9)


def test_a_supercell_is_as_cube_like_as_it_can_be():
    assert supercell_for(structure_of(phase("NiO")), 8 * 27) == (3, 3, 3)
    assert sorted(supercell_for(structure_of(phase("NiO")), 8 * 23)) == [3, 3, 3]  # 23 is prime, 27 a cube
    assert supercell_for(structure_of(phase("TiNb2O7")), 400) == (1, 4, 2)  # 20.4, 3.8 and 11.9 angstrom


def test_pairs_across_the_cell_are_counted_once_each():
    """The table of shells holds as many neighbours as a search over all images finds."""
    from epitropy.crystals.ordering import shell_table

    cell = supercell(structure_of(phase("NiO")), (2, 1, 1))
    table, distances = shell_table(cell, "Ni", 3)
    assert table.sum(2)[:, 0].tolist() == [12, 6, 24]  # a face-centred lattice
    assert distances == pytest.approx(np.array([0.5, 1, 1.5]) ** 0.5 * 4.177e-10, rel=1e-9, abs=0)
    assert len(neighbours(cell, 3e-10)[0]) > 0 and np.array_equal(table, np.swapaxes(table, 1, 2))


@pytest.mark.parametrize(
    ("site", "composition", "says"),
    [
        ("X", {"Ni": 1.0}, "no sublattice 'X'"),
        ("Ni", {"Ni": 0.5, "Nb": 0.4}, "add up to 1"),
        ("Ni", {"Ni": 1.5, "Nb": -0.5}, "add up to 1"),
        ("Ni", {}, "add up to 1"),
    ],
)
def test_bad_compositions_are_refused(site, composition, says):
    with pytest.raises(InputError, match=says):
        decorated(structure_of(phase("NiO")), site, composition, 1)


def test_shares_that_no_supercell_holds_are_refused():
    host = structure_of(phase("NiO"))
    odd = replace(host, occupancy={**host.occupancy, "Ni": {"Ni": 0.123456, "Nb": 0.876544}})
    with pytest.raises(InputError, match="whole atoms"):
        supercell_for(odd, 10)
