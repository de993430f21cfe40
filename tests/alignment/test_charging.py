"""Matches followed over the host's lithium content, and the layer on the facets of a particle."""

import math
from dataclasses import replace

import numpy as np
import pytest

from epitropy.alignment.answer import lay, match_answer
from epitropy.alignment.breathing import cells_over, curves_of, lithium_grid
from epitropy.alignment.charging import follow, host_planes
from epitropy.alignment.particle import open_share, placed_paths, places
from epitropy.alignment.search import Search
from epitropy.catalogue import phase
from epitropy.epitaxy.lattices import equivalent_planes, lattice
from epitropy.epitaxy.stage import best_matches
from epitropy.hosts import host_curves
from epitropy.strain.facets import surface_energies
from epitropy.strain.stage import facet_strains

HOST, NICKEL_OXIDE = phase("NCM90"), phase("NiO")
CURVES = curves_of(HOST)
FACETS = tuple(surface_energies())


@pytest.fixture(scope="module")
def followed():
    return lay(HOST, NICKEL_OXIDE, Search(max_index=1, max_area=1e-18), curves=CURVES)


def test_the_continuation_is_strained_as_the_oxygen_rows_say(followed):
    """NiO(111) on (003): e(x) = a(x) sqrt(2)/a_NiO - 1 on both axes, w = E/(1 - nu) e^2."""
    best = followed.first(1)[0]
    assert best.match.relation == "shared-oxygen continuation"
    a = np.interp(best.path.lithium, CURVES.lithium, CURVES.a) / CURVES.a[-1] * HOST.cell.a
    strain = a * math.sqrt(2) / NICKEL_OXIDE.cell.a - 1
    assert best.path.misfit == pytest.approx(strain, abs=1e-12)
    modulus, nu = NICKEL_OXIDE.young_modulus.value, NICKEL_OXIDE.poisson_ratio.value
    assert best.largest_energy == pytest.approx(modulus / (1 - nu) * strain.min() ** 2, rel=1e-9, abs=0)
    assert best.largest_at == best.path.lithium[strain.argmin()]


def test_at_full_lithium_the_path_begins_with_the_match_itself(followed):
    for aligned in followed.first(40):
        assert aligned.path.lithium[-1] == 1
        assert aligned.path.misfit[-1] == pytest.approx(aligned.match.principal_strain.mean(), abs=1e-12)
        assert aligned.path.energy_density[-1] == pytest.approx(aligned.match.energy_per_thickness, rel=1e-9, abs=0)


def test_the_rank_goes_by_the_largest_energy_not_by_that_at_full_lithium(followed):
    """The first match beats or ties all others in area or in largest energy; none of rank 1's front is beaten."""
    rows = followed.first(len(followed))
    area = np.array([m.match.area for m in rows])
    energy = np.array([m.largest_energy for m in rows])
    for i in range(5):
        assert not ((area < area[i] * (1 - 1e-6)) & (energy < energy[i] * (1 - 1e-6))).any()
    at_full_lithium = best_matches(HOST, [NICKEL_OXIDE], max_area=1e-18, host_planes=host_planes(HOST, 1, FACETS))
    order = [(m.host_plane, m.host_direction, m.film_plane, m.film_direction) for m in at_full_lithium[:20]]
    charged = [
        (m.match.host_plane, m.match.host_direction, m.match.film_plane, m.match.film_direction) for m in rows[:20]
    ]
    assert order != charged


def test_a_host_that_does_not_breathe_changes_nothing():
    still = replace(CURVES, a=np.full_like(CURVES.a, CURVES.a[-1]), c=np.full_like(CURVES.c, CURVES.c[-1]))
    found = best_matches(HOST, [NICKEL_OXIDE], max_area=5e-19)
    rows = follow(found, still, thickness=1e-9).first(10)
    assert [m.match.orientation for m in rows] == [m.orientation for m in found[:10]]
    for m in rows:
        assert np.ptp(m.path.energy_density) <= 1e-9 * m.largest_energy + 1e-3


def test_the_facets_of_a_particle_are_among_the_planes():
    listed = host_planes(HOST, 1, FACETS)
    below = lattice(HOST.cell, HOST.space_group)
    stars = [equivalent_planes(below, plane) for plane in listed]
    assert all(
        any(plane in star for star in stars) for plane in [(0, 0, 1), (1, 0, 4), (0, 1, 2), (1, 0, 1), (1, 1, 0)]
    )
    assert len(listed) == len({min(star) for star in stars})  # none twice


def test_cells_over_lithium_keep_the_angles_and_scale_the_edges():
    x = lithium_grid()
    cells = cells_over(HOST, CURVES, x)
    edges = np.linalg.norm(cells, axis=2)
    assert edges[:, 0] / edges[-1, 0] == pytest.approx(np.interp(x, CURVES.lithium, CURVES.a) / CURVES.a[-1], rel=1e-12)
    assert edges[:, 2] / edges[-1, 2] == pytest.approx(np.interp(x, CURVES.lithium, CURVES.c) / CURVES.c[-1], rel=1e-12)
    np.testing.assert_allclose((cells[:, 0] * cells[:, 1]).sum(1) / edges[:, 0] ** 2, -0.5, rtol=1e-9)


def test_a_rock_salt_that_is_searched_lies_as_the_one_that_continues():
    """On (003) the best match of a rock salt is the continuation, so both ways give one strain."""
    host = host_curves("ncm90", "ncm90")
    layer = phase("rock salt layer")
    cell = replace(HOST.cell, a=float(host.a[-1]), b=float(host.a[-1]), c=float(host.c[-1]))
    found = places(cell, ("ncm90", "ncm90"), layer.name, layer.cell, layer.space_group, 0.25, FACETS)
    assert found["003"].strains == pytest.approx(facet_strains(host, layer, "003"), abs=1e-9)
    path = placed_paths("layer", layer, found, ["003"], host.lithium, 5e-9, np.inf)["003"]
    assert path.misfit == pytest.approx(facet_strains(host, layer, "003").mean(1), abs=1e-9)


def test_a_layer_without_a_match_is_incoherent_and_so_unstrained():
    host, layer = host_curves("ncm90", "ncm90"), phase("rock salt layer")
    nothing = placed_paths("layer", layer, {}, ["003", "104"], host.lithium, 5e-9, np.inf)
    assert not any(path.energy_release.any() for path in nothing.values())


WEIGHTS = {"003": 0.2, "104": 0.5, "012": 0.3}


def test_a_layer_that_continues_the_host_is_open_where_the_host_is():
    assert open_share(phase("layered layer"), {}, WEIGHTS, 0.02) == pytest.approx(0.8)


def test_a_rock_salt_without_ways_blocks_though_it_continues_and_a_spinel_does_not():
    assert open_share(phase("NiO"), {}, WEIGHTS, 0.02) == pytest.approx(0.8 * 0.02)
    assert open_share(phase("spinel"), {}, WEIGHTS, 0.02) == pytest.approx(0.8)


def test_columns_that_lie_flat_block_a_film():
    """Nb12WO33: where the best match lays b in the film, only the leak is left."""
    host, layer = host_curves("ncm90", "ncm90"), phase("Nb12WO33")
    cell = replace(HOST.cell, a=float(host.a[-1]), b=float(host.a[-1]), c=float(host.c[-1]))
    on = places(cell, ("ncm90", "ncm90"), layer.name, layer.cell, layer.space_group, 0.25, FACETS)
    flat = {f: p for f, p in on.items() if f in WEIGHTS and p.match.film_plane[1] == 0}
    assert set(flat) == {"003", "104", "012"}  # b lies in every plane (h0l)
    assert open_share(layer, flat, WEIGHTS, 0.02) == pytest.approx(0.8 * 0.02, rel=1e-6)
    assert open_share(layer, flat, WEIGHTS, 0.5) == pytest.approx(0.4, rel=1e-6)


def test_no_match_is_a_value_with_the_nearest_miss():
    found = match_answer("NCM90", "NiO", Search(max_area=2e-19, max_strain=0.001, host_planes=((0, 0, 1),)))
    assert (found.number, found.matches) == (0, ())
    assert found.nearest.orientation == "(003)[100] || (111)[1-10]"
    assert all(v.best is None for v in found.facets)


def test_a_film_of_the_host_lies_on_every_facet_at_rest_and_passes_lithium_where_the_host_does():
    found = match_answer("NCM90", "NCM90", Search(max_index=1, max_area=2e-18), shown=1)
    assert found.film.name == "NCM90 film"
    assert np.abs(found.matches[0].match.principal_strain).max() < 1e-12
    for v in found.facets:
        assert v.best.match.host_plane == v.best.match.film_plane, v.facet.facet
        assert np.abs(v.best.match.principal_strain).max() < 1e-12
        assert v.film_open is v.facet.passes_lithium


def test_what_lies_on_a_facet_does_not_hang_on_other_planes_of_the_host():
    wide = match_answer("NCM90", "NiO", Search(max_index=2, max_area=2e-18), shown=1)
    for v in wide.facets:
        plane = tuple(int(i) for i in v.facet.facet)
        alone = match_answer("NCM90", "NiO", Search(max_area=2e-18, host_planes=(plane,)), shown=1)
        best = next(a.best for a in alone.facets if a.facet.facet == v.facet.facet)
        assert (best is None) == (v.best is None)
        if best is None:
            continue
        assert best.match.orientation == v.best.match.orientation
        assert best.largest_energy == pytest.approx(v.best.largest_energy, rel=1e-12, abs=0)


def test_only_facets_that_were_searched_are_told():
    found = match_answer(
        "NCM90", "NiO", Search(max_area=2e-18, host_planes=((0, 1, -4),)), shown=1
    )  # of the star {104}
    assert [v.facet.facet for v in found.facets] == ["104"]


def test_on_a_facet_the_smallest_cell_comes_first_and_the_softest_is_told_beside_it(followed):
    rows = [m for m in followed.first(len(followed)) if m.facet == "104"]
    small, soft = followed.smallest_on("104"), followed.softest_on("104")
    assert small.match.host_area == pytest.approx(min(m.match.host_area for m in rows), rel=1e-9, abs=0)
    assert soft.largest_energy == pytest.approx(min(m.largest_energy for m in rows), rel=1e-9, abs=0)
    assert soft.largest_energy < small.largest_energy
    assert followed.smallest_on("999") is None


def test_a_film_of_which_no_bond_valence_is_known_is_matched_all_the_same(tmp_path):
    lines = ["TiN", "1.0", "4.24 0 0", "0 4.24 0", "0 0 4.24", "Ti N", "4 4", "Direct"]
    corners = ["0 0 0", "0 .5 .5", ".5 0 .5", ".5 .5 0", ".5 .5 .5", ".5 0 0", "0 .5 0", "0 0 .5"]
    path = tmp_path / "TiN.vasp"
    path.write_text("\n".join([*lines, *corners]) + "\n")
    found = match_answer("NCM90", str(path), Search(max_index=1, max_area=1e-18), shown=2)
    assert found.number > 0
    assert all(v.film_open is None for v in found.facets)
    assert any("lithium crosses TiN is not known" in note for note in found.notes)


def test_a_file_that_bears_the_name_of_a_host_does_not_breathe_like_it(tmp_path):
    from epitropy.crystals.files import write
    from epitropy.crystals.library import structure_of

    path = tmp_path / "NCM90.cif"
    write(structure_of(NICKEL_OXIDE), path)
    found = match_answer(str(path), "NiO", Search(max_index=1, max_area=3e-19), shown=2)
    assert found.limits.lowest_lithium == 1 and found.matches[0].path is None


def test_two_hosts_without_curves_are_ranked_at_one_lattice():
    found = match_answer("LiFePO4", "NiO", Search(max_index=1, max_area=2e-18), shown=3)
    assert found.limits.lowest_lithium == 1
    assert all(m.path is None and m.largest_energy is None for m in found.matches)
    assert found.facets == ()
    assert any("breathes is not known" in note for note in found.notes)
