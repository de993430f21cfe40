"""A life in PyBaMM: skipping, ledgers, how a life ends, and failures that say where."""

from types import SimpleNamespace

import numpy as np
import pytest

from epitropy.cycling import pybamm_life
from epitropy.cycling.kernel import DEPLETED_SALT, ENDED, STUCK
from epitropy.cycling.parameters import COLUMNS
from epitropy.cycling.pybamm_cell import CycleFailed
from epitropy.cycling.pybamm_life import engine_of, simulate
from epitropy.cycling.stage import simulate as by_kernel
from epitropy.errors import NumericsError

QUICK = {"radial": 40, "rtol": 2e-5, "atol": 2e-7}
CAPACITY = COLUMNS.index("capacity")
FORMATION, AGEING = [0.1, 0.1, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0]


def program(*runs):
    """Rows from (row, how often)."""
    return np.repeat([row for row, _ in runs], [n for _, n in runs], axis=0)


def quick(m, t):
    return engine_of(m, t, **QUICK)


def simulated(life):
    return np.flatnonzero(np.isfinite(life.rows[:, CAPACITY]))


class Scripted:
    """An engine whose cycles are told beforehand: exposure and capacity by row, profiles that drift by the cycle."""

    def __init__(self, capacity, *, fails=(), why="the solver gave up"):
        self.capacity, self.fails, self.why = capacity, set(fails), why
        self.asked = []

    def fresh(self):
        return pybamm_life.State(np.full(3, 0.9), np.ones(2))

    def content(self, state):
        return float(state.lithium.mean()), float(state.salt.sum())

    def simulate_cycle(self, row, surfaces, state):
        number = round((surfaces.series - self.start) / self.step)  # grows by a step a cycle
        self.asked.append(number)
        if number in self.fails:
            raise CycleFailed(self.why, "charge", 10.0, 4.0)
        capacity = float(self.capacity(number))
        numbers = dict.fromkeys(("mean_voltage", "mean_charge_voltage", "hold_share"), 0.0)
        return SimpleNamespace(
            capacity=capacity,
            charge_capacity=capacity,
            exposure=800.0,
            charged_lithium=0.3,
            discharged_lithium=0.9,
            lithium_imbalance=0.0,
            charge_ended_by="voltage",
            discharge_ended_by="voltage",
            state=state,
            **numbers,
        )


@pytest.fixture
def scripted(bare):
    """Runs a scripted engine over equal rows; the lithium resistance counts the cycles."""

    def run(engine, count=120, tolerance=1e-3):
        m = bare[0]._replace(lithium_growth=1e-4, crosstalk_growth=0.0)
        engine.start, engine.step = m.series_resistance, m.lithium_growth
        return simulate(m, bare[1], program((AGEING, count)), tolerance, engine=engine)

    return run


def test_skipped_cycles_are_few_and_tell_the_same(bare):
    m, t = bare
    rows = program((FORMATION, 1), (AGEING, 40))
    every, some = (simulate(m, t, rows, tolerance, engine=quick(m, t)) for tolerance in (0.0, 1e-3))
    assert len(simulated(every)) == 41 and len(simulated(some)) < 22
    assert {0, 1, 40} <= set(simulated(some))
    known = simulated(some)
    np.testing.assert_allclose(some.rows[known, CAPACITY], every.rows[known, CAPACITY], rtol=1e-3)


def test_as_many_cycles_are_skipped_as_by_the_kernel_and_tell_the_same(bare):
    """A jump may end a cycle apart where its error meets the limit; what is told of all cycles may not."""
    m, t = bare
    rows = program((FORMATION, 1), (AGEING, 60), (FORMATION, 1), (AGEING, 10))
    own, kernel = simulate(m, t, rows, 1e-3, engine=quick(m, t)), by_kernel(m, t, rows, 1e-3)
    assert abs(len(simulated(own)) - len(simulated(kernel))) <= 2
    both = np.intersect1d(simulated(own), simulated(kernel))
    assert len(both) > 10
    np.testing.assert_allclose(own.rows[both, CAPACITY], kernel.rows[both, CAPACITY], rtol=1e-3)
    assert 61 in simulated(own)  # the row apart
    assert (own.state, own.ended) == (kernel.state, kernel.ended)


def test_lithium_and_salt_are_kept_over_jumps_and_dead_mass(aged):
    m, t, _ = aged
    m = m._replace(fade_scale=4.0)
    rows = program((FORMATION, 1), ([1.0, 1.0, 0.2, 60.0, 1.0], 40))
    life = simulate(m, t, rows, 1e-3, engine=quick(m, t))
    dead = life.rows[simulated(life), COLUMNS.index("dead_share")]
    assert dead[-1] > dead[0] + 5e-3
    assert life.lithium_imbalance < 1e-12 and life.salt_imbalance < 1e-12


def test_a_knee_shortens_the_jump(scripted):
    """Straight, then twenty times as steep: long jumps before the knee, one taken back, short ones behind it."""
    knee = 60
    engine = Scripted(lambda n: 6e5 - 60 * n - 1200 * max(n - knee, 0))
    life = scripted(engine)
    known = simulated(life)
    jumps = np.diff(known)
    assert jumps[known[:-1] < knee - 12].max() == 10  # a twelfth of the program
    assert any(later < earlier for earlier, later in zip(engine.asked, engine.asked[1:]))  # taken back
    assert jumps[known[:-1] >= knee].min() < 4
    exact = np.array([engine.capacity(n) for n in range(120)])
    np.testing.assert_allclose(np.interp(np.arange(120), known, life.rows[known, CAPACITY]), exact, rtol=4e-3)


def test_a_failure_after_a_jump_is_tried_with_less(scripted):
    """Rows that cannot be computed are passed over as long as a shorter jump avoids them."""
    first = simulated(scripted(Scripted(lambda n: 6e5 - 60 * n)))
    engine = Scripted(lambda n: 6e5 - 60 * n, fails=[int(first[-3])])
    life = scripted(engine)
    assert np.isfinite(life.rows[-1]).all() and int(first[-3]) in engine.asked


def test_a_failed_cycle_is_a_fault_that_says_where_and_in_which_state(scripted):
    with pytest.raises(NumericsError, match=r"cycle 8 of 120, charge: the solver gave up .* crack area .* clock"):
        scripted(Scripted(lambda n: 6e5 - 60 * n, fails=[7]), tolerance=0.0)


def test_a_cell_without_a_cut_off_ends_with_a_state(scripted):
    life = scripted(Scripted(lambda n: 6e5, fails=[7], why="no cut-off was reached"), tolerance=0.0)
    assert (life.state, life.ended) == (STUCK, 7)
    assert np.isfinite(life.rows[:7]).all() and np.isnan(life.rows[7:]).all()


def test_a_cell_that_fades_to_nothing_ends_with_a_state(scripted):
    life = scripted(Scripted(lambda n: 6e5 - 2e4 * n), tolerance=0.0)
    assert (life.state, life.ended) == (ENDED, 30)
    assert simulated(life).tolist() == list(range(30))


def test_nothing_but_numbers_leaves_a_cycle(scripted):
    with pytest.raises(NumericsError, match="cycle 1 of 120, not a number"):
        scripted(Infinite())


class Infinite(Scripted):
    """An engine that tells an infinite mean voltage."""

    def __init__(self):
        super().__init__(lambda n: 6e5)

    def simulate_cycle(self, row, surfaces, state):
        cycle = super().simulate_cycle(row, surfaces, state)
        cycle.mean_voltage = np.inf
        return cycle


def test_drained_electrolyte_ends_a_life_as_in_the_kernel(bare):
    m, t = bare
    m = m._replace(electrode_transport=0.02)
    rows = program((FORMATION, 1), ([0.2, 10.0, 0.0, 0.0, 1.0], 3))
    own, kernel = simulate(m, t, rows, engine=quick(m, t)), by_kernel(m, t, rows)
    assert own.state == kernel.state == DEPLETED_SALT
    assert own.ended == kernel.ended == 1


def test_progress_is_told(bare):
    m, t = bare
    told = []
    simulate(m, t, program((AGEING, 2)), engine=quick(m, t), progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]
