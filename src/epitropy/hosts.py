"""Read a cathode's curves from ``data/cathodes/*.toml``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from .errors import InputError
from .records.host import HostCurves
from .sources import table

POINTS = 1001
SMOOTHING = 0.02  # in lithium content; tables are given to 1e-3 angstrom, too coarse to differentiate as they are


def host_names() -> tuple[str, ...]:
    """Names of all bundled curve files."""
    folder = files("epitropy").joinpath("data", "cathodes")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def host_curves(lattice: str, ocv: str) -> HostCurves:
    """Curves of a host, its lattice smoothed with a Gaussian of 0.02 in lithium content.

    >>> curves = host_curves("ncm90", "ncm90"); round(curves.lithium_at(4.3), 3)
    0.1
    """
    from scipy.interpolate import PchipInterpolator

    x = np.linspace(0, 1, POINTS)
    cell = _section(lattice, "lattice")
    rest = _section(ocv, "ocv")
    inside = np.clip(x, min(cell["x"]), max(cell["x"]))
    lengths = {}
    for key in ("a_angstrom", "c_angstrom"):
        order = np.argsort(cell["x"])
        raw = PchipInterpolator(np.array(cell["x"])[order], np.array(cell[key])[order])(inside) * 1e-10
        lengths[key] = _smoothed(raw)
    mobility = _section(ocv, "diffusivity")
    exchange = _section(ocv, "exchange")
    return HostCurves(
        lithium=x,
        a=lengths["a_angstrom"],
        c=lengths["c_angstrom"],
        voltage=PchipInterpolator(rest["x"], rest["volt"])(x),
        diffusivity=_diffusivity(x, mobility),
        exchange_exponents=(exchange["lithium"], exchange["vacancy"]),
        exchange_salt_exponent=exchange["salt"],
        sources=(cell["source"], rest["source"], mobility["source"], exchange["source"]),
    )


def _smoothed(curve: np.ndarray) -> np.ndarray:
    """Gaussian smoothing that keeps the ends: the curve is continued by odd reflection."""
    from scipy.ndimage import gaussian_filter1d

    width = SMOOTHING * (POINTS - 1)
    margin = int(5 * width)
    continued = np.pad(curve, margin, mode="reflect", reflect_type="odd")
    return gaussian_filter1d(continued, width)[margin:-margin]


def _section(name: str, key: str) -> dict[str, Any]:
    """One section of a curve file, following ``same_as``."""
    if name not in host_names():
        raise InputError(f"cathode.{key}", f"unknown table '{name}'", ", ".join(host_names()))
    rows = table(f"cathodes/{name}.toml")[key]
    return _section(rows["same_as"], key) if "same_as" in rows else rows


def _diffusivity(x: np.ndarray, rows: dict[str, Any]) -> np.ndarray:
    """Fit of a published D(x), held constant outside its range."""
    inside = np.clip(x, *rows["valid"])
    exponent = rows["exponent"] - sum(a * np.exp(-((inside - b) ** 2) / w) for a, b, w in rows["terms"])
    return rows["factor"] * 10**exponent
