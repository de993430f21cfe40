"""Charge per cycle and direction from records: exact values, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.celldata.records import count_cycles, cycles, directions, integral, rises, series
from epitropy.errors import InputError

CYCLE = np.repeat([1, 2], 4)
TIME = np.array([0.0, 100.0, 100.0, 200.0, 200.0, 290.0, 290.0, 380.0])
CURRENT = np.array([2.0, 2.0, -2.0, -2.0, 2.0, 2.0, -2.0, -2.0])
VOLTAGE = np.array([3.0, 4.3, 4.2, 3.0, 3.0, 4.3, 4.2, 3.0])


def columns(**more):
    return {"cycle": CYCLE, "time": TIME, "current": CURRENT, "voltage": VOLTAGE, **more}


def read(found, sign="charge-positive", specific=False):
    return series(found, "a file", sign, specific)


def test_constant_current_is_integrated_exactly():
    kept, _ = read(columns())
    found = cycles(kept)
    assert found.discharged.tolist() == [200.0, 180.0]
    assert found.current.tolist() == [2.0, 2.0]
    assert found.voltage_range == (3.0, 4.3) and not found.cut_off
    assert found.mean_voltage == pytest.approx(3.6, rel=1e-12)


def test_a_row_belongs_to_its_own_cycle_where_time_passes_between_cycles():
    time = TIME + 10.0 * np.arange(8)  # gaps in which both neighbours count for half
    shares = integral(time, np.maximum(-CURRENT, 0.0))
    assert shares.sum() == pytest.approx(shares[2:4].sum() + shares[6:].sum(), rel=1e-15)
    assert (shares[[0, 1, 4, 5]] == 0).all()


@given(st.lists(st.floats(0.1, 50.0), min_size=3, max_size=40), st.floats(-5.0, 5.0), st.floats(-1.0, 1.0))
def test_the_trapezoid_is_exact_for_a_current_that_is_linear_in_time(steps, start, slope):
    time = np.cumsum(steps)
    exact = start * (time[-1] - time[0]) + 0.5 * slope * (time[-1] ** 2 - time[0] ** 2)
    assert integral(time, start + slope * time).sum() == pytest.approx(exact, rel=1e-9, abs=1e-6)


@given(st.lists(st.floats(0.0, 3.0), min_size=2, max_size=30), st.sets(st.integers(1, 29)))
def test_a_counter_that_begins_anew_tells_the_same_total(gains, resets):
    running, told, total = 0.0, [], sum(gains[1:])
    for k, gain in enumerate(gains):
        if k in resets and running > 0 and gain < 0.5 * running:
            running = 0.0
        running += gain if k else 0.0
        told.append(running)
    assert rises(np.array(told)).sum() == pytest.approx(total, rel=1e-12, abs=1e-12)


def test_a_counter_that_wavers_in_its_last_digit_does_not_begin_anew():
    assert rises(np.array([2.0, 3.0, 2.9999999, 3.0])).sum() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("way", [1, -1])
def test_either_sign_gives_the_same_if_it_is_stated(way):
    sign = {1: "charge-positive", -1: "discharge-positive"}[way]
    kept, _ = read(columns(current=way * CURRENT), sign)
    assert cycles(kept).discharged.tolist() == [200.0, 180.0]
    assert kept.current.tolist() == CURRENT.tolist()


def test_a_wrong_sign_is_contradicted_by_the_voltage():
    with pytest.raises(InputError, match="voltage falls by .* while charging.*swapped"):
        read(columns(), "discharge-positive")


def test_a_current_without_sign_and_without_a_word_is_asked_for():
    with pytest.raises(InputError, match="nothing that shows which sign charges.*--current-sign"):
        read(columns(), "")


def test_swapped_counters_are_refused():
    gained = np.where(CURRENT > 0, 1.0, 0.0) * np.append(0, np.diff(TIME)) * 2.0
    gained_out = np.where(CURRENT < 0, 1.0, 0.0) * np.append(0, np.diff(TIME)) * 2.0
    right = columns(capacity=np.cumsum(gained_out), charge_capacity=np.cumsum(gained))
    assert cycles(read(right, "")[0]).discharged.tolist() == [200.0, 180.0]
    with pytest.raises(InputError, match="swapped"):
        read(columns(capacity=np.cumsum(gained), charge_capacity=np.cumsum(gained_out)), "")


def test_names_of_steps_show_the_sign_and_refuse_another():
    names = np.where(CURRENT > 0, "CC Chg", "CC DChg").astype(object)
    _, notes = read(columns(state=names, current=-CURRENT), "")
    assert "current is discharge-positive, as the names of the steps show" in notes
    with pytest.raises(InputError, match="current charge-positive, as stated.*discharge-positive"):
        read(columns(state=names, current=-CURRENT), "charge-positive")


def test_an_unsigned_current_takes_its_sign_from_the_steps():
    names = np.where(CURRENT > 0, "C", "D").astype(object)
    names[[1, 3, 5, 7]] = "S"  # Maccor's last row of a step
    kept, notes = read(columns(state=names, current=np.abs(CURRENT)), "")
    assert kept.current.tolist() == CURRENT.tolist() and cycles(kept).discharged.tolist() == [200.0, 180.0]
    assert any("has no sign" in n for n in notes)


def test_counter_and_integral_that_differ_are_told():
    out = np.cumsum(np.where(CURRENT < 0, np.append(0, np.diff(TIME)), 0.0) * 2.0)
    _, notes = read(columns(capacity=1.1 * out), "charge-positive")
    assert any("0.909 times the discharge that the counter has" in n for n in notes)


def test_words_for_steps_of_many_cyclers():
    out = ("CC DChg", "CC_DCH", "Discharge", "D", "RateD", "CCCV DChg", "Entladen", "discharging")
    into = ("CC Chg", "CCCV_CHG", "Charge", "C", "RateC", "Laden", "charging")
    still = ("Rest", "Pause", "R", "OCV", "", "Hold", "End")
    found = directions(np.array([*out, *into, *still], dtype=object)).tolist()
    assert found == [-1] * len(out) + [1] * len(into) + [0] * len(still)


def test_cycles_are_counted_where_the_file_does_not():
    kept, notes = read({k: v for k, v in columns().items() if k != "cycle"})
    assert cycles(kept).discharged.tolist() == [200.0, 180.0]
    assert any("counts no cycles" in n for n in notes)
    assert count_cycles(np.array([-1, 1, -1, 1])).tolist() == [1, 2, 2, 3]


def test_time_that_falls_is_refused_where_it_is_integrated():
    with pytest.raises(InputError, match="time falls from 200 s to 0 s"):
        read(columns(time=np.where(CYCLE == 2, TIME - 200.0, TIME)))
