"""``epitropy entropy``: what a formula, or a table of formulas, says."""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from .app import app, progress_bar

PATIENCE = 2.0  # seconds before a table of formulas shows how far it is
FORMULA, STRUCTURE, LINE = "formula", "structure", "line"


@app.command()
def entropy(
    formulas: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FORMULA...",
            show_default=False,
            help="e.g. 'Li[Ni0.9Co0.05Mn0.05]O2', 'Li1.3[Mn2+0.2Mn3+0.2Ti0.1Nb0.2][O1.7F0.3]', "
            "or a solution '0.1 LiPF6 + 0.3 EC + 0.6 DMC'.",
        ),
    ] = None,
    structure: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Who shares a site: layered, P2, rock_salt, spinel, perovskite, Nb12WO33 ... (an unknown name lists "
            "all), or a YAML file of your own. Without it, brackets in the formula do.",
        ),
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="A table with a column 'formula', and 'structure' if you like; other columns are carried through.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="CSV", help="Write the result as a table.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list, one entry a formula.")] = False,
    any_charge: Annotated[
        bool, typer.Option("--any-charge", help="Report a charge that cannot be closed instead of refusing.")
    ] = False,
) -> None:
    """Entropy of mixing site by site, its class with reasons, oxidation states, mismatches.

    In a table, rows that cannot be read are named on the error stream and left out; the exit code is 0 as long as one
    row is delivered, 2 otherwise. A formula given as argument must be right.
    """
    from ..errors import InputError

    if not formulas and file is None:
        raise InputError("entropy", "no formula", "a formula, or a table with --file")
    if output and file and output.exists() and output.samefile(file):
        raise InputError("--output", f"'{output}' is the table that is read", "another file")
    rows = [{FORMULA: f} for f in formulas or []]
    found = [_assess(row, structure, not any_charge) for row in rows]
    if file:
        more, delivered = _table(file, structure, not any_charge)
        rows, found = rows + more, found + delivered
    if output:
        _write(output, rows, found)
    if as_json:
        print(json.dumps([_entry(row, f) for row, f in zip(rows, found)], indent=1, ensure_ascii=False))
    elif len(found) == 1 and not output:
        _show_one(found[0])
    elif not output:
        _show_many(found)


def _assess(row: dict[str, str], structure: str, strict: bool) -> Any:
    from ..entropy.assess import entropy_of

    return entropy_of(row[FORMULA], row.get(STRUCTURE, "").strip() or structure, strict=strict)


def _table(file: Path, structure: str, strict: bool) -> tuple[list[dict[str, str]], list[Any]]:
    """Rows that could be read with what they say; the others are named on the error stream."""
    from ..csvfile import read_csv
    from ..errors import InputError

    faults: list[InputError] = []
    table = read_csv(file, on_fault=faults.append)
    if table.encoding != "UTF-8":
        print(f"epitropy: {file} is no UTF-8 and was read as {table.encoding}", file=sys.stderr)
    names = {h: _column(h, table.header) for h in table.header}
    if FORMULA not in names.values():
        raise InputError(str(file), f"columns {', '.join(table.header)}", f"a column '{FORMULA}'")
    rows, found = [], []
    started, total = time.monotonic(), len(table.rows) + len(faults)
    with progress_bar() as progress:
        for k, row in enumerate(table.rows):
            try:
                cells = {names[h]: cell for h, cell in row.cells.items()}
                found.append(_assess(cells, structure, strict))
                rows.append({LINE: str(row.line), **cells})
            except InputError as error:
                faults.append(
                    InputError(f"{file}, line {row.line}: {error.where}", error.given, error.allowed, error.remedy)
                )
            if k % 100 == 99 and time.monotonic() - started > PATIENCE:
                progress("formulas", k + 1, len(table.rows))
    for fault in faults:
        print(f"epitropy: {fault}", file=sys.stderr)
    if not found:
        raise InputError(str(file), f"none of {total} rows can be used", "at least one formula that can be read")
    if faults:
        print(f"epitropy: {len(faults)} of {total} rows left out, {len(found)} delivered", file=sys.stderr)
    return rows, found


def _column(name: str, header: tuple[str, ...]) -> str:
    """'Formula' and 'Structure' in any case, unless a column has the plain name."""
    small = name.lower()
    return small if small in (FORMULA, STRUCTURE) and small not in header else name


def _entry(row: dict[str, str], found: Any) -> dict[str, Any]:
    """The JSON entry; rows of a table keep their line and their own columns."""
    from ..entropy.answer import as_json

    entry = as_json(found)
    if LINE in row:
        entry[LINE] = int(row[LINE])
        entry["columns"] = {k: v for k, v in row.items() if k not in (LINE, FORMULA, STRUCTURE)}
    return entry


def _write(output: Path, rows: list[dict[str, str]], found: list[Any]) -> None:
    """The given columns, then the results; a given column with the name of a result is renamed '... (given)'."""
    from ..entropy.answer import as_row
    from ..errors import InputError

    lines = []
    for row, one in zip(rows, found):
        result = as_row(one)
        given = {k if k not in result else f"{k} (given)": v for k, v in row.items() if k != STRUCTURE}
        lines.append({FORMULA: row[FORMULA], **given, **result})
    header = list(dict.fromkeys(k for line in lines for k in line))
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    except OSError as error:
        raise InputError("--output", f"'{output}' ({error.strerror})", "a file that can be written") from None
    print(f"{output}: {len(lines)} rows", file=sys.stderr)


def _show_many(found: list[Any]) -> None:
    from rich.console import Console

    from ..constants import GAS_CONSTANT

    console = Console(highlight=False)
    table = _grid("formula", "structure", "most mixed site", "S, R per site", "S, R per formula", "class")
    noted = False
    for one in found:
        s = one.entropy
        mark = " *" if one.notes else ""
        noted = noted or bool(one.notes)
        short = "high-entropy" if s.high_entropy else s.band
        reduced = (s.by_site[s.site] / GAS_CONSTANT, s.per_formula_unit / GAS_CONSTANT)
        table.add_row(one.formula + mark, one.structure or "-", s.site, *(f"{v:.3f}" for v in reduced), short)
    table.columns[-1].no_wrap = True
    console.print(table)
    if noted:
        console.print("* has notes: ask for the formula alone, or with --json", markup=False)


def _show_one(found: Any) -> None:
    from rich.console import Console

    from ..constants import GAS_CONSTANT
    from ..entropy.answer import states_text

    console = Console(highlight=False)
    say = lambda text="": console.print(text, markup=False)  # noqa: E731
    say(f"{found.formula}, {'as ' + found.structure if found.structure else 'no structure named'}")
    for note in found.notes:
        say(f"note: {note}")
    sites = _grid("site", "sites per formula", "who", "S, R per site")
    for site in found.composition.sublattices:
        who = ", ".join(f"{s} {y:.4g}" for s, y in site.occupancies.items())
        entropy = found.entropy.by_site[site.label] / GAS_CONSTANT
        sites.add_row(site.label, f"{site.multiplicity:.4g}", who, f"{entropy:.3f}")
    console.print(sites)
    bases = _grid("entropy of mixing per mole of", "R", "J/(mol K)")
    for name, value in _bases(found):
        bases.add_row(name, f"{value / GAS_CONSTANT:.3f}", f"{value:.2f}")
    console.print(bases)
    say(f"{_class(found.entropy)}, judged on {found.entropy.site}: {'; '.join(found.entropy.reasons)}")
    if found.neutrality.asked:
        say(f"oxidation states: {states_text(found)}; residual charge {_charge(found)}")
    else:
        say(f"neutrality: not asked ({'molecules' if found.is_solution else 'no oxygen, nitrogen, sulfur or halogen'})")
    for label, unlike in found.descriptors.items():
        say(f"mismatch on {label}: {_mismatch(unlike)}")
        say(f"  radii in angstrom, {unlike.coordination} neighbours: {_radii(unlike)}")
        for note in unlike.notes:
            say(f"  {note}")


def _charge(found: Any) -> str:
    return f"{found.neutrality.residual:+.2g}" if found.neutrality.residual else "0"


def _bases(found: Any) -> list[tuple[str, float]]:
    s = found.entropy
    if found.is_solution:
        return [("species", s.per_formula_unit)]
    cation = [] if math.isnan(s.per_cation_site) else [("cation sites", s.per_cation_site)]
    return [
        (f"sites {s.site}", s.by_site[s.site]),
        ("formula units", s.per_formula_unit),
        *cation,
        ("atoms", s.per_atom),
    ]


def _class(entropy: Any) -> str:
    return "high-entropy" if entropy.high_entropy else f"{entropy.band} entropy, not a high-entropy material"


def _mismatch(unlike: Any) -> str:
    chi = unlike.electronegativity_mismatch
    return (
        f"size {100 * unlike.size_mismatch:.2g} %, electronegativity {'no value' if chi is None else f'{chi:.2g}'} "
        f"(Pauling), valence {unlike.valence_mismatch:.2g}"
    )


def _radii(unlike: Any) -> str:
    def one(ion: str, radius: float) -> str:
        spin = unlike.spins.get(ion)
        return f"{ion} {radius * 1e10:.3g}{f' ({spin})' if spin else ''}"

    return ", ".join(one(ion, r) for ion, r in unlike.radii.items())


def _grid(*names: str) -> Any:
    from rich.table import Table

    table = Table(pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold", justify="right" if name[:2] in ("S,", "R", "J/") else "left")
    return table
