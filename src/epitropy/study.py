"""A study: the tree of user choices, read from YAML and checked at this one door."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from . import __version__
from .anneal.spec import Anneal
from .catalogue import Phases, bundled_names, phase, read_phase
from .coating.gas import fired
from .coating.spec import Coating
from .coating.stage import metals, precursor_shares
from .cycling.spec import Calibration, Cathode, Cell, Degradation, Protocol
from .errors import InputError
from .phases.layer import every_layer
from .phases.spec import Stability
from .records.phase import Phase
from .records.scenario import Mechanism
from .records.sourced import Sourced
from .records.study import Reported
from .sources import EVERYTHING_ELSE, table
from .transport.spec import COMPUTED, Layer
from .units import Unit, unit_of

DEEPEST, MOST_NODES = 50, 200_000  # of a study file
BLOCKS = ("cathode", "coating", "layer", "anneal", "stability", "cell", "protocol", "degradation")
WHOLE = ("precursors", "composition", "purity", "water")  # replaced, not merged into: they belong to one recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStudy:
    """One named cell, complete. ``coating`` or ``anneal`` None: not coated, not heated.

    ``phases`` are the study's own, beside the bundled ones.
    """

    __pydantic_config__ = {"extra": "forbid"}
    cathode: Cathode = field(default_factory=Cathode)
    coating: Coating | None = None
    layer: Layer = field(default_factory=Layer)
    anneal: Anneal | None = None
    stability: Stability = field(default_factory=Stability)
    cell: Cell = field(default_factory=Cell)
    protocol: Protocol = field(default_factory=Protocol)
    degradation: Degradation = field(default_factory=Degradation)
    phases: Mapping[str, Phase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Named cells that share what they do not state; ``own`` lists each cell's own dotted names."""

    name: str
    title: str = ""
    note: str = ""
    cells: Mapping[str, CellStudy]
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    calibration: Calibration | None = None
    reported: Mapping[str, Reported] = field(default_factory=dict)
    scenarios: Mapping[str, Mechanism] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()  # mass shares that were set by `changed`

    def inputs(self) -> dict[str, Sourced]:
        """Every sourced number by dotted name, shared ones once (``coating.dose``, ``bare.anneal.time``).

        Rows kept for cations that the study does not hold, and phases that no cell names, are left out.
        """
        found: dict[str, Sourced] = {}
        for cell_name, cell in self.cells.items():
            absent = _absent(cell)
            for path, value in leaves(cell):
                if not absent(path):
                    found.setdefault(self.name_of(cell_name, path), value)
        if self.calibration:
            found |= {f"{CALIBRATION}{level}": getattr(self.calibration, level) for level in LEVELS}
        return found

    def at(self, quantiles: Mapping[str, float]) -> Study:
        """The study with each named input held at a quantile of its spread; the others at their medians."""
        return self._with(lambda name, v: v.at(quantiles.get(name, 0.5)))

    def changed(self, name: str, change: Callable[[Sourced], Sourced]) -> Study:
        """The study with one named input changed in every cell that shares it.

        A mass share of a precursor stays what it is changed to; the others of the recipe fill up to one.
        """
        settled = self.settled | {name} if f".{SHARES}" in f".{name}" else self.settled
        return replace(self, settled=settled)._with(lambda n, v: change(v) if n == name else v)

    def holding(self, inputs: Mapping[str, Sourced]) -> Study:
        """The study with these numbers, by dotted name, in place of its own: as it was when they were stored."""
        cells = {
            name: _replace_leaves(cell, lambda path, v, n=name: inputs.get(self.name_of(n, path), v))
            for name, cell in self.cells.items()
        }
        return replace(self, cells=cells)

    def _with(self, change: Callable[[str, Sourced], Sourced]) -> Study:
        """Every number put through ``change(its name, number)``; shares then sum to one."""
        cells = {
            name: _replace_leaves(cell, lambda path, v, n=name: change(self.name_of(n, path), v))
            for name, cell in self.cells.items()
        }
        given = self.calibration
        if given:
            given = replace(given, **{v: change(f"{CALIBRATION}{v}", getattr(given, v)) for v in LEVELS})
        return replace(self, cells={name: self._filled(name, cell) for name, cell in cells.items()}, calibration=given)

    def _filled(self, name: str, cell: CellStudy) -> CellStudy:
        """The cell with the shares that it uses, so that what is told of the recipe is what is in the layer."""
        if cell.coating is None:
            return cell
        given = cell.coating.precursors
        shares = precursor_shares(
            cell.coating, {p for p in given if self.name_of(name, f"{SHARES}{p}") in self.settled}
        )
        if all(abs(shares[p] - s.value) < ROUNDING for p, s in given.items()):
            return cell
        filled = {p: _held_at(s, shares[p]) for p, s in given.items()}
        return replace(cell, coating=replace(cell.coating, precursors=filled))

    def name_of(self, cell: str, path: str) -> str:
        """Dotted name of a cell's number: the shared one, or behind the cell's name where it states its own."""
        return f"{cell}.{path}" if _stated_in(path, self.own.get(cell, NOTHING)) else path


def _held_at(share: Sourced, value: float) -> Sourced:
    """A share at another value; none and all of the recipe have no spread."""
    return (
        replace(share, value=value) if 0 < value < 1 else replace(share, value=value, distribution="fixed", spread=())
    )


NOTHING: frozenset[str] = frozenset()
CALIBRATION, LEVELS = "calibration.", ("capacity_level", "retention_level")
SHARES = "coating.precursors."
ROUNDING = 1e-12
BY_CATION = ("anneal.diffusivity_", "anneal.activation_energy_")
BOUND = "coating.lithium_per_cation."


def coating_cations(cell: CellStudy) -> tuple[str, ...]:
    """Cations that the precursors bring, in their order.

    >>> coating_cations(load_study("zhao2024").cells["coated"])
    ('Nb', 'W', 'Zr')
    """
    precursors = cell.coating.precursors if cell.coating else ()
    return tuple(dict.fromkeys(e for p in precursors for e in metals(phase(p, cell.phases).formula)))


def _absent(cell: CellStudy) -> Callable[[str], bool]:
    """Whether a dotted path belongs to a cation or phase that the cell does not hold.

    The row ``other`` counts as such as all listed cations have their own.
    """
    brought = coating_cations(cell)
    cations = {*cell.cathode.composition.get("M", {}), *brought}
    layers = every_layer() if cell.layer.structure == COMPUTED else (cell.layer.structure,)
    named = {*layers, *(cell.coating.precursors if cell.coating else ())}
    stated = [p for p in cell.phases.values() if named & {p.name, *p.names}]
    named |= {p.becomes for p in stated}
    used = {p.name for p in cell.phases.values() if named & {p.name, *p.names}}

    def absent(path: str) -> bool:
        if path.startswith("phases."):
            return path.split(".")[1] not in used
        last = path.split(".")[-1]
        return path.startswith(BY_CATION) and last not in cations or path.startswith(BOUND) and last not in brought

    return absent


def _stated(path: str, own: Iterable[str]) -> bool:
    """Whether a dotted path, or a part of the tree that contains it, is among a cell's own."""
    parts = path.split(".")
    return any(".".join(parts[:n]) in own for n in range(1, len(parts) + 1))


@lru_cache(maxsize=4096)
def _stated_in(path: str, own: frozenset[str]) -> bool:
    """The same, remembered: every draw asks it of every number."""
    return _stated(path, own)


def leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Sourced]]:
    """All sourced numbers below a record, with their dotted paths.

    >>> dict(leaves(Cell()))["loading"].unit
    'kg/m2'
    """
    if isinstance(node, Sourced):
        yield prefix, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif is_dataclass(node):
        for f in fields(node):
            yield from leaves(getattr(node, f.name), f"{prefix}.{f.name}" if prefix else f.name)


def _replace_leaves(node: Any, change: Any, prefix: str = "") -> Any:
    """The same tree with ``change(path, leaf)`` in place of each sourced number; what does not change is shared."""
    if isinstance(node, Sourced):
        return change(prefix, node)
    join = (lambda key: f"{prefix}.{key}") if prefix else str
    if isinstance(node, Mapping):
        new = {k: _replace_leaves(v, change, join(k)) for k, v in node.items()}
        return new if any(v is not node[k] for k, v in new.items()) else node
    if is_dataclass(node):
        changed = {}
        for f in fields(node):
            old = getattr(node, f.name)
            if (new := _replace_leaves(old, change, join(f.name))) is not old:
                changed[f.name] = new
        return replace(node, **changed) if changed else node
    return node


def input_unit(study: Study, name: str) -> Unit:
    """The unit stated for an input by its dotted name.

    >>> input_unit(load_study("zhao2024"), "coating.precursors.ZrO2").shown
    '%'
    """
    first, _, rest = name.partition(".")
    cells = [(study.cells[first], rest)] if first in study.cells else [(cell, name) for cell in study.cells.values()]
    found = (_unit_at(cell, path.split(".")) for cell, path in cells)
    return next((unit for unit in found if unit), Unit("1"))


def _unit_at(node: Any, parts: list[str]) -> Unit | None:
    """The unit at a path below a record; None where the cell has no such part."""
    unit = None
    for part in parts:
        if is_dataclass(node) and hasattr(node, part):
            unit = unit_of(type(node), part) or unit
            node = getattr(node, part)
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
        else:
            return None
    return unit


def study_hash(study: Study) -> str:
    """Content hash of all that decides the answer: cells, calibration, the package's data and version.

    Titles, notes, sources and where a number was stated do not count.
    """
    parts = [__version__, _plain(study.cells), _plain(study.calibration)]
    parts += [_plain(study.scenarios)] if study.scenarios else []
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode() + _data_digest()).hexdigest()[:16]


def priors_hash(study: Study) -> str:
    """Content hash of what was believed before any data: every uncertain input with its spread, and the scenarios.

    >>> study = load_study("zhao2024")
    >>> priors_hash(study) == priors_hash(replace(study, reported={}))
    True
    """
    uncertain = {name: (v.value, v.distribution, v.spread) for name, v in study.inputs().items() if v.uncertain}
    text = json.dumps([uncertain, table("scenarios.toml"), _plain(study.scenarios)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _data_digest() -> bytes:
    """Digest of every data file of the package."""
    digest = hashlib.sha256()
    waiting = [files("epitropy").joinpath("data")]
    while waiting:
        folder = waiting.pop()
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                waiting.append(entry)
            elif entry.name.endswith(".toml"):
                digest.update(entry.name.encode() + entry.read_bytes())
    return digest.digest()


UNSEEN = ("source", "label", "cell_source", "note")


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(k): _plain(v) for k, v in node.items()}
    if isinstance(node, (frozenset, set)):
        return sorted(node)
    if is_dataclass(node):
        return {f.name: _plain(getattr(node, f.name)) for f in fields(node) if f.name not in UNSEEN}
    return node


def bundled_studies() -> dict[str, str]:
    """Bundled study names and their titles."""
    import yaml

    folder = files("epitropy").joinpath("studies")
    found = sorted(f for f in folder.iterdir() if f.name.endswith(".yaml"))
    return {f.name.removesuffix(".yaml"): yaml.safe_load(f.read_text(encoding="utf-8"))["title"] for f in found}


def study_text(source: str) -> str:
    """The YAML text of a bundled study, or of a file."""
    path = Path(source)
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError) as error:
            raise InputError(
                source, f"not a readable text file ({type(error).__name__})", "a YAML file in UTF-8"
            ) from None
    if source in bundled_studies():
        return files("epitropy").joinpath("studies", f"{source}.yaml").read_text(encoding="utf-8")
    raise InputError(
        "STUDY",
        f"'{source}' is neither a file nor a bundled study",
        f"a path to a YAML file, or {', '.join(bundled_studies())}",
        "'epitropy new NAME' writes one.",
    )


def load_study(source: str) -> Study:
    """Read a study by bundled name or path.

    >>> list(load_study("zhao2024").cells)
    ['bare', 'coated']
    """
    return read_study(read_yaml(study_text(source), source), source)


def read_yaml(text: str, source: str) -> Any:
    """YAML that refuses a key given twice, which the library would silently let win."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        own = [k for k, _ in node.value if k.tag != "tag:yaml.org,2002:merge"]
        keys = [loader.construct_object(k, deep=True) for k in own]
        seen = set()
        for key, k in zip(keys, own):
            if not isinstance(key, (str, int, float)):
                raise InputError(f"{source}, line {k.start_mark.line + 1}", "a key that is no name", "names as keys")
            if key in seen:
                raise InputError(f"{source}, line {k.start_mark.line + 1}", f"key '{key}' given twice", "each key once")
            seen.add(key)
        loader.flatten_mapping(node)
        return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        found = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise InputError(
            f"{source}{line}", f"not YAML: {problem}", "a YAML file such as 'epitropy new' writes"
        ) from None
    except RecursionError:
        raise InputError(source, "nested too deep", "a YAML file such as 'epitropy new' writes") from None
    except (ValueError, OverflowError) as error:  # a date or a whole number that cannot be
        raise InputError(source, f"a value that cannot be read ({error})", "numbers with units, and names") from None
    _check_size(found, source)
    return found


def _check_size(node: Any, source: str) -> None:
    """Aliases may run in circles, or unfold a few lines to gigabytes."""
    waiting, seen = [(node, 0)], 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_NODES:
            raise InputError(source, "aliases that unfold without end", f"at most {MOST_NODES} values, {DEEPEST} deep")
        inside = one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
        waiting += [(child, depth + 1) for child in inside]


def read_study(raw: Any, source: str = "study") -> Study:
    """Plain data to a `Study`; every fault is named by its path."""
    if not isinstance(raw, Mapping):
        raise InputError(source, f"{type(raw).__name__} at top level", "keys such as name, cathode, coating, cells")
    allowed = ("name", "title", "note", "phases", "cells", "calibration", "reported", "scenarios", *BLOCKS)
    for key in raw:
        if key not in allowed:
            raise _unknown_key(str(key), str(key), allowed)
    _check_name("name", raw.get("name"))
    given = raw.get("cells", {"bare": {"coating": "none", "anneal": "none"}, "coated": {"coating": {}, "anneal": {}}})
    if not isinstance(given, Mapping) or not given:
        raise InputError("cells", repr(given), "named cells, e.g. bare and coated")
    for cell in given:
        _check_name("cells", cell)
    for key in BLOCKS:
        _check_block(key, raw.get(key, {}))
    shared = {k: raw[k] for k in BLOCKS if k in raw}
    phases = _read_phases(raw.get("phases") or {})
    cells = {name: _read_cell(str(name), shared, own or {}, phases) for name, own in given.items()}
    study = Study(
        name=raw["name"],
        title=str(raw.get("title", "")),
        note=str(raw.get("note", "")),
        cells=cells,
        own={name: frozenset(_paths(own or {})) for name, own in given.items()},
        calibration=_validate(Calibration | None, raw.get("calibration"), "calibration"),
        reported=_validate(dict[str, Reported], raw.get("reported") or {}, "reported"),
        scenarios=_read_scenarios(raw.get("scenarios") or {}),
    )
    _check(study)
    return study if as_read(study) else replace(study, reported={})


def cell_as_read(study: Study) -> CellStudy:
    """The calibration cell under the protocol of its data."""
    given = study.calibration
    cell = study.cells[given.cell]
    return cell if given.protocol is None else replace(cell, protocol=given.protocol)


def as_read(study: Study) -> bool:
    """Whether the cells are cycled as those whose capacities the study states; else none is compared with them."""
    given = study.calibration
    return given is None or given.protocol in (None, study.cells[given.cell].protocol)


def _read_scenarios(raw: Any) -> dict[str, Mechanism]:
    """The study's own hypotheses beside the declared ones, none of which it may redefine."""
    taken = table("scenarios.toml")
    if not isinstance(raw, Mapping):
        raise InputError("scenarios", repr(raw), "names with title, needs and refuted_by below them")
    for name, rows in raw.items():
        _check_name("scenarios", name)
        if name in taken:
            allowed = f"a name of its own; declared are {', '.join(taken)}"
            raise InputError(f"scenarios.{name}", f"'{name}' is taken", allowed)
        if not isinstance(rows, Mapping):
            raise InputError(f"scenarios.{name}", repr(rows), "keys title, needs, refuted_by, reach, barrier, ...")
        for key in ("title", "needs", "refuted_by"):
            if not isinstance(rows.get(key), str):
                remedy = "A hypothesis says what it needs to be true and what would refute it."
                raise InputError(f"scenarios.{name}.{key}", repr(rows.get(key)), "a sentence", remedy)
    return _validate(dict[str, Mechanism], raw, "scenarios")


def _check_name(where: str, name: Any) -> None:
    """Names become parts of files and of dotted names."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name) or name in BLOCKS:
        raise InputError(where, repr(name), "letters, digits, '-' and '_', e.g. my-coating; not the name of a block")


def _read_phases(raw: Any) -> Phases:
    """The study's own phases; none may take a bundled name, so that no number is exchanged unseen."""
    if not isinstance(raw, Mapping):
        raise InputError("phases", repr(raw), "names with formula and density below them")
    found: dict[str, Phase] = {}
    for name, rows in raw.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9 _()+-]*", name):
            raise InputError("phases", f"name {name!r}", "letters, digits, spaces and _()+-, no point, e.g. my-oxide")
        crystal = read_phase(name, rows, f"phases.{name}")
        for taken in (name, *crystal.names):
            if taken in bundled_names() or any(taken in (p.name, *p.names) for p in found.values()):
                raise InputError(f"phases.{name}", f"'{taken}' is taken", "a name of its own", f"E.g. 'my {taken}'.")
        _named(f"phases.{name}.formula", metals, crystal.formula)
        found[name] = crystal
    return {name: _as_its_oxide(crystal, found) for name, crystal in found.items()}


def _as_its_oxide(crystal: Phase, phases: Phases) -> Phase:
    """A precursor that names its oxide wets as that does, unless it says so itself."""
    if not crystal.becomes:
        return crystal
    return replace(crystal, wets=_named(f"phases.{crystal.name}.becomes", fired, crystal, phases).wets)


def _check_block(where: str, block: Any) -> None:
    none = " or none" if where.split(".")[-1] in ("coating", "anneal") else ""
    if not isinstance(block, Mapping) and not (none and block == "none"):
        raise InputError(where, repr(block), f"keys with values{none}")


def _read_cell(name: str, shared: Mapping[str, Any], own: Any, phases: Phases) -> CellStudy:
    if not isinstance(own, Mapping):
        raise InputError(f"cells.{name}", repr(own), "blocks such as 'coating: none'")
    for key in own:
        if key not in BLOCKS:
            raise _unknown_key(f"cells.{name}.{key}", str(key), BLOCKS)
        _check_block(f"cells.{name}.{key}", own[key])
    merged = {k: _merge(shared.get(k), own[k]) if k in own else shared[k] for k in BLOCKS if k in own or k in shared}
    if merged.get("coating", "none") != "none":
        merged.setdefault("anneal", {})
    merged = {k: None if v == "none" and k in ("coating", "anneal") else v for k, v in merged.items()}
    owned = set(_paths(own))

    def place(path: str) -> str:
        mine = _stated(path, owned) or any(o.startswith(f"{path}.") for o in owned)
        return f"cells.{name}.{path}" if mine else path

    return replace(_validate(CellStudy, merged, place), phases=phases)


def _merge(below: Any, above: Any) -> Any:
    """Deep merge of plain data; a number with its source is one thing, not a mapping to merge into."""
    if isinstance(below, Mapping) and isinstance(above, Mapping) and "value" not in above:
        return {**below, **{k: v if k in WHOLE else _merge(below.get(k), v) for k, v in above.items()}}
    return above


def _paths(raw: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted names stated in plain data, down to numbers."""
    for key, value in raw.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and "value" not in value:
            yield from _paths(value, f"{path}.")
        else:
            yield path


def _validate(kind: Any, raw: Any, where: Any) -> Any:
    """pydantic at the door; its faults become one line that names the path."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(raw)
    except ValidationError as error:
        raise _first_fault(error, where, kind) from None


@cache
def _adapter(kind: Any) -> Any:
    """Made once: it takes as long as the rest of the reading."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _first_fault(error: Any, where: Any, kind: Any) -> InputError:
    fault = error.errors(include_url=False)[0]
    parts = [str(p) for p in fault["loc"] if not str(p).startswith(("function-", "dataclass"))]
    parts = [p for p in parts if p not in ("Coating", "Anneal", "Calibration", "Reported", "Mechanism")]
    path = ".".join(parts)
    own = fault.get("ctx", {}).get("error")
    if isinstance(own, InputError):
        inner = own.where.removeprefix(f"{path}.").strip(": ")
        inner = "" if inner in ("value", "unit") else inner
        path = ".".join(p for p in (path, inner) if p)
    place = where(path) if callable(where) else ".".join(p for p in (where, path) if p)
    if isinstance(own, InputError):
        return InputError(place, own.given, own.allowed, own.remedy)
    if fault["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown_key(place, parts[-1], _keys_at(kind, parts[:-1]))
    return InputError(place, f"{fault.get('input')!r}", fault["msg"])


def _keys_at(kind: Any, parts: list[str]) -> tuple[str, ...]:
    """Field names of the record at a path below ``kind``."""
    from typing import get_args, get_type_hints

    def record(hint: Any) -> Any:
        return next((a for a in get_args(hint) if is_dataclass(a)), hint)

    kind = record(kind)
    for part in parts:
        kind = record(get_type_hints(kind).get(part, kind)) if is_dataclass(kind) else kind
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()


MOVED = {
    "open_facet_share": "It follows from cathode.surface_energy, or from cathode.facet_shares where you know them."
}


def _unknown_key(place: str, key: str, allowed: tuple[str, ...]) -> InputError:
    if key in MOVED:
        return InputError(place, f"'{key}' is no longer an input", ", ".join(allowed), MOVED[key])
    close = difflib.get_close_matches(key, allowed, 1)
    return InputError(place, f"unknown key '{key}'", ", ".join(allowed), f"Did you mean '{close[0]}'?" if close else "")


def _check_layer(name: str, cell: CellStudy) -> None:
    """A layer of a named phase needs what strain and matching ask of it."""
    from .strain.stage import continues

    where = f"{name}: layer.structure"
    try:
        layer = phase(cell.layer.structure, cell.phases)
    except InputError as error:
        raise InputError(where, error.given, f"'{COMPUTED}', or {error.allowed}", error.remedy) from None
    for key in ("cell", "young_modulus", "poisson_ratio"):
        if getattr(layer, key) is None:
            raise InputError(where, f"'{layer.name}' has no {key}", "a phase that states it")
    if not (continues(layer) or layer.space_group):
        raise InputError(
            where,
            f"'{layer.name}' ({layer.structure}) has no space_group",
            "a phase that states it, or one that continues the host: layered, rock salt or spinel",
        )


def _check(study: Study) -> None:
    """What only the whole study can tell."""
    from .chemistry import atomic_mass
    from .electrolytes import electrolyte_curves
    from .strain.facets import stated_weights

    for name, cell in study.cells.items():
        for species in (s for o in cell.cathode.composition.values() for s in o if s != "Va"):
            _named(f"{name}: cathode.composition", atomic_mass, species)
        if cell.layer.structure != COMPUTED:
            _check_layer(name, cell)
        if cell.cathode.facet_shares:
            stated_weights(cell.cathode.facet_shares)
        check_window(cell)
        electrolyte_curves(cell.cell.electrolyte, cell.protocol.temperature.value)
        if cell.coating is not None:
            total = sum(s.value for s in cell.coating.precursors.values())
            if abs(total - 1) > 1e-6:
                raise InputError("coating.precursors", f"mass shares sum to {total:g}", "a sum of 1")
            for precursor in cell.coating.precursors:
                fired(_named("coating.precursors", phase, precursor, cell.phases), cell.phases)
            _check_recipe(cell)
            if cell.anneal is None:
                raise InputError(
                    f"cells.{name}.anneal",
                    "none, with a coating",
                    "an anneal for every coated cell",
                    "Write 'anneal: {}' for the usual one.",
                )
    if study.calibration is not None:
        _check_cell_name(study, "calibration.cell", study.calibration.cell)
        read = cell_as_read(study)
        check_window(read)
        cycles = read.protocol.cycles
        if study.calibration.last_cycle != cycles:
            raise InputError(
                "calibration.capacity",
                f"cycle {study.calibration.last_cycle} in a protocol of {cycles} cycles",
                f"cycles 1 and {cycles}",
            )
    for name in study.reported:
        _check_cell_name(study, "reported", name)


def check_window(cell: CellStudy) -> None:
    """Both cut-offs lie on the host's open-circuit curve, or no cycle could end at them."""
    from .hosts import host_curves

    curve = host_curves(cell.cathode.lattice, cell.cathode.ocv).voltage + cell.cathode.ocv_shift.value
    for key in ("lower_voltage", "upper_voltage"):
        given = getattr(cell.protocol, key).value
        if not curve.min() <= given <= curve.max():
            raise InputError(
                f"protocol.{key}",
                f"{given:g} V",
                f"{curve.min():.2f} to {curve.max():.2f} V, the open-circuit curve of '{cell.cathode.ocv}'",
            )


def _check_recipe(cell: CellStudy) -> None:
    """Some metal is brought, and what is said of precursors is said of those that are there."""
    precursors = tuple(cell.coating.precursors)
    if not coating_cations(cell):
        raise InputError("coating.precursors", ", ".join(precursors), "at least one with a metal other than lithium")
    for key in ("purity", "water"):
        for name in getattr(cell.coating, key):
            if name not in (*precursors, EVERYTHING_ELSE):
                raise InputError(
                    f"coating.{key}.{name}", "no precursor of this cell", ", ".join((*precursors, EVERYTHING_ELSE))
                )


def _named(where: str, reader: Any, *given: Any) -> Any:
    try:
        return reader(*given)
    except InputError as error:
        raise InputError(where, error.given, error.allowed, error.remedy) from None


def _check_cell_name(study: Study, where: str, name: str) -> None:
    if name not in study.cells:
        raise InputError(where, f"'{name}' is no cell of this study", ", ".join(study.cells))


def study_schema() -> dict[str, Any]:
    """JSON Schema of a study file."""
    from pydantic import TypeAdapter

    blocks = TypeAdapter(CellStudy).json_schema(ref_template="#/$defs/Study/$defs/{model}")
    inner = blocks.pop("$defs", {})
    phases = blocks["properties"].pop("phases")
    del inner["Phase"]["properties"]["name"]
    inner["Phase"]["properties"]["wets"] = {"type": "boolean"}
    inner["Phase"]["required"], inner["UnitCell"]["required"] = ["formula", "density"], ["a"]
    for rows in inner["UnitCell"]["properties"].values():
        rows |= {"type": "string", "examples": [f"90 {rows['unit']}" if rows["unit"] == "deg" else "4.18 angstrom"]}
        rows.pop("default", None)
    own = {"type": "object", "properties": blocks["properties"], "additionalProperties": False}
    for name in ("coating", "anneal"):
        own["properties"][name] = {"anyOf": [*own["properties"][name].get("anyOf", []), {"const": "none"}]}
    calibration = TypeAdapter(Study).json_schema(ref_template="#/$defs/Study/$defs/{model}")["$defs"]
    inner |= {k: calibration[k] for k in ("Calibration", "Reported", "Mechanism")}
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "title": {"type": "string"},
            "note": {"type": "string"},
            "phases": phases,
            **own["properties"],
            "cells": _named_values({"anyOf": [{"type": "null"}, own]}),
            "calibration": {"$ref": "#/$defs/Study/$defs/Calibration"},
            "reported": _named_values({"$ref": "#/$defs/Study/$defs/Reported"}),
            "scenarios": _named_values({"$ref": "#/$defs/Study/$defs/Mechanism"}),
        },
        "required": ["name"],
        "additionalProperties": False,
        "$defs": inner,
    }


def _named_values(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}
