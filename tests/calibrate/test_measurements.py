"""What readings teach, against exact cases, and readings of the article's study against the life they are read from."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from epitropy.calibrate.ensemble import Draw, capacities, quantiles, run_draw
from epitropy.calibrate.headline import weighted_quantiles
from epitropy.calibrate.information import Pairs, _interval, learned, simulated_reading
from epitropy.calibrate.measurements import Candidate, candidates, effort, measurement_plan, plan
from epitropy.calibrate.readings import ENGINE, READINGS, SLOW, aged_cell, simulated_readings, slow_capacity
from epitropy.calibrate.scales import build, tolerance_of
from epitropy.cycling.program import program
from epitropy.cycling.stage import live, voltage_curve
from epitropy.records.scenario import Scales
from epitropy.report.measurement_tables import candidate_rows
from epitropy.sources import table

DRAWS = 400


def two(gap: float, inner: float = 0.0, seed: int = 1, draws: int = DRAWS) -> tuple[Pairs, np.ndarray]:
    """Two scenarios whose readings lie ``gap`` apart and scatter by ``inner``; the target is the reading."""
    rng = np.random.default_rng(seed)
    scenario = np.repeat([0, 1], draws)
    values = gap * scenario + inner * rng.standard_normal(2 * draws)
    return Pairs(draw=np.arange(2 * draws), scenario=scenario, target=values), values


def taught(pairs: Pairs, values: np.ndarray, error: float):
    return learned(pairs, [simulated_reading(pairs, values, error, "reading")])


def mixture_bits(gap: float, sd: float) -> float:
    """I(S;Y) of two equally likely Gaussians, by quadrature."""

    def density(y: float, mean: float) -> float:
        return np.exp(-0.5 * ((y - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))

    def gained(y: float) -> float:
        one, other = density(y, 0.0), density(y, gap)
        return one * np.log2(2 * one / (one + other)) if one > 0 else 0.0

    return quad(gained, -9 * sd, 9 * sd, limit=200)[0]


# information about the scenario --------------------------------------------------------------------------------------


def test_scenarios_far_apart_are_one_bit():
    found = taught(*two(30.0), 1.0)
    assert found.bits == pytest.approx(1.0, abs=1e-9)
    assert found.pair_bits[0, 1] == pytest.approx(1.0, abs=1e-9)


def test_identical_readings_teach_exactly_nothing():
    """The same draws in both scenarios, as for a bare cell where only the layer differs; errors of any size."""
    rng = np.random.default_rng(3)
    values = np.tile(rng.standard_normal(60), 2)
    pairs = Pairs(draw=np.tile(np.arange(60), 2), scenario=np.repeat([0, 1], 60), target=np.tile(rng.random(60), 2))
    for error in (1e-6, 0.1, 1.0, 10.0):
        assert taught(pairs, values, error).bits == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("error", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_alike_but_not_identical_readings_teach_nothing_beyond_the_noise(error, seed):
    """Draws of their own from one distribution: an estimate that let a draw recognise itself would find a bit."""
    found = taught(*two(0.0, 1.0, seed, draws=40), error)
    assert 0.0 <= found.bits <= 3 * found.bits_error + 0.01


@pytest.mark.parametrize(
    ("gap", "inner", "error"), [(1.0, 0.0, 1.0), (2.0, 0.0, 1.0), (2.0, 0.8, 0.6), (4.0, 1.0, 0.5)]
)
def test_information_of_two_gaussians_is_that_of_quadrature(gap, inner, error):
    found = taught(*two(gap, inner), error)
    exact = mixture_bits(gap, np.hypot(inner, error))
    assert found.bits == pytest.approx(exact, abs=3 * found.bits_error)
    assert found.bits_error < 0.04


def test_a_smaller_error_never_teaches_less():
    pairs, values = two(2.0, 0.5, draws=200)
    bits, widths = zip(*((f.bits, f.width) for f in (taught(pairs, values, e) for e in (0.3, 0.6, 1.2, 2.4, 4.8))))
    assert list(bits) == sorted(bits, reverse=True)
    assert list(widths) == sorted(widths)


def test_groups_hide_what_lies_within_them():
    """Four scenarios, two a group; a reading that tells only within groups gives no bit about the group."""
    scenario = np.repeat([0, 1, 2, 3], 60)
    pairs = Pairs(draw=np.arange(240), scenario=scenario, target=np.zeros(240))
    within = learned(pairs, [simulated_reading(pairs, 50.0 * (scenario % 2), 1.0, "r")], groups=np.array([0, 0, 1, 1]))
    assert within.bits == pytest.approx(1.0, abs=1e-6)
    assert within.group_bits == pytest.approx(0.0, abs=1e-6)
    across = learned(pairs, [simulated_reading(pairs, 50.0 * (scenario // 2), 1.0, "r")], np.array([0, 0, 1, 1]))
    assert across.group_bits == pytest.approx(1.0, abs=1e-6)


# the interval --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.0, 3.0])
def test_a_linear_gaussian_reading_shrinks_the_interval_as_the_closed_form(ratio):
    """Reading = ratio times target over its error: the posterior's width is 1/sqrt(1 + ratio^2) of the prior's."""
    target = np.random.default_rng(5).standard_normal(800)
    pairs = Pairs(draw=np.arange(800), scenario=np.zeros(800, dtype=int), target=target)
    found = taught(pairs, ratio * target, 1.0)
    assert found.width / found.width_before == pytest.approx(1 / np.sqrt(1 + ratio**2), rel=0.08, abs=0)
    assert found.width_before == pytest.approx(2 * 1.2816, rel=0.08, abs=0)
    assert found.effective > 100


def test_an_interval_that_too_few_draws_would_carry_is_not_told():
    pairs, values = two(0.0, 1.0, draws=6)
    found = taught(pairs, values, 1e-3)
    assert found.effective >= 10 or found.width == pytest.approx(found.width_before, rel=1e-12)


def test_an_interval_is_that_of_weighted_quantiles():
    """Against the quantiles of the headline, which are linear between mid-weights as well."""
    rng = np.random.default_rng(9)
    pairs = Pairs(draw=np.arange(50), scenario=np.zeros(50, dtype=int), target=rng.random(50))
    weights = rng.random((150, 50)) ** 6
    found = _interval(pairs, weights).width
    expected = [np.diff(weighted_quantiles(pairs.target, w, (0.1, 0.9)))[0] for w in weights]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


# ranking -------------------------------------------------------------------------------------------------------------


def synthetic(names=("a/series", "a/inactive", "b/series"), draws=30):
    """Readings that tell b by its wetted area and nothing by TEM; the target follows the area."""
    rng = np.random.default_rng(7)
    found, ensemble = [], []
    for _ in range(draws):
        read, lives = {}, {}
        for name in names:
            area = 3000.0 + 4000.0 * (name[0] == "b") + 300 * rng.standard_normal()
            values = dict.fromkeys(READINGS, 1.0) | {"wetted_area": area}
            read["x", name] = values
            lives["x", name] = np.array([1.0, area / 1e4])
        found.append(read)
        ensemble.append(Draw(scales={}, lives=lives))
    return found, ensemble, list(names)


def made(name: str, reading: str, effort_days: float = 1.0) -> Candidate:
    return Candidate(name=name, cell="x", readings=(reading,), at="last", effort=effort_days, instrument="")


def test_ranking_does_not_hang_on_the_order_of_candidates():
    found, ensemble, names = synthetic()
    chosen = [made("area", "wetted_area"), made("tem", "skin_outer"), made("rate", "rate_ratio")]
    one, other = (plan(c, found, ensemble, names, "x") for c in (chosen, chosen[::-1]))
    assert one.measurements == other.measurements
    best = one.measurements[0]
    assert best.name == "area"
    assert best.scenario_bits == pytest.approx(np.log2(3) - 2 / 3, abs=0.05)  # b against the two that are alike
    assert best.mechanism_bits == pytest.approx(best.scenario_bits, abs=0.05)
    assert set(best.apart) == {"a/series | b/series", "a/inactive | b/series"}
    for nothing in one.measurements[1:]:
        assert (nothing.scenario_bits, nothing.interval_bits, nothing.most_bits) == (0.0, 0.0, 0.0)


def test_twice_the_effort_is_half_the_value():
    found, ensemble, names = synthetic()
    cell = effort([made("area", "wetted_area", 0.0)])
    once = plan([made("area", "wetted_area", 1.0)], found, ensemble, names, "x").measurements[0]
    twice = plan([made("area", "wetted_area", cell + 2.0)], found, ensemble, names, "x").measurements[0]
    assert twice.effort_days == pytest.approx(2 * once.effort_days, rel=1e-12)
    assert twice.value == pytest.approx(once.value / 2, rel=1e-12)


def test_a_scenario_without_draws_is_left_out():
    found, ensemble, names = synthetic()
    told = plan([made("tem", "skin_outer")], found, ensemble, [*names, "c/series"], "x")
    assert told.left_out == ("c/series",)
    assert told.pair is None
    assert plan([made("tem", "skin_outer")], [{}], [Draw(scales={})], names, "x") is None


def test_work_on_one_cell_counts_once():
    bare = [c for c in candidates("bare", "coated") if c.cell == "bare"]
    coated = [c for c in candidates("bare", "coated") if c.cell == "coated"]
    assert effort([bare[0], bare[1]]) < effort([bare[0]]) + effort([bare[1]])
    assert effort([bare[0], coated[0]]) == pytest.approx(effort([bare[0]]) + effort([coated[0]]), rel=1e-12)


def test_every_number_of_the_candidates_has_a_source_and_every_reading_is_used():
    rows = table("measurements.toml")
    assert len(rows["measurement"]) >= 8
    assert set(rows["reading"]) == set(READINGS) == {r for m in rows["measurement"].values() for r in m["readings"]}
    for row in (*rows["cell"].values(), *(r["error"] for r in rows["reading"].values())):
        assert len(row["source"]) > 10
    assert all(len(m["effort"]["source"]) > 10 for m in rows["measurement"].values())


def test_a_study_with_one_cell_has_each_candidate_once():
    names = [c.full_name for c in candidates("only", "only")]
    assert len(names) == len(set(names))


# the article's study -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "cell"), [("outer/series", "bare"), ("fewer-cracks/inactive", "coated")])
def test_readings_are_those_of_the_life(zhao, ready, scenarios, scales, name, cell):
    formed, tables = ready[cell]
    found, scenario = scales[name], scenarios[name]
    rows, kinds = program(zhao.cells[cell].protocol)
    m = build(zhao.cells[cell], formed, scenario, found)
    series = live(m, tables, rows, kinds, tolerance=tolerance_of(zhao.cells[cell].protocol), engine=ENGINE)
    curve = voltage_curve(m, tables, series, 200, SLOW)
    capacity = capacities(zhao.cells[cell], formed, tables, scenario, found)
    aged = aged_cell(zhao.cells[cell], formed, tables, scenario, found, capacity)
    read = {n: f(aged) for n, (_, f) in READINGS.items()}
    expected = {
        "capacity_last": capacity[-1],
        "slow_capacity_last": curve.discharge_capacity[-1],
        "wetted_area": series.crack_area[-1] + formed.particle.wetted_area,
        "resistance": series.resistance[-1],
        "lithium_resistance": series.lithium_resistance[-1],
        "lagging_share": series.pinned_share[-1],
        "c_charged": np.interp(series.charged_lithium[-1], formed.host.lithium, formed.host.c),
    }
    assert {n: read[n] for n in expected} == pytest.approx(expected, rel=1e-9, abs=0)
    assert curve.charge_capacity[-1] == pytest.approx(curve.discharge_capacity[-1], rel=2e-3, abs=0)
    np.testing.assert_allclose(series.capacity, capacity, rtol=1e-12)  # at the resolution at which scales are solved
    assert 0 < read["hold_share"] < 1
    assert 0 < read["rate_ratio"] < 1
    assert abs(read["peak_charge"]) < 0.1
    thinnest, thickest = sorted(getattr(series, f"skin_cracks_{k}")[-1] for k in ("bare", "coated"))
    assert thinnest <= read["skin_cracks"] <= thickest


def test_lagging_grains_withhold_slow_capacity(zhao, ready, scenarios, scales):
    formed, tables = ready["bare"]
    name = next(n for n in ("pinned-grains/inactive", "outer/inactive") if n in scales)
    found = scales[name]
    capacity = np.full(200, 1.0)
    aged = aged_cell(zhao.cells["bare"], formed, tables, scenarios["pinned-grains/inactive"], found, capacity)
    assert aged.series.pinned_share[-1] > 0
    assert slow_capacity(aged, -1) < aged.slow[-1].discharge_capacity[-1] * 0.999
    assert slow_capacity(aged, 0) == pytest.approx(aged.slow[0].discharge_capacity[-1], rel=1e-2, abs=0)


@pytest.fixture(scope="module")
def small():
    """Study, four scenarios and their first few draws with the scales solved."""
    from epitropy.calibrate.scenarios import declared_scenarios
    from epitropy.study import load_study

    study = load_study("zhao2024")
    chosen = tuple(s for s in declared_scenarios() if s.name.endswith("/inactive"))[:4]
    names = sorted(n for n, v in study.inputs().items() if v.uncertain)
    return study, chosen, [run_draw(study, point, chosen) for point in quantiles(names, 8)]


def test_the_bare_cell_cannot_tell_what_only_the_layer_differs_in(small):
    study, chosen, ensemble = small
    found = simulated_readings(study, ensemble, chosen, ["bare", "coated"])
    assert all(set(read) == set(d.lives) for read, d in zip(found, ensemble))
    told = measurement_plan(study, ensemble, chosen, "coated")
    assert told.draws == sum(isinstance(d.scales[chosen[0].name], Scales) for d in ensemble)
    for m in told.measurements:
        if m.cell == "bare":
            assert (m.most_bits, m.scenario_bits) == (0.0, 0.0)
        elif m.readings[0].name != "share of lagging grains" and m.instrument != "glovebox, impedance analyser":
            assert m.most_bits == pytest.approx(2.0, abs=1e-12)
    assert len(candidate_rows(told)) == len(told.measurements) + 1
    assert told.reported == ("first 1C cycle, coated",) and "first 1C cycle" not in {m.name for m in told.measurements}
    unread = replace(study, reported={})
    again = measurement_plan(unread, ensemble, chosen, "coated")
    assert again.reported == () and "first 1C cycle" in {m.name for m in again.measurements}
    assert told.retention_reported and not again.retention_reported
    assert not any(m.interval_bits for m in told.measurements) and any(m.interval_bits for m in again.measurements)
    replicate = next(m for m in again.measurements if "replicate" in m.name)
    assert replicate.value > 1e-3  # draws differ in the calibration cell's capacities by the scatter of replicates
