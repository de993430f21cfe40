"""From phases to ranked matches."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest

from epitropy.epitaxy.stage import best_matches, shared_oxygen_continuation
from epitropy.errors import InputError
from epitropy.records.epitaxy import LatticeMatch
from epitropy.records.phase import UnitCell
from epitropy.units import units_of

WIDE = {"max_index": 1, "max_area": 4e-18, "max_strain": 0.04}


@pytest.fixture(scope="module")
def nickel_oxide(host, films):
    return best_matches(host, [films["NiO"]], **WIDE)


def test_a_film_of_the_host_lies_on_it_without_strain(host):
    match = best_matches(host, [replace(host, name="film")])[0]
    assert match.orientation == "(003)[100] || (003)[100]"
    assert np.abs(match.deformation_gradient - np.eye(2)).max() < 1e-12
    assert match.area == pytest.approx(match.host_area, rel=1e-12, abs=0)
    assert match.continuation
    assert match.critical_thickness is None
    assert "unstrained" in match.critical_thickness_note
    assert match.dislocation_spacing is None


def test_rounding_is_no_strain(host):
    cell = replace(host.cell, a=host.cell.a * (1 + 1e-13), b=host.cell.b * (1 + 1e-13))
    match = best_matches(host, [replace(host, name="film", cell=cell)])[0]
    assert match.critical_thickness is match.critical_thickness_below is match.dislocation_spacing is None


def test_rock_salt_continues_the_oxygen_layers(nickel_oxide):
    (match,) = shared_oxygen_continuation(nickel_oxide)
    assert match.orientation == "(003)[100] || (111)[1-10]"
    assert match.area == pytest.approx(4.18e-10**2 * 3**0.5 / 4, rel=1e-12, abs=0)
    assert match.principal_strain == pytest.approx(2.876 * 2**0.5 / 4.18 - 1, abs=1e-12)  # -2.70 %
    assert match.misfit == pytest.approx(4.18 / 2**0.5 / 2.876 - 1, abs=1e-12)
    assert match.rank == 1
    assert match.variants == 1


def test_spinel_continues_them_over_a_doubled_cell(host, films):
    (match,) = shared_oxygen_continuation(best_matches(host, [films["spinel"]]))
    assert match.orientation == "(003)[100] || (111)[1-10]"
    assert match.host_area / match.area == pytest.approx((2 * 2.876 / (8.10 / 2**0.5)) ** 2, rel=1e-12, abs=0)
    assert match.principal_strain == pytest.approx(2 * 2.876 / (8.10 / 2**0.5) - 1, abs=1e-12)


def test_a_fluorite_has_no_such_continuation(host, films):
    assert shared_oxygen_continuation(best_matches(host, [films["c-ZrO2"]], max_area=1e-18)) == ()


@pytest.mark.parametrize(
    ("name", "max_index", "orbits"),
    [("NiO", 1, 2605), ("Nb12WO33", 1, 155), ("NiO", 2, 5771), ("Nb12WO33", 2, 414)],
)
def test_number_of_orbits_of_an_independent_enumeration(host, films, name, max_index, orbits):
    assert len(best_matches(host, [films[name]], **(WIDE | {"max_index": max_index}))) == orbits


@pytest.mark.parametrize("name", ["LiNbO3", "m-ZrO2"])
def test_the_film_as_host_finds_the_same_matches(host, films, name):
    """The other net is listed then: another path to the same orbits, exchanged and inverted."""
    there = best_matches(host, [films[name]], **WIDE)
    back = best_matches(films[name], [host], **(WIDE | {"max_strain": 0.045}))
    inverse = [m for m in back if np.abs(1 / (1 + m.principal_strain) - 1).max() <= 0.04 * (1 + 1e-9)]
    first = np.array([(m.area * 1e20, m.host_area * 1e20, *m.principal_strain) for m in there])
    second = [(m.host_area * 1e20, m.area * 1e20, *(1 / (1 + m.principal_strain[::-1]) - 1)) for m in inverse]
    first, second = (rows[np.lexsort(rows.round(7).T)] for rows in (first, np.array(second)))
    assert len(first) == len(second) > 400
    assert np.allclose(first, second, rtol=1e-6, atol=1e-9)


def test_a_plane_that_centring_by_halves_would_double(host, films):
    """m-ZrO2 (21-1) on (001): cells of an odd number of primitive nets, lost where the net is taken twice."""
    planes = {"m-ZrO2": [(2, 1, -1)]}
    found = best_matches(host, [films["m-ZrO2"]], host_planes=[(0, 0, 1)], film_planes=planes, max_area=4e-18)
    matrix = films["m-ZrO2"].cell.matrix
    net = np.linalg.det(matrix) * np.linalg.norm(np.linalg.inv(matrix) @ (2, 1, -1))
    counts = np.array([match.area for match in found]) / net
    assert np.abs(counts - np.rint(counts)).max() < 1e-9
    assert {3, 5} <= set(np.rint(counts).astype(int).tolist())


def test_cells_and_direction_and_gradient_agree(host, films):
    """F takes the film's cell, edge by edge, to the host's, in frames along the direction."""
    for match in best_matches(host, [films["Nb12WO33"], films["LiNbO3"]], max_area=2e-18):
        film_cell = next(f.cell for f in films.values() if f.name == match.film).matrix
        lengths = []
        for cell, matrix, plane in (
            (match.host_cell, host.cell.matrix, match.host_plane),
            (match.film_cell, film_cell, match.film_plane),
        ):
            edges = cell @ matrix
            assert np.abs(cell @ plane).max() < 1e-12
            assert np.cross(*edges) @ np.linalg.inv(matrix) @ plane > 0
            lengths.append(edges @ edges.T)
        assert abs(lengths[0][0, 1]) <= lengths[0][0, 0] * 0.55
        gradient = match.deformation_gradient
        assert gradient[1, 0] == pytest.approx(0, abs=1e-12)
        first = math.sqrt(lengths[1][0, 0])
        second = np.array([lengths[1][0, 1] / first, match.area / first])
        carried = np.array([[first, 0.0], second]) @ gradient.T
        assert np.allclose(carried @ carried.T, lengths[0], rtol=1e-10, atol=1e-30)
        for direction, cell in (
            (match.host_direction, match.host_cell),
            (match.film_direction, match.film_cell),
        ):
            assert np.abs(np.cross(direction, cell[0])).max() < 1e-9
            assert math.gcd(*direction) == 1


@pytest.mark.parametrize("name", ["m-ZrO2", "Nb12WO33"])
def test_another_setting_of_the_same_crystal_changes_nothing(host, films, name):
    """Monoclinic axes a' = -a - c, c' = a: P2_1/c becomes P2_1/n, C2 becomes A2, and h' = -h - l, l' = h."""
    film = films[name]
    change = np.array([[-1, 0, -1], [0, 1, 0], [1, 0, 0]])
    edges = change @ film.cell.matrix
    a, b, c = np.linalg.norm(edges, axis=1)
    cell = UnitCell(a=a, b=b, c=c, beta=math.acos(edges[0] @ edges[2] / (a * c)))
    group = {"P2_1/c": "P2_1/n", "C2": "A2"}[film.space_group]
    planes = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 1, -1)]
    moved = [tuple(int(i) for i in change @ plane) for plane in planes]
    first = best_matches(host, [film], film_planes={name: planes}, max_area=3e-18)
    second = best_matches(
        host, [replace(film, cell=cell, space_group=group)], film_planes={name: moved}, max_area=3e-18
    )
    assert len(first) == len(second) > 5
    for one, two in zip(table(first), table(second)):
        assert one == pytest.approx(two, rel=1e-7, abs=1e-9)


def test_rhombohedral_axes_change_nothing(host, films):
    """(001) of the hexagonal axes is (111) of the rhombohedral ones; (101) is (100)."""
    a, c = host.cell.a, host.cell.c
    edge = math.sqrt(3 * a * a + c * c) / 3
    angle = 2 * math.asin(3 / (2 * math.sqrt(3 + (c / a) ** 2)))
    cell = UnitCell(a=edge, b=edge, c=edge, alpha=angle, beta=angle, gamma=angle)
    first = best_matches(host, [films["NiO"]], host_planes=[(0, 0, 1), (1, 0, 1)], max_area=3e-18)
    second = best_matches(replace(host, cell=cell), [films["NiO"]], host_planes=[(1, 1, 1), (1, 0, 0)], max_area=3e-18)
    assert len(first) == len(second) > 20
    for one, two in zip(table(first), table(second)):
        assert one == pytest.approx(two, rel=1e-7, abs=1e-9)


def table(matches):
    rows = [
        (m.area * 1e20, m.host_area * 1e20, *m.principal_strain, m.energy_per_thickness * 1e-9, m.variants)
        for m in matches
    ]
    return sorted(rows, key=lambda row: [round(x, 6) for x in row])


def test_facets_beyond_the_index_can_be_asked_for(host, films):
    found = best_matches(
        host, [films["NiO"]], host_planes=[(1, 0, 4)], film_planes={"NiO": [(1, 0, 0)]}, max_area=2e-19
    )
    assert {match.host_label for match in found} == {"(104)"}
    assert {match.film_label for match in found} == {"(200)"}
    assert len(found) == 1  # the cubic continuation across the layers, beside (003) || (111)


def test_matches_are_ranked_as_stated(nickel_oxide):
    assert [match.rank for match in nickel_oxide] == list(range(1, len(nickel_oxide) + 1))
    best = nickel_oxide[0]
    for other in nickel_oxide[1:]:
        no_worse = other.area <= best.area and other.energy_per_thickness <= best.energy_per_thickness
        assert not no_worse or other.area == best.area


def test_critical_thickness_gives_a_bound_instead_of_a_misleading_number(nickel_oxide):
    stiff = nickel_oxide[0]
    assert stiff.critical_thickness is None
    assert stiff.critical_thickness_below == pytest.approx(4 * 4.18e-10 / 2**0.5, rel=1e-9, abs=0)
    assert "4 Burgers vectors" in stiff.critical_thickness_note
    for match in nickel_oxide[:200]:
        if match.critical_thickness is not None:
            assert match.critical_thickness >= 4 * match.burgers_length
            assert match.critical_thickness_note == ""


def test_without_elastic_constants_the_strain_ranks(host, films):
    film = replace(films["NiO"], young_modulus=None, poisson_ratio=None)
    match = best_matches(host, [film])[0]
    assert match.continuation
    assert match.energy_per_thickness is None
    assert match.critical_thickness is None


def test_softer_films_store_less(host, films):
    soft = replace(films["NiO"], young_modulus=replace(films["NiO"].young_modulus, value=90.5e9))
    for one, two in zip(best_matches(host, [films["NiO"]])[:20], best_matches(host, [soft])[:20]):
        assert two.energy_per_thickness == pytest.approx(one.energy_per_thickness / 2, rel=1e-12, abs=0)


def test_no_match_is_empty(host, films):
    assert len(best_matches(host, [films["Nb12WO33"]], max_area=2e-19)) == 0
    assert list(best_matches(host, [])) == []
    with pytest.raises(InputError, match="2e-18"):
        best_matches(host, [films["NiO"]], max_area=-1.0)


def test_unknown_films_and_impossible_cells_are_refused(host, films):
    with pytest.raises(InputError, match="no film 'MgO'"):
        best_matches(host, [films["NiO"]], film_planes={"MgO": [(1, 1, 1)]})
    with pytest.raises(InputError, match="NiO"):
        best_matches(host, [replace(films["NiO"], space_group="P6/mmm")])


def test_every_number_of_a_match_states_its_unit():
    units = units_of(LatticeMatch)
    text = {
        "host",
        "film",
        "host_label",
        "film_label",
        "slip_system",
        "critical_thickness_note",
        "continuation",
        "half_turn",
    }
    assert {f.name for f in fields(LatticeMatch) if units[f.name] is None} == text


def test_the_stage_is_quick_and_loads_nothing_heavy(host, films):
    started = time.process_time()
    best_matches(host, [films[name] for name in ("NiO", "spinel", "m-ZrO2", "Nb12WO33")])
    assert time.process_time() - started < 2.0
    code = "import sys, epitropy.epitaxy.stage; print({'spglib', 'pymatgen', 'scipy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_the_first_dislocation_is_the_easiest_of_the_short_net_vectors(host, films):
    """Once more in space: stress tensor from F, b from [uvw] in fractions, h from the balance of forces."""
    film, nu, checked = films["t-ZrO2"], 0.3, 0
    for match in best_matches(host, [film], max_area=3e-18):
        if match.critical_thickness is None:
            continue
        x = np.array(match.film_direction) @ film.cell.matrix
        normal = np.linalg.inv(film.cell.matrix) @ match.film_plane
        frame = np.array([x, np.cross(normal, x)])
        frame /= np.linalg.norm(frame, axis=1, keepdims=True)
        values, axes = np.linalg.eigh(match.deformation_gradient.T @ match.deformation_gradient)
        strain = axes @ np.diag(np.sqrt(values) - 1) @ axes.T
        stress = (1 - nu) * strain + nu * np.trace(strain) * np.eye(2)  # in E/(1 - nu2)
        net = np.array([v for v in net_vectors(match.film_plane) if np.abs(v).max() <= 1]) @ film.cell.matrix
        heights = {height(b, stress, nu) for b in net @ frame.T}
        assert match.critical_thickness == pytest.approx(min(heights), rel=1e-6, abs=0)
        b = next(v for v in net @ frame.T if height(v, stress, nu) == min(heights))
        n = stress @ b / np.linalg.norm(stress @ b)
        assert match.dislocation_spacing == pytest.approx(abs(b @ n) / np.linalg.norm(strain @ n), rel=1e-6, abs=0)
        checked += 1
    assert checked > 10


def net_vectors(plane):
    span = range(-2, 3)
    return [v for v in product(span, span, span) if any(v) and np.dot(v, plane) == 0]


def height(b, stress, nu):
    """Larger h with h |s b| / b^2 = (1 - nu cos2) (1 + ln h/b) / (8 pi), by repeated substitution."""
    force, length = np.linalg.norm(stress @ b), np.linalg.norm(b)
    cosine = 1 - (b @ stress @ b / (force * length)) ** 2
    k = (1 - nu * cosine) * length / (8 * np.pi * force)
    y = 1e3
    for _ in range(400):
        y = k * (1 + np.log(max(y, 1e-3)))
    return y * length if k >= 1 else length
