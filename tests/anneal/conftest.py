"""Anneals with few numbers: one temperature step up and down, no activation, no fine grains."""

from dataclasses import replace

import pytest

from epitropy.anneal.spec import Anneal
from epitropy.records.sourced import Sourced


def _plain(host, film=None, *, hold=18000.0, dissolution=0.0):
    """An anneal at 973.15 K whose diffusivities (m2/s) do not depend on temperature, with instant ramps."""
    rows = [{s: Sourced(value=v, unit="m2/s") for s, v in table.items()} for table in (host, film or host)]
    none = {"other": Sourced(value=0.0, unit="J/mol")}
    return replace(
        Anneal(),
        time=Sourced(value=hold, unit="s"),
        ramp_rate=Sourced(value=1e15, unit="K/s"),
        cool_rate=Sourced(value=1e15, unit="K/s"),
        diffusivity_host=rows[0],
        diffusivity_film=rows[1],
        activation_energy_host=none,
        activation_energy_film=none,
        dissolution_rate=Sourced(value=dissolution, unit="1/s"),
        dissolution_activation_energy=Sourced(value=0.0, unit="J/mol"),
        film_grain_size=Sourced(value=1.0, unit="m"),
    )


@pytest.fixture
def plain():
    return _plain


@pytest.fixture
def coated():
    """Arguments of 7 nm of Nb12WO33 with zirconia on NCM90, in mol/m2."""
    film = 7e-9 * 33.9e3
    return {
        "film_cations": {"Nb": film * 12 / 13, "W": film / 13},
        "inclusions": {"Zr": 0.05 * film},
        "host_cations": {"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
        "host_site_density": 49.0e3,
        "film_site_density": 33.9e3,
    }
