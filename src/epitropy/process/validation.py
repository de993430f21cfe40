"""Computed beside measured, misses included: what the potentials are good for, as one page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..atomistics.atoms import ANGSTROM
from ..atomistics.elastic import stiffness
from ..atomistics.potentials import load, potential_of
from ..atomistics.work import Job, Progress, relax_all
from ..crystals.symmetry import primitive
from ..phases.energies import EV, energy_set
from ..phases.references import references
from ..records.atoms import Relaxed
from ..records.phase import UnitCell
from ..records.structure import Structure
from ..sources import lines_of, table
from ..transport.hops import ROWS
from . import validation_mixtures as mixtures
from .markdown import markdown_table, section
from .validation_mixtures import crystal

POTENTIALS = ("chgnet", "7net-0")  # the quicker one first: the other starts from where it arrived
MOST_ATOMS = 30  # of a conventional cell that is relaxed as it is


def validation_page(
    *, potentials: Sequence[str] = POTENTIALS, workers: int = 0, progress: Progress = lambda *_: None
) -> str:
    """The whole page as Markdown."""
    rows = table("atoms/validation.toml")
    parts = [HEAD, *(f"- {potential_of(name).label}\n" for name in potentials)]
    relaxed = _relaxed(rows, potentials, workers, progress)
    parts += [_lattices(rows, potentials, relaxed), _moduli(rows, potentials, relaxed, progress)]
    for made in (mixtures.dioxides, mixtures.rock_salts, mixtures.delithiated):
        parts.append(made(rows, potentials, workers, progress))
    return "\n".join([*parts, *shipped_sections(potentials)])


def shipped_sections(potentials: Sequence[str] = POTENTIALS) -> list[str]:
    """The sections that follow from the shipped energies alone, without any potential."""
    return [_reactions(potentials), _layered_or_rock_salt(potentials), _errors(potentials), _hops(), _stiffness()]


HEAD = """# What the potentials are good for

Made by `epitropy atoms validate -o docs/atoms-validation.md`; misses are left in. Measured values were read at the
sources named. Potentials:
"""


def _cell(rows: dict[str, Any], name: str) -> Structure:
    """The conventional cell where it is small, else a smallest one."""
    whole = crystal(rows, name)
    return whole if len(whole.labels) <= MOST_ATOMS else primitive(whole)


def _relaxed(
    rows: dict[str, Any], potentials: Sequence[str], workers: int, progress: Progress
) -> dict[tuple[str, str], Relaxed]:
    names = list(dict.fromkeys(row["phase"] for key in ("lattice", "modulus") for row in rows[key]))
    jobs = [Job(structure=_cell(rows, name), potentials=(p,)) for name in names for p in potentials]
    answers = relax_all(jobs, workers=workers, progress=progress)
    keys = [(name, p) for name in names for p in potentials]
    return {key: one for key, (one,) in zip(keys, answers)}


def _lattices(rows: dict[str, Any], potentials: Sequence[str], relaxed: dict[tuple[str, str], Relaxed]) -> str:
    """Edges where conventional cells were relaxed, else the edge of equal volume."""
    lines, errors = [], {p: [] for p in potentials}
    for row in rows["lattice"]:
        cells = []
        for p in potentials:
            found = relaxed[row["phase"], p]
            if not found.usable:
                cells.append(f"refused: {found.reason}")
                continue
            error = 100 * (math.cbrt(_volume_per_formula(found) / _measured_volume(row, rows)) - 1)
            errors[p].append(error)
            cells.append(f"{_edges(found, row)} ({error:+.1f})")
        edges = " ".join(f"{e:.3f}" for e in row["edges"])
        lines.append((row["phase"], edges, *cells, row["source"]))
    means = [f"mean {np.mean(e):+.1f}, mean size {np.mean(np.abs(e)):.1f}" for e in errors.values()]
    lines.append(("**all**", "", *means, ""))
    head = ("oxide", "measured / Å", *(f"{p} / Å (%)" for p in potentials), "source of the measured")
    note = "Rattled starts; in brackets the error of the mean edge, from the volume, in per cent."
    return section("Lattices", note, markdown_table(head, lines))


def _edges(found: Relaxed, row: dict[str, Any]) -> str:
    cell = found.structure.cell
    if len(found.structure.labels) > MOST_ATOMS or len(row["edges"]) == 1:
        units = {"Co3O4": 8, "LiMn2O4": 8, "MgAl2O4": 8}.get(row["phase"], 4)
        return f"{math.cbrt(units * _volume_per_formula(found)) / ANGSTROM:.3f}"
    return " ".join(f"{v / ANGSTROM:.3f}" for v in (cell.a, cell.b, cell.c))


def _volume_per_formula(found: Relaxed) -> float:
    return found.structure.cell.volume / found.structure.formula_units


def _measured_volume(row: dict[str, Any], rows: dict[str, Any]) -> float:
    whole = crystal(rows, row["phase"])
    edges = [1e-10 * e for e in row["edges"]]
    a, b, c = edges if len(edges) == 3 else edges * 3
    angles = {"beta": row["angle"]} if row.get("angle", 120.0) != 120.0 else {}
    if abs(whole.cell.gamma - 2 * math.pi / 3) < 1e-6:
        angles = {"gamma": 120.0}
    cell = UnitCell(a=a, b=b, c=c, **{k: math.radians(v) for k, v in angles.items()})
    return cell.volume / whole.formula_units


def _moduli(
    rows: dict[str, Any],
    potentials: Sequence[str],
    relaxed: dict[tuple[str, str], Relaxed],
    progress: Progress,
) -> str:
    lines, ratios = [], {p: [] for p in potentials}
    total = len(rows["modulus"])
    for i, row in enumerate(rows["modulus"]):
        progress("moduli", i, total)
        cells = []
        for p in potentials:
            found = relaxed[row["phase"], p]
            if not found.usable:
                cells.append(f"refused: {found.reason}")
                continue
            bulk = stiffness(found, load(p, "cpu")).bulk / 1e9
            ratios[p].append(bulk / row["bulk"])
            cells.append(f"{bulk:.0f} ({100 * (bulk / row['bulk'] - 1):+.0f})")
        lines.append((row["phase"], f"{row['bulk']:g}", *cells, row["source"]))
    progress("moduli", total, total)
    lines.append(("**all**", "", *(f"mean {100 * (np.mean(r) - 1):+.0f} %" for r in ratios.values()), ""))
    head = ("oxide", "measured / GPa", *(f"{p} / GPa (%)" for p in potentials), "source of the measured")
    note = "Hill's mean, from stresses of small strains. Potentials of this family are known to be too soft."
    return section("Bulk moduli", note, markdown_table(head, lines))


def _reactions(potentials: Sequence[str]) -> str:
    """Reactions of the shipped references."""
    parts = ["\n## Reactions\n"]
    for p in potentials:
        tied = references(energy_set(p), {"Ni": 0.9, "Co": 0.05, "Mn": 0.05})
        parts.append(f"\n### {p}\n")
        lines = [
            (r.text, f"{r.measured / 1e3:.0f}", f"{r.computed / 1e3:.0f}", f"{r.value / EV:.2f} eV per O2")
            for r in tied.oxidations
        ]
        head = ("oxidation", "measured / (kJ/mol)", "computed, O2 apart", "energy that O2 must have")
        parts += [markdown_table(head, lines)]
        lines = [
            (r.text, f"{r.measured / 1e3:.0f}", f"{r.computed / 1e3:.0f}", f"{r.value / 1e3:+.0f}")
            for r in tied.combinations
        ]
        parts.append(
            markdown_table(("without oxygen", "measured / (kJ/mol)", "computed", "error per mole of cations"), lines)
        )
    return "\n".join(parts)


def _layered_or_rock_salt(potentials: Sequence[str]) -> str:
    """Random layered mixtures over random rock salts of the same atoms."""
    found: dict[tuple, dict[str, str]] = {}
    for p in potentials:
        layered, salt = (energy_set(p).mixtures[host] for host in ("layered", "rock salt"))
        for x, e, s in zip(layered.fractions, layered.energy, layered.spread):
            whole = {k: round(12 * v) for k, v in zip(layered.species, x) if v > 0}
            salted = {**whole, "Li": whole.get("Li", 0) + 12}
            for y, f, t in zip(salt.fractions, salt.energy, salt.spread):
                if salted == {k: round(24 * v) for k, v in zip(salt.species, y) if v > 0}:
                    spread = math.hypot(s, 2 * t)
                    found.setdefault(tuple(salted.items()), {})[p] = f"{(e - 2 * f) / EV:+.3f} ± {spread / EV:.3f}"
    lines = [
        (" ".join(f"{k}{n}" for k, n in atoms), *(by.get(p, "-") for p in potentials)) for atoms, by in found.items()
    ]
    head = ("cations of a cell", *(f"{p} / eV per LiMO2" for p in potentials))
    note = (
        "Mean energy of random layered arrangements less that of random rock salts of the same atoms; ±: standard "
        "deviation of single arrangements. At 700 °C the rock salt's larger entropy is worth 0.116 eV."
    )
    return section("Layered or rock salt", note, markdown_table(head, lines))


def _hops() -> str:
    """Barriers of lithium past each cation, of the host and of mixtures."""
    rows = [row for row in lines_of(ROWS) if row["set"] == "hop"]
    lines = [
        (
            " ".join(f"{e}{n}" for e, n in row["sites"].items()),
            row["past"],
            row["potential"],
            f"refused: {row['refused']}" if row["refused"] else f"{row['barrier_eV']:.2f}",
            "-" if row["refused"] else " ".join(f"{e:.2f}" for e in row["band_eV"]),
        )
        for row in rows
    ]
    head = ("layered, cations of a cell", "past", "potential", "barrier / eV", "band / eV")
    note = (
        "Climbing-image nudged elastic band by a divacancy; the tetrahedron on the way shares a face with that of the "
        "cation passed. Earlier trials in LiNiO2: 0.29 (CHGNet) and 0.39 eV (7net-0)."
    )
    return section("Lithium hops", note, markdown_table(head, lines))


def _stiffness() -> str:
    """Elastic constants of the host and of a mixture."""
    lines = []
    for row in (row for row in lines_of(ROWS) if row["set"] == "stiffness"):
        c = row.get("constants_GPa")
        values = [f"{c[i][j]:.0f}" for i, j in ((0, 0), (2, 2), (0, 1), (0, 2), (3, 3))] if c else ["-"] * 5
        moduli = [f"{row['young_GPa']:.0f}", f"{row['bulk_GPa']:.0f}"] if c else [f"refused: {row['refused']}", "-"]
        lines.append((" ".join(f"{e}{n}" for e, n in row["sites"].items()), row["potential"], *moduli, *values))
    head = ("layered, cations of a cell", "potential", "Young / GPa", "bulk / GPa", "C11", "C33", "C12", "C13", "C44")
    note = "Hill's means. Polycrystalline layered oxides were measured at 140 to 200 GPa (recalled, unchecked)."
    return section("Stiffness of layers", note, markdown_table(head, lines))


def _errors(potentials: Sequence[str]) -> str:
    """How well compositions predict each other."""
    from ..phases.candidates import interpolations

    lines = []
    for host in energy_set(potentials[0]).mixtures:
        cells = []
        for p in potentials:
            fit, data = interpolations(p)[host], energy_set(p).mixtures[host]
            cells += [f"{len(data.energy)}", f"{1e3 * fit.error / EV:.0f}"]
        lines.append((host, *cells))
    head = ("structure", *(h for p in potentials for h in (f"{p}: compositions", "left-out error / meV per site")))
    note = "Energies between relaxed compositions; the error is that of leaving each composition out."
    return section("Interpolation over composition", note, markdown_table(head, lines))
