"""The one door: what it reads, what it shares between cells, and what it refuses, with the path."""

import copy
from functools import cache

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from epitropy.errors import InputError
from epitropy.study import bundled_studies, leaves, load_study, read_study, study_hash, study_text

ZHAO = yaml.safe_load(study_text("zhao2024"))
DOSE = "cells.coated.coating.dose"


@cache
def article():
    return load_study("zhao2024")


def changed(**settings):
    """The article's study with values at paths; ``__`` stands for the dot."""
    raw = copy.deepcopy(ZHAO)
    for path, value in settings.items():
        node, *rest = raw, *path.split("__")
        for part in rest[:-1]:
            node = node.setdefault(part, {})
        node[rest[-1]] = value
    return raw


def refusal(**settings):
    with pytest.raises(InputError) as caught:
        read_study(changed(**settings))
    return str(caught.value)


# what is refused ---------------------------------------------------------------------------------------------------

MISSPELT = [
    ({"coting": {}}, "coting", "'coating'"),
    ({"anneal__temprature": "700 degC"}, "anneal.temprature", "'temperature'"),
    ({"cells__coated__coating__dos": "1 wt%"}, "cells.coated.coating.dos", "'dose'"),
    ({"cells__coated__coatin": {}}, "cells.coated.coatin", "'coating'"),
    ({"degradation__coherence": 0.5}, "degradation.coherence", "'coherency'"),
    ({"calibration__capacities": {}}, "calibration.capacities", "'capacity'"),
    ({"reported__coated__capacitiy": {}}, "reported.coated.capacitiy", "'capacity'"),
    ({"cells__coated__coating__dose": {"value": "1 wt%", "spred": 0.3}}, DOSE, "spred"),
]


@pytest.mark.parametrize(("settings", "path", "suggestion"), MISSPELT)
def test_an_unknown_key_is_refused_with_its_path_and_the_likely_one(settings, path, suggestion):
    message = refusal(**settings)
    assert message.startswith(path)
    assert suggestion in message


FAULTS = [
    ({"cells__coated__coating__dose": "12 nm"}, DOSE),
    ({"cells__coated__coating__dose": "-1 wt%"}, DOSE),
    ({"cells__coated__coating__dose": {"value": "-1 wt%", "grade": "measured"}}, DOSE),
    ({"cells__coated__coating__dose": "60 wt%"}, DOSE),
    ({"cells__coated__coating__dose": None}, DOSE),
    ({"cells__coated__coating__dose": True}, DOSE),
    ({"cells__coated__coating__dose": [1, 2]}, DOSE),
    ({"cells__coated__coating__dose": {"value": "1 wt%", "grade": "guess"}}, DOSE),
    ({"cells__coated__coating__dose": {"value": "1 wt%", "distribution": "gamma", "spread": 1}}, DOSE),
    ({"cells__coated__coating__dose": {"value": "1 wt%", "spread": "wide"}}, DOSE),
    ({"cells__coated__coating__dose": {"spread": 0.3}}, DOSE),
    ({"cells__coated__coating__dose_basis": "mass"}, "cells.coated.coating.dose_basis"),
    ({"cells__coated__coating__deposition": "spray"}, "cells.coated.coating.deposition"),
    ({"cells__coated__coating__precursors": {"Nb12WO33": "80 %", "ZrO2": "10 %"}}, "coating.precursors"),
    ({"cells__coated__coating__precursors": {"Nb12WO33": "120 %", "ZrO2": "-20 %"}}, "coating.precursors"),
    ({"cells__coated__coating__precursors": {"Unobtainium": 1}}, "coating.precursors"),
    ({"cells__coated__coating__precursors": {}}, "coating.precursors"),
    ({"cells__coated__anneal": "none"}, "cells.coated.anneal"),
    ({"cathode__composition__M": {"Ni": 0.9, "Xx": 0.1}}, "cathode.composition"),
    ({"cathode__composition__M": {"Ni": 0.9, "Co": 0.05}}, "cathode.composition.M"),
    ({"cathode__composition__M": {"Ni": 1.2, "Co": -0.2}}, "cathode.composition.M"),
    ({"cathode__lattice": "nowhere"}, "cathode.lattice"),
    ({"cathode__particle_diameter": "-10 um"}, "cathode.particle_diameter"),
    ({"cathode__particle_diameter": "0 um"}, "cathode.particle_diameter"),
    ({"cathode": "x"}, "cathode"),
    ({"cathode": None}, "cathode"),
    ({"layer__structure": "perovskite"}, "layer.structure"),
    ({"layer__oxygen_ratio": float("inf")}, "layer.oxygen_ratio"),
    ({"protocol__upper_voltage": "2.5 V"}, "protocol.upper_voltage"),
    ({"protocol__upper_voltage": "2.6 V", "protocol__lower_voltage": "4.3 V"}, "protocol.upper_voltage"),
    ({"protocol__upper_voltage": "7 V"}, "protocol.upper_voltage"),
    ({"protocol__cycles": 0}, "protocol.cycles"),
    ({"protocol__cycles": "many"}, "protocol.cycles"),
    ({"protocol__cycles": 200.5}, "protocol.cycles"),
    ({"protocol__cycles": 100}, "calibration.capacity"),
    ({"protocol__one_c": "200 mA"}, "protocol.one_c"),
    ({"protocol__one_c": "0 mA/g"}, "protocol.one_c"),
    ({"protocol": [1]}, "protocol"),
    ({"anneal__temperature": 700}, "anneal.temperature"),
    ({"anneal__temperature": "700 K/min"}, "anneal.temperature"),
    ({"anneal__temperature": "-300 degC"}, "anneal.temperature"),
    ({"anneal__gas": "Ar"}, "anneal.gas"),
    ({"anneal__time": "-3 h"}, "anneal.time"),
    ({"anneal__time": "soon"}, "anneal.time"),
    ({"anneal__diffusivity_host": {"Ni": "3 nm"}}, "anneal.diffusivity_host"),
    ({"calibration__cell": "nobody"}, "calibration.cell"),
    ({"calibration__capacity": {1: "174 mAh/g"}}, "calibration.capacity"),
    ({"calibration__capacity": {1: "174 mAh/g", 200: "-3 mAh/g"}}, "calibration.capacity"),
    ({"calibration__capacity": {1: "174 mAh/g", 200: "3 mAh"}}, "calibration.capacity.200"),
    ({"calibration__capacity": {"one": "174 mAh/g", 200: "3 mAh/g"}}, "calibration.capacity.one"),
    ({"reported": {"x": {}}}, "reported"),
    ({"cells__coated": "x"}, "cells.coated"),
    ({"cells": [1, 2]}, "cells"),
    ({"name": ""}, "name"),
    ({"name": 3}, "name"),
]


@pytest.mark.parametrize(("settings", "path"), FAULTS, ids=lambda v: str(v)[:70])
def test_a_fault_is_one_line_that_contains_its_path(settings, path):
    message = refusal(**settings)
    assert path in message
    assert "\n" not in message


IMPOSSIBLE = [
    ("layer__lithium_conductivity", "0 S/cm"),
    ("layer__lithium_conductivity", "-1 S/cm"),
    ("layer__electronic_conductivity", "0 S/cm"),
    ("layer__oxygen_ratio", 0),
    ("layer__oxygen_ratio", -1),
    ("layer__leak_share", 2),
    ("layer__interface_toughness", "0 J/m2"),
    ("layer__second_phase", "150 %"),
    ("cathode__boundary_toughness", "0 J/m2"),
    ("cathode__exchange_current", "-1 A/m2"),
    ("cathode__poisson_ratio", 0.7),
    ("cathode__young_modulus", "-5 GPa"),
    ("cathode__inactive_share", "150 %"),
    ("cathode__residual_lithium", "-1 mol/kg"),
    ("cell__series_resistance", "-5 ohm cm2"),
    ("degradation__threshold_width", 0),
    ("degradation__skin_thickness_200", "0 nm"),
    ("degradation__skin_transport_share", 0.0),
    ("degradation__skin_transport_share", 1.0),
    ("degradation__cracked_share", 2.0),
    ("degradation__deep_charge_share", -1.0),
    ("degradation__pinned_share_200", 1.5),
    ("degradation__coherency", 3),
]


@pytest.mark.parametrize(("key", "value"), IMPOSSIBLE)
def test_a_number_that_no_cell_can_have_is_refused_at_the_door(key, value):
    assert key.split("__")[-1] in refusal(**{key: value})


BROKEN_YAML = [
    ("a: [1", "line 1"),
    ("- 1\n- 2", "list"),
    ("", "NoneType"),
    ("name: x\nname: y", "'name' given twice"),
    ("name: x\ncells: {bare: {coating: none}, bare: {}}", "'bare' given twice"),
    ("\x00", "not YAML"),
    ("name: &a [*a]", "not YAML"),
    ("name: !!python/object:os.system x", "not YAML"),
    ("name: x\n? [1, 2]\n: 3", "line 2"),
    ("name: x\n? {a: 1}\n: 3", "line 2"),
]


@pytest.mark.parametrize(("text", "part"), BROKEN_YAML)
def test_a_file_that_is_no_study_is_refused_with_its_name(tmp_path, text, part):
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(str(path))
    assert "broken.yaml" in str(caught.value)
    assert part in str(caught.value)


def test_a_folder_or_a_binary_file_is_no_study(tmp_path):
    binary = tmp_path / "b.bin"
    binary.write_bytes(b"\xff\xfe\x00\x80" * 9)
    for source in (tmp_path, binary, tmp_path / "missing.yaml"):
        with pytest.raises(InputError) as caught:
            load_study(str(source))
        assert str(source) in str(caught.value)


def test_a_misspelt_study_names_those_there_are():
    with pytest.raises(InputError, match="zhang2022, zhao2024"):
        load_study("zhao2042")


# what is read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundled_studies())
def test_a_bundled_study_loads_and_every_input_is_graded(name):
    study = load_study(name)
    assert study.title
    assert all(v.source and v.label for v in study.inputs().values() if v.uncertain)


def test_the_article_fixes_only_what_was_read_there():
    study = article()
    assert study.calibration.first == pytest.approx(174.7 * 3600, rel=1e-9, abs=0)
    assert study.calibration.last == pytest.approx(138 * 3600, rel=1e-9, abs=0)
    coated = study.reported["coated"]
    assert coated.capacity[200].value == pytest.approx(187 * 3600, rel=1e-9, abs=0)
    assert coated.retention[200].value == pytest.approx(0.96, rel=1e-9, abs=0)
    # the two reported numbers belong together
    assert coated.capacity[200].value / coated.capacity[1].value == pytest.approx(0.96, abs=5e-4)
    assert study.cells["coated"].anneal.temperature.value == pytest.approx(973.15, rel=1e-9, abs=0)


def test_a_cell_without_a_coating_has_none():
    study = article()
    assert study.cells["bare"].coating is None and study.cells["bare"].anneal is None
    assert study.cells["coated"].coating is not None
    assert not any(name.startswith("bare.coating") for name in study.inputs())


def test_a_plain_number_may_be_text_or_a_table_with_its_source():
    stated = {"value": "2 wt%", "distribution": "lognormal", "spread": 0.3, "grade": "measured", "source": "balance"}
    for given_as in ("2 wt%", 0.02, "0.02", stated):
        dose = read_study(changed(cells__coated__coating__dose=given_as)).cells["coated"].coating.dose
        assert dose.value == pytest.approx(0.02, rel=1e-12, abs=0)
    assert (dose.grade, dose.source, dose.spread) == ("measured", "balance", (0.3,))


def test_a_cells_own_value_wins_and_carries_its_cells_name():
    study = read_study(changed(coating={"dose": "3 wt%"}, cells__coated__coating__dose="2 wt%"))
    assert study.cells["coated"].coating.dose.value == pytest.approx(0.02, rel=1e-12, abs=0)
    assert "coated.coating.dose" in study.inputs()
    assert "coating.dose" not in study.inputs()


def test_a_shared_value_reaches_every_cell_and_is_listed_once():
    study = read_study(changed(cell__loading="7 mg/cm2"))
    assert {c.cell.loading.value for c in study.cells.values()} == {0.07}
    assert [n for n in study.inputs() if n.endswith("cell.loading")] == ["cell.loading"]


def test_one_value_of_a_block_leaves_the_rest_of_it_shared():
    study = read_study(changed(cathode__grain_size="1 um", cells__coated__cathode={"particle_diameter": "5 um"}))
    bare, coated = study.cells["bare"].cathode, study.cells["coated"].cathode
    assert bare.grain_size.value == coated.grain_size.value == pytest.approx(1e-6, rel=1e-12, abs=0)
    assert coated.particle_diameter.value == pytest.approx(5e-6, rel=1e-12, abs=0)
    assert bare.particle_diameter.value == pytest.approx(1e-5, rel=1e-12, abs=0)
    assert {"coated.cathode.particle_diameter", "cathode.particle_diameter"} <= set(study.inputs())


def test_a_mix_of_precursors_replaces_the_shared_one_as_a_whole():
    study = read_study(changed(cells__coated__coating__precursors={"ZrO2": 1}))
    assert list(study.cells["coated"].coating.precursors) == ["ZrO2"]


def test_rows_of_absent_cations_are_no_inputs():
    names = set(article().inputs())
    rows = {n.split(".")[-1] for n in names if ".diffusivity_host." in n}
    assert rows == {"Ni", "Co", "Mn", "Nb", "W", "Zr"}


# a study's own phases -----------------------------------------------------------------------------------------------

MINE = {"formula": "Nb14W3O44", "density": {"value": "5.05 g/cm3", "spread": 0.02, "source": "X-ray"}, "wets": True}
LAYER = {
    "formula": "LiNiO2",
    "density": "4.7 g/cm3",
    "structure": "layered",
    "cell": {"a": "2.90 angstrom", "c": "14.3 angstrom", "gamma": "120 deg"},
    "young_modulus": "160 GPa",
    "poisson_ratio": 0.25,
}


def own(**more):
    mix = {"block oxide": "80 %", "ZrO2": "20 %"}
    return changed(phases={"block oxide": MINE, "my layer": LAYER}, cells__coated__coating__precursors=mix, **more)


def test_a_study_may_name_phases_of_its_own():
    study = read_study(own(layer__structure="my layer"))
    assert study.cells["coated"].phases["block oxide"].formula == "Nb14W3O44"
    names = set(study.inputs())
    assert {"phases.block oxide.density", "phases.my layer.young_modulus", "coating.lithium_per_cation.Nb"} <= names
    assert {n.split(".")[-1] for n in names if ".diffusivity_host." in n} == {"Ni", "Co", "Mn", "Nb", "W", "Zr"}


def test_phases_that_no_cell_names_and_lithium_of_absent_cations_are_no_inputs():
    names = read_study(own()).inputs()
    assert not any(n.startswith("phases.my layer") for n in names)
    bound = {n for n in names if n.startswith("coating.lithium_per_cation.")}
    assert bound == {f"coating.lithium_per_cation.{e}" for e in ("Nb", "W", "Zr")}


def test_the_spread_of_an_own_density_is_drawn():
    name = "phases.block oxide.density"
    low, high = (read_study(own()).at({name: q}).inputs()[name].value for q in (0.1, 0.9))
    assert low < 5050 < high


def test_the_hash_sees_a_phases_numbers_and_not_where_they_are_from():
    def with_mine(**more):
        return study_hash(read_study(own() | {"phases": {"block oxide": {**MINE, **more}}}))

    assert with_mine() == with_mine(note="of lot 7") != with_mine(density="5.06 g/cm3")


@pytest.mark.parametrize(
    ("phases", "path", "says"),
    [
        ({"ZrO2": MINE}, "phases.ZrO2", "taken"),
        ({"zirconia": MINE}, "phases.zirconia", "taken"),
        ({"mine": MINE, "other": MINE | {"names": ["mine"]}}, "phases.other", "taken"),
        ({"a.b": MINE}, "phases", "no point"),
        ({5: MINE}, "phases", "letters"),
        ({"mine": MINE | {"formula": "Xx2O"}}, "phases.mine.formula", "Xx2O"),
        ({"mine": MINE | {"densty": 1}}, "phases.mine.densty", "density"),
        ({"mine": 5}, "phases.mine", "formula"),
        ([1], "phases", "names"),
    ],
)
def test_a_faulty_phase_is_refused_with_its_path(phases, path, says):
    message = refusal(phases=phases)
    assert message.startswith(f"{path}:") and says in message
    assert message.count("a.b") <= 1


SALT = {"formula": "H2WO4", "density": "5.5 g/cm3", "becomes": "WO3"}


def salt(**more):
    """The article's study with tungstic acid in place of its precursors."""
    return changed(phases={"acid": {**SALT, **more}}, cells__coated__coating__precursors={"acid": 1})


def test_a_precursor_wets_as_its_oxide_does_unless_it_says():
    assert read_study(salt()).cells["coated"].phases["acid"].wets is True
    assert read_study(salt(wets=False)).cells["coated"].phases["acid"].wets is False


def test_the_oxide_of_a_precursor_is_an_input_if_it_is_the_studys_own():
    raw = salt(becomes="my oxide")
    raw["phases"]["my oxide"] = {"formula": "WO3", "density": "7 g/cm3"}
    assert "phases.my oxide.density" in read_study(raw).inputs()


@pytest.mark.parametrize(
    ("becomes", "says"),
    [("", "text"), ("ZrO2", "same cations"), ("WO33", "unknown phase")],
)
def test_an_oxide_that_does_not_fit_is_refused(becomes, says):
    with pytest.raises(InputError, match=says) as caught:
        read_study(salt(becomes=becomes))
    assert str(caught.value).startswith("phases.acid.becomes:")


def test_a_precursor_that_is_no_oxide_names_its_oxide():
    raw = salt()
    del raw["phases"]["acid"]["becomes"]
    with pytest.raises(InputError, match="becomes: WO3"):
        read_study(raw)


def test_a_coated_cell_that_states_no_anneal_has_the_usual_one():
    raw = {
        "name": "plain",
        "coating": {"dose": "1 wt%"},
        "cells": {"coated": {"coating": {}}, "bare": {"coating": "none"}},
    }
    study = read_study(raw)
    assert study.cells["coated"].anneal.temperature.value == pytest.approx(973.15)
    assert study.cells["bare"].anneal is None
    with pytest.raises(InputError, match=r"none, with a coating.*Write 'anneal: \{\}'"):
        read_study({**raw, "anneal": "none"})


def test_a_layer_needs_a_cell_stiffness_and_a_way_to_lie_on_the_host():
    assert "no cell" in refusal(phases={"mine": MINE}, layer__structure="mine")
    soft = {k: v for k, v in LAYER.items() if k != "young_modulus"}
    assert "young_modulus" in refusal(phases={"mine": soft}, layer__structure="mine")
    unknown = {**LAYER, "structure": "perovskite"}
    assert "space_group" in refusal(phases={"mine": unknown}, layer__structure="mine")  # how would it lie?
    assert read_study(changed(layer__structure="Nb12WO33")).cells["coated"].layer.structure == "Nb12WO33"


def test_an_own_layer_and_precursor_go_through_coating_and_furnace():
    from epitropy.pipeline import form

    cell = read_study(own(layer__structure="my layer")).at({}).cells["coated"]
    formed, usual = form(cell), form(article().at({}).cells["coated"])
    assert formed.coating.batch[0].precursor == "block oxide"
    assert set(formed.profile.species) == {"Ni", "Co", "Mn", "Nb", "W", "Zr"}
    assert formed.crystal.name == "my layer" != usual.crystal.name
    assert formed.crystal.cell_grade != "calculated" and usual.crystal.cell_grade == "calculated"
    assert formed.layer_strain.misfit[-1] < 0, "held as wide as dislocations let it"


def test_purity_and_water_are_said_of_precursors_that_are_there():
    assert refusal(cells__coated__coating__purity={"WO3": "99 %"}).startswith("coating.purity.WO3")
    assert refusal(cells__coated__coating__water={"Nb12WO3": 1}).startswith("coating.water.Nb12WO3")
    assert "120 %" in refusal(cells__coated__coating__purity={"ZrO2": "120 %"})


def test_a_recipe_of_lithium_alone_is_refused():
    assert "metal other than lithium" in refusal(cells__coated__coating__precursors={"Li2CO3": 1})


def test_the_schema_takes_a_study_with_phases_and_refuses_a_misspelt_one():
    jsonschema = pytest.importorskip("jsonschema")
    from epitropy.answer import schema

    whole = schema()
    checker = jsonschema.Draft202012Validator({**whole["$defs"]["Study"], "$defs": whole["$defs"]})
    raw = yaml.safe_load(yaml.safe_dump(own()))
    assert not [e.message for e in checker.iter_errors({k: v for k, v in raw.items() if k in ("name", "phases")})]
    bad = {"name": "bad", "phases": {"mine": {"formula": "NbO2", "densty": "5 g/cm3"}}}
    assert len(list(checker.iter_errors(bad))) == 2  # the misspelt key, and none in its place


# draws -------------------------------------------------------------------------------------------------------------


def test_the_middle_of_all_spreads_keeps_every_value():
    study = article()
    before, after = study.inputs(), study.at({}).inputs()
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name].value == pytest.approx(value.value, rel=2e-4, abs=0), name


@given(st.floats(0.01, 0.99))
def test_a_shared_input_is_drawn_once_for_all_cells(quantile):
    drawn = article().at({"cell.loading": quantile})
    values = {c.cell.loading.value for c in drawn.cells.values()}
    assert values == {article().cells["bare"].cell.loading.at(quantile).value}


def test_a_cells_own_input_is_drawn_for_it_alone():
    study = read_study(changed(cells__coated__cell={"loading": {"value": "10 mg/cm2", "spread": 0.3}}))
    drawn = study.at({"coated.cell.loading": 0.9})
    assert drawn.cells["coated"].cell.loading.value > drawn.cells["bare"].cell.loading.value == 0.1
    drawn = study.at({"cell.loading": 0.9})
    assert (
        drawn.cells["bare"].cell.loading.value
        > drawn.cells["coated"].cell.loading.value
        == pytest.approx(0.1, rel=1e-12, abs=0)
    )


def test_every_listed_input_moves_when_it_is_drawn():
    """Names of inputs and names of draws are the same names."""
    study = article()
    for name, number in study.inputs().items():
        moved = study.at({name: 0.9}).inputs()[name].value != study.at({}).inputs()[name].value
        assert moved == number.uncertain, name


def shares(study):
    return {p: s.value for p, s in study.cells["coated"].coating.precursors.items()}


def three():
    """Nb12WO33 with a spread; ZrO2 and WO3 without."""
    precursors = {"Nb12WO33": {"value": 0.8, "distribution": "logitnormal", "spread": 0.5}, "ZrO2": 0.15, "WO3": 0.05}
    return read_study(changed(cells__coated__coating={"precursors": precursors}))


def test_the_spread_of_a_share_is_the_spread_that_is_used():
    name = "coated.coating.precursors.Nb12WO33"
    study = article()
    for quantile in (0.1, 0.9):
        wanted = study.inputs()[name].at(quantile).value
        found = shares(study.at({name: quantile}))
        assert found == pytest.approx({"Nb12WO33": wanted, "ZrO2": 1 - wanted}, rel=1e-12, abs=0)
    low, high = (shares(study.at({name: q}))["Nb12WO33"] for q in (0.1, 0.9))
    assert (low, high) == pytest.approx((0.678, 0.884), abs=1e-3)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(("one", "other"), [("Nb12WO33", "ZrO2"), ("ZrO2", "Nb12WO33")])
def test_a_share_that_is_set_stays_what_it_is_set_to(one, other, share):
    drawn = article().at({"coated.coating.precursors.Nb12WO33": 0.9})
    found = shares(drawn.changed(f"coated.coating.precursors.{one}", lambda v: type(v)(value=share)))
    assert found == pytest.approx({one: share, other: 1 - share}, rel=1e-12, abs=1e-15)


def test_two_of_three_shares_may_be_set_and_the_third_fills_up():
    prefix = "coated.coating.precursors."
    study = three()
    for name, value in (("Nb12WO33", 0.5), ("ZrO2", 0.1)):
        study = study.changed(prefix + name, lambda v, value=value: type(v)(value=value))
    assert shares(study) == pytest.approx({"Nb12WO33": 0.5, "ZrO2": 0.1, "WO3": 0.4}, rel=1e-12, abs=0)
    held = three().changed(f"{prefix}ZrO2", lambda v: type(v)(value=0.1))
    for quantile in (0.2, 0.8):
        drawn = shares(held.at({f"{prefix}Nb12WO33": quantile}))
        assert drawn["ZrO2"] == 0.1 and sum(drawn.values()) == pytest.approx(1, rel=1e-12, abs=0)


# hash --------------------------------------------------------------------------------------------------------------


def _turned(node):
    return {k: _turned(v) for k, v in reversed(node.items())} if isinstance(node, dict) else node


def test_the_hash_does_not_see_comments_order_or_the_spelling_of_a_unit():
    same = study_hash(article())
    assert study_hash(read_study(ZHAO)) == same  # comments are gone
    assert study_hash(read_study(changed(cell__loading="10 mg/cm2"))) == study_hash(
        read_study(changed(cell__loading="0.1 kg/m2"))
    )
    turned = _turned(ZHAO)
    turned["cells"] = {n: turned["cells"][n] for n in ZHAO["cells"]}  # the order of cells is a statement
    assert study_hash(read_study(turned)) == same


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("anneal__temperature", "701 degC"),
        ("anneal__gas", "air"),
        ("protocol__upper_voltage", "4.4 V"),
        ("cells__coated__coating__dose", "1.1 wt%"),
        ("cells__coated__coating__dose_basis", "total"),
        ("cells__coated__coating__area_basis", "wetted"),
        ("cathode__ocv", "nmc811"),
        ("calibration__capacity", {1: "174.8 mAh/g", 200: "138 mAh/g"}),
    ],
)
def test_the_hash_sees_every_value(path, value):
    assert study_hash(read_study(changed(**{path: value}))) != study_hash(read_study(ZHAO))


def test_the_hash_sees_a_spread_because_the_interval_does():
    raw = ZHAO["cells"]["coated"]["coating"]["precursors"]["Nb12WO33"] | {"spread": 0.6}
    study = read_study(changed(cells__coated__coating__precursors__Nb12WO33=raw))
    assert study_hash(study) != study_hash(read_study(ZHAO))


def test_dotted_names_are_unique_and_lead_to_the_value():
    cell = article().cells["coated"]
    names = [path for path, _ in leaves(cell)]
    assert len(names) == len(set(names))
    assert dict(leaves(cell))["coating.dose"] is cell.coating.dose


def test_facets_are_stated_by_name_in_quotes():
    given = {"003": "30 %", "104": "70 %"}
    cell = read_study(changed(cathode__facet_shares=given)).cells["bare"]
    assert {f: s.value for f, s in cell.cathode.facet_shares.items()} == {"003": 0.3, "104": 0.7}
    assert "quotes" in refusal(cathode__facet_shares={3: 0.3, 104: 0.7})
    assert "a sum of 1" in refusal(cathode__facet_shares={"003": 0.3, "104": 0.3})
    assert "passes lithium" in refusal(cathode__facet_shares={"003": 1.0})
    assert "surface_energy.104" in refusal(cathode__surface_energy={"104": "0 J/m2"})


def test_a_key_that_is_gone_says_what_stands_in_its_place():
    assert "cathode.facet_shares" in refusal(layer__open_facet_share=0.5)
