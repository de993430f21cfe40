"""Strain, energy and critical thickness against exact solutions."""

from __future__ import annotations

import numpy as np
import pytest

from epitropy.epitaxy import laws
from epitropy.epitaxy.dislocations import first_dislocation
from epitropy.epitaxy.ranking import best_first, fronts


def test_principal_strains_are_singular_values_minus_one():
    gradients = np.random.default_rng(1).normal(scale=0.2, size=(200, 2, 2)) + np.eye(2)
    gradients = gradients[np.linalg.det(gradients) > 0]
    expected = np.linalg.svd(gradients)[1] - 1
    assert np.abs(laws.principal_strains(gradients) - expected).max() < 1e-13


def test_deformation_gradient_maps_film_onto_host():
    film, host = np.random.default_rng(2).normal(size=(2, 50, 2, 2))
    gradient = laws.deformation_gradient(film, host)
    assert np.abs(film @ np.swapaxes(gradient, 1, 2) - host).max() < 1e-9


def test_energy_is_work_of_the_stress_and_least_over_the_normal_strain():
    """w = s . e / 2, and 3D Hooke's energy is least over e3 there: clamping the film would cost more."""
    young, nu, strain = 200e9, 0.28, np.array([0.013, -0.021])
    energy = laws.plane_stress_energy(strain, young, nu)
    assert energy == pytest.approx(laws.plane_stress(strain, young, nu) @ strain / 2, rel=1e-12, abs=0)

    def hooke(e3):
        e, lame = np.array([*strain, e3]), young * nu / ((1 + nu) * (1 - 2 * nu))
        return lame / 2 * e.sum() ** 2 + young / (2 * (1 + nu)) * (e**2).sum()

    free = float(laws.normal_strain(strain, nu))
    assert hooke(free) == pytest.approx(energy, rel=1e-12, abs=0)
    assert min(hooke(free - 1e-4), hooke(free + 1e-4)) > energy


@pytest.mark.parametrize(
    ("film_lengths", "host_lengths", "expected"),
    [
        ((4.15 / 2**0.5, 4.15 / 2**0.5), (2.876, 2.876), 0.103),
        ((4.15 / 2**0.5, 4.15 * 2**0.5), (2.876, (4 * 2.876**2 / 3 + 14.19**2 / 9) ** 0.5), 0.080),
        ((2.89, 2.89), (2.876, 2.876), 0.006),
    ],
)
def test_published_energies_of_coherent_films(film_lengths, host_lengths, expected):
    """Rock salt on (003) and (104), layered on (003), J/m2 per nm at x = 1, with E/(1 - nu) = 259 GPa."""
    strain = np.array(host_lengths) / np.array(film_lengths) - 1
    energy = laws.plane_stress_energy(strain, 181e9, 0.3) * 1e-9
    assert energy == pytest.approx(expected, abs=1.5e-3)


def test_von_mises_strain_vanishes_for_pure_dilation_and_is_the_strain_of_uniaxial_tension():
    nu = 0.5  # incompressible: uniaxial stress strains (e, -e/2, -e/2), whose equivalent strain is e
    assert laws.von_mises_strain(np.array([0.02, -0.01]), nu) == pytest.approx(0.02, rel=1e-12, abs=0)


def test_critical_thickness_balances_pull_and_line_tension():
    """2 G (1 + nu)/(1 - nu) b h e = G b^2 (1 - nu cos2) / (4 pi (1 - nu)) (ln h/b + 1), over G b^2."""
    nu, strain, edge = 0.3, np.array([0.001, 0.004, 0.01]), np.array([1.0, 0.5, 0.8])
    y = laws.critical_thickness_ratio(strain * edge, edge, nu)
    pull = 2 * (1 + nu) / (1 - nu) * y * strain * edge
    tension = (1 - nu * (1 - edge**2)) / (4 * np.pi * (1 - nu)) * (np.log(y) + 1)
    assert np.abs(pull / tension - 1).max() < 1e-12
    assert (np.diff(laws.critical_thickness_ratio(np.geomspace(1e-4, 2e-2, 9), np.ones(9), nu)) < 0).all()


def test_critical_thickness_at_its_ends():
    nu = 0.3
    limit = 1 / (8 * np.pi * (1 + nu))  # k = 1: h_c = b
    assert laws.critical_thickness_ratio(np.array(limit), np.array(1.0), nu) == pytest.approx(1.0, abs=1e-6)
    assert np.isnan(laws.critical_thickness_ratio(np.array(limit * 1.01), np.array(1.0), nu))
    assert np.isinf(laws.critical_thickness_ratio(np.array(0.0), np.array(0.0), nu))


@pytest.mark.parametrize("strain", [0.0005, 0.003, 0.01, 0.02])
def test_a_film_of_the_critical_thickness_holds_just_its_strain(strain):
    nu, burgers = 0.27, 2.9e-10
    thickness = burgers * float(laws.critical_thickness_ratio(np.array(strain), np.array(1.0), nu))
    assert laws.held_strain(thickness, burgers, nu) == pytest.approx(strain, rel=1e-9, abs=0)
    assert laws.held_strain(2 * thickness, burgers, nu) < strain
    assert laws.held_strain(burgers, burgers, nu) == np.inf


def test_the_dislocation_does_not_depend_on_axes_when_the_strain_is_the_same_all_round():
    basis, strain = 3e-10 * np.array([[1, 0], [0.5, 0.75**0.5]]), np.full((7, 2), 0.004)
    lines = first_dislocation(basis, np.linspace(0, np.pi, 7), strain, 0.3)
    assert np.ptp(lines.ratio) < 1e-9 * lines.ratio[0]
    assert lines.spacing == pytest.approx(3e-10 / 0.004, rel=1e-12, abs=0)
    assert lines.length == pytest.approx(3e-10, rel=1e-12, abs=0)


def test_fronts_match_their_definition():
    area, energy = np.random.default_rng(5).integers(0, 12, size=(2, 150)).astype(float)
    left, expected, level = set(range(150)), np.zeros(150, dtype=int), 0
    while left:
        best = {i for i in left if not any(beats(area, energy, j, i) for j in left)}
        expected[list(best)] = level
        left, level = left - best, level + 1
    assert (fronts(area, energy) == expected).all()
    assert best_first(area, energy)[0] == np.lexsort((energy, area))[0]


def beats(area, energy, j, i):
    no_worse = area[j] <= area[i] and energy[j] <= energy[i]
    return no_worse and (area[j] < area[i] or energy[j] < energy[i])
