"""Recipe to layer: geometry, mass balance, limits."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.catalogue import phase, read_phase
from epitropy.chemistry import cations_of, molar_mass
from epitropy.coating import laws
from epitropy.coating.spec import Coating
from epitropy.coating.stage import deposit, dose_per_host, precursor_shares
from epitropy.errors import InputError
from epitropy.records.coating import Particle
from epitropy.records.sourced import Sourced

POWDER = Particle(
    diameter=10e-6,
    grain_size=0.4e-6,
    density=4738.0,
    roughness=1.5,
    wetted_area=400.0,
    molar_mass=0.0975,
    residual_lithium=0.0,
    cation_site_density=48600.0,
)


def number(value, unit="1"):
    return Sourced(value=value, unit=unit)


def recipe(dose=0.01, *, spreading=0.0, precursors=None, **changes):
    """A coating of Nb12WO33 alone that does not spread, unless said."""
    shares = {p: number(s) for p, s in (precursors or {"Nb12WO33": 1.0}).items()}
    fixed = {"dose": number(dose), "precursors": shares, "spreading_diffusivity": number(spreading, "m2/s")}
    return replace(Coating(), **fixed, **changes)


def layer(coating, powder=POWDER, *, time=18000.0, dissolved=0.3):
    return deposit(coating, powder, spreading_time=time, dissolved_share=dissolved)


# laws --------------------------------------------------------------------------------------------------------------


def test_one_percent_of_the_block_oxide_on_a_bet_area_is_seven_nanometres():
    assert laws.mean_thickness(0.01, phase("Nb12WO33").density.value, 300.0) == pytest.approx(7.0e-9, abs=0.05e-9)


def test_the_outer_area_of_a_smooth_ten_micron_powder_takes_seventeen_nanometres():
    smooth = replace(POWDER, roughness=1.0)
    assert smooth.outer_area == pytest.approx(126.0, abs=1.0)
    assert layer(recipe(), smooth).mean_thickness == pytest.approx(16.7e-9, abs=0.15e-9)  # 126 m2/kg


@given(st.floats(1e-9, 1e-7), st.floats(1e-9, 1e-6))
def test_the_footprint_counts_discs_per_area(thickness, diameter):
    """n spheres of the diameter hold the volume of the film and cover n pi d^2/4 if none overlaps."""
    count = thickness / (math.pi * diameter**3 / 6)
    assert laws.footprint(thickness, diameter) == pytest.approx(count * math.pi * diameter**2 / 4, rel=1e-12, abs=0)


def test_random_discs_cover_as_the_law_says():
    """A throw of discs on a periodic square, sampled at random points."""
    rng = np.random.default_rng(7)
    radius, count, points = 0.04, 200, 4000
    covered = 0.0
    throws = 12
    for _ in range(throws):
        distance = np.abs(rng.random((points, 1, 2)) - rng.random((1, count, 2)))
        distance = np.minimum(distance, 1 - distance)
        covered += np.mean((distance**2).sum(axis=2).min(axis=1) < radius**2) / throws
    assert covered == pytest.approx(laws.random_coverage(count * math.pi * radius**2), abs=0.015)


@given(st.floats(0, 50))
def test_no_law_covers_more_than_there_is(footprints):
    assert 0 <= laws.random_coverage(footprints) <= 1
    assert laws.random_coverage(footprints) <= footprints
    assert laws.exclusive_coverage(footprints) == pytest.approx(min(footprints, 0.547), rel=1e-12, abs=0)


def test_thin_deposits_cover_their_footprint_whatever_the_law():
    assert laws.random_coverage(1e-6) == pytest.approx(1e-6, rel=1e-6, abs=0)
    assert laws.exclusive_coverage(1e-6) == 1e-6


def test_random_addition_jams_where_the_limit_says():
    """Discs added one by one where they fit; coverage nears its limit as attempts^-1/2 (Hinrichsen et al. 1986)."""
    rng = np.random.default_rng(11)
    radius, throws = 0.03, 3
    early = late = 0.0
    for _ in range(throws):
        placed = np.empty((0, 2))
        for i, point in enumerate(rng.random((24000, 2))):
            distance = np.abs(placed - point)
            distance = np.minimum(distance, 1 - distance)
            if not np.any((distance**2).sum(axis=1) < 4 * radius**2):
                placed = np.vstack([placed, point])
            if i == 5999:
                early += len(placed) * math.pi * radius**2 / throws
        late += len(placed) * math.pi * radius**2 / throws
    assert 2 * late - early == pytest.approx(laws.JAMMING_COVERAGE, abs=0.015)


@given(st.floats(0, 1e-17), st.floats(0, 1e6), st.floats(1e-9, 1e-6))
def test_a_spread_footprint_grows_with_the_diffusion_length(diffusivity, time, diameter):
    radius = math.sqrt(laws.spreading_factor(diffusivity, time, diameter)) * diameter / 2
    assert radius**2 == pytest.approx((diameter / 2) ** 2 + 4 * diffusivity * time, rel=1e-9, abs=0)


# stage -------------------------------------------------------------------------------------------------------------

doses = st.floats(1e-4, 0.2)
mixes = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-9, 1 - 1e-9)).map(lambda s: {"Nb12WO33": s, "ZrO2": 1 - s})


@given(doses, mixes, st.floats(0, 1e-18), st.floats(0, 1), st.sampled_from(["random", "exclusive"]))
def test_mass_in_is_mass_out(dose, mix, spreading, dissolved, deposition):
    made = layer(recipe(dose, spreading=spreading, precursors=mix, deposition=deposition), dissolved=dissolved)
    assert made.thickness * made.coverage * made.area * made.density == pytest.approx(made.mass_ratio, rel=1e-12, abs=0)
    assert sum(line.mass for line in made.batch) == pytest.approx(dose, rel=1e-12, abs=0)
    for line in made.batch:
        assert line.amount * molar_mass(line.precursor) == pytest.approx(line.mass, rel=1e-12, abs=0)


@given(doses, mixes, st.floats(0, 1))
def test_every_cation_of_the_batch_sheet_is_in_the_layer(dose, mix, dissolved):
    made = layer(recipe(dose, precursors=mix), dissolved=dissolved)
    weighed: dict[str, float] = {}
    for line in made.batch:
        for element, count in cations_of(line.precursor).items():
            weighed[element] = weighed.get(element, 0.0) + count * line.amount
    assert made.cations == pytest.approx(weighed, rel=1e-12, abs=0)
    for element, amount in made.dissolved_cations.items():
        share = 1.0 if element in ("Nb", "W") else dissolved
        assert amount == pytest.approx(share * weighed[element], rel=1e-12, abs=0)


@given(doses, mixes)
def test_volumes_of_the_precursors_add(dose, mix):
    made = layer(recipe(dose, precursors=mix))
    volume = sum(line.mass / phase(line.precursor).density.value for line in made.batch)
    assert made.mean_thickness * made.area == pytest.approx(volume, rel=1e-12, abs=0)


def test_one_percent_of_the_block_oxide_takes_two_percent_of_the_hosts_lithium():
    made = layer(recipe(0.01))
    assert made.host_lithium_taken == pytest.approx(0.021, abs=5e-4)
    assert made.lithium_demand == pytest.approx(40 * 0.01 / molar_mass("Nb12WO33"), rel=1e-12, abs=0)  # 12 x 3 + 1 x 4


@pytest.mark.parametrize(
    ("precursor", "per_formula"),
    [("Nb2O5", 6), ("LiNbO3", 2), ("Li3NbO4", 0), ("Li4WO5", 0), ("LiNb3O8", 8), ("WO3", 4), ("NiNb2O6", 7)],
)
def test_a_precursors_own_lithium_counts_against_the_demand(precursor, per_formula):
    made = layer(recipe(precursors={precursor: 1.0}), dissolved=1.0)
    weight = molar_mass(phase(precursor).formula)
    assert made.lithium_demand == pytest.approx(per_formula * 0.01 / weight, rel=1e-9, abs=1e-12)
    assert made.lithium_demand == pytest.approx(max(made.lithium_bound - made.lithium_brought, 0), rel=1e-9, abs=1e-12)


def test_lithium_that_is_weighed_in_spares_the_hosts():
    """2 Li2CO3 for each Li4WO5; more than is bound leaves no negative demand, and carbon is no cation."""
    ratio = 2 * molar_mass("Li2CO3") / molar_mass("WO3")
    enough = {"WO3": 1 / (1 + ratio), "Li2CO3": ratio / (1 + ratio)}
    made = layer(recipe(precursors=enough))
    assert made.lithium_demand == pytest.approx(0, abs=1e-12) and made.host_lithium_taken == pytest.approx(0, abs=1e-12)
    assert set(made.cations) == {"W"}
    much = layer(recipe(precursors={"WO3": 0.2, "Li2CO3": 0.8}))
    assert much.lithium_demand == 0 and much.lithium_brought > much.lithium_bound


def test_the_product_that_is_named_decides_the_demand():
    rich = recipe()
    poor = replace(rich, lithium_per_cation={**rich.lithium_per_cation, "Nb": number(1.0), "W": number(2.0)})
    made = layer(poor)
    assert made.lithium_demand == pytest.approx(14 * 0.01 / molar_mass("Nb12WO33"), rel=1e-9, abs=0)


# what is weighed for it --------------------------------------------------------------------------------------------


@given(doses, st.floats(0.5, 1), st.floats(0, 3))
def test_what_is_weighed_holds_the_dry_dose_exactly(dose, purity, water):
    """The lot's water and impurities apart, the balance shows the dry oxide; the layer does not know the lot."""
    lot = recipe(dose, precursors={"WO3": 1.0}, purity={"WO3": number(purity)}, water={"WO3": number(water)})
    made = layer(lot)
    (line,) = made.batch
    hydrate = molar_mass("WO3") + water * molar_mass("H2O")
    assert line.weighed * purity / hydrate == pytest.approx(line.amount, rel=1e-12, abs=0)
    assert line.mass == pytest.approx(dose, rel=1e-12, abs=0)
    assert made.mean_thickness == layer(recipe(dose, precursors={"WO3": 1.0})).mean_thickness


def test_tungstic_acid_is_weighed_as_the_hydrate():
    (line,) = layer(recipe(precursors={"WO3": 1.0}, water={"WO3": number(1.0)})).batch
    assert line.weighed / line.mass == pytest.approx(249.853 / 231.838, rel=1e-5, abs=0)  # H2WO4 over WO3


def test_a_lot_without_a_row_of_its_own_has_that_of_the_others():
    mix = {"Nb12WO33": 0.8, "ZrO2": 0.2}
    made = layer(recipe(precursors=mix, purity={"ZrO2": number(0.5)}))
    weighed = {line.precursor: line.weighed / line.mass for line in made.batch}
    assert weighed == {"Nb12WO33": pytest.approx(1.0), "ZrO2": pytest.approx(2.0)}


def test_the_formula_and_not_the_name_gives_the_mass():
    """Tetragonal and monoclinic zirconia: the same moles, another volume."""
    one, other = (layer(recipe(precursors={p: 1.0})) for p in ("ZrO2", "ZrO2 tetragonal"))
    assert one.cations == other.cations and one.batch[0].amount == other.batch[0].amount
    assert one.mean_thickness / other.mean_thickness == pytest.approx(6.10 / 5.82, rel=1e-9, abs=0)


def test_a_precursor_may_be_the_studys_own():
    mine = read_phase("mine", {"formula": "Nb12WO33", "density": "2.38 g/cm3", "wets": True})
    made = deposit(
        recipe(precursors={"mine": 1.0}), POWDER, spreading_time=0.0, dissolved_share=0.3, phases={"mine": mine}
    )
    assert made.mean_thickness == pytest.approx(2 * layer(recipe()).mean_thickness, rel=1e-9, abs=0)
    assert made.lithium_demand == pytest.approx(layer(recipe()).lithium_demand, rel=1e-12, abs=0)


def test_residual_lithium_is_taken_before_the_hosts():
    demand = layer(recipe(0.01)).lithium_demand
    plenty = layer(recipe(0.01), replace(POWDER, residual_lithium=2 * demand))
    assert plenty.residual_consumed == pytest.approx(0.5, rel=1e-12, abs=0)
    assert plenty.host_lithium_taken == 0
    scarce = layer(recipe(0.01), replace(POWDER, residual_lithium=0.5 * demand))
    assert scarce.residual_consumed == 1
    assert scarce.host_lithium_taken == pytest.approx(0.5 * demand * POWDER.molar_mass, rel=1e-12, abs=0)


def test_the_share_is_of_all_lithium_that_the_host_holds():
    made, rich = layer(recipe(0.05)), layer(recipe(0.05), replace(POWDER, lithium=1.2))
    assert rich.host_lithium_taken == pytest.approx(made.host_lithium_taken / 1.2, rel=1e-12, abs=0)
    with pytest.raises(InputError, match="without lithium"):
        layer(recipe(), replace(POWDER, lithium=0.0))


def test_undissolved_zirconia_asks_for_no_lithium_and_stays_as_inclusions():
    mix = {"Nb12WO33": 0.8, "ZrO2": 0.2}
    none, all_of_it = (layer(recipe(precursors=mix), dissolved=d) for d in (0.0, 1.0))
    extra = 2 * 0.01 * 0.2 / molar_mass("ZrO2")  # Li2ZrO3
    assert all_of_it.lithium_demand - none.lithium_demand == pytest.approx(extra, rel=1e-9, abs=0)
    assert all_of_it.inclusion_volume_share == 0
    volumes = {p: s / phase(p).density.value for p, s in mix.items()}
    assert none.inclusion_volume_share == pytest.approx(volumes["ZrO2"] / sum(volumes.values()), rel=1e-12, abs=0)


@given(st.floats(1e-4, 0.4))
def test_a_dose_of_the_total_is_a_larger_dose_of_the_host(dose):
    per_host = dose_per_host(recipe(dose, dose_basis="total"))
    assert per_host / (1 + per_host) == pytest.approx(dose, rel=1e-12, abs=0)
    assert dose_per_host(recipe(dose)) == dose


def test_the_area_basis_is_the_area_that_is_covered():
    outer, wetted = (layer(recipe(area_basis=b)) for b in ("outer", "wetted"))
    assert outer.area == POWDER.outer_area and wetted.area == POWDER.wetted_area
    assert outer.mean_thickness * outer.area == pytest.approx(wetted.mean_thickness * wetted.area, rel=1e-12, abs=0)


def uncertain(value):
    return Sourced(value=value, distribution="logitnormal", spread=(0.5,))


@given(st.floats(0.01, 0.99))
def test_a_drawn_share_is_the_share_that_is_used(drawn):
    shares = precursor_shares(replace(Coating(), precursors={"Nb12WO33": uncertain(drawn), "ZrO2": number(0.2)}))
    assert shares["Nb12WO33"] == drawn
    assert shares["ZrO2"] == pytest.approx(1 - drawn, rel=1e-12, abs=0)


@given(st.floats(0.01, 0.99))
def test_of_three_the_certain_ones_fill_up_in_their_own_ratio(drawn):
    mix = {"Nb12WO33": uncertain(drawn), "ZrO2": number(0.15), "WO3": number(0.05)}
    shares = precursor_shares(replace(Coating(), precursors=mix))
    assert list(shares) == list(mix) and shares["Nb12WO33"] == drawn
    assert shares["ZrO2"] / shares["WO3"] == pytest.approx(3, rel=1e-9, abs=0)
    assert sum(shares.values()) == pytest.approx(1, rel=1e-12, abs=0)


shares_of_three = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda s: sum(s) > 1e-3)


@given(shares_of_three, st.lists(st.sampled_from("fus"), min_size=3, max_size=3))
def test_shares_sum_to_one_whatever_is_drawn_or_set(values, kinds):
    """f: without a spread, u: with one, s: set."""
    names = ("Nb12WO33", "ZrO2", "WO3")
    mix = {n: uncertain(v) if k == "u" and 0 < v < 1 else number(v) for n, v, k in zip(names, values, kinds)}
    shares = precursor_shares(replace(Coating(), precursors=mix), {n for n, k in zip(names, kinds) if k == "s"})
    assert sum(shares.values()) == pytest.approx(1, rel=1e-12, abs=0) and min(shares.values()) >= 0


def test_draws_that_sum_to_more_than_one_are_a_ratio_and_leave_nothing_for_the_rest():
    mix = {"Nb12WO33": uncertain(0.9), "WO3": uncertain(0.3), "ZrO2": number(0.2)}
    shares = precursor_shares(replace(Coating(), precursors=mix))
    assert shares == {
        "Nb12WO33": pytest.approx(0.75, rel=1e-12),
        "WO3": pytest.approx(0.25, rel=1e-12),
        "ZrO2": pytest.approx(0, abs=1e-12),
    }


def test_a_share_that_is_set_stands_before_one_with_a_spread():
    coating = replace(Coating(), precursors={"Nb12WO33": uncertain(0.8), "ZrO2": number(0.5)})
    assert precursor_shares(coating, {"ZrO2"}) == {"Nb12WO33": 0.5, "ZrO2": 0.5}


def test_shares_of_one_kind_are_a_ratio():
    for kind in (number, uncertain):
        shares = precursor_shares(replace(Coating(), precursors={"Nb12WO33": kind(0.9), "ZrO2": kind(0.2)}))
        assert shares["Nb12WO33"] / shares["ZrO2"] == pytest.approx(4.5, rel=1e-12, abs=0)
        assert sum(shares.values()) == pytest.approx(1, rel=1e-12, abs=0)


def test_agglomerates_count_by_volume_not_by_mass():
    """Half and half by mass of Li3NbO4, which is light and wets, and Ta2O5, which is heavy and does not."""
    assert phase("Li3NbO4").wets and not phase("Ta2O5").wets
    mix = {"Li3NbO4": 0.5, "Ta2O5": 0.5}
    made = layer(recipe(precursors=mix, spreading=4e-20))
    light, heavy = (phase(p).density.value for p in mix)
    assert made.wetting_share == pytest.approx(heavy / (light + heavy), rel=1e-12, abs=0)
    footprints = laws.footprint(made.mean_thickness, 50e-9)
    growth = laws.spreading_factor(4e-20, 18000.0, 50e-9)
    grown = footprints * (1 - made.wetting_share + made.wetting_share * growth)
    assert made.coverage == pytest.approx(-math.expm1(-grown), rel=1e-12, abs=0)


def test_spreading_covers_more_with_less_height():
    still, spread = (layer(recipe(spreading=d)) for d in (0.0, 1e-19))
    assert still.coverage == still.coverage_mixed
    assert spread.coverage > still.coverage
    assert spread.thickness < still.thickness


def test_what_does_not_wet_does_not_spread():
    made = layer(recipe(spreading=1e-15, precursors={"ZrO2": 1.0}))
    assert made.coverage == made.coverage_mixed


def test_exclusive_deposits_cover_up_to_the_jamming_limit():
    thick = recipe(0.1, deposition="exclusive", agglomerate_diameter=number(20e-9, "m"))
    assert layer(thick).coverage_mixed == laws.JAMMING_COVERAGE


@pytest.mark.parametrize("deposition", ["random", "exclusive"])
def test_an_endless_anneal_closes_the_film(deposition):
    made = layer(recipe(spreading=1e-15, deposition=deposition))
    assert made.coverage == pytest.approx(1, rel=1e-9, abs=0)
    assert made.thickness == pytest.approx(made.mean_thickness, rel=1e-9, abs=0)


@given(st.floats(0.001, 0.3), st.floats(1e-24, 1e-18), st.sampled_from(["random", "exclusive"]))
def test_coverage_rises_with_every_bit_of_spreading(dose, spreading, deposition):
    """No plateau and no step from no spreading on, however the deposit was made."""
    made = recipe(dose, spreading=spreading, deposition=deposition)
    more = layer(replace(made, spreading_diffusivity=number(1.01 * spreading, "m2/s")))
    here = layer(made)
    still = here.coverage_mixed
    assert still < here.coverage < more.coverage <= 1 or here.coverage > 1 - 1e-6
    growth = laws.spreading_factor(spreading, 18000.0, 50e-9)
    assert here.coverage <= still * growth / (1 - still) + 1e-12  # goes to zero growth with the spreading


def test_exclusive_deposits_spread_at_any_diffusivity():
    """Their footprints do not overlap at first, so that the gain is all of what the footprints gain."""
    made = layer(recipe(0.004, deposition="exclusive", spreading=1e-22))
    growth = laws.spreading_factor(1e-22, 18000.0, 50e-9)
    gained = made.coverage - made.coverage_mixed
    assert gained == pytest.approx(made.coverage_mixed * (growth - 1), rel=0.01, abs=0)


@pytest.mark.parametrize("start", [0.2, 0.35, 0.5])
def test_grown_discs_cover_what_discs_on_a_square_cover(start):
    """Discs placed where they fit, then enlarged; the law is a lower bound, good to 0.06."""
    rng = np.random.default_rng(3)
    radius = 0.03
    placed = np.empty((0, 2))
    while len(placed) * math.pi * radius**2 < start:
        distance = np.abs(placed - (point := rng.random(2)))
        if not np.any((np.minimum(distance, 1 - distance) ** 2).sum(axis=1) < 4 * radius**2):
            placed = np.vstack([placed, point])
    start = len(placed) * math.pi * radius**2
    distance = np.abs(rng.random((4000, 1, 2)) - placed)
    nearest = (np.minimum(distance, 1 - distance) ** 2).sum(axis=2).min(axis=1)
    for growth in (1.0, 1.2, 1.5, 2.0, 3.0, 5.0):
        counted = np.mean(nearest < growth * radius**2)
        assert -0.02 < counted - laws.grown_coverage(start, growth) < 0.075, growth


@given(st.floats(0, 0.547), st.floats(1, 1e3))
def test_growth_never_covers_more_than_footprints_or_surface(start, growth):
    grown = laws.grown_coverage(start, growth)
    assert start <= grown <= min(1, start * growth + 1e-12)


@pytest.mark.parametrize("dose", [0.0, 1e-12])
def test_almost_nothing_weighed_leaves_almost_nothing(dose):
    made = layer(recipe(dose))
    assert made.coverage == pytest.approx(0, abs=1e-9)
    assert math.isfinite(made.thickness)


def test_shares_without_mass_are_refused():
    with pytest.raises(InputError):
        precursor_shares(recipe(precursors={"Nb12WO33": 0.0}))
