"""A fit in words and rows: what it says, what stays loose, and what was predicted from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..records.measured import QUANTITIES
from .facts import joined
from .numbers import CAPACITY, SHARE, fixed, pretty, shown, significant, written

if TYPE_CHECKING:
    from ..records.fit import Extrapolation, FitAnswer, FitParameter

Row = tuple[str, ...]
LITHIUM = (
    "Is it the lithium? In a half-cell the lithium electrode ages as well: its surface grows and the electrolyte dries "
    "out, and a cell may die of that with its cathode sound. Before reading such a curve as the cathode's, cycle the "
    "aged cathode against fresh lithium, or give the resistance of the lithium electrode."
)
STRONG = 0.9  # correlation above which two parameters are told only together


def opening(answer: FitAnswer) -> list[str]:
    """What was fitted to what, how well, and what it says."""
    cells = [f"{c.data.name} ({c.data.cell}, {c.data.count} readings)" for c in answer.cells]
    said = [
        f"Scenario {answer.scenario.name}: {answer.scenario.title}. {len(answer.parameters)} free parameters fitted to "
        f"{joined(cells)}; all other inputs at their medians.",
        _noise(answer),
        _identified(answer),
    ]
    strong = strong_pairs(answer)
    if strong:
        said.append(f"Told only together: {joined([f'{a} and {b} (correlation {c:.2f})' for a, b, c in strong])}.")
    if answer.chain is None:
        said.append("No chain was run: intervals are those of the profile likelihood.")
    elif not answer.chain.converged:
        said.append(
            f"The chain has not converged, so it gives no interval: {answer.chain.reason}. Run the same command again "
            "with the same -o to go on, or give more --steps. The profile intervals stand."
        )
    return [s for s in said if s]


def _noise(answer: FitAnswer) -> str:
    scatter = f"{significant(float(shown(answer.scatter, CAPACITY)), 2)} mAh/g"
    if not answer.scatter_measured:
        return f"Too few readings to tell their scatter; {scatter} is assumed (data/readings.toml)."
    found = f"What the fit leaves of the capacities scatters by {scatter}"
    if answer.persistence < 0.3:
        return f"{found} from cycle to cycle, {answer.readings} readings in all: the model takes their course up."
    return (
        f"{found} and persists from one cycle to the next (correlation {answer.persistence:.2f}): the model misses "
        f"part of their course, and the {answer.readings} readings count as {answer.independent:.0f} independent ones."
    )


def _identified(answer: FitAnswer) -> str:
    """Which parameters the data tell, in part, or not at all."""
    groups = {
        kind: [p.name for p in answer.parameters if p.identified == kind]
        for kind in ("by the data", "in part", "loose")
    }
    parts = [f"told {kind}: {joined(names)}" for kind, names in groups.items() if names and kind != "loose"]
    if groups["loose"]:
        parts.append(f"loose, their prior all but stands: {joined(groups['loose'])}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def strong_pairs(answer: FitAnswer) -> list[tuple[str, str, float]]:
    """Pairs of parameters that are strongly correlated, strongest first."""
    names, c = [p.name for p in answer.parameters], answer.correlations
    pairs = [(names[i], names[j], float(c[i, j])) for i in range(len(names)) for j in range(i)]
    return sorted((p for p in pairs if abs(p[2]) >= STRONG), key=lambda p: -abs(p[2]))


def parameter_rows(answer: FitAnswer) -> tuple[Row, ...]:
    """Each parameter with its prior, best value, both intervals, and what the data say of it."""
    rows: list[Row] = [("parameter", "prior", "best", "profile", "posterior", "informed", "told")]
    for p in answer.parameters:
        rows.append(
            (
                p.name,
                prior_text(p),
                parameter_text(p, p.value, unit=True),
                f"{parameter_text(p, p.profile_low)} to {parameter_text(p, p.profile_high)}",
                "" if p.low is None else f"{parameter_text(p, p.low)} to {parameter_text(p, p.high)}",
                f"{fixed(float(shown(p.informed, SHARE)), 0)} %",
                p.identified,
            )
        )
    quoted = any(p.low is not None for p in answer.parameters)
    return tuple(rows) if quoted else tuple((*row[:4], *row[5:]) for row in rows)


def parameter_text(p: FitParameter, value: float, unit: bool = False) -> str:
    """A value in the parameter's shown unit."""
    text = significant(float(shown(value, p.unit)), 3)
    return f"{text} {pretty(p.unit.shown)}".strip() if unit else text


def prior_text(p: FitParameter) -> str:
    """The prior's 80 % range; scales have none."""
    if p.prior is None:
        return "flat"
    low, high = (parameter_text(p, p.prior.at(q).value) for q in (0.1, 0.9))
    return f"{low} to {high}"


def meaning_rows(answer: FitAnswer) -> tuple[Row, ...]:
    """What each parameter is, and the grade of its prior."""
    return (
        ("parameter", "what it is", "prior"),
        *((p.name, p.label, p.prior.grade if p.prior else "flat in ln") for p in answer.parameters),
    )


def correlation_rows(answer: FitAnswer) -> tuple[Row, ...]:
    names = [p.name for p in answer.parameters]
    rows = [
        (n, *(f"{c:.2f}" for c in line[: i + 1]), *("" for _ in line[i + 1 :]))
        for i, (n, line) in enumerate(zip(names, answer.correlations))
    ]
    return (("", *names), *rows)


def chain_rows(answer: FitAnswer) -> tuple[Row, ...]:
    """How the chain went, parameter by parameter."""
    if answer.chain is None:
        return (("parameter",),)
    c = answer.chain
    rows: list[Row] = [("parameter", "autocorrelation time / steps", "chain / times", "split R-hat")]
    for name, time in c.autocorrelation.items():
        length = (c.steps - c.burn_in) / time if np.isfinite(time) else 0.0
        rows.append(
            (
                name,
                significant(time, 2) if np.isfinite(time) else "not told",
                fixed(length, 0),
                f"{c.split_r_hat[name]:.3f}",
            )
        )
    return tuple(rows)


def chain_text(answer: FitAnswer) -> str:
    c = answer.chain
    if c is None:
        return ""
    state = "converged" if c.converged else f"not converged: {c.reason}"
    return (
        f"{c.walkers} walkers, {c.steps} steps, of which {c.burn_in} are left out as burn-in; "
        f"{100 * c.acceptance:.0f} % of moves accepted; {state}. Seed {answer.seed}."
    )


def cell_rows(answer: FitAnswer) -> tuple[Row, ...]:
    """Every quantity of every cell: readings, root mean square of the misfit."""
    rows: list[Row] = [("cell", "of", "what", "readings", "misfit, rms", "level", "share kept")]
    for cell in answer.cells:
        name, of = cell.data.name, cell.data.cell
        own = (f"{cell.level:.4f}", f"{cell.kept:.4f}")
        for quantity, readings in cell.data.readings.items():
            unit = QUANTITIES[quantity].unit
            miss = float(np.sqrt(np.mean((readings.value - cell.fitted[quantity]) ** 2)))
            text = f"{significant(float(shown(miss, unit)), 2)} {pretty(unit.shown)}"
            rows.append((name, of, QUANTITIES[quantity].label, str(len(readings.cycle)), text, *own))
            name, of, own = "", "", ("", "")
    return tuple(rows)


def prediction_rows(answer: FitAnswer) -> tuple[Row, ...]:
    """Predicted cells: scenario by scenario and as mixture, with the weights that their own data give afterwards."""
    weights = {u.cell: {w.scenario: w.after for w in u.weights} for u in answer.updates}
    rows: list[Row] = [
        (
            "cell / scenario",
            "cycle 1 / (mAh/g)",
            "last / (mAh/g)",
            "retention / %",
            "failed",
            "weight after",
        )
    ]
    for name, cell in answer.predicted.items():
        rows.append((f"{name}, all scenarios", *_three(cell), "", ""))
        after = weights.get(name, {})
        for p in cell.scenarios:
            weight = f"{fixed(100 * after[p.scenario], 0)} %" if p.scenario in after else ""
            rows.append((f"  {p.scenario}", *_three(p), f"{fixed(100 * p.infeasible_share, 0)} %", weight))
    return tuple(rows) if weights else tuple(row[:-1] for row in rows)


def _three(found) -> tuple[str, str, str]:
    if found.retention is None:
        return ("not solved",) * 3
    return tuple(
        written(*(float(shown(v, unit)) for v in (one.value, one.low, one.high)))
        for one, unit in ((found.first, CAPACITY), (found.last, CAPACITY), (found.retention, SHARE))
    )


def extrapolation_texts(told: Extrapolation) -> list[str]:
    forms = joined(
        [f"{f.name} ({100 * f.weight:.0f} %)" for f in sorted(told.forms, key=lambda f: -f.weight) if f.weight >= 0.005]
    )
    end = written(*(float(shown(v[-1], CAPACITY)) for v in (told.median, told.low, told.high)))
    return [
        f"{told.cell}: {end} mAh/g at cycle {int(told.cycle[-1])}, from {told.measured} measured cycles. Averaged over "
        f"forms weighed by how well each told the last third of the readings from the first two: {forms}."
    ]
