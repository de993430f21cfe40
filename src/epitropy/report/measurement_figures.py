"""Figure of the candidates for the next measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .figures import BLUE, ORANGE, Drawing, canvas, legend_above, wrapped
from .measurement_tables import points
from .numbers import significant

if TYPE_CHECKING:
    from ..records.measurement import MeasurementPlan
    from ..records.result import StudyResult
    from ..study import Study

MOST = 12


def measurement_bits(result: StudyResult, study: Study) -> Drawing | None:
    """Bits of the best candidates, about the scenario and of the interval; None without a plan or any bits."""
    plan = result.headline.measurements if result.headline else None
    if plan is None or not any(m.scenario_bits + m.interval_bits > 0.005 for m in plan.measurements):
        return None
    shown = [m for m in plan.measurements[:MOST] if m.scenario_bits + m.interval_bits > 0.005]
    figure, (axes,) = canvas(result, 1.4 + 0.36 * len(shown))
    y = np.arange(len(shown))
    scenario, interval = ([getattr(m, n) for m in shown] for n in ("scenario_bits", "interval_bits"))
    axes.barh(y, scenario, 0.62, color=BLUE, label="about the scenario")
    if not plan.retention_reported:
        axes.barh(y, interval, 0.62, left=scenario, color=ORANGE, label="of the predicted interval")
    axes.set_yticks(y, [wrapped(f"{m.name} · {m.cell}", 46) for m in shown], fontsize=8.5)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel("expected information / bits")
    axes.margins(x=0.04)
    axes.grid(axis="y", visible=False)
    legend_above(axes)
    beside = {"ha": "right", "fontsize": 8.5}
    axes.text(1.13, 1.0, "person-days", transform=axes.transAxes, va="bottom", **beside)
    for at, m in zip(y, shown):
        days = significant(m.effort_days, 2)
        axes.text(1.13, at, days, transform=axes.get_yaxis_transform(), va="center", **beside)
    left = len(plan.measurements) - len(shown)
    return Drawing(
        name="measurements",
        title="What the next measurement would teach",
        caption=(
            "Expected information of each candidate, best value for its effort first. One bit about the scenario "
            f"halves the number of those that remain{_narrowing(plan)}. Effort in person-days with a tenth of the "
            "waiting, assumed." + (f" {left} more candidates rank lower." if left else "")
        ),
        figure=figure,
        header=("measurement", "cell", "scenario_bits", "interval_bits", "effort_days", "bits_per_day"),
        rows=tuple(
            (m.name, m.cell, m.scenario_bits, m.interval_bits, m.effort_days, m.value) for m in plan.measurements
        ),
    )


def _narrowing(plan: MeasurementPlan) -> str:
    if plan.retention_reported:
        return ""
    return f"; one bit of the interval halves its width, now {points(plan.interval_before)} points"
