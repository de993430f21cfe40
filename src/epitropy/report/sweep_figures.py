"""Figures of a sweep: what is given up for what, maps over what was varied, and shares on a triangle."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..sweep.axes import CHOICE, MAPPING, NUMBER
from ..sweep.export import with_intervals
from ..sweep.front import front_of
from ..sweep.intervals import ENDS
from ..sweep.pareto import fronts
from ..sweep.rows import DONE, INDEX, STATUS, titled
from ..sweep.run import INDICES
from ..sweep.sensitivity import VARIED, from_text
from .figures import BLACK, BLUE, ORANGE, Drawing, blank_canvas
from .numbers import significant
from .sweep_tables import mixture

if TYPE_CHECKING:
    from ..sweep.folder import Folder
    from ..sweep.spec import Sweep

MOST_DRAWN = 20_000  # points of a figure; of more, evenly many are left out
COLOURS = "viridis"
MOST_PANELS = 4  # of numbers that a design varied
MOST_LINES = 7  # settings of a second axis that are drawn as lines


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows that were done, column by column, and the sweep they belong to."""

    sweep: Sweep
    columns: dict[str, np.ndarray]
    footer: str
    front: np.ndarray  # which rows no other is surely better than

    def goal(self, name: str) -> np.ndarray:
        return self.columns[titled(self.sweep, name)]

    def label(self, name: str) -> str:
        unit = self.sweep.known[name].unit
        shown = f" / {unit.shown}" if unit and unit.shown != "1" else ""
        return f"{name}{shown}"


def drawings(folder: Folder, sweep: Sweep) -> list[Drawing]:
    """All figures that a sweep's axes and objectives allow; none without objectives or rows."""
    seen = _seen(folder, sweep)
    if seen is None or not sweep.goals:
        return []
    shown = over_searched if sweep.budget else over_axes
    found = [trade_off(seen), *(shown(seen, name) for name, _ in sweep.goals[:2]), *triangles(seen)]
    found.append(sensitivity_bars(folder, seen))
    return [drawing for drawing in found if drawing is not None]


def _seen(folder: Folder, sweep: Sweep) -> Seen | None:
    table = with_intervals(folder)
    if not table.num_columns:
        return None
    done = np.array([s == DONE for s in table[STATUS].to_pylist()])
    if not done.any():
        return None
    columns = {}
    for name in table.column_names:
        if name.partition(" draws [")[1]:
            continue
        values = table[name].to_pylist()
        text = any(isinstance(v, str) for v in values)
        columns[name] = np.array(values if text else [np.nan if v is None else v for v in values])[done]
    meta = folder.meta()
    footer = (
        f"epitropy {meta['epitropy']}  ·  {'design' if sweep.budget else 'sweep'} {meta['name']}  ·  {meta['hash']}"
    )
    front = front_of(folder, sweep)
    return Seen(sweep, columns, footer, np.array([i in front for i in columns[INDEX].tolist()]))


def trade_off(seen: Seen) -> Drawing | None:
    """The first two objectives against each other: all points, the front, and intervals of the best."""
    if len(seen.sweep.goals) < 2:
        return None
    (one, more), (other, also) = seen.sweep.goals[:2]
    x, y = seen.goal(other), seen.goal(one)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(known):
        return None
    signed = np.column_stack([y[known] * (1 if more else -1), x[known] * (1 if also else -1)])
    front = known[fronts(signed, 1)[0]]
    front = front[np.argsort(x[front])]
    figure, (axes,) = blank_canvas(seen.footer, 4.2)
    drawn = known[:: max(1, len(known) // MOST_DRAWN)]
    axes.plot(x[drawn], y[drawn], ".", color="#b8bec4", markersize=4, label=f"{len(known):,} points", rasterized=True)
    names = [f"{one} {end} [{seen.sweep.known[one].unit.shown}]" for end in (ENDS[0], ENDS[2])]
    shown = np.union1d(front, np.flatnonzero(seen.front))
    told = [i for i in shown if names[0] in seen.columns and np.isfinite(seen.columns[names[0]][i])]
    if told:
        low, high = (seen.columns[n][told] for n in names)
        axes.vlines(x[told], low, high, color=BLUE, alpha=0.35, linewidth=2, label="80 % over all scenarios")
    axes.plot(x[front], y[front], "o-", color=ORANGE, markeredgecolor=BLACK, markersize=5, linewidth=1, label="front")
    if seen.front.any():
        marks = {"markerfacecolor": "none", "markeredgecolor": BLUE, "markersize": 9, "linestyle": "none"}
        axes.plot(x[seen.front], y[seen.front], "o", label="none is surely better", **marks)
    if _spans_decades(x[known]):
        _decades(axes)
    axes.set(xlabel=seen.label(other), ylabel=seen.label(one))
    axes.legend(frameon=False, fontsize=8.5)
    words = {True: "more", False: "less"}
    return Drawing(
        name="trade-off",
        title=f"{seen.label(one)} against {seen.label(other)}",
        caption="Each point is one coating at the medians of all other inputs, in the scenario "
        f"{seen.sweep.scenario}. On the front no other is better in both ({words[more]} is better upwards, "
        f"{words[also]} sideways){' at the medians' if seen.front.any() else ''}.{_rings(seen)}",
        figure=figure,
        header=(one, other, "on the front at the medians", "none is surely better"),
        rows=tuple((float(y[i]), float(x[i]), bool(i in front), bool(seen.front[i])) for i in shown),
    )


def _rings(seen: Seen) -> str:
    """What the rings of the trade-off say."""
    if not seen.front.any():
        return ""
    goals = "both" if len(seen.sweep.goals) == 2 else f"all {len(seen.sweep.goals)} objectives"
    text = f" Rings: {int(seen.front.sum())} points that no other is surely better than, by the 80 % interval of their "
    return text + f"difference in {goals} over common draws; among them the order is not known."


def over_searched(seen: Seen, goal: str) -> Drawing | None:
    """An objective over each number that a design varied: where the search looked, and where the front lies."""
    numbers = [(name, x) for name, x, kind in _axes_of(seen) if kind == NUMBER][:MOST_PANELS]
    if not numbers:
        return None
    figure, panels = blank_canvas(seen.footer, 3.4, ncols=len(numbers), sharey=True)
    y = seen.goal(goal)
    for axes, (name, x) in zip(panels, numbers):
        axes.plot(x, y, ".", color="#b8bec4", markersize=4)
        axes.plot(x[seen.front], y[seen.front], "o", color=ORANGE, markeredgecolor=BLACK, markersize=4.5)
        if _spans_decades(x):
            _decades(axes)
        axes.set_xlabel(name)
    panels[0].set_ylabel(seen.label(goal))
    return Drawing(
        name=f"searched-{goal.replace('.', '-').replace('_', '-')}",
        title=f"{seen.label(goal)} over what was searched",
        caption="Grey: every point that was computed; where they are dense, the search found it worth while. Orange: "
        "points that no other is surely better than.",
        figure=figure,
        header=(*(name for name, _ in numbers), goal, "none is surely better"),
        rows=tuple(zip(*(x.tolist() for _, x in numbers), y.tolist(), seen.front.tolist())),
    )


def over_axes(seen: Seen, goal: str) -> Drawing | None:
    """An objective over the two axes that move it most: a line for each setting of the second; best of all others."""
    ranked = sorted(_axes_of(seen), key=lambda pair: -_moves(seen, pair[1], goal))
    numbers = [pair for pair in ranked if pair[2] == NUMBER]
    if not numbers:
        return None
    name, x, _ = numbers[0]
    beside = next((pair for pair in ranked if pair[0] != name), None)
    better = dict(seen.sweep.goals)[goal]
    figure, (axes,) = blank_canvas(seen.footer, 4.0)
    settings = _settings(beside, seen.goal(goal), better) if beside else [None]
    rows: list[tuple[object, ...]] = []
    for i, setting in enumerate(settings):
        chosen = np.ones(len(x), dtype=bool) if setting is None else beside[1] == setting
        at, best = _best_of(x[chosen], seen.goal(goal)[chosen], better)
        colour = _colour(i / max(len(settings) - 1, 1))
        axes.plot(at, best, "o-", color=colour, markersize=3.5, linewidth=1.4, label=_setting_text(beside, setting))
        rows += [(a, setting if setting is not None else "", b) for a, b in zip(at.tolist(), best.tolist())]
    if _spans_decades(x):
        _decades(axes)
    axes.set(xlabel=name, ylabel=seen.label(goal))
    if beside:
        axes.legend(
            frameon=False, fontsize=8, title=beside[0], title_fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
        )
    others = [n for n, *_ in ranked if n not in (name, beside[0] if beside else "")]
    rest = f"; of {', '.join(others)} the best setting" if others else ""
    return Drawing(
        name=f"over-{goal.replace('.', '-').replace('_', '-')}",
        title=f"{seen.label(goal)} over {name}",
        caption=f"At the medians of all other inputs{rest}.",
        figure=figure,
        header=(name, beside[0] if beside else "", goal),
        rows=tuple(rows),
    )


def triangles(seen: Seen) -> list[Drawing]:
    """For each varied mapping of three names, the first objective on a triangle of their shares."""
    goal, better = seen.sweep.goals[0]
    found = []
    for field in seen.sweep.grid.fields:
        names = [n for n in seen.columns if field.kind == MAPPING and n.startswith(f"{field.name}.")]
        if len(names) != 3:
            continue
        shares = np.column_stack([seen.columns[n] for n in names])
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
        keys, place = np.unique(shares.round(6), axis=0, return_inverse=True)
        at, best = _best_of(place.ravel().astype(float), seen.goal(goal), better)
        points = keys[at.astype(int)] / keys[at.astype(int)].sum(axis=1, keepdims=True) @ corners
        figure, (axes,) = blank_canvas(seen.footer, 4.6)
        marks = axes.scatter(*points.T, c=best, cmap=COLOURS, s=70, edgecolor="white", linewidth=0.4)
        axes.plot(*corners[[0, 1, 2, 0]].T, color="#444444", linewidth=0.9)
        for corner, name, (dx, dy) in zip(corners, names, ((-0.04, -0.05), (0.04, -0.05), (0, 0.04))):
            axes.text(*(corner + (dx, dy)), name.removeprefix(f"{field.name}."), ha="center", va="center")
        axes.set_aspect("equal")
        axes.set_axis_off()
        figure.colorbar(marks, ax=axes, label=seen.label(goal), shrink=0.8)
        found.append(
            Drawing(
                name=f"triangle-{field.name.replace('.', '-')}",
                title=f"{seen.label(goal)} over shares of {field.name}",
                caption="Each point is a mixture; of everything else that is varied, the best setting.",
                figure=figure,
                header=(*names, goal),
                rows=tuple((*map(float, k), float(b)) for k, b in zip(keys[at.astype(int)], best)),
            )
        )
    return found


def sensitivity_bars(folder: Folder, seen: Seen) -> Drawing | None:
    """Sobol indices around the best point."""
    text = folder.meta().get(INDICES)
    told = from_text(text) if text else {}
    found = told.get("indices")
    if not found:
        return None
    goal = told["goal"]
    inputs = seen.sweep.study.inputs()
    names = {i.name: i.name.removesuffix(VARIED) for i in found}
    labels = [inputs[n].label + (VARIED if n != i else "") if n in inputs else n for i, n in names.items()]
    figure, (axes,) = blank_canvas(seen.footer, 1.2 + 0.4 * len(found))
    at = np.arange(len(found))
    value, low, high = np.array([i.total for i in found]).T
    axes.barh(at, value, color=BLUE, height=0.6)
    axes.errorbar(value, at, xerr=[np.maximum(value - low, 0), np.maximum(high - value, 0)], fmt="none", ecolor=BLACK)
    axes.set_yticks(at, ["\n".join(wrap(label, 40)) for label in labels], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1.0, 1.02 * float(np.nanmax(high))))
    axes.set_xlabel(f"share of the variance of {goal}")
    return Drawing(
        name="sensitivity",
        title=f"What {seen.label(goal)} depends on",
        caption="Total Sobol indices: what a factor does alone and together with others, so that they may sum to more "
        f"than one. With 80 % intervals, around point {told['point']}, from {told['samples']} base "
        "samples: varied fields over their values, inputs over their spreads, all scenarios alike, each factor moved "
        f"freely, conditions or not. In {100 * told['solved']:.0f} % of them the model can meet the study's own data; "
        "only these count.",
        figure=figure,
        header=("factor", "alone", "low", "high", "total", "low", "high"),
        rows=tuple((n, *i.first, *i.total) for n, i in zip(labels, found)),
    )


def _axes_of(seen: Seen) -> list[tuple[str, np.ndarray, str]]:
    """(column or name, values, kind) of every varied field; mappings as texts of their shares."""
    found = []
    for field in seen.sweep.grid.fields:
        if field.kind == MAPPING:
            names = [n for n in seen.columns if n.startswith(f"{field.name}.")]
            parts = [n.removeprefix(f"{field.name}.") for n in names]
            shares = np.column_stack([seen.columns[n] for n in names])
            found.append((field.name, np.array([mixture(dict(zip(parts, row))) for row in shares]), CHOICE))
        else:
            name = next(n for n in seen.columns if n == field.name or n.startswith(f"{field.name} ["))
            found.append((name, seen.columns[name], field.kind))
    return found


def _moves(seen: Seen, values: np.ndarray, goal: str) -> float:
    """Share of an objective's variance that lies between the settings of an axis."""
    y = seen.goal(goal)
    total = np.nanvar(y)
    means = [np.nanmean(y[values == v]) for v in np.unique(values)[:500]]
    return float(np.nanvar(means) / total) if total > 0 else 0.0


def _settings(beside: tuple[str, np.ndarray, str], y: np.ndarray, better: bool) -> list[Any]:
    """Settings of an axis that are drawn: of numbers some from end to end, of choices the best."""
    _, values, kind = beside
    every = np.unique(values)
    if kind != NUMBER:
        pick = np.nanmax if better else np.nanmin
        reached = np.array([pick(y[values == v]) for v in every])
        return [every[i] for i in np.argsort(-reached if better else reached, kind="stable")[:MOST_LINES]]
    at = np.linspace(0, len(every) - 1, min(MOST_LINES, len(every))).round().astype(int)
    return [every[i] for i in at]


def _setting_text(beside: tuple[str, np.ndarray, str] | None, setting: Any) -> str | None:
    if beside is None:
        return None
    return significant(float(setting)) if beside[2] == NUMBER else str(setting)


def _best_of(x: np.ndarray, y: np.ndarray, better: bool) -> tuple[np.ndarray, np.ndarray]:
    """The best y at each x."""
    at = np.unique(x)
    pick = np.nanmax if better else np.nanmin
    return at, np.array([pick(y[x == v]) for v in at])


def _spans_decades(values: np.ndarray) -> bool:
    return bool(values.min() > 0 and values.max() / values.min() > 30)


def _decades(axes: Any) -> None:
    """A logarithmic x axis with numbers as people write them."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")


def _colour(share: float) -> Any:
    import matplotlib

    return matplotlib.colormaps[COLOURS](0.9 * share)
