"""What a crystal may be described by does not change how another lies on it: property tests."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.epitaxy.lattices import lattice, planes
from epitropy.epitaxy.laws import deformation_gradient, principal_strains
from epitropy.epitaxy.matching import Ground, all_coincidences, coincidences
from epitropy.epitaxy.nets import determinant, joined, net, plane_nets
from epitropy.epitaxy.stage import best_matches
from epitropy.records.phase import UnitCell

HOST = lattice(UnitCell(a=2.876e-10, b=2.876e-10, c=14.19e-10, gamma=math.radians(120)), "R-3m")
FEW = settings(max_examples=15, deadline=None)
length = st.floats(0.8, 1.3)
small = st.integers(-2, 2)
nets = st.tuples(length, st.floats(-0.6, 0.6), length).map(lambda t: np.array([[t[0], 0.0], [t[1], t[2]]]))
changes = st.tuples(small, small, small).map(
    lambda t: np.array([[1, t[0]], [0, 1]]) @ np.array([[1, 0], [t[1], 1]]) @ np.array([[1, t[2]], [0, 1]])
)


def table(found, host, film, sign=1):
    """Areas of one and the other and principal stretches of each match, sorted."""
    gradient = np.linalg.inv(found.film_cells @ film.basis) @ found.host_cells @ host.basis
    stretch = np.sort(np.linalg.svd(gradient)[1] ** sign, axis=1)
    areas = [determinant(found.host_cells) * host.area, determinant(found.film_cells) * film.area][::sign]
    rows = np.column_stack([*areas, stretch])
    return rows[np.lexsort(rows.round(7).T)]


@FEW
@given(nets, nets, changes, changes, st.floats(0, 2 * math.pi))
def test_axes_and_bases_of_both_nets(below, above, one, two, angle):
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    pairs = [(net(below), net(above)), (net(one @ below @ turn), net(two @ above @ turn.T))]
    tables = [table(coincidences(h, f, max_area=9.0, max_strain=0.05), h, f) for h, f in pairs]
    assert tables[0].shape == tables[1].shape
    assert np.allclose(*tables, rtol=0, atol=1e-6)


@FEW
@given(nets, nets)
def test_exchange_of_host_and_film(below, above):
    """Areas exchange and F inverts; each limit is a little wider than what is compared."""
    h, f = net(below), net(above)
    there = table(coincidences(h, f, max_area=9.0, max_strain=0.06), h, f)
    back = table(coincidences(f, h, max_area=9.0, max_strain=0.06), f, h, sign=-1)
    kept = [rows[(rows[:, 2:4] > 1 / 1.05).all(1) & (rows[:, 2:4] < 1.05).all(1)] for rows in (there, back)]
    assert kept[0].shape == kept[1].shape
    assert np.allclose(*kept, rtol=0, atol=1e-6)


@FEW
@given(st.integers(0, 2**31))
def test_a_crystal_turned_in_space(seed):
    """Each net of the turned crystal matches as the net of the crystal at rest."""
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    turn = turn * np.sign(np.linalg.det(turn))
    cell = UnitCell(a=5.15e-10, b=5.21e-10, c=5.32e-10, beta=math.radians(99.2))
    rest = lattice(cell, "P2_1/c")
    ground = Ground.of(plane_nets(rest, [(0, 0, 1), (1, 1, 0)]), 1.5e-18)
    results = []
    for crystal in (rest, replace(rest, matrix=rest.matrix @ turn)):
        films = plane_nets(crystal, planes(crystal, 1))
        found = all_coincidences(ground, films, max_area=1.5e-18, max_strain=0.05)
        results.append(np.sort(determinant(found.film_cells) * 100 + found.film_net))
    assert len(results[0]) > 10
    assert np.array_equal(*results)


@FEW
@given(st.floats(3.9, 4.4), st.sampled_from([0, 1]))
def test_cells_of_other_size_and_symmetry_for_the_same_lattice(a, which):
    """Conventional, body-centred tetragonal, primitive and doubled cells: the same areas and strains occur."""
    half = a / math.sqrt(2)
    cubic, others = (
        (
            ("Fm-3m", (a, a, a, 90), [(1, 0, 0), (1, 1, 1)]),
            [
                ("I4/mmm", (half, half, a, 90), [(0, 0, 1), (1, 0, 1)]),
                ("P-1", (half, half, half, 60), [(0, 1, 1), (1, 1, 1)]),
                ("Fddd", (a, a, a, 90), [(0, 1, 0), (1, -1, 1)]),
            ],
        ),
        (
            ("Pm-3m", (a, a, a, 90), [(1, 0, 0), (1, 1, 0)]),
            [
                ("Cmmm", (2 * half, 2 * half, a, 90), [(0, 0, 1), (1, 0, 0)]),
                ("P-1", (a, a, a, 90), [(0, 1, 0), (0, 1, -1)]),
            ],
        ),
    )[which]
    expected = values(*cubic)
    assert len(expected) > 3
    for other in others:
        assert values(*other) == expected


def values(space_group, edges, faces):
    """The different (areas, strains) of matches of one lattice on the host's (001) and (101)."""
    *lengths, angle = edges
    a, b, c = (x * 1e-10 for x in lengths)
    cell = UnitCell(a=a, b=b, c=c, **dict.fromkeys(("alpha", "beta", "gamma"), math.radians(angle)))
    crystal = lattice(cell, space_group)
    ground = Ground.of(plane_nets(HOST, [(0, 0, 1), (1, 0, 1)]), 2.5e-18)
    films = plane_nets(crystal, faces)
    found = all_coincidences(ground, films, max_area=2.5e-18, max_strain=0.04)
    edges = found.film_cells @ films.basis[found.film_net], found.host_cells @ ground.nets.basis[found.host_net]
    strain = principal_strains(deformation_gradient(*edges))
    inside = (np.abs(strain) < 0.0399).all(1)
    rows = np.column_stack([found.host_net, found.film_net, determinant(edges[0]) * 1e20, strain * 1e3])[inside]
    return set(map(tuple, rows.round(3).tolist()))


def test_films_together_and_alone(host, films):
    """One call for all films lists what one call for each does."""
    chosen = [films[name] for name in ("NiO", "LiNbO3", "Nb12WO33")]
    together = best_matches(host, chosen, max_area=2e-18)
    alone = [best_matches(host, [film], max_area=2e-18) for film in chosen]
    assert len(together) == sum(map(len, alone))
    for i, found in enumerate(alone):
        assert np.array_equal(np.sort(together.area[together.film == i]), np.sort(found.area))


def test_blocks_change_nothing(host, films, monkeypatch):
    """The work is split for the memory's sake."""
    from epitropy.epitaxy import matching

    whole = best_matches(host, [films["m-ZrO2"]], max_area=2e-18)
    monkeypatch.setattr(matching, "_BLOCK", 500.0)
    parts = best_matches(host, [films["m-ZrO2"]], max_area=2e-18)
    assert [m.orientation for m in whole] == [m.orientation for m in parts]
    assert len(joined([whole.host_nets, parts.host_nets])) == 2 * len(whole.host_nets)
