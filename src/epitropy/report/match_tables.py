"""Rows and sentences about matches: plain text, for the terminal and for the page alike; and their JSON."""

from __future__ import annotations

import math
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
    more = f"; the first {listed} are shown" if listed < answer.number else ""
    return first, f"{answer.number} coherent matches, each symmetry orbit once{more}."


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
    energy = "J/m²/nm, largest" if breathing else "J/m²/nm"
    head = ("", "host || film", "Å²", "strain / %", energy, "h_c / nm", "ways")
    return head, *(_match_row(m) for m in answer.matches[:count])


def _match_row(aligned: AlignedMatch) -> Row:
    m = aligned.match
    energy = NONE if m.energy_per_thickness is None else significant(float(field(m, "energy_per_thickness")), 2)
    energy += f", {largest(aligned)}" if aligned.largest_energy is not None else ""
    area = significant(float(field(m, "area")))
    return (
        f"{aligned.rank}{MARK if m.relation else ''}",
        m.orientation,
        area,
        strains(m),
        energy,
        critical(m),
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


def facet_rows(answer: MatchAnswer) -> tuple[Row, ...]:
    """One row a facet: its share, what lies on it best, and whether lithium gets through."""
    head = ("facet", "share / %", "best match", "Å²", "largest J/m²/nm", "fails by", "lithium")
    return head, *(_facet_row(v) for v in answer.facets)


def _facet_row(v: FacetVerdict) -> Row:
    share = f"{fixed(100 * v.facet.share, 0)} ({fixed(100 * v.facet.low, 0)}-{fixed(100 * v.facet.high, 0)})"
    name = f"({v.facet.facet})"
    if v.best is None:
        return name, share, "none within the limits", NONE, NONE, NONE, lithium_text(v)
    m = v.best.match
    return (
        name,
        share,
        m.orientation,
        significant(float(field(m, "area"))),
        largest(v.best),
        failure(v.best),
        lithium_text(v),
    )


def failure(aligned: AlignedMatch) -> str:
    """How the film would fail at its largest energy."""
    if aligned.path is None:
        return NONE
    at = int(np.argmax(aligned.path.energy_density))
    return str(aligned.path.failure_mode[at])


def lithium_text(v: FacetVerdict) -> str:
    """Whether lithium leaves the host and crosses the film there."""
    if not v.facet.passes_lithium:
        return "none leaves the host"
    return {None: "host open", True: "open", False: "film blocks"}[v.film_open]


def model_rows(models: Sequence[InterfaceModel]) -> tuple[Row, ...]:
    """One row a model: how either side ends, its size, gap, what charge is left, the shortest distance across."""
    head = ("model", "host", "film", "Tasker", "atoms", "gap / Å", "e/nm²", "shortest / Å")
    return head, *(_model_row(m) for m in models)


def _model_row(m: InterfaceModel) -> Row:
    charge = max(m.boundary_charge.values(), key=abs, default=0.0) / ELEMENTARY_CHARGE * 1e-18
    shortest = min(m.shortest_distances, key=m.shortest_distances.get)
    return (
        m.name,
        m.host_termination,
        m.film_termination,
        f"{m.host_tasker}, {m.film_tasker}",
        str(m.atoms),
        fixed(float(field(m, "gap")), 2),
        fixed(charge, 1),
        f"{shortest} {fixed(1e10 * m.shortest_distances[shortest], 2)}",
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
    if answer.matches:
        said.append(
            "Strains are imposed on the film (negative: compression), areas are the unstrained film's, h_c is the "
            "critical thickness for dislocations, ways: orientations that the host's symmetry makes of one. Energies "
            "say how costly coherence is, not whether the film grows."
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
        "misfit": [_number(e) for e in path.misfit],
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
        "grade": v.facet.grade,
    }
