"""Lives with skipped cycles against every cycle simulated: all cells, knees, programs of several kinds, dead cells."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.calibrate.scales import build
from epitropy.cycling.ageing import next_jump
from epitropy.cycling.parameters import COLUMNS
from epitropy.cycling.program import program
from epitropy.cycling.stage import capacity_by_cycle, live, simulate
from epitropy.records.sourced import Sourced

CAPACITY = COLUMNS.index("capacity")


def error_of(m, t, rows, kinds, tolerance=1e-3):
    """Largest error of any cycle's capacity over the largest of all, and the number of cycles simulated."""
    every, skipped = (simulate(m, t, rows, tol) for tol in (0.0, tolerance))
    full, part = (capacity_by_cycle(life, kinds) for life in (every, skipped))
    return np.abs(part - full).max() / full.max(), int(np.isfinite(skipped.rows[:, 0]).sum())


def changed(protocol, **values):
    return replace(protocol, **{k: Sourced(value=v) if isinstance(v, float) else v for k, v in values.items()})


def test_skipping_changes_no_capacity_by_a_thousandth(lives, schedule):
    """And no slow state by as much as its ageing would show; lithium and salt stay whole across the jumps."""
    for (name, key), (m, t, full) in lives.items():
        fast = live(m, t, *schedule, tolerance=1e-3)
        assert np.abs(fast.capacity / full.capacity - 1).max() < 5e-4, (name, key)
        assert fast.simulated < 30 < full.simulated == 202
        assert fast.lithium_imbalance < 1e-10 and fast.salt_imbalance < 1e-10
        for column in ("skin_outer_bare", "skin_cracks_bare", "crack_area", "dead_share", "resistance", "mean_voltage"):
            np.testing.assert_allclose(getattr(fast, column), getattr(full, column), rtol=2e-3, err_msg=column)
        assert fast.losses.total == pytest.approx(full.losses.total, abs=5e-4 * full.capacity[0])


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 0.2},
        {"rate": 3.0, "cycles": 100},
        {"charge_mode": "CC-CV", "rest": 600.0},
        {"charge_mode": "CC-CV", "upper_voltage": 4.5},
        {"upper_voltage": 4.15, "cycles": 500},
    ],
    ids=str,
)
def test_skipping_holds_for_other_protocols(zhao, bare, change):
    protocol = changed(zhao.cells["bare"].protocol, **change)
    m, t = bare
    m = m._replace(upper_voltage=protocol.upper_voltage.value)
    error, simulated = error_of(m, t, *program(protocol))
    assert error < 1e-3
    assert simulated < 0.5 * protocol.cycles


def test_half_the_tolerance_is_a_smaller_error_and_more_cycles(bare, schedule):
    m, t = bare
    found = [error_of(m, t, *schedule, tolerance=tol) for tol in (8e-3, 1e-3, 1e-4)]
    errors, simulated = zip(*found)
    assert errors[0] > errors[-1] and errors[-1] < 1e-4
    assert simulated[0] <= simulated[1] < simulated[2] < 202


KNEES = {
    "cracks that run": {"crack_rate": 0.3, "crack_area_start": 200.0},
    "skin that runs": {"skin_diffusivity": 1e-18, "skin_rate": 1.2e-13, "skin_resistivity": 1.2e8},
    "lithium that dries out": {"lithium_growth": 4e-5},
}


@pytest.mark.parametrize("name", KNEES)
def test_a_life_that_bends_is_met_too(bare, schedule, name):
    m, t = bare
    error, simulated = error_of(m._replace(**KNEES[name]), t, *schedule)
    assert error < 1e-3
    assert simulated < 120


def test_a_knee_shortens_the_jumps(bare, schedule):
    """Resistance that grows until the cell gives way: cycles lie closer where the capacity bends than before."""
    m, t = bare
    m = m._replace(lithium_growth=6e-5)
    rows, kinds = schedule
    every, fast = (simulate(m, t, rows, tol) for tol in (0.0, 1e-3))
    capacity = capacity_by_cycle(every, kinds)
    alive = np.flatnonzero(capacity)
    bend = np.abs(np.gradient(np.gradient(capacity[alive]))) / capacity[0]
    at = np.flatnonzero(np.isfinite(fast.rows[:, 0])) - 2
    at = at[at >= 4]  # the first jumps feel their way
    gaps, middles = np.diff(at), ((at[1:] + at[:-1]) / 2).astype(int)
    curved = bend[np.clip(middles, 0, len(bend) - 1)]
    order = np.argsort(curved)
    third = len(order) // 3
    assert gaps[order[:third]].mean() > 1.5 * gaps[order[-third:]].mean()
    np.testing.assert_allclose(capacity_by_cycle(fast, kinds), capacity, rtol=0, atol=1e-3 * capacity[0])


def test_jumps_double_at_most_shrink_with_the_error_and_stop_at_the_longest():
    assert next_jump(4, 0.0, 1e-3, 100) == 8
    assert next_jump(4, 1e-9, 1e-3, 100) == 8
    assert next_jump(4, 0.0, 1e-3, 6) == 6
    assert next_jump(10, 4e-3, 1e-3, 100) in (4, 5)  # the error goes with the square of the jump
    assert next_jump(3, 1.0, 1e-3, 100) == 1


# programs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(zhao):
    return program(
        changed(
            zhao.cells["bare"].protocol,
            cycles=200,
            rate_steps=(0.2, 0.5, 2.0),
            rate_step_cycles=3,
            reference_interval=50,
            formation_cycles=3,
        )
    )


@pytest.mark.parametrize("tolerance", [0.0, 1e-3])
def test_cycles_next_to_a_change_of_the_program_are_all_simulated(bare, mixed, tolerance):
    rows, kinds = mixed
    life = simulate(*bare, rows, tolerance)
    done = np.isfinite(life.rows[:, 0])
    changes = np.flatnonzero(np.any(np.diff(rows, axis=0) != 0, axis=1))
    assert len(changes) >= 3 + 2 * 4 - 1
    for i in changes:
        assert done[i] and done[i + 1], f"{kinds[i]} to {kinds[i + 1]} at row {i}"
    assert done[0] and done[-1]
    for kind in ("rate", "reference"):
        assert done[np.array(kinds) == kind].sum() >= {"rate": 6, "reference": 4}[kind]


def test_a_mixed_program_is_met_within_a_thousandth(bare, mixed):
    error, simulated = error_of(*bare, *mixed)
    assert error < 1e-3 and simulated < 100
    every, fast = (live(*bare, *mixed, tolerance=tol) for tol in (0.0, 1e-3))
    for side in ("formation", "rate", "reference"):
        one, other = every.side_cycles[side], fast.side_cycles[side]
        shared = np.isin(one.after, other.after)
        assert set(other.after) <= set(one.after) and shared.any()
        if side == "reference":
            np.testing.assert_allclose(other.capacity, one.capacity, rtol=1e-3)
            np.testing.assert_array_equal(one.after, [50, 100, 150, 200])
            assert np.all(one.rate == 0.05) and np.all(one.capacity > every.capacity[:1])


def test_rate_steps_give_less_the_faster_they_are(bare, mixed):
    side = live(*bare, *mixed).side_cycles["rate"]
    mean = [side.capacity[side.rate == rate].mean() for rate in (0.2, 0.5, 2.0)]
    assert np.all(np.diff(mean) < 0) and set(side.after) == {0.0}


# ends --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("growth", [2e-4, 1e-3, 8e-3])
def test_a_cell_dies_at_the_same_cycle_with_and_without_skipping(bare, schedule, growth):
    m, t = bare
    every, fast = (live(m._replace(lithium_growth=growth), t, *schedule, tolerance=tol) for tol in (0.0, 1e-3))
    assert every.cycle.size < 200 and every.ended_by.startswith(f"dead after cycle {every.cycle.size}: ")
    assert fast.ended_by == every.ended_by and fast.cycle.size == every.cycle.size
    healthy = every.capacity > 0.3 * every.capacity[0]
    np.testing.assert_allclose(fast.capacity[healthy], every.capacity[healthy], rtol=0, atol=1e-3 * every.capacity[0])
    np.testing.assert_allclose(fast.capacity, every.capacity, rtol=0, atol=1e-2 * every.capacity[0])
    if growth == 8e-3:
        assert every.cycle.size <= 5


def test_a_dead_cell_delivers_nothing_more(bare, schedule):
    m, t = bare
    rows, kinds = schedule
    life = simulate(m._replace(lithium_growth=1e-3), t, rows)
    capacity = capacity_by_cycle(life, kinds)
    alive = int((capacity > 0).sum())
    assert capacity.shape == (200,) and np.all(capacity[alive:] == 0) and np.all(capacity[:alive] > 0)
    assert kinds[life.ended] == "ageing" and life.ended == alive + 2
    assert np.all(np.isnan(life.rows[life.ended :]))


@pytest.mark.parametrize("tolerance", [0.0, 1e-3])
def test_lithium_that_dies_in_the_skin_is_on_the_ledger(zhao, ready, scenarios, scales, schedule, tolerance):
    """A fifth of the host dies with what it holds; still nothing is lost from the sum."""
    m = build(zhao.cells["bare"], ready["bare"][0], scenarios["outer/series"], scales["outer/series"])
    series = live(m, ready["bare"][1], *schedule, tolerance=tolerance)
    assert series.dead_share[-1] > 0.1
    assert series.lithium_imbalance < 1e-11
