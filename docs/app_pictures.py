"""Writes docs/pictures/app-*.png from the real app: ``python docs/app_pictures.py``, half a minute; needs Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from epitropy.web.serve import free_port

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"]


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/api/health").read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the app did not start")


def shot(page: Page, name: str) -> None:
    for _ in range(3):  # a view may be asked for once more when the form has learnt what changed
        page.wait_for_timeout(700)
        page.wait_for_selector("#view:not(.busy)")
    page.screenshot(path=HERE / "pictures" / f"app-{name}.png")


def tour(page: Page, address: str) -> None:
    page.goto(f"{address}/#cell")
    page.wait_for_selector("#view[data-shown^='cell ']", timeout=120_000)
    page.select_option("#scenario", "barrier/inactive")
    page.fill("[data-name='coating.dose'] input.number", "2")
    page.press("[data-name='coating.dose'] input.number", "Enter")
    page.wait_for_selector("th:text-is('coated')")
    shot(page, "cell")
    page.click("#tab-layer")
    page.wait_for_selector("#view[data-shown^='layer ']")
    shot(page, "layer")
    page.click("#tab-interface")
    page.wait_for_selector("#model[data-atoms]")
    page.locator("#model").scroll_into_view_if_needed()
    shot(page, "interface")


def figure(page: Page) -> None:
    page.click("#tab-figure")
    page.wait_for_selector("#figure1", timeout=120_000)
    shot(page, "figure")


if __name__ == "__main__":
    port = free_port(None)
    app = subprocess.Popen([sys.executable, "-m", "epitropy.cli", "app", "--no-browser", "--port", str(port)])
    try:
        wait_for(f"http://127.0.0.1:{port}")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            tour(page, f"http://127.0.0.1:{port}")
            figure(page)
    finally:
        app.terminate()
        app.wait(20)
