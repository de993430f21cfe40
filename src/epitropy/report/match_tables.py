"""Rows and sentences about matches: plain text, for the terminal and for the page alike; and their JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..constants import AVOGADRO, FARADAY
from ..units import Unit
from .numbers import field, fixed, shown, significant

if TYPE_CHECKING:
    from ..records.alignment import AlignedMatch, FacetVerdict, Limits, MatchAnswer
    from ..records.epitaxy import LatticeMatch
    from ..records.interface import InterfaceModel
    from ..records.phase import Phase

Row = tuple[str, ...]
NONE = "-"
MARK = "*"  # a named relation
ENERGY = Unit("J/m3", show="J/m2/nm")
ELEMENTARY_CHARGE = FARADAY / AVOGADRO  # C


def opening(answer: MatchAnswer, count: int | None = None) -> tuple[str, ...]:
    """What was laid on what, within which limits, and how many ways there are."""
    limits = answer.limits
    area, strain = (significant(float(field(limits, name))) for name in ("max_area", "max_strain"))
    first = (
        f"{answer.film.name} ({answer.film.space_group}) on {answer.host.name} ({answer.host.space_group}); planes up "
        f"to index {limits.max_index}, common cell up to {area} Å², principal strains up to {strain} %."
    )
    if not answer.number:
        return first, _no_match(answer.nearest)
    listed = min(len(answer.matches), count or len(answer.matches))
    shown_first = "the first is" if listed == 1 else f"the first {listed} are"
    more = f"; {shown_first} shown" if listed < answer.number else ""
    matches = "1 coherent match" if answer.number == 1 else f"{answer.number} coherent matches"
    return first, f"{matches}, each symmetry orbit once{more}."


def _no_match(nearest: LatticeMatch | None) -> str:
    if nearest is None:
        return "No match, nor one with up to 20 % strain or four times the area: these lattices do not fit."
    area = significant(float(field(nearest, "area")))
    return (
        f"No match within these limits. The nearest miss: {nearest.orientation}, {area} Å², needs {strains(nearest)} % "
        "of strain."
    )


def match_rows(answer: MatchAnswer, count: int | None = None) -> tuple[Row, ...]:
    """The ranked table; energy over charge only where the host's breathing is known."""
    breathing = any(m.path is not None for m in answer.matches)
    head = ("", "host || film", "Å²", "strain / %", "J/m²/nm", *(("worst", "at x") if breathing else ()), "h_c", "ways")
    return head, *(_match_row(m, breathing) for m in answer.matches[:count])


def _match_row(aligned: AlignedMatch, breathing: bool) -> Row:
    m = aligned.match
    mark = f"{aligned.rank}{MARK if m.relation else ''}"
    worst = (NONE, NONE)
    if aligned.largest_energy is not None:
        worst = significant(float(shown(aligned.largest_energy, ENERGY)), 2), fixed(aligned.largest_at, 2)
    return (
        mark,
        m.orientation,
        significant(float(field(m, "area"))),
        strains(m),
        NONE if m.energy_per_thickness is None else significant(float(field(m, "energy_per_thickness")), 2),
        *(worst if breathing else ()),
        critical(m).replace("< ", "<"),
        str(m.variants),
    )


def largest(aligned: AlignedMatch) -> str:
    """Largest energy over charge and where it lies."""
    if aligned.largest_energy is None:
        return NONE
    return f"{significant(float(shown(aligned.largest_energy, ENERGY)), 2)} at x {fixed(aligned.largest_at, 2)}"


def strains(match: LatticeMatch) -> str:
    """Both principal strains in percent, or one where they are equal."""
    first, second = (
        f"{100 * e + 0.0:+.2f}".replace("-0.00", "0.00").replace("+0.00", "0.00") for e in match.principal_strain
    )
    return first if first == second else f"{first} {second}"


def _signed(percent: float) -> str:
    return "0.00" if abs(percent) < 0.005 else f"{percent:+.2f}"


def critical(match: LatticeMatch) -> str:
    """Critical thickness in nm, or the bound below which the model has no meaning."""
    if match.critical_thickness is not None:
        return significant(float(field(match, "critical_thickness")), 2)
    if match.critical_thickness_below is not None:
        return "< " + significant(float(field(match, "critical_thickness_below")), 2)
    return NONE


def facet_rows(facets: Sequence[FacetVerdict], toughness: float) -> tuple[Row, ...]:
    """One row a facet: its share, what lies on it, when it fails, and whether lithium gets through."""
    head = ("facet", "share / %", "smallest common cell", "Å²", "worst, softest", "charged", "lithium")
    return head, *(_facet_row(v, toughness) for v in facets)


def _facet_row(v: FacetVerdict, toughness: float) -> Row:
    share = f"{fixed(100 * v.facet.share, 0)} ({fixed(100 * v.facet.low, 0)}-{fixed(100 * v.facet.high, 0)})"
    name = f"({v.facet.facet})"
    if v.best is None:
        return name, share, "none within the limits", NONE, NONE, NONE, lithium_text(v)
    m = v.best.match
    area = significant(float(field(m, "area")))
    energies = f"{_energy(v.best)}, {_energy(v.softest)}"
    return name, share, m.orientation, area, energies, fate(v.best, toughness), lithium_text(v)


def _energy(aligned: AlignedMatch | None) -> str:
    if aligned is None or aligned.largest_energy is None:
        return NONE
    return significant(float(shown(aligned.largest_energy, ENERGY)), 2)


def fate(aligned: AlignedMatch, toughness: float) -> str:
    """Whether the film lasts a charge at its thickness, else how it fails and from which lithium content on."""
    path = aligned.path
    if path is None:
        return NONE
    at = path.critical_lithium(toughness)
    if at is None:
        return "holds"
    mode = str(path.failure_mode[int(np.argmax(path.energy_release >= toughness))])
    return f"{'cracks' if 'crack' in mode else 'debonds'} from x {fixed(at, 2)}"


def failure(aligned: AlignedMatch) -> str:
    """What the larger release drives where the energy is largest."""
    return str(aligned.path.failure_mode[int(np.argmax(aligned.path.energy_density))])


def lithium_text(v: FacetVerdict) -> str:
    """Whether lithium leaves the host and crosses the film there."""
    if not v.facet.passes_lithium:
        return "none leaves the host"
    return {None: "host open", True: "open", False: "film blocks"}[v.film_open]


def model_rows(models: Sequence[InterfaceModel]) -> tuple[Row, ...]:
    """One row a model: how either side ends, its size, gap, charge left at the interface, shortest pair across it."""
    head = ("model", "host", "film", "Tasker", "cell", "atoms", "gap / Å", "interface e/nm²", "across / Å")
    return head, *(_model_row(m) for m in models)


def _model_row(m: InterfaceModel) -> Row:
    charge = m.boundary_charge["interface"] / ELEMENTARY_CHARGE * 1e-18
    across = min(m.shortest_across, key=m.shortest_across.get, default=None)
    return (
        " ".join(re.findall(r"_(c\d+)", m.name)),
        m.host_termination,
        m.film_termination,
        f"{m.host_tasker}, {m.film_tasker}",
        "x".join(map(str, m.supercell)),
        str(m.atoms),
        fixed(float(field(m, "gap")), 2),
        fixed(charge, 1),
        "> 4" if across is None else f"{across} {fixed(1e10 * m.shortest_across[across], 2)}",
    )


def closing(answer: MatchAnswer, count: int | None = None) -> tuple[str, ...]:
    """Named relations, the verdict about the particle, conventions, notes."""
    named = {m.rank: m.match.relation for m in answer.matches if m.match.relation}
    said = [
        f"{MARK} {relation}: the close-packed oxygen layers of the host run on through the film (match {rank})."
        for rank, relation in named.items()
    ]
    if answer.facets and answer.matches:
        covered = sum(v.facet.share for v in answer.facets if v.best is not None)
        said.append(f"On {fixed(100 * covered, 0)} % of the particle's surface the film finds a coherent match.")
    if any(m.path is not None for m in answer.matches):
        thickness, toughness = float(field(answer.limits, "thickness")), answer.limits.toughness
        said.append(
            f"worst: largest energy from x = 1 to {answer.limits.lowest_lithium:g}, in J/m²/nm, and where. On a facet "
            "the film lies with the smallest common cell; the softest match there stands beside it. Cracks or debonds: "
            f"a film of {significant(thickness)} nm at a toughness of {toughness:g} J/m² (assumed)."
        )
    if answer.facets and answer.matches:
        said.append("Shares of facets with 80 % intervals, from surface energies of LiCoO2 (assumed).")
    if answer.matches:
        said.append(
            "Strains are imposed on the film (negative: compression), areas are the unstrained film's, h_c in nm is "
            "the critical thickness for dislocations, ways: orientations that the host's symmetry makes of one. "
            "Energies say how costly coherence is, not whether the film grows."
        )
    return *said, *answer.notes


FIELDS = {  # key in the JSON: field of the match, unit shown
    "area_A2": "area",
    "host_area_A2": "host_area",
    "energy_J_m2_per_nm": "energy_per_thickness",
    "critical_thickness_nm": "critical_thickness",
    "critical_thickness_below_nm": "critical_thickness_below",
    "burgers_length_A": "burgers_length",
    "dislocation_spacing_nm": "dislocation_spacing",
}


def as_json(answer: MatchAnswer, followed: int = 12) -> dict[str, Any]:
    """The answer in the field's units, which stand in the keys.

    Miller indices are integers of the conventional cell, strains fractions imposed on the film. The first ``followed``
    matches carry what happens to them over lithium content (``over_charge``).
    """
    limits = answer.limits
    ranked = [match_json(m, limits) for m in answer.matches]
    for row, m in zip(ranked[:followed], answer.matches):
        row["over_charge"] = _over_charge(m, limits)
    return {
        "host": _crystal(answer.host),
        "film": _crystal(answer.film),
        "limits": {
            "max_index": limits.max_index,
            "max_area_A2": float(field(limits, "max_area")),
            "max_strain": limits.max_strain,
            "lowest_lithium": limits.lowest_lithium,
            "film_thickness_nm": float(field(limits, "thickness")),
            "interface_toughness_J_m2": limits.toughness,
        },
        "number": answer.number,
        "matches": ranked,
        "facets": [_facet_json(v) for v in answer.facets],
        "nearest_miss": None if answer.nearest is None else _plain(answer.nearest),
        "notes": list(answer.notes),
        "version": answer.version,
    }


def _crystal(phase: Phase) -> dict[str, Any]:
    cell = phase.cell
    edges = [1e10 * edge for edge in (cell.a, cell.b, cell.c)]
    return {
        "name": phase.name,
        "formula": phase.formula,
        "space_group": phase.space_group,
        "edges_A": [_number(edge) for edge in edges],
        "angles_deg": [_number(angle) for angle in np.rad2deg((cell.alpha, cell.beta, cell.gamma))],
        "cell_grade": phase.cell_grade,
        "cell_source": phase.cell_source,
    }


def match_json(aligned: AlignedMatch, limits: Limits) -> dict[str, Any]:
    """One ranked match with what charging does to it at its worst."""
    largest, path = aligned.largest_energy, aligned.path
    return {
        "rank": aligned.rank,
        **_plain(aligned.match),
        "facet": aligned.facet or None,
        "largest_energy_J_m2_per_nm": None if largest is None else _number(shown(largest, ENERGY)),
        "largest_energy_at_lithium": None if largest is None else _number(aligned.largest_at),
        "failure_mode": None if path is None else failure(aligned),
        "largest_release_J_m2": None if path is None else _number(path.largest_release),
        "critical_lithium": None if path is None else _number(path.critical_lithium(limits.toughness)),
        "lasting_thickness_nm": None
        if path is None
        else _number(1e9 * path.critical_thickness(limits.toughness).min()),
    }


def _over_charge(aligned: AlignedMatch, limits: Limits) -> dict[str, Any] | None:
    """Misfit, stresses, energy release and the thickness that lasts, over lithium content."""
    path = aligned.path
    if path is None:
        return None
    return {
        "lithium": [_number(x) for x in path.lithium],
        "mean_strain": [_number(e) for e in path.misfit],
        "stress_GPa": [_number(s) for s in field(path, "stress")],
        "energy_release_J_m2": [_number(g) for g in path.energy_release],
        "critical_thickness_nm": [_number(1e9 * h) for h in path.critical_thickness(limits.toughness)],
        "failure_mode": [str(mode) for mode in path.failure_mode],
    }


def _plain(m: LatticeMatch) -> dict[str, Any]:
    found: dict[str, Any] = {
        "orientation": m.orientation,
        "relation": m.relation or None,
        "host_plane": list(m.host_plane),
        "film_plane": list(m.film_plane),
        "host_label": m.host_label,
        "film_label": m.film_label,
        "host_direction": list(m.host_direction),
        "film_direction": list(m.film_direction),
        "principal_strain": [_number(e) for e in m.principal_strain],
        "normal_strain": _number(m.normal_strain),
        "von_mises_strain": _number(m.von_mises_strain),
        "variants": m.variants,
    }
    found |= {key: _number(field(m, name)) if getattr(m, name) is not None else None for key, name in FIELDS.items()}
    found["critical_thickness_note"] = m.critical_thickness_note
    found["slip_system"] = m.slip_system
    found["host_cell"] = np.round(m.host_cell, 9).tolist()
    found["film_cell"] = np.round(m.film_cell, 9).tolist()
    found["deformation_gradient"] = np.round(m.deformation_gradient, 12).tolist()
    return found


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{float(value):.9g}")


def _facet_json(v: FacetVerdict) -> Mapping[str, Any]:
    return {
        "facet": v.facet.facet,
        "share": _number(v.facet.share),
        "share_low": _number(v.facet.low),
        "share_high": _number(v.facet.high),
        "host_passes_lithium": v.facet.passes_lithium,
        "film_passes_lithium": v.film_open,
        "best": None if v.best is None else v.best.rank,
        "softest": None if v.softest is None else v.softest.rank,
        "grade": v.facet.grade,
    }
