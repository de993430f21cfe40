"""What the server refuses before it reads anything."""

import json

import pytest

from epitropy.web.guard import LARGEST_STUDY

from .conftest import OWN, PORT


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", "", f"127.0.0.1.evil.example:{PORT}"]
)
def test_a_foreign_host_is_refused(client, host):
    """A page whose name was bent to this machine's address still names itself."""
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403 and "refused" in answer.json()["error"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(client, raw, origin):
    answer = client.post("/api/view/form", json={"study": raw}, headers=OWN | {"origin": origin})
    assert answer.status_code == 403 and "origin" in answer.json()["error"]


def test_the_own_page_may_ask_and_a_form_of_another_page_may_not(client, raw):
    mine = {"origin": f"http://127.0.0.1:{PORT}"}
    assert client.post("/api/view/form", json={"study": raw}, headers=OWN | mine).status_code == 200
    assert client.post("/api/view/form", json={"study": raw}, headers=mine).status_code == 403
    assert client.delete("/api/studies", headers=OWN).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fstudy.py",
        "/static//etc/passwd",
        "/api/studies/..%2f..%2fpyproject",
        "/api/studies/%2fetc%2fpasswd",
        "/api/jobs/..%2f..%2fetc/files/passwd",
    ],
)
def test_no_path_leads_out_of_the_folder(client, path):
    answer = client.get(path)
    assert answer.status_code == 404 and "import" not in answer.text and "root:" not in answer.text


def test_bodies_beyond_the_limit_are_refused_whatever_they_announce(client):
    text = b"x" * (LARGEST_STUDY + 1)
    assert client.post("/api/view/form", content=text, headers=OWN).status_code == 413

    def pieces():  # without a length, as a stream
        for _ in range(3):
            yield b"x" * (LARGEST_STUDY // 2)

    assert client.post("/api/view/form", content=pieces(), headers=OWN).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_object_is_told_in_one_line(client, body):
    answer = client.post("/api/view/form", content=body, headers=OWN)
    assert answer.status_code == 400 and "JSON" in answer.json()["error"]


def test_every_answer_forbids_what_the_page_does_not_need(client):
    for path in ("/", "/static/js/main.js", "/api/studies"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_nothing_on_the_page_names_another_machine(client):
    page = client.get("/").text
    assert "http://" not in page and "https://" not in page and "//" not in page.replace("<!DOCTYPE", "")
    assert json.loads(client.get("/api/health").text)["version"]
