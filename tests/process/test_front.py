"""What is read off a profile."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile
from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.stage import profile_entropy
from epitropy.errors import InputError
from epitropy.pipeline import film_site_density, strained_thickness
from epitropy.process.front import boundary_thickness, coated_cell, front, mean_entropy, only, reading
from epitropy.study import load_study


def test_film_share_is_one_in_the_film_and_none_in_the_bulk(made):
    start = replace(made.profile, fraction=made.profile.initial_fraction)
    share = start.film_share
    assert np.allclose(share[start.depth > 0], 1.0, rtol=1e-12, atol=0)
    assert np.allclose(share[start.depth < 0], 0.0, rtol=0, atol=1e-12)


def test_what_the_host_holds_itself_is_no_film():
    """A host doped with niobium: its own niobium must not count as coating, in the bulk or in the strain."""
    amounts = {"film_cations": {"Nb": 2e-4}, "inclusions": {}, "host_site_density": 49e3, "film_site_density": 34e3}
    doped = anneal_profile(Anneal(), host_cations={"Ni": 0.95, "Nb": 0.05}, **amounts)
    assert abs(doped.film_share[0]) < 1e-4
    assert strained_thickness(doped) * doped.mean_foreign_share**2 < 2 * doped.layer_thickness


def test_mean_entropy_lies_between_the_least_and_the_most_of_the_zone(made):
    entropy = profile_entropy(made.profile.fraction)
    share = made.profile.film_share
    zone = share >= 0.1 * share[-1]
    assert entropy[zone].min() <= mean_entropy(made.profile) <= entropy[zone].max()


def test_mean_entropy_of_a_flat_profile_is_that_of_the_composition(made):
    flat = np.full_like(made.profile.fraction, 1 / 6)
    assert mean_entropy(replace(made.profile, fraction=flat)) == pytest.approx(GAS_CONSTANT * np.log(6), rel=1e-12)


def test_mean_entropy_weighs_by_sites_and_not_by_cells(made):
    """Cells split in two hold half the sites each: the mean must not change."""
    profile = made.profile
    twice = replace(
        profile,
        depth=np.repeat(profile.depth, 2),
        sites=np.repeat(profile.sites / 2, 2),
        fraction=np.repeat(profile.fraction, 2, axis=1),
        initial_fraction=np.repeat(profile.initial_fraction, 2, axis=1),
    )
    assert mean_entropy(twice) == pytest.approx(mean_entropy(profile), rel=1e-12)


def test_reading_repeats_the_profile(made):
    found = reading(made)
    assert found.zone_width == made.profile.zone_width
    assert found.undissolved_share == made.profile.undissolved_share["Zr"]
    assert found.coverage == made.layer.coverage
    assert 0 < found.boundary_share < 1


def test_share_in_boundaries_weighs_cations_by_their_dose(made):
    paths = made.boundaries
    dose = {s: paths.infiltrated[s] / paths.share[s] for s in paths.species}
    total = sum(paths.share[s] * n for s, n in dose.items()) / sum(dose.values())
    assert paths.total_share == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("change", [{}, {"agglomerate_diameter": 500e-9}, {"dose": 0.03}])
def test_boundaries_hold_no_more_than_was_weighed(alone, change):
    """Thickness x area of all boundaries x density of sites is the share of the dissolved cations that ran there."""
    cell = alone.at({}).cells["coated"]
    dials = {name: replace(getattr(cell.coating, name), value=value) for name, value in change.items()}
    found = front(replace(cell, coating=replace(cell.coating, **dials)))
    per_kg = 6 / (found.particle.density * found.particle.diameter) * found.boundaries.boundary_area
    held = boundary_thickness(found) * per_kg * film_site_density(found.layer)
    dissolved = sum(found.layer.dissolved_cations.values())
    assert held == pytest.approx(found.boundaries.total_share * dissolved, rel=1e-12) and held < dissolved


def test_a_cell_without_coating_is_refused():
    study = load_study("zhao2024")
    assert coated_cell(study) == coated_cell(study, "coated") == "coated"
    with pytest.raises(InputError, match="cell 'bare' has no coating"):
        coated_cell(study, "bare")
    with pytest.raises(InputError, match="'coted'; allowed: bare, coated"):
        coated_cell(study, "coted")
    with pytest.raises(InputError, match="no cell of 'zhang2022' has a coating"):
        coated_cell(load_study("zhang2022"))


def test_one_cell_alone_keeps_its_inputs():
    study = load_study("zhao2024")
    assert set(only(study, "coated").inputs()) <= set(study.inputs())
