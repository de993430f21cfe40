"""Structures with named sites, and which species of a formula sits on which of them.

A prototype lists its sites with how many there are per formula unit, who belongs there (``first``) and who may come
when its own sites are full (``also``, in this order). ``cations`` and ``anions`` stand for all that are named nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from ..errors import InputError
from ..records.entropy import ANIONS, VACANCY, Composition, Sublattice, anions_among, element_of, is_anion, state_of
from ..sources import table
from ..units import Unit
from .formula import SAID, Formula, rounding
from .neutrality import ALKALI, balance

_NEAR = 0.1  # share of empty places that a full site, and the counting sites unless they say more, may have
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PrototypeSite:
    """One site of a structure: who belongs there and who may come in second place."""

    label: str
    multiplicity: Annotated[float, Unit("1")] = 0.0
    coordination: Annotated[int, Unit("1")] = 6
    first: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    full: bool = False  # vacancies are not expected here
    elastic: bool = False  # has as many sites as there are ions; its vacancies are not counted

    def capacity(self, units: float) -> float:
        return float("inf") if self.elastic else self.multiplicity * units

    def has_named(self, species: str) -> bool:
        return element_of(species) in self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """A structure as a list of sites; ``step`` is the smallest multiple of it that a formula may be."""

    name: str
    title: str = ""
    sites: tuple[PrototypeSite, ...]
    scale_by: tuple[str, ...]  # the sites whose amounts say how many formula units a formula holds
    step: Annotated[float, Unit("1")]
    near: Annotated[float, Unit("1")] = _NEAR  # how far the counted amounts may miss a multiple of it
    example: str = ""
    grade: str = "assumed"
    source: str = ""
    note: str = ""
    guess: str = ""  # what the reader of any formula with several cations must know


def prototype_names() -> tuple[str, ...]:
    """Names of the structures that come with the package."""
    folder = files("epitropy").joinpath("data", "prototypes")
    return tuple(
        sorted((f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")), key=str.lower)
    )


@cache
def prototype(name: str) -> Prototype:
    """A structure by name, or from a YAML file of the same keys.

    >>> prototype("O3").name, prototype("disordered rock salt").name
    ('layered', 'rock_salt')
    """
    if name.lower().endswith((".yaml", ".yml")):
        return _from_yaml(name)
    found = _by_any_name().get(_plain(name))
    if found is None:
        given = f"unknown structure '{name}'"
        raise InputError("--structure", given, ", ".join(prototype_names()) + ", or a YAML file of your own")
    return _read(found, table(f"prototypes/{found}.toml"), f"prototypes/{found}.toml")


@cache
def _by_any_name() -> dict[str, str]:
    rows = {name: table(f"prototypes/{name}.toml") for name in prototype_names()}
    return {_plain(alias): name for name, row in rows.items() for alias in (name, *row["names"])}


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c not in " _-")


def _from_yaml(path: str) -> Prototype:
    """A user's structure; every fault names file and key."""
    import yaml

    try:
        rows = yaml.safe_load(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        given = f"'{path}' cannot be read ({type(error).__name__})"
        raise InputError("--structure", given, ", ".join(prototype_names()) + ", or a YAML file of your own") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}", "not valid YAML", "a key 'sites' with a list of sites") from None
    return _read(Path(path).stem, rows, path)


def _read(name: str, rows: Any, where: str) -> Prototype:
    """A table of text and numbers to a `Prototype`."""
    own = ("title", "names", "sites", "scale_by", "step", "near", "example", "grade", "source", "note", "guess")
    _check_keys(rows, own, where)
    if not isinstance(rows.get("sites"), list) or not rows["sites"]:
        raise InputError(f"{where}: sites", f"{rows.get('sites')!r}", "a list of sites")
    sites = tuple(_site(row, f"{where}: sites[{k}]") for k, row in enumerate(rows["sites"]))
    labels = [s.label for s in sites]
    if len(set(labels)) < len(labels):
        raise InputError(f"{where}: sites", f"labels {', '.join(labels)}", "each label once")
    scale_by = tuple(_texts(rows.get("scale_by", [s.label for s in sites if _holds_anions(s)]), f"{where}: scale_by"))
    counted = [s for s in sites if s.label in scale_by]
    if not counted or len(counted) < len(scale_by) or not all(s.multiplicity for s in counted):
        allowed = "labels of sites with a multiplicity: their amounts say how many formula units there are"
        raise InputError(f"{where}: scale_by", f"{list(scale_by)}", allowed)
    step = _number(rows.get("step", 1 / sum(s.multiplicity for s in counted)), f"{where}: step")
    near = _number(rows.get("near", _NEAR), f"{where}: near")
    text = {k: str(rows[k]) for k in ("title", "example", "grade", "source", "note", "guess") if k in rows}
    return Prototype(name=name, sites=sites, scale_by=scale_by, step=step, near=near, **text)


def _site(row: Any, where: str) -> PrototypeSite:
    _check_keys(row, [f.name for f in fields(PrototypeSite)], where)
    if not isinstance(row.get("label"), str) or not row["label"]:
        raise InputError(f"{where}: label", f"{row.get('label')!r}", "a name in quotes")
    where = f"{where} ({row['label']})"
    for key in ("full", "elastic"):
        if not isinstance(row.get(key, False), bool):
            raise InputError(f"{where}: {key}", f"{row[key]!r}", "true or false")
    if "multiplicity" not in row and not row.get("elastic"):
        raise InputError(f"{where}: multiplicity", "missing", "sites per formula unit, or elastic: true")
    first, also = (tuple(_texts(row.get(k, []), f"{where}: {k}")) for k in ("first", "also"))
    if not first and not also:
        raise InputError(f"{where}: first", "nobody may sit here", "elements, or 'cations' or 'anions'")
    for key, species in [("first", s) for s in first] + [("also", s) for s in also]:
        _check_species(species, f"{where}: {key}")
    coordination = _number(row.get("coordination", 6), f"{where}: coordination")
    if coordination != int(coordination):
        raise InputError(f"{where}: coordination", f"{coordination:g}", "a whole number of neighbours")
    return PrototypeSite(
        label=row["label"],
        multiplicity=_number(row["multiplicity"], f"{where}: multiplicity") if "multiplicity" in row else 0.0,
        coordination=int(coordination),
        first=first,
        also=also,
        full=row.get("full", False),
        elastic=row.get("elastic", False),
    )


def _check_keys(rows: Any, allowed: Any, where: str) -> None:
    if not isinstance(rows, Mapping):
        raise InputError(where, f"{rows!r}", f"keys {', '.join(allowed)}")
    unknown = [str(k) for k in rows if k not in allowed]
    if unknown:
        raise InputError(where, f"unknown key '{unknown[0]}'", ", ".join(allowed))


def _check_species(species: str, where: str) -> None:
    from pymatgen.core.periodic_table import Element

    symbol = re.sub(r"\d?[+-]$", "", species)
    if species not in ("cations", "anions") and not Element.is_valid_symbol(symbol):
        raise InputError(where, f"'{species}'", "element symbols, ions like Mn2+, 'cations' or 'anions'")


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError(where, f"{value!r}", "a list of names", "Quote 'No' and 'Y' in YAML.")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise InputError(where, f"{value!r}", "a positive number")
    return float(value)


def _holds_anions(site: PrototypeSite) -> bool:
    """Whether all that is listed for a site is an anion."""
    listed = {*site.first, *site.also}
    return not site.elastic and bool(listed) and all(s == "anions" or s in ANIONS for s in listed)


# --- a formula on a prototype


def place(formula: Formula, structure: Prototype) -> tuple[Composition, tuple[str, ...]]:
    """Species on the sites of a structure, per formula unit *of the formula*, with vacancies where ions are missing.

    The structure is scaled to the formula by its counting sites (usually the anions), so the formula unit stays the
    user's. Whoever is too many for a site moves to the next one that takes it, in the order that it lists; those whom
    it lists together (``cations``) in proportion to their amounts, whatever their order in the formula. Raises
    `InputError` if something fits nowhere. Also returns what a reader should know.

    >>> from epitropy.entropy.formula import read_formula
    >>> sites, _ = place(read_formula("Li1.2Ni0.2Mn0.6O2"), prototype("layered"))
    >>> {s.label: {k: round(y, 9) for k, y in s.occupancies.items()} for s in sites.sublattices}["M"]
    {'Ni': 0.2, 'Mn': 0.6, 'Li': 0.2}
    """
    where = f"formula '{formula.text}' as {structure.name}"
    anions = anions_among(formula.amounts)
    home = _at_home(formula, structure, anions, where)
    fault: InputError | None = None
    for units in _formula_units(home, structure, where):
        amounts = {label: dict(present) for label, present in home.items()}
        notes = _move_excess(amounts, structure, formula.amounts, anions, units)
        try:
            sites = [
                _filled(s, amounts[s.label], units, where, notes, formula.last_digit)
                for s in structure.sites
                if amounts[s.label] or _may_be_empty(s)
            ]
        except InputError as error:
            fault = fault or error
            continue
        if formula.bracketed:
            notes.insert(0, "the structure says who shares a site; the formula's brackets do not")
        if abs(units - 1) > _TINY:
            notes.append(f"the formula holds {units:.4g} formula units of {structure.name}")
        if structure.guess and len(set(formula.amounts) - anions) > 1 and _is_guessed(structure, sites):
            notes.append(structure.guess)
        return Composition(sublattices=tuple(sites)), tuple(notes)
    raise fault


def _is_guessed(structure: Prototype, sites: list[Sublattice]) -> bool:
    """Whether others than alkali ions sit where the structure ranks ions."""
    ranked = {s.label for s in structure.sites if any(map(state_of, s.also))}
    return any(set(map(element_of, s.species)) - set(ALKALI) for s in sites if s.label in ranked)


def _may_be_empty(site: PrototypeSite) -> bool:
    """An empty cation site counts, so that a composition without lithium is the limit of one with little."""
    return not (site.full or site.elastic or _holds_anions(site))


def _at_home(formula: Formula, structure: Prototype, anions: frozenset[str], where: str) -> dict[str, dict[str, float]]:
    """Amounts by site and species, everybody on the site that names them first."""
    found: dict[str, dict[str, float]] = {s.label: {} for s in structure.sites}
    for species, amount in formula.amounts.items():
        home = next((s for s in structure.sites if s.has_named(species)), None)
        kind = "anions" if species in anions else "cations"
        home = home or next((s for s in structure.sites if kind in s.first), None)
        if home is None:
            raise InputError(where, f"no site takes {species}", "; ".join(_rule(s) for s in structure.sites))
        if is_anion(species) and "cations" in (*home.first, *home.also) + _central(home):
            species = _as_centre(species)
        found[home.label][species] = found[home.label].get(species, 0.0) + amount
    return found


def _central(site: PrototypeSite) -> tuple[str, ...]:
    """A site that names cations is one of cations: S beside P is S6+."""
    return ("cations",) if any(e not in ANIONS and e != "anions" for e in site.first) else ()


def _as_centre(species: str) -> str:
    state = table("oxidation_states.toml")["centres"].get(species)
    return f"{species}{state}+" if state else species


def _rule(site: PrototypeSite) -> str:
    return f"{site.label}: {', '.join(site.first or site.also)}"


def _formula_units(amounts: Mapping[str, Mapping[str, float]], structure: Prototype, where: str) -> Iterator[float]:
    """How many formula units of the structure the formula is, by its counted sites; what is missing is vacancies.

    Where the counted sites are elastic (cyanides, which leave in groups), larger multiples come next.
    """
    present = sum(sum(amounts[label].values()) for label in structure.scale_by)
    ideal = sum(s.multiplicity for s in structure.sites if s.label in structure.scale_by)
    ratio = present / ideal
    steps = max(1, round(ratio / structure.step))
    units = steps * structure.step
    if ratio < (1 - _NEAR) * structure.step and ratio > 0:
        units = 1 / round(1 / ratio)
    if abs(ratio / units - 1) > structure.near + _TINY:
        given = f"{present:.4g} on {' and '.join(structure.scale_by)}"
        raise InputError(
            where, given, f"about {ideal * structure.step:g} or a multiple of it", f"Example: {structure.example}."
        )
    yield units
    if any(s.elastic for s in structure.sites if s.label in structure.scale_by):
        while ratio / (units := units + structure.step) >= 1 - structure.near - _TINY:
            yield units


def _ions(amounts: Mapping[str, float], structure: Prototype) -> dict[str, dict[str, float]]:
    """Amounts by ion of every species, from its mean state, where a structure names ions; else nothing."""
    if not any(state_of(taken) for site in structure.sites for taken in site.also):
        return {}
    try:
        states = balance(list(amounts), [list(amounts.values())]).states[0]
    except InputError:  # an element without states: it goes where 'cations' go
        return {}
    found = {}
    for (species, amount), state in zip(amounts.items(), states):
        low = int(state // 1)
        shares = {low: low + 1 - state, low + 1: state - low}
        found[species] = {f"{element_of(species)}{z}+": amount * y for z, y in shares.items() if y > _TINY and z > 0}
    return found


def _move_excess(
    amounts: dict[str, dict[str, float]],
    structure: Prototype,
    total: Mapping[str, float],
    anions: frozenset[str],
    units: float,
) -> list[str]:
    """Move what a site cannot hold to the sites that take it; the receiving site's list says who goes first."""

    ions = _ions(total, structure)

    def meant_of(species: str, present: float, taken: str) -> float:
        if taken in (element_of(species), "anions" if species in anions else "cations"):
            return present
        return min(present, ions.get(species, {}).get(taken, 0.0))

    notes = []
    for site in structure.sites:
        for target in structure.sites:
            for taken in target.also if target is not site else ():
                here, there = amounts[site.label], amounts[target.label]
                meant = {s: m for s, a in here.items() if (m := meant_of(s, a, taken)) > _TINY}
                excess = sum(here.values()) - site.capacity(units)
                room = target.capacity(units) - sum(there.values())
                moved = min(excess, room, sum(meant.values()))
                if moved > _TINY:
                    parts = {s: moved * a / sum(meant.values()) for s, a in meant.items()}
                    for species, part in parts.items():
                        here[species] -= part
                        there[species] = there.get(species, 0.0) + part
                    verb = f"moved from {site.label} to" if target.first else "on"
                    notes.append(f"{_listed(parts)} {verb} {target.label}")
    return notes


def _listed(parts: Mapping[str, float]) -> str:
    """Amounts in words; several moved together, as nothing says who prefers the other site.

    >>> _listed({"Ni": 0.05}), _listed({"Cr": 0.1, "Ti": 0.2})
    ('0.05 Ni', '0.1 Cr, 0.2 Ti (in proportion)')
    """
    text = ", ".join(f"{a:.4g} {s}" for s, a in parts.items())
    return text if len(parts) == 1 else f"{text} (in proportion)"


def _filled(
    site: PrototypeSite, amounts: Mapping[str, float], units: float, where: str, notes: list[str], last_digit: float
) -> Sublattice:
    """A site with its occupancies; missing ions are vacancies unless the digits of the formula explain them."""
    present = {s: a for s, a in amounts.items() if a > _TINY}
    total = sum(present.values())
    sites = total if site.elastic else site.multiplicity * units
    miss = rounding(last_digit, len(present)) + _TINY  # of published digits
    if total > sites * (1 + miss):
        given = f"{total:.4g} ions for {sites:.4g} sites {site.label} ({', '.join(present)})"
        raise InputError(where, given, "occupancies of at most 1", "Check the amounts, or choose another structure.")
    if site.full and total < sites * (1 - _NEAR):
        given = f"{total:.4g} ions for {sites:.4g} sites {site.label} ({', '.join(present) or 'none'})"
        raise InputError(where, given, "a site that is filled", "Check the amounts, or choose another structure.")
    off = abs(total / sites - 1)
    deficient = bool(set(map(element_of, present)) & set(ALKALI)) or not present  # vacancies among these are usual
    if total > sites or ((site.full or not deficient) and off <= miss and not _holds_anions(site)):
        if off > SAID:
            notes.append(f"{total:.4g} ions on {sites:.4g} sites {site.label} are taken as rounded")
        total = sites if total <= 0 else total
        occupancies = {s: a / total for s, a in present.items()}
    else:
        occupancies = {s: a / sites for s, a in present.items()}
        if off > _TINY:
            occupancies[VACANCY] = 1 - total / sites
        if off > _TINY and (site.full or not deficient):
            notes.append(f"{sites - total:.4g} of {sites:.4g} sites {site.label} are taken as vacant")
    return Sublattice(label=site.label, multiplicity=sites, occupancies=occupancies, coordination=site.coordination)
