"""Networks of a periodic map against energies whose saddles are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    from scipy.ndimage import label

    regions = label(np.tile(wet, (tiles,) * 3), np.ones((3, 3, 3)))[0]
    rows = np.moveaxis(regions, axis, 0).reshape(tiles, wet.shape[0], tiles, wet.shape[1], tiles, wet.shape[2])
    points = rows.transpose(1, 3, 5, 0, 2, 4).reshape(-1, tiles, tiles**2)  # point, slab along the axis, the rest
    return any(
        set(point[i][point[i] > 0]) & set(point[i + 1][point[i + 1] > 0]) for point in points for i in range(tiles - 1)
    )


def test_nothing_runs_below_the_cap():
    assert events(waves((1, 2, 3)), 1.9) == []
    assert [e.dimensions for e in events(waves((1, 2, 3)), 2.1)] == [1]


@pytest.mark.parametrize("energy", [np.zeros((2, 5, 5)), np.full((4, 4, 4), np.nan), np.zeros((4, 4))])
def test_a_map_that_is_none_is_refused(energy):
    with pytest.raises(InputError, match="at least 3 points an axis"):
        events(energy, 1.0)
