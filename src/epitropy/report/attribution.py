"""What the coated cell's gain is made of, in sentences and tables: shares of the layer's features by scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .facts import chosen_scenario, joined
from .markup import Html, details, join, paragraphs, table
from .numbers import CAPACITY, fixed, interval, shown

if TYPE_CHECKING:
    from ..records.headline import Attribution, Effect
    from ..records.result import StudyResult

REST = "the rest"  # as in the record
GAIN = "gain over the bare cell"
REST_MEANS = (
    "mass of the coating, lithium taken from the host, skin formed in the anneal, other inputs of the two cells"
)
FEWEST = 5  # draws from which an interval is told
NOTHING = 0.05  # points of retention or mAh/g: what is written with one decimal as zero
MOST = 0.8  # of all that helps (or costs), which the features named first make together

Row = tuple[str, ...]


def effects(found: Attribution) -> dict[str, Effect]:
    """Shares of the features and the rest: what adds up to the gain."""
    return {name: feature.share for name, feature in found.features.items()} | {REST: found.rest}


def points(effect: Effect) -> tuple[float, float, float]:
    """(low, median, high) of a change of retention in percentage points."""
    return 100 * effect.retention.low, 100 * effect.retention.value, 100 * effect.retention.high


def capacity(effect: Effect) -> tuple[float, float, float]:
    """(low, median, high) of a change of the last capacity in mAh/g."""
    return tuple(float(shown(getattr(effect.last, end), CAPACITY)) for end in ("low", "value", "high"))


def signed(value: float, places: int = 1) -> str:
    """A change with its sign, zero without.

    >>> signed(2.34), signed(-0.51), signed(0.04)
    ('+2.3', '-0.5', '0.0')
    """
    text = fixed(value, places)
    return f"+{text}" if float(text) > 0 else text


def spread(ends: tuple[float, float, float]) -> str:
    """A change with its interval, or alone where rounding leaves none.

    >>> spread((0.31, 2.34, 8.07)), spread((0.0, 0.0, 0.0))
    ('+2.3 (0.3 to 8.1)', '0.0')
    """
    low, value, high = ends
    middle, below, above = interval(value, low, high)
    middle = f"+{middle}" if float(middle) > 0 else middle
    return middle if below == above else f"{middle} ({below} to {above})"


def mean_points(effect: Effect) -> float:
    return 100 * effect.mean_retention


def mean_capacity(effect: Effect) -> float:
    return float(shown(effect.mean_last, CAPACITY))


def told(result: StudyResult) -> list[str]:
    """What the layer does in the chosen scenario, and what does most in the others; nothing without a split."""
    split = result.headline.attribution if result.headline else ()
    return [sentence(_chosen(result, split)), *_across(split)] if split else []


def _chosen(result: StudyResult, split: Sequence[Attribution]) -> Attribution:
    chosen = chosen_scenario(result)
    return next((a for a in split if chosen and a.scenario == chosen.name), split[0])


def sentence(found: Attribution) -> str:
    """Most of what the layer does in a scenario; honest where nothing is gained, features cancel or one exceeds it.

    Shares are told by their means over the draws, which add up; medians of skewed shares do not.
    """
    low, _, high = points(found.total)
    gain = mean_points(found.total)
    parts = {name: mean_points(effect) for name, effect in effects(found).items()}
    helps = {n: v for n, v in sorted(parts.items(), key=lambda p: -p[1]) if v >= NOTHING}
    costs = {n: v for n, v in sorted(parts.items(), key=lambda p: p[1]) if v <= -NOTHING}
    last = signed(mean_capacity(found.total))
    where = f"In scenario {found.scenario} the layer"
    if abs(gain) < NOTHING:
        said = f"{where} changes the mean retention by less than {NOTHING} points ({last} mAh/g at the last cycle)"
        return f"{said}: {_cancel(helps, costs)}."
    verb = "gains" if gain > 0 else "loses"
    within = f"80 % of draws lie between {signed(low)} and {signed(high)}"
    within += ", so the sign is open" if low < -NOTHING and high > NOTHING else ""
    counted = "draw" if found.draws == 1 else "draws"
    within = within if found.draws >= FEWEST else f"{found.draws} {counted} only, too few to tell a spread"
    first = f"{where} {verb} {fixed(abs(gain), 1)} points of retention in the mean"
    changed = f"{first} ({last} mAh/g at the last cycle); {within}."
    own, against = (helps, costs) if gain > 0 else (costs, helps)
    return " ".join([changed, *_most(found, own, against, gain), *_beside_capacity(found, {**helps, **costs})])


def _cancel(helps: Mapping[str, float], costs: Mapping[str, float]) -> str:
    if helps and costs:
        return f"{_listed(_first(helps))} and {_listed(_first(costs))} cancel"
    if helps or costs:
        return f"{_listed(_first(helps or costs))}, and all else together makes up for it"
    return "none of its features does more"


def _most(found: Attribution, own: Mapping[str, float], against: Mapping[str, float], gain: float) -> list[str]:
    """What makes most of a gain (or a loss), and what works against it."""
    noun = "gain" if gain > 0 else "loss"
    if not own:
        return [f"No single feature makes {NOTHING} points of that."]
    named = _first(own)
    said = [f"Most of the {noun}: {_listed(named)}."]
    if against:
        said.append(f"Against it: {_listed(_first(against))}.")
    leading, value = next(iter(named.items()))
    often, count = max(found.leads.items(), key=lambda item: item[1])
    if often != leading and 2 * count > found.draws >= FEWEST:
        said.append(f"Few draws make this mean: in {count} of {found.draws} the largest share is that of {often}.")
    if abs(value) > 1.05 * abs(gain):
        said.append(f"{_capital(leading)} alone makes {fixed(100 * value / gain, 0)} % of the {noun}.")
    return said


def _beside_capacity(found: Attribution, named: Mapping[str, float]) -> list[str]:
    """Features whose share of the last capacity has the other sign: they act at cycle 1 more than on fading."""
    last = {name: mean_capacity(effect) for name, effect in effects(found).items()}
    high = [n for n, v in named.items() if v > 1 and last[n] < -NOTHING]
    low = [n for n, v in named.items() if v < -1 and last[n] > NOTHING]
    said = []
    if high:
        said.append(
            f"{_capital(joined(high))} raises the retention by lowering cycle 1: at the last cycle the share is "
            f"{joined([signed(last[n]) for n in high])} mAh/g."
        )
    if low:
        said.append(
            f"{_capital(joined(low))} lowers the retention only by raising cycle 1 more: at the last cycle the share "
            f"is {joined([signed(last[n]) for n in low])} mAh/g."
        )
    return said


def _first(parts: Mapping[str, float]) -> dict[str, float]:
    """The largest parts that make most of their sum."""
    total, sofar, named = sum(parts.values()), 0.0, {}
    for name, value in parts.items():
        if named and sofar / total >= MOST:
            break
        named[name] = value
        sofar += value
    return named


def _listed(parts: Mapping[str, float]) -> str:
    return joined([f"{name} ({signed(value)} points)" for name, value in parts.items()])


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _across(split: Sequence[Attribution]) -> list[str]:
    """Which part most often has the largest share of retention, by scenario: means follow single extreme draws."""
    leading: dict[str, list[str]] = {}
    for found in split:
        name, count = max(found.leads.items(), key=lambda item: item[1])
        leading.setdefault(name, []).append(f"{found.scenario} {count} of {found.draws}")
    if len(split) < 2:
        return []
    groups = "; ".join(f"{name} ({', '.join(where)})" for name, where in leading.items())
    return [f"Most often the largest share of retention, helping or costing, by scenario and draws: {groups}."]


def feature_rows(found: Attribution) -> tuple[Row, ...]:
    """(part, mean share and spread in points, the same in mAh/g, taken away and added alone in points, without it)."""
    rows = []
    for name, effect in {**effects(found), GAIN: found.total}.items():
        feature = found.features.get(name)
        alone = (feature.taken_away, feature.added_alone) if feature else ()
        rows.append(
            (
                name,
                signed(mean_points(effect)),
                spread(points(effect)),
                signed(mean_capacity(effect)),
                spread(capacity(effect)),
                *((spread(points(e)) for e in alone) if feature else ("–", "–")),
                feature.without if feature else REST_MEANS if name == REST else "",
            )
        )
    return tuple(rows)


def scenario_rows(split: Sequence[Attribution], of=points) -> tuple[Row, ...]:
    """(scenario, draws, share of each feature, rest, total) in points or, by ``of``, in mAh/g."""
    return tuple(
        (a.scenario, str(a.draws), *(spread(of(e)) for e in effects(a).values()), spread(of(a.total))) for a in split
    )


def section(result: StudyResult) -> Html:
    """Sentences and tables; nothing where nothing was split."""
    split = result.headline.attribution if result.headline else ()
    if not split:
        return Html("")
    one = _chosen(result, split)
    header = (
        one.scenario,
        "mean share / points",
        "median, 80 % / points",
        "mean share / (mAh/g)",
        "median, 80 % / (mAh/g)",
        "lost if taken away / points",
        "gained if added alone / points",
        "the coated cell without it",
    )
    wide = ("scenario", "draws", *effects(one), "gain")
    note = (
        "Shapley shares: what a feature adds, averaged over all orders of adding them. In each draw, and in the mean, "
        "they and the rest sum to the gain; medians need not. Points are of retention; mAh/g are at the last cycle. "
        "All sets of features were cycled at the scales that the bare cell fixed; nothing here is measured on a "
        "coated cell, and which features act at all is declared by the scenario."
    )
    return join(
        [
            Html('<h3 id="attribution">What the gain is made of</h3>'),
            paragraphs(told(result)),
            table(header, feature_rows(one), kind="numbers"),
            paragraphs([note], "meta"),
            details(
                "Shares in every scenario, points of retention: median and 80 % interval",
                table(wide, scenario_rows(split), kind="dense"),
            ),
            details(
                "Shares in every scenario, mAh/g at the last cycle: median and 80 % interval",
                table(wide, scenario_rows(split, capacity), kind="dense"),
            ),
        ]
    )
