"""The layer as a path: limits and orders of magnitude."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.records.sourced import Sourced
from epitropy.transport import laws
from epitropy.transport.spec import Layer
from epitropy.transport.stage import coated_electrode

positive = st.floats(1e-12, 1e3)


def test_seven_nanometres_at_ten_to_minus_eight_block_seventy_ohm():
    """Per particle area, lithium alone."""
    assert laws.film_resistivity(1e-6, 1e30, 1.0) * 7e-9 * 1e4 == pytest.approx(70, rel=1e-9, abs=0)


@given(positive, positive, st.floats(0.01, 1))
def test_lithium_and_electrons_pass_one_after_the_other(lithium, electron, share):
    both = laws.film_resistivity(lithium, electron, share)
    assert both == pytest.approx(1 / (share * lithium) + 1 / electron, rel=1e-12, abs=0)
    assert both >= max(1 / (share * lithium), 1 / electron)
    assert both > laws.film_resistivity(2 * lithium, electron, share)


def test_closed_facets_make_the_rest_carry_all_lithium():
    assert laws.film_resistivity(1e-5, 1e30, 0.5) == pytest.approx(
        2 * laws.film_resistivity(1e-5, 1e30, 1.0), rel=1e-12
    )


@given(positive, st.floats(0, 100), st.floats(0, 1))
def test_boundaries_only_make_a_layer_leak_more(ratio, leak, fraction):
    assert laws.leaky_ratio(ratio, leak, 0.0) == ratio
    assert laws.leaky_ratio(ratio, 0.0, fraction) == ratio
    assert laws.leaky_ratio(ratio, leak, fraction) >= ratio


def test_the_electrode_hands_on_what_the_layer_is(ready):
    layer = ready["coated"][0].coating
    properties = Layer()
    made = coated_electrode(layer, properties, energy_release=0.25, boundary_fraction=0.0)
    assert made.film_resistance == pytest.approx(made.film_resistivity * layer.thickness, rel=1e-12, abs=0)
    assert made.release_ratio == pytest.approx(0.25 / properties.interface_toughness.value, rel=1e-12, abs=0)
    assert made.oxygen_ratio == properties.oxygen_ratio.value
    assert (made.coverage_formed, made.mass_ratio) == (layer.coverage, layer.mass_ratio)
    tight = replace(properties, boundary_leak=Sourced(value=3.0))
    leaky = coated_electrode(layer, tight, energy_release=0.25, boundary_fraction=0.5)
    assert leaky.oxygen_ratio == pytest.approx(2.5 * made.oxygen_ratio, rel=1e-12, abs=0)
