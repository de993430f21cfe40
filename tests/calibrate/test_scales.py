"""Two numbers of a bare cell give its two scales back, or a reason why not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from epitropy.calibrate.ensemble import capacities
from epitropy.calibrate.scales import TOLERANCE, build, reference_scales, rough_scales, solve_scales
from epitropy.cycling import kernel
from epitropy.cycling.stage import live
from epitropy.records.scenario import Scales


def first_and_last(cell, formed, tables, scenario, scales):
    life = capacities(cell, formed, tables, scenario, scales)
    return life[0], life[-1]


def truth(cell, formed, tables, scenario, fade, start=-0.2):
    """Scales that the solver can find exactly: its rates come from the unaged cell with the same first capacity."""
    unaged = replace(rough_scales(cell, formed, 1.0), kinetic=math.exp(start))
    aim = live(build(cell, formed, scenario, unaged), tables, 2, cell.protocol.formation_cycles).capacity[0]
    rates = replace(reference_scales(cell, formed, tables, scenario, math.exp(start)), fade=fade)

    def miss(logarithm):
        return first_and_last(cell, formed, tables, scenario, replace(rates, kinetic=math.exp(logarithm)))[0] - aim

    return replace(rates, kinetic=math.exp(brentq(miss, start - 0.5, start + 1.0, xtol=1e-6)))


CASES = [("outer/series", 0.8), ("outer/inactive", 1.3), ("cross-talk/series", 1.4), ("pinned-grains/series", 1.6)]


@pytest.mark.parametrize(("name", "fade"), CASES)
def test_known_scales_are_recovered_from_the_capacities_they_give(zhao, ready, scenarios, name, fade):
    cell, (formed, tables), scenario = zhao.cells["bare"], ready["bare"], scenarios[name]
    known = truth(cell, formed, tables, scenario, fade)
    first, last = first_and_last(cell, formed, tables, scenario, known)
    found = solve_scales(cell, formed, tables, scenario, first, last)
    assert isinstance(found, Scales)
    assert first_and_last(cell, formed, tables, scenario, found) == pytest.approx((first, last), abs=TOLERANCE)
    assert found.kinetic == pytest.approx(known.kinetic, rel=0.02, abs=0)
    assert found.fade == pytest.approx(known.fade, rel=0.02, abs=0)


def test_every_solved_scenario_delivers_the_two_given_capacities(zhao, ready, scenarios, scales):
    cell, given = zhao.cells["bare"], (zhao.calibration.first, zhao.calibration.last)
    assert {"outer/series", "outer/inactive", "cross-talk/series"} <= set(scales)
    for name, scale in scales.items():
        assert first_and_last(cell, *ready["bare"], scenarios[name], scale) == pytest.approx(given, abs=TOLERANCE)


def test_a_solution_nearby_leads_to_the_same_scales(zhao, ready, scenarios, scales):
    cell, aim = zhao.cells["bare"], (zhao.calibration.first, zhao.calibration.last)
    plain = scales["outer/series"]
    near = replace(plain, kinetic=plain.kinetic * 1.1, fade=plain.fade * 0.85)
    found = solve_scales(cell, *ready["bare"], scenarios["outer/series"], *aim, near)
    assert (found.kinetic, found.fade) == pytest.approx((plain.kinetic, plain.fade), rel=2e-3, abs=0)


@pytest.mark.parametrize(
    ("first", "last", "reason"), [(300.0, 200.0, "cycle 1"), (0.001, 0.0005, "cycle 1"), (174.7, 260.0, "cycle 200")]
)
def test_capacities_that_no_scale_gives_are_told_as_a_reason(zhao, ready, scenarios, first, last, reason):
    answer = solve_scales(zhao.cells["bare"], *ready["bare"], scenarios["outer/series"], first * 3600, last * 3600)
    assert isinstance(answer, str)
    assert reason in answer


def test_rates_from_the_priors_grow_the_stated_skin(zhao, ready, scenarios):
    """At a fade scale of one and the first cycle's exposure throughout."""
    from epitropy.cycling.laws import skin_thickness

    cell, (formed, tables) = zhao.cells["bare"], ready["bare"]
    rates = reference_scales(cell, formed, tables, scenarios["outer/series"], 0.9)
    unaged = build(cell, formed, scenarios["outer/series"], replace(rough_scales(cell, formed, 0.9)))
    _, _, formation = kernel.age(unaged, tables, np.array([1]), 1, cell.protocol.formation_cycles)
    grown = skin_thickness(formation + 200 * rates.reference_exposure, rates.skin_rate, rates.skin_diffusivity)
    assert grown == pytest.approx(cell.degradation.skin_thickness_200.value, rel=1e-9, abs=0)


def test_scenarios_that_differ_only_in_the_coating_share_the_bare_cells_scales(scales):
    assert (
        scales["outer/series"]
        == scales["boundaries/series"]
        == scales["barrier/series"]
        == scales["fewer-cracks/series"]
    )
    assert scales["outer/series"] != scales["outer/inactive"]
