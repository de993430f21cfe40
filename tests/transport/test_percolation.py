"""Networks of a periodic map against energies whose saddles are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from scipy.sparse.csgraph import connected_components

from epitropy.errors import InputError
from epitropy.transport.percolation import events

amplitude = st.floats(0.1, 5)


def waves(amplitudes, points=12, periods=(1, 1, 1)):
    """-A cos(2 pi p x) - B cos(2 pi q y) - C cos(2 pi r z): saddles lie at the sums of -+A -+B -+C."""
    x, y, z = (-a * np.cos(2 * np.pi * p * np.arange(points * p) / (points * p)) for a, p in zip(amplitudes, periods))
    return x[:, None, None] + y[:, None] + z


@given(st.tuples(amplitude, amplitude, amplitude))
@settings(max_examples=30, deadline=None)
def test_thresholds_of_waves_are_exact(amplitudes):
    """A way along x must pass x = 1/2 at the best y and z, so each costs twice its own amplitude."""
    energy = waves(amplitudes)
    found = events(energy, 100.0)
    bottom = -sum(amplitudes)
    for n, height in enumerate(sorted(amplitudes), 1):
        first = next(e for e in found if e.dimensions >= n)
        assert first.energy - bottom == pytest.approx(2 * height, rel=1e-9)
        assert energy.flat[first.site] == pytest.approx(bottom, rel=1e-9)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_directions_come_in_the_order_of_the_amplitudes(order):
    amplitudes = np.array([1.0, 2.0, 3.0])[list(order)]
    found = events(waves(amplitudes), 100.0)
    assert [e.dimensions for e in found] == [1, 2, 3]
    for n, event in enumerate(found):
        axes = np.flatnonzero(amplitudes <= n + 1)
        span = np.eye(3)[axes]
        assert np.linalg.matrix_rank(np.vstack([event.loops, span])) == n + 1


def test_two_valleys_a_cell_are_two_networks_until_they_meet():
    """cos 2 (2 pi x) with a finer second axis: every network opens by itself and the number counts."""
    found = events(waves((3.0, 1.0, 2.0), periods=(2, 1, 1)), 100.0)
    ones = [e for e in found if e.dimensions == 1]
    assert len(ones) == 2 and all((e.loops == [[0, 1, 0]]).all() for e in ones)


def test_a_slanted_channel_runs_along_its_own_vector():
    n = 24
    x, y, z = np.meshgrid(*[np.arange(n) / n] * 3, indexing="ij")
    energy = -np.cos(2 * np.pi * (x - y)) - np.cos(2 * np.pi * z)
    first = events(energy, 100.0)[0]
    assert np.abs(first.loops).tolist() == [[1, 1, 0]] and first.loops[0, 0] == first.loops[0, 1]


def test_a_screw_winds_as_often_as_its_lattice_vector_says():
    """Energy low on a line x = 2 z: it closes after two cells along x and one along z."""
    n = 24
    x, y, z = np.meshgrid(*[np.arange(n) / n] * 3, indexing="ij")
    first = events(-np.cos(2 * np.pi * (x - 2 * z)) - np.cos(2 * np.pi * y), 100.0)[0]
    assert np.abs(first.loops).tolist() == [[2, 0, 1]]


@given(st.tuples(*[st.integers(0, 11)] * 3), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_where_the_origin_lies_does_not_matter(shift, seed):
    """Rough random maps too."""
    energy = waves((1, 2, 3)) + np.random.default_rng(seed).normal(size=(12, 12, 12))
    moved = np.roll(energy, shift, (0, 1, 2))
    assert thresholds(moved) == thresholds(energy)


@given(st.permutations([0, 1, 2]), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_axes_does_not_matter(order, seed):
    energy = waves((1, 2, 3)) + np.random.default_rng(seed).normal(size=(12, 12, 12))
    assert thresholds(energy.transpose(order)) == thresholds(energy)


def thresholds(energy):
    found = events(energy, 100.0)
    return [next(e.energy for e in found if e.dimensions >= n) for n in (1, 2, 3)]


def test_a_repeated_map_has_the_same_thresholds():
    energy = waves((1, 2, 3)) + np.random.default_rng(1).normal(size=(12, 12, 12))
    assert thresholds(np.tile(energy, (2, 1, 1))) == thresholds(energy)


def test_thresholds_agree_with_flooding_by_scipy():
    """Below the threshold no region of the tiled map holds a point and its image further along; at it one does."""
    energy = np.random.default_rng(4).normal(size=(9, 9, 9))
    found = events(energy, 100.0)
    for axis in range(3):
        opened = min(e.energy for e in found if e.loops[:, axis].any())
        assert not _runs(energy < opened, axis)
        assert _runs(energy <= opened, axis)


def _runs(wet, axis, tiles=5):
    regions = label(np.tile(wet, (tiles,) * 3), np.ones((3, 3, 3)))[0]
    rows = np.moveaxis(regions, axis, 0).reshape(tiles, wet.shape[0], tiles, wet.shape[1], tiles, wet.shape[2])
    points = rows.transpose(1, 3, 5, 0, 2, 4).reshape(-1, tiles, tiles**2)  # point, slab along the axis, the rest
    return any(
        set(point[i][point[i] > 0]) & set(point[i + 1][point[i + 1] > 0]) for point in points for i in range(tiles - 1)
    )


ROUGH = [  # many points at one energy, or none
    lambda rng: rng.integers(0, 8, (4, 5, 3)).astype(float),
    lambda rng: rng.integers(0, 30, (5, 6, 6)).astype(float),
    lambda rng: rng.normal(size=(5, 4, 6)),
    lambda rng: np.where(rng.random((7, 7, 7)) < 0.12, rng.integers(0, 4, (7, 7, 7)), 9.0),
]


@pytest.mark.parametrize("rough", ROUGH)
def test_every_event_is_that_of_flooding(rough):
    """Threshold, dimensions, lowest site of all networks, and of the first one through a plane."""
    for seed in range(25):
        energy = rough(np.random.default_rng(seed))
        found, expected = events(energy, 100.0), flooded(energy)
        assert [(e.energy, energy.flat[e.site], e.dimensions) for e in found] == [gain[:3] for gain in expected]
        for plane in [(1, 0, 0), (0, 0, 1), (1, -1, 0), (2, 1, 1)]:
            through = next(e for e in found if (e.loops @ plane).any())
            crossing = next(gain for gain in expected if crosses(*gain[3], plane))
            assert (through.energy, energy.flat[through.site]) == crossing[:2]


def flooded(energy):
    """(level, lowest site, dimensions, links) of the networks that run further than their parts a level below."""
    gains, before, levels = [], np.zeros(energy.shape, int), iter(np.unique(energy))
    while before.max() < 3:
        level = next(levels)
        ranks, new = np.zeros(energy.shape, int), []
        for network, links in networks(energy <= level):
            ranks[network] = dimensions(*links)
            if ranks[network].max() > before[network].max():
                new.append((level, energy[network].min(), ranks[network].max(), links))
        gains += sorted(new, key=lambda gain: gain[:2])
        before = ranks
    return gains


def networks(wet):
    """Pieces of one cell by scipy, joined across its faces: each network's points, and its links as (rows, cells).

    rows: +1 at the piece that a link enters, -1 at the one that it leaves; cells: lattice vector that it steps over.
    """
    pieces, count = label(wet, np.ones((3, 3, 3)))
    at, shape = np.argwhere(wet), np.array(wet.shape)
    steps = np.argwhere(np.ones((3, 3, 3))) - 1
    to = (at[:, None] + steps).reshape(-1, 3)
    start, end, cells = np.repeat(pieces[wet], 27) - 1, pieces[tuple((to % shape).T)] - 1, to // shape
    across = (end >= 0) & cells.any(1)
    start, end, cells = start[across], end[across], cells[across]
    rows = np.eye(count)[end] - np.eye(count)[start]
    joined = np.zeros((count, count))
    joined[start, end] = 1
    total, network = connected_components(joined)
    for n in range(total):
        yield np.isin(pieces, np.flatnonzero(network == n) + 1), (rows[network[start] == n], cells[network[start] == n])


def dimensions(rows, cells):
    """A network runs along no w if its pieces can be given cells that fit all links; each w that runs adds a rank."""
    if not len(rows):
        return 0
    return np.linalg.matrix_rank(np.hstack([rows, cells])) - np.linalg.matrix_rank(rows)


def crosses(rows, cells, plane):
    return dimensions(rows, cells @ np.reshape(plane, (3, 1))) > 0


def rods(*steps):
    """6 x 6 x 6 points at 9, but for what is set by (place, energy)."""
    energy = np.full((6, 6, 6), 9.0)
    for place, value in steps:
        energy[place] = value
    return energy


ALL = slice(None)
ALONG_A, ALONG_B = ((ALL, 0, 0), 1.0), ((0, ALL, 3), 2.0)


def test_crossed_channels_that_meet_run_in_both_directions():
    """Neither loses its loop, and the lower one's site counts; a third makes it three."""
    cross = rods(ALONG_A, ALONG_B, ((0, 0, slice(1, 3)), 4.0), ((3, 3, ALL), 5.0), ((3, slice(1, 3), 0), 6.0))
    found = events(cross, 7.0)
    assert [(e.energy, e.dimensions, cross.flat[e.site]) for e in found] == [
        (1.0, 1, 1.0),
        (2.0, 1, 2.0),
        (4.0, 2, 1.0),
        (5.0, 1, 5.0),
        (6.0, 3, 1.0),
    ]
    assert np.linalg.matrix_rank(np.vstack([found[2].loops, [1, 0, 0], [0, 1, 0]])) == 2


def test_parallel_channels_that_meet_still_run_in_one():
    energy = rods(ALONG_A, ((ALL, 0, 3), 2.0), ((0, 0, slice(1, 3)), 4.0))
    assert [(e.energy, e.dimensions) for e in events(energy, 7.0)] == [(1.0, 1), (2.0, 1)]
    energy[0, 0, 4:] = 5.0  # and on to the next cell's: now along c too
    assert [(e.energy, e.dimensions) for e in events(energy, 7.0)][2:] == [(5.0, 2)]


def test_of_channels_that_open_together_the_one_with_the_lowest_site_is_first():
    energy = rods(((ALL, 0, 0), 2.0), ((ALL, 3, 3), 2.0), ((0, 3, 3), 1.0))
    assert [(e.energy, energy.flat[e.site]) for e in events(energy, 7.0)] == [(2.0, 1.0), (2.0, 2.0)]


def test_a_point_that_closes_a_channel_brings_the_site_it_joins_last():
    """A pit behind the closing point is part of the network from that energy on, not before and not later."""
    energy = rods(((0, 0, ALL), 1.0), ((0, 0, 3), 9.0), ((1, 0, 3), 2.0), ((2, 0, 3), 0.0))
    assert [(e.energy, energy.flat[e.site]) for e in events(energy, 7.0)] == [(2.0, 0.0)]
    energy[2, 0, 3], energy[3, 0, 3] = 3.0, 0.0  # farther off, it joins at 3
    assert [(e.energy, energy.flat[e.site]) for e in events(energy, 7.0)] == [(2.0, 1.0)]


def test_nothing_runs_below_the_cap():
    assert events(waves((1, 2, 3)), 1.9) == []
    assert [e.dimensions for e in events(waves((1, 2, 3)), 2.1)] == [1]


@pytest.mark.parametrize("energy", [np.zeros((2, 5, 5)), np.full((4, 4, 4), np.nan), np.zeros((4, 4))])
def test_a_map_that_is_none_is_refused(energy):
    with pytest.raises(InputError, match="at least 3 points an axis"):
        events(energy, 1.0)
