"""What to search for, as people write it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from ..errors import InputError
from ..hosts import host_names
from ..units import Unit, convert, parse

Plane = Annotated[tuple[int, int, int], Unit("1")]
LARGEST_INDEX = 6
LARGEST_AREA = 1e-16  # m2; a hundred nanometres squared


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Limits of a search. ``longest``: seconds that it may take by estimate."""

    max_index: Annotated[int, Unit("1")] = 2
    max_area: Annotated[float, Unit("m2", show="angstrom2")] = 4e-18
    max_strain: Annotated[float, Unit("1", show="%")] = 0.04
    host_planes: tuple[Plane, ...] = ()
    film_planes: tuple[Plane, ...] = ()
    thickness: Annotated[float, Unit("m", show="nm")] = 5e-9
    twins: bool = False
    curves: str = ""  # how the host breathes; by its name if empty
    young_modulus: Annotated[float, Unit("Pa", show="GPa")] | None = None  # of the film, in place of its own
    poisson_ratio: Annotated[float, Unit("1")] | None = None
    longest: Annotated[float, Unit("s")] = math.inf


def read_search(
    *,
    max_index: int = 2,
    max_area: str = "400A2",
    max_strain: str | float = 0.04,
    host_planes: Sequence[str] = (),
    film_planes: Sequence[str] = (),
    thickness: str = "5 nm",
    twins: bool = False,
    curves: str = "",
    young_modulus: str = "",
    poisson_ratio: str = "",
    longest: float = math.inf,
) -> Search:
    """Limits from text, each fault named by its option.

    >>> read_search(host_planes=["104", "(1 0 -14)"]).host_planes
    ((1, 0, 4), (1, 0, -14))
    """
    if not 1 <= max_index <= LARGEST_INDEX:
        raise InputError("--max-index", f"{max_index}", f"a whole number from 1 to {LARGEST_INDEX}")
    area = quantity("--max-area", max_area, "m2", "angstrom2")
    if not 0 < area <= LARGEST_AREA:
        raise InputError("--max-area", max_area, "above 0, up to 10000 A2", "400A2 is usual.")
    strain = _strain(max_strain)
    height = quantity("--thickness", thickness, "m", "nm")
    if not 0 < height < 1e-3:
        raise InputError("--thickness", thickness, "above 0, below 1 mm, e.g. '5 nm'")
    return Search(
        max_index=max_index,
        max_area=area,
        max_strain=strain,
        host_planes=tuple(read_plane("--host-plane", p) for p in host_planes),
        film_planes=tuple(read_plane("--film-plane", p) for p in film_planes),
        thickness=height,
        twins=twins,
        curves=_curves(curves),
        young_modulus=_within("--young", young_modulus, "Pa", "GPa", 1e6, 2e12) if young_modulus else None,
        poisson_ratio=_within("--poisson", poisson_ratio, "1", "1", -1.0, 0.5) if poisson_ratio else None,
        longest=longest,
    )


def quantity(option: str, text: str, unit: str, shown: str) -> float:
    """A number with a unit, its fault named by the option."""
    try:
        return parse(text, unit, shown)
    except InputError as error:
        raise InputError(option, error.given, error.allowed, error.remedy) from None


def _curves(name: str) -> str:
    if name and name not in host_names():
        raise InputError("--curves", f"'{name}'", ", ".join(host_names()))
    return name


def _within(option: str, text: str, unit: str, shown: str, low: float, high: float) -> float:
    value = quantity(option, text, unit, shown)
    if not low < value < high:
        raise InputError(
            option, f"'{text}'", f"{convert(low, unit, shown):g} to {convert(high, unit, shown):g} {shown}"
        )
    return value


def _strain(given: str | float) -> float:
    text = str(given)
    try:
        value = parse(float(text), "1") if re.fullmatch(r"[-+.\deE]+", text.strip()) else parse(text, "1", "%")
    except (InputError, ValueError):
        raise InputError("--max-strain", f"'{text}'", "a fraction or percentage, e.g. 0.04 or '4 %'") from None
    if not 0 < value < 0.2:
        raise InputError("--max-strain", text, "above 0, below 0.2", "4 % is 0.04.")
    return value


def read_plane(option: str, text: str) -> tuple[int, int, int]:
    """Three Miller indices of the conventional cell, run together or apart.

    >>> read_plane("--host-plane", "1-10"), read_plane("--host-plane", "0 1 14")
    ((1, -1, 0), (0, 1, 14))
    """
    inner = text.strip().strip("()").replace(",", " ")
    parts = inner.split() if re.search(r"\s", inner) else re.findall(r"-?\d", inner)
    whole = all(re.fullmatch(r"-?\d+", p) for p in parts) and "".join(parts) == re.sub(r"\s", "", inner)
    if not whole or len(parts) != 3 or not any(int(p) for p in parts):
        raise InputError(option, f"'{text}'", "three whole numbers, not all zero, e.g. 104 or '1 0 14'")
    h, k, l = (int(p) for p in parts)
    return h, k, l
