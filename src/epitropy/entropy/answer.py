"""What a formula says as plain data, for JSON and for one row of a table."""

from __future__ import annotations

import math
from typing import Any

from ..constants import GAS_CONSTANT
from ..jsonio import to_json
from ..records.entropy import CompositionEntropy

BASES = ("per_formula_unit", "per_cation_site", "per_atom")


def as_json(found: CompositionEntropy) -> dict[str, Any]:
    """One entry of the list that ``epitropy entropy --json`` prints; entropies in R and in J/(mol K).

    A basis that does not apply is null: a solution has no cation sites and no atoms, its formula unit is the mole of
    species that ``formula_unit`` names.

    >>> from epitropy.entropy.assess import entropy_of
    >>> entry = as_json(entropy_of("(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O"))
    >>> round(entry["per_formula_unit_R"], 3), entry["high_entropy"], entry["band"]
    (1.609, True, 'high')
    """
    entropy = found.entropy
    return to_json(
        {
            "formula": found.formula,
            "structure": found.structure or None,
            "sites": [
                {
                    "label": site.label,
                    "multiplicity": site.multiplicity,
                    "coordination": site.coordination,
                    "entropy_R": entropy.by_site[site.label] / GAS_CONSTANT,
                    "entropy_J_per_mol_K": entropy.by_site[site.label],
                    "elements": site.elements,
                    "occupancies": site.occupancies,
                }
                for site in found.composition.sublattices
            ],
            "formula_unit": "mole of species" if found.is_solution else "mole of formula units",
            **{f"{basis}_R": getattr(entropy, basis) / GAS_CONSTANT for basis in BASES},
            **{f"{basis}_J_per_mol_K": getattr(entropy, basis) for basis in BASES},
            "classified_site": entropy.site,
            "high_entropy": entropy.high_entropy,
            "band": entropy.band,
            "reasons": entropy.reasons,
            "neutrality_asked": found.neutrality.asked,
            "oxidation_states": found.neutrality.states,
            "residual_charge": found.neutrality.residual if found.neutrality.asked else None,
            "vacancies_introduced": found.neutrality.vacancies,
            "descriptors": found.descriptors,
            "notes": found.notes,
        }
    )


def as_row(found: CompositionEntropy) -> dict[str, str]:
    """One row of the table that ``--output`` writes; what is no number is text."""
    entropy = found.entropy
    unlike = found.descriptors.get(entropy.site)
    return {
        "structure": found.structure,
        "site": entropy.site,
        "site_entropy_R": _number(entropy.by_site[entropy.site] / GAS_CONSTANT),
        **{f"{basis}_R": _number(getattr(entropy, basis) / GAS_CONSTANT) for basis in BASES},
        **{f"{basis}_J_per_mol_K": _number(getattr(entropy, basis)) for basis in BASES},
        "high_entropy": str(entropy.high_entropy).lower(),
        "band": entropy.band,
        "reasons": "; ".join(entropy.reasons),
        "size_mismatch": _number(unlike.size_mismatch) if unlike else "",
        "electronegativity_mismatch": _number(unlike.electronegativity_mismatch) if unlike else "",
        "valence_mismatch": _number(unlike.valence_mismatch) if unlike else "",
        "residual_charge": _number(found.neutrality.residual) if found.neutrality.asked else "",
        "oxidation_states": states_text(found),
        "vacancies_introduced": " ".join(f"{s} {n:.4g}" for s, n in found.neutrality.vacancies.items()),
        "notes": "; ".join(found.notes),
    }


def states_text(found: CompositionEntropy) -> str:
    """Oxidation states in words.

    >>> from epitropy.entropy.assess import entropy_of
    >>> states_text(entropy_of("Li[Ni0.9Co0.05Mn0.05]O2"))
    'Li 1+, Ni 2.94+, Co 3+, Mn 4+, O 2-'
    """
    return ", ".join(f"{s.rstrip('+-0123456789.')} {abs(z):.3g}{'+' if z > 0 else '-'}" for s, z in _states(found))


def _states(found: CompositionEntropy) -> list[tuple[str, float]]:
    return list(found.neutrality.states.items())


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value + 0.0:.6g}"
