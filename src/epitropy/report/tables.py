"""Rows of the tables: plain text, for the terminal and for the page alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..study import input_unit
from ..units import Unit, unit_of
from .facts import (
    Compared,
    at_medians,
    coated_cell,
    compared_cell,
    compared_scenario,
    known_cell,
    treated_cell,
)
from .match_tables import critical, largest, strains
from .numbers import (
    CAPACITY,
    field,
    field_text,
    fixed,
    pretty,
    shown,
    significant,
    written,
)

if TYPE_CHECKING:
    from ..records.alignment import AlignedMatch
    from ..records.headline import Headline, Prediction
    from ..records.result import StudyResult
    from ..records.sourced import Sourced
    from ..study import Study

Row = tuple[str, ...]
GAP = {"series": "resistance", "inactive": "inactive"}


# ---- the headline, for the terminal ------------------------------------------------------------------------------


def headline_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """Column names, then cells, what is reported of them and, below the predicted cell, each scenario; for 80 columns.

    The last column counts the reported numbers that lie in their intervals.
    At the medians a cell's row holds the middle and the range of its scenarios.
    """
    lengths = {cell.protocol.cycles for cell in study.cells.values()}
    last = f"cycle {lengths.pop()}" if len(lengths) == 1 else "last cycle"
    rows: list[Row] = [("cell / scenario", "cycle 1\nmAh/g", f"{last}\nmAh/g", "retention\n%", "hits")]
    for cell in study.cells:
        rows.append(cell_row(result, study, cell))
        rows += reported_row(study, cell)
        if cell == treated_cell(study):
            rows += _scenario_rows(result, study, cell)
    return tuple(rows)


def cell_row(result: StudyResult, study: Study, cell: str) -> Row:
    """A cell's own numbers; at the medians the middle and the range of its scenarios."""
    if result.headline is not None:
        found = result.headline.cells[cell]
        return _compared_row(f"{cell} ({found.basis})", compared_cell(found, study, cell))
    lives = list(at_medians(result, cell).values())
    if not lives:
        return (f"{cell} (not solved)", "-", "-", "-", "")
    return (f"{cell} (all scenarios)", *(_range(column) for column in zip(*lives)), "")


def _range(values: tuple[float, ...]) -> str:
    from statistics import median

    return _tight(median(values), min(values), max(values))


def _tight(value: float, low: float, high: float) -> str:
    """For the terminal: whole numbers wherever an interval is left.

    >>> _tight(79.71, 76.98, 92.51), _tight(174.70, 174.69, 174.71)
    ('80 (77-93)', '174.7')
    """
    return written(value, low, high, "-", most=0) if "(" in written(value, low, high) else written(value, low, high)


def _compared_row(name: str, rows: tuple[Compared, ...]) -> Row:
    return (name, *(_tight(r.value, r.low, r.high) for r in rows), _hits(rows))


def _hits(rows: tuple[Compared, ...]) -> str:
    """How many of the reported numbers lie in their intervals; empty where nothing is reported."""
    if any(r.fitted for r in rows):
        return "fitted"
    known = [r.inside for r in rows if r.inside is not None]
    return f"{sum(known)} of {len(known)}" if known else ""


def reported_row(study: Study, cell: str) -> list[Row]:
    """What is reported of a cell; nothing where nothing is."""
    reported = study.reported.get(cell)
    if reported is None:
        return []
    cycles = study.cells[cell].protocol.cycles
    found = [reported.capacity.get(1), reported.capacity.get(cycles), reported.retention.get(cycles)]
    units = (CAPACITY, CAPACITY, Unit("1", show="%"))
    return [("  reported", *(significant(float(shown(v.value, u)), 4) if v else "-" for v, u in zip(found, units)), "")]


def _scenario_rows(result: StudyResult, study: Study, cell: str) -> list[Row]:
    if result.headline is None:
        lives = at_medians(result, cell)
        return [
            (f" {s.name}", *(fixed(v, 1) for v in lives[s.name]), "") if s.name in lives else _unsolved_row(s.name)
            for s in result.scenarios
        ]
    rows = [(p.scenario, compared_scenario(p, study, cell)) for p in result.headline.cells[cell].scenarios]
    return [_compared_row(f" {name}", found) if found else _unsolved_row(name) for name, found in rows]


def _unsolved_row(name: str) -> Row:
    return (f" {name}", "-", "-", "-", "-")


# ---- the headline, for the page ----------------------------------------------------------------------------------


def comparison_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """(cell, quantity, computed, reported, verdict) for every cell of the headline, the predicted one first."""
    order = sorted(result.headline.cells, key=lambda n: n != treated_cell(study))
    return tuple(
        (f"{cell}, {result.headline.cells[cell].basis}", r.quantity, f"{r.text} {r.unit}", _reported_text(r), r.verdict)
        for cell in order
        for r in compared_cell(result.headline.cells[cell], study, cell)
    )


def _reported_text(row: Compared) -> str:
    return f"{significant(row.reported, 4)} {row.unit} ({row.grade})" if row.reported is not None else "–"


def scenario_rows(result: StudyResult, study: Study) -> tuple[tuple[object, ...], ...]:
    """(title, gap, cycle 1, last, retention as `Compared` or None, share of draws unsolved) per scenario."""
    cell = treated_cell(study)
    if result.headline is None:
        lives = at_medians(result, cell)
        return tuple(
            (s.title, GAP[s.gap_carrier], *_nominal_compared(lives.get(s.name), study, cell), "")
            for s in result.scenarios
        )
    found = {p.scenario: p for p in result.headline.cells[cell].scenarios}
    return tuple((s.title, GAP[s.gap_carrier], *_predicted(found[s.name], study, cell)) for s in result.scenarios)


def _predicted(found: Prediction, study: Study, cell: str) -> tuple[object, ...]:
    rows = compared_scenario(found, study, cell) or (None, None, None)
    return (*rows, f"{100 * found.infeasible_share:.0f} %")


def _nominal_compared(life: tuple[float, float, float] | None, study: Study, cell: str) -> tuple[Compared | None, ...]:
    if life is None:
        return (None, None, None)
    units = ("mAh/g", "mAh/g", "%")
    return tuple(Compared(quantity="", unit=u, value=v, low=v, high=v) for v, u in zip(life, units))


def beside_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """(name, meaning, retention, last capacity, gain over the calibrated cell, remark): coating, baselines, "
    "placebos."""
    headline = result.headline
    if not (headline.baselines or headline.placebos):
        return ()
    cell, known = treated_cell(study), known_cell(study)
    bare = headline.cells[known].retention.value
    kept, last = headline.cells[cell].retention, headline.cells[cell].last
    own = (cell, "the prediction itself", _percent(kept), _capacity(last), _points(kept.value - bare), "")
    base = [
        (b.name, b.meaning, f"{fixed(100 * b.retention, 1)} %", "–", _points(b.retention - bare), "baseline")
        for b in headline.baselines
    ]
    return (own, *base, *_placebo_rows(headline))


def _placebo_rows(headline: Headline) -> list[Row]:
    return [
        (
            p.name,
            p.meaning,
            _percent(p.retention),
            _capacity(p.last),
            _points(p.gain),
            "placebo: gains as much" if p.gains_as_much else "placebo",
        )
        for p in headline.placebos
    ]


def _percent(r) -> str:
    return f"{written(100 * r.value, 100 * r.low, 100 * r.high)} %"


def _capacity(c) -> str:
    return f"{written(*(float(shown(v, CAPACITY)) for v in (c.value, c.low, c.high)))} mAh/g"


def _points(gain: float) -> str:
    return f"{100 * gain + 0.0:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


# ---- the layer ---------------------------------------------------------------------------------------------------


def layer_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """(quantity, value, how it comes about) of the coated cell; empty without one."""
    cell = coated_cell(result, study)
    if cell is None:
        return ()
    return (
        *_batch_rows(result, cell),
        *_film_rows(result, study, cell),
        *_lithium_rows(result, cell),
        *_mixed_rows(result, cell),
    )


def _batch_rows(result: StudyResult, cell: str) -> list[Row]:
    layer = result.cells[cell].coating
    lines = [
        (
            f"weigh {line.precursor}",
            f"{significant(100 * line.mass, 3)} g",
            f"per 100 g host, {field_text(line, 'amount')} of host",
        )
        for line in layer.batch
    ]
    return [*lines, ("dose", field_text(layer, "mass_ratio"), "coating per host, by mass")]


def _with_ends(record, name: str) -> str:
    """A record's number with its low and high end."""
    unit = unit_of(type(record), name)
    middle, low, high = (
        significant(float(shown(getattr(record, f"{name}{end}"), unit)), 2) for end in ("", "_low", "_high")
    )
    return f"{middle} {pretty(unit.shown)} ({low} to {high})"


def _permeance(found) -> str:
    middle, low, high = (significant(x, 2) for x in (found.ratio, found.low, found.high))
    return f"{middle} × ({low} to {high})"


def _film_rows(result: StudyResult, study: Study, cell: str) -> list[Row]:
    layer, electrode = result.cells[cell].coating, result.cells[cell].electrode
    basis = {"outer": "outer area that mixed particles reach", "wetted": "electrolyte-wetted (BET) area"}[
        study.cells[cell].coating.area_basis
    ]
    before, after = field_text(layer, "coverage_mixed"), field_text(layer, "coverage")
    return [
        ("area coated", field_text(layer, "area"), basis),
        ("coverage", f"{before}, then {after}", "after mixing, and after spreading in the anneal"),
        ("mean thickness", field_text(layer, "mean_thickness"), "volume over the whole area"),
        ("film thickness", field_text(layer, "thickness"), "the same volume over the covered area"),
        (
            "film resistance",
            _with_ends(result.cells[cell].permeation, "film_resistance"),
            f"per particle area, lithium, through the {significant(100 * electrode.open_share, 2)} % of the surface "
            "that pass it; 80 % interval from its conductivity alone",
        ),
        (
            "oxygen permeance",
            _permeance(result.cells[cell].permeation.oxygen_permeance),
            "over that of the skin of the bare cell after 200 cycles; 80 % interval, a prior and no finding",
        ),
        (
            "oxygen transport",
            f"{significant(electrode.oxygen_ratio, 2)} × that of the skin",
            "coefficient with the leak along phase boundaries; above 1: no barrier beyond its thickness",
        ),
    ]


def _lithium_rows(result: StudyResult, cell: str) -> list[Row]:
    layer, particle = result.cells[cell].coating, result.cells[cell].particle
    too_much = layer.host_lithium_taken > 1
    return [
        (
            "lithium demand",
            f"{significant(1e3 * layer.lithium_demand, 2)} mmol/kg",
            "to bind the reacted precursors, per mass of host",
        ),
        (
            "from residual lithium",
            field_text(layer, "residual_consumed"),
            f"of {significant(1e3 * particle.residual_lithium, 2)} mmol/kg on the powder",
        ),
        (
            "from the host",
            field_text(layer, "host_lithium_taken"),
            "of the host's lithium; only what the residual lithium cannot cover"
            + (": more than the host has, so this recipe cannot react to these products" if too_much else ""),
        ),
        (
            "inclusions",
            field_text(layer, "inclusion_volume_share"),
            "of the layer's volume, precursor left undissolved",
        ),
    ]


def _mixed_rows(result: StudyResult, cell: str) -> list[Row]:
    profile = result.cells[cell].anneal
    composition = sorted(profile.layer_composition.items(), key=lambda pair: -pair[1])
    at_percent = ", ".join(f"{e} {fixed(100 * y, 1)}" for e, y in composition)
    left = ", ".join(f"{significant(100 * y, 2)} % of {e}" for e, y in profile.undissolved_share.items())
    paths = result.cells[cell].boundaries
    return [
        (
            "layer composition",
            f"{at_percent} at.%",
            f"of the cations, without Li, outward of the original surface; undissolved: {left or '0'}",
        ),
        ("mixing zone", field_text(profile, "zone_width"), "from 90 to 10 % of the film's cations"),
        (
            "five cations at 5 % or more",
            field_text(profile, "multi_cation_width"),
            "width of the zone; five at 1 % or more: " + field_text(profile, "trace_cation_width"),
        ),
        (
            "grain boundaries could take in",
            f"{significant(100 * paths.total_share, 2)} %",
            "of the dissolved coating; the composition above does not lose it: a scenario decides what the cell sees",
        ),
        (
            "nickel as Ni²⁺ at the surface",
            f"{significant(100 * profile.reduced_share, 2)} %",
            "in equilibrium at the hold, in this gas",
        ),
    ]


def entropy_rows(result: StudyResult) -> tuple[Row, ...]:
    """(what, S per mole of metal sites, per mole of cation sites with Li, class, reasons) for every host and "
    "layer."""
    rows = []
    for name, cell in result.cells.items():
        rows.append((f"host, {name}", cell.host_entropy))
        if cell.layer_entropy is not None:
            rows.append((f"layer, {name}", cell.layer_entropy))
    return tuple((label, *_entropy_cells(s)) for label, s in rows)


def _entropy_cells(entropy) -> Row:
    from ..constants import GAS_CONSTANT

    site = entropy.by_site[entropy.site] / GAS_CONSTANT
    verdict = "high-entropy" if entropy.high_entropy else f"{entropy.band} entropy, not a high-entropy material"
    per_cation = f"{significant(entropy.per_cation_site / GAS_CONSTANT, 3)} R" if "Li" in entropy.by_site else "–"
    return (f"{significant(site, 3)} R", per_cation, verdict, "; ".join(entropy.reasons))


def match_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """Best orientation relationships of the coated cell, best first."""
    cell = coated_cell(result, study)
    return tuple(_match_row(m) for m in (result.cells[cell].matches if cell else ()))


def _match_row(aligned: AlignedMatch) -> Row:
    m = aligned.match
    return (
        str(aligned.rank),
        m.film.replace(" ", "\u00a0"),
        m.orientation,
        significant(float(field(m, "area")), 3),
        strains(m),
        "–" if m.energy_per_thickness is None else significant(float(field(m, "energy_per_thickness")), 2),
        largest(aligned),
        critical(m),
        "yes" if m.continuation else "no",
    )


def facet_rows(result: StudyResult, study: Study) -> tuple[Row, ...]:
    """(facet, share with interval, whether it passes lithium, grade, source) of the treated cell's particles."""
    found = result.cells[treated_cell(study)].facets
    return tuple(
        (
            f"({f.facet})",
            f"{fixed(100 * f.share, 0)} % ({fixed(100 * f.low, 0)} to {fixed(100 * f.high, 0)})",
            "yes" if f.passes_lithium else "no",
            f.grade,
            f.source,
        )
        for f in found.facets
    )


# ---- inputs and sources ------------------------------------------------------------------------------------------


def input_rows(result: StudyResult, study: Study, grade: str) -> tuple[Row, ...]:
    """(dotted name, label, value, 80 % range, source) of every input of a grade, in the unit that people read."""
    return tuple(
        (name, number.label, *input_texts(number, input_unit(study, name)), number.source)
        for name, number in result.inputs.items()
        if number.grade == grade
    )


def input_texts(number: Sourced, unit: Unit) -> tuple[str, str]:
    """Value and 80 % range of an input.

    >>> from epitropy.records.sourced import Sourced
    >>> input_texts(Sourced(value=7e-9, unit="m", distribution="lognormal", spread=(0.6,)), Unit("m", show="nm"))
    ('7 nm', '3.2 to 15 nm')
    """
    name = pretty(unit.shown)
    value = f"{significant(float(shown(number.at(0.5).value, unit)), 3)} {name}".strip()
    if not number.uncertain:
        return value, "held fixed"
    low, high = (significant(float(shown(number.at(q).value, unit)), 2) for q in (0.1, 0.9))
    return value, f"{low} to {high} {name}".strip()


def no_effect_rows(result: StudyResult) -> tuple[Row, ...]:
    """(dotted name, label) of the inputs that do not move the prediction."""
    names = result.headline.no_effect if result.headline else ()
    return tuple((n, result.inputs[n].label if n in result.inputs else "a choice") for n in names)


_PAPER = re.compile(r"10\.\d{4,}/|https?://|et al\.|\((?:19|20)\d{2}\)|\b(?:19|20)\d{2}\b")


def references(result: StudyResult) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Sources used: papers that were looked up, papers recalled without a check, and estimates or conventions.

    >>> [bool(_PAPER.search(text)) for text in ("Roth and Wadsley, Acta Cryst. 19 (1965) 32", "that of the host")]
    [True, False]
    """
    papers = [r for r in result.references if _PAPER.search(r) and "recalled" not in r]
    recalled = [r for r in result.references if "recalled" in r]
    others = [r for r in result.references if r not in papers and r not in recalled]
    return tuple(papers), tuple(recalled), tuple(others)
