"""What is wrong with a CIF or POSCAR, in the words of the file: looked for before a parser reads it or guesses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError

FLAT = 1e-6  # of the product of the edges: a smaller cell volume is none
_LENGTHS = tuple(f"_cell_length_{k}" for k in "abc")
_ANGLES = tuple(f"_cell_angle_{k}" for k in ("alpha", "beta", "gamma"))
_PLACES = tuple(f"_atom_site_fract_{k}" for k in "xyz")
_NAMES = ("_atom_site_label", "_atom_site_type_symbol")
_OPERATIONS = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
_OPERATION = re.compile(r"[xyz\d\s+\-*/.,]+", re.IGNORECASE)
_UNKNOWN = ("?", ".", "")
_BLOCK = re.compile(r"^\s*data_", re.MULTILINE)


def crystal_blocks(text: str) -> list[str]:
    """The data blocks of a CIF that hold atoms, each as a CIF of its own.

    >>> len(crystal_blocks("data_global\\n_journal_year 1999\\ndata_one\\n_atom_site_label Ni\\n"))
    1
    """
    blocks = [f"data_{block}" for block in _BLOCK.split(f"x\n{text}")[1:]]
    return [block for block in blocks if "_atom_site_" in block]


def check_cif(path: Path, text: str) -> None:
    """Refuse one data block whose loops, cell, symmetry or atoms are no numbers or impossible ones."""
    rows = _rows(path, text)
    for key in (*_LENGTHS, *_ANGLES):
        value, most = _number(rows.get(key, "1")), math.inf if key in _LENGTHS else 180
        if not 0 < value < most:
            allowed = "a length above 0 angstrom" if key in _LENGTHS else "an angle between 0 and 180 deg"
            raise InputError(str(path), f"{key} {rows[key]}", allowed, "Mend the cell.")
    missing = [key for key in (_LENGTHS[0], *_PLACES) if not rows.get(key)]
    if missing or not any(map(rows.get, _NAMES)):
        allowed = "a cell, and atoms with a label or symbol and fractional coordinates"
        raise InputError(str(path), f"no {(missing or _NAMES)[0]}", allowed)
    for operation in (o for key in _OPERATIONS for o in _several(rows.get(key, ()))):
        if not _OPERATION.fullmatch(operation.strip("'\" ")):
            raise InputError(str(path), f"symmetry operation '{operation}'", "one such as 'x, -y, z+1/2'")
    _check_sites(path, rows)


def check_poscar(path: Path, text: str) -> None:
    """Refuse a POSCAR (VASP 5) that ends early, lacks element names or has a line that is not what it should be."""
    lines = [line.split() for line in text.splitlines()]
    _check_vectors(path, lines)
    first = next((k for k in range(5, len(lines)) if _whole(lines[k])), len(lines))
    if first == 5 and not _names_at_the_end(lines):
        remedy = "Put their names, in the order of the numbers, into a line of their own before it, e.g. 'Ni O'."
        raise InputError(str(path), "line 6 should name the elements, which are missing", "a POSCAR of VASP 5", remedy)
    after = first + max(first - 5, 1)  # long lists of names and numbers run over as many lines
    names, counts = sum(lines[5:first], []), sum(lines[first:after], [])
    if not counts or not all(word.isdigit() for word in counts) or names and len(names) != len(counts):
        given = f"{len(names)} element names ({' '.join(names)}), numbers of atoms '{' '.join(counts)}'"
        raise InputError(str(path), given, "a whole number of atoms for every name, in the line below the names")
    _check_atoms(path, lines, after, sum(map(int, counts)))


def _rows(path: Path, text: str) -> Mapping[str, Any]:
    from pymatgen.io.cif import CifFile

    try:
        return next(iter(CifFile.from_str(text).data.values())).data
    except Exception:  # whatever a broken loop makes it raise
        given = "a loop_ whose rows have more or fewer values than it has columns"
        raise InputError(str(path), given, "as many values in every row as columns above") from None


def _check_sites(path: Path, rows: Mapping[str, Any]) -> None:
    names = _several(next(rows[key] for key in _NAMES if rows.get(key)))
    for key in _PLACES:
        for name, value in zip(names, _several(rows[key])):
            if not math.isfinite(_number(value)):
                remedy = "Give its place, or delete the atom."
                raise InputError(str(path), f"{key} of {name} is '{value}'", "a number", remedy)
    shares = [1.0 if s in _UNKNOWN else _number(s) for s in _several(rows.get("_atom_site_occupancy", ()))]
    for name, share in zip(names, shares):
        if not 0 <= share < math.inf:
            raise InputError(str(path), f"occupancy {share:g} of {name}", "a share of 0 to 1")
    if shares and not any(shares):
        raise InputError(str(path), "no atoms: every occupancy is 0", "at least one atom")


def _check_vectors(path: Path, lines: Sequence[Sequence[str]]) -> None:
    if len(lines) < 8:
        needed = "title, scale, three cell vectors, element names, numbers of atoms, 'direct' or 'cartesian', atoms"
        given = f"ends after line {len(lines)}" if lines else "an empty file"
        raise InputError(str(path), given, f"a POSCAR: {needed}")
    numbers = [[_number(word) for word in words] for words in lines[1:5]]
    for line, (row, count) in enumerate(zip(numbers, (1, 3, 3, 3)), 2):
        if len(row) != count or not all(map(math.isfinite, row)):
            allowed = "one number, the scale" if count == 1 else "three numbers, a cell vector"
            raise InputError(str(path), f"line {line} '{' '.join(lines[line - 1])}'", allowed)
    vectors = np.array(numbers[1:])
    edges = np.linalg.norm(vectors, axis=1)
    if not numbers[0][0] or abs(np.linalg.det(vectors)) <= FLAT * edges.prod():
        raise InputError(str(path), "the cell has no volume", "a scale that is not 0 and vectors in no common plane")


def _check_atoms(path: Path, lines: Sequence[Sequence[str]], mode: int, atoms: int) -> None:
    """The line that says how positions are meant, and one line an atom below it."""
    letters = [words[0][0].upper() if words else "" for words in lines[mode : mode + 2]]
    at = mode + (letters[:1] == ["S"])  # selective dynamics
    if at >= len(lines) or not letters[at - mode].isalpha():
        given = " ".join(lines[at]) if at < len(lines) else ""
        raise InputError(str(path), f"line {at + 1} '{given}'", "'direct' or 'cartesian'")
    found = lines[at + 1 : at + 1 + atoms]
    given = next((k for k, words in enumerate(found) if not words), len(found))
    if given < atoms:
        raise InputError(str(path), f"{atoms} atoms by the numbers, {given} below", "a line of coordinates an atom")
    for line, words in enumerate(found, at + 2):
        if len(words) < 3 or not all(math.isfinite(_number(word)) for word in words[:3]):
            raise InputError(str(path), f"line {line} '{' '.join(words)}'", "three coordinates")


def _names_at_the_end(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the lines of atoms of a file without a line of names end in element symbols."""
    from pymatgen.core import Element

    atoms = [words for words in lines[7:] if len(words) > 3]
    return bool(atoms) and all(Element.is_valid_symbol(words[-1]) and words[-1] not in "TF" for words in atoms)


def _whole(words: Sequence[str]) -> bool:
    return bool(words) and words[0].lstrip("+-").isdigit()


def _number(word: Any) -> float:
    """A number, its uncertainty in brackets left out; nan for what is none."""
    try:
        return float(re.sub(r"\(.*$", "", str(word).strip()))
    except ValueError:
        return math.nan


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
