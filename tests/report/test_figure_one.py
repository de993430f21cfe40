"""Figure 1 shows what was computed: counts, areas, layers, and what changes with the recipe."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from epitropy.errors import InputError
from epitropy.jsonio import to_json
from epitropy.pipeline import coat, form, heat
from epitropy.report.figure_one import draw, file_bytes
from epitropy.report.scene import heated_scene, layer_scene, scene
from epitropy.report.scene_atoms import host_crystal
from epitropy.report.scene_section import duration
from epitropy.study import load_study, read_study

LAYERED = {
    "name": "own",
    "layer": {"structure": "layered layer"},
    "coating": {
        "precursors": {"TiO2": 0.5, "Al2O3": 0.5},
        "dose": "0.3 wt%",
        "deposition": "exclusive",
        "agglomerate_diameter": "30 nm",
    },
    "cells": {"coated": {"anneal": {}}},
}


@pytest.fixture(scope="module")
def zhao():
    study = load_study("zhao2024")
    return study, form(study.cells["coated"])


@pytest.fixture(scope="module")
def made(zhao):
    return scene(zhao[0], formed=zhao[1])


@pytest.fixture(scope="module")
def bulk():
    return scene(load_study("zhang2022"))


@pytest.fixture(scope="module")
def layered():
    return scene(read_study(LAYERED, "own"))


def within_sampling(counted, expected):
    """Counts by element (species,) against the sum of shares (n, species): five standard deviations."""
    mean, spread = expected.sum(axis=0), np.sqrt((expected * (1 - expected)).sum(axis=0))
    return np.abs(counted - mean) <= 5 * spread + 1e-9


def shares_at(profile, height):
    """Shares (n, species) by straight lines between the profile's cells."""
    return np.array([np.interp(height, profile.depth, row) for row in profile.fraction]).T


@pytest.fixture(scope="module")
def wide(zhao):
    """Tens of nanometres of layer and host: enough atoms for the laws of large numbers."""
    study, formed = zhao
    strips = ((-20e-9, formed.profile.layer_thickness),)
    return layer_scene(study.cells["coated"], formed, width=40e-9, strips=strips)


def counts(elements, species):
    return np.array([np.count_nonzero(np.asarray(elements) == s) for s in species])


def test_agglomerates_cover_the_computed_share_in_the_computed_proportions(made, zhao):
    mixed = made.mixed
    x, y = np.meshgrid(np.linspace(0, mixed.width, 300), np.linspace(0, mixed.depth, 240))
    covered = np.zeros(x.shape, dtype=bool)
    for a in mixed.agglomerates:
        covered |= np.hypot(x - a.x, y - a.y) < a.radius
    assert covered.mean() == pytest.approx(zhao[1].coating.coverage_mixed, abs=0.012)
    assert {2 * a.radius for a in mixed.agglomerates} == {zhao[0].cells["coated"].coating.agglomerate_diameter.value}
    wetting = counts([a.precursor for a in mixed.agglomerates], ["Nb12WO33"])[0] / len(mixed.agglomerates)
    assert wetting == pytest.approx(zhao[1].coating.wetting_share, abs=1 / len(mixed.agglomerates))


def test_grains_fill_the_piece_and_have_the_size_of_the_study(made):
    corners = [np.column_stack([g.x, g.y]) for g in made.mixed.grains]
    areas = [abs(np.sum(c[:, 0] * np.roll(c[:, 1], -1) - np.roll(c[:, 0], -1) * c[:, 1])) / 2 for c in corners]
    assert sum(areas) == pytest.approx(made.mixed.width * made.mixed.depth, rel=1e-9)
    assert np.sqrt(4 / np.pi * np.mean(areas)) == pytest.approx(made.mixed.grain_size, rel=0.1)


def test_exclusive_agglomerates_do_not_overlap(layered):
    places = [(a.x, a.y) for a in layered.mixed.agglomerates]
    nearest = cKDTree(places).query(places, 2)[0][:, 1]
    assert nearest.min() >= 2 * layered.mixed.agglomerates[0].radius


@pytest.mark.parametrize("side", ["film", "host"])
def test_dots_of_the_cut_follow_the_profile_of_that_time(zhao, side, monkeypatch):
    monkeypatch.setattr("epitropy.report.scene_section.ROWS", 200)
    cell = zhao[0].cells["coated"]
    heated = heated_scene(cell, zhao[1], 0.5)
    profile = heat(cell, zhao[1].particle, coat(cell, zhao[1].particle, heated.time), until=heated.time)
    dots = heated.cations
    x, y, element = np.array(dots.x), np.array(dots.y), np.array(dots.element)
    here = (x < heated.film_to) & (np.array(dots.site) == side)
    assert here.sum() > 1000 and (y[here] > 0).all() == (side == "film")
    assert within_sampling(counts(element[here], profile.species), shares_at(profile, y[here])).all()


def test_beside_the_film_the_host_is_as_it_was(made):
    dots = made.heated.cations
    beside = np.array(dots.x) >= made.heated.film_to
    assert set(np.array(dots.element)[beside]) <= {"Ni", "Co", "Mn"}
    assert np.array(dots.y)[beside].max() < 0


def test_metals_of_the_host_go_out_and_those_of_the_film_in(made):
    outward = {m.element: m.end > m.start for m in made.heated.moves}
    assert outward == {"Ni": True, "Co": True, "Mn": True, "Nb": False, "W": False, "Zr": False}


def test_what_crosses_the_surface_is_what_the_layer_holds(zhao):
    from epitropy.report.scene_section import moves

    profile = zhao[1].profile
    outside = profile.depth > 0
    held = dict(zip(profile.species, (profile.fraction * profile.sites)[:, outside].sum(axis=1)))
    assert {m.element: m.amount for m in moves(profile)}["Ni"] == pytest.approx(held["Ni"], rel=1e-12)


def test_cations_of_the_layer_follow_the_depth_profile(wide, zhao):
    atoms, profile = wide.atoms, zhao[1].profile
    site, element, y = np.array(atoms.site), np.array(atoms.element), np.array(atoms.y)
    layer = np.char.startswith(site, "layer") & (site != "layer O")
    lithium = zhao[1].crystal.sites[0].elements["Li"]
    expected = np.column_stack([shares_at(profile, y[layer]) * (1 - lithium), np.full(layer.sum(), lithium)])
    assert layer.sum() > 5000
    assert within_sampling(counts(element[layer], (*profile.species, "Li")), expected).all()


def test_cations_below_the_layer_follow_the_depth_profile(wide, zhao):
    atoms, profile = wide.atoms, zhao[1].profile
    metal = (np.array(atoms.site) == "host M") & (np.array(atoms.x) < wide.covered_to)
    expected = shares_at(profile, np.array(atoms.y)[metal])
    assert within_sampling(counts(np.array(atoms.element)[metal], profile.species), expected).all()


def test_the_test_of_counts_can_fail(wide, zhao):
    atoms, profile = wide.atoms, zhao[1].profile
    metal = (np.array(atoms.site) == "host M") & (np.array(atoms.x) < wide.covered_to)
    elsewhere = shares_at(profile, np.array(atoms.y)[metal] - 8e-9)
    assert not within_sampling(counts(np.array(atoms.element)[metal], profile.species), elsewhere).all()


def test_lithium_and_metal_layers_of_the_host_take_turns(bulk):
    atoms, grown = bulk.grown.atoms, bulk.grown
    kind = {"host M": 0, "host Li": 1, "host O": 2}
    site = np.array([kind[s] for s in atoms.site])
    # height along c: across layers that lean by the tilt
    along_c = np.array(atoms.y) * np.cos(grown.tilt) + np.array(atoms.x) * np.sin(grown.tilt)
    planes = np.array(sorted({round(v * 1e11) for v in along_c[site == 0]})) * 1e-11
    planes = planes[np.append(True, np.diff(planes) > 1e-10)]
    spacing = np.diff(planes)
    crystal = host_crystal(load_study("zhang2022").cells["doped"], form(load_study("zhang2022").cells["doped"]))
    assert spacing == pytest.approx(crystal.cell.c / 3, rel=0.05)
    between = (along_c[site == 1][:, None] - planes[None, :]) / (crystal.cell.c / 3)
    assert np.abs(between - np.rint(between - 0.5) - 0.5).max() < 0.05  # half-way, each of them
    assert set(np.array(atoms.element)[site == 1]) == {"Li"}


@pytest.mark.parametrize("name", ["made", "bulk", "layered"])
def test_no_two_atoms_overlap(name, request):
    atoms = request.getfixturevalue(name).grown.atoms
    places = np.column_stack([atoms.x, atoms.y])
    assert cKDTree(places).query(places, 2)[0][:, 1].min() > 0.1e-9


def test_the_bare_strip_is_as_wide_as_the_bare_share(made, zhao):
    grown = made.grown
    assert grown.covered_to / grown.width == pytest.approx(zhao[1].coating.coverage, rel=1e-12)
    assert max(grown.atoms.y) < grown.thickness == zhao[1].profile.layer_thickness
    layer = [x for x, s in zip(grown.atoms.x, grown.atoms.site) if s.startswith("layer")]
    assert max(layer) <= grown.covered_to


def test_lithium_passes_as_far_as_computed(made, bulk, layered):
    covered = [p for p in made.grown.paths if p.covered]
    assert sum(p.open for p in covered) == 1 < len(covered)  # 2 % of them, and never none
    assert all(p.open for p in bulk.grown.paths) and not any(p.covered for p in bulk.grown.paths)
    assert layered.grown.open_share == pytest.approx(1.0) and all(p.open for p in layered.grown.paths)
    through = next(p for p in covered if p.open)
    assert through.y[-1] > made.grown.thickness - 0.3e-9


def test_the_same_study_gives_the_same_figure(zhao, made):
    again = scene(zhao[0], formed=zhao[1])
    assert again == made
    first, second = (file_bytes(draw(s), ".svg", s.hash) for s in (made, again))
    assert first == second and b"Precursors mixed on" in first


def test_another_recipe_gives_another_figure(zhao, made):
    study = zhao[0]
    other = scene(study.changed("coated.coating.precursors.Nb12WO33", lambda share: replace(share, value=0.5)))
    zirconium = [s.mixed.volume_shares["ZrO2"] for s in (made, other)]
    assert zirconium[1] > 2 * zirconium[0]
    assert counts(other.grown.atoms.element, ["Nb"]) < counts(made.grown.atoms.element, ["Nb"])
    assert other.notes[0] != made.notes[0] and other.mixed.agglomerates != made.mixed.agglomerates


def test_time_runs_from_the_fresh_film_to_the_finished_layer(zhao):
    study, formed = zhao
    cell = study.cells["coated"]
    fresh, late = heated_scene(cell, formed, 0.0), heated_scene(cell, formed, 1.0)
    film = [e for e, s in zip(fresh.cations.element, fresh.cations.site) if s == "film"]
    assert set(film) <= {"Nb", "W"} and fresh.moves == () and fresh.undissolved == {"ZrO2": 1.0}
    assert late.time == duration(cell) and late.coverage == pytest.approx(formed.coating.coverage, rel=1e-9)
    assert (fresh.low, fresh.high, fresh.width) == (late.low, late.high, late.width)
    assert layer_scene(cell, formed, 1.0) == layer_scene(cell, formed)
    with pytest.raises(InputError, match="share_of_time"):
        heated_scene(cell, formed, 1.5)


def test_an_uncoated_cell_shows_its_own_cations_and_nothing_that_keeps_the_electrolyte_out(bulk):
    assert not bulk.coated and bulk.mixed.agglomerates == () and bulk.heated.moves == ()
    assert bulk.grown.thickness == bulk.grown.covered_to == bulk.grown.coverage == 0
    assert {"Ti", "Mg", "Mo"} <= set(bulk.grown.atoms.element)
    drawing = draw(bulk)
    assert len(drawing.rows) == len(bulk.heated.cations.x) + len(bulk.grown.atoms.x)


def test_a_scene_is_whole_in_json(made):
    told = json.loads(json.dumps(to_json(made)))
    assert len(told["grown"]["atoms"]["x_m"]) == len(made.grown.atoms.element)  # not thinned
    assert told["grown"]["thickness_m"] == pytest.approx(made.grown.thickness)


@pytest.mark.parametrize(("facet", "tilt"), [("110", 90.0), ("012", 70.7)])
def test_of_the_facets_that_pass_lithium_the_largest_is_drawn(facet, tilt):
    study = read_study({**LAYERED, "cathode": {"facet_shares": {"003": 0.6, facet: 0.4}}}, "own")
    found = layer_scene(study.cells["coated"], form(study.cells["coated"]))
    assert found.facet == facet and found.facet_share == pytest.approx(0.4)
    assert np.degrees(found.tilt) == pytest.approx(tilt, abs=0.2)
    assert found.paths and all(p.open for p in found.paths)
