"""Sweeps in the app: listed, shown, a row opened as the study that it is; nothing outside the folder."""

import pytest

from epitropy.study import read_study


def test_what_lies_in_the_folder_is_listed(client, sweeps):
    told = client.get("/api/stores").json()
    assert told["folder"] == str(sweeps)
    assert [(s["name"], bool(s["fault"]), s["page"]) for s in told["stores"]] == [
        ("broken", True, False),
        ("doses", False, True),
    ]


def test_the_best_rows_of_a_store(client):
    told = client.get("/api/stores/doses").json()
    assert told["title"] == "Some doses and diameters" and told["scenario"] == "barrier/inactive"
    assert len(told["rows"]) == len(told["points"]) > 0
    assert all(len(row) == len(told["header"]) for row in told["rows"])


def test_its_page_is_served_without_scripts(client):
    found = client.get("/api/stores/doses/page")
    assert found.status_code == 200 and "Some doses" in found.text
    assert "script-src" not in found.headers["content-security-policy"]


def test_a_row_is_the_study_that_was_computed(client):
    told = client.get("/api/stores/doses/rows/3").json()
    study = read_study(told["raw"])
    assert told["remark"] == "" and study.calibration.cell == "bare-as-given"
    assert study.cells["coated"].coating.dose.value == pytest.approx(0.02)
    assert study.cells["bare"].cathode.particle_diameter.value == pytest.approx(5e-6)
    assert client.post("/api/view/form", json={"study": told["raw"]}, headers={"x-epitropy": "1"}).status_code == 200


@pytest.mark.parametrize(
    "path, status",
    [
        ("/api/stores/..", 404),
        ("/api/stores/%2e%2e", 422),
        ("/api/stores/%2e%2e%2fdoses", 404),
        ("/api/stores/notes", 422),
        ("/api/stores/broken", 422),
        ("/api/stores/none/page", 404),
        ("/api/stores/doses/rows/99", 422),
        ("/api/stores/doses/rows/-1", 422),
        ("/api/stores/doses/rows/x", 422),
    ],
)
def test_odd_requests(client, path, status):
    assert client.get(path).status_code == status


def test_a_link_leads_nowhere(client, sweeps, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = sweeps / "link"
    link.symlink_to(tmp_path / "elsewhere")
    try:
        assert client.get("/api/stores/link").status_code == 422
    finally:
        link.unlink()
