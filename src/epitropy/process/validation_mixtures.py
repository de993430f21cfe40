"""Mixed oxides beside what is known of them: energies of others, furnaces that made them or did not, diffraction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..atomistics.mixing import Host, decoration, host_cell, host_of, mix
from ..atomistics.work import Job, Progress, relax_all
from ..catalogue import phase, read_phase
from ..constants import GAS_CONSTANT, ZERO_CELSIUS
from ..crystals.library import structure_of
from ..crystals.ordering import decorated
from ..crystals.symmetry import primitive
from ..hosts import host_curves
from ..phases.energies import EV
from ..phases.laws import oxygen_potential
from ..records.atoms import Mixture
from ..records.structure import Structure
from ..sources import table
from .markdown import markdown_table, section

ELECTRONVOLT = 1.602176634e-19  # J
AIR = 0.2095 * 101325.0  # Pa of oxygen


def crystal(rows: Mapping[str, Any], name: str) -> Structure:
    """A crystal of the page's own table or of the library."""
    own = rows["phases"]
    return structure_of(read_phase(name, own[name]) if name in own else phase(name))


@dataclass(frozen=True, slots=True)
class Mixed:
    """Enthalpies of mixing [J per mixed cation] of some atoms in some hosts, by one potential; nan where refused."""

    found: Mapping[str, Mixture]  # by host
    enthalpy: Mapping[str, float]


def _mixed(
    rows: Mapping[str, Any],
    block: Mapping[str, Any],
    potentials: Sequence[str],
    workers: int,
    progress: Progress,
) -> dict[tuple[int, str], Mixed]:
    """Every composition in every host over its binaries, by (place in the list, potential)."""
    hosts = {name: host_of(name, row) for name, row in block["hosts"].items()}
    binary = _binaries(rows, block["binaries"], potentials, workers, progress)
    asked = [(host, _atoms(host, row["cations"])) for row in block["mixtures"] for host in hosts.values()]
    answers = mix(asked, potentials, workers=workers, progress=progress)
    found = {}
    for p, potential in enumerate(potentials):
        own = answers[p * len(asked) : (p + 1) * len(asked)]
        for k, row in enumerate(block["mixtures"]):
            here = {m.host: m for m in own[k * len(hosts) : (k + 1) * len(hosts)]}
            level = sum(binary[e, potential] for e in row["cations"]) / len(row["cations"])
            found[k, potential] = Mixed(here, {name: m.energy - level for name, m in here.items()})
    return found


def _atoms(host: Host, cations: Sequence[str]) -> dict[str, int]:
    """Equal shares, as near as the cell allows."""
    sites = host_cell(host).labels.count("M")
    each, more = divmod(sites, len(cations))
    return {e: each + (i < more) for i, e in enumerate(cations)}


def _binaries(
    rows: Mapping[str, Any], binaries: Mapping[str, Sequence[str]], potentials: Sequence[str], workers: int, progress
) -> dict[tuple[str, str], float]:
    """Lowest energy [J per cation] of the binary oxides of each cation, by cation and potential."""
    jobs = [
        (e, Job(structure=primitive(crystal(rows, name)), potentials=(p,)))
        for e, names in binaries.items()
        for name in names
        for p in potentials
    ]
    answers = relax_all([job for _, job in jobs], workers=workers, progress=progress)
    found: dict[tuple[str, str], float] = {}
    for (e, _), (one,) in zip(jobs, answers):
        elements = [next(iter(one.structure.occupancy[k])) for k in one.structure.labels]
        energy = one.energy / elements.count(e) if one.usable else math.inf
        found[e, one.potential.name] = min(found.get((e, one.potential.name), math.inf), energy)
    return found


def dioxides(rows: Mapping[str, Any], potentials: Sequence[str], workers: int, progress: Progress) -> str:
    """Four tetravalent cations in several hosts, beside energies by another potential."""
    block = rows["dioxides"]
    found = _mixed(rows, block, potentials, workers, progress)
    lines, misses = [], {p: [] for p in potentials}
    agree = {p: [0, 0] for p in potentials}
    for k, row in enumerate(block["mixtures"]):
        theirs = row["published"]
        for host in block["hosts"]:
            cells = []
            for p in potentials:
                value = found[k, p].enthalpy[host] / ELECTRONVOLT
                cells.append(_meant(found[k, p].found[host], value))
                if host in theirs and not math.isnan(value):
                    misses[p].append(value - theirs[host])
            lines.append((" ".join(row["cations"]), host, f"{theirs[host]:.3f}" if host in theirs else "-", *cells))
        for p in potentials:
            known = {h: found[k, p].enthalpy[h] for h in theirs if not math.isnan(found[k, p].enthalpy[h])}
            if len(known) > 1:
                agree[p][1] += 1
                agree[p][0] += min(known, key=known.get) == min(known, key=theirs.get)
    lines.append(
        ("**all**", "", "", *(f"mean {np.mean(m):+.3f}, mean size {np.mean(np.abs(m)):.3f}" for m in misses.values()))
    )
    same = "; ".join(f"{p} in {a} of {n}" for p, (a, n) in agree.items())
    scatter = ", ".join(f"{p} {1e3 * _scatter(found, p) / ELECTRONVOLT:.0f} meV" for p in potentials)
    note = (
        "Energy over the cheapest binary oxides, eV per AO2; ±: standard deviation of single arrangements. Published: "
        "Dicks et al., arXiv 2508.13389, by another potential (MACE) on larger cells. The cheapest of the structures "
        f"that they give is the same: {same}. Scatter of single cations within an element, theirs 30 to 47 meV: "
        f"{scatter}."
    )
    head = ("cations", "structure", "published", *potentials)
    return section("Mixed dioxides", note, markdown_table(head, lines))


def _scatter(found: Mapping[tuple[int, str], Mixed], potential: str) -> float:
    """Mean over all mixtures of the scatter of single cations, J."""
    every = [m.cation_spread for (_, p), one in found.items() if p == potential for m in one.found.values()]
    return float(np.nanmean(every))


def _meant(one: Mixture, value: float) -> str:
    if math.isnan(value):
        return f"refused: {one.refused[0]}" if one.refused else "refused"
    lost = f", {len(one.refused)} refused" if one.refused else ""
    return f"{value:.3f} ± {one.spread / ELECTRONVOLT:.3f}{lost}"


def rock_salts(rows: Mapping[str, Any], potentials: Sequence[str], workers: int, progress: Progress) -> str:
    """Divalent cations in one rock salt, against furnaces that made it or did not."""
    block = rows["rocksalts"]
    found = _mixed(rows, block, potentials, workers, progress)
    (host,) = block["hosts"]
    lines, right = [], dict.fromkeys(potentials, 0)
    for k, row in enumerate(block["mixtures"]):
        cells, temperature = [], row["celsius"] + ZERO_CELSIUS
        atoms = next(iter(found[k, potentials[0]].found.values())).sites
        x = np.array(list(atoms.values())) / sum(atoms.values())
        entropy = -GAS_CONSTANT * float(x @ np.log(x))
        for p in potentials:
            enthalpy = found[k, p].enthalpy[host] / ELECTRONVOLT * EV
            needed = enthalpy + _oxidising(block, row, atoms, temperature)
            forms = needed < temperature * entropy
            right[p] += forms == row["forms"]
            verdict = "refused" if math.isnan(enthalpy) else "forms" if forms else "does not"
            cells += [f"{enthalpy / 1e3:.1f}", f"{needed / entropy - ZERO_CELSIUS:.0f}", verdict]
        seen = "forms" if row["forms"] else "does not"
        lines.append((" ".join(row["cations"]), f"{row['celsius']}", seen, *cells, row["source"]))
    score = ", ".join(f"{p} {n} of {len(block['mixtures'])}" for p, n in right.items())
    heads = (h for p in potentials for h in (f"{p}: ΔH / (kJ/mol)", "from / °C", "says"))
    head = ("cations", "furnace / °C", "observed", *heads, "source")
    note = (
        "A random rock salt against the binary oxides alone, per mole of cations: it forms where T S pays for the "
        "enthalpy. Manganese may oxidise to Mn3O4 in air, by the measured enthalpy and the entropy of oxygen gas. "
        f"Ternary compounds do not compete here. Right: {score}. Measured enthalpy of (Mg,Co,Ni,Cu,Zn)O from the "
        "binaries: 6.92 ± 0.65 kJ/mol (chemrxiv 68df73675dd091524faa5eb8)."
    )
    return section("Mixed rock salts", note, markdown_table(head, lines))


def _oxidising(block: Mapping[str, Any], row: Mapping[str, Any], atoms: Mapping[str, int], temperature: float) -> float:
    """What cations gain by taking up oxygen from air instead of mixing, J per mole of cations."""
    formation = table("thermochemistry.toml")["formation_enthalpy"]["values"]
    gained = 0.0
    for e, (lower, higher, count) in block["oxidises"].items():
        if e in row["cations"]:
            enthalpy = 1e3 * (formation[higher]["value"] - count * formation[lower]["value"])
            free = (enthalpy - oxygen_potential(temperature, AIR) / 2) / count
            gained += max(-free, 0.0) * atoms[e] / sum(atoms.values())
    return gained


def delithiated(rows: Mapping[str, Any], potentials: Sequence[str], workers: int, progress: Progress) -> str:
    """a(x), c(x) of a Ni-rich layered oxide over those at x = 1, beside diffraction."""
    block = rows["delithiated"]
    plan = table("atoms/plan.toml")
    cell = host_cell(host_of("layered", plan["hosts"]["layered"]))
    arranged = [(x, seed) for x in block["lithium"] for seed in range(1, block["arrangements"] + 1)]
    jobs = [_emptied(decoration(cell, block["sites"], seed), x, seed) for x, seed in arranged]
    answers = relax_all(
        [Job(structure=s, potentials=tuple(potentials), seed=seed) for s, (_, seed) in zip(jobs, arranged)],
        workers=workers,
        progress=progress,
    )
    host = host_curves("ncm90", "ncm90")
    edges: dict[tuple[str, float], tuple[float, float]] = {}
    refused = []
    for p, potential in enumerate(potentials):
        for x in block["lithium"]:
            ones = [a[p] for a, (y, _) in zip(answers, arranged) if y == x]
            refused += [f"{potential} at x = {x:g}: {one.reason}" for one in ones if not one.usable]
            kept = [one.structure.cell for one in ones if one.usable]
            if kept:  # a of the same area, which a cell that is no longer hexagonal has too
                area = np.mean([c.a * c.b * math.sin(c.gamma) for c in kept])
                volume = np.mean([c.volume for c in kept])
                edges[potential, x] = (math.sqrt(area), volume / area)
    lines = []
    for x in block["lithium"]:
        a, c = (float(np.interp(x, host.lithium, v) / v[-1]) for v in (host.a, host.c))
        cells = []
        for potential in potentials:
            if (potential, x) in edges and (potential, 1.0) in edges:
                here, full = edges[potential, x], edges[potential, 1.0]
                cells += [f"{100 * (here[i] / full[i] - 1):+.2f}" for i in (0, 1)]
            else:
                cells += ["refused", "refused"]
        lines.append((f"{x:g}", f"{100 * (a - 1):+.2f}", f"{100 * (c - 1):+.2f}", *cells))
    heads = (h for p in potentials for h in (f"{p}: a / %", "c / %"))
    text = " ".join(f"{e}{n}" for e, n in block["sites"].items())
    lost = f" Refused: {'; '.join(refused)}." if refused else ""
    note = (
        f"{text} of a cell of 12, {block['arrangements']} arrangements of cations and of lithium at each content, over "
        "the same at x = 1; c is the height of the cell. Measured: the curves of NCM90 that studies take "
        f"({'; '.join(host.sources[:1])}).{lost}"
    )
    head = ("Li", "measured a / %", "measured c / %", *heads)
    return section("A charged host", note, markdown_table(head, lines))


def _emptied(made: Structure, lithium: float, seed: int) -> Structure:
    """A cell with a share of its lithium left out, the rest placed quasirandomly."""
    if lithium == 1:
        return made
    emptied = decorated(made, "Li", {"Li": lithium, "Va": 1 - lithium}, seed).structure
    return replace(emptied, name=f"{made.name} Li{lithium:g}")
