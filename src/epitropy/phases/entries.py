"""A user's computed entries (Materials Project, pymatgen JSON): a hull of their own, never mixed with the shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..records.phases import EntriesVerdict, LeftOut
from .energies import EV, Compound, EnergySet
from .hull import Columns, above, cheapest
from .laws import grand_energy, oxygen_potential
from .pricing import TIED, Conditions, compound_potentials
from .references import references

MOST_BYTES = 200_000_000
SHOWN = 12  # compounds told beside the assembly
TOGETHER = ("Li", "O")


def read_entries(path: str | Path) -> list[tuple[str, dict[str, float], float]]:
    """(name, atoms, energy [J/mol of cells]) of every entry of a JSON file, corrections counted.

    The file holds a list of pymatgen's ComputedEntry or ComputedStructureEntry as dictionaries, or a mapping with such
    a list under ``entries``.
    """
    path = Path(path)
    rows = _rows(path)
    found = []
    for number, row in enumerate(rows):
        try:
            atoms = _atoms(row)
            energy = float(row["energy"]) + float(row.get("correction", 0.0) or _adjusted(row))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{path}, entry {number + 1}", "no composition and energy", "pymatgen's ComputedEntry as a dictionary"
            ) from None
        if not np.isfinite(energy) or not atoms or min(atoms.values()) <= 0:
            raise InputError(f"{path}, entry {number + 1}", f"energy {energy}", "a finite energy and positive amounts")
        found.append((_name(row, atoms), atoms, energy * EV))
    if not found:
        raise InputError(str(path), "no entries", "a list of computed entries")
    return found


def _rows(path: Path) -> list[Mapping[str, Any]]:
    allowed = "a JSON file with a list of computed entries"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(str(path), f"{path.stat().st_size / 1e6:.0f} MB", f"at most {MOST_BYTES / 1e6:.0f} MB")
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", allowed) from None
    except ValueError:
        raise InputError(str(path), "not JSON", allowed) from None
    rows = rows.get("entries", rows) if isinstance(rows, Mapping) else rows
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(str(path), "no list of entries", allowed)
    return rows


def _atoms(row: Mapping[str, Any]) -> dict[str, float]:
    """Atoms of the entry's cell, from its composition or its structure; oxidation states are dropped."""
    from pymatgen.core import Composition, Structure

    if row.get("composition"):
        given = Composition(row["composition"])
    else:
        given = Structure.from_dict(row["structure"]).composition
    found: dict[str, float] = {}
    for species, amount in given.items():
        symbol = getattr(species, "symbol", str(species))
        found[symbol] = found.get(symbol, 0.0) + float(amount)
    return found


def _adjusted(row: Mapping[str, Any]) -> float:
    """Energy adjustments of newer entries, which carry their corrections one by one."""
    return sum(float(one.get("value", 0.0) or 0.0) for one in row.get("energy_adjustments", ()) if "value" in one)


def _name(row: Mapping[str, Any], atoms: Mapping[str, float]) -> str:
    from pymatgen.core import Composition

    formula = Composition(dict(atoms)).reduced_formula
    label = row.get("entry_id") or (row.get("data") or {}).get("material_id")
    return f"{formula} ({label})" if label else formula


def entries_verdict(
    path: str | Path, composition: Mapping[str, float], host: Mapping[str, float], at: Conditions
) -> EntriesVerdict:
    """What a user's set makes of the layer's cations, open to lithium and oxygen as the furnace has them.

    Oxygen is tied to measured oxidation enthalpies as far as the set holds their compounds, else to its O2. LiNiO2 and
    NiO must be there: they fix lithium. Mixtures of the shipped set are left out, because their energies have another
    zero; the verdict is on compounds.
    """
    given = read_entries(path)
    energies = _as_set(given)
    cations = [e for e, n in composition.items() if n > 0]
    lacking = [name for name in TIED if name not in energies.compounds]
    held = {e for c in energies.compounds.values() for e in c.cations}
    lacking += [f"any phase with {e}" for e in cations if e not in held]
    if lacking:
        raise InputError(
            str(path), f"lacks {', '.join(lacking)}", "entries of LiNiO2, NiO and every cation of the layer"
        )
    tied = references(energies, host)
    note = f"oxygen from {len(tied.oxidations)} measured oxidations"
    if not tied.oxidations:
        gas = energies.compounds.get("O2")
        if gas is None:
            raise InputError(str(path), "neither O2 nor a pair like CoO and Co3O4", "one of them, to tie oxygen")
        tied = replace(tied, oxygen=gas.energy * 2 / gas.atoms["O"])
        note = "oxygen from the entry of O2"
    potentials = compound_potentials(energies, tied, replace(at, oxygen_error=0.0))
    columns = _columns(energies, cations, potentials)
    x = np.array([composition[e] for e in cations])
    whole = cheapest(columns, x / x.sum())
    over = above(columns, whole)
    near = np.argsort(over)[: SHOWN + int((whole.shares > 0).sum())]
    used = np.flatnonzero(whole.shares > 0)
    return EntriesVerdict(
        source=Path(path).name,
        entries=len(given),
        assembly={columns.names[k]: float(whole.shares[k]) for k in used[np.argsort(-whole.shares[used])]},
        above={columns.names[k]: max(float(over[k]), 0.0) for k in near},
        left_out=tuple(_without(columns, x / x.sum(), int(k), whole.energy) for k in used),
        oxygen_reference=tied.oxygen,
        note=f"{note}, at {oxygen_potential(at.temperature, at.oxygen_pressure) / 2e3:.0f} kJ/mol below it",
    )


def _as_set(given: list[tuple[str, dict[str, float], float]]) -> EnergySet:
    """The lowest entry of every formula, under its reduced formula for the reactions, else under its own name."""
    from pymatgen.core import Composition

    lowest: dict[str, Compound] = {}
    for name, atoms, energy in given:
        formula, size = Composition(atoms).reduced_formula, sum(atoms.values())
        before = lowest.get(formula)
        if before is None or energy / size < before.energy / sum(before.atoms.values()):
            lowest[formula] = Compound(name=name, atoms=atoms, energy=energy)
    return EnergySet(potential="entries", checksum="", compounds=lowest, mixtures={}, refused=())


def _columns(energies: EnergySet, cations: list[str], potentials: tuple[float, float]) -> Columns:
    names, fractions, values = [], [], []
    for compound in energies.compounds.values():
        total = sum(compound.cations.values())
        if not total or set(compound.atoms) - {*cations, *TOGETHER}:
            continue
        lithium, oxygen = (compound.atoms.get(e, 0.0) / total for e in TOGETHER)
        names.append(compound.name)
        fractions.append([compound.atoms.get(e, 0.0) / total for e in cations])
        values.append(float(grand_energy(compound.energy / total, lithium, oxygen, potentials)))
    return Columns(names=tuple(names), fractions=np.array(fractions), energy=np.array(values))


def _without(columns: Columns, x: np.ndarray, left: int, energy: float) -> LeftOut:
    """How much dearer the assembly gets without one of its compounds; infinite where nothing else holds its cations."""
    kept = np.arange(len(columns.names)) != left
    part = Columns(
        names=tuple(n for n, k in zip(columns.names, kept) if k),
        fractions=columns.fractions[kept],
        energy=columns.energy[kept],
    )
    if (part.fractions.sum(0) < 1e-12).any():
        return LeftOut(compound=columns.names[left], driving_force=float("inf"), host="")
    return LeftOut(compound=columns.names[left], driving_force=cheapest(part, x).energy - energy, host="")
