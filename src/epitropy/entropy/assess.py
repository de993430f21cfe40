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
    element_of,
)
from ..sources import table
from .descriptors import site_descriptors
from .formula import SAID, Formula, read_formula
from .neutrality import ALKALI, as_cations, balanced
from .prototypes import place, prototype
from .solutions import is_solution, read_solution
from .stage import site_entropy_of

_NEARLY = 0.05  # a mean state may miss its usual range by this
_ASSUMED_COORDINATION = 6  # where no structure says it
_OXYGEN_PER_TELLURIUM = 3  # from this ratio on an oxide holds Te4+ or Te6+; oxytellurides (Bi2O2Te) have less


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
    read = read_formula(formula, brackets_count=not structure)
    name = structure or ("" if read.bracketed else _named(read))
    composition, neutrality, notes = _balanced(read, name, strict)
    notes = (
        *notes,
        *_left_out(neutrality),
        *_carbon(neutrality),
        *_pairs(neutrality),
        *_unusual(composition, neutrality),
    )
    if neutrality.asked and neutrality.residual:
        notes = (*notes, f"a charge of {neutrality.residual:+.2g} per formula unit remains")
    found = _assessed(formula, prototype(name).name if name else "", composition, neutrality, notes)
    if name or not _is_open(read):
        return found
    return replace(found, entropy=replace(found.entropy, reasons=("no sublattice given", *found.entropy.reasons)))


def _named(read: Formula) -> str:
    """The structure that a prefix names, refused if there is none."""
    try:
        return read.prefix and prototype(read.prefix).name
    except InputError:
        allowed = "O3- or P2-; other structures with --structure, or brackets for what shares a site"
        raise InputError(f"formula '{read.text}'", f"the prefix {read.prefix}- of no structure here", allowed) from None


def _balanced(read: Formula, structure: str, strict: bool) -> tuple[Composition, Neutrality, tuple[str, ...]]:
    """Sites and charges; S, Se and the like are cations only where that alone closes the charge, Te in oxides first."""
    tellurate = 0 < _OXYGEN_PER_TELLURIUM * read.amounts.get("Te", 0.0) <= read.amounts.get("O", 0.0)
    for as_anions in (False, True) if tellurate else (True, False):
        try:
            return _placed(read, structure, True) if as_anions else _placed_as_cations(read, structure)
        except InputError:
            continue
    return _placed(read, structure, strict)


def _placed_as_cations(read: Formula, structure: str) -> tuple[Composition, Neutrality, tuple[str, ...]]:
    cations = as_cations(read.amounts)
    if not cations:
        raise InputError(f"formula '{read.text}'", "no cation among its anions", "another reading")
    composition, neutrality, notes = _placed(
        read_formula(read.text, cations, brackets_count=not structure), structure, True
    )
    said = [f"{s} is taken as a cation beside a stronger anion" for s in cations.values() if s in neutrality.states]
    return composition, neutrality, (*notes, *said)


def _placed(read: Formula, structure: str, strict: bool) -> tuple[Composition, Neutrality, tuple[str, ...]]:
    composition, notes = place(read, prototype(structure)) if structure else (read.composition, ())
    notes = (*read.notes, *notes, *([] if structure else _without_structure(read)))
    return *balanced(composition, f"formula '{read.text}'", strict=strict), notes


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


def _left_out(neutrality: Neutrality) -> list[str]:
    return [
        f"{amount:.3g} {species} per formula unit left out to close the charge: these vacancies mix too"
        for species, amount in neutrality.vacancies.items()
    ]


def _carbon(neutrality: Neutrality) -> list[str]:
    state = neutrality.states.get("C", 4.0)
    return [f"carbon is taken as C {_signed(state)} on average, which closes the charge"] if state not in (4, 2) else []


def _unusual(composition: Composition, neutrality: Neutrality) -> list[str]:
    """States that oxides and fluorides rarely show; high ones are usual where alkali ions were taken out."""
    if not {"O", "F"} & set(neutrality.states):
        return []
    charged = any(VACANCY in s.occupancies for s in composition.cation_sites) or set(ALKALI) & set(neutrality.states)
    late = ("Fe", "Co", "Ni") if charged else ()
    usual = table("oxidation_states.toml")["usual_range"]
    return [
        f"unusual oxidation state, {element_of(s)} {_signed(z)}: check the amounts"
        for s, z in neutrality.states.items()
        if element_of(s) in usual
        and (z < usual[element_of(s)][0] - _NEARLY or z > usual[element_of(s)][1] + _NEARLY and s not in late)
    ]


def _signed(state: float) -> str:
    return f"{abs(state):.3g}{'+' if state > 0 else '-' if state < 0 else ''}"


def _pairs(neutrality: Neutrality) -> list[str]:
    """States beyond those of sulfides stand for anions in pairs, which a formula does not show."""
    anions = {element_of(s) for s, z in neutrality.states.items() if z < 0}
    if not anions or anions - {"S", "Se", "Te"}:
        return []
    most = table("oxidation_states.toml")["most_in_sulfides"]
    return [
        f"{element_of(s)} {z:.3g}+ is formal: anions may pair (S2 2- in pyrite); write that, as in Fe2+S-2"
        for s, z in neutrality.states.items()
        if z > most.get(element_of(s), z)
    ]


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


def _is_open(read: Formula) -> bool:
    """Whether nothing says who shares a site."""
    return not read.bracketed and not read.alloy and len(read.amounts) > 2


def _without_structure(read: Formula) -> list[str]:
    """What brackets leave open."""
    notes = []
    if read.alloy:
        return ["metals only: read as one site that all share; if they are ordered, write each site as a bracket"]
    single = {s.label: s.multiplicity for s in read.composition.sublattices if len(s.occupancies) == 1}
    if _is_open(read):
        notes.append(
            "no sublattice is given, so nothing mixes: put what shares a site in brackets, "
            "or name the structure with --structure"
        )
    partial = {e: single[e] for e in ("Li", "Na", "K") if read.bracketed and 0 < single.get(e, 0) < 1}
    shared = {s.label: s.multiplicity for s in read.composition.sublattices if len(s.species) > 1}
    partial |= {label: m for label, m in shared.items() if abs(m - round(m)) > SAID}
    if partial:
        share = " and ".join(f"{label} {m:.3g}" for label, m in partial.items())
        structure = f"--structure {read.prefix or 'NAME'}"
        notes.append(
            f"{share} counted as filled sites, without vacancies; {structure}, or Va in a bracket, counts them"
        )
    return notes
