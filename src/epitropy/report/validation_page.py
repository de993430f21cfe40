"""Predicted beside reported, misses included: rows for the terminal, the page, its Markdown twin and the files."""

from __future__ import annotations

import json
from math import comb
from typing import TYPE_CHECKING

from ..calibrate.validation import MODEL
from ..jsonio import to_json
from ..process.markdown import markdown_table, section
from .figures import BLACK, BLUE, GREY, ORANGE, RED, Drawing, canvas, csv_link, csv_text, legend_above, svg, wrapped
from .markup import Html, headed, join, linked, paragraphs, safe
from .numbers import fixed
from .page import whole_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..records.headline import Retention
    from ..records.validation import Case, Guess, Pair, Score, Validation

Row = tuple[str, ...]
NONE = "-"
ORIGIN = {"published": "", "reading": " (not counted)", "user": " (yours)"}
BASELINES = {"coated = bare": (GREY, "s"), "mean published coating": (ORANGE, "^")}
UNLIKELY = 0.05
SEEN_LITTLE = 0.5  # share of draws below which a prediction rests on a corner of what was assumed


def pair_rows(answer: Validation) -> tuple[Row, ...]:
    """Header, then one row a pair: per cent of the first capacity after the cycles reported."""
    head = ("pair", "cycles", "bare", "reported", "epitropy, 80 %", "inside", "mean of others")
    return (head, *(_pair_row(p) for p in answer.pairs))


def _pair_row(p: Pair) -> Row:
    own, mean = guess(p, MODEL), guess(p, "mean published coating")
    return (
        f"{p.name}{ORIGIN[p.origin]}",
        f"{p.cycles}",
        _percent(p.bare),
        _percent(p.reported),
        spread_text(own.retention) if own else "not solved",
        ("yes" if own.inside else "no") if own else NONE,
        _percent(mean.retention.value),
    )


def guess(p: Pair, name: str) -> Guess | None:
    """A pair's guess of one kind; None where epitropy had none."""
    return next((g for g in p.guesses if g.name == name), None)


def _percent(share: float) -> str:
    return fixed(100 * share, 1)


def spread_text(r: Retention) -> str:
    """Median and interval in per cent; ends that rounding would merge keep a decimal."""
    return f"{_percent(r.value)} ({_percent(r.low)} to {_percent(r.high)})"


def _points(share: float) -> str:
    return f"{100 * share + 0.0:+.1f}"


def score_rows(scores: tuple[Score, ...]) -> tuple[Row, ...]:
    """Header, then each way of guessing; all in points of retention."""
    head = ("guess", "n", "mean error", "mean size of error", "CRPS", "inside 80 %")
    return (
        head,
        *(
            (
                s.name,
                f"{s.count}",
                _points(s.mean_error),
                _percent(s.mean_size),
                _percent(s.crps),
                f"{s.inside} of {s.count}" if s.name == MODEL else NONE,
            )
            for s in scores
        ),
    )


def outside_rows(cases: tuple[Case, ...]) -> tuple[Row, ...]:
    """Header, then each published row that is not compared, and why."""
    head = ("published row", "reported", "why it is outside", "basis")
    return (head, *((c.name, _said(c), c.why, c.basis) for c in cases))


def _said(case: Case) -> str:
    if case.said:
        return case.said
    bare = f", bare {_percent(case.uncoated)} %" if case.uncoated is not None else ""
    return f"{_percent(case.coated)} %{bare}"


def solved_rows(answer: Validation) -> tuple[Row, ...]:
    """Header, then how much of each pair's draws the bare cell allowed, and why not the rest."""
    head = ("pair", "solved", "why not the rest, by draw and scenario")
    return (
        head,
        *(
            (
                f"{p.name}{ORIGIN[p.origin]}",
                f"{fixed(100 * p.solved_share, 0)} %",
                "; ".join(f"{why}: {n}" for why, n in p.reasons_unsolved.items()) or NONE,
            )
            for p in answer.pairs
        ),
    )


def scenario_rows(answer: Validation) -> tuple[Row, ...]:
    """Header, then each scenario's median and interval, pair by pair."""
    told = [p for p in answer.pairs if p.scenarios]
    names = [s.scenario for s in told[0].scenarios] if told else []
    rows = [("scenario", *(f"{p.name}{ORIGIN[p.origin]}" for p in told))]
    for i, name in enumerate(names):
        cells = (p.scenarios[i].retention for p in told)
        rows.append((name, *(spread_text(r) if r else "not solved" for r in cells)))
    rows.append(("reported", *(_percent(p.reported) for p in told)))
    return tuple(rows)


# sentences ---------------------------------------------------------------------------------------------------------


def sentences(answer: Validation) -> list[str]:
    """What the numbers say, and how little so few can."""
    found = []
    for scores, whose in ((answer.scores, "published"), (answer.own_scores, "of yours")):
        if scores:
            found += _scored(scores, whose)
    found += [_unsolved(p) for p in answer.pairs if p.solved_share < SEEN_LITTLE]
    if answer.scores:
        found += [*_few(answer.scores[0], answer.level), PUBLISHED]
    return found


PUBLISHED = (
    "Coatings are published when they help: of the mean of others this makes a better guess than it would be for a "
    "coating that nobody has tried."
)


def _few(own: Score, level: float) -> list[str]:
    """What so few pairs can show, and the chance of a result as poor if the intervals were honest."""
    n = own.count
    chance = sum(comb(n, k) * level**k * (1 - level) ** (n - k) for k in range(own.inside + 1))
    often = f"{chance:.1%}".replace("%", " %")
    found = [
        f"n = {n} is tiny: it can show a gross error, not that an interval is right, and one more pair may turn the "
        "order of the guesses."
    ]
    if chance < UNLIKELY:
        found.append(
            f"{own.inside} of {n} is such an error: were the intervals honest, so few inside would happen in {often} "
            "of such comparisons. They are too narrow, or off."
        )
    else:
        found.append(
            f"Were the intervals honest, {own.inside} of {n} inside or fewer would happen in {often} of cases."
        )
    return found


def _scored(scores: tuple[Score, ...], whose: str) -> list[str]:
    own, *others = scores
    pairs = (
        _plural(own.count, f"pair {whose}", f"pairs {whose}")
        if whose != "published"
        else "published " + _plural(own.count, "pair", "pairs")
    )
    found = [
        f"{own.inside} of {own.count} {pairs} {_plural(own.inside, 'lies', 'lie')} inside the 80 % interval. epitropy: "
        f"mean error {_points(own.mean_error)} points, CRPS {_percent(own.crps)} points; "
        + "; ".join(f"{s.name}: {_points(s.mean_error)}, {_percent(s.crps)}" for s in others)
        + f" (n = {own.count})."
    ]
    better = [s.name for s in others if s.crps < own.crps]
    if better:
        found.append(f"By CRPS epitropy loses to: {', '.join(better)}.")
    else:
        found.append("By CRPS epitropy is ahead of both baselines.")
    return found


def _plural(n: int, one: str, more: str) -> str:
    return one if n == 1 else more


def _unsolved(p: Pair) -> str:
    reasons = ", ".join(f"{why} ({n})" for why, n in p.reasons_unsolved.items())
    share = f"{fixed(100 * p.solved_share, 0)} % of draws and scenarios"
    if p.solved_share == 0:
        return f"{p.name}: not predicted, no draw can be calibrated: {reasons}. It counts for none of the guesses."
    return (
        f"{p.name}{ORIGIN[p.origin]}: only {share} can be calibrated on the bare cell; the rest: {reasons}. The "
        "interval is that of a corner of what was assumed."
    )


# figure ------------------------------------------------------------------------------------------------------------


def figure(answer: Validation) -> Drawing:
    """Each pair: the interval, the reported value and the two baselines on one line."""
    pairs = answer.pairs
    drawn, (axes,) = canvas(answer, 1.3 + 0.68 * len(pairs))
    for y, p in enumerate(pairs):
        _draw_pair(axes, p, y)
    _legend(axes)
    names = [wrapped(f"{p.name}{ORIGIN[p.origin]}", 32) + f"\n{p.cycles} cycles" for p in pairs]
    axes.set_yticks(range(len(pairs)), names)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.margins(x=0.05)
    axes.set_xlabel("capacity retention of the modified cell / %")
    axes.grid(axis="y", visible=False)
    return Drawing(
        name="validation",
        title="Predicted and reported retention of modified cells",
        caption="Interval: median and 80 % of all scenarios, weighted equally. Each bare cell was calibrated; no "
        "number of a modified cell was used.",
        figure=drawn,
        header=("pair", "counted", "cycles", "bare_percent", "reported_percent", *CSV_GUESSES),
        rows=tuple(_csv_row(p) for p in pairs),
    )


CSV_GUESSES = (
    "low_percent",
    "median_percent",
    "high_percent",
    "crps_points",
    "solved_percent",
    "mean_of_others_percent",
)


def _csv_row(p: Pair) -> tuple[object, ...]:
    own, mean = guess(p, MODEL), guess(p, "mean published coating")
    r = own.retention if own else None
    values = (100 * r.low, 100 * r.value, 100 * r.high, 100 * own.crps) if r else (None,) * 4
    counted = "no" if p.origin == "reading" or not own else "yes"
    others = (100 * p.solved_share, 100 * mean.retention.value)
    return (p.name, counted, p.cycles, 100 * p.bare, 100 * p.reported, *values, *others)


BELOW = 0.2  # baselines stand below the interval, where neither hides the other


def _draw_pair(axes: Axes, p: Pair, y: int) -> None:
    own = guess(p, MODEL)
    alpha = 0.45 if p.origin == "reading" else 1.0
    if own:
        r = own.retention
        axes.plot(
            [100 * r.low, 100 * r.high], [y, y], color=BLUE, linewidth=5, alpha=0.45 * alpha, solid_capstyle="butt"
        )
        axes.plot(100 * r.value, y, "D", color=BLUE, markersize=7, alpha=alpha, zorder=4)
    else:
        axes.text(100 * p.reported, y + 0.25, "not solved", ha="center", va="center", fontsize=8, color=GREY)
    for name, (colour, marker) in BASELINES.items():
        value = 100 * guess(p, name).retention.value
        axes.plot(
            value,
            y + BELOW,
            marker,
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=colour,
            alpha=alpha,
            zorder=3,
        )
    axes.plot([100 * p.reported] * 2, [y - 0.26, y + 0.36], color=RED, linewidth=2.4, alpha=alpha, zorder=5)


def _legend(axes: Axes) -> None:
    axes.plot([], [], "-", color=BLUE, linewidth=5, alpha=0.45, label="epitropy, 80 %")
    axes.plot([], [], "D", color=BLUE, label="its median")
    axes.plot([], [], "|", color=RED, markersize=12, markeredgewidth=2.4, label="reported")
    for name, (colour, marker) in BASELINES.items():
        label = "mean of other coatings" if name != "coated = bare" else name
        axes.plot([], [], marker, markersize=8, markerfacecolor="none", markeredgecolor=colour, label=label)
    axes.plot([], [], color=BLACK, alpha=0)  # autoscale leaves the legend's lines alone
    legend_above(axes, 5)


# pages -------------------------------------------------------------------------------------------------------------

HOW = (
    "Two numbers of the bare cell, its capacity at cycle 1 and at the last cycle, fix two scales in every draw and "
    "scenario; the modified cell is then predicted, as a mixture of all scenarios with equal weights. What was "
    "reported of it is compared with, never used. Retention in per cent of cycle 1; errors and CRPS in points.",
    "CRPS is the continuous ranked probability score; for a guess without a spread it is the size of the error. Mean "
    "of other coatings: the bare loss times the geometric mean of (1 - coated)/(1 - bare) over the other pairs that "
    "count.",
)


SOLVED = (
    "A draw is solved where the model, as drawn, can deliver both capacities of the bare cell. Scenarios weigh the "
    "same whatever share of their draws is solved."
)


def markdown(answer: Validation, heading: str = "# Predicted beside reported") -> str:
    """The page as Markdown, without its figure."""
    parts = [
        *_spaced([heading] if heading else []),
        *_spaced(HOW),
        f"{answer.draws} draws; epitropy {answer.version}.",
        "",
    ]
    return "\n".join(parts) + "\n".join(_sections(answer)) + "\n".join(fixed_sections(answer.outside))


def _spaced(texts) -> list[str]:
    return [line for text in texts for line in (text, "")]


def _sections(answer: Validation) -> list[str]:
    found = [section("Pairs", "\n\n".join(sentences(answer)), _markdown(pair_rows(answer)))]
    for scores, title in ((answer.scores, "Scores"), (answer.own_scores, "Scores of your pairs")):
        if scores:
            found.append(section(title, "Pairs that epitropy could predict.", _markdown(score_rows(scores))))
    found.append(section("What could be calibrated", SOLVED, _markdown(solved_rows(answer))))
    found.append(section("Scenario by scenario", "Median and 80 % interval.", _markdown(scenario_rows(answer))))
    notes = "\n\n".join(f"**{p.name}**: {_note(p)} Source: {p.source}. Priors {p.priors}." for p in answer.pairs)
    found.append(section("What is known of each pair, and what was assumed", notes, ""))
    return found


def fixed_sections(outside: tuple[Case, ...]) -> list[str]:
    """The part that follows from the published rows alone."""
    if not outside:
        return []
    note = "Not run: nothing here was predicted. Rows with basis memory are recalled, unchecked, and never evidence."
    sources = "\n".join(f"- {c.name}: {c.source}" for c in outside) + "\n"
    return [section("Outside", note, _markdown(outside_rows(outside)) + "\n" + sources)]


def _markdown(rows: tuple[Row, ...]) -> str:
    head, *body = rows
    return markdown_table(head, body)


def html(answer: Validation) -> str:
    """The same as one HTML file with the figure."""
    title = "Predicted beside reported"
    drawn = figure(answer)
    head = (
        f'<h1>{title}</h1>\n<p class="meta">{answer.draws} draws · hash <code>{answer.hash}</code> · epitropy '
        f"{safe(answer.version)}</p>"
    )
    shown = Html(
        f'<figure>{svg(drawn, "validation")}<figcaption>{safe(drawn.caption)} <a href="{csv_link(drawn)}" '
        'download="validation.csv">numbers</a></figcaption></figure>'
    )
    parts = [
        ("Pairs", [paragraphs(sentences(answer)), shown, headed(pair_rows(answer))]),
        ("Scores", [headed(score_rows(answer.scores))] if answer.scores else []),
        ("Scores of your pairs", [headed(score_rows(answer.own_scores))] if answer.own_scores else []),
        ("What could be calibrated", [headed(solved_rows(answer))]),
        ("Scenario by scenario", [headed(scenario_rows(answer))]),
        ("What is known of each pair, and what was assumed", [_notes(answer)]),
        ("Outside", [headed(outside_rows(answer.outside))] if answer.outside else []),
    ]
    body = "\n".join(f"<section><h2>{safe(name)}</h2>\n{join(inside)}\n</section>" for name, inside in parts if inside)
    return whole_page(title, f"{head}\n{paragraphs(HOW)}\n{body}")


def _note(p: Pair) -> str:
    return p.note or "What the study does not state takes the defaults, which are assumed."


def _notes(answer: Validation) -> Html:
    return paragraphs(
        Html(f"<b>{safe(p.name)}</b>: {safe(_note(p))} Source: {linked(p.source)}. Priors <code>{p.priors}</code>.")
        for p in answer.pairs
    )


def files(answer: Validation) -> dict[str, str]:
    """Name -> text of every file."""
    drawn = figure(answer)
    return {
        "answer.json": json.dumps(to_json(answer), indent=1),
        "validation.html": html(answer),
        "validation.md": markdown(answer),
        "validation.csv": csv_text(drawn),
        "validation.svg": svg(drawn, "validation"),
    }
