"""Wulff shapes: exact bodies, the derivative of the volume, symmetry, spreads and bad input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, HalfspaceIntersection

from epitropy.catalogue import phase
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell
from epitropy.records.sourced import Sourced
from epitropy.strain.facets import normals, passes_lithium, shares, star, surface_energies, wulff_shares

HOST = phase("NCM90").cell
CUBIC = UnitCell(a=1e-10, b=1e-10, c=2e-10 * 6**0.5, gamma=2 * math.pi / 3)  # a cube standing on a corner
ENERGIES = {"003": 1.0, "104": 1.1, "012": 1.2, "101": 1.3, "110": 1.4}


def test_equal_energies_of_a_cube_give_a_cube():
    angles = np.abs(normals(CUBIC, "104") @ normals(CUBIC, "104").T)
    np.testing.assert_allclose(np.sort(angles, axis=1)[:, :4], 0, atol=1e-12)  # at right angles to four others
    assert wulff_shares(CUBIC, {"104": 0.7}) == {"104": pytest.approx(1, rel=1e-12)}


@pytest.mark.parametrize("cut", [0.65, 0.9, 1.0, 2 / 3**0.5, 1.4, 1.6])
def test_a_cube_with_its_corners_cut_has_the_areas_of_solid_geometry(cut):
    """A cube of half edge 1 and planes {111} at distance ``cut``; at 2/sqrt 3 their triangles meet (cuboctahedron)."""
    tip = cut * 3**0.5  # of the octahedron, from the centre
    leg = 3 - tip  # that each cut takes off an edge of length 2
    if leg <= 1:
        triangles, squares = 8 * 3**0.5 / 2 * leg**2, 6 * (4 - 2 * leg**2)
    else:
        triangles, squares = 8 * 3**0.5 / 2 * (tip**2 - 3 * max(tip - 1, 0) ** 2), 6 * 2 * max(tip - 1, 0) ** 2
    found = wulff_shares(CUBIC, {"104": 1.0, "003": cut, "012": cut})
    assert found["003"] + found["012"] == pytest.approx(triangles / (triangles + squares), rel=1e-9, abs=0)
    assert found["012"] == pytest.approx(3 * found["003"], rel=1e-9, abs=0)


def _volume(energies):
    planes = np.concatenate([normals(HOST, f) for f in energies])
    distance = np.repeat(list(energies.values()), [len(star(f)) for f in energies])
    return ConvexHull(HalfspaceIntersection(np.column_stack([planes, -distance]), np.zeros(3)).intersections).volume


@pytest.mark.parametrize("facet", ENERGIES)
def test_shares_are_the_derivatives_of_the_volume(facet):
    """dV = sum A dh when planes move out by dh: areas from volumes alone, by another routine."""
    step = 1e-5
    slopes = {
        f: (_volume({**ENERGIES, f: e + step}) - _volume({**ENERGIES, f: e - step})) / (2 * step)
        for f, e in ENERGIES.items()
    }
    expected = slopes[facet] / sum(slopes.values())
    assert wulff_shares(HOST, ENERGIES)[facet] == pytest.approx(expected, rel=1e-4, abs=1e-7)


@settings(max_examples=30)
@given(st.tuples(*(st.floats(0.5, 3.0) for _ in ENERGIES)), st.floats(0.01, 100))
def test_shares_sum_to_one_and_know_no_scale(values, scale):
    energies = dict(zip(ENERGIES, values))
    found = wulff_shares(HOST, energies)
    assert sum(found.values()) == pytest.approx(1, rel=1e-12) and min(found.values()) >= 0
    scaled = wulff_shares(HOST, {f: scale * e for f, e in energies.items()})
    assert scaled == pytest.approx(found, rel=1e-6, abs=1e-9)


def test_a_dearer_facet_takes_less_of_the_surface():
    steps = [wulff_shares(HOST, {**ENERGIES, "003": e})["003"] for e in (0.5, 0.8, 1.1, 1.4, 3.0)]
    assert all(a > b for a, b in itertools.pairwise(steps)) and steps[-1] == 0


@pytest.mark.parametrize(("facet", "planes"), [("003", 2), ("104", 6), ("012", 6), ("101", 6), ("110", 6), ("211", 12)])
def test_stars_are_those_of_the_point_group(facet, planes):
    from spglib import get_symmetry

    lattice = CUBIC.matrix * 1e10
    positions = [[0, 0, 0], [2 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 2 / 3]]
    lattice[2] *= 1.1  # no cube any more
    rotations = get_symmetry((lattice, positions, [1, 1, 1]))["rotations"]
    plane = np.array([int(i) for i in facet])
    assert star(facet) == sorted({tuple(int(i) for i in plane @ r) for r in rotations})
    assert len(star(facet)) == planes


def test_intervals_hold_the_medians_and_come_again():
    found, again = shares(HOST, draws=60), shares(HOST, draws=60)
    assert found == again
    assert all(f.low <= f.share <= f.high for f in found.facets)
    assert sum(found.weights.values()) == pytest.approx(1, rel=1e-12)
    closed = [f for f in found.facets if not f.passes_lithium]
    assert [f.facet for f in closed] == ["003"]
    assert found.open_share == pytest.approx(1 - closed[0].share, rel=1e-12)
    assert found.open_low == pytest.approx(1 - closed[0].high, abs=1e-9)


def test_without_spread_the_interval_closes():
    energies = {f: Sourced(value=e, unit="J/m2") for f, e in ENERGIES.items()}
    assert all(f.low == f.share == f.high for f in shares(HOST, energies, draws=5).facets)


def test_every_energy_is_sourced_and_only_the_basal_plane_is_shut():
    assert all(e.source and e.uncertain and e.grade == "assumed" for e in surface_energies().values())
    assert [passes_lithium(f) for f in surface_energies()] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("energies", "words"),
    [
        ({"003": 1.0}, "close a shape"),
        ({"110": 1.0}, "close a shape"),
        ({}, "close a shape"),
        ({"000": 1.0}, "three digits"),
        ({"1-10": 1.0}, "three digits"),
        ({"104": -1.0}, "positive"),
    ],
)
def test_what_gives_no_shape_is_told(energies, words):
    with pytest.raises(InputError, match=words):
        shares(HOST, {f: Sourced(value=e, unit="J/m2") for f, e in energies.items()})


def test_a_cell_that_is_not_hexagonal_is_told():
    with pytest.raises(InputError, match="hexagonal"):
        shares(phase("NiO").cell)
