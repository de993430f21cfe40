"""Laws of ageing and kinetics against the equations they solve."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from epitropy.cycling import laws
from epitropy.cycling.spec import Degradation
from epitropy.cycling.stage import REFERENCE_CYCLES, crack_areas, crack_rate
from epitropy.records.coating import Particle
from epitropy.records.sourced import Sourced

POWDER = Particle(
    diameter=10e-6,
    grain_size=0.4e-6,
    density=4738.0,
    roughness=1.5,
    wetted_area=400.0,
    molar_mass=0.0975,
    residual_lithium=0.2,
    cation_site_density=48600.0,
)

rates = st.floats(-14, -11).map(lambda e: 10.0**e)
diffusivities = st.floats(-22, -18).map(lambda e: 10.0**e)
lengths = st.floats(0, 50e-9)


@settings(deadline=None)
@given(rates, diffusivities, lengths, lengths, st.floats(1.0, 1e6))
def test_the_skin_solves_its_rate_equation(rate, diffusivity, fresh, path, exposure):
    """d(delta)/dF = k / (1 + k (delta + h D_s/D_L)/D_s), in units of the exposure and the skin grown."""
    grown = laws.skin_thickness(exposure, rate, diffusivity, fresh, path) - fresh
    slope = lambda _, y: [rate * exposure / grown / (1 + rate * (fresh + y[0] * grown + path) / diffusivity)]  # noqa: E731
    numeric = solve_ivp(slope, (0, 1), [0.0], rtol=1e-9, atol=1e-12, method="LSODA").y[0, -1]
    assert numeric == pytest.approx(1.0, rel=1e-6, abs=0)


@settings(deadline=None)
@given(rates, diffusivities, lengths, st.floats(0, 1e5), st.floats(0, 1e5))
def test_growing_in_two_steps_is_growing_in_one(rate, diffusivity, path, first, second):
    between = laws.skin_thickness(first, rate, diffusivity, 1e-9, path)
    twice = laws.skin_thickness(second, rate, diffusivity, between, path)
    assert twice == pytest.approx(laws.skin_thickness(first + second, rate, diffusivity, 1e-9, path), rel=1e-9, abs=0)


def test_a_thin_skin_grows_linearly_and_a_thick_one_as_the_root():
    rate, diffusivity = 1e-13, 1e-20
    assert laws.skin_thickness(1.0, rate, diffusivity) == pytest.approx(rate, rel=1e-5, abs=0)
    late = 1e12
    assert laws.skin_thickness(late, rate, diffusivity) == pytest.approx(
        math.sqrt(2 * diffusivity * late), rel=1e-3, abs=0
    )


def test_a_thick_layer_holds_growth_to_its_own_rate():
    """Behind a path much longer than the skin: d(delta)/dF = D_s / path."""
    path = 1e-3
    assert laws.skin_thickness(1e3, 1e-12, 1e-20, 0.0, path) == pytest.approx(1e-20 / path * 1e3, rel=1e-4, abs=0)


@settings(deadline=None)
@given(rates, diffusivities, lengths, st.floats(1, 1e6))
def test_a_layer_in_the_way_never_makes_the_skin_thicker(rate, diffusivity, path, exposure):
    open_face = laws.skin_thickness(exposure, rate, diffusivity, 2e-9, 0.0)
    covered = laws.skin_thickness(exposure, rate, diffusivity, 2e-9, path)
    assert 2e-9 <= covered <= open_face * (1 + 1e-12)


@settings(deadline=None)
@given(st.floats(1e-9, 1e-7), st.floats(1e3, 1e7), st.floats(0.001, 0.999))
def test_kinetics_give_the_thickness_back_whatever_the_share_of_transport(thickness, exposure, share):
    rate, diffusivity = laws.skin_kinetics(thickness, exposure, share)
    assert laws.skin_thickness(exposure, rate, diffusivity) == pytest.approx(thickness, rel=1e-9, abs=0)
    reaction, transport = thickness / rate, thickness**2 / (2 * diffusivity)
    assert transport / (reaction + transport) == pytest.approx(share, rel=1e-9, abs=0)


def test_exposure_is_one_half_at_the_threshold_and_saturates():
    assert laws.exposure_rate(0.2, 0.2, 0.05) == 0.5
    assert laws.exposure_rate(0.0, 0.3, 0.02) == pytest.approx(1, abs=1e-6)
    assert laws.exposure_rate(1.0, 0.2, 0.05) < 1e-6
    steep = laws.exposure_rate(0.2 + 1e-5, 0.2, 0.1) - laws.exposure_rate(0.2 - 1e-5, 0.2, 0.1)
    assert steep / 2e-5 == pytest.approx(-1 / (4 * 0.1), rel=1e-6, abs=0)


def test_overload_is_none_at_rest_half_at_the_limit_and_all_far_beyond():
    assert laws.overload(0.0) == 0
    assert laws.overload(1.0) == 0.5
    assert laws.overload(10.0) == pytest.approx(1, abs=2e-4)
    assert laws.overload(0.1) == pytest.approx(1e-4, rel=1e-3, abs=0)


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 100), st.floats(0, 1))
def test_the_drive_for_cracks_lies_between_its_two_causes(lithium, ratio, share):
    deep, mismatch = laws.crack_drive(lithium, ratio, 1.0), laws.crack_drive(lithium, ratio, 0.0)
    assert mismatch == laws.overload(ratio)
    assert min(deep, mismatch) - 1e-12 <= laws.crack_drive(lithium, ratio, share) <= max(deep, mismatch) + 1e-12
    assert laws.crack_drive(0.25, ratio, 1.0) == pytest.approx(0.5, rel=1e-12, abs=0)


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e2), st.floats(0.02, 0.03))
def test_the_overpotential_inverts_the_symmetric_butler_volmer_law(current, exchange, thermal):
    eta = laws.butler_volmer_overpotential(current, exchange, thermal)
    back = exchange * (math.exp(eta / (2 * thermal)) - math.exp(-eta / (2 * thermal)))
    assert back == pytest.approx(current, rel=1e-9, abs=1e-9 * exchange)
    direct = brentq(lambda e: 2 * exchange * math.sinh(e / (2 * thermal)) - current, -3, 3, xtol=1e-14)
    assert eta == pytest.approx(direct, rel=1e-9, abs=1e-12)


def ageing(**changes):
    return replace(Degradation(), **{k: Sourced(value=v) for k, v in changes.items()})


@settings(deadline=None)
@given(st.floats(500, 20000), st.floats(0.05, 0.95), st.floats(1e-6, 1))
def test_cracks_reach_the_stated_area_under_a_constant_drive(target, share, drive):
    dials = ageing(wetted_area_200=target, cracked_share=share)
    start, late, limit = crack_areas(POWDER, dials)
    rate = crack_rate(POWDER, dials, drive)
    grown = solve_ivp(lambda n, a: rate * drive * (limit - a), (0, REFERENCE_CYCLES), [start], rtol=1e-9, atol=1e-9).y[
        0, -1
    ]
    assert grown == pytest.approx(late, rel=1e-6, abs=0)
    stepped = start  # as the kernel does, cycle by cycle
    for _ in range(REFERENCE_CYCLES):
        stepped += rate * drive * (limit - stepped)
    assert stepped == pytest.approx(late, rel=1e-2, abs=0)


def test_crack_areas_stay_within_what_the_grains_have():
    start, late, limit = crack_areas(POWDER, ageing(wetted_area_200=1e6, cracked_share=0.5))
    assert limit == pytest.approx(6 / (4738 * 0.4e-6), rel=1e-12, abs=0)
    assert late < limit and start == pytest.approx(late / 2, rel=1e-12, abs=0)
    assert crack_areas(POWDER, ageing(wetted_area_200=10.0, cracked_share=0.5))[:2] == (0.0, 0.0)
    assert np.isfinite(crack_rate(POWDER, ageing(wetted_area_200=1e6, cracked_share=0.5), 1.0))


# interphase and electrons ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.floats(1, 1e7), st.floats(1e-6, 1.0))
def test_the_interphase_grows_as_the_root_of_its_exposure(exposure, growth):
    """R dR/dF = g^2/2: what has grown is in the way of what grows."""
    grown = laws.interphase_resistance(exposure, growth)
    rate = solve_ivp(lambda _, y: [growth**2 * exposure / 2 / y[0]], (0.25, 1), [grown / 2], rtol=1e-10, atol=1e-14)
    assert rate.y[0, -1] == pytest.approx(grown, rel=1e-7, abs=0)
    assert laws.interphase_resistance(4 * exposure, growth) == pytest.approx(2 * grown, rel=1e-12, abs=0)
    assert laws.interphase_resistance(0.0, growth) == laws.interphase_resistance(exposure, 0.0) == 0.0


@settings(deadline=None)
@given(st.floats(0, 0.999), st.floats(0, 1e6), st.floats(1e-6, 1e-2))
def test_electrons_pass_bare_and_covered_contacts_side_by_side(coverage, blocked, contact):
    """Two resistors in parallel: bare R_c/(1 - theta), covered R_c (1 + q)/theta."""
    added = laws.electron_resistance(coverage, blocked, contact)
    through = (1 - coverage) / contact + coverage / (contact * (1 + blocked))
    assert added == pytest.approx(1 / through - contact, rel=1e-9, abs=1e-12 * contact)
    assert added >= -1e-15 * contact


def test_the_layer_blocks_no_electron_where_it_is_not_or_conducts():
    assert laws.electron_resistance(0.0, 1e9, 1e-3) == 0.0
    assert laws.electron_resistance(0.7, 0.0, 1e-3) == pytest.approx(0.0, abs=1e-18)
    assert laws.electron_resistance(1.0, 5.0, 1e-3) == pytest.approx(5e-3, rel=1e-12, abs=0)  # all through the layer
    assert laws.electron_resistance(0.5, 1e12, 1e-3) == pytest.approx(1e-3, rel=1e-9, abs=0)  # half the contacts left
    more = [laws.electron_resistance(c, q, 1e-3) for c, q in ((0.2, 3.0), (0.4, 3.0), (0.4, 9.0))]
    assert more == sorted(more) and more[0] > 0


def test_exchange_current_is_none_at_the_ends_and_peaks_where_its_exponents_say():
    x = np.linspace(0, 1, 2001)
    found = laws.exchange_current(x, 2.0, (0.43, 0.57))
    assert found[0] == found[-1] == 0.0
    assert x[found.argmax()] == pytest.approx(0.43 / (0.43 + 0.57), abs=1e-3)
    assert found.max() == pytest.approx(2.0 * 0.43**0.43 * 0.57**0.57, rel=1e-6, abs=0)
