"""Answers as people type them become a study that can be read."""

import pytest

from epitropy.errors import InputError
from epitropy.new import Answers, study_from
from epitropy.study import read_study, read_yaml


def study(**answers):
    return read_study(read_yaml(study_from("mine", Answers(**answers)), "mine"), "mine")


@pytest.mark.parametrize(
    ("answer", "metals"),
    [
        ("Ni0.9Co0.05Mn0.05, 0.4 m2/g", {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}),
        ("Ni0,9Co0,05Mn0,05, 0,4 m2/g", {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}),
        ("Ni0.9Co0.05Mn0.05;0.4 m2/g", {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}),
        ("LiNi0.8Co0.1Mn0.1O2", {"Ni": 0.8, "Co": 0.1, "Mn": 0.1}),
        ("NMC811", {"Ni": 0.8, "Mn": 0.1, "Co": 0.1}),
        ("NCM-523", {"Ni": 0.5, "Co": 0.2, "Mn": 0.3}),
    ],
)
def test_hosts_as_people_name_them(answer, metals):
    cell = study(host=answer).cells["coated"]
    assert dict(cell.cathode.composition["M"]) == pytest.approx(metals)
    if "m2/g" in answer:
        assert cell.cathode.wetted_area.value == pytest.approx(400.0)


def test_one_precursor_with_its_dose():
    coating = study(coating="WO3 1 wt%").cells["coated"].coating
    assert list(coating.precursors) == ["WO3"] and coating.dose.value == pytest.approx(0.01)


def test_gases_by_their_names():
    assert study(furnace="700 C; 5 h; oxygen").cells["coated"].anneal.gas == "O2"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"host": "Ni0.5"}, "a sum of 1"),
        ({"host": "steel"}, "metals with their fractions"),
        ({"host": "Ni1, 3 um, 4 um"}, "after another of its kind"),
        ({"furnace": "700, 5, O2"}, "Give each number its unit"),
        ({"furnace": "O2, N2"}, "after another of its kind"),
    ],
)
def test_answers_that_make_no_study_name_the_answer(answers, said):
    with pytest.raises(InputError, match=said):
        study(**answers)


def test_a_cell_file_of_a_laboratory(tmp_path):
    path = tmp_path / "cell.csv"
    path.write_text("cycle;capacity_mAh_g\n1;190,5\n2;189\n100;160,25\n", encoding="utf-8-sig")
    found = study(cell=str(path))
    assert found.calibration.first == pytest.approx(190.5 * 3600) and found.calibration.last_cycle == 100
