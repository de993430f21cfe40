"""A programme stopped part of the way: before it, at its end, and on the way."""

import numpy as np
import pytest

from epitropy.anneal.programme import cut, segments, thermal_time
from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile

SPEC = Anneal()
WHOLE = float(segments(SPEC)[:, 2].sum())


def profile(until):
    return anneal_profile(
        SPEC,
        film_cations={"Nb": 2.2e-4, "W": 1.8e-5},
        inclusions={"Zr": 1.2e-5},
        host_cations={"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
        host_site_density=49.0e3,
        film_site_density=33.9e3,
        until=until,
    )


def test_at_the_end_it_is_the_whole_anneal():
    stopped, whole = profile(WHOLE), profile(None)
    assert stopped.fraction == pytest.approx(whole.fraction, rel=1e-9, abs=1e-12)
    assert profile(2 * WHOLE).duration == pytest.approx(WHOLE, rel=1e-12)


def test_before_the_start_nothing_has_moved():
    fresh = profile(0.0)
    assert np.array_equal(fresh.fraction > 0, fresh.initial_fraction > 0)
    assert fresh.fraction == pytest.approx(fresh.initial_fraction, rel=1e-12, abs=1e-12)
    assert fresh.undissolved_share == {"Zr": 1.0} and fresh.duration == 0


def test_cations_go_on_moving_and_are_conserved():
    found = [profile(share * WHOLE) for share in (0.2, 0.4, 0.7, 1.0)]
    assert all(p.balance_error < 1e-11 for p in found)
    assert np.all(np.diff([p.layer_composition["Ni"] for p in found]) > 0)
    assert np.all(np.diff([p.undissolved_share["Zr"] for p in found]) < 0)


@pytest.mark.parametrize("until", [1000.0, 8100.0, 20_000.0, 30_000.0])
def test_time_before_and_after_a_cut_adds_up(until):
    rows = segments(SPEC)
    before = cut(rows, until)
    assert before[:, 2].sum() == pytest.approx(until, rel=1e-12)
    assert thermal_time(before, 1.0, 0.0) == pytest.approx(until, rel=1e-12)
    assert thermal_time(before, 1.0, 250e3) < thermal_time(rows, 1.0, 250e3)
