"""The batch sheet as tables for a terminal and as one printable page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..units import Unit, unit_of
from .markup import Html, bullets, join, paragraphs, safe, table
from .numbers import interval, pretty, shown, significant

if TYPE_CHECKING:
    from ..records.sheet import BatchSheet, Line, Told

Row = tuple[str, ...]
LEGEND = (
    "Grades: measured, calculated, derived (computed from those alone), assumed (or something assumed enters). "
    "Intervals hold 80 % of the draws of all graded inputs; masses and furnace programme are taken as set here."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A step or a table of the sheet; ``blank`` columns are left for the pen and only printed on paper."""

    title: str
    header: Row = ()
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    blank: Row = ()


def parts(sheet: BatchSheet) -> tuple[Part, ...]:
    """Every part in the order in which the work is done."""
    return (
        _weigh(sheet),
        _mix_and_heat(sheet),
        _control(sheet),
        _expect(sheet),
        _cations(sheet),
        _lithium(sheet),
        _over_area(sheet),
        _over_size(sheet),
    )


def heading(sheet: BatchSheet) -> tuple[str, str]:
    """Title, and what it is of."""
    return (
        f"Batch sheet: {sheet.title or sheet.study}",
        f"cell {sheet.cell}, study {sheet.study}, hash {sheet.study_hash}, epitropy {sheet.epitropy_version}",
    )


def grams(kilograms: float) -> str:
    """A mass as a balance shows it.

    >>> grams(0.0008), grams(4e-6), grams(0.1), grams(12.0)
    ('0.8000 g', '4.000 mg', '100.00 g', '12000 g')
    """
    mass = 1e3 * kilograms
    if mass < 0.01:
        return f"{1e3 * mass:.3f} mg"
    return f"{mass:.4f} g" if mass < 10 else f"{mass:.2f} g" if mass < 1e3 else f"{mass:.0f} g"


def _weigh(sheet: BatchSheet) -> Part:
    rows = [("host powder", grams(sheet.host_mass), "", "", "set")]
    for p in sheet.precursors:
        lot = f"{significant(100 * p.purity.value, 4)} % pure ({p.purity.grade})"
        lot += f", {significant(p.water.value)} H2O ({p.water.grade})" if p.water.value else ""
        rows.append((p.precursor, grams(p.weighed.value), grams(p.dry.value), lot, p.weighed.grade))
    rows.append(("all to mix in", grams(sheet.weighed.value), "", "", sheet.weighed.grade))
    host, total = (significant(100 * d.value, 3) for d in (sheet.dose_of_host, sheet.dose_of_total))
    stated = "host" if sheet.dose_basis == "host" else "total"
    notes = (
        f"Host: {sheet.host}. Dose {host} wt% of the host = {total} wt% of the total, stated of the {stated}, as dry, "
        f"pure precursors ({sheet.dose.grade}).",
        *_leaving(sheet),
        *(f"{p.precursor}: {p.note}" for p in sheet.precursors if p.note),
    )
    return Part(
        title="1  Weigh",
        header=("what", "weigh", "dry, pure", "lot", "grade"),
        rows=tuple(rows),
        notes=notes,
        blank=("lot no.", "weighed"),
    )


def _leaving(sheet: BatchSheet) -> Row:
    """What precursors that are no oxides become."""
    changed = [p for p in sheet.precursors if p.becomes != p.formula]
    if not changed:
        return ()
    left = sum(p.left.value for p in sheet.precursors)
    dose = significant(100 * left / sheet.host_mass, 3)
    return (
        *(f"{p.precursor} becomes {grams(p.left.value)} of {p.becomes} in the anneal." for p in changed),
        f"The coating that is left is {grams(left)}, {dose} wt% of the host; thickness and coverage are of that.",
    )


def _mix_and_heat(sheet: BatchSheet) -> Part:
    s = sheet.settings

    def row(step: str, key: str, digits: int = 3) -> Row:
        return (step, _value(getattr(s, key), unit_of(type(s), key), digits), getattr(s, key).grade)

    rows = (
        ("mix in", s.mixer, ""),
        row("mixing time", "mixing_time"),
        row("mixing speed", "mixing_speed", 4),
        ("gas", f"flowing {s.gas}", ""),
        row("heating rate", "ramp_rate"),
        row("temperature", "temperature", 4),
        row("time at temperature", "time"),
        row("cooling rate", "cool_rate"),
        row("sieve", "sieve_opening"),
    )
    inside, lost, out = sheet.host_mass + sheet.weighed.value, sheet.gas_lost, sheet.powder_out
    gas = " to ".join(dict.fromkeys(significant(1e3 * v, 2) for v in (lost.low, lost.high)))
    notes = (
        f"In: {grams(inside)}, host and all that is weighed. As gas leave {gas} g of water, carbon dioxide and "
        f"nitrogen compounds ({lost.grade}): from the lots, the precursors and the residual lithium, less if that "
        "was hydroxide, more if it was carbonate. Impurities count as staying, and oxygen that the host takes up or "
        "gives off is not counted.",
        f"Powder expected out: {_span(out)}, less what sticks to the mixer.",
    )
    return Part(
        title="2  Mix, anneal, sieve",
        header=("step", "setting", "grade"),
        rows=rows,
        notes=notes,
        blank=("done",),
    )


def _span(mass: Told) -> str:
    """From least to most, as one mass where a balance cannot tell them apart."""
    return " to ".join(dict.fromkeys((grams(mass.low), grams(mass.high))))


def _control(sheet: BatchSheet) -> Part:
    notes = [
        "Anneal bare powder of the same lot in the same run, mixed and sieved alike but without precursors. Heat alone "
        "changes surface and residual lithium: against an unheated control, heat and coating cannot be told apart."
    ]
    cold = [name for name, heated in sheet.controls.items() if not heated]
    if cold:
        notes.append(f"In this study {', '.join(cold)} is not annealed.")
    return Part(title="3  Anneal the bare control too", notes=tuple(notes))


def _expect(sheet: BatchSheet) -> Part:
    o = sheet.layer

    def row(name: str, key: str) -> Row:
        return _interval_row(name, getattr(o, key), unit_of(type(o), key))

    rows = (
        row("area that mixing reaches", "area"),
        row("mean thickness", "mean_thickness"),
        row("coverage as mixed", "coverage_mixed"),
        row("height as mixed", "thickness_mixed"),
        row("coverage after the anneal", "coverage"),
        row("thickness after it", "thickness"),
    )
    notes = ("Heights are where there is coating; the mean is as if it were even.", *_wetting(sheet))
    if o.mean_thickness_any_dose is not None:
        rows += (row("mean thickness, any dose", "mean_thickness_any_dose"),)
        notes += ("'Any dose': dose and mass shares as uncertain as the study states them.",)
    return Part(title="4  What should form", header=("quantity", "value", "80 %", "grade"), rows=rows, notes=notes)


def _wetting(sheet: BatchSheet) -> Row:
    """Who spreads and who stays put, and where that is not stated."""
    stay = [p.precursor + ("" if p.wets_stated else " (not stated)") for p in sheet.precursors if not p.wets]
    unsaid = [p.precursor for p in sheet.precursors if not p.wets_stated]
    notes = (f"Taken not to wet the host, so not to spread: {', '.join(stay)}.",) if stay else ()
    if unsaid:
        notes += (f"Write 'wets: true' or 'wets: false' under phases for {', '.join(unsaid)}.",)
    return notes


def _cations(sheet: BatchSheet) -> Part:
    total = sum(n.value for n in sheet.cations.values())
    rows = tuple(
        (e, f"{n.value:.6f}", significant(1e3 * n.value, 4), _percent(n.value / total), n.grade)
        for e, n in sheet.cations.items()
    )
    return Part(title="Cations in the batch", header=("cation", "mol", "mmol", "of the coating", "grade"), rows=rows)


def _lithium(sheet: BatchSheet) -> Part:
    book = sheet.lithium

    def row(name: str, key: str, share: str = "") -> Row:
        told = getattr(book, key)
        return (name, f"{significant(1e3 * told.value)} mmol", share, told.grade)

    stay = [p.precursor for p in sheet.precursors if not p.wets]
    rows = (
        row("bound by the products", "bound"),
        *((row("if all dissolved", "bound_all"),) if stay else ()),
        row("brought by precursors", "brought"),
        row("residual on the powder", "residual"),
        row("taken from residual", "from_residual", f"{_percent(book.residual_share.value)} of it"),
        row("taken from the host", "from_host", f"{_percent(book.host_share.value)} of its Li"),
    )
    notes = (
        "Residual lithium is LiOH and Li2CO3. It is taken first; the host gives the rest. Lithium per cation is that "
        "of the products named under coating.lithium_per_cation.",
        *_undissolved(stay, book.dissolved),
        *_too_much(book.host_share.value),
    )
    return Part(title="Lithium in the batch", header=("lithium", "amount", "share", "grade"), rows=rows, notes=notes)


def _undissolved(names: list[str], dissolved: Told) -> Row:
    """Whose lithium is not asked for yet."""
    if not names:
        return ()
    return (
        f"Of what does not wet ({', '.join(names)}), {_percent(dissolved.value)} dissolves in the anneal "
        f"({dissolved.grade}) and binds lithium; the rest stays as grains and binds none.",
    )


def _too_much(share: float) -> Row:
    """A warning where the products ask for more lithium than the host holds."""
    if share <= 1:
        return ()
    return (
        f"WARNING: the host cannot give this. The products would bind {_percent(share)} of its lithium: lower the "
        "dose, bring lithium with the precursors, or name products that bind less.",
    )


def _over_area(sheet: BatchSheet) -> Part:
    rows = tuple((_marked(line), f"{line.area / 1e3:.3f}", *_heights(line)) for line in sheet.over_area)
    return Part(
        title="Thickness over area",
        header=("area of", "m2/g", "mean, nm", "covered, %", "there, nm"),
        rows=rows,
        notes=("After the anneal. * this recipe.",),
    )


def _over_size(sheet: BatchSheet) -> Part:
    rows = tuple((_marked(line), _percent(line.coverage_mixed)[:-2], *_heights(line)[1:]) for line in sheet.over_size)
    return Part(
        title="Coverage over agglomerate size",
        header=("agglomerates", "as mixed, %", "annealed, %", "there, nm"),
        rows=rows,
        notes=("Height where there is coating, after the anneal. * this recipe.",),
    )


def _marked(line: Line) -> str:
    return f"{line.name} *" if line.own else line.name


def _heights(line: Line) -> Row:
    return (
        significant(1e9 * line.mean_thickness),
        _percent(line.coverage)[:-2],
        significant(1e9 * line.thickness),
    )


def _percent(share: float) -> str:
    """A share in percent, two digits near the ends.

    >>> _percent(0.7918), _percent(0.0213), _percent(0.9999), _percent(0.0), _percent(1.078)
    ('79 %', '2.1 %', '100 %', '0 %', '108 %')
    """
    return f"{significant(100 * share, 2) if share < 0.995 else significant(100 * share, 3)} %"


def _value(told: Told, unit: Unit, digits: int = 3) -> str:
    return f"{significant(float(shown(told.value, unit)), digits)} {_plain(unit)}".strip()


def _interval_row(name: str, told: Told, unit: Unit) -> Row:
    """Value and ends rounded alike; a share reaches 100 %, not more."""
    if told.low is None:
        return (name, _value(told, unit), "", told.grade)
    numbers = [float(shown(v, unit)) for v in (told.value, told.low, told.high)]
    most = 0 if unit.shown == "%" else 3 if numbers[0] < 1 else 1
    value, low, high = interval(*numbers, most)
    return (name, f"{value} {_plain(unit)}", f"{low} to {high}", told.grade)


def _plain(unit: Unit) -> str:
    """Units as every terminal and printer has them, but degrees."""
    return pretty(unit.shown) if unit.shown == "degC" else unit.shown


# page --------------------------------------------------------------------------------------------------------------

STYLE = """
@page { size: A4; margin: 14mm 14mm 12mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem; max-width: 182mm; color: #000; background: #fff;
  font: 10.5pt/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 15pt; line-height: 1.2; margin: 0 0 .2rem; }
h2 { font-size: 11.5pt; margin: 1rem 0 .25rem; border-top: 1.5pt solid #000; padding-top: .3rem; break-after: avoid; }
section { break-inside: avoid; }
p, li { margin: .25rem 0; } ul { padding-left: 1.1rem; margin: .3rem 0; }
.meta { color: #444; font-size: 9pt; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .16rem .7rem .16rem 0; border-bottom: .5pt solid #aaa; }
thead th { border-bottom: 1pt solid #000; font-size: 9pt; }
tbody th { font-weight: 500; }
td:nth-child(2) { font-weight: 600; white-space: nowrap; }
td:nth-child(3) { white-space: nowrap; }
tbody th, td { font-size: .95em; }
.first td:nth-child(2) { font-size: 12.5pt; line-height: 1.2; }
.pen { display: inline-block; min-width: 18mm; border-bottom: .5pt solid #000; height: 1.1em; }
.sign { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; margin: .6rem 0 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.6rem; }
.pair th, .pair td { font-size: 8.8pt; padding-right: .5rem; }
.notes { font-size: 9pt; color: #333; }
@media (max-width: 640px) { .pair { display: block; } }
@media print { body { padding: 0; max-width: none; font-size: 9.5pt; } .pair { display: grid; } }
"""
PEN = Html('<span class="pen"></span>')


def html(sheet: BatchSheet) -> str:
    """The sheet as one A4 page or two that need nothing beside them, with lines for the pen."""
    title, meta = heading(sheet)
    found = parts(sheet)
    signs = join(Html(f"<span>{name} {PEN}</span>") for name in ("date", "name", "batch no."))
    body = join(
        [
            Html(f'<h1>{safe(title)}</h1>\n<p class="meta">{safe(meta)}</p>\n<div class="sign">{signs}</div>'),
            *(_section(p, "first" if i == 0 else "") for i, p in enumerate(found[:4])),
            Html(f'<div class="pair">{_section(found[4])}{_section(found[5])}</div>'),
            Html(f'<div class="pair">{_section(found[6])}{_section(found[7])}</div>'),
            paragraphs([LEGEND], "meta"),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _section(part: Part, kind: str = "") -> Html:
    pens = (PEN,) * len(part.blank)
    rows = [(*row, *pens) for row in part.rows]
    inside = [table((*part.header, *part.blank), rows, kind=kind)] if part.rows else []
    inside += [bullets(part.notes, "notes")] if len(part.notes) > 1 else [paragraphs(part.notes, "notes")]
    return Html(f"<section><h2>{safe(part.title)}</h2>\n{join(inside)}\n</section>")
