"""``epitropy structure``: atoms of a phase, a file or a block, changed and written."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .app import app

if TYPE_CHECKING:
    from ..records.structure import Structure

ANGSTROM = 1e-10
CHOSEN = "elements chosen so that charges balance; others: --decorate"
UNBALANCED = 0.01  # charges per formula unit; shares are rounded
_HARD = "\u00a0"  # a space that no line is broken at
_NEAR = 3.2e-10  # m: bonds, and contacts of neighbouring cations and anions


@app.command()
def structure(
    name: Annotated[
        str, typer.Argument(metavar="NAME_OR_FILE", help="A phase of the library, or a CIF or POSCAR.")
    ] = "",
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="Write .cif, .vasp, POSCAR or .extxyz.")] = "",
    block: Annotated[str, typer.Option(metavar="MxN", help="Instead of a name: Wadsley-Roth blocks, e.g. 4x5.")] = "",
    ribbons: Annotated[bool, typer.Option("--ribbons", help="Blocks joined to ribbons, without tetrahedra.")] = False,
    lithium: Annotated[float | None, typer.Option(metavar="X", help="Lithium content of a layered host.")] = None,
    supercell: Annotated[
        str, typer.Option(metavar="AxBxC", help="Repeat the cell; a number: at least so many atoms.")
    ] = "",
    decorate: Annotated[
        str,
        typer.Option(
            metavar="SITE: ...", help='Elements on a sublattice, "M: Ni 0.4 Nb 0.3 Zr 0.3" or "M: STUDY": its layer.'
        ),
    ] = "",
    quasirandom: Annotated[
        bool | None, typer.Option("--quasirandom/--random", help="Whole atoms on shared sites, so placed.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Of the arrangement.", show_default="1")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, SI with the unit in the key.")] = False,
) -> None:
    """Show where the atoms of a crystal are, and write them for other programs."""
    from ..crystals.files import write

    arranged = bool(decorate) or quasirandom is not None
    _check_together(block, ribbons, seed, arranged)
    made, told = _start(name, block, ribbons)
    told += [CHOSEN] if block and not decorate else []
    unrelaxed = lithium is not None or bool(decorate) or "not relaxed" in made.source
    if lithium is not None:
        made, told = _delithiated(made, name, lithium, told)
    made = _repeated(made, supercell) if supercell else made
    if arranged:
        made, told = _arranged(made, decorate, quasirandom is not False, 1 if seed is None else seed, told)
    facts = _facts(made, [*told, *(_unbalanced(made) if block or decorate else [])])
    if out:
        write(made, out, f"{'unrelaxed=T ' if unrelaxed else ''}grade={made.grade}")
        facts["written"] = out
    print(json.dumps(facts, indent=1)) if as_json else _show(facts)


def _check_together(block: str, ribbons: bool, seed: int | None, arranged: bool) -> None:
    """Refuse an option that would do nothing."""
    if ribbons and not block:
        raise InputError("--ribbons", "no block", "together with --block MxN")
    if seed is not None and not arranged:
        raise InputError("--seed", "nothing is arranged", "together with --quasirandom, --random or --decorate")


def _start(name: str, block: str, ribbons: bool) -> tuple[Structure, list[str]]:
    """The crystal one begins with, and what should be known of it."""
    from ..crystals.files import library_or_file
    from ..crystals.library import structure_of
    from ..crystals.wadsley_roth import block as block_of

    if bool(name) == bool(block):
        raise InputError("structure", "no crystal" if not name else "two crystals", "NAME_OR_FILE or --block MxN")
    if block:
        m, n = _whole_numbers(block, 2, "--block", "4x5")
        return block_of(m, n, tetrahedra=not ribbons).structure, []
    crystal, atoms = library_or_file(name)
    atoms = atoms or structure_of(crystal)  # refuses what has none, and says why
    return atoms, [crystal.note] if crystal.note else []


def _delithiated(made: Structure, name: str, lithium: float, told: list[str]) -> tuple[Structure, list[str]]:
    from ..crystals.hosts import delithiated
    from ..hosts import host_curves, host_names

    lattice = name.lower() if name.lower() in host_names() else "ncm90"
    other = [] if lattice == name.lower() else [f"lattice over lithium content taken from {lattice}"]
    return delithiated(made, lithium, host_curves(lattice, lattice)), [*told, *other]


def _repeated(made: Structure, along: str) -> Structure:
    from ..crystals.files import MOST_ATOMS
    from ..crystals.neighbours import supercell
    from ..crystals.ordering import supercell_for

    least = _whole_numbers(along, 1, "--supercell", "100")[0] if along.strip().isdigit() else 0
    if least > MOST_ATOMS:
        raise InputError("--supercell", f"{least} atoms", f"at most {MOST_ATOMS}")
    times = supercell_for(made, least) if least else _whole_numbers(along, 3, "--supercell", "2x2x1")
    if math.prod(times) * len(made.labels) > MOST_ATOMS:
        raise InputError("--supercell", f"{math.prod(times) * len(made.labels)} atoms", f"at most {MOST_ATOMS}")
    return supercell(made, times)


def _arranged(made: Structure, decorate: str, quasirandom: bool, seed: int, told: list[str]):
    from ..crystals.ordering import decorated

    site, composition = _composition(decorate) if decorate else (made.labels[0], None)
    found = decorated(made, site, composition or made.occupancy[site], seed, quasirandom)
    left = f"arrangement {seed}: largest pair correlation {found.deviation:.3f} (0: random mixing)"
    return found.structure, [*told, *(f"rounded to whole atoms, {row}" for row in found.told), left]


def _unbalanced(made: Structure) -> list[str]:
    """Charge left per formula unit with every cation in its highest usual state, where there is one."""
    from ..chemistry import formal_charges

    counts = made.element_counts
    try:
        charges = formal_charges(counts)
    except InputError:
        return []  # an element without tabulated states
    left = sum(n * charges[element] for element, n in counts.items())
    return [f"charges do not balance: {left:+.3g} per formula unit"] if abs(left) > UNBALANCED else []


def _composition(text: str) -> tuple[str, dict[str, float]]:
    """ "M: Ni 0.4 Nb 0.6" to the site and its shares; "M: zhao2024" takes the layer that a study forms."""
    site, _, rest = text.partition(":")
    words = rest.replace(",", " ").split()
    if len(words) == 1:
        return site.strip(), _layer_of(words[0])
    try:
        if not words or len(words) % 2:
            raise ValueError
        return site.strip(), {element: float(share) for element, share in zip(words[::2], words[1::2])}
    except ValueError:
        raise InputError("--decorate", f"'{text}'", 'a site and shares, e.g. "M: Ni 0.4 Nb 0.6"') from None


def _layer_of(study: str) -> dict[str, float]:
    """Cations of the layer that a study's last coated cell forms, sum 1."""
    from ..pipeline import form
    from ..process.front import coated_cell
    from ..study import load_study

    loaded = load_study(study).at({})
    found = form(loaded.cells[coated_cell(loaded, None)]).profile.layer_composition
    total = sum(found.values())
    return {element: amount / total for element, amount in found.items()}


def _whole_numbers(text: str, count: int, where: str, example: str) -> Any:
    words = text.lower().replace("x", " ").split()
    if len(words) != count or not all(w.isdigit() for w in words):
        raise InputError(where, f"'{text}'", f"{count} whole numbers, e.g. {example}")
    return tuple(int(w) for w in words)


def _facts(made: Structure, told: list[str]) -> dict[str, Any]:
    """What is shown, SI with the unit in the key."""
    from ..crystals.files import formula_text
    from ..crystals.neighbours import shortest_distances
    from ..crystals.symmetry import density, space_group
    from ..jsonio import to_json
    from ..records.structure import VACANCY

    kept = {k: {str(e): s for e, s in on.items() if s > 0} for k, on in made.occupancy.items()}
    shortest: dict[str, float] = {}
    for pair, distance in shortest_distances(made, _NEAR).items():
        names = sorted(_called(label, kept[label]) for label in pair.split("-"))
        if VACANCY in names:
            continue
        key = "-".join(names)
        shortest[key] = min(distance, shortest.get(key, distance))
    return {
        "name": made.name,
        "formula": formula_text(made.element_counts),
        "space_group": space_group(made),
        "cell": to_json(made.cell),
        "formula_units": to_json(made.formula_units),
        "atoms": round(sum(made.element_counts.values()) * made.formula_units, 6),
        "density_kg_per_m3": to_json(density(made)),
        "shortest_distances_m": to_json(shortest),
        "grade": made.grade,
        "source": made.source,
        "told": told,
        "sites": [
            {"label": label, "position": to_json(at), "elements": kept[label]}
            for label, at in zip(made.labels, made.positions.tolist())
        ],
    }


def _show(facts: dict[str, Any]) -> None:
    cell = facts["cell"]
    edges = " ".join(f"{k} {cell[f'{k}_m'] / ANGSTROM:.4f}" for k in ("a", "b", "c"))
    angles = " ".join(f"{k} {cell[f'{k}_rad'] * 180 / 3.141592653589793:.2f}" for k in ("alpha", "beta", "gamma"))
    density = facts["density_kg_per_m3"] / 1e3
    distances = ", ".join(f"{k}{_HARD}{d / ANGSTROM:.2f}" for k, d in facts["shortest_distances_m"].items())
    lines = [
        f"{facts['name']}: {facts['formula']}, {facts['space_group']}",
        f"cell: {edges} angstrom, {angles} deg",
        f"{facts['atoms']:g} atoms, {facts['formula_units']:g} formula units, {density:.3f} g/cm3",
        f"sites: {', '.join(_by_label(facts['sites']))}",
        f"shortest distances in angstrom: {distances}",
        f"{facts['grade']}: {facts['source']}",
        *facts["told"],
    ]
    lines += [f"written: {facts['written']}"] if "written" in facts else []
    for line in lines:
        print(_wrapped(line))


def _wrapped(line: str) -> str:
    """A line broken between words only, at the terminal's width."""
    from shutil import get_terminal_size
    from textwrap import fill

    width = get_terminal_size().columns
    return fill(line, width, break_long_words=False, break_on_hyphens=False).replace(_HARD, " ")


def _called(label: str, shares: dict[str, float]) -> str:
    """The element that a sublattice holds, else the sublattice."""
    return next(iter(shares)) if len(shares) == 1 else label


def _by_label(sites: list[dict[str, Any]]) -> list[str]:
    """Number of sites with the same elements."""
    found: dict[str, int] = {}
    for site in sites:
        shares = " ".join(f"{e}{_HARD}{s:.4g}" for e, s in site["elements"].items())
        name = _called(site["label"], site["elements"])
        key = name if len(site["elements"]) == 1 else f"{name}{_HARD}({shares})"
        found[key] = found.get(key, 0) + 1
    return [f"{n}{_HARD}{key}" for key, n in found.items()]
