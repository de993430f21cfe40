"""Faults of other matchers, each with a test that this one is free of it."""

from __future__ import annotations

import numpy as np
import pytest

from epitropy.epitaxy.lattices import equivalent_planes, lattice, planes
from epitropy.epitaxy.laws import normal_strain, plane_stress_energy
from epitropy.epitaxy.nets import determinant, plane_net, shortest_pair
from epitropy.epitaxy.stage import best_matches

LIMITS = {"max_area": 4e-18, "max_strain": 0.04}


@pytest.fixture(scope="module")
def every_match(host, films):
    return best_matches(host, list(films.values()), max_index=1, **LIMITS)


def spanned(cell, plane, points):
    """Area of the primitive net of a plane from lattice points alone, the smallest of two independent vectors."""
    vectors = np.array([p for p in points if abs(np.dot(p, plane)) < 1e-9]) @ cell
    areas = np.linalg.norm(np.cross(vectors[:, None], vectors[None]), axis=2)
    return areas[areas > 1e-24].min()


def test_nets_are_primitive_not_conventional(films):
    """NiO(111) 7.57, not 30.26 A2; the net is spanned by the points of the lattice, centred ones too."""
    for name, centring in (("NiO", ((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))), ("Nb12WO33", ((0.5, 0.5, 0),))):
        film = films[name]
        made = lattice(film.cell, film.space_group)
        grid = np.array(np.meshgrid(*[np.arange(-3, 4)] * 3)).reshape(3, -1).T
        points = np.concatenate([grid, *(grid + np.array(c) for c in centring)])
        for plane in planes(made, 1):
            assert plane_net(made, plane).area == pytest.approx(
                spanned(film.cell.matrix, plane, points), rel=1e-9, abs=0
            )
    nickel = lattice(films["NiO"].cell, "Fm-3m")
    assert plane_net(nickel, (1, 1, 1)).area * 1e20 == pytest.approx(7.566, abs=1e-3)


def test_planes_like_211_are_not_doubled(host, films):
    """m-ZrO2(21-1) on (001): cells of an odd number of nets, which a doubled net cannot make."""
    found = best_matches(
        host, [films["m-ZrO2"]], host_planes=[(0, 0, 1)], film_planes={"m-ZrO2": [(2, 1, -1)]}, **LIMITS
    )
    made = plane_net(lattice(films["m-ZrO2"].cell, "P2_1/c"), (2, 1, -1))
    counts = found.area / made.area
    assert np.abs(counts - np.rint(counts)).max() < 1e-9
    odd = np.rint(counts).astype(int) % 2 == 1
    assert odd.sum() >= 9


def test_every_distinct_plane_of_a_rhombohedral_crystal_is_listed(host):
    """{101} and {011} of R-3m are no copies of each other: 6 and 17 planes, not 5 and 12."""
    made = lattice(host.cell, host.space_group)
    assert (0, 1, 1) in planes(made, 1)
    assert (0, 1, 1) not in equivalent_planes(made, (1, 0, 1))
    assert [len(planes(made, i)) for i in (1, 2)] == [6, 17]


def test_equal_edges_of_a_monoclinic_cell_merge_nothing(make, host):
    """a = c does not make (100) a copy of (001); a change of c by 1e-7 changes no number of matches."""
    equal, unlike = (make("film", "other", "C2/c", 5.42, 9.02, c, beta=112.7) for c in (5.42, 5.42 * (1 + 1e-7)))
    assert {(1, 0, 0), (0, 0, 1)} <= set(planes(lattice(equal.cell, "C2/c"), 1))
    one, two = (best_matches(host, [film], **LIMITS) for film in (equal, unlike))
    assert len(one) == len(two) > 400


def test_no_match_is_a_symmetry_copy_or_a_multiple_of_another(host, every_match):
    """Primitive cells only, and none twice; orbits are compared with brute force in test_matching."""
    cells = np.concatenate([every_match.host_cells, every_match.film_cells], 2)
    i, j = np.triu_indices(4, 1)
    minors = cells[:, 0, i] * cells[:, 1, j] - cells[:, 0, j] * cells[:, 1, i]
    assert (np.gcd.reduce(minors, axis=1) == 1).all()
    rows = np.column_stack([every_match.film, every_match.host_net, every_match.film_net, cells.reshape(-1, 8)])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_duplicates_3683_are_none(host, films):
    """Strains, areas and directions of the matches on one pair of planes are never those of another."""
    once = best_matches(host, [films["NiO"]], film_planes={"NiO": [(1, 1, 1)]}, host_planes=[(0, 0, 1)], **LIMITS)
    seen = {(round(m.area * 1e24), *m.principal_strain.round(12), m.host_direction, m.film_direction) for m in once}
    assert len(seen) == len(once) > 30


def test_all_bases_are_compared_2194(host, films):
    """Ways to lay one sublattice on another that comparing one reduced basis of each, either edge first, would lose."""
    m = best_matches(host, [films["NiO"]], **LIMITS)
    bases, cells = (m.host_nets.basis[m.host_net], m.film_nets.basis[m.film_net]), (m.host_cells, m.film_cells)
    host_edges, film_edges = (acute(shortest_pair(c, basis) @ basis) for c, basis in zip(cells, bases))
    found = [np.abs(strains(f, host_edges) - m.strain).max(1) < 1e-6 for f in (film_edges, film_edges[:, ::-1])]
    assert np.abs(strains(cells[1] @ bases[1], cells[0] @ bases[0]) - m.strain).max() < 1e-12
    assert (~(found[0] | found[1])).sum() > 300


def acute(edges):
    """The second edge turned round where the angle is obtuse, as Zur and McGill do."""
    return edges * np.where((edges[:, 0] * edges[:, 1]).sum(1) < 0, -1, 1)[:, None, None] ** np.array([[0], [1]])


def strains(film_edges, host_edges):
    return np.linalg.svd(np.linalg.inv(film_edges) @ host_edges)[1] - 1


def test_the_limit_does_not_depend_on_the_basis(host, films, every_match):
    """The largest change of length of any direction is the limit, whichever two edges the cell is given by."""
    angle = np.linspace(0, np.pi, 721)
    direction = np.stack([np.cos(angle), np.sin(angle)])
    for match in every_match.rows(slice(0, 400, 7)):
        stretch = np.linalg.norm(match.deformation_gradient @ direction, axis=0) - 1
        assert np.abs(stretch).max() <= 0.04 * (1 + 1e-9)
        assert stretch.max() == pytest.approx(match.principal_strain[0], abs=1e-6)
        assert stretch.min() == pytest.approx(match.principal_strain[1], abs=1e-6)


def test_the_film_is_free_along_the_normal(every_match):
    """sigma_33 = 0: a film clamped there would be said to store up to 1.23 times as much and more."""
    modulus, nu = 181e9, 0.3
    lame, shear = modulus * nu / ((1 + nu) * (1 - 2 * nu)), modulus / (2 * (1 + nu))
    for match in every_match[:50]:
        strain = np.array([*match.principal_strain, match.normal_strain])
        stress = lame * strain.sum() + 2 * shear * strain
        assert abs(stress[2]) <= 1e-9 * np.abs(stress[:2]).max() + 1e-3
        assert match.energy_per_thickness == pytest.approx(strain @ stress / 2, rel=1e-9, abs=1e-3)
    both = np.array([0.02, 0.02])
    clamped = (lame / 2 * both.sum() ** 2 + shear * (both**2).sum()) / plane_stress_energy(both, modulus, nu)
    assert clamped > 1.2
    assert normal_strain(both, nu) < 0


def test_every_match_has_its_orientation_relationship(host, films, every_match):
    """Two parallel planes and two parallel directions in them, which F carries onto each other."""
    for match in every_match[::97]:
        film = next(f for f in films.values() if f.name == match.film)
        assert np.dot(match.host_plane, match.host_direction) == np.dot(match.film_plane, match.film_direction) == 0
        lengths = [np.linalg.norm(c[0] @ p.cell.matrix) for c, p in ((match.host_cell, host), (match.film_cell, film))]
        assert match.deformation_gradient[0, 0] == pytest.approx(lengths[0] / lengths[1], rel=1e-9, abs=0)
        assert match.orientation.count("[") == 2


def test_no_transform_is_singular_4651(every_match):
    """Every cell has two independent edges in right-handed order, and F keeps the side."""
    assert (determinant(every_match.host_cells) > 0).all()
    assert (determinant(every_match.film_cells) > 0).all()
    for match in every_match[::97]:
        assert np.linalg.det(match.deformation_gradient) > 0.9
        assert np.linalg.matrix_rank(match.host_cell) == np.linalg.matrix_rank(match.film_cell) == 2
