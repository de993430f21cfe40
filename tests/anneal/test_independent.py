"""Against the equation of the docs written out once more, on an even grid, with a general stiff solver."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import diags

from epitropy.anneal.stage import anneal_profile

SPECIES = ("Ni", "Mn", "Nb", "W")
HOST = {"Ni": 4e-20, "Mn": 1e-20, "Nb": 6e-21, "W": 1.5e-20}
FILM = {"Ni": 1e-19, "Mn": 6e-20, "Nb": 2e-20, "W": 3e-20}
IN_HOST, IN_FILM = np.array([0.8, 0.2, 0.0, 0.0]), np.array([0.0, 0.0, 0.7, 0.3])
FILM_SITES, HOST_DENSITY, FILM_DENSITY, HOLD = 10e-9 * 34e3, 49e3, 34e3, 18000.0


def rates(x, width, d_host, d_film):
    """dx/dt on cells of equally many sites (mol/m2); no net flux, D and volume by the share of film."""
    share = (x[:, 2] + x[:, 3])[:, None]
    middle, between = (share[1:] + share[:-1]) / 2, (x[1:] + x[:-1]) / 2
    d = d_host ** (1 - middle) * d_film**middle
    volume = (1 - middle) / HOST_DENSITY + middle / FILM_DENSITY
    force = d * np.diff(x, axis=0)
    flux = (force - between * force.sum(axis=1, keepdims=True)) / volume**2 / width
    out = np.zeros_like(x)
    out[:-1] += flux
    out[1:] -= flux
    return out / width


def reference(cells_in_film=50, cells=700):
    """Fractions (species, cells) after the hold, and depth of the cells in sites (mol/m2)."""
    width = FILM_SITES / cells_in_film
    start = np.where(np.arange(cells)[:, None] < cells_in_film, IN_FILM, IN_HOST)
    d_host, d_film = np.array([HOST[s] for s in SPECIES]), np.array([FILM[s] for s in SPECIES])
    pattern = diags([np.ones(cells)] * 3, [-1, 0, 1], shape=(cells, cells)).toarray()
    solution = solve_ivp(
        lambda t, y: rates(y.reshape(cells, -1), width, d_host, d_film).ravel(),
        (0, HOLD),
        start.ravel(),
        method="BDF",
        rtol=1e-7,
        atol=1e-9,
        jac_sparsity=np.kron(pattern, np.ones((4, 4))),
        t_eval=[HOLD],
    )
    return solution.y[:, -1].reshape(cells, 4).T, (np.arange(cells) + 0.5) * width


def test_four_cations_of_different_speed_in_two_media(plain):
    profile = anneal_profile(
        plain(HOST, FILM, hold=HOLD),
        film_cations={"Nb": 0.7 * FILM_SITES, "W": 0.3 * FILM_SITES},
        inclusions={},
        host_cations={"Ni": 0.8, "Mn": 0.2},
        host_site_density=HOST_DENSITY,
        film_site_density=FILM_DENSITY,
        points=200,
        tolerance=1e-4,
    )
    fraction, below = reference()
    sites = profile.sites[::-1]
    own = (np.cumsum(sites) - sites / 2)[::-1]
    inside = own < below[-1]
    for i, row in enumerate(fraction):
        np.testing.assert_allclose(profile.fraction[i, inside], np.interp(own[inside], below, row), rtol=0, atol=1e-3)
    assert profile.fraction[2, -1] < 0.6  # the film did mix
