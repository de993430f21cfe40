"""Mixed oxides beside what is known of them: energies of others, furnaces that made them or did not, diffraction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..anneal.laws import AIR_OXYGEN_PRESSURE
from ..atomistics.atoms import ELECTRONVOLT
from ..atomistics.mixing import Host, decoration, host_cell, host_of, mix
from ..atomistics.work import Job, Progress, relax_all
from ..catalogue import phase, read_phase
from ..constants import AVOGADRO, GAS_CONSTANT, ZERO_CELSIUS
from ..crystals.library import structure_of
from ..crystals.ordering import decorated
from ..crystals.symmetry import primitive
from ..hosts import host_curves
from ..phases.laws import oxygen_potential
from ..records.atoms import Mixture
from ..records.structure import Structure
from ..sources import table
from .markdown import markdown_table, section


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
            level = float(np.mean([binary.get((e, potential), math.nan) for e in row["cations"]]))
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
        if one.usable:
            key, energy = (e, one.potential.name), one.energy / elements.count(e)
            found[key] = min(found.get(key, energy), energy)
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
    lines, said = [], {p: [] for p in potentials}
    asked = [(k, row) for k, row in enumerate(block["mixtures"]) if "forms" in row]
    for k, row in asked:
        cells, temperature = [], row["celsius"] + ZERO_CELSIUS
        for p in potentials:
            mixed = {i: (r["cations"], found[i, p].enthalpy[host]) for i, r in enumerate(block["mixtures"])}
            enthalpy = mixed[k][1] * AVOGADRO
            if math.isnan(enthalpy):
                cells += ["-", "-", "-", "refused"]
                continue
            beside, gap, entropy = _hardest(block, mixed, k, temperature)
            forms = gap < temperature * entropy
            said[p].append(forms == row["forms"])
            cells += [f"{enthalpy / 1e3:.1f}", beside, f"{gap / entropy - ZERO_CELSIUS:.0f}"]
            cells.append("forms" if forms else "does not")
        seen = "forms" if row["forms"] else "does not"
        lines.append((" ".join(row["cations"]), f"{row['celsius']}", seen, *cells, row["source"]))
    score = ", ".join(f"{p} {sum(right)} of {len(right)}" for p, right in said.items())
    heads = (h for p in potentials for h in (f"{p}: ΔH / (kJ/mol)", "falls into", "from / °C", "says"))
    head = ("cations", "furnace / °C", "observed", *heads, "source")
    note = (
        "A random rock salt against its binary oxides, and against rock salts of four of its cations beside the fifth "
        "oxide, per mole of cations: it forms above the temperature at which T S pays for the enthalpy. Manganese may "
        "oxidise to Mn3O4 in air, by the measured enthalpy and the entropy of oxygen gas. "
        f"Ternary compounds do not compete here. Right: {score}. Measured enthalpy of (Mg,Co,Ni,Cu,Zn)O from the "
        "binaries: 6.92 ± 0.65 kJ/mol (chemrxiv 68df73675dd091524faa5eb8)."
    )
    return section("Mixed rock salts", note, markdown_table(head, lines))


def _hardest(
    block: Mapping[str, Any], mixed: Mapping[int, tuple[Sequence[str], float]], which: int, temperature: float
) -> tuple[str, float, float]:
    """(what it falls into, enthalpy, entropy over that, per mole of cations) of the hardest competitor of a mixture."""
    cations, enthalpy = mixed[which][0], mixed[which][1] * AVOGADRO
    n, entropy = len(cations), GAS_CONSTANT * math.log(len(cations))
    ways = [("binaries", enthalpy + sum(_oxidising(block, e, temperature) for e in cations) / n, entropy)]
    for others, value in mixed.values():
        alone = set(cations) - set(others)
        if set(others) < set(cations) and len(alone) == 1 and not math.isnan(value):
            (left,) = alone
            gap = enthalpy - (n - 1) / n * value * AVOGADRO + _oxidising(block, left, temperature) / n
            ways.append((f"all but {left}", gap, entropy - (n - 1) / n * GAS_CONSTANT * math.log(n - 1)))
    return max(ways, key=lambda way: way[1] - temperature * way[2])


def _oxidising(block: Mapping[str, Any], cation: str, temperature: float) -> float:
    """What a cation gains by taking up oxygen from air as its binary oxide, J/mol; 0 where it gains nothing."""
    if cation not in block["oxidises"]:
        return 0.0
    lower, higher, count = block["oxidises"][cation]
    formation = table("thermochemistry.toml")["formation_enthalpy"]["values"]
    enthalpy = 1e3 * (formation[higher]["value"] - count * formation[lower]["value"])
    return max(-(enthalpy - oxygen_potential(temperature, AIR_OXYGEN_PRESSURE) / 2) / count, 0.0)


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
