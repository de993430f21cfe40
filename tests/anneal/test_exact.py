"""Against closed solutions: one diffusivity for all, so that every cation diffuses on its own."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf

from epitropy.anneal.stage import anneal_profile

D, HOLD, FILM = 1e-19, 18000.0, 10e-9
DENSITY = 40e3


def simple_profile(plain, particle_radius=None, **options):
    """A film of thickness FILM; on a sphere it holds more than FILM times the area of the host."""
    r = particle_radius
    volume = FILM if r is None else ((r + FILM) ** 3 - r**3) / (3 * r**2)
    return anneal_profile(
        plain({"other": D}, hold=HOLD),
        film_cations={"Nb": volume * DENSITY},
        particle_radius=r,
        inclusions={},
        host_cations={"Ni": 1.0},
        host_site_density=DENSITY,
        film_site_density=DENSITY,
        **options,
    )


def shell_on_plane(depth):
    """Fraction of the shell's cation below a sealed surface at z = FILM."""
    below, spread = FILM - depth, 2 * np.sqrt(D * HOLD)
    return (erf((below + FILM) / spread) - erf((below - FILM) / spread)) / 2


def shell_on_sphere(depth, radius, terms):
    """The same on a sphere, from the eigenfunctions sin(q r)/r with tan(q a) = q a, a = radius + FILM."""
    a = radius + FILM
    roots = np.array(
        [brentq(lambda u: np.sin(u) - u * np.cos(u), k * np.pi, (k + 0.5) * np.pi) for k in range(1, terms)]
    )
    q = roots / a

    def moment(r):
        return np.sin(q * r) / q**2 - r * np.cos(q * r) / q

    weight = (moment(a) - moment(radius)) / (a / 2 - np.sin(2 * q * a) / (4 * q)) * np.exp(-D * HOLD * q**2)
    r = radius + depth
    return 1 - (radius / a) ** 3 + (np.sin(np.outer(r, q)) / r[:, None]) @ weight


def test_shell_on_a_plane(plain):
    profile = simple_profile(plain, points=160, tolerance=1e-4)
    np.testing.assert_allclose(profile.fraction[1], shell_on_plane(profile.depth), rtol=0, atol=3e-5)


def test_shell_on_a_small_sphere(plain):
    profile = simple_profile(plain, particle_radius=150e-9, points=240, tolerance=1e-4)
    exact = shell_on_sphere(profile.depth, 150e-9, 100)
    np.testing.assert_allclose(profile.fraction[1], exact, rtol=0, atol=1e-4)
    assert np.abs(exact - shell_on_plane(profile.depth)).max() > 0.02  # the curvature is seen


def test_on_five_micrometres_the_plane_is_good_to_two_parts_in_a_thousand(plain):
    profile = simple_profile(plain, particle_radius=5e-6, points=160, tolerance=1e-4)
    sphere = shell_on_sphere(profile.depth, 5e-6, 4000)
    np.testing.assert_allclose(profile.fraction[1], sphere, rtol=0, atol=3e-5)
    assert np.abs(sphere - shell_on_plane(profile.depth)).max() < 2e-3


@pytest.mark.parametrize("radius", [None, 150e-9])
def test_second_order_in_the_grid(plain, radius):
    cells = np.array([60, 120, 240])
    errors = []
    for points in cells:
        profile = simple_profile(plain, particle_radius=radius, points=int(points), tolerance=2e-6)
        exact = shell_on_plane(profile.depth) if radius is None else shell_on_sphere(profile.depth, radius, 100)
        errors.append(np.abs(profile.fraction[1] - exact).max())
    slope = np.polyfit(np.log(cells), np.log(errors), 1)[0]
    assert slope == pytest.approx(-2, abs=0.2)


def test_the_time_error_follows_the_tolerance(plain):
    fine = simple_profile(plain, tolerance=1e-8)
    errors = [np.abs(simple_profile(plain, tolerance=t).fraction - fine.fraction).max() for t in (1e-2, 1e-4, 1e-6)]
    assert errors[0] < 1e-2 and errors[1] < errors[0] / 10 and errors[2] < errors[1] / 10
