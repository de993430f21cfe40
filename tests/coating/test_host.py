"""A host that holds lithium among its metals: what the coating takes and what interdiffuses."""

from dataclasses import replace

import pytest

from epitropy.pipeline import coat, heat, host_metals, powder
from epitropy.study import read_study

RICH = {"Li": {"Li": 1.0}, "M": {"Li": 0.2, "Ni": 0.6, "Mn": 0.2}, "O": {"O": 1.0}}
PLAIN = {**RICH, "M": {"Ni": 0.75, "Mn": 0.25}}


def cell(composition, dose="5 wt%"):
    cathode = {"composition": composition, "residual_lithium": "0 mol/kg"}
    coating = {"precursors": {"Nb12WO33": 1}, "dose": dose}
    raw = {"name": "rich", "cathode": cathode, "coating": coating, "cells": {"coated": {"anneal": {}}}}
    return read_study(raw).cells["coated"]


def test_lithium_on_the_metal_sites_is_the_hosts_lithium():
    rich = powder(cell(RICH))
    assert rich.lithium == pytest.approx(1.2, rel=1e-12) and powder(cell(PLAIN)).lithium == 1
    as_if_one = coat(cell(RICH), replace(rich, lithium=1.0)).host_lithium_taken
    assert coat(cell(RICH), rich).host_lithium_taken == pytest.approx(as_if_one / 1.2, rel=1e-12, abs=0)


def test_lithium_is_no_cation_of_the_profile_and_leaves_its_sites_empty():
    assert host_metals(cell(RICH)) == pytest.approx(host_metals(cell(PLAIN)), rel=1e-12, abs=0)
    rich, plain = powder(cell(RICH)), powder(cell(PLAIN))
    assert rich.cation_site_density == pytest.approx(0.8 * plain.cation_site_density, rel=1e-12, abs=0)
    profile = heat(cell(RICH), rich, coat(cell(RICH), rich))
    assert profile.species == ("Ni", "Mn", "Nb", "W")
    assert profile.balance_error < 1e-11
    assert profile.initial_fraction[:, 0] == pytest.approx([0.75, 0.25, 0, 0], abs=1e-12)
