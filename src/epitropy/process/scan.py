"""A measured line scan: read, laid over the profile, and what it says about the diffusivities."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
from scipy.optimize import least_squares

from ..csvfile import CsvTable, read_csv
from ..errors import InputError
from ..pipeline import heat
from ..records.anneal import DepthProfile
from ..records.process import Fitted, LineScan, ScanFit
from ..records.sourced import Sourced
from ..study import CellStudy, Study
from ..units import convert
from .front import front

RESOLUTION = 1e-9  # m, standard deviation of the probe's broadening, unless given
LEAST_NOISE = 0.002  # of a cation fraction; counting statistics are not better
LEAST_POINTS = 5
_LEVEL = 0.9  # upper end of the 80 % interval
_ORIGIN_SPREAD = 2e-9  # m, how well a scan's zero is known
_AMOUNT_SPREAD = 0.7  # of ln(film here over film on average)
_WIDEST = 4.0  # standard deviations that a fit may leave its prior by
_DEPTH = re.compile(r"(depth|distance|position|z)\s*[_ ]?[\[(/]?\s*(nm|um|µm|angstrom|å|a|m)?\s*[\])]?$", re.IGNORECASE)
_COLUMN = re.compile(r"([A-Z][a-z]?)(?![a-z])")

Progress = Callable[[int, int], None]


def read_scan(path: str | Path, species: tuple[str, ...]) -> LineScan:
    """A CSV with a depth column that names its unit (``depth_nm``) and a column of at.% (or fractions) per element.

    Depth counts inwards from the outer surface. The cations of the model are normalised to a sum of one at every
    depth; other columns (oxygen, lithium, carbon) are left out and named. What background subtraction left a little
    below zero stays, as cutting it off would lift the mean. Raises `InputError` for a file without
    such columns, with fewer than five points or with a depth at which no cation is left.
    """
    table = read_csv(path)
    column, unit = _depth_column(table)
    elements = {name: _element(name) for name in table.header if name != column}
    known = {element: name for name, element in elements.items() if element in species}
    if len(known) < 2:
        raise InputError(
            str(path), f"columns {', '.join(table.header)}", f"at least two of {', '.join(species)}, e.g. Ni_at_percent"
        )
    if len(table.rows) < LEAST_POINTS:
        raise InputError(str(path), f"{len(table.rows)} points", f"at least {LEAST_POINTS}")
    depth = np.array([convert(d, unit, "m") for d in table.numbers(column)])
    found = tuple(e for e in species if e in known)
    values = np.array([table.numbers(known[e]) for e in found])
    if not np.all(values.sum(axis=0) > 0):
        line = table.rows[int(np.argmin(values.sum(axis=0)))].line
        raise InputError(f"{path}, line {line}", "no cation of the model", "points within the particle")
    order = np.argsort(depth)
    return LineScan(
        name=Path(path).name,
        species=found,
        depth=depth[order],
        fraction=(values / values.sum(axis=0))[:, order],
        ignored=tuple(n for n, e in elements.items() if e not in found),
    )


def _depth_column(table: CsvTable) -> tuple[str, str]:
    for name in table.header:
        match = _DEPTH.fullmatch(name.strip())
        if match and match.group(2):
            unit = match.group(2).replace("µ", "u")
            return name, "angstrom" if unit.lower() in ("å", "a", "angstrom") else unit.lower()
        if match:
            raise InputError(
                f"{table.path}, column '{name}'", "a depth without a unit", "depth_nm, depth_um or depth_angstrom"
            )
    raise InputError(table.path, f"columns {', '.join(table.header)}", "a column depth_nm, and one per element")


def _element(name: str) -> str:
    match = _COLUMN.match(name)
    return match.group(1) if match else ""


def over_scan(profile: DepthProfile, scan: LineScan, *, shift: float = 0.0, resolution: float = 0.0) -> np.ndarray:
    """The profile as the scan would see it: fractions (species, x) at the scan's depths.

    Profile depths count outwards from the original host surface, those of the scan inwards from the outer surface:
    z = thickness - depth + ``shift``. ``resolution`` [m] is the standard deviation of a Gaussian probe. Where the
    scan lacks a cation of the profile, the others are normalised to a sum of one as the scan's are.
    """
    at = profile.layer_thickness - scan.depth + shift
    nodes, weights = _gauss(resolution)
    places = np.minimum(at[:, None] + nodes, profile.layer_thickness)  # the probe sees nothing outside
    rows = [profile.fraction[profile.species.index(e)] for e in scan.species]
    seen = np.array([np.interp(places, profile.depth, row) @ weights for row in rows])
    return seen / seen.sum(axis=0)


def _gauss(resolution: float) -> tuple[np.ndarray, np.ndarray]:
    if resolution <= 0:
        return np.zeros(1), np.ones(1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    return resolution * nodes, weights / weights.sum()


def fit_scan(
    study: Study,
    scan: LineScan,
    *,
    resolution: float = RESOLUTION,
    progress: Progress = lambda done, total: None,
    pool: Executor | None = None,
) -> ScanFit:
    """Diffusivities that reproduce a scan, starting from the study's graded spreads as priors; one cell.

    Minimises sum ((model - measured)/s)^2 + sum theta^2 over theta, each number's deviation from its prior in
    standard deviations of its own distribution: D in host and film of each scanned cation, the dissolution rate, the
    film amount at this spot and the scan's zero. s is the larger of 0.2 at.% and the scatter that the fit leaves.
    Intervals are those of the normal distribution around the optimum (J^T J)^-1, on the scale of the prior, so that a
    number on which the scan is silent keeps its prior. The most abundant cation is not counted: it follows from the
    sum.
    """
    (cell,) = study.cells.values()
    names = _fitted_names(study, cell, scan)
    inputs = study.inputs()
    model = _Model(study, names, scan, resolution, pool)
    noise = _FIRST_NOISE
    theta = np.zeros(len(names) + 2)
    for attempt in range(_ROUNDS):  # the scatter sets the weight of the priors, and the other way round
        progress(attempt, _ROUNDS)
        found = least_squares(
            lambda t, s=noise: np.concatenate([model.misfit(t) / s, t]),
            theta,
            jac=lambda t, s=noise: np.vstack([model.slope(t) / s, np.eye(t.size)]),
            bounds=(-_WIDEST, _WIDEST),
            ftol=1e-3,
            max_nfev=15,
        )
        theta, before = found.x, noise
        noise = max(float(np.sqrt(np.mean(model.misfit(theta) ** 2))), LEAST_NOISE)
        if abs(noise - before) < 0.05 * before:
            break
    progress(_ROUNDS, _ROUNDS)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    spread = np.sqrt(np.diag(covariance))
    return ScanFit(
        scan=scan.name,
        numbers=tuple(_fitted(n, inputs[n], t, s) for n, t, s in zip(names, theta, spread)),
        origin_shift=float(theta[-1] * _ORIGIN_SPREAD),
        noise=noise,
        resolution=resolution,
        points=scan.fraction.size,
        profile=model.profile(theta),
    )


_ROUNDS = 4
_FIRST_NOISE = 0.02
_STEP = 0.05  # of a deviation, wide against the noise of the march's own steps


def _fitted_names(study: Study, cell: CellStudy, scan: LineScan) -> list[str]:
    """Uncertain diffusivities of the scanned cations, and the dissolution rate where there is something to dissolve."""
    wanted = [f"anneal.diffusivity_{medium}.{e}" for e in scan.species for medium in ("host", "film")]
    wanted.append("anneal.dissolution_rate")
    (name,) = study.cells
    inputs = study.inputs()
    found = [n for w in wanted for n in (w, f"{name}.{w}") if n in inputs and inputs[n].uncertain]
    if not found:
        raise InputError("--fit-scan", "no diffusivity with a spread", "a spread on the numbers to be fitted")
    return found


class _Model:
    """The profile under the scan as a function of deviations from the priors."""

    def __init__(
        self, study: Study, names: list[str], scan: LineScan, resolution: float, pool: Executor | None
    ) -> None:
        self.study, self.names, self.scan, self.resolution, self.pool = study, names, scan, resolution, pool
        self.counted = np.arange(len(scan.species)) != scan.fraction.mean(axis=1).argmax()  # the rest follows from it

    def profile(self, theta: np.ndarray) -> DepthProfile:
        point = {n: float(NormalDist().cdf(t)) for n, t in zip(self.names, theta)}
        (cell,) = self.study.at(point).cells.values()
        made = front(cell)
        amount = float(np.exp(_AMOUNT_SPREAD * theta[-2]))
        return heat(cell, made.particle, replace(made.layer, coverage=made.layer.coverage / amount))

    def misfit(self, theta: np.ndarray) -> np.ndarray:
        """Model less measured, most abundant cation left out: shape (cations - 1) x points, flat."""
        shift = float(theta[-1] * _ORIGIN_SPREAD)
        model = over_scan(self.profile(theta), self.scan, shift=shift, resolution=self.resolution)
        return (model - self.scan.fraction)[self.counted].ravel()

    def slope(self, theta: np.ndarray) -> np.ndarray:
        """Forward differences, (points, theta); towards the prior, so that no step leaves the bounds."""
        steps = np.where(theta > 0, -_STEP, _STEP)
        moved = [theta, *(theta + step * row for step, row in zip(steps, np.eye(theta.size)))]
        base, *columns = (self.pool.map if self.pool else map)(self.misfit, moved)
        return np.column_stack([(c - base) / step for c, step in zip(columns, steps)])


def _fitted(name: str, prior: Sourced, theta: float, spread: float) -> Fitted:
    z = NormalDist().inv_cdf(_LEVEL) * min(spread, 1.0)
    low, value, high = (prior.at(float(NormalDist().cdf(theta + d))).value for d in (-z, 0.0, z))
    return Fitted(
        name=name,
        label=prior.label or name,
        prior=prior,
        value=value,
        low=low,
        high=high,
        deviation=theta,
        informed=float(max(0.0, 1 - spread**2)),
    )
