"""Electrolyte curves: the published fits themselves, and what happens where they end."""

import numpy as np
import pytest

from epitropy.electrolytes import LITRE, electrolyte_curves, electrolyte_names
from epitropy.errors import InputError
from epitropy.records.electrolyte import SALT_LIMIT

NYMAN, LANDESFEIND = "1 M LiPF6 in EC:EMC", "1 M LiPF6 in EC:EMC (Landesfeind 2019)"


def number(value):
    """A PyBaMM symbol or a number as a number."""
    return float(value.evaluate()) if hasattr(value, "evaluate") else float(value)


def at(curve, curves, concentration):
    return np.interp(concentration, curves.concentration, curve)


@pytest.mark.parametrize("temperature", [263.15, 298.15, 323.15])
@pytest.mark.parametrize("name", [NYMAN, LANDESFEIND])
def test_the_curves_are_those_of_pybamm_within_the_range_of_the_fit(name, temperature):
    from pybamm.input.parameters.lithium_ion import OKane2022, ORegan2022

    diffusivity, conductivity = {
        NYMAN: (
            OKane2022.electrolyte_diffusivity_Nyman2008_arrhenius,
            OKane2022.electrolyte_conductivity_Nyman2008_arrhenius,
        ),
        LANDESFEIND: (
            ORegan2022.electrolyte_diffusivity_EC_EMC_3_7_Landesfeind2019,
            ORegan2022.electrolyte_conductivity_EC_EMC_3_7_Landesfeind2019,
        ),
    }[name]
    curves = electrolyte_curves(name, temperature)
    for c in (100.0, 752.5, 1000.0, 1997.5):
        expected = [number(f(c, temperature)) for f in (diffusivity, conductivity)]
        found = [at(curves.diffusivity, curves, c), at(curves.conductivity, curves, c)]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("temperature", [263.15, 298.15, 323.15])
def test_the_transference_number_is_that_of_pybamm_at_the_nominal_concentration(temperature):
    from pybamm.input.parameters.lithium_ion.ORegan2022 import (
        electrolyte_transference_number_EC_EMC_3_7_Landesfeind2019 as transference,
    )

    curves = electrolyte_curves(LANDESFEIND, temperature)
    np.testing.assert_allclose(curves.transference, transference(1000.0, temperature), rtol=1e-12, atol=0)
    assert electrolyte_curves(NYMAN, temperature).transference == 0.2594


@pytest.mark.parametrize("name", electrolyte_names())
def test_curves_are_uniform_positive_and_faster_when_warm(name):
    from epitropy.sources import table
    from epitropy.units import parse

    coldest, hottest = (parse(t, "K") for t in table("electrolytes.toml")[name]["temperatures"])
    cold, warm = electrolyte_curves(name, coldest), electrolyte_curves(name, hottest)
    for curves in (cold, warm):
        assert curves.concentration[0] == 0 and curves.concentration[-1] == SALT_LIMIT
        np.testing.assert_allclose(np.diff(curves.concentration), curves.concentration[1], rtol=1e-9, atol=0)
        assert curves.diffusivity.min() > 0 and curves.conductivity.min() > 0
        assert curves.sources and curves.salt_concentration == 1000.0
    assert (warm.diffusivity > cold.diffusivity).all() and (warm.conductivity > cold.conductivity).all()


@pytest.mark.parametrize("name", electrolyte_names())
def test_a_fit_is_held_beyond_its_range_and_follows_the_dilute_limit(name):
    from epitropy.sources import table

    end = table("electrolytes.toml")[name]["valid"][1] * LITRE
    curves = electrolyte_curves(name, 298.15)
    for curve in (curves.diffusivity, curves.conductivity):
        beyond = curve[curves.concentration >= end]
        assert beyond.size > 1 and (beyond == beyond[0]).all()
    ratio = at(curves.conductivity, curves, 20.0) / at(curves.conductivity, curves, 10.0)
    assert ratio == pytest.approx(2.0, rel=0.06, abs=0)  # kappa goes with c, less its root


def test_an_unknown_electrolyte_lists_the_known_ones():
    with pytest.raises(InputError, match="unknown electrolyte 'brine'.*EC:EMC.*Landesfeind"):
        electrolyte_curves("brine", 298.15)


def test_a_temperature_outside_the_fit_is_refused():
    with pytest.raises(InputError, match="60 degC; allowed: -10 to 50 degC"):
        electrolyte_curves(LANDESFEIND, 333.15)
    assert electrolyte_curves(NYMAN, 333.15).conductivity.max() > 0
