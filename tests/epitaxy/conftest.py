"""Crystals of the published comparison: one host, eight films, estimated isotropic moduli."""

from __future__ import annotations

import math

import pytest

from epitropy.records.phase import Phase, UnitCell
from epitropy.records.sourced import Sourced

ANGSTROM = 1e-10


def crystal(name, structure, space_group, a, b=None, c=None, *, beta=90.0, gamma=90.0, **changes):
    """A phase from edges in angstrom and angles in degrees."""
    cell = UnitCell(
        a=a * ANGSTROM,
        b=(b or a) * ANGSTROM,
        c=(c or a) * ANGSTROM,
        beta=math.radians(beta),
        gamma=math.radians(gamma),
    )
    rows = {
        "formula": name,
        "formula_units": 1,
        "density": Sourced(value=5e3, unit="kg/m3"),
        "cell_source": "test",
        "cell_grade": "measured",
        "young_modulus": Sourced(value=181e9, unit="Pa"),
        "poisson_ratio": Sourced(value=0.3),
    }
    return Phase(name=name, structure=structure, space_group=space_group, cell=cell, **(rows | changes))


@pytest.fixture(scope="session")
def make():
    return crystal


@pytest.fixture(scope="session")
def host():
    return crystal("NCM90", "layered", "R-3m", 2.876, c=14.19, gamma=120)


@pytest.fixture(scope="session")
def films():
    listed = [
        crystal("NiO", "rock salt", "Fm-3m", 4.18),
        crystal("spinel", "spinel", "Fd-3m", 8.10),
        crystal("c-ZrO2", "fluorite", "Fm-3m", 5.09),
        crystal("t-ZrO2", "fluorite", "P4_2/nmc", 3.596, c=5.177),
        crystal("m-ZrO2", "baddeleyite", "P2_1/c", 5.1505, 5.2116, 5.3173, beta=99.23),
        crystal("LiNbO3", "LiNbO3", "R3c", 5.148, c=13.863, gamma=120),
        crystal("Li2ZrO3", "layered-like", "C2/c", 5.4218, 9.0216, 5.4187, beta=112.71),
        crystal("Nb12WO33", "wadsley-roth", "C2", 22.37, 3.825, 17.87, beta=123.4),
    ]
    return {film.name: film for film in listed}
