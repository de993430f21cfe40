"""A formula as text -> all that it says: sites, entropy and class, charges, mismatches."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..errors import InputError
from ..records.entropy import (
    VACANCY,
    Composition,
    CompositionEntropy,
    Neutrality,
    SiteDescriptors,
    Sublattice,
)
from .descriptors import site_descriptors
from .formula import Formula, read_formula
from .neutrality import balanced
from .prototypes import place, prototype
from .solutions import is_solution, read_solution
from .stage import site_entropy_of

_ASSUMED_COORDINATION = 6  # where no structure says it


def entropy_of(formula: str, structure: str = "", *, strict: bool = True) -> CompositionEntropy:
    """Entropy on every basis, class, oxidation states and mismatches of a formula or a solution.

    ``structure`` names a prototype or a YAML file and decides who shares a site; without it brackets do. A prefix
    (O3-, P2-) names the structure of a formula without brackets. Vacancies that close the charge take part in the
    mixing. Raises `InputError` for a formula that cannot be read, placed or (if ``strict``) balanced.

    >>> found = entropy_of("LiNi0.9Co0.05Mn0.05O2", "layered")
    >>> round(found.entropy.by_site["M"], 3), round(found.neutrality.states["Ni"], 3)
    (3.279, 2.944)
    """
    if is_solution(formula):
        composition, notes = read_solution(formula)
        return _assessed(formula, "", composition, Neutrality(asked=False), notes)
    read = read_formula(formula)
    name = structure or ("" if read.bracketed else read.prefix)
    composition, notes = place(read, prototype(name)) if name else (read.composition, ())
    notes = (*read.notes, *notes, *([] if name else _without_structure(read)))
    composition, neutrality = balanced(composition, f"formula '{read.text}'", strict=strict)
    if neutrality.asked and neutrality.residual:
        notes = (*notes, f"a charge of {neutrality.residual:+.2g} per formula unit remains")
    return _assessed(formula, prototype(name).name if name else "", composition, neutrality, notes)


def _assessed(
    formula: str, structure: str, composition: Composition, neutrality: Neutrality, notes: tuple[str, ...]
) -> CompositionEntropy:
    unlike, missing = _mismatches(composition, neutrality)
    return CompositionEntropy(
        formula=formula.strip(),
        structure=structure,
        composition=composition,
        entropy=site_entropy_of(composition),
        neutrality=neutrality,
        descriptors=MappingProxyType(unlike),
        notes=tuple(dict.fromkeys((*notes, *missing))),
    )


def _mismatches(composition: Composition, neutrality: Neutrality) -> tuple[dict[str, SiteDescriptors], list[str]]:
    """Descriptors of every mixed site by label, and for which sites there are none."""
    found: dict[str, SiteDescriptors] = {}
    missing = []
    for site in composition.sublattices:
        if len(set(site.occupancies) - {VACANCY}) > 1 and not site.molecular:
            try:
                found[site.label] = _descriptors(site, neutrality)
            except InputError as error:  # a missing radius does not stop the entropy
                missing.append(f"no mismatch on {site.label}: {error.given}")
    return found, missing


def _descriptors(site: Sublattice, neutrality: Neutrality) -> SiteDescriptors:
    charges = neutrality.states if neutrality.asked else dict.fromkeys(site.occupancies, 0.0)
    if site.coordination:
        return site_descriptors(site.occupancies, coordination=site.coordination, charges=charges)
    found = site_descriptors(site.occupancies, coordination=_ASSUMED_COORDINATION, charges=charges)
    note = f"{_ASSUMED_COORDINATION} neighbours are assumed: no structure says how many"
    return replace(found, notes=(*found.notes, note)) if neutrality.asked else found


def _without_structure(read: Formula) -> list[str]:
    """What brackets leave open."""
    notes = []
    single = {s.label: s.multiplicity for s in read.composition.sublattices if len(s.occupancies) == 1}
    if not read.bracketed and len(read.amounts) > 2:
        notes.append(
            "no sublattice is given, so nothing mixes: put what shares a site in brackets, "
            "or name the structure with --structure"
        )
    partial = [e for e in ("Li", "Na", "K") if 0 < single.get(e, 0) < 1]
    if read.bracketed and partial:
        share = f"{partial[0]} {single[partial[0]]:.3g}"
        structure = f"--structure {read.prefix or 'NAME'}"
        notes.append(f"{share} is counted without its vacancies; {structure}, or Va in a bracket, counts them")
    return notes
