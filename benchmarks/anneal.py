"""Depth profiles: time and error, beside an exact series, scipy's LSODA and kawin: ``python -m benchmarks.anneal``.

With the name of a picture it draws the one of docs/rooms/anneal.md instead.

Each row gives CPU seconds of this process, so that other work on the machine does not count, and the largest error of
any fraction at equal depth. kawin (github.com/materialsgenomefoundation/kawin) is asked for only here; without it its
row is left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.integrate import LSODA
from scipy.optimize import brentq

from epitropy.anneal import stage
from epitropy.anneal.fluxes import fluxes, room_for
from epitropy.anneal.grid import film_and_host_cells, moved_to_bends
from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile
from epitropy.records.sourced import Sourced

D, HOLD, FILM, RADIUS, DENSITY = 1e-19, 18000.0, 10e-9, 5e-6, 40e3
SHELL = {"Nb": 0.4, "W": 0.2, "Zr": 0.2, "Mo": 0.2}  # on pure nickel oxide: five species
SIX = {
    "film_cations": {"Nb": 2.2e-4, "W": 1.8e-5, "Zr": 1.2e-5},
    "inclusions": {},
    "host_cations": {"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
    "host_site_density": 49.0e3,
    "film_site_density": 33.9e3,
}


def cpu(work: Callable[[], object], repeats: int = 1) -> tuple[float, object]:
    """CPU seconds of one call (the fastest of some), and what it returned."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


def row(name: str, seconds: float, error: float | None, ours: float, note: str = "") -> None:
    shown = "        " if error is None else f"{error:8.1e}"
    print(f"{name:38} {seconds * 1e3:9.1f} ms  error {shown}  {seconds / ours:7.1f} x ours {note}".rstrip())


def constant(hold: float = HOLD) -> Anneal:
    """One diffusivity for all cations, no ramps."""
    speed, none = {"other": Sourced(value=D)}, {"other": Sourced(value=0.0)}
    quick, coarse = Sourced(value=1e15), Sourced(value=1.0)
    return replace(
        Anneal(),
        time=Sourced(value=hold),
        ramp_rate=quick,
        cool_rate=quick,
        diffusivity_host=speed,
        diffusivity_film=speed,
        activation_energy_host=none,
        activation_energy_film=none,
        film_grain_size=coarse,
    )


def series(depth: np.ndarray, terms: int = 4000) -> np.ndarray:
    """Share of the shell's cations on a sealed sphere, from sin(q r)/r with tan(q a) = q a."""
    a = RADIUS + FILM
    roots = [brentq(lambda u: np.sin(u) - u * np.cos(u), k * np.pi, (k + 0.5) * np.pi) for k in range(1, terms)]
    q = np.array(roots) / a

    def moment(r: float) -> np.ndarray:
        return np.sin(q * r) / q**2 - r * np.cos(q * r) / q

    weight = (moment(a) - moment(RADIUS)) / (a / 2 - np.sin(2 * q * a) / (4 * q)) * np.exp(-D * HOLD * q**2)
    r = RADIUS + depth
    return 1 - (RADIUS / a) ** 3 + (np.sin(np.outer(r, q)) / r[:, None]) @ weight


def shell_error(depth: np.ndarray, fractions: dict[str, np.ndarray]) -> float:
    exact = series(depth)
    return max(float(np.abs(fractions[s] - share * exact).max()) for s, share in SHELL.items())


def ours_on_the_shell(points: int, tolerance: float) -> tuple[float, float]:
    volume = ((RADIUS + FILM) ** 3 - RADIUS**3) / (3 * RADIUS**2)

    def solve() -> object:
        return anneal_profile(
            constant(),
            film_cations={s: share * volume * DENSITY for s, share in SHELL.items()},
            inclusions={},
            host_cations={"Ni": 1.0},
            host_site_density=DENSITY,
            film_site_density=DENSITY,
            particle_radius=RADIUS,
            points=points,
            tolerance=tolerance,
        )

    solve()
    seconds, profile = cpu(solve, repeats=5)
    return seconds, shell_error(profile.depth, dict(zip(profile.species, profile.fraction)))


class _ConstantDiffusivity:
    """What kawin asks of its thermodynamics: the same D for every composition, no cross terms."""

    def clearCache(self) -> None:
        pass

    def getInterdiffusivity(self, x: np.ndarray, temperature: float, phase: str | None = None) -> np.ndarray:
        return D * np.eye(len(SHELL))


def kawin_on_the_shell(cells: int, depth: float) -> tuple[float, float]:
    """kawin's spherical mesh of equal cells over the outer ``depth`` of host."""
    from kawin.diffusion import SinglePhaseModel
    from kawin.diffusion.mesh import ProfileBuilder, Spherical1D, StepProfile1D

    mesh = Spherical1D(list(SHELL), [RADIUS - depth, RADIUS + FILM], cells)
    mesh.setResponseProfile(ProfileBuilder([(StepProfile1D(RADIUS, 0.0, share), s) for s, share in SHELL.items()]))
    model = SinglePhaseModel(mesh, ["NI", *SHELL], ["OXIDE"], _ConstantDiffusivity(), 973.15)
    seconds, _ = cpu(lambda: model.solve(HOLD))
    found = model.getCompositions()
    columns = found[:, -len(SHELL) :].T
    return seconds, shell_error(np.ravel(mesh.z) - RADIUS, dict(zip(SHELL, columns)))


def shell() -> None:
    print("10 nm shell on a 5 um sphere, five species, one D; the exact series is the judge")
    usual, fine = ours_on_the_shell(80, 5e-4), ours_on_the_shell(200, 1e-4)
    row("epitropy as it comes (80 cells)", *usual, usual[0])
    row("epitropy, 200 cells", *fine, fine[0])
    try:
        row("kawin, whole sphere", *kawin_on_the_shell(1002, RADIUS), usual[0], "as it comes")
        row("kawin, cropped by hand to 490 nm", *kawin_on_the_shell(100, 490e-9), usual[0], "as it comes")
        row("kawin, cropped, finer", *kawin_on_the_shell(300, 490e-9), fine[0], "200 cells")
    except ImportError as missing:
        print(f"kawin is left out: {missing}")


def at_equal_depth(profile: object, reference: object) -> float:
    pairs = zip(profile.fraction, reference.fraction)
    return max(float(np.abs(x - np.interp(profile.depth, reference.depth, y)).max()) for x, y in pairs)


def lsoda(cells: int, tolerance: float) -> tuple[float, object, float]:
    """The same equations on a grid of the same kind by scipy's LSODA, banded: seconds, profile, balance error."""
    spec = Anneal()
    volume = (1 / SIX["host_site_density"], 1 / SIX["film_site_density"])
    layers = stage._layers(SIX["film_cations"], {}, SIX["host_cations"], volume, None)
    kinetics = stage._kinetics(spec, layers)
    depth = max(10 * kinetics.lengths.max(), 60 * layers.thickness)
    film, host = film_and_host_cells(layers.thickness, depth, cells, stage._slope(layers, kinetics, depth))
    film, host = moved_to_bends(film, host, stage._march(layers, kinetics, film, host, 1e-2).fraction, cells)
    medium = stage._medium(layers, kinetics, film, host)
    before, _ = stage._amounts(layers, np.concatenate([host[::-1], film]), medium.cell_area, host.size)
    scale, room, out = before.sum(axis=1, keepdims=True), room_for(*before.shape), np.empty_like(before)
    band = 2 * len(layers.species) - 1

    def rates(temperature: float, x: np.ndarray) -> np.ndarray:
        fluxes(x.reshape(before.shape) * scale, temperature, medium, room, out)
        return (np.diff(out, axis=0, prepend=0.0) / scale).ravel()

    def solve() -> np.ndarray:
        x = (before / scale).ravel()
        for start, rate, duration in kinetics.programme:
            solver = LSODA(
                lambda t, y, start=start, rate=rate: rates(start + rate * t, y),
                0.0,
                x,
                duration,
                rtol=tolerance,
                atol=tolerance,
                max_step=duration / 20,  # it would else step over the whole ramp, where nothing moves at first
                lband=band,
                uband=band,
            )
            while solver.status == "running":
                solver.step()
            x = solver.y
        return np.maximum(x.reshape(before.shape), 0.0) * scale

    seconds, after = cpu(solve, repeats=3)
    total = before.sum(axis=0)
    balance = float(np.abs(after.sum(axis=0) / total - 1).max())
    after *= total / after.sum(axis=0)  # or the record would refuse it
    run = stage._Run(before=before, after=after, dissolved=np.zeros(total.size), host_cells=host.size, depth=depth)
    return seconds, stage._profile(spec, layers, kinetics, run), balance


def six_cations() -> None:
    print("\nsix cations of different speed in two media, ramp, hold and cool; judged by 1000 cells")
    reference = anneal_profile(Anneal(), **SIX, points=1000, tolerance=3e-5)
    ours, profile = cpu(lambda: anneal_profile(Anneal(), **SIX), repeats=5)
    error = at_equal_depth(profile, reference)
    row("epitropy as it comes (80 cells)", ours, error, ours, f"balance {profile.balance_error:.0e}")
    for tolerance in (1e-4, 1e-6):
        seconds, other, balance = lsoda(80, tolerance)
        name = f"scipy LSODA, same cells, {tolerance:.0e}"
        row(name, seconds, at_equal_depth(other, reference), ours, f"balance {balance:.0e}")


def drawn(seed: int) -> Anneal:
    """All graded inputs of the anneal at random quantiles."""
    draw, spec = np.random.default_rng(seed), Anneal()

    def at(value: object) -> object:
        return value.at(draw.uniform()) if isinstance(value, Sourced) else value

    rows = {name: getattr(spec, name) for name in spec.__dataclass_fields__}
    changed = {n: {k: at(v) for k, v in r.items()} if hasattr(r, "items") else at(r) for n, r in rows.items()}
    return replace(spec, **changed)


def ensemble(size: int = 128) -> None:
    print(f"\n{size} profiles with all kinetics drawn")
    specs = [drawn(seed) for seed in range(size)]
    each = [cpu(lambda spec=spec: anneal_profile(spec, **SIX))[0] for spec in specs]
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda spec: anneal_profile(spec, **SIX), specs))
    together = time.perf_counter() - started
    median, slowest = np.median(each) * 1e3, max(each) * 1e3
    print(f"one after the other {sum(each):.1f} s, median {median:.0f} ms, slowest {slowest:.0f} ms")
    print(f"in two threads      {together:.1f} s by the clock")
    worst = np.argsort(each)[-4:]
    for index in worst:
        fine = anneal_profile(specs[index], **SIX, points=320, tolerance=1e-4)
        error = at_equal_depth(anneal_profile(specs[index], **SIX), fine)
        print(f"  draw {index:3}: {each[index] * 1e3:4.0f} ms, error {error:.1e}")


def picture(path: str) -> None:
    """Left: niobium for three enthalpies of mixing. Right: error over time, one point a number of cells."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for value, style in ((-15e3, "--"), (0.0, "-"), (15e3, ":")):
        profile = anneal_profile(replace(Anneal(), mixing_enthalpy={"Ni-Nb": Sourced(value=value)}), **SIX)
        label = f"{value / 1e3:+.0f} kJ/mol with Ni" if value else "ideal mixing"
        left.plot(
            profile.depth * 1e9, profile.fraction[profile.species.index("Nb")], style, color="tab:blue", label=label
        )
    left.set(xlim=(-80, 12), ylim=0, xlabel="depth from the host surface (nm)", ylabel="niobium fraction")
    left.legend(fontsize=8, loc="upper left")
    reference = anneal_profile(Anneal(), **SIX, points=1000, tolerance=3e-5)
    for tolerance, colour in ((5e-4, "tab:blue"), (5e-5, "tab:orange")):
        points = []
        for cells in (32, 48, 64, 80, 112, 160, 240):
            solve = partial(anneal_profile, Anneal(), **SIX, points=cells, tolerance=tolerance)
            seconds, profile = cpu(solve, repeats=3)
            points.append((seconds * 1e3, at_equal_depth(profile, reference)))
            if tolerance == 5e-4:
                right.annotate(str(cells), points[-1], xytext=(3, 4), textcoords="offset points", fontsize=7)
        right.loglog(*zip(*points), "o-", ms=3, color=colour, label=f"tolerance {tolerance:.0e}")
    right.set(xlabel="CPU time (ms)", ylabel="largest error of a fraction", title="cells, six cations")
    right.title.set_fontsize(9)
    right.legend(fontsize=7)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        picture(sys.argv[1])
    else:
        shell()
        six_cations()
        ensemble()
