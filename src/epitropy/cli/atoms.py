"""``epitropy atoms``: universal potentials at work. Needs the extra ``atomistics``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .app import app, progress_bar

atoms = typer.Typer(
    help="Relax crystals, mix cations, move lithium by universal potentials; extra: pip install 'epitropy[atomistics]'",
    no_args_is_help=True,
)
app.add_typer(atoms, name="atoms")

Names = Annotated[list[str], typer.Argument(metavar="NAME_OR_FILE...", help="Phases of the library, CIFs or POSCARs.")]
Potentials = Annotated[
    list[str] | None,
    typer.Option(
        "--potential", "-p", metavar="NAME", help="7net-0 (default), chgnet, 7net-mf-0; give it twice for two."
    ),
]
Device = Annotated[str, typer.Option(metavar="cpu|cuda|auto", help="auto: a GPU where there is one.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes of one thread each; 0: one a core.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the rattled start, or of the first arrangement.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON, SI with the unit in the key.")]
EV, ANGSTROM = 1.602176634e-19, 1e-10


@atoms.command()
def relax(
    names: Names,
    potential: Potentials = None,
    starts: Annotated[int, typer.Option(min=1, help="Rattled starts of each; the lowest counts.")] = 1,
    seed: Seed = 1,
    force: Annotated[float, typer.Option(metavar="EV/A", help="Largest force that is left.")] = 0.03,
    steps: Annotated[int, typer.Option(min=1, help="Steps after which it counts as not converged.")] = 500,
    whole: Annotated[bool, typer.Option("--conventional/--primitive", help="Cell that is relaxed.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Write the relaxed cells as CIF.")
    ] = None,
    device: Device = "auto",
    workers: Workers = 0,
    as_json: Json = False,
) -> None:
    """Relax positions and cell from rattled starts: energy, lattice, convergence, whether the structure survived."""
    from ..atomistics.relax import Settings
    from ..atomistics.work import Job, relax_all
    from ..crystals.files import write
    from ..crystals.symmetry import primitive
    from ..jsonio import to_json

    settings = Settings(force=force * EV / ANGSTROM, steps=steps)
    cells = [cell if whole else primitive(cell) for cell in (_atoms(name) for name in names)]
    jobs = [
        Job(structure=cell, potentials=(p,), seed=seed + k, settings=settings)
        for cell in cells
        for p in potential or ["7net-0"]
        for k in range(starts)
    ]
    with progress_bar() as progress:
        answers = relax_all(jobs, workers=workers, device=device, progress=progress)
    found = [one for (one,) in answers]
    if output:
        for one in found:
            file = output / f"{one.name}-{one.potential.name}-{one.seed}.cif".replace(" ", "_")
            write(one.structure, file, f"relaxed by {one.potential.label}; {one.reason or 'usable'}")
    if as_json:
        print(json.dumps([to_json(one) for one in found], indent=1))
        return
    rows = [("crystal", "potential", "eV per f.u.", "a b c / Å", "angles / °", "steps", "force eV/Å", "GPa", "")]
    for one in found:
        c = one.structure.cell
        rows.append(
            (
                f"{one.name} ({one.seed})",
                one.potential.name,
                f"{one.energy / EV / one.structure.formula_units:.4f}",
                " ".join(f"{v / ANGSTROM:.3f}" for v in (c.a, c.b, c.c)),
                " ".join(f"{v * 57.29578:.1f}" for v in (c.alpha, c.beta, c.gamma)),
                f"{one.steps}",
                f"{one.largest_force / EV * ANGSTROM:.3f}",
                f"{one.largest_stress / 1e9:.2f}",
                one.reason and f"refused: {one.reason}",
            )
        )
    _table(rows)
    _labels(found)


@atoms.command()
def mix(
    composition: Annotated[
        str, typer.Argument(metavar="SHARES", help="Cations on the mixed sites, e.g. Ni=0.6,Co=0.1,Nb=0.3.")
    ],
    host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="layered, 'rock salt', spinel, columbite, fluorite, 'LiNbO3 type', Wadsley-Roth."
        ),
    ] = None,
    potential: Potentials = None,
    decorations: Annotated[int, typer.Option(min=1, help="Arrangements of each.")] = 3,
    device: Device = "auto",
    workers: Workers = 0,
    as_json: Json = False,
) -> None:
    """Mix cations over hosts' sites: energies of arrangements, differences between hosts, scatter of cations."""
    from ..atomistics import mixing
    from ..atomistics.tables import plan
    from ..jsonio import to_json

    known = plan()["hosts"]
    chosen = host or ["layered", "rock salt"]
    shares = shares_of(composition)
    asked = []
    told: tuple[str, ...] = ()
    for name in chosen:
        if name not in known:
            from ..errors import InputError

            raise InputError("--host", f"'{name}'", ", ".join(known))
        one = mixing.host_of(name, known[name])
        cell = mixing.host_cell(one)
        given = dict(shares)
        if name == "rock salt" and "layered" in chosen:
            given = {e: x / 2 for e, x in shares.items()}
            given["Li"] = given.get("Li", 0.0) + 0.5  # the same atoms as the layered host has
        numbers, rounded = mixing.whole_atoms(cell, given)
        asked.append((one, numbers))
        told += tuple(f"{name}: {line}" for line in rounded)
    with progress_bar() as progress:
        found = mixing.mix(
            asked,
            potential or ["chgnet", "7net-0"],
            decorations=decorations,
            workers=workers,
            device=device,
            progress=progress,
        )
    if as_json:
        print(json.dumps([to_json(one) for one in found], indent=1))
        return
    rows = [("host", "potential", "arrangements", "over the first / meV per cation", "scatter", "cation spread / meV")]
    for one in found:
        rows.append(
            (
                one.host,
                one.potential,
                f"{one.decorations}",
                _milli(one.difference),
                _milli(one.spread),
                _milli(one.cation_spread),
            )
        )
    _table(rows)
    for line in (*told, *(f"refused, {m.host}, {m.potential}: {r}" for m in found for r in m.refused)):
        typer.echo(line)
    typer.echo("Differences are per cation of any kind, between hosts of the same atoms; each potential on its own.")


@atoms.command()
def hop(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="A crystal with lithium; it is relaxed first.")],
    potential: Potentials = None,
    supercell: Annotated[str, typer.Option(metavar="AxBxC", help="Repeat the cell first.")] = "2x2x1",
    single: Annotated[bool, typer.Option("--single", help="One vacancy instead of two side by side.")] = False,
    count: Annotated[int, typer.Option(min=1, help="Hops, spread over the surroundings there are.")] = 1,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Barrier of lithium from site to site: climbing-image nudged elastic band between relaxed, frozen ends."""
    from ..atomistics.hop import hop as one_hop
    from ..atomistics.hop import lithium_hops
    from ..atomistics.potentials import load
    from ..atomistics.work import Job, relaxed
    from ..jsonio import to_json
    from .structure import _repeated

    cell = _repeated(_atoms(name), supercell)
    lithium_hops(cell, divacancy=not single)  # refused before it is relaxed
    found = []
    with progress_bar() as progress:
        chosen = potential or ["7net-0"]
        for p in chosen:
            (start,) = relaxed(Job(structure=cell, potentials=(p,)))
            if not start.usable:
                from ..errors import InputError

                raise InputError(name, start.reason, "a crystal that relaxes")
            moves = lithium_hops(start.structure, divacancy=not single)
            step = max(1, len(moves) // count)
            for move in moves[::step][:count]:
                progress("hops", len(found), count * len(chosen))
                found.append(one_hop(start.structure, move, load(p, device)))
    if as_json:
        print(json.dumps([{**to_json(one), "barrier_J": one.barrier} for one in found], indent=1))
        return
    rows = [("crystal", "potential", "vacancies", "around", "barrier / eV", "band / eV", "force eV/Å", "")]
    for one in found:
        rows.append(
            (
                one.name,
                one.potential.name,
                "two" if one.divacancy else "one",
                one.near,
                f"{one.barrier / EV:.2f}",
                " ".join(f"{e / EV:.2f}" for e in one.energies),
                f"{one.largest_force / EV * ANGSTROM:.3f}",
                "" if one.converged else f"not converged in {one.steps} steps",
            )
        )
    _table(rows)
    typer.echo("A barrier is the top of the band over its lower end; potentials of this kind are good to 0.1 eV.")


@atoms.command()
def stiffness(names: Names, potential: Potentials = None, device: Device = "auto", as_json: Json = False) -> None:
    """Elastic constants, bulk, shear and Young's modulus from stresses of small strains."""
    from ..atomistics.elastic import stiffness as one_stiffness
    from ..atomistics.potentials import load
    from ..atomistics.work import Job, relaxed
    from ..crystals.symmetry import primitive
    from ..jsonio import to_json

    found = []
    chosen = potential or ["7net-0"]
    with progress_bar() as progress:
        for name in names:
            for p in chosen:
                progress("crystals", len(found), len(names) * len(chosen))
                (start,) = relaxed(Job(structure=primitive(_atoms(name)), potentials=(p,)))
                found.append(one_stiffness(start, load(p, device)))
    if as_json:
        print(json.dumps([to_json(one) for one in found], indent=1))
        return
    rows = [("crystal", "potential", "bulk / GPa", "shear / GPa", "Young / GPa", "Poisson", "asymmetry / GPa")]
    for one in found:
        values = (one.bulk, one.shear, one.young)
        rows.append(
            (
                one.name,
                one.potential.name,
                *(f"{v / 1e9:.0f}" for v in values),
                f"{one.poisson_ratio:.2f}",
                f"{one.asymmetry / 1e9:.1f}",
            )
        )
    _table(rows)


@atoms.command()
def tables(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the rows (JSON, one a line).")
    ] = None,
    properties: Annotated[bool, typer.Option("--properties", help="Lithium hops and stiffness instead.")] = False,
    only_done: Annotated[bool, typer.Option("--done", help="Only what is there already; relax nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Relax also what ships.")] = False,
    device: Device = "auto",
    workers: Workers = 0,
) -> None:
    """Relax all that the default study needs (hours on two cores); run again to go on where it was stopped."""
    from ..atomistics.potentials import require_extra
    from ..atomistics.tables import write_rows
    from ..errors import InputError

    require_extra()
    if properties and (again or device == "cuda"):
        raise InputError("--properties", "with --again or a GPU", "neither: they are computed once, on the processor")
    with progress_bar() as progress:
        if properties:
            rows, asked = _properties(only_done, workers, progress)
        else:
            rows, asked = _energies(only_done, again, workers, device, progress)
    what = "hops and elastic constants" if properties else "relaxations"
    by = ", ".join(dict.fromkeys(row["potential"] for row in rows))
    refused = sum(bool(row["refused"]) for row in rows)
    typer.echo(f"{len(rows)} of {asked} {what}{' by ' if by else ''}{by}; {refused} refused")
    if output:
        write_rows(rows, output)
        typer.echo(f"Rows: {output}")


def _energies(only_done: bool, again: bool, workers: int, device: str, progress) -> tuple[list[dict], int]:
    from ..atomistics.tables import compute, done_rows, jobs_of, plan
    from ..phases.energies import shipped_rows

    labelled = jobs_of(plan())
    known = [] if again else shipped_rows()
    asked = sum(len(job.potentials) for _, job in labelled)
    if only_done:
        return done_rows(labelled, known), asked
    return compute(labelled, known=known, workers=workers, device=device, progress=progress), asked


def _properties(only_done: bool, workers: int, progress) -> tuple[list[dict], int]:
    from ..atomistics.properties import compute_properties, property_tasks
    from ..atomistics.tables import plan

    tasks = property_tasks(plan())
    return compute_properties(tasks, workers=workers, progress=progress, only_done=only_done), len(tasks)


@atoms.command()
def validate(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the page (Markdown) instead.")
    ] = None,
    potential: Potentials = None,
    workers: Workers = 0,
) -> None:
    """Computed beside measured, misses included: lattices, moduli, reactions, layered against rock salt."""
    from ..atomistics.potentials import require_extra
    from ..process.validation import POTENTIALS, validation_page

    require_extra()
    with progress_bar() as progress:
        page = validation_page(potentials=tuple(potential or POTENTIALS), workers=workers, progress=progress)
    if output:
        output.write_text(page, encoding="utf-8")
        typer.echo(f"Page: {output}")
    else:
        print(page)


def shares_of(text: str) -> dict[str, float]:
    """``Ni=0.6,Nb=0.4`` as shares.

    >>> shares_of("Ni=0.6, Nb=0.4")
    {'Ni': 0.6, 'Nb': 0.4}
    """
    from ..chemistry import atomic_mass
    from ..errors import InputError

    found = {}
    for part in text.split(","):
        element, equals, share = (p.strip() for p in part.partition("="))
        try:
            found[element] = float(share)
        except ValueError:
            raise InputError("composition", f"'{part.strip()}'", "ELEMENT=SHARE,..., e.g. Ni=0.6,Nb=0.4") from None
        atomic_mass(element)
    return found


def _atoms(name: str):
    """Atoms of a phase of the library or of a file, whole atoms on every site."""
    from ..crystals.files import library_or_file
    from ..crystals.library import structure_of

    crystal, found = library_or_file(name)
    return found or structure_of(crystal)


def _milli(energy: float) -> str:
    return "-" if energy != energy else f"{1e3 * energy / EV:.0f}"


def _labels(found) -> None:
    for label in dict.fromkeys(one.potential.label for one in found):
        typer.echo(label)


def _table(rows) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(pad_edge=False, box=None)
    for head in rows[0]:
        table.add_column(head, overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    Console(highlight=False).print(table)
