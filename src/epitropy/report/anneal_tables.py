"""Rows about the annealed profile: plain text, for the terminal and for the page alike."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from ..constants import GAS_CONSTANT
from ..records.process import ProfileReading
from ..units import Unit, convert, unit_of
from .numbers import fixed, pretty, shown, significant, written

if TYPE_CHECKING:
    from ..records.process import AnnealAnswer, AnnealMap, Axis, Fitted, Node

Row = tuple[str, ...]

READINGS = {
    "layer_thickness": "layer, outward of the old surface",
    "zone_width": "mixed zone, 90 to 10 % of the film's cations",
    "multi_cation_width": "five cations with at least 5 at.% each",
    "trace_cation_width": "five cations with at least 1 at.% each",
    "mean_entropy": "mean S of layer and mixed zone",
    "coverage": "coverage",
    "undissolved_share": "undissolved precursor that does not wet",
    "host_lithium_taken": "host's lithium that the coating binds",
    "boundary_share": "dissolved coating that runs into grain boundaries",
    "boundary_thickness": "coating on all boundaries, mean thickness",
    "reduced_share": "Ni²⁺ at the surface, equilibrium with the gas",
}
MAPPED = ("zone_width", "trace_cation_width", "mean_entropy", "undissolved_share", "reduced_share")
HEADS = {
    "zone_width": "mixed zone / nm",
    "trace_cation_width": "five cations ≥ 1 % / nm",
    "mean_entropy": "mean S / R",
    "undissolved_share": "undissolved / %",
    "reduced_share": "Ni²⁺ / %",
}


def unit_text(name: str) -> str:
    return pretty(unit_of(ProfileReading, name).shown)


def in_shown(reading: ProfileReading, name: str) -> float:
    """A reading in the unit in which people read it."""
    return float(shown(getattr(reading, name), unit_of(ProfileReading, name)))


def reading_rows(answer: AnnealAnswer) -> tuple[Row, ...]:
    """Header, then each reading: at the medians of all inputs, and with its 80 % interval over the draws."""
    bands = answer.bands
    head = ("", "unit", "all inputs at median", *(("median of draws (80 % interval)",) if bands else ()))
    rows = [head]
    for name, label in READINGS.items():
        shown_value = in_shown(answer.reading, name)
        if name == "host_lithium_taken" and shown_value > 100:
            label += " (more than it has)"
        row = (label, unit_text(name), _plain(shown_value))
        if bands:
            row += (_banded(*(in_shown(r, name) for r in (bands.median, bands.low, bands.high))),)
        rows.append(row)
    return tuple(rows)


def cation_rows(answer: AnnealAnswer) -> tuple[Row, ...]:
    """Header, then each cation: mean share in the layer, how deep it goes, and by which way."""
    profile, bands, paths = answer.profile, answer.bands, answer.boundaries
    head = ("cation", "in the layer / at.%", "into the grains / nm", *(("80 %",) if bands else ()))
    rows = [(*head, "sqrt(Dt) / nm", "boundaries / µm", "regime")]
    for s in profile.species:
        row = (s, _plain(100 * profile.layer_composition[s]), _plain(1e9 * profile.penetration[s]))
        if bands:
            row += (f"{_plain(1e9 * bands.low.penetration[s])} to {_plain(1e9 * bands.high.penetration[s])}",)
        along = (_plain(1e6 * paths.decay_depth[s]), paths.regime[s]) if s in paths.species else ("-", "-")
        rows.append((*row, _plain(1e9 * profile.diffusion_length[s]), *along))
    return tuple(rows)


def driver_rows(answer: AnnealAnswer, most: int = 5) -> tuple[Row, ...]:
    """Header, then for each reading what its spread goes with, strongest first."""
    rows: list[Row] = [("spread of", "goes with", "grade", "share", "more of it")]
    for which, found in answer.bands.drivers.items() if answer.bands else ():
        for i, d in enumerate(found[:most]):
            rows.append(
                (
                    READINGS[which] if i == 0 else "",
                    d.label or d.name,
                    d.grade,
                    f"{100 * d.share:.0f} %",
                    "raises it" if d.rank_correlation > 0 else "lowers it",
                )
            )
        rest = 1 - sum(d.share for d in found)
        rows.append(("" if found else READINGS[which], "no single input beyond chance", "", f"{100 * rest:.0f} %", ""))
    return tuple(rows)


def left_out_rows(answer: AnnealAnswer) -> tuple[Row, ...]:
    """Header, the whole recipe, then the layer without each element, differences in brackets."""
    rows: list[Row] = [
        ("without", "brought by", "S / R", "band", "within 5-35 %", "five ≥ 1 % / nm", "r / Å", "δ(r) / %", "δ(z)")
    ]
    whole = answer.left_out[0]
    for row in answer.left_out:
        entropy, change = row.mean_entropy / GAS_CONSTANT, (row.mean_entropy - whole.mean_entropy) / GAS_CONSTANT
        rows.append(
            (
                row.element or "(nothing)",
                row.brought_by,
                f"{entropy:.2f}" + (f" ({change:+.2f})" if row.element else ""),
                row.layer_entropy.band,
                f"{len(row.counted)}: {' '.join(row.counted)}",
                _plain(1e9 * row.trace_cation_width),
                f"{1e10 * row.mean_radius:.3f}",
                _plain(100 * row.size_mismatch),
                f"{row.valence_mismatch:.2f}",
            )
        )
    return tuple(rows)


def axis_head(axis: Axis) -> str:
    """Label and unit of a varied input.

    >>> from epitropy.records.process import Axis
    >>> axis_head(Axis(name="anneal.time", label="time at temperature", si="s", unit="h", values=(3600.0,)))
    'time at temperature / h'
    """
    unit = pretty(axis.unit)
    return f"{axis.label} / {unit}" if unit else axis.label


def axis_values(axis: Axis) -> list[float]:
    """The settings in the shown unit."""
    return [float(f"{convert(v, axis.si, axis.unit):.6g}") for v in axis.values]


def map_rows(found: AnnealMap) -> tuple[Row, ...]:
    """Header, then one row a node: settings, readings with intervals where there are draws."""
    places = _places(found)
    rows: list[Row] = [(*(axis_head(a) for a in found.axes), *(HEADS[n] for n in MAPPED))]
    for place, node in zip(places, found.nodes):
        cells = tuple(_node_text(node, n) for n in MAPPED) if node.median else ("-",) * len(MAPPED)
        rows.append((*(significant(p, 4) for p in place), *cells))
    return tuple(rows)


def sheet_rows(found: AnnealMap, name: str) -> tuple[Row, ...]:
    """One reading of a map with two axes as a sheet: the first axis across, the second down, medians alone."""
    across, down = (axis_values(a) for a in found.axes)
    nodes = iter(found.nodes)
    columns = [[next(nodes) for _ in down] for _ in across]
    head = (axis_head(found.axes[1]), *(significant(v, 4) for v in across))
    body = [
        (significant(v, 4), *(_plain(in_shown(c[i].median, name)) if c[i].median else "-" for c in columns))
        for i, v in enumerate(down)
    ]
    return head, *body


def _places(found: AnnealMap) -> list[tuple[float, ...]]:
    return list(product(*(axis_values(a) for a in found.axes)))


def _node_text(node: Node, name: str) -> str:
    middle, low, high = (in_shown(r, name) for r in (node.median, node.low, node.high))
    return _plain(middle) if low == high else _banded(middle, low, high)


def failure_texts(found: AnnealMap) -> list[str]:
    """Where draws of a map gave no profile, and why."""
    said = []
    for place, node in zip(_places(found), found.nodes):
        if node.failed:
            where = ", ".join(
                f"{a.name} {significant(p, 4)} {pretty(a.unit)}".strip() for a, p in zip(found.axes, place)
            )
            of = f"{node.failed} of {found.draws} draws" if found.draws else "it"
            said.append(f"{where}: {of} gave no profile ({node.failure})")
    return said


def map_csv(found: AnnealMap) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """All readings of all nodes as numbers, low, median and high of each."""
    names = list(READINGS)
    head = [a.name + f"_{a.unit}" * (a.unit != "1") for a in found.axes]
    head += [f"{n}_{_suffix(n)}_{q}" for n in names for q in ("low", "median", "high")]
    rows: list[tuple[object, ...]] = []
    for place, node in zip(_places(found), found.nodes):
        triple = (node.low, node.median, node.high)
        numbers = [in_shown(r, n) if r else None for n in names for r in triple]
        rows.append((*place, *numbers, node.failed, node.failure))
    return (*head, "failed_draws", "failure"), rows


def _suffix(name: str) -> str:
    unit: Unit = unit_of(ProfileReading, name)
    return {"%": "percent"}.get(unit.shown, unit.shown)


def fit_rows(answer: AnnealAnswer) -> tuple[Row, ...]:
    """Header, then each fitted number with its prior, and how far the scan informs it."""
    rows: list[Row] = [("fitted number", "before (80 %)", "after (80 %)", "informed by the scan")]
    for n in answer.fit.numbers if answer.fit else ():
        before = tuple(n.prior.at(q).value for q in (0.5, 0.1, 0.9))
        note = " - beyond its prior" if abs(n.deviation) > 2.5 else ""
        rows.append(
            (n.label, _powers(n, *before), _powers(n, n.value, n.low, n.high), f"{100 * n.informed:.0f} %{note}")
        )
    return tuple(rows)


FITTED_UNITS = {"m2/s": "cm2/s", "1/s": "1/h", "m": "nm", "1": "1"}


def _powers(fitted: Fitted, value: float, low: float, high: float) -> str:
    """Value and interval in the field's units, diffusivities as powers of ten."""
    unit = Unit(fitted.prior.unit, show=FITTED_UNITS[fitted.prior.unit])
    form = "{:.1e}" if unit.si == "m2/s" else "{:.2g}"
    middle, below, above = (form.format(shown(v, unit)) for v in (value, low, high))
    return f"{middle} ({below} to {above}) {pretty(unit.shown)}".rstrip()


def _plain(value: float) -> str:
    """Two to three digits are what these numbers allow.

    >>> _plain(0.004), _plain(46.3), _plain(0.0)
    ('0.004', '46', '0')
    """
    if abs(value) < 5e-4:
        return "0"
    return fixed(value, 0) if abs(value) >= 10 else significant(value, 2)


def _banded(value: float, low: float, high: float) -> str:
    return written(value, low, high, most=2) if high - low > 1e-3 * abs(value) + 1e-9 else _plain(value)
