"""Lattices, distinct planes and their primitive nets."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from epitropy.epitaxy.lattices import equivalent_planes, lattice, planes, reduced, reflection
from epitropy.epitaxy.nets import determinant, plane_net
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell

CENTRINGS = {"P2/m": 1, "C2/m": 2, "Immm": 2, "Fmmm": 4, "A2/m": 2, "R-3m": 3, "B2/m": 2}


def cell_of(space_group):
    if space_group == "R-3m":
        return UnitCell(a=3e-10, b=3e-10, c=14e-10, gamma=math.radians(120))
    return UnitCell(a=3e-10, b=4e-10, c=5e-10)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spglib warns about its own default
@pytest.mark.parametrize("space_group", CENTRINGS)
def test_primitive_lattice_is_the_one_of_the_centring_translations(space_group):
    import spglib

    made = lattice(cell_of(space_group), space_group)
    assert np.linalg.det(made.primitive) * CENTRINGS[space_group] == pytest.approx(6**3, rel=1e-12, abs=0)
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        if kind.international_full[0] != space_group[0] or kind.choice == "R":
            continue
        database = spglib.get_symmetry_from_database(hall)
        pure = database["translations"][(database["rotations"] == np.eye(3)).all((1, 2))]
        in_primitive = 6 * pure @ np.linalg.inv(made.primitive)
        assert np.abs(in_primitive - np.rint(in_primitive)).max() < 1e-6  # the database rounds thirds
        break


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("NiO", 48),
        ("spinel", 48),
        ("t-ZrO2", 16),
        ("m-ZrO2", 4),
        ("LiNbO3", 12),
        ("Nb12WO33", 4),
        ("Li2ZrO3", 4),
    ],
)
def test_laue_group_has_its_order_and_keeps_the_cell(films, name, order):
    made = lattice(films[name].cell, films[name].space_group)
    metric = made.matrix @ made.matrix.T
    assert len(made.operations) == order
    turned = np.swapaxes(made.operations, 1, 2) @ metric @ made.operations
    assert np.allclose(turned, metric, rtol=0, atol=1e-12 * metric.max())


@pytest.mark.parametrize(
    ("space_group", "cell", "numbers"),
    [
        ("Fm-3m", UnitCell(a=4e-10, b=4e-10, c=4e-10), (3, 6, 13)),
        ("Pa-3", UnitCell(a=4e-10, b=4e-10, c=4e-10), (3, 7, 17)),  # m-3: {210} and {120} differ
        ("P4/mmm", UnitCell(a=4e-10, b=4e-10, c=5e-10), (5, 12)),
        ("Pmmm", UnitCell(a=4e-10, b=5e-10, c=6e-10), (7, 19)),
        ("R-3m", UnitCell(a=3e-10, b=3e-10, c=14e-10, gamma=math.radians(120)), (6, 17)),
        ("P6/mmm", UnitCell(a=3e-10, b=3e-10, c=5e-10, gamma=math.radians(120)), (5, 12)),
        ("P2/m", UnitCell(a=4e-10, b=5e-10, c=6e-10, beta=math.radians(99)), (9, 29)),
        ("P-1", UnitCell(a=4e-10, b=5e-10, c=6e-10, beta=math.radians(99)), (13, 49)),
    ],
)
def test_number_of_distinct_planes(space_group, cell, numbers):
    """Laue orbits up to index 1, 2, ...; triclinic: all coprime triples over two."""
    made = lattice(cell, space_group)
    for max_index, number in enumerate(numbers, 1):
        assert len(planes(made, max_index)) == number


@pytest.mark.parametrize("name", ["NiO", "LiNbO3", "m-ZrO2"])
def test_listed_planes_cover_every_plane_once(films, name):
    made = lattice(films[name].cell, films[name].space_group)
    covered = [p for plane in planes(made, 2) for p in equivalent_planes(made, plane)]
    wanted = {p for p in product(range(-2, 3), repeat=3) if math.gcd(*p) == 1}
    assert len(covered) == len(set(covered))
    assert wanted <= set(covered)


def test_both_pyramids_of_a_rhombohedral_crystal_are_listed(host):
    made = lattice(host.cell, host.space_group)
    assert {(1, 0, 1), (0, 1, 1)} <= set(planes(made, 1))
    assert reflection(made, (1, 0, 1)) == (1, 0, 1)  # obverse: -h + k + l = 3n
    assert reflection(made, (0, 1, 1)) == (0, 3, 3)


def test_equal_edges_do_not_merge_planes_of_a_monoclinic_cell():
    cell = UnitCell(a=5.42e-10, b=9.02e-10, c=5.42e-10, beta=math.radians(112.7))
    assert {(1, 0, 0), (0, 0, 1)} <= set(planes(lattice(cell, "C2/c"), 1))


def test_a_cell_without_the_symmetry_of_its_group_is_refused():
    with pytest.raises(InputError, match="symmetry"):
        lattice(UnitCell(a=4e-10, b=4.1e-10, c=4e-10), "Fm-3m")
    with pytest.raises(InputError, match="Hermann-Mauguin"):
        lattice(UnitCell(a=4e-10, b=4e-10, c=4e-10), "Fm3q")
    with pytest.raises(InputError, match="whole numbers"):
        reduced((0, 0, 0))


@pytest.mark.parametrize(
    ("plane", "area"),
    [((1, 1, 1), 3**0.5 / 4), ((1, 0, 0), 1 / 2), ((1, 1, 0), 2**-0.5), ((2, 1, 1), 6**0.5 / 2)],
)
def test_nets_of_a_face_centred_lattice_are_primitive(films, plane, area):
    """A = 1/(volume of the primitive cell x spacing); NiO(111) is 7.57, not 30.26 A2."""
    net = plane_net(lattice(films["NiO"].cell, "Fm-3m"), plane)
    assert net.area == pytest.approx(area * 4.18e-10**2, rel=1e-12, abs=0)


@pytest.mark.parametrize("name", ["NiO", "t-ZrO2", "m-ZrO2", "LiNbO3", "Li2ZrO3", "Nb12WO33"])
def test_net_area_is_primitive_volume_over_spacing(films, name):
    """V_primitive = A d with d = 1/|n g_hkl|, g the first order that is in the reciprocal lattice."""
    made = lattice(films[name].cell, films[name].space_group)
    volume = abs(np.linalg.det(made.matrix) * np.linalg.det(made.primitive)) / 6**3
    for plane in planes(made, 2):
        net = plane_net(made, plane)
        spacing = 1 / np.linalg.norm(np.linalg.inv(made.matrix) @ reflection(made, plane))
        assert net.area * spacing == pytest.approx(volume, rel=1e-10, abs=0)
        assert (net.sixths @ plane == 0).all()


@pytest.mark.parametrize("name", ["NiO", "t-ZrO2", "m-ZrO2", "LiNbO3", "Nb12WO33"])
def test_net_symmetry_is_a_group_that_keeps_lengths(films, name):
    made = lattice(films[name].cell, films[name].space_group)
    for plane in planes(made, 1):
        net = plane_net(made, plane)
        metric = net.basis @ net.basis.T
        group = {tuple(g.ravel()) for g in net.operations}
        assert {tuple((g @ h).ravel()) for g in net.operations for h in net.operations} == group
        assert (np.abs(determinant(net.operations)) == 1).all()
        kept = net.operations @ metric @ np.swapaxes(net.operations, 1, 2)
        assert np.allclose(kept, metric, rtol=0, atol=1e-10 * metric.max())


def test_a_turned_crystal_has_the_same_nets(films):
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    made = lattice(films["m-ZrO2"].cell, "P2_1/c")
    for turned in (turn, turn * np.linalg.det(turn)):
        moved = replace(made, matrix=made.matrix @ turned * np.sign(np.linalg.det(turned)))
        for plane in planes(made, 1):
            assert np.allclose(plane_net(moved, plane).basis, plane_net(made, plane).basis, rtol=0, atol=1e-21)
