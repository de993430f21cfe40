"""Bands over draws of all graded inputs, and what they are put down to."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from epitropy.errors import InputError
from epitropy.process import draws as module
from epitropy.process.draws import drawn_inputs, drivers, on_depths, profile_bands
from epitropy.process.front import front


@pytest.fixture(scope="module")
def bands(alone):
    return profile_bands(alone, 32)


def test_bands_are_ordered_and_fractions(bands):
    assert np.all(np.diff(bands.fraction, axis=0) >= 0) and np.all(np.diff(bands.entropy, axis=0) >= 0)
    assert bands.fraction.min() >= 0 and bands.fraction.max() <= 1
    assert np.allclose(bands.band_share.sum(axis=0), 1, rtol=1e-12, atol=0)
    assert np.all(np.diff(bands.depth) > 0)


def test_the_nominal_profile_lies_within_most_of_its_bands(bands, made):
    inside = bands.depth <= made.profile.layer_thickness
    nominal = on_depths(made.profile, bands.depth[inside])
    low, _, high = bands.fraction[:, :, inside]
    assert np.mean((nominal >= low - 1e-9) & (nominal <= high + 1e-9)) > 0.9


def test_without_spread_the_band_is_the_profile(alone):
    """With every input held at its median each draw is the nominal profile."""
    held = alone
    for name in drawn_inputs(alone):
        held = held.changed(name, lambda v: type(v)(value=v.at(0.5).value, unit=v.unit))
    found = profile_bands(held, 8)
    assert found.low.zone_width == found.high.zone_width
    assert np.allclose(found.fraction[0], found.fraction[2], rtol=1e-12, atol=1e-15)
    assert not any(found.drivers.values())


def test_draws_are_the_same_on_threads(alone, bands):
    with ThreadPoolExecutor(2) as pool:
        shared = profile_bands(alone, 32, pool=pool)
    assert np.array_equal(shared.fraction, bands.fraction) and shared.drivers == bands.drivers


def test_a_draw_that_cannot_be_is_counted(alone, monkeypatch):
    calls = iter(range(100))

    def sometimes(cell, tolerance):
        if next(calls) % 4 == 0:
            raise InputError("anneal.temperature", "-300 degC", "more")
        return front(cell, tolerance)

    monkeypatch.setattr(module, "front", sometimes)
    found = profile_bands(alone, 8)
    assert found.failed == {"anneal.temperature drawn outside its range": 2}
    monkeypatch.setattr(module, "front", lambda cell, tolerance: (_ for _ in ()).throw(InputError("x", "y", "z")))
    with pytest.raises(InputError, match="8 of 8 gave no profile"):
        profile_bands(alone, 8)
    with pytest.raises(InputError, match="at least 8, or 0"):
        profile_bands(alone, 1)


def test_a_single_cause_gets_all_of_the_spread(alone, made):
    """Readings that follow one input by rank are put down to it alone, with the right sign."""
    from dataclasses import replace

    from epitropy.calibrate.ensemble import quantiles
    from epitropy.process.front import reading

    points = quantiles(sorted(drawn_inputs(alone)), 64)
    cause = "anneal.diffusivity_host.Nb"
    readings = [replace(reading(made), zone_width=1e-9 * (1 - p[cause]) ** 3, mean_entropy=1.0) for p in points]
    found = drivers(alone, points, readings)
    (one,) = found["zone_width"]
    assert one.name == cause and one.rank_correlation == pytest.approx(-1.0) and one.share == pytest.approx(1.0)
    assert "mean_entropy" not in found  # nothing moves, so nothing drives


def test_noise_is_put_down_to_nothing(alone, made):
    from dataclasses import replace

    from epitropy.calibrate.ensemble import quantiles
    from epitropy.process.front import reading

    points = quantiles(sorted(drawn_inputs(alone)), 64)
    silent = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        readings = [replace(reading(made), zone_width=rng.random()) for _ in points]
        silent += not drivers(alone, points, readings)["zone_width"]
    assert silent >= 18  # one false alarm in a hundred is allowed by the test itself


def test_only_inputs_that_can_act_are_drawn(alone):
    names = drawn_inputs(alone)
    assert "coating.dose" in names and "anneal.time" in names
    assert not any(n.startswith(("cell.", "protocol.", "degradation.")) for n in names)
