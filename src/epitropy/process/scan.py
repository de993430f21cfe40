"""A measured line scan: read from a table, and the profile as the scan would see it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..csvfile import CsvTable, read_csv
from ..errors import InputError
from ..records.anneal import DepthProfile
from ..records.process import LineScan
from ..records.sourced import Sourced
from ..sources import sourced, table
from ..units import convert

LEAST_POINTS = 5
_OUTSIDE = 0.2  # of the median signal of all cations: below, the beam is off the particle
_DEPTH = re.compile(r"(?:depth|distance|position|z)[\s_\[(/]*(nm|um|µm|angstrom|å)?[\s\])]*", re.IGNORECASE)
_COLUMN = re.compile(r"([A-Z][a-z]?)(?![a-z])[\s_\[(,:-]*(.*?)[\s\])]*")
_ATOMIC = re.compile(r"((at\.?|atomic|mole?)[\s_.]*)?(%|percent|fraction)?", re.IGNORECASE)
_WEIGHT = re.compile(r"(wt|weight|mass)", re.IGNORECASE)


def brought(name: str, unit: str) -> Sourced:
    """A graded number that scans bring along, from ``data/scan.toml``.

    >>> brought("resolution", "m").value
    1e-09
    """
    return sourced(table("scan.toml")[name], unit, f"scan.{name}")


def read_scan(path: str | Path, species: tuple[str, ...]) -> LineScan:
    """A CSV with a depth column that names its unit (``depth_nm``) and a column of at.% (or fractions) per element.

    Depth counts inwards from the outer surface. The cations of the model are normalised to a sum of one at every
    depth; other columns (oxygen, lithium, errors, counts) are left out and named. What background subtraction left a
    little below zero stays, as cutting it off would lift the mean; points with less than a fifth of the usual signal
    lie outside the particle and are left out. Raises `InputError` for a file without such columns, in weight percent,
    with two columns of one element, depths above the surface, or fewer than five points.
    """
    found = read_csv(path)
    column, unit = _depth_column(found)
    known = _element_columns(found, column, species)
    depth = np.array([convert(d, unit, "m") for d in found.numbers(column)])
    values = np.array([found.numbers(name) for name in known.values()])
    signal = values.sum(axis=0)
    inside = signal >= _OUTSIDE * np.median(signal)
    inside &= signal > 0
    if inside.sum() < LEAST_POINTS:
        raise InputError(str(path), f"{inside.sum()} points within the particle", f"at least {LEAST_POINTS}")
    if depth[inside].min() < 0:
        row = found.rows[int(np.argmin(np.where(inside, depth, np.inf)))]
        allowed = "depths inwards from the outer surface, zero or more"
        raise InputError(f"{path}, line {row.line}", f"depth {row.cells[column]} {unit}", allowed)
    order = np.flatnonzero(inside)[np.argsort(depth[inside])]
    return LineScan(
        name=Path(path).name,
        species=tuple(known),
        depth=depth[order],
        fraction=(values / np.where(inside, signal, 1.0))[:, order],
        ignored=tuple(n for n in found.header if n != column and n not in known.values()),
        outside=int((~inside).sum()),
    )


def _depth_column(found: CsvTable) -> tuple[str, str]:
    for name in found.header:
        match = _DEPTH.fullmatch(name.strip())
        if match and match.group(1):
            unit = match.group(1).lower().replace("µ", "u")
            return name, "angstrom" if unit == "å" else unit
        if match:
            raise InputError(
                f"{found.path}, column '{name}'", "a depth without a unit", "depth_nm, depth_um or depth_angstrom"
            )
    raise InputError(found.path, f"columns {', '.join(found.header)}", "a column depth_nm, and one per element")


def _element_columns(found: CsvTable, depth: str, species: tuple[str, ...]) -> dict[str, str]:
    """Cation of the model -> its column of atomic shares, in the order of the model."""
    columns: dict[str, str] = {}
    weight = ""
    for name in (n for n in found.header if n != depth):
        match = _COLUMN.fullmatch(name.strip())
        if match is None or match.group(1) not in species:
            continue
        element, quantity = match.groups()
        if _WEIGHT.match(quantity):
            weight = name
        elif _ATOMIC.fullmatch(quantity):
            if element in columns:
                given = f"columns '{columns[element]}' and '{name}'"
                raise InputError(found.path, given, f"one column of {element}", "Remove or rename the other.")
            columns[element] = name
    if weight and len(columns) < 2:
        remedy = "Divide each by its molar mass, or export atomic percent."
        raise InputError(f"{found.path}, column '{weight}'", "weight percent", "atomic percent", remedy)
    if len(columns) < 2:
        raise InputError(
            found.path,
            f"columns {', '.join(found.header)}",
            f"at least two of {', '.join(species)}, e.g. Ni_at_percent",
        )
    return {e: columns[e] for e in species if e in columns}


def over_scan(profile: DepthProfile, scan: LineScan, *, shift: float = 0.0, resolution: float = 0.0) -> np.ndarray:
    """The profile as the scan would see it: fractions (species, x) at the scan's depths.

    Profile depths count outwards from the original host surface, those of the scan inwards from the outer surface:
    z = thickness - depth + ``shift``. ``resolution`` [m] is the standard deviation of a Gaussian probe. Where the
    scan lacks a cation of the profile, the others are normalised to a sum of one as the scan's are.
    """
    at = profile.layer_thickness - scan.depth + shift
    nodes, weights = _gauss(resolution)
    places = np.minimum(at[:, None] + nodes, profile.layer_thickness)  # the probe sees nothing outside
    rows = [profile.fraction[profile.species.index(e)] for e in scan.species]
    seen = np.array([np.interp(places, profile.depth, row) @ weights for row in rows])
    return seen / seen.sum(axis=0)


def _gauss(resolution: float) -> tuple[np.ndarray, np.ndarray]:
    if resolution <= 0:
        return np.zeros(1), np.ones(1)
    nodes = np.linspace(-4, 4, 33)  # even, because profiles have kinks
    weights = np.exp(-(nodes**2) / 2)
    return resolution * nodes, weights / weights.sum()
