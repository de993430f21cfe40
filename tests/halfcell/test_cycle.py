"""Lives of a study's cells in one scenario."""

from dataclasses import fields, replace

import numpy as np
import pytest

from epitropy.cycling.spec import MECHANISMS
from epitropy.errors import InputError, NumericsError
from epitropy.halfcell.cycle import cycle_study
from epitropy.halfcell.engines import Candidate, batch, engine_of
from epitropy.halfcell.reading import reading
from epitropy.records.cell import LossBudget
from epitropy.study import read_study

SOURCE = {"source": "a test"}
GONE = {  # losses that go with a mechanism
    "cycling_cracks": ("cracks_opening_transport",),
    "skin": ("dead_mass_outer", "dead_mass_cracks", "skin_resistance", "stress_potential"),
    "dead_mass": ("dead_mass_outer", "dead_mass_cracks"),
    "skin_resistance": ("skin_resistance",),
    "interphase": ("interphase_resistance",),
    "stress_potential": ("stress_potential",),
    "lithium_growth": ("lithium_resistance",),
    "pinned_grains": ("pinned_grains",),
}


def study(**blocks):
    """A bare and a coated cell without data: everything is prior."""
    return read_study({"name": "test", **blocks})


def test_the_calibrated_cell_meets_its_data(article, told):
    series = told["bare"].series
    data = article.calibration
    assert series.capacity[0] == pytest.approx(data.first, rel=1e-4)
    assert series.capacity[-1] == pytest.approx(data.last, rel=2e-3)
    assert told["bare"].reading.last_capacity == series.capacity[-1]


def test_field_units_follow_from_loading_area_and_faces(article, told):
    """mAh/cm2 is mAh/g times the loading, mAh that times all coated area."""
    found, cell = told["coated"].summary, article.at({}).cells["coated"].cell
    loading, area = cell.loading.value * 0.1, cell.area.value * 1e4  # g/cm2, cm2
    assert found["first_capacity_mAh_cm2"] == pytest.approx(found["first_capacity_mAh_g"] * loading, rel=1e-6)
    assert found["first_capacity_mAh"] == pytest.approx(found["first_capacity_mAh_cm2"] * area, rel=1e-6)
    pouch = cycle_study(study(cell={"format": "pouch"}, protocol={"cycles": 2}), cells=["bare"])
    coin = cycle_study(study(protocol={"cycles": 2}), cells=["bare"])
    two, one = (next(iter(a.lives.values())).cells["bare"] for a in (pouch, coin))
    assert two.format == "pouch" and one.format == "coin"
    assert two.summary["first_capacity_mAh"] == pytest.approx(2 * one.summary["first_capacity_mAh"], rel=1e-6)


def test_losses_sum_to_the_total_at_every_milestone(told):
    for cell in told.values():
        budgets = [*cell.series.losses_by_cycle.values(), cell.series.losses]
        assert len(budgets) == 20
        for budget in budgets:
            parts = sum(getattr(budget, f.name) for f in fields(LossBudget) if f.name != "total")
            assert parts == pytest.approx(budget.total, rel=1e-9)
        last = cell.series.losses.total
        assert last == pytest.approx(cell.series.capacity[0] - cell.series.capacity[-1], rel=1e-9)


def test_curves_are_those_of_first_and_last_cycle(told):
    curves = {(c.cycle, c.rate): c for c in told["bare"].curves}
    assert set(curves) == {(n, r) for n in (1, 200) for r in (1.0, 0.05)}
    at_1c = curves[1, 1.0].discharge_capacity[-1]
    assert at_1c == pytest.approx(told["bare"].series.capacity[0], rel=5e-3)  # after another history
    assert curves[1, 0.05].discharge_capacity[-1] > at_1c
    slope = curves[200, 0.05]
    passed = np.trapezoid(slope.discharge_slope, slope.voltage)
    assert passed == pytest.approx(slope.discharge_capacity[-1], rel=5e-3)


@pytest.mark.parametrize("mechanism", GONE)
def test_a_mechanism_switched_off_takes_its_loss_along(article, answer, mechanism):
    found = cycle_study(article, without=[mechanism], cells=["coated"])
    (name,) = found.lives
    assert found.lives[name].scales == answer.lives[name].scales  # of the study as given
    losses = found.lives[name].cells["coated"].series.losses
    assert all(abs(getattr(losses, loss)) < 1e-6 for loss in GONE[mechanism])  # C/kg, of some 1e5: rounding
    before = answer.lives[name].cells["coated"].series.losses
    if mechanism != "pinned_grains":  # not what this scenario ages by
        assert all(abs(getattr(before, loss)) > 3000 for loss in GONE[mechanism])  # about 1 mAh/g


def test_without_ageing_nothing_fades(article):
    """Cracks of formation are there before cycle 1; without them the first cycles settle for long."""
    found = cycle_study(article, without=[m for m in MECHANISMS if m != "formation_cracks"])
    for cell in next(iter(found.lives.values())).cells.values():
        assert cell.series.capacity == pytest.approx(cell.series.capacity[0], rel=1e-6)


def test_skipping_can_be_left_out(article, told):
    found = cycle_study(article, skip=False, cells=["coated"])
    series = next(iter(found.lives.values())).cells["coated"].series
    assert series.simulated == 202 and told["coated"].series.simulated < 60  # with two of formation
    assert told["coated"].series.capacity == pytest.approx(series.capacity, rel=1e-3)


def test_cells_and_scenario_can_be_named(article):
    found = cycle_study(article, cells=["coated"], scenario="barrier/inactive")
    assert list(found.lives) == ["barrier/inactive"] and list(found.lives["barrier/inactive"].cells) == ["coated"]


def test_all_scenarios_and_why_some_are_not_solved(article):
    found = cycle_study(article, scenario="all", cells=["bare"])
    assert len(found.lives) + len(found.unsolved) == 12
    assert all(reason for reason in found.unsolved.values())


def test_a_cell_dead_at_its_third_cycle_is_a_value_with_its_reason():
    """Lithium metal whose resistance grows by more than the window leaves within a few cycles."""
    growth = {"value": "50000 ohm cm2", **SOURCE}
    found = cycle_study(study(cell={"lithium_resistance_growth": growth}), cells=["bare"])
    cell = next(iter(found.lives.values())).cells["bare"]
    assert cell.reading.last_cycle == len(cell.series.cycle) < 5
    assert cell.reading.ended_by.startswith(f"dead after cycle {cell.reading.last_cycle}: ")
    assert cell.reading.retention == cell.reading.last_capacity == 0.0
    assert cell.summary["last_capacity_mAh_g"] > 0  # that of the last cycle it delivered


def test_reference_cycles_and_rate_steps_are_told():
    protocol = {"cycles": 20, "reference_interval": 10, "rate_steps": [0.2, 2.0], "rate_step_cycles": 2}
    found = cycle_study(study(protocol=protocol), cells=["bare"])
    sides = next(iter(found.lives.values())).cells["bare"].series.side_cycles
    assert list(sides["reference"].after) == [10, 20]
    assert sides["rate"].capacity[0] > sides["rate"].capacity[-1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"cells": ["none"]}, "bare, coated"),
        ({"scenario": "none"}, "outer/series"),
        ({"engine": "none"}, "kernel, pybamm"),
        ({"without": ["none"]}, "formation_cracks"),
    ],
)
def test_unknown_names_are_refused_with_those_there_are(article, asked, said):
    with pytest.raises(InputError, match="none") as fault:
        cycle_study(article, **asked)
    assert said in fault.value.allowed


def test_a_curve_after_the_last_cycle_is_refused(article):
    with pytest.raises(InputError, match="1 to 200"):
        cycle_study(article, curves=[201])


def test_a_rate_that_no_cell_delivers_is_refused():
    with pytest.raises(NumericsError, match="no first cycle"):
        cycle_study(study(protocol={"rate": {"value": 45, **SOURCE}}))


def test_pybamm_that_is_not_installed_is_one_line(monkeypatch):
    import sys

    for name in ("epitropy.cycling.pybamm_life", "epitropy.cycling.pybamm_cell"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pybamm", None)
    with pytest.raises(InputError, match=r"pip install 'epitropy\[pybamm\]'"):
        engine_of("pybamm")


def test_threads_change_nothing(bare):
    """A batch is bit for bit what one life after another is, in order."""
    m, tables = bare
    rows = np.array([[0.1, 0.1, 0.0, 0.0, 0.0]] + [[1.0, 1.0, 0.0, 0.0, 1.0]] * 30)
    candidates = [Candidate(m._replace(upper_voltage=v), tables, rows, 1e-3) for v in np.linspace(4.1, 4.5, 9)]
    together = list(batch(candidates))
    alone = [engine_of("kernel")(*c) for c in candidates]
    assert all(np.array_equal(a.rows, b.rows, equal_nan=True) for a, b in zip(together, alone))
    assert len({a.rows[-1, 0] for a in together}) == 9


def test_pybamm_lives_the_same_life(bare):
    m, tables = bare
    rows = np.array([[0.5, 0.5, 0.0, 0.0, 0.0]] + [[1.0, 1.0, 0.0, 0.0, 1.0]] * 4)
    candidate = Candidate(m, tables, rows)
    (life,) = batch([candidate], engine=engine_of("pybamm"))
    kernel = engine_of("kernel")(*candidate)
    kinds = ("formation", *["ageing"] * 4)
    found, wanted = (reading(m, one, kinds) for one in (life, kernel))
    assert found.first_capacity == pytest.approx(wanted.first_capacity, rel=1e-3)
    assert found.skin == pytest.approx(wanted.skin, rel=1e-3, abs=0)
    assert found.last_cycle == 4


def test_an_engine_that_fails_on_one_candidate_does_not_stop_the_others(bare):
    m, tables = bare
    kernel = engine_of("kernel")

    def engine(m, t, rows, tolerance):
        if m.upper_voltage > 4.4:
            raise NumericsError("solver", "no convergence", "")
        return kernel(m, t, rows, tolerance)

    rows = np.array([[1.0, 1.0, 0.0, 0.0, 1.0]] * 3)
    good, bad = batch([Candidate(m._replace(upper_voltage=v), tables, rows) for v in (4.3, 4.5)], engine=engine)
    assert good.rows[0, 0] > 0 and bad == "solver: no convergence"


def test_a_study_keeps_the_mechanisms_it_switched_off_itself(article):
    cells = {n: replace(c, degradation=replace(c.degradation, without=("skin",))) for n, c in article.cells.items()}
    found = cycle_study(replace(article, cells=cells, calibration=None), without=["interphase"], cells=["bare"])
    losses = next(iter(found.lives.values())).cells["bare"].series.losses
    assert losses.skin_resistance == losses.interphase_resistance == 0.0
