"""Capacity beyond the data, averaged over forms of the fade; no farther than the data allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..records.fit import Extrapolation, FadeForm

FARTHEST = 2.5  # times the last measured cycle
FEWEST = 12  # readings
HELD_BACK = 1 / 3  # of the readings, told from those before to weigh the forms
DRAWS = 200  # of each form
MODEL = "ageing model"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the fade over n, cycles since the first."""

    equation: str
    of: Callable[..., np.ndarray]
    start: tuple[float, ...]  # in units of the first capacity and the measured cycles
    low: tuple[float, ...]
    high: tuple[float, ...]


# capacity over the first reading against t = n over the cycles measured, so that all coefficients are of order one
FORMS: Mapping[str, Form] = {
    "linear": Form("a - b n", lambda t, a, b: a - b * t, (1, 0.1), (0, -1), (2, 2)),
    "square root": Form("a - b n^1/2", lambda t, a, b: a - b * np.sqrt(t), (1, 0.1), (0, -1), (2, 2)),
    "square root and linear": Form(
        "a - b n^1/2 - c n",
        lambda t, a, b, c: a - b * np.sqrt(t) - c * t,
        (1, 0.05, 0.05),
        (0, -1, -1),
        (2, 2, 2),
    ),
    "levelling off": Form(
        "a - b (1 - exp(-n/c))",
        lambda t, a, b, c: a - b * (1 - np.exp(-t / c)),
        (1, 0.2, 1.0),
        (0, 0, 0.02),
        (2, 2, 20),
    ),
    "speeding up": Form(
        "a - b (exp(n/c) - 1)",
        lambda t, a, b, c: a - b * np.expm1(t / c),
        (1, 0.05, 1.0),
        (0, 0, 0.2),
        (2, 2, 20),
    ),
}


def check_reach(cell: str, to: int, cycle: np.ndarray) -> None:
    """Refuse what lies farther than the data can carry, or within them; ``cycle`` are those of a cell's capacities."""
    if cycle.size < FEWEST:
        raise InputError("--to", f"{cycle.size} capacities of {cell}", f"at least {FEWEST} to extrapolate from")
    measured = int(cycle[-1])
    if not measured < to <= FARTHEST * measured:
        raise InputError(
            "--to",
            f"cycle {to} from {measured} measured cycles of {cell}",
            f"cycle {measured + 1} to {int(FARTHEST * measured)}, {FARTHEST:g} times the measured cycles",
            "Cells that look alike so far part beyond that (knees, dry-out); measure on." if to > measured else "",
        )


def extrapolated(
    cell: str,
    cycle: np.ndarray,
    capacity: np.ndarray,
    to: int,
    scatter: float,
    *,
    seed: int,
    persistence: float = 0.0,
    model: tuple[np.ndarray, np.ndarray] | None = None,
) -> Extrapolation:
    """Capacity [C/kg] up to cycle ``to``, with 80 % bands of the truth, not of a reading.

    Each form is fitted to the first two thirds of the readings and weighed by the inverse mean square of what it then
    misses the last third by; then fitted to all. Its error grows with the distance from the data, from the one seen
    over the last third. ``model`` adds the ageing model as one more form: what it told of the held-back readings when
    it had not seen them, and curves (draws, cycles 1 to ``to``). Raises `InputError` beyond 2.5 times the measured
    cycles or with fewer than twelve readings.
    """
    check_reach(cell, to, cycle)
    repeated = (1 + persistence) / (1 - persistence)  # readings that repeat themselves say less of the coefficients
    rng = np.random.default_rng([seed, cycle.size])
    back = cycle.size - max(int(cycle.size * HELD_BACK), 3)
    ahead = np.arange(float(cycle[-1]), to + 1)
    unit, first = float(cycle[-1] - cycle[0]), float(capacity[0])
    reach = (ahead - cycle[-1]) / (cycle[-1] - cycle[back - 1])
    told: dict[str, tuple[str, float, np.ndarray]] = {}
    for name, form in FORMS.items():
        early = _fitted(form, (cycle[:back] - cycle[0]) / unit, capacity[:back] / first)
        whole = _fitted(form, (cycle - cycle[0]) / unit, capacity / first)
        if early is None or whole is None:
            continue
        miss = form.of((cycle[back:] - cycle[0]) / unit, *early[0]) * first - capacity[back:]
        error = float(np.mean(miss**2))
        spread = _root(whole[1] * max(repeated * (scatter / first) ** 2, 1e-12))
        coefficients = whole[0] + rng.normal(size=(DRAWS, whole[0].size)) @ spread.T
        coefficients = np.clip(coefficients, form.low, form.high)
        curves = np.array([form.of((ahead - cycle[0]) / unit, *c) for c in coefficients]) * first
        told[name] = (form.equation, error, curves)
    if model is not None:
        held, curves = model
        error = float(np.mean((held - capacity[back:]) ** 2))
        told[MODEL] = ("the fitted half-cell model", error, curves[:, ahead.astype(int) - 1])
    weight = {n: 1 / (e + scatter**2) for n, (_, e, _) in told.items()}
    total = sum(weight.values())
    rows, weights = [], []
    for name, (_, error, curves) in told.items():
        drift = rng.normal(size=(len(curves), 1)) * np.sqrt(error) * reach
        rows.append(np.maximum(curves + drift, 0.0))
        weights.append(np.full(len(curves), weight[name] / total / len(curves)))
    from ..calibrate.headline import weighted_quantiles

    low, median, high = weighted_quantiles(np.vstack(rows), np.concatenate(weights))
    return Extrapolation(
        cell=cell,
        measured=int(cycle[-1]),
        cycle=ahead,
        median=median,
        low=low,
        high=high,
        forms=tuple(
            FadeForm(name=n, equation=eq, weight=weight[n] / total, last=float(np.median(curves[:, -1])))
            for n, (eq, _, curves) in told.items()
        ),
    )


def held_back(count: int) -> int:
    """Number of readings before those that are held back."""
    return count - max(int(count * HELD_BACK), 3)


def _fitted(form: Form, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(coefficients, (J^T J)^-1) by least squares; None where none is found."""
    from scipy.optimize import least_squares

    try:
        found = least_squares(lambda c: form.of(t, *c) - y, form.start, bounds=(form.low, form.high))
    except ValueError:  # a form that overflows on these data
        return None
    return found.x, np.linalg.pinv(found.jac.T @ found.jac)


def _root(covariance: np.ndarray) -> np.ndarray:
    """A square root of a covariance that may have lost rank."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
