"""The app through its doors: views, faults, files, jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from epitropy.halfcell.cycle import cycle_study
from epitropy.process.vary import axis
from epitropy.study import load_study, read_study, study_hash, study_text
from epitropy.web import plain
from epitropy.web.forms import form

from .conftest import EXAMPLE, OWN


def ask(client, name, study, **options):
    return client.post(f"/api/view/{name}", json={"study": study, "options": options}, headers=OWN)


def changed(raw, place, value):
    study = json.loads(json.dumps(raw))
    node = study
    for key in place[:-1]:
        node = node.setdefault(key, {})
    node[place[-1]] = value
    return study


def test_a_bundled_study_comes_as_plain_data_that_means_the_same(client):
    raw = client.get("/api/studies/zhao2024").json()["raw"]
    assert study_hash(read_study(raw)) == study_hash(load_study("zhao2024"))


def test_the_study_written_as_yaml_and_read_again_means_the_same(client, raw):
    text = client.post("/api/yaml", json={"study": raw}, headers=OWN).text
    again = client.post("/api/read", json={"yaml": text, "name": "mine.yaml"}, headers=OWN).json()["raw"]
    assert study_hash(read_study(again)) == study_hash(read_study(raw))


def test_every_number_of_the_study_is_in_the_form_with_unit_grade_and_place(client, raw):
    told = ask(client, "form", raw).json()
    fields = {f["name"]: f for g in told["groups"] for f in g["fields"]}
    inputs = load_study("zhao2024").inputs()
    assert {n for n in inputs if not n.startswith("calibration.")} == {
        n for n, f in fields.items() if f["kind"] == "number"
    }
    dose = fields["coating.dose"]
    assert (dose["value"], dose["unit"], dose["grade"], dose["place"]) == (1.0, "wt%", "assumed", ["coating", "dose"])
    assert all(f["low"] <= f["value"] <= f["high"] for f in fields.values() if f["kind"] == "number")
    assert fields["anneal.gas"]["options"] == ["O2", "air", "N2"]


MINE = {
    "name": "x",
    "coating": "none",
    "anneal": "none",
    "cells": {
        "bare": {},
        "coated": {"coating": {"dose": "1 wt%", "purity": {"ZrO2": "99 %"}}, "anneal": {"time": "4 h"}},
    },
}


@pytest.mark.parametrize("study", ["zhao2024", "zhang2022", {"name": "x"}, MINE], ids=str)
def test_every_number_can_be_written_where_its_place_says(study):
    """Value and unit that the form shows, written at the place, are the same number; no other input moves."""
    raw = plain.read(study_text(study), study) if isinstance(study, str) else study
    before = read_study(raw).inputs()
    for field in [f for g in form(read_study(raw), raw)["groups"] for f in g["fields"] if f["kind"] == "number"]:
        if field["locked"] or ".precursors." in field["name"]:  # shares are written together, see the browser's test
            continue
        text = f"{field['value']:.12g} {field['unit']}".strip()
        after = read_study(changed(raw, field["place"], {"value": text, "source": "test", **field["spread"]})).inputs()
        (name,) = (n for n, v in after.items() if v.source == "test")
        assert name.removeprefix(f"{field['place'][1]}.") == field["path"] or name == field["name"]
        number, known = after[name], before[field["name"]]
        assert number.value == pytest.approx(known.value, rel=1e-5, abs=1e-30), name
        assert number.distribution == known.distribution
        assert number.spread == pytest.approx(known.spread, rel=1e-5), name
        others = {n: v for n, v in after.items() if n != name}
        assert others == {n: v for n, v in before.items() if n != field["name"]}, name


def test_a_changed_dose_changes_layer_recipe_and_fade(client, raw):
    more = changed(raw, ["coating", "dose"], "3 wt%")
    recipes = [ask(client, "recipe", s, batch="100g").json()["parts"][0]["rows"] for s in (raw, more)]
    assert recipes[0][1][1] == "0.8000 g" and recipes[1][1][1] == "2.4000 g"
    thin, thick = (ask(client, "layer", s).json()["thickness_nm"] for s in (raw, more))
    assert thick > 1.3 * thin
    lives = [ask(client, "cell", s, scenario="barrier/inactive").json()["cells"] for s in (raw, more)]
    assert lives[0]["bare"] == lives[1]["bare"]
    assert lives[0]["coated"]["retention_percent"] != lives[1]["coated"]["retention_percent"]


def test_the_cell_view_says_what_the_command_line_says(client, raw):
    from epitropy.halfcell.cycle import cycle_study

    told = ask(client, "cell", raw, scenario="barrier/inactive").json()["cells"]["coated"]
    same = cycle_study(load_study("zhao2024"), scenario="barrier/inactive").lives["barrier/inactive"].cells["coated"]
    assert told["retention_percent"] == pytest.approx(100 * same.reading.retention, rel=1e-9)
    assert told["losses_mAh_g"]["total"] == pytest.approx(same.series.losses.total / 3600, rel=1e-9)


def test_data_stay_with_the_protocol_that_they_were_read_by(client, raw):
    """A higher cut-off gives the bare cell more and lets it fade faster; the same as a map over it says."""
    other = changed(raw, ["protocol", "upper_voltage"], {"value": "4.6 V"})
    other["calibration"]["protocol"] = raw["protocol"]
    told, as_it_was = ask(client, "cell", other).json(), ask(client, "cell", raw).json()
    assert as_it_was["as_read"] and not told["as_read"] and told["fitted_mAh_g"] == {}
    before, after = as_it_was["cells"]["bare"], told["cells"]["bare"]
    assert after["first_mAh_g"] > before["first_mAh_g"] + 20
    assert after["retention_percent"] < before["retention_percent"] - 5
    axes = [axis("protocol.upper_voltage=4.6", load_study("zhao2024"))]
    (point,) = cycle_study(load_study("zhao2024"), scenario=told["scenario"], axes=axes).map.points
    assert after["retention_percent"] == pytest.approx(100 * point.cells["bare"].retention, rel=1e-6)


def test_placebos_and_mechanisms_are_switched(client, raw):
    with_placebos = ask(client, "cell", raw, scenario="barrier/inactive", placebos=True).json()["cells"]
    nothing = with_placebos["placebo: no coverage"]
    assert nothing["capacity_mAh_g"] == pytest.approx(with_placebos["bare"]["capacity_mAh_g"], rel=1e-4)
    off = ask(client, "cell", raw, scenario="barrier/inactive", without=["dead_mass"]).json()["cells"]["coated"]
    assert off["losses_mAh_g"]["dead_mass_cracks"] == 0 < with_placebos["coated"]["losses_mAh_g"]["dead_mass_cracks"]


def test_the_profile_grows_with_the_time_at_temperature(client, raw):
    half, whole = (ask(client, "layer", raw, share=s).json()["profile"] for s in (0.5, 1.0))
    reach = [
        max(-d for d, v in zip(p["depth_nm"], p["at_percent"][p["species"].index("Nb")]) if v > 1)
        for p in (half, whole)
    ]
    assert reach[0] < reach[1]
    assert "allowed" in ask(client, "layer", raw, share=2).json()["error"]


def test_matches_come_with_atoms(client, raw):
    told = ask(client, "interface", raw).json()
    assert [m["rank"] for m in told["matches"]] == list(range(1, 13))
    model = ask(client, "model", raw, rank=1).json()
    lines = model["xyz"].splitlines()
    assert int(lines[0]) == model["atoms"] == len(lines) - 2 > 20
    assert {line.split()[0] for line in lines[2:]} >= {"Li", "O"}


TWO = """\
name: two
cells:
  bare: {coating: none, anneal: none}
  thin: {coating: {dose: 0.5 wt%}}
  thick: {coating: {dose: 3 wt%}}
"""


@pytest.fixture(scope="module")
def two():
    """A study with two coated cells."""
    return plain.read(TWO, "two.yaml")


@pytest.mark.parametrize("name", ["recipe", "layer", "verdict", "interface", "facets", "stages", "figure"])
def test_each_coated_cell_can_be_looked_at(client, two, name):
    thin, thick, usual = (ask(client, name, two, **given).json() for given in ({"cell": "thin"}, {"cell": "thick"}, {}))
    assert thin != thick and usual == thick  # by default the last
    refused = ask(client, name, two, cell="nobody")
    assert refused.status_code == 422 and "nobody" in refused.json()["error"]


SHOWN = [
    ("recipe", {"batch": "50g"}),
    ("layer", {}),
    ("layer", {"share": 0.3}),
    ("verdict", {}),
    ("interface", {}),
    ("cell", {"without": ["skin"]}),
    ("stages", {"share": 0.3}),
    ("sources", {}),
]


@pytest.mark.parametrize(("name", "options"), SHOWN, ids=[f"{n} {o}" for n, o in SHOWN])
def test_the_command_below_a_view_runs_as_it_is_shown(client, two, tmp_path, name, options):
    tmp_path.joinpath("two.yaml").write_text(TWO)
    for line in ask(client, name, two, **options, cell="thin").json()["command"].splitlines():
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        made = subprocess.run(
            line, shell=True, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
        assert made.stdout


def test_both_potentials_price_every_structure(client, raw):
    told = ask(client, "verdict", raw).json()
    assert [p["title"].split()[1].rstrip(":") for p in told["potentials"]] == ["7net-0", "chgnet"]
    for potential in told["potentials"]:
        head, *rows = potential["rows"]
        assert len(rows) >= 5 and all(len(row) == len(head) for row in rows)
    assert "differ by" in told["second"]


def test_names_that_are_numbers_are_refused_as_on_the_command_line(client):
    answer = client.post("/api/read", json={"yaml": "name: x\ncells: {1: {}}\n", "name": "x.yaml"}, headers=OWN)
    assert answer.status_code == 422 and "cells" in answer.json()["error"]


def test_no_slider_goes_where_a_number_must_not(client, raw):
    """Both ends of every slider are a study."""
    fields = [f for g in ask(client, "form", raw).json()["groups"] for f in g["fields"] if f["kind"] == "number"]
    for field in fields:
        if field["locked"] or ".precursors." in field["name"]:
            continue
        for end in (field["low"], field["high"]):
            read_study(changed(raw, field["place"], {"value": f"{end} {field['unit']}".strip()}))


def test_a_study_without_coating_has_views_too(client):
    raw = client.get("/api/studies/zhang2022").json()["raw"]
    assert ask(client, "form", raw).status_code == 200
    lives = ask(client, "cell", raw).json()["cells"]
    assert len(lives) == 2 and all("cycle" in c for c in lives.values())
    assert "coating" in ask(client, "recipe", raw).json()["error"]


@pytest.mark.parametrize(
    "study, said",
    [
        (None, "top level"),
        ({"name": "x", "coatin": {}}, "Did you mean 'coating'?"),
        ({"name": "x", "coating": {"dose": "3 nm"}}, "coating.dose"),
        ({"name": "../x"}, "letters, digits"),
        ({"name": "x", "protocol": {"upper_voltage": "9 V"}}, "protocol.upper_voltage"),
    ],
)
def test_a_fault_of_the_study_is_one_line(client, study, said):
    answer = ask(client, "form", study)
    assert answer.status_code == 422 and said in answer.json()["error"] and "\n" not in answer.json()["error"]


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))  # 2^40 values


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a: 1\na: 2",
        "- 1",
        "!!python/object/apply:os.system ['true']",
        "&a [*a, *a]",
        "a: 2026-99-99",
        f"a: {'9' * 5000}",
        "[" * 5000,
        BOMB,
        "\x00",
    ],
)
def test_malformed_yaml_is_one_line(client, text):
    answer = client.post("/api/read", json={"yaml": text, "name": "x.yaml"}, headers=OWN)
    assert answer.status_code == 422 and answer.json()["error"] and "\n" not in answer.json()["error"]


# ---- files of cells ------------------------------------------------------------------------------------------------


def given(client, name, content):
    return client.post("/api/upload", params={"name": name}, content=content, headers=OWN)


def preview(client, token, **options):
    return client.post("/api/preview", json={"token": token, "options": options}, headers=OWN)


def test_columns_of_an_export_are_shown_and_not_taken_before_they_are_confirmed(client):
    text = b"Cycle Index,Discharge Capacity (mAh),Charge Capacity (mAh)\n1,1.95,2.2\n2,1.94,1.96\n3,1.93,1.95\n"
    token = given(client, "export.csv", text).json()["token"]
    told = preview(client, token, cell="bare").json()
    assert told["ask"] and "cells" not in told and {c["quantity"] for c in told["columns"]} >= {"cycle", "capacity"}
    without_mass = preview(client, token, cell="bare", confirmed=True).json()
    assert "mass" in without_mass["fault"] and "cells" not in without_mass
    read = preview(client, token, cell="bare", confirmed=True, mass="10 mg").json()
    assert read["cells"][0]["capacity_mAh_g"] == [195.0, 194.0, 193.0]
    refused = client.post("/api/jobs/fit", json={"study": {"name": "x"}, "options": {"token": token}}, headers=OWN)
    assert refused.status_code == 422 and "confirm" in refused.json()["error"]


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.csv",
        "/etc/cron.d/evil.csv",
        "..\\evil.csv",
        "-o.csv",
        "aaaaaaaaaa-" + "o" * 115 + ".csv",
        "a;rm -rf.csv",
        "$(x).csv",
    ],
)
def test_a_file_keeps_nothing_of_a_path_or_an_option(client, name):
    kept = given(client, name, b"cycle,capacity_mAh_g\n1,190\n").json()["name"]
    assert "/" not in kept and "\\" not in kept and not kept.startswith(("-", ".")) and not set(";$`|&<>") & set(kept)


def test_a_line_scan_is_read_for_the_cations_of_the_study(client, raw):
    rows = "".join(f"{d},{70 + d / 4},5,{12 - d / 5},60\n" for d in range(0, 40, 2))
    text = "depth_nm,Ni_at_percent,Co_at_percent,Nb_at_percent,O_at_percent\n" + rows
    token = given(client, "scan.csv", text.encode()).json()["token"]
    body = {"token": token, "study": raw, "options": {"scan": True}}
    told = client.post("/api/preview", json=body, headers=OWN).json()
    assert told["species"] == ["Ni", "Co", "Nb"] and told["ignored"] == ["O_at_percent"]
    assert all(abs(sum(column) - 100) < 1e-9 for column in zip(*told["computed_at_percent"]))
    assert start(client, "scan", raw, token=token).status_code == 422  # not confirmed


def test_other_kinds_of_files_and_broken_ones_are_told(client):
    assert given(client, "cells.exe", b"MZ").status_code == 415
    token = given(client, "bad.csv", b"\x00\x01\x02").json()["token"]
    answer = preview(client, token)
    assert answer.status_code == 422 and "bad.csv" in answer.json()["error"] and "/tmp" not in answer.json()["error"]
    assert preview(client, "nosuchtoken").status_code == 404
    assert preview(client, "../../../etc").status_code == 404


# ---- jobs ----------------------------------------------------------------------------------------------------------


def ended(client, name, most=180.0):
    end = time.monotonic() + most
    while time.monotonic() < end:
        told = client.get(f"/api/jobs/{name}").json()
        if told["state"] in ("done", "failed", "cancelled"):
            return told
        time.sleep(0.2)
    raise AssertionError(told)


def start(client, kind, raw, **options):
    return client.post(f"/api/jobs/{kind}", json={"study": raw, "options": options}, headers=OWN)


def test_a_job_is_the_command_it_shows_and_its_files_can_be_had(client, raw):
    job = start(client, "anneal", raw, draws=16).json()
    assert job["command"] == "epitropy anneal zhao2024.yaml --draws 16 -o result"
    with client.stream("GET", f"/api/jobs/{job['name']}/events") as events:
        told = [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done" and any(t["stage"] and t["total"] for t in told)
    page = client.get(f"/api/jobs/{job['name']}/files/anneal.html")
    assert "sandbox" in page.headers["content-security-policy"] and "zhao2024" in page.text
    answer = client.get(f"/api/jobs/{job['name']}/files/answer.json").json()
    assert answer["hash"] == study_hash(read_study(raw))
    assert client.get(f"/api/jobs/{job['name']}/files/..%2fzhao2024.yaml").status_code == 404


def test_parallel_clients_do_not_stall_the_page(client, raw):
    """While both processes compute for others, what needs none is answered at once."""
    with ThreadPoolExecutor(6) as clients:
        busy = [clients.submit(ask, client, "verdict", raw) for _ in range(6)]  # seconds for all of them
        time.sleep(0.2)
        began = time.monotonic()
        assert client.get("/").status_code == 200 and client.get("/static/js/main.js").status_code == 200
        waited = time.monotonic() - began
        still = sum(not one.done() for one in busy)
        assert all(one.result().status_code == 200 for one in busy)
    assert still and waited < 1.0


def test_a_cancelled_job_ends_with_all_that_it_started(client, raw):
    job = start(client, "run", raw, draws=64).json()
    process = _process(client, job["name"])
    assert client.post(f"/api/jobs/{job['name']}/cancel", headers=OWN).json()["state"] == "cancelled"
    _gone(process)
    assert client.get("/api/health").status_code == 200


def test_a_job_that_is_killed_is_told_and_the_app_lives_on(client, raw):
    job = start(client, "run", raw, draws=64).json()
    os.kill(_process(client, job["name"]), signal.SIGKILL)
    told = ended(client, job["name"], 30)
    assert told["state"] == "failed" and "ended with code" in told["said"][-1]
    assert ask(client, "form", raw).status_code == 200


def test_a_job_whose_command_refuses_says_why(client, raw):
    token = given(client, "short.csv", b"cycle,capacity_mAh_g\n1,190\n2,189\n3,188\n").json()["token"]
    job = start(client, "fit", raw, token=token, cell="other", confirmed=True, steps=0, draws=0).json()
    told = ended(client, job["name"])
    assert told["state"] == "failed" and "other" in told["said"][-1] and "Traceback" not in "".join(told["said"])


def test_what_may_run_is_listed_and_its_options_are_numbers(client, raw):
    assert start(client, "rm", raw).status_code == 404
    assert start(client, "run", raw, draws="64; rm").status_code == 422
    assert start(client, "run", {"name": "x", "coatin": {}}).status_code == 422


def test_a_crash_of_a_process_that_computes_is_told_and_the_next_answer_comes(client, raw):
    assert ask(client, "form", raw).status_code == 200
    for process in list(client.app.state.calls.pool._processes.values()):
        process.kill()
    time.sleep(1.0)  # the pool has noticed before anybody asks
    answers = [ask(client, "form", raw) for _ in range(3)]
    assert answers[-1].status_code == 200
    assert all(a.status_code == 200 or "crashed" in a.json()["error"] for a in answers)


def test_the_example_is_read_as_it_stands(client):
    token = given(client, "bare-cell.csv", EXAMPLE.read_bytes()).json()["token"]
    told = preview(client, token, cell="bare").json()
    assert [c["name"] for c in told["cells"]] == ["cell-1", "cell-2"] and told["standard"]


def _process(client, name):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        process = client.app.state.jobs.jobs[name].process
        if process is not None:
            return process.pid
        time.sleep(0.05)
    raise AssertionError("the job did not start")


def _gone(pid, most=15.0):
    """No process of the group is left."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("processes were left behind")
