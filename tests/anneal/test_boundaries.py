"""The two-path model of grain boundaries against exact solutions and against finite volumes in two dimensions."""

import math
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.sparse import csr_matrix
from scipy.special import erfc, erfcx

from epitropy.anneal import boundaries, laws
from epitropy.anneal.boundaries import (
    Paths,
    boundary_fraction,
    decay_depth,
    entered,
    film_fraction,
    infiltrate,
    stored,
)
from epitropy.anneal.grid import areas, cell_widths
from epitropy.anneal.programme import segments, thermal_time
from epitropy.anneal.spec import Anneal
from epitropy.errors import InputError
from epitropy.laws import arrhenius
from epitropy.records.sourced import Sourced

WIDTH, LATTICE = 1e-9, 1e-16  # boundary width, m; D_l t, m2
LENGTH = math.sqrt(LATTICE)
ARTICLE = {
    "film_cations": {"Nb": 2.2e-4, "W": 1.8e-5, "Zr": 1.2e-5},
    "grain_size": 400e-9,
    "particle_radius": 5e-6,
    "host_site_density": 49.0e3,
    "film_site_density": 33.9e3,
}


def lone_boundary(beta):
    """A constant source on one boundary, far from the next; beta = (D_gb/D_l - 1) delta/(2 sqrt(D_l t))."""
    return Paths(lattice=LATTICE, boundary=LATTICE * (1 + 2 * beta * LENGTH / WIDTH), width=WIDTH, spacing=1e-5)


def whipple(paths, depth):
    """R. T. P. Whipple's solution: fraction at the edge of the boundary, and int c dy over one grain, less its own."""
    ratio = paths.boundary / paths.lattice
    beta = (ratio - 1) * paths.width / (2 * LENGTH)
    eta = depth / LENGTH

    def weight(s):
        return np.exp(-(eta**2) / (4 * s)) / s**1.5

    def steep(s):
        return math.sqrt((ratio - 1) / (ratio - s)) / 2

    def over_grain(s):  # integral of erfc(a (y + b)) over y from 0
        x = steep(s) * (s - 1) / beta
        return (math.exp(-x * x) / math.sqrt(math.pi) - x * erfc(x)) / steep(s)

    ends = [1, *(1 + beta * k for k in (0.01, 0.1, 1, 3) if 1 + beta * k < ratio), ratio]

    def integral(f):
        return sum(quad(f, a, b, epsabs=0, epsrel=1e-9, limit=200)[0] for a, b in zip(ends, ends[1:]))

    before = eta / (2 * math.sqrt(math.pi))
    edge = erfc(eta / 2) + before * integral(lambda s: weight(s) * erfc(steep(s) * (s - 1) / beta))
    return edge, before * LENGTH * integral(lambda s: weight(s) * over_grain(s))


class TwoDimensions:
    """The same geometry without the transform: finite volumes over depth and into the grain, marched by BDF.

    Unknown 0 is the film; then, per depth, half a boundary and the grain beside it up to its middle. Amounts are in
    m2 per half spacing and unit length, so that a film of h metres holds h spacing/2.
    """

    def __init__(self, paths, depth, cells, slope):
        half = paths.spacing / 2
        z = cell_widths(depth, cells, slope[0])
        y = np.concatenate([[paths.width / 2], cell_widths(half - paths.width / 2, cells // 2, slope[1])])
        face, mean = areas(z[::-1], depth, paths.radius)
        face, mean = face[:0:-1], mean[::-1]  # from the surface inwards
        self.z, self.area, self.y = z, mean, y
        self.number = 1 + np.arange(z.size * y.size).reshape(z.size, y.size)
        self.volume = np.concatenate([[paths.film * half], (z[:, None] * mean[:, None] * y).ravel()])
        fast, slow = [], []
        for j, column in enumerate(self.number.T):
            gap = np.concatenate([[z[0] / 2], (z[1:] + z[:-1]) / 2])
            pairs = zip(np.concatenate([[0], column[:-1]]), column, face * y[j] / gap)
            (fast if j == 0 else slow).extend(pairs)
        for i, row in enumerate(self.number):
            gap = np.concatenate([[y[1] / 2], (y[2:] + y[1:-1]) / 2])
            slow.extend(zip(row[:-1], row[1:], z[i] * mean[i] / gap))
        self.fast, self.slow = self._operator(fast), self._operator(slow)

    def _operator(self, pairs):
        """dn/dt at unit diffusivity from exchange between pairs of cells."""
        a, b, g = (np.array(v) for v in zip(*pairs))
        a, b = a.astype(int), b.astype(int)
        ends = np.concatenate([[a, a], [a, b], [b, b], [b, a]], axis=1)
        values = np.concatenate([-g / self.volume[a], g / self.volume[b], -g / self.volume[b], g / self.volume[a]])
        return csr_matrix((values, ends), shape=(self.volume.size, self.volume.size))

    def march(self, programme, diffusivities, rtol=1e-6):
        """Fractions at the end; ``diffusivities(T)`` gives lattice and boundary values."""
        n = np.zeros(self.volume.size)
        n[0] = self.volume[0]
        for start, rate, duration in programme:

            def operator(t, start=start, rate=rate):
                lattice, boundary = diffusivities(start + rate * t)
                return lattice * self.slow + boundary * self.fast

            n = solve_ivp(
                lambda t, n, op=operator: op(t) @ n,
                (0.0, duration),
                n,
                method="BDF",
                jac=lambda t, n, op=operator: op(t).tocsc(),
                rtol=rtol,
                atol=1e-10 * self.volume[0],
            ).y[:, -1]
        return n / self.volume


@pytest.mark.parametrize("beta", [30, 100, 1000, 1e4])
def test_whipples_solution_to_one_over_beta(beta):
    paths = lone_boundary(beta)
    depth = LENGTH * math.sqrt(beta) * np.array([0.1, 0.5, 1, 2, 4, 6])
    edge, grain = np.transpose([whipple(paths, z) for z in depth])
    found = boundary_fraction(paths, depth)
    np.testing.assert_allclose(found, edge, rtol=1 / beta, atol=0)
    beside = (stored(paths, depth) - WIDTH * found) / 2
    np.testing.assert_allclose(beside[2:], grain[2:], rtol=1 / beta, atol=0)


@pytest.mark.parametrize("beta", [1e3, 1e6])
def test_le_claires_slope_gives_the_boundary_conductance_back(beta):
    """A. D. Le Claire, Br. J. Appl. Phys. 14 (1963) 351; on Whipple's own mean profile it gives 0.94 as well."""
    paths = lone_boundary(beta)
    depth = LENGTH * math.sqrt(beta) * np.linspace(2, 6, 12)
    slope = np.polyfit(depth**1.2, np.log(stored(paths, depth)), 1)[0]
    found = 0.661 * (-slope) ** (-5 / 3) * math.sqrt(4 * paths.lattice)
    assert found == pytest.approx(WIDTH * paths.boundary, rel=0.08, abs=0)


def test_fishers_depth_is_a_sixth_too_deep():
    paths = lone_boundary(1e4)
    fisher = math.sqrt(WIDTH * paths.boundary) / (4 * paths.lattice / math.pi) ** 0.25
    shallow = np.array([0.01, 0.1, 0.3])
    np.testing.assert_allclose(boundary_fraction(paths, shallow * fisher), np.exp(-shallow), rtol=0.04, atol=0)
    assert fisher / decay_depth(paths) == pytest.approx(1.176, abs=0.002)


def test_a_boundary_alone_is_an_error_function():
    paths = Paths(lattice=1e-6 * WIDTH**2, boundary=1e-12, width=WIDTH, spacing=2e-7)
    assert laws.kinetic_regime(math.sqrt(paths.lattice), 4e-7, WIDTH) == "C"
    depth = np.array([0.1, 0.5, 1, 2, 3]) * 1e-6
    np.testing.assert_allclose(boundary_fraction(paths, depth), erfc(depth / 2e-6), rtol=0, atol=2e-3)


@pytest.mark.parametrize("ratio", [2.0, 1e4])
def test_one_profile_with_harts_diffusivity(ratio):
    spacing, length = 2e-8, 2e-6
    paths = Paths(lattice=length**2, boundary=ratio * length**2, width=WIDTH, spacing=spacing)
    assert laws.kinetic_regime(length, 2 * spacing, WIDTH) == "A"
    share = WIDTH / spacing
    hart = (1 - share) * paths.lattice + share * paths.boundary
    depth = np.array([0.1, 0.5, 1, 2, 4]) * math.sqrt(hart)
    np.testing.assert_allclose(boundary_fraction(paths, depth), erfc(depth / (2 * math.sqrt(hart))), rtol=0, atol=2e-5)
    np.testing.assert_allclose(stored(paths, depth), spacing * boundary_fraction(paths, depth), rtol=0, atol=1e-12)


def test_a_film_drains_into_one_profile_as_exp_erfc():
    """A layer of h metres on a half-space: x = exp(k^2) erfc(k), k = sqrt(D t)/h with Hart's D."""
    spacing, film = 2e-8, 5e-6
    paths = Paths(lattice=4e-12, boundary=4e-9, width=WIDTH, spacing=spacing, film=film)
    hart = paths.lattice * (1 - WIDTH / spacing) + paths.boundary * WIDTH / spacing
    assert film_fraction(paths) == pytest.approx(float(erfcx(math.sqrt(hart) / film)), rel=1e-4, abs=0)


@pytest.mark.parametrize("spacing", [4e-9, 2e-8, 1e-6])
def test_boundaries_no_faster_than_the_lattice_change_nothing(spacing):
    """Mouths and tops together are then one half-space, at any spacing."""
    film = 5e-9
    paths = Paths(lattice=LATTICE, boundary=LATTICE, width=WIDTH, spacing=spacing, film=film)
    depth = np.array([0.0, 0.5, 1, 3]) * LENGTH
    scaled = depth / (2 * LENGTH)
    exact = np.exp(-(scaled**2)) * erfcx(scaled + LENGTH / film)
    assert film_fraction(paths) == pytest.approx(exact[0], rel=1e-11, abs=0)
    np.testing.assert_allclose(boundary_fraction(paths, depth), exact, rtol=1e-10, atol=0)


@given(
    lattice=st.floats(-20, -10),
    ratio=st.floats(0.1, 6),
    spacing=st.floats(-8.5, -5),
    film=st.floats(-10, -6),
    radius=st.none() | st.floats(-6.5, -4),
)
def test_dose_is_conserved(lattice, ratio, spacing, film, radius):
    paths = Paths(
        lattice=10**lattice,
        boundary=10 ** (lattice + ratio),
        width=WIDTH,
        spacing=10**spacing,
        film=10**film,
        radius=None if radius is None else 10**radius,
    )
    parts = np.array([*entered(paths), paths.film * film_fraction(paths)]) / paths.film
    assert parts.min() > -1e-12
    assert parts.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("radius", [None, 5e-6])
def test_the_profile_holds_what_has_entered(radius):
    paths = Paths(lattice=7e-17, boundary=2e-12, width=WIDTH, spacing=2e-7, film=5e-9, radius=radius)
    depth = np.linspace(0, radius or 2e-5, 8001)
    area = 1.0 if radius is None else (1 - depth / radius) ** 2
    held = np.trapezoid(stored(paths, depth) * area, depth) / paths.spacing
    assert held == pytest.approx(sum(entered(paths)[:2]), rel=5e-6, abs=0)


def test_no_time_and_endless_time():
    at_once = Paths(lattice=0.0, boundary=0.0, width=WIDTH, spacing=2e-7, film=5e-9, radius=5e-6)
    assert (film_fraction(at_once), entered(at_once), decay_depth(at_once)) == (1.0, (0.0, 0.0, 0.0), 0.0)
    assert boundary_fraction(at_once, [0.0, 1e-6]).tolist() == [0.0, 0.0]
    endless = at_once._replace(lattice=1.0, boundary=1e3)
    even = 5e-9 / (5e-9 + 5e-6 / 3)
    np.testing.assert_allclose(boundary_fraction(endless, [0.0, 2e-6, 5e-6]), even, rtol=1e-7, atol=0)
    assert film_fraction(endless) == pytest.approx(even, rel=1e-7, abs=0)
    assert decay_depth(endless) == 5e-6


def test_a_large_particle_is_a_half_space():
    paths = Paths(lattice=7e-17, boundary=2e-12, width=WIDTH, spacing=2e-7, film=5e-9)
    depth = np.array([0.0, 1e-7, 1e-6, 3e-6])
    flat, round_ = (boundary_fraction(paths._replace(radius=r), depth) for r in (None, 5e-2))
    np.testing.assert_allclose(round_, flat, rtol=1e-3, atol=0)
    assert abs(film_fraction(paths._replace(radius=5e-6)) / film_fraction(paths) - 1) > 0.01  # the curvature is seen


def test_inversion_gains_a_digit_every_two_nodes(monkeypatch):
    paths = Paths(lattice=7e-17, boundary=2e-12, width=WIDTH, spacing=2e-7, film=5e-9, radius=5e-6)
    exact = np.array(entered(paths))
    counts, errors = np.array([4, 6, 8, 10, 12]), []
    for nodes in counts:
        node, weight = boundaries._talbot(int(nodes))
        monkeypatch.setattr(boundaries, "_NODE", node)
        monkeypatch.setattr(boundaries, "_WEIGHT", weight)
        errors.append(np.abs(np.array(entered(paths)) / exact - 1).max())
    assert np.polyfit(counts, np.log10(errors), 1)[0] < -0.5


def programme_of(temperature, hold):
    spec = Anneal()
    return segments(replace(spec, temperature=replace(spec.temperature, value=temperature), time=Sourced(value=hold)))


@pytest.mark.parametrize(
    ("temperature", "hold", "spacing", "share_atol", "profile_rtol"),
    [
        (973.15, 18000.0, 2e-7, 5e-4, 0.02),  # B, the default
        (973.15, 60.0, 2e-7, 3e-3, 0.03),  # B, hardly more than ramps: the mean of D_gb/D_l shows
        (973.15, 18000.0, 2e-8, 5e-4, 0.02),  # towards A
        (1173.15, 180000.0, 2e-7, 1e-3, 0.01),  # A, even throughout
        (673.15, 1800.0, 2e-7, 1e-3, 0.02),  # C
    ],
)
def test_finite_volumes_through_the_temperature_programme(temperature, hold, spacing, share_atol, profile_rtol):
    """Film, boundary and grain in two dimensions on a sphere, D by Arrhenius at every time."""
    programme = programme_of(temperature, hold)
    values, energies = 4e-21 * np.array([1, 31600]), 300e3 * np.array([1, 0.79])
    lattice, boundary = (float(q) for q in thermal_time(programme, values, energies))
    paths = Paths(lattice=lattice, boundary=boundary, width=WIDTH, spacing=spacing, film=5e-9, radius=5e-6)
    length = math.sqrt(lattice)
    two = TwoDimensions(paths, 5e-6, 48, (0.3 * max(length, 1e-10), min(0.3 * max(length, 1e-10), spacing / 3)))
    x = two.march(programme, lambda t: arrhenius(values, energies, t, 973.15))
    share = x * two.volume / two.volume[0]
    assert share.sum() == pytest.approx(1, abs=1e-9)
    assert share[0] == pytest.approx(film_fraction(paths), abs=share_atol)
    assert share[two.number[:, 0]].sum() == pytest.approx(entered(paths)[0] / paths.film, abs=share_atol)
    in_boundary, middle = x[two.number[:, 0]], np.cumsum(two.z) - two.z / 2
    error = np.abs(in_boundary - boundary_fraction(paths, middle)).max()
    assert error < profile_rtol * in_boundary.max()


def test_the_articles_film_ends_mostly_in_boundaries():
    found = infiltrate(Anneal(), **ARTICLE)
    assert found.balance_error < 1e-12
    assert set(found.regime.values()) == {"B"}
    assert found.share["Nb"] == pytest.approx(0.77, abs=0.01)
    assert found.share["Nb"] + found.share_below["Nb"] < 1
    assert found.infiltrated["W"] == pytest.approx(1.8e-5 * found.share["W"], rel=1e-12, abs=0)
    assert found.boundary_area == pytest.approx(2 / 3 * 5e-6 / 400e-9, rel=1e-12)
    volume = sum(found.infiltrated.values()) / 33.9e3
    assert found.coating_thickness * found.boundary_area == pytest.approx(volume, rel=1e-12, abs=0)
    area = (1 - found.depth / 5e-6) ** 2 * 2 / 400e-9
    assert np.trapezoid(found.profile * area, found.depth) == pytest.approx(volume, rel=3e-3, abs=0)
    mouth = found.fraction[0, 0]
    assert np.interp(found.decay_depth["Nb"], found.depth, found.fraction[0]) == pytest.approx(mouth / math.e, rel=0.01)


def test_each_dial_moves_it_the_right_way():
    spec = Anneal()

    def nb(spec=spec, **options):
        return infiltrate(spec, **(ARTICLE | options)).share["Nb"]

    assert nb(grain_size=800e-9) < nb() < nb(grain_size=200e-9)
    for name, factor in {"time": 2, "boundary_enhancement": 3, "boundary_width": 2}.items():
        dial = getattr(spec, name)
        assert nb(replace(spec, **{name: replace(dial, value=dial.value * factor)})) > nb()
    assert nb(film_cations={"Nb": 2.2e-3}) < nb()


def test_without_a_film_and_without_a_radius():
    empty = infiltrate(Anneal(), **(ARTICLE | {"film_cations": {"Nb": 0.0}}))
    assert (empty.species, empty.share, empty.balance_error) == ((), {}, 0.0)
    endless = infiltrate(Anneal(), **(ARTICLE | {"particle_radius": None}))
    assert endless.mean_thickness is None and endless.coating_thickness is None
    assert endless.depth[-1] > 5 * max(endless.decay_depth.values())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grain_size": -1.0}, "grain_size"),
        ({"grain_size": 1e-9}, "twice the boundary width"),
        ({"particle_radius": float("nan")}, "particle_radius"),
        ({"film_cations": {"Nb": -1e-4}}, "film_cations.Nb"),
        ({"host_site_density": 0.0}, "host_site_density"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        infiltrate(Anneal(), **(ARTICLE | options))


@pytest.mark.parametrize(
    ("length", "segregation", "regime"),
    [(5e-7, 1, "A"), (4e-7, 1, "B"), (1e-9, 1, "B"), (9e-10, 1, "C"), (5e-9, 10, "C")],
)
def test_harrisons_regimes(length, segregation, regime):
    assert laws.kinetic_regime(length, 4e-7, WIDTH, segregation) == regime


def test_example_of_nickel_in_nickel_oxide():
    """50.5 nm from the diffusivity measured at 700 degC, 1.41e-15 cm2/s (10.1007/BF00647789)."""
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "interdiffusion.py"))
    assert example["main"]() == pytest.approx(50.5, rel=0.01)
