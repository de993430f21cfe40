"""Noise, optimum, profile, chain and extrapolation against exact results, on models that need no cell."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from epitropy.calibrate.update import reading_errors
from epitropy.errors import InputError
from epitropy.fitting.chain import split_r_hat, walk
from epitropy.fitting.extrapolate import FORMS, extrapolated
from epitropy.fitting.noise import Noise, cell_factor, estimated, independent, reading_error, whitened
from epitropy.fitting.optimum import Objective, Optimum, correlations, ends, optimum, profile
from epitropy.fitting.parameters import Free
from epitropy.records.measured import CellData, Readings
from epitropy.records.sourced import Sourced
from epitropy.units import Unit

LEVEL, KEPT = reading_errors()
PRIOR = Sourced(value=1.0, unit="1", distribution="normal", spread=(1.0,))


def cell(value, *, cycle=None, rate=None, **others):
    value = np.asarray(value, dtype=float)
    cycle = np.arange(1.0, value.size + 1) if cycle is None else np.asarray(cycle, dtype=float)
    rate = np.full(value.size, np.nan) if rate is None else np.asarray(rate, dtype=float)
    found = {"capacity": Readings(cycle=cycle, value=value, rate=rate)}
    for name, numbers in others.items():
        numbers = np.atleast_1d(np.asarray(numbers, dtype=float))
        found[name] = Readings(cycle=np.ones(numbers.size), value=numbers, rate=np.full(numbers.size, np.nan))
    return CellData(name="a", cell="bare", readings=found)


def linear_model(design, data, graded):
    """Capacities that are linear in the parameters; inputs with a prior or scales with a flat one."""
    free = tuple(
        Free(f"p{i}", "", Unit("1"), PRIOR if g else None, -4.0 if g else -50.0, 4.0 if g else 50.0)
        for i, g in enumerate(graded)
    )
    return SimpleNamespace(
        data=[data], free=free, known="none", predicted=lambda p: [{"capacity": 6e5 + design @ np.asarray(p)}]
    )


# noise -------------------------------------------------------------------------------------------------------------


def test_whitening_is_the_dense_gaussian_of_scatter_that_persists_and_a_shared_level():
    """-2 ln p from the whitened residuals equals that of the full covariance, several cycles apart and other rates."""
    rng = np.random.default_rng(0)
    cycle, rate = [1, 2, 3, 7, 12, 20, 20], [np.nan] * 6 + [2.0]
    model = rng.uniform(5e5, 7e5, 7)
    data = cell(model * 1.01 + rng.normal(size=7) * 1e3, cycle=cycle, rate=rate, skin_outer=[12e-9])
    predicted = {"capacity": model, "skin_outer": np.array([10e-9])}
    noise = Noise(900.0, 0.7)
    n = np.array(cycle[:6])
    covariance = np.zeros((7, 7))
    covariance[:6, :6] = 900.0**2 * 0.7 ** np.abs(n[:, None] - n)
    covariance[6, 6] = 900.0**2 + reading_error("rate") ** 2
    for shared in (LEVEL * model, KEPT * model * (np.array(cycle) - 1) / 199):
        covariance += np.outer(shared, shared)
    exact = multivariate_normal(model, covariance).logpdf(data.readings["capacity"].value)
    exact += norm(10e-9, reading_error("skin_outer")).logpdf(12e-9)
    found = whitened(data, predicted, noise)
    constant = 0.5 * 8 * math.log(2 * math.pi)
    told = -0.5 * found.residual @ found.residual - found.log_scale - constant
    assert told == pytest.approx(exact, rel=1e-10)


def test_level_and_fade_of_a_cell_are_found_and_cost_what_their_priors_say():
    model, cycle = np.linspace(6e5, 5e5, 200), np.arange(1.0, 201)
    own = np.array([2.0, -1.5])
    found = whitened(cell(cell_factor(own, cycle) * model), {"capacity": model}, Noise(300.0))
    assert found.shared == pytest.approx(own, abs=0.01)
    assert found.residual @ found.residual == pytest.approx(own @ own, rel=0.01)
    assert np.sqrt(np.diag(found.root @ found.root.T)) == pytest.approx([0, 0], abs=0.02)  # both are told sharply


def test_a_high_level_does_not_shrink_the_noise():
    """With the data in place of the model in the shared term a wrong level would seem to fit better."""
    rng = np.random.default_rng(1)
    model = np.linspace(6e5, 5e5, 400)
    data = cell(model + rng.normal(size=400) * 2000)
    right = whitened(data, {"capacity": model}, Noise(2000.0)).residual
    wrong = whitened(data, {"capacity": model / 1.05}, Noise(2000.0)).residual
    assert wrong @ wrong - right @ right == pytest.approx((0.05 / LEVEL) ** 2, rel=0.05)


@pytest.mark.parametrize("persistence", [0.0, 0.6, 0.9])
def test_scatter_and_persistence_are_recovered(persistence):
    rng = np.random.default_rng(2)
    misses = []
    for _ in range(20):
        new, x = rng.normal(size=300), np.empty(300)
        x[0] = new[0]
        for i in range(1, 300):
            x[i] = persistence * x[i - 1] + math.sqrt(1 - persistence**2) * new[i]
        misses.append((np.arange(1.0, 301), 1500 * x))
    found = estimated(misses, 0)
    assert found.scatter == pytest.approx(1500, rel=0.05)
    assert found.persistence == pytest.approx(persistence, abs=0.03)


def test_too_few_readings_tell_no_scatter():
    assert estimated([(np.arange(1.0, 7), np.arange(6.0))], 2) is None


def test_what_persists_is_worth_fewer_readings():
    data = cell(np.full(100, 6e5), skin_outer=[1e-9, 2e-9])
    assert independent([data], 0.0) == pytest.approx(102)
    assert independent([data], 0.9) == pytest.approx(1 + 99 * 0.1 / 1.9 + 2)


# optimum, profile, chain -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line():
    """Two parameters, a flat one and one with a prior, on 40 linear readings: everything is known in closed form."""
    rng = np.random.default_rng(3)
    n = np.linspace(0, 1, 40)
    design = np.column_stack([4e3 * n, 3e3 * (n - 0.5) ** 2])
    data = cell(6e5 + design @ [0.7, 0.4] + 1500 * rng.normal(size=40))
    objective = Objective(linear_model(design, data, [False, True]))
    best, _ = optimum(objective, count=3, seed=1)
    return objective, best


def _closed_form(objective, best):
    """Mean and covariance of the linear Gaussian posterior at the optimum's noise."""
    base = objective.residual(np.zeros(2), best.noise)
    slope = np.column_stack([objective.residual(e, best.noise) - base for e in np.eye(2)])
    covariance = np.linalg.inv(slope.T @ slope)
    return -covariance @ slope.T @ base, covariance


def test_the_optimum_is_the_one_in_closed_form(line):
    objective, best = line
    mean, covariance = _closed_form(objective, best)
    assert best.point == pytest.approx(mean, abs=2e-3)
    spread = np.sqrt(np.diag(covariance))
    assert (best.covariance - covariance) / np.outer(spread, spread) == pytest.approx(np.zeros((2, 2)), abs=0.01)
    assert best.noise.scatter == pytest.approx(1500, rel=0.25)


def test_a_profile_of_a_linear_model_is_the_gaussian_interval(line):
    objective, best = line
    for i in range(2):
        low, high = ends(*profile(objective, best, i), objective.low[i], objective.high[i])
        half = norm.ppf(0.9) * math.sqrt(best.covariance[i, i])
        assert (low, high) == pytest.approx((best.point[i] - half, best.point[i] + half), abs=0.06 * half)


def test_the_chain_samples_the_posterior_in_closed_form(line):
    objective, best = line
    fixed = Optimum(best.point, best.covariance, best.slope, best.chi_square, best.noise, False)
    walked = walk(objective, fixed, steps=4000, seed=5)
    assert walked.converged, walked.reason
    mean, covariance = _closed_form(objective, best)
    samples = walked.samples()
    spread = np.sqrt(np.diag(covariance))
    assert (samples.mean(axis=0) - mean) / spread == pytest.approx([0, 0], abs=0.1)
    assert np.cov(samples.T) / np.outer(spread, spread) == pytest.approx(correlations(covariance), abs=0.12)


def test_a_chain_goes_on_where_it_stopped_to_the_bit(line, tmp_path):
    objective, best = line
    walk(objective, best, steps=60, seed=7, folder=tmp_path, key="k")
    resumed = walk(objective, best, steps=80, seed=7, folder=tmp_path, key="k")
    once = walk(objective, best, steps=140, seed=7)
    assert np.array_equal(resumed.positions, once.positions)


def test_a_chain_of_another_question_is_not_continued(line, tmp_path):
    objective, best = line
    walk(objective, best, steps=50, seed=7, folder=tmp_path, key="one")
    other = walk(objective, best, steps=50, seed=8, folder=tmp_path, key="two")
    assert np.array_equal(other.positions, walk(objective, best, steps=50, seed=8).positions)


def test_a_torn_file_of_a_chain_is_begun_anew(line, tmp_path):
    objective, best = line
    file = tmp_path / "chain.npz"
    walk(objective, best, steps=50, seed=7, folder=tmp_path, key="k")
    for torn in (b"half a file", file.read_bytes()[:-200], b""):
        file.write_bytes(torn)
        again = walk(objective, best, steps=50, seed=7, folder=tmp_path, key="k")
        assert len(again.positions) == 50


def test_a_short_chain_is_told_as_such(line):
    objective, best = line
    walked = walk(objective, best, steps=40, seed=7)
    assert not walked.converged and "autocorrelation" in walked.reason


def test_split_r_hat_sees_halves_that_differ():
    rng = np.random.default_rng(0)
    steady = rng.normal(size=(400, 8, 1))
    drifting = steady + np.linspace(0, 3, 400)[:, None, None]
    assert split_r_hat(steady)[0] < 1.01 < 1.15 < split_r_hat(drifting)[0]


# extrapolation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear", "square root", "levelling off", "speeding up"])
def test_a_fade_of_a_known_form_is_carried_on(name):
    """Data of one form: it weighs most and the band holds the truth."""
    cycle = np.arange(1.0, 101)
    coefficients = {"levelling off": (1, 0.2, 0.6), "speeding up": (1, 0.03, 0.8)}.get(name, (1, 0.2))
    of = FORMS[name].of
    rng = np.random.default_rng(4)
    truth = 7e5 * of((np.arange(1.0, 251) - 1) / 99, *coefficients)
    read = truth[:100] + 300 * rng.normal(size=100)
    told = extrapolated("a", cycle, read, 250, 300.0, seed=1)
    assert told.cycle[0] == 100 and told.cycle[-1] == 250
    assert told.low[-1] <= truth[-1] <= told.high[-1]
    weights = {f.name: f.weight for f in told.forms}
    assert sum(weights.values()) == pytest.approx(1)
    assert weights[name] > 0.2
    assert told.median[0] == pytest.approx(truth[99], rel=2e-3)


def test_bands_widen_with_the_distance():
    rng = np.random.default_rng(5)
    cycle = np.arange(1.0, 61)
    told = extrapolated("a", cycle, 7e5 - 800 * cycle + 900 * rng.normal(size=60), 150, 900.0, seed=1)
    width = told.high - told.low
    assert width[-1] > 3 * width[0] > 0


def test_no_extrapolation_farther_than_the_data_carry():
    cycle = np.arange(1.0, 61)
    with pytest.raises(InputError, match="61 to 150"):
        extrapolated("a", cycle, 7e5 - 800 * cycle, 151, 900.0, seed=1)
    with pytest.raises(InputError, match="at least 12"):
        extrapolated("a", cycle[:8], 7e5 - 800 * cycle[:8], 12, 900.0, seed=1)
    with pytest.raises(InputError, match="61 to 150"):
        extrapolated("a", cycle, 7e5 - 800 * cycle, 40, 900.0, seed=1)
