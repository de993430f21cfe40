"""One app for all tests of the web room: through its doors, and as a real server for a real browser."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from time import monotonic, sleep

import pytest

from epitropy.study import read_yaml, study_text
from epitropy.web import plain
from epitropy.web.serve import free_port

PORT = 8765
OWN = {"x-epitropy": "1"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "data" / "bare-cell.csv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
)


@pytest.fixture(scope="session")
def raw():
    return plain.read(study_text("zhao2024"), "zhao2024")


@pytest.fixture(scope="session")
def as_yaml():
    return lambda text: read_yaml(text, "test")


SWEEP = {
    "study": "zhao2024",
    "title": "Some doses and diameters",
    "scenario": "barrier/inactive",
    "vary": {"coating.dose": ["0.5 wt%", "2 wt%"], "cathode.particle_diameter": ["3 um", "5 um"]},
    "objectives": {"maximise": ["coated.retention_200"], "minimise": ["coating.cost"]},
}


@pytest.fixture(scope="session")
def sweeps(tmp_path_factory):
    """A folder with a sweep of four rows, one that cannot be read, and something else."""
    import yaml

    from epitropy.report.sweep_page import html
    from epitropy.sweep.folder import ROWS, Folder
    from epitropy.sweep.rows import columns_of, rows_of
    from epitropy.sweep.spec import read_sweep

    place = tmp_path_factory.mktemp("sweeps")
    sweep, folder = read_sweep(SWEEP), Folder(place / "doses")
    texts = {"sweep.yaml": yaml.safe_dump({**SWEEP, "study": "study.yaml"}, sort_keys=False)}
    folder.begin(sweep, {**texts, "study.yaml": yaml.safe_dump(sweep.raw, sort_keys=False)}, 4)
    folder.add(ROWS, 0, 0, 4, rows_of(sweep, 0, 4), columns_of(sweep))
    (folder.path / "sweep.html").write_text(html(folder))
    (place / "broken").mkdir()
    (place / "broken" / "journal.sqlite").write_text("no journal")
    (place / "notes").mkdir()
    return place


@pytest.fixture(scope="module")
def client(sweeps):
    from fastapi.testclient import TestClient

    from epitropy.web.app import create_app

    with TestClient(create_app(PORT, sweeps), base_url=f"http://127.0.0.1:{PORT}") as found:
        yield found


@pytest.fixture(scope="session")
def server(sweeps):
    """(address, process) of `epitropy app` as a user starts it."""
    port = free_port(None)
    command = [sys.executable, "-m", "epitropy.cli", "app", "--no-browser", "--port", str(port), "--sweeps", sweeps]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    end = monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/api/health", timeout=5).read()
            break
        except OSError:
            assert process.poll() is None and monotonic() < end, "the app did not start"
            sleep(0.2)
    yield address, process
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(20)


@pytest.fixture(scope="session")
def browser():
    """A real headless Chromium; a machine without one fails, as what is not looked at is not known to work."""
    from playwright.sync_api import sync_playwright

    path = next((p for p in map(shutil.which, BROWSERS) if p), None)
    assert path, "no Chromium found; on Debian: apt-get install chromium"
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield found
        found.close()


class Watched:
    """A page with all that went wrong on it."""

    def __init__(self, browser, address, **context):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, **context)
        self.page = self.context.new_page()
        self.address, self.faults, self.foreign = address, [], []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, tab="recipe"):
        self.page.goto(f"{self.address}/#{tab}")
        self.wait(tab)
        return self.page

    def wait(self, tab):
        self.page.wait_for_selector(f"#view[data-shown^='{tab} ']", timeout=120_000)

    def again(self, act):
        """Do something and wait until the view has been shown anew."""
        before = self.page.get_attribute("#view", "data-shown")
        act()
        self.page.wait_for_selector(f"#view:not([data-shown='{before}'])", timeout=120_000)
        self.page.wait_for_selector("#view:not(.busy)", timeout=120_000)


@pytest.fixture
def watched(server, browser):
    address, _ = server
    found = Watched(browser, address)
    yield found
    found.context.close()
    assert found.faults == []
    assert found.foreign == []
