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

REST = "the rest"
REST_MEANS = "mass of the coating, lithium taken from the host, skin formed in the anneal, other inputs of the two cells"
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


def told(result: StudyResult) -> list[str]:
    """What the layer does in the chosen scenario, and what does most in the others; nothing without a split."""
    split = result.headline.attribution if result.headline else ()
    if not split:
        return []
    chosen = chosen_scenario(result)
    one = next((a for a in split if chosen and a.scenario == chosen.name), split[0])
    return [sentence(one), *_across(split)]


def sentence(found: Attribution) -> str:
    """Most of what the layer does in a scenario; honest where nothing is gained, features cancel or one exceeds it."""
    low, gain, high = points(found.total)
    parts = {name: points(effect)[1] for name, effect in effects(found).items()}
    helps = {n: v for n, v in sorted(parts.items(), key=lambda p: -p[1]) if v >= NOTHING}
    costs = {n: v for n, v in sorted(parts.items(), key=lambda p: p[1]) if v <= -NOTHING}
    last = signed(capacity(found.total)[1])
    where = f"In scenario {found.scenario} the layer"
    if abs(gain) < NOTHING:
        said = f"{where} changes the retention by less than {NOTHING} points ({last} mAh/g at the last cycle)"
        return f"{said}: {_cancel(helps, costs)}."
    verb = "gains" if gain > 0 else "loses"
    range_ = "" if fixed(low, 1) == fixed(high, 1) else f" ({fixed(low, 1)} to {fixed(high, 1)} of gain)"
    open_ = ", so its sign is open," if low < -NOTHING and high > NOTHING else ""
    first = f"{where} {verb} {fixed(abs(gain), 1)} points of retention{range_}{open_} and"
    changed = f"{first} changes the last capacity by {last} mAh/g."
    own, against = (helps, costs) if gain > 0 else (costs, helps)
    return " ".join([changed, *_most(own, against, gain), *_beside_capacity(found, {**helps, **costs})])


def _cancel(helps: Mapping[str, float], costs: Mapping[str, float]) -> str:
    if helps and costs:
        return f"{_listed(_first(helps))} and {_listed(_first(costs))} cancel"
    if helps or costs:
        return f"{_listed(_first(helps or costs))} in the median, and the rest is too small to tell"
    return "none of its features does more"


def _most(own: Mapping[str, float], against: Mapping[str, float], gain: float) -> list[str]:
    """What makes most of a gain (or a loss), and what works against it."""
    noun = "gain" if gain > 0 else "loss"
    if not own:
        return [f"No single feature makes {NOTHING} points of that."]
    named = _first(own)
    said = [f"Most of the {noun} is {_listed(named)}."]
    if against:
        turn = "costs" if gain > 0 else "helps"
        said.append(f"Against it {turn} {_listed(_first(against))}.")
    leading, value = next(iter(named.items()))
    if abs(value) > 1.05 * abs(gain):
        said.append(f"{_capital(leading)} alone is {fixed(100 * value / gain, 0)} % of the {noun}.")
    return said


def _beside_capacity(found: Attribution, named: Mapping[str, float]) -> list[str]:
    """Features whose share of the last capacity has the other sign: they act at cycle 1 more than on fading."""
    last = {name: capacity(effect)[1] for name, effect in effects(found).items()}
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
    """Which part is the largest in which scenarios, by the size of its median share of retention."""
    leading: dict[str, list[str]] = {}
    for found in split:
        sizes = {name: points(effect)[1] for name, effect in effects(found).items()}
        name = max(sizes, key=lambda n: abs(sizes[n]))
        if abs(sizes[name]) >= NOTHING:
            leading.setdefault(name, []).append(f"{found.scenario} {signed(sizes[name])}")
    if len(split) < 2 or not leading:
        return []
    groups = "; ".join(f"{name} ({', '.join(where)})" for name, where in leading.items())
    return [f"The largest share by scenario, in points of retention: {groups}."]


def feature_rows(found: Attribution) -> tuple[Row, ...]:
    """(feature, share in points, in mAh/g, lost if taken away alone, gained if added alone, without it)."""
    rows = [
        (
            name,
            spread(points(feature.share)),
            spread(capacity(feature.share)),
            spread(points(feature.taken_away)),
            spread(points(feature.added_alone)),
            feature.without,
        )
        for name, feature in found.features.items()
    ]
    rest = (REST, spread(points(found.rest)), spread(capacity(found.rest)), "–", "–", REST_MEANS)
    total = ("gain over the bare cell", spread(points(found.total)), spread(capacity(found.total)), "–", "–", "")
    return (*rows, rest, total)


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
    chosen = chosen_scenario(result)
    one = next((a for a in split if chosen and a.scenario == chosen.name), split[0])
    header = (
        f"scenario {one.scenario}",
        "share / points of retention",
        "share / (mAh/g), last cycle",
        "lost if taken away alone / points",
        "gained if added alone / points",
        "the coated cell without it",
    )
    wide = ("scenario", "draws", *effects(one), "gain")
    note = (
        "Shapley shares: what a feature adds, averaged over all orders of adding them; in each draw they and the rest "
        "sum to the gain exactly, their medians need not. Median and 80 % interval. All sets of features were "
        "cycled at the scales that the bare cell fixed; nothing here is measured on a coated cell."
    )
    return join(
        [
            Html('<h3 id="attribution">What the gain is made of</h3>'),
            paragraphs(told(result)),
            table(header, feature_rows(one), kind="numbers"),
            paragraphs([note], "meta"),
            details("Shares in every scenario, points of retention", table(wide, scenario_rows(split), kind="dense")),
            details(
                "Shares in every scenario, mAh/g at the last cycle",
                table(wide, scenario_rows(split, capacity), kind="dense"),
            ),
        ]
    )
