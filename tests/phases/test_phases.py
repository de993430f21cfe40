"""Without energies nothing is decided, and how little entropy pays for is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.constants import GAS_CONSTANT
from epitropy.phases.stage import assess


def test_the_limit_of_high_entropy_pays_twelve_kilojoule_at_the_anneal():
    verdict = assess(entropy=1.5 * GAS_CONSTANT, temperature=973.15, inclusion_share=0.0)
    assert verdict.entropy_term == pytest.approx(12.1e3, abs=50)
    assert "12.1 kJ" in verdict.reason and "700" in verdict.reason


def test_no_energies_no_verdict():
    verdict = assess(entropy=10.0, temperature=973.15, inclusion_share=0.0)
    assert verdict.host == "not decided"
    assert "layered" in verdict.candidates and "disordered rock salt" in verdict.candidates


@given(st.floats(0, 1), st.floats(0, 1))
def test_inclusions_and_second_phases_make_boundaries_up_to_all_of_it(inclusions, second):
    found = assess(entropy=1.0, temperature=300.0, inclusion_share=inclusions, second_phase=second).boundary_fraction
    assert found == pytest.approx(min(inclusions + second, 1.0), rel=1e-12, abs=0)
