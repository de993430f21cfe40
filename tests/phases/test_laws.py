"""Gas, lithium, hull, interpolation: exact answers, limits, an independent code."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from epitropy.constants import ATMOSPHERE, GAS_CONSTANT
from epitropy.phases import laws
from epitropy.phases.candidates import lowest_by_point
from epitropy.phases.energies import EV, Mixtures
from epitropy.phases.hull import Columns, above, cheapest, simplex
from epitropy.phases.interpolation import interpolate


def test_oxygen_follows_the_published_table():
    """Reuter and Scheffler, Phys. Rev. B 65 (2001) 035406, table I: per atom over 0 K at one atmosphere, in eV."""
    from_zero = 8.683e3  # J/mol, H(298) - H(0) of O2
    for temperature, published in ((300, -0.27), (600, -0.61), (800, -0.85), (1000, -1.10)):
        found = (laws.oxygen_potential(temperature, ATMOSPHERE) + from_zero) / 2 / EV
        assert found == pytest.approx(published, abs=0.006)


def test_oxygen_follows_its_pressure_and_its_entropy():
    one, ten = (laws.oxygen_potential(973.15, p * ATMOSPHERE) for p in (1, 10))
    assert ten - one == pytest.approx(GAS_CONSTANT * 973.15 * np.log(10), rel=1e-12)
    slope = (laws.oxygen_potential(901, ATMOSPHERE) - laws.oxygen_potential(899, ATMOSPHERE)) / 2
    _, entropy = laws.shomate(900.0, laws_coefficients())
    assert slope == pytest.approx(-entropy, rel=1e-5)  # d mu / dT = -S


def laws_coefficients():
    from epitropy.sources import table

    return table("thermochemistry.toml")["oxygen"]["coefficients"][1]


def test_both_ranges_of_oxygen_meet():
    low, high = (laws.oxygen_potential(700 + d, ATMOSPHERE) for d in (-1e-6, 1e-6))
    assert low == pytest.approx(high, abs=20)


def test_the_hull_is_that_of_pymatgen():
    """Random ternary compounds: energies above the hull and decompositions agree."""
    chance = np.random.default_rng(3)
    elements = ("Ni", "Nb", "Zr")
    fractions = np.vstack([np.eye(3), chance.dirichlet(np.ones(3), 25).round(2)])
    fractions[:, 2] = 1 - fractions[:, :2].sum(1)
    fractions = fractions[(fractions >= 0).all(1)]
    energy = np.r_[np.zeros(3), chance.normal(-0.3, 0.4, len(fractions) - 3)]
    entries = [ComputedEntry(Composition(dict(zip(elements, x))), e) for x, e in zip(fractions, energy)]
    diagram = PhaseDiagram(entries)
    columns = Columns(names=tuple(map(str, range(len(energy)))), fractions=fractions, energy=energy)
    for x in chance.dirichlet(np.ones(3), 20):
        ours = cheapest(columns, x)
        theirs = diagram.get_hull_energy_per_atom(Composition(dict(zip(elements, x))))
        assert ours.energy == pytest.approx(theirs, abs=1e-7)
        assert ours.shares @ fractions == pytest.approx(x, abs=1e-7)
        assert (above(columns, ours) > -1e-7).all()
    for k, entry in enumerate(entries):
        whole = cheapest(columns, fractions[k])
        assert energy[k] - whole.energy == pytest.approx(diagram.get_e_above_hull(entry), abs=1e-7)


def test_a_common_zero_does_not_move_the_assembly():
    columns = Columns(
        names=("A", "B", "AB"), fractions=np.array([[1, 0], [0, 1], [0.5, 0.5]]), energy=np.array([0, 0, -4.0])
    )
    moved = Columns(names=columns.names, fractions=columns.fractions, energy=columns.energy - 5e6)
    one, two = (cheapest(c, [0.6, 0.4]) for c in (columns, moved))
    assert two.shares == pytest.approx(one.shares, abs=1e-9)
    assert two.energy == pytest.approx(one.energy - 5e6, rel=1e-9)


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_the_simplex_is_whole(parts):
    from math import comb

    found = simplex(parts, 8)
    assert len(found) == comb(8 + parts - 1, parts - 1) == len(np.unique(found, axis=0))
    assert found.sum(1) == pytest.approx(np.ones(len(found)))


def regular(species=4, rows=40, seed=1, noise=0.0):
    """Mixtures whose energies are those of a regular solution."""
    chance = np.random.default_rng(seed)
    x = chance.dirichlet(np.ones(species), rows)
    truth = np.r_[chance.normal(-1e6, 3e5, species), chance.normal(0, 2e4, species * (species - 1) // 2)]
    energy = laws.pair_features(x) @ truth + noise * chance.standard_normal(rows)
    data = Mixtures(
        host="made",
        species=tuple("ABCD"[:species]),
        fractions=x,
        energy=energy,
        spread=np.full(rows, noise),
        decorations=np.ones(rows),
        volume=np.ones(rows),
        area=np.ones(rows),
        lithium=0.0,
        oxygen=2.0,
    )
    return data, truth


def test_a_regular_solution_is_found_again():
    data, truth = regular()
    found = interpolate(data)
    assert found.error < 200  # J/mol, of energies of 1e6
    fresh = np.random.default_rng(9).dirichlet(np.ones(4), 50)
    assert found.energy(fresh) == pytest.approx(laws.pair_features(fresh) @ truth, abs=1e3)


def test_the_stated_error_is_that_of_new_compositions():
    """Left-out errors, in closed form, predict what happens at compositions that were never there."""
    data, truth = regular(noise=2e3, rows=60)
    found = interpolate(data)
    fresh = np.random.default_rng(9).dirichlet(np.ones(4), 400)
    off = found.energy(fresh) - laws.pair_features(fresh) @ truth + 2e3 * np.random.default_rng(4).standard_normal(400)
    assert found.error == pytest.approx(np.sqrt(np.mean(off**2)), rel=0.3)


def test_left_out_errors_are_those_of_fitting_without_each():
    from epitropy.phases import interpolation as room

    data, _ = regular(noise=2e3, rows=14)
    noise, prior = np.full(14, 2e3), room.Prior(0.4 * EV, 0.1 * EV, 0.3)
    widths = room._widths(data, prior, 10 * EV)
    *_, left, expected = room._fitted(data.fractions, data.energy, noise, widths, prior)
    for k in range(14):
        kept = np.arange(14) != k
        points = data.fractions[kept]
        weights, precision, *_ = room._fitted(points, data.energy[kept], noise[kept], widths, prior)
        shared = room._covariance(data.fractions[k], points, widths, prior)
        assert data.energy[k] - shared @ weights == pytest.approx(left[k], rel=1e-4, abs=1.0)
        own = (widths**2) @ laws.pair_features(data.fractions[k]) ** 2 + prior.rest**2 + noise[k] ** 2
        assert own - shared @ precision @ shared == pytest.approx(expected[k] ** 2, rel=1e-3)


def test_a_smooth_rest_is_followed_and_its_curvature_is_its_second_derivative():
    """A bump that no pair of cations makes; the curvature against differences of the energy itself."""
    data, truth = regular(rows=60)
    bump = 30e3 * np.exp(-((data.fractions - 0.25) ** 2).sum(1) / (2 * 0.2**2))
    plain, bumpy = (interpolate(replace(data, energy=e)) for e in (data.energy, data.energy + bump))
    assert plain.prior.rest <= bumpy.prior.rest > 0
    here, step = np.array([0.3, 0.3, 0.2, 0.2]), 1e-3
    assert bumpy.energy(here) - plain.energy(here) == pytest.approx(
        30e3 * np.exp(-((here - 0.25) ** 2).sum() / (2 * 0.2**2)), rel=0.3
    )
    along = np.array([1, -1, 0, 0.0])
    ends = [float(bumpy.energy(here + s * step * along)) for s in (-1, 0, 1)]
    bent = (ends[0] - 2 * ends[1] + ends[2]) / step**2
    assert along @ bumpy.curvature(here) @ along == pytest.approx(bent, rel=1e-2)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-1e3, 1e3)), min_size=1, max_size=40))
def test_the_lowest_of_every_point(rows):
    point, values = (np.array(column) for column in zip(*rows))
    found = lowest_by_point(values, point)
    assert sorted(point[found].tolist()) == sorted(set(point.tolist()))
    assert all(values[k] == values[point == point[k]].min() for k in found)
