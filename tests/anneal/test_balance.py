"""Conservation, bounds, limits and the second law, for whatever diffusivities are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.anneal import stage
from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile
from epitropy.laws import site_entropy
from epitropy.records.sourced import Sourced

SPECIES = ("Ni", "Co", "Mn", "Nb", "W", "Zr")
decades = st.lists(st.floats(-23, -16), min_size=6, max_size=6)


def with_diffusivities(host, film, hold=18000.0):
    rows = [{s: Sourced(value=10.0**d) for s, d in zip(SPECIES, values)} for values in (host, film)]
    return replace(Anneal(), diffusivity_host=rows[0], diffusivity_film=rows[1], time=Sourced(value=hold, unit="s"))


def coated():
    film = 7e-9 * 33.9e3
    return {
        "film_cations": {"Nb": film * 12 / 13, "W": film / 13},
        "inclusions": {"Zr": 0.2 * film},
        "host_cations": {"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
        "host_site_density": 49e3,
        "film_site_density": 33.9e3,
        "particle_radius": 5e-6,
    }


@settings(max_examples=25, deadline=None)
@given(decades, decades)
def test_every_cation_is_conserved_and_every_fraction_possible(host, film):
    profile = anneal_profile(with_diffusivities(host, film), **coated())
    assert profile.balance_error < 1e-12
    np.testing.assert_allclose(profile.fraction.sum(axis=0), 1, rtol=1e-12)
    assert profile.fraction.min() >= 0
    brought = coated()["film_cations"] | {"Zr": coated()["inclusions"]["Zr"] * (1 - profile.undissolved_share["Zr"])}
    for name, amount in brought.items():  # none of these is in the host
        found = profile.fraction[profile.species.index(name)] @ profile.sites
        assert found == pytest.approx(amount, rel=1e-12, abs=0)


@settings(max_examples=15, deadline=None)
@given(decades, decades)
def test_mixing_entropy_rises_along_one_march(host, film):
    host_shares = {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}
    layers = stage._layers({"Nb": 2.2e-4, "W": 2e-5}, {}, host_shares, (1 / 49e3, 1 / 33.9e3), None)
    kinetics = stage._kinetics(with_diffusivities(host, film), layers)
    entropies = []
    for hold in (0.0, 60.0, 600.0, 3600.0, 18000.0):
        run = stage._run(
            layers,
            replace(kinetics, programme=np.array([[973.15, 0.0, hold]]) if hold else np.empty((0, 3))),
            2e-6,
            60,
            2e-3,
            slope=2e-9,
        )
        sites = run.after.sum(axis=1)
        entropies.append(float(site_entropy(run.after / sites[:, None]) @ sites))
    assert np.diff(entropies).min() >= -1e-9 * entropies[-1]


def test_one_species_stays_flat(plain):
    profile = anneal_profile(
        plain({"other": 1e-18}),
        film_cations={"Ni": 3e-4},
        inclusions={},
        host_cations={"Ni": 1.0},
        host_site_density=49e3,
        film_site_density=33.9e3,
    )
    np.testing.assert_array_equal(profile.fraction, np.ones((1, profile.depth.size)))


def test_a_film_like_its_host_stays_flat(plain):
    shares = {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}
    profile = anneal_profile(
        plain({"Ni": 1e-18, "Co": 1e-17, "Mn": 1e-20}),
        film_cations={s: 3e-4 * x for s, x in shares.items()},
        inclusions={},
        host_cations=shares,
        host_site_density=49e3,
        film_site_density=49e3,
    )
    for row, share in zip(profile.fraction, shares.values()):
        np.testing.assert_allclose(row, share, rtol=1e-9)


def test_no_time_leaves_everything_in_place(plain, coated):
    profile = anneal_profile(plain({"other": 1e-19}, hold=0.0), **coated)
    np.testing.assert_allclose(profile.fraction, profile.initial_fraction, rtol=0, atol=1e-6)
    assert profile.undissolved_share["Zr"] == 1.0
    assert profile.layer_thickness == pytest.approx(7e-9, rel=1e-9, abs=0)


def test_endless_time_leaves_one_composition(plain, coated):
    spec = plain({"Ni": 1e-18, "Co": 1e-17, "other": 3e-19}, hold=1e6, dissolution=1e-3)
    profile = anneal_profile(spec, **coated, particle_radius=30e-9)
    amounts = profile.fraction @ profile.sites
    np.testing.assert_allclose(
        profile.fraction, (amounts / amounts.sum())[:, None] * np.ones(profile.depth.size), rtol=1e-6
    )


def test_volume_is_kept_while_film_and_host_mix(plain, coated):
    """Volume per site is linear in the composition: mixing moves neither the outer surface nor the bulk."""
    before, after = (anneal_profile(plain({"other": 1e-18}, hold=h), **coated) for h in (0.0, 18000.0))
    assert after.layer_thickness == pytest.approx(before.layer_thickness, rel=1e-6, abs=0)
