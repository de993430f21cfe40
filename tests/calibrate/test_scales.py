"""Two numbers of a bare cell give its two scales back, or a reason why not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from epitropy.calibrate.ensemble import capacities
from epitropy.calibrate.scales import TOLERANCE, build, reference_scales, rough_scales, solve_scales
from epitropy.cycling import kernel
from epitropy.cycling.parameters import COLUMNS
from epitropy.cycling.program import program
from epitropy.cycling.stage import simulate
from epitropy.records.scenario import Scales

EXPOSURE = COLUMNS.index("exposure")


def first_and_last(cell, formed, tables, scenario, scales):
    life = capacities(cell, formed, tables, scenario, scales)
    return life[0], life[-1]


def truth(cell, formed, tables, scenario, fade, start=-0.2):
    """Scales that the solver can find exactly: its rates come from the unaged cell with the same first capacity."""
    unaged = replace(rough_scales(cell, formed, 1.0), kinetic=math.exp(start))
    aim = first_and_last(cell, formed, tables, scenario, unaged)[0]
    rates = replace(reference_scales(cell, formed, tables, scenario, math.exp(start)), fade=fade)

    def miss(logarithm):
        return first_and_last(cell, formed, tables, scenario, replace(rates, kinetic=math.exp(logarithm)))[0] - aim

    return replace(rates, kinetic=math.exp(brentq(miss, start - 0.5, start + 1.0, xtol=1e-6)))


CASES = [("outer/series", 0.8), ("outer/inactive", 1.3), ("cross-talk/series", 1.4)]


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
    ("first", "last", "reason"),
    [(300.0, 200.0, "cycle 1"), (0.001, 0.0005, "out of reach"), (174.7, 260.0, "cycle 200")],
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
    unaged = build(cell, formed, scenarios["outer/series"], rough_scales(cell, formed, 0.9))
    rows, kinds = program(cell.protocol)
    until = kinds.index("ageing")
    exposure = simulate(unaged, tables, rows[: until + 1], resolution=kernel.SCREENING).rows[:, EXPOSURE]
    assert exposure[-1] == pytest.approx(rates.reference_exposure, rel=1e-12, abs=0)
    spent = exposure[:until].sum() + 200 * rates.reference_exposure
    grown = skin_thickness(spent, rates.skin_rate, rates.skin_diffusivity)
    assert grown == pytest.approx(cell.degradation.skin_thickness_200.value, rel=1e-9, abs=0)


def test_scenarios_that_differ_only_in_the_coating_share_the_bare_cells_scales(scales):
    assert (
        scales["outer/series"]
        == scales["boundaries/series"]
        == scales["barrier/series"]
        == scales["fewer-cracks/series"]
    )
    assert scales["outer/series"] != scales["outer/inactive"]


def test_scales_of_the_screen_serve_the_finer_resolution(zhao, ready, scenarios, scales):
    """Draws are solved on few shells and steps: what they calibrate is told within half a percent on many."""
    cell, scenario = zhao.cells["bare"], scenarios["outer/series"]
    coarse, fine = (
        capacities(cell, *ready["bare"], scenario, scales["outer/series"], resolution)
        for resolution in (kernel.SCREENING, kernel.RESOLUTION)
    )
    np.testing.assert_allclose(coarse, fine, rtol=5e-3)


def test_a_solution_at_a_resolution_delivers_at_that_resolution(zhao, ready, scenarios):
    cell, scenario, given = zhao.cells["bare"], scenarios["outer/inactive"], zhao.calibration
    found = solve_scales(cell, *ready["bare"], scenario, given.first, given.last, resolution=kernel.RESOLUTION)
    life = capacities(cell, *ready["bare"], scenario, found, kernel.RESOLUTION)
    assert (life[0], life[-1]) == pytest.approx((given.first, given.last), abs=TOLERANCE)


def test_a_cell_that_skips_and_one_that_does_not_have_the_same_scales(zhao, ready, scenarios, scales):
    cell = zhao.cells["bare"]
    slow = replace(cell, protocol=replace(cell.protocol, skip=False))
    given = zhao.calibration
    found = solve_scales(slow, *ready["bare"], scenarios["outer/series"], given.first, given.last)
    assert (found.kinetic, found.fade) == pytest.approx(
        (scales["outer/series"].kinetic, scales["outer/series"].fade), rel=2e-2, abs=0
    )
