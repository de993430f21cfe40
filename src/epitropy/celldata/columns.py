"""Which column is what, in which unit: names of cyclers (``data/cyclers.toml``), and what the user says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from ..errors import InputError
from ..sources import table
from ..units import convert
from .layout import Layout

TEXT = ("state", "cell", "replicate")
COMPARED = "compared"  # the discharge capacity in another unit
COUNTS = ("cycle", "rate", "step_count")
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "time": ("s",),
    "voltage": ("V",),
    "discharge_voltage": ("V",),
    "current": ("A",),
    "capacity": ("C/kg", "C"),
    "charge_capacity": ("C/kg", "C"),
    "step_capacity": ("C/kg", "C"),
    "net_capacity": ("C/kg", "C"),
    "resistance": ("ohm m2", "ohm"),
    "skin_outer": ("m",),
    "skin_cracks": ("m",),
    "wetted_area": ("m2/kg",),
}
QUANTITY_NAMES = ("cycle", *DIMENSIONS, "rate", *TEXT)
SAID = {  # what a quantity is called in tables
    "capacity": "discharge capacity",
    "charge_capacity": "charge capacity",
    "step_capacity": "capacity within a step",
    "net_capacity": "charge minus discharge",
    "discharge_voltage": "mean discharge voltage",
    "skin_outer": "skin, outer surface",
    "skin_cracks": "skin, crack faces",
    "wetted_area": "wetted area",
    "state": "name of the step",
    "step_count": "step",
    "compared": "compared: tells a mass",
}
_SPELLINGS = {  # small letters -> unit
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hours"), "h"),
}
_DURATION = "h:min:s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that is used: what it is, how the file calls it, its unit ('' for counts and names), first cells."""

    quantity: str
    header: str
    at: int
    unit: str = ""
    si: str = ""  # dimension, as SI unit
    factor: float = 1.0
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a file is read, for the user to see and confirm."""

    path: str
    title: str
    standard: bool  # defines units and signs: needs no confirmation
    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    current_sign: str = ""  # that the standard defines

    def column(self, quantity: str) -> Column | None:
        """The column of a quantity, or None."""
        return next((c for c in self.columns if c.quantity == quantity), None)


@dataclass(frozen=True, slots=True)
class _Name:
    quantity: str
    pattern: re.Pattern[str]
    unit: str


@dataclass(frozen=True, slots=True)
class _Format:
    name: str
    title: str
    standard: bool
    current_sign: str
    clue: str
    names: tuple[_Name, ...]

    def match(self, header: str) -> tuple[int, _Name, str] | None:
        """Rank of the first name that fits, the name, and the unit found."""
        for rank, name in enumerate(self.names):
            if found := name.pattern.fullmatch(header.strip()):
                return rank, name, (found.group(1).strip() if name.pattern.groups else name.unit)
        return None


@cache
def formats() -> tuple[_Format, ...]:
    """All known tables, standards first."""
    return tuple(
        _Format(
            name=entry["name"],
            title=entry["title"],
            standard=entry.get("standard", False),
            current_sign=entry.get("current_sign", ""),
            clue=entry.get("clue", ""),
            names=tuple(_name(q, text) for q, texts in entry["columns"].items() for text in texts),
        )
        for entry in table("cyclers.toml")["format"]
    )


def _name(quantity: str, text: str) -> _Name:
    spelled, _, unit = text.partition(" | ")
    parts = [r"\s*".join(re.escape(word) for word in part.split()) for part in spelled.split("{unit}")]
    loose = [re.sub(r"(\\[()\[\]]|/)", r"\\s*\1\\s*", part) for part in parts]  # spaces about brackets do not count
    return _Name(quantity, re.compile(r"\s*(.*?)\s*".join(loose), re.IGNORECASE), unit.strip())


def score(header: Sequence[str]) -> int:
    """How many quantities a line of names holds, in the format that knows it best.

    >>> score(["cycle", "capacity_mAh_g"]), score(["195.2", "3"])
    (2, 0)
    """
    return max(len(_quantities(kind, header)) for kind in formats())


def _quantities(kind: _Format, header: Sequence[str]) -> set[str]:
    found = {hit[1].quantity for name in header if (hit := kind.match(name))}
    return set() if kind.name == "own" and "cycle" not in found else found


def read_unit(text: str, quantity: str) -> tuple[str, float] | None:
    """The dimension (as SI unit) of a unit as cyclers write it, and its size; None if it is none of the quantity.

    >>> read_unit("mA.h", "capacity"), read_unit("mAh/g", "capacity"), read_unit("V", "capacity")
    (('C', 3.6), ('C/kg', 3600.0), None)
    """
    spelled = _SPELLINGS.get(text.strip().lower(), text.strip())
    spelled = re.sub(r"A[.·*\s]h", "Ah", spelled).replace("MAH", "mAh").replace("mAH", "mAh").replace("g-1", "/g")
    spelled = re.sub(r"\s*/\s*", "/", spelled.replace("g^/", "/g"))
    for si in DIMENSIONS[quantity]:
        try:
            return si, float(f"{convert(1.0, spelled, si):.12g}")
        except InputError:
            continue
    return None


def unit_in(header: str) -> str:
    """The unit that a header states, or ''.

    >>> unit_in("Spec. Cap. Dis(mAh/g)"), unit_in("SpeCapD/mAh/g"), unit_in("Capacity")
    ('mAh/g', 'mAh/g', '')
    """
    for pattern in (r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$", r"/\s*(.+?)\s*$", r"_(mAh_g|mAh|Ah|ohm|V|A|mA|s)$"):
        if found := re.search(pattern, header):
            return found.group(1).replace("mAh_g", "mAh/g")
    return ""


def parse_choices(choices: Sequence[str]) -> dict[str, str]:
    """``quantity=header`` as it is written on the command line.

    >>> parse_choices(["capacity=Spec. Cap. Dis(mAh/g)"])
    {'capacity': 'Spec. Cap. Dis(mAh/g)'}
    """
    found: dict[str, str] = {}
    for text in choices:
        quantity, equals, header = text.partition("=")
        if not equals or not header.strip():
            raise InputError("--column", f"'{text}'", "QUANTITY=HEADER, e.g. capacity='Spec. Cap. Dis(mAh/g)'")
        if quantity.strip() in found:
            raise InputError("--column", f"'{quantity.strip()}' twice", "each quantity once")
        found[quantity.strip()] = header.strip()
    return found


def find_columns(layout: Layout, chosen: Mapping[str, str], has_mass: bool, has_area: bool) -> Shown:
    """What each column of a table is: by the format that knows most of them, then what the user chose instead.

    Of capacities in mAh/g and in mAh, those in mAh count if the mass is given, those in mAh/g else. Raises `InputError`
    for a choice that the table lacks and for a column that is needed and states no unit.
    """
    kind = _best(layout)
    hits: dict[str, list[tuple[int, Column]]] = {}
    unitless: dict[str, str] = {}
    for at, header in enumerate(layout.header):
        hit = kind.match(header)
        if hit is None:
            continue
        rank, name, unit = hit
        column = _column(name.quantity, header, at, unit)
        if column is None:
            unitless.setdefault(name.quantity, header)
        else:
            hits.setdefault(name.quantity, []).append((rank, column))
    columns, notes = {}, []
    for quantity, found in hits.items():
        best = _preferred(quantity, [c for _, c in sorted(found, key=lambda f: f[0])], has_mass, has_area)
        columns[quantity] = best
        others = [c for _, c in found if c.si != best.si]
        if others and quantity in ("capacity", "resistance"):
            reason = {"C": "the mass is given", "ohm": "the area is given"}.get(best.si, "it needs no mass or area")
            notes.append(f"'{best.header}' is used and not '{others[0].header}': {reason}")
        if others and quantity == "capacity":
            columns[COMPARED] = replace(others[0], quantity=COMPARED)
    if "capacity" in chosen:
        columns.pop(COMPARED, None)
    picked = {quantity: _chosen(layout, quantity, text) for quantity, text in chosen.items()}
    taken = {c.at for c in picked.values()}  # what the user says of a column replaces what it was taken for
    columns = {q: c for q, c in columns.items() if c.at not in taken} | picked
    unitless = {q: h for q, h in unitless.items() if q not in picked and layout.header.index(h) not in taken}
    _ask_for_units(layout, columns, unitless)
    names = [name.casefold() for name in layout.header]
    for c in columns.values():
        if names.count(c.header.casefold()) > 1:
            raise InputError(
                f"{layout.path}, line {layout.header_line}", f"column '{c.header}' twice", "each column once"
            )
    used = {c.at for c in columns.values()}
    return Shown(
        path=layout.path,
        title=kind.title,
        standard=kind.standard and not chosen,
        columns=tuple(
            sorted(
                columns.values(), key=lambda c: QUANTITY_NAMES.index(c.quantity) if c.quantity in QUANTITY_NAMES else 99
            )
        ),
        left_out=tuple(h for at, h in enumerate(layout.header) if at not in used and h),
        notes=tuple(notes),
        current_sign="" if "current" in chosen else kind.current_sign,
    )


def _best(layout: Layout) -> _Format:
    preamble = "\n".join(layout.preamble)

    def rank(kind: _Format) -> float:
        clue = bool(kind.clue and re.search(kind.clue, preamble))
        known = len(_quantities(kind, layout.header))
        plain = {False: 0.0, True: 0.5 if known <= 2 else -0.5}[kind.name == "other"]  # few plain words prove no cycler
        return known + plain + (100 if clue and known else 0)

    return max(formats(), key=rank)


def _column(quantity: str, header: str, at: int, unit: str) -> Column | None:
    """A column with its unit, or None where the quantity needs one that is not there."""
    if quantity in TEXT or quantity in COUNTS:
        return Column(quantity=quantity, header=header, at=at)
    if quantity == "time" and (unit == _DURATION or ":" in unit):
        return Column(quantity=quantity, header=header, at=at, unit=_DURATION, si="s")
    read = read_unit(unit, quantity) if unit else None
    return read and Column(quantity=quantity, header=header, at=at, unit=unit, si=read[0], factor=read[1])


def _preferred(quantity: str, found: Sequence[Column], has_mass: bool, has_area: bool) -> Column:
    given = has_mass if quantity != "resistance" else has_area
    plain = ("C", "ohm")
    wanted = [c for c in found if (c.si in plain) == given]
    return (wanted or found)[0]


def _chosen(layout: Layout, quantity: str, text: str) -> Column:
    if quantity not in QUANTITY_NAMES:
        raise InputError("--column", f"'{quantity}'", ", ".join(QUANTITY_NAMES))
    names = {h.casefold(): at for at, h in enumerate(layout.header)}
    header, unit = text, ""
    if header.casefold() not in names and (stated := re.fullmatch(r"(.*?)\s*\[([^\[\]]+)\]", text)):
        header, unit = stated.groups()
    if header.casefold() not in names:
        raise InputError(layout.path, f"no column '{header}'", ", ".join(layout.header))
    at = names[header.casefold()]
    header = layout.header[at]
    column = _column(quantity, header, at, unit or unit_in(header))
    if column is None:
        raise _no_unit(layout, quantity, header, unit)
    return column


def _no_unit(layout: Layout, quantity: str, header: str, unit: str = "") -> InputError:
    habits = {"time": "s, min or h", "current": "A or mA", "voltage": "V or mV", "resistance": "ohm cm2 or ohm"}
    allowed = "mAh, Ah or mAh/g" if quantity.endswith("capacity") else habits.get(quantity, DIMENSIONS[quantity][0])
    given = f"'{header}' in '{unit}'" if unit else f"column '{header}' states no unit that is known"
    remedy = f"State it: --column '{quantity}={header} [UNIT]'."
    return InputError(layout.path, given, allowed, remedy)


def _ask_for_units(layout: Layout, columns: Mapping[str, Column], unitless: Mapping[str, str]) -> None:
    """What is needed and has no unit must be stated; voltage is needed wherever it is there, as it checks the rest."""
    running = any(q in columns for q in ("capacity", "net_capacity"))
    for quantity, header in unitless.items():
        idle = quantity in columns or (running and quantity not in ("voltage", "capacity"))
        if not idle and quantity in ("capacity", "step_capacity", "net_capacity", "current", "voltage"):
            raise _no_unit(layout, quantity, header)
