"""The ageing model fitted: to what is known, as surely as it says, and refused where data cannot carry it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from epitropy.calibrate.ensemble import prepare
from epitropy.calibrate.scales import capacities, solve_scales
from epitropy.calibrate.scenarios import declared_scenarios
from epitropy.calibrate.workers import worker_pool
from epitropy.cycling.mesh import Resolution
from epitropy.errors import InputError
from epitropy.fitting.fit import fit_study
from epitropy.fitting.model import FitModel
from epitropy.fitting.parameters import FADE, KINETIC, fittable, free_parameters, usual
from epitropy.fitting.recovery import recovered
from epitropy.records.measured import CellData, Readings
from epitropy.study import load_study

SHARE, AREA = "degradation.skin_transport_share", "degradation.wetted_area_200"
MAH_G = 3600.0


def readings(cycle, value, rate=None):
    cycle = np.asarray(cycle, dtype=float)
    rate = np.full(cycle.size, np.nan) if rate is None else np.asarray(rate, dtype=float)
    return Readings(cycle=cycle, value=np.asarray(value, dtype=float), rate=rate)


def cell(cycle, capacity, name="a", of="bare", **others):
    return CellData(name=name, cell=of, readings={"capacity": readings(cycle, capacity), **others})


@pytest.fixture(scope="module")
def study():
    return load_study("zhao2024")


@pytest.fixture(scope="module")
def scenario():
    return declared_scenarios()[0]


@pytest.fixture(scope="module")
def curve(study, scenario):
    """A synthetic bare cell over 100 cycles, and its truth."""
    names = (KINETIC, FADE, SHARE, AREA)
    cycle = np.arange(1.0, 101, 3)
    blank = cell(cycle, np.ones(cycle.size))
    model = FitModel(study.at({}), scenario, [blank], free_parameters(study, names))
    truth = np.array([math.log(1.8), math.log(1.1), 0.5, -0.3])
    exact = model.predicted(truth)[0]["capacity"]
    noise = np.random.default_rng(0).normal(size=cycle.size)
    return truth, cell(cycle, 1.005 * exact + 0.4 * MAH_G * noise)


# the two numbers of the article -------------------------------------------------------------------------------------


def test_two_capacities_fix_the_two_scales_that_the_calibration_solves(study, scenario):
    """Fit and root search agree on the life of the bare cell, and the fit passes through both numbers."""
    data = cell([1, 200], [study.calibration.first, study.calibration.last])
    answer = fit_study(study, [data], steps=0, starts=2)
    assert [p.name for p in answer.parameters] == [KINETIC, FADE]
    (fitted,) = answer.cells
    assert fitted.fitted["capacity"] == pytest.approx(data.readings["capacity"].value, abs=0.1 * MAH_G)
    bare = study.at({}).cells["bare"]
    formed, tables = prepare(bare)
    solved = solve_scales(bare, formed, tables, scenario, *data.readings["capacity"].value)
    life = capacities(bare, formed, tables, scenario, solved)
    assert fitted.curve == pytest.approx(life, abs=0.4 * MAH_G)


def test_three_points_for_four_parameters_are_refused(study):
    data = cell([1, 100, 200], np.array([175, 155, 138]) * MAH_G)
    with pytest.raises(InputError, match="3 readings for 4 free parameters"):
        fit_study(study, [data], free=(KINETIC, FADE, SHARE, AREA), steps=0)


def test_readings_that_repeat_each_other_are_not_counted_as_independent(study):
    """A course that the model cannot take up leaves a misfit that persists; forty such readings carry few numbers."""
    cycle = np.arange(1.0, 41)
    value = (170 - 0.2 * cycle + 12 * np.sin(cycle / 8)) * MAH_G
    with pytest.raises(InputError, match="independent ones"):
        fit_study(
            study, [cell(cycle, value)], free=(KINETIC, FADE, SHARE, AREA, "cell.series_resistance"), steps=0, starts=1
        )


# synthetic cells ---------------------------------------------------------------------------------------------------


def test_known_truth_is_found_and_the_answer_says_what_is_loose(study, curve):
    truth, data = curve
    answer = fit_study(study, [data], free=(KINETIC, FADE, SHARE, AREA, "cell.electrode_conductivity"), steps=0)
    by_name = {p.name: p for p in answer.parameters}
    assert by_name[KINETIC].profile_low < math.exp(truth[0]) < by_name[KINETIC].profile_high
    assert by_name[FADE].profile_low < math.exp(truth[1]) < by_name[FADE].profile_high
    assert by_name[FADE].identified != "loose"
    loose = by_name["cell.electrode_conductivity"]
    assert loose.identified == "loose" and loose.informed < 0.4
    assert answer.scatter == pytest.approx(0.4 * MAH_G, rel=0.4) and answer.scatter_measured
    assert answer.priors and answer.hash


def test_intervals_hold_the_truth_as_often_as_they_say():
    """80 % intervals of 200 synthetic cells: each parameter's truth inside in 80 +- 6 % of them."""
    study, scenario = load_study("zhao2024"), declared_scenarios()[0]
    with worker_pool() as pool:
        found = recovered(
            study,
            scenario,
            (KINETIC, FADE, SHARE),
            cell="bare",
            cycles=range(1, 101, 3),
            count=200,
            seed=5,
            scatter=0.5 * MAH_G,
            starts=1,
            resolution=Resolution(shells=12, separator=3, cathode=4, steps=40),
            pool=pool,
        )
    inside = np.array([r.inside for r in found]).mean(axis=0)
    assert inside == pytest.approx(np.full(3, 0.8), abs=0.06)


def test_the_same_seed_gives_the_same_answer_and_replicates_narrow_it(study, curve):
    _, data = curve
    once, again = (fit_study(study, [data], steps=0, starts=2, seed=3) for _ in range(2))
    assert [p.value for p in once.parameters] == [p.value for p in again.parameters]
    assert np.array_equal(once.correlations, again.correlations)
    twin = replace(data, name="b")
    both = fit_study(study, [data, twin], steps=0, starts=2, seed=3)
    width = [p.profile_high - p.profile_low for p in once.parameters]
    narrower = [p.profile_high - p.profile_low for p in both.parameters]
    assert narrower[0] < width[0] and narrower[1] < width[1]


def test_a_chain_that_is_too_short_quotes_no_interval(study, curve):
    _, data = curve
    answer = fit_study(study, [data], free=(KINETIC, FADE), steps=20, starts=1)
    assert not answer.chain.converged and answer.chain.reason
    assert all(p.low is None and p.high is None for p in answer.parameters)
    assert not answer.chain.samples


def test_every_input_that_may_be_free_acts_as_in_a_cell_formed_anew(study, scenario):
    """Layer and strain are formed once; what takes part in forming them must be formed again."""
    cycle = np.array([1.0, 50.0])
    for name in fittable(study):
        if name.startswith("coated."):
            continue
        free = free_parameters(study, [name])
        model = FitModel(study.at({}), scenario, [cell(cycle, [1.0, 1.0])], free)
        quick = model.predicted(np.array([0.8]))[0]["capacity"]
        value = free[0].value(0.8)
        moved = study.at({}).changed(name, lambda number, value=value: replace(number, value=value))
        anew = FitModel(moved, scenario, [cell(cycle, [1.0, 1.0])], ()).predicted(np.empty(0))[0]["capacity"]
        assert quick == pytest.approx(anew, rel=1e-9), name


def test_resistance_area_skin_and_rates_are_read_from_the_same_life(study, scenario):
    """Readings of every kind, made by the model itself, leave no misfit at the truth."""
    one = np.array([1.0, 100.0])
    others = {q: readings(one, np.ones(2)) for q in ("resistance", "skin_outer", "skin_cracks", "wetted_area")}
    capacity = readings([1, 1, 50, 100], np.ones(4), [np.nan, 2.0, np.nan, np.nan])
    blank = CellData(name="a", cell="bare", readings={"capacity": capacity, **others})
    free = free_parameters(study, [KINETIC, FADE])
    found = FitModel(study.at({}), scenario, [blank], free).predicted(np.array([0.4, 0.1]))[0]
    assert found["capacity"][1] < found["capacity"][0]  # 2C delivers less than 1C
    assert 2e-9 < found["skin_outer"][1] < 5e-8 and found["skin_outer"][0] < found["skin_outer"][1]
    assert found["wetted_area"][0] < found["wetted_area"][1]
    assert np.all(found["resistance"] > 0)


def test_what_is_free_by_default_follows_the_data(study, scenario):
    cycle = np.arange(1.0, 41)
    assert usual(study, [cell([1, 200], [1.0, 1.0])], scenario) == (KINETIC, FADE)
    assert usual(study, [cell(cycle, cycle)], scenario) == (KINETIC, FADE, SHARE, AREA)
    ohm = {"resistance": readings([1, 40], [1e-3, 2e-3])}
    fixed = study.changed(AREA, lambda v: v.set_to(3000.0, "test"))
    assert usual(fixed, [cell(cycle, cycle)], scenario) == (KINETIC, FADE, SHARE)  # what the study holds stays held
    assert "degradation.interphase_resistance_200" in usual(study, [cell(cycle, cycle, **ohm)], scenario)


# prediction and beyond ---------------------------------------------------------------------------------------------


def test_coated_data_change_no_prediction_of_the_coated_cell(study):
    """It is predicted from the bare cell alone; its own data only weigh the scenarios afterwards."""
    bare = cell([1, 200], [study.calibration.first, study.calibration.last])
    coated = cell([1, 200], np.array([190, 170]) * MAH_G, name="c", of="coated")
    alone = fit_study(study, [bare], steps=0, starts=1, draws=2)
    with_own = fit_study(study, [bare, coated], steps=0, starts=1, draws=2)
    assert set(alone.predicted) == {"coated"} and not alone.updates
    assert alone.predicted["coated"].retention == with_own.predicted["coated"].retention
    (update,) = with_own.updates
    assert update.cell == "coated"
    assert sum(w.after for w in update.weights) == pytest.approx(1)


def test_coated_data_that_cannot_be_compared_are_told(study):
    bare = cell([1, 200], [study.calibration.first, study.calibration.last])
    late = cell([4, 200], np.array([190, 170]) * MAH_G, name="c", of="coated")
    answer = fit_study(study, [bare, late], free=(KINETIC, FADE), steps=0, starts=1, draws=1)
    assert not answer.updates and any("--first" in n for n in answer.notes)


def test_a_number_that_a_cell_states_for_itself_is_not_moved_with_the_shared_one(study, scenario):
    own = replace(study, own={**study.own, "coated": study.own["coated"] | {AREA}})
    cycle = [1.0, 50.0]
    data = [cell(cycle, [1.0, 1.0], of="bare"), cell(cycle, [1.0, 1.0], of="coated")]
    model = FitModel(own.at({}), scenario, data, free_parameters(own, [AREA]))
    there, here = (model.cell("coated", np.array([z])).degradation.wetted_area_200.value for z in (0.0, 1.5))
    assert there == here
    assert model.cell("bare", np.array([1.5])).degradation.wetted_area_200.value > there


def test_beyond_two_and_a_half_times_the_data_nothing_is_said(study, curve):
    _, data = curve
    with pytest.raises(InputError, match="2.5 times"):
        fit_study(study, [data], steps=0, to=251)
    (told,) = fit_study(study, [data], free=(KINETIC, FADE), steps=0, starts=1, to=200).extrapolations
    assert {f.name for f in told.forms} >= {"linear", "ageing model"}
    assert told.low[-1] < told.median[-1] < told.high[-1] < told.median[0]


def test_no_cell_is_predicted_beyond_what_the_calibration_cell_carries(study):
    data = cell([1, 40], np.array([175, 165]) * MAH_G)
    answer = fit_study(study, [data], steps=0, starts=1, draws=2)
    assert not answer.predicted and "carry no farther than 100" in answer.notes[0]


# faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "free, words",
    [
        ("nothing", "is no input of this study"),
        ("anneal.temperature", "held fixed|shapes powder"),
        ("coating.dose", "shapes powder, layer or protocol"),
        ("protocol.upper_voltage", "held fixed|shapes powder"),
    ],
)
def test_what_cannot_be_free_is_refused(study, free, words):
    with pytest.raises(InputError, match=words):
        free_parameters(study, [free])


def test_a_cell_that_the_study_lacks_and_a_capacity_that_no_host_has_are_refused(study):
    with pytest.raises(InputError, match="a cell of zhao2024"):
        fit_study(study, [cell([1, 2], [6e5, 6e5], of="other")], steps=0)
    with pytest.raises(InputError, match="all lithium of the host"):
        fit_study(study, [cell([1, 2], [290 * MAH_G, 280 * MAH_G])], steps=0)


@pytest.mark.parametrize(
    "told, words",
    [
        ({"voltage_range": (2.7, 4.5)}, "protocol.upper_voltage 4.3 V"),
        ({"voltage_range": (3.0, 4.3)}, "protocol.lower_voltage 2.7 V"),
        ({"discharge_current": np.array([20.0, 20.0])}, "ages at 200 mA/g"),
    ],
)
def test_a_file_cycled_otherwise_than_the_study_is_refused(study, told, words):
    with pytest.raises(InputError, match=words):
        fit_study(study, [replace(cell([1, 2], [6e5, 6e5]), **told)], steps=0)
