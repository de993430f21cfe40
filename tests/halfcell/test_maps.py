"""Maps over window, rate and other inputs."""

from dataclasses import fields

import pytest

from epitropy.errors import InputError
from epitropy.halfcell.cycle import cycle_study, cycled_cell, prepare
from epitropy.halfcell.engines import engine_of
from epitropy.halfcell.maps import set_to
from epitropy.process.vary import axis
from epitropy.records.cycling import LifeReading
from epitropy.report import cycle_tables
from epitropy.report.cycle_figures import map_figure
from epitropy.study import read_study


def mapped(study, *texts, **asked):
    return cycle_study(study, axes=[axis(t, study) for t in texts], **asked)


@pytest.fixture(scope="module")
def window_and_rate(article):
    return mapped(article, "protocol.upper_voltage=4.2:4.4:0.1", "protocol.rate=0.2,1")


def numbers(reading):
    return [getattr(reading, f.name) for f in fields(LifeReading) if f.name != "ended_by"]


def by_place(answer, cell):
    return {tuple(round(v, 6) for v in p.at): p.cells[cell] for p in answer.map.points}


def test_a_higher_cut_off_gives_more_of_everything(window_and_rate):
    """Capacity, skin and cracks rise with the upper cut-off, for both cells at both rates."""
    for cell in ("bare", "coated"):
        found = by_place(window_and_rate, cell)
        for rate in (0.2, 1.0):
            row = [found[v, rate] for v in (4.2, 4.3, 4.4)]
            for name in ("first_capacity", "skin", "crack_area", "dead_share"):
                values = [getattr(r, name) for r in row]
                assert values == sorted(set(values)), (cell, rate, name)


def test_slower_gives_more_capacity_and_more_skin(window_and_rate):
    """A slower cycle reaches deeper, and a slow charge holds the surface bare of lithium for longer."""
    for cell in ("bare", "coated"):
        found = by_place(window_and_rate, cell)
        for voltage in (4.2, 4.3, 4.4):
            assert found[voltage, 0.2].first_capacity > found[voltage, 1.0].first_capacity
            assert found[voltage, 0.2].skin > found[voltage, 1.0].skin


@pytest.mark.parametrize("cell", ["bare", "coated"])
@pytest.mark.parametrize("at", [(4.2, 1.0), (4.4, 0.2)])
def test_a_point_is_the_life_told_in_full_there(article, window_and_rate, cell, at):
    """At the scales of the study as given; nothing formed for one point is used at another by mistake."""
    (told,) = window_and_rate.lives.values()
    names = [a.name for a in window_and_rate.map.axes]
    here = set_to(article.at({}), names, at).cells[cell]
    life = cycled_cell(here, prepare(here), told.scenario, told.scales, engine_of("kernel"), ())
    found = by_place(window_and_rate, cell)[at]
    assert numbers(found) == pytest.approx(numbers(life.reading), rel=1e-12, abs=0)


def test_the_point_of_the_study_itself_is_its_life(window_and_rate):
    (told,) = window_and_rate.lives.values()
    for cell, lived in told.cells.items():
        found = by_place(window_and_rate, cell)[4.3, 1.0]
        assert numbers(found) == pytest.approx(numbers(lived.reading), rel=1e-12, abs=0)


def test_the_rate_is_both_rates_whatever_the_study_states():
    value = {"value": 0.3, "source": "a test"}
    study = read_study({"name": "test", "protocol": {"charge_rate": value, "cycles": 5}})
    protocol = set_to(study, ["protocol.rate"], (2.0,)).cells["bare"].protocol
    assert (protocol.charge.value, protocol.discharge.value) == (2.0, 2.0)
    both = set_to(study, ["protocol.charge_rate", "protocol.rate"], (0.5, 2.0)).cells["bare"].protocol
    assert (both.charge.value, both.discharge.value) == (0.5, 2.0)  # in whatever order they are named


def test_one_cells_own_input_moves_that_cell_alone():
    own = {
        "bare": {"coating": "none", "anneal": "none"},
        "coated": {"coating": {"dose": {"value": "1 %", "source": "x"}}},
    }
    study = read_study({"name": "test", "cells": own, "protocol": {"cycles": 5}})
    found = mapped(study, "coated.coating.dose=0.5,2")
    bare, coated = ([p.cells[c] for p in found.map.points] for c in ("bare", "coated"))
    assert bare[0] == bare[1] and coated[0].first_capacity != coated[1].first_capacity


def test_points_that_cannot_be_delivered_keep_their_reason(article):
    found = mapped(article, "protocol.upper_voltage=4.3,4.9", "protocol.rate=1,45", cells=["bare"])
    reasons = {tuple(p.at): p.reasons.get("bare", "") for p in found.map.points}
    assert not reasons[4.3, 1.0]
    assert "no first cycle" in reasons[4.3, 45.0]
    assert "4.9 V" in reasons[4.9, 1.0]
    said = " ".join(cycle_tables.failure_texts(found.map))
    assert "no first cycle" in said and "4.9 V, 1" in said
    _, rows = cycle_tables.map_csv(found.map)
    assert len(rows) == 4 and all(row[-1] for row in rows)
    assert len(map_figure(found).rows) == len(rows)  # the figure tells every point, failed ones too


def test_a_dead_point_has_no_retention():
    growth = {"value": "100 ohm cm2", "source": "a test"}
    study = read_study({"name": "test", "cell": {"lithium_resistance_growth": growth}})
    found = mapped(study, "cell.lithium_resistance_growth=5,50000", cells=["bare"])
    alive, dead = (p.cells["bare"] for p in found.map.points)
    assert alive.retention > 0.5 and alive.last_cycle == 200
    assert dead.retention == 0.0 and dead.last_cycle < 5 and "dead after cycle" in dead.ended_by


def test_one_input_at_a_time_and_not_too_many(article):
    with pytest.raises(InputError, match="each input once"):
        mapped(article, "protocol.rate=1", "protocol.rate=2")
    with pytest.raises(InputError, match="at most"):
        mapped(article, "protocol.rate=0.001:11:0.001", "protocol.upper_voltage=4.2,4.3")
    with pytest.raises(InputError, match="one scenario"):
        mapped(article, "protocol.rate=1", scenario="all")


def test_figures_of_one_and_two_axes_and_none_for_three(article, window_and_rate):
    header, rows = cycle_tables.map_csv(window_and_rate.map)
    assert header[:3] == ("protocol.upper_voltage_V", "protocol.rate", "cell") and len(rows) == 12
    drawing = map_figure(window_and_rate)
    assert len(drawing.figure.axes) == 12  # four readings of bare, coated, difference
    assert len(map_figure(mapped(article, "protocol.rate=0.5,1")).figure.axes) == 4
    three = mapped(article, "protocol.rate=1", "protocol.upper_voltage=4.2", "cell.loading=10", cells=["bare"])
    assert map_figure(three) is None
