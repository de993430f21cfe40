"""Which measurement to make next: one sentence, the candidates ranked, and what to expect of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .facts import joined
from .markup import Html, details, headed, join, paragraphs, safe, table
from .numbers import fixed, pretty, significant

if TYPE_CHECKING:
    from ..records.headline import Headline
    from ..records.measurement import Measurement, MeasurementPlan

Row = tuple[str, ...]
LITTLE = 0.05  # bits: below it a measurement counts as teaching nothing
HEADER = (
    "measurement",
    "cell",
    "scenario / bits",
    "at most / bits",
    "mechanism / bits",
    "pairs apart",
    "interval after / points",
    "bits",
    "carried by",
    "person-days",
    "bits a day",
)
OF_INTERVAL = slice(6, 9)


def advice(headline: Headline) -> str:
    """What to measure first, what it would do and cost; empty without a plan."""
    plan = headline.measurements
    if plan is None:
        return ""
    best = plan.measurements[0]
    if best.scenario_bits + best.interval_bits < LITTLE:
        return "No candidate measurement would tell the scenarios apart or narrow the interval by more than its error."
    said = (
        f"Measure first: {best.name}, on the {best.cell} cell. {_does(best, plan, headline)}; it takes about "
        f"{significant(best.effort_days, 2)} person-days."
    )
    said = said if plan.pair is None else f"{said} {_then(plan)}"
    judged = f"Judged with all scenarios equally likely, as before the {plan.cell} cell's numbers"
    return (
        f"{said} {judged}{'; its retention is known, so only what tells them apart counts' * plan.retention_reported}."
    )


def _does(best: Measurement, plan: MeasurementPlan, headline: Headline) -> str:
    if plan.retention_reported:
        return f"It would {_tells(best)}"
    kept = headline.cells[plan.cell].retention
    span = f"{fixed(100 * kept.low, 0)}-{fixed(100 * kept.high, 0)} %"
    if best.interval_bits < LITTLE:
        narrowed = f"It would leave the interval of the {plan.cell} cell's retention ({span}) as wide as it is"
    else:
        narrowed = (
            f"It would cut the interval of the {plan.cell} cell's retention from {span} to about "
            f"{points(best.interval_after)} points"
        )
    return f"{narrowed} and {_tells(best)}"


def _tells(best: Measurement) -> str:
    if best.scenario_bits < LITTLE:
        return "tell nothing about the scenario"
    if not best.apart:
        return f"give {fixed(best.scenario_bits, 2)} bits about the scenario, but tell no two of them apart"
    one, other = best.apart[0].split(" | ")
    more = len(best.apart) - 1
    return f"tell {one} from {other}" + (f" (and {more} more pair{'s' * (more > 1)})" if more else "")


def _then(plan: MeasurementPlan) -> str:
    pair = plan.pair
    narrowed = "" if plan.retention_reported else f"about {points(pair.interval_after)} points, "
    return (
        f"Best added to it: {pair.second}; both together {significant(pair.effort_days, 2)} person-days, {narrowed}"
        f"{fixed(pair.scenario_bits, 2)} bits about the scenario."
    )


def points(width: float) -> str:
    """Width of an interval of a retention.

    >>> points(0.0904), points(0.114)
    ('9.0', '11')
    """
    return fixed(100 * width, 1 if width < 0.0995 else 0)


def candidate_rows(plan: MeasurementPlan) -> tuple[Row, ...]:
    """``HEADER`` and one row a candidate, best value first; without those of an interval that is known."""
    pairs = len(plan.scenarios) * (len(plan.scenarios) - 1) // 2
    rows = [
        (
            m.name,
            m.cell,
            f"{fixed(m.scenario_bits, 2)} ± {fixed(m.scenario_bits_error, 2)}",
            fixed(m.most_bits, 2),
            fixed(m.mechanism_bits, 2),
            f"{len(m.apart)} of {pairs}",
            points(m.interval_after),
            fixed(m.interval_bits, 2),
            fixed(m.effective, 0),
            fixed(m.effort_days, 1),
            fixed(m.value, 2),
        )
        for m in plan.measurements
    ]
    kept = [list(row) for row in (HEADER, *rows)]
    if plan.retention_reported:
        for row in kept:
            del row[OF_INTERVAL]
    return tuple(tuple(row) for row in kept)


def expected_rows(plan: MeasurementPlan) -> tuple[Row, ...]:
    """(reading with unit and cell, error, separation, one expected value a scenario) in the order of the candidates."""
    rows = {}
    for m in plan.measurements:
        for r in m.readings:
            unit = next(iter(r.expected.values())).partition(" ")[2]
            rows[r.name, m.cell] = (
                f"{r.name}, {m.cell} / {pretty(unit)}",
                r.error.partition(" ")[0],
                significant(r.separation, 2),
                *(r.expected[s].partition(" ")[0] for s in plan.scenarios),
            )
    return tuple(rows.values())


def apart_rows(plan: MeasurementPlan) -> tuple[Row, ...]:
    """(measurement and cell, pairs of scenarios that it tells apart), those that tell any."""
    return tuple((f"{m.name}, {m.cell}", "; ".join(m.apart)) for m in plan.measurements if m.apart)


def section(headline: Headline | None) -> Html:
    """The part of the page; nothing without a plan."""
    if headline is None or headline.measurements is None:
        return Html("")
    plan = headline.measurements
    expected = ("reading / unit", "error", "separation", *(Html(safe(s).replace("/", "<br>")) for s in plan.scenarios))
    return join(
        [
            Html("<h3>Which measurement would tell</h3>"),
            paragraphs([advice(headline), _how(plan)]),
            headed(candidate_rows(plan), kind="numbers"),
            paragraphs([SCENARIO_NOTE if plan.retention_reported else f"{SCENARIO_NOTE} {INTERVAL_NOTE}"], "meta"),
            details(
                "What each scenario lets one expect, median over draws",
                table(expected, expected_rows(plan), kind="dense"),
            ),
            details("Which scenarios each tells apart", table(("measurement", "pairs"), apart_rows(plan)))
            if apart_rows(plan)
            else Html(""),
        ]
    )


def _how(plan: MeasurementPlan) -> str:
    without = f"; too few draws of {joined(list(plan.left_out))} could be solved to count" if plan.left_out else ""
    return (
        f"Readings are simulated in {plan.draws} draws of all inputs and {len(plan.scenarios)} scenarios, equally "
        f"likely before{without}. Before any of them the interval of the {plan.cell} cell's retention is "
        f"{points(plan.interval_before)} points wide.{_already(plan)}"
    )


def _already(plan: MeasurementPlan) -> str:
    return f" Already reported, so not ranked: {joined(list(plan.reported))}." if plan.reported else ""


SCENARIO_NOTE = (
    "Scenario: expected information about which one holds; at most: what an exact reading could give, less where "
    "scenarios coincide on that cell; mechanism: with both carriers of the cycle-1 gap taken together. Pairs apart: "
    "those of which it gives half of the one bit between them. Person-days include the cell and a tenth of the "
    "waiting. Estimates from few draws lie on the low side. Errors and efforts are assumed, and errors independent. "
    "Voltages keep the study's cut-offs."
)
INTERVAL_NOTE = (
    "Interval after: expected width; bits: log2 of width before over after; carried by: draws and scenarios that carry "
    "it. A late reading of the predicted cell comes when its retention is known too: its bits of the interval tell how "
    "well it stands for the retention."
)
