"""The layer as a path: limits and orders of magnitude."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.records.sourced import Sourced
from epitropy.transport import laws
from epitropy.transport.spec import Layer
from epitropy.transport.stage import coated_electrode, permeation

positive = st.floats(1e-12, 1e3)


def test_seven_nanometres_at_ten_to_minus_eight_block_seventy_ohm():
    """Per particle area, lithium alone."""
    assert laws.film_resistivity(1e-6, 1.0) * 7e-9 * 1e4 == pytest.approx(70, rel=1e-9, abs=0)


@given(positive, st.floats(0.01, 1))
def test_a_better_conductor_resists_less(lithium, share):
    assert laws.film_resistivity(lithium, share) == pytest.approx(1 / (share * lithium), rel=1e-12, abs=0)
    assert laws.film_resistivity(2 * lithium, share) < laws.film_resistivity(lithium, share)


def test_closed_facets_make_the_rest_carry_all_lithium():
    assert laws.film_resistivity(1e-5, 0.5) == pytest.approx(2 * laws.film_resistivity(1e-5, 1.0), rel=1e-12)


@given(positive, st.floats(0, 100), st.floats(0, 1))
def test_boundaries_only_make_a_layer_leak_more(ratio, leak, fraction):
    assert laws.leaky_ratio(ratio, leak, 0.0) == ratio
    assert laws.leaky_ratio(ratio, 0.0, fraction) == ratio
    assert laws.leaky_ratio(ratio, leak, fraction) >= ratio


def test_the_electrode_hands_on_what_the_layer_is(ready):
    layer = ready["coated"][0].coating
    properties = Layer()
    given_ = {"energy_release": {"104": 0.25}, "facet_shares": {"104": 1.0}, "temperature": 298.15, "open_share": 0.7}
    made = coated_electrode(layer, properties, boundary_fraction=0.0, **given_)
    assert made.film_resistance == pytest.approx(made.film_resistivity * layer.thickness, rel=1e-12, abs=0)
    assert made.release_ratio["104"] == pytest.approx(0.25 / properties.interface_toughness.value, rel=1e-12, abs=0)
    assert made.oxygen_ratio == properties.oxygen_ratio.value
    assert (made.coverage_formed, made.mass_ratio) == (layer.coverage, layer.mass_ratio)
    tight = replace(properties, boundary_leak=Sourced(value=3.0))
    leaky = coated_electrode(layer, tight, boundary_fraction=0.5, **given_)
    assert leaky.oxygen_ratio == pytest.approx(2.5 * made.oxygen_ratio, rel=1e-12, abs=0)


def test_a_warm_layer_conducts_better_and_at_25_degrees_as_stated(ready):
    layer, properties = ready["coated"][0].coating, Layer()

    def at(temperature):
        given_ = {"energy_release": {}, "facet_shares": {}, "boundary_fraction": 0.0, "open_share": 0.7}
        return coated_electrode(layer, properties, temperature=temperature, **given_)

    stated = laws.film_resistivity(properties.lithium_conductivity.value, 0.7)
    assert at(298.15).film_resistivity == stated
    assert at(298.15).electronic_conductivity == properties.electronic_conductivity.value
    assert at(318.15).film_resistivity < stated < at(278.15).film_resistivity
    assert at(318.15).electronic_conductivity > at(278.15).electronic_conductivity


def test_what_the_layer_lets_through_carries_the_spread_of_its_own_coefficients(ready):
    layer, properties = ready["coated"][0].coating, Layer()
    given_ = {"energy_release": {}, "facet_shares": {}, "boundary_fraction": 0.0, "open_share": 0.7}
    electrode = coated_electrode(layer, properties, temperature=298.15, **given_)
    found = permeation(electrode, properties, skin_thickness=15e-9)
    sigma = properties.lithium_conductivity
    for end, quantile in (("", 0.5), ("_low", 0.9), ("_high", 0.1)):
        expected = layer.thickness / (0.7 * sigma.at(quantile).value)
        assert getattr(found, f"film_resistance{end}") == pytest.approx(expected, rel=1e-9, abs=0)
    assert found.oxygen_permeance.ratio == pytest.approx(15e-9 / layer.thickness, rel=1e-9, abs=0)
    assert found.oxygen_permeance.low < found.oxygen_permeance.ratio < found.oxygen_permeance.high


def test_the_layers_priors_are_those_of_the_computed_hops():
    """Defaults of the layer rest on shipped rows and on the host's curves; new rows ask for new defaults."""
    from epitropy.hosts import host_curves
    from epitropy.sources import default
    from epitropy.transport.hops import host_conductivity, layer_conduction

    layer = {"Ni": 0.738, "Co": 0.048, "Mn": 0.030, "Nb": 0.121, "W": 0.010, "Zr": 0.053}
    host = host_conductivity(host_curves("ncm90", "ncm90"))
    found = layer_conduction(layer, 298.15, host, 0.1 * 96485)
    sigma = default("layer.lithium_conductivity", "S/m")
    assert sigma.value == pytest.approx(found.conductivity, rel=0.05)
    assert sigma.spread[0] == pytest.approx(found.conductivity_spread, rel=0.05)
    barrier = default("layer.conduction_activation_energy", "J/mol")
    assert barrier.value == pytest.approx(found.barrier, rel=0.02)
    assert barrier.spread[0] == pytest.approx(found.barrier_spread / found.barrier, rel=0.05)


def test_the_barrier_is_that_of_the_cheapest_hops_that_percolate():
    """Cheap hops alone count once a fifth of the ways are of them: 1 - (1 - x)^2 = 2 sin(pi/18)."""
    rare, common = 1 - np.sqrt(1 - 2 * np.sin(np.pi / 18)) + np.array([-1e-3, 1e-3])
    assert laws.critical_barrier([0.2, 0.5], [rare, 1 - rare]) == 0.5
    assert laws.critical_barrier([0.2, 0.5], [common, 1 - common]) == 0.2
