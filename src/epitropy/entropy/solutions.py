"""Salts and solvents as mole fractions: the same law, every molecule one species."""

from __future__ import annotations

import re

from ..errors import InputError
from ..records.entropy import Composition, Sublattice

_PLUS = re.compile(r"\s+\+\s+")
_TIGHT = re.compile(r"\s*\+\s*(?=\.?\d)")  # in a text that begins with an amount, as no formula does
_PART = re.compile(r"(?P<amount>\d+(?:[.,]\d+)?|[.,]\d+)(?:\s*(?P<name>[^\W\d]\S*)|\s+(?P<other>\S*[^\W\d]\S*))$")
_SUM = 1e-6


def is_solution(text: str) -> bool:
    """Whether a text is a list of amounts and names with plus signs between.

    >>> is_solution("0.1 LiPF6 + 0.3 EC + 0.6 DMC"), is_solution("Mn2+0.2Mn3+0.2O")
    (True, False)
    """
    return len(_pieces(text)) > 1


def _pieces(text: str) -> list[str]:
    plain = text.strip()
    return (_PLUS if _PLUS.search(plain) or not re.match(r"\.?\d", plain) else _TIGHT).split(plain)


def read_solution(text: str) -> tuple[Composition, tuple[str, ...]]:
    """Mole fractions of salts and solvents, and what a reader should know.

    Amounts in moles of any total; names are free words. Dissociation is not modelled: write the ions as species
    of their own (``0.1 Li+ + 0.1 PF6- + ...``) to count them apart.

    >>> read_solution("1 LiPF6 + 3 EC + 6 DMC")[0].sublattices[0].occupancies
    {'LiPF6': 0.1, 'EC': 0.3, 'DMC': 0.6}
    """
    where = f"solution '{text.strip()}'"
    amounts: dict[str, float] = {}
    for piece in _pieces(text):
        match = _PART.match(piece.strip())
        if match is None:
            raise InputError(where, f"'{piece.strip()}'", "an amount in moles and a name, like '0.3 EC'")
        name = match["name"] or match["other"]
        if name in amounts:
            raise InputError(where, f"'{name}' twice", "every species once")
        amounts[name] = float(match["amount"].replace(",", "."))
    total = sum(amounts.values())
    if not total > 0:
        raise InputError(where, "nothing but zeros", "amounts above zero")
    notes = ["counted by species of the solution, not by element"]
    if abs(total - 1) > _SUM:
        notes.append(f"moles add up to {total:.4g} and were divided by it")
    shares = {name: n / total for name, n in amounts.items() if n > 0}
    site = Sublattice(label="solution", multiplicity=1.0, occupancies=shares, molecular=True)
    return Composition(sublattices=(site,)), tuple(notes)
