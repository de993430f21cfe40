"""Coincidences of two nets: exact indices, completeness against brute force, invariance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from epitropy.epitaxy.lattices import lattice
from epitropy.epitaxy.laws import deformation_gradient, principal_strains
from epitropy.epitaxy.matching import coincidences
from epitropy.epitaxy.nets import determinant, net, plane_net, single
from epitropy.epitaxy.stage import best_matches
from epitropy.epitaxy.sublattices import hermite_cells, hermite_form, sublattices
from epitropy.errors import InputError

SQUARE = np.eye(2)
HEXAGONAL = np.array([[1.0, 0.0], [0.5, 0.75**0.5]])


def strains(host, film, found):
    return principal_strains(deformation_gradient(found.film_cells @ film.basis, found.host_cells @ host.basis))


@pytest.mark.parametrize(
    ("basis", "unit", "indices"),
    [(SQUARE, 1.0, [1, 5, 13, 17, 25, 29]), (HEXAGONAL, 0.75**0.5, [1, 7, 13, 19, 31])],
)
def test_coincidence_indices_of_a_net_on_itself(basis, unit, indices):
    """Coincidence site lattices: sums of two squares, or Loeschian numbers, of primes 1 mod 4, or 1 mod 3."""
    made = net(basis)
    found = coincidences(made, made, max_area=indices[-1] * unit, max_strain=1e-7)
    assert determinant(found.film_cells).tolist() == indices
    assert np.abs(strains(made, made, found)).max() < 1e-12


def brute_force(host, film, max_area, max_strain):
    """All primitive matches by trial of every pair of film vectors."""
    reach = np.array(list(product(range(-16, 17), repeat=2)))
    length = np.linalg.norm(reach @ film.basis, axis=1)
    found = set()
    for cell in hermite_cells(int(max_area / host.area)):
        wanted = np.linalg.norm(cell @ host.basis, axis=1)
        near = [reach[(length < w * 1.2) & (length > w / 1.2)] for w in wanted]
        if not (len(near[0]) and len(near[1])):
            continue
        pairs = np.stack(np.broadcast_arrays(near[0][:, None], near[1][None]), 2).reshape(-1, 2, 2)
        area = determinant(pairs) * film.area
        for pair in pairs[(area > 0) & (area <= max_area)]:
            stretch = np.linalg.svd(np.linalg.inv(pair @ film.basis) @ cell @ host.basis)[1]
            if np.abs(stretch - 1).max() <= max_strain and primitive(cell, pair):
                found.add((tuple(cell.ravel()), tuple(pair.ravel())))
    return found


def primitive(cell, pair):
    columns = np.hstack([cell, pair]).T
    minors = [round(np.linalg.det(columns[[i, j]])) for i in range(4) for j in range(i)]
    return np.gcd.reduce(minors) == 1


def number_of_orbits(host_operations, film_operations, found):
    left, orbits = set(found), 0
    while left:
        cell, pair = (np.array(m).reshape(2, 2) for m in left.pop())
        orbits += 1
        for g, k in product(host_operations, film_operations):
            if determinant(g) == determinant(k):
                image = hermite_form(cell @ g)
                change = np.rint(image @ np.linalg.inv(cell @ g)).astype(int)
                left.discard((tuple(image.ravel()), tuple((change @ pair @ k).ravel())))
    return orbits


PLANES = pytest.mark.parametrize(
    ("host_plane", "name", "film_plane", "area"),
    [
        ((0, 0, 1), "NiO", (1, 1, 1), 7e-19),
        ((0, 0, 1), "NiO", (1, 0, 0), 7e-19),
        ((1, 0, 1), "NiO", (1, 1, 0), 9e-19),
        ((0, 0, 1), "m-ZrO2", (0, 1, 0), 1.2e-18),  # a film net without mirrors
        ((1, 1, 0), "m-ZrO2", (1, 1, 0), 2.2e-18),  # a host net without mirrors
        ((1, 1, 0), "m-ZrO2", (0, 1, 0), 2.2e-18),  # neither
        ((0, 0, 1), "Nb12WO33", (0, 0, 1), 1.9e-18),
    ],
)


@PLANES
def test_nothing_is_lost_and_nothing_is_named_twice(host, films, host_plane, name, film_plane, area):
    below = plane_net(lattice(host.cell, host.space_group), host_plane)
    above = plane_net(lattice(films[name].cell, films[name].space_group), film_plane)
    every = brute_force(below, above, area, 0.06)
    found = coincidences(below, above, max_area=area, max_strain=0.06)
    assert len(every) > 0
    assert len(found.variants) == number_of_orbits(below.operations, above.operations, every)


@PLANES
def test_half_turns_that_the_crystals_do_not_make_the_same(host, films, host_plane, name, film_plane, area):
    """Once more by brute force, modulo what the crystals themselves have upright; and every variant counted."""
    below = plane_net(lattice(host.cell, host.space_group), host_plane)
    above = plane_net(lattice(films[name].cell, films[name].space_group), film_plane)
    every = brute_force(below, above, area, 0.06)
    planes = {"host_planes": [host_plane], "film_planes": {name: [film_plane]}}
    limits = {"max_area": area, "max_strain": 0.06}
    plain, told = (best_matches(host, [films[name]], **planes, **limits, twins=twins) for twins in (False, True))
    if name == "Nb12WO33":  # C2 lacks the inversion, by which half turns are told from the Laue group's mirrors
        assert len(told) > len(plain)
        return
    upright = [net.operations[net.upright] for net in (below, above)]
    assert (told.half_turn).sum() == len(told) - len(plain)
    same_side = list(told.rows(told.film_net == 0))
    assert len(same_side) == number_of_orbits(*upright, every)
    proper = upright[1][determinant(upright[1]) > 0]
    assert sum(m.variants for m in same_side) == number_of_orbits(np.eye(2, dtype=int)[None], proper, every)
    proper = above.operations[determinant(above.operations) > 0]
    laid = plain.rows(plain.film_net == 0).variants.sum()
    assert laid == number_of_orbits(np.eye(2, dtype=int)[None], proper, every)


def test_every_result_obeys_the_limits_and_a_wider_limit_keeps_it(host, films):
    below = plane_net(lattice(host.cell, host.space_group), (0, 0, 1))
    above = plane_net(lattice(films["c-ZrO2"].cell, "Fm-3m"), (1, 0, 0))
    narrow = coincidences(below, above, max_area=2e-18, max_strain=0.03)
    wide = coincidences(below, above, max_area=2e-18, max_strain=0.06)
    inside = np.abs(strains(below, above, wide)).max(1) <= 0.03
    assert np.abs(strains(below, above, narrow)).max() <= 0.03
    assert 0 < len(narrow.variants) == inside.sum() < len(wide.variants)
    assert (determinant(wide.host_cells) * below.area <= 2e-18).all()
    assert (determinant(wide.film_cells) * above.area <= 2e-18).all()


def test_a_match_exactly_at_the_limit_is_kept_and_one_beyond_it_is_not():
    host, film = net(SQUARE), net(np.diag([1 / 1.02, 1 / 0.97]))
    assert len(coincidences(host, film, max_area=1.2, max_strain=0.03).variants) == 1
    assert len(coincidences(host, film, max_area=1.2, max_strain=0.0299999).variants) == 0


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_of_basis_and_axes_changes_nothing(seed):
    random = np.random.default_rng(seed)
    basis = np.array([[1.0, 0.0], [0.31, 1.17]])
    change = np.array([[1, random.integers(-4, 5)], [0, 1]]) @ np.array([[1, 0], [random.integers(-4, 5), 1]])
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    host, plain, other = net(HEXAGONAL), net(basis), net(change @ basis @ turn)
    first = coincidences(host, plain, max_area=14.0, max_strain=0.05)
    second = coincidences(host, other, max_area=14.0, max_strain=0.05)
    assert len(first.variants) > 3
    assert sorted(first.variants) == sorted(second.variants)
    tables = [np.sort(strains(host, f, m), axis=0) for f, m in ((plain, first), (other, second))]
    assert np.abs(tables[0] - tables[1]).max() < 1e-10


@pytest.mark.parametrize(("host_plane", "film_plane"), [((0, 0, 1), (1, 1, 1)), ((1, 0, 1), (1, 1, 0))])
def test_exchanging_the_nets_exchanges_areas_and_inverts_the_strain(host, films, host_plane, film_plane):
    below = plane_net(lattice(host.cell, host.space_group), host_plane)
    above = plane_net(lattice(films["NiO"].cell, "Fm-3m"), film_plane)
    tables = []
    for one, two, sign in ((below, above, 1), (above, below, -1)):
        found = coincidences(one, two, max_area=3e-18, max_strain=0.05)
        stretch = np.sort((1 + strains(one, two, found)) ** sign, axis=1)
        # the limit holds for the film: compare what both directions allow
        kept = (stretch <= 1.0475).all(1) & (stretch >= 0.9545).all(1)
        areas = [determinant(found.host_cells), determinant(found.film_cells)][::sign]
        rows = np.column_stack([*areas, stretch])[kept]
        tables.append(rows[np.lexsort(rows.round(9).T)])
    assert len(tables[0]) > 10
    assert np.abs(tables[0] - tables[1]).max() < 1e-10


def test_variants_are_the_orientations_that_the_host_makes(host, films):
    below = plane_net(lattice(host.cell, host.space_group), (0, 0, 1))
    square = plane_net(lattice(films["NiO"].cell, "Fm-3m"), (1, 0, 0))
    hexagonal = plane_net(lattice(films["NiO"].cell, "Fm-3m"), (1, 1, 1))
    assert coincidences(below, hexagonal, max_area=8e-20, max_strain=0.04).variants.tolist() == [1]
    variants = coincidences(below, square, max_area=2e-18, max_strain=0.04).variants
    assert set(variants.tolist()) <= {3, 6}  # along a mirror of both nets, or not


def test_sublattices_are_one_of_each_orbit():
    """Orbits of index-2 sublattices: 2 of the square net (1 x 2 and centred), 1 of the hexagonal one."""
    for basis, number in ((SQUARE, 2), (HEXAGONAL, 1)):
        made = net(basis)
        index = determinant(sublattices(single(made), 2.1 * made.area).cells)
        assert (index == 2).sum() == number


def test_no_match_is_empty_and_bad_limits_are_refused():
    made, far = net(SQUARE), net(1.3 * SQUARE)
    assert len(coincidences(made, far, max_area=1.5, max_strain=0.01).variants) == 0
    assert len(coincidences(made, far, max_area=0.5, max_strain=0.01).variants) == 0
    with pytest.raises(InputError, match="0.04"):
        coincidences(made, made, max_area=1.0, max_strain=4.0)
    with pytest.raises(InputError, match="positive area"):
        coincidences(made, made, max_area=0.0, max_strain=0.04)
