"""Structures from the files of other programs, and as files for them."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..catalogue import NONE, Phases, phase
from ..errors import InputError
from ..records.phase import Phase, UnitCell
from ..records.sourced import Sourced
from ..records.structure import VACANCY, Structure
from .file_checks import check_cif, check_poscar, crystal_blocks
from .library import has_structure, structure_of
from .neighbours import neighbours
from .settings import keeps_metric, settings_of
from .symmetry import density, family, in_standard_setting, standardised

SYMPREC = 1e-12  # m: 0.01 angstrom, what coordinates of four digits leave open
OVERLAP = 0.5e-10  # m: no two nuclei come closer
DECLARED = 3e-3  # relative, of squared edges: how far a cell may be from that of its declared space group
MOST_BYTES, MOST_ATOMS = 10_000_000, 5000
_READ = {".cif": "cif", ".vasp": "poscar"}
_CALLED = ("POSCAR", "CONTCAR")  # POSCAR_nio, nio.POSCAR, CONTCAR_1
_WRITTEN = {**_READ, ".extxyz": "extxyz", ".xyz": "extxyz"}


def library_or_file(text: str, own: Phases = NONE) -> tuple[Phase, Structure | None]:
    """A phase of the library (or of a study) by its name, else a CIF or POSCAR; None for a phase without positions.

    >>> crystal, atoms = library_or_file("NiO")
    >>> crystal.name, len(atoms.labels)
    ('NiO', 8)
    """
    path = Path(text)
    if _kind(path) or "/" in text:
        return read_crystal(path)
    try:
        found = phase(text, own)
    except InputError as error:
        remedy = f"{error.remedy} A file ends in .cif or .vasp, or its name begins or ends with POSCAR or CONTCAR."
        raise InputError(error.where, error.given, error.allowed, remedy) from None
    return found, structure_of(found) if has_structure(found) else None


def read_crystal(path: str | Path) -> tuple[Phase, Structure]:
    """A CIF (.cif) or POSCAR (.vasp; POSCAR or CONTCAR at either end of the name) as a phase and its atoms.

    pymatgen reads it; spglib brings it to its conventional standard cell, atoms being equal within 0.01 angstrom. The
    name is the file's; the family is told where it is a known one; stiffness is not known; the density follows from
    the atoms. What a reader should know stands in the phase's ``note``: partial occupancies, which are kept as shares,
    no symmetry, another symmetry than declared, further crystals in the file. Raises `InputError` for a file that is
    missing, unreadable, empty or huge, for numbers that no crystal has, for atoms closer than 0.5 angstrom and for a
    cell that the declared space group forbids. How sure the numbers of a file are it does not say: assumed.
    """
    path = Path(path)
    text, kind = _text(path), _kind(path)
    text, others = _first_crystal(path, text, kind)
    declared = _declared(text) if kind == "cif" else ""
    raw = _parsed(path, text, kind)
    if declared:
        _check_declared(path, declared, raw.lattice.matrix)
    given = _from_pymatgen(raw, path)
    _check_apart(path, given)
    found, symbol = standardised(given, SYMPREC)
    found = _with_formula(found)
    mixed = sorted({e for shares in found.occupancy.values() if len(shares) > 1 for e in shares} - {VACANCY})
    note = "; ".join([*_note(mixed, symbol, declared), *others])
    mass = Sourced(value=density(found), unit="kg/m3", grade="derived", source=f"from the atoms of {path.name}")
    return (
        Phase(
            name=path.stem,
            formula=formula_text(found.element_counts),
            structure=family(found, symbol),
            space_group=symbol,
            cell=found.cell,
            formula_units=found.formula_units,
            density=mass,
            cell_source=_stated(path),
            note=note,
        ),
        found,
    )


def to_pymatgen(structure: Structure) -> Any:
    """The same as a pymatgen structure, mixed sites as partial occupancies; lengths in angstrom."""
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    shares = {label: {e: s for e, s in on.items() if e != VACANCY} for label, on in structure.occupancy.items()}
    filled = [i for i, label in enumerate(structure.labels) if shares[label]]
    species = [shares[structure.labels[i]] for i in filled]
    return PymatgenStructure(Lattice(structure.cell.matrix * 1e10), species, structure.positions[filled])


def write(structure: Structure, path: str | Path, comment: str = "") -> None:
    """Write a CIF (.cif), a POSCAR (.vasp; POSCAR or CONTCAR at either end of the name) or XYZ (.extxyz, .xyz).

    A CIF holds shared sites and, of a cell in its standard setting, the symmetry that spglib finds; any other cell is
    written atom by atom as P1. POSCAR and XYZ need whole atoms, see `ordering.ordered`. The comment, e.g.
    ``unrelaxed=T``, goes to the head of the file; in extended XYZ words like key=value become keys. A folder that is
    missing is made; a file of that name is replaced.
    """
    path = Path(path)
    kind = _WRITTEN.get(path.suffix.lower()) or _kind(path)
    if not kind:
        allowed = ".cif, .vasp, .poscar, POSCAR, .extxyz or .xyz"
        raise InputError(str(path), f"unknown kind of file '{path.suffix or path.name}'", allowed)
    text = text_of(structure, kind, comment, where=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(str(path), f"cannot be written ({error.strerror})", "a place that can be written to") from None


def text_of(structure: Structure, kind: str, comment: str = "", where: str = "structure") -> str:
    """What `write` writes: ``kind`` is cif, poscar or extxyz.

    >>> from epitropy.catalogue import phase
    >>> from epitropy.crystals.library import structure_of
    >>> text_of(structure_of(phase("NiO")), "extxyz").splitlines()[0]
    '8'
    """
    mixed = sorted({k for k in structure.labels if max(structure.occupancy[k].values()) < 1 - 1e-9})
    if kind != "cif" and mixed:
        remedy = "Arrange whole atoms first (--quasirandom, or ordered(structure, seed)), or write a CIF."
        raise InputError(where, f"several elements or vacancies share site {mixed[0]}", "one element a site", remedy)
    return {"cif": _cif, "poscar": _poscar, "extxyz": _extxyz}[kind](structure, " ".join(comment.split()))


def _cif(structure: Structure, comment: str) -> str:
    from pymatgen.io.cif import CifWriter

    tolerance = SYMPREC * 1e10 if in_standard_setting(structure, SYMPREC) else None
    with _quiet():
        text = str(CifWriter(to_pymatgen(structure), symprec=tolerance, refine_struct=False))
    head = [f"# {line}" for line in (structure.name, comment) if line]
    return "\n".join([*head, text])


def _poscar(structure: Structure, comment: str) -> str:
    from pymatgen.io.vasp import Poscar

    head = "; ".join(line for line in (structure.name, comment) if line)
    return Poscar(to_pymatgen(structure).get_sorted_structure(), comment=head).get_str(significant_figures=10)


def _extxyz(structure: Structure, comment: str) -> str:
    """Number of atoms, a line of keys, then symbol and Cartesian position in angstrom."""
    atoms = to_pymatgen(structure)
    lattice = " ".join(f"{x:.10f}" for x in atoms.lattice.matrix.ravel())
    keys = [f'Lattice="{lattice}"', "Properties=species:S:1:pos:R:3", 'pbc="T T T"', f'name="{_plain(structure.name)}"']
    if comment:
        keyed = all(re.fullmatch(r"\w+=[^\s\"=]+", word) for word in comment.split())
        keys.append(comment if keyed else f'comment="{_plain(comment)}"')
    rows = [f"{site.specie.symbol:2s} " + " ".join(f"{x:14.8f}" for x in site.coords) for site in atoms]
    return "\n".join([str(len(atoms)), " ".join(keys), *rows]) + "\n"


def _plain(text: str) -> str:
    return text.replace('"', "'")


def _kind(path: Path) -> str:
    """What a name stands for: cif, poscar or nothing."""
    name = path.name.upper()
    alike = name.startswith(_CALLED) or name.endswith(_CALLED)
    return _READ.get(path.suffix.lower(), "poscar" if alike else "")


def _stated(path: Path) -> str:
    return f"grade not known; as stated in file {path.name}"


def _text(path: Path) -> str:
    if not _kind(path):
        raise InputError(str(path), "unknown kind of file", ".cif, .vasp, or POSCAR or CONTCAR at one end")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(str(path), f"{path.stat().st_size / 1e6:.0f} MB", f"at most {MOST_BYTES / 1e6:.0f} MB")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", "a CIF or POSCAR") from None


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Collect a library's warnings instead of showing them."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield told
        finally:
            told.extend(str(w.message) for w in caught)


def _first_crystal(path: Path, text: str, kind: str) -> tuple[str, list[str]]:
    """The part of a file that is read, its numbers looked through, and what is told of the rest."""
    if kind == "poscar":
        check_poscar(path, text)
        return text, []
    first, *others = crystal_blocks(text) or [""]
    if not first:
        raise InputError(str(path), "no data block with atoms", "a CIF: data_..., cell, symmetry and atoms")
    check_cif(path, first)
    called = first.split(maxsplit=1)[0].removeprefix("data_")
    return first, [f"first of {len(others) + 1} crystals in the file, '{called}'"] if others else []


def _parsed(path: Path, text: str, kind: str) -> Any:
    """pymatgen's reading of a file with one structure."""
    from pymatgen.core import Element
    from pymatgen.io.cif import CifParser
    from pymatgen.io.vasp import Poscar

    told: list[str] = []
    try:
        with _quiet() as told:
            if kind == "poscar":
                raw = Poscar.from_str(text).structure
            else:
                raw = next(iter(CifParser.from_str(text).parse_structures(primitive=False, check_occu=True)))
    except Exception as error:  # parsers of foreign text raise anything
        raise _unreadable(path, kind, [*told, str(error)]) from None
    if not len(raw):
        raise InputError(str(path), "no atoms", "at least one atom")
    if strange := [e.symbol for e in raw.composition.elements if not Element.is_valid_symbol(e.symbol)]:
        raise InputError(str(path), f"unknown element '{strange[0]}'", "symbols of the periodic table")
    if len(raw) > MOST_ATOMS:
        raise InputError(str(path), f"{len(raw)} atoms", f"at most {MOST_ATOMS} in a cell")
    return raw


def _unreadable(path: Path, kind: str, told: list[str]) -> InputError:
    """What a parser said, in one line."""
    if any("occupanc" in line for line in told):
        over = "occupancies of one site add up to more than 1"
        return InputError(
            str(path), over, "at most one atom a site", "Two atoms lie in one place, or a share is wrong."
        )
    lines = [line for line in told[-1].strip().splitlines() if line]
    why = lines[0] if lines and "no structures" not in lines[0] else "its cell, symmetry and atoms make no crystal"
    return InputError(str(path), f"cannot be read as {kind.upper()}: {why}", "cell, symmetry, atoms and positions")


def _from_pymatgen(raw: Any, path: Path) -> Structure:
    """Atoms of one kind as one sublattice, called after its elements; left-handed cell vectors are all turned round."""
    a, b, c = (x * 1e-10 for x in raw.lattice.abc)
    alpha, beta, gamma = (math.radians(x) for x in raw.lattice.angles)
    labels, occupancy = [], {}
    for site in raw:
        shares = _shares(site.species)
        label = next((k for k, v in occupancy.items() if v == shares), "")
        if not label:
            label = "+".join(e for e in shares if e != VACANCY) + (str(len(occupancy)) if len(shares) > 1 else "")
            occupancy[label] = shares
        labels.append(label)
    return Structure(
        name=path.stem,
        cell=UnitCell(a=a, b=b, c=c, alpha=alpha, beta=beta, gamma=gamma),
        labels=tuple(labels),
        positions=np.asarray(raw.frac_coords) * (1 if np.linalg.det(raw.lattice.matrix) > 0 else -1) % 1,
        occupancy=occupancy,
        formula_units=1.0,
        source=f"cell and positions: {_stated(path)}",
    )


def _shares(species: Any) -> dict[str, float]:
    """Shares of the elements on a site, oxidation states left out, vacancies filled in."""
    found: dict[str, float] = {}
    for specie, share in species.items():
        element = getattr(specie, "element", specie).symbol
        found[element] = found.get(element, 0.0) + float(share)
    total = sum(found.values())
    if total > 1:
        return {e: s / total for e, s in found.items()}
    return found if total > 1 - 1e-6 else {**found, VACANCY: 1 - total}


def _check_apart(path: Path, structure: Structure) -> None:
    i, j, distance = neighbours(structure, OVERLAP)
    if len(distance):
        k = int(distance.argmin())
        one, other = (f"{structure.labels[n[k]]} at {_place(structure, n[k])}" for n in (i, j))
        two = f"{one} and {other if i[k] != j[k] else 'its own image'}"
        apart = f"{two} lie {distance[k] * 1e10:.2f} angstrom apart"
        raise InputError(str(path), apart, f"atoms {OVERLAP * 1e10:g} angstrom apart or more", "Delete one of the two.")


def _place(structure: Structure, atom: int) -> str:
    return "({:.4g}, {:.4g}, {:.4g})".format(*structure.positions[atom])


def _declared(text: str) -> str:
    """Space group symbol that a CIF names, or nothing."""
    from pymatgen.io.cif import CifFile

    try:
        with _quiet():
            block = next(iter(CifFile.from_str(text).data.values())).data
    except Exception:  # told by the reading proper
        return ""
    for key in ("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt", "_space_group_name_H-M"):
        if isinstance(block.get(key), str) and block[key].strip(" ?.'\""):
            return block[key].split(":")[0].replace(" ", "").strip("'\"")
    return ""


def _check_declared(path: Path, declared: str, matrix: np.ndarray) -> None:
    """A cell whose edges or angles the declared space group forbids is not what the file says it is."""
    try:
        settings = settings_of(declared)
    except InputError:
        return  # a spelling of its own; what counts are the operations
    if any(keeps_metric(matrix, s.rotations, DECLARED) for s in settings):
        return
    edges = np.linalg.norm(matrix, axis=1)
    angles = [math.degrees(math.acos(matrix[i] @ matrix[j] / edges[i] / edges[j])) for i, j in ((1, 2), (0, 2), (0, 1))]
    is_ = "a, b, c = {:.4f}, {:.4f}, {:.4f} angstrom, angles {:.2f}, {:.2f}, {:.2f} deg".format(*edges, *angles)
    remedy = "Mend the cell, or the space group and its operations."
    raise InputError(str(path), f"declared {declared}, but the cell is {is_}", f"a cell of {declared}", remedy)


def _note(mixed: list[str], symbol: str, declared: str) -> list[str]:
    told = [f"partial occupancy of {', '.join(mixed)}, kept as shares"] if mixed else []
    told += ["no symmetry within 0.01 angstrom"] if symbol == "P1" else []
    if declared not in ("", "P1") and not _may_mean(declared, symbol):
        told += [f"declared {declared}, atoms have {symbol}"]
    return told


def _may_mean(declared: str, symbol: str) -> bool:
    """Whether two symbols may stand for one space group in two settings; a spelling that is not tabulated may."""
    try:
        return not {s.number for s in settings_of(declared)}.isdisjoint(s.number for s in settings_of(symbol))
    except InputError:
        return True


def _with_formula(structure: Structure) -> Structure:
    """Formula units per cell: the largest number that leaves whole atoms, or one where shares are no fractions."""
    counts = list(structure.element_counts.values())
    whole = [round(n) for n in counts]
    exact = all(abs(n - k) < 1e-3 for n, k in zip(counts, whole))
    sites = [structure.labels.count(label) for label in set(structure.labels)]
    return replace(structure, formula_units=float(math.gcd(*whole) if exact else math.gcd(*sites)))


def formula_text(counts: dict[str, float]) -> str:
    """Cations as they stand, anions last.

    >>> formula_text({"Nb": 9.0, "O": 25.0, "P": 1.0})
    'Nb9PO25'
    """
    anions = [e for e in ("N", "O", "S", "F", "Cl") if e in counts]
    ordered = [e for e in counts if e not in anions] + anions
    return "".join(e + (f"{round(counts[e], 4):g}" if abs(counts[e] - 1) > 5e-5 else "") for e in ordered)
