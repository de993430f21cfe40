"""Mixing that is not ideal: exact derivatives, an independent solution, limits, and where it splits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse import diags

from epitropy.anneal import fluxes
from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile
from epitropy.constants import GAS_CONSTANT
from epitropy.errors import InputError
from epitropy.laws import mixing_stability
from epitropy.records.sourced import Sourced

HOLD, TEMPERATURE, DENSITY = 18000.0, 973.15, 40e3


def with_pairs(spec, **pairs):
    return replace(spec, mixing_enthalpy={k.replace("_", "-"): Sourced(value=v) for k, v in pairs.items()})


def random_state(species, cells, strength, seed):
    draw = np.random.default_rng(seed)
    amounts = np.maximum(draw.dirichlet(np.full(species, 0.4), size=cells), 1e-4) * draw.uniform(0.5, 2, (cells, 1))
    pairs = np.triu(strength * draw.normal(size=(species, species)), 1)
    medium = fluxes.Medium(
        face_area=draw.uniform(0.5, 1, cells + 1),
        cell_area=draw.uniform(0.5, 1, cells),
        log_d=draw.uniform(-3, 3, (2, species)),
        slope=draw.uniform(1e4, 3e4, (2, species)),
        boost=draw.uniform(1, 10, species),
        film_start=cells - 3,
        weights=draw.uniform(0, 1, species),
        offset=0.1,
        volume=np.array([2.0, 1.0]),
        reference=973.15,
        dissolution=np.zeros((species, 2)),
        interaction=pairs + pairs.T,
        ideal=strength == 0,
    )
    return amounts, medium


@pytest.mark.parametrize("species, strength", [(3, 0.0), (6, 0.0), (3, 1.0), (6, 1.0)])
def test_the_jacobian_is_exact(species, strength):
    cells, size = 8, species - 1
    amounts, medium = random_state(species, cells, strength, seed=7)
    room, out = fluxes.room_for(cells, species), np.empty((cells, species))

    def rates(n):
        fluxes.fluxes(n, 950.0, medium, room, out)
        return np.diff(out, axis=0, prepend=0.0)[:, :-1].copy()

    differences = np.zeros((cells, size, cells, size))
    for k in range(cells):
        for j in range(size):
            small = np.zeros_like(amounts)
            small[k, j], small[k, -1] = 1e-6, -1e-6
            differences[:, :, k, j] = (rates(amounts + small) - rates(amounts - small)) / 2e-6
    rates(amounts)
    low, mid, up = np.zeros((3, cells, size, size))
    fluxes.jacobian(950.0, medium, room, low, mid, up)
    exact = np.zeros_like(differences)
    for k in range(cells):
        exact[k, :, k] = mid[k]
        if k > 0:
            exact[k, :, k - 1], exact[k - 1, :, k] = low[k], up[k - 1]
    np.testing.assert_allclose(exact, differences, rtol=0, atol=1e-6 * np.abs(differences).max())


def test_no_enthalpy_is_the_ideal_mixture(plain, coated):
    ideal = anneal_profile(plain({"Ni": 1e-18, "other": 1e-19}), **coated)
    zero, tiny = (
        anneal_profile(with_pairs(plain({"Ni": 1e-18, "other": 1e-19}), Ni_Nb=v), **coated) for v in (0.0, 1e-6)
    )
    np.testing.assert_array_equal(zero.fraction, ideal.fraction)
    np.testing.assert_allclose(tiny.fraction, ideal.fraction, rtol=0, atol=1e-8)
    assert zero.entropy_share is None and tiny.entropy_share == pytest.approx(1, rel=1e-8)


def test_the_order_of_a_pair_does_not_matter(plain, coated):
    one, other = (anneal_profile(with_pairs(plain({"other": 1e-19}), **{p: 5e3}), **coated) for p in ("Ni_Nb", "Nb_Ni"))
    np.testing.assert_array_equal(one.fraction, other.fraction)


def test_attraction_speeds_mixing_up_and_repulsion_slows_it_down(plain, coated):
    widths, shares = [], []
    for pair in (-8e3, -1e-3, 8e3):
        profile = anneal_profile(with_pairs(plain({"other": 1e-19}), Ni_Nb=pair), **coated)
        widths.append(profile.zone_width)
        shares.append(profile.entropy_share)
        assert profile.balance_error < 1e-12
    assert widths[0] > widths[1] > widths[2]
    assert shares[1] == pytest.approx(1, rel=1e-5)
    assert 0 < shares[0] < 1 < shares[2]


SPECIES = ("Ni", "Mn", "Nb")
HOST_X, FILM_X = np.array([0.8, 0.2, 0.0]), np.array([0.0, 0.0, 1.0])
SPEED = np.array([1e-19, 3e-20, 4e-20])
PAIRS = {"Ni_Nb": 9e3, "Mn_Nb": -12e3}


def rates(x, width):
    """dx/dt on equal cells, from x_i D_i grad(mu_i/RT) with logarithms taken apart from the excess."""
    omega = np.zeros((3, 3))
    for (a, b), value in {(0, 2): PAIRS["Ni_Nb"], (1, 2): PAIRS["Mn_Nb"]}.items():
        omega[a, b] = omega[b, a] = value / (GAS_CONSTANT * TEMPERATURE)
    excess = x @ omega - (np.einsum("ki,ij,kj->k", x, omega, x) / 2)[:, None]
    between = (x[1:] + x[:-1]) / 2
    push = SPEED * (np.diff(x, axis=0) + between * np.diff(excess, axis=0))
    flux = (push - between * push.sum(axis=1, keepdims=True)) / width
    return np.diff(np.pad(flux, ((1, 1), (0, 0))), axis=0) / width


def test_three_cations_against_a_general_stiff_solver(plain):
    film, cells, in_film = 10e-9, 1000, 40
    width = film / in_film
    start = np.where(np.arange(cells)[:, None] < cells - in_film, HOST_X, FILM_X)
    pattern = np.kron(diags([np.ones(cells)] * 3, [-1, 0, 1], shape=(cells, cells)).toarray(), np.ones((3, 3)))
    end = solve_ivp(
        lambda t, y: rates(y.reshape(cells, 3), width).ravel(),
        (0, HOLD),
        start.ravel(),
        method="BDF",
        rtol=1e-6,
        atol=1e-9,
        jac_sparsity=pattern,
        t_eval=[HOLD],
    ).y[:, -1]
    where = (np.arange(cells) + 0.5) * width - (cells - in_film) * width
    spec = plain(dict(zip(SPECIES, SPEED)), hold=HOLD)
    arguments = {
        "film_cations": {"Nb": film * DENSITY},
        "inclusions": {},
        "host_cations": {"Ni": 0.8, "Mn": 0.2},
        "host_site_density": DENSITY,
        "film_site_density": DENSITY,
        "points": 160,
        "tolerance": 2e-4,
    }
    profile, ideal = anneal_profile(with_pairs(spec, **PAIRS), **arguments), anneal_profile(spec, **arguments)
    inside = profile.depth > where[0]
    assert profile.species == SPECIES
    for row, reference in zip(profile.fraction, end.reshape(cells, 3).T):
        np.testing.assert_allclose(row[inside], np.interp(profile.depth[inside], where, reference), rtol=0, atol=1e-3)
    assert profile.fraction[1, -1] > ideal.fraction[1, -1] + 0.02  # the film attracts manganese


def test_stability_of_a_binary_and_of_a_regular_ternary():
    omega = np.array([[0.0, 2.5], [2.5, 0.0]])
    x = np.linspace(0.01, 0.99, 99)
    binary = mixing_stability(np.stack([x, 1 - x], axis=-1), omega)
    np.testing.assert_allclose(binary, 1 - 5 * x * (1 - x), rtol=0, atol=1e-12)
    equal = 2.9 * (1 - np.eye(3))  # n equal species split at omega = n
    assert mixing_stability(np.full(3, 1 / 3), equal) == pytest.approx(1 - 2.9 / 3, rel=1e-12)


def test_stability_has_the_sign_of_the_hessian():
    draw = np.random.default_rng(5)
    for _ in range(50):
        x = draw.dirichlet(np.ones(4))
        omega = np.triu(draw.normal(scale=4, size=(4, 4)), 1)
        omega = omega + omega.T
        basis = np.vstack([np.eye(3), -np.ones(3)])
        hessian = basis.T @ (np.diag(1 / x) + omega) @ basis
        assert np.sign(np.linalg.eigvalsh(hessian)[0]) == np.sign(mixing_stability(x, omega))


def test_a_mixture_that_splits_is_refused_with_pair_and_temperature(coated):
    with pytest.raises(InputError, match=r"anneal.mixing_enthalpy.Ni-Nb: 20 kJ/mol .* 700 degC .*spinodal"):
        anneal_profile(with_pairs(Anneal(), Nb_Ni=20e3), **coated)


@pytest.mark.parametrize("pairs", [{"Ni": 1.0}, {"Ni_Ni": 1.0}, {"Ni_Nb_W": 1.0}, {"Ni_Nb": 1.0, "Nb_Ni": 2.0}])
def test_pairs_that_are_none_are_named(pairs):
    with pytest.raises(InputError, match="anneal.mixing_enthalpy"):
        with_pairs(Anneal(), **pairs)
