"""What crosses from room to room, and the result of a whole run."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.catalogue import phase
from epitropy.chemistry import atomic_mass, molar_mass
from epitropy.constants import AVOGADRO, FARADAY
from epitropy.epitaxy.laws import held_strain
from epitropy.errors import InputError
from epitropy.pipeline import (
    align,
    facet_weights,
    facets_of,
    form,
    fresh_skin_factor,
    host_composition,
    largest_release,
    layer_on_facets,
    strained_thickness,
)
from epitropy.records.sourced import Sourced
from epitropy.study import load_study


@pytest.fixture(scope="module")
def coated(ready):
    return ready["coated"][0]


def test_a_bare_cell_has_no_layer(ready):
    formed = ready["bare"][0]
    assert (formed.coating, formed.profile, formed.electrode) == (None, None, None)
    assert formed.fresh_skin_factor == 1.0
    np.testing.assert_array_equal(formed.layer_strain.energy_release, 0)


def test_a_dose_of_zero_forms_the_bare_cell(zhao, ready):
    """Heated as the host was made, in the same gas; nothing else may differ."""
    cell = zhao.cells["coated"]
    empty = form(replace(cell, coating=replace(cell.coating, dose=Sourced(value=0.0))))
    bare = ready["bare"][0]
    assert empty.coating is None and empty.electrode is None
    assert empty.particle == bare.particle and empty.fresh_skin_factor == bare.fresh_skin_factor == 1.0
    np.testing.assert_array_equal(empty.layer_strain.energy_density, bare.layer_strain.energy_density)


def test_the_powder_has_the_density_of_its_crystal(zhao, coated):
    metals = zhao.cells["coated"].cathode.composition["M"]
    mass = sum(y * atomic_mass(e) for e, y in metals.items()) + molar_mass("LiO2")
    assert coated.particle.molar_mass == pytest.approx(mass, rel=1e-9, abs=0)
    assert coated.particle.density == pytest.approx(3 * mass / (coated.host.cell_volume * AVOGADRO), rel=1e-9, abs=0)
    assert coated.particle.cation_site_density == pytest.approx(49.0e3, rel=0.01, abs=0)
    assert FARADAY / mass / 3600 == pytest.approx(275, abs=1)  # mAh/g of one lithium


def test_the_article_host_is_of_low_entropy(zhao, coated):
    assert host_composition(zhao.cells["coated"]).sublattices[1].label == "M"
    assert coated.host_entropy.by_site["M"] / 8.314462618 == pytest.approx(0.394, abs=5e-4)
    assert not coated.host_entropy.high_entropy


def test_every_cation_of_the_recipe_reaches_the_anneal(coated):
    """Amounts per covered area, booked there and in the recipe."""
    layer, profile = coated.coating, coated.profile
    brought = {e: profile.fraction[i] @ profile.sites for i, e in enumerate(profile.species)}
    covered = layer.area * layer.coverage
    for element in ("Nb", "W"):
        assert brought[element] == pytest.approx(layer.cations[element] / covered, rel=1e-9, abs=0)
    dissolved = layer.cations["Zr"] / covered * (1 - profile.undissolved_share["Zr"])
    assert brought["Zr"] == pytest.approx(dissolved, rel=1e-9, abs=0)


def test_recipe_and_anneal_agree_on_how_much_zirconia_dissolved(coated):
    undissolved = coated.profile.undissolved_share["Zr"]
    assert coated.coating.dissolved_cations["Zr"] / coated.coating.cations["Zr"] == pytest.approx(
        1 - undissolved, rel=1e-6
    )


def test_more_heat_spreads_and_dissolves_more_over_a_wider_zone(zhao):
    cell = zhao.cells["coated"]

    def at(hold, temperature):
        anneal = replace(
            cell.anneal, time=Sourced(value=hold, unit="s"), temperature=Sourced(value=temperature, unit="K")
        )
        return form(replace(cell, anneal=anneal))

    mild, hot = at(3600.0, 923.15), at(36000.0, 1023.15)
    assert hot.coating.coverage > mild.coating.coverage
    assert hot.coating.inclusion_volume_share < mild.coating.inclusion_volume_share
    assert hot.profile.zone_width > mild.profile.zone_width
    assert hot.electrode.oxygen_ratio < mild.electrode.oxygen_ratio  # fewer boundaries leak


def test_interdiffusion_relieves_the_layer(coated):
    """A graded layer stores less than a sharp one of the same film, never more; energy goes with thickness s^2."""
    start = coated.profile.initial_fraction
    fresh = dict(zip(coated.profile.species, start[:, -1]))
    whole = replace(coated.profile, fraction=start, layer_composition=fresh)
    assert whole.mean_foreign_share == pytest.approx(1, rel=1e-12, abs=0)
    assert strained_thickness(whole) == pytest.approx(coated.profile.layer_thickness, rel=0.1, abs=0)
    assert 0 < strained_thickness(coated.profile) * coated.profile.mean_foreign_share**2 < strained_thickness(whole)


def test_only_the_coherent_part_pulls_at_the_interface(zhao, coated):
    cell = zhao.cells["coated"]

    def release(coherency):
        return largest_release(
            coated.layer_strain,
            replace(cell, degradation=replace(cell.degradation, coherency=Sourced(value=coherency))),
        )

    assert release(0.0) == 0
    assert release(1.0) == pytest.approx(2 * release(0.5), rel=1e-12, abs=0)  # a share of the energy
    deep = replace(cell, protocol=replace(cell.protocol, upper_voltage=Sourced(value=4.5, unit="V")))
    assert largest_release(coated.layer_strain, deep) >= release(cell.degradation.coherency.value)


def test_a_gas_with_less_oxygen_leaves_a_thicker_fresh_skin(zhao):
    anneal = zhao.cells["coated"].anneal
    oxygen, air, nitrogen = (fresh_skin_factor(replace(anneal, gas=g)) for g in ("O2", "air", "N2"))
    assert oxygen == pytest.approx(1, rel=1e-12, abs=0)  # as the host was made
    assert oxygen < air < nitrogen
    hotter = replace(anneal, temperature=Sourced(value=1023.15, unit="K"))
    assert fresh_skin_factor(hotter) > 1


def test_alignments_are_ranked_and_hold_the_layered_continuation(zhao, coated):
    matches = align(zhao.cells["coated"], coated)
    assert [m.rank for m in matches] == sorted(m.rank for m in matches)
    assert any(m.match.film == "layered layer" and m.match.continuation for m in matches)


def test_a_sphere_differs_from_a_plane_by_little_under_a_thin_film():
    """10 um particles under some ten nanometres: the curvature is seen, but not much."""
    cell = load_study("zhao2024").at({}).cells["coated"]
    plane, sphere = (form(replace(cell, anneal=replace(cell.anneal, geometry=g))).profile for g in ("plane", "sphere"))
    assert sphere.zone_width != plane.zone_width
    assert sphere.zone_width == pytest.approx(plane.zone_width, rel=0.03, abs=0)
    assert sphere.layer_thickness < plane.layer_thickness


def with_layer(cell, structure):
    return replace(cell, layer=replace(cell.layer, structure=structure))


def test_stated_facets_stand_in_for_the_shape(zhao, coated):
    """All of it (003): no lithium. All (104): the whole surface conducts, and strain is that of (104)."""
    cell = with_layer(zhao.cells["coated"], "layered layer")

    def formed_with(**shares):
        stated = {f.removeprefix("f"): Sourced(value=v) for f, v in shares.items()}
        return form(replace(cell, cathode=replace(cell.cathode, facet_shares=stated)))

    side = formed_with(f104=1.0)
    assert side.electrode.open_share == 1
    a, c = coated.host.a, coated.host.c
    share = side.profile.mean_foreign_share
    a, c = (edge[-1] + share * (edge - edge[-1]) for edge in (a, c))  # the layer follows the host but for its film
    layer = side.crystal.cell.a, side.crystal.cell.c
    across = np.sqrt(4 * a**2 / 3 + c**2 / 9) / np.sqrt(4 * layer[0] ** 2 / 3 + layer[1] ** 2 / 9) - 1
    strains = np.stack([a / layer[0] - 1, across])
    held = held_strain(strained_thickness(side.profile), coated.host.a[-1], side.crystal.poisson_ratio.value)
    assert np.abs(strains[:, -1]).max() > held, "dislocations take a part"
    left = np.clip(strains[:, -1:], -held, held)
    relieved = (1 + strains) / (1 + strains[:, -1:]) * (1 + left) - 1
    np.testing.assert_allclose(side.layer_strain.misfit, relieved.mean(axis=0), rtol=1e-9, atol=1e-12)
    half = formed_with(f003=0.5, f104=0.5)
    assert half.electrode.film_resistance == pytest.approx(2 * side.electrode.film_resistance, rel=1e-12, abs=0)


def test_a_host_that_shows_no_open_facet_is_blocked_and_told(zhao):
    cell = zhao.cells["coated"]
    closed = replace(cell.cathode, facet_shares={"003": Sourced(value=1.0)})
    with pytest.raises(InputError, match="facet_shares"):
        form(replace(cell, cathode=closed))


def test_facets_of_dearer_surfaces_shrink(zhao, coated):
    cell = zhao.cells["coated"]
    dear = {**cell.cathode.surface_energy, "003": Sourced(value=1.3, unit="J/m2")}
    before = facet_weights(cell, coated.host)
    after = facet_weights(replace(cell, cathode=replace(cell.cathode, surface_energy=dear)), coated.host)
    assert after["003"] < before["003"]
    assert sum(after.values()) == pytest.approx(1, abs=1e-12)


def test_a_layer_whose_columns_lie_flat_blocks_the_particle(zhao, coated):
    """Nb12WO33 on (104) and (012) lies with b in the film; what is left is the leak."""
    cell = zhao.cells["coated"]
    blocks = form(with_layer(cell, "Nb12WO33"))
    layered = form(with_layer(cell, "layered layer")).electrode
    open_before = layered.open_share
    assert blocks.electrode.open_share < 0.05 < open_before
    assert blocks.electrode.film_resistance > 10 * layered.film_resistance
    leaky = replace(cell, layer=replace(cell.layer, structure="Nb12WO33", leak_share=Sourced(value=1.0)))
    assert form(leaky).electrode.open_share == pytest.approx(open_before, rel=1e-12, abs=0)


def test_a_layer_that_does_not_continue_is_strained_as_its_matches_say(zhao, coated):
    """The energy density is the facets' mean of w(e) with the strains of the matches told for the facets."""
    cell = with_layer(zhao.cells["coated"], "LiNbO3")
    formed = form(cell)
    told = layer_on_facets(cell, formed, facets_of(cell, formed.host))
    weights = facet_weights(cell, formed.host)
    layer = phase("LiNbO3")
    modulus, nu = layer.young_modulus.value, layer.poisson_ratio.value
    expected = 0.0
    held = held_strain(formed.profile.layer_thickness, formed.host.a[-1], nu)
    for v in told:
        e1, e2 = np.clip(v.best.match.principal_strain, -held, held)
        w = modulus / (2 * (1 - nu**2)) * (e1**2 + e2**2 + 2 * nu * e1 * e2)
        expected += weights[v.facet.facet] * w
    assert formed.layer_strain.energy_density[-1] == pytest.approx(expected, rel=1e-6, abs=0)
    assert formed.layer_strain.energy_density[-1] != pytest.approx(coated.layer_strain.energy_density[-1], rel=0.1)


def test_a_facet_that_only_the_study_states_is_searched_too(zhao, coated):
    """(113) is none of the bundled facets; the layer is strained there as its match says, not taken as incoherent."""
    cell = with_layer(zhao.cells["coated"], "LiNbO3")
    cell = replace(cell, cathode=replace(cell.cathode, facet_shares={"113": Sourced(value=1.0)}))
    formed = form(cell)
    (told,) = layer_on_facets(cell, formed, facets_of(cell, formed.host))
    assert told.best is not None
    held = held_strain(formed.profile.layer_thickness, formed.host.a[-1], formed.crystal.poisson_ratio.value)
    left = np.clip(told.best.match.principal_strain, -held, held).mean()
    assert formed.layer_strain.misfit[-1] == pytest.approx(left, rel=1e-6, abs=1e-9)


def test_each_facet_holds_or_lets_go_on_its_own(zhao, coated):
    """A facet that pulls far beyond the toughness is lost with its share, whatever the others do."""
    from epitropy.cycling.stage import _bonded

    one = replace(coated.electrode, release_ratio={"003": 100.0, "104": 0.0}, facet_shares={"003": 0.3, "104": 0.7})
    assert _bonded(one, 1.0) == pytest.approx(0.7, abs=1e-6)


def test_charging_changes_the_rank_of_the_candidates(zhao, coated):
    still = replace(
        coated.host, a=np.full_like(coated.host.a, coated.host.a[-1]), c=np.full_like(coated.host.c, coated.host.c[-1])
    )
    cell = zhao.cells["coated"]
    breathing, resting = (align(cell, replace(coated, host=host)) for host in (coated.host, still))
    assert [m.match.orientation for m in breathing] != [m.match.orientation for m in resting]
    assert all(m.largest_energy >= m.match.energy_per_thickness * (1 - 1e-9) for m in breathing)


def test_a_rigid_lattice_changes_the_mismatch_of_grains_and_nothing_else(zhao):
    cell = zhao.cells["coated"]
    rigid = form(replace(cell, cathode=replace(cell.cathode, breathing=Sourced(value=0.06))))
    usual = form(cell)
    np.testing.assert_array_equal(rigid.skin_strain.energy_density, usual.skin_strain.energy_density)
    np.testing.assert_array_equal(rigid.layer_strain.energy_release, usual.layer_strain.energy_release)
    assert rigid.electrode == usual.electrode
    np.testing.assert_allclose(rigid.grain_strain.misfit, 0.06 * usual.grain_strain.misfit, rtol=0.05, atol=1e-4)


def test_only_a_layered_layer_is_graded_and_breathes(zhao):
    """A rock salt ends at the old surface and keeps its lattice; a layered one follows the host but for its film."""
    layered, salt = (form(with_layer(zhao.cells["coated"], n)) for n in ("layered layer", "rock salt layer"))
    assert salt.strained_thickness == salt.profile.layer_thickness < layered.strained_thickness
    swing = [np.ptp(f.layer_strain.misfit) for f in (layered, salt)]
    assert swing[0] / swing[1] == pytest.approx(layered.profile.mean_foreign_share, rel=0.05)


@pytest.mark.parametrize("cations", [{"Ni": 0.8, "Co": 0.1, "Mn": 0.1}, {"Ni": 0.6, "Co": 0.2, "Mn": 0.2}, {"Co": 1.0}])
def test_other_hosts_are_decided_or_say_why_not(zhao, cations):
    cell = zhao.cells["coated"]
    other = {**cell.cathode.composition, "M": cations}
    formed = form(replace(cell, cathode=replace(cell.cathode, composition=other)))
    assert formed.phases.host != "not decided" or formed.phases.reason
    assert formed.crystal.cell.a > 0


def test_a_layer_that_no_energies_hold_takes_the_hosts_lattice(zhao):
    cell = zhao.cells["coated"]
    coating = replace(cell.coating, precursors={"Al2O3": Sourced(value=1.0)})
    formed = form(replace(cell, coating=coating))
    assert formed.phases.host == "not decided" and "Al" in formed.phases.reason
    assert formed.crystal.cell.a == formed.host.a[-1] and formed.layer_strain.misfit[-1] == pytest.approx(0, abs=1e-12)
