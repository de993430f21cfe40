"""Leave one element out: the field's test of what each brings to a "cocktail"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..entropy.classify import within_range
from ..entropy.descriptors import site_descriptors
from ..entropy.neutrality import balanced
from ..entropy.stage import site_entropy_of
from ..pipeline import heat, host_composition, host_metals
from ..records.anneal import DepthProfile
from ..records.coating import CoatingLayer
from ..records.entropy import Composition, Sublattice, element_of
from ..records.process import LeftOut
from ..study import CellStudy
from .front import Front, mean_entropy

COORDINATION = 6  # of cations in layered and rock-salt oxides


def leave_one_out(cell: CellStudy, made: Front) -> tuple[LeftOut, ...]:
    """The whole recipe, then the same without each element but the host's main cation.

    An element of the coating is left out and not replaced; one of the host gives its sites to the host's main
    cation. Everything else stays as weighed and heated.

    >>> from epitropy.process.front import front
    >>> from epitropy.study import load_study
    >>> cell = load_study("zhao2024").cells["coated"]
    >>> [row.element for row in leave_one_out(cell, front(cell))]
    ['', 'Co', 'Mn', 'Nb', 'W', 'Zr']
    """
    metals = host_metals(cell)
    main = max(metals, key=lambda e: metals[e])
    charges = host_charges(cell)
    rows = [_row("", "", made.profile, charges)]
    for element in (e for e in made.profile.species if e != main):
        layer = _layer_without(made.layer, element)
        if not any(layer.cations_by_precursor.values()):
            continue  # nothing would be left to coat with
        profile = heat(_cell_without(cell, element, main), made.particle, layer)
        rows.append(_row(element, _origin(element, made.layer, metals), profile, charges))
    return tuple(rows)


def host_charges(cell: CellStudy) -> dict[str, float]:
    """Mean oxidation states of the lithiated host's metals; those of coating cations are their usual ones.

    >>> from epitropy.study import load_study
    >>> round(host_charges(load_study("zhao2024").cells["coated"])["Ni"], 2)
    2.94
    """
    _, neutrality = balanced(host_composition(cell), "host", strict=False)
    states = {element_of(s): z for s, z in neutrality.states.items()}
    return {e: states[e] for e in cell.cathode.composition["M"] if e in states}


def _layer_without(layer: CoatingLayer, element: str) -> CoatingLayer:
    kept = {p: {e: n for e, n in rows.items() if e != element} for p, rows in layer.cations_by_precursor.items()}
    return replace(layer, cations_by_precursor=kept)


def _cell_without(cell: CellStudy, element: str, main: str) -> CellStudy:
    metals = dict(cell.cathode.composition["M"])
    if element not in metals:
        return cell
    metals[main] += metals.pop(element)
    return replace(cell, cathode=replace(cell.cathode, composition={**cell.cathode.composition, "M": metals}))


def _origin(element: str, layer: CoatingLayer, metals: Mapping[str, float]) -> str:
    places = [p for p, rows in layer.cations_by_precursor.items() if element in rows]
    return " and ".join([*places, *(["host"] if element in metals else [])])


def _row(element: str, origin: str, profile: DepthProfile, charges: Mapping[str, float]) -> LeftOut:
    total = sum(profile.layer_composition.values())
    shares = {e: y / total for e, y in profile.layer_composition.items() if y > 0}
    site = Sublattice(label="M", multiplicity=1.0, occupancies=shares)
    described = site_descriptors(shares, coordination=COORDINATION, charges=charges)
    return LeftOut(
        element=element,
        brought_by=origin,
        layer_entropy=site_entropy_of(Composition(sublattices=(site,))),
        mean_entropy=mean_entropy(profile),
        trace_cation_width=profile.trace_cation_width,
        counted=tuple(e for e, y in shares.items() if within_range(y)),
        mean_radius=described.mean_radius,
        size_mismatch=described.size_mismatch,
        valence_mismatch=described.valence_mismatch,
        radii=described.radii,
    )
