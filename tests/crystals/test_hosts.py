"""The layered host while lithium leaves: lattice of the curves, bonds of the rule, one symmetry throughout."""

import math

import numpy as np
import pytest

from epitropy.catalogue import phase
from epitropy.crystals.hosts import delithiated, slab_thicknesses
from epitropy.crystals.library import structure_of
from epitropy.crystals.neighbours import shortest_distances
from epitropy.crystals.symmetry import density, space_group
from epitropy.errors import InputError
from epitropy.hosts import host_curves

CURVES = host_curves("ncm90", "ncm90")
CONTENTS = (1.0, 0.8, 0.5, 0.3, 0.1, 0.0)


@pytest.mark.parametrize("lithium", CONTENTS)
def test_lattice_and_lithium_are_those_asked_for(lithium):
    made = delithiated("NCM90", lithium, CURVES)
    assert made.cell.a == pytest.approx(np.interp(lithium, CURVES.lithium, CURVES.a), rel=1e-12, abs=0)
    assert made.cell.c == pytest.approx(np.interp(lithium, CURVES.lithium, CURVES.c), rel=1e-12, abs=0)
    assert made.element_counts.get("Li", 0) == pytest.approx(lithium, rel=1e-12, abs=1e-12)
    assert made.element_counts["O"] == 2 and space_group(made) == "R-3m"


def test_the_full_host_is_the_library_phase():
    full, own = delithiated("NCM90", 1.0, CURVES), structure_of(phase("NCM90"))
    assert shortest_distances(full)["M-O"] == pytest.approx(shortest_distances(own)["M-O"], rel=1e-9, abs=0)
    assert full.positions == pytest.approx(own.positions, abs=2e-4)


@pytest.mark.parametrize("lithium", CONTENTS)
def test_bonds_shrink_as_the_rule_says(lithium):
    bond = shortest_distances(delithiated("NCM90", lithium, CURVES))["M-O"]
    full = shortest_distances(delithiated("NCM90", 1.0, CURVES))["M-O"]
    assert bond == pytest.approx(full - (1 - lithium) * 0.08e-10, rel=1e-9, abs=0)


def test_the_oxide_slab_thins_and_the_lithium_slab_opens_before_it_collapses():
    slabs = np.array([slab_thicknesses(delithiated("NCM90", x, CURVES)) for x in CONTENTS])
    assert (np.diff(slabs[:, 0]) < 0).all()
    widest = CONTENTS[int(slabs[:, 1].argmax())]
    assert 0.2 < widest < 0.7 and slabs[-1, 1] < slabs[:, 1].max() - 0.1e-10
    thirds = [delithiated("NCM90", x, CURVES).cell.c / 3 for x in CONTENTS]
    assert slabs.sum(1) == pytest.approx(thirds, rel=1e-12, abs=0)


def test_mass_leaves_with_lithium():
    """Density over that of the full host: molar masses over cell volumes."""
    half, full = (delithiated("LiNiO2", x, CURVES) for x in (0.5, 1.0))
    masses = (6.94 / 2 + 58.693 + 31.998) / (6.94 + 58.693 + 31.998)
    volumes = full.cell.volume / half.cell.volume
    assert density(half) / density(full) == pytest.approx(masses * volumes, rel=1e-4, abs=0)


def test_the_origin_may_lie_on_lithium():
    from dataclasses import replace

    own = structure_of(phase("NCM90"))
    moved = replace(own, positions=(own.positions + [0, 0, 0.5]) % 1)
    ours, theirs = (shortest_distances(delithiated(h, 0.3, CURVES)) for h in (own, moved))
    assert ours == pytest.approx(theirs, rel=1e-9, abs=0)


@pytest.mark.parametrize("lithium", [-0.1, 1.1, math.nan])
def test_impossible_contents_are_refused(lithium):
    with pytest.raises(InputError, match="0 to 1"):
        delithiated("NCM90", lithium, CURVES)


@pytest.mark.parametrize("name", ["NiO", "LiMn2O4", "Li2MnO3"])
def test_other_structures_are_refused(name):
    with pytest.raises(InputError, match="no layered host"):
        delithiated(name, 0.5, CURVES)
