"""Read an electrolyte's curves from ``data/electrolytes.toml``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .constants import ZERO_CELSIUS
from .errors import InputError
from .laws import arrhenius
from .records.electrolyte import SALT_LIMIT, ElectrolyteCurves
from .sources import table
from .units import parse

POINTS = 801  # a step of 5 mol/m3: straight lines between them stay within 1e-4 of the fits above 0.1 mol/L


def electrolyte_names() -> tuple[str, ...]:
    """Names of all electrolytes that the package knows."""
    return tuple(table("electrolytes.toml"))


@lru_cache(maxsize=256)  # one per drawn temperature
def electrolyte_curves(name: str, temperature: float) -> ElectrolyteCurves:
    """Curves of a named electrolyte at a temperature in K; held constant where its fit leaves its range.

    Raises `InputError` for an unknown name, and for a temperature outside that of the fit.

    >>> curves = electrolyte_curves("1 M LiPF6 in EC:EMC", 298.15)
    >>> round(float(np.interp(1000.0, curves.concentration, curves.conductivity)), 4)  # S/m
    0.9487
    """
    if name not in electrolyte_names():
        raise InputError("cell.electrolyte", f"unknown electrolyte '{name}'", ", ".join(electrolyte_names()))
    rows = table("electrolytes.toml")[name]
    coldest, hottest = (parse(t, "K") for t in rows["temperatures"])
    if not coldest <= temperature <= hottest:
        raise InputError(
            "protocol.temperature",
            f"{temperature - ZERO_CELSIUS:.6g} degC",
            f"{coldest - ZERO_CELSIUS:g} to {hottest - ZERO_CELSIUS:g} degC, the range of '{name}'",
        )
    nominal = parse(rows["salt_concentration"], "mol/m3")
    concentration = np.linspace(0.0, SALT_LIMIT, POINTS)
    diffusivity, conductivity, transference, factor = FORMS[rows["form"]](rows, temperature)
    inside = np.clip(concentration / LITRE, *rows["valid"])
    return ElectrolyteCurves(
        salt_concentration=nominal,
        transference=float(transference(nominal / LITRE)),
        thermodynamic_factor=float(factor(nominal / LITRE)),
        concentration=concentration,
        diffusivity=diffusivity(inside),
        conductivity=conductivity(inside),
        sources=(rows["source"],),
    )


LITRE = 1e3  # mol/m3 in mol/L
Law = Callable[[Any], Any]  # of the concentration in mol/L


def _powers(rows: dict[str, Any], temperature: float) -> tuple[Law, Law, Law, Law]:
    """Sums of powers of c, each times one Arrhenius factor; constant transference number and thermodynamic factor."""
    energy, reference = parse(rows["activation_energy"], "J/mol"), parse(rows["reference_temperature"], "K")
    factor = arrhenius(1.0, energy, temperature, reference)

    def law(terms: list[list[float]]) -> Law:
        return lambda c: factor * sum(a * c**p for a, p in terms)

    return (
        law(rows["diffusivity"]),
        law(rows["conductivity"]),
        lambda c: rows["transference"],
        lambda c: rows["thermodynamic_factor"],
    )


def _landesfeind(rows: dict[str, Any], temperature: float) -> tuple[Law, Law, Law, Law]:
    """Landesfeind & Gasteiger 2019, 10.1149/2.0571912jes, with their numbered constants.

    D = p1 exp(p2 c + p3/T + p4 c/T) 1e-10 m2/s;
    kappa = p1 (1 + T - p2) c [1 + p3 c^1/2 + p4 (1 + p5 e) c]/(1 + p6 e c^4) mS/cm, e = exp(1000 K/T);
    t+ and the thermodynamic factor: p1 + p2 c + p3 T + p4 c^2 + p5 c T + p6 T^2 + p7 c^3 + p8 c^2 T + p9 c T^2.
    """
    t = temperature
    d, k = rows["diffusivity"], rows["conductivity"]
    e = np.exp(1000.0 / t)

    def conductivity(c: Any) -> Any:
        rise = 1 + k[2] * c**0.5 + k[3] * (1 + k[4] * e) * c
        return 0.1 * k[0] * (1 + t - k[1]) * c * rise / (1 + k[5] * e * c**4)

    def cubic(weights: list[float]) -> Law:
        return lambda c: sum(a * b for a, b in zip(weights, (1, c, t, c**2, c * t, t**2, c**3, c**2 * t, c * t**2)))

    def diffusivity(c: Any) -> Any:
        return 1e-10 * d[0] * np.exp(d[1] * c + (d[2] + d[3] * c) / t)

    return diffusivity, conductivity, cubic(rows["transference"]), cubic(rows["thermodynamic_factor"])


FORMS: dict[str, Callable[[dict[str, Any], float], tuple[Law, Law, Law, Law]]] = {
    "powers": _powers,
    "Landesfeind 2019": _landesfeind,
}
