"""The stage as a whole: dials that matter, values where physics says no, and errors that say where."""

import math
import time
from dataclasses import fields, replace

import numpy as np
import pytest

from epitropy.anneal import laws
from epitropy.anneal.measure import penetration, width_above, zone_width
from epitropy.anneal.programme import segments, thermal_time
from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import anneal_profile
from epitropy.errors import InputError
from epitropy.records.anneal import DepthProfile
from epitropy.records.sourced import Sourced
from epitropy.sources import table
from epitropy.units import units_of


def warmer(by):
    return replace(Anneal(), temperature=Sourced(value=973.15 + by, unit="K"))


def test_heat_deepens_and_dissolves(coated):
    cold, hot = (anneal_profile(warmer(by), **coated) for by in (-50.0, 50.0))
    assert hot.penetration["Nb"] > cold.penetration["Nb"] > 0
    assert hot.undissolved_share["Zr"] < cold.undissolved_share["Zr"] < 1
    assert hot.reduced_share > cold.reduced_share


def test_time_deepens(coated):
    short, long = (
        anneal_profile(replace(Anneal(), time=Sourced(value=h, unit="s")), **coated) for h in (3600.0, 72000.0)
    )
    assert long.zone_width > short.zone_width


def test_ramps_count(coated):
    """Slow ramps add heat: most to what moves with little activation."""
    slow, quick = (
        anneal_profile(replace(Anneal(), **dict.fromkeys(("ramp_rate", "cool_rate"), Sourced(value=rate))), **coated)
        for rate in (1 / 60, 10.0)
    )
    hold_only = np.sqrt(Anneal().diffusivity_host["Ni"].value * Anneal().time.value)
    assert quick.diffusion_length["Ni"] == pytest.approx(hold_only, rel=2e-3, abs=0)
    assert slow.diffusion_length["Ni"] > 1.08 * quick.diffusion_length["Ni"]
    assert slow.zone_width > 1.05 * quick.zone_width
    assert slow.undissolved_share["Zr"] < quick.undissolved_share["Zr"]


def test_less_oxygen_reduces_more(coated):
    shares = [anneal_profile(replace(Anneal(), gas=gas), **coated).reduced_share for gas in ("O2", "air", "N2")]
    assert 0 < shares[0] < shares[1] < shares[2] < 1


def test_dissolved_share_is_first_order(coated):
    profile = anneal_profile(Anneal(), **coated)
    spec = Anneal()
    q = thermal_time(segments(spec), spec.dissolution_rate.value, spec.dissolution_activation_energy.value)
    assert profile.undissolved_share["Zr"] == pytest.approx(float(laws.undissolved_share(q)), rel=1e-4, abs=0)
    zirconium = profile.fraction[profile.species.index("Zr")] @ profile.sites
    assert zirconium == pytest.approx(coated["inclusions"]["Zr"] * (1 - profile.undissolved_share["Zr"]), rel=1e-12)


def test_bare_host_keeps_its_composition():
    profile = anneal_profile(
        Anneal(),
        film_cations={},
        inclusions={},
        host_cations={"Ni": 0.9, "Co": 0.05, "Mn": 0.05},
        host_site_density=49e3,
        film_site_density=33.9e3,
    )
    assert profile.layer_thickness == 0 and profile.zone_width == 0 and profile.undissolved_share == {}
    assert set(profile.penetration.values()) == {0.0}
    assert profile.layer_composition == pytest.approx({"Ni": 0.9, "Co": 0.05, "Mn": 0.05}, rel=1e-12, abs=0)


def test_inclusions_alone_enter_the_host(coated):
    profile = anneal_profile(Anneal(), **(coated | {"film_cations": {}}))
    assert profile.balance_error < 1e-12
    assert profile.fraction[profile.species.index("Zr")].max() > 0


def test_cell_widths_fill_the_layer(coated):
    profile = anneal_profile(Anneal(), **coated)
    assert profile.cell_width[profile.depth > 0].sum() == pytest.approx(profile.layer_thickness, rel=0.1)
    middle = profile.layer_thickness - np.cumsum(profile.cell_width[::-1])[::-1] + profile.cell_width / 2
    assert np.allclose(middle, profile.depth, rtol=0, atol=1e-18)


def test_host_that_holds_a_film_cation(coated):
    host = {"Ni": 0.8, "Mn": 0.15, "Nb": 0.05}
    profile = anneal_profile(Anneal(), **(coated | {"host_cations": host}))
    assert profile.balance_error < 1e-12
    assert profile.fraction[profile.species.index("Nb"), 0] == pytest.approx(0.05, rel=1e-5, abs=0)


def test_depth_rises_outward(coated):
    profile = anneal_profile(Anneal(), **coated)
    assert (np.diff(profile.depth) > 0).all() and profile.depth[0] < 0 < profile.depth[-1]
    assert profile.depth[-1] < profile.layer_thickness
    assert sum(profile.layer_composition.values()) == pytest.approx(1, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    "change, where",
    [
        ({"host_cations": {"Ni": 0.9}}, "host_cations"),
        ({"film_cations": {"Nb": -1e-4}}, "film_cations.Nb"),
        ({"inclusions": {"Zr": math.nan}}, "inclusions.Zr"),
        ({"host_site_density": 0.0}, "host_site_density"),
        ({"points": 3}, "points"),
    ],
)
def test_impossible_input_is_named(coated, change, where):
    with pytest.raises(InputError) as error:
        anneal_profile(Anneal(), **(coated | change))
    assert error.value.where == where


def test_unknown_gas_is_named():
    with pytest.raises(InputError, match="anneal.gas"):
        Anneal(gas="argon")


def test_every_number_of_the_record_has_a_unit():
    units = units_of(DepthProfile)
    assert {f.name for f in fields(DepthProfile) if units[f.name] is None} == {"species"}


def test_every_default_has_label_source_and_grade():
    rows = [r for row in table("defaults/anneal.toml").values() for r in ([row] if "value" in row else row.values())]
    assert len(rows) > 30
    assert all(row["label"] and row["source"] and row["grade"] for row in rows)


def test_gas_reaction_is_in_equilibrium_where_it_was_anchored():
    entropy = laws.decomposition_entropy(54350.0, 1023.15, laws.AIR_OXYGEN_PRESSURE)
    assert laws.decomposition_energy(54350.0, entropy, 1023.15, laws.AIR_OXYGEN_PRESSURE) == pytest.approx(0, abs=1e-9)
    assert float(laws.reduced_share(0.0, 1023.15)) == 0.5


def test_programme_and_thermal_time():
    rows = segments(Anneal())
    assert rows[:, 2].sum() == pytest.approx(34200.0, rel=1e-12, abs=0)
    for energy in (0.0, 150e3, 400e3):
        t = np.concatenate([start + rate * np.linspace(0, d, 20001) for start, rate, d in rows])
        steps = np.repeat(rows[:, 2] / 20000, 20001)
        rates = np.exp(-energy / 8.314462618 * (1 / t - 1 / 973.15)) * steps
        trapezoid = sum(np.sum(part) - (part[0] + part[-1]) / 2 for part in np.split(rates, 3))
        assert float(thermal_time(rows, 1.0, energy)) == pytest.approx(trapezoid, rel=1e-6, abs=0)


def test_widths_of_a_known_profile():
    depth = np.linspace(-10, 10, 2001)
    share = np.clip((depth + 5) / 10, 0, 1)
    assert zone_width(depth, share) == pytest.approx(8, rel=1e-6, abs=0)
    assert penetration(depth, share, bulk=0.0) == pytest.approx(4.9, rel=1e-6, abs=0)
    five = np.vstack([np.clip(1 - share, 0, 1)] + [share / 4] * 4)
    assert width_above(depth, five, least=0.05) == pytest.approx(7.5, rel=1e-6, abs=0)  # 0.2 <= share <= 0.95
    assert width_above(depth, five[:4], least=0.05) == 0


def test_one_profile_takes_milliseconds(coated):
    anneal_profile(Anneal(), **coated)
    start = time.process_time()
    for _ in range(5):
        anneal_profile(Anneal(), **coated)
    assert (time.process_time() - start) / 5 < 0.1  # about 0.03
