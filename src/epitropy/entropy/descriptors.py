"""How unlike the ions on one site are: size, electronegativity, valence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..errors import InputError
from ..records.entropy import VACANCY, SiteDescriptors, element_of, state_of
from ..sources import table

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV")
_ANGSTROM = 1e-10
_WHOLE = 1e-6  # a mean state this near to a whole number is that number


def site_descriptors(
    occupancies: Mapping[str, float], *, coordination: int, charges: Mapping[str, float] | None = None
) -> SiteDescriptors:
    """Mismatches on one site, with the radii that were used.

    With fractions x_i of the ions (vacancies left out) and the mean radius r = sum x_i r_i: size mismatch
    sqrt(sum x_i (1 - r_i/r)^2), electronegativity mismatch sqrt(sum x_i (chi_i - chi)^2) on Pauling's scale, valence
    mismatch sqrt(sum x_i (z_i - z)^2).

    ``charges`` by species or element, from neutrality; a mean state between two whole ones counts as both ions in
    proportion. Without it, states that elements have most often in oxides fired in air are taken and said; 0 means
    metal. Radii: R. D. Shannon, 10.1107/S0567739476001551, for this coordination and high spin (low for Co3+, Ni3+);
    where the table has no such ion, the nearest it has, named in ``notes``. Metals: metallic radii. Raises
    `InputError` for an element without any.

    >>> found = site_descriptors({"Ni2+": 0.5, "Mn4+": 0.5}, coordination=6)
    >>> {ion: round(r * 1e10, 3) for ion, r in found.radii.items()}, round(found.size_mismatch, 4)
    ({'Ni2+': 0.69, 'Mn4+': 0.53}, 0.1311)
    """
    notes: list[str] = []
    ions = _ions(occupancies, charges, notes)
    if not ions:
        raise InputError("occupancies", f"{dict(occupancies)}", "at least one element on the site")
    total = sum(ions.values())
    share = {ion: x / total for ion, x in ions.items()}
    found = {ion: _radius(*ion, coordination) for ion in share}
    radius = {ion: r for ion, (r, _, _) in found.items()}
    notes += [f"{name_of(*ion)}: radius of {said}" for ion, (_, _, said) in found.items() if said]
    mean = sum(x * radius[ion] for ion, x in share.items())
    return SiteDescriptors(
        size_mismatch=math.sqrt(sum(x * (1 - radius[ion] / mean) ** 2 for ion, x in share.items())),
        mean_radius=mean,
        electronegativity_mismatch=_spread({i: _electronegativity(i[0]) for i in share}, share),
        valence_mismatch=_spread({i: i[1] for i in share}, share) or 0.0,
        coordination=coordination,
        radii={name_of(*ion): r for ion, r in radius.items()},
        spins={name_of(*ion): spin for ion, (_, spin, _) in found.items() if spin},
        notes=tuple(notes),
    )


def name_of(element: str, charge: int) -> str:
    """An ion as written.

    >>> name_of("Mn", 3), name_of("O", -2), name_of("Li", 1), name_of("Ni", 0)
    ('Mn3+', 'O2-', 'Li+', 'Ni')
    """
    if charge == 0:
        return element
    return f"{element}{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '-'}"


def _ions(
    occupancies: Mapping[str, float], charges: Mapping[str, float] | None, notes: list[str]
) -> dict[tuple[str, int], float]:
    """Fractions by (element, whole charge)."""
    found: dict[tuple[str, int], float] = {}
    for species, x in occupancies.items():
        if species == VACANCY or not x > 0:
            continue
        element = element_of(species)
        charge = state_of(species)
        if charge is None and charges is not None:
            charge = charges.get(species, charges.get(element))
        if charge is None:
            charge = _usual(element)
            notes.append(f"{element}: taken as {name_of(element, int(charge))}")
        for whole, part in _whole(charge):
            found[element, whole] = found.get((element, whole), 0.0) + part * x
    return found


def _whole(charge: float) -> list[tuple[int, float]]:
    """A mean state as whole ones: 2.9 is a tenth of 2 and nine tenths of 3."""
    if abs(charge - round(charge)) < _WHOLE:
        return [(round(charge), 1.0)]
    low = math.floor(charge)
    return [(low, low + 1 - charge), (low + 1, charge - low)]


def _usual(element: str) -> float:
    rows = table("oxidation_states.toml")
    for group in ("usual", "fixed", "anions"):
        if element in rows[group]:
            return rows[group][element]
    ladder = [step.split() for step in rows["ladder"]]
    high = [float(to) for e, _, to in ladder if e == element]
    if not high:
        raise InputError("charges", f"no oxidation state of {element}", "a charge for every element")
    return high[-1]


@cache
def _radius(element: str, charge: int, coordination: int) -> tuple[float, str, str]:
    """Radius in m, spin if it matters, and what ion it really is if the table lacks this one."""
    from pymatgen.core import Element

    data = Element(element)
    if charge == 0:
        return _metallic(data), "", ""
    rows = data.data.get("Shannon radii") or {}
    if not rows:
        raise InputError("descriptors", f"no ionic radius of {element} is tabulated", "elements in Shannon's table")
    state = min((int(z) for z in rows), key=lambda z: (abs(z - charge), z * charge < 0, abs(z)))
    tabulated = {_ROMAN.index(k) + 1: k for k in rows[str(state)] if k in _ROMAN}
    if not tabulated:  # only square-planar or pyramidal
        tabulated = {_ROMAN.index(k[:2]) + 1: k for k in rows[str(state)]}
    nearest = min(tabulated, key=lambda n: (abs(n - coordination), -n))
    by_spin = rows[str(state)][tabulated[nearest]]
    spin = _spin(name_of(element, state), by_spin)
    said = "" if (state, nearest) == (charge, coordination) else f"{name_of(element, state)} with {nearest} neighbours"
    return float(by_spin[spin]["ionic_radius"]) * _ANGSTROM, spin.lower(), said


def _metallic(element: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pymatgen's word that it has none
        radius = element.metallic_radius
    if radius is None:
        raise InputError("descriptors", f"no metallic radius of {element.symbol} is tabulated", "metals")
    return float(radius) * _ANGSTROM


def _spin(ion: str, by_spin: Mapping[str, object]) -> str:
    low = ion in table("oxidation_states.toml")["low_spin"]
    for spin in ("Low Spin", "High Spin") if low else ("High Spin", "", "Low Spin"):
        if spin in by_spin:
            return spin
    return next(iter(by_spin))


@cache
def _electronegativity(element: str) -> float | None:
    from pymatgen.core import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # likewise; it then gives nan
        value = float(Element(element).X)
    return value if math.isfinite(value) else None


def _spread(values: Mapping[tuple[str, int], float | None], share: Mapping[tuple[str, int], float]) -> float | None:
    """Standard deviation over the ions; None where a value is missing."""
    if any(v is None for v in values.values()):
        return None
    mean = sum(x * values[i] for i, x in share.items())
    return math.sqrt(max(0.0, sum(x * (values[i] - mean) ** 2 for i, x in share.items())))
